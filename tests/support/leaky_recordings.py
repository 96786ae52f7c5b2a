"""Makes copies of recordings as a naive tool does, each with one leak; without any, they are what the prover lets pass.

Needs the extra `av`: import it behind `pytest.importorskip("av")`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.bitstream import BitStreamFilterContext
from av_samples import NAME, RATE, captions

Pixels = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.int16]
Paint = Callable[[Pixels, float], Pixels]
Sing = Callable[[Samples], Samples]

GREY = 128
BARE = {"fflags": "+bitexact", "movflags": "+faststart", "use_editlist": "0", "video_track_timescale": "90000"}


def unchanged(pixels: Pixels, _: float) -> Pixels:
    """Show the picture as it is."""
    return pixels


def as_is(samples: Samples) -> Samples:
    """Play the sound as it is."""
    return samples


@dataclass(frozen=True)
class Tool:
    """What a naive tool makes of a source: `paint` changes each upright frame at its second, `sing` all of the sound.

    Whatever else is set leaks: tags, chapters, more tracks, captions, frames behind an edit list, a cropped picture.
    """

    paint: Paint = unchanged
    sing: Sing = as_is
    tags: Mapping[str, str] = field(default_factory=dict)
    track_tags: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    encoder: Mapping[str, str] = field(default_factory=dict)
    filter: str = "filter_units=remove_types=6"
    chapters: bool = False
    second_sound: bool = False
    first_sound_off: bool = False
    second_picture: bool = False
    subtitles: bool = False
    captions: bool = False
    cover: bytes = b""
    hidden: float = 0.0
    skip: int = 0


@dataclass(frozen=True)
class _Track:
    stream: Any
    packets: list[av.Packet]


def video(source: Path, out: Path, tool: Tool) -> Path:
    """Write an MP4 of H.264 and AAC from what `source` shows and says."""
    with av.open(str(out), "w", format="mp4", container_options={**BARE, **tool.options}) as made:
        made.metadata.update(tool.tags)
        tracks = [_picture(made, source, tool), *_sounds(made, source, tool)]
        if tool.second_picture:
            tracks.append(_picture(made, source, replace(tool, paint=unchanged)))
            for each in made.streams.video:
                each.disposition = av.stream.Disposition.default
        if tool.subtitles:
            stream = made.add_mux_stream("mov_text", time_base=Fraction(1, 1000))
            tracks.append(_Track(stream, [_packet(stream, len(NAME).to_bytes(2) + NAME.encode(), 100, 500)]))
        if tool.cover:
            stream = made.add_mux_stream("mjpeg", width=16, height=16)
            stream.disposition = av.stream.Disposition.attached_pic
            tracks.append(_Track(stream, [_packet(stream, tool.cover, 0, 0)]))
        if tool.chapters:
            chapter = {"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000), "metadata": {"title": NAME}}
            made.set_chapters([chapter])
        for packet in sorted((one for each in tracks for one in each.packets), key=lambda one: one.dts * one.time_base):
            made.mux(packet)
    return out


def sound(
    out: Path, samples: Samples, tags: Mapping[str, str] | None = None, *, late: float = 0.0, **options: str
) -> Path:
    """Write an M4A of nothing but the samples (and the tags), from second `late` on."""
    with av.open(str(out), "w", format="ipod", container_options={**BARE, **options}) as made:
        made.metadata.update(tags or {})
        stream = made.add_stream("aac", rate=RATE, options={"flags": "+bitexact"})
        stream.codec_context.layout = "mono" if samples.shape[1] == 1 else "stereo"
        made.start_encoding()
        for packet in _sound_packets(stream, samples[1024:], 1024 + round(late * RATE)):
            made.mux(packet)
    return out


def region(pixels: Pixels, box: tuple[float, float, float, float]) -> tuple[slice, slice]:
    """Return where (left, top, right, bottom), fractions of the picture, lies in it, out to even pixels and two more."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = box
    across = max(int(left * width) // 2 * 2 - 2, 0), min(-(-int(right * width + 1) // 2) * 2 + 2, width)
    down = max(int(top * height) // 2 * 2 - 2, 0), min(-(-int(bottom * height + 1) // 2) * 2 + 2, height)
    return slice(*down), slice(*across)


def filled(box: tuple[float, float, float, float], start: float, end: float) -> Paint:
    """Fill a box with grey from the frame on screen at `start` to the one at `end`."""
    return covered(lambda part: np.full_like(part, GREY), box, start, end)


def covered(how: Callable[[Pixels], Pixels], box: tuple[float, float, float, float], start: float, end: float) -> Paint:
    """Put `how` in the place of a box while it holds."""

    def paint(pixels: Pixels, at: float) -> Pixels:
        if start - 0.1 < at < end:
            pixels[region(pixels, box)] = how(pixels[region(pixels, box)])
        return pixels

    return paint


def sketched(part: Pixels) -> Pixels:
    """Return grey with the outlines of what was there, faint, and no mean of 8 by 8 pixels that differs from grey."""
    levels = part.mean(axis=2)
    levels = levels - _smooth(levels)
    levels = np.clip(levels / 2, -7, 7)
    height, width = (side // 8 * 8 for side in levels.shape)
    blocks = levels[:height, :width].reshape(height // 8, 8, width // 8, 8)
    levels[:height, :width] = (blocks - blocks.mean(axis=(1, 3), keepdims=True)).reshape(height, width)
    return np.repeat((GREY + levels).round().astype(np.uint8)[:, :, None], 3, axis=2)


def _smooth(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    padded = np.pad(levels, 3, "edge")
    height, width = levels.shape
    return sum(padded[y : y + height, x : x + width] for y in range(7) for x in range(7)) / 49


def moved(start: float, end: float, to: float) -> Sing:
    """Silence a stretch, and play what was there at another second."""

    def sing(samples: Samples) -> Samples:
        first, last, place = round(start * RATE), round(end * RATE), round(to * RATE)
        voice = samples[first:last].copy()
        samples[first:last] = 0
        samples[place : place + len(voice)] = voice[: len(samples) - place]
        return samples

    return sing


def bleeped(start: float, end: float, *, channels: slice = slice(None), keep: float = 0.0) -> Sing:
    """Put a tone in the place of a stretch, over a share `keep` of what was there."""

    def sing(samples: Samples) -> Samples:
        first, last = max(round(start * RATE), 0), min(round(end * RATE), len(samples))
        tone = 3000 * np.sin(2 * np.pi * 1000 * np.arange(first, last) / RATE)
        there = samples[first:last, channels]
        samples[first:last, channels] = (there * keep + tone[:, None]).astype(np.int16)
        return samples

    return sing


def box(kind: bytes, body: bytes) -> bytes:
    """Return a box of the ISO base media file format."""
    return struct.pack(">I", 8 + len(body)) + kind + body


def with_longer_mdat(data: bytes, more: bytes) -> bytes:
    """Return an MP4 whose mdat, the last box, has bytes behind the last sample."""
    at = data.index(b"mdat") - 4
    return data[:at] + struct.pack(">I", len(data) - at + len(more)) + data[at + 4 :] + more


def riff_with(data: bytes, kind: bytes, body: bytes) -> bytes:
    """Return a WAV with one more chunk at its end."""
    longer = data + kind + struct.pack("<I", len(body)) + body
    return longer[:4] + struct.pack("<I", len(longer) - 8) + longer[8:]


def _picture(made: Any, source: Path, tool: Tool) -> _Track:
    stream = made.add_stream("libx264", rate=30, options=_encoder(tool))
    stream.metadata.update(tool.track_tags)
    packets: list[av.Packet] = []
    with av.open(str(source)) as file:
        for number, frame in enumerate(file.decode(video=0)):
            at = float(frame.time)
            upright = _upright(frame)
            shown = tool.paint(upright, at) if number >= tool.skip else upright
            if number == 0:
                stream.height, stream.width, stream.pix_fmt = *shown.shape[:2], "yuv420p"
                stream.codec_context.time_base = Fraction(1, 90_000)
            new = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24").reformat(format="yuv420p")
            new.pts, new.time_base = round((at - tool.hidden) * 90_000), Fraction(1, 90_000)
            packets += stream.encode(new)
    packets += stream.encode(None)
    if tool.filter:
        chosen = BitStreamFilterContext(tool.filter, stream)
        packets = [each for packet in (*packets, None) for each in chosen.filter(packet)]
    return _Track(stream, [_with_captions(each) for each in packets] if tool.captions else packets)


def _encoder(tool: Tool) -> dict[str, str]:
    return {"preset": "veryfast", "crf": "18", "bf": "0", "a53cc": "0", "flags": "+bitexact", **tool.encoder}


def _upright(frame: av.VideoFrame) -> Pixels:
    pixels = frame.to_ndarray(format="rgb24")
    return np.rot90(pixels, frame.rotation // 90).copy() if frame.rotation else pixels


def _sounds(made: Any, source: Path, tool: Tool) -> Iterator[_Track]:
    samples = heard(source)
    if samples is None:
        return
    for changed in (tool.sing(samples.copy()), *([samples] if tool.second_sound else [])):
        stream = made.add_stream("aac", rate=RATE, bit_rate=160_000, options={"flags": "+bitexact"})
        stream.codec_context.layout = "stereo"
        is_on = not tool.first_sound_off or changed is samples
        stream.disposition = av.stream.Disposition.default if is_on else av.stream.Disposition(0)
        yield _Track(stream, list(_sound_packets(stream, changed[1024:], 1024)))


def heard(source: Path) -> Samples | None:
    """Return the sound of a recording as (samples, 2) of 16 bits; None where there is none."""
    with av.open(str(source)) as file:
        if not file.streams.audio:
            return None
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=RATE)
        frames = [each for frame in file.decode(audio=0) for each in resampler.resample(frame)]
        return np.concatenate([each.to_ndarray().reshape(-1, 2) for each in frames])


def _sound_packets(stream: Any, samples: Samples, delay: int) -> Iterator[av.Packet]:
    size = stream.codec_context.frame_size or 1024
    packets: list[av.Packet] = []
    for start in range(0, len(samples), size):
        part = np.ascontiguousarray(samples[start : start + size]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout=("mono", "stereo")[samples.shape[1] - 1])
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), start
        packets += stream.encode(frame)
    for packet in [*packets, *stream.encode(None)]:
        packet.pts, packet.dts = packet.pts + delay, packet.dts + delay
        yield packet


def _with_captions(packet: av.Packet) -> av.Packet:
    changed = av.Packet(captions(NAME) + bytes(packet))
    changed.stream, changed.time_base = packet.stream, packet.time_base
    changed.pts, changed.dts, changed.duration = packet.pts, packet.dts, packet.duration
    changed.is_keyframe = packet.is_keyframe
    return changed


def _packet(stream: Any, data: bytes, at: int, duration: int) -> av.Packet:
    packet = av.Packet(data)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = at
    packet.duration, packet.is_keyframe = duration, True
    return packet
