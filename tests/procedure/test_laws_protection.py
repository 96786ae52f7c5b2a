"""Laws of protection: more of it never releases more.

Where the procedure's wording makes such a law false or limits it, a pinned case shows how, and names the sentence.
"""

from __future__ import annotations

import random
from typing import Any

from case_builder import a_fight, a_portrait
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
def test_an_opt_out_never_loosens(raw: Raw, chance: random.Random) -> None:
    if student := any_student(raw, chance):
        never_looser(raw, with_student(raw, student, opted_out=IN_FORCE))


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


@law
def test_a_format_that_cannot_be_redacted_never_loosens(raw: Raw, chance: random.Random) -> None:
    never_looser(raw, with_asset(raw, redactable=False))


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
    """Limited: step 11, "`EX2-MULTI` allow if the role is `parent` or `eligible_student` and `meaning` is `destroyed`"."""
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
