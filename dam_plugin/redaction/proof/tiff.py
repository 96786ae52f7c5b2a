"""The strict walk of a TIFF copy (TIFF 6.0, Adobe's technical notes): one page, every byte of the file accounted for."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dam_plugin.redaction.proof.held import Held, inflated, known, ordered, refuse, sized

_SHORT, _LONG, _BYTE, _UNDEFINED = 3, 4, 1, 7
_BYTES = {_BYTE: 1, _SHORT: 2, _LONG: 4, _UNDEFINED: 1}
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, SAMPLES, ROWS, COUNTS, PLANAR, PREDICTOR, EXTRA = (
    256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 338,
)  # fmt: skip
XMP, PROFILE = 700, 34675
_NUMBERS = frozenset(
    {WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, SAMPLES, ROWS, COUNTS, PLANAR, PREDICTOR, EXTRA}
)
_TYPES: Final[Mapping[int, frozenset[int]]] = {
    **dict.fromkeys(_NUMBERS, frozenset({_SHORT, _LONG})),
    XMP: frozenset({_BYTE, _UNDEFINED}),
    PROFILE: frozenset({_UNDEFINED}),
}
"""The tags that a copy may hold, and the types they may have: nothing that points to another directory is among them."""
_DEFAULTS = {PLANAR: (1,), PREDICTOR: (1,), EXTRA: (), SAMPLES: (1,)}
_MOST_VALUES = 1 << 20

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int
    count: int
    start: int

    @property
    def length(self) -> int:
        return self.count * _BYTES[self.kind]

    @property
    def end(self) -> int:
        return self.start + self.length


def walk(data: bytes, packet: bytes) -> Held:
    """Return what a TIFF holds; `packet` is the notice it must hold, b"" for none. Raises NotProven."""
    entries, spans = _directory(data)
    numbers = {entry.tag: _values(data, entry) for entry in entries.values() if entry.tag in _NUMBERS}
    size, samples = _picture(numbers)
    strips = _strips(numbers)
    _accounted(data, [*spans, *strips])
    _rows(data, strips, numbers, size[0] * samples)
    notice, profile = (_bytes(data, entries.get(tag)) for tag in (XMP, PROFILE))
    ordered(notice, packet)
    alpha = samples in {2, 4}
    return Held(size, alpha, lossless=True, profile=b"" if profile is None else known(profile))


def _directory(data: bytes) -> tuple[dict[int, _Entry], list[Span]]:
    """Return the entries of the one directory, and the stretches of the file that it and its values fill."""
    if data[:4] != b"II\x2a\0" or len(data) < 8:
        raise refuse("the file does not begin as a little-endian TIFF")
    (at,) = struct.unpack_from("<I", data, 4)
    if at + 2 > len(data):
        raise refuse("the directory lies outside of the file")
    (count,) = struct.unpack_from("<H", data, at)
    end = at + 2 + 12 * count + 4
    if end > len(data):
        raise refuse("the directory is cut off")
    if any(data[end - 4 : end]):
        raise refuse("the file holds a second page")
    entries = [_entry(data, at + 2 + 12 * index) for index in range(count)]
    tags = [entry.tag for entry in entries]
    if tags != sorted(set(tags)):
        raise refuse("the tags stand out of order or twice")
    values = [(entry.start, entry.end) for entry in entries if entry.length > 4]
    return dict(zip(tags, entries, strict=True)), [(0, 8), (at, end), *values]


def _entry(data: bytes, at: int) -> _Entry:
    """Return an entry that a copy may hold, with its values' place; the rest of a value field must be empty."""
    tag, kind, count, value = struct.unpack_from("<HHII", data, at)
    if tag not in _TYPES:
        raise refuse(f"the file holds a tag {tag} that a copy may not hold")
    if kind not in _TYPES[tag] or not 1 <= count <= _MOST_VALUES:
        raise refuse(f"tag {tag} has a type or count that it may not have")
    length = count * _BYTES[kind]
    entry = _Entry(tag, kind, count, at + 8 if length <= 4 else value)
    if entry.end > len(data):
        raise refuse(f"the values of tag {tag} lie outside of the file")
    if length < 4 and any(data[entry.end : at + 12]):
        raise refuse(f"bytes stand behind the value of tag {tag}")
    return entry


def _values(data: bytes, entry: _Entry) -> tuple[int, ...]:
    letter = "H" if entry.kind == _SHORT else "I"
    return struct.unpack_from(f"<{entry.count}{letter}", data, entry.start)


def _bytes(data: bytes, entry: _Entry | None) -> bytes | None:
    return None if entry is None else data[entry.start : entry.end]


def _picture(numbers: Mapping[int, tuple[int, ...]]) -> tuple[tuple[int, int], int]:
    """Return the size and the samples of a pixel: 8 bits each, in grey or RGB, alpha not multiplied in."""
    told = {**_DEFAULTS, **numbers}
    (samples,) = _one(told, SAMPLES)
    if (
        told.get(BITS) != (8,) * samples
        or told.get(PHOTOMETRIC) != ((1,) if samples < 3 else (2,))
        or samples not in {1, 2, 3, 4}
        or told[EXTRA] != ((2,) if samples in {2, 4} else ())
        or told[PLANAR] != (1,)
        or told.get(COMPRESSION) not in {(1,), (8,)}
        or told[PREDICTOR] not in ({(1,), (2,)} if told.get(COMPRESSION) == (8,) else {(1,)})
    ):
        raise refuse("the picture is not one of 8 bits in grey or RGB, packed by deflate or not at all")
    return sized(*_one(told, WIDTH), *_one(told, HEIGHT)), samples


def _one(numbers: Mapping[int, tuple[int, ...]], tag: int) -> tuple[int]:
    values = numbers.get(tag, ())
    if len(values) != 1:
        raise refuse(f"tag {tag} does not hold one number")
    return (values[0],)


def _strips(numbers: Mapping[int, tuple[int, ...]]) -> list[Span]:
    (height,), (rows,) = _one(numbers, HEIGHT), _one(numbers, ROWS)
    starts, counts = numbers.get(STRIPS, ()), numbers.get(COUNTS, ())
    if not 0 < rows <= height or len(starts) != -(-height // rows) or len(starts) != len(counts):
        raise refuse("the strips are not as many as the picture's rows need")
    return [(start, start + count) for start, count in zip(starts, counts, strict=True)]


def _accounted(data: bytes, spans: Sequence[Span]) -> None:
    """Raise NotProven where two stretches overlap, or a byte belongs to none and is no zero before an even offset."""
    at = 0
    for start, end in [*sorted(spans), (len(data), len(data))]:
        if start < at or end > len(data) or end < start:
            raise refuse("two parts of the file overlap, or one lies outside of it")
        if start - at > at % 2 or any(data[at:start]):
            raise refuse(f"{start - at} bytes at {at} belong to no part of the picture")
        at = end


def _rows(data: bytes, strips: Sequence[Span], numbers: Mapping[int, tuple[int, ...]], row: int) -> None:
    """Raise NotProven unless each strip holds exactly its rows of `row` bytes."""
    (height,), (rows,) = _one(numbers, HEIGHT), _one(numbers, ROWS)
    packed = numbers[COMPRESSION] == (8,)
    for (start, end), lines in zip(strips, _shares(height, rows), strict=True):
        if packed:
            for _ in inflated([memoryview(data)[start:end]], lines * row):
                pass
        elif end - start != lines * row:
            raise refuse("a strip is not as long as its rows")


def _shares(height: int, rows: int) -> Iterator[int]:
    for top in range(0, height, rows):
        yield min(rows, height - top)
