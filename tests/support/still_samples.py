"""Draws the small PNG, WebP, TIFF, AVIF and HEIC files that the redaction tests work on, and puts metadata into them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jpeg_samples import exif, noise, picture
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_ORIENTATION = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    "{said}><dc:subject><rdf:Bag><rdf:li>Ava Example</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF>"
    "</x:xmpmeta>"
)


def drawn(width: int = 160, height: int = 120, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """Draw a smooth picture of any mode, the same for the same seed; alpha is between half and whole."""
    if mode in {"LA", "RGBA"}:
        image = picture(width, height, seed, mode[:-1])
        image.putalpha(picture(width, height, seed + 1, "L"))
        return image
    return picture(width, height, seed, mode)


def noisy(image: Image.Image, box: tuple[int, int, int, int], seed: int) -> Image.Image:
    """Return the picture with other pixels inside the box."""
    changed = image.copy()
    size = (box[2] - box[0], box[3] - box[1])
    bands = [noise(*size, seed * 9 + at, "L") for at in range(len(image.getbands()))]
    changed.paste(Image.merge(image.mode, bands), box)
    return changed


def saved(image: Image.Image, format_: str, **settings: Any) -> bytes:
    """Write a file with Pillow."""
    file = io.BytesIO()
    image.save(file, format_, **settings)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    """Open a file and load its pixels."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def tiff_block(orientation: int) -> bytes:
    """Return an Exif block with one orientation, as PNG and WebP hold it."""
    return exif(orientation)[6:]


def xmp(orientation: int | None = None) -> bytes:
    """Return an XMP packet that names somebody, and may state an orientation."""
    said = "" if orientation is None else f'tiff:Orientation="{orientation}"'
    return XMP_ORIENTATION.replace("{said}", said).encode()


# PNG


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a PNG chunk with its length and checksum."""
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def with_chunk(data: bytes, kind: bytes, body: bytes, before: bytes = b"IDAT") -> bytes:
    """Put a chunk before the first one of a kind."""
    at = data.index(before) - 4
    return data[:at] + chunk(kind, body) + data[at:]


def png(
    size: tuple[int, int],
    depth: int,
    kind: int,
    rows: Sequence[bytes],
    extra: Mapping[bytes, bytes] | None = None,
) -> bytes:
    """Write a PNG by hand, of any depth and colour type: `rows` are unfiltered, `extra` stands before the picture."""
    header = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    packed = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *(extra or {}).items(), (b"IDAT", packed), (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(name, body) for name, body in chunks)


def rich_png(image: Image.Image, name: str, orientation: int) -> bytes:
    """Write a PNG that says a name wherever one can, and more behind its end."""
    texts = PngInfo()
    texts.add_text("Author", name)
    texts.add_text("Comment", name, zip=True)
    texts.add_itxt("Description", name)
    texts.add_itxt("XML:com.adobe.xmp", xmp())
    texts.add(b"prVt", name.encode())
    plain = saved(image, "PNG", pnginfo=texts, exif=tiff_block(orientation), dpi=(72, 72))
    late = with_chunk(plain, b"tEXt", b"Title\0" + name.encode(), b"IEND")
    return late + name.encode() + saved(image, "PNG")


# WebP


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    """Return a RIFF chunk with its length and padding."""
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    """Return a WebP of these chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


# TIFF

Field = tuple[int, int, Sequence[int]]
"""A tag, its type (3: SHORT, 4: LONG, 7: UNDEFINED) and its values."""


def tiff(fields: Sequence[Field], pixels: bytes, order: str = "<", following: int = 0) -> bytes:
    """Write a TIFF by hand: the pixels at 8, then one directory with these fields and no others."""
    letters = {1: "B", 3: "H", 4: "I", 7: "B"}
    pixels += b"\0" * (len(pixels) % 2)
    start = 8 + len(pixels)
    place = start + 2 + 12 * len(fields) + 4
    table, values = b"", b""
    for tag, kind, numbers in sorted(fields):
        data = struct.pack(f"{order}{len(numbers)}{letters[kind]}", *numbers)
        table += struct.pack(order + "HHI", tag, kind, len(numbers))
        table += data.ljust(4, b"\0") if len(data) <= 4 else struct.pack(order + "I", place + len(values))
        values += data + b"\0" * (len(data) % 2) if len(data) > 4 else b""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", start) + pixels
    return head + struct.pack(order + "H", len(fields)) + table + struct.pack(order + "I", following) + values


def plain_fields(size: tuple[int, int], samples: int, length: int) -> dict[int, Field]:
    """Return the fields of a TIFF of one unpacked strip, by tag, to be changed."""
    fields: list[Field] = [
        (256, 4, (size[0],)), (257, 4, (size[1],)), (258, 3, (8,) * samples), (259, 3, (1,)),
        (262, 3, (2 if samples >= 3 else 1,)), (273, 4, (8,)), (277, 3, (samples,)), (278, 4, (size[1],)),
        (279, 4, (length,)),
    ]  # fmt: skip
    return {field[0]: field for field in fields}


# Every format, turned


def turned_png(image: Image.Image, orientation: int) -> bytes:
    return saved(image, "PNG", exif=tiff_block(orientation))


def turned_webp(image: Image.Image, orientation: int) -> bytes:
    return saved(image, "WEBP", lossless=True, exact=True, exif=tiff_block(orientation))


def turned_lossy_webp(image: Image.Image, orientation: int) -> bytes:
    return saved(image, "WEBP", quality=95, exact=True, exif=tiff_block(orientation))


def turned_tiff(image: Image.Image, orientation: int) -> bytes:
    return saved(image, "TIFF", compression="tiff_lzw", tiffinfo={274: orientation})


def turned_avif(image: Image.Image, orientation: int) -> bytes:
    """Write an AVIF; Pillow states the orientation by `irot` and `imir`."""
    said = Image.Exif()
    said[274] = orientation
    return saved(image, "AVIF", quality=95, speed=10, exif=said)


TURNED: dict[str, Callable[[Image.Image, int], bytes]] = {
    "image/png": turned_png,
    "image/webp": turned_webp,
    "image/tiff": turned_tiff,
    "image/avif": turned_avif,
}
"""How a picture is written with an orientation, by media type."""
SOURCES = [*TURNED.items(), ("image/webp", turned_lossy_webp)]
IDS = ["PNG", "lossless WebP", "TIFF", "AVIF", "WebP"]
