"""A TOML file from bytes to plain data, with the place of each key, which `tomllib` does not tell. No I/O; TOML 1.0.

What a file is to hold is the caller's: a district's rulings, its retention rules, a publisher's profile.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

from dam_plugin.errors import Problem
from dam_plugin.procedure.case_problems import Finding, Path, Place, dotted
from dam_plugin.procedure.documents import Places


class NotToml(ValueError):
    """The bytes are no TOML file; `problem` says why, and where."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        self.problem = problem
        super().__init__(str(problem))


class TomlFile(NamedTuple):
    """The values of a file, and where each stands; `name` is the file's, as it is told."""

    name: str
    values: dict[str, Any]
    places: Places

    def placed(self, findings: Iterable[Finding]) -> tuple[Problem, ...]:
        """Return what is wrong with the values, each with its place, in the order of the file."""
        problems = []
        for each in findings:
            line, column = self.places.of(each) or (None, None)
            problems.append(Problem(dotted(each.path), each.message, self.name, line, column))
        return tuple(sorted(problems, key=lambda each: (each.line or 0, each.column or 0)))


def read_toml(data: bytes, name: str, *, largest: int, otherwise: str) -> TomlFile:
    """Return the values in the bytes of a file, and their places. Raises NotToml.

    A file is refused where it has more than `largest` bytes: then it is `otherwise`, such as "no file of rulings".
    """
    if len(data) > largest:
        raise NotToml(Problem("", f"is larger than {largest // 1024} KiB: it is {otherwise}", name))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise NotToml(Problem("", "is not UTF-8 text: save it as UTF-8", name, line)) from None
    try:
        return TomlFile(name, tomllib.loads(text), toml_places(text))
    except tomllib.TOMLDecodeError as error:
        raise NotToml(_not_toml(str(error), text, name)) from None
    except RecursionError:
        raise NotToml(Problem("", f"is nested too deeply: it is {otherwise}", name)) from None


_WHERE = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_LONGEST = 200


def _not_toml(said: str, text: str, name: str) -> Problem:
    place = _WHERE.search(said)
    what = (said[: place.start()].strip() if place else said)[:_LONGEST]
    line, column = (int(place["line"]), int(place["column"])) if place and place["line"] else (None, None)
    return Problem("", f"is not TOML: {what[:1].lower()}{what[1:]}", name, line or text.count("\n") + 1, column)


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
            _place_above(places, table, place)
        elif found["key"] is not None:
            path = (*table, *(_part(each) for each in _PART.findall(found["key"])))
            place = lines.place(found.start("key"))
            _place_above(places, path, place)
            places.keys.setdefault(path, place)
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


def _place_above(places: Places, path: Path, place: Place) -> None:
    """Give the tables that are written only as a part of this path its place."""
    while path := path[:-1]:
        places.keys.setdefault(path, place)
        places.values.setdefault(path, place)


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
        self._starts = [0, *(each.end() for each in re.finditer("\n", text))]

    def place(self, at: int) -> tuple[int, int]:
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1
