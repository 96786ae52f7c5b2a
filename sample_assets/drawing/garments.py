"""Draws the front and the neck of a polo shirt, a sweater and an apron; every other garment is in `figures.py`."""

from __future__ import annotations

from collections.abc import Callable

from drawing.canvas import Gradient, Pen
from drawing.shapes import Color, Point, darker, ellipse, lighter, mirrored, smooth, stroke


def _button(pen: Pen, color: Color, accent: Color, torso: list[Point]) -> None:
    """Sew the strip of buttons into a polo shirt."""
    placket = [(-0.11, 1.5), (0.11, 1.5), (0.1, 2.75), (-0.1, 2.75)]
    pen.fill(placket, Gradient(lighter(color, 0.1), darker(color, 0.1)), clip=torso)
    pen.fill(stroke([(0.11, 1.6), (0.1, 2.75), (-0.1, 2.75)], (0.03,)), darker(color, 0.4), opacity=0.6, clip=torso)
    for y in (2.1, 2.45):
        pen.fill(ellipse(0, y, 0.045), accent)


def _knit(pen: Pen, color: Color, _accent: Color, torso: list[Point]) -> None:
    """Run cables down a sweater: pairs of lines, and the twists between them."""
    for x in (-0.78, -0.26, 0.26, 0.78):
        for side in (-0.09, 0.09):
            line = [(x + side, 1.4), (x * 0.98 + side, 3.2), (x * 1.02 + side, 5.4)]
            pen.fill(stroke(line, (0.035,)), darker(color, 0.35), opacity=0.35, clip=torso)
        for k in range(14):
            twist = stroke([(x - 0.08, 1.62 + k * 0.28), (x + 0.08, 1.78 + k * 0.28)], (0.03, 0.06, 0.03))
            pen.fill(twist, lighter(color, 0.3), opacity=0.5, clip=torso)


def _tie_on(pen: Pen, _color: Color, accent: Color, torso: list[Point]) -> None:
    """Tie an apron over a shirt: two straps, a bib, a pocket, and the paint that was wiped off on it."""
    for side in (-1, 1):
        pen.fill(stroke([(side * 0.42, 1.25), (side * 0.6, 2.1), (side * 0.66, 2.6)], (0.16,)), darker(accent, 0.12))
    bib = smooth(mirrored([(0, 2.45), (-0.66, 2.45), (-0.78, 3.3), (-1.1, 3.9), (-1.2, 5.6), (0, 5.7)]), 6)
    pen.fill(bib, Gradient(lighter(accent, 0.08), darker(accent, 0.14)), clip=torso)
    pocket = [(-0.46, 3.9), (0.46, 3.9), (0.42, 4.75), (-0.42, 4.75)]
    pen.fill(pocket, darker(accent, 0.1))
    pen.fill(stroke([pocket[0], pocket[1]], (0.06,)), darker(accent, 0.3))
    for x, y, size, paint in (
        (-0.42, 3.1, 0.13, (206, 74, 66)),
        (0.34, 3.36, 0.1, (70, 130, 190)),
        (0.5, 2.86, 0.07, (238, 190, 70)),
        (-0.62, 3.62, 0.08, (90, 154, 100)),
    ):
        pen.fill(ellipse(x, y, size, size * 0.8), paint, opacity=0.75, clip=torso)


def _turn_down(pen: Pen, color: Color, accent: Color) -> None:
    """Turn a polo shirt's collar down, with its edge in the accent."""
    for side in (-1, 1):
        flap = [(side * x, y) for x, y in ((0.46, 1.04), (0.62, 1.3), (0.5, 1.8), (0.04, 1.62), (0.3, 1.46))]
        pen.fill(flap, lighter(color, 0.12) if side < 0 else darker(color, 0.14))
        pen.fill(stroke([flap[1], flap[2], flap[3]], (0.035,)), accent)


def _rib(pen: Pen, color: Color, _accent: Color) -> None:
    """Knit a sweater's round collar."""
    rim = stroke([(-0.52, 1.16), (-0.36, 1.46), (0, 1.62), (0.36, 1.46), (0.52, 1.16)], (0.2, 0.24, 0.22, 0.24, 0.2))
    pen.fill(rim, Gradient(lighter(color, 0.16), darker(color, 0.16)))
    for k in range(11):
        x = -0.45 + k * 0.09
        y = 1.62 - 1.5 * x * x
        rib = stroke([(x * 0.9, y - 0.09), (x * 1.02, y + 0.09)], (0.022,))
        pen.fill(rib, darker(color, 0.35), opacity=0.45)


FRONTS: dict[str, Callable[[Pen, Color, Color, list[Point]], None]] = {
    "polo": _button,
    "sweater": _knit,
    "apron": _tie_on,
}
COLLARS: dict[str, Callable[[Pen, Color, Color], None]] = {"polo": _turn_down, "sweater": _rib}
