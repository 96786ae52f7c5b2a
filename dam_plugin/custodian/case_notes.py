"""What the custodian alone is told beside an answer: a court order, a protection, other requests that wait. Reads only.

None of it is in a reason, which media staff read, and none of it is told outside. The custodian sees it in the answer to a
share of their own, over HTTP too, in the explanation of one, and in `queue show --as custodian:NAME`.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo

from dam_plugin.custodian.named_recordings import is_limited
from dam_plugin.custodian.own_record import KEEPS_THE_RIGHT, may_be_family, may_be_guardian
from dam_plugin.custodian.retention_rules import taken_on
from dam_plugin.model import CUSTODIANS, Actor, Decision, Outcome, Recipient, Share, StudentRecord, Tagging
from dam_plugin.procedure.clauses import HANDED_OVER, listed
from dam_plugin.procedure.exceptions import BY_CLAUSE, FAMILY
from dam_plugin.procedure.in_words import not_to_be_asked, sentence
from dam_plugin.procedure.protection import (
    NOT_AGAINST,
    ORDER_BINDS,
    ask_attorney,
    ask_attorney_now,
    ask_nobody,
    call_back,
    keep_whereabouts,
)
from dam_plugin.procedure.purposes import RECRUITER_PURPOSES, words_of
from dam_plugin.procedure.terms import comes_of_age, has_rights, seen_as_ruled
from dam_plugin.services import Services
from dam_plugin.sharing.finding_kinds import links_on_evidence
from dam_plugin.sharing.gather_case import limited_among, needs_two, texts_of_who_asks
from dam_plugin.sharing.in_person import ORDER
from dam_plugin.sharing.json_output import DecisionReason, ShareTold, share_told
from dam_plugin.sharing.no_place import shown_without_place
from dam_plugin.sharing.same_person import guardians_met, how_to_tell, meant_by, why_met
from dam_plugin.sharing.share import Answer, staff_ids
from dam_plugin.store import StoredAsset, Unit

# What a family would sign, and a person whose rights an order limits cannot.
_BY_SIGNING = ("EX3-MISSING", "EX3-FORM")
# What a protection is told by, or a consent that it takes its force.
_OF_OPTED_OUT = ("PROTECTED", "CONSENT-DOUBTFUL")
_TRANSFERRED = "RIGHTS-TRANSFERRED"
_YOU_DECIDE = (
    "the records custodian decides what may be seen, and hands it over by hand (`dam-plugin queue close ID --disclosed-to "
    "ROLE:ID …`; to the family --basis EX2). Of minors in college the district's attorney may settle it for all by the "
    "switch `postsecondary = by-age`; that one has left the college you state by `dam-plugin student left-college S-… --why "
    "TEXT`."
)
_CONSENTED = (
    "{students} consented, and the parent was given what that covers: the consent answers it, and nobody is asked again. "
    "Where the parent wants no more, close it: `dam-plugin queue close {work} --why 'the student consented, and it was given' "
    "--as custodian:NAME`."
)
ORDER_FIRST = (
    "A court order limits this person's rights: the custodian decides what it leaves; no consent of theirs counts."
)
_BY_HAND = "`dam-plugin queue close ID --disclosed-to parent:{person} --basis EX2 --students {student} --why TEXT`"

OWN_SUIT = (
    "Is it a suit between the district and this student's family? What is relevant to it may go to that court without an "
    "order: 34 CFR 99.31(a)(9)(iii)(A) where the district sued, (B) where the family did. Let the district's attorney say so, "
    "hide the other students (`dam-plugin redact`), hand it over, and record it with the law and a copy of what shows it: "
    "`dam-plugin queue close ID --disclosed-to court:NAME --basis LAW --law '34 CFR 99.31(a)(9)(iii)(B)' --file COPY "
    "--students S-… --why TEXT --as custodian:NAME`. In any other suit the court has to send an order, or a party a subpoena."
)
RECRUITERS = (
    "20 U.S.C. 7908 and 10 U.S.C. 503(c) give recruiters of the military and of colleges names, addresses and telephone "
    "listings of secondary students, and no recording: this one is decided as for anybody."
)
# Purposes that reach people outside of the school, and words by which an id names a group that is no staff.
_OUTSIDE_PURPOSES = ("fundraising", "news", "broadcast", "film", "marketing", "exhibition")
_GROUPS = frozenset(
    [
        "club", "clubs", "booster", "boosters", "pta", "pto", "ptsa", "foundation", "association", "alumni", "volunteer",
        "volunteers", "sponsor", "company", "counsel", "insurer", "contractor", "vendor",
    ]
)  # fmt: skip
OFFICIAL_OUTSIDE = (
    "Look whether exception 1 reaches this. Of somebody outside of the staff, as a club, a volunteer or a company, it does so "
    "only where a contract or the like has them do what your own staff would do, and the district keeps direct control of what "
    "they do with the record (34 CFR 99.31(a)(1)(i)(B)); and each official sees only what their own work asks for (34 CFR "
    "99.31(a)(1)(ii)). Whoever publishes it, or passes it on, discloses it again (34 CFR 99.33(a)): share that anew, with "
    "`--kind publication` or to whom it goes, by the families' consents or as directory information (34 CFR 99.30, "
    "99.31(a)(11))."
)
_MAY_BE_AGAINST = (
    "{0} is protected, and this may be the person from whom it is kept where they are: nobody has said that it is against "
    "somebody else (RSMo 589.660 to 589.683)."
)
UNDER_REVIEW = (
    "An earlier emergency, in which this recording went out, is under review still ({0}): look whether its threat is over, "
    "`dam-plugin queue show {0}`. Each emergency is reviewed by itself."
)
NO_CONSENT_COUNTS = (
    "Ask nobody for a consent: none counts while the student is protected. Share a copy that hides them, or a recording "
    "without them."
)


@dataclass(frozen=True, slots=True)
class CaseNotes:
    """Sentences for the custodian, with pseudonyms; `is_limited`: a court order takes the rights of the person who asks.

    `unasked` are the students of the recording whom nobody asks for consent, with why; of the `protected` ones no consent
    counts. `by_order`: an order asks, so that what shows a protected student is the attorney's matter. `consented` are grown
    students by whose own consent the parent who asks was given what shows them; `work` is the referral that it is read in.
    """

    told: tuple[str, ...] = ()
    is_limited: bool = False
    unasked: Mapping[str, str] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()
    by_order: bool = False
    consented: frozenset[str] = frozenset()
    work: str = "ID"

    def with_remedies(self, reasons: Iterable[DecisionReason]) -> tuple[DecisionReason, ...]:
        """Return the reasons of an answer, each with what the custodian can do about it."""
        return tuple(replace(each, remedy=self.remedy(each.clause, each.remedy, each.students)) for each in reasons)

    def remedy(self, clause: str, text: str, students: Collection[str] = ()) -> str:
        """Return what can be done about a clause that is about these students, where the custodian knows more than it says.

        It is never a consent of a person whose rights an order limits, nor of a student who has died or is not to be asked,
        nor of anybody for a protected student.
        """
        if text and clause in (*_BY_SIGNING, *_OF_OPTED_OUT) and students and self.protected.issuperset(students):
            return ORDER_BINDS if self.by_order else NO_CONSENT_COUNTS
        if not text or clause not in (*_BY_SIGNING, _TRANSFERRED):
            return text
        if clause == _TRANSFERRED and students and self.consented.issuperset(students):
            return _CONSENTED.format(students=listed(tuple(sorted(students))), work=self.work)
        if self.is_limited and clause in _BY_SIGNING:
            return ORDER_FIRST
        why = [self.unasked[each] for each in students if each in self.unasked]
        if not students or len(why) < len(students):
            return text
        return sentence(f"{listed(tuple(dict.fromkeys(why)))}: {_YOU_DECIDE}")


NOTHING = CaseNotes()


def notes_of(
    services: Services,
    request: Share,
    *,
    but: str | None = None,
    offered: Collection[str] = (),
    decision: Decision | None = None,
    work: str | None = None,
) -> CaseNotes:
    """Return what the custodian is told of a request; `but` is the referral that it is read in, `work` one that it left.

    `offered` are the students of the family to whom an offer of it goes: whom that leaves out is told. `decision`: the answer
    that the request was given, where it is known: no note speaks against a release.

    Of a recording that is in the library no more there is nothing to tell.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        stored = unit.assets.current(request.asset_key)
        if stored is None:
            return NOTHING
        records = unit.people.students_of(stored.tagging.students)
        shown = [records[each] for each in sorted(records)]
        protected = frozenset(each.id for each in shown if each.is_protected(today))
        by_two = needs_two(stored.tagging)
        without_place = shown_without_place(unit, stored.asset.id, request, (), by_two=by_two)
        who = request.recipient
        is_new = who.role == "parent" and who.id is not None and not _is_known(unit, who.id, today)
        told = [*_of_person(who, shown, today, without_place, by_two=by_two, is_new=is_new)]
        told += _of_dropped(unit, who, shown, today)
        told += _of_public(services, unit, request, shown)
        told += _of_another_role(services, unit, request, decision)
        told += _of_college(services, who, shown, today)
        told += _of_all(request, stored.tagging, shown, today)
        told += _left_out([each for each in shown if each.id in offered], shown, today, by_two=by_two)
        by_order = asks_by_order(unit, request, but or request.referral)
        is_over = by_order and but is not None and not unit.referrals.need(but).is_open
        told += () if is_over else _of_protected(request, sorted(protected), decision, by_order=by_order)
        told += _of_dead(services, shown, today)
        told += [OWN_SUIT] if asks_without_order(request) else []
        told += [OFFICIAL_OUTSIDE] if _is_official_outside(services, request) else []
        told += [RECRUITERS] if _is_for_recruiters(services, request) else []
        told += _of_others(unit, request, but)
        told += _of_links(unit, request)
        told += _of_statements(unit, request, stored)
        told += _of_leavers(shown, stored, services.now().tzinfo)
        told += _of_certificate(services, unit, request, stored, but or request.referral)
        consented = _consented(unit, request, shown, services, today)
    unasked = {
        each.id: why
        for each in shown
        if each.id not in protected
        and (why := not_to_be_asked(seen_as_ruled(each.student_on(today), services.rulings), today))
    }
    limited = any(
        each.what == "limited"
        for record in shown
        for person in _who_asks(request.recipient, record, today)
        for each in record.limits_on(today, person)
    )
    if work is not None and consented:
        # An answer that gives something has no column of what can be done.
        told.append(_CONSENTED.format(students=listed(tuple(sorted(consented))), work=work))
    waits = work or but or request.referral or "ID"
    return CaseNotes(tuple(told), limited, unasked, protected, by_order, consented, waits)


