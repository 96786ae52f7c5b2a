"""Records disclosures without a link: handed over by hand, or seen and heard in the office. They count as releases.

Letting a person view or listen is a disclosure (34 CFR 99.3, "disclosure"), so a viewing in the office is decided first,
like a share. The custodian decides on handing something over and states the exception: the plugin only records it.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, BinaryIO

from dam_plugin.errors import NOT_IN_LIBRARY, CaseError, InputError, NotProven, StoreError, UnknownThing
from dam_plugin.model import (
    Appearance,
    Decision,
    InPerson,
    LedgerEntry,
    Outcome,
    Recipient,
    Referral,
    Share,
    StudentRecord,
    role_and_id,
)
from dam_plugin.private_files import on_disk, workroom
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.clauses import FEDERAL_LAW, HANDED_OVER, MISTAKE, TO_STUDENT, TRANSFER, reason, remedy
from dam_plugin.procedure.exceptions import BY_CLAUSE, FAMILY, OTHER_SCHOOL, RECORDED, concerned
from dam_plugin.procedure.order_day import NOTICE
from dam_plugin.procedure.steps import does_not_carry, ground_of
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import as_ruled, has_rights, terms_of
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import check_division, check_guardian_id, check_words
from dam_plugin.sharing.closed_records import is_unit_record
from dam_plugin.sharing.federal_law import BY_FEDERAL_LAW, check_federal_law
from dam_plugin.sharing.file_referral import (
    OWN,
    is_unreviewed_copy,
    offers_to_families,
    open_review,
    open_statement_owed,
)
from dam_plugin.sharing.finding_kinds import EvidenceFile
from dam_plugin.sharing.gather_case import CaseGatherer, OrderNotice, case_asset, needs_two
from dam_plugin.sharing.join_request import join_answered
from dam_plugin.sharing.make_copy import Copy, sha256_of
from dam_plugin.sharing.notice import notice_for
from dam_plugin.sharing.secret_order import DIVISION
from dam_plugin.sharing.share import (
    ATTEMPTS,
    TOO_FAST,
    Answer,
    Basis,
    announced,
    basis_of_share,
    begun,
    by_order,
    case_of_share,
    copied,
    keep_attempt,
    new_share_id,
    record_refusal,
    record_share,
    saying_the_day,
    span_of_share,
    tell_decision,
    with_what_staff_hear,
)
from dam_plugin.sharing.targeted import check_names_nobody
from dam_plugin.sharing.third_parties import reviewed_by_third_parties
from dam_plugin.sharing.wrong_role import check_outsider, check_police
from dam_plugin.store import StoredAsset, Unit

JOINT = "EX2-MULTI"
_REPRESENTATIVE = "EX2-REPRESENTATIVE"
EMERGENCY = "EX9"
ORDER = "EX7"
LONGEST_HOW = 500
NO_PLACE = "only a copy in which people are hidden may be shown: say where it goes, --out FILE"

LEFT_TO_WARD = (
    "a court gave the rights over the record of {0} to {1}: where its letters leave the student the right to this record, "
    "state that first, `dam-plugin student guardian retained {0} --seen TEXT --file COPY`"
)
_ANOTHER = "; or give what it was handed over on, as another --basis"
_STATED = "`dam-plugin queue finding {referral} evidence --evidence FILE`"
_ON_PAPER = "`dam-plugin queue finding {referral} evidence --evidence FILE --file PAPER`"
# What a handover says of what is on file, and how it is put there.
_CARRIED_BY = {
    "EX1": _STATED,
    "EX3": f"`dam-plugin consent add S-…`{_ANOTHER}",
    "EX4": f"`dam-plugin consent add S-…`, and --basis EX3{_ANOTHER}",
    "EX5": _ON_PAPER,
    "EX6": _ON_PAPER,
    "EX7": _STATED,
    "EX8": _STATED,
}
_DIVISION_ASKS = (
    "what the Children's Division gets may be about a report, and {0} is for everybody's eyes: where it is the Division's, "
    "seal it first, `dam-plugin queue seal {0} --why TEXT --as custodian:NAME`; where somebody else asked, share it with the "
    "Division by itself, and record this for the referral of that share"
)
_AT_ONCE = (
    "where the paper says that it is answered at once, and the families were told on the day itself, say both, `dam-plugin "
    "letter effort … --at-once WORDS`, and state its evidence"
)
# What an order reaches is released to whoever it is for; what is on file of an interest, a report or a certification, is of
# the one who brought it.
_OF_ANYBODY = ("EX3", "EX4", "EX7")

Place = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the file that a copy for the office is written to; it appears there once the block ends well."""


