"""The schema of rules: conditions, consequences, a rule, a set of rules with its digest; the error of a rule file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from dam_tagging.facts import DirectoryStatus, OfficialPurpose

TextField = Literal["event", "key", "keyword", "hierarchy", "caption_has", "owner"]


class RuleFileError(ValueError):
    """Rule files that cannot be used, with every problem: `school.yaml:7:22: 'at_leest' is not known here; ...`."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the problems in the order of the files."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Field:
    """A text of the file or its key is one of these values, in the field's own way (`matchers`)."""

    field: TextField
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """As many people are named or marked in the file; either bound may be left out."""

    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Condition


Condition: TypeAlias = Field | People | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Consequences:
    """What follows when a rule fires; what is left out is not touched."""

    directory_status: DirectoryStatus | None = None
    official_use: tuple[OfficialPurpose, ...] = ()
    closed: str | None = None
    confidential: str | None = None
    background: bool = False
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, its condition, what follows, and why in plain words."""

    name: str
    when: Condition
    then: Consequences
    why: str


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a district; their order does not matter."""

    rules: tuple[Rule, ...] = ()

    @property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the rules' content, whatever their order or files."""
        content = [
            {"kinds": _kinds(rule.when), **asdict(rule)} for rule in sorted(self.rules, key=lambda rule: rule.name)
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _kinds(condition: Condition) -> list[object]:
    """Return the shape of a condition: `asdict` drops the class names, and `all` and `any` look alike without."""
    match condition:
        case All(conditions) | AnyOf(conditions):
            return [type(condition).__name__, *(_kinds(part) for part in conditions)]
        case Not(inner):
            return ["Not", _kinds(inner)]
        case _:
            return [type(condition).__name__]
