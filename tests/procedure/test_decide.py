"""The order of decision, step by step: each exception with and without its evidence, the plans, step 11, step 12.

The open questions, what evidence was lacking, and recordation are in `test_open_questions.py` and `test_recordation.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from case_builder import ADULT, CaseBuilder, a_case, a_fight, a_portrait

from dam_plugin.model import Decision

THREAT = {"threat": "he has a knife", "recipient_needs_it": True}
SERVES_S1 = {"students": ["s1"], "certified": True}
CUSTODY_OF_S1 = {"ground": "legal_responsibility", "students": ["s1"]}
OFFICIAL = {"legitimate_interest": True, "records_authorized": True}


def order(**changes: Any) -> dict[str, Any]:
    return {"kind": "subpoena", "verified": True, "notified": ["s1", "s2"], **changes}


def answer(case: CaseBuilder) -> tuple[str, str]:
    """Return the outcome and the clause that decided."""
    decision = case.decide()
    return decision.outcome.word, decision.reasons[0].clause


def basis(case: CaseBuilder) -> dict[str, str]:
    return case.decide().basis


# Step 1


def test_what_the_district_does_not_maintain_is_out_of_scope() -> None:
    case = a_fight().asset(maintained_by="other", tagging="failed", closed="why", confidential="why").by("media_staff")
    assert answer(case) == ("allow", "SCOPE")
    assert basis(case) == {"s1": "SCOPE", "s2": "SCOPE"}


# Step 2


@pytest.mark.parametrize("role", ["emergency", "law_enforcement", "public", "parent", "court", "school_official"])
@pytest.mark.parametrize("actor", ["custodian", "designee"])
def test_a_custodian_may_break_the_glass_for_any_role(actor: str, role: str) -> None:
    case = a_fight().asset(tagging="pending", confidential="why").by(actor).to(role, "x").evidence(emergency=THREAT)
    assert case.clauses() == ["EX9"]
    assert basis(case) == {"s1": "EX9", "s2": "EX9"}


@pytest.mark.parametrize("role", ["emergency", "law_enforcement"])
def test_anyone_may_break_the_glass_for_responders_and_tells_the_custodian(role: str) -> None:
    case = a_fight().by("media_staff").to(role, "x").evidence(emergency=THREAT)
    assert case.outcome() == "allow"
    assert case.clauses() == ["EX9", "NOTIFY-CUSTODIAN"]


@pytest.mark.parametrize("role", ["public", "parent", "childrens_division", "court"])
def test_media_staff_do_not_break_the_glass_for_others(role: str) -> None:
    assert answer(a_fight().by("media_staff").to(role, "x").evidence(emergency=THREAT)) == ("refer", "CUSTODIAN")


@pytest.mark.parametrize(
    "emergency", [{}, {"threat": "x"}, {"recipient_needs_it": True}, {"threat": None, "recipient_needs_it": True}]
)
def test_an_incomplete_emergency_breaks_no_glass(emergency: dict[str, Any]) -> None:
    case = a_fight().to("emergency", "x").evidence(emergency=emergency)
    assert answer(case)[0] == "deny"
    assert case.clauses()[-1] == "EX9-EVIDENCE"


def test_a_publication_is_no_emergency() -> None:
    case = a_fight().published().by("custodian").evidence(emergency=THREAT)
    assert case.outcome() == "deny"
    assert "EX9-EVIDENCE" not in case.clauses()


def test_a_mandated_report_opens_the_recording_whoever_the_actor_is() -> None:
    case = a_fight().to("childrens_division", "cd").evidence(child_welfare={"ground": "mandated_report"})
    case.asset(tagging="pending", closed="why")
    assert case.clauses() == ["EX8"]
    assert case.by("media_staff").clauses() == ["EX8", "NOTIFY-CUSTODIAN"]
    assert basis(case) == {"s1": "EX8", "s2": "EX8"}


def test_a_mandated_report_of_someone_else_opens_nothing() -> None:
    case = a_fight().to("law_enforcement", "x").evidence(child_welfare={"ground": "mandated_report"})
    assert case.outcome() == "deny"


# Step 3


@pytest.mark.parametrize("actor", ["media_staff", "custodian"])
def test_a_school_official_with_both_sees_everything_unredacted(actor: str) -> None:
    case = a_fight().redactable().by(actor).to("school_official", "u9").evidence(**OFFICIAL)
    case.asset(tagging="pending", closed="why", confidential="why", unidentified_people=3)
    assert case.clauses() == ["EX1"]
    assert basis(case) == {"s1": "EX1", "s2": "EX1"}


@pytest.mark.parametrize("lacking", ["legitimate_interest", "records_authorized"])
def test_a_school_official_without_one_of_both_is_any_other_person(lacking: str) -> None:
    case = a_fight().to("school_official", "u9").evidence(**{**OFFICIAL, lacking: False})
    assert case.outcome() == "deny"
    assert case.clauses()[-1] == "EX1-EVIDENCE"
    directory = a_portrait().to("school_official", "u9").evidence(**{**OFFICIAL, lacking: False})
    assert answer(directory) == ("allow", "EX4")


# Step 4


def test_a_request_that_media_staff_answer_goes_to_the_custodian() -> None:
    assert answer(a_portrait().by("media_staff")) == ("refer", "CUSTODIAN")
    assert answer(a_portrait().by("designee")) == ("allow", "EX4")
    assert answer(a_portrait().published()) == ("allow", "EX4")


# Step 5


def test_the_juvenile_office_sees_the_whole_recording_of_a_certified_student() -> None:
    case = a_fight().shows("s3", "incidental").to("juvenile_office", "jo")
    case.evidence(pre_adjudication={"students": ["s3"], "certified": True}).asset(closed="why", confidential="why")
    assert case.clauses() == ["EX5"]
    assert basis(case) == {"s1": "EX5", "s2": "EX5"}


def test_the_juvenile_office_needs_a_listed_student_who_is_depicted() -> None:
    case = a_fight().student("s3").to("juvenile_office", "jo")
    case.evidence(pre_adjudication={"students": ["s3"], "certified": True})
    assert case.outcome() == "deny"
    assert case.clauses()[-1] == "EX5-EVIDENCE"


@pytest.mark.parametrize("role", ["court", "public", "law_enforcement", "parent"])
def test_a_verified_order_opens_the_recording_from_any_role(role: str) -> None:
    case = a_fight().asset(closed="why").to(role, "x").evidence(order=order())
    assert answer(case) == ("allow", "EX7")
    assert basis(case) == {"s1": "EX7", "s2": "EX7"}


def test_an_order_without_notice_opens_what_is_not_known_either() -> None:
    case = (
        a_fight()
        .asset(tagging="failed", unidentified_people=2)
        .evidence(order=order(notice_required=False, notified=[]))
    )
    assert answer(case) == ("allow", "EX7")


def test_an_order_needs_everyone_directly_related_notified() -> None:
    assert answer(a_fight().evidence(order=order(notified=["s1"]))) == ("refer", "EX7-NOTICE")
    bystander = a_fight().shows("s3", "incidental").not_directory()
    assert answer(bystander.evidence(order=order())) == ("allow", "EX7")


@pytest.mark.parametrize(("assets", "opens"), [(None, True), (["a1"], True), (["a0", "a1"], True), (["a0"], False)])
def test_an_order_opens_the_recordings_that_it_reaches(assets: list[str] | None, *, opens: bool) -> None:
    case = a_fight().evidence(order=order(assets=assets)).asset(meaning="destroyed")
    assert case.outcome() == ("allow" if opens else "deny")
    assert case.clauses()[-1] == ("EX7" if opens else "EX7-EVIDENCE")


def test_an_order_that_names_other_recordings_is_told_as_one_that_does_not_reach_this() -> None:
    case = a_fight().evidence(order=order(assets=["a0"])).asset(meaning="destroyed")
    assert (
        case.said("EX7-EVIDENCE").text == "The verified order on file names its recordings, and this is none of them."
    )
    unverified = a_fight().evidence(order=order(assets=["a0"], verified=False)).asset(meaning="destroyed")
    assert unverified.said("EX7-EVIDENCE").text == "No judicial order or subpoena has been verified."


def test_an_order_in_a_publication_opens_nothing() -> None:
    assert a_fight().published().evidence(order=order()).outcome() == "deny"


# Step 6


@pytest.mark.parametrize(
    ("tagging", "unidentified", "clauses"),
    [
        ("pending", 0, ["HOLD-UNTAGGED"]),
        ("failed", 0, ["HOLD-UNTAGGED"]),
        ("complete", 1, ["HOLD-UNKNOWN-PERSON"]),
        ("pending", 2, ["HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON"]),
    ],
)
def test_who_is_in_it_must_be_known(tagging: str, unidentified: int, clauses: list[str]) -> None:
    case = a_portrait().asset(tagging=tagging, unidentified_people=unidentified)
    assert case.outcome() == "refer"
    assert case.clauses() == clauses


# Step 7


def test_a_recording_of_nobody_is_open() -> None:
    assert a_case().clauses() == ["OPEN"]
    assert a_case().shows("s1", identifiable=False).not_directory().clauses() == ["OPEN"]


def test_bystanders_leave_a_recording_open() -> None:
    case = a_case().shows("s1", "incidental").not_directory().share(names=["s1"])
    assert case.clauses() == ["OPEN-UNRELATED"]
    assert basis(case) == {}


def test_a_protected_bystander_does_not() -> None:
    case = a_case().shows("s1", "incidental").knows("s1", protected=True).asset(meaning="destroyed")
    assert answer(case) == ("deny", "PROTECTED")
    assert basis(case.to("parent", "p1")) == {"s1": "EX2"}


def test_an_opt_out_does_not_reach_the_crowd() -> None:
    case = a_case().shows("s1", "incidental").shows("s2", "incidental").opted_out("s2")
    assert case.outcome() == "allow"
    assert case.clauses() == ["OPEN-UNRELATED", "EX4-CROWD"]
    assert case.said("EX4-CROWD").students == ("s2",)


def test_an_opt_out_of_someone_who_is_not_in_it_says_nothing() -> None:
    assert a_case().shows("s1", "incidental").student("s2").opted_out("s2").clauses() == ["OPEN-UNRELATED"]


@pytest.mark.parametrize(
    ("closures", "clauses"),
    [
        ({"closed": "why"}, ["CLOSED"]),
        ({"confidential": "why"}, ["CONFIDENTIAL"]),
        ({"closed": "why", "confidential": "why"}, ["CLOSED", "CONFIDENTIAL"]),
    ],
)
@pytest.mark.parametrize("bystander", [False, True])
def test_a_closed_recording_of_nobody_protected_is_refused(
    closures: dict[str, str], clauses: list[str], *, bystander: bool
) -> None:
    case = (a_case().shows("s1", "incidental") if bystander else a_case()).asset(**closures)
    assert case.outcome() == "deny"
    assert case.clauses() == clauses


def test_bystanders_who_all_consent_refer_a_closed_recording() -> None:
    case = a_case().shows("s1", "incidental").shows("s2", "incidental").asset(closed="the cameras").consent("s1")
    assert case.outcome() == "deny"
    assert answer(case.consent("s2")) == ("refer", "LEGALITY")
    assert case.said("LEGALITY").text == (
        "The recording is a closed record (the cameras), and everybody shown has consented; but a consent does not open what "
        "the Sunshine Law closes."
    )
    assert answer(case.asset(confidential="a court's seal")) == ("refer", "LEGALITY")
    assert "confidential under another law (a court's seal)" in case.said("LEGALITY").text


# Step 8


def test_a_confidential_recording_is_refused() -> None:
    case = a_portrait().redactable().asset(confidential="Safe at Home")
    assert case.outcome() == "deny"
    assert case.clauses() == ["CONFIDENTIAL"]


def test_a_confidential_recording_with_a_right_or_a_consent_is_the_attorneys() -> None:
    assert answer(a_portrait().asset(confidential="why").to("parent", "p1")) == ("refer", "LEGALITY")
    assert answer(a_portrait().shows("s2").asset(confidential="why").consent("s2")) == ("refer", "LEGALITY")
    bystander = a_portrait().shows("s2", "incidental").asset(confidential="why").consent("s2")
    assert answer(bystander) == ("deny", "CONFIDENTIAL")


# Step 9: what an empty plan allows


def test_directory_information_is_released_as_it_is() -> None:
    case = a_portrait().shows("s2")
    assert case.clauses() == ["EX4"]
    assert basis(case) == {"s1": "EX4", "s2": "EX4"}


def test_each_student_may_stand_on_a_ground_of_their_own() -> None:
    case = a_portrait().shows("s2").opted_out("s2").consent("s2")
    assert case.clauses() == ["EX4"]
    assert basis(case) == {"s1": "EX4", "s2": "EX3"}


def test_directory_information_needs_no_consent_even_where_there_is_one() -> None:
    assert basis(a_portrait().consent("s1")) == {"s1": "EX4"}


def test_consents_of_everyone_opted_out_decide() -> None:
    case = a_portrait().opted_out("s1").consent("s1")
    assert case.clauses() == ["EX3"]
    assert basis(case) == {"s1": "EX3"}


def test_consents_of_everyone_depicted_open_what_is_not_directory_information() -> None:
    case = a_portrait().shows("s2", "incidental").not_directory().consent("s1")
    assert case.outcome() == "deny"
    assert answer(case.consent("s2")) == ("allow", "EX3")
    assert basis(case) == {"s1": "EX3"}


def test_consents_open_no_closed_recording() -> None:
    assert answer(a_portrait().asset(closed="why").consent("s1")) == ("refer", "CLOSED-CONSENT")
    assert answer(a_portrait().shows("s2").asset(closed="why").consent("s1")) == ("deny", "CLOSED")


def test_a_consent_leaves_another_family_visible_in_a_closed_recording_of_ones_own() -> None:
    case = a_portrait().shows("s2").asset(closed="why").consent("s2").to("parent", "p1")
    assert answer(case) == ("allow", "EX3")
    assert basis(case) == {"s1": "EX2", "s2": "EX3"}


def test_a_parent_sees_the_only_child_in_it_closed_or_not() -> None:
    case = a_portrait().not_directory().opted_out("s1").to("parent", "p1").asset(closed="cameras")
    assert case.clauses() == ["EX2"]
    assert basis(case) == {"s1": "EX2"}


def test_a_parents_own_clause_comes_after_directory_and_consent() -> None:
    assert a_portrait().shows("s2").to("parent", "p1").clauses() == ["EX4"]
    case = a_portrait().shows("s2").not_directory().to("parent", "p1").consent("s2")
    assert case.clauses() == ["EX3"]
    assert basis(case) == {"s1": "EX2", "s2": "EX3"}


def test_a_parent_sees_a_grown_dependent() -> None:
    case = (
        a_portrait().knows("s1", born=ADULT).not_directory().to("parent", "p1").evidence(dependent={"students": ["s1"]})
    )
    assert case.clauses() == ["EX2-DEPENDENT"]
    assert basis(case) == {"s1": "EX2-DEPENDENT"}


def test_a_parent_of_a_minor_and_of_a_grown_dependent_sees_both_each_on_their_ground() -> None:
    case = a_fight().knows("s1", born=ADULT).knows("s2", guardians=["p1"]).to("parent", "p1")
    case.evidence(dependent={"students": ["s1", "s2"]})
    assert case.clauses() == ["EX2"]
    assert basis(case) == {"s1": "EX2-DEPENDENT", "s2": "EX2"}


def test_an_eligible_student_sees_themselves() -> None:
    case = a_portrait().knows("s1", born=ADULT).not_directory().to("eligible_student", "s1")
    assert case.clauses() == ["EX2"]


@pytest.mark.parametrize(
    ("role", "evidence", "clause"),
    [
        ("law_enforcement", {"pre_adjudication": SERVES_S1}, "EX6"),
        ("childrens_division", {"child_welfare": CUSTODY_OF_S1}, "EX8"),
    ],
)
def test_police_and_childrens_division_see_their_own(role: str, evidence: dict[str, Any], clause: str) -> None:
    case = a_portrait().not_directory().to(role, "x").evidence(**evidence)
    assert case.clauses() == [clause]
    assert basis(case) == {"s1": clause}


# Steps 9 and 10: the plans


def redacted(case: CaseBuilder) -> tuple[str, tuple[str, ...]]:
    """Return the first clause and whom the copy hides."""
    decision = case.decide()
    assert decision.outcome.word == "redact", decision
    return decision.reasons[0].clause, decision.redact


def test_plan_a_hides_those_who_opted_out() -> None:
    case = a_portrait().shows("s2").shows("s3", "incidental").opted_out("s2").opted_out("s3").redactable()
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))
    assert basis(case) == {"s1": "EX4"}
    assert case.said("EX4-OPTOUT").students == ("s2",)


def test_plan_a_tells_protected_students_apart_from_those_who_opted_out() -> None:
    case = a_portrait().shows("s2").shows("s3", "incidental").opted_out("s2").knows("s3", protected=True).redactable()
    assert case.decide().redact == ("s2", "s3")
    assert [(each.clause, each.students) for each in case.decide().reasons] == [
        ("PROTECTED", ("s3",)),
        ("EX4-OPTOUT", ("s2",)),
    ]


def test_plan_a_names_a_protected_student_alone_where_nobody_opted_out() -> None:
    case = a_portrait().shows("s2").knows("s2", protected=True).consent("s2").redactable()
    assert redacted(case) == ("PROTECTED", ("s2",))
    assert case.clauses() == ["PROTECTED"]
    assert basis(case) == {"s1": "EX4"}


def test_plan_a_spares_those_who_consent() -> None:
    case = a_portrait().shows("s2").shows("s3").opted_out("s2").opted_out("s3").consent("s3").redactable()
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))
    assert basis(case) == {"s1": "EX4", "s3": "EX3"}


@pytest.mark.parametrize(
    ("role", "recipient", "evidence", "clause"),
    [
        ("parent", "p1", {}, "EX2"),
        ("parent", "p9", {"dependent": {"students": ["s1"]}}, "EX2-DEPENDENT"),
        ("law_enforcement", "x", {"pre_adjudication": SERVES_S1}, "EX6"),
        ("childrens_division", "x", {"child_welfare": CUSTODY_OF_S1}, "EX8"),
    ],
)
def test_plan_b_hides_everyone_but_own(role: str, recipient: str, evidence: dict[str, Any], clause: str) -> None:
    case = a_fight().shows("s3", "incidental").redactable().to(role, recipient).evidence(**evidence)
    if clause == "EX2-DEPENDENT":
        case.knows("s1", born=ADULT, guardians=["p9"])
    assert redacted(case) == (clause, ("s2",))
    assert basis(case) == {"s1": clause}


def test_plan_b_spares_those_who_consent_and_leaves_bystanders() -> None:
    case = a_fight().shows("s3").shows("s4", "incidental").redactable().to("parent", "p1").consent("s3")
    assert redacted(case) == ("EX2", ("s2",))
    assert basis(case) == {"s1": "EX2", "s3": "EX3"}


def test_plan_b_is_plan_a_where_the_directory_route_is_open() -> None:
    case = a_portrait().shows("s2").shows("s3").opted_out("s1").opted_out("s2").redactable().to("parent", "p1")
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))
    assert basis(case) == {"s1": "EX2", "s3": "EX4"}


def test_plan_c_hides_all_who_are_depicted_without_a_consent() -> None:
    case = a_portrait().shows("s2").shows("s3", "incidental").not_directory().consent("s1").redactable()
    assert redacted(case) == ("EX3", ("s2", "s3"))
    assert basis(case) == {"s1": "EX3"}


def test_plan_c_does_not_open_a_closed_recording() -> None:
    case = a_portrait().shows("s2").asset(closed="why").consent("s1").redactable()
    assert case.outcome() == "deny"
    assert "EX3" not in case.clauses()


def test_plan_c_hides_a_protected_bystander_whatever_was_signed() -> None:
    case = a_portrait().shows("s2", "incidental").knows("s2", protected=True).not_directory().redactable()
    assert redacted(case.consent("s1").consent("s2")) == ("EX3", ("s2",))


def test_plan_n_hides_all_who_are_directly_related() -> None:
    case = a_fight().shows("s3", "incidental").redactable()
    assert redacted(case) == ("REDACT", ("s1", "s2"))
    assert basis(case) == {}


def test_plan_n_does_not_open_a_closed_recording() -> None:
    assert a_fight().redactable().asset(closed="why").outcome() == "deny"


def test_plan_n_is_not_for_someone_with_an_own() -> None:
    case = a_fight().shows("s3", located=False).used_for("victim", "s3").redactable().to("parent", "p1")
    assert answer(case) == ("refer", "REDACT-UNABLE")


def test_the_plan_that_hides_the_fewest_of_the_focus_wins() -> None:
    # C hides s2 and the bystanders s3, s4 (one in focus); N hides s1 and s2 (two in focus).
    case = a_portrait().shows("s2").shows("s3", "incidental").shows("s4", "incidental").not_directory().consent("s1")
    assert redacted(case.redactable()) == ("EX3", ("s2", "s3", "s4"))


def test_then_the_plan_that_hides_the_fewest_students_wins() -> None:
    # Both hide nobody in focus: C the bystanders s2, s3; N the victim s1 alone.
    case = a_case().shows("s1", "incidental").shows("s2", "incidental").shows("s3", "incidental")
    case.used_for("victim", "s1").not_directory().consent("s1").redactable()
    assert redacted(case) == ("REDACT", ("s1",))


def test_then_the_order_of_the_plans_decides() -> None:
    # A and N hide the same two.
    assert redacted(a_portrait().opted_out("s1").redactable()) == ("EX4-OPTOUT", ("s1",))
    # C hides the bystander s2, N the victim s1: none in focus, one student each.
    case = a_case().shows("s1", "incidental").shows("s2", "incidental").used_for("victim", "s1").not_directory()
    assert redacted(case.consent("s1").redactable()) == ("EX3", ("s2",))


def test_the_next_plan_is_taken_where_the_first_cannot_be_done() -> None:
    # C would hide s3, whose place is not known; N does not touch them.
    case = a_portrait().shows("s2").shows("s3", "incidental", located=False).not_directory().consent("s1").redactable()
    assert redacted(case) == ("REDACT", ("s1", "s2"))


def test_redact_is_sorted() -> None:
    case = a_case()
    for student in ("s3", "s1", "s2"):
        case.shows(student).opted_out(student)
    assert redacted(case.shows("s4").redactable())[1] == ("s1", "s2", "s3")


# Step 10: what makes a plan feasible


def test_a_format_that_cannot_be_redacted_stops_every_plan() -> None:
    case = a_portrait().shows("s2").opted_out("s2").asset(meaning="preserved")
    assert case.outcome() == "deny"
    assert "REDACT-UNABLE" in case.clauses()


def test_a_finding_that_nobody_can_be_hidden_stops_every_plan() -> None:
    case = a_portrait().shows("s2").opted_out("s2").redactable()
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))
    case.asset(cannot_be_redacted=True)
    assert case.outcome() == "deny"
    # The narrow copy would hide s2, the copy for anybody both.
    assert case.said("REDACT-UNABLE").students == ("s1", "s2")
    assert "the custodian found that it cannot reasonably be redacted" in case.said("REDACT-UNABLE").text


def test_everyone_in_a_plan_must_be_located() -> None:
    case = a_portrait().shows("s2", located=False).opted_out("s2").redactable()
    assert case.outcome() == "deny"
    assert case.said("REDACT-UNABLE").students == ("s2",)


def test_nobody_else_needs_to_be_located() -> None:
    case = a_case().shows("s1", located=False).shows("s2").opted_out("s2").redactable()
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))


def test_record_information_without_an_appearance_is_not_located() -> None:
    case = a_portrait().student("s2").opted_out("s2").asset(record_pii=["s2"]).redactable()
    assert case.outcome() == "deny"
    assert case.said("REDACT-UNABLE").students == ("s2",)


def test_record_information_is_located_by_an_appearance_that_is_not_identifiable() -> None:
    case = a_portrait().shows("s2", identifiable=False).opted_out("s2").asset(record_pii=["s2"]).redactable()
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))


@pytest.mark.parametrize("actor", ["custodian", "designee"])
def test_someone_asked_for_by_name_cannot_be_hidden(actor: str) -> None:
    case = a_portrait().shows("s2").opted_out("s2").redactable().share(names=["s2"]).by(actor)
    assert case.outcome() == "deny"
    assert case.said("REDACT-NAMED").students == ("s2",)


def test_a_name_of_someone_who_stays_visible_stops_nothing() -> None:
    case = a_portrait().shows("s2").opted_out("s2").redactable().share(names=["s1"])
    assert redacted(case) == ("EX4-OPTOUT", ("s2",))


def plan_a() -> CaseBuilder:
    return a_portrait().shows("s2").opted_out("s2").share(names=["s1"])  # the name keeps N away


def plan_b() -> CaseBuilder:
    return a_fight().to("parent", "p1")


def plan_c() -> CaseBuilder:
    return a_portrait().shows("s2").not_directory().consent("s1").share(names=["s1"])


def plan_n() -> CaseBuilder:
    return a_fight().shows("s3", "incidental")


def every_subject_a() -> CaseBuilder:
    return a_portrait().opted_out("s1")


def every_subject_b() -> CaseBuilder:
    return a_case().shows("s1", "incidental").shows("s2").not_directory().used_for("victim", "s1").to("parent", "p1")


def some_subjects_n() -> CaseBuilder:
    # N always holds all of D, and so of F; with F empty it is feasible.
    return a_case().shows("s1", "incidental").used_for("victim", "s1").not_directory()


MEANING = [
    ("preserved", plan_a, ("EX4-OPTOUT", ("s2",))),
    ("preserved", plan_b, ("EX2", ("s2",))),
    ("preserved", plan_c, ("EX3", ("s2",))),
    ("preserved", plan_n, ("REDACT", ("s1", "s2"))),
    ("preserved", every_subject_a, ("EX4-OPTOUT", ("s1",))),
    ("preserved", every_subject_b, ("EX2", ("s2",))),
    ("changed", plan_a, ("EX4-OPTOUT", ("s2",))),
    ("changed", plan_b, ("EX2", ("s2",))),
    ("changed", plan_c, None),
    ("changed", plan_n, None),
    ("changed", every_subject_a, ("EX4-OPTOUT", ("s1",))),
    ("changed", every_subject_b, ("EX2", ("s2",))),
    ("changed", some_subjects_n, None),
    ("unreviewed", plan_a, ("EX4-OPTOUT", ("s2",))),
    ("unreviewed", plan_b, ("EX2", ("s2",))),
    ("unreviewed", plan_c, ("EX3", ("s2",))),
    ("unreviewed", plan_n, None),
    ("unreviewed", every_subject_a, None),
    ("unreviewed", every_subject_b, None),
    ("unreviewed", some_subjects_n, ("REDACT", ("s1",))),
    ("destroyed", plan_a, None),
    ("destroyed", plan_c, None),
    ("destroyed", plan_n, None),
    ("destroyed", some_subjects_n, None),
]


@pytest.mark.parametrize(("meaning", "case", "hides"), MEANING, ids=[f"{m}-{c.__name__}" for m, c, _ in MEANING])
def test_the_meaning_decides_which_plans_are_feasible(
    meaning: str, case: Any, hides: tuple[str, tuple[str, ...]] | None
) -> None:
    if hides is None:
        decision: Decision = case().redactable(meaning).decide()
        assert decision.outcome.word in ("refer", "deny")
        assert "REDACT-MEANING" in [each.clause for each in decision.reasons]
    else:
        assert redacted(case().redactable(meaning)) == hides


# Step 11


def test_where_redaction_destroys_the_meaning_it_goes_to_all_parents() -> None:
    case = a_fight().redactable("destroyed").to("parent", "p1")
    assert case.clauses() == ["EX2-MULTI"]
    assert basis(case) == {"s1": "EX2", "s2": "EX2-MULTI"}


def test_where_a_custodian_found_that_nobody_can_be_hidden_it_goes_to_all_parents() -> None:
    case = a_fight().redactable().asset(cannot_be_redacted=True).to("parent", "p1")
    assert case.clauses() == ["EX2-MULTI"]
    assert basis(case) == {"s1": "EX2", "s2": "EX2-MULTI"}
    assert case.said("EX2-MULTI").text.startswith("The others cannot reasonably be hidden")
    destroyed = a_fight().redactable("destroyed").to("parent", "p1").said("EX2-MULTI").text
    assert destroyed.startswith("Hiding the others would destroy what the recording means")


def test_a_format_that_cannot_be_redacted_is_no_such_finding() -> None:
    assert answer(a_fight().asset(meaning="preserved").to("parent", "p1")) == ("refer", "REDACT-UNABLE")


def test_joint_release_keeps_what_grounds_there_are() -> None:
    case = a_fight().shows("s3").redactable("destroyed").to("parent", "p1").consent("s3")
    assert basis(case) == {"s1": "EX2", "s2": "EX2-MULTI", "s3": "EX3"}
    case = a_portrait().shows("s2").shows("s3").opted_out("s2").asset(meaning="destroyed").to("parent", "p1")
    assert basis(case) == {"s1": "EX2", "s2": "EX2-MULTI", "s3": "EX4"}


def test_names_opt_outs_closure_and_format_do_not_stop_a_joint_release() -> None:
    case = a_fight().opted_out("s2").share(names=["s2"]).to("parent", "p1").asset(closed="why", meaning="destroyed")
    assert answer(case) == ("allow", "EX2-MULTI")


def test_an_eligible_student_has_the_joint_release_too() -> None:
    case = a_fight().knows("s1", born=ADULT).asset(meaning="destroyed").to("eligible_student", "s1")
    assert answer(case) == ("allow", "EX2-MULTI")


@pytest.mark.parametrize(
    ("role", "evidence"),
    [("law_enforcement", {"pre_adjudication": SERVES_S1}), ("childrens_division", {"child_welfare": CUSTODY_OF_S1})],
)
def test_police_and_childrens_division_have_no_joint_release(role: str, evidence: dict[str, Any]) -> None:
    case = a_fight().redactable("destroyed").to(role, "x").evidence(**evidence)
    assert case.outcome() == "refer"
    assert case.clauses() == ["REDACT-MEANING"]


def test_where_the_other_students_cannot_be_hidden_a_person_looks_first() -> None:
    case = a_fight().asset(meaning="preserved").to("parent", "p1")
    assert case.outcome() == "refer"
    assert case.clauses() == ["REDACT-UNABLE"]
    assert basis(case) == {}
    assert case.share(names=["s2"]).clauses() == ["REDACT-UNABLE", "REDACT-NAMED"]
    assert case.redactable().clauses() == ["REDACT-NAMED"]


# Step 12


def test_the_reasons_of_a_denial_stand_in_their_order() -> None:
    case = a_case().shows("s1").shows("s2").shows("s3", "incidental", located=False).published()
    case.shows("s4", "incidental").knows("s4", protected=True)
    case.district(directory_notice="2025-01-01", opt_out_window_ends="2026-12-01", directory_includes_images=False)
    case.district(directory_limited_to=["yearbook"]).used_for("discipline", "s1").not_directory()
    case.opted_out("s1").consent("s2").consent("s1", signature="none").share(names=["s1"])
    assert case.outcome() == "deny"
    assert case.clauses() == [
        "EX4-NOTICE",
        "EX4-WINDOW",
        "EX4-DEFINITION",
        "EX4-LIMITED",
        "EX4-DISCIPLINE",
        "EX4-NOT-DIRECTORY",
        "PROTECTED",
        "EX4-OPTOUT",
        "EX3-MISSING",
        "EX3-FORM",
        "REDACT-UNABLE",
        "REDACT-NAMED",
        "REDACT-MEANING",
    ]
    # Closed, it has no copy that redaction could be stopped for.
    assert case.asset(closed="why").clauses() == [
        "EX4-NOTICE",
        "EX4-WINDOW",
        "EX4-DEFINITION",
        "EX4-LIMITED",
        "EX4-DISCIPLINE",
        "EX4-NOT-DIRECTORY",
        "CLOSED",
        "PROTECTED",
        "EX4-OPTOUT",
        "EX3-MISSING",
        "EX3-FORM",
    ]


def test_a_denial_names_a_protected_student_apart_and_never_as_one_who_opted_out() -> None:
    case = a_portrait().shows("s2").opted_out("s1").opted_out("s2").knows("s2", protected=True).published()
    assert (case.outcome(), case.clauses()[:2]) == ("deny", ["PROTECTED", "EX4-OPTOUT"])
    assert (case.said("PROTECTED").students, case.said("EX4-OPTOUT").students) == (("s2",), ("s1",))


@pytest.mark.parametrize(
    ("case", "clause"),
    [
        (a_portrait().district(directory_notice=None, opt_out_window_ends=None), "EX4-NOTICE"),
        (a_portrait().district(opt_out_window_ends="2026-10-02"), "EX4-WINDOW"),
        (a_portrait().district(opt_out_window_ends="2025-09-04"), "EX4-WINDOW"),
        (a_portrait().district(directory_includes_images=False), "EX4-DEFINITION"),
        (a_portrait().district(directory_limited_to=["yearbook"]), "EX4-LIMITED"),
        (a_portrait().used_for("discipline"), "EX4-DISCIPLINE"),
        (a_portrait().not_directory(), "EX4-NOT-DIRECTORY"),
        (a_portrait().asset(closed="why"), "CLOSED"),
    ],
)
def test_a_denial_names_what_closes_the_directory_route(case: CaseBuilder, clause: str) -> None:
    case.asset(meaning="destroyed")
    decision = case.decide()
    assert decision.outcome.word == "deny"
    assert case.clauses()[:2] == [clause, "EX3-MISSING"]
    assert decision.reasons[0].students == ("s1",)
    assert (decision.redact, decision.basis) == ((), {})


def test_an_opt_out_is_named_alone_where_the_route_is_open() -> None:
    case = a_portrait().shows("s2").opted_out("s2").published()
    assert case.clauses() == ["EX4-OPTOUT", "EX3-MISSING", "REDACT-UNABLE", "REDACT-MEANING"]
    assert case.said("EX3-MISSING").students == ("s2",)
    assert "s2" in case.said("EX4-OPTOUT").text
    assert "'website'" in case.said("EX4-OPTOUT").text


def test_undetermined_stands_beside_what_a_publication_lacks() -> None:
    case = a_fight().asset(directory_status="undetermined").published()
    assert case.outcome() == "deny"
    assert case.clauses()[:2] == ["EX4-DISCIPLINE", "EX4-NOT-DIRECTORY"]


def test_consents_are_asked_of_everyone_depicted_where_the_route_is_closed() -> None:
    case = a_portrait().shows("s2", "incidental").not_directory().published()
    assert case.said("EX3-MISSING").students == ("s1", "s2")


def test_consents_that_fail_are_told_apart_from_none() -> None:
    case = a_portrait().shows("s2").shows("s3").not_directory().consent("s1").consent("s2", purpose="yearbook")
    case.published()
    assert case.said("EX3-MISSING").students == ("s3",)
    assert case.said("EX3-FORM").students == ("s2",)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"purpose": "yearbook"}, "purpose"),
        ({"parties": ["jostens"]}, "party"),
        ({"signature": "none"}, "not signed"),
        ({"signature": "electronic"}, "authenticated"),
        ({"signed_on": None}, "not dated"),
        ({"signed_on": "2026-10-03"}, "dated after"),
        ({"signed_by": "p9"}, "parent"),
        ({"assets": ["a2"]}, "recordings"),
        ({"expires": "2026-10-01"}, "expired"),
        ({"revoked_on": "2026-10-02"}, "revoked"),
    ],
)
def test_a_denial_says_why_a_consent_fails(changes: dict[str, Any], word: str) -> None:
    assert word in a_portrait().not_directory().consent("s1", **changes).published().said("EX3-FORM").text


def test_a_denial_says_that_a_later_opt_out_or_protection_takes_a_consent_its_force() -> None:
    doubtful = a_portrait().not_directory().consent("s1").opted_out("s1", since="2026-09-30").published()
    assert "the family opted out after it was signed" in doubtful.said("EX3-FORM").text
    protected = a_portrait().not_directory().consent("s1").knows("s1", protected=True).published()
    assert "no consent lets the student be shown" in protected.said("EX3-FORM").text
    assert "protected" not in protected.said("EX3-FORM").text


def test_a_denial_says_every_reason_why_a_consent_fails() -> None:
    case = a_portrait().not_directory().consent("s1", purpose="yearbook", expires="2026-09-30").published()
    text = case.said("EX3-FORM").text
    assert "purpose" in text
    assert "expired" in text


def test_redaction_is_named_only_where_it_stops_a_plan_that_exists() -> None:
    # Closed and without a consent there is no plan at all.
    case = a_fight().asset(closed="why").share(names=["s1"])
    assert case.outcome() == "deny"
    assert not [clause for clause in case.clauses() if clause.startswith("REDACT")]


def test_a_reason_always_stands_first_and_says_something() -> None:
    for case in (a_case(), a_portrait(), a_fight(), a_fight().redactable(), a_fight().to("parent", "p1")):
        assert all(each.text.strip() for each in case.decide().reasons)
        assert case.decide().reasons


# Asked for by name (step 13)


def a_crowd() -> CaseBuilder:
    """Return a case of a portrait of s1 with s2, who opted out, in the background, whom the request names."""
    return a_portrait().shows("s2", "incidental").opted_out("s2").share(names=["s2"])


def test_a_release_to_somebody_who_named_one_in_the_background_who_opted_out_is_referred() -> None:
    decision = a_crowd().decide()
    assert (decision.outcome.word, a_crowd().clauses()) == ("refer", ["NAMED-IN-CROWD"])
    assert (decision.reasons[0].students, decision.basis, decision.redact) == (("s2",), {}, ())
    assert not decision.record_disclosure


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(a_crowd().opted_out("s2", purposes=["yearbook"]), "EX4", id="opted out of something else"),
        pytest.param(a_crowd().share(names=["s1"]), "EX4", id="who named the subject"),
        pytest.param(a_crowd().published(), "EX4", id="a publication"),
        pytest.param(a_crowd().to("parent", "p2"), "EX4", id="a parent's own child"),
        pytest.param(a_crowd().to("parent", "p1"), "NAMED-IN-CROWD", id="another parent"),
        pytest.param(a_crowd().to("eligible_student", "s2"), "EX4", id="the student, by their own id"),
        pytest.param(a_crowd().to("eligible_student", "s1"), "NAMED-IN-CROWD", id="another student"),
        pytest.param(a_crowd().to("public", "p2"), "NAMED-IN-CROWD", id="a guardian's id in another role"),
        pytest.param(a_crowd().consent("s2"), "NAMED-IN-CROWD", id="with a consent"),
        pytest.param(a_crowd().knows("s2", protected=True), "PROTECTED", id="protected, so no background"),
        pytest.param(a_crowd().used_for("victim", "s2"), "EX4-OPTOUT", id="the victim, so no background"),
    ],
)
def test_a_name_in_the_background_holds_back_what_is_released_to_others(case: CaseBuilder, expected: str) -> None:
    assert case.clauses()[0] == expected


def test_a_copy_that_shows_the_crowd_is_referred_too() -> None:
    case = a_crowd().shows("s3").opted_out("s3").redactable()
    assert answer(case.share(names=[])) == ("redact", "EX4-OPTOUT")
    assert answer(case.share(names=["s2"])) == ("refer", "NAMED-IN-CROWD")


def test_an_exception_that_covers_the_whole_recording_is_not_held_back_by_a_name() -> None:
    assert answer(a_crowd().to("court", "x").evidence(order=order(notified=["s1"]))) == ("allow", "EX7")
    assert answer(a_crowd().to("school_official", "x").evidence(**OFFICIAL)) == ("allow", "EX1")


def test_the_questions_follow_a_release_that_a_name_holds_back() -> None:
    case = a_crowd().shows("s3").opted_out("s3").redactable().evidence(order=order(notified=[]))
    assert case.clauses() == ["NAMED-IN-CROWD", "EX7-NOTICE"]
