"""The steps and the questions that each asks, in plain words and in the order of the procedure. Pure.

`steps.py` asks them and answers them from the case; whoever explains a decision, or counts what cases exercise, hears
each question with its answer. What a clause says stands in `clauses.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Hears the id of a check and its answer, and returns the answer.
Asked = Callable[[str, bool], bool]


def unheard(check: str, holds: bool) -> bool:  # noqa: ARG001 - the id is for those who listen
    """Return the answer: nobody listens."""
    return holds


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the order of decision: what it says in our words, and the function that takes it."""

    number: int
    title: str
    says: str
    function: str


@dataclass(frozen=True, slots=True)
class Check:
    """One question of a step, answered yes or no; `question` is in words that a person reads."""

    id: str
    step: int
    question: str


STEPS = (
    Step(
        1,
        "Is it a record of the district?",
        "What somebody else maintains is outside of the procedure: allow. What a parent or a reporter made but the "
        "library keeps is maintained by the district.",
        "steps.scope",
    ),
    Step(
        2,
        "Is somebody in danger?",
        "A request in a health or safety emergency, with the threat stated and a recipient who needs the recording "
        "(exception 9): to anybody if the custodian or a designee acts, and to emergency personnel or the police whoever "
        "acts. A mandated report to the Children's Division (exception 8), whoever acts. Allow, and nothing may stand in its "
        "way; where neither the custodian nor a designee acts, the custodian is told at once.",
        "steps.break_glass",
    ),
    Step(
        3,
        "Is it for a school official?",
        "A school official with a legitimate educational interest who is authorized to see student records sees all of it "
        "(exception 1).",
        "steps.school_official",
    ),
    Step(
        4,
        "Who answers a request?",
        "Requests are answered by the records custodian or a designee: anybody else passes them on.",
        "steps.custodian",
    ),
    Step(
        5,
        "Does an exception cover the whole recording?",
        "The juvenile office, with the certification for a student in it (exception 5); a verified judicial order or "
        "subpoena in a request, once every family was told or the order forbids telling them (exception 7).",
        "steps.whole_recording",
    ),
    Step(
        6,
        "Is it known who is in it?",
        "Where the tagging is not complete, or somebody in it is not named, a person looks first; the reasons name both where "
        "both hold.",
        "steps.hold",
    ),
    Step(
        7,
        "Is a student to be protected?",
        "A recording that is directly related to no student is allowed: OPEN where no student can be identified, else "
        "OPEN-UNRELATED, followed by EX4-CROWD where one in the background has opted out. If it is closed or confidential, "
        "the valid consents of all who can be identified open what is closed (EX3) and send what is confidential to the "
        "attorney (LEGALITY); otherwise it is denied, naming CLOSED, CONFIDENTIAL, or both.",
        "steps.nobody_protected",
    ),
    Step(
        8,
        "Is it confidential under another law?",
        "Then the attorney answers, where somebody has a right or a consent of their own; else it is denied.",
        "steps.legality",
    ),
    Step(
        9,
        "Whom would have to be hidden?",
        "Up to four plans of redaction, each on a ground of its own; where one of them hides nobody, it is allowed.",
        "plans.plans_of",
    ),
    Step(
        10,
        "Can they be hidden?",
        "A plan is feasible when the format can be redacted, everybody in it is located, nobody in it was asked for by "
        "name, and the meaning survives. Of the feasible ones the one that hides fewest subjects, then fewest students, "
        "then the first, is released.",
        "steps.released_by_plan",
    ),
    Step(
        11,
        "Has the recipient a right of their own?",
        "Then a parent or eligible student sees the whole recording where redaction would destroy its meaning (EX2-MULTI, "
        "whatever names or opt-outs say); otherwise a person looks for a way first, told what stands in the way of hiding "
        "the others: format or place, a name, the meaning.",
        "steps.several_students",
    ),
    Step(
        12,
        "Nothing allows it",
        "It is denied, and the reasons name everything that would change the answer.",
        "refusal.refusal",
    ),
)

