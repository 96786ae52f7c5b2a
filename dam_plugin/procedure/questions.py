"""The open questions, each a person's to answer, and what evidence a recipient's exception lacked. Pure.

Follows "Open questions" and the opening of "The order of decision" in the procedure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dam_plugin.model import Decision, Reason
from dam_plugin.procedure import exceptions
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.exceptions import LACKING_BY_ROLE, QUESTION_OF
from dam_plugin.procedure.plans import blockers, plans_of
from dam_plugin.procedure.refusal import stopping
from dam_plugin.procedure.steps import steps
from dam_plugin.procedure.terms import Terms, is_eligible, terms_of

# In the procedure's order.
QUESTIONS = (*QUESTION_OF, "RIGHTS-TRANSFERRED", "HOLD-UNCLASSIFIED", "REDACT-MEANING")


def open_questions(case: Case, terms: Terms, ended: Decision) -> Iterator[Reason]:
    """Yield the questions that stand where the steps ended in anything but an allow, in the procedure's order."""
    # RULING open-question: what a person can answer is not denied before it is answered (each question below).
    share = case.share
    for question in exceptions.QUESTIONS:
        stands = question.stands(case, terms)
        if stands is not None:
            yield reason(question.clause.id, stands[0], otherwise=stands[1])
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
    for lacking in LACKING_BY_ROLE[case.share.recipient.role]:
        otherwise = lacking.stands(case, terms)
        if otherwise is not None:
            yield reason(lacking.clause.id, otherwise=otherwise)
