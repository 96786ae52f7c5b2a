"""The pages that we write, opened in a browser: they show, and complain of nothing."""

from __future__ import annotations

import base64
import html
import io
import re
import subprocess
from pathlib import Path

import pytest
from browser import CHROMIUM, FLAGS
from command_line import call
from demo_run import demo_run
from district import BROKEN, PEP_RALLY, UNTITLED, District
from PIL import Image

DARK = "--blink-settings=preferredColorScheme=0"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


class Browser:
    """A headless browser with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _run(self, page: Path, *flags: str) -> str:
        command = [
            str(CHROMIUM),
            *FLAGS,
            "--enable-logging=stderr",
            f"--user-data-dir={self._folder / 'profile'}",
            *flags,
            page.as_uri(),
        ]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        complaints = [line for line in ended.stderr.splitlines() if "CONSOLE" in line]
        assert complaints == []
        return ended.stdout

    def screenshot(self, page: Path, width: int, height: int, *flags: str) -> Image.Image:
        path = self._folder / "page.png"
        self._run(page, f"--window-size={width},{height}", f"--screenshot={path}", *flags)
        with Image.open(path) as shown:
            return shown.convert("RGB")

    def text(self, page: Path) -> str:
        """The page's words, as the browser understood it."""
        dom = self._run(page, "--dump-dom")
        return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", dom, flags=re.DOTALL)).split())


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    return Browser(tmp_path)


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


def colours(shown: Image.Image) -> int:
    return len(shown.getcolors(maxcolors=1 << 24) or [])


def pictures(page: Path) -> list[Image.Image]:
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page.read_text(encoding="utf-8"))
    return [Image.open(io.BytesIO(base64.b64decode(each))).convert("RGB") for each in found]


def share_of_fill(shown: Image.Image) -> float:
    """How much of a page is the mid-grey of a filled box."""
    pixels = shown.convert("RGB").tobytes()
    return sum(pixels[at : at + 3] == b"\x80\x80\x80" for at in range(0, len(pixels), 3)) / (shown.width * shown.height)


def test_the_report_shows_its_pictures(browser: Browser, report: Path) -> None:
    assert len(pictures(report)) == 20 + 12
    shown = browser.screenshot(report, 1200, 18_000)
    assert colours(shown) > 10_000
    # Without its pictures, the same page is plain: what was counted are the pictures.
    plain = report.with_name("plain.html")
    plain.write_text(re.sub(r'src="data:[^"]*"', 'src="data:,"', report.read_text(encoding="utf-8")), encoding="utf-8")
    assert colours(browser.screenshot(plain, 1200, 18_000)) < 5_000
    plain.unlink()


def test_a_redacted_copy_is_seen_with_its_filled_box(browser: Browser, report: Path) -> None:
    # The first card is a referral, the second the team photo with one player hidden: nothing else on top is filled.
    assert share_of_fill(browser.screenshot(report, 1200, 1500)) > 0.01
    assert share_of_fill(browser.screenshot(report, 1200, 700)) < 0.001


@pytest.mark.parametrize("width", [500, 1200], ids=["phone", "desktop"])
def test_the_report_reads_from_top_to_bottom(browser: Browser, report: Path, width: int) -> None:
    assert colours(browser.screenshot(report, width, 2000)) > 5_000


def test_the_report_is_dark_where_the_reader_wants_it_dark(browser: Browser, report: Path) -> None:
    light, dark = browser.screenshot(report, 1200, 400), browser.screenshot(report, 1200, 400, DARK)
    assert min(light.getpixel((5, 5))) > 200  # type: ignore[arg-type,type-var]
    assert max(dark.getpixel((5, 5))) < 60  # type: ignore[arg-type,type-var]


def test_the_report_says_what_was_played(browser: Browser, report: Path) -> None:
    text = browser.text(report)
    for attempt in demo_run().played.attempts:
        assert attempt.scene.who in text
    assert "The ledger holds:" in text


def test_the_sheet_shows_what_waits(browser: Browser, sheet: Path) -> None:
    assert len(pictures(sheet)) == 2
    assert colours(browser.screenshot(sheet, 1200, 700)) > 5_000
    text = browser.text(sheet)
    for words in (
        PEP_RALLY,
        BROKEN,
        UNTITLED,
        "no picture to show",
        "people not named: 3",
        "delete it when you are done",
    ):
        assert words in text
