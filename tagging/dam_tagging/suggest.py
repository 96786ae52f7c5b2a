"""Suggests students for a name that is not on the roster, each with a score. A person decides.

RapidFuzz measures how alike two names are. `short_forms` knows the short forms of first names. `match_students` uses
neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz, process

from dam_tagging.match_students import Person, normalise
from dam_tagging.names.short_forms import called_otherwise

LEAST_SCORE = 75
"""Least score of a suggestion, of 100. Names with a lower score have only some letters in common."""

MOST = 3
LONGEST = 100
"""Most characters of a name. A longer text is no name, and comparing it would take long."""

FOR_A_NICKNAME = 5
"""Points by which a likeness through a nickname counts less than the same likeness in spelling."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A student (a pseudonym) who may be meant. `score`: how alike the names are, of 100; `by`: the reason."""

    student: str
    score: int
    by: Literal["spelling", "nickname"]


class Suggester:
    """The names of a roster, prepared for comparing."""

    def __init__(self, persons: Iterable[Person]) -> None:
        """Take the students who may be suggested."""
        named = [(person.id, key) for person in persons for name in person.names if (key := normalise(name))]
        self._students = [student for student, _ in named]
        self._names = [name for _, name in named]

    def closest(self, name: str) -> tuple[Suggestion, ...]:
        """Return up to MOST students with names like this name, the most likely first."""
        key = normalise(name)
        if not key or len(key) > LONGEST:
            return ()
        found = [*self._like(key, "spelling", 0)]
        for other in sorted(_called_otherwise(key)):
            found += self._like(other, "nickname", FOR_A_NICKNAME)
        best: dict[str, Suggestion] = {}
        for one in sorted(found, key=lambda each: (-each.score, each.student)):
            best.setdefault(one.student, one)
        return tuple(best.values())[:MOST]

    def alike(self, word: str, students: Sequence[str]) -> tuple[Suggestion, ...]:
        """Return up to MOST students with names like this word, the most alike first."""
        key, wanted = normalise(word[:LONGEST]), set(students)
        best: dict[str, float] = {}
        for student, name in zip(self._students, self._names, strict=True):
            if student in wanted:
                best[student] = max(best.get(student, 0), fuzz.token_set_ratio(key, name))
        found = sorted(best.items(), key=lambda each: (-each[1], each[0]))
        return tuple(Suggestion(student, round(score), "spelling") for student, score in found[:MOST])

    def _like(self, key: str, by: Literal["spelling", "nickname"], less: int) -> Iterator[Suggestion]:
        # A student may have several names, so more names are taken than students are shown.
        alike: Sequence[tuple[str, float, int]] = process.extract(
            key, self._names, scorer=fuzz.token_sort_ratio, score_cutoff=LEAST_SCORE + less, limit=5 * MOST
        )
        for _, score, at in alike:
            yield Suggestion(self._students[at], round(score) - less, by)


def _called_otherwise(key: str) -> set[str]:
    """Return a name with other forms of its first word: Bob for Robert, and Robert for Bob."""
    first, space, rest = key.partition(" ")
    return {f"{other} {rest}" for other in called_otherwise(first)} if space else set()
