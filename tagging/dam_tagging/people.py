"""Names and ids in metadata -> students of a roster: exact, alias, ambiguous or unknown. No I/O.

Nothing is guessed: two students who could be meant are ambiguous, and a name that is nearly right is unknown.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

MatchKind = Literal["exact", "alias", "ambiguous", "unknown"]

APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u0060": "'", "\u00b4": "'"})
SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
"""What may follow a comma without being a first name."""


@dataclass(frozen=True, slots=True)
class Person:
    """A student as the matcher knows them: pseudonym, names (the first is the display name), ids of other systems."""

    id: str
    names: tuple[str, ...]
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What a name or id led to; `student` (a pseudonym) is set for `exact` and `alias`. `by_id`: an id settled it."""

    kind: MatchKind
    student: str | None = None
    by_id: bool = False


UNKNOWN = Match("unknown")
AMBIGUOUS = Match("ambiguous")


@dataclass(frozen=True, slots=True)
class RosterIndex:
    """The names and ids of a roster, ready to be looked up."""

    _names: dict[str, dict[str, MatchKind]] = field(default_factory=dict)
    _ids: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, persons: Iterable[Person]) -> RosterIndex:
        """Build the index; the order of persons does not matter."""
        names: dict[str, dict[str, MatchKind]] = defaultdict(dict)
        ids: dict[str, set[str]] = defaultdict(set)
        for person in persons:
            for place, name in enumerate(person.names):
                if key := normalise(name):
                    names[key].setdefault(person.id, "alias" if place else "exact")
            for external in person.external_ids:
                if key := external.strip().casefold():
                    ids[key].add(person.id)
        return cls(dict(names), {key: frozenset(students) for key, students in ids.items()})

    def match(self, name: str, identifier: str | None = None, more_ids: Sequence[str] = ()) -> Match:
        """Return the student that an id and a name lead to.

        An id that the roster knows settles which of several namesakes is meant; one that contradicts the name is
        ambiguous, and one that the roster does not know is ignored.
        """
        named = self._names.get(normalise(name), {})
        given = (identifier, *more_ids) if identifier else tuple(more_ids)
        by_id = {student for one in given for student in self._ids.get(one.strip().casefold(), ())}
        if len(by_id) > 1:
            return AMBIGUOUS
        if by_id:
            (student,) = by_id
            if named and student not in named:
                return AMBIGUOUS
            return Match(named.get(student, "exact"), student, by_id=True)
        if len(named) > 1:
            return AMBIGUOUS
        return next((Match(kind, student) for student, kind in named.items()), UNKNOWN)


def normalise(name: str) -> str:
    """Return a name in the form it is compared in: no case, no diacritics, single spaces, `Last, First` turned."""
    folded = unicodedata.normalize("NFKD", name.translate(APOSTROPHES).casefold())
    plain = "".join(sign for sign in folded if not unicodedata.combining(sign))
    last, comma, first = plain.partition(",")
    if comma and "," not in first and first.strip() and first.strip() not in SUFFIXES:
        plain = f"{first} {last}"
    return " ".join(plain.split())
