"""Why a rule fires, does not, or cannot know: the conditions that settle it, never what the file says."""

from __future__ import annotations

import pytest

from dam_tagging.facts import Facts, Keyword, ReadState, Truth
from dam_tagging.rules.conditions import Subject
from dam_tagging.rules.explain import explained
from dam_tagging.rules.load import load_rules

FACTS = Facts(state="read", keywords=(Keyword("Crowd", "x"), Keyword("Hannah Lindqvist", "x")), taken="2026")

NOT_EVERYBODY = "not everybody in the file is known to the roster, or the roster does not say"


def told(when: str, facts: Facts = FACTS) -> tuple[Truth, list[str]]:
    rules = load_rules({"a.yaml": f"rules: [{{name: n, when: {when}, then: {{hold: h}}, why: w}}]"})
    (one,) = explained(rules, Subject(facts, "a/b.jpg", 0))
    return one.truth, [" ".join(filter(None, (each.condition, each.truth, each.why))) for each in one.settled]


@pytest.mark.parametrize(
    ("when", "truth", "because"),
    [
        ("{keyword: [Stands, Crowd]}", "yes", ["keyword: Crowd yes"]),
        ("{keyword: [Stands, Bench]}", "no", ["keyword: [Stands, Bench] no"]),
        ("{keyword: Crowd, key: c/*}", "no", ["key: c/* no"]),
        ("{keyword: Crowd, event: E}", "unknown", ["event: E unknown the file gives no event"]),
        ("{any: [{keyword: Crowd}, {event: E}]}", "yes", ["keyword: Crowd yes"]),
        ("{any: [{keyword: X}, {event: E}]}", "unknown", ["event: E unknown the file gives no event"]),
        ("{any: [{keyword: X}, {key: c/*}]}", "no", ["keyword: X no", "key: c/* no"]),
        ("{not: {keyword: Crowd}}", "no", ["keyword: Crowd yes"]),
        ("{not: {all: [{keyword: Crowd}, {key: c/*}]}}", "yes", ["key: c/* no"]),
        ("{taken: {from: 2026-08-01}}", "unknown", ["taken: {from: 2026-08-01} unknown the file gives no whole day"]),
        ("{people: {at_least: 2}}", "unknown", ["people: {at_least: 2} unknown the file names and marks nobody"]),
        (
            "{roster: {grade: [9, 10], active: false}}",
            "unknown",
            [f"roster: {{grade: [9, 10], active: false}} unknown {NOT_EVERYBODY}"],
        ),
        ("{caption_has: c}", "unknown", ["caption_has: c unknown the file gives no caption"]),
    ],
)
def test_the_conditions_that_settle_a_rule_are_told(when: str, truth: str, because: list[str]) -> None:
    assert told(when) == (truth, because)


@pytest.mark.parametrize(
    ("state", "how"), [("partial", "could be read only in part"), ("unreadable", "could not be read")]
)
def test_a_file_that_was_not_read_is_the_reason_for_not_knowing(state: ReadState, how: str) -> None:
    assert told("{event: E}", Facts(state=state)) == ("unknown", [f"event: E unknown the file {how}"])


def test_what_a_file_says_is_never_told() -> None:
    assert "Hannah" not in str(told("{any: [{keyword: Hannah}, {caption_has: b}]}"))
