"""Draws the small JPEGs that the redaction tests work on, and puts segments into them."""

from __future__ import annotations

import io
import random
import struct
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from PIL import Image

from dam_plugin.redaction.libturbojpeg import COPY_NONE, NO_OUTPUT
from dam_plugin.redaction.stills import turbojpeg

SOI = b"\xff\xd8"


def picture(width: int = 160, height: int = 120, seed: int = 0, mode: str = "RGB") -> Image.Image:
    """Draw a smooth picture without black areas, the same for the same seed."""
    grains = noise(max(width // 8, 2), max(height // 8, 2), seed, mode)
    return grains.resize((width, height), Image.Resampling.BICUBIC).point(lambda level: 60 + level // 2)


def noise(width: int, height: int, seed: int, mode: str = "RGB") -> Image.Image:
    """Draw pixels that have nothing to do with one another."""
    levels = random.Random(seed).randbytes(width * height * len(mode))  # noqa: S311
    return Image.frombytes(mode, (width, height), levels)


def encode(image: Image.Image, **settings: Any) -> bytes:
    """Write a JPEG with Pillow's settings."""
    file = io.BytesIO()
    image.save(file, "JPEG", **{"quality": 90, **settings})
    return file.getvalue()


def decode(data: bytes, mode: str | None = None) -> Image.Image:
    """Open a JPEG and load its pixels."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image if mode is None else image.convert(mode)


def segment(marker: int, body: bytes) -> bytes:
    """Return a marker segment with its length."""
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def insert(data: bytes, marker: int, body: bytes) -> bytes:
    """Put a segment directly behind SOI."""
    return SOI + segment(marker, body) + data[2:]


def append_segment(data: bytes, marker: int, body: bytes) -> bytes:
    """Put a segment directly before EOI."""
    return data[:-2] + segment(marker, body) + data[-2:]


def exif(
    orientation: int,
    order: Literal["big", "little"] = "big",
    kind: int = 3,
    *,
    count: int = 1,
    head: bytes = b"Exif\0\0",
    number: int = 42,
    below: int | None = None,
) -> bytes:
    """Return an APP1 payload with an orientation, or with one `below` in the Exif directory: alone where the first is 0."""
    width = {3: 2, 8: 2, 4: 4}.get(kind, 1)
    mark = b"MM" if order == "big" else b"II"
    value = orientation.to_bytes(width, order).ljust(4, b"\0")
    entries = [_entry(0x0112, kind, count, value, order)] if orientation or below is None else []
    if below is None:
        return head + mark + number.to_bytes(2, order) + _directory(8, entries, order)
    at = 8 + 6 + 12 * (len(entries) + 1)
    entries.append(_entry(0x8769, 4, 1, at.to_bytes(4, order), order))
    inner = _directory(0, [_entry(0x0112, 3, 1, below.to_bytes(2, order).ljust(4, b"\0"), order)], order)[4:]
    return head + mark + number.to_bytes(2, order) + _directory(8, entries, order) + inner


def _entry(tag: int, kind: int, count: int, value: bytes, order: Literal["big", "little"]) -> bytes:
    return tag.to_bytes(2, order) + kind.to_bytes(2, order) + count.to_bytes(4, order) + value


def _directory(at: int, entries: Sequence[bytes], order: Literal["big", "little"]) -> bytes:
    return at.to_bytes(4, order) + len(entries).to_bytes(2, order) + b"".join(entries) + bytes(4)


def oddly_turned() -> dict[str, bytes]:
    """Return JPEGs whose orientation some programs read and others do not, or otherwise."""
    plain = encode(picture(75, 53), subsampling="4:2:0")
    scans = encode(picture(75, 53), progressive=True)
    second = scans.find(b"\xff\xc4", scans.find(b"\xff\xda"))
    inside = {
        "two values": exif(6, count=2),
        "no value": exif(6, count=0),
        "values elsewhere": exif(6, count=5),
        "a LONG": exif(6, kind=4),
        "a LONG, little-endian": exif(6, "little", kind=4),
        "a BYTE": exif(6, kind=1),
        "another sixth byte": exif(6, head=b"Exif\0\1"),
        "a sixth byte of 255": exif(6, head=b"Exif\0\xff"),
        "bytes before Exif": exif(6, head=b"\0\0Exif\0\0"),
        "BigTIFF": exif(6, number=43),
        "BigTIFF, little-endian": exif(6, "little", number=43),
        "the number turned round": exif(6, number=42 << 8),
        "the Exif directory alone": exif(0, below=6),
        "two Exif directories": exif(1, below=1).replace(b"\x01\x12\0\3", b"\x87\x69\0\4", 1),
        "another in the Exif directory": exif(3, below=6),
    }
    return {
        **{name: insert(plain, 0xE1, body) for name, body in inside.items()},
        "behind the scan": append_segment(plain, 0xE1, exif(6)),
        "between two scans": scans[:second] + segment(0xE1, exif(6)) + scans[second:],
        "another behind the scan": append_segment(turned(3, plain), 0xE1, exif(6)),
        "the second of two": insert(insert(plain, 0xE1, exif(6)), 0xE1, exif(1)),
        "the second of two, none in the first": insert(turned(6, plain), 0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"),
    }


def turned(orientation: int, source: bytes) -> bytes:
    """State an orientation in a JPEG that has none."""
    return insert(source, 0xE1, exif(orientation))


def icc(profile: bytes, chunk: int = 60_000) -> list[bytes]:
    """Return the APP2 payloads of a profile."""
    pieces = [profile[at : at + chunk] for at in range(0, len(profile), chunk)]
    return [b"ICC_PROFILE\0" + bytes([n, len(pieces)]) + piece for n, piece in enumerate(pieces, 1)]


def with_profile(source: bytes, profile: bytes, chunk: int = 60_000) -> bytes:
    """Embed a colour profile."""
    for body in reversed(icc(profile, chunk)):
        source = insert(source, 0xE2, body)
    return source


def skipped_refinement() -> bytes:
    """Return a progressive JPEG whose luma jumps from two missing bits to none, so that one bit was never sent."""
    data = encode(picture(48, 32), progressive=True)
    last = data.rfind(b"\xff\xda")
    header = bytes([0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63])
    at = data.find(header + b"\x21")
    return data[:at] + header + b"\x20" + data[at + 10 : last] + data[-2:]


def sampled(image: Image.Image, sampling: str, **settings: Any) -> bytes:
    """Write a JPEG of any usual sampling, Pillow's and others (4:4:0, 4:1:1), with the settings of the wheel turbojpeg."""
    import turbojpeg as wheel

    width, height = image.size
    pixels = memoryview(image.convert("RGB").tobytes()).cast("B", (height, width, 3))
    return wheel.compress(pixels, 90, getattr(wheel.SAMP, "Y" + sampling.replace(":", "")), **settings)


def scan_by_scan(width: int, height: int, factors: Sequence[tuple[int, int]], seed: int = 0) -> bytes:
    """Return a JPEG whose components stand in scans of their own, sampled by the factors (horizontal, vertical)."""
    most = [max(axis) for axis in zip(*factors, strict=True)]
    head = b""
    scans = []
    for number, (h, v) in enumerate(factors, 1):
        size = (-(-width * h // most[0]), -(-height * v // most[1]))
        plane = encode(picture(*size, seed=seed + number, mode="L"))
        frame, scan = plane.find(b"\xff\xc0"), plane.find(b"\xff\xda")
        head = head or plane[:frame] + plane[frame + 13 : scan]
        scans.append(segment(0xDA, bytes([1, number, 0, 0, 63, 0])) + plane[scan + 10 : -2])
    components = b"".join(bytes([number, h << 4 | v, 0]) for number, (h, v) in enumerate(factors, 1))
    frame_body = b"\x08" + struct.pack(">HHB", height, width, len(factors)) + components
    return b"".join([head, segment(0xC0, frame_body), *scans, b"\xff\xd9"])


def coefficients(data: bytes) -> dict[int, list[list[bytes]]]:
    """Return the coefficients as they stand in the file: for each component its rows of blocks, 128 bytes a block."""
    planes: dict[int, list[list[bytes]]] = defaultdict(list)

    def look(row: turbojpeg.BlockRow) -> None:
        held = row.coefficients()
        if row.row < row.rows:
            planes[row.component].append([held[at : at + 128] for at in range(0, len(held), 128)])

    turbojpeg.find().transform(data, options=COPY_NONE | NO_OUTPUT, each_row=look)
    return planes
