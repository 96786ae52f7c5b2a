"""A recording as it is read: which container, which tracks, which form of picture and sound; and what is refused of it.

Runs in the working process alone. Only containers and decoders of the lists are tried, and nothing but the file itself
is opened. Refusals are words of `av.REASONS`.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import SideData
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dam_plugin.redaction.model import Recording
from dam_tagging.metadata.read import HEAD, sniff

MOST_SECONDS = 4 * 3600
MOST_PIXELS = 4096 * 2304
LEAST_SIDE = 16
MOST_FPS = 120
THREADS = 2
"""Threads of a decoder or encoder: a fixed number, so that the same file gives the same copy on every machine."""
SLACK = Fraction(1, 2)
"""Seconds by which what is decoded may be longer or shorter than what the container says."""

_CONTAINERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
}
_PICTURES = (
    *("h264", "hevc", "mpeg4", "h263", "mjpeg", "prores", "dvvideo", "png", "qtrle", "rawvideo"),
    *("libdav1d", "av1", "libvpx-vp9", "vp9"),
)
_SOUNDS = (
    *("aac", "alac", "mp3", "mp3float", "flac", "ac3", "eac3", "opus", "libopus", "amrnb", "amrwb"),
    *("adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "pcm_alaw", "pcm_mulaw", "pcm_s8", "pcm_u8"),
    *("pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be"),
    *("pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be"),
)
DECODERS = frozenset((*_PICTURES, *_SOUNDS))
_PROTECTED = frozenset({"encv", "enca", "drms", "drmi", "drmt", "p608"})
_PQ = 16
_NO_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


Coded: TypeAlias = "Packet[Any]"
"""A packet of either track."""


class Refused(Exception):
    """The recording cannot be redacted; the text is a word of `av.REASONS`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture becomes upright: mirrored along the stored axes, then the axes are swapped."""

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def upright(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the (width, height) that a stored size has upright."""
        return (size[1], size[0]) if self.swap else size


