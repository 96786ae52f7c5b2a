"""The prover's own reading of a JPEG's coefficients, by libturbojpeg's transform.

If both the wheel's library and the system's are installed, it takes the one that the writer does not take. Then two
builds have to agree on every byte.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import hashlib
import importlib.util
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from dam_plugin.errors import NotProven
from dam_plugin.redaction.libturbojpeg import (
    BLOCK_BYTES,
    COPY_NONE,
    CROP,
    GREY,
    LIMIT_SCANS,
    NO_OUTPUT,
    STOP_ON_WARNING,
    WARNING,
    CustomFilter,
    Region,
    Transform,
    declare,
)
from dam_plugin.redaction.model import PixelBox
from dam_plugin.redaction.proof.hidden_boxes import Box

MISSING = "a JPEG cannot be proven without libturbojpeg: install the Python package turbojpeg or the system's library"
NO_MEMORY = "there is not enough memory to prove a picture of this size"
UNREADABLE = "the coefficients cannot be read without an error or a warning of the decoder"

_FUNCTIONS = (
    "tjInitTransform", "tjTransform", "tjInitDecompress", "tjDecompress2", "tjFree", "tjDestroy", "tjGetErrorCode",
    "tjGetErrorStr2",
)  # fmt: skip
_MISSED = b"premature end of data segment"
"""The warning of libjpeg when it needs a bit that is missing."""

Visit = Callable[[int, int, int, int], None]
"""Takes one row of blocks, valid during the call: component, row, number of blocks, address of the coefficients."""
Spans = Mapping[int, Sequence[tuple[int, int]]]
"""The stretches of boxes in each row of blocks: (first block, first block behind)."""


def recoded(data: bytes, options: int = 0, *, library: Path | None = None) -> bytes:
    """Return a bare JPEG coded anew from its own coefficients: baseline with the standard tables, or as `options` say.

    A file that holds only its coefficients comes back unchanged. `library` is the setting `turbojpeg`, here and below.
    Raises NotProven.
    """
    return _transformed(data, COPY_NONE | options, library)


def expected(
    data: bytes,
    boxes: Sequence[Box],
    factors: Sequence[tuple[int, int]],
    crop: PixelBox | None = None,
    *,
    library: Path | None = None,
) -> bytes:
    """Return the bytes that the copy of a bare JPEG must have: its coefficients with those in `boxes` zero, or only `crop`'s.

    `boxes` and `crop` are in pixels and end on whole coding units or at the edge. `factors` are those of `Walked`. Raises
    NotProven.
    """
    spans = [_spans(boxes, component, factors) for component in range(len(factors))]

    def empty(component: int, row: int, blocks: int, address: int) -> None:
        for first, end in spans[component].get(row, ()):
            ctypes.memset(address + first * BLOCK_BYTES, 0, max(min(end, blocks) - first, 0) * BLOCK_BYTES)

    return _transformed(data, COPY_NONE, library, empty if boxes else None, crop)


def shrunk_until_missed(data: bytearray, size: tuple[int, int], *, library: Path | None = None) -> bytes | None:
    """Return the luma of a JPEG of `size` (width, height) at an eighth, row by row, if only its very end is missing.

    Returns None unless there is no error and the first warning is that data are missing. The picture behind the missing
    data is mid-grey. Takes little memory, and half the time of reading the coefficients.
    """
    loaded = _library(library)
    if loaded is None or not _tells_what_is_missing(loaded):
        return None
    return _shrunk(loaded, data, size)


def differences(
    copy: bytes,
    wanted: bytes,
    boxes: Sequence[Box],
    factors: Sequence[tuple[int, int]],
    *,
    library: Path | None = None,
) -> Iterator[str]:
    """Yield the differences in coefficients of two bare JPEGs of one size: the boxes that are not empty, and the rest.

    It compares row by row, so that only digests of one file are kept. Raises NotProven if a file cannot be read.
    """
    for number, box in enumerate(boxes, 1):
        if any(_left(copy, box, factors, library)):
            yield f"box {number} of {len(boxes)} still holds coefficients of the picture"
    spans = [_spans(boxes, component, factors) for component in range(len(factors))]
    if _digests(copy, spans, library) != _digests(wanted, spans, library):
        yield "outside the boxes the coefficients are not the source's"


def _left(copy: bytes, box: Box, factors: Sequence[tuple[int, int]], library: Path | None) -> list[bool]:
    spans = [_spans([box], component, factors) for component in range(len(factors))]
    left: list[bool] = []

    def look(component: int, row: int, blocks: int, address: int) -> None:
        for first, end in spans[component].get(row, ()):
            length = max(min(end, blocks) - first, 0) * BLOCK_BYTES
            left.append(ctypes.string_at(address + first * BLOCK_BYTES, length) != bytes(length))

    _transformed(copy, NO_OUTPUT, library, look)
    return left


def _digests(data: bytes, spans: Sequence[Spans], library: Path | None) -> list[bytes]:
    digests: list[bytes] = []

    def take(component: int, row: int, blocks: int, address: int) -> None:
        for first, end in spans[component].get(row, ()):
            ctypes.memset(address + first * BLOCK_BYTES, 0, max(min(end, blocks) - first, 0) * BLOCK_BYTES)
        digests.append(hashlib.blake2b(ctypes.string_at(address, blocks * BLOCK_BYTES), digest_size=16).digest())

    _transformed(data, NO_OUTPUT, library, take)
    return digests


def _spans(boxes: Sequence[Box], component: int, factors: Sequence[tuple[int, int]]) -> Spans:
    """Return the stretches of boxes in a component, whose blocks are scaled by its share of the largest factors."""
    across, down = factors[component]
    unit = 8 * max(h for h, _ in factors), 8 * max(v for _, v in factors)
    spans = defaultdict(list)
    for left, top, right, bottom in boxes:
        span = (left * across // unit[0], -(-right // unit[0]) * across)
        for row in range(top * down // unit[1], -(-bottom // unit[1]) * down):
            spans[row].append(span)
    return spans


def _transformed(
    data: bytes, options: int, named: Path | None, visit: Visit | None = None, crop: PixelBox | None = None
) -> bytes:
    library = _library(named)
    if library is None:
        raise NotProven([MISSING])
    raised: list[BaseException] = []
    told = Transform(Region(0, 0, 0, 0), 0, options, None, _filter(visit, raised))
    if crop is not None:
        told.options |= CROP
        told.region = Region(crop.left, crop.top, crop.right - crop.left, crop.bottom - crop.top)
    handle = library.tjInitTransform()
    if not handle:
        raise NotProven(["libturbojpeg cannot start: there may be no memory left"])
    written, length = ctypes.c_void_p(), ctypes.c_ulong()
    flags = STOP_ON_WARNING | LIMIT_SCANS
    made = (ctypes.byref(written), ctypes.byref(length), ctypes.byref(told))
    try:
        failed = library.tjTransform(handle, data, len(data), 1, *made, flags)
        if raised:
            raise raised[0]
        if failed:
            raise NotProven([UNREADABLE])
        return ctypes.string_at(written, length.value) if written else b""
    except MemoryError:
        raise NotProven([NO_MEMORY]) from None
    finally:
        library.tjFree(written)
        library.tjDestroy(handle)


def _filter(visit: Visit | None, raised: list[BaseException]) -> Callable[..., int]:
    """Return the callback. ctypes ignores errors of `visit`, so they are kept: a box that was not read would count as empty."""
    if visit is None:
        return CustomFilter()

    def each(address: int, array: Region, _plane: Region, component: int, _number: int, _transform: int) -> int:
        try:
            visit(component, array.y // 8, array.w // 8, address)
        except BaseException as error:  # noqa: BLE001 - `_transformed` raises it again
            raised.append(error)
            return -1
        return 0

    return CustomFilter(each)


def _shrunk(library: ctypes.CDLL, data: bytearray, size: tuple[int, int]) -> bytes | None:
    width, height = (-(-side // 8) for side in size)
    levels = ctypes.create_string_buffer(width * height)
    held = (ctypes.c_char * len(data)).from_buffer(data)
    handle = library.tjInitDecompress()
    if not handle:
        return None
    try:
        failed = library.tjDecompress2(handle, held, len(data), levels, width, 0, height, GREY, 0)
        told = library.tjGetErrorStr2(handle) or b""
        return levels.raw if failed and library.tjGetErrorCode(handle) == WARNING and told.endswith(_MISSED) else None
    finally:
        library.tjDestroy(handle)


# A picture of three grey blocks of 8 by 8. Its scan has 13 bits, "0010 01110 0010": levels 130, 136, 138. No code
# begins with 1.
_SAMPLE = (
    b"\xff\xd8\xff\xdb\0\x43\0" + b"\x10" * 64 + b"\xff\xc0\0\x0b\x08\0\x08\0\x18\1\1\x11\0"
    b"\xff\xc4\0\x15\0\0\2" + bytes(14) + b"\1\2\xff\xc4\0\x14\x10\1" + bytes(15) + b"\0"
    b"\xff\xda\0\x08\1\1\0\0\x3f\0"
)
_TOLD = {
    b"\x27": b"\x82\x88\x80",  # the last bit of the second block is missing, and the third as a whole
    b"\x27\x17": None,  # nothing is missing
    b"\x27\x17\x55": None,  # a byte too much
    b"\xf0\0\x04": None,  # what is missing is the second thing that is wrong
}


@functools.cache
def _tells_what_is_missing(library: ctypes.CDLL) -> bool:
    """Whether the library warns as expected. It has no function that tells its version."""
    return all(
        _shrunk(library, bytearray(_SAMPLE + scan + b"\xff\xd9"), (24, 8)) == told for scan, told in _TOLD.items()
    )


@functools.cache
def _library(named: Path | None) -> ctypes.CDLL | None:
    for name in _candidates(named):
        # A library that does not load or is too old counts as none.
        with suppress(OSError, AttributeError):
            return declare(ctypes.CDLL(name), _FUNCTIONS)
    return None


def _candidates(named: Path | None) -> Iterator[str]:
    """Yield the library of the wheel, the library of the setting, and the system's. The writer looks in another order."""
    wheel = importlib.util.find_spec("turbojpeg")
    if wheel is not None and wheel.origin is not None:
        beside = Path(wheel.origin).parent
        for pattern in ("turbojpeg.libs/*turbojpeg*", "turbojpeg.dylibs/*turbojpeg*", "*turbojpeg-*.dll"):
            yield from map(str, sorted(beside.glob(pattern)))
    if named is not None:
        yield str(named)
    system = ctypes.util.find_library("turbojpeg")
    if system is not None:
        yield system
