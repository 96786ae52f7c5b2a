"""The open questions, and what evidence was lacking at the end."""

from __future__ import annotations

from typing import Any

import pytest
from case_builder import ADULT, CaseBuilder, a_case, a_fight, a_portrait

from dam_plugin.procedure.clauses import remedy

VERIFIED = {"kind": "subpoena", "verified": True}


def destroyed(case: CaseBuilder) -> CaseBuilder:
    """Leave no plan feasible, so that the steps end in a denial without the question of the meaning."""
    return case.asset(meaning="destroyed")


def answer(case: CaseBuilder) -> tuple[str, list[str]]:
    return case.outcome(), case.clauses()


DENIAL = ["EX4-DISCIPLINE", "EX4-NOT-DIRECTORY", "EX3-MISSING", "REDACT-UNABLE", "REDACT-MEANING"]


def test_without_a_question_the_fight_is_refused() -> None:
    assert answer(destroyed(a_fight())) == ("deny", DENIAL)


# EX7-NOTICE


def test_a_verified_order_without_notice_turns_a_denial_into_a_referral() -> None:
    case = destroyed(a_fight()).evidence(order={**VERIFIED, "notified": ["s1"]})
    assert answer(case) == ("refer", ["EX7-NOTICE", *DENIAL])
    assert case.said("EX7-NOTICE").students == ("s2",)


def test_a_verified_order_for_what_is_not_known_follows_the_hold() -> None:
    case = a_fight().asset(tagging="pending").evidence(order={**VERIFIED, "notified": ["s1", "s2"]})
    assert answer(case) == ("refer", ["HOLD-UNTAGGED", "EX7-NOTICE"])
    assert "not known" in case.said("EX7-NOTICE").text


def test_a_verified_order_follows_a_redaction() -> None:
    case = a_fight().redactable().evidence(order=VERIFIED)
    assert answer(case) == ("redact", ["REDACT", "EX7-NOTICE"])


def test_a_verified_order_says_nothing_where_the_recording_is_released() -> None:
    assert a_portrait().evidence(order=VERIFIED).clauses() == ["EX4"]


def test_an_order_in_a_publication_is_no_question() -> None:
    case = destroyed(a_fight()).published().evidence(order=VERIFIED)
    assert answer(case) == ("deny", DENIAL)


# PREADJ-CERTIFICATION


@pytest.mark.parametrize("role", ["juvenile_office", "law_enforcement"])
def test_a_missing_certification_is_a_question(role: str) -> None:
    case = destroyed(a_fight()).to(role, "x").evidence(pre_adjudication={"students": ["s1"]})
    lacking = {"juvenile_office": "EX5-EVIDENCE", "law_enforcement": "EX6-EVIDENCE"}[role]
    assert answer(case) == ("refer", ["PREADJ-CERTIFICATION", *DENIAL, lacking])
    assert case.said("PREADJ-CERTIFICATION").students == ("s1",)


def test_a_bystander_listed_is_the_juvenile_offices_question_but_not_the_polices() -> None:
    case = destroyed(a_fight()).shows("s3", "incidental").evidence(pre_adjudication={"students": ["s3"]})
    assert case.to("juvenile_office", "x").outcome() == "refer"
    assert case.to("law_enforcement", "x").outcome() == "deny"


@pytest.mark.parametrize("role", ["public", "court", "childrens_division"])
def test_a_missing_certification_is_no_question_of_others(role: str) -> None:
    assert destroyed(a_fight()).to(role, "x").evidence(pre_adjudication={"students": ["s1"]}).outcome() == "deny"


def test_pre_adjudication_of_someone_who_is_not_in_it_is_no_question() -> None:
    case = destroyed(a_fight()).student("s3").to("juvenile_office", "x")
    assert case.evidence(pre_adjudication={"students": ["s3"]}).outcome() == "deny"


def test_a_certified_pre_adjudication_of_a_bystander_is_no_question() -> None:
    case = destroyed(a_fight()).shows("s3", "incidental").to("law_enforcement", "x")
    case.evidence(pre_adjudication={"students": ["s3"], "certified": True})
    assert answer(case) == ("deny", [*DENIAL, "EX6-EVIDENCE"])


