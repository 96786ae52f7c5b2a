"""What a copy holds beside its pixels, and the checks of that: the size, a known colour profile, the ordered notice."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dam_plugin.errors import NotProven
from dam_plugin.redaction.allowed_metadata import KNOWN_PROFILES

MAX_PIXELS = 120_000_000
"""Of any picture; `wanted` decodes no more than its format's."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """What a copy holds beside the notice: one picture of `size` (width, height), and a known profile or b""."""

    size: tuple[int, int]
    profile: bytes = b""


def refuse(failure: str) -> NotProven:
    """Return the error of one failure, to be raised."""
    return NotProven([failure])


def sized(width: int, height: int, most: int = MAX_PIXELS) -> tuple[int, int]:
    """Return (width, height), or raise NotProven where no picture has it."""
    if not (width and height):
        raise refuse("the picture has no size")
    if width * height > most:
        raise refuse(f"the picture has more than {most // 1_000_000} megapixels")
    return width, height


def is_known(profile: bytes) -> bool:
    """Return whether a copy may hold this colour profile."""
    return hashlib.sha256(profile).hexdigest() in KNOWN_PROFILES


def known(profile: bytes) -> bytes:
    """Return the colour profile, or raise NotProven where a copy may not hold it."""
    if not is_known(profile):
        raise refuse("the file holds a colour profile that is not on the list")
    return profile


def ordered(found: bytes | None, packet: bytes) -> None:
    """Raise NotProven unless the file holds exactly the notice that was ordered (b"": none)."""
    if (found or b"") != packet or (found is not None and not packet):
        raise refuse("the file's notice (XMP) is not exactly the one that was ordered")


def inflated(stream: Iterable[bytes | memoryview], length: int) -> Iterator[bytes]:
    """Yield the `length` bytes that a zlib stream holds, in pieces.

    Raises NotProven where the stream is damaged, holds more or less, or where bytes stand behind its end.
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
