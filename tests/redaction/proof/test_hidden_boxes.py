"""Where the prover looks: exact, in the stored frame, out to whole units, and never at less than was drawn."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jpeg_samples import decode, encode, turned
from PIL import Image, ImageOps

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Frame, Order, Person, PixelBox
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.proof.hidden_boxes import check_crop, grown, hidden_boxes, stored, upright, upright_size
from dam_tagging.facts import Region

BLACK, WHITE = 0, 255


def hiding(*regions: Region) -> Order:
    return Order(hide=(Person("s1", regions),))


def test_a_box_grows_to_head_and_shoulders() -> None:
    assert grown(Region(0.5, 0.5, 0.25, 0.125)) == (
        Fraction(3, 8),
        Fraction(7, 16),
        Fraction(7, 8),
        Fraction(3, 4),
    )


def test_a_grown_box_ends_at_the_picture() -> None:
    assert grown(Region(0, 0.5, 0.5, 0.5)) == (0, Fraction(1, 4), Fraction(3, 4), 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_lies_where_viewers_see_it(orientation: int) -> None:
    """Paint the box into the stored frame and let Pillow turn it upright as viewers do."""
    width, height = 96, 64
    edges = (Fraction(1, 8), Fraction(1, 4), Fraction(1, 2), Fraction(3, 8))
    left, top, right, bottom = (
        int(v * s) for v, s in zip(stored(edges, orientation), (width, height) * 2, strict=True)
    )
    frame = Image.new("L", (width, height), BLACK)
    frame.paste(WHITE, (left, top, right, bottom))
    seen = ImageOps.exif_transpose(decode(turned(orientation, encode(frame, quality=100))))
    across, down = upright_size((width, height), orientation)
    wanted = tuple(int(v * s) for v, s in zip(edges, (across, down) * 2, strict=True))
    assert seen.size == (across, down)
    assert seen.point(lambda level: 255 * (level > 128)).getbbox() == wanted
    assert upright((left, top, right, bottom), (width, height), orientation) == wanted


def test_a_box_goes_out_to_the_unit_past_the_bleed_and_out_to_blocks() -> None:
    order = hiding(Region(0.5, 0.5, 0.125, 0.125))
    assert hidden_boxes(order, (256, 256)) == [(112, 112, 176, 192)]
    assert hidden_boxes(order, (250, 250)) == [(109, 109, 172, 188)]
    assert hidden_boxes(order, (250, 250), grid=(16, 8)) == [(96, 104, 176, 192)]
    assert hidden_boxes(order, (250, 250), grid=(16, 8), bleed=2) == [(94, 102, 178, 194)]
    assert hidden_boxes(order, (250, 250), grid=(16, 8), bleed=2, out_to=8) == [(88, 96, 184, 200)]


def test_slack_lets_an_edge_fall_short_by_a_share_of_a_pixel() -> None:
    order = hiding(Region(0.5, 0.5, 0.125, 0.125))
    assert hidden_boxes(order, (250, 250)) == [(109, 109, 172, 188)]
    assert hidden_boxes(order, (250, 250), slack=Fraction(1, 2)) == [(109, 109, 172, 187)]


def test_a_box_is_cut_at_the_edge_of_the_picture() -> None:
    assert hidden_boxes(hiding(Region(0, 0, 1, 1)), (163, 121), grid=(16, 16), bleed=2) == [(0, 0, 163, 121)]


def test_nobody_to_hide_is_no_box() -> None:
    assert hidden_boxes(Order(), (100, 100)) == []


@pytest.mark.parametrize(
    ("region", "failure"),
    [
        pytest.param(Region(math.nan, 0, 0.1, 0.1), "no box", id="not a number"),
        pytest.param(Region(0, 0, math.inf, 0.1), "no box", id="infinite"),
        pytest.param(Region(0, -math.inf, 0.1, 0.1), "no box", id="infinitely far"),
        pytest.param(Region(0.1, 0.1, 0, 0.1), "no box", id="no width"),
        pytest.param(Region(0.1, 0.1, 0.1, -0.1), "no box", id="negative"),
        pytest.param(Region(0.1, 0.1, 1e-9, 0.1), "no box", id="too small for a face"),
        pytest.param(Region(2, 2, 0.1, 0.1), "outside", id="outside"),
        pytest.param(Region(-1, 0.1, 0.1, 0.1), "outside", id="left of it"),
    ],
)
def test_a_box_that_covers_nothing_proves_nothing(region: Region, failure: str) -> None:
    with pytest.raises(NotProven, match=f"box 2 of s1.*{failure}"):
        hidden_boxes(hiding(Region(0.1, 0.1, 0.1, 0.1), region), (100, 100))


def test_everybody_who_cannot_be_placed_is_named_by_pseudonym() -> None:
    order = Order(hide=(Person("s1"), Person("s2", (Region(2, 2, 1, 1),)), Person("s3")))
    with pytest.raises(NotProven) as caught:
        hidden_boxes(order, (100, 100))
    assert [failure[:2] for failure in caught.value.failures] == ["s1", "bo", "s3"]


SIDES = st.floats(1 / 256, 1)


@given(
    orientation=st.integers(1, 8),
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    grid=st.sampled_from([(1, 1), (8, 8), (16, 8), (8, 16), (16, 16), (32, 8)]),
    regions=st.lists(st.builds(Region, st.floats(0, 0.99), st.floats(0, 0.99), SIDES, SIDES), min_size=1, max_size=4),
)
def test_writer_and_prover_count_alike(
    orientation: int, size: tuple[int, int], grid: tuple[int, int], regions: list[Region]
) -> None:
    order = hiding(*regions)
    made = plan_picture(Frame("image/jpeg", size, orientation, grid), order)
    ours = hidden_boxes(order, size, orientation, grid=grid)
    assert [box.as_tuple() for box in made.pixel_boxes] == ours
    assert all(box[edge] % grid[edge] == 0 for box in ours for edge in (0, 1))


HIDDEN = [(32, 32, 64, 64)]


@pytest.mark.parametrize(
    ("crop", "failure"),
    [
        pytest.param(PixelBox(0, 0, 32, 100), None, id="beside"),
        pytest.param(PixelBox(64, 0, 163, 121), None, id="up to the edge, where a unit is cut"),
        pytest.param(PixelBox(0, 0, 48, 48), "shows a part", id="over a corner"),
        pytest.param(PixelBox(32, 48, 48, 64), "shows a part", id="inside of the box"),
        pytest.param(PixelBox(0, 0, 163, 121), "shows a part", id="around the box"),
        pytest.param(PixelBox(0, 0, 31, 16), "whole coding units", id="off the grid"),
        pytest.param(PixelBox(70, 0, 163, 121), "whole coding units", id="off the grid at the left"),
        pytest.param(PixelBox(16, 16, 16, 32), "outside", id="empty"),
        pytest.param(PixelBox(-16, 0, 16, 16), "outside", id="negative"),
        pytest.param(PixelBox(64, 64, 176, 121), "outside", id="beyond the edge"),
    ],
)
def test_a_crop_is_whole_units_and_touches_nobody(crop: PixelBox, failure: str | None) -> None:
    grid = (16, 4) if crop.bottom == 100 else (16, 16)
    found = list(check_crop(crop, HIDDEN, (163, 121), grid))
    assert found == [] if failure is None else any(failure in each for each in found)
