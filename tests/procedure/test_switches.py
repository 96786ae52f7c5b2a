"""The switches of rulings: each only makes an answer stricter, and each does what its row says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields
from typing import Any
from zlib import crc32

import pytest
from case_builder import CaseBuilder, a_case, a_fight, a_portrait
from case_defaults import spelled_out
from case_strategies import random_cases, random_switches
from laws import directly_related

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.decide import decide, is_break_glass
from dam_plugin.procedure.questions import CHECKS
from dam_plugin.procedure.rulings import RULINGS
from dam_plugin.procedure.switches import BUILT_IN, SWITCHES, Rulings, rulings_with
from dam_plugin.procedure.versions import rulings_taken_by, taken_by

Raw = dict[str, Any]
SWEPT = 2_500
OFFICIAL = {"legitimate_interest": True, "records_authorized": True}
SERVED = {"pre_adjudication": {"students": ["s1"], "certified": True}}
ORDER = {"verified": True, "notice_required": False}
PAPERS = {"issued_by": "the circuit court", "verified_by": "counsel", "assets": ["a1"]}
THREAT = {"threat": "a gun", "recipient_needs_it": True}


def ruled(case: CaseBuilder, *rulings: str) -> Decision:
    return decide(parse_case(case.raw()), rulings_with(rulings))


def clauses(case: CaseBuilder, *rulings: str) -> list[str]:
    return [each.clause for each in ruled(case, *rulings).reasons]


def said(decision: Decision, clause: str) -> str:
    return next(each.text for each in decision.reasons if each.clause == clause)


# The laws of every switch


def cases_of(ruling: str) -> Iterator[tuple[Raw, frozenset[str]]]:
    """Yield cases, each with other switches that are in force already; half of them none."""
    seed = crc32(ruling.encode())
    for raw, others in zip(random_cases(SWEPT, seed), random_switches(seed), strict=False):
        yield spelled_out(raw), others - {ruling}


def is_let_in_by_parents(raw: Raw) -> bool:
    """Whether it is a guardian who asks, or a parent's consent for somebody in college stands in the case."""
    guardians = {row["id"]: set(row["guardians"]) for row in raw["students"]}
    college = {row["id"] for row in raw["students"] if row["postsecondary"]}
    who = raw["share"]["recipient"]["id"]
    asks = any(who in guardians[student] for student in directly_related(raw))
    signs = any(c["student"] in college and c["signed_by"] in guardians[c["student"]] for c in raw["consents"])
    return asks or signs


@pytest.mark.parametrize("ruling", SWITCHES)
def test_a_switch_only_makes_an_answer_stricter(ruling: str) -> None:
    changed = 0
    for raw, others in cases_of(ruling):
        if ruling == "postsecondary" and is_let_in_by_parents(raw):
            continue
        case = parse_case(raw)
        before, after = decide(case, rulings_with(others)), decide(case, rulings_with({*others, ruling}))
        told = f"{sorted(others)}\n{json.dumps(raw, ensure_ascii=False, indent=2)}"
        asked = before.reasons[0]
        if asked.clause == "COPY-FIRST" and after.outcome is Outcome.REDACT and set(asked.students) <= {*after.redact}:
            # It waited for whether a copy can hide these; with the switch it is that copy.
            changed += 1
            continue
        if asked.clause == "COPY-FIRST":
            # What an exception gives waits for the custodian; without the exception, it is what anybody may have.
            bare = {**raw, "share": {**raw["share"], "evidence": {}}}
            before = min(before, decide(parse_case(bare), rulings_with(others)), key=lambda each: each.outcome)
        assert after.outcome >= before.outcome, told
        if after.outcome is Outcome.REDACT:
            hidden = directly_related(raw).intersection(before.redact)
            assert hidden.issubset(after.redact), told
        changed += after != before
    assert changed, "the switch was never tried"


@pytest.mark.parametrize("ruling", SWITCHES)
def test_no_switch_but_that_of_staff_touches_what_nothing_may_stop(ruling: str) -> None:
    stopped = 0
    for raw, others in cases_of(ruling):
        case, rulings = parse_case(raw), rulings_with({*others, ruling})
        if is_break_glass(case, rulings_with(others)):
            stopped += not is_break_glass(case, rulings)
            assert is_break_glass(case, rulings) == (decide(case, rulings).outcome is Outcome.ALLOW)
    assert bool(stopped) == (ruling == "staff-on-the-spot")


def test_without_a_switch_the_answer_is_the_one_built_in() -> None:
    for raw in random_cases(500, seed=4):
        case = parse_case(raw)
        assert decide(case) == decide(case, BUILT_IN) == decide(case, Rulings())


def test_what_only_a_switch_asks_for_changes_nothing_without_it() -> None:
    chance = random.Random(7)  # noqa: S311 - test data
    for raw in map(spelled_out, random_cases(2_000, seed=7)):
        before = decide(parse_case(raw))
        evidence = raw["share"]["evidence"]
        evidence["copy_considered"] = chance.choice((True, False))
        for block, names in (("order", ("issued_by", "verified_by")), ("emergency", ("confirmed_by",))):
            if evidence[block]:
                evidence[block] |= {name: chance.choice((None, "somebody")) for name in names}
        assert decide(parse_case(raw)) == before


