"""FLAC as a copy may hold it (RFC 9639): STREAMINFO, an empty comment of the writer's, and numbered frames to the end.

Frames are found by their headers (synchronisation, number, CRC-8); that nothing stands between the end of one and the
start of the next is the decoder's to see, who checks each frame's CRC-16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dam_plugin.errors import NotProven
from dam_plugin.redaction.proof.exact import Exact
from dam_plugin.redaction.proof.wav import Sound

_COMMENTS = tuple(len(vendor).to_bytes(4, "little") + vendor + bytes(4) for vendor in (b"ffmpeg", b""))
"""A vendor that every copy has, and no comment."""
_MOST_PADDING = 65_536
_STREAM, _PADDING, _COMMENT = 0, 1, 4
_STRETCH = 1 << 20
_MOST_HEADER = 16
_MOST_FRAME = 1 << 22
_BLOCKS = {1: 192, **{code: 144 << code for code in range(2, 6)}, **{code: 1 << code for code in range(8, 16)}}


@dataclass(frozen=True, slots=True)
class _Frame:
    """The header of a frame: its number, samples of one channel, and the code of its channels; `length` in bytes."""

    number: int
    block: int
    channels: int
    length: int


def walk(file: BinaryIO, size: int) -> Sound:
    """Return what a file of `size` bytes holds; raises NotProven with the first thing that is out of place."""
    file.seek(0)
    if file.read(4) != b"fLaC":
        raise NotProven(["the file does not begin as FLAC"])
    sound, most = _blocks(file)
    count = 0
    for frame in _frames(file, size):
        if frame.channels != sound.channels or frame.block > most:
            raise NotProven(["a frame does not agree with the head of the file"])
        count += frame.block
    if not count or count != sound.count:
        raise NotProven(["the frames hold another number of samples than the head of the file states"])
    return sound


def _blocks(file: BinaryIO) -> tuple[Sound, int]:
    """Return what STREAMINFO says, and its largest block, and pass the other blocks of metadata (section 8)."""
    found: dict[int, bytes] = {}
    is_last = False
    while not is_last:
        head = file.read(4)
        if len(head) < 4:
            raise NotProven(["the file ends inside its head"])
        is_last, kind, length = bool(head[0] & 128), head[0] & 127, int.from_bytes(head[1:])
        if kind not in {_STREAM, _PADDING, _COMMENT} or kind in found or length > _MOST_PADDING:
            raise NotProven([f"the file holds a block of type {kind}, which a copy may not hold, or holds it twice"])
        if not found and kind != _STREAM:
            raise NotProven(["the file's first block is not STREAMINFO"])
        found[kind] = file.read(length)
        if len(found[kind]) != length:
            raise NotProven(["the file ends inside its head"])
    if any(found.get(_PADDING, b"")):
        raise NotProven(["the padding holds something"])
    if found.get(_COMMENT, _COMMENTS[0]) not in _COMMENTS:
        raise NotProven(["the comments hold something"])
    return _stream(Exact(found[_STREAM], "the head of the file"))


def _stream(fields: Exact) -> tuple[Sound, int]:
    """Read STREAMINFO (section 8.2)."""
    least, most = fields.number(2), fields.number(2)
    fields.take(6)
    packed = fields.number(8)
    fields.take(16)
    fields.end()
    rate, channels, count = packed >> 44, (packed >> 41 & 7) + 1, packed & ((1 << 36) - 1)
    if not 0 < least <= most or not rate:
        fields.refuse("states what no sound has")
    return Sound(rate, channels, count), most


def _frames(file: BinaryIO, size: int) -> Iterator[_Frame]:
    """Yield the frames from here to the end of the file; each begins where the one before ends."""
    buffer, is_whole = b"", False
    number, at = 0, 0
    while True:
        if len(buffer) - at < _MOST_FRAME and not is_whole:
            buffer, at = buffer[at:] + file.read(_STRETCH), 0
            is_whole = file.tell() >= size
            if len(buffer) < _MOST_FRAME and not is_whole:
                continue
        frame = _frame(buffer, at)
        if frame is None or frame.number != number:
            raise NotProven([f"no frame {number} begins where it must"])
        yield frame
        number += 1
        following = _next(buffer, at + frame.length, number)
        if following is None:
            if not is_whole:
                raise NotProven(["a frame is longer than any needs"])
            if _remainder(buffer[at:]):
                raise NotProven(["bytes stand behind the last frame, or it is damaged"])
            return
        at = following


def _next(buffer: bytes, start: int, number: int) -> int | None:
    """Return where the frame of that number begins, not before `start`; None where none does in reach."""
    stop = start + _MOST_FRAME
    at = buffer.find(b"\xff\xf8", start, stop)
    while at >= 0:
        frame = _frame(buffer, at)
        if frame is not None and frame.number == number:
            return at
        at = buffer.find(b"\xff\xf8", at + 1, stop)
    return None


def _frame(buffer: bytes, at: int) -> _Frame | None:
    """Return the header at that place (section 9.1), of fixed block size; None where there is none."""
    head = buffer[at : at + _MOST_HEADER]
    if len(head) < 6 or head[:2] != b"\xff\xf8" or head[3] & 1:
        return None
    block, rate, channels = head[2] >> 4, head[2] & 15, head[3] >> 4
    number, place = _number(head, 4)
    wide = {6: 1, 7: 2}.get(block, 0)
    size = int.from_bytes(head[place : place + wide]) + 1 if wide else _BLOCKS.get(block, 0)
    place += wide + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if number is None or not size or rate == 15 or channels > 10 or len(head) <= place or _crc8(head[: place + 1]):
        return None
    return _Frame(number, size, channels + 1 if channels < 8 else 2, place + 1)


def _number(head: bytes, at: int) -> tuple[int | None, int]:
    """Return the coded number at that place, written like UTF-8 (section 9.1.5), and the place behind."""
    first = head[at]
    if first < 0x80:
        return first, at + 1
    more = next((more for more in range(1, 7) if first >> (6 - more) == (1 << (more + 2)) - 2), 0)
    rest = head[at + 1 : at + 1 + more]
    if not more or len(rest) != more or any(byte >> 6 != 2 for byte in rest):
        return None, at
    number = first & ((1 << (6 - more)) - 1) if more < 6 else 0
    for byte in rest:
        number = number << 6 | byte & 63
    return number, at + 1 + more


def _crc8(data: bytes) -> int:
    """Return the check of a frame's header (polynomial 0x07): 0 where the last byte is the check of those before."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ (0x07 if value & 128 else 0)) & 255
    return value


def _remainder(frame: bytes) -> int:
    """Return the check of a whole frame (polynomial 0x8005): 0 where the last two bytes are the check of those before."""
    value = 0
    for byte in frame:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value


def _table(polynomial: int) -> tuple[int, ...]:
    values = []
    for byte in range(256):
        value = byte << 8
        for _ in range(8):
            value = (value << 1 ^ (polynomial if value & 0x8000 else 0)) & 0xFFFF
        values.append(value)
    return tuple(values)


_CRC16 = _table(0x8005)
