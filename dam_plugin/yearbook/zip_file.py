"""The ZIP of a set: written by the standard library's `zipfile`, read back more strictly than the ZIP format requires.

Entries are stored uncompressed, dated with the set's day, and lie one behind the other from the first byte to the last.
`zipfile` finds a ZIP inside any surrounding bytes, and believes only the directory at the end. Other programs believe the
header before each file. The reader here requires both to say the same. `verify.py` checks the contents of entries.
Source: PKWARE's APPNOTE.TXT 6.3.10, 4.3 to 4.5 (ZIP64).
"""

from __future__ import annotations

import os
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, BinaryIO, Self

from dam_plugin.errors import InputError, SetAltered, StorageError
from dam_plugin.private_files import on_disk
from dam_plugin.yearbook.targets import Draft

CHUNK = 256 * 1024
MOST_PATH_BYTES = 240
"""Most bytes of a path in a set. Windows takes paths of 260, so this leaves room for a folder of 19 characters."""

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_EXTRA = struct.Struct("<2H")
_MOST16, _MOST32 = 0xFFFF, 0xFFFFFFFF
# What `zipfile` writes without ZIP64: numbers that signed fields hold too.
_MOST_SHORT = 0x7FFFFFFF
_ZIP64 = 1
_VERSION, _ZIP64_VERSION, _UNIX = 20, 45, 3
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_LINK, _FILE = 0o12, 0o10
_MIDNIGHT = 0
# A plain file that everybody may read: the umask of the person who unpacks it says who may.
_ATTRIBUTES = 0o100644 << 16
_NO_ZIP = "it is no ZIP archive, or not a whole one"
_NO_DIRECTORY = "the directory at its end is not as a set has it"

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


class Archive:
    """Writes the archive of a set from its beginning to its end; memory holds a few hundred bytes for each entry.

    Every method raises StorageError if the disk takes no more, or if a copy differs from its stated size or
    checksum. Then nothing more can be added. Leaving the `with` block without `close` leaves a useless file.
    """

    def __init__(self, draft: Draft, day: date) -> None:
        """Begin in the draft's file; every entry is dated `day`, 00:00. Raises InputError outside 1980 to 2107."""
        if not 1980 <= day.year <= 2107:
            raise InputError("a ZIP holds days of 1980 to 2107: check the machine's clock")
        self._draft = draft
        self._date_time = (day.year, day.month, day.day, 0, 0, 0)
        self._zip = zipfile.ZipFile(draft.file, "w", zipfile.ZIP_STORED)
        self._folded: set[str] = set()
        self._is_torn = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Have `zipfile` release the file now; otherwise it does so at a later time."""
        with suppress(OSError, ValueError):
            self._zip.close()

    @property
    def size(self) -> int:
        """How many bytes were written."""
        return self._draft.file.tell()

    def add(self, path: str, source: Path | bytes, *, size: int | None = None, crc: int | None = None) -> int:
        """Append a file and return its size. `size` and `crc` (CRC-32) have to match where they are given.

        Raises InputError for a path that is not `checked`, StorageError if the source is gone or differs from these
        values, and for a second path that some system takes for the first.
        """
        if (alike := folded(checked(path))) in self._folded:
            raise _unlike()
        with _opened(source) as file:
            if size is None:
                size = file.seek(0, os.SEEK_END)
                file.seek(0)
            with self._whole():
                entry = self._info(path)
                # Said here and not by `file_size`: with that, versions of `zipfile` draw the line at different sizes.
                with self._zip.open(entry, "w", force_zip64=size > _MOST_SHORT) as out:
                    written = _copy(file, out, size)
                if written != size or crc not in (None, entry.CRC):
                    raise StorageError("a copy changed while it was written into the set: go on with --resume")
        self._folded.add(alike)
        return size

    def close(self, paths: Iterable[str]) -> int:
        """Write the directory, and return the archive's bytes. The draft still needs its `commit`.

        Raises StorageError unless `paths` are those that were added, in their order.
        """
        with self._whole():
            if any(wanted != found for wanted, found in zip_longest(paths, self._zip.namelist())):
                raise _unlike()
            self._zip.close()
            size = self._draft.file.seek(0, os.SEEK_END)
        self._is_torn = True
        return size

    def _info(self, path: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(path, self._date_time)
        entry.external_attr = _ATTRIBUTES
        entry.create_system = _UNIX
        return entry

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Write the block's output whole; after a failure, refuse all further writing."""
        if self._is_torn:
            raise StorageError("the set broke off in the middle of a file: go on with --resume")
        self._is_torn = True
        with on_disk("the disk does not take the set", self._draft.remedy):
            yield
        self._is_torn = False


def checked(path: str) -> str:
    """Return the path of an entry, or raise InputError if a system could not hold it or would put it elsewhere.

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
    """Return one form for all paths that some system takes for the same: without letters' case and spelling of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def measured(file: BinaryIO) -> tuple[int, int]:
    """Return the size and the CRC-32 of the unread rest of a file."""
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


def _copy(file: BinaryIO, out: IO[bytes], size: int) -> int:
    """Copy a file of `size` bytes; return how many bytes it really has, without writing more than `size`."""
    written = 0
    while chunk := file.read(CHUNK):
        written += len(chunk)
        if written > size:
            break
        out.write(chunk)
    return written


def _unlike() -> StorageError:
    return StorageError("what is on record of the set is not what was written: export it anew")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an archive that is read, as the directory at its end has it; `number` is its place there, from 1.

    `start` is where its header begins, `header` the bytes that must stand there.
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
        """The entry's name in messages: before it is found in the manifest, the real name may be anything."""
        return f"entry {self.number}"


