"""Proves a copy of audio or video: walks its container strictly, then compares picture and sound with the source's.

Both files may be hostile, so a separate process decodes them (`compare_process`). The proof relies on three things of the
source: its decoded content, its kind by its first bytes, and the tables that players use but decoders do not report.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.allowed_metadata import box
from dam_plugin.redaction.model import Limits, Notice, Order, Proof
from dam_plugin.redaction.proof import bmff, mp4, names_absent, wav
from dam_plugin.redaction.proof.presence import Box, Stretch, boxes, kept, silences, unplaced
from dam_plugin.redaction.proof.verdict import Report, counted
from dam_plugin.sandbox import Stopped, ask

CHILD = "dam_plugin.redaction.proof.compare_process"
_AGAIN = "ask for the copy again"
_EXPORT = "export the source again as MP4 (H.264 and AAC), or sound alone as WAV, then share that"
FAILURES = {
    "copy_damaged": f"the copy cannot be decoded reliably: {_AGAIN}",
    "source_damaged": f"the source cannot be decoded reliably: {_EXPORT}",
    "tracks": "the copy holds other tracks than the source",
    "pictures": "the source holds two pictures, and players differ in which they show: export it with the right one",
    "clear": f"the source is partly see-through, so that the background shows: {_EXPORT}",
    "size": "the copy's picture does not have the size of the source's, or changes it",
    "form": "the copy's picture is turned, or coded in a form that a copy may not have",
    "frames": "the copy does not hold exactly the frames that belong in it",
    "times": "the frames of the copy are shown at other times than the source's",
    "box": "a box is not filled with flat grey while somebody to hide is there",
    "outside": "outside of the boxes the copy shows something other than the source",
    "channels": "the copy has other channels of sound than the source",
    "length": "the sound of the copy is longer or shorter than the source's",
    "stretch": "a stretch to silence holds more than silence or one tone",
    "tone": "the tone in a stretch to silence is not constant",
    "sound": "outside of the silenced stretches the sound is not the source's",
    "memory": "the proof needs more memory than is allowed: export the source as MP4 in a smaller size, then share that",
    "stopped": f"the copy could not be compared with its source, since the decoder stopped: {_EXPORT}",
}
"""The words of the comparing process, as sentences."""
IN_CODE = 8
"""Least characters of a name that is also looked for in coded picture and sound: quiet samples spell shorter ones by
chance."""
COPY_KINDS = {"mov": "mov", "mp3": "mov", "wav": "wav", "flac": "wav"}
"""The container of a copy, by the container of its source: lossy sources become MP4 or M4A, lossless ones WAV."""
_NOT_INSTALLED = "audio and video cannot be proven by this installation: pip install dam-plugin[av], then try again"
UNSEEN = "not looked at: bits that a coded frame may hold behind its picture or sound, which no player decodes"
_MOST_HEAD = 1 << 17
_STRETCH = 4 * 1024 * 1024
_FRAME = 1024
"""Samples of a frame of AAC."""
DEFAULT = Limits()
_FREE = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
"""Boxes with which an MP4 or a MOV begins."""
_MOST_BOXES = 1 << 20
_MOST_TABLE = 1 << 16
_ITS_SPEED = bytes.fromhex("00010000")
_ENTRY = 78
"""Bytes of a picture's entry in front of its boxes (ISO/IEC 14496-12, 12.1.3)."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The contents of the walked container: frames and samples that must decode (None: the container does not count them)."""

    kind: str
    frames: int | None = None
    has_sound: bool = True
    samples: int | None = None

    @property
    def is_lossy(self) -> bool:
        """Whether encoding changed the samples of the source."""
        return self.kind == "mov"


