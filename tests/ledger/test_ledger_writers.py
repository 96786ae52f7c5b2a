"""Processes that append to one ledger at once: one chain, whole also where one of them is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from databases import DATABASES, open_store, run_sql

from dam_plugin.errors import LedgerBroken
from dam_plugin.ledger.chain import Draft, Ledger, Verification
from dam_plugin.store import Store

KEY = "k" * 32
LEDGER = Ledger(KEY)
NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)

# An interpreter that has the program loaded: it forks a process for each writer of a line, and answers their exit codes.
WRITERS = """
import json, os, signal, sys, traceback
from contextlib import suppress
from datetime import UTC, datetime
from dam_plugin.ledger.chain import Ledger
from dam_plugin.store import Store
with suppress(ImportError):
    import psycopg

def write(url, name, count, dies_inside):
    store, ledger = Store(url), Ledger("k" * 32)
    for number in range(count):
        with store.writing() as unit:
            ledger.append(
                unit, at=datetime(2026, 10, 2, tzinfo=UTC), kind="share", subject=f"{name}-{number}",
                details={"n": number}, students=["S-1"],
            )
            if dies_inside and number == count - 1:
                os.kill(os.getpid(), signal.SIGKILL)

def forked(job):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            write(*job)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid

for line in sys.stdin:
    pids = [forked(job) for job in json.loads(line)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    print(json.dumps(codes), flush=True)
"""


class Writers:
    """Starts processes that write to one ledger at once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def codes(self, store: Store, *names: str, count: int, dies_inside: bool = False) -> list[int]:
        """Let a process of each name append so many entries; how each of them ended (negative: by a signal)."""
        assert self._process.stdin
        assert self._process.stdout
        url = store._url.render_as_string(hide_password=False)
        self._process.stdin.write(json.dumps([(url, name, count, dies_inside) for name in names]) + "\n")
        self._process.stdin.flush()
        codes: list[int] = json.loads(self._process.stdout.readline())
        return codes


@pytest.fixture(scope="module")
def writers() -> Iterator[Writers]:
    command = [sys.executable, "-c", WRITERS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Writers(process)


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def verify(store: Store) -> Verification:
    with store.reading() as unit:
        return LEDGER.verify(unit)


def subjects(store: Store) -> list[str]:
    with store.reading() as unit:
        return [entry.subject for entry, _ in LEDGER.show(unit, last=None)]


def test_several_processes_make_one_chain_without_gap_or_fork(store: Store, writers: Writers) -> None:
    assert writers.codes(store, *(f"w{number}" for number in range(4)), count=25) == [0] * 4
    assert verify(store).ok
    assert sorted(subjects(store)) == sorted(f"w{number}-{each}" for number in range(4) for each in range(25))


def test_a_writer_that_is_killed_inside_leaves_the_chain_whole(store: Store, writers: Writers) -> None:
    assert writers.codes(store, "w", count=3, dies_inside=True) == [-signal.SIGKILL]
    assert subjects(store) == ["w-0", "w-1"]
    with store.writing() as unit:
        LEDGER.append(unit, at=NOW, kind="share", subject="after", details={})
    assert (verify(store).ok, verify(store).entries) == (True, 3)


def test_a_ledger_that_went_on_elsewhere_is_not_continued(store: Store, tmp_path: Path) -> None:
    """The head of a copy of this database, which went on by itself, does not fit the entries of this one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with open_store("sqlite", elsewhere) as other:
        for each in (store, other):
            with each.writing() as unit:
                LEDGER.append_many(unit, [Draft(NOW, "share", f"sh{n}", {"of": str(each)}) for n in range(2)])
        with other.reading() as unit:
            head = unit.entries.head()
    assert head is not None
    run_sql(store, f"UPDATE ledger_head SET hash = '{head.hash}', mac = '{head.mac}'")  # noqa: S608
    with store.writing() as unit, pytest.raises(LedgerBroken):
        LEDGER.append(unit, at=NOW, kind="share", subject="sh3", details={})
    assert verify(store).why == "entry 2 is not the one that the head was signed for"


def test_a_second_head_is_found(store: Store) -> None:
    with store.writing() as unit:
        LEDGER.append(unit, at=NOW, kind="share", subject="sh1", details={})
    run_sql(store, "INSERT INTO ledger_head SELECT 2, seq, hash, mac FROM ledger_head")
    assert verify(store).why == "there is a second head"
