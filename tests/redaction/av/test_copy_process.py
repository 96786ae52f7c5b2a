"""What the working process writes: boxes and silence hold, nothing else of the source is in the copy, doubt refuses."""

from __future__ import annotations

import errno
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_corpus import CORPUS

pytest.importorskip("av", reason="needs the extra `av`")
np = pytest.importorskip("numpy", reason="needs the extra `av`")

# ruff: noqa: E402 - of the extra
import av_samples
from av_samples import LEAKY, NAME, PLAIN, RATE, TONES, Make, patched, power, seen, sound_file, tones, video, wav
from corpus import REPOSITORY, corpus_root, requires_corpus
from PIL import Image

from dam_plugin.redaction.av import copy_process
from dam_plugin.redaction.av.copy_recording import REASONS
from dam_plugin.redaction.av.picture import planes, stored_box, turned
from dam_plugin.redaction.av.plan_recording import plan_recording
from dam_plugin.redaction.av.source import Refused, Turn, inspect, opened
from dam_plugin.redaction.model import Order, Person, PixelBox, Recording, RecordingPlan, TimedRegion
from dam_plugin.redaction.proof.recording import prove_recording
from dam_tagging.facts import Interval, Region

BOX = Region(0.25, 0.25, 0.5, 0.5)
CONCERT = REPOSITORY / "sample_assets" / "events" / "fall-concert"
TASKS = Path("/proc/self/task")
FLAT = 12
"""Levels by which a box may differ from its grey after coding."""


def probe(source: Path) -> Recording:
    return inspect(source)[0]


def copied(source: Path, out: Path, **plan: Any) -> av_samples.Seen:
    return seen(written(source, out, **plan))


def written(source: Path, out: Path, **plan: Any) -> Path:
    copy_process.redact(source, RecordingPlan(probe(source), **plan), out)
    return out


def refused(source: Path, out: Path, plan: RecordingPlan | None = None) -> str:
    with pytest.raises(Refused) as caught:
        copy_process.redact(source, plan or RecordingPlan(probe(source)), out)
    assert str(caught.value) in REASONS
    return str(caught.value)


def off_grey(frame: tuple[Any, Any, Any], box: PixelBox) -> int:
    """Return the largest difference from grey inside of a box, over all three planes."""
    return max(
        int(np.abs(plane[box.top // share : box.bottom // share, box.left // share : box.right // share] - 128.0).max())
        for plane, share in zip(frame, (1, 2, 2), strict=True)
    )


def is_flat(frame: tuple[Any, Any, Any], box: PixelBox) -> bool:
    return off_grey(frame, box) <= FLAT


def difference(one: Any, other: Any) -> float:
    return float(np.abs(one.astype(float) - other.astype(float)).mean())


# The picture


def test_a_box_is_flat_in_every_frame_of_its_presence_and_in_no_other(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0.5, 1.0, BOX),))
    box = stored_box(BOX, PLAIN.size, Turn())
    assert [is_flat(frame, box) for frame in copy.frames] == [5 <= number <= 10 for number in range(20)]


def test_a_frame_counts_that_is_still_on_screen_when_the_presence_begins(tmp_path: Path) -> None:
    make = replace(PLAIN, times=(0, 0.1, 0.15, 0.5, 0.52, 1.0, 1.9))
    source = video(tmp_path / "in.mp4", make)
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0.3, 0.51, BOX),))
    box = stored_box(BOX, PLAIN.size, Turn())
    assert [is_flat(frame, box) for frame in copy.frames] == [False, False, True, True, False, False, False]
    assert copy.times == pytest.approx(make.times, abs=1e-4)


def test_a_presence_after_the_last_frame_began_is_covered(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, times=(0, 0.5)))
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(1.5, 1.6, BOX),))
    assert is_flat(copy.frames[-1], stored_box(BOX, PLAIN.size, Turn()))


def test_a_frame_that_begins_when_a_box_ends_is_covered(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    box = stored_box(BOX, PLAIN.size, Turn())
    # 1.2 is a little less than six fifths, and 0.3 was written down for 0.3004.
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0.55, 1.2, BOX),))
    assert [is_flat(frame, box) for frame in copy.frames] == [5 <= number <= 12 for number in range(20)]
    source = video(tmp_path / "in.mp4", replace(PLAIN, times=(0, 0.3004, 0.5, 1.9)))
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0.1, 0.3, BOX),))
    assert [is_flat(frame, box) for frame in copy.frames] == [True, True, False, False]


@pytest.mark.usefixtures("warm_processes")
def test_a_box_that_begins_between_two_frames_of_thirty_a_second_is_proven(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", Make(times=tuple(round(number / 30, 3) for number in range(40))))
    for start, end in ((7 / 30, 14 / 30), (0.1, 0.3), (1 / 3, 2 / 3), (0.233, 1.033)):
        order = Order(hide=(Person("box 1", timed=(TimedRegion(start, end, Region(0.4, 0.4, 0.1, 0.1)),)),))
        copy_process.redact(source, plan_recording(probe(source), order), tmp_path / "out.mp4")
        assert prove_recording(tmp_path / "out.mp4", source, order).checks


def test_the_last_frame_keeps_its_length(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, sound=None))
    assert probe(written(source, tmp_path / "out.mp4")).duration == pytest.approx(2.0, abs=0.001)
    clip = written(source, tmp_path / "clip.mp4", clip=Interval(0.5, 1.25))
    assert probe(clip).duration == pytest.approx(0.75, abs=0.001)


