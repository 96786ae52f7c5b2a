"""The operations of a host over HTTP, one `Operation` each: events, shares, links, tags, the queue, the requests.

An operation calls a hook or a use case and returns the answer. `OPERATIONS` at the end lists all with their paths and
answers. A host's key cannot approve anything in the queue. A finding that it states is kept under the key's name.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar, cast

from dam_hooks.http import bodies
from dam_hooks.http.idempotency import Done
from dam_hooks.plugin import Manager, services_of
from dam_plugin.custodian import approvals, findings, protections
from dam_plugin.custodian.case_notes import answer_told, may_read, notes_of
from dam_plugin.custodian.evidence_files import keep_file
from dam_plugin.custodian.findings import StatedFinding
from dam_plugin.custodian.queue_checks import need_open, require_custodian
from dam_plugin.custodian.request_json import RequestTold, request_told
from dam_plugin.custodian.request_register import list_requests
from dam_plugin.custodian.work import Work, list_work
from dam_plugin.errors import NOT_IN_LIBRARY, CaseError, InputError, UnknownThing
from dam_plugin.gate import close_links
from dam_plugin.gate.close_links import OUT_OF_REACH, OpenedBefore, StillPublished
from dam_plugin.intake.two_people import host_user
from dam_plugin.model import AssetEvent, Outcome, ProtectionKind, ReferralKind
from dam_plugin.private_files import workroom
from dam_plugin.procedure.explain import Explanation, explain, explain_for_staff
from dam_plugin.procedure.protection import plain_for_staff
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import REFERRAL_KINDS
from dam_plugin.sharing.finding_kinds import EvidenceVerified, Finding
from dam_plugin.sharing.json_output import (
    AssetTold,
    DecisionTold,
    ReferralTold,
    ShareTold,
    asset_told,
    decision_told,
    referral_told,
)
from dam_plugin.sharing.preview import Preview
from dam_plugin.sharing.published_copy import CopyCounts
from dam_plugin.store import StoredAsset, StoredFinding, SystemUser
from dam_plugin.store.codec import adapter_of, to_plain
from dam_plugin.store.referrals import FindingState

B = TypeVar("B")
SHARE_STATUSES = {Outcome.ALLOW: 201, Outcome.REDACT: 201, Outcome.REFER: 202, Outcome.DENY: 403}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks (the client whose key signed the request), and the plugin's hooks and services that answer."""

    client: str
    manager: Manager

    @property
    def hook(self) -> Any:  # noqa: ANN401 - pluggy's hook relay has no types
        """The hooks, to be called as a host calls them."""
        return self.manager.hook

    @property
    def services(self) -> Services:
        """The services behind the hooks."""
        return services_of(self.manager)


@dataclass(frozen=True, slots=True)
class Operation(Generic[B]):
    """One thing that a host can ask. `answers`: what each status holds, and in words what it means.

    `changes`: it is carried out once for a key; otherwise it only looks, and is answered anew each time. `most_bytes` is the
    size of the largest body.
    """

    path: str
    name: str
    summary: str
    body: type[B]
    answers: Mapping[int, tuple[type, str]]
    work: Callable[[Asking, B], Done]
    changes: bool = True
    most_bytes: int = bodies.MOST_BYTES

    def read(self, data: bytes) -> B:
        """Return the body of a request. Raises Refused."""
        return bodies.read(adapter_of(self.body), data)


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """The result of an event: the recording on file (null: it is no recording, or is gone), and whether one was forgotten.

    `held`: after a deletion, the hold that keeps the recording (null: it is not held). The deletion was then undone.
    """

    asset: AssetTold | None
    forgotten: bool
    held: str | None = None


