"""Brings texts, keys, days and grades into forms that can be compared. No I/O, no rules."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

MAX_LEVELS = 20
"""Levels of a keyword hierarchy that a rule can speak of; what lies deeper counts by the levels above it."""

LAST_GRADE = 12

_GRADE = re.compile(r"(?:grade )?(\d{1,2})(?:st|nd|rd|th)?(?: grade)?", re.ASCII)
_NAMED_GRADES = dict.fromkeys(("k", "kg", "kindergarten"), "kg") | dict.fromkeys(
    ("pk", "prek", "pre-k", "prekindergarten", "pre-kindergarten"), "pk"
)
_NOT_A_WORD = re.compile(r"[\W_]+")
_DAY = re.compile(r"(\d{4})([-:/]?)(\d{2})\2(\d{2})(?!\d)", re.ASCII)


def plain(text: str) -> str:
    """Return a text without case and invisible characters; letters are composed, so that equal ones are equal."""
    if text.isascii():
        return text.casefold()
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    # Casefolding can undo the normal form, and the normal form can bring back capitals.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold()).casefold()


def folded(text: str) -> str:
    """Return a text without case and with single spaces."""
    return " ".join(plain(text).split())


def words(text: str) -> str:
    """Return the words of a text, without case and punctuation, between spaces; a single space where it has none."""
    found = _NOT_A_WORD.sub(" ", plain(text)).strip()
    return f" {found} " if found else " "


def level(path: str) -> str:
    """Return a path of keywords, which vertical bars separate, in the form it is compared in."""
    return "|".join(folded(part) for part in path.split("|"))


def levels(path: tuple[str, ...]) -> list[str]:
    """Return a hierarchy's path and every path above it, in the form they are compared in."""
    parts = [part for each in path[:MAX_LEVELS] for part in level(each).split("|")][:MAX_LEVELS]
    return ["|".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def day_of(text: str | None) -> date | None:
    """Return the day that a file's time of recording begins with (`2026:08:14 10:00:00`, `2026-08-14`, `20260814`)."""
    found = _DAY.match(text.strip()) if text else None
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        return None


@lru_cache(maxsize=256)
def grade_of(text: str) -> str | None:
    """Return a grade as it is compared (`pk`, `kg`, `1` to `12`), or None: `07`, `7th` and `Grade 7` are `7`."""
    name = folded(text)
    if name in _NAMED_GRADES:
        return _NAMED_GRADES[name]
    found = _GRADE.fullmatch(name)
    number = int(found[1]) if found else 99
    return None if number > LAST_GRADE else str(number) if number else "kg"


@lru_cache(maxsize=256)
def grades_of(text: str) -> frozenset[str]:
    """Return the grades of a roster's cell, which may hold several (`07, 08`); none where it holds no grade."""
    return frozenset(grade for part in text.split(",") if (grade := grade_of(part)) is not None)
