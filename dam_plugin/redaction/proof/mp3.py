"""MP3 as a copy may hold it (ISO/IEC 11172-3 and 13818-3, layer III): frames back to back from the first byte to the last.

All frames are of one kind. The bits that belong to no granule may hold nothing but the encoder's own stuffing; a frame
at the start may say how long the file is, and names no encoder but the writer's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.exact import Exact
from dam_plugin.redaction.proof.wav import Sound

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KILOBITS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_INFO = re.compile(rb"(?:Info|Xing)\0\0\0\x0f", re.DOTALL)
_NAMED = b"Lavf" + bytes(5)
_NAMES = "|".join(
    "".join(f"{byte:08b}" for byte in text[:length])
    for text in (b"LAME3.100", b"LAME3.101")
    for length in range(9, 0, -1)
)
_STUFFING = re.compile(f"(?:(?:{_NAMES})?0?(?:10)*1?){{0,2}}|0*")
"""What LAME fills a frame with: its name and version as far as they fit, then 0 and 1 by turns.

It may stand behind one frame's data and again before the next one's.
"""


@dataclass(frozen=True, slots=True)
class _Head:
    """What the four bytes in front of a frame say: `length` in bytes with them, `side` the side information's."""

    version: int
    rate: int
    channels: int
    is_checked: bool
    length: int

    @property
    def side(self) -> int:
        if self.version == 3:
            return 32 if self.channels == 2 else 17
        return 17 if self.channels == 2 else 9

    @property
    def samples(self) -> int:
        return 1152 if self.version == 3 else 576

    @property
    def kind(self) -> tuple[int, int, int, bool]:
        return self.version, self.rate, self.channels, self.is_checked


def walk(file: BinaryIO, size: int) -> Sound:
    """Return what a file of `size` bytes holds; raises NotProven with the first thing that is out of place."""
    file.seek(0)
    kind = None
    count = told = at = 0
    reservoir = _Reservoir()
    while at < size:
        head = _head(file.read(4), at)
        rest = file.read(head.length - 4)
        if len(rest) != head.length - 4:
            raise NotProven(["the file ends inside a frame"])
        kind = kind or head.kind
        if head.kind != kind:
            raise NotProven(["the frames are not all of one kind"])
        if at == 0 and (frames := _told(rest, head, size)):
            told = frames
        else:
            count += 1
            reservoir.take(rest[2 * head.is_checked :], head)
        at += head.length
    reservoir.end()
    if kind is None or not count or told not in {0, count}:
        raise NotProven(["the file does not hold the frames that it tells of"])
    return Sound(kind[1], kind[2])


def _head(data: bytes, at: int) -> _Head:
    """Read the header of a frame (2.4.1.3): layer III at a stated bit rate, without private or emphasis bits."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        raise NotProven([f"no frame of layer III begins at byte {at}, where one must"])
    version, bits, rate = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or bits in {0, 15} or rate == 3 or data[2] & 1 or data[3] & 3:
        raise NotProven([f"the frame at byte {at} states what a copy may not state"])
    hertz = _RATES[version][rate]
    length = (144 if version == 3 else 72) * _KILOBITS[version == 3][bits] * 1000 // hertz + (data[2] >> 1 & 1)
    head = _Head(version, hertz, 1 if data[3] >> 6 == 3 else 2, not data[1] & 1, length)
    if length < 4 + 2 * head.is_checked + head.side:
        raise NotProven([f"the frame at byte {at} is too short"])
    return head


def _told(rest: bytes, head: _Head, size: int) -> int:
    """Return how many frames the first one tells of; 0 where it holds sound. What it tells must be numbers and zeros."""
    if not _INFO.match(rest, head.side) or rest[: head.side] != bytes(head.side):
        return 0
    fields = Exact(rest[head.side + 8 :], "the frame that tells of the file")
    frames = fields.number(4)
    if fields.number(4) != size or not frames:
        fields.refuse("tells of another length")
    table = fields.take(100)
    if list(table) != sorted(table):
        fields.refuse("has places out of order")
    fields.take(4)
    fields.must(_NAMED)
    fields.take(12)
    # Delay and padding, in 12 bits each, and the lengths and checks of the whole: numbers of fixed places.
    fields.take(15)
    fields.must(bytes(fields.left))
    return frames


class _Reservoir:
    """Follows which bits of the frames belong to a granule (2.4.2.7), and looks at those that do not."""

    def __init__(self) -> None:
        self._kept = b""
        self._used = 0

    def take(self, rest: bytes, head: _Head) -> None:
        """Account for the data of the next frame; `rest` begins with its side information."""
        side = int.from_bytes(rest[: head.side])
        begin, bits = _side(side, head)
        start = 8 * (len(self._kept) - begin)
        if start < self._used:
            raise NotProven(["a frame takes bits that another one has, or that never came"])
        self._judge(start)
        self._kept += rest[head.side :]
        self._used = start + bits
        if self._used > 8 * len(self._kept):
            raise NotProven(["a frame asks for more bits than it has"])
        spent = self._used // 8
        self._kept, self._used = self._kept[spent:], self._used % 8

    def end(self) -> None:
        """Look at what is left behind the last frame's data."""
        self._judge(8 * len(self._kept))

    def _judge(self, stop: int) -> None:
        if self._used < stop and not _STUFFING.fullmatch(_bits(self._kept, self._used, stop)):
            raise NotProven(["bits that belong to no sound hold something"])


def _side(side: int, head: _Head) -> tuple[int, int]:
    """Return how many bytes back a frame's data begin, and how many bits they are (2.4.1.7; 13818-3, 2.4.1.7)."""
    at = 8 * head.side
    mono = head.channels == 1
    if head.version == 3:
        back, private, share, granules, step = 9, 5 if mono else 3, 4 * head.channels, 2, 59
    else:
        back, private, share, granules, step = 8, 1 if mono else 2, 0, 1, 63
    begin = side >> (at - back)
    at -= back + private
    if side >> at & ((1 << private) - 1):
        raise NotProven(["the private bits of a frame hold something"])
    at -= share
    bits = sum(side >> (at - step * number - 12) & 0xFFF for number in range(granules * head.channels))
    return begin, bits


def _bits(data: bytes, start: int, stop: int) -> str:
    return f"{int.from_bytes(data):0{8 * len(data)}b}"[start:stop]