@dataclass(frozen=True, slots=True)
class Look:
    """The form of the stored picture, which may not change; `colours` are range, space, primaries and transfer."""

    size: tuple[int, int]
    pixels: str
    turn: Turn
    colours: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Source:
    """An open recording: its one picture track and its one sound track, each of which may be absent."""

    media_type: str
    file: InputContainer
    picture: VideoStream | None
    sound: AudioStream | None

    def frames(self) -> Iterator[VideoFrame | AudioFrame]:
        """Yield the frames of both tracks as they come; raises Refused for whatever does not decode without doubt."""
        streams = [each for each in (self.picture, self.sound) if each is not None]
        gc.freeze()
        try:
            for number, packet in enumerate(self.file.demux(*streams)):
                check_packet(packet)
                for frame in packet.decode():
                    yield _sound_frame(frame)
                # A frame whose side data were looked at refers to itself, and holds megabytes that are not counted.
                if number % 8 == 0:
                    gc.collect()
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError) as error:
            raise Refused("damaged") from error

    @property
    def duration(self) -> Fraction:
        """Seconds of the longer of the two tracks; raises Refused where the container does not say."""
        streams = [each for each in (self.picture, self.sound) if each is not None]
        ends = [
            ((each.start_time or 0) + each.duration) * each.time_base
            for each in streams
            if each.duration is not None and each.time_base is not None
        ]
        # Without a header that counts them, what an MP3 says is an estimate from its first frames.
        if self.media_type == "audio/mpeg" or not ends:
            ends = [self._counted()]
        duration = max(ends)
        if duration <= 0:
            raise Refused("endless")
        if duration > MOST_SECONDS:
            raise Refused("long")
        return duration

    def _counted(self) -> Fraction:
        total = Fraction(0)
        for packet in self.file.demux(*self.file.streams.audio[:1]):
            if packet.size and not packet.duration:
                raise Refused("endless")
            total += (packet.duration or 0) * packet.time_base
            if total > MOST_SECONDS:
                break
        return total


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a recording; raises Refused for a container or a track that is not on the lists."""
    try:
        with path.open("rb") as file:
            media_type = sniff(file.read(HEAD))
    except OSError as error:
        raise Refused("gone") from error
    container = _CONTAINERS.get(media_type)
    if container is None:
        raise Refused("format")
    options = {"protocol_whitelist": "file", "codec_whitelist": ",".join(sorted(DECODERS)), "enable_drefs": "0"}
    if container != "mov":
        del options["enable_drefs"]
    try:
        file_ = av.open(str(path), "r", format=container, container_options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise Refused("damaged") from error
    with file_:
        yield _source(media_type, file_)


def inspect(path: Path) -> tuple[Recording, Look | None]:
    """Return what a plan needs to know of a recording, and the form of its picture by the first frame."""
    with opened(path) as source:
        duration, sound = float(source.duration), source.sound is not None
        if source.picture is None:
            return Recording(source.media_type, duration, None, sound), None
        for frame in source.frames():
            if isinstance(frame, VideoFrame):
                look = look_of(frame)
                return Recording(source.media_type, duration, look.turn.upright(look.size), sound), look
    raise Refused("empty")


def look_of(frame: VideoFrame) -> Look:
    """Return the form of a frame; raises Refused for one of which no copy is made."""
    if frame.interlaced_frame:
        raise Refused("interlaced")
    if frame.width * frame.height > MOST_PIXELS:
        raise Refused("large")
    if min(frame.width, frame.height) < LEAST_SIDE:
        raise Refused("small")
    if frame.color_trc == _PQ:
        raise Refused("hdr")
    colours = (frame.color_range, frame.colorspace, frame.color_primaries, frame.color_trc)
    return Look((frame.width, frame.height), frame.format.name, turn_of(frame), colours)


def turn_of(frame: VideoFrame) -> Turn:
    """Return how a frame becomes upright, by the display matrix it comes with (ISO/IEC 14496-12, 6.2.2)."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, SideData):
        return Turn()
    # x' = a x + c y and y' = b x + d y: of a quarter turn, one pair is 0 and the other 1 or -1.
    a, b, u, c, d, v = struct.unpack_from("=6i", bytes(matrix))
    one = 1 << 16
    if u or v or {abs(each) for each in (a, b, c, d)} != {0, one} or abs(a) != abs(d) or abs(b) != abs(c):
        raise Refused("turned")
    return Turn(swap=True, flip_x=b < 0, flip_y=c < 0) if b else Turn(flip_x=a < 0, flip_y=d < 0)


def check_packet(packet: Coded) -> None:
    """Raise Refused for a packet that is cut off or encrypted."""
    if packet.is_corrupt:
        raise Refused("damaged")
    if packet.has_sidedata("encryption_info") or packet.has_sidedata("encryption_init_info"):
        raise Refused("encrypted")


def _sound_frame(frame: object) -> VideoFrame | AudioFrame:
    if not isinstance(frame, VideoFrame | AudioFrame):
        raise Refused("codec")
    if frame.is_corrupt:
        raise Refused("damaged")
    return frame


def _source(media_type: str, file: InputContainer) -> Source:
    pictures = [each for each in file.streams.video if not each.disposition & _NO_PICTURES]
    picture = next((each for each in pictures if each.disposition & Disposition.default), next(iter(pictures), None))
    sound = next(iter(file.streams.audio), None)
    if picture is None and sound is None:
        raise Refused("empty")
    if picture is not None:
        if media_type == "audio/mp4":
            raise Refused("format")
        _check_picture(picture)
    for stream in (picture, sound):
        if stream is not None:
            _prepare(stream)
    return Source(media_type, file, picture, sound)


def _check_picture(stream: VideoStream) -> None:
    if stream.codec_context is not None and stream.width * stream.height > MOST_PIXELS:
        raise Refused("large")
    if stream.average_rate is not None and stream.average_rate > MOST_FPS:
        raise Refused("fast")


def _prepare(stream: VideoStream | AudioStream) -> None:
    context = stream.codec_context
    if context is None or context.name not in DECODERS:
        raise Refused("encrypted" if context is not None and stream.codec_tag in _PROTECTED else "codec")
    if stream.codec_tag in _PROTECTED:
        raise Refused("encrypted")
    # A decoder that hides its errors would show what a person has not seen.
    context.options = {"err_detect": "explode"}
    context.thread_count = THREADS
