"""A student younger than 18 asks for their own record: the rights are the parents' (34 CFR 99.3, 99.5(b))."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import call
from district import HANNAH, TEAM, District

from dam_plugin.store import Extent

CUSTODIAN = ("--as", "custodian:records-office")
PARENTS = "RIGHTS-PARENTS"


def birthday(student: str) -> date:
    with (Path("roster") / "students.csv").open(encoding="utf-8", newline="") as file:
        born = next(date.fromisoformat(row["born"]) for row in csv.DictReader(file) if row["student_id"] == student)
    return born.replace(year=born.year + 18)


def asks(to: str, *more: str) -> Any:
    return call("share", TEAM, "--to", to, "--purpose", "inspection", *CUSTODIAN, "--json", *more).object()


def clauses(told: Any) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def test_a_minor_gets_no_copy_that_hides_them_and_is_told_who_may_ask(district: District) -> None:
    district.upload(TEAM)
    hannah, day = district.student(HANNAH), birthday(HANNAH)
    assert day > TODAY
    told = asks(f"eligible_student:{hannah}")
    assert (told["outcome"], told["token"], clauses(told)) == ("deny", None, [PARENTS])
    assert (hannah in told["reasons"][0]["text"], str(day) in told["reasons"][0]["text"]) == (True, True)
    (outside,) = told["outside"]
    assert "Your parents may ask for this now" in outside["text"]
    assert f"from your 18th birthday on ({day:%B} {day.day}, {day.year})." in outside["text"]
    assert "34 CFR 99.3, 99.5" in outside["provision"]
    asked = ("share", TEAM, "--to", f"eligible_student:{hannah}", "--purpose", "inspection", *CUSTODIAN)
    seen = " ".join(call(*asked, "--outside").out.split())
    assert "Your parents may ask" in seen
    assert hannah not in seen


@pytest.mark.parametrize("to", ["public:reporter-7", "eligible_student:S-0000000000ZZ"])
def test_nobody_else_is_told_of_it(district: District, to: str) -> None:
    district.upload(TEAM)
    told = asks(to)
    assert PARENTS not in clauses(told)
    assert str(birthday(HANNAH).year) not in str(told["outside"])


def test_a_denial_for_another_reason_says_it_too(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    assert call("custodian", "close", TEAM, "--subdivision", "610.021(1)", "--why", "x", *CUSTODIAN).code == 0
    told = asks(f"eligible_student:{hannah}")
    assert told["outcome"] in ("deny", "refer")
    assert clauses(told)[-1] == PARENTS
    assert len(clauses(told)) > 1


def test_from_the_birthday_on_the_student_is_answered(district: District) -> None:
    """Who is 18 today sees the record."""
    folder = district.folder / "roster" / "students.csv"
    with folder.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["born"] = str(TODAY.replace(year=TODAY.year - 18)) if row["student_id"] == HANNAH else row["born"]
    with folder.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert call("roster", "import", str(folder.parent), *CUSTODIAN).code == 0
    district.upload(TEAM)
    told = asks(f"eligible_student:{district.student(HANNAH)}")
    assert (told["outcome"], PARENTS in clauses(told)) == ("allow", False)


def test_without_a_date_of_birth_a_person_looks(district: District) -> None:
    hannah = district.student(HANNAH)
    with district.services.store.writing() as unit:
        record = replace(unit.people.need(hannah), born=None)
        unit.people.upsert_roster([record], district.services.now(), Extent(whole=False))
    district.upload(TEAM)
    told = asks(f"eligible_student:{hannah}")
    assert (told["outcome"], clauses(told)) == ("refer", [PARENTS])
    assert "(" not in told["outside"][0]["text"]
