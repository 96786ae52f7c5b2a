"""The process that decodes a copy and its source side by side: it takes a job from `recording`, answers it, and ends.

The answer is a list of keys of `recording.FAILURES` and two counts, never text of a file. The process gets no
credentials, and limits its own time and memory.
"""

from __future__ import annotations

import errno
import gc
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeVar

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dam_plugin.redaction.proof.compare_frames import Hidden, Seen, pairs
from dam_plugin.redaction.proof.compare_sound import Heard, Wave
from dam_plugin.sandbox import (
    Ended,
    end_with_parent,
    limit_memory,
    limit_time,
    own_streams,
    receive_object,
    send_object,
)

THREADS = 2
MOST_GAP = 4 * 3600
MOST_WAITING = 16_000_000
"""Pixels of frames that may wait before the garbage collector is run."""
FULL = np.float32(32768)
"""Full scale of 16 bits."""
APART = Fraction(1, 50)
"""Seconds by which the times of sound may jump before that counts as a gap."""

_COPIES = "h264 aac pcm_s16le pcm_u8 pcm_s24le pcm_s32le pcm_f32le"
_SOURCES = (
    f"{_COPIES} hevc mpeg4 h263 mjpeg prores dvvideo png qtrle rawvideo libdav1d av1 libvpx-vp9 vp9 mp3float mp3 flac "
    "alac ac3 eac3 opus libopus adpcm_ima_qt adpcm_ima_wav adpcm_ms amrnb amrwb pcm_s8 pcm_s16be pcm_s24be pcm_s32be pcm_f32be "
    "pcm_f64le pcm_f64be pcm_alaw pcm_mulaw"
)
_NO_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
Timed = tuple[VideoFrame, Fraction, Fraction | None]
Track = TypeVar("Track", VideoStream, AudioStream)


class Failed(Exception):
    """The two files cannot be compared. The text of the error is a key of `recording.FAILURES`."""


def main() -> None:
    """Answer the one job that the parent sends."""
    requests, answers = own_streams()
    with suppress(Ended):
        job = receive_object(requests)
        end_with_parent(requests)
        limit_memory(job["megabytes"] * 1024 * 1024)
        limit_time(job["seconds"] * 2 * THREADS)
        send_object(answers, answer(job))


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Return the failures of a job, the number of compared frames, and the number of compared samples of one channel."""
    try:
        return compare(job)
    except Failed as failed:
        return {"failures": [str(failed)]}
    except MemoryError:
        return {"failures": ["memory"]}
    except Exception:  # noqa: BLE001 - whatever a library raises, nothing is proven
        return {"failures": ["stopped"]}


def compare(job: dict[str, Any]) -> dict[str, Any]:
    """Compare picture and sound of the two files."""
    clip = (Fraction(job["clip"][0]), Fraction(job["clip"][1])) if job["clip"] else None
    failures: set[str] = set()
    frames = samples = 0
    with _opened(job, "source") as source:
        if bool(_pictures(source)) != job["picture"] or bool(source.streams.audio) != job["sound"]:
            raise Failed("tracks")
    if job["picture"]:
        boxes = [
            Hidden(Fraction(start), None if end is None else Fraction(end), _edges(edges))
            for start, end, edges in job["boxes"]
        ]
        frames = _compare_pictures(job, boxes, clip, failures)
    if job["sound"]:
        stretches = [(Fraction(start), Fraction(end)) for start, end in job["stretches"]]
        samples = _compare_sounds(job, stretches, clip, failures)
    return {"failures": sorted(failures), "frames": frames, "samples": samples}


def _edges(texts: list[str]) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    left, top, right, bottom = map(Fraction, texts)
    return left, top, right, bottom


def _compare_pictures(
    job: dict[str, Any], boxes: list[Hidden], clip: tuple[Fraction, Fraction] | None, failures: set[str]
) -> int:
    seen = Seen(boxes)
    with _opened(job, "copy") as copy, _opened(job, "source") as source:
        ours, theirs = _picture(copy, "copy"), _picture(source, "source")
        for frame, other, start, end in pairs(
            _frames(copy, ours, "copy"), _frames(source, theirs, "source"), clip, failures
        ):
            seen.compare(frame, other, start, end)
    failures.update(seen.failures)
    return seen.count


def _compare_sounds(
    job: dict[str, Any],
    stretches: list[tuple[Fraction, Fraction]],
    clip: tuple[Fraction, Fraction] | None,
    failures: set[str],
) -> int:
    with _opened(job, "copy") as copy, _opened(job, "source") as source:
        ours, theirs = _sound(copy, "copy"), _sound(source, "source")
        rate, layout = ours.codec_context.sample_rate, ours.codec_context.layout.name
        heard = Heard(rate, stretches, lossless=job["copy_format"] == "wav")
        heard.compare(
            _waves(copy, ours, "copy", (rate, layout, None)),
            _waves(source, theirs, "source", (rate, layout, clip)),
        )
    failures.update(heard.failures)
    return heard.count


def _opened(job: dict[str, Any], whose: str) -> InputContainer:
    """Open one of the files with only the listed decoders; no other file is opened."""
    kind = job[f"{whose}_format"]
    options = {
        "protocol_whitelist": "file",
        "codec_whitelist": (_COPIES if whose == "copy" else _SOURCES).replace(" ", ","),
    }
    if kind == "mov":
        options["enable_drefs"] = "0"
    try:
        file: InputContainer = av.open(
            job[whose], "r", format=kind, container_options=options, metadata_errors="replace"
        )
    except (av.FFmpegError, ValueError) as error:
        raise _failed(error, whose) from error
    return file


def _failed(error: Exception, whose: str) -> Exception:
    """Return the error for a library's error: lack of memory, or otherwise damage of the file."""
    is_memory = isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM
    return Failed("memory" if is_memory else f"{whose}_damaged")


