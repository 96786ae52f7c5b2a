"""The conditions of rules, as they are written. `matchers` tests them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

TextField = Literal[
    "event", "key", "key_has", "keyword", "hierarchy", "caption_has", "owner", "camera", "official_marker"
]


@dataclass(frozen=True, slots=True)
class Field:
    """A text of the file or its key is one of these values, in the field's own way (`matchers`)."""

    field: TextField
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """The recording was taken between two days, both included; either may be left out."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class People:
    """As many people are named or marked in the file; either bound may be left out."""

    at_least: int | None = None
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """One of the students that the file names has all of these properties by the roster; those left out do not matter."""

    grades: tuple[str, ...] = ()
    active: bool | None = None
    opted_out: bool | None = None


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


Condition: TypeAlias = Field | Taken | People | Roster | All | AnyOf | Not


def written(condition: Condition) -> str:
    """Return a condition as a person writes it, on one line."""
    match condition:
        case All(conditions) | AnyOf(conditions):
            word = "all" if isinstance(condition, All) else "any"
            return f"{word}: [{'; '.join(map(written, conditions))}]"
        case Not(inner):
            return f"not: {{{written(inner)}}}"
        case Field(name, values):
            return f"{name}: {values[0] if len(values) == 1 else _list(values)}"
        case _:
            return _asked(condition)


def _asked(condition: Taken | People | Roster) -> str:
    match condition:
        case Taken(first, last):
            return _pairs("taken", {"from": first, "to": last})
        case People(low, high):
            return _pairs("people", {"at_least": low, "at_most": high})
        case Roster(grades, active, opted_out):
            grade = _list(grades) if grades else None
            return _pairs("roster", {"grade": grade, "active": _flag(active), "opted_out": _flag(opted_out)})


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(values)}]"


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _pairs(name: str, given: dict[str, object]) -> str:
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in given.items() if value is not None)}}}"