def test_many_boxes_may_overlap(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, seconds=0.3, sound=None))
    regions = [Region(0.05 * step, 0.04 * step, 0.2, 0.2) for step in range(10)]
    copy = copied(source, tmp_path / "out.mp4", boxes=tuple(TimedRegion(0, 0.3, each) for each in regions))
    boxes = [stored_box(each, PLAIN.size, Turn()) for each in regions]
    assert all(is_flat(frame, box) for frame in copy.frames for box in boxes)


def test_the_picture_outside_stays(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    copy, before = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0, 2, BOX),)), seen(source)
    box = stored_box(BOX, PLAIN.size, Turn())
    outside = np.ones(before.frames[0][0].shape, bool)
    outside[max(box.top - 16, 0) : box.bottom + 16, max(box.left - 16, 0) : box.right + 16] = False
    assert outside.any()
    assert all(difference(a[0][outside], b[0][outside]) < 2 for a, b in zip(copy.frames, before.frames, strict=True))


@pytest.mark.parametrize("mirror", [False, True], ids=["plain", "mirrored"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_video_is_written_upright_with_the_box_where_it_was_drawn(
    tmp_path: Path, turn: int, mirror: bool
) -> None:
    source = video(tmp_path / "in.mp4", Make(seconds=0.3, turn=turn, mirror=mirror))
    region = Region(0.05, 0.1, 0.3, 0.25)
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0, 0.3, region),))
    upright = (PLAIN.size[1], PLAIN.size[0]) if turn % 180 else PLAIN.size
    assert probe(tmp_path / "out.mp4").size == probe(source).size == upright
    assert copy.frames[0][0].shape == upright[::-1]
    assert is_flat(copy.frames[0], stored_box(region, upright, Turn()))
    clear = written(source, tmp_path / "clear.mp4")
    expected = np.rot90(seen(source).frames[0][0], -turn // 90)
    # av_display_matrix_flip mirrors what is turned already.
    expected = expected[:, ::-1] if mirror else expected
    assert difference(seen(clear).frames[0][0], expected) < 3


@pytest.mark.parametrize(("width", "height"), [(97, 63), (96, 63), (97, 64)])
@pytest.mark.parametrize("turn", [0, 90])
def test_of_an_odd_size_the_last_column_or_row_goes(tmp_path: Path, width: int, height: int, turn: int) -> None:
    make = Make(size=(width, height), seconds=0.3, codec="png", pixel_format="rgb24", turn=turn)
    copy = copied(
        video(tmp_path / "in.mov", make), tmp_path / "out.mp4", boxes=(TimedRegion(0, 0.3, Region(0, 0, 1, 1)),)
    )
    even = (width & ~1, height & ~1)
    upright = even[::-1] if turn else even
    assert copy.frames[0][0].shape == upright[::-1]
    assert is_flat(copy.frames[0], PixelBox(0, 0, *upright))


def test_another_form_of_pixels_becomes_420_of_8_bits(tmp_path: Path) -> None:
    forms = [("libx264", "yuv420p10le"), ("libx264", "yuv444p"), ("mjpeg", "yuvj422p"), ("qtrle", "rgb24")]
    for number, (codec, pixels) in enumerate(forms):
        source = video(tmp_path / f"{number}.mov", Make(codec=codec, pixel_format=pixels, seconds=0.3))
        copy, before = copied(source, tmp_path / "out.mp4"), seen(source)
        # `seen` shows full range as it is in the copy, and as limited in the source.
        assert pixels == "yuvj422p" or difference(copy.frames[0][0], before.frames[0][0]) < 3
        assert copy.tracks == ("video",)


@pytest.mark.skipif(not TASKS.is_dir(), reason="only Linux lists the threads of libraries there")
def test_a_long_recording_of_another_form_does_not_run_out_of_threads(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mov", Make(codec="png", pixel_format="rgb24", seconds=6))
    before = len(list(TASKS.iterdir()))
    written(source, tmp_path / "out.mp4")
    assert len(list(TASKS.iterdir())) < before + 10


def test_full_range_stays_full_range(tmp_path: Path) -> None:
    source = video(
        tmp_path / "in.mov", Make(codec="mjpeg", pixel_format="yuvj420p", seconds=0.3, options={"qscale": "2"})
    )
    written(source, tmp_path / "out.mp4")
    with opened(source) as before, opened(tmp_path / "out.mp4") as after:
        one, other = next(before.frames()), next(after.frames())
        assert other.color_range == 2
        assert difference(planes(one)[0], planes(other)[0]) < 3


def test_one_box_leaks_nothing_of_what_it_covers(tmp_path: Path) -> None:
    """Sources that differ only inside of the box give one copy, whatever their coding is."""
    inside = Region(0.25, 0.25, 0.5, 0.5)
    copies = set()
    for seed in range(4):
        noise = np.random.default_rng(seed)

        def paint(number: int, size: tuple[int, int], noise: Any = noise) -> Any:
            pixels = av_samples.shapes(number, size)
            pixels[16:48, 24:72] = noise.integers(0, 256, (32, 48, 3), dtype=np.uint8)
            return pixels

        make = Make(codec="png", pixel_format="rgb24", seconds=0.5, paint=paint)
        source = video(tmp_path / f"{seed}.mov", make)
        copies.add(written(source, tmp_path / "out.mp4", boxes=(TimedRegion(0, 0.5, inside),)).read_bytes())
    assert len(copies) == 1


@pytest.mark.parametrize("pixels", ["yuvj420p", "yuvj422p", "yuvj444p"])
def test_one_box_leaks_nothing_of_a_motion_jpeg(tmp_path: Path, pixels: str) -> None:
    copies = set()
    for level in (0, 90, 255):

        def paint(number: int, size: tuple[int, int], level: int = level) -> Any:
            image = av_samples.shapes(0, size)
            image[16:48, 32:64] = level
            # A ring of grey, so that no chroma of the block around reaches over its edge before it is coded.
            return gray(image)

        make = Make(codec="mjpeg", pixel_format=pixels, seconds=0.3, paint=paint, options={"huffman": "default"})
        source = video(tmp_path / f"{level}.mov", make)
        box = Region(1 / 3, 0.25, 1 / 3, 0.5)
        copies.add(written(source, tmp_path / "out.mp4", boxes=(TimedRegion(0, 0.3, box),)).read_bytes())
    assert len(copies) == 1


def gray(image: Any) -> Any:
    return np.repeat(image[:, :, 1:2], 3, axis=2)


REGIONS = st.builds(
    Region,
    x=st.floats(0, 0.9),
    y=st.floats(0, 0.9),
    w=st.floats(0.01, 1),
    h=st.floats(0.01, 1),
)


@given(
    region=REGIONS,
    width=st.integers(16, 99),
    height=st.integers(16, 99),
    turn=st.builds(Turn, st.booleans(), st.booleans(), st.booleans()),
)
@settings(max_examples=200, deadline=None)
def test_a_box_of_the_stored_frame_covers_the_upright_one(region: Region, width: int, height: int, turn: Turn) -> None:
    box = stored_box(region, (width, height), turn)
    assert not any(each % 2 for each in box.as_tuple())
    hidden = np.zeros((height, width), bool)
    hidden[box.top : box.bottom, box.left : box.right] = True
    # What goes of an odd size needs no cover.
    hidden[height & ~1 :, :] = hidden[:, width & ~1 :] = True
    upright = turned(hidden.astype(np.uint8), turn)
    rows, columns = upright.shape
    left, top = math.floor(region.x * columns), math.floor(region.y * rows)
    right, bottom = math.ceil((region.x + region.w) * columns - 1e-9), math.ceil((region.y + region.h) * rows - 1e-9)
    assert upright[top:bottom, left:right].all()


# The sound


def test_a_bleep_covers_the_stretch_with_its_margins_and_nothing_else(tmp_path: Path) -> None:
    source = wav(tmp_path / "in.wav", tones(2.0))
    copy = copied(source, tmp_path / "out.wav", silenced=(Interval(0.5, 1.0),))
    low, high = round(0.45 * RATE), round(1.05 * RATE)
    assert (copy.samples[:low] == tones(2.0)[:low]).all()
    assert (copy.samples[high:] == tones(2.0)[high:]).all()
    assert power(copy.samples[low:high, 0], TONES[1]) < 20
    assert power(copy.samples[low:high, 0], 1000) == pytest.approx(3277, rel=0.05)


def test_silence_is_silence(tmp_path: Path) -> None:
    copy = copied(
        wav(tmp_path / "in.wav", tones(1.0)), tmp_path / "out.wav", silenced=(Interval(0.5, 0.6),), sound="silence"
    )
    assert not copy.samples[round(0.45 * RATE) : round(0.65 * RATE)].any()
    assert copy.samples[round(0.66 * RATE) :].any()


def test_stretches_that_meet_are_one(tmp_path: Path) -> None:
    source = wav(tmp_path / "in.wav", tones(1.0))
    two = written(source, tmp_path / "two.wav", silenced=(Interval(0.6, 0.8), Interval(0.2, 0.55)))
    assert two.read_bytes() == written(source, tmp_path / "one.wav", silenced=(Interval(0.2, 0.8),)).read_bytes()


@pytest.mark.parametrize(
    ("suffix", "head"), [(".m4a", b"ftypM4A "), (".mp3", b"ftypM4A "), (".flac", b"RIFF"), (".wav", b"RIFF")]
)
def test_a_tone_is_gone_inside_and_there_outside(tmp_path: Path, suffix: str, head: bytes) -> None:
    source = sound_file(tmp_path / f"in{suffix}", tones(2.0), tags=True)
    copy = copied(source, tmp_path / "out", silenced=(Interval(0.5, 1.0),))
    assert head in (tmp_path / "out").read_bytes()[:12]
    quiet = copy.samples[round(0.48 * RATE) : round(1.02 * RATE), 0]
    assert max(power(quiet, TONES[1]), power(quiet, TONES[0]), power(quiet, TONES[2])) < 30
    for number in (0, 2, 3):
        loud = copy.samples[round((number * 0.5 + 0.1) * RATE) : round((number * 0.5 + 0.4) * RATE), 0]
        assert power(loud, TONES[number]) == pytest.approx(10_000, rel=0.12)
    assert copy.tracks == ("audio",)
    assert (copy.rate, copy.samples.shape[1]) == (RATE, 2)


def test_sound_and_picture_keep_their_time(tmp_path: Path) -> None:
    copy, before = copied(video(tmp_path / "in.mp4"), tmp_path / "out.mp4"), seen(tmp_path / "in.mp4")
    count = min(len(copy.samples), len(before.samples))
    middle = slice(RATE // 4, count - RATE // 4)
    assert difference(copy.samples[middle], before.samples[middle]) < 200
    assert copy.times == pytest.approx(before.times, abs=1e-4)


def test_one_stretch_leaks_nothing_of_what_it_covers(tmp_path: Path) -> None:
    copies = set()
    for seed in range(4):
        samples = tones(1.0)
        part = slice(round(0.4 * RATE), round(0.6 * RATE))
        samples[part] = np.random.default_rng(seed).integers(-20_000, 20_000, samples[part].shape)
        source = wav(tmp_path / f"{seed}.wav", samples)
        copies.add(written(source, tmp_path / "out.wav", silenced=(Interval(0.4, 0.6),)).read_bytes())
    assert len(copies) == 1


def test_one_channel_stays_one_channel(tmp_path: Path) -> None:
    copy = copied(wav(tmp_path / "in.wav", tones(0.5, channels=1), rate=22_050), tmp_path / "out.wav")
    assert (copy.rate, copy.samples.shape[1]) == (22_050, 1)


# What else the source holds


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_nothing_but_picture_and_sound_is_left(tmp_path: Path, suffix: str) -> None:
    make = replace(LEAKY, cover=suffix == ".mp4", timecode=suffix == ".mov", turn=90)
    source = video(tmp_path / f"in{suffix}", make)
    assert NAME.encode() in source.read_bytes()
    copy = copied(source, tmp_path / "out.mp4", boxes=(TimedRegion(0, 2, BOX),), silenced=(Interval(0, 1),))
    data = (tmp_path / "out.mp4").read_bytes()
    assert copy.tracks == ("video", "audio")
    assert copy.chapters == 0
    assert set(copy.metadata) <= {"major_brand", "minor_version", "compatible_brands", "language", "handler_name"}
    marks = [
        NAME.encode(),
        NAME.encode("utf-16-le"),
        NAME.encode("utf-16-be"),
        b"GA94",
        b"elst",
        b"tmcd",
        b"covr",
        b"chpl",
    ]
    assert [mark for mark in (*marks, b"x264", b"Lavc", b"Lavf", b"48.2081", b"mjpeg") if mark in data] == []


def test_the_second_sound_is_not_heard(tmp_path: Path) -> None:
    copy = copied(video(tmp_path / "in.mp4", LEAKY), tmp_path / "out.mp4")
    first = copy.samples[round(0.1 * RATE) : round(0.4 * RATE), 0]
    assert power(first, TONES[0]) > 9_000
    assert power(first, TONES[3]) < 100


@pytest.mark.parametrize("suffix", [".mp3", ".flac"])
def test_a_cover_and_tags_of_sound_are_gone(tmp_path: Path, suffix: str) -> None:
    source = sound_file(tmp_path / f"in{suffix}", tones(0.5), tags=True, cover=True)
    copy = copied(source, tmp_path / "out")
    data = (tmp_path / "out").read_bytes()
    assert copy.tracks == ("audio",)
    assert set(copy.metadata) <= {"major_brand", "minor_version", "compatible_brands", "language", "handler_name"}
    marks = (NAME.encode(), b"ID3", b"TAG", b"Xing", b"Info", b"JFIF", b"fLaC", b"Lavf", b"Lavc")
    assert [mark for mark in marks if mark in data] == []


def test_chunks_behind_the_samples_of_a_wav_are_gone(tmp_path: Path) -> None:
    source = wav(tmp_path / "in.wav", tones(0.5), chunks=b"LIST\x1c\0\0\0INFOIART\x10\0\0\0" + NAME.encode()[:16])
    data = written(source, tmp_path / "out.wav").read_bytes()
    assert len(data) == 44 + 4 * len(tones(0.5))
    assert NAME.encode()[:16] not in data


def test_what_an_edit_list_hides_is_not_in_the_copy(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, hidden=1.0))
    copy, shown = copied(source, tmp_path / "out.mp4"), seen(source)
    assert len(copy.frames) == len(shown.frames) == 10
    assert power(copy.samples[round(0.1 * RATE) : round(0.4 * RATE), 0], TONES[2]) > 9_000


def test_the_same_recording_gives_the_same_copy(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", LEAKY)
    plan = {"boxes": (TimedRegion(0, 1, BOX),), "silenced": (Interval(0.5, 1),)}
    one = written(source, tmp_path / "one.mp4", **plan).read_bytes()
    assert one == written(source, tmp_path / "two.mp4", **plan).read_bytes()


# Clips and stills


def test_a_clip_keeps_its_stretch_from_zero(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    copy = copied(source, tmp_path / "out.mp4", clip=Interval(0.55, 1.45))
    before = seen(source)
    assert len(copy.frames) == 9
    assert copy.times[:3] == pytest.approx((0, 0.15, 0.25), abs=1e-4)
    assert difference(copy.frames[0][0], before.frames[6][0]) < 2
    assert difference(copy.frames[-1][0], before.frames[14][0]) < 2
    # The encoder's last frame may end a little later.
    assert 0.9 * RATE <= len(copy.samples) <= 0.9 * RATE + 2 * 1024
    assert max(power(copy.samples[:, 0], TONES[0]), power(copy.samples[:, 0], TONES[3])) < 60


def test_a_clip_holds_no_frame_from_before_it(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, times=(0, 1.0, 1.1)))
    copy, before = copied(source, tmp_path / "out.mp4", clip=Interval(0.9, 1.5)), seen(source)
    assert copy.times == pytest.approx((0, 0.2), abs=1e-4)
    assert difference(copy.frames[0][0], before.frames[1][0]) < 2
    assert len(copy.samples) >= 0.6 * RATE


def test_a_clip_in_which_no_frame_begins_is_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, times=(0, 1.0)))
    plan = RecordingPlan(probe(source), clip=Interval(0.2, 0.9))
    assert refused(source, tmp_path / "out.mp4", plan) == "nothing"


def test_a_clip_of_a_wav_is_exact(tmp_path: Path) -> None:
    source = wav(tmp_path / "in.wav", tones(2.0))
    copy = copied(source, tmp_path / "out.wav", clip=Interval(0.5, 1.0), silenced=(Interval(0, 0.48),))
    assert len(copy.samples) == RATE // 2
    # A margin reaches into the clip.
    assert power(copy.samples[: round(0.03 * RATE), 0], 1000) > 2_000
    assert (copy.samples[round(0.03 * RATE) :] == tones(2.0)[round(0.53 * RATE) : RATE]).all()


def test_boxes_keep_the_times_of_the_source_in_a_clip(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    copy = copied(source, tmp_path / "out.mp4", clip=Interval(0.5, 1.5), boxes=(TimedRegion(1.0, 1.2, BOX),))
    box = stored_box(BOX, PLAIN.size, Turn())
    assert [is_flat(frame, box) for frame in copy.frames] == [5 <= number <= 7 for number in range(10)]


@pytest.mark.parametrize(("at", "number"), [(0.0, 0), (0.55, 5), (0.6, 6), (1.99, 19)])
def test_a_still_is_the_frame_on_screen(tmp_path: Path, at: float, number: int) -> None:
    source = video(tmp_path / "in.mp4", replace(LEAKY, options={"g": "4"}))
    copy_process.still(source, at, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert (image.format, image.size, image.info) == ("PNG", PLAIN.size, {})
        seen_pixels = np.asarray(image)
    differences = [difference(seen_pixels, av_samples.shapes(each)) for each in range(20)]
    assert differences.index(min(differences)) == number


@pytest.mark.parametrize(("at", "shown"), [(0.0, (0, 1)), (0.99, (0, 1)), (1.0, (1, 1.1)), (1.5, (1.1, 2.0))], ids=str)
def test_a_still_tells_how_long_its_frame_is_shown(tmp_path: Path, at: float, shown: tuple[float, float]) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, times=(0, 1.0, 1.1)))
    found = copy_process.still(source, at, tmp_path / "out.png")
    assert (found.start, found.end) == pytest.approx(shown, abs=0.03)


def test_a_still_is_upright(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, turn=90))
    copy_process.still(source, 0.0, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert difference(np.asarray(image), np.rot90(av_samples.shapes(0), -1)) < 12


@pytest.mark.parametrize("at", [-0.1, 2.5, math.nan])
def test_a_still_outside_of_the_recording_is_refused(tmp_path: Path, at: float) -> None:
    with pytest.raises(Refused, match="outside"):
        copy_process.still(video(tmp_path / "in.mp4"), at, tmp_path / "out.png")


def test_a_still_of_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="empty"):
        copy_process.still(wav(tmp_path / "in.wav", tones(0.5)), 0, tmp_path / "out.png")


