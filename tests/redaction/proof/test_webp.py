"""The walk of a WebP copy: what `test_walks` asks of no other format."""

from __future__ import annotations

import pytest
from jpeg_samples import noise, picture
from leaky_stills import (
    FORMATS,
    extended,
    read,
    riff_chunks,
    riff_of,
    survivors,
    write,
)
from PIL import Image

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Notice, Order, Proof
from dam_plugin.redaction.proof import webp
from dam_plugin.redaction.proof.prove import prove_picture

if "WEBP" not in FORMATS:
    pytest.skip("this Pillow has no WebP", allow_module_level=True)

FORM = "WEBP"
NOTICE = Notice("No further disclosure without <consent>", "A district")
SMALL = write(picture(48, 40), FORM, lossless=True)
COPY = write(read(SMALL), FORM)


def prove(released: bytes) -> Proof:
    return prove_picture(released, SMALL, Order())


@pytest.mark.parametrize("lossless", [False, True], ids=["lossy", "lossless"])
def test_webp_with_a_byte_changed_is_refused_unless_it_is_one_of_the_coded_picture(*, lossless: bool) -> None:
    copy = write(read(SMALL), FORM, lossless=lossless)
    coded = range(25 if lossless else 26, len(copy))
    left = survivors(copy, prove, range(20)) + survivors(copy, prove, coded[::7])
    # No checksum guards the coded picture: some bits of it change nothing, or no more than the coding itself does.
    assert all(at in coded for at in left)
    assert len(left) < len(coded[::7])


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (104, 89), (200, 150)], ids=str)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_no_byte_behind_a_picture_is_suspected_where_there_is_none(size: tuple[int, int], mode: str) -> None:
    for image in (picture(*size, mode=mode), noise(*size, 3, mode), Image.new(mode, size, (128,) * len(mode))):
        if mode == "RGBA":
            image.putalpha(picture(*size, mode="L"))
        for settings_ in ({"quality": 95, "method": 2}, {"lossless": True, "quality": 20, "method": 0}):
            data = write(image, FORM, exact=True, **settings_)
            assert prove_picture(data, data, Order()).checks


def test_an_even_corner_is_not_taken_for_spare_bytes() -> None:
    image = picture(400, 300)
    image.paste((128, 128, 128), (90, 50, 400, 300))
    data = write(image, FORM, quality=95, method=2)
    assert prove_picture(data, data, Order()).checks


def test_raw_alpha_is_as_long_as_the_picture() -> None:
    (coded,) = riff_chunks(COPY)
    alpha = (b"ALPH", bytes([0, *b"\xff" * 48 * 40]))
    assert webp.walk(extended([alpha, coded], 16, (48, 40)), b"").alpha
    with pytest.raises(NotProven, match="alpha"):
        webp.walk(extended([(b"ALPH", alpha[1][:-1]), coded], 16, (48, 40)), b"")


def test_a_picture_in_several_token_partitions_is_refused() -> None:
    (kind, coded), *_ = riff_chunks(COPY)
    head = coded[:10]
    # Of color space 0, clamping 0, no segments, filter 0, no deltas, the bits of the partitions' number come 15th.
    middle = bytes(int.from_bytes(coded[:3], "little") >> 5)
    for first, taken in ((middle, True), (b"\x00\x01\xff" + middle[3:], False)):
        data = riff_of([(kind, head + first + coded[10 + len(middle) :])])
        if taken:
            assert webp.walk(data, b"").size == (48, 40)
        else:
            with pytest.raises(NotProven, match="two partitions"):
                webp.walk(data, b"")
