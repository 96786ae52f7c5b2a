"""Where and when a student appears, as a copy takes it: from tags to the words of redaction, and their digest. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple
from itertools import pairwise
from typing import Any

from dam_plugin.model import Appearance, Keyframe, Region, Tagging
from dam_plugin.redaction.model import Person, TimedRegion

# Seconds between two keyframes of one box. In a longer gap somebody may leave, come back elsewhere or turn up twice:
# whoever marks a box that moves says where it is at least so often.
MOST_APART = 10.0


def presence_of(appearance: Appearance) -> Person:
    """Return where and when a student appears.

    Between two neighbouring keyframes at most MOST_APART seconds apart the box is the union of both. A keyframe without
    such a neighbour covers its own moment alone.
    """
    return Person(
        label=appearance.student,
        regions=appearance.regions,
        timed=_timed(appearance.keyframes),
        intervals=appearance.intervals,
    )


def places(tagging: Tagging, students: Iterable[str]) -> str:
    """Return the digest of where these students appear: a copy that hides them is good only while it stays the same."""
    wanted = frozenset(students)
    where = {each.student: _where(each) for each in tagging.appearances if each.student in wanted}
    return hashlib.sha256(json.dumps(where, sort_keys=True).encode()).hexdigest()


def _where(appearance: Appearance) -> Any:  # noqa: ANN401 - plain data
    regions = sorted([r.x, r.y, r.w, r.h] for r in appearance.regions)
    if not (appearance.intervals or appearance.keyframes):
        # As it was before a recording had times: links that were handed out then are as good as they were.
        return regions
    return {
        "regions": regions,
        "intervals": sorted([each.start, each.end] for each in appearance.intervals),
        "keyframes": sorted([each.at, *astuple(each.region)] for each in appearance.keyframes),
    }


def _timed(keyframes: Iterable[Keyframe]) -> tuple[TimedRegion, ...]:
    at = _boxes_by_moment(keyframes)
    between = [TimedRegion(one, other, _union(at[one], at[other])) for one, other in _neighbours(at)]
    alone = [TimedRegion(moment, moment, at[moment]) for moment in _alone(at)]
    return tuple(sorted((*between, *alone), key=lambda each: each.start))


def moments_alone(appearance: Appearance) -> tuple[float, ...]:
    """Return the moments, in seconds, of keyframes that have no neighbour: what is between them nobody has marked."""
    return tuple(_alone(_boxes_by_moment(appearance.keyframes)))


def _boxes_by_moment(keyframes: Iterable[Keyframe]) -> dict[float, Region]:
    """Return the box of each moment, in the order of time; of several at one moment, the box around them."""
    boxes: dict[float, Region] = {}
    for each in sorted(keyframes, key=lambda each: each.at):
        boxes[each.at] = _union(boxes.get(each.at, each.region), each.region)
    return boxes


def _neighbours(moments: Iterable[float]) -> list[tuple[float, float]]:
    return [(one, other) for one, other in pairwise(moments) if other - one <= MOST_APART]


def _alone(moments: Iterable[float]) -> list[float]:
    ordered = list(moments)
    paired = {moment for pair in _neighbours(ordered) for moment in pair}
    return [moment for moment in ordered if moment not in paired]


def _union(one: Region, other: Region) -> Region:
    """Return the box around two boxes."""
    if one == other:
        return one
    left, top = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.w, other.x + other.w), max(one.y + one.h, other.y + other.h)
    return Region(left, top, right - left, bottom - top)
