"""The locks between processes: all of them are named in `store/locks.py`."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from databases import open_store
from sqlalchemy import create_engine
from waiting import wait_until

import dam_hooks
import dam_plugin
from dam_plugin.store.locks import AdvisoryLock, take

_SOURCES = [
    file for package in (dam_plugin, dam_hooks) for file in sorted(Path(package.__file__ or "").parent.rglob("*.py"))
]
# Where rows are locked, which the docstring of `store/locks.py` says.
_ROW_LOCKS = {"access_entries.py", "ledger_entries.py", "shares.py"}


def _with(pattern: str) -> set[str]:
    found = re.compile(pattern)
    return {file.name for file in _SOURCES if found.search(file.read_text())}


def test_no_number_is_used_twice() -> None:
    numbers = [each.value for each in AdvisoryLock.__members__.values()]
    assert len(AdvisoryLock) == len(set(numbers)) == len(AdvisoryLock.__members__)


def test_each_lock_says_why_it_is_there() -> None:
    text = Path(dam_plugin.__file__ or "").with_name("store").joinpath("locks.py").read_text()
    for lock in AdvisoryLock:
        assert re.search(rf'\n    {lock.name} = [\d_]+\n    """[^"]+\."""\n', text), lock


def test_advisory_locks_are_taken_in_one_place_and_end_with_the_transaction() -> None:
    assert _with("(?i)advisory_") == {"locks.py"}
    # A lock of a session would outlive its transaction behind PgBouncer, and belong to whoever has the connection next.
    assert _with(r"(?i)advisory_(?!xact_)\w*lock|advisory_unlock") == set()


def test_rows_are_locked_where_the_list_of_locks_says_and_tables_nowhere() -> None:
    assert _with(r"\bFOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)\b|with_for_update") == _ROW_LOCKS
    assert _with(r"\bLOCK TABLE\b") == set()


@pytest.mark.postgres
@pytest.mark.parametrize("lock", AdvisoryLock, ids=lambda each: each.name)
def test_a_lock_keeps_another_transaction_waiting_until_its_own_ends(lock: AdvisoryLock, tmp_path: Path) -> None:
    with open_store("postgres", tmp_path) as store:
        engine = create_engine(store._url)
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        has_it = threading.Event()

        def second() -> None:
            with engine.begin() as connection:
                take(connection, lock)
                has_it.set()

        thread = threading.Thread(target=second)
        with engine.begin() as first:
            take(first, lock)
            thread.start()
            with engine.connect() as beside:
                wait_until(lambda: beside.exec_driver_sql(waits, (int(lock),)).scalar_one() == 1)
            assert not has_it.is_set()
        thread.join()
        assert has_it.is_set()
        engine.dispose()
