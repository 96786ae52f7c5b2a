"""The one door through which a copy is made: sniff, plan, write, prove. What comes out of it is proven; else nothing does.

Whichever way a file goes, the prover judges what was written, and a failure of any kind is a refusal.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dam_plugin.errors import CannotRedact, DamPluginError, NotProven
from dam_plugin.redaction import formats
from dam_plugin.redaction.boxes import checked, grow
from dam_plugin.redaction.formats import HEAD
from dam_plugin.redaction.model import Frame, Made, Order, PixelBox, Plan, Proof, RecordingPlan
from dam_plugin.redaction.plan import plan_picture, plan_recording
from dam_plugin.redaction.timeline import seen_at
from dam_tagging.facts import Interval, Region

if TYPE_CHECKING:
    from dam_plugin.redaction.av import Limits

RedactMedia = Callable[[BinaryIO, str, Sequence[Region], Sequence[Interval]], bytes | None]
"""What asks others: (file, media type, grown boxes, intervals to silence) to the bytes of a picture, or None."""

LARGEST_PICTURE = 256 * 1024 * 1024
"""Bytes of the largest picture file: it is held in memory, with its copy."""
TOO_LARGE = f"the picture file has more than {LARGEST_PICTURE // 1024 // 1024} MiB: export a smaller copy"
NO_STILL = "a still is one moment of a video, and this file is none: leave the moment out"
_STILL_SUFFIX = ".png"


def make(
    source: Path,
    order: Order,
    folder: Path,
    *,
    limits: Limits | None = None,
    redact_media: RedactMedia | None = None,
    turbojpeg: Path | None = None,
) -> Made:
    """Return the proven copy of `source` that `order` asks for, as a file of `folder`, which is private (0700).

    `limits` are for recordings; `turbojpeg` is libturbojpeg's file where it was set; `redact_media` is asked for formats
    that have no way here. Raises CannotRedact or NotProven, and then leaves nothing in the folder.
    """
    with _or_nothing(folder), _or_refused():
        shop = _Shop(folder, limits, turbojpeg)
        media_type = _media_type(source)
        if order.still is not None:
            return shop.still(source, media_type, order, order.still)
        if redact_media is not None and _way(media_type) is None:
            return shop.foreign(source, media_type, order, redact_media)
        kind = formats.format_of(media_type)
        if kind.way == "recording":
            return shop.recording(source, order)
        return shop.picture(_read(source), media_type, order)


def prove(
    released: Path, source: Path, order: Order, *, limits: Limits | None = None, turbojpeg: Path | None = None
) -> Proof:
    """Prove alone that `released` is the copy of `source` that `order` asks for.

    A crop is planned again, and judged by the prover all the same. Raises NotProven with every failure; CannotRedact
    where there is no such copy at all.
    """
    with tempfile.TemporaryDirectory() as folder, _or_refused():
        shop = _Shop(Path(folder), limits, turbojpeg)
        media_type = _media_type(source)
        if order.still is not None:
            picture = shop.moment(source, media_type, order.still)
            return shop.prove_picture(_read(released), _read(picture), "image/png", seen_at(order, order.still))
        if _way(media_type) is None:
            return _prove_foreign(_read(released), order)
        if formats.format_of(media_type).way == "recording":
            return shop.prove_recording(released, source, order)
        return shop.prove_picture(_read(released), _read(source), media_type, order)


def frame_of(source: Path) -> Frame | None:
    """Return the frame of a picture, as it is planned on; None for anything else. Raises CannotRedact."""
    with _or_refused():
        media_type = _media_type(source)
        if _way(media_type) not in {"wipe", "pixels"} or not formats.can_redact(media_type):
            return None
        return next(_frames(_read(source), media_type))[0]


@dataclass(frozen=True, slots=True)
class _Shop:
    """Where copies are made, and with what."""

    folder: Path
    limits: Limits | None
    turbojpeg: Path | None

    def picture(self, source: bytes, media_type: str, order: Order) -> Made:
        plan, body = self._written(source, media_type, order)
        proof = _prove_picture(body, source, order, plan.crop)
        kind = formats.format_of(media_type)
        return self._kept(body, kind.copy_type, kind.suffix, proof, plan)

    def recording(self, source: Path, order: Order) -> Made:
        from dam_plugin.redaction import av  # noqa: PLC0415 - an extra

        plan = plan_recording(av.probe(source, self._limits()), order)
        # A file of boxes may turn out to hold sound alone.
        kind = formats.format_of(plan.recording.media_type)
        path = self.folder / f"copy{kind.suffix}"
        av.redact(source, plan, path, self._limits())
        proof = self.prove_recording(path, source, order)
        path.chmod(0o600)
        return _bound(Made(path, kind.copy_type, kind.suffix, proof, _operation(plan), plan.facts))

    def still(self, source: Path, media_type: str, order: Order, at: float) -> Made:
        there = seen_at(order, at)
        moment = self.moment(source, media_type, at)
        try:
            return self.picture(_read(moment), "image/png", there)
        finally:
            moment.unlink(missing_ok=True)

    def moment(self, source: Path, media_type: str, at: float) -> Path:
        """Return one moment of a video as a picture that nobody has redacted yet."""
        if _way(media_type) != "recording" or not media_type.startswith("video/"):
            raise CannotRedact(NO_STILL)
        formats.format_of(media_type)
        from dam_plugin.redaction import av  # noqa: PLC0415 - an extra

        path = self.folder / f"moment{_STILL_SUFFIX}"
        av.still(source, at, path, self._limits())
        return path

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
        proof = _prove_foreign(body, order)
        made_type = formats.media_type_of(body[:HEAD])
        plan = Plan("boxes" if boxes else "clean", Frame(made_type, (0, 0)))
        return self._kept(body, made_type, formats.format_of(made_type).suffix, proof, plan)

    def prove_picture(self, released: bytes, source: bytes, media_type: str, order: Order) -> Proof:
        """Prove a picture whichever way it was written: the ways differ only in the crop that they come to."""
        failures: dict[PixelBox | None, NotProven] = {}
        try:
            for frame, bleed in _frames(source, media_type):
                crop = plan_picture(frame, order, bleed=bleed).crop
                if crop not in failures:
                    try:
                        return _prove_picture(released, source, order, crop)
                    except NotProven as error:
                        failures[crop] = error
        except CannotRedact:
            # The other way may be closed; that this one failed is what there is to tell.
            if not failures:
                raise
        raise next(iter(failures.values()))

    def prove_recording(self, released: Path, source: Path, order: Order) -> Proof:
        from dam_plugin.redaction.proof.recording import prove_recording  # noqa: PLC0415 - an extra

        return prove_recording(released, source, order, limits=self._limits())

    def _written(self, source: bytes, media_type: str, order: Order) -> tuple[Plan, bytes]:
        from dam_plugin.redaction import pixels  # noqa: PLC0415 - loads Pillow's formats

        if media_type == "image/jpeg":
            from dam_plugin.redaction import wipe  # noqa: PLC0415 - loads a library

            try:
                plan = plan_picture(wipe.frame(source), order)
                return plan, wipe.wipe(source, plan, order.notice, library=self.turbojpeg)
            except wipe.NotWipeable:
                pass
        plan = plan_picture(pixels.frame(source, media_type), order, bleed=True)
        return plan, pixels.rewrite(source, plan, order.notice)

    def _kept(self, body: bytes, media_type: str, suffix: str, proof: Proof, plan: Plan) -> Made:
        path = self.folder / f"copy{suffix}"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
        return _bound(Made(path, media_type, suffix, proof, plan.operation, plan.facts))

    def _limits(self) -> Limits:
        from dam_plugin.redaction import av  # noqa: PLC0415 - an extra

        return self.limits or av.Limits()


def _frames(source: bytes, media_type: str) -> Iterator[tuple[Frame, bool]]:
    """Yield, for each way a picture may be written, the frame to plan on and whether the plan needs a bleed."""
    from dam_plugin.redaction import pixels  # noqa: PLC0415 - loads Pillow's formats

    if media_type == "image/jpeg":
        from dam_plugin.redaction import wipe  # noqa: PLC0415 - loads a library

        try:
            frame = wipe.frame(source)
        except wipe.NotWipeable:
            pass
        else:
            yield frame, False
    yield pixels.frame(source, media_type), True


def _prove_picture(released: bytes, source: bytes, order: Order, crop: PixelBox | None) -> Proof:
    from dam_plugin.redaction import prove as prover  # noqa: PLC0415 - loads Pillow's formats

    return prover.prove_picture(released, source, order, crop)


def _prove_foreign(released: bytes, order: Order) -> Proof:
    from dam_plugin.redaction import prove as prover  # noqa: PLC0415 - loads Pillow's formats

    return prover.prove_foreign(released, order)


def _bound(made: Made) -> Made:
    """Return what was made once more: the proof must be of the bytes that lie there now."""
    with made.path.open("rb") as file:
        # INVARIANT: nothing leaves the door whose sha256 is not the proven one.
        if hashlib.file_digest(file, "sha256").hexdigest() != made.proof.sha256:
            raise NotProven(["the file changed after it was proven"])
    return made


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
    with path.open("rb") as file:
        data = file.read(LARGEST_PICTURE + 1)
    if len(data) > LARGEST_PICTURE:
        raise CannotRedact(TOO_LARGE)
    return data


@contextmanager
def _or_refused() -> Iterator[None]:
    """Turn whatever is not ours into a refusal; its text might tell of the file, so that only its type is told."""
    try:
        yield
    except DamPluginError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a library raises, no copy is released
        name = type(error).__name__
        told = f"redacting the file failed ({name}): export it again from the original, then try once more"
        raise CannotRedact(told) from None


@contextmanager
def _or_nothing(folder: Path) -> Iterator[None]:
    """Remove on a failure all that was written into the folder."""
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
