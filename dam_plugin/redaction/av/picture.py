"""The picture of a copy: boxes filled with flat grey, frames turned upright, encoded anew as H.264.

A box is mapped to the stored frame and widened to even pixels and by BLEED. It is filled in each frame that is on screen
at any moment of the box, including its first and its last. An odd last column or row is cut off, since 4:2:0 cannot hold
it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

import numpy as np
import numpy.typing as npt
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dam_plugin.redaction.av.source import MOST_FPS, SLACK, Coded, Look, Refused, Turn, look_of
from dam_plugin.redaction.model import BLEED, FILL, PixelBox, RecordingPlan, TimedRegion
from dam_tagging.facts import Region

CLOCK = 90_000
"""Ticks per second in the copy. Frames at 24, 25, 30 and 29.97 per second begin on whole ticks."""
MICRO = 1_000_000
NEAR = Fraction(1, 1000)
"""Seconds by which a written time may be rounded. A box also covers a frame that begins this soon after the box ends."""
SETTINGS = {
    "preset": "veryfast",
    "crf": "18",
    # Frames are in order, so that there is no delay and no edit list.
    "bf": "0",
    "g": "120",
    # Without this setting, captions of the source would stay in the stream.
    "a53cc": "0",
    "flags": "+bitexact",
    # With one thread nothing depends on which of two is faster: a source always gives the same copy.
    "threads": "1",
}
_NO_TEXTS = "filter_units=remove_types=6"
"""Drops supplemental units: the encoder writes its version, its settings and data of the frame into them."""
_LIMITED, _FULL = 1, 2
_SMPTE170M = 6
Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Timed:
    """A box of the stored frame. It is filled in frames that begin at `end` or before and end after `start` (ticks)."""

    start: int
    end: int | None
    box: PixelBox


class Picture:
    """The picture track of a copy: turns the source's frames into packets."""

    def __init__(self, out: OutputContainer, look: Look, base: Fraction, plan: RecordingPlan) -> None:
        """Add the track. `base` is the source's tick in seconds; the plan's times are in seconds of the source."""
        clip = plan.clip
        self._look = look
        self._base = base
        self._boxes = [_timed(box, look, base) for box in plan.boxes]
        self._from = Fraction(clip.start if clip else 0)
        self._until = Fraction(clip.end) if clip else None
        self._most = Fraction(plan.recording.duration) + SLACK
        self._held: tuple[VideoFrame, int, int] | None = None
        self.begin = Fraction(0)
        self._count = self._end = 0
        self._last, self._lasts = -1, 1
        self._format = "yuvj420p" if look.pixels.startswith("yuvj") else "yuv420p"
        self._stream = _stream(out, look, self._format)
        self._filter: BitStreamFilterContext | None = None

    @property
    def end(self) -> Fraction:
        """Seconds of the source that were taken so far."""
        return self._end * self._base

    def push(self, frame: VideoFrame, lasts: int) -> Iterator[Coded]:
        """Take a frame and yield the packets that are ready.

        `lasts` are the frame's ticks on screen. Raises Refused if form or clock change.
        """
        if replace(look_of(frame), colours=self._look.colours) != self._look:
            raise Refused("form")
        if frame.pts is None or frame.time_base != self._base:
            raise Refused("clock")
        if frame.pts + lasts <= 0:
            # It ends before 0, so that no player shows it.
            return
        self.begin = self.begin if self._count else frame.pts * self._base
        self._count += 1
        self._end = max(self._end, frame.pts + lasts)
        if self._count > MOST_FPS * (self.end + 1):
            raise Refused("fast")
        if self.end > self._most:
            raise Refused("damaged")
        if self._held is not None:
            held, shown, _ = self._held
            if frame.pts <= shown:
                raise Refused("clock")
            yield from self._code(held, shown, frame.pts, frame.pts)
        self._held = (frame, frame.pts, frame.pts + lasts)

    def finish(self) -> Iterator[Coded]:
        """Yield the remaining packets. The last frame stays on screen to the end, so it gets the boxes of any later time."""
        if self._held is not None:
            frame, start, stated = self._held
            yield from self._code(frame, start, None, stated)
        if self._last < 0:
            raise Refused("empty" if self._until is None else "nothing")
        yield from self._filtered(self._stream.encode(None))
        if self._filter is not None:
            yield from map(self._timed, self._filter.filter(None))

    def _code(self, frame: VideoFrame, start: int, end: int | None, stated: int) -> Iterator[Coded]:
        """Encode a frame that is on screen from tick `start` to `end` (None: to the end). The copy states the end `stated`."""
        shown = start * self._base
        if self._until is not None and not self._from <= shown < self._until:
            # A frame from before the clip may show somebody who is gone when the clip begins.
            return
        boxes = [each.box for each in self._boxes if _touches(each.start, each.end, start, end)]
        made = prepared(frame, self._look, self._format, boxes)
        # The first frame is on screen from 0: without an edit list a track cannot begin later.
        tick = round(max(shown - self._from, Fraction(0)) * CLOCK) if self._last >= 0 else 0
        if tick <= self._last:
            raise Refused("clock")
        until = stated * self._base if self._until is None else min(stated * self._base, self._until)
        self._last, self._lasts = tick, max(round((until - self._from) * CLOCK) - tick, 1)
        made.pts, made.time_base = tick, Fraction(1, CLOCK)
        # Otherwise each frame would keep its kind (key frame or not) from the source.
        made.pict_type = 0
        yield from self._filtered(self._stream.encode(made))

    def _filtered(self, packets: list[Coded]) -> Iterator[Coded]:
        if self._filter is None:
            self._filter = BitStreamFilterContext(_NO_TEXTS, self._stream)
        return map(self._timed, chain.from_iterable(map(self._filter.filter, packets)))

    def _timed(self, packet: Coded) -> Coded:
        """Return the packet with its duration. Only the last packet needs one, since no later packet shows when it ends.

        The encoder's default for the others (a thirtieth) would lengthen a track with more frames per second.
        """
        packet.duration = self._lasts if packet.pts == self._last else 1
        return packet


