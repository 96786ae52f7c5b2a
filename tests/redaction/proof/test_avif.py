"""The walk of an AVIF copy: what `test_walks` asks of no other format."""

from __future__ import annotations

import pytest
from jpeg_samples import noise, picture
from leaky_stills import (
    FORMATS,
    ORDER,
    avif_of,
    coded_of,
    honest,
    read,
    source,
    survivors,
    write,
)
from PIL import Image

from dam_plugin.redaction.model import Notice, Order, Proof
from dam_plugin.redaction.proof.prove import prove_picture

if "AVIF" not in FORMATS:
    pytest.skip("this Pillow has no AVIF", allow_module_level=True)

FORM = "AVIF"
NOTICE = Notice("No further disclosure without <consent>", "A district")
SMALL = write(picture(48, 40), FORM, quality=95)
COPY = write(read(SMALL), FORM)


def prove(released: bytes) -> Proof:
    return prove_picture(released, SMALL, Order())


def test_avif_put_together_by_hand_is_proven() -> None:
    assert prove_picture(avif_of(coded_of(honest(FORM))).made(), source(FORM), ORDER).checks


def test_avif_with_a_byte_changed_is_refused_unless_it_is_one_of_the_coded_picture() -> None:
    start = COPY.index(b"mdat") + 4
    left = survivors(COPY, prove, range(start)) + survivors(COPY, prove, range(start, len(COPY), 9))
    # No checksum guards the coded picture: some bits of it change nothing, or no more than the coding itself does.
    assert all(at >= start for at in left)
    assert len(left) < len(COPY[start::9])


@pytest.mark.parametrize("size", [(1, 1), (3, 15), (38, 26), (82, 108)], ids=str)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_no_byte_behind_a_picture_is_suspected_where_there_is_none(size: tuple[int, int], mode: str) -> None:
    for image in (picture(*size, mode=mode), noise(*size, 3, mode), Image.new(mode, size, (128,) * len(mode))):
        for sampling in ["4:0:0"] if mode == "L" else ["4:2:0", "4:4:4"]:
            data = write(image, FORM, speed=8, subsampling=sampling)
            assert prove_picture(data, data, Order()).checks
