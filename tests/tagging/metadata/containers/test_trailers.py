"""What lies behind the last byte of a picture: trailers of programs and cameras, whole files, and what nobody knows."""

from __future__ import annotations

import io
import os
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import bag, box, gif, iim, jpeg, mwg, packet, png, segment, track, xmp_segment

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.trailers import MOST_UNKNOWN, UNREAD
from dam_tagging.metadata.read import read

NAME = "Zaphira Quillfeather"
RECORDS = iim([(2, 25, NAME.encode())])
IN_XMP = packet(bag("Iptc4xmpExt:PersonInImage", [NAME]))
CLIP = box(b"ftyp", b"mp42\0\0\0\0mp42") + box(b"moov", track(), box(b"udta", box(b"XMP_", IN_XMP)))
SCAN = b"\x00\x11\xff\x00\x22\xff\xd0\x33" * 40_000


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.jpg")


def said(result: Facts) -> list[str]:
    """Return everything that names somebody."""
    named = [person.name for person in result.persons]
    return [*named, *(each.text for shelf in (result.keywords, result.captions, result.texts) for each in shelf)]


def afcp(picture: bytes, order: str = ">", tag: bytes = b"IPTC", value: bytes = RECORDS, shift: int = 0) -> bytes:
    mark = b"AXS!" if order == ">" else b"AXS*"
    start = len(picture)
    head = mark + struct.pack(f"{order}HHI", 0, 1, 0)
    entry = struct.pack(f"{order}4sII", tag, len(value), start + 24 + shift)
    return picture + head + entry + value + mark + struct.pack(f"{order}II", start, 0)


def foto_station(picture: bytes, kind: int = 1, value: bytes = RECORDS) -> bytes:
    return picture + value + struct.pack(">HI", kind, len(value) + 10) + b"\xa1\xb2\xc3\xd4"


def photo_mechanic(picture: bytes, value: bytes = RECORDS) -> bytes:
    return picture + value + struct.pack(">I", len(value)) + b"cbipcbbl"


def canon(picture: bytes, value: bytes = b"\1\2\3") -> bytes:
    name = b"CANON OPTIONAL DATA\0"
    return picture + name + bytes(8) + value + name + struct.pack(">I", len(value)) + bytes(40)


def samsung(picture: bytes, *entries: tuple[bytes, bytes]) -> bytes:
    body, places = b"", []
    for name, data in entries:
        entry = struct.pack("<HHI", 0, 0x0A01, len(name)) + name + data
        places.append((len(body), len(entry)))
        body += entry
    rows = b"".join(struct.pack("<HHII", 0, 0x0A01, len(body) - at, size) for at, size in places)
    directory = b"SEFH" + struct.pack("<II", 103, len(places)) + rows
    return picture + body + directory + struct.pack("<I", len(directory)) + b"SEFT"


