"""Gathers the case of a share for `decide`: what the store knows of the recording, its students and the share.

Only here do kept records become a case; nothing is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import lru_cache, partial

from dam_plugin.errors import NO_SUCH_STUDENT, CaseError, UnknownThing
from dam_plugin.ledger.request_key import request_key
from dam_plugin.ledger.same_order import (
    are_apart,
    matters_of,
    matters_of_referral,
    of_same_order,
    orders_of,
    orders_of_referral,
)
from dam_plugin.model import (
    CUSTODIANS,
    Asset,
    Consent,
    Guardianship,
    GuardianshipKind,
    OptOut,
    Recipient,
    Referral,
    Share,
    Student,
    StudentRecord,
    Tagging,
)
from dam_plugin.procedure.case import (
    Case,
    CaseAppearance,
    CaseAsset,
    CaseOfficialUse,
    CaseRecipient,
    CaseShare,
    District,
    fits_together,
    parse_case,
    parse_evidence,
    plain_case,
)
from dam_plugin.procedure.clauses import (
    ASKED_BY_NAME,
    HANDED_OVER,
    INSPECTED_ONLY,
    OWN_MATTER,
    RELATION,
    STATEMENT,
    UNIT,
)
from dam_plugin.procedure.exceptions import (
    CERTIFICATION,
    FAMILY,
    Dependent,
    Evidence,
    Order,
    students_named,
)
from dam_plugin.procedure.order_day import LIFT_FIRST, NOTICE, STAYED
from dam_plugin.procedure.purposes import STARTER_PACK, PurposeList
from dam_plugin.procedure.steps import crowd_asked_for
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import (
    DOUBTFUL,
    as_ruled,
    consent_faults,
    has_rights,
    people_of,
    seen_as_ruled,
    terms_of,
)
from dam_plugin.redaction import formats
from dam_plugin.settings import District as DistrictSettings
from dam_plugin.settings import Settings
from dam_plugin.sharing.check_request import guardian_id_in, is_emergency
from dam_plugin.sharing.closed_records import closed_apart, is_unit_record
from dam_plugin.sharing.evidence_counts import Counted, counted, without_certification
from dam_plugin.sharing.join_request import not_reached_by
from dam_plugin.sharing.no_place import shown_without_place
from dam_plugin.sharing.order_days import OrderDays, latest
from dam_plugin.sharing.same_person import guardians_met, meant_by, told_who_holds, went_right
from dam_plugin.sharing.secret_order import is_secret
from dam_plugin.sharing.targeted import AskedByName, asked_by_name, found_another, may_act_for, without_others
from dam_plugin.sharing.unanswered import may_answer_until
from dam_plugin.sharing.whereabouts import is_located
from dam_plugin.store import StoredFinding, StoredLetter, Unit
from dam_plugin.store.people import KeptConsent, KeptOptOut
from dam_plugin.store.statements import Contested
from dam_tagging.facts import BETWEEN, TaggingState

_PLAIN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_ANY_ID = "any"
# The finding that the custodian looked at a request.
REVIEWED = "reviewed"
# The finding that a court stayed an order, or lifted the stay.
STAY = "stay"
# Official uses whose recordings one custodian alone cannot loosen: being seen in one harms the student.
FOR_TWO = frozenset({"discipline", "violation", "victim", "health_emergency"})
# What a school official may want a recording for that is their own matter, and no school's (34 CFR 99.31(a)(1)).
_OF_ONES_OWN = ("lawsuit", "insurance claim", "personal use")
# What a family needs a recording of several students for: to see it, and to show it to its attorney, a hearing officer or a
# court, as its notice says. Any other purpose passes the others' records on (34 CFR 99.33(a)).
_FOR_ITS_CHILD = ("inspection", "discipline", "legal request", "lawsuit")
# What is stated of a person who then holds the rights over a student's record, or inspects it for whoever does.
_RIGHTS: tuple[GuardianshipKind, ...] = ("guardian", "self", "representative")


def needs_two(tagging: Tagging | CaseAsset) -> bool:
    """Whether it takes two people to loosen something on a recording: a discipline or medical one, or a student's record."""
    return bool(tagging.record_pii) or any(use.purpose in FOR_TWO for use in tagging.official_uses)


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is taken to be on file, besides what is: guardianships, and consents confirmed or revoked on the case's day.

    `confirmed` and `revoked` are ids of consents, `reviewed` ids of referrals that the custodian has looked at, `no_place`
    of those whose recording was found to tell no place. `on_its_day`: the day has come on which an order is answered.
    """

    guardianships: tuple[Guardianship, ...] = ()
    confirmed: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()
    reviewed: frozenset[str] = frozenset()
    no_place: frozenset[str] = frozenset()
    on_its_day: bool = False


@dataclass(frozen=True, slots=True)
class FirstLook:
    """That the custodian looks before anything goes out: the clause that says so, and its `why`.

    `CUSTODIAN`: before the whole recording of several families (EX2-MULTI) goes out that shows one of these `students`. It is
    what media staff are told of every request, so that nobody can tell that a protected student is in it, or one over whom a
    court order limits the rights of who asks. `is_on_file`: the guardian is on file at whom the custodian looks, so that nobody
    asks them for a proof. `in_emergency`: other staff state an emergency for somebody who may be a guardian from whom the
    record is kept. `of_family`: a school official may be of the family of a student.
    """

    clause: str
    why: str = ""
    students: frozenset[str] = frozenset()
    is_on_file: bool = False
    in_emergency: bool = False
    of_family: bool = False


NOTHING = Supposed()
TOLD_A_DAY = (
    "The families were told that the order is answered on {0}. Until then they can object, so nothing goes out: on {0}, share "
    "it again, or state `dam-plugin queue finding ID reviewed`."
)
NOT_ON_FILE = (
    "That the families were told of this order does not count by itself: it is answered on no one person's word (34 CFR "
    "99.31(a)(9)(ii)). Write to each family, `dam-plugin letter write subpoena-notice --referral ID --student ID --answer-on "
    "DAY`, and once it is sent, say so, `dam-plugin letter effort … --letter ID`; or record what was done and when, "
    "`dam-plugin letter effort`, with the day of the answer in the evidence (`answer_on`). From that day on it counts. Where "
    "the paper says that it is answered at once, and the families were told today: `letter effort … --at-once WORDS`."
)
_MOVED = (
    "The order is to be answered on {0}, and nothing goes out on it before: on {0}, share it again, or state `dam-plugin "
    "queue finding ID reviewed`."
)
TOLD_OTHERS = (
    "A student turns 18 by the day of the answer, or the rights over the record pass otherwise, and only whoever held them "
    "before was told of this order, as the parents. The student is told, too (20 U.S.C. 1232g(b)(2)(B); 34 CFR 99.5(a)): from "
    "that day on write to the student, `dam-plugin letter write subpoena-notice --referral ID --student ID --answer-on DAY`, "
    "or record what was done to reach them, `dam-plugin letter effort`."
)


@dataclass(frozen=True, slots=True)
class ToldUntil:
    """What an order waits for of which the families of these students were told: the day on which it is answered.

    `told` is the day that they were told, null where none was. No `day`: a court stayed the order (`is_stayed`), or a second
    person has not confirmed yet that they were told.
    """

    day: date | None
    students: frozenset[str]
    told: date | None = None
    is_stayed: bool = False


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """The students whose families were told of an order on the day of its answer, and those who need not be told again.

    `party`: a parent is a party to the court proceeding in which it was issued (20 U.S.C. 1232g(b)(2)(B)). Of what went out too
    early: families that were told on an `earlier` day, for an answer later than this, or `in_time`, or on `that_day` itself.
    """

    same_day: frozenset[str] = frozenset()
    party: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()
    in_time: frozenset[str] = frozenset()
    that_day: frozenset[str] = frozenset()

    def of(self, students: Collection[str]) -> dict[str, list[str]]:
        """Return what the record says of these students, as plain data; what says nothing is left out."""
        told = {each.name: getattr(self, each.name).intersection(students) for each in fields(self)}
        return {name: sorted(each) for name, each in told.items() if each}


@dataclass(frozen=True, slots=True)
class _NoticeOnFile:
    """When each student's family was told of an order; of whom it is on file that it is answered `at_once`, or `party`."""

    told: Mapping[str, date]
    at_once: frozenset[str]
    party: frozenset[str]

    def was_in_time(self, student: str, day: date | None) -> bool:
        """Whether a family was told before the day of the answer, or on it where the paper is answered at once."""
        told = self.told.get(student)
        if student in self.party:
            return True
        return told is not None and day is not None and (told < day or (told == day and student in self.at_once))


