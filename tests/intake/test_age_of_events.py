"""How old the events of a worker are, as it notes it in the store for others to read."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
from command_line import call
from district import GRADUATION, District
from use_cases import broken_down, on

from dam_hooks.figures import EVENTS_OLDEST, WORKERS, Figures
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.intake import age_of_events
from dam_plugin.intake.age_of_events import AT_WORK, FORGET_AFTER, AgeOfEvents, noting_age
from dam_plugin.library.setup import prepare
from dam_plugin.store.workers import Workers, WorkersAtWork


def at_work(district: District, since: datetime) -> Workers:
    with district.services.store.reading() as unit:
        return unit.workers.since(since)


@pytest.fixture
def now(district: District) -> datetime:
    return district.services.now()


def test_the_oldest_of_all_workers_counts_until_each_ends(district: District, now: datetime) -> None:
    old, new = now - timedelta(hours=1), now - timedelta(minutes=1)
    with noting_age(district.services) as one:
        one.tell([new, old])
        with noting_age(district.services) as other:
            other.tell([new])
            found = at_work(district, now)
            assert (found.count, found.oldest_event) == (2, old)
        assert at_work(district, now).count == 1
    assert at_work(district, now) == Workers(0, None)


def test_an_event_that_came_and_went_between_two_notes_counts(
    district: District, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with noting_age(district.services) as age:
        age.tell([])
        age.tell([now - timedelta(hours=2)])
        assert at_work(district, now).oldest_event is None
        with monkeypatch.context() as patch:
            patch.setattr(age_of_events, "NOTE_SECONDS", 0.0)
            age.tell([now])
        assert at_work(district, now).oldest_event == now - timedelta(hours=2)
        # Nothing is in work any more: that is noted at once.
        age.tell([])
        assert at_work(district, now) == Workers(1, None)


def test_figures_tell_no_age_of_workers_that_were_killed(district: District, now: datetime) -> None:
    AgeOfEvents(district.services).tell([now - timedelta(hours=1)])
    told = {each.figure: each.value for each in Figures(on(district.services, now)).on_file()}
    assert (told[WORKERS], told[EVENTS_OLDEST]) == (1, 3600)
    later = now + AT_WORK + timedelta(minutes=1)
    told = {each.figure: each.value for each in Figures(on(district.services, later)).on_file()}
    assert (told[WORKERS], EVENTS_OLDEST in told) == (0, False)
    # The next worker forgets them.
    AgeOfEvents(on(district.services, now + FORGET_AFTER + timedelta(minutes=1))).tell([])
    assert at_work(district, now - FORGET_AFTER).count == 1


def test_a_store_that_does_not_answer_stops_no_worker(
    district: District, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(district.services.store), "writing", lambda _: broken_down())
    with caplog.at_level(logging.WARNING), noting_age(district.services) as age:
        age.tell([])
    assert [each.name for each in caplog.records] == ["dam_plugin.intake.age_of_events"] * 2


def test_a_worker_notes_when_its_events_were_sent(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[datetime | None] = []

    def note(self: WorkersAtWork, worker: str, at: datetime, oldest_event: datetime | None, **_: object) -> None:
        noted.append(oldest_event)

    bucket = district.services.library.bucket
    _, url = prepare(bucket, f"{bucket}-ages", dry_run=False, create_bucket=False)
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", url or "")
    monkeypatch.setattr(WorkersAtWork, "note", note)
    began = district.services.now() - timedelta(seconds=2)
    body = (sample_folder() / GRADUATION).read_bytes()
    district.services.library.put(GRADUATION, body, media_type="image/jpeg")
    assert call("worker", "--until-empty").code == 0
    first = next(each for each in noted if each is not None)
    assert began <= first <= district.services.now()
    with district.services.store.reading() as unit:
        assert unit.workers.since(began - timedelta(days=1)).count == 0
