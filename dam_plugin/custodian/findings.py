"""A custodian's finding about a referral: kept with who and when, put into effect, and the share decided again.

A finding that loosens on a discipline or medical recording has no effect until another person approves it (`approvals`).
INVARIANT: a finding takes effect in one transaction and the share is decided after it. A process that dies in between
leaves a finding that is applied and undecided: `approve`, or the finding `reviewed`, does the rest.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from dam_plugin.custodian import evidence_files
from dam_plugin.custodian.guardianships import keep_of_people
from dam_plugin.custodian.opt_outs_again import take_effect_on_choices
from dam_plugin.custodian.queue_checks import check_still_offered, need_open, require_custodian
from dam_plugin.errors import InputError, NotAnother
from dam_plugin.gate.close_links import StillPublished, close_in_transaction, close_links, recheck_links
from dam_plugin.intake import two_people
from dam_plugin.intake.found_later import refer_found_later
from dam_plugin.intake.keep_look import check_look, close_refused_of, keep_look, tagged_after
from dam_plugin.intake.original_access import write_object_tags
from dam_plugin.intake.take_down import ToTakeDown, file_of_changed, tell_to_take_down
from dam_plugin.intake.two_people import (
    ComparedDecisions,
    Effect,
    applied_findings,
    asked_again,
    compare_decisions,
    takes_two_people,
)
from dam_plugin.ledger.request_key import fold_case
from dam_plugin.model import Actor, LettingGo, Referral, Share
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.sharing import finding_kinds as kinds
from dam_plugin.sharing.evidence_counts import is_requester
from dam_plugin.sharing.finding_kinds import (
    EvidenceVerified,
    Finding,
    evidence_digest,
    evidence_of,
    links_on_evidence,
    need_share,
    written_evidence,
)
from dam_plugin.sharing.gather_case import CaseGatherer, Supposed, needs_two, shown_in
from dam_plugin.sharing.join_request import REOPENED
from dam_plugin.sharing.published_copy import close_copies
from dam_plugin.sharing.same_person import check_addressee
from dam_plugin.sharing.seal_request import is_sealed_for_report, seal_referral, unseal_referral
from dam_plugin.sharing.secret_order import forbids_telling, is_report, students_in_care
from dam_plugin.sharing.share import Answer, case_of_share, share
from dam_plugin.store import StoredAsset, StoredFinding, SystemUser, Unit

# The ledger's word for the release of a recording in an emergency.
RELEASED = "released"
_STAYED = "a court stayed the order"
_SAID_ANEW = "the review of the emergency is said anew"
_LETTER = re.compile(r"\blt-[0-9a-f]{12}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StatedFinding:
    """A finding as it is kept, the referral as it is now, and the answer of the share that was decided again.

    No answer: the finding waits for an approval, decides nothing, or another share of the same request was decided with it
    first. `still_published`: what the district itself published, and by this finding has to take down.
    """

    finding: StoredFinding
    referral: Referral
    answer: Answer | None = None
    still_published: tuple[StillPublished, ...] = ()


def state_finding(services: Services, referral_id: str, found: Finding, by: Actor, user: SystemUser) -> StatedFinding:
    """Keep a custodian's finding about an open referral, and decide its share again; or keep it for an approval.

    `user` is the user of this process, or the host's key. Raises InputError for a role that is not the custodian or a
    designee, for a finding that says nothing or too much, for a closed referral; UnknownThing for an unknown id; and the
    errors of `share`: the finding then is kept, and `reviewed` decides again.

    An order that was answered waits again where a court stays it, and so does the review of an emergency that is said anew.
    """
    require_custodian(by)
    file = getattr(found, "file", None)
    if file is not None:
        evidence_files.check_file(services, file)
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        referral = _waiting(services, unit, referral_id, found, by, user)
        kinds.check(found, referral.kind)
        if isinstance(found, EvidenceVerified) and forbids_telling(found.evidence) and not referral.secret:
            referral = seal_referral(services, unit, referral, by, user)
        finding, stands = _kept(services, unit, referral, found, by, user)
    tell_to_take_down(services, stands)
    if finding.state == "applied":
        stated = replace(decide_share_again(services, finding), still_published=stands.publications)
        if referral.kind == "review" and not stated.referral.is_open:
            if isinstance(found, kinds.Reviewed) and found.was_threat is False:
                _close_links_of(services, referral)
            tell_reviewed(services, referral)
        return stated
    if referral.secret:
        return StatedFinding(finding, referral)
    services.third_parties.notify(
        "custodian",
        f"The finding {finding.id} of the referral {referral.id} waits for {_whom(user)}: "
        f"`dam-plugin queue approve {finding.id}`",
    )
    return StatedFinding(finding, referral)


def _waiting(services: Services, unit: Unit, referral_id: str, found: Finding, by: Actor, user: SystemUser) -> Referral:
    """Return a referral that waits for a finding; what a stay or a review that is said anew finds closed is opened again."""
    is_stay = isinstance(found, kinds.OrderStayed) and found.state == "stands"
    is_review = isinstance(found, kinds.Reviewed) and found.was_threat is not None
    referral = need_open(unit, referral_id, or_answered=is_stay, or_reviewed=is_review)
    if referral.is_open:
        return referral
    if isinstance(found, kinds.Reviewed):
        _check_said_anew(unit, referral, found, by, user, services.now())
    # What was verified and told stays on file with it, for when the stay is lifted.
    unit.referrals.reopen(referral_id)
    why = _STAYED if is_stay else _SAID_ANEW
    record_in_ledger(services, unit, referral, REOPENED, by, {"why": why}, user=user)
    return referral


def _check_said_anew(
    unit: Unit, referral: Referral, found: kinds.Reviewed, by: Actor, user: SystemUser, now: datetime
) -> None:
    """Raise InputError where a review says what it said before, or one person takes back that there was no threat.

    A family reads of that as given by mistake, which no one person takes from its page.
    """
    reviews = [
        each for each in unit.referrals.findings(referral.id) if (each.kind, each.state) == ("reviewed", "applied")
    ]
    last = max(reviews, key=lambda each: each.at, default=None)
    if last is None:
        return
    said = last.content.get("was_threat")
    if said is found.was_threat:
        raise InputError(f"the review {referral.id} says so already: `dam-plugin queue show {referral.id}`")
    if said is False:
        first = LettingGo(last.by, last.user.id, last.user.name, last.at, "")
        two_people.check_another(first, LettingGo(by, user.id, user.name, now, ""), user)


@dataclass(frozen=True, slots=True)
class PreviewedFinding:
    """What would come of a finding that is stated now: whether it `waits` for another person, and whether it `decides`.

    `compared` is the decision without and with it; None where it decides nothing, or no decision can be made.
    """

    waits: bool
    decides: bool
    compared: ComparedDecisions | None


def preview_finding(
    services: Services, referral_id: str, found: Finding, by: Actor, user: SystemUser
) -> PreviewedFinding:
    """Return what would come of a finding, by the same checks as `state_finding`; nothing is kept or recorded.

    Raises the errors of `state_finding` for what it would refuse.
    """
    require_custodian(by)
    file = getattr(found, "file", None)
    if file is not None:
        evidence_files.check_file(services, file)
    with services.store.reading() as unit:
        referral = need_open(unit, referral_id)
        kinds.check(found, referral.kind)
        finding, effect = _weighed(services, unit, referral, found, by, user)
        compared = None
        if effect is not None:
            try:
                compared = compare_decisions(services, unit, referral, finding, effect)
            except InputError:
                compared = None
        return PreviewedFinding(finding.state == "pending", effect is not None, compared)


def decide_share_again(services: Services, finding: StoredFinding) -> StatedFinding:
    """Carry out an applied finding: write the object's tags, close links, decide the share again.

    Also for findings before it whose decision broke off. Raises the errors of `share`: the finding then stays applied and
    undecided.
    """
    with services.store.reading() as unit:
        referral = unit.referrals.need(finding.referral_id)
        stored = unit.assets.current(referral.asset_key)
        effective = applied_findings(unit, referral)
        request = asked_again(unit, referral, finding.by, effective)
    if not kinds.decides(finding.kind, referral.kind):
        return StatedFinding(finding, referral)
    if stored is not None and _is_about_the_recording(effective):
        write_object_tags(services, stored)
    if finding.kind == kinds.OrderStayed.kind:
        close_copies(services, None)
    if stored is not None and any(kinds.changes_what_is_on_file(each.kind) for each in effective):
        close_copies(services, None)
        recheck_links(services, asset_key=referral.asset_key)
    answer = share(services, request, referral=referral.id)
    with services.store.reading() as unit:
        finding, referral = unit.referrals.need_finding(finding.id), unit.referrals.need(referral.id)
    if finding.share_id in (None, answer.share.id):
        return StatedFinding(finding, referral, answer)
    if answer.link is not None:
        # Its token was given to no one: the first share has the link that counts.
        close_links(services, [answer.link], "the same was decided at the same moment")
    return StatedFinding(finding, referral)


def check_reviewer(services: Services, unit: Unit, referral: Referral, by: Actor, user: SystemUser | None) -> None:
    """Raise InputError if the person who released a recording in an emergency would review it.

    The id under which it was released is compared with the reviewer's id, user number and user name; so is the user of the
    system who released it at the command line. A host's key cannot review.
    """
    command = f"dam-plugin queue close {referral.id} --why TEXT --as designee:NAME"
    if user is not None:
        two_people.require_person(user, "reviews no emergency", command)
        if any(two_people.is_same_person(each, user) for each in _releasers(services, unit, referral)):
            raise NotAnother(
                f"'{user.name}' released this recording in an emergency and does not review it, whatever --as says: "
                f"somebody else has to: {two_people.WHO_CAN}: `{command}`"
            )
    released_by = need_share(unit, referral.share_id).actor
    theirs = {fold_case(by.id), *((fold_case(user.id), fold_case(user.name)) if user else ())} - {""}
    unnamed = not fold_case(released_by.id) and not fold_case(by.id) and released_by.role == by.role
    if unnamed or fold_case(released_by.id) in theirs:
        raise NotAnother("whoever released a recording in an emergency does not review it: somebody else has to")


def note_releaser(services: Services, referral: Referral, by: Actor, user: SystemUser) -> None:
    """Record which user of the operating system released a recording in an emergency: who reviews it is another one."""
    with services.store.writing() as unit:
        record_releaser(services, unit, referral, by, user)


def record_releaser(services: Services, unit: Unit, review: Referral, by: Actor, user: SystemUser) -> None:
    """Record the same as `note_releaser`, in the caller's transaction."""
    record_in_ledger(services, unit, review, RELEASED, by, {}, user=user, students=review.students)