# Handed over by hand


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The custodian's statement about a handover: the recipient, the exception, the people shown, the day and the means.

    `students` are in the recording as it is tagged, `also` are not. `on` null: today. `threat` belongs to an emergency,
    `enrolled` to a transfer: of each student what shows that they seek to enroll, or are enrolled, in that school.
    `before_notice` says of an order that it went out before the families were told of it, `with_statement` that the families'
    statements went along (34 CFR 99.21(c)(2)), `without_statement` why they did not, although they were
    on file. `law` and `paper` belong to what is given by a federal law: the provision (`42 U.S.C. 15043(a)(2)(I)`), and the
    copy of what shows it.
    """

    recipient: Recipient
    basis: str
    students: tuple[str, ...]
    also: tuple[str, ...] = ()
    how: str | None = None
    on: date | None = None
    threat: str | None = None
    enrolled: tuple[tuple[str, str], ...] = ()
    before_notice: bool = False
    law: str | None = None
    paper: EvidenceFile | None = None
    with_statement: bool = False
    without_statement: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A disclosure by hand as it is on record: its share and entry, and the work that it leaves to the custodian.

    `offers` go to other families; `review` is that of an emergency. `unnamed` are students of the recording that the custodian
    did not name. `before_notice` as in `HandedOver`. `statement_owed` is that a family's statement be sent after.
    """

    share: Share
    decision: Decision
    entry: LedgerEntry
    offers: tuple[Referral, ...] = ()
    unnamed: tuple[str, ...] = ()
    before_notice: bool = False
    review: Referral | None = None
    statement_owed: Referral | None = None

    @property
    def left(self) -> tuple[Referral, ...]:
        """The work that it leaves to the custodian."""
        afterwards = (self.review, self.statement_owed)
        return (*self.offers, *(each for each in afterwards if each is not None))


def check_handed_over(services: Services, referral: Referral, given: HandedOver) -> None:
    """Raise InputError for an impossible handover: without an exception, a recipient or people shown, or on another day."""
    to, clause = given.recipient, given.basis
    check_division(to)
    check_guardian_id(to)
    _check_basis(clause, to.role, by_hand=True)
    if not to.id:
        raise InputError(f"the record says who received it: write {to.role}:ID")
    with services.store.reading() as unit:
        check_names_nobody(unit, to)
        check_police(services, unit, to)
        check_outsider(services, unit, to)
        came = _came(services, unit, referral)
    if not (given.students or given.also):
        raise InputError("the record is each student's own: name those whom it shows, --students S-…,S-…")
    if clause == JOINT and given.also:
        raise InputError(
            f"{JOINT} leaves an offer to each other family: say first who is in the recording, "
            f"`dam-plugin queue finding {referral.id} identified --person S-… --as custodian:NAME`"
        )
    if (given.threat is not None) != (clause == EMERGENCY):
        raise InputError(
            f"the record of {EMERGENCY} says what the threat was (34 CFR 99.32(a)(5)): --threat TEXT"
            if clause == EMERGENCY
            else f"--threat belongs to {EMERGENCY}: leave it out"
        )
    _check_enrolled(given)
    _check_law(given)
    if clause == MISTAKE and not given.how:
        raise InputError("say what went wrong, and what was done to get it back: --how TEXT")
    if given.before_notice and clause != ORDER:
        raise InputError(f"--before-notice belongs to {ORDER}: leave it out")
    said = (
        ("--how", given.how),
        ("--threat", given.threat),
        ("--without-statement", given.without_statement),
        *(("--enrolled", text) for _, text in given.enrolled),
    )
    for option, text in said:
        if text is not None and (not text.strip() or not text.isprintable() or len(text) > LONGEST_HOW):
            raise InputError(f"{option} takes one line of at most {LONGEST_HOW} characters")
    today = services.now().date()
    if given.on is not None and not came <= given.on <= today:
        what = "is not here yet" if given.on > today else f"is before the request, which came on {came}"
        raise InputError(f"{given.on} {what}: give the day on which it was handed over, --on YYYY-MM-DD")


