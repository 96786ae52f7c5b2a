"""Names and ids to students: nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.people import Person, RosterIndex, normalise

ROSTER = RosterIndex.of(
    [
        Person("S-1", ("Ava Example", "Avi Example"), ("0012345",)),
        Person("S-2", ("Ben Sample",), ("0012346",)),
        Person("S-3", ("Chris Twin",), ("0012347",)),
        Person("S-4", ("Chris Twin",), ("0012348",)),
        Person("S-5", ("Zoë Álvarez",)),
        Person("S-6", ("Dana Other", "Ben Sample-Jones")),
    ]
)


@pytest.mark.parametrize(
    ("written", "student"),
    [
        ("Ava Example", "S-1"),
        ("ava  EXAMPLE ", "S-1"),
        ("Example, Ava", "S-1"),
        ("zoe alvarez", "S-5"),
        ("A\u200bva\ufeff Exam\u00adple", "S-1"),
        ("Zoe\u0308 A\u0301lvarez", "S-5"),
        ("Álvarez, Zoë", "S-5"),
    ],
)
def test_a_name_is_found_in_every_spelling_of_case_accents_spaces_and_order(written: str, student: str) -> None:
    match = ROSTER.match(written)
    assert (match.kind, match.student) == ("exact", student)


def test_a_further_name_is_an_alias() -> None:
    match = ROSTER.match("Avi Example")
    assert (match.kind, match.student) == ("alias", "S-1")


@pytest.mark.parametrize("written", ["Ava", "Eva Example", "Ava Example Jr", "", "  ", ","])
def test_a_name_that_is_only_nearly_right_is_unknown(written: str) -> None:
    match = ROSTER.match(written)
    assert (match.kind, match.student) == ("unknown", None)


def test_a_name_of_two_students_is_ambiguous() -> None:
    match = ROSTER.match("Chris Twin")
    assert (match.kind, match.student) == ("ambiguous", None)


def test_a_name_that_is_the_alias_of_another_student_is_ambiguous() -> None:
    roster = RosterIndex.of([Person("S-1", ("Sam Lee",)), Person("S-2", ("Samuel Lee", "Sam Lee"))])
    assert roster.match("Sam Lee").kind == "ambiguous"


def test_an_id_settles_which_namesake_is_meant() -> None:
    match = ROSTER.match("Chris Twin", "0012348")
    assert (match.kind, match.student, match.by_id) == ("exact", "S-4", True)


def test_an_id_alone_is_enough() -> None:
    assert ROSTER.match("", "0012346").student == "S-2"


def test_an_id_beside_a_name_that_the_roster_does_not_know_counts() -> None:
    assert ROSTER.match("A. E.", "0012345").student == "S-1"


def test_any_of_several_ids_counts() -> None:
    assert ROSTER.match("", "https://sis.example.org/1", ("0012345",)).student == "S-1"


def test_an_id_that_contradicts_the_name_is_ambiguous() -> None:
    assert ROSTER.match("Ava Example", "0012346").kind == "ambiguous"


def test_ids_of_two_students_are_ambiguous() -> None:
    assert ROSTER.match("Ava Example", "0012345", ("0012346",)).kind == "ambiguous"


def test_an_id_that_the_roster_does_not_know_is_ignored() -> None:
    assert ROSTER.match("Ava Example", "urn:other:7").student == "S-1"


def test_an_empty_external_id_matches_nobody() -> None:
    roster = RosterIndex.of([Person("S-1", ("A B",), ("",)), Person("S-2", ("C D",), (" ",))])
    assert roster.match("", " ").kind == "unknown"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("King, Jr.", "king, jr."),
        ("O\u2019Neil, Mary", "mary o'neil"),
        ("a, b, c", "a, b, c"),
        ("Straße", "strasse"),
        ("李雷", "李雷"),
        ("\U0001d56cva \uff2f\uff07Neil", "ava o'neil"),
    ],
)
def test_normalised_forms(written: str, form: str) -> None:
    assert normalise(written) == form


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing_more_without_a_comma(name: str) -> None:
    once = normalise(name.replace(",", ""))
    assert normalise(once) == once


@given(st.lists(st.text(min_size=1, max_size=10), max_size=5), st.text(max_size=10))
def test_a_student_is_named_only_when_exactly_one_fits(names: list[str], written: str) -> None:
    roster = RosterIndex.of([Person(f"S-{number}", (name,)) for number, name in enumerate(names)])
    fitting = [name for name in names if normalise(name) and normalise(name) == normalise(written)]
    assert (roster.match(written).student is not None) == (len(fitting) == 1)


def mentioned(text: str, roster: RosterIndex = ROSTER) -> list[tuple[str, str | None]]:
    return [(match.kind, match.student) for _, match in roster.mentioned(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AVA  example's solo; then Zoe\u0301 A\u0301lvarez.", [("exact", "S-1"), ("exact", "S-5")]),
        ("(Avi Example)", [("alias", "S-1")]),
        ("solo_ava_example_2026", [("exact", "S-1")]),
        ("Chris Twin scores", [("ambiguous", None)]),
        ("Ben Sample-Jones sings", [("alias", "S-6")]),
        ("Ava sings, Example laughs", []),
        ("Ava, Example and others", []),
        ("Lava Example, Ava Examples", []),
        ("", []),
    ],
)
def test_a_full_name_in_a_text_is_found_at_the_borders_of_words(text: str, found: list[tuple[str, str | None]]) -> None:
    assert mentioned(text) == found


def test_the_longest_name_that_begins_at_a_word_counts() -> None:
    roster = RosterIndex.of([Person("S-1", ("Mary Ann",)), Person("S-2", ("Mary Ann Lee",))])
    assert mentioned("Mary Ann Lee and Mary Ann", roster) == [("exact", "S-2"), ("exact", "S-1")]


def test_a_name_of_one_word_is_not_looked_for_in_a_text() -> None:
    assert mentioned("May plays in May", RosterIndex.of([Person("S-1", ("May",))])) == []


def test_names_that_differ_only_in_punctuation_are_ambiguous_in_a_text() -> None:
    roster = RosterIndex.of([Person("S-1", ("J. Lee",)), Person("S-2", ("J Lee",))])
    assert mentioned("J. Lee sings", roster) == [("ambiguous", None)]
