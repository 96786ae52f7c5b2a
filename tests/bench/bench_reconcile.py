"""What it costs to compare a library with a listing of it, where nothing differs: by the key, and in memory.

The listing is held in memory and given as the bucket would; the store is SQLite. `DAM_BENCH_RECONCILE` names other sizes.
"""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from types import SimpleNamespace
from typing import Any

from bench.frame import Peer, Row

from dam_plugin.admin.compare_listing import How, compare, fill, forget_missing
from dam_plugin.library.listing import empty_listing
from dam_plugin.library.s3 import Listed
from dam_plugin.model import Appearance, Asset, Tagging
from dam_plugin.store import Store, StoredAsset
from dam_tagging.tag import TAGGER

SIZES = tuple(int(each) for each in os.environ.get("DAM_BENCH_RECONCILE", "10000,100000").split(","))
NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
BATCH = 5_000
LEAST_KEYS = 20_000
HOW = How(object_tags=False)


def rows() -> Iterable[Row]:
    """Yield keys compared in a second of the processor's time, and the memory that it takes, for each size."""
    smallest: dict[str, Peer] = {}
    with TemporaryDirectory() as folder:
        for size in SIZES:
            services = _services(Path(folder) / f"{size}.sqlite3", size)
            listing = [_listed(number) for number in range(size)]
            start = process_time()
            _reconcile(services, listing)
            rate = size / (process_time() - start)
            yield Row(f"compare {size:,} keys with a listing in memory", rate, "keys/s", at_least=LEAST_KEYS)
            tracemalloc.start()
            _reconcile(services, listing)
            peak = tracemalloc.get_traced_memory()[1] / 2**20
            tracemalloc.stop()
            what = "memory of comparing, beside the listing"
            yield Row(f"{what}, {size:,} keys", peak, "MiB", peer=smallest.get(what))
            smallest.setdefault(what, Peer(f"{size:,} keys", peak))
            services.store.close()


def _reconcile(services: Any, listing: Sequence[Listed]) -> None:
    seen = 0
    with empty_listing() as kept:
        for _ in fill(kept, listing):
            pass
        for step in compare(services, kept, HOW, ""):
            seen += step.counts.get("seen", 0)
        for _ in forget_missing(services, kept, ""):
            pass
    if seen != len(listing):
        raise RuntimeError(f"{seen} recordings were seen of {len(listing)}")


def _services(path: Path, size: int) -> Any:
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    for first in range(0, size, BATCH):
        with store.writing() as unit:
            for stored in _recordings(first, min(first + BATCH, size)):
                unit.assets.save(stored)
    return SimpleNamespace(store=store, library=None)


def _recordings(first: int, last: int) -> Iterator[StoredAsset]:
    tagging = Tagging("complete", (Appearance("S-1", "focus"),), "eligible", ground="looked")
    for number in range(first, last):
        listed = _listed(number)
        asset = Asset(f"a-{number}", listed.key, listed.version_id, listed.etag, listed.size, "image/jpeg")
        stored = StoredAsset(asset, None, "staff", tagging, replace(tagging, tagger=TAGGER), NOW, NOW)
        yield stored


def _listed(number: int) -> Listed:
    key = f"events/{number // 1000:04d}/IMG_{number:07d}.jpg"
    return Listed(key, f"v{number:032d}", f"{number:032x}", 5_000_000, NOW)
