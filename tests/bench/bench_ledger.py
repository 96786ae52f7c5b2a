"""Appending to the ledger beside the same rows written by the plain driver, and verifying the chain, on each database.

Both write into the tables of the migrations, with the durability that each database has by itself, one transaction an
entry: the head read and locked, the details encoded and hashed, the entry, its details, its students, the head signed
and moved, the commit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pytest
from bench.frame import Peer, Row
from databases import empty_database

from dam_plugin.ledger.chain import Draft, Ledger
from dam_plugin.store import Store

KEY = "k" * 32
NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
STUDENTS = tuple(f"S-{number:012}" for number in range(4))
ROUNDS, A_ROUND, WARM_UP = 9, 150, 50
CHAIN = 10_000
NO_SERVER = "no PostgreSQL server answers"

# As a share of a picture of four students leaves them.
DETAILS: dict[str, Any] = {
    "case": {
        "id": "sh-0123456789abcdef",
        "at": "2026-11-12",
        "asset": {
            "id": "a-0123456789ABCDEF",
            "tagging": "complete",
            "directory_status": "eligible",
            "appearances": [{"student": each, "prominence": "focus", "located": True} for each in STUDENTS],
        },
        "students": [{"id": each, "born": "2010-03-01", "guardians": [f"G-{each}"]} for each in STUDENTS],
        "share": {
            "kind": "request",
            "purpose": "inspection",
            "actor": {"role": "custodian", "id": "records-office"},
            "recipient": {"role": "parent", "id": f"G-{STUDENTS[0]}"},
            "evidence": {},
        },
    },
    "decision": {
        "id": "sh-0123456789abcdef",
        "outcome": "redact",
        "redact": list(STUDENTS[1:]),
        "basis": {STUDENTS[0]: "EX2"},
        "reasons": [{"clause": "EX2", "text": "A parent may inspect the record.", "students": list(STUDENTS)}],
        "record_disclosure": False,
    },
    "release": {"id": "r-0123456789abcdef", "sha256": "0" * 64, "proof": {"hidden": 3, "frames": 1}},
}

Append = Callable[[int], object]


def rows() -> Iterable[Row]:
    """Yield for each database the rate of appends, that rate over the plain driver's, and the time to verify."""
    for kind, name, driver in (("sqlite", "SQLite", "sqlite3"), ("postgres", "PostgreSQL", "psycopg")):
        with ExitStack() as stack:
            try:
                ours, theirs = (stack.enter_context(_migrated(kind)) for _ in range(2))
            except pytest.skip.Exception:
                yield Row(f"append, {name}", 0, "entries/s", note=NO_SERVER)
                continue
            plain = stack.enter_context(_plain_sqlite(theirs) if kind == "sqlite" else _plain_postgres(theirs))
            store = stack.enter_context(closing(Store(ours)))
            rates, peers, ratios = measured(appending(store), plain)
            yield Row(f"append, {name}", rates, "entries/s", peer=Peer(driver, peers))
            yield Row(f"appends while {driver} makes one, {name}", ratios, "appends", at_least=0.5)
            yield Row(f"verify {CHAIN:,} entries, {name}", _verified(store), "s", at_most=1)


def measured(ours: Append, theirs: Append) -> tuple[float, float, float]:
    """Return our rate, theirs (entries a second) and the ratio: each the median of rounds that take turns."""
    rates: list[float] = []
    peers: list[float] = []
    first = 0
    for number in range(ROUNDS + 1):
        count = A_ROUND if number else WARM_UP
        for append, found in ((ours, rates), (theirs, peers)):
            begun = perf_counter()
            for each in range(first, first + count):
                append(each)
            if number:
                found.append(count / (perf_counter() - begun))
        first += count
    ratios = [rate / peer for rate, peer in zip(rates, peers, strict=True)]
    return statistics.median(rates), statistics.median(peers), statistics.median(ratios)


