"""The report: outcomes by clause, waiting, refusals overturned, and what to mend. It names nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dam_plugin.custodian.report import Links, Report, Work, answered_by, report
from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.store.referrals import ReferralTold
from dam_plugin.store.share_counts import Answer, ShareGroup

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)


def told(outcome: str, *clauses: str, count: int = 1, asked_again: bool = False) -> ShareGroup:
    return ShareGroup(outcome, clauses, asked_again, count)


def referral(*missing: str, hours: float | None = None, closing: str = "withdrawn", **more: Any) -> ReferralTold:
    values: dict[str, Any] = {"kind": "sunshine", "due": (NOW + timedelta(days=3)).date(), **more}
    closed = {} if hours is None else {"closed_at": NOW + timedelta(hours=hours), "closing": closing}
    return ReferralTold(values.pop("kind"), missing, NOW, values.pop("due"), **closed)


def made(
    shares: Sequence[ShareGroup] = (),
    referrals: Sequence[ReferralTold] = (),
    now: datetime = NOW,
    answers: Mapping[str, Answer] | None = None,
    *,
    in_full: bool = True,
) -> Report:
    work = Work(now)
    for each in referrals:
        work.add(each)
    return report(shares, work, Links(), answers or {}, in_full=in_full)


def test_nothing_shared_is_an_empty_report() -> None:
    assert made() == Report(0, 0, (), (), (), 0, 0, Links())


def test_outcomes_are_counted_by_the_clause_that_decides() -> None:
    shares = [
        told("allow", "EX4"),
        told("deny", "EX4-OPTOUT", "EX3-MISSING"),
        told("allow", "EX4"),
        told("allow", "OPEN"),
    ]
    found = made(shares)
    assert [(each.outcome, each.clause, each.count) for each in found.decided] == [
        ("allow", "EX4", 2),
        ("allow", "OPEN", 1),
        ("deny", "EX4-OPTOUT", 1),
    ]
    assert found.decided[0].title == "Directory information"
    assert (found.shares, found.at_once) == (4, 4)


def test_a_referral_is_not_answered_at_once() -> None:
    found = made([told("refer", "HOLD-UNTAGGED"), told("allow", "OPEN")])
    assert (found.shares, found.at_once) == (2, 1)


def test_waiting_is_told_by_kind_with_median_and_ninetieth_percentile() -> None:
    referrals = [referral("CUSTODIAN", hours=hours) for hours in range(1, 11)]
    (waited,) = made(referrals=[*referrals, referral("CUSTODIAN")]).waited
    assert (waited.kind, waited.closed, waited.open, waited.late) == ("sunshine", 10, 1, 0)
    assert (waited.median_hours, waited.p90_hours) == (5.5, 9)


def test_nobody_answered_has_no_median() -> None:
    (waited,) = made(referrals=[referral("CUSTODIAN", kind="inspection")]).waited
    assert (waited.kind, waited.median_hours, waited.p90_hours) == ("inspection", None, None)


def test_what_was_closed_after_its_day_or_waits_still_after_it_is_late() -> None:
    due = NOW.date()
    referrals = [
        referral("CUSTODIAN", hours=1, due=due),
        referral("CUSTODIAN", hours=13, due=due),
        referral("CUSTODIAN", due=due),
    ]
    assert made(referrals=referrals).waited[0].late == 1
    assert made(referrals=referrals, now=NOW + timedelta(days=1)).waited[0].late == 2


def test_lateness_goes_by_the_days_of_the_district() -> None:
    closed = referral("CUSTODIAN", hours=13, due=NOW.date())
    chicago = timezone(timedelta(hours=-5))
    assert made(referrals=[closed]).waited[0].late == 1
    assert made(referrals=[closed], now=NOW.astimezone(chicago)).waited[0].late == 0


def answer(outcome: str = "allow", role: str = "custodian", *, is_counted: bool = True) -> Answer:
    return Answer(role, outcome, asked_again=False, is_counted=is_counted)


def closed(outcome: str, number: int, **more: Any) -> ReferralTold:
    return referral("CUSTODIAN", hours=1, closing=f"answered: {outcome} (sh{number})", **more)


def test_what_a_custodian_released_after_all_is_overturned() -> None:
    words = ("allow", "redact", "deny")
    answers = {f"sh{number}": answer(word) for number, word in enumerate(words)}
    referrals = [*(closed(word, number) for number, word in enumerate(words)), referral("CUSTODIAN", hours=1)]
    assert made(referrals=referrals, answers=answers).overturned_referrals == 2


def test_what_no_custodian_decided_is_not_overturned() -> None:
    answers = {"sh1": answer(role="media_staff")}
    assert made(referrals=[closed("allow", 1)], answers=answers).overturned_referrals == 0


@pytest.mark.parametrize("kind", ["offer", "review"])
def test_what_the_district_does_of_itself_is_no_answer(kind: str) -> None:
    assert answered_by(closed("allow", 1, kind=kind)) == answered_by(referral("CUSTODIAN")) == {}
    assert answered_by(closed("allow", 1)) == {"sh1": "allow"}


def test_what_answers_a_referral_was_not_answered_at_once() -> None:
    shares = [told("refer", "CUSTODIAN"), told("allow", "OPEN", count=2), told("deny", "OPEN", asked_again=True)]
    found = made(shares, [closed("allow", 1)], answers={"sh1": answer()})
    assert (found.shares, found.at_once) == (4, 1)


def test_answers_in_other_days_change_nothing() -> None:
    found = made([told("allow", "OPEN")], answers={"sh1": answer(is_counted=False)})
    assert found.at_once == 1


def test_who_is_protected_is_among_those_who_opted_out() -> None:
    shares = [told("deny", "PROTECTED", "EX4-OPTOUT", count=3), told("deny", "EX4-OPTOUT", "CLOSED")]
    (only,) = made(shares, in_full=False).decided
    assert (only.clause, only.count) == ("EX4-OPTOUT", 4)
    assert [each.clause for each in made(shares).decided] == ["PROTECTED", "EX4-OPTOUT"]


def test_what_kept_most_people_waiting_stands_first_with_its_remedy() -> None:
    referrals = [
        referral("REDACT-UNABLE", "HOLD-UNTAGGED"),
        referral("HOLD-UNTAGGED", hours=1),
        referral("HOLD-UNTAGGED", hours=1),
    ]
    found = made([told("deny", "EX3-MISSING")], referrals)
    causes = [(each.clause, each.waited, each.waiting, each.denied) for each in found.causes]
    assert causes == [("HOLD-UNTAGGED", 3, 1, 0), ("REDACT-UNABLE", 1, 1, 0), ("EX3-MISSING", 0, 0, 1)]
    assert found.causes[0].remedy == "Look at the recording and tag who is in it."


@pytest.mark.parametrize("clause", sorted({**CLAUSES, **VOICES}))
def test_every_remedy_can_be_told(clause: str) -> None:
    for cause in made(referrals=[referral(clause)]).causes:
        assert cause.remedy
        assert "{" not in cause.remedy


def test_a_clause_of_another_version_is_counted_by_its_id() -> None:
    assert made([told("deny", "EX99")]).decided[0].title == "EX99"
    assert made([told("deny")]).decided[0].title == "no reason kept"
