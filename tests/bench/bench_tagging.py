"""Whether tagging a recording feels the size of the roster: what is kept of it in memory, and what a change costs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from types import SimpleNamespace
from typing import Any

import school_files
from bench.bench_names import RECORDINGS, SHARE_DENIED, roster
from bench.frame import Peer, Row, timed

from dam_plugin.intake.examine import tag_by_roster
from dam_plugin.intake.roster_cache import roster_of
from dam_plugin.model import OptOut, StudentRecord
from dam_plugin.settings import Settings
from dam_plugin.store import Store
from dam_tagging.facts import Facts
from dam_tagging.match_students import Person
from dam_tagging.rules.model import RuleSet

SIZES = (1_000, 10_000, 100_000)
NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)
SAID_NO = (OptOut(date(2026, 8, 20)),)


def rows() -> Iterable[Row]:
    """Yield what tagging one recording by its facts takes for each size, the first time, and after an opt-out."""
    smallest: dict[str, Peer] = {}
    for size in SIZES:
        first, median, after = _measured(size)
        yield Row(f"read the roster the first time, {size:,} students, processor", first, "s")
        for what, value in (
            ("tag a recording by its facts, {} students, median", median),
            ("see an opt-out, {} students, processor", after),
        ):
            yield Row(what.format(f"{size:,}"), value, "ms", peer=smallest.get(what))
            smallest.setdefault(what, Peer(f"{size:,} students", value))


def _measured(size: int) -> tuple[float, float, float]:
    made = random.Random(100_000)  # noqa: S311 - the same roster every time
    persons = roster(made)[:size]
    denied = frozenset(each.id for each in made.sample(persons, round(size * SHARE_DENIED)))
    shown = list(school_files.pictures(persons[:500], denied, RECORDINGS, made))
    with _services(persons, denied) as services:
        start = process_time()
        _kept(services)
        first = process_time() - start

        def tag(one: tuple[str, Facts]) -> None:
            with services.store.reading() as unit:
                tag_by_roster(services, roster_of(services, unit), one[0], one[1], (), None, None)

        timing = timed(tag, shown, rounds=3, warm_up=1)
        with services.store.writing() as unit:
            unit.people.add_opt_out(persons[0].id, SAID_NO[0], "a letter", NOW)
        start = process_time()
        _kept(services)
        return first, timing.median("ms"), (process_time() - start) * 1_000


def _kept(services: Any) -> None:
    with services.store.reading() as unit:
        roster_of(services, unit)


@contextmanager
def _services(persons: list[Person], denied: frozenset[str]) -> Iterator[Any]:
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{(Path(folder) / 'bench.sqlite3').as_posix()}")
        store.upgrade()
        with store.writing() as unit:
            records = [
                StudentRecord(each.id, each.external_ids[0], each.names, opt_outs=SAID_NO if each.id in denied else ())
                for each in persons
            ]
            unit.people.upsert_roster(records, NOW)
        yield SimpleNamespace(store=store, settings=Settings(), rules=RuleSet(), now=lambda: NOW)
        store.close()
