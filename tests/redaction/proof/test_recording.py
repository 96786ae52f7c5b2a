"""Leaky copies of recordings are caught, each by its one leak; clean ones are let through, as they come from the writer."""

from __future__ import annotations

import errno
import hashlib
import io
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFilter

pytest.importorskip("av", reason="the extra `av` is not installed")

import av
import numpy as np
from av_samples import LEAKY, NAME, PLAIN, RATE, tones
from av_samples import sound_file as made_sound
from av_samples import video as made_video
from av_samples import wav as made_wav
from corpus import corpus_root, requires_corpus
from leaky_recordings import (
    Tool,
    bleeped,
    box,
    covered,
    filled,
    heard,
    moved,
    riff_with,
    sketched,
    sound,
    video,
    with_longer_mdat,
)

from dam_plugin.errors import NotProven
from dam_plugin.redaction import allowed_metadata
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.av.plan_recording import plan_recording
from dam_plugin.redaction.model import Notice, Order, Person, TimedRegion
from dam_plugin.redaction.proof import compare_process, recording
from dam_plugin.redaction.proof.recording import prove_recording
from dam_tagging.facts import Interval, Region

SECONDS = 1.0
FACE = Region(0.4, 0.3, 0.15, 0.2)
GROWN = (0.325, 0.2, 0.625, 0.7)
START, END = 0.35, 0.75
PERSON = Person("Student 1", timed=(TimedRegion(START, END, FACE),))
ORDER = Order(hide=(PERSON,), secrets=(NAME, "S-123456"))
SPOKEN = Order(hide=(Person("Student 1", intervals=(Interval(START, END),)),), secrets=(NAME,))
SOURCE = replace(PLAIN, size=(160, 120), seconds=SECONDS, sound=tones(SECONDS))
GOOD = Tool(paint=filled(GROWN, START, END), sing=bleeped(START - 0.05, END + 0.05))

pytestmark = pytest.mark.usefixtures("warm_processes")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_video(tmp_path_factory.mktemp("source") / "source.mp4", SOURCE)


