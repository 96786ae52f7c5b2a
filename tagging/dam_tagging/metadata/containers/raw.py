"""Reads RAW files of cameras that are more than TIFF: Panasonic's RW2 and Fujifilm's RAF. These hold a whole JPEG.

NEF, DNG, CR2, ARW, ORF and similar files are TIFF, and `tiff_file` reads them. Neither maker publishes its format. The
readers follow exiftool's PanasonicRaw and FujiFilm tables.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO, cast

from dam_tagging.metadata.containers import jpeg, tiff, tiff_file
from dam_tagging.metadata.containers.blocks import MAX_PARTS, Blocks, Damaged, Unreadable, length, take

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

RAF_DIRECTORY = 84
"""Offset of the four numbers in a RAF that state the places of its JPEG and of its own fields."""

RAF_CROPPED, RAF_FULL = 0x111, 0x100
RW2_SENSOR, RW2_BORDERS, RW2_JPEG = (2, 3), (4, 5, 6, 7), 46


def read_raf(file: BinaryIO) -> Blocks:
    """Return the blocks of a RAF, which are those of its JPEG; raise `Unreadable` if the JPEG cannot be read."""
    file.seek(RAF_DIRECTORY)
    at, size, fields, span = struct.unpack(">4I", take(file, 16, "RAF header"))
    blocks = jpeg.read(_part(file, at, size))
    blocks.size = _raf_size(file, fields, span) or blocks.size
    return blocks


def read_rw2(file: BinaryIO) -> Blocks:
    """Return the blocks of an RW2 and of its JPEG; raise `Unreadable` if its directories cannot be walked."""
    blocks = tiff_file.read(file)
    try:
        directories = tiff.walk_file(file)
    except Damaged as error:
        raise Unreadable(str(error)) from error
    first = directories.all[0]
    numbers = {tag: tiff.value(file, directories, first.find(tag)) or 0 for tag in (*RW2_SENSOR, *RW2_BORDERS)}
    top, left, bottom, right = (numbers[tag] for tag in RW2_BORDERS)
    width, height = (numbers[tag] for tag in RW2_SENSOR)
    if right > left and bottom > top:
        blocks.size = (right - left, bottom - top)
    elif width and height:
        blocks.size = (width, height)
    if picture := first.find(RW2_JPEG):
        _add(_part(file, picture.offset, picture.size), blocks)
    return blocks


def _add(picture: BinaryIO, blocks: Blocks) -> None:
    try:
        inner = jpeg.read(picture)
    except Unreadable as error:
        blocks.damages.append(str(error))
        return
    blocks.exif += inner.exif
    blocks.xmp += inner.xmp
    blocks.photoshop += inner.photoshop
    blocks.damages += inner.damages


def _raf_size(file: BinaryIO, at: int, span: int) -> tuple[int, int] | None:
    """Return the picture's size from Fujifilm's fields: the cropped size, or else the sensor's."""
    file.seek(at)
    sizes: dict[int, tuple[int, int]] = {}
    (count,) = struct.unpack(">I", take(file, 4, "RAF fields"))
    left = span - 4
    for _ in range(min(count, MAX_PARTS)):
        if left < 4:
            break
        tag, size = struct.unpack(">HH", take(file, 4, "RAF fields"))
        left -= 4 + size
        data = take(file, size, "RAF fields")
        if tag in (RAF_CROPPED, RAF_FULL) and size >= 4:
            height, width = struct.unpack(">HH", data[:4])
            sizes.setdefault(tag, (width, height))
    found = sizes.get(RAF_CROPPED) or sizes.get(RAF_FULL)
    return found if found and all(found) else None


def _part(file: BinaryIO, start: int, size: int) -> BinaryIO:
    """Return a part of a file as its own file."""
    if start + size > length(file):
        raise Unreadable("the JPEG in the RAW file lies outside it: the file is cut off or damaged")
    return cast("BinaryIO", io.BufferedReader(_Part(file, start, size)))


class _Part(io.RawIOBase):
    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(view), self._size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
