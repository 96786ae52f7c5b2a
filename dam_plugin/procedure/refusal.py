"""Step 12: the reasons of a denial, each once, in the procedure's order, naming the students it stands in the way of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dam_plugin.model import Reason
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import CONSENT_FAULTS, UNABLE_FORMAT, UNABLE_PLACE, reason
from dam_plugin.procedure.plans import Obstacles
from dam_plugin.procedure.terms import NOBODY, Students, Terms, consent_faults, is_last_years_window


def refusal(case: Case, terms: Terms, obstacles: Obstacles) -> Iterator[Reason]:
    """Yield everything that would change the answer: the directory route, closure, opt-outs, consents, redaction."""
    purpose = case.share.purpose
    lacking = terms.related - terms.consented
    on_route = (lacking - terms.opted_out) or lacking or terms.related
    for clause in terms.route_closed_by:
        if clause.startswith("EX4-"):
            yield reason(clause, on_route, otherwise=_other_words(case, clause), purpose=purpose)
    yield from closures(case, terms.related)
    opted_out = lacking & terms.opted_out
    if opted_out:
        yield reason("EX4-OPTOUT", opted_out, purpose=purpose)
    yield from _consents_lacking(case, opted_out if terms.route_open else terms.identifiable - terms.consented)
    yield from stopped(case, obstacles.values())


def _other_words(case: Case, clause: str) -> bool:
    """Whether a clause of the route is closed for the other one of its two causes, and so says it in other words."""
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


def stopped(case: Case, obstacles: Iterable[Mapping[str, Students]]) -> Iterator[Reason]:
    """Yield REDACT-UNABLE, REDACT-NAMED and REDACT-MEANING where each stops one of some plans, in this order."""
    found: dict[str, Students] = {}
    for plan in obstacles:
        for clause, students in plan.items():
            found[clause] = found.get(clause, NOBODY) | students
    for clause in ("REDACT-UNABLE", "REDACT-NAMED", "REDACT-MEANING"):
        if clause in found:
            yield stopping(case, clause, found[clause])


def stopping(case: Case, clause: str, students: Students) -> Reason:
    """Return a `REDACT-…` reason, in the words that fit what is known of the meaning."""
    meaning = case.asset.meaning
    unreviewed = clause == "REDACT-MEANING" and meaning == "unreviewed"
    return reason(clause, students, otherwise=unreviewed, meaning=meaning, why=_why_unable(case, students))


def _why_unable(case: Case, students: Students) -> str:
    located = {each.student for each in case.asset.appearances if each.located}
    causes = ["" if case.asset.redactable else UNABLE_FORMAT, UNABLE_PLACE if students - located else ""]
    return " and ".join(filter(None, causes))
