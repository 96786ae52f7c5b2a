"""The rulings that a district may settle more strictly by itself: one switch each, and which are in force. Pure.

What is ruled without a switch, and what an attorney might rule instead, is in `rulings.py`; a district's file of rulings is
read in `read_rulings.py`. Each switch is read where its ruling is marked in the code, and nowhere else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

# The value of every switch that keeps what the program does, once an attorney has said so.
BUILT_IN_VALUE = "built-in"
DIGEST = 12


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: its ruling, the value that makes it stricter, the field of `Rulings` that it sets, what is ruled then.

    `looser`: answers that an attorney might prefer and a file may not choose, by the word for each. `not_for` says for whom
    the stricter answer is none.
    """

    ruling: str
    value: str
    sets: str
    says: str
    looser: Mapping[str, str] = field(default_factory=dict)
    not_for: str = ""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a district ruled: the value of a switch, who decided it, on which day, and why."""

    ruling: str
    value: str
    by: str
    on: date
    why: str


@dataclass(frozen=True, slots=True)
class Rulings:
    """Which switches are in force; none are the rulings as they are built in. `ruled` says who decided."""

    juvenile_own_only: bool = False
    staff_confirmed: bool = False
    order_complete: bool = False
    unnamed_first: bool = False
    meaning_first: bool = False
    rights_by_age: bool = False
    custodian_first: bool = False
    ruled: tuple[Ruled, ...] = field(default=(), compare=False)

    @property
    def in_force(self) -> tuple[Switch, ...]:
        """Return the switches in force."""
        return tuple(each for each in SWITCHES.values() if getattr(self, each.sets))

    @property
    def plain(self) -> dict[str, str]:
        """Return the switches in force as plain data: the value of each by its ruling."""
        return {each.ruling: each.value for each in self.in_force}

    @property
    def digest(self) -> str:
        """Return a short digest of the switches in force; who decided them makes no difference."""
        return digest_of(self.plain)

    def decided(self, ruling: str) -> Ruled | None:
        """Return who decided a ruling, None where nobody has."""
        return next((each for each in self.ruled if each.ruling == ruling), None)

    def without(self, ruling: str) -> Rulings:
        """Return the same with one ruling as it is built in."""
        return _with_fields(self, {SWITCHES[ruling].sets: False})


def digest_of(plain: object) -> str:
    """Return the first digits of the SHA-256 of plain data."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST]


def rulings_with(rulings: Iterable[str]) -> Rulings:
    """Return the rulings with the switches of these in force. Raises KeyError for a ruling without a switch."""
    return _with_fields(BUILT_IN, {SWITCHES[each].sets: True for each in rulings})


def rulings_of(ruled: Iterable[Ruled]) -> Rulings:
    """Return the rulings that a district decided; one whose value is `built-in` changes nothing."""
    kept = tuple(ruled)
    strict = (each.ruling for each in kept if each.value != BUILT_IN_VALUE)
    return replace(rulings_with(strict), ruled=kept)


def _with_fields(rulings: Rulings, fields: Mapping[str, Any]) -> Rulings:
    return replace(rulings, **fields)


BUILT_IN = Rulings()
SWITCHES: Mapping[str, Switch] = {
    each.ruling: each
    for each in (
        Switch(
            "staff-on-the-spot",
            "confirmed",
            "staff_confirmed",
            "Staff who are neither custodian nor designee may act only once an administrator, by name, or a call back to the "
            "agency has confirmed it; without that the custodian answers, at once.",
            {"anybody": "Staff may act for anybody who needs it."},
        ),
        Switch(
            "anybody-unnamed",
            "before-exceptions",
            "unnamed_first",
            "An unnamed person holds also what an exception would release whole, but not in an emergency or for a mandated "
            "report: a person looks first.",
            {
                "students-only": "Only who looks like a student.",
                "foreground-only": "Only in the foreground.",
            },
        ),
        Switch(
            "exceptions-before-redaction",
            "custodian-first",
            "custodian_first",
            "Where a copy could hide whom the exception is not about, school officials, the juvenile office and orders get the "
            "whole recording only once the custodian has considered that copy.",
        ),
        Switch(
            "juvenile-whole",
            "own-only",
            "juvenile_own_only",
            "The juvenile office sees the students whom it serves, one by one, as the police do; the others are hidden, for "
            "34 CFR 99.38 speaks of that student alone.",
        ),
        Switch(
            "order-from-anyone",
            "issuer-counsel-scope",
            "order_complete",
            "An order counts only with the court or agency that issued it, the counsel who verified it, and the recordings "
            "that it reaches.",
        ),
        Switch(
            "postsecondary",
            "by-age",
            "rights_by_age",
            "The parents keep their rights until 18, in college or not; what a student of 16 signs does not count, and what a "
            "parent signs does.",
            not_for="the student's own parents, and whom they consent to",
        ),
        Switch(
            "unreviewed-meaning",
            "nothing",
            "meaning_first",
            "Nothing is redacted before a custodian has looked at what that does to the meaning.",
            {"preserved": "Redaction always keeps the meaning."},
        ),
    )
}
