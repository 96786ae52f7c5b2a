"""The facts of one picture file that the writer needs, in one form for every format, and how it is turned upright."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.model import Frame
from dam_plugin.redaction.stills.jpeg import MAX_PIXELS
from dam_tagging.metadata.containers import tiff
from dam_tagging.metadata.containers.blocks import MAX_PACKETS, Blocks, Damaged, Unreadable
from dam_tagging.metadata.fields import xmp

ORIENTATION = 274
MAX_PROFILE = 8 * 1024 * 1024
"""Most bytes of a colour profile. Real profiles are far smaller."""

SIDEWAYS = "the picture states its orientation oddly or twice: save it upright, then draw the boxes again"
UNREADABLE = "the picture's metadata is damaged, so which way is up is in doubt: export it again from the original"
DEEP = "the picture has more than 8 bits a channel: export it with 8 bits, as a JPEG or PNG"
ANIMATED = "the file holds several frames: export the one that is meant as a PNG, the whole as an MP4"
WIDE = "the picture is in HDR or in colours that no profile describes: export it in sRGB, as a JPEG or PNG"

Transparency = bytes | int | tuple[int, int, int]
"""The content of PNG's tRNS: the alpha of each colour of the palette, or the one colour that is transparent."""

_SDR_PRIMARIES = frozenset({1, 2, 5, 6})
_SDR_TRANSFERS = frozenset({1, 2, 6, 13})


@dataclass(frozen=True, slots=True)
class Still:
    """The facts of a picture that is written afresh from its pixels.

    `size` (width, height), `orientation` and `grid` are those of a `Frame`. `bare` is a file of the same format that the
    decoder can read, without metadata. `profile` holds the ICC bytes. `lossless`: the coding kept every pixel, so the
    copy keeps them too. Only a PNG has `transparency` and `colours` (how many its palette has).
    """

    media_type: str
    size: tuple[int, int]
    orientation: int
    grid: tuple[int, int]
    bare: bytes
    profile: bytes | None = None
    lossless: bool = True
    transparency: Transparency | None = None
    colours: int | None = None

    @property
    def frame(self) -> Frame:
        """The frame, for a plan."""
        return Frame(self.media_type, self.size, self.orientation, self.grid)


def damaged(name: str) -> CannotRedact:
    """Return the error of a file that breaks the rules of its format `name`, to be raised."""
    return CannotRedact(
        f"the {name} is damaged, cut short or of a rare kind: export the picture again from the original"
    )


def checked(width: int, height: int, name: str, most: int = MAX_PIXELS) -> tuple[int, int]:
    """Return (width, height); raises CannotRedact for none at all, and for more than `most` pixels."""
    if width <= 0 or height <= 0:
        raise damaged(name)
    if width * height > most:
        raise CannotRedact(f"the {name} has more than {most // 1_000_000} megapixels: export a smaller copy")
    return width, height


def check_colours(primaries: int, transfer: int) -> None:
    """Raise CannotRedact for coded colours (ITU-T H.273) that a copy without a profile would show wrongly."""
    if primaries not in _SDR_PRIMARIES or transfer not in _SDR_TRANSFERS:
        raise CannotRedact(WIDE)


def upright(blocks: Blocks) -> int:
    """Return the orientation (Exif's, 1..8) by which a picture is shown, as the tagging took it for its regions.

    A container's own orientation counts first (HEIF: `irot` and `imir`, which writers repeat in Exif or clear there).
    Otherwise Exif's counts; without one, or if it is not from 1 to 8, the orientation is 1, as in viewers. Raises
    CannotRedact if metadata is damaged or two statements contradict each other.
    """
    if blocks.damages or max(len(blocks.exif), len(blocks.xmp)) > MAX_PACKETS:
        raise CannotRedact(UNREADABLE)
    try:
        exif = {value for block in blocks.exif for value in _of_exif(block)}
        repeated = {value for packet in blocks.xmp for value in _of_xmp(packet)}
    except (Damaged, Unreadable) as error:
        raise CannotRedact(UNREADABLE) from error
    if blocks.orientation is not None:
        shown, allowed = blocks.orientation, {1, blocks.orientation}
    else:
        shown = next(iter(exif), 1)
        allowed = {shown}
    if not exif | repeated <= allowed:
        raise CannotRedact(SIDEWAYS)
    return shown


def _of_exif(block: BinaryIO) -> Iterator[int]:
    directories = tiff.walk_file(block)
    for directory in (*directories.all[:1], *(one for one in directories.all if one.role == "exif")):
        if ORIENTATION in directory.lost:
            raise CannotRedact(SIDEWAYS)
        for entry in directory.entries:
            if entry.tag != ORIENTATION:
                continue
            value = tiff.value(block, directories, entry)
            if value is None or entry.count != 1:
                # Programs read such a value differently, and would place a box differently.
                raise CannotRedact(SIDEWAYS)
            yield value if 1 <= value <= 8 else 1


def _of_xmp(packet: bytes) -> Iterator[int]:
    for text in xmp.texts(xmp.parse(packet).get("tiff:Orientation")):
        if text.strip() in set("12345678"):
            yield int(text)
