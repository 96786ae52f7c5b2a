"""The walk of a PNG copy: what `test_leaks` asks of no other format."""

from __future__ import annotations

import tracemalloc
import zlib

import pytest
from jpeg_samples import noise, picture
from leaky_stills import (
    png_chunks,
    png_of,
    read,
    survivors,
    write,
)

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Notice, Order, Proof
from dam_plugin.redaction.proof import png
from dam_plugin.redaction.proof.prove import prove_picture

FORM = "PNG"
NOTICE = Notice("No further disclosure without <consent>", "A district")
SMALL = write(picture(48, 40), FORM)
COPY = write(read(SMALL), FORM)


def prove(released: bytes) -> Proof:
    return prove_picture(released, SMALL, Order())


def test_png_with_any_byte_changed_is_refused() -> None:
    # Every chunk has its checksum, and the signature and the lengths are exact.
    assert survivors(COPY, prove, range(len(COPY))) == []


def test_filters_are_looked_at_in_every_row_wherever_the_stream_is_cut() -> None:
    chunks = list(png_chunks(write(noise(900, 1200, 1), FORM, compress_level=0)))
    rows = bytearray(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")))
    rows[2701 * 1199] = 5
    packed = zlib.compress(rows, 0)
    pieces = [(b"IDAT", packed[at : at + 9_999]) for at in range(0, len(packed), 9_999)]
    with pytest.raises(NotProven, match="filter"):
        png.walk(png_of([chunks[0], *pieces, (b"IEND", b"")]), b"")


def test_a_stream_that_inflates_without_end_is_left_at_the_pictures_size() -> None:
    head = next(png_chunks(COPY))
    bomb = zlib.compress(bytes(200_000_000), 9)
    tracemalloc.start()
    try:
        with pytest.raises(NotProven, match="more than the picture"):
            png.walk(png_of([head, (b"IDAT", bomb), (b"IEND", b"")]), b"")
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


def test_more_pixels_than_a_copy_has_are_refused() -> None:
    (_, head), *rest = png_chunks(COPY)
    with pytest.raises(NotProven, match="megapixels"):
        png.walk(png_of([(b"IHDR", b"\x7f\xff\xff\xff" * 2 + head[8:]), *rest]), b"")
    with pytest.raises(NotProven, match="no size"):
        png.walk(png_of([(b"IHDR", bytes(8) + head[8:]), *rest]), b"")


def test_one_chunk_after_another_is_not_followed_without_end() -> None:
    with pytest.raises(NotProven, match="chunks"):
        png.walk(png_of([(b"IDAT", b"")] * 70_000), b"")
