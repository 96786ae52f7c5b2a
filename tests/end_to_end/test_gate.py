"""A link in a browser: what a parent sees, reads, writes and clicks, from the message to the picture or to the page instead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import sleep
from typing import Any

import httpx
import pytest
from browser import CHROMIUM, Browser
from clock import TODAY
from district import CUSTODIAN, GRADUATION, HALLWAY, INES, NOAH, TEAM, District
from live_service import client_of, live_service
from moto_server import DELIVERY_KEYS
from sqlalchemy import update
from storage_proxy import Refusal, Request, StorageProxy
from use_cases import is_known, link_of

from dam_hooks import manager
from dam_hooks.http import gate
from dam_plugin.custodian import choices
from dam_plugin.gate.close_links import revoke
from dam_plugin.library.s3 import Library
from dam_plugin.model import LinkTerms, OptOut, Recipient
from dam_plugin.sharing.share import Answer
from dam_plugin.store.tables import LinkRow

in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open links with")

PHONE, DESK = (390, 844), (1280, 900)
PICTURE_COLOURS = 5_000


@pytest.fixture
def browser(browser: Browser) -> Browser:
    browser.size(*PHONE)
    return browser


@pytest.fixture
def address(district: District) -> Iterator[str]:
    with live_service(district.pm) as served:
        yield served


def shared(district: District, key: str = TEAM, **terms: Any) -> Answer:
    """A link with these terms: to the team photo for everybody, or to a camera's picture for a hospital."""
    if not is_known(district.services, key):
        district.upload(key)
    if key == TEAM:
        return district.share(TEAM, terms=LinkTerms(**terms))
    evidence = {"emergency": {"threat": "a fire", "recipient_needs_it": True}}
    hospital = Recipient("emergency", "hospital")
    return district.ask(key, hospital, "emergency", evidence=evidence, terms=LinkTerms(**terms))


def link(address: str, answer: Answer) -> str:
    return f"{address}/s/{answer.token}"


def shows_a_picture(browser: Browser) -> bool:
    return len(browser.screenshot().getcolors(maxcolors=1 << 24) or []) > PICTURE_COLOURS


@in_a_browser
def test_a_link_shows_the_picture(district: District, address: str, browser: Browser, aws_env: str) -> None:
    answer = shared(district)
    browser.open(link(address, answer))
    assert shows_a_picture(browser)
    assert browser.address.startswith(f"{aws_env}/{district.services.library.bucket}/released/")
    assert browser.complaints == []
    assert link_of(district.services, answer.link).openings == 1


@in_a_browser
def test_the_notice_is_read_and_then_the_picture_is_shown(district: District, address: str, browser: Browser) -> None:
    answer = shared(district, HALLWAY, openings=1)
    browser.open(link(address, answer))
    assert "may not pass it on" in browser.text
    assert "hospital" in browser.text
    assert "opens the recording once more" in browser.text
    assert not shows_a_picture(browser)
    assert link_of(district.services, answer.link).openings == 0
    browser.click()
    assert shows_a_picture(browser)
    assert browser.complaints == []
    assert link_of(district.services, answer.link).openings == 1
    browser.open(link(address, answer))
    assert "This link does not open anything" in browser.text


@in_a_browser
def test_the_word_is_written_and_then_the_picture_is_shown(district: District, address: str, browser: Browser) -> None:
    answer = shared(district, HALLWAY, word=True)
    browser.open(link(address, answer))
    assert "The word" in browser.text
    browser.write("word", "nonsense")
    browser.click()
    assert "That is not the word" in browser.text
    browser.write("word", (answer.word or "").lower())
    browser.click()
    assert "may not pass it on" in browser.text
    browser.click()
    assert shows_a_picture(browser)
    assert browser.complaints == []
    assert link_of(district.services, answer.link).openings == 1


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_a_desk_in_light_and_in_dark(
    district: District, address: str, browser: Browser, scheme: str
) -> None:
    refused, noticed = shared(district), shared(district, HALLWAY, openings=2)
    with_word = district.share(TEAM, terms=LinkTerms(word=True))
    with district.services.store.writing() as unit:
        # Kept without the command, which would close the link: the opening itself has to find it.
        unit.people.add_opt_out(district.student(INES), OptOut(TODAY), "form", district.services.now())
    browser.scheme(scheme)
    for answer, words in (
        (noticed, "Before you open this recording"),
        (with_word, "This recording asks for a word"),
        (refused, "This recording cannot be shown"),
        (refused, "This link does not open anything"),
    ):
        browser.open(link(address, answer))
        assert words in browser.text
        for screen in (DESK, PHONE):
            browser.size(*screen)
            assert browser.is_as_wide_as_its_screen
            corner = browser.screenshot().getpixel((2, 2))
            assert isinstance(corner, tuple)
            assert (min(corner) > 200) if scheme == "light" else (max(corner) < 60)
    assert browser.complaints == []


@in_a_browser
def test_who_opens_a_link_after_the_opt_out_sees_whom_to_ask(
    district: District, address: str, browser: Browser
) -> None:
    answer = shared(district)
    browser.open(link(address, answer))
    assert shows_a_picture(browser)
    choices.opt_out(district.services, district.student(INES), OptOut(TODAY), CUSTODIAN)
    browser.open(link(address, answer))
    assert not shows_a_picture(browser)
    assert "Whom to ask" in browser.text
    assert browser.address == link(address, answer)
    assert browser.statuses[-1] == 404


