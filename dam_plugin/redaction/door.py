"""The one door through which a copy is made: recognise the file, plan, write, prove. Only a proven copy comes out.

The prover judges every written file, however it was written. Any failure is a refusal.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import hashlib
import math
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from dam_plugin.errors import CannotRedact, DamPluginError, NotProven, StorageError
from dam_plugin.redaction import formats
from dam_plugin.redaction.allowed_metadata import box, carries, packet
from dam_plugin.redaction.av import copy_recording
from dam_plugin.redaction.av.copy_recording import Limits
from dam_plugin.redaction.av.plan_recording import elsewhere, plan_recording, seen_at
from dam_plugin.redaction.boxes import checked, grow
from dam_plugin.redaction.formats import HEAD
from dam_plugin.redaction.model import Frame, Made, Order, PixelBox, Plan, Proof, RecordingPlan
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.proof import presence, recording
from dam_plugin.redaction.proof import prove as prover
from dam_plugin.redaction.stills import jpeg, pixels, png, resizing, wipe
from dam_tagging.facts import Interval, Region

RedactMedia = Callable[[BinaryIO, str, Sequence[Region], Sequence[Interval]], bytes | None]
"""A plugin's function that redacts a format which this module cannot: (file, media type, grown boxes, intervals to
silence) -> the bytes of a picture, or None."""
LARGEST_PICTURE = 256 * 1024 * 1024
"""Bytes of the largest picture file. The file and its copy are held in memory."""
TOO_LARGE = f"the picture file has more than {LARGEST_PICTURE // 1024 // 1024} MiB: export a smaller copy"
CUT = "cut it into parts, then share those"
NO_STILL = "a still is one moment of a video, and this file is none: leave the moment out"
# The version of resizing. Raise it whenever the same copy gives another picture.
RESIZER = 1
NO_PICTURE = "only a picture can be resized: share a recording as it is"

_PIECE = 256 * 1024
_STILL_SUFFIX = ".png"
_HOST = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EIO: "the disk fails",
    errno.EROFS: "the disk may not be written",
    errno.EACCES: "a folder or file may not be opened",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
}
"""Errors of the machine, not of the file."""
_M_MMAP_THRESHOLD = -3
_LARGE = 2 * 1024 * 1024
"""Bytes from which glibc gives a block pages of its own. Without this setting glibc raises the limit to the largest block
ever freed, up to 32 MiB. Then pictures lie among small objects, and the process keeps their memory."""


def make(
    source: Path,
    order: Order,
    folder: Path,
    *,
    limits: Limits | None = None,
    redact_media: RedactMedia | None = None,
    turbojpeg: Path | None = None,
    proven: str | None = None,
) -> Made:
    """Return the proven copy of `source` that `order` asks for, as a file of `folder`, which is private (0700).

    `limits` are for recordings. `turbojpeg` is the path of libturbojpeg, if it was set. `redact_media` is asked for
    formats that this module cannot redact. `proven` is `Made.coding` of an earlier copy: the coding of a source with
    exactly this sha256 is not proven again. Raises CannotRedact, NotProven, or StorageError if the machine fails; then
    nothing is left in the folder.
    """
    give_back_at_once()
    with _or_refused(), _or_nothing(folder):
        shop = _Shop(folder, limits, turbojpeg)
        media_type = _media_type(source)
        if order.still is not None:
            return shop.still(source, media_type, order, order.still)
        if redact_media is not None and _way(media_type) is None:
            return shop.foreign(source, media_type, order, redact_media)
        kind = formats.format_of(media_type)
        if kind.way == "recording":
            return shop.recording(source, order)
        if media_type == "image/jpeg" and (made := shop.as_it_was(source, order, proven)) is not None:
            return made
        return shop.picture(_read(source), media_type, order)


def resized(
    copy: Path,
    order: Order,
    size: tuple[int, int] | None,
    face: Region | None,
    folder: Path,
    *,
    turbojpeg: Path | None = None,
) -> Made:
    """Return a proven copy, of whichever format, as an upright JPEG in sRGB of `size` (width, height), proven again.

    The JPEG shows the largest part with these proportions around `face` (fractions of the upright copy). With `size` None
    it shows the whole copy in its own size. `order` is the order that made the copy: the JPEG carries its notice and none
    of its secrets. The JPEG is a file in `folder`, which is private (0700). Raises the same errors as `make`, and then
    leaves nothing in the folder.
    """
    with _or_refused(), _or_nothing(folder):
        media_type = _media_type(copy)
        if _way(media_type) not in {"wipe", "pixels"}:
            raise CannotRedact(NO_PICTURE)
        kind = formats.FORMATS["image/jpeg"]
        formats.format_of(media_type)
        written = resizing.as_jpeg(_read(copy), media_type, size, face, order.notice)
        proof = prover.prove_resized(written.body, order, written.size, turbojpeg=turbojpeg)
        path = _file(folder, [written.body], kind.suffix)
        return _bound(Made(path, kind.copy_type, kind.suffix, proof, "resized" if size else "rewritten", written.facts))


def prove(
    released: Path, source: Path, order: Order, *, limits: Limits | None = None, turbojpeg: Path | None = None
) -> Proof:
    """Prove alone that `released` is the copy of `source` that `order` asks for.

    A crop is planned again, and the prover judges it like any other. Raises NotProven with the failures, CannotRedact if
    no such copy can exist, and StorageError if the machine fails.
    """
    with _or_refused(), tempfile.TemporaryDirectory() as folder:
        shop = _Shop(Path(folder), limits, turbojpeg)
        media_type = _media_type(source)
        if order.still is not None:
            picture, there = shop.moment(source, media_type, order, order.still)
            return shop.prove_picture(_read(released), _read(picture), "image/png", there)
        # A source that cannot be read proves nothing: it may be another file, or empty.
        if formats.format_of(media_type).way == "recording":
            return shop.prove_recording(released, source, order)
        return shop.prove_picture(_read(released), _read(source), media_type, order)


def frame_of(source: Path) -> Frame | None:
    """Return the frame of a picture, for its plan; None for any other file. Raises CannotRedact."""
    with _or_refused():
        media_type = _media_type(source)
        if _way(media_type) not in {"wipe", "pixels"} or not formats.can_redact(media_type):
            return None
        return next(_frames(_read(source), media_type))[0]


@functools.cache
def give_back_at_once() -> None:
    """Make glibc return the memory of a large block to the system as soon as it is freed. Other C libraries: do nothing."""
    try:
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
    except (OSError, AttributeError, TypeError):
        return


@dataclass(frozen=True, slots=True)
class _Shop:
    """The folder in which copies are made, the limits, and libturbojpeg's file."""

    folder: Path
    limits: Limits | None
    turbojpeg: Path | None
    begun: float = field(default_factory=time.monotonic)

    def picture(self, source: bytes, media_type: str, order: Order) -> Made:
        plan, body = self._written(source, media_type, order)
        proof = self._proven(body, source, order, plan.crop)
        return self._kept(body, proof, plan)

    def as_it_was(self, source: Path, order: Order, proven: str | None = None) -> Made | None:
        """Return a copy with the source's own coding; None if that coding may not stay (`picture` then codes it anew).

        The source is read once and is the only file held. The copy is held whole only if it has to be decoded.
        """
        held = [_read(source)]
        kept = wipe.keep(held[0], order)
        if kept is None:
            return None
        plan, body = kept
        kind = formats.FORMATS["image/jpeg"]
        path = _file(self.folder, body, kind.suffix)
        # Only the prover holds the source then, and releases it after the comparison.
        del kept, body
        try:
            proof, seen = prover.prove_as_it_was(path, held.pop, order, turbojpeg=self.turbojpeg, proven=proven)
        except NotProven:
            path.unlink()
            return None
        made = Made(
            path, kind.copy_type, kind.suffix, proof, plan.operation, plan.facts, plan, seen.size, seen.crc, seen.source
        )
        return made if seen.is_last else _bound(made)

    def recording(self, source: Path, order: Order) -> Made:
        plan = plan_recording(copy_recording.probe(source, self._limits()), order)
        # A file of the ISO base media format may turn out to hold sound alone.
        kind = formats.format_of(plan.recording.media_type)
        path = self.folder / f"copy{kind.suffix}"
        copy_recording.redact(source, plan, path, self._limits())
        if order.notice is not None and carries(kind.copy_type):
            with path.open("ab") as file:
                file.write(box(order.notice))
        proof = self.prove_recording(path, source, order)
        path.chmod(0o600)
        return _bound(Made(path, kind.copy_type, kind.suffix, proof, _operation(plan), plan.facts, plan))

    def still(self, source: Path, media_type: str, order: Order, at: float) -> Made:
        moment, there = self.moment(source, media_type, order, at)
        try:
            made = self.picture(_read(moment), "image/png", there)
        finally:
            moment.unlink(missing_ok=True)
        return replace(made, facts=(*made.facts, *elsewhere(order, there)))

    def moment(self, source: Path, media_type: str, order: Order, at: float) -> tuple[Path, Order]:
        """Return one moment of a video as a picture before redaction, and the order for it."""
        if _way(media_type) != "recording" or not media_type.startswith("video/"):
            raise CannotRedact(NO_STILL)
        formats.format_of(media_type)
        path = self.folder / f"moment{_STILL_SUFFIX}"
        # A refused order needs no frame.
        seen_at(order, at)
        shown = copy_recording.still(source, at, path, self._limits())
        there = seen_at(order, at, shown)
        if failures := list(presence.left_out(order, there, shown.start, shown.end)):
            raise NotProven(failures)
        return path, there

    def foreign(self, source: Path, media_type: str, order: Order, redact_media: RedactMedia) -> Made:
        if order.isolate == "always" or order.clip is not None:
            raise CannotRedact(f"{_refusal(media_type)}; a plugin can hide by boxes alone, not isolate")
        boxes = tuple(
            grow(checked(person.label, region))
            for person in order.hide
            for region in (*person.regions, *(each.region for each in person.timed))
        )
        intervals = tuple(each for person in order.hide for each in person.intervals)
        with source.open("rb") as file:
            body = redact_media(file, media_type, boxes, intervals)
        if body is None:
            raise CannotRedact(_refusal(media_type))
        body = _noticed(body, order)
        proof = self.prove_foreign(body, order)
        made_type = formats.media_type_of(body[:HEAD])
        plan = Plan("boxes" if boxes else "clean", Frame(made_type, (0, 0)))
        return self._kept(body, proof, plan)

    def prove_picture(self, released: bytes, source: bytes, media_type: str, order: Order) -> Proof:
        """Prove a picture, whichever way wrote it: the ways differ only in their crop."""
        failures: dict[PixelBox | None, NotProven] = {}
        try:
            for frame, bleed in _frames(source, media_type):
                crop = plan_picture(frame, order, bleed=bleed).crop
                if crop not in failures:
                    try:
                        return self._proven(released, source, order, crop)
                    except NotProven as error:
                        failures[crop] = error
        except CannotRedact:
            # If there is no other way, the failures of this one are reported.
            if not failures:
                raise
        raise next(iter(failures.values()))

    def prove_recording(self, released: Path, source: Path, order: Order) -> Proof:
        return recording.prove_recording(released, source, order, limits=self._limits())

    def prove_foreign(self, released: bytes, order: Order) -> Proof:
        return prover.prove_foreign(released, order, turbojpeg=self.turbojpeg)

    def _proven(self, released: bytes, source: bytes, order: Order, crop: PixelBox | None) -> Proof:
        return prover.prove_picture(released, source, order, crop, turbojpeg=self.turbojpeg)

    def _written(self, source: bytes, media_type: str, order: Order) -> tuple[Plan, bytes]:
        if media_type == "image/jpeg":
            try:
                plan = plan_picture(wipe.frame(source), order)
                return plan, wipe.wipe(source, plan, order.notice, library=self.turbojpeg)
            except wipe.NotWipeable:
                pass
        plan = plan_picture(pixels.frame(source, media_type), order, bleed=True)
        return plan, pixels.rewrite(source, plan, order.notice)

    def _kept(self, body: bytes, proof: Proof, plan: Plan) -> Made:
        media_type = formats.media_type_of(body[:HEAD])
        suffix = formats.format_of(media_type).suffix
        path = _file(self.folder, [body], suffix)
        return _bound(Made(path, media_type, suffix, proof, plan.operation, plan.facts, plan))

    def _limits(self) -> Limits:
        """Return the limits with the seconds that are left: all processes that work on one file share them."""
        limits = self.limits or Limits()
        left = math.ceil(limits.seconds - (time.monotonic() - self.begun))
        if left <= 0:
            raise CannotRedact(f"the recording took longer than the {limits.seconds} s that it may take: {CUT}")
        return replace(limits, seconds=left)