# The table


def test_each_switch_sets_one_field_and_belongs_to_a_ruling() -> None:
    assert {each.name for each in fields(Rulings)} == {"ruled", *(each.sets for each in SWITCHES.values())}
    assert SWITCHES.keys() <= RULINGS.keys()
    for ruling, switch in SWITCHES.items():
        assert rulings_with([ruling]).plain == {ruling: switch.value}
        assert switch.says in RULINGS[ruling].alternatives
        assert set(switch.looser.values()) <= set(RULINGS[ruling].alternatives)


def test_what_a_switch_alone_asks_or_says_names_its_ruling() -> None:
    assert {each.ruled for each in (*CHECKS.values(), *CLAUSES.values()) if each.ruled} <= SWITCHES.keys()


def test_the_digest_tells_switches_apart_and_not_who_threw_them() -> None:
    digests = {rulings_with(each).digest for each in ([], ["juvenile-whole"], ["postsecondary"], SWITCHES)}
    assert len(digests) == 4
    assert rulings_with(["postsecondary"]).digest == rulings_with(["postsecondary"]).digest


def test_a_decision_is_kept_with_the_rulings_it_was_taken_by() -> None:
    kept = json.loads(json.dumps(taken_by(parse_case(a_case().raw()).district, rulings_with(["postsecondary"]))))
    assert kept["switches"] == {"postsecondary": "by-age"}
    assert rulings_taken_by(kept) == rulings_with(["postsecondary"])
    assert rulings_taken_by(None) == BUILT_IN
    other = taken_by(parse_case(a_case().district(directory_includes_images=False).raw()).district, BUILT_IN)
    assert other["settings"] != kept["settings"]
    assert other["procedure"] == kept["procedure"]


# What each does


def test_the_juvenile_office_sees_the_students_whom_it_serves_alone() -> None:
    case = a_fight().redactable().to("juvenile_office").evidence(**SERVED)
    assert clauses(case) == ["EX5"]
    decision = ruled(case, "juvenile-whole")
    assert (decision.outcome, decision.redact, decision.basis) == (Outcome.REDACT, ("s2",), {"s1": "EX5"})
    assert decision.record_disclosure
    assert said(decision, "EX5").endswith("the copy hides s2.")


def test_the_juvenile_office_is_told_where_nobody_whom_it_serves_is_a_subject() -> None:
    case = a_portrait().shows("s2", "incidental").to("juvenile_office").not_directory()
    case.evidence(pre_adjudication={"students": ["s2"], "certified": True})
    assert clauses(case) == ["EX5"]
    decision = ruled(case, "juvenile-whole")
    assert decision.outcome is Outcome.DENY
    assert "names nobody whom this recording is known to be about" in said(decision, "EX5-EVIDENCE")


@pytest.mark.parametrize("role", ["emergency", "law_enforcement"])
def test_staff_need_a_confirmation_in_an_emergency(role: str) -> None:
    case = a_portrait().not_directory().to(role).by("media_staff").evidence(emergency=THREAT)
    assert clauses(case) == ["EX9", "NOTIFY-CUSTODIAN"]
    decision = ruled(case, "staff-on-the-spot")
    assert decision.reasons[0].clause == "CUSTODIAN"
    assert "states a threat" in said(decision, "CUSTODIAN")
    assert "no administrator and no call back" in said(decision, "EX9-EVIDENCE")
    assert clauses(case.evidence(emergency={**THREAT, "confirmed_by": "Ms Ode"}), "staff-on-the-spot")[0] == "EX9"


def test_staff_need_a_confirmation_of_a_mandated_report() -> None:
    report = {"ground": "mandated_report"}
    case = a_portrait().not_directory().to("childrens_division").by("media_staff").evidence(child_welfare=report)
    assert clauses(case) == ["EX8", "NOTIFY-CUSTODIAN"]
    decision = ruled(case, "staff-on-the-spot")
    assert [each.clause for each in decision.reasons] == ["CUSTODIAN", "EX8-EVIDENCE"]
    assert "no administrator and no call back" in said(decision, "EX8-EVIDENCE")
    called = {**report, "confirmed_by": "a call back to the hotline"}
    assert clauses(case.evidence(child_welfare=called), "staff-on-the-spot")[0] == "EX8"


def test_the_custodian_needs_no_confirmation() -> None:
    case = a_portrait().not_directory().to("law_enforcement").evidence(emergency=THREAT)
    assert clauses(case, "staff-on-the-spot") == clauses(case) == ["EX9"]


@pytest.mark.parametrize("lacking", PAPERS)
def test_an_order_needs_its_papers(lacking: str) -> None:
    whole = a_portrait().not_directory().to("public").evidence(order={**ORDER, **PAPERS})
    assert clauses(whole, "order-from-anyone") == ["EX7"]
    case = a_portrait().not_directory().evidence(order={**ORDER, **PAPERS, lacking: None})
    assert clauses(case) == ["EX7"]
    decision = ruled(case, "order-from-anyone")
    assert decision.outcome is Outcome.DENY
    assert "are not all on file" in said(decision, "EX7-EVIDENCE")


