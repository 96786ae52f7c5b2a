"""The pictures of a copy beside the source's: flat grey where somebody is hidden, and the source's everywhere else.

Runs in the decoding process alone. An encoder smears across the edge of a box: what is inside must be flat, the rim may
show a little of the picture beside it, of which nothing is hidden.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace, VideoReformatter

from dam_plugin.redaction.model import FILL

GREY = 3
"""Levels by which the grey may miss the middle: 128 in RGB is 126 in studio range."""
RIM = 12
"""Pixels inside the edge of a box that a coding block may share with the picture outside (8, and what smooths it)."""
FLAT, FLAT_RIM = 10, 32
"""Levels by which a sample may differ from grey inside, and in the rim (measured: 7 and 14)."""
FLAT_MEAN = 1.5
"""Levels by which the mean of 8 by 8 pixels may differ from grey inside (measured: 1.0 in a small box, else 0.25)."""
BESIDE, LATE = 24, Fraction(1, 4)
"""Pixels and seconds around a box that may be hidden with it."""
STRAY, STRAY_MEAN = 16, 4
"""Levels by which a block outside may differ from the source's, and all blocks on average (measured: 5 and 1.2)."""

_FULL_RANGE = 2
_RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal", "mono")

Levels = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A grown box: `edges` (left, top, right, bottom) as fractions 0..1 of the upright picture, and its seconds."""

    start: Fraction
    end: Fraction | None
    edges: tuple[Fraction, Fraction, Fraction, Fraction]

    def holds(self, start: Fraction, end: Fraction | None, margin: Fraction = Fraction(0)) -> bool:
        """Whether a frame on screen from `start` to `end` touches it; None is the end of everything."""
        return (self.end is None or start < self.end + margin) and (end is None or end > self.start - margin)

    def pixels(self, size: tuple[int, int], beside: int = 0) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom) in whole pixels of a picture of `size`, out, and `beside` further."""
        left, top, right, bottom = self.edges
        width, height = size
        return (
            max(floor(left * width) - beside, 0),
            max(floor(top * height) - beside, 0),
            min(ceil(right * width) + beside, width),
            min(ceil(bottom * height) + beside, height),
        )


