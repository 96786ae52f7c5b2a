"""The steps and the questions that each asks, in plain words and in the order of the procedure. Pure.

`steps.py` asks them and answers them from the case; `explain` and coverage hear each question with its answer. The questions
of the exceptions stand in their rows (`exceptions.py`), what a clause says in `clauses.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dam_plugin.procedure.exception_row import Check
from dam_plugin.procedure.exceptions import checks_of, says_of


def unheard(check: str, holds: bool) -> bool:  # noqa: ARG001 - the id is for those who listen
    """Return the answer and keep nothing."""
    return holds


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the order of decision: what it says in our words, and the function that takes it."""

    number: int
    title: str
    says: str
    function: str


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
        f"{says_of(2, '. ')}. Allow, and nothing may stand in its way; where neither the custodian nor a designee acts, the "
        "custodian is told at once.",
        "steps.break_glass",
    ),
    Step(
        3,
        "Is it for a school official?",
        f"{says_of(3, '; ')}.",
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
        f"{says_of(5, '; ')}.",
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
        "the valid consents of all who can be identified send it to the attorney (LEGALITY); otherwise it is denied, naming "
        "CLOSED, CONFIDENTIAL, or both.",
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
        "steps.plans_of",
    ),
    Step(
        10,
        "Can they be hidden?",
        "A plan is feasible when the format can be redacted, no custodian found that it cannot reasonably be done, everybody "
        "in it is located, nobody in it was asked for by name, and the meaning survives. Of the feasible ones the one that "
        "hides fewest subjects, then fewest students, then the first, is released.",
        "steps.released_by_plan",
    ),
    Step(
        11,
        "Has the recipient a right of their own?",
        "Then a parent or eligible student sees the whole recording where a custodian found that redaction would destroy its "
        "meaning, or cannot reasonably be done (EX2-MULTI; neither names nor opt-outs stop it). Otherwise a person looks for a "
        "way first, told what stands in the way of hiding the others: format or place, a name, the meaning.",
        "steps.several_students",
    ),
    Step(
        12,
        "Nothing allows it",
        "It is denied, and the reasons name everything that would change the answer.",
        "steps.refusal",
    ),
    Step(
        13,
        "Was somebody in the background asked for by name?",
        "What steps 7 to 11 would release to somebody who asks is referred where the request names a student in the background "
        "who has opted out, unless that is the recipient or the recipient's child.",
        "steps.named_in_crowd",
    ),
)

_ALL = (
    Check("other", 1, "Is it maintained by somebody else than the district?", "The district maintains it."),
    *checks_of(2),
    Check("told-already", 2, "Does the records custodian, or a designee, know of it?"),
    *checks_of(3),
    Check(
        "request",
        4,
        "Does somebody ask for it (it is no publication of the district's own)?",
        "Nobody has to: it is the district's own publication.",
    ),
    Check(
        "by-custodian",
        4,
        "Is it answered by the records custodian or a designee?",
        "The records custodian or a designee is answering it.",
        passed_on=True,
    ),
    *checks_of(5),
    Check("tagged", 6, "Has somebody said who is in the recording?"),
    Check(
        "unnamed",
        6,
        "Is there somebody in it whom no tag names?",
        "Somebody has said who is in it, and nobody is left unnamed.",
    ),
    Check(
        "related",
        7,
        "Is the recording directly related to a student?",
        "The recording is directly related to {related}.",
        passed_on=True,
    ),
    Check("shut", 7, "Is it a closed record, or confidential under another law?"),
    Check("shut-shown", 7, "Can a student be identified in it?"),
    Check("shut-consents", 7, "Is a valid consent on file for every student who can be identified?"),
    Check("shown", 7, "Can a student be identified in it, if only in the background?"),
    Check("crowd-opted-out", 7, "Has one of those in the background opted out?"),
    Check(
        "confidential",
        8,
        "Is it confidential under another law?",
        "It is not marked as confidential under another law.",
    ),
    Check("right-or-consent", 8, "Has somebody a right of their own, or a valid consent?"),
    Check("plan-a", 9, "Plan A: may it be released as directory information, with those who opted out hidden?"),
    Check("plan-b", 9, "Plan B: has the recipient a right of their own, so that the others could be hidden?"),
    Check(
        "plan-c",
        9,
        "Plan C: does it have to stand on written consents, and is one on file for a student it is directly related to?",
    ),
    Check("plan-n", 9, "Plan N: may anybody have a copy in which every directly related student is hidden?"),
    Check(
        "nobody-to-hide",
        9,
        "Is there a ground on which nobody has to be hidden?",
        "Neither directory information, nor a right of the recipient's own, nor written consents let everybody in it "
        "stay visible.",
    ),
    Check("feasible", 10, "Can one of these copies be made?", "No copy that hides them can be released."),
    Check(
        "own",
        11,
        "Has the recipient a right of their own to this recording?",
        "The recipient has no right of their own to this recording.",
    ),
    Check("family", 11, "Is the recipient a parent or an eligible student?"),
    Check("destroyed", 11, "Has a custodian found that redaction would destroy the meaning?"),
    Check("found-unable", 11, "Has a custodian found that it cannot reasonably be redacted?"),
    Check(
        "crowd-asked-for",
        13,
        "Does the request ask by name for a student in the background who has opted out, and who is neither the recipient nor "
        "their child?",
        "The request asks by name for nobody else in the background who has opted out.",
    ),
)

CHECKS: Mapping[str, Check] = {check.id: check for check in _ALL}
# Why a step left the decision to the next one, by the check and the answer that it turned on.
PASSED: Mapping[tuple[str, bool], str] = {(each.id, each.passed_on): each.passed for each in _ALL if each.passed}

# What each plan of step 9 hides.
PLANS: Mapping[str, str] = {
    "A": "hide the directly related students who are protected, or opted out and have no valid consent (directory information)",
    "B": "hide the other directly related students who have no ground of their own (the recipient's own right)",
    "C": "hide every student depicted who has no valid consent (written consents)",
    "N": "hide every directly related student (a copy for anybody)",
}
