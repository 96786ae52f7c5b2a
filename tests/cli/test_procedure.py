"""`procedure replay`: what a district's shares would become under another policy, and that nothing is touched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import GRADUATION, HALLWAY, INES, PORTRAIT, TEAM, District, policy
from use_cases import Voice, on, raising, with_voice

from dam_plugin.errors import CannotRedact
from dam_plugin.gate.close_links import revoke
from dam_plugin.ledger.chain import FORGET
from dam_plugin.model import Outcome, Recipient, Review
from dam_plugin.services import local_now
from dam_plugin.sharing import make_copy

NEWSPAPER = Recipient("public", "daily-press")
TEACHER = Recipient("school_official", "teacher-12")
FILE = "would-be.toml"


def settings_file(folder: Path, **changes: Any) -> str:
    """Write the district's policy with changes into a file and return its name; null leaves a setting out."""
    told = {name: value for name, value in {**policy(TODAY), **changes}.items() if value is not None}
    lines = [f"{name} = {_toml(value)}" for name, value in told.items()]
    (folder / FILE).write_text("\n".join(["[district]", *lines]), "utf-8")
    return FILE


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | list) else f'"{value}"'


def replayed(*arguments: str) -> tuple[list[Any], Any]:
    """Return the lines of a replay, and the numbers of its last one."""
    ended = call("procedure", "replay", "--against", FILE, "--json", *arguments)
    *lines, last = ended.objects()
    assert ended.code == (1 if last["summary"]["undecided"] else 0)
    return lines, last["summary"]


def told(line: Any) -> tuple[Any, ...]:
    """Return of a line what a table shows."""
    before, after = line["before"], line["after"]
    clauses = before["reasons"][0]["clause"], after["reasons"][0]["clause"]
    answers = f"{before['outcome']} {after['outcome']}"
    return line["entry"], line["change"], answers, *clauses, line["becomes_visible"], line["becomes_hidden"]


@pytest.fixture
def shared(district: District) -> District:
    """Four shares, in entries 2 (redact), 3 (deny), 4 (allow to staff) and 5 (allow); and a sixth, forgotten."""
    for key in (TEAM, PORTRAIT, HALLWAY, GRADUATION):
        district.upload(key)
    evidence = {"legitimate_interest": True, "records_authorized": True}
    answers = [
        district.share(TEAM),
        district.share(PORTRAIT),
        district.ask(HALLWAY, TEACHER, "investigation", evidence=evidence),
        district.ask(GRADUATION, NEWSPAPER, "news"),
        district.share(GRADUATION),
    ]
    assert [each.decision.outcome.word for each in answers] == ["redact", "deny", "allow", "allow", "allow"]
    ledger, now = district.services.ledger, district.services.now()
    with district.services.store.writing() as unit:
        ledger.forget(unit, [6])
        ledger.append(unit, at=now, kind=FORGET, subject=FORGET, details={"entries": [6]})
    return district


def students(district: District, key: str) -> list[str]:
    with district.services.store.reading() as unit:
        return sorted(unit.assets.need(key).tagging.students)


# What would change


