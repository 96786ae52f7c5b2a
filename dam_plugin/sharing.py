"""A share: gather the case, decide, make and prove the copy, record it, open it, hand out a link.

INVARIANT: a copy is put on hold first and opened only after its release was recorded, so a process that dies in between
leaves nothing readable without a record; `recover` finishes or undoes it. Opening a link is in `opening.py`, the way
of a copy into the bucket in `staging.py`.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from dam_plugin.copies import check_tags, copy_of, copy_tags, goes_at_once, others_redact, recipe_of
from dam_plugin.errors import AssetMissing, CannotRedact, DamPluginError, NotProven, StorageError, StoreError
from dam_plugin.gathering import gather, students_of
from dam_plugin.model import Decision, LedgerEntry, Link, Outcome, Release, ReleaseTag, Share
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.decide import decide, is_break_glass
from dam_plugin.procedure.reading import decision_object
from dam_plugin.procedure.redisclosure import notice_of
from dam_plugin.reviews import refused, reviewed
from dam_plugin.services import Services
from dam_plugin.staging import broken_off, made_before, or_undone, staged, staged_as_it_is, undo
from dam_plugin.store import StoredAsset, StoredShare, Unit
from dam_plugin.workroom import on_disk, workroom

log = logging.getLogger(__name__)

LINK_DAYS = 30
TOKEN_BYTES = 32
# How often a share or an opening is decided afresh because what it was decided on changed under it.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a share: the decision, and for a release the token of its link (shown once, kept as a hash)."""

    share: Share
    decision: Decision
    release: Release | None = None
    link: Link | None = None
    token: str | None = None

    @property
    def notice(self) -> str | None:
        """What whoever hands out the link has to tell its recipient, since not every format carries it; None: nothing."""
        return notice_of(self.decision) if self.release else None


def share(services: Services, request: Share) -> Answer:
    """Decide a share and carry it out. Returns the answer; a release is readable only once it is recorded.

    Raises UnknownThing (asset, student), CaseError (evidence), SettingsError (no delivery credentials), StorageError,
    StoreError: nothing is then released.
    """
    # Whatever a host says of them: an id of ours names nobody, and the time is ours to record.
    request = replace(request, id=f"sh-{secrets.token_hex(8)}", at=services.now())
    answer, entry = _carried_out(services, request)
    services.voices.decision_made(answer.share, answer.decision)
    if answer.decision.record_disclosure:
        services.voices.disclosure_recorded(entry, answer.share)
    return answer


