"""Small pictures for pages: upright, within bounds, and none of what cannot be opened."""

from __future__ import annotations

import base64
import io

import pytest
from jpeg_samples import encode, picture
from PIL import Image

from dam_plugin.yearbook import contact_sheet


def opened(address: str | None) -> Image.Image:
    assert address is not None
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))))


def test_it_is_as_wide_as_asked_for_and_keeps_its_shape() -> None:
    assert opened(contact_sheet.thumbnail(encode(picture(800, 400)), 240)).size == (240, 120)


def test_it_is_upright_and_carries_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "Ethan Walker"
    small = opened(contact_sheet.thumbnail(encode(picture(400, 200), exif=exif.tobytes()), 100))
    assert small.size == (50, 100)
    assert dict(small.getexif()) == {}


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_there_is_none_of_what_cannot_be_opened(data: bytes) -> None:
    assert contact_sheet.thumbnail(data, 240) is None


def test_there_is_none_of_what_has_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_sheet, "MOST_PIXELS", 100)
    assert contact_sheet.thumbnail(encode(picture(20, 20)), 240) is None
