"""The metadata around a picture, as cameras and Lightroom write it: EXIF, XMP, IPTC-IIM, in a JPEG's segments.

After the Exif 2.32, XMP part 3, IPTC-IIM 4.2 and MWG 2010 specifications; written byte by byte, since a
test file should not depend on what an imaging library chooses to keep.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from PIL import Image

from drawing.canvas import Box, Picture

PHOTOGRAPHER = "District Media Office"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
}
ROTATED = 6
"""EXIF Orientation 6: the stored picture must be turned 90 degrees clockwise to stand upright."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face region: a name or none, and a box in pixels of the upright picture."""

    name: str | None
    box: Box


@dataclass(frozen=True, slots=True)
class Record:
    """The metadata to write into a file. `camera` is make and model; `taken` is local time, `YYYY-MM-DDTHH:MM:SS`."""

    title: str
    caption: str
    taken: str
    camera: tuple[str, str] = ("Larkfield", "LF-60")
    keywords: tuple[str, ...] = ()
    hierarchy: tuple[str, ...] = ()
    event: str | None = None
    people: tuple[str, ...] = ()
    faces: tuple[Face, ...] = ()
    microsoft: bool = False
    thumbnail: bool = False
    orientation: int = 1


def jpeg(picture: Picture, record: Record | None, quality: int = 85) -> bytes:
    """Return the picture as JPEG; without a record it carries no metadata segment at all."""
    if record is None:
        return _compress(picture.image, quality)
    stored = picture.image
    if record.orientation == ROTATED:
        stored = stored.transpose(Image.Transpose.ROTATE_90)
    plain = _compress(stored, quality)
    # Cameras write no JFIF header: the Exif segment comes straight after the start of image.
    start = 4 + struct.unpack(">H", plain[4:6])[0]
    thumbnail = _thumbnail(stored) if record.thumbnail else None
    head = segment(0xE1, b"Exif\0\0" + exif(record, thumbnail))
    head += segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(record, picture.image.size))
    head += segment(0xED, b"Photoshop 3.0\0" + _photoshop(record))
    return plain[:2] + head + plain[start:]