def _carried_out(services: Services, request: Share) -> tuple[Answer, LedgerEntry]:
    held: Release | None = None
    for _ in range(ATTEMPTS):
        with or_undone(services, held):
            ended = _attempt(services, request, held)
        if isinstance(ended, tuple):
            return ended
        held = ended
    if held is not None:
        undo(services, held)
    raise StoreError("what is on file changes faster than it can be shared; nothing was released, share it again")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision stands on: the version of the recording with its tags, and the case of the share on a day."""

    stored: StoredAsset
    case: Case

    def holds(self, services: Services, unit: Unit, request: Share) -> bool:
        """Whether it is still what is on file. INVARIANT: asked in the transaction that records the decision."""
        now = unit.assets.current(request.asset_key)
        if now is None or (now.asset, now.tagging) != (self.stored.asset, self.stored.tagging):
            return False
        return _case(services, unit, now, request, self.case.at) == self.case


def case_for(services: Services, request: Share, supposed: StoredAsset | None = None) -> Basis:
    """Return the current version of the asset asked for, or what is supposed of it, and the case of the share today."""
    with services.store.reading() as unit:
        stored = supposed or unit.assets.need(request.asset_key)
        today = services.now().date()
        return Basis(stored, _case(services, unit, stored, request, today))


def _case(services: Services, unit: Unit, stored: StoredAsset, request: Share, at: date) -> Case:
    key_id = services.pseudonyms.asset(stored.asset.key)
    others = others_redact(services, stored.asset.media_type)
    return gather(
        unit, services.settings, stored.asset, stored.tagging, request, at, key_id=key_id, others_redact=others
    )


def _attempt(services: Services, request: Share, held: Release | None) -> tuple[Answer, LedgerEntry] | Release | None:
    """Decide and carry out. What it was decided on may have changed before it could be recorded: nothing is released then.

    Returned is then the copy that stays staged, None where none does; `held` is the one of the attempt before.
    """
    basis = case_for(services, request)
    decision, release = reviewed(services, request, basis.case, decide_safely(basis.case)), None
    if decision.outcome <= Outcome.REDACT:
        services.settings.need("delivery_access_key_id", "delivery_secret_access_key")
        decision, release = _release(services, request, basis, decision, held)
    if held is not None and (release is None or release.id != held.id):
        undo(services, held)
    if release is None:
        return _recorded_refusal(services, request, basis, decision)
    return _carry_out(services, request, basis, decision, release)


def decide_safely(case: Case) -> Decision:
    """Return the procedure's decision; an error in it is a referral with the error's id, never an allow."""
    try:
        return decide(case)
    except Exception:
        # Whatever went wrong, it must not become a yes, and the custodian must hear of it.
        error_id = secrets.token_hex(4)
        log.exception("decision failed, error %s", error_id)
        return Decision(Outcome.REFER, reasons=(reason("ERROR", error=error_id),))


def _release(
    services: Services, request: Share, basis: Basis, decision: Decision, held: Release | None
) -> tuple[Decision, Release | None]:
    """Return the staged or open copy of a release; or the decision where none can be made.

    An emergency waits for no recording to be cleaned, and no picture that cannot be cleaned stands in its way.
    """
    recipe = recipe_of(services, basis.stored, decision, urgent=is_break_glass(basis.case))
    if goes_at_once(recipe):
        return decision, made_before(services, recipe, held) or staged_as_it_is(services, recipe)
    try:
        with workroom() as folder, on_disk():
            return _copied(services, request, basis, decision, folder, held)
    except (CannotRedact, NotProven, StorageError):
        if not recipe.urgent:
            raise
    return decision, staged_as_it_is(services, recipe)


def _copied(
    services: Services, request: Share, basis: Basis, decision: Decision, folder: Path, held: Release | None
) -> tuple[Decision, Release | None]:
    case = basis.case
    recipe = recipe_of(services, basis.stored, decision, urgent=is_break_glass(case))
    try:
        check_tags(recipe)
        known = made_before(services, recipe, held)
        copy = copy_of(services, recipe, folder) if known is None else None
    except (CannotRedact, NotProven) as error:
        if recipe.urgent:
            raise
        if decision.outcome is Outcome.ALLOW:
            return refused(decision, Outcome.REFER, reason("RELEASE-UNABLE", why=error), case), None
        unable = replace(case, asset=replace(case.asset, redactable=False))
        again = reviewed(services, request, unable, decide_safely(unable))
        again = _telling_why(again, decision.redact, error)
    else:
        return decision, known or (staged(services, recipe, copy) if copy else None)
    if again.outcome is not Outcome.ALLOW:
        return again, None
    return _copied(services, request, replace(basis, case=unable), again, folder, held)


def _telling_why(decision: Decision, students: tuple[str, ...], error: DamPluginError) -> Decision:
    """Return the decision where no copy could be made: a refusal says first why not, and nothing blames the format."""
    why = reason("REDACT-UNABLE", students, otherwise=True, why=error)
    others = tuple(each for each in decision.reasons if each.clause != why.clause)
    return replace(decision, reasons=(*others, why) if decision.outcome is Outcome.ALLOW else (why, *others))


def _recorded_refusal(
    services: Services, request: Share, basis: Basis, decision: Decision
) -> tuple[Answer, LedgerEntry] | None:
    with services.store.writing() as unit:
        if not basis.holds(services, unit, request):
            return None
        return Answer(request, decision), record(services, unit, request, basis, decision, None)


def _carry_out(
    services: Services, request: Share, basis: Basis, decision: Decision, release: Release
) -> tuple[Answer, LedgerEntry] | Release | None:
    token = secrets.token_hex(TOKEN_BYTES)
    now = services.now()
    link = Link(
        id=f"l-{secrets.token_hex(8)}",
        share_id=request.id,
        release_id=release.id,
        created_at=now,
        expires_at=now + timedelta(days=LINK_DAYS),
    )
    is_staged = release.state == "preparing"
    with or_undone(services, release if is_staged else None), services.store.writing() as unit:
        known = unit.shares.release(release.id)
        withdrawn = known is None or known.state != release.state
        stands = not withdrawn and basis.holds(services, unit, request)
        if stands:
            entry = record(services, unit, request, basis, decision, release)
            if is_staged:
                unit.shares.set_release(release.id, state="recorded", version_id=release.version_id)
            unit.shares.add_link(link, token_hash(token))
    if not stands:
        if not withdrawn:
            return release if is_staged else None
        if is_staged:
            undo(services, release)
        return None
    finish(services, release)
    return Answer(request, decision, replace(release, state="open"), link, token), entry


def record(
    services: Services,
    unit: Unit,
    request: Share,
    basis: Basis,
    decision: Decision,
    release: Release | None,
) -> LedgerEntry:
    """Keep a share and its ledger entry in the caller's transaction."""
    made = decision_object(request.id, decision)
    unit.shares.add_share(
        StoredShare(
            share=request,
            asset_id=basis.stored.asset.id,
            outcome=decision.outcome.word,
            decision=made,
            release_id=release.id if release else None,
            at=request.at or services.now(),
        )
    )
    details = {
        "case": plain_case(basis.case),
        "decision": made,
        "release": {"id": release.id, "sha256": release.sha256, "proof": release.proof} if release else None,
    }
    concerned = set(decision.basis) | set(decision.redact)
    if not release:
        concerned |= set(students_of(basis.stored.tagging))
    return services.ledger.append(
        unit,
        at=request.at or services.now(),
        kind="share",
        subject=request.id,
        details=details,
        students=sorted(concerned),
    )


