"""Builds small media files byte by byte for the tests of metadata: headers and blocks are real, pixels are not."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from html import escape

from PIL import Image

XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION_HEADER = b"http://ns.adobe.com/xmp/extension/\0"
NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "exif": "http://ns.adobe.com/exif/1.0/",
}
RESOURCE = "rdf:parseType='Resource'"


def packet(body: str, attributes: str = "") -> bytes:
    """Return an XMP packet whose one description holds `body`."""
    spaces = " ".join(f"xmlns:{prefix}='{uri}'" for prefix, uri in NAMESPACES.items())
    return (
        f"<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta {spaces}><rdf:RDF>"
        f"<rdf:Description rdf:about='' {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
        f"{' ' * 50}<?xpacket end='w'?>"
    ).encode()


def bag(name: str, items: Sequence[str], kind: str = "Bag") -> str:
    """Return a property with a list of texts."""
    return f"<{name}><rdf:{kind}>{''.join(f'<rdf:li>{escape(item)}</rdf:li>' for item in items)}</rdf:{kind}></{name}>"


def mwg(
    regions: Sequence[Mapping[str, object]], applied: tuple[int, int] | None = (800, 600), unit: str = "normalized"
) -> str:
    """Return MWG regions; each has `box` (centre x, y, w, h), and may have `name` and `kind`."""
    dimensions = ""
    if applied:
        width, height = applied
        dimensions = f"<mwg-rs:AppliedToDimensions stDim:w='{width}' stDim:h='{height}' stDim:unit='pixel'/>"
    items = []
    for region in regions:
        area = ""
        if box := region.get("box"):
            values = " ".join(f"stArea:{k}='{v}'" for k, v in zip("xywh", box, strict=True))  # type: ignore[call-overload]
            area = f"<mwg-rs:Area {values} stArea:unit='{unit}'/>"
        name = f"<mwg-rs:Name>{region['name']}</mwg-rs:Name>" if "name" in region else ""
        kind = f"<mwg-rs:Type>{region['kind']}</mwg-rs:Type>" if "kind" in region else ""
        items.append(f"<rdf:li {RESOURCE}>{area}{name}{kind}</rdf:li>")
    listed = f"<mwg-rs:RegionList><rdf:Bag>{''.join(items)}</rdf:Bag></mwg-rs:RegionList>"
    return f"<mwg-rs:Regions {RESOURCE}>{dimensions}{listed}</mwg-rs:Regions>"


def microsoft(regions: Sequence[tuple[str | None, str]]) -> str:
    """Return Microsoft people tags: name and rectangle."""
    items = "".join(
        f"<rdf:li {RESOURCE}>"
        + (f"<MPReg:PersonDisplayName>{name}</MPReg:PersonDisplayName>" if name else "")
        + f"<MPReg:Rectangle>{rectangle}</MPReg:Rectangle></rdf:li>"
        for name, rectangle in regions
    )
    return f"<MP:RegionInfo {RESOURCE}><MPRI:Regions><rdf:Bag>{items}</rdf:Bag></MPRI:Regions></MP:RegionInfo>"


def iptc_region(boundary: Mapping[str, object], extra: str = "") -> str:
    """Return one IPTC image region; `boundary` holds shape, unit, x, y, w, h, rx or vertices."""
    parts = []
    for key, value in boundary.items():
        if key == "vertices":
            corners = "".join(
                f"<rdf:li {RESOURCE}><Iptc4xmpExt:rbX>{x}</Iptc4xmpExt:rbX><Iptc4xmpExt:rbY>{y}</Iptc4xmpExt:rbY></rdf:li>"
                for x, y in value  # type: ignore[attr-defined]
            )
            parts.append(f"<Iptc4xmpExt:rbVertices><rdf:Seq>{corners}</rdf:Seq></Iptc4xmpExt:rbVertices>")
        else:
            name = key[0].upper() + key[1:]
            parts.append(f"<Iptc4xmpExt:rb{name}>{value}</Iptc4xmpExt:rb{name}>")
    inside = f"<Iptc4xmpExt:RegionBoundary {RESOURCE}>{''.join(parts)}</Iptc4xmpExt:RegionBoundary>"
    return (
        f"<Iptc4xmpExt:ImageRegion><rdf:Bag><rdf:li {RESOURCE}>{inside}{extra}</rdf:li></rdf:Bag>"
        "</Iptc4xmpExt:ImageRegion>"
    )


def vocabulary(name: str, identifier: str) -> str:
    """Return a term of a controlled vocabulary, as IPTC's roles and types are written."""
    return (
        f"<Iptc4xmpExt:{name}><rdf:Bag><rdf:li {RESOURCE}>{bag('xmp:Identifier', [identifier])}</rdf:li></rdf:Bag>"
        f"</Iptc4xmpExt:{name}>"
    )


