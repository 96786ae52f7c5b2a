"""Candids of a school day: the art room, the library, a science fair, a bake sale. Soccer is in `pitch.py`."""

from __future__ import annotations

import random

from drawing.canvas import Canvas, Gradient, Pen, Picture
from drawing.cast import CAPLESS, EXTRAS
from drawing.figures import DOWN, FOLDED, HIP, OUT, Outfit, Pose, draw_back, draw_person
from drawing.shapes import Color, darker, dice, ellipse, lighter, mix, rectangle, smooth, stroke

CREAM: Color = (250, 246, 236)
INK: Color = (58, 60, 76)
SPINES: tuple[Color, ...] = (
    (150, 58, 54), (54, 86, 128), (74, 112, 84), (196, 156, 84), (104, 72, 118), (220, 208, 180), (60, 62, 76),
)  # fmt: skip


def art_class() -> Picture:
    """Draw three students in aprons behind a table of paint, before a window and what the class has hung up."""
    rng = dice("art class")
    canvas = Canvas(1500, 1000, Gradient((244, 236, 220), (228, 212, 188)))
    _draw_tall_window(canvas, 90, 60)
    for x, y, turn in ((560, 150, -2), (800, 120, 3), (1040, 150, -3), (1270, 130, 2), (1270, 370, -2)):
        _draw_sketch(Pen(canvas, x, y, 90, tilt=turn), rng)
    canvas.fill(rectangle(0, 700, 1500, 300), Gradient((188, 160, 128), (150, 120, 94)))
    canvas.soften(3)
    faces = {}
    brush = ((1.66, 3.4), (2.3, 2.35))
    for student, x, y, color, left, right, lean in (
        ("104278", 300, 400, (150, 92, 116), FOLDED, DOWN, 2),
        ("104203", 1200, 405, (70, 112, 120), DOWN, brush, -2),
        ("104256", 750, 380, (214, 150, 74), brush, HIP, 0),
    ):
        canvas.fill(ellipse(x + 30, y + 300, 190, 330), (60, 36, 26), blur=46, opacity=0.3)
        pose = Pose(x, y, 92, lean=lean, nod=lean * 2 + 2, left=left, right=right)
        faces[student] = draw_person(canvas, CAPLESS[student], Outfit("apron", color, (226, 218, 200)), pose)
    for x, y, color in ((1416, 596, (206, 74, 66)), (534, 570, (70, 130, 190))):
        _draw_brush(Pen(canvas, x, y, 46, tilt=16 if x > 750 else -14), color)
    _draw_table(canvas, 800)
    for k, color in enumerate(((206, 74, 66), (238, 190, 70), (70, 130, 190), (90, 154, 100))):
        _draw_jar(Pen(canvas, 470 + k * 74, 838 + (k % 2) * 14, 32), color)
    for x, turn in ((150, -3), (990, 4)):
        _draw_painting(Pen(canvas, x + 130, 862, 120, tilt=turn), rng)
    canvas.fill(ellipse(180, 160, 480, 420), (255, 240, 206), blur=150, opacity=0.16, light=True)
    canvas.shade_edges((50, 34, 24), 0.45)
    return Picture(canvas.finish(), faces)


