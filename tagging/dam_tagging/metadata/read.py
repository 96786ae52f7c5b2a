"""Reads one file: opens the readers that fit its first bytes and unites their findings into `Facts`.

A file that no reader understands is `unreadable`. A file with damaged metadata is `partial`. Each has its problem.
Neither counts as a file without names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import BinaryIO, cast

from dam_tagging.facts import Facts
from dam_tagging.metadata.containers import (
    audio,
    cr3,
    gif,
    heif,
    jp2,
    jpeg,
    jxl,
    png,
    psd,
    quicktime,
    raw,
    riff,
    tiff_file,
)
from dam_tagging.metadata.containers.blocks import MAX_BLOCK, MAX_PACKETS, Blocks, Damaged, Unreadable
from dam_tagging.metadata.containers.trailers import MOST_EMBEDDED, Part
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import exif, iptc, xmp, xmp_people
from dam_tagging.metadata.fields.frame import Frame
from dam_tagging.metadata.sidecars import sidecar
from dam_tagging.metadata.sidecars.sidecar import Beside, Siblings, no_siblings

UNKNOWN = "application/octet-stream"
HEAD = 256
STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0\x10\0\0\0CR\2", "image/x-canon-cr2"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"IIRO", "image/x-olympus-orf"),
    (b"IIRS", "image/x-olympus-orf"),
    (b"MMOR", "image/x-olympus-orf"),
    (b"IIU\0", "image/x-panasonic-rw2"),
    (b"FUJIFILMCCD-RAW ", "image/x-fujifilm-raf"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "application/ogg"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL ", "image/jxl"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/x-j2c"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
)
RIFF_FORMS = {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}
BRANDS = {
    b"qt  ": "video/quicktime",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"hevm": "image/heic",
    b"hevs": "image/heic",
    b"mif1": "image/heic",
    b"msf1": "image/heic",
    b"mif2": "image/heic",
    b"miaf": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"crx ": "image/x-canon-cr3",
    b"M4A ": "audio/mp4",
}
GENERIC_BRANDS = frozenset({b"mif1", b"msf1", b"mif2", b"miaf"})
"""Brands that every HEIF file may have. The next brands say which kind it is."""

MOVIES = frozenset({"audio/mp4", "video/mp4", "video/quicktime"})
XMP_TYPE = "application/rdf+xml"


def sniff(head: bytes) -> str:
    """Return the media type by a file's first bytes; `application/octet-stream` if they fit no known type."""
    for start, media_type in STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return RIFF_FORMS.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _branded(head)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video/quicktime"
    return XMP_TYPE if xmp.begins(head) else UNKNOWN


def _branded(head: bytes) -> str:
    """Return the media type of a file of boxes, by its brand and those that it is compatible with."""
    brand, size = head[8:12], int.from_bytes(head[:4], "big")
    others = {head[at : at + 4] for at in range(16, min(size, len(head)), 4)}
    if brand not in BRANDS and others & GENERIC_BRANDS:
        brand = b"mif1"
    if brand in GENERIC_BRANDS and others & {b"avif", b"avis"}:
        brand = b"avif"
    return BRANDS.get(brand, "video/mp4")


def read(file: BinaryIO, name: str, siblings: Siblings = no_siblings, there: Sequence[str] | None = None) -> Facts:
    """Return the facts of a file and its sidecars. `siblings` opens a file of the same folder, or returns None.

    `file` is seekable. `name` is its name or key; `siblings` is asked for sidecars in the same form. `there` are the
    sidecars in a listing (`sidecar.chosen`). Without a listing, only XMP and the files of a folder are asked for. Regions
    are fractions of the upright picture, from its top left. No content of a file raises an error.
    """
    file.seek(0)
    media_type = sniff(file.read(HEAD))
    reader = READERS.get(media_type)
    if reader is None:
        return Facts(media_type=media_type, problems=(f"files of the type {media_type} are not read by this version",))
    try:
        blocks = reader(file)
        found = _found_in(blocks)
        _add_embedded(file, blocks, found)
        _add_sidecars(sidecar.beside(name, siblings, there), found)
        return replace(found.facts(media_type, found.turned), duration=blocks.duration)
    except Unreadable as error:
        return Facts(media_type=media_type, problems=(str(error),))