def _consented(
    unit: Unit, request: Share, shown: Iterable[StudentRecord], services: Services, today: date
) -> frozenset[str]:
    """Return the grown children of a parent who asks, by whose own consents the last answer showed them."""
    if request.recipient.role != "parent" or request.kind != "request":
        return frozenset()
    bases = [kept.decision.get("basis") or {} for kept in unit.shares.stored_of([request.id])
             if kept.outcome in ("allow", "redact")]  # fmt: skip
    return frozenset(
        each.id
        for each in shown
        if has_rights(each, today, services.rulings)
        and each.has_guardian(request.recipient.id or "", today)
        and any(basis.get(each.id) == "EX3" for basis in bases)
    )


def asks_without_order(request: Share) -> bool:
    """Whether a court asks and brings no order."""
    return request.kind == "request" and request.recipient.role == "court" and not request.evidence.get("order")


def _is_official_outside(services: Services, request: Share) -> bool:
    """Whether somebody asks as a school official for what goes outside of the school, or is a club or the like by the id."""
    if request.recipient.role != "school_official" or request.kind != "request":
        return False
    purposes = services.settings.purposes
    outside = {purposes.word(each) for each in _OUTSIDE_PURPOSES} - {None}
    return purposes.word(request.purpose) in outside or not _GROUPS.isdisjoint(words_of(request.recipient.id or ""))


