"""EXIF values that speak of people (EXIF 2.32 and Microsoft's XP fields): exifread and Pillow, united.

exifread leaves out fields of a thousand values and more, which Pillow has. Neither sees a block that `tiff` refused.
"""

from __future__ import annotations

import logging
import struct
import warnings
from typing import IO, Any, BinaryIO, cast

import exifread
from PIL import Image

from dam_tagging.metadata import tiff
from dam_tagging.metadata.blocks import Blocks, Damaged
from dam_tagging.metadata.found import Found

# Both libraries log the values they meet, and values may be names.
logging.getLogger("exifread").setLevel(logging.CRITICAL)
logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.WARNING)

ORIENTATION, EXIF_IFD, TAKEN, USER_COMMENT = 274, 34665, 36867, 37510
CAPTIONS = {
    270: "Image ImageDescription",
    USER_COMMENT: "EXIF UserComment",
    40091: "Image XPTitle",
    40092: "Image XPComment",
    40095: "Image XPSubject",
}
KEYWORDS = {40094: "Image XPKeywords"}
OWNERS = {315: "Image Artist", 40093: "Image XPAuthor", 42032: "EXIF CameraOwnerName"}
NAMES = {ORIENTATION: "Image Orientation", TAKEN: "EXIF DateTimeOriginal", **CAPTIONS, **KEYWORDS, **OWNERS}
UTF16 = frozenset({40091, 40092, 40093, 40094, 40095})
IN_BYTES = UTF16 | {USER_COMMENT}
PARSE_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    OSError,
    EOFError,
    SyntaxError,
    RecursionError,
    struct.error,
)
"""What the two libraries raise on damaged input."""


def read(block: BinaryIO, found: Found, blocks: Blocks) -> int | None:
    """Add captions, keywords, owners and the date; return the orientation, 1 to 8, or None.

    XMP, IPTC and Photoshop blocks that lie inside are added to `blocks`. Raises `Damaged` when the block cannot be
    walked, or neither library can read it.
    """
    directories = tiff.walk(block)
    if directories.odd:
        found.note("a field of the EXIF block was damaged and left out")
    tiff.add_embedded(block, directories, blocks)
    values = _united(block, found)
    for tag, source in CAPTIONS.items():
        for text in _texts(values, tag):
            found.caption(text, source)
    for tag, source in OWNERS.items():
        for text in _texts(values, tag):
            found.owner(text, source)
    for tag, source in KEYWORDS.items():
        for text in _texts(values, tag):
            found.keywords_of(text, ";", source)
    for text in _texts(values, TAKEN):
        found.taken = found.taken or text
    return _orientation(values, found)


def _united(block: BinaryIO, found: Found) -> dict[int, list[Any]]:
    """Return what each library gives for each tag; one that fails leaves a note, both failing is damage."""
    values: dict[int, list[Any]] = {}
    failed = []
    for library in (_by_exifread, _by_pillow):
        try:
            with warnings.catch_warnings(action="ignore"):
                block.seek(0)
                for tag, value in library(block).items():
                    values.setdefault(tag, []).append(value)
        except PARSE_ERRORS:
            failed.append(library)
    if len(failed) == 2:
        raise Damaged("the EXIF block cannot be read")
    if failed:
        found.note("a part of the EXIF block is damaged")
    return values


def _by_exifread(block: BinaryIO) -> dict[int, Any]:
    # `details=True` never returns on some maker notes.
    tags = exifread.process_file(block, details=False, extract_thumbnail=False)
    return {tag: tags[name].values for tag, name in NAMES.items() if name in tags}


def _by_pillow(block: BinaryIO) -> dict[int, Any]:
    exif = Image.Exif()
    exif.load_from_fp(cast("IO[bytes]", block))
    united = {**exif.get_ifd(EXIF_IFD), **{tag: exif[tag] for tag in NAMES if tag in exif}}
    return {tag: united[tag] for tag in NAMES if tag in united}


def _texts(values: dict[int, list[Any]], tag: int) -> list[str]:
    return [text for value in values.get(tag, ()) if (text := _text(value, tag))]


def _text(value: object, tag: int) -> str:
    """Decode one value: a string, or the bytes of one (Pillow gives bytes, exifread a list of numbers)."""
    if isinstance(value, str):
        return _repaired(value)
    if isinstance(value, list | tuple):
        if tag not in IN_BYTES or not all(isinstance(number, int) and 0 <= number < 256 for number in value):
            return ""
        value = bytes(value)
    if not isinstance(value, bytes):
        return ""
    if tag in UTF16:
        return value.decode("utf-16-le", "replace").strip("\0 ")
    if tag == USER_COMMENT:
        return _comment(value)
    return value.decode("utf-8", "replace").strip("\0 ")


def _comment(value: bytes) -> str:
    """Decode a UserComment: eight bytes name its character set (EXIF 2.32, 4.6.5)."""
    code, text = value[:8].rstrip(b"\0 "), value[8:]
    if code == b"UNICODE":
        big = text[0::2].count(0) >= text[1::2].count(0)
        return text.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\0 ")
    if code == b"JIS":
        return text.decode("iso2022_jp", "replace").strip("\0 ")
    return text.decode("utf-8", "replace").strip("\0 ")


def _repaired(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1: EXIF says ASCII, writers put UTF-8 there."""
    try:
        return text.encode("latin-1").decode("utf-8").strip("\0 ")
    except UnicodeError:
        return text.strip("\0 ")


def _orientation(values: dict[int, list[Any]], found: Found) -> int | None:
    for value in values.get(ORIENTATION, ()):
        number = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(number, int) and 1 <= number <= 8:
            return number
    if values.get(ORIENTATION):
        found.note("the orientation in the EXIF block is none of the eight")
    return None
