"""What would come of a share if it were asked for now: the answer, the copy, the work left to the custodian. Keeps nothing.

The same steps as of a share are taken: decided, third parties asked, the copy made and proven in a private folder. What a
share writes is written in a transaction that is undone, so that nothing of it is ever on record, in a queue or in the bucket.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dam_plugin.errors import CannotRedact, NotProven, StorageError
from dam_plugin.model import Decision, Outcome, Referral, Share
from dam_plugin.private_files import on_disk
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.decide import is_break_glass
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import is_unreviewed_copy
from dam_plugin.sharing.make_copy import Copy, copy_recipe, needs_no_work
from dam_plugin.sharing.notice import notice_for
from dam_plugin.sharing.share import (
    Answer,
    Basis,
    basis_of_share,
    begun,
    check_terms,
    copied,
    record_share,
    with_what_staff_hear,
)
from dam_plugin.sharing.stale_tags import check_not_stale
from dam_plugin.sharing.third_parties import reviewed_by_third_parties


@dataclass(frozen=True, slots=True)
class Preview:
    """What a share would be answered now, and the case on which that rests. `answer` has neither link nor release.

    The ids of its share and of its referrals are nowhere on file. `copy` is what the recipient would get, in the folder of
    the call; null if nothing would go out, or if it is an emergency in which the recording itself goes out.
    """

    answer: Answer
    case: Case
    copy: Copy | None = None


def preview_share(services: Services, request: Share, folder: Path) -> Preview:
    """Return how a share would be answered now; its copy, if it has one, is made in `folder`, which is private.

    Nothing is released, recorded or filed, and nobody is told. Raises what `share` raises, for the same causes.
    """
    given = request.names
    request = begun(services, request)
    check_terms(request)
    basis = basis_of_share(services, request)
    with services.store.reading() as unit:
        check_not_stale(unit, request.asset_key)
    decision, copy = reviewed_by_third_parties(services, request, basis.case, basis.decision()), None
    if decision.outcome <= Outcome.REDACT:
        services.settings.need("delivery_access_key_id", "delivery_secret_access_key")
        decision, copy = _with_copy(services, request, basis, decision, folder)
    referrals, notice = _left_to_custodian(services, request, basis, decision, copy)
    answer = Answer(
        request,
        decision,
        referrals=referrals,
        notice=notice,
        named_before=tuple(each for each in request.names if each not in given),
        is_unreviewed=decision.outcome <= Outcome.REDACT and is_unreviewed_copy(request, basis.case, decision),
    )
    return Preview(with_what_staff_hear(services, answer), basis.case, copy)


def _with_copy(
    services: Services, request: Share, basis: Basis, decision: Decision, folder: Path
) -> tuple[Decision, Copy | None]:
    """Return the copy that a release would have; or the decision where none can be made."""
    urgent = is_break_glass(basis.case, services.rulings)
    recipe = copy_recipe(services, basis.stored, decision, urgent=urgent, request=request)
    if needs_no_work(recipe):
        return decision, None
    try:
        with on_disk():
            decision, made = copied(services, request, basis, decision, folder)
    except (CannotRedact, NotProven, StorageError):
        if not recipe.urgent:
            raise
        return decision, None
    if made is None or not isinstance(made.copy, Copy):
        return decision, None
    return decision, made.copy


def _left_to_custodian(
    services: Services, request: Share, basis: Basis, decision: Decision, copy: Copy | None
) -> tuple[tuple[Referral, ...], str | None]:
    """Return the work that this share would file, and the text that its recipient would be given."""
    proof, notice = copy.proof if copy is not None else None, None
    with services.store.trying() as unit:
        _, filed = record_share(services, unit, request, basis, decision, None, proof=proof)
        if decision.outcome <= Outcome.REDACT:
            notice = notice_for(unit, request, decision, basis.stored.tagging, basis.stored.asset)
    return filed.opened, notice
