"""Applies changed rules to recordings that are tagged already: compares, applies, and approves loosening changes.

Stricter changes take effect at once; loosening changes wait until another person approves them. A recording keeps the
digest of the rules that made its tags for as long as changes by later rules wait.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from dam_plugin.errors import InputError
from dam_plugin.gate.close_links import close_refused_links, recheck_links
from dam_plugin.gate.link_status import would_stay_open
from dam_plugin.intake import two_people
from dam_plugin.intake.examine import examine, lacks_third_party_answer
from dam_plugin.intake.original_access import access_to_original, write_object_tags
from dam_plugin.intake.strictest_tags import tags_that_hold, what_would_loosen, with_inherited_uses
from dam_plugin.intake.tag_changes import (
    Direction,
    TagChange,
    changes_between,
    decided_fields,
    is_looser,
    without_looser,
)
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import CUSTODIANS, Actor, Link, Look, Tagging
from dam_plugin.services import Services
from dam_plugin.sharing.published_copy import close_copies, close_unneeded_copies
from dam_plugin.store import PendingTags, RuleChange, StoredAsset, SystemUser, Unit
from dam_plugin.store.batches import batched
from dam_tagging.facts import about
from dam_tagging.rules.model import RuleSet

T = TypeVar("T")
# The number of recordings that are examined before the results are kept, together with their entry in the ledger.
BATCH = 100


@dataclass(frozen=True, slots=True)
class ExaminedAnew:
    """A recording with its kept tags, and the tags that other rules give it."""

    stored: StoredAsset
    anew: StoredAsset
    looks: tuple[Look, ...] = ()

    def with_machine(self, machine: Tagging) -> StoredAsset:
        """Return the recording with this tagging by file and rules, and people's looks over it."""
        former = self.stored.former
        return replace(
            self.anew,
            machine=machine,
            tagging=tags_that_hold(machine, self.looks, former),
            loosens=bool(what_would_loosen(machine, self.looks, former)),
        )


