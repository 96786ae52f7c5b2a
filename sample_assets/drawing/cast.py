"""How the people of the sample pictures look. Names are the roster's; here they are known by their student ids."""

from __future__ import annotations

from dataclasses import replace

from drawing.heads import Look
from drawing.shapes import Color

PORCELAIN: Color = (248, 218, 194)
FAIR: Color = (240, 198, 166)
SAND: Color = (226, 176, 136)
OLIVE: Color = (202, 150, 108)
TAN: Color = (176, 120, 82)
BROWN: Color = (138, 88, 60)
UMBER: Color = (106, 66, 48)

BLACK: Color = (34, 28, 32)
ESPRESSO: Color = (62, 42, 34)
CHESTNUT: Color = (106, 64, 38)
AUBURN: Color = (142, 66, 36)
HONEY: Color = (204, 154, 84)
BLOND: Color = (226, 188, 118)

HAZEL: Color = (124, 96, 50)
BLUE: Color = (74, 122, 168)
GREEN: Color = (82, 126, 88)
DARK: Color = (70, 44, 30)

STUDENTS: dict[str, Look] = {
    "104203": Look(BROWN, "curls", BLACK, DARK, lashes=True),
    "104211": Look(OLIVE, "ponytail", ESPRESSO, DARK, lashes=True),
    "104217": Look(PORCELAIN, "waves", BLOND, BLUE, smile="closed", lashes=True, freckles=True),
    "104222": Look(FAIR, "side part", AUBURN, GREEN, freckles=True, jaw=0.04),
    "104230": Look(FAIR, "short", CHESTNUT, HAZEL, smile="plain", jaw=0.05),
    "104238": Look(SAND, "side part", ESPRESSO, BLUE, smile="plain", jaw=0.06),
    "104245": Look(TAN, "braids", BLACK, DARK, lashes=True, glasses=True),
    "104251": Look(UMBER, "fade", BLACK, DARK, jaw=0.05),
    "104256": Look(SAND, "bob", BLACK, DARK, lashes=True),
    "104263": Look(PORCELAIN, "long", CHESTNUT, GREEN, lashes=True, cap=True),
    "104270": Look(TAN, "short", BLACK, DARK, jaw=0.06, cap=True),
    "104278": Look(OLIVE, "hijab", (46, 92, 106), DARK, lashes=True, cap=True, covers_hair=True),
    "104284": Look(UMBER, "twists", BLACK, DARK),
}

CAPLESS: dict[str, Look] = {student: replace(look, cap=False) for student, look in STUDENTS.items()}
"""The same students on any other day than that of their graduation."""

EXTRAS: tuple[Look, ...] = (
    Look(SAND, "bun", CHESTNUT, HAZEL, lashes=True),
    Look(BROWN, "braids", BLACK, DARK, lashes=True),
    Look(FAIR, "short", BLOND, BLUE, jaw=0.05),
    Look(UMBER, "fade", BLACK, DARK, glasses=True, jaw=0.05),
    Look(OLIVE, "long", BLACK, DARK, lashes=True),
    Look(PORCELAIN, "curls", AUBURN, GREEN, freckles=True, lashes=True),
    Look(TAN, "side part", BLACK, DARK, jaw=0.05),
    Look(SAND, "bob", HONEY, GREEN, lashes=True, glasses=True),
)

TEACHER = Look(OLIVE, "side part", (96, 90, 88), HAZEL, smile="closed", glasses=True, stubble=True, jaw=0.08)
