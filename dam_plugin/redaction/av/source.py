"""Opens a recording for a copy, and refuses unsupported ones: by container, tracks, form of picture and sound.

Only the listed containers and decoders are tried, and no other file is opened. Players use some properties that decoders
do not report: this module reads them from the boxes (ISO/IEC 14496-12: tkhd 8.3.2, elst 8.6.6, stsd 8.5.2, clap 12.1.4).
A refusal is a key of `copy_recording.REASONS`. Runs only in `copy_process`, which writes the copy.
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

from dam_plugin.redaction.model import Change, Recording
from dam_tagging.metadata.containers.blocks import Unreadable
from dam_tagging.metadata.containers.bmff import Box, Boxes, Fields
from dam_tagging.metadata.read import HEAD, sniff

MOST_SECONDS = 4 * 3600
MOST_PIXELS = 4096 * 2304
LEAST_SIDE = 16
MOST_FPS = 120
THREADS = 2
"""Threads of a decoder."""
SLACK = Fraction(1, 2)
"""Seconds by which the decoded length may differ from the one that the container states."""
MOST_WAITING = 16_000_000
"""Pixels of frames that may wait before the garbage collector is run."""
LATE = Fraction(3, 20)
"""Latest second of the clock at which a recording may begin. If it begins later, players differ in where they start.

A decoder of MP3 begins 1,105 samples late. At 8 kHz these are 0.14 s.
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
DEPTH = 8
"""Bits of each colour in a copy."""
BITS = 16
"""Bits of a sample in a copy."""
_EXACT = ("pcm_", "flac", "alac")
"""Beginnings of the names of lossless decoders. In other codecs a sample has no fixed number of bits."""
MOST_EDITS = 1_000
MOST_TRACKS = 64
_AT_ITS_SPEED = 1 << 16
_TABLE = 8
"""Bytes in front of the entries of a table: version, flags and count."""
_PICTURE_ENTRY = 78
"""Bytes in front of the boxes in a picture's entry of `stsd`."""
_WHAT = "recording"
MOST_WAV = 0x7FFF0000 - 1
"""Most bytes of samples in a WAV: writers that do not know the length write a larger number."""
_MOST_CHUNKS = 1_000


