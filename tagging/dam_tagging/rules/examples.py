"""Tries the examples of rule files (`this asset gets that tag`), and finds rules that they do not cover. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dam_tagging.rules.apply import Outcome, apply
from dam_tagging.rules.conditions import Subject
from dam_tagging.rules.model import RuleSet

Value: TypeAlias = str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """An asset and the expected results of the rules. Only the results in `expect` are compared. `place`: `school.yaml:40`.

    `expect` holds texts, lists in any order, and for reasons either the reason or whether there is a reason.
    """

    name: str
    subject: Subject
    expect: Mapping[str, Value]
    place: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field whose value in an example is not the expected one."""

    field: str
    expected: Value
    found: Value


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of one example."""

    example: Example
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All examples, and the rules that fire in no example (`never_fired`) or in every example (`always_fired`)."""

    tried: tuple[Tried, ...]
    never_fired: tuple[str, ...]
    always_fired: tuple[str, ...]

    @property
    def failed(self) -> int:
        """Number of examples with another result than expected."""
        return sum(bool(each.differences) for each in self.tried)

    @property
    def covered(self) -> bool:
        """Whether each rule fires in one example and does not fire in another."""
        return not (self.never_fired or self.always_fired)


def try_examples(rules: RuleSet, examples: Iterable[Example]) -> Report:
    """Apply the rules to every example."""
    fired: dict[str, set[bool]] = {rule.name: set() for rule in rules.rules}
    tried = []
    for example in examples:
        outcome = apply(rules, example.subject)
        tried.append(Tried(example, tuple(_differences(example, outcome))))
        for rule in rules.rules:
            fired[rule.name].add(rule.name in outcome.fired)
    return Report(
        tuple(tried),
        tuple(name for name, seen in fired.items() if True not in seen),
        tuple(name for name, seen in fired.items() if seen == {True}),
    )


def _differences(example: Example, outcome: Outcome) -> Iterable[Difference]:
    found: dict[str, Value] = {
        "directory_status": outcome.directory_status or "undetermined",
        "official_use": tuple(outcome.official_uses),
        "closed": outcome.closed or False,
        "confidential": outcome.confidential or False,
        "record_pii": outcome.record_pii,
        "background": outcome.background,
        "meaning": outcome.meaning or "unreviewed",
        "hold": "; ".join(dict.fromkeys(outcome.holds)) or False,
        "fires": outcome.fired,
    }
    for name, expected in example.expect.items():
        if not _agree(expected, found[name]):
            yield Difference(name, expected, found[name])


def _agree(expected: Value, found: Value) -> bool:
    if isinstance(expected, tuple) and isinstance(found, tuple):
        return set(expected) == set(found)
    return bool(found) is expected if isinstance(expected, bool) else expected == found
