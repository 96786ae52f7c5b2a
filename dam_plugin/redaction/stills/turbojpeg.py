"""The writer's use of libturbojpeg: lossless transforms that hand each row of coefficients to a filter, in place.

It finds a library that works as expected. Every error and warning of the library is a refusal.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.metadata
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.libturbojpeg import (
    BLOCK_BYTES,
    COPY_NONE,
    CROP,
    LIMIT_SCANS,
    NO_OUTPUT,
    NO_REALLOCATION,
    STOP_ON_WARNING,
    WARNING,
    CustomFilter,
    Region,
    Transform,
    declare,
)
from dam_plugin.redaction.model import PixelBox
from dam_plugin.redaction.stills.jpeg import DAMAGED

SETTING = "DAM_PLUGIN_TURBOJPEG"
MISSING = (
    "no libturbojpeg that can be used was found, and without it people cannot be hidden in a JPEG without loss: install "
    f"the Python package turbojpeg or the system's library (Debian: libturbojpeg0), or name its file in {SETTING}"
)
NAMED = f"the file that {SETTING} names is no libturbojpeg that can be used: name another one, or leave the setting out"

_FUNCTIONS = (
    "tjInitTransform", "tjDecompressHeader3", "tjBufSize", "tjAlloc", "tjTransform", "tjFree", "tjDestroy",
    "tjGetErrorCode", "tjGetErrorStr2",
)  # fmt: skip
_INT_MAX = 2**31 - 1
_OF_WHEEL = re.compile(r"turbojpeg\.(?:libs|dylibs)/.+|(?:lib)?turbojpeg-[^/]+\.dll")


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A row of coefficient blocks. It is valid only until the filter returns.

    `component` is the number of the component in the frame's order, `row` the number of the row in it. `blocks` is the
    number of blocks in the row, `rows` the number of rows in the component. The last unit of a picture may have rows past
    `rows`; these are never coded.
    """

    component: int
    row: int
    blocks: int
    rows: int
    address: int

    def zero(self, start: int, stop: int) -> None:
        """Set all coefficients of the blocks `start` to `stop` (half-open) to zero."""
        if not 0 <= start <= stop <= self.blocks:
            raise ValueError(f"blocks {start} to {stop} do not lie in a row of {self.blocks}")
        ctypes.memset(self.address + start * BLOCK_BYTES, 0, (stop - start) * BLOCK_BYTES)

    def coefficients(self) -> bytes:
        """Return a copy of the row: 64 native 16-bit numbers a block."""
        return ctypes.string_at(self.address, self.blocks * BLOCK_BYTES)


EachRow = Callable[[BlockRow], None]


class Library:
    """A loaded libturbojpeg. Several threads may use it at once: each call has its own handle."""

    def __init__(self, path: str) -> None:
        """Load the library; raises OSError if it does not load, AttributeError if it is too old."""
        self._library = declare(ctypes.CDLL(path), _FUNCTIONS)

    def transform(
        self,
        source: bytes,
        *,
        options: int = COPY_NONE,
        region: PixelBox | None = None,
        each_row: EachRow | None = None,
    ) -> bytes:
        """Return `source` coded anew from the same coefficients: baseline, with the standard's own Huffman tables.

        `region` crops to whole coding units. `each_row` gets every row of blocks before it is coded, and may change it.
        Raises CannotRedact for an error or a warning of the library. Errors of `each_row` pass through.
        """
        raised: list[BaseException] = []
        told = Transform(Region(0, 0, 0, 0), 0, options, None, _filter(each_row, raised))
        if region is not None:
            told.options |= CROP
            told.region = Region(region.left, region.top, region.right - region.left, region.bottom - region.top)
        handle = self._library.tjInitTransform()
        if not handle:
            raise CannotRedact("libturbojpeg cannot start (no memory, perhaps): try again later")
        try:
            return self._run(handle, source, told, raised)
        finally:
            self._library.tjDestroy(handle)

    def _run(self, handle: int, source: bytes, told: Transform, raised: list[BaseException]) -> bytes:
        room = self._room(handle, source)
        written, length = ctypes.c_void_p(self._library.tjAlloc(room)), ctypes.c_ulong(room)
        try:
            if not written:
                raise CannotRedact("there is not enough memory for a picture of this size: try again later")
            failed = self._library.tjTransform(
                handle,
                source,
                len(source),
                1,
                ctypes.byref(written),
                ctypes.byref(length),
                ctypes.byref(told),
                NO_REALLOCATION | STOP_ON_WARNING | LIMIT_SCANS,
            )
            if raised:
                raise raised[0]
            if failed:
                raise CannotRedact(self._reason(handle))
            return b"" if told.options & NO_OUTPUT else ctypes.string_at(written, length.value)
        finally:
            self._library.tjFree(written)

    def _room(self, handle: int, source: bytes) -> int:
        """Return the most bytes that the copy may take. A buffer of that size costs only the pages that are written.

        A buffer that grows would cost as much memory again, and leaks when the library replaces it.
        """
        width, height, sampling, colours = (ctypes.c_int() for _ in range(4))
        told = [ctypes.byref(number) for number in (width, height, sampling, colours)]
        if self._library.tjDecompressHeader3(handle, source, len(source), *told):
            raise CannotRedact(self._reason(handle))
        room = self._library.tjBufSize(width.value, height.value, sampling.value)
        if not 0 < room <= _INT_MAX:
            raise CannotRedact(
                "the JPEG is too large to be coded anew, or samples its colours in a rare way: export a smaller copy"
            )
        return int(room)

    def _reason(self, handle: int) -> str:
        if self._library.tjGetErrorCode(handle) == WARNING:
            return DAMAGED
        said = " ".join(self._library.tjGetErrorStr2(handle).decode("ascii", "replace").split())[:200]
        return f"the JPEG cannot be coded anew without loss ({said}): export the picture again from the original"


