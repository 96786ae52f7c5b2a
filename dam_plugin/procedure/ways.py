"""What would change an answer: each way that leads to a release, to a copy that shows more, or to somebody who decides. Pure.

The reasons say what stands in the way; here they are put together to what one way needs as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dam_plugin.model import Outcome
from dam_plugin.procedure.branches import FAMILY
from dam_plugin.procedure.clauses import CLAUSES, listed, remedy
from dam_plugin.procedure.ruled import QUESTIONS
from dam_plugin.procedure.terms import Students
from dam_plugin.procedure.walk import PlanSeen, Walk
from dam_plugin.procedure.words import party, signers

# The steps that end in a denial.
SHUT, LEGALITY, DENIED = 7, 8, 12
# Those that end in a copy, and in what a right of one's own leads to.
REDACTED, SEVERAL = 10, 11


@dataclass(frozen=True, slots=True)
class WayOut:
    """One way to another answer, and all that it needs: what to do, whose consents, or the titles of what to settle."""

    title: str
    needs: tuple[str, ...]


def is_denial(way: Walk, decided_at: int) -> bool:
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


def ways_out(way: Walk, decided_at: int) -> tuple[WayOut, ...]:
    """Return the ways to another answer, each enough by itself once whoever has to act first did.

    `decided_at` is the step that decided.
    """
    if way.decision.outcome is Outcome.ALLOW:
        return ()
    clauses = [each.clause for each in way.decision.reasons]
    questions = [clause for clause in clauses if is_open_question(clause, clauses, decided_at)]
    lacking = [clause for clause in clauses if clause.endswith("-EVIDENCE")]
    answers = [WayOut(f"Answer the open question '{CLAUSES[each].title}'", _to_do(way, each)) for each in questions]
    own = list(_of_the_step(way, decided_at))
    brought = [WayOut("Bring what the exception asks for", _to_do(way, clause)) for clause in lacking]
    # Where a person has to act, nothing else helps before; a question of a denial is the nearest way out of it.
    first = own + answers if decided_at < REDACTED and not is_denial(way, decided_at) else answers + own
    return (*first, *brought)


def _of_the_step(way: Walk, decided_at: int) -> Iterator[WayOut]:
    if decided_at in (REDACTED, SEVERAL, DENIED):
        yield from _by_plans(way)
    elif is_denial(way, decided_at):
        yield from _shut(way, decided_at)
    elif way.decision.outcome is Outcome.REFER:
        clauses = [each.clause for each in way.decision.reasons]
        first = [clause for clause in clauses if clause not in QUESTIONS and not clause.endswith("-EVIDENCE")]
        yield WayOut("Act first; then it is decided again", _to_do(way, *first))


def _shut(way: Walk, decided_at: int) -> Iterator[WayOut]:
    """Yield the ways out of closed and confidential: the cause falls away, or those consent who are shown."""
    asset, terms = way.case.asset, way.terms
    causes = {"CLOSED": asset.closed if decided_at == SHUT else None, "CONFIDENTIAL": asset.confidential}
    yield WayOut(
        "If the cause has fallen away, it is decided again",
        _to_do(way, *(each for each, why in causes.items() if why)),
    )
    end = ", and ask the attorney" if asset.confidential else ""
    if decided_at == SHUT and terms.identifiable:
        yield WayOut(f"Obtain a consent for everybody shown{end}", _consents(way, terms.identifiable - terms.consented))
    if decided_at == LEGALITY:
        yield WayOut(f"Obtain a consent for one of these students{end}", _consents(way, terms.related))


def _by_plans(way: Walk) -> Iterator[WayOut]:
    case, terms = way.case, way.terms
    unprotected = terms.related - terms.own - terms.consented
    opted_out = unprotected & terms.opted_out
    closed_by = terms.route_closed_by
    # What is used for discipline never becomes directory information.
    if closed_by and "EX4-DISCIPLINE" not in closed_by:
        titles = tuple(CLAUSES[clause].title for clause in closed_by)
        yield WayOut("Release it as directory information, once settled", (*titles, *_consents(way, opted_out)))
    lacking = opted_out if terms.route_open else unprotected if terms.own else terms.identifiable - terms.consented
    yield WayOut(
        f"Release it on written consents to '{case.share.purpose}' that name '{party(case)}'", _consents(way, lacking)
    )
    if way.decision.outcome is Outcome.REDACT:
        return
    if plan := _least(way):
        title = f"Release a copy that hides {listed(tuple(sorted(plan.hides)))}, once settled"
        yield WayOut(title, tuple(_about(clause, students) for clause, students in plan.stopped_by.items()))
    if terms.own and case.share.recipient.role in FAMILY:
        finding = "The custodian finds that hiding the others would destroy what the recording means."
        yield WayOut("Release it to all the families", (finding,))


def _least(way: Walk) -> PlanSeen | None:
    """Return the plan that would be carried out if nothing stopped any, None where there is none."""
    return min(way.plans, key=lambda plan: (len(plan.hides & way.terms.focus), len(plan.hides)), default=None)


def _to_do(way: Walk, *clauses: str) -> tuple[str, ...]:
    return tuple(remedy(clause, purpose=way.case.share.purpose, party=party(way.case)) for clause in clauses)


def _consents(way: Walk, students: Students) -> tuple[str, ...]:
    return tuple(f"A consent signed by {signers([each], way.case)}." for each in sorted(students))


def _about(clause: str, students: Students) -> str:
    return f"{CLAUSES[clause].title} ({listed(tuple(sorted(students)))})"