class Seen:
    """Compares the frames of a copy, one after another, with those of the source; `failures` are words of a list."""

    def __init__(self, hidden: Sequence[Hidden]) -> None:
        """`hidden` are the boxes, in seconds of the source."""
        self.failures: set[str] = set()
        self.count = 0
        self._hidden = hidden
        self._size: tuple[int, int] | None = None
        self._shrink = VideoReformatter(), VideoReformatter()

    def compare(self, copy: VideoFrame, source: VideoFrame, start: Fraction, end: Fraction | None) -> None:
        """Judge one frame; `start` and `end` are when the source's is on screen."""
        size = copy.width, copy.height
        if self._size is None:
            self._size = size
        upright = _upright_size(source)
        if size != self._size or not all(0 <= whole - part <= 1 for whole, part in zip(upright, size, strict=True)):
            self.failures.add("size")
            return
        if any(axis for axis in _flips(copy)) or copy.format.name not in {"yuv420p", "yuvj420p"}:
            self.failures.add("form")
            return
        self.count += 1
        near = [each for each in self._hidden if each.holds(start, end, LATE)]
        self._judge_boxes(copy, [each.pixels(size) for each in near if each.holds(start, end)])
        self._judge_rest(copy, source, [each.pixels(size, BESIDE) for each in near])

    def _judge_boxes(self, copy: VideoFrame, boxes: Sequence[tuple[int, int, int, int]]) -> None:
        for number, plane in enumerate(copy.planes if boxes else ()):
            share = 2 if number else 1
            levels = _levels(plane)
            for left, top, right, bottom in boxes:
                part = levels[top // share : -(-bottom // share), left // share : -(-right // share)]
                if not is_flat(part.astype(np.int16) - FILL, RIM // share):
                    self.failures.add("box")

    def _judge_rest(self, copy: VideoFrame, source: VideoFrame, boxes: Sequence[tuple[int, int, int, int]]) -> None:
        across, down = blocks = _blocks((copy.width, copy.height))
        ours = _shrunk(self._shrink[0], copy, blocks)
        swap = _flips(source)[0]
        theirs = _turned(_shrunk(self._shrink[1], source, (down, across) if swap else blocks), source)
        strays = np.abs(ours - theirs).max(axis=2)
        for left, top, right, bottom in boxes:
            strays[
                top * down // copy.height : -(-bottom * down // copy.height),
                left * across // copy.width : -(-right * across // copy.width),
            ] = 0
        if strays.max() > STRAY or strays.mean() > STRAY_MEAN:
            self.failures.add("outside")


def is_flat(levels: Levels, rim: int) -> bool:
    """Whether a part of a plane (its difference from grey) is flat inside, and nearly so in its rim of so many samples."""
    height, width = levels.shape
    rim = min(rim, (min(height, width) - 1) // 4)
    inside = levels[rim : height - rim, rim : width - rim]
    grey = round(float(np.median(inside)))
    if abs(grey) > GREY:
        return False
    levels, inside = levels - grey, inside - grey
    if max(int(levels.max()), -int(levels.min())) > FLAT_RIM or max(int(inside.max()), -int(inside.min())) > FLAT:
        return False
    means = _means(inside)
    return not means.size or float(np.abs(means).max()) <= FLAT_MEAN


def pairs(
    copies: Iterator[tuple[VideoFrame, Fraction, Fraction | None]],
    sources: Iterator[tuple[VideoFrame, Fraction, Fraction | None]],
    clip: tuple[Fraction, Fraction] | None,
    failures: set[str],
) -> Iterator[tuple[VideoFrame, VideoFrame, Fraction, Fraction | None]]:
    """Yield (copy's, source's, start, end) for each frame that belongs into the copy; unlike counts or times fail.

    A frame belongs into a clip that it is on screen in. The first one is shown from the beginning.
    """
    begin = clip[0] if clip else Fraction(0)
    is_first = True
    for source, start, end in sources:
        if (end is not None and end <= begin) or (clip and start >= clip[1]):
            continue
        found = next(copies, None)
        if found is None:
            failures.add("frames")
            return
        expected = Fraction(0) if is_first else max(start - begin, Fraction(0))
        if abs(found[1] - expected) > TICK:
            failures.add("times")
            return
        is_first = False
        yield found[0], source, start, end
    if is_first or next(copies, None) is not None:
        failures.add("frames")


TICK = Fraction(1, 500)
"""Seconds by which the clocks of the two files may round."""


def _means(levels: Levels) -> npt.NDArray[np.float64]:
    height, width = (side // 8 for side in levels.shape)
    whole = levels[: height * 8, : width * 8].reshape(height, 8, width, 8)
    means: npt.NDArray[np.float64] = whole.mean(axis=(1, 3)) if height and width else np.zeros(0)
    return means


def _blocks(size: tuple[int, int]) -> tuple[int, int]:
    """Return how many blocks (across, down) a picture is compared in: of about 16 pixels, in a small one of 8."""
    side = 16 if min(size) >= 256 else 8
    return max(size[0] // side, 1), max(size[1] // side, 1)


def _shrunk(shrink: VideoReformatter, frame: VideoFrame, blocks: tuple[int, int]) -> Levels:
    """Return the means of blocks, as (rows, columns, luma and chroma): both axes are treated alike, unlike in RGB."""
    even = _even(shrink, frame) if frame.width % 2 or frame.height % 2 else frame
    return _resized(shrink, even, blocks, "yuv444p").to_ndarray().astype(np.int16).transpose(1, 2, 0)


def _even(shrink: VideoReformatter, frame: VideoFrame) -> VideoFrame:
    """Return the frame in 4:2:0 without its last column or row, where it has no partner."""
    whole = _resized(shrink, frame, (frame.width, frame.height), "yuv420p")
    even = VideoFrame(frame.width & ~1, frame.height & ~1, "yuv420p")
    for plane, target in zip(whole.planes, even.planes, strict=True):
        _levels(target)[:] = _levels(plane)[: target.height, : target.width]
    return even


def _levels(plane: VideoPlane) -> npt.NDArray[np.uint8]:
    """Return a view of a plane as (rows, columns)."""
    levels = np.frombuffer(memoryview(plane), np.uint8)
    return levels.reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _resized(shrink: VideoReformatter, frame: VideoFrame, size: tuple[int, int], pixels: str) -> VideoFrame:
    """Return the frame at another size and in another form, in studio range."""
    name = frame.format.name
    is_full = frame.color_range == _FULL_RANGE or name.startswith("yuvj")
    is_rgb = name.startswith(_RGB)
    return shrink.reformat(
        frame,
        *size,
        format=pixels,
        interpolation="AREA",
        # A picture without a matrix of its own gets the one of standard definition.
        dst_colorspace=Colorspace.SMPTE170M if is_rgb else None,
        src_color_range=None if is_rgb else ("JPEG" if is_full else "MPEG"),
        dst_color_range="MPEG",
    )


def _flips(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """Return (axes swapped, flipped across, flipped down) of a frame's display matrix, the flips in the stored frame.

    Stored x and y go to a x + c y and b x + d y (ISO/IEC 14496-12, 6.2.2).
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(matrix, SideData):
        return False, False, False
    a, b, _, c, d, _ = struct.unpack_from("=6i", bytes(matrix))
    return (True, b < 0, c < 0) if b else (False, a < 0, d < 0)


def _turned(levels: Levels, frame: VideoFrame) -> Levels:
    swap, across, down = _flips(frame)
    flipped = levels[:: -1 if down else 1, :: -1 if across else 1]
    return flipped.swapaxes(0, 1) if swap else flipped


def _upright_size(frame: VideoFrame) -> tuple[int, int]:
    return (frame.height, frame.width) if _flips(frame)[0] else (frame.width, frame.height)