def _is_for_recruiters(services: Services, request: Share) -> bool:
    """Whether recruiters ask for a recording: their right by law is to lists."""
    purposes = services.settings.purposes
    asked = purposes.word(request.purpose)
    return request.kind == "request" and asked in {purposes.word(each) for each in RECRUITER_PURPOSES} - {None}


def answer_told(services: Services, answer: Answer) -> ShareTold:
    """Return the JSON of an answer, for the custodian with these notes."""
    told, notes = share_told(answer, services.settings), notes_beside(services, answer)
    return told if notes is None else replace(told, reasons=notes.with_remedies(told.reasons), notes=notes.told)


def notes_beside(services: Services, answer: Answer) -> CaseNotes | None:
    """Return what the custodian is told beside an answer; None for anybody else.

    In an emergency nobody is held up: it is only whose whereabouts the recipient keeps secret, what an order limits, and
    which earlier emergency of the recording is under review.
    """
    if not may_read(answer.share.actor):
        return None
    if not any(referral.kind == "review" for referral in answer.referrals):
        work = next((each.id for each in answer.referrals if _TRANSFERRED in each.missing), None)
        return notes_of(services, answer.share, decision=answer.decision, work=work)
    today = services.now().date()
    with services.store.reading() as unit:
        stored = unit.assets.current(answer.share.asset_key)
        records = unit.people.students_of(stored.tagging.students if stored else ())
        waiting = unit.referrals.listed(asset_key=answer.share.asset_key)
        met = [*_of_another_role(services, unit, answer.share, answer.decision)]
    who = answer.share.recipient
    limits = met or [said for each in sorted(records) for said in _limits(who, records[each], today)]
    secret = [keep_whereabouts(each) for each in sorted(records) if records[each].is_protected(today)]
    own = {each.id for each in answer.referrals}
    earlier = [each.id for each in waiting if each.kind == "review" and each.id not in own]
    return CaseNotes((*limits, *secret, *(UNDER_REVIEW.format(each) for each in earlier)))


