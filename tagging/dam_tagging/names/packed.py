"""Texts and numbers of a whole roster in little memory: sorted lists and arrays in place of dictionaries. No I/O.

A dictionary with a small set for each of 100,000 names takes a hundred megabytes, and every process that tags has its own.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

_NUMBER_BITS = 24
_HASH_BITS = 39


class Packed:
    """What is the same as another of its kind if it keeps the same, but for what is `not_compared`."""

    __slots__: tuple[str, ...] = ()
    not_compared: ClassVar[frozenset[str]] = frozenset()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Whether another one keeps the same."""
        kept = (each for each in self.__slots__ if each not in self.not_compared)
        return type(self) is type(other) and all(getattr(self, each) == getattr(other, each) for each in kept)


class Texts(Packed):
    """Texts without duplicates, each known by its number, which is its place in their order."""

    __slots__ = ("_sorted",)

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Take these texts."""
        self._sorted = sorted(frozenset(texts))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._sorted)

    def __iter__(self) -> Iterator[str]:
        """Yield each, in order."""
        return iter(self._sorted)

    def __contains__(self, text: object) -> bool:
        """Whether this text is one of them."""
        return isinstance(text, str) and self.number(text) is not None

    def __getitem__(self, number: int) -> str:
        """Return the text with a number."""
        return self._sorted[number]

    def number(self, text: str) -> int | None:
        """Return the number of a text; None where it is not one of them."""
        at = bisect_left(self._sorted, text)
        return at if at < len(self._sorted) and self._sorted[at] == text else None


class Lists(Packed):
    """A list of numbers for each number from 0 on."""

    __slots__ = ("_numbers", "_starts")

    def __init__(self, lists: Iterable[Iterable[int]] = ()) -> None:
        """Take the lists, that of number 0 first."""
        self._numbers, self._starts = array("I"), array("I", [0])
        for each in lists:
            self._numbers.extend(each)
            self._starts.append(len(self._numbers))

    def __getitem__(self, number: int) -> Sequence[int]:
        """Return the list of a number."""
        return self._numbers[self._starts[number] : self._starts[number + 1]]

    def has(self, number: int, value: int) -> bool:
        """Whether the list of a number, which is in ascending order, has a value."""
        start, end = self._starts[number], self._starts[number + 1]
        at = bisect_left(self._numbers, value, start, end)
        return at < end and self._numbers[at] == value

    @classmethod
    def by(cls, lists: Mapping[str, Iterable[int]], texts: Texts) -> Lists:
        """Return the lists of texts, by the texts' numbers."""
        return cls(lists.get(each, ()) for each in texts)


class Numbers(Packed):
    """A map from keys to numbers, kept as one sorted array of their hashes: add all, `settle`, and ask."""

    __slots__ = ("_packed",)

    def __init__(self, pairs: Iterable[tuple[str, int]] = ()) -> None:
        """Take each key with one of its numbers."""
        self._packed = array("q")
        for key, number in pairs:
            self.add(key, number)
        self.settle()

    def add(self, key: str, number: int) -> None:
        """Take one key with one of its numbers."""
        self._packed.append(_hash(key) << _NUMBER_BITS | number)

    def settle(self) -> None:
        """Put what was added in order; each later addition needs it again."""
        self._packed = array("q", sorted(self._packed))

    def of(self, key: str) -> list[int]:
        """Return the numbers of a key, ascending; in very rare cases also those of another key."""
        wanted = _hash(key)
        packed = self._packed
        at = bisect_left(packed, wanted << _NUMBER_BITS)
        found: list[int] = []
        while at < len(packed) and packed[at] >> _NUMBER_BITS == wanted:
            number = packed[at] & ((1 << _NUMBER_BITS) - 1)
            if not found or found[-1] != number:
                found.append(number)
            at += 1
        return found


def _hash(text: str) -> int:
    return hash(text) & ((1 << _HASH_BITS) - 1)