# Refusals


def test_a_plan_for_another_recording_is_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4")
    found = probe(source)
    for other in (replace(found, size=(64, 96)), replace(found, sound=False), replace(found, duration=9.0)):
        assert refused(source, tmp_path / "out.mp4", RecordingPlan(other)) == "other"


@pytest.mark.parametrize(
    "plan",
    [
        {"boxes": (TimedRegion(2.5, 3, BOX),)},
        {"boxes": (TimedRegion(1, 1, BOX),)},
        {"boxes": (TimedRegion(-2, -1, BOX),)},
        {"boxes": (TimedRegion(math.nan, 1, BOX),)},
        {"boxes": (TimedRegion(0, 1, Region(0.5, 0.5, 0, 0.1)),)},
        {"boxes": (TimedRegion(0, 1, Region(1.5, 0.5, 0.1, 0.1)),)},
        {"boxes": (TimedRegion(0, 1, Region(math.inf, 0.5, 0.1, 0.1)),)},
        {"silenced": (Interval(3, 4),)},
        {"clip": Interval(1, 5)},
        {"clip": Interval(-1, 1)},
    ],
    ids=["late", "empty", "early", "no-number", "flat", "beside", "endless", "silence", "long-clip", "early-clip"],
)
def test_what_lies_outside_is_refused(tmp_path: Path, plan: dict[str, Any]) -> None:
    source = video(tmp_path / "in.mp4")
    assert refused(source, tmp_path / "out.mp4", RecordingPlan(probe(source), **plan)) == "outside"