@dataclass(frozen=True, slots=True)
class DeletionAnswer:
    """Whether a recording may be deleted, and the reason if not, in one sentence that names the hold."""

    may_be_deleted: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """The links that were closed, the state of their copies, who had opened them, and a note on what cannot be taken back."""

    closed: tuple[str, ...]
    copies: CopyCounts
    opened: tuple[OpenedBefore, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ProtectionTold:
    """What is on file of a protected student by hand; it holds from `since` through `until`, and not from `ended` on."""

    id: str
    kind: ProtectionKind
    since: date
    until: date | None
    ended: date | None


@dataclass(frozen=True, slots=True)
class ProtectionAnswer:
    """The protections as they are kept now, and the links that closed. `waits`: somebody wants them to end.

    `marked`: the roster marks the student besides, which only an import ends. `still_published`: what the district itself
    published of the student and people have to take down.
    """

    protections: tuple[ProtectionTold, ...]
    waits: bool
    marked: bool
    closed: tuple[str, ...]
    copies: CopyCounts
    opened: tuple[OpenedBefore, ...]
    note: str
    still_published: tuple[StillPublished, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyAhead:
    """The copy that a recipient would get: what it is, its size in bytes, and what hiding people does to it."""

    media_type: str
    size: int
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkAhead:
    """Work that a share would leave to the records custodian, and the day by which."""

    kind: ReferralKind
    missing: tuple[str, ...]
    due: date


@dataclass(frozen=True, slots=True)
class Ahead:
    """What would come of a share. `copy` is null if nothing would go out, or a recording goes as it is in an emergency.

    The others are as in the answer to a share.
    """

    copy: CopyAhead | None
    referrals: tuple[WorkAhead, ...]
    notice: str | None
    why_not: tuple[str, ...]
    named_before: tuple[str, ...]
    other_parent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExplanationAnswer:
    """How a share would be decided now, other plugins asked, and the whole way of the procedure to its own answer.

    `ahead`: what would come of it; the decision knows already whether the copy can be made.
    """

    decision: DecisionTold
    explanation: Explanation
    ahead: Ahead


@dataclass(frozen=True, slots=True)
class FindingTold:
    """A finding, its author, and its state: `pending` waits for an approval, `stale` rests on facts that have changed.

    `content` is the finding itself (students by pseudonym). `evidence` is all the evidence on which the share is decided
    with this finding. `without` and `with_it` are the decisions without and with the finding, for the person who
    approves; null in an answer, and if nothing waits.
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
    """A referral with its recipient (`ROLE:ID`, for an offer `family:ID,…`), its share, and its findings.

    `evidence` was written down by the person who asked. It does not count until it is `reviewed`.
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
    """The referrals that were asked for, soonest due first; `after` is null where these are the last."""

    referrals: tuple[WorkTold, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class RequestsAnswer:
    """The requests that were asked for, what ends next first; `after` is null where these are the last."""

    requests: tuple[RequestTold, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class FindingAnswer:
    """A kept finding, its referral as it is now, and the answer of the share that was decided again."""

    finding: FindingTold
    referral: ReferralTold
    is_open: bool
    answer: ShareTold | None


def handle_event(asking: Asking, body: bodies.EventBody) -> Done:
    """Take a stored object in, or forget a deleted one."""
    event = bodies.made(AssetEvent, body.data)
    if body.type == "asset.deleted":
        forgotten = bool(asking.hook.asset_deleted(event=event))
        return done(200, EventAnswer(None, forgotten, asking.hook.deletion_requested(key=event.key)))
    hook = asking.hook.asset_uploaded if body.type == "asset.uploaded" else asking.hook.asset_replaced
    stored = hook(event=event)
    return done(200, EventAnswer(_asset(asking.services, stored) if stored else None, forgotten=False))


def ask_deletion(asking: Asking, body: bodies.DeletionBody) -> Done:
    """Say whether a recording may be deleted."""
    why = asking.hook.deletion_requested(key=body.data.key)
    return done(200 if why is None else 409, DeletionAnswer(why is None, why))


def show_tags(asking: Asking, body: bodies.TagsBody) -> Done:
    """Return the tags of a recording, as they are kept."""
    with asking.services.store.reading() as unit:
        stored = unit.assets.need(body.data.key)
    return done(200, _asset(asking.services, stored))


def ask_share(asking: Asking, body: bodies.ShareBody) -> Done:
    """Decide a share and carry it out."""
    with _evidence_within_data():
        answer = asking.hook.share_requested(share=body.data.share)
    return done(SHARE_STATUSES[answer.decision.outcome], answer_told(asking.services, answer))


def explain_share(asking: Asking, body: bodies.ExplanationBody) -> Done:
    """Return what a share would be answered; nothing is carried out, and nothing recorded."""
    services = asking.services
    with _evidence_within_data(), workroom() as folder:
        preview: Preview = asking.hook.share_explained(share=body.data.share, folder=folder)
    ahead, request, case = _ahead(preview), preview.answer.share, preview.case
    told = decision_told(preview.answer.decision, request)
    if not may_read(request.actor):
        return done(200, ExplanationAnswer(told, explain_for_staff(case, services.rulings), ahead))
    notes = notes_of(services, request)
    told = replace(told, reasons=notes.with_remedies(told.reasons))
    return done(200, ExplanationAnswer(told, replace(explain(case, services.rulings), notes=notes.told), ahead))


def _ahead(preview: Preview) -> Ahead:
    answer, copy = preview.answer, preview.copy
    in_full = may_read(answer.share.actor)
    return Ahead(
        copy=CopyAhead(copy.media_type, copy.size, tuple(copy.proof["facts"])) if copy is not None else None,
        referrals=tuple(
            WorkAhead(each.kind, each.missing if in_full else plain_for_staff(each.missing), each.due)
            for each in answer.referrals
        ),
        notice=answer.notice,
        why_not=answer.why_not,
        named_before=answer.named_before,
        other_parent=answer.other_parent,
    )


def revoke(asking: Asking, body: bodies.RevocationBody) -> Done:
    """Take links back."""
    named, services = body.data, asking.services
    closed = close_links.revoke(services, link=named.link, key=named.key, student=named.student)
    if not closed:
        _require_known(services, named)
    links = tuple(link.id for link in closed)
    return done(200, RevocationAnswer(links, closed.copies, closed.opened, OUT_OF_REACH))


def protect(asking: Asking, body: bodies.ProtectionBody) -> Done:
    """Protect a student: nobody may learn where the student is."""
    said = body.data
    kept = protections.protect(
        asking.services,
        said.student,
        said.kind,
        said.seen,
        said.actor,
        _user(asking),
        since=said.since,
        until=said.until,
    )
    return done(200, _protected(kept))


def unprotect(asking: Asking, body: bodies.ProtectionEndBody) -> Done:
    """Keep the wish that a protection ends: it takes two people at the command line."""
    said = body.data
    kept = protections.unprotect(asking.services, said.student, said.why, said.actor, _user(asking), said.kind)
    return done(202, _protected(kept))


def _protected(kept: protections.Protected) -> ProtectionAnswer:
    told = (ProtectionTold(each.id, each.kind, each.since, each.until, each.ended) for each in kept.protections)
    closed = kept.closed
    links = tuple(link.id for link in closed)
    return ProtectionAnswer(
        tuple(told),
        kept.waits,
        kept.marked,
        links,
        closed.copies,
        closed.opened,
        OUT_OF_REACH,
        closed.still_published or (),
    )


def list_referrals(asking: Asking, body: bodies.ReferralsBody) -> Done:
    """Return the custodian's queue."""
    asked = body.data
    wanted: Mapping[str, Any] = {"closed_too": asked.all, "overdue": asked.overdue, "owner": asked.owner}
    found = list_work(asking.services, **wanted, limit=asked.limit + 1, after=asked.after)
    page = found[: asked.limit]
    after = page[-1].referral.id if len(found) > len(page) else None
    return done(200, QueueAnswer(tuple(_work(each) for each in page), after))


def show_requests(asking: Asking, body: bodies.RequestsBody) -> Done:
    """Return the register of requests; the people who ask appear by role and id, never by name."""
    page = list_requests(asking.services, body.data.asked)
    return done(200, RequestsAnswer(tuple(map(request_told, page.requests)), page.after))


def state_finding(asking: Asking, body: bodies.FindingBody) -> Done:
    """Keep a finding, and decide the share again; or keep it until two people approve it."""
    found = bodies.made(Finding, body.data.finding)
    if body.data.paper is not None:
        found = _with_paper(asking.services, found, body.data)
    stated = findings.state_finding(asking.services, body.data.referral, found, body.data.actor, _user(asking))
    waits = stated.finding.state == "pending"
    return done(202 if waits else 200, _stated(stated, asking.services))


def _with_paper(services: Services, found: Finding, data: bodies.FindingStated) -> Finding:
    """Return a finding with the copy of its paper, put into the bucket as the command line does. Raises InputError."""
    if "--file" not in found.options:
        raise InputError(f"a finding '{found.kind}' has no paper: leave `paper` out")
    require_custodian(data.actor)
    with services.store.reading() as unit:
        need_open(unit, data.referral)
    # Each kind with this option has the field.
    return replace(cast("EvidenceVerified", found), file=keep_file(services, b64decode(data.paper or "")))


def approve(asking: Asking, body: bodies.ApprovalBody) -> Done:
    """Refuse, and say who can: a host's key proves no person."""
    stated = approvals.approve(asking.services, body.data.finding, body.data.actor, _user(asking))
    return done(200, _stated(stated, asking.services))


def reject(asking: Asking, body: bodies.RejectionBody) -> Done:
    """Refuse a finding: it never takes effect."""
    rejected = approvals.reject(asking.services, body.data.finding, body.data.why, body.data.actor, _user(asking))
    return done(200, _stated(rejected, asking.services))


def done(status: int, answer: object) -> Done:
    """Return an answer as it is sent."""
    return Done(status, to_plain(answer))


@contextmanager
def _evidence_within_data() -> Iterator[None]:
    """Give the problems of a case the paths of the host's body."""
    try:
        yield
    except CaseError as error:
        problems = [replace(each, path=f"data.{each.path.removeprefix('share.')}") for each in error.problems]
        raise CaseError(problems, error.case_id) from None


def _require_known(services: Services, named: bodies.LinksNamed) -> None:
    """Raise UnknownThing for a misspelt name: the host must not believe that its links are closed."""
    with services.store.reading() as unit:
        if named.key is not None and unit.assets.current(named.key) is None:
            raise UnknownThing(NOT_IN_LIBRARY)
        if named.student is not None:
            unit.people.need(named.student)


def _asset(services: Services, stored: StoredAsset) -> AssetTold:
    return asset_told(stored, services.library.tags(stored.asset.key, stored.asset.version_id))


def _user(asking: Asking) -> SystemUser:
    return host_user(asking.client)


def _work(work: Work) -> WorkTold:
    referral = work.referral
    return WorkTold(
        id=referral.id,
        kind=referral.kind,
        what=REFERRAL_KINDS[referral.kind].called,
        key=referral.asset_key,
        share=referral.share_id,
        to=work.to,
        purpose=work.share.purpose,
        missing=plain_for_staff(referral.missing),
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
    without, with_it = (decision_told(each, share, in_full=False) for each in (compared.before, compared.after))
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


def _stated(stated: StatedFinding, services: Services) -> FindingAnswer:
    return FindingAnswer(
        finding=_finding(stated.finding),
        referral=referral_told(stated.referral, in_full=True),
        is_open=stated.referral.is_open,
        answer=answer_told(services, stated.answer) if stated.answer else None,
    )


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        "/v1/events",
        "event",
        "An upload was stored, replaced or deleted",
        bodies.EventBody,
        {200: (EventAnswer, "What is kept after it; twice or late, it changes nothing")},
        handle_event,
    ),
    Operation(
        "/v1/deletions",
        "deletion",
        "Whether a recording may be deleted; nothing is deleted by it",
        bodies.DeletionBody,
        {
            200: (DeletionAnswer, "It may be deleted"),
            409: (DeletionAnswer, "It may not be deleted: it is held; `why` names the hold"),
        },
        ask_deletion,
        changes=False,
    ),
    Operation(
        "/v1/shares",
        "share",
        "A share is asked for: it is decided, carried out and recorded",
        bodies.ShareBody,
        {
            201: (ShareTold, "Released (`allow`, or `redact`: somebody is hidden in it): the link"),
            202: (ShareTold, "Nothing released: it waits for the records custodian (`refer`)"),
            403: (ShareTold, "Nothing released (`deny`): the reasons"),
        },
        ask_share,
    ),
    Operation(
        "/v1/revocations",
        "revocation",
        "A link, every link of a recording, or every link to a student is taken back",
        bodies.RevocationBody,
        {200: (RevocationAnswer, "Closed: from now on they open nothing")},
        revoke,
    ),
    Operation(
        "/v1/tags",
        "tags",
        "The tags of a recording, each with its reason",
        bodies.TagsBody,
        {200: (AssetTold, "What is kept of the recording, as `dam-plugin tags --json` shows it")},
        show_tags,
        changes=False,
    ),
    Operation(
        "/v1/explanations",
        "explanation",
        "What would come of a share now, and why; nothing is carried out or recorded",
        bodies.ExplanationBody,
        {200: (ExplanationAnswer, "The decision, the copy and the work that it would leave, and the whole way to it")},
        explain_share,
        changes=False,
    ),
    Operation(
        "/v1/referrals",
        "referrals",
        "The records custodian's queue",
        bodies.ReferralsBody,
        {200: (QueueAnswer, "A page of the referrals, soonest due first")},
        list_referrals,
        changes=False,
    ),
    Operation(
        "/v1/requests",
        "requests",
        "The register of requests: by when each has to be answered, and what became of it",
        bodies.RequestsBody,
        {200: (RequestsAnswer, "The requests, what ends next first")},
        show_requests,
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
        most_bytes=bodies.MOST_BYTES_WITH_PAPER,
    ),
    Operation(
        "/v1/protections",
        "protection",
        "The custodian states that it must not become known where a student is; links that show the student close",
        bodies.ProtectionBody,
        {200: (ProtectionAnswer, "Kept; it holds from its first day on")},
        protect,
    ),
    Operation(
        "/v1/protection-ends",
        "protection_end",
        "The custodian wants a student's protection to end",
        bodies.ProtectionEndBody,
        {202: (ProtectionAnswer, "Kept as a wish: it holds until two people end it at the command line")},
        unprotect,
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
