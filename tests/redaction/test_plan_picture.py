"""Whom and where in a picture: boxes are grown, turned to the stored frame and snapped outward, or a crop is found."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.boxes import LEAST_CROP, exactly, grown, largest_crop
from dam_plugin.redaction.model import BLEED, LEAST_SIDE, Frame, Isolate, Order, Person, PixelBox, Plan
from dam_plugin.redaction.plan_picture import NOBODY_STAYS, grow, plan_picture
from dam_tagging.facts import Interval, Region

FACE = Region(0.4, 0.4, 0.1, 0.1)
JPEG = Frame("image/jpeg", (160, 120), 1, (16, 16))
fractions = st.floats(0, 1, allow_nan=False)
sides = st.floats(LEAST_SIDE, 1)
regions = st.builds(Region, fractions, fractions, sides, sides)
frames = st.builds(
    Frame,
    st.sampled_from(["image/jpeg", "image/png", "image/heic"]),
    st.tuples(st.integers(1, 400), st.integers(1, 400)),
    st.integers(1, 8),
    st.sampled_from([(1, 1), (8, 8), (16, 8), (16, 16), (32, 8)]),
)


def hiding(*boxes: Region, keep: tuple[Region, ...] = (), isolate: Isolate = "never") -> Order:
    return Order(
        hide=tuple(Person(f"s{at}", (box,)) for at, box in enumerate(boxes, 1)),
        keep=tuple(Person(f"keep {at}", (box,)) for at, box in enumerate(keep, 1)),
        isolate=isolate,
    )


# Boxes


def test_a_box_is_grown_to_head_and_shoulders() -> None:
    box = grow(Region(0.4, 0.4, 0.1, 0.2))
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.35, 0.3, 0.2, 0.5))


@given(regions)
def test_a_grown_box_in_floats_holds_the_exact_one_and_hardly_more(region: Region) -> None:
    told, exact = grow(region), grown(region)
    assert Fraction(told.x) <= exact.left
    assert Fraction(told.y) <= exact.top
    assert Fraction(told.x) + Fraction(told.w) >= exact.right
    assert Fraction(told.y) + Fraction(told.h) >= exact.bottom
    assert told.w * told.h <= float(exact.area) + 1e-12


@given(regions)
def test_a_grown_box_holds_what_was_drawn_of_the_picture(region: Region) -> None:
    exact = grown(region)
    assert exact.left <= region.x <= exact.right
    assert exact.top <= region.y <= exact.bottom
    assert exact.right >= min(Fraction(region.x) + Fraction(region.w), 1)
    assert exact.bottom >= min(Fraction(region.y) + Fraction(region.h), 1)


def test_a_plan_names_the_hidden_and_keeps_the_frame() -> None:
    frame = Frame("image/jpeg", (160, 120), 6, (16, 16))
    order = Order(hide=(Person("s1", (FACE,)), Person("s2", (FACE, Region(0.1, 0.1, 0.1, 0.1)))))
    plan = plan_picture(frame, order)
    assert (plan.operation, plan.frame, plan.hidden) == ("boxes", frame, ("s1", "s2"))
    assert len(plan.boxes) == len(plan.pixel_boxes) == 3
    assert plan.boxes[0] == grow(FACE)


def test_nobody_to_hide_is_a_clean_copy() -> None:
    assert plan_picture(JPEG, Order(keep=(Person("keep 1", (FACE,)),))) == Plan("clean", JPEG)


@pytest.mark.parametrize(
    ("media_type", "grid", "bleed", "expected"),
    [
        pytest.param("image/jpeg", (8, 8), None, PixelBox(24, 24, 72, 64), id="wipe of 4:4:4, units of 8"),
        pytest.param("image/jpeg", (16, 8), None, PixelBox(16, 24, 80, 64), id="wipe of 4:2:2, units of 16 by 8"),
        pytest.param("image/jpeg", (16, 16), None, PixelBox(16, 16, 80, 64), id="wipe of 4:2:0, units of 16"),
        pytest.param(
            "image/jpeg", (16, 16), True, PixelBox(8, 8, 88, 72), id="JPEG afresh, past the bleed to its blocks"
        ),
        pytest.param("image/png", (1, 1), None, PixelBox(28, 22, 72, 66), id="PNG, two pixels of bleed"),
        pytest.param(
            "image/webp", (16, 16), None, PixelBox(8, 8, 88, 72), id="WebP, past the bleed to blocks of a JPEG"
        ),
        pytest.param("image/heic", (16, 16), None, PixelBox(8, 8, 88, 72), id="HEIC, which becomes a JPEG"),
    ],
)
def test_a_box_is_snapped_outward_as_its_format_wants(
    media_type: str, grid: tuple[int, int], bleed: bool | None, expected: PixelBox
) -> None:
    order = hiding(Region(0.25, 0.25, 0.125, 0.125))
    assert plan_picture(Frame(media_type, (160, 128), 1, grid), order, bleed=bleed).pixel_boxes == (expected,)


def test_a_box_at_the_edge_ends_with_the_picture() -> None:
    (box,) = plan_picture(Frame("image/jpeg", (101, 77), 1, (16, 16)), hiding(Region(0.9, 0.9, 0.1, 0.1))).pixel_boxes
    assert (box.right, box.bottom) == (101, 77)


def stored_pixel(frame: Frame, x: int, y: int) -> tuple[int, int]:
    """Where a pixel of the upright picture is stored: Exif's table of orientations, spelled out."""
    last, low = frame.size[0] - 1, frame.size[1] - 1
    return {
        1: (x, y),
        2: (last - x, y),
        3: (last - x, low - y),
        4: (x, low - y),
        5: (y, x),
        6: (y, low - x),
        7: (last - y, low - x),
        8: (last - y, x),
    }[frame.orientation]


