"""What a person must confirm, and what an import would do to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.people import doubts as module
from dam_plugin.people.doubts import StudentChange, changes, doubts
from dam_plugin.people.roster import RosterImport

TODAY = date(2026, 11, 25)
OUT = OptOut(date(2026, 9, 1))
YEARBOOK = replace(OUT, purposes=("yearbook",))
MANY = tuple(StudentRecord(f"S-{n}", f"{n}", (f"Student {n}",), date(2012, 1, 1)) for n in range(20))
KNOWN = {each.id: each for each in MANY}


def asked(roster: RosterImport, *imported: tuple[str, OptOut]) -> tuple[str, ...]:
    return doubts(KNOWN, roster, imported, TODAY)


@pytest.mark.parametrize(("stay", "is_asked"), [(20, False), (18, False), (17, True), (0, True)])
def test_a_tenth_may_leave_and_no_more(stay: int, is_asked: bool) -> None:
    found = asked(RosterImport(MANY[:stay]))
    assert found == ((f"{20 - stay} of 20 students would leave, which is more than a tenth",) if is_asked else ())


def test_a_delta_is_asked_for_those_alone_whom_it_says_have_left() -> None:
    assert asked(RosterImport(MANY[:1], whole=False)) == ()
    (found,) = asked(RosterImport((), whole=False, gone=("S-1", "S-2", "S-3")))
    assert found.startswith("3 of 20 students would leave")


def told(*opt_outs: OptOut, **more: bool) -> RosterImport:
    return RosterImport((replace(MANY[0], opt_outs=opt_outs), *MANY[1:]), tells_opt_outs=True, **more)


MISSING = {
    "still there": ((OUT,), OUT, False),
    "wider": ((OUT,), YEARBOOK, False),
    "another day": ((replace(OUT, since=TODAY),), OUT, False),
    "in parts": ((YEARBOOK, replace(OUT, purposes=("web",))), replace(OUT, purposes=("web", "yearbook")), False),
    "gone": ((), OUT, True),
    "narrower": ((YEARBOOK,), OUT, True),
    "ended": ((replace(OUT, ended=TODAY),), OUT, True),
}


@pytest.mark.parametrize(("now", "before", "is_asked"), MISSING.values(), ids=MISSING)
def test_opt_outs_that_are_missing_are_asked_for(now: tuple[OptOut, ...], before: OptOut, is_asked: bool) -> None:
    found = asked(told(*now), ("S-0", before))
    assert bool(found) is is_asked
    assert all("1 of 1 opt-outs that were imported before are not in it any more" in each for each in found)


def test_a_tenth_of_the_opt_outs_may_be_missing() -> None:
    assert asked(told(*[]), *[("S-0", OUT)] + [("S-LEFT", OUT)] * 9) == ()


def test_a_roster_that_tells_no_opt_outs_misses_none() -> None:
    assert asked(replace(told(), tells_opt_outs=False), ("S-0", OUT)) == ()


REUSED = {
    "married": (("Student Name",), date(2012, 1, 1), False),
    "a given name alone": (("Other 0",), date(2012, 1, 1), False),
    "the other way round": (("0 Student",), None, False),
    "the other way round with a comma": (("0, Student",), None, False),
    "another name and the same birth date": (("Other Name",), date(2012, 1, 1), True),
    "a family name for a given name": (("0 Name",), None, True),
    "corrected birth date": (("Student 0",), date(2012, 1, 2), False),
    "an alias stays": (("Other Name", "student  0"), date(2012, 1, 2), False),
    "age not told": (("Other Name",), None, True),
    "another person": (("Other Name",), date(2012, 1, 2), True),
    "another given name, and the age not told": (("Other 0",), None, True),
    "a given name with one letter wrong": (("Studemt 0",), None, False),
}


@pytest.mark.parametrize(("names", "born", "is_asked"), REUSED.values(), ids=REUSED)
def test_a_number_given_to_another_person_is_asked_for(
    names: tuple[str, ...], born: date | None, is_asked: bool
) -> None:
    found = asked(RosterImport((replace(MANY[0], names=names, born=born), *MANY[1:])))
    assert bool(found) is is_asked
    assert all("Other" not in each for each in found)


def test_a_short_form_of_the_given_name_is_the_same_person() -> None:
    known = {"S-0": replace(MANY[0], names=("Benjamin Roe",), born=None)}
    assert doubts(known, RosterImport((replace(MANY[0], names=("Ben Roe",), born=None),)), (), TODAY) == ()


@pytest.mark.parametrize(
    ("name", "born", "is_asked"),
    [
        ("Adah Quill", None, True),
        ("Ada Quill-Marsh", None, True),
        ("Quill Ada", None, True),
        ("A. Quill", None, True),
        ("Adah Quill", date(2012, 1, 2), False),
        ("Zoe Nobody", date(2012, 1, 1), True),
        ("Zoe Nobody", date(2012, 1, 2), False),
        ("Ruth Quill", None, False),
        ("Adah Roe", None, False),
    ],
)
def test_a_new_number_with_nearly_the_name_of_who_said_no_is_asked_for(
    name: str, born: date | None, *, is_asked: bool
) -> None:
    leaver = StudentRecord("S-ADA", "1001", ("Ada Quill",), date(2012, 1, 1), opt_outs=(OUT,))
    known = {**KNOWN, leaver.id: leaver}
    new = StudentRecord("S-NEW", "5001", (name,), born)
    assert bool(doubts(known, RosterImport((*MANY, new)), (), TODAY)) is is_asked


@pytest.mark.parametrize(("name", "is_asked"), [("Adah Marsh", True), ("Quill Marsh", True), ("Zoe Nobody", False)])
def test_of_who_left_earlier_a_birth_date_and_a_form_of_a_name_are_asked_for(name: str, *, is_asked: bool) -> None:
    leaver = StudentRecord("S-ADA", "1001", ("Ada Quill",), date(2012, 1, 1), active=False, opt_outs=(OUT,))
    new = StudentRecord("S-NEW", "5001", (name,), date(2012, 1, 1))
    assert bool(doubts({**KNOWN, leaver.id: leaver}, RosterImport((*MANY, new)), (), TODAY)) is is_asked


def test_a_suffix_is_no_family_name() -> None:
    known = {"S-0": replace(MANY[0], names=("Ada Quill Jr.",), born=None)}
    other = RosterImport((replace(MANY[0], names=("Ben Roe Jr.",)),))
    assert len(doubts(known, other, (), TODAY)) == 1


def test_a_new_students_name_is_no_other_than_before() -> None:
    assert asked(RosterImport((*MANY, StudentRecord("S-NEW", "new", ("Other Person",))))) == ()


def test_what_the_reader_doubted_is_asked_for() -> None:
    assert asked(RosterImport(MANY, doubts=("out.csv: has no row",))) == ("out.csv: has no row",)


def test_each_change_says_what_would_become_of_whom() -> None:
    gone = replace(MANY[3], active=False)
    known = {each.id: each for each in (MANY[0], MANY[1], MANY[2], gone)}
    news = (
        replace(MANY[0], grade="8", opt_outs=(OUT,)),
        MANY[1],
        MANY[3],
        MANY[4],
    )
    assert changes(known, RosterImport(news)) == [
        StudentChange("S-0", "Student 0", "changed", ("grade", "opt-outs")),
        StudentChange("S-3", "Student 3", "returns"),
        StudentChange("S-4", "Student 4", "added"),
        StudentChange("S-2", "Student 2", "leaves"),
    ]


def test_what_a_roster_does_not_tell_is_no_change() -> None:
    silent = RosterImport((replace(MANY[0], born=None),), whole=False, tells_births=False, tells_guardians=False)
    assert changes(KNOWN, silent) == []


def test_a_protection_that_would_end_is_asked_for() -> None:
    known = {**KNOWN, "S-0": replace(MANY[0], marked="other"), "S-1": replace(MANY[1], marked="other")}
    told_of = RosterImport((*MANY[:1], known["S-1"], *MANY[2:]), tells_protection=True)
    assert doubts(known, told_of, (), TODAY) == (
        "1 student(s) would not be protected any more: has the protection of each of them ended?",
    )
    assert doubts(known, replace(told_of, tells_protection=False), (), TODAY) == ()
    assert doubts(KNOWN, replace(told_of, students=tuple(known.values())), (), TODAY) == ()


def test_a_death_and_a_protection_are_told_as_changes() -> None:
    now = replace(MANY[0], died=TODAY, marked="other")
    roster = RosterImport((now, *MANY[1:]), tells_deaths=True, tells_protection=True)
    assert changes(KNOWN, roster) == [StudentChange("S-0", "Student 0", "changed", ("day of death", "protection"))]


def test_a_new_student_who_may_be_a_protected_one_who_left_is_asked_for() -> None:
    left = replace(MANY[0], active=False, marked="other")
    new = replace(MANY[0], id="S-NEW", roster_id="new")
    (found,) = doubts({**KNOWN, "S-0": left}, RosterImport((new, *MANY[1:])), (), TODAY)
    assert found.startswith("1 new student(s) may be somebody who left and whose family said no")


def roster_of(count: int, *, one_birth_date: bool = False) -> tuple[StudentRecord, ...]:
    """Return students, pairs of whom have a guardian; each tenth said no. A school clerk's guardian is everybody's."""
    return tuple(
        StudentRecord(
            f"S-{n}",
            f"{n}",
            (f"Given{n % 997} Family{n % 7919}",),
            date(2000, 1, 1) if one_birth_date else date(2008, 1, 1) + timedelta(days=n % 4745),
            guardians=(f"G-{n // 2}", "G-CLERK"),
            guardian_names=((f"G-{n // 2}", f"Parent{n // 2} Roe"), ("G-CLERK", "Not Known")),
            opt_outs=(OUT,) if n % 10 == 0 else (),
        )
        for n in range(count)
    )


@pytest.mark.parametrize("one_birth_date", [False, True])
def test_of_100_000_students_nobody_is_compared_with_all(one_birth_date: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    may_be_one_child = module._may_be_one_child

    def counted(*of: Any) -> bool:
        nonlocal compared
        compared += 1
        return may_be_one_child(*of)

    monkeypatch.setattr(module, "_may_be_one_child", counted)
    told = roster_of(100_000, one_birth_date=one_birth_date)
    module.may_have_said_no({}, RosterImport(told), TODAY)
    assert 0 < compared < 10 * len(told)


def test_what_is_everybodys_guardian_or_birth_date_makes_nobody_the_same_child() -> None:
    (kept, *_), more = roster_of(2_000, one_birth_date=True), roster_of(2_000, one_birth_date=True)
    known = {each.id: each for each in more}
    new = replace(
        kept, id="S-NEW", roster_id="new", names=("Zoe Nobody",), guardians=("G-CLERK",), guardian_names=(), opt_outs=()
    )
    assert doubts(known, RosterImport((*more, new)), (), TODAY) == ()
    namesake = replace(new, names=kept.names)
    (found,) = doubts(known, RosterImport((*more, namesake)), (), TODAY)
    assert "S-NEW may be S-0" in found
