"""What a custodian found: it takes effect, decides the share again, and is kept with who and when."""

from __future__ import annotations

from typing import Any

import pytest
from clock import TODAY
from court_orders import told_of_order
from district import (
    CALEB,
    CUSTODIAN,
    GRADUATION,
    HALLWAY,
    MEDIA_STAFF,
    NOAH,
    PUBLIC,
    SCIENCE_LAB,
    UNTITLED,
    District,
)
from queue_cases import (
    ADA,
    COURT,
    PAPER,
    SUBPOENA,
    findings,
    found,
    hallway,
    lab,
    now,
    open_referrals,
    referred,
    untitled,
)
from use_cases import FAILED, Voice, entries, entries_about, kept, ledger_holds, link_of, looked, raising, with_voice

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.custodian import findings as findings_module
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.custodian.findings import state_finding
from dam_plugin.errors import CaseError, InputError, StoreError, UnknownThing
from dam_plugin.gate.close_links import recheck_links
from dam_plugin.intake.events import forget_if_gone, tag_newest
from dam_plugin.model import Actor, Appearance, LinkTerms, OfficialUse, OptOut, Outcome, Region
from dam_plugin.sharing.finding_kinds import (
    AttorneyAsked,
    Classified,
    EvidenceFile,
    EvidenceVerified,
    Finding,
    MeaningFound,
    OfferedToAll,
    PersonIdentified,
    Reviewed,
    plain,
    read_finding,
)

FINDINGS: list[Finding] = [
    MeaningFound("changed"),
    PersonIdentified((Appearance("S-1", "focus"),), 0),
    Classified("eligible"),
    EvidenceVerified(SUBPOENA, EvidenceFile("ab", "evidence/ab.pdf", None, "application/pdf", 9)),
    AttorneyAsked("no objection"),
    OfferedToAll("by letter"),
    Reviewed("it was an emergency"),
]


@pytest.mark.parametrize("each", FINDINGS, ids=lambda each: each.kind)
def test_a_finding_is_read_back_as_it_was_kept(each: Finding) -> None:
    assert read_finding(each.kind, plain(each)) == each


def noah(district: District) -> PersonIdentified:
    return PersonIdentified((Appearance(district.student(NOAH), "focus"),))


# What a finding does


def test_who_is_in_it_is_found_and_the_share_decided_again(district: District) -> None:
    referral = untitled(district)
    assert "HOLD-UNTAGGED" in referral.missing
    stated = found(district, referral, noah(district))
    assert stated.finding.state == "applied"
    assert stated.answer is not None
    assert stated.answer.share.actor == CUSTODIAN
    assert stated.answer.decision.reasons[0].clause != "HOLD-UNTAGGED"
    assert kept(district.services, UNTITLED).tagging.students == {district.student(NOAH)}
    assert stated.finding.share_id == stated.answer.share.id


def test_a_finding_that_leaves_something_open_updates_the_same_referral(district: District) -> None:
    referral = untitled(district)
    stated = found(district, referral, noah(district))
    assert open_referrals(district.services) == [stated.referral]
    assert stated.referral.id == referral.id
    assert stated.referral.missing != referral.missing
    assert stated.answer is not None
    assert stated.referral.share_id == stated.answer.share.id


def test_what_is_found_to_be_directory_information_is_released_and_settles_the_referral(district: District) -> None:
    stated = found(district, lab(district), Classified("eligible"))
    assert stated.answer is not None
    assert (stated.answer.decision.outcome, stated.referral.is_open) == (Outcome.ALLOW, False)
    assert stated.answer.token is not None
    assert stated.referral.closing == f"answered: allow ({stated.answer.share.id})"


def test_what_is_found_to_be_no_directory_information_closes_open_links(district: District) -> None:
    district.upload(GRADUATION)
    answer = district.share(GRADUATION)
    referral = referred(district, GRADUATION, actor=MEDIA_STAFF)
    found(district, referral, Classified("not_eligible"))
    assert link_of(district.services, answer.link).closed_at is not None