# RIGHTS-TRANSFERRED


def test_the_parent_of_an_eligible_student_is_a_question() -> None:
    case = destroyed(a_fight()).knows("s1", born=ADULT).to("parent", "p1")
    assert answer(case) == ("refer", ["RIGHTS-TRANSFERRED", *DENIAL])
    assert case.said("RIGHTS-TRANSFERRED").students == ("s1",)


def test_a_parent_of_nobody_in_it_is_none() -> None:
    assert destroyed(a_fight()).to("parent", "p9").outcome() == "deny"
    case = destroyed(a_fight()).shows("s3", "incidental").knows("s3", born=ADULT).to("parent", "p3")
    assert case.outcome() == "deny"


def test_a_parent_with_another_child_in_it_has_an_own_and_no_question() -> None:
    case = a_fight().knows("s1", born=ADULT).knows("s2", guardians=["p1"]).redactable().to("parent", "p1")
    assert answer(case) == ("redact", ["EX2"])


def test_the_parent_of_a_grown_dependent_has_an_own_and_no_question() -> None:
    case = a_fight().knows("s1", born=ADULT).redactable().to("parent", "p1").evidence(dependent={"students": ["s1"]})
    assert answer(case) == ("redact", ["EX2-DEPENDENT"])


def test_the_parent_of_a_minor_who_died_has_an_own_and_no_question() -> None:
    case = a_fight().knows("s1", born="2000-01-01", died="2015-01-01").redactable().to("parent", "p1")
    assert answer(case) == ("redact", ["EX2"])


# HOLD-UNCLASSIFIED


def test_undetermined_is_a_question_where_eligible_would_release_more() -> None:
    case = a_portrait().asset(directory_status="undetermined", meaning="destroyed")
    assert case.outcome() == "refer"
    assert case.clauses()[:2] == ["HOLD-UNCLASSIFIED", "EX4-NOT-DIRECTORY"]


def test_undetermined_is_a_question_of_a_publication_too() -> None:
    assert a_portrait().asset(directory_status="undetermined").published().clauses()[0] == "HOLD-UNCLASSIFIED"


def test_undetermined_is_no_question_where_eligible_changes_nothing() -> None:
    assert destroyed(a_fight()).asset(directory_status="undetermined").outcome() == "deny"
    opted_out = a_portrait().opted_out("s1").asset(directory_status="undetermined", meaning="destroyed")
    assert opted_out.outcome() == "deny"


def test_undetermined_follows_a_redaction_that_eligible_would_spare() -> None:
    case = a_portrait().asset(directory_status="undetermined").redactable()
    assert answer(case) == ("redact", ["REDACT", "HOLD-UNCLASSIFIED"])


def test_undetermined_follows_a_parents_referral() -> None:
    case = a_portrait().shows("s2").asset(directory_status="undetermined", meaning="preserved").to("parent", "p1")
    assert answer(case) == ("refer", ["REDACT-UNABLE", "HOLD-UNCLASSIFIED"])


def test_undetermined_does_not_follow_a_hold_that_it_would_not_lift() -> None:
    case = a_portrait().asset(directory_status="undetermined", tagging="pending")
    assert answer(case) == ("refer", ["HOLD-UNTAGGED"])
    assert answer(a_portrait().asset(directory_status="undetermined").by("media_staff")) == ("refer", ["CUSTODIAN"])


# REDACT-MEANING


def test_an_unreviewed_meaning_is_a_question_of_a_request() -> None:
    case = a_fight().redactable("unreviewed")
    assert answer(case) == ("refer", ["REDACT-MEANING", "EX4-DISCIPLINE", "EX4-NOT-DIRECTORY", "EX3-MISSING"])


ALONE = "It shows this student alone"


def test_of_a_picture_of_one_student_alone_it_is_said_that_nothing_would_be_left_and_what_denies_it() -> None:
    case = a_portrait().redactable("unreviewed").opted_out("s1")
    assert answer(case) == ("refer", ["REDACT-MEANING", "EX4-OPTOUT", "EX3-MISSING"])
    said = case.said("REDACT-MEANING")
    assert ALONE in said.text
    told = remedy(said.clause, said=said.text)
    assert "queue finding ID meaning destroyed" in told
    assert "letter write denial --referral ID" in told
    assert case.asset(meaning="destroyed").outcome() == "deny"


