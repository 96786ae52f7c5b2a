"""Short styles, cropped, curled or twisted; units as in `heads.py`. Curls have a layer behind the head."""

from __future__ import annotations

import math

from drawing.brush import lay, strands
from drawing.canvas import Gradient, Pen
from drawing.heads import Look
from drawing.long_hair import pulled_back
from drawing.shapes import darker, ellipse, lighter, mirrored, smooth, stroke


def crop(pen: Pen, look: Look) -> None:
    """Comb short hair up from the brow."""
    crown = smooth(
        [
            (-0.74, -0.02),
            (-0.80, -0.5),
            (-0.62, -0.98),
            (-0.15, -1.2),
            (0.35, -1.16),
            (0.72, -0.85),
            (0.80, -0.4),
            (0.74, -0.02),
            (0.68, -0.12),
            (0.63, -0.42),
            (0.40, -0.60),
            (0.0, -0.56),
            (-0.35, -0.66),
            (-0.58, -0.46),
            (-0.67, -0.12),
        ]
    )
    lay(pen, look, crown)
    strands(
        pen,
        look,
        [[(-0.4 + k * 0.22, -0.62), (-0.34 + k * 0.2, -0.88), (-0.1 + k * 0.16, -1.12)] for k in range(5)],
        crown,
    )


def side_part(pen: Pen, look: Look) -> None:
    """Sweep hair over from a side parting."""
    crown = smooth(
        [
            (-0.73, 0.05),
            (-0.81, -0.45),
            (-0.66, -0.96),
            (-0.2, -1.2),
            (0.36, -1.18),
            (0.76, -0.8),
            (0.82, -0.35),
            (0.72, 0.05),
            (0.66, -0.2),
            (0.60, -0.40),
            (0.32, -0.46),
            (-0.05, -0.62),
            (-0.34, -0.84),
            (-0.5, -0.6),
            (-0.66, -0.3),
        ]
    )
    lay(pen, look, crown)
    strands(
        pen,
        look,
        [[(-0.32, -0.86), (0.05 + k * 0.1, -0.92 + k * 0.09), (0.45 + k * 0.08, -0.62 + k * 0.08)] for k in range(4)],
        crown,
    )


def fade(pen: Pen, look: Look) -> None:
    """Leave a flat top over cropped sides."""
    sides = smooth(
        mirrored([(0, -1.0), (-0.5, -0.92), (-0.75, -0.45), (-0.73, 0.0), (-0.66, -0.3), (-0.5, -0.62), (0, -0.66)])
    )
    pen.fill(sides, look.hair_color, blur=0.02, opacity=0.75)
    pen.note(sides)
    top = smooth(mirrored([(0, -1.2), (-0.42, -1.16), (-0.66, -0.9), (-0.64, -0.6), (-0.3, -0.66), (0, -0.64)]))
    lay(pen, look, top)
    for k in range(11):
        dot = ellipse(-0.5 + k * 0.1, -0.98 - 0.08 * math.cos((k - 5) / 3.2) + 0.06 * (k % 2), 0.045)
        pen.fill(dot, lighter(look.hair_color, 0.16), blur=0.02, opacity=0.6)


def curls_behind(pen: Pen, look: Look) -> None:
    """Cloud the curls around the head."""
    _cloud(pen, look, 22, 0.97, 0.25)


def curls_over(pen: Pen, look: Look) -> None:
    """Lay curls over the brow."""
    cap = smooth(
        mirrored(
            [
                (0, -1.26),
                (-0.6, -1.1),
                (-0.86, -0.6),
                (-0.8, 0.0),
                (-0.66, -0.1),
                (-0.58, -0.45),
                (-0.3, -0.62),
                (0, -0.6),
            ]
        )
    )
    lay(pen, look, cap, shine=False)
    _cloud(pen, look, 15, 0.86, 0.17, first=-0.02, last=1.02)
    for k in range(9):
        x = -0.52 + k * 0.13
        _curl(pen, look, x, -0.62 - 0.07 * math.cos(x * 2.4) - 0.03 * (k % 2), 0.13)


def _cloud(
    pen: Pen, look: Look, count: int, radius: float, size: float, *, first: float = -0.2, last: float = 1.2
) -> None:
    for k in range(count):
        angle = math.pi + math.pi * (first + (last - first) * k / (count - 1))
        wobble = 1 + 0.05 * math.sin(k * 2.3)
        _curl(pen, look, radius * wobble * math.cos(angle), -0.22 + radius * wobble * math.sin(angle), size)


def _curl(pen: Pen, look: Look, x: float, y: float, size: float) -> None:
    shape = ellipse(x, y, size)
    pen.fill(shape, Gradient(lighter(look.hair_color, 0.1), darker(look.hair_color, 0.2)))
    pen.note(shape)
    ring = stroke(
        [(x - size * 0.6, y), (x - size * 0.2, y - size * 0.6), (x + size * 0.5, y - size * 0.3)], (0.01, 0.05, 0.01)
    )
    pen.fill(ring, lighter(look.hair_color, 0.4), opacity=0.4)


def twists(pen: Pen, look: Look) -> None:
    """Stand short twists up from cropped hair."""
    pulled_back(pen, look)
    for k in range(13):
        x = -0.72 + k * 0.12
        top = -1.08 + abs(x) * 0.38
        root, tip = (x * 0.85, top + 0.06), (x * 1.22, top - 0.2 + 0.5 * abs(x) ** 1.5)
        twist = stroke([root, tip], (0.15, 0.1))
        lay(pen, look, twist, shine=False)
        pen.fill(stroke([root, tip], (0.03,)), lighter(look.hair_color, 0.3), opacity=0.4)
