"""Laws of more of a student in the recording: a raised prominence, an official use, record information, an appearance.

Each may release what was not released, by four ways and no other; a pinned case shows each, and names the sentence.
"""

from __future__ import annotations

import random

import pytest
from case_builder import CaseBuilder, a_case, a_portrait
from laws import Raw, any_student, deciding, decision_on, law, released, with_asset
from second_terms import Reading

from dam_plugin.model import Decision, Outcome

OWN, MULTI, UNREVIEWED, LISTED = "own", "EX2-MULTI", "unreviewed meaning", "EX5"


def ways_out(before: Raw, after: Raw, decision: Decision) -> set[str]:
    """Return by which rules a case may be released because more of a student is in it."""
    first, second = Reading(before), Reading(after)
    clause = deciding(decision)
    found = {
        OWN: second.own > first.own,
        MULTI: clause == "EX2-MULTI",
        UNREVIEWED: after["asset"]["meaning"] == "unreviewed" and second.focus > first.focus,
        LISTED: clause == "EX5" and second.preadjudicated > first.preadjudicated,
    }
    return {way for way, taken in found.items() if taken}


def released_only_by(allowed: set[str], before: Raw, after: Raw) -> None:
    first, second = decision_on(before), decision_on(after)
    # Whoever is asked for by name in a crowd is referred, whatever they signed; a subject of the recording is not.
    was_named = deciding(first) == "NAMED-IN-CROWD" and "EX3" in second.basis.values()
    if released(second) and not released(first) and not was_named:
        assert ways_out(before, after, second) & allowed, (first, second)


def more_prominent(raw: Raw, chance: random.Random) -> Raw | None:
    rows = raw["asset"]["appearances"]
    raisable = [number for number, row in enumerate(rows) if row["prominence"] == "incidental"]
    if not raisable:
        return None
    raised = {"prominence": chance.choice(["unknown", "focus"])}
    chosen = chance.choice(raisable)
    return with_asset(raw, appearances=[{**row, **raised} if n == chosen else row for n, row in enumerate(rows)])


@law
def test_a_raised_prominence_releases_by_own_by_ex2_multi_or_by_the_unreviewed_meaning_alone(
    raw: Raw, chance: random.Random
) -> None:
    if after := more_prominent(raw, chance):
        released_only_by({OWN, MULTI, UNREVIEWED}, raw, after)


@law
def test_a_raised_prominence_hides_fewer_by_own_alone(raw: Raw, chance: random.Random) -> None:
    after = more_prominent(raw, chance)
    if after is None:
        return
    first, second = decision_on(raw), decision_on(after)
    if first.outcome is Outcome.REDACT and released(second) and set(second.redact) < set(first.redact):
        assert OWN in ways_out(raw, after, second), (first, second)


@law
def test_an_official_use_releases_by_own_or_by_ex2_multi_alone(raw: Raw, chance: random.Random) -> None:
    named = chance.choice([[], [student] if (student := any_student(raw, chance)) else []])
    use = {"purpose": chance.choice(["discipline", "victim", "other"]), "students": named}
    after = with_asset(raw, official_uses=[*raw["asset"]["official_uses"], use])
    released_only_by({OWN, MULTI}, raw, after)


