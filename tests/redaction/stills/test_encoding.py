"""The written file: fixed settings, the notice where each format has it, and nothing that the picture object carried."""

from __future__ import annotations

import struct

import pytest
from jpeg_samples import picture
from PIL import Image
from still_samples import drawn, opened, saved, xmp

from dam_plugin.errors import CannotRedact
from dam_plugin.redaction.stills import encoding
from dam_plugin.redaction.stills.encoding import encode

TYPES = ["image/png", "image/webp", "image/tiff", "image/avif", "image/jpeg"]
PACKET = b"<x:xmpmeta>\xc3\xa9</x:xmpmeta>"


def tainted() -> Image.Image:
    """Return a picture whose object carries what savers like to copy."""
    image = picture(40, 30)
    image.info = {"exif": b"Exif\0\0MM\0*Ava", "xmp": b"Ava", "comment": b"Ava", "dpi": (72, 72)}
    return image


@pytest.mark.parametrize("media_type", TYPES)
def test_what_the_picture_object_carries_is_not_written(media_type: str) -> None:
    assert b"Ava" not in encode(tainted(), media_type, profile=None, notice=None)


@pytest.mark.parametrize("media_type", TYPES)
def test_the_same_pixels_give_the_same_bytes(media_type: str) -> None:
    assert len({encode(drawn(40, 30), media_type, profile=None, notice=PACKET) for _ in range(3)}) == 1


@pytest.mark.parametrize("media_type", TYPES)
def test_the_notice_is_written_byte_for_byte(media_type: str) -> None:
    copy = encode(drawn(40, 30), media_type, profile=None, notice=PACKET)
    assert copy.count(PACKET) == 1
    assert opened(copy).info["xmp"] == PACKET


def test_the_notice_of_a_png_is_a_plain_text_before_the_picture() -> None:
    copy = encode(drawn(40, 30), "image/png", profile=None, notice=PACKET)
    text = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + PACKET
    assert copy.index(b"IHDR") < copy.index(text) < copy.index(b"IDAT")


def test_the_notice_of_a_tiff_is_tag_700_of_bytes() -> None:
    copy = encode(drawn(40, 30), "image/tiff", profile=None, notice=PACKET)
    assert struct.pack("<HHI", 700, 1, len(PACKET)) in copy


def test_only_a_jpeg_states_an_orientation() -> None:
    assert opened(encode(drawn(40, 30), "image/jpeg", profile=None, notice=None, orientation=6)).getexif() == {274: 6}
    for media_type in TYPES[:-1]:
        copy = encode(drawn(40, 30), media_type, profile=None, notice=None, orientation=6)
        assert opened(copy).getexif().get(274, 1) == 1


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("media_type", ["image/png", "image/tiff"])
def test_png_and_tiff_keep_every_pixel_and_the_mode(media_type: str, mode: str) -> None:
    image = drawn(41, 31, mode=mode)
    copy = opened(encode(image, media_type, profile=None, notice=None))
    assert (copy.mode, copy.tobytes()) == (mode, image.tobytes())


def test_a_webp_with_more_detail_than_vp8_holds_is_written_without_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "WEBP", {"quality": -1})
    copy = encode(drawn(), "image/webp", profile=None, notice=None, lossless=False)
    assert copy[12:16] == b"VP8L"
    assert opened(copy).tobytes() == drawn().tobytes()


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(CannotRedact, match="could not be written"):
        encode(Image.new("RGB", (16_384, 1)), "image/webp", profile=None, notice=None)
    with pytest.raises(CannotRedact, match="notice is longer"):
        encode(drawn(8, 8), "image/jpeg", profile=None, notice=xmp() * 400)


def test_a_profile_of_the_picture_object_is_not_written_into_a_jpeg_or_webp() -> None:
    image = picture(40, 30)
    image.info = {"icc_profile": b"Ava"}
    for media_type in ("image/jpeg", "image/webp"):
        assert "icc_profile" not in opened(encode(image, media_type, profile=None, notice=None)).info
    assert saved(picture(8, 8), "PNG")
