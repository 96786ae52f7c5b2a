"""EXIF: fields as they stand, two libraries united for the odd ones, and nothing they are given can run away."""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import bag, exif_block, exif_segment, jpeg, packet, segment, tiff

from dam_tagging.facts import Facts
from dam_tagging.metadata.fields import exif
from dam_tagging.metadata.read import read

USER_COMMENT, TAKEN = 37510, 36867


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x")


def of_block(block: bytes) -> Facts:
    return facts(jpeg(segment(0xE1, b"Exif\0\0" + block)))


def captions(result: Facts) -> list[str]:
    return list(dict.fromkeys(caption.text for caption in result.captions))


def test_description_artist_and_date_are_read_once_though_two_libraries_give_them() -> None:
    result = facts(jpeg(exif_segment({270: "At the fair", 315: "A. B."}, {TAKEN: "2026:10:02 10:00:00"})))
    assert [caption.text for caption in result.captions] == ["At the fair"]
    assert (result.owner, result.taken) == ("A. B.", "2026:10:02 10:00:00")


def test_long_keywords_are_read() -> None:
    names = [f"Student Name {number:03}" for number in range(80)]
    value = ";".join(names).encode("utf-16-le") + b"\0\0"
    assert len(value) > 1000
    assert [word.text for word in facts(jpeg(exif_segment({40094: value}))).keywords] == names


@pytest.mark.parametrize(
    "value",
    [
        b"ASCII\0\0\0names here",
        b"\0" * 8 + b"names here",
        b"UNICODE\0" + "names here".encode("utf-16-le"),
        b"UNICODE\0" + "names here".encode("utf-16-be"),
        b"JIS\0\0\0\0\0names here",
    ],
    ids=["ascii", "undefined", "utf-16-le", "utf-16-be", "jis"],
)
def test_a_user_comment_is_decoded_as_it_announces(value: bytes) -> None:
    assert captions(facts(jpeg(exif_segment({}, {USER_COMMENT: value})))) == ["names here"]


def test_utf8_in_an_ascii_field_is_read_as_utf8() -> None:
    raw = "Zoë plays".encode()
    result = of_block(tiff([(270, 2, len(raw) + 1, raw + b"\0")]))
    assert "Zoë plays" in captions(result)


def test_latin1_in_an_ascii_field_is_read_as_latin1() -> None:
    raw = "Zoë plays".encode("latin-1")
    assert "Zoë plays" in captions(of_block(tiff([(270, 2, len(raw) + 1, raw + b"\0")])))


@pytest.mark.parametrize("orientation", [0, 9, 99])
def test_an_orientation_that_is_none_is_noted_and_left_out(orientation: int) -> None:
    result = of_block(tiff([(274, 3, 1, struct.pack("<H", orientation))]))
    assert (result.orientation, result.state) == (None, "read")
    assert result.problems


def test_a_field_outside_the_block_is_a_note_and_the_rest_is_read() -> None:
    block = tiff([(270, 2, 5, b"fair\0"), (271, 2, 5_000_000, b"\0\0\0\0\0")])
    result = of_block(block)
    assert (captions(result), result.state) == (["fair"], "read")
    assert result.problems


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"XX*\0\x08\0\0\0", id="header"),
        pytest.param(b"II*\0\xff\xff\0\0", id="directory-outside"),
        pytest.param(b"II*\0\x08\0\0\0\x09\0", id="directory-cut"),
        pytest.param(b"II*\0\x08", id="header-cut"),
        pytest.param(tiff([(270, 2, 4, b"abc\0")], following=8), id="circle"),
        pytest.param(tiff([(34665, 4, 1, struct.pack("<I", 8))]), id="circle-below"),
        pytest.param(tiff([(34853, 4, 2, b"\x08\0\0\0\x08\0\0\0")]), id="two-pointers"),
        pytest.param(tiff([(330, 4, 1001, b"\0" * 4004)]), id="many-directories"),
    ],
)
def test_a_block_that_cannot_be_walked_leaves_the_file_partial(block: bytes) -> None:
    result = of_block(block)
    assert result.state == "partial"
    assert result.problems


