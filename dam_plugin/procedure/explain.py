"""`explain(case) -> Explanation`: the whole way to a decision, in plain words and plain data. Pure.

The facts are put into words in `words.py`, what would change the answer in `ways.py`; the shape of it is in `told.py`, and
how it looks is the command line's.
"""

from __future__ import annotations

from collections.abc import Iterator

from dam_plugin.model import Outcome, Reason, Student
from dam_plugin.procedure import words
from dam_plugin.procedure.basis import ground_of
from dam_plugin.procedure.branches import RECORDS, branches_of
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.checks import CHECKS, PLANS, STEPS
from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS, listed, reason, remedy, source
from dam_plugin.procedure.refusal import stopping
from dam_plugin.procedure.ruled import sides_of
from dam_plugin.procedure.rulings import RULINGS
from dam_plugin.procedure.terms import Terms, consent_faults
from dam_plugin.procedure.told import (
    ClosureTold,
    ConsentTold,
    Explanation,
    PersonTold,
    PlanTold,
    QuestionTold,
    ReasonTold,
    RulingTold,
    StepTold,
)
from dam_plugin.procedure.walk import PlanSeen, Walk, walk
from dam_plugin.procedure.ways import DENIED, is_denial, is_open_question, ways_out

# Whether 34 CFR 99.32 has it recorded, in the order of `branches.RECORDS`.
_RECORDED_WHY = dict(
    zip(
        RECORDS,
        (
            "a student is shown on an exception for which the law asks who received the recording, and why",
            "it is not known who is in the recording, and a student may be",
            "somebody from outside of the school and the family asked for a student's record and was denied",
            "the request came from a school official or the family, whose requests need no entry",
            "it was the district's own publication, which nobody asked for",
            "the recording is not directly related to any student",
            "nothing is decided yet; what the referral ends in is recorded then",
            "the law asks for no entry for what is shown",
        ),
        strict=True,
    )
)


def explain(case: Case) -> Explanation:
    """Decide a case and explain the decision."""
    way = walk(case)
    decided_at = _decided_at(way)
    recorded = next(branch for branch in RECORDS if branch in branches_of(way))
    return Explanation(
        id=case.id,
        day=words.day(case.at),
        outcome=way.decision.outcome.word,
        asked=words.asked(case),
        answer=_answer(way, decided_at),
        recorded=way.decision.record_disclosure,
        recorded_why=_RECORDED_WHY[recorded],
        reasons=tuple(_reasons(way, decided_at)),
        ways_out=ways_out(way, decided_at),
        people=tuple(_person(student, way) for student in case.students),
        route_open=way.terms.route_open,
        route_closed_by=tuple(_closures(case, way.terms)),
        steps=tuple(_steps(way, decided_at)),
        plans=tuple(_plans(way)),
        rulings=tuple(_rulings(way)),
    )


def _decided_at(way: Walk) -> int:
    last, holds = way.asked[-1]
    # Step 12 asks nothing: it is what is left when nobody has a right of their own.
    return DENIED if last == "own" and not holds else CHECKS[last].step


def _answer(way: Walk, decided_at: int) -> str:
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


def _reasons(way: Walk, decided_at: int) -> Iterator[ReasonTold]:
    case, clauses = way.case, [each.clause for each in way.decision.reasons]
    for each in way.decision.reasons:
        part = _part(way, each.clause, clauses, decided_at)
        # What a copy stands on needs no remedy: what would show more is told among the ways.
        copied = part == "ground" and way.decision.outcome is Outcome.REDACT
        yield ReasonTold(
            part=part,
            clause=each.clause,
            title=CLAUSES[each.clause].title,
            text=each.text,
            students=each.students,
            source=source(each.clause),
            remedy="" if copied else _remedy(each, case),
        )


def _remedy(told: Reason, case: Case) -> str:
    who = {"signers": words.signers(told.students, case)} if told.students else {}
    return remedy(told.clause, purpose=case.share.purpose, party=words.party(case), **who)


def _part(way: Walk, clause: str, clauses: list[str], decided_at: int) -> str:
    outcome = way.decision.outcome
    if clause.endswith("-EVIDENCE"):
        return "evidence"
    if is_open_question(clause, clauses, decided_at):
        return "question"
    if outcome in (Outcome.ALLOW, Outcome.REDACT):
        return "ground"
    return "obstacle" if is_denial(way, decided_at) else "first"


# People


