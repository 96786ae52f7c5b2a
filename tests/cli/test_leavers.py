"""A student left: what was recorded before is their record still, and of a later recording alone that is doubted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from clock import now
from command_line import call
from databases import run_sql
from district import HANNAH, PORTRAIT, District
from yearbook_exports import put_candid

from dam_tagging.facts import About

AS = ("--as", "custodian:records-office")
NOTE = "is no student here any more"


def leaves(district: District, roster_id: str) -> None:
    """Import a roster without a student."""
    for path in (district.folder / "roster").glob("*.csv"):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join(each for each in lines if not each.startswith(roster_id)), "utf-8")
    imported = call("roster", "import", str(district.folder / "roster"), *AS)
    assert imported.code == 0, imported.text


def days_later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr("dam_plugin.services.local_now", lambda: now().astimezone() + timedelta(days=days))


def notes(key: str, who: str = "public:herald") -> Any:
    return [
        each
        for each in call("share", key, "--to", who, "--purpose", "news", *AS, "--json").object()["notes"]
        if NOTE in each
    ]


def test_a_recording_from_before_the_student_left_is_not_doubted_and_a_later_one_is(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PORTRAIT)
    days_later(monkeypatch, 2)
    leaves(district, HANNAH)
    hannah = district.student(HANNAH)
    assert call("student", "show", hannah, *AS, "--json").object()["active"] is False
    assert notes(PORTRAIT) == []
    put_candid(district, "reunion.jpg", HANNAH, about=About())
    seen = (now() + timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S.%f")
    run_sql(district.services.store, f"UPDATE assets SET first_seen = '{seen}' WHERE key = 'reunion.jpg'")  # noqa: S608
    call("ledger", "accept", "--why", "a test", *AS)
    (told,) = notes("reunion.jpg")
    assert (hannah in told, '"education records", (b)(5)' in told) == (True, True)
    # It came late, and was taken while the student was here.
    put_candid(district, "late.jpg", HANNAH, about=About(taken="2026:03:04 10:00:00"))
    assert notes("late.jpg") == []
