"""Whether processes that tag get in each other's way: four beside one, on PostgreSQL and two cores.

Each tags recordings by their facts and keeps the tags, as the worker does once it has read a file. The storage is left out:
a server on the same cores would be measured with it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import school_files
from bench.bench_ledger import NO_SERVER
from bench.bench_names import roster
from bench.frame import Row
from databases import empty_database

from dam_plugin.intake.examine import tag_by_roster
from dam_plugin.intake.roster_cache import roster_of
from dam_plugin.model import Asset, StudentRecord
from dam_plugin.settings import Settings
from dam_plugin.store import Store, StoredAsset
from dam_plugin.store.seals import Sealer
from dam_tagging.names.kept_words import kept_words
from dam_tagging.rules.model import RuleSet

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

STUDENTS, RECORDINGS, PROCESSES = 5_000, 300, 4
NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)


def rows() -> Iterator[Row]:
    """Yield how many times as many recordings four processes tag in the same time as one."""
    try:
        with TemporaryDirectory() as folder, empty_database("postgres", Path(folder)) as url:
            _fill(url)
            alone, together = (_per_second(url, count) for count in (1, PROCESSES))
    except pytest.skip.Exception:
        yield Row("four processes that tag beside one", 0, "", note=NO_SERVER)
        return
    told = f"{alone:.0f} and {together:.0f} recordings a second, PostgreSQL on the same cores"
    yield Row("four processes that tag beside one", together / alone, "times", at_least=1.8, note=told)


def _persons() -> tuple[random.Random, list[Any]]:
    made = random.Random(100_000)  # noqa: S311 - the same roster every time
    return made, roster(made)[:STUDENTS]


def _fill(url: str) -> None:
    _, persons = _persons()
    store = Store(url, sealer=Sealer("for the measurement alone"))
    store.upgrade()
    with store.writing() as unit:
        records = [StudentRecord(each.id, each.external_ids[0], each.names) for each in persons]
        unit.people.upsert_roster(records, NOW)
    store.close()


def _per_second(url: str, count: int) -> float:
    """Return how many recordings so many processes tag in a second, once each has read the roster."""
    context = get_context("spawn")
    ready = context.Barrier(count + 1)
    running = [context.Process(target=_tag_all, args=(url, f"{count}-{number}", ready)) for number in range(count)]
    for each in running:
        each.start()
    ready.wait()
    begun = perf_counter()
    for each in running:
        each.join()
    if any(each.exitcode for each in running):
        raise RuntimeError("a process that tags failed")
    return RECORDINGS * count / (perf_counter() - begun)


def _tag_all(url: str, name: str, ready: Barrier) -> None:
    made, persons = _persons()
    shown = list(school_files.pictures(persons[:500], frozenset(), RECORDINGS, made))
    store = Store(url, sealer=Sealer("for the measurement alone"))
    services: Any = SimpleNamespace(store=store, settings=Settings(), rules=RuleSet(), now=lambda: NOW)
    with store.reading() as unit:
        roster_of(services, unit)
    ready.wait()
    for number, (key, facts) in enumerate(shown):
        with store.reading() as unit:
            tagging = tag_by_roster(services, roster_of(services, unit), key, facts, (), None, None)
        asset = Asset(f"a-{name}-{number}", f"{name}/{key}", None, f"e{number}", 10, "image/jpeg")
        with store.writing() as unit:
            unit.assets.save(StoredAsset(asset, None, "hold", tagging, tagging, NOW, NOW))
            unit.words.keep(asset.id, kept_words(facts, asset.key))
    store.close()
