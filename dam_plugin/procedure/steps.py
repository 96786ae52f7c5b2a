"""Steps 1 to 13 of the order of decision, the plans of redaction, the reasons of a denial, the basis of a release. Pure.

The first step that decides, decides. What a step asks is in `questions.py` and, of the exceptions, in `exceptions.py`; it puts
each question to `asked`, which hears the answer. Follows "The order of decision" and "Recordation".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import (
    CONSENT_FAULTS,
    NAMED,
    SHOWN_ALONE,
    UNABLE_FORMAT,
    UNABLE_FOUND,
    UNABLE_PLACE,
    listed,
    reason,
)
from dam_plugin.procedure.exception_row import Asked, ExceptionRow, Lacking
from dam_plugin.procedure.exceptions import (
    BY_CLAUSE,
    FAMILY,
    NOTICE,
    RECORDED,
    RECORDED_WHOLE,
    ROLES,
    families_not_told,
    is_complete,
    lacks_order,
    of_step,
)
from dam_plugin.procedure.questions import unheard
from dam_plugin.procedure.terms import NOBODY, Students, Terms, consent_faults, is_last_years_window

# The exceptions that steps 2, 3 and 5 ask for, taken from the table once: a decision is to be fast.
Asking = tuple[str, Callable[[Case, Terms, Asked], bool], Callable[[Terms], Students] | None]
_BREAK_GLASS, _OFFICIALS, _WHOLE_RECORDING = (
    tuple((row.clause.id, whole.applies, whole.about) for row, whole in of_step(step)) for step in (2, 3, 5)
)
# RULING changed-meaning: exceptions 2 and 4 ask whether the student can be protected and whether the meaning is destroyed;
# the general rule alone asks that it is not changed.
FEASIBLE_WHEN_CHANGED = ("A", "B")
# What stands in the way of each plan: its letter, then the clause, then the students.
Obstacles = Mapping[str, Mapping[str, Students]]


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of students to hide, under the letter that the procedure gives it."""

    name: str
    hides: Students


def steps(case: Case, terms: Terms, asked: Asked = unheard) -> Decision:
    """Return what the steps end in, before the open questions and what evidence was lacking."""
    # RULING other-law-later: an exception that covers the whole recording comes before other law is asked about (step 8).
    return (
        scope(case, terms, asked)
        or break_glass(case, terms, asked)
        or school_official(case, terms, asked)
        or custodian(case, terms, asked)
        or whole_recording(case, terms, asked)
        or hold(case, asked)
        or named_in_crowd(
            case,
            terms,
            nobody_protected(case, terms, asked) or legality(case, terms, asked) or nine_to_twelve(case, terms, asked),
            asked,
        )
    )


