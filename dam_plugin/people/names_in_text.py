"""Finds the people of a roster in a text: to check a caption, or to remove other students from a record. Pure.

A whole name is found in any spelling. A first or last name alone is found too, unless it is the student's own, or an
everyday word that is not capitalised. Guardians' names count as those of their students. `RosterNames` answers yes or
no for many texts. It keeps names as hashes: those of 20,000 students and their guardians take about two megabytes.
`OtherStudents` rewrites a text.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import groupby, pairwise

from dam_plugin.model import StudentRecord
from dam_plugin.store.roster_names import RUN, borne_by, letters_of
from dam_tagging.names.written_names import (
    BETWEEN,
    MOST_PARTS,
    SHORTEST_NUMBER,
    UNSPACED,
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
_PSEUDONYM = re.compile(r"[SG][-_ ]?[0-9A-HJKMNP-TV-Z]{12}", re.IGNORECASE)
_STUDENT = re.compile(r"S[-_ ]?([0-9A-HJKMNP-TV-Z]{12})", re.IGNORECASE)
# As a person types it: in any case, with O for 0, I or L for 1, and any or no sign after the S.
_TYPED = re.compile(r"(?<![0-9A-Z])S\s*([-_]?)\s*([0-9A-Z]{12})(?![0-9A-Z])", re.IGNORECASE)
_MISREAD = str.maketrans("OIL", "011")
# Where the scripts begin in which a family name and a given name of a character or two are written as one.
_FIRST_OF_EAST_ASIA = "\u3040"
_SHORTEST_SPLIT, _LONGEST_SPLIT = 3, 4


@dataclass(frozen=True, slots=True)
class TypedPseudonym:
    """What may be a student's pseudonym in a text: as it is kept, whether it can be nothing else, and where it stands."""

    student: str
    is_certain: bool
    start: int
    end: int


def typed_pseudonyms(text: str) -> tuple[TypedPseudonym, ...]:
    """Return what may be students' pseudonyms in a text, in order; the places are those of `plain(text)`.

    With a hyphen it can be nothing else. Without, it may be a word of 13 letters: ask whether there is such a student.
    """
    return tuple(
        TypedPseudonym("S-" + found[2].upper().translate(_MISREAD), bool(found[1]), *found.span())
        for found in _TYPED.finditer(plain(text))
    )


def has_name_of(text: str, student: StudentRecord) -> bool:
    """Whether a text holds a student's whole name, in any order and spelling: all of it, or given and family name."""
    words = parts(text)
    either = {words, *(singular(words[: at + 1]) + words[at + 1 :] for at in range(len(words)))}
    names = (*student.all_names, f"{student.given or ''} {student.family or ''}")
    return any(
        told[at : at + len(order)] == order
        for name in map(parts, names)
        if len(name) > 1
        for order in orders(name)
        for told in either
        for at in range(len(told) - len(order) + 1)
    )


