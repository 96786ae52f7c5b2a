"""What is wrong with a case, as people read it: the field's path, a sentence, and the word that was probably meant.

Knows no file: `case.py` finds the problems, `documents.py` knows their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from pydantic_core import ErrorDetails

from dam_plugin.errors import Problem
from dam_plugin.procedure.exceptions import ROLES

Path = tuple[str | int, ...]
# Line and column of a text, both from 1; columns are characters.
Place = tuple[int, int]

LONGEST_WORD = 64
LONGEST_SHOWN = 100
# What all the words of one case may be compared with, so that a hostile case costs no minutes.
COMPARISONS = 20_000
FIELD, STUDENT = 0.6, 0.5
# A wrong guess at a value names a role with other rights: only what is hardly more than misspelt is guessed.
VALUE = 0.75
# What people say for a value that is written otherwise, and whose letters are too far from it.
SAID_FOR: Final[Mapping[str, str]] = {word: role.id for role in ROLES.values() for word in role.said_for}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a document: the path within the whole document, and where it points when that is known.

    `at_key` points at the field's name instead of its value.
    """

    path: Path
    message: str
    at_key: bool = False
    place: Place | None = None


class Unread:
    """Stands where a value could not be read; that was told already, so no more is said about its field."""

    __slots__ = ()


UNREAD: Final = Unread()


class Hints:
    """Guesses what was meant, within a bound of comparisons for one case."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        """Begin with the whole bound."""
        self._left = COMPARISONS

    def hint(self, word: str, known: tuple[str, ...], closeness: float = FIELD) -> str:
        """Return `; did you mean 'x'?` for the closest of the known words, or nothing when none is close."""
        close = self._closest(word, known, closeness)
        return f"; did you mean '{short(close)}'?" if close else ""

    def hint_of_value(self, word: str, known: tuple[str, ...]) -> str:
        """Return `hint` for a value of a closed set: what the word is said for, else one that is hardly misspelt."""
        said_for = SAID_FOR.get(word.casefold())
        return f"; did you mean '{said_for}'?" if said_for in known else self.hint(word, known, VALUE)

    def _closest(self, word: str, known: tuple[str, ...], closeness: float) -> str | None:
        if len(word) > LONGEST_WORD or self._left < len(known):
            return None
        self._left -= len(known)
        matcher = SequenceMatcher(b=word)
        best, closest = closeness, None
        for each in known:
            matcher.set_seq1(each[: LONGEST_WORD + 1])
            if each == word or matcher.real_quick_ratio() < best or matcher.quick_ratio() < best:
                continue
            ratio = matcher.ratio()
            if ratio > best or (closest is None and ratio == best):
                best, closest = ratio, each
        return closest


def problem(finding: Finding, *, wrapped: bool, file: str | None = None, place: Place | None = None) -> Problem:
    """Return a finding as it is shown: its path within the case, which stands under `case` when `wrapped`."""
    path = finding.path[1:] if wrapped and finding.path[:1] == ("case",) else finding.path
    line, column = place or (None, None)
    return Problem(dotted(path), finding.message, file, line, column)


def dotted(path: Path) -> str:
    """Return a path as it is shown: `asset.appearances[0].student`."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{short(part)}" if shown else short(str(part))
    return shown


def short(text: str) -> str:
    """Return a text that may be megabytes as it is shown."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def field_findings(
    details: Iterable[ErrorDetails], fields: Mapping[tuple[str, ...], tuple[str, ...]], prefix: Path, hints: Hints
) -> Iterator[Finding]:
    """Yield what pydantic found; `fields` gives the names known at each path, without the indices of lists."""
    for detail in details:
        if detail["input"] is UNREAD:
            continue
        kind, loc = detail["type"], detail["loc"]
        unknown = kind in ("unexpected_keyword_argument", "invalid_key")
        if unknown:
            beside = fields.get(tuple(part for part in loc[:-1] if isinstance(part, str)), ())
            message = f"is not known here{hints.hint(str(loc[-1]), beside)}"
        elif kind == "literal_error":
            message = _outside(detail["input"], detail["ctx"], hints)
        else:
            message = _SENTENCES.get(kind) or detail["msg"]
        yield Finding((*prefix, *loc), message, at_key=unknown)


def _outside(given: object, context: Mapping[str, Any], hints: Hints) -> str:
    words = tuple(str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
    return f"must be one of {', '.join(words)}{hints.hint_of_value(given, words) if isinstance(given, str) else ''}"


_SENTENCES = {
    "missing": "is required",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "date_type": "must be a date written YYYY-MM-DD",
    "dataclass_type": "must be a mapping of fields",
    "dataclass_exact_type": "must be a mapping of fields",
    "tuple_type": "must be a list",
    "greater_than_equal": "must not be negative",
}
