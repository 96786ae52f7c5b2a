"""Names and ids in metadata -> students of a roster: exact, alias, ambiguous or unknown. No I/O.

A caption is searched for full names, every other text is compared as a whole.

Nothing is guessed: two students who could be meant are ambiguous, and a name that is nearly right is unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MatchKind = Literal["exact", "alias", "ambiguous", "unknown"]

APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u0060": "'", "\u00b4": "'"})
SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})
"""What may follow a comma without being a first name."""

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*|[^\w\s.'\"-]")
"""A word of a caption, or a sign that ends a name: hyphens and apostrophes join, full stops and quotes are no words."""


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
    _spoken: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    _lengths: dict[str, list[int]] = field(default_factory=dict)

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
        spoken = _by_words(names)
        lengths: dict[str, set[int]] = defaultdict(set)
        for words in spoken:
            lengths[words[0]].add(len(words))
        return cls(
            dict(names),
            {key: frozenset(students) for key, students in ids.items()},
            spoken,
            {first: sorted(counts, reverse=True) for first, counts in lengths.items()},
        )

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
        return _only(named)

    def mentioned(self, text: str) -> Iterable[tuple[str, Match]]:
        """Yield each full name (two words or more) that stands in a text, in the form it is compared in, and its match.

        Of several names that begin with the same word the longest counts.
        """
        words = _words(_plain(text))
        for at, first in enumerate(words):
            for length in self._lengths.get(first, ()):
                if names := self._spoken.get(tuple(words[at : at + length])):
                    yield names[0], _only({who: kind for name in names for who, kind in self._names[name].items()})
                    break


def normalise(name: str) -> str:
    """Return a name in the form it is compared in: `Last, First` turned, single spaces, and see `_plain`."""
    plain = _plain(name)
    last, comma, first = plain.partition(",")
    if comma and "," not in first and first.strip() and first.strip() not in SUFFIXES:
        plain = f"{first} {last}"
    return " ".join(plain.split())


def _plain(text: str) -> str:
    """Return a text without case, diacritics and the signs that nobody sees (Unicode's category Cf)."""
    folded = text.translate(APOSTROPHES).casefold()
    if folded.isascii():
        return folded
    # Decomposing brings forth capitals and apostrophes of its own: of a mathematical or a fullwidth sign, say.
    folded = unicodedata.normalize("NFKD", folded).translate(APOSTROPHES).casefold()
    return "".join(sign for sign in folded if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")


def _words(plain: str) -> list[str]:
    return [word.removesuffix("'s") for word in _WORD.findall(plain)]


def _by_words(names: Iterable[str]) -> dict[tuple[str, ...], list[str]]:
    """Return the full names by their words; names that differ only in punctuation share them."""
    spoken: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        words = tuple(_words(name)) if " " in name else ()
        if len(words) > 1:
            spoken[words].append(name)
    return dict(spoken)


def _only(named: Mapping[str, MatchKind]) -> Match:
    if len(named) > 1:
        return AMBIGUOUS
    return next((Match(kind, student) for student, kind in named.items()), UNKNOWN)
