"""How prominent a person is, and why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.facts import Region
from dam_tagging.prominence import FOCUS_SHARE, INCIDENTAL_SHARE, Scene, judge

LARGE = Region(0.2, 0.2, 0.2, 0.3)
SMALL = Region(0.7, 0.3, 0.06, 0.09)
MIDDLE = Region(0.5, 0.5, 0.12, 0.12)


def test_the_main_subject_is_the_focus_even_in_a_crowd() -> None:
    assert judge([SMALL], Scene(20, (LARGE.area,), crowd=True), subject=True)[0] == "focus"


def test_the_only_person_named_is_the_focus() -> None:
    assert judge([], Scene(1))[0] == "focus"


def test_the_only_person_named_is_the_focus_even_when_small_in_a_crowd() -> None:
    assert judge([SMALL], Scene(1, (SMALL.area,), crowd=True))[0] == "focus"


def test_the_only_person_named_is_the_focus_in_a_crowd_though_their_regions_disagree() -> None:
    assert judge([SMALL, Region(0.1, 0.1, 0.05, 0.05)], Scene(1, (SMALL.area,), crowd=True))[0] == "focus"


@pytest.mark.parametrize(
    ("share", "largest", "expected"),
    [(0.009, 0.009, "unknown"), (0.008, 0.009, "unknown"), (0.0066, 0.0066, "incidental"), (0.009, 0.05, "incidental")],
    ids=["the-largest", "near-the-largest", "too-small-to-tell", "far-from-the-largest"],
)
def test_a_small_region_among_the_largest_is_no_background(share: float, largest: float, expected: str) -> None:
    assert judge([Region(0, 0, share, 1)], Scene(2, (largest,), crowd=True))[0] == expected


def test_a_large_region_is_the_focus() -> None:
    assert judge([LARGE], Scene(3, (LARGE.area,), crowd=True))[0] == "focus"


def test_a_large_region_beside_a_much_larger_one_is_not_the_focus_by_its_size() -> None:
    region = Region(0, 0, 0.15, 0.15)
    assert region.area >= FOCUS_SHARE
    assert judge([region], Scene(2, (0.4,)))[0] == "unknown"


def test_a_small_region_in_a_declared_crowd_is_incidental() -> None:
    prominence, why = judge([SMALL], Scene(3, (LARGE.area,), crowd=True))
    assert prominence == "incidental"
    assert "crowd" in why


def test_a_small_region_alone_makes_nobody_incidental() -> None:
    assert judge([SMALL], Scene(3, (LARGE.area,)))[0] == "unknown"


def test_a_person_without_a_region_is_not_incidental_in_a_crowd() -> None:
    assert judge([], Scene(3, (), crowd=True))[0] == "unknown"


def test_a_region_between_small_and_large_is_unknown() -> None:
    assert INCIDENTAL_SHARE < MIDDLE.area < FOCUS_SHARE
    assert judge([MIDDLE], Scene(3, (LARGE.area,), crowd=True))[0] == "unknown"


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((), "the only one"),
        ((0.06,), "the only one"),
        ((0.06, 0.01), "the largest of 2"),
        ((0.08, 0.06), "number 2 of 2"),
    ],
)
def test_the_reason_gives_the_regions_share_and_rank(shares: tuple[float, ...], words: str) -> None:
    why = judge([LARGE], Scene(3, shares))[1]
    assert why.startswith("the region covers 6.0% of the picture")
    assert words in why


def test_whom_a_title_alone_names_is_the_focus_even_when_small_in_a_crowd() -> None:
    prominence, why = judge([SMALL], Scene(3, (LARGE.area,), crowd=True), titled="dc:title")
    assert (prominence, why) == ("focus", "dc:title names this student and nobody else")


FOCUSED = Region(0.71, 0.32, 0.02, 0.02)


def test_whom_the_camera_focused_on_is_the_focus_where_nothing_else_says() -> None:
    assert judge([SMALL], Scene(3, (LARGE.area,), focus_area=FOCUSED)) == ("focus", "the camera focused on the region")


@pytest.mark.parametrize(
    ("regions", "area"),
    [
        ([SMALL], Region(0.1, 0.1, 0.02, 0.02)),
        ([Region(0.45, 0.45, 0.09, 0.09)], Region(0.48, 0.49, 0.03, 0.03)),
        ([], FOCUSED),
    ],
    ids=["elsewhere", "the-pictures-centre", "no-region"],
)
def test_a_focus_area_says_nothing_of_others(regions: list[Region], area: Region) -> None:
    assert judge(regions, Scene(3, (LARGE.area,), focus_area=area))[0] == "unknown"


def test_a_focus_area_makes_nobody_of_a_crowd_the_focus() -> None:
    assert judge([SMALL], Scene(3, (LARGE.area,), crowd=True, focus_area=FOCUSED))[0] == "incidental"


def test_the_largest_of_several_regions_counts() -> None:
    assert judge([SMALL, LARGE], Scene(3, (LARGE.area,), crowd=True))[0] == "focus"


sides = st.floats(0.001, 1)
regions = st.lists(st.builds(Region, st.floats(0, 0.9), st.floats(0, 0.9), sides, sides), max_size=3)


@settings(derandomize=True, deadline=None)
@given(sides, sides, st.integers(0, 50), st.floats(0, 1))
def test_without_a_declared_crowd_nobody_is_incidental(w: float, h: float, people: int, largest: float) -> None:
    assert judge([Region(0, 0, w, h)], Scene(people, (largest,)))[0] != "incidental"


STRICTNESS = ("incidental", "unknown", "focus")


@settings(derandomize=True, deadline=None)
@given(st.builds(Region, st.floats(0, 0.9), st.floats(0, 0.9), sides, sides), regions, st.integers(0, 5), st.booleans())
def test_a_focus_area_never_lowers(area: Region, regions: list[Region], people: int, crowd: bool) -> None:
    shares = tuple(region.area for region in regions)
    without, _ = judge(regions, Scene(people, shares, crowd=crowd))
    with_area, _ = judge(regions, Scene(people, shares, crowd=crowd, focus_area=area))
    assert STRICTNESS.index(with_area) >= STRICTNESS.index(without)


@pytest.mark.parametrize("crowd", [True, False])
def test_every_judgement_has_a_reason(crowd: bool) -> None:
    for regions in ([], [SMALL], [LARGE], [MIDDLE]):
        for people in (0, 1, 5):
            assert judge(regions, Scene(people, (LARGE.area,), crowd=crowd))[1]
