"""Changed rules on recordings that are tagged: what is stricter takes effect at once, what loosens when somebody else approves.

A recording keeps the digest of the rules that made its tags until nothing of other rules is held back any more.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from dam_plugin.admin.rule_diff import Fresh, Retagged, Tally, Tell, current, current_keys, examined
from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import close_fallen, recheck
from dam_plugin.intake import two_people
from dam_plugin.intake.tag_changes import TagChange, block, changes, held_back, is_looser
from dam_plugin.intake.write_tags import release_tag, write_tags
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import CUSTODIANS, Actor
from dam_plugin.services import Services
from dam_plugin.sharing.hold_copies import settle, settle_all_due
from dam_plugin.store import PendingTags, RuleChange, StoredAsset, SystemUser, Unit
from dam_plugin.store.batches import batched

T = TypeVar("T")

# Recordings that are examined before what came of them is kept, together with its entry in the ledger.
BATCH = 100


@dataclass(slots=True)
class Applied:
    """What applying did, in numbers, and the id of the request that waits (null where nothing new was loosened).

    `renewed` were tagged as before, by these rules; `asked_before` wait already for what would be asked again.
    """

    digest: str
    tally: Tally = field(default_factory=Tally)
    renewed: int = 0
    asked_before: int = 0
    request: str | None = None
    superseded: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Approved:
    """What an approval did, in numbers, and the keys that were skipped because they are not what was asked for any more."""

    change: RuleChange
    tally: Tally = field(default_factory=Tally)
    stale: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to become of a recording: what is kept instead (null: nothing), and what is asked for (null: nothing).

    One that is `unread` could not be examined: nothing becomes of it. `closed` are the links that fell as it was kept.
    """

    stored: StoredAsset
    keep: StoredAsset | None = None
    changes: tuple[TagChange, ...] = ()
    asks: PendingTags | None = None
    unread: bool = False
    closed: tuple[str, ...] = ()

    @property
    def waiting(self) -> tuple[TagChange, ...]:
        return changes(self.asks.before, self.asks.after) if self.asks else ()


def apply_rules(services: Services, by: Actor, user: SystemUser, tell: Tell) -> Applied:
    """Tag every recording again by the rules in force, and tell of each that changes or would.

    What loosens is kept as a request for `approve`. Doing it again changes nothing and asks for nothing twice. Raises
    StorageUnreachable, StoreError: what was told of is then done. Doing it again does the rest, and makes the object tags
    say what is kept wherever they do not.
    """
    done = Applied(services.rules.digest)
    change = RuleChange(f"rc-{secrets.token_hex(4)}", services.now(), by, user, services.rules.digest)
    for keys in batched(current_keys(services), BATCH):
        kept = [stored for key in keys if (stored := current(services, key))]
        found = [examined(services, stored) for stored in kept]
        done.tally.seen += len(kept)
        plans = [_plan(fresh) for fresh in found if fresh]
        unread = [_Plan(stored, unread=True) for stored, fresh in zip(kept, found, strict=True) if fresh is None]
        _finish(services, [*_kept(services, change, plans, done), *unread], done.tally, tell)
    settle_all_due(services)
    return done


def pending(services: Services) -> list[tuple[RuleChange, list[PendingTags]]]:
    """Return the requests that wait, oldest first, each with its recordings."""
    with services.store.reading() as unit:
        return [(each, unit.rule_changes.tags(each.id)) for each in unit.rule_changes.pending()]


def approve(services: Services, change_id: str, by: Actor, user: SystemUser, tell: Tell) -> Approved:
    """Let a request take effect for every recording that still is what it was asked for, and tell of each.

    Raises InputError unless a custodian approves it, as another user of the system than asked for it, while it waits and
    the rules are still the same; UnknownThing for an id that nobody has. Raises StorageUnreachable, StoreError: the
    request then waits on, and approving it again does the rest.
    """
    with services.store.reading() as unit:
        change = unit.rule_changes.need(change_id)
        asked = unit.rule_changes.tags(change_id)
    _check(services, change, by, user)
    done = Approved(change)
    _finish(services, _applied_before(services, asked), done.tally, tell)
    for batch in batched((each for each in asked if each.outcome is None), BATCH):
        done.tally.seen += len(batch)
        found = [_again(services, each) for each in batch]
        done.tally.failed += sum(not (each.fresh or each.stale) for each in found)
        _finish(services, _approved(services, done, (by, user), found), done.tally, tell)
    settle_all_due(services)
    with services.store.writing() as unit:
        if not done.tally.failed and all(each.outcome for each in unit.rule_changes.tags(change_id)):
            unit.rule_changes.approve(change_id)
    return done


