"""A hallway in perspective, as the camera under its ceiling sees it."""

from __future__ import annotations

from drawing.canvas import Canvas, Gradient, Pen, Picture
from drawing.cast import STUDENTS
from drawing.figures import DOWN, OUT, Outfit, Pose, draw_person
from drawing.shapes import Color, Point, darker, ellipse, lighter, mix, rectangle, stroke

NAVY: Color = (38, 54, 96)
CHALK: Color = (236, 242, 232)


def hallway() -> Picture:
    """Draw two students as the camera sees them: pale, in scan lines, with the time burned in."""
    canvas = Canvas(1440, 1080, (214, 208, 194))
    _draw_corridor(canvas)
    canvas.soften(1.0)
    faces = {}
    people = (
        (
            "104238",
            Outfit("hoodie", (104, 110, 122), (226, 226, 226), trousers=(60, 70, 92)),
            Pose(880, 545, 38, lean=3, left=OUT, legs=True, stride=0.9),
        ),
        (
            "104230",
            Outfit("tee", (152, 64, 58), trousers=(70, 66, 60)),
            Pose(585, 556, 42, lean=-2, left=DOWN, right=OUT, legs=True, stride=0.8),
        ),
    )
    for student, outfit, pose in people:
        canvas.fill(
            ellipse(pose.x + 30, pose.y + pose.unit * 11.5, pose.unit * 2.6, pose.unit * 0.5),
            (30, 24, 20),
            blur=12,
            opacity=0.5,
        )
        faces[student] = draw_person(canvas, STUDENTS[student], outfit, pose)
        for side in (-1, 1):
            strap = [(side * 0.62, 1.45), (side * 0.78, 2.3), (side * 0.86, 3.3)]
            Pen(canvas, pose.x, pose.y, pose.unit, tilt=pose.lean).fill(stroke(strap, (0.26,)), (44, 50, 60))
    for x, y, turn in ((720, 985, 12), (780, 955, -24), (750, 1020, 40)):
        sheet = Pen(canvas, x, y, 30, tilt=turn)
        sheet.fill([(-1, -0.4), (1, -0.4), (1.2, 0.4), (-1.1, 0.4)], (244, 242, 236))
        for k in range(3):
            sheet.fill(rectangle(-0.8, -0.25 + k * 0.2, 1.6, 0.05), (150, 150, 160))
    canvas.drain(0.55)
    canvas.wash((120, 140, 130), 0.10)
    for k in range(0, 1080, 4):
        canvas.fill(rectangle(0, k, 1440, 1.5), (0, 0, 0), opacity=0.04)
    canvas.shade_edges((10, 14, 14), 1.0)
    _burn_in(canvas)
    return Picture(canvas.finish(), faces)


def _place(x: float, y: float, z: float) -> Point:
    # A pinhole camera under the ceiling: metres to pixels, the vanishing point at (720, 330).
    return (720 + 900 * x / z, 330 + 900 * y / z)


def _wall(side: int, near: float, far: float, top: float, foot: float) -> list[Point]:
    x = side * 2.2
    return [_place(x, top, near), _place(x, top, far), _place(x, foot, far), _place(x, foot, near)]


def _draw_corridor(canvas: Canvas) -> None:
    end, near = 16.0, 1.2
    canvas.fill(
        [_place(-2.2, 2.2, near), _place(2.2, 2.2, near), _place(2.2, 2.2, end), _place(-2.2, 2.2, end)],
        Gradient((150, 140, 122), (196, 188, 170)),
    )
    canvas.fill(
        [_place(-2.2, -0.8, near), _place(2.2, -0.8, near), _place(2.2, -0.8, end), _place(-2.2, -0.8, end)],
        Gradient((226, 224, 216), (188, 184, 174)),
    )
    for k in range(1, 9):
        z = 1.0 + k * 1.8
        canvas.fill(
            [_place(-2.2, 2.2, z), _place(2.2, 2.2, z), _place(2.2, 2.2, z + 0.9), _place(-2.2, 2.2, z + 0.9)],
            (128, 118, 104),
            opacity=0.28,
        )
        canvas.fill(
            [_place(-0.5, -0.8, z), _place(0.5, -0.8, z), _place(0.5, -0.8, z + 0.9), _place(-0.5, -0.8, z + 0.9)],
            (255, 255, 250),
        )
        canvas.fill(
            [_place(-0.7, 2.2, z), _place(0.7, 2.2, z), _place(0.7, 2.2, z + 0.8), _place(-0.7, 2.2, z + 0.8)],
            (250, 248, 236),
            blur=9,
            opacity=0.35,
        )
    for side in (-1, 1):
        canvas.fill(_wall(side, near, end, -0.8, 0.4), Gradient((222, 212, 190), (204, 192, 168)))
        for k in range(36):
            z = 1.3 + k * 0.4
            _draw_locker(canvas, side, z, k)
    canvas.fill(
        [_place(-2.2, -0.8, end), _place(2.2, -0.8, end), _place(2.2, 2.2, end), _place(-2.2, 2.2, end)],
        (206, 198, 180),
    )
    for x in (-0.95, 0.05):
        canvas.fill(
            [_place(x, 0.1, end), _place(x + 0.9, 0.1, end), _place(x + 0.9, 2.2, end), _place(x, 2.2, end)],
            (120, 84, 62),
        )
        canvas.fill(
            [
                _place(x + 0.2, 0.4, end),
                _place(x + 0.7, 0.4, end),
                _place(x + 0.7, 1.1, end),
                _place(x + 0.2, 1.1, end),
            ],
            (240, 248, 250),
        )
    canvas.write(_place(0, -0.2, end), "EXIT", 15, (170, 40, 36), weight=0.5)


def _draw_locker(canvas: Canvas, side: int, z: float, k: int) -> None:
    tone: Color = ((64, 98, 132), (72, 108, 142))[k % 2]
    tone = mix(tone if side < 0 else darker(tone, 0.16), (200, 198, 186), min(0.55, z / 28))
    canvas.fill(_wall(side, z, z + 0.39, 0.4, 2.12), Gradient(lighter(tone, 0.16), darker(tone, 0.18)))
    canvas.fill(_wall(side, z + 0.375, z + 0.4, 0.4, 2.12), darker(tone, 0.5))
    canvas.fill(_wall(side, z, z + 0.4, 2.12, 2.2), darker(tone, 0.6))
    if z < 8:
        for slot in range(4):
            canvas.fill(_wall(side, z + 0.1, z + 0.29, 0.55 + slot * 0.06, 0.575 + slot * 0.06), darker(tone, 0.55))
        canvas.fill(_wall(side, z + 0.3, z + 0.335, 1.15, 1.35), (206, 208, 212))


def _burn_in(canvas: Canvas) -> None:
    for at, text, anchor in (
        ((40, 50), "CAM 04  NORTH HALL", "lm"),
        ((1400, 50), "2026-10-14  10:42:17", "rm"),
        ((40, 1036), "REC", "lm"),
    ):
        canvas.write((at[0] + 2, at[1] + 2), text, 34, (10, 10, 10), anchor=anchor, weight=0.8)
        canvas.write(at, text, 34, (240, 244, 240), anchor=anchor, weight=0.8)
    canvas.fill(ellipse(130, 1036, 11), (220, 40, 40))
