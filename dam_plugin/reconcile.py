"""What events missed: compare the bucket with the store, tag what is missing, forget what is gone, finish what broke off."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from dam_plugin.examination import lacks_a_voice
from dam_plugin.intake import forget_if_gone, is_asset, is_version, tag_newest
from dam_plugin.library.faults import one_of_many
from dam_plugin.library.keys import RELEASED
from dam_plugin.library.s3 import Listed
from dam_plugin.library.tags import RELEASE
from dam_plugin.marking import write_tags
from dam_plugin.opening import recheck, settle
from dam_plugin.services import Services
from dam_plugin.sharing import recover, tag_copy
from dam_plugin.workroom import sweep

# The states of a copy that has its place under `released/`: all but `undone`.
ON_RECORD = ("preparing", "recorded", "open", "closing", "closed")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Counts: objects seen, tagged because no event told of them, forgotten, releases finished or undone, stray copies.

    `failed` are objects that could not be tagged and stay as they are, `closed` links that no longer stand.
    """

    seen: int
    tagged: int
    forgotten: int
    finished: int
    undone: int
    strays: int
    failed: int = 0
    closed: int = 0


def reconcile(services: Services) -> Reconciled:
    """Bring store and bucket together again. Running it twice changes nothing."""
    sweep()
    # What nobody needs is closed before what was recorded is opened.
    settle(services)
    recovered = recover(services)
    strays = _withdraw_strays(services)
    seen: set[str] = set()
    brought_in: list[bool | None] = []
    for listed in services.library.list():
        if is_asset(listed.key):
            seen.add(listed.key)
            brought_in.append(one_of_many(partial(_brought_in, services, listed)))
    with services.store.reading() as unit:
        unseen = [stored.asset.key for stored in unit.assets.all_current() if stored.asset.key not in seen]
    # Each is looked for again: it may have been uploaded after its place in the listing had passed.
    forgotten = sum(forget_if_gone(services, key) for key in unseen)
    return Reconciled(
        seen=len(seen),
        tagged=brought_in.count(True),
        forgotten=forgotten,
        finished=recovered.finished,
        undone=recovered.undone,
        strays=strays,
        failed=brought_in.count(None),
        closed=len(recheck(services)),
    )


def _brought_in(services: Services, listed: Listed) -> bool:
    """Tag an object that is not kept as it stands in the bucket, or make sure that its tags say what is kept.

    Returns whether it was tagged.
    """
    with services.store.reading() as unit:
        before = unit.assets.current(listed.key)
    is_kept = before is not None and is_version(before, listed.version_id, listed.etag)
    if before is not None and is_kept and not lacks_a_voice(before):
        write_tags(services, before)
        return False
    return tag_newest(services, listed.key, again=is_kept) is not None


def _withdraw_strays(services: Services) -> int:
    """Put copies under `released/` that no record knows on hold: nothing stays public whose release was not recorded.

    A copy whose links were all closed goes back on hold where somebody opened it by hand.
    """
    # Listed first: a copy is on record before it is stored, so one that is stored meanwhile is no stray.
    copies = list(services.library.list(RELEASED))
    with services.store.reading() as unit:
        known = {release.key: release for release in unit.shares.releases(ON_RECORD)}
    strays = 0
    for copy in copies:
        release = known.get(copy.key)
        if release is None or release.version_id not in (None, copy.version_id):
            # On hold and not deleted: with another district's database by mistake, these are its releases.
            if services.library.tags(copy.key, copy.version_id).get(RELEASE) != "hold":
                services.library.write_tags(copy.key, copy.version_id, {RELEASE: "hold"})
                strays += 1
        elif release.state == "closed":
            tag_copy(services, release, "hold")
    return strays