def library() -> Picture:
    """Draw two students with books at a table between the shelves."""
    rng = dice("library")
    canvas = Canvas(1500, 1000, Gradient((206, 186, 156), (170, 146, 116)))
    for row in range(5):
        _draw_shelf(canvas, row * 190 - 150, rng)
    canvas.soften(4.5)
    canvas.wash((60, 40, 26), 0.14)
    faces = {}
    for student, x, y, outfit, lean in (
        ("104217", 440, 410, Outfit("sweater", (108, 134, 168)), 3),
        ("104222", 1060, 400, Outfit("hoodie", (120, 72, 62), (240, 232, 220)), -3),
    ):
        canvas.fill(ellipse(x + 34, y + 320, 220, 350), (36, 22, 16), blur=50, opacity=0.4)
        arms = (((1.85, 3.3), (0.75, 4.05)), ((1.85, 3.3), (0.75, 4.05)))
        pose = Pose(x, y, 108, lean=lean, nod=lean, left=arms[0], right=arms[1])
        faces[student] = draw_person(canvas, CAPLESS[student], outfit, pose)
    _draw_table(canvas, 820, (128, 84, 58))
    for x, color in ((440, (150, 58, 54)), (1060, (54, 86, 128))):
        _draw_open_book(Pen(canvas, x, 862, 120), color)
    for k in range(4):
        spine = rectangle(672 + (k % 2) * 14, 880 - k * 30, 170, 28)
        canvas.fill(spine, Gradient(lighter(SPINES[k], 0.15), darker(SPINES[k], 0.2)))
        canvas.fill(rectangle(700 + (k % 2) * 14, 890 - k * 30, 60, 5), CREAM, opacity=0.7)
    _draw_lamp(canvas, 757, 690)
    canvas.shade_edges((30, 18, 12), 0.7)
    return Picture(canvas.finish(), faces)


def science_fair() -> Picture:
    """Draw three students, each before a folding board with an experiment."""
    rng = dice("science fair")
    canvas = Canvas(1600, 1000, Gradient((220, 224, 228), (196, 198, 200)))
    for k in range(9):
        canvas.fill(rectangle(k * 190 + 20, 30, 120, 18), (255, 255, 250), blur=8)
    for k in range(13):
        color = rng.choice(((150, 62, 66), (62, 92, 140), (84, 116, 88), (196, 156, 88)))
        pose = Pose(60 + k * 124, 250 + rng.uniform(-10, 10), 30)
        draw_back(canvas, rng.choice(EXTRAS), Outfit("tee", color), pose)
    canvas.fill(rectangle(0, 430, 1600, 570), Gradient((206, 172, 128), (168, 132, 94)))
    canvas.soften(6)
    faces = {}
    cast = (
        ("104245", 285, "WHICH SOIL DRAINS?", (108, 84, 62), Outfit("tee", (196, 92, 116)), HIP, OUT),
        ("104230", 1315, "A BRIDGE OF PAPER", (70, 116, 168), Outfit("polo", (64, 118, 96), CREAM), DOWN, HIP),
        ("104217", 800, "SUN AND SEEDLINGS", (92, 140, 78), Outfit("sweater", (206, 188, 160)), OUT, DOWN),
    )
    for student, x, title, color, outfit, left, right in cast:
        _draw_board(canvas, x, title, color)
        canvas.fill(ellipse(x + 30, 700, 180, 300), (40, 30, 30), blur=44, opacity=0.35)
        pose = Pose(x, 470, 84, lean=(x - 800) / -300, nod=3 if x < 900 else -3, left=left, right=right)
        faces[student] = draw_person(canvas, CAPLESS[student], outfit, pose)
    _draw_table(canvas, 850, (226, 228, 232))
    for k, x in enumerate((80, 160, 470)):
        _draw_pot(Pen(canvas, x, 850, 36), (108, 84, 62), leaves=0 if k < 2 else 1)
    for k, x in enumerate((595, 675, 985)):
        _draw_pot(Pen(canvas, x, 850, 36), (176, 104, 76), leaves=k + 1)
    canvas.fill(stroke([(1105, 846), (1215, 800), (1315, 788), (1415, 800), (1525, 846)], (10,)), (232, 236, 240))
    canvas.fill(stroke([(1095, 850), (1315, 846), (1535, 850)], (14,)), (200, 206, 216))
    for side in (-1, 1):
        canvas.fill([(800 + side * 6, 930), (800 + side * 30, 930), (800 + side * 34, 990)], (44, 82, 146))
    canvas.fill(ellipse(800, 905, 34), (60, 104, 176))
    canvas.write((800, 905), "1st", 26, CREAM, weight=0.6)
    canvas.shade_edges((30, 30, 40), 0.5)
    return Picture(canvas.finish(), faces)