def tell_reviewed(services: Services, referral: Referral) -> None:
    """Tell the custodian that an emergency was reviewed, without the text of the review."""
    if referral.secret:
        return
    services.third_parties.notify(
        "custodian", f"The review {referral.id} of an emergency is closed: `dam-plugin queue show {referral.id}`"
    )


def effect_of_finding(services: Services, unit: Unit, referral: Referral, finding: StoredFinding) -> Effect | None:
    """Return what a finding changes once it is approved; None if it changes nothing that is decided on.

        Raises UnknownThing if the recording is gone, InputError for a place or time that it cannot have, and for what cannot
    be so of people.
    """
    if not kinds.decides(finding.kind, referral.kind):
        return None
    stored = unit.assets.need(referral.asset_key)
    found = kinds.read_finding(finding.kind, finding.content)
    look = kinds.look_of(found, finding.at, finding.by, stored.tagging, approved=True)
    after = stored
    if look is not None:
        check_look(stored, look)
        after = tagged_after(services, unit, stored, look)
    return Effect(stored, after, _of_people(services, unit, referral, finding, stored))


def _of_people(
    services: Services, unit: Unit, referral: Referral, finding: StoredFinding, stored: StoredAsset
) -> Supposed:
    """Return what a finding puts on file of people. Raises InputError for what cannot be so, UnknownThing."""
    found = kinds.read_finding(finding.kind, finding.content)
    request = asked_again(unit, referral, finding.by, applied_findings(unit, referral))
    gathering = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)

    def doubtful(student: str) -> list[str]:
        case = case_of_share(services, gathering, stored, request)
        key_id = services.pseudonyms.asset(stored.asset.key)
        return gathering.doubtful_consents(case, student, key_id) if student in stored.tagging.students else []

    about = kinds.About(
        request,
        stored.tagging,
        services.now().date(),
        finding.by,
        finding.user,
        unit.people.students_of(found.named_students() | stored.tagging.students),
        doubtful,
        services.rulings,
        unit.people.alike(request.recipient.id) if request.recipient.id else (),
    )
    found.check_about(about)
    return found.of_people(about)


