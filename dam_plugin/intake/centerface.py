"""CenterFace, run by OpenCV on the processor: pixels in, boxes out. `faces` imports this when it counts the first picture.

Only the boxes that the network computes leave this module, no landmark and no feature of a face. Source: Xu, Yan, Yang et
al., CenterFace: Joint Face Detection and Alignment Using Face as Point, arXiv:1911.03599; licence MIT.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dam_plugin.model import Region

SAME_FACE = 0.3
"""Of boxes that overlap so much (intersection over union) the one with the best score is the face."""

MOST_FACES = 2000

_STEP = 32
"""The network takes pictures whose sides are multiples of this."""

_CELL = 4
"""A cell of its maps covers so many pixels."""

# The maps by their names in the model file: how sure, the size's logarithm, the centre's offset, landmarks.
_MAPS = ("537", "538", "539", "540")
# No face is larger than e to this many cells; the bound keeps a size a number.
_LARGEST_LOG = 10.0

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class CenterFace:
    """The network; several threads may ask it, one after the other."""

    def __init__(self, model: bytes) -> None:
        """Take the content of the model file."""
        self._net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
        self._lock = threading.Lock()

    def find(self, picture: Image.Image, least_score: float) -> tuple[Region, ...]:
        """Return the faces of an RGB picture, surest first, as fractions of it from its top left."""
        frame = padded(picture)
        height, width = frame.shape[:2]
        blob = cv2.dnn.blobFromImage(frame, 1.0, (width, height), (0, 0, 0), swapRB=False, crop=False)
        with self._lock:
            self._net.setInput(blob)
            # OpenCV gives all maps or none: the landmarks are let go of here.
            maps = [np.asarray(each, np.float32) for each in self._net.forward(list(_MAPS))[:3]]
        return boxes(maps, picture.size, least_score)


def padded(picture: Image.Image) -> Pixels:
    """Return an RGB picture's pixels at the top left of a black frame that the network takes: (height, width, 3)."""
    width, height = (-(-side // _STEP) * _STEP for side in picture.size)
    frame = np.zeros((height, width, 3), np.uint8)
    frame[: picture.height, : picture.width] = np.asarray(picture)
    return frame


def boxes(maps: Sequence[Floats], size: tuple[int, int], least_score: float) -> tuple[Region, ...]:
    """Return the faces of the network's maps, surest first, as fractions of a picture of this width and height.

    `maps`: how sure (1, 1, rows, columns), the logarithm of height and width in cells (1, 2, …), and the centre's offset
    down and to the right in cells (1, 2, …).
    """
    heat, (log_h, log_w), (down, right) = maps[0][0, 0], maps[1][0], maps[2][0]
    rows, columns = np.nonzero(heat >= least_score)
    surest = np.argsort(-heat[rows, columns], kind="stable")[: 10 * MOST_FACES]
    rows, columns = rows[surest], columns[surest]
    w, h = (np.exp(np.minimum(each[rows, columns], _LARGEST_LOG)) * _CELL for each in (log_w, log_h))
    x = (columns + right[rows, columns] + 0.5) * _CELL - w / 2
    y = (rows + down[rows, columns] + 0.5) * _CELL - h / 2
    found = np.stack([x, y, w, h], axis=1).astype(np.float64)
    kept = _one_each(found, heat[rows, columns], least_score)
    regions = (_region(*found[index].tolist(), of=size) for index in kept[:MOST_FACES])
    return tuple(region for region in regions if region is not None)


def _one_each(found: NDArray[np.float64], scores: Floats, least_score: float) -> list[int]:
    """Return the boxes to keep if several show the same face."""
    if not len(found):
        return []
    # OpenCV keeps boxes above the least score; a box that just reaches it is kept here too.
    kept = cv2.dnn.NMSBoxes(found.tolist(), scores.tolist(), least_score - 1e-6, SAME_FACE)
    return [int(index) for index in kept]


def _region(x: float, y: float, w: float, h: float, *, of: tuple[int, int]) -> Region | None:
    """Return a box in pixels as fractions of a picture, cut off at its borders; None for one that lies outside."""
    left, right = (min(max(each / of[0], 0.0), 1.0) for each in (x, x + w))
    top, bottom = (min(max(each / of[1], 0.0), 1.0) for each in (y, y + h))
    return Region(left, top, right - left, bottom - top) if right > left and bottom > top else None
