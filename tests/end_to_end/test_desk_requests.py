"""A custodian's day in a real browser: a request comes by telephone, its letter goes out by mail, a folder is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from browser import CHROMIUM, Browser
from desk_in_browser import found_by_axe, signed_in, started
from district import CROWD, CUSTODIAN, HANNAH, HANNAH_MOTHER, TEAM, District
from live_processes import processes
from smtp_sink import Sink, running

from dam_plugin.custodian import holds, request_register
from dam_plugin.model import Recipient
from dam_plugin.store import StoredRequest, SystemUser

pytest.importorskip("django")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open pages with")


@dataclass(frozen=True)
class Office:
    """A running desk of a district with a mail server, and its address."""

    district: District
    sink: Sink
    address: str


@pytest.fixture
def office(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for key in (CROWD, TEAM):
        district.upload(key)
    services, student = district.services, district.student(HANNAH)
    request_register.add_request(
        services,
        StoredRequest(
            id="",
            received_at=services.now() - timedelta(days=9),
            recipient=Recipient("parent", district.guardian(HANNAH_MOTHER)),
            channel="counter",
            wanted="view",
            purpose="inspection",
            described="all pictures of the season",
            students=(student,),
        ),
        CUSTODIAN,
        SystemUser("1001", "records-office"),
    )
    with running(Sink()) as sink, processes() as started_ones:
        monkeypatch.setenv("DAM_PLUGIN_SMTP_HOST", "localhost")
        monkeypatch.setenv("DAM_PLUGIN_SMTP_PORT", str(sink.port))
        monkeypatch.setenv("DAM_PLUGIN_SMTP_SENDER", "records@example.org")
        yield Office(district, sink, started(started_ones))


def choose(browser: Browser, field: str, value: str) -> None:
    """Choose one of a list, as by the keyboard."""
    browser.run(f"document.querySelector('[name={field}]').value = {value!r}")


def test_a_request_by_telephone_is_entered_answered_by_mail_and_closed(office: Office, browser: Browser) -> None:
    signed_in(browser, office.address, "clara", "custodian")
    assert "request waits for an answer" in browser.text
    browser.open(f"{office.address}/requests/new")
    browser.write("name", "Jo Doe")
    browser.write("contact", "jo@example.org")
    choose(browser, "channel", "telephone")
    choose(browser, "purpose", "news")
    browser.write("recording", "concert")
    browser.click("button[name=find_recording]")
    assert CROWD in browser.text
    assert browser.value("[name=name]") == "Jo Doe"
    browser.choose("#id_recordings_0")
    browser.click("button[name=do]")
    assert "The request is entered" in browser.text
    assert "concert-crowd.jpg" in browser.text
    browser.open(f"{office.address}/letters/new?request=RQ-000002&kind=acknowledgement")
    browser.click("button[value=see]")
    assert "Dear Jo Doe" in browser.value("#id_text")
    browser.write("text", "\nPlease ring twice.\n")
    browser.click("button[value=keep]")
    assert "Its text was changed by hand." in browser.text
    browser.write("to", "jo@example.org")
    browser.click(".usa-form button")
    assert "The letter is sent" in browser.text
    (mail,) = office.sink.mails
    assert "Please ring twice." in mail.get_content()
    browser.open(f"{office.address}/requests/RQ-000002/")
    browser.click(".desk-answer-row .usa-button")
    browser.click("button[value=give]")
    assert "shown this once" in browser.text
    browser.open(f"{office.address}/requests/RQ-000002/close")
    browser.write("why", "sent by link")
    browser.click("main form button")
    assert "granted" in browser.text
    assert (browser.complaints, browser.failed) == ([], [])
    assert request_register.get_request(office.district.services, "RQ-000002").status.state == "granted"


def test_a_folder_is_held_with_the_keyboard(office: Office, browser: Browser) -> None:
    signed_in(browser, office.address, "clara", "custodian")
    browser.open(f"{office.address}/holds/new")
    for field, text in (("folder", "events"), ("matter", "docket 26-117"), ("why", "a letter"), ("source", "counsel")):
        browser.write(field, text)
    browser.click("button[name=do]")
    assert "It is held" in browser.text
    assert [each.hold.key for each in holds.list_holds(office.district.services).holds] == ["events/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page_in_any_width(office: Office, browser: Browser, scheme: str) -> None:
    browser.scheme(scheme)
    signed_in(browser, office.address, "clara", "custodian")
    letters = f"{office.address}/letters"
    pages = [
        *(f"{office.address}/{each}" for each in ("requests/", "requests/?show=overdue", "requests/new", "letters/")),
        *(f"{office.address}/requests/RQ-000001/{each}" for each in ("", "close", "delay", "estimate", "take")),
        f"{letters}/new?request=RQ-000001",
        f"{letters}/new?request=RQ-000001&kind=acknowledgement",
        *(f"{office.address}/holds/{each}" for each in ("", "new")),
    ]
    browser.open(f"{office.address}/letters/new?request=RQ-000001&kind=acknowledgement")
    browser.click("button[value=see]")
    assert found_by_axe(browser) == []
    browser.click("button[value=keep]")
    pages += [browser.address, f"{browser.address}print"]
    browser.open(f"{office.address}/requests/RQ-000001/")
    pages.append(browser.value_of("document.querySelector('.desk-answer-row .usa-button').href"))
    for width in (1280, 360):
        browser.size(width, 800)
        for where in pages:
            browser.open(where)
            assert (where, found_by_axe(browser)) == (where, [])
            assert browser.is_as_wide_as_its_screen, (where, width)
    browser.open(f"{office.address}/requests/new")
    browser.write("family", "lindqvist")
    browser.write("student", "hannah")
    browser.write("recording", "team")
    browser.click("button[name=find_student]")
    assert found_by_axe(browser) == []
    browser.click("button[name=do]")
    assert "usa-error-message" in browser.value_of("document.body.innerHTML")
    assert found_by_axe(browser) == []
    assert (browser.complaints, browser.failed) == ([], [])
