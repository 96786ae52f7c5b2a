"""Conditions against facts: yes, no, and unknown where the file leaves it open."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_tagging.facts import Facts, Keyword, Truth
from dam_tagging.rules.conditions import Standing, Subject, holds
from dam_tagging.rules.model import All, AnyOf, Condition, Field, Not, People, Roster, Taken, TextField

YES, NO, UNKNOWN = Truth.YES, Truth.NO, Truth.UNKNOWN
FULL = Facts(
    state="read",
    keywords=(Keyword("Fall Concert", "dc:subject"), Keyword("Crowd", "dc:subject")),
    hierarchies=(("Events", "Athletics", "Volleyball"),),
    captions=(Keyword("The choir sings: three songs, no-one leaves.", "dc:description"),),
    event="Fall Concert 2026",
    owner="J. Teacher; District Media Office",
    camera="Axis P3245-V 00408C123456",
    taken="2026:10:14 19:05:22",
    official_markers=(Keyword("Embargo until Friday", "photoshop:Instructions"), Keyword("Release: no", "x")),
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
        ("camera", "axis", YES),
        ("camera", "P3245 V", YES),
        ("camera", "Canon", NO),
        ("official_marker", "embargo", YES),
        ("official_marker", "friday release", NO),
        ("key_has", "concert", YES),
        ("key_has", "Fall Concert", YES),
        ("key_has", "concert crowd", NO),
        ("key_has", "conc", NO),
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


@pytest.mark.parametrize(
    "field", ["keyword", "hierarchy", "caption_has", "event", "owner", "camera", "official_marker"]
)
def test_what_a_file_does_not_say_is_unknown_and_so_is_its_opposite(field: TextField) -> None:
    condition = Field(field, ("a",))
    assert truth(condition, EMPTY) is UNKNOWN
    assert truth(Not(condition), EMPTY) is UNKNOWN


@pytest.mark.parametrize("condition", [Field("key", ("x/**",)), Field("key_has", ("x",))])
@pytest.mark.parametrize("key", ["events/a.jpg", "--/??"])
def test_a_key_is_always_known(condition: Condition, key: str) -> None:
    assert truth(condition, Facts(), key) is NO
    assert truth(Not(condition), Facts(), key) is YES


def test_letters_are_the_same_however_they_are_encoded() -> None:
    facts = Facts(state="read", keywords=(Keyword("Mu\u0301sica", "dc:subject"),), event="MU\u0301SICA\u00ad")
    assert truth(Field("keyword", ("m\u00fasica",)), facts) is YES
    assert truth(Field("event", ("m\u00fasica",)), facts) is YES
    assert truth(Field("key", ("m\u00fasica/*",)), facts, "Mu\u0301sica/1.jpg") is YES


def test_a_phrase_is_not_found_across_two_captions_or_folders() -> None:
    facts = Facts(state="read", captions=(Keyword("in foster", "a"), Keyword("care of", "b")))
    assert truth(Field("caption_has", ("foster care",)), facts) is NO
    assert truth(Field("key_has", ("foster care",)), facts, "foster/care/1.jpg") is NO


def test_a_hierarchy_without_end_is_compared_by_its_upper_levels() -> None:
    facts = Facts(state="read", hierarchies=(tuple(["a"] * 100_000),))
    assert truth(Field("hierarchy", ("a|a",)), facts) is YES


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 10, 14), None, YES),
        (None, date(2026, 10, 14), YES),
        (date(2026, 10, 15), None, NO),
        (None, date(2026, 10, 13), NO),
        (date(2026, 8, 1), date(2027, 6, 30), YES),
    ],
)
def test_a_day_lies_between_two_days_that_are_included(first: date | None, last: date | None, expected: Truth) -> None:
    assert truth(Taken(first, last)) is expected


@pytest.mark.parametrize("taken", [None, "", "2026", "2026-10", "0000:00:00 00:00:00", "2026:13:01", "yesterday"])
def test_a_time_that_gives_no_whole_day_is_unknown(taken: str | None) -> None:
    assert truth(Taken(first=date(2000, 1, 1)), Facts(state="read", taken=taken)) is UNKNOWN


def roster(condition: Condition, *students: Standing, people: int | None = None, facts: Facts = EMPTY) -> Truth:
    return holds(condition, Subject(facts, "a", len(students) if people is None else people, students))


@pytest.mark.parametrize(
    ("condition", "students", "expected"),
    [
        (Roster(("9", "10")), [Standing("09")], YES),
        (Roster(("9",)), [Standing("10"), Standing("9")], YES),
        (Roster(("K",)), [Standing("k")], YES),
        (Roster(("KG",)), [Standing("K")], YES),
        (Roster(("8",)), [Standing("07, 08")], YES),
        (Roster(("9",)), [Standing("07, 08")], NO),
        (Roster(("9",)), [Standing("UG")], UNKNOWN),
        (Roster(("9",)), [Standing("10")], NO),
        (Roster(("9",)), [Standing(None)], UNKNOWN),
        (Roster(("9",)), [Standing("10"), Standing(None)], UNKNOWN),
        (Roster(active=False), [Standing(active=True), Standing(active=False)], YES),
        (Roster(opted_out=True), [Standing(opted_out=False)], NO),
        (Roster(("9",), opted_out=True), [Standing("9", opted_out=False), Standing("10", opted_out=True)], NO),
        (Roster(("9",), opted_out=True), [Standing("9", opted_out=None)], UNKNOWN),
        (Roster(("9",), opted_out=True), [Standing("10", opted_out=None)], NO),
        (Roster(opted_out=True), [], UNKNOWN),
    ],
)
def test_one_student_is_all_of_what_the_roster_is_asked(
    condition: Roster, students: list[Standing], expected: Truth
) -> None:
    assert roster(condition, *students) is expected


def test_where_somebody_is_not_on_the_roster_nobody_can_be_denied() -> None:
    assert roster(Roster(opted_out=True), Standing(opted_out=False), people=2) is UNKNOWN
    assert roster(Not(Roster(opted_out=True)), Standing(opted_out=False), people=2) is UNKNOWN
    assert roster(Roster(opted_out=True), Standing(opted_out=True), people=2) is YES


def test_a_file_that_was_read_in_part_does_not_deny_what_the_roster_says() -> None:
    assert roster(Roster(opted_out=True), Standing(opted_out=False), facts=PARTIAL) is UNKNOWN


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
