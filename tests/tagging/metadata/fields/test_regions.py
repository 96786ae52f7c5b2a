"""Regions of three standards on the upright picture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import RESOURCE, bag, iptc_region, microsoft, mwg, packet, vocabulary

from dam_tagging.facts import Facts, NamedRegion, Region
from dam_tagging.metadata.facts_builder import MAX_ITEMS, MAX_TEXT, FactsBuilder
from dam_tagging.metadata.fields import xmp, xmp_people
from dam_tagging.metadata.fields.frame import Frame, clip, same_aspect

UPRIGHT = (0.2, 0.25, 0.2, 0.3)
"""The box that all the cases mean: top left x, y, width, height of an upright picture of 800 by 600."""

STORED_CENTRES = {
    1: (0.3, 0.4, 0.2, 0.3),
    2: (0.7, 0.4, 0.2, 0.3),
    3: (0.7, 0.6, 0.2, 0.3),
    4: (0.3, 0.6, 0.2, 0.3),
    5: (0.4, 0.3, 0.3, 0.2),
    6: (0.4, 0.7, 0.3, 0.2),
    7: (0.6, 0.7, 0.3, 0.2),
    8: (0.6, 0.3, 0.3, 0.2),
}


def stored(orientation: int) -> tuple[int, int]:
    return (600, 800) if orientation >= 5 else (800, 600)


def facts(body: str, orientation: int = 1, size: tuple[int, int] | None = (800, 600)) -> Facts:
    found = FactsBuilder(frame=Frame(size, orientation))
    xmp_people.collect(xmp.parse(packet(body)), found)
    return found.facts("image/jpeg", orientation)


def only(result: Facts) -> NamedRegion:
    (region,) = result.regions
    return region


def box(region: Region) -> tuple[float, float, float, float]:
    return region.x, region.y, region.w, region.h


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_region_of_the_stored_frame_is_turned_upright(orientation: int) -> None:
    size = stored(orientation)
    region = only(
        facts(mwg([{"name": "A", "kind": "Face", "box": STORED_CENTRES[orientation]}], size), orientation, size)
    )
    assert box(region.region) == pytest.approx(UPRIGHT)
    assert not region.stale


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_writer_that_used_the_displayed_frame_is_recognized_by_its_dimensions(orientation: int) -> None:
    region = only(facts(mwg([{"box": STORED_CENTRES[1], "kind": "Face"}], (800, 600)), orientation, (600, 800)))
    assert box(region.region) == pytest.approx(UPRIGHT)
    assert not region.stale


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_region_drawn_on_another_aspect_ratio_is_stale(orientation: int) -> None:
    assert only(facts(mwg([{"box": STORED_CENTRES[1]}], (1600, 900)), orientation)).stale


def test_swapped_dimensions_of_an_unturned_picture_are_stale() -> None:
    assert only(facts(mwg([{"box": STORED_CENTRES[1]}], (600, 800)), 1)).stale


def test_a_smaller_copy_of_the_same_aspect_is_not_stale() -> None:
    assert not only(facts(mwg([{"box": STORED_CENTRES[1]}], (401, 300)))).stale


@pytest.mark.parametrize("applied", [(800, 600), None], ids=["by-its-dimensions", "by-the-picture"])
def test_pixels_become_fractions(applied: tuple[int, int] | None) -> None:
    region = only(facts(mwg([{"box": (240, 240, 160, 180)}], applied, unit="pixel")))
    assert box(region.region) == pytest.approx(UPRIGHT)


def test_a_circle_is_the_box_around_it() -> None:
    body = mwg([{"name": "A", "box": (0.5, 0.5, 0, 0)}]).replace("stArea:w='0' stArea:h='0'", "stArea:d='0.2'")
    assert box(only(facts(body)).region) == pytest.approx((0.425, 0.4, 0.15, 0.2))
    pixel = body.replace("'0.5'", "'300'").replace("'0.2'", "'120'").replace("normalized", "pixel")
    assert box(only(facts(pixel)).region) == pytest.approx((0.3, 0.4, 0.15, 0.2))


def test_a_region_over_the_edge_is_cut_at_the_edge() -> None:
    region = only(facts(mwg([{"name": "A", "box": (0.0, 0.5, 0.2, 0.2)}])))
    assert box(region.region) == pytest.approx((0.0, 0.4, 0.1, 0.2))


@pytest.mark.parametrize("area", [(0, 0, 8, 8), (0.5, 0.5, 1.5, 0.5), (-0.1, 0.5, 0.4, 0.2), (0.5, 1.1, 0.2, 0.4)])
def test_a_region_that_is_no_place_in_the_picture_is_stale(area: tuple[float, ...]) -> None:
    x, y, w, h = area
    corner = ", ".join(str(number) for number in (x - w / 2, y - h / 2, w, h))
    drawn = (mwg([{"name": "A", "box": area}]), microsoft([("A", corner)]))
    assert [only(facts(body)).stale for body in drawn] == [True, True]


def test_a_region_as_large_as_the_picture_places_its_person() -> None:
    assert not only(facts(mwg([{"name": "A", "box": (0.5, 0.5, 1.0, 1.0)}]))).stale


NO_PLACE = [
    pytest.param({"box": (5, 5, 1, 1)}, "normalized", id="outside"),
    pytest.param({"box": ("a", "nan", "inf", 1)}, "normalized", id="no-numbers"),
    pytest.param({"box": (0.5, 0.5, 0, 0)}, "normalized", id="a-point"),
    pytest.param({"box": (0.5, 0.5, -1, 1)}, "normalized", id="negative"),
    pytest.param({}, "normalized", id="no-area"),
]


@pytest.mark.parametrize(("area", "unit"), NO_PLACE)
def test_a_named_face_without_a_place_still_names_its_person(area: dict[str, object], unit: str) -> None:
    result = facts(mwg([{"name": "Ava Example", "kind": "Face", **area}], unit=unit))
    assert (result.regions, [person.name for person in result.persons]) == ((), ["Ava Example"])
    assert result.state == "read"


@pytest.mark.parametrize(("area", "unit"), NO_PLACE)
def test_an_unnamed_face_without_a_place_leaves_the_file_partial(area: dict[str, object], unit: str) -> None:
    assert facts(mwg([{"kind": "Face", **area}], unit=unit)).state == "partial"


@pytest.mark.parametrize("kind", ["Person", "Head"])
def test_a_region_of_any_kind_of_person_without_a_place_still_says_that_somebody_is_there(kind: str) -> None:
    assert [one.name for one in facts(mwg([{"kind": kind, "name": "Ava Example"}])).persons] == ["Ava Example"]
    assert facts(mwg([{"kind": kind}])).state == "partial"


def test_an_unnamed_region_of_no_kind_with_an_unusable_place_leaves_the_file_partial() -> None:
    assert facts(mwg([{"box": (0.5, 0.5, -1, 1)}])).state == "partial"


@pytest.mark.parametrize(
    "region", [{"kind": "Focus"}, {"kind": "Pet", "name": "Rex"}, {}], ids=["focus", "pet", "nothing"]
)
def test_what_is_no_face_and_has_no_place_says_nothing(region: dict[str, object]) -> None:
    result = facts(mwg([region]))
    assert (result.regions, result.persons, result.state) == ((), (), "read")


def test_pixels_without_any_dimensions_have_no_place() -> None:
    body = mwg([{"name": "Ava Example", "box": (240, 240, 160, 180)}], None, unit="pixel")
    result = facts(body, size=None)
    assert (result.regions, len(result.persons)) == ((), 1)


def test_kinds_are_kept_as_the_file_gives_them() -> None:
    body = mwg(
        [{"kind": kind, "box": (0.3, 0.4, 0.2 + n / 100, 0.3)} for n, kind in enumerate(["Face", "Pet", "BarCode"])]
    )
    assert [region.kind for region in facts(body).regions] == ["Face", "Pet", "BarCode"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_microsoft_rectangle_is_in_the_displayed_frame_already(orientation: int) -> None:
    region = only(facts(microsoft([("A", "0.2, 0.25, 0.2, 0.3")]), orientation, stored(orientation)))
    assert box(region.region) == pytest.approx(UPRIGHT)
    assert region.kind == "Face"


def test_a_microsoft_name_without_a_rectangle_is_a_person() -> None:
    result = facts(microsoft([("Ava Example", ""), (None, "1,2"), (None, "0.2,0.2,0.1,0.1")]))
    assert [person.name for person in result.persons] == ["Ava Example"]
    assert only(result).name is None


PERSON = bag("Iptc4xmpExt:PersonInImage", ["Ava Example"])
AROUND = (0.425, 0.4, 0.15, 0.2)
IPTC_SHAPES = [
    pytest.param({"shape": "rectangle", "unit": "relative", "x": 0.2, "y": 0.25, "w": 0.2, "h": 0.3}, UPRIGHT, id="rectangle"),
    pytest.param({"shape": "rectangle", "unit": "pixel", "x": 160, "y": 150, "w": 160, "h": 180}, UPRIGHT, id="pixels"),
    pytest.param({"shape": "circle", "unit": "relative", "x": 0.5, "y": 0.5, "rx": 0.075}, AROUND, id="circle"),
    pytest.param({"shape": "circle", "unit": "pixel", "x": 400, "y": 300, "rx": 60}, AROUND, id="circle-in-pixels"),
    pytest.param(
        {"shape": "polygon", "unit": "relative", "vertices": [(0.2, 0.25), (0.4, 0.3), (0.3, 0.55)]}, UPRIGHT, id="polygon"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("boundary", "expected"), IPTC_SHAPES)
def test_an_iptc_region_of_every_shape(boundary: dict[str, object], expected: tuple[float, ...]) -> None:
    region = only(facts(iptc_region(boundary, PERSON)))
    assert box(region.region) == pytest.approx(expected)
    assert (region.name, region.kind, region.subject) == ("Ava Example", "Face", False)


RECTANGLE = {"shape": "rectangle", "unit": "relative", "x": 0.2, "y": 0.25, "w": 0.2, "h": 0.3}


def test_the_role_of_the_main_subject_is_kept() -> None:
    role = vocabulary("rRole", "http://cv.iptc.org/newscodes/imageregionrole/mainSubjectArea")
    assert only(facts(iptc_region(RECTANGLE, PERSON + role))).subject


def test_a_region_of_a_human_without_a_name_is_a_face_and_another_is_an_area() -> None:
    human = vocabulary("rCtype", "http://cv.iptc.org/newscodes/imageregiontype/human")
    assert only(facts(iptc_region(RECTANGLE, human))).kind == "Face"
    assert only(facts(iptc_region(RECTANGLE, bag("Iptc4xmpExt:Name", ["Scoreboard"])))).kind == "area"


def details(*people: tuple[str, str]) -> str:
    items = "".join(
        f"<rdf:li {RESOURCE}>{bag('Iptc4xmpExt:PersonName', [name], 'Alt')}{bag('Iptc4xmpExt:PersonId', [identifier])}</rdf:li>"
        for name, identifier in people
    )
    return f"<Iptc4xmpExt:PersonInImageWDetails><rdf:Bag>{items}</rdf:Bag></Iptc4xmpExt:PersonInImageWDetails>"


def test_a_person_with_details_in_an_iptc_region_is_placed_and_keeps_the_id() -> None:
    result = facts(iptc_region(RECTANGLE, details(("Ava Example", "7"))))
    assert (only(result).name, only(result).kind) == ("Ava Example", "Face")
    assert [(person.name, person.id) for person in result.persons] == [("Ava Example", "7")]


def test_a_person_whom_a_region_names_in_short_and_in_detail_is_one() -> None:
    result = facts(iptc_region(RECTANGLE, PERSON + details(("Ava Example", "7"))))
    assert only(result).name == "Ava Example"


def test_what_a_region_says_in_words_is_a_caption() -> None:
    result = facts(iptc_region(RECTANGLE, bag("dc:description", ["Ava scores"], "Alt")))
    assert [caption.text for caption in result.captions] == ["Ava scores"]


def test_acdsees_regions_are_read_as_mwgs_are() -> None:
    body = mwg([{"name": "Ava Example", "kind": "Face", "box": STORED_CENTRES[6]}], (600, 800))
    spaces = "xmlns:acdsee-rs='http://ns.acdsee.com/regions/' xmlns:stArea='http://ns.acdsee.com/sType/Area#'"
    body = body.replace("mwg-rs:Area", "mwg-rs:DLYArea").replace("mwg-rs:", "acdsee-rs:")
    body = body.replace("<acdsee-rs:Regions", f"<acdsee-rs:Regions {spaces}", 1)
    region = only(facts(body, 6, (600, 800)))
    assert box(region.region) == pytest.approx(UPRIGHT)
    assert (region.name, region.source) == ("Ava Example", "acdsee-rs:Regions")


def test_more_regions_than_are_ever_real_are_not_read_whole_and_said_so() -> None:
    many = microsoft([("A", f"0.{number:05}, 0.1, 0.1, 0.1") for number in range(MAX_ITEMS + 100)])
    result = facts(many)
    assert result.state == "partial"
    assert len(result.regions) == MAX_ITEMS


def test_a_name_of_a_megabyte_is_cut_and_said_so() -> None:
    result = facts(mwg([{"name": "A" * 1_000_000, "kind": "Face", "box": STORED_CENTRES[1]}]))
    assert (len(only(result).name or ""), result.state) == (MAX_TEXT, "partial")


def test_two_people_in_one_iptc_region_are_two_regions() -> None:
    body = iptc_region(RECTANGLE, bag("Iptc4xmpExt:PersonInImage", ["Ava Example", "Ben Sample"]))
    assert [region.name for region in facts(body).regions] == ["Ava Example", "Ben Sample"]


def test_an_iptc_region_of_a_turned_picture_places_nobody() -> None:
    assert only(facts(iptc_region(RECTANGLE, PERSON), 6, (600, 800))).stale


@pytest.mark.parametrize(
    "boundary",
    [
        {"shape": "star"},
        {"shape": "polygon", "unit": "relative", "vertices": [("a", 0.1), (0.2, 0.3)]},
        {"shape": "polygon", "unit": "relative"},
        {"shape": "rectangle", "unit": "relative", "x": 0.2},
        {"shape": "circle", "unit": "relative", "x": 0.2, "y": 0.2},
    ],
)
def test_a_person_in_an_iptc_region_without_a_place_is_still_named(boundary: dict[str, object]) -> None:
    result = facts(iptc_region(boundary, PERSON))
    assert [person.name for person in result.persons] == ["Ava Example"]


def test_iptc_pixels_without_a_known_size_have_no_place() -> None:
    result = facts(iptc_region({**RECTANGLE, "unit": "pixel"}, PERSON), size=None)
    assert (result.regions, len(result.persons)) == ((), 1)


fractions = st.floats(0, 1)


@given(fractions, fractions, fractions, fractions, st.integers(1, 8))
def test_turning_keeps_the_area_and_stays_in_the_picture(
    x: float, y: float, w: float, h: float, orientation: int
) -> None:
    inside = Region(x, y, w * (1 - x), h * (1 - y))
    turned = Frame((800, 600), orientation).to_upright(inside)
    assert turned.area == pytest.approx(inside.area, abs=1e-9)
    assert -1e-9 <= turned.x <= turned.x + turned.w <= 1 + 1e-9
    assert -1e-9 <= turned.y <= turned.y + turned.h <= 1 + 1e-9


@given(st.floats(), st.floats(), st.floats(), st.floats())
def test_what_is_clipped_lies_in_the_picture(x: float, y: float, w: float, h: float) -> None:
    region = clip(x, y, w, h)
    if region is not None:
        assert 0 <= region.x < region.x + region.w <= 1 + 1e-9
        assert 0 <= region.y < region.y + region.h <= 1 + 1e-9


def test_a_size_of_nothing_has_no_aspect() -> None:
    assert not same_aspect((0, 5), (4, 3))


@pytest.mark.parametrize("rectangle", ["", "<MPReg:Rectangle>x</MPReg:Rectangle>"], ids=["missing", "unusable"])
def test_an_unnamed_people_tag_without_a_usable_place_leaves_the_file_partial(rectangle: str) -> None:
    body = f"<rdf:li {RESOURCE}><MPReg:PersonEmailDigest>x</MPReg:PersonEmailDigest>{rectangle}</rdf:li>"
    block = f"<MPRI:Regions><rdf:Bag>{body}</rdf:Bag></MPRI:Regions>"
    assert facts(f"<MP:RegionInfo {RESOURCE}>{block}</MP:RegionInfo>").state == "partial"


def test_what_an_mwg_region_carries_of_the_picture_is_read() -> None:
    carried = bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]) + bag("dc:subject", ["soccer"])
    inside = f"<mwg-rs:Extensions {RESOURCE}>{carried}</mwg-rs:Extensions>"
    result = facts(mwg([{"box": STORED_CENTRES[1]}]).replace("</rdf:li>", f"{inside}</rdf:li>", 1))
    assert [person.name for person in result.persons] == ["Ava Example"]
    assert [word.text for word in result.keywords] == ["soccer"]


def test_the_title_of_an_image_region_without_a_boundary_is_a_caption() -> None:
    region = f"<rdf:li {RESOURCE}>{bag('Iptc4xmpExt:Name', ['Ava Example', 'Eva'], 'Alt')}</rdf:li>"
    result = facts(f"<Iptc4xmpExt:ImageRegion><rdf:Bag>{region}</rdf:Bag></Iptc4xmpExt:ImageRegion>")
    assert {caption.text for caption in result.captions} == {"Ava Example", "Eva"}
