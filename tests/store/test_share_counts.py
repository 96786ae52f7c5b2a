"""Shares are counted by the database as if each was looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dam_plugin.model import Actor, Recipient, Share
from dam_plugin.store import Store, StoredShare
from dam_plugin.store.share_counts import FORGOTTEN, Answer, ShareGroup

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ALL = (None, None)


def kept(
    number: int, outcome: str, *clauses: str, key: str = "a.jpg", hours: float | None = None, **more: object
) -> StoredShare:
    share = Share(f"sh{number:03}", key, "request", "news", Actor("media_staff", "desk"), Recipient("public", "herald"))
    share = replace(share, **more)  # type: ignore[arg-type]
    reasons = [{"clause": each, "text": "a sentence", "students": ["S-1"]} for each in clauses]
    at = NOW + timedelta(hours=number if hours is None else hours)
    return StoredShare(share, "a1", outcome, {"reasons": reasons}, None, at)


def keep(store: Store, *shares: StoredShare) -> None:
    with store.writing() as unit:
        unit.shares.add_shares(shares)


def test_shares_are_grouped_by_outcome_clauses_and_whether_they_were_asked_again(store: Store) -> None:
    keep(
        store,
        kept(1, "deny", "EX4-OPTOUT", "EX3-MISSING"),
        kept(2, "deny", "EX4-OPTOUT", "EX3-MISSING"),
        kept(3, "allow", "EX4"),
        kept(4, "allow", "EX4", referral="rf-1"),
        kept(5, "refer"),
        kept(6, "allow", "EX4", secret=True),
    )
    with store.reading() as unit:
        assert set(unit.share_counts.groups(ALL)) == {
            ShareGroup("deny", ("EX4-OPTOUT", "EX3-MISSING"), count=2),
            ShareGroup("allow", ("EX4",)),
            ShareGroup("allow", ("EX4",), asked_again=True),
            ShareGroup("refer"),
        }
        span = (NOW + timedelta(hours=2), NOW + timedelta(hours=4))
        assert [each.outcome for each in unit.share_counts.groups(span)] == ["allow", "deny"]
        told = unit.share_counts.answers(["sh003", "sh004", "sh006", "none"], span)
    assert told == {
        "sh003": Answer("media_staff", "allow", asked_again=False, is_counted=True),
        "sh004": Answer("media_staff", "allow", asked_again=True, is_counted=False),
        "sh006": Answer("media_staff", "allow", asked_again=False, is_counted=False),
    }


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param(kept(2, "allow", "EX3"), 1, id="asked again"),
        pytest.param(kept(2, "redact", "EX3", key="b.jpg"), 0, id="another recording"),
        pytest.param(kept(2, "allow", "EX3", recipient=Recipient("parent", "G-1")), 0, id="another recipient"),
        pytest.param(kept(2, "allow", "EX3", actor=Actor("custodian")), 1, id="by somebody else"),
        pytest.param(kept(2, "refer", "LEGALITY"), 0, id="referred"),
        pytest.param(kept(2, "allow", "EX3", hours=0), 0, id="released before"),
        pytest.param(kept(2, "allow", "EX3", secret=True), 0, id="secret"),
    ],
)
def test_a_refusal_that_was_released_when_asked_again_is_overturned(
    store: Store, second: StoredShare, count: int
) -> None:
    keep(store, kept(1, "deny", "CLOSED"), second)
    with store.reading() as unit:
        assert unit.share_counts.overturned(ALL) == count


def test_what_was_asked_for_in_forgotten_shares_is_not_taken_as_the_same(store: Store) -> None:
    keep(store, kept(1, "deny", "CLOSED"), kept(2, "allow", "EX3"))
    with store.writing() as unit:
        for each in (kept(1, "deny"), kept(2, "allow")):
            unit.entries.subjects.replace_share(
                replace(each.share, purpose=FORGOTTEN, recipient=Recipient("public")),
                {"reasons": [{"clause": "CLOSED"}]},
            )
    with store.reading() as unit:
        assert (unit.share_counts.overturned(ALL), sum(each.count for each in unit.share_counts.groups(ALL))) == (0, 2)


def test_what_turned_out_to_be_secret_is_no_longer_counted(store: Store) -> None:
    first = kept(1, "deny", "CLOSED")
    keep(store, first)
    for secret, count in ((True, 0), (False, 1)):
        with store.writing() as unit:
            unit.shares.make_secret([first.share], secret=secret)
            assert len(unit.share_counts.groups(ALL)) == count


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    drawn=st.lists(st.tuples(st.sampled_from(["allow", "redact", "refer", "deny"]), st.sampled_from("ab")), max_size=12)
)
def test_it_counts_as_one_who_looks_at_each_would(store: Store, drawn: list[tuple[str, str]]) -> None:
    overturned, denied = 0, set[str]()
    for outcome, key in drawn:
        if outcome == "deny":
            denied.add(key)
        elif outcome != "refer":
            overturned += key in denied
            denied.discard(key)
    with store.writing() as unit, unit.rehearsal():
        unit.shares.add_shares(kept(number, outcome, "OPEN", key=key) for number, (outcome, key) in enumerate(drawn))
        assert unit.share_counts.overturned(ALL) == overturned
        found = {each.outcome: each.count for each in unit.share_counts.groups(ALL)}
    assert found == Counter(outcome for outcome, _ in drawn)