def bake_sale() -> Picture:
    """Draw two students behind a table of muffins, under a string of flags."""
    canvas = Canvas(1500, 1000, Gradient((214, 226, 230), (188, 204, 206)))
    canvas.fill(rectangle(0, 0, 1500, 560), Gradient((196, 120, 98), (176, 100, 82)))
    for row in range(8):
        for k in range(13):
            canvas.fill(rectangle(k * 124 - (row % 2) * 62, row * 70, 116, 62), (204, 132, 108), opacity=0.6)
    canvas.soften(3)
    for k in range(13):
        x, y = 30 + k * 120, 96 + 34 * (1 - ((k - 6) / 6) ** 2)
        canvas.fill([(x, y), (x + 84, y + 4), (x + 42, y + 82)], ((214, 150, 74), (64, 118, 128), CREAM)[k % 3])
    faces = {}
    for student, x, y, outfit, left, right, lean in (
        ("104284", 470, 400, Outfit("hoodie", (64, 118, 128), CREAM), OUT, DOWN, -2),
        ("104217", 1010, 415, Outfit("sweater", (214, 150, 74)), DOWN, HIP, 2),
    ):
        canvas.fill(ellipse(x + 32, y + 310, 200, 340), (46, 26, 20), blur=48, opacity=0.35)
        pose = Pose(x, y, 98, lean=lean, nod=lean, left=left, right=right)
        faces[student] = draw_person(canvas, CAPLESS[student], outfit, pose)
    _draw_table(canvas, 820, (232, 226, 212))
    for k in range(9):
        _draw_muffin(Pen(canvas, 300 + k * 112, 838 + (k % 2) * 22, 40), ((150, 92, 58), (206, 160, 104))[k % 2])
    canvas.fill(rectangle(620, 884, 270, 96), CREAM)
    canvas.write((755, 932), "BAKE SALE", 38, (150, 58, 54), weight=0.6)
    canvas.shade_edges((40, 26, 20), 0.5)
    return Picture(canvas.finish(), faces)


def _draw_muffin(pen: Pen, color: Color) -> None:
    pen.fill([(-0.7, 0), (0.7, 0), (0.5, 0.9), (-0.5, 0.9)], (236, 220, 196))
    pen.fill(ellipse(0, -0.1, 0.86, 0.56), Gradient(lighter(color, 0.2), darker(color, 0.2)))


def _draw_table(canvas: Canvas, y: float, color: Color = (196, 158, 118)) -> None:
    canvas.fill(rectangle(0, y - 16, canvas.width, 40), (30, 20, 20), blur=16, opacity=0.45)
    canvas.fill(rectangle(0, y, canvas.width, 130), Gradient(lighter(color, 0.16), color))
    canvas.fill(rectangle(0, y + 130, canvas.width, 200), Gradient(darker(color, 0.25), darker(color, 0.5)))


