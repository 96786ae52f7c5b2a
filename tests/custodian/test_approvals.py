"""What loosens on a discipline or medical recording: it waits until another person lets it take effect."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from district import (
    CALEB,
    CUSTODIAN,
    HALLWAY,
    HANNAH,
    MEDIA_STAFF,
    NOAH,
    OWEN,
    PUBLIC,
    SCIENCE_LAB,
    UNTITLED,
    District,
)
from queue_cases import (
    ADA,
    BEN,
    CARA,
    COURT,
    SECOND,
    SUBPOENA,
    approved,
    at_once,
    findings,
    found,
    hallway,
    lab,
    now,
    open_referrals,
    referred,
)
from use_cases import Voice, entries, kept, ledger_holds, listening, looked, raising, saw, with_voice

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import findings as findings_module
from dam_plugin.custodian import work
from dam_plugin.custodian.approvals import approve, reject
from dam_plugin.custodian.findings import StatedFinding
from dam_plugin.errors import InputError, StorageError, StoreError, UnknownThing
from dam_plugin.intake.events import tag_newest
from dam_plugin.intake.keep_look import look_at
from dam_plugin.model import Actor, Appearance, OfficialUse, Outcome, Recipient, Referral, Region
from dam_plugin.sharing.finding_kinds import Classified, EvidenceVerified, MeaningFound, PersonIdentified, Reviewed
from dam_plugin.store import SystemUser


def waiting(district: District) -> tuple[Referral, StatedFinding]:
    """A finding on a discipline recording that waits for another person."""
    referral = hallway(district)
    stated = found(district, referral, MeaningFound("preserved"))
    assert (stated.finding.state, stated.answer) == ("pending", None)
    return referral, stated


def medical(district: District, *uses: OfficialUse) -> Referral:
    """A picture with one student in it, kept for an official use, that the public asks for."""
    district.upload(UNTITLED)
    looked(district, UNTITLED, NOAH, official_uses=uses or (OfficialUse("health_emergency"),), unidentified=1)
    return referred(district, UNTITLED)


# It waits, and another lets it take effect


def test_what_loosens_has_no_effect_until_another_person_approves_it(district: District) -> None:
    referral, stated = waiting(district)
    assert kept(district.services, HALLWAY).tagging.meaning == "unreviewed"
    assert now(district.services, referral) == referral
    done = approved(district, stated)
    assert (done.finding.state, done.finding.approver, done.finding.approved_by) == ("applied", BEN, SECOND)
    assert done.answer is not None
    assert (done.answer.decision.outcome, done.answer.share.actor) == (Outcome.REDACT, CUSTODIAN)
    assert done.finding.share_id == done.answer.share.id
    assert kept(district.services, HALLWAY).tagging.meaning == "preserved"
    assert not done.referral.is_open
    assert ledger_holds(district.services)


def test_an_approved_meaning_survives_tagging_anew(district: District) -> None:
    _, stated = waiting(district)
    approved(district, stated)
    tag_newest(district.services, HALLWAY, again=True)
    assert kept(district.services, HALLWAY).tagging.meaning == "preserved"


def test_the_custodian_is_told_that_a_finding_waits(district: District) -> None:
    voice = Voice()
    _, stated = waiting(with_voice(district, voice))
    ((person, message),) = [told for hook, told in voice.told if hook == "notify"]
    assert person == "custodian"
    assert f"queue approve {stated.finding.id}" in message


@pytest.mark.parametrize("use", ["discipline", "violation", "victim", "health_emergency"])
def test_whoever_is_left_unnamed_in_such_a_recording_two_people_say(district: District, use: Any) -> None:
    stated = found(district, medical(district, OfficialUse(use)), PersonIdentified(unidentified=0))
    assert stated.finding.state == "pending"


def test_what_another_official_use_keeps_one_person_says(district: District) -> None:
    stated = found(district, medical(district, OfficialUse("other")), PersonIdentified(unidentified=0))
    assert stated.finding.state == "applied"


def test_evidence_that_releases_such_a_recording_waits(district: District) -> None:
    stated = found(district, referred(district, HALLWAY, COURT), EvidenceVerified(SUBPOENA))
    assert stated.finding.state == "pending"
    done = approved(district, stated)
    assert done.answer is not None
    assert done.answer.decision.reasons[0].clause == "EX7"


def test_what_is_stricter_takes_effect_at_once(district: District) -> None:
    referral = medical(district)
    stated = found(district, referral, PersonIdentified((Appearance(district.student(CALEB), "focus"),)))
    assert stated.finding.state == "applied"
    assert district.student(CALEB) in kept(district.services, UNTITLED).tagging.students


def test_a_place_that_is_corrected_waits_since_a_copy_would_show_who_was_there(district: District) -> None:
    referral = hallway(district)
    moved = Appearance(district.student(OWEN), regions=(Region(0.01, 0.01, 0.01, 0.01),))
    assert found(district, referral, PersonIdentified((moved,))).finding.state == "pending"


def test_rejecting_a_finding_keeps_why_and_changes_nothing(district: District) -> None:
    referral, stated = waiting(district)
    done = reject(district.services, stated.finding.id, "the caption still says it", SECOND, BEN)
    assert (done.finding.state, done.referral.is_open) == ("rejected", True)
    assert entries(district.services, "queue")[-1][1]["why"] == "the caption still says it"
    with pytest.raises(InputError, match="rejected already"):
        approved(district, stated)
    assert kept(district.services, HALLWAY).tagging.meaning == "unreviewed"
    assert now(district.services, referral) == referral


# Who may


@pytest.mark.parametrize(
    "user", [ADA, SystemUser("1000", "other"), SystemUser("2000", "ada")], ids=["same", "same number", "same name"]
)
def test_whoever_stated_a_finding_does_not_approve_it(district: District, user: SystemUser) -> None:
    _, stated = waiting(district)
    with pytest.raises(InputError, match="stated this finding and cannot approve it"):
        approved(district, stated, user)
    assert findings(district.services, stated.referral) == [stated.finding]


def test_staff_of_one_office_are_told_apart_by_the_systems_users(district: District) -> None:
    _, stated = waiting(district)
    assert approved(district, stated, BEN, CUSTODIAN).finding.state == "applied"


def test_media_staff_approve_and_reject_nothing(district: District) -> None:
    _, stated = waiting(district)
    with pytest.raises(InputError, match="only the custodian or a designee"):
        approved(district, stated, BEN, MEDIA_STAFF)
    with pytest.raises(InputError, match="only the custodian or a designee"):
        reject(district.services, stated.finding.id, "no", MEDIA_STAFF, BEN)


def test_whoever_asked_as_staff_or_would_receive_it_does_not_approve_it(district: District) -> None:
    asked = referred(district, HALLWAY, actor=Actor("media_staff", "ben"))
    stated = found(district, asked, MeaningFound("preserved"))
    with pytest.raises(InputError, match="whoever asked"):
        approved(district, stated, BEN)
    official = referred(district, HALLWAY, Recipient("school_official", "cara"))
    stated = found(district, official, EvidenceVerified({"legitimate_interest": True, "records_authorized": True}))
    with pytest.raises(InputError, match="would receive it"):
        approved(district, stated, CARA)
    with pytest.raises(InputError, match="would receive it"):
        approved(district, stated, BEN, Actor("custodian", "cara"))
    assert approved(district, stated, BEN).finding.state == "applied"


def test_a_finding_that_nobody_has_is_approved_by_nobody(district: District) -> None:
    with pytest.raises(UnknownThing, match="queue show"):
        approve(district.services, "fi-none", SECOND, BEN)


# It is not any more what was found


def stale(district: District, stated: StatedFinding) -> None:
    done = approved(district, stated)
    assert (done.finding.state, done.answer) == ("stale", None)
    assert kept(district.services, HALLWAY).tagging.meaning == "unreviewed"


def test_a_finding_about_another_version_is_stale(district: District) -> None:
    _, stated = waiting(district)
    district.upload(HALLWAY, (sample_folder() / UNTITLED).read_bytes())
    stale(district, stated)


def test_a_finding_about_other_tags_is_stale(district: District) -> None:
    _, stated = waiting(district)
    looked(district, HALLWAY, HANNAH)
    stale(district, stated)


def test_a_finding_of_a_referral_that_was_closed_is_stale(district: District) -> None:
    referral, stated = waiting(district)
    work.close_referral(district.services, referral.id, CUSTODIAN, "withdrawn")
    (after,) = findings(district.services, referral)
    assert after.state == "stale"
    with pytest.raises(InputError, match="stale already"):
        approved(district, stated)


def test_of_two_findings_that_wait_the_second_is_stale_once_the_first_has_changed_the_tags(district: District) -> None:
    referral = medical(district)
    one = found(district, referral, PersonIdentified(unidentified=0))
    other = found(district, referral, MeaningFound("preserved"))
    assert {one.finding.state, other.finding.state} == {"pending"}
    approved(district, one)
    assert approved(district, other).finding.state == "stale"


# Ways around it


def test_two_halves_of_a_release_do_not_pass_one_by_one(district: District) -> None:
    """A subpoena that was verified releases nothing until families were told: who says so is the second person's to hear."""
    referral = referred(district, HALLWAY, COURT)
    first = {"order": {"kind": "subpoena", "verified": True}}
    assert found(district, referral, EvidenceVerified(first)).finding.state == "applied"
    both = [district.student(CALEB), district.student(OWEN)]
    second = {"order": {"kind": "subpoena", "verified": True, "notified": both}}
    assert found(district, referral, EvidenceVerified(second)).finding.state == "pending"


