"""Telling families of a court order or subpoena before it is answered, and the record of the effort to reach them.

34 CFR 99.31(a)(9)(ii) asks for a reasonable effort to tell a parent or eligible student in advance. What was done is
recorded here, student by student. It counts once the custodian states it as evidence (`order.notified`), which this module
prepares and never states itself: that may release the recording.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dam_plugin.custodian.queue_checks import need_open, require_custodian
from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.intake.two_people import applied_findings
from dam_plugin.ledger.chain import NOTICE_EFFORT
from dam_plugin.model import Actor, Recipient, Referral, StudentRecord
from dam_plugin.procedure.terms import as_ruled, has_rights, terms_of
from dam_plugin.services import Services
from dam_plugin.sharing.evidence_counts import NOTICE_KIND, without_secrecy
from dam_plugin.sharing.finding_kinds import LONGEST_TEXT, evidence_of, need_share, written_evidence
from dam_plugin.sharing.gather_case import days_stated, needs_two
from dam_plugin.sharing.order_days import OrderDays, latest
from dam_plugin.sharing.same_person import kept_named_in, told_who_holds, was_checked, went_right
from dam_plugin.sharing.share import basis_of_share
from dam_plugin.store import NoticeEffort, SystemUser, Unit

_ORDER = "order"
_LONGEST_WORDS = 500
# A juvenile division or officer, and a case number of theirs, such as 26JU-JV00417 or 26SL-JU00417.
_JUVENILE = re.compile(r"juvenil|\b(?:tribunal|corte|juzgado|sala|oficina) de menores", re.IGNORECASE)
_JUVENILE_NUMBER = re.compile(r"\b\d{2,4}[A-Z0-9]{0,4}\s?-\s?J[RUV]\s?-?\d", re.IGNORECASE)
_FAMILY_COURT = re.compile(r"\bfamil", re.IGNORECASE)
NUMBER_LEFT_OUT = (
    "the case is a juvenile one, by the court, its number or the proceeding on file: the records of a juvenile court are "
    "closed (RSMo 211.321), so the letter leaves the case number out. Do not add it by hand, and tell nobody of the case but "
    "whom the court permits"
)
MAY_BE_JUVENILE = (
    "the letter prints the case number. Where the court is a juvenile division, leave --case-number out: its records are "
    "closed (RSMo 211.321), and --court 'Juvenile Division of …' leaves it out, too"
)


@dataclass(frozen=True, slots=True)
class OrderOnFile:
    """The order of a referral: the block `order` of the evidence, and whether it counts already.

    `sealed`: nobody is told of the referral, since it is said or confirmed that the order forbids it. `since`: when the paper
    was last stated; null where the request came with it.
    """

    block: Mapping[str, Any]
    counts: bool
    sealed: bool = False
    since: datetime | None = None

    @property
    def is_secret(self) -> bool:
        """Whether nobody is told of it: no notice is required."""
        return self.sealed or self.block.get("notice_required", True) is False

    @property
    def is_verified(self) -> bool:
        """Whether counsel has verified it as lawfully issued, by a word that counts (34 CFR 99.31(a)(9)(i))."""
        return self.counts and self.block.get("verified") is True

    @property
    def answered_on(self) -> date | None:
        """The return day of the paper, where that is verified and may be spoken of; null: the days of the law run."""
        return _day_in(self.block, "return_on") if self.is_verified and not self.is_secret else None


@dataclass(frozen=True, slots=True)
class NoticeState:
    """Who of an order's families was told, or for whom an effort is on record, and who is left.

    `told` and `left` are students, `days` when each counts as told for the first time; `evidence` is the block that says so,
    ready to be stated. `answer_on` is the latest day that a family was told for the answer, each family by its last notice.
    `return_on`: the return day of the paper, where the register moves it. `at_once`: the words by which the paper is answered
    on the day that they are told. `proceeding`: the number of the one to which a parent is a party. `last` is the effort that
    was recorded just now.
    """

    referral: str
    told: tuple[str, ...]
    left: tuple[str, ...]
    efforts: tuple[NoticeEffort, ...]
    order: OrderOnFile
    answer_on: date | None = None
    at_once: str | None = None
    proceeding: str | None = None
    return_on: date | None = None
    days: Mapping[str, date] = field(default_factory=dict)
    last: str = ""

    @property
    def told_day(self) -> date | None:
        """The day that the families were told for the answer, by what is on record and by the evidence; null for none."""
        return _day_in(self.evidence[_ORDER], "answer_on")

    @property
    def evidence(self) -> dict[str, Any]:
        """The evidence with all that were told, the day that they were told, and what the paper says of that."""
        days = {"answer_on": self.answer_on, "return_on": self.return_on}
        said = {name: day and day.isoformat() for name, day in days.items()}
        said |= {"at_once": self.at_once, "proceeding": self.proceeding}
        stated = {name: value for name, value in said.items() if value is not None}
        return {_ORDER: {**self.order.block, "notified": list(self.told), **stated}}


def order_on_file(unit: Unit, referral: Referral) -> OrderOnFile | None:
    """Return the order of a referral: what counts, else what the requester wrote down; None where there is none."""
    findings = applied_findings(unit, referral)
    counts = evidence_of(unit, referral, findings)
    asked = need_share(unit, referral.share_id).evidence
    claimed = without_secrecy(written_evidence(unit, referral)).get(_ORDER) or without_secrecy(asked).get(_ORDER)
    block = counts.get(_ORDER) or claimed
    stated = (each.at for each in findings if _ORDER in (each.content.get("evidence") or ()))
    since = max(stated, default=None)
    return OrderOnFile(dict(block), bool(counts.get(_ORDER)), referral.secret, since) if block else None


def days_of_order(services: Services, unit: Unit, referral: Referral, order: OrderOnFile) -> OrderDays:
    """Return the days on which the order of a referral is answered, as the paper, the register and its families have them."""
    returned, stated = (_day_in(order.block, name) for name in ("return_on", "answer_on"))
    told = latest([*_days_told(services, unit, referral.id).values(), stated])
    return OrderDays(returned, unit.requests.return_days([referral.id]), told)


def _days_told(services: Services, unit: Unit, referral_id: str) -> dict[str | None, date]:
    """Return the day of the answer that each student's family was told, as is on record."""
    today = services.now().date()
    return unit.letters.days_told(
        [referral_id], went_right=lambda each: went_right(unit, each, today, services.rulings)
    )


