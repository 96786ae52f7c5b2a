"""What a custodian found about a referral: kept with who and when, applied, and the share decided again at once.

One that loosens on a discipline or medical recording is kept and has no effect until another person approves it
(`approvals`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from typing import Any

from dam_plugin.custodian import evidence_files
from dam_plugin.custodian.decide_again import Stated, carry_out
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import close_fallen
from dam_plugin.intake import two_people
from dam_plugin.intake.keep_look import after_look, check_look, keep_look
from dam_plugin.intake.loosening import Effect, applied, waits_for_two
from dam_plugin.model import CUSTODIANS, Actor, Referral
from dam_plugin.services import Services
from dam_plugin.sharing import finding_kinds as kinds
from dam_plugin.sharing.file_referral import folded
from dam_plugin.sharing.finding_kinds import (
    EvidenceVerified,
    Finding,
    evidence_digest,
    evidence_that_counts,
    need_share,
    written_evidence,
)
from dam_plugin.store import StoredFinding, SystemUser, Unit

# What the ledger says of whoever released a recording in an emergency.
RELEASED = "released"


def state(services: Services, referral_id: str, found: Finding, by: Actor, user: SystemUser) -> Stated:
    """Keep what a custodian found about an open referral, and decide its share again; or keep it for an approval.

    `user` is whose process or key this is. Raises InputError for anybody but the custodian or a designee, for a finding
    that says nothing or too much, for a referral that is closed; UnknownThing for an id that nobody has; and what `share`
    raises: the finding then is kept, and `reviewed` decides again.
    """
    require_custodian(by)
    if isinstance(found, EvidenceVerified) and found.file is not None:
        evidence_files.check(services, found.file)
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        referral = need_open(unit, referral_id)
        kinds.check(found, referral.kind)
        finding = _kept(services, unit, referral, found, by, user)
    if finding.state == "applied":
        stated = carry_out(services, finding)
        if referral.kind == "review" and not stated.referral.is_open:
            tell_reviewed(services, referral)
        return stated
    services.voices.notify(
        "custodian",
        f"The finding {finding.id} of the referral {referral.id} waits for {_whom(user)}: "
        f"`dam-plugin queue approve {finding.id}`",
    )
    return Stated(finding, referral)


def _whom(user: SystemUser) -> str:
    return "two people, since a host's key stated it" if two_people.is_key(user) else "another person"


def require_custodian(by: Actor) -> None:
    """Raise InputError for whoever does not answer requests for the district."""
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee works on the queue: add --as custodian:NAME")


def need_open(unit: Unit, referral_id: str) -> Referral:
    """Return a referral that waits. Raises UnknownThing, InputError where it is closed."""
    referral = unit.referrals.need(referral_id)
    if not referral.is_open:
        raise InputError(
            f"this referral is closed already, see `dam-plugin queue show {referral.id}`: who still wants the recording asks "
            "for it again"
        )
    return referral


def check_reviewer(unit: Unit, referral: Referral, by: Actor, user: SystemUser | None) -> None:
    """Raise InputError where whoever released a recording in an emergency would review it.

    The id under which it was released is compared with the reviewer's, and with the number and name of the system's user;
    so is the system's user who released it, where that was at the command line. A host's key is nobody who could.
    """
    command = f"dam-plugin queue close {referral.id} --why TEXT --as designee:NAME"
    if user is not None:
        two_people.require_person(user, "reviews no emergency", command)
        if any(two_people.is_same(each, user) for each in _releasers(unit, referral)):
            raise InputError(
                f"'{user.name}' released this recording in an emergency and does not review it, whatever --as says: "
                f"somebody else has to: {two_people.WHO_CAN}: `{command}`"
            )
    released_by = need_share(unit, referral.share_id).actor
    theirs = {folded(by.id), *((folded(user.id), folded(user.name)) if user else ())} - {""}
    unnamed = not folded(released_by.id) and not folded(by.id) and released_by.role == by.role
    if unnamed or folded(released_by.id) in theirs:
        raise InputError("whoever released a recording in an emergency does not review it: somebody else has to")


def note_releaser(services: Services, referral: Referral, by: Actor, user: SystemUser) -> None:
    """Record which user of the operating system released a recording in an emergency: who reviews it is another one."""
    with services.store.writing() as unit:
        record(services, unit, referral, RELEASED, by, {}, user=user, students=referral.students)


def _releasers(unit: Unit, referral: Referral) -> Iterator[SystemUser]:
    for row in unit.entries.of_subjects("queue", [referral.id]):
        details = json.loads(row.details)["details"] if row.details is not None else {}
        if details.get("done") == RELEASED:
            yield SystemUser(**details["system_user"])


def tell_reviewed(services: Services, referral: Referral) -> None:
    """Tell the custodian that an emergency was reviewed, without a word of what was found."""
    services.voices.notify(
        "custodian", f"The review {referral.id} of an emergency is closed: `dam-plugin queue show {referral.id}`"
    )


def effect_of(services: Services, unit: Unit, referral: Referral, finding: StoredFinding) -> Effect | None:
    """Return what a finding changes once it is approved; None where it changes nothing that is decided on.

    Raises UnknownThing where the recording is gone, InputError for a place or time that it cannot have.
    """
    if not kinds.decides(finding.kind, referral.kind):
        return None
    stored = unit.assets.need(referral.asset_key)
    found = kinds.read_finding(finding.kind, finding.content)
    look = kinds.look_of(found, finding.at, finding.by, approved=True)
    after = stored
    if look is not None:
        check_look(stored, look)
        after = after_look(services, unit, stored, look)
    return Effect(stored, after)


def on_its_evidence(unit: Unit, referral: Referral, finding: StoredFinding) -> StoredFinding:
    """Return a finding with the evidence that the share is decided on with it now, and what is written down now."""
    written = written_evidence(unit, referral)
    finding = replace(finding, on_file=evidence_digest(written))
    others = [each for each in applied(unit, referral) if each.id != finding.id]
    return replace(finding, evidence=evidence_that_counts(written, [*others, finding]))


def details_of(finding: StoredFinding) -> dict[str, Any]:
    """Return what the ledger keeps of a finding: what it says, and the evidence that the decision with it stands on."""
    told = {"finding": finding.id, "kind": finding.kind, "content": finding.content}
    return {**told, "evidence": finding.evidence} if finding.evidence else told


def concerned(finding: StoredFinding) -> set[str]:
    """Return the students whom a finding names, itself or by the evidence that the decision with it stands on."""
    named = kinds.read_finding(finding.kind, finding.content).students()
    return named | EvidenceVerified(finding.evidence).students()


def keep_effect(services: Services, unit: Unit, referral: Referral, finding: StoredFinding, *, approved: bool) -> None:
    """Keep the look that a finding is, where it is one, and close what falls by it, in the caller's transaction.

    Before the ledger is written to and after that the referral: everybody who locks these rows does it in this order.
    """
    found = kinds.read_finding(finding.kind, finding.content)
    look = kinds.look_of(found, services.now(), finding.by, approved=approved)
    if look is not None:
        keep_look(services, unit, unit.assets.need(referral.asset_key), look)
        close_fallen(services, unit, asset_key=referral.asset_key)


def record(  # noqa: PLR0913 - an entry says as much
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
    """Record what was done to a referral, in the caller's transaction."""
    told = {"referral": referral.id, "done": done, "by": asdict(by), **details}
    if user is not None:
        told["system_user"] = asdict(user)
    services.ledger.append(
        unit, at=services.now(), kind="queue", subject=referral.id, details=told, students=sorted(students)
    )


def _kept(
    services: Services, unit: Unit, referral: Referral, found: Finding, by: Actor, user: SystemUser
) -> StoredFinding:
    if referral.kind == "review":
        check_reviewer(unit, referral, by, user)
    for student in found.students():
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
    effect = effect_of(services, unit, referral, finding)
    if effect is not None:
        finding = on_its_evidence(unit, referral, finding)
        waits = waits_for_two(services, unit, referral, finding, effect)
        version, tags = effect.before.asset.id, effect.before.tagging
        finding = replace(finding, asset_id=version, before=tags, state="pending" if waits else "applied")
    if finding.state == "applied":
        keep_effect(services, unit, referral, finding, approved=False)
    details = {**details_of(finding), "state": finding.state}
    record(services, unit, referral, "finding", by, details, user=user, students=concerned(finding))
    # It may have been answered while this transaction waited for the ledger.
    need_open(unit, referral.id)
    unit.referrals.add_finding(finding)
    how = found.ending(referral.kind)
    if how is not None:
        unit.referrals.close(referral.id, services.now(), by.id, how)
    return finding