def _found_in(blocks: Blocks) -> FactsBuilder:
    """Hand each block to its reader. The orientation comes first, since it turns the regions."""
    found = FactsBuilder()
    orientation = blocks.orientation
    for shelf in (blocks.exif, blocks.photoshop, blocks.iim, blocks.xmp):
        if len(shelf) > MAX_PACKETS:
            found.damage(f"the file holds more than {MAX_PACKETS} metadata blocks of one kind; the rest was not read")
    for block in blocks.exif[:MAX_PACKETS]:
        with _Damage(found):
            seen = exif.read(block, found, blocks)
            orientation = orientation or seen
    found.frame, found.turned = Frame(blocks.size, orientation or 1), orientation
    for text in blocks.texts:
        found.text(text)
    for sentence in blocks.damages:
        found.damage(sentence)
    for resource in blocks.photoshop[:MAX_PACKETS]:
        with _Damage(found):
            blocks.iim += iptc.resources(resource, found)
    for record in blocks.iim[:MAX_PACKETS]:
        with _Damage(found):
            iptc.read(record, found)
    for packet in blocks.xmp[:MAX_PACKETS]:
        with _Damage(found):
            xmp_people.collect(xmp.parse(packet), found)
    return found


def _add_embedded(file: BinaryIO, blocks: Blocks, found: FactsBuilder) -> None:
    """Add the facts of whole files behind a picture: a motion photo's video, further pictures."""
    todo = [(start, end, file) for start, end in blocks.embedded]
    for _ in range(MOST_EMBEDDED):
        if not todo:
            return
        start, end, holder = todo.pop(0)
        part = cast("BinaryIO", Part(holder, start, end))
        media_type = sniff(part.read(HEAD))
        # MediaInfo reads many bytes for few facts. The boxes of a short video have all of them.
        reader = quicktime.read if media_type in MOVIES else READERS.get(media_type)
        if reader is None:
            found.damage("behind the picture lies a file of a type that is not read")
            continue
        try:
            inside = reader(part)
            found.absorb(_found_in(inside))
        except Unreadable as error:
            found.damage(f"behind the picture: {error}")
            continue
        todo += [(first, last, part) for first, last in inside.embedded]
    if todo:
        found.damage("behind the picture lie more files than are read")


def _add_sidecars(sidecars: Sequence[Beside], found: FactsBuilder) -> None:
    inside = {person.name for person, _ in found.persons}
    before: list[set[str]] = []
    for each in sidecars:
        beside = FactsBuilder(frame=found.frame)
        with _Damage(found):
            each.read(beside)
            each.read(found)
        names = {person.name for person, _ in beside.persons}
        if names and inside and names != inside:
            found.note("the file and its sidecar do not name the same people; both were taken")
        if not all(names <= each or each <= names for each in before):
            found.note("two sidecars of the file do not name the same people; both were taken")
        before.append(names)


def _pdf(file: BinaryIO) -> Blocks:
    """Read a PDF. The library is imported only here, since it takes time and memory to load."""
    from dam_tagging.metadata.containers import pdf  # noqa: PLC0415

    return pdf.read(file)


def _packet_file(file: BinaryIO) -> Blocks:
    """Return a file that is one XMP packet, such as a sidecar that was uploaded."""
    file.seek(0)
    return Blocks(xmp=[file.read(MAX_BLOCK + 1)])


class _Damage:
    """Turns `Damaged` into a problem of the findings."""

    def __init__(self, found: FactsBuilder) -> None:
        self._found = found

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Damaged):
            return False
        self._found.damage(str(error))
        return True


READERS: dict[str, Callable[[BinaryIO], Blocks]] = {
    "image/jpeg": jpeg.read,
    "image/png": png.read,
    "image/gif": gif.read,
    "image/webp": riff.read_webp,
    "image/tiff": tiff_file.read,
    "image/x-canon-cr2": tiff_file.read,
    "image/x-olympus-orf": tiff_file.read,
    "image/x-panasonic-rw2": raw.read_rw2,
    "image/x-fujifilm-raf": raw.read_raf,
    "image/x-canon-cr3": cr3.read,
    "image/heic": heif.read,
    "image/avif": heif.read,
    "image/jxl": jxl.read,
    "image/jp2": jp2.read,
    "image/x-j2c": jp2.read_codestream,
    "image/vnd.adobe.photoshop": psd.read,
    "application/pdf": _pdf,
    "audio/wav": audio.beside(riff.read_wav),
    "audio/mp4": audio.beside(quicktime.read),
    "video/mp4": audio.beside(quicktime.read),
    "video/quicktime": audio.beside(quicktime.read),
    "audio/mpeg": audio.read,
    "audio/flac": audio.read,
    "application/ogg": audio.read,
    "video/x-msvideo": audio.read_avi,
    "video/x-matroska": audio.read,
    XMP_TYPE: _packet_file,
}