def _person(student: Student, way: Walk) -> PersonTold:
    case = way.case
    given = [each for each in case.consents if each.student == student.id]
    return PersonTold(
        id=student.id,
        place=words.place(student.id, case),
        relations=tuple(words.relations(student.id, case)),
        directly_related=student.id in way.terms.related,
        age=words.age(student, case.at),
        opt_out=words.opt_out(student, case),
        consents=tuple(
            ConsentTold(words.consent(each), not faults, tuple(CONSENT_FAULTS[fault] for fault in faults))
            for each, faults in ((each, consent_faults(each, student, case)) for each in given)
        ),
        signer=words.signer(student, case.at),
        shown=_shown(student.id, way),
    )


def _shown(student: str, way: Walk) -> str:
    """Return whether a student is shown, on which ground, or what is lacking for it."""
    terms, decision = way.terms, way.decision
    if student in decision.redact:
        return "hidden in the copy"
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
        yield "it is not directory information"
    if student in terms.opted_out:
        yield "an opt-out is in force"
    yield "no consent holds"


# The directory route


def _closures(case: Case, terms: Terms) -> Iterator[ClosureTold]:
    why = {"CLOSED": case.asset.closed, "CONFIDENTIAL": case.asset.confidential}
    for clause in terms.route_closed_by:
        told = reason(clause, terms.related, purpose=case.share.purpose, why=why.get(clause) or "")
        # Of a recording about no student the sentence speaks of nobody.
        yield ClosureTold(clause, CLAUSES[clause].title, told.text.replace(f" ({listed(())})", ""))


# Steps

# The steps that pass by their last answer, and the one that passes by all; others pass by whatever was answered no.
_BY_THE_LAST, _BY_ALL = (4, 7, 9), 6


def _steps(way: Walk, decided_at: int) -> Iterator[StepTold]:
    for step in STEPS:
        asked = tuple(
            QuestionTold(CHECKS[check].question, holds)
            for check, holds in way.asked
            if CHECKS[check].step == step.number
        )
        state = "passed" if step.number < decided_at else "decided" if step.number == decided_at else "not reached"
        yield StepTold(step.number, step.title, state, _turned_on(step.number, asked, decided_at), asked)


def _turned_on(number: int, asked: tuple[QuestionTold, ...], decided_at: int) -> tuple[QuestionTold, ...]:
    """Return the questions for whose answers a step did not decide."""
    if number >= decided_at:
        return ()
    if number in _BY_THE_LAST:
        return asked[-1:]
    return asked if number == _BY_ALL else tuple(each for each in asked if not each.answer)


# Plans


def _plans(way: Walk) -> Iterator[PlanTold]:
    if not way.plans and way.answer("plan-a") is None:
        return
    seen = {plan.name: plan for plan in way.plans}
    for letter, says in PLANS.items():
        plan = seen.get(letter)
        if plan is None:
            yield PlanTold(letter, says, exists=False, hides=(), taken=False, why=(_why_no_plan(letter, way),))
        else:
            hides = tuple(sorted(plan.hides))
            yield PlanTold(letter, says, exists=True, hides=hides, taken=plan.chosen, why=tuple(_fate(plan, way)))


def _why_no_plan(letter: str, way: Walk) -> str:
    check = f"plan-{letter.lower()}"
    if way.answer(check) is None:
        return "The recipient has a right of their own (plan B)."
    return f"{CHECKS[check].question.partition(': ')[2].capitalize()} No."


def _fate(plan: PlanSeen, way: Walk) -> Iterator[str]:
    chosen = next((each for each in way.plans if each.chosen), None)
    if plan.chosen:
        yield "Taken: it has nobody to hide." if not plan.hides else "Taken."
    elif chosen and not chosen.hides:
        yield f"Not needed: plan {chosen.name} has nobody to hide."
    elif chosen and plan.feasible:
        yield f"It could be carried out, but plan {chosen.name} {_better(chosen, plan, way)}."
    for clause, students in plan.stopped_by.items():
        if plan.hides and not (chosen and not chosen.hides):
            yield f"{CLAUSES[clause].title}: {stopping(way.case, clause, students).text}"


def _better(chosen: PlanSeen, plan: PlanSeen, way: Walk) -> str:
    if len(chosen.hides & way.terms.focus) < len(plan.hides & way.terms.focus):
        return "hides fewer of the subjects"
    return "hides fewer students" if len(chosen.hides) < len(plan.hides) else "goes first and hides as few"


# Rulings


def _rulings(way: Walk) -> Iterator[RulingTold]:
    for each, bears in sides_of(way).items():
        if bears:
            ruling = RULINGS[each]
            yield RulingTold(ruling.id, ruling.question, ruling.answer, ruling.alternatives, ruling.source)