@pytest.fixture(scope="module")
def good(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return video(source, tmp_path_factory.mktemp("good") / "good.mp4", GOOD)


def failures(released: Path, source: Path, order: Order = ORDER) -> str:
    with pytest.raises(NotProven) as caught:
        prove_recording(released, source, order)
    told = "; ".join(caught.value.failures)
    assert NAME not in told
    return told


def written(source: Path, order: Order, out: Path) -> Path:
    copy_recording.redact(source, plan_recording(copy_recording.probe(source), order), out)
    return out


def test_a_proof_is_bound_to_the_bytes_and_says_what_was_checked(
    good: Path, source: Path, cold_processes: None
) -> None:
    proof = prove_recording(good, source, ORDER)
    assert proof.sha256 == hashlib.sha256(good.read_bytes()).hexdigest()
    assert proof.checks == (
        "2 of 2 names and ids looked for (3 characters or more; in coded picture and sound 8 or more): none is in the file",
        "every byte of the container is accounted for: 10 frames of picture and one track of sound, and no text or metadata",
        "everybody to hide has a place for their whole presence",
        "10 frames are the source's outside of the boxes, block by block, at the source's times",
        "1 box is flat grey in every frame of its time",
        "1 stretch of sound is silence or one constant tone; the rest goes as the source's does, part by part",
        "not looked at: bits that a coded frame may hold behind its picture or sound, which no player decodes",
    )


def test_sound_that_is_coded_without_loss_is_told_to_be_the_sources_own(tmp_path: Path) -> None:
    source = made_wav(tmp_path / "source.wav", tones(SECONDS))
    checks = prove_recording(written(source, SPOKEN, tmp_path / "copy.wav"), source, SPOKEN).checks
    assert checks[-1] == (
        "1 stretch of sound is silence or one constant tone; the rest is the source's, sample by sample"
    )


# The notice, which an MP4 ends with

NOTICE = Notice(f"Of the records of students, not of {NAME}.", "A district", "Released to a court for: a hearing")
NOTICED = replace(ORDER, notice=NOTICE)


def with_end(good: Path, out: Path, end: bytes) -> Path:
    out.write_bytes(good.read_bytes() + end)
    return out


def test_a_copy_that_ends_with_the_ordered_notice_is_proven(good: Path, source: Path, tmp_path: Path) -> None:
    proof = prove_recording(with_end(good, tmp_path / "told.mp4", allowed_metadata.box(NOTICE)), source, NOTICED)
    assert any(check.endswith("and no text or metadata but the ordered notice") for check in proof.checks)


def test_a_copy_of_an_mp3_carries_the_ordered_notice(tmp_path: Path) -> None:
    source = made_sound(tmp_path / "source.mp3", tones(SECONDS), tags=True)
    copy = with_end(written(source, SPOKEN, tmp_path / "copy.m4a"), tmp_path / "told.m4a", allowed_metadata.box(NOTICE))
    assert "metadata but the ordered notice" in str(
        prove_recording(copy, source, replace(SPOKEN, notice=NOTICE)).checks
    )


@pytest.mark.parametrize(
    ("end", "ordered"),
    [
        (b"", NOTICE),
        (allowed_metadata.box(replace(NOTICE, particulars="")), NOTICE),
        (allowed_metadata.box(NOTICE) + b"\0", NOTICE),
        (allowed_metadata.box(NOTICE)[:-1], NOTICE),
        (allowed_metadata.box(NOTICE) * 2, NOTICE),
        (allowed_metadata.box(NOTICE), None),
    ],
    ids=["left out", "another", "more behind it", "cut", "twice", "that nobody ordered"],
)
def test_a_copy_holds_the_notice_that_was_ordered_and_no_other(
    good: Path, source: Path, tmp_path: Path, end: bytes, ordered: Notice | None
) -> None:
    told = failures(with_end(good, tmp_path / "told.mp4", end), source, replace(ORDER, notice=ordered))
    assert "notice" in told or "uuid" in told


def test_a_name_that_somebody_typed_into_the_notice_is_found(good: Path, source: Path, tmp_path: Path) -> None:
    named = replace(NOTICE, particulars=f"Released to a court for: {NAME}")
    copy = with_end(good, tmp_path / "told.mp4", allowed_metadata.box(named))
    assert "1 names or ids" in failures(copy, source, replace(ORDER, notice=named))


def test_a_name_before_the_notice_is_found(good: Path, source: Path, tmp_path: Path) -> None:
    copy = with_end(good, tmp_path / "told.mp4", box(b"free", NAME.encode()) + allowed_metadata.box(NOTICE))
    assert "1 names or ids" in failures(copy, source, NOTICED)


def test_sound_that_carries_no_notice_is_not_proven_to_carry_one(tmp_path: Path) -> None:
    source = made_wav(tmp_path / "source.wav", tones(SECONDS))
    copy = written(source, SPOKEN, tmp_path / "copy.wav")
    assert "ordered" in failures(copy, source, replace(SPOKEN, notice=NOTICE))


# What a clean copy is: the writer's, of each kind.


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_copy_of_a_turned_video_is_proven(tmp_path: Path, turn: int) -> None:
    source = made_video(tmp_path / "source.mp4", replace(SOURCE, turn=turn, mirror=turn == 180))
    prove_recording(written(source, ORDER, tmp_path / "copy.mp4"), source, ORDER)


@pytest.mark.parametrize(
    "order",
    [
        Order(),
        replace(ORDER, sound="silence"),
        replace(ORDER, hide=(Person("Student 1", regions=(FACE,)),)),
        replace(ORDER, hide=(Person("Student 1", intervals=(Interval(0, 0.4),), heard_only=True),)),
        replace(ORDER, clip=Interval(0.78, 1.0)),
        replace(ORDER, clip=Interval(0.0, 0.33)),
    ],
    ids=["nobody", "silence", "throughout", "only heard", "clip of the end", "clip of the start"],
)
def test_a_copy_of_a_leaky_video_is_proven(tmp_path: Path, order: Order) -> None:
    source = made_video(tmp_path / "source.mp4", replace(LEAKY, size=(160, 120), seconds=SECONDS, sound=tones(SECONDS)))
    prove_recording(written(source, order, tmp_path / "copy.mp4"), source, order)


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize("size", [(161, 121), (97, 63)], ids=["161x121", "97x63"])
def test_a_copy_of_a_video_of_odd_size_is_proven(tmp_path: Path, turn: int, size: tuple[int, int]) -> None:
    make = replace(SOURCE, size=size, codec="mjpeg", pixel_format="yuvj444p", turn=turn)
    source = made_video(tmp_path / "source.mov", make)
    prove_recording(written(source, ORDER, tmp_path / "copy.mp4"), source, ORDER)


@pytest.mark.parametrize("fps", [24, 60, 100])
def test_a_copy_of_a_video_lasts_as_long_as_its_source(tmp_path: Path, fps: int) -> None:
    times = tuple(round(number / fps, 3) for number in range(12))
    source = made_video(tmp_path / "source.mp4", replace(SOURCE, sound=None, times=times, size=(64, 48)))
    copy = written(source, Order(), tmp_path / "copy.mp4")
    prove_recording(copy, source, Order())
    assert abs(lasts(copy) - lasts(source)) < 0.002


def lasts(path: Path) -> float:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        return float(stream.duration * stream.time_base)


def test_a_copy_of_a_video_without_sound_and_of_uneven_times_is_proven(tmp_path: Path) -> None:
    make = replace(SOURCE, sound=None, times=(0.0, 0.1, 0.35, 0.4, 0.8, 0.85))
    source = made_video(tmp_path / "source.mov", make)
    prove_recording(written(source, ORDER, tmp_path / "copy.mp4"), source, ORDER)


COPY_OF = {".wav": ".wav", ".flac": ".wav", ".mp3": ".m4a", ".m4a": ".m4a", ".mov": ".mp4"}
"""The suffix of a copy, by its source's."""


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".m4a"])
@pytest.mark.parametrize("length", [0.3, 1.5], ids=["start, middle and end", "all of it"])
def test_a_copy_of_sound_is_proven(tmp_path: Path, suffix: str, length: float) -> None:
    source = made_sound(tmp_path / f"source{suffix}", tones(1.5), tags=suffix != ".wav")
    stretches = tuple(Interval(start, min(start + length, 1.5)) for start in (0.0, 0.65, 1.2))
    order = Order(hide=(Person("Student 1", intervals=stretches),), secrets=(NAME,))
    prove_recording(written(source, order, tmp_path / f"copy{COPY_OF[suffix]}"), source, order)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".m4a", ".mov"])
