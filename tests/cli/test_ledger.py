"""`ledger verify | show | export | student | forget`."""

from __future__ import annotations

import csv
import re
import sqlite3
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from databases import run_sql
from district import HALLWAY, HANNAH, INES_MOTHER, MEDIA_STAFF, PORTRAIT, PUBLIC, TEAM, District

from dam_plugin.cli.ledger import Record, write_csv
from dam_plugin.custodian.family_record import Whose, rows_of
from dam_plugin.ledger.student import Line
from dam_plugin.model import Recipient, Share
from dam_plugin.procedure.purposes import read_purposes
from dam_plugin.sharing.share import share
from dam_plugin.yearbook.spreadsheet import MARK

AS = ("--as", "custodian:records-office")


def break_chain(district: District, statement: str) -> None:
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        assert database.execute(statement).rowcount > 0
    database.close()


def test_a_whole_chain_holds(district: District) -> None:
    district.upload(TEAM)
    district.share(TEAM)
    ended = call("ledger", "verify")
    assert (ended.code, ended.out) == (0, "the ledger holds: 2 entries\n")
    made = call("ledger", "verify", "--json").object()
    assert (made["ok"], made["entries"], made["broken_at"]) == (True, 2, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET kind = 'look' WHERE seq = 2",
        "DELETE FROM ledger_entries WHERE seq = 2",
        "UPDATE ledger_details SET details = replace(details, 'website', 'yearbook')",
    ],
    ids=["changed", "deleted", "details changed"],
)
def test_a_broken_chain_exits_1_and_says_where(district: District, statement: str) -> None:
    district.upload(TEAM)
    district.share(TEAM)
    district.share(TEAM)
    break_chain(district, statement)
    ended = call("ledger", "verify")
    assert ended.code == 1
    assert ended.out.startswith("the ledger is broken")
    made = call("ledger", "verify", "--json")
    assert (made.code, made.object()["ok"]) == (1, False)
    assert made.object()["why"]


def test_entries_are_shown_oldest_first(district: District) -> None:
    district.upload(TEAM)
    district.share(TEAM)
    call("student", "opt-out", district.student(HANNAH))
    assert [
        each["kind"] for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
    ] == ["roster", "share", "opt-out"]
    assert [
        each["kind"]
        for each in call("ledger", "show", "--as", "custodian:records-office", "--last", "1", "--json").objects()
    ] == ["opt-out"]
    (shared,) = call("ledger", "show", "--as", "custodian:records-office", "--kind", "share", "--json").objects()
    assert shared["details"]["decision"]["outcome"] == "redact"
    out = call("ledger", "show", "--as", "custodian:records-office").out
    assert "redact" in out
    assert "opt-out" in out


def test_nothing_of_a_kind_is_said(district: District) -> None:
    assert call("ledger", "show", "--as", "custodian:records-office", "--kind", "banana").out == "Ledger: none\n"


@pytest.mark.parametrize("last", ["0", "-1", "many"])
def test_the_last_entries_are_counted_from_one(last: str) -> None:
    assert call("ledger", "show", "--as", "custodian:records-office", "--last", last).code == 2


def record(student: str, *options: str) -> list[dict[str, Any]]:
    return list(call("ledger", "student", *AS, student, "--json", *options).objects())


def test_a_students_record_tells_who_asked_for_what(district: District) -> None:
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    token = district.ask(TEAM, mother).token
    call("open", token or "")
    district.share(PORTRAIT)
    rows = record(district.student(HANNAH), "--keys")
    told = [(row["what"], row["key"], row["who"], row["interest"], row["outcome"], row["remark"]) for row in rows]
    assert told == [
        ("asked", TEAM, "parent", "inspection", "redact", "the copy hides the student"),
        ("published", PORTRAIT, "public:public", "website", "deny", None),
    ]


def test_a_record_shows_the_keys_of_recordings_only_when_asked(district: District) -> None:
    stored = district.upload(PORTRAIT)
    district.share(PORTRAIT)
    student = district.student(HANNAH)
    out = call("ledger", "student", *AS, student).out
    assert PORTRAIT not in out
    assert stored.asset.id in out
    assert "key" not in record(student)[0]
    assert PORTRAIT in call("ledger", "student", *AS, student, "--keys").out


