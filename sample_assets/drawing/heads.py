"""A head: neck, ears, face and features, in units of half a head's height from the middle of the face.

The chin is at y = 1, the skull's top near -0.95; the light comes from the upper left. Hair is in `hair.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from drawing.canvas import Gradient, Pen
from drawing.shapes import Color, Point, arc, darker, deeper, ellipse, lighter, mirrored, mix, smooth, stroke

CHIN = 1.0
ROSE: Color = (214, 84, 84)
WHITE: Color = (250, 248, 244)
INK: Color = (44, 30, 32)


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks. `hair` names a style of `hair.py`; `smile` is open, closed or plain."""

    skin: Color
    hair: str
    hair_color: Color
    eyes: Color = (92, 62, 40)
    smile: str = "open"
    jaw: float = 0.0
    lashes: bool = False
    glasses: bool = False
    freckles: bool = False
    stubble: bool = False
    cap: bool = False
    covers_hair: bool = False

    @property
    def brow(self) -> Color:
        """The brows' color: the hair's, a little darker; `hair_color` is a scarf's where it covers the hair."""
        return (52, 38, 34) if self.covers_hair else darker(self.hair_color, 0.35)


def draw_neck(pen: Pen, look: Look, opening: float = 1.58) -> None:
    """Draw the neck down to the collar's opening, and the shadow that the chin throws on it."""
    neck = smooth(mirrored([(-0.39, 0.55), (-0.39, 1.0), (-0.47, 1.27), (-0.30, opening - 0.16), (0, opening)]))
    pen.fill(neck, Gradient(look.skin, deeper(look.skin, 0.1)))
    pen.fill(ellipse(0.05, 0.96, 0.5, 0.34), deeper(look.skin, 0.5), blur=0.07, opacity=0.65, clip=neck)


def draw_head(pen: Pen, look: Look) -> None:
    """Draw ears, face and features, and note the face's reach on the pen."""
    for side in (-1, 1):
        ear = ellipse(side * 0.73, 0.10, 0.13, 0.21)
        pen.fill(ear, deeper(look.skin, 0.10 if side < 0 else 0.22))
        pen.fill(ellipse(side * 0.745, 0.11, 0.06, 0.12), deeper(look.skin, 0.32), blur=0.02)
        pen.note(ear)
    face = face_outline(look)
    pen.fill(face, Gradient(lighter(look.skin, 0.10), deeper(look.skin, 0.06)))
    pen.note(face)
    _shade(pen, look, face)
    for side in (-1, 1):
        _draw_eye(pen, look, side)
    _draw_nose(pen, look)
    _draw_mouth(pen, look)
    if look.glasses:
        _draw_glasses(pen)


def face_outline(look: Look) -> list[Point]:
    """Return the outline of the face; `jaw` widens the lower half."""
    j = look.jaw
    half = [(0, -0.96), (-0.42, -0.87), (-0.66, -0.5), (-0.70, 0.0)]
    return smooth(mirrored([*half, (-0.675 - j * 0.4, 0.36), (-0.46 - j, 0.78), (-0.20 - j * 0.7, 0.965), (0, CHIN)]))


def _shade(pen: Pen, look: Look, face: list[Point]) -> None:
    dark = deeper(look.skin, 0.42)
    pen.fill(ellipse(0.86, 0.2, 0.34, 1.0), dark, blur=0.16, opacity=0.55, clip=face)
    pen.fill(ellipse(0.1, 1.1, 0.6, 0.17), dark, blur=0.07, opacity=0.45, clip=face)
    pen.fill(ellipse(-0.25, -0.55, 0.3, 0.2), lighter(look.skin, 0.5), blur=0.14, opacity=0.45, clip=face)
    # A blush shows less on a dark skin.
    blush = mix(look.skin, ROSE, 0.12 + 0.4 * look.skin[1] / 255)
    for side in (-1, 1):
        pen.fill(ellipse(side * 0.42, 0.34, 0.16, 0.12), blush, blur=0.08, opacity=0.5, clip=face)
        pen.fill(ellipse(side * 0.29, 0.02, 0.23, 0.15), dark, blur=0.07, opacity=0.28, clip=face)
    if look.freckles:
        for x, y in ((0.34, 0.25), (0.43, 0.32), (0.25, 0.33), (0.5, 0.24), (0.36, 0.4), (0.16, 0.24)):
            for side in (-1, 1):
                pen.fill(ellipse(side * x, y + side * 0.015, 0.018), mix(look.skin, (150, 90, 50), 0.4), opacity=0.7)
    if look.stubble:
        beard = smooth(mirrored([(0, 0.42), (-0.3, 0.42), (-0.62, 0.2), (-0.6, 0.6), (-0.36, 0.92), (0, 1.02)]))
        pen.fill(beard, darker(look.hair_color, 0.1), blur=0.06, opacity=0.42, clip=face)


