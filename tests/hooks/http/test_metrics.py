"""`/metrics`: counts for whoever has the token, and nothing that names anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from district import CALEB, CUSTODIAN, GRADUATION, HALLWAY, HANNAH, PORTRAIT, UNTITLED, District
from live_service import client_of, live_service
from prometheus_client.parser import text_string_to_metric_families
from use_cases import broken_down, later

from dam_hooks import figures
from dam_hooks.figures import Figures
from dam_plugin.intake.jobs import INTAKE_KINDS, TAG_AGAIN, add_job, run_job
from dam_plugin.model import Recipient
from dam_plugin.settings import Settings

TOKEN = "t" * 40
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[tuple[District, httpx.Client]]:
    monkeypatch.setenv("DAM_PLUGIN_METRICS_TOKEN", TOKEN)
    monkeypatch.setattr(figures, "FRESH_SECONDS", 0.0)
    district: District = request.getfixturevalue("district")
    with live_service(district.pm) as address, client_of(address) as client:
        yield district, client


def read(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """Each figure, by its name and the values of its labels: of decisions outcome and clause."""
    answer = client.get("/metrics", headers=WITH_TOKEN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {
        (each.name, *(each.labels[label] for label in sorted(each.labels, reverse=True))): each.value
        for family in families
        for each in family.samples
    }


def test_what_waits_and_what_is_on_file_is_counted(service: tuple[District, httpx.Client]) -> None:
    district, client = service
    empty = read(client)
    assert (empty["dam_recordings",], empty["dam_recordings_waiting",]) == (0, 0)
    for key in (GRADUATION, HALLWAY, UNTITLED):
        district.upload(key)
    counted = read(client)
    assert counted["dam_recordings",] == 3
    assert counted["dam_recordings_on_hold",] == 1
    assert counted["dam_recordings_waiting",] == 1
    assert counted["dam_custodian_open",] == 0
    assert counted["dam_roster_age_seconds",] >= 0
    assert counted["dam_ledger_entries",] >= 1
    district.share(GRADUATION)
    district.ask(HALLWAY, Recipient("other_school", "west"), "transfer")
    counted = read(client)
    assert (counted["dam_links_open",], counted["dam_custodian_open",]) == (1, 1)


def test_jobs_are_counted_with_what_they_have_left(service: tuple[District, httpx.Client]) -> None:
    district, client = service
    empty = read(client)
    assert (empty["dam_jobs_left",], empty["dam_jobs_still_seconds",], empty["dam_workers",]) == (0, 0, 0)
    assert not [labels for labels in empty if labels[0] in ("dam_jobs", "dam_events_oldest_seconds")]
    ids = [district.upload(key).asset.id for key in (GRADUATION, HALLWAY)]
    with district.services.store.writing() as unit:
        unit.words.add_stale(ids, unit.people.last_change())
        job = add_job(later(district.services, hours=-1), unit, TAG_AGAIN, CUSTODIAN)
    assert job is not None
    waiting = read(client)
    assert (waiting["dam_jobs", "waiting", "tag again"], waiting["dam_jobs_left",]) == (1, 2)
    assert waiting["dam_jobs_still_seconds",] >= 3600
    run_job(district.services, INTAKE_KINDS)
    done = read(client)
    assert (done["dam_jobs", "done", "tag again"], done["dam_jobs_left",], done["dam_jobs_still_seconds",]) == (1, 0, 0)


def test_decisions_are_counted_by_outcome_and_clause_and_openings_by_answer(
    service: tuple[District, httpx.Client],
) -> None:
    district, client = service
    for key in (GRADUATION, PORTRAIT):
        district.upload(key)
    token = district.share(GRADUATION).token
    district.share(PORTRAIT)
    assert client.get(f"/s/{token}").status_code == 303
    assert client.get("/s/" + "a" * 43).status_code == 404
    counted = read(client)
    decided = {labels[1:]: figure for labels, figure in counted.items() if labels[0] == "dam_decisions_total"}
    assert [outcome for outcome, _ in decided].count("allow") == 1
    assert sum(decided.values()) == 2
    opened = {labels[1]: figure for labels, figure in counted.items() if labels[0] == "dam_openings_total"}
    assert opened == {"opened": 1, "refused": 1}


def test_nobody_is_named(service: tuple[District, httpx.Client]) -> None:
    district, client = service
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, Recipient("parent", "G-2171"))
    told = client.get("/metrics", headers=WITH_TOKEN).text
    names = [name for each in (HANNAH, CALEB) for name in (district.student(each), each)]
    for word in (*names, "G-2171", PORTRAIT, "portrait", "Hannah", "Lindqvist"):
        assert word not in told


@pytest.mark.parametrize("given", [None, "", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer ÿ"])
def test_without_the_token_nothing_is_told(service: tuple[District, httpx.Client], given: str | None) -> None:
    _, client = service
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    answer = client.get("/metrics", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "dam_recordings" not in answer.text


def test_without_the_setting_there_is_no_such_address(district: District) -> None:
    with live_service(district.pm) as address, client_of(address) as client:
        assert client.get("/metrics", headers=WITH_TOKEN).status_code == 404


def test_a_short_token_is_refused() -> None:
    with pytest.raises(ValueError, match="metrics_token"):
        Settings(metrics_token="short")  # type: ignore[arg-type]


def test_a_database_that_does_not_answer_is_said(
    service: tuple[District, httpx.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    district, client = service
    monkeypatch.setattr(type(district.services.store), "reading", lambda _: broken_down())
    assert client.get("/metrics", headers=WITH_TOKEN).status_code == 503


def test_what_is_on_file_is_counted_once_in_a_while(district: District) -> None:
    counting = Figures(later(district.services, seconds=timedelta(hours=1).total_seconds()))
    first = counting.on_file()
    district.upload(GRADUATION)
    assert counting.on_file() == first
