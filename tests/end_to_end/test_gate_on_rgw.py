"""The whole way on a storage that heeds its policy: shared, opened in a browser, opted out, refused by page and by storage.

What runs are the program's own commands, with the ordinary AWS variables and the users of three roles.
"""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import served_command
from browser import CHROMIUM, Browser
from command_line import call
from commands import Commands
from district import INES, KEY, TEAM, policy
from live_service import client_of
from rgw_server import Rgw, applied, keys_of

from dam_plugin.demo.samples import sample_folder, write_roster
from dam_plugin.store import Store

pytestmark = [
    pytest.mark.rgw,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open links with"),
]

PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")
PICTURE_COLOURS = 5_000


@dataclass(frozen=True)
class Place:
    """A district on a guarded bucket; everything it needs stands in the environment."""

    rgw: Rgw
    bucket: str
    folder: Path

    def upload(self, key: str) -> None:
        """Store a sample as the host does, and have it tagged."""
        body = (sample_folder() / key).read_bytes()
        self.rgw.clients["host"].put_object(Bucket=self.bucket, Key=key, Body=body)
        assert call("reconcile").code == 0

    def roster(self, *opted_out: str) -> None:
        """Import the roster, with more opt-outs than it had."""
        today = date.today()  # noqa: DTZ011 - the district's own day
        roster = write_roster(sample_folder(), self.folder, today)
        with (roster / "opt_outs.csv").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([each, today.isoformat(), "", ""] for each in opted_out)
        ended = call("roster", "import", str(roster), "--as", "custodian:records-office")
        assert ended.code == 0, ended.text


@pytest.fixture
def place(rgw: Rgw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    bucket = rgw.bucket()
    assert applied(rgw, bucket).code == 0
    database = f"sqlite:///{(tmp_path / 'dam-plugin.sqlite3').as_posix()}"
    delivery = keys_of("delivery")
    today = date.today()  # noqa: DTZ011 - the district's own day
    variables = {
        "DAM_PLUGIN_BUCKET": bucket,
        "DAM_PLUGIN_DATABASE_URL": database,
        "DAM_PLUGIN_PSEUDONYM_KEY": KEY,
        "DAM_PLUGIN_SIGNING_KEY": KEY[::-1] + "signing",
        "DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID": delivery[0],
        "DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY": delivery[1],
        **{f"DAM_PLUGIN_DISTRICT__{name.upper()}": str(value) for name, value in policy(today).items()},
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    store = Store(database)
    store.upgrade()
    store.close()
    with rgw.environment("plugin"):
        place = Place(rgw, bucket, tmp_path)
        place.roster()
        yield place


@contextmanager
def serving(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run `dam-plugin serve` as a process of its own until the block ends, at the address that links then have."""
    with served_command.serving(commands, "--json") as served:
        monkeypatch.setenv("DAM_PLUGIN_PUBLIC_URL", json.loads(served.line)["url"])
        yield
        ended = served.end(signal.SIGTERM)
    assert ended.code == 0, ended.err


def shows_a_picture(browser: Browser) -> bool:
    return len(browser.screenshot().getcolors(maxcolors=1 << 24) or []) > PICTURE_COLOURS


def test_after_an_opt_out_a_link_shows_a_page_and_the_storage_refuses_the_url_handed_out_before(
    place: Place, commands: Commands, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.upload(TEAM)
    with serving(commands, monkeypatch):
        made: dict[str, Any] = call("share", TEAM, *PUBLICATION).object()
        browser.open(made["url"])
        assert shows_a_picture(browser)
        handed_out = browser.address
        assert handed_out.startswith(f"{place.rgw.url}/{place.bucket}/released/")
        assert httpx.get(handed_out, trust_env=False).content.startswith(b"\xff\xd8")

        place.roster(INES)

        assert httpx.get(handed_out, trust_env=False).status_code == 403
        browser.open(made["url"])
        assert not shows_a_picture(browser)
        assert "This link does not open anything" in browser.text
        assert "Whom to ask" in browser.text
        with client_of(made["url"]) as client:
            refused = client.get("")
            assert (refused.status_code, "location" in refused.headers) == (404, False)


def test_a_head_is_answered_by_the_storage_too(
    place: Place, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.upload(TEAM)
    with serving(commands, monkeypatch):
        url = call("share", TEAM, *PUBLICATION).object()["url"]
        there = httpx.head(url, trust_env=False, follow_redirects=True)
        assert (there.status_code, there.headers["content-type"]) == (200, "image/jpeg")
        assert int(there.headers["content-length"]) > 1_000
        # A URL for a HEAD reads nothing, and one to read answers no HEAD.
        for_head = httpx.head(url, trust_env=False).headers["location"]
        assert httpx.get(for_head, trust_env=False).status_code == 403


def test_a_url_is_refused_when_its_minute_is_over_or_it_was_changed(
    place: Place, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.upload(TEAM)
    with serving(commands, monkeypatch):
        url = call("share", TEAM, *PUBLICATION).object()["url"]
        handed_out = httpx.get(url, trust_env=False).headers["location"]
        assert "X-Amz-Expires=60" in handed_out
        for other in (
            handed_out.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
            handed_out.replace("/released/", "/events/"),
            handed_out.split("?")[0],
        ):
            assert httpx.get(other, trust_env=False).status_code in (403, 404)