def test_verified_evidence_decides_and_its_copy_is_in_the_bucket_on_hold(district: District) -> None:
    referral = referred(district, SCIENCE_LAB, COURT, purpose="court order")
    file = keep_file(district.services, PAPER)
    stated = found(district, referral, EvidenceVerified(SUBPOENA, file))
    assert stated.answer is not None
    assert stated.answer.decision.reasons[0].clause == "EX7-NOTICE"
    told_of_order(referral.id, kept(district.services, SCIENCE_LAB).tagging.students)
    subpoena = {"order": {**SUBPOENA["order"], "answer_on": TODAY.isoformat()}}
    stated = found(district, referral, EvidenceVerified(subpoena, file))
    assert stated.answer is not None
    assert stated.answer.decision.reasons[0].clause == "EX7"
    assert stated.answer.share.evidence == subpoena
    assert district.release_tag(file.key) == "hold"
    assert stated.finding.content["file"]["sha256"] == file.sha256


def test_evidence_found_before_counts_for_what_is_found_later(district: District) -> None:
    referral = referred(district, UNTITLED, COURT, purpose="court order")
    told = {"order": {"kind": "subpoena", "verified": True, "notified": []}}
    first = found(district, referral, EvidenceVerified(told))
    assert first.referral.is_open
    second = found(district, referral, PersonIdentified(nobody=True))
    assert second.answer is not None
    assert second.answer.share.evidence == told
    assert second.answer.decision.outcome is Outcome.ALLOW


def test_to_take_out_a_student_whose_family_said_no_takes_two_people(district: District) -> None:
    """A copy that hid the student would hide nobody any more."""
    referral = referred(district, SCIENCE_LAB)
    before = kept(district.services, SCIENCE_LAB).tagging.students
    choices.opt_out(district.services, min(before), OptOut(TODAY), CUSTODIAN)
    stated = found(district, referral, PersonIdentified(nobody=True))
    assert stated.finding.state == "pending"
    assert kept(district.services, SCIENCE_LAB).tagging.students == before


def test_what_is_verified_later_takes_the_place_of_what_was_before_whole(district: District) -> None:
    """Two papers are never mixed: what one certifies for a student does not count for another's."""
    referral = referred(district, SCIENCE_LAB, COURT, purpose="court order")
    unverified = {"order": {"kind": "subpoena", "notified": [district.student(CALEB)]}}
    found(district, referral, EvidenceVerified({"order": {"kind": "subpoena", "verified": True}}))
    stated = found(district, referral, EvidenceVerified(unverified))
    assert stated.answer is not None
    assert stated.answer.share.evidence == unverified


def test_a_request_that_staff_passed_on_is_decided_as_the_custodians(district: District) -> None:
    district.upload(GRADUATION)
    (referral,) = district.share(GRADUATION, kind="request", actor=MEDIA_STAFF, purpose="news").referrals
    assert referral.missing == ("CUSTODIAN",)
    stated = found(district, referral, Reviewed())
    assert stated.answer is not None
    assert (stated.answer.decision.outcome, stated.referral.is_open) == (Outcome.ALLOW, False)


def test_what_the_attorney_was_asked_and_answered_is_kept_and_decides_nothing(district: District) -> None:
    referral = lab(district)
    asked = found(district, referral, AttorneyAsked())
    assert (asked.answer, asked.finding.share_id, asked.referral.share_id) == (None, None, referral.share_id)
    answered = found(district, referral, AttorneyAsked("not a closed record"))
    assert (answered.answer, answered.finding.state, answered.referral) == (None, "applied", referral)


def test_the_link_keeps_the_terms_that_were_asked_for(district: District) -> None:
    referral = referred(district, SCIENCE_LAB, terms=LinkTerms(days=3, openings=1))
    stated = found(district, referral, Classified("eligible"))
    assert stated.answer is not None
    assert stated.answer.link is not None
    assert stated.answer.link.most_openings == 1


# A custodian's word on the meaning


@pytest.fixture
def two_in_lab(district: District) -> District:
    """A picture in which two students are subjects and known by place, neither of them directory information."""
    district.upload(UNTITLED)
    boxes = (Region(0.1, 0.1, 0.2, 0.2), Region(0.6, 0.6, 0.2, 0.2))
    for each, box in zip((NOAH, CALEB), boxes, strict=True):
        looked(district, UNTITLED, each, box=box, directory_status="not_eligible")
    return district


def test_a_meaning_that_survives_lets_everybody_be_hidden(two_in_lab: District) -> None:
    referral = referred(two_in_lab, UNTITLED)
    assert "REDACT-MEANING" in referral.missing
    stated = found(two_in_lab, referral, MeaningFound("preserved"))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.REDACT
    assert kept(two_in_lab.services, UNTITLED).tagging.meaning == "preserved"


