"""A student's years: renamed, a namesake, away and back, 18 in the night, parents who part; from the roster to the gate."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import clock
import httpx
import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import (
    CALEB,
    CALEB_FATHER,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    INES_MOTHER,
    NOAH,
    PORTRAIT,
    TEAM,
    District,
)
from live_service import PAGES, live_service

from dam_plugin.cli import context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.model import Region
from dam_plugin.store import SystemUser

CUSTODIAN = ("--as", "custodian:records-office")
INES_FATHER, NOAH_MOTHER = "G-2112", "G-2701"
Rows = list[dict[str, str]]


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


@pytest.fixture
def gate(district: District) -> Iterator[Callable[[str], bool]]:
    """Whether a link shows a picture, as the browser of whoever has it asks the gate."""
    with live_service(district.pm) as address:

        def opens(token: str) -> bool:
            answer = httpx.get(f"{address}/s/{token}", headers=PAGES, follow_redirects=True)
            return answer.status_code == 200 and answer.headers["content-type"].startswith("image/")

        yield opens


Gate = Callable[[str], bool]


def imported(district: District, name: str, change: Callable[[Rows], Rows], *words: str) -> Called:
    """Change one file of the roster, and import the roster."""
    path = district.folder / "roster" / name
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(change(rows))
    return call("roster", "import", "roster", *words, *CUSTODIAN)


def of(roster_id: str, **changes: str) -> Callable[[Rows], Rows]:
    return lambda rows: [each | changes if each["student_id"] == roster_id else each for each in rows]


def without(roster_id: str) -> Callable[[Rows], Rows]:
    return lambda rows: [each for each in rows if each["student_id"] != roster_id]


def at_place(student: str, box: Region) -> str:
    return f"{student}@{box.x},{box.y},{box.w},{box.h}"


def published(key: str, purpose: str = "website") -> Any:
    return call("share", key, "--to", "public", "--purpose", purpose, "--kind", "publication", "--json").object()


def asked(key: str, who: str) -> Any:
    return call("share", key, "--to", who, "--purpose", "inspection", *CUSTODIAN, "--json").object()


def clauses(told: Any) -> set[str]:
    return {each["clause"] for each in told["reasons"]}


def test_a_renamed_student_is_found_by_the_old_name_and_the_familys_no_stays(district: District, gate: Gate) -> None:
    for key in (PORTRAIT, TEAM):
        district.upload(key)
    hannah = district.student(HANNAH)
    mothers, public = asked(PORTRAIT, f"parent:{district.guardian(HANNAH_MOTHER)}")["token"], published(TEAM)["token"]
    ended = imported(district, "students.csv", of(HANNAH, family_name="Ekström"))
    assert ended.code == 0, ended.text
    assert "1 changed" in ended.out
    assert gate(mothers)
    assert gate(public)
    # The pictures bear the old name still, also one that comes only now.
    assert published(TEAM)["redact"] == [hannah]
    district.upload("later/portrait.jpg", (sample_folder() / PORTRAIT).read_bytes())
    assert asked("later/portrait.jpg", f"parent:{district.guardian(HANNAH_MOTHER)}")["basis"] == {hannah: "EX2"}
    assert "Lindqvist" in call("student", "show", hannah).text
    assert "Lindqvist" not in call("student", "find", "Ekström", "--json").object()["names"][0]


def test_a_twin_has_choices_of_their_own(district: District, gate: Gate) -> None:
    district.upload(GRADUATION)
    link = published(GRADUATION)["token"]

    def with_twin(rows: Rows) -> Rows:
        (noah,) = (each for each in rows if each["student_id"] == NOAH)
        return [*rows, noah | {"student_id": "104271", "given_name": "Nora"}]

    assert imported(district, "students.csv", with_twin).code == 0
    call("student", "opt-out", district.student("104271"))
    assert gate(link)
    call("student", "opt-out", district.student(NOAH))
    assert not gate(link)


def test_a_namesake_closes_what_nobody_can_tell_apart_until_a_person_says_who_it_is(
    district: District, gate: Gate
) -> None:
    district.upload(GRADUATION)
    link = published(GRADUATION)["token"]
    noah, other = district.student(NOAH), district.student("104299")

    def with_namesake(rows: Rows) -> Rows:
        (one,) = (each for each in rows if each["student_id"] == NOAH)
        return [*rows, one | {"student_id": "104299", "born": "2011-02-03", "grade": "9"}]

    assert imported(district, "students.csv", with_namesake).code == 0
    assert not gate(link)
    told = published(GRADUATION)
    assert (told["outcome"], clauses(told)) == ("refer", {"HOLD-UNKNOWN-PERSON"})
    found = call("student", "find", "Noah Begaye", "--json").objects()
    assert {each["id"] for each in found} == {noah, other}
    with district.services.store.reading() as unit:
        seen = unit.assets.need(GRADUATION).tagging.appearances
    people = [part for each in seen for box in each.regions[:1] for part in ("--person", at_place(each.student, box))]
    finding = ("queue", "finding", told["referrals"][0]["id"], "identified", *people, "--unidentified", "0")
    found = call(*finding, *CUSTODIAN, "--json")
    assert found.code == 0, found.text
    assert gate(found.object()["answer"]["token"])
    call("student", "opt-out", other)
    assert gate(found.object()["answer"]["token"])


def test_who_moved_away_stays_with_the_family_and_keeps_the_no_when_back(district: District, gate: Gate) -> None:
    district.upload(GRADUATION)
    noah = district.student(NOAH)
    mothers = asked(GRADUATION, f"parent:{district.guardian(NOAH_MOTHER)}")["token"]
    call("student", "opt-out", noah, "--purpose", "website")
    path = district.folder / "roster" / "students.csv"
    before = path.read_text("utf-8")
    for name in ("students.csv", "guardians.csv"):
        ended = imported(district, name, without(NOAH), "--confirm")
    assert ended.code == 0, ended.text
    assert not call("student", "show", noah, "--json").object()["active"]
    # FERPA's records outlive the enrolment, and so does the family's no.
    assert gate(mothers)
    assert published(GRADUATION)["redact"] == [noah]
    path.write_text(before, "utf-8")
    assert (
        imported(district, "guardians.csv", lambda rows: [*rows, {"student_id": NOAH, "guardian_id": NOAH_MOTHER}]).code
        == 0
    )
    assert call("student", "show", noah, "--json").object()["active"]
    assert published(GRADUATION)["redact"] == [noah]
    assert gate(mothers)


def test_who_comes_back_under_a_new_number_keeps_the_no(district: District, gate: Gate) -> None:
    district.upload(GRADUATION)
    link = published(GRADUATION)["token"]
    assert gate(link)
    call("student", "opt-out", district.student(NOAH), "--purpose", "news")
    assert gate(link)
    imported(district, "guardians.csv", without(NOAH))
    moved = imported(district, "students.csv", of(NOAH, student_id="888888"))
    assert (moved.code, "come under a new number and are on file" in " ".join(moved.text.split())) == (0, True)
    again = call("student", "show", district.student(NOAH), "--json").object()
    assert ([each["purposes"] for each in again["opt_outs"]], again["active"]) == ([["news"]], True)
    assert published(GRADUATION, "news")["outcome"] != "allow"
    assert gate(link)


def test_who_may_come_back_under_a_new_number_keeps_the_no_of_both(district: District, gate: Gate) -> None:
    district.upload(GRADUATION)
    link = published(GRADUATION)["token"]
    call("student", "opt-out", district.student(NOAH), "--purpose", "news")
    # He lives with somebody else now, of whom no roster has told before.
    imported(district, "guardians.csv", of(NOAH, student_id="888888", guardian_id="G-1", name="Per Holm"))
    refused = imported(district, "students.csv", of(NOAH, student_id="888888"))
    assert refused.code == 1
    assert "whose family said no" in " ".join(refused.err.split())
    ended = call("roster", "import", "roster", "--carry-opt-outs", *CUSTODIAN)
    assert ended.code == 0, ended.text
    again = call("student", "show", district.student("888888"), "--json").object()
    assert [each["purposes"] for each in again["opt_outs"]] == [["news"]]
    # The name in the picture is that of both numbers: nothing goes out until a person has looked.
    told = published(GRADUATION, "news")
    assert (told["outcome"], clauses(told)) == ("refer", {"HOLD-UNKNOWN-PERSON"})
    assert not gate(link)


def test_at_midnight_of_the_eighteenth_birthday_the_right_passes_to_the_student(
    district: District, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    caleb, father = district.student(CALEB), f"parent:{district.guardian(CALEB_FATHER)}"
    tomorrow = TODAY + timedelta(days=1)
    born = date(tomorrow.year - 18, tomorrow.month, tomorrow.day) if (tomorrow.month, tomorrow.day) != (2, 29) else None
    assert imported(district, "students.csv", of(CALEB, born=str(born or date(tomorrow.year - 18, 2, 28)))).code == 0
    fathers = asked(HALLWAY, father)["token"]
    assert gate(fathers)
    early = asked(HALLWAY, f"eligible_student:{caleb}")
    assert caleb not in early["basis"]

    clock.on_day(monkeypatch, 1)
    assert not gate(fathers)
    told = asked(HALLWAY, father)
    assert "RIGHTS-TRANSFERRED" in clauses(told)
    own = asked(HALLWAY, f"eligible_student:{caleb}")
    assert own["basis"][caleb] == "EX2"
    assert gate(own["token"])


def test_parents_who_part_by_a_court_order(district: District, gate: Gate) -> None:
    district.upload(TEAM)
    ines = district.student(INES)
    mother, father = (f"parent:{district.guardian(each)}" for each in (INES_MOTHER, INES_FATHER))
    call("student", "opt-out", ines)
    mothers, fathers = asked(TEAM, mother), asked(TEAM, father)
    assert mothers["basis"][ines] == fathers["basis"][ines] == "EX2"
    assert gate(mothers["token"])
    assert gate(fathers["token"])

    limit = call(
        "student", "guardian", "limit", ines, father.partition(":")[2], "--seen", "an order", *revoking(), *CUSTODIAN
    )
    assert limit.code == 0
    assert gate(mothers["token"])
    assert not gate(fathers["token"])
    # The roster names him still: no import gives back what a court took.
    assert call("roster", "import", "roster", *CUSTODIAN).code == 0
    assert ines not in asked(TEAM, father)["basis"]

    # She marries again; he is no parent by the roster, and one by hand for as long as it is so.
    words = ("--name", "Peter Vance", "--relation", "adoptive father", "--seen", "the decree of adoption")
    added = call("student", "guardian", "add", ines, *words, "--another-person", *CUSTODIAN, "--json").object()
    stepfathers = asked(TEAM, f"parent:{added['guardian']}")
    assert stepfathers["basis"][ines] == "EX2"
    assert gate(stepfathers["token"])
    assert call("roster", "import", "roster", *CUSTODIAN).code == 0
    assert gate(stepfathers["token"])
    removed = call(
        "student", "guardian", "remove", ines, added["guardian"], "--why", "the court set it aside", *CUSTODIAN
    )
    assert removed.code == 0, removed.text
    assert not gate(stepfathers["token"])
    assert gate(mothers["token"])


def test_a_guardian_whom_the_next_roster_leaves_out_is_asked_who_they_are(district: District, gate: Gate) -> None:
    district.upload(PORTRAIT)
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    link = asked(PORTRAIT, mother)["token"]
    assert gate(link)
    assert imported(district, "guardians.csv", without(HANNAH)).code == 0
    assert not gate(link)
    told = asked(PORTRAIT, mother)
    assert (told["outcome"], "EX2-RELATION" in clauses(told)) == ("refer", True)
    (referral,) = told["referrals"]
    assert (referral["kind"], referral["due"]) == ("inspection", str(TODAY + timedelta(days=45)))