# A storage that fails


@pytest.fixture
def behind_proxy(district: District, proxy: StorageProxy, monkeypatch: pytest.MonkeyPatch) -> District:
    """The district, with a server between it and its storage."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    library = Library.connect(district.services.library.bucket, delivery=DELIVERY_KEYS)
    services = replace(district.services, library=library)
    return replace(district, pm=manager(services=services), services=services)


def test_a_storage_that_answers_5xx_is_a_page_with_a_time_to_come_back(
    behind_proxy: District, proxy: StorageProxy
) -> None:
    answer = shared(behind_proxy)
    with live_service(behind_proxy.pm) as address, client_of(address) as client:
        proxy.refuses = lambda _: Refusal(503, "SlowDown")
        refused = client.get(f"/s/{answer.token}")
        assert (refused.status_code, "location" in refused.headers) == (503, False)
        assert int(refused.headers["retry-after"]) > 0
        assert link_of(behind_proxy.services, answer.link).openings == 0
        proxy.refuses = lambda _: None
        assert opens_once_it_answers(client, f"/s/{answer.token}")


def opens_once_it_answers(client: httpx.Client, path: str) -> bool:
    """Whether a link opens for who comes back, as the page says, until the storage answers in time again."""
    for _ in range(20):
        if client.get(path).status_code == 303:
            return True
        sleep(0.5)
    return False


def test_while_the_storage_hangs_whatever_needs_none_is_answered(
    behind_proxy: District, proxy: StorageProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, noticed, few = shared(behind_proxy), shared(behind_proxy, HALLWAY), shared(behind_proxy, openings=2)
    word, revoked, ran_out = shared(behind_proxy, word=True), shared(behind_proxy), shared(behind_proxy)
    revoke(behind_proxy.services, link=link_of(behind_proxy.services, revoked.link).id)
    run_out(behind_proxy, ran_out)
    behind_proxy.upload(GRADUATION)
    fallen = behind_proxy.share(GRADUATION)
    with behind_proxy.services.store.writing() as unit:
        # Kept without the command, which would close the link: the opening itself has to find it.
        unit.people.add_opt_out(behind_proxy.student(NOAH), OptOut(TODAY), "form", behind_proxy.services.now())
    hangs, began, go = threading.Event(), threading.Event(), threading.Event()

    def hang(_: Request) -> None:
        if hangs.is_set():
            began.set()
            go.wait(120)

    proxy.refuses = hang
    # Whoever needs the storage would wait for longer than this test.
    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 100)
    browser = {"Accept": "text/html"}
    with live_service(behind_proxy.pm) as address, client_of(address) as client, ThreadPoolExecutor(20) as others:
        hangs.set()
        try:
            waiting = [others.submit(httpx.get, f"{address}/s/{plain.token}", trust_env=False, timeout=120)]
            assert began.wait(60)
            asked = partial(httpx.get, f"{address}/s/{few.token}", trust_env=False, timeout=120)
            waiting += [others.submit(asked) for _ in range(10)]
            for _ in range(2):
                assert client.get("/healthz").status_code == 200
                assert client.get("/readyz").status_code == 200
                for token in ("0" * 64, revoked.token, ran_out.token):
                    for headers in ({}, browser):
                        assert client.get(f"/s/{token}", headers=headers).status_code == 404
                for answer, words in ((noticed, "may not pass it on"), (few, "more times"), (word, "asks for a word")):
                    page = client.get(f"/s/{answer.token}", headers=browser)
                    assert (page.status_code, words in page.text) == (200, True)
                assert client.post(f"/s/{word.token}", data={"word": "WRONG"}).status_code == 403
                assert client.head(f"/s/{plain.token}").status_code == 303
            assert client.get(f"/s/{fallen.token}", headers=browser).status_code == 403
            assert client.get(f"/s/{fallen.token}").status_code == 404
            assert client.post("/s/none", data={"word": "x"}).status_code == 404
            assert not any(each.done() for each in waiting)
        finally:
            hangs.clear()
            go.set()
        assert waiting[0].result().status_code == 303
        assert sorted({each.result().status_code for each in waiting[1:]}) == [303, 404]
    assert link_of(behind_proxy.services, few.link).openings == 2


def run_out(district: District, answer: Answer) -> None:
    with district.services.store.writing() as unit:
        past = update(LinkRow).where(LinkRow.id == link_of(district.services, answer.link).id)
        unit._session.execute(past.values(expires_at=district.services.now() - timedelta(minutes=1)))


def test_a_storage_that_is_slow_keeps_nobody_waiting_for_long(
    behind_proxy: District, proxy: StorageProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = shared(behind_proxy)
    go = threading.Event()

    def slow(_: Request) -> None:
        go.wait(60)

    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 0.5)
    with live_service(behind_proxy.pm) as address, client_of(address) as client:
        proxy.refuses = slow
        refused = client.get(f"/s/{answer.token}")
        assert (refused.status_code, "location" in refused.headers) == (503, False)
        go.set()
