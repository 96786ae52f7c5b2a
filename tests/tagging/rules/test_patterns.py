"""Patterns of keys: what fits, and that the worst of them ends."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.rules.patterns import MAX_PARTS, Key, Pattern


@pytest.mark.parametrize(
    ("key", "pattern", "expected"),
    [
        ("a/b/c.jpg", "**", True),
        ("a/b/c.jpg", "a/**", True),
        ("a/b/c.jpg", "**/c.jpg", True),
        ("c.jpg", "**/c.jpg", True),
        ("a/b/c.jpg", "a/**/c.jpg", True),
        ("a/c.jpg", "a/**/c.jpg", True),
        ("a/b/c.jpg", "a/*", False),
        ("a/b/c.jpg", "*.jpg", False),
        ("a/b/c.jpg", "a/b/?.jpg", True),
        ("a/b/c.jpg", "**/b/**/x", False),
        ("a/b/c.jpg", "b/**", False),
        ("a/b/c.jpg", "**/b/**", True),
        ("a/xbx/c.jpg", "**/*b*/**", True),
        ("a/team [1].jpg", "a/team [1].jpg", True),
        ("a/team 1.jpg", "a/team [1].jpg", False),
        ("a/[b]x/c", "a/[b]*/c", True),
        ("a/b", "a/**/**/b", True),
        ("a", "a/b", False),
        ("", "**", True),
        ("A/B.JPG", "a/*.jpg", True),
        ("a/b\nc", "a/b*", True),
    ],
)
def test_key_patterns(key: str, pattern: str, expected: bool) -> None:
    assert Pattern(pattern).fits(Key.of(key)) is expected


def naive(key: Sequence[str], pattern: Sequence[str]) -> bool:
    """Say it as the guide does: `**` is any number of folders."""
    if not pattern:
        return not key
    if pattern[0] == "**":
        return any(naive(key[at:], pattern[1:]) for at in range(len(key) + 1))
    return bool(key) and fnmatchcase(key[0], pattern[0]) and naive(key[1:], pattern[1:])


NAMES = st.sampled_from(["a", "b", "ab", "aab", ""])
PARTS = st.sampled_from(["a", "b", "*", "**", "a*", "*b", "?", "*a*"])


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.lists(NAMES, min_size=1, max_size=5), st.lists(PARTS, min_size=1, max_size=5))
def test_a_pattern_fits_as_the_guide_says(key: list[str], pattern: list[str]) -> None:
    assert Pattern("/".join(pattern)).fits(Key.of("/".join(key))) is naive(key, pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "/".join(["**", "*a*"] * (MAX_PARTS // 2)) + "/c",
        "**/" + "/".join(["*a*b*"] * (MAX_PARTS - 2)) + "/c",
        "**/" + "*a" * 500 + "c",
        "**/" + "?*" * 500 + "c",
    ],
    ids=["stars", "parts", "one-part", "question-marks"],
)
@pytest.mark.parametrize("key", ["/".join(["ab"] * 340), "a" * 1024, "a/" * 511 + "b"], ids=["deep", "long", "parts"])
def test_the_worst_patterns_end(pattern: str, key: str) -> None:
    assert not Pattern(pattern).fits(Key.of(key))
