"""The fall concert: a stage under lamps, far away, and the crowd before it."""

from __future__ import annotations

import random
from dataclasses import replace

from drawing.canvas import Box, Canvas, Gradient, Pen, Picture
from drawing.cast import EXTRAS, STUDENTS
from drawing.figures import DOWN, OUT, UP, Outfit, Pose, draw_back, draw_person
from drawing.shapes import Color, dice, ellipse, mix, rectangle, stroke

NAVY: Color = (30, 62, 120)
GOLD: Color = (238, 184, 62)
CREAM: Color = (250, 246, 236)
CLOTHES: tuple[Color, ...] = ((150, 62, 66), (62, 92, 140), (84, 116, 88), (196, 156, 88), (116, 82, 136), (70, 76, 92))


def concert() -> Picture:
    """Draw a crowd in a dark hall and a singer far away; of those who look back at us two are known."""
    rng = dice("concert")
    canvas = Canvas(1600, 1000, Gradient((22, 16, 44), (46, 24, 60)))
    draw_stage(canvas, 800, 470, 1.0, sway=0.0)
    canvas.soften(1.2)
    for row, (y, unit, step) in enumerate(((520, 19, 52), (585, 25, 70), (655, 32, 92))):
        for k in range(int(1700 / step)):
            _draw_listener(canvas, rng, -30 + k * step + rng.uniform(-8, 8), y + rng.uniform(-7, 7), unit, row / 3)
        canvas.wash((40, 22, 64), 0.05)
    faces = _draw_faces_in_crowd(canvas, rng)
    for k in range(7):
        _draw_listener(canvas, rng, 20 + k * 265 + rng.uniform(-20, 20), 985 + rng.uniform(-30, 20), 92, 0.9)
    canvas.fill(ellipse(800, 360, 900, 500), (255, 190, 120), blur=160, opacity=0.12, light=True)
    canvas.shade_edges((12, 6, 26), 0.8)
    return Picture(canvas.finish(), faces)


def draw_stage(canvas: Canvas, x: float, floor: float, scale: float, *, sway: float) -> None:
    """Draw the lit stage around `x`; `sway` (-1 to 1) moves the lamps and the singer, for the clip."""
    s = scale
    for k in range(-15, 15):
        strip = rectangle(x + k * 40 * s, floor - 390 * s, 41 * s, 390 * s)
        canvas.fill(strip, Gradient((150, 28, 52) if k % 2 else (112, 18, 42), (70, 12, 36)))
    canvas.fill(
        [
            (x - 600 * s, floor - 50 * s),
            (x + 600 * s, floor - 50 * s),
            (x + 680 * s, floor + 46 * s),
            (x - 680 * s, floor + 46 * s),
        ],
        Gradient((196, 128, 78), (120, 70, 48)),
    )
    canvas.fill(rectangle(x - 690 * s, floor + 44 * s, 1380 * s, 60 * s), (30, 20, 34))
    for side in (-1, 1):
        for k in range(2):
            canvas.fill(
                rectangle(x + side * 520 * s - 45 * s, floor - (150 + k * 100) * s, 90 * s, 94 * s), (24, 22, 30)
            )
            canvas.fill(
                ellipse(x + side * 520 * s, floor - (103 + k * 100) * s, 32 * s),
                Gradient((70, 70, 84), (34, 32, 42), "out"),
            )
    _draw_drums(Pen(canvas, x + 190 * s, floor - 62 * s, 40 * s))
    canvas.fill(ellipse(x, floor + 4 * s, 110 * s, 18 * s), (20, 8, 20), blur=6 * s, opacity=0.6)
    singer = Pose(
        x,
        floor - 160 * s,
        14.5 * s,
        lean=4 * sway,
        left=UP if sway >= 0 else OUT,
        right=((1.7, 2.9), (0.6, 1.75)),
        legs=True,
    )
    draw_person(canvas, STUDENTS["104284"], Outfit("tee", (244, 210, 90), trousers=(40, 44, 70)), singer)
    canvas.fill(stroke([(x + 9 * s, floor - 134 * s), (x + 4 * s, floor - 143 * s)], (4 * s,)), (20, 20, 24))
    lamps: tuple[Color, ...] = ((90, 140, 255), (255, 120, 200), (255, 220, 150), (120, 255, 220), (150, 110, 255))
    for k, color in enumerate(lamps):
        top, foot = x + (k - 2) * 240 * s, x + (k - 2) * 110 * s + sway * (70 - 20 * k) * s
        beam = [
            (top - 8 * s, floor - 400 * s),
            (top + 8 * s, floor - 400 * s),
            (foot + 100 * s, floor + 20 * s),
            (foot - 100 * s, floor + 20 * s),
        ]
        canvas.fill(beam, Gradient(color, (10, 10, 20)), blur=7 * s, opacity=0.75, light=True)
        canvas.fill(ellipse(top, floor - 398 * s, 20 * s), color, blur=7 * s, light=True)
        canvas.fill(ellipse(top, floor - 398 * s, 8 * s), (255, 255, 255), blur=2 * s)


