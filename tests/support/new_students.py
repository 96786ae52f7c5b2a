"""A district whose roster changes from one import to the next: who is left out of it, and who comes under another number."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from command_line import Called, call
from district import District

from dam_hooks import manager, services_of
from dam_plugin.settings import Settings

AS = ("--as", "custodian:records-office")


def fresh_district(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """Return the district as one that has imported nothing yet; the sample roster lies beside it."""
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", f"sqlite:///{(district.folder / 'fresh.sqlite3').as_posix()}")
    # The end of the first one's ledger would make this one look like one that was put back.
    district.services.library.delete("ledger/head.json")
    pm = manager(Settings.load())
    services = services_of(pm)
    services.store.upgrade()
    return District(pm, services, district.folder, district.variables)


def imported(
    district: District, *more: str, without: Iterable[str] = (), numbers: Mapping[str, str] | None = None
) -> Called:
    """Import the sample roster without some students, and others under another number."""
    folder, renumbered = district.folder / "a-roster", numbers or {}
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(district.folder / "roster", folder)
    for path in folder.glob("*.csv"):
        _rewrite(path, {*without}, renumbered)
    ended = call("roster", "import", str(folder), *AS, *more)
    assert ended.code == 0, ended.text
    return ended


def _rewrite(path: Path, without: set[str], numbers: Mapping[str, str]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            if row["student_id"] not in without:
                writer.writerow({**row, "student_id": numbers.get(row["student_id"], row["student_id"])})
