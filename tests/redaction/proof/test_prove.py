"""Which proof a picture gets, what binds it to the bytes, and what can be shown of a third party's result."""

from __future__ import annotations

import hashlib
import io

import made_corpus
import pytest
from corpus import corpus_root, requires_corpus
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_samples import decode, encode, picture, turned
from leaky_jpegs import COPY, FACE, NAME, NOTICE, ORDER, OTHER, SECRETS, SOURCE, SRGB, behind_jfif, copied
from PIL import Image, ImageFilter, ImageOps, PngImagePlugin

from dam_plugin.errors import CannotRedact, NotProven
from dam_plugin.redaction.allowed_metadata import packet
from dam_plugin.redaction.model import Order, Person, Proof, TimedRegion
from dam_plugin.redaction.plan_picture import plan_picture
from dam_plugin.redaction.proof.prove import prove_foreign, prove_picture
from dam_plugin.redaction.stills import pixels, wipe
from dam_tagging.facts import Region

BOTH = Order(hide=(Person("s1", (FACE,)), Person("s2", (OTHER,))), secrets=SECRETS)
GROWN = (0.15, 0.25, 0.35, 0.5)
"""FACE, grown: left, top, right, bottom."""


def png(image: Image.Image, **settings_: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **settings_)
    return file.getvalue()


def filled(
    colour: int | tuple[int, ...] = (128, 128, 128), by: int = 16, size: tuple[int, int] = (400, 320)
) -> Image.Image:
    """Return an upright picture, FACE grown and filled `by` pixels further, as a third party may do it."""
    image = picture(*size)
    left, top, right, bottom = (round(edge * side) for edge, side in zip(GROWN, size * 2, strict=True))
    image.paste(colour, (left - by, top - by, right + by, bottom + by))
    return image


def speckled() -> Image.Image:
    """Return a filled picture in whose box one pixel is a level brighter."""
    image = filled()
    image.putpixel((100, 120), (129, 128, 128))
    return image


def blurred() -> Image.Image:
    """Return a picture whose box is blurred and not filled."""
    image = picture(400, 320)
    box = (60, 80, 140, 160)
    image.paste(image.crop(box).filter(ImageFilter.GaussianBlur(6)), box[:2])
    return image


def test_a_jpeg_is_proven_and_the_proof_is_bound_to_its_bytes() -> None:
    proof = prove_picture(COPY, SOURCE, ORDER)
    assert proof.sha256 == hashlib.sha256(COPY).hexdigest()
    assert proof.as_dict() == {"sha256": proof.sha256, "checks": list(proof.checks)}
    assert NAME not in str(proof)


def test_another_picture_of_the_same_shape_is_not_proven() -> None:
    other = turned(6, encode(picture(192, 160, seed=7), subsampling="4:2:0"))
    with pytest.raises(NotProven, match="not the source's"):
        prove_picture(COPY, other, ORDER)


def test_any_other_picture_goes_to_its_own_proof() -> None:
    source = png(picture(160, 120))
    made = plan_picture(pixels.frame(source, "image/png"), ORDER)
    released = pixels.rewrite(source, made, None)
    assert prove_picture(released, source, ORDER).sha256 == hashlib.sha256(released).hexdigest()
    with pytest.raises(NotProven):
        prove_picture(source, source, ORDER)


@pytest.mark.parametrize(
    "released", [b"", b"GIF89a", COPY, png(picture(16, 16))], ids=["nothing", "GIF", "JPEG", "PNG"]
)
@pytest.mark.parametrize("source", [b"", b"not a picture", SOURCE], ids=["nothing", "text", "JPEG"])
def test_what_does_not_belong_together_is_not_proven(released: bytes, source: bytes) -> None:
    order = BOTH if source == SOURCE else ORDER
    with pytest.raises(NotProven):
        prove_picture(released, source, order)


@pytest.mark.parametrize(
    "released",
    [
        pytest.param(png(filled()), id="PNG"),
        pytest.param(png(filled(by=0)), id="PNG, filled no further than the box"),
        pytest.param(png(filled((0, 0, 0))), id="PNG, black"),
        pytest.param(encode(filled(), quality=95, subsampling="4:4:4"), id="JPEG"),
        pytest.param(encode(filled(by=0), quality=75), id="JPEG as Pillow writes it, filled no further than the box"),
        pytest.param(encode(filled(), quality=95, subsampling="4:2:0"), id="JPEG, subsampled"),
        pytest.param(encode(filled(), quality=95, progressive=True), id="JPEG, progressive"),
        pytest.param(encode(filled(), quality=95, optimize=True), id="JPEG, own tables"),
    ],
)
def test_a_third_partys_filled_picture_is_proven_as_far_as_it_can_be(released: bytes) -> None:
    proof = prove_foreign(released, ORDER)
    assert proof.sha256 == hashlib.sha256(released).hexdigest()
    assert any("was not compared" in check for check in proof.checks)
    assert any("1 box is filled" in check for check in proof.checks)


