"""Proves a copy of audio or video: its container strictly, then what it shows and says beside its source.

The container is walked here; both files are decoded in a process of their own (`decode_child`), since they are hostile.
Of the source nothing is believed but what decodes from it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

from dam_plugin.errors import NotProven
from dam_plugin.isolation.clock import Clock
from dam_plugin.isolation.messages import Ended, receive_object, send_object
from dam_plugin.isolation.process import kill, start
from dam_plugin.redaction.model import Order, Proof
from dam_plugin.redaction.proof import flac, mp3, mp4, traces, wav
from dam_plugin.redaction.proof.presence import Box, Stretch, boxes, kept, silences, unplaced
from dam_plugin.redaction.proof.report import Report
from dam_tagging.metadata.read import HEAD, sniff

CHILD = "dam_plugin.redaction.proof.decode_child"
FAILURES = {
    "copy_damaged": "the copy does not decode without doubt",
    "source_damaged": "the source does not decode without doubt",
    "tracks": "the copy holds other tracks than the source",
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
    "memory": "the proof needs more memory than it may take",
    "stopped": "the copy could not be compared with its source: the decoder stopped",
}
"""The words of the decoding process, as sentences."""

_NOT_INSTALLED = "audio and video cannot be proven by this installation: pip install dam-plugin[av], then try again"
_FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
}
_STRETCH = 4 * 1024 * 1024
_FRAME = 1024
"""Samples of a frame of AAC."""


class Limits(Protocol):
    """What decoding the two files may take: seconds by the clock, and megabytes of address space."""

    @property
    def seconds(self) -> int:
        """Seconds by the clock."""

    @property
    def megabytes(self) -> int:
        """Megabytes of address space."""


@dataclass(frozen=True, slots=True)
class _Limits:
    seconds: int = 3600
    megabytes: int = 3072


DEFAULT: Limits = _Limits()


@dataclass(frozen=True, slots=True)
class _Held:
    """What the walked container holds: frames and samples that must decode (None: the container does not count them)."""

    kind: str
    frames: int | None = None
    has_sound: bool = True
    samples: int | None = None


def prove_recording(released: Path, source: Path, order: Order, *, limits: Limits = DEFAULT) -> Proof:
    """Prove that `released` is `source` with everybody of `order.hide` covered and silenced, and holds nothing else.

    Grown boxes are flat grey while they hold, stretches are silent or one tone; all else is the source's, or its clip's.
    Raises NotProven with every failure.
    """
    report = Report()
    with released.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        digest, named = _scan(file, order.secrets)
        report.check(traces.sentence(order.secrets), named)
        held = report.attempt(lambda: _walked(file, size))
    kind = report.attempt(lambda: _kind(source, "the source"))
    if held is None or kind is None:
        raise NotProven(report.failures)
    report.checks.append(f"every byte of the container is accounted for: {_told(held)}, and no text or metadata")
    if held.kind != kind:
        report.failures.append("the copy is of another kind than the source")
    has_picture = held.frames is not None
    report.check(
        "everybody to hide has a place for their whole presence",
        unplaced(order, has_picture=has_picture, has_sound=held.has_sound),
    )
    if report.failures:
        raise NotProven(report.failures)
    _compare(report, held, order, {"copy": str(released.absolute()), "source": str(source.absolute())}, limits)
    return report.proof(digest)


def _scan(file: BinaryIO, secrets: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return the file's sha256, and a failure where names or ids stand in it; it is never whole in memory."""
    digest = hashlib.sha256()
    left = list(traces.searchable(secrets))
    overlap = max((8 * len(secret) + 64 for secret in left), default=0)
    found = 0
    tail = b""
    while part := file.read(_STRETCH):
        digest.update(part)
        searched = tail + part
        if left and traces.found(left, searched, b""):
            there = [secret for secret in left if traces.found([secret], searched, b"")]
            found += len(there)
            left = [secret for secret in left if secret not in there]
        tail = searched[-overlap:] if overlap else b""
    return digest.hexdigest(), [f"{found} names or ids of hidden students stand in the file"] if found else []


def _kind(path: Path, whose: str) -> str:
    with path.open("rb") as file:
        kind = _FORMATS.get(sniff(file.read(HEAD)))
    if kind is None:
        raise NotProven([f"{whose} is no MP4, MOV, M4A, WAV, MP3 or FLAC"])
    return kind


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
    if head[:4] == b"fLaC":
        return _Held("flac", samples=flac.walk(file, size).count)
    mp3.walk(file, size)
    return _Held("mp3")


def _told(held: _Held) -> str:
    parts = [] if held.frames is None else [f"{held.frames} frames of picture"]
    return " and ".join([*parts, *(["one track of sound"] if held.has_sound else [])])


def _compare(report: Report, held: _Held, order: Order, paths: dict[str, str], limits: Limits) -> None:
    """Decode both and take down what holds."""
    within = kept(order)
    places = list(boxes(order)) if held.frames is not None else []
    silent = silences(order, within) if held.has_sound else []
    answer = _ask({**paths, **_job(held, places, silent, order)}, limits)
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
        report.checks.append(f"{held.frames} frames are the source's outside of the boxes, at the source's times")
        report.checks.append(f"{len(places)} boxes are flat grey in every frame that they hold in")
    if held.has_sound:
        report.checks.append(
            f"{len(silent)} stretches of sound are silence or one constant tone; the rest is the source's"
        )


def _counts_agree(answer: dict[str, Any], held: _Held) -> bool:
    frames_agree = held.frames is None or answer.get("frames") == held.frames
    return frames_agree and (held.samples is None or answer.get("samples") == held.samples)


def _job(held: _Held, places: list[Box], silent: list[Stretch], order: Order) -> dict[str, Any]:
    """Return what the decoding process is told: numbers as exact texts, and no name."""
    return {
        "copy_format": held.kind,
        "source_format": held.kind,
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
        process = start(CHILD)
    except OSError as error:
        raise NotProven([f"the process that decodes for the proof cannot be started: {error.strerror}"]) from error
    clock = Clock(partial(kill, process))
    try:
        with clock.running(limits.seconds):
            send_object(_stream(process.stdin), {**job, "seconds": limits.seconds, "megabytes": limits.megabytes})
            return receive_object(_stream(process.stdout))
    except Ended:
        kill(process)
        process.wait()
        if clock.ran_out or (sys.platform != "win32" and process.returncode == -signal.SIGXCPU):
            raise NotProven([f"the proof took longer than the {limits.seconds} s that it may take"]) from None
        raise NotProven([FAILURES["stopped"]]) from None
    finally:
        clock.stop()
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError, Ended):
            _stream(stream).close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise Ended
    return stream
