"""Machines whose clocks differ: leases and links go by the database's clock, and no URL works for longer than it may."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from command_line import call
from databases import open_store
from district import CUSTODIAN, TEAM, District

from dam_plugin.errors import StorageError
from dam_plugin.library import s3
from dam_plugin.services import local_now
from dam_plugin.store import Store, store
from dam_plugin.store.jobs import Job
from dam_plugin.telemetry.other_clock import OtherClock

HOUR = 3600.0


def hour_ahead(patch: pytest.MonkeyPatch, seconds: float = HOUR) -> None:
    """Let this machine's clock be ahead, for whoever measures how far the others are."""
    # The storage of the tests runs in this process: its own clock stays.
    ours = SimpleNamespace(time=lambda: time.time() + seconds)
    patch.setattr(store, "time", ours)
    patch.setattr(s3, "time", ours)


def own_clock() -> datetime:
    """This machine's clock, on the day it is: the leases of two machines are compared, and one of them is an hour off."""
    return datetime.now(UTC)


def clock_ahead(seconds: float = HOUR) -> datetime:
    """This machine's clock, where it is ahead."""
    return own_clock() + timedelta(seconds=seconds)


def is_about_now(moment: datetime) -> bool:
    return abs(moment - own_clock()) < timedelta(minutes=5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Store]:
    with open_store("postgres", tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("least", "most", "ahead"),
    [(-0.2, 0.3, 0.0), (-30.0, 0.4, 0.0), (8.0, 8.2, 8.1), (-3601.0, -3599.0, -3600.0)],
    ids=["same", "slow answer", "ahead", "behind"],
)
def test_an_answer_tells_how_far_a_clock_is_ahead(least: float, most: float, ahead: float) -> None:
    clock = OtherClock("the database")
    assert clock.ahead is None
    clock.hear(least, most)
    assert clock.ahead == pytest.approx(ahead)


def test_what_was_known_stays_while_answers_fit_it_and_ends_with_the_first_that_does_not() -> None:
    clock = OtherClock("the database")
    clock.hear(10.0, 10.2)
    clock.hear(9.0, 30.0)
    assert clock.ahead == pytest.approx(10.1)
    clock.hear(-0.1, 0.1)
    assert clock.ahead == 0.0


def test_a_person_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = OtherClock("the storage")
    with caplog.at_level(logging.WARNING, "dam_plugin.telemetry.other_clock"):
        for _ in range(3):
            clock.hear(-61.0, -60.0)
    (record,) = caplog.records
    assert record.getMessage() == (
        "the clock of the storage is 60 s behind this machine's: set both clocks, by NTP for example"
    )


def test_on_sqlite_this_machines_clock_rules(tmp_path: Path) -> None:
    with open_store("sqlite", tmp_path) as opened:
        assert opened.in_step(local_now) is local_now
        assert opened.clock.ahead is None


@pytest.mark.postgres
@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_the_servers_clock_rules_whatever_this_machine_has(
    server: Store, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    hour_ahead(monkeypatch, seconds)
    now = server.in_step(lambda: clock_ahead(seconds))
    # The first to ask finds out, before any other transaction.
    assert is_about_now(now())
    assert server.clock.ahead == pytest.approx(-seconds, abs=60)


@pytest.mark.postgres
def test_a_clock_that_jumps_is_noticed_by_the_next_transaction(server: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with server.reading():
        pass
    assert server.clock.ahead == 0.0
    hour_ahead(monkeypatch)
    with server.reading():
        assert is_about_now(server.in_step(clock_ahead)())


@pytest.mark.postgres
def test_a_machine_that_is_an_hour_ahead_takes_no_job_that_another_is_at(
    server: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = server.in_step(own_clock)()
    job = Job("job-1", "tag again", CUSTODIAN, now, now, 1)
    with server.writing() as unit:
        unit.jobs.add(job)
        assert unit.jobs.claim(job.id, "ours", now, now + timedelta(minutes=2)) is not None
    hour_ahead(monkeypatch)
    other = Store(server._url.render_as_string(hide_password=False))
    theirs = other.in_step(clock_ahead)
    with other.writing() as unit:
        assert unit.jobs.claim(job.id, "theirs", theirs(), theirs() + timedelta(minutes=2)) is None
    other.close()


@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_no_url_is_signed_where_the_storages_clock_is_far_from_ours(
    district: District, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    district.upload(TEAM)
    library = district.services.library
    assert library.presign("released/r-1/x.jpg", None)
    hour_ahead(monkeypatch, seconds)
    library.head(TEAM)
    with pytest.raises(StorageError, match=r"the clock of the storage is 3[56]\d\d s (ahead of|behind) this machine's"):
        library.presign("released/r-1/x.jpg", None)


@pytest.mark.parametrize(
    ("seconds", "state"), [(0.0, "ok"), (20.0, "warning"), (HOUR, "failed")], ids=["same", "20 s", "an hour"]
)
def test_doctor_measures_the_clocks(
    district: District, monkeypatch: pytest.MonkeyPatch, seconds: float, state: str
) -> None:
    hour_ahead(monkeypatch, seconds)
    (check,) = (each for each in call("doctor", "--json").objects() if each["check"] == "clocks")
    assert check["state"] == state
    assert ("set the clocks of all machines" in check["detail"]) == (state != "ok")


def test_the_version_and_the_time_are_one_statement() -> None:
    assert all("version_num" in each for each in store._VERSION_NOW.values())
    assert "clock_timestamp" in store._VERSION_NOW["postgresql"]
