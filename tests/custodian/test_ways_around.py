"""What one person may not do in two steps, or by another command, where it takes two people."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from clock import TODAY
from court_orders import told_of_order
from district import (
    CUSTODIAN,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    MEDIA_STAFF,
    NOAH,
    OWEN,
    SCIENCE_LAB,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    UNTITLED,
    District,
)
from made_files import packet, xmp_segment
from queue_cases import (
    ADA,
    BEN,
    CARA,
    COURT,
    SECOND,
    SUBPOENA,
    approved,
    findings,
    found,
    hallway,
    now,
    referred,
)
from use_cases import kept, later, listening, looked, raising, saw

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices, work
from dam_plugin.custodian import findings as findings_module
from dam_plugin.custodian.approvals import reject
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.custodian.findings import StatedFinding
from dam_plugin.custodian.guardianships import state_guardianship
from dam_plugin.errors import InputError, StorageError, StoreError
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.intake.keep_look import look_at
from dam_plugin.intake.tag_changes import changes_between, is_looser
from dam_plugin.intake.two_people import host_user
from dam_plugin.model import Actor, Appearance, Consent, OfficialUse, OptOut, Outcome, Recipient, Referral, Region
from dam_plugin.sharing.finding_kinds import (
    AttorneyAsked,
    Classified,
    DependentShown,
    EvidenceVerified,
    Finding,
    MeaningFound,
    MeansFound,
    NotOurs,
    NotVerified,
    ParentVerified,
    PersonIdentified,
    Reopened,
    Reviewed,
)
from dam_plugin.store import SystemUser

JUVENILE, POLICE = Recipient("juvenile_office", "county"), Recipient("law_enforcement", "officer-1")
EMERGENCY = {"emergency": {"threat": "a fire", "recipient_needs_it": True}}
MANDATED = {"child_welfare": {"ground": "mandated_report"}}


def certified(district: District, who: str = HANNAH) -> EvidenceVerified:
    paper = keep_file(district.services, b"%PDF-1.4")
    return EvidenceVerified({"pre_adjudication": {"students": [district.student(who)], "certified": True}}, paper)


def outcome(stated: StatedFinding) -> Outcome | None:
    return stated.answer.decision.outcome if stated.answer else None


def rejected(district: District, stated: StatedFinding) -> None:
    assert stated.finding.state == "pending"
    reject(district.services, stated.finding.id, "it is not so", SECOND, BEN)


# A finding and a look


@pytest.mark.parametrize("recipient", [JUVENILE, POLICE], ids=lambda each: each.role)
def test_a_look_does_not_bring_in_whom_one_person_certified(district: District, recipient: Recipient) -> None:
    referral = referred(district, HALLWAY, recipient)
    stated = found(district, referral, certified(district))
    assert (stated.finding.state, outcome(stated)) == ("applied", Outcome.REFER)
    for by in (CUSTODIAN, MEDIA_STAFF):
        with pytest.raises(InputError, match=f"queue finding {referral.id}"):
            look_at(district.services, HALLWAY, replace(saw(district, HANNAH), by=by))
    assert (
        found(district, referral, PersonIdentified((Appearance(district.student(HANNAH)),))).finding.state == "pending"
    )


@pytest.mark.parametrize("recipient", [JUVENILE, POLICE], ids=lambda each: each.role)
def test_what_one_person_saw_before_counts_for_nothing_without_a_second_one(
    district: District, recipient: Recipient
) -> None:
    referral = referred(district, HALLWAY, recipient)
    looked(district, HALLWAY, HANNAH)
    assert found(district, referral, certified(district)).finding.state == "pending"


def noahs_consent(district: District) -> None:
    student = district.student(NOAH)
    with district.services.store.reading() as unit:
        signed_by = unit.people.need(student).guardians[0]
    today = district.services.now().date()
    consent = Consent(student, signed_by, today, "ink", purpose="news", parties=("public",))
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)


def noah_in_a_corner(district: District) -> PersonIdentified:
    corner = Region(0.9, 0.9, 0.05, 0.05)
    return PersonIdentified((Appearance(district.student(NOAH), "focus", regions=(corner,)),))


def test_who_consented_is_not_added_by_a_look_once_a_second_person_was_asked(district: District) -> None:
    referral = hallway(district)
    noahs_consent(district)
    rejected(district, found(district, referral, noah_in_a_corner(district)))
    with pytest.raises(InputError, match="kept for discipline"):
        looked(district, HALLWAY, NOAH, box=Region(0.9, 0.9, 0.05, 0.05))


def test_who_consented_and_was_added_by_one_person_before_releases_nothing_alone(district: District) -> None:
    district.upload(HALLWAY)
    noahs_consent(district)
    looked(district, HALLWAY, NOAH, box=Region(0.9, 0.9, 0.05, 0.05))
    referral = referred(district, HALLWAY, actor=MEDIA_STAFF)
    assert found(district, referral, Reviewed()).finding.state == "pending"


def test_a_look_that_changes_no_decision_is_kept_beside_a_finding_of_one_person(district: District) -> None:
    referral = referred(district, HALLWAY, COURT)
    found(district, referral, certified(district, OWEN))
    looked(district, HALLWAY, HANNAH)
    assert district.student(HANNAH) in kept(district.services, HALLWAY).tagging.students


# What was rejected


def medical(district: District) -> Referral:
    district.upload(UNTITLED)
    looked(district, UNTITLED, NOAH, official_uses=(OfficialUse("health_emergency"),), unidentified=1)
    return referred(district, UNTITLED)


@pytest.mark.parametrize("ends", ["rejected", "closed while it waited"])
def test_closing_the_referral_frees_no_look_of_what_a_second_person_was_asked_about(
    district: District, ends: str
) -> None:
    referral = medical(district)
    stated = found(district, referral, PersonIdentified(unidentified=0))
    if ends == "rejected":
        rejected(district, stated)
    work.close_referral(district.services, referral.id, CUSTODIAN, "withdrawn")
    with pytest.raises(InputError, match="once it is asked for again"):
        looked(district, UNTITLED, unidentified=0)


def test_the_same_bytes_under_another_key_are_no_way_around_a_rejection(district: District) -> None:
    referral = medical(district)
    rejected(district, found(district, referral, PersonIdentified(unidentified=0)))
    copy = "inbox/copy.jpg"
    district.upload(copy, (sample_folder() / UNTITLED).read_bytes())
    assert kept(district.services, copy).tagging.official_uses == (OfficialUse("health_emergency"),)
    with pytest.raises(InputError, match=f"queue finding {referral.id}"):
        looked(district, copy, NOAH, unidentified=0)


@pytest.mark.parametrize("ends", ["pending", "rejected"])
def test_evidence_that_a_second_person_has_not_approved_is_no_evidence_of_a_share(
    district: District, ends: str
) -> None:
    referral = referred(district, HALLWAY, COURT)
    stated = found(district, referral, EvidenceVerified(SUBPOENA))
    if ends == "rejected":
        rejected(district, stated)
    for order in (SUBPOENA["order"], {**SUBPOENA["order"], "notified": [district.student(OWEN)]}):
        with pytest.raises(InputError, match=stated.finding.id):
            district.ask(HALLWAY, COURT, "news", evidence={"order": order})
    assert now(district.services, referral).is_open
    assert district.ask(HALLWAY, COURT, "news").decision.outcome is Outcome.REFER
    with district.services.store.reading() as unit:
        assert unit.shares.links(open_only=False) == []


def test_nothing_stops_an_emergency_not_even_evidence_that_was_rejected(district: District) -> None:
    referral = referred(district, HALLWAY, COURT)
    rejected(district, found(district, referral, EvidenceVerified(SUBPOENA)))
    answer = district.ask(HALLWAY, Recipient("emergency", "911"), "emergency", evidence={**SUBPOENA, **EMERGENCY})
    assert answer.decision.outcome is Outcome.ALLOW


def test_evidence_that_was_approved_is_evidence_of_a_share_again(district: District) -> None:
    referral = referred(district, HALLWAY, COURT)
    first = found(district, referral, EvidenceVerified(SUBPOENA))
    rejected(district, first)
    approved(district, found(district, referral, EvidenceVerified(SUBPOENA)))
    assert district.ask(HALLWAY, COURT, "news", evidence=SUBPOENA).decision.reasons[0].clause == "EX7"


# What staff wrote down


STRICT: list[Finding] = [AttorneyAsked("do not hand this over"), Classified("not_eligible"), MeaningFound("changed")]


@pytest.mark.parametrize("what", STRICT, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("key", [SCIENCE_LAB, HALLWAY])
@pytest.mark.parametrize("written", [SUBPOENA, EMERGENCY, MANDATED], ids=lambda each: next(iter(each)))
def test_no_other_finding_verifies_what_staff_wrote_down(
    district: District, what: Finding, key: str, written: dict[str, Any]
) -> None:
    referral = referred(district, key, COURT, actor=MEDIA_STAFF, evidence=written)
    stated = found(district, referral, what)
    if stated.finding.state == "pending":
        stated = approved(district, stated)
    assert outcome(stated) in (None, Outcome.REFER, Outcome.DENY)
    with district.services.store.reading() as unit:
        assert unit.shares.links(open_only=False) == []


@pytest.mark.parametrize("written", [EMERGENCY, MANDATED], ids=lambda each: next(iter(each)))
def test_what_cannot_wait_is_released_by_no_review(district: District, written: dict[str, Any]) -> None:
    referral = referred(district, SCIENCE_LAB, Recipient("public", "reporter-1"), actor=MEDIA_STAFF, evidence=written)
    stated = found(district, referral, Reviewed())
    assert stated.answer is not None
    assert (stated.answer.share.evidence, stated.answer.decision.outcome) == ({}, Outcome.REFER)


def test_what_is_on_file_counts_once_the_custodian_reviewed_it(district: District) -> None:
    subpoena = {"order": {**SUBPOENA["order"], "answer_on": TODAY.isoformat()}}
    referral = referred(district, SCIENCE_LAB, COURT, actor=MEDIA_STAFF, evidence=subpoena)
    told_of_order(referral.id, kept(district.services, SCIENCE_LAB).tagging.students)
    stated = found(district, referral, Reviewed())
    assert stated.answer is not None
    assert stated.answer.decision.reasons[0].clause == "EX7"
    assert stated.finding.evidence == subpoena


def test_what_is_written_down_after_a_review_does_not_count(district: District) -> None:
    weak = {"order": {"kind": "subpoena"}}
    referral = referred(district, SCIENCE_LAB, COURT, actor=MEDIA_STAFF, evidence=weak)
    found(district, referral, Reviewed())
    ask = {"kind": "request", "purpose": "news", "recipient": COURT, "actor": MEDIA_STAFF}
    district.share(SCIENCE_LAB, **ask, evidence=SUBPOENA)
    stated = found(district, referral, Classified("undetermined"))
    assert stated.answer is not None
    assert (stated.answer.share.evidence, stated.answer.decision.outcome) == ({}, Outcome.REFER)


def test_asking_again_without_evidence_leaves_what_is_on_file(district: District) -> None:
    referral = referred(district, SCIENCE_LAB, COURT, actor=MEDIA_STAFF, evidence=SUBPOENA)
    referred(district, SCIENCE_LAB, COURT, actor=MEDIA_STAFF)
    assert work.get_work(district.services, referral.id).on_file == SUBPOENA
    stated = found(district, referral, Reviewed())
    assert stated.answer is not None
    assert stated.answer.share.evidence == SUBPOENA


def test_what_a_paper_was_verified_to_say_goes_before_what_was_written_down(district: District) -> None:
    referral = referred(district, SCIENCE_LAB, COURT, actor=MEDIA_STAFF, evidence=SUBPOENA)
    verified = {"order": {"kind": "subpoena", "verified": False}}
    found(district, referral, EvidenceVerified(verified))
    stated = found(district, referral, Reviewed())
    assert stated.answer is not None
    assert stated.answer.share.evidence == verified


# What broke off


def broken_off(
    district: District, referral: Referral, what: Finding, monkeypatch: pytest.MonkeyPatch, user: SystemUser = ADA
) -> StatedFinding:
    with monkeypatch.context() as patched:
        patched.setattr(findings_module, "share", raising(StoreError("the database cannot be reached")))
        with pytest.raises(StoreError):
            found(district, referral, what, user)
    (left,) = findings(district.services, referral)
    assert (left.state, left.share_id) == ("applied", None)
    return StatedFinding(left, referral)


def test_what_broke_off_is_not_taken_up_after_the_referral_was_closed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = referred(district, SCIENCE_LAB, COURT)
    left = broken_off(district, referral, EvidenceVerified(SUBPOENA), monkeypatch)
    work.close_referral(district.services, referral.id, CUSTODIAN, "the court withdrew the subpoena")
    with pytest.raises(InputError, match="closed already"):
        approved(district, left)
    with district.services.store.reading() as unit:
        assert unit.shares.links(open_only=False) == []


def test_whoever_stated_what_broke_off_does_not_approve_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    subpoena = {"order": {**SUBPOENA["order"], "answer_on": TODAY.isoformat()}}
    referral = referred(district, SCIENCE_LAB, COURT, actor=MEDIA_STAFF, evidence=subpoena)
    told_of_order(referral.id, kept(district.services, SCIENCE_LAB).tagging.students)
    left = broken_off(district, referral, EvidenceVerified(subpoena), monkeypatch)
    with pytest.raises(InputError, match="cannot approve it"):
        approved(district, left, ADA)
    done = approved(district, left)
    assert (outcome(done), done.finding.approver) == (Outcome.ALLOW, BEN)


def test_what_broke_off_and_would_loosen_more_by_now_is_stated_anew(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(UNTITLED)
    looked(district, UNTITLED, NOAH)
    referral = referred(district, UNTITLED, JUVENILE)
    left = broken_off(district, referral, certified(district, NOAH), monkeypatch)
    looked(district, UNTITLED, official_uses=(OfficialUse("discipline", (district.student(NOAH),)),))
    stated = found(district, referral, Reviewed())
    assert stated.finding.state == "pending"
    with pytest.raises(InputError, match="state `reviewed`"):
        approved(district, left)


def test_the_next_finding_writes_the_tags_that_the_storage_refused(district: District) -> None:
    referral = referred(district, SCIENCE_LAB)

    def fail(name: str, *_: Any, **__: Any) -> None:
        if name == "write_tags":
            raise StorageError("does not answer")

    broken = replace(district, services=listening(district.services, fail))
    before = district.services.library.tags(SCIENCE_LAB)
    with pytest.raises(StorageError):
        found(broken, referral, Classified("not_eligible"))
    assert district.services.library.tags(SCIENCE_LAB) == before
    found(district, referral, Reviewed())
    assert district.services.library.tags(SCIENCE_LAB) != before


# What is approved is what was shown


def test_an_approval_is_of_the_evidence_that_was_there_when_it_was_stated(district: District) -> None:
    referral = referred(district, HALLWAY, COURT, actor=MEDIA_STAFF, evidence=SUBPOENA)
    stated = found(district, referral, Reviewed())
    assert (stated.finding.state, stated.finding.evidence) == ("pending", SUBPOENA)
    told = {"order": {**SUBPOENA["order"], "kind": "judicial_order"}}
    ask = {"kind": "request", "purpose": "news", "recipient": COURT, "actor": MEDIA_STAFF}
    district.share(HALLWAY, **ask, evidence=told)
    done = approved(district, stated)
    assert (done.finding.state, done.answer) == ("stale", None)


def test_an_approval_is_not_of_evidence_that_was_found_after_it_was_stated(district: District) -> None:
    referral = referred(district, HALLWAY, COURT)
    stated = found(district, referral, EvidenceVerified(SUBPOENA))
    assert found(district, referral, certified(district, OWEN)).finding.state == "applied"
    assert approved(district, stated).finding.state == "stale"


def test_whoever_approves_is_shown_the_decision_before_and_after(district: District) -> None:
    referral = referred(district, HALLWAY, COURT)
    stated = found(district, referral, EvidenceVerified(SUBPOENA))
    (told,) = work.get_work(district.services, referral.id).compared.values()
    assert (told.before.outcome, told.after.outcome) == (Outcome.REFER, Outcome.ALLOW)
    done = approved(district, stated)
    assert done.answer is not None
    assert done.answer.decision.basis == told.after.basis


def test_a_denial_leaves_open_what_waits_for_a_second_person(district: District) -> None:
    public = hallway(district)
    approved(district, found(district, public, MeaningFound("changed")))
    referral = referred(district, HALLWAY, COURT, actor=MEDIA_STAFF)
    stated = found(district, referral, EvidenceVerified(SUBPOENA))
    assert district.ask(HALLWAY, COURT, "news").decision.outcome is Outcome.DENY
    assert now(district.services, referral).is_open
    assert outcome(approved(district, stated)) is Outcome.ALLOW


def test_another_person_is_another_however_their_name_is_written(district: District) -> None:
    official = referred(district, HALLWAY, Recipient("school_official", "Ben "))
    told = EvidenceVerified({"legitimate_interest": True, "records_authorized": True})
    stated = found(district, official, told)
    with pytest.raises(InputError, match="would receive it"):
        approved(district, stated)
    with pytest.raises(InputError, match="stated this finding"):
        approved(district, stated, SystemUser("2000", "Ada"))
    with pytest.raises(InputError, match="would receive it"):
        approved(district, stated, SystemUser("1002", "cara"), Actor("custodian", "BEN"))


# The same recording again


def rated(body: bytes) -> bytes:
    """The same picture with other metadata, as a program saves a rating."""
    return body[:2] + xmp_segment(packet("<xmp:Rating>5</xmp:Rating>")) + body[2:]


@pytest.mark.parametrize("again", [lambda body: body, rated], ids=["the same bytes", "a rating saved"])
def test_a_finding_that_waits_still_waits_when_the_recording_is_put_to_its_key_again(
    district: District, again: Any
) -> None:
    referral = hallway(district)
    stated = found(district, referral, MeaningFound("preserved"))
    assert stated.finding.state == "pending"
    district.upload(HALLWAY, again((sample_folder() / HALLWAY).read_bytes()))
    with pytest.raises(InputError, match="discipline"):
        looked(district, HALLWAY, directory_status="eligible")
    assert approved(district, stated).finding.state == "applied"


@pytest.mark.parametrize("again", [lambda body: body, rated], ids=["the same bytes", "a rating saved"])
def test_what_two_people_found_holds_when_the_recording_is_put_to_its_key_again(district: District, again: Any) -> None:
    referral = hallway(district)
    approved(district, found(district, referral, MeaningFound("preserved")))
    assert kept(district.services, HALLWAY).tagging.meaning == "preserved"
    body = again((sample_folder() / HALLWAY).read_bytes())
    assert district.upload(HALLWAY, body).tagging.meaning == "preserved"
    # Nor does one person make more of it than two did.
    with pytest.raises(InputError, match="discipline"):
        looked(district, HALLWAY, directory_status="eligible")


def test_a_folder_renamed_takes_no_use_off(district: District) -> None:
    body = (sample_folder() / UNTITLED).read_bytes()
    for folder in ("special-education", "nurse", "foster"):
        first = district.upload(f"{folder}/0007.jpg", body + folder.encode())
        district.services.library.delete(f"{folder}/0007.jpg")
        assert forget_if_gone(district.services, f"{folder}/0007.jpg")
        moved = district.upload(f"events/athletics/{folder}.jpg", rated(body + folder.encode()))
        assert not is_looser(changes_between(replace(first.tagging, state=moved.tagging.state), moved.tagging))
        assert moved.release_tag == first.release_tag


# Who somebody is to a student, and what closes a recording


STRANGER = Recipient("parent", "m-ortiz")


def verified_on_the_team(district: District) -> None:
    """One person finds, on a harmless recording, that a stranger is Hannah's mother."""
    stated = found(district, referred(district, TEAM, STRANGER), ParentVerified((district.student(HANNAH),), "a card"))
    assert stated.finding.state == "applied"


