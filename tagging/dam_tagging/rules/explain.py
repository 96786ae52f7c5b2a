"""Explains for each rule why it fires on a recording, does not fire, or cannot know: by the conditions that settle it.

No I/O. It quotes conditions from the rules. It never quotes the file, which may hold a student's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dam_tagging.facts import Truth
from dam_tagging.rules.conditions import (
    All,
    AnyOf,
    Condition,
    Field,
    Not,
    People,
    Roster,
    Subject,
    Taken,
    holds,
    written,
)
from dam_tagging.rules.model import Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Settled:
    """A single condition as written, whether it holds, and why that cannot be known (empty if it is known)."""

    condition: str
    truth: Truth
    why: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule, whether it fires, and the conditions that settle it."""

    rule: Rule
    truth: Truth
    settled: tuple[Settled, ...]


def explained(rules: RuleSet, subject: Subject) -> tuple[Explained, ...]:
    """Return every rule with the conditions that settle it, in the order of the files."""
    return tuple(
        Explained(rule, rule.holds(subject), tuple(dict.fromkeys(_settling(rule.when, subject))))
        for rule in rules.rules
    )


def _settling(condition: Condition, subject: Subject) -> Iterable[Settled]:
    """Yield the conditions that settle the result of a condition. For an `all` that fails these are the failing ones.

    If a condition has several values, only the fitting ones are given.
    """
    truth = holds(condition, subject)
    match condition:
        case All(parts) | AnyOf(parts):
            everything = truth is (Truth.YES if isinstance(condition, All) else Truth.NO)
            for part in parts:
                if everything or holds(part, subject) is truth:
                    yield from _settling(part, subject)
        case Not(inner):
            yield from _settling(inner, subject)
        case Field(name, values) if truth is Truth.YES:
            fitting = tuple(value for value in values if holds(Field(name, (value,)), subject) is Truth.YES)
            yield Settled(written(Field(name, fitting)), truth)
        case _:
            yield Settled(written(condition), truth, _unknown(condition, subject) if truth is Truth.UNKNOWN else "")


def _unknown(condition: Field | Taken | People | Roster, subject: Subject) -> str:
    if subject.facts.state != "read":
        return (
            "the file could be read only in part" if subject.facts.state == "partial" else "the file could not be read"
        )
    match condition:
        case People():
            return "the file names and marks nobody"
        case Roster():
            return "not everybody in the file is known to the roster, or the roster does not say"
        case Taken():
            return "the file gives no day" if subject.facts.taken is None else "the file gives no whole day"
        case Field(name):
            return f"the file gives no {_SAID.get(name, name)}"


_SAID = {"caption_has": "caption", "official_marker": "official marker", "hierarchy": "keyword hierarchy"}