def days_stated(unit: Unit, referrals: Iterable[str]) -> dict[str, list[date]]:
    """Return when findings stated of students that their families were told of the order of these referrals."""
    found: dict[str, list[date]] = {}
    for each in (each for referral in referrals for each in unit.referrals.findings(referral)):
        order = (each.content.get("evidence") or {}).get("order") or {}
        for student in (order.get("notified") or ()) if each.state == "applied" else ():
            found.setdefault(student, []).append(each.at.astimezone().date())
    return found


class CaseGatherer:
    """Gathers the cases of one day from one transaction; a student who is in several of them is read once."""

    def __init__(
        self, unit: Unit, settings: Settings, at: date, supposed: Supposed = NOTHING, *, rulings: Rulings
    ) -> None:
        """Read nothing yet."""
        self._told_until: dict[str, ToldUntil] = {}
        self._staff_ids: dict[str, tuple[str, ...]] = {}
        self._staff_names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._order_notice: dict[str, OrderNotice] = {}
        self._rulings = rulings
        self._unit = unit
        self._at = at
        self._supposed = supposed
        self._families: dict[str, bool] = {}
        self._settings = settings
        self._purposes = settings.purposes
        self._district = district_policy(settings.district, settings.purposes)
        self._students: dict[str, StudentRecord | None] = {}
        self._consents: dict[str, list[KeptConsent]] = {}
        self._bent: set[str] = set()
        self._assets: set[str] = set()
        self._recordings: dict[str, Asset] = {}
        self._contested: Contested | None = None
        self._checked: dict[Hashable, tuple[Tagging, Case]] = {}
        self._keys_asked_by_name: set[str] | None = None
        self._asked_by_name: dict[tuple[str, bool], list[AskedByName]] = {}

    def read(self, students: Iterable[str], assets: Iterable[str] = ()) -> None:
        """Read the records of these students in few statements; an unknown student fails only in a case about them.

        `assets` are the ids of the recordings whose cases are asked for next.
        """
        unread = set(assets).difference(self._assets)
        if unread:
            self._assets |= unread
            self._bent |= self._unit.assets.bent(unread)
        missing = set(students).difference(self._students)
        if not missing:
            return
        found = self._unit.people.students_of(missing)
        self._students.update({each: self._with_supposed(found.get(each)) for each in missing})
        consents = self._unit.people.kept_consents(missing)
        for kept in consents:
            self._consents.setdefault(kept.student, []).append(kept)
        self._bent |= self._unit.people.bent(missing, consents)

    def student(self, student: str) -> StudentRecord | None:
        """Return a student who was read, None for an unknown one."""
        return self._students.get(student)

    def is_bent(self, case: Case) -> bool:
        """Whether a case rests on rows that were changed beside the program: its recording's, or a student's.

        Such a case is decided only in an emergency.
        """
        return bool(self._bent) and not self._bent.isdisjoint({case.asset.id, *(each.id for each in case.students)})

    def told_until(self, case: Case) -> ToldUntil | None:
        """Return what an order waits for whose families were told: its day, a stay, a second person; None for none of them."""
        return self._told_until.get(case.id)

    def order_notice(self, case: Case) -> OrderNotice:
        """Return whose families were told of an order on the day of the case, and who need not be told of it."""
        return self._order_notice.get(case.id, OrderNotice())

    def notice_before_time(self, case: Case, share: Share) -> OrderNotice:
        """Return whose families were told of an order all the same that went out before its time."""
        order = case.share.evidence.order if case.share.evidence else None
        if order is None:
            return OrderNotice()
        # It is gone: what the custodian recorded of the paper says what it is, also where no evidence states it yet.
        named = order.proceeding or self._proceeding_said(share)
        on_file = self._notice_on_file(share, replace(order, proceeding=named))
        told = {student: day for student, day in on_file.told.items() if student not in on_file.party}
        earlier = frozenset(each for each, day in told.items() if day < self._at)
        waits = earlier.intersection(self._waiting(share, order, earlier))
        return OrderNotice(
            party=on_file.party,
            earlier=waits,
            in_time=earlier - waits,
            that_day=frozenset(each for each, day in told.items() if day == self._at),
        )

    def _waiting(self, share: Share, order: Order, students: Iterable[str]) -> Iterator[str]:
        """Yield those of these students for whose families the day of the answer had not come, by what each was told last."""
        days, own = self._order_days(share, order), self._days_of_answer(share, order)
        for student in students:
            told = own.get(student, order.answer_on)
            if told is None or max(told, days.moved or days.returned or told) > self._at:
                yield student

    def first_look(self, case: Case, share: Share) -> FirstLook | None:
        """Return why the custodian looks before anything goes out in the case of a share; None where nobody has to.

        So it is of a protected student whose guardian is not verified, of one whose whereabouts a court order keeps from
        the guardian, unless the recording was found to tell none, where other staff state an emergency for somebody whose
        rights an order limits, of a family's record that is closed for a reason that is not about a student, of one that shows
        another family's protected student, or a student over whom an order limits the rights of who asks for another, of a
        law-enforcement unit's record, of all that another school or an agency by federal law asks for, of a stayed order, where
        the juvenile authorities are said to have certified what nobody has kept a paper of, where the district would publish
        what a family's statement goes with, where somebody asked by name, and waits or was denied it, where a family wants the
        whole of several families' recording to pass it on, where a school official may want it for a matter of their own or be
        of the family of a student, and where other staff state an emergency for who may be, under another role, a guardian
        from whom the record is kept.
        """
        if self._is_guardian_to_be_verified(case, share) or self._is_limited_in_emergency(case, share):
            return FirstLook(RELATION, is_on_file=self._is_on_file(case, share))
        if self._may_be_kept_in_emergency(case, share):
            return FirstLook("CUSTODIAN", in_emergency=True)
        if share.kind == "request" and (beside := _beside_procedure(case, share)) is not None:
            return FirstLook(beside)
        waits_for = self._waits_for_paper(case, share) or self._is_contested(case, share)
        if waits_for is not None:
            return waits_for
        if share.kind != "request" or share.recipient.role not in FAMILY:
            return self._is_of_ones_own(case, share) or self._may_have_asked_by_name(case, share)
        return self._for_a_family(case, share)

    def _for_a_family(self, case: Case, share: Share) -> FirstLook | None:
        """Return why the custodian looks before a parent or a student gets what they ask for; None where nobody has to."""
        apart = [each for each in (case.asset.closed or "").split(BETWEEN) if closed_apart(each)]
        if apart and not self._looked_at(share).issuperset(apart):
            return FirstLook("CLOSED-REVIEW", " and ".join(closed_apart(case.asset.closed)))
        kept = self.kept_by_order(case, share).union(each.id for each in case.students if each.protected)
        if kept and not self._was_reviewed(case, share):
            return FirstLook("CUSTODIAN", students=kept)
        return self._may_have_asked_by_name(case, share) or self._is_to_be_passed_on(case)

    def kept_by_order(self, case: Case, share: Share) -> frozenset[str]:
        """Return the students over whom a court order limits the rights of a family that asks; none once it was `reviewed`."""
        who = share.recipient
        if who.role not in FAMILY or who.id is None or self._was_reviewed(case, share):
            return frozenset()
        return frozenset(student for student, _ in limited_among(self._records(case), who.id, self._at))

    def _is_to_be_passed_on(self, case: Case) -> FirstLook | None:
        """Return that a family wants a recording for more than its child; it matters where that goes out on EX2-MULTI.

        A district may call a purpose otherwise: its list knows the former word.
        """
        purposes, wanted = self._purposes, case.share.purpose
        if any(wanted in (each, purposes.word(each)) for each in _FOR_ITS_CHILD):
            return None
        return FirstLook(INSPECTED_ONLY, students=frozenset(people_of(case.asset)[0]))

    def _is_of_ones_own(self, case: Case, share: Share) -> FirstLook | None:
        """Return that a school official asks for what may be a matter of their own, until the custodian said whose it is.

        A legitimate educational interest is the school's (34 CFR 99.31(a)(1)). It matters where it goes out on that interest.
        """
        official = share.kind == "request" and share.recipient.role == "school_official"
        wanted = case.share.purpose
        if not official or self._was_reviewed(case, share):
            return None
        named = {wanted, self._purposes.word(wanted), STARTER_PACK.word(wanted)}
        if not named.isdisjoint(_OF_ONES_OWN):
            return FirstLook(OWN_MATTER)
        texts = self._who_asks(share)
        of_family = any(guardians_met(each, texts, self._at) for each in self._records(case))
        return FirstLook(OWN_MATTER, of_family=True) if of_family else None

    def _who_asks(self, share: Share) -> tuple[str, ...]:
        """Return the texts that say who asks: the id, the names of the staff with that id, and the contact in the register."""
        ids = self._staff_ids.get(share.id, ())
        if ids not in self._staff_names:
            self._staff_names[ids] = tuple(name for each in self._unit.people.staff_of(ids) for name in each.names)
        return texts_of_who_asks(self._unit, share, self._staff_names[ids])

    def _records(self, case: Case) -> list[StudentRecord]:
        """Return the records of the students of a case: of its recording, and those who are named."""
        found = (self._students.get(each.id) for each in case.students)
        return [each for each in found if each is not None]

    def _is_contested(self, case: Case, share: Share) -> FirstLook | None:
        """Return that a publication shows students whose family's statement is disclosed whenever the recording is.

        Whoever opens a link reads it. Readers of a website or of a book do not (34 CFR 99.21(c)(2)), unless the custodian said
        that it is published too.
        """
        if share.kind != "publication":
            return None
        if self._contested is None:
            self._contested = self._unit.statements.contested()
        asset = self._recordings.get(case.asset.id)
        if not self._contested.statements_of(share.asset_key, asset) or self._was_reviewed(case, share):
            return None
        found = {each.student_id for each in self._unit.statements.of(share.asset_key, asset)}
        shown = found & _all_in(case.asset)
        return FirstLook(STATEMENT, students=frozenset(shown)) if shown else None

    def _waits_for_paper(self, case: Case, share: Share) -> FirstLook | None:
        """Return that an order is stayed, or that nobody has kept a paper of what the juvenile authorities are to certify."""
        until = self._told_until.get(case.id)
        if until is not None and until.day is None and share.recipient.role not in FAMILY:
            return FirstLook(NOTICE)
        served = case.share.evidence.pre_adjudication if case.share.evidence else None
        if served is not None and not served.certified and without_certification(share.evidence) != share.evidence:
            return FirstLook(CERTIFICATION.clause.id, students=frozenset(served.students))
        return None

    def _may_have_asked_by_name(self, case: Case, share: Share) -> FirstLook | None:
        """Return that who asks may act for whoever asked by name, and was not given it; None where that does not matter.

        It matters where a student in the background who opted out was asked for (34 CFR 99.3, "personally identifiable
        information", (g)). A parent or a student whom the roster knows is nobody else; a publication is for everybody, unless
        it is handed to somebody who is named.
        """
        who, at = case.share.recipient, share.at
        is_for_all = share.kind == "publication" and who.id in (None, who.role)
        if is_for_all or (who.known and who.role in FAMILY):
            return None
        with_evidence = case.share.evidence is not None and case.share.evidence != Evidence()
        day, days = (at.date() if at else self._at), timedelta(days=self._settings.district.asked_by_name_days)
        asked = [
            each
            for each in self._asked_by_name_of(share.asset_key, secret=share.secret)
            if may_act_for(each.share.recipient.role, who.role, with_evidence=with_evidence)
            and each.counts(at, day, days)
        ]
        found = found_another(self._unit, share, case.asset.id) if asked else None
        names = {name for each in without_others(asked, found) for name in each.share.names}
        if names.issubset(share.names):
            return None
        ruled = as_ruled(
            replace(case, share=replace(case.share, kind="request", names=tuple(sorted(names)))), self._rulings
        )
        students = (crowd_asked_for(ruled, terms_of(ruled, self._rulings)) or frozenset()).difference(share.names)
        if not students or self._was_reviewed(case, share):
            return None
        return FirstLook(ASKED_BY_NAME, students=students)

    def _asked_by_name_of(self, asset_key: str, *, secret: bool) -> list[AskedByName]:
        """Return the requests of a recording that named a student, and wait or were not answered with it."""
        if self._keys_asked_by_name is None:
            self._keys_asked_by_name = self._unit.shares.keys_asked_by_name()
        if asset_key not in self._keys_asked_by_name:
            return []
        key = asset_key, secret
        if key not in self._asked_by_name:
            self._asked_by_name[key] = asked_by_name(self._unit, asset_key, secret=secret)
        return self._asked_by_name[key]

    def _was_reviewed(self, case: Case, share: Share) -> bool:
        """Whether the custodian let this version of the recording go in the share's own referral."""
        return share.referral in self._supposed.reviewed or any(
            each.asset_id == case.asset.id for each in self._reviews_of(share)
        )

    def _looked_at(self, share: Share) -> set[str]:
        """Return the closures in spite of which the custodian let a share go: those of when they `reviewed` its referral."""
        looks = [each.before for each in self._reviews_of(share)]
        if share.referral in self._supposed.reviewed:
            stored = self._unit.assets.current(share.asset_key)
            looks.append(stored.tagging if stored else None)
        return {why for each in looks if each for why in (each.why_closed("closed") or "").split(BETWEEN)}

    def _reviews_of(self, share: Share) -> list[StoredFinding]:
        """Return the findings that say that the custodian looked at a share's own referral."""
        found = self._unit.referrals.findings(share.referral) if share.referral else ()
        return [each for each in found if each.kind == REVIEWED and each.state == "applied"]

    def _is_guardian_to_be_verified(self, case: Case, share: Share) -> bool:
        who = case.share.recipient
        if who.role != "parent" or who.known or who.id is None:
            return False
        return self._is_kept_from(who.id, self._records(case), case.asset, share, by_two=True)

    def _is_on_file(self, case: Case, share: Share) -> bool:
        """Whether the parent who asks is on file as a guardian of somebody in the recording, or as who represents one."""
        who, seen = share.recipient, people_of(case.asset)[0]
        if who.role != "parent" or who.id is None:
            return False
        records = [record for each in seen if (record := self._students.get(each)) is not None]
        return any(
            each.has_guardian(who.id, self._at) or who.id in each.representatives_on(self._at) for each in records
        )

    def _is_limited_in_emergency(self, case: Case, share: Share) -> bool:
        """Whether other staff would release in an emergency to somebody whose rights a court order limits."""
        who = share.recipient
        if not is_emergency(share) or share.actor.role in CUSTODIANS or who.role not in FAMILY or who.id is None:
            return False
        return any(_is_limited(each, who.id, self._at) for each in self._records(case))

    def _may_be_kept_in_emergency(self, case: Case, share: Share) -> bool:
        """Whether other staff would release in an emergency to who may be a guardian, under a role of no family.

        Whoever is written as a guardian, or may by the name be one from whom the record or where the student is, is or may be
        kept (34 CFR 99.4; RSMo 452.375, 589.664). INVARIANT: the custodian and a designee are never held up.
        """
        who = share.recipient
        if not is_emergency(share) or share.actor.role in CUSTODIANS or who.role in FAMILY or who.id is None:
            return False
        if guardian_id_in(who) is not None:
            return True
        texts = self._who_asks(share)
        return any(
            not set(guardians_met(each, texts, self._at, of_office=False)).isdisjoint(each.kept_from(self._at))
            for each in self._records(case)
        )

    def _is_kept_from(
        self, guardian: str, records: Iterable[StudentRecord], asset: CaseAsset, share: Share, *, by_two: bool
    ) -> bool:
        """Whether the custodian looks before a guardian has a recording of these students; `asset` is its version."""
        meant = ((each, meant_by(each, guardian, self._at)) for each in records)
        asked = [(each, who) for each, who in meant if each.is_to_be_looked_at(who, self._at, by_two=by_two)]
        if not asked:
            return False
        without_place = shown_without_place(
            self._unit,
            asset.id,
            share,
            _all_in(asset),
            by_two=needs_two(asset),
            supposed=self._supposed.no_place,
        )
        return any(
            each.is_to_be_looked_at(who, self._at, by_two=by_two, without_place=each.id in without_place)
            for each, who in asked
        )

    def case(
        self,
        asset: Asset,
        tagging: Tagging,
        share: Share,
        *,
        key_id: str | None = None,
        others_redact: bool = False,
        staff_ids: tuple[str, ...] = (),
    ) -> Case:
        """Return the case of a share, as `gather` does; its students are read where they were not.

        `staff_ids` are the ids that the roster may have for who asks, as a member of staff.
        """
        self._staff_ids[share.id] = staff_ids
        self._recordings[asset.id] = asset
        # What is written wrongly is told, also where it does not count.
        evidence = parse_evidence(share.evidence)
        named = _students_named(tagging, share, evidence)
        counts = self._counted(asset, tagging, share).evidence
        evidence = self._announced(tagging, share, evidence if counts == share.evidence else parse_evidence(counts))
        purpose = self._purposes.word(share.purpose) or share.purpose
        self.read(named, [asset.id])
        relations = self._relations(asset, tagging, share, named)
        asked = CaseShare(
            kind=share.kind,
            purpose=purpose,
            actor=share.actor,
            recipient=relations.recipient,
            names=share.names,
            evidence=_reaching(relations.with_dependents(evidence), asset, key_id),
        )
        # A tagging is known by its identity, and kept so that the identity stays unique: comparing taggings takes longer.
        alike = (asset, id(tagging), purpose, *named, key_id, others_redact, relations.looked_at, relations.retains)
        known = self._checked.get(alike)
        case = _with_share(known[1], share.id, asked) if known else None
        if case is None:
            case = self._case(
                asset,
                tagging,
                share,
                asked,
                named,
                key_id=key_id,
                others_redact=others_redact,
                relations=relations,
            )
            self._checked[alike] = tagging, case
        return case

    def why_not(self, asset: Asset, tagging: Tagging, share: Share, *, all_told: bool) -> tuple[str, ...]:
        """Return a sentence for staff on each part of a share's evidence that does not count yet.

        `all_told`: by the decision every family was told of its order.
        """
        counts = self._counted(asset, tagging, share)
        order = parse_evidence(counts.evidence).order
        if order is not None and (narrowed := narrowed_order(self._unit, share)) is not None:
            return (*counts.why_not, not_reached_by(narrowed))
        if order is not None and is_order_stayed(self._unit, share, self._at):
            return (*counts.why_not, f"{STAYED} {LIFT_FIRST}")
        waits = tuple(self._waits_for_day(share, order, all_told=all_told))
        others = self._told_others(tagging, share, order)
        untold = () if waits and all_told else set(self._untold(tagging, share, order)) - others
        return (*counts.why_not, *waits, *((NOT_ON_FILE,) if untold else ()), *((TOLD_OTHERS,) if others else ()))

    def _waits_for_day(self, share: Share, order: Order | None, *, all_told: bool) -> Iterator[str]:
        """Yield a sentence for staff on the day for which an order waits, and on how the days on file differ; else nothing."""
        day = self._answer_day(share, order)
        if order is None or day is None or day <= self._at:
            return
        days = self._order_days(share, order)
        if all_told:
            yield (TOLD_A_DAY if days.told == day else _MOVED).format(day)
        yield from days.apart()

    def _counted(self, asset: Asset, tagging: Tagging, share: Share) -> Counted:
        by_two = share.referral is None and needs_two(tagging)
        asked = bool(share.evidence) and (by_two or is_secret(share))
        known = self._unit.referrals.by_two(asset) if asked and share.referral is None else ()
        matters = self._matters_of(share) if known else frozenset()
        approved = [
            each.evidence
            for each in known
            if each.state == "applied" and each.approver is not None
            # What two people said of one order of the register is nobody's word on another, or on what is asked for by none.
            if not are_apart(matters, self._unit.requests.matters_answered([each.referral_id]))
        ]
        return counted(share, by_two=by_two, approved=approved)

    def _announced(self, tagging: Tagging, share: Share, evidence: Evidence) -> Evidence:
        """Return the evidence; an order counts as announced from the day of its answer on, which is on file."""
        order = evidence.order
        if order is not None and (narrowed := narrowed_order(self._unit, share)) is not None:
            # It names what its request in the register asks for still, and this is none of it.
            return replace(evidence, order=replace(order, assets=(narrowed,)))
        if order is not None and is_order_stayed(self._unit, share, self._at):
            self._told_until[share.id] = ToldUntil(None, frozenset(), is_stayed=True)
            return replace(evidence, order=replace(order, notice_required=True, notified=()))
        if order is None:
            return evidence
        if not order.notified:
            if unconfirmed := self._unconfirmed(tagging, share, order):
                self._told_until[share.id] = ToldUntil(None, unconfirmed)
            return evidence
        day = self._answer_day(share, order)
        if day is not None and day > self._at and not self._supposed.on_its_day:
            others = self._told_others(tagging, share, order)
            of_rights = frozenset(order.notified) - others.union(self._untold(tagging, share, order))
            self._told_until[share.id] = ToldUntil(day, of_rights, self._told_day(share, order))
            return replace(evidence, order=replace(order, notified=()))
        untold = self._untold(tagging, share, order)
        told = tuple(each for each in order.notified if each not in untold)
        on_file = self._notice_on_file(share, order)
        same_day = frozenset(each for each in told if on_file.told.get(each) == self._at) - on_file.party
        self._order_notice[share.id] = OrderNotice(same_day, on_file.party.intersection(told))
        return replace(evidence, order=replace(order, notified=told)) if untold else evidence

    def _unconfirmed(self, tagging: Tagging, share: Share, order: Order) -> frozenset[str]:
        """Return the students of whom one person alone says that their families were told, where it takes two."""
        if not needs_two(tagging):
            return frozenset()
        said = (
            *([share.evidence] if share.actor.role in CUSTODIANS else ()),
            *(
                each.content.get("evidence") or {}
                for referral in self._referrals_of(share)
                for each in self._unit.referrals.findings(referral)
                if each.state == "pending"
            ),
        )
        told = {student for each in said for student in (each.get("order") or {}).get("notified") or ()}
        stated = replace(order, notified=tuple(sorted(told)))
        return frozenset(told) - self._told_others(tagging, share, stated)

    def _untold(self, tagging: Tagging, share: Share, order: Order | None) -> Collection[str]:
        """Return the students of whom only evidence says that their families were told before an order's answer.

        RULING told-on-file: no order is answered on one person's word. Where two people loosen a recording, both stand for
        it, but not for a student to whom the rights have passed since. Elsewhere the notice that was sent, or what was done to
        reach the family, is on file, from a day before that of the answer; from that day itself where the paper says that it
        is answered at once. No day is waited for where a parent is a party to the proceeding. A return day that was moved makes
        no notice earlier than it was: what counts here is the day that the families were told.
        """
        if order is None or not order.notified:
            return ()
        if needs_two(tagging):
            return self._told_others(tagging, share, order)
        day, on_file = self._told_day(share, order), self._notice_on_file(share, order)
        return [each for each in order.notified if not on_file.was_in_time(each, day)]

    def _notice_on_file(self, share: Share, order: Order) -> _NoticeOnFile:
        """Return what is on file of telling the families of an order.

        A notice counts once it is on file that it was sent, where it was checked to go to a guardian who may have the
        recording, by what is on file now, and to who holds the rights now. What rests on the paper
        counts for an order that says the same: another paper may have come since. A grown student is told in person.
        """
        referrals = self._referrals_of(share)
        days = {student: self._of_rights(student, told, self._at) for student, told in self._days_told(share).items()}
        efforts = [each for referral in referrals for each in self._unit.letters.efforts(referral)]
        at_once = frozenset(each.student_id for each in efforts if each.at_once and order.at_once)
        named = order.proceeding if order.kind == "judicial_order" else None
        parties = {each.student_id for each in efforts if each.party is not None and each.party == named}
        children = (each for each in parties if not has_rights(self._unit.people.need(each), self._at, self._rulings))
        first = {student: told[0] for student, told in days.items() if told}
        return _NoticeOnFile(first, at_once, frozenset(children))

    def _proceeding_said(self, share: Share) -> str | None:
        """Return the proceeding to which a parent is a party, as is on record since the paper was last stated; None: none."""
        referrals = self._referrals_of(share)
        found = (each for referral in referrals for each in self._unit.referrals.findings(referral))
        papers = (
            each.at for each in found if each.state == "applied" and "order" in (each.content.get("evidence") or ())
        )
        since = max(papers, default=None)
        efforts = (each for referral in referrals for each in self._unit.letters.efforts(referral))
        return next((each.party for each in efforts if each.party and (since is None or each.at >= since)), None)

    def _days_told(self, share: Share) -> dict[str, list[date]]:
        """Return when each student's family was told of an order, oldest first, by the efforts on file."""
        return self._unit.letters.told_on(self._referrals_of(share), went_right=self._went_right)

    def _went_right(self, letter: StoredLetter) -> bool:
        return went_right(self._unit, letter, self._at, self._rulings)

    def _of_rights(self, student: str, days: Iterable[date], day: date) -> list[date]:
        """Return those days on which somebody was told who holds the rights over a student's record on `day`."""
        record = self._unit.people.need(student)
        return [each for each in days if told_who_holds(record, each, day, self._rulings)]

    def _told_others(self, tagging: Tagging, share: Share, order: Order | None) -> frozenset[str]:
        """Return the students of whom only somebody was told who does not hold the rights by the day of the answer.

        Where two people loosen a recording, their word counts from the day on which it was stated.
        """
        if order is None or not order.notified:
            return frozenset()
        day, told = max(self._answer_day(share, order) or self._at, self._at), self._days_told(share)
        if needs_two(tagging):
            for student, stated in days_stated(self._unit, self._referrals_of(share)).items():
                told[student] = [*told.get(student, ()), *stated]
        others = (each for each in order.notified if told.get(each) and not self._of_rights(each, told[each], day))
        return frozenset(others) - self._notice_on_file(share, order).party

    def _told_day(self, share: Share, order: Order | None) -> date | None:
        """Return the last day that families were told for an order's answer, by its evidence and by letters; None: none."""
        if order is None or not order.notified:
            return None
        return self._order_days(share, order).told

    def _answer_day(self, share: Share, order: Order | None) -> date | None:
        """Return the day before which nothing goes out on an order whose families were told; None: it waits for no day.

        That is the latest of the day that they were told, the paper's return day, and the one that the
        register notes, which a court may have moved. Where a parent of each student is a party to the proceeding, no notice
        is asked for, and no return day is waited for (20 U.S.C. 1232g(b)(2)(B)).
        """
        if order is None or not order.notified:
            return None
        days = self._order_days(share, order)
        return days.told if self._notice_on_file(share, order).party.issuperset(order.notified) else days.answered

    def _order_days(self, share: Share, order: Order) -> OrderDays:
        """Return the days on which an order is answered, as its evidence, the register and the families have them."""
        referrals = self._referrals_of(share)
        registered = self._unit.requests.return_days([share.id, *referrals])
        if share.answers is not None and (day := self._unit.requests.return_day(share.answers)) is not None:
            registered[share.answers] = day
        told = self._days_of_answer(share, order).values()
        return OrderDays(order.return_on, registered, latest([*told, order.answer_on]))

    def _days_of_answer(self, share: Share, order: Order) -> dict[str | None, date]:
        """Return the day of the answer that each student's family was told last, by what is on record of an order.

        An earlier day replaces no later one until the evidence states a day: where it takes two people, both stand for that.
        """
        right = self._went_right if order.answer_on is not None else None
        return self._unit.letters.days_told(self._referrals_of(share), went_right=right)

    def _referrals_of(self, share: Share) -> list[str]:
        """Return the referral that a share decides, else those in which its recipient waited for the recording until then.

        What was told of one order of the register says nothing of another (34 CFR 99.31(a)(9)(ii)).
        """
        if share.referral is not None:
            return [share.referral]
        unit = self._unit
        waiting = [
            each
            for each in unit.referrals.listed(asset_key=share.asset_key, open_only=share.at is None)
            if each.closed_at is None or (share.at is not None and each.closed_at >= share.at)
        ]
        theirs = [each for each in waiting if _is_asked_by(unit, each, share.recipient)]
        # What asks for the same comes first: a share without an order of its own joins it.
        key = request_key(share, self._at)
        theirs.sort(key=lambda each: each.request_key != key)
        return [each.id for each in of_same_order(unit, share, theirs)]

    def _matters_of(self, share: Share) -> frozenset[str]:
        """Return the matters of the register that a share answers, or the referrals that it would join."""
        joined = map(self._unit.referrals.need, self._referrals_of(share))
        return matters_of(self._unit, share).union(*(matters_of_referral(self._unit, each) for each in joined))

    def _case(  # noqa: PLR0913 - a case is made of as much
        self,
        asset: Asset,
        tagging: Tagging,
        share: Share,
        asked: CaseShare,
        named: Sequence[str],
        *,
        key_id: str | None,
        others_redact: bool,
        relations: _Relations,
    ) -> Case:
        redactable = others_redact or formats.can_redact(asset.media_type)
        by_two = needs_two(tagging)
        case = Case(
            id=share.id,
            at=self._at,
            asset=case_asset(asset, tagging, redactable=redactable, at=self._at),
            share=asked,
            district=self._district,
            students=tuple(
                relations.seen_by_recipient(self._student(self._need(each), asked, by_two=by_two)) for each in named
            ),
            consents=tuple(
                _for_this(
                    _for_purpose(self._ordered(kept, asked.purpose), asked.purpose, self._purposes), key_id, asset.id
                )
                for kept in self._kept_of(named)
            ),
        )
        return _through_the_gate(case)

    def _student(self, record: StudentRecord, asked: CaseShare, *, by_two: bool) -> Student:
        student = record.student_on(self._at, by_two=by_two)
        if by_two and asked.recipient.role == "parent":
            # What one person stated of a college gives the student nothing here, and takes a parent's right all the same.
            by_one = record.student_on(self._at)
            student = replace(
                student, postsecondary=by_one.postsecondary, postsecondary_since=by_one.postsecondary_since
            )
        elif by_two:
            # What one person stated of a death gives a parent nothing here, and ends what another had all the same.
            student = replace(student, died=record.death())
        return replace(
            student,
            opted_out=self._opted_out(record, asked.purpose),
            may_answer_until=may_answer_until(record, self._settings.district),
        )

    def _opted_out(self, record: StudentRecord, purpose: str) -> OptOut | None:
        """Return the opt-out that counts for a purpose.

        What somebody else stated in the place of a student who held the rights stays in force until the custodian has said
        whose word it is, and takes nothing from the student's own consent: it counts as made before each of them (34 CFR 99.5).
        """
        last = _opt_out(record.opt_outs, purpose, self._at, self._purposes)
        if last is None or not last.is_in_force(self._at) or not has_rights(record, self._at, self._rulings):
            return last
        kept = self._unit.people.kept_opt_outs(record.id)
        own = [each for each in kept if not is_without_right(record, each, self._rulings)]
        if len(own) == len(kept):
            return last
        if opt_outs_for(own, purpose, self._at, self._purposes):
            return _opt_out([each.opt_out for each in own], purpose, self._at, self._purposes)
        signed = [day for each in self._kept_of([record.id]) if (day := each.consent.signed_on) is not None]
        return replace(last, since=min([last.since, *(each - timedelta(days=1) for each in signed)]))

    def doubtful_consents(self, case: Case, student: str, key_id: str | None = None) -> list[str]:
        """Return the ids of a student's consents that would hold for a case if the family had not opted out since."""
        (about,) = (each for each in case.students if each.id == student)
        return [
            kept.id
            for kept in self._kept_of([student])
            if consent_faults(
                _for_this(
                    _for_purpose(self._ordered(kept, case.share.purpose), case.share.purpose, self._purposes),
                    key_id,
                    case.asset.id,
                ),
                seen_as_ruled(about, self._rulings),
                case,
            )
            == (DOUBTFUL,)
        ]

    def _with_supposed(self, record: StudentRecord | None) -> StudentRecord | None:
        more = [each for each in self._supposed.guardianships if record is not None and each.student == record.id]
        return replace(record, guardianships=(*record.guardianships, *more)) if record is not None and more else record

    def _relations(self, asset: Asset, tagging: Tagging, share: Share, named: Sequence[str]) -> _Relations:
        """Return who the recipient is to the students of a recording.

        INVARIANT: on a recording that takes two people, what one person stated of a relation gives nobody anything.
        """
        who = share.recipient
        records = {each: record for each in named if (record := self._students.get(each)) is not None}
        if who.role not in FAMILY or who.id is None:
            return _Relations(CaseRecipient(who.role, who.id, known=who.role not in FAMILY))
        by_two = needs_two(tagging)
        shown = [record for each, record in records.items() if each in tagging.students]
        if who.role == "parent" and self._is_kept_from(who.id, shown, case_asset(asset, tagging), share, by_two=by_two):
            return _Relations(CaseRecipient(who.role, who.id, known=False), looked_at=who.id)
        stated = {each: _stated_of(record, who.id, self._at) for each, record in records.items()}
        if who.role == "eligible_student":
            themselves = [each for each, what in stated.items() if "self" in what and (what["self"] or not by_two)]
            student = next(iter(themselves), who.id)
            retains = student in records and records[student].retains_on(self._at, by_two=by_two)
            if themselves or retains:
                return _Relations(CaseRecipient(who.role, student, known=True), retains=student if retains else None)
        dependents = [each for each, record in records.items()
                      if who.id in record.stated_on(self._at, "dependent", by_two=by_two)]  # fmt: skip
        known = self._is_known(who.id, records, stated, tagging, by_two=by_two)
        return _Relations(
            CaseRecipient(who.role, who.id, known=known), tuple(dependents) if who.role == "parent" else ()
        )

    def _is_known(
        self,
        person: str,
        records: Mapping[str, StudentRecord],
        stated: Mapping[str, Mapping[GuardianshipKind, bool]],
        tagging: Tagging,
        *,
        by_two: bool,
    ) -> bool:
        if any(person == each or person in record.guardians for each, record in records.items()):
            return True
        shown = [stated.get(each, {}) for each in tagging.students]
        if by_two and any(not counts for what in shown for kind, counts in what.items() if kind in _RIGHTS):
            # Another person has to look before what one stated counts here: the question is open.
            return False
        if any({*_RIGHTS, "limited"} & what.keys() for what in shown):
            return True
        # Whom a custodian did not find to be anybody's here is asked again for other students only.
        if shown and all("stranger" in what for what in shown):
            return True
        if person not in self._families:
            self._families[person] = self._unit.people.is_family(person)
        return self._families[person]

    def _need(self, student: str) -> StudentRecord:
        record = self._students[student]
        if record is None:
            raise UnknownThing(NO_SUCH_STUDENT)
        return record

    def _kept_of(self, students: Iterable[str]) -> list[KeptConsent]:
        kept = [each for student in students for each in self._consents.get(student, ())]
        return sorted(kept, key=KeptConsent.order)

    def opted_out_by_other(self, case: Case) -> tuple[str, ...]:
        """Return the students of a case with a valid consent whose other parent is on file as having opted out, sorted."""
        found = []
        for student in case.students:
            own = [each for each in case.consents if each.student == student.id]
            signers = {
                each.signed_by for each in own if not consent_faults(each, seen_as_ruled(student, self._rulings), case)
            }
            stated = {each.stated_by for each in self._opt_outs_for(student.id, case.share.purpose)} - {
                None,
                student.id,
            }
            if signers == {student.id}:
                # Whoever holds the rights alone has no other parent beside them (34 CFR 99.5).
                continue
            if signers and stated.difference(signers):
                found.append(student.id)
        return tuple(sorted(found))

    def _opt_outs_for(self, student: str, purpose: str) -> list[KeptOptOut]:
        """Return a student's opt-outs that are in force for a purpose, with who stated them."""
        return opt_outs_for(self._unit.people.kept_opt_outs(student), purpose, self._at, self._purposes)

    def _opt_outs_of_holder(self, record: StudentRecord, purpose: str) -> list[KeptOptOut]:
        kept = self._opt_outs_for(record.id, purpose)
        return [each for each in kept if not is_without_right(record, each, self._rulings)]

    def _ordered(self, kept: KeptConsent, purpose: str) -> Consent:
        record, reaching = self._students[kept.student], partial(self._opt_outs_for, kept.student, purpose)
        if record is not None and has_rights(record, self._at, self._rulings):
            reaching = partial(self._opt_outs_of_holder, record, purpose)
        return consent_in_order(kept, record, reaching, self._at, self._rulings, self._supposed)


