"""A yearbook set in a real browser: ordered, made by the desk's own process while its page shows how far it is, locked."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO

import pytest
from browser import CHROMIUM, Browser
from desk_in_browser import found_by_axe, signed_in, started
from district import HANNAH, District
from live_processes import processes
from waiting import wait_until
from yearbook_exports import fill

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


@pytest.fixture
def desk(district: District) -> Iterator[str]:
    """The address of a running desk with pictures for a yearbook, and no other process."""
    fill(district)
    with processes() as running:
        yield started(running)


def came_not(browser: Browser) -> list[str]:
    """What did not come, but for what was still asked for while the page was left."""
    return [each for each in browser.failed if each != "net::ERR_ABORTED"]


def order(browser: Browser, desk: str, name: str = "Fall 2026") -> None:
    browser.open(f"{desk}/yearbook/new/")
    browser.run("document.querySelector('[name=name]').value = ''")
    browser.write("name", name)
    browser.write("to", "heron-press")
    browser.choose("[name=redact]")
    browser.run("document.querySelector('details').open = true")
    for field, value in (("width", "80"), ("height", "100")):
        browser.run(f"document.querySelector('[name={field}]').value = ''")
        browser.write(field, value)


def test_a_set_is_made_while_its_page_shows_how_far_it_is_and_is_locked(
    district: District, desk: str, browser: Browser
) -> None:
    signed_in(browser, desk, "yara", "yearbook")
    order(browser, desk)
    browser.click("button[value=see]")
    assert "6 pictures would go in" in browser.text
    browser.click("button[value=make]")
    assert "/yearbook/making/" in browser.address
    # Nobody loads the page again: it asks for its part by itself.
    wait_until(lambda: "Open the set" in browser.text, "the page did not say that the set was made")
    browser.click("#open")
    wait_until(lambda: "Theresa" in str(browser.text), "the set was not shown")
    assert "A copy: somebody is" in browser.text
    assert district.student(HANNAH) not in browser.text
    wait_until(
        lambda: browser.value_of(
            "[...document.querySelectorAll('.desk-card img')].every(each => each.naturalWidth > 0)"
        ),
        "not every picture of the set is shown",
    )
    where = browser.address
    told = browser.result(
        f"fetch('{where}archive').then(each => each.arrayBuffer()).then(each => Array.from(new Uint8Array(each)))"
    )
    with zipfile.ZipFile(BytesIO(bytes(told))) as archive:
        assert "manifest.sig" in archive.namelist()
    browser.open(f"{where}lock/")
    browser.choose("[name=sure]")
    browser.click("main form button")
    assert "Locked. That 6 pictures went to heron-press is on record." in browser.text
    assert (browser.complaints, came_not(browser)) == ([], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_sets_in_any_width(desk: str, browser: Browser, scheme: str) -> None:
    browser.scheme(scheme)
    signed_in(browser, desk, "cora", "custodian")
    order(browser, desk)
    browser.click("button[value=make]")
    making = browser.address
    wait_until(lambda: "Open the set" in browser.text, "the set was not made")
    where = browser.value_of("document.querySelector('#open').href")
    job = re.sub(r"/yearbook/making/", "/jobs/", making)
    pages = ("yearbook/", "yearbook/new/", "yearbook/taken-back/", "jobs/", "library/")
    for width in (1280, 320):
        browser.size(width, 800)
        for each in (
            *(f"{desk}/{page}" for page in pages),
            making,
            job,
            where,
            f"{where}left-out/",
            f"{where}who/",
            f"{where}lock/",
        ):
            browser.open(each)
            time.sleep(0.1)
            assert (each, found_by_axe(browser)) == (each, [])
            assert browser.is_as_wide_as_its_screen, (each, width)
        browser.open(f"{where}today/")
        browser.click("main form button")
        assert "Every picture may be printed as it is" in browser.text
        assert found_by_axe(browser) == []
        browser.open(f"{desk}/yearbook/new/")
        browser.click("button[value=make]")
        assert "This field is required." in browser.text
        assert found_by_axe(browser) == []
    assert (browser.complaints, came_not(browser)) == ([], [])
