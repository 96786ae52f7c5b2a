"""The strict reading of H.264: one sequence, one picture a sample, and no unit but slices."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import h264

SEQUENCE = bytes.fromhex("6764000aacb4313c9708000003000800000300a0789135")
PICTURE = bytes.fromhex("68ef0fcb")
SLICE = b"\x65\x88\x84\x00\x33\xff"
LATER = b"\x41\x9a\x24\x6c\x41"


def configuration(
    sequence: bytes = SEQUENCE, picture: bytes = PICTURE, end: bytes = bytes.fromhex("fdf8f800")
) -> bytes:
    head = b"\x01" + sequence[1:4] + b"\xff\xe1" + len(sequence).to_bytes(2) + sequence
    return head + b"\x01" + len(picture).to_bytes(2) + picture + end


def units(*found: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4) + each for each in found)


def made(tmp_path: Path, **encoder: str) -> bytes:
    """Return the avcC box of a fresh H.264 video."""
    av = pytest.importorskip("av", reason="the extra `av` is not installed")
    with av.open(str(tmp_path / "made.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=10, options=encoder)
        stream.width, stream.height, stream.pix_fmt = 90, 60, "yuv420p"
        for _ in range(3):
            out.mux(stream.encode(av.VideoFrame(90, 60, "yuv420p")))
        out.mux(stream.encode(None))
    data = (tmp_path / "made.mp4").read_bytes()
    at = data.index(b"avcC")
    return data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at])]


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
@pytest.mark.parametrize("preset", ["ultrafast", "slow"])
def test_what_the_encoder_writes_is_read_with_its_size(tmp_path: Path, profile: str, preset: str) -> None:
    coded = h264.parameters(made(tmp_path, profile=profile, preset=preset))
    assert (coded.size, coded.coded_size) == ((90, 60), (96, 64))


@pytest.mark.parametrize("rectangle", ["0,0,32,0", "0,0,0,16", "16,0,0,0", "0,16,0,0"])
def test_pixels_that_are_coded_and_not_shown_are_refused(tmp_path: Path, rectangle: str) -> None:
    with pytest.raises(NotProven, match="codes pixels that it does not show"):
        h264.parameters(made(tmp_path, **{"x264-params": f"crop-rect={rectangle}"}))


@pytest.mark.parametrize(
    ("encoder", "told"),
    [
        ({"x264-params": "interlaced=1"}, "asks for what a copy does not use"),
        ({"x264-params": "nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500"}, "asks for what a copy does not use"),
        ({"x264-params": "pic-struct=1"}, "asks for what a copy does not use"),
    ],
    ids=["interlaced", "buffers", "structure of pictures"],
)
def test_what_a_copy_does_not_use_is_refused(tmp_path: Path, encoder: dict[str, str], told: str) -> None:
    with pytest.raises(NotProven, match=told):
        h264.parameters(made(tmp_path, **encoder))


def test_a_byte_behind_a_parameter_set_is_refused() -> None:
    h264.parameters(configuration())
    for changed in (
        configuration(sequence=SEQUENCE + b"\x01"),
        configuration(picture=PICTURE + b"gym"),
        configuration(end=bytes.fromhex("fdf8f800") + b"\0"),
        configuration(picture=PICTURE + b"x" * 200),
        configuration(end=bytes.fromhex("fdf8f801")),
    ):
        with pytest.raises(NotProven):
            h264.parameters(changed)


def test_slices_of_one_picture_are_let_through() -> None:
    assert list(h264.judge(units(SLICE))) == []
    assert list(h264.judge(units(SLICE, b"\x65\x48\x84\x33"))) == []


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        (units(b"\x06\x04\x03abc\x80", SLICE), "a unit of type 6"),
        (units(SLICE, b"\x06\x05\x03abc\x80"), "a unit of type 6"),
        (units(SEQUENCE, SLICE), "a unit of type 7"),
        (units(PICTURE, SLICE), "a unit of type 8"),
        (units(b"\x09\xf0\x80", SLICE), "a unit of type 9"),
        (units(SLICE, b"\x0c\xff\x80"), "a unit of type 12"),
        (units(SLICE, b"\x1fgym"), "a unit of type 31"),
        (units(b"\xe5" + SLICE[1:]), "a unit of type 5"),
        (units(SLICE, LATER), "exactly one picture"),
        (units(b"\x65\x48\x84\x33"), "exactly one picture"),
        (b"", "exactly one picture"),
        (units(SLICE + b"\0"), "belongs to no slice"),
        (units(SLICE + b"\0\0\1\x06\x04abc"), "belongs to no slice"),
        (units(SLICE) + b"\0\0\0", "a length that does not fit"),
        (units(SLICE)[:-1], "a length that does not fit"),
        (units(b""), "a length that does not fit"),
    ],
)
def test_whatever_is_no_slice_of_the_one_picture_is_told(sample: bytes, told: str) -> None:
    assert told in "; ".join(h264.judge(sample))


@given(st.binary(max_size=120))
def test_whatever_a_configuration_holds_only_not_proven_comes_of_it(data: bytes) -> None:
    with pytest.raises(NotProven):
        h264.parameters(data)


@given(st.binary(min_size=4, max_size=90), st.binary(min_size=1, max_size=40))
def test_whatever_parameter_sets_hold_only_not_proven_comes_of_it(sequence: bytes, picture: bytes) -> None:
    with suppress(NotProven):
        assert min(h264.parameters(configuration(b"\x67" + sequence, b"\x68" + picture)).size) > 0


@given(st.binary(max_size=200))
def test_whatever_a_sample_holds_it_is_judged(data: bytes) -> None:
    assert all(isinstance(each, str) for each in h264.judge(data))