def is_order_stayed(unit: Unit, share: Share, today: date) -> bool:
    """Whether a court stayed the order by which the recipient asks for the recording, as a finding says that none lifted.

    It holds for a referral that is closed, and for a link that was given before: an order that is stayed compels nobody. A
    stay of one order of the register says nothing of another; for a share that answers none, each counts.
    """
    referrals = unit.referrals.listed(asset_key=share.asset_key, open_only=False, secret=share.secret)
    said = [
        (orders_of_referral(unit, referral), finding)
        for referral in referrals
        if _is_asked_by(unit, referral, share.recipient)
        for finding in unit.referrals.findings(referral.id)
        if finding.kind == STAY and finding.state == "applied" and finding.at.astimezone().date() <= today
    ]
    own = orders_of(unit, share)
    return any(
        _last_stands(finding for orders, finding in said if not are_apart(orders, each))
        for each in ([own] if own else {orders for orders, _ in said})
    )


def narrowed_order(unit: Unit, share: Share) -> str | None:
    """Return the order of the register by which a recording is asked for and which does not reach it; None where one does.

    Of a share that answers no order of the register it is not known by which paper: each that was narrowed counts, whether it
    waits or not.
    """
    own = orders_of(unit, share)
    if own:
        return None if any(unit.requests.reaches(each, share.asset_key) for each in own) else min(own)
    return min(unit.requests.narrowed_orders(share.recipient, share.asset_key, secret=share.secret), default=None)


