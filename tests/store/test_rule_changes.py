from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dam_plugin.errors import StoreError, UnknownThing
from dam_plugin.model import Actor, Asset, Tagging
from dam_plugin.store import PendingTags, RuleChange, Store, StoredAsset, SystemUser

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
CHANGE = RuleChange("rc-1", NOW, Actor("media_staff", "desk"), SystemUser("1000", "ada"), "d1")
HELD, OPEN = Tagging(state="failed", closed="security"), Tagging(state="complete")


def asked(asset_id: str) -> PendingTags:
    return PendingTags(asset_id, f"games/{asset_id}.jpg", HELD, OPEN)


@pytest.fixture(autouse=True)
def library(store: Store) -> None:
    with store.writing() as unit:
        for asset_id in ("b", "a"):
            asset = Asset(asset_id, asked(asset_id).key, "v1", f"etag-{asset_id}", 7)
            unit.assets.save(StoredAsset(asset, None, "hold", HELD, HELD, NOW, NOW))


def keep(store: Store, change: RuleChange, *asset_ids: str) -> None:
    with store.writing() as unit:
        unit.rule_changes.add(change)
        unit.rule_changes.add_tags(change.id, map(asked, asset_ids))


def test_a_request_is_read_as_it_was_kept(store: Store) -> None:
    keep(store, CHANGE, "b", "a")
    with store.reading() as unit:
        assert unit.rule_changes.change("rc-1") == unit.rule_changes.need("rc-1") == CHANGE
        assert unit.rule_changes.tags("rc-1") == [asked("a"), asked("b")]


def test_a_request_that_is_not_there_is_named(store: Store) -> None:
    with store.reading() as unit:
        assert unit.rule_changes.change("rc-2") is None
        with pytest.raises(UnknownThing, match="rules pending"):
            unit.rule_changes.need("rc-2")
    with pytest.raises(UnknownThing), store.writing() as unit:
        unit.rule_changes.approve("rc-2")


def test_requests_wait_in_the_order_in_which_they_were_made(store: Store) -> None:
    later = replace(CHANGE, id="rc-0", at=NOW + timedelta(minutes=1))
    for each in (later, CHANGE):
        keep(store, each)
    with store.reading() as unit:
        assert unit.rule_changes.pending() == [CHANGE, later]


def test_an_approved_request_waits_no_more(store: Store) -> None:
    keep(store, CHANGE, "a")
    with store.writing() as unit:
        unit.rule_changes.settle("rc-1", "a", "applied")
        unit.rule_changes.approve("rc-1")
    with store.reading() as unit:
        assert unit.rule_changes.pending() == []
        assert unit.rule_changes.need("rc-1").state == "approved"
        assert unit.rule_changes.tags("rc-1") == [replace(asked("a"), outcome="applied")]


def test_other_rules_supersede_what_waits(store: Store) -> None:
    keep(store, CHANGE, "a")
    keep(store, replace(CHANGE, id="rc-2", digest="d2"), "a")
    with store.writing() as unit:
        assert unit.rule_changes.supersede("d2") == ["rc-1"]
        assert unit.rule_changes.supersede("d2") == []
    with store.reading() as unit:
        assert unit.rule_changes.need("rc-1").state == "superseded"
        assert [each.id for each in unit.rule_changes.pending()] == ["rc-2"]


def test_what_is_asked_for_a_recording_is_found_by_the_rules_digest_while_it_waits(store: Store) -> None:
    keep(store, CHANGE, "a", "b")
    with store.writing() as unit:
        assert unit.rule_changes.asked("a", "d1") == {"rc-1": asked("a")}
        assert unit.rule_changes.asked("a", "d2") == {}
        assert [unit.rule_changes.asks_for("rc-1", each) for each in (["a"], ["x", "b"], ["x"], [])] == [
            True,
            True,
            False,
            False,
        ]
        unit.rule_changes.settle("rc-1", "a", "stale")
        assert unit.rule_changes.asks_for("rc-1", ["a"])
        assert unit.rule_changes.asked("a", "d1") == {}
        assert unit.rule_changes.asked("b", "d1") == {"rc-1": asked("b")}
        unit.rule_changes.supersede("d2")
        assert unit.rule_changes.asked("b", "d1") == {}


@pytest.mark.parametrize(("change_id", "asset_id"), [("rc-9", "a"), ("rc-1", "nowhere")])
def test_tags_belong_to_a_request_and_a_recording(store: Store, change_id: str, asset_id: str) -> None:
    keep(store, CHANGE)
    with pytest.raises(StoreError), store.writing() as unit:
        unit.rule_changes.add_tags(change_id, [asked(asset_id)])
