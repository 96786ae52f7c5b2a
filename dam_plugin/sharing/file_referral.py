"""Puts the work that a decided share leaves into the custodian's queue, and closes the work that the share answers.

Both happen in the transaction that records the share. `REFERRAL_KINDS` holds the kinds of work and the term of each; the
table in docs/queue.md is made from it. Days are counted in `due_dates.py`. Work on the queue is in `custodian/`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from dam_plugin.errors import InputError
from dam_plugin.ledger.request_key import request_key
from dam_plugin.ledger.same_order import of_same_order
from dam_plugin.model import AFTERWARDS, CUSTODIANS, Decision, Link, Outcome, Referral, ReferralKind, Share, Student
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.clauses import CHILD_HIDDEN, LINK_UNSEEN
from dam_plugin.procedure.decide import is_break_glass, waits_for_meaning
from dam_plugin.procedure.exceptions import CERTIFICATION, FAMILY, OTHER_SCHOOL, reaches
from dam_plugin.procedure.order_day import NOTICE, day_waited_for
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import has_rights, is_eligible
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import is_emergency
from dam_plugin.sharing.due_dates import INSPECTION, SUNSHINE, TRANSFER, Term, due_day
from dam_plugin.sharing.evidence_counts import is_same_paper, is_unverified_welfare
from dam_plugin.sharing.finding_kinds import (
    decides,
    evidence_of,
    evidence_to_approve,
    written_evidence,
)
from dam_plugin.sharing.join_request import REOPENED, asked_on, join
from dam_plugin.sharing.seal_request import seal_or_open_the_same
from dam_plugin.sharing.secret_order import is_of_division, is_secret, is_verified_care, is_verified_order
from dam_plugin.store import StoredFinding, StoredShare, Unit
from dam_plugin.store.codec import canonical

# The ledger's word for a referral that a person closed.
CLOSED = "closed"
# The ledger's word for a referral that a share answered.
SETTLED = "settled"
# Questions whether the person who asks has a right of their own. No copy that hides their child answers them.
OWN_RIGHT = frozenset({"RIGHTS-TRANSFERRED", "EX2-RELATION"})
# Questions of a paper: an order whose families are not told, a certificate that is to come.
OF_PAPER = frozenset({NOTICE, CERTIFICATION.clause.id})
# What a court lacks that brings no order. It may be a suit between the family and the district, which needs none. Also what an
# order lacks that counsel has not verified.
NO_ORDER = "EX7-EVIDENCE"
# The papers that ask for it, as evidence names them, and the clause of what waits where an answer did not look at one.
_PAPERS = {"order": NO_ORDER, "pre_adjudication": CERTIFICATION.clause.id}
# The question whether a copy is enough for a family, where nobody has reviewed what hiding the others does to the meaning.
ENOUGH = "COPY-REVIEW"
# The question what hiding does to the meaning. Until it is answered, the publication that it could open is denied.
MEANING = "REDACT-MEANING"
# That somebody was given a recording before a look found students in it.
FOUND_LATER = "FOUND-LATER"
# That somebody was given a recording without the statement of a family that contests it.
STATEMENT_OWED = "STATEMENT-OWED"
# That a family is told of an order of which nobody was told while the order forbade it.
NOTICE_OWED = "NOTICE-OWED"
# That a publication of the district shows a student whose family's answer does not permit it any more.
TAKE_DOWN = "TAKE-DOWN"
# The exceptions on which a family alone is given something of its own.
OWN = frozenset({"EX2", "EX2-REPRESENTATIVE", "EX2-DEPENDENT"})


@dataclass(frozen=True, slots=True)
class KindOfReferral:
    """One kind of work for the custodian: its name, its occasion, and the term until it is due.

    The day on which work comes does not count.
    """

    called: str
    comes_when: str
    term: Term


_OUR_RULE = "the plugin's own rule"
REFERRAL_KINDS: Mapping[ReferralKind, KindOfReferral] = {
    "sunshine": KindOfReferral("a request from the public", "anybody asks", SUNSHINE),
    "inspection": KindOfReferral("a family's inspection", "a parent or an eligible student asks", INSPECTION),
    "official": KindOfReferral(
        "a request of an official or agency",
        "an agency, a court, police or a school official asks",
        replace(SUNSHINE, source=_OUR_RULE),
    ),
    "transfer": KindOfReferral("a transfer to another school", "another school asks", TRANSFER),
    "publication": KindOfReferral(
        "a publication by the district", "the district would publish it", replace(SUNSHINE, source=_OUR_RULE)
    ),
    "offer": KindOfReferral(
        "an offer to a family",
        "a recording of several students goes to each family",
        replace(INSPECTION, source=f"{INSPECTION.source}, 99.12(a)"),
    ),
    "review": KindOfReferral(
        "the review of an emergency",
        "a recording was released in an emergency",
        Term(1, "business days", f"{_OUR_RULE}, for 34 CFR 99.36"),
    ),
    "found_later": KindOfReferral(
        "what was given out before students were found in it",
        "a look finds students in a recording that somebody has seen, and who may not be shown to them",
        Term(1, "business days", f"{_OUR_RULE}, for 34 CFR 99.30, 99.32"),
    ),
    "statement_owed": KindOfReferral(
        "a family's statement to be sent after",
        "a recording went out without the family's statement that belongs to it",
        Term(1, "business days", f"{_OUR_RULE}, for 34 CFR 99.21(c)(2)"),
    ),
    "notice_owed": KindOfReferral(
        "the notice of an order that forbade telling",
        "the secrecy of an order is lifted after it was answered",
        Term(1, "business days", f"{_OUR_RULE}, for 34 CFR 99.31(a)(9)(ii)"),
    ),
    "take_down": KindOfReferral(
        "a publication of the district to be taken down",
        "an answer, the end of a consent or a look reaches what the district published; or it is none to be shown",
        Term(1, "business days", f"{_OUR_RULE}, for 34 CFR 99.30, 99.37"),
    ),
}


# The work of a subpoena or a court's order: due on the return day that the register has for the request that it answers.
BY_RETURN: tuple[ReferralKind, ...] = ("sunshine", "official")


@dataclass(frozen=True, slots=True)
class Filed:
    """The effect of a share on the queue: the work that it opened or asked for again, and how much it settled."""

    opened: tuple[Referral, ...] = ()
    settled: int = 0


def file_referrals(
    services: Services,
    unit: Unit,
    request: Share,
    case: Case,
    decision: Decision,
    *,
    leaves_little: bool = False,
) -> Filed:
    """File the work that a decided share leaves to the custodian, in the transaction that has kept the share.

    A request that is made again gets no second referral; the share that answers it settles the first. Another order of the
    register is another request, whoever asks. A denial leaves
    open a referral in which a finding waits for a second person. An open question of OWN_RIGHT or OF_PAPER leaves a referral
    whatever the outcome is, and no answer but its own settles it; so does an order that counsel has not verified, and the
    claim that nobody may be told of an order. An emergency leaves a review; a recording that goes to several families
    (EX2-MULTI) leaves an offer to each other family. A publication that is denied until a custodian has reviewed what hiding
    does to the meaning leaves that review. What a court does not get that brings no order leaves the question whether it is the
    family's own suit with the district. A copy that hides a parent's own child leaves their inspection open. A copy for a
    family that nobody has reviewed leaves the question whether
    it is enough, where it `leaves_little` or the family said so. Raises InputError for evidence that waits for a second person,
    or was rejected.
    """
    now = request.at or services.now()
    _check_evidence(unit, request, case, services.rulings)
    is_asked = is_never_settled(request, case, decision)
    is_down = any(each.clause == "THIRD-PARTY-DOWN" for each in decision.reasons) and decision.outcome is Outcome.DENY
    if is_down and not is_asked:
        # The third party may answer tomorrow: this denial settles nothing.
        return Filed()
    day = now.astimezone(services.now().tzinfo).date()
    key = request_key(request, day)
    if request.actor.role in CUSTODIANS:
        seal_or_open_the_same(services, unit, request, key, day)
    same = _same(unit, request, key)
    if not is_down:
        _note_what_is_decided(unit, request, same)
    # A verified paper that left the request sealed names nobody of this recording: its ground is not known yet.
    has_no_ground = is_unverified_welfare(request) or (request.secret and is_verified_care(request))
    leaves_little = leaves_little or any(ENOUGH in each.missing for each in same)
    question = _question_left(request, case, decision, services.rulings, leaves_little=leaves_little)
    papers = [] if decision.outcome is Outcome.ALLOW else _papers_left(unit, request, same)
    if decision.outcome is Outcome.REFER or is_asked or papers or claims_secrecy(request, case) or has_no_ground:
        missing = [*(each.clause for each in decision.reasons), *([question] if question else []), *papers]
        waits = next(filter(None, (day_waited_for(each.clause, each.text) for each in decision.reasons)), None)
        return Filed((_referred(services, unit, request, list(dict.fromkeys(missing)), now, key, same, waits=waits),))
    if _hides_own_child(services, unit, request, decision):
        return Filed((_referred(services, unit, request, [CHILD_HIDDEN], now, key, same),))
    if question:
        return Filed((_referred(services, unit, request, [question], now, key, same),))
    if decision.outcome is Outcome.DENY:
        # INVARIANT: a denial does not settle a referral in which a finding waits for a second person.
        same = [each for each in same if not _waits(unit, each)]
    settled = sum(_settled(services, unit, each, request, decision, now) for each in same)
    if decision.outcome > Outcome.REDACT:
        return Filed(settled=settled)
    opened = []
    if is_break_glass(case, services.rulings):
        opened.append(open_review(services, unit, request, decision))
    opened += offers_to_families(services, unit, request, case, decision)
    return Filed(tuple(opened), settled)


def open_review(services: Services, unit: Unit, request: Share, decision: Decision) -> Referral:
    """Open the review of a release in an emergency, by link or by hand, in the caller's transaction; return it."""
    clauses = [each.clause for each in decision.reasons]
    now = request.at or services.now()
    return _opened(services, unit, request, "review", clauses, now, key=f"review {request.id}")


