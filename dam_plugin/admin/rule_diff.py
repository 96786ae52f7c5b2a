"""What other rules would make of the library: its recordings tagged anew, in thought alone. Nothing is kept or written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from dam_plugin.gate.link_status import would_stand
from dam_plugin.intake.examine import examine, lacks_a_voice
from dam_plugin.intake.inheritance import with_what_sticks
from dam_plugin.intake.strictest_tags import laid_over, waiting
from dam_plugin.intake.tag_changes import Direction, TagChange, changes
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import Link, Look, Tagging
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_tagging.rules.model import RuleSet


@dataclass(frozen=True, slots=True)
class Fresh:
    """A recording examined again: as it is kept, as the rules make it now, and people's looks over either."""

    stored: StoredAsset
    anew: StoredAsset
    looks: tuple[Look, ...] = ()

    def with_machine(self, machine: Tagging) -> StoredAsset:
        """Return the recording with this tagging by file and rules, and people's looks over it."""
        former = self.stored.former
        return replace(
            self.anew,
            machine=machine,
            tagging=laid_over(machine, self.looks, former),
            loosens=bool(waiting(machine, self.looks, former)),
        )


@dataclass(frozen=True, slots=True)
class Retagged:
    """What becomes of one recording: changes that are in force (or would be), those that wait, and the links that close."""

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


Tell = Callable[[Retagged], None]


def compared(services: Services, old: RuleSet, new: RuleSet, tell: Tell) -> Tally:
    """Tell of each recording that the new rules tag otherwise than the old ones, and which open links would close.

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
        if found := changes(before.tagging, after.tagging):
            told = Retagged(stored.asset.id, key, found, closed=_closing(services, stored, after))
            tally.add(told)
            tell(told)
    return tally


def current_keys(services: Services) -> list[str]:
    """Return the key of every recording of the library, oldest first."""
    with services.store.reading() as unit:
        return [stored.asset.key for stored in unit.assets.all_current()]


def current(services: Services, key: str) -> StoredAsset | None:
    """Return what is kept of a recording now."""
    with services.store.reading() as unit:
        return unit.assets.current(key)


def examined(services: Services, stored: StoredAsset) -> Fresh | None:
    """Read and tag a recording again by the services' rules, and keep nothing; None where that cannot be done now.

    Where another plugin failed it cannot: what it did not say would look like a change. Raises StorageUnreachable.
    """
    found = one_of_many(partial(examine, services, stored.asset))
    if found is None:
        return None
    asset, machine, about = found
    with services.store.reading() as unit:
        machine = with_what_sticks(unit, asset, machine)
        looks = tuple(unit.assets.looks(asset.id))
    fresh = Fresh(stored, replace(stored, asset=asset, about=about), looks)
    anew = fresh.with_machine(machine)
    return None if lacks_a_voice(anew) else replace(fresh, anew=anew)


def _by(services: Services, stored: StoredAsset, rules: RuleSet) -> StoredAsset | None:
    if stored.machine.rules_digest == rules.digest and not lacks_a_voice(stored):
        return stored
    fresh = examined(replace(services, rules=rules), stored)
    return fresh.anew if fresh else None


def _closing(services: Services, stored: StoredAsset, after: StoredAsset) -> tuple[str, ...]:
    """Return the open links of a recording that stand now and would not if it were tagged otherwise."""
    with services.store.reading() as unit:
        links = [each for each in unit.shares.links_of(asset_key=stored.asset.key) if each.expires_at > services.now()]
    return _ids(
        link for link in links if would_stand(services, link, stored) and not would_stand(services, link, after)
    )


def _ids(links: Iterable[Link]) -> tuple[str, ...]:
    return tuple(link.id for link in links)
