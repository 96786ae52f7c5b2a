"""What a host can ask of the custodian's queue. What it states is kept under the key that signed: it approves nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from dam_hooks.http import bodies
from dam_hooks.http.idempotency import Done
from dam_hooks.http.operation import Asking, Operation, done
from dam_plugin.custodian import approvals, findings
from dam_plugin.custodian.decide_again import Stated
from dam_plugin.custodian.work import Work, listing
from dam_plugin.intake.two_people import key_of
from dam_plugin.model import ReferralKind
from dam_plugin.settings import Settings
from dam_plugin.sharing.file_referral import KINDS
from dam_plugin.sharing.finding_kinds import Finding
from dam_plugin.sharing.json_output import (
    DecisionTold,
    ReferralTold,
    ShareTold,
    decision_told,
    referral_told,
    share_told,
)
from dam_plugin.store import StoredFinding, SystemUser
from dam_plugin.store.referrals import FindingState


@dataclass(frozen=True, slots=True)
class FindingTold:
    """What was found, by whom, and whether it counts: `pending` waits for people, `stale` is of another recording.

    `content` is what it says (students by pseudonym), `evidence` all that the share is decided on with it. `without` and
    `with_it` are the decisions that whoever approves chooses between; null in an answer, and where nothing waits.
    """

    id: str
    kind: str
    state: FindingState
    at: datetime
    by: str | None
    share: str | None
    content: dict[str, Any]
    evidence: dict[str, Any]
    without: DecisionTold | None = None
    with_it: DecisionTold | None = None


@dataclass(frozen=True, slots=True)
class WorkTold:
    """A referral with whom it is for (`ROLE:ID`, of an offer `family:ID,…`), the share it is about, and what was found.

    `evidence` is what whoever asked wrote down: it counts for nothing until it is `reviewed`.
    """

    id: str
    kind: ReferralKind
    what: str
    key: str
    share: str
    to: str
    purpose: str
    missing: tuple[str, ...]
    evidence: dict[str, Any]
    students: tuple[str, ...]
    opened_at: datetime
    due: date
    overdue: bool
    owner: str | None
    closed_at: datetime | None
    closing: str | None
    findings: tuple[FindingTold, ...]


@dataclass(frozen=True, slots=True)
class QueueAnswer:
    """The referrals that were asked for, soonest due first."""

    referrals: tuple[WorkTold, ...]


@dataclass(frozen=True, slots=True)
class FindingAnswer:
    """A finding as it is kept, its referral as it is now, and what the share that was decided again came to."""

    finding: FindingTold
    referral: ReferralTold
    is_open: bool
    answer: ShareTold | None


def list_referrals(asking: Asking, body: bodies.ReferralsBody) -> Done:
    """Return what waits for the custodian."""
    asked = body.data
    found = listing(asking.services, closed_too=asked.all, overdue=asked.overdue, owner=asked.owner)
    return done(200, QueueAnswer(tuple(_work(each) for each in found)))


def state_finding(asking: Asking, body: bodies.FindingBody) -> Done:
    """Keep what was found, and decide the share again; or keep it for two people to approve."""
    stated = findings.state(
        asking.services, body.data.referral, bodies.made(Finding, body.data.finding), body.data.actor, _user(asking)
    )
    waits = stated.finding.state == "pending"
    return done(202 if waits else 200, _stated(stated, asking.services.settings))


def approve(asking: Asking, body: bodies.ApprovalBody) -> Done:
    """Refuse, and say who can: a host's key proves no person."""
    stated = approvals.approve(asking.services, body.data.finding, body.data.actor, _user(asking))
    return done(200, _stated(stated, asking.services.settings))


def reject(asking: Asking, body: bodies.RejectionBody) -> Done:
    """Refuse a finding: it never takes effect."""
    rejected = approvals.reject(asking.services, body.data.finding, body.data.why, body.data.actor, _user(asking))
    return done(200, _stated(rejected, asking.services.settings))


def _user(asking: Asking) -> SystemUser:
    return key_of(asking.client)


def _work(work: Work) -> WorkTold:
    referral = work.referral
    return WorkTold(
        id=referral.id,
        kind=referral.kind,
        what=KINDS[referral.kind],
        key=referral.asset_key,
        share=referral.share_id,
        to=work.to,
        purpose=work.share.purpose,
        missing=referral.missing,
        evidence=dict(work.on_file),
        students=referral.students,
        opened_at=referral.opened_at,
        due=referral.due,
        overdue=work.is_overdue,
        owner=referral.owner,
        closed_at=referral.closed_at,
        closing=referral.closing,
        findings=tuple(_compared(work, each) for each in work.findings),
    )


def _compared(work: Work, finding: StoredFinding) -> FindingTold:
    told, share, compared = _finding(finding), work.share, work.compared.get(finding.id)
    if compared is None:
        return told
    without, with_it = (
        decision_told(each, share.purpose, share.recipient) for each in (compared.before, compared.after)
    )
    return replace(told, without=without, with_it=with_it)


def _finding(finding: StoredFinding) -> FindingTold:
    return FindingTold(
        finding.id,
        finding.kind,
        finding.state,
        finding.at,
        finding.by.id,
        finding.share_id,
        finding.content,
        finding.evidence,
    )


def _stated(stated: Stated, settings: Settings) -> FindingAnswer:
    return FindingAnswer(
        finding=_finding(stated.finding),
        referral=referral_told(stated.referral),
        is_open=stated.referral.is_open,
        answer=share_told(stated.answer, settings) if stated.answer else None,
    )


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        "/v1/referrals",
        "referrals",
        "The records custodian's queue",
        bodies.ReferralsBody,
        {200: (QueueAnswer, "The referrals, soonest due first")},
        list_referrals,
        changes=False,
    ),
    Operation(
        "/v1/findings",
        "finding",
        "The custodian states what was found about a referral; its share is decided again",
        bodies.FindingBody,
        {
            200: (FindingAnswer, "Kept; `answer` is what the share came to, where the finding decides it"),
            202: (FindingAnswer, "Kept, without effect until two people approve it at the command line (`pending`)"),
        },
        state_finding,
    ),
    Operation(
        "/v1/approvals",
        "approval",
        "Refused with 422, which says who can: a host's key approves nothing",
        bodies.ApprovalBody,
        {200: (FindingAnswer, "Never: people approve at the command line")},
        approve,
    ),
    Operation(
        "/v1/rejections",
        "rejection",
        "A finding that waits is refused",
        bodies.RejectionBody,
        {200: (FindingAnswer, "It never takes effect")},
        reject,
    ),
)