def test_what_staff_wrote_down_as_evidence_is_verified_by_two(district: District) -> None:
    referral = referred(district, HALLWAY, COURT, actor=MEDIA_STAFF, evidence=SUBPOENA)
    stated = found(district, referral, Reviewed())
    assert stated.finding.state == "pending"


def test_what_staff_write_down_after_a_finding_was_stated_makes_it_stale(district: District) -> None:
    referral = referred(district, HALLWAY, COURT)
    stated = found(district, referral, MeaningFound("preserved"))
    district.share(HALLWAY, kind="request", purpose="news", recipient=COURT, actor=MEDIA_STAFF, evidence=SUBPOENA)
    assert now(district.services, referral).share_id != stated.finding.stated_on
    done = approved(district, stated)
    assert (done.finding.state, done.answer) == ("stale", None)


def test_what_one_person_verified_before_it_became_a_discipline_record_takes_two_from_then_on(
    district: District,
) -> None:
    district.upload(UNTITLED)
    looked(district, UNTITLED, NOAH, CALEB)
    referral = referred(district, UNTITLED, COURT)
    told = {"order": {"kind": "subpoena", "verified": True, "notified": [district.student(NOAH)]}}
    assert found(district, referral, EvidenceVerified(told)).finding.state == "applied"
    looked(district, UNTITLED, official_uses=(OfficialUse("discipline", (district.student(NOAH),)),))
    assert found(district, referral, Reviewed()).finding.state == "pending"


