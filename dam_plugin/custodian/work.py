"""The custodian's queue as work: the waiting referrals, since when they wait, their owners, assigning and closing them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from dam_plugin.custodian.corrections import Replaced, check_replaceable, record_replaced, say_never_held
from dam_plugin.custodian.findings import (
    check_reviewer,
    effect_of_finding,
    record_in_ledger,
    record_releaser,
    tell_reviewed,
    unseal_claimed,
)
from dam_plugin.custodian.order_notice import days_of_order, notice_state, order_on_file
from dam_plugin.custodian.queue_checks import need_open, require_custodian
from dam_plugin.custodian.request_register import answered_by_copy, note_not_enough
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.gate.close_links import ClosedLinks, after_closing, close_in_transaction
from dam_plugin.intake import two_people
from dam_plugin.intake.take_down import closing_of
from dam_plugin.intake.two_people import ComparedDecisions, applied_findings, asked_again, compare_decisions
from dam_plugin.ledger.corrected import replaced_by
from dam_plugin.ledger.referred import given_in
from dam_plugin.ledger.same_order import are_apart, orders_of, orders_of_referral, orders_that_wait
from dam_plugin.ledger.student import ON_NO_EVIDENCE
from dam_plugin.model import Actor, Decision, LettingGo, Outcome, Recipient, Referral, ReferralKind, Share, role_and_id
from dam_plugin.procedure.clauses import CLAUSES, LINK_UNSEEN
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.order_day import NOTICE, day_waited_for
from dam_plugin.procedure.read_cases import decision_object
from dam_plugin.procedure.terms import has_rights
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import (
    CLOSED,
    REFERRAL_KINDS,
    is_copy_for_family,
    open_notice_owed,
    refer_copy,
)
from dam_plugin.sharing.finding_kinds import links_on_evidence, need_share, written_evidence
from dam_plugin.sharing.gather_case import CaseGatherer, limited_among, needs_two, shown_in
from dam_plugin.sharing.in_person import ORDER, HandedOver, Recorded, record_handed_over
from dam_plugin.sharing.join_request import REOPENED, asked_on
from dam_plugin.sharing.order_days import OrderDays
from dam_plugin.sharing.seal_request import (
    given_under,
    is_misfiled,
    is_sealed_for_report,
    seal_misfiled,
    unseal_referral,
)
from dam_plugin.sharing.secret_order import is_of_division
from dam_plugin.sharing.share import SEALED_WORK, case_of_share, decide_gathered, tell_custodian
from dam_plugin.store import StoredFinding, StoredShare, SystemUser, Unit
from dam_plugin.store.referrals import NO_SUCH_REFERRAL
from dam_plugin.store.requests import WAITING

LONGEST_OWNER = 200
# The kinds of work in which somebody asked for a recording, which the custodian may have handed over.
_HANDED_TO: tuple[ReferralKind, ...] = ("sunshine", "inspection", "official", "transfer")
NOT_ON_RECORD = (
    "If anything was handed over, it is not on the record (34 CFR 99.32): `dam-plugin queue disclosed {0} --to ROLE:ID --basis "
    "CLAUSE --students S-… --as custodian:NAME` records it, although {0} is closed."
)
# The ledger's word for what was handed over while the referral stayed open.
DISCLOSED = "disclosed"
# The ledger's word for a report that is sealed no more.
LIFTED = "lifted"
# The ledger's word for a first person who says that an order forbids telling no more.
LIFT_ASKED = "lift asked"
BEFORE_NOTICE = (
    "What an order asks for was handed over before the families were told of it (34 CFR 99.31(a)(9)(ii)): tell them now, "
    "`dam-plugin letter write subpoena-notice --referral {0}` and, once it is sent, `letter effort`, and the district's "
    "attorney."
)
# The ledger's word for evidence that holds no longer.
WITHDRAWN = "withdrawn"
_HELD_OR_NOT = (
    "something was given on it: say whether the evidence held then. It held until a day (an order was quashed, a placement "
    "ended): `dam-plugin queue withdraw {0} --since DAY --why TEXT`. It never did (a certificate of another student, a forged "
    "subpoena), so that it was given by mistake: `dam-plugin queue withdraw {0} --never-held --why TEXT`"
)
_NOT_LISTED = "the referral after which the list goes on is not in it any more: begin the list anew"
_WHY_WITHDRAWN = "what was verified holds no longer"
# The ledger's word for what a family said of the copy that it got.
NOT_ENOUGH = "not enough"


@dataclass(frozen=True, slots=True)
class Work:
    """A referral with its share and findings, and whether its due date has passed while it is open.

    `on_file` is the evidence that the requester wrote down, `on_file_by` who passed it on. `handed_over` was disclosed by
    hand for it. `compared` is the
    decision before and after each finding that waits or broke off, by the finding's id, where a decision can be made.
    `order_days` are the days on which its order is answered, while it waits; null where there is none.
    """

    referral: Referral
    share: Share
    findings: tuple[StoredFinding, ...]
    is_overdue: bool
    on_file: Mapping[str, Any]
    on_file_by: Actor | None = None
    handed_over: tuple[StoredShare, ...] = ()
    compared: Mapping[str, ComparedDecisions] = field(default_factory=dict)
    order_days: OrderDays | None = None

    @property
    def to(self) -> str:
        """The recipient as `ROLE:ID`; the family of an offer."""
        if self.referral.kind == "offer":
            return f"family:{','.join(self.referral.students)}"
        to = self.share.recipient
        return role_and_id(to.role, to.id)

    @property
    def pending(self) -> tuple[StoredFinding, ...]:
        """The findings that wait for another person's approval."""
        return tuple(each for each in self.findings if each.state == "pending")


