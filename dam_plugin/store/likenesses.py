"""Compares the likenesses of two pictures. How one is made of a picture is in `intake/same_picture.py`."""

from __future__ import annotations

from functools import lru_cache

# How many of the 64 comparisons may differ between two that look alike: 24 samples, each written
# anew at quality 85 and made smaller to a half and a quarter, differ in at most 3, two different ones in no fewer than 6.
MOST_DIFFERING = 3


def middles_of(likeness_of_one: str) -> list[str]:
    """Return what a picture is found by: itself and its middles."""
    return likeness_of_one.partition("/")[0].split()


def asked_for(likeness_of_one: str) -> list[str]:
    """Return the likenesses to search for a new picture: of itself, its middles, and itself turned and mirrored."""
    return likeness_of_one.replace("/", " ").split()


def looks_like(one: str, new: str) -> bool:
    """Whether a new picture looks like one, by their likenesses."""
    asked = _numbers(new)
    middles = _numbers(one)[: len(middles_of(one))]
    return any((theirs ^ ours).bit_count() <= MOST_DIFFERING for theirs in middles for ours in asked)


@lru_cache(maxsize=1024)
def _numbers(likeness_of_one: str) -> tuple[int, ...]:
    return tuple(int(each, 16) for each in asked_for(likeness_of_one))