def _day_in(block: Mapping[str, Any], name: str) -> date | None:
    day = block.get(name)
    return date.fromisoformat(str(day)) if day is not None else None


def days_apart(services: Services, request_id: str) -> list[tuple[str, str]]:
    """Return how the days differ on which the order of a request is answered, by the work in the queue for it."""
    with services.store.reading() as unit:
        parts = (unit.referrals.referral(each) for each in sorted(unit.requests.parts(request_id)))
        waiting = [each for each in parts if each is not None and each.is_open]
        orders = [(each, order_on_file(unit, each)) for each in waiting]
        return [
            (each.id, said)
            for each, order in orders
            if order is not None
            for said in days_of_order(services, unit, each, order).apart()
        ]


def is_juvenile(order: OrderOnFile, issued_by: Recipient, court: str, number: str) -> bool:
    """Whether a paper is of a juvenile court, whose records are closed (RSMo 211.321), as far as is known.

    The order on file says no court: that is who asks, and what is typed into the letter. A proceeding on child abuse, neglect
    or dependency, which is on file where a parent is a party to it, is before the juvenile court (RSMo 211.031).
    """
    told = (court, issued_by.id or "")
    numbers = (number, court, str(order.block.get("proceeding") or ""))
    return (
        issued_by.role == "juvenile_office"
        or order.block.get("proceeding") is not None
        or any(map(_JUVENILE.search, told))
        or any(map(_JUVENILE_NUMBER.search, numbers))
    )


def caution_of_number(*, juvenile: bool, court: str, number: str) -> str:
    """Return what the custodian is told of the case number in a notice to a family; "" for nothing."""
    if juvenile:
        return NUMBER_LEFT_OUT
    return MAY_BE_JUVENILE if number and (not court or _FAMILY_COURT.search(court)) else ""


