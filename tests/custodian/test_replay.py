"""Replay: recorded cases decided again under another policy, and what the ledger gives for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from case_builder import CaseBuilder, a_fight, a_portrait
from case_strategies import AT, cases, random_cases
from databases import DATABASES, open_store, run_sql
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from dam_plugin.custodian.replay import (
    Again,
    Against,
    Change,
    Deleted,
    Recorded,
    Replayed,
    Undecided,
    recorded,
    replay,
    summed,
)
from dam_plugin.errors import LedgerBroken
from dam_plugin.ledger.chain import FORGET, Ledger
from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.case import District, parse_case, plain_case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.read_cases import decision_object
from dam_plugin.sharing.third_parties import stricter_decision
from dam_plugin.store import Store

Raw = dict[str, Any]
law = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
OPEN = District(date(2026, 8, 20), date(2026, 9, 4), directory_includes_images=True)
CLOSED = (
    District(),
    replace(OPEN, directory_notice=None),
    replace(OPEN, directory_notice=date(2025, 8, 20), opt_out_window_ends=None),
    replace(OPEN, opt_out_window_ends=date(2026, 10, 2)),
    replace(OPEN, directory_includes_images=False),
    replace(OPEN, directory_limited_to=("another purpose",)),
)
LEDGER = Ledger("k" * 32)


def of_day(policy: District, raw: Raw) -> District:
    """Return a policy as far from a case's day as it is from `AT`: open or closed on the one as on the other."""
    since = date.fromisoformat(raw["at"]) - date.fromisoformat(AT)
    days = {name: getattr(policy, name) for name in ("directory_notice", "opt_out_window_ends")}
    try:
        return replace(policy, **{name: day and day + since for name, day in days.items()})
    except OverflowError:  # The first and the last days that there are.
        reject()


def a_record(raw: Raw, answer: Decision | None = None, entry: int = 1) -> Recorded:
    """Return a case with its answer (the procedure's own, where none is given) as the ledger's text gives it back."""
    case = parse_case(raw)
    made = decision_object(case.id, answer or decide(case))
    return Recorded(entry, NOW, json.loads(json.dumps({"case": plain_case(case), "decision": made, "release": None})))


def again(record: Recorded, policy: District = OPEN) -> Again:
    (answer,) = replay([record], Against(policy))
    return answer


def replayed(raw: Raw, policy: District, answer: Decision | None = None) -> Replayed:
    made = again(a_record(raw, answer), policy)
    assert isinstance(made, Replayed)
    return made


def policy_of(raw: Raw) -> District:
    return parse_case(raw).district or District()


# Laws


@law
@given(cases())
def test_under_its_own_policy_nothing_ever_changes(raw: Raw) -> None:
    made = replayed(raw, policy_of(raw))
    assert (made.change.kind, made.change.differs, made.standing) == ("unchanged", (), "same")
    assert made.before == made.after == made.recorded
    assert (made.visible, made.hidden) == ((), ())


@law
@given(cases(), st.sampled_from(CLOSED))
def test_closing_the_directory_route_never_makes_an_answer_looser(raw: Raw, policy: District) -> None:
    """Plan A's students are in plans C and N too, so whatever stops A stops them: nobody who was hidden is shown."""
    made = replayed(raw, of_day(policy, raw))
    assert made.change.kind != "looser"
    assert made.after.outcome >= made.before.outcome
    assert made.visible == ()


@law
@given(cases(), st.sampled_from(CLOSED))
def test_opening_the_directory_route_never_makes_an_answer_stricter(raw: Raw, policy: District) -> None:
    closed = {**raw, "district": plain_case(replace(parse_case(raw), district=of_day(policy, raw)))["district"]}
    made = replayed(closed, of_day(OPEN, raw))
    assert made.change.kind != "stricter"
    assert made.hidden == ()


@law
@given(cases(), st.sampled_from([OPEN, *CLOSED]))
def test_what_becomes_visible_is_shown_after_and_what_becomes_hidden_is_not(raw: Raw, policy: District) -> None:
    made = replayed(raw, policy)
    shows = made.after.outcome <= Outcome.REDACT
    assert shows or not made.visible
    assert not set(made.visible) & {*made.after.redact, *made.hidden}
    assert not set(made.hidden) & set(made.before.redact)
    assert (made.change.kind == "unchanged") <= (made.before.basis == made.after.basis)


@pytest.mark.parametrize("policy", [OPEN, *CLOSED])
def test_the_numbers_add_up(policy: District) -> None:
    records = [a_record(raw) for raw in random_cases(50, seed=3)]
    others = [Recorded(51, NOW, None), Recorded(52, NOW, {"case": {}}), Recorded(53, NOW, None)]
    total = summed(replay([*records, *others], Against(policy)), Against(policy))
    assert (total.cases, total.decided, total.deleted, total.undecided) == (53, 50, 2, 1)
    assert sum(total.kinds.values()) == sum(total.standings.values()) == 50
    assert sum(total.changes.values()) == 50 - total.kinds.get("unchanged", 0)


