"""Makes the picture that publishers accept: an upright JPEG in sRGB of a proven copy, in an ordered size or its own.

A portrait is cut to the ordered proportions around the face. The prover decides whether the JPEG may be published.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from PIL import Image

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.boxes import Rectangle, grown, own, stored, usable
from dam_plugin.redaction.model import Notice
from dam_plugin.redaction.stills import pixels
from dam_plugin.redaction.stills.decoding import decode, decode_reduced, in_srgb, known
from dam_plugin.redaction.stills.jpeg import MAX_PIXELS
from dam_plugin.redaction.stills.still import Still
from dam_tagging.facts import Region

GAP = 2
"""A JPEG is decoded at least this many times larger than ordered and then reduced, so that it stays sharp."""
LEAST_SIDE = 16
"""The least side that may be ordered, in pixels."""
PAPER = 255
"""The level of every channel behind transparent pixels: white."""
NO_SIZE = f"no picture has this size: order one of {LEAST_SIDE} by {LEAST_SIDE} to {MAX_PIXELS // 1_000_000} megapixels"
CLEAR = "what is transparent in the picture became white: a JPEG has no transparency"
UNMARKED = "no face is marked: the part that it shows was taken from the middle across, and from the top down"
Size = tuple[int, int]
EYES = Fraction(2, 5)
"""The share of a portrait above the middle of the face, where there is room to choose."""


@dataclass(frozen=True, slots=True)
class Resized:
    """A JPEG, its (width, height) in pixels, and sentences about how it was made."""

    body: bytes
    size: Size
    facts: tuple[str, ...] = ()


def as_jpeg(
    source: bytes, media_type: str, size: Size | None, face: Region | None = None, notice: Notice | None = None
) -> Resized:
    """Return a picture as an upright JPEG in sRGB of exactly `size` (width, height), or its own size where that is None.

    It shows the largest part with these proportions, around `face` (fractions of the upright picture). If it has to be
    enlarged, the facts say so. It holds no metadata but `notice`. Raises CannotRedact.
    """
    if size is not None and (min(size) < LEAST_SIDE or size[0] * size[1] > MAX_PIXELS):
        raise CannotRedact(NO_SIZE)
    still = pixels.read(source, media_type)
    whole = _turned(still.size, still)
    if size is None:
        image, facts = decode(still), []
    else:
        part = window(whole, size, face)
        image, facts = _part(still, part, size), list(_facts(part, size, face))
    # Decoding has applied every other profile.
    profile = known(still.profile)
    if profile is not None:
        image = in_srgb(image, profile)
    if still.orientation != 1:
        image = image.transpose(pixels.TURNS[still.orientation])
    if image.mode in {"LA", "RGBA"}:
        facts.extend([CLEAR] * pixels.is_clear(image))
        image = _on_paper(image)
    body = pixels.encode(image.convert("RGB"), "image/jpeg", profile=None, notice=packet(notice) if notice else None)
    return Resized(body, size or whole, tuple(facts))


def window(size: tuple[int, int], wanted: tuple[int, int], face: Region | None) -> Rectangle:
    """Return the largest part of an upright picture of `size` that has the proportions of `wanted`, in pixels, exactly.

    The part lies around `face` and holds head and shoulders if they fit. If they do not fit, it leaves out the shoulders
    first, then the space around the head, alike on both sides. Without a face, or if the face does not fit, the part lies
    in the middle from left to right, and at the top, since heads are there.
    """
    width, height = map(Fraction, size)
    across, down = min(width, height * wanted[0] / wanted[1]), min(height, width * wanted[1] / wanted[0])
    if face is None or not usable(face):
        left, top = (width - across) / 2, Fraction(0)
    else:
        left, top = _around(face, size, (across, down))
    return Rectangle(left, top, left + across, top + down)


def _part(still: Still, part: Rectangle, size: Size) -> Image.Image:
    """Return a part of the upright picture, scaled to `size` and turned like the stored frame."""
    whole, turned = _turned(still.size, still), _turned(size, still)
    fractions = Rectangle(part.left / whole[0], part.top / whole[1], part.right / whole[0], part.bottom / whole[1])
    place = stored(fractions, still.orientation)
    least = tuple(
        min(side, math.ceil(GAP * wanted / share))
        for side, wanted, share in zip(
            still.size, turned, (place.right - place.left, place.bottom - place.top), strict=True
        )
    )
    image = decode_reduced(still, (least[0], least[1]))
    inside = place.scaled(image.size)
    box = (float(inside.left), float(inside.top), *_ends(inside, image.size))
    return image.resize(turned, Image.Resampling.LANCZOS, box=box)


def _ends(inside: Rectangle, size: Size) -> tuple[float, float]:
    """Return the right and lower edge as floats, rounded so that they stay inside of the picture."""
    return min(float(inside.right), float(size[0])), min(float(inside.bottom), float(size[1]))


def _facts(part: Rectangle, size: Size, face: Region | None) -> Iterator[str]:
    width, height = math.floor(part.right - part.left), math.floor(part.bottom - part.top)
    if Fraction(size[0]) > part.right - part.left:
        yield f"the picture was enlarged: what it shows has {width} by {height} pixels, and {size[0]} by {size[1]} were ordered"
    if face is None:
        yield UNMARKED


def _turned(size: Size, still: Still) -> Size:
    """Return the size of the upright picture from the size of the stored frame, or the other way round."""
    return size if still.orientation < 5 else (size[1], size[0])


def _on_paper(image: Image.Image) -> Image.Image:
    paper = Image.new("RGB", image.size, (PAPER,) * 3)
    paper.paste(image.convert("RGB"), mask=image.getchannel("A"))
    return paper


def _around(face: Region, size: tuple[int, int], part: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """Return the left and upper edge of a part of the picture that shows a face."""
    (width, height), (across, down) = size, part
    drawn, head = own(face).scaled(size), grown(face).scaled(size)
    left = (drawn.left + drawn.right - across) / 2
    if head.right - head.left <= across:
        left = min(max(left, head.right - across), head.left)
    top = (drawn.top + drawn.bottom) / 2 - down * EYES
    # The most important comes last: shoulders, head room, the face.
    top = min(max(top, head.bottom - down), head.top)
    top = max(top, drawn.bottom - down)
    if drawn.bottom - drawn.top > down:
        top = (drawn.top + drawn.bottom - down) / 2
    return min(max(left, Fraction(0)), width - across), min(max(top, Fraction(0)), height - down)
