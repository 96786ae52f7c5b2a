"""Decodes a picture file to pixels, strictly: each format has one plugin of Pillow, which gets a file without metadata.

A file without metadata holds nothing that Pillow warns about. So this module sets no filter of warnings: all threads
would share it.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import struct
from typing import Any

from PIL import Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.allowed_metadata import KNOWN_PROFILES
from dam_plugin.redaction.model import CLEAR_ALPHA
from dam_plugin.redaction.stills.still import DEEP, Still

UNDECODABLE = "the picture does not decode: it is damaged or cut short; export it again from the original"
LENIENT = "Pillow is set to accept truncated pictures in this process: unset LOAD_TRUNCATED_IMAGES and share again"
NO_HEIF = "HEIC files need the extra `heif`: pip install 'dam-plugin[heif]', or export the picture as a JPEG"
CLEAR = "the picture has parts that are transparent, which a JPEG cannot have: export it as a PNG"

# Pillow's names for them. They are imported only when they are needed: libavif alone takes 2 MB.
_PLUGINS = {
    "image/jpeg": "Jpeg",
    "image/png": "Png",
    "image/webp": "WebP",
    "image/tiff": "Tiff",
    "image/avif": "Avif",
}
_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, EOFError, RuntimeError, struct.error,
    Image.DecompressionBombError, Warning,
)  # fmt: skip
_UNTURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""The operation that turns an upright picture back to the stored frame, by orientation."""


def decode(still: Still) -> Image.Image:
    """Return the stored frame in L, LA, RGB or RGBA, without metadata. It is in sRGB unless a copy may carry its profile.

    A profile that a copy may not carry is applied. Pixels with an alpha of CLEAR_ALPHA or less are emptied: their colours
    may show a person who was cut out. Raises CannotRedact.
    """
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise CannotRedact(LENIENT)
    try:
        loaded = _by_libheif(still) if still.media_type in {"image/heic", "image/heif"} else _by_pillow(still)
        image = _plain(loaded, still)
    except _ERRORS as error:
        raise CannotRedact(UNDECODABLE) from error
    del loaded
    if image.size != still.size:
        raise CannotRedact(UNDECODABLE)
    return _emptied(_in_srgb(image, still.profile))


def decode_reduced(still: Still, least: tuple[int, int]) -> Image.Image:
    """Return the result of `decode`. A JPEG may come at a half, a quarter or an eighth of its size, but not below `least`.

    So a large picture that becomes a small one takes little memory. Raises CannotRedact.
    """
    if still.media_type != "image/jpeg":
        return decode(still)
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise CannotRedact(LENIENT)
    try:
        image = JpegImageFile(io.BytesIO(still.bare))
        whole = image.size
        image.draft(image.mode, least)
        image.load()
        plain = _plain(image, still)
    except _ERRORS as error:
        raise CannotRedact(UNDECODABLE) from error
    if whole != still.size:
        raise CannotRedact(UNDECODABLE)
    return _in_srgb(plain, still.profile)


def known(profile: bytes | None) -> bytes | None:
    """Return the profile if a copy may carry it; None for any other profile, which `decode` has applied."""
    return profile if profile is not None and hashlib.sha256(profile).hexdigest() in KNOWN_PROFILES else None


def _by_pillow(still: Still) -> Image.Image:
    name = _PLUGINS[still.media_type]
    plugin: type[ImageFile.ImageFile] = getattr(importlib.import_module(f"PIL.{name}ImagePlugin"), f"{name}ImageFile")
    image = plugin(io.BytesIO(still.bare))
    image.load()
    return image


def _by_libheif(still: Still) -> Image.Image:
    """Return the stored frame of the primary picture, turned back from the upright one that libheif gives."""
    try:
        pi_heif: Any = importlib.import_module("pi_heif")
    except ImportError as error:
        raise CannotRedact(NO_HEIF) from error
    file = pi_heif.HeifFile(io.BytesIO(still.bare))
    if file.info["bit_depth"] != 8:
        raise CannotRedact(DEEP)
    if file.mode not in {"L", "RGB"}:
        raise CannotRedact(CLEAR)
    image: Image.Image = Image.frombytes(file.mode, file.size, file.data, "raw", file.mode, file.stride)
    del file
    return image if still.orientation == 1 else image.transpose(_UNTURNED[still.orientation])


def _plain(image: Image.Image, still: Still) -> Image.Image:
    """Return the picture in one of the four modes, as a new object: Pillow saves the metadata that an opened file has."""
    if still.colours is not None and _highest(image) >= still.colours:
        raise CannotRedact(UNDECODABLE)
    image.info = {}
    image = image.convert("L") if image.mode == "1" else image
    mode = "RGB" if image.mode == "P" else image.mode
    if still.transparency is not None:
        image.info["transparency"] = still.transparency
        mode = "LA" if mode == "L" else "RGBA"
    plain = image.copy() if mode == image.mode else image.convert(mode)
    if plain.mode not in {"L", "LA", "RGB", "RGBA"}:
        raise CannotRedact(UNDECODABLE)
    plain.info = {}
    return plain


def _highest(image: Image.Image) -> int:
    _, high = image.getextrema()
    return int(high) if isinstance(high, int | float) else 256


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Apply a profile that a copy may not carry. A profile that cannot be used is dropped, as viewers do: they take sRGB."""
    return image if profile is None or known(profile) else in_srgb(image, profile)


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return a picture in L, LA, RGB or RGBA in sRGB; unchanged if its profile cannot be used."""
    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    colours = image.convert("L" if image.mode in {"L", "LA"} else "RGB") if alpha else image
    try:
        ours = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ours.profile.xcolor_space.strip() == "RGB":
            colours = colours.convert("RGB")
        converted = ImageCms.profileToProfile(colours, ours, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (OSError, ImageCms.PyCMSError):
        return image
    if converted is None:
        return image
    converted.info = {}
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _emptied(image: Image.Image) -> Image.Image:
    if image.mode in {"LA", "RGBA"}:
        clear = image.getchannel("A").point(lambda level: 255 if level <= CLEAR_ALPHA else 0)
        image.paste((0,) * len(image.getbands()), mask=clear)
    return image
