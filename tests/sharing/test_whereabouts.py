"""Where and when a student appears: from tags to what a copy hides, and the digest that tells corrections."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import Appearance, Interval, Keyframe, Region, Tagging
from dam_plugin.redaction import door
from dam_plugin.redaction.model import Order, Person, TimedRegion
from dam_plugin.sharing.whereabouts import (
    MOST_APART,
    first_stretch_without_box,
    is_located,
    lone_moments,
    places_digest,
    presence_of,
    timed_boxes,
)

BOX, OTHER_BOX = Region(0.1, 0.1, 0.2, 0.2), Region(0.5, 0.5, 0.25, 0.25)
BOTH = Region(0.1, 0.1, 0.65, 0.65)

boxes = st.builds(Region, *(st.sampled_from([0.0, 0.125, 0.25, 0.5]) for _ in range(2)), st.just(0.25), st.just(0.5))
moments = st.builds(Keyframe, st.integers(0, 120).map(lambda half: half / 2), boxes)
stretches = st.builds(lambda one, length: Keyframe(one.at, one.region, one.at + length), moments, st.integers(1, 20))
keyframes = st.lists(moments | stretches, max_size=8).map(tuple)


def seen(*frames: Keyframe, **more: tuple[object, ...]) -> Appearance:
    return Appearance("s1", keyframes=frames, **more)  # type: ignore[arg-type]


def timed(*frames: Keyframe) -> list[TimedRegion]:
    return list(timed_boxes(seen(*frames)))


def holds(outer: Region, inner: Region) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and outer.x + outer.w >= inner.x + inner.w
        and outer.y + outer.h >= inner.y + inner.h
    )


def test_regions_of_a_picture_and_intervals_of_a_recording_are_taken_as_they_are() -> None:
    assert presence_of(Appearance("s1", regions=(BOX,)), "image/jpeg") == (Person("s1", regions=(BOX,)),)
    told = Appearance("s1", intervals=(Interval(1, 2),))
    assert presence_of(told, "video/mp4") == (Person("s1", intervals=(Interval(1, 2),)),)


@pytest.mark.parametrize("media_type", ["video/mp4", "audio/mpeg"])
def test_a_box_without_a_time_places_nobody_in_a_recording(media_type: str) -> None:
    drawn = Appearance("s1", regions=(BOX,), intervals=(Interval(1, 2),))
    assert presence_of(drawn, media_type) == (Person("s1", intervals=(Interval(1, 2),)),)
    assert first_stretch_without_box(drawn) == Interval(1, 2)
    assert not is_located(Appearance("s1", regions=(BOX,)), media_type)
    assert is_located(Appearance("s1", regions=(BOX,)), "image/jpeg")


@pytest.mark.parametrize(
    "told",
    [{"intervals": (Interval(1, 2),)}, {"heard": (Interval(1, 2),)}, {"keyframes": (Keyframe(1, BOX),)}],
    ids=str,
)
def test_a_time_places_somebody_in_a_recording(told: dict[str, Any]) -> None:
    assert is_located(Appearance("s1", **told), "video/mp4")


def test_who_is_only_heard_is_apart_from_who_is_seen() -> None:
    heard = Person("s1", intervals=(Interval(5, 6),), heard_only=True)
    assert presence_of(seen(heard=(Interval(5, 6),)), "video/mp4") == (heard,)
    both = seen(Keyframe(1, BOX, 2), intervals=(Interval(1, 2),), heard=(Interval(5, 6),))
    on_screen = Person("s1", timed=(TimedRegion(1, 2, BOX),), intervals=(Interval(1, 2),))
    assert presence_of(both, "video/mp4") == (on_screen, heard)


def test_a_box_outside_of_the_stated_presence_is_presence_too() -> None:
    told = seen(Keyframe(0, BOX, 3), Keyframe(8, BOX, 9), intervals=(Interval(1, 2),))
    (person,) = presence_of(told, "video/mp4")
    assert person.intervals == (Interval(1, 2), Interval(0, 1), Interval(2, 3), Interval(8, 9))


@pytest.mark.parametrize(
    ("frames", "gap"),
    [
        ((), (0, 10)),
        ((Keyframe(0, BOX, 10),), None),
        ((Keyframe(0, BOX, 4), Keyframe(4, OTHER_BOX, 12)), None),
        ((Keyframe(0, BOX, 4), Keyframe(5, OTHER_BOX, 10)), None),
        ((Keyframe(0, BOX, 4), Keyframe(5.5, BOX, 10)), (4, 5.5)),
        ((Keyframe(1, BOX, 10),), (0, 1)),
        ((Keyframe(0, BOX, 9),), (9, 10)),
        ((Keyframe(0, BOX), Keyframe(10, BOX)), (0, 10)),
    ],
    ids=[
        "no box",
        "one box",
        "two that meet",
        "two a second apart",
        "a gap",
        "a late start",
        "an early end",
        "two moments",
    ],
)
def test_no_part_of_a_stated_presence_may_be_without_a_box(
    frames: tuple[Keyframe, ...], gap: tuple[float, float] | None
) -> None:
    assert first_stretch_without_box(seen(*frames, intervals=(Interval(0, 10),))) == (Interval(*gap) if gap else None)


def test_between_two_neighbouring_keyframes_the_box_is_around_both() -> None:
    assert timed(Keyframe(1, BOX), Keyframe(2, OTHER_BOX)) == [TimedRegion(1, 2, BOTH)]
    assert timed(Keyframe(1, BOX), Keyframe(1.5, BOX), Keyframe(2.5, OTHER_BOX)) == [
        TimedRegion(1, 1.5, BOX),
        TimedRegion(1.5, 2.5, BOTH),
    ]


def test_a_box_that_holds_for_a_while_is_one_stretch() -> None:
    assert timed(Keyframe(10, BOX, 20)) == [TimedRegion(10, 20, BOX)]
    assert lone_moments(seen(Keyframe(10, BOX, 20))) == ()


def test_the_ends_of_a_stretch_have_neighbours_too() -> None:
    assert timed(Keyframe(0, BOX, 4), Keyframe(4.5, OTHER_BOX)) == [TimedRegion(0, 4, BOX), TimedRegion(4, 4.5, BOTH)]
    for moment in (0, 2, 4):
        assert lone_moments(seen(Keyframe(0, BOX, 4), Keyframe(moment, OTHER_BOX))) == (moment,)


def test_the_end_of_a_stretch_takes_nothing_away_between_two_moments() -> None:
    assert TimedRegion(3.5, 4.5, BOTH) in timed(Keyframe(0, BOX, 4), Keyframe(3.5, BOX), Keyframe(4.5, OTHER_BOX))


def test_a_second_is_a_second_whatever_floats_make_of_it() -> None:
    for tenth in range(1000):
        assert lone_moments(seen(Keyframe(tenth / 10, BOX), Keyframe((tenth + 10) / 10, BOX))) == ()


def test_a_keyframe_alone_covers_its_own_moment() -> None:
    assert timed(Keyframe(12.5, BOX)) == [TimedRegion(12.5, 12.5, BOX)]
    assert lone_moments(seen(Keyframe(12.5, BOX))) == (12.5,)


def test_keyframes_too_far_apart_are_no_neighbours() -> None:
    near, far = Keyframe(MOST_APART, BOX), Keyframe(2 * MOST_APART + 0.5, BOX)
    assert timed(Keyframe(0, BOX), near, far) == [
        TimedRegion(0, MOST_APART, BOX),
        TimedRegion(far.at, far.at, BOX),
    ]
    assert lone_moments(seen(Keyframe(0, BOX), near, far)) == (far.at,)
    assert lone_moments(seen(Keyframe(0, BOX), near)) == ()


def test_two_boxes_at_one_moment_are_both_covered() -> None:
    at_once = (Keyframe(0, BOX), Keyframe(0, OTHER_BOX), Keyframe(1, BOX))
    assert timed(*at_once) == [TimedRegion(0, 1, BOTH)]


@given(keyframes)
def test_every_keyframe_is_covered_at_its_moment(frames: tuple[Keyframe, ...]) -> None:
    covered = timed(*frames)
    for frame in frames:
        end = frame.at if frame.until is None else frame.until
        assert any(each.start <= frame.at and end <= each.end and holds(each.region, frame.region) for each in covered)


@given(keyframes, st.randoms())
def test_the_order_in_which_keyframes_are_given_does_not_matter(frames: tuple[Keyframe, ...], chance: object) -> None:
    shuffled = list(frames)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert timed(*shuffled) == timed(*frames)
    one, other = (Tagging(appearances=(seen(*each),)) for each in (frames, shuffled))
    assert places_digest(one, ["s1"]) == places_digest(other, ["s1"])


def test_who_is_seen_and_later_only_heard_is_covered_first_and_silenced_twice(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the extra 'av' is not installed")
    import av_samples

    told = seen(Keyframe(0, Region(0.4, 0.3, 0.2, 0.2), 0.5), intervals=(Interval(0, 0.5),), heard=(Interval(1, 1.5),))
    source = av_samples.video(tmp_path / "film.mp4")
    made = door.make(source, Order(hide=presence_of(told, "video/mp4")), tmp_path)
    copy, before = av_samples.seen(made.path), av_samples.seen(source)
    centres = [int(luma[24, 48]) for luma, *_ in copy.frames]
    assert {abs(each - 128) <= 6 for each in centres[:5]} == {True}
    assert abs(int(before.frames[12][0][24, 48]) - centres[12]) <= 6
    tones = [copy.samples[round((at + 0.2) * av_samples.RATE) :][:4800, 0] for at in (0, 0.5, 1, 1.5)]
    loud = [av_samples.power(each, hertz) for each, hertz in zip(tones, av_samples.TONES[:4], strict=True)]
    assert [each > 5000 for each in loud] == [False, True, False, True]


# The digest of places


def test_the_order_of_boxes_and_students_does_not_matter_to_the_digest() -> None:
    one = Tagging(appearances=(Appearance("s1", regions=(BOX, OTHER_BOX)), Appearance("s2", regions=(BOX,))))
    other = Tagging(appearances=(Appearance("s2", regions=(BOX,)), Appearance("s1", regions=(OTHER_BOX, BOX))))
    assert places_digest(one, ["s1", "s2"]) == places_digest(other, ["s2", "s1"])


def test_a_correction_changes_the_digest_of_those_alone_whom_it_is_about() -> None:
    before = Tagging(appearances=(Appearance("s1", regions=(BOX,)), Appearance("s2", regions=(BOX,))))
    after = Tagging(appearances=(Appearance("s1", regions=(OTHER_BOX,)), Appearance("s2", regions=(BOX,))))
    assert places_digest(before, ["s1"]) != places_digest(after, ["s1"])
    assert places_digest(before, ["s2"]) == places_digest(after, ["s2"])


def test_a_time_that_is_corrected_changes_the_digest_too() -> None:
    told = (
        seen(),
        seen(Keyframe(1, BOX)),
        seen(Keyframe(2, BOX)),
        seen(Keyframe(1, OTHER_BOX)),
        seen(Keyframe(1, BOX, 2)),
        seen(intervals=(Interval(1, 2),)),
        seen(intervals=(Interval(1, 3),)),
        seen(heard=(Interval(1, 3),)),
    )
    assert len({places_digest(Tagging(appearances=(each,)), ["s1"]) for each in told}) == len(told)


def test_the_digest_of_a_picture_is_what_it_was_before_recordings_had_times() -> None:
    # Links that were handed out then are compared with it.
    where = json.dumps({"s1": [[0.1, 0.1, 0.2, 0.2]]}, sort_keys=True)
    tagging = Tagging(appearances=(Appearance("s1", regions=(BOX,)), Appearance("s2")))
    assert places_digest(tagging, ["s1"]) == hashlib.sha256(where.encode()).hexdigest()