def archive(picture: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(f"{NAME}.txt", "x")
    return picture + file.getvalue()


def mpf(first: bytes, second: bytes) -> bytes:
    """Return a multi-picture file: the MPF block tells where the second one starts."""
    entries = bytes(16) + struct.pack(">IIIHH", 0, len(second), 0, 0, 0)
    block = b"MM\0*\0\0\0\x08" + struct.pack(">H", 1) + struct.pack(">HHII", 0xB002, 7, 32, 26) + bytes(4) + entries
    whole = jpeg(segment(0xE2, b"MPF\0" + block))[:-3] + first
    place = whole.index(b"MM\0*")
    offset = len(whole) + 2 - place
    return whole[: place + 26 + 24] + struct.pack(">I", offset) + whole[place + 26 + 28 :] + b"\xff\xd9" + second


PICTURE = jpeg()
TRAILERS: dict[str, bytes] = {
    "AFCP": afcp(PICTURE),
    "AFCP, little-endian": afcp(PICTURE, "<"),
    "AFCP, text": afcp(PICTURE, tag=b"TEXT", value=NAME.encode()),
    "AFCP, moved": afcp(PICTURE, shift=5_000, tag=b"TEXT", value=NAME.encode()),
    "FotoStation": foto_station(PICTURE),
    "FotoStation, another kind": foto_station(PICTURE, 2, b"\0\1" + NAME.encode() + b"\0"),
    "Photo Mechanic": photo_mechanic(PICTURE),
    "Photo Mechanic, no records": photo_mechanic(PICTURE, b"\0\0" + NAME.encode()),
    "Photo Mechanic in front of FotoStation": foto_station(photo_mechanic(PICTURE), 2, b"\1"),
    "Canon's recipe with XMP": canon(PICTURE, IN_XMP),
    "Samsung, a text": samsung(PICTURE, (b"Note", NAME.encode())),
    "Samsung, a video": samsung(PICTURE, (b"MotionPhoto_Data", CLIP)),
    "MIE": PICTURE + b"~\x10\x04\xfe0MIE" + b"~\x20\x07\x14Subject" + NAME.encode() + b"~\0\0\0",
    "a second picture": PICTURE + jpeg(xmp_segment(IN_XMP)),
    "a PNG": PICTURE + png() + NAME.encode(),
    "a picture behind some bytes": PICTURE + b"\0\1\2" + jpeg(segment(0xFE, NAME.encode())),
    "a video": PICTURE + CLIP,
    "an archive": archive(PICTURE),
    "UTF-8": PICTURE + b"\1\2\3\xfe" + NAME.encode() + b"\xff\1",
    "UTF-16, little-endian": PICTURE + b"\1\2\xff" + NAME.encode("utf-16-le") + b"\xff\xff\1",
    "UTF-16, big-endian": PICTURE + b"\1\2\xff" + NAME.encode("utf-16-be") + b"\xff\xff\1",
    "plain text": PICTURE + b"\r\nIn the picture: " + NAME.encode(),
    "text behind zeros": PICTURE + bytes(3_000) + NAME.encode(),
    "XMP": PICTURE + IN_XMP,
    "text behind a long picture": PICTURE[:-2] + SCAN + b"\xff\xd9" + NAME.encode(),
    "a long text": PICTURE + b"\xfe" + b"lorem ipsum dolor " * 5_000 + b"\0" + NAME.encode(),
    "behind a PNG": png() + NAME.encode(),
    "behind a GIF": gif() + NAME.encode(),
    "a multi-picture file": mpf(SCAN, jpeg(xmp_segment(IN_XMP))[:-2] + SCAN + b"\xff\xd9"),
}


@pytest.mark.parametrize("data", TRAILERS.values(), ids=TRAILERS.keys())
def test_a_name_behind_the_picture_is_read(data: bytes) -> None:
    assert NAME in " ".join(said(facts(data)))


@pytest.mark.parametrize("name", sorted(TRAILERS.keys() - {"an archive"}))
def test_what_is_known_behind_a_picture_holds_nothing(name: str) -> None:
    assert facts(TRAILERS[name]).problems == ()


def motion(attributes: str, clip: bytes) -> bytes:
    spaces = "xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' xmlns:Item='http://ns.google.com/photos/1.0/container/item/'"
    inside = packet("", f"{spaces} {attributes}")
    return jpeg(xmp_segment(inside))[:-2] + SCAN + b"\xff\xd9" + clip


@pytest.mark.parametrize("told", ["GCamera:MicroVideoOffset='{}'", "Item:Length='{}'"])
def test_the_video_of_a_motion_photo_is_read_where_its_picture_tells_the_place(told: str) -> None:
    clip = CLIP + box(b"mdat", os.urandom(2 * MOST_UNKNOWN))
    result = facts(motion(told.format(len(clip)), clip))
    assert (said(result), result.state) == ([NAME], "read")


def test_a_region_of_an_embedded_picture_names_somebody_and_places_nobody() -> None:
    inner = jpeg(xmp_segment(packet(mwg([{"name": NAME, "kind": "Face", "box": (0.4, 0.7, 0.3, 0.2)}]))))
    (region,) = facts(PICTURE + inner).regions
    assert (region.name, region.stale) == (NAME, True)


def test_an_embedded_picture_turns_nothing() -> None:
    turned = jpeg(xmp_segment(packet("", "xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='6'")))
    assert facts(PICTURE + turned).image_size == (800, 600)


@pytest.mark.parametrize(
    "behind",
    [
        pytest.param(os.urandom(2 * MOST_UNKNOWN).replace(b"\xff\xd9", b"\0\0"), id="bytes"),
        pytest.param(b"word " * MOST_UNKNOWN, id="words"),
    ],
)
def test_more_than_is_read_is_never_silent(behind: bytes) -> None:
    result = facts(PICTURE + behind)
    assert (result.state, result.problems) == ("partial", (UNREAD,))


def test_an_archive_is_held_with_the_names_in_it() -> None:
    assert facts(TRAILERS["an archive"]).state == "partial"


def test_a_long_picture_that_is_cut_off_in_its_scan_hides_nothing() -> None:
    assert facts(PICTURE[:-2] + SCAN * 8).state == "read"


@pytest.mark.parametrize(
    "data",
    [
        PICTURE + bytes(100),
        PICTURE + b"\xff" * 9,
        canon(PICTURE),
        samsung(PICTURE, (b"Image_UTC_Data", b"1598954400123")),
    ],
    ids=["zeros", "fill bytes", "Canon's recipe", "Samsung's time"],
)
def test_what_can_name_nobody_behind_a_picture_adds_nothing(data: bytes) -> None:
    result = facts(data)
    assert (said(result), result.state) == ([], "read")


@pytest.mark.parametrize("part", [b"<x:xmpmeta ", b"</x:xmpmeta ", b"Item:Length=", b"\xff\xd8\xff", b"SEFH"])
def test_the_same_mark_again_and_again_takes_no_time(part: bytes) -> None:
    result = facts(PICTURE + b"\1" + part * (MOST_UNKNOWN // len(part) - 1))
    assert result.state == "read" or result.problems


def test_pictures_within_pictures_have_an_end() -> None:
    assert facts(PICTURE * 100).state == "partial"


@settings(max_examples=500, derandomize=True, deadline=None)
@given(
    st.sampled_from(sorted(TRAILERS.values(), key=len)[:24]),
    st.lists(
        st.tuples(st.integers(0, 900), st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"\0\0\0\7", b"\xff\xd9"]))
    ),
    st.integers(0, 300),
)
def test_no_trailer_breaks_the_reader(data: bytes, edits: list[tuple[int, bytes]], cut: int) -> None:
    made = bytearray(data)
    for back, value in edits:
        at = max(len(PICTURE), len(made) - back)
        made[at : at + len(value)] = value
    result = facts(bytes(made[: max(len(made) - cut, len(PICTURE))]))
    assert result.state == "read" or result.problems


def test_the_tail_of_a_long_picture_costs_one_more_read() -> None:
    blocks = set()

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            blocks.add(self.tell() // (64 * 1024))
            return super().read(size)

    read(Counted(PICTURE[:-2] + SCAN * 3 + b"\xff\xd9"), "x.jpg")
    assert len(blocks) <= 3
