"""What an explanation holds: every step, every reason once, every student, and ways out that lead out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict
from functools import cache
from typing import Any

import pytest
from case_builder import CaseBuilder, a_case, a_fight, a_portrait
from case_defaults import spelled_out
from case_strategies import random_cases

from dam_plugin.model import Outcome
from dam_plugin.procedure.case import parse_case
from dam_plugin.procedure.checks import CHECKS
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.explain import explain
from dam_plugin.procedure.terms import is_eligible
from dam_plugin.procedure.told import Explanation, PersonTold

Raw = dict[str, Any]
INTERNAL = re.compile("|".join(rf"\b{check}\b" for check in CHECKS if "-" in check) + r"|[{}]|\bNone\b")


@cache
def generated() -> tuple[tuple[Raw, Explanation], ...]:
    """Generated cases, each with its explanation."""
    return tuple((raw, explain(parse_case(raw))) for raw in random_cases(2_000, seed=20_261_002))


def explained(builder: CaseBuilder) -> Explanation:
    return explain(parse_case(builder.raw()))


def person(told: Explanation, student: str) -> PersonTold:
    return next(each for each in told.people if each.id == student)


def texts(value: Any) -> Iterator[str]:
    """Every text in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


# Of every case


def test_every_decision_is_explained_with_each_of_its_reasons_once() -> None:
    for raw, told in generated():
        decision = decide(parse_case(raw))
        assert told.outcome == decision.outcome.word
        assert told.recorded == decision.record_disclosure
        assert [(each.clause, each.text, each.students) for each in told.reasons] == [
            (each.clause, each.text, each.students) for each in decision.reasons
        ]


def test_every_step_is_told_once_and_one_of_them_decided() -> None:
    for _, told in generated():
        steps = told.steps
        assert [each.number for each in steps] == list(range(1, 13))
        states = [each.state for each in steps]
        decided = states.index("decided")
        assert states == ["passed"] * decided + ["decided"] + ["not reached"] * (11 - decided)
        assert all(bool(each.turned_on) is (each.state == "passed") for each in steps)
        assert not any(each.asked for each in steps if each.state == "not reached")


def test_every_student_of_a_case_is_told_once() -> None:
    for raw, told in generated():
        assert [each.id for each in told.people] == [each["id"] for each in raw.get("students") or ()]


def test_no_explanation_shows_what_only_the_code_means() -> None:
    for _, told in generated():
        for text in texts(asdict(told)):
            assert not INTERNAL.search(text), text


def test_an_explanation_is_plain_data() -> None:
    for _, told in generated():
        json.dumps(asdict(told))


def test_four_plans_are_told_where_a_case_gets_to_them_and_at_most_one_is_taken() -> None:
    for _, told in generated():
        reached = told.steps[8].state != "not reached"
        assert [each.letter for each in told.plans] == (["A", "B", "C", "N"] if reached else [])
        assert sum(each.taken for each in told.plans) == (told.outcome == "redact" or told.steps[8].state == "decided")
        assert all(each.why for each in told.plans)


# What would change the answer


def _consented(raw: Raw, student: str) -> None:
    case = parse_case(raw)
    known = next(each for each in case.students if each.id == student)
    row = next(each for each in raw["students"] if each["id"] == student)
    # Where no parent is on file, one has to be put there first.
    row["guardians"] = row["guardians"] or ["a parent"]
    share = raw["share"]
    raw["consents"].append(
        {
            "student": student,
            "signed_by": student if is_eligible(known, case.at) else row["guardians"][0],
            "signed_on": raw["at"],
            "signature": "ink",
            "purpose": share["purpose"],
            "parties": [share["recipient"]["id"] or share["recipient"]["role"]],
        }
    )


