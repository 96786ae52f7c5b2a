"""Replay: recorded shares decided again with the policy and the rulings of their day, and with others. It changes nothing.

Pure but for `recorded`, which reads the ledger. Third parties are not asked and no copy is made: both answers are the
procedure's own. An opening is recorded without its case, so only shares are decided again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from dam_plugin.errors import CaseError, LedgerBroken, Problem, StoreError
from dam_plugin.ledger.chain import Ledger
from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.case import Case, District, parse_case
from dam_plugin.procedure.clauses import HANDED_OVER, LOOKS_FIRST, VOICES, without_copy_and_consent
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.exceptions import CERTIFICATION
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import Students, people_of
from dam_plugin.procedure.versions import rulings_taken_by
from dam_plugin.store import Unit
from dam_plugin.store.codec import from_plain

# In the order in which a district should look at them. `looser`: a less strict outcome, or a student who was hidden
# becomes visible; `stricter`: a stricter outcome, or somebody more is hidden; `otherwise`: the same is released, for
# other reasons, on another basis or with another duty to record it.
Kind = Literal["looser", "stricter", "otherwise", "unchanged"]
# How today's procedure, with the policy and the rulings of the day, answers beside the record. `made_stricter`: the same, and
# another plugin, an error or a copy that could not be made came on top of it; `differs`: the procedure has changed.
Standing = Literal["same", "made_stricter", "differs"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A share's entry: its number, time, and details (`case`, `decision`) as plain data; null once they were deleted."""

    entry: int
    at: datetime
    details: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Against:
    """The settings that records are decided again under; None = those of the day."""

    policy: District | None = None
    rulings: Rulings | None = None

    def decide(self, case: Case, rulings: Rulings) -> Decision:
        """Return the decision on a recorded case; `rulings` are those of its day."""
        asked = case if self.policy is None else replace(case, district=self.policy)
        return decide(asked, rulings if self.rulings is None else self.rulings)


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of another policy or other rulings on an answer: outcome and deciding clause, each before and after.

    `differs` names the fields of an answer that changed `otherwise`; it is empty for the other kinds.
    """

    kind: Kind
    outcomes: tuple[Outcome, Outcome]
    clauses: tuple[str, str]
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recorded case decided again: `before` with the policy and rulings of its day, `after` with the others.

    `taken_by` is the version of procedure, rulings and settings that was kept with it; null where none was. A release would
    show the students in `visible` only after, and those in `hidden` only before; both are sorted. An answer that releases
    nothing shows no student.
    """

    entry: int
    at: datetime
    case: Case
    recorded: Decision
    before: Decision
    after: Decision
    standing: Standing
    change: Change
    visible: tuple[str, ...]
    hidden: tuple[str, ...]
    taken_by: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """An entry that cannot be decided again, with every problem: it was kept in an older form."""

    entry: int
    at: datetime
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """An entry whose details were lawfully deleted."""

    entry: int
    at: datetime