@dataclass(frozen=True, slots=True)
class QueueState:
    """Counts of open and overdue referrals, of reviews of emergencies, of findings that wait; whether people are notified."""

    open: int
    overdue: int
    reviews: int
    pending: int
    somebody_is_told: bool


def list_work(
    services: Services,
    *,
    closed_too: bool = False,
    overdue: bool = False,
    owner: str | None = None,
    secret: bool = False,
    limit: int | None = None,
    after: str | None = None,
) -> list[Work]:
    """Return the referrals, emergencies first, then the soonest due: the open ones, overdue ones, or one owner's.

    `closed_too`: the closed ones follow, those that were due last first. `secret`: those about an order that forbids telling,
    and no others; without it, no such ones. At most `limit` [all], behind the referral `after`; raises UnknownThing where
    there is none of this id.
    """
    today = services.now().date()
    wanted = Wanted(closed_too, overdue, owner=owner, secret=secret, limit=limit, after=after)
    with services.store.reading() as unit:
        found = _listed(unit, today, wanted)
        return [_work(services, unit, each, today) for each in found]


@dataclass(frozen=True, slots=True)
class Listed:
    """A referral as a list shows it: the last share that asked for it, with its decision, and how many findings wait in it."""

    referral: Referral
    kept: StoredShare
    pending: int
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which referrals a list has: as in `list_work`. `pending`: only open ones in which a finding waits for another person."""

    closed_too: bool = False
    overdue: bool = False
    pending: bool = False
    owner: str | None = None
    secret: bool = False
    limit: int | None = None
    after: str | None = None


def list_referrals(services: Services, wanted: Wanted) -> list[Listed]:
    """Return what `list_work` does, in its order, as a list shows it: without what is decided anew for each one.

    Raises UnknownThing as `list_work` does.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        found = _listed(unit, today, wanted)
        shares = {each.share.id: each for each in unit.shares.stored_of({each.share_id for each in found})}
        waiting = unit.referrals.count_pending([each.id for each in found])
    return [
        Listed(each, shares[each.share_id], waiting.get(each.id, 0), is_overdue=each.is_open and each.due < today)
        for each in found
        if each.share_id in shares
    ]


def _listed(unit: Unit, today: date, wanted: Wanted) -> list[Referral]:
    last = None if wanted.after is None else unit.referrals.need(wanted.after)
    if last is not None and last.secret is not wanted.secret:
        raise UnknownThing(NO_SUCH_REFERRAL)
    found: list[Referral] = []
    if last is None or last.is_open:
        before = today if wanted.overdue else None
        is_of_another = last is not None and wanted.owner not in (None, last.owner)
        if last is not None and (is_of_another or (before is not None and last.due >= before)):
            raise UnknownThing(_NOT_LISTED)
        found = unit.referrals.open_page(
            limit=wanted.limit,
            after=last,
            owner=wanted.owner,
            due_before=before,
            pending=wanted.pending,
            secret=wanted.secret,
        )
    elif wanted.overdue or not wanted.closed_too:
        # An empty page would look like the end of the list.
        raise UnknownThing(_NOT_LISTED)
    left = sys.maxsize if wanted.limit is None else wanted.limit - len(found)
    if wanted.closed_too and not wanted.overdue and left > 0:
        behind = None if last is None or last.is_open else last
        found += unit.referrals.closed_page(limit=left, after=behind, owner=wanted.owner, secret=wanted.secret)
    return found[: wanted.limit]


def decision_now(services: Services, referral_id: str, by: Actor) -> Decision | None:
    """Return how a referral's share would be decided now as the custodian's; None if it cannot be decided any more.

    Plugins of third parties are not asked, and nothing is kept. Raises UnknownThing for no such referral.
    """
    with services.store.reading() as unit:
        referral = unit.referrals.need(referral_id)
        stored = unit.assets.current(referral.asset_key)
        if stored is None:
            return None
        request = asked_again(unit, referral, by, applied_findings(unit, referral))
        gathering = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)
        try:
            case = case_of_share(services, gathering, stored, request)
            return decide_gathered(gathering, case, request, services.rulings)
        except InputError:
            return None


