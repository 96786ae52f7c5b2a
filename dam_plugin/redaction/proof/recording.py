"""Proves a copy of audio or video: its container strictly, then what it shows and says beside its source.

The container is walked here; both files are decoded in a process of their own (`decode_child`), since they are hostile.
Of the source nothing is believed but what decodes from it.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Limits, Notice, Order, Proof
from dam_plugin.redaction.notice import box
from dam_plugin.redaction.proof import mp4, origin, traces, wav
from dam_plugin.redaction.proof.presence import Box, Stretch, boxes, kept, silences, unplaced
from dam_plugin.redaction.proof.report import Report, counted
from dam_plugin.sandbox import Stopped, ask

CHILD = "dam_plugin.redaction.proof.decode_child"
_AGAIN = "ask for the copy again"
_EXPORT = "export the source again as MP4 (H.264 and AAC), or sound alone as WAV, then share that"
FAILURES = {
    "copy_damaged": f"the copy does not decode without doubt: {_AGAIN}",
    "source_damaged": f"the source does not decode without doubt: {_EXPORT}",
    "tracks": "the copy holds other tracks than the source",
    "pictures": "the source shows two pictures, and players differ in which: export it with the one that is meant",
    "clear": f"the source is partly see-through, and shows in places what lies under it: {_EXPORT}",
    "size": "the copy's picture has not the size of the source's, or changes it",
    "form": "the copy's picture is turned, or coded in a form that a copy may not have",
    "frames": "the copy does not hold the frames that belong into it, and no others",
    "times": "the frames of the copy are shown at other times than the source's",
    "box": "a box is not filled with flat grey while somebody to hide is there",
    "outside": "outside of the boxes the copy shows something else than the source",
    "channels": "the copy has other channels of sound than the source",
    "length": "the sound of the copy is longer or shorter than the source's",
    "stretch": "a stretch to silence holds more than silence or one tone",
    "tone": "the tone in a stretch to silence is not constant",
    "sound": "outside of the silenced stretches the sound is not the source's",
    "memory": "the proof needs more memory than it may take: export the source as MP4 in a smaller size, then share that",
    "stopped": f"the copy could not be compared with its source, since the decoder stopped: {_EXPORT}",
}
"""The words of the decoding process, as sentences."""
IN_CODE = 8
"""Characters of a name that is looked for in coded picture and sound as well: quiet samples spell a shorter one by chance."""

COPY_KINDS = {"mov": "mov", "mp3": "mov", "wav": "wav", "flac": "wav"}
"""The container that a copy has, by its source's: a lossy source leaves as MP4 or M4A, a lossless one as WAV."""
_NOT_INSTALLED = "audio and video cannot be proven by this installation: pip install dam-plugin[av], then try again"
UNSEEN = "not looked at: bits that a coded frame may hold behind its picture or sound, which no player decodes"
_MOST_HEAD = 1 << 17
_STRETCH = 4 * 1024 * 1024
_FRAME = 1024
"""Samples of a frame of AAC."""


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class _Held:
    """What the walked container holds: frames and samples that must decode (None: the container does not count them)."""

    kind: str
    frames: int | None = None
    has_sound: bool = True
    samples: int | None = None

    @property
    def is_lossy(self) -> bool:
        """Whether the sound was coded so that it is not the source's own samples."""
        return self.kind == "mov"


def prove_recording(released: Path, source: Path, order: Order, *, limits: Limits = DEFAULT) -> Proof:
    """Prove that `released` is `source` with everybody of `order.hide` covered and silenced, and holds nothing else.

    Grown boxes are flat grey while they hold, stretches are silent or one tone; all else is the source's, or its clip's.
    Raises NotProven with every failure.
    """
    report = Report()
    with released.open("rb") as file:
        size = report.attempt(lambda: _without(file, order.notice))
        held = None if size is None else report.attempt(lambda: _walked(file, size))
        texts = _texts(file, size) if held is not None and size is not None else b""
        typed = order.notice.particulars.encode() if order.notice else b""
        digest, count = _scan(file, order.secrets, texts + b"\0" + typed, size)
    report.check(
        _looked_for(order.secrets), [f"{count} names or ids of hidden students stand in the file"] if count else []
    )
    kind = origin.kind_of(source)
    if kind is None:
        report.failures.append(f"the source is no MP4, MOV, M4A, WAV, MP3 or FLAC: {_EXPORT}")
    if held is None or kind is None:
        raise NotProven(report.failures)
    told = "no text or metadata" if order.notice is None else "no text or metadata but the ordered notice"
    report.checks.append(f"every byte of the container is accounted for: {_told(held)}, and {told}")
    if held.kind != COPY_KINDS[kind]:
        report.failures.append("the copy is of another kind than a copy of this source must be")
    if kind == "mov":
        report.failures.extend(origin.shown_otherwise(source))
    has_picture = held.frames is not None
    report.check(
        "everybody to hide has a place for their whole presence",
        unplaced(order, has_picture=has_picture, has_sound=held.has_sound),
    )
    if report.failures:
        raise NotProven(report.failures)
    files = {
        "copy": str(released.absolute()),
        "source": str(source.absolute()),
        "copy_format": held.kind,
        "source_format": kind,
    }
    _compare(report, held, order, files, limits)
    return report.proof(digest)


def _without(file: BinaryIO, notice: Notice | None) -> int:
    """Return how many bytes stand before the ordered notice, which an MP4 ends with; raises NotProven without it."""
    size = file.seek(0, 2)
    if notice is None:
        return size
    ours = box(notice)
    file.seek(max(0, size - len(ours)))
    if file.read() != ours:
        raise NotProven(["the file does not end with exactly the notice that was ordered"])
    return size - len(ours)


