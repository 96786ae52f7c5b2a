"""Makes HEIC pictures that can be decoded: one coded frame of HEVC in the boxes that a phone writes around it."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import pytest
from made_files import box, item_info, item_place
from PIL import Image


def heic(
    image: Image.Image, *, quarters: int = 0, profile: bytes = b"", items: Sequence[tuple[bytes, bytes]] = ()
) -> bytes:
    """Return a picture as HEIC, turned by so many quarters against the clock (`irot`), with a colour profile.

    `items` are more items of it by type, `mime` being XMP. Skips the test where the coder is not installed.
    """
    settings, coded = _coded(image)
    shape = box(b"ispe", b"\0\0\0\0", struct.pack(">II", *image.size))
    turn = box(b"irot", bytes([quarters]))
    color = [box(b"colr", b"prof", profile)] if profile else []
    properties = [box(b"hvcC", settings), shape, turn, *color]
    # The first of them has to be understood by whoever shows it.
    used = bytes([len(properties), 0x81, *range(2, len(properties) + 1)])
    infos = [item_info(1, b"hvc1")] + [
        item_info(number, kind, b"application/rdf+xml") for number, (kind, _) in enumerate(items, 2)
    ]
    held = [coded, *(content for _, content in items)]
    kind = box(b"ftyp", b"heic", b"\0\0\0\0", b"mif1heic")

    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, content in enumerate(held, 1):
            places += item_place(number, [(at, len(content))])
            at += len(content)
        return box(
            b"meta",
            b"\0\0\0\0",
            box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13),
            box(b"pitm", b"\0\0\0\0\0\1"),
            box(b"iinf", b"\0\0\0\0", struct.pack(">H", len(infos)), *infos),
            box(b"iloc", b"\1\0\0\0\x44\0", struct.pack(">H", len(held)), places),
            box(b"iprp", box(b"ipco", *properties), box(b"ipma", b"\0\0\0\0\0\0\0\1\0\1", used)),
        )

    return kind + meta(len(kind) + len(meta(0)) + 8) + box(b"mdat", b"".join(held))


def _coded(image: Image.Image) -> tuple[bytes, bytes]:
    """Return the settings of a coder (`hvcC`) and the one picture that it made with them."""
    av = pytest.importorskip("av", reason="the extra `av` is not installed")
    if "libx265" not in av.codecs_available:
        pytest.skip("PyAV cannot write HEVC here")
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as made:
        told = {"x265-params": "keyint=1:log-level=none:info=0", "crf": "10"}
        stream = made.add_stream("libx265", rate=1, options=told)
        stream.width, stream.height = image.size
        stream.pix_fmt = "yuv420p"
        made.mux(stream.encode(av.VideoFrame.from_image(image)))
        made.mux(stream.encode())
    data = file.getvalue()
    at = data.index(b"hvcC")
    settings = data[at + 4 : at - 4 + int.from_bytes(data[at - 4 : at])]
    with av.open(io.BytesIO(data)) as read:
        coded = next(bytes(packet) for packet in read.demux(video=0) if packet.size)
    return settings, coded
