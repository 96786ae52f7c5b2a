"""Names and ids in metadata -> students of a roster: exact, alias, ambiguous or unknown. No I/O.

A text (caption, keyword, event, place) is searched for full names. A name is compared as a whole. The matcher does not
guess: a name that fits two students is ambiguous, and a name that is nearly right is unknown. A name in a file may be
shorter than the roster's (no suffix, an initial for a middle name), but not longer. The family name comes first only if a
comma follows it. `suggest` returns likely students.
"""

from __future__ import annotations

import marshal
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, pairwise
from operator import itemgetter
from typing import Literal

from dam_tagging.names.name_parts import NameParts
from dam_tagging.names.packed import Lengths, Lists, Packed, Texts
from dam_tagging.names.rearranged_names import RearrangedNames
from dam_tagging.names.visible_text import parted_by_unseen, unspaced_runs
from dam_tagging.names.written_names import LETTERS, SUFFIXES, UNSPACED, folded, parted

MatchKind = Literal["exact", "alias", "ambiguous", "unknown"]

APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u0060": "'", "\u00b4": "'"})
LONGEST_UNSPACED = 12
"""Most characters of a name in a script without spaces."""

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*|[^\w\s.'\"-]")
"""A word of a caption, or a sign that ends a name. Hyphens and apostrophes join a word; full stops and quotes are
skipped."""


@dataclass(frozen=True, slots=True)
class Person:
    """A student as the matcher knows them: pseudonym, names (the first is the display name), ids of other systems."""

    id: str
    names: tuple[str, ...]
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The result of looking up a name or id. `student` (a pseudonym) is set for `exact` and `alias`.

    `by_id`: an id settled the result, or made it ambiguous. `by_index`: the index of a portrait volume did.
    """

    kind: MatchKind
    student: str | None = None
    by_id: bool = False
    by_index: bool = False


UNKNOWN = Match("unknown")
AMBIGUOUS = Match("ambiguous")
CONTRADICTED = Match("ambiguous", by_id=True)


class RosterIndex(Packed):
    """The names and ids of a roster, ready to be looked up."""

    # The parts are made of the same names.
    not_compared = frozenset({"parts"})
    __slots__ = (
        "_bearers",
        "_borne",
        "_id_bearers",
        "_ids",
        "_keys",
        "_lengths",
        "_loose",
        "_otherwise",
        "_staff",
        "_unspaced",
        "_written_otherwise",
        "parts",
    )

    def __init__(self, persons: Iterable[Person] = (), staff: Iterable[str] = ()) -> None:
        """Build the index; the order of persons does not matter. `staff` are whole names of people who are no students."""
        people = _Students(persons)
        self.parts = NameParts(people)
        self._keys = Texts(key for person in people for key in _keys_of(person))
        self._ids = Texts(key for person in people for key in _ids_of(person))
        # Of each name its students, with whether it is another name than the first one of theirs.
        self._bearers = Lists.of_pairs(
            (at, 2 * number + bool(place))
            for number, person in enumerate(people)
            for place, key in enumerate(_keys_of(person))
            if (at := self._keys.number(key)) is not None
        )
        self._id_bearers = Lists.of_pairs(
            (at, number)
            for number, person in enumerate(people)
            for key in _ids_of(person)
            if (at := self._ids.number(key)) is not None
        )
        self._borne = Lists(
            (at for name in person.names if (at := self._keys.number(normalise(name))) is not None) for person in people
        )
        del people
        self._otherwise: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self._written_otherwise = set[str]()
        self._lengths = Lengths(self._lengths_of_names())
        self._loose = RearrangedNames(self._keys)
        self._unspaced = _without_spaces(self._keys)
        self._staff = frozenset(_staff_names(staff, self._keys, self.parts))

    def _lengths_of_names(self) -> dict[str, set[int]]:
        """Return the lengths, in words, of the full names that begin with a word; keep those that are written otherwise."""
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in self._keys:
            words = tuple(_words(name)) if " " in name else ()
            if len(words) > 1:
                lengths[words[0]].add(len(words))
            if " " in name and " ".join(words) != name:
                self._written_otherwise.add(name)
                if len(words) > 1:
                    self._otherwise[words].append(name)
        return lengths

    def match(self, name: str, identifier: str | None = None, more_ids: Sequence[str] = ()) -> Match:
        """Return the student that an id and a name mean.

        An id that the roster knows settles which of several namesakes is meant. The name may be missing, or be the
        student's name in full or in part (for example only the family name). Any other name contradicts the id, and the
        result is ambiguous. An id that the roster does not know is ignored.

        Ids are compared as a whole, ignoring case and surrounding spaces. `urn:student:0012345`, or a web address that
        ends in `/0012345`, is the student's only if the roster has the id in that form.
        """
        named = self._named(name)
        given = (identifier, *more_ids) if identifier else tuple(more_ids)
        by_id = {student for one in given for student in self.has_id(one)}
        if len(by_id) > 1:
            return CONTRADICTED
        if by_id:
            (student,) = by_id
            if student in named:
                return Match(named[student], student, by_id=True)
            fits = not named and self._bears_part(student, normalise(name).split())
            return Match("exact", student, by_id=True) if fits else CONTRADICTED
        return _only(named)

    def has(self, student: str) -> bool:
        """Whether this pseudonym is a student's."""
        return self.parts.number_of(student) is not None

    def farthest(self, first: str) -> int:
        """Return the most words of a name that begins with this word: as far a text is searched for its end."""
        return self._loose.farthest(first)

    def staff_names(self) -> frozenset[tuple[str, ...]]:
        """Return the whole names of staff that may be no student's, by their folded words."""
        return self._staff

    def is_staff(self, words: Sequence[str]) -> bool:
        """Whether these words, folded, are the whole name of a member of staff and may be no student's."""
        return tuple(words) in self._staff

    def names_staff(self, name: str, denied: Collection[str] = ()) -> bool:
        """Whether a name is the whole name of a member of staff and may be no student's.

        No word of it may be in the name of one of the `denied`, whose family said no: `Katie Smith` may be their Catherine.
        """
        words = [folded(word) for word in normalise(name).split()]
        return self.is_staff(words) and not any(who in denied for word in words for who in self.parts.bearers(word))

    def also_meant(self, name: str, denied: Collection[str]) -> frozenset[str]:
        """Return those of the `denied` for whose name a full name is short, or sounds like it: `Ben Roe` for Benjamin Roe."""
        words = [folded(word) for word in normalise(name).split()]
        if len(words) < 2:
            return frozenset()
        forms = self.parts.pet_forms(denied, self.names_of)
        alike = ((word, *self.parts.called(word), *self.parts.sounding(word), *forms.nearest(word)) for word in words)
        bearers = [{who for part in parts for who in self.parts.bearers(part)} for parts in alike]
        return frozenset.intersection(*map(frozenset, bearers), frozenset(denied))

    def may_mean(self, name: str, student: str) -> bool:
        """Whether a name by itself could mean this student."""
        return student in self._named(name)

    def share_a_name(self, one: str, other: str) -> bool:
        """Whether two students may have the same name."""
        return any(self.may_mean(name, other) for name in self.names_of(one))

    def _bears_part(self, student: str, words: Sequence[str]) -> bool:
        """Whether these words are part of one of a student's names, in the same order. No words are part of any name."""
        return not words or any(_in_order(words, key.split()) for key in self.names_of(student))

    def mentioned(self, text: str) -> Iterable[tuple[str, Match]]:
        """Yield each full name (two words or more) in a text, normalised, and its match.

        Of several names that begin with the same word, the longest counts. A name with a suffix that no student of that
        name has is another person's: it is unknown. A name with other signs or an initial in it is ambiguous. So is a
        name with a shared family name ("Ava and Ben Sample").
        """
        plain = plain_text(text)
        placed = _placed_words(plain)
        words = [word for word, _ in placed]
        taken = []
        for at, first in enumerate(words):
            for length in self._lengths.of(first):
                if names := self._said(words[at : at + length]):
                    taken.append((placed[at][1][0], placed[at : at + length][-1][1][1]))
                    if suffix := next((word for word in words[at + length : at + length + 1] if word in SUFFIXES), ""):
                        yield f"{names[0]} {suffix}", UNKNOWN
                    else:
                        yield names[0], self._any_of(names)
                    break
        nearly = list(self._nearly_mentioned(plain, taken))
        yield from nearly
        unspaced = list(self._mentioned_unspaced(plain))
        yield from unspaced
        # The words of a name may be separated only by an invisible character.
        if not (taken or nearly or unspaced) and (apart := parted_by_unseen(text)) != text:
            yield from self.mentioned(apart)

    def _mentioned_unspaced(self, plain: str) -> Iterable[tuple[str, Match]]:
        """Yield the full names in the parts of a text without spaces: the longest name that begins at each sign."""
        for _, run in unspaced_runs(plain) if self._unspaced else ():
            at = 0
            while at < len(run) - 1:
                longest = min(LONGEST_UNSPACED, len(run) - at)
                for length in range(longest, 1, -1):
                    if names := self._fullest_first(self._unspaced.get(run[at : at + length], ())):
                        yield names[0], self._any_of(names)
                        at += length - 1
                        break
                at += 1

    def names_of(self, student: str) -> tuple[str, ...]:
        """Return the normalised names of a student."""
        number = self.parts.number_of(student)
        return () if number is None else tuple(map(self._keys.__getitem__, self._borne[number]))

    def has_id(self, text: str) -> frozenset[str]:
        """Return the students with this text as id, ignoring case."""
        number = self._ids.number(text.strip().casefold())
        return frozenset() if number is None else frozenset(map(self.parts.student, self._id_bearers[number]))

    def _said(self, words: Sequence[str]) -> list[str]:
        """Return the full names that are these words. Names that differ only in punctuation have the same words."""
        name = " ".join(words)
        plain = [name] if name in self._keys and name not in self._written_otherwise else []
        return self._fullest_first([*plain, *self._otherwise.get(tuple(words), ())])

    def _fullest_first(self, names: Collection[str]) -> list[str]:
        """Return normalised names by their first student, those on the roster before those that are said shorter."""
        return sorted(names, key=self._place) if len(names) > 1 else list(names)

    def _place(self, key: str) -> tuple[int, int, str]:
        number = self._keys.number(key)
        if number is None:
            raise KeyError(key)
        student = self._bearers[number][0] >> 1
        own = list(self._borne[student])
        return student, own.index(number) if number in own else len(own), key

    def _nearly_mentioned(self, plain: str, taken: Sequence[tuple[int, int]]) -> Iterable[tuple[str, Match]]:
        """Yield the names in a text in unusual forms. Only the form `Last, First` settles which student is meant."""
        for near in self._loose.found(plain, taken):
            yield self._fullest_first(near.names)[0], self._any_of(near.names) if near.turned else AMBIGUOUS
            # "Ben Kelly, Jordan Smith" may be two people, and neither is Jordan Kelly.
            if near.before:
                yield near.before, UNKNOWN

    def _any_of(self, names: Iterable[str]) -> Match:
        return _only(_united(map(self._bearing, names)))

    def _named(self, name: str) -> Mapping[str, MatchKind]:
        """Return all students that a name may mean."""
        return self._bearing(normalise(name))

    def _bearing(self, key: str) -> dict[str, MatchKind]:
        """Return the students with a normalised name, or with one that is said shorter so."""
        number = self._keys.number(key)
        found = () if number is None else self._bearers[number]
        return {self.parts.student(each >> 1): "alias" if each & 1 else "exact" for each in found}


def _keys_of(person: Person) -> Iterable[str]:
    """Return the normalised names of a person, and those that are said shorter; first the one that is displayed."""
    own = tuple(key for name in person.names if (key := normalise(name)))
    return dict.fromkeys((*own, *(each for key in own for each in _said_shorter(key))))


def _ids_of(person: Person) -> Iterable[str]:
    return {key for external in person.external_ids if (key := external.strip().casefold())}


def _staff_names(staff: Iterable[str], names: Collection[str], parts: NameParts) -> Iterator[tuple[str, ...]]:
    """Yield the words of the names that may be no student's, in both orders: one of both is the student's."""
    for name in staff:
        key = normalise(name)
        words = tuple(folded(word) for word in key.split())
        turned = (*words[1:], *words[:1]), (*words[-1:], *words[:-1])
        if len(words) < 2 or key in names or any(" ".join(each) in names for each in (words, *turned)):
            continue
        bearers = [_perhaps_borne(word, parts) for word in words]
        if all(one.isdisjoint(other) for one, other in combinations(bearers, 2)):
            yield from (words, *turned)


def _perhaps_borne(word: str, parts: NameParts) -> frozenset[str]:
    """Return the students who have a word in a name as written, or nearly, or as a short form, or in another spelling."""
    alike = (word, *parts.near(word), *parts.spelled_like(word), *parts.called(word), *parts.sounding(word))
    return frozenset(student for part in alike for student in parts.bearers(part))


def normalise(name: str) -> str:
    """Return a name in the form for comparing: without full stops, `Last, First` turned, a suffix at its end.

    For case, diacritics and invisible signs see `plain_text`. Normalising a normalised name changes nothing.
    """
    parts, suffixes = [], []
    for part in plain_text(name).replace(".", " ").split(","):
        words = part.split()
        base, end = parted(words)
        suffixes += end
        if base:
            parts.append(" ".join(base))
    if not parts:
        return " ".join(suffixes)
    turned = f"{parts[1]} {parts[0]}" if len(parts) == 2 else ", ".join(parts)
    return " ".join([turned, *suffixes])


def without_suffix(name: str) -> list[str]:
    """Return the words of a normalised name without the suffixes at its end."""
    return parted(name.split())[0]


def _said_shorter(key: str) -> Iterator[str]:
    """Yield the shorter forms of a normalised name: no suffix, initials for middle names, no middle names."""
    base, suffix = parted(key.split())
    if len(base) < 2 or "," in key:
        return
    first, *middle, last = base
    if not (middle or suffix):
        return
    # A whole middle word is never left out: it may be half of a family name.
    without = [word for word in middle if len(word) > 1]
    betweens = [middle, [word[0] for word in middle], without, [word[0] for word in without]] if middle else [middle]
    ends = (suffix, []) if suffix else (suffix,)
    ways = {" ".join([first, *between, last, *end]) for between in betweens for end in ends}
    yield from ways - {key}


def _in_order(few: Iterable[str], many: Iterable[str]) -> bool:
    """Whether `many` has all words of `few`, in the same order."""
    rest = iter(many)
    return all(word in rest for word in few)


def plain_text(text: str) -> str:
    """Return a text without case, Latin letters' diacritics and invisible characters (Unicode's category Cf)."""
    folded = text.translate(APOSTROPHES).casefold()
    if folded.isascii():
        return folded
    # Decomposing can create capitals and apostrophes, for example from a mathematical or a fullwidth sign.
    folded = unicodedata.normalize("NFKD", folded).translate(APOSTROPHES).casefold()
    return unicodedata.normalize("NFC", "".join(_without_diacritics(folded))).translate(LETTERS)


def _without_diacritics(decomposed: str) -> Iterator[str]:
    """Yield the characters without invisible ones and without marks on Latin letters.

    In other scripts a mark makes another letter: the Cyrillic short i, or a voiced kana.
    """
    marked = False
    for sign in decomposed:
        if unicodedata.combining(sign):
            if marked:
                yield sign
        elif unicodedata.category(sign) != "Cf":
            marked = unicodedata.category(sign).startswith("L") and not unicodedata.name(sign, "").startswith("LATIN")
            yield sign


def _placed_words(plain: str) -> list[tuple[str, tuple[int, int]]]:
    """Return the words of a text, each with its start and end."""
    words = [(found[0].removesuffix("'s"), found.span()) for found in _WORD.finditer(plain)]
    # "Ben Sample, Jr." is one name: its comma does not end it.
    ahead = pairwise([*words, ("", (0, 0))])
    return [word for word, after in ahead if not (word[0] == "," and after[0] in SUFFIXES)]


def _words(plain: str) -> list[str]:
    return [word for word, _ in _placed_words(plain)]


def _without_spaces(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the names in scripts without spaces as they are in texts, with the family name first or last."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name in names:
        words = name.split()
        if 0 < len(words) <= 3 and all(map(UNSPACED.fullmatch, words)):
            for written in ("".join(words), "".join(reversed(words))):
                if 2 <= len(written) <= LONGEST_UNSPACED:
                    found[written][name] = None
    return {written: tuple(each) for written, each in found.items()}


def _only(named: Mapping[str, MatchKind]) -> Match:
    if len(named) > 1:
        return AMBIGUOUS
    return next((Match(kind, student) for student, kind in named.items()), UNKNOWN)


def _united(named: Iterable[Mapping[str, MatchKind]]) -> dict[str, MatchKind]:
    """Return all people of several sets. If two sets have the same person, the display name counts."""
    everyone: dict[str, MatchKind] = {}
    for one in named:
        for who, kind in one.items():
            everyone[who] = "exact" if "exact" in (kind, everyone.get(who)) else kind
    return everyone


class _Students:
    """Students in one piece of memory, each once, in the order of their pseudonyms; they can be gone through again."""

    def __init__(self, persons: Iterable[Person]) -> None:
        ids, self._written, self._starts = list[str](), bytearray(), array("Q", [0])
        for each in persons:
            ids.append(each.id)
            self._written += marshal.dumps((each.id, each.names, each.external_ids))
            self._starts.append(len(self._written))
        self._order = array("I", sorted(range(len(ids)), key=ids.__getitem__))

    def __iter__(self) -> Iterator[Person]:
        for student, same in groupby(map(self._read, self._order), itemgetter(0)):
            names, external_ids = list[str](), list[str]()
            for _, some_names, some_ids in same:
                names += some_names
                external_ids += some_ids
            yield Person(student, tuple(names), tuple(external_ids))

    def _read(self, number: int) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        written = memoryview(self._written)[self._starts[number] : self._starts[number + 1]]
        student, names, external_ids = marshal.loads(written)  # noqa: S302 - it was written above
        return student, names, external_ids
