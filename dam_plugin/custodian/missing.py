"""What a referral waits for: the reasons of its last decision, what can be done, and the findings that answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dam_plugin.custodian.case_notes import CaseNotes
from dam_plugin.model import Outcome, Referral, ReferralKind, Share
from dam_plugin.procedure.clauses import CHILD_HIDDEN, LINK_UNSEEN, VOICES, remedy
from dam_plugin.procedure.protection import plain_for_staff
from dam_plugin.sharing.file_referral import ENOUGH, FOUND_LATER, NOTICE_OWED, STATEMENT_OWED, TAKE_DOWN
from dam_plugin.sharing.finding_kinds import ANSWERED_BY


@dataclass(frozen=True, slots=True)
class Missing:
    """One reason for which a referral waits: clause, sentence, what can be done, the students, the kinds of findings."""

    clause: str
    text: str
    remedy: str
    students: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()


def missing_of(
    referral: Referral,
    asked: Share,
    decision: Mapping[str, Any],
    notes: CaseNotes | None,
    *,
    in_full: bool | None = None,
) -> list[Missing]:
    """Return what a referral waits for, by the plain data of its last decision.

    `notes` are what the custodian is told besides, with other remedies; `in_full`: the custodian reads [where there are
    notes]. Others are told plainly.
    """
    if referral.kind in GIVEN_OUT:
        return [GIVEN_OUT[referral.kind]]
    wanted, reasons = referral.missing, decision.get("reasons", [])
    if not (notes is not None if in_full is None else in_full):
        wanted, reasons = plain_for_staff(wanted), plain_for_staff(reasons, asked.purpose)
    told = [(each["clause"], each["text"], each["students"]) for each in reasons]
    # What a copy leaves open is no reason of the decision that released it.
    told += [(each, VOICES[each].sentence, []) for each in (ENOUGH, CHILD_HIDDEN, LINK_UNSEEN) if each in wanted]
    return [
        Missing(
            clause, text, _remedy(clause, text, students, asked, notes), tuple(students), ANSWERED_BY.get(clause, ())
        )
        for clause, text, students in told
        if clause in wanted or (LINK_UNSEEN in wanted and decision.get("outcome") == Outcome.REFER.word)
    ]


def _remedy(clause: str, text: str, students: Sequence[str], asked: Share, notes: CaseNotes | None) -> str:
    can = remedy(clause, purpose=asked.purpose, party=asked.recipient.id or asked.recipient.role, said=text)
    return notes.remedy(clause, can, students) if notes else can


# What the work on a recording that was given out already asks.
GIVEN_OUT: Mapping[ReferralKind, Missing] = {
    "review": Missing(
        "EMERGENCY",
        "a recording was released in an emergency",
        "say whether it was one (--was-threat, or --no-threat, which closes its links), and who has the recording now",
        answered_by=("reviewed",),
    ),
    "found_later": Missing(
        FOUND_LATER,
        "it was given out before a look found these students in it, and today they would not be shown to who got it",
        "get back what can be had, judge whether the families are told, and say both, `dam-plugin queue close ID --why TEXT`",
    ),
    "statement_owed": Missing(
        STATEMENT_OWED,
        "it went out without the statement of the family, which is disclosed whenever the recording is (34 CFR 99.21(c)(2))",
        (
            "send the statement after (`dam-plugin custodian statements KEY` prints it); then say how and when it was sent, "
            "`dam-plugin queue close ID --why TEXT`: the family's page tells the day"
        ),
    ),
    "notice_owed": Missing(
        NOTICE_OWED,
        (
            "it was given under an order that forbade telling these students' families, and forbids it no more (34 CFR "
            "99.31(a)(9)(ii))"
        ),
        (
            "tell each family of the order, and what was given when and to whom; then say how and when they were told, "
            "`dam-plugin queue close ID --why TEXT`"
        ),
    ),
    "take_down": Missing(
        TAKE_DOWN,
        (
            "the district published it, and the answer on file of a family whose child it shows does not permit that any more "
            "(34 CFR 99.30, 99.37)"
        ),
        (
            "take it down from the pages on which it stands; then say when, where and by whom, or that it was never put up, "
            "`dam-plugin queue close ID --why TEXT`"
        ),
    ),
}
