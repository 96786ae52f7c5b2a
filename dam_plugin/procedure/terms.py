"""Computes the procedure's defined terms for a case, once: who is identifiable, in focus, opted out, and so on. Pure.

They are in the order of the procedure's section "Terms". Days are compared as (year, month, day), so that 29 February
and the year 9999 need no special case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dam_plugin.model import Consent, Student
from dam_plugin.procedure.case import Case, CaseAsset, District
from dam_plugin.procedure.exceptions import NO_EVIDENCE, OWN_BY_ROLE, Evidence

ADULT = 18
ELIGIBLE = ("adult", "postsecondary")

Students = frozenset[str]
NOBODY: Students = frozenset()

NO_POLICY = District()
_NO_RIGHT = (None, "")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one case; each set holds student ids, `route_closed_by` the clauses that close the route."""

    known: bool
    identifiable: Students  # I
    focus: Students  # F
    related: Students  # D
    opted_out: Students
    consented: Students
    route_closed_by: tuple[str, ...]
    own: Students
    own_clause: str
    preadjudication: Students  # the listed students of I
    evidence: Evidence

    @property
    def route_open(self) -> bool:
        """Whether the directory route is open."""
        return not self.route_closed_by


def terms_of(case: Case) -> Terms:
    """Return the terms of a case."""
    asset, evidence = case.asset, case.share.evidence or NO_EVIDENCE
    identifiable, focus, related = people_of(asset)
    own, own_clause = _own(case, evidence, related)
    listed = evidence.pre_adjudication.students if evidence.pre_adjudication else ()
    return Terms(
        known=asset.tagging == "complete" and asset.unidentified_people == 0,
        identifiable=identifiable,
        focus=focus,
        related=related,
        opted_out=frozenset([s.id for s in case.students if s.opted_out and is_opted_out(s, case)]),
        consented=_consented(case),
        route_closed_by=_route_closed_by(case),
        own=own,
        own_clause=own_clause,
        preadjudication=identifiable.intersection(listed),
        evidence=evidence,
    )


def people_of(asset: CaseAsset) -> tuple[Students, Students, Students]:
    """Return the students who are identifiable (I), in focus (F) and directly related (D) in a recording."""
    seen = [a for a in asset.appearances if a.identifiable]
    told = frozenset(asset.record_pii)
    identifiable = frozenset([a.student for a in seen]) | told
    # RULING prominence-not-known: whom nobody has called incidental is taken as a subject.
    focus = frozenset([a.student for a in seen if a.prominence != "incidental"])
    related = focus | told
    # RULING use-of-nobody: an official use that names nobody is about every student depicted.
    for use in asset.official_uses:
        related |= identifiable.intersection(use.students) if use.students else identifiable
    return identifiable, focus, related


def age_of(student: Student, day: date) -> str:
    """Return the student's standing on a day: `postsecondary`, `unknown`, `adult` or `minor`."""
    # RULING postsecondary: the district says so of a student, and it counts for every day.
    if student.postsecondary:
        return "postsecondary"
    born = student.born
    # RULING age-not-known: taken as a minor, whose rights a parent holds.
    if born is None:
        return "unknown"
    # RULING born-29-february: compared as (year, month, day), so that the birthday is 1 March.
    of_age = (day.year, day.month, day.day) >= (born.year + ADULT, born.month, born.day)
    return "adult" if of_age else "minor"


def is_eligible(student: Student, day: date) -> bool:
    """Whether the student holds the rights on that day: 18 or older, or postsecondary."""
    return age_of(student, day) in ELIGIBLE


def opt_out_of(student: Student, case: Case) -> str:
    """Return the state of the opt-out for this share: `none`, `later`, `ended`, `elsewhere` (another purpose) or `stands`."""
    out = student.opted_out
    if out is None:
        return "none"
    # RULING late-opt-out: it counts from the day it is made, whatever the window was.
    if out.since > case.at:
        return "later"
    if out.ended is not None and out.ended <= case.at:
        return "ended"
    return "stands" if out.purposes is None or case.share.purpose in out.purposes else "elsewhere"


def is_opted_out(student: Student, case: Case) -> bool:
    """Whether an opt-out of the student is in force on the day and reaches the share's purpose."""
    # RULING opt-out-outlives-18: nothing here asks how old the student is now.
    return opt_out_of(student, case) == "stands"