def _remedied(raw: Raw, clause: str, students: tuple[str, ...]) -> None:
    """Carry out the remedy of a clause, as far as facts can say it."""
    asset, district, share = raw["asset"], raw["district"], raw["share"]
    if clause in ("EX3-MISSING", "EX3-FORM"):
        for student in students:
            _consented(raw, student)
    elif clause == "EX4-OPTOUT":
        for row in raw["students"]:
            row["opted_out"] = None if row["id"] in students else row["opted_out"]
    elif clause == "EX4-DISCIPLINE":
        asset["official_uses"] = [use for use in asset["official_uses"] if use["purpose"] != "discipline"]
    elif clause == "REDACT-UNABLE":
        _located(asset, students)
    elif clause == "REDACT-NAMED":
        share["names"] = [name for name in share["names"] if name not in students]
    elif clause in _REMEDIES:
        part, changes = _REMEDIES[clause]
        {"asset": asset, "district": district, "actor": share["actor"]}[part].update(changes)
    if clause == "EX4-NOTICE":
        # A notice opens a window of its own.
        district.update(directory_notice=raw["at"], opt_out_window_ends=None)


_REMEDIES: dict[str, tuple[str, Raw]] = {
    "EX4-WINDOW": ("district", {"opt_out_window_ends": None}),
    "EX4-DEFINITION": ("district", {"directory_includes_images": True}),
    "EX4-LIMITED": ("district", {"directory_limited_to": None}),
    "EX4-NOT-DIRECTORY": ("asset", {"directory_status": "eligible"}),
    "HOLD-UNCLASSIFIED": ("asset", {"directory_status": "eligible"}),
    "CLOSED": ("asset", {"closed": None}),
    "CONFIDENTIAL": ("asset", {"confidential": None}),
    "LEGALITY": ("asset", {"confidential": None}),
    "REDACT-MEANING": ("asset", {"meaning": "preserved"}),
    "HOLD-UNTAGGED": ("asset", {"tagging": "complete"}),
    "HOLD-UNKNOWN-PERSON": ("asset", {"unidentified_people": 0}),
    "CUSTODIAN": ("actor", {"role": "custodian"}),
}


def _located(asset: Raw, students: tuple[str, ...]) -> None:
    asset["redactable"] = True
    seen = {row["student"]: row for row in asset["appearances"]}
    for student in students:
        if student in seen:
            seen[student]["located"] = True
        else:
            # Their record is shown or spoken of: now it is known where.
            row = {"student": student, "prominence": "incidental", "identifiable": False, "located": True}
            asset["appearances"].append(row)


def _refused(within: tuple[int, ...]) -> Iterator[tuple[Raw, Explanation]]:
    """Cases that are not released, decided by one of these steps."""
    for raw, told in generated():
        decided = next(each.number for each in told.steps if each.state == "decided")
        if told.outcome in ("refer", "deny") and decided in within:
            yield spelled_out(raw), told


def test_carrying_out_every_remedy_of_a_refusal_releases() -> None:
    for raw, told in _refused((11, 12)):
        changed = deepcopy(raw)
        for each in told.reasons:
            _remedied(changed, each.clause, each.students)
        assert decide(parse_case(changed)).outcome <= Outcome.REDACT, raw


def test_carrying_out_remedies_step_by_step_ends_in_a_release() -> None:
    for raw, told in _refused((4, 6, 7, 8)):
        changed = deepcopy(raw)
        reasons: tuple[Any, ...] = told.reasons
        for _ in range(5):
            for each in reasons:
                _remedied(changed, each.clause, each.students)
            decision = decide(parse_case(changed))
            reasons = decision.reasons
        assert decision.outcome <= Outcome.REDACT, raw


_TITLES = {clause.title: clause.id for clause in CLAUSES.values()}


def _carried_out(raw: Raw, needs: tuple[str, ...]) -> Outcome:
    """Do what one way needs, and nothing else."""
    changed, everybody = deepcopy(raw), tuple(row["id"] for row in raw["students"])
    for need in needs:
        title, _, about = need.partition(" (")
        if need.startswith("A consent signed by "):
            (student,) = [each for each in everybody if need.endswith(f" {each}.")]
            _consented(changed, student)
        elif need.startswith("The custodian finds"):
            changed["asset"]["meaning"] = "destroyed"
        else:
            whole = _TITLES.get(need) or _TITLES[title]
            named = tuple(each for each in everybody if each in about) if need not in _TITLES else everybody
            _remedied(changed, whole, named)
    return decide(parse_case(changed)).outcome