def _draw_tall_window(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(rectangle(x - 16, y - 16, 332, 552), (250, 248, 240))
    pane = rectangle(x, y, 300, 520)
    canvas.fill(pane, Gradient((158, 210, 242), (232, 242, 230)))
    for k in range(8):
        green = mix((120, 168, 96), (86, 140, 84), k / 7)
        canvas.fill(
            ellipse(x + k * 44, y + 500 - (k % 3) * 30, 64, 70), Gradient(lighter(green, 0.2), green), clip=pane
        )
    canvas.fill(rectangle(x, y + 250, 300, 10), (250, 248, 240))
    canvas.fill(rectangle(x + 145, y, 10, 520), (250, 248, 240))


def _draw_sketch(pen: Pen, rng: random.Random) -> None:
    """Hang up a sheet with a hill, a sun and a tree on it, never the same two."""
    sheet = rectangle(-1, -0.75, 2, 1.5)
    pen.fill([(x + 0.06, y + 0.08) for x, y in sheet], (60, 40, 30), blur=0.06, opacity=0.4)
    pen.fill(sheet, (252, 250, 242))
    inside = rectangle(-0.9, -0.65, 1.8, 1.3)
    sky: Color = rng.choice(((190, 220, 236), (246, 214, 176), (216, 204, 232)))
    pen.fill(inside, Gradient(sky, lighter(sky, 0.5)))
    pen.fill(ellipse(rng.uniform(-0.6, 0.6), -0.3, 0.16), (246, 190, 80), clip=inside)
    for k in range(3):
        color: Color = rng.choice(((96, 150, 104), (70, 120, 150), (190, 120, 84), (146, 100, 150)))
        pen.fill(ellipse(rng.uniform(-0.8, 0.8), 0.6 + k * 0.1, 0.9, 0.5 - k * 0.08), color, clip=inside)


def _draw_painting(pen: Pen, rng: random.Random) -> None:
    """Lay a still life on the table: a bowl of fruit, seen a little from above."""
    sheet = [(-1.0, -0.34), (1.0, -0.34), (1.15, 0.42), (-1.15, 0.42)]
    pen.fill([(x + 0.04, y + 0.06) for x, y in sheet], (50, 34, 26), blur=0.05, opacity=0.5)
    pen.fill(sheet, (252, 250, 244))
    pen.fill([(x * 0.9, y * 0.84) for x, y in sheet], Gradient((238, 222, 196), (214, 186, 150)))
    for x, y, color in ((-0.24, -0.02, (206, 74, 66)), (0.06, -0.08, (238, 190, 70)), (0.32, 0.0, (120, 164, 84))):
        pen.fill(
            ellipse(x + rng.uniform(-0.04, 0.04), y, 0.19, 0.14), Gradient(lighter(color, 0.3), darker(color, 0.15))
        )
    bowl = smooth([(-0.56, 0.02), (0.6, 0.02), (0.36, 0.26), (-0.3, 0.26)], 6)
    pen.fill(bowl, Gradient((92, 132, 178), (58, 88, 132)))


def _draw_jar(pen: Pen, color: Color) -> None:
    pen.fill(ellipse(0.2, 0.9, 1.1, 0.24), (30, 20, 18), blur=0.1, opacity=0.45)
    jar = rectangle(-0.8, -0.9, 1.6, 1.8)
    pen.fill(jar, (240, 246, 248), opacity=0.75)
    pen.fill(rectangle(-0.8, -0.35, 1.6, 1.25), Gradient(lighter(color, 0.25), color))
    pen.fill(ellipse(0, -0.35, 0.8, 0.16), lighter(color, 0.4))
    pen.fill(stroke([(-0.82, -0.9), (0.82, -0.9)], (0.16,)), (250, 252, 252))
    pen.fill(stroke([(-0.55, -0.7), (-0.55, 0.6)], (0.12,)), (255, 255, 255), opacity=0.6)


def _draw_brush(pen: Pen, color: Color) -> None:
    pen.fill(stroke([(0, 1.5), (0, -0.6)], (0.14, 0.2)), Gradient((206, 164, 104), (160, 116, 70)))
    pen.fill(stroke([(0, -0.5), (0, -0.85)], (0.24, 0.26)), (190, 194, 202))
    pen.fill(smooth([(-0.14, -0.9), (0.14, -0.9), (0.16, -1.3), (0, -1.7), (-0.16, -1.3)]), color)


def _draw_shelf(canvas: Canvas, y: float, rng: random.Random) -> None:
    canvas.fill(rectangle(0, y, 1500, 190), Gradient((86, 58, 42), (62, 42, 32)))
    x = 6.0
    while x < 1500:
        wide, tall, color = rng.uniform(20, 46), rng.uniform(104, 154), rng.choice(SPINES)
        book = rectangle(x, y + 166 - tall, wide, tall)
        canvas.fill(book, Gradient(lighter(color, 0.15), darker(color, 0.25), "right"))
        for share in (0.2, 0.78):
            canvas.fill(rectangle(x, y + 166 - tall * (1 - share), wide, 6), (236, 214, 160), opacity=0.7)
        x += wide + rng.choice((2, 2, 2, 26))
    canvas.fill(rectangle(0, y + 166, 1500, 24), Gradient((168, 116, 78), (122, 82, 56)))
    for post in (-10, 490, 990, 1480):
        canvas.fill(rectangle(post, y, 26, 190), Gradient((160, 110, 74), (112, 74, 50), "right"))


def _draw_open_book(pen: Pen, cover: Color) -> None:
    pen.fill(ellipse(0.05, 0.3, 1.5, 0.26), (26, 16, 12), blur=0.1, opacity=0.5)
    pen.fill([(-1.32, -0.14), (1.32, -0.14), (1.44, 0.36), (-1.44, 0.36)], cover)
    for side in (-1, 1):
        page = [(0, -0.2), (side * 0.6, -0.3), (side * 1.26, -0.2), (side * 1.36, 0.28), (side * 0.64, 0.18), (0, 0.3)]
        pen.fill(page, Gradient((252, 248, 236), (226, 216, 194)))
        for k in range(4):
            line = [(side * 0.16, -0.1 + k * 0.085), (side * 0.62, -0.18 + k * 0.085), (side * 1.14, -0.1 + k * 0.085)]
            pen.fill(stroke(line, (0.022,)), INK, opacity=0.35)
    pen.fill(stroke([(0, -0.2), (0, 0.3)], (0.03,)), (150, 130, 104))


def _draw_lamp(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(ellipse(x, y + 130, 330, 170), (255, 226, 160), blur=90, opacity=0.34, light=True)
    canvas.fill(stroke([(x, y + 90), (x, y - 10)], (9,)), (176, 142, 76))
    shade = smooth([(x - 92, y), (x - 60, y - 66), (x + 60, y - 66), (x + 92, y), (x, y + 12)], 6)
    canvas.fill(shade, Gradient((48, 116, 92), (30, 84, 66)))
    canvas.fill(ellipse(x, y + 4, 84, 9), (255, 236, 180))


def _draw_board(canvas: Canvas, x: float, title: str, color: Color) -> None:
    for side in (-1, 1):
        wing = [(x + side * 120, 190), (x + side * 226, 240), (x + side * 226, 800), (x + side * 120, 830)]
        canvas.fill(wing, Gradient((246, 244, 238), (212, 210, 206)))
        for k in range(3):
            near, far = x + side * 138, x + side * 208
            top = 300 + k * 150
            canvas.fill(
                [(near, top), (far, top + 18), (far, top + 108), (near, top + 104)], mix(color, CREAM, 0.25 + k * 0.2)
            )
    canvas.fill(rectangle(x - 124, 186, 248, 650), Gradient((254, 252, 248), (232, 230, 226)))
    canvas.fill(rectangle(x - 112, 200, 224, 54), color)
    canvas.write((x, 227), title, 20, CREAM, weight=0.5)


def _draw_pot(pen: Pen, color: Color, *, leaves: int) -> None:
    pen.fill(ellipse(0.2, 0.86, 1.1, 0.22), (30, 20, 20), blur=0.1, opacity=0.4)
    for k in range(leaves * 2):
        side, top = (-1) ** k, -1.0 - 0.45 * (k // 2)
        pen.fill(
            stroke([(0, -0.5), (side * 0.1, top), (side * 0.7, top - 0.35)], (0.12, 0.1, 0.3, 0.05)), (104, 160, 84)
        )
    pen.fill([(-0.8, -0.6), (0.8, -0.6), (0.6, 0.9), (-0.6, 0.9)], Gradient(lighter(color, 0.15), darker(color, 0.2)))
    pen.fill(stroke([(-0.86, -0.6), (0.86, -0.6)], (0.3,)), lighter(color, 0.12))
