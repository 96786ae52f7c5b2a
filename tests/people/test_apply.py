from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from databases import DATABASES, open_store

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Consent, OptOut, StudentRecord
from dam_plugin.people.roster import RosterChange, RosterImport, apply_roster
from dam_plugin.store import Store

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
CONSENT = Consent("S-ADA", "G-1", SEPTEMBER, "ink", purpose="yearbook", parties=("public",))
ROSTER = RosterImport(
    students=(
        StudentRecord("S-ADA", "1001", ("Ada Quill",), opt_outs=(OptOut(SEPTEMBER),), enrolled=((None, None),)),
        StudentRecord("S-BEN", "1002", ("Ben",), enrolled=((None, None),)),
    ),
    consents=(CONSENT,),
)
REVOKED = replace(ROSTER, consents=(replace(CONSENT, revoked_on=OCTOBER),))


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def apply(store: Store, roster: RosterImport, *, dry_run: bool = False) -> RosterChange:
    with store.writing() as unit:
        return apply_roster(unit, roster, NOW, dry_run=dry_run)


def consents(store: Store) -> list[Consent]:
    with store.reading() as unit:
        return [consent for _, consent in unit.people.consents(["S-ADA", "S-BEN"])]


def test_a_roster_comes_into_the_store(store: Store) -> None:
    assert apply(store, ROSTER) == RosterChange(added=2, opt_outs=1, consents=1)
    with store.reading() as unit:
        assert tuple(unit.people.students()) == ROSTER.students
    assert consents(store) == [CONSENT]


def test_the_same_roster_twice_changes_nothing(store: Store) -> None:
    apply(store, ROSTER)
    assert apply(store, ROSTER) == RosterChange(unchanged=2)
    assert consents(store) == [CONSENT]


def test_a_consent_listed_twice_is_kept_once(store: Store) -> None:
    assert apply(store, replace(ROSTER, consents=(CONSENT, CONSENT))).consents == 1
    assert consents(store) == [CONSENT]


def test_a_dry_run_counts_and_keeps_nothing(store: Store) -> None:
    assert apply(store, ROSTER, dry_run=True) == RosterChange(added=2, opt_outs=1, consents=1)
    with store.reading() as unit:
        assert unit.people.students() == []
    assert apply(store, ROSTER) == RosterChange(added=2, opt_outs=1, consents=1)


def test_a_roster_that_fails_midway_leaves_nothing(store: Store) -> None:
    broken = replace(ROSTER, consents=(CONSENT, replace(CONSENT, student="S-NOBODY")))
    with pytest.raises(UnknownThing):
        apply(store, broken)
    with store.reading() as unit:
        assert unit.people.students() == []


def test_a_revocation_in_the_file_revokes_the_consent_on_file(store: Store) -> None:
    apply(store, ROSTER)
    assert apply(store, REVOKED) == RosterChange(unchanged=2, consents=1)
    assert apply(store, REVOKED) == RosterChange(unchanged=2)
    assert consents(store) == [replace(CONSENT, revoked_on=OCTOBER)]


def test_a_revocation_that_the_file_does_not_know_of_stays(store: Store) -> None:
    apply(store, REVOKED)
    assert apply(store, ROSTER).consents == 0
    assert consents(store) == [replace(CONSENT, revoked_on=OCTOBER)]


TYPED_OTHERWISE = {
    "authenticated": {"authenticated": True},
    "signature": {"signature": "electronic"},
    "purpose": {"purpose": "Yearbook"},
    "parties": {"parties": ("public", "Herald")},
    "expires": {"expires": date(2027, 6, 30)},
    "no day": {"signed_on": None},
    "another day": {"signed_on": OCTOBER},
    "one recording": {"assets": ("a.jpg",)},
}


@pytest.mark.parametrize("what", TYPED_OTHERWISE.values(), ids=TYPED_OTHERWISE)
@pytest.mark.parametrize("together", [False, True], ids=["in a later file", "in the same file"])
def test_a_consent_that_was_revoked_does_not_live_again_when_it_is_typed_otherwise(
    store: Store, what: dict[str, Any], together: bool
) -> None:
    again = replace(CONSENT, **what)
    if together:
        apply(store, replace(ROSTER, consents=(again, *REVOKED.consents)))
    else:
        apply(store, REVOKED)
        apply(store, replace(ROSTER, consents=(again,)))
    assert {each.revoked_on for each in consents(store)} == {OCTOBER}


@pytest.mark.parametrize(
    "what",
    [
        {"signed_on": date(2026, 10, 2)},
        {"signed_by": "G-2"},
        {"purpose": "website"},
    ],
    ids=["signed later", "by somebody else", "for something else"],
)
def test_another_consent_counts_beside_one_that_was_revoked(store: Store, what: dict[str, Any]) -> None:
    apply(store, REVOKED)
    another = replace(CONSENT, **what)
    apply(store, replace(ROSTER, consents=(another,)))
    assert another in consents(store)


def test_a_consent_for_another_recording_is_not_taken_back_with_the_first(store: Store) -> None:
    first, second = (replace(CONSENT, assets=(key,)) for key in ("a.jpg", "b.jpg"))
    apply(store, replace(ROSTER, consents=(replace(first, revoked_on=OCTOBER),)))
    apply(store, replace(ROSTER, consents=(second,)))
    assert second in consents(store)


def test_what_people_entered_survives_an_import(store: Store) -> None:
    apply(store, ROSTER)
    by_hand = replace(CONSENT, student="S-BEN", purpose="website")
    with store.writing() as unit:
        unit.people.add_opt_out("S-BEN", OptOut(OCTOBER, purposes=("media",)), "paper", NOW)
        unit.people.add_consent(by_hand, "scan 4", NOW)
    assert apply(store, replace(ROSTER, students=ROSTER.students[:1])).left == 1
    assert apply(store, ROSTER).changed == 1
    with store.reading() as unit:
        assert unit.people.opt_outs("S-BEN") == [OptOut(OCTOBER, purposes=("media",))]
    assert by_hand in consents(store)


def test_what_a_roster_does_not_tell_of_death_and_protection_stays_as_it_is_on_file(store: Store) -> None:
    ada = replace(ROSTER.students[0], died=SEPTEMBER, marked="other", marked_since=NOW.date())
    telling = replace(ROSTER, students=(ada,), tells_deaths=True, tells_protection=True)
    apply(store, telling)
    apply(store, replace(ROSTER, students=ROSTER.students[:1]))
    with store.reading() as unit:
        assert unit.people.student("S-ADA") == ada
    apply(store, replace(telling, students=ROSTER.students[:1]))
    with store.reading() as unit:
        assert unit.people.student("S-ADA") == ROSTER.students[0]