def test_a_copy_of_sound_of_six_channels_is_proven(tmp_path: Path, suffix: str) -> None:
    source = surround(tmp_path / f"source{suffix}", tones(SECONDS, 6) // np.array([4, 4, 1, 8, 6, 6]))
    order = Order() if suffix == ".mov" else SPOKEN
    prove_recording(written(source, order, tmp_path / f"copy{COPY_OF[suffix]}"), source, order)


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".m4a", ".mov"])
@pytest.mark.parametrize("kind", ["noise", "clicks", "hiss", "one loud channel"])
def test_a_copy_of_sound_that_is_hard_to_code_is_proven(tmp_path: Path, suffix: str, kind: str) -> None:
    samples = hard(kind)
    if suffix == ".mov":
        source = surround(tmp_path / "source.mov", samples)
        prove_recording(written(source, Order(), tmp_path / "copy.mp4"), source, Order())
        return
    source = made_sound(tmp_path / f"source{suffix}", samples)
    prove_recording(written(source, SPOKEN, tmp_path / f"copy{COPY_OF[suffix]}"), source, SPOKEN)


def test_a_clip_without_sound_needs_no_box_for_what_does_not_stay(tmp_path: Path) -> None:
    source = made_video(tmp_path / "source.mp4", replace(SOURCE, sound=None))
    gone = Person("interval 1", intervals=(Interval(0.6, 0.8),), heard_only=True)
    order = Order(hide=(gone,), clip=Interval(0, 0.5))
    copy = written(source, order, tmp_path / "copy.mp4")
    prove_recording(copy, source, order)
    assert "interval 1 has no box" in failures(copy, source, replace(order, clip=Interval(0, 0.7)))


def test_a_short_name_is_no_noise(tmp_path: Path) -> None:
    quiet = np.random.default_rng(1).integers(-3, 4, (RATE, 1)).astype(np.int16)
    quiet[500:507, 0] = np.frombuffer(b"Anna Bo", np.uint8)
    source = made_wav(tmp_path / "source.wav", quiet)
    order = Order(secrets=("Ana", "Anna Bo", "S-12345"))
    prove_recording(written(source, order, tmp_path / "copy.wav"), source, order)


@requires_corpus
@pytest.mark.corpus
def test_a_copy_of_a_real_video_is_proven(tmp_path: Path) -> None:
    root = corpus_root()
    assert root is not None
    source = root / "real" / "mei_xmp480qt.mov"
    prove_recording(written(source, ORDER, tmp_path / "copy.mp4"), source, ORDER)


# What survives in the container.

JPEG = io.BytesIO()
Image.new("RGB", (16, 16), "red").save(JPEG, "JPEG", comment=NAME.encode())

LEAKS_OF_VIDEO: dict[str, Tool] = {
    "title": replace(GOOD, tags={"title": f"{NAME} sings"}),
    "artist without a name": replace(GOOD, tags={"artist": "the choir"}),
    "location": replace(GOOD, tags={"location": "+48.2081+016.3713/"}),
    "time of recording": replace(GOOD, tags={"creation_time": "2024-05-03T10:00:00Z"}),
    "name of a track": replace(GOOD, track_tags={"handler_name": "camera of the gym"}),
    "language of a track": replace(GOOD, track_tags={"language": "deu"}),
    "chapters": replace(GOOD, chapters=True),
    "second sound": replace(GOOD, second_sound=True),
    "subtitles": replace(GOOD, subtitles=True),
    "captions": replace(GOOD, captions=True, filter=""),
    "the encoder's own words": replace(GOOD, filter=""),
    "cover": replace(GOOD, cover=JPEG.getvalue()),
    "timecode": replace(GOOD, options={"write_tmcd": "1"}, track_tags={"timecode": "01:02:03:04"}),
    "frames behind an edit list": replace(
        GOOD, hidden=0.2, options={"use_editlist": "1", "avoid_negative_ts": "disabled"}
    ),
    "fragments": replace(GOOD, options={"movflags": "frag_keyframe+empty_moov"}),
    "a picture beside what is shown": replace(GOOD, encoder={"x264-params": "crop-rect=0,0,32,0"}),
}