def _of_public(services: Services, unit: Unit, request: Share, shown: Iterable[StudentRecord]) -> Iterator[str]:
    """Yield that somebody who asks as one of the public may ask for a record of their own."""
    if request.recipient.role != "public" or request.kind != "request":
        return
    answered = unit.requests.need(request.answers) if request.answers is not None else None
    texts = (request.recipient.id, answered.contact if answered is not None else None)
    yield from dict.fromkeys(may_be_family(services, shown, texts))


def _of_another_role(services: Services, unit: Unit, request: Share, decision: Decision | None) -> Iterator[str]:
    """Yield which guardians of the students who are shown or named somebody may be who asks under a role of no family.

    Of one of the public it is said already, but for whoever holds no rights. Nothing is said again once it was let go.
    """
    who, today = request.recipient, services.now().date()
    released = decision is not None and decision.outcome <= Outcome.REDACT
    if who.role in FAMILY or request.kind != "request" or (released and request.referral is not None):
        return
    staff = unit.people.staff_of(staff_ids(services, who))
    texts = texts_of_who_asks(unit, request, (name for each in staff for name in each.names))
    stored = unit.assets.current(request.asset_key)
    records = unit.people.students_of({*request.names, *(stored.tagging.students if stored else ())})
    for record in (records[each] for each in sorted(records)):
        held = record.guardians_on(today) if who.role == "public" else ()
        for each in guardians_met(record, texts, today):
            if each not in held:
                yield may_be_guardian(who.role, each, record.id)
                yield from _limits(Recipient("parent", each), record, today)
                if record.is_protected(today) and not record.is_not_against(each, today):
                    yield _MAY_BE_AGAINST.format(record.id)


def asks_by_order(unit: Unit, request: Share, referral: str | None) -> bool:
    """Whether an order or a subpoena asks for a recording, verified or not, also where the paper is in the queue alone."""
    found = unit.referrals.findings(referral) if referral is not None else []
    papers = [request.evidence, *(each.evidence for each in found if each.state in ("pending", "applied"))]
    return any(paper and paper.get("order") for paper in papers)


def _of_protected(
    request: Share, protected: Iterable[str], decision: Decision | None, *, by_order: bool
) -> Iterator[str]:
    """Yield the sentence about each protected student that fits a request, and the answer that it was given."""
    released = decision is not None and decision.outcome in (Outcome.ALLOW, Outcome.REDACT)
    if by_order and released and decision is not None and ORDER in decision.basis.values():
        # Whom the copy hides is shown to nobody.
        yield from (ask_attorney_now(each) for each in protected if each not in decision.redact)
        return
    told = ask_attorney if by_order else ask_nobody
    if request.recipient.role in HANDED_OVER:
        told = call_back
    elif request.evidence.get("emergency"):
        told = keep_whereabouts
    yield from map(told, protected)


