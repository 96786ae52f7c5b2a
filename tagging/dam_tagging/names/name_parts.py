"""The parts of a roster's names, prepared for lookups: exact, with letters wrong, by sound, or two of one student.

They are kept as numbers in sorted arrays: the names of 100,000 students take a few tens of megabytes. No I/O.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import combinations, islice
from typing import Protocol

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract_iter

from dam_tagging.names.packed import Lists, Numbers, Texts
from dam_tagging.names.pet_forms import PetForms
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.names.visible_text import TOKEN, fold, legible
from dam_tagging.names.written_names import UNSPACED

PARTICLES = frozenset(
    {
        *(
            "o",
            "mc",
            "mac",
            "de",
            "la",
            "las",
            "los",
            "del",
            "van",
            "von",
            "der",
            "den",
            "al",
            "el",
            "st",
            "san",
            "santa",
        ),
        *(
            "da",
            "di",
            "du",
            "le",
            "ben",
            "bin",
            "abu",
            "dos",
            "das",
            "do",
            "fitz",
            "saint",
            "ter",
            "te",
            "ten",
            "y",
            "e",
        ),
        *("ibn", "bint", "ap", "zu", "af", "av", "d", "jr", "sr", "ii", "iii", "iv"),
    }
)
"""Words within names that mean no person by themselves."""

SHORTEST_NEAR = 3
"""Fewest letters of a part that may be misspelled. Any two-letter word would be a misspelling of a shorter part."""

SHORTEST_MISSPELLED = 5
SHORTEST_WITH_TWO_WRONG = 7
MOST_WRONG = 2
"""Fewest letters of a part that may have one letter wrong, and two letters wrong."""

SHORTEST_BEGUN = 4
MOST_BEGUN = 50
MOST_SPELLED = 4_096
MOST_PETS = 2

LONGEST_PART = 40
_LONGEST_RUN = 8


class Named(Protocol):
    """A person with names."""

    @property
    def id(self) -> str:
        """The pseudonym."""

    @property
    def names(self) -> tuple[str, ...]:
        """All names; the first is the display name."""


class NameParts:
    """Knows each part of each name, and each pair of parts of one student."""

    __slots__ = (
        "_bearers",
        "_by_first",
        "_initials",
        "_monograms",
        "_near",
        "_pairs",
        "_parts",
        "_pets",
        "_sounds",
        "_spelled",
        "_students",
        "runs",
    )

    def __init__(self, persons: Iterable[Named] = ()) -> None:
        """Take everybody's names; each person once, in the order of their ids."""
        bearers: dict[str, array[int]] = defaultdict(lambda: array("I"))
        self._pairs, self._initials, self._monograms = Numbers(), Numbers(), Numbers()
        students, self.runs = list[str](), 0
        # One at a time: what is made of a name takes a hundred times as much as what is kept of it.
        for number, person in enumerate(persons):
            each = _Borne.of(person.names)
            students.append(person.id)
            for part in each.parts:
                bearers[part].append(number)
            for kept, made in (
                (self._pairs, each.pairs()),
                (self._initials, each.initials()),
                (self._monograms, each.monograms()),
            ):
                for key in made:
                    kept.add(key, number)
            self.runs = max((self.runs, *map(len, each.runs)))
        for kept in (self._pairs, self._initials, self._monograms):
            kept.settle()
        self._students, self._parts = Texts(students), Texts(bearers)
        if list(self._students) != students:
            raise ValueError("each person is given once, in the order of the pseudonyms")
        del students
        self._bearers = Lists.by(bearers, self._parts)
        del bearers
        self._by_first = _by_first_letter(self._parts)
        self._spelled: dict[str, tuple[str, ...]] = {}
        self._pets: list[tuple[Collection[str], PetForms]] = []
        self._near = Numbers((less, number) for number, part in enumerate(self._parts) for less in _with_one_less(part))
        self._sounds = Numbers(
            (sound, number)
            for number, part in enumerate(self._parts)
            if len(part) >= SHORTEST_NEAR
            for sound in sounds_of(part)
        )

    def __contains__(self, part: object) -> bool:
        """Whether a person has this folded part in a name."""
        return part in self._parts

    def __iter__(self) -> Iterator[str]:
        """Yield each folded part."""
        return iter(self._parts)

    def bears(self, student: str, part: str) -> bool:
        """Whether a person has a folded part in a name."""
        number, at = self._parts.number(part), self.number_of(student)
        return number is not None and at is not None and self._bearers.has(number, at)

    def number_of(self, student: str) -> int | None:
        """Return the place of a person among all, in the order of their pseudonyms; None where there is no such person."""
        return self._students.number(student)

    def student(self, number: int) -> str:
        """Return the pseudonym of the person at a place."""
        return self._students[number]

    def bearers(self, part: str) -> Iterator[str]:
        """Yield all people with a folded part in a name."""
        number = self._parts.number(part)
        if number is not None:
            for each in self._bearers[number]:
                yield self._students[each]

    def of_both(self, one: str, other: str) -> list[str]:
        """Return the people who have both parts in a name."""
        return [self._students[each] for each in self._pairs.of(_pair(one, other))]

    def with_initial(self, part: str, letter: str) -> list[str]:
        """Return the people with this part and another part that begins with a letter."""
        return [self._students[each] for each in self._initials.of(f"{letter}|{part}")]

    def near(self, word: str) -> tuple[str, ...]:
        """Return the parts that differ from a word by one letter: another letter, one more, one less, or two swapped."""
        if not SHORTEST_NEAR - 1 <= len(word) <= LONGEST_PART:
            return ()
        numbers = {number for less in (word, *_with_one_less(word)) for number in self._near.of(less)}
        parts = (self._parts[number] for number in sorted(numbers))
        parts = (each for each in parts if len(each) >= SHORTEST_NEAR)
        return tuple(each for each in parts if each != word and OSA.distance(each, word, score_cutoff=1) == 1)

    def spelled_like(self, word: str) -> tuple[str, ...]:
        """Return the parts that a person who only heard them may misspell as this word: longer ones with more letters wrong."""
        if not SHORTEST_MISSPELLED <= len(word) <= LONGEST_PART or not word.isalpha():
            return ()
        if (known := self._spelled.get(word)) is None:
            if len(self._spelled) >= MOST_SPELLED:
                self._spelled.clear()
            known = self._spelled[word] = tuple(dict.fromkeys((*self.near(word), *self._far(word))))
        return known

    def _far(self, word: str) -> Iterator[str]:
        """Yield the parts with the same first letter that differ in two letters, or in the order of letters."""
        parts = self._by_first.get(word[0], "").split()
        heard, letters = _heard(word), sorted(word)
        for part, distance, _ in extract_iter(word, parts, scorer=OSA.distance, score_cutoff=MOST_WRONG):
            if (
                distance < MOST_WRONG
                or min(len(part), len(word)) >= SHORTEST_WITH_TWO_WRONG
                or heard == _heard(part)
                or (letters == sorted(part) and word[-1] == part[-1])
            ):
                yield part

    def begun_by(self, word: str) -> tuple[str, ...]:
        """Return the parts that begin with a word."""
        if len(word) < SHORTEST_NEAR:
            return ()
        found = (part for part in self._parts.begun_by(word) if len(part) >= SHORTEST_BEGUN)
        return tuple(part for part in islice(found, MOST_BEGUN) if part != word)

    def with_initials(self, first: str, last: str) -> list[str]:
        """Return the students whose given name begins with one letter and whose other name begins with the other letter."""
        return [self._students[each] for each in self._monograms.of(first + last)]

    def called(self, word: str) -> tuple[str, ...]:
        """Return the parts for which a word may be a short form or the long form."""
        return tuple(each for each in sorted(called_otherwise(word)) if each in self._parts)

    def pet_forms(self, denied: Collection[str], names_of: Callable[[str], Iterable[str]]) -> PetForms:
        """Return the first names of these students, found by what they may be called; made once for the same collections."""
        for known, forms in self._pets:
            if known is denied:
                return forms
        forms = PetForms(part for who in denied for name in names_of(who) for part in _first_names(name))
        # Those who said no, and these with those who may still answer; and the same once somebody has changed their mind.
        self._pets = [(denied, forms), *self._pets[: MOST_PETS - 1]]
        return forms

    def sounding(self, word: str) -> tuple[str, ...]:
        """Return the parts that are this word in another alphabet, or with an umlaut as two letters."""
        if len(word) < SHORTEST_NEAR:
            return ()
        numbers = {number for sound in sounds_of(word) for number in self._sounds.of(sound)}
        parts = (self._parts[number] for number in sorted(numbers))
        return tuple(each for each in parts if each != word and _are_same(each, word))


