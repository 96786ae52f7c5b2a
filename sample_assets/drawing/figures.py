"""A whole person: body, clothes and arms around a head. `draw_person` answers with the box of the face, hair included.

Units are those of `heads.py`: a figure stands about 12.5 units tall, its feet near y = 11.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from drawing import garments
from drawing.canvas import Box, Canvas, Gradient, Pen
from drawing.hair import draw_behind, draw_from_behind, draw_over
from drawing.heads import CHIN, Look, draw_head, draw_neck
from drawing.shapes import Color, Point, darker, deeper, ellipse, lighter, mirrored, mix, smooth, stroke

Arm = tuple[Point, Point]
DOWN: Arm = ((1.62, 3.35), (1.58, 4.75))
UP: Arm = ((2.15, 0.75), (1.75, -0.85))
OUT: Arm = ((1.9, 3.1), (2.6, 2.4))
FOLDED: Arm = ((1.6, 3.3), (0.35, 3.75))
HIP: Arm = ((2.1, 3.2), (1.2, 4.45))


@dataclass(frozen=True, slots=True)
class Outfit:
    """The clothes of a person: a `kind` of garment, its colors, and a number or word on the chest."""

    kind: str
    color: Color
    accent: Color = (250, 248, 240)
    text: str = ""
    trousers: Color = (52, 60, 84)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a person stands: the face's middle, half a head's height in pixels, tilts in degrees, arms, legs."""

    x: float
    y: float
    unit: float
    lean: float = 0.0
    nod: float = 0.0
    left: Arm = DOWN
    right: Arm = DOWN
    legs: bool = False
    stride: float = 0.35


def draw_person(canvas: Canvas, look: Look, outfit: Outfit, pose: Pose) -> Box:
    """Draw somebody and return the box of the face and the hair around it, down to the chin."""
    body = Pen(canvas, pose.x, pose.y, pose.unit, tilt=pose.lean)
    head = Pen(canvas, pose.x, pose.y, pose.unit, tilt=pose.lean + pose.nod, floor=CHIN)
    draw_behind(head, look)
    if pose.legs:
        _draw_legs(body, outfit, pose.stride)
    _draw_torso(body, outfit)
    for side, arm in ((-1, pose.left), (1, pose.right)):
        _draw_arm(body, look, outfit, side, arm)
    draw_neck(body, look, 1.95 if outfit.kind in {"blazer", "gown", "lab coat"} else 1.58)
    _draw_collar(body, outfit)
    draw_head(head, look)
    draw_over(head, look)
    if look.cap:
        _draw_cap(head, outfit)
    return head.box()


def draw_back(canvas: Canvas, look: Look, outfit: Outfit, pose: Pose) -> None:
    """Draw somebody who looks away from us: no face, so no box."""
    body = Pen(canvas, pose.x, pose.y, pose.unit, tilt=pose.lean)
    _draw_torso(body, Outfit("tee", outfit.color))
    for side, arm in ((-1, pose.left), (1, pose.right)):
        if arm is not DOWN:
            _draw_arm(body, look, outfit, side, arm)
    draw_from_behind(Pen(canvas, pose.x, pose.y, pose.unit, tilt=pose.lean + pose.nod), look)


def _draw_torso(pen: Pen, outfit: Outfit) -> None:
    wide = 0.25 if outfit.kind in {"gown", "lab coat", "hoodie"} else 0.12 if outfit.kind == "sweater" else 0.0
    hem = 9.2 if outfit.kind == "gown" else 7.0 if outfit.kind == "lab coat" else 5.5
    half = [
        (0, 1.22),
        (-0.45, 1.22),
        (-1.0, 1.46),
        (-1.36, 1.72),
        (-1.42, 2.2),
        (-1.14, 2.7),
        (-1.04 - wide, 4.2),
        (-1.12 - wide * 1.6, hem),
        (0, hem + 0.12),
    ]
    torso = smooth(mirrored(half))
    pen.fill(torso, Gradient(lighter(outfit.color, 0.1), darker(outfit.color, 0.18)))
    shade = darker(outfit.color, 0.5)
    pen.fill(ellipse(1.25, 3.6, 0.5, 2.4), shade, blur=0.22, opacity=0.55, clip=torso)
    pen.fill(ellipse(0.05, 1.35, 0.62, 0.42), shade, blur=0.15, opacity=0.5, clip=torso)
    pen.fill(ellipse(-0.7, 2.2, 0.35, 0.7), lighter(outfit.color, 0.4), blur=0.2, opacity=0.3, clip=torso)
    for fold in (
        [(-0.95, 3.0), (-0.5, 3.25), (-0.3, 3.3)],
        [(0.95, 3.3), (0.6, 3.6), (0.4, 3.65)],
        [(-0.9, 4.3), (-0.5, 4.5), (-0.2, 4.5)],
    ):
        pen.fill(stroke(fold, (0.02, 0.07, 0.02)), shade, blur=0.03, opacity=0.4, clip=torso)
    _draw_garment(pen, outfit, torso)