def test_who_is_a_parent_by_one_person_is_a_stranger_where_it_takes_two(district: District) -> None:
    verified_on_the_team(district)
    looked(district, TEAM, official_uses=(OfficialUse("discipline"),))
    answer = district.ask(TEAM, STRANGER)
    assert district.student(HANNAH) not in answer.decision.basis
    with district.services.store.reading() as unit:
        assert unit.shares.links(open_only=True) == []


def test_what_one_person_found_of_the_means_ends_once_it_takes_two(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, directory_status="not_eligible")
    found(district, referred(district, TEAM), MeansFound("none", "no tool", "by letter"))
    assert kept(district.services, TEAM).tagging.cannot_be_redacted
    looked(district, TEAM, official_uses=(OfficialUse("discipline"),))
    assert not kept(district.services, TEAM).tagging.cannot_be_redacted


def test_no_second_statement_lifts_a_court_order(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    today = district.services.now().date()
    state = partial(state_guardianship, district.services, hannah, mother)
    state("limited", "order", CUSTODIAN, ADA, paper="ab" * 32)
    for who, user in ((CUSTODIAN, ADA), (SECOND, BEN)):
        with pytest.raises(InputError, match="court order"):
            state("guardian", "a card", who, user)
    state("limited", "order", CUSTODIAN, ADA, until=today, paper="ab" * 32)
    later_on = replace(district, services=later(district.services, days=1))
    assert later_on.services.now().date() > today
    later_on.upload(TEAM)
    assert hannah in later_on.ask(TEAM, Recipient("parent", mother)).decision.redact


def test_a_wrong_no_keeps_no_mother_out_for_ever(district: District) -> None:
    referral = referred(district, TEAM, STRANGER)
    found(district, referral, NotVerified("she had no paper with her"))
    state_guardianship(district.services, district.student(HANNAH), "m-ortiz", "guardian", "a card", CUSTODIAN, ADA)
    assert district.ask(TEAM, STRANGER).decision.outcome is Outcome.ALLOW


TWO_ALWAYS: list[Finding] = [
    Reopened("it is over"),
    NotOurs("a parent", "the booster club", "in passing", not_for_us=True),
]


@pytest.mark.parametrize("what", TWO_ALWAYS, ids=lambda each: each.kind)
def test_a_hosts_key_and_one_person_open_nothing(district: District, what: Finding) -> None:
    district.upload(SCIENCE_LAB)
    looked(district, SCIENCE_LAB, closed="it shows a test")
    referral = referred(district, SCIENCE_LAB, actor=MEDIA_STAFF)
    stated = found(district, referral, what, host_user("dam"))
    assert stated.finding.state == "pending"
    vouched = approved(district, stated)
    assert vouched.finding.state == "pending"
    with pytest.raises(InputError, match="stands behind this finding already"):
        approved(district, vouched)
    assert approved(district, vouched, CARA, Actor("designee", "counsel")).finding.state == "applied"


def test_a_rejected_dependent_is_no_evidence_of_a_share(district: District) -> None:
    sofia, mother = district.student(SOFIA), Recipient("parent", district.guardian(SOFIA_MOTHER))
    choices.opt_out(district.services, sofia, OptOut(district.services.now().date()), CUSTODIAN)
    district.upload(GRADUATION)
    looked(district, GRADUATION, official_uses=(OfficialUse("discipline"),))
    referral = referred(district, GRADUATION, mother)
    rejected(district, found(district, referral, DependentShown((sofia,), "a tax return")))
    with pytest.raises(InputError, match="was rejected"):
        district.ask(GRADUATION, mother, evidence={"dependent": {"students": [sofia]}})