def test_boxes_on_sound_are_refused(tmp_path: Path) -> None:
    source = wav(tmp_path / "in.wav", tones(1.0))
    plan = RecordingPlan(probe(source), boxes=(TimedRegion(0, 1, BOX),))
    assert refused(source, tmp_path / "out.wav", plan) == "boxes"


@pytest.mark.parametrize("name", ["in.ogg", "in.aiff"])
def test_another_container_is_refused(tmp_path: Path, name: str) -> None:
    assert refused(sound_file(tmp_path / name, tones(0.5)), tmp_path / "out") == "format"


def test_a_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.mp4").write_text("#EXTM3U\nhttp://example.com/a.ts\n")
    assert refused(tmp_path / "in.mp4", tmp_path / "out.mp4") == "format"


def test_an_unknown_codec_is_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mov", Make(codec="svq1", pixel_format="yuv410p", seconds=0.3))
    assert refused(source, tmp_path / "out.mp4") == "codec"


def changed(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))
    return path


@pytest.mark.parametrize("kind", [b"enca", b"drms"], ids=["common", "store"])
def test_an_encrypted_track_is_refused(tmp_path: Path, kind: bytes) -> None:
    source = changed(sound_file(tmp_path / "in.m4a", tones(0.5)), b"mp4a\0\0\0\0", kind + bytes(4))
    assert refused(source, tmp_path / "out.m4a") == "encrypted"


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    for number, source in enumerate(
        (
            written(video(tmp_path / "in.mp4"), tmp_path / "whole.mp4"),
            wav(tmp_path / "in.wav", tones(2.0)),
            sound_file(tmp_path / "in.flac", tones(2.0)),
        )
    ):
        cut = tmp_path / f"cut-{number}"
        cut.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
        assert refused(cut, tmp_path / "out") == "damaged"


