"""Computes the procedure's defined terms for a case, once: who is identifiable, in focus, opted out, and so on. Pure.

They are in the order of the procedure's section "Terms". Days are compared as (year, month, day), so that 29 February
and the year 9999 need no special case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from dam_plugin.model import Consent, OptOut, Student, StudentRecord
from dam_plugin.procedure.case import Case, CaseAsset, District
from dam_plugin.procedure.exceptions import NO_EVIDENCE, OWN_BY_ROLE, Evidence
from dam_plugin.procedure.switches import BUILT_IN, Rulings

ADULT = 18
ELIGIBLE = ("adult", "postsecondary")

Students = frozenset[str]
NOBODY: Students = frozenset()

NO_POLICY = District()
_NO_RIGHT: Mapping[str, Students] = {}
# What makes a consent that is otherwise valid doubtful, as a key of `clauses.CONSENT_FAULTS`.
DOUBTFUL, NOT_A_PARENT = "doubtful", "not-a-parent"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one case; each set holds student ids, `route_closed_by` the clauses that close the route.

    `own_by` holds the students of `own` by the clause that opens each. `doubtful`: the students of I with a doubtful consent
    and none that is valid.
    """

    known: bool
    identifiable: Students  # I
    focus: Students  # F
    related: Students  # D
    protected: Students  # of I
    opted_out: Students
    unanswered: Students  # those of opted_out who count so only while their families may still answer the notice
    consented: Students
    doubtful: Students
    route_closed_by: tuple[str, ...]
    own: Students
    own_by: Mapping[str, Students]
    preadjudication: Students  # the listed students of I
    evidence: Evidence
    rulings: Rulings

    @property
    def route_open(self) -> bool:
        """Whether the directory route is open."""
        return not self.route_closed_by

    @property
    def own_clause(self) -> str:
        """Return the clause that opens the recipient's own students, the first where there are two; "" where own is empty."""
        return next(iter(self.own_by), "")

    def grown_children(self, case: Case) -> Students:
        """Return the students of D whose guardian the recipient, a parent, is, and who hold the rights themselves."""
        who = case.share.recipient
        if who.role != "parent":
            return NOBODY
        children = [s.id for s in case.students if who.id in s.guardians and is_eligible(s, case.at)]
        return self.related.intersection(children)


def terms_of(case: Case, rulings: Rulings = BUILT_IN) -> Terms:
    """Return the terms of a case, whose people are as ruled (`as_ruled`)."""
    asset, evidence = case.asset, case.share.evidence or NO_EVIDENCE
    identifiable, focus, related = people_of(asset)
    said_no = [s for s in case.students if s.opted_out or s.protected or s.may_answer_until]
    protected = identifiable.intersection([s.id for s in said_no if s.protected]) if said_no else NOBODY
    # RULING protected: where this student is must not become known: the background shows too much, they count as opted out
    # of everything (`is_opted_out`), and no consent can take it back (`consent_faults`).
    if protected:
        related |= protected
    own_by = _own(case, evidence, related, rulings)
    listed = evidence.pre_adjudication.students if evidence.pre_adjudication else ()
    consented, doubtful = _consents(case)
    return Terms(
        known=asset.tagging == "complete" and asset.unidentified_people == 0,
        identifiable=identifiable,
        focus=focus,
        related=related,
        protected=protected,
        opted_out=frozenset([s.id for s in said_no if is_opted_out(s, case)]) if said_no else NOBODY,
        unanswered=frozenset([s.id for s in said_no if is_unanswered(s, case)]) if said_no else NOBODY,
        consented=consented,
        doubtful=identifiable.intersection(doubtful) - consented if doubtful else NOBODY,
        route_closed_by=_route_closed_by(case),
        own=NOBODY.union(*own_by.values()) if own_by else NOBODY,
        own_by=own_by,
        preadjudication=identifiable.intersection(listed),
        evidence=evidence,
        rulings=rulings,
    )


