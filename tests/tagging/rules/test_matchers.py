"""Conditions against facts: yes, no, and unknown where the file leaves it open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.facts import Facts, Keyword, Truth
from dam_tagging.rules.matchers import Subject, holds, key_matches
from dam_tagging.rules.model import All, AnyOf, Condition, Field, Not, People, TextField

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
FULL = Facts(
    state="read",
    keywords=(Keyword("Fall Concert", "dc:subject"), Keyword("Crowd", "dc:subject")),
    hierarchies=(("Events", "Athletics", "Volleyball"),),
    captions=(Keyword("The choir sings: three songs, no-one leaves.", "dc:description"),),
    event="Fall Concert 2026",
    owner="J. Teacher; District Media Office",
)
EMPTY = Facts(state="read")
PARTIAL = Facts(state="partial", keywords=(Keyword("Crowd", "dc:subject"),))


def truth(
    condition: Condition, facts: Facts = FULL, key: str = "events/fall-concert/crowd.jpg", people: int = 0
) -> Truth:
    return holds(condition, Subject(facts, key, people))


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("keyword", "crowd", YES),
        ("keyword", "fall  CONCERT", YES),
        ("keyword", "concert", NO),
        ("keyword", "Athletics", YES),
        ("hierarchy", "events|athletics", YES),
        ("hierarchy", "Events | Athletics | Volleyball", YES),
        ("hierarchy", "Athletics", NO),
        ("hierarchy", "Events|Athletics|Volleyball|Game", NO),
        ("caption_has", "choir", YES),
        ("caption_has", "sings three", YES),
        ("caption_has", "song", NO),
        ("caption_has", "no one", YES),
        ("event", "fall concert", YES),
        ("event", "spring", NO),
        ("owner", "district media office", YES),
        ("owner", "District", NO),
        ("key", "events/**", YES),
        ("key", "EVENTS/*/*.JPG", YES),
        ("key", "cameras/**", NO),
    ],
)
def test_a_field_is_matched_in_its_own_way(field: TextField, value: str, expected: Truth) -> None:
    assert truth(Field(field, (value,))) is expected


@pytest.mark.parametrize(
    "value", ["Discipline", "athletics", "Hall, north", "north", "Discipline; Athletics;Hall, north"]
)
def test_every_keyword_in_one_that_holds_several_is_matched_and_so_is_the_whole(value: str) -> None:
    text = "Discipline; Athletics;Hall, north"
    assert truth(Field("keyword", (value,)), Facts(state="read", keywords=(Keyword(text, "dc:subject"),))) is YES
    assert truth(Field("keyword", (value,)), Facts(state="read", hierarchies=(("Events", text),))) is YES


def test_any_of_several_values_is_enough() -> None:
    assert truth(Field("keyword", ("Stands", "Crowd"))) is YES


@pytest.mark.parametrize("field", ["keyword", "hierarchy", "caption_has", "event", "owner"])
def test_what_a_file_does_not_say_is_unknown_and_so_is_its_opposite(field: TextField) -> None:
    condition = Field(field, ("a",))
    assert truth(condition, EMPTY) is UNKNOWN
    assert truth(Not(condition), EMPTY) is UNKNOWN


def test_a_key_is_always_known() -> None:
    assert truth(Field("key", ("x/**",)), Facts()) is NO
    assert truth(Not(Field("key", ("x/**",))), Facts()) is YES


def test_a_file_that_was_read_in_part_says_yes_but_never_no() -> None:
    assert truth(Field("keyword", ("Crowd",)), PARTIAL) is YES
    assert truth(Field("keyword", ("Stands",)), PARTIAL) is UNKNOWN
    assert truth(People(at_least=1), PARTIAL, people=5) is UNKNOWN


@pytest.mark.parametrize(
    ("low", "high", "people", "expected"),
    [(2, None, 3, YES), (2, None, 1, NO), (None, 2, 2, YES), (None, 2, 3, NO), (2, 4, 3, YES), (2, None, 0, UNKNOWN)],
)
def test_people_are_counted_and_none_named_is_unknown(
    low: int | None, high: int | None, people: int, expected: Truth
) -> None:
    assert truth(People(low, high), people=people) is expected


KNOWN: dict[Truth, Condition] = {
    YES: Field("keyword", ("Crowd",)),
    NO: Field("keyword", ("Stands",)),
    UNKNOWN: People(at_least=1),
}
TRUTHS = st.sampled_from(list(Truth))


@given(st.lists(TRUTHS, min_size=1, max_size=5))
def test_all_is_no_with_one_no_and_yes_only_when_all_are(truths: list[Truth]) -> None:
    expected = NO if NO in truths else UNKNOWN if UNKNOWN in truths else YES
    assert truth(All(tuple(KNOWN[one] for one in truths))) is expected


@given(st.lists(TRUTHS, min_size=1, max_size=5))
def test_any_is_the_opposite_of_all_opposites(truths: list[Truth]) -> None:
    conditions = tuple(KNOWN[one] for one in truths)
    opposite = Not(All(tuple(Not(condition) for condition in conditions)))
    assert truth(AnyOf(conditions)) is truth(opposite)


@pytest.mark.parametrize(
    ("key", "pattern", "expected"),
    [
        ("a/b/c.jpg", "**", True),
        ("a/b/c.jpg", "a/**", True),
        ("a/b/c.jpg", "**/c.jpg", True),
        ("c.jpg", "**/c.jpg", True),
        ("a/b/c.jpg", "a/**/c.jpg", True),
        ("a/c.jpg", "a/**/c.jpg", True),
        ("a/b/c.jpg", "a/*", False),
        ("a/b/c.jpg", "*.jpg", False),
        ("a/b/c.jpg", "a/b/?.jpg", True),
        ("a/b/c.jpg", "**/b/**/x", False),
        ("a/b/c.jpg", "b/**", False),
        ("a/[b]/c", "a/[[]b]/c", True),
        ("a", "a/b", False),
        ("", "**", True),
    ],
)
def test_key_patterns(key: str, pattern: str, expected: bool) -> None:
    assert key_matches(key, pattern) is expected


def test_a_pattern_of_many_stars_on_a_long_key_ends() -> None:
    assert not key_matches("a/" * 500 + "b", "**/a/" * 200 + "c")
