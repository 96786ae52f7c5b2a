"""Reads a PNG strictly for the writer (W3C PNG, third edition), and makes the bare file for the decoder."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills.still import (
    ANIMATED,
    DEEP,
    MAX_PROFILE,
    SIDEWAYS,
    Still,
    Transparency,
    check_colours,
    checked,
    damaged,
    upright,
)
from dam_tagging.metadata.containers import png as metadata
from dam_tagging.metadata.containers.blocks import Unreadable

NAME = "PNG"
MAX_PIXELS = 89_000_000
"""Most pixels that are accepted. A file of a few kilobytes may have as many, and each pixel takes 4 bytes several times."""
XMP_HEAD = b"XML:com.adobe.xmp\0\0\0\0\0"
GREY, COLOUR, PALETTE = 0, 2, 3
_SAMPLES = {GREY: 1, COLOUR: 3, PALETTE: 1, 4: 2, 6: 4}
_DEPTHS = {GREY: {1, 2, 4, 8}, COLOUR: {8}, PALETTE: {1, 2, 4, 8}, 4: {8}, 6: {8}}
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_MOVING = frozenset({b"acTL", b"fcTL", b"fdAT"})
_ONCE = (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"cICP", b"eXIf", b"IEND")
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Section 8.1: the first column and row of each pass, and its steps across and down."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk: its type, its data, and the whole of it as it stands in the file."""

    kind: bytes
    body: memoryview
    whole: memoryview


