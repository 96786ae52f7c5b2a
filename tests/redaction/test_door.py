"""The one door: what comes out is proven, what fails leaves nothing, and nothing of a file is in what is said of it."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest
from jpeg_samples import encode, picture, turned
from PIL import Image
from still_samples import drawn

from dam_plugin.errors import CannotRedact, NotProven, StorageError
from dam_plugin.redaction import door
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.boxes import grow
from dam_plugin.redaction.model import Notice, Order, Person, PixelBox, Proof, Recording, RecordingPlan, TimedRegion
from dam_plugin.redaction.proof import coefficients, prove
from dam_plugin.redaction.proof import recording as recording_proof
from dam_plugin.redaction.stills import pixels, turbojpeg, wipe
from dam_tagging.facts import Interval, Region

FACE = Region(0.125, 0.5, 0.0625, 0.125)
ORDER = Order(hide=(Person("s1", (FACE,)),))
STAYS = (Person("s2", (Region(0.75, 0.5, 0.125, 0.125),)),)
WAV = b"RIFF\x24\0\0\0WAVEfmt "
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isommp42"
FAILS = NotProven(["it shows"])


def written(image: Image.Image, kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "room"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(encode(picture(320, 240)))
    return path


def source_of(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "source"
    path.write_bytes(data)
    return path


def raising(error: BaseException) -> Callable[..., Any]:
    def raises(*_: object, **__: object) -> Any:
        raise error

    return raises


@pytest.mark.parametrize(
    ("data", "media_type", "suffix"),
    [
        pytest.param(encode(picture(320, 240)), "image/jpeg", ".jpg", id="JPEG"),
        pytest.param(turned(6, encode(picture(320, 240))), "image/jpeg", ".jpg", id="JPEG, turned"),
        pytest.param(written(picture(320, 240), "PNG"), "image/png", ".png", id="PNG"),
        pytest.param(written(picture(320, 240), "WEBP"), "image/jpeg", ".jpg", id="WebP"),
        pytest.param(written(picture(320, 240), "WEBP", lossless=True), "image/png", ".png", id="WebP, lossless"),
        pytest.param(written(drawn(320, 240, mode="RGBA"), "WEBP"), "image/png", ".png", id="WebP, see-through"),
        pytest.param(written(picture(320, 240), "TIFF"), "image/png", ".png", id="TIFF"),
        pytest.param(written(drawn(320, 240, mode="RGBA"), "TIFF"), "image/png", ".png", id="TIFF, see-through"),
        pytest.param(written(picture(320, 240, mode="L"), "TIFF"), "image/png", ".png", id="TIFF, grey"),
        pytest.param(written(picture(320, 240), "AVIF"), "image/jpeg", ".jpg", id="AVIF"),
        pytest.param(written(drawn(320, 240, mode="RGBA"), "AVIF"), "image/png", ".png", id="AVIF, see-through"),
    ],
)
def test_a_picture_comes_out_proven(tmp_path: Path, folder: Path, data: bytes, media_type: str, suffix: str) -> None:
    source = source_of(tmp_path, data)
    made = door.make(source, ORDER, folder)
    assert (made.media_type, made.suffix, made.operation) == (media_type, suffix, "boxes")
    assert made.proof.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert made.proof.checks
    assert list(folder.iterdir()) == [made.path]
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert source.read_bytes() == data
    assert door.prove(made.path, source, ORDER) == made.proof


def test_a_copy_without_anybody_to_hide_is_cleaned(jpeg: Path, folder: Path) -> None:
    made = door.make(jpeg, Order(notice=Notice("Not to be passed on.", "The district")), folder)
    assert (made.operation, made.facts) == ("clean", ())
    assert b"Not to be passed on." in made.path.read_bytes()


def test_a_crop_comes_out_proven_and_is_proven_again(jpeg: Path, folder: Path) -> None:
    order = Order(hide=ORDER.hide, keep=STAYS, isolate="always")
    made = door.make(jpeg, order, folder)
    assert made.operation == "crop"
    with Image.open(made.path) as copy:
        assert copy.size == (240, 240)
    assert door.prove(made.path, jpeg, order) == made.proof


def test_a_jpeg_that_cannot_be_wiped_is_written_from_its_pixels(tmp_path: Path, folder: Path) -> None:
    source = source_of(tmp_path, encode(picture(320, 240), keep_rgb=True))
    order = Order(hide=ORDER.hide, keep=STAYS, isolate="always")
    for each in (ORDER, order):
        made = door.make(source, each, folder)
        assert made.media_type == "image/jpeg"
        assert door.prove(made.path, source, each) == made.proof
        made.path.unlink()


def test_a_missing_library_is_no_reason_for_the_pixels(jpeg: Path, folder: Path) -> None:
    with pytest.raises(CannotRedact, match="libturbojpeg"):
        door.make(jpeg, ORDER, folder, turbojpeg=folder / "nowhere.so")
    assert list(folder.iterdir()) == []


def test_a_copy_that_shows_somebody_is_not_proven(jpeg: Path, folder: Path) -> None:
    made = door.make(jpeg, Order(), folder)
    with pytest.raises(NotProven):
        door.prove(made.path, jpeg, ORDER)


@pytest.mark.parametrize(
    ("place", "name", "error", "told"),
    [
        pytest.param(wipe, "wipe", ValueError("Hannah"), "failed (ValueError)", id="the writer"),
        pytest.param(wipe, "frame", MemoryError("Hannah"), "failed (MemoryError)", id="the reader"),
        pytest.param(prove, "prove_picture", RecursionError("Hannah"), "failed (RecursionError)", id="the prover"),
    ],
)
def test_whatever_fails_is_a_refusal_without_details(
    jpeg: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, place: object, name: str, error: Exception, told: str
) -> None:
    monkeypatch.setattr(place, name, raising(error))
    with pytest.raises(CannotRedact) as caught:
        door.make(jpeg, ORDER, folder)
    assert told in str(caught.value)
    assert "Hannah" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EMFILE])
def test_a_machine_that_fails_is_not_blamed_on_the_file(
    jpeg: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(door.os, "open", raising(OSError(number, "Hannah")))
    with pytest.raises(StorageError, match="could not be made on this machine") as caught:
        door.make(jpeg, ORDER, folder)
    assert "Hannah" not in str(caught.value)


def test_the_library_that_was_set_reaches_the_prover_too(
    tmp_path: Path, jpeg: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = next(name for name in turbojpeg._installed() if Path(name).is_absolute())
    heard: list[Path | None] = []
    transformed = coefficients._transformed

    def hearing(data: bytes, options: int, library: Path | None, *others: Any) -> bytes:
        heard.append(library)
        return transformed(data, options, library, *others)

    monkeypatch.setattr(coefficients, "_transformed", hearing)
    made = door.make(jpeg, ORDER, folder, turbojpeg=Path(named))
    door.prove(made.path, jpeg, ORDER, turbojpeg=Path(named))
    answer = of_a_plugin("JPEG")
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    door.make(source_of(tmp_path, b"GIF89a"), Order(), other, redact_media=lambda *_: answer, turbojpeg=Path(named))
    assert len(heard) >= 3
    assert set(heard) == {Path(named)}


@pytest.mark.parametrize("source", [b"", b"a text", b"GIF89a", b"%PDF-1.7"], ids=["nothing", "text", "GIF", "PDF"])
def test_a_source_that_cannot_be_read_proves_nothing(tmp_path: Path, jpeg: Path, folder: Path, source: bytes) -> None:
    made = door.make(jpeg, ORDER, folder)
    with pytest.raises(CannotRedact):
        door.prove(made.path, source_of(tmp_path, source), ORDER)


def test_a_proof_of_other_bytes_is_none(jpeg: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prove, "prove_picture", lambda *_, **__: Proof("0" * 64, ("all is well",)))
    with pytest.raises(NotProven, match="changed after it was proven"):
        door.make(jpeg, ORDER, folder)
    assert list(folder.iterdir()) == []


def test_an_interruption_leaves_nothing(jpeg: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine").write_bytes(b"")

    def interrupted(*_: object, **__: object) -> Any:
        (folder / "half").write_bytes(b"half")
        (folder / "more").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(prove, "prove_picture", interrupted)
    with pytest.raises(KeyboardInterrupt):
        door.make(jpeg, ORDER, folder)
    assert [path.name for path in folder.iterdir()] == ["mine"]


def test_a_huge_picture_file_is_refused(jpeg: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LARGEST_PICTURE", 1000)
    with pytest.raises(CannotRedact, match="export a smaller copy"):
        door.make(jpeg, ORDER, folder)


def test_a_frame_is_told_of_pictures_alone(tmp_path: Path) -> None:
    frame = door.frame_of(source_of(tmp_path, turned(8, encode(picture(320, 240)))))
    assert frame is not None
    assert (frame.size, frame.orientation) == ((320, 240), 8)
    assert door.frame_of(source_of(tmp_path, WAV)) is None
    assert door.frame_of(source_of(tmp_path, b"GIF89a")) is None


# Formats that have no way here


@pytest.mark.parametrize("data", [b"GIF89a", b"no format at all"], ids=["refused", "unknown"])
def test_a_format_without_a_way_is_refused_with_a_remedy(tmp_path: Path, folder: Path, data: bytes) -> None:
    with pytest.raises(CannotRedact, match="export"):
        door.make(source_of(tmp_path, data), ORDER, folder)
    with pytest.raises(CannotRedact, match="export"):
        door.make(source_of(tmp_path, data), ORDER, folder, redact_media=lambda *_: None)


def filled(boxes: Sequence[Region], kind: str = "PNG", **settings: Any) -> bytes:
    image = picture(320, 240)
    for box in boxes:
        left, top = int(box.x * 320), int(box.y * 240)
        image.paste((128, 128, 128), (left, top, int((box.x + box.w) * 320) + 1, int((box.y + box.h) * 240) + 1))
    return written(image, kind, **settings)


def test_a_plugin_is_asked_and_its_answer_is_proven(tmp_path: Path, folder: Path) -> None:
    heard: list[object] = []

    def plugin(file: BinaryIO, media_type: str, boxes: Sequence[Region], intervals: Sequence[Interval]) -> bytes:
        heard.extend((file.read(), media_type, boxes, intervals))
        return filled(boxes)

    made = door.make(source_of(tmp_path, b"GIF89a"), ORDER, folder, redact_media=plugin)
    assert heard == [b"GIF89a", "image/gif", (grow(FACE),), ()]
    assert (made.media_type, made.suffix, made.operation) == ("image/png", ".png", "boxes")


NOTICE = Notice("May not be passed on.", "The district")


def of_a_plugin(kind: str, orientation: int = 1) -> bytes:
    """Return a filled picture as a plugin makes it, which knows of no notice."""
    upright, reversed_ = Region(0, 0.25, 0.5, 0.75), Region(0.5, 0, 0.5, 0.75)
    answer = filled(
        [upright if orientation == 1 else reversed_],
        kind,
        **({"quality": 100, "subsampling": "4:4:4"} if kind == "JPEG" else {}),
    )
    return answer if orientation == 1 else answer[:20] + turned(orientation, answer)[2:38] + answer[20:]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(of_a_plugin("PNG"), id="PNG"),
        pytest.param(of_a_plugin("JPEG"), id="JPEG"),
        pytest.param(of_a_plugin("JPEG", 3), id="JPEG, turned"),
    ],
)
def test_the_ordered_notice_is_put_into_what_a_plugin_made_once(tmp_path: Path, folder: Path, answer: bytes) -> None:
    order = Order(hide=ORDER.hide, notice=NOTICE, secrets=("May", "district"))
    source = source_of(tmp_path, b"GIF89a")
    made = door.make(source, order, folder, redact_media=lambda *_: answer)
    copy = made.path.read_bytes()
    assert copy.count(packet(NOTICE)) == 1
    assert prove.prove_foreign(copy, order) == made.proof
    with Image.open(io.BytesIO(copy)) as shown, Image.open(io.BytesIO(answer)) as before:
        shown.load()
        assert shown.info["xmp"] == packet(NOTICE)
        assert shown.tobytes() == before.tobytes()
    made.path.unlink()
    assert door.make(source, order, folder, redact_media=lambda *_: copy).path.read_bytes() == copy


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(filled([]), id="nobody is hidden"),
        pytest.param(b"GIF89a", id="the source itself"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_plugin_that_hides_nobody_is_caught(tmp_path: Path, folder: Path, answer: bytes) -> None:
    with pytest.raises(NotProven):
        door.make(source_of(tmp_path, b"GIF89a"), ORDER, folder, redact_media=lambda *_: answer)
    assert list(folder.iterdir()) == []


def test_a_plugin_is_not_asked_for_what_is_redacted_here(jpeg: Path, folder: Path) -> None:
    assert door.make(jpeg, ORDER, folder, redact_media=raising(FAILS)).media_type == "image/jpeg"


def test_a_plugin_is_not_asked_to_isolate(tmp_path: Path, folder: Path) -> None:
    order = Order(hide=ORDER.hide, isolate="always")
    with pytest.raises(CannotRedact, match="by boxes alone"):
        door.make(source_of(tmp_path, b"GIF89a"), order, folder, redact_media=raising(FAILS))


# Recordings: the writer and the prover have their own tests


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[RecordingPlan]:
    """Recordings of ten seconds, and the plans by which a writer that copies nothing was asked."""
    pytest.importorskip("av", reason="audio and video need the extra `av`")
    pytest.importorskip("numpy", reason="audio and video need the extra `av`")
    seen: list[RecordingPlan] = []

    def probe(source: Path, limits: object = None) -> Recording:
        if source.read_bytes() == WAV:
            return Recording("audio/wav", 10, None, sound=True)
        return Recording("video/mp4", 10, (640, 360), sound=True)

    def redact(source: Path, plan: RecordingPlan, out: Path, limits: object = None) -> None:
        seen.append(plan)
        out.write_bytes(b"copy")

    def still(source: Path, at: float, out: Path, limits: object = None) -> Interval:
        out.write_bytes(written(picture(320, 240), "PNG"))
        return Interval(at, at)

    def proven(released: Path, source: Path, order: Order, **_: object) -> Proof:
        return Proof(hashlib.sha256(released.read_bytes()).hexdigest(), ("all is well",))

    for name, fake in {"probe": probe, "redact": redact, "still": still}.items():
        monkeypatch.setattr(copy_recording, name, fake)
    monkeypatch.setattr(recording_proof, "prove_recording", proven)
    return seen


VOICE = Person("voice", intervals=(Interval(1, 2),), heard_only=True)
SEEN = Person("s1", timed=(TimedRegion(1, 2, FACE),))


@pytest.mark.parametrize(
    ("data", "order", "operation", "suffix"),
    [
        pytest.param(WAV, Order(hide=(VOICE,)), "sound", ".wav", id="sound"),
        pytest.param(MP4, Order(hide=(SEEN,)), "boxes and sound", ".mp4", id="video"),
        pytest.param(MP4, Order(hide=(SEEN,), clip=Interval(3, 4)), "clip", ".mp4", id="clip"),
        pytest.param(MP4, Order(), "clean", ".mp4", id="nobody to hide"),
    ],
)
def test_a_recording_goes_through_the_same_door(
    tmp_path: Path, folder: Path, plans: list[RecordingPlan], data: bytes, order: Order, operation: str, suffix: str
) -> None:
    made = door.make(source_of(tmp_path, data), order, folder)
    assert (made.operation, made.suffix, made.path.read_bytes()) == (operation, suffix, b"copy")
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert [plan.hidden for plan in plans] == [tuple(person.label for person in order.hide)]
    assert door.prove(made.path, tmp_path / "source", order) == made.proof


@pytest.mark.parametrize("each", [20, 50], ids=["in time", "too late"])
def test_all_that_is_done_to_one_recording_shares_its_seconds(
    tmp_path: Path, folder: Path, plans: list[RecordingPlan], monkeypatch: pytest.MonkeyPatch, each: int
) -> None:
    passed, given = [0], []
    clock = time.monotonic
    monkeypatch.setattr(door, "time", SimpleNamespace(monotonic=lambda: clock() + passed[0]))

    def taking_time(real: Callable[..., Any], limits_at: int | None) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            given.append(more["limits"].seconds if limits_at is None else args[limits_at].seconds)
            passed[0] += each
            return real(*args, **more)

        return call

    for module, name, at in (
        (copy_recording, "probe", 1),
        (copy_recording, "redact", 3),
        (recording_proof, "prove_recording", None),
    ):
        monkeypatch.setattr(module, name, taking_time(getattr(module, name), at))
    source = source_of(tmp_path, MP4)
    if each == 20:
        door.make(source, Order(hide=(SEEN,)), folder, limits=copy_recording.Limits(seconds=100))
        assert given == [100, 80, 60]
        return
    with pytest.raises(CannotRedact, match="longer than the 100 s"):
        door.make(source, Order(hide=(SEEN,)), folder, limits=copy_recording.Limits(seconds=100))
    assert (given, list(folder.iterdir())) == ([100, 50], [])


def test_a_recording_that_is_not_proven_leaves_nothing(
    tmp_path: Path, folder: Path, plans: list[RecordingPlan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_proof, "prove_recording", raising(FAILS))
    with pytest.raises(NotProven):
        door.make(source_of(tmp_path, MP4), Order(hide=(SEEN,)), folder)
    assert list(folder.iterdir()) == []


def test_a_still_goes_through_the_picture_door(tmp_path: Path, folder: Path, plans: list[RecordingPlan]) -> None:
    order = Order(hide=(SEEN, VOICE), still=1.5)
    made = door.make(source_of(tmp_path, MP4), order, folder)
    assert (made.media_type, made.suffix, made.operation) == ("image/png", ".png", "boxes")
    assert list(folder.iterdir()) == [made.path]
    assert door.prove(made.path, tmp_path / "source", order) == made.proof
    with Image.open(made.path) as copy:
        assert copy.convert("RGB").getpixel((48, 130)) == (128, 128, 128)


@pytest.mark.parametrize("data", [WAV, encode(picture()), b"GIF89a"], ids=["sound", "picture", "animation"])
def test_a_still_of_anything_but_a_video_is_refused(tmp_path: Path, folder: Path, data: bytes) -> None:
    with pytest.raises(CannotRedact, match="one moment of a video"):
        door.make(source_of(tmp_path, data), Order(still=1.0), folder, redact_media=raising(FAILS))


def test_both_ways_of_a_jpeg_are_tried_before_a_crop_is_called_wrong(
    jpeg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[PixelBox | None] = []

    def prove_picture(released: bytes, source: bytes, order: Order, crop: PixelBox | None, **_: object) -> Proof:
        tried.append(crop)
        raise FAILS

    monkeypatch.setattr(prove, "prove_picture", prove_picture)
    with pytest.raises(NotProven):
        door.prove(jpeg, jpeg, Order(hide=ORDER.hide, keep=STAYS, isolate="always"))
    assert tried == [PixelBox(80, 0, 320, 240), PixelBox(96, 0, 320, 240)]
    monkeypatch.setattr(pixels, "frame", raising(CannotRedact("closed")))
    with pytest.raises(NotProven):
        door.prove(jpeg, jpeg, Order(hide=ORDER.hide, keep=STAYS, isolate="always"))


@pytest.fixture(autouse=True)
def _asked_anew() -> None:
    door.give_back_at_once.cache_clear()


def test_the_c_library_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=lambda *told: asked.append(told)))
    door.give_back_at_once()
    door.give_back_at_once()
    assert asked == [(-3, 2 * 1024 * 1024)]


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def raises(_: object) -> Any:
        raise error

    monkeypatch.setattr(ctypes, "CDLL", raises)
    door.give_back_at_once()
