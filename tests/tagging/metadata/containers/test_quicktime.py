"""QuickTime and MP4: XMP in both places, texts in three, size and turn."""

from __future__ import annotations

import io
import struct

import pytest
from made_files import bag, box, movie, mwg, packet, track

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.quicktime import XMP_UUID
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.mov")


def names(result: Facts) -> list[str]:
    return [person.name for person in result.persons]


def captions(result: Facts) -> list[str]:
    return [caption.text for caption in result.captions]


def user_text(kind: bytes, *texts: str) -> bytes:
    return box(kind, *(struct.pack(">HH", len(text.encode()), 0x55C4) + text.encode() for text in texts))


def data_atom(text: str) -> bytes:
    return box(b"data", b"\0\0\0\1\0\0\0\0", text.encode())


def test_xmp_in_the_user_data_of_a_quicktime_movie_is_read() -> None:
    result = facts(movie(track(), box(b"udta", box(b"XMP_", XMP), b"\0\0\0\0")))
    assert (result.media_type, result.state, result.image_size) == ("video/quicktime", "read", (640, 360))
    assert names(result) == ["Ava Example"]


def test_xmp_in_the_uuid_box_of_an_mp4_is_read() -> None:
    data = movie(brand=b"isom", after=box(b"uuid", XMP_UUID, XMP) + box(b"uuid", b"x" * 20) + box(b"uuid"))
    result = facts(data)
    assert (result.media_type, names(result)) == ("video/mp4", ["Ava Example"])


def test_a_turned_track_turns_its_regions() -> None:
    xmp = packet(mwg([{"name": "A", "box": (0.4, 0.7, 0.3, 0.2)}], (360, 640)))
    result = facts(movie(track((360, 640), (0, 1, -1, 0)), box(b"udta", box(b"XMP_", xmp))))
    assert (result.orientation, result.image_size) == (6, (640, 360))
    assert result.regions[0].region.x == pytest.approx(0.2)


def test_a_track_of_the_second_version_and_one_without_a_picture_are_told_apart() -> None:
    old = track((0, 0))
    body = (
        b"\1"
        + b"\0" * 51
        + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
        + struct.pack(">II", 320 << 16, 240 << 16)
    )
    result = facts(movie(old, box(b"trak", box(b"tkhd", body)), box(b"trak", box(b"tkhd", b"\0"))))
    assert result.image_size == (320, 240)


def test_user_texts_are_read() -> None:
    texts = (
        user_text(b"\xa9nam", "Concert", "Concert again"),
        user_text(b"\xa9ART", "Choir"),
        user_text(b"\xa9xyz", "no"),
    )
    result = facts(movie(box(b"udta", *texts, box(b"desc", b"3gpp"))))
    assert (captions(result), result.owner) == (["Concert", "Concert again"], "Choir")


def test_item_list_texts_are_read() -> None:
    items = box(
        b"ilst",
        box(b"\xa9nam", data_atom("Concert")),
        box(b"\xa9day", data_atom("2026-10-02")),
        box(b"covr", data_atom("x")),
        box(b"keyw", data_atom("choir, band"), box(b"mean", b"x")),
    )
    result = facts(movie(box(b"udta", box(b"meta", b"\0\0\0\0", box(b"hdlr", b"x" * 8), items)), brand=b"M4A "))
    assert (result.media_type, captions(result), result.taken) == ("audio/mp4", ["Concert"], "2026-10-02")
    assert [keyword.text for keyword in result.keywords] == ["choir", "band"]


def test_texts_under_named_keys_are_read() -> None:
    names_of_keys = [b"com.apple.quicktime.title", b"com.example.other", b"com.apple.quicktime.artist"]
    keys = b"\0" * 8 + b"".join(struct.pack(">I", len(name) + 8) + b"mdta" + name for name in names_of_keys)
    items = [box(struct.pack(">I", number), data_atom(f"text {number}")) for number in (1, 2, 3)]
    meta = box(b"meta", box(b"hdlr", b"x" * 8), box(b"keys", keys + b"\0\0\0\x02more"), box(b"ilst", *items))
    result = facts(movie(meta))
    assert (captions(result), result.owner) == (["text 1"], "text 3")


def test_a_box_with_a_long_size_and_one_that_reaches_the_end_are_read() -> None:
    long = struct.pack(">I4sQ", 1, b"mdat", 24) + b"samples!"
    to_the_end = struct.pack(">I4s", 0, b"mdat") + b"rest"
    result = facts(movie(track(), after=long + to_the_end))
    assert (result.state, result.image_size) == ("read", (640, 360))


def test_a_movie_without_a_brand_is_quicktime() -> None:
    assert facts(box(b"moov", track())).media_type == "video/quicktime"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(movie()[:-4], id="cut"),
        pytest.param(box(b"ftyp", b"qt  "), id="no-moov"),
        pytest.param(movie(b"\0\0\0\x04free"), id="size-too-small"),
        pytest.param(movie(b"\0\0\xff\xfffree"), id="inner-outside"),
        pytest.param(movie(box(b"free") * 20_001), id="many"),
        pytest.param(movie(after=b"\0\0\0\1mdat"), id="long-size-cut"),
    ],
)
def test_a_broken_movie_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_boxes_within_boxes_have_an_end() -> None:
    nested = b""
    for _ in range(3000):
        nested = box(b"moov", nested)
    assert facts(movie(nested)).state == "read"


def test_damaged_xmp_leaves_the_movie_partial() -> None:
    assert facts(movie(box(b"udta", box(b"XMP_", b"<x>")))).state == "partial"


@pytest.mark.parametrize("kind", [b"perf", b"auth"])
def test_people_in_texts_of_3gpp_are_read(kind: bytes) -> None:
    assert names(facts(movie(box(b"udta", box(kind, b"\0" * 6, b"Ava Example\0"))))) == ["Ava Example"]


def test_titles_and_descriptions_of_3gpp_are_captions() -> None:
    result = facts(movie(box(b"udta", box(b"titl", b"\0" * 6, b"Concert\0"), box(b"dscp", b"\0" * 6, b"Ava\0"))))
    assert captions(result) == ["Concert", "Ava"]


def test_performers_of_the_user_data_are_people() -> None:
    assert names(facts(movie(box(b"udta", user_text(b"\xa9prf", "Ava Example"))))) == ["Ava Example"]


def test_the_artist_of_the_album_in_the_user_data_is_a_person() -> None:
    assert names(facts(movie(box(b"udta", box(b"albr", b"Ava Example"))))) == ["Ava Example"]


@pytest.mark.parametrize("kind", [b"\xa9nrt", b"\xa9con", b"\xa9sol", b"perf", b"soar"])
def test_whoever_takes_part_by_an_item_is_a_person(kind: bytes) -> None:
    items = box(b"meta", b"\0" * 4, box(b"ilst", box(kind, data_atom("Ava Example"))))
    assert names(facts(movie(box(b"udta", items), brand=b"mp42"))) == ["Ava Example"]