def open_found_later(services: Services, unit: Unit, request: Share, students: Sequence[str]) -> Referral:
    """Open the work about a share that showed students whom no tag named then, in the caller's transaction; return it.

    Where the same waits already, it is returned.
    """
    key = hashlib.sha256(canonical(["found later", request.id, *students]).encode()).hexdigest()
    for known in unit.referrals.asked(key):
        return known
    now = services.now()
    return _opened(services, unit, request, "found_later", [FOUND_LATER], now, key=key, students=tuple(students))


def open_statement_owed(services: Services, unit: Unit, request: Share, students: Sequence[str]) -> Referral:
    """Open the work that a statement of these students' families be sent after, in the caller's transaction; return it."""
    now = request.at or services.now()
    key, whose = f"statement {request.id}", tuple(students)
    return _opened(services, unit, request, "statement_owed", [STATEMENT_OWED], now, key=key, students=whose)


def open_notice_owed(
    services: Services, unit: Unit, request: Share, referral: Referral, students: Sequence[str]
) -> Referral:
    """Open the work that families be told of an order that forbids telling no more, in the caller's transaction; return it."""
    key, whose = f"notice {referral.id}", tuple(students)
    return _opened(services, unit, request, "notice_owed", [NOTICE_OWED], services.now(), key=key, students=whose)