def _first_names(name: str) -> Iterator[str]:
    """Yield the parts of a normalised name, but for the last one of several."""
    parts = name.split()
    for part in parts[:-1] or parts:
        yield from fold(part).split()


def _by_first_letter(parts: Iterable[str]) -> dict[str, str]:
    """Return the parts that may be misspelled by their first letter, in one text for each: no part has a space."""
    found: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        if len(part) >= SHORTEST_MISSPELLED:
            found[part[0]].append(part)
    return {letter: " ".join(some) for letter, some in found.items()}


class _Borne:
    """The parts of one person's names."""

    __slots__ = ("names", "parts", "runs", "twice")

    def __init__(self, names: list[tuple[tuple[str, ...], str]], runs: set[str], twice: set[str]) -> None:
        self.names = names
        self.twice = twice
        self.parts = dict.fromkeys(part for parts, _ in names for part in parts)
        self.runs = runs

    @classmethod
    def of(cls, names: Sequence[str]) -> _Borne:
        found, runs, twice = [], set(), set()
        for name in names:
            words = [fold(each[0]) for each in TOKEN.finditer(legible(name))]
            twice |= {word for word in words if len(word) > 1 and words.count(word) > 1}
            here = _runs(name)
            runs |= here
            parts, initials = _parts_of(name)
            found.append((tuple(dict.fromkeys((*parts, *sorted(map(fold, here))))), initials))
        return cls(found, runs, twice)

    def pairs(self) -> set[str]:
        return {_pair(one, other) for parts, _ in self.names for one, other in combinations(parts, 2)} | {
            _pair(twice, twice) for twice in self.twice
        }

    def monograms(self) -> set[str]:
        return {parts[0][0] + part[0] for parts, _ in self.names if len(parts) > 1 for part in parts[1:]}

    def initials(self) -> set[str]:
        firsts = {f"{twice[0]}|{twice}" for twice in self.twice}
        for parts, letters in self.names:
            firsts |= {f"{letter}|{part}" for part in parts for letter in letters + _firsts(parts, part)}
        return firsts


