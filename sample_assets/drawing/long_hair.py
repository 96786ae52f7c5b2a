"""Long styles and the headscarf; units as in `heads.py`. What hangs behind the body is a layer of its own."""

from __future__ import annotations

from drawing.brush import lay, strands
from drawing.canvas import Pen
from drawing.heads import Look
from drawing.shapes import Color, Point, darker, deeper, ellipse, lighter, mirrored, smooth, stroke


def long_behind(pen: Pen, look: Look) -> None:
    """Let hair fall behind the shoulders."""
    back = smooth(
        mirrored([(0, -1.16), (-0.6, -1.0), (-0.88, -0.3), (-0.95, 0.7), (-1.02, 1.7), (-0.6, 2.2), (0, 2.1)])
    )
    lay(pen, look, back, shine=False)


def long_over(pen: Pen, look: Look) -> None:
    """Part straight hair over both shoulders."""
    _curtain(pen, look, wave=0.0)


def waves_over(pen: Pen, look: Look) -> None:
    """Part wavy hair over both shoulders."""
    _curtain(pen, look, wave=0.07)


def _curtain(pen: Pen, look: Look, wave: float) -> None:
    outer = [(0.05, -1.16), (-0.46, -1.09), (-0.80, -0.66), (-0.90 - wave, 0.0), (-0.92 + wave * 0.4, 0.6)]
    outer += [(-1.0 - wave, 1.2), (-0.94 + wave, 1.8), (-0.74, 2.2)]
    inner = [(-0.52, 1.9), (-0.60, 1.3), (-0.64 + wave * 0.5, 0.8), (-0.66, 0.3), (-0.65, -0.12), (-0.52, -0.5)]
    inner += [(-0.22, -0.76), (0.05, -0.86)]
    for side in (-1, 1):
        # The parting sits left of the middle, so the right side sweeps over it.
        shift = -0.12 if side < 0 else 0.0
        lock = smooth([(side * x + (shift if y < -0.8 and abs(x) < 0.1 else 0), y) for x, y in [*outer, *inner]])
        lay(pen, look, lock)
        for k in range(4):
            line = [(-0.05 - k * 0.05, -0.92 - k * 0.06), (-0.55 - k * 0.07, -0.55), (-0.72 - k * 0.05, 0.0)]
            line += [(-0.70 - k * 0.06 - wave, 0.8), (-0.64 - k * 0.07 - wave, 1.3), (-0.66 - k * 0.05, 1.9)]
            strands(pen, look, [[(side * x, y) for x, y in line]], lock)


def bob_behind(pen: Pen, look: Look) -> None:
    """Cut hair at the chin."""
    lay(
        pen,
        look,
        smooth(mirrored([(0, -1.18), (-0.62, -1.02), (-0.92, -0.3), (-0.98, 0.5), (-0.82, 0.98), (0, 0.9)])),
        shine=False,
    )


def bob_over(pen: Pen, look: Look) -> None:
    """Cut a fringe and two sides at the chin."""
    fringe = [
        (0, -1.19),
        (-0.58, -1.05),
        (-0.88, -0.4),
        (-0.96, 0.3),
        (-0.93, 0.86),
        (-0.68, 0.96),
        (-0.6, 0.6),
        (-0.63, 0.1),
        (-0.6, -0.26),
        (-0.3, -0.34),
        (0, -0.33),
    ]
    shape = smooth(mirrored(fringe))
    lay(pen, look, shape)
    lines: list[list[Point]] = [[(k * 0.13, -1.0), (k * 0.15, -0.7), (k * 0.15, -0.36)] for k in range(-3, 4)]
    lines += [
        [(side * 0.74, -0.4), (side * (0.78 + k * 0.05), 0.2), (side * (0.72 + k * 0.06), 0.85)]
        for side in (-1, 1)
        for k in range(3)
    ]
    strands(pen, look, lines, shape)