def test_a_third_partys_jpeg_may_be_turned() -> None:
    upright = filled()
    turns = {6: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_180}
    for orientation, turn in turns.items():
        fresh = encode(upright.transpose(turn), quality=95, subsampling="4:4:4")
        released = fresh[:20] + turned(orientation, fresh)[2 : 2 + 36] + fresh[20:]
        assert ImageOps.exif_transpose(decode(released)).size == upright.size
        assert prove_foreign(released, ORDER).checks


def test_a_third_party_may_add_the_ordered_notice() -> None:
    order = Order(hide=ORDER.hide, secrets=SECRETS, notice=NOTICE)
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet(NOTICE).decode())
    assert prove_foreign(png(filled(), pnginfo=texts), order).checks
    with pytest.raises(NotProven):
        prove_foreign(png(filled(), pnginfo=texts), ORDER)
    with pytest.raises(NotProven):
        prove_foreign(png(filled()), order)


@pytest.mark.parametrize(
    ("released", "failure"),
    [
        pytest.param(png(picture(400, 320)), "not filled", id="nothing filled"),
        pytest.param(png(speckled()), "not filled", id="PNG, one pixel of another grey"),
        pytest.param(encode(filled(by=-20), quality=90), "not filled", id="JPEG, some pixels short"),
        pytest.param(png(filled(by=-1)), "not filled", id="a pixel short"),
        pytest.param(png(filled().rotate(180)), "not filled", id="upside down"),
        pytest.param(encode(blurred(), quality=95), "not filled", id="JPEG, blurred"),
        pytest.param(png(filled()) + b"\0", "copy", id="PNG, a byte behind the end"),
        pytest.param(png(filled(), icc_profile=SRGB), "profile", id="PNG, a profile that is not on the list"),
        pytest.param(encode(filled(), subsampling="4:4:4") + b"\0", "behind the end", id="JPEG, a byte behind the end"),
        pytest.param(encode(filled(), exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"), "APP1", id="JPEG, Exif"),
        pytest.param(behind_jfif(0xFE, NAME.encode()), "names or ids", id="JPEG, a name"),
        pytest.param(encode(filled(), subsampling="4:4:4")[:-2] + b"\x5a\xff\xd9", "hidden", id="JPEG, a hidden byte"),
        pytest.param(b"GIF89a", "does not begin", id="GIF"),
        pytest.param(b"", "does not begin", id="nothing"),
    ],
)
def test_a_third_partys_leak_is_caught(released: bytes, failure: str) -> None:
    with pytest.raises(NotProven, match=failure):
        prove_foreign(released, ORDER)


def test_a_third_party_hides_the_boxes_of_every_moment() -> None:
    elsewhere = (TimedRegion(1.0, 2.0, Region(0.7, 0.7, 0.05, 0.05)),)
    order = Order(hide=(Person("s1", (FACE,), timed=elsewhere),), secrets=SECRETS)
    with pytest.raises(NotProven, match="box 2 of 2"):
        prove_foreign(png(filled()), order)


@pytest.mark.parametrize("person", [Person("s1"), Person("s1", (Region(2, 2, 1, 1),))], ids=["no box", "a box outside"])
def test_a_person_who_cannot_be_placed_is_a_failure_of_a_third_partys_result_too(person: Person) -> None:
    with pytest.raises(NotProven, match="s1"):
        prove_foreign(png(filled()), Order(hide=(person,)))


@pytest.mark.parametrize("order", [BOTH, Order(secrets=SECRETS)], ids=["redacted", "clean"])
@pytest.mark.parametrize("name", [name for name in made_corpus.SOUND if name.endswith(".jpg")])
def test_every_made_jpeg_is_proven_whatever_metadata_it_has(name: str, order: Order) -> None:
    refused: list[str] = []
    assert _proven(made_corpus.SOUND[name], order, refused) is not None
    assert refused == []


@requires_corpus
@pytest.mark.corpus
@pytest.mark.parametrize("order", [BOTH, Order(secrets=SECRETS)], ids=["redacted", "clean"])
def test_every_real_and_synthetic_jpeg_is_proven(order: Order) -> None:
    root = corpus_root()
    assert root is not None
    files = [path for folder in ("real", "synthetic") for path in sorted((root / folder).rglob("*.jpg"))]
    refused = []
    proven = [proof for path in files if (proof := _proven(path.read_bytes(), order, refused)) is not None]
    assert len(proven) >= 20
    assert refused == []


def _proven(source: bytes, order: Order, refused: list[str]) -> Proof | None:
    try:
        try:
            return prove_picture(copied(source, order), source, order)
        except wipe.NotWipeable:
            made = plan_picture(pixels.frame(source, "image/jpeg"), order, bleed=True)
            return prove_picture(pixels.rewrite(source, made, None), source, order)
    except CannotRedact as error:
        refused.append(error.reason)
        return None


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"II*\0", COPY[:300]]), st.binary()
)
def test_random_bytes_are_not_proven_whatever_they_begin_with(start: bytes, data: bytes) -> None:
    with pytest.raises(NotProven):
        prove_foreign(start + data, ORDER)
    for source in (SOURCE, start + data):
        with pytest.raises(NotProven):
            prove_picture(start + data, source, ORDER)
