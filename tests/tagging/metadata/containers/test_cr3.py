"""Canon CR3: the camera's two TIFF blocks in `moov`, and XMP at the top."""

from __future__ import annotations

import io

import pytest
from made_files import bag, box, cr3, exif_block, movie, packet

from dam_tagging.facts import Facts
from dam_tagging.metadata.read import read

XMP = packet(bag("Iptc4xmpExt:PersonInImage", ["Ava Example"]))
FIRST = exif_block({256: 800, 257: 600, 274: 6, 270: "Concert"})


def facts(data: bytes) -> Facts:
    return read(io.BytesIO(data), "x.cr3")


def test_size_orientation_captions_and_xmp_are_read() -> None:
    result = facts(cr3(FIRST, exif_block({36867: "2026:10:02 19:00:00"}), XMP))
    assert (result.media_type, result.state) == ("image/x-canon-cr3", "read")
    assert (result.orientation, result.image_size) == (6, (600, 800))
    assert [caption.text for caption in result.captions] == ["Concert"]
    assert [person.name for person in result.persons] == ["Ava Example"]
    assert result.taken == "2026:10:02 19:00:00"


def test_a_camera_block_that_is_damaged_leaves_the_file_partial() -> None:
    result = facts(cr3(b"no TIFF", xmp=XMP))
    assert (result.state, result.image_size) == ("partial", None)
    assert [person.name for person in result.persons] == ["Ava Example"]


def test_a_file_that_is_cut_inside_its_picture_is_partial() -> None:
    assert facts(cr3(FIRST)[:-3]).state == "partial"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(movie(box(b"uuid", b"x" * 20), brand=b"crx "), id="no-camera-block"),
        pytest.param(cr3(FIRST)[:100], id="cut"),
        pytest.param(movie(box(b"uuid"), brand=b"crx "), id="short-uuid"),
    ],
)
def test_a_broken_cr3_is_unreadable(data: bytes) -> None:
    result = facts(data)
    assert result.state == "unreadable"
    assert result.problems


def test_a_file_that_is_cut_inside_a_box_is_never_taken_for_whole() -> None:
    data = cr3(FIRST, exif_block({270: "x"}), XMP)
    ends = {24, data.index(bytes.fromhex("be7acfcb")) - 8, data.index(b"mdat") - 4}
    cuts = [end for end in range(1, len(data)) if not any(0 <= end - between < 8 for between in ends)]
    assert {facts(data[:cut]).state for cut in cuts} == {"unreadable", "partial"}
