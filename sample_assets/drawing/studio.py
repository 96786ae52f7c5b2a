"""School portraits: who sat on which day, before which backdrop, and in what; and the photographer's index of them.

The index is after PSPA: 13 columns with tabs, Windows line ends. Its volume is the folder that the portraits lie in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from drawing.canvas import Canvas, Gradient, Picture
from drawing.cast import CAPLESS
from drawing.figures import Outfit, Pose, draw_person
from drawing.shapes import Color, dice, ellipse, mix

NAVY: Color = (38, 54, 96)
COLUMNS = (
    "Volume Name", "Image Folder", "Image File Name", "Grade", "Last Name", "First Name", "Home Room", "Period",
    "Teacher Name", "Track", "Department", "Title", "Image Size",
)  # fmt: skip
VOLUME = "PORTRAITS"
HOME_ROOMS = {"09": ("12", "Delgado"), "10": ("21", "Sorensen"), "11": ("27", "Abbott"), "12": ("33", "Whitaker")}
"""The home room and its teacher, by grade."""


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A mottled cloth: its base, the light on it and where that ends, its bright and dim spots, the dark at the edges."""

    seed: str
    base: Color
    glow: Color
    rim: Color
    bright: Color
    dim: Color
    edge: Color = (20, 24, 44)


SLATE = Backdrop("portrait", (64, 84, 110), (158, 180, 196), (58, 76, 102), (190, 206, 214), (52, 68, 96))
MOSS = Backdrop("moss", (78, 96, 80), (176, 190, 160), (70, 88, 72), (202, 212, 184), (60, 78, 64), (22, 30, 24))
UMBER = Backdrop("umber", (112, 88, 72), (204, 180, 152), (104, 80, 66), (222, 202, 174), (88, 66, 56), (40, 26, 22))
PEARL = Backdrop(
    "pearl", (146, 148, 156), (224, 224, 224), (138, 140, 150), (236, 236, 234), (120, 122, 134), (52, 54, 66)
)
PLUM = Backdrop("plum", (94, 78, 104), (186, 170, 190), (86, 70, 98), (208, 194, 210), (72, 58, 86), (30, 22, 40))


@dataclass(frozen=True, slots=True)
class Sitting:
    """One portrait: its number, whose it is, when it was taken (`YYYY-MM-DDTHH:MM:SS`), and how it is arranged.

    `lean` and `nod` are tilts in degrees, `x` the middle of the face in pixels; `smile` replaces the student's usual one.
    """

    number: int
    student: str
    taken: str
    backdrop: Backdrop
    outfit: Outfit
    lean: float = 0.0
    nod: float = 0.0
    x: float = 600.0
    smile: str | None = None

    @property
    def file(self) -> str:
        """The name of its file: a running number without a name or student number."""
        return f"portrait-{self.number:04}.jpg"


SITTINGS = (
    Sitting(
        417, "104217", "2026-09-09T09:31:20", SLATE, Outfit("blazer", NAVY, (206, 222, 240)), lean=-2, nod=4, x=590
    ),
    Sitting(418, "104203", "2026-09-09T09:34:05", UMBER, Outfit("blazer", (126, 46, 40), (244, 232, 212)), 2, -4, 610),
    Sitting(419, "104256", "2026-09-09T09:37:48", MOSS, Outfit("sweater", (214, 178, 92)), -2, 5, 590),
    Sitting(420, "104211", "2026-09-09T10:02:11", SLATE, Outfit("sweater", (34, 110, 116)), 2, -3, 585),
    Sitting(
        421,
        "104230",
        "2026-09-09T10:05:30",
        PEARL,
        Outfit("polo", (60, 96, 156), (236, 240, 246)),
        -2,
        4,
        604,
        "closed",
    ),
    Sitting(422, "104245", "2026-09-09T10:31:02", PLUM, Outfit("blazer", (72, 52, 92), (238, 226, 240)), 2, -5, 606),
    Sitting(
        423,
        "104222",
        "2026-09-10T08:45:17",
        SLATE,
        Outfit("hoodie", (92, 98, 108), (226, 228, 232)),
        1,
        -7,
        618,
        "plain",
    ),
    Sitting(424, "104251", "2026-09-10T08:48:39", UMBER, Outfit("polo", (236, 184, 70), (40, 58, 104)), -3, 5, 592),
    Sitting(425, "104263", "2026-09-10T08:52:20", MOSS, Outfit("blazer", (44, 62, 58), (244, 240, 228)), 2, -5, 608),
    Sitting(426, "104270", "2026-09-10T08:56:01", PEARL, Outfit("blazer", (52, 56, 66), (198, 216, 236)), -2, 3, 594),
    Sitting(427, "104278", "2026-09-10T09:00:44", PLUM, Outfit("sweater", (222, 206, 186)), 2, -4, 604),
    Sitting(428, "104284", "2026-09-10T09:04:13", SLATE, Outfit("sweater", (146, 54, 58)), -2, 5, 592),
    Sitting(429, "104222", "2026-10-13T13:20:36", UMBER, Outfit("blazer", NAVY, (232, 236, 240)), -2, 4, 596),
)
"""Every portrait of the fall. Owen was not there; Jonah came back on the day of retakes."""


def portrait(sitting: Sitting) -> Picture:
    """Draw a studio portrait: one student before a mottled backdrop, without a graduate's cap."""
    canvas = _hung(sitting.backdrop).copy()
    canvas.fill(ellipse(720, 860, 430, 620), (24, 30, 52), blur=110, opacity=0.5)
    look = CAPLESS[sitting.student]
    if sitting.smile is not None:
        look = replace(look, smile=sitting.smile)
    face = draw_person(canvas, look, sitting.outfit, Pose(sitting.x, 660, 318, lean=sitting.lean, nod=sitting.nod))
    canvas.fill(ellipse(360, 420, 420, 520), (255, 236, 206), blur=150, opacity=0.16, light=True)
    canvas.shade_edges(sitting.backdrop.edge, 0.8)
    return Picture(canvas.finish(), {sitting.student: face})


@cache
def _hung(cloth: Backdrop) -> Canvas:
    """Hang a cloth behind the chair: its mottles take half of the drawing, and stay the same all day."""
    rng = dice(cloth.seed)
    canvas = Canvas(1200, 1500, cloth.base)
    canvas.fill(ellipse(560, 620, 1000, 1100), Gradient(cloth.glow, cloth.rim, "out"))
    for _ in range(70):
        tone = mix(cloth.bright, cloth.dim, rng.random())
        spot = ellipse(rng.uniform(0, 1200), rng.uniform(0, 1500), rng.uniform(60, 190), rng.uniform(40, 130))
        canvas.fill(spot, tone, blur=60, opacity=0.22)
    return canvas


def index(rows: Iterable[tuple[Sitting, str, str, str]]) -> bytes:
    """Return `INDEX.TXT`: a line for each portrait, given with its student's grade, family name and given name."""
    lines = [COLUMNS]
    for sitting, grade, last, first in rows:
        room, teacher = HOME_ROOMS[grade]
        lines.append((VOLUME, "", sitting.file, grade, last, first, room, "", teacher, "", "", "", "Large"))
    return "".join("\t".join(line) + "\r\n" for line in lines).encode()
