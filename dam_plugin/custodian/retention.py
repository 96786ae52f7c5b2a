"""Finds the recordings due for destruction by the retention rules, what prevents it, and what a destruction would need.

Nothing here destroys anything: `destroy.py` does, and a custodian decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dam_plugin.custodian.retention_rules import RetentionRule, RetentionRules, read_retention_rules
from dam_plugin.errors import SettingsError
from dam_plugin.model import Student
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import families_among
from dam_plugin.sharing.held import Holding, holdings_of
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.batches import batched

BATCH = 500
NO_RULES = (
    "there are no retention rules, so nothing is due: set DAM_PLUGIN_RETENTION to a file, as docs/holds.md shows one"
)


@dataclass(frozen=True, slots=True)
class Due:
    """A recording that is due: its rule, since when it is there and due, what forbids it, and what it takes.

    `is_hidden`: the host deleted it, and its versions are still there. `needs_two`: it is kept for an official use.
    """

    key: str
    asset_id: str
    rule: RetentionRule
    created: date
    due: date
    holdings: tuple[Holding, ...]
    is_hidden: bool
    needs_two: bool
    students: tuple[str, ...]


def rules_in(path: Path) -> RetentionRules:
    """Return the rules of a file. Raises SettingsError with every problem and its line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"the retention rules '{path}' cannot be read: {error.strerror}") from None
    return read_retention_rules(data, path.name)


def rules_of(services: Services) -> RetentionRules:
    """Return the district's rules. Raises SettingsError where there are none, or with every problem of the file."""
    if services.settings.retention is None:
        raise SettingsError(NO_RULES)
    return rules_in(services.settings.retention)


def due_recordings(services: Services, rules: RetentionRules) -> Iterator[Due]:
    """Yield the recordings that are due today, oldest first; those that the host has hidden too."""
    today = services.now().date()
    with services.store.reading() as unit:
        destroyed = {each.asset_id for each in unit.destructions.listed() if each.state in ("destroying", "done")}
        kept = (each for each in unit.assets.every_newest() if each.asset.id not in destroyed)
        found = ((stored, rule) for stored in kept if (rule := rules.of(stored)) and _is_due(rule, stored, today))
        for batch in batched(found, BATCH):
            held = holdings_of(unit, [stored.asset.key for stored, _ in batch], today)
            for stored, rule in batch:
                yield due_of(stored, rule, held.get(stored.asset.key, ()))


def due_of(stored: StoredAsset, rule: RetentionRule, holdings: tuple[Holding, ...]) -> Due:
    """Return a recording with what its rule says of it."""
    return Due(
        key=stored.asset.key,
        asset_id=stored.asset.id,
        rule=rule,
        created=rule.created(stored),
        due=rule.due(stored) or date.max,
        holdings=holdings,
        is_hidden=stored.deleted,
        needs_two=is_official(stored),
        students=tuple(sorted(stored.tagging.students | stored.machine.students)),
    )


def is_official(stored: StoredAsset) -> bool:
    """Whether a recording is kept for an official use, or holds a student's record: two people destroy it."""
    return any(tagging.official_uses or tagging.record_pii for tagging in (stored.tagging, stored.machine))


def families(unit: Unit, students: Collection[str], today: date) -> list[tuple[str, ...]]:
    """Return the students of a recording by family, by today's roster."""
    records = unit.people.students_of(students).values()
    known = {each.id: Student(each.id, each.born, each.postsecondary, each.died, each.guardians) for each in records}
    return families_among(known, students, today)


def _is_due(rule: RetentionRule, stored: StoredAsset, today: date) -> bool:
    day = rule.due(stored)
    return day is not None and day <= today