def _came(services: Services, unit: Unit, referral: Referral) -> date:
    """Return the day on which the first request came that a referral answers, by the register; else that of the referral."""
    came = unit.requests.came([referral.id, referral.share_id], referral.opened_at)
    return came.astimezone(services.now().tzinfo).date()


def _check_not_the_units(services: Services, stored: StoredAsset, given: HandedOver) -> None:
    """Raise InputError for a law-enforcement unit's record, which no exception of FERPA is about; an emergency is open."""
    asset = case_asset(stored.asset, stored.tagging, at=services.now().date())
    if is_unit_record(asset.confidential) and given.basis not in (EMERGENCY, MISTAKE):
        raise InputError(
            "this is a record of the law-enforcement unit and no education record (34 CFR 99.8): nothing of it is handed over "
            "here. Send whoever asks to the records custodian of the unit (RSMo 610.100), and close it with --why TEXT alone"
        )


def _check_joint(stored: StoredAsset, given: HandedOver, referral: Referral) -> None:
    """Raise InputError where a whole recording of several families was given out, and no finding says that it has to be whole.

    A parent inspects the information about their own child alone (34 CFR 99.12(a)). The finding takes two people where
    anything else does on such a recording; one that waits for the second is not in the tags yet.
    """
    tagging = stored.tagging
    if given.basis != JOINT or tagging.meaning == "destroyed" or tagging.cannot_be_redacted:
        return
    found = {"unreviewed": "nobody has said yet what hiding the others does to the meaning"}.get(
        tagging.meaning, f"the finding on file is that hiding the others leaves the meaning {tagging.meaning}"
    )
    raise InputError(
        f"{JOINT} gives every family the whole recording only where hiding the others destroys what it means, or cannot "
        f"reasonably be done (34 CFR 99.12(a)), and {found}. Where that is wrong, state first `dam-plugin queue finding "
        f"{referral.id} meaning destroyed`, or `… means none --why TEXT --inspection-offered TEXT`, which a second person "
        f"approves on a recording for discipline; where the whole went out already, record it with --basis {MISTAKE}"
    )


def _check_order(
    services: Services, unit: Unit, stored: StoredAsset, request: Share, given: HandedOver, *, is_theirs: bool
) -> None:
    """Raise InputError where the whole was given to a person whose rights over a student in it a court order limits.

    By hand as by a link it takes the finding that the custodian looked, in the work in which this person asks (`is_theirs`).
    Where one custodian may say that alone, the handover itself says it there.
    """
    if given.basis != JOINT or (is_theirs and not needs_two(stored.tagging)):
        return
    day = given.on or services.now().date()
    gathering = CaseGatherer(unit, services.settings, day, rulings=services.rulings)
    asked = request if is_theirs else replace(request, referral=None)
    case = _case(services, gathering, stored, asked)
    kept = sorted(gathering.kept_by_order(case, asked)) if case else []
    if kept:
        to, key = role_and_id(given.recipient.role, given.recipient.id), shlex.quote(request.asset_key)
        ask = "" if is_theirs else f"share it with them first (`dam-plugin share {key} --to {to} …`); "
        referral = request.referral if is_theirs else "ID"
        raise InputError(
            f"a court order limits the rights of '{to}' over {kept[0]}, whom the whole recording shows: {ask}read what the "
            f"order leaves, and state `dam-plugin queue finding {referral} reviewed TEXT`, which a second person approves on a "
            f"recording for discipline; where the whole went out already, record it with --basis {MISTAKE}"
        )


def _check_enrolled(given: HandedOver) -> None:
    """Raise InputError for a transfer of a student of whom nothing shows that the school is theirs (34 CFR 99.31(a)(2))."""
    theirs = sorted({*given.students, *given.also}) if given.basis == TRANSFER else []
    shown = [student for student, _ in given.enrolled]
    for student in theirs:
        if shown.count(student) != 1:
            raise InputError(
                "a transfer is of a student who seeks to enroll or is enrolled in that school: say once what shows it of "
                f"{student}, as --enrolled '{student}=the registrar, called back', and hide who goes to another school"
            )
    for student in shown:
        if student not in theirs:
            raise InputError(
                f"--enrolled is of the students of a {TRANSFER}, and {student} is not among them: leave it out, or name them "
                "with --students"
            )