def check_court_without_number(court: str) -> None:
    """Raise InputError where the name of a court has the number of a juvenile case in it (RSMo 211.321)."""
    if _JUVENILE_NUMBER.search(court):
        raise InputError(
            "--court has the number of a juvenile case in it, and the records of a juvenile court are closed (RSMo 211.321): "
            "write the court without it"
        )


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

    `answer_on` is the day of the answer that the family was told. `at_once`: the words of a paper that is answered on the day
    itself. `party`: the number of the court proceeding about child abuse, neglect or dependency in which the order was issued
    and to which a parent is a party, so that no further notice is required (20 U.S.C. 1232g(b)(2)(B)). `takes_back` is an
    effort on file (`ne-…`) that told nobody of this family, such as a letter to another child's: `what` says why.
    """

    referral: str
    student: str
    what: str
    on: date | None = None
    letter: str | None = None
    answer_on: date | None = None
    at_once: str | None = None
    party: str | None = None
    takes_back: str | None = None


def _check_told(made: Effort, record: StudentRecord, day: date) -> None:
    """Raise InputError where the effort was to tell somebody from whom the record, or where the student is, may be kept.

    Telling them is not telling the family (34 CFR 99.4, 99.31(c); RSMo 589.664).
    """
    # From whom an order keeps the place alone, is told of an order all the same.
    of_place = set(record.stated_on(day, "whereabouts")) if not record.will_be_protected(day) else set()
    kept = [each for each in kept_named_in(record, made.what, day) if each not in of_place]
    if kept and made.party is None:
        raise InputError(
            f"the words name {kept[0]}, from whom the record or where the student is may be kept: that tells nobody of the "
            "family. Reach another guardian, or verify this one first: `dam-plugin student guardian verify "
            f"{record.id} {kept[0]} …`"
        )


def check_effort(services: Services, made: Effort, by: Actor) -> None:
    """Raise the errors of `add_effort` and keep nothing: before a notice goes out that would tell nobody of the family."""
    _checked_effort(services, made, by)


def add_effort(services: Services, made: Effort, by: Actor, user: SystemUser) -> NoticeState:
    """Record what was done to tell a student's family of an order; return who is left to be told.

    Raises InputError for another role than the custodian or a designee, for no text or one that is too long, for a day that
    is to come, for an order that nobody is told of, for a letter about something else or to somebody who may not have the
    recording, for a party to no proceeding of such an order; UnknownThing.
    """
    made, students = _checked_effort(services, made, by)
    with services.store.writing() as unit:
        order = need_order_to_tell(unit, need_open(unit, made.referral))
        if made.letter is not None:
            _check_letter(services, unit, made)
        effort = NoticeEffort(
            id=f"ne-{secrets.token_hex(6)}",
            at=services.now(),
            referral_id=made.referral,
            student_id=made.student,
            on=made.on or services.now().date(),
            what=made.what,
            by=by,
            user=user,
            letter_id=made.letter,
            answer_on=made.answer_on,
            at_once=made.at_once,
            party=made.party,
            takes_back=made.takes_back,
        )
        unit.letters.add_effort(effort)
        details = {
            "referral": made.referral,
            "effort": effort.id,
            "on": effort.on,
            "letter": made.letter,
            "what_sha256": hashlib.sha256(made.what.encode()).hexdigest(),
            "answer_on": effort.answer_on,
            "at_once": effort.at_once is not None,
            "party": effort.party is not None,
            "takes_back": effort.takes_back,
            "by": asdict(by),
            "system_user": asdict(user),
        }
        services.ledger.append(
            unit, at=effort.at, kind=NOTICE_EFFORT, subject=effort.id, details=details, students=[made.student]
        )
        return replace(_state(services, unit, made.referral, students, order), last=effort.id)


def _checked_effort(services: Services, made: Effort, by: Actor) -> tuple[Effort, frozenset[str]]:
    """Return an effort that may be recorded, and the students whose families are to be told."""
    require_custodian(by)
    today = services.now().date()
    made = _checked(made, today)
    with services.store.reading() as unit:
        referral = need_open(unit, made.referral)
        order = need_order_to_tell(unit, referral)
        record = unit.people.need(made.student)
        days = days_of_order(services, unit, referral, order)
        if made.letter is not None:
            _check_letter(services, unit, made)
        if made.takes_back is not None:
            _check_takes_back(unit, made)
    if made.takes_back is None:
        _check_told(made, record, today)
    _check_at_once(made, order, days)
    _check_party(made, order, is_grown=has_rights(record, today, services.rulings))
    students = students_to_tell(services, referral)
    check_student(referral, students, made.student)
    return made, students


def _check_takes_back(unit: Unit, made: Effort) -> None:
    """Raise InputError where there is no such effort for this family to take back, or something else is said with it."""
    if (made.letter, made.answer_on, made.at_once, made.party) != (None, None, None, None):
        raise InputError("--takes-back says that nobody of the family was told: leave what a telling says out")
    known = {each.id for each in unit.letters.efforts(made.referral) if each.student_id == made.student}
    if made.takes_back not in known:
        raise InputError(
            f"{made.takes_back} is no effort on file to tell this family of the order: `dam-plugin queue show {made.referral} "
            "--as custodian:NAME` lists them"
        )


def _checked(made: Effort, today: date) -> Effort:
    """Return an effort with its words on one line each, and with today as the day of an answer at once."""
    what = " ".join(made.what.split())
    if not what or len(what) > LONGEST_TEXT or not what.isprintable():
        raise InputError(
            f"say in at most {LONGEST_TEXT:,} characters what was done: --what 'two calls, 3 and 5 October; no answer'"
        )
    on = made.on or today
    if on > today:
        raise InputError(f"{on} is still to come: record the effort once it was made")
    at_once = _words(
        made.at_once, "the words by which the paper is answered at once: --at-once 'the warrant says forthwith'"
    )
    party = _words(made.party, "the number of the proceeding: --party 25JU-JV00117")
    if party is not None and (at_once is not None or made.letter is not None or made.answer_on is not None):
        raise InputError(
            "--party says that this family needs no further notice: leave --at-once, --answer-on and --letter out, or leave "
            "--party out and say what was done to tell them"
        )
    answer_on = made.answer_on or (today if at_once is not None else None)
    if answer_on is not None and (answer_on < on or (answer_on == on and at_once is None)):
        raise InputError(
            f"a family is told before an order is answered, and {answer_on} is not after {on}: give the day of the answer that "
            "they were told, --answer-on; where the paper says that it is answered at once, also its words, --at-once WORDS"
        )
    return replace(made, what=what, on=on, answer_on=answer_on, at_once=at_once, party=party)


def _words(text: str | None, remedy: str) -> str | None:
    """Return a text on one line, None for none. Raises InputError for an empty one, or one that is too long."""
    if text is None:
        return None
    words = " ".join(text.split())
    if not words or len(words) > _LONGEST_WORDS or not words.isprintable():
        raise InputError(f"say in at most {_LONGEST_WORDS} characters {remedy}")
    return words


def _check_at_once(made: Effort, order: OrderOnFile, days: OrderDays) -> None:
    """Raise InputError where a paper is said to be answered at once, and has a later day, by itself or by the register."""
    returned = days.returned
    if made.at_once is None or returned is None or made.on is None or returned <= made.on:
        return
    moved = [request for request, day in days.registered.items() if day > made.on]
    remedy = (
        f"where {moved[0]} has another day, note it, `dam-plugin request order {moved[0]} --paper "
        f"{order.block.get('kind') or 'subpoena'} --return DAY`"
        if moved
        else f"where the paper has another day or none, state it anew, `dam-plugin queue finding {made.referral} evidence "
        "--evidence FILE`"
    )
    raise InputError(
        f"the paper on file is to be answered on {returned}, so it is not answered at once: leave --at-once out and give the "
        f"day that the family was told, --answer-on {returned}; {remedy}"
    )


def _check_party(made: Effort, order: OrderOnFile, *, is_grown: bool) -> None:
    """Raise InputError where no parent's part in a proceeding makes a notice needless (20 U.S.C. 1232g(b)(2)(B))."""
    if made.party is None:
        return
    if order.block.get("kind") != "judicial_order":
        raise InputError(
            "that a parent is a party makes a notice needless only for a court's order that was issued in the proceeding (20 "
            f"U.S.C. 1232g(b)(2)(B)): where it is one, state it first, `kind: judicial_order`, `dam-plugin queue finding "
            f"{made.referral} evidence --evidence FILE`; else tell the family"
        )
    if is_grown:
        raise InputError(
            f"{made.student} holds the rights now, and a parent's part in a proceeding is no notice to the student: tell "
            "them, and say what was done with --what alone"
        )
    known = order.block.get("proceeding")
    if known is not None and known != made.party:
        raise InputError(
            f"the order on file was issued in the proceeding {known}, not in another: give --party {known}"
        )