def test_a_finding_on_another_referral_of_the_same_recording_waits_too(district: District) -> None:
    """Who gets more by it may be somebody else who waits."""
    for recipient in (PUBLIC, COURT):
        referred(district, HALLWAY, recipient)
    one, _ = open_referrals(district.services)
    assert found(district, one, MeaningFound("destroyed")).finding.state == "pending"
    assert found(district, one, MeaningFound("changed")).finding.state == "pending"


@pytest.mark.parametrize("by", [MEDIA_STAFF, CUSTODIAN], ids=lambda each: each.role)
def test_a_look_does_not_loosen_what_waits_in_the_queue(district: District, by: Actor) -> None:
    referral = medical(district)
    with pytest.raises(InputError, match=f"queue finding {referral.id}"):
        look_at(district.services, UNTITLED, replace(saw(district, unidentified=0), by=by))
    looked(district, UNTITLED, CALEB)
    work.close_referral(district.services, referral.id, CUSTODIAN, "withdrawn")
    looked(district, UNTITLED, unidentified=0)


def test_a_finding_that_was_stated_before_the_recording_became_a_discipline_record_is_stale(district: District) -> None:
    referral, stated = waiting(district)
    looked(district, HALLWAY, official_uses=(OfficialUse("victim"),))
    stale(district, stated)
    assert now(district.services, referral).is_open