def pulled_back(pen: Pen, look: Look) -> None:
    """Comb the hair back, tight."""
    cap = smooth(
        mirrored(
            [
                (0, -1.12),
                (-0.5, -1.02),
                (-0.78, -0.5),
                (-0.77, -0.02),
                (-0.68, 0.1),
                (-0.64, -0.3),
                (-0.42, -0.68),
                (0, -0.78),
            ]
        )
    )
    lay(pen, look, cap)
    strands(
        pen, look, [[(k * 0.16, -0.75 + abs(k) * 0.05), (k * 0.14, -0.95), (k * 0.08, -1.1)] for k in range(-4, 5)], cap
    )


def ponytail_behind(pen: Pen, look: Look) -> None:
    """Hang a tail from the crown."""
    tail = smooth(
        [
            (0.2, -1.0),
            (0.7, -1.12),
            (1.08, -0.7),
            (1.12, 0.1),
            (0.96, 0.9),
            (1.08, 1.4),
            (0.8, 1.25),
            (0.66, 0.6),
            (0.7, -0.2),
        ]
    )
    lay(pen, look, tail, shine=False)
    strands(
        pen, look, [[(0.7 + k * 0.08, -0.9), (0.85 + k * 0.07, -0.1), (0.78 + k * 0.08, 0.9)] for k in range(3)], tail
    )


def bun_behind(pen: Pen, look: Look) -> None:
    """Knot the hair on the crown."""
    lay(pen, look, ellipse(0.05, -1.22, 0.36, 0.30))
    pen.fill(
        stroke([(-0.2, -1.2), (0.05, -1.4), (0.28, -1.2)], (0.01, 0.05, 0.01)),
        lighter(look.hair_color, 0.4),
        opacity=0.4,
    )


def braids(pen: Pen, look: Look) -> None:
    """Hang two braids in front of the shoulders."""
    pulled_back(pen, look)
    pen.fill(stroke([(0, -1.1), (0.0, -0.78)], (0.03,)), deeper(look.skin, 0.2))
    for side in (-1, 1):
        for k in range(8):
            knot = ellipse(side * (0.80 + 0.02 * (k % 2)), 0.3 + k * 0.22, 0.15 - k * 0.008, 0.15)
            lay(pen, look, knot, shine=False)
            pen.fill(
                stroke([(side * 0.72, 0.28 + k * 0.22), (side * 0.88, 0.36 + k * 0.22)], (0.03,)),
                lighter(look.hair_color, 0.35),
                opacity=0.5,
            )
        tie: Color = (226, 178, 60)
        pen.fill(ellipse(side * 0.81, 2.02, 0.1, 0.07), tie)


def scarf_behind(pen: Pen, look: Look) -> None:
    """Wrap a scarf around head and neck."""
    lay(
        pen,
        look,
        smooth(mirrored([(0, -1.2), (-0.62, -1.04), (-0.92, -0.3), (-0.94, 0.7), (-1.2, 1.6), (-0.9, 2.0), (0, 2.0)])),
        shine=False,
    )


def scarf_over(pen: Pen, look: Look) -> None:
    """Fold the scarf around the face."""
    for side in (-1, 1):
        half = [
            (0, -1.2),
            (-0.58, -1.06),
            (-0.88, -0.4),
            (-0.90, 0.4),
            (-0.80, 1.0),
            (-0.95, 1.5),
            (-0.6, 1.95),
            (0.1, 2.05),
            (0.1, 1.3),
            (0.06, 0.97),
            (-0.34, 0.88),
            (-0.58, 0.5),
            (-0.63, 0.0),
            (-0.55, -0.48),
            (-0.3, -0.74),
            (0, -0.8),
            # Reaching across the middle the two halves meet without a notch, which a cap would cover.
            *(() if look.cap else ((0.08, -0.81), (0.06, -1.1))),
        ]
        lay(pen, look, smooth([(side * x, y) for x, y in half]), shine=side < 0)
    folds = [
        [(-0.6, 0.75), (-0.1, 1.2), (0.6, 1.35)],
        [(-0.75, 1.05), (-0.1, 1.5), (0.7, 1.6)],
        [(0.7, 0.7), (0.3, 1.15), (-0.4, 1.8)],
    ]
    for fold in folds:
        pen.fill(stroke([*fold], (0.02, 0.06, 0.02)), darker(look.hair_color, 0.5), blur=0.02, opacity=0.5)