def as_ruled(case: Case, rulings: Rulings) -> Case:
    """Return a case with its students as a district's rulings see them."""
    if not rulings.rights_by_age or not any(student.postsecondary for student in case.students):
        return case
    return replace(case, students=tuple(seen_as_ruled(student, rulings) for student in case.students))


def seen_as_ruled(student: Student, rulings: Rulings) -> Student:
    """Return a student as a district's rulings see them."""
    # RULING postsecondary: the district says so of a student, and it counts for every day, or from a day that it names.
    if not rulings.rights_by_age or not student.postsecondary:
        return student
    return replace(student, postsecondary=False, postsecondary_since=None)


def people_of(asset: CaseAsset) -> tuple[Students, Students, Students]:
    """Return the students who are identifiable (I), in focus (F) and directly related (D) in a recording.

    A protected student who is identifiable is in D besides, which the recording alone does not tell.
    """
    seen = [a for a in asset.appearances if a.identifiable]
    told = frozenset(asset.record_pii)
    identifiable = frozenset([a.student for a in seen])
    # RULING prominence-not-known: whom nobody has called incidental is taken as a subject.
    focus = frozenset([a.student for a in seen if a.prominence != "incidental"])
    related = focus
    if told:
        identifiable, related = identifiable | told, focus | told
    # RULING use-of-nobody: an official use that names nobody is about every student depicted.
    for use in asset.official_uses:
        related |= identifiable.intersection(use.students) if use.students else identifiable
    return identifiable, focus, related


def age_of(student: Student, day: date) -> str:
    """Return the student's standing on a day: `ward`, `postsecondary`, `unknown`, `adult` or `minor`."""
    # RULING ward: the rights are with whom a court appointed as guardian, for as long as the student lives.
    if student.ward and (student.died is None or student.died > day):
        return "ward"
    since = student.postsecondary_since
    if student.postsecondary and (since is None or since <= day):
        return "postsecondary"
    born = student.born
    # RULING age-at-death: age stops there, so that the parents of a minor who died hold the rights.
    if student.died is not None:
        day = min(day, student.died)
    # RULING age-not-known: taken as a minor, whose rights a parent holds.
    if born is None:
        return "unknown"
    # RULING born-29-february: compared as (year, month, day), so that the birthday is 1 March.
    of_age = (day.year, day.month, day.day) >= (born.year + ADULT, born.month, born.day)
    return "adult" if of_age else "minor"


def comes_of_age(student: Student) -> date | None:
    """Return the day on which a student turns 18; None where no date of birth is on file, or behind the calendar's end."""
    born = student.born
    if born is None or born.year + ADULT > date.max.year:
        return None
    # 18 years after a leap year there is none, so the day is 1 March.
    leap_day = (born.month, born.day) == (2, 29)
    return date(born.year + ADULT, 3, 1) if leap_day else born.replace(year=born.year + ADULT)


def is_eligible(student: Student, day: date, rulings: Rulings = BUILT_IN) -> bool:
    """Whether the student holds the rights on that day: 18 or older, or postsecondary. Who is as ruled already stays so."""
    return age_of(seen_as_ruled(student, rulings) if rulings.rights_by_age else student, day) in ELIGIBLE


def has_rights(record: StudentRecord, day: date, rulings: Rulings = BUILT_IN) -> bool:
    """Whether a student on the roster holds the rights on a day, by all that is on file: see `is_eligible`."""
    return is_eligible(record.student_on(day), day, rulings)


def opt_out_of(student: Student, case: Case) -> str:
    """Return the state of the opt-out for this share: `none`, `later`, `ended`, `elsewhere` (another purpose) or `stands`.

    A protected student counts as opted out whatever this says.
    """
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
    """Whether an opt-out of the student is in force on the day and reaches the share's purpose, or the student counts so.

    So count the protected, and those whose families may still answer the notice.
    """
    # RULING opt-out-outlives-18: nothing here asks how old the student is now.
    return student.protected or opt_out_of(student, case) == "stands" or is_unanswered(student, case)