def asked_by_a_teacher(district: District) -> str:
    """The hallway, asked for by a teacher and opened; returns a student in it."""
    stored = district.upload(HALLWAY)
    evidence = {"legitimate_interest": True, "records_authorized": True}
    teacher = Recipient("school_official", "teacher-12")
    token = district.ask(HALLWAY, teacher, "investigation", evidence=evidence).token
    assert call("open", token or "").code == 0
    return str(stored.tagging.appearances[0].student)


def test_an_opening_is_in_the_record_of_whom_it_shows(district: District) -> None:
    rows = record(asked_by_a_teacher(district), "--keys")
    assert [(row["what"], row["key"], row["who"]) for row in rows] == [
        ("asked", HALLWAY, "school_official:teacher-12"),
        ("opened", HALLWAY, "school_official:teacher-12"),
    ]


def test_nobodys_record_is_an_error(district: District) -> None:
    ended = call("ledger", "student", "S-NOBODY")
    assert (ended.code, ended.out) == (1, "")


def test_only_what_has_to_be_recorded_is_shown_when_that_is_asked_for(district: District) -> None:
    student = asked_by_a_teacher(district)
    evidence = {"emergency": {"threat": "a student is missing", "recipient_needs_it": True}}
    district.ask(HALLWAY, Recipient("law_enforcement", "officer-7"), "emergency", evidence=evidence)
    assert [row["required"] for row in record(student)] == [False, False, True]
    (line,) = record(student, "--required")
    assert (line["outcome"], line["who"], line["threat"]) == (
        "allow",
        "law_enforcement:officer-7",
        "a student is missing",
    )
    assert line["grounds"] == ["Health or safety emergency (EX9)"]


def shared_for(district: District, purpose: str) -> None:
    """Share the portrait for a purpose of the district's own list."""
    own = read_purposes({"starter_pack": False, purpose: []})
    settings = district.services.settings.model_copy(update={"purposes": own})
    request = Share("", PORTRAIT, "publication", purpose, MEDIA_STAFF, PUBLIC)
    share(replace(district.services, settings=settings), request)


@pytest.mark.parametrize("start", ["=1+1", " =1+1", "+1", "-1", "@x", "\uff1d1", "|x"])
def test_a_table_for_a_spreadsheet_holds_no_formula(district: District, start: str) -> None:
    district.upload(PORTRAIT)
    shared_for(district, start)
    path = district.folder / "record.csv"
    assert call("ledger", "student", *AS, district.student(HANNAH), "--csv", str(path)).code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    assert row["interest"] == f"'{start}"
    assert row["outcome"] == "deny"
    assert "key" not in row


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u202e", "\x7f", "\x00", "\ud800"])
def test_what_is_not_to_be_seen_hides_no_formula_from_the_table(district: District, hidden: str) -> None:
    """Whoever asked before such characters were refused is on record with them."""
    line = Line(1, datetime(2026, 10, 2, tzinfo=UTC), "asked", "sh1", interest=f"{hidden}=1+1")
    whose = Whose("S-1", "Ann")
    table = write_csv(Record(whose, rows_of(whose, [line], "en", zone=UTC, called={}), district.services))
    (row,) = csv.DictReader(table.removeprefix(MARK).splitlines())
    assert row["interest"] == "'=1+1"


def test_a_page_to_print_says_whose_record_it_is_and_shows_markup_as_text(district: District) -> None:
    district.upload(PORTRAIT)
    shared_for(district, "<script>alert(1)</script>")
    path = district.folder / "record.html"
    student = district.student(HANNAH)
    assert call("ledger", "student", *AS, student, "--page", str(path)).code == 0
    page = path.read_text("utf-8")
    for words in ("Hannah", "34 CFR 99.32", "the school district", "was refused", "&lt;script&gt;"):
        assert words in page
    assert student not in page
    assert "<script" not in page
    assert PORTRAIT not in page
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_page_calls_a_recording_by_its_kind_day_and_event_and_by_no_internal_id(district: District) -> None:
    for key in (TEAM, PORTRAIT):
        district.upload(key)
        district.share(key)
    student, page = district.student(HANNAH), Path("record.html")
    assert call("ledger", "student", *AS, student, "--page", str(page)).code == 0
    told = page.read_text("utf-8")
    for key in (TEAM, PORTRAIT):
        assert district.services.pseudonyms.outside(key) in told
    assert re.search(r"photo of [A-Z][a-z]+ \d{1,2}, 20\d\d", told)
    assert not re.search(r"\ba-[0-9A-Z]{8,}|image/jpeg", re.sub(r'src="data:[^"]+"', "", told))