def _pictures(file: InputContainer) -> list[VideoStream]:
    return [each for each in file.streams.video if not each.disposition & _NO_PICTURES]


def _picture(file: InputContainer, whose: str) -> VideoStream:
    """Return the picture that is switched on. If there are several, players differ in which they show."""
    found = _pictures(file)
    shown = _switched_on(found) or found
    if len(shown) > 1:
        raise Failed("pictures")
    return _prepared(next(iter(shown), None), whose)


def _sound(file: InputContainer, whose: str) -> AudioStream:
    """Return the sound that players play: the first that is switched on, since others are its alternatives."""
    found = [*file.streams.audio]
    stream = _prepared(next(iter(_switched_on(found) or found), None), whose)
    if not stream.codec_context.sample_rate:
        raise Failed(f"{whose}_damaged")
    return stream


def _switched_on(streams: list[Track]) -> list[Track]:
    return [each for each in streams if each.disposition & Disposition.default]


def _prepared(stream: Track | None, whose: str) -> Track:
    if stream is None or stream.codec_context is None:
        raise Failed(f"{whose}_damaged")
    # A decoder that hides its errors would show other pictures than players. FLAC's frames are checked by their CRC.
    stream.codec_context.options = {"err_detect": "crccheck+explode"}
    stream.codec_context.thread_count = THREADS
    return stream


def _decoded(file: InputContainer, stream: VideoStream | AudioStream, whose: str) -> Iterator[VideoFrame | AudioFrame]:
    waiting = 0
    gc.freeze()
    try:
        for packet in file.demux(stream):
            for frame in packet.decode():
                if not isinstance(frame, VideoFrame | AudioFrame) or frame.is_corrupt or frame.pts is None:
                    raise Failed(f"{whose}_damaged")
                waiting += frame.width * frame.height if isinstance(frame, VideoFrame) else 0
                yield frame
            # A frame refers to itself once its side data were read, and holds megabytes that the collector does not count.
            if waiting > MOST_WAITING:
                gc.collect()
                waiting = 0
    except (av.FFmpegError, ValueError) as error:
        raise _failed(error, whose) from error


def _time(frame: VideoFrame | AudioFrame) -> Fraction:
    return Fraction(frame.pts or 0) * (frame.time_base or 0)


def _frames(file: InputContainer, stream: VideoStream, whose: str) -> Iterator[Timed]:
    """Yield (frame, start, end) with the time on screen of each frame; the last frame has no end."""
    held: VideoFrame | None = None
    for frame in _decoded(file, stream, whose):
        if not isinstance(frame, VideoFrame):
            raise Failed(f"{whose}_damaged")
        if held is not None:
            yield held, _time(held), _time(frame)
        held = frame
    if held is not None:
        yield held, _time(held), None


def _waves(
    file: InputContainer,
    stream: AudioStream,
    whose: str,
    form: tuple[int, str, tuple[Fraction, Fraction] | None],
) -> Iterator[Wave]:
    """Yield the sound from 0 of the file's clock, with the rate and layout of the copy, cut to a clip.

    The samples have 16 bits, as in a copy. In 16 bits, sound that gets too loud when it is mixed to fewer channels is
    made softer; in floats it is not.
    """
    rate, layout, clip = form
    resampler = AudioResampler(format="s16p", layout=layout, rate=rate)
    first, last = (ceil(clip[0] * rate), floor(clip[1] * rate)) if clip else (0, None)
    at = 0
    for frame in _resampled(_decoded(file, stream, whose), resampler):
        wave = frame.to_ndarray().astype(np.float32) / FULL
        start = round(_time(frame) * rate) if frame.pts is not None else at
        if at == 0 and start < 0:
            wave = wave[:, -start:]
        elif start - at > (APART * rate if at else 0):
            if start - at > MOST_GAP * rate:
                raise Failed(f"{whose}_damaged")
            wave = np.concatenate((np.zeros((len(wave), start - at), np.float32), wave), axis=1)
        part = wave[:, max(first - at, 0) : None if last is None else max(last - at, 0)]
        at += wave.shape[1]
        if part.shape[1]:
            yield part


def _resampled(frames: Iterator[VideoFrame | AudioFrame], resampler: AudioResampler) -> Iterator[AudioFrame]:
    for frame in frames:
        if isinstance(frame, AudioFrame):
            yield from resampler.resample(frame)
    yield from resampler.resample(None)


if __name__ == "__main__":
    main()
