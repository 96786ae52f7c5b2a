"""Scenes around the school: a science lab, a courtyard. The hallway is in `corridor.py`, portraits are in `studio.py`."""

from __future__ import annotations

from drawing.canvas import Canvas, Gradient, Pen, Picture
from drawing.cast import EXTRAS, STUDENTS, TEACHER
from drawing.figures import DOWN, FOLDED, HIP, Outfit, Pose, draw_person
from drawing.shapes import Color, Point, darker, dice, ellipse, lighter, mix, rectangle, smooth, stroke

CHALK: Color = (236, 242, 232)


def science_lab() -> Picture:
    """Draw a lesson: a teacher at the board, three students behind a bench of glassware."""
    canvas = Canvas(1500, 1000, Gradient((238, 232, 214), (222, 212, 190)))
    _draw_board(canvas)
    _draw_window(canvas, 1290, 90)
    canvas.fill(rectangle(0, 640, 1500, 360), Gradient((176, 148, 120), (140, 112, 90)))
    draw_person(
        canvas,
        TEACHER,
        Outfit("lab coat", (244, 246, 248), (126, 170, 206)),
        Pose(190, 330, 66, nod=-2, right=((2.0, 2.0), (2.7, 0.9)), legs=True),
    )
    canvas.soften(1.8)
    faces = {}
    cast = (
        ("104245", STUDENTS["104245"], 500, 440, Outfit("tee", (190, 84, 110)), HIP, FOLDED),
        ("extra-2", EXTRAS[2], 860, 425, Outfit("hoodie", (84, 124, 102)), FOLDED, DOWN),
        ("extra-4", EXTRAS[4], 1210, 445, Outfit("tee", (224, 168, 76)), DOWN, ((1.9, 2.9), (1.7, 1.9))),
    )
    for k, (who, look, x, y, outfit, left, right) in enumerate(cast):
        canvas.fill(ellipse(x + 30, y + 260, 150, 270), (40, 26, 24), blur=40, opacity=0.3)
        faces[who] = draw_person(
            canvas, look, outfit, Pose(x, y, 80, lean=(2, 0, -2)[k], nod=(3, -3, -2)[k], left=left, right=right)
        )
    _draw_bench(canvas)
    return Picture(canvas.finish(), faces)


def courtyard() -> Picture:
    """Draw two friends outdoors. The file says nothing about them."""
    rng = dice("courtyard")
    canvas = Canvas(1400, 1000, Gradient((142, 198, 236), (238, 240, 226)))
    for x, w, y in ((0, 700, 470), (500, 1000, 500)):
        hill = smooth([(x - 200, 760), (x, y + 40), (x + w / 2, y - 40), (x + w, y + 60), (x + w + 200, 760)])
        canvas.fill(hill, Gradient((140, 178, 140), (108, 152, 108)))
    _draw_school_wing(canvas)
    canvas.fill(rectangle(0, 680, 1400, 320), Gradient((150, 190, 98), (92, 142, 70)))
    canvas.fill([(560, 1000), (980, 1000), (690, 680), (640, 680)], Gradient((224, 208, 180), (196, 178, 150)))
    canvas.fill(
        stroke([(1190, 740), (1180, 500), (1150, 330)], (90, 60, 40)), Gradient((122, 86, 62), (86, 58, 46), "right")
    )
    for _ in range(42):
        leaf = mix((74, 128, 62), (156, 186, 84), rng.random())
        canvas.fill(
            ellipse(rng.gauss(1170, 120), rng.gauss(240, 85), rng.uniform(40, 84)),
            Gradient(lighter(leaf, 0.2), darker(leaf, 0.2)),
        )
    canvas.soften(4.5)
    faces = {}
    cast = (
        (
            "extra-6",
            EXTRAS[6],
            Outfit("hoodie", (70, 104, 150), (240, 240, 240)),
            Pose(530, 400, 116, lean=-2, nod=6, right=((1.9, 3.2), (1.5, 4.6))),
        ),
        (
            "extra-0",
            EXTRAS[0],
            Outfit("tee", (214, 98, 84), (255, 240, 220), "MATH CLUB"),
            Pose(890, 430, 112, lean=2, nod=-6),
        ),
    )
    for who, look, outfit, pose in cast:
        canvas.fill(ellipse(pose.x + 40, pose.y + 430, 230, 380), (30, 40, 30), blur=60, opacity=0.35)
        faces[who] = draw_person(canvas, look, outfit, pose)
    canvas.fill(ellipse(120, 60, 480, 420), (255, 238, 190), blur=150, opacity=0.4, light=True)
    return Picture(canvas.finish(), faces)


