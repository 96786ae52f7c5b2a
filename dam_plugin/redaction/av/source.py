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

from dam_plugin.redaction.av.changes import picture_changes, sound_changes
from dam_plugin.redaction.av.tracks import Odd, Track, has_length, is_tagged_flac, tracks_of
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
MOST_WAITING = 16_000_000
"""Pixels of frames that may wait to be thrown away."""
LATE = Fraction(3, 20)
"""Seconds after 0 at which a recording may begin: later, players differ in what they call its beginning.

A decoder of MP3 begins 1,105 samples late, which are 0.14 s at 8 kHz.
"""

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
        waiting = 0
        try:
            for packet in self.file.demux(*streams):
                check_packet(packet)
                for frame in packet.decode():
                    waiting += frame.width * frame.height if isinstance(frame, VideoFrame) else 0
                    yield _sound_frame(frame)
                # A frame whose side data were looked at refers to itself, and holds megabytes that are not counted.
                if waiting > MOST_WAITING:
                    gc.collect()
                    waiting = 0
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

    def check_start(self) -> None:
        """Raise Refused for a recording that begins later than its clock."""
        streams = [each for each in (self.picture, self.sound) if each is not None]
        begins = [(each.start_time or 0) * each.time_base for each in streams if each.time_base is not None]
        if min(begins, default=0) > LATE:
            raise Refused("late")

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
    if container == "mp3" and is_tagged_flac(path):
        raise Refused("tagged")
    if container == "wav" and not has_length(path):
        raise Refused("unsized")
    options = {"protocol_whitelist": "file", "codec_whitelist": ",".join(sorted(DECODERS)), "enable_drefs": "0"}
    if container != "mov":
        del options["enable_drefs"]
    try:
        file_ = av.open(str(path), "r", format=container, container_options=options, metadata_errors="replace")
    except MemoryError:
        raise
    except (av.FFmpegError, ValueError) as error:
        raise Refused("damaged") from error
    with file_:
        yield _source(media_type, file_, _tracks(path) if container == "mov" else {})


def _tracks(path: Path) -> dict[int, Track]:
    try:
        return tracks_of(path)
    except Odd as error:
        raise Refused("damaged") from error


def inspect(path: Path) -> tuple[Recording, Look | None]:
    """Return what a plan needs to know of a recording, and the form of its picture by the first frame."""
    with opened(path) as source:
        duration, changes = float(source.duration), sound_changes(source.sound)
        source.check_start()
        if source.picture is None:
            return Recording(source.media_type, duration, None, source.sound is not None, changes), None
        for frame in source.frames():
            if isinstance(frame, VideoFrame):
                look = look_of(frame)
                size = look.turn.upright(look.size)
                changes = (*picture_changes(frame), *changes)
                return Recording(source.media_type, duration, size, source.sound is not None, changes), look
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
    if any(each.is_alpha for each in frame.format.components):
        raise Refused("clear")
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


def _source(media_type: str, file: InputContainer, tracks: dict[int, Track]) -> Source:
    picture = _picture([each for each in file.streams.video if not each.disposition & _NO_PICTURES])
    sound = _sound(list(file.streams.audio), tracks)
    if picture is None and sound is None:
        raise Refused("empty")
    if picture is not None:
        if media_type == "audio/mp4":
            raise Refused("format")
        _check_picture(picture)
    for stream in (picture, sound):
        if stream is not None:
            _prepare(stream)
            _check_track(tracks.get(stream.id))
    return Source(media_type, file, picture, sound)


def _picture(found: list[VideoStream]) -> VideoStream | None:
    """Return the one that is shown: a track that is switched off is not."""
    shown = [each for each in found if each.disposition & Disposition.default] or found
    if len(shown) > 1:
        raise Refused("pictures")
    return next(iter(shown), None)


def _sound(found: list[AudioStream], tracks: dict[int, Track]) -> AudioStream | None:
    """Return the one that is heard: of several that are switched on, the first where they are alternatives."""
    heard = [each for each in found if each.disposition & Disposition.default] or found[:1]
    groups = {tracks[each.id].group if each.id in tracks else 0 for each in heard}
    if len(heard) > 1 and (len(groups) > 1 or groups == {0}):
        raise Refused("sounds")
    return next(iter(heard), None)


def _check_track(track: Track | None) -> None:
    if track is not None and track.is_paced:
        raise Refused("paced")
    if track is not None and track.is_cut:
        raise Refused("cut")


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
