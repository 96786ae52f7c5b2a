"""What would change an answer: each way to a release, to a copy that shows more, or to a person who decides. Pure.

Each way is tried on the case as it would then be (evidence brought, a question settled, the custodian acted) and is offered
only where it leads somewhere. The reasons say what stands in the way; a way holds all that one answer needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dam_plugin.model import Actor, Decision, OptOut, Outcome, Student
from dam_plugin.procedure import in_words
from dam_plugin.procedure.case import Case, CaseAppearance
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.decide import QUESTIONS, PlanSeen, Trace, decide
from dam_plugin.procedure.exceptions import ASKS, EXCEPTIONS, FAMILY, LACKING, NO_EVIDENCE
from dam_plugin.procedure.in_words import CaseIndex
from dam_plugin.procedure.steps import cost, crowd_asked_for
from dam_plugin.procedure.switches import BUILT_IN, Rulings
from dam_plugin.procedure.terms import NOBODY, Students, Terms, is_eligible, terms_of

# The steps that end in a denial.
SHUT, LEGALITY, DENIED = 7, 8, 12
# Those that end in a copy, and in what a right of one's own leads to; the one that holds back what was asked for by name.
REDACTED, SEVERAL = 10, 11
ASKED_FOR = 13

# A case and what it becomes once those acted who have to, each with its decision.
Steps = tuple[tuple[Case, Decision], ...]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a way needs: what to do, in a sentence; the clause and the students that it is about."""

    text: str
    clause: str
    students: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WayOut:
    """One way to another answer, and all that it needs."""

    title: str
    needs: tuple[Need, ...]


def is_denial(way: Trace, decided_at: int) -> bool:
    """Whether the steps ended in a denial, which an open question may have turned into a referral."""
    turned = way.decision.outcome is Outcome.REFER and way.decision.reasons[0].clause in QUESTIONS
    return decided_at in (SHUT, LEGALITY, DENIED) and (turned or way.decision.outcome is Outcome.DENY)


def is_open_question(clause: str, clauses: list[str], decided_at: int) -> bool:
    """Whether one of a decision's clauses is there as an open question; `REDACT-MEANING` may be what stops a plan."""
    if clause not in QUESTIONS:
        return False
    before = clauses[: clauses.index(clause)]
    stops = decided_at == SEVERAL or (decided_at == DENIED and not all(each in QUESTIONS for each in before))
    return clause != "REDACT-MEANING" or not stops


def ways_out(way: Trace, rows: CaseIndex, decided_at: int) -> tuple[WayOut, ...]:
    """Return the ways to another answer; each is enough by itself, once those acted who have to act first.

    `decided_at` is the step that decided.
    """
    if way.decision.outcome is Outcome.ALLOW:
        return ()
    clauses = [each.clause for each in way.decision.reasons]
    questions = [clause for clause in clauses if is_open_question(clause, clauses, decided_at)]
    evidence = [clause for clause in clauses if clause in LACKING]
    steps, denied = tuple(stages(way.case, way.terms.rulings)), is_denial(way, decided_at)
    answers = [
        WayOut(title, _to_do(way, rows, each))
        for each in questions
        for title in _titles(f"settle what is open ({CLAUSES[each].title})", each, way.terms, steps, denied)
    ]
    brought = [
        WayOut(title, (*_to_do(way, rows, each), *_announcement(way, rows, each)))
        for each in evidence
        for title in _titles("bring what the exception asks for", each, way.terms, steps, denied)
    ]
    own = list(_of_the_step(way, rows, decided_at))
    # Where a person has to act first, that is the nearest way; a question of a denial is the nearest way out of it.
    waits = (decided_at < REDACTED or decided_at == ASKED_FOR) and not denied
    return (*own, *answers, *brought) if waits else (*answers, *own, *brought)


def _titles(doing: str, clause: str, terms: Terms, steps: Steps, denied: bool) -> Iterator[str]:
    """Yield the title of the way that does what a clause asks for: as soon as it leads anywhere; nothing if it never does."""
    for number, (case, before) in enumerate(steps):
        then = supposed(case, clause, terms.rulings)
        # What no fact can say, a person says: where no release needs it.
        after = decide(then, terms.rulings) if then else None
        helps = _is_better(after, before, terms, denied and not number) if after else case is steps[-1][0]
        if helps and before.outcome is not Outcome.ALLOW:
            again = ", after which a person has to act again" if after and after.outcome is Outcome.REFER else ""
            yield in_words.sentence(f"{'After that: ' if number else ''}{doing}{again}")
            return
    if not terms.known:
        somebody = with_somebody(steps[-1][0])
        then = supposed(somebody, clause, terms.rulings)
        before = decide(somebody, terms.rulings)
        if then and _is_better(decide(then, terms.rulings), before, terms, denied=False):
            yield f"After that, and only if somebody turns out to be in it whom this is about: {doing}"