def _check_law(given: HandedOver) -> None:
    """Raise InputError for what goes to an agency by federal law without the law, or the paper that shows it."""
    if given.basis != FEDERAL_LAW:
        if given.law is not None or given.paper is not None:
            raise InputError(f"--law and --file belong to {FEDERAL_LAW}: leave them out")
        return
    if given.law is None or given.paper is None:
        raise InputError(
            f"the record of {FEDERAL_LAW} says which law gives it to them, and keeps what shows it: --law '42 U.S.C. …', and "
            "--file COPY of the agency's letter or of the attorney's advice"
        )
    check_federal_law(given.law)


def record_handed_over(
    services: Services, unit: Unit, referral: Referral, request: Share, given: HandedOver
) -> Recorded:
    """Record what was handed over for a referral as a release is recorded, in the caller's transaction.

    What was handed over in an emergency leaves a review, as a link does. `request` is the referral's share as the custodian
    would ask for it again. Raises InputError, UnknownThing.
    """
    check_handed_over(services, referral, given)
    asked, on_file = request.recipient, request.evidence
    if given.recipient.role == DIVISION and asked.role != DIVISION and not referral.secret:
        raise InputError(_DIVISION_ASKS.format(referral.id))
    request = _handed_over_by(services, request, given, referral)
    stored = _recording(unit, referral)
    _check_not_the_units(services, stored, given)
    named = _named(unit, stored, given)
    on = given.on or services.now().date()
    statements = _statements_of(unit, referral, stored, given, named, on)
    shown = on_file.get("dependent") if request.recipient == asked else None
    is_family = _is_family(services, unit, given, named, stored, frozenset((shown or {}).get("students") or ()))
    _check_joint(stored, given, referral)
    _check_order(services, unit, stored, request, given, is_theirs=request.recipient == asked)
    is_theirs = given.basis in _OF_ANYBODY or given.recipient == asked
    counts = replace(request, evidence=on_file if is_theirs else {})
    on_file_of_order = _check_on_file(services, unit, counts, stored, given, named, is_theirs=is_theirs)
    today = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)
    case = _case(services, today, stored, request)
    terms = terms_of(as_ruled(case, services.rulings), services.rulings) if case else None
    # A person's own child does not count as another family's.
    own = terms.own & named if terms and given.basis == JOINT else frozenset()
    basis = {each: ground_of(terms, each) if terms and each in own else given.basis for each in sorted(named)}
    by_role = given.basis in HANDED_OVER.values()
    as_told = by_role or (given.basis == JOINT and stored.tagging.meaning != "destroyed")
    why = reason(given.basis, (named - own) or named, otherwise=as_told, purpose=request.purpose, law=given.law)
    # What goes to somebody who only says to be the family is no disclosure to a parent (34 CFR 99.32(d)(1)).
    recorded = (
        by_role or given.basis in (MISTAKE, TO_STUDENT) or not RECORDED.isdisjoint(basis.values()) or not is_family
    )
    decision = Decision(Outcome.ALLOW, basis=basis, reasons=(why,), record_disclosure=recorded)
    details = {
        "case": plain_case(case) if case else _bare_case(stored, request),
        "release": None,
        "in_person": InPerson(
            "handed over",
            on,
            given.how,
            referral=referral.id,
            enrolled=given.enrolled,
            before_notice=given.before_notice,
            law=given.law,
            paper=given.paper.sha256 if given.paper else None,
            statement_of=statements.went,
            statement_owed=statements.owed,
            without_statement=given.without_statement,
        ),
    }
    if notice := on_file_of_order.of(by_order(decision)):
        details["order_notice"] = notice
    entry = keep_attempt(services, unit, request, stored.asset.id, decision, details, named)
    if request.recipient == asked:
        # What went to somebody else answers nobody's request.
        join_answered(services, unit, request, (), request.at or services.now())
    offers = offers_to_families(services, unit, request, case, decision) if case else []
    left = terms.related - named if terms else ()
    review = open_review(services, unit, request, decision) if given.basis == EMERGENCY else None
    owed = open_statement_owed(services, unit, request, statements.owed) if statements.owed else None
    unnamed = tuple(sorted(left))
    return Recorded(request, decision, entry, tuple(offers), unnamed, given.before_notice, review, owed)


