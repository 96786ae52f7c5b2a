from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_plugin.intake.tag_changes import changes_between, decided_fields, is_looser, not_loosened, without_looser
from dam_plugin.model import Appearance, Finding, Interval, Keyframe, OfficialUse, Region, Tagging, Truth

BOX = (Region(0.1, 0.1, 0.2, 0.2),)
DISCIPLINE, VICTIM = OfficialUse("discipline"), OfficialUse("victim", ("S-1",))
PLAIN = Tagging(state="complete", directory_status="eligible", meaning="preserved", rules_digest="old")


def seen(prominence: Any = "focus", *, identifiable: bool = True, located: bool = False) -> tuple[Appearance, ...]:
    return (Appearance("S-1", prominence, identifiable, BOX if located else ()),)


STRICTER: list[dict[str, tuple[Any, Any]]] = [
    {"state": ("complete", "pending")},
    {"state": ("pending", "failed")},
    {"directory_status": ("eligible", "undetermined")},
    {"directory_status": ("undetermined", "not_eligible")},
    {"official_uses": ((), (DISCIPLINE,))},
    {"official_uses": ((DISCIPLINE,), (DISCIPLINE, VICTIM))},
    {"record_pii": ((), ("S-1",))},
    {"closed": (None, "security")},
    {"confidential": (None, "test items")},
    {"unidentified_people": (1, 2)},
    {"meaning": ("preserved", "unreviewed")},
    {"meaning": ("unreviewed", "changed")},
    {"appearances": (seen("incidental"), seen("focus"))},
    {"appearances": (seen("incidental"), seen("unknown"))},
    {"appearances": (seen(identifiable=False), seen())},
    {"appearances": (seen(located=True), seen())},
    {"appearances": ((), seen())},
]


@pytest.mark.parametrize("change", STRICTER, ids=str)
def test_each_field_knows_which_way_leads_to_release(change: dict[str, tuple[Any, Any]]) -> None:
    ((field, (loose, strict)),) = change.items()
    one, other = replace(PLAIN, **{field: loose}), replace(PLAIN, **{field: strict})
    assert [(each.field, each.direction) for each in changes_between(one, other)] == [(field, "stricter")]
    assert [(each.field, each.direction) for each in changes_between(other, one)] == [(field, "looser")]


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("official_uses", (DISCIPLINE,), (VICTIM,)),
        ("record_pii", ("S-1",), ("S-2",)),
        ("meaning", "changed", "destroyed"),
        ("meaning", "destroyed", "changed"),
    ],
)
def test_what_moves_both_ways_counts_as_looser(field: str, before: Any, after: Any) -> None:
    assert is_looser(changes_between(replace(PLAIN, **{field: before}), replace(PLAIN, **{field: after})))


@pytest.mark.parametrize("field", ["closed", "confidential"])
def test_another_reason_is_neither_looser_nor_stricter(field: str) -> None:
    (change,) = changes_between(replace(PLAIN, **{field: "a"}), replace(PLAIN, **{field: "b"}))
    assert (change.direction, change.before, change.after) == ("otherwise", "a", "b")


def test_findings_and_the_digest_alone_are_no_change() -> None:
    assert changes_between(PLAIN, replace(PLAIN, rules_digest="new", findings=(Finding("event", "x", "y", "z"),))) == ()


def test_the_rules_of_a_change_are_those_that_say_something_only_before_or_only_after() -> None:
    def said(*rules: str, truth: Truth = Truth.YES) -> tuple[Finding, ...]:
        return tuple(Finding("directory_status", "eligible", "why", f"rule: {rule}", truth) for rule in rules)

    before = replace(PLAIN, findings=(*said("both", "dropped"), *said("unsure", truth=Truth.UNKNOWN)))
    after = replace(PLAIN, directory_status="not_eligible", findings=said("both", "new"))
    (change,) = changes_between(before, after)
    assert change.rules == ("dropped", "new")