def test_damage_in_the_middle_is_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mov", Make(codec="png", pixel_format="rgb24", seconds=1.0))
    data = bytearray(source.read_bytes())
    middle = data.index(b"IDAT", len(data) // 2)
    data[middle + 40 : middle + 60] = bytes(20)
    source.write_bytes(data)
    assert refused(source, tmp_path / "out.mp4") == "damaged"


def test_sound_that_goes_on_beyond_its_length_is_refused_at_once(tmp_path: Path) -> None:
    source = sound_file(tmp_path / "in.m4a", tones(2.0))
    patched(source, b"edts", 0, -4, b"free")
    # All frames but the last are said to last an hour each.
    patched(source, b"stts", 0, 12, (3600 * RATE).to_bytes(4))
    assert refused(source, tmp_path / "out.m4a") == "damaged"
    assert (tmp_path / "out.m4a").stat().st_size < 100_000


@pytest.mark.parametrize(
    ("number", "word"), [(errno.ENOSPC, "write"), (errno.EFBIG, "huge"), (errno.ENOMEM, "memory")], ids=str
)
def test_what_the_system_lacks_is_told(tmp_path: Path, number: int, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_source: Path) -> None:
        raise OSError(number, NAME)

    monkeypatch.setattr(copy_process, "inspect", fails)
    assert copy_process.answer({"task": "probe", "source": str(tmp_path / "in.mp4")}) == {"refused": word}


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF], ids=str)
def test_a_wav_without_a_length_is_refused(tmp_path: Path, size: int) -> None:
    source = wav(tmp_path / "in.wav", tones(0.5))
    data = bytearray(source.read_bytes())
    data[40:44] = size.to_bytes(4, "little")
    source.write_bytes(data)
    assert refused(source, tmp_path / "out.wav") == "unsized"


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_sound_that_is_too_long_for_a_wav_is_refused_before_it_is_written(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = sound_file(tmp_path / f"in{suffix}", tones(2.0))
    # 2 s and half a second of doubt, in stereo of 16 bits.
    monkeypatch.setattr(copy_process, "MOST_WAV", 4 * round(2.5 * RATE) - 1)
    assert refused(source, tmp_path / "out.wav") == "wav"
    assert not (tmp_path / "out.wav").exists()
    assert written(source, tmp_path / "clip.wav", clip=Interval(0.5, 1.5)).stat().st_size == 44 + 4 * RATE


def test_a_flac_behind_a_tag_is_refused_by_its_name(tmp_path: Path) -> None:
    source = sound_file(tmp_path / "in.flac", tones(0.5))
    source.write_bytes(b"ID3\x04\0\0\0\0\x01\x00" + bytes(128) + source.read_bytes())
    assert refused(source, tmp_path / "out.flac") == "tagged"


# What a player shows, and a decoder does not tell


ENABLED, DISABLED = b"\3", b"\0"
STSD = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1")


def aperture(width: int, height: int, across: int = 0) -> bytes:
    numbers = (width, 1, height, 1, across, 1, 0, 1)
    return (40).to_bytes(4) + b"clap" + b"".join(each.to_bytes(4, signed=True) for each in numbers)


@pytest.mark.parametrize(
    "clap", [aperture(48, 64, -24), aperture(96, 60), aperture(96, 64, 1)], ids=["half", "lower", "moved"]
)
def test_a_picture_of_which_a_part_is_shown_is_refused(tmp_path: Path, clap: bytes) -> None:
    assert refused(av_samples.with_box(video(tmp_path / "in.mov"), STSD, clap), tmp_path / "out.mp4") == "cut"


def test_a_picture_that_is_shown_whole_is_copied(tmp_path: Path) -> None:
    source = av_samples.with_box(video(tmp_path / "in.mov"), STSD, aperture(*PLAIN.size))
    assert len(copied(source, tmp_path / "out.mp4").frames) == 20


@pytest.mark.parametrize("rate", [0, 0x20000, 0x10001], ids=["frozen", "double", "a little faster"])
def test_an_edit_that_changes_the_speed_is_refused(tmp_path: Path, rate: int) -> None:
    source = patched(video(tmp_path / "in.mp4"), b"elst", 0, 16, rate.to_bytes(4))
    assert refused(source, tmp_path / "out.mp4") == "paced"


def test_of_two_pictures_the_one_that_is_switched_on_is_copied(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, pictures=2))
    assert copied(source, tmp_path / "out.mp4").tracks == ("video", "audio")