class Refused(Exception):
    """The recording cannot be copied. The text of the error is a key of `copy_recording.REASONS`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The steps that turn a stored picture upright: mirror it along its stored axes, then swap the axes."""

    swap: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def upright(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the upright picture, from those of the stored one."""
        return (size[1], size[0]) if self.swap else size


@dataclass(frozen=True, slots=True)
class Look:
    """The form of the stored picture, the same in every frame; `colours` are range, space, primaries and transfer."""

    size: tuple[int, int]
    pixels: str
    turn: Turn
    colours: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Track:
    """One track of an MP4 or MOV. Players play one of the tracks of a `group`; 0 is no group.

    `is_paced`: an edit changes its speed. `is_cut`: its clean aperture is not the whole picture.
    """

    number: int
    group: int
    is_paced: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Source:
    """An open recording with its picture track and its sound track; one of them may be missing."""

    media_type: str
    file: InputContainer
    picture: VideoStream | None
    sound: AudioStream | None

    def frames(self) -> Iterator[VideoFrame | AudioFrame]:
        """Yield the frames of both tracks in the order of the file; raises Refused at the first error in decoding."""
        streams = [each for each in (self.picture, self.sound) if each is not None]
        gc.freeze()
        waiting = 0
        try:
            for packet in self.file.demux(*streams):
                check_packet(packet)
                for frame in packet.decode():
                    waiting += frame.width * frame.height if isinstance(frame, VideoFrame) else 0
                    yield _sound_frame(frame)
                # A frame refers to itself once its side data were read. It then waits for the collector, which does not
                # count megabytes.
                if waiting > MOST_WAITING:
                    gc.collect()
                    waiting = 0
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError) as error:
            raise Refused("damaged") from error

    @property
    def duration(self) -> Fraction:
        """Seconds of the longer track; raises Refused if the container does not state them."""
        streams = [each for each in (self.picture, self.sound) if each is not None]
        ends = [
            ((each.start_time or 0) + each.duration) * each.time_base
            for each in streams
            if each.duration is not None and each.time_base is not None
        ]
        # An MP3 without a header of counts states an estimate from its first frames.
        if self.media_type == "audio/mpeg" or not ends:
            ends = [self._counted()]
        duration = max(ends)
        if duration <= 0:
            raise Refused("endless")
        if duration > MOST_SECONDS:
            raise Refused("long")
        return duration

    def check_start(self) -> None:
        """Raise Refused for a recording that begins more than LATE after 0 of its clock."""
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
    """Open a recording; raises Refused for a container or a codec that is not listed."""
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
        yield _source(media_type, file_, tracks_of(path) if container == "mov" else {})


def inspect(path: Path) -> tuple[Recording, Look | None]:
    """Return the facts that a plan needs, and the form of the picture by its first frame (None: only sound)."""
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
    """Return the form of a frame; raises Refused for a form that cannot be copied."""
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
    """Return the turn of a frame, from its display matrix (ISO/IEC 14496-12, 6.2.2)."""
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
    """Return the track that players show: one that is switched on, if any is."""
    shown = [each for each in found if each.disposition & Disposition.default] or found
    if len(shown) > 1:
        raise Refused("pictures")
    return next(iter(shown), None)


def _sound(found: list[AudioStream], tracks: dict[int, Track]) -> AudioStream | None:
    """Return the track that players play: the first of those switched on, if they are alternatives to each other."""
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
    # A decoder that hides its errors would show pictures that no person has checked.
    context.options = {"err_detect": "explode"}
    context.thread_count = THREADS


def picture_changes(frame: VideoFrame) -> tuple[Change, ...]:
    """Return the losses of a copy of such a frame."""
    form = frame.format
    is_fine = form.is_rgb or form.chroma_width(2) * form.chroma_height(2) > 1
    lost: list[tuple[Change, bool]] = [
        ("depth", max(each.bits for each in form.components) > DEPTH),
        ("chroma", is_fine and not form.name.startswith("gray")),
        ("even", bool(frame.width % 2 or frame.height % 2)),
    ]
    return tuple(change for change, is_lost in lost if is_lost)


def sound_changes(stream: AudioStream | None) -> tuple[Change, ...]:
    """Return the losses of a copy of such a track of sound."""
    if stream is None or stream.codec_context is None:
        return ()
    context = stream.codec_context
    lost: list[tuple[Change, bool]] = [
        ("channels", context.layout.nb_channels > 2),
        ("bits", context.name.startswith(_EXACT) and context.format is not None and context.format.bits > BITS),
    ]
    return tuple(change for change, is_lost in lost if is_lost)


def tracks_of(path: Path) -> dict[int, Track]:
    """Return the tracks of an MP4 or MOV by their numbers; raises Refused if their tables are damaged."""
    try:
        with path.open("rb") as file:
            found = list(_tracks(Boxes(file, _WHAT)))
    except Unreadable as error:
        raise Refused("damaged") from error
    numbered = {each.number: each for each in found}
    if len(numbered) != len(found):
        raise Refused("damaged")
    return numbered


def is_tagged_flac(path: Path) -> bool:
    """Whether the file is a FLAC behind an ID3 tag, which looks like an MP3."""
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] != b"ID3":
            return False
        # Seven bits of each byte count (ID3v2.4, 6.2).
        file.seek(10 + sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(head[6:10]))))
        return file.read(4) == b"fLaC"


def has_length(path: Path) -> bool:
    """Whether a WAV states the length of its samples; a WAV that was written into a pipe does not."""
    with path.open("rb") as file:
        at = 12
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(8)
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return 0 < size <= MOST_WAV
            if len(head) < 8:
                break
            at += 8 + size + size % 2
    return True


def _tracks(boxes: Boxes) -> Iterator[Track]:
    movie = next((each for each in boxes.inside(boxes.whole) if each.kind == b"moov"), None)
    if movie is None:
        raise Refused("damaged")
    parts = list(boxes.inside(movie))
    # A compressed table of tracks cannot be read.
    if len(parts) > MOST_TRACKS * 2 or any(each.kind == b"cmov" for each in parts):
        raise Refused("damaged")
    for part in parts:
        if part.kind == b"trak":
            yield _track(boxes, part)


def _track(boxes: Boxes, track: Box) -> Track:
    head = _fields(boxes, _only(boxes, track, b"tkhd"), 96)
    long = head.number(1) == 1
    head.skip(3 + (16 if long else 8))
    number = head.number(4)
    head.skip(4 + (8 if long else 4) + 8 + 2)
    group = head.number(2)
    return Track(number, group, any(_paces(boxes, track)), _is_cut(boxes, track))


def _paces(boxes: Boxes, track: Box) -> Iterator[bool]:
    """Yield, for each edit, whether it changes the speed."""
    for edits in _all(boxes, track, b"edts", b"elst"):
        table = _fields(boxes, edits, _TABLE + 20 * MOST_EDITS)
        width = 8 if table.number(1) == 1 else 4
        table.skip(3)
        count = table.number(4)
        if count > MOST_EDITS:
            raise Refused("damaged")
        for _ in range(count):
            table.skip(2 * width)
            yield table.number(4) != _AT_ITS_SPEED


def _is_cut(boxes: Boxes, track: Box) -> bool:
    path = (b"mdia", b"minf", b"stbl", b"stsd")
    if not any(_all(boxes, track, b"mdia", b"minf", b"vmhd")):
        return False
    entries = [entry for table in _all(boxes, track, *path) for entry in boxes.inside(table, _TABLE)]
    return any(_cuts(boxes, entry) for entry in entries)


def _cuts(boxes: Boxes, entry: Box) -> bool:
    size = _fields(boxes, entry, 28)
    size.skip(24)
    whole = Fraction(size.number(2)), Fraction(size.number(2))
    for each in boxes.inside(entry, _PICTURE_ENTRY):
        if each.kind == b"clap":
            fields = _fields(boxes, each, 32)
            width, height, across, down = (_ratio(fields) for _ in range(4))
            if (width, height) != whole or across or down:
                return True
    return False


def _ratio(fields: Fields) -> Fraction:
    top, bottom = fields.number(4), fields.number(4)
    if not bottom:
        raise Refused("damaged")
    return Fraction(top, bottom)


def _fields(boxes: Boxes, box: Box, most: int) -> Fields:
    return Fields(boxes.content(box, most=most), _WHAT)


def _only(boxes: Boxes, parent: Box, kind: bytes) -> Box:
    found = [each for each in boxes.inside(parent) if each.kind == kind]
    if len(found) != 1:
        raise Refused("damaged")
    return found[0]


def _all(boxes: Boxes, parent: Box, *path: bytes) -> Iterator[Box]:
    """Yield every box at such a path below `parent`. If there are several, decoders differ in which one they use."""
    for each in boxes.inside(parent):
        if each.kind == path[0]:
            yield from _all(boxes, each, *path[1:]) if path[1:] else (each,)
