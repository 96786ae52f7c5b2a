"""YAML as a case is written, event by event: without tags, aliases, merge keys and dates, which stay text.

YAML's own dates would accept more than the procedure does.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from dam_plugin.procedure.documents import EMPTY, TOO_DEEP, Document, StopReading, TextReader
from dam_plugin.procedure.problems import UNREAD, Path, Place

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
