"""The text of a case file, JSON or YAML, as plain data, with the place of every field and all that it must not hold. No I/O.

JSON follows RFC 8259 and is read fast where nothing is wrong. YAML is read event by event, without tags, aliases and merge
keys; a date stays text, since YAML's own dates accept more than the procedure does. What a case is, is in `case.py`.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from dam_plugin.procedure.case_problems import UNREAD, Finding, Path, Place, short

MAX_TEXT = 4 * 1024 * 1024
MAX_DEPTH = 32
# Far more than a case needs; it bounds the time and the memory that the places of a hostile one take.
MAX_VALUES = 200_000

TOO_DEEP = "the document is nested too deeply"
TOO_MANY = f"a case holds at most {MAX_VALUES:,} values; the rest was not read"
TOO_LARGE = f"a case is at most {MAX_TEXT // 1024 // 1024} MiB of text; this one is larger than a case can be"
EMPTY = "is empty; it must hold a mapping of fields"


@dataclass(frozen=True, slots=True)
class Places:
    """Where each field stands: its name, and its value. Of a field that stands twice, the first."""

    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    def of(self, finding: Finding) -> Place | None:
        """Return where a finding points: the key, else the value, else the mapping that lacks it."""
        if finding.place is not None:
            return finding.place
        if finding.at_key and finding.path in self.keys:
            return self.keys[finding.path]
        path = finding.path
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path)


class Document(NamedTuple):
    """A text as plain data. A value that cannot be read is `UNREAD`, and among the findings."""

    value: object
    places: Places
    findings: tuple[Finding, ...]


class StopReading(Exception):
    """Nothing after this place can be read."""

    def __init__(self, message: str, place: Place | None = None) -> None:
        """Keep what is wrong, and where."""
        self.message, self.place = message, place
        super().__init__(message)


class TextReader:
    """Reads one text: keeps the findings so far and the place of each field."""

    def __init__(self, text: str) -> None:
        """Begin with nothing read."""
        self.text = text
        self.places = Places()
        self.findings: list[Finding] = []
        self._count = 0

    def read(self) -> object:
        """Return the value of the whole text. Raises StopReading."""
        raise NotImplementedError

    def document(self) -> Document:
        """Read the text; what stops the reading stands alone among the findings."""
        if len(self.text) > MAX_TEXT:
            return _nothing(StopReading(TOO_LARGE))
        try:
            value = self.read()
        except StopReading as stop:
            return _nothing(stop)
        return Document(value, self.places, tuple(self.findings))

    def begin(self, path: Path, place: Place, depth: int = 0) -> None:
        """Note where a value begins; `depth` is how many lists and mappings it is in, when it is one itself."""
        if depth >= MAX_DEPTH:
            raise StopReading(TOO_DEEP, place)
        self._count += 1
        if self._count > MAX_VALUES:
            raise StopReading(TOO_MANY, place)
        self.places.values.setdefault(path, place)

    def name(self, mapping: dict[str, object], key: str, path: Path, place: Place) -> None:
        """Note where a field's name stands, in a mapping that may have it already."""
        if key in mapping:
            self.refuse(path, f"the field '{short(key)}' stands twice in one mapping", place)
        self.places.keys.setdefault(path, place)

    def refuse(self, path: Path, message: str, place: Place) -> object:
        """Note what a case must not hold; returns what stands in its place."""
        self.findings.append(Finding(path, message, place=place))
        return UNREAD


def _nothing(stop: StopReading) -> Document:
    return Document(UNREAD, Places(), (Finding((), stop.message, place=stop.place),))


