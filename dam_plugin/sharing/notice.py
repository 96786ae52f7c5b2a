"""Makes the redisclosure notice for one share, and lists the names and ids of students that must not be in a copy or notice.

The words and the rule which release carries them are in `procedure/redisclosure.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dam_plugin.model import Asset, Decision, Outcome, Share, StudentRecord, Tagging
from dam_plugin.procedure.redisclosure import needs_notice, notice_of
from dam_plugin.sharing.gather_case import students_in
from dam_plugin.store import FamilyStatement, Unit

_OF_FAMILY = 'A statement of the family goes with this record (34 CFR 99.21(c)(2)): "{words}"'


def notice_for(unit: Unit, request: Share, decision: Decision, tagging: Tagging, asset: Asset | None) -> str | None:
    """Return the notice that the recipient of a release has to get; None if no notice is needed.

    The statement of a family goes with what it contests, whatever the release rests on (34 CFR 99.21(c)(2)).
    """
    told = [_OF_FAMILY.format(words=each.words) for each in statements_with(unit, request, decision, tagging, asset)]
    if needs_notice(decision):
        texts = identifying_texts(unit, tagging, (*decision.redact, *request.names))
        told = [notice_of(decision, request, texts) or "", *told]
    return " ".join(filter(None, told)) or None


def statements_with(
    unit: Unit, request: Share, decision: Decision, tagging: Tagging, asset: Asset | None
) -> list[FamilyStatement]:
    """Return the statements that go with what a decision releases: of each student who is in it and whom it does not hide.

    Once a look found that it does not show the student, it would be read as somebody else's.
    """
    if decision.outcome > Outcome.REDACT:
        return []
    shown = tagging.students.difference(decision.redact)
    return [each for each in unit.statements.of(request.asset_key, asset) if each.student_id in shown]


def identifying_texts(unit: Unit, tagging: Tagging, more: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names and ids of a recording's students and of `more`, sorted: they must not stand in a copy."""
    return identifying_texts_among(unit.people.students_of({*students_in(tagging), *more}), tagging, more)


def identifying_texts_among(
    records: Mapping[str, StudentRecord], tagging: Tagging, more: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the same as `identifying_texts`, from records that were read already."""
    theirs = (records[each] for each in {*students_in(tagging), *more} if each in records)
    return tuple(sorted({text for each in theirs for text in (*each.all_names, each.roster_id, each.id)}))
