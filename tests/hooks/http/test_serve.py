"""The service as a process runs it: its connections, its log, what it does beside answering, and what it will not start on."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from district import TEAM, District
from live_service import client_of, live_service
from use_cases import broken_down, later, open_copies
from waiting import wait_until

from dam_hooks import manager
from dam_hooks.http import gate
from dam_hooks.http import serve as serving
from dam_hooks.http.app import Service
from dam_hooks.http.serve import Housekeeping, listen, serve
from dam_plugin.errors import SettingsError, StoreError
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing import published_copy
from dam_plugin.store import Store

LONG = 30.0


@pytest.fixture
def client(district: District) -> Iterator[httpx.Client]:
    with live_service(district.pm) as address, client_of(address) as asking:
        yield asking


@contextmanager
def wire_to(client: httpx.Client) -> Iterator[socket.socket]:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=LONG) as wire:
        yield wire


# Connections


def told(wire: socket.socket) -> bytes:
    """Return all that is answered until the connection is closed."""
    answer = b""
    while more := wire.recv(65_536):
        answer += more
    return answer


def test_a_form_that_comes_too_slowly_is_answered(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "READ_SECONDS", 0.2)
    with wire_to(client) as wire:
        wire.sendall(b"POST /s/none HTTP/1.1\r\nHost: gate\r\nContent-Length: 1000\r\n\r\nword=")
        assert wire.recv(65_536).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_came_whole_keeps_the_connection(client: httpx.Client) -> None:
    with wire_to(client) as wire:
        for _ in range(2):
            wire.sendall(b"POST /nowhere HTTP/1.1\r\nHost: gate\r\nContent-Length: 2\r\n\r\n{}")
            answer = b""
            while b"nothing is at this address" not in answer:
                answer += wire.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 404 ")
            assert b"connection: close" not in answer.lower()


def test_a_body_that_comes_after_its_answer_is_no_request(client: httpx.Client) -> None:
    with wire_to(client) as wire:
        wire.sendall(b"POST /nowhere HTTP/1.1\r\nHost: gate\r\nContent-Length: 2\r\n\r\n")
        answers = b""
        while b"nothing is at this address" not in answers:
            answers += wire.recv(65_536)
        wire.sendall(b"{}GET /healthz HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n")
        answers += told(wire)
    assert answers.startswith(b"HTTP/1.1 404 ")
    assert answers.count(b"HTTP/1.1 ") == 2
    assert b'{"status":"ok"}' in answers


TWO_LENGTHS = [
    "Content-Length: 2\r\nTransfer-Encoding: chunked",
    "transfer-encoding: chunked\r\nCONTENT-LENGTH: 2",
    "Content-Length: 0\r\nTransfer-Encoding: Chunked",
]


@pytest.mark.parametrize("line", ["POST /s/none", "GET /s/none", "POST /v1/tags", "GET /healthz", "POST /nowhere"])
@pytest.mark.parametrize("lengths", TWO_LENGTHS)
def test_a_request_with_two_lengths_is_refused_and_what_follows_is_no_request(
    client: httpx.Client, line: str, lengths: str
) -> None:
    with wire_to(client) as wire:
        smuggled = "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: gate\r\n\r\n"
        wire.sendall(f"{line} HTTP/1.1\r\nHost: gate\r\n{lengths}\r\n\r\n{smuggled}".encode())
        answer = told(wire)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()


def test_above_its_connections_the_service_answers_503(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 3)
    with live_service(district.pm) as address, client_of(address, headers={"Connection": "close"}) as client:
        with wire_to(client), wire_to(client):
            wait_until(lambda: client.get("/healthz").status_code == 503)
        wait_until(lambda: client.get("/healthz").status_code == 200)


def test_what_is_no_http_is_refused(client: httpx.Client) -> None:
    for sent in (b"\x16\x03\x01\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n"):
        with wire_to(client) as wire:
            wire.sendall(sent)
            assert told(wire).startswith(b"HTTP/1.1 400 ")


def test_a_failure_nobody_foresaw_is_never_cached(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: object) -> None:
        raise ValueError("Ines Okafor")

    with live_service(district.pm) as address, client_of(address) as client:
        monkeypatch.setattr(Service, "__call__", failing)
        answer = client.get("/healthz")
    assert answer.status_code == 500
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert "Okafor" not in answer.text


@pytest.mark.parametrize("target", ["http://gate.example/healthz", "HTTPS://gate.example:8443/healthz?a=b"])
def test_a_target_with_its_host_is_its_path(client: httpx.Client, target: str) -> None:
    with wire_to(client) as wire:
        wire.sendall(f"GET {target} HTTP/1.1\r\nHost: gate.example\r\nConnection: close\r\n\r\n".encode())
        assert told(wire).startswith(b"HTTP/1.1 200 ")


def test_a_head_that_is_too_large_is_refused(client: httpx.Client) -> None:
    answer = client.get("/healthz", headers={"X-Long": "a" * 17_000})
    assert (answer.status_code, answer.headers["cache-control"]) == (431, "no-store")
    assert client.get("/healthz", headers={"X-Long": "a" * 1_000_000}).status_code == 400


def test_no_answer_says_what_the_service_runs_on(client: httpx.Client) -> None:
    for path in ("/healthz", "/s/x", "/nowhere", "/docs", "/openapi.json", "/favicon.ico"):
        answer = client.get(path)
        assert "server" not in answer.headers, path
        assert answer.status_code == (200 if path == "/healthz" else 404), path


# The log


def test_the_log_has_routes_and_statuses_and_no_path_that_might_name_somebody(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="dam_hooks.http")
    # Whatever another program's set-up makes of uvicorn's own log of requests.
    logging.getLogger("uvicorn.access").addHandler(caplog.handler)
    client.get("/s/secret-token?word=secret-word")
    client.get("/Ines-Okafor.jpg")
    client.get("/healthz?Ines")

    def told() -> list[str]:
        ours = (record for record in caplog.records if record.name.startswith("dam_hooks.http"))
        return sorted(record.getMessage().partition(",")[0] for record in ours)

    # A line comes after its answer.
    wait_until(lambda: len(told()) >= 3, "not every request was logged")
    assert told() == ["GET /healthz 200", "GET /s/… 404", "GET elsewhere 404"]
    assert "secret" not in caplog.text


# Beside answering


def test_copies_of_links_that_ran_out_go_on_hold_without_anybody_asking(district: District) -> None:
    district.upload(TEAM)
    assert district.share(TEAM).token
    assert open_copies(district.services)
    keeping = Housekeeping(later(district.services, days=31), every=0.01)
    keeping.start()
    try:
        wait_until(lambda: not open_copies(district.services))
    finally:
        keeping.stop()
    assert not keeping.is_alive()


def test_a_round_that_fails_is_told_and_the_next_one_comes_later(
    district: District, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def failing(_: Services) -> None:
        rounds.append(1)
        if len(rounds) == 1:
            broken_down()
        if len(rounds) == 2:
            raise ValueError("Ines Okafor")

    monkeypatch.setattr(published_copy, "close_unneeded_copies", failing)
    keeping = Housekeeping(district.services, every=0.01, longest=0.02)
    keeping.start()
    try:
        wait_until(lambda: len(rounds) >= 4)
    finally:
        keeping.stop()
    told = [record.getMessage() for record in caplog.records]
    assert len([each for each in told if "try again later" in each and "locked" in each]) == 1
    assert len([each for each in told if "this is a bug" in each and "ValueError" in each]) == 1
    assert "Okafor" not in caplog.text


def test_what_hosts_sent_long_ago_is_forgotten(district: District) -> None:
    services = district.services
    days = {name: services.now() - timedelta(days=ago) for name, ago in (("old", 3), ("new", 0))}
    never = services.now() - timedelta(days=30)

    def begun(name: str) -> bool:
        with services.store.writing() as unit:
            known = unit.messages.begin("portal", name, "digest", days[name], dead_before=never, old_before=never)
            return known is None

    assert [begun("old"), begun("new"), begun("old"), begun("new")] == [True, True, False, False]
    Housekeeping(services)._round()
    assert [begun("old"), begun("new")] == [True, False]


# What it will not start on


def test_an_address_in_use_is_told(client: httpx.Client) -> None:
    with pytest.raises(SettingsError, match=r"port \d+ cannot be listened on \(address already in use\)"):
        listen("127.0.0.1", client.base_url.port or 0)


@pytest.mark.parametrize("host", ["no such host", "300.1.1.1", "a" * 300])
def test_an_address_that_is_none_is_told(host: str) -> None:
    with pytest.raises(SettingsError, match="cannot be listened on"):
        listen(host, 0)


def test_an_ipv6_address_is_listened_on() -> None:
    listening = listen("::1", 0)
    assert listening.family == socket.AF_INET6
    listening.close()


def test_an_answer_does_not_wait_until_its_first_piece_was_acknowledged() -> None:
    listening = listen("127.0.0.1", 0)
    with listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_without_deliverys_credentials_it_does_not_start(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID")
    with pytest.raises(SettingsError, match="DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID is not set"):
        serve(manager(Settings.load()), host="127.0.0.1", port=0)


def test_without_a_database_that_is_ready_it_does_not_start(district: District) -> None:
    empty = replace(district.services, store=Store(f"sqlite:///{district.folder / 'empty.sqlite3'}"))
    with pytest.raises(StoreError, match="the database is not set up"):
        serve(manager(services=empty), host="127.0.0.1", port=0)