def scope(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 1: what the district does not maintain."""
    # RULING not-ours: outside of the procedure nothing here forbids it; what the library keeps for another is ours.
    if asked("other", case.asset.maintained_by == "other"):
        return whole(terms, "SCOPE", terms.related)
    return None


def break_glass(case: Case, terms: Terms, asked: Asked = unheard) -> Decision | None:
    """Step 2: an emergency, or a mandated report; nothing may stand in its way."""
    for clause, applies, _ in _BREAK_GLASS:
        if applies(case, terms, asked):
            notify = () if asked("told-already", case.share.by_custodian) else (reason("NOTIFY-CUSTODIAN"),)
            return whole(terms, clause, terms.related, *notify)
    return None


def school_official(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 3: exception 1."""
    return _by_exception(_OFFICIALS, case, terms, asked)


def custodian(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 4: who answers requests."""
    if asked("request", case.share.kind == "request") and not asked("by-custodian", case.share.by_custodian):
        return _refer(reason("CUSTODIAN", otherwise=is_complete(terms.evidence.emergency)))
    return None


def whole_recording(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 5: the exceptions that cover the whole recording."""
    return _by_exception(_WHOLE_RECORDING, case, terms, asked)


def _by_exception(exceptions: Iterable[Asking], case: Case, terms: Terms, asked: Asked) -> Decision | None:
    for clause, applies, about in exceptions:
        if applies(case, terms, asked):
            first = unnamed_first(clause, case, terms, asked) or copy_first(
                clause, case, terms, asked, about(terms) if about else NOBODY
            )
            return first or whole(terms, clause, about(terms) if about else terms.related)
    return None


def unnamed_first(clause: str, case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Whether a person who is not named holds what an exception would release whole."""
    # RULING anybody-unnamed: whoever is not named may be a student, a grown-up spectator too; step 6 asks, after exceptions.
    if terms.rulings.unnamed_first and asked(f"{clause}-unnamed", case.asset.unidentified_people > 0):
        return hold(case, unheard)
    return None


def copy_first(clause: str, case: Case, terms: Terms, asked: Asked, about: Students) -> Decision | None:
    """Whether the custodian considers first a copy that hides those whom an exception is not about."""
    # RULING exceptions-before-redaction: nobody asks first whether those it is not about could be hidden.
    if not terms.rulings.custodian_first:
        return None
    others = _others(case, terms, about)
    considered = case.share.by_custodian and terms.evidence.copy_considered
    if asked(f"{clause}-copy", bool(others) and not considered):
        return _refer(reason("COPY-FIRST", others))
    return None


def _others(case: Case, terms: Terms, about: Students) -> Students:
    """Return the students of D whom an exception is not about, where a copy could hide each of them.

    It is about `about`, else those who were asked for by name; where nobody was, and the recording is about several, nobody
    knows whom.
    """
    others = terms.related - (about or frozenset(case.share.names))
    several = about or case.share.names or len(terms.related) > 1
    looked_at = case.asset.meaning in ("changed", "destroyed")
    able = _may_be_redacted(case) and not looked_at and others.issubset(_located(case))
    return others if several and able else NOBODY


def hold(case: Case, asked: Asked) -> Decision | None:
    """Step 6: it is not known who is in it."""
    # RULING whole-and-unseen: what steps 1 to 5 release is released before anybody has said who is in it.
    reasons = []
    if not asked("tagged", case.asset.tagging == "complete"):
        reasons.append(reason("HOLD-UNTAGGED"))
    if asked("unnamed", case.asset.unidentified_people > 0):
        reasons.append(reason("HOLD-UNKNOWN-PERSON", count=case.asset.unidentified_people))
    return _refer(*reasons) if reasons else None


def nobody_protected(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 7: `D` is empty."""
    asset, shown = case.asset, terms.identifiable
    if asked("related", bool(terms.related)):
        return None
    if asked("shut", bool(asset.closed or asset.confidential)):
        return _shut(case, terms, asked)
    if not asked("shown", bool(shown)):
        return allowed(reason("OPEN"))
    crowd = (shown & terms.opted_out) - terms.unanswered
    more = [reason("EX4-CROWD", crowd)] if asked("crowd-opted-out", bool(crowd)) else []
    return allowed(reason("OPEN-UNRELATED", shown), *more)


def _shut(case: Case, terms: Terms, asked: Asked) -> Decision:
    # RULING shut-with-consent: consent is FERPA's key, not chapter 610's: with the consent of all, the attorney says.
    asset, shown = case.asset, terms.identifiable
    if not (asked("shut-shown", bool(shown)) and asked("shut-consents", shown <= terms.consented)):
        return _deny(*closures(case, NOBODY))
    return _refer(reason("LEGALITY", shown, otherwise=not asset.confidential, why=asset.confidential or asset.closed))


def legality(case: Case, terms: Terms, asked: Asked) -> Decision | None:
    """Step 8: confidential under another law."""
    # RULING attorney-first: whether that law yields to a right or a consent is no question for a program.
    why = case.asset.confidential
    if not asked("confidential", why is not None):
        return None
    with_a_right = terms.own | (terms.related & terms.consented)
    if asked("right-or-consent", bool(with_a_right)):
        return _refer(reason("LEGALITY", with_a_right, why=why))
    return _deny(reason("CONFIDENTIAL", terms.related, why=why))


def nine_to_twelve(case: Case, terms: Terms, asked: Asked) -> Decision:
    """Take steps 9 to 12, on the plans of redaction: no student to hide, a plan, the recipient's own right, a denial."""
    plans = plans_of(case, terms, asked)
    if asked("nobody-to-hide", not all(plan.hides for plan in plans)):
        return nobody_to_hide(case, terms)
    obstacles = obstacles_of(case, terms, plans)
    return (
        released_by_plan(case, terms, plans, obstacles, asked)
        or several_students(case, terms, obstacles, asked)
        or denied(case, terms, obstacles)
    )


def nobody_to_hide(case: Case, terms: Terms) -> Decision:
    """Step 9: a plan hides no student, since each of them has a ground to stay visible."""
    basis = basis_of(terms, terms.related)
    clause = next((ex for ex in ("EX4", "EX3") if ex in basis.values()), terms.own_clause)
    named = [student for student, ground in basis.items() if ground == clause]
    return released(Outcome.ALLOW, basis, reason(clause, named, purpose=case.share.purpose))


def released_by_plan(
    case: Case, terms: Terms, plans: tuple[Plan, ...], obstacles: Obstacles, asked: Asked
) -> Decision | None:
    """Step 10: the feasible plan that hides least."""
    plan = preferred(terms, plans, obstacles)
    return _redact(case, terms, plan) if asked("feasible", plan is not None) and plan is not None else None


def _redact(case: Case, terms: Terms, plan: Plan) -> Decision:
    basis = basis_of(terms, terms.related - plan.hides)
    return released(Outcome.REDACT, basis, *_why_hidden(case, terms, plan), redact=tuple(sorted(plan.hides)))


def _why_hidden(case: Case, terms: Terms, plan: Plan) -> tuple[Reason, ...]:
    """Return the ground of a copy; plan A names apart who is protected, who opted out, and whose family may still answer."""
    name, hidden = plan.name, plan.hides
    if name != "A":
        clause = "EX3" if name == "C" else "REDACT" if name == "N" else terms.own_clause
        return (reason(clause, hidden, otherwise=True, purpose=case.share.purpose),)
    return tuple(_said_no(case, terms, hidden, of_copy=True))


def several_students(case: Case, terms: Terms, obstacles: Obstacles, asked: Asked) -> Decision | None:
    """Step 11: no plan is feasible, and the recipient has a right of their own."""
    if not asked("own", bool(terms.own)):
        return None
    # RULING destroyed-only: joint release follows where a custodian found that redaction would destroy the meaning, or cannot
    # reasonably be done; where the means are missing a person looks first.
    # RULING joint-despite: neither names nor opt-outs stop it: nobody's record may be kept from them for another's choice.
    destroyed, unable = case.asset.meaning == "destroyed", case.asset.cannot_be_redacted
    if asked("family", case.share.recipient.role in FAMILY) and (
        asked("destroyed", destroyed) or asked("found-unable", unable)
    ):
        basis = basis_of(terms, terms.related, rest="EX2-MULTI")
        return released(Outcome.ALLOW, basis, reason("EX2-MULTI", terms.related, otherwise=not destroyed))
    return _refer(*stopped(case, [obstacles["B"]], has_own=case.share.recipient.role in FAMILY))


def denied(case: Case, terms: Terms, obstacles: Obstacles) -> Decision:
    """Step 12: everything that would change the answer."""
    return _deny(*refusal(case, terms, obstacles))


def named_in_crowd(case: Case, terms: Terms, ended: Decision, asked: Asked) -> Decision:
    """Step 13: a release to somebody who asked by name for a student in the background who opted out is a person's to make."""
    # RULING named-in-a-crowd: a name turns no background figure into a subject, but shows whom the request is after.
    named = None if ended.outcome > Outcome.REDACT else crowd_asked_for(case, terms)
    if named is None:
        return ended
    return _refer(reason("NAMED-IN-CROWD", named)) if asked("crowd-asked-for", bool(named)) else ended


def crowd_asked_for(case: Case, terms: Terms) -> Students | None:
    """Return the students in the background who opted out, or count so, and whom somebody else asks for by name.

    None where it is no request by name at all.
    """
    share = case.share
    if share.kind != "request" or not share.names:
        return None
    return (terms.identifiable - terms.related).intersection(share.names, terms.opted_out) - _themselves(case)


def _themselves(case: Case) -> Students:
    """Return the students whom a recipient asks for as their own: a parent's children, the eligible student."""
    who = case.share.recipient
    if who.role == "parent":
        return frozenset(
            [s.id for s in case.students if who.id in (*s.guardians, *s.representatives, *s.own_representatives)]
        )
    return frozenset([s.id for s in case.students if s.id == who.id]) if who.role == "eligible_student" else NOBODY


def _refer(*reasons: Reason) -> Decision:
    return Decision(Outcome.REFER, reasons=reasons)


def _deny(*reasons: Reason) -> Decision:
    return Decision(Outcome.DENY, reasons=reasons)


# Plans of redaction (steps 9 and 10)


def plans_of(case: Case, terms: Terms, asked: Asked = unheard) -> tuple[Plan, ...]:
    """Return the plans that exist for a case, in the order A, B, C, N (step 9)."""
    # RULING each-a-ground: each directly related student needs a ground to stay visible, and these may differ.
    unprotected = terms.related - terms.own - terms.consented
    plans = []
    if asked("plan-a", terms.route_open):
        plans.append(Plan("A", unprotected & terms.opted_out))
    if asked("plan-b", bool(terms.own)):
        plans.append(Plan("B", unprotected & terms.opted_out if terms.route_open else unprotected))
    elif asked("plan-c", _on_consents(case, terms)):
        # RULING background-consent: exception 3 says "all ... students depicted": the background counts.
        plans.append(Plan("C", terms.identifiable - terms.consented))
    # RULING closed-and-own: closing a record ends every plan but that of the recipient's own right, and no exception.
    # RULING hidden-for-anyone: where nobody protected can be seen, anybody may have the copy; not of a closed record.
    if asked("plan-n", not terms.own and not case.asset.closed):
        plans.append(Plan("N", terms.related))
    return tuple(plans)


def _on_consents(case: Case, terms: Terms) -> bool:
    """Whether a copy that stands on written consents comes into question: plan C."""
    return not (case.asset.closed or terms.route_open or terms.related.isdisjoint(terms.consented))


def preferred(terms: Terms, plans: Iterable[Plan], obstacles: Obstacles) -> Plan | None:
    """Return the feasible plan that hides the fewest of F, then the fewest students, then the first; or None."""
    # RULING fewest-hidden: of several lawful copies the one that shows most of its subjects.
    feasible = [plan for plan in plans if not obstacles[plan.name]]
    return min(feasible, key=lambda plan: cost(terms, plan.hides), default=None)


def cost(terms: Terms, hides: Students) -> tuple[int, int]:
    """Return what a copy that hides these students costs: how many of F, then how many students."""
    return len(hides & terms.focus), len(hides)


def obstacles_of(case: Case, terms: Terms, plans: Iterable[Plan]) -> Obstacles:
    """Return what stands in the way of each plan; nothing = it is feasible (step 10)."""
    return {plan.name: blockers(case, terms, plan) for plan in plans}


def blockers(case: Case, terms: Terms, plan: Plan) -> dict[str, Students]:
    """Return what stands in the way of a plan: REDACT-UNABLE, REDACT-NAMED, REDACT-MEANING, each with its students."""
    hides, found = plan.hides, {}
    unable = hides
    if _may_be_redacted(case):
        unable = hides.difference(_located(case))
    if unable:
        found["REDACT-UNABLE"] = unable
    # RULING asked-by-name: who asked for a student by name would know whom the blur hides.
    if case.share.names and (named := hides.intersection(case.share.names)):
        found["REDACT-NAMED"] = named
    if hides and not _meaning_survives(case, terms, plan):
        found["REDACT-MEANING"] = hides
    return found


def _located(case: Case) -> list[str]:
    return [a.student for a in case.asset.appearances if a.located]


def _may_be_redacted(case: Case) -> bool:
    return case.asset.redactable and not case.asset.cannot_be_redacted


def _meaning_survives(case: Case, terms: Terms, plan: Plan) -> bool:
    meaning = case.asset.meaning
    if meaning == "changed":
        return plan.name in FEASIBLE_WHEN_CHANGED
    if meaning == "unreviewed":
        # RULING unreviewed-meaning: hiding every subject is presumed to destroy the meaning until a custodian says otherwise.
        holds_all = bool(terms.focus) and terms.focus <= plan.hides
        return not (holds_all or terms.rulings.meaning_first)
    return meaning == "preserved"


# The reasons of a denial (step 12)


def refusal(case: Case, terms: Terms, obstacles: Obstacles) -> Iterator[Reason]:
    """Yield the reasons of a denial in the procedure's order: directory route, closure, opt-outs, consents, redaction."""
    lacking = terms.related - terms.consented
    opted_out, waiting = lacking & terms.opted_out, lacking & terms.unanswered
    on_route = (lacking - terms.opted_out) or lacking or terms.related
    yield from _route_closed(case, terms, on_route, waiting)
    yield from closures(case, terms.related)
    yield from _said_no(case, terms, opted_out)
    yield from _consents_lacking(case, opted_out if terms.route_open else terms.identifiable - terms.consented)
    yield from stopped(case, obstacles.values())


def does_not_carry(case: Case, terms: Terms, clause: str, students: Students) -> Iterator[Reason]:
    """Yield why what is on file for an exception does not carry what shows these students, for those that rest on something."""
    if clause == "EX3":
        yield from _consents_lacking(case, students - terms.consented)
    if clause == "EX4" and (related := students & terms.related):
        yield from _route_closed(case, terms, related)
        yield from _said_no(case, terms, related & terms.opted_out)
    row = BY_CLAUSE.get(clause)
    if clause == "EX7":
        yield from _order_lacks(case, terms, students)
    elif row is not None and row.lacking is not None and row.lacking.answered_by:
        yield from _evidence_lacks(case, terms, row, row.lacking, students)


def _order_lacks(case: Case, terms: Terms, students: Students) -> Iterator[Reason]:
    """Yield that an order is not verified, or else that these students' families were not told (34 CFR 99.31(a)(9)(ii))."""
    if (telling := False if terms.evidence.order is None else lacks_order(case, terms)) is not None:
        yield reason("EX7-EVIDENCE", otherwise=telling)
        return
    waits = families_not_told(case, terms)
    # Who is shown is stated, so it is known whom to tell also where the recording has others without a name.
    if waits is not None and (untold := waits[0] & students):
        yield reason(NOTICE.clause.id, untold)


def _evidence_lacks(
    case: Case, terms: Terms, row: ExceptionRow, lacking: Lacking, students: Students
) -> Iterator[Reason]:
    """Yield that an exception's evidence is not on file, or is not about these students, by the row's own terms."""
    if row.whole is not None and row.whole.applies(case, terms, unheard):
        return
    own = terms.own_by.get(row.clause.id, NOBODY)
    if not own:
        yield reason(lacking.clause.id, otherwise=lacking.stands(case, terms) or False)
    elif others := (students & terms.related) - own:
        named = tuple(sorted(others))
        yield Reason(lacking.clause.id, f"What is on file for {row.clause.id} is not about {listed(named)}.", named)


def _route_closed(case: Case, terms: Terms, students: Students, waiting: Students = NOBODY) -> Iterator[Reason]:
    """Yield what closes the directory route; the window also keeps back those whose families may still answer by themselves."""
    for clause in terms.route_closed_by:
        if clause.startswith("EX4-"):
            named = students | waiting if clause == "EX4-WINDOW" else students
            yield reason(clause, named, otherwise=_other_words(case, clause), purpose=case.share.purpose)


def _said_no(case: Case, terms: Terms, students: Students, *, of_copy: bool = False) -> Iterator[Reason]:
    """Yield why each of these students counts as opted out: protected, opted out, or new and not heard yet."""
    if protected := students & terms.protected:
        yield reason("PROTECTED", protected, otherwise=of_copy)
    if by_choice := students - terms.protected - terms.unanswered:
        yield reason("EX4-OPTOUT", by_choice, otherwise=of_copy, purpose=case.share.purpose)
    # Where the district's window is open too, its reason names them.
    if "EX4-WINDOW" not in terms.route_closed_by and (waiting := students & terms.unanswered):
        yield reason("EX4-WINDOW", waiting)


def _other_words(case: Case, clause: str) -> bool:
    """Whether a clause closes the route for the second of its two causes, and says its other sentence."""
    if clause == "EX4-WINDOW":
        return is_last_years_window(case.district)
    return clause == "EX4-NOT-DIRECTORY" and case.asset.directory_status == "undetermined"


def closures(case: Case, students: Students) -> Iterator[Reason]:
    """Yield `CLOSED` and `CONFIDENTIAL`, each where it holds."""
    if case.asset.closed:
        yield reason("CLOSED", students, why=case.asset.closed)
    if case.asset.confidential:
        yield reason("CONFIDENTIAL", students, why=case.asset.confidential)


def _consents_lacking(case: Case, students: Students) -> Iterator[Reason]:
    """EX3-MISSING and EX3-FORM, with why each consent fails; of several, the one that fails least is told."""
    faults = least_faults(case, students)
    missing = students - faults.keys()
    if missing:
        yield reason("EX3-MISSING", missing)
    if faults:
        why = "; ".join(
            f"{student}: {', '.join(CONSENT_FAULTS[fault] for fault in faults[student])}" for student in sorted(faults)
        )
        yield reason("EX3-FORM", faults, why=why)


def least_faults(case: Case, students: Students) -> dict[str, tuple[str, ...]]:
    """Return, for each of these students with a consent on file, the faults of the one that has fewest."""
    by_id = {student.id: student for student in case.students}
    least: dict[str, tuple[str, ...]] = {}
    for consent in case.consents:
        if consent.student in students:
            faults = consent_faults(consent, by_id[consent.student], case)
            known = least.get(consent.student)
            least[consent.student] = faults if known is None else min(known, faults, key=lambda each: (len(each), each))
    return least


def stopped(case: Case, obstacles: Iterable[Mapping[str, Students]], *, has_own: bool = False) -> Iterator[Reason]:
    """Yield REDACT-UNABLE, REDACT-NAMED and REDACT-MEANING where each stops one of some plans, in this order.

    `has_own`: a family asks, and the recording is about a student of its own.
    """
    found: dict[str, Students] = {}
    for plan in obstacles:
        for clause, students in plan.items():
            found[clause] = found.get(clause, NOBODY) | students
    for clause in ("REDACT-UNABLE", "REDACT-NAMED", "REDACT-MEANING"):
        if clause in found:
            yield stopping(case, clause, found[clause], has_own=has_own)


def stopping(case: Case, clause: str, students: Students, *, has_own: bool = False) -> Reason:
    """Return a `REDACT-…` reason, in the words that fit what is known of the meaning; `has_own`: as in `stopped`."""
    meaning = case.asset.meaning
    unreviewed = clause == "REDACT-MEANING" and meaning == "unreviewed"
    otherwise = has_own if clause == NAMED else unreviewed
    found = reason(clause, students, otherwise=otherwise, meaning=meaning, why=_why_unable(case, students))
    # Of anybody with a right of their own that right is the question, and not what is left.
    is_outsider = case.share.kind == "request" and case.share.recipient.role == "public"
    is_alone = unreviewed and is_outsider and _is_alone(case, students)
    return replace(found, text=f"{found.text} {SHOWN_ALONE}") if is_alone else found


def _is_alone(case: Case, students: Students) -> bool:
    """Whether a recording shows or tells of one student and nobody else, and this is that student."""
    shown = {each.student for each in case.asset.appearances} | {*case.asset.record_pii}
    return (
        len(shown) == 1
        and shown == students
        and case.asset.tagging == "complete"
        and not case.asset.unidentified_people
    )


def _why_unable(case: Case, students: Students) -> str:
    located = {each.student for each in case.asset.appearances if each.located}
    causes = [
        UNABLE_FOUND if case.asset.cannot_be_redacted else "",
        "" if case.asset.redactable else UNABLE_FORMAT,
        UNABLE_PLACE if students - located else "",
    ]
    return " and ".join(filter(None, causes))


# Basis and recordation


def basis_of(terms: Terms, shown: Students, *, rest: str = "") -> dict[str, str]:
    """Return the clause on which each student of D stays visible; `rest` is for those without one (step 11 alone)."""
    return {student: ground_of(terms, student) or rest for student in sorted(shown)}


def ground_of(terms: Terms, student: str) -> str:
    """Return the clause on which a student of D may be shown: own, `EX4`, `EX3`; "" where there is none."""
    for clause, students in terms.own_by.items():
        if student in students:
            return clause
    if terms.route_open and student not in terms.opted_out:
        return "EX4"
    return "EX3" if student in terms.consented else ""


def whole(terms: Terms, clause: str, named: Students, *more: Reason) -> Decision:
    """Allow the whole recording on an exception that covers it; the reason names these students."""
    basis = dict.fromkeys(sorted(terms.related), clause)
    # RULING record-of-a-secret-order: what an order forbids telling is recorded too; the ledger seals it.
    # RULING record-unknown: a release of a recording that is not known is recorded: someone may be in it.
    record = clause in RECORDED_WHOLE and (bool(basis) or not terms.known)
    return Decision(Outcome.ALLOW, basis=basis, reasons=(reason(clause, named), *more), record_disclosure=record)


def released(outcome: Outcome, basis: dict[str, str], *why: Reason, redact: tuple[str, ...] = ()) -> Decision:
    """Release on a basis, as it is or with the students in `redact` hidden."""
    record = not RECORDED.isdisjoint(basis.values())
    return Decision(outcome, redact=redact, basis=basis, reasons=why, record_disclosure=record)


def allowed(*reasons: Reason) -> Decision:
    """Allow a recording that shows no student of D, and so needs no basis."""
    return Decision(Outcome.ALLOW, reasons=reasons)


def records_refusal(case: Case, terms: Terms) -> bool:
    """Whether 34 CFR 99.32 asks for an entry of this request where it is denied."""
    share = case.share
    return share.kind == "request" and bool(terms.related) and ROLES[share.recipient.role].refusal_recorded