@pytest.mark.parametrize(
    ("title", "outcome"),
    [
        ("Release it as directory information", Outcome.ALLOW),
        ("Release it on written consents", Outcome.ALLOW),
        ("Release a copy that hides", Outcome.REDACT),
        ("Release it to all the families", Outcome.ALLOW),
    ],
)
def test_a_way_out_leads_out_by_itself(title: str, outcome: Outcome) -> None:
    tried = 0
    for raw, told in _refused((11, 12)):
        for way in told.ways_out:
            if way.title.startswith(title):
                assert _carried_out(raw, way.needs) == outcome, (way, raw)
                tried += 1
    assert tried > 3


def test_consents_let_everybody_be_shown_whom_a_copy_hides() -> None:
    tried = 0
    for raw, told in generated():
        for way in told.ways_out:
            if told.outcome == "redact" and way.title.startswith("Release it on written consents"):
                assert _carried_out(spelled_out(raw), way.needs) == Outcome.ALLOW
                tried += 1
    assert tried > 20


def test_a_confidential_recording_may_go_to_the_attorney_on_one_consent() -> None:
    told = explained(a_portrait().shows("s2").asset(confidential="Safe at Home").to("public"))
    (way,) = [each for each in told.ways_out if "attorney" in each.title]
    assert way.title == "Obtain a consent for one of these students, and ask the attorney"
    assert way.needs == ("A consent signed by p1 for s1.", "A consent signed by p2 for s2.")


def test_a_discipline_recording_is_never_offered_as_directory_information() -> None:
    told = explained(a_fight())
    assert not [each for each in told.ways_out if "directory" in each.title]


def test_an_allowed_release_needs_no_way_out() -> None:
    assert explained(a_portrait()).ways_out == ()


# Told examples


def test_who_asks_whom_for_what_is_one_sentence() -> None:
    told = explained(a_fight().to("parent", "p1").share(purpose="inspection", names=["s2"]))
    assert told.asked == (
        "A request from a parent (p1) for recording a1 (officially used for discipline; marked as not "
        "directory information), for 'inspection', as of October 2, 2026. It was put to the records custodian "
        "(u1). It asks for s2 by name."
    )


def test_a_publication_is_told_as_one() -> None:
    told = explained(a_portrait().published())
    assert told.asked == (
        "A publication by media staff (u1), for everybody to see, of recording a1 (marked as directory information), "
        "for 'website', as of October 2, 2026."
    )


def test_a_recording_is_told_by_what_it_is() -> None:
    told = explained(a_portrait().asset(maintained_by="other", closed="sealed", confidential="Safe at Home"))
    assert (
        "maintained by somebody else; a closed record: sealed; confidential under another law: Safe at Home"
        in told.asked
    )


def test_a_copy_names_whom_it_hides() -> None:
    told = explained(a_fight().redactable().to("parent", "p1"))
    assert told.answer == "The district may release a copy in which s2 cannot be identified."
    assert person(told, "s1").shown == "shown, on the ground 'Parent or eligible student'"
    assert person(told, "s2").shown == "hidden in the copy"
    assert [(each.letter, each.taken, each.why) for each in told.plans if each.exists] == [("B", True, ("Taken.",))]


def test_a_denial_that_a_person_can_still_answer_says_so() -> None:
    told = explained(a_portrait().knows("s1", born="2008-10-02").not_directory().to("parent", "p1"))
    assert told.answer == "As it stands it would be denied, but a person can still answer what is open."
    assert [each.part for each in told.reasons] == ["question", *["obstacle"] * 4]
    assert person(told, "s1").age == "18 or older since October 2, 2026; holds the rights"
    remedy = next(each.remedy for each in told.reasons if each.clause == "EX3-MISSING")
    assert remedy == "Obtain a written consent to 'website' that names 'p1', signed by the student s1."


