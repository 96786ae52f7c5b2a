"""Scenes that anybody may watch: a team photo, a pep rally, a graduation. The concert is in `concert.py`."""

from __future__ import annotations

import math
import random

from drawing.canvas import Canvas, Gradient, Pen, Picture
from drawing.cast import BLACK, EXTRAS, STUDENTS
from drawing.figures import DOWN, OUT, UP, Outfit, Pose, draw_person
from drawing.shapes import Color, dice, ellipse, mix, rectangle, smooth, stroke

NAVY: Color = (30, 62, 120)
GOLD: Color = (238, 184, 62)
CREAM: Color = (250, 246, 236)
CLOTHES: tuple[Color, ...] = ((150, 62, 66), (62, 92, 140), (84, 116, 88), (196, 156, 88), (116, 82, 136), (70, 76, 92))


def team() -> Picture:
    """Draw three volleyball players in a gym, near and sharp."""
    canvas = Canvas(1500, 1050, Gradient((236, 226, 206), (214, 200, 176)))
    _draw_gym(canvas, 640)
    canvas.fill(rectangle(410, 60, 680, 120), Gradient((36, 76, 142), (24, 52, 104)))
    canvas.write((750, 120), "CEDAR RIDGE VOLLEYBALL", 50, CREAM, weight=1.2)
    _draw_net(canvas)
    canvas.soften(3.2)
    faces = {}
    holding = ((1.75, 3.4), (0.86, 4.55))
    for student, x, y, number, lean in (
        ("104203", 345, 352, "7", 2),
        ("104217", 1155, 352, "11", -2),
        ("104211", 750, 330, "4", 0),
    ):
        arms = (holding, holding) if x == 750 else (DOWN, ((1.85, 3.3), (1.3, 4.75)))
        pose = Pose(x, y, 104, lean=lean, nod=lean, left=arms[0], right=arms[1], legs=True)
        _draw_ground_shadow(canvas, x, y + 104 * 5)
        faces[student] = draw_person(
            canvas, STUDENTS[student], Outfit("jersey", NAVY, CREAM, number, (26, 34, 62)), pose
        )
    _draw_ball(Pen(canvas, 750, 330 + 104 * 4.75, 84))
    canvas.shade_edges((40, 26, 16), 0.5)
    return Picture(canvas.finish(), faces)


def pep_rally() -> Picture:
    """Draw five cheering students before full bleachers; two of them are known."""
    rng = dice("pep rally")
    canvas = Canvas(1700, 1000, Gradient((226, 216, 200), (190, 176, 158)))
    for row in range(5):
        y = 210 + row * 105
        canvas.fill(rectangle(0, y + 40, 1700, 110), Gradient((120, 92, 70), (92, 70, 56)))
        for k in range(19):
            pose = Pose(
                k * 96 + rng.uniform(-14, 14),
                y + rng.uniform(-8, 8),
                27,
                left=rng.choice((UP, DOWN)),
                right=rng.choice((UP, DOWN)),
            )
            draw_person(
                canvas, rng.choice(EXTRAS), Outfit("tee", rng.choice((NAVY, GOLD, CREAM, (70, 110, 180)))), pose
            )
    canvas.fill(rectangle(0, 700, 1700, 300), Gradient((214, 160, 104), (176, 120, 74)))
    canvas.soften(7)
    canvas.wash((60, 44, 70), 0.16)
    _draw_pennants(canvas)
    faces = {}
    cast = (
        ("extra-1", 190, UP, DOWN),
        ("104251", 520, UP, UP),
        ("extra-2", 850, DOWN, OUT),
        ("104256", 1180, UP, OUT),
        ("extra-3", 1510, OUT, UP),
    )
    looks = {**STUDENTS, "extra-1": EXTRAS[1], "extra-2": EXTRAS[2], "extra-3": EXTRAS[5]}
    for k, (who, x, left, right) in enumerate(cast):
        y = 430 + (k % 2) * 45
        _draw_ground_shadow(canvas, x, y + 86 * 5)
        outfit = Outfit("tee", (NAVY, GOLD)[k % 2], (CREAM, NAVY)[k % 2], "HERONS")
        faces[who] = draw_person(
            canvas,
            looks[who],
            outfit,
            Pose(x, y, 86, lean=(k % 3 - 1) * 4, nod=3 - k, left=left, right=right, legs=True),
        )
    for _ in range(150):
        _draw_confetti(canvas, rng)
    canvas.shade_edges((30, 18, 30), 0.5)
    return Picture(canvas.finish(), faces)