def find(explicit: Path | None = None) -> Library:
    """Return the library at `explicit` (the setting `turbojpeg`), else the system's, else the wheel's.

    A named library is never replaced by another. Raises CannotRedact with the remedy if no library works.
    """
    return _found(str(explicit) if explicit else None)


@functools.cache
def _found(named: str | None) -> Library:
    for path in [named] if named else _installed():
        # A library that does not load, is too old or works differently counts as none.
        with suppress(OSError, AttributeError, CannotRedact):
            library = Library(path)
            if _works(library):
                return library
    raise CannotRedact(NAMED if named else MISSING)


def _installed() -> Iterator[str]:
    system = ctypes.util.find_library("turbojpeg")
    if system is not None:
        yield system
    with suppress(importlib.metadata.PackageNotFoundError):
        for file in importlib.metadata.files("turbojpeg") or []:
            if _OF_WHEEL.fullmatch(file.as_posix()):
                yield str(file.locate())


# A picture of two grey blocks of 8 by 8. Its only coefficients are DC 3 and DC 5.
_SAMPLE = (
    b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64 + b"\xff\xc0\0\x0b\x08\0\x08\0\x10\1\1\x11\0"
    b"\xff\xc4\0\x14\0\1" + bytes(15) + b"\2\xff\xc4\0\x14\x10\1" + bytes(15) + b"\0"
    b"\xff\xda\0\x08\1\1\0\0\x3f\0\x64\xff\xd9"
)


def _works(library: Library) -> bool:
    """Whether the library reads, filters and writes as expected. It has no function that tells its version."""
    seen: list[tuple[BlockRow, bytes]] = []

    def look(row: BlockRow) -> None:
        seen.append((row, row.coefficients()))
        row.zero(1, row.blocks)

    library.transform(library.transform(_SAMPLE, each_row=look), each_row=look)
    first, second = (number.to_bytes(2, sys.byteorder).ljust(BLOCK_BYTES, b"\0") for number in (3, 5))
    return [(row.component, row.row, row.blocks, row.rows, held) for row, held in seen] == [
        (0, 0, 2, 1, first + second),
        (0, 0, 2, 1, first + bytes(BLOCK_BYTES)),
    ]


def _filter(each_row: EachRow | None, raised: list[BaseException]) -> Callable[..., int]:
    """Return the callback. ctypes ignores errors of `each_row`, so they are kept in `raised` and end the transform."""
    if each_row is None:
        return CustomFilter()

    def call(address: int, array: Region, plane: Region, component: int, _number: int, _transform: int) -> int:
        try:
            each_row(BlockRow(component, array.y // 8, array.w // 8, plane.h // 8, address))
        except BaseException as error:  # noqa: BLE001 - `_run` raises it again
            raised.append(error)
            return -1
        return 0

    return CustomFilter(call)
