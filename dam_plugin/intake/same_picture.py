"""Recognises a picture again: by a digest of it without its metadata, and by a likeness that survives re-encoding.

Saving a rating or a caption changes the file and not the picture. So the digest is of the coded picture in the file;
nothing is decoded. The likeness is dHash (Neal Krawetz, 2013): whether each of 8 x 8 places is brighter than its right
neighbour. It is taken of the picture, of its middle, and of the picture turned and mirrored. It finds re-encodings,
smaller copies, turned and mirrored ones, added borders, and borders cut equally from all sides. A match only asks for
a person's look. How two likenesses compare is in `store/likenesses.py`.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageOps

from dam_plugin.intake.faces import FORMATS, MOST_PIXELS, MOST_PIXELS_OF

# A picture of one colour looks like every other one.
_LEAST_SET = 6
_SIDE = 8
# Which parts of the sides the middles have: somebody may have cut a border away.
_MIDDLES = (0.95, 0.9, 0.85, 0.8, 0.7)
# By how many of 256 levels a border's grey may vary.
_BORDER = 12
_PNG = b"\x89PNG\r\n\x1a\n"
# The chunks that are a PNG's picture (W3C PNG, chapter 11): the header, colours and transparency, and the coded picture.
_PNG_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT")
# JPEG (ITU-T T.81, B.1.1.3): markers without a length, the start of a scan, the end, and what holds no picture.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_SOS, _EOI = 0xDA, 0xD9
_NO_PICTURE = frozenset({*range(0xE0, 0xF0), 0xFE})


def content_digest(body: bytes, orientation: int | None) -> str | None:
    """Return the digest of the picture in a JPEG or PNG file, as it is shown upright; None for other and broken files.

    Equal digests mean equal pictures in equal places; the rest of the files may differ.
    """
    parts = _jpeg_parts(body) if body.startswith(b"\xff\xd8") else _png_parts(body) if body.startswith(_PNG) else None
    if parts is None:
        return None
    digest = hashlib.sha256(f"orientation {orientation or 1}\n".encode())
    try:
        for part in parts:
            digest.update(part)
    except (struct.error, IndexError, ValueError):
        return None
    return digest.hexdigest()


def likeness(body: bytes) -> str | None:
    """Return digits that are nearly the same for pictures that look alike; None for an unreadable or empty picture.

    Of 16 hexadecimal digits each: the picture and its middle in the sizes of `_MIDDLES`, then behind a `/` the picture in
    the seven other ways to turn and mirror it.
    """
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS_OF.get(opened.format or "", MOST_PIXELS):
                return None
            opened.draft("L", (_SIDE * 32, _SIDE * 32))
            opened.thumbnail((_SIDE * 64, _SIDE * 64))
            grey = _without_border(ImageOps.exif_transpose(opened).convert("L"))
            own = _hash(grey)
            if not _LEAST_SET <= own.bit_count() <= _SIDE * _SIDE - _LEAST_SET:
                return None
            middles = [own, *(_hash(_middle(grey, share)) for share in _MIDDLES)]
            turned = [_hash(grey.transpose(turn)) for turn in Image.Transpose]
    except Exception:  # noqa: BLE001 - whatever a hostile file makes a decoder do, it is tagged, and looks like nothing
        return None
    return "/".join(" ".join(f"{each:016x}" for each in several) for several in (middles, turned))


def _hash(grey: Image.Image) -> int:
    levels = grey.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX).tobytes()
    rows = [levels[start : start + _SIDE + 1] for start in range(0, len(levels), _SIDE + 1)]
    bits = "".join("1" if row[place] > row[place + 1] else "0" for row in rows for place in range(_SIDE))
    return int(bits, 2)


def _middle(grey: Image.Image, share: float) -> Image.Image:
    x, y = (side * (1 - share) / 2 for side in grey.size)
    return grey.crop((int(x), int(y), int(grey.width - x), int(grey.height - y)))


def _without_border(grey: Image.Image) -> Image.Image:
    """Return a picture without a border of the colour of its corner."""
    corner = Image.new("L", grey.size, grey.getpixel((0, 0)))
    box = ImageChops.difference(grey, corner).point(lambda level: 255 * (level > _BORDER)).getbbox()
    return grey.crop(box) if box else grey


def _jpeg_parts(body: bytes) -> Iterator[memoryview]:
    """Yield the parts of a JPEG file that are its picture, up to the first end of image. Raises ValueError without one."""
    whole, at, has_scan = memoryview(body), 2, False
    while True:
        while body[at] == 0xFF and body[at + 1] == 0xFF:  # fill bytes
            at += 1
        if body[at] != 0xFF:
            raise ValueError("no marker where one has to be")
        marker = body[at + 1]
        if marker == _EOI:
            break
        if marker in _ALONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", body, at + 2)
        end = at + 2 + length
        if marker == _SOS:
            has_scan, end = True, _end_of_scan(body, end)
        if marker not in _NO_PICTURE:
            yield whole[at:end]
        at = end
    if not has_scan:
        raise ValueError("no picture in it")


def _end_of_scan(body: bytes, at: int) -> int:
    """Return where the next marker begins behind coded data; a stuffed zero and a restart are part of them."""
    while True:
        at = body.index(b"\xff", at)
        follows = body[at + 1]
        if follows not in (0x00, 0xFF) and not 0xD0 <= follows <= 0xD7:
            return at
        at += 1 if follows == 0xFF else 2


def _png_parts(body: bytes) -> Iterator[memoryview]:
    """Yield the parts of a PNG file that are its picture, chunk by chunk. Raises ValueError if it has none."""
    whole, at, has_picture = memoryview(body), len(_PNG), False
    while True:
        length, kind = struct.unpack_from(">I4s", body, at)
        if kind == b"IEND":
            break
        if kind in _PNG_PICTURE:
            has_picture |= kind == b"IDAT"
            yield whole[at + 4 : at + 8 + length]
        at += 12 + length
    if not has_picture:
        raise ValueError("no picture in it")
