"""The gate over HTTP, on a real socket: what opens, what a recipient has to read or write first, and what is refused how."""

from __future__ import annotations

import asyncio
import html
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from clock import TODAY
from district import CUSTODIAN, HALLWAY, INES, TEAM, District
from live_service import PAGES, client_of, live_service
from moto_server import DELIVERY_KEYS
from use_cases import entries, ledger_holds, link_of, listening
from waiting import wait_until

from dam_hooks import manager
from dam_hooks.http import gate, limits
from dam_plugin.custodian import choices
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import LinkRequest, open_links
from dam_plugin.library.s3 import Library
from dam_plugin.model import MOST_WRONG_WORDS, LinkTerms, OptOut, Recipient
from dam_plugin.services import Services
from dam_plugin.sharing.share import Answer
from dam_plugin.store import Store

NEVER_GIVEN = "0123456789abcdef" * 4
EMERGENCY: dict[str, Any] = {
    "recipient": Recipient("emergency", "hospital"),
    "purpose": "emergency",
    "evidence": {"emergency": {"threat": "a fire", "recipient_needs_it": True}},
}


@pytest.fixture
def client(district: District) -> Iterator[httpx.Client]:
    with live_service(district.pm) as address, client_of(address) as asking:
        yield asking


@pytest.fixture
def unlimited(district: District, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A client that may fail as often as it likes."""
    monkeypatch.setattr(gate, "Limits", lambda: limits.Limits(most=10**6, most_different=10**6))
    with live_service(district.pm) as address, client_of(address) as asking:
        yield asking


@pytest.fixture
def shared(district: District) -> Answer:
    """The team photo on the website: anybody may open the link as it is."""
    district.upload(TEAM)
    return district.share(TEAM)


@pytest.fixture
def noticed(district: District) -> Answer:
    """A camera's picture for a hospital in an emergency, which it may not pass on."""
    district.upload(HALLWAY)
    answer = district.ask(HALLWAY, **EMERGENCY)
    assert answer.notice
    return answer


def limited(district: District, key: str = TEAM, **terms: Any) -> Answer:
    district.upload(key)
    return district.share(key, terms=LinkTerms(**terms), **(EMERGENCY | {"kind": "request"} if key == HALLWAY else {}))


def path(answer: Answer) -> str:
    assert answer.token
    return f"/s/{answer.token}"


def openings(district: District, answer: Answer) -> int:
    """How often a link was opened, by its count and by the ledger, which agree."""
    counted = link_of(district.services, answer.link).openings
    assert answer.link
    assert counted == len([entry for entry, _ in entries(district.services, "open") if entry.subject == answer.link.id])
    return counted


def seen(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that somebody sees of an answer, but the time of day."""
    return answer.status_code, sorted((k, v) for k, v in answer.headers.items() if k != "date"), answer.content


# What opens


def test_a_link_leads_to_the_copy_and_keeps_itself_to_itself(
    district: District, client: httpx.Client, shared: Answer
) -> None:
    answer = client.get(path(shared))
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert not {"server", "set-cookie"} & answer.headers.keys()
    assert httpx.get(answer.headers["location"], trust_env=False).content.startswith(b"\xff\xd8")
    assert openings(district, shared) == 1


def test_a_browser_goes_straight_to_what_asks_for_nothing(
    district: District, client: httpx.Client, shared: Answer
) -> None:
    assert client.get(path(shared), headers=PAGES).status_code == 303
    assert openings(district, shared) == 1


def test_a_browser_is_answered_in_one_pass_where_nothing_has_to_be_read(
    district: District, shared: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []

    def counting(services: Services, asked: Sequence[LinkRequest], **more: Any) -> Any:
        passes.append(len(asked))
        return open_links(services, asked, **more)

    monkeypatch.setattr(gate, "open_links", counting)
    monkeypatch.setattr(gate, "STORAGE_SECONDS", 60)
    with live_service(district.pm) as address, client_of(address) as client:
        assert client.get(path(shared), headers=PAGES).status_code == 303
    assert passes == [1]


def test_a_head_leads_to_the_copys_head_and_is_neither_counted_nor_recorded(
    district: District, client: httpx.Client
) -> None:
    shared = limited(district, openings=1)
    for _ in range(2):
        answer = client.head(path(shared))
        assert (answer.status_code, answer.content) == (303, b"")
        there = httpx.head(answer.headers["location"], trust_env=False)
        assert (there.status_code, there.headers["content-type"]) == (200, "image/jpeg")
    assert openings(district, shared) == 0
    assert client.get(path(shared)).status_code == 303
    assert client.head(path(shared)).status_code == 404


# What has to be read first


def test_a_browser_shows_the_notice_first_and_opens_when_it_was_read(
    district: District, client: httpx.Client, noticed: Answer
) -> None:
    assert noticed.notice
    for _ in range(2):
        page = client.get(path(noticed), headers=PAGES)
        assert page.status_code == 200
        assert "location" not in page.headers
        assert "34 CFR 99.33" in page.text
        assert "hospital" in page.text
    assert openings(district, noticed) == 0
    answer = client.post(path(noticed), headers=PAGES, data={"read": "yes"})
    assert (answer.status_code, answer.text.strip()) == (303, noticed.notice)
    assert openings(district, noticed) == 1


def test_a_form_that_was_not_read_shows_the_notice_again(
    district: District, client: httpx.Client, noticed: Answer
) -> None:
    assert client.post(path(noticed), headers=PAGES).status_code == 200
    assert client.post(path(noticed), headers=PAGES, data={"read": "no"}).status_code == 200
    assert openings(district, noticed) == 0


def test_a_program_gets_the_notice_with_the_way_to_the_copy(
    district: District, client: httpx.Client, noticed: Answer
) -> None:
    answer = client.get(path(noticed))
    assert (answer.status_code, answer.headers["content-type"]) == (303, "text/plain; charset=utf-8")
    assert answer.text.strip() == noticed.notice
    assert openings(district, noticed) == 1


# Links that open a few times


def test_a_page_says_how_often_a_link_opens_and_takes_nothing_from_it(district: District, client: httpx.Client) -> None:
    shared = limited(district, openings=2)
    for _ in range(3):
        assert "opens the recording 2 more times" in client.get(path(shared), headers=PAGES).text
    assert client.post(path(shared), headers=PAGES, data={"read": "yes"}).status_code == 303
    assert "opens the recording once more" in client.get(path(shared), headers=PAGES).text
    assert client.get(path(shared)).status_code == 303
    assert client.get(path(shared)).status_code == client.get(path(shared), headers=PAGES).status_code == 404
    assert openings(district, shared) == 2


def test_a_preview_in_a_message_uses_nothing_up(district: District, client: httpx.Client) -> None:
    shared = limited(district, openings=1)
    for agent in (
        "facebookexternalhit/1.1",
        "WhatsApp/2.23",
        "Slackbot-LinkExpanding 1.0",
        "TelegramBot (like TwitterBot)",
    ):
        assert client.get(path(shared), headers={"User-Agent": agent, "Accept": "*/*"}).status_code == 200
    assert openings(district, shared) == 0


def test_many_at_once_open_a_link_no_more_often_than_it_opens(district: District, client: httpx.Client) -> None:
    shared = limited(district, openings=3)

    async def scenario() -> list[int]:
        async with httpx.AsyncClient(base_url=client.base_url, trust_env=False, timeout=60) as asking:
            return [each.status_code for each in await asyncio.gather(*(asking.get(path(shared)) for _ in range(40)))]

    statuses = asyncio.run(scenario())
    assert sorted(set(statuses)) in ([303, 404], [303, 404, 429])
    assert statuses.count(303) == 3
    assert openings(district, shared) == 3


# Words


def test_a_word_is_asked_for_and_then_opens(district: District, client: httpx.Client) -> None:
    shared = limited(district, word=True)
    page = client.get(path(shared), headers=PAGES)
    assert page.status_code == 200
    assert "asks for a word" in page.text
    wrong = client.post(path(shared), headers=PAGES, data={"word": "AAAA-AAAA-AAAA"})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (403, True)
    assert openings(district, shared) == 0
    assert shared.word
    written = shared.word.lower().replace("-", " ")
    assert client.post(path(shared), headers=PAGES, data={"word": written}).status_code == 303
    assert openings(district, shared) == 1


def test_a_wrong_word_is_counted_once(district: District, client: httpx.Client) -> None:
    shared = limited(district, word=True)
    for headers in (PAGES, {}):
        client.post(path(shared), headers=headers, data={"word": "AAAA-AAAA-AAAA"})
    assert link_of(district.services, shared.link).wrong_words == 2


def test_a_word_in_the_address_is_no_word(district: District, client: httpx.Client) -> None:
    shared = limited(district, word=True)
    assert client.get(path(shared), params={"word": shared.word}).status_code == 403
    assert client.head(path(shared)).status_code == 403
    assert openings(district, shared) == 0


def test_after_the_word_the_notice_is_read_and_then_it_opens(district: District, client: httpx.Client) -> None:
    shared = limited(district, HALLWAY, word=True, openings=1)
    first = client.get(path(shared), headers=PAGES).text
    assert "34 CFR" not in first
    assert "once more" in first
    second = client.post(path(shared), headers=PAGES, data={"word": shared.word})
    assert second.status_code == 200
    assert "34 CFR 99.33" in second.text
    assert openings(district, shared) == 0
    third = client.post(path(shared), headers=PAGES, data={"word": shared.word, "read": "yes"})
    assert third.status_code == 303
    assert openings(district, shared) == 1


def test_a_program_gives_the_word_in_a_form_too(district: District, client: httpx.Client) -> None:
    shared = limited(district, word=True)
    assert client.get(path(shared)).status_code == 403
    assert client.post(path(shared), data={"word": shared.word}).status_code == 303


def test_wrong_words_lock_their_own_link_alone_and_close_it(district: District, client: httpx.Client) -> None:
    shared, other = limited(district, word=True), district.share(TEAM, terms=LinkTerms(word=True))
    statuses = [client.post(path(shared), data={"word": f"WRONG-{n}"}).status_code for n in range(MOST_WRONG_WORDS)]
    assert set(statuses) == {403}
    assert client.post(path(shared), data={"word": shared.word}).status_code == 404
    assert client.post(path(other), data={"word": other.word}).status_code == 303


def test_wrong_words_are_not_heard_any_more_from_an_address_where_they_are_many(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "Limits", lambda: limits.Limits(most=5))
    shared, other = limited(district, word=True), district.share(TEAM, terms=LinkTerms(word=True))
    with live_service(district.pm, behind=["127.0.0.1"]) as address, client_of(address) as client:
        here, there = ({"X-Forwarded-For": each} for each in ("203.0.113.7", "198.51.100.9"))
        for number in range(5):
            assert client.post(path(shared), headers=here, data={"word": f"WRONG-{number}"}).status_code == 403
        assert client.post(path(shared), headers=here, data={"word": shared.word}).status_code == 429
        assert client.post(path(other), headers=here, data={"word": other.word}).status_code == 303
        assert client.post(path(shared), headers=there, data={"word": shared.word}).status_code == 303


# What is refused


def test_what_may_no_longer_be_shown_is_a_page_that_tells_nothing_of_anybody(
    district: District, client: httpx.Client, shared: Answer
) -> None:
    with district.services.store.writing() as unit:
        # Kept without the command, which would close the link: the opening itself has to find it.
        unit.people.add_opt_out(district.student(INES), OptOut(TODAY), "form", district.services.now())
    answer = client.get(path(shared), headers=PAGES)
    assert answer.status_code == 403
    assert "location" not in answer.headers
    assert "This recording cannot be shown" in answer.text
    assert district.services.settings.district.contact[1:] in html.unescape(answer.text)
    assert 'so we have to look again. <span class="law">The law: 34 CFR 99.30; RSMo 610.023.3.</span>' in answer.text
    told = answer.text.lower()
    assert not any(word in told for word in ("opt", "ines", district.student(INES).lower(), "ex4", "website"))
    assert client.get(path(shared)).status_code == 404


def test_every_dead_link_gets_the_same_answer_byte_for_byte(
    district: District, unlimited: httpx.Client, shared: Answer
) -> None:
    used_up = district.share(TEAM, terms=LinkTerms(openings=1))
    assert unlimited.get(path(used_up)).status_code == 303
    revoked = district.share(TEAM)
    assert revoked.link
    revoke(district.services, link=revoked.link.id)
    guessed = district.share(TEAM, terms=LinkTerms(word=True))
    for number in range(10):
        unlimited.post(path(guessed), data={"word": f"WRONG-{number}"})
    choices.opt_out(district.services, district.student(INES), OptOut(TODAY), CUSTODIAN)
    dead = [*map(path, (used_up, revoked, guessed, shared)), f"/s/{NEVER_GIVEN}", "/s/", "/s", "/s/short"]
    for method in ("GET", "HEAD", "POST"):
        for headers in ({}, PAGES):
            answers = [seen(unlimited.request(method, each, headers=headers)) for each in dead]
            assert answers[0][0] == 404
            assert all(each == answers[0] for each in answers)


def test_an_expired_link_is_as_one_that_nobody_gave_out(district: District, shared: Answer) -> None:
    services = replace(district.services, now=lambda: district.services.now() + timedelta(days=LinkTerms().days + 1))
    with live_service(manager(services=services)) as address, client_of(address) as client:
        assert seen(client.get(path(shared))) == seen(client.get(f"/s/{NEVER_GIVEN}"))
        assert client.get(path(shared)).status_code == 404


ODD_TOKENS = (
    "%00",
    "%0A",
    "%0d%0aSet-Cookie:%20a=b",
    "a%00b",
    "%ff%fe",
    "%F0%9F%98%80",
    "caf%C3%A9",
    "a/b/c",
    "..%2f..%2fv1%2fevents",
    "../healthz",
    "?word=x",
    "%",
    "%zz",
    "x" * 10_000,
    "%ed%a0%80",
)


def test_odd_tokens_are_unknown_links_and_nothing_else(unlimited: httpx.Client) -> None:
    expected = unlimited.get(f"/s/{NEVER_GIVEN}").content
    for token in ODD_TOKENS:
        # As it is on the wire: the client would mend some of them.
        with socket.create_connection((unlimited.base_url.host, unlimited.base_url.port or 0), timeout=30) as wire:
            wire.sendall(f"GET /s/{token} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n".encode())
            told = b"".join(iter(lambda at=wire: at.recv(65_536), b""))  # type: ignore[misc]
        head, _, body = told.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 404 "), token
        assert b"set-cookie" not in head.lower(), token
        assert body == expected, token


def test_a_path_longer_than_any_of_ours_is_refused_by_the_server(unlimited: httpx.Client) -> None:
    assert unlimited.get("/s/" + "x" * 50_000).status_code in (400, 431)


def test_other_methods_are_refused_and_open_nothing(district: District, client: httpx.Client, shared: Answer) -> None:
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        answer = client.request(method, path(shared))
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST"), method
        assert answer.headers["cache-control"] == "no-store", method
    assert openings(district, shared) == 0


FORM = "application/x-www-form-urlencoded"
NOT_OURS = (
    (FORM, b"word=" + b"A" * 5_000, 413),
    (FORM, b"word=A&word=B", 400),
    (FORM, b"read=yes&token=x", 400),
    (FORM, b"word=%ff", 400),
    (FORM, b"word=\xff", 400),
    (FORM, b"&".join(b"word=A" for _ in range(50)), 400),
    ("multipart/form-data; boundary=x", b"--x", 415),
    ("application/json", b'{"read": "yes"}', 415),
    ("", b"read=yes", 415),
)


def test_a_body_that_is_no_form_of_ours_opens_nothing(district: District, client: httpx.Client, shared: Answer) -> None:
    for media_type, body, status in NOT_OURS:
        answer = client.post(path(shared), content=body, headers={"Content-Type": media_type})
        assert answer.status_code == status, (media_type, body[:40])
        assert "This request was not understood" in answer.text
    assert openings(district, shared) == 0


def test_a_body_without_a_length_is_read_no_further_than_its_limit(client: httpx.Client, shared: Answer) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"A" * 1_000

    assert client.post(path(shared), content=endless(), headers={"Content-Type": FORM}).status_code == 413


def test_a_body_that_does_not_come_is_not_waited_for(
    client: httpx.Client, shared: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "READ_SECONDS", 0.05)
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=30) as wire:
        wire.sendall(f"POST {path(shared)} HTTP/1.1\r\nHost: gate\r\nContent-Length: 100\r\n\r\nword".encode())
        assert wire.recv(65_536).startswith(b"HTTP/1.1 408 ")


# Guessing


def test_who_guesses_is_turned_away_for_a_while_and_asks_nobody_anything(
    district: District, shared: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counting(services: Any, questions: Any, **more: Any) -> Any:
        asked.append(len(questions))
        return open_links(services, questions, **more)

    monkeypatch.setattr(gate, "open_links", counting)
    with live_service(district.pm) as address, client_of(address) as client:
        statuses = [client.get(f"/s/{number:064x}").status_code for number in range(limits.MOST_FAILURES + 5)]
        assert statuses == [404] * limits.MOST_FAILURES + [429] * 5
        before = sum(asked)
        answer = client.get(path(shared), headers=PAGES)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= limits.WINDOW_SECONDS
        assert "Please wait a few minutes" in answer.text
        assert sum(asked) == before == limits.MOST_FAILURES
    assert openings(district, shared) == 0


def test_one_bad_link_shuts_no_school_out_of_the_good_ones(client: httpx.Client, shared: Answer) -> None:
    statuses = [client.get(f"/s/{NEVER_GIVEN}").status_code for _ in range(limits.MOST_FAILURES + 5)]
    assert statuses == [404] * limits.MOST_FAILURES + [429] * 5
    assert client.get(path(shared)).status_code == 303


@pytest.mark.parametrize("is_behind", [True, False])
def test_who_is_behind_a_proxy_counts_alone_only_where_the_proxy_is_believed(
    district: District, shared: Answer, is_behind: bool
) -> None:
    with live_service(district.pm, behind=["127.0.0.1"] if is_behind else []) as address, client_of(address) as client:
        guesser, other = ({"X-Forwarded-For": each} for each in ("203.0.113.7", "198.51.100.9"))
        for number in range(limits.MOST_FAILURES):
            client.get(f"/s/{number:064x}", headers=guesser)
        assert client.get(path(shared), headers=guesser).status_code == 429
        assert client.get(path(shared), headers=other).status_code == (303 if is_behind else 429)


# What is down


def test_a_store_that_is_down_is_a_page_and_never_a_redirect(district: District, shared: Answer) -> None:
    services = replace(district.services, store=Store("postgresql://nobody@127.0.0.1:1/none"))
    with live_service(manager(services=services)) as address, client_of(address) as client:
        for headers in ({}, PAGES):
            for method in ("GET", "HEAD", "POST"):
                answer = client.request(method, path(shared), headers=headers)
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
                assert "location" not in answer.headers
                assert answer.headers["cache-control"] == "no-store"


def test_a_database_that_is_locked_opens_nothing(
    district: District, client: httpx.Client, shared: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 0.2)
    with district.services.store.writing():
        assert client.get(path(shared)).status_code == 503


def test_a_storage_that_is_slow_uses_no_opening_up(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = limited(district, openings=1)
    monkeypatch.setattr(gate, "PATIENCE_SECONDS", 0.3)
    answered, went_on = threading.Event(), threading.Event()

    def hear(name: str, *_: Any, **__: Any) -> None:
        # Only once the service runs: it asks for the storage's address itself.
        if threading.current_thread().name.startswith("gate") and not answered.wait(60):
            raise AssertionError(name)

    def working(services: Services, asked: Sequence[LinkRequest], **more: Any) -> Any:
        try:
            return open_links(services, asked, **more)
        finally:
            went_on.set()

    monkeypatch.setattr(gate, "open_links", working)
    with live_service(manager(services=listening(district.services, hear))) as address, client_of(address) as client:
        try:
            assert client.get(path(shared)).status_code == 503
        finally:
            answered.set()
        assert went_on.wait(60)
        assert openings(district, shared) == 0
        monkeypatch.setattr(gate, "PATIENCE_SECONDS", 60)
        assert client.get(path(shared)).status_code == 303
    assert openings(district, shared) == 1


def test_an_error_that_nobody_foresaw_is_a_page_and_tells_no_text(
    district: District, shared: Answer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise ValueError("Ines Okafor")

    monkeypatch.setattr(gate, "open_links", broken)
    with live_service(district.pm) as address, client_of(address) as client:
        answer = client.get(path(shared))
    assert answer.status_code == 503
    assert "Okafor" not in answer.text + caplog.text


def test_a_storage_that_nobody_reaches_is_a_page(
    district: District, shared: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    services = replace(
        district.services, library=Library.connect(district.services.library.bucket, delivery=DELIVERY_KEYS)
    )
    with live_service(manager(services=services)) as address, client_of(address) as client:
        answer = client.get(path(shared))
    assert (answer.status_code, "location" in answer.headers) == (503, False)
    assert openings(district, shared) == 0


def test_a_copy_that_somebody_deleted_is_a_dead_link(district: District, client: httpx.Client, shared: Answer) -> None:
    assert shared.release
    district.services.library.delete(shared.release.key, shared.release.version_id)
    assert client.get(path(shared)).status_code == 404


# What is told of it


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("dam_", "uvicorn")))


def test_no_token_word_or_url_is_in_any_log(
    district: District, client: httpx.Client, caplog: pytest.LogCaptureFixture, shared: Answer
) -> None:
    caplog.set_level(logging.DEBUG)
    with_word = district.share(TEAM, terms=LinkTerms(word=True))
    urls = [client.get(path(shared)).headers["location"]]
    urls.append(client.post(path(with_word), data={"word": with_word.word}).headers["location"])
    client.post(path(with_word), data={"word": "WRONG-WORD"})
    client.put(path(shared))
    # A line comes after its answer.
    wait_until(lambda: "PUT /s/… 405" in logged(caplog) and "POST /s/… 303" in logged(caplog), "it was not logged")
    ours = logged(caplog)
    assert "GET /s/… 303" in ours
    secrets = [
        shared.token,
        with_word.token,
        with_word.word,
        "WRONG-WORD",
        *(url.partition("Signature=")[2] for url in urls),
    ]
    assert all(each and each not in ours for each in secrets)


# Many at once


def test_no_link_opens_after_an_opt_out_though_two_hundred_try_at_once(
    district: District, unlimited: httpx.Client, shared: Answer
) -> None:
    committed, many = threading.Event(), threading.Event()
    late: list[int] = []
    before: list[int] = []

    async def opening(asking: httpx.AsyncClient) -> None:
        for _ in range(8):
            is_late = committed.is_set()
            answer = await asking.get(path(shared))
            (late if is_late else before).append(answer.status_code)
            if len(before) >= 250:
                many.set()
            if is_late:
                return

    async def scenario() -> None:
        limits_ = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        async with httpx.AsyncClient(
            base_url=unlimited.base_url, trust_env=False, timeout=120, limits=limits_
        ) as asking:
            tasks = [asyncio.create_task(opening(asking)) for _ in range(200)]
            await asyncio.to_thread(opt_out)
            await asyncio.gather(*tasks)

    def opt_out() -> None:
        assert many.wait(60)
        choices.opt_out(district.services, district.student(INES), OptOut(TODAY), CUSTODIAN)
        committed.set()

    asyncio.run(scenario())
    assert before.count(303) >= 200
    assert len(late) > 50
    assert 303 not in late
    # The ledger is one order of all: what was opened stands before the opt-out.
    kinds = [(entry.kind, details.get("outcome")) for entry, details in entries(district.services)]
    after = kinds[next(place for place, (kind, _) in enumerate(kinds) if kind == "opt-out") :]
    assert ("open", "redact") not in after
    assert ledger_holds(district.services)
