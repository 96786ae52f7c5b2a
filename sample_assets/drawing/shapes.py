"""Outlines and colors: ellipses, smooth curves, strokes, mixes. Geometry alone; `canvas.py` paints it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

Color = tuple[int, int, int]
Point = tuple[float, float]
Points = Sequence[Point]


def dice(seed: str) -> random.Random:
    """Return a random generator that throws the same numbers every time: pictures, not secrets."""
    return random.Random(seed)  # noqa: S311


def rectangle(x: float, y: float, w: float, h: float) -> list[Point]:
    """Return a rectangle's corners from its top left."""
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def ellipse(x: float, y: float, rx: float, ry: float | None = None) -> list[Point]:
    """Return an ellipse around its centre."""
    ry = rx if ry is None else ry
    return [(x + rx * math.cos(a * math.tau / 72), y + ry * math.sin(a * math.tau / 72)) for a in range(72)]


def smooth(points: Points, steps: int = 16) -> list[Point]:
    """Return a closed curve through the points (Catmull-Rom)."""
    count = len(points)
    curve: list[Point] = []
    for i in range(count):
        around = [points[(i + k) % count] for k in (-1, 0, 1, 2)]
        curve.extend(_between(around, s / steps) for s in range(steps))
    return curve


def arc(points: Points, steps: int = 14) -> list[Point]:
    """Return an open curve through the points (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    curve = [_between(padded[i : i + 4], s / steps) for i in range(len(points) - 1) for s in range(steps)]
    return [*curve, points[-1]]


def stroke(points: Points, widths: Sequence[float]) -> list[Point]:
    """Return the outline of a curved stroke, its widths spread evenly from start to end; the ends are round."""
    line = arc(points)
    left, right = [], []
    for i, (x, y) in enumerate(line):
        before, after = line[max(0, i - 1)], line[min(len(line) - 1, i + 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        half = _spread(widths, i / (len(line) - 1)) / 2
        left.append((x - dy / length * half, y + dx / length * half))
        right.append((x + dy / length * half, y - dx / length * half))
    return [*_cap(line[1], line[0], widths[0] / 2), *left, *_cap(line[-2], line[-1], widths[-1] / 2), *reversed(right)]


def mirrored(points: Points) -> list[Point]:
    """Return the left half's points and, after them, their mirror images: half a shape makes a whole one."""
    return [*points, *[(-x, y) for x, y in reversed(points) if x]]


def mix(a: Color, b: Color, share: float) -> Color:
    """Return a color between two: `share` 0 is the first, 1 the second."""
    red, green, blue = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return (red, green, blue)


def darker(color: Color, share: float = 0.2) -> Color:
    """Return the color towards a warm black."""
    return mix(color, (28, 14, 22), share)


def deeper(skin: Color, share: float = 0.2) -> Color:
    """Return a skin in shadow: warm, never grey."""
    return mix(skin, (84, 30, 34), share)


def lighter(color: Color, share: float = 0.2) -> Color:
    """Return the color towards a warm white."""
    return mix(color, (255, 250, 240), share)


def _between(p: Points, t: float) -> Point:
    # The Catmull-Rom weights of the four points around the place.
    a, b = ((2 - t) * t - 1) * t / 2, ((3 * t - 5) * t * t + 2) / 2
    c, d = ((4 - 3 * t) * t + 1) * t / 2, (t - 1) * t * t / 2
    return (
        a * p[0][0] + b * p[1][0] + c * p[2][0] + d * p[3][0],
        a * p[0][1] + b * p[1][1] + c * p[2][1] + d * p[3][1],
    )


def _spread(widths: Sequence[float], share: float) -> float:
    place = share * (len(widths) - 1)
    first = min(int(place), len(widths) - 2) if len(widths) > 1 else 0
    return widths[first] if len(widths) == 1 else widths[first] + (widths[first + 1] - widths[first]) * (place - first)


def _cap(before: Point, end: Point, radius: float) -> list[Point]:
    angle = math.atan2(end[1] - before[1], end[0] - before[0])
    turns = [angle + math.pi / 2 - k * math.pi / 14 for k in range(1, 14)]
    return [(end[0] + radius * math.cos(a), end[1] + radius * math.sin(a)) for a in turns]