def open_take_down(services: Services, unit: Unit, request: Share, student: str, students: Sequence[str]) -> Referral:
    """Open the work that a publication of a student be taken down, in the caller's transaction; return it.

    `students` are those whom the work names: nobody where nothing may tell of the student.
    """
    key, whose = take_down_key(request.id, student), tuple(students)
    return _opened(services, unit, request, "take_down", [TAKE_DOWN], services.now(), key=key, students=whose)


def take_down_key(share_id: str, student: str) -> str:
    """Return the key of the work that one publication of a student be taken down."""
    return hashlib.sha256(canonical(["take down", share_id, student]).encode()).hexdigest()


def _new_id() -> str:
    """Return an id for a referral that names no one."""
    return f"rf-{secrets.token_hex(6)}"


def is_never_settled(request: Share, case: Case, decision: Decision) -> bool:
    """Whether a question of a right, an order or a certificate is open: no copy for anybody and no denial settles it."""
    open_questions = OWN_RIGHT | OF_PAPER
    return any(each.clause in open_questions for each in decision.reasons) or is_to_be_verified(request, case, decision)


def is_to_be_verified(request: Share, case: Case, decision: Decision) -> bool:
    """Whether somebody asks with an order for this recording that counsel has not verified, or not as the district asks for."""
    order = case.share.evidence.order if case.share.evidence else None
    lacks = any(each.clause == NO_ORDER for each in decision.reasons)
    return request.kind == "request" and order is not None and reaches(order, case) and lacks