@pytest.mark.parametrize("leak", LEAKS_OF_VIDEO)
def test_a_video_that_leaks_beside_the_picture_is_caught(source: Path, tmp_path: Path, leak: str) -> None:
    failures(video(source, tmp_path / "copy.mp4", LEAKS_OF_VIDEO[leak]), source)


Change = Callable[[bytes], bytes]
LEAKS_OF_BYTES: dict[str, Change] = {
    "bytes behind the last sample": lambda data: with_longer_mdat(data, b"hidden"),
    "free box with content": lambda data: data + box(b"free", b"hidden"),
    "second free box": lambda data: data + box(b"free", b""),
    "uuid box": lambda data: data + box(b"uuid", bytes(16) + b"hidden"),
    "bytes behind the end": lambda data: data + b"hidden",
    "second file behind the end": lambda data: data + data,
    "name behind the end": lambda data: data + NAME.encode("utf-16-le"),
    "cut off": lambda data: data[:-1],
}


@pytest.mark.parametrize("leak", LEAKS_OF_BYTES)
def test_bytes_that_belong_to_no_sample_are_caught(good: Path, source: Path, tmp_path: Path, leak: str) -> None:
    (tmp_path / "copy.mp4").write_bytes(LEAKS_OF_BYTES[leak](good.read_bytes()))
    failures(tmp_path / "copy.mp4", source)


# What is still to be seen.


def blurred(part: Any) -> Any:
    return np.asarray(Image.fromarray(part).filter(ImageFilter.GaussianBlur(6)))


def mosaic(part: Any) -> Any:
    image = Image.fromarray(part)
    return np.asarray(image.resize((6, 6), Image.Resampling.BOX).resize(image.size, Image.Resampling.NEAREST))


def mean(part: Any) -> Any:
    return np.full_like(part, part.mean(axis=(0, 1)).astype(np.uint8))


def veiled(part: Any) -> Any:
    return (part * 0.08 + 128 * 0.92).astype(np.uint8)


def other(pixels: Any, at: float) -> Any:
    changed = filled(GROWN, START, END)(pixels, at)
    changed[90:120, :60] = changed[90:120, :60][::-1, ::-1] // 2
    return changed


def outlined(pixels: Any, at: float) -> Any:
    """Draw the outlines of who is hidden in a corner of the picture, as bright as that on average."""
    part = pixels[20:84, 52:100].copy()
    changed = filled(GROWN, START, END)(pixels, at)
    corner = changed[56:120, 112:160]
    corner[:] = np.clip(corner.astype(int) + 4 * (sketched(part).astype(int) - 128), 0, 255)
    return changed


UNTURNED = (GROWN[1], GROWN[0], GROWN[3], GROWN[2])
SEEN: dict[str, tuple[Tool, str]] = {
    "nobody hidden": (replace(GOOD, paint=Tool().paint), "a box is not filled"),
    "a box around the face alone": (
        replace(GOOD, paint=filled((0.4, 0.3, 0.55, 0.5), START, END)),
        "a box is not filled",
    ),
    "a box that ends too early": (replace(GOOD, paint=filled(GROWN, START, END - 0.1)), "a box is not filled"),
    "a box that starts too late": (replace(GOOD, paint=filled(GROWN, START + 0.1, END)), "a box is not filled"),
    "a box of the frame before it was turned": (
        replace(GOOD, paint=filled(UNTURNED, START, END)),
        "a box is not filled",
    ),
    "blur": (replace(GOOD, paint=covered(blurred, GROWN, START, END)), "a box is not filled"),
    "mosaic": (replace(GOOD, paint=covered(mosaic, GROWN, START, END)), "a box is not filled"),
    "mean colour": (replace(GOOD, paint=covered(mean, GROWN, START, END)), "a box is not filled"),
    "a veil": (replace(GOOD, paint=covered(veiled, GROWN, START, END)), "a box is not filled"),
    "faint outlines": (replace(GOOD, paint=covered(sketched, GROWN, START, END)), "a box is not filled"),
    "something else outside": (replace(GOOD, paint=other), "outside of the boxes"),
    "outlines outside": (replace(GOOD, paint=outlined), "outside of the boxes"),
    "other times": (replace(GOOD, hidden=-0.05), "at other times"),
}


@pytest.mark.parametrize("leak", SEEN)
def test_somebody_who_can_still_be_seen_is_caught(source: Path, tmp_path: Path, leak: str) -> None:
    tool, told = SEEN[leak]
    assert told in failures(video(source, tmp_path / "copy.mp4", tool), source)