def is_unanswered(student: Student, case: Case) -> bool:
    """Whether the student counts as opted out only because the family, new since the notice, may still answer it."""
    # RULING new-student: the family has its own time to answer, and nothing is released on its silence through the last day.
    ends = student.may_answer_until
    return ends is not None and case.at <= ends and not student.protected and opt_out_of(student, case) != "stands"


def consent_faults(consent: Consent, student: Student, case: Case) -> tuple[str, ...]:
    """Return why a consent does not hold for this share, as keys of `clauses.CONSENT_FAULTS`; empty = it is valid."""
    faults = (
        "protected" if student.protected else "",
        *_signature_faults(consent, student, case),
        "" if consent.purpose == case.share.purpose else "purpose",
        "" if _names_the_party(consent, case) else "party",
        "" if consent.assets is None or case.asset.id in consent.assets else "asset",
        "" if consent.expires is None or case.at <= consent.expires else "expired",
        "" if consent.revoked_on is None or case.at < consent.revoked_on else "revoked",
        DOUBTFUL if student.opted_out is not None and _is_doubtful(consent, student.opted_out, student, case) else "",
    )
    return tuple([fault for fault in faults if fault])


def _is_doubtful(consent: Consent, out: OptOut, student: Student, case: Case) -> bool:
    """Whether an opt-out that is in force for the share's purpose came after a consent, or may have come on the same day."""
    # RULING consent-then-opt-out: the family may have meant to take the consent back: nobody loses by asking them. On one
    # day either may be the last word, and each parent may have said one of the two.
    signed_on = consent.signed_on
    if signed_on is None or out.since < signed_on or (out.since == signed_on and consent.after_opt_out):
        return False
    return opt_out_of(student, case) == "stands"


def _signature_faults(consent: Consent, student: Student, case: Case) -> tuple[str, ...]:
    signed_on = consent.signed_on
    return (
        "unsigned" if consent.signature == "none" else "",
        "unauthenticated" if consent.signature == "electronic" and not consent.authenticated else "",
        "undated" if signed_on is None else "dated-later" if signed_on > case.at else "",
        "" if consent.signature == "none" else signer_fault(consent, student, case.at),
    )


def signer_fault(consent: Consent, student: Student, at: date) -> str:
    """Return why whoever signed a consent could not, as a key of `clauses.CONSENT_FAULTS`; "" where they could."""
    if not is_eligible(student, at):
        # RULING one-parent: either parent holds full rights, so one signature is enough.
        return "" if consent.signed_by in student.guardians else NOT_A_PARENT
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


def _consents(case: Case) -> tuple[Students, Students]:
    """Return the students with a valid consent, and those with one that is doubtful and otherwise valid."""
    if not case.consents:
        return NOBODY, NOBODY
    students = {s.id: s for s in case.students}
    valid, doubtful = [], []
    for consent in case.consents:
        faults = consent_faults(consent, students[consent.student], case)
        if not faults:
            valid.append(consent.student)
        elif faults == (DOUBTFUL,):
            doubtful.append(consent.student)
    return frozenset(valid), frozenset(doubtful) if doubtful else NOBODY


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


def _own(case: Case, evidence: Evidence, related: Students, rulings: Rulings) -> Mapping[str, Students]:
    """Return the students of D that the recipient's own exceptions cover one by one, by clause; no clause covers nobody."""
    rows = OWN_BY_ROLE[case.share.recipient.role]
    if not rows:
        return _NO_RIGHT
    mine = {}
    for own, clause, unless in rows:
        if unless is not None and unless(rulings):
            continue
        students = own(case, evidence, is_eligible)
        if students and (shown := related.intersection(students)):
            mine[clause] = shown
    return mine
