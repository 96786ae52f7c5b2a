"""Whether a text names anybody of a roster but those who may be named. Pure; built once for a set, however many captions.

Names are kept as hashes alone: those of 20,000 students and their guardians take about two megabytes.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from dam_plugin.model import StudentRecord
from dam_tagging.names.written_names import (
    BETWEEN,
    MOST_PARTS,
    SHORTEST_NUMBER,
    UNSPACED,
    WORD,
    alone,
    folded,
    is_meant,
    orders,
    parts,
    plain,
    singular,
    unspaced,
    within,
)

_PSEUDONYM = re.compile(r"[SG][-_ ]?[0-9A-HJKMNP-TV-Z]{12}", re.IGNORECASE)
# Where the scripts begin in which a family name and a given name of a character or two are written as one.
_FIRST_OF_EAST_ASIA = "\u3040"
_SHORTEST_SPLIT, _LONGEST_SPLIT = 3, 4


class RosterNames:
    """Knows how every student of a roster and every guardian may be named."""

    __slots__ = ("_longest", "_parts", "_shared", "_whole")

    def __init__(self, students: Iterable[StudentRecord]) -> None:
        """Take everybody's names and numbers, of those who left too."""
        borne, whole = array("q"), array("q")
        self._longest = 0
        for each in students:
            if len(each.roster_id) >= SHORTEST_NUMBER:
                whole.append(hash("".join(parts(each.roster_id))))
            names = (*each.all_names, *(name for _, name in each.guardian_names))
            # Of one student and their family a part counts once: whoever else bears it is another.
            borne.extend(map(hash, {part for name in names for part in _parts(name)}))
            whole.extend(map(hash, {words for name in names for words in _together(name) | _joined(name)}))
            self._longest = max((self._longest, *(len(run) for name in names for run in _runs(name))))
        self._parts, self._shared = _distinct(borne), _several(borne)
        self._whole = _distinct(whole)

    def named_in(self, text: str, own: Iterable[str] = ()) -> bool:
        """Whether a text names anybody but the bearers of these names: by a name, a part of one, a number or pseudonym.

        A part that is a word of sentences too counts only where it is capitalised. A part of these names counts as
        theirs where nobody else, nor anybody's family, bears it; a whole one of several words always does.
        """
        return _Text(self, tuple(own)).names_others(plain(text))

    def has_part(self, word: str) -> bool:
        """Whether a folded word is a part of anybody's name."""
        return _holds(self._parts, word)

    def is_shared(self, word: str) -> bool:
        """Whether a folded word is a part of the names of several students or their families."""
        return _holds(self._shared, word)

    def has_whole(self, words: str) -> bool:
        """Whether folded words, written together, are anybody's whole name or number."""
        return _holds(self._whole, words)

    def runs(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the longest part of a name, folded, at each place of what a text writes without spaces, and its end."""
        for run in UNSPACED.finditer(text):
            for start in range(*run.span()):
                for end in range(min(run.end(), start + self._longest), start + 1, -1):
                    if self.has_part(part := folded(text[start:end])):
                        yield end, part
                        break


class _Text:
    """Looks through one text for anybody but these."""

    def __init__(self, roster: RosterNames, own: Sequence[str]) -> None:
        self._roster = roster
        self._own = {part for name in own for part in _parts(name) if not roster.is_shared(part)}
        self._whole = {words for name in own for words in (*_together(name), *self._own.intersection(_joined(name)))}

    def names_others(self, text: str) -> bool:
        if _PSEUDONYM.search(text) or self._runs_on(text):
            return True
        words = list(WORD.finditer(text))
        at = 0
        while at < len(words):
            told = words[at : at + MOST_PARTS]
            # A whole name says who is meant, whoever shares a part of it.
            whole = self._own_name(text, told)
            if not whole and (self._begins_name(text, told) or self._is_within(told[0][0])):
                return True
            at += whole or 1
        return False

    def _is_within(self, word: str) -> bool:
        """Whether somebody else is named within a word that is written together."""
        return any(self._is_part(word[start:end]) for start, end in within(word))

    def _runs_on(self, text: str) -> bool:
        """Whether somebody else is named where a text writes no spaces."""
        told = 0
        for end, part in self._roster.runs(text):
            # What stands within a name of theirs is nobody else's.
            if end > told and part not in self._own:
                return True
            told = max(told, end)
        return False

    def _own_name(self, text: str, words: Sequence[re.Match[str]]) -> int:
        """Return how many of these words are a whole name, the longest from the first on, where it is theirs: else 0."""
        told = folded(words[0][0])
        # Written together it may be a first name of somebody else.
        found = int(told in self._whole and not self._roster.has_part(told))
        for count, (one, two) in enumerate(pairwise(words), 2):
            if not BETWEEN.fullmatch(text, one.end(), two.start()):
                break
            told += folded(two[0])
            if told in self._whole or told.removesuffix("s") in self._whole:
                found = count
            elif self._roster.has_whole(told):
                found = 0
        return found

    def _begins_name(self, text: str, words: Sequence[re.Match[str]]) -> bool:
        """Whether the first of these words is a part of a name, or begins one that the next ones go on with."""
        if self._is_part(words[0][0]):
            return True
        told = [folded(words[0][0])]
        for one, two in pairwise(words):
            if not BETWEEN.fullmatch(text, one.end(), two.start()):
                return False
            told.append(folded(two[0]))
            if any(map(self._is_whole, ("".join(told), "".join(singular(told))))):
                return True
            letters = "".join(told)
            if len(letters) == len(told) and letters not in self._own and self._roster.has_part(letters):
                return True
        return False

    def _is_part(self, word: str) -> bool:
        told = folded(word)
        for each in dict.fromkeys((told, *singular([told]))):
            if self._is_whole(each):
                return True
            if each in self._own:
                return False
            if self._roster.has_part(each) and is_meant(each, word):
                return True
        return False

    def _is_whole(self, words: str) -> bool:
        return words not in self._whole and self._roster.has_whole(words)


def _parts(name: str) -> set[str]:
    """Return what names somebody by itself, or within a text that has no spaces."""
    return alone(name).union(map(folded, _runs(name)))


def _runs(name: str) -> set[str]:
    """Return what of a name can stand within a text that has no spaces, its family and given name by themselves too."""
    words = tuple(plain(name).split())
    runs = unspaced(name)
    if all(map(UNSPACED.fullmatch, words)):
        runs |= {"".join(order) for order in orders(words)}
    for run in UNSPACED.findall(plain(name)):
        if _SHORTEST_SPLIT <= len(run) <= _LONGEST_SPLIT and run >= _FIRST_OF_EAST_ASIA:
            runs |= {part for at in (1, 2) for part in (run[:at], run[at:])}
    return {run for run in runs if len(run) > 1}


def _together(name: str) -> set[str]:
    """Return a name of several words as it is written without anything between them, in each order."""
    words = parts(name)
    return {"".join(order) for order in orders(words)} if len(words) > 1 else set()


def _joined(name: str) -> set[str]:
    """Return the parts of a name that a hyphen or apostrophe joins, as one."""
    return {"".join(words) for chunk in name.split() if len(words := parts(chunk)) > 1}


def _distinct(hashes: array[int]) -> array[int]:
    return array("q", (each for each, _ in groupby(sorted(hashes))))


def _several(hashes: array[int]) -> array[int]:
    """Return those that are there more than once."""
    return _distinct(array("q", (one for one, two in pairwise(sorted(hashes)) if one == two)))


def _holds(hashes: array[int], text: str) -> bool:
    wanted = hash(text)
    at = bisect_left(hashes, wanted)
    return at < len(hashes) and hashes[at] == wanted
