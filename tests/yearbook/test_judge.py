"""A recording is judged for a set as any publication is, and its digest tells nobody anything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from district import CUSTODIAN, HANNAH, MEDIA_STAFF, NOAH, SOFIA, THERESA, District
from use_cases import FAILED, Voice, later, with_voice
from yearbook_plans import ORDER, REDACTING, judged, recording, seen

from dam_plugin.custodian import choices
from dam_plugin.errors import UnknownThing
from dam_plugin.model import Consent, Outcome, Review
from dam_plugin.store.sets import SetOrder
from dam_plugin.yearbook.judge import Judge, releasable


def clauses(why: Any) -> list[str]:
    return [each.clause for each in why]


def test_a_picture_of_somebody_without_an_opt_out_may_go_in_and_name_them(district: District) -> None:
    noah = district.student(NOAH)
    found = judged(district, recording(district, "events/fair.jpg", seen(noah)))
    assert found.decision.outcome is Outcome.ALLOW
    assert found.shows == found.may_be_named == (noah,)
    assert releasable(found, ORDER) is None


def test_whom_the_copy_hides_is_neither_shown_nor_named(district: District) -> None:
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    found = judged(district, recording(district, "events/fair.jpg", seen(noah), seen(hannah, 0.5)))
    assert found.decision.redact == (hannah,)
    assert found.shows == found.may_be_named == (noah,)
    assert releasable(found, REDACTING) is None


def test_a_redacted_copy_stays_out_of_a_set_that_takes_none(district: District) -> None:
    hannah = district.student(HANNAH)
    found = judged(district, recording(district, "events/fair.jpg", seen(district.student(NOAH)), seen(hannah, 0.5)))
    (why,) = releasable(found, ORDER) or ()
    assert why.clause == "EXPORT-REDACT"
    assert why.students == (hannah,)


def test_who_is_merely_in_the_background_is_shown_and_not_named(district: District) -> None:
    noah, theresa = district.student(NOAH), district.student(THERESA)
    behind = seen(theresa, 0.6, prominence="incidental")
    found = judged(district, recording(district, "events/fair.jpg", seen(noah), behind))
    assert set(found.shows) == {noah, theresa}
    assert found.may_be_named == (noah,)


def test_a_consent_lets_somebody_be_named_who_opted_out(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian("G-2171")
    today = district.services.now().date()
    consent = Consent(hannah, mother, today, "ink", purpose="yearbook", parties=("public",))
    with district.services.store.writing() as unit:
        unit.people.add_consent(consent, None, district.services.now())
    found = judged(district, recording(district, "events/fair.jpg", seen(hannah)))
    assert found.may_be_named == (hannah,)
    assert found.decision.basis == {hannah: "EX3"}


def test_a_portrait_goes_in_only_where_its_own_student_may_be_named(district: District) -> None:
    hannah = district.student(HANNAH)
    incidental = recording(district, "portraits/1.jpg", seen(hannah, prominence="incidental"))
    found = judged(district, incidental, portrait_of=hannah)
    assert found.decision.outcome is Outcome.ALLOW
    assert clauses(releasable(found, REDACTING, hannah)) == ["EXPORT-PORTRAIT"]


def test_a_portrait_that_hides_its_own_student_stays_out_though_redacted_copies_are_taken(district: District) -> None:
    hannah, noah = district.student(HANNAH), district.student(NOAH)
    found = judged(district, recording(district, "portraits/1.jpg", seen(hannah), seen(noah, 0.5)), portrait_of=hannah)
    assert found.decision.outcome is Outcome.REDACT
    assert clauses(releasable(found, REDACTING, hannah)) == ["EXPORT-PORTRAIT"]


@pytest.mark.parametrize("order", [ORDER, REDACTING], ids=["whole", "redacted"])
def test_a_copy_that_hides_everybody_whom_it_is_about_stays_out(district: District, order: SetOrder) -> None:
    hannah = district.student(HANNAH)
    behind = seen(district.student(THERESA), 0.6, prominence="incidental")
    found = judged(district, recording(district, "events/fair.jpg", seen(hannah), behind, meaning="preserved"), order)
    assert found.decision.outcome is Outcome.REDACT
    (why,) = releasable(found, order) or ()
    assert (why.clause, why.students) == ("EXPORT-EMPTY", (hannah,))


def test_a_picture_of_the_crowd_or_of_nobody_goes_in(district: District) -> None:
    behind = seen(district.student(HANNAH), 0.6, prominence="incidental")
    crowd = judged(district, recording(district, "events/crowd.jpg", behind))
    nobody = judged(district, recording(district, "events/cake.jpg"))
    assert releasable(crowd, ORDER) is None
    assert releasable(nobody, ORDER) is None
    assert crowd.may_be_named == ()


def test_what_waits_for_a_look_stays_out_with_the_procedures_reasons(district: District) -> None:
    found = judged(district, recording(district, "inbox/1.jpg", state="pending"))
    assert clauses(releasable(found, REDACTING)) == ["HOLD-UNTAGGED"]


def test_a_third_partys_stricter_voice_counts(district: District) -> None:
    stored = recording(district, "events/fair.jpg", seen(district.student(NOAH)))
    heard = with_voice(district, Voice(review_decision=Review(Outcome.DENY, "not this one")))
    assert clauses(releasable(judged(heard, stored), ORDER))[0] == "THIRD-PARTY"


def test_a_third_party_that_fails_is_no_yes(district: District) -> None:
    stored = recording(district, "events/fair.jpg", seen(district.student(NOAH)))
    assert judged(with_voice(district, Voice(review_decision=FAILED)), stored).decision.outcome is Outcome.DENY


def test_an_old_roster_keeps_out_what_rests_on_nobody_having_opted_out(district: District) -> None:
    stored = recording(district, "events/fair.jpg", seen(district.student(NOAH)))
    services = later(district.services, days=31)
    with services.store.reading() as unit:
        found = Judge(services, unit, ORDER, MEDIA_STAFF, services.now().date()).judge(stored)
    assert clauses(releasable(found, ORDER))[0] == "ROSTER-STALE"


def test_what_rests_on_nobody_having_opted_out_stays_out_while_opt_outs_are_to_come(district: District) -> None:
    stored = recording(district, "events/fair.jpg", seen(district.student(NOAH)))
    choices.state_choices(district.services, "later", "the forms come in September", CUSTODIAN)
    assert clauses(releasable(judged(district, stored), ORDER))[0] == "CHOICES-UNKNOWN"


def test_a_student_whom_nobody_has_cannot_be_judged(district: District) -> None:
    with pytest.raises(UnknownThing):
        judged(district, recording(district, "events/fair.jpg", seen("S-000000000000")))


def test_the_same_decision_of_the_same_day_has_the_same_digest(district: District) -> None:
    stored = recording(district, "events/fair.jpg", seen(district.student(NOAH)))
    assert judged(district, stored).digest == judged(district, stored).digest


def test_a_failure_has_the_same_digest_whatever_its_number(district: District) -> None:
    stored = recording(district, "events/fair.jpg", seen(district.student(NOAH)))
    one, other = (with_voice(district, Voice(review_decision=replace(FAILED, error=number))) for number in ("e1", "e2"))
    assert judged(one, stored).digest == judged(other, stored).digest


def test_another_day_another_status_and_another_recording_have_another_digest(district: District) -> None:
    services = district.services
    noah, sofia = district.student(NOAH), district.student(SOFIA)
    stored = recording(district, "events/fair.jpg", seen(noah))
    with services.store.reading() as unit:
        tomorrow = Judge(services, unit, ORDER, MEDIA_STAFF, services.now().date() + timedelta(days=1)).judge(stored)
    others = [
        tomorrow.digest,
        judged(district, stored).digest,
        judged(district, stored, portrait_of=noah).digest,
        judged(district, recording(district, "events/other.jpg", seen(noah))).digest,
        judged(district, recording(district, "events/fair.jpg", seen(sofia))).digest,
    ]
    assert len(set(others)) == len(others)


def test_the_digest_is_long_and_the_details_are_plain_data(district: District) -> None:
    found = judged(district, recording(district, "events/fair.jpg", seen(district.student(NOAH))))
    assert len(found.digest) == len("d-") + 26
    kept = json.loads(json.dumps(found.details))
    assert kept["source"] == "events/fair.jpg"
    assert kept["decision"]["outcome"] == "allow"
    assert kept["case"]["share"]["purpose"] == "yearbook"


def test_many_recordings_are_judged_as_each_by_itself(district: District) -> None:
    students = [district.student(each) for each in (NOAH, SOFIA, HANNAH)]
    stored = [recording(district, f"events/{number}.jpg", seen(each)) for number, each in enumerate(students)]
    with district.services.store.reading() as unit:
        judge = Judge(district.services, unit, ORDER, MEDIA_STAFF, district.services.now().date())
        judge.read(stored)
        together = [judge.judge(each).digest for each in stored]
    assert together == [judged(district, each).digest for each in stored]
