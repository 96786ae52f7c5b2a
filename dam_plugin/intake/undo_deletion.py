"""Undoes deletions of held recordings from the bucket's versions, and alarms the custodian.

Whether a recording is held is in `sharing/held.py`. If no version is left, the deletion cannot be undone; that is an alarm
of its own. Alarms are in the ledger and in `doctor` until a custodian acknowledges them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from dam_plugin.errors import StorageError, StorageUnreachable
from dam_plugin.library.s3 import Undone
from dam_plugin.services import Services
from dam_plugin.sharing.held import Holding, held_by, holdings_of, shown
from dam_plugin.sharing.make_copy import asset_id
from dam_plugin.store import HeldDeletion, StoredAsset, Unit
from dam_plugin.store.holds import DeletionOutcome

# A deletion noticed this short a time before the hold counts as a deletion after it.
RACE = timedelta(minutes=10)
TOLD: dict[DeletionOutcome, str] = {
    "restored": "was deleted and is restored",
    "copied back": "was deleted, and its last version was copied back",
    "waiting": "was deleted, and the storage refuses to undo it: correct the plugin's role, then run `dam-plugin reconcile`",
    "lost": "was deleted permanently; this cannot be undone: restore it from a backup",
}


def undo(
    services: Services, key: str, holdings: Sequence[Holding], before: StoredAsset | None, *, is_news: bool = True
) -> Undone | None:
    """Undo the deletion of a held object, and alarm; return the outcome, None if the storage refuses.

    `before` is the newest version in the index. `is_news`: a loss is an alarm. Nothing happens if the object is there.
    Raises StorageUnreachable.
    """
    try:
        undone: Undone | None = services.library.undelete(key)
    except StorageUnreachable:
        raise
    except StorageError:
        undone = None
    if undone == "there":
        return undone
    outcomes: dict[Undone | None, DeletionOutcome] = {
        "restored": "restored",
        "copied back": "copied back",
        "gone": "lost",
        None: "waiting",
    }
    asset = before.asset.id if before else asset_id(services.pseudonyms, key, None, "")
    if is_news or undone != "gone":
        _tell(services, key, asset, holdings, outcomes[undone])
    return undone


def note_if_lost(services: Services, before: StoredAsset) -> bool:
    """Alarm if a version of a held recording is no longer in the bucket; return whether it is lost.

    It was deleted permanently, or overwritten in a bucket that keeps no versions.
    """
    asset = before.asset
    with services.store.reading() as unit:
        holdings = holdings_of(unit, [asset.key], services.now().date()).get(asset.key, ())
    if not holdings:
        return False
    there = [each for each in services.library.versions(asset.key) if not each.is_marker]
    if any((each.version_id, each.etag) == (asset.version_id or "null", asset.etag) for each in there):
        return False
    _tell(services, asset.key, asset.id, holdings, "lost")
    return True


def tell_if_saved_over(services: Services, before: StoredAsset, now: StoredAsset) -> None:
    """Tell the custodian if a held recording was saved over with another picture: what is held for is the version before."""
    if before.asset.content is not None and before.asset.content == now.asset.content:
        return
    key = before.asset.key
    with services.store.reading() as unit:
        holdings = holdings_of(unit, [key], services.now().date()).get(key, ())
    if holdings:
        services.third_parties.notify(
            "custodian",
            f"A recording was saved over with another picture while it was {held_by(holdings)}. The bucket keeps the version "
            "before, which is what was asked for",
        )


def held_and_deleted_lately(services: Services, unit: Unit) -> list[str]:
    """Return the keys of held recordings that the index forgot as deleted after the hold, or just before it."""
    today = services.now().date()
    earliest = _earliest(unit, today)
    if earliest is None:
        return []
    gone = {each.asset.key: each for each in unit.assets.deleted_since(earliest - RACE)}
    holdings = holdings_of(unit, list(gone), today)
    return [
        key
        for key, theirs in holdings.items()
        if gone[key].updated_at >= min(each.at for each in theirs) - RACE and not is_destroyed(unit, gone[key])
    ]


def is_destroyed(unit: Unit, stored: StoredAsset) -> bool:
    """Whether a version was destroyed lawfully, or is being destroyed."""
    return any(each.state in ("destroying", "done") for each in unit.destructions.of_asset(stored.asset.id))


def _earliest(unit: Unit, today: date) -> datetime | None:
    waiting = [each.opened_at for each in unit.referrals.waiting_for()]
    holds = [each.at for each in unit.holds.listed() if each.released is None]
    unseen = unit.shares.first_not_seen(today)
    return min(filter(None, (*waiting, *holds, unit.requests.first_waiting(), unseen)), default=None)


def _tell(services: Services, key: str, asset: str, holdings: Sequence[Holding], outcome: DeletionOutcome) -> None:
    """Keep the alarm, record it and notify the custodian. An equal alarm that is not acknowledged yet is not repeated."""
    with services.store.writing() as unit:
        known = [each for each in unit.holds.deletions(unseen=outcome != "lost", key=key) if each.asset_id == asset]
        waited = [each for each in known if each.outcome == "waiting"]
        if outcome in ("waiting", "lost") and any(each.outcome == outcome for each in known):
            return
        holds = tuple(each.id for each in shown(holdings))
        deletion = HeldDeletion(f"hl-{secrets.token_hex(4)}", key, asset, outcome, holds, services.now())
        if waited:
            deletion = waited[0]
            unit.holds.settle_deletion(deletion.id, outcome)
        else:
            unit.holds.add_deletion(deletion)
        details = {"done": "deletion", "outcome": outcome, "alarm": deletion.id, "holds": holds}
        services.ledger.append(unit, at=services.now(), kind="hold", subject=asset, details=details)
    services.third_parties.notify(
        "custodian", f"A recording that is held {TOLD[outcome]}; see `dam-plugin hold alarms` ({deletion.id})"
    )
