"""A district on a storage that heeds its policy, with everything the program's commands need in the environment."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from district import KEY, policy
from rgw_server import Rgw, applied, keys_of

from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.store import Store


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
        today = TODAY
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
    today = TODAY
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