def test_a_custodians_meaning_survives_tagging_anew_and_ends_with_the_version(two_in_lab: District) -> None:
    found(two_in_lab, referred(two_in_lab, UNTITLED), MeaningFound("preserved"))
    tag_newest(two_in_lab.services, UNTITLED, again=True)
    assert kept(two_in_lab.services, UNTITLED).tagging.meaning == "preserved"
    two_in_lab.upload(UNTITLED, (sample_folder() / SCIENCE_LAB).read_bytes())
    assert kept(two_in_lab.services, UNTITLED).tagging.meaning == "unreviewed"


def test_a_meaning_found_by_one_person_ends_when_the_recording_becomes_a_discipline_record(
    two_in_lab: District,
) -> None:
    answer = found(two_in_lab, referred(two_in_lab, UNTITLED), MeaningFound("preserved")).answer
    assert answer is not None
    looked(two_in_lab, UNTITLED, official_uses=(OfficialUse("discipline"),))
    recheck_links(two_in_lab.services, asset_key=UNTITLED)
    assert kept(two_in_lab.services, UNTITLED).tagging.meaning == "unreviewed"
    assert link_of(two_in_lab.services, answer.link).closed_at is not None


# What is refused: nothing is kept


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (MeaningFound("fine"), "the meaning is one of"),  # type: ignore[arg-type]
        (Classified("perhaps"), "directory information is one of"),  # type: ignore[arg-type]
        (PersonIdentified(), "say who is in it"),
        (PersonIdentified(unidentified=-1), "0 or more"),
        (PersonIdentified(unidentified=1, nobody=True), "exclude each other"),
        (AttorneyAsked(" "), "say what the attorney answered"),
        (Reviewed("x" * 2_001), "at most 2,000 characters"),
        (OfferedToAll("by letter"), "only an offer"),
        (EvidenceVerified({}), "the evidence says nothing"),
        (EvidenceVerified({"order": None}), "the evidence says nothing"),
        (EvidenceVerified({"legitimate_interest": False}), "the evidence says nothing"),
        (EvidenceVerified({**SUBPOENA, "legitimate_interest": True}), "verifies one thing"),
        (EvidenceVerified({"emergency": {"threat": "a fire", "recipient_needs_it": True}}), "break-glass"),
        (EvidenceVerified({"child_welfare": {"ground": "mandated_report"}}), "mandated report"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.kind,
)
def test_a_finding_that_says_nothing_or_too_much_is_refused(district: District, what: Finding, told: str) -> None:
    referral = lab(district)
    with pytest.raises(InputError, match=told):
        found(district, referral, what)
    assert findings(district.services, referral) == []


@pytest.mark.parametrize(
    "block", [{"ordr": {}}, {"order": {"kind": "letter"}}, {"order": {"verified": "yes"}}], ids=str
)
def test_evidence_that_no_case_can_hold_is_refused(district: District, block: dict[str, Any]) -> None:
    referral = lab(district)
    with pytest.raises(CaseError, match=r"share\.evidence"):
        found(district, referral, EvidenceVerified(block))
    assert findings(district.services, referral) == []


@pytest.mark.parametrize(
    "what",
    [PersonIdentified((Appearance("S-UNKNOWN"),)), EvidenceVerified({"order": {"notified": ["S-UNKNOWN"]}})],
    ids=lambda each: each.kind,
)
def test_a_student_whom_nobody_has_is_refused_without_being_repeated(district: District, what: Finding) -> None:
    referral = lab(district)
    with pytest.raises(UnknownThing) as refused:
        found(district, referral, what)
    assert "UNKNOWN" not in str(refused.value)
    assert findings(district.services, referral) == []


def test_only_the_custodian_or_a_designee_finds_anything(district: District) -> None:
    referral = lab(district)
    with pytest.raises(InputError, match="only the custodian or a designee"):
        found(district, referral, Classified("eligible"), by=MEDIA_STAFF)
    assert found(district, referral, Classified("eligible"), by=Actor("designee", "d")).finding.state == "applied"