def with_evidence(unit: Unit, referral: Referral, finding: StoredFinding) -> StoredFinding:
    """Return a finding with the evidence that its share is decided on now, and the digest of the written evidence."""
    written = written_evidence(unit, referral)
    finding = replace(finding, on_file=evidence_digest(written))
    others = [each for each in applied_findings(unit, referral) if each.id != finding.id]
    return replace(finding, evidence=evidence_of(unit, referral, [*others, finding]))


def ledger_details(finding: StoredFinding) -> dict[str, Any]:
    """Return a finding as the ledger keeps it: its content, and the evidence of the decision with it."""
    told = {"finding": finding.id, "kind": finding.kind, "content": finding.content}
    return {**told, "evidence": finding.evidence} if finding.evidence else told


def students_concerned(finding: StoredFinding) -> set[str]:
    """Return the students that a finding names, in its content or in the evidence of the decision with it."""
    named = kinds.read_finding(finding.kind, finding.content).named_students()
    return named | EvidenceVerified(finding.evidence).named_students()


def put_on_file(
    services: Services, unit: Unit, referral: Referral, finding: StoredFinding, approver: SystemUser | None = None
) -> ToTakeDown:
    """Keep what a finding says of the recording and of people, and close the links that it refuses, in one transaction.

    Returns what the district published that it reaches: the caller tells the custodian after the commit (`tell_to_take_down`).
    `approver` is the second person, where there was one. First this, then the ledger, then the referral: all code that locks
    these rows keeps this order.
    """
    stands = ToTakeDown()
    if not kinds.changes_what_is_on_file(finding.kind):
        return stands
    found = kinds.read_finding(finding.kind, finding.content)
    stored = unit.assets.need(referral.asset_key)
    people = _of_people(services, unit, referral, finding, stored)
    look = kinds.look_of(found, services.now(), finding.by, stored.tagging, approved=approver is not None)
    if look is not None:
        changed = keep_look(services, unit, stored, look)
        # The custodian, who finds it, sees in the queue what is filed.
        refer_found_later(services, unit, changed, finding.by)
        stands += file_of_changed(services, unit, changed)
        close_refused_of(services, unit, changed)
    for student in keep_of_people(services, unit, people, finding.by, finding.user, approver, referral):
        stands += take_effect_on_choices(services, unit, student, finding.by).filed
    return stands


