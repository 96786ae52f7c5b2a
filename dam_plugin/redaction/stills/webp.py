"""Reads a WebP strictly for the writer (RFC 9649), and makes the bare file for the decoder."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills.still import ANIMATED, Still, checked, damaged, upright
from dam_tagging.metadata.containers import riff
from dam_tagging.metadata.containers.blocks import Unreadable

NAME = "WebP"
MAX_PIXELS = 50_000_000
"""Most pixels that are accepted: the decoder holds a picture three times."""
GRID = (16, 16)
MAX_CHUNKS = 1_000
HAS_ALPHA = 0x10

_ONCE = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"})
_FIRST = frozenset({b"VP8X", b"VP8 ", b"VP8L"})
_MOVING = frozenset({b"ANIM", b"ANMF"})
_ANIMATION = 0x02


def read(source: bytes) -> Still:
    """Return the facts of a WebP that redaction needs, without bytes behind its end; raises CannotRedact with the remedy."""
    found: dict[bytes, bytes] = {}
    try:
        for kind, body in _chunks(source):
            if kind in _MOVING or (kind == b"VP8X" and body[:1] and body[0] & _ANIMATION):
                raise CannotRedact(ANIMATED)
            if kind in found or (kind == b"VP8X" and found) or not (found or kind in _FIRST):
                raise damaged(NAME)
            if kind in _ONCE:
                found[kind] = bytes(body)
    except Unreadable as error:
        raise damaged(NAME) from error
    if len(found.keys() & {b"VP8 ", b"VP8L"}) != 1 or (b"ALPH" in found and not found.keys() >= {b"VP8X", b"VP8 "}):
        raise damaged(NAME)
    size = _size(found)
    return Still(
        media_type="image/webp",
        size=size,
        orientation=_orientation(source),
        grid=GRID,
        bare=_bare(found, size),
        profile=found.get(b"ICCP"),
        lossless=b"VP8L" in found,
    )


def _chunks(source: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield each chunk, walked by the tagging's code, up to exactly the length that the file states (section 2.3)."""
    end, at = _end(source), 12
    if end > len(source):
        raise damaged(NAME)
    view, file = memoryview(source), BytesIO(source[:end])
    for count, (kind, size) in enumerate(riff.chunks(file, b"WEBP")):
        start = file.tell()
        stop = start + size
        if stop + size % 2 > end or count == MAX_CHUNKS:
            raise damaged(NAME)
        yield kind, view[start:stop]
        at = stop + size % 2
    if at != end:
        raise damaged(NAME)


def _end(source: bytes) -> int:
    """Return the offset of the file's end. Bytes behind it are no part of the file."""
    return int.from_bytes(source[4:8], "little") + 8


def _size(found: dict[bytes, bytes]) -> tuple[int, int]:
    """Return the picture's size (RFC 9649, 3.4; RFC 6386, 9.1); the canvas must have the same."""
    coded = found.get(b"VP8L")
    if coded is not None:
        if len(coded) < 6 or coded[0] != 0x2F:
            raise damaged(NAME)
        bits = int.from_bytes(coded[1:5], "little")
        size = ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    else:
        coded = found[b"VP8 "]
        if len(coded) < 11 or coded[0] & 1 or coded[3:6] != b"\x9d\x01\x2a":
            raise damaged(NAME)
        size = (int.from_bytes(coded[6:8], "little") & 0x3FFF, int.from_bytes(coded[8:10], "little") & 0x3FFF)
    canvas = found.get(b"VP8X")
    if canvas is not None and canvas[4:] != _sides(size):
        raise damaged(NAME)
    return checked(*size, NAME, MAX_PIXELS)


def _sides(size: tuple[int, int]) -> bytes:
    return b"".join((side - 1).to_bytes(3, "little") for side in size)


def _bare(found: dict[bytes, bytes], size: tuple[int, int]) -> bytes:
    if b"VP8L" in found:
        return _file(_chunk(b"VP8L", found[b"VP8L"]))
    picture = _chunk(b"VP8 ", found[b"VP8 "])
    if b"ALPH" not in found:
        return _file(picture)
    header = _chunk(b"VP8X", bytes([HAS_ALPHA, 0, 0, 0]) + _sides(size))
    return _file(header, _chunk(b"ALPH", found[b"ALPH"]), picture)


def _file(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _orientation(source: bytes) -> int:
    try:
        return upright(riff.read_webp(BytesIO(source[: _end(source)])))
    except Unreadable as error:
        raise damaged(NAME) from error
