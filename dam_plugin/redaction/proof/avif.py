"""The strict walk of an AVIF copy (AV1 Image File Format 1.1, ISO/IEC 23008-12): one picture and the notice, no more.

The file must be of the plain form that libavif gives a single picture: what has no place there is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dam_plugin.redaction.proof import av1, bmff
from dam_plugin.redaction.proof.bmff import Box
from dam_plugin.redaction.proof.held import Held, Stream, known, ordered, refuse, sized

COLOUR, ALPHA, XMP = b"av01Color\0", b"av01Alpha\0", b"mimeXMP\0application/rdf+xml\0"
_ROLES = ([COLOUR], [COLOUR, ALPHA], [COLOUR, XMP], [COLOUR, ALPHA, XMP])
_BRANDS = frozenset({b"avif", b"mif1", b"miaf", b"MA1A", b"MA1B"})
_PICTURES = bytes(8) + b"pict" + bytes(13)
_IS_ALPHA = bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"
_COLOUR_HAS = frozenset({b"ispe", b"pixi", b"av1C", b"nclx", b"prof"})
_ALPHA_HAS = frozenset({b"ispe", b"pixi", b"av1C", b"auxC"})
_MOST = 1 << 20
_ESSENTIAL = 0x80
_SAMPLINGS = frozenset({0x00, 0x08, 0x0C, 0x1C})
"""The third byte of `av1C` for 8 bits in 4:4:4, 4:2:2, 4:2:0 and grey."""
_COLOURS = (b"\0\1\0\x0d\0\6\x80", b"\0\2\0\2\0\6\x80")
"""What `nclx` says of a copy in sRGB, and of one whose colours its profile describes (ITU-T H.273)."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property of a picture by its kind (`colr` by that of its colours), and what it holds."""

    kind: bytes
    body: bytes


def walk(data: bytes, packet: bytes) -> Held:
    """Return what an AVIF holds; `packet` is the notice it must hold, b"" for none. Raises NotProven."""
    head, meta, media = _named(bmff.boxes(data, 0, len(data), 8), (b"ftyp", b"meta", b"mdat"))
    _brands(bmff.body(data, head, 256))
    parts = {box.kind: box for box in bmff.boxes(data, meta.body + 4, meta.end, 8)} if _plain(data, meta) else {}
    roles = _roles(data, parts)
    extents = _extents(data, parts, media, len(roles))
    notice = data[slice(*extents[roles.index(XMP)])] if XMP in roles else None
    ordered(notice, packet)
    coded = [av1.picture(data, *place) for place, role in zip(extents, roles, strict=True) if role != XMP]
    properties = _properties(data, parts, len(coded))
    for picture, held in zip(coded, properties, strict=True):
        _fits(picture, held)
    size = sized(*coded[0].size)
    profile = next((one.body for one in properties[0] if one.kind == b"prof"), b"")
    if coded[-1].size != size:
        raise refuse("the alpha channel is not of the picture's size")
    whole = _in_whole_units(data, coded, parts[b"iprp"])
    streams = tuple(Stream(whole, *tile) for picture in coded for tile in picture.tiles)
    return Held(size, ALPHA in roles, lossless=False, profile=known(profile) if profile else b"", streams=streams)


def _in_whole_units(data: bytes, coded: Sequence[av1.Picture], properties: Box) -> bytes:
    """Return the file with its pictures' units shown in full."""
    whole = bytearray(data)
    for picture in coded:
        header, size = av1.in_whole_units(data[slice(*picture.header)])
        whole[slice(*picture.header)] = header
        table = next(bmff.boxes(data, properties.body, properties.end))
        for box in bmff.boxes(data, table.body, table.end):
            if box.kind == b"ispe":
                whole[box.body + 4 : box.end] = struct.pack(">II", *size)
    return data if whole == data else bytes(whole)


def _named(found: Iterator[Box], kinds: Sequence[bytes]) -> list[Box]:
    """Return boxes that must be exactly of these kinds, in this order."""
    boxes = list(found)
    strange = [box.name for box in boxes if box.kind not in kinds]
    if strange:
        raise refuse(f"the file holds a box {strange[0]} that a copy may not hold")
    if [box.kind for box in boxes] != list(kinds):
        raise refuse("the boxes stand out of order or twice, or one is missing")
    return boxes


def _brands(body: bytes) -> None:
    brands = {body[at : at + 4] for at in range(8, len(body), 4)}
    if body[:8] != b"avif\0\0\0\0" or not brands <= _BRANDS:
        raise refuse("the file states another format than that of a single AVIF picture")


