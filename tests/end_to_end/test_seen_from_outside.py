"""Traces, figures and log lines of real commands, as a collector of the district gets them; and nobody is named in them."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from commands import Commands
from district import CUSTODIAN, GRADUATION, HALLWAY, PORTRAIT, TEAM, UNTITLED, District
from otlp_receiver import Receiver, receiving
from served_command import serving

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.intake.jobs import TAG_AGAIN, add_job
from dam_plugin.library.setup import prepare
from dam_plugin.store.jobs import Job

NAMED = "events/athletics/Theresa Okafor 104203.jpg"
KEYS = (GRADUATION, HALLWAY, PORTRAIT, TEAM, UNTITLED, NAMED)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        # What would tell the command with its arguments, and this machine's name.
        monkeypatch.setenv("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "process,host,os")
        yield made


@pytest.fixture
def announced(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """A district whose bucket announces uploads, with some that wait to be tagged."""
    _, url = prepare(
        district.services.library.bucket, f"{district.services.library.bucket}-seen", dry_run=False, create_bucket=False
    )
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", url or "")
    for key in KEYS:
        body = (sample_folder() / (TEAM if key == NAMED else key)).read_bytes()
        district.services.library.put(key, body, media_type="image/jpeg")
    return district


def words_that_name(district: District) -> set[str]:
    """Every name and number of students and guardians of the sample district, and each key and file name."""
    folder = sample_folder() / "roster"
    words = {part for key in KEYS for part in (key, key.rpartition("/")[2])}
    for name, columns in (
        ("students.csv", ("student_id", "given_name", "family_name", "aliases")),
        ("guardians.csv", ("guardian_id", "name")),
    ):
        with (folder / name).open(encoding="utf-8") as file:
            words |= {row[column] for row in csv.DictReader(file) for column in columns}
    with district.services.store.reading() as unit:
        words |= {student.id for student in unit.people.students()}
    return {word for word in words if word}


def waiting_job(district: District) -> Job:
    with district.services.store.writing() as unit:
        ids = [stored.asset.id for key in (GRADUATION, NAMED) if (stored := unit.assets.current(key))]
        unit.words.add_stale(ids, unit.people.last_change())
        made = add_job(district.services, unit, TAG_AGAIN, CUSTODIAN)
    assert made is not None
    return made.job


def shared(commands: Commands, key: str) -> dict[str, Any]:
    done = commands.run("share", key, "--to", "public", "--purpose", "website", "--kind", "publication", "--json")
    (answer,) = done.objects()
    return dict(answer)


def run_everything(district: District, commands: Commands) -> tuple[Job, dict[str, Any], str]:
    """Tag, share, do a job, open a link and ask for one that is none; what was printed on standard error comes last."""
    told = commands.run("worker", "--until-empty").err
    answer = shared(commands, GRADUATION)
    refused = shared(commands, PORTRAIT)
    assert refused["outcome"] == "deny"
    job = waiting_job(district)
    told += commands.run("jobs", "resume", job.id).err
    with serving(commands, "--json") as served:
        url = json.loads(served.line)["url"]
        assert httpx.get(f"{url}/s/{answer['token']}", trust_env=False).status_code == 303
        assert httpx.get(f"{url}/s/{'a' * 43}?name=Okafor", trust_env=False).status_code == 404
        told += served.end(signal.SIGTERM).err
    return job, answer, told


def test_spans_and_figures_come_and_name_nobody(announced: District, commands: Commands, receiver: Receiver) -> None:
    job, answer, _ = run_everything(announced, commands)

    tagged = receiver.spans("tag recording")
    first = [each for each in tagged if each.parent is None]
    assert len(first) == len(KEYS)
    assert {each.attributes["dam.outcome"] for each in first} == {"hold", "staff"}
    assert all(each.attributes["dam.message_id"] for each in first)
    assert all(int(each.attributes["dam.s3_requests"]) >= 1 for each in first)

    decided = {str(each.attributes["dam.outcome"]): each.attributes for each in receiver.spans("decide share")}
    assert set(decided) == {"allow", "deny"}
    assert decided["allow"]["dam.share_id"] == answer["share"]
    assert decided["deny"]["dam.clause"]

    opened = {str(each.attributes["dam.outcome"]): each.attributes for each in receiver.spans("open link")}
    assert set(opened) == {"opened", "refused"}
    assert opened["opened"]["dam.link_id"] == answer["link"]
    assert int(opened["opened"]["dam.s3_requests"]) >= 1
    assert opened["refused"] == {"dam.outcome": "refused", "dam.clause": "LINK", "dam.s3_requests": 0}

    steps = receiver.spans("job step")
    assert [each.attributes["dam.outcome"] for each in steps] == ["done", "done"]
    assert {each.attributes["dam.job_id"] for each in steps} == {job.id}
    assert sum(each.parent == "job step" for each in tagged) == 2

    figures = receiver.figures()
    assert figures["dam_recordings",] == len(KEYS)
    assert figures["dam_recordings_on_hold",] >= 1
    assert figures["dam_jobs", "done", "tag again"] == 1
    assert figures["dam_openings", "opened"] == figures["dam_openings", "refused"] == 1
    decisions = {labels[1]: value for labels, value in figures.items() if labels[0] == "dam_decisions"}
    assert decisions == {"allow": 1, "deny": 1}
    assert figures["dam_workers",] == 0

    for resource in receiver.resources():
        assert set(resource) <= {"service.name", "service.version"}
    assert {each.events for each in receiver.spans()} == {0}
    assert [word for word in words_that_name(announced) if word.encode() in receiver.content] == []
    assert answer["token"].encode() not in receiver.content


def test_an_error_is_told_by_its_type_alone(announced: District, commands: Commands, receiver: Receiver) -> None:
    done = commands.run("share", "no/Ines Muñoz.jpg", "--to", "public", "--purpose", "website", "--kind", "publication")
    assert done.code == 1
    (span,) = receiver.spans("decide share")
    assert (span.attributes["dam.error"], span.failed, span.events) == ("UnknownThing", True, 0)
    assert "Muñoz".encode() not in receiver.content
    del announced


def test_a_collector_that_is_not_there_changes_nothing(
    announced: District, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert commands.run("worker", "--until-empty").code == 0
    assert shared(commands, GRADUATION)["outcome"] == "allow"
    del announced


def test_a_wrong_setting_of_opentelemetry_is_named(
    district: District, commands: Commands, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "-1")
    done = commands.run("links")
    assert (done.code, "OTEL_" in done.sentence) == (1, True)
    assert receiver.requests == []
    del district


def test_a_log_of_json_has_an_object_a_line_and_names_nobody(
    announced: District, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_LOG", "json")
    _, answer, told = run_everything(announced, commands)
    lines = [json.loads(line) for line in told.splitlines()]
    assert all({"time", "level", "logger", "event"} <= set(each) for each in lines)
    assert all(datetime.fromisoformat(each["time"]).utcoffset() == timedelta(0) for each in lines)
    asked = [each for each in lines if each["logger"] == "dam_hooks.http.serve" and "route" in each]
    assert [(each["method"], each["route"], each["status"]) for each in asked] == [
        ("GET", "/s/…", 303),
        ("GET", "/s/…", 404),
    ]
    assert any("DAM_PLUGIN_HTTP_KEYS is not set" in each["event"] for each in lines)
    assert [word for word in words_that_name(announced) if word in told] == []
    assert answer["token"] not in told


def test_what_ends_a_command_is_one_line_of_json_without_what_was_typed(
    district: District, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_LOG", "json")
    done = commands.run("upload", "Ines Muñoz.jpg")
    (line,) = [json.loads(each) for each in done.err.splitlines()]
    assert (done.code, line["level"], line["error"]) == (1, "error", "InputError")
    assert line["at"].startswith("media.py:")
    assert "Mu" not in done.err
    monkeypatch.delenv("DAM_PLUGIN_LOG")
    (district.folder / "dam-plugin.toml").write_text('log = "json"\n')
    monkeypatch.delenv("DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID")
    done = commands.run("serve")
    (line,) = [json.loads(each) for each in done.err.splitlines() if "SettingsError" in each]
    assert (done.code, "DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID" in line["event"]) == (1, True)
