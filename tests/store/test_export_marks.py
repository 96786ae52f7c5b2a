"""The mark of a set is another one whenever anything changes that its decisions rest on, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dam_plugin.model import Actor, Appearance, Asset, Consent, Guardianship, OptOut, Recipient, StudentRecord, Tagging
from dam_plugin.store import ChoiceSource, FamilyStatement, Store, StoredAsset, SystemUser, Unit
from dam_plugin.store.sets import ExportFile, ExportSet, Query, SetOrder

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ORDER = SetOrder(Query(), "pspa", Recipient("public", "pspa"))
SET = ExportSet("x1", NOW, NOW.date(), "made", Actor("media_staff"), ORDER, "set.zip", "roster", "rules")
FILE = ExportFile("x1", 1, "candid", "b", "games/1.jpg", "a1", "d1", "allow", "written", path="candids/c1.jpg")
NOAH = StudentRecord("S-1", "104270", ("Noah Begaye",))
ASSET = StoredAsset(Asset("a1", "games/1.jpg", "v1", "e1", 10), None, "staff", Tagging(), Tagging(), NOW, NOW)
DESK = Actor("custodian", "desk")
CONTESTS = FamilyStatement(
    "st-1", NOW, "contested.jpg", "S-1", NOW.date(), "He helped.", DESK, SystemUser(1000, "registrar")
)
LIMIT = Guardianship("S-1", "G-1", "limited", NOW.date(), "an order", DESK)

Change = Callable[[Unit], object]
CHANGES: dict[str, Change] = {
    "an opt-out": lambda unit: unit.people.add_opt_out("S-1", OptOut(NOW.date()), "paper", NOW),
    "a consent": lambda unit: unit.people.add_consent(Consent("S-1", purpose="yearbook"), None, NOW),
    "a court order": lambda unit: unit.people.add_guardianship(LIMIT, NOW),
    "another name": lambda unit: unit.people.upsert_roster([replace(NOAH, names=("Noah B.",))], NOW),
    "an import": lambda unit: unit.people.add_import("plain", "file", NOW, whole=True, students=1),
    "opt-outs to come": lambda unit: unit.people.add_choice_source(
        ChoiceSource("later", NOW, Actor("custodian", "office"), why="in September")
    ),
    # With the time that it had: no clock is asked.
    "other tags": lambda unit: unit.assets.save(replace(ASSET, tagging=Tagging(appearances=(Appearance("S-1"),)))),
    "a deletion": lambda unit: unit.assets.save(replace(ASSET, deleted=True)),
    "a new version": lambda unit: unit.assets.save(
        replace(ASSET, asset=replace(ASSET.asset, id="a2", version_id="v2"))
    ),
    "a new version of what a family contests": lambda unit: unit.assets.save(
        replace(ASSET, asset=replace(ASSET.asset, id="c", key="contested.jpg"))
    ),
    "another file": lambda unit: unit.exports.change_files([replace(FILE, digest="d2")]),
    "another caption": lambda unit: unit.exports.change_files([replace(FILE, caption="The game")]),
    "what stood behind a digest": lambda unit: unit.exports.forget_decisions(["d1"]),
}
NO_CHANGES: dict[str, Change] = {
    "pages": lambda unit: unit.exports.keep_pages("x1", {1: ("12",)}),
    "another recording": lambda unit: unit.assets.save(replace(ASSET, asset=replace(ASSET.asset, id="b", key="b.jpg"))),
    "another set": lambda unit: unit.exports.add_set(replace(SET, id="x2")),
    "time": lambda _unit: NOW + timedelta(days=1),
}


@pytest.fixture
def kept(store: Store) -> Store:
    """A set of one file, and a family's statement in another recording."""
    with store.writing() as unit:
        unit.people.upsert_roster([NOAH], NOW)
        unit.assets.save(ASSET)
        unit.statements.add(CONTESTS)
        unit.exports.add_set(SET)
        unit.exports.add_decisions({"d1": {}})
        unit.exports.add_files([FILE])
    return store


def marks(store: Store, change: Change) -> tuple[object, object]:
    with store.reading() as unit:
        before = unit.exports.mark("x1")
    with store.writing() as unit:
        change(unit)
        return before, unit.exports.mark("x1")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_a_decision_rests_on_changes_the_mark(kept: Store, change: Change) -> None:
    before, after = marks(kept, change)
    assert before != after


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES.keys())
def test_what_no_decision_rests_on_leaves_it_as_it_is(kept: Store, change: Change) -> None:
    before, after = marks(kept, change)
    assert before == after
