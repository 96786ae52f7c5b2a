"""What a text becomes: plain data, the place of every field, and all that a case's text must not hold. No I/O.

`json_text.py` and `yaml_text.py` read the two languages; what a case is, is known to neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from dam_plugin.procedure.problems import UNREAD, Finding, Path, Place, short

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
    """A text under reading: what was found so far, and where each field stands."""

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
