"""Reads what the writer of a copy needs from a HEIC or AVIF (ISO/IEC 23008-12, AV1 Image File Format), strictly.

It takes one still picture and refuses movies. The bare file is the source with every metadata item marked to be skipped,
so that no metadata reaches the decoder. `dam_tagging` reads the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills.still import (
    ANIMATED,
    DEEP,
    MAX_PROFILE,
    SIDEWAYS,
    Still,
    check_colours,
    checked,
    damaged,
    upright,
)
from dam_tagging.metadata.containers import heif as metadata
from dam_tagging.metadata.containers.blocks import MAX_PARTS, Unreadable
from dam_tagging.metadata.containers.bmff import Box, Boxes, Fields

MAX_PIXELS = 50_000_000
GRID = (16, 16)
FULL_BOX = 4
MOST_EXTENTS = 16
CUT = "the picture is cropped by a note in the file, and some programs show what was cut off: export it again as a JPEG"
SEQUENCE_HEADER = 1
MOST_UNITS = 8

_NAMES = {"image/avif": "AVIF", "image/heic": "HEIC", "image/heif": "HEIC"}
_CODINGS = {"AVIF": frozenset({b"av01", b"grid"}), "HEIC": frozenset({b"hvc1", b"grid"})}
_MOVING = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
_OF_TILES = frozenset({b"colr", b"av1C"})
_NO_PICTURES = frozenset({b"Exif", b"mime", b"uri "})
_HIDDEN = b"skip"
_Piece = tuple[int, int]
_Property = tuple[bytes, bytes]
_LONGEST = 256


def read(source: bytes, media_type: str) -> Still:
    """Return what redaction needs of a HEIC (`image/heic`, `image/heif`) or an AVIF; raises CannotRedact."""
    name = _NAMES[media_type]
    try:
        return _Reader(source, name).still(media_type)
    except Unreadable as error:
        raise damaged(name) from error


def av1_size(coded: bytes) -> tuple[int, int]:
    """Return (width, height) by the first sequence header in coded AV1 data (AV1 specification, 5.3 to 5.5).

    A decoder scales a picture if the file states another size. Raises CannotRedact if there is no header.
    """
    at = 0
    for _ in range(MOST_UNITS):
        if at >= len(coded) or not coded[at] & 2:
            raise damaged("AVIF")
        kind, extended = coded[at] >> 3 & 15, coded[at] >> 2 & 1
        length, at = _leb128(coded, at + 1 + extended)
        if kind == SEQUENCE_HEADER:
            return _size(coded[at : at + min(length, _LONGEST)])
        at += length
    raise damaged("AVIF")


@dataclass(frozen=True, slots=True)
class _Item:
    """One item: its type, and the offset of these four letters in the file."""

    kind: bytes
    place: int


@dataclass(frozen=True, slots=True)
class _Primary:
    """The picture that viewers show: the number and type of its item, and its properties (type and content) in their order."""

    number: int
    kind: bytes
    properties: tuple[tuple[bytes, bytes], ...]

    def find(self, kind: bytes) -> list[bytes]:
        return [body for name, body in self.properties if name == kind]


class _Reader:
    """Walks the boxes of one file."""

    def __init__(self, source: bytes, name: str) -> None:
        self._source = source
        self._name = name
        self._boxes = Boxes(BytesIO(source), name)

    def still(self, media_type: str) -> Still:
        parts = self._parts()
        items = self._items(parts[b"iinf"])
        places = self._places(parts[b"iloc"])
        primary = self._primary(parts, items, self._properties(parts[b"iprp"]))
        if primary.kind not in _CODINGS[self._name] or len(primary.find(b"ispe")) != 1:
            raise damaged(self._name)
        _check_transforms(primary)
        sides = Fields(primary.find(b"ispe")[0][FULL_BOX:], self._name)
        size = checked(sides.number(4), sides.number(4), self._name, MAX_PIXELS)
        if primary.kind == b"av01" and av1_size(self._coded(places.get(primary.number, ()))) != size:
            raise damaged(self._name)
        return Still(
            media_type=media_type,
            size=size,
            orientation=upright(metadata.read(BytesIO(self._source))),
            grid=GRID,
            bare=self._bare(items),
            profile=self._profile(primary),
            lossless=False,
        )

    def _parts(self) -> dict[bytes, Box]:
        """Return the boxes of `meta` that we need; refuse a movie."""
        top = list(self._boxes.inside(self._boxes.whole))
        kinds = [box.kind for box in top]
        brand = self._boxes.content(top[0], most=4) if kinds[:1] == [b"ftyp"] else b""
        if b"moov" in kinds or brand in _MOVING:
            raise CannotRedact(ANIMATED)
        if not brand or kinds.count(b"meta") != 1:
            raise damaged(self._name)
        parts: dict[bytes, Box] = {}
        for box in self._boxes.inside(top[kinds.index(b"meta")], FULL_BOX):
            if box.kind in parts and box.kind != b"free":
                raise damaged(self._name)
            parts[box.kind] = box
        if not parts.keys() >= {b"iinf", b"iloc", b"pitm", b"iprp"}:
            raise damaged(self._name)
        return parts

    def _items(self, listed: Box) -> dict[int, _Item]:
        version = self._boxes.content(listed, most=1)
        items: dict[int, _Item] = {}
        for box in self._boxes.inside(listed, FULL_BOX + (2 if version == b"\0" else 4)):
            fields = Fields(self._boxes.content(box), self._name)
            kind = fields.number(4) >> 24
            if box.kind != b"infe" or kind not in {2, 3}:
                raise damaged(self._name)
            width = 4 if kind == 3 else 2
            number, _protection = fields.number(width), fields.number(2)
            if number in items:
                raise damaged(self._name)
            items[number] = _Item(fields.take(4), box.start + FULL_BOX + width + 2)
        return items

    def _places(self, box: Box) -> dict[int, tuple[_Piece, ...]]:
        """Return the places of each item's pieces (`iloc`), all inside the file: a decoder would fill up a cut piece."""
        fields = Fields(self._boxes.content(box), self._name)
        version, sizes = fields.number(4) >> 24, fields.number(2)
        offset, span, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        if version > 2:
            raise damaged(self._name)
        wide = 4 if version == 2 else 2
        places: dict[int, tuple[_Piece, ...]] = {}
        for _ in range(self._bounded(fields.number(wide))):
            number = fields.number(wide)
            in_file = not (version and fields.number(2) & 15)
            fields.skip(2)
            start, pieces = fields.number(base), []
            for _ in range(self._bounded(fields.number(2), MOST_EXTENTS)):
                fields.skip(index if version else 0)
                at, length = start + fields.number(offset), fields.number(span)
                if in_file and at + length > len(self._source):
                    raise damaged(self._name)
                pieces.append((at, at + length))
            places[number] = tuple(pieces) if in_file else ()
        return places

    def _coded(self, pieces: tuple[_Piece, ...]) -> bytes:
        return b"".join(self._source[start:end] for start, end in pieces)

    def _bounded(self, count: int, most: int = MAX_PARTS) -> int:
        if count > most:
            raise damaged(self._name)
        return count

    def _primary(self, parts: dict[bytes, Box], items: dict[int, _Item], held: dict[int, list[_Property]]) -> _Primary:
        """Return the picture that viewers show; refuse it if it or one of its tiles has more than 8 bits."""
        fields = Fields(self._boxes.content(parts[b"pitm"]), self._name)
        number = fields.number(4 if fields.number(4) >> 24 else 2)
        if number not in items:
            raise damaged(self._name)
        kind, own = items[number].kind, held.get(number, [])
        tiles = [held.get(tile, []) for tile in self._tiles(parts, number)] if kind == b"grid" else []
        if any(_is_deep(*each) for properties in (own, *tiles) for each in properties):
            raise CannotRedact(DEEP)
        if tiles:
            # A grid's tiles state colours and coding, and are alike. The grid itself states size and turn.
            told = {name for name, _ in own}
            own = own + [(name, body) for name, body in tiles[0] if name in _OF_TILES - told]
        return _Primary(number, kind, tuple(own))

    def _properties(self, holder: Box) -> dict[int, list[_Property]]:
        """Return type and content of the properties of each item."""
        listed: list[_Property] = []
        linked: list[tuple[int, int]] = []
        for box in self._boxes.inside(holder):
            if box.kind == b"ipco" and not listed:
                listed = [(each.kind, self._boxes.content(each)) for each in self._boxes.inside(box)]
            elif box.kind == b"ipma":
                linked += islice(self._associated(box), MAX_PARTS + 1 - len(linked))
        if len(linked) > MAX_PARTS or not all(index <= len(listed) for _, index in linked):
            raise damaged(self._name)
        held: dict[int, list[_Property]] = {}
        for number, index in linked:
            held.setdefault(number, []).append(listed[index - 1])
        return held

    def _tiles(self, parts: dict[bytes, Box], number: int) -> list[int]:
        """Return the items that make up a grid (`dimg`)."""
        if b"iref" not in parts:
            raise damaged(self._name)
        wide = 4 if self._boxes.content(parts[b"iref"], most=1) != b"\0" else 2
        for box in self._boxes.inside(parts[b"iref"], FULL_BOX):
            fields = Fields(self._boxes.content(box), self._name)
            if box.kind == b"dimg" and fields.number(wide) == number and (count := fields.number(2)):
                return [fields.number(wide) for _ in range(self._bounded(count))]
        raise damaged(self._name)

    def _associated(self, box: Box) -> Iterator[tuple[int, int]]:
        """Yield each item and a property that `ipma` lists for it, counted from one."""
        fields = Fields(self._boxes.content(box), self._name)
        head, count = fields.number(4), fields.number(4)
        wide, long = head >> 24 >= 1, head & 1
        for _ in range(self._bounded(count)):
            item, associations = fields.number(4 if wide else 2), fields.number(1)
            for _ in range(associations):
                index = fields.number(2) & 0x7FFF if long else fields.number(1) & 0x7F
                if index:
                    yield item, index

    def _profile(self, primary: _Primary) -> bytes | None:
        """Return the ICC profile. Without a profile, the coded colours must be those that viewers assume."""
        told = {body[:4]: body[4:] for body in primary.find(b"colr")}
        profile = told.get(b"prof") or told.get(b"rICC")
        if profile is None and b"nclx" in told:
            coded = Fields(told[b"nclx"], self._name)
            check_colours(coded.number(2), coded.number(2))
        return profile if profile and len(profile) <= MAX_PROFILE else None

    def _bare(self, items: dict[int, _Item]) -> bytes:
        bare = bytearray(self._source)
        for item in items.values():
            if item.kind in _NO_PICTURES:
                bare[item.place : item.place + 4] = _HIDDEN
        return bytes(bare)


