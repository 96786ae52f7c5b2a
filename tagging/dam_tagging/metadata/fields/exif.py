"""Reads the EXIF fields that say something about people (EXIF 2.32 and Microsoft's XP fields), in a block from `tiff`.

If a field has the wrong type, is lost or is no plain text, exifread and Pillow both read the block. The values of both
are used: each reads fields that the other does not read.
"""

from __future__ import annotations

import logging
import struct
import warnings
from typing import IO, Any, BinaryIO, cast

import exifread
from PIL import Image

from dam_tagging.metadata.containers import tiff
from dam_tagging.metadata.containers.blocks import LIBRARY_ERRORS, Blocks, Damaged
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import maker_notes
from dam_tagging.metadata.fields.frame import focus
from dam_tagging.metadata.fields.texts import decoded, may_be_words

# Both libraries log values, and values may be names.
logging.getLogger("exifread").setLevel(logging.CRITICAL)
logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.WARNING)

ORIENTATION, EXIF_IFD, TAKEN, USER_COMMENT = 274, 34665, 36867, 37510
MAKER, MODEL = 271, 272
SERIALS = {42033: "EXIF BodySerialNumber", 50735: "Image CameraSerialNumber"}
RECORDED = {40962: "EXIF ExifImageWidth", 40963: "EXIF ExifImageLength"}
FOCUS = {37396: "EXIF SubjectArea", 41492: "EXIF SubjectLocation"}
CAPTIONS = {
    269: "Image DocumentName",
    270: "Image ImageDescription",
    285: "Image PageName",
    42038: "EXIF ImageTitle",
    USER_COMMENT: "EXIF UserComment",
    40091: "Image XPTitle",
    40092: "Image XPComment",
    40095: "Image XPSubject",
}
KEYWORDS = {40094: "Image XPKeywords"}
OWNERS = {315: "Image Artist", 40093: "Image XPAuthor", 42032: "EXIF CameraOwnerName"}
NAMES = {
    ORIENTATION: "Image Orientation",
    TAKEN: "EXIF DateTimeOriginal",
    MAKER: "Image Make",
    MODEL: "Image Model",
    **SERIALS,
    **RECORDED,
    **FOCUS,
    **CAPTIONS,
    **KEYWORDS,
    **OWNERS,
}
UTF16 = frozenset({40091, 40092, 40093, 40094, 40095})
IN_BYTES = UTF16 | {USER_COMMENT}
NUMBERS = frozenset({ORIENTATION, *RECORDED, *FOCUS})
WRITTEN, BYTES, WHOLE_NUMBERS = (2, 129), (1, 7), {3: "H", 4: "I"}
"""Types of fields (TIFF 6.0, section 2; 129 is UTF-8: EXIF 3.0, 4.6.2), with struct's letters."""

MOST_NUMBERS = 1_000
MOST_OTHER = 64 * 1024
COPYRIGHT = 33432
AREAS = frozenset({28})
"""GPSAreaInformation: a text in bytes. The first eight bytes name its character set."""

SILENT = frozenset(
    {
        *(271, 272, 305, 306, 315, 316, 333, 337, 700, 33432, 33723, 34377, 36867, 36868, 36880, 36881, 36882),
        *(37520, 37521, 37522, 42016, 42032, 42033, 42034, 42035, 42036, 42037, 42112, 42113, 50708, 50709, 50735),
        *(50931, 50932, 50936, 50942, 50966, 50967, 50968, 50971, 51105, 51112, 52526, 52532, 52551, 52552),
    }
)
"""Fields without names of people: camera, lens, program, rights, day, colour profiles."""

PROGRAMS = frozenset({271, 272, 305, 316, 42033, 42034, 42035, 42036, 42037, 50708, 50709, 50735})
"""Fields of the camera, the lens and the program, not searched for signs: a maker of printers is called `DNP`."""

PARSE_ERRORS = (*LIBRARY_ERRORS, SyntaxError, RecursionError, struct.error)
"""Errors of the two libraries on damaged input."""


def read(block: BinaryIO, found: FactsBuilder, blocks: Blocks) -> int | None:
    """Add captions, keywords, owners, the date, the camera and its focus; return the orientation, 1 to 8, or None.

    XMP, IPTC and Photoshop blocks inside are added to `blocks`. Raises `Damaged` if the block cannot be walked, or if
    neither library can read it.
    """
    directories = tiff.walk(block)
    if directories.odd:
        found.note("a field of the EXIF block was damaged and left out")
    tiff.add_embedded(block, directories, blocks)
    values = _values(block, directories, found)
    for tag, source in CAPTIONS.items():
        for text in _texts(values, tag):
            found.caption(text, source)
    for tag, source in OWNERS.items():
        for text in _texts(values, tag):
            found.owner(text, source)
    for tag, source in KEYWORDS.items():
        for text in _texts(values, tag):
            found.keywords_of(text, ";", source)
    for said in maker_notes.texts(block, directories):
        found.text(said)
    _other_texts(block, directories, found)
    for text in _texts(values, TAKEN):
        found.recorded(text, NAMES[TAKEN])
    _recording(values, found)
    return _orientation(values, found)