@pytest.mark.parametrize("first_and_last", [(0.3, 0.5), (0.1, 0.7)])
def test_the_frames_of_the_first_and_the_last_moment_are_hidden(
    source: Path, tmp_path: Path, first_and_last: tuple[float, float]
) -> None:
    start, end = first_and_last
    order = Order(hide=(Person("Student 1", timed=(TimedRegion(start, end, FACE),)),))
    sing = bleeped(start - 0.05, end + 0.05)
    prove_recording(video(source, tmp_path / "good.mp4", Tool(filled(GROWN, start, end + 0.05), sing)), source, order)
    bare = video(source, tmp_path / "copy.mp4", Tool(filled(GROWN, start, end - 0.01), sing))
    assert "a box is not filled" in failures(bare, source, order)
    bare = video(source, tmp_path / "copy.mp4", Tool(filled(GROWN, start + 0.15, end + 0.05), sing))
    assert "a box is not filled" in failures(bare, source, order)
    prove_recording(written(source, order, tmp_path / "copy.mp4"), source, order)


def test_a_clip_holds_no_frame_that_began_before_it(source: Path, tmp_path: Path) -> None:
    order = Order(clip=Interval(0.45, 0.75))
    copy = written(source, order, tmp_path / "copy.mp4")
    prove_recording(copy, source, order)
    assert len(decoded(copy)) == 3
    early = written(source, replace(order, clip=Interval(0.4, 0.75)), tmp_path / "early.mp4")
    assert "at other times" in failures(early, source, order)


def decoded(path: Path) -> list[Any]:
    with av.open(str(path)) as file:
        return list(file.decode(video=0))


@pytest.mark.parametrize("name", ["two pictures", "see-through", "an edit", "aperture"])
def test_a_source_that_players_show_otherwise_proves_nothing(
    good: Path, source: Path, tmp_path: Path, name: str
) -> None:
    odd = tmp_path / "odd.mov"
    if name == "two pictures":
        video(source, odd, replace(GOOD, second_picture=True))
    elif name == "see-through":
        made_video(odd, replace(SOURCE, codec="qtrle", pixel_format="argb"))
    elif name == "an edit":
        rate = bytes.fromhex("00010000")
        data = source.read_bytes()
        at = data.index(b"elst") + 12 + 8
        assert data[at : at + 4] == rate
        odd.write_bytes(data[:at] + bytes.fromhex("00020000") + data[at + 4 :])
    else:
        odd.write_bytes(cut(source.read_bytes()))
    told = {"an edit": "faster, slower or frozen", "aperture": "a part of the source's picture"}.get(name, name)
    assert told in failures(good, odd)


def cut(data: bytes) -> bytes:
    """Return an MP4 whose clean aperture is the left half of the picture."""
    aperture = box(b"clap", struct.pack(">4I", 80, 1, 120, 1) + struct.pack(">iIiI", -40, 1, 0, 1))
    at = data.index(b"avcC") - 4
    data = data[:at] + aperture + data[at:]
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        place = data.index(kind) - 4
        data = (
            data[:place]
            + struct.pack(">I", int.from_bytes(data[place : place + 4]) + len(aperture))
            + data[place + 4 :]
        )
    return data


def test_the_sound_of_a_source_is_the_one_that_is_switched_on(source: Path, tmp_path: Path) -> None:
    silent = Tool(sing=lambda samples: samples * 0, second_sound=True)
    heard_second = video(source, tmp_path / "second.mp4", replace(silent, first_sound_off=True))
    heard_first = video(source, tmp_path / "first.mp4", silent)
    copy = video(source, tmp_path / "copy.mp4", Tool())
    prove_recording(copy, heard_second, Order())
    assert "the sound is not the source's" in failures(copy, heard_first, Order())


def test_a_copy_of_another_video_is_caught(good: Path, tmp_path: Path) -> None:
    source = made_video(tmp_path / "source.mp4", replace(SOURCE, seconds=1.5, sound=tones(1.5)))
    assert "exactly the frames that belong in it" in failures(good, source)


def test_a_copy_of_another_size_is_caught(good: Path, tmp_path: Path) -> None:
    source = made_video(tmp_path / "source.mp4", replace(SOURCE, size=(320, 240)))
    assert "does not have the size" in failures(good, source)


# What is still to be heard.


def swelling(samples: Any) -> Any:
    changed = bleeped(START - 0.05, END + 0.05)(samples)
    first, last = round((START - 0.05) * RATE), round((END + 0.05) * RATE)
    changed[first:last] = changed[first:last] * np.linspace(0.5, 1.5, last - first)[:, None]
    return changed


