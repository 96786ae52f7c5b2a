"""How long a roster of 100,000 students with 200,000 guardians takes, and how much memory: on SQLite and PostgreSQL.

A OneRoster 1.1 ZIP through the command line, each import in a process of its own: whole into an empty store, the same again,
then a delta in which 100 students have another given name. There are no recordings: what an import closes is in `closing`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from bench.bench_ledger import NO_SERVER
from bench.frame import Row, run_command
from bench.storage import settings_without_storage
from databases import empty_database
from made_rosters import DEMOGRAPHICS, USERS_11, manifest, table, user, zipped

from dam_plugin.store import Store

STUDENTS, CHANGED = 100_000, 100
MOST = {"whole": 60, "the same again": 15, f"a delta of {CHANGED}": 2}
"""The seconds that each import may take."""
MOST_MEMORY = 300


def rows() -> Iterable[Row]:
    """Yield the time of each import on each database, with the processor's time beside it, and the memory of the whole one."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = zipped(folder / "whole.zip", _export(range(STUDENTS)))
        delta = zipped(folder / "delta.zip", _export(range(CHANGED), changed=True))
        for kind, database in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
            try:
                with _district(kind, folder):
                    yield from _imports(dict(zip(MOST, (whole, whole, delta), strict=True)), database)
            except pytest.skip.Exception:
                yield Row(f"import, {database}", 0, "s", note=NO_SERVER)


def _imports(sources: Mapping[str, Path], database: str) -> Iterator[Row]:
    program = Path(sys.executable).with_name("dam-plugin")
    for what, source in sources.items():
        ran = run_command([str(program), "roster", "import", str(source)])
        name = f"import {STUDENTS:,} students, {what}, {database}"
        yield Row(name, ran.seconds, "s", at_most=MOST[what], note=f"{ran.processor:.1f} s of the processor")
        if what == "whole":
            yield Row(f"peak memory, whole, {database}", ran.peak / 2**20, "MiB", at_most=MOST_MEMORY)


@contextmanager
def _district(kind: str, folder: Path) -> Iterator[None]:
    with empty_database(kind, folder) as url, patch.dict(os.environ, settings_without_storage(url)):
        store = Store(url)
        store.upgrade()
        store.close()
        yield


def _export(numbers: Iterable[int], *, changed: bool = False) -> dict[str, str]:
    """Return an export in which each student has two guardians of their own, told in both directions."""
    users: list[dict[str, str]] = []
    births: list[dict[str, str]] = []
    row = {"status": "active", "dateLastModified": ""} if changed else {}
    for number in numbers:
        student, guardians = f"s{number}", (f"g{number}a", f"g{number}b")
        given, family = f"{'Renamed' if changed else 'Given'}{number}", f"Family{number}"
        told = {"agentSourcedIds": ",".join(guardians), "grades": f"{number % 12 + 1:02}", **row}
        users.append(user(student, "student", given, family, **told))
        users += [user(each, "guardian", f"Parent{each}", family, agentSourcedIds=student, **row) for each in guardians]
        births.append({"sourcedId": student, "birthDate": f"{2008 + number % 12}-0{1 + number % 9}-15", **row})
    how = "delta" if changed else "bulk"
    return {
        "manifest.csv": manifest(users=how, demographics=how),
        "users.csv": table(USERS_11, users),
        "demographics.csv": table(DEMOGRAPHICS, births),
    }
