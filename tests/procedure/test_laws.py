"""Laws of the procedure: what every decision is like, and what does not matter to it.

Laws about more protection are in `test_laws_protection.py`, those about rights and evidence in `test_laws_rights.py`.
"""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

from case_defaults import DEFAULTS, nullable, parts_of
from case_strategies import random_cases
from laws import (
    Raw,
    any_student,
    deciding,
    decision_on,
    directly_related,
    law,
    protected_students,
    released,
    with_share,
    with_student,
)
from second_terms import Reading

from dam_plugin.model import Outcome
from dam_plugin.procedure.case import parse_case, plain_case
from dam_plugin.procedure.decide import decide, is_break_glass

WHOLE = {"SCOPE", "EX1", "EX5", "EX7", "EX8", "EX9"}

# Pure and deterministic


@law
def test_a_decision_is_the_same_every_time(raw: Raw, chance: random.Random) -> None:
    untouched, case = deepcopy(raw), parse_case(raw)
    first = decide(case)
    for other in random_cases(1, seed=chance.randrange(1000)):
        decision_on(other)
    assert decide(case) == first == decision_on(deepcopy(raw))
    assert raw == untouched
    assert case == parse_case(raw)


@law
def test_the_order_of_lists_does_not_matter(raw: Raw, chance: random.Random) -> None:
    assert decision_on(_shuffled(raw, chance)) == decision_on(raw)


def _shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(inner, chance) for key, inner in value.items()}
    if isinstance(value, list):
        return chance.sample([_shuffled(inner, chance) for inner in value], len(value))
    return value


@law
def test_the_order_of_fields_does_not_matter(raw: Raw, chance: random.Random) -> None:
    assert decision_on(_turned(raw)) == decision_on(raw)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(inner) for inner in value] if isinstance(value, list) else value


@law
def test_what_stands_twice_in_a_list_counts_once(raw: Raw, chance: random.Random) -> None:
    twice = deepcopy(raw)
    asset, share = twice["asset"], twice["share"]
    twice["consents"] *= 2
    asset["official_uses"] *= 2
    asset["record_pii"] *= 2
    share["names"] *= 2
    assert decision_on(twice) == decision_on(raw)


@law
def test_the_ids_of_the_case_and_the_actor_do_not_matter(raw: Raw, chance: random.Random) -> None:
    actor = {**raw["share"]["actor"], "id": "somebody"}
    assert decision_on({**with_share(raw, actor=actor), "id": "another"}) == decision_on(raw)


@law
def test_students_who_change_ids_change_places_in_the_decision(raw: Raw, chance: random.Random) -> None:
    ids = [row["id"] for row in raw["students"]]
    others = dict(zip(ids, chance.sample(ids, len(ids)), strict=True))
    before, after = decision_on(raw), decision_on(_renamed(raw, others))
    assert after.outcome is before.outcome
    assert after.redact == tuple(sorted(others[student] for student in before.redact))
    assert after.basis == {others[student]: clause for student, clause in before.basis.items()}
    assert [(each.clause, each.students) for each in after.reasons] == [
        (each.clause, tuple(sorted(others[student] for student in each.students))) for each in before.reasons
    ]


def _renamed(value: Any, others: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, others) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, others) for inner in value]
    return others.get(value, value) if isinstance(value, str) else value


@law
def test_left_out_null_and_the_default_written_out_are_the_same(raw: Raw, chance: random.Random) -> None:
    short = deepcopy(raw)
    for part, fields in parts_of(short):
        for key, default in DEFAULTS[part].items():
            if key in fields and fields[key] == default:
                if chance.random() < 0.5 and nullable(part, key):
                    fields[key] = None
                else:
                    del fields[key]
    assert decision_on(short) == decision_on(raw)


@law
def test_a_case_kept_as_plain_data_is_read_back_as_the_same(raw: Raw, chance: random.Random) -> None:
    case = parse_case(raw)
    assert parse_case(json.loads(json.dumps(plain_case(case)))) == case


# The shape of a decision


@law
def test_the_basis_covers_exactly_the_directly_related_students_who_stay_visible(
    raw: Raw, chance: random.Random
) -> None:
    decision = decision_on(raw)
    shown = directly_related(raw) - set(decision.redact) if released(decision) else set()
    assert set(decision.basis) == shown
    assert all(decision.basis.values())


