"""A soccer match: three players, near and sharp, and the stands behind them."""

from __future__ import annotations

import math

from drawing.canvas import Canvas, Gradient, Pen, Picture
from drawing.cast import CAPLESS, EXTRAS
from drawing.figures import DOWN, OUT, Outfit, Pose, draw_person
from drawing.shapes import Color, dice, ellipse, mix, rectangle, smooth

NAVY: Color = (30, 62, 120)
GOLD: Color = (238, 184, 62)
CREAM: Color = (250, 246, 236)


def soccer() -> Picture:
    """Draw three players waiting for a ball that comes down between them."""
    rng = dice("soccer")
    canvas = Canvas(1600, 1000, Gradient((132, 186, 230), (232, 238, 232)))
    for x, y, r in ((240, 110, 70), (360, 90, 90), (1240, 130, 80), (1370, 110, 64)):
        canvas.fill(ellipse(x, y, r * 1.5, r * 0.5), (255, 255, 255), blur=16, opacity=0.8)
    for _ in range(60):
        green = mix((54, 108, 62), (126, 168, 88), rng.random())
        tree = ellipse(rng.uniform(-40, 1640), rng.uniform(320, 430), rng.uniform(50, 96))
        canvas.fill(tree, Gradient(green, mix(green, (20, 50, 40), 0.5)))
    for row in range(2):
        y = 430 + row * 52
        canvas.fill(rectangle(0, y, 1600, 60), Gradient((176, 180, 188), (132, 138, 148)))
        for k in range(30):
            color = rng.choice((NAVY, GOLD, CREAM, (70, 110, 180)))
            draw_person(canvas, rng.choice(EXTRAS), Outfit("tee", color), Pose(k * 56 + rng.uniform(-8, 8), y, 14))
    canvas.fill(rectangle(0, 540, 1600, 460), Gradient((122, 178, 86), (74, 134, 62)))
    for k in range(0, 8, 2):
        top, foot = 800 + (k - 4) * 150, 800 + (k - 4) * 420
        canvas.fill([(top, 540), (top + 150, 540), (foot + 420, 1000), (foot, 1000)], (140, 196, 98), opacity=0.3)
    canvas.fill([(0, 640), (1600, 610), (1600, 622), (0, 654)], CREAM, opacity=0.85)
    canvas.soften(5)
    faces = {}
    for student, x, y, number, left, right, lean in (
        ("104270", 320, 380, "9", OUT, ((2.0, 2.6), (2.8, 1.5)), 5),
        ("104284", 1290, 385, "14", ((2.0, 2.6), (2.8, 1.6)), OUT, -5),
        ("104230", 830, 420, "6", ((2.0, 3.0), (2.9, 3.3)), DOWN, -3),
    ):
        canvas.fill(ellipse(x + 40, y + 380, 200, 340), (20, 40, 20), blur=50, opacity=0.35)
        outfit = Outfit("jersey", NAVY, CREAM, number, (26, 34, 62))
        pose = Pose(x, y, 92, lean=lean, nod=lean / 2, left=left, right=right, legs=True, stride=0.9)
        faces[student] = draw_person(canvas, CAPLESS[student], outfit, pose)
    _draw_ball(Pen(canvas, 585, 205, 62, tilt=20))
    canvas.fill(ellipse(220, 80, 560, 420), (255, 238, 190), blur=150, opacity=0.2, light=True)
    canvas.shade_edges((20, 34, 20), 0.45)
    return Picture(canvas.finish(), faces)


def _draw_ball(pen: Pen) -> None:
    ball = ellipse(0, 0, 1)
    pen.fill(ball, Gradient((255, 254, 248), (204, 206, 214)))
    for x, y, size in ((0, 0, 0.36), *((math.cos(a) * 0.92, math.sin(a) * 0.92, 0.34) for a in _FIFTHS)):
        patch = [(x + size * math.sin(a + math.pi), y + size * math.cos(a + math.pi)) for a in _FIFTHS]
        pen.fill(patch, (38, 40, 52), clip=ball)
    pen.fill(
        smooth([(0.9, -0.3), (0.95, 0.4), (0.3, 1.0), (-0.4, 0.95), (0.5, 0.5)]),
        (30, 26, 50),
        blur=0.2,
        opacity=0.3,
        clip=ball,
    )
    pen.fill(ellipse(-0.4, -0.45, 0.25, 0.2), (255, 255, 255), blur=0.12, opacity=0.7, clip=ball)


_FIFTHS = tuple(math.tau * k / 5 - math.pi / 2 for k in range(5))
