"""Whether a box of a copy is flat grey, and says nothing of what was there.

Runs in the decoding process alone. An encoder smears across the edge of a box: what is inside must be flat, the rim may
show a little of the picture beside it, of which nothing is hidden. Limits were measured on copies of the writer's: pans,
cuts, stripes and noise, boxes of 6 pixels and more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

GREY = 3
"""Levels by which the grey may miss the middle: 128 in RGB is 126 in studio range."""
FLAT = ((0, 48), (6, 16), (12, 4))
"""Pixels inside the edge of a box, and levels by which a sample may differ from grey from there on (measured: 36, 12, 2).

A coding block reaches 8 pixels across the edge, and what smooths it a little further."""
DEEP = 0.5
"""Levels (root of the mean square) by which all that is not near an edge may differ from grey (measured: 0.03)."""
FLAT_ALL = 5
"""The same of a whole box (measured: 3.5 in a box of 20 pixels)."""
FLAT_MEAN = 1.5
"""Levels by which the mean of 8 by 8 pixels may differ from grey inside (measured: 1.0 in a small box, else 0.25)."""
LIKE, CHANCE, SOMETHING = 0.25, 6, 0.5
"""How like what was there a box may be (correlation), and more in a small one, where chance and the picture beside it do
that (CHANCE over the root of its pixels; measured: 0.6 of 200 pixels, 0.2 of 3000); below SOMETHING levels there is nothing."""
LEAST = 64
"""Samples below which their spread says nothing."""


Levels = npt.NDArray[np.int16]
Luma = npt.NDArray[np.uint8]
Values = npt.NDArray[np.float32]
Sides = tuple[bool, bool, bool, bool]
"""Whether the picture goes on at the top, the bottom, the left and the right of a box."""


def is_flat(levels: Levels, sides: Sides, share: int) -> bool:
    """Whether a part of a plane (its difference from grey) is flat inside, and nearly so near its edges.

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
    """Whether a box (its difference from grey) goes as the luma that was there does, without that one's broad shades."""
    ours = levels - levels.mean()
    if _strength(ours) < SOMETHING:
        return False
    theirs = source - _blurred(source)
    length = float(np.sqrt((ours * ours).sum() * (theirs * theirs).sum()))
    like = abs(float((ours * theirs).sum()))
    return like > (LIKE + CHANCE / float(np.sqrt(levels.size))) * length


def _inner(levels: Levels, sides: Sides, depth: int) -> Levels:
    """Return what lies so deep inside, from those sides where the picture goes on."""
    height, width = levels.shape
    top, bottom, left, right = (depth * side for side in sides)
    return levels[top : max(height - bottom, top), left : max(width - right, left)]


def _strength(levels: Levels) -> float:
    return float(np.sqrt(np.square(levels, dtype=np.float32).mean())) if levels.size else 0.0


def _blurred(levels: Luma) -> Values:
    """Return the mean of the 9 by 9 samples around each."""
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
