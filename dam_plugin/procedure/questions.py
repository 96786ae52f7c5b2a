"""The open questions, each a person's to answer, and what evidence a recipient's exception lacked. Pure.

Follows "Open questions" and the opening of "The order of decision" in the procedure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dam_plugin.model import Decision, Reason
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.plans import blockers, plans_of
from dam_plugin.procedure.refusal import stopping
from dam_plugin.procedure.steps import order_allows, steps
from dam_plugin.procedure.terms import Terms, is_eligible, terms_of

# In the procedure's order.
QUESTIONS = ("EX7-NOTICE", "PREADJ-CERTIFICATION", "RIGHTS-TRANSFERRED", "HOLD-UNCLASSIFIED", "REDACT-MEANING")


def open_questions(case: Case, terms: Terms, ended: Decision) -> Iterator[Reason]:
    """Yield the questions that stand where the steps ended in anything but an allow, in the procedure's order."""
    # RULING open-question: what a person can answer is not denied before it is answered (each question below).
    share, order = case.share, terms.evidence.order
    if share.kind == "request" and order is not None and order.verified and not order_allows(case, terms):
        yield reason("EX7-NOTICE", terms.related.difference(order.notified), otherwise=not terms.known)
    yield from _certification(case, terms)
    if share.recipient.role == "parent" and not terms.own:
        # RULING dependent-student: the rights are the student's now; the custodian says what is left to a parent.
        grown = [s.id for s in case.students if share.recipient.id in s.guardians and is_eligible(s, case.at)]
        if terms.related.intersection(grown):
            yield reason("RIGHTS-TRANSFERRED", terms.related.intersection(grown))
    if case.asset.directory_status == "undetermined" and _looser_if_directory(case, terms, ended):
        yield reason("HOLD-UNCLASSIFIED", terms.related)
    if share.kind == "request" and case.asset.meaning == "unreviewed":
        preserved = _if_preserved(case, terms)
        if preserved is not None and preserved.outcome < ended.outcome:
            yield stopping(case, "REDACT-MEANING", frozenset(preserved.redact))


def _certification(case: Case, terms: Terms) -> Iterator[Reason]:
    preadjudication, role = terms.evidence.pre_adjudication, case.share.recipient.role
    if preadjudication is None or preadjudication.certified or not terms.preadjudication:
        return
    if role == "juvenile_office" or (role == "law_enforcement" and terms.preadjudication & terms.related):
        yield reason("PREADJ-CERTIFICATION", terms.preadjudication)


def _looser_if_directory(case: Case, terms: Terms, ended: Decision) -> bool:
    if len(terms.route_closed_by) > 1:
        # The status opens nothing but the directory route, which something else keeps closed.
        return False
    supposed = replace(case, asset=replace(case.asset, directory_status="eligible"))
    return steps(supposed, terms_of(supposed)).outcome < ended.outcome


def _if_preserved(case: Case, terms: Terms) -> Decision | None:
    """Return what the steps would end in if the meaning were preserved; None where that stops no plan."""
    if not any("REDACT-MEANING" in blockers(case, terms, plan) for plan in plans_of(case, terms)):
        return None
    # No term asks for the meaning: they are the same.
    supposed = replace(case, asset=replace(case.asset, meaning="preserved"))
    return steps(supposed, terms)


def evidence_lacking(case: Case, terms: Terms) -> Iterator[Reason]:
    """Yield what the exception of this recipient, or of what was brought, lacked to apply."""
    # RULING as-anybody: without it the steps have decided on the recipient as on any other person.
    role, order, emergency = case.share.recipient.role, terms.evidence.order, terms.evidence.emergency
    preadjudication, welfare = terms.evidence.pre_adjudication, terms.evidence.child_welfare
    if role == "school_official" and not (terms.evidence.legitimate_interest and terms.evidence.records_authorized):
        yield reason("EX1-EVIDENCE")
    certified = preadjudication is not None and preadjudication.certified
    if role == "juvenile_office" and not (terms.preadjudication and certified):
        yield reason("EX5-EVIDENCE", otherwise=certified)
    if role == "law_enforcement" and not terms.own:
        yield reason("EX6-EVIDENCE", otherwise=certified)
    if (order is not None and not order.verified) or (role == "court" and order is None):
        yield reason("EX7-EVIDENCE")
    if role == "childrens_division" and not terms.own:
        responsible = welfare is not None and welfare.ground == "legal_responsibility"
        yield reason("EX8-EVIDENCE", otherwise=responsible)
    incomplete = emergency is not None and not (emergency.threat and emergency.recipient_needs_it)
    if role == "emergency" or incomplete:
        yield reason("EX9-EVIDENCE")
