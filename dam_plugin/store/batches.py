"""Items in lists of a fixed size, as `itertools.batched` of Python 3.12 gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """Yield the items in order, in lists of `most`; the last may be shorter. Each list is read when it is asked for."""
    rest = iter(items)
    while batch := list(islice(rest, most)):
        yield batch