def _last_stands(stays: Iterable[StoredFinding]) -> bool:
    last = max(stays, key=lambda each: each.at, default=None)
    return last is not None and last.content["state"] == "stands"


def _is_asked_by(unit: Unit, referral: Referral, recipient: Recipient) -> bool:
    """Whether this recipient asks for what a referral is about."""
    asked = unit.shares.share(referral.share_id)
    return asked is not None and asked.share.recipient.who == recipient.who


def consent_in_order(
    kept: KeptConsent,
    record: StudentRecord | None,
    reaching: Callable[[], Collection[KeptOptOut]],
    at: date,
    rulings: Rulings,
    supposed: Supposed = NOTHING,
) -> Consent:
    """Return a consent as confirmed; where the family opted out on the day of it, with which of the two came last.

    It is the consent if the custodian stated, when it was entered after the opt-out, that it was signed after it, or if
    the family said after the opt-out that it stands. The order in which the two were entered says nothing. `reaching` gives
    the opt-outs in force for the purpose (`opt_outs_for`), where there is one of that day; `supposed` is what is put on file
    of people for one decision.
    """
    consent = _as_confirmed(kept, record, at, rulings, supposed)
    day = consent.signed_on
    if record is None or day is None or all(each.since != day for each in record.opt_outs):
        return consent
    if kept.id in supposed.confirmed and day == at:
        return replace(consent, after_opt_out=True)
    said = kept.confirmed_at if kept.confirmed_on == day <= at else None
    same = [each for each in reaching() if each.opt_out.since == day]
    is_last = all((said is not None and each.at < said) or kept.is_shown_after(each) for each in same)
    return replace(consent, after_opt_out=bool(same) and is_last)


