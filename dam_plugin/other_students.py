"""Leaves other students out of a text that goes to one student's family. Pure; who they are, the roster says.

A name is found whole, however it is written; a first or last name alone too, unless it is the student's own, or an
everyday word that is not capitalised. The names of other students' guardians are left out as theirs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise

from dam_plugin.model import StudentRecord

ANOTHER = "another student"

# Letters with their accents, or digits: what stands between them, an underscore too, parts words.
_WORD = re.compile("(?:[^\\W\\d_][\u0300-\u036f]*)+|\\d+")
# What may stand between the parts of one name.
_BETWEEN = re.compile(r"[\s.,'\u2019_+/-]*")
_PSEUDONYM = re.compile(r"S[-_ ]?([0-9A-HJKMNP-TV-Z]{12})", re.IGNORECASE)
_HYPHENS = re.compile(r"[\u058a\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
# Scripts that are written without a space between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
_MOST_PARTS = 8
_SHORTEST_NUMBER = 3
# Letters of other alphabets that look like Latin ones.
_ALIKE = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501"
    "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131",
    "abekmhopctyxijsdabeikvoptuxi",
)
# Words of sentences that are names too: without a capital letter they are taken as the word.
_EVERYDAY = frozenset({
    "an", "art", "ash", "autumn", "bay", "best", "bill", "black", "blue", "bond", "brown", "carol", "chance",
    "christian", "cook", "cross", "daisy", "dawn", "day", "do", "dean", "dick", "don", "drew", "eve", "faith",
    "field", "fisher", "ford", "frank", "gene", "grace", "grant", "gray", "green", "hall", "hand", "heart", "hill",
    "holly", "hope", "hunter", "ivy", "jack", "jade", "joy", "king", "lake", "lance", "law", "lee", "long", "love",
    "mark", "mason", "may", "miles", "mo", "moon", "more", "my", "no", "page", "park", "penny", "pierce", "pike",
    "police", "price", "rain", "ray", "rich", "river", "robin", "rose", "rush", "sage", "sandy", "see", "short",
    "sky", "so", "star", "stone", "storm", "summer", "sun", "sunny", "sue", "to", "van", "victor", "violet", "wade",
    "wall", "ward", "water", "way", "west", "white", "will", "winter", "wise", "wolf", "wood", "worth", "yi",
    "young", "you",
})  # fmt: skip


class OtherStudents:
    """Knows every student of a roster but one."""

    __slots__ = ("_alone", "_joined", "_numbers", "_own_id", "_unspaced", "_whole")

    def __init__(self, own: StudentRecord, students: Iterable[StudentRecord]) -> None:
        """Take the student whose record it is, and everybody's names and numbers."""
        self._own_id = own.id
        self._whole: set[tuple[str, ...]] = set()
        self._alone: set[str] = set()
        self._numbers: set[str] = set()
        unspaced: set[str] = set()
        # A parent's first name is left to the student whose parent it is, too.
        theirs = {part for _, name in own.guardian_names for part in _alone(name)}
        for each in students:
            if each.id == own.id:
                continue
            # A shorter number is an everyday one.
            number = _parts(each.roster_id) if len(each.roster_id) >= _SHORTEST_NUMBER else ()
            self._numbers |= {"".join(number)} - {""}
            self._whole |= {number} if len(number) > 1 else set()
            guardians = [name for _, name in each.guardian_names]
            for name in (*each.names, *guardians):
                self._add(_parts(name))
                self._whole |= {parts for chunk in name.split() if len(parts := _parts(chunk)) > 1}
                self._alone |= _alone(name) - (theirs if name in guardians else set())
                unspaced |= {found for found in _UNSPACED.findall(_plain(name)) if len(found) > 1}
                unspaced |= {joined for joined in ["".join(_plain(name).split())] if _UNSPACED.fullmatch(joined)}
        self._keep(own)
        self._joined = {joined for parts in self._whole if len(joined := "".join(parts)) >= _SHORTEST_NUMBER}
        own_text = "".join(map(_plain, own.names)).replace(" ", "")
        self._unspaced = _any_of({each for each in unspaced if each not in own_text})

    def _add(self, parts: tuple[str, ...]) -> None:
        self._whole |= {parts, parts[::-1], (*parts[-1:], *parts[:-1])}

    def _keep(self, own: StudentRecord) -> None:
        """Leave what is the student's own name, or whole that of a guardian of theirs."""
        self._alone -= {part for name in own.names for part in _alone(name)}
        for name in (*own.names, *(name for _, name in own.guardian_names)):
            self._whole -= {_parts(name)}

    def without(self, text: str) -> str:
        """Return a text in which nobody else of the roster is named, by name, number or pseudonym."""
        told = _PSEUDONYM.sub(self._pseudonym, _plain(text))
        if self._unspaced is not None:
            told = self._unspaced.sub(ANOTHER, told)
        pieces: list[str] = []
        end = 0
        for start, stop in self._named(told):
            between = told[end:start]
            if not pieces or not _BETWEEN.fullmatch(between) or pieces[-1] != ANOTHER:
                pieces.append(between)
                pieces.append(ANOTHER)
            end = stop
        return "".join([*pieces, told[end:]])

    def _pseudonym(self, found: re.Match[str]) -> str:
        return found[0] if f"S-{found[1].upper()}" == self._own_id else ANOTHER

    def _named(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where somebody else is named: start and end."""
        words = list(_WORD.finditer(text))
        at = 0
        while at < len(words):
            count = self._count(text, words[at : at + _MOST_PARTS])
            if count:
                yield words[at].start(), words[at + count - 1].end()
            else:
                yield from self._humped(words[at])
            at += max(count, 1)

    def _count(self, text: str, words: list[re.Match[str]]) -> int:
        """Return how many words from here on are one name, 0 where the first is none."""
        folded = [_folded(word[0]) for word in words]
        for count in range(len(words), 1, -1):
            joined = all(_BETWEEN.fullmatch(text, one.end(), two.start()) for one, two in pairwise(words[:count]))
            if joined and (tuple(folded[:count]) in self._whole or _singular(folded[:count]) in self._whole):
                return count
        return int(self._is_name(words[0][0]))

    def _humped(self, word: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Yield where a name stands within a word that is written together (`CalebFight`)."""
        starts = [0, *_humps(word[0]), len(word[0])]
        for start, stop in pairwise(starts if len(starts) > 2 else ()):
            if self._is_name(word[0][start:stop]):
                yield word.start() + start, word.start() + stop

    def _is_name(self, word: str) -> bool:
        folded = _folded(word)
        if folded in self._numbers or folded in self._joined:
            return True
        for each in dict.fromkeys([folded, *_singular([folded])]):
            if each in self._joined or (each in self._alone and (each not in _EVERYDAY or word[:1].isupper())):
                return True
        return False


def _plain(text: str) -> str:
    """Return a text without what is not to be seen in it, each hyphen the same."""
    composed = unicodedata.normalize("NFC", _HYPHENS.sub("-", text))
    return "".join(each for each in composed if unicodedata.category(each) != "Cf")


def _alone(name: str) -> set[str]:
    """Return what names somebody by itself: each part of a name, and parts that a hyphen or apostrophe joins, as one."""
    joined = {"".join(_parts(chunk)) for chunk in name.split()}
    return {part for part in (*_parts(name), *joined) if len(part) > 1}


def _parts(name: str) -> tuple[str, ...]:
    return tuple(_folded(word) for word in _WORD.findall(_plain(name)))


def _singular(folded: list[str]) -> tuple[str, ...]:
    """Return words, the last without the s of a plural or of whose something is."""
    *others, last = folded
    return (*others, last[:-1] if last.endswith("s") and len(last) > _SHORTEST_NUMBER else last)


def _humps(word: str) -> Iterator[int]:
    """Yield where a capital letter begins another word within one."""
    for at in range(1, len(word)):
        ends = word[at - 1].isupper() and at + 1 < len(word) and word[at + 1].islower()
        if word[at].isupper() and (word[at - 1].islower() or ends):
            yield at


def _any_of(texts: set[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True)))) if texts else None


def _folded(word: str) -> str:
    """Return a word so that every case and accent of it are one, and letters that look alike."""
    apart = unicodedata.normalize("NFKD", word).casefold()
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(_ALIKE)
