"""Celery's own workers and beats, as processes, do jobs over real brokers: nothing is lost or done twice by a kill."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from brokers import NOBODY, rabbitmq_corner, redis_corner
from celery.beat import PersistentScheduler
from celery_processes import ALONE, Process, started
from clock import TODAY
from databases import empty_database
from district import CUSTODIAN, District
from otlp_receiver import receiving
from PIL import Image
from waiting import wait_until

from dam_hooks import celery_app, manager, services_of
from dam_plugin.admin.compare_listing import How
from dam_plugin.admin.reconcile import begin_reconciling
from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.store.jobs import Job
from dam_plugin.telemetry import otlp

RECORDINGS = 60


@contextmanager
def two_workers() -> Iterator[tuple[Process, Process]]:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(started(name, "worker", "-Q", "people,bulk", "-n", f"{name}@here", *ALONE))
            for name in ("first", "second")
        )
        yield first, second


@pytest.fixture
def services(district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The district's services on PostgreSQL, without recordings; nobody is told of jobs yet."""
    # The end of the fixture's own ledger would make this one look like one that was put back.
    district.services.library.delete("ledger/head.json")
    with empty_database("postgres", tmp_path) as url:
        monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", url)
        made = services_of(manager(Settings.load()))
        made.store.upgrade()
        choices.import_roster(
            made, read_roster(write_roster(sample_folder(), tmp_path, TODAY), made.pseudonyms), CUSTODIAN
        )
        yield made
        made.store.close()
        made.library.close()


def upload(services: Services, count: int) -> list[str]:
    """Put so many small pictures into the bucket, no two of which look alike; nobody has heard of them."""
    keys = [f"events/graduation/{number:03}.jpg" for number in range(count)]
    for key in keys:
        body = BytesIO()
        Image.frombytes("L", (16, 16), os.urandom(256)).save(body, "JPEG")
        services.library.put(key, body.getvalue(), media_type="image/jpeg")
    return keys


def recordings(services: Services) -> int:
    with services.store.reading() as unit:
        return unit.assets.counts().of_all


def now_of(services: Services, job: Job) -> Job:
    with services.store.reading() as unit:
        return unit.jobs.need(job.id)


@pytest.mark.postgres
@pytest.mark.parametrize("broker", ["rabbitmq", "redis"])
def test_a_worker_killed_in_the_middle_of_a_job_leaves_it_to_the_other(
    broker: str, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With RabbitMQ the whole worker is killed, with Redis the process in which it does the task."""
    corner = rabbitmq_corner(monkeypatch) if broker == "rabbitmq" else redis_corner(tmp_path, monkeypatch)
    with corner, two_workers() as workers:
        keys = upload(services, RECORDINGS)
        wait_until(lambda: all(each.says("ready.") for each in workers), "the workers did not start")
        job = begin_reconciling(replace(services, announce_job=announcing()), How(), CUSTODIAN)
        wait_until(lambda: recordings(services) >= 5, "the job did not begin")
        attempt = (now_of(services, job).lease or "").partition(".")[0]
        victim = next(each for each in workers if each.says(f"[{attempt}] received"))
        os.kill(victim.running.pid if broker == "rabbitmq" else victim.child(), signal.SIGKILL)
        assert recordings(services) < RECORDINGS
        assert now_of(services, job).state == "running"
        # Its lease would last for two minutes more.
        wait_until(lambda: now_of(services, job).state == "done", "the job did not go on")
        over = now_of(services, job)
        assert (over.done, over.failed, over.result["seen"]) == (RECORDINGS, 0, RECORDINGS)
        # What was tagged before the kill was not tagged again.
        assert over.result["tagged"] <= RECORDINGS - 5
        assert recordings(services) == RECORDINGS
        assert [key for key in keys if "dam-release" not in services.library.tags(key)] == []
        assert not any(each.says("this is a bug") for each in workers)


def announcing() -> Callable[[Job], None]:
    """How a command that knows the broker announces a job."""
    return partial(celery_app.announce, Settings.load())


@pytest.mark.postgres
def test_a_job_whose_announcement_was_lost_is_found_by_either_of_two_beats(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_corner(tmp_path, monkeypatch), ExitStack() as stack:
        with monkeypatch.context() as down:
            down.setenv("DAM_PLUGIN_BROKER_URL", NOBODY)
            upload(services, 3)
            job = begin_reconciling(replace(services, announce_job=announcing()), How(), CUSTODIAN)
        worker = stack.enter_context(started("worker", "worker", "-Q", "people,bulk", *ALONE))
        wait_until(lambda: worker.says("ready."), "the worker did not start")
        with services.store.writing() as unit:
            # As if it had been added some minutes ago.
            unit.jobs.begin_again(job.id, job.total, services.now() - 2 * celery_app.FORGOTTEN_AFTER)
        beats = [
            stack.enter_context(started(name, "beat", "--schedule", str(stopped_before(tmp_path / name))))
            for name in ("beat1", "beat2")
        ]
        wait_until(lambda: now_of(services, job).state == "done", "no beat found the job")
        assert (now_of(services, job).done, recordings(services)) == (3, 3)
        wait_until(lambda: worker.log.read_text().count(f"Task {celery_app.LOOK_FOR_JOBS}") >= 2, "a beat is missing")
        wait_until(lambda: worker.says(f"Task {celery_app.PENDING_WORK}"), "pending work is not done")
        assert not any(each.says("this is a bug") for each in (worker, *beats))
        assert "in-no-log" not in "".join(each.log.read_text() for each in (worker, *beats))


def stopped_before(file: Path) -> Path:
    """Return the schedule of a beat that was stopped ten minutes ago, so that everything is due once it starts."""
    scheduler = PersistentScheduler(celery_app.app_of(Settings.load()), schedule_filename=str(file))
    for entry in scheduler.schedule.values():
        entry.last_run_at -= timedelta(minutes=10)
    scheduler.close()
    return file


@pytest.mark.postgres
def test_the_steps_of_a_job_go_on_with_the_trace_of_whoever_asked_and_name_nobody(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_corner(tmp_path, monkeypatch), receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        keys = upload(services, 3)
        with started("worker", "worker", "-Q", "people,bulk", *ALONE) as worker:
            wait_until(lambda: worker.says("ready."), "the worker did not start")
            with otlp.sending((), tuple):
                job = begin_reconciling(replace(services, announce_job=announcing()), How(), CUSTODIAN)
            wait_until(lambda: now_of(services, job).state == "done", "the job is not done")
        (asked,) = receiver.spans("announce job")
        assert (asked.attributes, asked.parent) == (
            {"dam.job_id": job.id, "dam.job_kind": "reconcile", "dam.s3_requests": 0},
            None,
        )
        steps = receiver.spans("job step")
        assert {(each.parent, each.attributes["dam.job_id"]) for each in steps} == {("announce job", job.id)}
        assert len({each.trace for each in (asked, *steps)}) == 1
        assert len(receiver.spans("tag recording")) == 3
        told = receiver.content
        assert [word for word in (*keys, "graduation", os.uname().nodename) if word.encode() in told] == []
