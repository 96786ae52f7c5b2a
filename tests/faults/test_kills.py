"""Workers, Celery's workers and jobs are killed at random while uploads come, and in the end every recording is as it should.

A small run is part of the tests. `make faults` does the large one: 2,000 uploads and 200 kills (CONTRIBUTING.md). Its kills
and events follow a seed; what a process is at when it is killed does not.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from brokers import rabbitmq_corner
from district import CUSTODIAN, MEDIA_STAFF, PUBLIC, District
from fault_run import NAMES, OPTED_OUT, Events, Look, Uploader, Watch, planned, watched
from live_processes import PROGRAM, Processes, celery_worker, worker
from own_database import OwnDatabase
from waiting import wait_until

from dam_hooks import celery_app
from dam_plugin.admin.compare_listing import How
from dam_plugin.admin.reconcile import begin_reconciling
from dam_plugin.custodian import choices
from dam_plugin.errors import DamPluginError
from dam_plugin.model import OptOut, Share
from dam_plugin.settings import Settings
from dam_plugin.sharing.share import share

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

UPLOADS = int(os.environ.get("FAULT_UPLOADS", "40"))
KILLS = int(os.environ.get("FAULT_KILLS", "6"))
SEED = int(os.environ.get("FAULT_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
IS_LARGE = KILLS > 20
# What the processes get done between two kills, and for how long at most they are let do it.
MOST_WRITES, MOST_SECONDS = 30, 4.0
# No upload of a small run is in work for so long: who has its message was killed.
IN_WORK_SECONDS = 10
KINDS = {"worker": 4, "celery": 2, "task": 2, "command": 2}
"""What is killed, and how often in relation."""
UNTOLD = ("this is a bug", "Traceback (most", *NAMES.values(), "events/athletics")


@dataclass
class Run:
    """One run: the processes, the uploads and the kills."""

    district: District
    processes: Processes
    events: Events
    uploader: Uploader
    watch: Watch
    made: random.Random
    figures: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        for name in ("worker1", "worker2"):
            self.processes.start(name, worker(), DAM_PLUGIN_LOG="json")
        for name in ("celery1", "celery2"):
            self.processes.start(name, celery_worker(name))
        if IS_LARGE:
            self.processes.start("beat", [*celery_worker("")[:5], "beat", "--schedule", "beat-schedule"])

    def let_work(self) -> None:
        """Let the processes do something: at what they are when one is killed is to be chance."""
        wanted, late = len(self.watch.writes) + self.made.randint(1, MOST_WRITES), time.monotonic() + MOST_SECONDS
        while len(self.watch.writes) < wanted and time.monotonic() < late:
            Event().wait(0.02)

    def are_events_handled(self) -> bool:
        if not IS_LARGE:
            self.events.hide_no_longer_than(IN_WORK_SECONDS)
        return self.events.are_handled()

    def kill_one(self) -> None:
        kind = self.made.choices(list(KINDS), list(KINDS.values()))[0]
        getattr(self, f"_kill_{kind}")()

    def _kill_worker(self) -> None:
        self._kill_whole("worker")

    def _kill_celery(self) -> None:
        self._kill_whole("celery")

    def _kill_whole(self, kind: str) -> None:
        victim = self.processes.all[f"{kind}{self.made.choice((1, 2))}"]
        victim.kill()
        self.figures[f"killed: {kind}"] += 1
        victim.start()

    def _kill_task(self) -> None:
        victim = self.processes.all[f"celery{self.made.choice((1, 2))}"]
        if victim.kill_child():
            self.figures["killed: task of Celery"] += 1
        else:
            self._kill_whole("celery")

    def _kill_command(self) -> None:
        """Kill a `reconcile` that a person runs."""
        name = f"reconcile{self.figures['killed: command']}"
        command = self.processes.start(name, [PROGRAM, "reconcile", "--json"])
        self.let_work()
        command.kill()
        self.figures["killed: command"] += 1

    def reconcile_by_celery(self) -> None:
        announcing = replace(self.district.services, announce_job=partial(celery_app.announce, Settings.load()))
        begin_reconciling(announcing, How(), CUSTODIAN)
        self.figures["reconciliations for Celery"] += 1

    def publish(self) -> None:
        """Publish some recording that is there and tagged, if the procedure lets it."""
        tagged = {key for _, key, _, value in self.watch.writes if value == "staff"}
        key = self.made.choice(sorted(self.uploader.truth.there() & tagged))
        try:
            answer = share(self.district.services, Share("", key, "publication", "website", MEDIA_STAFF, PUBLIC))
        except DamPluginError as error:
            # It was replaced meanwhile.
            self.figures[f"shares: {type(error).__name__}"] += 1
        else:
            self.figures[f"shares: {answer.decision.outcome.name.lower()}"] += 1

    def opt_out(self) -> None:
        student = self.made.choice(sorted(set(NAMES) - set(self.watch.opted_out)))
        today = self.district.services.now().date()
        choices.opt_out(self.district.services, self.district.student(student), OptOut(today), CUSTODIAN)
        self.watch.opted_out[student] = time.monotonic()


@pytest.fixture
def run(
    big_district: District, running: Processes, queue_url: str, raw_s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Run]:
    made = random.Random(SEED)  # noqa: S311 - a run is to be repeated
    bucket = big_district.services.library.bucket
    events = Events(made, bucket, queue_url)
    with rabbitmq_corner(monkeypatch), watched() as watch:
        watch.opted_out[OPTED_OUT] = 0.0
        yield Run(big_district, running, events, Uploader(raw_s3, bucket, events), watch, made)


@pytest.mark.postgres
def test_every_recording_has_the_tags_of_its_newest_version_whatever_was_killed(
    run: Run, database: OwnDatabase, raw_s3: S3Client, record_figure: Counter[str], tmp_path: Path
) -> None:
    began, figures = time.monotonic(), run.figures
    plan = planned(run.made, UPLOADS, KILLS)
    run.start()
    for number, versions in enumerate(plan):
        for version in versions:
            run.uploader.do(version)
        run.events.deliver()
        if number % max(KILLS // 20, 2) == 1:
            run.reconcile_by_celery()
        wait_until(lambda: any(value == "staff" for *_, value in run.watch.writes), "nothing was tagged", seconds=300)
        run.publish()
        if number in {KILLS // 3, 2 * KILLS // 3}:
            run.opt_out()
        run.let_work()
        run.kill_one()
    figures["uploads"] = sum(each.body is not None for versions in plan for each in versions)
    figures["deletions"] = sum(each.body is None for versions in plan for each in versions)
    figures["seconds of kills"] = int(time.monotonic() - began)
    run.events.deliver(all_of_them=True)
    if not IS_LARGE:
        # As if the two minutes had passed for which a killed process's job is nobody else's.
        let_leases_end(database)
    figures |= {f"receives of what waited at the end: {n}": count for n, count in run.events.received().items()}
    wait_until(run.are_events_handled, "the events were not handled", seconds=1200 if IS_LARGE else 300)
    figures["seconds until all was handled"] = int(time.monotonic() - began)
    assert run.processes.end_all(run.events.wake) == []
    last, again = (reconciled(run.processes, name) for name in ("last", "again"))
    services, logged = run.district.services, run.processes.logged()
    look = Look(database, raw_s3, services.library.bucket, run.uploader.truth, run.watch, services.pseudonyms)
    faults = list(dict.fromkeys(look.faults()))
    figures |= run.events.counts | {f"reconcile: {name}": last[name] for name in last if name != "job"}
    figures |= {
        "seconds": int(time.monotonic() - began),
        "failed attempts": logged.count("failed on receive"),
        "dead letters": run.events.dead(),
        "tag writes": len(run.watch.writes),
        "ledger entries": database.rows("SELECT count(*) FROM ledger_entries")[0][0],
    }
    record_figure.update({f"faults (seed {SEED}), {name}": figure for name, figure in figures.items()})
    assert faults == []
    assert figures["dead letters"] == 0
    assert last["seen"] == again["seen"] == len(run.uploader.truth.there())
    # The second finds nothing that the first has left.
    assert {name for name, count in again.items() if count and name not in ("seen", "job")} == set()
    assert run.processes.run("ledger", "ledger", "verify").running.returncode == 0
    services.store.close()
    wait_until(lambda: not database.connections(), "a connection is open")
    wait_until(lambda: not run.processes.left(), "a process did not end")
    # What a killed process left in its temporary folder, the next one deletes.
    assert list((tmp_path / "temporary").glob("dam-plugin-copy-*")) == []
    assert [each for each in UNTOLD if each in logged] == []


def let_leases_end(database: OwnDatabase) -> None:
    database.rows("UPDATE jobs SET leased_until = now() WHERE leased_until IS NOT NULL RETURNING id")


def reconciled(processes: Processes, name: str) -> dict[str, Any]:
    process = processes.run(name, "reconcile", "--json")
    assert process.running.returncode == 0, process.log.read_text()
    found: dict[str, Any] = json.loads(process.log.read_text().splitlines()[-1])
    return found