def test_two_pictures_that_are_switched_on_are_refused(tmp_path: Path) -> None:
    source = patched(video(tmp_path / "in.mp4", replace(PLAIN, pictures=2)), b"tkhd", 1, 3, ENABLED)
    assert refused(source, tmp_path / "out.mp4") == "pictures"


def test_the_sound_that_is_switched_on_is_copied(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, second_sound=tones(2.0)[::-1].copy()))
    patched(patched(source, b"tkhd", 1, 3, DISABLED), b"tkhd", 2, 3, ENABLED)
    first = copied(source, tmp_path / "out.mp4").samples[round(0.1 * RATE) : round(0.4 * RATE), 0]
    assert power(first, TONES[3]) > 9_000
    assert power(first, TONES[0]) < 100


def test_of_sounds_that_are_alternatives_the_first_is_copied(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, second_sound=tones(2.0)[::-1].copy()))
    patched(source, b"tkhd", 2, 3, ENABLED)
    first = copied(source, tmp_path / "out.mp4").samples[round(0.1 * RATE) : round(0.4 * RATE), 0]
    assert power(first, TONES[0]) > 9_000


def test_two_sounds_that_play_at_once_are_refused(tmp_path: Path) -> None:
    source = video(tmp_path / "in.mp4", replace(PLAIN, second_sound=tones(2.0)[::-1].copy()))
    patched(patched(source, b"tkhd", 2, 3, ENABLED), b"tkhd", 2, 34, b"\0\7")
    assert refused(source, tmp_path / "out.mp4") == "sounds"