@law
def test_record_information_releases_by_own_by_ex2_multi_or_by_ex5_alone(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        after = with_asset(raw, record_pii=[*raw["asset"]["record_pii"], student])
        released_only_by({OWN, MULTI, LISTED}, raw, after)


@law
def test_one_more_student_in_the_recording_releases_by_one_of_the_four_ways_alone(
    raw: Raw, chance: random.Random
) -> None:
    student = any_student(raw, chance)
    if student is None or student in {*Reading(raw).depicted, *(row["student"] for row in raw["asset"]["appearances"])}:
        return
    row = {
        "student": student,
        "prominence": chance.choice(["focus", "incidental"]),
        "identifiable": True,
        "located": True,
    }
    after = with_asset(raw, appearances=[*raw["asset"]["appearances"], row])
    released_only_by({OWN, MULTI, UNREVIEWED, LISTED}, raw, after)


def raised(case: CaseBuilder, student: str) -> tuple[Decision, Decision]:
    """Return the decisions with the student incidental and with the student in focus."""
    raw = case.raw()
    rows = [{**row, "prominence": "focus"} if row["student"] == student else row for row in raw["asset"]["appearances"]]
    return decision_on(raw), decision_on(with_asset(raw, appearances=rows))


def test_a_raised_prominence_releases_by_own() -> None:
    """Limited: own holds "the students of `D` whom the recipient's own exception covers", and who is raised is in D."""
    case = a_portrait().shows("s2", "incidental").asset(closed="why").redactable().to("parent", "p2")
    before, after = raised(case, "s2")
    assert (before.outcome, after.outcome) == (Outcome.DENY, Outcome.REDACT)
    assert (after.redact, after.basis) == (("s1",), {"s2": "EX2"})


def test_a_raised_prominence_releases_by_the_several_students_rule() -> None:
    """Limited: step 11 asks for an own that is not empty, and who is raised may be the recipient's child."""
    case = a_portrait().shows("s2", "incidental").not_directory().asset(meaning="destroyed").to("parent", "p2")
    before, after = raised(case, "s2")
    assert (before.outcome, after.outcome) == (Outcome.DENY, Outcome.ALLOW)
    assert after.basis == {"s1": "EX2-MULTI", "s2": "EX2"}


def test_a_raised_prominence_releases_by_the_unreviewed_meaning() -> None:
    """Limited: `unreviewed` stops the plans that hold "all of `F`", and who is raised is in F and not in the plan."""
    case = a_portrait().opted_out("s1").shows("s2", "incidental").asset(redactable=True)
    before, after = raised(case, "s2")
    assert (before.outcome, after.outcome) == (Outcome.REFER, Outcome.REDACT)
    assert (after.redact, after.basis) == (("s1",), {"s2": "EX4"})


@pytest.mark.parametrize("also", ["s1", "s2"])
def test_a_raised_prominence_opens_a_closed_recording_by_no_consent(also: str) -> None:
    """True even where all consent: plan C asks that the recording is "not closed", and step 7 refers."""
    case = a_case().shows("s1", "incidental").shows("s2", "incidental").asset(closed="why").redactable()
    before, after = raised(case.consent("s1").consent(also), "s1")
    assert (released(before), released(after)) == (False, False)


def test_a_raised_prominence_may_turn_a_denial_into_a_referral() -> None:
    """Limited: `RIGHTS-TRANSFERRED` asks for "a student of `D` whose guardian the recipient is" and who is eligible."""
    case = a_portrait().student("s2", born="2000-01-01").shows("s2", "incidental").not_directory().to("parent", "p2")
    before, after = raised(case, "s2")
    assert (before.outcome, after.outcome) == (Outcome.DENY, Outcome.REFER)
    assert deciding(after) == "RIGHTS-TRANSFERRED"


@pytest.mark.parametrize("use", ["discipline", "victim"])
def test_an_official_use_may_release_by_own(use: str) -> None:
    """Limited: an official use brings students into D, and own holds those of D."""
    case = a_portrait().shows("s2", "incidental").asset(closed="why").redactable().to("parent", "p2")
    assert case.outcome() == "deny"
    assert case.used_for(use, "s2").decide().redact == ("s1",)


def test_an_official_use_may_release_by_the_several_students_rule() -> None:
    """Limited: the same, by step 11."""
    case = a_portrait().shows("s2", "incidental").not_directory().asset(meaning="destroyed").to("parent", "p2")
    assert case.outcome() == "deny"
    assert case.used_for("discipline", "s2").clauses() == ["EX2-MULTI"]


def test_record_information_may_release_to_the_juvenile_office() -> None:
    """Limited: pre-adjudication applies when it "lists a student of `I`", and `record_pii` belongs to I."""
    case = a_portrait().student("s2").not_directory().to("juvenile_office")
    case = case.evidence(pre_adjudication={"students": ["s2"], "certified": True})
    assert case.outcome() == "deny"
    assert case.asset(record_pii=["s2"]).clauses() == ["EX5"]


def test_one_more_student_who_consents_refers_a_closed_recording_of_nobody() -> None:
    """Limited to releases: step 7, closed: "every student of `I` has a valid consent, `LEGALITY` refer"."""
    case = a_case().student("s1").consent("s1").asset(closed="why")
    assert case.outcome() == "deny"
    assert case.shows("s1", "incidental").clauses() == ["LEGALITY", "CLOSED-CONSENT"]


def test_an_appearance_of_a_student_spoken_of_may_release() -> None:
    """Limited: one in `record_pii` "without an appearance is not `located`", and a plan hides only who is."""
    case = a_case().student("s1").not_directory().redactable().asset(record_pii=["s1"])
    assert case.outcome() == "deny"
    assert case.shows("s1").decide().redact == ("s1",)