def test_a_block_that_declares_far_more_than_it_holds_is_refused() -> None:
    entries = b"".join(struct.pack("<HHII", number, 1, 50_000, 10_000) for number in range(800))
    block = b"II*\0" + struct.pack("<IH", 8, 800) + entries
    result = of_block(block.ljust(60_500, b"\0"))
    assert result.state == "partial"
    assert "more than is ever real" in result.problems[0]


def test_xmp_and_iptc_inside_an_exif_block_are_read() -> None:
    xmp = packet(bag("dc:subject", ["Soccer"]))
    result = of_block(tiff([(700, 1, len(xmp), xmp), (33723, 7, 11, b"\x1c\x02\x19\0\x06Violin")]))
    assert {word.text for word in result.keywords} == {"Soccer", "Violin"}


ODD = tiff([(270, 7, 5, b"fair\0")])
"""A description in bytes, which should be a text."""


def fails(_block: BinaryIO) -> dict[int, Any]:
    raise KeyError("the library stumbled")


def test_one_library_that_fails_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exif, "_by_exifread", fails)
    result = of_block(ODD)
    assert (captions(result), result.state) == (["fair"], "read")
    assert result.problems


def test_no_library_is_asked_about_fields_as_they_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exif, "_by_exifread", fails)
    monkeypatch.setattr(exif, "_by_pillow", fails)
    result = of_block(exif_block({270: "Zo\u00eb at the fair".encode(), 274: 6, 40094: "Ava".encode("utf-16-le")}))
    assert (captions(result), result.orientation, result.problems) == (["Zo\u00eb at the fair"], 6, ())
    assert [word.text for word in result.keywords] == ["Ava"]


TEXTS = (
    b"Ava",
    b"Ava\0Ben\0",
    b"  \0Ava ",
    b" ",
    b"",
    b"Zo\xeb\0",
    "Zo\u00eb".encode(),
    "Zo\u00c3\u00ab".encode(),
    b"\x81\x8d",
    "Ava".encode("utf-16-le"),
    b"ASCII\0\0\0Ava",
    b"UNICODE\0A\0v\0a\0",
    b"\1\0\6\0",
)
FIELDS = st.tuples(st.sampled_from(sorted(exif.NAMES)), st.sampled_from([1, 2, 3, 4, 7]), st.sampled_from(TEXTS))


@settings(derandomize=True, deadline=None)
@given(st.lists(FIELDS, max_size=5))
def test_fields_as_they_stand_say_what_the_libraries_make_of_them(fields: list[tuple[int, int, bytes]]) -> None:
    units = {3: 2, 4: 4}
    block = tiff(
        [
            (
                tag,
                kind,
                len(value) // units.get(kind, 1),
                value[: len(value) // units.get(kind, 1) * units.get(kind, 1)],
            )
            for tag, kind, value in fields
        ]
    )
    with pytest.MonkeyPatch.context() as monkeypatch:
        seen = said(of_block(block))
        monkeypatch.setattr(exif, "_as_it_stands", lambda *_: None)
        assert said(of_block(block)) == seen


def said(result: Facts) -> tuple[object, ...]:
    return (
        set(captions(result)),
        {word.text for word in result.keywords},
        *(result.owner, result.taken, result.camera, result.focus_area, result.orientation, result.state),
    )


def test_a_text_that_was_encoded_twice_is_read_both_ways() -> None:
    raw = "Zo\u00c3\u00ab".encode()
    assert set(captions(of_block(tiff([(270, 2, len(raw), raw)])))) == {"Zo\u00c3\u00ab", "Zo\u00eb"}


def test_what_stands_behind_a_zero_in_a_text_is_read() -> None:
    assert "behind" in " ".join(captions(of_block(tiff([(270, 2, 12, b"fair\0behind\0")]))))


@pytest.mark.parametrize("kind", [1, 7])
def test_a_text_in_a_field_of_bytes_is_read(kind: int) -> None:
    assert captions(of_block(tiff([(270, kind, 5, b"fair\0")]))) == ["fair"]


def test_a_description_in_the_second_directory_is_read() -> None:
    assert captions(facts(jpeg(exif_segment({}, {270: "At the fair"})))) == ["At the fair"]


def test_both_libraries_failing_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exif, "_by_exifread", fails)
    monkeypatch.setattr(exif, "_by_pillow", fails)
    assert of_block(ODD).state == "partial"


