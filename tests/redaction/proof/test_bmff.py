"""Boxes of the ISO base media file format: they fill their stretch exactly, or the walk fails."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.bmff import Box, body, boxes, read

KINDS = st.binary(min_size=4, max_size=4)


def box(kind: bytes, held: bytes, *, large: bool = False) -> bytes:
    if large:
        return struct.pack(">I", 1) + kind + struct.pack(">Q", 16 + len(held)) + held
    return struct.pack(">I", 8 + len(held)) + kind + held


@given(st.lists(st.tuples(KINDS, st.binary(max_size=40), st.booleans()), max_size=6), st.binary(max_size=5))
def test_boxes_are_found_as_they_were_written(written: list[tuple[bytes, bytes, bool]], before: bytes) -> None:
    data = before + b"".join(box(kind, held, large=large) for kind, held, large in written)
    for source in (data, io.BytesIO(data)):
        found = list(boxes(source, len(before), len(data)))
        assert [(each.kind, read(source, each.body, each.end)) for each in found] == [(k, h) for k, h, _ in written]
        assert [each.start for each in found] == [len(before), *(each.end for each in found)][: len(found)]


@given(st.binary(max_size=60))
def test_any_bytes_are_boxes_or_refused(data: bytes) -> None:
    for source in (data, io.BytesIO(data)):
        try:
            found = list(boxes(source, 0, len(data)))
        except NotProven:
            continue
        assert sum(each.end - each.start for each in found) == len(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(box(b"free", b"") + b"\0" * 7, id="a rest that is no box"),
        pytest.param(struct.pack(">I", 0) + b"mdat" + b"x", id="a box to the end of the file"),
        pytest.param(struct.pack(">I", 7) + b"mdat", id="a box shorter than its header"),
        pytest.param(struct.pack(">I", 10) + b"mdat" + b"x", id="a box longer than the file"),
        pytest.param(struct.pack(">I", 1) + b"mdat" + b"\0" * 7, id="a size that is cut off"),
        pytest.param(struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 15), id="a large box shorter than its header"),
        pytest.param(struct.pack(">I", 1) + b"mdat" + b"\xff" * 8, id="a size of many exabytes"),
    ],
)
def test_boxes_that_do_not_fill_their_stretch_are_refused(data: bytes) -> None:
    with pytest.raises(NotProven):
        list(boxes(data, 0, len(data)))


def test_more_boxes_than_expected_are_refused() -> None:
    data = box(b"free", b"") * 5
    assert len(list(boxes(data, 0, len(data), most=5))) == 5
    with pytest.raises(NotProven, match="more than 4 boxes"):
        list(boxes(data, 0, len(data), most=4))


def test_a_body_larger_than_what_is_expected_is_not_read() -> None:
    data = box(b"udta", b"0123456789")
    (only,) = boxes(data, 0, len(data))
    assert body(data, only, 10) == b"0123456789"
    with pytest.raises(NotProven, match="udta"):
        body(data, only, 9)


def test_a_file_that_ends_inside_a_box_is_refused() -> None:
    with pytest.raises(NotProven, match="ends inside"):
        read(io.BytesIO(b"abc"), 1, 4)


def test_a_name_that_is_no_text_is_told_in_hex() -> None:
    assert Box(b"moov", 0, 8, 8).name == "moov"
    assert Box(b"\0\xffab", 0, 8, 8).name == "0x00ff6162"