# What breaks off, and what happens at once


def test_approving_again_does_the_rest_of_what_broke_off(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    referral, stated = waiting(district)
    with monkeypatch.context() as patched:
        patched.setattr(findings_module, "share", raising(StoreError("the database cannot be reached")))
        with pytest.raises(StoreError):
            approved(district, stated)
    (broken_off,) = findings(district.services, referral)
    assert (broken_off.state, broken_off.share_id) == ("applied", None)
    done = approved(district, stated)
    assert done.answer is not None
    assert done.finding.share_id == done.answer.share.id
    with pytest.raises(InputError, match="applied already"):
        approved(district, stated)


def test_a_storage_that_fails_after_an_approval_leaves_it_to_be_approved_again(district: District) -> None:
    _, stated = waiting(district)

    def fail(name: str, *_: Any, **__: Any) -> None:
        if name == "write_tags":
            raise StorageError("does not answer")

    broken = replace(district, services=listening(district.services, fail))
    with pytest.raises(StorageError):
        approved(broken, stated)
    done = approved(district, stated)
    assert done.answer is not None
    assert done.answer.decision.outcome is Outcome.REDACT


def test_two_approvals_at_once_make_one_link(on_each_database: District) -> None:
    district = on_each_database
    _, stated = waiting(district)
    outcomes = at_once(
        lambda: approved(district, stated, BEN),
        lambda: approved(district, stated, CARA),
    )
    answers = [each.answer for each in outcomes if isinstance(each, StatedFinding) and each.answer]
    assert len(answers) == 1
    with district.services.store.reading() as unit:
        links = unit.shares.links(open_only=True)
        (finding,) = unit.referrals.findings(stated.referral.id)
        assert district.services.ledger.verify(unit).ok
    assert [link.share_id for link in links] == [finding.share_id] == [answers[0].share.id]


def test_an_approval_and_a_rejection_at_once_leave_one_of_both(on_each_database: District) -> None:
    district = on_each_database
    referral, stated = waiting(district)
    at_once(
        lambda: approved(district, stated, BEN),
        lambda: reject(district.services, stated.finding.id, "no", SECOND, CARA),
    )
    (finding,) = findings(district.services, referral)
    is_open = now(district.services, referral).is_open
    assert (finding.state, is_open) in {("applied", False), ("rejected", True)}


def test_a_finding_while_the_same_is_asked_again_leaves_one_referral_and_a_ledger_that_holds(
    on_each_database: District,
) -> None:
    district = on_each_database
    referral = lab(district)
    at_once(
        lambda: found(district, referral, Classified("eligible")),
        lambda: district.ask(SCIENCE_LAB, PUBLIC, "news"),
    )
    with district.services.store.reading() as unit:
        assert district.services.ledger.verify(unit).ok
        known = unit.referrals.listed(open_only=False)
    assert len([each for each in known if each.request_key == referral.request_key and each.is_open]) <= 1
    assert findings(district.services, referral)[0].share_id is not None