def _frames(source: bytes, media_type: str) -> Iterator[tuple[Frame, bool]]:
    """Yield, for each way a picture may be written, the frame to plan on and whether the plan needs a bleed."""
    if media_type == "image/jpeg":
        try:
            frame = wipe.frame(source)
        except wipe.NotWipeable:
            pass
        else:
            yield frame, False
    yield pixels.frame(source, media_type), True


def _file(folder: Path, body: Sequence[bytes | memoryview], suffix: str) -> Path:
    path = folder / f"copy{suffix}"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.writelines(body)
    return path


def _noticed(body: bytes, order: Order) -> bytes:
    """Return a plugin's picture with the ordered notice in it: a plugin does not learn of the notice."""
    notice = packet(order.notice) if order.notice else b""
    if notice in body:
        return body
    with_notice = {"image/jpeg": jpeg.with_notice, "image/png": png.with_notice}.get(formats.media_type_of(body[:HEAD]))
    return body if with_notice is None else with_notice(body, notice)


def _bound(made: Made) -> Made:
    """Return `made` with size and CRC of its file: the proof must match the bytes that are there now."""
    digest, crc, size = hashlib.sha256(), 0, 0
    buffer = memoryview(bytearray(_PIECE))
    with made.path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            crc = zlib.crc32(buffer[:count], crc)
            size += count
    # INVARIANT: only a file with the proven sha256 leaves the door.
    if digest.hexdigest() != made.proof.sha256:
        raise NotProven(["the file changed after it was proven"])
    return replace(made, size=size, crc=crc)