def _check_basis(clause: str, role: str, *, by_hand: bool = False) -> None:
    row = BY_CLAUSE.get(clause)
    known = (*BY_CLAUSE, *HANDED_OVER.values(), TO_STUDENT, MISTAKE) if by_hand else tuple(BY_CLAUSE)
    if clause not in known:
        hint = Hints().hint_of_value(clause, known)
        raise InputError(
            f"'{clause}' is no exception on which something is disclosed{hint} (one of {', '.join(known)})"
        )
    of_role = {FEDERAL_LAW: BY_FEDERAL_LAW, TO_STUDENT: ("eligible_student",), MISTAKE: None}
    by_hand_alone = of_role.get(clause, (OTHER_SCHOOL.id,))
    roles = concerned(row.concerns, row) if row is not None else by_hand_alone
    if roles is not None and role not in roles:
        raise InputError(f"{clause} is for {' or '.join(roles)}, not for '{role}': give another --basis")


def _handed_over_by(services: Services, request: Share, given: HandedOver, referral: Referral) -> Share:
    # The evidence and the requested names belong to the person who asked.
    same = given.recipient == request.recipient
    evidence = request.evidence if same else {}
    if given.threat is not None:
        evidence = {**evidence, "emergency": {"threat": given.threat, "recipient_needs_it": True}}
    return check_words(
        replace(
            request,
            id=new_share_id(),
            at=services.now(),
            kind="request",
            recipient=given.recipient,
            names=request.names if same else (),
            evidence=evidence,
            referral=referral.id,
            secret=referral.secret,
        )
    )


def _recording(unit: Unit, referral: Referral) -> StoredAsset:
    """Return the recording of a referral as it was last, also where it has left the library since. Raises UnknownThing."""
    stored = unit.assets.newest(referral.asset_key)
    if stored is None:
        raise UnknownThing(NOT_IN_LIBRARY)
    return stored


def _named(unit: Unit, stored: StoredAsset, given: HandedOver) -> frozenset[str]:
    """Return the people in a handover. Raises InputError for a person who is not in the recording, UnknownThing."""
    for student in (*given.students, *given.also):
        unit.people.need(student)
    for student in given.students:
        if student not in stored.tagging.students:
            raise InputError(
                f"{student} is not among those who are tagged in this recording: check it with `dam-plugin tags`, or give "
                f"--also {student} if what was handed over shows them all the same"
            )
    return frozenset((*given.students, *given.also))


@dataclass(frozen=True, slots=True)
class _Statements:
    """The students whose families' statements went along with a handover, and those whose statements did not."""

    went: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()


def _statements_of(
    unit: Unit, referral: Referral, stored: StoredAsset, given: HandedOver, named: frozenset[str], day: date
) -> _Statements:
    """Return whose statements went along with what was handed over on a day, and whose did not.

    Asked is of those that were on file on that day. Raises InputError where nobody says it, or says it of none.
    """
    kept = [each for each in unit.statements.of(referral.asset_key, stored.asset) if each.student_id in named]
    goes = tuple(sorted({each.student_id for each in kept if each.on <= day}))
    is_told = given.with_statement or given.without_statement is not None
    if given.with_statement and given.without_statement is not None:
        raise InputError("it went along or it did not: --with-statement, or --without-statement WHY")
    if is_told and not goes:
        option = "--with-statement" if given.with_statement else "--without-statement"
        when = f"was on file on {day}" if kept else "goes with this recording"
        raise InputError(f"no family's statement {when}: leave {option} out")
    if goes and not is_told:
        raise InputError(
            f"the statement of the family of {goes[0]} goes with this recording wherever it is disclosed (34 CFR "
            f"99.21(c)(2)): `dam-plugin custodian statements {shlex.quote(referral.asset_key)}` prints it; hand it over too, "
            "and add --with-statement. What went out without it already is recorded as such with --without-statement WHY"
        )
    return _Statements(went=goes) if given.with_statement else _Statements(owed=goes)


