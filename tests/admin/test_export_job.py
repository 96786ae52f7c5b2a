"""A yearbook set that the worker makes: the same as that of the command, also where the worker is killed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from district import HANNAH, MEDIA_STAFF, District
from use_cases import entries, interrupted, later, ledger_holds
from yearbook_exports import exported, fill, order_for, put_portrait, read_back, set_ids

from dam_plugin.admin.export_job import ask_for_set
from dam_plugin.admin.job_kinds import KINDS
from dam_plugin.errors import InputError
from dam_plugin.intake.jobs import Added, begin_again, cancel_job, run_job
from dam_plugin.store.jobs import Job
from dam_plugin.store.sets import SetOrder
from dam_plugin.yearbook import make
from dam_plugin.yearbook.make import NothingToExport
from dam_plugin.yearbook.profiles import load
from dam_plugin.yearbook.targets import target_of

REDACTING = order_for(redact=True)
COUNTS = {"portraits": 3, "candids": 3, "redacted": 1, "left_out": 1}


@pytest.fixture
def filled(district: District) -> District:
    """A district with portraits and candids, with Hannah in some."""
    return fill(district)


def place(district: District, name: str = "fall") -> str:
    return f"s3://{district.services.library.bucket}/exports/{name}.zip"


def asked(district: District, where: str, order: SetOrder = REDACTING, **more: Any) -> Added:
    target = target_of(where, district.services.library)
    return ask_for_set(district.services, order, load(order.publisher), target, MEDIA_STAFF, **more)


def on_file(district: District, job: Job) -> Job:
    with district.services.store.reading() as unit:
        return unit.jobs.need(job.id)


def killed() -> None:
    # No DamPluginError: nothing of the job is tidied up, as after kill -9.
    raise KeyboardInterrupt


def test_a_set_that_the_worker_makes_is_that_of_the_command(filled: District) -> None:
    job = asked(filled, place(filled)).job
    seen: list[tuple[int, int]] = []
    run_job(filled.services, KINDS, job.id, lambda each: seen.append((each.done, each.total)))
    over = on_file(filled, job)
    assert (over.state, over.result, (over.done, over.total)) == ("done", COUNTS, seen[-1])
    exported(filled, "whole.zip", REDACTING)
    assert read_back(filled, place(filled)).content == read_back(filled, "whole.zip").content
    read_back(filled, place(filled)).verified(filled)


def test_a_worker_that_is_killed_before_any_transaction_leaves_a_set_that_another_one_finishes(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "KEEP_SECONDS", 0.0)
    exported(filled, "whole.zip", REDACTING)
    whole = read_back(filled, "whole.zip").content
    for number in itertools.count(2):
        where = place(filled, str(number))
        job = asked(filled, where).job
        try:
            run_job(interrupted(filled.services, number, killed), KINDS)
            break
        except KeyboardInterrupt:
            assert run_job(filled.services, KINDS) is None
            run_job(later(filled.services, minutes=3), KINDS)
        over = on_file(filled, job)
        assert (over.state, over.result, over.done) == ("done", COUNTS, over.total)
        assert read_back(filled, where).content == whole
        read_back(filled, where).verified(filled)
    # At least: claimed, the set, its plan, begun, each picture, recorded, counted.
    assert number > 12
    assert len(entries(filled.services, "export")) == len(set_ids(filled)) == number
    assert ledger_holds(filled.services)


def test_a_set_whose_job_was_cancelled_goes_on_with_it(filled: District) -> None:
    job = asked(filled, place(filled)).job

    def cancel(_: Job) -> None:
        if on_file(filled, job).state == "running":
            cancel_job(filled.services, job.id)

    run_job(filled.services, KINDS, job.id, cancel)
    assert on_file(filled, job).state == "cancelled"
    assert not target_of(place(filled), filled.services.library).is_there()
    begin_again(filled.services, KINDS, job.id)
    run_job(filled.services, KINDS)
    assert on_file(filled, job).result == COUNTS
    read_back(filled, place(filled)).verified(filled)


def test_a_set_that_the_worker_began_on_another_day_is_made_anew(filled: District) -> None:
    job = asked(filled, place(filled)).job
    with pytest.raises(KeyboardInterrupt):
        run_job(interrupted(filled.services, 5, killed), KINDS)
    run_job(later(filled.services, days=1), KINDS)
    assert on_file(filled, job).state == "done"
    assert len(set_ids(filled)) == 1


def test_one_place_has_one_job_at_a_time(filled: District) -> None:
    first = asked(filled, place(filled))
    assert asked(filled, place(filled)) == Added(first.job, was_open=True)
    with pytest.raises(InputError, match=f"{first.job.id} makes another set in this place"):
        asked(filled, place(filled), order_for())
    assert not asked(filled, place(filled, "spring")).was_open


def test_a_set_for_a_file_is_not_left_to_the_worker(filled: District) -> None:
    with pytest.raises(InputError, match="the worker may be on another machine"):
        asked(filled, "SET.zip")


def test_a_set_into_which_nothing_may_go_is_a_job_that_failed_and_says_why(district: District) -> None:
    put_portrait(district, HANNAH)
    job = asked(district, place(district)).job
    with pytest.raises(NothingToExport) as error:
        run_job(district.services, KINDS)
    assert (on_file(district, job).state, on_file(district, job).why) == ("failed", str(error.value))
    assert run_job(district.services, KINDS) is None