@given(frames, regions, st.booleans())
def test_every_pixel_of_a_grown_box_is_hidden(frame: Frame, region: Region, bleed: bool) -> None:
    width, height = frame.size if frame.orientation < 5 else frame.size[::-1]
    place = grown(region)
    if not place.area:
        return
    (box,) = plan_picture(frame, hiding(region), bleed=bleed).pixel_boxes
    xs = (math.floor(place.left * width), math.ceil(place.right * width) - 1)
    ys = (math.floor(place.top * height), math.ceil(place.bottom * height) - 1)
    for x, y in product(xs, ys):
        column, row = stored_pixel(frame, x, y)
        assert box.left <= column < box.right
        assert box.top <= row < box.bottom


@given(frames, regions, st.booleans())
def test_a_hidden_box_ends_on_coding_units_or_past_the_bleed(frame: Frame, region: Region, bleed: bool) -> None:
    if not grown(region).area:
        return
    (box,) = plan_picture(frame, hiding(region), bleed=bleed).pixel_boxes
    (plain,) = plan_picture(frame, hiding(region), bleed=False).pixel_boxes
    for at, (unit, side) in enumerate(zip(frame.grid * 2, frame.size * 2, strict=True)):
        edge, snapped = box.as_tuple()[at], plain.as_tuple()[at]
        assert snapped % unit == 0 or snapped == side
        room = BLEED if bleed else 0
        assert abs(edge - snapped) >= room or edge in {0, side}


@given(st.integers(1, 8), st.integers(1, 400), st.integers(1, 400), st.lists(regions, min_size=1, max_size=4))
def test_planning_a_turned_picture_is_turning_the_plan(
    orientation: int, width: int, height: int, drawn: list[Region]
) -> None:
    """Without a grid, which is the stored frame's own."""
    turned = Frame("image/png", (height, width) if orientation >= 5 else (width, height), orientation)
    order = hiding(*(each for each in drawn if grown(each).area))
    upright = plan_picture(Frame("image/png", (width, height)), order)
    there = plan_picture(turned, order)
    for one, other in zip(upright.pixel_boxes, there.pixel_boxes, strict=True):
        first, last = stored_pixel(turned, one.left, one.top), stored_pixel(turned, one.right - 1, one.bottom - 1)
        (left, right), (top, bottom) = sorted((first[0], last[0])), sorted((first[1], last[1]))
        assert other == PixelBox(left, top, right + 1, bottom + 1)


