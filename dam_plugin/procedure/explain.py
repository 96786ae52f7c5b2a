"""`explain(case) -> Explanation`: decides a case and explains in plain words how the decision came about. Pure.

The result is plain data; its layout is the command line's. The words for single facts are in `in_words.py`, and what
would change the answer is in `ways_out.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, cast

from dam_plugin.model import Decision, Outcome, Reason, Student
from dam_plugin.procedure import in_words
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS, listed, source
from dam_plugin.procedure.coverage import RECORDS, branches_of
from dam_plugin.procedure.decide import PlanSeen, Trace, decide, trace
from dam_plugin.procedure.exceptions import LACKING
from dam_plugin.procedure.in_words import CaseIndex, index_of
from dam_plugin.procedure.outside import OutsideReason, outside_of_case
from dam_plugin.procedure.protection import (
    case_for_staff,
    clause_for_staff,
    decision_for_staff,
    notes_on,
    reasons_for_staff,
    said_to_staff,
)
from dam_plugin.procedure.questions import CHECKS, PASSED, PLANS, STEPS
from dam_plugin.procedure.ruling_sides import sides_of
from dam_plugin.procedure.rulings import RULINGS, Ruling
from dam_plugin.procedure.steps import cost, ground_of, refusal, stopping
from dam_plugin.procedure.switches import BUILT_IN, Rulings, Switch
from dam_plugin.procedure.terms import Terms, consent_faults
from dam_plugin.procedure.ways_out import ASKED_FOR, DENIED, WayOut, is_denial, is_open_question, ways_out

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConsentTold:
    """A consent on file: what it says, whether it holds for this share, else why not."""

    says: str
    holds: bool
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonTold:
    """A student of the case: how they are in it, what ties it to them, their rights, and what is done about them."""

    id: str
    place: str
    relations: tuple[str, ...]
    directly_related: bool
    age: str
    opt_out: str
    consents: tuple[ConsentTold, ...]
    signer: str
    shown: str


@dataclass(frozen=True, slots=True)
class ClosureTold:
    """A clause that closes the directory route: its id, its title and what it says here."""

    clause: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class QuestionTold:
    """A question that a step asked, and its answer."""

    question: str
    answer: bool


@dataclass(frozen=True, slots=True)
class StepTold:
    """One of the steps: `decided`, `passed` or `not reached`; what became of it in plain sentences; all that it asked."""

    number: int
    title: str
    state: str
    says: str
    asked: tuple[QuestionTold, ...]


@dataclass(frozen=True, slots=True)
class PlanTold:
    """A plan of step 9: its name, what it hides, whether it exists here, whom it would hide, and what became of it.

    `fate` goes on after the name: what became of a plan that exists (`used.`), why another does not (`because …`).
    """

    letter: str
    title: str
    says: str
    exists: bool
    hides: tuple[str, ...]
    taken: bool
    fate: str


@dataclass(frozen=True, slots=True)
class ReasonTold:
    """A reason of the decision; `part` is why it is there: ground, obstacle, first, question or evidence."""

    part: str
    clause: str
    title: str
    text: str
    students: tuple[str, ...]
    source: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RulingTold:
    """A ruling that bears on the case, and what an attorney might rule instead.

    `answer` is what is in force; `decided` says who ruled so, and when ("" = it is as built in, and nobody has said more).
    """

    id: str
    question: str
    answer: str
    alternatives: tuple[str, ...]
    source: str
    decided: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision explained; ids of students and people are the case's own, days are written out.

    `outside` are the reasons as people outside of the district are told them; all else is for staff. `notes` are what the
    custodian alone is told besides: empty for anybody else.
    """

    id: str
    day: str
    outcome: str
    asked: str
    answer: str
    recorded: bool
    recorded_why: str
    reasons: tuple[ReasonTold, ...]
    outside: tuple[OutsideReason, ...]
    ways_out: tuple[WayOut, ...]
    people: tuple[PersonTold, ...]
    route_open: bool
    route_closed_by: tuple[ClosureTold, ...]
    steps: tuple[StepTold, ...]
    plans: tuple[PlanTold, ...]
    rulings: tuple[RulingTold, ...]
    notes: tuple[str, ...] = ()


# Why 34 CFR 99.32 does or does not ask for an entry in the record, in the order of `coverage.RECORDS`.
_RECORDED_WHY = dict(
    zip(
        RECORDS,
        (
            "a student is shown on an exception for which the law asks who received the recording, and why",
            "it is not known who is in the recording, and a student may be",
            "somebody who is no school official, parent or eligible student asked for a student's record and was denied",
            "the request came from a school official, a parent or an eligible student, whose requests need no entry",
            "it was the district's own publication, which nobody asked for",
            "the recording is not directly related to any student",
            "nothing is decided yet; whether it is entered depends on what the referral ends in",
            "the law asks for no entry for what is shown",
        ),
        strict=True,
    )
)


