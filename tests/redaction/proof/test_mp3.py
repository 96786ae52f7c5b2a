"""The strict walk of MP3: frames back to back, and no words in the bits between them."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("av", reason="the extra `av` is not installed")

from av_samples import tones
from leaky_recordings import sound

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import mp3
from dam_plugin.redaction.proof.wav import Sound


def walked(data: bytes) -> Sound:
    return mp3.walk(io.BytesIO(data), len(data))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = tones(0.5)
    samples[4000:16000] = 0
    return sound(tmp_path_factory.mktemp("copy") / "copy.mp3", samples).read_bytes()


def test_plain_frames_are_accounted_for(copy: bytes) -> None:
    assert walked(copy) == Sound(48_000, 2)


def test_one_channel_is_accounted_for(tmp_path: Path) -> None:
    assert walked(sound(tmp_path / "copy.mp3", tones(0.5, channels=1)).read_bytes()) == Sound(48_000, 1)


def test_a_frame_that_tells_of_the_file_in_numbers_is_accounted_for(tmp_path: Path) -> None:
    data = sound(tmp_path / "copy.mp3", tones(0.5), write_xing="1").read_bytes()
    assert walked(data) == Sound(48_000, 2)
    for found, instead in (
        (b"Lavf\0\0\0\0\0", b"Lavf62.12"),
        (b"Lavf\0", b"Gym!\0"),
        (b"Info\0\0\0\x0f", b"Info\0\0\0\x0e"),
    ):
        assert found in data
        with pytest.raises(NotProven):
            walked(data.replace(found, instead))


@pytest.mark.parametrize(
    ("put", "behind"),
    [
        (b"ID3\4\0\0\0\0\0\0", False),
        (b"TAG" + bytes(125), True),
        (b"APETAGEX" + bytes(24), True),
        (b"\0", False),
        (b"\0", True),
    ],
    ids=["ID3v2", "ID3v1", "APE", "a byte in front", "a byte behind"],
)
def test_whatever_is_no_frame_is_refused(copy: bytes, put: bytes, *, behind: bool) -> None:
    with pytest.raises(NotProven, match="no frame of layer III begins"):
        walked(copy + put if behind else put + copy)


def test_words_between_the_granules_are_refused(copy: bytes) -> None:
    for stuffing in (b"U" * 20, b"\xaa" * 20):
        if stuffing in copy:
            with pytest.raises(NotProven, match="bits that belong to no sound"):
                walked(copy.replace(stuffing, b"the gym, the 2nd May", 1))
            return
    pytest.fail("the copy holds no stuffing to change")


def test_frames_of_another_kind_are_refused(copy: bytes, tmp_path: Path) -> None:
    mono = sound(tmp_path / "mono.mp3", tones(0.5, channels=1)).read_bytes()
    with pytest.raises(NotProven, match="not all of one kind"):
        walked(copy + mono)


@pytest.mark.parametrize("at", [2, 3], ids=["private bit", "emphasis"])
def test_bits_that_a_copy_may_not_set_are_refused(copy: bytes, at: int) -> None:
    changed = bytearray(copy)
    changed[at] |= 1
    with pytest.raises(NotProven, match="states what a copy may not state"):
        walked(bytes(changed))


@settings(max_examples=60)
@given(st.data())
def test_a_copy_with_bytes_put_in_is_refused(copy: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(copy)))
    with pytest.raises(NotProven):
        walked(copy[:at] + data.draw(st.binary(min_size=1, max_size=20)) + copy[at:])


@settings(max_examples=200)
@given(st.data())
def test_whatever_a_copy_holds_only_not_proven_comes_of_it(copy: bytes, data: st.DataObject) -> None:
    changed = bytearray(copy)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(copy) - 4))
        changed[at : at + 3] = data.draw(st.binary(min_size=3, max_size=3))
    with suppress(NotProven):
        assert walked(bytes(changed)) == Sound(48_000, 2)


@given(st.binary(max_size=400))
def test_whatever_follows_a_header_only_not_proven_comes_of_it(rest: bytes) -> None:
    with suppress(NotProven):
        assert walked(b"\xff\xfb\x90\x00" + rest).rate
