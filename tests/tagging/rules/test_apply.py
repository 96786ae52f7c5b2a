"""Applying rules: the strictest wins, whatever the order, and every rule that spoke is named."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.facts import Facts, Finding, Keyword, Truth
from dam_tagging.rules.apply import Outcome, apply
from dam_tagging.rules.conditions import Subject
from dam_tagging.rules.load import load_rules
from dam_tagging.rules.model import RuleSet

FACTS = Facts(state="read", keywords=(Keyword("Crowd", "dc:subject"),))


def rules(*parts: tuple[str, str]) -> RuleSet:
    lines = [
        f"- {{name: r{number}, when: {when}, then: {{{then}}}, why: reason {number}}}"
        for number, (when, then) in enumerate(parts)
    ]
    return load_rules({"r.yaml": "rules:\n" + "\n".join(lines)})


def applied(*parts: tuple[str, str], facts: Facts = FACTS) -> Outcome:
    return apply(rules(*parts), Subject(facts, "a/b.jpg", 0))


FIRES = "{keyword: Crowd}"
MAY_FIRE = "{event: Concert}"
SILENT = "{keyword: Stands}"


@pytest.mark.parametrize("order", list(permutations(["eligible", "undetermined", "not_eligible"])))
def test_the_strictest_status_wins_in_any_order(order: tuple[str, ...]) -> None:
    outcome = applied(*((FIRES, f"directory_status: {status}") for status in order))
    assert outcome.directory_status == "not_eligible"
    assert {finding.value for finding in outcome.findings} == set(order)


def test_official_uses_and_reasons_are_united() -> None:
    outcome = applied(
        (FIRES, "official_use: [discipline, victim], closed: one, confidential: k"),
        (FIRES, "official_use: [victim, other], closed: two, hold: h"),
    )
    assert outcome.official_uses == ("discipline", "victim", "other")
    assert (outcome.closed, outcome.confidential, outcome.holds) == ("one; two", "k", ("h",))


def test_a_rule_that_does_not_hold_says_nothing() -> None:
    outcome = applied((SILENT, "directory_status: not_eligible, official_use: other, hold: h, background: true"))
    assert outcome == Outcome()


def test_a_strict_rule_that_may_hold_leaves_a_finding_and_nothing_else() -> None:
    outcome = applied((MAY_FIRE, "directory_status: not_eligible, official_use: other, closed: c, hold: h"))
    assert (outcome.directory_status, outcome.official_uses, outcome.closed, outcome.holds) == (None, (), None, ())
    assert [finding.tag for finding in outcome.findings] == ["directory_status", "official_use", "closed", "hold"]
    assert all(finding.truth is Truth.UNKNOWN for finding in outcome.findings)


def test_a_loosening_rule_that_may_hold_leaves_nothing() -> None:
    assert applied((MAY_FIRE, "directory_status: eligible, background: true")) == Outcome()


def test_a_rule_that_holds_leaves_a_finding_with_its_name_and_reason() -> None:
    outcome = applied((FIRES, "background: true"))
    assert outcome.background
    assert outcome.findings == (Finding("background", "true", "reason 0", "rule: r0", Truth.YES),)


def test_rules_that_disagree_name_each_other() -> None:
    strict, loose = applied((FIRES, "directory_status: not_eligible"), (FIRES, "directory_status: eligible")).findings
    assert strict.why == "reason 0 Stricter than 'r1' (eligible)."
    assert loose.why == "reason 1 Overruled by 'r0' (not_eligible)."


def test_rules_that_agree_name_nobody() -> None:
    outcome = applied((FIRES, "directory_status: eligible, hold: h"), (FIRES, "directory_status: eligible"))
    assert {finding.why for finding in outcome.findings} == {"reason 0", "reason 1"}


def test_of_many_rules_that_disagree_three_are_named() -> None:
    findings = applied(
        (FIRES, "directory_status: not_eligible"), *[(FIRES, "directory_status: eligible")] * 200
    ).findings
    assert findings[0].why == ("reason 0 Stricter than 'r1' (eligible), 'r2' (eligible), 'r3' (eligible) and 197 more.")


@pytest.mark.parametrize("order", list(permutations(["preserved", "changed", "unreviewed"])))
def test_the_strictest_meaning_wins_in_any_order(order: tuple[str, ...]) -> None:
    outcome = applied(*((FIRES, f"meaning: {meaning}") for meaning in order))
    assert (outcome.meaning, outcome.holds) == ("changed", ())


@pytest.mark.parametrize("other", ["preserved", "unreviewed", "changed"])
def test_where_rules_disagree_whether_the_meaning_is_destroyed_a_person_looks(other: str) -> None:
    outcome = applied((FIRES, "meaning: destroyed"), (FIRES, f"meaning: {other}"))
    assert outcome.meaning == "destroyed"
    assert outcome.holds == (
        f"rules disagree on what redaction does to the meaning: 'r0' says destroyed, 'r1' says {other}",
    )


def test_one_voice_on_the_meaning_holds_nothing() -> None:
    outcome = applied((FIRES, "meaning: destroyed"), (FIRES, "meaning: destroyed"), (MAY_FIRE, "meaning: preserved"))
    assert (outcome.meaning, outcome.holds) == ("destroyed", ())


def test_record_information_is_said_of_the_students_of_the_file() -> None:
    assert applied((FIRES, "record_pii: true")).record_pii
    assert not applied((MAY_FIRE, "record_pii: true")).record_pii
    (finding,) = applied((MAY_FIRE, "record_pii: true")).findings
    assert (finding.tag, finding.truth) == ("record_information", Truth.UNKNOWN)


def test_the_names_of_the_rules_that_fire_are_kept() -> None:
    assert applied((FIRES, "hold: a"), (MAY_FIRE, "hold: b"), (SILENT, "hold: c")).fired == ("r0",)


PARTS = st.sampled_from(
    [
        (when, f"{then}")
        for when in (FIRES, MAY_FIRE, SILENT)
        for then in (
            "directory_status: eligible",
            "directory_status: undetermined",
            "directory_status: not_eligible",
            "official_use: other",
            "closed: c",
            "hold: h",
            "record_pii: true",
        )
    ]
)
STRICTER = {None: -1, "eligible": 0, "undetermined": 1, "not_eligible": 2}


@settings(derandomize=True, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=6), PARTS)
def test_one_more_rule_never_loosens_what_others_say(parts: list[tuple[str, str]], more: tuple[str, str]) -> None:
    before, after = applied(*parts), applied(*parts, more)
    assert STRICTER[after.directory_status] >= STRICTER[before.directory_status]
    assert set(after.official_uses) >= set(before.official_uses)
    assert set(after.holds) >= set(before.holds)
    assert (after.closed is not None, after.record_pii) >= (before.closed is not None, before.record_pii)