def decision_on_file(services: Services, referral: Referral, kept: StoredShare | None) -> Mapping[str, Any]:
    """Return the plain data of a referral's last decision; that every family was told of its order counts as of now.

    A look may have found a student since, or the rights may pass to one by a day that a court moved. Where it cannot be decided
    now, nobody says that they were. Of a link that nobody opened it is what would be decided today.
    """
    decision = kept.decision if kept is not None else {}
    reasons = decision.get("reasons", [])
    if referral.is_open and LINK_UNSEEN in referral.missing:
        again = decision_now(services, referral.id, Actor("custodian"))
        return decision_object(referral.share_id, again) if again is not None else decision
    if not referral.is_open or not any(day_waited_for(each["clause"], each["text"]) for each in reasons):
        return decision
    now = decision_now(services, referral.id, Actor("custodian"))
    if now is not None and now.outcome <= Outcome.REDACT:
        return decision
    reasons_now = decision_object(referral.share_id, now)["reasons"] if now is not None else ()
    told = [each for each in reasons_now if each["clause"] == NOTICE]
    unknown = {"clause": NOTICE, "text": CLAUSES[NOTICE].otherwise, "students": []}
    others = [each for each in reasons if each["clause"] != NOTICE]
    return {**decision, "reasons": [*(told or [unknown]), *others]}


def whom_to_offer(services: Services, referral: Referral) -> tuple[Recipient, ...]:
    """Return who of an offer's family holds the rights today; none for other work.

    A guardian before whom the custodian looks first is not among them, nor one from whom a court order keeps somebody else in
    it: `case_notes` tells the custodian why. Nor is the family of a student who is not in it, as it is tagged now.
    """
    if referral.kind != "offer":
        return ()
    with services.store.reading() as unit:
        stored = unit.assets.newest(referral.asset_key)
        seen = [each for each in referral.students if stored is None or each in stored.tagging.students]
        records = [record for each in seen if (record := unit.people.student(each))]
        by_two = stored is None or needs_two(stored.tagging)
        shown = [*unit.people.students_of(stored.tagging.students if stored is not None else ()).values()]
    today = services.now().date()
    holders: dict[str, Recipient] = {}
    for record in records:
        if has_rights(record, today, services.rulings):
            holders[record.id] = Recipient("eligible_student", record.id)
        else:
            holders |= {each: Recipient("parent", each) for each in record.guardians_on(today)}
    for guardian in (each for record in records for each in record.to_be_looked_at(today, by_two=by_two)):
        holders.pop(guardian, None)
    return tuple(holders[each] for each in sorted(holders) if not any(limited_among(shown, each, today)))


def owner_is_unknown(services: Services, owner: str, *, secret: bool = False) -> bool:
    """Whether no referral was ever given to this member of staff: the id may be mistyped."""
    with services.store.reading() as unit:
        return not unit.referrals.owns_any(owner, secret=secret)


def get_work(services: Services, referral_id: str, *, secret: bool = False) -> Work:
    """Return one referral with its share and findings. Raises UnknownThing.

    Without `secret` there is none about an order that forbids telling.
    """
    with services.store.reading() as unit:
        referral = unit.referrals.need(referral_id)
        if referral.secret and not secret:
            raise UnknownThing(NO_SUCH_REFERRAL)
        return _work(services, unit, referral, services.now().date())


def assign_referral(services: Services, referral_id: str, owner: str, by: Actor) -> Referral:
    """Give an open referral to a member of staff and notify them. Raises InputError, UnknownThing.

    Of an order that forbids telling nobody is notified.
    """
    require_custodian(by)
    owner = _staff(owner)
    with services.store.writing() as unit:
        need_open(unit, referral_id)
        record_in_ledger(services, unit, unit.referrals.need(referral_id), "assigned", by, {"owner": owner})
        need_open(unit, referral_id)
        unit.referrals.assign(referral_id, owner)
        referral = unit.referrals.need(referral_id)
    if referral.secret:
        return referral
    what = REFERRAL_KINDS[referral.kind].called.capitalize()
    services.third_parties.notify(
        owner,
        f"{what} is yours, due on {referral.due}: `dam-plugin queue show {referral.id}`",
    )
    return referral