def test_the_parts_of_a_redaction_are_its_ground_what_is_open_and_what_was_lacking() -> None:
    builder = a_portrait().not_directory().redactable().to("law_enforcement")
    told = explained(builder.evidence(pre_adjudication={"students": ["s1"], "certified": False}))
    assert [(each.part, each.clause) for each in told.reasons] == [
        ("ground", "REDACT"),
        ("question", "PREADJ-CERTIFICATION"),
        ("evidence", "EX6-EVIDENCE"),
    ]


def test_a_person_who_must_act_first_is_why_it_is_referred() -> None:
    told = explained(a_portrait().by("media_staff"))
    assert (told.answer, told.reasons[0].part) == ("A person has to act first.", "first")
    assert told.ways_out[0].needs == ("Pass the request to the records custodian or a designee.",)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "in force since August 25, 2026, for every purpose"),
        ({"purposes": ["website", "yearbook"]}, "in force since August 25, 2026, for 'website' or 'yearbook'"),
        ({"purposes": ["social_media"]}, "for another purpose ('social_media'), so it does not reach 'website'"),
        ({"ended": "2026-09-30"}, "ended on September 30, 2026"),
        ({"since": "2026-10-03"}, "made after this day, on October 3, 2026"),
    ],
)
def test_an_opt_out_says_what_it_does_here(changes: Raw, says: str) -> None:
    assert person(explained(a_portrait().opted_out("s1", **changes)), "s1").opt_out == says


@pytest.mark.parametrize(
    ("known", "age", "signer"),
    [
        ({}, "a minor until March 1, 2028; a parent holds the rights", "p1"),
        ({"born": "2012-02-29"}, "a minor until March 1, 2030; a parent holds the rights", "p1"),
        ({"born": "2007-05-01"}, "18 or older since May 1, 2025; holds the rights", "the student"),
        ({"postsecondary": True}, "in college; holds the rights, whatever the age", "the student"),
        ({"born": "9999-12-31"}, "a minor; a parent holds the rights", "p1"),
        (
            {"born": None, "guardians": ["p1", "p9"]},
            "of an age that is not known; taken as a minor, whose rights a parent holds",
            "p1 or p9",
        ),
        (
            {"guardians": []},
            "a minor until March 1, 2028; a parent holds the rights",
            "a parent (none is on file)",
        ),
    ],
)
def test_an_age_says_who_holds_the_rights_and_who_could_sign(known: Raw, age: str, signer: str) -> None:
    told = person(explained(a_portrait().knows("s1", **known)), "s1")
    assert (told.age, told.signer) == (age, signer)


@pytest.mark.parametrize(
    ("changes", "says", "faults"),
    [
        ({}, "signed by p1 on September 10, 2026 in ink, to 'website', naming everybody", ()),
        (
            {"purpose": "yearbook", "parties": ["jostens", "court"], "expires": "2026-10-01"},
            "signed by p1 on September 10, 2026 in ink, to 'yearbook', naming jostens and a court, until October 1, 2026",
            ("it is for another purpose", "it does not name this party", "it has expired"),
        ),
        (
            {"signature": "none", "signed_on": None, "purpose": None, "parties": [], "assets": ["a1", "a2"]},
            "handed in without a signature, to no purpose, naming nobody, for a1 or a2 alone",
            ("it is not signed", "it is for another purpose", "it does not name this party"),
        ),
        (
            {"signature": "electronic", "signed_by": None, "revoked_on": "2026-10-02"},
            "signed by nobody on September 10, 2026 electronically, to 'website', naming everybody, revoked on October 2, 2026",
            ("its electronic signature is not authenticated", "it was revoked"),
        ),
    ],
)
def test_a_consent_says_what_it_is_for_and_why_it_does_not_hold(
    changes: Raw, says: str, faults: tuple[str, ...]
) -> None:
    (consent,) = person(explained(a_portrait().consent("s1", **changes)), "s1").consents
    assert (consent.says, consent.holds, consent.faults) == (says, not faults, faults)