def _draw_eye(pen: Pen, look: Look, side: int) -> None:
    def at(points: list[Point]) -> list[Point]:
        return [(side * (0.30 + x * 1.12), 0.04 + y * 1.12) for x, y in points]

    # x runs outwards from the eye's middle, so both eyes are one shape and its mirror image.
    white = at(
        smooth(
            [(-0.165, 0.03), (-0.08, -0.07), (0.03, -0.095), (0.13, -0.05), (0.175, 0.01), (0.06, 0.075), (-0.07, 0.07)]
        )
    )
    iris_x = side * 0.30
    pen.fill(white, WHITE)
    pen.fill(ellipse(iris_x, 0.035, 0.105), Gradient(look.eyes, darker(look.eyes, 0.5), "out"), clip=white)
    pen.fill(ellipse(iris_x, 0.035, 0.052), (18, 12, 14), clip=white)
    pen.fill(
        at([(-0.2, -0.12), (0.2, -0.12), (0.2, -0.02), (0, -0.06), (-0.2, -0.0)]),
        INK,
        blur=0.03,
        opacity=0.35,
        clip=white,
    )
    pen.fill(ellipse(iris_x - 0.035, 0.0, 0.024), (255, 255, 255))
    lid = [(-0.175, 0.035), (-0.08, -0.075), (0.03, -0.1), (0.13, -0.055), (0.185, 0.0)]
    pen.fill(at(stroke(lid, (0.02, 0.042, 0.05, 0.035))), mix(INK, look.hair_color, 0.25))
    if look.lashes:
        for start, end in (
            ((0.10, -0.07), (0.17, -0.14)),
            ((0.145, -0.04), (0.23, -0.085)),
            ((0.18, 0.0), (0.25, -0.03)),
        ):
            pen.fill(at(stroke([start, end], (0.024, 0.008))), INK)
    pen.fill(
        at(stroke([(-0.1, -0.15), (0.04, -0.17), (0.16, -0.11)], (0.012, 0.02, 0.012))),
        deeper(look.skin, 0.4),
        opacity=0.6,
    )
    pen.fill(
        at(stroke([(-0.1, 0.09), (0.02, 0.105), (0.13, 0.07)], (0.01, 0.02, 0.01))), deeper(look.skin, 0.4), opacity=0.6
    )
    brow = [(-0.17, -0.225), (-0.02, -0.265), (0.13, -0.255), (0.23, -0.19)]
    pen.fill(at(stroke(brow, (0.045, 0.065, 0.05, 0.015))), look.brow, opacity=0.9)


def _draw_nose(pen: Pen, look: Look) -> None:
    dark = deeper(look.skin, 0.45)
    pen.fill(stroke([(0.07, -0.12), (0.05, 0.12), (0.13, 0.30)], (0.02, 0.06, 0.10)), dark, blur=0.04, opacity=0.4)
    pen.fill(ellipse(0.02, 0.37, 0.17, 0.06), dark, blur=0.04, opacity=0.45)
    pen.fill(
        stroke([(-0.14, 0.29), (-0.09, 0.345), (0, 0.365), (0.09, 0.345), (0.14, 0.29)], (0.015, 0.035, 0.035, 0.015)),
        deeper(look.skin, 0.5),
        opacity=0.8,
    )
    for side in (-1, 1):
        pen.fill(ellipse(side * 0.065, 0.335, 0.035, 0.018), deeper(look.skin, 0.7), opacity=0.7)
    pen.fill(
        stroke([(-0.025, -0.08), (-0.03, 0.14), (-0.02, 0.24)], (0.03, 0.05, 0.08)),
        lighter(look.skin, 0.6),
        blur=0.03,
        opacity=0.6,
    )