def test_a_page_calls_no_recording_by_an_event_that_names_another_student(district: District) -> None:
    stored = district.upload(TEAM)
    district.share(TEAM)
    page, about = Path("record.html"), replace(stored.about, events=("Party of Theresa Okafor",), taken="2026-05-12")
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, about=about))
    assert call("ledger", "student", *AS, district.student(HANNAH), "--page", str(page)).code == 0
    assert "photo of May 12, 2026<br>" in page.read_text("utf-8")
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, about=replace(about, events=("spring concert",))))
    assert call("ledger", "student", *AS, district.student(HANNAH), "--page", str(page)).code == 0
    assert "photo of May 12, 2026, spring concert<br>" in page.read_text("utf-8")


def test_a_page_names_the_parties_by_the_registers_contacts_and_nothing_else_does(district: District) -> None:
    district.upload(PORTRAIT)
    student, came = district.student(HANNAH), district.services.now().date().isoformat()
    page = Path("record.html")
    for who in ("public:reporter-7", f"parent:{district.guardian(INES_MOTHER)}"):
        asked = ("--from", who, "--purpose", "news", "--received", came, "--channel", "email")
        contact = ("--contact", "Jo Doe of Channel 9, 1 Elm Street" if who.startswith("public") else "Ann Other, 2 Oak")
        request = call("request", "add", PORTRAIT, *asked, *contact, "--json").object()["id"]
        call("share", PORTRAIT, "--to", who, "--purpose", "news", "--request", request, "--as", "custodian:c")
    table = call("ledger", "student", *AS, student, "--page", str(page), "--csv", "record.csv", "--json")
    told = page.read_text("utf-8")
    assert "Jo Doe of Channel 9" in told
    assert not any(each in told for each in ("Elm", "Ann Other", "Oak"))
    for other in (
        table.text,
        Path("record.csv").read_text("utf-8"),
        call("ledger", "show", "--as", "custodian:records-office", "--json").text,
    ):
        assert "Jo Doe" not in other


def test_a_record_that_cannot_be_written_is_one_sentence(district: District) -> None:
    district.upload(PORTRAIT)
    for option in ("--csv", "--page"):
        ended = call("ledger", "student", *AS, district.student(HANNAH), option, str(district.folder / "no" / "file"))
        assert ended.code == 1
        assert "cannot be written" in ended.err


def exported(district: District) -> Path:
    district.upload(TEAM)
    district.share(TEAM)
    path = district.folder / "ledger.jsonl"
    ended = call("ledger", "export", "--out", str(path))
    assert ended.code == 0
    assert "2 entries" in ended.out
    return path


def test_an_export_is_checked_without_the_database(district: District) -> None:
    path = exported(district)
    (district.folder / "dam-plugin.sqlite3").unlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert call("ledger", "verify", "--export", str(path)).out == "the ledger holds: 2 entries\n"


def test_a_changed_export_exits_1_and_says_where(district: District) -> None:
    path = exported(district)
    path.write_text(path.read_text("utf-8").replace("website", "yearbook", 1), "utf-8")
    ended = call("ledger", "verify", "--export", str(path))
    assert (ended.code, ended.out) == (1, "the ledger is broken at entry 2: the details of entry 2 were changed\n")


def test_an_export_that_is_none_is_an_error(district: District) -> None:
    path = district.folder / "other.jsonl"
    path.write_text("hello\n", "utf-8")
    ended = call("ledger", "verify", "--export", str(path))
    assert (ended.code, ended.out) == (1, "")
    assert "line 1 of the export is no JSON" in ended.err


@pytest.mark.parametrize("name", ["none", "."])
def test_an_export_that_cannot_be_read_is_one_sentence(district: District, name: str) -> None:
    ended = call("ledger", "verify", "--export", str(district.folder / name))
    assert (ended.code, ended.out) == (1, "")
    assert "is no file; name one that can be read" in ended.err


EMPTY = '{"entries":0,"head":{"hash":"","mac":"","seq":0},"version":1}\n'


def test_an_empty_export_beside_a_ledger_that_has_entries_is_found(district: District) -> None:
    path = district.folder / "empty.jsonl"
    path.write_text(EMPTY, "utf-8")
    ended = call("ledger", "verify", "--export", str(path))
    assert (ended.code, ended.out) == (1, "the ledger is broken: the export is empty, and the ledger has 1 entries\n")


