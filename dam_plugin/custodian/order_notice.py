"""Telling families of a court order or subpoena before it is answered, and the record of the effort to reach them.

34 CFR 99.31(a)(9)(ii) asks for a reasonable effort to tell a parent or eligible student in advance. What was done is
recorded here, student by student. It counts once the custodian states it as evidence (`order.notified`), which this module
prepares and never states itself: that may release the recording.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from dam_plugin.custodian.findings import need_open, require_custodian
from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.intake.two_people import applied_findings
from dam_plugin.model import Actor, Referral
from dam_plugin.procedure.terms import as_ruled, terms_of
from dam_plugin.services import Services
from dam_plugin.sharing.evidence_counts import NOTICE_KIND, without_secrecy
from dam_plugin.sharing.finding_kinds import LONGEST_TEXT, evidence_of, need_share, written_evidence
from dam_plugin.sharing.gather_case import needs_two
from dam_plugin.sharing.same_person import was_checked
from dam_plugin.sharing.share import basis_of_share
from dam_plugin.store import NoticeEffort, SystemUser, Unit

_ORDER = "order"


@dataclass(frozen=True, slots=True)
class OrderOnFile:
    """The order of a referral: the block `order` of the evidence, and whether it counts already.

    `sealed`: nobody is told of the referral, since it is said or confirmed that the order forbids it.
    """

    block: Mapping[str, Any]
    counts: bool
    sealed: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether nobody is told of it: no notice is required."""
        return self.sealed or self.block.get("notice_required", True) is False


@dataclass(frozen=True, slots=True)
class NoticeState:
    """Who of an order's families was told, or for whom an effort is on record, and who is left.

    `told` and `left` are students; `evidence` is the block that says so, ready to be stated. `answer_on` is the last day that
    a notice told a family for the answer.
    """

    referral: str
    told: tuple[str, ...]
    left: tuple[str, ...]
    efforts: tuple[NoticeEffort, ...]
    order: OrderOnFile
    answer_on: date | None = None

    @property
    def evidence(self) -> dict[str, Any]:
        """The evidence with all that were told, and the day that they were told."""
        day = {} if self.answer_on is None else {"answer_on": self.answer_on.isoformat()}
        return {_ORDER: {**self.order.block, "notified": list(self.told), **day}}


def order_on_file(unit: Unit, referral: Referral) -> OrderOnFile | None:
    """Return the order of a referral: what counts, else what the requester wrote down; None where there is none."""
    counts = evidence_of(unit, referral, applied_findings(unit, referral))
    asked = need_share(unit, referral.share_id).evidence
    claimed = without_secrecy(written_evidence(unit, referral)).get(_ORDER) or without_secrecy(asked).get(_ORDER)
    block = counts.get(_ORDER) or claimed
    return OrderOnFile(dict(block), bool(counts.get(_ORDER)), referral.secret) if block else None


def check_not_sealed(referral: Referral) -> None:
    """Raise InputError for a sealed referral, in the same words whether for an order or for a report.

    A letter is kept and listed, and its entry in the ledger is for everybody's eyes.
    """
    if referral.secret:
        raise InputError(
            f"{referral.id} is sealed, so no letter is kept here, and no effort to tell a family: others would read of it. "
            f"Write it elsewhere, or leave it: `dam-plugin queue show {referral.id} --sealed --as custodian:NAME` has all of it"
        )


def need_order_to_tell(unit: Unit, referral: Referral) -> OrderOnFile:
    """Return the order that families are told of. Raises InputError where there is none, or nobody is told of it."""
    check_not_sealed(referral)
    order = order_on_file(unit, referral)
    if order is not None and order.is_secret:
        raise InputError(
            f"the order of {referral.id} requires no notice (`notice_required: false`): nobody is told of it, and no letter "
            "speaks of it"
        )
    if order is None:
        raise InputError(
            f"no order or subpoena is on file for {referral.id}: state it first, `dam-plugin queue finding {referral.id} "
            "evidence --evidence FILE`"
        )
    return order


def students_to_tell(services: Services, referral: Referral) -> frozenset[str]:
    """Return the students whose families are told: those to whom the recording is directly related, as it is tagged now.

    Raises InputError where that is not known.
    """
    with services.store.reading() as unit:
        share = need_share(unit, referral.share_id)
    try:
        terms = terms_of(as_ruled(basis_of_share(services, share).case, services.rulings), services.rulings)
    except DamPluginError as error:
        raise InputError(f"whom the recording of {referral.id} is about cannot be told: {error}") from error
    if not terms.known:
        raise InputError(
            f"it is not known yet who is in the recording of {referral.id}: say so first, `dam-plugin queue finding "
            f"{referral.id} identified`"
        )
    return terms.related


