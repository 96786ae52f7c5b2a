"""The strict walk of FLAC: a head without words, and numbered frames that end the file."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("av", reason="the extra `av` is not installed")

from av_samples import tones
from leaky_recordings import flac_with, sound

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof import flac
from dam_plugin.redaction.proof.wav import Sound


def walked(data: bytes) -> Sound:
    return flac.walk(io.BytesIO(data), len(data))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sound(tmp_path_factory.mktemp("copy") / "copy.flac", tones(0.7)).read_bytes()


def test_plain_frames_are_accounted_for(copy: bytes) -> None:
    assert walked(copy) == Sound(48_000, 2, 33_600)


def test_many_frames_are_accounted_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flac, "_STRETCH", 5_000)
    monkeypatch.setattr(flac, "_MOST_FRAME", 20_000)
    data = sound(tmp_path / "copy.flac", tones(12.5, channels=1)).read_bytes()
    assert walked(data) == Sound(48_000, 1, 600_000)


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 6, 7, 126], ids=lambda kind: f"block {kind}")
def test_a_block_that_holds_words_or_pictures_is_refused(copy: bytes, kind: int) -> None:
    with pytest.raises(NotProven, match=f"a block of type {kind}"):
        walked(flac_with(copy, kind, b"gym!" + bytes(32)))


def test_words_in_the_head_are_refused(copy: bytes) -> None:
    for found, instead in ((b"ffmpeg\0\0\0\0", b"my gym\0\0\0\0"), (bytes(8), b"the gym!")):
        assert found in copy
        with pytest.raises(NotProven):
            walked(copy.replace(found, instead, 1))


def test_bytes_around_the_frames_are_refused(copy: bytes) -> None:
    first = copy.index(b"\xff\xf8")
    for at in (0, 4, first, len(copy)):
        with pytest.raises(NotProven):
            walked(copy[:at] + b"gym" + copy[at:])


def test_a_frame_that_is_missing_is_refused(copy: bytes) -> None:
    second, third = (copy.index(b"\xff\xf8\x5a\x88" + bytes([number])) for number in (1, 2))
    with pytest.raises(NotProven, match="another number of samples"):
        walked(copy[:second] + copy[third:])


@settings(max_examples=60)
@given(st.data())
def test_a_copy_that_is_cut_off_is_refused(copy: bytes, data: st.DataObject) -> None:
    with pytest.raises(NotProven):
        walked(copy[: data.draw(st.integers(0, len(copy) - 1))])


@settings(max_examples=200)
@given(st.data())
def test_whatever_a_copy_holds_only_not_proven_comes_of_it(copy: bytes, data: st.DataObject) -> None:
    changed = bytearray(copy)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(copy) - 4))
        changed[at : at + 3] = data.draw(st.binary(min_size=3, max_size=3))
    with suppress(NotProven):
        assert walked(bytes(changed)).count == 33_600


@given(st.binary(max_size=300))
def test_whatever_follows_the_mark_only_not_proven_comes_of_it(rest: bytes) -> None:
    with pytest.raises(NotProven):
        walked(b"fLaC" + rest)
