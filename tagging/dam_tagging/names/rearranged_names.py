"""Finds full names in forms that differ from the roster's: signs inside, family name first, a shared family name.

It returns places in a text, with the names of the roster that may be there. `match_students` decides who is meant. No I/O.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dam_tagging.names.packed import Lengths, Numbers, Packed, Texts
from dam_tagging.names.written_names import parted

AND = frozenset({"and", "und", "y", "et", "e", "n", "&", "+", "/", ",", "or", ";"})
"""Words and signs between given names that share a family name."""

MOST_GIVEN = 2
"""Most words of a given name that stands between another given name and their shared family name."""

MOST_SHARING = 8
"""Most words and signs between a given name and its family name."""

_TOKEN = re.compile(r"[^\W_]+|[^\w\s.'\"-]")
"""Letters and digits, or a single sign. Underscores, spaces, full stops, quotes and hyphens only separate tokens."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign, with its start and end in the text."""

    text: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it is letters and digits."""
        return self.text.isalnum()


@dataclass(frozen=True, slots=True)
class Near:
    """Names that a text may hold. `turned`: they are written `Last, First`. `before`: the word before such names."""

    names: tuple[str, ...]
    turned: bool = False
    before: str = ""


class RearrangedNames(Packed):
    """The full names of a roster, by letters and digits only, for searching from both ends."""

    __slots__ = ("_lengths", "_straight", "_texts", "_turned", "_turned_lengths")

    def __init__(self, names: Texts) -> None:
        """Build it from normalised names."""
        self._texts, self._straight, self._turned = names, Numbers(), Numbers()
        lengths: dict[str, set[int]] = defaultdict(set)
        turned_lengths: dict[str, set[int]] = defaultdict(set)
        for number, name in enumerate(names):
            for written in _in_order(name):
                self._straight.add(" ".join(written), number)
                lengths[written[0]].add(len(written))
            for written in _family_first(name):
                self._turned.add(" ".join(written), number)
                turned_lengths[written[0]].add(len(written))
        self._straight.settle()
        self._turned.settle()
        self._lengths, self._turned_lengths = Lengths(lengths), Lengths(turned_lengths)

    def _names_in_order(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the names that are these words."""
        names = map(self._texts.__getitem__, self._straight.of(" ".join(words)))
        # Two texts may have one hash.
        return tuple(each for each in names if tuple(words) in _in_order(each))

    def _names_turned(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the names that are these words and signs with the family name first."""
        names = map(self._texts.__getitem__, self._turned.of(" ".join(words)))
        return tuple(each for each in names if tuple(words) in _family_first(each))

    def farthest(self, first: str) -> int:
        """Return the most words of a name that begins with this word; 0 if none does."""
        return max(self._lengths.of(first), default=0)

    def found(self, plain: str, taken: Sequence[tuple[int, int]]) -> Iterator[Near]:
        """Yield the possible names in a normalised text, except at the places in `taken`."""
        tokens = [Token(each[0], each.start(), each.end()) for each in _TOKEN.finditer(plain)]
        covered = _Covered(taken)
        words = [(at, token.text) for at, token in enumerate(tokens) if token.is_word]
        for place, (at, first) in enumerate(words):
            if farthest := self.farthest(first):
                ahead = [tokens[each] for each, _ in words[place : place + farthest + 2]]
                if names := self._ahead(ahead, covered) or self._sharing(tokens, at, covered):
                    yield Near(names)
            if self._turned_lengths.of(first):
                yield from self._family_first(tokens, at, covered)

    def _ahead(self, ahead: Sequence[Token], covered: _Covered) -> tuple[str, ...]:
        """Return the names that the next words form, also with signs or initials between them."""
        texts = [token.text for token in ahead]
        for length in self._lengths.of(texts[0]):
            for skipped in (0, 1, 2):
                if len(texts) < length + skipped:
                    break
                for at in range(1, length if skipped else 2):
                    if any(len(each) > 1 for each in texts[at : at + skipped]):
                        continue
                    names = self._names_in_order((*texts[:at], *texts[at + skipped : length + skipped]))
                    if names:
                        inside = covered.whole(ahead[0].start, ahead[length + skipped - 1].end)
                        return () if inside else names
        return ()

    def _sharing(self, tokens: Sequence[Token], at: int, covered: _Covered) -> tuple[str, ...]:
        """Return the names of a given name if its family name follows after one or more other given names."""
        if covered.whole(tokens[at].start, tokens[at].end):
            return ()
        texts = [token.text for token in tokens[at : at + MOST_SHARING + self.farthest(tokens[at].text)]]
        for length in self._lengths.of(texts[0]):
            for given in range(1, length):
                for family in _after_others(texts, given):
                    if names := self._names_in_order((*texts[:given], *texts[family : family + length - given])):
                        return names
        return ()

    def _family_first(self, tokens: Sequence[Token], at: int, covered: _Covered) -> Iterator[Near]:
        for length in self._turned_lengths.of(tokens[at].text):
            here = tokens[at : at + length]
            if not (names := self._names_turned([token.text for token in here])):
                continue
            if not any(covered.whole(token.start, token.end) for token in (here[0], here[-1])):
                before = tokens[at - 1] if at else None
                family = " ".join(token.text for token in here).split(" ,")[0]
                stands = f"{before.text} {family}" if before is not None and before.is_word else ""
                yield Near(names, turned=True, before=stands)
            return


class _Covered:
    """Stretches of a text."""

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self._ends: dict[int, int] = {}
        for start, end in stretches:
            for place in range(start, end):
                self._ends[place] = max(end, self._ends.get(place, end))

    def whole(self, start: int, end: int) -> bool:
        """Whether one stretch covers everything between two places."""
        return self._ends.get(start, -1) >= end


def _after_others(texts: Sequence[str], at: int) -> Iterator[int]:
    """Yield the places where a family name may begin after "Ava [and Ben and Chris]"; `at` is the place of the first `and`."""
    since = 0
    for place in range(at, len(texts)):
        if texts[place] in AND:
            since = 0
        elif place == at:
            return
        else:
            if since:
                yield place
            since += 1
            if since > MOST_GIVEN:
                return


def first_token(name: str) -> str:
    """Return the first letters and digits of a normalised name; "" if it has none."""
    return next(iter(_letters(name)), "")


def _letters(text: str) -> list[str]:
    return [token for token in _TOKEN.findall(text) if token.isalnum()]


def _in_order(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of a full name: all of them, and the first and last one."""
    base, _ = parted(name.split())
    if len(base) < 2:
        return
    parts = [_letters(word) for word in base]
    words = tuple(letters for part in parts for letters in part)
    if len(words) > 1:
        yield words
    if parts[0] and parts[-1]:
        yield (*parts[0], *parts[-1])


def _family_first(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the words and signs of a full name with the family name first, wherever that may begin."""
    base, suffix = parted(name.split())
    ends = _letters(" ".join(suffix))
    for at in range(1, len(base)):
        given, family = _letters(" ".join(base[:at])), _letters(" ".join(base[at:]))
        ways = [(*family, *ends, ",", *given), (*family, ",", *given, *ends)]
        if ends:
            ways.append((*family, ",", *given, ",", *ends))
        yield from (each for each in ways if each[0] != "," != each[-1])