def _as_confirmed(
    kept: KeptConsent, record: StudentRecord | None, at: date, rulings: Rulings, supposed: Supposed
) -> Consent:
    """Return a consent as signed on the day on which the family said that it stands; it counts for nothing more.

    Whoever could not sign when it was signed does not sign by confirming it.
    """
    consent = kept.consent
    if kept.id in supposed.revoked:
        return replace(consent, revoked_on=min(at, consent.revoked_on or at))
    confirmed, signed = at if kept.id in supposed.confirmed else kept.confirmed_on, consent.signed_on
    if confirmed is None or signed is None or record is None or not signed < confirmed <= at:
        return consent
    same_signer = has_rights(record, signed, rulings) == has_rights(record, confirmed, rulings)
    return replace(consent, signed_on=confirmed) if same_signer else consent


def opt_outs_for(kept: Iterable[KeptOptOut], purpose: str, day: date, purposes: PurposeList) -> list[KeptOptOut]:
    """Return the opt-outs that are in force on a day for a purpose."""
    return [each for each in kept if each.opt_out.is_in_force(day) and purposes.reaches(each.opt_out.purposes, purpose)]


def is_without_right(record: StudentRecord, kept: KeptOptOut, rulings: Rulings) -> bool:
    """Whether somebody else stated an opt-out in the place of a student who held the rights on that day (34 CFR 99.5).

    A parent's opt-out from before the student's 18th birthday was stated with the right, and outlives it.
    """
    if kept.stated_by is None or kept.stated_by == record.id:
        return False
    return has_rights(record, min(kept.opt_out.since, kept.at.date()), rulings)