def may_read(by: Actor) -> bool:
    """Whether somebody is told these notes."""
    return by.role in CUSTODIANS


def _of_person(
    who: Recipient,
    shown: Iterable[StudentRecord],
    today: date,
    without_place: Collection[str],
    *,
    by_two: bool,
    is_new: bool = False,
) -> Iterator[str]:
    """Yield what is told of the person who asks, or is offered something; `is_new`: nobody knows them."""
    if who.role not in FAMILY or who.id is None:
        return
    for record in shown:
        person = meant_by(record, who.id, today)
        limits = _limits(who, record, today, was_found=record.id in without_place)
        yield from limits
        yield from _of_representative(record, person, today, by_two=by_two)
        yield from _of_others_rights(record, person, today) if who.role == "parent" else ()
        is_nameless = not record.is_protected(today) and not limits and record.is_to_be_looked_at(person, today)
        if is_nameless and person not in record.representatives_on(today):
            yield (
                f"A court order on file for {record.id} names somebody whom the roster lacked, and the roster has no name of "
                f"{person}. Compare who this is with a paper that has a picture: where it is somebody else, state "
                f"`parent_verified`, or `dam-plugin student guardian verify {record.id} {person} --seen TEXT`; where it is the "
                "person of the order, state `rights_limited … --file COPY`."
            )
        elif record.is_protected(today) and not limits and record.is_to_be_looked_at(person, today, by_two=by_two):
            yield _of_protected_students_guardian(record, person, was_found=record.id in without_place)
        elif is_new and not limits:
            yield from _may_be(record, today)


def _of_protected_students_guardian(record: StudentRecord, person: str, *, was_found: bool) -> str:
    """Return how a guardian has the record of a protected student without learning where the student can be found."""
    if was_found:
        return (
            f"{record.id} is protected, and no place can be told from this version of the recording, as was found: so this "
            "person has it, who may be the one from whom it is kept where the student is."
        )
    by_hand = _BY_HAND.format(person=person, student=record.id)
    return (
        f"{record.id} is protected, and this person may be the one from whom it is kept where they are. That keeps a place, "
        "and takes no parent's right to the record (34 CFR 99.4; RSMo 589.660). Look at the whole recording for a place (an "
        "address, a sign, a street, the number of a bus): where none can be told from it, state `dam-plugin queue finding ID "
        "reviewed 'what you looked for' --no-place`, and it goes to them; else hide the place, hand it over and say so, "
        f"{by_hand}. Where you know whom the protection is against, and that it is somebody else, two people say so: "
        f"`parent_verified … --not-against`, or {NOT_AGAINST.format(record.id, person)} `rights_limited … --file COPY` is "
        "for a paper that revokes this parent's rights, as an order of a court does."
    )


def _of_others_rights(record: StudentRecord, person: str, today: date) -> Iterator[str]:
    """Yield that the rights of a parent on file are with a guardian whom a court appointed."""
    if not record.has_guardian(person, today):
        return
    appointed = record.appointed_on(today)
    if appointed and person not in appointed:
        yield (
            f"A court appointed {', '.join(appointed)} as the guardian of {record.id}: the rights over the record are with "
            "that guardian, who may ask, or sign, and not with this parent (RSMo 475.120)."
        )


def _of_college(services: Services, who: Recipient, shown: Iterable[StudentRecord], today: date) -> Iterator[str]:
    """Yield that the rights of a parent who asks are with a minor in college, by the roster or as was stated by hand."""
    if who.role != "parent" or who.id is None or services.rulings.rights_by_age:
        return
    for record in shown:
        birthday, since = comes_of_age(record.student), record.in_college_since(today)
        is_minor = birthday is not None and birthday > today and not record.appointed_on(today)
        if not is_minor or not record.has_guardian(meant_by(record, who.id, today), today):
            continue
        if record.postsecondary:
            yield f"The roster marks {record.id}, who is not 18, as attending a college (`postsecondary`). {_COLLEGES}"
        elif since is not None:
            yield (
                f"{record.id}, who is not 18, is on file by hand as attending a college since {since} (`student show` has "
                f"what was seen). Where that is over: `dam-plugin student left-college {record.id} --why TEXT`. {_COLLEGES}"
            )