def test_what_is_held_back_keeps_its_reasons_and_the_digest_of_its_rules() -> None:
    reason = Finding("closed", "security", "why", "rule: cameras")
    before = replace(PLAIN, closed="security", findings=(reason, Finding("event", "x", "y", "z")))
    after = replace(PLAIN, directory_status="not_eligible", rules_digest="new")
    held = without_looser(before, after)
    assert (held.closed, held.directory_status) == ("security", "not_eligible")
    assert (held.findings, held.rules_digest) == ((reason,), "old")


def test_nothing_is_held_back_of_what_is_only_stricter() -> None:
    after = replace(PLAIN, closed="security", rules_digest="new")
    assert without_looser(PLAIN, after) is after


def test_what_the_same_rules_make_of_a_recording_is_taken_as_it_is() -> None:
    known = replace(PLAIN, closed="security")
    assert not_loosened(known, PLAIN) is PLAIN
    assert not_loosened(known, replace(PLAIN, rules_digest="new")).closed == "security"


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


taggings = st.builds(
    Tagging,
    state=one_of("complete", "pending", "failed"),
    appearances=st.lists(
        st.builds(
            Appearance,
            one_of("S-1", "S-2", "S-3"),
            one_of("focus", "incidental", "unknown"),
            st.booleans(),
            one_of((), BOX),
        ),
        unique_by=lambda each: each.student,
        max_size=3,
    ).map(tuple),
    directory_status=one_of("eligible", "not_eligible", "undetermined"),
    official_uses=one_of((), (DISCIPLINE,), (VICTIM,), (DISCIPLINE, VICTIM)),
    record_pii=one_of((), ("S-1",), ("S-2", "S-1")),
    closed=one_of(None, "a", "b"),
    confidential=one_of(None, "a"),
    unidentified_people=st.integers(0, 3),
    meaning=one_of("unreviewed", "preserved", "changed", "destroyed"),
    rules_digest=one_of("old", "new"),
)


def test_a_place_at_a_moment_is_held_back_as_any_other_place_is() -> None:
    placed = Appearance("S-1", "focus", keyframes=(Keyframe(1, BOX[0]),))
    after = replace(PLAIN, appearances=(placed,))
    assert without_looser(replace(PLAIN, appearances=seen()), after).appearances == seen()
    assert without_looser(replace(PLAIN, appearances=seen(located=True)), after).appearances == (placed,)
    heard = replace(PLAIN, appearances=(Appearance("S-1", "focus", heard=(Interval(1, 2),)),))
    assert without_looser(replace(PLAIN, appearances=seen()), heard).appearances == seen()


@given(taggings, taggings)
@settings(derandomize=True, deadline=None)
def test_what_is_held_back_is_looser_in_no_field(before: Tagging, after: Tagging) -> None:
    assert not is_looser(changes_between(before, without_looser(before, after)))


@given(taggings, taggings)
@settings(derandomize=True, deadline=None)
def test_holding_back_twice_holds_back_no_more(before: Tagging, after: Tagging) -> None:
    held = without_looser(before, after)
    assert decided_fields(without_looser(held, after)) == decided_fields(held)


@given(taggings, taggings)
@settings(derandomize=True, deadline=None)
def test_what_is_stricter_stays_stricter_when_something_else_is_held_back(before: Tagging, after: Tagging) -> None:
    held = {each.field: each.after for each in changes_between(before, without_looser(before, after))}
    for each in changes_between(before, after):
        if each.direction == "stricter":
            assert held[each.field] == each.after


@given(taggings, taggings)
@settings(derandomize=True, deadline=None)
def test_changes_are_where_the_blocks_differ(before: Tagging, after: Tagging) -> None:
    one, other = decided_fields(before), decided_fields(after)
    assert {each.field for each in changes_between(before, after)} == {
        field for field in one if one[field] != other[field]
    }