def _other_texts(block: BinaryIO, directories: tiff.Directories, found: FactsBuilder) -> None:
    """Keep the texts of the fields that no other code reads, in every directory: ImageHistory, earlier names of the file."""
    known = found.held()
    for directory in directories.all:
        for entry in directory.entries:
            written = entry.kind in WRITTEN or entry.tag in AREAS or entry.tag == COPYRIGHT
            if not written or entry.tag in NAMES or entry.size > MOST_OTHER:
                continue
            data = tiff.values(block, entry)
            text = _comment(data) if entry.tag in AREAS else decoded(data).strip("\0 ")
            if entry.tag in PROGRAMS:
                continue
            if entry.tag in SILENT or not text.isprintable() or not may_be_words(text):
                found.right(text, f"EXIF {entry.tag:#06x}")
            elif text not in known:
                found.free_text(text, f"EXIF {entry.tag:#06x}")


def _recording(values: dict[int, list[Any]], found: FactsBuilder) -> None:
    maker, model = (next(iter(_texts(values, tag)), "") for tag in (MAKER, MODEL))
    serial = next((text for tag in SERIALS for text in _texts(values, tag)), "")
    found.camera(maker, model, serial, "Image Model")
    width, height = (next(iter(_numbers(values, tag)), 0) for tag in RECORDED)
    for tag in FOCUS:
        found.focus = found.focus or focus(_numbers(values, tag), (width, height))


def _numbers(values: dict[int, list[Any]], tag: int) -> list[int]:
    """Return the whole numbers of a field, from the first library that has any."""
    for value in values.get(tag, ()):
        several = value if isinstance(value, list | tuple) else [value]
        if several and all(isinstance(number, int) for number in several):
            return [int(number) for number in several]
    return []


def _values(block: BinaryIO, directories: tiff.Directories, found: FactsBuilder) -> dict[int, list[Any]]:
    """Return the values of our fields: as written if they are normal, otherwise as each library reads them."""
    where = [*directories.all[:1], *(one for one in directories.all if one.role == "exif")]
    wanted = [entry for one in where for entry in one.entries if entry.tag in NAMES]
    values = {entry.tag: _as_it_stands(block, entry, directories.order) for entry in wanted}
    lost = any(one.lost & NAMES.keys() for one in where)
    if lost or len(values) < len(wanted) or None in values.values():
        return _united(block, found)
    return {tag: [value] for tag, value in values.items()}


def _as_it_stands(block: BinaryIO, entry: tiff.Entry, order: str) -> str | bytes | tuple[int, ...] | None:
    """Return the value of a field that has the right type; None for another type, and for a text that is no plain UTF-8."""
    if entry.tag in NUMBERS and entry.count > MOST_NUMBERS:
        return None
    data = tiff.values(block, entry)
    if entry.tag in IN_BYTES:
        return data if entry.kind in BYTES else None
    if entry.tag in NUMBERS:
        letter = WHOLE_NUMBERS.get(entry.kind)
        return struct.unpack(f"{order}{entry.count}{letter}", data) if letter else None
    try:
        text = data.strip(b"\0 ").decode()
    except UnicodeDecodeError:
        return None
    # A text that was encoded twice has two meanings.
    return text if entry.kind in WRITTEN and "\0" not in text and _repaired(text) == text else None


def _united(block: BinaryIO, found: FactsBuilder) -> dict[int, list[Any]]:
    """Return the values of each library for each tag. One library that fails leaves a note; two that fail are damage."""
    values: dict[int, list[Any]] = {}
    failed = 0
    for library in (_by_exifread, _by_pillow):
        try:
            with warnings.catch_warnings(action="ignore"):
                block.seek(0)
                for tag, value in library(block).items():
                    values.setdefault(tag, []).append(value)
        except PARSE_ERRORS:
            failed += 1
    if failed == 2:
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
    return decoded(value).strip("\0 ")


def _comment(value: bytes) -> str:
    """Decode a UserComment: eight bytes name its character set (EXIF 2.32, 4.6.5)."""
    code, text = value[:8].rstrip(b"\0 "), value[8:]
    if code == b"UNICODE":
        big = text[0::2].count(0) >= text[1::2].count(0)
        return text.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\0 ")
    if code == b"JIS":
        return text.decode("iso2022_jp", "replace").strip("\0 ")
    return decoded(text).strip("\0 ")


def _repaired(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1: EXIF says ASCII, writers put UTF-8 there."""
    try:
        return text.encode("latin-1").decode("utf-8").strip("\0 ")
    except UnicodeError:
        return text.strip("\0 ")


def _orientation(values: dict[int, list[Any]], found: FactsBuilder) -> int | None:
    for value in values.get(ORIENTATION, ()):
        number = value[0] if isinstance(value, list | tuple) and value else value
        if isinstance(number, int) and 1 <= number <= 8:
            return number
    if values.get(ORIENTATION):
        found.note("the orientation in the EXIF block is none of the eight")
    return None