def segment(marker: int, payload: bytes) -> bytes:
    """Return one JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def xmp_segment(data: bytes) -> bytes:
    """Return the JPEG segment of an XMP packet."""
    return segment(0xE1, XMP_HEADER + data)


def extension_segment(guid: bytes, whole: int, offset: int, part: bytes) -> bytes:
    """Return one JPEG segment of an extended XMP."""
    return segment(0xE1, EXTENSION_HEADER + guid + struct.pack(">II", whole, offset) + part)


def exif_block(values: Mapping[int, object], exif_ifd: Mapping[int, object] | None = None) -> bytes:
    """Return an EXIF block as a TIFF structure."""
    exif = Image.Exif()
    for tag, value in values.items():
        exif[tag] = value
    if exif_ifd:
        exif.get_ifd(34665).update(exif_ifd)
    return exif.tobytes().removeprefix(b"Exif\0\0")


def exif_segment(values: Mapping[int, object], exif_ifd: Mapping[int, object] | None = None) -> bytes:
    """Return the JPEG segment of an EXIF block."""
    return segment(0xE1, b"Exif\0\0" + exif_block(values, exif_ifd))


def iim(records: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Return an IIM block."""
    return b"".join(struct.pack(">BBBH", 0x1C, r, n, len(value)) + value for r, n, value in records)


def resource(data: bytes, kind: int = 0x0404) -> bytes:
    """Return one Photoshop image resource."""
    return b"8BIM" + struct.pack(">HHI", kind, 0, len(data)) + data + b"\0" * (len(data) % 2)


def iptc_segment(records: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Return the JPEG segment of an IIM block."""
    return segment(0xED, b"Photoshop 3.0\0" + resource(iim(records)))


def jpeg(*segments: bytes, size: tuple[int, int] = (800, 600)) -> bytes:
    """Return a JPEG of the given size with these segments; there is no picture behind the scan's header."""
    frame = segment(0xC0, struct.pack(">BHHB", 8, size[1], size[0], 1) + b"\x01\x11\x00")
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    return b"\xff\xd8" + b"".join(segments) + frame + scan + b"\x00\xff\xd9"


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png(*before: bytes, after: Sequence[bytes] = (), size: tuple[int, int] = (800, 600)) -> bytes:
    """Return a PNG with chunks before and after its picture data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    body = b"".join(before) + chunk(b"IDAT", b"not decoded") + b"".join(after)
    return b"\x89PNG\r\n\x1a\n" + header + body + chunk(b"IEND", b"")


def riff(form: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a RIFF file."""
    body = b"".join(
        name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2) for name, payload in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + form + body


def webp(*chunks: tuple[bytes, bytes], size: tuple[int, int] = (800, 600)) -> bytes:
    """Return an extended WebP."""
    header = b"\x0c\0\0\0" + (size[0] - 1).to_bytes(3, "little") + (size[1] - 1).to_bytes(3, "little")
    return riff(b"WEBP", (b"VP8X", header), *chunks)


def info(**texts: str) -> tuple[bytes, bytes]:
    """Return a LIST chunk of INFO texts."""
    body = b"".join(
        name.encode()
        + struct.pack("<I", len(text.encode()) + 1)
        + text.encode()
        + b"\0"
        + b"\0" * ((len(text.encode()) + 1) % 2)
        for name, text in texts.items()
    )
    return b"LIST", b"INFO" + body


def gif(*extensions: bytes, size: tuple[int, int] = (800, 600)) -> bytes:
    """Return a GIF with one tiny frame, a global and a local colour table."""
    head = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + b"\0" * 6
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0x80) + b"\0" * 6 + b"\x02\x02\x44\x01\x00"
    return head + b"".join(extensions) + frame + b"\x3b"


