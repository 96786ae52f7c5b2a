"""Regions, focus areas and counts -> focus | incidental | unknown, each with its reason. No I/O.

Only a rule that declares a crowd makes anyone incidental: a small region alone says nothing. Unknown counts as focus.
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

In a picture of small faces the largest are still its subjects. Below this share being the largest says nothing: where
only two people of a crowd are marked, each is near the largest (a photographed hall gives them 0.5 to 0.7 %).
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a person's prominence depends on besides their own regions.

    `people`: how many are named or seen; `largest`: the largest person's region, as a share of the picture; `crowd`: a
    rule declares a crowd or a background.
    """

    people: int
    largest: float = 0.0
    crowd: bool = False


def judge(regions: Sequence[Region], scene: Scene, *, subject: bool = False) -> tuple[Prominence, str]:
    """Return how prominent one person is, and why in plain words."""
    share = max((region.area for region in regions), default=0.0)
    near_largest = share >= NEAR_LARGEST * scene.largest
    if subject:
        return "focus", "the file marks the region as the main subject"
    if scene.people == 1 and (scene.crowd or len(regions) <= 1):
        return "focus", "nobody else is named or seen"
    if share >= FOCUS_SHARE and near_largest:
        return "focus", f"the region covers {share:.1%} of the picture and is among the largest"
    if share >= CLOSE_SHARE and near_largest:
        return "unknown", f"the region covers only {share:.1%} of the picture, but is among the largest"
    if scene.crowd and 0 < share < INCIDENTAL_SHARE:
        return "incidental", f"the region covers only {share:.1%} of the picture, which a rule declares a crowd"
    return "unknown", "nothing says that this is a subject, nor that it is a small figure in a declared crowd"