def explain(case: Case, rulings: Rulings = BUILT_IN) -> Explanation:
    """Decide a case and explain the decision, by what a district ruled."""
    given, way = case, trace(case, rulings)
    case = way.case
    decided_at, rows = _decided_at(way), index_of(case)
    ways = ways_out(way, rows, decided_at)
    recorded = next(branch for branch in RECORDS if branch in branches_of(way))
    return Explanation(
        id=case.id,
        day=in_words.day(case.at),
        outcome=way.decision.outcome.word,
        asked=in_words.asked(case),
        answer=_answer(way, decided_at),
        recorded=way.decision.record_disclosure,
        recorded_why=_RECORDED_WHY[recorded],
        reasons=tuple(_reasons(way, rows, decided_at, ways)),
        outside=outside_of_case(case, way.decision),
        ways_out=ways,
        people=tuple(_people(way, rows)),
        route_open=way.terms.route_open,
        route_closed_by=tuple(_closures(case, way.terms)),
        steps=tuple(_steps(way, decided_at)),
        plans=tuple(_plans(way, held_back=decided_at == ASKED_FOR)),
        rulings=tuple(_rulings(way, given)),
        notes=notes_on(given),
    )


def _decided_at(way: Trace) -> int:
    # The last step asks about what an earlier one releases, and decides only where it holds that back.
    return ASKED_FOR if way.answer("crowd-asked-for") else _ended_at(way)


def _ended_at(way: Trace) -> int:
    """Return the step in which the first twelve ended."""
    last, holds = next(each for each in reversed(way.asked) if each[0] != "crowd-asked-for")
    # Step 12 asks nothing: it follows where the recipient has no right of their own.
    return DENIED if last == "own" and not holds else CHECKS[last].step


def _answer(way: Trace, decided_at: int) -> str:
    decision = way.decision
    if decision.outcome is Outcome.ALLOW:
        return "It may be released as it is, without the data embedded in the file."
    if decision.outcome is Outcome.REDACT:
        return f"The district may release a copy in which {listed(decision.redact)} cannot be identified."
    if decision.outcome is Outcome.DENY:
        return "The procedure does not allow this release."
    if is_denial(way, decided_at):
        return "As it stands it would be denied, but a person can still answer what is open."
    return "A person has to act first."


# Reasons


def _reasons(way: Trace, rows: CaseIndex, decided_at: int, ways: tuple[WayOut, ...]) -> Iterator[ReasonTold]:
    clauses = [each.clause for each in way.decision.reasons]
    helpful = {need.clause for each in ways for need in each.needs}
    for each in way.decision.reasons:
        part = _part(way, each.clause, clauses, decided_at)
        # The ground of a copy needs no remedy: what would show more is among the ways out. Nor does evidence that is no help.
        copied = part == "ground" and way.decision.outcome is Outcome.REDACT
        vain = part == "evidence" and each.clause not in helpful
        yield ReasonTold(
            part=part,
            clause=each.clause,
            title=CLAUSES[each.clause].title,
            text=each.text,
            students=each.students,
            source=source(each.clause),
            remedy="" if copied or vain else in_words.remedied(each.clause, each.students, rows, each.text),
        )


def _part(way: Trace, clause: str, clauses: list[str], decided_at: int) -> str:
    outcome = way.decision.outcome
    if clause in LACKING:
        return "evidence"
    if is_open_question(clause, clauses, decided_at):
        return "question"
    if outcome in (Outcome.ALLOW, Outcome.REDACT):
        return "ground"
    return "obstacle" if is_denial(way, decided_at) else "first"


# People


def _people(way: Trace, rows: CaseIndex) -> Iterator[PersonTold]:
    hidden = frozenset(way.decision.redact)
    for student in way.case.students:
        shown = "hidden in the copy" if student.id in hidden else _shown(student.id, way)
        yield _person(student, shown, way, rows)


def _person(student: Student, shown: str, way: Trace, rows: CaseIndex) -> PersonTold:
    case = way.case
    given = rows.consents.get(student.id, ())
    return PersonTold(
        id=student.id,
        place=in_words.place(student.id, rows),
        relations=tuple(in_words.relations(student.id, rows)),
        directly_related=student.id in way.terms.related,
        age=in_words.age(student, case.at),
        opt_out=in_words.opt_out(student, case),
        consents=tuple(
            ConsentTold(in_words.consent(each), not faults, tuple(CONSENT_FAULTS[fault] for fault in faults))
            for each, faults in ((each, consent_faults(each, student, case)) for each in given)
        ),
        signer=in_words.signer(student, case.at),
        shown=shown,
    )


