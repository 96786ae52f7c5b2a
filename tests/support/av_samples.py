"""Makes the small recordings that the redaction tests work on: moving shapes, a tone for each half second, and leaks.

Needs the extra `av`: import it behind `pytest.importorskip("av")`.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

NAME = "Zaphira Quillfeather"
"""The name that leaky recordings carry in every place where one fits; no copy may hold it."""
TONES = (440, 660, 880, 1320, 550, 770, 990, 1650)
"""The hertz of each half second; after the last they begin again."""
STRETCH = 0.5
RATE = 48_000
SIZE = (96, 64)
FPS = 10

Pixels = npt.NDArray[np.uint8]
Samples = npt.NDArray[np.int16]
Paint = Callable[[int, tuple[int, int]], Pixels]


def shapes(number: int, size: tuple[int, int] = SIZE) -> Pixels:
    """Draw frame `number`: a gradient, a red square that moves to the right and a blue one that moves down; (h, w, 3)."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    pixels = np.stack((60 + x * 120 // width, 60 + y * 120 // height, 90 + (x + y) % 60), axis=2).astype(np.uint8)
    side = max(min(width, height) // 4, 2)
    left, top = number * 3 % max(width - side, 1), number * 2 % max(height - side, 1)
    pixels[height // 4 : height // 4 + side, left : left + side] = (220, 40, 40)
    pixels[top : top + side, width // 2 : width // 2 + side] = (40, 40, 220)
    return pixels


def tones(seconds: float, channels: int = 2, rate: int = RATE) -> Samples:
    """Return (samples, channels): one of TONES for each half second, at a third of full scale."""
    count = round(seconds * rate)
    places = np.arange(count) / rate
    hertz = np.asarray(TONES)[(places / STRETCH).astype(int) % len(TONES)]
    wave_form = (np.sin(2 * np.pi * hertz * places) * 10_000).astype(np.int16)
    return np.repeat(wave_form[:, None], channels, axis=1)


def power(samples: npt.NDArray[Any], hertz: float, rate: int = RATE) -> float:
    """Return the amplitude of one tone in a stretch of one channel (the Goertzel sum), in the samples' own unit."""
    count = len(samples)
    turn = np.exp(-2j * np.pi * hertz * np.arange(count) / rate)
    return float(abs(np.sum(samples.astype(np.float64) * turn)) * 2 / max(count, 1))


@dataclass(frozen=True)
class Make:
    """What a made video holds. `times` are the frames' starts in seconds (variable frame rate); None is one in 1/FPS.

    `pictures` are tracks that show the same; `turn` is the display matrix's rotation in degrees, `mirror` its horizontal
    flip; `hidden` seconds at the start are behind an edit list; `name` is what the tags, tracks, chapters, captions and
    subtitles say.
    """

    size: tuple[int, int] = SIZE
    seconds: float = 2.0
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    options: Mapping[str, str] = field(default_factory=dict)
    paint: Paint = shapes
    times: tuple[float, ...] | None = None
    sound: Samples | None = None
    second_sound: Samples | None = None
    subtitles: bool = False
    chapters: bool = False
    tags: bool = False
    captions: bool = False
    cover: bool = False
    pictures: int = 1
    timecode: bool = False
    turn: int = 0
    mirror: bool = False
    hidden: float = 0.0
    name: str = NAME


PLAIN = Make(sound=tones(2.0))
LEAKY = replace(
    PLAIN,
    second_sound=tones(2.0)[::-1].copy(),
    subtitles=True,
    chapters=True,
    tags=True,
    captions=True,
    cover=True,
)


_MADE: dict[tuple[int, str], bytes] = {}


def video(path: Path, make: Make = PLAIN) -> Path:
    """Write an MP4 or MOV (by the suffix of `path`) and return its path; PLAIN and LEAKY are coded once a run."""
    if make is not PLAIN and make is not LEAKY:
        return _coded(path, make)
    kind = id(make), path.suffix
    if kind in _MADE:
        path.write_bytes(_MADE[kind])
    else:
        _MADE[kind] = _coded(path, make).read_bytes()
    return path


def _coded(path: Path, make: Make) -> Path:
    # QuickTime's keys take every tag, but leave no room for a cover: MOV carries the one, MP4 the other.
    options = {"movflags": "use_metadata_tags"} if make.tags and path.suffix == ".mov" else {}
    if make.hidden:
        options["avoid_negative_ts"] = "disabled"
    with av.open(str(path), "w", container_options=options) as out:
        if make.tags:
            out.metadata.update(_tags(make.name))
        pictures = [_picture_stream(out, make) for _ in range(make.pictures)]
        sounds = [each for each in (make.sound, make.second_sound) if each is not None]
        streams = [_sound_stream(out, each, make) for each in sounds]
        words = out.add_mux_stream("mov_text", time_base=Fraction(1, 1000)) if make.subtitles else None
        cover = _cover_stream(out) if make.cover else None
        if make.chapters:
            out.set_chapters([_chapter(0, 1000, make.name), _chapter(1000, 2000, make.name)])
        packets = [packet for picture in pictures for packet in _picture_packets(picture, make)]
        for stream, samples in zip(streams, sounds, strict=True):
            packets += _sound_packets(stream, samples, make.hidden)
        if words is not None:
            packets.append(_words(words, make.name))
        if cover is not None:
            packets.append(_cover(cover, make.name))
        packets.sort(key=lambda each: (each.dts or 0) * each.time_base)
        for packet in packets:
            out.mux(packet)
    return path


def with_box(path: Path, kinds: tuple[bytes, ...], box: bytes) -> Path:
    """Put a box at the end of the first one of a path of kinds; `moov` must be the last of the file."""
    data = bytearray(path.read_bytes())
    start, sizes = 0, []
    for kind in kinds:
        start = data.index(kind, start) - 4
        sizes.append(start)
        start += 8
    end = sizes[-1] + int.from_bytes(data[sizes[-1] : sizes[-1] + 4])
    for at in sizes:
        data[at : at + 4] = (int.from_bytes(data[at : at + 4]) + len(box)).to_bytes(4)
    data[end:end] = box
    path.write_bytes(data)
    return path


def patched(path: Path, kind: bytes, number: int, at: int, data: bytes) -> Path:
    """Overwrite bytes of the content of the box `number` (from 0) of a kind, from its byte `at` on."""
    whole = bytearray(path.read_bytes())
    start = -1
    for _ in range(number + 1):
        start = whole.index(kind, start + 1)
    whole[start + 4 + at : start + 4 + at + len(data)] = data
    path.write_bytes(whole)
    return path


def sound_file(
    path: Path, samples: Samples, codec: str | None = None, *, tags: bool = False, cover: bool = False
) -> Path:
    """Write M4A, MP3, FLAC, Ogg or WAV by the suffix of `path`; `cover` attaches a picture with NAME in its comment."""
    codecs = {
        ".m4a": "aac",
        ".mp3": "libmp3lame",
        ".flac": "flac",
        ".wav": "pcm_s16le",
        ".ogg": "flac",
        ".aiff": "pcm_s16be",
    }
    container = {".m4a": "ipod"}.get(path.suffix)
    with av.open(str(path), "w", format=container) as out:
        if tags:
            out.metadata.update(_tags(NAME))
        stream = out.add_stream(codec or codecs[path.suffix], rate=RATE)
        stream.codec_context.layout = "mono" if samples.shape[1] == 1 else "stereo"
        art = _cover_stream(out) if cover else None
        out.start_encoding()
        if art is not None:
            out.mux(_cover(art, NAME))
        for packet in _sound_packets(stream, samples, 0.0):
            out.mux(packet)
    return path


def wav(path: Path, samples: Samples, rate: int = RATE, chunks: bytes = b"") -> Path:
    """Write a plain WAV of 16 bits; `chunks` are put behind the samples, as recorders do with their notes."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    data = bytearray(path.read_bytes() + chunks)
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    path.write_bytes(data)
    return path


@dataclass(frozen=True)
class Seen:
    """What a recording decodes to: frames as luma and chroma planes with their starts, and the samples as (n, channels)."""

    frames: tuple[tuple[Pixels, Pixels, Pixels], ...]
    times: tuple[float, ...]
    samples: npt.NDArray[np.float64]
    rate: int
    tracks: tuple[str, ...]
    chapters: int
    metadata: Mapping[str, str]


def seen(path: Path) -> Seen:
    """Decode a recording whole; samples are scaled to 16 bits."""
    with av.open(str(path)) as file:
        frames, times, sounds = [], [], []
        rate = file.streams.audio[0].rate if file.streams.audio else 0
        pictures = [each for each in file.streams.video if not each.disposition & av.stream.Disposition.attached_pic]
        shown = [*pictures[:1], *file.streams.audio[:1]]
        for packet in file.demux(*shown):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    frames.append(_planes(frame))
                    times.append(float(frame.time))
                elif isinstance(frame, av.AudioFrame):
                    sounds.append(_levels(frame))
        metadata = {**file.metadata, **{k: v for each in file.streams for k, v in each.metadata.items()}}
        return Seen(
            tuple(frames),
            tuple(times),
            np.concatenate(sounds) if sounds else np.zeros((0, 1)),
            rate,
            tuple(each.type for each in file.streams),
            len(file.chapters()),
            metadata,
        )


def _planes(frame: av.VideoFrame) -> tuple[Pixels, Pixels, Pixels]:
    planes = frame.reformat(format="yuv420p").planes
    arrays = [np.frombuffer(each, np.uint8).reshape(-1, each.line_size)[: each.height, : each.width] for each in planes]
    return arrays[0].copy(), arrays[1].copy(), arrays[2].copy()


def _levels(frame: av.AudioFrame) -> npt.NDArray[np.float64]:
    array = frame.to_ndarray()
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    scale = {"f": 32768.0, "i": 32768.0 / 2 ** (8 * array.dtype.itemsize - 1)}[array.dtype.kind]
    return array.T.astype(np.float64) * scale


def _tags(name: str) -> dict[str, str]:
    return {
        "title": f"{name} sings",
        "artist": name,
        "comment": f"with {name}",
        "location": "+48.2081+016.3713/",
        "creation_time": "2024-05-03T10:00:00Z",
        "com.apple.quicktime.author": name,
    }


def _chapter(start: int, end: int, name: str) -> Any:
    return {"id": start, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": name}}


def _picture_stream(out: Any, make: Make) -> Any:
    stream = out.add_stream(
        make.codec,
        rate=FPS,
        options={"preset": "ultrafast", **make.options} if "x264" in make.codec else dict(make.options),
    )
    stream.width, stream.height, stream.pix_fmt = *make.size, make.pixel_format
    stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
    if make.tags:
        stream.metadata["handler_name"] = f"{make.name} video"
        stream.metadata["language"] = "eng"
    if make.timecode:
        stream.metadata["timecode"] = "01:02:03:04"
    if make.turn or make.mirror:
        stream.set_display_rotation(-make.turn, hflip=make.mirror)
    return stream


def _sound_stream(out: Any, samples: Samples, make: Make) -> Any:
    stream = out.add_stream("aac", rate=RATE, bit_rate=96_000)
    stream.codec_context.layout = "mono" if samples.shape[1] == 1 else "stereo"
    if make.tags:
        stream.metadata["handler_name"] = f"{make.name} sound"
    return stream


def _cover_stream(out: Any) -> Any:
    stream = out.add_mux_stream("mjpeg", width=16, height=16)
    stream.disposition = av.stream.Disposition.attached_pic
    return stream


def _cover(stream: Any, name: str) -> av.Packet:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "JPEG", comment=name.encode())
    return _packet(stream, file.getvalue(), 0, 0)


def _words(stream: Any, name: str) -> av.Packet:
    text = name.encode()
    return _packet(stream, len(text).to_bytes(2, "big") + text, 100, 1500)


def _packet(stream: Any, data: bytes, at: int, duration: int) -> av.Packet:
    packet = av.Packet(data)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = at
    packet.duration, packet.is_keyframe = duration, True
    return packet


def _picture_packets(stream: Any, make: Make) -> Iterator[av.Packet]:
    times = make.times or tuple(number / FPS for number in range(round(make.seconds * FPS)))
    for number, time in enumerate(times):
        frame = av.VideoFrame.from_ndarray(make.paint(number, make.size), format="rgb24")
        if make.pixel_format != "rgb24":
            frame = frame.reformat(format=make.pixel_format)
        frame.pts, frame.time_base = round((time - make.hidden) * 1000), Fraction(1, 1000)
        yield from _with_captions(stream.encode(frame), make)
    yield from _with_captions(stream.encode(None), make)


def _with_captions(packets: Iterable[av.Packet], make: Make) -> Iterator[av.Packet]:
    for packet in packets:
        if not make.captions:
            yield packet
            continue
        changed = av.Packet(captions(make.name) + bytes(packet))
        changed.stream, changed.time_base = packet.stream, packet.time_base
        changed.pts, changed.dts, changed.duration = packet.pts, packet.dts, packet.duration
        changed.is_keyframe = packet.is_keyframe
        yield changed


def captions(text: str) -> bytes:
    """Return an SEI unit (Annex B) of CEA-608 captions, two letters in each triple (ATSC A/53 part 4, section 6.2.3)."""
    letters = text.encode("ascii")
    letters += b" " * (len(letters) % 2)
    triples = b"".join(b"\xfc" + letters[place : place + 2] for place in range(0, len(letters), 2))
    body = b"\xb5\x00\x31GA94\x03" + bytes([0x40 | len(triples) // 3, 0xFF]) + triples + b"\xff"
    return b"\0\0\0\1\x06\x04" + bytes([len(body)]) + body + b"\x80"


def _sound_packets(stream: Any, samples: Samples, hidden: float) -> Iterator[av.Packet]:
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    size = stream.codec_context.frame_size or 1024
    for start in range(0, len(samples), size):
        part = np.ascontiguousarray(samples[start : start + size]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout=layout)
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = start - round(hidden * RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)
