"""Applying rules: the strictest wins, whatever the order, and every rule that spoke is named."""

from __future__ import annotations

from itertools import permutations

import pytest

from dam_tagging.facts import Facts, Finding, Keyword, Truth
from dam_tagging.rules.apply import Outcome, apply
from dam_tagging.rules.load import load_rules
from dam_tagging.rules.matchers import Subject
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