_COLLEGES = (
    "Of the college's records the rights are the student's; of the district's own the parents' rights end at 18. Where it "
    "means classes at a college beside this school, let the district's attorney settle it by the switch `postsecondary = "
    "by-age` of rulings.toml: the parent then needs no proof of tax."
)


def _of_dropped(unit: Unit, who: Recipient, shown: Iterable[StudentRecord], today: date) -> Iterator[str]:
    """Yield of whom a parent was a guardian by a roster of before, and is on file as none today, without any order."""
    if who.role != "parent" or who.id is None:
        return
    once = set(unit.people.once_guardian_of(who.id))
    for each in shown:
        if each.id in once and not each.has_guardian(who.id, today) and not is_limited(each, who.id, today):
            yield f"{KEEPS_THE_RIGHT.format(who.id, each.id)}."


def _is_known(unit: Unit, person: str, today: date) -> bool:
    """Whether somebody is on file as family of any student, or with the authority to ask for one of them."""
    return unit.people.is_family(person) or any(
        record.represented_by(person, today) for record in unit.people.related_to(person)
    )


def _of_representative(record: StudentRecord, person: str, today: date, *, by_two: bool) -> Iterator[str]:
    """Yield for whom a representative asks, and why that does not count."""
    for each in record.guardianships:
        if each.represents is None or each.guardian != person or not each.is_in_force(today):
            continue
        if each.represents not in (*record.guardians_on(today), record.id):
            yield (
                f"{each.represents}, for whom {person} asks ({each.id}), holds no parent's rights over {record.id} any more, "
                "and a representative has what the guardian has."
            )
        elif by_two and not each.by_two:
            yield (
                f"One person stated that {person} asks for {each.represents} over {record.id} ({each.id}), and this recording "
                "takes two: a second person states the same, `dam-plugin student guardian represent`."
            )


def _may_be(record: StudentRecord, today: date) -> Iterator[str]:
    """Yield that somebody whom nobody knows may be the person from whom this student's record is kept."""
    kept = record.kept_from(today)
    if kept or record.is_protected(today):
        what = "A protection" if record.is_protected(today) else "A court order"
        about = f"it is about {', '.join(kept)}" if kept else "it does not say who it is about"
        by_order = any(each.what == "limited" for each in record.limits_from(today))
        how = "--name NAME --file COPY" if by_order else "--only whereabouts --name NAME"
        yield (
            f"{what} is on file for {record.id}, {about}, and nobody knows yet who this person is. Find out first "
            "whether it is that person under another name or id: only where it is somebody else, state `parent_verified … "
            f"--another-person`. Where it is that person, state `rights_limited … {how}`."
        )


_IN_OFFICE = (
    "Offer to show it in the office, which leaves no copy (`dam-plugin queue close ID --disclosed-to ROLE:ID --basis EX2-MULTI "
    "…`). Else let it go: `dam-plugin queue finding ID reviewed 'what you looked for'`."
)
_BY_TWO = (
    "Nothing of it goes to this person, by a link, by hand or in the office, until two people let it go: `dam-plugin queue "
    "finding ID reviewed 'what you looked for'`, and the second approves it."
)


def _of_all(request: Share, tagging: Tagging, shown: Iterable[StudentRecord], today: date) -> Iterator[str]:
    """Yield which students a family would see that are kept from it, where the whole recording goes to it (EX2-MULTI).

    They are protected, or a court order limits over them the rights of who asks for another student.
    """
    who = request.recipient
    whole = tagging.meaning == "destroyed" or tagging.cannot_be_redacted
    if not whole or request.kind != "request" or who.role not in FAMILY:
        return
    known = tuple(shown)
    asks_for = who.id is not None and any(who.id in each.inspectors_on(today) for each in known)
    limited = dict(limited_among(known, who.id, today)) if who.id is not None and asks_for else {}
    way_on = _BY_TWO if needs_two(tagging) else _IN_OFFICE
    for record in known:
        own = who.id is not None and who.id in (record.id, *record.guardians_on(today))
        if record.id in limited:
            yield (
                f"The whole recording shows {record.id}, over whom a court order limits the rights of this person, or of whom "
                f"they represent ({limited[record.id].id}), and nobody can be hidden in what goes to a family here. Read what "
                f"the order leaves, and ask the district's attorney. {way_on}"
            )
        elif record.is_protected(today) and not own:
            yield (
                f"{record.id} is protected, and nobody can be hidden in what goes to another family here. Look at the whole "
                f"recording for what tells where they are (a sign, a street, the number of a bus). {_IN_OFFICE}"
            )