HEARD: dict[str, tuple[Tool, str]] = {
    "nothing silenced": (replace(GOOD, sing=Tool().sing), "a stretch to silence"),
    "a bleep that starts too late": (replace(GOOD, sing=bleeped(START + 0.1, END)), "a stretch to silence"),
    "a bleep that ends too early": (replace(GOOD, sing=bleeped(START, END - 0.1)), "a stretch to silence"),
    "a bleep over the voice": (replace(GOOD, sing=bleeped(START, END, keep=1.0)), "a stretch to silence"),
    "a bleep over a soft voice": (replace(GOOD, sing=bleeped(START, END, keep=0.01)), "a stretch to silence"),
    "a bleep over a whisper": (replace(GOOD, sing=bleeped(START, END, keep=0.003)), "a stretch to silence"),
    "one channel alone": (replace(GOOD, sing=bleeped(START, END, channels=slice(0, 1))), "a stretch to silence"),
    "a tone that swells": (replace(GOOD, sing=swelling), "is not constant"),
    "nothing outside": (replace(GOOD, sing=lambda samples: samples * 0), "the sound is not the source's"),
    "somebody else outside": (
        replace(GOOD, sing=lambda samples: GOOD.sing(samples[::-1].copy())),
        "the sound is not the source's",
    ),
    "upside down": (replace(GOOD, sing=lambda samples: GOOD.sing(-samples)), "the sound is not the source's"),
}


@pytest.mark.parametrize("leak", HEARD)
def test_somebody_who_can_still_be_heard_is_caught(source: Path, tmp_path: Path, leak: str) -> None:
    tool, told = HEARD[leak]
    assert told in failures(video(source, tmp_path / "copy.mp4", tool), source)


def with_sound(path: Path, samples: Any) -> Path:
    """Write a copy of sound as WAV or M4A, by its suffix."""
    return made_wav(path, samples) if path.suffix == ".wav" else sound(path, samples)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".m4a"])
def test_a_bleep_that_is_too_short_is_caught_in_every_format(tmp_path: Path, suffix: str) -> None:
    source = made_sound(tmp_path / f"source{suffix}", tones(SECONDS))
    released = with_sound(tmp_path / f"copy{COPY_OF[suffix]}", bleeped(START - 0.05, END - 0.05)(tones(SECONDS)))
    assert "a stretch to silence" in failures(released, source, SPOKEN)


ELSEWHERE: dict[str, Callable[[Any], Any]] = {
    "what was hidden elsewhere": moved(0.5, 0.9, 1.2),
    "somebody else": lambda samples: moved(0.5, 0.9, 1.6)(samples[::-1].copy()),
    "later": lambda samples: moved(0.5, 0.9, 2.0)(np.roll(samples, 100, axis=0)),
    "one channel": lambda samples: moved(0.5, 0.9, 2.0)(samples) * np.array([1, 0], np.int16),
}


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".m4a"])
def test_sound_that_is_not_the_sources_is_caught_in_every_format(tmp_path: Path, suffix: str) -> None:
    order = Order(hide=(Person("Student 1", intervals=(Interval(0.6, 0.8),)),), sound="silence")
    source, end = made_sound(tmp_path / f"source{suffix}", voices(2.0)), COPY_OF[suffix]
    # An MP3 begins so many samples behind its clock's 0.
    late = 1105 if suffix == ".mp3" else 0
    sung = {"good": moved(0.5, 0.9, 2.0), **ELSEWHERE}
    copies = {
        name: with_sound(tmp_path / f"{name}{end}", np.pad(sing(voices(2.0)), ((late, 0), (0, 0))))
        for name, sing in sung.items()
    }
    prove_recording(copies.pop("good"), source, order)
    told = {leak: failures(copy, source, order) for leak, copy in copies.items()}
    assert {leak: text for leak, text in told.items() if "the sound is not" not in text} == {}


def voices(seconds: float) -> Any:
    """Return (samples, 2) of a low voice, and of another one between 0.5 and 0.9 seconds."""
    at = np.arange(round(seconds * RATE)) / RATE
    swell = np.sin(2 * np.pi * 3 * at) ** 2
    low = np.sign(np.sin(2 * np.pi * 120 * at))
    other = np.sin(2 * np.pi * 220 * at + 3 * np.sin(2 * np.pi * 5 * at))
    return np.repeat(
        (6000 * swell * np.where((at > 0.5) & (at < 0.9), other, low)).astype(np.int16)[:, None], 2, axis=1
    )


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_a_single_sample_that_is_not_the_sources_is_caught(tmp_path: Path, suffix: str) -> None:
    source = made_sound(tmp_path / f"source{suffix}", tones(SECONDS))
    changed = tones(SECONDS)
    changed[30_000, 1] += 3
    assert "the sound is not" in failures(made_wav(tmp_path / "copy.wav", changed), source, Order())


