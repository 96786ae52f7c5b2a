"""The prover's strict walk of a PNG copy (W3C PNG, third edition): every byte is accounted for, or the walk fails."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dam_plugin.errors import NotProven
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import Order
from dam_plugin.redaction.proof import names_absent
from dam_plugin.redaction.proof.allowed import known, ordered, refuse, sized
from dam_plugin.redaction.proof.verdict import Report

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PROFILE = b"ICC Profile\0\0"
XMP = b"XML:com.adobe.xmp\0\0\0\0\0"

_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
"""Samples of a pixel by colour type: grey, colour, and each with alpha. Palettes are refused: a palette may hold unused
colours."""
_ORDER = re.compile(r"IHDR (?:iCCP )?(?:iTXt )?(?:IDAT )+IEND ")
_ALLOWED = frozenset({b"IHDR", b"iCCP", b"iTXt", b"IDAT", b"IEND"})
_MOST_CHUNKS = 1 << 16
_LARGEST_PROFILE = 1 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """The contents of a copy beside the notice: one picture of `size` (width, height), and a known profile or b""."""

    size: tuple[int, int]
    profile: bytes = b""


def container(report: Report, released: bytes, order: Order) -> Held | None:
    """Check everything in a PNG copy but its picture, and return its contents; None if it cannot be walked."""
    notice = packet(order.notice) if order.notice is not None else b""
    held = report.attempt(lambda: walk(released, notice), "the copy")
    everything, texts = released, released
    if held is not None:
        report.check("the file holds nothing but the picture, a known profile and the ordered notice", ())
        everything, texts = released.replace(held.profile, b"\0") if held.profile else released, notice
    report.check(
        names_absent.sentence(order.secrets), names_absent.absent(order.secrets, everything, texts, order.notice)
    )
    return held


def walk(data: bytes, told: bytes) -> Held:
    """Return the contents of a PNG; `told` is the notice that it must hold, b"" for none. Raises NotProven."""
    if not data.startswith(SIGNATURE):
        raise refuse("the file does not begin as a PNG")
    chunks = list(_chunks(memoryview(data)))
    _only(chunks)
    found = {chunk.kind: bytes(chunk.body) for chunk in chunks if chunk.kind in {b"IHDR", b"iCCP", b"iTXt"}}
    size, kind = _header(found[b"IHDR"])
    ordered(_notice(found.get(b"iTXt")), told)
    profile = _profile(found[b"iCCP"]) if b"iCCP" in found else b""
    _rows([chunk.body for chunk in chunks if chunk.kind == b"IDAT"], size, _SAMPLES[kind])
    return Held(size, profile)


def inflated(stream: Iterable[bytes | memoryview], length: int) -> Iterator[bytes]:
    """Yield the `length` bytes that a zlib stream holds, in pieces.

    Raises NotProven if the stream is damaged, holds more or less, or has bytes behind its end.
    """
    inflate, total = zlib.decompressobj(), 0
    for piece in stream:
        if inflate.eof and len(piece):
            raise refuse("bytes stand behind the end of the compressed picture")
        waiting: bytes | memoryview = piece
        while len(waiting) and not inflate.eof:
            try:
                made = inflate.decompress(waiting, _PIECE)
            except zlib.error:
                raise refuse("the compressed picture is damaged") from None
            waiting, total = inflate.unconsumed_tail, total + len(made)
            if total > length:
                raise refuse("the compressed data holds more than the picture")
            yield made
    if not inflate.eof or total != length:
        raise refuse("the compressed data ends before the picture does")
    if inflate.unused_data:
        raise refuse("bytes stand behind the end of the compressed picture")


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    body: memoryview


def _chunks(data: memoryview) -> Iterator[_Chunk]:
    """Yield the chunks behind the signature (section 5.3); raises NotProven unless they fill the file exactly."""
    at = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if at == len(data):
            return
        length = int.from_bytes(data[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(data):
            raise refuse("bytes stand between or behind the chunks, or the file ends inside of one")
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4]):
            raise refuse("a chunk's checksum is wrong")
        yield _Chunk(bytes(data[at + 4 : at + 8]), data[at + 8 : end])
        at = end + 4
    raise refuse(f"the file holds more than {_MOST_CHUNKS} chunks")


def _only(chunks: Sequence[_Chunk]) -> None:
    """Raise NotProven unless the chunks are the picture, a profile and one text, in their order."""
    strange = sorted({chunk.kind for chunk in chunks} - _ALLOWED)
    if strange:
        raise NotProven([f"the file holds a chunk {_name(kind)} that a copy may not hold" for kind in strange[:9]])
    order = "".join(f"{_name(chunk.kind)} " for chunk in chunks)
    if not _ORDER.fullmatch(order):
        raise refuse("the chunks stand out of order or twice, one is missing, or bytes stand behind the end")
    if len(chunks[-1].body) or not all(len(chunk.body) for chunk in chunks[:-1]):
        raise refuse("a chunk has a length that it may not have")


def _name(kind: bytes) -> str:
    return kind.decode("ascii") if kind.isalpha() else f"0x{kind.hex()}"


def _header(body: bytes) -> tuple[tuple[int, int], int]:
    """Return the size and the colour type of a picture of 8 bits, not interlaced (section 11.2.1)."""
    if len(body) != 13 or body[8] != 8 or body[9] not in _SAMPLES or any(body[10:]):
        raise refuse("the picture is not one of 8 bits in grey or colour, row by row")
    return sized(int.from_bytes(body[:4]), int.from_bytes(body[4:8])), body[9]


def _notice(text: bytes | None) -> bytes | None:
    if text is not None and not text.startswith(XMP):
        raise refuse("the file holds a text that is not the notice")
    return None if text is None else text.removeprefix(XMP)


def _profile(body: bytes) -> bytes:
    if not body.startswith(PROFILE):
        raise refuse("the colour profile has a name of its own")
    packed = zlib.decompressobj()
    try:
        profile = packed.decompress(body.removeprefix(PROFILE), _LARGEST_PROFILE)
    except zlib.error:
        raise refuse("the colour profile is damaged") from None
    if not packed.eof or packed.unused_data:
        raise refuse("bytes stand behind the end of the colour profile, or it is cut off")
    return known(profile)


def _rows(stream: Sequence[memoryview], size: tuple[int, int], samples: int) -> None:
    """Raise NotProven unless the stream holds exactly the picture's rows, each behind a valid filter."""
    row = 1 + size[0] * samples
    at = 0
    for piece in inflated(stream, row * size[1]):
        filters = piece[-at % row :: row]
        if filters and max(filters) > 4:
            raise refuse("a row states a filter that does not exist")
        at += len(piece)
