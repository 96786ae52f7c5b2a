"""The written file: fixed settings, the notice where each format has it, and nothing that the picture object carried."""

from __future__ import annotations

import pytest
from jpeg_samples import picture
from PIL import Image
from still_samples import drawn, opened, saved, xmp

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills.encoding import Kind, encode

TYPES: list[Kind] = ["image/png", "image/jpeg"]
PACKET = b"<x:xmpmeta>\xc3\xa9</x:xmpmeta>"


def tainted() -> Image.Image:
    """Return a picture whose object carries what savers like to copy."""
    image = picture(40, 30)
    image.info = {"exif": b"Exif\0\0MM\0*Ava", "xmp": b"Ava", "comment": b"Ava", "dpi": (72, 72)}
    return image


@pytest.mark.parametrize("media_type", TYPES)
def test_what_the_picture_object_carries_is_not_written(media_type: Kind) -> None:
    assert b"Ava" not in encode(tainted(), media_type, profile=None, notice=None)


@pytest.mark.parametrize("media_type", TYPES)
def test_the_same_pixels_give_the_same_bytes(media_type: Kind) -> None:
    assert len({encode(drawn(40, 30), media_type, profile=None, notice=PACKET) for _ in range(3)}) == 1


@pytest.mark.parametrize("media_type", TYPES)
def test_the_notice_is_written_byte_for_byte(media_type: Kind) -> None:
    copy = encode(drawn(40, 30), media_type, profile=None, notice=PACKET)
    assert copy.count(PACKET) == 1
    assert opened(copy).info["xmp"] == PACKET


def test_the_notice_of_a_png_is_a_plain_text_before_the_picture() -> None:
    copy = encode(drawn(40, 30), "image/png", profile=None, notice=PACKET)
    text = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + PACKET
    assert copy.index(b"IHDR") < copy.index(text) < copy.index(b"IDAT")


def test_only_a_jpeg_states_an_orientation() -> None:
    assert opened(encode(drawn(40, 30), "image/jpeg", profile=None, notice=None, orientation=6)).getexif() == {274: 6}
    assert opened(encode(drawn(40, 30), "image/png", profile=None, notice=None, orientation=6)).getexif() == {}


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_png_keeps_every_pixel_and_the_mode(mode: str) -> None:
    image = drawn(41, 31, mode=mode)
    copy = opened(encode(image, "image/png", profile=None, notice=None))
    assert (copy.mode, copy.tobytes()) == (mode, image.tobytes())


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(CannotRedact, match="could not be written"):
        encode(Image.new("RGB", (65_501, 1)), "image/jpeg", profile=None, notice=None)
    with pytest.raises(CannotRedact, match="notice is longer"):
        encode(drawn(8, 8), "image/jpeg", profile=None, notice=xmp() * 400)


def test_a_profile_of_the_picture_object_is_not_written() -> None:
    image = picture(40, 30)
    image.info = {"icc_profile": b"Ava"}
    for media_type in TYPES:
        assert "icc_profile" not in opened(encode(image, media_type, profile=None, notice=None)).info
    assert saved(picture(8, 8), "PNG")
