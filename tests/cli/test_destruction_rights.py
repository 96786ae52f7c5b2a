"""At whose word a recording is destroyed before it is due: who holds the rights alone (34 CFR 300.624(b), 300.625(b))."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY, on_day
from command_line import Called, call, said
from court_orders import BEN, revoking
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, SOFIA, SOFIA_MOTHER, District
from roster_files import change_students
from use_cases import entries, ledger_holds

from dam_plugin.cli import context

AS, SECOND = ("--as", "custodian:records-office"), ("--as", "designee:principal")
RULES = """\
[[rule]]
name = "portraits"
folder = "portraits/**"
use = "none"
years = 1
source = "IDEA"
idea_notice = true
"""


@pytest.fixture
def hannah(district: District, monkeypatch: pytest.MonkeyPatch) -> str:
    """A minor in a recording of special education that is not due yet."""
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    district.upload(PORTRAIT)
    return district.student(HANNAH)


@pytest.fixture
def mother(district: District) -> str:
    return f"parent:{district.guardian(HANNAH_MOTHER)}"


def born(years: int, days: int = 0) -> None:
    """Say in the roster that the student was born so many years and days ago."""
    day = TODAY - timedelta(days=days)
    change_students(Path("roster"), {"born": str(day.replace(year=day.year - years))}, HANNAH)
    assert call("roster", "import", "roster", "--confirm", *AS).code == 0


def destroys(who: str, *more: str, on: int = 0) -> Called:
    asked = ("--parents-asked", str(TODAY + timedelta(days=on)), "--asked-by", who, "--notified", str(TODAY))
    return call("retention", "destroy", PORTRAIT, "--why", "it was asked for", *asked, *(more or AS))


def destroys_second(monkeypatch: pytest.MonkeyPatch, who: str, *, on: int = 0) -> Called:
    with monkeypatch.context() as patch:
        patch.setattr(context, "system_user", lambda: BEN)
        return destroys(who, *SECOND, on=on)


def is_refused(called: Called, words: str) -> None:
    assert (called.code, words in said(called)) == (1, True), called.text
    assert call("retention", "log", "--json").objects() == []


def test_a_request_says_who_made_it(hannah: str, mother: str) -> None:
    destroy = ("retention", "destroy", PORTRAIT, "--why", "w", "--notified", str(TODAY), *AS)
    is_refused(call(*destroy, "--parents-asked", str(TODAY)), "--asked-by parent:G-… or eligible_student:S-…")
    is_refused(call(*destroy, "--asked-by", mother), "give --parents-asked DAY")


@pytest.mark.parametrize("who", ["public:reporter", "law_enforcement:deputy-hale", "parent"])
def test_nobody_but_the_family_asks(hannah: str, who: str) -> None:
    is_refused(destroys(who), "at the word of who holds the rights alone (34 CFR 300.624(b))")


def test_a_grown_students_mother_has_nothing_destroyed_and_the_student_has(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    born(18, days=14)
    refused = destroys(mother)
    is_refused(refused, "holds the rights alone (34 CFR 99.5(a), 300.625(b))")
    student = f"eligible_student:{hannah}"
    assert f"--asked-by {student}" in said(refused)
    asked = destroys(student)
    assert (asked.code, "at the student's own request and is not destroyed yet" in said(asked)) == (0, True)
    assert "note:" not in said(asked)
    done = destroys_second(monkeypatch, student)
    assert (done.code, f"at the student's own request of {TODAY}" in said(done)) == (0, True), done.text
    (logged,) = call("retention", "log", "--json").objects()
    assert (logged["asked_by"], hannah in str(logged)) == ("eligible_student", False)


def test_a_student_in_college_alone_asks(hannah: str, mother: str) -> None:
    college = ("--seen", "a letter of the college", "--since", str(TODAY - timedelta(days=1)))
    assert call("student", "college", hannah, *college, *AS).code == 0
    is_refused(destroys(mother), "is 18 or in college and holds the rights alone")


def test_a_minor_does_not_ask(hannah: str) -> None:
    is_refused(destroys(f"eligible_student:{hannah}"), "does not hold the rights yet, the parents do")


def test_what_a_parent_asked_before_the_student_grew_up_is_the_students_to_ask(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    born(18, days=-10)
    assert destroys(mother).code == 0
    on_day(monkeypatch, 12)
    refused = destroys_second(monkeypatch, mother)
    assert (refused.code, "holds the rights alone" in said(refused)) == (1, True)
    assert "held no right" in said(destroys(f"eligible_student:{hannah}"))
    student = destroys(f"eligible_student:{hannah}", on=12)
    assert (student.code, "at the student's own request" in said(student)) == (0, True), student.text
    assert [each["asked_by"] for each in call("retention", "log", "--json").objects()] == ["eligible_student"]


def test_a_parent_whom_an_order_limits_has_nothing_destroyed(hannah: str, mother: str) -> None:
    order = ("--seen", "judgment", *revoking())
    assert call("student", "guardian", "limit", hannah, mother.partition(":")[2], *order, *AS).code == 0
    is_refused(destroys(mother), "a court order on file limits the rights of")


def test_a_guardian_who_was_removed_has_nothing_destroyed_until_they_are_verified(hannah: str) -> None:
    who = "G-FATHER"
    assert call("student", "guardian", "verify", hannah, who, "--seen", "birth certificate", *AS).code == 0
    assert call("student", "guardian", "remove", hannah, who, "--why", "typed in error", *AS).code == 0
    refused = destroys(f"parent:{who}")
    is_refused(refused, "A parent keeps the right until a court's paper ends it (34 CFR 99.4)")
    assert "student guardian verify" in said(refused)


def test_what_may_show_another_familys_child_is_kept(hannah: str, mother: str) -> None:
    assert call("tag", PORTRAIT, "--unidentified", "2", *AS).code == 0
    is_refused(destroys(mother), "it may be another family's record too (34 CFR 300.624(b), 99.10)")


def test_neither_a_stranger_nor_another_childs_parent_nor_another_student_asks(hannah: str, district: District) -> None:
    others = (f"parent:{district.guardian(SOFIA_MOTHER)}", "parent:G-UNKNOWN", f"parent:{hannah}")
    for who in (*others, f"eligible_student:{district.student(SOFIA)}"):
        is_refused(destroys(who), "settle first who asks")


def test_who_represents_a_parent_inspects_and_has_nothing_destroyed(hannah: str, mother: str) -> None:
    Path("power.pdf").write_bytes(b"%PDF-1.7 power of attorney")
    paper = (
        "--for",
        mother.partition(":")[2],
        "--name",
        "Lena Kowalczyk",
        "--seen",
        "a power of attorney",
        "--file",
        "power.pdf",
    )
    added = call("student", "guardian", "represent", hannah, "G-LAWYER", *paper, *AS)
    assert added.code == 0, added.text
    is_refused(destroys("parent:G-LAWYER"), "represents somebody who holds the rights")


def test_the_other_parent_is_named_before_the_second_person_agrees(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("student", "guardian", "verify", hannah, "G-FATHER", "--seen", "birth certificate", *AS).code == 0
    first = destroys(mother)
    assert first.code == 0
    assert "note: G-FATHER may want to see or keep it" in said(first)
    assert "--notified" in said(first)
    refused = destroys_second(monkeypatch, "parent:G-FATHER")
    assert (refused.code, "does not give the same person and day" in said(refused)) == (1, True)
    refused = destroys_second(monkeypatch, mother, on=-1)
    assert (refused.code, "does not give the same person and day" in said(refused)) == (1, True)
    assert "was destroyed on" in said(destroys_second(monkeypatch, mother))


def test_the_first_person_corrects_who_asked_and_the_second_reads_it_anew(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("student", "guardian", "verify", hannah, "G-FATHER", "--seen", "birth certificate", *AS).code == 0
    assert destroys("parent:G-FATHER").code == 0
    corrected = destroys(mother)
    assert (corrected.code, "is not destroyed yet" in said(corrected)) == (0, True), corrected.text
    assert "was destroyed on" in said(destroys_second(monkeypatch, mother))


def test_an_order_that_rests_on_a_request_is_not_agreed_to_by_the_schedule_before_it_is_due(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert destroys(mother).code == 0
    by_schedule = ("retention", "destroy", PORTRAIT, "--why", "the schedule", "--notified", str(TODAY), *SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(context, "system_user", lambda: BEN)
        refused = call(*by_schedule)
        assert (refused.code, "does not give the same person and day" in said(refused)) == (1, True)
        on_day(patch, 366)
        done = call(*by_schedule)
    assert (done.code, "due since" in said(done), "request of" in said(done)) == (0, True, False), done.text


def test_the_ledger_keeps_who_it_was_and_the_log_does_not(
    district: District, hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert destroys(mother).code == 0
    assert destroys_second(monkeypatch, mother).code == 0
    who = mother.partition(":")[2]
    kept = {str(details["done"]): details["asked_by"] for _, details in entries(district.services, "destruction")}
    person = {"role": "parent", "id": who}
    assert kept == {"asked": person, "begun": person, "done": {"role": "parent", "id": None}}
    log = call("retention", "log", "--json")
    assert (who in log.text, log.objects()[0]["asked_by"]) == (False, "parent")
    assert ledger_holds(district.services)


@pytest.mark.parametrize(
    ("language", "own", "parents"),
    [
        ("en", "at your own request, as federal law provides", "at a parent's request, as federal law provides"),
        ("es", "a petición de usted, como dispone la ley federal", "a petición de uno de los padres, como dispone"),
    ],
)
def test_the_family_reads_at_whose_request_it_was_destroyed(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch, language: str, own: str, parents: str
) -> None:
    born(18, days=14)
    student = f"eligible_student:{hannah}"
    assert destroys(student).code == 0
    assert "was destroyed on" in said(destroys_second(monkeypatch, student))
    on_day(monkeypatch, 1)
    assert own in no_such_record(student, language)
    assert parents not in no_such_record(student, language)
    listed = call("student", "recordings", hannah, *AS, "--json")
    assert "at the student's own request (34 CFR 300.624(b), 300.625(b))" in listed.text


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "at a parent's request, as federal law"), ("es", "a petición de uno de los padres, como dispone")],
)
def test_a_parent_reads_that_a_parent_asked_and_nobody_else_does(
    hannah: str, mother: str, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    assert destroys(mother).code == 0
    assert "was destroyed on" in said(destroys_second(monkeypatch, mother))
    on_day(monkeypatch, 1)
    assert words in no_such_record(mother, language)
    told = no_such_record("public:reporter-7", language)
    assert (words in told, "federal" in told) == (False, True)


def no_such_record(who: str, language: str) -> str:
    """Ask for the portrait a day after it was destroyed; return the letter that says that there is none."""
    came = ("--purpose", "inspection", "--received", str(TODAY + timedelta(days=1)), "--channel", "letter")
    added = call("request", "add", "--described", f"the picture {PORTRAIT}", "--from", who, *came, *AS, "--json")
    letter = ("letter", "write", "no-such-record", "--request", added.object()["id"], "--lang", language, *AS)
    return " ".join(str(call(*letter, "--json").object()["text"]).split())
