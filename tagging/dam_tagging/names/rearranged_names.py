"""Finds full names in forms that differ from the roster's: signs inside, family name first, a shared family name.

It returns places in a text, with the names of the roster that may be there. `match_students` decides who is meant. No I/O.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

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


Names: TypeAlias = dict[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RearrangedNames:
    """The full names of a roster, by letters and digits only, for searching from both ends."""

    _straight: Names = field(default_factory=dict)
    _turned: Names = field(default_factory=dict)
    _lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _turned_lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[tuple[Sequence[str], Sequence[str]]]) -> RearrangedNames:
        """Build it from normalised names, each given as its words and its suffixes."""
        straight: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
        turned: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
        for base, suffix in names:
            if len(base) < 2:
                continue
            name, parts = " ".join([*base, *suffix]), [_letters(word) for word in base]
            ends = _letters(" ".join(suffix))
            words = tuple(letters for part in parts for letters in part)
            straight[words][name] = None
            if parts[0] and parts[-1]:
                straight[(*parts[0], *parts[-1])][name] = None
            for at in range(1, len(parts)):
                given, family = _letters(" ".join(base[:at])), _letters(" ".join(base[at:]))
                for written in ([*family, *ends, ",", *given], [*family, ",", *given, *ends]):
                    turned[tuple(written)][name] = None
                if ends:
                    turned[(*family, ",", *given, ",", *ends)][name] = None
        in_order = {words: tuple(each) for words, each in straight.items() if len(words) > 1}
        family_first = {words: tuple(each) for words, each in turned.items() if words[0] != "," != words[-1]}
        return cls(in_order, family_first, _lengths(in_order), _lengths(family_first))

    def farthest(self, first: str) -> int:
        """Return the most words of a name that begins with this word; 0 if none does."""
        return max(self._lengths.get(first, (0,)))

    def found(self, plain: str, taken: Sequence[tuple[int, int]]) -> Iterator[Near]:
        """Yield the possible names in a normalised text, except at the places in `taken`."""
        tokens = [Token(each[0], each.start(), each.end()) for each in _TOKEN.finditer(plain)]
        covered = _Covered(taken)
        words = [(at, token.text) for at, token in enumerate(tokens) if token.is_word]
        for place, (at, first) in enumerate(words):
            if first in self._lengths:
                ahead = [tokens[each] for each, _ in words[place : place + max(self._lengths[first]) + 2]]
                if names := self._in_order(ahead, covered) or self._sharing(tokens, at, covered):
                    yield Near(names)
            if first in self._turned_lengths:
                yield from self._family_first(tokens, at, covered)

    def _in_order(self, ahead: Sequence[Token], covered: _Covered) -> tuple[str, ...]:
        """Return the names that the next words form, also with signs or initials between them."""
        texts = [token.text for token in ahead]
        for length in self._lengths[texts[0]]:
            for skipped in (0, 1, 2):
                if len(texts) < length + skipped:
                    break
                for at in range(1, length if skipped else 2):
                    if any(len(each) > 1 for each in texts[at : at + skipped]):
                        continue
                    names = self._straight.get((*texts[:at], *texts[at + skipped : length + skipped]), ())
                    if names:
                        inside = covered.whole(ahead[0].start, ahead[length + skipped - 1].end)
                        return () if inside else names
        return ()

    def _sharing(self, tokens: Sequence[Token], at: int, covered: _Covered) -> tuple[str, ...]:
        """Return the names of a given name if its family name follows after one or more other given names."""
        if covered.whole(tokens[at].start, tokens[at].end):
            return ()
        texts = [token.text for token in tokens[at : at + MOST_SHARING + max(self._lengths[tokens[at].text])]]
        for length in self._lengths[texts[0]]:
            for given in range(1, length):
                for family in _after_others(texts, given):
                    if names := self._straight.get((*texts[:given], *texts[family : family + length - given])):
                        return names
        return ()

    def _family_first(self, tokens: Sequence[Token], at: int, covered: _Covered) -> Iterator[Near]:
        for length in self._turned_lengths[tokens[at].text]:
            here = tokens[at : at + length]
            if not (names := self._turned.get(tuple(token.text for token in here))):
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


def _lengths(names: Iterable[tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    """Return the lengths, in words, of the names that begin with a word, the longest first."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for words in names:
        lengths[words[0]].add(len(words))
    return {first: tuple(sorted(counts, reverse=True)) for first, counts in lengths.items()}