def _draw_mouth(pen: Pen, look: Look) -> None:
    lip = mix(deeper(look.skin, 0.22), ROSE, 0.5)
    if look.smile == "open":
        upper = arc([(-0.29, 0.54), (-0.14, 0.575), (0, 0.585), (0.14, 0.575), (0.29, 0.54)])
        lower = arc([(0.27, 0.575), (0.15, 0.71), (0, 0.755), (-0.15, 0.71), (-0.27, 0.575)])
        mouth = [*upper, *lower]
        pen.fill(mouth, (112, 28, 38))
        pen.fill(
            smooth([(-0.26, 0.545), (0, 0.58), (0.26, 0.545), (0.19, 0.635), (0, 0.672), (-0.19, 0.635)]),
            WHITE,
            clip=mouth,
        )
        pen.fill(ellipse(0, 0.77, 0.14, 0.07), (206, 92, 98), clip=mouth)
        pen.fill(
            stroke(
                [(-0.30, 0.535), (-0.14, 0.555), (0, 0.568), (0.14, 0.555), (0.30, 0.535)],
                (0.02, 0.055, 0.05, 0.055, 0.02),
            ),
            lip,
        )
        pen.fill(
            stroke(
                [(-0.26, 0.6), (-0.15, 0.72), (0, 0.765), (0.15, 0.72), (0.26, 0.6)], (0.015, 0.06, 0.07, 0.06, 0.015)
            ),
            lighter(lip, 0.1),
        )
    else:
        lift = 0.05 if look.smile == "closed" else 0.0
        line = [
            (-0.25, 0.605 - lift),
            (-0.13, 0.622 - lift * 0.2),
            (0, 0.628),
            (0.13, 0.622 - lift * 0.2),
            (0.25, 0.605 - lift),
        ]
        pen.fill(stroke([(x * 0.9, y - 0.03) for x, y in line], (0.02, 0.07, 0.05, 0.07, 0.02)), lip)
        pen.fill(stroke([(x * 0.8, y + 0.045) for x, y in line], (0.03, 0.1, 0.03)), lighter(lip, 0.14))
        pen.fill(stroke(line, (0.02, 0.028, 0.02)), darker(lip, 0.5))
    for side in (-1, 1) if look.smile == "open" else ():
        pen.fill(
            stroke([(side * 0.31, 0.50), (side * 0.335, 0.56), (side * 0.315, 0.61)], (0.01, 0.03, 0.01)),
            deeper(look.skin, 0.4),
            opacity=0.6,
        )
    pen.fill(ellipse(0, 0.84, 0.13, 0.035), deeper(look.skin, 0.4), blur=0.03, opacity=0.4)


def _draw_glasses(pen: Pen) -> None:
    frame: Color = (40, 38, 52)
    for side in (-1, 1):
        rim = smooth(
            [
                (side * (0.30 + x), 0.05 + y)
                for x, y in ((-0.23, -0.13), (0, -0.17), (0.24, -0.14), (0.23, 0.12), (0, 0.2), (-0.2, 0.13))
            ]
        )
        pen.fill(rim, (255, 255, 255), opacity=0.14)
        pen.fill(stroke([*rim[::12], rim[0]], (0.045,)), frame)
        pen.fill(stroke([(side * 0.54, 0.0), (side * 0.72, 0.02)], (0.045,)), frame)
    pen.fill(stroke([(-0.08, 0.0), (0, -0.03), (0.08, 0.0)], (0.04,)), frame)
