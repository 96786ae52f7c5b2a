"""The strict walk of MP4: every byte has its place, and whatever a file holds, nothing but NotProven comes of it."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("av", reason="the extra `av` is not installed")

from av_samples import PLAIN, tones
from av_samples import video as made_video
from leaky_recordings import Tool, box, sound, video

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import aac, mp4

HEAD = 1500
"""Bytes at the start of the small copies that hold their type and tables."""


def walked(data: bytes) -> mp4.Movie:
    return mp4.walk(io.BytesIO(data), len(data))


def refused(data: bytes) -> str:
    with pytest.raises(NotProven) as caught:
        walked(data)
    return "; ".join(caught.value.failures)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    make = replace(PLAIN, size=(32, 32), seconds=0.4, sound=tones(0.4))
    return made_video(tmp_path_factory.mktemp("source") / "source.mp4", make)


@pytest.fixture(scope="module")
def copy(source: Path) -> bytes:
    return video(source, source.parent / "copy.mp4", Tool()).read_bytes()


def test_a_plain_copy_is_accounted_for(copy: bytes) -> None:
    movie = walked(copy)
    assert movie.video is not None
    assert movie.audio is not None
    assert (movie.video.size, movie.video.samples.count) == ((32, 32), 4)
    assert (movie.audio.rate, movie.audio.channels) == (48_000, 2)


def test_what_is_no_sample_and_no_table_of_numbers_may_hold_text(copy: bytes) -> None:
    texts = mp4.texts(io.BytesIO(copy), len(copy))
    assert all(word in texts for word in (b"isom", b"VideoHandler", b"SoundHandler", b"avcC", b"url "))
    movie = walked(copy)
    assert movie.video is not None
    start, length = next(movie.video.samples.places())
    assert copy[start : start + length] not in texts
    assert len(texts) < 1200


def test_sound_alone_is_accounted_for(tmp_path: Path) -> None:
    movie = walked(sound(tmp_path / "copy.m4a", tones(0.3, channels=1)).read_bytes())
    assert movie.video is None
    assert movie.audio is not None
    assert movie.audio.channels == 1


@pytest.mark.parametrize("editlist", ["0", "1"], ids=["order", "order and edit list"])
def test_frames_out_of_order_and_an_edit_list_are_refused(source: Path, tmp_path: Path, editlist: str) -> None:
    tool = Tool(options={"use_editlist": editlist}, encoder={"bf": "2"})
    told = refused(video(source, tmp_path / "copy.mp4", tool).read_bytes())
    assert ("box edts" if editlist == "1" else "box ctts") in told


@pytest.mark.parametrize(
    ("found", "instead", "told"),
    [
        (b"VideoHandler", b"Gym's camera", "carries a name"),
        (b"SoundHandler", b"Gym's record", "carries a name"),
        (bytes.fromhex("55c40000"), bytes.fromhex("15c70000"), "box mdhd"),
        (bytes.fromhex("00010000 01000000"), bytes.fromhex("00020000 01000000"), "box mvhd"),
        (b"isomiso2", b"isomGym!", "the file's type"),
        (b"avc1\0\0\0\0\0\0", b"avc1\0\0\0\0\0\1", "the video's description"),
        (b"stts\0\0\0\0", b"stts\0\0\0\1", "table stts"),
        (b"url \0\0\0\1", b"url \0\0\0\0", "lie elsewhere"),
        (b"stsz", b"stz2", "holds a box stz2"),
        (b"meta\0\0\0\0", b"meta\0\0\0\1", "box udta holds something"),
        (b"mdirappl", b"mdirgym!", "box udta holds something"),
        (b"mp4a\0\0\0\0\0\0", b"mp4a\0\0\0\0\0\1", "the sound's description"),
    ],
)
def test_what_a_copy_may_not_state_is_named(copy: bytes, found: bytes, instead: bytes, told: str) -> None:
    assert found in copy
    at = copy.index(found)
    assert told in refused(copy[:at] + instead + copy[at + len(found) :])


def test_times_of_recording_are_refused(copy: bytes) -> None:
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        at = copy.index(kind) + 8
        assert "holds what a copy may not hold" in refused(copy[:at] + b"\xd9\x4f\x2b\x10" + copy[at + 4 :])


def test_a_turned_picture_is_refused(copy: bytes) -> None:
    at = copy.index(b"tkhd") + 4 + 40
    assert "a track's header" in refused(copy[:at] + bytes(4) + b"\0\1\0\0" + copy[at + 8 :])


def test_a_sample_that_is_left_out_of_the_tables_is_refused(copy: bytes) -> None:
    at = copy.index(b"stsz") + 4 + 12
    size = int.from_bytes(copy[at : at + 4])
    assert "belong to no sample" in refused(copy[:at] + (size - 1).to_bytes(4) + copy[at + 4 :])


def test_a_duration_that_hides_frames_is_refused(copy: bytes) -> None:
    at = copy.index(b"tkhd") + 4 + 20
    assert refused(copy[:at] + (100).to_bytes(4) + copy[at + 4 :])


@pytest.mark.parametrize("kind", [b"udta", b"meta", b"uuid", b"free", b"skip", b"wide", b"mdat", b"moov", b"moof"])
def test_one_more_box_is_refused(copy: bytes, kind: bytes) -> None:
    refused(copy + box(kind, b"in the gym"))


def test_a_frame_of_sound_that_begins_with_data_is_told() -> None:
    assert list(aac.judge(b"\x21\x00", 2)) == []
    assert list(aac.judge(b"\x80\x00", 2)) == ["a frame of the sound begins with something else than sound"]


@settings(max_examples=60)
@given(st.data())
def test_a_copy_that_is_cut_off_is_refused(copy: bytes, data: st.DataObject) -> None:
    refused(copy[: data.draw(st.integers(0, len(copy) - 1))])


@settings(max_examples=60)
@given(st.data())
def test_a_copy_with_bytes_put_in_is_refused(copy: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(copy)))
    refused(copy[:at] + data.draw(st.binary(min_size=1, max_size=40)) + copy[at:])


@settings(max_examples=400)
@given(st.data())
def test_whatever_a_copy_holds_only_not_proven_comes_of_it(copy: bytes, data: st.DataObject) -> None:
    changed = bytearray(copy)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(HEAD, len(copy)) - 5))
        changed[at : at + 4] = data.draw(st.one_of(st.binary(min_size=4, max_size=4), st.sampled_from(EDGES)))
    with suppress(NotProven):
        movie = walked(bytes(changed))
        # What is let through still accounts for the same picture.
        assert (movie.video and movie.video.samples.count, movie.video and movie.video.size) == (4, (32, 32))


EDGES = [b"\0\0\0\0", b"\0\0\0\1", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0"]


@given(st.binary(max_size=300))
@example(b"")
@example(b"\0\0\0\1mdat" + b"\xff" * 8)
def test_whatever_follows_the_type_only_not_proven_comes_of_it(rest: bytes) -> None:
    refused(box(b"ftyp", b"isom\0\0\2\0isom") + rest)


@given(st.binary(max_size=200))
def test_whatever_the_configuration_of_sound_holds_only_not_proven_comes_of_it(esds: bytes) -> None:
    with suppress(NotProven):
        assert aac.configuration(esds)[0] > 0