def _of_dead(services: Services, shown: Iterable[StudentRecord], today: date) -> Iterator[str]:
    """Yield which students have died who held the rights: these ended with them, and nobody signs for them."""
    for record in shown:
        if record.has_died(today) and has_rights(record, today, services.rulings):
            yield (
                f"{record.id} held the rights over the record, and has died: nobody can give a consent to show them. You "
                "decide what may be seen, and by whom: ask the district's attorney, and hear the family."
            )


def _left_out(
    offered: Iterable[StudentRecord], shown: Iterable[StudentRecord], today: date, *, by_two: bool
) -> Iterator[str]:
    """Yield why a guardian of the family of an offer is not among those to whom it is offered."""
    known = tuple(shown)
    for record in offered:
        for each in record.guardians_on(today):
            for student, order in limited_among(known, each, today):
                yield (
                    f"{each} is left out of those to offer it to: the whole recording shows {student}, over whom a court order "
                    f"limits this person's rights ({order.id}). Where they ask, you look first."
                )
        for each in record.to_be_looked_at(today, by_two=by_two):
            yield f"{each} is left out of those to offer it to, because:"
            yield from _of_person(Recipient("parent", each), [record], today, (), by_two=by_two)


def _limits(who: Recipient, record: StudentRecord, today: date, *, was_found: bool = False) -> list[str]:
    """Return what each order or protection keeps from who asks; `was_found`: no place can be told from the recording."""
    found = []
    people = _who_asks(who, record, today)
    person = next(iter(people), "")
    for each in (each for one in people for each in record.limits_on(today, one)):
        whose = (
            "this person's rights"
            if person in record.met_by(each, today)
            else "the rights of the guardian whom this person represents"
        )
        place_of = whose.removeprefix("the rights of ").removesuffix("'s rights")
        over = f"A court order limits {whose} over {record.id} ({each.id})"
        place = f"Where {record.id} can be found is kept from {place_of} ({each.id})"
        if (each, person) in record.untold_on(today):
            over = (
                f"A court order on file for {record.id} ({each.id}) {why_met(each, person)}. {how_to_tell(each, person)}. It "
                "limits this person's rights until then"
            )
            place = over
        if each.what == "limited":
            found.append(f"{over}: they are answered as anybody. What the order leaves, you decide.")
        elif was_found:
            found.append(
                f"{place}, and no place can be told from this version of the recording, as was found: no other right is taken."
            )
        else:
            found.append(
                f"{place}, and no other right is taken. Look at the whole recording for a place (an address, a sign, a street, "
                "the number of a bus); where none can be told from it, state `dam-plugin queue finding ID reviewed 'what you "
                "looked for' --no-place`."
            )
    return found


def _who_asks(who: Recipient, record: StudentRecord, today: date) -> tuple[str, ...]:
    """Return the person who asks, and the guardians for whom they ask; empty where the request names nobody."""
    if who.id is None:
        return ()
    person = meant_by(record, who.id, today)
    return (person, *record.represented_by(person, today))


def _of_others(unit: Unit, request: Share, but: str | None) -> Iterator[str]:
    """Yield the other referrals in which somebody waits for the same recording."""
    for each in unit.referrals.listed(asset_key=request.asset_key):
        asked = unit.shares.share(each.share_id)
        same = asked is not None and asked.share.recipient.who == request.recipient.who
        if each.id != but and not same:
            yield f"{each.id} waits for the same recording, due on {each.due}: `dam-plugin queue show {each.id}`."


def _of_links(unit: Unit, request: Share) -> Iterator[str]:
    """Yield what this recipient was given on evidence and can open still, where the request says something of evidence."""
    if not request.evidence:
        return
    links = [each for each in links_on_evidence(unit, request) if each.share_id != request.id]
    links = [each for each in links if _rests_on_evidence(unit, each.share_id)]
    asked = unit.shares.asked_for(each.share_id for each in links)
    for link in links:
        referral = asked[link.share_id].referral
        close = f"queue withdraw {referral} --since DAY --why TEXT" if referral else f"revoke {link.id}"
        yield (
            f"{link.id} opens this recording for the same recipient, on evidence that was verified before. Where that holds no "
            f"longer, as a subpoena that was quashed, close it: `dam-plugin {close}`."
        )