@pytest.mark.parametrize(
    ("hide", "reason"),
    [
        pytest.param((), "s2 has no region", id="without a region"),
        pytest.param((Region(0.4, 0.4, 0, 0.1),), "no face fits", id="no width"),
        pytest.param((Region(0.4, 0.4, 0.1, -0.1),), "no face fits", id="negative height"),
        pytest.param((Region(1.2, 0.4, 0.1, 0.1),), "no face fits", id="right of the picture"),
        pytest.param((Region(math.nan, 0.4, 0.1, 0.1),), "no face fits", id="not a number"),
        pytest.param((Region(0.4, 0.4, math.inf, 0.1),), "no face fits", id="infinite"),
        pytest.param((Region(0.5, 0.5, 1e-6, 1e-6),), "no face fits", id="too small for a face"),
    ],
)
def test_a_student_who_cannot_be_hidden_is_refused(hide: tuple[Region, ...], reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        plan_picture(JPEG, Order(hide=(Person("s1", (FACE,)), Person("s2", hide))))


def test_a_picture_has_no_stretch_to_cut_out() -> None:
    with pytest.raises(CannotRedact, match="no stretch of time"):
        plan_picture(JPEG, Order(isolate="always", clip=Interval(1, 2)))


# Keeping


LARGE = Frame("image/jpeg", (1600, 1200), 1, (16, 16))
LEFT, BESIDE, MIDDLE, RIGHT = (Region(x, 0.5, 0.125, 0.125) for x in (0.125, 0.25, 0.5, 0.75))
"""Grown and in units of 16, LEFT is hidden from 96 to 512, MIDDLE from 688 to 1104, RIGHT from 1088 to 1504."""


def test_hiding_comes_before_keeping_and_the_plan_says_so() -> None:
    plan = plan_picture(LARGE, hiding(LEFT, keep=(BESIDE, RIGHT)))
    assert plan.overlapped == ("keep 1",)
    assert "hiding comes before keeping: the boxes cover 56 % of keep 1" in plan.facts
    assert not any("most of what" in fact for fact in plan.facts)


def test_people_to_keep_who_are_free_leave_nothing_to_say() -> None:
    plan = plan_picture(LARGE, hiding(MIDDLE, keep=(RIGHT,)))
    assert (plan.operation, plan.overlapped, plan.facts) == ("boxes", (), ())


def test_covering_most_of_those_who_stay_is_told() -> None:
    plan = plan_picture(LARGE, hiding(LEFT, RIGHT, keep=(BESIDE, Region(0.6875, 0.5, 0.125, 0.125))))
    assert plan.overlapped == ("keep 1", "keep 2")
    assert "of the faces of those who stay: most of what was to be seen is gone" in plan.facts[-1]


def test_covering_everybody_who_stays_is_told() -> None:
    plan = plan_picture(LARGE, hiding(LEFT, keep=(LEFT,)))
    assert plan.facts[-1] == "hiding covers everybody who stays: nobody is left to be seen"


def test_nobody_named_who_stays_is_told() -> None:
    assert plan_picture(LARGE, hiding(LEFT)).facts == (NOBODY_STAYS,)


def test_people_to_keep_without_a_box_are_told() -> None:
    order = Order(hide=(Person("s1", (LEFT,)),), keep=(Person("s2"), Person("s3", (Region(2, 2, 0.1, 0.1),))))
    plan = plan_picture(LARGE, order)
    assert plan.facts == ("no box stands around s2 and s3: whether a box covers them is not known",)


# Crops


def test_a_crop_keeps_those_who_stay_and_nobody_to_hide() -> None:
    plan = plan_picture(LARGE, hiding(LEFT, keep=(RIGHT,), isolate="always"))
    assert (plan.operation, plan.crop) == ("crop", PixelBox(512, 0, 1600, 1200))
    assert plan.facts == ("the crop keeps 68 % of the picture",)
    assert (plan.hidden, plan.overlapped) == (("s1",), ())


def test_a_crop_ends_on_whole_units_inward() -> None:
    frame = Frame("image/jpeg", (1590, 1190), 1, (16, 16))
    plan = plan_picture(frame, hiding(LEFT, keep=(RIGHT,), isolate="always"))
    assert plan.crop == PixelBox(512, 0, 1590, 1190)


def test_a_crop_without_anybody_to_keep_is_the_largest_without_anybody_to_hide() -> None:
    assert plan_picture(LARGE, hiding(RIGHT, isolate="always")).crop == PixelBox(0, 0, 1088, 1200)


def test_a_crop_stays_clear_of_the_bleed_of_pixels() -> None:
    frame = Frame("image/webp", (1600, 1200), 1, (16, 16))
    assert plan_picture(frame, hiding(LEFT, keep=(RIGHT,), isolate="always")).crop == PixelBox(528, 0, 1600, 1200)


def test_a_crop_may_cut_the_shoulders_of_those_who_stay_and_says_so() -> None:
    near = Region(0.34375, 0.5, 0.125, 0.125)
    plan = plan_picture(LARGE, hiding(LEFT, keep=(near,), isolate="always"))
    assert plan.crop == PixelBox(512, 0, 1600, 1200)
    assert "cuts close to those who stay" in plan.facts[1]


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(hiding(LEFT, keep=(BESIDE,), isolate="always"), id="the one who stays is covered"),
        pytest.param(hiding(MIDDLE, keep=(LEFT, RIGHT), isolate="always"), id="in between"),
        pytest.param(hiding(Region(0.02, 0.02, 0.96, 0.96), isolate="always"), id="all is hidden"),
    ],
)
def test_a_crop_that_cannot_be_had_is_refused_with_a_remedy(order: Order) -> None:
    with pytest.raises(CannotRedact, match="hide by boxes instead"):
        plan_picture(LARGE, order)