def prove_recording(released: Path, source: Path, order: Order, *, limits: Limits = DEFAULT) -> Proof:
    """Prove that `released` is `source` with everybody of `order.hide` covered and silenced, and holds nothing more.

    Grown boxes are flat grey while they hold, stretches are silent or one tone. All else is the source's, or that of its
    clip. Raises NotProven with every failure.
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
    kind = kind_of(source)
    if kind is None:
        report.failures.append(f"the source is no MP4, MOV, M4A, WAV, MP3 or FLAC: {_EXPORT}")
    if held is None or kind is None:
        raise NotProven(report.failures)
    told = "no text or metadata" if order.notice is None else "no text or metadata but the ordered notice"
    report.checks.append(f"every byte of the container is accounted for: {_told(held)}, and {told}")
    if held.kind != COPY_KINDS[kind]:
        report.failures.append("the copy is of another kind than a copy of this source must be")
    if kind == "mov":
        report.failures.extend(shown_otherwise(source))
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
    """Return the number of bytes before the ordered notice at the end of an MP4; raises NotProven if the notice is missing."""
    size = file.seek(0, 2)
    if notice is None:
        return size
    ours = box(notice)
    file.seek(max(0, size - len(ours)))
    if file.read() != ours:
        raise NotProven(["the file does not end with exactly the notice that was ordered"])
    return size - len(ours)


def _scan(file: BinaryIO, secrets: tuple[str, ...], texts: bytes, size: int | None) -> tuple[str, int]:
    """Return the file's sha256 and the number of names and ids in its first `size` bytes. Reads the file in pieces.

    Short ones are looked for only in `texts`: all bytes that are no coded picture or sound.
    """
    digest = hashlib.sha256()
    left = [each for each in names_absent.searchable(secrets) if not names_absent.found([each], texts, texts)]
    found = len(names_absent.searchable(secrets)) - len(left)
    left = [each for each in left if len(each) >= IN_CODE]
    overlap = max((8 * len(secret) + 64 for secret in left), default=0)
    tail = b""
    file.seek(0)
    while part := file.read(_STRETCH):
        digest.update(part)
        # The district's notice follows; "students" in its own words is no name.
        searched = tail + (part if size is None else part[: max(0, size - file.tell() + len(part))])
        if left and names_absent.found(left, searched, b""):
            there = [secret for secret in left if names_absent.found([secret], searched, b"")]
            found += len(there)
            left = [secret for secret in left if secret not in there]
        tail = searched[-overlap:] if overlap else b""
    return digest.hexdigest(), found


def _texts(file: BinaryIO, size: int) -> bytes:
    """Return the bytes of a walked copy that are no coded picture or sound."""
    file.seek(0)
    head = file.read(_MOST_HEAD)
    if head[4:8] == b"ftyp":
        return mp4.texts(file, size)
    return head[: max(head.find(b"data"), 0)]


def _looked_for(secrets: tuple[str, ...]) -> str:
    if not secrets:
        return ""
    return (
        f"{len(names_absent.searchable(secrets))} of {len(secrets)} names and ids looked for (3 characters or more; in coded "
        f"picture and sound {IN_CODE} or more): none is in the file"
    )


def _walked(file: BinaryIO, size: int) -> _Held:
    """Walk the copy's container; raises NotProven at the first part that is out of place."""
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
    """Have both files decoded and compared; add checks and failures to the report."""
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
    """Return the job for the comparing process, with numbers as exact texts and without names."""
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
    """Return the answer of the comparing process; raises NotProven if it dies or takes too long."""
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


def kind_of(path: Path) -> str | None:
    """Return libavformat's name of a source's container; None for one that cannot be compared."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in _FREE:
        return "mov"
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    # Layer III of MPEG 1 or 2, behind a tag or not (ISO/IEC 11172-3, 2.4.1.3).
    is_frame = head[:1] == b"\xff" and head[1:2] in {b"\xfb", b"\xfa", b"\xf3", b"\xf2"}
    return "mp3" if head[:3] == b"ID3" or is_frame else None


def shown_otherwise(path: Path) -> Iterator[str]:
    """Yield a failure for each reason why players show an MP4 or MOV differently than it decodes: speed or a cut picture."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        for track in _all(file, bmff.Box(b"", 0, 0, size), b"moov", b"trak"):
            if any(_is_paced(bmff.body(file, edits, _MOST_TABLE)) for edits in _all(file, track, b"edts", b"elst")):
                yield "the source is shown faster, slower or frozen by an edit: export it again without"
            if any(_is_cut(file, table) for table in _all(file, track, b"mdia", b"minf", b"stbl", b"stsd")):
                yield "players show a part of the source's picture alone (a clean aperture): export it again without"


def _is_paced(edits: bytes) -> bool:
    """Whether an edit list changes the speed (8.6.6): 12 bytes an edit, or 20, of which the last 4 are its rate."""
    width = 20 if edits[:1] == b"\1" else 12
    return any(edits[at + width - 4 : at + width] != _ITS_SPEED for at in range(8, len(edits) - width + 1, width))


def _is_cut(file: BinaryIO, table: bmff.Box) -> bool:
    """Whether an entry for the picture has a clean aperture (12.1.4) that is smaller than the picture."""
    for entry in _boxes(file, table.body + 8, table.end):
        head = bmff.read(file, entry.body, min(entry.end, entry.body + _ENTRY))
        for each in _boxes(file, entry.body + _ENTRY, entry.end):
            if each.kind == b"clap" and not _is_whole(bmff.body(file, each, 64), head[24:26], head[26:28]):
                return True
    return False


def _is_whole(aperture: bytes, *sides: bytes) -> bool:
    """Whether an aperture, four fractions, is as wide and high as the picture and in its middle."""
    numbers = [int.from_bytes(aperture[at : at + 4]) for at in range(0, 32, 4)]
    is_full = all(
        top == int.from_bytes(side) * bottom
        for top, bottom, side in zip(numbers[0:4:2], numbers[1:4:2], sides, strict=True)
    )
    return is_full and not numbers[4] and not numbers[6]


def _all(file: BinaryIO, parent: bmff.Box, *path: bytes) -> Iterator[bmff.Box]:
    """Yield every box at such a path below `parent`."""
    for each in _boxes(file, parent.body, parent.end):
        if each.kind == path[0]:
            yield from _all(file, each, *path[1:]) if path[1:] else (each,)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[bmff.Box]:
    """Yield boxes up to the first damaged one."""
    try:
        yield from bmff.boxes(file, start, max(start, end), _MOST_BOXES)
    except NotProven:
        return
