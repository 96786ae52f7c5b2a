"""Finds the recordings that may be tagged otherwise once names on the roster, or families' choices, have changed.

They are found by their kept words and noted as stale in the transaction of the change; `events.tag_again` tags them. Which
words matter is said in `dam_tagging.names.changed_names`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dam_plugin.intake.roster_cache import families_on, person_of, roster_of
from dam_plugin.model import StudentRecord
from dam_plugin.people.doubts import graded_otherwise, renamed
from dam_plugin.people.roster import RosterImport
from dam_plugin.services import Services
from dam_plugin.store import Portrait, Store, Unit
from dam_tagging.match_students import Person, RosterIndex
from dam_tagging.names.changed_names import ChangedNames
from dam_tagging.names.kept_words import kept_words
from dam_tagging.rules.model import ask_of_students

BATCH = 500
"""How many recordings get their words in one transaction."""


@dataclass(frozen=True, slots=True)
class RosterBefore:
    """The roster before a change, by which recordings are tagged still.

    `index` is null where the change brings no other name. `said_no` and `may_answer` are the students whose families had said
    no, or could still answer, when recordings were last looked for. `by_hand` are the students whom somebody changed since
    then, `staff` the names of staff.
    """

    index: RosterIndex | None
    said_no: frozenset[str]
    may_answer: frozenset[str]
    by_hand: frozenset[str]
    staff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """What an import changes: the students with other names or numbers (new ones, too), and with another grade; portraits.

    `known` are these students as they were before; who is not among them is new. `staff`: the names of staff change, too.
    """

    known: Mapping[str, StudentRecord]
    renamed: Collection[str] = ()
    graded: Collection[str] = ()
    portraits: Collection[Portrait] = ()
    staff: bool = False

    @property
    def of_names(self) -> bool:
        """Whether anybody gets another name."""
        return bool(self.renamed) or self.staff


def changes_by(unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport) -> RosterChanges:
    """Return what an import changes, before it is on file; its portraits are known only once it is."""
    new_staff = {name for each in roster.staff for name in each.names}.difference(unit.people.staff_names())
    staff = bool(new_staff or roster.staff_gone)
    return RosterChanges(known, renamed(known, roster), graded_otherwise(known, roster), staff=staff)


def roster_before(services: Services, unit: Unit, changes: RosterChanges) -> RosterBefore | None:
    """Return the roster before this transaction changes it; null where there is no recording that it could concern.

    The names are read only where they change: they take most of the memory.
    """
    if not unit.assets.is_any():
        return None
    seq, day = unit.words.as_of()
    return RosterBefore(
        roster_of(services, unit, is_writing=True).index if changes.of_names else None,
        *families_on(services, unit, day or services.now().date()),
        frozenset(unit.people.changed_since(seq)),
        unit.people.staff_names(),
    )


def note_stale(services: Services, unit: Unit, before: RosterBefore | None, changes: RosterChanges) -> None:
    """Note as stale each recording that may be tagged otherwise by the roster as this transaction has changed it."""
    seen, today = unit.people.last_change(), services.now().date()
    if before is not None:
        found = _concerned(services, unit, before, changes)
        if ask_of_students(services.rules):
            found |= unit.assets.showing_any(changes.graded)
        unit.words.add_stale(found | _pictured(unit, changes.portraits), seen)
    unit.words.set_as_of(seen, today)


def _concerned(services: Services, unit: Unit, before: RosterBefore, changes: RosterChanges) -> set[str]:
    """Return the ids of the recordings whose words may name somebody otherwise, or somebody whose family chose otherwise."""
    said_no, may_answer = families_on(services, unit, services.now().date())
    families = (before.said_no ^ said_no) | (before.may_answer ^ may_answer)
    concerned = families.union(changes.renamed, before.by_hand)
    is_other_staff = unit.people.staff_names() != before.staff
    if not (concerned or is_other_staff):
        return set()
    if is_other_staff and before.index is None:
        # Nobody knew that a name of staff would change: anything may name them.
        return {asset for asset, _ in unit.assets.current_ids()}
    after = roster_of(services, unit, is_writing=True).index
    records = unit.people.students_of(concerned).values()
    former = (changes.known[each] for each in concerned & changes.known.keys())
    denied = before.said_no | before.may_answer | said_no | may_answer
    return recordings_of(unit, before.index or after, after, map(person_of, (*records, *former)), denied)


def recordings_of(
    unit: Unit, before: RosterIndex, after: RosterIndex, persons: Iterable[Person], denied: Collection[str]
) -> set[str]:
    """Return the ids of the current recordings that may be tagged otherwise since these students changed."""
    names = ChangedNames(before, after, persons, denied)
    return unit.words.having(names.wanted(unit.words.vocabulary())) if names else set()


def keep_missing_words(store: Store, *, most: int = BATCH) -> int:
    """Keep the words of at most so many recordings that have none on file; return how many. Each is then found by its words."""
    with store.writing() as unit:
        lacking = unit.words.lacking(most)
        for asset_id, key, facts in lacking:
            unit.words.keep(asset_id, kept_words(facts, key))
    return len(lacking)


def _pictured(unit: Unit, portraits: Collection[Portrait]) -> set[str]:
    """Return the ids of the recordings that have the file name of one of these portraits."""
    files = {each.image.casefold().rpartition("/")[2] for each in portraits}
    if not files:
        return set()
    return {asset for asset, key in unit.assets.current_ids() if key.casefold().rpartition("/")[2] in files}
