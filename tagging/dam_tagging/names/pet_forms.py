"""Finds short and other forms of first names that no list has, by their letters and their sound. Pure.

Lexi of Alexandra, Xander of Alexander, Evie of Evelyn, Katie of Kaitlyn, Kaylee for Kayleigh, Jackson for Jaxon. A form counts
only for a student whose family said no, and only where a word is written as a person's name: so it may be wide.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice, takewhile

SHORTEST_PART = 4
"""Fewest letters of a name that has such forms."""
SHORTEST_SOUND = 4
SHORTEST_END = 4
SHORTEST_STEM = 3
MOST_FORMS = 20

# Endings of short forms, as in Evie, Kathy, Mickey, Benji, Kate, Jojo, Lexa, Edik, Anka, Juanito, Becks.
_ENDINGS = ("ito", "ita", "ie", "ey", "ee", "ik", "ka", "y", "i", "e", "a", "o", "s", "z")
_CLEAR_ENDINGS = ("ie", "y", "i")
# How many neighbours in a sorted list are looked at.
_NEAR = 50
_OF_TWO_LETTERS = ("ie", "ey", "ee", "ik", "y", "i", "o")
_LEFT_OUT = "aeiou"
_ALIKE = (
    (re.compile("[^a-z]"), ""),
    (re.compile("gh"), ""),
    (re.compile("ph"), "f"),
    (re.compile("s?ch|ck|[cq]"), "k"),
    (re.compile("sh"), "s"),
    (re.compile("th"), "t"),
    (re.compile("z"), "s"),
    (re.compile("x"), "ks"),
    (re.compile("(?<=[aeiouy])w"), "a"),
    (re.compile("[aeiouy]+"), "a"),
    (re.compile(r"(.)\1+"), r"\1"),
)


def sound_of(word: str) -> str:
    """Return a folded word as it sounds, roughly: one sign for all vowels, and one for consonants that sound alike."""
    for pattern, same in _ALIKE:
        word = pattern.sub(same, word)
    return word


class PetForms:
    """The first names of some students, found by what they may be called."""

    __slots__ = ("_backwards", "_parts", "_sounds")

    def __init__(self, parts: Iterable[str]) -> None:
        """Take folded parts of names."""
        known = {part for part in parts if len(part) >= SHORTEST_PART and part.isascii() and part.isalpha()}
        self._parts = sorted(known)
        self._sounds = sorted((sound_of(part), part) for part in known)
        self._backwards = sorted(part[::-1] for part in known)

    def of(self, word: str) -> tuple[str, ...]:
        """Return the parts that a folded word may be a form of, at most `MOST_FORMS`."""
        if not (word.isascii() and word.isalpha()):
            return ()
        found = dict.fromkeys(part for part in self._all(word) if part != word)
        return tuple(islice(found, MOST_FORMS))

    def nearest(self, word: str) -> tuple[str, ...]:
        """Return the parts that sound as a folded word does, and those that have it in them."""
        if not (word.isascii() and word.isalpha()):
            return ()
        return tuple(dict.fromkeys((*(part for part in self._sounding(word) if part != word), *self.within(word))))

    def within(self, word: str) -> tuple[str, ...]:
        """Return the parts that have a folded word in them as a short form: `xander`, `lexie`. Plain words have few."""
        if not (word.isascii() and word.isalpha()):
            return ()
        stems = [word.removesuffix(each) for each in _CLEAR_ENDINGS if word.endswith(each)]
        begun = [first + stem for stem in stems if len(stem) >= SHORTEST_STEM for first in _LEFT_OUT]
        ends = self._ending(word) if len(word) > SHORTEST_END else ()
        found = dict.fromkeys((*ends, *(part for each in begun for part in self._begun(each))))
        return tuple(part for part in found if part != word)[:MOST_FORMS]

    def may_meet(self, word: str) -> bool:
        """Whether a part counts where a word's forms are looked for, as a form or as a neighbour; for a common word, too."""
        if not (word.isascii() and word.isalpha()):
            return False
        is_end = len(word) >= SHORTEST_END and any(True for _ in self._ending(word))
        return (
            is_end
            or any(True for _ in self._sounding(word))
            or any(self._is_begun_by(stem) for stem, _ in _stems(word))
        )

    def _is_begun_by(self, stem: str) -> bool:
        """Whether a part begins with a stem, or as it sounds: only so many of these are looked at, and each takes a place."""
        if len(stem) < SHORTEST_STEM:
            return len(stem) == SHORTEST_STEM - 1 and any(True for _ in self._begun(stem))
        sound = sound_of(stem)
        at = bisect_left(self._sounds, (sound, ""))
        is_alike = at < len(self._sounds) and self._sounds[at][0].startswith(sound)
        return is_alike or any(True for vowel in _LEFT_OUT for _ in self._begun(vowel + stem))

    def _all(self, word: str) -> Iterator[str]:
        yield from self._sounding(word)
        for stem, ending in _stems(word):
            if len(stem) >= SHORTEST_STEM:
                yield from self._begun_as_it_sounds(stem)
                for vowel in _LEFT_OUT:
                    yield from self._begun(vowel + stem)
            elif len(stem) == SHORTEST_STEM - 1 and (ending in _OF_TWO_LETTERS or not ending):
                yield from self._begun(stem)
        if len(word) >= SHORTEST_END:
            yield from self._ending(word)

    def _ending(self, word: str) -> Iterator[str]:
        back = word[::-1]
        at = bisect_left(self._backwards, back)
        near = takewhile(lambda part: part.startswith(back), self._backwards[at : at + _NEAR])
        return (part[::-1] for part in near)

    def _sounding(self, word: str) -> Iterator[str]:
        sound = sound_of(word)
        if len(word) >= SHORTEST_SOUND:
            at = bisect_left(self._sounds, (sound, ""))
            yield from (part for _, part in takewhile(lambda each: each[0] == sound, self._sounds[at : at + _NEAR]))

    def _begun(self, stem: str) -> Iterator[str]:
        at = bisect_left(self._parts, stem)
        near = takewhile(lambda part: part.startswith(stem), self._parts[at : at + _NEAR])
        return (part for part in near if len(part) > len(stem))

    def _begun_as_it_sounds(self, stem: str) -> Iterator[str]:
        sound = sound_of(stem)
        at = bisect_left(self._sounds, (sound, ""))
        near = takewhile(lambda each: each[0].startswith(sound), self._sounds[at : at + _NEAR])
        return (part for _, part in near if _begin_alike(part, stem))


def _begin_alike(one: str, other: str) -> bool:
    """Whether two words begin with the same letter, or with consonants that sound alike."""
    return one[0] == other[0] or (one[0] not in _LEFT_OUT and sound_of(one[0]) == sound_of(other[0]))


def _stems(word: str) -> Iterator[tuple[str, str]]:
    """Yield what is left of a word without an ending of short forms, and that ending; first the word itself."""
    yield word, ""
    for ending in _ENDINGS:
        if word.endswith(ending):
            yield word.removesuffix(ending), ending
