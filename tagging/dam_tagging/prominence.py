"""Regions, focus areas, titles and counts -> focus | incidental | unknown, each with its reason. No I/O.

Only a rule that declares a crowd makes a person incidental. A small region alone is no reason. Unknown counts as focus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dam_tagging.facts import Prominence, Region

FOCUS_SHARE = 0.02
"""A region of at least this share of the picture (14 % of each side) shows a subject, if it is near the largest."""

NEAR_LARGEST = 0.5
"""A region of at least this part of the largest one's area is near it."""

INCIDENTAL_SHARE = 0.01
"""A region below this share of the picture (10 % of each side) is small."""

CLOSE_SHARE = 0.0075
"""A small region of at least this share of the picture (9 % of each side) that is near the largest is not background.

In a picture of small faces the largest are still its subjects. Below this share, being the largest means nothing: if only
two people of a crowd are marked, each is near the largest (0.5 to 0.7 % each in a picture of a hall).
"""

STANDS_SHARE = 0.002
"""A face may belong to the crowd behind the subjects if it has at most this share of the picture (4.5 % of each side),"""

STANDS_BESIDE = 0.2
"""… if its area is at most this part of the largest face's (less than half of its width),"""

STANDS_LEAST = 15
"""… and if there are at least this many such faces. Fewer small faces are bystanders, a bench or a second row: a person
has to name them.

Tried on the sample recordings: at the pep rally, eighteen faces behind five have 0.02 to 0.2 % of the picture and at most
0.2 of the largest face. In the hallway, two faces have 0.2 %, and there is no larger face.
"""

CENTRE = 0.05
"""A focus area whose centre is at most this far from the picture's centre is ignored: cameras write it by default."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The facts of a recording that a person's prominence depends on, besides the facts about that person.

    `people`: how many people are named or seen. `shares`: all people's regions, as shares of the picture. `crowd`: a rule
    declares a crowd or a background. `focus_area`: the camera's focus.
    """

    people: int
    shares: tuple[float, ...] = ()
    crowd: bool = False
    focus_area: Region | None = None

    @property
    def largest(self) -> float:
        """The largest person's region, as a share of the picture."""
        return max(self.shares, default=0.0)


def crowd_among(faces: Sequence[Region], scene: Scene) -> frozenset[Region]:
    """Return the faces without a name that belong to a crowd. They need no name.

    Each face is judged like a region. Without a rule that declares a crowd, many small faces beside a much larger face
    are spectators.
    """
    most = min(STANDS_SHARE, STANDS_BESIDE * scene.largest)
    stands = frozenset(face for face in faces if face.area <= most)
    background = stands if len(stands) >= STANDS_LEAST else frozenset()
    if not scene.crowd:
        return background
    return background.union(face for face in faces if _by_size([face], scene)[0] == "incidental")


def judge(
    regions: Sequence[Region], scene: Scene, *, subject: bool = False, titled: str | None = None
) -> tuple[Prominence, str]:
    """Return how prominent one person is, and the reason in plain words.

    `subject`: a region is marked as the main subject (IPTC's mainSubjectArea). `titled`: the property of a caption or
    title that names only this person.
    """
    prominence, why = _by_size(regions, scene)
    if subject:
        return "focus", "the file marks the region as the main subject"
    if scene.people == 1 and (scene.crowd or len(regions) <= 1):
        return "focus", "nobody else is named or seen"
    if titled:
        return "focus", f"{titled} names this student and nobody else"
    # This is a weak sign: it makes no person less prominent, and people in a crowd stay incidental.
    if prominence == "unknown" and _is_focused_on(regions, scene.focus_area):
        return "focus", "the camera focused on the region"
    return prominence, why


def _by_size(regions: Sequence[Region], scene: Scene) -> tuple[Prominence, str]:
    share = max((region.area for region in regions), default=0.0)
    if not share:
        return "unknown", "nothing says where in the picture this student is, nor that this is its subject"
    near_largest = share >= NEAR_LARGEST * scene.largest
    covers = f"covers {share:.1%} of the picture and is {_rank(share, scene.shares)}"
    if share >= FOCUS_SHARE and near_largest:
        return "focus", f"the region {covers}"
    if share >= CLOSE_SHARE and near_largest:
        return "unknown", f"the region {covers}, too small for a subject and too near the largest for the background"
    if scene.crowd and share < INCIDENTAL_SHARE:
        return "incidental", f"the region {covers}, in what a rule declares a crowd"
    return "unknown", f"the region {covers}: neither a subject by its size, nor a small figure in a declared crowd"


def _rank(share: float, shares: Sequence[float]) -> str:
    """Return a text that says how many regions are larger."""
    larger = sum(other > share for other in shares)
    if len(shares) <= 1:
        return "the only one"
    return f"number {larger + 1} of {len(shares)} by size" if larger else f"the largest of {len(shares)}"


def _is_focused_on(regions: Sequence[Region], area: Region | None) -> bool:
    if area is None:
        return False
    x, y = area.x + area.w / 2, area.y + area.h / 2
    if max(abs(x - 0.5), abs(y - 0.5)) <= CENTRE:
        return False
    return any(one.x <= x <= one.x + one.w and one.y <= y <= one.y + one.h for one in regions)
