"""Leaves other students out of a text that goes to one student's family. Pure; who they are, the roster says.

A name is found whole, however it is written; a first or last name alone too, unless it is the student's own, or an
everyday word that is not capitalised. The names of other students' guardians are left out as theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from dam_plugin.model import StudentRecord
from dam_tagging.names.written_names import (
    BETWEEN,
    MOST_PARTS,
    SHORTEST_NUMBER,
    WORD,
    alone,
    any_of,
    folded,
    is_meant,
    orders,
    parts,
    plain,
    singular,
    unspaced,
    within,
)

ANOTHER = "another student"

_PSEUDONYM = re.compile(r"S[-_ ]?([0-9A-HJKMNP-TV-Z]{12})", re.IGNORECASE)


class OtherStudents:
    """Knows every student of a roster but one."""

    __slots__ = ("_alone", "_joined", "_numbers", "_own_id", "_unspaced", "_whole")

    def __init__(self, own: StudentRecord, students: Iterable[StudentRecord]) -> None:
        """Take the student whose record it is, and everybody's names and numbers."""
        self._own_id = own.id
        self._whole: set[tuple[str, ...]] = set()
        self._alone: set[str] = set()
        self._numbers: set[str] = set()
        runs: set[str] = set()
        # A parent's first name is left to the student whose parent it is, too.
        theirs = {part for _, name in own.guardian_names for part in alone(name)}
        for each in students:
            if each.id == own.id:
                continue
            # A shorter number is an everyday one.
            number = parts(each.roster_id) if len(each.roster_id) >= SHORTEST_NUMBER else ()
            self._numbers |= {"".join(number)} - {""}
            self._whole |= {number} if len(number) > 1 else set()
            guardians = [name for _, name in each.guardian_names]
            for name in (*each.all_names, *guardians):
                self._add(parts(name))
                self._whole |= {words for chunk in name.split() if len(words := parts(chunk)) > 1}
                self._alone |= alone(name) - (theirs if name in guardians else set())
                runs |= unspaced(name)
        self._keep(own)
        self._joined = {joined for words in self._whole if len(joined := "".join(words)) >= SHORTEST_NUMBER}
        own_text = "".join(map(plain, own.all_names)).replace(" ", "")
        self._unspaced = any_of({each for each in runs if each not in own_text})

    def _add(self, words: tuple[str, ...]) -> None:
        self._whole |= set(orders(words))

    def _keep(self, own: StudentRecord) -> None:
        """Leave what is the student's own name, or whole that of a guardian of theirs."""
        self._alone -= {part for name in own.all_names for part in alone(name)}
        for name in (*own.all_names, *(name for _, name in own.guardian_names)):
            self._whole -= {parts(name)}

    def without(self, text: str) -> str:
        """Return a text in which nobody else of the roster is named, by name, number or pseudonym."""
        told = _PSEUDONYM.sub(self._pseudonym, plain(text))
        if self._unspaced is not None:
            told = self._unspaced.sub(ANOTHER, told)
        pieces: list[str] = []
        end = 0
        for start, stop in self._named(told):
            between = told[end:start]
            if not pieces or not BETWEEN.fullmatch(between) or pieces[-1] != ANOTHER:
                pieces.append(between)
                pieces.append(ANOTHER)
            end = stop
        return "".join([*pieces, told[end:]])

    def _pseudonym(self, found: re.Match[str]) -> str:
        return found[0] if f"S-{found[1].upper()}" == self._own_id else ANOTHER

    def _named(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where somebody else is named: start and end."""
        words = list(WORD.finditer(text))
        at = 0
        while at < len(words):
            count = self._count(text, words[at : at + MOST_PARTS])
            if count:
                yield words[at].start(), words[at + count - 1].end()
            else:
                yield from self._humped(words[at])
            at += max(count, 1)

    def _count(self, text: str, words: list[re.Match[str]]) -> int:
        """Return how many words from here on are one name, 0 where the first is none."""
        told = [folded(word[0]) for word in words]
        for count in range(len(words), 1, -1):
            joined = all(BETWEEN.fullmatch(text, one.end(), two.start()) for one, two in pairwise(words[:count]))
            if joined and (tuple(told[:count]) in self._whole or singular(told[:count]) in self._whole):
                return count
        return int(self._is_name(words[0][0]))

    def _humped(self, word: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Yield where a name stands within a word that is written together (`CalebFight`)."""
        for start, stop in within(word[0]):
            if self._is_name(word[0][start:stop]):
                yield word.start() + start, word.start() + stop

    def _is_name(self, word: str) -> bool:
        told = folded(word)
        if told in self._numbers or told in self._joined:
            return True
        for each in dict.fromkeys([told, *singular([told])]):
            if each in self._joined or (each in self._alone and is_meant(each, word)):
                return True
        return False