def test_a_districts_own_policy_changes_nothing(shared: District) -> None:
    settings_file(shared.folder)
    lines, total = replayed()
    assert lines == []
    assert total == {
        "cases": 5,
        "decided": 4,
        "deleted": 1,
        "undecided": 0,
        "before_notice": 0,
        "looser": 0,
        "stricter": 0,
        "otherwise": 0,
        "unchanged": 4,
        "recorded_answer": {"same": 4, "made_stricter": 0, "differs": 0},
        "changes": [],
    }


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"directory_limited_to": ["yearbook"]}, "EX4-LIMITED"),
        ({"directory_notice": TODAY - timedelta(days=400), "opt_out_window_ends": None}, "EX4-NOTICE"),
        ({"directory_includes_images": None}, "EX4-DEFINITION"),
    ],
    ids=["a limited policy", "an older notice", "a definition without images"],
)
def test_a_policy_that_closes_the_route_hides_whom_it_showed(
    shared: District, changes: dict[str, Any], clause: str
) -> None:
    """Of the team, the one with a consent to the website stays: exception 3 decides in the place of exception 4."""
    settings_file(shared.folder, **changes)
    lines, total = replayed()
    assert [told(line) for line in lines] == [
        (2, "stricter", "redact redact", "EX4-OPTOUT", "EX3", [], [shared.student(INES)]),
        (3, "otherwise", "deny deny", "EX4-OPTOUT", clause, [], []),
        (5, "stricter", "allow refer", "EX4", "REDACT-MEANING", [], students(shared, GRADUATION)),
    ]
    assert (total["stricter"], total["otherwise"], total["unchanged"], total["deleted"]) == (2, 1, 1, 1)
    assert [(each["change"], each["clauses"], each["differs"], each["cases"]) for each in total["changes"]] == [
        ("stricter", ["EX4", "REDACT-MEANING"], [], 1),
        ("stricter", ["EX4-OPTOUT", "EX3"], [], 1),
        ("otherwise", ["EX4-OPTOUT", clause], ["reasons"], 1),
    ]


def test_one_purpose_of_a_limited_policy_is_not_touched(shared: District) -> None:
    settings_file(shared.folder, directory_limited_to=["website"])
    lines, _ = replayed()
    assert [line["entry"] for line in lines] == [5]


def test_a_line_says_everything_by_pseudonyms(shared: District) -> None:
    settings_file(shared.folder, directory_limited_to=["yearbook"])
    line = replayed()[0][-1]
    with shared.services.store.reading() as unit:
        asset = unit.assets.need(GRADUATION).asset.id
        entry, details = shared.services.ledger.show(unit, last=None)[4]
    assert details
    assert list(line) == [
        *("entry", "at", "asset", "change", "differs", "becomes_visible", "becomes_hidden"),
        *("recorded_answer", "taken_by", "recorded", "before", "after"),
    ]
    assert (line["entry"], line["asset"], line["at"]) == (5, asset, entry.at.isoformat())
    recorded = dict(details["decision"])
    assert line["taken_by"] == recorded.pop("taken_by")
    assert line["recorded"] == line["before"] == recorded
    assert line["after"]["id"] == entry.subject
    assert GRADUATION not in str(line)


def test_tables_tell_what_becomes_looser_first(district: District) -> None:
    district.upload(GRADUATION)
    district.share(GRADUATION)
    narrow = district.services.settings.district.model_copy(update={"directory_limited_to": ("website",)})
    settings = district.services.settings.model_copy(update={"district": narrow})
    narrowly = replace(district, services=replace(district.services, settings=settings))
    assert narrowly.ask(GRADUATION, NEWSPAPER, "news").decision.outcome is Outcome.REFER
    out = call("procedure", "replay", "--against", settings_file(district.folder, directory_limited_to=["news"])).out
    assert out.startswith("2 of 2 cases on record decided again; nothing was changed.\n")
    assert "1 would become looser, 1 stricter, 0 otherwise changed; 0 would stay as they are." in out
    by_clause, by_recording = out.partition("By clause")[2].split("By recording")
    for table in (by_clause, by_recording):
        assert 0 < table.index("refer → allow") < table.index("allow → deny")
    # Each becomes visible in one row, and hidden in the other.
    assert {by_recording.count(each) for each in students(district, GRADUATION)} == {2}


def test_tables_tell_what_was_deleted_and_why_a_refusal_changes(shared: District) -> None:
    out = call("procedure", "replay", "--against", settings_file(shared.folder, directory_includes_images=None)).out
    assert "4 of 5 cases on record decided again" in out
    assert "otherwise (reasons)" in out
    assert "4 the same, 0 made stricter at the time" in out
    assert "1 case has been deleted and cannot be decided again.\n" in out