@pytest.mark.parametrize(("codec", "pixels"), [("png", "rgba"), ("qtrle", "argb")])
def test_a_picture_that_is_see_through_is_refused(tmp_path: Path, codec: str, pixels: str) -> None:
    source = video(tmp_path / "in.mov", Make(codec=codec, pixel_format=pixels, seconds=0.3))
    assert refused(source, tmp_path / "out.mp4") == "clear"


def test_a_recording_that_begins_after_its_clock_is_refused(tmp_path: Path) -> None:
    times = tuple(0.3 + number / 10 for number in range(10))
    assert refused(video(tmp_path / "in.mp4", Make(times=times)), tmp_path / "out.mp4") == "late"


def test_a_recording_that_begins_a_little_after_its_clock_is_copied(tmp_path: Path) -> None:
    times = tuple(0.05 + number / 10 for number in range(10))
    assert len(copied(video(tmp_path / "in.mp4", Make(times=times)), tmp_path / "out.mp4").frames) == 10


def test_sound_that_begins_later_than_its_picture_keeps_its_time(tmp_path: Path) -> None:
    late = video(
        tmp_path / "in.mp4", replace(PLAIN, hidden=-0.5, times=tuple(number / 10 - 0.5 for number in range(25)))
    )
    samples = copied(late, tmp_path / "out.mp4").samples[:, 0]
    assert power(samples[round(0.1 * RATE) : round(0.4 * RATE)], TONES[0]) < 100
    assert power(samples[round(0.6 * RATE) : round(0.9 * RATE)], TONES[0]) > 9_000


def test_what_no_copy_can_keep_is_found(tmp_path: Path) -> None:
    deep = Make(codec="libx264", pixel_format="yuv444p10le", size=(97, 64), seconds=0.3)
    assert probe(video(tmp_path / "in.mp4", deep)).changes == ("depth", "chroma", "even")
    assert probe(sound_file(tmp_path / "in.wav", tones(0.5), "pcm_s24le")).changes == ("bits",)
    assert probe(video(tmp_path / "plain.mp4")).changes == ()