def _firsts(parts: Sequence[str], but: str) -> str:
    return "".join({part[0] for part in parts if part != but})


_CHUNK = re.compile(r"[^\s,;/|()\"\u201c\u201d]+")


def _parts_of(name: str) -> tuple[tuple[str, ...], str]:
    """Return the folded parts of a name that may mean the person by themselves, and the name's initials."""
    text = legible(name)
    words = [fold(found[0]) for found in TOKEN.finditer(text)]
    parts: dict[str, None] = {}
    initials = ""
    for at, word in enumerate(words):
        within = len(words) > 2 and 0 < at < len(words) - 1
        if len(word) < 2 and word.isascii():
            initials += word
        elif not (word in PARTICLES and (within or (at == len(words) - 1 and at > 1))) and not word.isdecimal():
            parts[word] = None
        # "de la Cruz" is also Delacruz, and "Mc Donald" is McDonald.
        if word in PARTICLES and at + 1 < len(words):
            ends = (end for end in range(at + 1, min(at + 4, len(words))) if words[end] not in PARTICLES)
            if (end := next(ends, None)) is not None:
                parts["".join(words[at : end + 1])] = None
    for chunk in _CHUNK.findall(text):
        pieces = [fold(found[0]) for found in TOKEN.finditer(chunk)]
        if len(pieces) > 1 and (joined := "".join(pieces)) and len(joined) <= LONGEST_PART:
            parts[joined] = None
        for found in TOKEN.finditer(chunk):
            after = re.split("['\u2019\u02bc]", found[0])
            if len(after) > 1 and len(after[-1]) > 2:
                parts[fold(after[-1])] = None
    return tuple(part for part in parts if len(part) <= LONGEST_PART), initials


_FIRST_OF_EAST_ASIA = "\u3040"