def _shown(student: str, way: Trace) -> str:
    """Return on which ground a student is shown, or what is lacking for one. Only for a student whom no copy hides."""
    terms, decision = way.terms, way.decision
    if student in decision.basis:
        return f"shown, on the ground '{CLAUSES[decision.basis[student]].title}'"
    if student not in terms.identifiable:
        return "not identifiable, so no ground is needed"
    if student not in terms.related:
        released = decision.outcome < Outcome.REFER
        return f"{'shown' if released else 'in the background'}: the recording is not directly related to them"
    ground = ground_of(terms, student)
    if ground:
        return f"could be shown, on the ground '{CLAUSES[ground].title}'"
    return f"no ground to show them: {listed(tuple(_lacking(student, terms)))}"


def _lacking(student: str, terms: Terms) -> Iterator[str]:
    if terms.route_closed_by:
        yield "it cannot be released as directory information"
    if student in terms.protected:
        yield "the student is protected"
    elif student in terms.unanswered:
        yield "the family may still answer the notice"
    elif student in terms.opted_out:
        yield "an opt-out is in force"
    yield "no consent holds"


# The directory route


def _closures(case: Case, terms: Terms) -> Iterator[ClosureTold]:
    # `refusal` returns the reasons of a denial, whose words fit here too.
    for told in refusal(case, terms, {}):
        if told.clause in terms.route_closed_by:
            # Where the recording is about no student, the empty list of students is cut out of the sentence.
            yield ClosureTold(told.clause, CLAUSES[told.clause].title, told.text.replace(f" ({listed(())})", ""))


# Steps


_HELD_BACK = "This step would release it; the last one, which looks at whom the request names, holds that back."


def _steps(way: Trace, decided_at: int) -> Iterator[StepTold]:
    for step in STEPS:
        asked = [(check, holds) for check, holds in way.asked if CHECKS[check].step == step.number]
        state = "decided" if step.number == decided_at else "passed" if asked else "not reached"
        held_back = decided_at == ASKED_FOR and step.number == _ended_at(way)
        passed = _HELD_BACK if held_back else _passed(asked, way)
        says = {"passed": passed, "decided": _decided(way, decided_at)}.get(state, "It was not reached.")
        questions = tuple(QuestionTold(_question(check), holds) for check, holds in asked)
        yield StepTold(step.number, step.title, state, says, questions)


def _passed(asked: list[tuple[str, bool]], way: Trace) -> str:
    """Return in words the answers by which a step did not decide, so that the next one was asked."""
    said = (PASSED[each] for each in asked if each in PASSED)
    return " ".join(said).format(related=in_words.students(way.terms.related))


def _decided(way: Trace, decided_at: int) -> str:
    if is_denial(way, decided_at) and way.decision.outcome is Outcome.REFER:
        return "This step decided: a denial, but a person can still answer what is open, so it is referred."
    return "This step decided."


def _question(check: str) -> str:
    """Return a question without the letter of its plan, which only readers of the procedure know."""
    _, letter, question = CHECKS[check].question.rpartition(": ")
    return in_words.sentence(question) if letter else question


# Plans

_AS = {
    "A": "as directory information",
    "B": "on the recipient's own right",
    "C": "on written consents",
    "N": "that anybody may have",
}


_NAMED = "possible, but held back: it shows somebody in the background whom the request names and who opted out."


def _plans(way: Trace, *, held_back: bool) -> Iterator[PlanTold]:
    if not way.plans and way.answer("plan-a") is None:
        return
    seen = {plan.name: plan for plan in way.plans}
    for letter, says in PLANS.items():
        plan, hides_whom = seen.get(letter), says.partition(" (")[0]
        if plan is None:
            title, fate = f"a copy {_AS[letter]}", _why_no_plan(letter, way)
            yield PlanTold(letter, title, hides_whom, exists=False, hides=(), taken=False, fate=fate)
        else:
            title = f"{'a copy' if plan.hides else 'the whole recording'} {_AS[letter]}"
            hides, taken = tuple(sorted(plan.hides)), plan.chosen and not held_back
            fate = _NAMED if plan.chosen and held_back else _fate(plan, way)
            yield PlanTold(letter, title, hides_whom, exists=True, hides=hides, taken=taken, fate=fate)


def _why_no_plan(letter: str, way: Trace) -> str:
    if letter == "A":
        return "because it cannot be released as directory information"
    if letter == "B":
        return "because the recipient has no right of their own to this recording"
    if way.terms.own:
        return "because the recipient has a right of their own, which goes first"
    if way.case.asset.closed:
        return "because it is a closed record"
    if way.terms.route_open:
        return "because consents count within the one as directory information"
    return "because no student whom it is directly related to has a consent that holds"