def _draw_board(canvas: Canvas) -> None:
    canvas.fill(rectangle(306, 56, 888, 372), (20, 16, 20), blur=12, opacity=0.35)
    canvas.fill(rectangle(300, 50, 888, 372), Gradient((178, 134, 92), (140, 98, 66)))
    canvas.fill(rectangle(318, 68, 852, 336), Gradient((46, 92, 78), (34, 70, 62)))
    canvas.fill(ellipse(620, 180, 260, 90), (140, 176, 160), blur=50, opacity=0.22)
    canvas.write((560, 118), "Acids and bases", 44, CHALK, weight=0.5)
    canvas.write((560, 190), "HCl + NaOH = NaCl + H2O", 34, (250, 230, 160))
    canvas.write((560, 250), "pH = -log [H+]", 34, (190, 226, 250))
    # A benzene ring and a curve of titration, in chalk.
    ring: list[Point] = [
        (960 + x * 52, 160 + y * 52)
        for x, y in ((0, -1), (0.87, -0.5), (0.87, 0.5), (0, 1), (-0.87, 0.5), (-0.87, -0.5))
    ]
    for k in range(6):
        canvas.fill(stroke([ring[k], ring[(k + 1) % 6]], (4,)), CHALK)
    canvas.fill(stroke([(1004, 134), (1050, 108)], (4,)), CHALK)
    canvas.write((1080, 100), "OH", 30, CHALK)
    canvas.fill(stroke([(860, 380), (860, 250)], (3,)), CHALK)
    canvas.fill(stroke([(860, 380), (1090, 380)], (3,)), CHALK)
    canvas.fill(stroke([(864, 366), (940, 356), (966, 310), (990, 270), (1080, 262)], (5,)), (250, 176, 160))
    canvas.fill(rectangle(318, 404, 852, 14), (196, 156, 112))


def _draw_window(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(rectangle(x - 14, y - 14, 240, 350), (246, 244, 236))
    canvas.fill(rectangle(x, y, 210, 320), Gradient((150, 206, 240), (226, 240, 232)))
    for k in range(7):
        canvas.fill(
            ellipse(x + 20 + k * 32, y + 300 - (k % 3) * 22, 44, 50),
            Gradient((140, 180, 110), (80, 130, 80)),
            clip=rectangle(x, y, 210, 320),
        )
    canvas.fill(rectangle(x, y + 150, 210, 10), (246, 244, 236))
    canvas.fill(rectangle(x + 100, y, 10, 320), (246, 244, 236))


def _draw_bench(canvas: Canvas) -> None:
    canvas.fill(rectangle(60, 780, 1440, 40), (30, 20, 20), blur=16, opacity=0.5)
    canvas.fill([(140, 740), (1500, 740), (1500, 812), (60, 812)], Gradient((86, 92, 104), (52, 58, 70)))
    canvas.fill(rectangle(60, 812, 1440, 188), Gradient((196, 158, 118), (150, 112, 82)))
    for x in (380, 740, 1100):
        canvas.fill(rectangle(x, 826, 4, 174), (110, 80, 60))
    for k, (x, color) in enumerate(
        ((330, (90, 190, 120)), (690, (230, 110, 150)), (1030, (90, 150, 230)), (1370, (240, 190, 80)))
    ):
        _draw_flask(Pen(canvas, x, 770, 62), color, tall=k % 2 == 1)
    for k in range(3):
        book = rectangle(120 + k * 6, 758 - k * 16, 130, 15)
        canvas.fill(book, ((170, 60, 60), (60, 90, 140), (226, 200, 120))[k])


def _draw_flask(pen: Pen, color: Color, *, tall: bool) -> None:
    if tall:
        glass = [(-0.5, -1.7), (0.5, -1.7), (0.5, 0.2), (-0.5, 0.2)]
    else:
        glass = [
            (-0.24, -1.9),
            (0.24, -1.9),
            (0.24, -1.1),
            (0.95, 0.1),
            (0.85, 0.25),
            (-0.85, 0.25),
            (-0.95, 0.1),
            (-0.24, -1.1),
        ]
    pen.fill(ellipse(0.2, 0.25, 1.1, 0.16), (20, 16, 24), blur=0.08, opacity=0.5)
    pen.fill(glass, (236, 246, 250), opacity=0.4)
    pen.fill(rectangle(-1, -0.75, 2, 1.1), Gradient(lighter(color, 0.3), color), clip=glass, opacity=0.88)
    pen.fill(ellipse(0, -0.75, 0.7, 0.07), lighter(color, 0.5), clip=glass)
    for k in range(4):
        pen.fill(ellipse(-0.2 + 0.17 * k, -0.5 + 0.22 * (k % 3), 0.05), (255, 255, 255), opacity=0.6)
    pen.fill(
        stroke([(-0.34, -0.6 if not tall else -1.5), (-0.5 if not tall else -0.34, -0.05)], (0.08,)),
        (255, 255, 255),
        opacity=0.6,
        clip=glass,
    )
    pen.fill(stroke([glass[0], glass[1]], (0.09,)), (226, 238, 244))


def _draw_school_wing(canvas: Canvas) -> None:
    canvas.fill(rectangle(-20, 330, 520, 360), Gradient((190, 112, 88), (160, 90, 72)))
    canvas.fill(rectangle(-20, 310, 540, 28), (236, 226, 208))
    for k in range(3):
        for row in range(2):
            x, y = 40 + k * 155, 380 + row * 150
            canvas.fill(rectangle(x - 6, y - 6, 92, 112), (240, 232, 216))
            canvas.fill(rectangle(x, y, 80, 100), Gradient((160, 200, 224), (96, 130, 160)))
