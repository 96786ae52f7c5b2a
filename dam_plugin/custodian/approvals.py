"""Approving and rejecting findings that loosen on a discipline or medical recording.

Who may is in `intake/two_people.py`. A finding that a host's key stated has no person behind it: the first person who
approves it stands behind it from then on, and it waits for a second.
"""

from __future__ import annotations

from dataclasses import replace

from dam_plugin.custodian.findings import (
    StatedFinding,
    decide_share_again,
    effect_of_finding,
    ledger_details,
    put_on_file,
    record_in_ledger,
    students_concerned,
    unseal_claimed,
    unsealed_by,
    with_evidence,
)
from dam_plugin.custodian.queue_checks import need_open, require_custodian
from dam_plugin.errors import InputError, NotAnother, UnknownThing
from dam_plugin.intake import two_people
from dam_plugin.intake.strictest_tags import is_same_picture
from dam_plugin.intake.take_down import ToTakeDown, tell_to_take_down
from dam_plugin.intake.two_people import takes_two_people
from dam_plugin.ledger.request_key import fold_case
from dam_plugin.model import CUSTODIANS, Actor, Referral
from dam_plugin.services import Services
from dam_plugin.sharing import finding_kinds as kinds
from dam_plugin.sharing.finding_kinds import need_share
from dam_plugin.sharing.secret_order import forbids_telling
from dam_plugin.store import StoredFinding, SystemUser, Unit
from dam_plugin.store.referrals import FindingState


def approve(services: Services, finding_id: str, by: Actor, user: SystemUser) -> StatedFinding:
    """Let a finding take effect and decide the share again; do nothing (`stale`) if its basis has changed since.

    A finding that a host's key stated waits on (`pending`) after the first approval. Approving again finishes interrupted
    work. Raises InputError unless a custodian approves it, as another user than stated it and asked for the recording,
    while it waits; UnknownThing for an unknown id; and the errors of `share`.
    """
    require_custodian(by)
    command = f"dam-plugin queue approve {finding_id} --as designee:NAME"
    two_people.require_person(user, "approves nothing", command)
    stands = ToTakeDown()
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        finding = unit.referrals.need_finding(finding_id)
        referral = unit.referrals.need(finding.referral_id)
        if _has_broken_off(finding, referral):
            need_open(unit, referral.id)
            _check_person(unit, finding, by, user)
            finding = _taken_up(services, unit, finding, referral, by, user)
        else:
            _check_waits(finding)
            _check_person(unit, finding, by, user)
            if _person_behind(finding):
                finding, stands = _settled(services, unit, finding, referral, by, user)
            else:
                finding = _vouched(services, unit, finding, referral, by, user)
    if finding.state in ("stale", "pending"):
        return StatedFinding(finding, referral)
    tell_to_take_down(services, stands)
    return replace(decide_share_again(services, finding), still_published=stands.publications)


def reject(services: Services, finding_id: str, why: str, by: Actor, user: SystemUser) -> StatedFinding:
    """Refuse a finding that waits: it never takes effect. The person who stated it may take it back this way.

    Raises InputError without a reason, for a role that is not the custodian or a designee, or where it no longer waits;
    UnknownThing.
    """
    require_custodian(by)
    if not why.strip():
        raise InputError("say why the finding is rejected: --why")
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        finding = unit.referrals.need_finding(finding_id)
        referral = unit.referrals.need(finding.referral_id)
        _check_waits(finding)
        if not unit.referrals.settle_finding(finding.id, "rejected", services.now(), by, user):
            raise InputError(NO_LONGER)
        if forbids_telling(finding.content.get("evidence", {})):
            referral = unseal_claimed(services, unit, referral, by, user)
        details = {"finding": finding.id, "kind": finding.kind, "why": why}
        record_in_ledger(services, unit, referral, "rejected", by, details, user=user)
        return StatedFinding(unit.referrals.need_finding(finding.id), referral)


NO_LONGER = "this finding waits no more: `dam-plugin queue show` says what became of it"


def _has_broken_off(finding: StoredFinding, referral: Referral) -> bool:
    """Whether it took effect and its share was not decided: a process ended in between."""
    undecided = finding.state == "applied" and finding.share_id is None
    return undecided and kinds.decides(finding.kind, referral.kind)