def test_of_somebody_else_in_it_or_to_a_family_that_is_not_said() -> None:
    for case in (
        a_portrait().shows("s2").opted_out("s2"),
        a_portrait().shows("s2", "incidental"),
        a_portrait().asset(record_pii=["s2"]).student("s2"),
        a_portrait().published(),
        a_portrait().to("parent", "p9", known=False),
    ):
        reasons = case.redactable("unreviewed").opted_out("s1").decide().reasons
        assert not [each.text for each in reasons if ALONE in each.text]


def test_an_unreviewed_meaning_is_no_question_of_a_publication() -> None:
    case = a_fight().redactable("unreviewed").published()
    assert answer(case) == ("deny", ["EX4-DISCIPLINE", "EX4-NOT-DIRECTORY", "EX3-MISSING", "REDACT-MEANING"])


def test_an_unreviewed_meaning_is_no_question_where_redaction_cannot_be_done() -> None:
    assert a_fight().outcome() == "deny"
    assert a_fight().redactable("unreviewed").share(names=["s1"]).outcome() == "deny"


def test_an_unreviewed_meaning_stands_once_in_a_parents_referral() -> None:
    case = a_case().shows("s1", "incidental").shows("s2").not_directory().used_for("victim", "s1")
    case.redactable("unreviewed").to("parent", "p1")
    assert answer(case) == ("refer", ["REDACT-MEANING"])


# CONSENT-DOUBTFUL


def doubtful(case: CaseBuilder, student: str = "s1") -> CaseBuilder:
    """Let a family sign a consent and opt out afterwards."""
    return case.consent(student, signed_on="2026-09-10").opted_out(student, since="2026-09-30")


def test_a_consent_before_an_opt_out_is_a_question_where_it_would_release() -> None:
    case = doubtful(destroyed(a_portrait()))
    assert answer(case) == ("refer", ["CONSENT-DOUBTFUL", "EX4-OPTOUT", "EX3-FORM", "REDACT-UNABLE", "REDACT-MEANING"])
    assert case.said("CONSENT-DOUBTFUL").students == ("s1",)


def test_a_consent_before_an_opt_out_is_a_question_of_a_publication_too() -> None:
    assert doubtful(a_portrait()).published().clauses()[0] == "CONSENT-DOUBTFUL"


def test_a_doubtful_consent_is_no_question_where_it_would_be_denied_all_the_same() -> None:
    case = doubtful(destroyed(a_portrait().shows("s2").opted_out("s2")))
    assert answer(case)[0] == "deny"
    assert "CONSENT-DOUBTFUL" not in case.clauses()
    assert doubtful(case, "s2").clauses()[0] == "CONSENT-DOUBTFUL", "the two families together would release it"


def test_a_doubtful_consent_of_a_protected_student_is_no_question() -> None:
    assert doubtful(destroyed(a_portrait())).knows("s1", protected=True).outcome() == "deny"


def test_a_doubtful_consent_follows_a_copy() -> None:
    case = doubtful(a_portrait().shows("s2")).redactable()
    assert answer(case) == ("redact", ["EX4-OPTOUT", "CONSENT-DOUBTFUL"])


def test_a_doubtful_consent_says_nothing_where_nobody_needs_it() -> None:
    assert doubtful(a_portrait()).to("parent", "p1").clauses() == ["EX2"]


# CLOSED-CONSENT


def test_a_closed_recording_with_every_consent_is_a_question() -> None:
    case = a_portrait().shows("s2", "incidental").asset(closed="why").consent("s1")
    assert case.outcome() == "deny"
    assert answer(case.consent("s2")) == ("refer", ["CLOSED-CONSENT", "CLOSED"])
    assert case.said("CLOSED-CONSENT").students == ("s1", "s2")