def test_the_times_of_sound_are_those_of_its_file(tmp_path: Path) -> None:
    late = {"use_editlist": "1", "avoid_negative_ts": "disabled"}
    source = sound(tmp_path / "source.m4a", tones(SECONDS), late=0.4, **late)
    copy = sound(tmp_path / "copy.m4a", bleeped(START - 0.05, END + 0.05)(tones(SECONDS)))
    assert "the sound is not" in failures(copy, source, SPOKEN)


def test_sound_that_is_cut_short_is_caught(tmp_path: Path) -> None:
    source = made_sound(tmp_path / "source.flac", tones(2.0))
    released = made_wav(tmp_path / "copy.wav", tones(1.5))
    assert "longer or shorter" in failures(released, source, Order())


def test_sound_that_lacks_a_channel_is_compared_as_it_is_mixed(tmp_path: Path) -> None:
    source = made_sound(tmp_path / "source.flac", tones(SECONDS))
    prove_recording(made_wav(tmp_path / "copy.wav", tones(SECONDS, channels=1)), source, Order())


def test_the_sound_of_the_source_is_what_is_heard_of_it(source: Path) -> None:
    samples = heard(source)
    assert samples is not None
    assert abs(len(samples) - RATE * SECONDS) <= 2048


# Files of sound.

TAGS = {"title": NAME, "comment": "in the gym"}
BAD_WAV: dict[str, Change] = {
    "a list of tags": lambda data: riff_with(data, b"LIST", b"INFOINAM" + bytes(4)),
    "a broadcast note": lambda data: riff_with(data, b"bext", b"Maria".ljust(602, b"\0")),
    "a note in XML": lambda data: riff_with(data, b"iXML", b"<BWFXML/>"),
    "bytes behind the end": lambda data: data + b"hidden",
}


@pytest.mark.parametrize("leak", BAD_WAV)
def test_a_wav_that_leaks_is_caught(tmp_path: Path, leak: str) -> None:
    source = made_wav(tmp_path / "source.wav", np.zeros_like(tones(SECONDS)))
    (tmp_path / "copy.wav").write_bytes(BAD_WAV[leak](source.read_bytes()))
    prove_recording(source, source, Order())
    failures(tmp_path / "copy.wav", source, Order())


def test_tags_of_sound_are_caught(tmp_path: Path) -> None:
    source = sound(tmp_path / "source.m4a", tones(SECONDS))
    assert "names or ids" in failures(sound(tmp_path / "copy.m4a", tones(SECONDS), TAGS), source, SPOKEN)


@pytest.mark.parametrize("suffix", [".mp3", ".flac"])
def test_a_copy_in_the_form_of_its_source_is_caught(tmp_path: Path, suffix: str) -> None:
    source = made_sound(tmp_path / f"source{suffix}", tones(SECONDS))
    assert failures(source, source, Order()) == "the copy is no MP4, M4A or WAV"


def test_a_source_that_is_damaged_proves_nothing(tmp_path: Path) -> None:
    source = made_sound(tmp_path / "source.flac", tones(SECONDS))
    copy = written(source, Order(), tmp_path / "copy.wav")
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    source.write_bytes(data)
    assert "the source cannot be decoded reliably" in failures(copy, source, Order())


def surround(path: Path, samples: Any) -> Path:
    """Write sound of any number of channels without loss (M4A: as AAC)."""
    codec = {".flac": "flac", ".m4a": "aac"}.get(path.suffix, "pcm_s16le")
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
    with av.open(str(path), "w", format={".m4a": "ipod"}.get(path.suffix)) as made:
        stream = made.add_stream(codec, rate=RATE)
        stream.codec_context.layout = layout
        for start in range(0, len(samples), 1024):
            part = np.ascontiguousarray(samples[start : start + 1024].astype(np.int16)).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), start
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