def _papers_left(unit: Unit, request: Share, same: Iterable[Referral]) -> list[str]:
    """Return the clauses of the papers on file for the same work that this answer did not look at: it does not settle them."""
    left = []
    for each in same:
        applied = [found for found in unit.referrals.findings(each.id) if found.state == "applied"]
        on_file = {**written_evidence(unit, each), **evidence_of(unit, each, applied)}
        for name, clause in _PAPERS.items():
            if on_file.get(name) and not request.evidence.get(name):
                left.append(NOTICE if name == "order" and NOTICE in each.missing else clause)
    return left


def is_unreviewed_copy(request: Share, case: Case, decision: Decision) -> bool:
    """Whether a family's own right is answered by a copy whose effect on the meaning no custodian has reviewed."""
    return (
        decision.outcome is Outcome.REDACT
        and request.kind == "request"
        and request.recipient.role in FAMILY
        and not OWN.isdisjoint(decision.basis.values())
        and case.asset.meaning == "unreviewed"
    )


def _hides_own_child(services: Services, unit: Unit, request: Share, decision: Decision) -> bool:
    """Whether a parent gets a copy that hides a child of theirs, as where an order takes their rights (34 CFR 99.4, 99.10).

    As anybody they may have it. Their inspection is answered by the custodian alone.
    """
    who, day = request.recipient, services.now().date()
    if decision.outcome is not Outcome.REDACT or request.kind != "request" or who.role != "parent" or who.id is None:
        return False
    return any(
        each.has_guardian(who.id, day) and not each.appointed_on(day) and not has_rights(each, day, services.rulings)
        for each in unit.people.students_of(decision.redact).values()
    )


def _question_left(
    request: Share, case: Case, decision: Decision, rulings: Rulings, *, leaves_little: bool
) -> str | None:
    """Return the clause of the question that an answer leaves to the custodian, None where it leaves none."""
    if leaves_little and is_unreviewed_copy(request, case, decision):
        # Only the meaning, once reviewed, settles whether a copy is enough for a family.
        return ENOUGH
    if waits_for_meaning(case, decision, rulings):
        return MEANING
    return NO_ORDER if is_without_order(request, case, decision) else None


def is_without_order(request: Share, case: Case, decision: Decision) -> bool:
    """Whether a court that brings no order is refused, or given a copy.

    The custodian alone knows whether it is a suit between the family and the district (34 CFR 99.31(a)(9)(iii)).
    """
    has_order = case.share.evidence is not None and case.share.evidence.order is not None
    lacks = any(each.clause == NO_ORDER for each in decision.reasons)
    return request.kind == "request" and request.recipient.role == "court" and lacks and not has_order


def is_copy_for_family(stored: StoredShare) -> bool:
    """Whether an attempt answered a family's own right by a copy."""
    of_family = stored.share.kind == "request" and stored.share.recipient.role in FAMILY
    basis = stored.decision.get("basis") or {}
    return of_family and stored.outcome == Outcome.REDACT.word and not OWN.isdisjoint(basis.values())


def refer_copy(services: Services, unit: Unit, request: Share, came: date) -> Referral:
    """File that a copy is not enough for the family that got it, in the caller's transaction; the same is filed once.

    Its 45 days count from the day on which `came` what the copy answered: nobody asks anew who says that it was no answer
    (34 CFR 99.10(b)).
    """
    return _refer_again(services, unit, request, came, ENOUGH)


