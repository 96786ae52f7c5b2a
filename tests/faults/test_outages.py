"""Storage, database and broker go away for a while under processes at work: these carry on by themselves, and nothing is lost.

The outages last for seconds here: until each process has met them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from brokers import close_connections, own_app, rabbitmq_corner
from district import CUSTODIAN, District
from fault_run import FOLDER, NAMES, OPTED_OUT, Events, Look, Uploader, planned, watched
from live_processes import PROGRAM, Process, Processes, celery_worker, worker
from own_database import OWN_SERVER, OwnDatabase
from own_redis import own_redis
from storage_proxy import Refusal, StorageProxy
from waiting import wait_until

from dam_hooks import celery_app
from dam_plugin.admin.compare_listing import How
from dam_plugin.admin.reconcile import begin_reconciling
from dam_plugin.settings import Settings
from dam_plugin.store.jobs import Job

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


_ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")


# No upload is in work for so long here.
IN_WORK_SECONDS = 10
# Processes start, and what went away is asked again after pauses.
wait = partial(wait_until, seconds=300)


@dataclass(frozen=True)
class Scene:
    """A district whose processes have a proxy between them and the storage, and who uploads to it past that."""

    district: District
    processes: Processes
    proxy: StorageProxy
    database: OwnDatabase
    events: Events
    uploader: Uploader

    def begin(self, outage: str) -> None:
        if outage == "database":
            self.database.go_away()
        else:
            down, to_queue = Refusal(503, "SlowDown"), outage == "queue"
            self.proxy.refuses = lambda asked: down if (asked.action is not None) == to_queue else None

    def end(self) -> None:
        self.database.come_back()
        self.proxy.refuses = lambda _: None


@pytest.fixture
def scene(
    big_district: District,
    running: Processes,
    database: OwnDatabase,
    queue_url: str,
    raw_s3: S3Client,
    s3_endpoint: str,
) -> Iterator[Scene]:
    made, bucket = random.Random(1), big_district.services.library.bucket  # noqa: S311 - a run is to be repeated
    events = Events(made, bucket, queue_url, lost=0)
    with closing(StorageProxy(s3_endpoint)) as proxy:
        yield Scene(big_district, running, proxy, database, events, Uploader(raw_s3, bucket, events))


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("outage", "told", "database"),
    [
        ("storage", "messages wait, and are tried again: the object storage cannot answer", ""),
        ("queue", "the queue is asked again: the object storage cannot answer", ""),
        ("database", "the database cannot be reached", ""),
        ("database", "the database cannot be reached", OWN_SERVER),
    ],
    ids=["storage", "queue", "database", "server of the database"],
    indirect=["database"],
)
def test_worker_gate_and_job_carry_on_after_an_outage(outage: str, told: str, scene: Scene, raw_s3: S3Client) -> None:
    services, database, events = scene.district.services, scene.database, scene.events
    first, *rest = planned(random.Random(2), 14, 1)[0]  # noqa: S311 - a run is to be repeated
    behind = {"AWS_ENDPOINT_URL": scene.proxy.url}
    with watched() as watch:
        watch.opted_out[OPTED_OUT] = 0.0
        at_work = scene.processes.start("worker", worker(), **behind)
        gate = scene.processes.start("gate", [PROGRAM, "serve", "--port", "0"], **behind)
        shared = replace(first, key=f"{FOLDER}shared.jpg")
        scene.uploader.do(shared)
        events.deliver(all_of_them=True)
        wait(lambda: any(value == "staff" for *_, value in watch.writes), "nothing was tagged")
        link = f"{address_of(gate)}/s/{scene.district.share(shared.key).token}"
        assert asked(link) == 303

        scene.begin(outage)
        for version in rest:
            scene.uploader.do(version)
        events.deliver(all_of_them=True)
        wait(lambda: at_work.says(told), "the worker did not notice")
        # The gate needs the database and the storage; the queue is nothing to it.
        wait(lambda: asked(link) == (303 if outage == "queue" else 503), "the gate answered something else")
        scene.end()

        job = begin_reconciling(services, How(), CUSTODIAN)
        wait(partial(are_handled, events), "the events were not handled")
        wait(lambda: state_of(database, job) == "done", "the job was not done")
        wait(lambda: asked(link) == 303, "the gate opens nothing any more")
        assert at_work.is_alive()
        assert gate.is_alive()
    look = Look(database, raw_s3, services.library.bucket, scene.uploader.truth, watch, services.pseudonyms)
    wait(lambda: not list(look.leftovers()), "something is left in work")
    assert look.faults() == []
    assert events.dead() == 0
    # What went wrong is told in a few lines, however often it was tried, and names nobody.
    assert at_work.log.read_text().count(told) <= 3
    logged = scene.processes.logged()
    assert [each for each in ("this is a bug", "Traceback (most", FOLDER, *NAMES.values()) if each in logged] == []


def are_handled(events: Events) -> bool:
    # What was done while the queue was away could not be acknowledged.
    events.hide_no_longer_than(IN_WORK_SECONDS)
    return events.are_handled()


def address_of(gate: Process) -> str:
    wait(lambda: _ADDRESS.search(gate.log.read_text()), "the gate did not start")
    found = _ADDRESS.search(gate.log.read_text())
    assert found
    return found[0]


def asked(link: str) -> int:
    return httpx.get(link, timeout=30, trust_env=False).status_code


def state_of(database: OwnDatabase, job: Job) -> str:
    ((state,),) = database.rows("SELECT state FROM jobs WHERE id = %s", job.id)
    return str(state)


@pytest.mark.postgres
def test_a_worker_of_celery_carries_on_once_its_broker_is_back(
    big_district: District, running: Processes, database: OwnDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_redis(tmp_path) as broker, own_app(broker.url):
        monkeypatch.setenv("DAM_PLUGIN_BROKER_URL", broker.url)
        at_work = running.start("celery", celery_worker("celery"))
        wait(lambda: at_work.says("ready."), "the worker did not start")
        broker.kill()
        wait(lambda: at_work.says("Cannot connect"), "the worker did not notice")
        broker.start()
        announcing = partial(celery_app.announce, Settings.load())
        job = begin_reconciling(replace(big_district.services, announce_job=announcing), How(), CUSTODIAN)
        wait(lambda: state_of(database, job) == "done", "the job was not done")
        assert at_work.is_alive()
        assert not at_work.says("Traceback (most")


@pytest.mark.postgres
def test_a_worker_of_celery_carries_on_once_rabbitmq_has_closed_its_connections(
    big_district: District, running: Processes, database: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rabbitmq_corner(monkeypatch) as corner:
        at_work = running.start("celery", celery_worker("celery"))
        wait(lambda: at_work.says("ready."), "the worker did not start")
        close_connections(corner)
        wait(lambda: at_work.says("onnection to broker lost"), "the worker did not notice")
        announcing = partial(celery_app.announce, Settings.load())
        job = begin_reconciling(replace(big_district.services, announce_job=announcing), How(), CUSTODIAN)
        wait(lambda: state_of(database, job) == "done", "the job was not done")
        assert at_work.is_alive()
