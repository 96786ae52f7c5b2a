"""The strict walk of a WebP copy (RFC 9649, and RFC 6386 for VP8): every byte is accounted for or the walk fails."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dam_plugin.redaction.proof.held import Held, Stream, known, ordered, refuse, sized
from dam_plugin.redaction.proof.vp8 import token_partitions

_ORDER = re.compile(rb"VP8 |VP8L|VP8X(?:ICCP)?(?:(?:ALPH)?VP8 |VP8L)(?:XMP )?")
_ALLOWED = frozenset({b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L", b"XMP "})
_MOST_CHUNKS = 8
_ALONE = 20
"""Where the coded picture begins in a file that holds nothing else."""
_HAS_PROFILE, _HAS_ALPHA, _HAS_NOTICE = 0x20, 0x10, 0x04


@dataclass(frozen=True, slots=True)
class _Coded:
    """A coded picture: its size, whether it has alpha of its own, and its streams."""

    size: tuple[int, int]
    alpha: bool
    streams: tuple[Stream, ...]


def walk(data: bytes, packet: bytes) -> Held:
    """Return what a WebP holds; `packet` is the notice it must hold, b"" for none. Raises NotProven."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or int.from_bytes(data[4:8], "little") != len(data) - 8:
        raise refuse("the file is no WebP of exactly the length that it states")
    chunks = list(_chunks(data))
    strange = sorted({kind for kind, _, _ in chunks} - _ALLOWED)
    if strange:
        raise refuse(f"the file holds a chunk {_name(strange[0])} that a copy may not hold")
    if not _ORDER.fullmatch(b"".join(kind for kind, _, _ in chunks)):
        raise refuse("the chunks stand out of order or twice, or one is missing")
    places = {kind: (start, end) for kind, start, end in chunks}
    held = {kind: data[start:end] for kind, (start, end) in places.items() if kind in {b"XMP ", b"ICCP", b"VP8X"}}
    ordered(held.get(b"XMP "), packet)
    lossless = b"VP8L" in places
    coded = _lossless(data, *places[b"VP8L"]) if lossless else _lossy(data, *places[b"VP8 "])
    streams = coded.streams + (_alpha(data, *places[b"ALPH"], coded.size) if b"ALPH" in places else ())
    alpha = coded.alpha or b"ALPH" in places
    if b"VP8X" in held:
        _canvas(held, coded.size, alpha)
    return Held(coded.size, alpha, lossless, known(held[b"ICCP"]) if b"ICCP" in held else b"", streams)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind, start and end of each chunk (RFC 9649, 2.3); raises NotProven where they do not fill the file."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at == len(data):
            return
        start = at + 8
        end = start + int.from_bytes(data[at + 4 : start], "little")
        if end + end % 2 > len(data) or any(data[end : end + end % 2]):
            raise refuse("a chunk has a length that does not fit, or no zero behind it where there must be one")
        yield data[at : at + 4], start, end
        at = end + end % 2
    if at != len(data):
        raise refuse("the file holds more chunks than a picture needs")


def _name(kind: bytes) -> str:
    text = kind.strip()
    return text.decode("ascii") if text.isalnum() else f"0x{kind.hex()}"


def _canvas(held: Mapping[bytes, bytes], size: tuple[int, int], alpha: bool) -> None:
    """Raise NotProven unless the extended header (2.7) says exactly what is there."""
    flags = _HAS_PROFILE * (b"ICCP" in held) | _HAS_ALPHA * alpha | _HAS_NOTICE * (b"XMP " in held)
    sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
    if held[b"VP8X"] != bytes([flags, 0, 0, 0]) + sides:
        raise refuse("the header of the file does not say what the file holds")


def _lossy(data: bytes, start: int, end: int) -> _Coded:
    """Read the frame header of VP8 (RFC 6386, 9.1): one key frame that is shown, and two partitions."""
    head = data[start : min(start + 10, end)]
    tag = int.from_bytes(head[:3], "little")
    if len(head) < 10 or tag & 1 or not tag & 0x10 or head[3:6] != b"\x9d\x01\x2a":
        raise refuse("the coded picture is no single key frame that is shown")
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    middle = start + 10 + (tag >> 5)
    if middle >= end or (width | height) >> 14:
        raise refuse("the parts of the coded picture do not fit in it")
    if token_partitions(data[start + 10 : middle]) != 1:
        raise refuse("the coded picture is in more than two partitions")
    whole = _in_whole_units(data[start:end], width, height)
    first, behind = middle - start, end - start
    streams = (Stream(whole, _ALONE + 10, _ALONE + first), Stream(whole, _ALONE + first, _ALONE + behind))
    return _Coded(sized(width, height), alpha=False, streams=streams)


def _in_whole_units(coded: bytes, width: int, height: int) -> bytes:
    """Return the coded picture in a file that shows its macroblocks of 16 by 16 in full."""
    across, down = (-(-side // 16) * 16 for side in (width, height))
    body = coded[:6] + struct.pack("<HH", across & 0x3FFF, down & 0x3FFF) + coded[10:] + b"\0" * (len(coded) % 2)
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8 " + struct.pack("<I", len(coded)) + body


def _lossless(data: bytes, start: int, end: int) -> _Coded:
    """Read the header of VP8L (RFC 9649, 3.4)."""
    head = int.from_bytes(data[start + 1 : start + 5], "little")
    if end - start < 6 or data[start] != 0x2F or head >> 29:
        raise refuse("the coded picture does not begin as one")
    size = sized((head & 0x3FFF) + 1, (head >> 14 & 0x3FFF) + 1)
    return _Coded(size, alpha=bool(head >> 28 & 1), streams=(Stream(data, start + 5, end),))


def _alpha(data: bytes, start: int, end: int, size: tuple[int, int]) -> tuple[Stream, ...]:
    """Return the stream of the alpha channel (2.7.1.2); uncompressed, its length is known."""
    head = data[start] if start < end else 0xFF
    if head >> 5 or head & 2:
        raise refuse("the alpha channel does not begin as one")
    if head & 1:
        return (Stream(data, start + 1, end),)
    if end - start != 1 + size[0] * size[1]:
        raise refuse("the alpha channel is not as long as the picture needs")
    return ()