def notice_state(services: Services, referral_id: str) -> NoticeState:
    """Return who of an order's families was told and who is left. Raises as `add_effort`."""
    with services.store.reading() as unit:
        referral = unit.referrals.need(referral_id)
        order = need_order_to_tell(unit, referral)
    students = students_to_tell(services, referral)
    with services.store.reading() as unit:
        return _state(services, unit, referral_id, students, order)


def _state(
    services: Services, unit: Unit, referral_id: str, students: frozenset[str], order: OrderOnFile
) -> NoticeState:
    referral, efforts, today = (
        unit.referrals.need(referral_id),
        unit.letters.efforts(referral_id),
        services.now().date(),
    )
    on_file = days_of_order(services, unit, referral, order)
    answer_on = _day_to_state(_days_told(services, unit, referral_id), efforts, order)
    stated = replace(on_file, paper=on_file.moved or on_file.paper, told=answer_on or on_file.told)
    # Who is told holds the rights on the day of the answer (20 U.S.C. 1232g(b)(2)(B)), also where a court has moved it.
    # What is closed stays as it was told by then.
    until = referral.closed_at.astimezone(services.now().tzinfo).date() if referral.closed_at else today
    day = max(until, stated.answered or until)
    # A paper replaces another one: who was told of it before is taken over, and not what that paper said.
    of_paper = [each for each in efforts if order.since is None or each.at >= order.since]
    at_once = order.block.get("at_once") or next((each.at_once for each in reversed(of_paper) if each.at_once), None)
    proceeding = order.block.get("proceeding") or next((each.party for each in of_paper if each.party), None)
    # Whom the rights have passed to since is told anew.
    days = unit.letters.told_on([referral_id], went_right=lambda each: went_right(unit, each, today, services.rulings))
    stored = unit.assets.newest(referral.asset_key)
    if stored is None or needs_two(stored.tagging):
        # Where it takes two people, both stand for what the evidence says.
        for student, said in days_stated(unit, [referral_id]).items():
            days[student] = [*days.get(student, ()), *said]
    reached = {
        student: min(held)
        for student, told in days.items()
        if (held := [on for on in told if told_who_holds(unit.people.need(student), on, day, services.rulings)])
    }
    parties = {each.student_id: each.on for each in efforts if each.party is not None and each.party == proceeding}
    first = parties | reached
    return NoticeState(
        referral=referral_id,
        told=tuple(sorted(first)),
        left=tuple(sorted(students.difference(first))),
        efforts=tuple(efforts),
        order=order,
        answer_on=answer_on,
        at_once=at_once,
        proceeding=proceeding,
        return_on=on_file.moved,
        days=first,
    )


