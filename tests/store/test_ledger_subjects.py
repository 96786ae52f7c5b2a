from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dam_plugin.model import Actor, Link, Recipient, Referral, Release, Share
from dam_plugin.store import Store, StoredShare

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
DECISION = {"outcome": "deny", "reasons": [{"clause": "CLOSED", "text": "", "students": []}]}


@pytest.fixture
def _shares(store: Store) -> None:
    """Shares 1 to 3 on three days, of versions a1, a1 and a2; the first has a copy, a link and a referral."""
    release = Release("r1", "released/r1", "0" * 64, "k", None, "e", (), "open")
    with store.writing() as unit:
        unit.shares.add_release(release, NOW)
        for number, version in ((1, "a1"), (2, "a1"), (3, "a2")):
            share = Share(f"sh{number}", "k", "request", "news", Actor("custodian"), Recipient("public"))
            release_id = "r1" if number == 1 else None
            at = NOW + timedelta(days=number)
            unit.shares.add_share(StoredShare(share, version, "deny", DECISION, release_id, at))
        unit.shares.add_link(Link("l1", "sh1", "r1", NOW, NOW + timedelta(days=30)), "hash")
        unit.referrals.add(Referral("rf1", "sunshine", "sh1", "k", "key", (), NOW, date(2026, 10, 7)))


@pytest.mark.usefixtures("_shares")
def test_shares_are_found_by_id_and_by_version(store: Store) -> None:
    with store.reading() as unit:
        traces = unit.entries.subjects
        assert set(traces.shares(versions=["a1", "none"])) == {"sh1", "sh2"}
        assert set(traces.shares(ids=["sh3"], versions=["a1"])) == {"sh1", "sh2", "sh3"}
        assert [traces.shares(ids=["sh1", "sh2"])[each].is_released for each in ("sh1", "sh2")] == [True, False]
        assert traces.shares() == {}


@pytest.mark.usefixtures("_shares")
def test_links_and_referrals_are_found_by_their_share(store: Store) -> None:
    with store.writing() as unit:
        traces = unit.entries.subjects
        assert traces.links(["sh1", "sh2"]) == traces.links(["sh1"], open_at=NOW) == {"l1": "sh1"}
        assert traces.links(["sh1"], open_at=NOW + timedelta(days=30)) == {}
        assert traces.referrals(["sh1"], open_only=True) == {"rf1": "sh1"}
        unit.referrals.close("rf1", NOW, None, "withdrawn")
        assert traces.referrals(["sh1"], open_only=True) == {}
        assert traces.referrals(["sh1"]) == {"rf1": "sh1"}


@pytest.mark.usefixtures("_shares")
def test_a_share_is_replaced_by_what_is_left_of_it(store: Store) -> None:
    less = Share("sh2", "k", "request", "deleted", Actor("custodian"), Recipient("public"))
    with store.writing() as unit:
        unit.entries.subjects.replace_share(less, {"reasons": []})
    with store.reading() as unit:
        kept = unit.shares.share("sh2")
        assert kept is not None
        assert (kept.share, kept.decision, kept.outcome) == (less, {"reasons": []}, "deny")