def gif_xmp(data: bytes) -> bytes:
    """Return the application extension that holds XMP, with the ramp that ends it."""
    ramp = b"\x01" + bytes(range(255, -1, -1))
    return b"\x21\xff\x0bXMP DataXMP" + data + ramp + b"\0"


def box(kind: bytes, *content: bytes) -> bytes:
    """Return one box of a movie."""
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def track(size: tuple[int, int] = (640, 360), matrix: tuple[int, int, int, int] = (1, 0, 0, 1)) -> bytes:
    """Return a track with its header: size in pixels, and the turning part (a, b, c, d) of its matrix."""
    a, b, c, d = (value * 0x10000 for value in matrix)
    header = b"\0" * 40 + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    return box(b"trak", box(b"tkhd", header + struct.pack(">II", size[0] << 16, size[1] << 16)))


def movie(*in_moov: bytes, brand: bytes = b"qt  ", after: bytes = b"") -> bytes:
    """Return a movie with these boxes in its `moov`."""
    return box(b"ftyp", brand, b"\0\0\0\0") + box(b"mdat", b"samples") + box(b"moov", *in_moov) + after


def tiff(entries: Sequence[tuple[int, int, int, bytes]], following: int = 0) -> bytes:
    """Return a little-endian TIFF of one directory; each entry is tag, type, count and its value's bytes."""
    table, values = b"", b""
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, kind, count, value in entries:
        inline = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", start + len(values))
        if len(value) > 4:
            values += value
        table += struct.pack("<HHI", tag, kind, count) + inline
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + struct.pack("<I", following) + values


def item_info(number: int, kind: bytes, media_type: bytes = b"", encoding: bytes = b"", protection: int = 0) -> bytes:
    """Return how HEIF describes one item: its type of four letters, for `mime` a media type and an encoding too."""
    extra = media_type + b"\0" + encoding + b"\0" if kind == b"mime" else b""
    return box(b"infe", b"\2\0\0\0", struct.pack(">HH", number, protection), kind, b"name\0", extra)


def item_place(number: int, pieces: Sequence[tuple[int, int]], method: int = 0, elsewhere: int = 0) -> bytes:
    """Return where HEIF says that one item lies: the offset and length of each piece."""
    head = struct.pack(">HHHH", number, method, elsewhere, len(pieces))
    return head + b"".join(struct.pack(">II", *piece) for piece in pieces)


def heif(
    *items: tuple[bytes, bytes],
    size: tuple[int, int] = (800, 600),
    turns: Sequence[tuple[bytes, int]] = (),
    brand: bytes = b"heic",
    in_idat: bool = False,
    written: Sequence[bytes] = (),
    after: bytes = b"",
) -> bytes:
    """Return a HEIF file; each item is its type and its bytes, `mime` being XMP. `turns` are `irot` and `imir` values.

    `written` are boxes of properties that no picture refers to, `after` is what follows the last box.
    """
    shape = box(b"ispe", b"\0\0\0\0", struct.pack(">II", *size))
    properties = [shape, *(box(kind, bytes([value])) for kind, value in turns)]
    used = bytes([len(properties), *range(1, len(properties) + 1)])
    infos = [item_info(1, b"hvc1")] + [
        item_info(number, kind, b"application/rdf+xml") for number, (kind, _) in enumerate(items, 2)
    ]
    data = b"".join(content for _, content in items)

    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, (_, content) in enumerate(items, 2):
            places += item_place(number, [(at, len(content))], method=int(in_idat))
            at += len(content)
        return box(
            b"meta",
            b"\0\0\0\0",
            box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13),
            box(b"pitm", b"\0\0\0\0\0\1"),
            box(b"iinf", b"\0\0\0\0", struct.pack(">H", len(infos)), *infos),
            box(b"iloc", b"\1\0\0\0\x44\0", struct.pack(">H", len(items)), places),
            box(
                b"iprp",
                box(b"ipco", *properties, *written),
                box(b"ipma", b"\0\0\0\0\0\0\0\1\0\1", used),
            ),
            *([box(b"idat", data)] if in_idat else []),
        )

    kind = box(b"ftyp", brand, b"\0\0\0\0", b"mif1")
    start = 0 if in_idat else len(kind) + len(meta(0)) + 8
    return kind + meta(start) + box(b"mdat", b"" if in_idat else data) + after