@dataclass(frozen=True, slots=True)
class Layout:
    """An open set: where its directory is, and how many entries it has."""

    file: BinaryIO
    count: int
    directory: int
    directory_size: int

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in the directory's order. Raises SetAltered if the directory is not a set's."""
        read = _Reading(self.file, self.directory, self.directory + self.directory_size)
        for number in range(1, self.count + 1):
            yield _entry(read, number)
        if read.left:
            raise SetAltered([_NO_DIRECTORY])

    def body(self, entry: Entry) -> int | None:
        """Return where an entry's bytes begin; None if the header before them differs from the directory.

        It is also None if the entry would not end before the directory.
        """
        if self._end_of(entry) > self.directory:
            return None
        self.file.seek(entry.start)
        return entry.start + len(entry.header) if self.file.read(len(entry.header)) == entry.header else None

    def check(self, problem: Callable[[str], None], day: date | None) -> Iterator[tuple[Entry, int]]:
        """Yield each entry with the place of its bytes where its place is correct; the problems of all entries are reported.

        `day` is the date that entries must have, at midnight; null if it is not known.
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
    """Return the layout of an open, seekable file. Raises SetAltered if it is no ZIP with the end of a set."""
    size = file.seek(0, os.SEEK_END)
    if size < _END.size:
        raise SetAltered([_NO_ZIP])
    end = size - _END.size
    signature, disk, start_disk, here, count, length, offset, comment = _unpacked(_END, file, end)
    if signature != b"PK\x05\x06" or disk or start_disk or comment or here != count:
        raise SetAltered([_NO_ZIP])
    large = _large_end(file, end)
    if large is not None:
        if (count, length, offset) != _saturated(large):
            raise SetAltered([_NO_ZIP])
        (count, length, offset), end = large, end - _LOCATOR.size - _END64.size
    if (large is not None) != (count > _MOST16 or max(length, offset) > _MOST_SHORT):
        raise SetAltered([_NO_ZIP])
    if offset + length != end:
        raise SetAltered([_NO_ZIP])
    return Layout(file, count, offset, length)


def _large_end(file: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """Return count, size and place of the directory as the records of ZIP64 give them (4.3.14); None if there are none."""
    if end < _LOCATOR.size + _END64.size:
        return None
    signature, disk, place, disks = _unpacked(_LOCATOR, file, end - _LOCATOR.size)
    if signature != b"PK\x06\x07":
        return None
    told = _unpacked(_END64, file, end - _LOCATOR.size - _END64.size)
    fixed = (b"PK\x06\x06", _END64.size - 12, _ZIP64_VERSION, _ZIP64_VERSION, 0, 0)
    if (disk, place, disks) != (0, end - _LOCATOR.size - _END64.size, 1) or told[:6] != fixed or told[6] != told[7]:
        raise SetAltered([_NO_ZIP])
    return told[7], told[8], told[9]


def _saturated(large: tuple[int, int, int]) -> tuple[int, int, int]:
    return min(large[0], _MOST16), min(large[1], _MOST32), min(large[2], _MOST32)


class _Reading:
    """Reads on through a part of the file, even if another reader moves the file's position meanwhile."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file, self._next, self._end = file, start, end
        self._held = b""

    @property
    def left(self) -> bool:
        return bool(self._held) or self._next < self._end

    def take(self, size: int) -> bytes:
        """Return exactly so many bytes. Raises SetAltered if there are fewer."""
        if len(self._held) < size:
            self._file.seek(self._next)
            more = self._file.read(min(max(size, CHUNK), self._end - self._next))
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
    if fixed != (b"PK\x01\x02", _UNIX << 8 | version, version, 0, 0, 0):
        raise SetAltered([_NO_DIRECTORY])
    size, packed, start = _large_values(extra, size, packed, start)
    header = _header(name, (flags, method, time, day, crc), packed, size)
    path = name.decode("utf-8", "replace")
    return Entry(number, path, size, packed, crc, start, method, header, flags, time, day, attributes)


def _large_values(extra: bytes, *values: int) -> list[int]:
    """Return the values, those that do not fit their fields from the extra field of ZIP64 (4.5.3), which holds no other."""
    missing = sum(value == _MOST32 for value in values)
    wanted = _EXTRA.pack(_ZIP64, 8 * missing) if missing else b""
    if len(extra) != len(wanted) + 8 * missing or not extra.startswith(wanted):
        raise SetAltered([_NO_DIRECTORY])
    more = iter(struct.unpack(f"<{missing}Q", extra[len(wanted) :]))
    whole = [next(more) if value == _MOST32 else value for value in values]
    if any((value == _MOST32) != (number > _MOST_SHORT) for value, number in zip(values, whole, strict=True)):
        raise SetAltered([_NO_DIRECTORY])
    return whole


def _header(name: bytes, fields: tuple[int, ...], packed: int, size: int) -> bytes:
    """Return the only header that may stand before a file (4.3.7): the one that matches the directory."""
    is_large = size > _MOST_SHORT
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
    elif entry.flags != (0 if entry.path.isascii() else _UTF_8):
        yield "is marked otherwise than a set's files are"
    if entry.attributes >> 28 == _LINK:
        yield "is a link"
    elif entry.attributes >> 28 != _FILE:
        yield "is no ordinary file"
    elif entry.attributes != _ATTRIBUTES:
        yield "has other permissions than a set's files have"
    if entry.time != _MIDNIGHT or (day is not None and entry.day != _dos(day)):
        yield "is dated otherwise than the set"


def _dos(day: date) -> int:
    return (day.year - 1980) << 9 | day.month << 5 | day.day


def _unpacked(form: struct.Struct, file: BinaryIO, place: int) -> tuple[Any, ...]:
    file.seek(place)
    data = file.read(form.size)
    if len(data) != form.size:
        raise SetAltered([_NO_ZIP])
    return form.unpack(data)