Again = Replayed | Undecided | Deleted


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay in numbers; `cases` is every recorded share, `decided` those decided again.

    `before_notice` counts the cases of days before the other policy's notice, which opens nothing on them. `changes`
    holds no unchanged answers.
    """

    cases: int
    decided: int
    deleted: int
    undecided: int
    before_notice: int
    kinds: Mapping[Kind, int]
    standings: Mapping[Standing, int]
    changes: Mapping[Change, int]


def recorded(ledger: Ledger, unit: Unit, since: date = date.min) -> Iterator[Recorded]:
    """Yield the recorded shares since a day in this machine's zone, oldest first, a batch in memory at a time.

    Raises LedgerBroken before the first of them where the chain does not hold: such a record proves nothing.
    """
    found = ledger.verify(unit)
    if not found.ok:
        raise LedgerBroken(
            f"the ledger is broken ({found.why}), and a changed record proves nothing: run `dam-plugin ledger verify`"
        )
    for entry, details in ledger.stream(unit, kind="share"):
        # What was handed over was decided by the custodian, not by the procedure.
        by_hand = ((details or {}).get("in_person") or {}).get("what") == "handed over"
        if entry.at.astimezone().date() >= since and not by_hand:
            yield Recorded(entry.seq, entry.at, details)


def replay(records: Iterable[Recorded], against: Against) -> Iterator[Again]:
    """Decide each record again, with the policy and the rulings of its day and with those of `against`."""
    for record in records:
        yield _again(record, against)


def summed(answers: Iterable[Again], against: Against) -> Replay:
    """Return the numbers of a replay; takes the answers one by one."""
    notice = against.policy.directory_notice if against.policy else None
    ends: Counter[type[Again]] = Counter()
    kinds: Counter[Kind] = Counter()
    standings: Counter[Standing] = Counter()
    changes: Counter[Change] = Counter()
    early = 0
    for each in answers:
        ends[type(each)] += 1
        if isinstance(each, Replayed):
            kinds[each.change.kind] += 1
            standings[each.standing] += 1
            early += notice is not None and each.case.at < notice
            if each.change.kind != "unchanged":
                changes[each.change] += 1
    return Replay(ends.total(), ends[Replayed], ends[Deleted], ends[Undecided], early, kinds, standings, changes)


def _again(record: Recorded, against: Against) -> Again:
    if record.details is None:
        return Deleted(record.entry, record.at)
    try:
        case, answer = parse_case(record.details.get("case")), _decision(record.details.get("decision"))
        taken_by = (record.details.get("decision") or {}).get("taken_by")
        rulings = _rulings(taken_by)
    except CaseError as error:
        return Undecided(record.entry, record.at, error.problems)
    before, after = decide(case, rulings), against.decide(case, rulings)
    shown_before, shown_after = _shown(case, before), _shown(case, after)
    visible, hidden = shown_after - shown_before, shown_before - shown_after
    return Replayed(
        entry=record.entry,
        at=record.at,
        case=case,
        recorded=answer,
        before=before,
        after=after,
        standing=_standing(case, rulings, answer, before),
        change=_change(before, after, visible, hidden),
        visible=tuple(sorted(visible)),
        hidden=tuple(sorted(hidden)),
        taken_by=taken_by,
    )


def _shown(case: Case, decision: Decision) -> Students:
    """Return the identifiable students in a release."""
    identifiable, _, _ = people_of(case.asset)
    return identifiable.difference(decision.redact) if decision.outcome <= Outcome.REDACT else frozenset()


def _change(before: Decision, after: Decision, visible: Students, hidden: Students) -> Change:
    outcomes, clauses = (before.outcome, after.outcome), (before.reasons[0].clause, after.reasons[0].clause)
    if after.outcome < before.outcome or visible:
        # A student who becomes visible counts even where another is hidden instead: somebody must look at it.
        return Change("looser", outcomes, clauses)
    if after.outcome > before.outcome or hidden:
        return Change("stricter", outcomes, clauses)
    differs = _differences(before, after)
    return Change("otherwise" if differs else "unchanged", outcomes, clauses, differs)


def _differences(one: Decision, other: Decision) -> tuple[str, ...]:
    """Return the fields in which two decisions differ; a sentence may be worded anew."""
    same = {
        "outcome": one.outcome is other.outcome,
        "redact": one.redact == other.redact,
        "basis": one.basis == other.basis,
        "reasons": _grounds(one.reasons) == _grounds(other.reasons),
        "record_disclosure": one.record_disclosure is other.record_disclosure,
    }
    return tuple(name for name, is_same in same.items() if not is_same)


def _grounds(reasons: Iterable[Reason]) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.clause, each.students) for each in reasons]


def _standing(case: Case, rulings: Rulings, answer: Decision, again: Decision) -> Standing:
    if not _differences(answer, again):
        return "same"
    return "made_stricter" if _made_stricter(case, rulings, answer, again) else "differs"


def _made_stricter(case: Case, rulings: Rulings, answer: Decision, again: Decision) -> bool:
    """Whether third parties and failed copies, as recorded, explain the whole difference from the procedure."""
    # The procedure never says CUSTODIAN to the custodian: there it is a first look (`CaseGatherer.first_look`).
    # A certification by word alone waits for the custodian too, also where a copy would go out without it.
    looked = {CERTIFICATION.clause.id, *(("CUSTODIAN",) if case.share.by_custodian else ())}
    again = replace(again, reasons=tuple(each for each in again.reasons if each.clause not in looked))
    if any(each.clause in HANDED_OVER.values() for each in answer.reasons):
        again = replace(again, reasons=without_copy_and_consent(again.reasons))
    ours = [each for each in answer.reasons if each.clause not in VOICES and each.clause not in looked]
    heard = len(ours) < len(answer.reasons)
    # Where the decision failed (`ERROR`) there is nothing of ours to compare.
    # Where the custodian looks first, a denial is a referral, too: nothing goes out either way.
    looks_first = any(each.clause in LOOKS_FIRST for each in answer.reasons)
    at_least = min(again.outcome, Outcome.REFER) if looks_first else again.outcome
    if heard and (not ours or (answer.outcome >= at_least and _grounds(ours) == _grounds(again.reasons))):
        return True
    able = [each for each in ours if each.clause != "REDACT-UNABLE"]
    if len(able) == len(ours):
        return False
    # A copy that could not be made: it was decided as a recording that cannot be redacted, and why was said apart.
    unable = decide(replace(case, asset=replace(case.asset, redactable=False)), rulings)
    others = [each for each in unable.reasons if each.clause != "REDACT-UNABLE"]
    return answer.outcome >= unable.outcome and _grounds(able) == _grounds(others)


def _rulings(taken_by: object) -> Rulings:
    """Return the rulings kept with a decision; raise CaseError where this version of the program does not know them."""
    try:
        return rulings_taken_by(taken_by)
    except KeyError:
        raise CaseError([Problem("decision.taken_by", "names a switch that this version does not know")]) from None


def _decision(raw: object) -> Decision:
    """Return the decision kept in the form of `decision_object`; raise CaseError if it is in another one."""
    made = None
    with suppress(KeyError, StoreError):
        if isinstance(raw, dict):
            made = from_plain(Decision, {**raw, "outcome": Outcome[str(raw.get("outcome")).upper()]})
    if made is None or not made.reasons:
        raise CaseError([Problem("decision", "is kept in a form that this version of the program does not know")])
    return made
