"""Finds the recordings that are due by the retention rules, with their holds and the needs of a destruction.

Nothing is destroyed here (`destroy.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dam_plugin.custodian.retention_rules import RetentionRule, RetentionRules, read_retention_rules
from dam_plugin.errors import SettingsError
from dam_plugin.procedure.switches import Rulings
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import families_among
from dam_plugin.sharing.held import Holding, holdings_of
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.batches import batched

BATCH = 500
NO_RULES = (
    "there are no retention rules, so no recording is due: set DAM_PLUGIN_RETENTION to a file as in docs/holds.md"
)


@dataclass(frozen=True, slots=True)
class Due:
    """A recording that is due, with its rule, its days and its holds.

    `is_hidden`: the host deleted it, and its versions are still there. `needs_two`: destroying it takes two people.
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
    """Return the district's rules. Raises SettingsError without a file, or with every problem of the file."""
    if services.settings.retention is None:
        raise SettingsError(NO_RULES)
    return rules_in(services.settings.retention)


def due_recordings(services: Services, rules: RetentionRules) -> Iterator[Due]:
    """Yield the recordings that are due today, oldest first, also those that the host deleted (hid)."""
    today = services.now().date()
    with services.store.reading() as unit:
        destroyed = {each.asset_id for each in unit.destructions.listed() if each.state in ("destroying", "done")}
        kept = (each for each in unit.assets.every_newest() if each.asset.id not in destroyed)
        found = ((stored, rule) for stored in kept if (rule := rules.of(stored)) and is_due(rule, stored, today))
        for batch in batched(found, BATCH):
            held = holdings_of(unit, [stored.asset.key for stored, _ in batch], today)
            for stored, rule in batch:
                yield due_of(stored, rule, held.get(stored.asset.key, ()))


def due_of(stored: StoredAsset, rule: RetentionRule, holdings: tuple[Holding, ...]) -> Due:
    """Return a recording as due by a rule."""
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
    """Whether a recording has an official use or contains a student's record, so that destroying it takes two people."""
    return any(tagging.official_uses or tagging.record_pii for tagging in (stored.tagging, stored.machine))


def families(unit: Unit, students: Collection[str], today: date, rulings: Rulings) -> list[tuple[str, ...]]:
    """Return the students of a recording by family, by today's roster."""
    records = unit.people.students_of(students).values()
    known = {each.id: each.student_on(today) for each in records}
    return families_among(known, students, today, rulings)


def is_due(rule: RetentionRule, stored: StoredAsset, today: date) -> bool:
    """Whether a rule makes a recording due by a day."""
    day = rule.due(stored)
    return day is not None and day <= today