class RosterNames:
    """Holds the possible names of every student of a roster and of every guardian."""

    __slots__ = ("_longest", "_parts", "_shared", "_whole")

    def __init__(self, students: Iterable[StudentRecord]) -> None:
        """Take the names and numbers of all people, also of those who left."""
        borne, whole = array("q"), array("q")
        self._longest = 0
        for each in students:
            if len(each.roster_id) >= SHORTEST_NUMBER:
                whole.append(hash("".join(parts(each.roster_id))))
            names = names_of([each])
            # A part counts once for a student and the student's family: any further bearer is another person.
            borne.extend(map(hash, {part for name in names for part in _parts(name)}))
            whole.extend(map(hash, {words for name in names for words in _together(name) | _joined(name)}))
            self._longest = max((self._longest, *(len(run) for name in names for run in _runs(name))))
        self._parts, self._shared = _distinct(borne), _several(borne)
        self._whole = _distinct(whole)

    def named_in(self, text: str, own: Iterable[str] = ()) -> bool:
        """Whether a text names a person other than the bearers of these names: by name, part of a name, number or pseudonym.

        A part that is also an ordinary word counts only if it is capitalised. A part of these names counts as theirs
        if it belongs to no other person and no other family. A whole name of several words always counts as theirs.
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
        """Yield the longest part of a name, folded, with its end, at each place of a text that is written without spaces."""
        for run in UNSPACED.finditer(text):
            for start in range(*run.span()):
                for end in range(min(run.end(), start + self._longest), start + 1, -1):
                    if self.has_part(part := folded(text[start:end])):
                        yield end, part
                        break


def names_of(students: Iterable[StudentRecord]) -> list[str]:
    """Return every name of these students and of their guardians: what a text of their own family may say."""
    return [name for each in students for name in (*each.all_names, *(name for _, name in each.named_guardians))]


class _Text:
    """Searches one text for people other than the given ones."""

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
            # A whole name identifies its bearer, even if others share a part of it.
            whole = self._own_name(text, told)
            if not whole and (self._begins_name(text, told) or self._is_within(told[0][0])):
                return True
            at += whole or 1
        return False

    def _is_within(self, word: str) -> bool:
        """Whether a word that is written together names another person."""
        return any(self._is_part(word[start:end]) for start, end in within(word))

    def _runs_on(self, text: str) -> bool:
        """Whether a text without spaces names another person."""
        told = 0
        for end, part in self._roster.runs(text):
            # A match within one of their names names no other person.
            if end > told and part not in self._own:
                return True
            told = max(told, end)
        return False

    def _own_name(self, text: str, words: Sequence[re.Match[str]]) -> int:
        """Return the length in words of the longest whole name that begins here and is theirs: else 0."""
        told = folded(words[0][0])
        # Written together it may be the first name of another person.
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
        """Whether the first of these words is a part of a name, or begins one that the next words continue."""
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
    """Return the strings that name a person by themselves, or within a text that has no spaces."""
    return alone(name).union(map(folded, _runs(name)))


def _runs(name: str) -> set[str]:
    """Return the parts of a name that can stand within a text without spaces; family and given name also by themselves."""
    words = tuple(plain(name).split())
    runs = unspaced(name)
    if all(map(UNSPACED.fullmatch, words)):
        runs |= {"".join(order) for order in orders(words)}
    for run in UNSPACED.findall(plain(name)):
        if _SHORTEST_SPLIT <= len(run) <= _LONGEST_SPLIT and run >= _FIRST_OF_EAST_ASIA:
            runs |= {part for at in (1, 2) for part in (run[:at], run[at:])}
    return {run for run in runs if len(run) > 1}


def _together(name: str) -> set[str]:
    """Return a name of several words written together, in each order."""
    words = parts(name)
    return {"".join(order) for order in orders(words)} if len(words) > 1 else set()


def _joined(name: str) -> set[str]:
    """Return the parts of a name that a hyphen or apostrophe joins, as one."""
    return {"".join(words) for chunk in name.split() if len(words := parts(chunk)) > 1}


def _distinct(hashes: array[int]) -> array[int]:
    return array("q", (each for each, _ in groupby(sorted(hashes))))


def _several(hashes: array[int]) -> array[int]:
    """Return the items that occur more than once."""
    return _distinct(array("q", (one for one, two in pairwise(sorted(hashes)) if one == two)))


def _holds(hashes: array[int], text: str) -> bool:
    wanted = hash(text)
    at = bisect_left(hashes, wanted)
    return at < len(hashes) and hashes[at] == wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides how a text is told: its words, folded, and what `letters_of` says of words that may be a whole name."""

    words: frozenset[str]
    wholes: frozenset[str]