def is_asked_by_student(record: StudentRecord, kept: KeptOptOut, rulings: Rulings) -> bool:
    """Whether a student who did not hold the rights on that day opted out: it holds, and a parent may end it (34 CFR 99.3)."""
    if kept.stated_by != record.id:
        return False
    return not has_rights(record, min(kept.opt_out.since, kept.at.date()), rulings)


def _is_limited(record: StudentRecord, person: str, day: date) -> bool:
    """Whether a court order limits a person's rights over a student, or those of a guardian whom the person represents."""
    both = (meant_by(record, person, day), *record.represented_by(person, day))
    return any(record.limits_on(day, each) for each in both)


def limited_among(records: Iterable[StudentRecord], person: str, day: date) -> Iterator[tuple[str, Guardianship]]:
    """Yield each student over whom a court order takes the record from a person, with the order.

    Who represents a guardian over one student has no more of a brother or a sister than the guardian: there the place counts,
    too, which is looked for elsewhere only where somebody asks for the student (`CaseGatherer._is_kept_from`).
    """
    known = tuple(records)
    behind = {each for record in known for each in record.represented_by(person, day)}
    for record in known:
        own = {person, *record.represented_by(person, day)}
        for each in sorted(own | behind):
            for order in record.limits_on(day, meant_by(record, each, day)):
                if order.what == "limited" or each not in own:
                    yield record.id, order


