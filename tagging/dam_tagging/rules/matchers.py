"""How each condition is matched against facts. Three-valued: what a file does not say is unknown, not a no. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import contains, eq

from dam_tagging.facts import Facts, Truth, parts
from dam_tagging.rules.model import All, AnyOf, Condition, Field, Not, People, TextField

_NOT_A_WORD = re.compile(r"[\W_]+")
_ORDER = {Truth.NO: 0, Truth.UNKNOWN: 1, Truth.YES: 2}


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules look at: the facts, the object's key, and how many people are named or marked (0: nobody said)."""

    facts: Facts
    key: str
    people: int


def holds(condition: Condition, subject: Subject) -> Truth:
    """Return whether the condition holds: yes, no, or unknown where the file leaves it open."""
    match condition:
        case All(conditions):
            return min((holds(part, subject) for part in conditions), key=_ORDER.__getitem__)
        case AnyOf(conditions):
            return max((holds(part, subject) for part in conditions), key=_ORDER.__getitem__)
        case Not(inner):
            return _negated(holds(inner, subject))
        case People():
            return _people(condition, subject)
        case Field():
            return _field(condition, subject)


def folded(text: str) -> str:
    """Return a text without case and with single spaces."""
    return " ".join(text.casefold().split())


def words(text: str) -> str:
    """Return the words of a text, without case and punctuation, between spaces."""
    return f" {_NOT_A_WORD.sub(' ', text.casefold()).strip()} "


def key_matches(key: str, pattern: str) -> bool:
    """Return whether an object's key fits a pattern: `*` within a folder's name, `**` for any number of folders."""
    return _segments(key.casefold().split("/"), pattern.casefold().split("/"))


def _negated(truth: Truth) -> Truth:
    return {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}[truth]


def _people(condition: People, subject: Subject) -> Truth:
    if subject.people == 0 or subject.facts.state != "read":
        return Truth.UNKNOWN
    low = condition.at_least is None or subject.people >= condition.at_least
    high = condition.at_most is None or subject.people <= condition.at_most
    return Truth.YES if low and high else Truth.NO


def _field(condition: Field, subject: Subject) -> Truth:
    if condition.field == "key":
        return Truth.YES if any(key_matches(subject.key, value) for value in condition.values) else Truth.NO
    prepare, fits = _FITS[condition.field]
    given = [prepare(text) for text in _GIVEN[condition.field](subject.facts)]
    if any(fits(text, value) for value in map(prepare, condition.values) for text in given):
        return Truth.YES
    return Truth.NO if given and subject.facts.state == "read" else Truth.UNKNOWN


def _keywords(facts: Facts) -> Sequence[str]:
    """Return every keyword and part of a hierarchy, and what those hold that stand for several."""
    whole = [keyword.text for keyword in facts.keywords] + [part for path in facts.hierarchies for part in path]
    split = [part for text in whole for part in parts(text)]
    return (*whole, *split, *(part for text in split for part in parts(text)))


def _path(text: str) -> str:
    """Return a path of keywords, which the vertical bar separates, with a bar at its end."""
    return "".join(f"{folded(part)}|" for part in text.split("|"))


_GIVEN: dict[TextField, Callable[[Facts], Sequence[str]]] = {
    "event": lambda facts: [facts.event] if facts.event else [],
    "keyword": _keywords,
    "hierarchy": lambda facts: ["|".join(path) for path in facts.hierarchies],
    "caption_has": lambda facts: [caption.text for caption in facts.captions],
    "owner": lambda facts: facts.owner.split("; ") if facts.owner else [],
}
_FITS: dict[TextField, tuple[Callable[[str], str], Callable[[str, str], bool]]] = {
    "event": (words, contains),
    "keyword": (folded, eq),
    "hierarchy": (_path, str.startswith),
    "caption_has": (words, contains),
    "owner": (folded, eq),
}
"""How a text and a value are prepared, and how they are compared."""


def _segments(key: Sequence[str], pattern: Sequence[str]) -> bool:
    """Match part by part; `reached` holds the places in the key that the pattern so far can end at."""
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached), len(key) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in _within(reached, len(key)) if fnmatchcase(key[at], part)}
    return len(key) in reached


def _within(places: Iterable[int], end: int) -> Iterable[int]:
    return (place for place in places if place < end)
