"""Items in lists of a size, as `itertools.batched` gives them from Python 3.12 on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """Yield the items in their order in lists of `most`, the last one shorter; each is read once it is asked for."""
    rest = iter(items)
    while batch := list(islice(rest, most)):
        yield batch