def _stated_of(record: StudentRecord, person: str, day: date) -> dict[GuardianshipKind, bool]:
    """Return what was stated by hand of a person and a student, and of each whether two people stated it."""
    found: dict[GuardianshipKind, bool] = {}
    for each in record.guardianships:
        if each.guardian == person and each.is_in_force(day):
            found[each.what] = found.get(each.what, False) or each.by_two
    return found


@dataclass(frozen=True, slots=True)
class _Relations:
    """The recipient as the case has it, and the students who are the recipient's dependents for tax, as was found.

    `looked_at` is a guardian who holds no right over the recording until the custodian has looked at who it is. `retains` is
    the student who asks and keeps the right to their own record although a court appointed a guardian (RSMo 475.080).
    """

    recipient: CaseRecipient
    dependents: tuple[str, ...] = ()
    looked_at: str | None = None
    retains: str | None = None

    def seen_by_recipient(self, student: Student) -> Student:
        """Return a student as the case of this recipient knows them.

        Whoever retains the right to their record asks as an adult without a guardian. What the guardian may have is another
        case.
        """
        return replace(student, ward=False) if student.id == self.retains else _without(student, self.looked_at)

    def with_dependents(self, evidence: Evidence) -> Evidence:
        """Return the evidence with the dependents that are on file."""
        if not self.dependents:
            return evidence
        known = evidence.dependent.students if evidence.dependent else ()
        return replace(evidence, dependent=Dependent(tuple(sorted({*known, *self.dependents}))))


def _through_the_gate(case: Case) -> Case:
    """Return a case as the gate of case files lets it through, the same again at once: that looks at nothing else.

    An id that is another role's name, say, would match a consent it must not.
    """
    if is_plain_id(case.id):
        # An unhashable or refused case takes the long way, whose error names its own id.
        with suppress(TypeError, CaseError):
            return replace(_let_through(replace(case, id=_ANY_ID)), id=case.id)
    return parse_case(plain_case(case))