def _day_to_state(days: Mapping[str | None, date], efforts: Sequence[NoticeEffort], order: OrderOnFile) -> date | None:
    """Return the latest day that a family was told; None where no notice and nothing that was done has one.

    The day that the evidence says stands for each family of which nothing else on record says one.
    """
    known = {each.student_id for each in efforts if each.student_id in days or each.party is not None}
    left = days and {*order.block.get("notified", ())} - known
    return latest([*days.values(), _day_in(order.block, "answer_on") if left else None])


def _check_letter(services: Services, unit: Unit, made: Effort) -> None:
    letter = unit.letters.need(made.letter or "")
    told = letter.kind, letter.about.referral_id, letter.about.student_id
    if told != (NOTICE_KIND, made.referral, made.student):
        raise InputError(f"{letter.id} is no notice of this order to this family: `dam-plugin letter show {letter.id}`")
    written = letter.at.astimezone(services.now().tzinfo).date()
    if made.on is not None and made.on < written:
        raise InputError(
            f"{letter.id} was written on {written}: it was not sent before, so give the day on which it was"
        )
    record, today = unit.people.need(made.student), services.now().date()
    stored = unit.assets.newest(unit.referrals.need(made.referral).asset_key)
    by_two = stored is None or needs_two(stored.tagging)
    if not was_checked(record, letter.guardian, today, by_two=by_two, rulings=services.rulings):
        raise InputError(
            f"{letter.id} was not checked to go to a guardian who may have the recording: write it to one who may, `dam-plugin "
            "letter write subpoena-notice --guardian G-…`, or leave --letter out and say what was done"
        )