def test_nothing_smaller_than_64_pixels_is_offered_as_a_crop() -> None:
    frame = Frame("image/png", (260, 1200))
    order = hiding(Region(0.3, 0, 0.4, 1), isolate="always")
    with pytest.raises(CannotRedact, match="at least 64 by 64"):
        plan_picture(frame, order)


def test_a_crop_without_anybody_to_leave_out_is_refused() -> None:
    with pytest.raises(CannotRedact, match="nobody to leave out"):
        plan_picture(LARGE, hiding(keep=(LEFT,), isolate="always"))


def test_a_crop_is_taken_where_it_is_better() -> None:
    plan = plan_picture(LARGE, hiding(LEFT, keep=(RIGHT,), isolate="if_better"))
    assert (plan.operation, plan.crop) == ("crop", PixelBox(512, 0, 1600, 1200))


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(hiding(LEFT, isolate="if_better"), id="nobody is named who stays"),
        pytest.param(hiding(LEFT, keep=(BESIDE,), isolate="if_better"), id="no crop keeps them"),
        pytest.param(hiding(MIDDLE, keep=(RIGHT,), isolate="if_better"), id="little is left"),
        pytest.param(
            Order((Person("s1", (LEFT,)),), (Person("keep 1", (RIGHT,)), Person("keep 2")), "if_better"),
            id="somebody who stays may be anywhere",
        ),
    ],
)
def test_boxes_stay_where_a_crop_is_not_better(order: Order) -> None:
    plan = plan_picture(LARGE, order)
    assert (plan.operation, plan.crop) == ("boxes", None)


def test_a_better_crop_that_was_not_asked_for_is_offered() -> None:
    plan = plan_picture(LARGE, hiding(LEFT, keep=(RIGHT,)))
    assert plan.operation == "boxes"
    assert plan.facts == ("a crop would show everybody who stays without any box: the picture can be isolated instead",)


def touches(crop: PixelBox, box: PixelBox) -> bool:
    across = crop.left < box.right and box.left < crop.right
    return across and crop.top < box.bottom and box.top < crop.bottom


