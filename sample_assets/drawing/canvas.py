"""A canvas that draws large and shrinks: smooth shapes, gradients, soft shadows, light. Pillow alone.

Coordinates are pixels of the finished picture, or units of a `Pen` that stands somewhere on it.
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from drawing.shapes import Color, Point, Points, rectangle

SUPERSAMPLING = 2


@dataclass(frozen=True, slots=True)
class Gradient:
    """Two colors across a shape's bounds: `down`, `right`, or `out` from the middle."""

    start: Color
    end: Color
    direction: str = "down"


Paint = Color | Gradient


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the finished picture: top left x, y, then width and height."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture, upright, and where each known student's (or other drawn person's) face is, by id."""

    image: Image.Image
    faces: dict[str, Box]


class Canvas:
    """A picture in the making, `SUPERSAMPLING` times as large as it will be."""

    def __init__(self, width: int, height: int, background: Paint) -> None:
        """Start with `background` over the whole picture."""
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * SUPERSAMPLING, height * SUPERSAMPLING))
        self.fill(rectangle(0, 0, width, height), background)

    def copy(self) -> Canvas:
        """Return a canvas of its own with the same on it."""
        other = copy(self)
        other._image = self._image.copy()  # noqa: SLF001 - of the same class
        return other

    def fill(
        self,
        points: Points,
        paint: Paint,
        *,
        blur: float = 0.0,
        opacity: float = 1.0,
        clip: Points | None = None,
        light: bool = False,
    ) -> None:
        """Paint a closed shape; `clip` keeps it inside another; `light` adds to what is there as a lamp does."""
        bounds = self._bounds(points, blur * 3)
        if bounds is None:
            return
        mask = _mask(points, bounds, blur)
        if clip is not None:
            mask = ImageChops.multiply(mask, _mask(clip, bounds, 0.0))
        if opacity < 1.0:
            mask = mask.point(_levels(opacity))
        size = (bounds[2] - bounds[0], bounds[3] - bounds[1])
        if light:
            lamp = Image.composite(_sheet(paint, size), Image.new("RGB", size), mask)
            self._image.paste(ImageChops.screen(self._image.crop(bounds), lamp), bounds[:2])
        else:
            self._image.paste(_sheet(paint, size), bounds[:2], mask)

    def write(self, at: Point, text: str, size: float, color: Color, *, anchor: str = "mm", weight: float = 0) -> None:
        """Write one line of text; `weight` thickens the strokes, in pixels."""
        font = ImageFont.load_default(size * SUPERSAMPLING)
        ImageDraw.Draw(self._image).text(
            (at[0] * SUPERSAMPLING, at[1] * SUPERSAMPLING),
            text,
            fill=color,
            font=font,
            anchor=anchor,
            stroke_width=round(weight * SUPERSAMPLING),
            stroke_fill=color,
        )

    def soften(self, radius: float) -> None:
        """Put everything drawn so far out of focus."""
        size = self._image.size
        small = self._image.resize((size[0] // 4, size[1] // 4), Image.Resampling.BOX)
        blurred = small.filter(ImageFilter.GaussianBlur(radius * SUPERSAMPLING / 4))
        self._image = blurred.resize(size, Image.Resampling.BICUBIC)

    def shade_edges(self, color: Color, strength: float) -> None:
        """Darken the corners as a lens does."""
        size = self._image.size
        mask = Image.radial_gradient("L").resize(size).point([round(max(0, v - 110) * strength) for v in range(256)])
        self._image.paste(Image.new("RGB", size, color), (0, 0), mask)

    def wash(self, color: Color, opacity: float) -> None:
        """Lay a thin veil of one color over everything."""
        self._image = Image.blend(self._image, Image.new("RGB", self._image.size, color), opacity)

    def drain(self, saturation: float) -> None:
        """Take color out of everything: 1 leaves it, 0 is grey."""
        self._image = ImageEnhance.Color(self._image).enhance(saturation)

    def finish(self) -> Image.Image:
        """Return the picture at its real size."""
        return self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)

    def _bounds(self, points: Points, margin: float) -> tuple[int, int, int, int] | None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        left = max(0, math.floor((min(xs) - margin) * SUPERSAMPLING))
        top = max(0, math.floor((min(ys) - margin) * SUPERSAMPLING))
        right = min(self._image.width, math.ceil((max(xs) + margin) * SUPERSAMPLING) + 1)
        bottom = min(self._image.height, math.ceil((max(ys) + margin) * SUPERSAMPLING) + 1)
        return (left, top, right, bottom) if right > left and bottom > top else None


@dataclass(slots=True)
class Pen:
    """A place on a canvas with its own axes: origin, the length of one unit in pixels, and a tilt in degrees.

    It notes how far what it drew reaches, above `floor` (in units), so that a face's box is where the face was drawn.
    """

    canvas: Canvas
    x: float
    y: float
    unit: float
    tilt: float = 0.0
    floor: float = math.inf
    reach: list[Point] = field(default_factory=list)

    def fill(
        self,
        points: Points,
        paint: Paint,
        *,
        blur: float = 0.0,
        opacity: float = 1.0,
        clip: Points | None = None,
        light: bool = False,
    ) -> None:
        """Paint a shape given in units; `blur` is in units too."""
        self.canvas.fill(
            self.place(points),
            paint,
            blur=blur * self.unit,
            opacity=opacity,
            clip=None if clip is None else self.place(clip),
            light=light,
        )

    def note(self, points: Points) -> None:
        """Count a shape into the reach."""
        self.reach.extend(self.place([(x, min(y, self.floor)) for x, y in points]))

    def place(self, points: Points) -> list[Point]:
        """Turn units into pixels."""
        cos, sin = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt))
        return [(self.x + (x * cos - y * sin) * self.unit, self.y + (x * sin + y * cos) * self.unit) for x, y in points]

    def box(self) -> Box:
        """Return the bounds of what was noted, inside the picture."""
        left, top = max(0.0, min(p[0] for p in self.reach)), max(0.0, min(p[1] for p in self.reach))
        right = min(float(self.canvas.width), max(p[0] for p in self.reach))
        bottom = min(float(self.canvas.height), max(p[1] for p in self.reach))
        return Box(left, top, right - left, bottom - top)


