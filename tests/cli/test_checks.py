"""`doctor`: each check when all is well, when something is limited, and when something is broken."""

from __future__ import annotations

import json
import sqlite3
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
from command_line import call
from databases import run_sql
from district import TEAM, District
from use_cases import as_if

from dam_plugin.cli import checks
from dam_plugin.cli.checks import Check, examine
from dam_tagging.rules.load import default_rules


def states() -> dict[str, Check]:
    return {check.name: check for check in examine()}


def test_all_is_well_after_init_but_for_what_cannot_be(district: District) -> None:
    call("init")
    ended = call("doctor", "--json")
    assert ended.code == 0
    found = {each["check"]: each["state"] for each in ended.objects()}
    assert {name for name, state in found.items() if state != "ok"} == {
        "detector",
        "custodian",
        "bucket policy",
        "holidays",
    }
    assert set(found) >= {"settings", "plugins", "bucket", "queue", "store", "ledger", "roster", "district", "delivery"}
    assert "13 students" in call("doctor").out


@pytest.mark.parametrize(
    ("value", "state"), [(None, "warning"), ("true", "ok"), ("false", "ok")], ids=["unset", "names", "names none"]
)
def test_a_definition_of_directory_information_that_nobody_stated_is_a_warning_with_its_setting(
    district: District, monkeypatch: pytest.MonkeyPatch, value: str | None, state: str
) -> None:
    del district
    name = "DAM_PLUGIN_DISTRICT__DIRECTORY_INCLUDES_IMAGES"
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    check = states()["district"]
    assert check.state == state
    assert ("`directory_includes_images` under `[district]`" in check.detail) is (state == "warning")


@pytest.mark.parametrize(
    ("count", "state", "told"),
    [
        (0, "warning", "none are set: list the legal holidays (RSMo 9.010)"),
        (25, "ok", "25 weekdays"),
        (26, "warning", "26 weekdays of 2027 are holidays: list legal holidays (RSMo 9.010)"),
    ],
)
def test_holidays_are_legal_holidays_and_no_school_breaks(
    district: District, monkeypatch: pytest.MonkeyPatch, count: int, state: str, told: str
) -> None:
    del district
    weekdays = [day for day in (date(2027, 1, 1) + timedelta(days=each) for each in range(60)) if day.weekday() < 5]
    # Days of a weekend count for nothing.
    days = [*weekdays[:count], date(2027, 1, 2), date(2027, 1, 3)]
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__HOLIDAYS", ",".join(map(str, days)))
    check = states()["holidays"]
    assert (check.state, told in check.detail) == (state, True)


def test_a_bucket_without_our_policy_is_told_of(district: District, raw_s3: Any) -> None:
    assert (states()["bucket policy"].state, "policy apply" in states()["bucket policy"].detail) == ("warning", True)
    bucket = district.services.library.bucket
    arn = "arn:aws:iam::123456789012:role/"
    roles = ("--plugin", f"{arn}plugin", "--host", f"{arn}host", "--delivery", f"{arn}delivery")
    raw_s3.put_bucket_policy(Bucket=bucket, Policy=call("policy", "print", "--bucket", bucket, *roles).out)
    assert states()["bucket policy"].state == "ok"


