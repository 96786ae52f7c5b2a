"""Finds where and when a student appears in a recording, in the terms of redaction, with a digest of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from itertools import pairwise
from typing import Any

from dam_plugin.model import Appearance, Interval, Keyframe, Region, Tagging
from dam_plugin.redaction.model import Person, TimedRegion
from dam_tagging.depicted import is_within, shows_one_face

# Seconds between two moments of one box. In a longer gap somebody may leave, come back elsewhere or turn up twice:
# so a moving box has to be marked at least this often, or for a stretch.
MOST_APART = 1.0
# Decimal places that count in a time: 0.3 s and 1.3 s are one second apart in spite of rounding.
DIGITS = 6


def has_time(media_type: str) -> bool:
    """Whether it is a recording of sound or moving pictures, in which somebody may come and go."""
    return media_type.startswith(("audio/", "video/"))


def is_located(appearance: Appearance, media_type: str) -> bool:
    """Whether it is known where or when a student appears; in audio and video a box without a time does not say so."""
    if has_time(media_type):
        return bool(appearance.intervals or appearance.keyframes or appearance.heard)
    return appearance.located


def presence_of(appearance: Appearance, media_type: str) -> tuple[Person, ...]:
    """Return where and when a student appears: seen, and separately the times at which they are only heard.

    Two moments at most MOST_APART seconds apart have the box around both between them; a moment without such a neighbour
    covers itself alone. A box outside of the stated presence counts as presence too.
    """
    boxes, stated = timed_boxes(appearance), appearance.intervals
    beyond = _without((Interval(each.start, each.end) for each in boxes), stated) if stated else ()
    seen = Person(
        label=appearance.student,
        # A box without a time was drawn at one unknown moment, and people move.
        regions=() if has_time(media_type) else appearance.regions,
        timed=boxes,
        intervals=(*stated, *beyond),
    )
    if not appearance.heard:
        return (seen,)
    heard = Person(appearance.student, intervals=appearance.heard, heard_only=True)
    return (seen, heard) if seen.regions or seen.timed or seen.intervals else (heard,)


def with_whole_faces(appearance: Appearance, faces: Sequence[Region]) -> Appearance:
    """Return a student in a picture with the whole of each face that one of their boxes is drawn on.

    A box that was drawn too small, or beside the middle, hides all of the face that a detector found there.
    """
    more = [
        face
        for face in faces
        if any(shows_one_face(box, face) for box in appearance.regions)
        and not any(is_within(face, box) for box in appearance.regions)
    ]
    return replace(appearance, regions=(*appearance.regions, *more)) if more else appearance


def first_stretch_without_box(appearance: Appearance) -> Interval | None:
    """Return the first stretch of a student's stated presence in which no box of a time holds, or None."""
    held = (Interval(each.start, each.end) for each in timed_boxes(appearance))
    return next(_without(appearance.intervals, held), None)


def timed_boxes(appearance: Appearance) -> tuple[TimedRegion, ...]:
    """Return the boxes of a student's keyframes for as long as each of them holds, in the order of time."""
    stretches = [
        TimedRegion(each.at, each.until, each.region) for each in appearance.keyframes if each.until is not None
    ]
    moments, ends = _moments(appearance.keyframes), _ends(appearance.keyframes)
    # Also for moments alone: a stretch that ends between two moments does not shorten the time between these.
    between = [
        TimedRegion(*pair, box_around(*map(at.__getitem__, pair))) for at in (moments, ends) for pair in _neighbours(at)
    ]
    alone = [TimedRegion(moment, moment, moments[moment]) for moment in lone_moments(appearance)]
    return tuple(sorted({*stretches, *between, *alone}, key=astuple))


def lone_moments(appearance: Appearance) -> tuple[float, ...]:
    """Return the moments, in seconds, of keyframes without a neighbour: the time between them is not marked."""
    paired = {moment for pair in _neighbours(_ends(appearance.keyframes)) for moment in pair}
    return tuple(moment for moment in _moments(appearance.keyframes) if moment not in paired)


def places_digest(tagging: Tagging, students: Iterable[str]) -> str:
    """Return the digest of where these students appear: a copy that hides them is good only while it stays the same."""
    wanted = frozenset(students)
    where = {each.student: _where(each) for each in tagging.appearances if each.student in wanted}
    return hashlib.sha256(json.dumps(where, sort_keys=True).encode()).hexdigest()


def _where(appearance: Appearance) -> Any:  # noqa: ANN401 - plain data
    regions = sorted([r.x, r.y, r.w, r.h] for r in appearance.regions)
    if not (appearance.intervals or appearance.keyframes or appearance.heard):
        # The digest from before recordings had times: links from then stay valid.
        return regions
    return {
        "regions": regions,
        "intervals": _times(appearance.intervals),
        "keyframes": sorted(
            [e.at, e.at if e.until is None else e.until, *astuple(e.region)] for e in appearance.keyframes
        ),
        "heard": _times(appearance.heard),
    }


def _times(stretches: Iterable[Interval]) -> list[list[float]]:
    return sorted([each.start, each.end] for each in stretches)


def _moments(keyframes: Iterable[Keyframe]) -> dict[float, Region]:
    """Return the box of each moment that is marked by itself, in the order of time."""
    return _boxes_by_time((each.at, each.region) for each in keyframes if each.until is None)


def _ends(keyframes: Iterable[Keyframe]) -> dict[float, Region]:
    """Return the box of each moment, and at both ends of each stretch, in the order of time."""
    return _boxes_by_time((at, each.region) for each in keyframes for at in (each.at, each.until) if at is not None)


def _boxes_by_time(marked: Iterable[tuple[float, Region]]) -> dict[float, Region]:
    """Return the box at each time; of several, the box around them."""
    boxes: dict[float, Region] = {}
    for at, region in sorted(marked, key=lambda each: each[0]):
        boxes[at] = box_around(boxes.get(at, region), region)
    return boxes


def _neighbours(moments: Iterable[float]) -> list[tuple[float, float]]:
    return [(one, other) for one, other in pairwise(moments) if round(other - one, DIGITS) <= MOST_APART]


def _without(stretches: Iterable[Interval], taken: Iterable[Interval]) -> Iterator[Interval]:
    """Yield the parts of the stretches that lie in none of `taken`."""
    ordered = sorted(taken, key=lambda each: each.start)
    for each in stretches:
        reached = each.start
        for other in ordered:
            if reached < min(other.start, each.end):
                yield Interval(reached, min(other.start, each.end))
            reached = max(reached, other.end)
        if reached < each.end:
            yield Interval(reached, each.end)


def box_around(one: Region, other: Region) -> Region:
    """Return the box around two boxes."""
    if one == other:
        return one
    left, top = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.w, other.x + other.w), max(one.y + one.h, other.y + other.h)
    return Region(left, top, right - left, bottom - top)
