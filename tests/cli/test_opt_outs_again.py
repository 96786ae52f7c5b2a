"""An opt-out that was ended by who did not hold the right, by what is on file now, holds as if never ended (34 CFR 99.5)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import revoking
from district import GRADUATION, INES, INES_MOTHER, District
from roster_files import change_students
from use_cases import entries_about, ledger_holds

AS = ("--as", "custodian:records-office")
SEEN = ("--seen", "enrolment letter of the community college")
PUBLISHED = ("share", GRADUATION, "--kind", "publication", "--purpose", "website", "--to", "public", *AS, "--json")
AGAIN = "holds as if it had never ended"
NEVER = ("--why", "the letter was of her sister")


def day(ago: int) -> str:
    return str(TODAY - timedelta(days=ago))


@pytest.fixture
def pictured(district: District) -> str:
    """A student of fifteen in a picture of directory information."""
    student = district.student(INES)
    district.upload(GRADUATION)
    named = ("--person", student, "--only", "--unidentified", "0", "--directory", "eligible")
    assert call("tag", GRADUATION, *named, *AS).code == 0
    assert posted() == "allow"
    return student


@pytest.fixture
def ines(district: District, pictured: str) -> str:
    """The same, whose mother said no to everything."""
    out = call("student", "opt-out", pictured, "--by", district.guardian(INES_MOTHER), "--since", day(30), *AS)
    assert (out.code, posted()) == (0, "deny")
    return pictured


def posted() -> Any:
    return call(*PUBLISHED).object()["outcome"]


def opts_in(student: str, by: str | None, *more: str) -> Called:
    who = ("--by", by) if by is not None else ()
    done = call("student", "opt-in", student, *who, "--why", "a form", *more, *AS)
    assert done.code == 0, done.text
    return done


def in_college(student: str, ago: int = 5) -> None:
    assert call("student", "college", student, "--since", day(ago), *SEEN, *AS).code == 0


def left(student: str, *more: str) -> Called:
    done = call("student", "left-college", student, *NEVER, *more, *AS)
    assert done.code == 0, done.text
    return done


def imported(*more: str, roster_id: str | None = INES, **changes: str) -> Called:
    """Import the roster with one student, or all of them, told otherwise."""
    change_students(Path("roster"), changes, roster_id, columns=["died", "postsecondary"])
    return call("roster", "import", "roster", *more, *AS)


def words(made: Called) -> str:
    return " ".join(made.text.split())


def doctor() -> str:
    (found,) = (each["detail"] for each in call("doctor", "--json").objects() if each["check"] == "choices")
    return str(found)


def test_what_she_ended_while_wrongly_in_college_holds_again(district: District, ines: str) -> None:
    in_college(ines)
    opts_in(ines, ines)
    assert posted() == "allow"
    link = call(*PUBLISHED).object()["link"]
    done = call("student", "left-college", ines, "--on", day(5), *NEVER, *AS, "--json").object()
    assert link in done["closed"]
    assert done["holding_again"] == [{"student": ines, "on": str(TODAY), "who": ines}]
    assert posted() == "deny"
    assert f"The opt-out of {ines} that was ended on {TODAY} by {ines} {AGAIN}" in doctor()
    assert entries_about(district.services, ines).count("opt-out-holds") == 1
    assert ledger_holds(district.services)


def test_the_command_says_it_and_how_the_right_person_ends_it(district: District, ines: str) -> None:
    in_college(ines)
    opts_in(ines, ines)
    said = words(left(ines, "--on", day(5)))
    assert f"{AGAIN}: by what is on file now, nobody who held the right on that day ended it" in said
    assert f"`dam-plugin student opt-in {ines} --by ID --why TEXT --as custodian:NAME` ends it" in said
    assert f"{ines} may be in the yearbook" not in said
    opts_in(ines, district.guardian(INES_MOTHER))
    assert posted() == "allow"
    assert AGAIN not in doctor()
    assert imported().code == 0
    assert posted() == "allow"


def test_whoever_says_the_same_lets_doctor_rest(district: District, ines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_college(ines)
    opts_in(ines, ines)
    left(ines, "--on", day(5))
    on_day(monkeypatch, 1)
    again = call("student", "opt-out", ines, "--by", district.guardian(INES_MOTHER), *AS)
    assert again.code == 0, again.text
    assert AGAIN not in doctor()
    assert posted() == "deny"


def test_what_she_ended_while_truly_in_college_stays_ended(ines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_college(ines)
    opts_in(ines, ines)
    on_day(monkeypatch, 20)
    assert AGAIN not in words(left(ines))
    assert posted() == "allow"


def test_so_it_is_where_the_roster_was_wrong(ines: str) -> None:
    assert imported(postsecondary="yes").code == 0
    opts_in(ines, ines)
    link = call(*PUBLISHED).object()["link"]
    would = words(imported("--dry-run", postsecondary="no"))
    assert AGAIN in would
    assert posted() == "allow"
    made = imported(postsecondary="no", roster_id=INES)
    assert AGAIN in words(made)
    assert posted() == "deny"
    assert link not in {each["id"] for each in call("links", *AS, "--json").objects() if each.get("state") == "open"}
    assert AGAIN in doctor()


def test_a_parent_s_word_of_before_stays_when_the_roster_tells_of_a_college(district: District, ines: str) -> None:
    opts_in(ines, district.guardian(INES_MOTHER))
    assert AGAIN not in words(imported(postsecondary="yes"))
    assert posted() == "allow"


def test_a_wrong_birth_date_is_none_of_her_rights(ines: str) -> None:
    assert imported("--confirm", born=str(date(TODAY.year - 20, 1, 1))).code == 0
    opts_in(ines, ines)
    assert posted() == "allow"
    assert AGAIN in words(imported("--confirm", born=str(date(TODAY.year - 16, 1, 1))))
    assert posted() == "deny"


def test_what_ended_for_a_death_that_never_was_holds_again(ines: str) -> None:
    assert imported("--confirm", born=str(date(TODAY.year - 20, 1, 1))).code == 0
    assert call("student", "died", ines, "--on", day(1), "--seen", "an obituary", *AS).code == 0
    opts_in(ines, None)
    back = call("student", "alive", ines, "--why", "her namesake", *AS)
    assert (back.code, AGAIN in words(back)) == (0, True), back.text
    assert posted() == "deny"


def test_an_order_from_before_that_day_takes_a_parent_s_word(district: District, ines: str, tmp_path: Path) -> None:
    mother, paper = district.guardian(INES_MOTHER), tmp_path / "order.pdf"
    paper.write_bytes(b"%PDF-1.4 order")
    opts_in(ines, mother)
    order = ("--seen", "order of the circuit court", "--since", day(3), "--file", str(paper))
    limited = call("student", "guardian", "limit", ines, mother, *order, *AS)
    assert (limited.code, AGAIN in words(limited)) == (0, True), limited.text
    assert posted() == "deny"


def test_what_the_custodian_ended_as_nobodys_right_holds_again(district: District, ines: str) -> None:
    in_college(ines, ago=40)
    opts_in(ines, None, "--without-right")
    assert posted() == "allow"
    assert AGAIN in words(left(ines, "--on", day(40)))
    assert posted() == "deny"


def test_a_part_that_she_ended_holds_again_alone(district: District, pictured: str) -> None:
    parts = ("--purpose", "website", "--purpose", "news")
    out = call("student", "opt-out", pictured, "--by", district.guardian(INES_MOTHER), *parts, *AS)
    assert out.code == 0, out.text
    in_college(pictured)
    opts_in(pictured, pictured, "--purpose", "website")
    assert posted() == "allow"
    left(pictured, "--on", day(5))
    assert posted() == "deny"
    yearbook = call(
        "share", GRADUATION, "--kind", "publication", "--purpose", "yearbook", "--to", "public", *AS, "--json"
    )
    assert yearbook.object()["outcome"] == "allow"


def test_what_an_earlier_version_took_is_found_and_holds_again_by_the_next_import(
    district: District, ines: str
) -> None:
    services = district.services
    with services.store.writing() as unit:
        unit.people.end_opt_out(ines, TODAY)
        # Its entry does not name the rows.
        told = {"ended": TODAY, "purposes": None, "count": 1, "why": "a form", "stated_by": ines}
        services.ledger.append(unit, at=services.now(), kind="opt-in", subject="opt-in", details=told, students=[ines])
    assert posted() == "allow"
    assert "It does so once a roster is imported" in doctor()
    made = imported()
    assert (made.code, AGAIN in words(made)) == (0, True), made.text
    assert posted() == "deny"
    assert "It does so once a roster is imported" not in doctor()


def test_a_whole_column_of_college_is_asked_about(pictured: str) -> None:
    made = imported(roster_id=None, postsecondary="yes")
    assert (made.code, "students would be in college" in words(made)) == (1, True), made.text
    assert imported("--confirm", roster_id=None, postsecondary="yes").code == 0
    back = imported(roster_id=None, postsecondary="no")
    assert (back.code, "more than a tenth" in words(back)) == (1, True), back.text


@pytest.mark.parametrize("only", [(), ("--only", "whereabouts")])
def test_where_an_order_limits_a_guardian_it_is_said_who_ends_a_no(
    ines: str, district: District, only: tuple[str, ...]
) -> None:
    father = district.guardian("G-2112")
    order = ("--seen", "judgment of dissolution", *only, *revoking())
    assert call("student", "guardian", "limit", ines, father, *order, *AS).code == 0
    for who in ((), ("--by", father)) if not only else ((),):
        refused = call("student", "opt-in", ines, *who, "--why", "a form in the binder", *AS)
        assert (refused.code, "a court order on file limits" in words(refused)) == (1, True)
        assert "leave --by out" not in words(refused)
    assert posted() == "deny"
    opts_in(ines, district.guardian(INES_MOTHER))
    assert posted() == "allow"


def test_a_stranger_ends_no_no_and_is_not_told_to_leave_the_name_out(ines: str, district: District) -> None:
    refused = call("student", "opt-in", ines, "--by", "G-STRANGER", "--why", "a form", *AS)
    assert (refused.code, "leave --by out" in words(refused)) == (1, False)
    assert "is no guardian of" in words(refused)
