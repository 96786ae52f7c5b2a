"""The JSON of recordings, decisions and shares: one shape for the command line and for HTTP. Pure.

It gives students by pseudonym. Only the answer to a share holds the token and word of its link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Literal

from dam_plugin.model import (
    CUSTODIANS,
    Appearance,
    Closure,
    Decision,
    Finding,
    Interval,
    Keyframe,
    MaintainedBy,
    OfficialUse,
    Referral,
    ReferralKind,
    Region,
    ReleaseTag,
    Share,
)
from dam_plugin.procedure.clauses import remedy, source
from dam_plugin.procedure.outside import OutsideReason, asks_by_name, is_family, outside_reasons
from dam_plugin.procedure.outside_words import Language
from dam_plugin.procedure.protection import plain_for_staff, reasons_for_staff
from dam_plugin.settings import Settings
from dam_plugin.sharing.secret_order import is_secret
from dam_plugin.sharing.share import Answer
from dam_plugin.sharing.whereabouts import is_located
from dam_plugin.store import StoredAsset
from dam_tagging.facts import DirectoryStatus, Ground, Meaning, Prominence, TaggingState

OutcomeWord = Literal["allow", "redact", "refer", "deny"]
# Where a link begins, behind the address of the gate.
GATE_PATH = "/s/"


@dataclass(frozen=True, slots=True)
class AppearanceTold:
    """One student in a recording, by pseudonym; `located`: it is known where and when, as a copy needs it."""

    student: str
    prominence: Prominence
    identifiable: bool
    regions: tuple[Region, ...]
    intervals: tuple[Interval, ...]
    source: str
    keyframes: tuple[Keyframe, ...]
    heard: tuple[Interval, ...]
    located: bool


@dataclass(frozen=True, slots=True)
class OpenWordTold:
    """A word that may be a student, without the word itself: its property, and the students it may mean, by pseudonym."""

    source: str
    students: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssetTold:
    """A recording: its id, who may see the original, who is in it, and why."""

    key: str
    asset: str
    media_type: str
    release: ReleaseTag
    object_tags: dict[str, str]
    state: TaggingState
    directory_status: DirectoryStatus
    official_uses: tuple[OfficialUse, ...]
    record_pii: tuple[str, ...]
    closed: str | None
    confidential: str | None
    unidentified_people: int
    meaning: Meaning
    rules_digest: str
    orientation: int | None
    appearances: tuple[AppearanceTold, ...]
    findings: tuple[Finding, ...]
    ground: Ground | None
    open_words: tuple[OpenWordTold, ...]
    unnamed_faces: int
    crowd: int
    closures: tuple[Closure, ...]
    cannot_be_redacted: bool
    maintained_by: MaintainedBy


@dataclass(frozen=True, slots=True)
class DecisionReason:
    """One reason of a decision: its clause, a sentence for staff, its source, and a person's remedy."""

    clause: str
    text: str
    students: tuple[str, ...]
    source: str
    remedy: str


@dataclass(frozen=True, slots=True)
class DecisionTold:
    """A decision: the outcome, the students to hide, on which clause each other one is shown, and the reasons.

    `reasons` are for staff; `outside` are the same for everybody else: no name, no pseudonym, and the provision of law.
    """

    outcome: OutcomeWord
    redact: tuple[str, ...]
    basis: dict[str, str]
    record_disclosure: bool
    reasons: tuple[DecisionReason, ...]
    outside: tuple[OutsideReason, ...]


@dataclass(frozen=True, slots=True)
class ReleaseTold:
    """The copy that was made: its id, its key in the bucket (which holds no name) and its digest."""

    id: str
    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ReferralTold:
    """Work that a share left to the records custodian: the missing clauses, and the due date."""

    id: str
    kind: ReferralKind
    missing: tuple[str, ...]
    opened_at: datetime
    due: date


@dataclass(frozen=True, slots=True)
class ShareTold:
    """The result of a share. `link` to `notice` are null if nothing was released.

    `reasons` are for staff; only `outside` may be shown to the recipient.
        `token`, `url` and `word` are in this answer alone; `url` is null if the gate's address is not set. `notice`: the
    text that the recipient has to be given. `more`: a sentence for staff if, besides what was released, the custodian
    looks at whether the recipient has a right of their own (null: nothing more). `named_before`: students whom this share
    does not name, and who count as asked for by name: the request in the register, or an earlier share with the same
    recipient, names them. `other_parent`: students who are shown on the consent of one parent, while the other one is on
    file as who opted out. `why_not`: sentences for staff on evidence that does not count yet. `notes`: what the custodian
    alone is told besides (empty for anybody else).
    """

    share: str
    key: str
    outcome: OutcomeWord
    redact: tuple[str, ...]
    basis: dict[str, str]
    record_disclosure: bool
    reasons: tuple[DecisionReason, ...]
    outside: tuple[OutsideReason, ...]
    link: str | None
    token: str | None = field(repr=False)
    url: str | None = field(repr=False)
    word: str | None = field(repr=False)
    openings: int | None
    expires_at: datetime | None
    release: ReleaseTold | None
    facts: tuple[str, ...]
    notice: str | None
    more: str | None
    why_not: tuple[str, ...]
    referrals: tuple[ReferralTold, ...]
    named_before: tuple[str, ...]
    other_parent: tuple[str, ...]
    notes: tuple[str, ...] = ()


