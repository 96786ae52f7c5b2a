"""The ZIP of a set, read more strictly than a ZIP need be (APPNOTE 6.3.10): no byte is outside of an entry or said twice.

`zipfile` finds a file in whatever stands around it, and believes the directory at the end alone; other programs believe the
header before each file. Here both have to say the same, entries are stored and lie one behind the other, from the first byte
to the last. What an entry holds is read elsewhere.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from dam_plugin.errors import SetAltered

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_EXTRA = struct.Struct("<2H")
_MOST16, _MOST32 = 0xFFFF, 0xFFFFFFFF
_ZIP64 = 1
_VERSION, _ZIP64_VERSION, _ON_UNIX = 20, 45, 3
_ENCRYPTED = 0x1
_LINK, _FILE = 0o12, 0o10
# UTF-8 names, midnight, on Unix, an ordinary file that everybody may read.
_FLAGS, _TIME, _ATTRIBUTES = 0x800, 0, 0o100644 << 16
_BUFFER = 256 * 1024

_NO_ZIP = "it is no ZIP archive, or not a whole one"
_NO_DIRECTORY = "the directory at its end is not as a set has it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the directory at the end has it, its place from 1.

    `start` is where its header begins, `header` what has to stand there.
    """

    number: int
    path: str
    size: int
    packed: int
    crc: int
    start: int
    method: int
    header: bytes
    flags: int
    time: int
    day: int
    attributes: int

    @property
    def told(self) -> str:
        """What a message calls it: its name may be anything until it was found in the manifest."""
        return f"entry {self.number}"


@dataclass(frozen=True, slots=True)
class Layout:
    """An open set: where its directory is, and how many entries it has."""

    file: BinaryIO
    count: int
    directory: int
    directory_size: int

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in the directory's order. Raises SetAltered where it is no directory of a set."""
        read = _Reading(self.file, self.directory, self.directory + self.directory_size)
        for number in range(1, self.count + 1):
            yield _entry(read, number)
        if read.left:
            raise SetAltered([_NO_DIRECTORY])

    def body(self, entry: Entry) -> int | None:
        """Return where an entry's bytes begin; None where the header before them does not say what the directory says.

        So it is where the entry would not end before the directory.
        """
        if self._end_of(entry) > self.directory:
            return None
        self.file.seek(entry.start)
        return entry.start + len(entry.header) if self.file.read(len(entry.header)) == entry.header else None

    def check(self, problem: Callable[[str], None], day: date | None) -> Iterator[tuple[Entry, int]]:
        """Yield each entry with the place of its bytes where it lies as it should; every problem is told, of all of them.

        `day` is the one that entries have to be dated with, at midnight; null where it is not known.
        """
        end = 0
        for entry in self.entries():
            for told in _oddities(entry, day):
                problem(f"{entry.told} {told}")
            body = self.body(entry)
            if entry.start < end or self._end_of(entry) > self.directory:
                problem(f"{entry.told} reaches into another one, or into the directory")
                continue
            if entry.start > end:
                problem(f"there are bytes before {entry.told} that belong to no file")
            end = self._end_of(entry)
            if body is None:
                problem(f"the header of {entry.told} differs from the directory at the end")
            else:
                yield entry, body
        if end != self.directory:
            problem("there are bytes behind the last file that belong to none")

    @staticmethod
    def _end_of(entry: Entry) -> int:
        return entry.start + len(entry.header) + entry.packed


def layout(file: BinaryIO) -> Layout:
    """Return the layout of an open, seekable file. Raises SetAltered where it is no ZIP that ends as a set ends."""
    size = file.seek(0, os.SEEK_END)
    if size < _END.size:
        raise SetAltered([_NO_ZIP])
    end = size - _END.size
    signature, disk, start_disk, here, count, length, offset, comment = _unpacked(_END, file, end)
    if signature != b"PK\x05\x06" or disk or start_disk or comment or here != count:
        raise SetAltered([_NO_ZIP])
    large = _large_end(file, end)
    if (large is not None) != (count == _MOST16 or _MOST32 in (length, offset)):
        raise SetAltered([_NO_ZIP])
    if large is not None:
        if (count, length, offset) != _saturated(large):
            raise SetAltered([_NO_ZIP])
        count, length, offset, end = large[0], large[1], large[2], end - _LOCATOR.size - _END64.size
    if offset + length != end:
        raise SetAltered([_NO_ZIP])
    return Layout(file, count, offset, length)