def appending(store: Store) -> Append:
    """Return what appends one entry in a transaction of its own, as the plugin does."""
    ledger = Ledger(KEY)

    def append(number: int) -> None:
        with store.writing() as unit:
            ledger.append(unit, at=NOW, kind="share", subject=f"sh-{number:016x}", details=DETAILS, students=STUDENTS)

    return append


def _verified(store: Store) -> float:
    """Return the median seconds to verify a chain filled up to its length, in a transaction of its own."""
    ledger = Ledger(KEY)
    with store.writing() as unit:
        missing = CHAIN - unit.entries.last_seq()
        drafts = [Draft(NOW, "share", f"sh-{number:016x}", DETAILS, STUDENTS) for number in range(missing)]
        ledger.append_many(unit, drafts)
    found = []
    for _ in range(5):
        begun = perf_counter()
        with store.reading() as unit:
            verification = ledger.verify(unit)
        found.append(perf_counter() - begun)
        if (verification.ok, verification.entries) != (True, CHAIN):
            raise RuntimeError(f"what was measured is no whole chain: {verification.why}")
    return statistics.median(found)


@contextmanager
def _migrated(kind: str) -> Iterator[str]:
    with TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url:
        with closing(Store(url)) as store:
            store.upgrade()
        yield url


@contextmanager
def _plain_sqlite(url: str) -> Iterator[Append]:
    """Yield what appends by sqlite3 alone; the file is in WAL already, each commit is synced as SQLite does by itself."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")

        def append(number: int) -> None:
            run = connection.execute
            run("BEGIN IMMEDIATE")
            entry, kept, students, head = _made(
                number, run("SELECT seq, hash FROM ledger_head WHERE id = 1").fetchone()
            )
            run("INSERT INTO ledger_entries VALUES (?, ?, ?, ?, ?, ?, ?)", entry)
            run("INSERT INTO ledger_details VALUES (?, ?, ?)", kept)
            connection.executemany("INSERT INTO ledger_students VALUES (?, ?)", students)
            run("UPDATE ledger_head SET seq = ?, hash = ?, mac = ? WHERE id = 1", head)
            run("COMMIT")

        yield append


@contextmanager
def _plain_postgres(url: str) -> Iterator[Append]:
    """Yield what appends by psycopg alone."""
    import psycopg

    with closing(psycopg.connect(url)) as connection:

        def append(number: int) -> None:
            with connection.transaction(), connection.cursor() as cursor:
                run = cursor.execute
                last = run("SELECT seq, hash FROM ledger_head WHERE id = 1 FOR UPDATE").fetchone()
                entry, kept, students, head = _made(number, last)
                run("INSERT INTO ledger_entries VALUES (%s, %s, %s, %s, %s, %s, %s)", entry)
                run("INSERT INTO ledger_details VALUES (%s, %s, %s)", kept)
                cursor.executemany("INSERT INTO ledger_students VALUES (%s, %s)", students)
                run("UPDATE ledger_head SET seq = %s, hash = %s, mac = %s WHERE id = 1", head)

        yield append


def _made(number: int, last: Any) -> tuple[Any, Any, Any, Any]:
    """Return the rows of one entry, chained and signed by the shortest code that does it."""
    (before, previous), salt = last, secrets.token_hex(16)
    seq, at, subject = before + 1, NOW.isoformat(), f"sh-{number:016x}"
    text = json.dumps({"details": DETAILS, "students": STUDENTS}, sort_keys=True)
    body = hashlib.sha256((salt + text).encode()).hexdigest()
    content = json.dumps([seq, at, "share", subject, body, previous])
    digest = hashlib.sha256(content.encode()).hexdigest()
    mac = hmac.new(KEY.encode(), f"{seq} {digest}".encode(), hashlib.sha256).hexdigest()
    students = [(seq, each) for each in STUDENTS]
    return (seq, at, "share", subject, body, previous, digest), (seq, salt, text), students, (seq, digest, mac)
