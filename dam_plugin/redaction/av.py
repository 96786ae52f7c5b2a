"""Copies of audio and video, written in a process of their own with limits of time and memory: `av_child` does the work.

Decoders meet hostile files there. Whatever happens to that process, nothing is left where the copy was to stand, and
what it says is a word of a fixed list: no text of a file comes back. Needs the extra `av`.
"""

from __future__ import annotations

import importlib.util
import math
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from dam_plugin.errors import CannotRedact
from dam_plugin.isolation.clock import Clock
from dam_plugin.isolation.messages import Ended, receive_object, send_object
from dam_plugin.isolation.process import kill, start
from dam_plugin.redaction.model import Recording, RecordingPlan

CHILD = "dam_plugin.redaction.av_child"
NOT_INSTALLED = "audio and video are not redacted by this installation: pip install dam-plugin[av], then try again"
_EXPORT = "export it as MP4 (H.264 and AAC), or sound alone as WAV, then share that"
REASONS = {
    "gone": "the recording cannot be opened: look whether it is still there, and may be read",
    "format": f"this kind of recording is not redacted: {_EXPORT}",
    "codec": f"a track of the recording is coded in a way that is not read here: {_EXPORT}",
    "empty": f"the recording holds neither a picture nor a sound that can be read: {_EXPORT}",
    "damaged": "the recording is damaged or cut off: export it again from the original, then share that",
    "encrypted": "the recording is encrypted: export it without protection, then share that",
    "form": f"the recording changes its size, its form or its sound on the way: {_EXPORT}",
    "turned": f"the picture is turned by an angle that is no quarter turn: {_EXPORT}",
    "interlaced": "the picture is interlaced: export it as MP4 with whole frames (progressive), then share that",
    "hdr": "the picture is in HDR10, which has no place in 8 bits: export it as MP4 in standard dynamic range",
    "large": "the picture has more pixels than 4096 by 2304: export it as MP4 in 4K or less, then share that",
    "small": "the picture is less than 16 pixels wide or high: nobody can be hidden in it; share a larger one",
    "fast": "the recording has more than 120 frames a second: export it as MP4 with 60 or less, then share that",
    "long": "the recording is longer than 4 hours: cut it into parts, then share those",
    "endless": "the recording does not say how long it is: export it again, then share that",
    "clock": f"the times of the recording have gaps, or run backwards: {_EXPORT}",
    "outside": "a box, a stretch or a moment lies outside of the recording: put its times and places right",
    "boxes": "boxes were drawn, but the recording holds no picture: name stretches of sound instead",
    "other": "the plan was made for another recording: ask for the copy again",
    "memory": "the recording needs more memory than it may take: export it as MP4 in a smaller size, then share that",
    "write": "the copy could not be written: look whether the disk is full, then try again",
}
"""What the working process may answer when it refuses, and what is said of it."""

_STOPPED = f"the recording could not be read to its end, since its reader stopped: {_EXPORT}"
_RECORDING = TypeAdapter(Recording)


@dataclass(frozen=True, slots=True)
class Limits:
    """What working on one recording may take: seconds by the clock, and megabytes of address space."""

    seconds: int = 3600
    megabytes: int = 2048


DEFAULT = Limits()


def probe(source: Path, limits: Limits = DEFAULT) -> Recording:
    """Return what a plan needs to know of a recording; raises CannotRedact where no copy of it can be made."""
    answer = _ask({"task": "probe", "source": _absolute(source)}, limits)
    try:
        recording = _RECORDING.validate_python(answer.get("recording"))
    except ValidationError:
        # Its text quotes what the process said.
        raise CannotRedact(_STOPPED) from None
    if not (math.isfinite(recording.duration) and recording.duration > 0):
        raise CannotRedact(REASONS["endless"])
    return recording


def redact(source: Path, plan: RecordingPlan, out: Path, limits: Limits = DEFAULT) -> None:
    """Write the copy that `plan` asks for to `out`, whole or not at all.

    Video becomes MP4 (H.264 and AAC), sound stays what it is (WAV, MP3, FLAC, M4A), freshly encoded: nothing else of the
    source is in it. Raises CannotRedact with one reason.
    """
    with _whole(out) as beside:
        _ask({"task": "redact", "source": _absolute(source), "out": str(beside), "plan": asdict(plan)}, limits)


def still(source: Path, at: float, out: Path, limits: Limits = DEFAULT) -> None:
    """Write the upright frame that is shown `at` seconds as a PNG to `out`, whole or not at all; nobody is hidden yet."""
    with _whole(out) as beside:
        _ask({"task": "still", "source": _absolute(source), "out": str(beside), "at": at}, limits)


def _absolute(path: Path) -> str:
    return str(path.absolute())


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """Yield a place beside `out`; what was written there is moved to `out` if all went well, else it goes."""
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=out.absolute().parent) as folder:
        beside = Path(folder) / "copy"
        yield beside
        if not beside.is_file() or beside.stat().st_size == 0:
            raise CannotRedact(_STOPPED)
        os.replace(beside, out)  # noqa: PTH105 - over what is there, on every system


def _ask(job: dict[str, object], limits: Limits) -> dict[str, Any]:
    """Return what the working process answers; raises CannotRedact where it refuses, dies or takes too long."""
    if not all(importlib.util.find_spec(name) for name in ("av", "numpy")):
        raise CannotRedact(NOT_INSTALLED)
    try:
        process = start(CHILD)
    except OSError as error:
        raise CannotRedact(f"the process that works on recordings cannot be started: {error.strerror}") from error
    clock = Clock(partial(kill, process))
    try:
        with clock.running(limits.seconds):
            send_object(_stream(process.stdin), {**job, "limits": asdict(limits)})
            answer = receive_object(_stream(process.stdout))
    except Ended:
        raise CannotRedact(_why(process, clock, limits)) from None
    finally:
        clock.stop()
        _end(process)
    if "refused" in answer:
        raise CannotRedact(REASONS.get(str(answer["refused"]), _STOPPED))
    return answer


def _why(process: subprocess.Popen[bytes], clock: Clock, limits: Limits) -> str:
    kill(process)
    process.wait()
    if clock.ran_out or (sys.platform != "win32" and process.returncode == -signal.SIGXCPU):
        return f"the recording took longer than the {limits.seconds} s that it may take: cut it into parts, then share those"
    return _STOPPED


def _end(process: subprocess.Popen[bytes]) -> None:
    kill(process)
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            _stream(stream).close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise Ended
    return stream