_JSON_CONSTANTS = ("NaN", "Infinity", "-Infinity")


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
            message = f"{word} is not JSON" if word in _JSON_CONSTANTS else "this number is too long"
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


Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A number need not be decimal here: a longer one could be read and not be printed (Python's limit is 4,300 digits).
MAX_NUMBER = 3_000
# Stands in paths for a key that is no name.
_NO_NAME = "?"
# PyYAML's events share no base that types their fields.
Event = Any


def yaml_document(text: str) -> Document:
    """Return the document of a YAML text; tags, aliases, merge keys and names that stand twice are findings."""
    return _YamlReader(text).document()


class _CaseLoader(Loader):  # type: ignore[misc]  # the base class is chosen at run time
    """YAML as a case is written: no implicit dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }


class _YamlReader(TextReader):
    """YAML, event by event: an alias is never followed, and nothing is read behind the place that ends the reading."""

    _STRING = "tag:yaml.org,2002:str"
    _NO_CHARACTER = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

    def read(self) -> object:
        if wrong := self._NO_CHARACTER.search(self.text):
            before = self.text[: wrong.start()]
            place = before.count("\n") + 1, wrong.start() - before.rfind("\n")
            raise StopReading(f"holds characters that YAML does not allow (U+{ord(wrong.group()):04X})", place)
        self._loader = _CaseLoader(self.text)
        try:
            return self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = (mark.line + 1, mark.column + 1) if mark else None
            told = TOO_DEEP if "nesting depth" in str(error.problem) else f"this is not YAML ({error.problem})"
            raise StopReading(told, at) from error
        except yaml.YAMLError as error:
            raise StopReading("this is not YAML") from error
        finally:
            self._loader.dispose()

    def _document(self) -> object:
        self._next()
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise StopReading(EMPTY, (1, 1))
        value = self._value(self._next(), (), 0)
        self._next()
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse((), "a second document begins here; a file holds one case", _start(after))
        return value

    def _next(self) -> Event:
        return self._loader.get_event()

    def _value(self, event: Event, path: Path, depth: int) -> object:
        place = _start(event)
        if isinstance(event, yaml.AliasEvent):
            self.begin(path, place)
            return self.refuse(path, "aliases are not allowed in a case; write the value out", place)
        tagged = event.tag is not None
        if tagged:
            self.refuse(path, "tags are not allowed in a case", place)
        if isinstance(event, yaml.ScalarEvent):
            self.begin(path, place)
            return UNREAD if tagged else self._scalar(event, path, place)
        self.begin(path, place, depth)
        items = isinstance(event, yaml.SequenceStartEvent)
        value = self._list(path, depth) if items else self._mapping(path, depth)
        return UNREAD if tagged else value

    def _list(self, path: Path, depth: int) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path, depth: int) -> dict[str, object]:
        fields: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, path, depth)
            if key is None:
                self._value(self._next(), (*path, _NO_NAME), depth + 1)
                continue
            self.name(fields, key, (*path, key), _start(event))
            value = self._value(self._next(), (*path, key), depth + 1)
            fields.setdefault(key, value)
        return fields

    def _key(self, event: Event, path: Path, depth: int) -> str | None:
        """Return a field's name as it is written (a number or a word like `null` is a name too), or None."""
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(path, "a field's name must be text", _start(event))
            self._value(event, (*path, _NO_NAME), depth + 1)
            return None
        name: str = event.value
        if event.tag is not None:
            self.refuse((*path, name), "tags are not allowed in a case", _start(event))
        if name == "<<" and event.implicit[0]:
            self.refuse((*path, name), "merge keys are not allowed in a case; write the fields out", _start(event))
            return None
        return name

    def _scalar(self, event: Event, path: Path, place: Place) -> object:
        text: str = event.value
        tag = self._loader.resolve(yaml.ScalarNode, text, event.implicit)
        if tag == self._STRING:
            return text
        try:
            if len(text) > MAX_NUMBER:
                return self.refuse(path, "this number is too long", place)
            value: object = self._loader.construct_object(yaml.ScalarNode(tag, text, event.start_mark))
        except (ValueError, IndexError, yaml.YAMLError):
            return self.refuse(path, "this value cannot be read; put it in quotes if it is text", place)
        if isinstance(value, float) and not math.isfinite(value):
            return self.refuse(path, f"{text} is no number that a case can hold", place)
        return value


def _start(event: Event) -> Place:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