def _plain(data: bytes, meta: Box) -> bool:
    """Return True where the box `meta` holds the usual boxes in their order; raises NotProven otherwise."""
    if bmff.read(data, meta.body, meta.body + 4) != bytes(4) or meta.end - meta.body > _MOST:
        raise refuse("the file's table of contents is not of the usual form")
    kinds = [b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp"]
    found = [box.kind for box in bmff.boxes(data, meta.body + 4, meta.end, 8)]
    _named(bmff.boxes(data, meta.body + 4, meta.end, 8), [kind for kind in kinds if kind != b"iref" or kind in found])
    return True


def _body(data: bytes, parts: dict[bytes, Box], kind: bytes) -> bytes:
    return bmff.body(data, parts[kind], _MOST) if kind in parts else b""


def _roles(data: bytes, parts: dict[bytes, Box]) -> list[bytes]:
    """Return what each item is, the first being item 1: the picture, its alpha channel, the notice; and nothing else."""
    items, start = parts[b"iinf"], parts[b"iinf"].body + 6
    found = [bmff.body(data, box, 64) for box in bmff.boxes(data, min(start, items.end), items.end, 4)]
    roles = [item[8:] for item in found]
    told = b"".join(
        _box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + role) for number, role in enumerate(roles, 1)
    )
    if roles not in _ROLES or _body(data, parts, b"iinf") != bytes(4) + struct.pack(">H", len(roles)) + told:
        raise refuse("the file holds an item that is not the picture, its alpha channel or the notice")
    links = b"".join(
        _box(kind, struct.pack(">HHH", roles.index(role) + 1, 1, 1))
        for kind, role in ((b"auxl", ALPHA), (b"cdsc", XMP))
        if role in roles
    )
    if (
        _body(data, parts, b"hdlr") != _PICTURES
        or _body(data, parts, b"pitm") != bytes(4) + b"\0\1"
        or _body(data, parts, b"iref") != (bytes(4) + links if links else b"")
    ):
        raise refuse("the items of the file do not refer to one another as those of one picture do")
    return roles


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _extents(data: bytes, parts: dict[bytes, Box], media: Box, count: int) -> list[tuple[int, int]]:
    """Return where each item lies in the file; together they are exactly what the box `mdat` holds."""
    table = _body(data, parts, b"iloc")
    if len(table) != 8 + 14 * count or table[:8] != bytes(4) + b"\x44\0" + struct.pack(">H", count):
        raise refuse("the table of places is not of the usual form")
    extents = []
    for index in range(count):
        number, where, pieces, start, length = struct.unpack_from(">HHHII", table, 8 + 14 * index)
        if (number, where, pieces) != (index + 1, 0, 1):
            raise refuse("the table of places is not of the usual form")
        extents.append((start, start + length))
    edges = [media.body, *(edge for extent in sorted(extents) for edge in extent), media.end]
    if edges[::2] != edges[1::2]:
        raise refuse("the items do not fill the file's data exactly")
    return extents


def _properties(data: bytes, parts: dict[bytes, Box], count: int) -> list[list[_Property]]:
    """Return the properties of each coded picture; every property belongs to one."""
    whole = parts[b"iprp"]
    table, links = _named(bmff.boxes(data, whole.body, whole.end, 4), (b"ipco", b"ipma"))
    found = [_property(box, bmff.body(data, box, _MOST)) for box in bmff.boxes(data, table.body, table.end, 16)]
    linked = _links(bmff.body(data, links, 256), count)
    if {index & 0x7F for one in linked for index in one} != set(range(1, len(found) + 1)):
        raise refuse("the file holds a property that belongs to no picture")
    used = [[(found[(index & 0x7F) - 1], bool(index & _ESSENTIAL)) for index in one] for one in linked]
    if any(essential != (each.kind == b"av1C") for one in used for each, essential in one):
        raise refuse("the properties are not those of the pictures")
    return [[each for each, _ in one] for one in used]


def _links(body: bytes, count: int) -> list[list[int]]:
    """Return the indices of each picture's properties (ipma, version 0), each with the bit that makes it essential."""
    at, linked = 8, []
    for number in range(1, count + 1):
        length = body[at + 2] if at + 2 < len(body) else 0
        if body[at : at + 2] != struct.pack(">H", number) or not length:
            raise refuse("the properties are not those of the pictures")
        linked.append(list(body[at + 3 : at + 3 + length]))
        at += 3 + length
    if body[:8] != bytes(4) + struct.pack(">I", count) or at != len(body):
        raise refuse("the properties are not those of the pictures")
    return linked


def _property(box: Box, body: bytes) -> _Property:
    if box.kind == b"colr" and body[:4] in {b"nclx", b"prof"}:
        return _Property(body[:4], body[4:])
    if box.kind not in {b"ispe", b"pixi", b"av1C", b"auxC"}:
        raise refuse(f"the file holds a property {box.name} that a copy may not hold")
    return _Property(box.kind, body)


def _fits(picture: av1.Picture, held: Sequence[_Property]) -> None:
    """Raise NotProven unless the properties are those of that picture, each once, and hold nothing of their own."""
    told = {one.kind: one.body for one in held}
    allowed = _ALPHA_HAS if b"auxC" in told else _COLOUR_HAS
    samples = told.get(b"pixi", b"")[4:5]
    exact = {
        b"ispe": bytes(4) + struct.pack(">II", *picture.size),
        b"pixi": bytes(4) + samples + b"\x08" * (samples == b"\1" or 3),
        b"auxC": _IS_ALPHA,
    }
    if len(told) != len(held) or not set(told) <= allowed or not {b"ispe", b"pixi", b"av1C"} <= set(told):
        raise refuse("a picture has a property that it may not have, or lacks one")
    if any(told[kind] != exact[kind] for kind in exact.keys() & told) or samples not in {b"\1", b"\3"}:
        raise refuse("a property does not fit its picture")
    coding = told[b"av1C"]
    if coding[:2] + coding[3:] != bytes([0x81, picture.profile, 0]) or coding[2] not in _SAMPLINGS:
        raise refuse("a property holds more than it must")
    if told.get(b"nclx", _COLOURS[0]) not in _COLOURS:
        raise refuse("the file states colours that a copy does not have")
