"""The contact sheet: every picture of a verified set with its words, redacted ones marked, on a page that stands by itself."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser, open_browser
from jpeg_samples import encode, picture
from made_sets import INDEX, KEY, MadeSet, of, pictured, renamed
from PIL import Image

from dam_plugin.errors import InputError, SetAltered
from dam_plugin.yearbook import contact_sheet
from dam_plugin.yearbook.contact_sheet import write_sheet
from dam_plugin.yearbook.profiles import Column, load
from dam_plugin.yearbook.signing_key import Signer


def sheet(made: MadeSet) -> str:
    out = io.BytesIO()
    write_sheet(out, io.BytesIO(made.zip), KEY)
    return out.getvalue().decode()


def figures(text: str) -> list[str]:
    return re.findall(r"<figure.*?</figure>", text, re.DOTALL)


def test_every_picture_of_the_set_is_shown_small_with_its_file_name() -> None:
    shown = figures(sheet(pictured()))
    assert [re.findall(r"<code>(.*?)</code>", each) for each in shown] == [
        ["P0000001.JPG"],
        ["c0000001.jpg"],
        ["c0000002.jpg"],
    ]
    assert all("data:image/jpeg;base64," in each for each in shown)


def test_a_portrait_has_its_name_line_and_a_candid_its_caption() -> None:
    portrait, candid, bare = figures(sheet(pictured()))
    assert "Walker, Ethan · grade 07 · 12 · Ortiz" in portrait
    assert "Science fair, May 4" in candid
    assert "no caption" in bare


def test_a_profile_of_ones_own_says_the_names_whatever_its_columns_are_called() -> None:
    columns = (Column("Bild", "file"), Column("Nachname", "last"), Column("Vorname", "first"))
    made = pictured(index="Bild\tNachname\tVorname\r\nP0000001.JPG\tWalker\tEthan\r\n")
    out = io.BytesIO()
    write_sheet(out, io.BytesIO(made.zip), KEY, profile=replace(load("pspa"), name="our-press", columns=columns))
    assert "Walker, Ethan" in figures(out.getvalue().decode())[0]


def test_a_redacted_picture_is_marked_by_a_word() -> None:
    portrait, candid, redacted = figures(sheet(pictured()))
    assert "REDACTED" in redacted
    assert "REDACTED" not in portrait + candid


def test_a_set_that_was_altered_has_no_sheet() -> None:
    out = io.BytesIO()
    with pytest.raises(SetAltered):
        write_sheet(out, io.BytesIO(pictured().zip.replace(b"Ethan", b"Erhan")), KEY)
    with pytest.raises(SetAltered):
        write_sheet(out, io.BytesIO(pictured().zip), Signer(b"o" * 32).public)
    assert out.getvalue() == b""


def test_words_are_no_markup() -> None:
    index = INDEX.replace("Ethan", "<script>alert(1)</script>")
    text = sheet(pictured(caption="<img src=x onerror=alert(2)>", index=index))
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(2)&gt;" in text


def test_what_cannot_be_opened_is_shown_as_that() -> None:
    (file, _), *rest = pictured().files
    (shown, *_) = figures(sheet(MadeSet([of(file.path, b"\xff\xd8 no picture", "portrait"), *rest])))
    assert "no small picture" in shown


def test_a_publisher_of_the_districts_own_is_read_by_its_profile() -> None:
    made = renamed(pictured(), publisher="our-printer")
    assert "Names of the portraits are not shown" in sheet(made)
    out = io.BytesIO()
    write_sheet(out, io.BytesIO(made.zip), KEY, profile=load("pspa"))
    assert "Walker, Ethan" in out.getvalue().decode()


def test_captions_that_are_no_text_are_refused() -> None:
    files = pictured().files
    made = MadeSet([*files[:4], of("candids/captions.csv", b"\xff\xfe\xff", "captions")])
    with pytest.raises(InputError, match="captions"):
        sheet(made)


class Watched(io.BytesIO):
    """A set that notes how much of the page was written when it was read on."""

    page: io.BytesIO
    written: set[int]

    def read(self, size: int | None = -1, /) -> bytes:
        self.written.add(self.page.tell())
        return super().read(size)


def test_the_page_is_written_picture_by_picture() -> None:
    _, (_, data), *_ = pictured().files
    made = MadeSet([of(f"candids/c{number:07d}.jpg", data, "candid") for number in range(20)])
    file, out = Watched(made.zip), io.BytesIO()
    file.page, file.written = out, set()
    write_sheet(out, file, KEY)
    assert len(file.written) >= 20


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_a_screen_and_the_browser_objects_to_nothing(browser: Browser, tmp_path: Path, width: int) -> None:
    path = tmp_path / "sheet.html"
    path.write_text(sheet(pictured()), encoding="utf-8")
    browser.be_new()
    browser.size(width, 900)
    browser.open(path.as_uri())
    assert browser.is_as_wide_as_its_screen
    assert browser.complaints == []
    assert browser.failed == []
    assert "Portraits" in browser.text
    assert "REDACTED" in browser.text


# Small pictures


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
