"""The pages that we write, opened in a browser: they show, and complain of nothing."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from browser import CHROMIUM, Browser
from command_line import call
from demo_run import demo_run
from district import BROKEN, PEP_RALLY, UNTITLED, District
from PIL import Image

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


@pytest.fixture(scope="module")
def report() -> Path:
    return demo_run().folder / "report.html"


@pytest.fixture
def sheet(district: District) -> Path:
    for key in (PEP_RALLY, BROKEN, UNTITLED):
        district.upload(key)
    path = district.folder / "waiting.html"
    assert call("review", "--sheet", str(path)).code == 0
    return path


def opened(browser: Browser, page: Path) -> Browser:
    """The browser with a page open of which nothing is missing, and that it does not complain of."""
    browser.open(page.as_uri())
    assert (browser.complaints, browser.failed) == ([], [])
    return browser


def seen(browser: Browser, page: Path, width: int, height: int, scale: float = 1) -> Image.Image:
    browser.size(width, height, scale)
    return opened(browser, page).screenshot()


def colours(shown: Image.Image) -> int:
    return len(shown.getcolors(maxcolors=1 << 24) or [])


def pictures(page: Path) -> list[Image.Image]:
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page.read_text(encoding="utf-8"))
    return [Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found]


def share_of_fill(shown: Image.Image) -> float:
    """How much of a page is the mid-grey of a filled box."""
    counted = {colour: count for count, colour in shown.getcolors(maxcolors=1 << 24) or []}
    return counted.get((128, 128, 128), 0) / (shown.width * shown.height)


def test_the_report_shows_its_pictures(browser: Browser, report: Path) -> None:
    assert len(pictures(report)) == 23 + 13 + 19
    # In half its size, which shows the same pictures in a quarter of the pixels.
    assert colours(seen(browser, report, 1200, 18_000, 0.5)) > 10_000
    # Without its pictures, the same page is plain: what was counted are the pictures.
    plain = report.with_name("plain.html")
    plain.write_text(re.sub(r'src="data:[^"]*"', 'src="data:,"', report.read_text(encoding="utf-8")), encoding="utf-8")
    assert colours(seen(browser, plain, 1200, 18_000, 0.5)) < 5_000
    plain.unlink()


def test_a_redacted_copy_is_seen_with_its_filled_box(browser: Browser, report: Path) -> None:
    # The fourth card is the team photo with one player hidden. Above it are two referrals and the bake sale, of which the
    # copy is what is beside the one who is hidden: nothing there is filled.
    shown = seen(browser, report, 1200, 2900)
    assert share_of_fill(shown.crop((0, 1400, 1200, 2900))) > 0.01
    assert share_of_fill(shown.crop((0, 0, 1200, 2250))) < 0.001


def test_the_report_reads_from_top_to_bottom_on_a_phone_and_at_a_desk(browser: Browser, report: Path) -> None:
    for width in (500, 1200):
        assert colours(seen(browser, report, width, 2000)) > 5_000


def test_the_report_is_dark_where_the_reader_wants_it_dark(browser: Browser, report: Path) -> None:
    light = seen(browser, report, 1200, 400)
    browser.scheme("dark")
    dark = seen(browser, report, 1200, 400)
    assert min(light.getpixel((5, 5))) > 200  # type: ignore[arg-type,type-var]
    assert max(dark.getpixel((5, 5))) < 60  # type: ignore[arg-type,type-var]


def test_the_report_says_what_was_played(browser: Browser, report: Path) -> None:
    text = opened(browser, report).text
    for attempt in demo_run().played.attempts:
        assert attempt.scene.who in text
    assert "The ledger holds:" in text


def test_the_sheet_shows_what_waits(browser: Browser, sheet: Path) -> None:
    assert len(pictures(sheet)) == 2
    assert colours(seen(browser, sheet, 1200, 700)) > 5_000
    text = opened(browser, sheet).text
    for words in (
        PEP_RALLY,
        BROKEN,
        UNTITLED,
        "no picture to show",
        "people not named: 3",
        "delete it when you are done",
    ):
        assert words in text
