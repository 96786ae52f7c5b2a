"""Draws faces of invented people, each in several shots: for tests of how well a hidden face is found again.

A person keeps the face and the hair from shot to shot; light, place, clothes and background change.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageEnhance

from dam_tagging.facts import Region

SIZE = (320, 256)
FACE = (64, 80)
"""The width and height of a face in pixels."""

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo of one person, and where the face is: fractions of the picture."""

    image: Image.Image
    face: Region


def shot(person: int, number: int) -> Shot:
    """Return a photo of a person; the same numbers give the same pixels."""
    chance = random.Random(f"{person}/{number}")  # noqa: S311 - drawings, not secrets
    grains = Image.frombytes("RGB", (40, 32), chance.randbytes(40 * 32 * 3))
    image = grains.resize(SIZE, Image.Resampling.BICUBIC)
    ImageDraw.Draw(image).rectangle((0, 150, *SIZE), fill=_colour(chance, 60, 200))
    left, top = 128 + chance.randint(-6, 6), 70 + chance.randint(-6, 6)
    _person(ImageDraw.Draw(image), random.Random(person), left, top, _colour(chance, 20, 230))  # noqa: S311 - as above
    lit = ImageEnhance.Brightness(image).enhance(chance.uniform(0.85, 1.15))
    return Shot(lit, Region(left / SIZE[0], top / SIZE[1], FACE[0] / SIZE[0], FACE[1] / SIZE[1]))


def _person(draw: ImageDraw.ImageDraw, face: random.Random, left: int, top: int, clothes: Colour) -> None:
    """Draw head and shoulders; every choice of `face` belongs to the person."""
    width, height = FACE
    right, bottom = left + width, top + height
    skin = (face.randint(120, 240), face.randint(90, 190), face.randint(70, 160))
    hair, eyes = _colour(face, 10, 200), _colour(face, 0, 140)
    draw.ellipse((left - 26, bottom - 4, right + 26, bottom + 120), fill=clothes)
    up, long = face.randint(6, 18), face.choice((8, 24, 48))
    draw.ellipse((left - 8, top - up, right + 8, top + height // 2 + long), fill=hair)
    squeeze = face.randint(0, 9)
    draw.ellipse((left + squeeze, top, right - squeeze, bottom), fill=skin)
    draw.pieslice((left - 2, top - up, right + 2, top + 46), 180, 360, fill=hair)
    gap, size, level = face.randint(9, 18), face.randint(3, 7), top + face.randint(30, 40)
    middle = left + width // 2
    for side in (-1, 1):
        x = middle + side * gap
        draw.ellipse((x - size, level - size, x + size, level + size), fill=(245, 245, 245))
        draw.ellipse((x - 2, level - 2, x + 2, level + 2), fill=eyes)
        draw.line(
            (x - 8, level - 10 + side * face.randint(-3, 3), x + 8, level - 10), fill=hair, width=face.randint(1, 4)
        )
    if face.random() < 0.4:
        for side in (-1, 1):
            x = middle + side * gap
            draw.ellipse((x - 10, level - 9, x + 10, level + 9), outline=(20, 20, 20), width=2)
    nose = face.randint(8, 16)
    draw.line((middle, level + 4, middle + face.randint(-4, 4), level + 4 + nose), fill=(90, 60, 50), width=2)
    mouth, smile = face.randint(8, 20), face.randint(2, 9)
    draw.chord(
        (middle - mouth, bottom - 22, middle + mouth, bottom - 22 + 2 * smile), 0, 180, fill=_colour(face, 60, 220)
    )


def _colour(chance: random.Random, low: int, high: int) -> Colour:
    return chance.randint(low, high), chance.randint(low, high), chance.randint(low, high)
