"""A share: gather the case, decide, make and prove the copy, record it, open it, hand out a link.

INVARIANT: a copy is put on hold first and opened only after its release was recorded, so a process that dies in between
leaves nothing readable without a record. The copy's way into the bucket is in `published_copy.py`.
"""

from __future__ import annotations

import logging
import secrets
import shlex
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dam_plugin.errors import (
    CannotRedact,
    DamPluginError,
    InputError,
    NotProven,
    StorageError,
    StoreError,
)
from dam_plugin.ledger.request_key import request_key
from dam_plugin.ledger.same_order import of_same_order, orders_of_referral
from dam_plugin.model import (
    CUSTODIANS,
    EMERGENCY_DAYS,
    Decision,
    InPerson,
    LedgerEntry,
    Link,
    LinkTerms,
    Outcome,
    Reason,
    Recipient,
    Referral,
    ReferralKind,
    Release,
    Share,
)
from dam_plugin.private_files import on_disk, workroom
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.clauses import (
    ASKED_BY_NAME,
    CHILD_HIDDEN,
    HANDED_OVER,
    INSPECTED_ONLY,
    OWN_MATTER,
    RELATION,
    RIGHTS_OF_WARD,
    STATEMENT,
    UNIT,
    reason,
    without_copy_and_consent,
)
from dam_plugin.procedure.decide import decide, is_break_glass
from dam_plugin.procedure.exceptions import CERTIFICATION, FAMILY, RECORDED
from dam_plugin.procedure.order_day import NOTICE, STAYED, UNCONFIRMED, day_waited_for, told_and_waits
from dam_plugin.procedure.read_cases import decision_object
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import as_ruled, comes_of_age, is_eligible, people_of, terms_of
from dam_plugin.procedure.versions import taken_by
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import check_words, is_urgent, with_listed_purpose
from dam_plugin.sharing.evidence_counts import NOT_SECRET_YET, is_same_paper, without_secrecy
from dam_plugin.sharing.file_referral import ENOUGH, NO_ORDER, OWN_RIGHT, Filed, file_referrals, is_unreviewed_copy
from dam_plugin.sharing.finding_kinds import evidence_of, evidence_to_approve, written_evidence
from dam_plugin.sharing.gather_case import (
    CaseGatherer,
    FirstLook,
    OrderNotice,
    ToldUntil,
    district_policy,
    shown_in,
    students_in,
)
from dam_plugin.sharing.join_request import check_answers, join_answered
from dam_plugin.sharing.make_copy import (
    Copy,
    Recipe,
    check_tags,
    copy_recipe,
    leaves_little,
    make_proven_copy,
    needs_no_work,
    third_party_redacts,
)
from dam_plugin.sharing.notice import notice_for
from dam_plugin.sharing.order_hold import hold_what_was_given
from dam_plugin.sharing.published_copy import (
    open_copy,
    reusable_copy,
    upload_on_hold,
    upload_original_on_hold,
    withdraw,
    withdrawn_on_failure,
)
from dam_plugin.sharing.secret_order import (
    can_be_sealed,
    check_claim,
    division_ground,
    forbids_telling,
    is_of_division,
    is_report,
    is_secret,
    students_in_care,
)
from dam_plugin.sharing.stale_tags import check_not_stale
from dam_plugin.sharing.targeted import check_names_nobody, with_every_name
from dam_plugin.sharing.third_parties import reviewed_by_third_parties, stricter_decision
from dam_plugin.sharing.tokens import new_token, new_word, token_hash, word_hash
from dam_plugin.sharing.wrong_role import check_role
from dam_plugin.store import StoredAsset, StoredShare, Unit
from dam_plugin.telemetry.spans import Work, span

log = logging.getLogger(__name__)

