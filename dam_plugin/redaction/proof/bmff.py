"""Reads the boxes of the ISO base media file format strictly (ISO/IEC 14496-12, 4.2): AVIF and HEIF, MP4 and M4A.

It reads one level at a time, without recursion. The caller names the box to descend into, so its code limits the depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dam_plugin.errors import NotProven

MOST = 1024
"""Most boxes of one level. A copy holds a dozen; a file of empty boxes must not keep the prover busy."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four-character `kind`, and the offsets of its header, of its body, and of the first byte behind it."""

    kind: bytes
    start: int
    body: int
    end: int

    @property
    def name(self) -> str:
        """The kind, written for a message."""
        return self.kind.decode("ascii") if self.kind.isalnum() else f"0x{self.kind.hex()}"


def boxes(source: bytes | BinaryIO, start: int, end: int, most: int = MOST) -> Iterator[Box]:
    """Yield the boxes that fill `start` to `end` of `source` (bytes, or an open file that can seek) exactly.

    A box without a size (0: to the end of the file) is refused. Raises NotProven if the boxes do not fill the stretch
    exactly, or if there are more than `most`.
    """
    at = start
    for _ in range(most):
        if at == end:
            return
        box = _box(source, at, end)
        yield box
        at = box.end
    if at != end:
        raise NotProven([f"a box of the file holds more than {most} boxes"])


def read(source: bytes | BinaryIO, start: int, end: int) -> bytes:
    """Return the bytes from `start` to `end`; raises NotProven if the file is shorter."""
    if isinstance(source, bytes):
        found = source[start:end]
    else:
        source.seek(start)
        found = source.read(end - start)
    if len(found) != end - start:
        raise NotProven(["the file ends inside a box"])
    return found


def body(source: bytes | BinaryIO, box: Box, most: int) -> bytes:
    """Return the content of a box; raises NotProven if it has more than `most` bytes."""
    if box.end - box.body > most:
        raise NotProven([f"box {box.name} is larger than what it may hold"])
    return read(source, box.body, box.end)


def _box(source: bytes | BinaryIO, at: int, end: int) -> Box:
    if end - at < 8:
        raise NotProven([f"{end - at} bytes between the boxes belong to none"])
    head = read(source, at, at + 8)
    size, kind, start = int.from_bytes(head[:4]), head[4:], at + 8
    if size == 1:
        if end - start < 8:
            raise NotProven(["a box is cut off in its size"])
        size, start = int.from_bytes(read(source, start, start + 8)), start + 8
    if not start - at <= size <= end - at:
        raise NotProven([f"box {Box(kind, at, start, at).name} has a size that does not fit"])
    return Box(kind, at, start, at + size)
