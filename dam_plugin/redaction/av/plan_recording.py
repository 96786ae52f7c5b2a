"""Plans the copy of a recording: when each person is present, and what is covered and silenced. Reads no file.

A voice identifies a person as a face does. If it is not known when a person is heard, they count as heard while seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.boxes import Rectangle, checked, grow, grown, own, usable
from dam_plugin.redaction.model import MOST_UNHEARD, Change, Order, Person, Recording, RecordingPlan, TimedRegion
from dam_plugin.redaction.plan_picture import NOBODY_STAYS, clock, listed, percent
from dam_tagging.facts import Interval, Region

SILENCED_SHARE = 0.5
"""The custodian is told if more than this share of the sound is silenced."""
LEAST_CLIP = 1.0
"""Seconds of the shortest stretch that is offered as a clip."""
MOMENT = 0.5
"""A box within this many seconds of a still's frame counts, since people set times by eye."""
NEAR = Fraction(1, 2000)
"""Seconds that a clip keeps from a person to hide: the person is still present in the last moment, and times are
rounded."""

CHANGES: Mapping[Change, str] = {
    "depth": "the copy's picture has 8 bits of each colour, and the recording's more",
    "chroma": "the copy's colours are coarser than the recording's (4:2:0), as in most videos",
    "even": "the copy's picture lacks the last row or column of the recording's, whose count is odd",
    "channels": "the copy's sound is in stereo, and the recording's has more channels",
    "bits": "the copy's sound has 16 bits a sample, and the recording's more",
}
"""The sentence for each loss that no copy can avoid."""

WHICH_STRETCH = "a recording is isolated by a stretch of it: say which one as START-END"


def plan_recording(recording: Recording, order: Order) -> RecordingPlan:
    """Return the plan for a copy of an audio or video file: covered places, silenced stretches, and the stretch that stays.

    A person's `regions` are covered throughout, `timed` ones during their time. In a video, boxes must cover all of a
    person's intervals, unless the person is `heard_only` or a clip leaves the intervals out. Sound is silenced in the
    person's intervals; without intervals, while a box holds. Raises CannotRedact for a person who cannot be hidden in
    this way, and for a clip in which a person to hide is present. That error names the person, the time, and the longest
    stretch without anybody to hide.
    """
    if not (math.isfinite(recording.duration) and recording.duration > 0):
        raise CannotRedact("the recording does not say how long it is: export it again, then share that")
    if order.isolate == "always" and order.clip is None:
        raise CannotRedact(WHICH_STRETCH)
    for person in order.hide:
        _check(recording, person, clipped=order.clip is not None)
    if order.clip is not None:
        _check_clip(recording, order.hide, order.clip)
    silenced = _merged(each for person in order.hide for each in _silenced(recording, person))
    return RecordingPlan(
        recording=recording,
        hidden=tuple(person.label for person in order.hide),
        boxes=tuple(box for person in order.hide for box in _boxes(recording, person)) if recording.size else (),
        silenced=silenced,
        clip=order.clip,
        sound=order.sound,
        facts=tuple(_facts(recording, order, silenced)),
    )


def presence(recording: Recording, person: Person) -> tuple[Interval, ...]:
    """Return the stretches in which a person is seen or heard, in order and with gaps between them."""
    return _merged([*_seen(recording, person), *person.intervals])


def longest_free_stretch(recording: Recording, hide: Sequence[Person]) -> Interval | None:
    """Return the longest stretch (the first of equals) in which no person of `hide` is present; None if there is none.

    Its ends are whole milliseconds, as in messages, and it can be ordered as a clip.
    """
    taken = _merged(each for person in hide for each in presence(recording, person))
    free = [_inside(each, recording) for each in _without(Interval(0, recording.duration), taken)]
    return max((each for each in free if each.start < each.end), key=lambda each: each.end - each.start, default=None)