def test_an_empty_export_without_a_database_says_that_it_is_empty(district: District) -> None:
    path = district.folder / "empty.jsonl"
    path.write_text(EMPTY, "utf-8")
    (district.folder / "dam-plugin.sqlite3").unlink()
    ended = call("ledger", "verify", "--export", str(path))
    assert ended.code == 0
    assert "this export is empty: it proves nothing of a ledger that has entries" in ended.out


def test_an_export_tells_programs_what_was_written(district: District) -> None:
    path = exported(district)
    made = call("ledger", "export", "--out", str(path), "--json").object()
    assert made == {"file": str(path), "entries": 2}
    assert call("ledger", "export", "--out", "-", "--json").code == 1


def test_a_number_larger_than_any_ledger_is_an_error(district: District) -> None:
    ended = call("ledger", "show", "--as", "custodian:records-office", "--last", "9" * 20)
    assert (ended.code, ended.out) == (1, "")
    assert "leave it out for all of them" in ended.err
    asked = ("ledger", "forget", "--why", "a request", *AS)
    ended = call(*asked, "--entry", "9" * 20)
    assert ended.code == 1
    assert "the ledger has no entry" in ended.err
    assert district.folder.exists()


def test_an_export_goes_to_standard_output_too(district: District) -> None:
    path = exported(district)
    assert call("ledger", "export", "--out", "-").out == path.read_text("utf-8")


def test_an_export_replaces_a_file_whole_or_not_at_all(district: District) -> None:
    path = exported(district)
    before = path.read_bytes()
    break_chain(district, "UPDATE ledger_details SET details = 'other' WHERE seq = 2")
    ended = call("ledger", "export", "--out", str(path))
    assert ended.code == 1
    assert "entry 2" in ended.err
    assert path.read_bytes() == before
    assert [each.name for each in district.folder.iterdir() if each.name.startswith(".dam-plugin-")] == []


def test_details_are_deleted_by_the_custodian_and_the_deletion_is_told(district: District) -> None:
    student = asked_by_a_teacher(district)
    (number, *_) = [row["entry"] for row in record(student)]
    refused = call("ledger", "forget", "--entry", str(number), "--why", "a request")
    assert (refused.code, refused.out) == (1, "")
    call("revoke", HALLWAY)
    ended = call("ledger", "forget", "--entry", str(number), "--why", "a request", *AS)
    assert ended.code == 0
    assert "the details of 2 entries" in ended.out
    assert "the details were deleted" in str(record(student)[0]["remark"])
    assert call("ledger", "verify").code == 0


def test_a_deletion_names_a_student_or_entries(district: District) -> None:
    asked = ("ledger", "forget", "--why", "a request", *AS)
    assert call(*asked).code == 1
    assert call(*asked, "--entry", "1", "--student", district.student(HANNAH)).code == 1
    assert call(*asked, "--entry", "99").code == 1
    assert call(*asked, "--student", "S-NOBODY").code == 1
    made = call(*asked, "--student", district.student(HANNAH), "--json").object()
    counts = {"deleted": 0, "shares": 0, "of_others": 0, "required": 0, "in_use": 0, "held": 0}
    assert made == {**counts, "holds": []}


def test_what_followed_the_last_whole_check_is_read_alone(district: District) -> None:
    district.upload(TEAM)
    refused = call("ledger", "verify", "--since")
    assert (refused.code, "was not found to hold yet" in refused.err) == (1, True)
    assert call("ledger", "verify").code == 0
    district.share(TEAM)
    whole = call("ledger", "verify", "--json").object()
    assert (whole["behind"], whole["whole_at"]) == (None, None)
    district.share(TEAM)
    told = call("ledger", "verify", "--since")
    assert (told.code, f"up to entry {whole['entries']} was found to hold on" in told.text) == (0, True)
    found = call("ledger", "verify", "--since", "--json").object()
    assert (found["ok"], found["behind"]) == (True, whole["entries"])
    assert found["entries"] > whole["entries"]
    assert call("ledger", "verify", "--since", "--export", "x").code == 2
    run_sql(district.services.store, f"UPDATE ledger_entries SET subject = 'x' WHERE seq = {found['entries']}")  # noqa: S608
    broken = call("ledger", "verify", "--since")
    assert (broken.code, f"broken at entry {found['entries']}" in broken.text) == (1, True)
