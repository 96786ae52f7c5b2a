"""Finds the line and column of each key in a TOML text, which `tomllib` does not tell. Pure; follows TOML 1.0."""

from __future__ import annotations

import re

from dam_plugin.procedure.case_problems import Path
from dam_plugin.procedure.documents import Places


def toml_places(text: str) -> Places:
    """Return the places of tables, keys and values in a valid TOML text.

    Keys inside inline tables are not found; `[table]`, `[[table]]` and `key = value` are.
    """
    places = Places()
    lines = _Lines(text)
    table: Path = ()
    counts: dict[Path, int] = {}
    position = 0
    while (found := _STATEMENT.match(text, position)) is not None:
        position = found.end()
        if found["table"] is not None:
            named = tuple(_part(each) for each in _PART.findall(found["table"]))
            table = _path(named, counts, is_row=found["open"] == "[[")
            place = lines.place(found.start("open"))
            places.keys[table] = places.values[table] = place
            if isinstance(table[-1], int):
                places.keys.setdefault(table[:-1], place)
        elif found["key"] is not None:
            path = (*table, *(_part(each) for each in _PART.findall(found["key"])))
            places.keys.setdefault(path, lines.place(found.start("key")))
            places.values.setdefault(path, lines.place(position))
            position = _behind_value(text, position)
        else:
            break
    return places


_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_DOTTED = rf"(?:{_PART.pattern})(?:[ \t]*\.[ \t]*(?:{_PART.pattern}))*"
_STATEMENT = re.compile(
    rf"(?:\s|\#[^\n]*)*(?:(?P<open>\[\[?)[ \t]*(?P<table>{_DOTTED})[ \t]*\]\]?|(?P<key>{_DOTTED})[ \t]*=[ \t]*|(?P<end>\Z))"
)
# One token of a value: a string of any kind, a comment, a bracket, a line end, anything else.
_STEP = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'|#[^\n]*|[\[{]|[\]}]|\n"
    r"""|[^\[\]{}"'#\n]+|.""",
    re.DOTALL,
)


def _behind_value(text: str, position: int) -> int:
    depth = 0
    while position < len(text):
        step = _STEP.match(text, position)
        if step is None:
            return len(text)
        word = step.group()
        if word == "\n" and depth == 0:
            return position
        depth += (word in "[{") - (word in "]}") if len(word) == 1 else 0
        position = step.end()
    return position


def _path(named: tuple[str, ...], counts: dict[Path, int], *, is_row: bool) -> Path:
    """Return the path of a table. Arrays of tables are counted, and their last row is part of the path."""
    path: Path = ()
    for place, each in enumerate(named):
        path = (*path, each)
        if is_row and place == len(named) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _part(written: str) -> str:
    return written[1:-1] if written[:1] in ("'", '"') else written


class _Lines:
    def __init__(self, text: str) -> None:
        self._text = text

    def place(self, at: int) -> tuple[int, int]:
        return self._text.count("\n", 0, at) + 1, at - self._text.rfind("\n", 0, at)
