"""The redisclosure notice: which releases carry it, and what it says (34 CFR 99.33). Pure.

Follows the procedure: "What is released tells the recipient that it may not be redisclosed, except for EX2, EX4, EX7 and
open records".
"""

from __future__ import annotations

from dam_plugin.model import Decision, Outcome
from dam_plugin.procedure.clauses import VOICES

# What a recipient may pass on (34 CFR 99.33(c)): what is their own, directory information, what a court asked for, and
# what is no record of a student, or no longer one of a student who can be told.
# Not EX2-MULTI: who gets a recording of several students sees others' children, and is told.
MAY_PASS_ON = frozenset({"EX2", "EX4", "EX4-OPTOUT", "EX7", "SCOPE", "OPEN", "OPEN-UNRELATED", "REDACT"})

NOTICE = (
    "This recording comes from student records. Whoever received it may use it only for the purpose for which it was "
    "released, and may not pass it on to anybody else without the written consent of a parent of each student in it, "
    "or of the student once 18 (34 CFR 99.33)."
)


def needs_notice(decision: Decision) -> bool:
    """Whether what a decision releases has to say that it may not be redisclosed; in doubt it has to.

    What counts is the basis on which students are shown; where nobody is, the clause that decided.
    """
    if decision.outcome > Outcome.REDACT:
        return False
    return not MAY_PASS_ON.issuperset(decision.basis.values() if decision.basis else _deciding(decision))


def notice_of(decision: Decision) -> str | None:
    """Return what a recipient has to be told with what is released, whatever its format; None where nothing has to be."""
    return NOTICE if needs_notice(decision) else None


def _deciding(decision: Decision) -> tuple[str, ...]:
    """Return the clause of the procedure that decided: third parties who made it stricter speak before it."""
    clauses = (each.clause for each in decision.reasons if each.clause not in VOICES)
    return (next(clauses, "none"),)
