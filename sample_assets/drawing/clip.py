"""A short sound and a short film, muxed by hand: RIFF/WAVE with INFO and XMP, QuickTime with Motion-JPEG and XMP.

After the RIFF and QuickTime File Format specifications and XMP part 3 (`_PMX` chunk, `moov/udta/XMP_`).
"""

from __future__ import annotations

import io
import math
import struct

from drawing.canvas import Canvas, Gradient
from drawing.concert import draw_stage

RATE = 8000
FRAMES_PER_SECOND = 8
FRAME_COUNT = 16
FRAME_SIZE = (320, 240)
# Four bars of a hymn, as frequencies of three voices in hertz.
CHORDS = ((262, 330, 392), (294, 349, 440), (247, 330, 392), (262, 330, 523))
CHORD_SECONDS = 0.45
IDENTITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def wave(title: str, artist: str, created: str, packet: bytes) -> bytes:
    """Return a mono 16-bit WAVE of a choir of sines, with INFO texts and an XMP packet."""
    texts = b"".join(
        _chunk(name, text.encode() + b"\0") for name, text in ((b"INAM", title), (b"IART", artist), (b"ICRD", created))
    )
    layout = struct.pack("<HHIIHH", 1, 1, RATE, RATE * 2, 2, 16)
    chunks = (
        _chunk(b"fmt ", layout) + _chunk(b"LIST", b"INFO" + texts) + _chunk(b"data", _sing()) + _chunk(b"_PMX", packet)
    )
    return _chunk(b"RIFF", b"WAVE" + chunks)


def movie(title: str, packet: bytes) -> bytes:
    """Return a QuickTime film of two seconds, one Motion-JPEG track, with a title and an XMP packet in `udta`."""
    frames = [_frame(k) for k in range(FRAME_COUNT)]
    kind = _atom(b"ftyp", b"qt  \0\0\x02\0qt  ")
    name = title.encode()
    texts = _atom(b"\xa9nam", struct.pack(">HH", len(name), 0x55C4) + name)
    moov = _atom(b"moov", _movie_header(), _track(frames, len(kind) + 8), _atom(b"udta", texts, _atom(b"XMP_", packet)))
    return kind + _atom(b"mdat", *frames) + moov


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _sing() -> bytes:
    samples = bytearray()
    count = int(CHORD_SECONDS * RATE)
    for chord in CHORDS:
        for k in range(count):
            swell = math.sin(math.pi * k / count) ** 0.5
            quiver = 0.012 * math.sin(math.tau * 5.5 * k / RATE)
            tone = sum(
                math.sin(math.tau * pitch * k / RATE + quiver * pitch / 10)
                + 0.3 * math.sin(2 * math.tau * pitch * k / RATE)
                for pitch in chord
            )
            samples += struct.pack("<h", round(6000 * swell * tone / 2))
    return bytes(samples)


def _frame(index: int) -> bytes:
    canvas = Canvas(*FRAME_SIZE, Gradient((22, 16, 44), (46, 24, 60)))
    draw_stage(canvas, 160, 192, 0.46, sway=math.sin(math.tau * index / FRAME_COUNT))
    out = io.BytesIO()
    canvas.finish().save(out, "JPEG", quality=72, subsampling="4:2:0")
    return out.getvalue()


def _atom(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + name + body


def _movie_header() -> bytes:
    head = struct.pack(">IIIII", 0, 0, 0, FRAMES_PER_SECOND, FRAME_COUNT)
    return _atom(b"mvhd", head, struct.pack(">IH10x", 0x10000, 0x100), IDENTITY, bytes(24), struct.pack(">I", 2))


def _track(frames: list[bytes], first_at: int) -> bytes:
    width, height = FRAME_SIZE
    # Track flags 7: enabled, in the movie, in the preview.
    head = struct.pack(">IIIIII", 7, 0, 0, 1, 0, FRAME_COUNT)
    header = _atom(b"tkhd", head, bytes(16), IDENTITY, struct.pack(">II", width << 16, height << 16))
    media_head = _atom(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, FRAMES_PER_SECOND, FRAME_COUNT, 0, 0))
    handler = _atom(b"hdlr", struct.pack(">I", 0), b"mhlrvide", bytes(12), b"\0")
    data_handler = _atom(b"hdlr", struct.pack(">I", 0), b"dhlralis", bytes(12), b"\0")
    # A reference of flag 1 means: the data is in this file.
    reference = _atom(b"dinf", _atom(b"dref", struct.pack(">II", 0, 1), _atom(b"alis", struct.pack(">I", 1))))
    video_head = _atom(b"vmhd", struct.pack(">IHHHH", 1, 0x40, 0x8000, 0x8000, 0x8000))
    info = _atom(b"minf", video_head, data_handler, reference, _sample_table(frames, first_at))
    return _atom(b"trak", header, _atom(b"mdia", media_head, handler, info))


def _sample_table(frames: list[bytes], first_at: int) -> bytes:
    width, height = FRAME_SIZE
    description = struct.pack(">6xHHH4sIIHHIIIH", 1, 0, 0, b"lark", 0, 512, width, height, 0x480000, 0x480000, 0, 1)
    name = b"\x0cPhoto - JPEG".ljust(32, b"\0")
    entry = _atom(b"jpeg", description, name, struct.pack(">Hh", 24, -1))
    return _atom(
        b"stbl",
        _atom(b"stsd", struct.pack(">II", 0, 1), entry),
        _atom(b"stts", struct.pack(">IIII", 0, 1, len(frames), 1)),
        _atom(b"stsc", struct.pack(">IIIII", 0, 1, 1, len(frames), 1)),
        _atom(b"stsz", struct.pack(">III", 0, 0, len(frames)), *(struct.pack(">I", len(frame)) for frame in frames)),
        _atom(b"stco", struct.pack(">III", 0, 1, first_at)),
    )
