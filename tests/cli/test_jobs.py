"""`jobs` on the command line, and an import that leaves recordings to the worker."""

from __future__ import annotations

import pytest
from command_line import call
from district import CUSTODIAN, GRADUATION, TEAM, District
from use_cases import kept

from dam_plugin.intake.jobs import TAG_AGAIN, add_job
from dam_plugin.store.jobs import Job


@pytest.fixture
def job(district: District) -> Job:
    for key in (GRADUATION, TEAM):
        district.upload(key)
    ids = [kept(district.services, key).asset.id for key in (GRADUATION, TEAM)]
    with district.services.store.writing() as unit:
        unit.words.add_stale(ids, unit.people.last_change())
        made = add_job(district.services, unit, TAG_AGAIN, CUSTODIAN)
    assert made is not None
    return made.job


def check(name: str) -> dict[str, object]:
    return next(each for each in call("doctor", "--json").objects() if each["check"] == name)


def test_a_job_is_listed_shown_cancelled_and_resumed(job: Job) -> None:
    (listed,) = call("jobs", "list", "--json").objects()
    assert (listed["id"], listed["state"], listed["total"]) == (job.id, "waiting", 2)
    assert job.id in call("jobs", "list").text
    assert "0 done, 0 failed, of about 2" in call("jobs", "show", job.id).text
    assert call("jobs", "cancel", job.id, "--json").object()["state"] == "cancelled"
    assert call("jobs", "cancel", job.id).code == 1
    assert call("jobs", "resume", job.id, "--detach", "--json").object()["state"] == "waiting"
    done = call("jobs", "resume", job.id)
    assert (done.code, "2 done, 0 failed, of about 2" in done.text) == (0, True)


def test_an_unknown_job_is_said_to_be_unknown(district: District) -> None:
    told = call("jobs", "show", "job-0")
    assert (told.code, "`dam-plugin jobs list` shows them" in told.err) == (1, True)
    del district


def test_no_key_and_no_name_is_shown(job: Job) -> None:
    call("jobs", "resume", job.id)
    told = call("jobs", "show", job.id, "--json").text + call("jobs", "list").text
    assert GRADUATION not in told
    assert "events" not in told


def test_doctor_tells_of_what_waits_and_of_a_job_that_stands_still(
    job: Job, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = check("jobs")
    assert (waits["state"], waits["to_tag_again"], waits["standing_still"]) == ("warning", 2, 0)
    monkeypatch.setattr("dam_plugin.cli.checks.JOB_STANDS_STILL", type(job.at - job.at)(0))
    still = check("jobs")
    assert still["standing_still"] == 1
    assert "jobs resume ID" in str(still["detail"])
    call("jobs", "resume", job.id)
    assert check("jobs")["state"] == "ok"
    del district