def _plan(fresh: Fresh) -> _Plan:
    stored, anew = fresh.stored, fresh.anew
    found = changes(stored.tagging, anew.tagging)
    if not is_looser(found):
        return _Plan(stored, anew if anew != stored else None, found)
    held = fresh.with_machine(held_back(stored.machine, anew.machine))
    stricter = changes(stored.tagging, held.tagging)
    if not stricter or is_looser(stricter):
        # People's looks may turn what is stricter by the file into what is looser: then all of it waits.
        return _Plan(stored, None, asks=_asked(stored, anew))
    return _Plan(stored, held, stricter, _asked(held, anew))


def _asked(before: StoredAsset, after: StoredAsset) -> PendingTags:
    return PendingTags(before.asset.id, before.asset.key, before.tagging, after.tagging)


def _kept(services: Services, change: RuleChange, plans: Sequence[_Plan], done: Applied) -> list[_Plan]:
    """Keep a batch with its entry in the ledger; return what of it was done and asked for."""
    with services.store.writing() as unit:
        # INVARIANT: whatever was kept of a recording since it was examined, a look above all, is never overwritten.
        same = [plan for plan in plans if unit.assets.current(plan.stored.asset.key) == plan.stored]
        done.tally.failed += len(plans) - len(same)
        made = [_once(unit, plan, done) for plan in same]
        made = [_saved(services, unit, plan) for plan in made]
        asks = [plan.asks for plan in made if plan.asks]
        if asks and done.request is None:
            unit.rule_changes.add(change)
            done.request = change.id
        unit.rule_changes.add_tags(change.id, asks)
        _record_applied(services, unit, change, made, done)
    return made


def _record_applied(services: Services, unit: Unit, change: RuleChange, made: Sequence[_Plan], done: Applied) -> None:
    superseded = unit.rule_changes.supersede(change.digest)
    renewed = sum(plan.keep is not None and not plan.changes for plan in made)
    changed = [_fields(plan.stored, plan.changes) for plan in made if plan.changes]
    asked = [_fields(plan.stored, plan.waiting) for plan in made if plan.asks]
    done.renewed += renewed
    done.superseded += superseded
    if changed or renewed or asked or superseded:
        details = {"changed": changed, "renewed": renewed, "asked": asked, "superseded": superseded}
        _record(services, unit, change, (change.by, change.user), {"done": "apply", **details})


def _fields(stored: StoredAsset, found: Iterable[TagChange]) -> dict[str, Any]:
    return {"asset": stored.asset.id, "fields": {each.field: each.direction for each in found}}


def _record(
    services: Services, unit: Unit, change: RuleChange, who: tuple[Actor, SystemUser], details: dict[str, Any]
) -> None:
    by, user = who
    told = {"by": asdict(by), "system_user": asdict(user), "digest": change.digest, **details}
    services.ledger.append(unit, at=services.now(), kind="rules", subject=change.id, details=told)


def _once(unit: Unit, plan: _Plan, done: Applied) -> _Plan:
    """Return a plan without what has been asked for already."""
    asks = plan.asks
    if asks is None:
        return plan
    known = unit.rule_changes.asked(asks.asset_id, done.digest)
    if any(each.before == asks.before and block(each.after) == block(asks.after) for each in known):
        done.asked_before += 1
        return replace(plan, asks=None)
    return plan


