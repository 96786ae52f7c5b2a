"""The custodian's work as a person meets it in a browser: the queue, a case, a finding, the second person, an emergency."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import CHROMIUM, Browser
from desk_in_browser import found_by_axe, signed_in, started
from district import HANNAH, TEAM, UNTITLED, District
from live_processes import processes
from queue_cases import findings, hallway, referred

from dam_plugin.model import Recipient

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")

HERALD = Recipient("public", "the Harmon Herald")
PARENT = Recipient("parent", "m-ortiz")


@pytest.fixture
def desk(district: District) -> Iterator[str]:
    """The address of a running desk where some requests wait."""
    hallway(district)
    referred(district, UNTITLED, HERALD)
    referred(district, TEAM, PARENT, purpose="inspection")
    with processes() as running:
        yield started(running)


def sign_in_anew(browser: Browser, desk: str, name: str, *roles: str) -> None:
    """Let somebody else sign in with a new account, in a browser that knows nobody."""
    complaints, failed = browser.complaints, browser.failed
    browser.be_new()
    signed_in(browser, desk, name, *roles)
    browser.complaints += complaints
    browser.failed += failed


def test_two_people_work_on_a_request_from_the_queue_to_the_release(
    district: District, desk: str, browser: Browser
) -> None:
    signed_in(browser, desk, "anna", "custodian")
    assert "3 cases wait in the queue" in browser.text
    browser.open(f"{desk}/queue/")
    assert "the Harmon Herald (somebody from outside): news" in browser.text
    address = browser.value_of(
        "[...document.querySelectorAll('.desk-work a')].find(a => a.text.includes('hallway')).href"
    )
    browser.open(address)
    assert "What is missing, and what would change it" in browser.text
    browser.open(f"{address}found/meaning")
    browser.choose("#id_meaning_0")
    browser.click("button[value=see]")
    assert "It would wait until somebody else approves it." in browser.text
    browser.click("button[value=save]")
    assert "somebody else has to approve it" in browser.text
    referral = address.rstrip("/").rpartition("/")[2]
    with district.services.store.reading() as unit:
        waiting = unit.referrals.need(referral)
    (found,) = findings(district.services, waiting)
    assert (found.state, found.user.name) == ("pending", "anna")
    sign_in_anew(browser, desk, "bert", "designee")
    browser.open(f"{desk}/queue/?show=pending")
    browser.click(".desk-work a")
    assert "If it is approved" in browser.text
    browser.click("button[value=approve]")
    assert "It works until" in browser.text
    (found,) = findings(district.services, waiting)
    assert (found.state, found.approver.name if found.approver else None) == ("applied", "bert")
    assert district.student(HANNAH) not in browser.text
    assert browser.complaints == []


def test_a_recording_is_found_and_released_in_an_emergency(district: District, desk: str, browser: Browser) -> None:
    signed_in(browser, desk, "maria", "media")
    browser.open(f"{desk}/emergency/?find=untitled")
    browser.click(".desk-card a")
    browser.write("who", "Sergeant Miller, Harmon police, 555 0123")
    browser.write("threat", "a six-year-old is missing since noon")
    browser.click("main form button.usa-button--secondary")
    assert "It is released" in browser.text
    assert "Somebody else than you reviews it" in browser.text
    with district.services.store.reading() as unit:
        assert any(each.kind == "review" for each in unit.referrals.listed())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_custodians_pages_in_any_width(desk: str, browser: Browser, scheme: str) -> None:
    browser.scheme(scheme)
    signed_in(browser, desk, "anna", "custodian")
    browser.open(f"{desk}/queue/")
    case = browser.value_of("[...document.querySelectorAll('.desk-work a')].pop().href")
    wanted = [f"{desk}/queue/", f"{desk}/emergency/?find=e", case]
    wanted += [f"{case}{each}" for each in ("found/evidence-order", "found/rights_limited", "do/close", "handed-over")]
    for width in (1280, 360):
        browser.size(width, 800)
        for where in wanted:
            browser.open(where)
            assert (where, found_by_axe(browser)) == (where, [])
            assert browser.is_as_wide_as_its_screen, (where, width)
    assert (browser.complaints, browser.failed) == ([], [])