def test_a_terminal_of_eighty_columns_is_enough(shared: District) -> None:
    file = settings_file(shared.folder, directory_limited_to=["yearbook"])
    out = call("procedure", "replay", "--against", file, terminal=True).text
    assert "…" not in out
    assert all(student in out for student in students(shared, GRADUATION))


def test_only_shares_since_a_day_are_decided_again(district: District) -> None:
    district.upload(GRADUATION)
    for days in (0, 1, 2):
        replace(district, services=on(district.services, local_now() + timedelta(days=days))).share(GRADUATION)
    settings_file(district.folder, directory_limited_to=["yearbook"])
    lines, total = replayed("--since", str(TODAY + timedelta(days=1)))
    assert [line["entry"] for line in lines] == [3, 4]
    assert total["cases"] == 2


def test_cases_of_days_before_the_new_notice_are_told_apart(shared: District) -> None:
    tomorrow = TODAY + timedelta(days=1)
    file = settings_file(shared.folder, directory_notice=tomorrow, opt_out_window_ends=None)
    assert replayed()[1]["before_notice"] == 4
    out = call("procedure", "replay", "--against", file).out
    assert f"Of days before the notice of {tomorrow}, when it opens nothing: 4 cases; --since {tomorrow} leaves" in out


# The record beside today's procedure


def test_what_another_plugin_made_stricter_is_told_apart(district: District) -> None:
    district.upload(GRADUATION)
    with_voice(district, Voice(review_decision=Review(Outcome.DENY, "not today"))).share(GRADUATION)
    settings_file(district.folder)
    lines, total = replayed()
    assert lines == []
    assert total["recorded_answer"] == {"same": 0, "made_stricter": 1, "differs": 0}


