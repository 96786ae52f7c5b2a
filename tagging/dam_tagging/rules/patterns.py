"""Patterns of object keys: `*` and `?` within a folder's name, `**` for any number of folders. Matching takes linear time."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dam_tagging.rules.compare_texts import plain

MAX_PARTS = 32
"""Most parts between slashes in a pattern. No library nests deeper, and the time of a match grows with parts times
folders."""

_Part = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Key:
    """An object's key, taken apart: `parts` in order, `names` as a set."""

    parts: tuple[str, ...]
    names: frozenset[str]

    @classmethod
    def of(cls, key: str) -> Key:
        """Take a key apart at its slashes."""
        parts = tuple(plain(key).split("/"))
        return cls(parts, frozenset(parts))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, prepared: `literals` are the names that a key must hold in any case."""

    text: str
    literals: frozenset[str] = field(init=False, compare=False, repr=False)
    parts: tuple[_Part | None, ...] = field(init=False, compare=False, repr=False)
    anywhere: _Part | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the parts; None means `**`. For `**/x/**`, the most frequent form, `anywhere` is the test for x."""
        parts: list[str] = []
        for part in plain(self.text).split("/"):
            if part != "**" or parts[-1:] != ["**"]:
                parts.append(part)
        object.__setattr__(self, "literals", frozenset(part for part in parts if not _is_wild(part)))
        prepared = tuple(None if part == "**" else _part(part) for part in parts)
        object.__setattr__(self, "parts", prepared)
        lone = len(parts) == 3 and parts[0] == parts[2] == "**"
        object.__setattr__(self, "anywhere", prepared[1] if lone else None)

    def fits(self, key: Key) -> bool:
        """Return whether the whole key fits."""
        if not self.literals <= key.names:
            return False
        if self.anywhere is not None:
            return bool(self.literals) or any(map(self.anywhere, key.names))
        return _reaches(key.parts, self.parts)


def _is_wild(part: str) -> bool:
    return "*" in part or "?" in part


def _part(part: str) -> _Part:
    if not _is_wild(part):
        return part.__eq__
    # fnmatch never goes back behind a `*` that fits. Brackets count as letters, since file names have them.
    return re.compile(fnmatch.translate(part.replace("[", "[[]"))).match


def _reaches(key: Sequence[str], parts: Sequence[_Part | None]) -> bool:
    """Match part by part; `reached` are the places in the key where the pattern so far can end."""
    end = len(key)
    reached = {0}
    for part in parts:
        if part is None:
            reached = set(range(min(reached), end + 1))
        else:
            reached = {at + 1 for at in reached if at < end and part(key[at])}
        if not reached:
            return False
    return end in reached