def _check_on_file(
    services: Services,
    unit: Unit,
    request: Share,
    stored: StoredAsset,
    given: HandedOver,
    named: frozenset[str],
    *,
    is_theirs: bool,
) -> OrderNotice:
    """Return how the families were told of an order on that day; nothing on another exception.

    Raises InputError where what it is said to rest on is not on file, or its day has not come, by the procedure's own rules.
    `request` has the evidence that counts for whoever received the recording; what is on file is not `is_theirs` where somebody
    else brought it. What went out before the notice of an order is taken where that is said.
    """
    if given.basis not in _CARRIED_BY:
        return OrderNotice()
    shown = tuple(Appearance(each) for each in sorted(named - stored.tagging.students))
    seen = replace(stored, tagging=replace(stored.tagging, appearances=(*stored.tagging.appearances, *shown)))
    gathering = CaseGatherer(unit, services.settings, given.on or services.now().date(), rulings=services.rulings)
    case = _case(services, gathering, seen, request)
    if case is None:
        return OrderNotice()
    case = as_ruled(case, services.rulings)
    lacking = Decision(
        Outcome.DENY, reasons=tuple(does_not_carry(case, terms_of(case, services.rulings), given.basis, named))
    )
    why = saying_the_day(lacking, gathering.told_until(case)).reasons
    if given.before_notice:
        if not why:
            raise InputError("the families were told, and the day of the answer had come: leave --before-notice out")
        why = tuple(each for each in why if each.clause != NOTICE)
    if not why:
        return gathering.notice_before_time(case, request) if given.before_notice else gathering.order_notice(case)
    to = given.recipient.id
    can = dict.fromkeys(remedy(each.clause, purpose=request.purpose, party=to, said=each.text) for each in why)
    carried_by = _CARRIED_BY[given.basis].format(referral=request.referral)
    if not is_theirs:
        who = shlex.quote(role_and_id(given.recipient.role, given.recipient.id))
        carried_by = (
            f"ask for it as who received it, `dam-plugin share {shlex.quote(request.asset_key)} --to {who} --purpose TEXT "
            "--evidence FILE`: what is on file of somebody else does not count for them"
        )
    if any(each.clause == NOTICE for each in why):
        carried_by += f"; {_AT_ONCE}; what has gone out already is recorded as such with --before-notice"
    raise InputError(
        f"what is on file does not carry {given.basis}: {' '.join(each.text for each in why)} {' '.join(can)} Then "
        f"{carried_by}"
    )


def _is_family(
    services: Services,
    unit: Unit,
    given: HandedOver,
    named: frozenset[str],
    stored: StoredAsset,
    dependents: frozenset[str],
) -> bool:
    """Whether the recipient holds a family's rights where they say so; true of any other role.

    `dependents`: of whom the evidence of the referral shows it. Raises InputError where the exception asks for these rights.
    """
    to = given.recipient
    if to.role not in FAMILY or to.id is None:
        return True
    about = named if given.basis != JOINT else frozenset(stored.tagging.students)
    records, day = unit.people.students_of(about), given.on or services.now().date()
    faults = [
        fault for each in sorted(records) if (fault := _no_right(records[each], to.role, to.id, day, given.basis))
    ]
    if given.basis == TO_STUDENT:
        _check_to_student(records, faults, day, services.rulings)
    if not faults and given.basis in OWN:
        faults = [
            fault
            for each in sorted(records)
            if (given.basis != "EX2-DEPENDENT" or each not in dependents)
            and (fault := _other_holds_rights(records[each], to.role, to.id, day, given.basis, services.rulings))
        ]
    if not faults or (given.basis == JOINT and len(faults) < len(records)):
        return True
    if given.basis in (*OWN, JOINT):
        raise InputError(f"{faults[0]}; or give what it was handed over on, as --basis EX3 with a consent that holds")
    return False


def _check_to_student(records: Mapping[str, StudentRecord], faults: Sequence[str], day: date, rulings: Rulings) -> None:
    """Raise InputError unless it is the student's own record alone, and another holds the rights (34 CFR 99.31(a)(12))."""
    if faults or len(records) != 1:
        raise InputError(
            f"{TO_STUDENT} gives a student nothing but their own record (34 CFR 99.31(a)(12)): hide the others, and name that "
            "student alone with --students"
        )
    ((student, record),) = records.items()
    if has_rights(record, day, rulings):
        raise InputError(f"{student} holds the rights: it is the student's own by right, give --basis EX2")