@pytest.mark.parametrize(
    "case",
    [
        a_portrait().to("school_official").evidence(**OFFICIAL),
        a_portrait().to("juvenile_office").evidence(**SERVED),
        a_portrait().to("court").evidence(order=ORDER),
    ],
    ids=["EX1", "EX5", "EX7"],
)
def test_somebody_unnamed_holds_what_an_exception_would_release(case: CaseBuilder) -> None:
    strangers = case.asset(unidentified_people=1)
    assert strangers.outcome() == "allow"
    assert clauses(strangers, "anybody-unnamed") == ["HOLD-UNKNOWN-PERSON"]
    assert clauses(strangers.asset(tagging="pending"), "anybody-unnamed") == ["HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON"]
    case.asset(unidentified_people=0, tagging="complete")
    assert ruled(case, "anybody-unnamed") == case.decide()


def test_somebody_unnamed_stops_no_emergency_and_no_report() -> None:
    case = a_portrait().asset(unidentified_people=2)
    emergency = case.to("emergency").by("media_staff").evidence(emergency=THREAT)
    assert clauses(emergency, "anybody-unnamed") == ["EX9", "NOTIFY-CUSTODIAN"]
    report = case.to("childrens_division").evidence(child_welfare={"ground": "mandated_report"})
    assert clauses(report, "anybody-unnamed") == ["EX8", "NOTIFY-CUSTODIAN"]


def test_nothing_is_redacted_before_a_custodian_has_looked() -> None:
    case = a_fight().redactable("unreviewed").to("parent", "p1")
    assert case.outcome() == "redact"
    decision = ruled(case, "unreviewed-meaning")
    assert decision.outcome is Outcome.REFER
    assert said(decision, "REDACT-MEANING").startswith("Nobody has reviewed yet")
    assert ruled(case.redactable("preserved"), "unreviewed-meaning") == case.decide()


def test_in_college_the_parents_keep_their_rights_until_18() -> None:
    case = a_portrait().not_directory().knows("s1", postsecondary=True)
    own = case.to("eligible_student", "s1")
    assert clauses(own) == ["EX2"]
    assert ruled(own, "postsecondary").outcome is Outcome.DENY
    parent = case.to("parent", "p1")
    assert "RIGHTS-TRANSFERRED" in clauses(parent)
    assert clauses(parent, "postsecondary") == ["EX2"]
    signed = a_portrait().not_directory().knows("s1", postsecondary=True).consent("s1", signed_by="s1")
    assert clauses(signed) == ["EX3"]
    assert "it is not signed by a parent" in said(ruled(signed, "postsecondary"), "EX3-FORM")
    grown = case.knows("s1", born="2007-05-01")
    assert ruled(grown, "postsecondary") == grown.decide()


@pytest.mark.parametrize(
    ("case", "others"),
    [
        (a_fight().to("school_official").by("media_staff").evidence(**OFFICIAL), ("s1", "s2")),
        (a_fight().to("juvenile_office").evidence(**SERVED), ("s2",)),
        (a_fight().to("public").evidence(order=ORDER), ("s1", "s2")),
        (a_fight().to("public").share(names=["s2"]).evidence(order=ORDER), ("s1",)),
    ],
    ids=["EX1", "EX5", "EX7", "EX7 for a student by name"],
)
def test_the_custodian_considers_first_a_copy_that_hides_the_others(case: CaseBuilder, others: tuple[str, ...]) -> None:
    switch = "exceptions-before-redaction"
    decision = ruled(case.redactable(), switch)
    assert (decision.outcome, decision.reasons[0].clause) == (Outcome.REFER, "COPY-FIRST")
    assert decision.reasons[0].students == others
    stated = case.by("custodian").evidence(copy_considered=True)
    assert ruled(stated, switch) == stated.decide()
    assert ruled(stated.by("media_staff"), switch).outcome is Outcome.REFER
    # What cannot be made is not considered.
    for changes in ({"redactable": False}, {"meaning": "destroyed"}, {"cannot_be_redacted": True}):
        case.by("custodian").evidence(copy_considered=False).redactable()
        case.asset(**{"cannot_be_redacted": False, **changes})
        assert ruled(case, switch) == case.decide()


def test_a_recording_of_one_student_has_nobody_else_to_hide() -> None:
    case = a_portrait().redactable().to("school_official").evidence(**OFFICIAL)
    assert clauses(case, "exceptions-before-redaction") == ["EX1"]
    away = a_fight().redactable().to("juvenile_office").evidence(**SERVED)
    away.asset(appearances=[{"student": "s1", "located": True}, {"student": "s2"}])
    assert clauses(away, "exceptions-before-redaction") == ["EX5"]


def test_a_copy_that_could_be_made_stops_no_emergency() -> None:
    case = a_fight().redactable().to("law_enforcement").by("media_staff").evidence(emergency=THREAT)
    assert clauses(case, "exceptions-before-redaction") == ["EX9", "NOTIFY-CUSTODIAN"]
