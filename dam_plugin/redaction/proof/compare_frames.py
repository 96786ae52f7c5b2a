"""Compares the frames of a copy with the source's: flat grey where somebody is hidden, the source's picture elsewhere.

The inside of a box must be flat, except for its rim: an encoder smears the picture beside the box into it. Outside,
blocks are compared: their means in luma and chroma, and luma also sample by sample. The limits were measured on copies by
the writer: pans, cuts, stripes and noise, boxes of 6 pixels and more. Runs only in `compare_process`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace, VideoReformatter

from dam_plugin.redaction.model import FILL

GREY = 3
"""Levels by which the grey may differ from 128: in studio range 128 of RGB is 126."""
FLAT = ((0, 48), (6, 16), (12, 4))
"""Pixels inside the edge of a box, and the levels by which a sample deeper inside may differ from grey (measured: 36, 12,
2).

A coding block reaches 8 pixels across the edge, and what smooths it a little further."""
DEEP = 0.5
"""Levels (root of the mean square) by which the samples away from the edges may differ from grey (measured: 0.03)."""
FLAT_ALL = 5
"""The same limit for a whole box (measured: 3.5 in a box of 20 pixels)."""
FLAT_MEAN = 1.5
"""Levels by which the mean of 8 by 8 pixels may differ from grey inside (measured: 1.0 in a small box, else 0.25)."""
LIKE, CHANCE, SOMETHING = 0.25, 6, 0.5
"""The most by which a box may correlate with the source's picture there. A small box may correlate more, by chance and by
the picture beside it (CHANCE over the root of its pixels; measured: 0.6 for 200 pixels, 0.2 for 3000). Below SOMETHING
levels a box counts as empty."""
LEAST = 64
"""Fewest samples whose spread means anything."""
Levels = npt.NDArray[np.int16]
Luma = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]
Sides = tuple[bool, bool, bool, bool]
"""Whether the picture goes on beyond the top, the bottom, the left and the right of a box."""
BESIDE, LATE = 24, Fraction(1, 4)
"""Pixels and seconds around a box that may be grey too."""
STRAY, STRAY_MEAN = 16, 4
"""Levels by which a block outside may differ from the source's, and all blocks on average (measured: 5 and 1.2)."""
COARSE, BUSY, COARSEST = 6, 0.25, 20
"""Levels (root of the mean square) by which the luma of a block outside may differ from the source's: COARSE plus a share
of the block's own contrast, at most COARSEST (measured, up to pure noise: 3.8, 6 with moderate contrast, 9)."""
SIDE = 16
"""Pixels of a block whose luma is compared sample by sample."""
_FULL_RANGE = 2
_RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal", "mono")
Plane = TypeVar("Plane", Levels, Luma)
Pixels = tuple[int, int, int, int]
"""(left, top, right, bottom)."""
TICK = Fraction(1, 500)
"""Seconds by which the clocks of the two files may differ through rounding."""