@pytest.mark.parametrize(
    ("sid", "state", "told"),
    [
        (
            "DamPluginDenyHoldByName",
            "failed",
            "a URL that the host signs opens an original for staff to anybody; run `dam-plugin policy apply`",
        ),
        ("DamPluginDenyUrlTrialByName", "ok", "our policy guards the bucket"),
        ("Theirs", "warning", "no policy of ours"),
    ],
    ids=["of a version before", "of today", "of others"],
)
def test_a_policy_of_a_version_before_is_failed(district: District, sid: str, state: str, told: str) -> None:
    bucket = district.services.library.bucket
    theirs = {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:x", "Resource": f"arn:aws:s3:::{bucket}/*"}
    district.services.library._client.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [theirs]}))
    check = states()["bucket policy"]
    assert (check.state, told in check.detail) == (state, True)


def test_without_settings_nothing_else_is_looked_at(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_BUCKET")
    ended = call("doctor", "--json")
    assert ended.code == 1
    assert (ended.object()["check"], ended.object()["state"]) == ("settings", "failed")
    assert "DAM_PLUGIN_BUCKET is not set" in ended.object()["detail"]


def test_an_unknown_setting_is_failed_with_a_suggestion(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_BUKCET", "x")
    assert "did you mean 'DAM_PLUGIN_BUCKET'?" in call("doctor", "--json").object()["detail"]


def test_how_many_rules_are_in_force_is_told(district: District) -> None:
    rules = default_rules()
    told = f"{len(rules.rules)} rules, digest {rules.digest}, as shipped (DAM_PLUGIN_RULES names your own)"
    assert states()["rules"] == Check("rules", "ok", told)


def test_each_mistake_of_the_rules_has_its_own_line_and_the_rest_is_looked_at(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    (district.folder / "rules.yaml").write_text("nonsense: 1\nmore: 2\n", encoding="utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RULES", "rules.yaml")
    found = list(examine())
    told, *mistakes = [check.detail for check in found if (check.name, check.state) == ("rules", "failed")]
    assert told == "the rules of DAM_PLUGIN_RULES cannot be used: 3 mistake(s)"
    assert [mistake.split(" ")[0] for mistake in mistakes] == ["rules.yaml:1:1:", "rules.yaml:1:1:", "rules.yaml:2:1:"]
    assert {"plugins": "ok", "ledger": "ok"}.items() <= {check.name: check.state for check in found}.items()


def test_rules_that_are_not_there_are_failed_with_their_setting(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_RULES", "nowhere.yaml")
    rules = states()["rules"]
    assert (rules.state, "check DAM_PLUGIN_RULES" in rules.detail) == ("failed", True)


def test_a_name_that_no_bucket_can_have_is_failed_as_the_bucket(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_BUCKET", "No Bucket")
    found = states()
    assert (found["bucket"].state, found["bucket"].detail.startswith("DAM_PLUGIN_BUCKET: ")) == ("failed", True)
    assert "plugins" not in found


def test_a_missing_face_model_is_failed_as_the_detector_and_the_rest_is_looked_at(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_COUNT_FACES", "true")
    monkeypatch.setenv("DAM_PLUGIN_FACE_MODEL", "nowhere.onnx")
    found = states()
    assert (found["detector"].state, "'face_model'" in found["detector"].detail) == ("failed", True)
    assert (found["plugins"].state, found["ledger"].state) == ("ok", "ok")


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


def test_a_database_without_tables_is_failed(monkeypatch: pytest.MonkeyPatch, district: District) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", "sqlite:///empty.sqlite3")
    assert "run `dam-plugin db upgrade`" in states()["store"].detail


def test_a_database_from_before_the_first_release_is_failed(district: District) -> None:
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '0009'")
    database.close()
    assert states()["store"].state == "failed"
    assert "before the first release and cannot be upgraded: make a new one" in states()["store"].detail


def test_a_broken_ledger_is_failed(district: District) -> None:
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        database.execute("UPDATE ledger_entries SET kind = 'look'")
    database.close()
    ledger = states()["ledger"]
    assert (ledger.state, ledger.detail.startswith("it does not hold: entry 1 was changed")) == ("failed", True)
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
    assert states()["releases"].detail == "1 broke off in the middle: run `dam-plugin doctor --repair`"


def test_a_repair_says_what_it_did_and_that_there_is_nothing_left_to_do(district: District) -> None:
    district.upload(TEAM)
    release: Any = district.share(TEAM).release
    services = district.services
    long_ago = services.now() - timedelta(days=1)
    with services.store.writing() as unit:
        unit.shares.add_release(replace(release, id="r-0", key="released/r-0/x.jpg", state="preparing"), long_ago)
        as_if(unit, release.id, state="recorded")
        unit.messages.begin("host", "key", "digest", long_ago, dead_before=long_ago, old_before=long_ago)
    services.library.publish("released/stray/x.jpg", b"x", media_type="image/jpeg", tags={"dam-release": "open"})
    out = call("doctor", "--repair").out
    for told in (
        "1 recorded release(s) finished",
        "1 release(s) undone that were never recorded",
        "1 copy(ies) on no record put on hold",
        "1 request(s) of hosts forgotten",
    ):
        assert told in out
    (again,) = [each for each in call("doctor", "--repair", "--json").objects() if each["check"] == "repair"]
    assert (again["state"], again["detail"], again["undone"]) == ("ok", "nothing had broken off", 0)


def test_a_repair_that_the_storage_does_not_answer_is_failed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    (repair,) = [each for each in examine(repairing=True) if each.name == "repair"]
    assert (repair.state, "does not answer" in repair.detail) == ("failed", True)


def test_a_release_that_is_being_made_is_none_that_broke_off(district: District) -> None:
    district.upload(TEAM)
    release: Any = district.share(TEAM).release
    with district.services.store.writing() as unit:
        staged = replace(release, id="r-0", key="released/r-0/x.jpg", state="preparing")
        unit.shares.add_release(staged, district.services.now())
    assert states()["releases"].detail == "none broke off in the middle"


def test_the_reader_of_metadata_is_started_and_its_limits_are_told(district: District) -> None:
    detail = "starts; a file that takes longer than 20 s or more than 512 MiB is held"
    assert states()["metadata reader"] == Check("metadata reader", "ok", detail)


def test_a_reader_that_does_not_start_is_failed(
    district: District, misbehaving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dam_plugin.intake.reader.CHILD", "no_such_module")
    assert states()["metadata reader"].state == "failed"


def test_without_the_library_of_sounds_there_is_a_warning(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymediainfo", None)
    assert states()["sound and video"].state == "warning"


@pytest.mark.parametrize(
    ("setting", "state", "words"),
    [
        (None, "ok", "not used"),
        (sys.executable, "ok", "is one more source"),
        ("no-such-program", "warning", "'no-such-program' is not installed"),
    ],
)
def test_whether_exiftool_is_used_is_told(
    district: District, monkeypatch: pytest.MonkeyPatch, setting: str | None, state: str, words: str
) -> None:
    if setting:
        monkeypatch.setenv("DAM_PLUGIN_EXIFTOOL", setting)
    seen = states()["exiftool"]
    assert (seen.state, words in seen.detail) == (state, True)


def test_of_a_large_ledger_what_followed_is_verified_and_the_whole_once_a_week(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    assert "were read on" not in states()["ledger"].detail
    monkeypatch.setattr(checks, "MOST_READ", 0)
    assert "up to" not in states()["ledger"].detail
    district.share(TEAM)
    found = states()["ledger"]
    assert (found.state, "since then those that followed" in found.detail) == ("ok", True)
    monkeypatch.setattr(checks, "WHOLE_EVERY", timedelta())
    found = states()["ledger"]
    assert (found.state, "read all of them again, `dam-plugin ledger verify`" in found.detail) == ("warning", True)
    run_sql(
        district.services.store,
        "UPDATE ledger_entries SET subject = 'x' WHERE seq = (SELECT max(seq) FROM ledger_entries)",
    )
    assert states()["ledger"].state == "failed"