def check_student(referral: Referral, students: frozenset[str], student: str) -> None:
    """Raise InputError for a student whom the recording is not about: telling that family would disclose it."""
    if student not in students:
        raise InputError(
            f"the recording of {referral.id} is not about the student given: `dam-plugin queue show {referral.id}` says who "
            "is in it"
        )


@dataclass(frozen=True, slots=True)
class Effort:
    """What was done to tell a student's family of a referral's order: on which day (null = today), by which notice.

    `answer_on` is the day of the answer that the family was told.
    """

    referral: str
    student: str
    what: str
    on: date | None = None
    letter: str | None = None
    answer_on: date | None = None


def add_effort(services: Services, made: Effort, by: Actor, user: SystemUser) -> NoticeState:
    """Record what was done to tell a student's family of an order; return who is left to be told.

    Raises InputError for another role than the custodian or a designee, for no text or one that is too long, for a day that
    is to come, for an order that nobody is told of, for a letter about something else or to somebody who may not have the
    recording; UnknownThing.
    """
    require_custodian(by)
    today = services.now().date()
    what = " ".join(made.what.split())
    if not what or len(what) > LONGEST_TEXT or not what.isprintable():
        raise InputError(
            f"say in at most {LONGEST_TEXT:,} characters what was done: --what 'two calls, 3 and 5 October; no answer'"
        )
    if made.on is not None and made.on > today:
        raise InputError(f"{made.on} is still to come: record the effort once it was made")
    if made.answer_on is not None and made.answer_on <= (made.on or today):
        raise InputError(
            f"a family is told before an order is answered, and {made.answer_on} is not after {made.on or today}: give the day "
            "of the answer that they were told, --answer-on"
        )
    with services.store.reading() as unit:
        referral = need_open(unit, made.referral)
        need_order_to_tell(unit, referral)
        unit.people.need(made.student)
    students = students_to_tell(services, referral)
    check_student(referral, students, made.student)
    with services.store.writing() as unit:
        order = need_order_to_tell(unit, need_open(unit, made.referral))
        if made.letter is not None:
            _check_letter(services, unit, made)
        effort = NoticeEffort(
            id=f"ne-{secrets.token_hex(6)}",
            at=services.now(),
            referral_id=made.referral,
            student_id=made.student,
            on=made.on or today,
            what=what,
            by=by,
            user=user,
            letter_id=made.letter,
        )
        unit.letters.add_effort(effort)
        details = {
            "referral": made.referral,
            "effort": effort.id,
            "on": effort.on,
            "letter": made.letter,
            "what_sha256": hashlib.sha256(what.encode()).hexdigest(),
            "by": asdict(by),
            "system_user": asdict(user),
        }
        services.ledger.append(
            unit, at=effort.at, kind="notice-effort", subject=effort.id, details=details, students=[made.student]
        )
        state = _state(unit, made.referral, students, order)
    days = [each for each in (state.answer_on, made.answer_on) if each is not None]
    return replace(state, answer_on=max(days, default=None))


def notice_state(services: Services, referral_id: str) -> NoticeState:
    """Return who of an order's families was told and who is left. Raises as `add_effort`."""
    with services.store.reading() as unit:
        referral = unit.referrals.need(referral_id)
        order = need_order_to_tell(unit, referral)
    students = students_to_tell(services, referral)
    with services.store.reading() as unit:
        return _state(unit, referral_id, students, order)


def _state(unit: Unit, referral_id: str, students: frozenset[str], order: OrderOnFile) -> NoticeState:
    efforts = unit.letters.efforts(referral_id)
    # A paper replaces another one: who was told of it before is taken over.
    told = {*order.block.get("notified", ()), *(each.student_id for each in efforts)}
    day = max(unit.letters.days_told([referral_id]), default=None)
    return NoticeState(referral_id, tuple(sorted(told)), tuple(sorted(students - told)), tuple(efforts), order, day)


def _check_letter(services: Services, unit: Unit, made: Effort) -> None:
    letter = unit.letters.need(made.letter or "")
    told = letter.kind, letter.about.referral_id, letter.about.student_id
    if told != (NOTICE_KIND, made.referral, made.student):
        raise InputError(f"{letter.id} is no notice of this order to this family: `dam-plugin letter show {letter.id}`")
    record, today = unit.people.need(made.student), services.now().date()
    stored = unit.assets.newest(unit.referrals.need(made.referral).asset_key)
    by_two = stored is None or needs_two(stored.tagging)
    if not was_checked(record, letter.guardian, today, by_two=by_two, rulings=services.rulings):
        raise InputError(
            f"{letter.id} was not checked to go to a guardian who may have the recording: write it to one who may, `dam-plugin "
            "letter write subpoena-notice --guardian G-…`, or leave --letter out and say what was done"
        )
