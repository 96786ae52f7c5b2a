"""The raw contents of a container: its EXIF, XMP and IPTC blocks, and the container's own texts.

Container readers (`jpeg`, `png`, `riff`, ...) fill `Blocks`. `read` hands the blocks to the block readers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, Literal

MAX_BLOCK = 8 * 1024 * 1024
"""Most bytes of a metadata block. Real blocks are far smaller."""

MAX_TOTAL = 4 * MAX_BLOCK
"""Most bytes of all blocks of one file together, decompressed."""

MAX_PACKETS = 64

LIBRARY_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    OSError,
    EOFError,
)
"""Errors that libraries raise on damaged files, besides their own kinds."""

"""Most blocks of one kind in one file. Real files have one or two."""

MAX_PARTS = 20_000
"""Most segments, chunks or boxes of a container."""

TextKind = Literal["caption", "keyword", "owner", "event", "taken", "person", "text", "rights"]


class Unreadable(Exception):
    """The file as a whole cannot be read. The error's text is one sentence."""


class Damaged(Exception):
    """One metadata block cannot be read. The error's text is one sentence."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the container itself, its kind, and its property.

    Keywords come as one text with separators.
    """

    kind: TextKind
    text: str
    source: str
    separator: str = ";"


@dataclass(slots=True)
class Blocks:
    """The blocks of one container. `size`: (width, height) in pixels as stored, before any orientation.

    `duration`: seconds. `all_known`: the reader of a recording knows every part that may hold facts. `embedded`: the
    start and end of each whole file inside this one.
    """

    size: tuple[int, int] | None = None
    orientation: int | None = None
    duration: float | None = None
    all_known: bool = False
    exif: list[BinaryIO] = field(default_factory=list)
    xmp: list[bytes] = field(default_factory=list)
    iim: list[bytes] = field(default_factory=list)
    photoshop: list[bytes] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)
    embedded: list[tuple[int, int]] = field(default_factory=list)
    held: int = 0

    def hold(self, data: bytes) -> bytes:
        """Count a block's bytes and return them; raise `Unreadable` if the file holds more metadata than is read."""
        self.held += len(data)
        if self.held > MAX_TOTAL:
            raise Unreadable(f"the file holds more than {MAX_TOTAL // 1024 // 1024} MB of metadata and was not read")
        return data


def take(file: BinaryIO, count: int, what: str) -> bytes:
    """Return exactly the next `count` bytes; raise `Unreadable` if the file ends before or the count is too large."""
    if count > MAX_BLOCK:
        raise Unreadable(f"the {what} is larger than {MAX_BLOCK // 1024 // 1024} MB and was not read")
    data = file.read(count)
    if len(data) != count:
        raise Unreadable(f"the file ends inside the {what}: it is cut off or damaged")
    return data


def length(file: BinaryIO) -> int:
    """Return the size of the file in bytes, and go to its start."""
    size = file.seek(0, 2)
    file.seek(0)
    return size