def cr3(first: bytes, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """Return a Canon CR3 with these TIFF blocks for the first directory and for EXIF's, and XMP."""
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    held = box(b"uuid", canon, box(b"CNCV", b"CanonCR3"), box(b"CMT1", first), *([box(b"CMT2", exif)] if exif else []))
    packet_box = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), xmp) if xmp else b""
    return box(b"ftyp", b"crx ", b"\0\0\0\1crx ") + box(b"moov", held) + packet_box + box(b"mdat", b"samples")


def bits(*fields: tuple[int, int]) -> bytes:
    """Return numbers of the given widths (value, bits) as JPEG XL packs them, the lowest bit first."""
    value = at = 0
    for number, width in fields:
        value |= number << at
        at += width
    return value.to_bytes((at + 7) // 8, "little")


def jxl_codestream(*head: tuple[int, int]) -> bytes:
    """Return the start of a JPEG XL codestream with these header fields, and no picture."""
    return b"\xff\x0a" + bits(*head) + b"picture" * 5


JXL_800_600 = ((0, 1), (1, 2), (599, 13), (3, 3), (1, 1))
"""A JPEG XL header for 800 by 600 pixels: height, the ratio 4:3, all else as usual."""


def jxl(*boxes: bytes, head: Sequence[tuple[int, int]] = JXL_800_600) -> bytes:
    """Return a JPEG XL file with these boxes before its picture."""
    kind = b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ")
    return kind + b"".join(boxes) + box(b"jxlc", jxl_codestream(*head))


def jp2(*boxes: bytes, size: tuple[int, int] = (800, 600)) -> bytes:
    """Return a JPEG 2000 file with these boxes before its picture."""
    header = box(b"ihdr", struct.pack(">IIHBBBB", size[1], size[0], 3, 7, 7, 0, 0))
    kind = b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return kind + box(b"jp2h", header) + b"".join(boxes) + box(b"jp2c", b"\xff\x4f\xff\x51picture")


def psd(*resources: bytes, size: tuple[int, int] = (800, 600), version: int = 1) -> bytes:
    """Return a Photoshop file with these image resources and neither layers nor picture."""
    header = struct.pack(">4sH6xHIIHH", b"8BPS", version, 3, size[1], size[0], 8, 3)
    return header + struct.pack(">I", 0) + struct.pack(">I", len(b"".join(resources))) + b"".join(resources) + b"\0" * 6


def pdf_stream(data: bytes, entries: bytes = b"") -> bytes:
    """Return one PDF stream."""
    return b"<< /Length %d %s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """Return a PDF of these objects, numbered from one, with their table."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d %s >>\n" % (count, table, count, trailer)
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )


def raf(picture: bytes, fields: Mapping[int, bytes]) -> bytes:
    """Return a Fujifilm RAF: a header, a JPEG, and fields of its own."""
    own = struct.pack(">I", len(fields)) + b"".join(
        struct.pack(">HH", tag, len(value)) + value for tag, value in fields.items()
    )
    head = b"FUJIFILMCCD-RAW 0201FF383501".ljust(84, b"\0")
    start = 160
    places = struct.pack(">4I", start, len(picture), start + len(picture), len(own))
    return (head + places).ljust(start, b"\0") + picture + own