def ask_about_copy(
    services: Services, key: str, recipient: Recipient, why: str, by: Actor, user: SystemUser | None = None
) -> Referral:
    """Open the question whether the copy that a family got last is enough; return the referral, or the one that waits already.

    It belongs to the request that the copy answered, which it opens again where it was closed: with the day of that request.
    Raises InputError for a role that is not the custodian or a designee, without a reason, for a recipient who got no copy of
    their own record, and where a custodian has reviewed the meaning; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say what the family says is missing: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        stored = unit.assets.need(key)
        theirs = [
            each
            for each in unit.shares.of_key(key)
            if each.share.recipient.who == recipient.who and not each.share.secret
        ]
        last = theirs[-1] if theirs else None
        if last is None or not is_copy_for_family(last) or last.asset_id != stored.asset.id:
            raise InputError(
                f"{recipient.role}:{recipient.id} got no copy of their own record of this recording: share it with them first"
            )
        if stored.tagging.meaning != "unreviewed":
            raise InputError(
                f"a custodian reviewed already what hiding does to the meaning ('{stored.tagging.meaning}'): where that is not "
                f"so, `dam-plugin custodian meaning {key} …`"
            )
        zone = services.now().tzinfo
        answered = answered_by_copy(unit, theirs)
        days = (asked_on(unit, each, zone) for each in answered)
        referral = refer_copy(services, unit, last.share, min(days, default=last.at.astimezone(zone).date()))
        record_in_ledger(
            services, unit, referral, NOT_ENOUGH, by, {"why": why}, user=user, students=sorted(last.decision["basis"])
        )
        note_not_enough(services, unit, answered, referral, by, user)
        referral = unit.referrals.need(referral.id)
    tell_custodian(services, referral, last.share)
    return referral


@dataclass(frozen=True, slots=True)
class Closed:
    """A referral as it was closed, with what was handed over for it, where the closing says so.

    `may_lack`: somebody asked for the recording, and the record has nothing that was handed over. `still_wait` are the requests
    of the register that it answered and that wait for an answer.
    """

    referral: Referral
    recorded: Recorded | None = None
    may_lack: bool = False
    still_wait: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correcting:
    """The entries, by their shares, in whose place something that was handed over is entered, and why they were wrong."""

    shares: tuple[str, ...]
    why: str


def close_referral(
    services: Services,
    referral_id: str,
    by: Actor,
    why: str,
    user: SystemUser | None = None,
    given: HandedOver | None = None,
) -> Closed:
    """Close a referral that was dealt with in another way, with the reason; of an emergency, with the review.

    `given` was handed over: it goes to the record of disclosures with the closing, or neither is kept. `user` is the user
    of this process. Raises InputError for a role that is not the custodian or a designee, without a reason, for a closed
    referral, for the person who released a recording in the emergency under review, for what cannot have been handed over,
    where a family is still to be told of the order by which it was, where an order that is still to be answered and another
    request wait for it; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say how this was done with: --why")
    if given is None:
        _check_families_told(services, referral_id)
    with services.store.writing() as unit:
        referral = need_open(unit, referral_id)
        if referral.kind == "review":
            check_reviewer(services, unit, referral, by, user)
        recorded = _hand_over(services, unit, referral, by, given, user) if given is not None else None
        share_id = recorded.share.id if recorded else _last_handed_over(services, unit, referral)
        still_wait = _still_waiting(unit, referral)
        if share_id is None:
            _check_ends_one(unit, referral, still_wait)
        how = _how(services, unit, referral, why)
        if share_id and referral.kind not in ("review", "take_down"):
            how = f"answered: {Outcome.ALLOW.word} ({share_id}) by hand: {why}"
        details = {"how": how, "share": share_id} if share_id else {"how": how}
        record_in_ledger(services, unit, referral, CLOSED, by, details, user=user, students=referral.students)
        if not unit.referrals.close(referral_id, services.now(), by.id, how):
            raise InputError("this referral was closed at the same moment: `dam-plugin queue show` says how")
        after = unseal_claimed(services, unit, unit.referrals.need(referral_id), by, user)
        may_lack = share_id is None and referral.kind in _HANDED_TO
        closed = Closed(after, recorded, may_lack=may_lack, still_wait=still_wait)
    if recorded is not None:
        _tell_of(services, referral_id, recorded)
    if closed.referral.kind == "review":
        tell_reviewed(services, closed.referral)
    return closed