def segment(marker: int, body: bytes) -> bytes:
    """Return one JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(record: Record, thumbnail: bytes | None = None) -> bytes:
    """Return a big-endian TIFF block: IFD0, the Exif IFD, and IFD1 with the thumbnail where there is one."""
    make, model = record.camera
    taken = record.taken.replace("-", ":").replace("T", " ")
    first = [
        (0x010E, 2, _ascii(record.title)),
        (0x010F, 2, _ascii(make)),
        (0x0110, 2, _ascii(f"{make} {model}")),
        (0x0112, 3, struct.pack(">H", record.orientation)),
        (0x011A, 5, struct.pack(">II", 240, 1)),
        (0x011B, 5, struct.pack(">II", 240, 1)),
        (0x0128, 3, struct.pack(">H", 2)),
        (0x0132, 2, _ascii(taken)),
        (0x013B, 2, _ascii(PHOTOGRAPHER)),
        (0x8769, 4, b"\0\0\0\0"),
    ]
    details = [
        (0x829A, 5, struct.pack(">II", 1, 250)),
        (0x829D, 5, struct.pack(">II", 28, 10)),
        (0x8827, 3, struct.pack(">H", 800)),
        (0x9000, 7, b"0232"),
        (0x9003, 2, _ascii(taken)),
        (0x9004, 2, _ascii(taken)),
        (0x920A, 5, struct.pack(">II", 50, 1)),
    ]
    details_at = 8 + _length(first)
    first[-1] = (0x8769, 4, struct.pack(">I", details_at))
    if thumbnail is None:
        return b"MM\0*\0\0\0\x08" + _directory(first, 8, 0) + _directory(details, details_at, 0)
    second_at = details_at + _length(details)
    second = [
        (0x0103, 3, struct.pack(">H", 6)),
        (0x0201, 4, b"\0\0\0\0"),
        (0x0202, 4, struct.pack(">I", len(thumbnail))),
    ]
    second[1] = (0x0201, 4, struct.pack(">I", second_at + _length(second)))
    directories = (
        _directory(first, 8, second_at) + _directory(details, details_at, 0) + _directory(second, second_at, 0)
    )
    return b"MM\0*\0\0\0\x08" + directories + thumbnail


def xmp(record: Record, size: tuple[int, int]) -> bytes:
    """Return an XMP packet; `size` is that of the upright picture."""
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    parts = [
        f"<xmp:CreateDate>{record.taken}</xmp:CreateDate><xmp:CreatorTool>Larkfield Desk 4.2</xmp:CreatorTool>",
        f"<photoshop:DateCreated>{record.taken}</photoshop:DateCreated>",
        _list("dc:creator", "Seq", (PHOTOGRAPHER,)),
        _localized("dc:title", record.title),
        _localized("dc:description", record.caption),
        _list("dc:subject", "Bag", record.keywords),
        _list("lr:hierarchicalSubject", "Bag", record.hierarchy),
        _localized("Iptc4xmpExt:Event", record.event),
        _list("Iptc4xmpExt:PersonInImage", "Bag", record.people),
        _regions(record, size),
        _microsoft_regions(record, size),
    ]
    body = "\n   ".join(part for part in parts if part)
    packet = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <rdf:Description rdf:about=""{spaces}>\n   {body}\n  </rdf:Description>\n'
        " </rdf:RDF>\n</x:xmpmeta>\n"
    )
    return (packet + (" " * 99 + "\n") * 6 + '<?xpacket end="w"?>').encode()


def iim(record: Record) -> bytes:
    """Return the IPTC-IIM records, in UTF-8 and saying so."""
    sets = [(1, 90, b"\x1b%G"), (2, 0, b"\0\x04"), (2, 5, record.title.encode())]
    sets += [(2, 25, keyword.encode()) for keyword in record.keywords]
    sets += [(2, 55, record.taken[:10].replace("-", "").encode()), (2, 80, PHOTOGRAPHER.encode())]
    sets.append((2, 120, record.caption.encode()))
    return b"".join(struct.pack(">BBBH", 0x1C, block, number, len(body)) + body for block, number, body in sets)


def _compress(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
    return out.getvalue()


def _thumbnail(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((240, 240), Image.Resampling.LANCZOS)
    return _compress(small, 80)


def _photoshop(record: Record) -> bytes:
    body = iim(record)
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(body)) + body + b"\0" * (len(body) % 2)


def _ascii(text: str) -> bytes:
    return text.encode() + b"\0"


def _length(entries: list[tuple[int, int, bytes]]) -> int:
    return 6 + 12 * len(entries) + sum(len(body) + len(body) % 2 for _, _, body in entries if len(body) > 4)


def _directory(entries: list[tuple[int, int, bytes]], at: int, following: int) -> bytes:
    units = {2: 1, 3: 2, 4: 4, 5: 8, 7: 1}
    rows, extra = b"", b""
    extra_at = at + 6 + 12 * len(entries)
    for tag, kind, body in entries:
        rows += struct.pack(">HHI", tag, kind, len(body) // units[kind])
        if len(body) > 4:
            rows += struct.pack(">I", extra_at + len(extra))
            extra += body + b"\0" * (len(body) % 2)
        else:
            rows += body.ljust(4, b"\0")
    return struct.pack(">H", len(entries)) + rows + struct.pack(">I", following) + extra


def _list(name: str, kind: str, items: tuple[str, ...]) -> str:
    if not items:
        return ""
    rows = "".join(f"<rdf:li>{escape(item)}</rdf:li>" for item in items)
    return f"<{name}><rdf:{kind}>{rows}</rdf:{kind}></{name}>"


def _localized(name: str, text: str | None) -> str:
    if text is None:
        return ""
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></{name}>'


def _regions(record: Record, size: tuple[int, int]) -> str:
    if not record.faces:
        return ""
    width, height = size[::-1] if record.orientation == ROTATED else size
    rows = ""
    for face in record.faces:
        x, y, w, h = _shares(face.box, size)
        middle_x, middle_y = x + w / 2, y + h / 2
        if record.orientation == ROTATED:
            # Regions speak of the stored frame, which lies on its left side.
            middle_x, middle_y, w, h = middle_y, 1 - middle_x, h, w
        name = "" if face.name is None else f" mwg-rs:Name={quoteattr(face.name)}"
        place = f'stArea:x="{middle_x:.6f}" stArea:y="{middle_y:.6f}" stArea:w="{w:.6f}" stArea:h="{h:.6f}"'
        area = f'<mwg-rs:Area {place} stArea:unit="normalized"/>'
        rows += f'<rdf:li><rdf:Description{name} mwg-rs:Type="Face">{area}</rdf:Description></rdf:li>'
    frame = f'<mwg-rs:AppliedToDimensions stDim:w="{width}" stDim:h="{height}" stDim:unit="pixel"/>'
    regions = f"<mwg-rs:RegionList><rdf:Bag>{rows}</rdf:Bag></mwg-rs:RegionList>"
    return f'<mwg-rs:Regions rdf:parseType="Resource">{frame}{regions}</mwg-rs:Regions>'


def _microsoft_regions(record: Record, size: tuple[int, int]) -> str:
    if not record.microsoft:
        return ""
    rows = ""
    for face in record.faces:
        place = ", ".join(f"{share:.6f}" for share in _shares(face.box, size))
        name = "" if face.name is None else f" MPReg:PersonDisplayName={quoteattr(face.name)}"
        rows += f'<rdf:li MPReg:Rectangle="{place}"{name}/>'
    regions = f"<MPRI:Regions><rdf:Bag>{rows}</rdf:Bag></MPRI:Regions>"
    return f'<MP:RegionInfo rdf:parseType="Resource">{regions}</MP:RegionInfo>'


def _shares(box: Box, size: tuple[int, int]) -> tuple[float, float, float, float]:
    return box.x / size[0], box.y / size[1], box.w / size[0], box.h / size[1]