def hard(kind: str) -> Any:
    """Return (samples, 2) of sound in which a coder loses much."""
    random = np.random.default_rng(3)
    noise = random.standard_normal((2 * RATE, 2)) * 6000
    if kind == "clicks":
        noise *= np.exp(-(np.arange(2 * RATE) % (RATE // 4)) / 120)[:, None] * 2
    elif kind == "hiss":
        spectrum = np.fft.rfft(noise, axis=0)
        spectrum[: 2 * 15_000] = spectrum[2 * 20_000 :] = 0
        noise = np.fft.irfft(spectrum, axis=0) * 3
    elif kind == "one loud channel":
        noise[:, 1] *= 0.02
    return noise.clip(-32_000, 32_000).astype(np.int16)


# Names, orders and limits.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_name_anywhere_in_the_file_is_caught(good: Path, source: Path, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "copy.mp4").write_bytes(good.read_bytes() + NAME.upper().encode(encoding))
    assert "1 names or ids" in failures(tmp_path / "copy.mp4", source)


def test_a_name_across_two_stretches_of_reading_is_caught(
    good: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = good.read_bytes()
    monkeypatch.setattr(recording, "_STRETCH", len(data) + 5)
    (tmp_path / "copy.mp4").write_bytes(data + NAME.encode())
    assert "1 names or ids" in failures(tmp_path / "copy.mp4", source)


@pytest.mark.parametrize(
    ("person", "told"),
    [
        (Person("Student 1"), "nothing says where or when Student 1 is present"),
        (Person("Student 1", intervals=(Interval(0.4, 0.7),)), "no box covers Student 1 for the whole presence"),
        (replace(PERSON, intervals=(Interval(0.35, 0.8),)), "no box covers Student 1 for the whole presence"),
        (replace(PERSON, intervals=(Interval(0.8, 0.3),)), "a stretch of Student 1 does not end after it starts"),
        (replace(PERSON, regions=(Region(0.1, 0.1, 0.0, 0.1),)), "box 1 of Student 1 is no box around a face"),
        (Person("Student 1", heard_only=True), "nothing says where or when Student 1 is present"),
    ],
    ids=["no place", "no box", "not for long enough", "backwards", "no face", "never heard"],
)
def test_a_person_without_a_place_is_not_proven_hidden(good: Path, source: Path, person: Person, told: str) -> None:
    assert told in failures(good, source, replace(ORDER, hide=(person,)))


def test_a_person_with_a_box_alone_is_not_proven_hidden_in_sound(tmp_path: Path) -> None:
    source = made_wav(tmp_path / "source.wav", tones(SECONDS))
    assert "nothing says when Student 1 is heard" in failures(source, source, ORDER)


def test_a_second_person_who_was_forgotten_is_caught(good: Path, source: Path) -> None:
    second = Person(
        "Student 2", timed=(TimedRegion(0.3, 0.4, Region(0.05, 0.6, 0.1, 0.1)),), intervals=(Interval(0.3, 0.4),)
    )
    assert "a box is not filled" in failures(good, source, replace(ORDER, hide=(PERSON, second)))


def test_a_clip_that_was_not_cut_is_caught(good: Path, source: Path) -> None:
    assert "exactly the frames that belong in it" in failures(good, source, replace(ORDER, clip=Interval(0.0, 0.5)))


def test_a_copy_of_another_kind_is_caught(good: Path, tmp_path: Path) -> None:
    source = made_sound(tmp_path / "source.flac", tones(SECONDS))
    assert "of another kind" in failures(good, source, SPOKEN)


@pytest.mark.parametrize(("suffix", "other"), [(".mp3", ".wav"), (".flac", ".m4a"), (".m4a", ".wav"), (".wav", ".m4a")])
def test_sound_that_left_in_the_other_format_is_caught(tmp_path: Path, suffix: str, other: str) -> None:
    source = made_sound(tmp_path / f"source{suffix}", tones(SECONDS))
    copy = with_sound(tmp_path / f"copy{other}", tones(SECONDS))
    assert "of another kind" in failures(copy, source, Order())


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x14ftypqt  ", "mov"),
        (b"\0\0\0\x08wide\0\0\0\0", "mov"),
        (b"RIFF\0\0\0\0WAVE", "wav"),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"fLaC\0\0\0\x22", "flac"),
        (b"ID3\4\0", "mp3"),
        (b"\xff\xfb\x90\0", "mp3"),
        (b"\xff\xf1\x50\x80", None),
        (b"", None),
    ],
    ids=["MOV", "MOV without a type", "WAV", "AVI", "FLAC", "tagged MP3", "MP3", "AAC", "empty"],
)
def test_the_kind_of_a_source_is_told_by_its_first_bytes(tmp_path: Path, head: bytes, kind: str | None) -> None:
    (tmp_path / "source").write_bytes(head)
    assert recording.kind_of(tmp_path / "source") == kind


def test_an_error_of_memory_is_no_damage() -> None:
    with pytest.raises(av.error.FFmpegError) as caught:
        av.error.err_check(-errno.ENOMEM)
    assert str(compare_process._failed(caught.value, "source")) == "memory"
    assert str(compare_process._failed(ValueError(), "source")) == "source_damaged"


def test_a_source_that_is_no_recording_proves_nothing(good: Path, tmp_path: Path) -> None:
    (tmp_path / "source.txt").write_text("no recording")
    assert "the source is no MP4" in failures(good, tmp_path / "source.txt")


def test_a_proof_that_takes_too_long_is_none(good: Path, source: Path) -> None:
    with pytest.raises(NotProven, match="took longer than the 0 s"):
        prove_recording(good, source, ORDER, limits=copy_recording.Limits(seconds=0, megabytes=3072))


def test_a_decoder_that_gets_no_memory_proves_nothing(good: Path, source: Path) -> None:
    with pytest.raises(NotProven):
        prove_recording(good, source, ORDER, limits=copy_recording.Limits(seconds=60, megabytes=16))
