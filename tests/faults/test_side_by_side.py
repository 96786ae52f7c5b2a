"""Two workers, two of Celery's, two gates and the command line side by side, while a roster is imported and families opt out.

A small run is part of the tests. `make faults` does the large one: 100,000 students and 600 uploads (CONTRIBUTING.md).
"""

from __future__ import annotations

import csv
import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from brokers import rabbitmq_corner, redis_corner
from clock import TODAY
from district import District
from fault_run import FOLDER, NAMES, OPTED_OUT, Events, Look, Uploader, Version, Watch, planned, watched
from live_processes import PROGRAM, Process, Processes, celery_worker, worker
from own_database import OwnDatabase
from waiting import wait_until

from dam_plugin.cli.demo.samples import sample_folder, write_roster

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

STUDENTS = int(os.environ.get("SIDE_STUDENTS", "400"))
UPLOADS = int(os.environ.get("SIDE_UPLOADS", "24"))
IS_LARGE = STUDENTS > 10_000
ROUNDS = max(UPLOADS // 6, 4)
IN_WORK_SECONDS = 10
WHO = ("--as", "custodian:records-office")
UNTOLD = ("this is a bug", "Traceback (most", *NAMES.values(), "events/athletics")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")
MOST_LINKS = 4
Gates = tuple[str, str]
wait = partial(wait_until, seconds=900)


@pytest.fixture(params=["rabbitmq", "redis"] if IS_LARGE else ["rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with ExitStack() as stack:
        if request.param == "redis":
            stack.enter_context(redis_corner(tmp_path, monkeypatch))
        else:
            stack.enter_context(rabbitmq_corner(monkeypatch))
        yield request.param


@pytest.mark.postgres
def test_nothing_is_lost_double_or_late(
    broker: str,
    big_district: District,
    running: Processes,
    database: OwnDatabase,
    raw_s3: S3Client,
    record_figure: Counter[str],
    tmp_path: Path,
) -> None:
    made = random.Random(7)  # noqa: S311 - a run is to be repeated
    services = big_district.services
    events = Events(made, services.library.bucket, os.environ["DAM_PLUGIN_QUEUE_URL"])
    uploader = Uploader(raw_s3, services.library.bucket, events)
    roster = grown_roster(tmp_path)
    figures: Counter[str] = Counter()
    with watched() as watch:
        watch.opted_out[OPTED_OUT] = 0.0
        gates = started(running)
        portraits = alone()
        for version in portraits:
            uploader.do(version)
        events.deliver(all_of_them=True)
        wait(lambda: tagged(watch) >= {each.key for each in portraits}, "the portraits were not tagged")
        links = {each.key: published(big_district, each) for each in portraits}
        assert [opened(link, gates) for link in links.values()] == [(303, 303)] * len(links)
        rest = planned(made, UPLOADS, ROUNDS)

        began = time.monotonic()
        importing = running.start("import", [PROGRAM, "roster", "import", str(roster), "--confirm", *WHO])
        for number, versions in enumerate(rest):
            for version in versions:
                uploader.do(version)
            events.deliver()
            if number == 1:
                assert importing.is_alive() or not IS_LARGE
                figures["seconds of an opt-out"] = opts_out(big_district, running, watch, links, portraits[::2], gates)
            if number == len(rest) // 3:
                assert running.run("reconcile", "reconcile", "--detach").running.returncode == 0
        assert importing.running.wait(900) == 0, importing.log.read_text()
        figures["seconds of the import"] = int(time.monotonic() - began)
        events.deliver(all_of_them=True)
        wait(lambda: are_handled(events), "the events were not handled")
        wait(lambda: not open_jobs(database), "the jobs were not done")
        figures["seconds until all was handled"] = int(time.monotonic() - began)
        last = running.run("last", "reconcile")
        assert last.running.returncode == 0, last.log.read_text()
        look = Look(database, raw_s3, services.library.bucket, uploader.truth, watch, services.pseudonyms)
        wait(lambda: not list(look.leftovers()), "something is left in work")
        # Whoever did not opt out is shown still.
        assert [opened(links[each.key], gates) for each in portraits[1::2]] == [(303, 303)] * len(portraits[1::2])
        assert running.end_all(events.wake) == []
    figures |= {f"events {name}": count for name, count in events.counts.items()}
    figures["uploads"] = len(uploader.truth.versions)
    ((figures["students"],),) = database.rows("SELECT count(*) FROM students WHERE active")
    record_figure.update({f"side by side ({broker}), {name}": figure for name, figure in figures.items()})
    assert look.faults() == []
    assert events.dead() == 0
    assert figures["students"] == len(roster.joinpath("students.csv").read_text("utf-8").splitlines()) - 1
    imports = database.rows("SELECT count(*) FROM ledger_entries WHERE kind = 'roster'")
    # The sample roster when the district was made, and this one.
    assert imports == [(2,)]
    assert running.run("ledger", "ledger", "verify").running.returncode == 0
    # What the opt-out answers to whoever enters it names the recordings that are still published; no log does.
    lines = [each for each in running.logged().splitlines() if not each.startswith("Still published: ")]
    assert [each for each in UNTOLD if each in "\n".join(lines)] == []


def grown_roster(folder: Path) -> Path:
    """The sample roster with so many more students."""
    roster = write_roster(sample_folder(), folder / "grown", TODAY)
    with (roster / "students.csv").open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        for number in range(STUDENTS):
            born = f"{2009 + number % 9}-0{1 + number % 9}-15"
            rows.writerow([900_000 + number, f"Given{number}", f"Family{number}", "", born, "no", number % 12 + 1])
    return roster


def started(running: Processes) -> Gates:
    """Start everything; return the addresses of the gates."""
    for name in ("worker1", "worker2"):
        running.start(name, worker(), DAM_PLUGIN_LOG="json")
    for name in ("celery1", "celery2"):
        running.start(name, celery_worker(name))
    one, two = (running.start(name, [PROGRAM, "serve", "--port", "0"]) for name in ("gate1", "gate2"))
    return address_of(one), address_of(two)


def address_of(gate: Process) -> str:
    wait(lambda: _ADDRESS.search(gate.log.read_text()), "the gate did not start")
    found = _ADDRESS.search(gate.log.read_text())
    assert found
    return found[0]


def alone() -> list[Version]:
    """A recording of each of several students by themselves, which nothing replaces later."""
    made = random.Random(11)  # noqa: S311 - a run is to be repeated
    found: dict[str, Version] = {}
    for each in planned(made, 400, 1)[0]:
        # Those without a name in their key.
        if each.body and not each.restricted and len(each.students) == 1 and re.search(r"/\d+\.jpg$", each.key):
            found[min(each.students)] = replace(each, key=f"{FOLDER}alone-{len(found)}.jpg")
    return [version for student, version in found.items() if student != OPTED_OUT][:MOST_LINKS]


def tagged(watch: Watch) -> set[str]:
    return {key for _, key, _, value in watch.writes if value == "staff"}


def published(district: District, version: Version) -> str:
    token = district.share(version.key).token
    assert token is not None
    return token


def opened(token: str, gates: Gates) -> tuple[int, ...]:
    return tuple(httpx.get(f"{each}/s/{token}", timeout=60, trust_env=False).status_code for each in gates)


def opts_out(
    district: District, running: Processes, watch: Watch, links: dict[str, str], portraits: list[Version], gates: Gates
) -> int:
    """Opt out who is shown by each link, by the command; return the longest, in seconds. Both gates refuse at once."""
    longest = 0.0
    for portrait in portraits:
        (student,) = portrait.students
        begun = time.monotonic()
        ended = running.run(f"opt-out-{student}", "student", "opt-out", district.student(student), *WHO)
        assert ended.running.returncode == 0, ended.log.read_text()
        longest = max(longest, time.monotonic() - begun)
        watch.opted_out[student] = time.monotonic()
        assert 303 not in opened(links[portrait.key], gates)
    return int(longest)


def are_handled(events: Events) -> bool:
    events.hide_no_longer_than(IN_WORK_SECONDS)
    return events.are_handled()


def open_jobs(database: OwnDatabase) -> int:
    ((count,),) = database.rows("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')")
    return int(count)
