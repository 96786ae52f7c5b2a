"""The process that reads or copies one recording: it takes a job from `copy_recording`, answers it, and ends.

A job is `probe`, `redact` or `still`. The answer is the result, or `refused` with a key of `copy_recording.REASONS`. The
process gets no credentials, and limits its own time, memory and files.
"""

from __future__ import annotations

import errno
import math
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from PIL import Image
from pydantic import TypeAdapter

from dam_plugin.redaction.av.picture import CLOCK, Picture, turned
from dam_plugin.redaction.av.sound import Encoder, Samples, Sound
from dam_plugin.redaction.av.source import (
    LATE,
    MOST_WAV,
    SLACK,
    THREADS,
    Look,
    Refused,
    Source,
    inspect,
    look_of,
    opened,
)
from dam_plugin.redaction.formats import FORMATS
from dam_plugin.redaction.model import Recording, RecordingPlan
from dam_plugin.sandbox import (
    Ended,
    end_with_parent,
    limit_file,
    limit_memory,
    limit_time,
    own_streams,
    receive_object,
    send_object,
)
from dam_tagging.facts import Interval

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.ENOENT})
LARGER, SMALL = 64, 1024 * 1024 * 1024
"""Most bytes of a copy: LARGER times those of its source, or SMALL if that is more."""
_PLAN = TypeAdapter(RecordingPlan)
_CONTAINERS = {"video/mp4": "mp4", "audio/mp4": "ipod"}
"""The container of a copy, by its media type; WAV is written without a library."""
_OPTIONS = {
    "fflags": "+bitexact",
    "movflags": "+faststart",
    "use_editlist": "0",
    "video_track_timescale": str(CLOCK),
}


def main() -> None:
    """Answer the one job that the parent sends."""
    requests, answers = own_streams()
    with suppress(Ended):
        job = receive_object(requests)
        end_with_parent(requests)
        limits = job["limits"]
        with suppress(OSError):
            limit_file(max(LARGER * Path(job["source"]).stat().st_size, SMALL))
        limit_memory(limits["megabytes"] * 1024 * 1024)
        limit_time(limits["seconds"] * 2 * THREADS)
        send_object(answers, answer(job))


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a job. It holds no text of the file and no text of an error."""
    try:
        return _done(job)
    except Refused as refused:
        return {"refused": str(refused)}
    except (MemoryError, av.FFmpegError, OSError) as error:
        # Faults of the source are refused while it is read. An encoder with fixed settings fails only for lack of memory.
        number = getattr(error, "errno", None)
        return {"refused": "huge" if number == errno.EFBIG else "write" if number in _DISK else "memory"}
    except Exception:  # noqa: BLE001 - whatever a library raises, there is no copy
        return {"refused": "stopped"}


def _done(job: dict[str, Any]) -> dict[str, Any]:
    source = Path(job["source"])
    match job["task"]:
        case "probe":
            return {"recording": asdict(inspect(source)[0])}
        case "redact":
            redact(source, _PLAN.validate_python(job["plan"]), Path(job["out"]))
        case "still":
            return {"shown": asdict(still(source, job["at"], Path(job["out"])))}
    return {"done": True}


def redact(source: Path, plan: RecordingPlan, out: Path) -> None:
    """Write the copy; raises Refused for a plan that does not fit the recording."""
    found, look = inspect(source)
    _check(plan, found)
    with opened(source) as recording:
        media_type = FORMATS[found.media_type].copy_type
        if media_type == "audio/wav":
            _write_wav(recording, plan, out)
        else:
            _write(recording, plan, look, out, _CONTAINERS[media_type])


def still(source: Path, at: float, out: Path) -> Interval:
    """Write the frame that is on screen at `at` seconds as an upright PNG; return when it is on screen."""
    found, look = inspect(source)
    if look is None:
        raise Refused("empty")
    if not 0 <= at <= found.duration:
        raise Refused("outside")
    # As a float, 0.6 is less than six tenths, where a frame may begin.
    moment = Fraction(round(at * CLOCK), CLOCK)
    try:
        frame, end = _shown(source, moment, seek=True)
    except Refused:
        # Decoding from where the seek ended may need packets from before.
        frame, end = _shown(source, moment, seek=False)
    stored = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    Image.fromarray(turned(stored, look_of(frame).turn).copy()).save(out, "PNG")
    until = found.duration if end is None else float(end)
    return Interval(min(float(_time(frame)), at), max(until, at))


def _shown(source: Path, at: Fraction, *, seek: bool) -> tuple[VideoFrame, Fraction | None]:
    """Return the frame that is on screen at a moment, and the beginning of the next one (None: there is no next)."""
    shown = end = None
    with opened(source) as recording:
        picture = recording.picture
        if picture is None or picture.time_base is None:
            raise Refused("empty")
        if seek:
            recording.file.seek(math.floor(at / picture.time_base), stream=picture)
        for frame in replace(recording, sound=None).frames():
            if not isinstance(frame, VideoFrame):
                continue
            start = _time(frame)
            if shown is not None and start > at:
                end = start
                break
            if seek and shown is None and start > at:
                raise Refused("clock")
            shown = frame
    if shown is None:
        raise Refused("empty")
    return shown, end


def _check(plan: RecordingPlan, found: Recording) -> None:
    """Raise Refused unless the plan was made for this recording and its times and boxes lie within it."""
    if (
        replace(plan.recording, duration=found.duration) != found
        or abs(plan.recording.duration - found.duration) > SLACK
    ):
        raise Refused("other")
    if plan.boxes and found.size is None:
        raise Refused("boxes")
    clips = [plan.clip] if plan.clip else []
    for each in (*plan.silenced, *clips, *(Interval(box.start, box.end) for box in plan.boxes)):
        if not (math.isfinite(each.start) and each.start < each.end and each.end > 0 and each.start < found.duration):
            raise Refused("outside")
    for box in (each.region for each in plan.boxes):
        if not (all(map(math.isfinite, (box.x, box.y, box.w, box.h))) and box.w > 0 and box.h > 0):
            raise Refused("outside")
    if plan.clip is not None and not (plan.clip.start >= 0 and plan.clip.end <= found.duration + SLACK):
        raise Refused("outside")


def _open_ended(plan: RecordingPlan) -> RecordingPlan:
    """Return the plan with longer boxes and stretches at the recording's end: its last frame may stay on screen longer."""
    last = plan.recording.duration
    boxes = tuple(replace(each, end=math.inf) if each.end >= last else each for each in plan.boxes)
    silenced = tuple(replace(each, end=each.end + float(SLACK)) if each.end >= last else each for each in plan.silenced)
    return replace(plan, boxes=boxes, silenced=silenced)