def consent_faults(consent: Consent, student: Student, case: Case) -> tuple[str, ...]:
    """Return why a consent does not hold for this share, as keys of `clauses.CONSENT_FAULTS`; empty = it is valid."""
    # RULING consent-then-opt-out: an opt-out, also a later one, does not revoke a consent: none is looked at here.
    faults = (
        *_signature_faults(consent, student, case),
        "" if consent.purpose == case.share.purpose else "purpose",
        "" if _names_the_party(consent, case) else "party",
        "" if consent.assets is None or case.asset.id in consent.assets else "asset",
        "" if consent.expires is None or case.at <= consent.expires else "expired",
        "" if consent.revoked_on is None or case.at < consent.revoked_on else "revoked",
    )
    return tuple([fault for fault in faults if fault])


def _signature_faults(consent: Consent, student: Student, case: Case) -> tuple[str, ...]:
    signed_on = consent.signed_on
    return (
        "unsigned" if consent.signature == "none" else "",
        "unauthenticated" if consent.signature == "electronic" and not consent.authenticated else "",
        "undated" if signed_on is None else "dated-later" if signed_on > case.at else "",
        "" if consent.signature == "none" else _signer_fault(consent, student, case.at),
    )


def _signer_fault(consent: Consent, student: Student, at: date) -> str:
    if not is_eligible(student, at):
        # RULING one-parent: either parent holds full rights, so one signature is enough.
        return "" if consent.signed_by in student.guardians else "not-a-parent"
    # RULING consent-at-18: the right to consent passed to the student; neither what a parent signed before nor what
    # the student signed as a minor counts.
    if consent.signed_by != student.id:
        return "not-the-student"
    signed_on = consent.signed_on
    return "signed-as-minor" if signed_on is not None and not is_eligible(student, signed_on) else ""


def _names_the_party(consent: Consent, case: Case) -> bool:
    # RULING parties-by-role: a role names everyone in it, and `public` everyone.
    recipient = case.share.recipient
    return "public" in consent.parties or recipient.role in consent.parties or recipient.id in consent.parties


def _consented(case: Case) -> Students:
    if not case.consents:
        return NOBODY
    students = {s.id: s for s in case.students}
    return frozenset([c.student for c in case.consents if not consent_faults(c, students[c.student], case)])


def _route_closed_by(case: Case) -> tuple[str, ...]:
    """Return the clauses that close the directory route, in the order in which step 12 names them."""
    asset, policy = case.asset, case.district or NO_POLICY
    limited = policy.directory_limited_to
    closed_by = (
        "" if _notice_holds(policy.directory_notice, case.at) else "EX4-NOTICE",
        "" if _window_is_over(policy, case.at) else "EX4-WINDOW",
        "" if policy.directory_includes_images else "EX4-DEFINITION",
        "" if limited is None or case.share.purpose in limited else "EX4-LIMITED",
        # RULING discipline-whomever: one use for discipline closes the route for everybody in the recording.
        "EX4-DISCIPLINE" if "discipline" in [use.purpose for use in asset.official_uses] else "",
        "" if asset.directory_status == "eligible" else "EX4-NOT-DIRECTORY",
        "CLOSED" if asset.closed else "",
        "CONFIDENTIAL" if asset.confidential else "",
    )
    return tuple([clause for clause in closed_by if clause])


def _notice_holds(notice: date | None, at: date) -> bool:
    # RULING notice-of-a-year: the same day next year is too late; a notice of 29 February holds through 28 February.
    return (
        notice is not None
        and notice <= at
        and (at.year, at.month, at.day) < (notice.year + 1, notice.month, notice.day)
    )


def _window_is_over(policy: District, at: date) -> bool:
    # RULING through-the-window: on its last day nothing is released as directory information yet.
    # RULING last-years-window: a window that ended before this notice was given answered another notice.
    ends = policy.opt_out_window_ends
    return ends is None or (at > ends and not is_last_years_window(policy))


def is_last_years_window(policy: District | None) -> bool:
    """Whether the opt-out window on file ended before the notice on file was given."""
    if policy is None or policy.opt_out_window_ends is None or policy.directory_notice is None:
        return False
    return policy.opt_out_window_ends < policy.directory_notice


def _own(case: Case, evidence: Evidence, related: Students) -> tuple[Students, str]:
    """Return the students of D that the recipient's own exception covers one by one, and its clause."""
    own, clause = OWN_BY_ROLE.get(case.share.recipient.role, _NO_RIGHT)
    mine = own(case, evidence, is_eligible) if own else None
    return (NOBODY, "") if mine is None else (related.intersection(mine), clause)
