"""Who may be meant by a name that nobody bears."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.suggest import LEAST_SCORE, LONGEST, MOST, Suggester

PERSONS = [
    Person("S-1", ("Robert Smith", "Robert J. Smith")),
    Person("S-2", ("Hannah Lindqvist",)),
    Person("S-3", ("Roberta Smyth",)),
    Person("S-4", ("Chloe O'Brien",)),
]
SUGGESTER = Suggester(PERSONS)


@pytest.mark.parametrize(
    ("name", "student", "by"),
    [
        ("Hanna Lindquist", "S-2", "spelling"),
        ("Lindqvist Hannah M.", "S-2", "spelling"),
        ("Hannah Lindqvist", "S-2", "spelling"),
        ("Chloe Obrien", "S-4", "spelling"),
        ("Bob Smith", "S-1", "nickname"),
        ("Smith, Bobby", "S-1", "nickname"),
    ],
)
def test_the_closest_student_comes_first(name: str, student: str, by: str) -> None:
    first = SUGGESTER.closest(name)[0]
    assert (first.student, first.by) == (student, by)


@pytest.mark.parametrize("name", ["Klaus Meier", "", ",", "Bob", "Hannah Lindqvist" * LONGEST])
def test_a_name_that_is_like_nobodys_suggests_nobody(name: str) -> None:
    assert SUGGESTER.closest(name) == ()


def test_a_nickname_counts_less_than_the_name_itself() -> None:
    assert SUGGESTER.closest("Bob Smith")[0].score < SUGGESTER.closest("Robert Smith")[0].score == 100


def test_each_student_is_suggested_once_and_few_are() -> None:
    many = Suggester(Person(f"S-{n}", ("Ava Example", f"Ava Example{n}")) for n in range(10))
    found = many.closest("Ava Exampel")
    assert len(found) == MOST
    assert len({each.student for each in found}) == MOST


def test_who_is_suggested_is_not_matched() -> None:
    assert SUGGESTER.closest("Bob Smith")
    assert RosterIndex(PERSONS).match("Bob Smith").kind == "unknown"


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=30))
def test_suggestions_are_students_of_the_roster_by_falling_score(name: str) -> None:
    found = SUGGESTER.closest(name)
    assert {each.student for each in found} <= {person.id for person in PERSONS}
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)
    assert all(LEAST_SCORE <= score <= 100 for score in scores)
