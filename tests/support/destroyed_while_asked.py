"""Commands by which a test destroys a recording that somebody asks for, and answers the request."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clock import now
from command_line import Called, call
from district import PORTRAIT, TEAM, District

from dam_plugin.model import AssetEvent

AS = ("--as", "custodian:records-office")
LAW = "34 CFR 99.10(e)"
RULES = """\
[[rule]]
name = "events"
folder = ["events/**", "portraits/**", "ceremonies/**"]
use = "none"
years = 0
source = "the district's own schedule"
"""
# What each closing says: its outcome, and what belongs to it.
CLOSINGS = {
    "no-such-record": (),
    "denied": ("--provision", "34 CFR 99.4"),
    "granted": (),
    "partly": ("--provision", "34 CFR 99.12(a)"),
    "referred-elsewhere": (),
}


def library_by(rules: str, district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """Put a schedule in force, and two recordings into the library that are due by it."""
    Path("retention.toml").write_text(rules, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    return district


def destroyed(key: str = TEAM) -> str:
    """Destroy a recording by the schedule; return the id in the log."""
    done = call("retention", "destroy", key, "--why", "the schedule", *AS, "--json")
    assert done.code == 0, done.text
    assert done.object()["state"] == "done"
    return str(done.object()["id"])


def closed(request: str, outcome: str, *more: str, why: str = "looked for") -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", why, *CLOSINGS[outcome], *more, *AS)


def letter(request: str, language: str = "en", *more: str, kind: str = "no-such-record") -> str:
    written = call("letter", "write", kind, "--request", request, "--lang", language, *more, *AS, "--json")
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    days_later(monkeypatch, 1)


def days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr("dam_plugin.services.local_now", lambda: now().astimezone() + timedelta(days=days))


def deleted(district: District, key: str = TEAM) -> None:
    """Let a recording be gone from the storage for good, with every version; nobody holds it."""
    for each in list(district.services.library.versions(key)):
        district.services.library.delete(key, each.version_id)
    district.pm.hook.asset_deleted(event=AssetEvent(key))
