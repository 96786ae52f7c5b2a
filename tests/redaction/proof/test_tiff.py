"""The walk of a TIFF copy: what `test_walks` asks of no other format."""

from __future__ import annotations

import zlib

import pytest
from jpeg_samples import picture
from leaky_stills import (
    read,
    survivors,
    tiff_of,
    tiff_strips,
    tiff_tags,
    write,
)

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Notice, Order, Proof
from dam_plugin.redaction.proof import tiff
from dam_plugin.redaction.proof.prove import prove_picture

FORM = "TIFF"
NOTICE = Notice("No further disclosure without <consent>", "A district")
SMALL = write(picture(48, 40), FORM)
COPY = write(read(SMALL), FORM)


def prove(released: bytes) -> Proof:
    return prove_picture(released, SMALL, Order())


def test_tiff_with_any_byte_changed_is_refused() -> None:
    left = survivors(COPY, prove, range(len(COPY)))
    directory = int.from_bytes(COPY[4:8], "little")
    # A deflated stream ends with its checksum, and before that with up to 7 bits that fill its last byte.
    assert len(left) <= 7
    assert all(directory - 6 <= at < directory - 3 for at in left)


@pytest.mark.parametrize("rows", [1, 7, 40, 160])
def test_tiff_in_strips_is_proven(rows: int) -> None:
    image = read(SMALL).resize((192, 160))
    strips = tiff_strips(image, rows)
    copy = tiff_of(tiff_tags(image.size, strips, rows), b"".join(strips))
    assert prove_picture(copy, write(image, FORM), Order()).checks


def test_tiff_that_is_not_packed_is_proven() -> None:
    assert prove(write(read(SMALL), FORM, compression=None)).checks


def test_a_strip_that_inflates_without_end_is_left_at_its_rows() -> None:
    tags = tiff_tags((48, 40), [zlib.compress(bytes(100_000_000))], 40)
    with pytest.raises(NotProven, match="more than the picture"):
        tiff.walk(tiff_of(tags, zlib.compress(bytes(100_000_000))), b"")