def _scan(file: BinaryIO, secrets: tuple[str, ...], texts: bytes, size: int | None) -> tuple[str, int]:
    """Return the file's sha256, and how many names or ids stand in its first `size` bytes; it is never whole in memory.

    Short ones are looked for in `texts` alone, which is all that is no coded picture or sound.
    """
    digest = hashlib.sha256()
    left = [each for each in traces.searchable(secrets) if not traces.found([each], texts, texts)]
    found = len(traces.searchable(secrets)) - len(left)
    left = [each for each in left if len(each) >= IN_CODE]
    overlap = max((8 * len(secret) + 64 for secret in left), default=0)
    tail = b""
    file.seek(0)
    while part := file.read(_STRETCH):
        digest.update(part)
        # Behind it stands the district's notice, in whose own words "students" is nobody's name.
        searched = tail + (part if size is None else part[: max(0, size - file.tell() + len(part))])
        if left and traces.found(left, searched, b""):
            there = [secret for secret in left if traces.found([secret], searched, b"")]
            found += len(there)
            left = [secret for secret in left if secret not in there]
        tail = searched[-overlap:] if overlap else b""
    return digest.hexdigest(), found


def _texts(file: BinaryIO, size: int) -> bytes:
    """Return what is no coded picture or sound of a copy that was walked."""
    file.seek(0)
    head = file.read(_MOST_HEAD)
    if head[4:8] == b"ftyp":
        return mp4.texts(file, size)
    return head[: max(head.find(b"data"), 0)]


def _looked_for(secrets: tuple[str, ...]) -> str:
    if not secrets:
        return ""
    return (
        f"{len(traces.searchable(secrets))} of {len(secrets)} names and ids looked for (3 characters or more; in coded "
        f"picture and sound {IN_CODE} or more): none is in the file"
    )


def _walked(file: BinaryIO, size: int) -> _Held:
    """Walk the copy's container; raises NotProven with the first thing that is out of place."""
    file.seek(0)
    head = file.read(12)
    if head[4:8] == b"ftyp":
        movie = mp4.walk(file, size)
        return _Held(
            "mov",
            movie.video.samples.count if movie.video else None,
            movie.audio is not None,
            _FRAME * movie.audio.samples.count if movie.audio else None,
        )
    if head[:4] == b"RIFF":
        return _Held("wav", samples=wav.walk(file, size).count)
    raise NotProven(["the copy is no MP4, M4A or WAV"])


def _told(held: _Held) -> str:
    parts = [] if held.frames is None else [f"{counted(held.frames, 'frame', 'frames')} of picture"]
    return " and ".join([*parts, *(["one track of sound"] if held.has_sound else [])])


def _compare(report: Report, held: _Held, order: Order, files: dict[str, str], limits: Limits) -> None:
    """Decode both and take down what holds."""
    within = kept(order)
    places = list(boxes(order)) if held.frames is not None else []
    silent = silences(order, within) if held.has_sound else []
    answer = _ask({**files, **_job(held, places, silent, order)}, limits)
    failures = answer.get("failures")
    if not isinstance(failures, list):
        failures = ["stopped"]
    found = [FAILURES.get(str(word), FAILURES["stopped"]) for word in failures]
    if not found and not _counts_agree(answer, held):
        found = ["the copy decodes to another number of frames or samples than its container holds"]
    report.failures.extend(found)
    if found:
        return
    if held.frames is not None:
        frames, where = counted(held.frames, "frame is", "frames are"), " outside of the boxes" if places else ""
        report.checks.append(f"{frames} the source's{where}, block by block, at the source's times")
    if places:
        told = counted(
            len(places), "box is flat grey in every frame of its time", "boxes are flat grey in every frame of theirs"
        )
        report.checks.append(told)
    if held.has_sound:
        told = counted(len(silent), "stretch of sound is", "stretches of sound are")
        replaced = f"{told} silence or one constant tone; the rest" if silent else "the sound"
        how = "goes as the source's does, part by part" if held.is_lossy else "is the source's, sample by sample"
        report.checks.append(f"{replaced} {how}")
    if held.kind == "mov":
        report.checks.append(UNSEEN)


def _counts_agree(answer: dict[str, Any], held: _Held) -> bool:
    frames_agree = held.frames is None or answer.get("frames") == held.frames
    return frames_agree and (held.samples is None or answer.get("samples") == held.samples)


def _job(held: _Held, places: list[Box], silent: list[Stretch], order: Order) -> dict[str, Any]:
    """Return what the decoding process is told: numbers as exact texts, and no name."""
    return {
        "picture": held.frames is not None,
        "sound": held.has_sound,
        "boxes": [
            [str(each.start), None if each.end is None else str(each.end), [str(edge) for edge in each.edges]]
            for each in places
        ],
        "stretches": [[str(start), str(end)] for start, end in silent],
        "clip": [str(Fraction(order.clip.start)), str(Fraction(order.clip.end))] if order.clip else None,
    }


def _ask(job: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Return what the decoding process answers; raises NotProven where it dies or takes too long."""
    if not all(importlib.util.find_spec(name) for name in ("av", "numpy")):
        raise NotProven([_NOT_INSTALLED])
    try:
        return ask(CHILD, {**job, **asdict(limits)}, limits.seconds)
    except Stopped as stopped:
        told = {
            "start": f"the process that decodes for the proof cannot be started: {stopped}",
            "time": f"the proof took longer than the {limits.seconds} s that it may take: cut the source into parts",
            "end": FAILURES["stopped"],
        }
        raise NotProven([told[stopped.why]]) from None