def token_hash(token: str) -> str:
    """Return what is kept of a token: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def finish(services: Services, release: Release) -> None:
    """Open a recorded copy to delivery's role; a copy that is open already, or closed again, stays as it is."""
    if release.state not in ("preparing", "recorded"):
        return
    tag_copy(services, release, "open")
    with services.store.writing() as unit:
        known = unit.shares.release(release.id)
        state = known.state if known else "undone"
        if state == "recorded":
            unit.shares.set_release(release.id, state="open")
    if state not in ("recorded", "open"):
        # INVARIANT: who closes it writes the state first and the tag after, who opens it the other way round: so
        # whichever comes last, a copy whose links were closed in between ends on hold.
        tag_copy(services, release, "hold")


def tag_copy(services: Services, release: Release, tag: ReleaseTag) -> None:
    """Write the object tags of a released copy: `open` lets delivery read it, `hold` nobody but the plugin."""
    services.library.write_tags(release.key, release.version_id, copy_tags(services.pseudonyms, release, tag))


@dataclass(frozen=True, slots=True)
class Recovered:
    """What `recover` put right: releases finished, and releases undone because they were never recorded."""

    finished: int
    undone: int


def recover(services: Services) -> Recovered:
    """Finish releases that were recorded and not opened, and undo those that were staged long ago and never recorded."""
    with services.store.reading() as unit:
        recorded, left = unit.shares.releases(["recorded"]), broken_off(services, unit)
    for release in recorded:
        # A copy that somebody deleted opens nothing; its link says so.
        with suppress(AssetMissing):
            finish(services, release)
    undone = sum(undo(services, release) for release in left)
    return Recovered(len(recorded), undone)
