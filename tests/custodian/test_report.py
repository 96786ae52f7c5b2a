"""The report: outcomes by clause, waiting, refusals overturned, and what to mend. It names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dam_plugin.custodian.report import Links, Report, report
from dam_plugin.model import Referral
from dam_plugin.procedure.clauses import CLAUSES, VOICES
from dam_plugin.store.ledger_subjects import FORGOTTEN, ShareTold

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)


def told(
    outcome: str, *clauses: str, key: str = "a.jpg", recipient: str = "public", sh: str = "sh", **more: Any
) -> ShareTold:
    share = {
        "asset_key": key,
        "kind": "request",
        "purpose": "news",
        "recipient": {"id": recipient},
        "names": [],
        **more,
    }
    return ShareTold(sh, NOW, outcome, share, {"reasons": [{"clause": each} for each in clauses]})


def referral(*missing: str, hours: float | None = None, closing: str = "withdrawn", **more: Any) -> Referral:
    values: dict[str, Any] = {"kind": "sunshine", "due": (NOW + timedelta(days=3)).date(), **more}
    closed = {} if hours is None else {"closed_at": NOW + timedelta(hours=hours), "closing": closing}
    return Referral("rf", values.pop("kind"), "sh", "a.jpg", "key", missing, NOW, values.pop("due"), **closed)


def made(shares: Sequence[ShareTold] = (), referrals: Sequence[Referral] = (), now: datetime = NOW) -> Report:
    return report(shares, referrals, Links(), now)


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


def answer(outcome: str, number: int, role: str = "custodian") -> ShareTold:
    return told(outcome, "OPEN", sh=f"sh{number}", actor={"role": role})


def closed(outcome: str, number: int, **more: Any) -> Referral:
    return referral("CUSTODIAN", hours=1, closing=f"answered: {outcome} (sh{number})", **more)


def test_what_a_custodian_released_after_all_is_overturned() -> None:
    words = ("allow", "redact", "deny")
    shares = [answer(word, number) for number, word in enumerate(words)]
    referrals = [*(closed(word, number) for number, word in enumerate(words)), referral("CUSTODIAN", hours=1)]
    assert made(shares, referrals).overturned_referrals == 2


def test_what_no_custodian_decided_is_not_overturned() -> None:
    assert made([answer("allow", 1, "media_staff")], [closed("allow", 1)]).overturned_referrals == 0


@pytest.mark.parametrize("kind", ["offer", "review"])
def test_what_the_district_does_of_itself_is_not_overturned(kind: str) -> None:
    found = made([answer("allow", 1)], [closed("allow", 1, kind=kind)])
    assert (found.overturned_referrals, found.at_once) == (0, 1)


def test_what_answers_a_referral_was_not_answered_at_once() -> None:
    found = made([told("refer", "CUSTODIAN"), answer("allow", 1), told("allow", "OPEN")], [closed("allow", 1)])
    assert (found.shares, found.at_once) == (3, 1)


def test_answers_to_work_of_other_days_are_known() -> None:
    answered = report([answer("allow", 1)], [], Links(), NOW, {"sh1": "custodian"})
    assert answered.at_once == 0
    asked = report([], [closed("allow", 1)], Links(), NOW, {"sh1": "custodian"})
    assert asked.overturned_referrals == 1


def test_what_was_asked_for_in_forgotten_shares_is_not_taken_as_the_same() -> None:
    shares = [told("deny", "CLOSED", purpose=FORGOTTEN), told("allow", "EX3", purpose=FORGOTTEN)]
    found = made(shares)
    assert (found.overturned_denials, found.shares, len(found.decided)) == (0, 2, 2)


@pytest.mark.parametrize(
    ("shares", "count"),
    [
        pytest.param([told("deny", "CLOSED"), told("allow", "EX3")], 1, id="asked again"),
        pytest.param([told("deny", "CLOSED"), told("deny", "CLOSED"), told("redact", "EX3")], 1, id="denied twice"),
        pytest.param([told("allow", "EX3"), told("deny", "CLOSED")], 0, id="released before"),
        pytest.param([told("deny", "CLOSED"), told("allow", "EX3", key="b.jpg")], 0, id="another recording"),
        pytest.param([told("deny", "CLOSED"), told("allow", "EX3", recipient="G-1")], 0, id="another recipient"),
        pytest.param([told("deny", "CLOSED"), told("refer", "LEGALITY")], 0, id="referred"),
    ],
)
def test_a_refusal_that_was_released_when_asked_again_is_overturned(shares: list[ShareTold], count: int) -> None:
    assert made(shares).overturned_denials == count


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
    assert made([ShareTold("sh", NOW, "deny", {}, {})]).decided[0].title == "no reason kept"


def test_no_recipient_stands_in_a_report() -> None:
    found = made([told("deny", "CLOSED", recipient="G-QUILL", key="quill.jpg")], [referral("CUSTODIAN")])
    assert "quill" not in str(asdict(found)).casefold()