def _rests_on_evidence(unit: Unit, share_id: str) -> bool:
    """Whether a share was released on an exception that asks for evidence, and not as anybody may have it."""
    kept = unit.shares.share(share_id)
    decision = kept.decision if kept is not None else {}
    reasons = [each["clause"] for each in decision.get("reasons") or ()]
    grounds = {*(decision.get("basis") or {}).values()} or {*reasons[:1]}
    return any((row := BY_CLAUSE.get(each)) is not None and bool(row.evidence) for each in grounds)


def _of_statements(unit: Unit, request: Share, stored: StoredAsset) -> Iterator[str]:
    """Yield that a family's statement goes with the recording, which the custodian hands over with it."""
    for each in unit.statements.of(request.asset_key, stored.asset):
        goes = (
            "goes with this recording wherever that shows them (34 CFR 99.21(c)(2))"
            if each.student_id in stored.tagging.students
            else "does not go with this recording any more, since no tag says that it shows them"
        )
        yield (
            f"A statement of the family of {each.student_id}, of {each.on}, {goes}: `dam-plugin custodian statements "
            f"{shlex.quote(request.asset_key)}` prints it."
        )


def notes_of_waiting(services: Services, referral: str) -> tuple[str, ...]:
    """Return what the custodian is told of a certificate, or an order, that waits for a second person in a referral."""
    with services.store.reading() as unit:
        asked = unit.shares.share(unit.referrals.need(referral).share_id)
        stored = unit.assets.current(asked.share.asset_key) if asked else None
        if asked is None or stored is None:
            return ()
        found = [*_of_certificate(services, unit, asked.share, stored, referral)]
        if asks_by_order(unit, asked.share, referral):
            found += map(ask_attorney, _protected_in(unit, stored.tagging, services.now().date()))
        return tuple(found)


def _protected_in(unit: Unit, tagging: Tagging, today: date) -> list[str]:
    records = unit.people.students_of(tagging.students)
    return [each for each in sorted(records) if records[each].is_protected(today)]


def _of_certificate(
    services: Services, unit: Unit, request: Share, stored: StoredAsset, referral: str | None
) -> Iterator[str]:
    """Yield that the juvenile office's certificate opens the record of students whom it does not name (34 CFR 99.38(a)).

    It is read where it was verified, and where it is only said or waits for a second person.
    """
    if request.recipient.role != "juvenile_office" or services.rulings.juvenile_own_only:
        return
    waiting = unit.referrals.findings(referral) if referral is not None else []
    papers = [request.evidence, *(each.evidence for each in waiting if each.state == "pending")]
    served = [paper["pre_adjudication"] for paper in papers if paper and paper.get("pre_adjudication")]
    named = {student for each in served for student in each.get("students") or ()}
    shown = stored.tagging.students
    if others := sorted(shown - named) if named & shown else []:
        yield (
            f"The certificate does not name {listed(tuple(others))}, and 34 CFR 99.38(a) speaks of the student whose records "
            "are released. The district's ruling `juvenile-whole` lets the recording out whole all the same: `own-only` in "
            "rulings.toml hides whom the certificate does not name. Ask the district's attorney."
        )


def _of_leavers(shown: Iterable[StudentRecord], stored: StoredAsset, zone: tzinfo | None) -> Iterator[str]:
    """Yield that a recording may have been made after a student left: then it is no record of theirs (34 CFR 99.3).

    Not where its day, or the day on which the library first had it, was one on which the roster had the student.
    """
    day = min(taken_on(stored) or date.max, stored.first_seen.astimezone(zone).date())
    for record in shown:
        was_here = any(
            left is not None and (came is None or came <= day) and day < left for came, left in record.enrolled
        )
        if not record.active and not was_here:
            yield (
                f"{record.id} is no student here any more. Where the recording was made after they left, it is no education "
                'record of theirs (34 CFR 99.3, "education records", (b)(5)): state who else is in it, without them, '
                "`dam-plugin queue finding ID identified`."
            )