def _no_right(record: StudentRecord, role: str, person: str, day: date, clause: str) -> str:
    """Return why a person holds no family's right over a student, and what can be done; "" where they do.

    A guardian's representative holds it on an exception of their own, and of a recording for several families on theirs.
    """
    named = role == "parent" and person in record.own_representatives_on(day)
    represents = named or (role == "parent" and person in record.representatives_on(day))
    if represents and clause in (_REPRESENTATIVE, JOINT):
        return ""
    if represents and person not in record.guardians_on(day):
        whom = "the student" if named else "one"
        return f"'{person}' is no guardian of {record.id}, but represents {whom}: give --basis {_REPRESENTATIVE}"
    if clause == _REPRESENTATIVE:
        return (
            f"'{person}' represents no guardian who holds the rights over {record.id}, nor the student: state first whose "
            f"signed authority you saw, `dam-plugin student guardian represent {record.id} {person} --for G-… --name NAME "
            "--seen TEXT --file COPY`"
        )
    verify = "verify first who they are (`dam-plugin student guardian verify`)"
    if role == "eligible_student":
        themselves = person == record.id or person in record.stated_on(day, "self")
        return "" if themselves else f"'{person}' is not the student {record.id}: {verify}"
    order = next((each for each in record.limits_on(day, person) if each.what == "limited"), None)
    if order is not None:
        return (
            f"a court order, on file since {order.since} as {order.id}, keeps '{person}' from a parent's rights over "
            f"{record.id} (`dam-plugin student show {record.id} --as custodian:NAME`): where it holds no longer, end it first, "
            f"`dam-plugin student guardian end {order.id}`"
        )
    return "" if person in record.guardians_on(day) else f"'{person}' is no guardian of {record.id}: {verify}"


def _other_holds_rights(record: StudentRecord, role: str, person: str, day: date, clause: str, rulings: Rulings) -> str:
    """Return why another one holds the rights over a student (34 CFR 99.5), and what can be done; "" where nobody does.

    What the family of a student who has died may see, the custodian decides.
    """
    is_own = has_rights(record, day, rulings)
    if role == "parent" and (by_authority := _by_authority(record, person, day, clause, is_own=is_own)) is not None:
        return by_authority
    if clause == "EX2-DEPENDENT":
        if is_own and person not in record.stated_on(day, "dependent"):
            return (
                f"nothing on file says that {record.id} is a dependent of '{person}' for tax: state first what was shown, "
                f"`dam-plugin student guardian dependent {record.id} {person} --seen TEXT`"
            )
        return "" if is_own else f"{record.id} is not 18 yet and not in college: to a guardian it goes on EX2"
    if role == "eligible_student" and not is_own:
        return _others_for_student(record, day)
    if role == "parent" and is_own and not record.has_died(day):
        return (
            f"the rights over the record are {record.id}'s own now: to a parent it goes on EX2-DEPENDENT, once what shows it "
            f"is on file (`dam-plugin student guardian dependent {record.id} {person} --seen TEXT`)"
        )
    return ""


def _others_for_student(record: StudentRecord, day: date) -> str:
    """Return who holds the rights in a student's place; "" where the letters of a guardianship leave the student the record."""
    guardians = record.appointed_on(day)
    if not guardians:
        return (
            f"{record.id} is not 18 yet and not in college, so the rights are the parents': hand it to a parent; who attends a "
            f"college is stated first, `dam-plugin student college {record.id} --seen TEXT`"
        )
    return "" if record.retains_on(day) else LEFT_TO_WARD.format(record.id, ", ".join(guardians))


def _by_authority(record: StudentRecord, person: str, day: date, clause: str, *, is_own: bool) -> str | None:
    """Return why nobody who holds the rights signed for a representative, "" where somebody did; None for another clause."""
    named = person in record.own_representatives_on(day)
    if clause == JOINT:
        return "" if named and is_own else None
    if clause != _REPRESENTATIVE or (is_own and named) or (not is_own and person in record.representatives_on(day)):
        return "" if clause == _REPRESENTATIVE else None
    if not is_own:
        return f"the rights over the record are not {record.id}'s own to give to '{person}'"
    return (
        f"the rights over the record are {record.id}'s own now, and what a parent signed ended with the parent's: where the "
        f"student signed it for this person, state that, `dam-plugin student guardian represent … --for {record.id}`"
    )


def _case(services: Services, gathering: CaseGatherer, stored: StoredAsset, request: Share) -> Case | None:
    """Return the case as it would be decided on the day of its gatherer.

    None if what is on file makes none, which undoes no disclosure.
    """
    try:
        return case_of_share(services, gathering, stored, request)
    except (CaseError, UnknownThing):
        return None


def _bare_case(stored: StoredAsset, request: Share) -> dict[str, Any]:
    share = {"kind": request.kind, "purpose": request.purpose, "actor": asdict(request.actor)}
    told = {**share, "recipient": asdict(request.recipient), "evidence": request.evidence}
    return {"id": request.id, "asset": {"id": stored.asset.id}, "share": told}