def _is_better(after: Decision, before: Decision, terms: Terms, denied: bool) -> bool:
    """Whether a decision is less strict than another, which may stand for a denial, or shows more."""
    if after.outcome is Outcome.REDACT and before.outcome is Outcome.REDACT:
        return cost(terms, frozenset(after.redact)) < cost(terms, frozenset(before.redact))
    return after.outcome < (Outcome.DENY if denied else before.outcome)


def _announcement(way: Trace, rows: CaseIndex, clause: str) -> Iterator[Need]:
    """Yield what is left to settle once the evidence is there: families have to be told of an order first."""
    row = next(row for row in EXCEPTIONS if row.lacking and row.lacking.clause.id == clause)
    if row.lacking and row.lacking.leaves and row.question:
        left = row.lacking.leaves(way.terms)
        if left is not None:
            yield _settled(rows, row.question.clause.id, left)


def _of_the_step(way: Trace, rows: CaseIndex, decided_at: int) -> Iterator[WayOut]:
    if decided_at in (REDACTED, SEVERAL, DENIED):
        yield from _by_plans(way, rows)
    elif is_denial(way, decided_at):
        yield from _shut(way, rows, decided_at)
    elif way.decision.outcome is Outcome.REFER:
        clauses = [each.clause for each in way.decision.reasons]
        first = [clause for clause in clauses if clause not in QUESTIONS and clause not in LACKING]
        yield WayOut("Act first; then it is decided again", _to_do(way, rows, *first))


def _shut(way: Trace, rows: CaseIndex, decided_at: int) -> Iterator[WayOut]:
    """Yield the ways out of closed and confidential: the cause falls away, or those consent who are shown."""
    asset, terms = way.case.asset, way.terms
    causes = {"CLOSED": asset.closed if decided_at == SHUT else None, "CONFIDENTIAL": asset.confidential}
    shut_by = [each for each, why in causes.items() if why]
    then: Case | None = way.case
    for each in shut_by:
        then = supposed(then, each, terms.rulings) if then else None
    denied = then is not None and decide(then, terms.rulings).outcome is Outcome.DENY
    still = "; as things stand it would still be denied" if denied else ""
    yield WayOut(f"If the cause has fallen away, it is decided again{still}", _to_do(way, rows, *shut_by))
    if decided_at == SHUT and terms.identifiable and not terms.identifiable & _unsignable(rows):
        lacking = _consents(rows, terms.identifiable - terms.consented)
        yield WayOut("Obtain a consent for everybody shown, and ask the attorney", lacking)
    if decided_at == LEGALITY and terms.related - _unsignable(rows):
        lacking = _consents(rows, terms.related - _unsignable(rows))
        yield WayOut("Obtain a consent for one of these students, and ask the attorney", lacking)


def _by_plans(way: Trace, rows: CaseIndex) -> Iterator[WayOut]:
    terms = way.terms
    unprotected = terms.related - terms.own - terms.consented
    opted_out = unprotected & terms.opted_out
    closed_by = terms.route_closed_by
    # What shows the background is held back where the request names somebody there who opted out.
    crowd = crowd_asked_for(way.case, terms) or NOBODY
    named = (_settled(rows, "NAMED-IN-CROWD", crowd),) if crowd else ()
    unsignable = _unsignable(rows)
    # What is used for discipline never becomes directory information; a protected student neither opts in nor consents.
    if closed_by and "EX4-DISCIPLINE" not in closed_by and not opted_out & unsignable:
        settled = tuple(_settled(rows, clause) for clause in closed_by)
        needs = (*settled, *_consents(rows, opted_out), *named)
        yield WayOut("Release it as directory information, once settled", needs)
    waiting = unprotected & terms.unanswered
    if terms.route_open and waiting and not opted_out & unsignable:
        needs = (_settled(rows, "EX4-WINDOW", waiting), *_consents(rows, opted_out - waiting), *named)
        yield WayOut("Release it as directory information, once settled", needs)
    lacking = opted_out if terms.route_open else unprotected if terms.own else terms.identifiable - terms.consented
    if lacking and not lacking & unsignable:
        yield WayOut(_on_consents(way), (*_consents(rows, lacking), *named))
    if plan := _better_copy(way):
        title = f"Release a copy that hides {in_words.students(plan.hides)}, once settled"
        held_back = named if crowd - plan.hides else ()
        yield WayOut(title, (*(_settled(rows, *each) for each in plan.stopped_by.items()), *held_back))
    others = tuple(sorted(unprotected))
    for found in _FOUND:
        if _goes_to_all_if(way, found):
            title = f"If the custodian finds that {found.says}, {_TO_ALL}"
            yield WayOut(title, (Need(found.remedy, found.clause, others),))