@lru_cache(maxsize=256)
def _let_through(case: Case) -> Case:
    return parse_case(plain_case(case))


def is_plain_id(text: str) -> bool:
    """Whether it is a case's id of letters, digits and hyphens alone, which the gate always lets through."""
    return _PLAIN_ID.fullmatch(text) is not None


def _with_share(known: Case, share_id: str, asked: CaseShare) -> Case | None:
    """Return a checked case with another share in it; None if the share does not pass, so that the caller checks it whole.

    The gate checks each field by itself and then whether all fit together: a share alone is checked in a case in which no
    student is shown.
    """
    about = _students_of_share(asked.names, asked.evidence)
    alone = replace(
        known,
        id=share_id,
        asset=CaseAsset(known.asset.id),
        share=asked,
        students=tuple(each for each in known.students if each.id in about),
        consents=(),
    )
    try:
        checked = _through_the_gate(alone)
    except CaseError:
        return None
    case = replace(known, id=checked.id, share=checked.share)
    return case if fits_together(case) else None


def texts_of_who_asks(unit: Unit, share: Share, names: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that say who asks: the id, these `names` of the staff, and the contact of the request answered."""
    answered = unit.requests.need(share.answers) if share.answers is not None else None
    texts = (share.recipient.id, *names, answered.contact if answered is not None else None)
    return tuple(each for each in texts if each)


def students_named_in(tagging: Tagging, share: Share) -> list[str]:
    """Return every student that the case of a share is about, sorted. Raises CaseError for bad evidence."""
    return _students_named(tagging, share, parse_evidence(share.evidence))


def _beside_procedure(case: Case, share: Share) -> str | None:
    """Return the clause of a request that no exception of the procedure is about: by the recording, or by who asks."""
    return UNIT if is_unit_record(case.asset.confidential) else HANDED_OVER.get(share.recipient.role)


def _confidential(tagging: Tagging, at: date | None) -> str | None:
    """Return why a recording is confidential; what the school uses is no law-enforcement unit's (34 CFR 99.8(b)(2))."""
    if not tagging.is_in_use:
        return tagging.why_closed("confidential", at)
    left = [each.why for each in tagging.closed_by("confidential", at) if not is_unit_record(each.why)]
    return BETWEEN.join(dict.fromkeys(left)) or None


def case_asset(asset: Asset, tagging: Tagging, *, redactable: bool = False, at: date | None = None) -> CaseAsset:
    """Return the asset block of a case on a day; `redactable`: a copy can be made of its format in which somebody is hidden.

    Without a day, no closure has ended.
    """
    return CaseAsset(
        id=asset.id,
        # What the district uses, it maintains (34 CFR 99.3), whatever was said before it was used.
        maintained_by="district" if tagging.is_in_use else tagging.maintained_by,
        tagging=_state(tagging),
        directory_status=tagging.directory_status,
        official_uses=tuple(CaseOfficialUse(use.purpose, use.students) for use in tagging.official_uses),
        record_pii=tagging.record_pii,
        closed=tagging.why_closed("closed", at),
        confidential=_confidential(tagging, at),
        unidentified_people=tagging.unidentified_people,
        redactable=redactable,
        cannot_be_redacted=tagging.cannot_be_redacted,
        meaning=tagging.meaning,
        appearances=tuple(
            CaseAppearance(each.student, each.prominence, each.identifiable, is_located(each, asset.media_type))
            for each in tagging.appearances
        ),
    )


def _all_in(asset: CaseAsset) -> set[str]:
    """Return every student whom the block of a recording names."""
    shown = {each.student for each in asset.appearances}
    return shown.union(asset.record_pii, *(use.students for use in asset.official_uses))


def _state(tagging: Tagging) -> TaggingState:
    """Return whether it is known who is in a recording. INVARIANT: complete is earned: without a ground it is pending."""
    return "pending" if tagging.state == "complete" and tagging.ground is None else tagging.state


def students_in(tagging: Tagging) -> list[str]:
    """Return every student a tagging names, sorted."""
    return sorted(tagging.students)


def shown_in(unit: Unit, asset_key: str) -> frozenset[str]:
    """Return every student whom the tagging of a recording names, as it is now or was last; nobody where it is not known."""
    stored = unit.assets.newest(asset_key)
    return stored.tagging.students if stored is not None else frozenset()


def _students_named(tagging: Tagging, share: Share, evidence: Evidence) -> list[str]:
    return sorted(tagging.students.union(_students_of_share(share.names, evidence)))


def _students_of_share(names: Iterable[str], evidence: Evidence | None) -> set[str]:
    return {*names, *(student for _, students in students_named(evidence) for student in students)}


def _without(student: Student, person: str | None) -> Student:
    """Return a student over whom a person holds no right, and represents nobody."""
    if person is None:
        return student
    return replace(
        student,
        guardians=tuple(each for each in student.guardians if each != person),
        representatives=tuple(each for each in student.representatives if each != person),
        own_representatives=tuple(each for each in student.own_representatives if each != person),
    )


def _opt_out(opt_outs: Sequence[OptOut], purpose: str, at: date, purposes: PurposeList) -> OptOut | None:
    """Return the opt-out that counts for the purpose: the last made that is in force, else one that reaches it, else any.

    The last one made is the strictest: it makes every consent doubtful that was signed before it.

    RULING spelling-of-purposes: an opt-out reaches a purpose by whichever word of the district's list either is called
    (`Social media`, `facebook`), and every purpose where the list does not know its word: what a family wrote down is
    not undone by how staff type it.
    """
    reaching = [each for each in opt_outs if purposes.reaches(each.purposes, purpose)]
    in_force = [each for each in reaching if each.is_in_force(at)]
    last = max(in_force, key=lambda each: each.since, default=None)
    chosen = last or next(iter(reaching or opt_outs), None)
    if chosen is None or chosen not in reaching or chosen.purposes is None:
        return chosen
    words = [purposes.word(each) for each in chosen.purposes]
    known = [each for each in words if each is not None]
    return replace(chosen, purposes=tuple(dict.fromkeys((*known, purpose))) if len(known) == len(words) else None)


def _for_purpose(consent: Consent, purpose: str, purposes: PurposeList) -> Consent:
    """Return a consent under the share's word for its purpose; where the list knows it not, or not in whole, it is to nothing.

    INVARIANT: the procedure compares the two to the letter, so no word that the list does not know may stay the share's own.
    """
    if consent.purpose is None:
        return consent
    if purposes.permits(consent.purpose, purpose):
        return replace(consent, purpose=purpose)
    word = purposes.whole(consent.purpose) or consent.purpose
    return replace(consent, purpose=None if word == purpose else word)


def _reaching(evidence: Evidence, asset: Asset, key_id: str | None) -> Evidence:
    """Return the evidence; where its order names the object's key, it names the asset."""
    order = evidence.order
    if order is None or order.assets is None:
        return evidence
    named = tuple(asset.id if each in (asset.key, key_id) else each for each in order.assets)
    return replace(evidence, order=replace(order, assets=named))


def _for_this(consent: Consent, key_id: str | None, asset_id: str) -> Consent:
    """Return a consent; where it names the object's key, it names the asset too."""
    if consent.assets is None or key_id not in consent.assets:
        return consent
    return replace(consent, assets=(*consent.assets, asset_id))


def district_policy(district: DistrictSettings, purposes: PurposeList | None = None) -> District:
    """Return the directory policy of a district's settings as a case has it, its purposes by the words of a list."""
    policy = District(**district.model_dump(include={field.name for field in fields(District)}))
    if policy.directory_limited_to is None or purposes is None:
        return policy
    limited = tuple(dict.fromkeys(purposes.whole(each) or each for each in policy.directory_limited_to))
    return replace(policy, directory_limited_to=limited)