@pytest.mark.parametrize(
    ("appearance", "place"),
    [
        ({}, "a subject of the recording"),
        ({"prominence": "incidental"}, "in the background"),
        (
            {"prominence": "unknown"},
            "in the recording (nobody has said how prominently, so taken as a subject)",
        ),
        ({"identifiable": False}, "in the recording, but nobody could identify them"),
    ],
)
def test_a_student_is_told_as_they_appear(appearance: Raw, place: str) -> None:
    assert person(explained(a_case().shows("s1", **appearance)), "s1").place == place


def test_a_student_known_by_a_record_alone_is_told_so() -> None:
    told = explained(a_case().student("s1").student("s2").asset(record_pii=["s1"]))
    assert person(told, "s1").place == "in the content only"
    assert person(told, "s1").relations == ("the content tells something from their education record",)
    assert person(told, "s2").place == "not in the recording"


def test_what_closes_the_directory_route_is_told_without_students_where_none_is_concerned() -> None:
    told = explained(a_case().not_directory().asset(closed="sealed"))
    assert [(each.clause, each.text) for each in told.route_closed_by] == [
        ("EX4-NOT-DIRECTORY", "The recording is not marked as directory information."),
        ("CLOSED", "The recording is a closed record: sealed."),
    ]


@pytest.mark.parametrize(
    ("builder", "recorded", "why"),
    [
        (a_portrait(), False, "the law asks for no entry for what is shown"),
        (
            a_portrait().to("court").evidence(order={"verified": True, "notice_required": False}),
            True,
            "a student is shown on an exception for which the law asks who received the recording, and why",
        ),
        (
            a_case().asset(tagging="pending").to("court").evidence(order={"verified": True, "notice_required": False}),
            True,
            "it is not known who is in the recording, and a student may be",
        ),
        (
            a_portrait().by("media_staff"),
            False,
            "nothing is decided yet; what the referral ends in is recorded then",
        ),
        (
            a_fight().redactable("destroyed"),
            True,
            "somebody from outside of the school and the family asked for a student's record and was denied",
        ),
        (
            a_fight().redactable("destroyed").published(),
            False,
            "it was the district's own publication, which nobody asked for",
        ),
    ],
)
def test_recordation_says_why(builder: CaseBuilder, recorded: bool, why: str) -> None:
    told = explained(builder)
    assert (told.recorded, told.recorded_why) == (recorded, why)


def test_a_ruling_that_bears_on_the_case_comes_with_its_alternatives() -> None:
    told = explained(a_portrait().opted_out("s1", since="2026-09-10"))
    (ruling,) = [each for each in told.rulings if each.id == "late-opt-out"]
    assert ruling.question == "Does an opt-out count that comes after the window?"
    assert ruling.alternatives == (
        "No: the next year's answer counts, as 34 CFR 99.37(a)(3) would let the district hold.",
    )


def test_a_student_whom_an_official_use_names_is_told_why() -> None:
    told = person(explained(a_case().shows("s1", "incidental", located=False).used_for("victim", "s1")), "s1")
    assert told.relations == ("named by an official use (because it shows a victim)", "where they appear is not marked")
    assert told.directly_related


@pytest.mark.parametrize(
    ("builder", "letter", "why"),
    [
        (
            a_portrait().shows("s2").opted_out("s1").redactable(),
            "N",
            "It could be carried out, but plan A hides fewer of the subjects.",
        ),
        (
            a_portrait().opted_out("s1").redactable(),
            "N",
            "It could be carried out, but plan A goes first and hides as few.",
        ),
        (a_portrait(), "N", "Not needed: plan A has nobody to hide."),
        (a_portrait(), "A", "Taken: it has nobody to hide."),
        (a_fight().to("parent", "p1"), "C", "The recipient has a right of their own (plan B)."),
        (
            a_fight().to("parent", "p1"),
            "B",
            "Cannot be redacted: We cannot hide s2: this format cannot be redacted.",
        ),
        (a_fight().asset(closed="sealed"), "C", CHECKS["plan-c"].question.partition(": ")[2].capitalize() + " No."),
    ],
)
def test_a_plan_says_what_became_of_it(builder: CaseBuilder, letter: str, why: str) -> None:
    (told,) = [each for each in explained(builder).plans if each.letter == letter]
    assert told.why == (why,)
