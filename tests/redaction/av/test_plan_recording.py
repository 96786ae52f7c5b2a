"""When people are present in a recording, and what a copy covers and silences while they are."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.av.plan_recording import CHANGES, elsewhere, longest_free_stretch, plan_recording, seen_at
from dam_plugin.redaction.boxes import grow
from dam_plugin.redaction.model import Change, Order, Person, Recording, RecordingPlan, TimedRegion
from dam_plugin.redaction.plan_picture import NOBODY_STAYS
from dam_tagging.facts import Interval, Region

FACE, OTHER = Region(0.4, 0.4, 0.1, 0.1), Region(0.1, 0.1, 0.1, 0.1)
VIDEO = Recording("video/mp4", 10, (1280, 720), sound=True)
SILENT = Recording("video/mp4", 10, (1280, 720), sound=False)
AUDIO = Recording("audio/wav", 10, None, sound=True)


def timed(*stretches: tuple[float, float], region: Region = FACE) -> tuple[TimedRegion, ...]:
    return tuple(TimedRegion(start, end, region) for start, end in stretches)


def times(*stretches: tuple[float, float]) -> tuple[Interval, ...]:
    return tuple(Interval(start, end) for start, end in stretches)


def planned(recording: Recording, *hide: Person, **more: object) -> RecordingPlan:
    return plan_recording(recording, Order(hide=hide, **more))  # type: ignore[arg-type]


def test_a_region_holds_over_the_whole_recording() -> None:
    plan = planned(VIDEO, Person("s1", (FACE,)))
    assert plan.boxes == (TimedRegion(0, 10, grow(FACE)),)
    assert (plan.recording, plan.hidden, plan.clip, plan.sound) == (VIDEO, ("s1",), None, "bleep")


def test_a_box_holds_for_a_while() -> None:
    assert planned(VIDEO, Person("s1", timed=timed((2, 4)))).boxes == (TimedRegion(2, 4, grow(FACE)),)


def test_nobody_to_hide_leaves_the_recording_as_it_is() -> None:
    assert planned(VIDEO, sound="silence") == RecordingPlan(VIDEO, sound="silence")


@pytest.mark.parametrize(
    ("person", "silenced"),
    [
        pytest.param(Person("s1", (FACE,), intervals=times((3, 4), (1, 2))), times((1, 2), (3, 4)), id="intervals"),
        pytest.param(Person("s1", (FACE,)), times((0, 10)), id="a region without intervals"),
        pytest.param(Person("s1", timed=timed((5, 6), (1, 2), (2, 4))), times((1, 4), (5, 6)), id="boxes for a while"),
        pytest.param(
            Person("s1", (FACE,), intervals=times((1, 3), (2, 4))), times((1, 4)), id="intervals that overlap"
        ),
    ],
)
def test_a_person_is_silenced_in_their_intervals_or_while_they_are_seen(
    person: Person, silenced: tuple[Interval, ...]
) -> None:
    assert planned(VIDEO, person).silenced == silenced


def test_a_video_without_sound_has_nothing_to_silence() -> None:
    assert planned(SILENT, Person("s1", timed=timed((1, 3)), intervals=times((1, 2)))).silenced == ()


def test_sound_alone_is_silenced_in_the_intervals() -> None:
    plan = planned(AUDIO, Person("s1", (FACE,), intervals=times((1, 2))))
    assert (plan.boxes, plan.silenced) == ((), times((1, 2)))


@pytest.mark.parametrize(
    ("recording", "person", "reason"),
    [
        pytest.param(VIDEO, Person("s1"), "nothing says where or when s1 is present", id="nothing is known"),
        pytest.param(VIDEO, Person("s1", intervals=times((1, 2))), "no box over the whole presence of s1", id="no box"),
        pytest.param(
            VIDEO,
            Person("s1", timed=timed((1, 2), (3, 5)), intervals=times((1, 5))),
            "none from 0:02.000 to 0:03.000; add keyframes",
            id="a gap between boxes",
        ),
        pytest.param(
            VIDEO,
            Person("s1", timed=timed((1, 4)), intervals=times((2, 12))),
            "none from 0:04.000 to 0:10.000",
            id="boxes that end early",
        ),
        pytest.param(VIDEO, Person("s1", timed=timed((3, 3))), "does not end after it starts", id="one moment"),
        pytest.param(AUDIO, Person("s1", (FACE,)), "nothing says when s1 is heard", id="sound alone without intervals"),
        pytest.param(
            SILENT,
            Person("interval 1", intervals=times((1, 2)), heard_only=True),
            "no sound to silence: draw a box",
            id="heard in a silent video",
        ),
        pytest.param(AUDIO, Person("s1", intervals=times((2, 1))), "does not end after it starts", id="backwards"),
        pytest.param(AUDIO, Person("s1", intervals=times((1, math.nan))), "does not end after", id="not a number"),
        pytest.param(AUDIO, Person("s1", intervals=times((1, math.inf))), "does not end after", id="without end"),
        pytest.param(AUDIO, Person("s1", intervals=times((10, 12))), "lies outside of the recording", id="too late"),
        pytest.param(VIDEO, Person("s1", timed=timed((-3, 0))), "lies outside of the recording", id="too early"),
        pytest.param(
            VIDEO, Person("s1", timed=timed((1, 2), region=Region(0.1, 0.1, 0, 0))), "no face fits", id="no box"
        ),
    ],
)
def test_a_person_who_cannot_be_hidden_is_refused(recording: Recording, person: Person, reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        planned(recording, person)


@pytest.mark.parametrize("duration", [0, -1, math.nan, math.inf])
def test_a_recording_without_a_length_is_refused(duration: float) -> None:
    with pytest.raises(CannotRedact, match="how long it is"):
        planned(Recording("audio/wav", duration, None, sound=True), Person("s1", intervals=times((1, 2))))


def test_boxes_that_touch_cover_the_whole_presence() -> None:
    person = Person("s1", timed=timed((1, 2), (2, 5)), intervals=times((1, 5)))
    assert len(planned(VIDEO, person).boxes) == 2


def test_a_voice_needs_no_box() -> None:
    plan = planned(VIDEO, Person("interval 1", intervals=times((1, 2)), heard_only=True))
    assert (plan.boxes, plan.silenced) == ((), times((1, 2)))


def test_a_box_with_intervals_that_are_only_heard_says_nothing_of_the_sound() -> None:
    plan = planned(VIDEO, Person("box 1", timed=timed((3, 4)), intervals=times((1, 2)), heard_only=True))
    assert (plan.boxes, plan.silenced) == ((TimedRegion(3, 4, grow(FACE)),), times((1, 2)))


# Clips and facts


def test_a_clip_without_anybody_to_hide_is_planned() -> None:
    plan = planned(VIDEO, Person("s1", timed=timed((0, 4))), clip=Interval(4.001, 9), isolate="always")
    assert plan.clip == Interval(4.001, 9)


def test_a_clip_needs_no_box_for_those_whom_it_leaves_out() -> None:
    assert planned(VIDEO, Person("s1", intervals=times((0, 4))), clip=Interval(5, 9)).clip == Interval(5, 9)


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        pytest.param(
            Person("s1", timed=timed((2, 6))),
            "s1 is present in the clip, from 0:02.000 to 0:06.000: the longest stretch without them is 0:06.001 to 0:10.000",
            id="seen",
        ),
        pytest.param(Person("s1", intervals=times((8, 9)), heard_only=True), "from 0:08.000 to 0:09.000", id="heard"),
        pytest.param(Person("s1", (FACE,)), "cover and silence them instead", id="throughout"),
        pytest.param(Person("s1", timed=timed((1, 5))), "from 0:01.000 to 0:05.000", id="seen until it begins"),
        pytest.param(Person("s1", timed=timed((9, 10))), "from 0:09.000 to 0:10.000", id="seen when it ends"),
    ],
)
def test_a_clip_that_shows_somebody_to_hide_says_who_and_when(person: Person, reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        planned(VIDEO, person, clip=Interval(5, 9))


@pytest.mark.parametrize("clip", [(-1, 2), (3, 2), (3, 3), (3, 11), (math.nan, 3)], ids=str)
def test_a_clip_lies_within_the_recording(clip: tuple[float, float]) -> None:
    with pytest.raises(CannotRedact, match="must lie within the recording"):
        planned(VIDEO, clip=Interval(*clip))


def test_isolating_a_recording_needs_a_stretch() -> None:
    with pytest.raises(CannotRedact, match="START-END"):
        planned(VIDEO, Person("s1", (FACE,)), isolate="always")


def test_a_stretch_without_anybody_to_hide_is_offered() -> None:
    plan = planned(VIDEO, Person("s1", timed=timed((1, 4))), keep=(Person("s2", timed=timed((5, 6))),))
    offered = "nobody to hide is present from 0:04.001 to 0:10.000 (60 % of the recording): it can be isolated instead"
    assert plan.facts == (offered,)


def test_what_a_custodian_must_know_is_told() -> None:
    order = Order(
        hide=(Person("s1", (FACE,)),),
        keep=(Person("s2", timed=timed((1, 2))), Person("s3", timed=timed((1, 2), region=OTHER))),
    )
    assert plan_recording(VIDEO, order).facts == (
        "hiding comes before keeping: for a while the boxes cover a part of s2",
        "100 % of the sound is taken out: most of what was to be heard is gone",
    )


def test_nobody_named_who_stays_is_told() -> None:
    assert NOBODY_STAYS in planned(AUDIO, Person("s1", intervals=times((1, 2)))).facts


@pytest.mark.parametrize("change", list(CHANGES))
def test_what_no_copy_can_keep_is_told(change: Change) -> None:
    facts = planned(Recording("video/mp4", 10, (64, 64), sound=True, changes=(change,))).facts
    assert facts == (CHANGES[change],)


moments = st.floats(0, 10, allow_nan=False)
stretches = st.tuples(moments, moments).map(sorted).filter(lambda pair: pair[0] < pair[1]).map(lambda two: (*two,))


@given(st.lists(stretches, max_size=6))
def test_a_free_stretch_is_free_and_none_is_longer(taken: list[tuple[float, float]]) -> None:
    people = [Person(f"s{at}", intervals=times(each)) for at, each in enumerate(taken)]
    free = longest_free_stretch(AUDIO, people)
    length = 0.0
    if free is not None:
        assert 0 <= free.start < free.end <= 10
        assert not any(start <= free.end and free.start <= end for start, end in taken)
        assert planned(AUDIO, *people, clip=free).clip == free
        length = free.end - free.start
    edges = sorted({0.0, 10.0, *(edge for pair in taken for edge in pair)})
    for at, start in enumerate(edges):
        for end in edges[at + 1 :]:
            if not any(one < end and start < other for one, other in taken):
                assert end - start <= length + 0.005


@given(st.lists(stretches, min_size=1, max_size=6))
def test_every_moment_of_an_interval_is_silenced(taken: list[tuple[float, float]]) -> None:
    silenced = planned(AUDIO, Person("s1", intervals=times(*taken))).silenced
    for start, end in taken:
        assert any(each.start <= start and end <= each.end for each in silenced)
    assert all(one.end < other.start for one, other in pairwise(silenced))


# Stills


def test_a_still_hides_people_where_they_are_at_that_moment() -> None:
    order = Order(
        hide=(
            Person("s1", (FACE,)),
            Person("s2", timed=(*timed((1, 3)), *timed((3, 6), region=OTHER)), intervals=times((1, 6))),
            Person("s3", timed=timed((8, 9))),
            Person("voice", intervals=times((1, 9)), heard_only=True),
        ),
        keep=(Person("s4", timed=timed((4, 5))),),
        still=4.0,
        secrets=("Ava",),
    )
    there = seen_at(order, 4.0)
    assert there.hide == (Person("s1", (FACE,)), Person("s2", (OTHER,)))
    assert there.keep == (Person("s4", (FACE,)),)
    assert (there.still, there.secrets) == (None, ("Ava",))


def test_a_box_that_holds_until_just_before_a_still_counts() -> None:
    assert seen_at(Order(hide=(Person("s1", timed=timed((1, 3.75))),)), 4.0).hide == (Person("s1", (FACE,)),)


@pytest.mark.parametrize(
    ("stretch", "is_there"),
    [((0, 0.4), False), ((0, 0.5), True), ((0.5, 0.9), True), ((4.5, 6), True), ((7.9, 9), True), ((8, 9), False)],
    ids=str,
)
def test_a_box_counts_while_the_frame_of_a_still_is_on_screen(stretch: tuple[float, float], is_there: bool) -> None:
    order = Order(hide=(Person("s1", timed=timed(stretch)), Person("s2", (OTHER,))))
    there = seen_at(order, 4.0, Interval(1, 8))
    assert [person.label for person in there.hide] == ["s1", "s2"] if is_there else ["s2"]
    told = ("s1 is not in this moment, so that nothing is hidden for it",)
    assert elsewhere(order, there) == (() if is_there else told)


def test_somebody_who_is_present_while_the_frame_of_a_still_is_on_screen_needs_a_box() -> None:
    with pytest.raises(CannotRedact, match="no box says where"):
        seen_at(Order(hide=(Person("s1", intervals=times((6, 7))),)), 4.0, Interval(1, 8))


def test_a_voice_is_not_missed_in_a_still() -> None:
    order = Order(hide=(Person("voice", intervals=times((1, 9)), heard_only=True),))
    assert elsewhere(order, seen_at(order, 4.0)) == ()


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        pytest.param(
            Order(hide=(Person("s1", intervals=times((3, 5))),)), "s1 is present at 0:04.000", id="present, no box"
        ),
        pytest.param(Order(hide=(Person("s1"),)), "nothing says where", id="nothing is known"),
        pytest.param(Order(clip=Interval(1, 2)), "without a clip", id="a clip"),
    ],
)
def test_a_still_that_would_show_somebody_is_refused(order: Order, reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        seen_at(order, 4.0)