class OtherStudents:
    """Holds the names of every student of a roster but one."""

    __slots__ = ("_alone", "_joined", "_numbers", "_own_id", "_unspaced", "_whole")

    def __init__(self, own: StudentRecord, students: Iterable[StudentRecord]) -> None:
        """Take the student whose record it is, and the names and numbers of all people."""
        self._own_id = own.id
        self._whole: set[tuple[str, ...]] = set()
        self._alone: set[str] = set()
        self._numbers: set[str] = set()
        runs: set[str] = set()
        # A parent's first name is kept for the student of that parent, too.
        theirs = borne_by(own).of_guardians
        for each in students:
            if each.id == own.id:
                continue
            borne = borne_by(each)
            self._numbers |= {"".join(borne.number)} - {""}
            self._whole |= {borne.number} if len(borne.number) > 1 else set()
            self._whole |= {order for words in borne.names for order in orders(words)} | borne.joined
            self._alone |= borne.own | (borne.of_guardians - theirs)
            runs |= borne.runs
        self._keep(own)
        self._joined = {joined for words in self._whole if len(joined := "".join(words)) >= SHORTEST_NUMBER}
        own_text = "".join(map(plain, own.all_names)).replace(" ", "")
        self._unspaced = any_of({each for each in runs if each not in own_text})

    def _keep(self, own: StudentRecord) -> None:
        """Keep the student's own name, and a guardian's name where it is whole."""
        self._alone -= {part for name in own.all_names for part in alone(name)}
        for name in (*own.all_names, *(name for _, name in own.named_guardians)):
            self._whole -= {parts(name)}

    def without(self, text: str) -> str:
        """Return a text without the names, numbers and pseudonyms of others on the roster."""
        told = self._without_runs(text)
        pieces: list[str] = []
        end = 0
        for start, stop in self._named(told):
            between = told[end:start]
            if not pieces or not BETWEEN.fullmatch(between) or pieces[-1] != ANOTHER:
                pieces.append(between)
                pieces.append(ANOTHER)
            end = stop
        return "".join([*pieces, told[end:]])

    def runs_asked(self, text: str) -> set[str]:
        """Return with what a name in a script without spaces may begin in a text: each sign, and each two of them."""
        runs = [each[0] for each in UNSPACED.finditer(self._without_runs(text))]
        return {run[at : at + length] for run in runs for at in range(len(run)) for length in range(1, RUN + 1)}

    def asked(self, text: str) -> Asked:
        """Return what of a roster decides how a text is told, once the names in scripts without spaces are known."""
        told = self._without_runs(text)
        found = list(WORD.finditer(told))
        words = {folded(piece) for each in found for piece in _pieces(each[0])}
        words |= {one for each in words for one in singular([each])}
        wholes = {letters_of([each]) for each in words}
        for at in range(len(found)):
            joined = list(_joined_words(told, found[at : at + MOST_PARTS]))
            for count in range(2, len(joined) + 1):
                wholes |= {letters_of(joined[:count]), letters_of(singular(joined[:count]))}
        return Asked(frozenset(words), frozenset(wholes))

    def _without_runs(self, text: str) -> str:
        """Return a text without pseudonyms of others, and without their names in scripts without spaces."""
        told = _STUDENT.sub(self._pseudonym, plain(text))
        return self._unspaced.sub(ANOTHER, told) if self._unspaced is not None else told

    def of_whole_names(self) -> OtherStudents:
        """Return the same without the single words of names: a law firm or a reporter may have a student's family name."""
        made = copy(self)
        made._alone = set()  # noqa: SLF001 - of the same class
        return made

    def but_for(self, names: Iterable[str]) -> OtherStudents:
        """Return the same without these whole names: who is told under one of them stays, and nobody beside."""
        made, spared = copy(self), {order for name in names for order in orders(parts(name))}
        made._whole = self._whole - spared  # noqa: SLF001 - of the same class
        made._joined = self._joined - set(map("".join, spared))  # noqa: SLF001
        return made

    def _pseudonym(self, found: re.Match[str]) -> str:
        return found[0] if f"S-{found[1].upper()}" == self._own_id else ANOTHER

    def _named(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each place that names another person."""
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
        told = list(_joined_words(text, words))
        for count in range(len(told), 1, -1):
            if tuple(told[:count]) in self._whole or singular(told[:count]) in self._whole:
                return count
        return int(self._is_name(words[0][0]))

    def _humped(self, word: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Yield the places of names within a word that is written together (`CalebFight`)."""
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


def _joined_words(text: str, words: Sequence[re.Match[str]]) -> Iterator[str]:
    """Yield the first of these words and those that may belong to one name with it, folded."""
    for before, word in pairwise([None, *words]):
        if word is None or (before is not None and not BETWEEN.fullmatch(text, before.end(), word.start())):
            return
        yield folded(word[0])


def _pieces(word: str) -> Iterator[str]:
    """Yield a word, and the words of which it is written together."""
    yield word
    yield from (word[start:stop] for start, stop in within(word))