@cache
def _levels(opacity: float) -> list[int]:
    return [round(value * opacity) for value in range(256)]


def _mask(points: Points, bounds: tuple[int, int, int, int], blur: float) -> Image.Image:
    # A wide blur loses nothing by being computed small, and is many times faster.
    shrink = max(1, int(blur * SUPERSAMPLING // 4))
    size = (bounds[2] - bounds[0], bounds[3] - bounds[1])
    small = Image.new("L", (-(-size[0] // shrink), -(-size[1] // shrink)))
    moved = [((x * SUPERSAMPLING - bounds[0]) / shrink, (y * SUPERSAMPLING - bounds[1]) / shrink) for x, y in points]
    ImageDraw.Draw(small).polygon(moved, fill=255)
    if blur:
        small = small.filter(ImageFilter.GaussianBlur(blur * SUPERSAMPLING / shrink))
    return small if shrink == 1 else small.resize(size, Image.Resampling.BILINEAR)


def _sheet(paint: Paint, size: tuple[int, int]) -> Image.Image:
    if not isinstance(paint, Gradient):
        return Image.new("RGB", size, paint)
    if paint.direction == "out":
        return _ramp(paint).resize(size, Image.Resampling.BILINEAR)
    # All columns (or rows) are the same: one is made, and repeated.
    one = (1, size[1]) if paint.direction == "down" else (size[0], 1)
    return _ramp(paint).resize(one, Image.Resampling.BILINEAR).resize(size, Image.Resampling.NEAREST)


@cache
def _ramp(paint: Gradient) -> Image.Image:
    ramp = Image.radial_gradient("L") if paint.direction == "out" else Image.linear_gradient("L")
    if paint.direction == "right":
        ramp = ramp.transpose(Image.Transpose.ROTATE_90)
    return ImageOps.colorize(ramp, paint.start, paint.end)