def reopen_take_down(services: Services, referral_id: str, by: Actor, why: str, user: SystemUser) -> Referral:
    """Let work wait again that was closed as taken down, and was not: the publication stands. Return it.

    Raises InputError for a role that is not the custodian or a designee, without a reason, for what is no such work, and for
    what waits still; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say how it is known that it was not taken down: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        referral = unit.referrals.need(referral_id)
        if referral.is_open:
            raise InputError(f"{referral_id} waits still: `dam-plugin queue show {referral_id}`")
        if referral.kind != "take_down":
            raise InputError(
                "only what is to be taken down is opened again so: who still wants a recording asks for it again, and a review "
                f"that was wrong is said anew, `dam-plugin queue finding {referral_id} reviewed TEXT`"
            )
        unit.referrals.reopen(referral_id)
        record_in_ledger(services, unit, referral, REOPENED, by, {"why": why}, user=user, students=referral.students)
        return unit.referrals.need(referral_id)


def _still_waiting(unit: Unit, referral: Referral) -> tuple[str, ...]:
    """Return the requests of the register that a referral answers and that wait for an answer."""
    answered = unit.requests.answered_by([referral.id])
    return tuple(each for each in answered if unit.requests.state(each) in WAITING)


def _check_ends_one(unit: Unit, referral: Referral, still_wait: Sequence[str]) -> None:
    """Raise InputError where a closing without an answer would end the work of an order with that of another request.

    The order is answered on its day, with its verification and notices (34 CFR 99.31(a)(9)).
    """
    orders = sorted(orders_that_wait(unit, referral.id))
    others = [each for each in still_wait if each not in orders]
    if orders and others:
        raise InputError(
            f"{referral.id} is the work of {' and '.join(orders)}, which is an order still to be answered, and answers "
            f"{' and '.join(others)} too: this would end the work of each. Close {others[0]} by itself, and the order's work "
            f"stays: `dam-plugin request close {others[0]} --outcome WORD --why TEXT`; `share … --request {others[0]}` gives "
            "it work of its own"
        )


def _check_families_told(services: Services, referral_id: str) -> None:
    """Raise InputError where something went out on an order by hand, and a family that it shows is still to be told of that.

    What went out too early takes the notice away from nobody (34 CFR 99.31(a)(9)(ii)). Of whom nobody was reached, the effort
    says so.
    """
    with services.store.reading() as unit:
        referral = unit.referrals.need(referral_id)
        given = _handed_over(services, unit, referral) if referral.is_open and not referral.secret else ()
        shown = {student for each in given for student, clause in each.decision["basis"].items() if clause == ORDER}
        order = order_on_file(unit, referral) if shown else None
    if not shown or (order is not None and order.is_secret):
        return
    try:
        state = notice_state(services, referral_id)
    except InputError as error:
        raise InputError(
            "it went out by hand on an order, and whether the families were told of it (34 CFR 99.31(a)(9)(ii)) cannot be "
            f"seen: {error}"
        ) from error
    left = shown.intersection(state.left) - {each.student_id for each in state.efforts}
    if left:
        raise InputError(
            f"it went out by hand on an order, and nothing says that the family of {', '.join(sorted(left))} was told of it: "
            f"write to them, `dam-plugin letter write subpoena-notice --referral {referral_id} --student {min(left)}`, and "
            f"once it is sent, or they could not be reached, say so: `dam-plugin letter effort --referral {referral_id} "
            f"--student {min(left)} --what TEXT` (34 CFR 99.31(a)(9)(ii))"
        )


def _how(services: Services, unit: Unit, referral: Referral, why: str) -> str:
    if referral.kind == "take_down":
        return closing_of(services, unit, referral, why)
    return f"reviewed: {why}" if referral.kind == "review" else why


def seal_report(services: Services, referral_id: str, by: Actor, why: str, user: SystemUser) -> Referral:
    """Seal a referral that was filed under another role and may be about a report to the Children's Division; return it.

    Its shares, letters and lines of the record go with it; `lift_seal` brings them back. Raises InputError for a role that
    is not the custodian or a designee, without a reason, for a family's own request, for what is sealed already, and where
    something of somebody else would go with it; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say how you know that the Children's Division asks with: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        referral = unit.referrals.need(referral_id)
        if referral.secret:
            raise InputError(f"{referral_id} is sealed already: `dam-plugin queue show {referral_id} --sealed`")
        if need_share(unit, referral.share_id).recipient.role in FAMILY:
            raise InputError(
                "a family's own request is never sealed: where somebody else asks, share it with whoever does"
            )
        return seal_misfiled(services, unit, referral, by, user, why)


@dataclass(frozen=True, slots=True)
class Lifted:
    """A referral whose seal is lifted, and the work to tell the families; `waits`: a second person has to say so too."""

    referral: Referral
    notice: Referral | None = None
    waits: bool = False