@dataclass(frozen=True, slots=True)
class _Header:
    size: tuple[int, int]
    depth: int
    kind: int
    interlaced: bool

    @property
    def length(self) -> int:
        """Bytes of the unpacked picture: each row of each pass behind its filter (section 7.2)."""
        width, height = self.size
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        sizes = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes]
        bits = self.depth * _SAMPLES[self.kind]
        return sum((1 + (columns * bits + 7) // 8) * rows for columns, rows in sizes if columns > 0 and rows > 0)


def read(source: bytes) -> Still:
    """Return the facts of a PNG that redaction needs, without the bytes behind IEND; raises CannotRedact with the remedy."""
    try:
        chunks = list(_chunks(source))
    except Unreadable as error:
        raise damaged(NAME) from error
    if any(chunk.kind in _MOVING for chunk in chunks):
        raise CannotRedact(ANIMATED)
    _check_order(chunks)
    found = {chunk.kind: bytes(chunk.body) for chunk in chunks if chunk.kind in _ONCE}
    header = _header(found[b"IHDR"])
    colours = _colours(found.get(b"PLTE"), header)
    _check_picture([chunk.body for chunk in chunks if chunk.kind == b"IDAT"], header.length)
    if b"cICP" in found:
        check_colours(*(found[b"cICP"] + b"\0\0")[:2])
    return Still(
        media_type="image/png",
        size=header.size,
        orientation=_orientation(source, has_exif=b"eXIf" in found),
        grid=(1, 1),
        bare=b"".join([metadata.SIGNATURE, *(chunk.whole for chunk in chunks if chunk.kind in _CRITICAL)]),
        profile=_profile(found.get(b"iCCP")),
        transparency=_transparency(found.get(b"tRNS"), header, colours),
        colours=colours,
    )


def with_notice(source: bytes, notice: bytes) -> bytes:
    """Return another program's PNG with an XMP packet at the place where a copy has it: behind the header and the profile.

    Does not check that `source` is a PNG.
    """
    at = len(metadata.SIGNATURE)
    while source[at + 4 : at + 8] in {b"IHDR", b"iCCP"}:
        at += 12 + int.from_bytes(source[at : at + 4])
    chunk = b"iTXt" + XMP_HEAD + notice
    length, check = (len(chunk) - 4).to_bytes(4), zlib.crc32(chunk).to_bytes(4)
    return b"".join([source[:at], length, chunk, check, source[at:]])


def _chunks(source: bytes) -> Iterator[_Chunk]:
    """Yield the chunks, walked by the tagging's code. Each must be whole, and either known or of a kind that may be left out.

    Checksums of the kept chunks are checked.
    """
    view, file = memoryview(source), BytesIO(source)
    for kind, size in metadata.chunks(file):
        at = file.tell() - 8
        end = at + 12 + size
        if end > len(source) or not (kind.isalpha() and kind.isascii()):
            raise damaged(NAME)
        if kind in _CRITICAL or kind in _ONCE:
            _check_sum(view[at + 4 : end])
        elif not kind[0] & 0x20:
            raise damaged(NAME)
        yield _Chunk(kind, view[at + 8 : end - 4], view[at:end])


def _check_sum(chunk: memoryview) -> None:
    if zlib.crc32(chunk[:-4]) != int.from_bytes(chunk[-4:]):
        raise damaged(NAME)


def _check_order(chunks: Sequence[_Chunk]) -> None:
    """Check the order of the kept chunks (section 5.6): none twice, IDAT without a gap and behind the chunks that it needs."""
    kinds = [chunk.kind for chunk in chunks]
    if kinds[0] != b"IHDR" or any(kinds.count(kind) > 1 for kind in _ONCE) or b"IDAT" not in kinds:
        raise damaged(NAME)
    first, count = kinds.index(b"IDAT"), kinds.count(b"IDAT")
    if kinds[first : first + count] != [b"IDAT"] * count:
        raise damaged(NAME)
    if not {b"PLTE", b"tRNS", b"iCCP", b"cICP"}.isdisjoint(kinds[first:]):
        raise damaged(NAME)
    if b"tRNS" in kinds and b"PLTE" in kinds and kinds.index(b"tRNS") < kinds.index(b"PLTE"):
        raise damaged(NAME)


def _header(body: bytes) -> _Header:
    if len(body) != 13 or body[9] not in _SAMPLES or body[10] or body[11] or body[12] > 1:
        raise damaged(NAME)
    if body[8] == 16:
        raise CannotRedact(DEEP)
    if body[8] not in _DEPTHS[body[9]]:
        raise damaged(NAME)
    size = checked(int.from_bytes(body[:4]), int.from_bytes(body[4:8]), NAME, MAX_PIXELS)
    return _Header(size, body[8], body[9], interlaced=bool(body[12]))


def _colours(palette: bytes | None, header: _Header) -> int | None:
    """Return the number of colours in the palette; None for a picture without a palette. A suggested palette does not count."""
    if header.kind != PALETTE:
        return None
    count, rest = divmod(len(palette or b""), 3)
    if rest or not 1 <= count <= 1 << header.depth:
        raise damaged(NAME)
    return count


def _transparency(body: bytes | None, header: _Header, colours: int | None) -> Transparency | None:
    """Return the content of tRNS (section 11.3.2.1), with a grey in levels of 8 bits."""
    if body is None:
        return None
    if header.kind == PALETTE and 1 <= len(body) <= (colours or 0):
        return body
    levels = [int.from_bytes(body[at : at + 2]) for at in range(0, len(body), 2)]
    most = (1 << header.depth) - 1
    if len(body) % 2 or max(levels, default=most + 1) > most:
        raise damaged(NAME)
    if header.kind == GREY and len(levels) == 1:
        return levels[0] * 255 // most
    if header.kind == COLOUR and len(levels) == 3:
        return levels[0], levels[1], levels[2]
    raise damaged(NAME)


def _check_picture(stream: Sequence[memoryview], length: int) -> None:
    """Check that the packed picture has its exact length: the decoder accepts a short one without a warning."""
    inflate, total = zlib.decompressobj(), 0
    for piece in stream:
        waiting: bytes | memoryview = piece
        while len(waiting) and not inflate.eof:
            try:
                total += len(inflate.decompress(waiting, _PIECE))
            except zlib.error as error:
                raise damaged(NAME) from error
            waiting = inflate.unconsumed_tail
            if total > length:
                raise damaged(NAME)
    if not inflate.eof or total != length:
        raise damaged(NAME)


def _profile(body: bytes | None) -> bytes | None:
    """Return the ICC profile (section 11.3.2.3); None if it cannot be unpacked, as viewers do."""
    _, parted, packed = (body or b"").partition(b"\0")
    if not parted or packed[:1] != b"\0":
        return None
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return None
    return profile if inflate.eof and profile else None


def _orientation(source: bytes, *, has_exif: bool) -> int:
    try:
        shown = upright(metadata.read(BytesIO(source)))
    except Unreadable as error:
        raise damaged(NAME) from error
    if shown != 1 and not has_exif:
        # A text in ImageMagick's form holds a profile. Programs differ on whether it counts.
        raise CannotRedact(SIDEWAYS)
    return shown
