"""`ledger verify | show | student`."""

from __future__ import annotations

import sqlite3

import pytest
from command_line import call
from district import HALLWAY, HANNAH, INES_MOTHER, PORTRAIT, TEAM, District

from dam_plugin.model import Recipient


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
    assert [each["kind"] for each in call("ledger", "show", "--json").objects()] == ["roster", "share", "opt-out"]
    assert [each["kind"] for each in call("ledger", "show", "--last", "1", "--json").objects()] == ["opt-out"]
    (shared,) = call("ledger", "show", "--kind", "share", "--json").objects()
    assert shared["details"]["decision"]["outcome"] == "redact"
    out = call("ledger", "show").out
    assert "redact" in out
    assert "opt-out" in out


def test_nothing_of_a_kind_is_said(district: District) -> None:
    assert call("ledger", "show", "--kind", "banana").out == "Ledger: none\n"


@pytest.mark.parametrize("last", ["0", "-1", "many"])
def test_the_last_entries_are_counted_from_one(last: str) -> None:
    assert call("ledger", "show", "--last", last).code == 2


def test_a_students_record_tells_who_asked_for_what(district: District) -> None:
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    mother = Recipient("parent", district.guardian(INES_MOTHER))
    token = district.ask(TEAM, mother).token
    call("open", token or "")
    district.share(PORTRAIT)
    rows = call("ledger", "student", district.student(HANNAH), "--json").objects()
    told = [(row["what"], row["recording"], row["who"], row["interest"], row["outcome"]) for row in rows]
    assert told == [
        ("asked", TEAM, f"parent:{mother.id}", "inspection", "redact"),
        ("asked", PORTRAIT, "public:public", "website", "deny"),
    ]
    assert PORTRAIT in call("ledger", "student", district.student(HANNAH)).out


def test_an_opening_is_in_the_record_of_whom_it_shows(district: District) -> None:
    stored = district.upload(HALLWAY)
    student = stored.tagging.appearances[0].student
    evidence = {"legitimate_interest": True, "records_authorized": True}
    teacher = Recipient("school_official", "teacher-12")
    token = district.ask(HALLWAY, teacher, "investigation", evidence=evidence).token
    assert call("open", token or "").code == 0
    rows = call("ledger", "student", student, "--json").objects()
    assert [(row["what"], row["recording"], row["who"]) for row in rows] == [
        ("asked", HALLWAY, "school_official:teacher-12"),
        ("opened", HALLWAY, "school_official:teacher-12"),
    ]


def test_nobodys_record_is_an_error(district: District) -> None:
    ended = call("ledger", "student", "S-NOBODY")
    assert (ended.code, ended.out) == (1, "")