MOST_LINK_DAYS = 366
# How often a share or an opening is decided again because the basis of its decision changed meanwhile.
ATTEMPTS = 5
VERIFY = "run `dam-plugin ledger verify`"
TOO_FAST = "what is on file changes faster than it can be shared; nothing was released, share it again"
SEALED_WAITS = "A sealed matter waits for the records custodian: `dam-plugin queue list --sealed --as custodian:NAME`"
SEALED_WORK = (
    "Something urgent is sealed and due on {}: `dam-plugin queue list --sealed --as custodian:NAME` shows it to the custodian "
    "alone"
)
MORE_IS_LOOKED_AT = (
    "More is being looked at: the records custodian finds out whether this person has a right of their own to the "
    "recording"
)
# What a copy that went out does not answer, by the clause of the question.
PAPER_WAITS = {
    NOTICE: "This copy does not answer the order, which still waits: once every family was told and the day of the answer has "
    "come, the recording goes out on it",
    NO_ORDER: "This copy does not answer the order, which still waits: counsel has not verified it",
    CERTIFICATION.clause.id: "This copy does not answer the authorities, whose request still waits for their written "
    "certification",
}
ANOTHER_REQUEST = (
    "Another request of the same recipient waits for this recording, with a day of its own: {0}. Share with `--request {1}` to "
    "answer it."
)
ANOTHER_ORDER = (
    "Another order of the same recipient waits for this recording, with notices and a day of its own: {0}. Share with "
    "`--request {1}` to answer it."
)
COPY_IS_LOOKED_AT = (
    "More is being looked at: the records custodian reviews whether the copy is enough for the family, or whether hiding the "
    "others destroys what the recording means"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a share: the decision, and for a release the token of its link (shown once, kept as a hash).

    `word` is the second secret of the link where its terms ask for one (shown once, too). `referrals` is the work left to
    the custodian. `is_unreviewed`: a family's own right is answered by a copy, and nobody has reviewed yet what hiding the
    others does to the meaning. `notice` is the text to give to the recipient with the link, since not every format carries
    it (null: none). `told`: the number of plugins that have told the custodian at once. `named_before` are students whom the
    share did not name, and who count as named all the same (`targeted.py`). `why_not` says in sentences for
    staff which evidence does not count yet. `other_parent` are students who are shown on the consent of one parent, while the
    other one is on file as who opted out.
    """

    share: Share
    decision: Decision
    release: Release | None = None
    link: Link | None = None
    token: str | None = field(default=None, repr=False)
    word: str | None = field(default=None, repr=False)
    referrals: tuple[Referral, ...] = ()
    notice: str | None = None
    told: int = 0
    why_not: tuple[str, ...] = ()
    named_before: tuple[str, ...] = ()
    other_parent: tuple[str, ...] = ()
    is_unreviewed: bool = False

    @property
    def way_on(self) -> str | None:
        """The sentence for staff what to do where the copy is not enough for the family; None where nothing can be."""
        if not self.is_unreviewed:
            return None
        filed = next((each.id for each in self.referrals if ENOUGH in each.missing), None)
        if filed is not None:
            return (
                "Look at the recording and at the copy, and state whether the meaning survives: `dam-plugin queue finding "
                f"{filed} meaning preserved|changed|destroyed --as custodian:NAME`."
            )
        to = f"{self.share.recipient.role}:{self.share.recipient.id}"
        key = shlex.quote(self.share.asset_key)
        return (
            f"If the family says that the copy is not enough: `dam-plugin queue not-enough {key} --for {to} --why TEXT --as "
            "custodian:NAME`."
        )

    @property
    def more(self) -> str | None:
        """The sentence for staff that more is looked at, besides what was released; None where nothing is."""
        if self.decision.outcome > Outcome.REDACT:
            return None
        right = OWN_RIGHT | {CHILD_HIDDEN}
        asked = [(MORE_IS_LOOKED_AT, each) for each in self.referrals if right.intersection(each.missing)]
        asked += [(COPY_IS_LOOKED_AT, each) for each in self.referrals if ENOUGH in each.missing]
        # A court that brings no order waits for none.
        papers = {
            clause: said
            for clause, said in PAPER_WAITS.items()
            if clause != NO_ORDER or self.share.evidence.get("order")
        }
        asked += [(papers[clause], each) for each in self.referrals for clause in each.missing if clause in papers]
        return next((f"{what}: {each.id}, due on {each.due}." for what, each in asked), None)


def share(services: Services, request: Share, *, referral: str | None = None) -> Answer:
    """Decide a share and carry it out; return the result. A release is readable only once it is recorded.

    `referral`: the custodian decides this referral again. Raises InputError for a purpose that is not the district's, for
    evidence that a second person was asked about and has not approved, and for a request of the register that it cannot
    answer; UnknownThing (asset, student, request), CaseError (evidence), SettingsError (no delivery credentials),
    StorageError, StoreError: nothing is then released.
    """
    given = request.names
    request = begun(services, request, referral)
    check_terms(request)
    with span_of_share(request) as work:
        answer, entry = _carried_out(services, request)
        tell_decision(work, answer.decision)
    return announced(services, with_what_staff_hear(services, answer), entry, given)


def span_of_share(request: Share) -> AbstractContextManager[Work]:
    """Return a span of deciding a share that `begun` gave an id; none of what is sealed, which no observer is told of."""
    return nullcontext(Work()) if request.secret else span("decide share", share_id=request.id)


def tell_decision(work: Work, decision: Decision) -> None:
    """Have a span say how a share was decided: the outcome, and the clause of the first reason."""
    work.tell(outcome=decision.outcome.word)
    if decision.reasons:
        work.tell(clause=decision.reasons[0].clause)


def with_what_staff_hear(services: Services, answer: Answer) -> Answer:
    """Return an answer that says which evidence does not count yet, whose other parent opted out, and which order waits too."""
    request = answer.share
    answer = replace(answer, why_not=_other_orders(services, answer))
    by_consent = {student for student, clause in answer.decision.basis.items() if clause == "EX3"}
    has_evidence = bool(request.evidence) or request.referral is not None or is_of_division(request)
    if not by_consent and not has_evidence:
        return answer
    with services.store.reading() as unit:
        stored = unit.assets.current(request.asset_key)
        if stored is None:
            return answer
        gathering = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)
        uncounted = _uncounted(unit, gathering, stored, request, answer) if has_evidence else ()
        found: tuple[str, ...] = ()
        if by_consent:
            found = gathering.opted_out_by_other(case_of_share(services, gathering, stored, request))
    return replace(
        answer, why_not=(*answer.why_not, *uncounted), other_parent=tuple(each for each in found if each in by_consent)
    )


def _other_orders(services: Services, answer: Answer) -> tuple[str, ...]:
    """Return a sentence on each matter of the register that still waits for the same, where a custodian did not say which."""
    request = answer.share
    if request.kind != "request" or request.actor.role not in CUSTODIANS or request.answers or request.referral:
        return ()
    joined = {each.id for each in answer.referrals}
    with services.store.reading() as unit:
        asked = unit.referrals.asked(request_key(request, services.now().date()))
        others = [each for each in asked if each.id not in joined]
        return tuple(told for each in others if (told := _another(unit, each)) is not None)


def _another(unit: Unit, referral: Referral) -> str | None:
    """Return a sentence on the order of the register that a referral answers, or else on the request; None for no request."""
    if orders := orders_of_referral(unit, referral):
        return ANOTHER_ORDER.format(referral.id, min(orders))
    answered = unit.requests.answered_by([referral.id])
    return ANOTHER_REQUEST.format(referral.id, answered[0]) if answered else None


def _uncounted(
    unit: Unit, gathering: CaseGatherer, stored: StoredAsset, request: Share, answer: Answer
) -> tuple[str, ...]:
    """Return sentences on the evidence that does not count yet."""
    notices = (each for each in answer.decision.reasons if each.clause == NOTICE)
    all_told = all(day_waited_for(each.clause, each.text) for each in notices)
    why_not = gathering.why_not(stored.asset, stored.tagging, request, all_told=all_told)
    if request.referral is not None and not forbids_telling(request.evidence):
        claimed = written_evidence(unit, unit.referrals.need(request.referral))
        is_claim = forbids_telling(claimed) and request.evidence == without_secrecy(claimed)
        why_not += (NOT_SECRET_YET,) if is_claim else ()
    return why_not


def begun(services: Services, request: Share, referral: str | None = None) -> Share:
    """Return a share with an id and a time of our own, the district's word for its purpose, and every name that counts.

    Raises InputError, also for a request of the register that it cannot answer, and for an order that is said to forbid
    telling without a ground, and for another school under another role; UnknownThing where there is no such request; CaseError.
    """
    # Whatever the host sent: the id is made here so that it names no one, and so is the time.
    request = replace(request, id=new_share_id(), at=services.now(), referral=referral)
    if referral is None:
        check_claim(request)
    answers = request.answers if referral is None else None
    with services.store.reading() as unit:
        may_be_report = is_of_division(request) and is_report(request, shown_in(unit, request.asset_key))
        is_sealed = check_answers(unit, request) if answers is not None else False
        # What the custodian found to be no report opens the Division's request of the register, too.
        is_sealed = is_sealed and (may_be_report or not is_of_division(request))
        if is_sealed and not (can_be_sealed(request) or may_be_report):
            raise InputError(
                f"{answers} is sealed, and what is released at once or published is on record for all: share without --request"
            )
        # What is decided again is as sealed as its referral: a report that was lifted stays so.
        is_hidden = may_be_report if referral is None else _is_secret_work(unit, referral)
        secret = is_sealed or is_secret(request) or is_hidden
        if secret and answers is not None and not is_sealed:
            raise InputError(
                f"what the Children's Division asks may be about a report, which is confidential, and {answers} is for "
                f"everybody's eyes: seal it first, `dam-plugin request seal {answers} --as custodian:NAME`, or share without "
                "--request"
                if may_be_report
                else f"this order forbids telling, and {answers} is for everybody's eyes: seal it first, `dam-plugin request "
                f"seal {answers} --secret-by GROUND`, or share without --request"
            )
        kept = answers if is_sealed else None if secret else request.answers
        request = check_words(replace(request, secret=secret, answers=kept))
        if referral is None and not is_urgent(request):
            check_names_nobody(unit, request.recipient)
        if referral is None:
            check_role(services, unit, request)
        request = with_every_name(unit, with_listed_purpose(request, services.settings.purposes))
        return _with_order_on_file(services, unit, request)


def _with_order_on_file(services: Services, unit: Unit, request: Share) -> Share:
    """Return what a custodian shares without evidence, with the order on file for the same request that waits.

    So the order is answered on its day, whoever shares it again. INVARIANT: only the same recording, kind, purpose, recipient
    and names are the same request (`request_key`), asked for by no other order of the register; and no order counts of which a
    finding waits for a second person. Where that finding says who was told of the same paper, the paper counts, and nobody as
    told of it yet.
    """
    if request.evidence or request.referral is not None or request.kind != "request":
        return request
    if request.actor.role not in CUSTODIANS:
        return request
    asked = unit.referrals.asked(request_key(request, services.now().date()))
    for known in of_same_order(unit, request, asked):
        findings = unit.referrals.findings(known.id)
        order = evidence_of(unit, known, [each for each in findings if each.state == "applied"]).get("order")
        pending = [each for each in findings if each.state == "pending"]
        if order and all(is_same_paper(order, evidence_to_approve(each).get("order")) for each in pending):
            return replace(request, evidence={"order": {**order, "notified": []} if pending else order})
    return request


def _is_secret_work(unit: Unit, referral: str | None) -> bool:
    """Whether a referral is about an order that forbids telling."""
    known = unit.referrals.referral(referral) if referral is not None else None
    return known is not None and known.secret


def new_share_id() -> str:
    """Return an id for a share that names no one."""
    return f"sh-{secrets.token_hex(8)}"


def announced(services: Services, answer: Answer, entry: LedgerEntry, given: Collection[str]) -> Answer:
    """Tell observers of a share that is on record, and the custodian of an emergency; return it with how many told them.

    Of a share that is sealed, the custodian is told that something waits, and nobody hears more; of a report, with the day.
    `given` are the names that the share came with.
    """
    answer = replace(answer, named_before=tuple(each for each in answer.share.names if each not in given))
    if answer.share.secret:
        if is_of_division(answer.share):
            for work in answer.referrals:
                services.third_parties.notify("custodian", SEALED_WORK.format(work.due))
        elif answer.referrals and answer.share.actor.role not in CUSTODIANS:
            services.third_parties.notify("custodian", SEALED_WAITS)
        return answer
    services.third_parties.decision_made(answer.share, answer.decision)
    if answer.decision.record_disclosure:
        services.third_parties.disclosure_recorded(entry, answer.share)
    told = sum(tell_custodian(services, work, answer.share) for work in answer.referrals)
    return replace(answer, told=told)


def check_terms(request: Share) -> None:
    """Raise InputError for a link that would live or open for no time, or too long."""
    if not 1 <= request.terms.days <= MOST_LINK_DAYS:
        raise InputError(f"a link is good for 1 to {MOST_LINK_DAYS} days: {request.terms.days} is not")
    if request.terms.openings is not None and request.terms.openings < 1:
        raise InputError("a link opens at least once: leave the number of openings out for any number")


def _carried_out(services: Services, request: Share) -> tuple[Answer, LedgerEntry]:
    held: Release | None = None
    for _ in range(ATTEMPTS):
        with withdrawn_on_failure(services, held):
            ended = _attempt(services, request, held)
        if isinstance(ended, tuple):
            return ended
        held = ended
    if held is not None:
        withdraw(services, held)
    raise StoreError(TOO_FAST)


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of a decision: the version of the recording with its tags, the case of the share on a day, the rulings.

    `is_bent`: it rests on rows that were changed outside the program. `first`: the custodian looks first.
    """

    stored: StoredAsset
    case: Case
    rulings: Rulings
    is_bent: bool = False
    first: FirstLook | None = None
    told_until: ToldUntil | None = None
    order_notice: OrderNotice = field(default_factory=OrderNotice)

    def decision(self) -> Decision:
        """Return the procedure's decision; a referral where rows were changed outside the program."""
        decision = decide_safely(self.case, self.rulings, is_bent=self.is_bent, first=self.first)
        return saying_the_day(decision, self.told_until)

    def holds(self, services: Services, unit: Unit, request: Share) -> bool:
        """Whether the basis in the store is still the same. INVARIANT: checked in the transaction that records the decision."""
        now = unit.assets.current(request.asset_key)
        if now is None or (now.asset, now.tagging) != (self.stored.asset, self.stored.tagging):
            return False
        if unit.words.stale_among([request.asset_key]):
            return False
        return _basis(services, unit, now, request, self.case.at) == replace(self, stored=now)


def basis_of_share(services: Services, request: Share, supposed: StoredAsset | None = None) -> Basis:
    """Return the current version of the asset (or a supposed one), with the case of the share today."""
    with services.store.reading() as unit:
        stored = supposed or unit.assets.need(request.asset_key)
        today = services.now().date()
        return _basis(services, unit, stored, request, today)


def _basis(services: Services, unit: Unit, stored: StoredAsset, request: Share, at: date) -> Basis:
    gathering = CaseGatherer(unit, services.settings, at, rulings=services.rulings)
    case = case_of_share(services, gathering, stored, request)
    return Basis(
        stored,
        case,
        services.rulings,
        gathering.is_bent(case),
        gathering.first_look(case, request),
        gathering.told_until(case),
        gathering.order_notice(case),
    )


def case_of_share(services: Services, gathering: CaseGatherer, stored: StoredAsset, request: Share) -> Case:
    """Return the case of a share of a kept recording, with its people as one transaction sees them."""
    asset = stored.asset
    key_id, others = services.pseudonyms.asset(asset.key), third_party_redacts(services, asset.media_type)
    return gathering.case(
        asset,
        stored.tagging,
        request,
        key_id=key_id,
        others_redact=others,
        staff_ids=staff_ids(services, request.recipient),
    )


def staff_ids(services: Services, who: Recipient) -> tuple[str, ...]:
    """Return the ids that the roster may have for who asks, as a member of staff: by the pseudonym, or by the number."""
    return (who.id, services.pseudonyms.staff(who.id)) if who.id and who.role not in FAMILY else ()


def _attempt(services: Services, request: Share, held: Release | None) -> tuple[Answer, LedgerEntry] | Release | None:
    """Decide and carry out. Nothing is released if the basis changes before the decision is recorded.

    Returned is then the copy that stays uploaded, None if there is none; `held` is the copy of the attempt before.
    """
    basis = basis_of_share(services, request)
    with services.store.reading() as unit:
        check_not_stale(unit, request.asset_key)
    decision, release = reviewed_by_third_parties(services, request, basis.case, basis.decision()), None
    if decision.outcome <= Outcome.REDACT:
        services.settings.need("delivery_access_key_id", "delivery_secret_access_key")
        decision, release = _release(services, request, basis, decision, held)
    if held is not None and (release is None or release.id != held.id):
        withdraw(services, held)
    if release is None:
        return record_refusal(services, request, basis, decision)
    return _carry_out(services, request, basis, decision, release)


def decide_safely(case: Case, rulings: Rulings, *, is_bent: bool = False, first: FirstLook | None = None) -> Decision:
    """Return the procedure's decision by the district's rulings; an error in it is a referral with its id, never an allow.

    A case that rests on rows changed outside the program is a referral too, except in an emergency; and so is a release
    at which the custodian looks first (`CaseGatherer.first_look`).
    """
    if is_bent and not is_break_glass(case, rulings):
        error_id = secrets.token_hex(4)
        log.error("a case rests on rows that were changed beside the program, error %s: %s", error_id, VERIFY)
        return Decision(Outcome.REFER, reasons=(reason("ERROR", error=error_id),))
    try:
        decision = decide(case, rulings)
    except Exception:
        # No error may become a yes, and the custodian must hear of it.
        error_id = secrets.token_hex(4)
        log.exception("decision failed, error %s", error_id)
        return Decision(Outcome.REFER, reasons=(reason("ERROR", error=error_id),))
    decision = told_of_parents_rights(case, rulings, decision)
    if first is not None and first.is_on_file:
        decision = replace(decision, reasons=tuple(map(_of_guardian_on_file, decision.reasons)))
    if first is None or _need_not_look(case, rulings, decision, first):
        return decision
    return _looked_at_first(case, decision, first)


def _looked_at_first(case: Case, decision: Decision, first: FirstLook) -> Decision:
    """Return the referral that a first look makes of a decision."""
    if first.clause in ("CUSTODIAN", UNIT):
        # Media staff are told the one of every request, and no more of it. No reason of the procedure is one of the other,
        # since it is no education record.
        return Decision(Outcome.REFER, reasons=(reason(first.clause),))
    if first.clause in (STATEMENT, INSPECTED_ONLY, OWN_MATTER):
        # The reasons of the decision are those of a release.
        shown = first.students.difference(decision.redact)
        if first.clause == INSPECTED_ONLY:
            shown = frozenset(each for each in shown if decision.basis.get(each) == "EX2-MULTI")
        # Whose parent somebody on the staff may be is the custodian's to read: other staff are told of no family.
        of_family = first.of_family and case.share.by_custodian
        why = reason(first.clause, shown, otherwise=of_family, purpose=case.share.purpose)
        return Decision(Outcome.REFER, reasons=(why,))
    others = tuple(each for each in decision.reasons if each.clause != first.clause)
    if first.clause in HANDED_OVER.values():
        others = without_copy_and_consent(others)
    return stricter_decision(
        replace(decision, reasons=others),
        Outcome.REFER,
        reason(first.clause, first.students, otherwise=first.is_on_file, why=first.why),
        case,
    )


def _of_guardian_on_file(why: Reason) -> Reason:
    """Return a reason, that about who somebody is in the words on a guardian whom nobody asks for a proof."""
    return reason(RELATION, why.students, otherwise=True) if why.clause == RELATION else why


def _need_not_look(case: Case, rulings: Rulings, decision: Decision, first: FirstLook) -> bool:
    """Whether nothing goes out anyway; of a closed record, whether nobody who asks holds a right of their own to it.

    The request of another school or an agency waits, also where the procedure denies it, and so does an emergency of a person
    who is to be verified. Nothing else holds up an emergency. Of a recording that shows a protected student, or one over whom
    an order limits the rights of who asks, what goes out on EX2-MULTI alone waits, and so does what a family would pass on of
    it; of what a school official may want for a matter of their own, what goes out on EX1; of a recording that a family
    contests, a publication that shows its student. An emergency that other staff state for who may be a guardian from whom the
    record is kept waits where it would go out.
    """
    if first.clause in ("CUSTODIAN", INSPECTED_ONLY, OWN_MATTER):
        need_not = all(decision.basis.get(each) != "EX2-MULTI" for each in first.students)
        if first.clause == OWN_MATTER:
            need_not = decision.reasons[0].clause != "EX1"
        return decision.outcome > Outcome.REDACT if first.in_emergency else need_not
    if decision.outcome <= Outcome.REDACT or first.clause == UNIT:
        # A statement does not go with a copy that hides its student.
        is_hidden = first.clause == STATEMENT and first.students.issubset(decision.redact)
        return is_hidden or (first.clause != "EX2-RELATION" and is_break_glass(case, rulings))
    if first.clause in (ASKED_BY_NAME, STATEMENT):
        return True
    if first.clause in HANDED_OVER.values():
        return False
    if first.clause == "EX2-RELATION":
        return case.share.evidence is None or case.share.evidence.emergency is None
    return not terms_of(as_ruled(case, rulings), rulings).own


def told_of_parents_rights(case: Case, rulings: Rulings, decision: Decision) -> Decision:
    """Return the decision on the own request of a student without the rights, with that reason (34 CFR 99.3, 99.5(b)).

    The procedure gives a minor what it gives anybody. A copy that hides the student who asks from that student is none:
    it is denied, and referred where no date of birth is on file. Every other outcome stays, but for the denial of an adult
    whose rights a court gave to a guardian: it is referred.
    """
    who = case.share.recipient
    asks = who.role == "eligible_student" and case.share.kind == "request"
    student = next((each for each in case.students if asks and each.id == who.id), None)
    if student is None or is_eligible(student, case.at, rulings) or student.id not in people_of(case.asset)[0]:
        return decision
    if student.ward:
        return _told_of_guardian(decision, student.id)
    birthday = comes_of_age(student)
    why = reason("RIGHTS-PARENTS", [student.id], otherwise=birthday is None, why=birthday)
    if student.id in decision.redact:
        return Decision(Outcome.REFER if birthday is None else Outcome.DENY, reasons=(why,))
    if decision.outcome <= Outcome.REDACT:
        return decision
    return replace(decision, reasons=(*decision.reasons, why))


def _told_of_guardian(decision: Decision, student: str) -> Decision:
    """Return the decision on the own request of an adult whose rights a court gave to a guardian: the custodian looks."""
    why = reason(RIGHTS_OF_WARD, [student])
    if student in decision.redact:
        return Decision(Outcome.REFER, reasons=(why,))
    if decision.outcome <= Outcome.REDACT:
        return decision
    return replace(decision, outcome=Outcome.REFER, reasons=(*decision.reasons, why))


def decide_gathered(gathering: CaseGatherer, case: Case, request: Share, rulings: Rulings) -> Decision:
    """Return the decision on the case of a share, with all that its gatherer knows of both; see `decide_safely`."""
    bent, first = gathering.is_bent(case), gathering.first_look(case, request)
    decision = decide_safely(case, rulings, is_bent=bent, first=first)
    return saying_the_day(decision, gathering.told_until(case))


def saying_the_day(decision: Decision, told: ToldUntil | None) -> Decision:
    """Return a decision whose reason about an order's notice says what it waits for.

    That is the day of its answer, once all families were told, the court that stayed it, or the second person.
    """
    if told is None:
        return decision
    if told.is_stayed:
        stayed = (replace(each, text=STAYED) if each.clause == NOTICE else each for each in decision.reasons)
        return replace(decision, reasons=tuple(stayed))
    text = UNCONFIRMED if told.day is None else told_and_waits(told.day, told.told)
    reasons = tuple(
        replace(each, text=text)
        if each.clause == NOTICE and each.students and told.students.issuperset(each.students)
        else each
        for each in decision.reasons
    )
    return replace(decision, reasons=reasons)


def _release(
    services: Services, request: Share, basis: Basis, decision: Decision, held: Release | None
) -> tuple[Decision, Release | None]:
    """Return the uploaded or open copy of a release; or the decision where no copy can be made.

    An emergency does not wait for a copy to be cleaned, and a picture that cannot be cleaned goes out as it is.
    """
    urgent = is_break_glass(basis.case, services.rulings)
    recipe = copy_recipe(services, basis.stored, decision, urgent=urgent, request=request)
    if needs_no_work(recipe):
        return decision, reusable_copy(services, recipe, held) or upload_original_on_hold(services, recipe)
    try:
        with workroom() as folder, on_disk():
            decision, made = copied(
                services, request, basis, decision, folder, lambda recipe: reusable_copy(services, recipe, held)
            )
            if made is None:
                return decision, None
            copy = made.copy
            return decision, copy if isinstance(copy, Release) else upload_on_hold(services, made.recipe, copy)
    except (CannotRedact, NotProven, StorageError):
        if not recipe.urgent:
            raise
    return decision, upload_original_on_hold(services, recipe)


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy with its recipe: one that was just made, or one that is in the bucket already."""

    recipe: Recipe
    copy: Copy | Release


def copied(
    services: Services,
    request: Share,
    basis: Basis,
    decision: Decision,
    folder: Path,
    known: Callable[[Recipe], Release | None] = lambda _: None,
) -> tuple[Decision, Copied | None]:
    """Return the copy of a release, made and proven in a private folder, or the `known` one of the same recipe.

    Where no copy can be made, the share is decided again without one. No copy: the decision releases nothing.
    """
    case = basis.case
    urgent = is_break_glass(case, services.rulings)
    recipe = copy_recipe(services, basis.stored, decision, urgent=urgent, request=request)
    try:
        check_tags(recipe)
        copy = known(recipe) or make_proven_copy(services, recipe, folder)
    except (CannotRedact, NotProven) as error:
        if recipe.urgent:
            raise
        if decision.outcome is Outcome.ALLOW:
            return stricter_decision(decision, Outcome.REFER, reason("RELEASE-UNABLE", why=error), case), None
        unable = replace(basis, case=replace(case, asset=replace(case.asset, redactable=False)))
        again = reviewed_by_third_parties(services, request, unable.case, unable.decision())
        again = _telling_why(again, decision.redact, error)
    else:
        return decision, Copied(recipe, copy)
    if again.outcome is not Outcome.ALLOW:
        return again, None
    return copied(services, request, unable, again, folder, known)


def _telling_why(decision: Decision, students: tuple[str, ...], error: DamPluginError) -> Decision:
    """Return the decision where no copy could be made: a refusal says first why not, and nothing blames the format."""
    why = reason("REDACT-UNABLE", students, otherwise=True, why=error)
    others = tuple(each for each in decision.reasons if each.clause != why.clause)
    return replace(decision, reasons=(*others, why) if decision.outcome is Outcome.ALLOW else (why, *others))


def record_refusal(
    services: Services, request: Share, basis: Basis, decision: Decision
) -> tuple[Answer, LedgerEntry] | None:
    """Record a share that releases nothing; None if its basis has changed, and it has to be decided again."""
    with services.store.writing() as unit:
        if not basis.holds(services, unit, request):
            return None
        entry, filed = record_share(services, unit, request, basis, decision, None)
        return Answer(request, decision, referrals=filed.opened), entry


def _carry_out(
    services: Services, request: Share, basis: Basis, decision: Decision, release: Release
) -> tuple[Answer, LedgerEntry] | Release | None:
    token = new_token()
    word = new_word() if request.terms.word else None
    now = services.now()
    link = Link(
        id=f"l-{secrets.token_hex(8)}",
        share_id=request.id,
        release_id=release.id,
        created_at=now,
        expires_at=now + timedelta(days=_days(request, decision)),
        most_openings=request.terms.openings,
        word_hash=word_hash(word, request.id) if word else None,
        secret=request.secret,
    )
    is_staged = release.state == "preparing"
    with withdrawn_on_failure(services, release if is_staged else None), services.store.writing() as unit:
        known = unit.shares.release(release.id)
        withdrawn = known is None or known.state != release.state
        stands = not withdrawn and basis.holds(services, unit, request)
        if stands:
            entry, filed = record_share(services, unit, request, basis, decision, release)
            notice = notice_for(unit, request, decision, basis.stored.tagging, basis.stored.asset)
            if is_staged:
                unit.shares.record_release(release.id, release.version_id)
            unit.shares.add_link(link, token_hash(token))
    if not stands:
        if not withdrawn:
            return release if is_staged else None
        if is_staged:
            withdraw(services, release)
        return None
    open_copy(services, release)
    opened = replace(release, state="open")
    answer = Answer(request, decision, opened, link, token, word=word, referrals=filed.opened, notice=notice)
    return replace(answer, is_unreviewed=is_unreviewed_copy(request, basis.case, decision)), entry


def _days(request: Share, decision: Decision) -> int:
    """Return how many days a link lives: in an emergency, or for a report, hours are enough, unless somebody says more."""
    clause = decision.reasons[0].clause
    is_emergency = clause == "EX9" or (clause == "EX8" and division_ground(request) == "mandated_report")
    return EMERGENCY_DAYS if is_emergency and request.terms.days == LinkTerms().days else request.terms.days


def record_share(  # noqa: PLR0913 - an attempt says as much
    services: Services,
    unit: Unit,
    request: Share,
    basis: Basis,
    decision: Decision,
    release: Release | None,
    *,
    in_person: InPerson | None = None,
    proof: Mapping[str, Any] | None = None,
) -> tuple[LedgerEntry, Filed]:
    """Keep a share, its ledger entry and its work for the custodian, in the caller's transaction.

    `in_person` says how it was disclosed without a link (`in_person.py`); `proof` is then that of the copy that was shown.
    """
    concerned = set(decision.basis) | set(decision.redact)
    if in_person is not None:
        concerned |= set(in_person.students)
    elif in_care := students_in_care(request, basis.stored.tagging.students) if not request.secret else None:
        # What the Division asks for the students in its care is on no other student's record (34 CFR 99.32(a)(1)).
        concerned = {*in_care, *(each for each, clause in decision.basis.items() if clause in RECORDED)}
    elif release is None:
        concerned |= set(students_in(basis.stored.tagging))
    details: dict[str, Any] = {"case": plain_case(basis.case), "release": _told(release)}
    if in_person is not None:
        details["in_person"] = in_person
    if notice := basis.order_notice.of(by_order(decision)):
        details["order_notice"] = notice
    asset_id = basis.stored.asset.id
    entry = keep_attempt(services, unit, request, asset_id, decision, details, concerned, release=release)
    proof = release.proof if release is not None else proof
    little = proof is not None and leaves_little(proof)
    filed = file_referrals(services, unit, request, basis.case, decision, leaves_little=little)
    join_answered(services, unit, request, filed.opened, request.at or services.now())
    return entry, filed


def by_order(decision: Decision) -> list[str]:
    """Return the students whom an answer shows on an order (`EX7`)."""
    return [student for student, clause in decision.basis.items() if clause == "EX7"]


def keep_attempt(  # noqa: PLR0913 - as above
    services: Services,
    unit: Unit,
    request: Share,
    asset_id: str,
    decision: Decision,
    details: Mapping[str, Any],
    students: Collection[str],
    *,
    release: Release | None = None,
) -> LedgerEntry:
    """Keep a share with its decision, and its entry in the ledger, in the caller's transaction; return the entry."""
    made = {**decision_object(request.id, decision), "taken_by": taken_by_today(services)}
    at = request.at or services.now()
    release_id = release.id if release else None
    unit.shares.add_share(StoredShare(request, asset_id, decision.outcome.word, made, release_id, at))
    told = {**details, "decision": made}
    if request.user is not None and request.referral is None:
        # What the custodian decides again is not run by whoever asked; the finding's own entry has that user.
        told["user"] = request.user
    entry = services.ledger.append(
        unit,
        at=at,
        kind="share",
        subject=request.id,
        details=told,
        students=sorted(students),
        secret=request.secret,
    )
    hold_what_was_given(services, unit, request, decision)
    return entry


def taken_by_today(services: Services) -> dict[str, Any]:
    """Return the version of procedure, rulings and settings by which a decision of today is taken."""
    policy = district_policy(services.settings.district, services.settings.purposes)
    return taken_by(policy, services.rulings)


def _told(release: Release | None) -> dict[str, Any] | None:
    return {"id": release.id, "sha256": release.sha256, "proof": release.proof} if release else None


_GIVEN_OUT: Mapping[ReferralKind, str] = {
    "review": "A recording was released in an emergency (share {share}); the review {referral} is due on {due}",
    "found_later": "A recording that was given out (share {share}) shows students who were found in it later; {referral} is "
    "due on {due}",
    "statement_owed": "A recording went out without the family's statement (share {share}); {referral}, to send it after, is "
    "due on {due}",
    "notice_owed": "The secrecy of an order that was answered is lifted (share {share}); {referral}, to tell the families, is "
    "due on {due}",
    "take_down": "A publication of the district (share {share}) shows a student and may not any more; {referral}, to take it "
    "down, is due on {due}",
}


def tell_custodian(services: Services, referral: Referral, request: Share) -> int:
    """Tell observers of work for the custodian, and the custodian at once of what was given out already.

    Returns how many of those who were asked to tell the custodian say that they did.
    """
    services.third_parties.referral_opened(referral, request)
    happened = _GIVEN_OUT.get(referral.kind)
    if happened is None:
        return 0
    heard = services.third_parties.notify(
        "custodian",
        happened.format(share=request.id, referral=referral.id, due=referral.due)
        + f": `dam-plugin queue show {referral.id}`",
    )
    return sum(each.value is True for each in heard)
