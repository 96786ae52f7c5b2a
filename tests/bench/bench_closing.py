"""What an opt-out costs that reaches many links: deciding them again and closing them, and the tags of their copies.

SQLite in a file and PostgreSQL; moto's server in a process of its own. Each copy is tagged beside a bare loop of as many
threads over the same client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pytest
from bench.bench_ledger import NO_SERVER
from bench.frame import Peer, Row
from bench.storage import BUCKET, storage
from databases import empty_database

from dam_plugin.gate.close_links import close_in_transaction, refused_links
from dam_plugin.ledger.chain import Ledger
from dam_plugin.model import (
    Actor,
    Appearance,
    Asset,
    Link,
    OptOut,
    Recipient,
    Release,
    Share,
    StudentRecord,
    Tagging,
)
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import Services
from dam_plugin.settings import District, Settings
from dam_plugin.sharing.make_copy import copy_tags
from dam_plugin.sharing.published_copy import THREADS, close_unneeded_copies
from dam_plugin.store import Store, StoredAsset, StoredShare
from dam_tagging.rules.load import default_rules

LINKS, RECORDINGS, IN_PICTURE = 10_000, 200, 4
# As many copies as links would take twenty times as long, nearly all of it the server's. The quietest round counts.
COPIES, ROUNDS = 500, 5
KEY = "a key for the measurements alone, of no district"
OPTED_OUT = "S-0"


def rows() -> Iterable[Row]:
    """Yield the time of deciding and closing on each database, and how our tags compare with bare ones."""
    for kind, name in (("postgres", "PostgreSQL"), ("sqlite", "SQLite")):
        try:
            yield from _closing(kind, name)
        except pytest.skip.Exception:
            yield Row(f"close {LINKS:,} links, one transaction, {name}", 0, "s", note=NO_SERVER)


def _closing(kind: str, name: str) -> Iterator[Row]:
    with _district(kind) as services:
        links = _shared(services)
        _opt_out(services)
        started = perf_counter()
        with services.store.reading() as unit:
            fell = refused_links(services, unit, links)
        decided = perf_counter()
        with services.store.writing() as unit:
            closed = close_in_transaction(services, unit, fell, "measured")
        done = perf_counter()
        assert len(closed) == LINKS
        yield Row(f"decide {LINKS:,} links again and close them, {name}", done - started, "s", at_most=5)
        yield Row(f"close {LINKS:,} links, one transaction, {name}", done - decided, "s")
        if kind == "sqlite":
            # The database has no part in it.
            yield _tagging(services)


def _tagging(services: Services) -> Row:
    with services.store.reading() as unit:
        every = unit.shares.releases(["closing"])
    copies = every[:COPIES]
    for copy in copies:
        services.library.publish(copy.key, b"", media_type="image/jpeg", tags={"dam-release": "open"})
    _set_states(services, [each.id for each in every], "closed")
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_seconds(lambda: _tag_bare(services, copies)))
        _set_states(services, [each.id for each in copies], "closing")
        ours.append(_seconds(lambda: _tag_ours(services)))
    peer = Peer(f"bare loop, {THREADS} threads, copies/s", COPIES / min(bare))
    name = f"tags of {COPIES:,} released copies, against a bare loop"
    return Row(name, min(bare) / min(ours), "", at_least=0.7, note=f"{peer.name}: {peer.value:.0f}")


def _tag_ours(services: Services) -> None:
    assert close_unneeded_copies(services).held == COPIES


def _tag_bare(services: Services, copies: Iterable[Release]) -> None:
    client: Any = services.library._client

    def put(copy: Release) -> None:
        tags = copy_tags(services.pseudonyms, copy, "hold")
        pairs = [{"Key": name, "Value": value} for name, value in tags.items()]
        client.put_object_tagging(Bucket=BUCKET, Key=copy.key, Tagging={"TagSet": pairs})

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(put, copies))


def _seconds(act: Callable[[], None]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


def _set_states(services: Services, ids: Iterable[str], state: str) -> None:
    with services.store.writing() as unit:
        unit.shares.move_releases(ids, was=["closing", "closed"], state=state)


@contextmanager
def _district(kind: str) -> Iterator[Services]:
    with TemporaryDirectory() as folder, empty_database(kind, Path(folder)) as url, storage() as library:
        store = Store(url)
        store.upgrade()
        today = date.today()  # noqa: DTZ011 - the district's own day
        policy = District(
            directory_notice=today - timedelta(days=90),
            opt_out_window_ends=today - timedelta(days=75),
            directory_includes_images=True,
        )
        yield Services(
            settings=Settings(bucket=BUCKET, pseudonym_key=KEY, signing_key=KEY[::-1], district=policy),
            store=store,
            library=library,
            ledger=Ledger(KEY),
            pseudonyms=Pseudonyms(KEY),
            rules=default_rules(),
        )
        store.close()


def _shared(services: Services) -> list[Link]:
    """Keep recordings of the same few students, and the links to them that were handed out."""
    now = services.now()
    with services.store.writing() as unit:
        unit.people.upsert_roster([_student(number) for number in range(IN_PICTURE)], now)
        # A ledger that is empty beside shares would be taken for one that was laid down anew.
        services.ledger.append(unit, at=now, kind="roster", subject="roster", details={})
        for number in range(RECORDINGS):
            unit.assets.save(_recording(number, now))
        links = []
        for number in range(LINKS):
            asset = _recording(number % RECORDINGS, now).asset
            share = _share(number, asset, now)
            release = _release(number, asset)
            unit.shares.add_share(StoredShare(share, asset.id, "allow", {"outcome": "allow"}, release.id, now))
            unit.shares.add_release(release, now)
            link = Link(f"l-{number}", share.id, release.id, now, now + timedelta(days=30))
            unit.shares.add_link(link, f"hash {number}")
            links.append(link)
    return links


def _opt_out(services: Services) -> None:
    now = services.now()
    with services.store.writing() as unit:
        unit.people.add_opt_out(OPTED_OUT, OptOut(now.date()), "a letter", now)


def _student(number: int) -> StudentRecord:
    return StudentRecord(f"S-{number}", f"r{number}", (f"Student {number}",), born=date(2011, 5, 17))


def _recording(number: int, now: datetime) -> StoredAsset:
    asset = Asset(f"a-{number}", f"events/{number}.jpg", None, f"e{number}", 10, "image/jpeg")
    appearances = tuple(Appearance(f"S-{each}", "focus") for each in range(IN_PICTURE))
    tagging = Tagging("complete", appearances, "eligible", ground="looked")
    return StoredAsset(
        asset=asset,
        sequencer=None,
        release_tag="staff",
        tagging=tagging,
        machine=tagging,
        first_seen=now,
        updated_at=now,
        deleted=False,
        current=True,
    )


def _share(number: int, asset: Asset, now: datetime) -> Share:
    # Each to somebody else, so that no decision is that of another link.
    desk, public = Actor("media_staff", "desk"), Recipient("public", f"person-{number}")
    return Share(f"sh-{number}", asset.key, "publication", "website", desk, public, at=now)


def _release(number: int, asset: Asset) -> Release:
    key = f"released/r-{number}/{number}.jpg"
    return Release(f"r-{number}", key, "ab" * 32, asset.key, asset.version_id, asset.etag, (), "open")