def record_in_ledger(  # noqa: PLR0913 - an entry says as much
    services: Services,
    unit: Unit,
    referral: Referral,
    done: str,
    by: Actor,
    details: dict[str, Any],
    *,
    user: SystemUser | None = None,
    students: Iterable[str] = (),
) -> None:
    """Record an act on a referral, in the caller's transaction."""
    told = {"referral": referral.id, "done": done, "by": asdict(by), **details}
    if user is not None:
        told["system_user"] = asdict(user)
    services.ledger.append(
        unit,
        at=services.now(),
        kind="queue",
        subject=referral.id,
        details=told,
        students=sorted(students),
        secret=referral.secret,
    )


def unsealed_by(
    services: Services, unit: Unit, referral: Referral, finding: StoredFinding, by: Actor, user: SystemUser
) -> Referral:
    """Take a referral out of the sealed book where a finding says that nothing is to be kept from a family; return it.

    It verifies an order of which families are told; or the Children's Division asks, and it is no report.
    """
    asked = replace(need_share(unit, referral.share_id), actor=by, evidence=finding.evidence)
    shown = shown_in(unit, referral.asset_key)
    if is_sealed_for_report(unit, referral) and not is_report(asked, shown):
        return unseal_referral(services, unit, referral, by, user, only=students_in_care(asked, shown))
    order = finding.content["evidence"].get("order") if finding.kind == EvidenceVerified.kind else None
    if order is None or forbids_telling(finding.content["evidence"]):
        return referral
    return unseal_claimed(services, unit, referral, by, user)


def unseal_claimed(services: Services, unit: Unit, referral: Referral, by: Actor, user: SystemUser | None) -> Referral:
    """Take a referral out of the sealed book that only a claim put there, which the custodian does not confirm; return it.

    Where an order that forbids telling was confirmed once, it stays sealed until two people lift that: `work.lift_seal`.
    """
    stated = [each for each in unit.referrals.findings(referral.id) if each.kind == EvidenceVerified.kind]
    secret = [each for each in stated if forbids_telling(each.content["evidence"])]
    was_confirmed = any(each.state == "applied" for each in secret)
    was_claimed = bool(secret) or forbids_telling(written_evidence(unit, referral))
    if not referral.secret or was_confirmed or not was_claimed:
        return referral
    return unseal_referral(services, unit, referral, by, user)


def _whom(user: SystemUser) -> str:
    return "two people, since a host's key stated it" if two_people.is_key(user) else "another person"


def _releasers(services: Services, unit: Unit, referral: Referral) -> Iterator[SystemUser]:
    for _, details in services.ledger.about(unit, "queue", [referral.id], secret=True):
        if details and details.get("done") == RELEASED:
            yield SystemUser(**details["system_user"])