def _draw_garment(pen: Pen, outfit: Outfit, torso: list[Point]) -> None:
    color, accent = outfit.color, outfit.accent
    if outfit.kind == "jersey":
        for side in (-1, 1):
            pen.fill(stroke([(side * 1.12, 2.5), (side * 1.02, 3.6), (side * 1.06, 5.5)], (0.26,)), accent, clip=torso)
        pen.canvas.write(pen.place([(0, 2.2)])[0], "HERONS", pen.unit * 0.40, accent, weight=pen.unit * 0.015)
        pen.canvas.write(pen.place([(0, 3.25)])[0], outfit.text, pen.unit * 1.35, accent, weight=pen.unit * 0.05)
    elif outfit.kind == "tee" and outfit.text:
        pen.canvas.write(
            pen.place([(0, 2.6)])[0],
            outfit.text,
            pen.unit * min(0.52, 3.0 / len(outfit.text)),
            accent,
            weight=pen.unit * 0.02,
        )
    elif outfit.kind == "hoodie":
        pocket = smooth(mirrored([(0, 3.9), (-0.62, 3.9), (-0.88, 4.7), (-0.8, 5.0), (0, 5.0)]))
        pen.fill(pocket, darker(color, 0.16), clip=torso)
    elif outfit.kind in garments.FRONTS:
        garments.FRONTS[outfit.kind](pen, color, accent, torso)
    elif outfit.kind in {"blazer", "lab coat", "gown"}:
        opening = mirrored([(0, 1.2), (-0.45, 1.3), (-0.1, 3.3), (0, 3.6)])
        pen.fill(opening, accent if outfit.kind != "gown" else (246, 246, 248))
        pen.fill(stroke([(0, 3.4), (0.02, 4.4), (0.02, 9.0)], (0.045,)), darker(color, 0.5), opacity=0.7, clip=torso)
        for side in (-1, 1):
            _draw_lapel(pen, outfit, side, torso)


def _draw_lapel(pen: Pen, outfit: Outfit, side: int, torso: list[Point]) -> None:
    if outfit.kind == "gown":
        stole = [
            (side * x, y) for x, y in ((0.36, 1.28), (0.86, 1.42), (0.72, 3.4), (0.7, 6.4), (0.26, 6.6), (0.2, 3.4))
        ]
        pen.fill(smooth(stole, 4), Gradient(outfit.accent, darker(outfit.accent, 0.15)), clip=torso)
        pen.fill(stroke([(side * 0.5, 5.4), (side * 0.5, 5.8)], (0.28,)), outfit.color, clip=torso)
    else:
        lapel = [
            (side * x, y)
            for x, y in ((0.36, 1.2), (0.66, 1.32), (0.84, 2.1), (0.62, 2.2), (0.66, 2.4), (0.05, 3.5), (0.12, 2.9))
        ]
        pen.fill(lapel, darker(outfit.color, 0.10 if side < 0 else 0.2))
        pen.fill(stroke([*lapel[2:6]], (0.03,)), darker(outfit.color, 0.5), opacity=0.5)


def _draw_collar(pen: Pen, outfit: Outfit) -> None:
    if outfit.kind in {"tee", "jersey", "apron"}:
        rim = stroke([(-0.50, 1.22), (-0.32, 1.48), (0, 1.60), (0.32, 1.48), (0.50, 1.22)], (0.12,))
        pen.fill(rim, outfit.accent if outfit.kind == "jersey" else darker(outfit.color, 0.2))
    elif outfit.kind == "hoodie":
        rim = stroke([(-0.62, 1.05), (-0.5, 1.5), (0, 1.78), (0.5, 1.5), (0.62, 1.05)], (0.3, 0.36, 0.34, 0.36, 0.3))
        pen.fill(rim, Gradient(lighter(outfit.color, 0.12), darker(outfit.color, 0.2)))
        for side in (-1, 1):
            pen.fill(stroke([(side * 0.28, 1.75), (side * 0.32, 2.3), (side * 0.28, 2.75)], (0.06,)), outfit.accent)
    elif outfit.kind in garments.COLLARS:
        garments.COLLARS[outfit.kind](pen, outfit.color, outfit.accent)
    elif outfit.kind in {"blazer", "lab coat"}:
        for side in (-1, 1):
            flap = [(side * x, y) for x, y in ((0.40, 1.06), (0.50, 1.25), (0.42, 1.75), (0.02, 1.95), (0.24, 1.6))]
            pen.fill(flap, lighter(outfit.accent, 0.25) if side < 0 else darker(outfit.accent, 0.06))


