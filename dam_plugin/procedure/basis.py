"""The basis on which students stay visible, the releases that stand on it, and which of them 34 CFR 99.32 records. Pure.

Follows the procedure's `basis` and its section "Recordation".
"""

from __future__ import annotations

from dam_plugin.model import Decision, Outcome, Reason
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.exceptions import RECORDED, RECORDED_WHOLE, ROLES
from dam_plugin.procedure.terms import Students, Terms


def basis_of(terms: Terms, shown: Students, *, rest: str = "") -> dict[str, str]:
    """Return the clause on which each student of D stays visible; `rest` is for those without one (step 11 alone)."""
    return {student: ground_of(terms, student) or rest for student in sorted(shown)}


def ground_of(terms: Terms, student: str) -> str:
    """Return the clause on which a student of D may be shown: own, `EX4`, `EX3`; "" where there is none."""
    if student in terms.own:
        return terms.own_clause
    if terms.route_open and student not in terms.opted_out:
        return "EX4"
    return "EX3" if student in terms.consented else ""


def whole(terms: Terms, clause: str, named: Students, *more: Reason) -> Decision:
    """Allow the whole recording on an exception that covers it, whoever is in it; the reason names these students."""
    basis = dict.fromkeys(sorted(terms.related), clause)
    # RULING record-of-a-secret-order: an order that forbids telling is recorded as any other.
    # RULING record-unknown: a release of a recording that is not known is recorded: someone may be in it.
    record = clause in RECORDED_WHOLE and (bool(basis) or not terms.known)
    return Decision(Outcome.ALLOW, basis=basis, reasons=(reason(clause, named), *more), record_disclosure=record)


def released(outcome: Outcome, basis: dict[str, str], why: Reason, redact: tuple[str, ...] = ()) -> Decision:
    """Release on a basis, as it is or with the students in `redact` hidden."""
    record = not RECORDED.isdisjoint(basis.values())
    return Decision(outcome, redact=redact, basis=basis, reasons=(why,), record_disclosure=record)


def allowed(*reasons: Reason) -> Decision:
    """Allow what shows no student of D: there is no basis to give."""
    return Decision(Outcome.ALLOW, reasons=reasons)


def records_refusal(case: Case, terms: Terms) -> bool:
    """Whether a denial of the case marks an entry that 34 CFR 99.32 asks for: who asked and was refused."""
    share = case.share
    return share.kind == "request" and bool(terms.related) and ROLES[share.recipient.role].refusal_recorded
