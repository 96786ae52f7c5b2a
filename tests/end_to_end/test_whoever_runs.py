"""A command that was killed right after its commit: whatever process of the plugin runs puts on hold what it left open."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import served_command
from commands import Commands
from district import INES, TEAM, District
from use_cases import link_of, open_copies

from dam_plugin.admin.pending_work import has_pending_work
from dam_plugin.library.setup import prepare


@pytest.fixture(scope="module")
def killed() -> Iterator[Commands]:
    other = Commands()
    yield other
    other.close()


@contextmanager
def serve(commands: Commands) -> Iterator[None]:
    with served_command.serving(commands, "--json") as served:
        yield
        assert served.end(signal.SIGTERM).code == 0


@contextmanager
def worker(commands: Commands) -> Iterator[None]:
    running = commands.start("worker")
    yield
    running.signal(signal.SIGTERM)
    assert running.wait().code == 0


@contextmanager
def next_command(commands: Commands) -> Iterator[None]:
    yield
    assert commands.run("links").code == 0


RUNS = [
    (serve, "opt-out"),
    (serve, "closed"),
    (worker, "closed"),
    *((next_command, change) for change in ("opt-out", "revocation", "closed")),
]


@pytest.mark.parametrize(("runs", "change"), RUNS, ids=lambda each: getattr(each, "__name__", each))
def test_what_a_killed_command_left_open_is_closed_by_whoever_runs(
    district: District,
    commands: Commands,
    killed: Commands,
    monkeypatch: pytest.MonkeyPatch,
    runs: Callable[[Commands], Iterator[None]],
    change: str,
) -> None:
    library = district.services.library
    _, queue_url = prepare(library.bucket, f"{library.bucket}-events", dry_run=False, create_bucket=False)
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", queue_url or "")
    district.upload(TEAM)
    answer = district.share(TEAM)
    arguments = {
        "opt-out": ("student", "opt-out", district.student(INES)),
        "revocation": ("revoke", TEAM),
        "closed": ("tag", TEAM, "--closed", "an investigation"),
    }[change]
    with runs(commands):  # type: ignore[attr-defined]
        # Right after its first transaction: the storage has heard of nothing.
        assert killed.run(*arguments, killed_at_border=2).code == -signal.SIGKILL
        assert link_of(district.services, answer.link).closed_at is not None
        if runs is next_command:
            assert len(open_copies(district.services)) == 1
        else:
            until(lambda: not has_pending_work(district.services))
    assert (open_copies(district.services), has_pending_work(district.services)) == ([], False)
    assert district.release_tag(TEAM) == ("hold" if change == "closed" else "staff")


def until(is_so: Callable[[], bool]) -> None:
    ticking = threading.Event()
    for _ in range(300):
        if is_so():
            return
        ticking.wait(0.1)
    pytest.fail("it did not come to that")