def _runs(name: str) -> set[str]:
    """Return the forms of a name in a text without spaces: the whole name in both orders, and its parts."""
    words = legible(name).split()
    if not words or not all(map(UNSPACED.fullmatch, words)):
        return set()
    runs = {"".join(words), "".join(reversed(words)), *words}
    for word in words if len(words) == 1 else ():
        # The given name of 李小明 is 小明: a family name has one or two characters.
        if 3 <= len(word) <= 4 and word >= _FIRST_OF_EAST_ASIA:
            runs |= {word[1:], word[2:]}
    return {run for run in runs if 2 <= len(run) <= _LONGEST_RUN}


def _pair(one: str, other: str) -> str:
    return f"{one} {other}" if one < other else f"{other} {one}"


def _with_one_less(part: str) -> set[str]:
    """Return a part unchanged, and each time without one of its letters."""
    if not SHORTEST_NEAR - 1 <= len(part) <= LONGEST_PART:
        return set()
    return {part, *(part[:at] + part[at + 1 :] for at in range(len(part)))}


_CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўљњћђџјѓќѕ",
        "a b v g d e io zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e iu ia ie i i g u li ni c d dz i g k dz".split(),
        strict=False,
    )
)
_SOUNDS = (
    (re.compile("shch|sch|sh|zh"), "s"),
    (re.compile("kh"), "h"),
    (re.compile("tch|ch|ts|tz|cz"), "c"),
    (re.compile("ph|ff|v|w"), "f"),
    (re.compile("x"), "ks"),
    (re.compile("ck|q"), "k"),
    (re.compile("[yj]"), "i"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile("i([aeou])"), r"\1"),
)
_HEARD = (
    (re.compile("ph|ff|v|w"), "f"),
    (re.compile("ck|q|c"), "k"),
    (re.compile("ee|ie|ey|y|j"), "i"),
    (re.compile("z"), "s"),
    (re.compile("(?<!^)h"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


def _heard(word: str) -> str:
    """Return a word with one spelling for endings and letters that sound alike: ff and v, ck and k, ie, y and i, ph and f."""
    for pattern, same in _HEARD:
        word = pattern.sub(same, word)
    return word


_UMLAUT = re.compile("([aou])e|(a)a")


_SPOKEN = {**_CYRILLIC, "я": "ya", "ю": "yu", "ё": "yo", "ь": "", "ъ": ""}


def latin_of(word: str) -> str:
    """Return a Cyrillic word in the Latin letters that are usual in English; other words unchanged."""
    return "".join(_SPOKEN.get(sign, sign) for sign in word.lower())


def is_cyrillic(word: str) -> bool:
    """Whether a word has a letter of the Cyrillic alphabet."""
    return any("\u0400" <= sign <= "\u052f" for sign in word)


def sounds_of(word: str) -> set[str]:
    """Return keys that a word shares with the same name in other letters: without umlauts, or in Latin letters by sound."""
    sounds = {f"u {_without_umlauts(word)}"}
    spellings = set() if is_cyrillic(word) else {word}
    if _may_be_cyrillic(word):
        spellings.add("".join(_CYRILLIC.get(sign, sign) for sign in _as_cyrillic(word)).replace("_", ""))
    for latin in filter(str.isascii, spellings):
        sound = latin
        for pattern, same in _SOUNDS:
            sound = pattern.sub(same, sound)
        sounds.add(f"s {sound}")
    return sounds


_LOOKING_LATIN = frozenset("abekmhopctyxijs")
_BACK = str.maketrans("abekmhopctyxijs", "авекмноpстухијѕ".replace("p", "р"))


def _as_cyrillic(word: str) -> str:
    """Return a folded word in Cyrillic letters only: folding has replaced some by Latin letters that look alike."""
    return word.translate(_BACK)


def _without_umlauts(word: str) -> str:
    return _UMLAUT.sub(lambda found: found[1] or found[2], word)


def _are_same(one: str, other: str) -> bool:
    """Whether two words of one sound are the same name in two alphabets, or differ only in how umlauts are written."""
    if _may_be_cyrillic(one) != _may_be_cyrillic(other):
        return True
    return _without_umlauts(one) == _without_umlauts(other)


def _may_be_cyrillic(word: str) -> bool:
    """Whether a folded word is Cyrillic, or has only Cyrillic letters that look Latin (Анна)."""
    return is_cyrillic(word) or _LOOKING_LATIN.issuperset(word)