def is_flat(levels: Levels, sides: Sides, share: int) -> bool:
    """Whether a part of a plane (its difference from grey) is flat inside, and nearly flat near its edges.

    A sample of the plane is `share` pixels wide.
    """
    rim = min(FLAT[-1][0] // share, (min(levels.shape) - 1) // 4)
    inside = _inner(levels, sides, rim)
    grey = round(float(np.median(inside)))
    if abs(grey) > GREY:
        return False
    for depth, most in FLAT:
        part = _inner(levels, sides, depth // share) - grey
        if part.size and max(int(part.max()), -int(part.min())) > most:
            return False
    deep = _inner(levels, sides, FLAT[-1][0] // share) - grey
    if _strength(levels - grey) > FLAT_ALL or (deep.size >= LEAST and _strength(deep) > DEEP):
        return False
    means = _means(inside - grey)
    return not means.size or float(np.abs(means).max()) <= FLAT_MEAN


def is_like(levels: Levels, source: Luma) -> bool:
    """Whether a box (its difference from grey) correlates with the source's luma there, without broad shades."""
    ours = levels - levels.mean()
    if _strength(ours) < SOMETHING:
        return False
    theirs = source - _blurred(source)
    length = float(np.sqrt((ours * ours).sum() * (theirs * theirs).sum()))
    like = abs(float((ours * theirs).sum()))
    return like > (LIKE + CHANCE / float(np.sqrt(levels.size))) * length


def _inner(levels: Levels, sides: Sides, depth: int) -> Levels:
    """Return the samples that lie this deep inside, counted from the sides where the picture goes on."""
    height, width = levels.shape
    top, bottom, left, right = (depth * side for side in sides)
    return levels[top : max(height - bottom, top), left : max(width - right, left)]


def _strength(levels: Levels) -> float:
    return float(np.sqrt(np.square(levels, dtype=np.float32).mean())) if levels.size else 0.0


def _blurred(levels: Luma) -> Values:
    """Return for each sample the mean of the 9 by 9 samples around it."""
    blurred: Values = levels.astype(np.float32)
    for axis in (0, 1):
        sums = np.cumsum(np.pad(blurred, [(5, 4) if each == axis else (0, 0) for each in (0, 1)], "edge"), axis)
        first, last = range(sums.shape[axis] - 9), range(9, sums.shape[axis])
        blurred = (np.take(sums, last, axis) - np.take(sums, first, axis)) / np.float32(9)
    return blurred


def _means(levels: Levels) -> npt.NDArray[np.float64]:
    height, width = (side // 8 for side in levels.shape)
    whole = levels[: height * 8, : width * 8].reshape(height, 8, width, 8)
    means: npt.NDArray[np.float64] = whole.mean(axis=(1, 3)) if height and width else np.zeros(0)
    return means


@dataclass(frozen=True, slots=True)
class Hidden:
    """A grown box: `edges` (left, top, right, bottom) as fractions 0..1 of the upright picture, and its seconds."""

    start: Fraction
    end: Fraction | None
    edges: tuple[Fraction, Fraction, Fraction, Fraction]

    def holds(self, start: Fraction, end: Fraction | None, margin: Fraction = Fraction(0)) -> bool:
        """Whether the box holds at any moment from `start` to `end` (None: to the end of the recording), both included."""
        return (self.end is None or start <= self.end + margin) and (end is None or end > self.start - margin)

    def pixels(self, size: tuple[int, int], beside: int = 0) -> Pixels:
        """Return (left, top, right, bottom) in whole pixels of a picture of `size`, rounded outward and widened by `beside`."""
        left, top, right, bottom = self.edges
        width, height = size
        return (
            max(floor(left * width) - beside, 0),
            max(floor(top * height) - beside, 0),
            min(ceil(right * width) + beside, width),
            min(ceil(bottom * height) + beside, height),
        )


class Seen:
    """Compares the frames of a copy, one after another, with the source's; `failures` are keys of `recording.FAILURES`."""

    def __init__(self, hidden: Sequence[Hidden]) -> None:
        """`hidden` are the boxes, in seconds of the source."""
        self.failures: set[str] = set()
        self.count = 0
        self._hidden = hidden
        self._size: tuple[int, int] | None = None
        self._shrink = VideoReformatter(), VideoReformatter()
        self._whole = VideoReformatter(), VideoReformatter()
        self._room: Values | None = None

    def compare(self, copy: VideoFrame, source: VideoFrame, start: Fraction, end: Fraction | None) -> None:
        """Judge one frame; the source's frame is on screen from `start` to `end`."""
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
        if any(each.is_alpha for each in source.format.components):
            self.failures.add("clear")
            return
        self.count += 1
        near = [each for each in self._hidden if each.holds(start, end, LATE)]
        theirs = _turned(_luma(self._whole[1], source)[: source.height & ~1, : source.width & ~1], source)
        self._judge_boxes(copy, theirs, [each.pixels(size) for each in near if each.holds(start, end)])
        beside = [each.pixels(size, BESIDE) for each in near]
        self._judge_rest(copy, source, beside)
        self._judge_grain(_luma(self._whole[0], copy), theirs, beside)

    def _judge_boxes(self, copy: VideoFrame, source: Luma, boxes: Sequence[Pixels]) -> None:
        for number, plane in enumerate(copy.planes if boxes else ()):
            share = 2 if number else 1
            levels = _levels(plane)
            for left, top, right, bottom in boxes:
                sides = top > 0, bottom < copy.height, left > 0, right < copy.width
                part = (
                    levels[top // share : -(-bottom // share), left // share : -(-right // share)].astype(np.int16)
                    - FILL
                )
                if not is_flat(part, sides, share) or (number == 0 and is_like(part, source[top:bottom, left:right])):
                    self.failures.add("box")

    def _judge_rest(self, copy: VideoFrame, source: VideoFrame, boxes: Sequence[Pixels]) -> None:
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

    def _judge_grain(self, copy: Luma, source: Luma, boxes: Sequence[Pixels]) -> None:
        """Compare the luma of blocks sample by sample."""
        size = copy.shape
        missed = self._room = _room(size) if self._room is None else self._room
        np.subtract(copy, source, out=missed[: size[0], : size[1]], dtype=np.float32)
        np.multiply(missed, missed, out=missed)
        coarse = np.sqrt(_block_means(missed, size))
        for left, top, right, bottom in boxes:
            coarse[top // SIDE : -(-bottom // SIDE), left // SIDE : -(-right // SIDE)] = 0
        if coarse.max() <= COARSE:
            return
        theirs = _room(size)
        theirs[: size[0], : size[1]] = source
        contrast = np.sqrt(np.maximum(_block_means(theirs * theirs, size) - _block_means(theirs, size) ** 2, 0))
        if (coarse > np.minimum(COARSE + BUSY * contrast, COARSEST)).any():
            self.failures.add("outside")


def pairs(
    copies: Iterator[tuple[VideoFrame, Fraction, Fraction | None]],
    sources: Iterator[tuple[VideoFrame, Fraction, Fraction | None]],
    clip: tuple[Fraction, Fraction] | None,
    failures: set[str],
) -> Iterator[tuple[VideoFrame, VideoFrame, Fraction, Fraction | None]]:
    """Yield (copy's, source's, start, end) for each frame that belongs in the copy; other counts or times are failures.

    A frame belongs in a clip if it begins in the clip: an earlier frame may show a person who is gone when the clip
    begins. The first frame is on screen from 0.
    """
    begin = clip[0] if clip else Fraction(0)
    is_first = True
    for source, start, end in sources:
        if (clip and not clip[0] <= start < clip[1]) or (end is not None and end <= begin):
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


def _room(size: tuple[int, ...]) -> Values:
    """Return zeros for a plane of (rows, columns), up to whole blocks."""
    rows, columns = (-(-length // SIDE) * SIDE for length in size)
    return np.zeros((rows, columns), np.float32)


def _block_means(room: Values, size: tuple[int, ...]) -> Values:
    """Return the means of the blocks of a plane, computed in `room`; the last blocks may be smaller."""
    rows, columns = room.shape
    sums: Values = np.add.reduceat(room.reshape(rows // SIDE, SIDE, columns).sum(axis=1), range(0, columns, SIDE), 1)
    heights, widths = (np.minimum(length - np.arange(0, length, SIDE), SIDE) for length in size)
    counts: Values = np.outer(heights, widths).astype(np.float32)
    return sums / counts


def _luma(shrink: VideoReformatter, frame: VideoFrame) -> Luma:
    """Return the luma of a stored frame, in studio range."""
    return _levels(_resized(shrink, frame, (frame.width, frame.height), "yuv420p").planes[0])


def _blocks(size: tuple[int, int]) -> tuple[int, int]:
    """Return the number of blocks (across, down) of a picture. A block has about 16 pixels, in a small picture 8."""
    side = 16 if min(size) >= 256 else 8
    return max(size[0] // side, 1), max(size[1] // side, 1)


def _shrunk(shrink: VideoReformatter, frame: VideoFrame, blocks: tuple[int, int]) -> Levels:
    """Return the means of blocks, as (rows, columns, luma and chroma). Both axes are treated alike, unlike in RGB."""
    even = _even(shrink, frame) if frame.width % 2 or frame.height % 2 else frame
    return _resized(shrink, even, blocks, "yuv444p").to_ndarray().astype(np.int16).transpose(1, 2, 0)


def _even(shrink: VideoReformatter, frame: VideoFrame) -> VideoFrame:
    """Return the frame in 4:2:0, without its last column or row if that has no partner."""
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
        # A picture without a matrix gets that of standard definition.
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


def _turned(levels: Plane, frame: VideoFrame) -> Plane:
    swap, across, down = _flips(frame)
    flipped = levels[:: -1 if down else 1, :: -1 if across else 1]
    return flipped.swapaxes(0, 1) if swap else flipped


def _upright_size(frame: VideoFrame) -> tuple[int, int]:
    return (frame.height, frame.width) if _flips(frame)[0] else (frame.width, frame.height)