def _unsignable(rows: CaseIndex) -> Students:
    """Return the students for whom nobody can sign a consent that counts."""
    return frozenset(each for each, student in rows.students.items() if in_words.nobody_signs(student, rows.case.at))


def _on_consents(way: Trace) -> str:
    case = way.case
    if case.asset.closed and not way.terms.own:
        return "Obtain a consent for everybody shown, and ask the custodian to reopen it"
    return f"Release it on written consents to '{case.share.purpose}' that name '{in_words.party(case)}'"


def _better_copy(way: Trace) -> PlanSeen | None:
    """Return the plan that hides least if nothing stopped any; None where it hides as many as what is released."""
    terms = way.terms
    least = min(way.plans, key=lambda plan: cost(terms, plan.hides), default=None)
    chosen = next((plan for plan in way.plans if plan.chosen), None)
    fewer = chosen is None or (least and cost(terms, least.hides) < cost(terms, chosen.hides))
    return least if fewer else None


@dataclass(frozen=True, slots=True)
class _Finding:
    """What a custodian may find about redaction: the clause that it answers, in words, what to ask, as facts of a recording."""

    clause: str
    says: str
    remedy: str
    fields: Mapping[str, Any]


_TO_ALL = "the whole recording goes to all the families it is directly related to"
_FOUND = (
    _Finding(
        "REDACT-MEANING",
        "hiding the others would destroy what the recording means",
        CLAUSES["REDACT-MEANING"].remedy,
        {"meaning": "destroyed"},
    ),
    _Finding(
        "REDACT-UNABLE",
        "the others cannot reasonably be hidden",
        "Ask the custodian whether the recording can reasonably be redacted or isolated.",
        {"cannot_be_redacted": True},
    ),
)


def _goes_to_all_if(way: Trace, found: _Finding) -> bool:
    """Whether a custodian's finding about redaction would release the whole recording to a family."""
    case, own_copy = way.case, next((plan for plan in way.plans if plan.name == "B"), None)
    if own_copy is None or case.share.recipient.role not in FAMILY:
        return False
    # A custodian who has looked is not asked again, nor whether it can be done where it can.
    asked = case.asset.meaning == "unreviewed" or "meaning" not in found.fields
    able = "cannot_be_redacted" in found.fields and "REDACT-UNABLE" not in own_copy.stopped_by
    if not asked or able:
        return False
    then = replace(case, asset=replace(case.asset, **found.fields))
    return decide(then, way.terms.rulings).outcome is Outcome.ALLOW


def _settled(rows: CaseIndex, clause: str, students: Iterable[str] = ()) -> Need:
    """Return what to do about a clause, with its title: more than one may have to be settled."""
    named = tuple(sorted(students))
    about = f" ({in_words.students(named)})" if named else ""
    return Need(f"{CLAUSES[clause].title}{about}: {in_words.remedied(clause, named, rows)}", clause, named)


def _to_do(way: Trace, rows: CaseIndex, *clauses: str) -> tuple[Need, ...]:
    about = {each.clause: each.students for each in way.decision.reasons}
    return tuple(Need(in_words.remedied(each, about[each], rows), each, about[each]) for each in clauses)


def _consents(rows: CaseIndex, students: Students) -> tuple[Need, ...]:
    return tuple(
        Need(f"A consent signed by {in_words.signers([each], rows)}.", "EX3", (each,)) for each in sorted(students)
    )


# Cases as they would be