def test_values_of_an_odd_type_say_nothing() -> None:
    result = of_block(tiff([(270, 3, 2, struct.pack("<HH", 700, 800)), (315, 4, 1, struct.pack("<I", 7))]))
    assert (result.captions, result.owner, result.state) == ((), None, "read")


@pytest.mark.parametrize("value", [b"ASCII\0\0\0Zo\xeb", b"\0" * 8 + b"Zo\xeb"], ids=["ascii", "undefined"])
def test_a_comment_in_cp1252_is_read(value: bytes) -> None:
    assert captions(facts(jpeg(exif_segment({}, {USER_COMMENT: value})))) == ["Zoë"]


def test_maker_model_and_serial_number_are_read() -> None:
    result = facts(jpeg(exif_segment({271: "NIKON CORPORATION", 272: "NIKON D70"}, {42033: "2024"})))
    assert result.camera == "NIKON CORPORATION NIKON D70 2024"


def focus_of(numbers: tuple[int, ...], tag: int = 37396, recorded: tuple[int, int] | None = None, turn: int = 1) -> Any:
    sizes = {40962: recorded[0], 40963: recorded[1]} if recorded else {}
    area = facts(jpeg(exif_segment({274: turn}, {tag: numbers, **sizes}), size=(600, 800))).focus_area
    return area and pytest.approx((area.x, area.y, area.w, area.h))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        pytest.param((150, 200), (0.25, 0.25, 0, 0), id="point"),
        pytest.param((150, 200, 60), (0.2, 0.2125, 0.1, 0.075), id="circle"),
        pytest.param((150, 200, 60, 80), (0.2, 0.2, 0.1, 0.1), id="rectangle"),
        pytest.param((0, 200, 60, 80), (0, 0.2, 0.05, 0.1), id="cut-at-the-edge"),
        pytest.param((300, 400, 60, 80), None, id="centre"),
        pytest.param((310, 410), None, id="nearly-the-centre"),
        pytest.param((900, 200), None, id="outside"),
        pytest.param((1, 2, 3, 4, 5), None, id="five-numbers"),
    ],
)
def test_where_the_camera_focused_is_told_off_the_centre(numbers: tuple[int, ...], expected: tuple[float, ...]) -> None:
    assert focus_of(numbers) == expected


def test_a_point_of_focus_is_turned_upright() -> None:
    assert focus_of((150, 600), 41492, turn=6) == (0.25, 0.25, 0, 0)


def test_focus_is_in_pixels_of_the_picture_as_recorded() -> None:
    assert focus_of((1500, 2000), recorded=(6000, 8000)) == (0.25, 0.25, 0, 0)


def test_focus_of_a_picture_that_was_cropped_is_nowhere() -> None:
    assert focus_of((1500, 2000), recorded=(8000, 6000)) is None


@pytest.mark.parametrize("tag", [269, 285])
def test_the_names_of_document_and_page_are_captions(tag: int) -> None:
    assert captions(facts(jpeg(exif_segment({tag: "Ava Example"})))) == ["Ava Example"]


def test_the_title_of_the_picture_is_a_caption() -> None:
    assert captions(facts(jpeg(exif_segment({}, {42038: "Ava Example"})))) == ["Ava Example"]


def test_a_text_of_the_utf8_type_is_read() -> None:
    raw = "Zoë Example\0".encode()
    result = of_block(tiff([(270, 129, len(raw), raw)]))
    assert (captions(result), result.problems) == (["Zoë Example"], ())