def _fate(plan: PlanSeen, way: Trace) -> str:
    chosen = next((each for each in way.plans if each.chosen), None)
    if plan.chosen:
        return "used." if plan.hides else "used, for nobody has to be hidden."
    if chosen and not chosen.hides:
        return "not needed."
    if chosen and plan.feasible:
        return f"possible, but the one {_AS[chosen.name]} {_better(chosen, plan, way)}."
    return f"not possible. {' '.join(stopping(way.case, *each).text for each in plan.stopped_by.items())}"


def _better(chosen: PlanSeen, plan: PlanSeen, way: Trace) -> str:
    subjects, students = cost(way.terms, chosen.hides)
    if subjects < cost(way.terms, plan.hides)[0]:
        return "hides fewer of the subjects"
    return "hides fewer students" if students < len(plan.hides) else "goes first and hides as few"


# Rulings


def _rulings(way: Trace, case: Case) -> Iterator[RulingTold]:
    rulings = way.terms.rulings
    sides = sides_of(way) | {each.ruling: _changes(each, way, case) for each in rulings.in_force}
    for each, bears in sides.items():
        if bears:
            yield ruling_told(RULINGS[each], rulings)


def _changes(switch: Switch, way: Trace, case: Case) -> bool:
    """Whether a switch in force makes the decision another one."""
    return decide(case, way.terms.rulings.without(switch.ruling)) != way.decision


def ruling_told(ruling: Ruling, rulings: Rulings) -> RulingTold:
    """Return a ruling as it is in force: as it is built in, or as the district ruled."""
    switch, decided = ruling.switch, rulings.decided(ruling.id)
    answer, others = ruling.answer, ruling.alternatives
    if switch in rulings.in_force and switch is not None:
        answer = switch.says
        others = (ruling.answer, *(each for each in others if each != answer))
    by = f"{decided.by}, on {in_words.day(decided.on)}" if decided else ""
    return RulingTold(ruling.id, ruling.question, answer, others, ruling.source, by)


# For everybody but the custodian


def explain_for_staff(case: Case, rulings: Rulings = BUILT_IN) -> Explanation:
    """Decide a case and explain the decision as everybody but the custodian reads it.

    Where an opt-out would be answered alike, it is explained as one. Where it would not (a protected student is hidden
    in the background too), the explanation is that of the case, without the words that tell of a protection.
    """
    as_opt_out = case_for_staff(case)
    if as_opt_out is case:
        return explain(case, rulings)
    told = decision_for_staff(decide(case, rulings), case.share.purpose)
    for each in (as_opt_out, _in_focus(as_opt_out, case)):
        if _alike(decide(each, rulings)) == _alike(told):
            return explain(each, rulings)
    return _explanation_for_staff(explain(case, rulings), case, rulings)


def _in_focus(told: Case, case: Case) -> Case:
    """Return a case in which the protected are its subject, as the procedure takes them."""
    protected = {each.id for each in case.students if each.protected}
    seen = tuple(
        replace(each, prominence="focus") if each.student in protected else each for each in told.asset.appearances
    )
    return replace(told, asset=replace(told.asset, appearances=seen))


def _alike(decision: Decision) -> tuple[Outcome, tuple[str, ...], tuple[str, ...]]:
    return decision.outcome, decision.redact, tuple(each.clause for each in decision.reasons)


def _explanation_for_staff(told: Explanation, case: Case, rulings: Rulings) -> Explanation:
    protected = {each.id for each in case.students if each.protected}
    as_opt_outs = {each.id: each.opt_out for each in explain(case_for_staff(case), rulings).people}
    people = tuple(
        replace(
            each,
            opt_out=as_opt_outs[each.id],
            relations=tuple(one for one in each.relations if not one.startswith("protected: ")),
        )
        if each.id in protected
        else each
        for each in told.people
    )
    followed = tuple(each for each in told.rulings if each.id != "protected")
    texts = {each.text: each for each in told.reasons}
    merged = reasons_for_staff(
        (Reason(each.clause, each.text, each.students) for each in told.reasons), case.share.purpose
    )
    reasons = tuple(
        replace(
            texts.get(each.text) or next(one for one in told.reasons if clause_for_staff(one.clause) == each.clause),
            clause=each.clause,
            text=each.text,
            students=each.students,
            title=CLAUSES[each.clause].title if each.clause in CLAUSES else each.clause,
            source=source(each.clause),
        )
        for each in merged
    )
    return _worded(replace(told, people=people, rulings=followed, reasons=reasons, notes=()))


def _worded(value: T) -> T:
    """Return a value with all its sentences as everybody but the custodian reads them."""
    if isinstance(value, str):
        return cast("T", said_to_staff(value))
    if isinstance(value, tuple):
        return cast("T", tuple(map(_worded, value)))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _worded(getattr(value, each.name)) for each in fields(value)})
    return value