@law
def test_redact_is_sorted_and_empty_unless_the_outcome_is_redact(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    assert list(decision.redact) == sorted(set(decision.redact))
    assert bool(decision.redact) is (decision.outcome is Outcome.REDACT)


@law
def test_every_decision_has_a_reason_and_no_clause_twice(raw: Raw, chance: random.Random) -> None:
    clauses = [each.clause for each in decision_on(raw).reasons]
    assert clauses
    assert len(clauses) == len(set(clauses))


@law
def test_every_reason_is_a_sentence_about_listed_students_in_order(raw: Raw, chance: random.Random) -> None:
    listed = {row["id"] for row in raw["students"]}
    for each in decision_on(raw).reasons:
        assert each.text.strip()
        assert list(each.students) == sorted(set(each.students))
        assert set(each.students) <= listed


@law
def test_a_redaction_names_first_whom_it_hides_each_with_why_they_may_not_be_shown(
    raw: Raw, chance: random.Random
) -> None:
    decision = decision_on(raw)
    if decision.outcome is not Outcome.REDACT:
        return
    said = {"PROTECTED": protected_students(raw), "EX4-WINDOW": Reading(raw).not_heard}
    rest = set(decision.redact)
    for each in decision.reasons:
        if not rest:
            break
        students = set(each.students)
        assert students <= said.get(each.clause, rest)
        if decision.reasons[0].clause in (*said, "EX4-OPTOUT"):
            assert each.clause in (*said, "EX4-OPTOUT")
        rest -= students
    assert not rest


@law
def test_a_referral_is_never_recorded(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    assert not (decision.outcome is Outcome.REFER and decision.record_disclosure)


@law
def test_directory_information_consent_and_inspection_are_never_recorded(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    if released(decision) and set(decision.basis.values()) <= {"EX1", "EX2", "EX3", "EX4", "SCOPE"} and decision.basis:
        assert not decision.record_disclosure


@law
def test_whoever_is_shown_to_an_authority_or_by_the_several_students_rule_is_recorded(
    raw: Raw, chance: random.Random
) -> None:
    decision = decision_on(raw)
    if {"EX5", "EX6", "EX7", "EX8", "EX9", "EX2-MULTI", "EX2-DEPENDENT", "EX2-REPRESENTATIVE"} & set(
        decision.basis.values()
    ):
        assert decision.record_disclosure


@law
def test_a_refusal_is_recorded_where_an_outsider_asked_for_someone(raw: Raw, chance: random.Random) -> None:
    decision, share = decision_on(raw), raw["share"]
    if decision.outcome is Outcome.DENY:
        insider = share["recipient"]["role"] in ("school_official", "parent", "eligible_student")
        asked = share["kind"] == "request" and bool(directly_related(raw))
        assert decision.record_disclosure is (asked and not insider)


# Who is hidden, who stays visible, and why


@law
def test_the_several_students_rule_is_for_families_where_a_custodian_found_that_nothing_can_be_hidden(
    raw: Raw, chance: random.Random
) -> None:
    decision = decision_on(raw)
    if "EX2-MULTI" in decision.basis.values() or deciding(decision) == "EX2-MULTI":
        assert raw["share"]["recipient"]["role"] in ("parent", "eligible_student")
        assert raw["asset"]["meaning"] == "destroyed" or raw["asset"]["cannot_be_redacted"]


@law
def test_a_protected_student_is_shown_to_their_own_or_by_a_whole_exception_or_the_several_students_rule_alone(
    raw: Raw, chance: random.Random
) -> None:
    decision, reading = decision_on(raw), Reading(raw)
    shown = {clause for student, clause in decision.basis.items() if student in protected_students(raw) - reading.own}
    assert shown <= {"EX2-MULTI", *WHOLE}


@law
def test_a_closed_recording_is_released_by_a_whole_exception_or_a_right_of_ones_own_alone(
    raw: Raw, chance: random.Random
) -> None:
    decision = decision_on(raw)
    if released(decision) and raw["asset"]["closed"]:
        assert deciding(decision) in WHOLE or Reading(raw).own


@law
def test_a_grown_student_is_shown_to_a_parent_by_what_was_shown_of_the_student_alone(
    raw: Raw, chance: random.Random
) -> None:
    reading, dependent = Reading(raw), raw["share"]["evidence"]["dependent"] or {"students": []}
    for student, clause in decision_on(raw).basis.items():
        if clause == "EX2-DEPENDENT":
            assert reading.role == "parent"
            assert reading.is_child(student)
            assert reading.eligible(student, raw["at"])
            assert student in dependent["students"]


@law
def test_nobody_who_opted_out_is_shown_as_directory_information(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    on_route = {student for student, clause in decision.basis.items() if clause == "EX4"}
    assert not on_route & Reading(raw).out


@law
def test_nobody_is_shown_by_consent_without_a_valid_one(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    assert {student for student, clause in decision.basis.items() if clause == "EX3"} <= Reading(raw).signed


@law
def test_nobody_who_asks_for_their_own_has_them_hidden(raw: Raw, chance: random.Random) -> None:
    assert not Reading(raw).own & set(decision_on(raw).redact)


@law
def test_whoever_is_hidden_can_be_and_was_not_asked_for_by_name(raw: Raw, chance: random.Random) -> None:
    reading, hidden = Reading(raw), set(decision_on(raw).redact)
    assert hidden <= reading.depicted & reading.located
    assert not hidden & set(raw["share"]["names"])
    assert not hidden or (raw["asset"]["redactable"] and not raw["asset"]["cannot_be_redacted"])


@law
def test_what_is_not_known_is_released_by_a_whole_exception_alone(raw: Raw, chance: random.Random) -> None:
    unknown: Raw = chance.choice([{"tagging": "pending"}, {"tagging": "failed"}, {"unidentified_people": 1}])
    decision = decision_on({**raw, "asset": {**raw["asset"], **unknown}})
    assert released(decision) is (deciding(decision) in WHOLE)
    assert released(decision) or decision.outcome is Outcome.REFER


@law
def test_an_order_that_must_be_announced_releases_what_is_known_and_told_alone(raw: Raw, chance: random.Random) -> None:
    order, asset = raw["share"]["evidence"]["order"], raw["asset"]
    if deciding(decision_on(raw)) == "EX7" and order["notice_required"]:
        assert order["verified"]
        assert (asset["tagging"], asset["unidentified_people"]) == ("complete", 0)
        assert directly_related(raw) <= set(order["notified"])


@law
def test_a_whole_release_to_an_authority_is_recorded_unless_it_is_known_to_show_nobody(
    raw: Raw, chance: random.Random
) -> None:
    decision, asset = decision_on(raw), raw["asset"]
    if deciding(decision) in ("EX5", "EX7", "EX8", "EX9") and decision.outcome is Outcome.ALLOW:
        known = asset["tagging"] == "complete" and asset["unidentified_people"] == 0
        assert decision.record_disclosure is (bool(decision.basis) or not known)


# Break-glass


@law
def test_an_emergency_is_never_refused_to_responders_nor_to_a_custodian(raw: Raw, chance: random.Random) -> None:
    actor = chance.choice(["custodian", "designee", "media_staff"])
    role = (
        chance.choice(["emergency", "law_enforcement"]) if actor == "media_staff" else raw["share"]["recipient"]["role"]
    )
    evidence = {**raw["share"]["evidence"], "emergency": {"threat": "words", "recipient_needs_it": True}}
    case = with_share(raw, kind="request", actor={"role": actor}, recipient={"role": role}, evidence=evidence)
    assert decision_on(case).outcome is Outcome.ALLOW
    assert is_break_glass(parse_case(case)) is (raw["asset"]["maintained_by"] == "district")


@law
def test_a_mandated_report_is_never_refused_to_the_childrens_division(raw: Raw, chance: random.Random) -> None:
    evidence = {**raw["share"]["evidence"], "child_welfare": {"ground": "mandated_report"}}
    recipient = {"role": "childrens_division"}
    assert decision_on(with_share(raw, kind="request", recipient=recipient, evidence=evidence)).outcome is Outcome.ALLOW


@law
def test_a_break_glass_case_is_never_refused(raw: Raw, chance: random.Random) -> None:
    decision = decision_on(raw)
    if is_break_glass(parse_case(raw)):
        assert decision.outcome is Outcome.ALLOW
        assert deciding(decision) in ("EX8", "EX9")


@law
def test_glass_is_broken_exactly_where_step_two_decides(raw: Raw, chance: random.Random) -> None:
    clause = deciding(decision_on(raw))
    welfare = raw["share"]["evidence"]["child_welfare"] or {}
    reported = raw["share"]["recipient"]["role"] == "childrens_division" and welfare.get("ground") == "mandated_report"
    assert is_break_glass(parse_case(raw)) is (clause == "EX9" or (clause == "EX8" and reported))


# What does not matter


@law
def test_who_is_not_depicted_does_not_matter(raw: Raw, chance: random.Random) -> None:
    student = any_student(raw, chance)
    if student is None or student in Reading(raw).depicted:
        return
    other = with_student(raw, student, born="1990-01-01", guardians=["p1"], opted_out={"since": "0001-01-01"})
    other["consents"] = [each for each in raw["consents"] if each["student"] != student]
    assert decision_on(other) == decision_on(raw)


@law
def test_the_opt_out_of_who_is_not_directly_related_nor_asked_for_by_name_adds_a_remark_at_most(
    raw: Raw, chance: random.Random
) -> None:
    student = any_student(raw, chance)
    if student is None or student in directly_related(raw) or student in raw["share"]["names"]:
        return
    reading = Reading(raw)
    consents = [each for each in raw["consents"] if each["student"] == student and each["signed_on"]]
    # In the place of an opt-out that makes a consent doubtful it would take that doubt away; one of its own day adds a doubt.
    if any(reading.doubted(each) or each["signed_on"] == "0001-01-01" for each in consents):
        return
    before, after = decision_on(raw), decision_on(with_student(raw, student, opted_out={"since": "0001-01-01"}))
    assert (after.outcome, after.redact, after.basis) == (before.outcome, before.redact, before.basis)
    assert [each for each in after.reasons if each.clause != "EX4-CROWD"] == [
        each for each in before.reasons if each.clause != "EX4-CROWD"
    ]


@law
def test_a_name_in_the_crowd_refers_a_release_and_changes_nothing_else(raw: Raw, chance: random.Random) -> None:
    unnamed = with_share(raw, names=[each for each in raw["share"]["names"] if each in directly_related(raw)])
    before, after = decision_on(unnamed), decision_on(raw)
    hidden = set(before.redact) & set(raw["share"]["names"])
    if deciding(after) == "NAMED-IN-CROWD":
        assert raw["share"]["kind"] == "request"
        assert released(before)
        assert after.outcome is Outcome.REFER
    elif released(before) and not hidden:
        assert (after.outcome, after.redact, after.basis) == (before.outcome, before.redact, before.basis)


@law
def test_whether_the_roster_knows_who_asks_adds_a_question_and_changes_nothing_else(
    raw: Raw, chance: random.Random
) -> None:
    recipient = raw["share"]["recipient"]
    known, unknown = (decision_on(with_share(raw, recipient={**recipient, "known": each})) for each in (True, False))
    asked = [each.clause for each in unknown.reasons].count("EX2-RELATION")
    assert [each for each in unknown.reasons if each.clause != "EX2-RELATION"] == list(known.reasons)
    assert (unknown.redact, unknown.basis) == (known.redact, known.basis)
    assert unknown.outcome is (Outcome.REFER if asked and known.outcome is Outcome.DENY else known.outcome)


@law
def test_nobody_grows_older_after_death(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        died = with_student(raw, student, died="0001-01-01", postsecondary=False)
        minor = with_student(raw, student, born=None, postsecondary=False)
        assert decision_on(died) == decision_on(minor)


@law
def test_a_consent_that_does_not_hold_changes_no_release(raw: Raw, chance: random.Random) -> None:
    reading = Reading(raw)
    holding = [each for each in raw["consents"] if reading.holds(each)]
    before, after = decision_on(raw), decision_on({**raw, "consents": holding})
    assert (after.outcome, after.redact, after.basis) == (before.outcome, before.redact, before.basis)


@law
def test_a_designee_answers_as_the_custodian_does(raw: Raw, chance: random.Random) -> None:
    by = [with_share(raw, actor={"role": role, "id": "u1"}) for role in ("custodian", "designee")]
    assert decision_on(by[0]) == decision_on(by[1])


@law
def test_a_prominence_that_nobody_set_counts_as_focus(raw: Raw, chance: random.Random) -> None:
    focused = deepcopy(raw)
    for row in focused["asset"]["appearances"]:
        row["prominence"] = "focus" if row["prominence"] == "unknown" else row["prominence"]
    assert decision_on(focused) == decision_on(raw)
