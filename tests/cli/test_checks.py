"""`doctor`: each check when all is well, when something is limited, and when something is broken."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from command_line import call
from district import TEAM, District

from dam_plugin.cli.checks import Check, examine


def states() -> dict[str, Check]:
    return {check.name: check for check in examine()}


def test_all_is_well_after_init_but_for_what_cannot_be(district: District) -> None:
    call("init")
    ended = call("doctor", "--json")
    assert ended.code == 0
    found = {each["check"]: each["state"] for each in ended.objects()}
    assert {name for name, state in found.items() if state != "ok"} == {"detector"}
    assert set(found) >= {"settings", "plugins", "bucket", "queue", "store", "ledger", "roster", "district", "delivery"}
    assert "13 students" in call("doctor").out


def test_without_settings_nothing_else_is_looked_at(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_BUCKET")
    ended = call("doctor", "--json")
    assert ended.code == 1
    assert (ended.object()["check"], ended.object()["state"]) == ("settings", "failed")
    assert "DAM_PLUGIN_BUCKET is not set" in ended.object()["detail"]


def test_an_unknown_setting_is_failed_with_a_suggestion(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_BUKCET", "x")
    assert "did you mean 'DAM_PLUGIN_BUCKET'?" in call("doctor", "--json").object()["detail"]


def test_rules_that_cannot_be_used_are_failed(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    (district.folder / "rules.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RULES", "rules.yaml")
    found = states()
    assert found["plugins"].state == "failed"
    assert "rules.yaml" in found["plugins"].detail


def test_a_missing_bucket_is_failed_and_the_rest_is_looked_at(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_BUCKET", "no-such-bucket-here")
    found = states()
    assert found["bucket"].state == "failed"
    assert "no-such-bucket-here" in found["bucket"].detail
    assert found["ledger"].state == "ok"


def test_no_queue_is_a_warning(district: District) -> None:
    queue = states()["queue"]
    assert (queue.state, "run `dam-plugin init`" in queue.detail) == ("warning", True)


def test_a_queue_without_a_dead_letter_queue_is_failed(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName=f"{district.services.library.bucket}-plain")["QueueUrl"]
    client.close()
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", url)
    assert states()["queue"] == Check("queue", "failed", "the queue has no dead-letter queue: run `dam-plugin init`")


def test_dead_messages_are_a_warning(district: District) -> None:
    call("init")
    client = boto3.client("sqs")
    (dead,) = (
        url
        for url in client.list_queues(QueueNamePrefix=district.services.library.bucket)["QueueUrls"]
        if "dead" in url.rsplit("/", 1)[-1]
    )
    client.send_message(QueueUrl=dead, MessageBody="gone")
    client.close()
    queue = states()["queue"]
    assert queue.state == "warning"
    assert "1 message(s) in the dead-letter queue" in queue.detail


def test_a_database_of_an_older_version_is_failed(district: District) -> None:
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '0000'")
    database.close()
    assert "run `dam-plugin db upgrade`" in states()["store"].detail


def test_a_broken_ledger_is_failed(district: District) -> None:
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        database.execute("UPDATE ledger_entries SET kind = 'look'")
    database.close()
    ledger = states()["ledger"]
    assert (ledger.state, ledger.detail.startswith("the chain is broken")) == ("failed", True)
    assert call("doctor").code == 1


def test_without_delivery_links_are_refused(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID")
    delivery = states()["delivery"]
    assert delivery.state == "warning"
    assert delivery.detail.startswith("links are refused: ")


def test_no_students_is_a_warning(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", "sqlite:///empty.sqlite3")
    call("db", "upgrade")
    assert "run `dam-plugin roster import`" in states()["roster"].detail


def test_no_annual_notice_is_a_warning(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_DISTRICT__DIRECTORY_NOTICE")
    assert states()["district"].detail == "no annual notice is set: nothing is released as directory information"


def test_a_release_that_broke_off_is_a_warning(district: District) -> None:
    district.upload(TEAM)
    release: Any = district.share(TEAM).release
    with district.services.store.writing() as unit:
        staged = replace(release, id="r-0", key="released/r-0/x.jpg", state="preparing")
        unit.shares.add_release(staged, district.services.now() - timedelta(days=1))
    assert states()["releases"].detail == "1 broke off in the middle: run `dam-plugin reconcile`"
