"""Walks the coded data of one AV1 still picture (AV1 bitstream specification, 5.3 to 5.5): one frame, and it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dam_plugin.redaction.proof.av1_tiles import tiles
from dam_plugin.redaction.proof.held import refuse

SEQUENCE_HEADER, TEMPORAL_DELIMITER, FRAME = 1, 2, 6


@dataclass(frozen=True, slots=True)
class Picture:
    """A coded picture: its size (width, height), and where in the file its header and its tiles stand (start, end).

    A frame of one tile is taken whole. `profile` is the byte of profile and level, as AVIF's `av1C` repeats it.
    """

    size: tuple[int, int]
    profile: int
    header: tuple[int, int]
    tiles: tuple[tuple[int, int], ...]


def picture(data: bytes, start: int, end: int) -> Picture:
    """Return the picture that `start` to `end` of the file codes.

    Raises NotProven unless there stand one sequence header, of a still picture, and one frame (before them a temporal
    delimiter at most): no metadata, no padding, no second or hidden frame.
    """
    units = list(_units(data, start, end))
    if units and units[0][0] == TEMPORAL_DELIMITER and units[0][1] == units[0][2]:
        del units[0]
    if [kind for kind, _, _ in units] != [SEQUENCE_HEADER, FRAME]:
        raise refuse("the coded picture holds more than one frame, or what is no picture")
    (_, head, head_end), (_, frame, frame_end) = units
    if head_end - head > 64 or frame == frame_end:
        raise refuse("the coded picture's header is not that of a still picture")
    found = _Size.of(data[head:head_end])
    start = int.from_bytes(data[head : head + 2])
    parts = tuple(tiles(data[head:head_end], data, frame, frame_end))
    return Picture(found.size, start >> 13 << 5 | start >> 6 & 31, (head, head_end), parts)


def _units(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the type, start and end of each unit (5.3.1), all of which state their size; raises NotProven."""
    at = start
    for _ in range(4):
        if at >= end:
            return
        if data[at] & 0x87 != 2:
            raise refuse("a unit of the coded picture is not of the usual form")
        length, body = _number(data, at + 1, end)
        if body + length > end:
            raise refuse("a unit of the coded picture is cut off")
        yield data[at] >> 3, body, body + length
        at = body + length
    if at != end:
        raise refuse("the coded picture holds more units than one needs")


def _number(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return a number in leb128 (4.10.5), in as few bytes as it needs, and where it ends."""
    value = 0
    for index, byte in enumerate(data[at : min(at + 5, end)]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            if index and not byte:
                break
            return value, at + index + 1
    raise refuse("a unit of the coded picture has a size that it may not have")


def in_whole_units(header: bytes) -> tuple[bytes, tuple[int, int]]:
    """Return a sequence header that shows the units of 8 by 8 in full, and the size that it then states.

    A size that does not fit into the header's own numbers stays.
    """
    found = _Size.of(header)
    sides = [-(-side // 8) * 8 for side in found.size]
    whole = [new if new <= 1 << width else old for new, old, width in zip(sides, found.size, found.bits, strict=True)]
    return found.stated_as(header, whole[0], whole[1]), (whole[0], whole[1])


@dataclass(frozen=True, slots=True)
class _Size:
    """The size that a sequence header states (5.5.1), and how many bits it has for width and height."""

    size: tuple[int, int]
    bits: tuple[int, int]

    @classmethod
    def of(cls, header: bytes) -> _Size:
        """Read it; only the short form of a still picture is taken: its one frame is a key frame that is shown."""
        start = int.from_bytes(header[:8].ljust(8, b"\0"))
        if start >> 59 & 3 != 3:
            raise refuse("the coded picture's header is not that of a still picture")
        across, down = (start >> 50 & 15) + 1, (start >> 46 & 15) + 1
        width, height = start >> 46 - across & (1 << across) - 1, start >> 46 - across - down & (1 << down) - 1
        return cls((width + 1, height + 1), (across, down))

    def stated_as(self, header: bytes, width: int, height: int) -> bytes:
        """Return the header with another size in the same bits."""
        across, down = self.bits
        start = int.from_bytes(header[:8].ljust(8, b"\0"))
        start &= ~((1 << across + down) - 1 << 46 - across - down)
        start |= (width - 1) << 46 - across | (height - 1) << 46 - across - down
        return start.to_bytes(8)[: len(header)] + header[8:]
