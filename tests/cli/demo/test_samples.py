"""The samples' date grammar, and the folder that they lie in."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dam_plugin.cli.demo import samples
from dam_plugin.cli.demo.samples import resolved, sample_folder, sample_media, write_roster
from dam_plugin.errors import InputError

TODAY = date(2026, 10, 2)
days = st.dates(date(1950, 1, 1), date(2150, 1, 1))


@pytest.mark.parametrize(
    ("cell", "day", "expected"),
    [
        ("today", TODAY, "2026-10-02"),
        ("today-30d", TODAY, "2026-09-02"),
        ("today+1y", TODAY, "2027-10-02"),
        ("today-18y-40d", TODAY, "2008-08-23"),
        ("today-40d-18y", TODAY, "2008-08-23"),
        ("today-1y", date(2024, 2, 29), "2023-02-28"),
        ("today-4y", date(2024, 2, 29), "2020-02-29"),
        ("today+1y+1d", date(2024, 2, 29), "2025-03-01"),
        ("today+1d+1y", date(2024, 2, 28), "2025-02-28"),
        ("today+100y", date(2000, 2, 29), "2100-02-28"),
    ],
)
def test_a_relative_date_is_resolved_from_left_to_right(cell: str, day: date, expected: str) -> None:
    assert resolved(cell, day) == expected


@pytest.mark.parametrize(
    "cell", ["", "2026-09-01", "Today", "today -1d", "today-1m", "today-d", "xtoday", "today-1d;today", "yes"]
)
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert resolved(cell, TODAY) == cell


@given(days, st.integers(0, 9999))
def test_days_there_and_back_are_the_same_day(day: date, count: int) -> None:
    assert resolved(f"today+{count}d-{count}d", day) == day.isoformat()


@given(days, st.integers(-9999, 9999))
def test_days_are_counted(day: date, count: int) -> None:
    assert resolved(f"today{count:+}d", day) == (day + timedelta(days=count)).isoformat()


@given(days, st.integers(-90, 90))
def test_a_year_later_is_the_same_day_of_the_year_but_for_a_leap_day(day: date, years: int) -> None:
    later = date.fromisoformat(resolved(f"today{years:+}y", day))
    assert later.year == day.year + years
    same = (later.month, later.day) == (day.month, day.day)
    fell_back = (day.month, day.day, later.month, later.day) == (2, 29, 2, 28)
    assert same or fell_back


@given(st.text())
def test_no_cell_breaks_the_grammar(cell: str) -> None:
    if not cell.startswith("today"):
        assert resolved(cell, TODAY) == cell


def test_the_samples_are_found_in_the_order_of_their_keys() -> None:
    keys = [key for key, _ in sample_media(sample_folder())]
    assert keys == sorted(keys)
    assert len(keys) == 28
    assert {Path(key).suffix for key in keys} == {".jpg", ".wav", ".mov"}
    assert not any(key.startswith("roster") for key in keys)


def test_the_roster_is_written_with_every_date_resolved(tmp_path: Path) -> None:
    folder = write_roster(sample_folder(), tmp_path, TODAY)
    assert sorted(path.name for path in folder.iterdir()) == [
        "consents.csv",
        "guardians.csv",
        "opt_outs.csv",
        "students.csv",
    ]
    assert not any("today" in path.read_text(encoding="utf-8") for path in folder.iterdir())
    with (folder / "students.csv").open(encoding="utf-8", newline="") as file:
        born = [row["born"] for row in csv.DictReader(file)]
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) for day in born)


def test_missing_samples_are_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "files", lambda _: tmp_path / "dam_plugin")
    with pytest.raises(InputError, match="install dam-plugin from its wheel again"):
        sample_folder()


def test_samples_inside_an_installed_package_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path / "dam_plugin" / "sample_assets", tmp_path / "sample_assets"):
        (folder / "roster").mkdir(parents=True)
        (folder / "roster" / "students.csv").touch()
    monkeypatch.setattr(samples, "files", lambda _: tmp_path / "dam_plugin")
    assert sample_folder() == tmp_path / "dam_plugin" / "sample_assets"