def test_interlaced_pictures_are_refused(tmp_path: Path) -> None:
    make = Make(seconds=0.5, options={"x264-params": "tff=1:interlaced=1"})
    assert refused(video(tmp_path / "in.mp4", make), tmp_path / "out.mp4") == "interlaced"


def test_too_many_frames_are_refused(tmp_path: Path) -> None:
    make = Make(times=tuple(number / 500 for number in range(250)), size=(32, 32))
    assert refused(video(tmp_path / "in.mp4", make), tmp_path / "out.mp4") == "fast"


def test_too_small_a_picture_is_refused(tmp_path: Path) -> None:
    assert refused(video(tmp_path / "in.mp4", Make(size=(14, 64), seconds=0.3)), tmp_path / "out.mp4") == "small"


def test_too_large_a_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    def blank(_number: int, size: tuple[int, int]) -> Any:
        return np.zeros((size[1], size[0], 3), np.uint8)

    source = video(
        tmp_path / "in.mov", Make(size=(4096, 2320), times=(0.0,), codec="mjpeg", pixel_format="yuvj420p", paint=blank)
    )
    assert refused(source, tmp_path / "out.mp4") == "large"


def test_a_slanted_picture_is_refused(tmp_path: Path) -> None:
    assert refused(video(tmp_path / "in.mp4", replace(PLAIN, turn=30)), tmp_path / "out.mp4") == "turned"


def test_hdr10_is_refused_and_hlg_keeps_its_colours(tmp_path: Path) -> None:
    def coded(transfer: str) -> Path:
        parameters = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
        make = Make(pixel_format="yuv420p10le", seconds=0.3, options={"x264-params": parameters})
        return video(tmp_path / f"{transfer}.mp4", make)

    assert refused(coded("smpte2084"), tmp_path / "out.mp4") == "hdr"
    written(coded("arib-std-b67"), tmp_path / "out.mp4")
    with opened(tmp_path / "out.mp4") as copy:
        frame = next(copy.frames())
        assert (frame.format.name, frame.color_trc, frame.color_primaries, frame.colorspace) == ("yuv420p", 18, 9, 9)


def test_a_picture_that_changes_its_size_is_refused(tmp_path: Path) -> None:
    first = video(tmp_path / "a.mov", Make(codec="mjpeg", pixel_format="yuvj420p", seconds=0.5))
    other = video(tmp_path / "b.mov", Make(codec="mjpeg", pixel_format="yuvj420p", seconds=0.5, size=(32, 16)))
    small = other.read_bytes()
    jpeg = small[small.index(b"\xff\xd8") : small.index(b"\xff\xd9") + 2]
    data = bytearray(first.read_bytes())
    last = data.rindex(b"\xff\xd8", 0, data.rindex(b"\xff\xd9"))
    room = data.index(b"\xff\xd9", last) + 2 - last
    assert len(jpeg) <= room
    data[last : last + room] = jpeg + bytes(room - len(jpeg))
    first.write_bytes(data)
    assert refused(first, tmp_path / "out.mp4") == "form"


# Real inputs


def test_the_sample_clip_and_the_sample_recording_are_redacted(tmp_path: Path) -> None:
    clip = copied(CONCERT / "stage-clip.mov", tmp_path / "clip.mp4", boxes=(TimedRegion(0.5, 1.5, BOX),))
    assert len(clip.frames) == 16
    box = stored_box(BOX, (320, 240), Turn())
    assert [is_flat(frame, box) for frame in clip.frames] == [4 <= number <= 12 for number in range(16)]
    choir = CONCERT / "choir-recording.wav"
    copy = copied(choir, tmp_path / "choir.wav", silenced=(Interval(0, probe(choir).duration),), sound="silence")
    assert len(copy.samples)
    assert not copy.samples.any()


@pytest.mark.parametrize("name", [name for name in CORPUS if name.endswith((".wav", ".mov", ".mp4", ".m4a", ".mp3"))])
def test_a_made_file_of_sound_or_video_is_copied_or_refused(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    source.write_bytes(CORPUS[name].data)
    _copied_or_refused(tmp_path, source)


@requires_corpus
@pytest.mark.corpus
@pytest.mark.parametrize(
    "name", ["synthetic/syn.wav", "real/exiftool_RIFF.wav", "real/mei_xmp480qt.mov", "real/exiftool_QuickTime.m4a"]
)
def test_a_file_of_the_corpus_is_copied_or_refused(tmp_path: Path, name: str) -> None:
    _copied_or_refused(tmp_path, (corpus_root() or Path()) / name)


def _copied_or_refused(tmp_path: Path, source: Path) -> None:
    answer = copy_process.answer({"task": "probe", "source": str(source)})
    if "refused" in answer:
        assert answer["refused"] in REASONS
        return
    plan = RecordingPlan(Recording(**{**answer["recording"], "size": probe(source).size}))
    job = {"task": "redact", "source": str(source), "out": str(tmp_path / "out"), "plan": asdict(plan)}
    answer = copy_process.answer(job)
    if "refused" in answer:
        assert answer["refused"] in REASONS
        return
    assert probe(tmp_path / "out").duration == pytest.approx(plan.recording.duration, abs=0.6)