def test_a_closed_recording_of_the_crowd_with_every_consent_is_the_attorneys_and_a_question() -> None:
    case = a_case().shows("s1", "incidental").asset(closed="why").consent("s1")
    assert answer(case) == ("refer", ["LEGALITY", "CLOSED-CONSENT"])


@pytest.mark.parametrize(
    ("changes", "clauses"),
    [
        pytest.param({"confidential": "why"}, ["LEGALITY"], id="another law's"),
        pytest.param({"tagging": "pending"}, ["HOLD-UNTAGGED"], id="not known"),
        pytest.param({"unidentified_people": 1}, ["HOLD-UNKNOWN-PERSON"], id="somebody unnamed"),
    ],
)
def test_a_closed_recording_is_none_where_more_than_the_closure_stands_in_the_way(
    changes: dict[str, Any], clauses: list[str]
) -> None:
    assert a_portrait().asset(closed="why").consent("s1").asset(**changes).clauses() == clauses


def test_a_closed_recording_of_nobody_is_none() -> None:
    assert a_case().asset(closed="why").outcome() == "deny"


# EX2-RELATION


@pytest.mark.parametrize("role", ["parent", "eligible_student"])
def test_a_family_whom_the_roster_does_not_know_is_a_question(role: str) -> None:
    case = destroyed(a_fight()).to(role, "x", known=False)
    assert answer(case) == ("refer", ["EX2-RELATION", *DENIAL])
    assert answer(destroyed(a_fight()).to(role, "x")) == ("deny", DENIAL)


def test_nobody_else_is_asked_who_they_are() -> None:
    for role in ("public", "court", "law_enforcement", "childrens_division"):
        assert "EX2-RELATION" not in destroyed(a_fight()).to(role, "x", known=False).clauses()


def test_a_family_that_the_roster_does_not_know_but_the_case_does_is_none() -> None:
    case = a_fight().redactable().to("parent", "p1", known=False)
    assert answer(case) == ("redact", ["EX2"])


def test_who_asks_is_no_question_where_the_recording_is_about_nobody() -> None:
    crowd = a_case().shows("s1", "incidental").asset(closed="why").to("parent", "x", known=False)
    assert answer(crowd) == ("deny", ["CLOSED"])


def test_who_asks_follows_a_copy_and_a_hold() -> None:
    assert answer(a_fight().redactable().to("parent", "x", known=False)) == ("redact", ["REDACT", "EX2-RELATION"])
    held = a_fight().asset(tagging="pending").to("parent", "x", known=False)
    assert answer(held) == ("refer", ["HOLD-UNTAGGED", "EX2-RELATION"])


# Several at once


def test_all_eight_questions_have_their_place() -> None:
    first = a_fight().knows("s1", born=ADULT).evidence(order=VERIFIED).to("parent", "p1", known=False)
    assert first.by("media_staff").clauses() == ["CUSTODIAN", "EX7-NOTICE", "RIGHTS-TRANSFERRED", "EX2-RELATION"]
    served = (
        destroyed(a_fight()).to("juvenile_office", "x").evidence(order=VERIFIED, pre_adjudication={"students": ["s1"]})
    )
    assert served.clauses()[:2] == ["EX7-NOTICE", "PREADJ-CERTIFICATION"]
    unmarked = a_portrait().shows("s2").redactable("unreviewed").asset(directory_status="undetermined")
    doubtful(unmarked, "s2").to("parent", "x", known=False)
    assert unmarked.clauses()[:4] == ["HOLD-UNCLASSIFIED", "REDACT-MEANING", "CONSENT-DOUBTFUL", "EX2-RELATION"]
    closed = a_portrait().asset(closed="why").consent("s1").to("parent", "x", known=False)
    assert closed.clauses() == ["CLOSED-CONSENT", "EX2-RELATION", "CLOSED"]


def test_the_questions_stand_in_their_order_and_each_once() -> None:
    case = a_fight().knows("s1", born=ADULT).redactable("unreviewed").to("parent", "p1").evidence(order=VERIFIED)
    assert case.outcome() == "refer"
    assert case.clauses() == [
        "EX7-NOTICE",
        "RIGHTS-TRANSFERRED",
        "REDACT-MEANING",
        "EX4-DISCIPLINE",
        "EX4-NOT-DIRECTORY",
        "EX3-MISSING",
    ]