def supposed(case: Case, clause: str, rulings: Rulings = BUILT_IN) -> Case | None:
    """Return the case as it is once a clause has what it asks for; None where no fact of a case can say so.

    Its people are as ruled already.
    """
    asks = ASKS.get(clause)
    if asks is not None:
        return replace(case, share=replace(case.share, evidence=asks.bring(case, terms_of(case, rulings))))
    return _CHANGES[clause](case) if clause in _CHANGES else None


def stages(case: Case, rulings: Rulings = BUILT_IN) -> Iterator[tuple[Case, Decision]]:
    """Yield a case with its decision, then again each time after those acted who have to act first."""
    done: set[str] = set()
    while True:
        decision = decide(case, rulings)
        yield case, decision
        acting = {each.clause for each in decision.reasons} & _ACTS - done
        if decision.outcome is not Outcome.REFER or not acting:
            return
        done |= acting
        for clause in sorted(acting):
            case = _CHANGES[clause](case)


def with_somebody(case: Case) -> Case:
    """Return the case with one more subject who opted out, as a person that no tag names may be."""
    known = {student.id for student in case.students}
    somebody = next(each for each in map(str, range(len(known) + 1)) if each not in known)
    appearances = (*case.asset.appearances, CaseAppearance(somebody, prominence="focus"))
    return replace(
        case,
        asset=replace(case.asset, appearances=appearances),
        students=(*case.students, Student(somebody, opted_out=OptOut(since=case.at))),
    )


def _asked_anew(case: Case) -> Case:
    """Return the case once the families of doubtful consents have signed them anew."""
    doubtful = terms_of(case).doubtful
    signed = (
        replace(each, signed_on=case.at, after_opt_out=True) if each.student in doubtful else each
        for each in case.consents
    )
    return replace(case, consents=tuple(signed))


def _verified(case: Case) -> Case:
    """Return the case once it is known who asks: a parent of the students whom it is about, or one of them who is grown."""
    related, who = terms_of(case).related, case.share.recipient
    who = replace(who, id=who.id or "whoever asks", known=True)
    students = case.students
    if who.role == "parent" and who.id:
        theirs = (replace(s, guardians=(*s.guardians, who.id)) if s.id in related else s for s in students)
        students = tuple(theirs)
    else:
        grown = (s.id for s in students if s.id in related and is_eligible(s, case.at))
        who = replace(who, id=next(grown, who.id))
    return replace(case, share=replace(case.share, recipient=who), students=students)


def _looked_at(case: Case) -> Case:
    """Return the case once the attorney lets it go: where it is about nobody, what shuts it falls away as a whole."""
    closed = case.asset.closed if terms_of(case).related else None
    return replace(case, asset=replace(case.asset, confidential=None, closed=closed))


def _considered(case: Case) -> Case:
    """Return the case once the custodian has considered a copy that hides the others."""
    evidence = replace(case.share.evidence or NO_EVIDENCE, copy_considered=True)
    actor = case.share.actor if case.share.by_custodian else Actor("custodian")
    return replace(case, share=replace(case.share, evidence=evidence, actor=actor))


# Who has to act first: until then nothing else is looked at.
_ACTS = {"CUSTODIAN", "HOLD-UNTAGGED", "HOLD-UNKNOWN-PERSON", "COPY-FIRST", "LEGALITY"}
_CHANGES: Mapping[str, Callable[[Case], Case]] = {
    "CUSTODIAN": lambda case: replace(case, share=replace(case.share, actor=Actor("custodian"))),
    "HOLD-UNTAGGED": lambda case: replace(case, asset=replace(case.asset, tagging="complete")),
    "HOLD-UNKNOWN-PERSON": lambda case: replace(case, asset=replace(case.asset, unidentified_people=0)),
    "COPY-FIRST": _considered,
    "LEGALITY": _looked_at,
    "CLOSED": lambda case: replace(case, asset=replace(case.asset, closed=None)),
    "CONFIDENTIAL": lambda case: replace(case, asset=replace(case.asset, confidential=None)),
    "HOLD-UNCLASSIFIED": lambda case: replace(case, asset=replace(case.asset, directory_status="eligible")),
    "REDACT-MEANING": lambda case: replace(case, asset=replace(case.asset, meaning="preserved")),
    "NAMED-IN-CROWD": lambda case: replace(case, share=replace(case.share, names=())),
    "CONSENT-DOUBTFUL": _asked_anew,
    "CLOSED-CONSENT": lambda case: replace(case, asset=replace(case.asset, closed=None)),
    "EX2-RELATION": _verified,
}