def prepared(frame: VideoFrame, look: Look, pixels: str, boxes: list[PixelBox]) -> VideoFrame:
    """Return the frame for the copy: 8-bit 4:2:0, boxes filled, upright, with even sides.

    A frame to which other frames may refer is copied before it is changed.
    """
    made = _reduced(frame, look, pixels)
    if boxes:
        made.make_writable()
        for plane, share in zip(planes(made), (1, 2, 2), strict=True):
            for box in boxes:
                plane[box.top // share : box.bottom // share, box.left // share : box.right // share] = FILL
    width, height = look.size
    if look.turn == Turn() and width % 2 == height % 2 == 0:
        return made
    turned_frame = VideoFrame(*look.turn.upright((width & ~1, height & ~1)), pixels)
    for plane, target, share in zip(planes(made), planes(turned_frame), (1, 2, 2), strict=True):
        target[:] = turned(plane[: (height & ~1) // share, : (width & ~1) // share], look.turn)
    return turned_frame


def turned(plane: npt.NDArray[np.uint8], turn: Turn) -> npt.NDArray[np.uint8]:
    """Return an upright view of a stored plane (rows, columns[, channels])."""
    mirrored = plane[:: -1 if turn.flip_y else 1, :: -1 if turn.flip_x else 1]
    return mirrored.swapaxes(0, 1) if turn.swap else mirrored


def planes(frame: VideoFrame) -> list[Plane]:
    """Return the planes of a frame as writable views of (rows, columns)."""
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    ]


def stored_box(region: Region, size: tuple[int, int], turn: Turn) -> PixelBox:
    """Return the pixels of the stored frame that an upright box covers, widened to even pixels and by BLEED."""
    left, top = Fraction(region.x), Fraction(region.y)
    right, bottom = left + Fraction(region.w), top + Fraction(region.h)
    if turn.swap:
        left, top, right, bottom = top, left, bottom, right
    if turn.flip_x:
        left, right = 1 - right, 1 - left
    if turn.flip_y:
        top, bottom = 1 - bottom, 1 - top
    (x0, x1), (y0, y1) = _outward(left, right, size[0]), _outward(top, bottom, size[1])
    if x0 >= x1 or y0 >= y1:
        raise Refused("outside")
    return PixelBox(x0, y0, x1, y1)


def _outward(low: Fraction, high: Fraction, length: int) -> tuple[int, int]:
    start, end = 2 * math.floor(low * length / 2) - BLEED, 2 * math.ceil(high * length / 2) + BLEED
    return max(start, 0), min(end, length & ~1)


def _timed(box: TimedRegion, look: Look, base: Fraction) -> _Timed:
    """Return a box with its times in whole ticks, so that `_touches` can compare them exactly."""
    # A float may differ a little from the intended time: the frame before counts if the box may touch it.
    start = math.floor(min(Fraction(box.start), Fraction(round(box.start * MICRO), MICRO)) / base)
    end = math.floor((Fraction(box.end) + NEAR) / base) if math.isfinite(box.end) else None
    return _Timed(start, end, stored_box(box.region, look.size, look.turn))


def _touches(low: int, high: int | None, start: int, end: int | None) -> bool:
    """Whether a frame from `start` until just before `end` is on screen at any moment from `low` to `high`."""
    return (high is None or start <= high) and (end is None or end > low)


def _reduced(frame: VideoFrame, look: Look, pixels: str) -> VideoFrame:
    if frame.format.name == pixels:
        return frame
    range_, space, _, _ = _colours(look)
    # Each frame has a converter of its own, and the threads of one would outlive it: a long recording would run out of them.
    if _is_rgb(look):
        return frame.reformat(format=pixels, dst_colorspace=space, dst_color_range=range_, threads=1)
    # Luma and chroma keep their range.
    known = range_ or _LIMITED
    return frame.reformat(format=pixels, src_color_range=known, dst_color_range=known, threads=1)


def _colours(look: Look) -> tuple[int, int, int, int]:
    """Return range, space, primaries and transfer of the copy: the source's, if it states them."""
    range_, space, primaries, transfer = look.colours
    if _is_rgb(look):
        return _LIMITED, _SMPTE170M, primaries, transfer
    if look.pixels.startswith(("yuvj", "gray")):
        range_ = range_ or _FULL
    return range_, space, primaries, transfer


def _is_rgb(look: Look) -> bool:
    return not look.pixels.startswith(("yuv", "nv", "p01", "p21", "p41", "gray", "uyvy", "yuyv"))


def _stream(out: OutputContainer, look: Look, pixels: str) -> VideoStream:
    stream = out.add_stream("libx264", rate=30, options=dict(SETTINGS))
    context = stream.codec_context
    if not isinstance(stream, VideoStream) or not isinstance(context, VideoCodecContext):
        raise Refused("codec")
    context.width, context.height = look.turn.upright((look.size[0] & ~1, look.size[1] & ~1))
    context.pix_fmt = pixels
    context.time_base = Fraction(1, CLOCK)
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = _colours(look)
    return stream