def _draw_listener(canvas: Canvas, rng: random.Random, x: float, y: float, unit: float, near: float) -> None:
    cloth = mix(rng.choice(CLOTHES), (20, 14, 36), 0.45 + 0.3 * near)
    arm = UP if rng.random() < 0.12 and near < 0.8 else DOWN
    look = rng.choice(EXTRAS)
    look = replace(look, hair_color=mix(look.hair_color, (24, 14, 30), 0.35 + 0.4 * near))
    draw_back(canvas, look, Outfit("tee", cloth), Pose(x, y, unit, nod=rng.uniform(-6, 6), left=arm))
    canvas.fill(ellipse(x, y - unit * 0.4, unit, unit * 1.2), (34, 18, 52), blur=unit * 0.5, opacity=0.30 + 0.35 * near)
    canvas.fill(
        stroke(
            [(x - unit * 0.6, y - unit * 0.75), (x, y - unit * 1.08), (x + unit * 0.6, y - unit * 0.75)],
            (unit * 0.02, unit * 0.13, unit * 0.02),
        ),
        (255, 190, 150),
        blur=unit * 0.05,
        opacity=0.5,
    )


def _draw_faces_in_crowd(canvas: Canvas, rng: random.Random) -> dict[str, Box]:
    faces = {}
    places = (
        "back",
        "extra-0",
        "back",
        "104217",
        "extra-3",
        "back",
        "104222",
        "back",
        "extra-4",
        "back",
        "extra-7",
        "back",
    )
    for k, who in enumerate(places):
        x, y, unit = 45 + k * 138, 752 + (k % 2) * 16, 46
        if who == "back":
            _draw_listener(canvas, rng, x, y, unit, 0.5)
            continue
        look = STUDENTS[who] if who in STUDENTS else EXTRAS[int(who[-1])]
        cloth = CLOTHES[k % len(CLOTHES)]
        pose = Pose(x, y, unit, lean=(-4, 4)[k % 2], nod=3, right=UP if k == 4 else DOWN)
        faces[who] = draw_person(canvas, look, Outfit("tee", mix(cloth, (30, 20, 50), 0.3)), pose)
        canvas.fill(ellipse(x + 26, y + 40, 60, 120), (40, 16, 70), blur=26, opacity=0.28)
        canvas.fill(ellipse(x - 26, y - 26, 34, 44), (255, 170, 120), blur=16, opacity=0.22, light=True)
    return faces


def _draw_drums(pen: Pen) -> None:
    for x, top, w, h in (
        (-0.62, -1.0, 0.46, 0.62),
        (0.62, -1.0, 0.46, 0.62),
        (1.45, -0.2, 0.5, 0.9),
        (-1.35, 0.0, 0.42, 0.45),
    ):
        pen.fill(rectangle(x - w, top, w * 2, h), Gradient((196, 60, 96), (90, 20, 52), "right"))
        pen.fill(ellipse(x, top + h, w, 0.12), (90, 20, 52))
        pen.fill(ellipse(x, top, w, 0.14), (240, 236, 228))
    pen.fill(ellipse(0.0, 0.25, 0.95), (222, 216, 210))
    pen.fill(ellipse(0.0, 0.25, 0.86), Gradient((250, 244, 234), (206, 190, 190), "out"))
    for side in (-1, 1):
        pen.fill(stroke([(side * 2.0, -1.5), (side * 2.0, 1.1)], (0.06,)), (190, 190, 200))
        pen.fill(ellipse(side * 2.0, -1.55, 0.7, 0.12), GOLD)
