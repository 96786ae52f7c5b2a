"""A newer version upgrades the database while processes of this one are at work: they end, and ask to be started again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from brokers import redis_corner
from celery_processes import ALONE, started
from command_line import call
from commands import Commands, Ended
from databases import DATABASES, empty_database, run_sql
from district import TEAM, District
from served_command import at_work, serving
from use_cases import is_known
from waiting import wait_until

from dam_hooks import manager, services_of
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.services import Services
from dam_plugin.settings import Settings

RESTART = 75
ENDED = "dam-plugin: a newer version of the program has upgraded the database, so this process changes nothing more and ends"


@pytest.fixture(params=DATABASES)
def services(
    request: pytest.FixtureRequest, district: District, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    """The services of a district without a roster, on each database."""
    # The end of the fixture's own ledger would make this one look like one that was put back.
    district.services.library.delete("ledger/head.json")
    (tmp_path / "own").mkdir()
    with empty_database(request.param, tmp_path / "own") as url:
        monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", url)
        made = services_of(manager(Settings.load()))
        made.store.upgrade()
        yield made
        made.store.close()
        made.library.close()


def upgrade(services: Services) -> None:
    """Do what an upgrade by a newer version does, as far as a running process can tell."""
    run_sql(services.store, "UPDATE alembic_version SET version_num = '9999_newer'")


def put_back(services: Services) -> None:
    run_sql(services.store, f"UPDATE alembic_version SET version_num = '{services.store.head()}'")  # noqa: S608


def assert_asks_to_be_started_again(ended: Ended) -> None:
    assert (ended.code, "Traceback" in ended.err) == (RESTART, False)
    assert ended.err.splitlines()[-1].startswith(ENDED)


def test_the_gate_answers_503_and_ends(services: Services, commands: Commands) -> None:
    with serving(commands, "--json") as served:
        url = json.loads(served.line)["url"]
        assert httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
        upgrade(services)
        # Until it has ended: not for long, since it looks every second.
        answers = set()
        with suppress(httpx.TransportError):
            while True:
                answer = httpx.get(f"{url}/s/{'a' * 43}", trust_env=False, headers={"Accept": "text/html"})
                answers.add((answer.status_code, answer.headers["Cache-Control"], "<html" in answer.text))
        assert answers <= {(503, "no-store", True)}
        assert_asks_to_be_started_again(served.wait())


def test_a_worker_ends_and_leaves_its_message_to_the_next(
    services: Services, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("init").code == 0
    # As `init` writes it: the queue's address stands in the settings beside this test.
    running = commands.start("worker")
    wait_until(lambda: workers(services) == 1, "the worker did not begin")
    upgrade(services)
    services.library.put(TEAM, (sample_folder() / TEAM).read_bytes(), media_type="image/jpeg")
    assert_asks_to_be_started_again(running.wait())
    put_back(services)
    assert not is_known(services, TEAM)
    wait_until(lambda: call("worker", "--until-empty").code == 0 and is_known(services, TEAM), "the message was lost")


def workers(services: Services) -> int:
    with services.store.reading() as unit:
        return unit.workers.since(services.now().replace(year=2000)).count


def test_following_a_bucket_ends(services: Services, commands: Commands) -> None:
    with at_work(commands, "reconcile", "--every", "1s", "--json") as rounds:
        assert json.loads(rounds.line)["seen"] == 0
        upgrade(services)
        assert_asks_to_be_started_again(rounds.wait())


def test_a_program_that_meets_a_newer_database_says_what_to_do(services: Services, commands: Commands) -> None:
    upgrade(services)
    ended = commands.run("jobs", "list")
    assert (ended.code, ended.sentence) == (
        RESTART,
        "the database was set up by a newer version of the program: upgrade dam-plugin",
    )


def test_a_program_that_meets_an_older_database_says_what_to_do(services: Services, commands: Commands) -> None:
    run_sql(services.store, "UPDATE alembic_version SET version_num = '20261130_news'")
    ended = commands.run("jobs", "list")
    assert (ended.code, ended.sentence) == (
        RESTART,
        "the database is not set up for this version: run `dam-plugin db upgrade`",
    )


@pytest.mark.parametrize("services", DATABASES[1:], indirect=True)
def test_a_worker_of_celerys_ends(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        redis_corner(tmp_path, monkeypatch),
        started("outdated", "worker", "-Q", "people,bulk", "-n", "outdated@here", *ALONE) as worker,
    ):
        wait_until(lambda: worker.says("ready."), "the worker did not start")
        upgrade(services)
        assert worker.running.wait(60) == RESTART
        assert worker.says("the worker ends: the database was set up by a newer version of the program")
        assert not worker.says("Traceback")
