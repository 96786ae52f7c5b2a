"""What a recipient is told with a release, in the file and beside it: the notice, in which no student's name may stand.

The words are the procedure's (`redisclosure`); here are the names and ids that must not stand in them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dam_plugin.model import Decision, Share, StudentRecord, Tagging
from dam_plugin.procedure.redisclosure import needs_notice, notice_of
from dam_plugin.sharing.gather_case import students_of
from dam_plugin.store import Unit


def notice_for(unit: Unit, request: Share, decision: Decision, tagging: Tagging) -> str | None:
    """Return what the recipient of a release has to be told; None where nothing has to be."""
    if not needs_notice(decision):
        return None
    return notice_of(decision, request, secrets_of(unit, tagging, (*decision.redact, *request.names)))


def secrets_of(unit: Unit, tagging: Tagging, more: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names and ids of the students of a recording and of `more`, sorted: they may not stand in a copy."""
    return secrets_among(unit.people.students_of({*students_of(tagging), *more}), tagging, more)


def secrets_among(
    records: Mapping[str, StudentRecord], tagging: Tagging, more: Collection[str] = ()
) -> tuple[str, ...]:
    """Return what `secrets_of` does, by records that were read already, at least of all of these students."""
    theirs = (records[each] for each in {*students_of(tagging), *more} if each in records)
    return tuple(sorted({text for each in theirs for text in (*each.all_names, each.roster_id, each.id)}))