def lift_seal(services: Services, referral_id: str, by: Actor, why: str, user: SystemUser) -> Lifted:
    """Put what is sealed on every page: a report to the Children's Division, or an answered order that forbids telling no more.

    A report is lifted at one custodian's word, as the district's attorney says. The secrecy of an order that two people
    confirmed is lifted by two; what was given under it is on the record of disclosures from then on (34 CFR 99.32), and
    the families are to be told: the notice was only put off (34 CFR 99.31(a)(9)(ii)). The sealed book keeps what it has. Raises
    InputError for a role that is not the custodian or a designee, without a reason, for a referral that is not sealed or an
    order that is not answered yet, and for one person twice; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say who decided it and why with: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        referral = unit.referrals.need(referral_id)
        if is_sealed_for_report(unit, referral) or is_misfiled(services, unit, referral):
            record_in_ledger(services, unit, referral, LIFTED, by, {"why": why}, user=user)
            return Lifted(unseal_referral(services, unit, referral, by, user))
        lifted = _lift_order(services, unit, referral, by, why, user)
    if lifted.notice is not None:
        tell_custodian(services, lifted.notice, _share_of(services, lifted.notice))
    return lifted


def _lift_order(services: Services, unit: Unit, referral: Referral, by: Actor, why: str, user: SystemUser) -> Lifted:
    """Lift the secrecy of an answered order, where another person said so before; else keep this person's word."""
    if not referral.secret:
        raise InputError(f"{referral.id} is not sealed: `dam-plugin queue show {referral.id}`")
    if referral.is_open:
        raise InputError(
            f"{referral.id} is not answered yet: state its order as one of which families are told, `dam-plugin queue finding "
            f"{referral.id} evidence --evidence FILE`, or answer it first"
        )
    wish = LettingGo(by, user.id, user.name, services.now(), why)
    first = _first_to_lift(services, unit, referral)
    if first is None:
        record_in_ledger(services, unit, referral, LIFT_ASKED, by, {"why": why}, user=user)
        return Lifted(referral, waits=True)
    two_people.check_another(first, wish, user)
    record_in_ledger(services, unit, referral, LIFTED, by, {"why": why}, user=user)
    given = given_under(services, unit, referral)
    now_open = unseal_referral(services, unit, referral, by, user)
    if not given:
        return Lifted(now_open)
    students = {name for each in given for name in each.decision.get("basis", {})} or shown_in(unit, referral.asset_key)
    asked = need_share(unit, given[-1].share.id)
    return Lifted(now_open, open_notice_owed(services, unit, asked, referral, sorted(students)))


def _first_to_lift(services: Services, unit: Unit, referral: Referral) -> LettingGo | None:
    told = services.ledger.about(unit, "queue", [referral.id], secret=True)
    for entry, details in reversed(list(told)):
        if details and details.get("done") == LIFT_ASKED:
            by = details["system_user"]
            return LettingGo(Actor(**details["by"]), by["id"], by["name"], entry.at, details["why"])
    return None


def _share_of(services: Services, referral: Referral) -> Share:
    with services.store.reading() as unit:
        return need_share(unit, referral.share_id)