def graduation() -> Picture:
    """Draw three graduates before the school's portico, caps in the air, upright; the file stores it turned."""
    rng = dice("graduation")
    canvas = Canvas(1500, 1000, Gradient((120, 178, 230), (226, 238, 244)))
    for x, y, r in ((230, 150, 60), (310, 130, 80), (400, 160, 56), (1150, 110, 60), (1230, 90, 76), (1320, 120, 54)):
        canvas.fill(ellipse(x, y, r * 1.3, r * 0.6), (255, 255, 255), blur=14, opacity=0.8)
    _draw_portico(canvas)
    for _ in range(46):
        across = rng.choice((rng.uniform(-60, 230), rng.uniform(1270, 1560)))
        green = mix((50, 104, 58), (120, 164, 84), rng.random())
        canvas.fill(
            ellipse(across, rng.uniform(360, 690), rng.uniform(40, 90)), Gradient(green, mix(green, (20, 50, 40), 0.5))
        )
    canvas.fill(rectangle(0, 690, 1500, 310), Gradient((126, 176, 92), (78, 130, 66)))
    canvas.soften(4)
    for x, y, turn in ((250, 130, 24), (560, 80, -30), (905, 120, 40), (1240, 170, -18)):
        _draw_flying_cap(Pen(canvas, x, y, 50, tilt=turn))
    faces = {}
    plum: Color = (98, 26, 62)
    for student, x, y, left, right, lean in (
        ("104270", 350, 440, UP, DOWN, -3),
        ("104278", 1150, 450, DOWN, UP, 3),
        ("104263", 750, 420, DOWN, DOWN, 0),
    ):
        _draw_ground_shadow(canvas, x, y + 480)
        faces[student] = draw_person(
            canvas,
            STUDENTS[student],
            Outfit("gown", plum, GOLD),
            Pose(x, y, 98, lean=lean, nod=-lean, left=left, right=right),
        )
    canvas.fill(ellipse(150, 80, 520, 420), (255, 236, 190), blur=150, opacity=0.35, light=True)
    return Picture(canvas.finish(), faces)


def _draw_gym(canvas: Canvas, floor: float) -> None:
    for row in range(6):
        y = 230 + row * 52
        canvas.fill(rectangle(0, y, 1500, 26), Gradient((172, 122, 82), (146, 98, 64)))
        canvas.fill(rectangle(0, y + 26, 1500, 26), (92, 66, 52))
    for k in range(9):
        canvas.fill(rectangle(k * 170 + 4, floor - 110, 162, 112), Gradient((52, 96, 160), (30, 64, 120)))
    canvas.fill(rectangle(0, floor, 1500, 420), Gradient((226, 174, 116), (178, 122, 72)))
    for k in range(-14, 15):
        line = [(750 + k * 70, floor), (750 + k * 70 + 2, floor), (750 + k * 260 + 5, 1060), (750 + k * 260, 1060)]
        canvas.fill(line, (140, 92, 54), opacity=0.5)
    canvas.fill([(0, 800), (1500, 740), (1500, 756), (0, 820)], CREAM, opacity=0.8)
    for x in (200, 600, 1000, 1400):
        canvas.fill(ellipse(x, 20, 110, 34), (255, 252, 236), blur=20, light=True)
        canvas.fill(ellipse(x, floor + 150, 150, 60), (255, 240, 214), blur=50, opacity=0.35)


def _draw_net(canvas: Canvas) -> None:
    for k in range(76):
        canvas.fill(rectangle(k * 20, 300, 2, 190), (60, 50, 46), opacity=0.75)
    for k in range(10):
        canvas.fill(rectangle(0, 300 + k * 20, 1500, 2), (60, 50, 46), opacity=0.75)
    canvas.fill(rectangle(0, 286, 1500, 20), (250, 250, 246))
    for x in (40, 1446):
        canvas.fill(rectangle(x, 250, 16, 480), Gradient((190, 196, 206), (110, 116, 130), "right"))


