"""Derives from the order when and where a copy of a recording has to hide people, with the prover's own code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Order, Person, TimedRegion
from dam_plugin.redaction.proof.hidden_boxes import Edges, grown
from dam_tagging.facts import Interval, Region

Stretch = tuple[Fraction, Fraction]
"""(start, end) in seconds."""
ALWAYS: Stretch = (Fraction(0), Fraction(10**9))


@dataclass(frozen=True, slots=True)
class Box:
    """A grown box of the upright picture, and its seconds in the source. It may hold to the end."""

    start: Fraction
    end: Fraction | None
    edges: Edges


def kept(order: Order) -> Stretch:
    """Return the stretch of the source that stays, in seconds of the source."""
    return ALWAYS if order.clip is None else (Fraction(order.clip.start), Fraction(order.clip.end))


def unplaced(order: Order, *, has_picture: bool, has_sound: bool) -> Iterator[str]:
    """Yield a failure for each person whose presence has no box at some time, and for each impossible time."""
    if order.clip is not None and not _is_stretch(order.clip):
        yield "the clip does not end after it starts"
        return
    for person in order.hide:
        times: list[Interval | TimedRegion] = [*person.intervals, *person.timed]
        if not all(map(_is_stretch, times)):
            yield f"a stretch of {person.label} does not end after it starts"
            continue
        for number, region in enumerate(_regions(person), 1):
            try:
                grown(region)
            except NotProven as error:
                yield from (f"box {number} of {person.label} {failure}" for failure in error.failures)
        yield from _nowhere(person, kept(order), has_picture=has_picture, has_sound=has_sound)


def boxes(order: Order) -> Iterator[Box]:
    """Yield each box that the copy must fill."""
    for person in order.hide:
        yield from (Box(Fraction(0), None, grown(region)) for region in person.regions)
        for each in person.timed:
            yield Box(_written(each.start), _written(each.end), grown(each.region))


def left_out(order: Order, there: Order, start: float, end: float) -> Iterator[str]:
    """Yield a failure for each person who must be hidden in a still and is missing from `there`, the order for its picture.

    The frame of the still is on screen from `start` until just before `end`, in seconds.
    """
    hidden = {person.label: set(person.regions) for person in there.hide}

    def is_on(each: Interval | TimedRegion) -> bool:
        return _written(each.start) < _written(end) and _written(start) <= _written(each.end)

    for person in order.hide:
        places = {*person.regions, *(each.region for each in person.timed if is_on(each))}
        if not places <= hidden.get(person.label, set()):
            yield f"{person.label} is in the picture and is not hidden there"
        elif not places and not person.heard_only and any(map(is_on, person.intervals)):
            yield f"no box covers {person.label} in the picture"


def silences(order: Order, within: Stretch) -> list[Stretch]:
    """Return the stretches to silence, in seconds of the copy, in order and with gaps between them.

    A person without known times of being heard counts as heard while seen.
    """
    asked = [each for person in order.hide for each in _stretches(person.intervals) or _seen(person)]
    return [
        (max(start, within[0]) - within[0], min(end, within[1]) - within[0])
        for start, end in _merged(asked)
        if start < within[1] and end > within[0]
    ]


def _nowhere(person: Person, within: Stretch, *, has_picture: bool, has_sound: bool) -> Iterator[str]:
    seen, heard = _merged(_seen(person)), _stretches(person.intervals)
    if not seen and not heard:
        yield f"nothing says where or when {person.label} is present"
    elif not has_picture:
        if not heard:
            yield f"nothing says when {person.label} is heard"
    elif person.heard_only:
        # A stretch that is not in the copy needs no box.
        if not seen and not has_sound and any(a < within[1] and within[0] < b for a, b in heard):
            yield f"{person.label} has no box"
    elif any(not _covered((max(a, within[0]), min(b, within[1])), seen) for a, b in heard):
        yield f"no box covers {person.label} for the whole presence"


def _written(seconds: float) -> Fraction:
    """Return a time exactly as it was written. As a float, 0.3 is a little less, and a frame may begin exactly at 0.3."""
    return Fraction(round(seconds * 1_000_000), 1_000_000)


def _seen(person: Person) -> list[Stretch]:
    return [ALWAYS] if person.regions else _stretches(person.timed)


def _stretches(each: Iterable[Interval | TimedRegion]) -> list[Stretch]:
    return [(Fraction(one.start), Fraction(one.end)) for one in each]


def _regions(person: Person) -> list[Region]:
    return [*person.regions, *(each.region for each in person.timed)]


def _is_stretch(each: Interval | TimedRegion) -> bool:
    return isfinite(each.start) and isfinite(each.end) and each.start < each.end


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _covered(stretch: Stretch, seen: list[Stretch]) -> bool:
    """Whether a stretch is empty or lies within one of `seen`, which are in order and do not touch."""
    return stretch[0] >= stretch[1] or any(start <= stretch[0] and stretch[1] <= end for start, end in seen)
