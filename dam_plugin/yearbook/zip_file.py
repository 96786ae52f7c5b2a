"""The ZIP of a set: entries stored as they are, appended to a sink, and a directory that is written from what is on record.

Not by the standard library's `zipfile`: it keeps every entry until the end, writes sizes behind the data where it cannot
seek, and cannot go on behind an archive without a directory. Source: PKWARE's APPNOTE.TXT 6.3.10, 4.3 to 4.5 (ZIP64).
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from dam_plugin.errors import InputError, StorageError
from dam_plugin.yearbook.sinks import Sink

CHUNK = 256 * 1024
MOST_PATH_BYTES = 240
"""What leaves room for a folder of 19 characters in front on Windows, which takes paths of 260."""

_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END = Struct("<4s4H2IH")
_END_64 = Struct("<4sQ2H2I4Q")
_LOCATOR_64 = Struct("<4sIQI")
_EXTRA_64 = Struct("<2H")

# What a field of 4 or 2 bytes holds at most: this value itself says that the number stands in a field of ZIP64.
_MOST_4 = 0xFFFFFFFF
_MOST_2 = 0xFFFF
_NEEDS, _NEEDS_64 = 20, 45
_MADE_ON_UNIX = 3 << 8
_STORED = 0
_UTF_8 = 1 << 11
# A plain file that everybody may read: whoever unpacks it says by his umask who may.
_ATTRIBUTES = 0o100644 << 16

# Microsoft, "Naming Files, Paths, and Namespaces".
_UNNAMEABLE = frozenset('<>:"|?*\\')
_DEVICES = frozenset(
    {
        "con",
        "prn",
        "aux",
        "nul",
        "conin$",
        "conout$",
        *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the archive: `offset` is where its entry begins, `end` the first byte behind it; `crc` is its CRC-32."""

    path: str
    size: int
    crc: int
    offset: int
    end: int


class Archive:
    """An archive that is written from its beginning to its end, by one process or several: nothing is kept of an entry.

    Where a sink was resumed, entries are appended behind what is there. All raise StorageError where bytes do not go out;
    then nothing more can be added, and the sink is to be resumed at what it kept.
    """

    def __init__(self, sink: Sink, day: date) -> None:
        """Go on where the sink stands; every entry is of `day`, 00:00. Raises InputError outside 1980 to 2107."""
        self.sink = sink
        self._day = _dos(day)
        self._is_torn = False

    @property
    def kept(self) -> int:
        """Up to where the sink keeps everything: entries that end there or before need not be written again."""
        return self.sink.kept

    def add(self, path: str, source: Path | bytes, *, size: int | None = None, crc: int | None = None) -> Entry:
        """Append a file. `size` and `crc` are read off the source where they are not given, and have to hold.

        Raises InputError for a path that is not `checked`, StorageError where the source is gone or another than was said.
        """
        name = checked(path).encode()
        with _opened(source) as file:
            if size is None or crc is None:
                size, crc = measured(file)
                file.seek(0)
            with self._whole():
                offset = self.sink.position
                self.sink.write(_local_header(name, self._day, size, crc))
                if _copy(file, self.sink, size) != (size, crc):
                    raise StorageError("a copy changed while it was written into the set: go on with --resume")
                entry = Entry(path, size, crc, offset, self.sink.position)
                self.sink.boundary()
        return entry

    def close(self, entries: Iterable[Entry]) -> int:
        """Write the directory of `entries`, in the order of their offsets, and return the archive's bytes; `commit` is left.

        Raises StorageError unless they are what was written, without a gap, and no two of one path as any system has it.
        A sink that is resumed at the end of the last entry drops the directory.
        """
        with self._whole():
            start = self.sink.position
            count, held = 0, bytearray()
            for entry in _consecutive(entries, start):
                count += 1
                held += _directory_header(entry, self._day)
                if len(held) >= CHUNK:
                    self.sink.write(bytes(held))
                    held.clear()
            self.sink.write(bytes(held))
            self.sink.write(_end(count, start, self.sink.position))
        self._is_torn = True
        return self.sink.position

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Have what is written in the block be written whole, or nothing more ever."""
        if self._is_torn:
            raise StorageError("the set broke off in the middle of a file: go on with --resume")
        self._is_torn = True
        yield
        self._is_torn = False


def checked(path: str) -> str:
    """Return the path of an entry, or raise InputError where a system could not hold it or would put it elsewhere.

    Parts between slashes, none of them empty, `.`, `..`, a device of Windows, or with a dot or space at its end; no
    characters that steer, are not seen, turn the direction of writing, or that Windows does not take.
    """
    parts = path.split("/")
    if (
        len(path.encode(errors="replace")) > MOST_PATH_BYTES
        or not path.isprintable()
        or not _UNNAMEABLE.isdisjoint(path)
        or any(not _is_nameable(part) for part in parts)
    ):
        raise InputError(
            'a file in a set needs a name that every system takes: one without \\ : * ? " < > | and the like'
        )
    return path


def folded(path: str) -> str:
    """Return what two paths have in common that some system takes for one: letters' case and how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def measured(file: BinaryIO) -> tuple[int, int]:
    """Return the size and the CRC-32 of what is left to read of a file."""
    size = crc = 0
    while chunk := file.read(CHUNK):
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
    return size, crc


