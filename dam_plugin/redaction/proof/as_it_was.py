"""Proves the copy of a JPEG that has the source's own coding: read once and piece by piece, held against the source's bytes.

What may stand around the coding is `jpeg`'s, what the coding itself has room for `verbatim`'s.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dam_plugin.redaction.model import Order
from dam_plugin.redaction.proof import verbatim
from dam_plugin.redaction.proof.jpeg import AS_IT_WAS, NEEDED, container, strays
from dam_plugin.redaction.proof.jpeg_walk import Part, Walked, walk
from dam_plugin.redaction.proof.report import Report

BEFORE = f"{NEEDED}, as was proven of these bytes before"
NOT_IN_SCAN = "not in the coded picture"
NOT_ONE_SCAN = "the source is not one baseline frame with one scan"
_SCAN = 0xDA
_END = b"\xff\xd9"
_STAND_IN = b"\0"
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """What a proof looked at: sha256, bytes and CRC-32 of the copy, and the sha256 of the source.

    `is_last`: the copy was not read any more after it was measured.
    """

    sha256: str
    size: int
    crc: int
    source: str
    is_last: bool


def prove_as_it_was(
    report: Report,
    released: Path,
    read: Callable[[], bytes],
    order: Order,
    *,
    turbojpeg: Path | None = None,
    proven: str | None = None,
) -> Seen:
    """Check that `released` is the JPEG that `read` returns, in its own coding, nobody to hide, and no more.

    As `jpeg.prove_jpeg`, for such copies alone, and in less memory: one picture at a time is held. `proven` is the sha256 of a
    source of which it is known that the picture needs every byte of its coding: in these bytes that is not looked for again.
    """
    original, sha256, copy = _read(report, released, read)
    # INVARIANT: believed of these very bytes alone, whose coding the copy is shown to have.
    is_proven = proven == sha256
    if original is not None:
        _prove(report, released, copy, original, order, turbojpeg, is_proven=is_proven)
    return Seen(copy.sha256, copy.size, copy.crc, sha256, is_last=is_proven)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy as it was read: the bytes in front of its scan and behind it, and whether the scan is the source's."""

    head: bytes
    behind: bytes
    scan: int
    is_same: bool
    sha256: str
    size: int
    crc: int


def _prove(
    report: Report,
    released: Path,
    copy: _Copy,
    original: Walked,
    order: Order,
    turbojpeg: Path | None,
    *,
    is_proven: bool,
) -> None:
    # The source's scan holds no marker: with one byte in its place the walk is the same, and all but the scan is looked at.
    # That needs no name to be looked for: only a coding is taken here of which the picture needs every byte.
    short = container(report, copy.head + _STAND_IN + copy.behind, order, where_not=NOT_IN_SCAN)
    if short is None:
        return
    is_same = copy.is_same and _scan_of(short) == (len(copy.head), len(copy.head) + len(_STAND_IN))
    if report.check(AS_IT_WAS, strays(short, original, order, is_same=is_same)):
        whole = short.with_longer_scan(copy.scan - len(_STAND_IN))
        room = verbatim.room(whole, lambda: _whole(released), order.secrets, turbojpeg, is_needed=is_proven)
        report.check(BEFORE if is_proven else NEEDED, room)


def _read(report: Report, released: Path, read: Callable[[], bytes]) -> tuple[Walked | None, str, _Copy]:
    """Return the walked source with its sha256, and the copy as it was read: the source's bytes are let go."""
    source = read()
    original = report.attempt(lambda: walk(source), "the source")
    scan = _scan_of(original) if original is not None else None
    if original is not None and scan is None:
        report.check("", [NOT_ONE_SCAN])
    start, end = scan or (0, 0)
    return original, hashlib.sha256(source).hexdigest(), _look(released, source, start, end)


def _scan_of(walked: Walked) -> tuple[int, int] | None:
    """Return where the data of the one scan of a JPEG begin and end; None where it has several."""
    scans = [part for part in walked.parts if part.marker == _SCAN]
    return (_data_of(scans[0]), scans[0].end) if len(scans) == 1 else None


def _data_of(part: Part) -> int:
    return part.start + 4 + len(part.payload)


def _look(released: Path, source: bytes, start: int, end: int) -> _Copy:
    """Read a copy from its beginning to its end, once, and compare with `source[start:end]` what should be its scan."""
    digest, crc, is_same, count = hashlib.sha256(), 0, True, 0
    with released.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(max(size - (end - start) - len(_END), 0))
        digest.update(head)
        crc = zlib.crc32(head)
        buffer = memoryview(bytearray(_PIECE))
        for at in range(start, end, _PIECE):
            piece = buffer[: min(_PIECE, end - at)]
            got = file.readinto(piece)
            is_same = is_same and got == len(piece) and source.startswith(piece, at)
            digest.update(piece[:got])
            crc = zlib.crc32(piece[:got], crc)
            count += got
        behind = file.read()
    digest.update(behind)
    crc = zlib.crc32(behind, crc)
    return _Copy(head, behind, end - start, is_same, digest.hexdigest(), len(head) + count + len(behind), crc)


def _whole(released: Path) -> bytearray:
    with released.open("rb", buffering=0) as file:
        data = bytearray(os.fstat(file.fileno()).st_size)
        file.readinto(data)
        return data
