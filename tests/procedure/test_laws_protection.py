"""Laws of protection: more of it never releases more.

Where the procedure's wording makes such a law false or limits it, a pinned case shows how, and names the sentence.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from case_builder import a_case, a_fight, a_portrait
from laws import (
    Raw,
    any_student,
    deciding,
    decision_on,
    law,
    released,
    with_asset,
    with_policy,
    with_share,
    with_student,
)
from second_terms import Reading

IN_FORCE = {"since": "0001-01-01", "ended": None, "purposes": None}


def never_looser(before: Raw, after: Raw) -> None:
    """The second case ends at least as strictly as the first."""
    first, second = decision_on(before), decision_on(after)
    assert first.outcome <= second.outcome, (first, second)


def never_released(before: Raw, after: Raw) -> None:
    """The second case is not released where the first is not; a denial may become a referral."""
    first, second = decision_on(before), decision_on(after)
    assert released(first) or not released(second), (first, second)


# Opt-outs, consents, people nobody can name


@law
def test_an_opt_out_of_today_never_loosens(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        never_looser(raw, with_student(raw, student, opted_out={**IN_FORCE, "since": raw["at"]}))


@law
def test_an_opt_out_of_long_ago_never_loosens_unless_in_the_place_of_one_that_makes_a_consent_doubtful(
    raw: Raw, chance: random.Random
) -> None:
    student, reading = any_student(raw, chance), Reading(raw)
    if student is None or any(reading.doubted(each) for each in raw["consents"] if reading.holds(each)):
        return
    never_looser(raw, with_student(raw, student, opted_out=IN_FORCE))


@law
def test_a_family_that_may_still_answer_never_loosens_and_is_never_shown_as_directory_information(
    raw: Raw, chance: random.Random
) -> None:
    for student in (each["id"] for each in raw["students"]):
        waiting = with_student(raw, student, may_answer_until=raw["at"])
        never_looser(with_student(raw, student, may_answer_until=None), waiting)
        assert decision_on(waiting).basis.get(student) != "EX4"


def test_an_opt_out_before_a_consent_leaves_it_as_it_is_where_a_later_one_makes_it_doubtful() -> None:
    """Limited: "An opt-out … whose `since` is later than `signed_on` makes the consent doubtful"; so does one of its day."""
    case = a_portrait().consent("s1", signed_on="2026-09-10")
    assert case.opted_out("s1", since="2026-09-11").clauses()[0] == "CONSENT-DOUBTFUL"
    assert case.opted_out("s1", since="2026-09-10").clauses()[0] == "CONSENT-DOUBTFUL"
    assert case.opted_out("s1", since="2026-09-09").outcome() == "allow"


def test_an_opt_out_after_a_consent_makes_a_referral_and_no_denial_where_the_consent_would_release() -> None:
    """Limited: `CONSENT-DOUBTFUL` stands where the doubtful consents, counted as valid, end in no denial."""
    case = a_portrait().opted_out("s1").published()
    assert case.outcome() == "deny"
    assert case.consent("s1", signed_on="2026-08-24").outcome() == "refer"


@law
def test_protecting_a_student_releases_to_their_own_alone(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        after = with_student(raw, student, protected=True)
        first, second = decision_on(raw), decision_on(after)
        if released(second) and not released(first):
            grew = Reading(after).own > Reading(raw).own
            assert grew or (deciding(first), deciding(second)) == ("NAMED-IN-CROWD", "EX2-MULTI"), (first, second)


def test_protecting_a_student_in_the_background_who_is_asked_for_leaves_it_to_the_custodians_look() -> None:
    """Limited: nobody of `D` is asked for in a crowd, and names do not stop EX2-MULTI. `FirstLook` keeps it back."""
    case = a_portrait().shows("s2", "incidental").opted_out("s2").not_directory().redactable("destroyed")
    case = case.to("parent", "p1").share(names=["s2"])
    assert case.clauses()[0] == "NAMED-IN-CROWD"
    assert case.knows("s2", protected=True).clauses()[0] == "EX2-MULTI"


def test_protecting_a_student_in_the_background_may_release_to_a_parent() -> None:
    """Limited: a protected student of `I` is in `D`, and own holds those of D."""
    case = a_portrait().shows("s2", "incidental").not_directory().redactable("changed").to("parent", "p2")
    assert case.outcome() == "deny"
    assert case.knows("s2", protected=True).decide().redact == ("s1",)


def test_protecting_a_student_in_the_background_may_turn_a_denial_into_a_referral() -> None:
    """Limited: the questions ask of the students of `D`, where a protected student is, if only in the background."""
    case = a_portrait().student("s2", born="2000-01-01").shows("s2", "incidental").not_directory().to("parent", "p2")
    assert case.outcome() == "deny"
    assert case.knows("s2", protected=True).clauses()[0] == "RIGHTS-TRANSFERRED"


@law
def test_protecting_a_student_never_loosens_what_a_stranger_gets(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        asked = with_share(raw, recipient={"role": "public", "id": "stranger"})
        never_looser(asked, with_student(asked, student, protected=True))


@law
def test_doubt_about_a_consent_never_loosens(raw: Raw, chance: random.Random) -> None:
    reading = Reading(raw)
    doubted = {each["student"] for each in raw["consents"] if reading.holds(each) and reading.doubted(each)}
    settled = raw
    for student in doubted:
        settled = with_student(settled, student, opted_out=IN_FORCE)
    never_looser(settled, raw)


@law
def test_taking_a_consent_away_never_loosens(raw: Raw, chance: random.Random) -> None:
    if consents := raw["consents"]:
        gone = chance.randrange(len(consents))
        never_looser(raw, {**raw, "consents": consents[:gone] + consents[gone + 1 :]})


@law
def test_taking_every_consent_away_never_loosens(raw: Raw, chance: random.Random) -> None:
    never_looser(raw, {**raw, "consents": []})


@law
def test_a_person_nobody_can_name_never_releases(raw: Raw, chance: random.Random) -> None:
    never_released(raw, with_asset(raw, unidentified_people=raw["asset"]["unidentified_people"] + 1))


@law
def test_a_person_nobody_can_name_makes_a_denial_a_referral_at_most(raw: Raw, chance: random.Random) -> None:
    before, after = decision_on(raw), decision_on(with_asset(raw, unidentified_people=1))
    if after.outcome < before.outcome:
        assert "HOLD-UNKNOWN-PERSON" in [each.clause for each in after.reasons]


def test_a_person_nobody_can_name_may_turn_a_denial_into_a_referral() -> None:
    """Limited: "The first that decides, decides", and step 6 (refer) comes before step 12 (deny)."""
    case = a_fight().asset(meaning="destroyed")
    assert case.outcome() == "deny"
    assert case.asset(unidentified_people=1).outcome() == "refer"


@law
def test_tagging_that_is_not_complete_never_releases(raw: Raw, chance: random.Random) -> None:
    never_released(raw, with_asset(raw, tagging=chance.choice(["pending", "failed"])))


def test_tagging_that_failed_may_turn_a_denial_into_a_referral() -> None:
    """Limited: "The first that decides, decides", and step 6 (refer) comes before step 12 (deny)."""
    case = a_fight().asset(meaning="destroyed")
    assert case.asset(tagging="failed").outcome() == "refer"


def test_a_consent_may_hide_more_students() -> None:
    """False that a consent never hides more: "plan C covers bystanders, N does not. That is meant"."""
    case = a_portrait().shows("s4").shows("s2", "incidental").shows("s3", "incidental").not_directory().redactable()
    assert case.decide().redact == ("s1", "s4")
    assert case.consent("s4").decide().redact == ("s1", "s2", "s3")


# Closed, confidential, not redactable, asked for by name


@law
def test_closing_a_recording_never_loosens(raw: Raw, chance: random.Random) -> None:
    never_looser(raw, with_asset(raw, closed="why"))


@law
def test_making_a_recording_confidential_never_releases(raw: Raw, chance: random.Random) -> None:
    never_released(raw, with_asset(raw, confidential="why"))


def test_making_a_recording_confidential_may_turn_a_denial_into_a_referral() -> None:
    """Limited: step 8 refers to the attorney where "any student of D has a valid consent", before step 12 denies."""
    case = a_fight().consent("s1")
    assert case.outcome() == "deny"
    assert case.asset(confidential="why").clauses() == ["LEGALITY"]


def test_consents_never_open_a_closed_recording() -> None:
    """The general law is in `test_laws.py`; here is what becomes of the consent of all: a question for the custodian."""
    case = a_portrait().asset(closed="why").consent("s1")
    assert case.outcome() == "refer"
    assert case.clauses()[0] == "CLOSED-CONSENT"
    crowd = a_case().shows("s1", "incidental").asset(closed="why").consent("s1")
    assert crowd.clauses() == ["LEGALITY", "CLOSED-CONSENT"]


@law
def test_a_format_that_cannot_be_redacted_never_loosens(raw: Raw, chance: random.Random) -> None:
    never_looser(raw, with_asset(raw, redactable=False))


@law
def test_a_finding_that_nothing_can_be_hidden_is_looser_by_the_several_students_rule_alone(
    raw: Raw, chance: random.Random
) -> None:
    before, after = (decision_on(with_asset(raw, cannot_be_redacted=each)) for each in (False, True))
    assert before.outcome <= after.outcome or deciding(after) == "EX2-MULTI"


def test_a_finding_that_nothing_can_be_hidden_releases_what_is_referred_for_the_format() -> None:
    """Limited: step 11, "or the custodian has found that it cannot reasonably be redacted or isolated"."""
    case = a_fight().to("parent", "p1").asset(meaning="preserved")
    assert case.clauses() == ["REDACT-UNABLE"]
    assert case.asset(cannot_be_redacted=True).clauses() == ["EX2-MULTI"]


@law
def test_not_knowing_where_a_student_appears_never_loosens(raw: Raw, chance: random.Random) -> None:
    rows = raw["asset"]["appearances"]
    lost = chance.randrange(len(rows)) if rows else None
    lost_rows = [{**row, "located": row["located"] and number != lost} for number, row in enumerate(rows)]
    never_looser(raw, with_asset(raw, appearances=lost_rows))


@law
def test_asking_by_name_never_loosens(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        never_looser(raw, with_share(raw, names=[*raw["share"]["names"], student]))


@law
def test_an_order_for_other_recordings_counts_as_one_that_is_not_verified(raw: Raw, chance: random.Random) -> None:
    order = raw["share"]["evidence"]["order"]
    if order is None:
        return
    evidence = raw["share"]["evidence"]
    elsewhere = decision_on(with_share(raw, evidence={**evidence, "order": {**order, "assets": ["another"]}}))
    unverified = decision_on(with_share(raw, evidence={**evidence, "order": {**order, "verified": False}}))
    assert replace(elsewhere, reasons=()) == replace(unverified, reasons=())
    assert [each.clause for each in elsewhere.reasons] == [each.clause for each in unverified.reasons]
    never_looser(raw, with_share(raw, evidence={**evidence, "order": {**order, "assets": ["another"]}}))


# The directory policy


@law
def test_a_narrower_directory_policy_never_loosens(raw: Raw, chance: random.Random) -> None:
    narrower: dict[str, Any] = {
        "directory_notice": None,
        "opt_out_window_ends": raw["at"],
        "directory_includes_images": False,
        "directory_limited_to": ["nothing that anyone shares for"],
    }
    for field, value in narrower.items():
        never_looser(raw, with_policy(raw, **{field: value}))


@law
def test_a_doubtful_directory_status_lies_between_the_other_two(raw: Raw, chance: random.Random) -> None:
    cases = [with_asset(raw, directory_status=each) for each in ("eligible", "undetermined", "not_eligible")]
    never_looser(cases[0], cases[1])
    never_released(cases[1], cases[2])


def test_a_doubtful_directory_status_is_referred_where_a_clear_no_is_denied() -> None:
    """Limited, and stricter only: `HOLD-UNCLASSIFIED` makes a referral of the denial that `not_eligible` ends in."""
    assert a_portrait().asset(directory_status="undetermined").outcome() == "refer"
    assert a_portrait().not_directory().outcome() == "deny"


# The meaning


@law
def test_a_changed_meaning_is_never_looser_than_a_preserved_one(raw: Raw, chance: random.Random) -> None:
    never_looser(with_asset(raw, meaning="preserved"), with_asset(raw, meaning="changed"))


@law
def test_an_unreviewed_meaning_is_never_looser_than_a_preserved_one(raw: Raw, chance: random.Random) -> None:
    never_looser(with_asset(raw, meaning="preserved"), with_asset(raw, meaning="unreviewed"))


@law
def test_a_destroyed_meaning_is_looser_by_the_several_students_rule_alone(raw: Raw, chance: random.Random) -> None:
    for meaning in ("preserved", "changed"):
        before, after = decision_on(with_asset(raw, meaning=meaning)), decision_on(with_asset(raw, meaning="destroyed"))
        assert before.outcome <= after.outcome or deciding(after) == "EX2-MULTI"


def test_a_destroyed_meaning_releases_what_a_preserved_one_refers() -> None:
    """Limited: step 11, "`EX2-MULTI` allow if the role is `parent` or `eligible_student`, and … `meaning` is `destroyed`"."""
    case = a_fight().to("parent", "p1").asset(redactable=False)
    assert case.asset(meaning="preserved").outcome() == "refer"
    assert case.asset(meaning="destroyed").clauses() == ["EX2-MULTI"]


def test_an_unreviewed_meaning_hides_subjects_where_a_changed_one_does_not() -> None:
    """No order between the two: `unreviewed` lets every plan through "that do not hold all of F", `changed` only A and B."""
    case = a_fight().consent("s1").asset(redactable=True)
    assert case.asset(meaning="changed").outcome() == "deny"
    assert case.asset(meaning="unreviewed").decide().redact == ("s2",)


def test_a_changed_meaning_hides_every_subject_where_an_unreviewed_one_does_not() -> None:
    """The other way round: `changed` lets plan A through even where it holds all of F."""
    case = a_portrait().opted_out("s1").asset(redactable=True)
    assert case.asset(meaning="changed").decide().redact == ("s1",)
    assert case.asset(meaning="unreviewed").outcome() == "refer"