def test_a_copy_that_could_not_be_made_is_told_apart(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    district.upload(TEAM)
    district.share(TEAM)
    # Or its copy would be used again.
    revoke(district.services, key=TEAM)
    monkeypatch.setattr(make_copy.door, "make", raising(CannotRedact("the place is gone")))
    answer = district.share(TEAM)
    assert answer.decision.reasons[0].clause == "REDACT-UNABLE"
    settings_file(district.folder)
    assert replayed()[1]["recorded_answer"] == {"same": 1, "made_stricter": 1, "differs": 0}


def test_an_answer_that_the_procedure_gives_no_more_is_named(shared: District) -> None:
    with shared.services.store.writing() as unit:
        (_, details), *_ = shared.services.ledger.show(unit, last=None, kind="share")
        assert details
        details["decision"].update(outcome="allow", redact=[])
        shared.services.ledger.append(unit, at=local_now(), kind="share", subject="sh-odd", details=details)
    file = settings_file(shared.folder)
    (line,), total = replayed()
    assert (line["entry"], line["change"], line["recorded_answer"]) == (8, "unchanged", "differs")
    assert (line["recorded"]["outcome"], line["before"]["outcome"]) == ("allow", "redact")
    assert total["recorded_answer"]["differs"] == 1
    out = call("procedure", "replay", "--against", file).out
    assert "allow: EX4-OPTOUT" in out.partition("Answered otherwise by today's procedure")[2]


def test_a_case_of_an_older_form_is_named_and_exits_1(shared: District) -> None:
    with shared.services.store.writing() as unit:
        (_, details), *_ = shared.services.ledger.show(unit, last=None, kind="share")
        assert details
        del details["case"]["share"]["purpose"]
        shared.services.ledger.append(unit, at=local_now(), kind="share", subject="sh-old", details=details)
    file = settings_file(shared.folder)
    (line,), total = replayed()
    assert (line["entry"], line["error"]) == (8, [{"path": "share.purpose", "message": "is required"}])
    assert (total["decided"], total["undecided"]) == (4, 1)
    ended = call("procedure", "replay", "--against", file)
    assert ended.code == 1
    assert "Entry 8 cannot be decided again: share.purpose: is required\n" in ended.out


# Nothing is done


def test_a_replay_writes_nothing_and_asks_neither_storage_nor_plugins(
    shared: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = shared.folder / "dam-plugin.sqlite3"

    def everything() -> tuple[bytes, list[str], list[Any]]:
        with closing(sqlite3.connect(file)) as database:
            rows = list(database.iterdump())
        return file.read_bytes(), rows, call("links", "--json").objects()

    before = everything()
    with monkeypatch.context() as alone:
        alone.delenv("DAM_PLUGIN_BUCKET")
        alone.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        alone.setattr("dam_hooks.manager", raising(AssertionError("plugins are loaded")))
        settings_file(shared.folder, directory_notice=None)
        lines, _ = replayed()
    assert lines
    assert everything() == before


# Errors


def test_a_broken_chain_is_an_error(shared: District) -> None:
    with closing(sqlite3.connect(shared.folder / "dam-plugin.sqlite3")) as database, database:
        database.execute("UPDATE ledger_details SET details = replace(details, 'website', 'yearbook') WHERE seq = 2")
    ended = call("procedure", "replay", "--against", settings_file(shared.folder), "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "the details of entry 2 were changed" in ended.err
    assert "run `dam-plugin ledger verify`" in ended.err


def test_the_environment_says_nothing_of_the_other_policy(shared: District) -> None:
    (shared.folder / FILE).write_text("[district]\ndirectory_includes_images = true\n", "utf-8")
    assert {line["after"]["reasons"][0]["clause"] for line in replayed()[0]} == {"EX3", "EX4-NOTICE", "REDACT-MEANING"}


def test_a_folder_with_a_settings_file_will_do(shared: District) -> None:
    other = shared.folder / "next-year"
    other.mkdir()
    settings_file(shared.folder, directory_limited_to=["yearbook"])
    (shared.folder / FILE).rename(other / "dam-plugin.toml")
    *lines, _ = call("procedure", "replay", "--against", "next-year", "--json").objects()
    assert [line["entry"] for line in lines] == [2, 3, 5]


def test_other_settings_of_the_file_are_left_alone(shared: District) -> None:
    text = 'bucket = "another"\ndatabase_url = "sqlite:///another.sqlite3"\n'
    file = shared.folder / settings_file(shared.folder)
    file.write_text(text + file.read_text("utf-8"), "utf-8")
    assert replayed()[1]["cases"] == 5
    assert not (shared.folder / "another.sqlite3").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bucket = 'b'", "would-be.toml has no table [district]"),
        ("[district]\ndirectory_notise = 2026-08-20", "did you mean 'district.directory_notice'?"),
        ("bukcet = 'b'\n[district]", "'bukcet' in would-be.toml is not known here; did you mean 'bucket'?"),
        (
            "[district]\ndirectory_notice = 'soon'",
            "'district.directory_notice' in would-be.toml must be a date written YYYY-MM-DD",
        ),
        (
            "[district]\ndirectory_limited_to = []",
            "'district.directory_limited_to' in would-be.toml must not be an empty",
        ),
        ("[district", "would-be.toml is not TOML"),
        (None, "there is no file 'would-be.toml'"),
    ],
    ids=["no table", "misspelt", "misspelt outside", "no date", "empty list", "no TOML", "no file"],
)
def test_what_is_wrong_with_the_other_settings_is_named(district: District, text: str | None, said: str) -> None:
    if text is not None:
        (district.folder / FILE).write_text(text, "utf-8")
    ended = call("procedure", "replay", "--against", FILE)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("--against", FILE, "--since", "yesterday"), ("--agianst", FILE)],
    ids=["no file", "day", "option"],
)
def test_wrong_usage_exits_2(district: District, arguments: tuple[str, ...]) -> None:
    settings_file(district.folder)
    assert call("procedure", "replay", *arguments).code == 2


def test_a_ledger_without_shares_is_said(district: District) -> None:
    ended = call("procedure", "replay", "--against", settings_file(district.folder))
    assert (ended.code, ended.out.splitlines()[0]) == (0, "0 of 0 cases on record decided again; nothing was changed.")