def _operation(plan: RecordingPlan) -> str:
    if plan.clip is not None:
        return "clip"
    return " and ".join(filter(None, ("boxes" if plan.boxes else "", "sound" if plan.silenced else ""))) or "clean"


def _media_type(source: Path) -> str:
    with source.open("rb") as file:
        return formats.media_type_of(file.read(HEAD))


def _way(media_type: str) -> formats.Way | None:
    kind = formats.FORMATS.get(media_type)
    return kind.way if kind else None


def _refusal(media_type: str) -> str:
    return formats.refusal(media_type) or "no copy of this file can be made"


def _read(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        if os.fstat(file.fileno()).st_size > LARGEST_PICTURE:
            raise CannotRedact(TOO_LARGE)
        data = file.readall()
    if len(data) > LARGEST_PICTURE:
        raise CannotRedact(TOO_LARGE)
    return data


@contextmanager
def _or_refused() -> Iterator[None]:
    """Turn an error of a library into a refusal that names only its type: its text might quote the file.

    An error of the machine becomes a StorageError.
    """
    try:
        yield
    except DamPluginError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library raises, no copy is released
        if isinstance(error, OSError) and error.errno in _HOST:
            told = f"the copy could not be made on this machine ({_HOST[error.errno]}): mend that, then try again"
            raise StorageError(told) from None
        name = type(error).__name__
        told = f"redacting the file failed ({name}): export it again from the original, then try once more"
        raise CannotRedact(told) from None


@contextmanager
def _or_nothing(folder: Path) -> Iterator[None]:
    """Remove all that was written into the folder if making the copy fails."""
    before = set(folder.iterdir())
    try:
        yield
    except BaseException:
        for path in set(folder.iterdir()) - before:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        raise