def test_classification_and_meaning_stand_together() -> None:
    case = a_portrait().redactable("unreviewed").asset(directory_status="undetermined")
    assert answer(case) == (
        "refer",
        ["HOLD-UNCLASSIFIED", "REDACT-MEANING", "EX4-NOT-DIRECTORY", "EX3-MISSING"],
    )


def test_a_referral_has_no_basis_and_hides_nobody() -> None:
    decision = a_fight().redactable("unreviewed").decide()
    assert (decision.basis, decision.redact, decision.record_disclosure) == ({}, (), False)


# What was lacking

LACKING: list[tuple[str, dict[str, Any], list[str]]] = [
    ("school_official", {}, ["EX1-EVIDENCE"]),
    ("school_official", {"legitimate_interest": True}, ["EX1-EVIDENCE"]),
    ("juvenile_office", {}, ["EX5-EVIDENCE"]),
    ("juvenile_office", {"pre_adjudication": {"students": [], "certified": True}}, ["EX5-EVIDENCE"]),
    ("law_enforcement", {}, ["EX6-EVIDENCE"]),
    ("law_enforcement", {"pre_adjudication": {"students": ["s3"], "certified": True}}, ["EX6-EVIDENCE"]),
    ("court", {}, ["EX7-EVIDENCE"]),
    ("court", {"order": {"kind": "judicial_order"}}, ["EX7-EVIDENCE"]),
    ("court", {"order": VERIFIED}, []),
    ("public", {"order": {"kind": "subpoena"}}, ["EX7-EVIDENCE"]),
    ("public", {"order": VERIFIED}, []),
    ("childrens_division", {}, ["EX8-EVIDENCE"]),
    ("childrens_division", {"child_welfare": {"ground": "legal_responsibility", "students": ["s3"]}}, ["EX8-EVIDENCE"]),
    ("emergency", {}, ["EX9-EVIDENCE"]),
    ("public", {"emergency": {"threat": "x"}}, ["EX9-EVIDENCE"]),
    ("public", {"emergency": {"recipient_needs_it": True}}, ["EX9-EVIDENCE"]),
    ("public", {}, []),
    ("parent", {}, []),
    ("eligible_student", {}, []),
    (
        "law_enforcement",
        {"order": {"kind": "subpoena"}, "emergency": {"threat": "x"}},
        ["EX6-EVIDENCE", "EX7-EVIDENCE", "EX9-EVIDENCE"],
    ),
]


@pytest.mark.parametrize(("role", "evidence", "lacking"), LACKING)
@pytest.mark.parametrize("ending", ["deny", "redact", "refer", "allow"])
def test_the_reasons_end_with_what_was_lacking(
    role: str, evidence: dict[str, Any], lacking: list[str], ending: str
) -> None:
    case = {
        "deny": destroyed(a_fight()),
        "redact": a_fight().redactable(),
        "refer": a_fight().asset(tagging="failed"),
        "allow": a_portrait().shows("s2"),
    }[ending]
    case.student("s3").to(role, "x").evidence(**evidence)
    clauses = case.clauses()
    found = [clause for clause in clauses if clause.endswith("-EVIDENCE")]
    assert found == ([] if ending == "allow" else lacking)
    assert clauses[len(clauses) - len(found) :] == found


def test_the_police_with_an_own_lack_nothing() -> None:
    case = a_fight().to("law_enforcement", "x").evidence(pre_adjudication={"students": ["s1"], "certified": True})
    assert answer(case.asset(meaning="preserved")) == ("refer", ["REDACT-UNABLE"])


def test_a_recipient_without_evidence_is_decided_on_as_any_other_person() -> None:
    for role in ("school_official", "juvenile_office", "law_enforcement", "court", "childrens_division", "emergency"):
        stranger, asked = a_fight().redactable().decide(), a_fight().redactable().to(role, "x").decide()
        assert (asked.outcome, asked.redact, asked.basis) == (stranger.outcome, stranger.redact, stranger.basis)
