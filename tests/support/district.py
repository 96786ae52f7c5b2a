"""Fixtures: a small district ready for use: bucket, queue, database, the sample roster and, on demand, sample recordings.

Real parts: moto's server over HTTP, SQLite in a file, the plugin manager as a host gets it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pluggy
import pytest
from clock import TODAY
from moto_server import DELIVERY_KEYS

from dam_hooks import hookimpl, manager, services_of
from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.intake.events import take_in
from dam_plugin.model import Actor, AssetEvent, Recipient, Share
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.services import Services
from dam_plugin.settings import District as Policy
from dam_plugin.settings import Settings
from dam_plugin.sharing.share import Answer, share
from dam_plugin.store import StoredAsset

TEAM = "events/athletics/team-photo.jpg"
CROWD = "events/fall-concert/concert-crowd.jpg"
PORTRAIT = "portraits/portrait-0417.jpg"
HALLWAY = "cameras/hallway/hallway-1042.jpg"
GRADUATION = "events/graduation/graduation.jpg"
PEP_RALLY = "events/athletics/pep-rally.jpg"
SCIENCE_LAB = "classroom/science-lab.jpg"
UNTITLED = "inbox/untitled-0031.jpg"
BROKEN = "inbox/broken.jpg"
CLIP = "events/fall-concert/stage-clip.mov"

# Roster ids: who is in which sample stands in the samples' own README.
THERESA, INES, HANNAH, CALEB, OWEN, PRIYA = "104203", "104211", "104217", "104230", "104238", "104245"
SOFIA, NOAH = "104263", "104270"
INES_MOTHER, HANNAH_MOTHER, CALEB_FATHER, SOFIA_MOTHER = "G-2111", "G-2171", "G-2301", "G-2631"

CUSTODIAN = Actor("custodian", "records-office")
MEDIA_STAFF = Actor("media_staff", "media-desk")
PUBLIC = Recipient("public", "public")
KEY = "k" * 40
SIGNING_KEY = KEY[::-1] + "signing"
# 32 bytes in base64, as `init` makes them.
EXPORT_KEY = "ZXhwb3J0LWtleS1vZi10aGUtdGVzdHMtMzItYnl0ZXM"
DATABASE = "dam-plugin.sqlite3"


@dataclass(frozen=True)
class District:
    """A district ready for use."""

    pm: pluggy.PluginManager
    services: Services
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def student(self, roster_id: str) -> str:
        return self.services.pseudonyms.student(roster_id)

    def guardian(self, guardian_id: str) -> str:
        return self.services.pseudonyms.guardian(guardian_id)

    def upload(self, key: str, body: bytes | None = None) -> StoredAsset:
        """Store a sample (or a body) under a key, as any tool would, and have it tagged."""
        content = (sample_folder() / key).read_bytes() if body is None else body
        self.services.library.put(key, content, media_type="application/octet-stream")
        stored = take_in(self.services, AssetEvent(key))
        assert stored is not None
        return stored

    def share(self, key: str, **changes: Any) -> Answer:
        """Share a recording; by default a publication on the website by media staff."""
        request = Share("", key, "publication", "website", MEDIA_STAFF, PUBLIC)
        return share(self.services, replace(request, **changes))

    def ask(self, key: str, recipient: Recipient, purpose: str = "inspection", **changes: Any) -> Answer:
        """Ask the custodian for a recording."""
        return self.share(key, kind="request", purpose=purpose, actor=CUSTODIAN, recipient=recipient, **changes)

    def release_tag(self, key: str, version_id: str | None = None) -> str | None:
        return self.services.library.tags(key, version_id).get("dam-release")


def policy(today: date) -> dict[str, Any]:
    return {
        "directory_notice": today - timedelta(days=90),
        "opt_out_window_ends": today - timedelta(days=75),
        "directory_includes_images": True,
    }


def _variables(bucket: str, folder: Path, today: date) -> dict[str, str]:
    return {
        "DAM_PLUGIN_BUCKET": bucket,
        "DAM_PLUGIN_DATABASE_URL": f"sqlite:///{(folder / DATABASE).as_posix()}",
        "DAM_PLUGIN_PSEUDONYM_KEY": KEY,
        "DAM_PLUGIN_SIGNING_KEY": SIGNING_KEY,
        "DAM_PLUGIN_EXPORT_KEY": EXPORT_KEY,
        # The detector's pictures and grounds have tests of their own; here a name in a file is enough, and quick.
        "DAM_PLUGIN_COUNT_FACES": "false",
        "DAM_PLUGIN_COMPLETE_BY": "metadata",
        "DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID": DELIVERY_KEYS[0],
        "DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY": DELIVERY_KEYS[1],
        **{f"DAM_PLUGIN_DISTRICT__{name.upper()}": str(value) for name, value in policy(today).items()},
    }


@pytest.fixture(scope="session", autouse=True)
def installed_plugins() -> Iterator[None]:
    """Look for installed plugins once a run: it reads a file of each installed package, for every command and district."""
    plugin = sys.modules[manager.__module__]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugin, "entry_points", cache(plugin.entry_points))
        yield


@lru_cache(maxsize=1)
def _with_roster(today: date) -> bytes:
    """Return a database with the sample roster and its entry in the ledger, whatever else a test has set."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        services = services_of(manager(Settings.load(folder, _variables("photos", folder, today))))
        services.store.upgrade()
        roster = read_roster(write_roster(sample_folder(), folder, today), services.pseudonyms)
        choices.import_roster(services, roster, CUSTODIAN)
        services.store.close()
        services.library.close()
        return (folder / DATABASE).read_bytes()


@pytest.fixture
def district(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    """A district with the sample roster and no recordings; the same settings stand in the environment for commands."""
    today = TODAY
    variables = _variables(bucket, tmp_path, today)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings = Settings.load()
    assert settings.district == Policy(**policy(today))
    pm = manager(settings)
    services = services_of(pm)
    # Made once a run: that takes longer than most tests.
    file = tmp_path / DATABASE
    file.touch(mode=0o600)
    file.write_bytes(_with_roster(today))
    write_roster(sample_folder(), tmp_path, today)
    yield District(pm, services, tmp_path, variables)
    services.store.close()
    services.library.close()


def beside(first: District, monkeypatch: pytest.MonkeyPatch, name: str) -> District:
    """Return a second district with the same bucket, key and roster, and nothing else on file; commands are for it now."""
    file = first.folder / f"{name}.sqlite3"
    file.touch(mode=0o600)
    file.write_bytes(_with_roster(TODAY))
    # The end of the first one's ledger would make the second look like one that was put back.
    first.services.library.delete("ledger/head.json")
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", f"sqlite:///{file.as_posix()}")
    pm = manager(Settings.load())
    return District(pm, services_of(pm), first.folder, first.variables)


def paged(district: District) -> list[tuple[str, str]]:
    """Attach a plugin that tells people; return what it is given to tell: to whom, and the message."""
    told: list[tuple[str, str]] = []

    class Pager:
        @hookimpl
        def notify(self, person: str, message: str) -> bool:
            told.append((person, message))
            return True

    district.pm.register(Pager())
    return told
