"""A small binding of libturbojpeg's lossless transform by ctypes (turbojpeg.h, TurboJPEG API 2.0 to 3.2).

It finds a library, hands the coefficients to a filter row by row, in place, and refuses at every error and warning.
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
from dam_plugin.redaction.model import PixelBox
from dam_plugin.redaction.stills.segments import DAMAGED

SETTING = "DAM_PLUGIN_TURBOJPEG"
MISSING = (
    "no libturbojpeg that can be used was found, and without it people cannot be hidden in a JPEG without loss: install "
    f"the Python package turbojpeg or the system's library (Debian: libturbojpeg0), or name its file in {SETTING}"
)
NAMED = f"the file that {SETTING} names is no libturbojpeg that can be used: name another one, or leave the setting out"

NO_OUTPUT, COPY_NONE = 16, 64
"""Options of a transform (TJXOPT_…): write nothing; copy no APPn and no COM."""
BLOCK_BYTES = 128
"""A block is 64 coefficients of 16 bits."""

_CROP = 4
_NO_REALLOCATION, _STOP_ON_WARNING, _LIMIT_SCANS = 1024, 8192, 32768
_WARNING = 0
_INT_MAX = 2**31 - 1
_OF_WHEEL = re.compile(r"turbojpeg\.(?:libs|dylibs)/.+|(?:lib)?turbojpeg-[^/]+\.dll")


class _Region(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in "xywh"]


_Filter = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, _Region, _Region, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


class _Transform(ctypes.Structure):
    _fields_ = [
        ("region", _Region),
        ("op", ctypes.c_int),
        ("options", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("filter", _Filter),
    ]


@dataclass(frozen=True, slots=True)
class BlockRow:
    """A row of coefficient blocks while the filter has it: gone once the filter returns.

    `component` counts in the frame's order, `row` is the block row within it, `blocks` how many stand in the row, `rows`
    how many rows the component has. The last unit of a picture may bring rows past `rows`, which are never coded.
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
    """A loaded libturbojpeg; any number of threads may transform at once, for each call has a handle of its own."""

    def __init__(self, path: str) -> None:
        """Load the library; raises OSError where it does not load, AttributeError where it is an older one."""
        loaded = ctypes.CDLL(path)
        self._open = loaded.tjInitTransform
        self._open.restype, self._open.argtypes = ctypes.c_void_p, []
        self._header = loaded.tjDecompressHeader3
        self._header.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_ulong,
            *[ctypes.POINTER(ctypes.c_int)] * 4,
        ]
        self._most, self._allocate = loaded.tjBufSize, loaded.tjAlloc
        self._most.restype, self._most.argtypes = ctypes.c_ulong, [ctypes.c_int] * 3
        self._allocate.restype, self._allocate.argtypes = ctypes.c_void_p, [ctypes.c_int]
        self._transform = loaded.tjTransform
        self._transform.argtypes = [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_ulong,
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_ulong),
            ctypes.POINTER(_Transform),
            ctypes.c_int,
        ]
        self._free, self._close = loaded.tjFree, loaded.tjDestroy
        self._error_code, self._error_text = loaded.tjGetErrorCode, loaded.tjGetErrorStr2
        for function in (self._free, self._close, self._error_code, self._error_text):
            function.argtypes = [ctypes.c_void_p]
        self._free.restype, self._error_text.restype = None, ctypes.c_char_p

    def transform(
        self,
        source: bytes,
        *,
        options: int = COPY_NONE,
        region: PixelBox | None = None,
        each_row: EachRow | None = None,
    ) -> bytes:
        """Return `source` coded anew from the same coefficients: baseline, with the standard's own Huffman tables.

        `region` crops to whole coding units; `each_row` sees, and may change, every row of blocks before it is coded.
        Raises CannotRedact at an error or a warning of the library, and whatever `each_row` raises.
        """
        raised: list[BaseException] = []
        told = _Transform(_Region(0, 0, 0, 0), 0, options, None, _filter(each_row, raised))
        if region is not None:
            told.options |= _CROP
            told.region = _Region(region.left, region.top, region.right - region.left, region.bottom - region.top)
        handle = self._open()
        if not handle:
            raise CannotRedact("libturbojpeg cannot start (no memory, perhaps): try again later")
        try:
            return self._run(handle, source, told, raised)
        finally:
            self._close(handle)

    def _run(self, handle: int, source: bytes, told: _Transform, raised: list[BaseException]) -> bytes:
        room = self._room(handle, source)
        written, length = ctypes.c_void_p(self._allocate(room)), ctypes.c_ulong(room)
        try:
            if not written:
                raise CannotRedact("there is not enough memory for a picture of this size: try again later")
            failed = self._transform(
                handle,
                source,
                len(source),
                1,
                ctypes.byref(written),
                ctypes.byref(length),
                ctypes.byref(told),
                _NO_REALLOCATION | _STOP_ON_WARNING | _LIMIT_SCANS,
            )
            if raised:
                raise raised[0]
            if failed:
                raise CannotRedact(self._reason(handle))
            return b"" if told.options & NO_OUTPUT else ctypes.string_at(written, length.value)
        finally:
            self._free(written)

    def _room(self, handle: int, source: bytes) -> int:
        """Return the most bytes that the copy may take. One buffer of that size costs only the pages that are written.

        A buffer that grows would cost as much again in memory, and leaks where the library replaces it.
        """
        width, height, sampling, colours = (ctypes.c_int() for _ in range(4))
        told = [ctypes.byref(number) for number in (width, height, sampling, colours)]
        if self._header(handle, source, len(source), *told):
            raise CannotRedact(self._reason(handle))
        room = self._most(width.value, height.value, sampling.value)
        if not 0 < room <= _INT_MAX:
            raise CannotRedact(
                "the JPEG is too large to be coded anew, or samples its colours in a rare way: export a smaller copy"
            )
        return int(room)

    def _reason(self, handle: int) -> str:
        if self._error_code(handle) == _WARNING:
            return DAMAGED
        said = " ".join(self._error_text(handle).decode("ascii", "replace").split())[:200]
        return f"the JPEG cannot be coded anew without loss ({said}): export the picture again from the original"


