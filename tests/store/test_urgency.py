"""The queue begins with emergencies, page by page; an upgrade finds those that wait already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from databases import DATABASES, empty_database, run_sql

from dam_plugin import model
from dam_plugin.model import Actor, Recipient, Referral, ReferralKind, Share
from dam_plugin.store import Store, StoredShare

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
INDEX = "ix_referrals_closed_at_secret_urgency_due_opened_at_id"


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Four pieces of open work: the third is an emergency, the fourth was one, and something has gone out in it."""
    with empty_database(request.param, tmp_path) as url:
        made = Store(url)
        made.upgrade()
        kinds: tuple[ReferralKind, ...] = ("sunshine", "official", "official", "review")
        with made.writing() as unit:
            for number, kind in enumerate(kinds):
                threat = {"emergency": {"threat": "a missing child"}} if number > 1 else {}
                share = Share(
                    f"s-{number}",
                    "k",
                    "request",
                    "news",
                    Actor("media_staff"),
                    Recipient("public"),
                    evidence=threat,
                    at=NOW,
                )
                unit.shares.add_share(StoredShare(share, None, "refer", {"outcome": "refer", "reasons": []}, None, NOW))
                due = date(2026, 11, 2) + timedelta(days=number)
                referral = Referral(f"r-{number}", kind, share.id, "k", f"key {number}", (), NOW, due)
                unit.referrals.add(referral, is_emergency=number == 2)
        yield made
        made.close()


def ids(store: Store, *, limit: int | None = None, after: str | None = None, owner: str | None = None) -> list[str]:
    with store.reading() as unit:
        behind = None if after is None else unit.referrals.need(after)
        return [each.id for each in unit.referrals.open_page(limit=limit, after=behind, owner=owner)]


def upgrade_from_before(store: Store) -> None:
    """Take the column away, and upgrade as from the version before it."""
    run_sql(
        store,
        f"DROP INDEX {INDEX}",
        "ALTER TABLE referrals DROP COLUMN urgency",
        "UPDATE alembic_version SET version_num = '20261130_users'",
    )
    store.upgrade()


def test_the_queue_begins_with_emergencies_and_goes_on_page_by_page(store: Store) -> None:
    assert ids(store) == ["r-2", "r-0", "r-1", "r-3"]
    assert ids(store, limit=2) == ["r-2", "r-0"]
    assert ids(store, limit=2, after="r-0") == ["r-1", "r-3"]
    assert ids(store, after="r-2") == ["r-0", "r-1", "r-3"]
    assert ids(store, after="r-3") == []


def test_what_is_asked_for_again_without_the_emergency_waits_its_turn(store: Store) -> None:
    with store.writing() as unit:
        unit.referrals.again("r-2", "s-1", ("EX9-EVIDENCE",))
        unit.referrals.again("r-1", "s-2", ("EX9-EVIDENCE",), is_emergency=True)
        unit.referrals.assign("r-0", "ms-lopez")
        unit.referrals.close("r-3", NOW, None, "done")
    assert ids(store) == ["r-1", "r-0", "r-2"]
    assert ids(store, owner="ms-lopez") == ["r-0"]


def test_an_upgrade_finds_them_by_what_was_an_emergency_then(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "AFTERWARDS", ())
    upgrade_from_before(store)
    assert ids(store) == ["r-2", "r-0", "r-1", "r-3"]


def test_an_upgrade_finds_the_emergencies_that_wait(store: Store) -> None:
    upgrade_from_before(store)
    assert ids(store) == ["r-2", "r-0", "r-1", "r-3"]
