"""Applies rules to facts: every rule is evaluated, the strictest consequence wins, each leaves a finding. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from dam_tagging.facts import BETWEEN, DirectoryStatus, Finding, Meaning, OfficialPurpose, Truth
from dam_tagging.rules.conditions import Subject
from dam_tagging.rules.model import Rule, RuleSet

STRICTNESS: dict[DirectoryStatus, int] = {"eligible": 0, "undetermined": 1, "not_eligible": 2}

MEANING_STRICTNESS: dict[Meaning, int] = {"preserved": 0, "unreviewed": 1, "changed": 2, "destroyed": 3}
"""Meanings in order of strictness. A stricter one allows fewer copies that hide people; `destroyed` allows none."""

NAMED = 3
"""Most other rules that a finding names; it counts the rest."""

Value = TypeVar("Value", DirectoryStatus, Meaning)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of all rules.

    `directory_status` and `meaning` are None if no rule sets them. `fired` are the names of the rules that hold.
    `record_pii` is about the students named in the file.
    """

    directory_status: DirectoryStatus | None = None
    official_uses: tuple[OfficialPurpose, ...] = ()
    closed: str | None = None
    confidential: str | None = None
    record_pii: bool = False
    background: bool = False
    meaning: Meaning | None = None
    holds: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def apply(rules: RuleSet, subject: Subject) -> Outcome:
    """Return the outcome of all rules that fire. A strict rule that may fire leaves a finding of truth unknown."""
    truths = [(rule, truth) for rule in rules.rules if (truth := rule.holds(subject)) is not Truth.NO]
    fired = [rule for rule, truth in truths if truth is Truth.YES]
    statuses = {rule.name: rule.then.directory_status for rule in fired if rule.then.directory_status}
    meanings: dict[str, Meaning] = {rule.name: rule.then.meaning for rule in fired if rule.then.meaning}
    told = {"directory_status": _beside(statuses, STRICTNESS), "meaning": _beside(meanings, MEANING_STRICTNESS)}
    beside = {tag: by_rule for tag, by_rule in told.items() if by_rule}
    return Outcome(
        directory_status=strictest(statuses.values()),
        official_uses=tuple(dict.fromkeys(use for rule in fired for use in rule.then.official_use)),
        closed=joined(rule.then.closed for rule in fired),
        confidential=joined(rule.then.confidential for rule in fired),
        record_pii=any(rule.then.record_pii for rule in fired),
        background=any(rule.then.background for rule in fired),
        meaning=_strictest_meaning(meanings.values()),
        holds=(*(rule.then.hold for rule in fired if rule.then.hold), *_disputed(meanings)),
        fired=tuple(rule.name for rule in fired),
        findings=tuple([finding for rule, truth in truths for finding in _findings(rule, truth, beside)]),
    )


def strictest(statuses: Iterable[DirectoryStatus]) -> DirectoryStatus | None:
    """Return the strictest status: not eligible, then undetermined, then eligible."""
    return max(statuses, key=STRICTNESS.__getitem__, default=None)


def _strictest_meaning(meanings: Iterable[Meaning]) -> Meaning | None:
    return max(meanings, key=MEANING_STRICTNESS.__getitem__, default=None)


def joined(reasons: Iterable[str | None]) -> str | None:
    """Return every reason once, in order, as one text."""
    return BETWEEN.join(dict.fromkeys(reason for reason in reasons if reason)) or None


def _disputed(meanings: dict[str, Meaning]) -> Iterable[str]:
    """Yield a reason to hold where rules disagree whether redaction destroys the meaning.

    If the meaning is destroyed, no copy is made and all families see the whole recording. So neither answer is safe.
    """
    if len(set(meanings.values())) > 1 and "destroyed" in meanings.values():
        told = _named([f"'{name}' says {meaning}" for name, meaning in meanings.items()])
        yield f"rules disagree on what redaction does to the meaning: {told}"


def _beside(given: dict[str, Value], strictness: dict[Value, int]) -> dict[str, str]:
    """Return the other rules that each rule overrules, or that overrule it; empty if all agree."""
    if len(set(given.values())) < 2:
        return {}
    top = max(given.values(), key=strictness.__getitem__)
    winners = [f"'{name}'" for name, value in given.items() if value == top]
    others = [f"'{name}' ({value})" for name, value in given.items() if value != top]
    wins, loses = f" Stricter than {_named(others)}.", f" Overruled by {_named(winners)} ({top})."
    return {name: wins if value == top else loses for name, value in given.items()}


def _named(told: Sequence[str]) -> str:
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more


def _findings(rule: Rule, truth: Truth, beside: dict[str, dict[str, str]]) -> Iterable[Finding]:
    """Return a rule's findings. A finding that disagrees with other rules names these rules."""
    if truth is not Truth.YES:
        return rule.may_find
    if not any(rule.name in told for told in beside.values()):
        return rule.finds
    return [
        replace(finding, why=finding.why + beside.get(finding.tag, {}).get(rule.name, "")) for finding in rule.finds
    ]
