"""Applies rules to facts: every rule is evaluated, the strictest consequence wins, each leaves a finding. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dam_tagging.facts import DirectoryStatus, Finding, OfficialPurpose, Truth
from dam_tagging.rules.matchers import Subject, holds
from dam_tagging.rules.model import Rule, RuleSet

STRICTNESS: dict[DirectoryStatus, int] = {"eligible": 0, "undetermined": 1, "not_eligible": 2}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all rules together say. `directory_status` is None when no rule says anything about it."""

    directory_status: DirectoryStatus | None = None
    official_uses: tuple[OfficialPurpose, ...] = ()
    closed: str | None = None
    confidential: str | None = None
    background: bool = False
    holds: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def apply(rules: RuleSet, subject: Subject) -> Outcome:
    """Return what follows from every rule that fires; a strict one that may fire leaves a finding of truth unknown."""
    truths = [(rule, holds(rule.when, subject)) for rule in rules.rules]
    fired = [rule for rule, truth in truths if truth is Truth.YES]
    statuses = [rule.then.directory_status for rule in fired if rule.then.directory_status]
    return Outcome(
        directory_status=strictest(statuses),
        official_uses=tuple(dict.fromkeys(use for rule in fired for use in rule.then.official_use)),
        closed=joined(rule.then.closed for rule in fired),
        confidential=joined(rule.then.confidential for rule in fired),
        background=any(rule.then.background for rule in fired),
        holds=tuple(rule.then.hold for rule in fired if rule.then.hold),
        findings=tuple(finding for rule, truth in truths for finding in _findings(rule, truth)),
    )


def strictest(statuses: Iterable[DirectoryStatus]) -> DirectoryStatus | None:
    """Return the strictest status: not eligible, then undetermined, then eligible."""
    return max(statuses, key=STRICTNESS.__getitem__, default=None)


def joined(reasons: Iterable[str | None]) -> str | None:
    """Return every reason once, in order, as one text."""
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or None


def _findings(rule: Rule, truth: Truth) -> Iterable[Finding]:
    """Yield a finding for each consequence of a rule that fires, and for the strict ones of a rule that may."""
    if truth is Truth.NO:
        return
    source = f"rule: {rule.name}"
    for tag, value, strict in _consequences(rule):
        if truth is Truth.YES or strict:
            why = rule.why if truth is Truth.YES else f"the file does not say whether this rule applies: {rule.why}"
            yield Finding(tag, value, why, source, truth)


def _consequences(rule: Rule) -> Iterable[tuple[str, str, bool]]:
    """Yield tag, value and whether it makes anything stricter."""
    then = rule.then
    if then.directory_status:
        yield "directory_status", then.directory_status, then.directory_status == "not_eligible"
    for use in then.official_use:
        yield "official_use", use, True
    for tag, reason in (("closed", then.closed), ("confidential", then.confidential), ("hold", then.hold)):
        if reason:
            yield tag, reason, True
    if then.background:
        yield "background", "true", False