def _is_nameable(part: str) -> bool:
    device = folded(part.split(".", 1)[0].rstrip())
    return part not in {"", ".", ".."} and part == part.strip() and not part.endswith(".") and device not in _DEVICES


@contextmanager
def _opened(source: Path | bytes) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield BytesIO(source)
        return
    try:
        with source.open("rb", buffering=0) as file:
            yield file
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise StorageError(f"a copy in the temporary folder cannot be read ({why}): go on with --resume") from None


def _copy(file: BinaryIO, sink: Sink, size: int) -> tuple[int, int]:
    """Write a file of `size` bytes; return the size and CRC-32 of what it was, without writing more than that."""
    written = crc = 0
    while chunk := file.read(CHUNK):
        written += len(chunk)
        if written > size:
            break
        crc = zlib.crc32(chunk, crc)
        sink.write(chunk)
    return written, crc


def _consecutive(entries: Iterable[Entry], end: int) -> Iterator[Entry]:
    """Yield the entries, each of which begins where the one before it ended, the first at 0 and the last up to `end`."""
    position = 0
    seen: set[str] = set()
    for entry in entries:
        if entry.offset != position or (alike := folded(checked(entry.path))) in seen:
            raise _unlike()
        seen.add(alike)
        position = entry.end
        yield entry
    if position != end:
        raise _unlike()


def _unlike() -> StorageError:
    return StorageError("what is on record of the set is not what was written: export it anew")


def _dos(day: date) -> int:
    if not 1980 <= day.year <= 2107:
        raise InputError("a ZIP holds days of 1980 to 2107: check the machine's clock")
    return (day.year - 1980) << 9 | day.month << 5 | day.day


def _local_header(name: bytes, day: int, size: int, crc: int) -> bytes:
    extra = _extra_64(size, size) if size >= _MOST_4 else b""
    short, needs = min(size, _MOST_4), _NEEDS_64 if extra else _NEEDS
    header = _LOCAL.pack(b"PK\3\4", needs, _UTF_8, _STORED, 0, day, crc, short, short, len(name), len(extra))
    return header + name + extra


def _directory_header(entry: Entry, day: int) -> bytes:
    name = entry.path.encode()
    # Those that do not fit, in this order and no others: 4.5.3.
    extra = _extra_64(*(number for number in (entry.size, entry.size, entry.offset) if number >= _MOST_4))
    size, needs = min(entry.size, _MOST_4), _NEEDS_64 if extra else _NEEDS
    header = _CENTRAL.pack(
        b"PK\1\2", _MADE_ON_UNIX | needs, needs, _UTF_8, _STORED, 0, day, entry.crc, size, size,
        len(name), len(extra), 0, 0, 0, _ATTRIBUTES, min(entry.offset, _MOST_4),
    )  # fmt: skip
    return header + name + extra


def _extra_64(*numbers: int) -> bytes:
    data = b"".join(number.to_bytes(8, "little") for number in numbers)
    return _EXTRA_64.pack(1, len(data)) + data if data else b""


def _end(count: int, start: int, end: int) -> bytes:
    """Return the records behind a directory of `count` entries from `start` to `end`."""
    size = end - start
    short = min(count, _MOST_2)
    record = _END.pack(b"PK\5\6", 0, 0, short, short, min(size, _MOST_4), min(start, _MOST_4), 0)
    if count < _MOST_2 and size < _MOST_4 and start < _MOST_4:
        return record
    large = _END_64.pack(
        b"PK\6\6", _END_64.size - 12, _MADE_ON_UNIX | _NEEDS_64, _NEEDS_64, 0, 0, count, count, size, start
    )
    return large + _LOCATOR_64.pack(b"PK\6\7", 0, end, 1) + record