def refer_unseen(services: Services, unit: Unit, closed: Iterable[Link]) -> list[Referral]:
    """File that links by which requests were answered were closed before anybody opened them, in the caller's transaction.

    A family that asks for its own record, a court or whoever brings an order, and whoever asks for a public record were
    answered by nothing that they could see (34 CFR 99.10(a), 99.31(a)(9), RSMo 610.023.3); so was each request of the
    register. It is due as it was at first. Of a request that is withdrawn, and of what the court struck, nobody asks any more.
    """
    unseen = {each.share_id: each for each in closed if not each.openings}
    given = [each for each in unit.shares.stored_of(unseen) if each.share.kind == "request"]
    return [filed for each in given for filed in _refer_unseen(services, unit, each)]


def _refer_unseen(services: Services, unit: Unit, stored: StoredShare) -> list[Referral]:
    request, now = stored.share, services.now()
    registered = unit.requests.answered_by([request.id])
    answered = [each for each in registered if _still_asks(unit, each, request.asset_key)]
    if not (answered if registered else _is_owed_an_answer(request)):
        return []
    came = [asked_on(unit, each, now.tzinfo) for each in answered]
    day = min(came, default=stored.at.astimezone(now.tzinfo).date())
    filed = _reopened(services, unit, stored) or [_refer_again(services, unit, request, day, LINK_UNSEEN)]
    for each in answered:
        if not request.secret or unit.requests.need(each).secret:
            join(services, unit, each, [referral.id for referral in filed], request.actor, now)
    return filed


def _is_owed_an_answer(request: Share) -> bool:
    """Whether the law says by when it is answered, also where the register does not have it."""
    return request.recipient.is_family or request.recipient.role == "public" or bool(request.evidence.get("order"))


def _still_asks(unit: Unit, request_id: str, key: str) -> bool:
    """Whether a request of the register still asks for a recording that was given in answer to it."""
    return unit.requests.state(request_id) != "withdrawn" and unit.requests.reaches(request_id, key)


def _reopened(services: Services, unit: Unit, stored: StoredShare) -> list[Referral]:
    """Let the work wait again that a share answered, as due as it was: what was verified and told stays on file with it."""
    request, how = stored.share, _answered(stored.share, stored.outcome)
    day = (request.at or services.now()).astimezone(services.now().tzinfo).date()
    same = {each.id: each for each in unit.referrals.of_requests([request_key(request, day)], [])}
    own = unit.referrals.referral(request.referral) if request.referral else None
    same |= {own.id: own} if own is not None else {}
    settled = [each for each in same.values() if each.closing == how]
    for each in settled:
        missing, urgent = tuple(dict.fromkeys((*each.missing, LINK_UNSEEN))), waits_in_emergency(each.kind, request)
        unit.referrals.reopen(each.id)
        unit.referrals.again(each.id, request.id, missing, is_emergency=urgent)
        details = {"referral": each.id, "done": REOPENED, "why": LINK_UNSEEN, "share": request.id}
        services.ledger.append(
            unit, at=services.now(), kind="queue", subject=each.id, details=details, secret=each.secret
        )
    return [unit.referrals.need(each.id) for each in settled]


def _refer_again(services: Services, unit: Unit, request: Share, came: date, clause: str) -> Referral:
    """File a request again, for one more clause; `came`: the day from which it counts."""
    now = services.now()
    key = request_key(request, (request.at or now).astimezone(now.tzinfo).date())
    for known in of_same_order(unit, request, unit.referrals.asked(key)):
        missing, urgent = tuple(dict.fromkeys((*known.missing, clause))), waits_in_emergency(known.kind, request)
        unit.referrals.again(known.id, request.id, missing, is_emergency=urgent)
        due = due_on(known.kind, came, services.settings.district.holidays)
        unit.referrals.set_due(known.id, min(known.due, due))
        return unit.referrals.need(known.id)
    written = request.id if request.evidence and request.referral is None else None
    kind = referral_kind(request)
    return _opened(services, unit, request, kind, [clause], now, key=key, evidence_share=written, came=came)


def claims_secrecy(request: Share, case: Case) -> bool:
    """Whether it is said that nobody may be told of an order, and the custodian has not confirmed it yet."""
    order = case.share.evidence.order if case.share.evidence else None
    return is_secret(request) and (order is None or order.notice_required)


def referral_kind(request: Share) -> ReferralKind:
    """Return the kind of work that a referred share is."""
    if request.kind == "publication":
        return "publication"
    if request.recipient.role in FAMILY:
        return "inspection"
    if request.recipient.role == OTHER_SCHOOL.id:
        return "transfer"
    return "sunshine" if request.recipient.role == "public" else "official"