def test_generated_cases_change_in_every_way_there_is() -> None:
    policy = replace(OPEN, directory_limited_to=("yearbook",))
    total = summed(replay(map(a_record, random_cases(500, seed=8)), Against(policy)), Against(policy))
    assert set(total.kinds) == {"looser", "stricter", "otherwise", "unchanged"}


# One change


def a_team() -> CaseBuilder:
    """Three in focus, the family of s1 opted out; published on the website."""
    return a_portrait().shows("s2").shows("s3").opted_out("s1").redactable().published()


LIMITED = replace(OPEN, directory_limited_to=("yearbook",))


@pytest.mark.parametrize(
    ("case", "before", "after", "change", "visible", "hidden"),
    [
        (
            a_portrait(),
            OPEN,
            LIMITED,
            Change("stricter", (Outcome.ALLOW, Outcome.DENY), ("EX4", "EX4-LIMITED")),
            (),
            ("s1",),
        ),
        (
            a_portrait().published(),
            District(),
            OPEN,
            Change("looser", (Outcome.DENY, Outcome.ALLOW), ("EX4-NOTICE", "EX4")),
            ("s1",),
            (),
        ),
        (
            a_team(),
            OPEN,
            LIMITED,
            Change("stricter", (Outcome.REDACT, Outcome.REDACT), ("EX4-OPTOUT", "REDACT")),
            (),
            ("s2", "s3"),
        ),
        (
            a_team(),
            LIMITED,
            OPEN,
            Change("looser", (Outcome.REDACT, Outcome.REDACT), ("REDACT", "EX4-OPTOUT")),
            ("s2", "s3"),
            (),
        ),
        (
            a_portrait().opted_out("s1").published(),
            OPEN,
            LIMITED,
            Change("otherwise", (Outcome.DENY, Outcome.DENY), ("EX4-OPTOUT", "EX4-LIMITED"), ("reasons",)),
            (),
            (),
        ),
        (
            a_portrait().consent("s1"),
            OPEN,
            LIMITED,
            Change("otherwise", (Outcome.ALLOW, Outcome.ALLOW), ("EX4", "EX3"), ("basis", "reasons")),
            (),
            (),
        ),
        (
            a_fight().to("school_official").evidence(legitimate_interest=True, records_authorized=True),
            OPEN,
            LIMITED,
            Change("unchanged", (Outcome.ALLOW, Outcome.ALLOW), ("EX1", "EX1")),
            (),
            (),
        ),
    ],
    ids=["closed", "opened", "more hidden", "fewer hidden", "other reason", "other basis", "no part in it"],
)
def test_a_change_is_told_with_whom_it_shows_and_hides(
    case: CaseBuilder,
    before: District,
    after: District,
    change: Change,
    visible: tuple[str, ...],
    hidden: tuple[str, ...],
) -> None:
    recorded_case = replace(parse_case(case.raw()), district=before)
    made = replayed(plain_case(recorded_case), after)
    assert (made.change, made.visible, made.hidden) == (change, visible, hidden)


def test_a_background_figure_becomes_hidden_too_where_nothing_is_released() -> None:
    made = replayed(a_portrait().shows("s2", "incidental").raw(), LIMITED)
    assert made.hidden == ("s1", "s2")


def test_cases_of_days_before_the_notice_are_counted() -> None:
    days = ("2026-08-19", "2026-08-20", "2026-10-02")
    records = [a_record(a_portrait().on(day).raw()) for day in days]
    assert summed(replay(records, Against(OPEN)), Against(OPEN)).before_notice == 1
    assert summed(replay(records, Against(District())), Against(District())).before_notice == 0


# The record beside today's procedure


def voiced(answer: Decision, clause: str, outcome: Outcome = Outcome.DENY) -> Decision:
    words = {"plugin": "another", "why": "so", "error": "e1"}
    return stricter_decision(answer, outcome, reason(clause, **words), parse_case(a_portrait().raw()))


WHY = reason("REDACT-UNABLE", ["s1"], otherwise=True, why="so")


def unable(case: CaseBuilder) -> Decision:
    """Return the answer where the copy of a release could not be made."""
    answer = case.asset(redactable=False).decide()
    others = [each for each in answer.reasons if each.clause != WHY.clause]
    assert len(others) < len(answer.reasons)
    return replace(answer, reasons=(WHY, *others))


