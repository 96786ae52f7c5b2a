"""What a hold on a folder of 100,000 recordings costs: until it counts, and until it is known of each what holds it.

SQLite in a file and PostgreSQL. The storage's own locks follow afterwards, a batch at a time: how fast is the server's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import pytest
from bench.bench_ledger import NO_SERVER
from bench.frame import Row
from bench.storage import BUCKET, storage
from databases import empty_database

from dam_plugin.custodian import holds
from dam_plugin.custodian.holds import Wanted
from dam_plugin.ledger.chain import Ledger
from dam_plugin.model import Actor, Asset, Tagging
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing.held import holdings_of
from dam_plugin.store import Sealer, Store, StoredAsset, SystemUser
from dam_plugin.store.batches import batched
from dam_tagging.rules.load import default_rules

RECORDINGS, BATCH = 100_000, 500
KEY = "a key for the measurements alone, of no district"
WANTED = Wanted("litigation", "the bus case", "letter of counsel", "a letter")
ADA = SystemUser("1", "ada")


def rows() -> Iterable[Row]:
    """Yield on each database how long a hold on a folder takes, and how long to ask of each recording what holds it."""
    for kind, name in (("postgres", "PostgreSQL"), ("sqlite", "SQLite")):
        what = f"hold a folder of {RECORDINGS:,} recordings, {name}"
        try:
            yield from _holding(kind, name, what)
        except pytest.skip.Exception:
            yield Row(what, 0, "s", note=NO_SERVER)


def _holding(kind: str, name: str, what: str) -> Iterator[Row]:
    with _district(kind) as services:
        keys = _kept(services)
        added = _seconds(lambda: _add(services))
        asked = _seconds(lambda: _ask(services, keys))
        yield Row(what, added, "s", at_most=10)
        yield Row(f"ask of each of {RECORDINGS:,} what holds it, {name}", asked, "s", at_most=10)


def _add(services: Services) -> None:
    (place,) = holds.add(services, ["events/"], WANTED, Actor("custodian", "desk"), ADA).places
    assert place.recordings == RECORDINGS


def _ask(services: Services, keys: list[str]) -> None:
    today = services.now().date()
    with services.store.reading() as unit:
        found = sum(len(holdings_of(unit, batch, today)) for batch in batched(keys, BATCH))
    assert found == RECORDINGS


def _seconds(act: Callable[[], None]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


def _kept(services: Services) -> list[str]:
    """Keep the recordings, and return their keys."""
    now = services.now()
    made = [_recording(number, now) for number in range(RECORDINGS)]
    for batch in batched(made, 5_000):
        with services.store.writing() as unit:
            for stored in batch:
                unit.assets.save(stored)
    return [stored.asset.key for stored in made]


def _recording(number: int, now: datetime) -> StoredAsset:
    asset = Asset(f"a-{number}", f"events/{number % 400}/{number}.jpg", None, f"e{number}", 10, "image/jpeg")
    tagging = Tagging("complete", directory_status="eligible", ground="looked")
    return StoredAsset(asset, None, "staff", tagging, tagging, now, now)


@contextmanager
def _district(kind: str) -> Iterator[Services]:
    with TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url, storage() as library:
        store = Store(url, sealer=Sealer(KEY))
        store.upgrade()
        yield Services(
            settings=Settings(bucket=BUCKET, pseudonym_key=KEY, signing_key=KEY[::-1]),
            store=store,
            library=library,
            ledger=Ledger(KEY),
            pseudonyms=Pseudonyms(KEY),
            rules=default_rules(),
        )
        store.close()
