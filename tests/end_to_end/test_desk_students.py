"""A custodian's day in a browser: a student found by a parent's name, an opt-out, its record, and who looked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Browser
from desk_in_browser import found_by_axe, signed_in, started
from district import INES, TEAM, District
from live_processes import processes

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


@pytest.fixture
def desk(district: District) -> Iterator[str]:
    """The address of a running desk with a photo that was shared."""
    district.upload(TEAM)
    district.share(TEAM)
    with processes() as running:
        yield started(running)


def found(browser: Browser, desk: str, name: str) -> None:
    browser.open(f"{desk}/students/")
    browser.write("text", name)
    browser.click("main form button")


def test_an_opt_out_is_recorded_from_the_search_to_what_closed(district: District, desk: str, browser: Browser) -> None:
    signed_in(browser, desk, "carol", "custodian")
    found(browser, desk, "Rosa")
    assert browser.address == f"{desk}/students/"
    assert "Inés Muñoz" in browser.text
    browser.click(f"a[href='/students/{district.student(INES)}/']")
    assert "What the family chose" in browser.text
    browser.click("a[href$='/say/opt-out']")
    browser.click("button[value=see]")
    assert "What closes if you save" in browser.text
    assert "team-photo.jpg" in browser.text
    browser.click("button[value=save]")
    assert "What closed" in browser.text
    browser.click("a[href$='/record']")
    assert "Record of requests and disclosures" in browser.text
    assert "Hannah" not in browser.text
    browser.open(f"{desk}/looks/")
    assert "carol" in browser.text
    assert "Inés Muñoz" in browser.text
    assert district.student(INES) not in browser.text
    assert (browser.complaints, browser.failed) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_students(
    district: District, desk: str, browser: Browser, scheme: str
) -> None:
    browser.scheme(scheme)
    signed_in(browser, desk, "carol", "custodian")
    page = f"{desk}/students/{district.student(INES)}/"
    forms = [f"{page}say/{each}" for each in ("opt-out", "consent", "add-guardian", "limit", "protect")]
    for width in (1280, 360):
        browser.size(width, 800)
        found(browser, desk, "Rosa")
        assert ("search", found_by_axe(browser)) == ("search", [])
        assert browser.is_as_wide_as_its_screen, width
        for where in (page, *forms, f"{page}record", f"{page}looks", f"{desk}/looks/"):
            browser.open(where)
            browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
            assert (where, found_by_axe(browser)) == (where, [])
            assert browser.is_as_wide_as_its_screen, (where, width)
        browser.open(f"{page}say/protect")
        browser.click("button[value=see]")
        assert ("errors", found_by_axe(browser)) == ("errors", [])
        browser.open(f"{page}say/opt-out")
        browser.click("button[value=see]")
        assert ("closing", found_by_axe(browser)) == ("closing", [])
        assert browser.is_as_wide_as_its_screen, width
    assert (browser.complaints, browser.failed) == ([], [])
