"""Texts and numbers of a whole roster in little memory: sorted lists and arrays in place of dictionaries. No I/O.

A dictionary with a small set for each of 100,000 names takes a hundred megabytes, and every process that tags has its own.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import ClassVar

# A text that came from a file name may hold what is no whole letter.
_ANY = "surrogatepass"
_NUMBER_BITS = 24
_HASH_BITS = 39
_SOME_BITS = 6


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
    """Texts without duplicates, each known by its number, which is its place in their order.

    They lie in one piece: a hundred thousand texts, each an object of its own, also hold back the memory of what lay
    between them while they were made.
    """

    # The numbers are made of the same texts, and their hashes are those of one process.
    not_compared = frozenset({"_numbers"})
    __slots__ = ("_joined", "_numbers", "_starts")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Take these texts."""
        # INVARIANT: UTF-8 has the order of the texts themselves.
        coded = [_coded(each) for each in sorted(frozenset(texts))]
        self._joined = b"".join(coded)
        self._starts = array("I", accumulate(map(len, coded), initial=0))
        del coded
        self._numbers = Numbers((each, number) for number, each in enumerate(self))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[str]:
        """Yield each, in order."""
        return map(self.__getitem__, range(len(self)))

    def __contains__(self, text: object) -> bool:
        """Whether this text is one of them."""
        return isinstance(text, str) and self.number(text) is not None

    def __getitem__(self, number: int) -> str:
        """Return the text with a number."""
        return self._at(number).decode(errors=_ANY)

    def number(self, text: str) -> int | None:
        """Return the number of a text; None where it is not one of them."""
        return next((each for each in self._numbers.of(text) if self[each] == text), None)

    def begun_by(self, start: str) -> Iterator[str]:
        """Yield those that begin with a text, in order."""
        first = bisect_left(range(len(self)), _coded(start), key=self._at)
        for number in range(first, len(self)):
            if not (found := self[number]).startswith(start):
                return
            yield found

    def _at(self, number: int) -> bytes:
        return self._joined[self._starts[number] : self._starts[number + 1]]


def _coded(text: str) -> bytes:
    return text.encode(errors=_ANY)


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
    def of_pairs(cls, pairs: Iterable[tuple[int, int]]) -> Lists:
        """Return the lists of numbers with each of their values, which come in ascending order; each number has one."""
        packed = sorted(array("Q", (number << 32 | value for number, value in pairs)))
        return cls([each & 0xFFFF_FFFF for each in of_one] for _, of_one in groupby(packed, lambda each: each >> 32))

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
        # A few at a time: as objects, all of them take five times as much memory.
        some = [array("q") for _ in range(1 << _SOME_BITS)]
        for each in self._packed:
            some[each >> (_HASH_BITS + _NUMBER_BITS - _SOME_BITS)].append(each)
        self._packed = array("q")
        for numbers in some:
            self._packed.extend(sorted(numbers))

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


class Lengths(Packed):
    """A few small numbers for each of many words, the highest first; in very rare cases also those of another word."""

    __slots__ = ("_numbers",)

    def __init__(self, lengths: Mapping[str, Iterable[int]]) -> None:
        """Take the numbers of each word."""
        self._numbers = Numbers((word, number) for word, numbers in lengths.items() for number in numbers)

    def of(self, word: str) -> Sequence[int]:
        """Return the numbers of a word; none where it is not known."""
        return self._numbers.of(word)[::-1]


def _hash(text: str) -> int:
    return hash(text) & ((1 << _HASH_BITS) - 1)