class _Bits:
    """Reads numbers from the most significant bit on."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, width: int) -> int:
        self._left -= width
        if self._left < 0:
            raise damaged("AVIF")
        return self._value >> self._left & (1 << width) - 1


def _check_transforms(primary: _Primary) -> None:
    """Refuse any other order than a turn and then a mirror (ISO/IEC 23000-22, 7.3.6.7): programs differ on it."""
    turns = [kind for kind, _ in primary.properties if kind in {b"clap", b"irot", b"imir"}]
    if b"clap" in turns:
        raise CannotRedact(CUT)
    if turns not in ([], [b"irot"], [b"imir"], [b"irot", b"imir"]):
        raise CannotRedact(SIDEWAYS)


def _is_deep(kind: bytes, body: bytes) -> bool:
    """Whether a property states more than 8 bits: AV1's (2.3.3), HEVC's (ISO/IEC 14496-15, 8.3.2.1) or the general one."""
    if kind == b"av1C":
        return bool(body[2:3]) and bool(body[2] & 0x60)
    if kind == b"hvcC":
        return any(byte & 7 for byte in body[17:19])
    return kind == b"pixi" and max(body[5:], default=8) > 8


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(data[at : at + 5]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    raise damaged("AVIF")


def _size(header: bytes) -> tuple[int, int]:
    bits = _Bits(header)
    bits.take(4)
    if bits.take(1):
        bits.take(5)
    else:
        _pass_operating_points(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(across) + 1, bits.take(down) + 1


def _pass_operating_points(bits: _Bits) -> None:
    """Skip the fields that the short header of a still picture leaves out; a header with timing belongs to a video."""
    if bits.take(1):
        raise damaged("AVIF")
    delayed = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delayed and bits.take(1):
            bits.take(4)