def unable_before(case: CaseBuilder) -> Decision:
    """Return that answer as an earlier version recorded it: why came last, and the procedure's own reason stayed."""
    answer = case.asset(redactable=False).decide()
    return replace(answer, reasons=(*answer.reasons, WHY))


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        (a_portrait(), voiced(a_portrait().decide(), "THIRD-PARTY")),
        (a_portrait(), voiced(a_portrait().decide(), "THIRD-PARTY-DOWN")),
        (a_portrait(), voiced(voiced(a_portrait().decide(), "THIRD-PARTY"), "THIRD-PARTY-DOWN")),
        (a_portrait(), voiced(a_portrait().decide(), "RELEASE-UNABLE", Outcome.REFER)),
        (a_fight(), Decision(Outcome.REFER, reasons=(reason("ERROR", error="e1"),))),
        (a_team(), unable(a_team())),
        (a_team(), unable_before(a_team())),
        (a_team(), voiced(unable(a_team()), "THIRD-PARTY")),
    ],
    ids=["a voice", "a missing voice", "two voices", "no copy", "an error", "no redacted copy", "as before", "both"],
)
def test_what_made_an_answer_stricter_at_the_time_is_no_difference_of_the_procedure(
    case: CaseBuilder, answer: Decision
) -> None:
    made = replayed(case.raw(), OPEN, answer)
    assert (made.standing, made.recorded, made.before) == ("made_stricter", answer, case.decide())
    assert made.change.kind == "unchanged"


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        (a_fight(), a_portrait().decide()),
        (a_portrait(), replace(a_portrait().decide(), basis={"s1": "EX3"})),
        (a_portrait(), replace(a_portrait().decide(), record_disclosure=True)),
        (a_portrait(), voiced(a_fight().decide(), "THIRD-PARTY")),
        (a_fight(), voiced(a_fight().decide(), "THIRD-PARTY", Outcome.REFER)),
        (a_fight(), unable(a_team())),
    ],
    ids=["outcome", "basis", "recordation", "under a voice", "looser than a voice can be", "under a missing copy"],
)
def test_another_answer_of_the_procedure_is_a_difference(case: CaseBuilder, answer: Decision) -> None:
    assert replayed(case.raw(), OPEN, answer).standing == "differs"


def test_a_sentence_worded_anew_is_no_difference() -> None:
    answer = a_portrait().decide()
    worded = replace(answer, reasons=tuple(replace(each, text="Other words.") for each in answer.reasons))
    assert replayed(a_portrait().raw(), OPEN, worded).standing == "same"


# What cannot be decided again


def test_a_deleted_case_stays_deleted() -> None:
    assert again(Recorded(7, NOW, None)) == Deleted(7, NOW)


def test_an_older_form_of_a_case_is_named_with_every_problem() -> None:
    record = a_record(a_portrait().raw(), entry=3)
    assert record.details
    record.details["case"]["asset"].update(taging="complete", closed=5)
    made = again(record)
    assert isinstance(made, Undecided)
    assert (made.entry, made.at) == (3, NOW)
    assert sorted(problem.path for problem in made.problems) == ["asset.closed", "asset.taging"]


@pytest.mark.parametrize(
    "decision",
    [
        None,
        "allow",
        [],
        {},
        {"outcome": "maybe", "reasons": [{"clause": "EX4", "text": "words"}]},
        {"outcome": ["allow"], "reasons": [{"clause": "EX4", "text": "words"}]},
        {"outcome": "allow"},
        {"outcome": "allow", "reasons": []},
        {"outcome": "allow", "reasons": [{"clause": ["EX4"], "text": "words"}]},
        {"outcome": "allow", "reasons": [{"clause": "EX4", "text": "words"}], "basis": "EX4"},
    ],
)
def test_an_older_form_of_a_decision_is_named(decision: object) -> None:
    record = a_record(a_portrait().raw())
    assert record.details
    made = again(replace(record, details={**record.details, "decision": decision}))
    assert isinstance(made, Undecided)
    assert [problem.path for problem in made.problems] == ["decision"]


# The ledger


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as opened:
        yield opened


def fill(store: Store, count: int, kind: str = "share") -> None:
    with store.writing() as unit:
        for number in range(count):
            at = NOW + timedelta(days=number)
            LEDGER.append(unit, at=at, kind=kind, subject="x", details={"number": number}, students=["S-1"])


def entries(store: Store, *since: date) -> list[int]:
    with store.reading() as unit:
        return [each.entry for each in recorded(LEDGER, unit, *since)]


def test_shares_alone_are_read_over_every_batch(store: Store) -> None:
    fill(store, 501)
    fill(store, 2, "open")
    fill(store, 501)
    assert entries(store) == [*range(1, 502), *range(504, 1005)]


def test_the_first_day_counts(store: Store) -> None:
    fill(store, 5)
    assert entries(store, NOW.astimezone().date() + timedelta(days=2)) == [3, 4, 5]


def test_what_was_forgotten_is_read_without_details(store: Store) -> None:
    fill(store, 2)
    with store.writing() as unit:
        LEDGER.forget(unit, [1])
        LEDGER.append(unit, at=NOW, kind=FORGET, subject=FORGET, details={"entries": [1]})
    with store.reading() as unit:
        first, second = recorded(LEDGER, unit)
    assert (first.details, second.details) == (None, {"number": 1})


def test_a_broken_chain_is_not_replayed(store: Store) -> None:
    fill(store, 3)
    run_sql(store, "UPDATE ledger_entries SET subject = 'y' WHERE seq = 3")
    with store.reading() as unit, pytest.raises(LedgerBroken, match="entry 3 was changed"):
        next(recorded(LEDGER, unit))
