"""Where and when a student appears: from tags to what a copy hides, and the digest that tells corrections."""

from __future__ import annotations

import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.model import Appearance, Interval, Keyframe, Region, Tagging
from dam_plugin.presence import MOST_APART, moments_alone, places, presence_of
from dam_plugin.redaction.model import Person, TimedRegion

BOX, OTHER_BOX = Region(0.1, 0.1, 0.2, 0.2), Region(0.5, 0.5, 0.25, 0.25)
BOTH = Region(0.1, 0.1, 0.65, 0.65)

boxes = st.builds(Region, *(st.sampled_from([0.0, 0.125, 0.25, 0.5]) for _ in range(2)), st.just(0.25), st.just(0.5))
keyframes = st.lists(st.builds(Keyframe, st.integers(0, 60).map(float), boxes), max_size=8).map(tuple)


def seen(*frames: Keyframe, **more: tuple[object, ...]) -> Appearance:
    return Appearance("s1", keyframes=frames, **more)  # type: ignore[arg-type]


def timed(*frames: Keyframe) -> list[TimedRegion]:
    return list(presence_of(seen(*frames)).timed)


def holds(outer: Region, inner: Region) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and outer.x + outer.w >= inner.x + inner.w
        and outer.y + outer.h >= inner.y + inner.h
    )


def test_regions_and_intervals_are_taken_as_they_are() -> None:
    appearance = Appearance("s1", regions=(BOX,), intervals=(Interval(1, 2),))
    assert presence_of(appearance) == Person("s1", regions=(BOX,), intervals=(Interval(1, 2),))


def test_between_two_neighbouring_keyframes_the_box_is_around_both() -> None:
    assert timed(Keyframe(1, BOX), Keyframe(4, OTHER_BOX)) == [TimedRegion(1, 4, BOTH)]
    assert timed(Keyframe(1, BOX), Keyframe(4, BOX), Keyframe(9, OTHER_BOX)) == [
        TimedRegion(1, 4, BOX),
        TimedRegion(4, 9, BOTH),
    ]


def test_a_keyframe_alone_covers_its_own_moment() -> None:
    assert timed(Keyframe(12.5, BOX)) == [TimedRegion(12.5, 12.5, BOX)]
    assert moments_alone(seen(Keyframe(12.5, BOX))) == (12.5,)


def test_keyframes_too_far_apart_are_no_neighbours() -> None:
    near, far = Keyframe(MOST_APART, BOX), Keyframe(2 * MOST_APART + 0.5, BOX)
    assert timed(Keyframe(0, BOX), near, far) == [
        TimedRegion(0, MOST_APART, BOX),
        TimedRegion(far.at, far.at, BOX),
    ]
    assert moments_alone(seen(Keyframe(0, BOX), near, far)) == (far.at,)
    assert moments_alone(seen(Keyframe(0, BOX), near)) == ()


def test_two_boxes_at_one_moment_are_both_covered() -> None:
    at_once = (Keyframe(0, BOX), Keyframe(0, OTHER_BOX), Keyframe(5, BOX))
    assert timed(*at_once) == [TimedRegion(0, 5, BOTH)]


@given(keyframes)
def test_every_keyframe_is_covered_at_its_moment(frames: tuple[Keyframe, ...]) -> None:
    covered = timed(*frames)
    for frame in frames:
        assert any(each.start <= frame.at <= each.end and holds(each.region, frame.region) for each in covered)


@given(keyframes, st.randoms())
def test_the_order_in_which_keyframes_are_given_does_not_matter(frames: tuple[Keyframe, ...], chance: object) -> None:
    shuffled = list(frames)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert timed(*shuffled) == timed(*frames)
    one, other = (Tagging(appearances=(seen(*each),)) for each in (frames, shuffled))
    assert places(one, ["s1"]) == places(other, ["s1"])


# The digest of places


def test_the_order_of_boxes_and_students_does_not_matter_to_the_digest() -> None:
    one = Tagging(appearances=(Appearance("s1", regions=(BOX, OTHER_BOX)), Appearance("s2", regions=(BOX,))))
    other = Tagging(appearances=(Appearance("s2", regions=(BOX,)), Appearance("s1", regions=(OTHER_BOX, BOX))))
    assert places(one, ["s1", "s2"]) == places(other, ["s2", "s1"])


def test_a_correction_changes_the_digest_of_those_alone_whom_it_is_about() -> None:
    before = Tagging(appearances=(Appearance("s1", regions=(BOX,)), Appearance("s2", regions=(BOX,))))
    after = Tagging(appearances=(Appearance("s1", regions=(OTHER_BOX,)), Appearance("s2", regions=(BOX,))))
    assert places(before, ["s1"]) != places(after, ["s1"])
    assert places(before, ["s2"]) == places(after, ["s2"])


def test_a_time_that_is_corrected_changes_the_digest_too() -> None:
    told = (
        seen(),
        seen(Keyframe(1, BOX)),
        seen(Keyframe(2, BOX)),
        seen(Keyframe(1, OTHER_BOX)),
        seen(intervals=(Interval(1, 2),)),
        seen(intervals=(Interval(1, 3),)),
    )
    assert len({places(Tagging(appearances=(each,)), ["s1"]) for each in told}) == len(told)


def test_the_digest_of_a_picture_is_what_it_was_before_recordings_had_times() -> None:
    # Links that were handed out then are compared with it.
    where = json.dumps({"s1": [[0.1, 0.1, 0.2, 0.2]]}, sort_keys=True)
    tagging = Tagging(appearances=(Appearance("s1", regions=(BOX,)), Appearance("s2")))
    assert places(tagging, ["s1"]) == hashlib.sha256(where.encode()).hexdigest()