def test_nothing_is_found_of_a_referral_that_is_closed_or_unknown(district: District) -> None:
    referral = lab(district)
    found(district, referral, Classified("eligible"))
    with pytest.raises(InputError, match="this referral is closed"):
        found(district, referral, Classified("not_eligible"))
    with pytest.raises(UnknownThing, match="queue list"):
        state_finding(district.services, "rf-none", Reviewed(), CUSTODIAN, ADA)


def test_a_copy_that_is_not_in_the_bucket_is_no_evidence(district: District) -> None:
    referral = lab(district)
    file = EvidenceFile("ab" * 32, f"evidence/{'ab' * 32}.pdf", None, "application/pdf", 9)
    with pytest.raises(InputError, match="hand the file in again"):
        found(district, referral, EvidenceVerified(SUBPOENA, file))


def test_nothing_is_found_of_a_recording_that_is_gone(district: District) -> None:
    referral = lab(district)
    # The referral holds it: only what is deleted for good is gone.
    with district.services.store.reading() as unit:
        version = unit.assets.need(SCIENCE_LAB).asset.version_id
    district.services.library.delete(SCIENCE_LAB, version)
    forget_if_gone(district.services, SCIENCE_LAB)
    with pytest.raises(UnknownThing, match="not in the library"):
        found(district, referral, Classified("eligible"))
    assert now(district.services, referral).is_open


# What is kept


def test_each_finding_stands_in_the_ledger_with_whom_it_names(district: District) -> None:
    referral = untitled(district)
    stated = found(district, referral, noah(district))
    (told,) = [each for _, each in entries(district.services, "queue") if each["done"] == "finding"]
    assert (told["finding"], told["state"], told["by"]["id"]) == (stated.finding.id, "applied", CUSTODIAN.id)
    assert told["system_user"] == {"id": "1000", "name": "ada"}
    assert "queue" in entries_about(district.services, district.student(NOAH))
    assert ledger_holds(district.services)


def test_a_finding_whose_share_breaks_off_is_applied_and_reviewing_it_does_the_rest(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = lab(district)
    with monkeypatch.context() as patched:
        patched.setattr(findings_module, "share", raising(StoreError("the database cannot be reached")))
        with pytest.raises(StoreError):
            found(district, referral, Classified("eligible"))
    (broken_off,) = findings(district.services, referral)
    assert (broken_off.state, broken_off.share_id) == ("applied", None)
    stated = found(district, referral, Reviewed())
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.ALLOW
    assert {each.share_id for each in findings(district.services, referral)} == {stated.answer.share.id}


def test_staff_who_ask_for_the_same_decide_no_finding(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    referral = referred(district, HALLWAY, COURT, purpose="court order")
    with monkeypatch.context() as patched:
        patched.setattr(findings_module, "share", raising(StoreError("the database cannot be reached")))
        with pytest.raises(StoreError):
            found(district, referral, Reviewed())
    district.share(HALLWAY, kind="request", purpose="court order", recipient=COURT, actor=MEDIA_STAFF)
    assert [each.share_id for each in findings(district.services, referral)] == [None]
    answer = district.ask(HALLWAY, COURT, "court order")
    assert [each.share_id for each in findings(district.services, referral)] == [answer.share.id]


def test_a_third_party_that_fails_answers_nobody(district: District) -> None:
    referral = lab(district)
    deaf = with_voice(district, Voice(review_decision=FAILED))
    stated = found(deaf, referral, Classified("eligible"))
    assert stated.answer is not None
    assert stated.answer.decision.outcome is Outcome.DENY
    assert (stated.finding.share_id, stated.referral.is_open) == (None, True)


def test_another_share_of_the_same_that_comes_first_has_the_only_link(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral = lab(district)
    others = []

    def late(services: Any, request: Any, **more: Any) -> Any:
        others.append(district.ask(SCIENCE_LAB, PUBLIC, "news"))
        return original(services, request, **more)

    original = findings_module.share
    monkeypatch.setattr(findings_module, "share", late)
    stated = found(district, referral, Classified("eligible"))
    (other,) = others
    assert (stated.answer, stated.finding.share_id) == (None, other.share.id)
    with district.services.store.reading() as unit:
        assert [each.id for each in unit.shares.links(open_only=True)] == [other.link.id]


def test_the_meaning_is_found_in_the_queue_alone(district: District) -> None:
    hallway(district)
    for changes in ({"meaning": "preserved"}, {"approved": True}):
        with pytest.raises(InputError, match="queue finding"):
            looked(district, HALLWAY, **changes)
