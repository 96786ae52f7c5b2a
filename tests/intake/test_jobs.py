"""A job goes on wherever it broke off, does nothing twice at once, and what it has not done stays kept back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from district import CUSTODIAN, GRADUATION, HALLWAY, PEP_RALLY, TEAM, District
from use_cases import kept
from waiting import wait_until

from dam_plugin.admin.jobs_thread import doing_jobs
from dam_plugin.errors import InputError, StorageError
from dam_plugin.intake import jobs
from dam_plugin.intake.jobs import LEASE, Ran, add_job, begin_again, cancel_job, run_job, run_waiting
from dam_plugin.library.storage_errors import StorageUnreachable
from dam_plugin.store.jobs import Job

KEYS = (GRADUATION, TEAM, PEP_RALLY, HALLWAY)


@pytest.fixture
def job(district: District) -> Job:
    for key in KEYS:
        district.upload(key)
    return stale_again(district)


def stale_again(district: District) -> Job:
    ids = [kept(district.services, key).asset.id for key in KEYS]
    with district.services.store.writing() as unit:
        unit.words.add_stale(ids, unit.people.last_change())
        made = add_job(district.services, unit, "tag again", CUSTODIAN)
    assert made is not None
    return made


def stale(district: District) -> set[str]:
    with district.services.store.reading() as unit:
        return set(unit.words.stale_keys())


def on_file(district: District, job: Job) -> Job:
    with district.services.store.reading() as unit:
        return unit.jobs.need(job.id)


def after(count: int, act: Callable[[], object]) -> Callable[[Job], None]:
    """Return what hears of steps and acts behind so many of them."""
    heard: list[Job] = []

    def tell(told: Job) -> None:
        heard.append(told)
        if len(heard) == count:
            act()

    return tell


def killed() -> None:
    # No DamPluginError: nothing is tidied up, as after kill -9.
    raise KeyboardInterrupt


def test_a_job_tags_everything_again_that_is_stale_and_counts_it(district: District, job: Job) -> None:
    seen: list[tuple[int, int]] = []
    ran = run_job(district.services, job.id, lambda each: seen.append((each.done, each.total)))
    assert isinstance(ran, Ran)
    assert (ran.there, ran.failed, ran.job.state) == (4, 0, "done")
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert stale(district) == set()
    assert run_job(district.services) is None


def test_nothing_to_do_makes_no_job(district: District) -> None:
    with district.services.store.writing() as unit:
        assert add_job(district.services, unit, "tag again", CUSTODIAN) is None


def test_a_killed_process_loses_its_job_and_another_does_the_rest(
    district: District, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_job(district.services, job.id, after(2, killed))
    assert len(stale(district)) == 2
    assert run_job(district.services) is None
    with pytest.raises(InputError, match="a process is at this job"):
        begin_again(district.services, job.id)
    later = district.services.now() + LEASE
    monkeypatch.setattr(type(district.services), "now", lambda _: later)
    ran = run_job(district.services)
    assert ran is not None
    assert (ran.there, ran.job.done, ran.job.state) == (2, 4, "done")
    assert stale(district) == set()


def test_two_processes_do_not_work_on_one_job_at_once(district: District, job: Job) -> None:
    others: list[Ran | None] = []
    ran = run_job(district.services, job.id, lambda _: others.append(run_job(district.services, job.id)))
    assert ran is not None
    assert (ran.there, others) == (4, [None] * 4)


def test_a_storage_that_is_down_leaves_the_job_to_whoever_comes_next(
    district: District, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StorageUnreachable("the storage does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "tag_again", down)
        with pytest.raises(StorageUnreachable):
            run_job(district.services)
    assert on_file(district, job).state == "waiting"
    assert run_waiting(district.services) == 1
    assert stale(district) == set()


def test_a_recording_that_cannot_be_tagged_stays_stale_and_is_taken_up_again(
    district: District, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = jobs.tag_again

    def one_fails(services: object, key: str) -> object:
        if key == TEAM:
            raise StorageError("no access")
        return real(services, key)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "tag_again", one_fails)
        ran = run_job(district.services)
    assert ran is not None
    assert (ran.there, ran.failed, ran.job.state) == (3, 1, "failed")
    assert stale(district) == {TEAM}
    assert begin_again(district.services, job.id).total == 1
    again = run_job(district.services)
    assert again is not None
    assert (again.there, again.job.state, stale(district)) == (1, "done", set())


def test_a_cancelled_job_stops_and_what_is_left_is_not_given_out(district: District, job: Job) -> None:
    ran = run_job(district.services, job.id, after(1, lambda: cancel_job(district.services, job.id)))
    assert ran is not None
    assert on_file(district, job).state == "cancelled"
    left = stale(district)
    assert len(left) in (2, 3)
    for key in left:
        with pytest.raises(StorageError, match="not tagged again yet"):
            district.share(key)
    with pytest.raises(InputError, match="nothing to cancel"):
        cancel_job(district.services, job.id)
    begin_again(district.services, job.id)
    assert run_waiting(district.services) == 1
    assert stale(district) == set()


def test_what_becomes_stale_during_a_job_is_not_lost(district: District, job: Job) -> None:
    more: list[Job] = []
    run_job(district.services, job.id, after(3, lambda: more.append(stale_again(district))))
    assert run_waiting(district.services) == len(more)
    assert stale(district) == set()


def test_a_thread_does_the_jobs_that_wait_and_ends(district: District, job: Job) -> None:
    with doing_jobs(district.services):
        wait_until(lambda: on_file(district, job).state == "done", "the job is done")
    assert stale(district) == set()


def test_a_worker_that_is_to_stop_leaves_the_rest_to_another(district: District, job: Job) -> None:
    asked = iter((False, False, True))
    assert run_waiting(district.services, lambda: next(asked, True)) == 0
    assert on_file(district, job).state == "waiting"
    assert 0 < len(stale(district)) < 4
    assert run_waiting(district.services) == 1
