"""A member of staff in a caption is nobody unknown and no open word, unless the name may be a student's."""

from __future__ import annotations

import pytest

from dam_tagging.depicted import depicted
from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.open_words import open_words
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.load import load_rules
from dam_tagging.tag import Families, tag

EMMA, KAI = "S-EMMA00000000", "S-KAI000000000"
STAFF = ("Karen Olson", "Peter Adeyemi")


def index(*students: tuple[str, str], staff: tuple[str, ...] = STAFF) -> RosterIndex:
    return RosterIndex([Person(who, (name,)) for who, name in students or ((EMMA, "Emma Olson"),)], staff)


def opened(caption: str, roster: RosterIndex, denied: tuple[str, ...] = ()) -> list[str]:
    return [each.word for each in open_words(Facts(captions=(Keyword(caption, "Caption"),)), "x/1.jpg", roster, denied)]


@pytest.mark.parametrize("caption", ["Karen Olson opens the library.", "Today Karen Olson opens it"])
def test_a_whole_name_of_staff_is_no_open_word(caption: str) -> None:
    assert opened(caption, index(staff=())) == ["Olson"]
    assert opened(caption, index()) == []


@pytest.mark.parametrize(
    "caption",
    [
        "Olson opens the library.",
        "Emma and Karen Olson open the library.",
        "Emma Karen Olson opens the library.",
        "Emma, Kurt & Karen Olson open the library.",
        "Karen Olson, Emma",
        "Karen Olson-Smith opens the library.",
        "Karin Olson opens the library.",
        "K. Olson opens the library.",
        "Karen, Olson and Peter open the library.",
    ],
)
def test_anything_but_a_whole_name_that_stands_alone_is_read_as_without_staff(caption: str) -> None:
    assert opened(caption, index()) == opened(caption, index(staff=()))


def test_a_word_of_a_denied_student_stays_open_beside_whatever_name() -> None:
    assert opened("Karen Olson opens the library.", index(), denied=(EMMA,))


@pytest.mark.parametrize("student", ["Karen Olson", "Olson Karen", "Karin Olson", "Karen Olsen", "Karen Marie Olson"])
def test_a_name_that_may_be_a_students_is_the_students(student: str) -> None:
    roster = index((KAI, student))
    assert not roster.names_staff("Karen Olson")
    people = depicted(Facts(persons=(NamedPerson("Karen Olson", "PersonInImage"),)), roster, ())
    assert people.students or people.strangers or opened("Karen Olson opens the library.", roster)


@pytest.mark.parametrize(
    ("name", "strangers"), [("Karen Olson", 0), ("OLSON, KAREN", 0), ("Karen Nobody", 1), ("Karen", 1)]
)
def test_a_named_member_of_staff_is_no_stranger(name: str, strangers: int) -> None:
    facts = Facts(
        persons=(NamedPerson(name, "PersonInImage"),),
        regions=(NamedRegion(name, "Face", Region(0.5, 0.5, 0.2, 0.2), "mwg-rs"),),
    )
    assert depicted(facts, index(), ()).strangers == strangers


def test_a_member_of_staff_who_is_listed_twice_is_two_people() -> None:
    people = (NamedPerson("Karen Olson", "PersonInImage"), NamedPerson("Karen Olson", "PersonInImage"))
    assert depicted(Facts(persons=people), index(), ()).strangers == 2


@pytest.mark.parametrize("student", ["Clara Smith", "Emma Smith", "Katie Jones"])
@pytest.mark.parametrize("place", ["a list of people", "a face"])
def test_a_name_with_a_word_of_a_denied_student_is_nobodys_of_the_staff(student: str, place: str) -> None:
    roster = index((KAI, student), staff=("Katie Smith",))
    facts = Facts(state="read", persons=(NamedPerson("Katie Smith", "PersonInImage"),))
    if place == "a face":
        region = NamedRegion("Katie Smith", "Face", Region(0.5, 0.5, 0.2, 0.2), "mwg-rs")
        facts = Facts(state="read", regions=(region,))

    def strangers(*, opted_out: bool) -> int:
        standings = {KAI: Standing("9", active=True, opted_out=opted_out)}
        return tag(facts, "a/b.jpg", load_rules({}), roster, families=Families.of(standings)).unidentified_people

    assert (strangers(opted_out=True), strangers(opted_out=False)) == (1, 0)
