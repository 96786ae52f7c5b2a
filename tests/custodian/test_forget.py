"""Lawful deletion of personal details: who may, what stays, and that the chain stays whole."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from district import CUSTODIAN, HALLWAY, HANNAH, MEDIA_STAFF, PORTRAIT, TEAM, UNTITLED, District
from queue_cases import found, referred
from use_cases import entries, later, ledger_holds, looked

from dam_plugin.custodian.forget import Forgotten, forget
from dam_plugin.custodian.work import close_referral
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import revoke
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.ledger.student import record_of
from dam_plugin.model import Actor, Recipient
from dam_plugin.sharing.finding_kinds import MeaningFound
from dam_plugin.store import SystemUser

WHY = "a request of the family"
POLICE = Recipient("law_enforcement", "officer-Quill")
EMERGENCY = {"emergency": {"threat": "Quill is missing", "recipient_needs_it": True}}


def forgotten(district: District, **more: Any) -> Forgotten:
    if "seqs" not in more:
        more["student"] = district.student(HANNAH)
    return forget(district.services, CUSTODIAN, WHY, **more)


def kinds_about(district: District) -> list[str]:
    with district.services.store.reading() as unit:
        return [entry.kind for entry, _ in district.services.ledger.student(unit, district.student(HANNAH))]


def test_what_concerns_a_student_alone_is_deleted_and_what_others_too_is_kept(district: District) -> None:
    district.upload(PORTRAIT)
    district.upload(TEAM)
    district.share(PORTRAIT, purpose="yearbook")
    district.share(TEAM)
    assert forgotten(district) == Forgotten(deleted=1, shares=1, of_others=1)
    assert kinds_about(district) == ["share"]
    assert ledger_holds(district.services)


def test_a_deletion_is_on_record_with_who_why_and_how_many(district: District) -> None:
    district.upload(PORTRAIT)
    district.share(PORTRAIT)
    forgotten(district)
    ((entry, details),) = entries(district.services, "forget")
    assert (details["by"]["id"], details["why"], details["deleted"]) == (CUSTODIAN.id, WHY, 1)
    assert district.student(HANNAH) not in str(details)
    assert forgotten(district, seqs=[entry.seq]).deleted == 0
    assert entries(district.services, "forget")[0][1] == details


def test_a_share_keeps_its_outcome_and_loses_who_asked_and_why(district: District) -> None:
    district.upload(PORTRAIT)
    before = district.ask(
        PORTRAIT, Recipient("public", "Ruth Quill"), "personal use", names=(district.student(HANNAH),)
    )
    numbers = [entry.seq for entry, _ in entries(district.services, "share")]
    for referral in before.referrals:
        with district.services.store.writing() as unit:
            unit.referrals.close(referral.id, district.services.now(), None, "withdrawn")
    assert forgotten(district, seqs=numbers, also_required=True).shares == 1
    with district.services.store.reading() as unit:
        kept = unit.shares.share(before.share.id)
    assert kept is not None
    assert kept.outcome == before.decision.outcome.word
    assert [each["clause"] for each in kept.decision["reasons"]] == [each.clause for each in before.decision.reasons]
    for gone in ("Ruth", "personal use", district.student(HANNAH)):
        assert gone not in str(kept)


def test_what_has_to_be_recorded_is_kept_unless_that_is_asked_for_too(district: District) -> None:
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, POLICE, "emergency", evidence=EMERGENCY)
    revoke(district.services, key=PORTRAIT)
    close_reviews(district)
    assert forgotten(district).required == 2
    assert kinds_about(district) == ["share", "close"]
    done = forgotten(district, also_required=True)
    assert (done.deleted, done.shares, done.required) == (2, 1, 0)
    assert ledger_holds(district.services)


def close_reviews(district: District) -> None:
    with district.services.store.writing() as unit:
        for referral in unit.referrals.listed():
            unit.referrals.close(referral.id, district.services.now(), None, "reviewed")


def test_it_has_to_be_kept_no_longer_than_the_recording(district: District) -> None:
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, POLICE, "emergency", evidence=EMERGENCY)
    close_reviews(district)
    district.services.library.delete(PORTRAIT)
    assert forget_if_gone(district.services, PORTRAIT)
    revoke(district.services, key=PORTRAIT)
    assert forgotten(district).required == 0
    assert "share" not in kinds_about(district)


def test_what_an_open_link_or_referral_rests_on_is_kept(district: District) -> None:
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, POLICE, "emergency", evidence=EMERGENCY)
    assert forgotten(district, also_required=True).in_use == 1
    close_reviews(district)
    assert forgotten(district, also_required=True).in_use == 1
    assert (
        forget(
            later(district.services, days=400), CUSTODIAN, WHY, student=district.student(HANNAH), also_required=True
        ).in_use
        == 0
    )


def test_nothing_of_it_is_left_in_the_file(district: District) -> None:
    district.upload(PORTRAIT)
    district.ask(PORTRAIT, POLICE, "emergency", evidence=EMERGENCY)
    revoke(district.services, key=PORTRAIT)
    close_reviews(district)
    forgotten(district, also_required=True)
    district.services.store.close()
    path = district.folder / "dam-plugin.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    assert b"Quill" not in path.read_bytes()


@pytest.mark.parametrize("why", ["", "  ", "x" * 3_000, "two\nlines"], ids=["empty", "blank", "long", "lines"])
def test_a_deletion_needs_its_reason(district: District, why: str) -> None:
    with pytest.raises(InputError, match="reason"):
        forget(district.services, CUSTODIAN, why, student=district.student(HANNAH))


def test_only_the_custodian_deletes(district: District) -> None:
    with pytest.raises(InputError, match="custodian"):
        forget(district.services, MEDIA_STAFF, WHY, student=district.student(HANNAH))
    assert entries(district.services, "forget") == []


def test_a_look_that_alone_puts_a_disclosure_into_a_record_is_kept_with_it(district: District) -> None:
    district.upload(UNTITLED)
    (review,) = district.ask(UNTITLED, POLICE, "emergency", evidence=EMERGENCY).referrals
    close_referral(
        district.services, review.id, Actor("designee", "principal"), "it was one", SystemUser("2002", "principal")
    )
    looked(district, UNTITLED, HANNAH)
    looked(district, UNTITLED, nobody=True)
    assert forgotten(district) == Forgotten(deleted=0, shares=0, required=1)
    with district.services.store.reading() as unit:
        assert record_of(unit, district.services.ledger, district.student(HANNAH))
    assert forgotten(district, also_required=True).deleted == 1


def test_a_look_at_what_was_never_disclosed_is_deleted(district: District) -> None:
    district.upload(UNTITLED)
    looked(district, UNTITLED, HANNAH)
    assert forgotten(district) == Forgotten(deleted=1, shares=0)


def test_a_share_on_which_a_finding_waits_is_in_use_though_the_same_was_asked_again(district: District) -> None:
    ben = Recipient("public", "ben")
    referral = referred(district, HALLWAY, ben)
    first = found(district, referral, MeaningFound("preserved")).finding.stated_on
    again = referred(district, HALLWAY, ben)
    assert (again.id, again.share_id != first) == (referral.id, True)
    numbers = [entry.seq for entry, _ in entries(district.services, "share") if entry.subject == first]
    assert forgotten(district, seqs=numbers) == Forgotten(deleted=0, shares=0, in_use=1)
    close_reviews(district)
    assert forgotten(district, seqs=numbers) == Forgotten(deleted=0, shares=0, required=1)
    assert forgotten(district, seqs=numbers, also_required=True).deleted == 1


def test_with_a_share_its_openings_lose_who_asked_and_why(district: District) -> None:
    district.upload(PORTRAIT)
    token = district.ask(PORTRAIT, POLICE, "emergency", evidence=EMERGENCY).token
    open_link(district.services, token or "")
    revoke(district.services, key=PORTRAIT)
    close_reviews(district)
    numbers = [entry.seq for entry, _ in entries(district.services, "share")]
    assert forgotten(district, seqs=numbers, also_required=True) == Forgotten(deleted=2, shares=1)
    with district.services.store.reading() as unit:
        told = [details for _, details in district.services.ledger.show(unit, last=None)]
    assert "officer-Quill" not in str(told)
    assert ledger_holds(district.services)


@pytest.mark.parametrize("number", [-1, 0, 99, 2**31, 2**63, 10**30])
def test_a_number_that_no_entry_has_is_an_error(district: District, number: int) -> None:
    with pytest.raises(InputError, match=f"no entry {number}:"):
        forgotten(district, seqs=[number])
