"""A full name that a student of a family who said no may be called by as well: it names nobody for certain."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.rules.conditions import Standing
from dam_tagging.rules.load import load_rules
from dam_tagging.tag import Families, tag

BEN, BENJAMIN = "S-BEN", "S-BENJAMIN"
ROSTER = RosterIndex([Person(BEN, ("Ben Roe",), ("1003",)), Person(BENJAMIN, ("Benjamin Roe",), ("1004",))])
YES, NO, WAITS = Standing(opted_out=False), Standing(opted_out=True), Standing(opted_out=False, waits=True)
PLACE = Region(0.4, 0.4, 0.2, 0.2)
BY = {
    "a list of people": Facts(state="read", persons=(NamedPerson("Ben Roe", "PersonInImage"),)),
    "a face": Facts(state="read", regions=(NamedRegion("Ben Roe", "Face", PLACE, "mwg-rs"),)),
    "a caption": Facts(state="read", captions=(Keyword("Ben Roe wins", "dc:description"),)),
    "a keyword": Facts(state="read", keywords=(Keyword("Roe, Ben", "dc:subject"),)),
}


def told(facts: Facts, ben: Standing, benjamin: Standing) -> tuple[set[str], int]:
    """Return who is in a picture, and how many are not known."""
    tagging = tag(facts, "a/b.jpg", load_rules({}), ROSTER, families=Families.of({BEN: ben, BENJAMIN: benjamin}))
    return set(tagging.students), tagging.unidentified_people


@pytest.mark.parametrize("other", [NO, WAITS], ids=["said no", "has not answered"])
@pytest.mark.parametrize("facts", BY.values(), ids=BY)
def test_a_name_that_is_short_for_a_denied_students_is_not_certain(facts: Facts, other: Standing) -> None:
    assert told(facts, YES, YES) == ({BEN}, 0)
    assert told(facts, YES, other) == (set(), 1)


def test_who_has_said_no_stays_named() -> None:
    assert told(BY["a face"], NO, NO) == ({BEN}, 0)


def test_an_id_says_which_of_the_two_it_is() -> None:
    facts = Facts(state="read", persons=(NamedPerson("Ben Roe", "PersonInImage", id="1003"),))
    assert told(facts, YES, NO) == ({BEN}, 0)


@pytest.mark.parametrize("name", ["Benjamin Row", "Beth Roe", "Benjamin Hale"])
def test_another_family_name_or_given_name_is_another_student(name: str) -> None:
    roster = RosterIndex([Person(BEN, ("Ben Roe",)), Person(BENJAMIN, (name,))])
    standings = {BEN: YES, BENJAMIN: NO}
    tagging = tag(BY["a list of people"], "a/b.jpg", load_rules({}), roster, families=Families.of(standings))
    assert (set(tagging.students), tagging.unidentified_people) == ({BEN}, 0)