# Seen and heard in the office


@dataclass(frozen=True, slots=True)
class Viewing:
    """The custodian's statement about a viewing: its exception, further people that it shows, and its duration."""

    basis: str | None = None
    students: tuple[str, ...] = ()
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """The answer to a viewing (its link is null), and whether a copy was written to be shown."""

    answer: Answer
    has_copy: bool = False


class _Changed(Exception):
    """The facts of a viewing have changed since it was decided."""


def show_in_office(services: Services, request: Share, viewing: Viewing, place: Place | None = None) -> Shown:
    """Decide whether somebody may see or hear a recording in the office, as a share is decided, and record it.

    Where the decision lets a copy be seen, that goes to `place`, once it is on record. Raises InputError if the decision
    rests on another exception than `viewing.basis`, or a copy has no place; and the errors of `share`: nothing may then be
    shown.
    """
    if viewing.basis is not None:
        _check_basis(viewing.basis, request.recipient.role)
    if not request.recipient.id:
        raise InputError(f"the record says who saw it: write {request.recipient.role}:ID")
    given = request.names
    request = begun(services, request)
    for _ in range(ATTEMPTS):
        with suppress(_Changed):
            with span_of_share(request) as work:
                (answer, entry), has_copy = _shown(services, request, viewing, place)
                tell_decision(work, answer.decision)
            return Shown(announced(services, with_what_staff_hear(services, answer), entry, given), has_copy)
    raise StoreError(TOO_FAST)


def _shown(
    services: Services, request: Share, viewing: Viewing, place: Place | None
) -> tuple[tuple[Answer, LedgerEntry], bool]:
    basis = basis_of_share(services, request)
    decision = reviewed_by_third_parties(services, request, basis.case, basis.decision())
    with ExitStack() as stack:
        copy: Copy | None = None
        if decision.outcome is Outcome.REDACT:
            folder = stack.enter_context(workroom())
            stack.enter_context(on_disk())
            decision, made = copied(services, request, basis, decision, folder)
            copy = made.copy if made and isinstance(made.copy, Copy) else None
        if decision.outcome > Outcome.REDACT:
            refused = record_refusal(services, request, basis, decision)
            if refused is None:
                raise _Changed
            return refused, False
        _check_viewing(basis, decision, viewing)
        if copy is not None:
            if place is None:
                raise InputError(NO_PLACE)
            _write(copy, stack.enter_context(place()))
        return _recorded(services, request, basis, decision, viewing, copy), copy is not None


def _check_viewing(basis: Basis, decision: Decision, viewing: Viewing) -> None:
    grounds = sorted(set(decision.basis.values())) or [decision.reasons[0].clause]
    if viewing.basis is not None and viewing.basis not in grounds:
        raise InputError(
            f"the procedure lets this be seen on {' and '.join(grounds)}, not on {viewing.basis}: give what holds as --basis, "
            "or leave it out"
        )
    for student in viewing.students:
        if student in decision.redact:
            raise InputError(f"the copy hides {student}: leave them out of --students")
        if student not in basis.stored.tagging.students:
            raise InputError(
                f"{student} is not among those who are tagged in this recording: tag who is in it first, `dam-plugin tag`"
            )


def _write(copy: Copy, file: BinaryIO) -> None:
    with copy.path.open("rb") as made:
        # INVARIANT: what is shown is what was proven.
        if sha256_of(made) != copy.sha256:
            raise NotProven(["the file changed after it was proven"])
        shutil.copyfileobj(made, file)


def _recorded(
    services: Services, request: Share, basis: Basis, decision: Decision, viewing: Viewing, copy: Copy | None
) -> tuple[Answer, LedgerEntry]:
    also = tuple(sorted(set(viewing.students) - set(decision.basis)))
    told = InPerson("viewed", services.now().date(), minutes=viewing.minutes, students=also)
    with services.store.writing() as unit:
        if not basis.holds(services, unit, request):
            raise _Changed
        proof = copy.proof if copy is not None else None
        entry, filed = record_share(services, unit, request, basis, decision, None, in_person=told, proof=proof)
        notice = notice_for(unit, request, decision, basis.stored.tagging, basis.stored.asset)
    unreviewed = is_unreviewed_copy(request, basis.case, decision)
    return Answer(request, decision, referrals=filed.opened, notice=notice, is_unreviewed=unreviewed), entry
