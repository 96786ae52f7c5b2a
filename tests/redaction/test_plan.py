"""Whom and where: a box is grown, mapped to the stored frame and snapped outward, or refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jpeg_samples import encode, exif, insert, picture, turned

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.plan import PixelBox, grow, plan
from dam_tagging.facts import Region

FACE = Region(0.4, 0.4, 0.1, 0.1)
fractions = st.floats(0, 1, allow_nan=False)


def test_a_box_is_grown_to_head_and_shoulders() -> None:
    grown = grow(Region(0.4, 0.4, 0.1, 0.2))
    assert (grown.x, grown.y, grown.w, grown.h) == pytest.approx((0.35, 0.3, 0.2, 0.5))


@given(fractions, fractions, fractions, fractions)
def test_a_grown_box_holds_the_box_and_stays_in_the_picture(x: float, y: float, w: float, h: float) -> None:
    grown = grow(Region(x, y, w, h))
    assert grown.x <= x
    assert grown.y <= y
    assert grown.x + grown.w >= min(x + w, 1) - 1e-12
    assert grown.y + grown.h >= min(y + h, 1) - 1e-12
    assert 0 <= grown.x <= grown.x + grown.w <= 1 + 1e-12
    assert 0 <= grown.y <= grown.y + grown.h <= 1 + 1e-12


def test_a_plan_names_the_hidden_and_keeps_the_frame() -> None:
    made = plan(turned(6, encode(picture())), {"s1": [FACE], "s2": [FACE, Region(0.1, 0.1, 0.1, 0.1)]})
    assert made.hidden == ("s1", "s2")
    assert (made.orientation, made.size) == (6, (160, 120))
    assert len(made.boxes) == len(made.pixel_boxes) == 3
    assert made.boxes[0] == grow(FACE)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"subsampling": "4:4:4"}, PixelBox(16, 16, 80, 72), id="4:4:4, blocks of 8"),
        pytest.param({"subsampling": "4:2:2"}, PixelBox(8, 16, 88, 72), id="4:2:2, units of 16 by 8"),
        pytest.param({"subsampling": "4:2:0"}, PixelBox(8, 8, 88, 72), id="4:2:0, units of 16"),
    ],
)
def test_a_box_is_snapped_outward_past_the_bleed_of_chroma(settings: dict[str, str], expected: PixelBox) -> None:
    made = plan(encode(picture(160, 128), **settings), {"s1": [Region(0.25, 0.25, 0.125, 0.125)]})
    assert made.pixel_boxes == (expected,)


def test_a_box_at_the_edge_ends_with_the_picture() -> None:
    made = plan(encode(picture(101, 77)), {"s1": [Region(0.9, 0.9, 0.1, 0.1)]})
    assert (made.pixel_boxes[0].right, made.pixel_boxes[0].bottom) == (101, 77)


@pytest.mark.parametrize(
    ("hide", "reason"),
    [
        pytest.param({}, "nobody to hide", id="nobody"),
        pytest.param({"s1": [FACE], "s2": []}, "s2 has no region", id="a student without a region"),
        pytest.param({"s1": [Region(0.4, 0.4, 0, 0.1)]}, "no face fits", id="no width"),
        pytest.param({"s1": [Region(0.4, 0.4, 0.1, -0.1)]}, "no face fits", id="negative height"),
        pytest.param({"s1": [Region(1.2, 0.4, 0.1, 0.1)]}, "no face fits", id="right of the picture"),
        pytest.param({"s1": [Region(math.nan, 0.4, 0.1, 0.1)]}, "no face fits", id="not a number"),
        pytest.param({"s1": [Region(0.4, 0.4, math.inf, 0.1)]}, "no face fits", id="infinite"),
    ],
)
def test_a_student_who_cannot_be_hidden_is_refused(hide: dict[str, list[Region]], reason: str) -> None:
    with pytest.raises(CannotRedact, match=reason):
        plan(encode(picture()), hide)


XMP = b'http://ns.adobe.com/xap/1.0/\0<rdf:Description tiff:Orientation="%d"/>'


def test_two_orientations_that_disagree_are_refused() -> None:
    source = insert(turned(6, encode(picture())), 0xE1, XMP % 3)
    with pytest.raises(CannotRedact, match="orientation oddly or twice"):
        plan(source, {"s1": [FACE]})


def test_two_exif_segments_that_disagree_are_refused() -> None:
    source = insert(turned(6, encode(picture())), 0xE1, exif(8))
    with pytest.raises(CannotRedact, match="orientation oddly or twice"):
        plan(source, {"s1": [FACE]})


def test_xmp_that_agrees_with_exif_is_taken() -> None:
    source = insert(turned(6, encode(picture())), 0xE1, XMP % 6)
    assert plan(source, {"s1": [FACE]}).orientation == 6


@pytest.mark.parametrize(
    ("body", "orientation"),
    [
        pytest.param(exif(6), 6, id="big-endian"),
        pytest.param(exif(6, "little"), 6, id="little-endian"),
        pytest.param(exif(6, "little", kind=4), 6, id="written as LONG"),
        pytest.param(exif(0), 1, id="zero"),
        pytest.param(exif(9), 1, id="out of range"),
        pytest.param(b"Exif\0\0junk", 1, id="no TIFF header"),
        pytest.param(exif(6)[:20], 1, id="cut short"),
        pytest.param(b"Exif\0\0MM\0*\xff\xff\xff\xff", 1, id="directory outside"),
    ],
)
def test_orientation_is_read_as_viewers_read_it(body: bytes, orientation: int) -> None:
    assert plan(insert(encode(picture()), 0xE1, body), {"s1": [FACE]}).orientation == orientation


@pytest.mark.parametrize("kind", [1, 2, 6, 7, 8], ids=["BYTE", "ASCII", "SBYTE", "UNDEFINED", "SSHORT"])
def test_an_orientation_that_programs_read_differently_is_refused(kind: int) -> None:
    with pytest.raises(CannotRedact, match="oddly"):
        plan(insert(encode(picture()), 0xE1, exif(6, "big", kind=kind)), {"s1": [FACE]})


def test_a_box_in_which_no_face_fits_is_refused() -> None:
    with pytest.raises(CannotRedact, match="no face fits"):
        plan(encode(picture()), {"s1": [Region(0.5, 0.5, 1e-6, 1e-6)]})