def asset_told(stored: StoredAsset, object_tags: Mapping[str, str]) -> AssetTold:
    """Return the JSON of a kept recording; `object_tags` are those that the bucket has of it."""
    tagging, media_type = stored.tagging, stored.asset.media_type
    told = {each.name for each in fields(AssetTold)}
    same = {each.name: getattr(tagging, each.name) for each in fields(tagging) if each.name in told}
    same["appearances"] = tuple(_appearance(each, media_type) for each in tagging.appearances)
    same["open_words"] = tuple(OpenWordTold(each.source, each.students) for each in tagging.open_words)
    return AssetTold(
        key=stored.asset.key,
        asset=stored.asset.id,
        media_type=media_type,
        release=stored.release_tag,
        object_tags=dict(object_tags),
        **same,
    )


def decision_told(decision: Decision, request: Share, *, in_full: bool | None = None) -> DecisionTold:
    """Return the JSON of a decision; its remedies name the purpose and the recipient. `in_full` as in `reasons_told`."""
    return DecisionTold(
        outcome=_word(decision),
        redact=decision.redact,
        basis=decision.basis,
        record_disclosure=decision.record_disclosure,
        reasons=reasons_told(decision, request, in_full=in_full),
        outside=outside_told(decision, request),
    )


def reasons_told(decision: Decision, request: Share, *, in_full: bool | None = None) -> tuple[DecisionReason, ...]:
    """Return the reasons of a decision for staff, each with its clause's source and a person's remedy.

    `in_full`: who reads is the custodian; by default who asks for the share is who reads.
    INVARIANT: who is protected is known to the custodian alone (`in_full`); others read of an opt-out.
    """
    party = request.recipient.id or request.recipient.role
    if in_full is None:
        in_full = request.actor.role in CUSTODIANS
    return tuple(
        DecisionReason(
            each.clause,
            each.text,
            each.students,
            source(each.clause),
            remedy(each.clause, purpose=request.purpose, party=party, said=each.text),
        )
        for each in (decision.reasons if in_full else reasons_for_staff(decision.reasons, request.purpose))
    )


def outside_told(decision: Decision, request: Share, language: Language = "en") -> tuple[OutsideReason, ...]:
    """Return the reasons of a decision as the recipient of a share may be told them."""
    named = asks_by_name(request.names, request.recipient.role)
    return outside_reasons(
        decision,
        named=named,
        secret_order=is_secret(request),
        family=is_family(request.recipient.role),
        own_day=True,
        language=language,
    )


def share_told(answer: Answer, settings: Settings) -> ShareTold:
    """Return the JSON of a share that was decided and carried out."""
    request, link, release = answer.share, answer.link, answer.release
    decision = decision_told(answer.decision, request)
    return ShareTold(
        share=request.id,
        key=request.asset_key,
        **{each.name: getattr(decision, each.name) for each in fields(decision)},
        link=link.id if link else None,
        token=answer.token,
        url=link_url(settings, answer.token),
        word=answer.word,
        openings=link.most_openings if link else None,
        expires_at=link.expires_at if link else None,
        release=ReleaseTold(release.id, release.key, release.sha256) if release else None,
        facts=tuple(release.proof.get("facts", ())) if release else (),
        notice=answer.notice,
        more=answer.more,
        why_not=answer.why_not,
        referrals=tuple(referral_told(each, in_full=request.actor.role in CUSTODIANS) for each in answer.referrals),
        named_before=answer.named_before,
        other_parent=answer.other_parent,
    )


def referral_told(referral: Referral, *, in_full: bool = False) -> ReferralTold:
    """Return the JSON of a piece of work; `in_full` for the custodian alone."""
    told = {each.name: getattr(referral, each.name) for each in fields(ReferralTold)}
    return ReferralTold(**{**told, "missing": referral.missing if in_full else plain_for_staff(referral.missing)})


def link_url(settings: Settings, token: str | None) -> str | None:
    """Return the address that a link opens at; None without a token, or where the gate's address is not set."""
    return f"{settings.public_url}{GATE_PATH}{token}" if token and settings.public_url else None


def _appearance(appearance: Appearance, media_type: str) -> AppearanceTold:
    same = {each.name: getattr(appearance, each.name) for each in fields(appearance)}
    return AppearanceTold(**same, located=is_located(appearance, media_type))


def _word(decision: Decision) -> OutcomeWord:
    words: dict[str, OutcomeWord] = {"allow": "allow", "redact": "redact", "refer": "refer", "deny": "deny"}
    return words[decision.outcome.word]