def families_of(case: Case, students: Iterable[str], rulings: Rulings) -> list[tuple[str, ...]]:
    """Return students by family, sorted: those who share a guardian, directly or through another, are one family.

    An eligible student holds the rights alone, and so is a family of their own.
    """
    return families_among({each.id: each for each in case.students}, students, case.at, rulings)


def families_among(
    known: Mapping[str, Student], students: Iterable[str], day: date, rulings: Rulings
) -> list[tuple[str, ...]]:
    """Return students by family, as `families_of` does, on a day; one who is not known is a family alone."""
    families: list[tuple[set[str], set[str]]] = []
    for student in sorted(students):
        record = known.get(student)
        grown = record is not None and is_eligible(record, day, rulings)
        guardians = set() if record is None or grown else set(record.guardians)
        joined = [family for family in families if family[1] & guardians]
        merged = (
            {student}.union(*(members for members, _ in joined)),
            guardians.union(*(theirs for _, theirs in joined)),
        )
        families = [family for family in families if family not in joined] + [merged]
    return sorted(tuple(sorted(members)) for members, _ in families)


def due_on(kind: ReferralKind, day: date, holidays: Collection[date]) -> date:
    """Return the last day on which work that came on `day` is in time; `holidays` are the district's calendar."""
    return due_day(REFERRAL_KINDS[kind].term, day, holidays).day


def returned_on(request: Share) -> date | None:
    """Return the return date of the order by which somebody asks; None where it has none, or nobody asks."""
    order = request.evidence.get("order")
    day = order.get("return_on") if isinstance(order, Mapping) and request.kind == "request" else None
    return date.fromisoformat(str(day)) if day is not None else None


def due_by_order(request: Share, due: date, *, registered: bool = False) -> date:
    """Return the return date of a request's order, if it has one. What nobody has verified postpones nothing.

    `registered`: `due` is the return day that the register notes. A verified paper gives way to it: it may have been moved.
    """
    returned = returned_on(request)
    if returned is None or (registered and is_verified_order(request)):
        return due
    return returned if is_verified_order(request) else min(due, returned)


def waits_in_emergency(kind: ReferralKind, request: Share) -> bool:
    """Whether work is an emergency in which nothing has gone out: it is the most urgent."""
    return kind not in AFTERWARDS and is_emergency(request)


def _soonest(  # noqa: PLR0913 - a day comes of as much
    services: Services,
    unit: Unit,
    kind: ReferralKind,
    request: Share,
    due: date,
    now: datetime,
    *,
    waits: date | None = None,
    parts: Sequence[str] = (),
) -> date:
    """Return the due day of work: of the order's return, of a report, before a meeting, or in an emergency the same day.

    `waits`: the day of the answer that every family was told, for which the order waits and for nothing else. It counts where
    no return day is on file. No order moves the work on what was given out already. `parts`: the work in the queue already.
    """
    if kind in AFTERWARDS:
        return due
    today = now.astimezone(services.now().tzinfo).date()
    registered = _registered_day(unit, request, parts) if kind in BY_RETURN else None
    if kind in BY_RETURN:
        due = registered or waits or due
    due = min(due, *_before_meetings(unit, kind, request, today), date.max)
    due = due_by_order(request, due, registered=registered is not None)
    if waits_in_emergency(kind, request):
        return min(due, today)
    if not (request.secret and is_of_division(request)):
        return due
    return min(due, due_on("review", today, services.settings.district.holidays))


def _registered_day(unit: Unit, request: Share, parts: Sequence[str]) -> date | None:
    """Return the first return day that the register notes for what a share or this work answers; None where it notes none."""
    asked = unit.requests.return_day(request.answers) if request.answers else None
    days = [*unit.requests.return_days(parts).values(), *([asked] if asked is not None else [])]
    return min(days, default=None)