def _weighed(
    services: Services, unit: Unit, referral: Referral, found: Finding, by: Actor, user: SystemUser
) -> tuple[StoredFinding, Effect | None]:
    """Return a finding as it would be kept, applied or pending, and its effect. Raises InputError, UnknownThing; only reads."""
    if referral.kind == "review":
        check_reviewer(services, unit, referral, by, user)
    if isinstance(found, EvidenceVerified | kinds.Reviewed):
        _check_not_ones_own(need_share(unit, referral.share_id), by, user)
    if isinstance(found, kinds.OfferedToAll):
        _check_offered(services, unit, referral, found)
    for student in found.named_students():
        unit.people.need(student)
    finding = StoredFinding(
        id=f"fi-{secrets.token_hex(6)}",
        referral_id=referral.id,
        at=services.now(),
        by=by,
        user=user,
        kind=found.kind,
        content=kinds.plain(found),
        stated_on=referral.share_id,
    )
    effect = effect_of_finding(services, unit, referral, finding)
    if effect is not None:
        finding = with_evidence(unit, referral, finding)
        waits = takes_two_people(services, unit, referral, finding, effect)
        version, tags = effect.before.asset.id, effect.before.tagging
        finding = replace(finding, asset_id=version, before=tags, state="pending" if waits else "applied")
    elif found.takes_two():
        finding = replace(finding, state="pending")
    return finding, effect


def _kept(
    services: Services, unit: Unit, referral: Referral, found: Finding, by: Actor, user: SystemUser
) -> tuple[StoredFinding, ToTakeDown]:
    finding, _ = _weighed(services, unit, referral, found, by, user)
    stands = ToTakeDown()
    if finding.state == "applied":
        stands = put_on_file(services, unit, referral, finding)
        referral = unsealed_by(services, unit, referral, finding, by, user)
    details = {**ledger_details(finding), "state": finding.state}
    record_in_ledger(services, unit, referral, "finding", by, details, user=user, students=students_concerned(finding))
    # It may have been answered while this transaction waited for the ledger.
    need_open(unit, referral.id)
    unit.referrals.add_finding(finding)
    if isinstance(found, kinds.OrderStayed) and found.state == "stands":
        close_in_transaction(services, unit, links_on_evidence(unit, need_share(unit, referral.share_id)), _STAYED)
    how = found.ending(referral.kind)
    if how is not None and finding.state == "applied":
        unit.referrals.close(referral.id, services.now(), by.id, how)
    return finding, stands


def _close_links_of(services: Services, review: Referral) -> None:
    """Close the links of a recording that was released where there was no emergency."""
    with services.store.reading() as unit:
        links = [each for each in unit.shares.links(open_only=True) if each.share_id == review.share_id]
    close_links(services, links, "the review found that there was no threat")


def _check_not_ones_own(request: Share, by: Actor, user: SystemUser) -> None:
    """Raise InputError where a school official would verify their own interest (34 CFR 99.31(a)(1)(ii))."""
    if request.recipient.role == "school_official" and is_requester(request, by.id, user.id, user.name):
        raise NotAnother(
            "whoever would receive the recording does not certify their own interest: somebody else has to"
        )


def _check_offered(services: Services, unit: Unit, referral: Referral, found: kinds.OfferedToAll) -> None:
    """Raise InputError unless the recording was offered to somebody of the family who may have it (34 CFR 99.4).

    A letter that `how` names says to whom it went. Raises UnknownThing where there is none.
    """
    told = person_id(found.guardian) if found.guardian else None
    for each in _LETTER.findall(found.how):
        letter = unit.letters.need(each.lower())
        if (letter.kind, letter.about.referral_id) != ("offer", referral.id):
            raise InputError(
                f"{each} is no letter with this offer: `dam-plugin letter show {each}` says what it is about"
            )
        told = told or letter.guardian
    stored = unit.assets.newest(referral.asset_key)
    check_still_offered(stored, referral, referral.students)
    check_addressee(
        [unit.people.need(each) for each in referral.students],
        told,
        services.now().date(),
        by_two=stored is None or needs_two(stored.tagging),
        rulings=services.rulings,
        what="offer",
        look=f"queue show {referral.id}",
    )


def _is_about_the_recording(findings: Iterable[StoredFinding]) -> bool:
    return any(kinds.is_about_the_recording(each.kind) for each in findings)
