"""The walk of a AVIF copy: every seeded leak is caught, what is clean passes, and nothing makes it crash."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from jpeg_samples import noise, picture
from leaky_stills import (
    FORMATS,
    ORDER,
    Leak,
    avif_of,
    coded_of,
    honest,
    leaks,
    mutations,
    read,
    source,
    survivors,
    with_notice,
    write,
)
from PIL import Image

from dam_plugin.errors import NotProven
from dam_plugin.redaction.model import Notice, Order, Proof
from dam_plugin.redaction.notice import packet
from dam_plugin.redaction.proof import avif
from dam_plugin.redaction.prove import prove_picture

if "AVIF" not in FORMATS:
    pytest.skip("this Pillow has no AVIF", allow_module_level=True)

FORM = "AVIF"
NOTICE = Notice("No further disclosure without <consent>", "A district")
SMALL = write(picture(48, 40), FORM, quality=95)
COPY = write(read(SMALL), FORM)


def prove(released: bytes) -> Proof:
    return prove_picture(released, SMALL, Order())


@pytest.mark.parametrize("leak", [pytest.param(leak, id=leak.name) for leak in leaks(FORM)])
def test_avif_that_leaks_is_caught(leak: Leak) -> None:
    with pytest.raises(NotProven) as caught:
        prove_picture(leak.released, leak.source, leak.order)
    assert leak.says in str(caught.value)


def test_honest_avif_is_proven() -> None:
    proof = prove_picture(honest(FORM), source(FORM), ORDER)
    assert "1 box(es) are filled from edge to edge" in proof.checks


def test_avif_holds_the_notice_that_was_ordered_and_no_other() -> None:
    told = packet(NOTICE)
    assert avif.walk(with_notice(FORM, told), told).size == (192, 160)
    for held, ordered in ((told, b""), (told, told + b" "), (told.replace(b"A district", b"Ava Smith."), told)):
        with pytest.raises(NotProven, match="notice"):
            avif.walk(with_notice(FORM, held), ordered)
    with pytest.raises(NotProven, match="notice"):
        avif.walk(honest(FORM), told)


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


@settings(deadline=None, max_examples=300)
@given(mutations(COPY))
def test_any_avif_is_walked_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotProven):
        avif.walk(data, b"")


@settings(deadline=None, max_examples=40)
@given(mutations(COPY))
def test_any_avif_is_proven_or_refused(data: bytes) -> None:
    with contextlib.suppress(NotProven):
        prove(data)