@dataclass(frozen=True, slots=True)
class Fell:
    """How evidence fell on which something was given: it held until the day `since`; or, where that is null, it never did.

    An order that was quashed held until then; a certificate for another student, or a forged subpoena, never did. `stands`: it
    held after all.
    """

    since: date | None = None
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A referral whose evidence holds no longer (null: a share's that answered none), and the links that closed with it.

    `never_held` are the shares of which it is said that it never did; `waits`: a second person has to say so too.
    """

    referral: Referral | None
    closed: ClosedLinks
    never_held: tuple[str, ...] = ()
    waits: bool = False


def withdraw_evidence(
    services: Services, referral_id: str, by: Actor, why: str, user: SystemUser, fell: Fell | None = None
) -> Withdrawn:
    """Close what was given to a referral's recipient on evidence that holds no longer, such as a quashed subpoena.

    It is for a closed referral too. These are the open links to its recording for this recipient whose share had evidence, also
    those of other referrals; they close at the first person's word. What was given on evidence that never held was given by
    mistake (34 CFR 99.30), once a second person says so too. Raises InputError for a role that is not the custodian or a
    designee, without a reason, where something was given and it is not said whether the evidence held (`fell`), and where that
    cannot be so; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say why it holds no longer with: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        referral = unit.referrals.need(referral_id)
        given = _given_on_evidence(services, unit, referral)
        _check_fell(referral.id, given, fell, services.now().date())
        told: dict[str, Any] = {"why": why}
        waits, never = False, tuple(given) if fell is not None and fell.since is None else ()
        links = links_on_evidence(unit, need_share(unit, referral.share_id)) if fell is None or not fell.stands else []
        if fell is not None and fell.since is None:
            waits = say_never_held(services, unit, never, why, by, user, stands=fell.stands)
            told |= {"never_held": list(never), "stands": fell.stands}
        elif fell is not None:
            told["since"] = str(fell.since)
        students = unit.shares.students_of_links([each.id for each in links])
        told["links"] = [each.id for each in links]
        record_in_ledger(services, unit, referral, WITHDRAWN, by, told, user=user, students=students)
        closed = close_in_transaction(services, unit, links, _WHY_WITHDRAWN)
    return Withdrawn(referral, after_closing(services, closed, secret=referral.secret), never, waits)


def never_held_by_share(
    services: Services, share_id: str, by: Actor, why: str, user: SystemUser, *, stands: bool = False
) -> Withdrawn:
    """State that the evidence never held on which a share let something out at once, without a referral.

    As `withdraw_evidence` does for a referral. Raises InputError for what was given in answer to one, and for what was given
    on no evidence; UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say why it never held with: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        kept = unit.shares.share(share_id)
        if kept is None:
            raise UnknownThing("no share has the id given: `dam-plugin ledger student S-…` names those of a student")
        if kept.share.referral is not None:
            raise InputError(
                f"it was given in answer to {kept.share.referral}: `dam-plugin queue withdraw {kept.share.referral} "
                "--never-held --why TEXT`"
            )
        never = tuple(_given_alike(unit, kept.share, {share_id}, orders_of(unit, kept.share)))
        if share_id not in never:
            raise InputError(
                f"nothing was given on evidence by {share_id}: `dam-plugin ledger correct` corrects a line"
            )
        links = [] if stands else links_on_evidence(unit, kept.share)
        waits = say_never_held(services, unit, never, why, by, user, stands=stands)
        closed = close_in_transaction(services, unit, links, _WHY_WITHDRAWN)
    return Withdrawn(None, after_closing(services, closed, secret=kept.share.secret), never, waits)


def was_given_on_evidence(services: Services, unit: Unit, referral: Referral) -> bool:
    """Whether something was given on the evidence of a referral, so that who withdraws it says whether it held."""
    return bool(_given_on_evidence(services, unit, referral))


def _given_on_evidence(services: Services, unit: Unit, referral: Referral) -> dict[str, date]:
    """Return the shares that answered a referral on evidence, or the same recipient on the same; each with its day.

    What answered another order of the register rests on that order, whose evidence reads the same or not.
    """
    answers = given_in(unit, services.ledger, [referral], secret=True).get(referral.id, [])
    asked = replace(need_share(unit, referral.share_id), secret=referral.secret)
    return _given_alike(unit, asked, {*answers, referral.share_id}, orders_of_referral(unit, referral))


def _given_alike(unit: Unit, asked: Share, answers: Collection[str], orders: Collection[str]) -> dict[str, date]:
    """Return what the same recipient was given of a recording on the evidence of one of these shares; each with its day."""
    given = [
        each
        for each in unit.shares.of_key(asked.asset_key)
        if each.outcome in (Outcome.ALLOW.word, Outcome.REDACT.word)
        and each.share.evidence
        and each.share.recipient.who == asked.recipient.who
        and each.share.secret is asked.secret
        and (each.decision.get("record_disclosure") or {*each.decision.get("basis", {}).values()} - ON_NO_EVIDENCE)
        and not are_apart(orders, orders_of(unit, each.share))
    ]
    evidence = [each.share.evidence for each in given if each.share.id in answers]
    return {each.share.id: each.at.astimezone().date() for each in given if each.share.evidence in evidence}


def _check_fell(referral_id: str, given: Mapping[str, date], fell: Fell | None, today: date) -> None:
    """Raise InputError where it is not said whether evidence held on which something was given, or where that cannot be so."""
    if given and fell is None:
        raise InputError(_HELD_OR_NOT.format(referral_id))
    if fell is None:
        return
    if fell.since is None and not given:
        raise InputError(f"nothing was given on evidence of {referral_id}: leave --never-held out")
    if fell.since is not None and fell.since > today:
        raise InputError("it holds until then: withdraw it on the day from which it holds no longer")
    if fell.since is not None and any(fell.since < day for day in given.values()):
        raise InputError(
            f"something was given on it on {max(given.values())}, when it held no longer: where it did not hold for "
            "that, say so, --never-held"
        )


def record_disclosure(
    services: Services,
    referral_id: str,
    by: Actor,
    given: HandedOver,
    user: SystemUser | None = None,
    correcting: Correcting | None = None,
) -> tuple[Recorded, list[Replaced]]:
    """Put something that was handed over for a referral on the record of disclosures; the referral stays as it is.

    One that a person closed by hand takes it too: who forgot it then says it late (34 CFR 99.32). What is entered in the place
    of entries that were wrong (`correcting`) may be of any. Raises InputError for a role that is not the custodian or a
    designee, for a referral that was closed otherwise, for what cannot have been handed over, or corrected; UnknownThing.
    """
    require_custodian(by)
    replaced: list[Replaced] = []
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        if correcting is not None:
            referral = unit.referrals.need(referral_id)
            check_replaceable(services, unit, referral, correcting.shares, correcting.why)
        else:
            referral = _need_recordable(services, unit, referral_id)
        recorded = _hand_over(services, unit, referral, by, given, user)
        record_in_ledger(services, unit, referral, DISCLOSED, by, {"share": recorded.share.id}, user=user)
        if correcting is not None:
            replaced = record_replaced(
                services, unit, correcting.shares, recorded, correcting.why, by, user, on=given.on
            )
        else:
            # It may have been closed while this transaction waited for the ledger.
            _need_recordable(services, unit, referral_id)
    _tell_of(services, referral_id, recorded)
    return recorded, replaced


def _need_recordable(services: Services, unit: Unit, referral_id: str) -> Referral:
    """Return a referral that is open, or that a person closed by hand. Raises UnknownThing, InputError for any other."""
    referral = unit.referrals.need(referral_id)
    told = () if referral.is_open else services.ledger.about(unit, "queue", [referral_id], secret=True)
    if referral.kind in _HANDED_TO and any(details and details.get("done") == CLOSED for _, details in told):
        return referral
    return need_open(unit, referral_id)


def _hand_over(
    services: Services, unit: Unit, referral: Referral, by: Actor, given: HandedOver, user: SystemUser | None
) -> Recorded:
    request = asked_again(unit, referral, by, applied_findings(unit, referral))
    recorded = record_handed_over(services, unit, referral, request, given)
    if recorded.review is not None and user is not None:
        record_releaser(services, unit, recorded.review, by, user)
    return recorded


def _handed_over(services: Services, unit: Unit, referral: Referral) -> tuple[StoredShare, ...]:
    """Return what was handed over for a referral, oldest first, without entries that another one corrects."""
    told = services.ledger.about(unit, "queue", [referral.id], secret=True)
    done = (details or {} for _, details in told)
    ids = dict.fromkeys(
        str(each["share"]) for each in done if each.get("done") in (DISCLOSED, CLOSED) and each.get("share")
    )
    replaced = replaced_by(unit, services.ledger, ids)
    found = (unit.shares.share(each) for each in ids if each not in replaced)
    return tuple(each for each in found if each is not None)


def _last_handed_over(services: Services, unit: Unit, referral: Referral) -> str | None:
    handed_over = _handed_over(services, unit, referral)
    return handed_over[-1].share.id if handed_over else None


def _tell_of(services: Services, referral_id: str, recorded: Recorded) -> None:
    if recorded.share.secret:
        if recorded.review is not None and is_of_division(recorded.share):
            services.third_parties.notify("custodian", SEALED_WORK.format(recorded.review.due))
        return
    if recorded.before_notice:
        services.third_parties.notify("custodian", BEFORE_NOTICE.format(referral_id))
    if recorded.decision.record_disclosure:
        services.third_parties.disclosure_recorded(recorded.entry, recorded.share)
    for left in recorded.left:
        tell_custodian(services, left, recorded.share)


def queue_state(services: Services) -> QueueState:
    """Return the counts of the queue, for the administrator."""
    today = services.now().date()
    with services.store.reading() as unit:
        waiting, pending = unit.referrals.listed(), unit.referrals.pending()
    return QueueState(
        open=len(waiting),
        overdue=sum(each.due < today for each in waiting),
        reviews=sum(each.kind == "review" for each in waiting),
        pending=len(pending),
        somebody_is_told=bool(services.third_parties.who_answers("notify")),
    )


def _work(services: Services, unit: Unit, referral: Referral, today: date) -> Work:
    findings = tuple(unit.referrals.findings(referral.id))
    undecided = [each for each in findings if referral.is_open and _is_undecided(each)]
    told = {each.id: _compared(services, unit, referral, each) for each in undecided}
    order = order_on_file(unit, referral) if referral.is_open and referral.kind in _HANDED_TO else None
    return Work(
        referral,
        need_share(unit, referral.share_id),
        findings,
        is_overdue=referral.is_open and referral.due < today,
        on_file=written_evidence(unit, referral),
        on_file_by=need_share(unit, referral.evidence_share).actor if referral.evidence_share else None,
        handed_over=_handed_over(services, unit, referral),
        compared={name: each for name, each in told.items() if each is not None},
        order_days=days_of_order(services, unit, referral, order) if order is not None else None,
    )


def _is_undecided(finding: StoredFinding) -> bool:
    return finding.state == "pending" or (finding.state == "applied" and finding.share_id is None)


def _compared(services: Services, unit: Unit, referral: Referral, finding: StoredFinding) -> ComparedDecisions | None:
    """Return the decision before and after a finding; None if it decides nothing, or can no longer."""
    try:
        effect = effect_of_finding(services, unit, referral, finding)
        return compare_decisions(services, unit, referral, finding, effect) if effect is not None else None
    except (InputError, UnknownThing):
        return None


def _staff(owner: str) -> str:
    owner = owner.strip()
    if not owner or not owner.isprintable() or len(owner) > LONGEST_OWNER:
        raise InputError(f"an owner is a member of staff's id: one line of at most {LONGEST_OWNER} characters")
    return owner