def _saved(services: Services, unit: Unit, plan: _Plan) -> _Plan:
    """Keep what is kept of a recording, and close what falls by it, in the caller's transaction."""
    if plan.keep is None:
        return plan
    tag = release_tag(plan.keep.tagging)
    unit.assets.save(replace(plan.keep, release_tag=tag, updated_at=services.now()))
    if not plan.changes:
        return plan
    fell = close_fallen(services, unit, asset_key=plan.stored.asset.key)
    return replace(plan, closed=tuple(link.id for link in fell))


def _finish(services: Services, plans: Iterable[_Plan], tally: Tally, tell: Tell) -> None:
    """Make the object tags say what is kept, close the links that it reaches, and tell of it.

    What did not change, too: another run may have broken off after it was kept.
    """
    plans = list(plans)
    if any(plan.closed for plan in plans):
        settle(services, None)
    for plan in plans:
        key = plan.stored.asset.key
        written = one_of_many(partial(_written, services, plan.stored))
        tally.failed += plan.unread or not written
        closed = plan.closed + tuple(link.id for link in recheck(services, asset_key=key))
        if plan.changes or plan.asks or closed:
            told = Retagged(plan.stored.asset.id, key, plan.changes, plan.waiting, closed)
            tally.add(told)
            tell(told)


def _written(services: Services, stored: StoredAsset) -> bool:
    with services.store.reading() as unit:
        kept = unit.assets.by_id(stored.asset.id)
    if kept:
        write_tags(services, kept)
    return True


def _check(services: Services, change: RuleChange, by: Actor, user: SystemUser) -> None:
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee lets rules loosen tags: add --as custodian:NAME")
    command = f"dam-plugin rules approve {change.id} --as designee:NAME"
    two_people.require_person(user, "approves nothing", command)
    two_people.require_another(change.user, user, "asked for this change", command)
    if change.state != "pending":
        raise InputError(f"this change of rules is {change.state} already: `dam-plugin rules pending` lists what waits")
    if change.digest != services.rules.digest:
        raise InputError(
            "the rules in force are others than this change was asked for: run `dam-plugin rules apply` again"
        )


@dataclass(frozen=True, slots=True)
class _Again:
    """A recording that was asked for, examined again; without a result it is `stale`, or could not be examined."""

    asked: PendingTags
    fresh: Fresh | None = None
    stale: bool = False


def _again(services: Services, asked: PendingTags) -> _Again:
    stored = current(services, asked.key)
    if stored is None or stored.asset.id != asked.asset_id or stored.tagging != asked.before:
        return _Again(asked, stale=True)
    fresh = examined(services, stored)
    if fresh and block(fresh.anew.tagging) != block(asked.after):
        return _Again(asked, stale=True)
    return _Again(asked, fresh)


def _applied_before(services: Services, asked: Iterable[PendingTags]) -> Iterator[_Plan]:
    """Return what an approval that broke off has kept already, where it still is the newest version."""
    for each in asked:
        stored = current(services, each.key) if each.outcome == "applied" else None
        if stored and stored.asset.id == each.asset_id:
            yield _Plan(stored)


def _approved(
    services: Services, done: Approved, who: tuple[Actor, SystemUser], found: Sequence[_Again]
) -> list[_Plan]:
    """Let a batch take effect with its entry in the ledger; return what was kept."""
    change = done.change
    stale: list[PendingTags] = []
    made: list[_Plan] = []
    with services.store.writing() as unit:
        _check(services, unit.rule_changes.need(change.id), *who)
        for each in found:
            fresh = each.fresh
            if each.stale or (fresh and unit.assets.current(each.asked.key) != fresh.stored):
                stale.append(each.asked)
            elif fresh:
                made.append(_Plan(fresh.stored, fresh.anew, changes(each.asked.before, fresh.anew.tagging)))
        made = [_saved(services, unit, plan) for plan in made]
        for plan in made:
            unit.rule_changes.settle(change.id, plan.stored.asset.id, "applied")
        for asked in stale:
            unit.rule_changes.settle(change.id, asked.asset_id, "stale")
        if made or stale:
            applied = [_fields(plan.stored, plan.changes) for plan in made]
            skipped = [asked.asset_id for asked in stale]
            _record(services, unit, change, who, {"done": "approve", "changed": applied, "stale": skipped})
    done.stale += [asked.key for asked in stale]
    return made
