"""Makes copies of audio and video, in a separate process with limits of time and memory (`copy_process`).

Decoders read hostile files in that process. If it fails, there is no file in the place of the copy. It answers with words
of a fixed list, never with text of a file. Needs the extra `av`.
"""

from __future__ import annotations

import importlib.util
import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dam_plugin.errors import CannotRedact, StorageError
from dam_plugin.redaction.model import Limits, Recording, RecordingPlan
from dam_plugin.sandbox import Stopped, ask
from dam_tagging.facts import Interval

__all__ = ["CHILD", "DEFAULT", "NOT_INSTALLED", "REASONS", "Limits", "probe", "redact", "still"]

CHILD = "dam_plugin.redaction.av.copy_process"
NOT_INSTALLED = "audio and video are not redacted by this installation: pip install dam-plugin[av], then try again"
_EXPORT = "export it as MP4 (H.264 and AAC), or sound alone as WAV, then share that"
REASONS = {
    "gone": "the recording cannot be opened: check that it still exists and can be read",
    "format": f"this kind of recording is not redacted: {_EXPORT}",
    "codec": f"the coding of a track is not supported: {_EXPORT}",
    "empty": f"the recording holds neither a picture nor a sound that can be read: {_EXPORT}",
    "damaged": "the recording is damaged or cut off: export it again from the original, then share that",
    "encrypted": "the recording is encrypted: export it without protection, then share that",
    "form": f"the recording changes its size, its form or its sound part of the way: {_EXPORT}",
    "turned": f"the picture is turned by an angle other than a quarter turn: {_EXPORT}",
    "interlaced": "the picture is interlaced: export it as MP4 with whole frames (progressive), then share that",
    "cut": f"players show only a part of the picture (a clean aperture): {_EXPORT}",
    "clear": f"the picture is partly see-through, so that the background shows: {_EXPORT}",
    "pictures": "the file holds two pictures, and players differ in which they show: export the right one as MP4",
    "sounds": "the file holds two sounds, and players differ in which they play: export it with the right one",
    "hdr": "the picture is in HDR10, which does not fit in 8 bits: export it as MP4 in standard dynamic range",
    "large": "the picture has more pixels than 4096 by 2304: export it as MP4 in 4K or less, then share that",
    "small": "the picture is less than 16 pixels wide or high: no person can be hidden in it; share a larger one",
    "fast": "the recording has more than 120 frames a second: export it as MP4 with 60 or less, then share that",
    "long": "the recording is longer than 4 hours: cut it into parts, then share those",
    "wav": "the sound would have more than 2 GiB as WAV: export it as M4A, or cut it into parts, then share that",
    "endless": "the recording does not say how long it is: export it again, then share that",
    "unsized": "the header of the sound does not state its length: open it in an audio editor and save it again",
    "tagged": "the FLAC begins with an ID3 tag, which does not belong there: save it again as FLAC or WAV, then share that",
    "late": f"the recording begins later than its clock, so that its times are uncertain: {_EXPORT}",
    "paced": f"an edit in the file makes the recording faster, slower or frozen: {_EXPORT}",
    "clock": f"the times in the recording have gaps or run backwards: {_EXPORT}",
    "nothing": "no frame of the picture begins in the clip: choose a longer stretch",
    "outside": "a box, a stretch or a moment lies outside of the recording: correct its times and places",
    "boxes": "boxes were drawn, but the recording holds no picture: name stretches of sound instead",
    "other": "the plan was made for another recording: ask for the copy again",
    "memory": "the recording needs more memory than is allowed: export it as MP4 in a smaller size, then share that",
    "huge": f"the copy would be many times as large as the recording, which is unusual: {_EXPORT}",
    "write": "the copy could not be written: check whether the disk is full, then try again",
}
"""The words with which the process refuses, and the sentence for users for each."""

_STOPPED = f"the recording could not be read to its end, since its reader stopped: {_EXPORT}"
_RECORDING = TypeAdapter(Recording)
_INTERVAL = TypeAdapter(Interval)

DEFAULT = Limits()


def probe(source: Path, limits: Limits = DEFAULT) -> Recording:
    """Return the facts of a recording that a plan needs; raises CannotRedact if it cannot be copied."""
    answer = _ask({"task": "probe", "source": _absolute(source)}, limits)
    try:
        recording = _RECORDING.validate_python(answer.get("recording"))
    except ValidationError:
        # The error's own text would quote the process's output.
        raise CannotRedact(_STOPPED) from None
    if not (math.isfinite(recording.duration) and recording.duration > 0):
        raise CannotRedact(REASONS["endless"])
    return recording


def redact(source: Path, plan: RecordingPlan, out: Path, limits: Limits = DEFAULT) -> None:
    """Write the copy that `plan` describes to `out`, whole or not at all.

    Video becomes MP4 (H.264 and AAC). Sound becomes M4A (AAC); WAV and FLAC become WAV. All is encoded anew, and nothing
    else of the source is in the copy. Raises CannotRedact with one reason.
    """
    with _whole(out) as beside:
        _ask({"task": "redact", "source": _absolute(source), "out": str(beside), "plan": asdict(plan)}, limits)


def still(source: Path, at: float, out: Path, limits: Limits = DEFAULT) -> Interval:
    """Write the upright frame on screen at `at` seconds to `out` as a PNG, whole or not at all. It hides nothing.

    Return the seconds in which the frame is on screen: from its beginning to that of the next frame, or to the
    recording's end.
    """
    with _whole(out) as beside:
        answer = _ask({"task": "still", "source": _absolute(source), "out": str(beside), "at": at}, limits)
        try:
            shown = _INTERVAL.validate_python(answer.get("shown"))
        except ValidationError:
            raise CannotRedact(_STOPPED) from None
        if not (math.isfinite(shown.end) and shown.start <= at <= shown.end):
            raise CannotRedact(_STOPPED)
    return shown


def _absolute(path: Path) -> str:
    return str(path.absolute())


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """Yield a path beside `out`. On success the file at this path is moved to `out`, otherwise it is removed."""
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=out.absolute().parent) as folder:
        beside = Path(folder) / "copy"
        yield beside
        if not beside.is_file() or beside.stat().st_size == 0:
            raise CannotRedact(_STOPPED)
        beside.replace(out)


def _ask(job: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Return the answer of the process; raises CannotRedact if it refuses, dies or takes too long."""
    if not all(importlib.util.find_spec(name) for name in ("av", "numpy")):
        raise CannotRedact(NOT_INSTALLED)
    try:
        answer = ask(CHILD, {**job, "limits": asdict(limits)}, limits.seconds)
    except Stopped as stopped:
        raise CannotRedact(_told(stopped, limits)) from None
    if "refused" not in answer:
        return answer
    reason = REASONS.get(str(answer["refused"]), _STOPPED)
    # A full disk is no fault of the file.
    raise StorageError(reason) if answer["refused"] == "write" else CannotRedact(reason)


def _told(stopped: Stopped, limits: Limits) -> str:
    if stopped.why == "start":
        return f"the process that works on recordings cannot be started ({stopped}): mend that, then try again"
    if stopped.why == "time":
        return f"the recording took longer than the {limits.seconds} s that it may take: cut it into parts, then share those"
    return _STOPPED