def _before_meetings(unit: Unit, kind: ReferralKind, request: Share, today: date) -> Iterator[date]:
    """Yield by when a family has to see it, before the meeting or hearing for which it asked (34 CFR 300.613(a)).

    Whatever it asks for besides is for that meeting too, also without the number of its request, and so is what anybody
    else asks for who may inspect the student's record, or who represents them (34 CFR 300.613(b)(3)).
    """
    seen_by = unit.requests.seen_by(request.answers, today) if request.answers else None
    if seen_by is not None:
        yield seen_by
    if kind == "inspection":
        yield from unit.requests.seen_before_meetings(request.recipient, today).values()


def _same(unit: Unit, request: Share, key: str) -> list[Referral]:
    """Return the open referrals of a request: the one that is decided again, or those of the same request.

    INVARIANT: what answers another order of the register is another request. It has its own verification, notices and answer.
    """
    own = unit.referrals.referral(request.referral) if request.referral else None
    return [own] if own is not None and own.is_open else of_same_order(unit, request, unit.referrals.asked(key))


def _referred(  # noqa: PLR0913 - a referral says as much
    services: Services,
    unit: Unit,
    request: Share,
    missing: Sequence[str],
    now: datetime,
    key: str,
    same: Sequence[Referral],
    *,
    waits: date | None = None,
) -> Referral:
    written = request.id if request.evidence and request.referral is None else None
    came = asked_on(unit, request.answers, services.now().tzinfo) if request.answers else None
    for known in same:
        brought = written if _brings_evidence(unit, known, request) else None
        urgent = waits_in_emergency(known.kind, request)
        unit.referrals.again(known.id, request.id, missing, brought, is_emergency=urgent)
        # A letter that came before the work was opened may be entered after it.
        due = (
            known.due if came is None else min(known.due, due_on(known.kind, came, services.settings.district.holidays))
        )
        unit.referrals.set_due(
            known.id, _soonest(services, unit, known.kind, request, due, now, waits=waits, parts=[known.id])
        )
        return unit.referrals.need(known.id)
    kind = referral_kind(request)
    return _opened(services, unit, request, kind, missing, now, key=key, evidence_share=written, came=came, waits=waits)


def _brings_evidence(unit: Unit, referral: Referral, request: Share) -> bool:
    """Whether a share's evidence says anything that does not count for the referral already."""
    applied = [each for each in unit.referrals.findings(referral.id) if each.state == "applied"]
    on_file = evidence_of(unit, referral, applied)
    return any(on_file.get(name) != value for name, value in request.evidence.items())


def _waits(unit: Unit, referral: Referral) -> bool:
    return any(each.state == "pending" for each in unit.referrals.findings(referral.id))


def _check_evidence(unit: Unit, request: Share, case: Case, rulings: Rulings) -> None:
    """Raise InputError for evidence that waits for a second person or was rejected; nothing stops an emergency."""
    if not request.evidence or request.actor.role not in CUSTODIANS or request.referral:
        return
    if is_break_glass(case, rulings):
        return
    stored = unit.assets.current(request.asset_key)
    about = unit.referrals.by_two(stored.asset) if stored is not None else []
    approved = [evidence_to_approve(each) for each in about if each.state == "applied"]
    for finding in about:
        for name in evidence_to_approve(finding) if finding.state in ("pending", "rejected") else ():
            value = request.evidence.get(name)
            if name == "order" and finding.state == "pending" and _is_untold(value, finding):
                continue
            if value and all(each.get(name) != value for each in approved):
                what = "waits for another person" if finding.state == "pending" else "was rejected"
                raise InputError(
                    f"evidence of this kind {what} for this recording (finding {finding.id}): ask without it, and state it "
                    "in the custodian's queue"
                )


def _is_untold(order: object, finding: StoredFinding) -> bool:
    """Whether an order says of nobody that they were told, and a finding says it of the same paper: it releases nothing."""
    is_same = is_same_paper(order, evidence_to_approve(finding).get("order"))
    return is_same and isinstance(order, Mapping) and not order.get("notified")


def _note_what_is_decided(unit: Unit, request: Share, same: Iterable[Referral]) -> None:
    """Note on applied findings that a custodian's share was decided with them, as it holds all their evidence."""
    if request.actor.role not in CUSTODIANS:
        return
    for referral in same:
        applied = [each for each in unit.referrals.findings(referral.id) if each.state == "applied"]
        with_all = request.referral == referral.id and request.evidence == evidence_of(unit, referral, applied)
        for each in applied:
            has_its = all(request.evidence.get(name) == value for name, value in each.evidence.items())
            if (with_all or has_its) and decides(each.kind, referral.kind):
                unit.referrals.decided(each.id, request.id)


