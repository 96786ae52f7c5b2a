"""Looks for students in recordings that are tagged already, once their family has said no.

A part of such a student's name counts in every text and every name of a file or folder. A recording that was tagged before did
not know that. So what is kept of its file is searched again; the file itself is not read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dam_plugin.gate.close_links import close_refused_links
from dam_plugin.intake.changed_recordings import recordings_of
from dam_plugin.intake.examine import tag_by_roster
from dam_plugin.intake.keep_look import tagged_by_looks
from dam_plugin.intake.roster_cache import Roster, person_of, roster_of
from dam_plugin.intake.tag_changes import decided_fields, strictest
from dam_plugin.model import Link
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset, Unit
from dam_tagging.facts import Facts


def search_again(services: Services, unit: Unit, students: Collection[str]) -> list[str]:
    """Tag anew, and never more loosely, what may name one of these students; return the keys of what is tagged otherwise.

    The caller has their families' choices on file in this transaction, and closes the links to these keys in it.
    """
    if not students or not unit.assets.is_any():
        return []
    roster = roster_of(services, unit, is_writing=True)
    persons = map(person_of, unit.people.students_of(students).values())
    found = recordings_of(unit, roster.index, roster.index, persons, roster.families.unsettled)
    changed = (
        _tagged_again(services, unit, asset_id, facts, roster)
        for asset_id, _, facts in unit.assets.current_facts(sorted(found))
    )
    return [each.asset.key for each in changed if each is not None]


def search_and_close(services: Services, unit: Unit, student: str) -> tuple[Link, ...]:
    """Do the same for one student, and close each link that today's decision refuses, theirs and those to what changed."""
    keys = search_again(services, unit, {student})
    fell = close_refused_links(services, unit, student=student)
    return fell + tuple(link for key in keys for link in close_refused_links(services, unit, asset_key=key))


def _tagged_again(services: Services, unit: Unit, asset_id: str, facts: Facts, roster: Roster) -> StoredAsset | None:
    """Tag one recording and keep it; None where that changes nothing."""
    stored = unit.assets.by_id(asset_id)
    if stored is None:
        return None
    key, before = stored.asset.key, stored.machine
    fresh = tag_by_roster(services, roster, key, facts, (), before.faces, unit.people.pictured_in(key))
    machine = strictest(before, replace(fresh, faces_by=before.faces_by, tagger=before.tagger))
    if decided_fields(machine) == decided_fields(before):
        return None
    # What third parties found, or that one failed, is in the findings alone.
    told = tuple(each for each in before.findings if each.tag != "tagging" and each not in fresh.findings)
    machine = replace(machine, findings=(*told, *fresh.findings))
    stored = tagged_by_looks(replace(stored, machine=machine), unit.assets.looks(asset_id), services.now())
    unit.assets.save(stored)
    return stored