@given(
    st.builds(
        Frame,
        st.just("image/jpeg"),
        st.tuples(st.integers(64, 900), st.integers(64, 900)),
        st.integers(1, 8),
        st.sampled_from([(1, 1), (8, 8), (16, 16)]),
    ),
    st.lists(st.builds(Region, fractions, fractions, st.floats(0.01, 0.2), st.floats(0.01, 0.2)), max_size=3),
    st.lists(
        st.builds(Region, fractions, fractions, st.floats(0.01, 0.2), st.floats(0.01, 0.2)), min_size=1, max_size=6
    ),
    st.booleans(),
)
def test_a_crop_touches_nobody_to_hide_and_holds_those_who_stay(
    frame: Frame, keep: list[Region], hide: list[Region], bleed: bool
) -> None:
    order = hiding(*hide, keep=tuple(keep), isolate="always")
    try:
        plan = plan_picture(frame, order, bleed=bleed)
    except CannotRedact:
        return
    crop = plan.crop
    assert crop is not None
    assert not any(touches(crop, box) for box in plan.pixel_boxes)
    assert min(crop.right - crop.left, crop.bottom - crop.top) >= LEAST_CROP
    for edge, unit, side in zip(crop.as_tuple(), frame.grid * 2, frame.size * 2, strict=True):
        assert edge % unit == 0 or edge == side
    width, height = frame.size if frame.orientation < 5 else frame.size[::-1]
    for region in keep:
        left, top, w, h = map(Fraction, (region.x, region.y, region.w, region.h))
        # One that was drawn outside of the picture shows nobody.
        if left == 1 or top == 1:
            continue
        right, bottom = min(left + w, 1), min(top + h, 1)
        for x, y in product((left, (left + right) / 2), (top, (top + bottom) / 2)):
            column, row = stored_pixel(frame, math.floor(x * width), math.floor(y * height))
            assert crop.left <= column < crop.right
            assert crop.top <= row < crop.bottom


units = st.integers(0, 10)


@given(
    st.tuples(st.integers(65, 640), st.integers(65, 640)),
    st.lists(st.tuples(units, units, units, units), min_size=1, max_size=6),
    st.none() | st.tuples(units, units),
)
def test_the_crop_is_the_largest_there_is(
    size: tuple[int, int], obstacles: list[tuple[int, int, int, int]], kept: tuple[int, int] | None
) -> None:
    """Counted for every rectangle of whole units."""
    frame = Frame("image/jpeg", size, 1, (64, 64))
    columns, rows = -(-size[0] // 64), -(-size[1] // 64)

    def pixels(left: int, top: int, right: int, bottom: int) -> PixelBox:
        return PixelBox(64 * left, 64 * top, min(64 * right, size[0]), min(64 * bottom, size[1]))

    hidden = [
        pixels(left, top, left + w + 1, top + h + 1) for left, top, w, h in obstacles if left < columns and top < rows
    ]
    stays = []
    if kept is not None and kept[0] < columns and kept[1] < rows:
        stays = [exactly(pixels(*kept, kept[0] + 1, kept[1] + 1))]

    every = (
        pixels(left, top, right, bottom)
        for left, top in product(range(columns), range(rows))
        for right, bottom in product(range(left + 1, columns + 1), range(top + 1, rows + 1))
    )
    areas = [
        (box.right - box.left) * (box.bottom - box.top)
        for box in every
        if min(box.right - box.left, box.bottom - box.top) >= LEAST_CROP
        and not any(touches(box, other) for other in hidden)
        and all(
            box.left <= each.left and each.right <= box.right and box.top <= each.top and each.bottom <= box.bottom
            for each in stays
        )
    ]
    found = largest_crop(frame, hidden, stays)
    assert (found and (found.right - found.left) * (found.bottom - found.top)) == max(areas, default=None)


def test_a_crop_is_found_among_many_boxes() -> None:
    """A crowd: two hundred people to hide, and a free corner."""
    crowd = [Region(0.01 + 0.045 * (at % 20), 0.01 + 0.06 * (at // 20), 0.01, 0.01) for at in range(200)]
    plan = plan_picture(Frame("image/jpeg", (6000, 4000), 1, (16, 16)), hiding(*crowd, isolate="always"))
    assert plan.crop == PixelBox(0, 2288, 6000, 4000)
