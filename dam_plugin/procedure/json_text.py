"""JSON (RFC 8259) as plain data: fast where nothing is wrong, else once more, with the place of every field."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any, NoReturn

from dam_plugin.procedure.documents import EMPTY, MAX_TEXT, MAX_VALUES, TOO_LARGE, Document, StopReading, TextReader
from dam_plugin.procedure.problems import UNREAD, Path, Place

_CONSTANTS = ("NaN", "Infinity", "-Infinity")


def json_document(text: str) -> Document:
    """Return the document of a JSON text; the same name twice in an object, and NaN, are findings."""
    return _JsonReader(text).document()


def quick_json(text: str) -> object:
    """Return what a JSON text holds, fast. Raises ValueError or RecursionError where `json_document` tells why."""
    at_most = len(text) if len(text) <= MAX_VALUES else 1 + sum(map(text.count, ",[{"))
    if at_most > MAX_VALUES or len(text) > MAX_TEXT:
        raise ValueError(TOO_LARGE)
    return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a field stands twice in one mapping")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class _JsonReader(TextReader):
    """JSON: the standard library judges the syntax and reads each scalar; this finds the places."""

    _SPACE = re.compile(r"[ \t\n\r]*")

    def read(self) -> object:
        self._breaks = [match.start() for match in re.finditer("\n", self.text)]
        self._decoder = json.JSONDecoder(parse_constant=lambda _: UNREAD, parse_int=_whole)
        start = self._after_space(0)
        if start == len(self.text):
            raise StopReading(EMPTY, self._place(0))
        try:
            self._decoder.decode(self.text)
        except json.JSONDecodeError as error:
            raise StopReading(f"this is not JSON ({error.msg})", (error.lineno, error.colno)) from error
        except RecursionError:
            # What stands before it is JSON, and the walk below ends where it is too deep.
            pass
        return self._value(start, (), 0)[0]

    def _after_space(self, index: int) -> int:
        match = self._SPACE.match(self.text, index)
        return match.end() if match else index

    def _place(self, index: int) -> Place:
        line = bisect_right(self._breaks, index - 1)
        return line + 1, index - (self._breaks[line - 1] if line else -1)

    def _value(self, index: int, path: Path, depth: int) -> tuple[object, int]:
        first = self.text[index]
        if first == "{":
            return self._mapping(index, path, depth)
        if first == "[":
            return self._list(index, path, depth)
        self.begin(path, self._place(index))
        value, end = self._decoder.raw_decode(self.text, index)
        if value is UNREAD:
            word = self.text[index:end]
            message = f"{word} is not JSON" if word in _CONSTANTS else "this number is too long"
            self.refuse(path, message, self._place(index))
        return value, end

    def _list(self, index: int, path: Path, depth: int) -> tuple[list[object], int]:
        self.begin(path, self._place(index), depth)
        items: list[object] = []
        index = self._after_space(index + 1)
        while self.text[index] != "]":
            value, index = self._value(index, (*path, len(items)), depth + 1)
            items.append(value)
            index = self._after_comma(index)
        return items, index + 1

    def _mapping(self, index: int, path: Path, depth: int) -> tuple[dict[str, object], int]:
        self.begin(path, self._place(index), depth)
        fields: dict[str, object] = {}
        index = self._after_space(index + 1)
        while self.text[index] != "}":
            key, end = self._decoder.raw_decode(self.text, index)
            self.name(fields, key, (*path, key), self._place(index))
            colon = self._after_space(end)
            value, index = self._value(self._after_space(colon + 1), (*path, key), depth + 1)
            fields.setdefault(key, value)
            index = self._after_comma(index)
        return fields, index + 1

    def _after_comma(self, index: int) -> int:
        index = self._after_space(index)
        return self._after_space(index + 1) if self.text[index] == "," else index


def _whole(digits: str) -> object:
    try:
        return int(digits)
    except ValueError:
        return UNREAD