@dataclass(frozen=True, slots=True)
class Retagged:
    """The effect on one recording: changes that are in force (or would be), those that wait, and the links that close."""

    asset_id: str
    key: str
    changes: tuple[TagChange, ...] = ()
    waiting: tuple[TagChange, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """The recordings looked at in numbers. `failed` could not be examined; `tags` counts changes by field and direction."""

    seen: int = 0
    changed: int = 0
    failed: int = 0
    closed: int = 0
    tags: Counter[tuple[str, Direction]] = field(default_factory=Counter)

    def add(self, each: Retagged) -> None:
        """Count one recording."""
        self.changed += bool(each.changes or each.waiting)
        self.closed += len(each.closed)
        self.tags.update((one.field, one.direction) for one in (*each.changes, *each.waiting))


@dataclass(slots=True)
class Applied:
    """The counts of applying rules, and the id of the request that waits (null if nothing new loosens).

    `renewed` were tagged as before, by these rules; `asked_before` wait already for the same changes.
    """

    digest: str
    tally: Tally = field(default_factory=Tally)
    renewed: int = 0
    asked_before: int = 0
    request: str | None = None
    superseded: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Approved:
    """The counts of an approval, and the keys that were skipped because they have changed since the request."""

    change: RuleChange
    tally: Tally = field(default_factory=Tally)
    stale: list[str] = field(default_factory=list)


Tell = Callable[[Retagged], None]


def compare_rules(services: Services, old: RuleSet, new: RuleSet, tell: Tell) -> Tally:
    """Report each recording that the new rules tag differently than the old ones, and the open links that would close.

    A recording that was tagged by the old rules counts as it is kept. Other plugins are asked as at an upload.
    """
    tally = Tally()
    for key in current_keys(services):
        stored = current(services, key)
        if stored is None:
            continue
        tally.seen += 1
        before, after = _by(services, stored, old), _by(services, stored, new)
        if before is None or after is None:
            tally.failed += 1
            continue
        if found := changes_between(before.tagging, after.tagging):
            told = Retagged(stored.asset.id, key, found, closed=_closing(services, stored, after))
            tally.add(told)
            tell(told)
    return tally


def apply_rules(services: Services, by: Actor, user: SystemUser, tell: Tell) -> Applied:
    """Tag every recording again by the rules in force, and report each one that changes or would change.

    Loosening changes are kept as a request for `approve`. Doing it again changes nothing and asks for nothing twice. Raises
    StorageUnreachable, StoreError: the recordings told of are then done. Doing it again does the rest, and corrects object
    tags that differ.
    """
    done = Applied(services.rules.digest)
    change = RuleChange(f"rc-{secrets.token_hex(4)}", services.now(), by, user, services.rules.digest)
    for keys in batched(current_keys(services), BATCH):
        kept = [stored for key in keys if (stored := current(services, key))]
        found = [examine_anew(services, stored) for stored in kept]
        done.tally.seen += len(kept)
        plans = [_plan(fresh) for fresh in found if fresh]
        unread = [_Plan(stored, unread=True) for stored, fresh in zip(kept, found, strict=True) if fresh is None]
        _finish(services, [*_kept(services, change, plans, done), *unread], done.tally, tell)
    close_unneeded_copies(services)
    return done


def pending(services: Services) -> list[tuple[RuleChange, list[PendingTags]]]:
    """Return the requests that wait, oldest first, each with its recordings."""
    with services.store.reading() as unit:
        return [(each, unit.rule_changes.tags(each.id)) for each in unit.rule_changes.pending()]


def approve(services: Services, change_id: str, by: Actor, user: SystemUser, tell: Tell) -> Approved:
    """Let a request take effect for every recording that has not changed since, and report each.

    Raises InputError unless a custodian approves it, as another user of the system than asked for it, while it waits and
    the rules are still the same; UnknownThing for an unknown id. Raises StorageUnreachable, StoreError: the request then
    waits on, and approving it again does the rest.
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
    close_unneeded_copies(services)
    with services.store.writing() as unit:
        if not done.tally.failed and all(each.outcome for each in unit.rule_changes.tags(change_id)):
            unit.rule_changes.approve(change_id)
    return done


def current_keys(services: Services) -> list[str]:
    """Return the key of every recording of the library, oldest first."""
    with services.store.reading() as unit:
        return [stored.asset.key for stored in unit.assets.all_current()]


def current(services: Services, key: str) -> StoredAsset | None:
    """Return a recording as it is kept now."""
    with services.store.reading() as unit:
        return unit.assets.current(key)


def examine_anew(services: Services, stored: StoredAsset) -> ExaminedAnew | None:
    """Read and tag a recording again by the services' rules, and keep nothing; None if that cannot be done now.

    It cannot be done where another plugin failed: the missing answer would look like a change. Raises StorageUnreachable.
    """
    found = one_of_many(partial(examine, services, stored.asset))
    if found is None:
        return None
    asset, machine, facts = found
    with services.store.reading() as unit:
        machine = with_inherited_uses(unit, asset, machine)
        looks = tuple(unit.assets.looks(asset.id))
    fresh = ExaminedAnew(stored, replace(stored, asset=asset, about=about(facts)), looks)
    anew = fresh.with_machine(machine)
    return None if lacks_third_party_answer(anew) else replace(fresh, anew=anew)


def _by(services: Services, stored: StoredAsset, rules: RuleSet) -> StoredAsset | None:
    if stored.machine.rules_digest == rules.digest and not lacks_third_party_answer(stored):
        return stored
    fresh = examine_anew(replace(services, rules=rules), stored)
    return fresh.anew if fresh else None


def _closing(services: Services, stored: StoredAsset, after: StoredAsset) -> tuple[str, ...]:
    """Return the open links of a recording that would close if it were tagged otherwise, but for secret ones."""
    with services.store.reading() as unit:
        known = [each for each in unit.shares.links_of(asset_key=stored.asset.key) if not each.secret]
    links = [each for each in known if each.expires_at > services.now()]
    return _ids(
        link for link in links if would_stay_open(services, link, stored) and not would_stay_open(services, link, after)
    )


def _ids(links: Iterable[Link]) -> tuple[str, ...]:
    return tuple(link.id for link in links)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The plan for a recording: the tags to keep instead (null: none), and the tags to ask for (null: none).

    An `unread` one could not be examined: nothing is done with it. `closed` are the links that closed with it, but for
    secret ones; `has_closed`: some did.
    """

    stored: StoredAsset
    keep: StoredAsset | None = None
    changes: tuple[TagChange, ...] = ()
    asks: PendingTags | None = None
    unread: bool = False
    closed: tuple[str, ...] = ()
    has_closed: bool = False

    @property
    def waiting(self) -> tuple[TagChange, ...]:
        return changes_between(self.asks.before, self.asks.after) if self.asks else ()


def _plan(fresh: ExaminedAnew) -> _Plan:
    stored, anew = fresh.stored, fresh.anew
    found = changes_between(stored.tagging, anew.tagging)
    if not is_looser(found):
        return _Plan(stored, anew if anew != stored else None, found)
    held = fresh.with_machine(without_looser(stored.machine, anew.machine))
    stricter = changes_between(stored.tagging, held.tagging)
    if not stricter or is_looser(stricter):
        # With people's looks, a stricter file may come out looser: then all of it waits.
        return _Plan(stored, None, asks=_asked(stored, anew))
    return _Plan(stored, held, stricter, _asked(held, anew))


def _asked(before: StoredAsset, after: StoredAsset) -> PendingTags:
    return PendingTags(before.asset.id, before.asset.key, before.tagging, after.tagging)


def _kept(services: Services, change: RuleChange, plans: Sequence[_Plan], done: Applied) -> list[_Plan]:
    """Keep a batch with its entry in the ledger; return what of it was done and asked for."""
    with services.store.writing() as unit:
        # INVARIANT: changes to a recording since it was examined, looks above all, are never overwritten.
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
    """Return a plan without changes that were asked for already."""
    asks = plan.asks
    if asks is None:
        return plan
    known = unit.rule_changes.asked(asks.asset_id, done.digest)
    if any(each.before == asks.before and decided_fields(each.after) == decided_fields(asks.after) for each in known):
        done.asked_before += 1
        return replace(plan, asks=None)
    return plan


def _saved(services: Services, unit: Unit, plan: _Plan) -> _Plan:
    """Keep a recording's new tags, and close the links they refuse, in the caller's transaction."""
    if plan.keep is None:
        return plan
    tag = access_to_original(plan.keep.tagging, services.now().date())
    unit.assets.save(replace(plan.keep, release_tag=tag, updated_at=services.now()))
    if not plan.changes:
        return plan
    fell = close_refused_links(services, unit, asset_key=plan.stored.asset.key)
    # What is under an order that forbids telling is told to nobody here.
    return replace(plan, closed=tuple(link.id for link in fell if not link.secret), has_closed=bool(fell))


def _finish(services: Services, plans: Iterable[_Plan], tally: Tally, tell: Tell) -> None:
    """Write the object tags, close the links that are refused now, and report it.

    Also for unchanged recordings: another run may have broken off after keeping them.
    """
    plans = list(plans)
    if any(plan.has_closed for plan in plans):
        close_copies(services, None)
    for plan in plans:
        key = plan.stored.asset.key
        written = one_of_many(partial(_written, services, plan.stored))
        tally.failed += plan.unread or not written
        closed = plan.closed + tuple(link.id for link in recheck_links(services, asset_key=key))
        if plan.changes or plan.asks or closed:
            told = Retagged(plan.stored.asset.id, key, plan.changes, plan.waiting, closed)
            tally.add(told)
            tell(told)


def _written(services: Services, stored: StoredAsset) -> bool:
    with services.store.reading() as unit:
        kept = unit.assets.by_id(stored.asset.id)
    if kept:
        write_object_tags(services, kept)
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
    fresh: ExaminedAnew | None = None
    stale: bool = False


def _again(services: Services, asked: PendingTags) -> _Again:
    stored = current(services, asked.key)
    if stored is None or stored.asset.id != asked.asset_id or stored.tagging != asked.before:
        return _Again(asked, stale=True)
    fresh = examine_anew(services, stored)
    if fresh and decided_fields(fresh.anew.tagging) != decided_fields(asked.after):
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
    """Let a batch take effect with its entry in the ledger; return the plans that were kept."""
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
                made.append(_Plan(fresh.stored, fresh.anew, changes_between(each.asked.before, fresh.anew.tagging)))
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