def _answered(request: Share, outcome: str) -> str:
    """Return how work is closed that a share answers."""
    return f"answered: {outcome} ({request.id})"


def _settled(
    services: Services, unit: Unit, referral: Referral, request: Share, decision: Decision, now: datetime
) -> bool:
    by = request.actor.id
    if not unit.referrals.close(referral.id, now, by, _answered(request, decision.outcome.word)):
        return False
    details = {"referral": referral.id, "done": SETTLED, "share": request.id, "outcome": decision.outcome.word}
    services.ledger.append(unit, at=now, kind="queue", subject=referral.id, details=details, secret=referral.secret)
    return True


def offers_to_families(
    services: Services, unit: Unit, request: Share, case: Case, decision: Decision
) -> list[Referral]:
    """Open an offer to each family that a recording for several families still goes to; settle the offers that are served.

    The requester receives it for the students whose guardian they are, or for themselves. Every other student's family
    gets an offer, also a family that shares a guardian with the requester's.
    """
    several = _shown_by("EX2-MULTI", decision.basis)
    if not several:
        return []
    theirs, now = _shown_by("EX2", decision.basis), request.at or services.now()
    served, open_offers = _served(unit, request, case)
    for offer in open_offers:
        if theirs.issuperset(offer.students):
            _settled(services, unit, offer, request, decision, now)
    # A closed offer has been made. Only another version of the recording is offered again.
    left = several - theirs - served
    return [
        _opened(services, unit, request, "offer", ["EX2-MULTI"], now, key=_offer_key(case, family), students=family)
        for family in families_of(case, left, services.rulings)
    ]


def _offer_key(case: Case, family: Sequence[str]) -> str:
    return hashlib.sha256(canonical(["offer", case.asset.id, *family]).encode()).hexdigest()


def _served(unit: Unit, request: Share, case: Case) -> tuple[set[str], list[Referral]]:
    """Return the students whose families already asked for this version or were offered it, and the open offers.

    The first request opens an offer to each other family, so earlier requests are found through the offers.
    """
    served: set[str] = set()
    waiting = []
    for each in unit.referrals.listed(open_only=False, asset_key=request.asset_key):
        made_by = unit.shares.share(each.share_id) if each.kind == "offer" else None
        if made_by is not None and made_by.asset_id == case.asset.id:
            served |= {*each.students, *_shown_by("EX2", made_by.decision["basis"])}
            waiting += [each] if each.is_open else []
    return served, waiting


def _shown_by(clause: str, basis: Mapping[str, str]) -> set[str]:
    return {student for student, its_clause in basis.items() if its_clause == clause}


def _opened(  # noqa: PLR0913 - a referral says as much
    services: Services,
    unit: Unit,
    request: Share,
    kind: ReferralKind,
    missing: Sequence[str],
    now: datetime,
    *,
    key: str,
    students: tuple[str, ...] = (),
    evidence_share: str | None = None,
    came: date | None = None,
    waits: date | None = None,
) -> Referral:
    """Open work that came at `now`; where it answers a request, its term counts from the day on which that came."""
    came_on = came or now.astimezone(services.now().tzinfo).date()
    due = due_on(kind, came_on, services.settings.district.holidays)
    referral = Referral(
        id=_new_id(),
        kind=kind,
        share_id=request.id,
        asset_key=request.asset_key,
        request_key=key,
        missing=tuple(missing),
        opened_at=now,
        due=_soonest(services, unit, kind, request, due, now, waits=waits),
        students=students,
        evidence_share=evidence_share,
        secret=request.secret,
    )
    unit.referrals.add(referral, is_emergency=waits_in_emergency(kind, request))
    details = {"referral": referral.id, "done": "opened", "kind": kind, "share": request.id, "due": referral.due}
    services.ledger.append(
        unit, at=now, kind="queue", subject=referral.id, details=details, students=students, secret=referral.secret
    )
    return referral