def _draw_ball(pen: Pen) -> None:
    ball = ellipse(0, 0, 1.0)
    pen.fill(ball, Gradient((255, 252, 240), (206, 204, 210)))
    for k in range(3):
        turn = math.tau * k / 3 + 0.4
        seam = [(math.cos(turn + a) * r, math.sin(turn + a) * r) for a, r in ((0, 0.05), (0.35, 0.5), (0.3, 1.0))]
        pen.fill(stroke(seam, (0.3,)), NAVY if k % 2 else GOLD, clip=ball, opacity=0.85)
        pen.fill(stroke([(x * 0.9 + 0.1, y * 0.9) for x, y in seam], (0.035,)), (90, 90, 100), clip=ball)
    pen.fill(ellipse(0.55, 0.5, 0.7, 0.8), (40, 30, 60), blur=0.3, opacity=0.35, clip=ball)
    pen.fill(ellipse(-0.4, -0.45, 0.25, 0.2), (255, 255, 255), blur=0.12, opacity=0.8, clip=ball)


def _draw_pennants(canvas: Canvas) -> None:
    for k in range(18):
        x, sag = k * 100 - 20, 26 * math.sin(k * 0.9)
        canvas.fill([(x, 40 + sag), (x + 74, 40 + sag), (x + 37, 122 + sag)], (NAVY, GOLD, CREAM)[k % 3])
    banner = rectangle(520, 150, 660, 120)
    canvas.fill([(x + 6, y + 10) for x, y in banner], (20, 12, 30), blur=10, opacity=0.4)
    canvas.fill(banner, Gradient((250, 202, 84), (226, 166, 48)))
    canvas.write((850, 210), "GO HERONS!", 84, NAVY, weight=2.5)


def _draw_confetti(canvas: Canvas, rng: random.Random) -> None:
    pen = Pen(canvas, rng.uniform(0, 1700), rng.uniform(0, 960), rng.uniform(5, 9), tilt=rng.uniform(0, 180))
    colors: tuple[Color, ...] = (GOLD, CREAM, (90, 150, 230), (230, 90, 110))
    pen.fill(rectangle(-1, -0.5, 2, 1), rng.choice(colors))


def _draw_ground_shadow(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(ellipse(x + 36, y - 120, 200, 340), (24, 16, 30), blur=46, opacity=0.35)


def _draw_portico(canvas: Canvas) -> None:
    stone: Color = (236, 226, 208)
    canvas.fill(rectangle(200, 330, 1100, 370), Gradient((176, 104, 84), (150, 84, 68)))
    canvas.fill([(420, 300), (1080, 300), (750, 150)], Gradient((246, 238, 222), (222, 208, 186)))
    canvas.fill(rectangle(420, 296, 660, 44), stone)
    canvas.write((750, 318), "CEDAR RIDGE HIGH SCHOOL", 26, (110, 92, 74), weight=0.6)
    for k in range(5):
        canvas.fill(rectangle(446 + k * 142, 340, 46, 350), Gradient((250, 244, 232), (196, 182, 160), "right"))
    for x in (250, 340, 1110, 1200):
        canvas.fill(rectangle(x, 400, 60, 120), Gradient((150, 190, 216), (90, 120, 150)))
        canvas.fill(rectangle(x - 5, 520, 70, 10), stone)
    canvas.fill(rectangle(380, 670, 740, 30), stone)


def _draw_flying_cap(pen: Pen) -> None:
    plum: Color = (90, 24, 58)
    pen.fill(smooth([(-0.5, 0.0), (0.5, 0.0), (0.46, 0.42), (-0.46, 0.42)]), mix(plum, BLACK, 0.5))
    pen.fill([(-1.1, 0.0), (0, 0.3), (1.1, 0.0), (0, -0.3)], Gradient((126, 44, 86), plum))
    pen.fill(stroke([(0, 0), (0.6, 0.15), (0.9, 0.7)], (0.06, 0.06, 0.16)), GOLD)