def _large_end(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """Return count, size and place of the directory as the records of ZIP64 give them (4.3.14); None where there are none."""
    if end < _LOCATOR.size + _END64.size:
        return None
    signature, disk, place, disks = _unpacked(_LOCATOR, file, end - _LOCATOR.size)
    if signature != b"PK\x06\x07":
        return None
    told = _unpacked(_END64, file, end - _LOCATOR.size - _END64.size)
    fixed = (b"PK\x06\x06", _END64.size - 12, _ON_UNIX << 8 | _ZIP64_VERSION, _ZIP64_VERSION, 0, 0)
    if (disk, place, disks) != (0, end - _LOCATOR.size - _END64.size, 1) or told[:6] != fixed or told[6] != told[7]:
        raise SetAltered([_NO_ZIP])
    return told[7], told[8], told[9]


def _saturated(large: tuple[int, int, int]) -> tuple[int, int, int]:
    return min(large[0], _MOST16), min(large[1], _MOST32), min(large[2], _MOST32)


class _Reading:
    """Reads on through a part of the file, whoever moves it meanwhile."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._next, self._end = file, start, end
        self._held = b""

    @property
    def left(self) -> bool:
        return bool(self._held) or self._next < self._end

    def take(self, size: int) -> bytes:
        """Return exactly so many bytes. Raises SetAltered where there are fewer."""
        if len(self._held) < size:
            self._file.seek(self._next)
            more = self._file.read(min(max(size, _BUFFER), self._end - self._next))
            self._next += len(more)
            self._held += more
        taken, self._held = self._held[:size], self._held[size:]
        if len(taken) < size:
            raise SetAltered([_NO_DIRECTORY])
        return taken


def _entry(read: _Reading, number: int) -> Entry:
    """Return the next entry of the directory (4.3.12)."""
    (
        signature, made_by, needs, flags, method, time, day, crc, packed, size, name_length,
        extra_length, comment, disk, internal, attributes, start,
    ) = _CENTRAL.unpack(read.take(_CENTRAL.size))  # fmt: skip
    name, extra = read.take(name_length), read.take(extra_length)
    version = _ZIP64_VERSION if extra else _VERSION
    fixed = (signature, made_by, needs, comment, disk, internal)
    if fixed != (b"PK\x01\x02", _ON_UNIX << 8 | version, version, 0, 0, 0):
        raise SetAltered([_NO_DIRECTORY])
    is_large = _MOST32 in (size, packed)
    size, packed, start = _large_values(extra, size, packed, start)
    header = _header(name, (flags, method, time, day, crc), packed, size, is_large=is_large)
    path = name.decode("utf-8", "replace")
    return Entry(number, path, size, packed, crc, start, method, header, flags, time, day, attributes)


def _large_values(extra: bytes, *values: int) -> list[int]:
    """Return the values, those that do not fit their fields from the extra field of ZIP64 (4.5.3), which holds no other."""
    missing = sum(value == _MOST32 for value in values)
    wanted = _EXTRA.pack(_ZIP64, 8 * missing) if missing else b""
    if len(extra) != len(wanted) + 8 * missing or not extra.startswith(wanted):
        raise SetAltered([_NO_DIRECTORY])
    more = iter(struct.unpack(f"<{missing}Q", extra[len(wanted) :]))
    return [next(more) if value == _MOST32 else value for value in values]


def _header(name: bytes, fields: tuple[int, ...], packed: int, size: int, *, is_large: bool) -> bytes:
    """Return what has to stand before a file (4.3.7): what the directory says, and nothing else."""
    extra = _EXTRA.pack(_ZIP64, 16) + struct.pack("<2Q", size, packed) if is_large else b""
    told = (_MOST32, _MOST32) if is_large else (packed, size)
    version = _ZIP64_VERSION if is_large else _VERSION
    return _LOCAL.pack(b"PK\x03\x04", version, *fields, *told, len(name), len(extra)) + name + extra


def _oddities(entry: Entry, day: date | None) -> Iterator[str]:
    if entry.method:
        yield "is compressed"
    elif entry.size != entry.packed:
        yield "has two sizes"
    if entry.flags & _ENCRYPTED:
        yield "is encrypted"
    elif entry.flags != _FLAGS:
        yield "is marked otherwise than a set's files are"
    if entry.attributes >> 28 == _LINK:
        yield "is a link"
    elif entry.attributes >> 28 != _FILE:
        yield "is no ordinary file"
    elif entry.attributes != _ATTRIBUTES:
        yield "has other permissions than a set's files have"
    if entry.time != _TIME or (day is not None and entry.day != _dos(day)):
        yield "is dated otherwise than the set"


def _dos(day: date) -> int:
    return (day.year - 1980) << 9 | day.month << 5 | day.day


def _unpacked(form: struct.Struct, file: BinaryIO, place: int) -> tuple[Any, ...]:
    file.seek(place)
    data = file.read(form.size)
    if len(data) != form.size:
        raise SetAltered([_NO_ZIP])
    return form.unpack(data)