def find(explicit: Path | None = None) -> Library:
    """Return the library at `explicit` (the setting `turbojpeg`), else the system's, else the wheel's.

    Raises CannotRedact with the remedy where there is none; one that was named is never replaced by another.
    """
    return _found(str(explicit) if explicit else None)


@functools.cache
def _found(named: str | None) -> Library:
    for path in [named] if named else _installed():
        # A library that does not load, is too old or works differently is as good as none.
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


# Two grey blocks of 8 by 8 whose only coefficients are DC 3 and DC 5.
_SAMPLE = (
    b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64 + b"\xff\xc0\0\x0b\x08\0\x08\0\x10\1\1\x11\0"
    b"\xff\xc4\0\x14\0\1" + bytes(15) + b"\2\xff\xc4\0\x14\x10\1" + bytes(15) + b"\0"
    b"\xff\xda\0\x08\1\1\0\0\x3f\0\x64\xff\xd9"
)


def _works(library: Library) -> bool:
    """Say whether the library reads, filters and writes as we know it: it does not tell its version."""
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
    """Return the callback; ctypes would swallow what `each_row` raises, so it goes to `raised` and ends the transform."""
    if each_row is None:
        return _Filter()

    def call(address: int, array: _Region, plane: _Region, component: int, _number: int, _transform: int) -> int:
        try:
            each_row(BlockRow(component, array.y // 8, array.w // 8, plane.h // 8, address))
        except BaseException as error:  # noqa: BLE001 - `_run` raises it again
            raised.append(error)
            return -1
        return 0

    return _Filter(call)