def _draw_arm(pen: Pen, look: Look, outfit: Outfit, side: int, arm: Arm) -> None:
    elbow, hand = ((side * x, y) for x, y in arm)
    shoulder = (side * 1.12, 1.92)
    long = outfit.kind in {"hoodie", "sweater", "blazer", "lab coat", "gown"}
    wide = 1.3 if outfit.kind == "gown" else 1.0
    cloth = darker(outfit.color, 0.0 if side < 0 else 0.14)
    skin = deeper(look.skin, 0.04 if side < 0 else 0.16)
    bare = stroke([shoulder, elbow, hand], (0.5, 0.46, 0.42, 0.36, 0.28))
    pen.fill([(x + 0.05, y + 0.08) for x, y in bare], (20, 12, 24), blur=0.12, opacity=0.3)
    pen.fill(bare, Gradient(lighter(skin, 0.06), deeper(skin, 0.12)))
    _draw_hand(pen, skin, elbow, hand)
    end = _towards(elbow, hand, 0.86) if long else _towards(shoulder, elbow, 0.72)
    path = [shoulder, elbow, end] if long else [shoulder, end]
    widths = (0.70, 0.62, 0.56 * wide, 0.5 * wide**2) if long else (0.70, 0.66)
    sleeve = stroke(path, widths)
    pen.fill(sleeve, Gradient(lighter(cloth, 0.1), darker(cloth, 0.16)))
    inner = [(x + 0.16, y + 0.05) for x, y in path]
    pen.fill(stroke(inner, (0.08, 0.2, 0.1)), darker(cloth, 0.5), blur=0.07, opacity=0.35, clip=sleeve)
    if outfit.kind == "jersey":
        cuff, dx, dy = _towards(shoulder, elbow, 0.84), elbow[0] - shoulder[0], elbow[1] - shoulder[1]
        band = [(cuff[0] - dy * 0.4, cuff[1] + dx * 0.4), (cuff[0] + dy * 0.4, cuff[1] - dx * 0.4)]
        pen.fill(stroke(band, (0.14,)), outfit.accent, clip=sleeve)


def _draw_hand(pen: Pen, skin: Color, elbow: Point, hand: Point) -> None:
    tip, palm = _towards(elbow, hand, 1.22), _towards(elbow, hand, 1.06)
    across = (-(tip[1] - palm[1]), tip[0] - palm[0])
    pen.fill(ellipse(palm[0], palm[1], 0.21), skin)
    for k in range(4):
        spread = (k - 1.5) * 0.36
        start = (palm[0] + across[0] * spread, palm[1] + across[1] * spread)
        end = (tip[0] + across[0] * spread * 1.3, tip[1] + across[1] * spread * 1.3)
        pen.fill(stroke([start, end], (0.13, 0.1)), deeper(skin, 0.12 * (k % 2)))
    thumb = (palm[0] - across[0] * 0.95, palm[1] - across[1] * 0.95)
    pen.fill(stroke([palm, _towards(palm, thumb, 1.0)], (0.16, 0.11)), skin)


def _draw_legs(pen: Pen, outfit: Outfit, stride: float) -> None:
    for side in (1, -1):
        foot = (side * (0.5 + stride * 0.5), 11.1 - (0.35 if side > 0 else 0.0) * stride)
        cloth = outfit.trousers if side < 0 else darker(outfit.trousers, 0.18)
        leg = stroke([(side * 0.55, 5.2), (side * (0.55 + stride * 0.3), 8.2), foot], (1.12, 0.86, 0.66))
        pen.fill(leg, Gradient(cloth, darker(cloth, 0.25)))
        shoe = smooth(
            [
                (foot[0] - 0.36, foot[1] + 0.1),
                (foot[0] + 0.3, foot[1] + 0.1),
                (foot[0] + side * 0.2 + 0.36, foot[1] + 0.55),
                (foot[0] + side * 0.2 - 0.36, foot[1] + 0.55),
            ]
        )
        pen.fill(shoe, mix(outfit.accent, (240, 240, 240), 0.4))
        sole = stroke(
            [(foot[0] + side * 0.2 - 0.34, foot[1] + 0.55), (foot[0] + side * 0.2 + 0.34, foot[1] + 0.55)], (0.14,)
        )
        pen.fill(sole, (40, 40, 48))


def _draw_cap(pen: Pen, outfit: Outfit) -> None:
    band = smooth(mirrored([(0, -1.02), (-0.5, -1.0), (-0.80, -0.72), (-0.78, -0.42), (-0.4, -0.58), (0, -0.62)]))
    pen.fill(band, Gradient(darker(outfit.color, 0.25), darker(outfit.color, 0.5)))
    board = [(-1.18, -0.98), (0.06, -0.72), (1.18, -1.04), (-0.04, -1.30)]
    pen.fill([(x, y + 0.09) for x, y in board], darker(outfit.color, 0.6))
    pen.fill(board, Gradient(lighter(outfit.color, 0.14), darker(outfit.color, 0.15), "right"))
    pen.fill(ellipse(0, -1.02, 0.07, 0.045), outfit.accent)
    pen.fill(stroke([(0, -1.02), (0.7, -0.96), (0.98, -0.86), (0.98, -0.3)], (0.035,)), outfit.accent)
    pen.fill(stroke([(0.98, -0.34), (0.98, 0.0)], (0.08, 0.15)), outfit.accent)
    pen.note([*band, *board])


def _towards(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
