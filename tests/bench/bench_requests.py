"""A page of a register of 50,000 requests, on each database: all of them running (the worst), and most of them closed.

The rows are sealed, as in use: a page is read, its rows compared with their seals, and each request's day counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from bench.bench_ledger import NO_SERVER
from bench.frame import Row, timed
from databases import empty_database

from dam_plugin.custodian.request_register import Asked, calendar_of, list_requests, register_state
from dam_plugin.custodian.requests import Closed, Received, plain_content, status_of
from dam_plugin.model import Actor, Recipient
from dam_plugin.services import Services, local_now
from dam_plugin.settings import District, Settings
from dam_plugin.store import RequestEvent, Sealer, Store, StoredRequest, SystemUser
from dam_plugin.store.requests import Derived, Wanted

REQUESTS, OPEN = 50_000, 500
A_DAY = 40
KEY = "a key for the measurements alone, of no district"
BY, USER = Actor("custodian", "records-office"), SystemUser("1000", "ada")
# Another program on the same core makes a page seem slow and never fast: the quietest of several counts.
ROUNDS, REPEATED = 5, 5


@dataclass(frozen=True)
class Listing:
    """The services that listing requests works with."""

    settings: Settings
    store: Store
    now: Any = local_now


def rows() -> Iterable[Row]:
    """Yield the time of a page on each database: of requests that all run, of those that rest, and a page far behind."""
    for kind, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        for running in (REQUESTS, OPEN):
            what = f"{REQUESTS:,} requests, {running:,} running, {name}"
            try:
                with _register(kind, running) as services:
                    yield from _pages(services, what)
            except pytest.skip.Exception:
                yield Row(f"list {what}", 0, "ms", note=NO_SERVER)


def _pages(services: Services, what: str) -> Iterator[Row]:
    last = list_requests(services, Asked(all=True)).requests[-1].request.id
    for name, asked in (
        ("list", Asked()),
        ("list --all --after", Asked(all=True, after=last)),
        ("list --overdue", Asked(overdue=True)),
        ("list --owner", Asked(wanted=Wanted(owner="owner-7"), all=True)),
    ):
        took = _quietest(lambda asked=asked: list_requests(services, asked))
        yield Row(f"{name}, {what}", took, "ms", at_most=100)
    yield Row(f"count, {what}", _quietest(lambda: register_state(services)), "ms", at_most=100)


def _quietest(act: Callable[[], object]) -> float:
    return min(timed(lambda _: act(), [None], rounds=ROUNDS, warm_up=1).median("ms") for _ in range(REPEATED))


@contextmanager
def _register(kind: str, running: int) -> Iterator[Services]:
    with TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url:
        store = Store(url, sealer=Sealer(KEY))
        store.upgrade()
        today = local_now().date()
        holidays = tuple(today - timedelta(days=7 * number) for number in range(52))
        services = cast("Services", Listing(Settings(district=District(holidays=holidays)), store))
        _fill(services, running, today)
        yield services
        store.close()


def _fill(services: Services, running: int, today: date) -> None:
    """Keep requests, so many of which run, received on the days before today."""
    calendar, now = calendar_of(services), services.now()
    made: list[tuple[StoredRequest, Derived]] = []
    events: list[RequestEvent] = []
    for number in range(REQUESTS):
        request = _request(number, now - timedelta(days=(REQUESTS - number) // A_DAY))
        happened = [_event(request, 1, request.received_at, Received({"answer": today}))]
        if number < REQUESTS - running:
            happened.append(_event(request, 2, now, Closed("granted", "sent by link")))
        status = status_of(request, happened, calendar)
        clocks = {each.name: each.due.start for each in status.running}
        made.append((request, Derived(status.state, f"owner-{number % 20}", cast("dict[str, date]", clocks))))
        events += happened
    with services.store.writing() as unit:
        unit.requests.add_all(made)
        unit.requests.append_all(events)


def _request(number: int, received: datetime) -> StoredRequest:
    family = number % 5 == 0
    recipient = Recipient("parent", f"G-{number}") if family else Recipient("public", f"person-{number}")
    keys = (f"events/{number}.jpg",)
    return StoredRequest(f"RQ-{number + 1:06}", received, recipient, "email", "copy", "news", recordings=keys)


def _event(request: StoredRequest, number: int, at: datetime, what: Received | Closed) -> RequestEvent:
    return RequestEvent(request.id, number, what.kind, at, at, BY, USER, plain_content(what))
