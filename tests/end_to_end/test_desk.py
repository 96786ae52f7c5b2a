"""The desk as a person meets it: a process of its own, a browser, an account with a second factor; and what axe finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Browser
from desk_in_browser import found_by_axe, signed_in, started
from district import CROWD, HANNAH, TEAM, UNTITLED, District
from live_processes import processes
from use_cases import entries
from waiting import wait_until

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


@pytest.fixture
def desk(district: District) -> Iterator[str]:
    """The address of a running desk with some recordings."""
    for key in (CROWD, TEAM, UNTITLED):
        district.upload(key)
    with processes() as running:
        yield started(running)


def test_a_photo_is_shared_from_signing_in_to_taking_it_back(district: District, desk: str, browser: Browser) -> None:
    signed_in(browser, desk)
    assert "recordings wait until somebody says who is in them" in browser.text or "recording waits" in browser.text
    browser.open(f"{desk}/library/?folder=events/athletics")
    assert "team-photo.jpg" in browser.text
    browser.click(".desk-card a")
    assert "Hannah Lindqvist" in browser.text
    browser.click("a.usa-button[href$='/share']")
    before = entries(district.services)
    browser.choose("#id_to_0")
    browser.click("button[value=see]")
    assert "A copy may go out, in which somebody is hidden." in browser.text
    assert entries(district.services) == before
    browser.click("button[value=share]")
    assert "The link, shown this once" in browser.text or "Its token, shown this once" in browser.text
    assert len(entries(district.services)) > len(before)
    browser.open(f"{desk}/shares/")
    assert "team-photo.jpg" in browser.text
    browser.click("main form button")
    assert "The link is taken back" in browser.text
    assert browser.complaints == []
    assert district.student(HANNAH) not in browser.text


_SENT_BY_TWO_CLICKS = """(() => {
  let sent = 0;
  addEventListener("submit", (event) => { if (!event.defaultPrevented) sent++; event.preventDefault(); });
  const button = document.querySelector("button[value=share]");
  button.click(); button.click();
  return sent;
})()"""


def test_a_double_click_shares_once(desk: str, browser: Browser) -> None:
    signed_in(browser, desk)
    browser.open(f"{desk}/library/?folder=events/athletics")
    browser.click(".desk-card a")
    browser.click("a.usa-button[href$='/share']")
    browser.choose("#id_to_0")
    browser.click("button[value=see]")
    assert browser.value_of(_SENT_BY_TWO_CLICKS) == 1
    assert browser.complaints == []


def test_accounts_and_small_pictures_are_for_their_owner_alone(district: District, desk: str, browser: Browser) -> None:
    signed_in(browser, desk)
    browser.open(f"{desk}/library/?folder=events/athletics")
    assert [each.stat().st_mode & 0o777 for each in district.folder.glob("*-desk.sqlite3")] == [0o600]
    pictures = district.folder / "desk-pictures"
    wait_until(lambda: any(pictures.glob("*.jpg")), "no small picture was made")
    assert pictures.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in pictures.iterdir()} == {0o600}


def test_the_next_sign_in_asks_for_the_second_factor(desk: str, browser: Browser) -> None:
    password = signed_in(browser, desk)
    browser.click(".desk-out button")
    browser.open(desk)
    browser.write("login", "maria")
    browser.write("password", password)
    browser.click("main button[type=submit]")
    assert "/accounts/2fa/authenticate/" in browser.address
    browser.open(f"{desk}/library/")
    assert "/accounts/" in browser.address
    assert "team-photo.jpg" not in browser.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_in_any_width(desk: str, browser: Browser, scheme: str) -> None:
    browser.scheme(scheme)
    browser.open(desk)
    assert found_by_axe(browser) == []
    signed_in(browser, desk)
    browser.open(f"{desk}/library/?folder=events/athletics")
    recording = browser.value_of("document.querySelector('.desk-card a').href")
    for width in (1280, 360):
        browser.size(width, 800)
        for where in (desk, f"{desk}/library/", recording, f"{recording}share", f"{desk}/shares/", f"{desk}/nowhere"):
            browser.open(where)
            assert (where, found_by_axe(browser)) == (where, [])
            assert browser.is_as_wide_as_its_screen, (where, width)
    browser.open(f"{recording}share")
    browser.choose("#id_to_0")
    browser.click("button[value=see]")
    assert found_by_axe(browser) == []
    assert (browser.complaints, browser.failed) == ([], [])