_ALL = (
    Check("other", 1, "Is it maintained by somebody else than the district?"),
    Check("emergency-request", 2, "Does somebody ask for it?"),
    Check("emergency-threat", 2, "Is an articulable and significant threat on file?"),
    Check("emergency-needs", 2, "Does the recipient need the recording to protect someone?"),
    Check("emergency-custodian", 2, "Does the records custodian or a designee act?"),
    Check("emergency-responder", 2, "Are police or emergency personnel the recipient?"),
    Check("division", 2, "Is the Children's Division the recipient?"),
    Check("mandated-report", 2, "Is it for a mandated report?"),
    Check("told-already", 2, "Does the records custodian, or a designee, know of it?"),
    Check("official", 3, "Is the recipient a school official?"),
    Check("official-interest", 3, "Is a legitimate educational interest on file?"),
    Check("official-authorized", 3, "Is the official authorized to see student records?"),
    Check("request", 4, "Does somebody ask for it (it is no publication of the district's own)?"),
    Check("by-custodian", 4, "Is it answered by the records custodian or a designee?"),
    Check("juvenile", 5, "Is the juvenile office the recipient?"),
    Check("juvenile-listed", 5, "Does it serve a student who can be identified in the recording?"),
    Check("juvenile-certified", 5, "Has it certified that in writing?"),
    Check("order", 5, "Is a judicial order or a subpoena on file?"),
    Check("order-request", 5, "Does somebody ask for the recording with it?"),
    Check("order-verified", 5, "Has counsel verified the order?"),
    Check("order-unannounced", 5, "Does the order forbid, or not require, telling the families?"),
    Check("order-known", 5, "Is it known who is in the recording, so that their families can be told?"),
    Check("order-told", 5, "Was the family of every directly related student told in advance?"),
    Check("tagged", 6, "Has somebody said who is in the recording?"),
    Check("unnamed", 6, "Is there somebody in it whom no tag names?"),
    Check("related", 7, "Is the recording directly related to a student?"),
    Check("shut", 7, "Is it a closed record, or confidential under another law?"),
    Check("shut-shown", 7, "Can a student be identified in it?"),
    Check("shut-consents", 7, "Is a valid consent on file for every student who can be identified?"),
    Check("shut-confidential", 7, "Is it confidential, so that the attorney decides?"),
    Check("shown", 7, "Can a student be identified in it, if only in the background?"),
    Check("crowd-opted-out", 7, "Has one of those in the background opted out?"),
    Check("confidential", 8, "Is it confidential under another law?"),
    Check("right-or-consent", 8, "Has somebody a right of their own, or a valid consent?"),
    Check("plan-a", 9, "Plan A: may it be released as directory information, with those who opted out hidden?"),
    Check("plan-b", 9, "Plan B: has the recipient a right of their own, so that the others could be hidden?"),
    Check(
        "plan-c",
        9,
        "Plan C: does it have to stand on written consents, and is one on file for a student it is directly related to?",
    ),
    Check("plan-n", 9, "Plan N: may anybody have a copy in which every directly related student is hidden?"),
    Check("nobody-to-hide", 9, "Is there a ground on which nobody has to be hidden?"),
    Check("feasible", 10, "Can one of these copies be made?"),
    Check("own", 11, "Has the recipient a right of their own to this recording?"),
    Check("family", 11, "Is the recipient a parent or an eligible student?"),
    Check("destroyed", 11, "Has a custodian found that redaction would destroy the meaning?"),
)

CHECKS: Mapping[str, Check] = {check.id: check for check in _ALL}

# What each plan of step 9 hides.
PLANS: Mapping[str, str] = {
    "A": "hide the directly related students who opted out and have no valid consent (directory information)",
    "B": "hide the other directly related students who have no ground of their own (the recipient's own right)",
    "C": "hide every student depicted who has no valid consent (written consents)",
    "N": "hide every directly related student (a copy for anybody)",
}
