from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dam_plugin.model import Actor, Appearance, Asset, Recipient, Tagging
from dam_plugin.store import Store, StoredAsset
from dam_plugin.store.sets import ExportFile, ExportSet, Query, SetOrder

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ORDER = SetOrder(Query(), "pspa", Recipient("public", "pspa"))
SET = ExportSet("x1", NOW, NOW.date(), "made", Actor("media_staff"), ORDER, "set.zip", "roster", "rules")
FILE = ExportFile("x1", 1, "candid", "b", "games/1.jpg", "a1", "d1", "allow", "written", path="candids/c1.jpg")


@pytest.fixture
def sets(store: Store) -> Store:
    """Two sets: the first shows S-1 twice and names S-2 once, the second shows S-2."""
    with store.writing() as unit:
        for set_id in ("x1", "x2"):
            unit.exports.add_set(replace(SET, id=set_id))
        unit.exports.add_files(
            [
                replace(FILE, shows=("S-1",)),
                replace(FILE, number=2, asset_id="a2", shows=("S-1", "S-2"), named=("S-2",)),
                replace(FILE, number=3, asset_id="a3", state="left_out", path=None, shows=("S-1",)),
                replace(FILE, number=4, asset_id="a4"),
                replace(FILE, set_id="x2", shows=("S-2",)),
            ]
        )
    return store


def test_files_of_several_students_are_counted_once_in_each_set(sets: Store) -> None:
    with sets.reading() as unit:
        assert unit.exports.traces.sets_with(["S-1", "S-2", "S-3"]) == {"x1": 2, "x2": 1}
        assert unit.exports.traces.sets_with([]) == {}


def test_a_student_is_found_by_the_files_that_show_or_name_them(sets: Store) -> None:
    with sets.reading() as unit:
        assert unit.exports.traces.numbers_with("x1", "S-2") == {2}
        assert unit.exports.traces.numbers_with("x1", "S-1") == {1, 2}
        assert unit.exports.traces.numbers_with("x2", "S-1") == frozenset()


def test_a_student_is_found_where_they_were_tagged_only_afterwards(sets: Store) -> None:
    tagging = Tagging(appearances=(Appearance("S-3", "focus"),))
    with sets.writing() as unit:
        for number in (3, 4):
            asset = Asset(f"a{number}", f"games/{number}.jpg", "v1", "e1", 10)
            unit.assets.save(StoredAsset(asset, None, "staff", tagging, tagging, NOW, NOW))
        assert unit.exports.traces.numbers_with("x1", "S-3") == {4}


def test_files_are_counted_by_todays_tags_too_and_those_that_a_set_is_still_to_get(sets: Store) -> None:
    tagging = Tagging(appearances=(Appearance("S-3", "focus"), Appearance("S-1", "focus")))
    with sets.writing() as unit:
        unit.exports.add_files([replace(FILE, set_id="x2", number=5, asset_id="a5", state="planned", path=None)])
        for number in (1, 3, 4, 5):
            asset = Asset(f"a{number}", f"games/{number}.jpg", "v1", "e1", 10)
            unit.assets.save(StoredAsset(asset, None, "staff", tagging, tagging, NOW, NOW))
        # The first file of both sets is of one recording; the third of the first was left out.
        assert unit.exports.traces.sets_with(["S-3"]) == {"x1": 2, "x2": 2}
        assert unit.exports.traces.sets_with(["S-1"]) == {"x1": 3, "x2": 2}


def test_the_files_that_bear_a_digest_are_found_where_they_were_written(sets: Store) -> None:
    with sets.reading() as unit:
        borne = unit.exports.traces.bearers(["d1", "d9"])
        assert borne == {"d1": {("x1", "candids/c1.jpg"): False, ("x2", "candids/c1.jpg"): False}}


def test_what_a_digest_stands_for_is_forgotten_alone(sets: Store) -> None:
    with sets.writing() as unit:
        unit.exports.add_decisions({"d1": {"case": {}}, "d2": {}})
        assert unit.exports.forget_decisions(["d1", "d9"]) == 1
        assert (unit.exports.decision("d1"), unit.exports.decision("d2")) == (None, {})
