"""A teacher in a picture is nobody unknown; where a name fits a teacher and a student, it is the student's."""

from __future__ import annotations

import pytest
from command_line import call
from district import HANNAH, INES, District
from made_corpus import said
from made_files import bag
from use_cases import kept

from dam_plugin.model import StaffRecord, StudentRecord
from dam_plugin.store import Extent


def employ(district: District, *names: str) -> None:
    staff = [StaffRecord(f"T-{number}", (name,), "teacher") for number, name in enumerate(names)]
    with district.services.store.writing() as unit:
        unit.people.set_staff(staff, "oneroster", district.services.now(), whole=True)


def record(district: District, roster_id: str) -> StudentRecord:
    with district.services.store.reading() as unit:
        return unit.people.need(district.student(roster_id))


def pictured(district: District, *names: str) -> tuple[set[str], int]:
    """Return who is in a picture of people with these names, by its tagging, and how many are unknown."""
    body = said(bag("Iptc4xmpExt:PersonInImage", list(names)), size=(800, 600))
    tagging = district.upload("events/fair.jpg", body).tagging
    return {each.student for each in tagging.appearances}, tagging.unidentified_people


def test_a_teacher_beside_a_student_is_nobody_unknown(district: District) -> None:
    employ(district, "Wilhelmina Zastrow")
    names = "Wilhelmina Zastrow", record(district, INES).names[0]
    assert pictured(district, *names) == ({district.student(INES)}, 0)


@pytest.mark.parametrize("has_left", [False, True], ids=["enrolled", "left"])
@pytest.mark.parametrize("turned", [False, True], ids=["as written", "last name first"])
def test_a_teacher_with_the_name_of_an_opted_out_student_is_the_student(
    district: District, *, turned: bool, has_left: bool
) -> None:
    hannah = record(district, HANNAH)
    employ(district, hannah.names[0])
    if has_left:
        with district.services.store.writing() as unit:
            unit.people.upsert_roster([], district.services.now(), Extent(whole=False, gone=frozenset({hannah.id})))
    given, family = hannah.names[0].split()
    assert pictured(district, f"{family}, {given}" if turned else hannah.names[0]) == ({hannah.id}, 0)
    call("tag", "events/fair.jpg", "--person", hannah.id, "--directory", "eligible")
    told = call("share", "events/fair.jpg", "--to", "public", "--purpose", "website", "--kind", "publication", "--json")
    assert "EX4-OPTOUT" in {each["clause"] for each in told.object()["reasons"]}


@pytest.mark.parametrize("change", ["one letter less", "middle name", "short form", "other given name"])
def test_a_teacher_with_nearly_the_name_of_an_opted_out_student_stays_unknown(district: District, change: str) -> None:
    given, family = record(district, HANNAH).names[0].split()
    name = {
        "one letter less": f"{given[:-1]} {family}",
        "middle name": f"{given} Marie {family}",
        "short form": f"Hanni {family}",
        "other given name": f"Wilhelmina {family}",
    }[change]
    employ(district, name)
    students, unknown = pictured(district, name)
    assert students or unknown == 1


def test_a_teacher_who_is_a_guardian_takes_nothing_from_the_child(district: District) -> None:
    ines = record(district, INES)
    ((_, mother), *_) = ines.guardian_names
    employ(district, mother, ines.names[0])
    assert pictured(district, ines.names[0]) == ({ines.id}, 0)


def test_a_teacher_whose_name_may_be_the_childs_is_unknown_from_the_opt_out_on(district: District) -> None:
    family = record(district, HANNAH).names[0].split()[-1]
    call("student", "opt-in", record(district, HANNAH).id, "--why", "a letter", "--as", "custodian:office")
    employ(district, f"Wilhelmina {family}")
    names = f"Wilhelmina {family}", record(district, INES).names[0]
    assert pictured(district, *names) == ({district.student(INES)}, 0)
    call("student", "opt-out", record(district, HANNAH).id, "--as", "custodian:office")
    assert kept(district.services, "events/fair.jpg").tagging.unidentified_people == 1