def _write(recording: Source, plan: RecordingPlan, look: Look | None, out: Path, container: str) -> None:
    plan = _open_ended(plan)
    with av.open(str(out), "w", format=container, container_options=_OPTIONS) as made:
        picture = sound = encoder = None
        if look is not None and recording.picture is not None and recording.picture.time_base is not None:
            picture = Picture(made, look, recording.picture.time_base, plan)
        if recording.sound is not None:
            sound = Sound(recording.sound, plan, is_coded=True)
            encoder = Encoder(made, sound.rate, sound.channels)
        made.start_encoding()
        _copy(recording, made, picture, sound, encoder)
    _check_end(plan, picture, sound)


def _copy(
    recording: Source, made: OutputContainer, picture: Picture | None, sound: Sound | None, encoder: Encoder | None
) -> None:
    for frame in recording.frames():
        if isinstance(frame, VideoFrame):
            if picture is not None:
                made.mux(list(picture.push(frame, _lasts(frame, recording))))
        elif sound is not None and encoder is not None:
            for samples in sound.push(frame):
                made.mux(list(encoder.push(samples)))
    if picture is not None:
        made.mux(list(picture.finish()))
    if sound is not None and encoder is not None:
        for samples in sound.finish():
            made.mux(list(encoder.push(samples)))
        made.mux(list(encoder.finish()))


def _write_wav(recording: Source, plan: RecordingPlan, out: Path) -> None:
    if recording.sound is None:
        raise Refused("empty")
    sound = Sound(recording.sound, _open_ended(plan), is_coded=False)
    if sound.longest * sound.channels * 2 > MOST_WAV:
        raise Refused("wav")
    with wave.open(str(out), "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(2)
        file.setframerate(sound.rate)
        for samples in _samples(recording, sound):
            file.writeframes(samples.astype("<i2").tobytes())
    _check_end(plan, None, sound)


def _samples(recording: Source, sound: Sound) -> Iterator[Samples]:
    for frame in recording.frames():
        if not isinstance(frame, VideoFrame):
            yield from sound.push(frame)
    yield from sound.finish()


def _check_end(plan: RecordingPlan, picture: Picture | None, sound: Sound | None) -> None:
    """Raise Refused unless the decoded length is the stated one: otherwise a part of the recording was not read."""
    tracks = [each for each in (picture, sound) if each is not None]
    if min(each.begin for each in tracks) > LATE:
        raise Refused("late")
    end = max(each.end for each in tracks)
    if abs(end - Fraction(plan.recording.duration)) > SLACK:
        raise Refused("damaged")


def _time(frame: av.AudioFrame | VideoFrame) -> Fraction:
    if frame.pts is None or frame.time_base is None:
        raise Refused("clock")
    return frame.pts * frame.time_base


def _lasts(frame: VideoFrame, recording: Source) -> int:
    """Return the ticks for which a frame is on screen, as the file states them or from the frame rate."""
    rate = recording.picture.average_rate if recording.picture is not None else None
    if frame.duration or not rate or not frame.time_base:
        return frame.duration
    return round(1 / rate / frame.time_base)


if __name__ == "__main__":
    main()