def seen_at(order: Order, at: float, shown: Interval | None = None) -> Order:
    """Return the order for the picture of one moment of a video: it hides people at their places at `at` seconds.

    `shown` are the seconds in which the frame is on screen. A box counts if it holds in these seconds, or within MOMENT
    of their beginning or of `at`. The order leaves out a person who is absent at that moment (see `elsewhere`) or only
    heard. Raises CannotRedact for a person who is present without a box.
    """
    if order.clip is not None:
        raise CannotRedact("a still is one moment: ask for it without a clip")
    moment = _Moment(at, shown or Interval(at, at))
    hide = tuple(there for person in order.hide if (there := _person_at(person, moment)) is not None)
    keep = tuple(replace(person, regions=_regions_at(person, moment), timed=(), intervals=()) for person in order.keep)
    return replace(order, hide=hide, keep=keep, still=None)


def elsewhere(order: Order, there: Order) -> tuple[str, ...]:
    """Return a sentence for each person who is absent from a still; `there` is the order that `seen_at` returned."""
    hidden = {person.label for person in there.hide}
    return tuple(
        f"{person.label} is not in this moment, so that nothing is hidden for it"
        for person in order.hide
        if person.label not in hidden and not person.heard_only
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment of a video, and when its frame is on screen: up to the beginning of the next frame."""

    at: float
    shown: Interval

    def meets(self, each: Interval | TimedRegion) -> bool:
        begins = each.start <= self.at + MOMENT or each.start < self.shown.end
        return begins and each.end >= min(self.shown.start, self.at) - MOMENT


def _person_at(person: Person, at: _Moment) -> Person | None:
    regions = _regions_at(person, at)
    if regions:
        return replace(person, regions=regions, timed=(), intervals=())
    if person.heard_only:
        return None
    if any(map(at.meets, person.intervals)):
        raise CannotRedact(
            f"{person.label} is present at {clock(at.at)} and no box says where: add a box for that moment, or choose another"
        )
    if not person.timed and not person.intervals:
        raise CannotRedact(_nowhere(person))
    return None


def _regions_at(person: Person, at: _Moment) -> tuple[Region, ...]:
    return (*person.regions, *(each.region for each in person.timed if at.meets(each)))


def _check(recording: Recording, person: Person, *, clipped: bool) -> None:
    """Raise CannotRedact unless the person can be hidden during the whole presence."""
    stretches: tuple[Interval | TimedRegion, ...] = (*person.intervals, *person.timed)
    for each in stretches:
        _check_times(recording, person, each)
    for region in (*person.regions, *(each.region for each in person.timed)):
        checked(person.label, region)
    boxed = bool(person.regions or person.timed)
    if not boxed and not person.intervals:
        raise CannotRedact(_nowhere(person))
    if recording.size is None and not person.intervals:
        raise CannotRedact(f"nothing says when {person.label} is heard, and there is no picture: add intervals")
    if clipped or recording.size is None:
        return
    if not person.heard_only:
        _check_covered(recording, person)
    elif not boxed and not recording.sound:
        raise CannotRedact(f"{person.label} has no box, and there is no sound to silence: draw a box")


def _check_times(recording: Recording, person: Person, each: Interval | TimedRegion) -> None:
    if not (math.isfinite(each.start) and math.isfinite(each.end) and each.start < each.end):
        raise CannotRedact(f"a stretch of {person.label} does not end after it starts: write it START-END in seconds")
    if each.end <= 0 or each.start >= recording.duration:
        raise CannotRedact(
            f"a stretch of {person.label}, {_told(each)}, lies outside of the recording, which ends at "
            f"{clock(recording.duration)}: correct its times"
        )


def _check_covered(recording: Recording, person: Person) -> None:
    boxes = _merged(_seen(recording, person))
    for each in person.intervals:
        present = Interval(max(each.start, 0), min(each.end, recording.duration))
        bare = next(_without(present, boxes), None)
        if bare is not None:
            raise CannotRedact(
                f"no box over the whole presence of {person.label}: none from {_told(bare)}; add keyframes there"
            )


def _check_clip(recording: Recording, hide: Sequence[Person], clip: Interval) -> None:
    if not (math.isfinite(clip.start) and 0 <= clip.start < clip.end <= recording.duration):
        raise CannotRedact(
            f"the clip must lie within the recording, from 0:00.000 to {clock(recording.duration)}, and end after it starts"
        )
    free = longest_free_stretch(recording, hide)
    remedy = "cover and silence them instead" if free is None else f"the longest stretch without them is {_told(free)}"
    for person in hide:
        for each in presence(recording, person):
            if Fraction(each.start) - NEAR < clip.end and clip.start < Fraction(each.end) + NEAR:
                raise CannotRedact(f"{person.label} is present in the clip, from {_told(each)}: {remedy}")


def _boxes(recording: Recording, person: Person) -> Iterator[TimedRegion]:
    yield from (TimedRegion(0, recording.duration, grow(region)) for region in person.regions)
    yield from (TimedRegion(each.start, each.end, grow(each.region)) for each in person.timed)


def _seen(recording: Recording, person: Person) -> Iterator[Interval]:
    if person.regions:
        yield Interval(0, recording.duration)
    yield from (Interval(each.start, each.end) for each in person.timed)


def _silenced(recording: Recording, person: Person) -> Iterable[Interval]:
    if not recording.sound:
        return ()
    return person.intervals or _seen(recording, person)


def _facts(recording: Recording, order: Order, silenced: Sequence[Interval]) -> Iterator[str]:
    yield from (CHANGES[each] for each in recording.changes)
    if not order.hide:
        return
    # Choosing a stretch of a voice reveals nothing about others who are present, and a clip hides no person.
    if not order.keep and order.clip is None and any(not person.heard_only for person in order.hide):
        yield NOBODY_STAYS
    touched = [person.label for person in order.keep if _touched(recording, person, order.hide)]
    if touched:
        yield f"hiding comes before keeping: for a while the boxes cover a part of {listed(touched)}"
    share = sum(min(each.end, recording.duration) - max(each.start, 0) for each in silenced) / recording.duration
    if share > SILENCED_SHARE:
        yield f"{percent(share)} of the sound is taken out: {MOST_UNHEARD}"
    free = longest_free_stretch(recording, order.hide) if order.clip is None else None
    if free is not None and free.end - free.start >= LEAST_CLIP:
        length = percent((free.end - free.start) / recording.duration)
        yield f"nobody to hide is present from {_told(free)} ({length} of the recording): it can be isolated instead"


def _touched(recording: Recording, person: Person, hide: Sequence[Person]) -> bool:
    faces = [each for each in _drawn(recording, person) if usable(each.region)]
    boxes = [each for other in hide for each in _drawn(recording, other)]
    return any(
        face.start < box.end and box.start < face.end and _meet(own(face.region), grown(box.region))
        for face in faces
        for box in boxes
    )


def _drawn(recording: Recording, person: Person) -> Iterator[TimedRegion]:
    yield from (TimedRegion(0, recording.duration, region) for region in person.regions)
    yield from person.timed


def _meet(one: Rectangle, other: Rectangle) -> bool:
    across = one.left < other.right and other.left < one.right
    return across and one.top < other.bottom and other.top < one.bottom


def _merged(stretches: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for each in sorted(stretches, key=lambda each: (each.start, each.end)):
        if merged and each.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return tuple(merged)


def _without(stretch: Interval, taken: Sequence[Interval]) -> Iterator[Interval]:
    """Yield the parts of `stretch` outside of `taken`. The stretches of `taken` are in order and do not touch."""
    reached = stretch.start
    for each in taken:
        if min(each.start, stretch.end) > reached:
            yield Interval(reached, min(each.start, stretch.end))
        reached = max(reached, each.end)
    if reached < stretch.end:
        yield Interval(reached, stretch.end)


def _inside(free: Interval, recording: Recording) -> Interval:
    """Return the part of a free stretch that a clip may hold, in whole milliseconds."""
    start = math.ceil((Fraction(free.start) + 2 * NEAR) * 1000) / 1000 if free.start > 0 else 0.0
    if free.end >= recording.duration:
        return Interval(start, recording.duration)
    return Interval(start, math.floor((Fraction(free.end) - 2 * NEAR) * 1000) / 1000)


def _told(each: Interval | TimedRegion) -> str:
    return f"{clock(each.start)} to {clock(each.end)}"


def _nowhere(person: Person) -> str:
    return f"nothing says where or when {person.label} is present: draw a box, or add intervals"
