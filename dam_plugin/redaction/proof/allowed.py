"""Checks the parts that a copy may hold beside its pixels: a size, a known colour profile, exactly the ordered notice."""

from __future__ import annotations

import hashlib

from dam_plugin.errors import NotProven
from dam_plugin.redaction.allowed_metadata import KNOWN_PROFILES

MAX_PIXELS = 120_000_000
"""Most pixels of any picture. `source_picture` has a lower limit for some formats."""


def refuse(failure: str) -> NotProven:
    """Return an error with one failure, for the caller to raise."""
    return NotProven([failure])


def sized(width: int, height: int, most: int = MAX_PIXELS) -> tuple[int, int]:
    """Return (width, height); raises NotProven if no picture can have this size."""
    if not (width and height):
        raise refuse("the picture has no size")
    if width * height > most:
        raise refuse(f"the picture has more than {most // 1_000_000} megapixels")
    return width, height


def is_known(profile: bytes) -> bool:
    """Whether a copy may hold this colour profile."""
    return hashlib.sha256(profile).hexdigest() in KNOWN_PROFILES


def known(profile: bytes) -> bytes:
    """Return the colour profile; raises NotProven if a copy may not hold it."""
    if not is_known(profile):
        raise refuse("the file holds a colour profile that is not on the list")
    return profile


def ordered(found: bytes | None, packet: bytes) -> None:
    """Raise NotProven unless the file holds exactly the notice that was ordered (b"": none)."""
    if (found or b"") != packet or (found is not None and not packet):
        raise refuse("the file's notice (XMP) is not exactly the one that was ordered")