def _taken_up(
    services: Services, unit: Unit, finding: StoredFinding, referral: Referral, by: Actor, user: SystemUser
) -> StoredFinding:
    """Return an applied finding without a decision, with two people behind it, if its basis is still the same.

    Raises InputError if it would loosen more by now, or rests on other evidence: it has to be stated again.
    """
    effect = effect_of_finding(services, unit, referral, finding)
    now = with_evidence(unit, referral, finding)
    found_on = unit.assets.by_id(finding.asset_id or "")
    same = effect is not None and found_on is not None and is_same_picture(found_on.asset, effect.before.asset)
    same = same and (now.evidence, now.on_file) == (finding.evidence, finding.on_file)
    # A key alone stated it, and one person now: these are not two.
    by_two = replace(finding, approver=finding.approver or (user if _person_behind(finding) else None))
    if not same or effect is None or takes_two_people(services, unit, referral, by_two, effect):
        raise InputError(
            f"what this finding stands on has changed since: look at it, and state `reviewed` for {referral.id}, which decides "
            "anew"
        )
    if finding.approver is None:
        record_in_ledger(
            services,
            unit,
            referral,
            "approved",
            by,
            ledger_details(finding),
            user=user,
            students=students_concerned(finding),
        )
        unit.referrals.approve_applied(finding.id, services.now(), by, user)
    return unit.referrals.need_finding(finding.id)


def _check_person(unit: Unit, finding: StoredFinding, by: Actor, user: SystemUser) -> None:
    behind = _person_behind(finding)
    if behind is not None:
        did = "stated this finding" if behind == finding.user else "stands behind this finding already"
        two_people.require_another(behind, user, did, f"dam-plugin queue approve {finding.id} --as designee:NAME")
    request = need_share(unit, finding.stated_on)
    asking = () if request.actor.role in CUSTODIANS else (request.actor.id,)
    wants = {fold_case(each) for each in (request.recipient.id, *asking)}
    if wants & {fold_case(each) for each in (user.id, user.name, by.id)} - {""}:
        raise NotAnother("whoever asked for a recording or would receive it does not approve it: somebody else has to")


def _check_waits(finding: StoredFinding) -> None:
    if finding.state != "pending":
        raise InputError(f"this finding is {finding.state} already: `dam-plugin queue show {finding.referral_id}`")


def _person_behind(finding: StoredFinding) -> SystemUser | None:
    """Return the first of two people: the one who stated a finding, or first approved a host's; None if there is none."""
    return finding.approver if two_people.is_key(finding.user) else finding.user


def _vouched(
    services: Services, unit: Unit, finding: StoredFinding, referral: Referral, by: Actor, user: SystemUser
) -> StoredFinding:
    """Keep the person who stands behind a host's finding, with an entry in the ledger; the finding waits on."""
    record_in_ledger(
        services,
        unit,
        referral,
        "vouched",
        by,
        ledger_details(finding),
        user=user,
        students=students_concerned(finding),
    )
    unit.referrals.vouch(finding.id, by, user)
    return unit.referrals.need_finding(finding.id)


def _settled(
    services: Services, unit: Unit, finding: StoredFinding, referral: Referral, by: Actor, user: SystemUser
) -> tuple[StoredFinding, ToTakeDown]:
    """Apply a finding, or say that it is stale, with its entry in the ledger; return it as it is now, and what it reaches."""
    stands = ToTakeDown()
    stale = _is_stale(services, unit, finding, referral)
    if not stale:
        stands = put_on_file(services, unit, referral, finding, user)
        referral = unsealed_by(services, unit, referral, finding, by, user)
    done = "stale" if stale else "approved"
    record_in_ledger(
        services, unit, referral, done, by, ledger_details(finding), user=user, students=students_concerned(finding)
    )
    state: FindingState = "stale" if stale else "applied"
    if not unit.referrals.settle_finding(finding.id, state, services.now(), by, user):
        raise InputError(NO_LONGER)
    return unit.referrals.need_finding(finding.id), stands


def _is_stale(services: Services, unit: Unit, finding: StoredFinding, referral: Referral) -> bool:
    """Whether the referral is closed, or the recording, its tags or the evidence are others than it was found on."""
    if not referral.is_open:
        return True
    if not kinds.decides(finding.kind, referral.kind):
        return False
    try:
        effect = effect_of_finding(services, unit, referral, finding)
    except UnknownThing:
        return True
    now = with_evidence(unit, referral, finding)
    if (now.evidence, now.on_file) != (finding.evidence, finding.on_file):
        return True
    if effect is None or finding.before is None:
        return True
    found_on = unit.assets.by_id(finding.asset_id or "")
    # The same bytes under the same key count as the same, whatever the version's id.
    same = found_on is not None and is_same_picture(found_on.asset, effect.before.asset)
    tags = [replace(each, findings=()) for each in (effect.before.tagging, finding.before)]
    return not same or tags[0] != tags[1]
