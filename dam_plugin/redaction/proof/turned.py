"""The prover's own reading of how a source is turned upright: Exif's tag 0x0112, or HEIF's `irot` and `imir`.

A source may hold anything besides; what is read here is bounded, and raises NotProven where it is not clear.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from dam_plugin.redaction.proof import bmff
from dam_plugin.redaction.proof.held import refuse

_ORIENTATION = 0x0112
_MOST = 1 << 16
_BY_TURN = {
    # (quarter turns against the clock, axis of the mirror that follows) as Exif's orientation; HEIF 6.5.10 and 6.5.12.
    (0, None): 1, (0, 0): 4, (0, 1): 2,
    (1, None): 8, (1, 0): 5, (1, 1): 7,
    (2, None): 3, (2, 0): 2, (2, 1): 4,
    (3, None): 6, (3, 0): 7, (3, 1): 5,
}  # fmt: skip


def orientation_of(source: bytes, media_type: str) -> int:
    """Return how the stored frame of `source` is turned upright, as Exif's orientation, 1..8.

    Raises NotProven where that is stated unclearly.
    """
    return _READERS[media_type](source)


def _of_png(source: bytes) -> int:
    at = 8
    for _ in range(_MOST):
        length = int.from_bytes(source[at : at + 4])
        if source[at + 4 : at + 8] == b"eXIf":
            return _of_exif(source, at + 8, at + 8 + length)
        if source[at + 4 : at + 8] == b"IEND":
            break
        at += 12 + length
        if at >= len(source):
            break
    return 1


def _of_webp(source: bytes) -> int:
    at = 12
    for _ in range(_MOST):
        length = int.from_bytes(source[at + 4 : at + 8], "little")
        if source[at : at + 4] == b"EXIF":
            start = at + 8 + 6 * source.startswith(b"Exif\0\0", at + 8)
            return _of_exif(source, start, at + 8 + length)
        at += 8 + length + length % 2
        if at >= len(source):
            break
    return 1


def _of_tiff(source: bytes) -> int:
    return _of_exif(source, 0, len(source))


def _of_exif(source: bytes, start: int, end: int) -> int:
    """Return the orientation of a TIFF structure's first directory (TIFF 6.0, section 2)."""
    sign = {b"II\x2a\0": "<", b"MM\0\x2a": ">"}.get(source[start : start + 4])
    if sign is None or end > len(source):
        return 1
    try:
        at = start + struct.unpack_from(sign + "I", source, start + 4)[0]
        (count,) = struct.unpack_from(sign + "H", source, at)
        entries = [(*struct.unpack_from(sign + "HHI", source, at + 2 + 12 * n), at + 10 + 12 * n) for n in range(count)]
        found = [(kind, values, place) for tag, kind, values, place in entries if tag == _ORIENTATION]
        if len(found) > 1:
            raise refuse("the orientation is stated twice")
        return _stated(source, sign, *found[0]) if found else 1
    except struct.error:
        return 1


def _stated(source: bytes, sign: str, kind: int, values: int, place: int) -> int:
    letter = {1: "B", 3: "H", 4: "I"}.get(kind)
    if letter is None or values != 1:
        raise refuse("the orientation is stated in an unusual way")
    (value,) = struct.unpack_from(sign + letter, source, place)
    return int(value) if value in range(1, 9) else 1


def _of_heif(source: bytes) -> int:
    """Return the turn of the primary item: its `irot`, then its `imir` (ISO/IEC 23008-12, 6.5.10 and 6.5.12)."""
    meta = _only(source, 0, len(source), b"meta")
    primary = bmff.body(source, _only(source, meta.body + 4, meta.end, b"pitm"), 16)
    whole = _only(source, meta.body + 4, meta.end, b"iprp")
    table, links = (_only(source, whole.body, whole.end, kind) for kind in (b"ipco", b"ipma"))
    properties = list(bmff.boxes(source, table.body, table.end))
    item = int.from_bytes(primary[4:8] if primary[:1] == b"\1" else primary[4:6])
    used = [properties[index - 1] for index in _linked(source, links, item) if 0 < index <= len(properties)]
    turns = [bmff.body(source, box, 8)[:1] or b"\0" for box in used if box.kind == b"irot"]
    mirrors = [bmff.body(source, box, 8)[:1] or b"\0" for box in used if box.kind == b"imir"]
    if len(turns) > 1 or len(mirrors) > 1:
        raise refuse("the orientation is stated twice")
    quarter, axis = (turns[0][0] & 3 if turns else 0), (mirrors[0][0] & 1 if mirrors else None)
    return _BY_TURN[quarter, axis]


def _only(source: bytes, start: int, end: int, kind: bytes) -> bmff.Box:
    found = [box for box in bmff.boxes(source, start, end) if box.kind == kind]
    if len(found) != 1:
        raise refuse(f"it does not hold exactly one box {kind.decode('ascii')}")
    return found[0]


def _linked(source: bytes, links: bmff.Box, item: int) -> Iterator[int]:
    """Yield the indices of the properties of one item (`ipma`, 9.3)."""
    table = bmff.body(source, links, _MOST)
    wide_ids, wide = table[:1] > b"\0", table[3:4] > b"\0" and table[3] & 1
    at, step, mask = 8, 2 if wide else 1, 0x7FFF if wide else 0x7F
    for _ in range(int.from_bytes(table[4:8])):
        behind = at + (4 if wide_ids else 2)
        if behind >= len(table):
            return
        places = range(behind + 1, behind + 1 + table[behind] * step, step)
        if int.from_bytes(table[at:behind]) == item:
            yield from (int.from_bytes(table[place : place + step]) & mask for place in places)
        at = behind + 1 + table[behind] * step


_READERS: Mapping[str, Callable[[bytes], int]] = MappingProxyType(
    {
        "image/png": _of_png,
        "image/webp": _of_webp,
        "image/tiff": _of_tiff,
        "image/avif": _of_heif,
        "image/heic": _of_heif,
        "image/heif": _of_heif,
    }
)
