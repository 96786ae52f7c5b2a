"""The written files of a set decided again: what its copies show and name, held against what may be shown and named today.

It changes nothing and records nothing. A copy that hides more than it has to is no fault; whatever is not known is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dam_plugin.errors import CaseError, UnknownThing
from dam_plugin.model import Actor, Outcome, Reason, Student
from dam_plugin.procedure.clauses import listed, reason
from dam_plugin.procedure.terms import is_eligible
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import keyed_places
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.sets import PURPOSE, ExportFile, SetOrder
from dam_plugin.yearbook.captions import Captions
from dam_plugin.yearbook.judge import Judge, Judged
from dam_plugin.yearbook.plan import place_of_portrait

BATCH = 50
"""How many files are decided at a time: students are read once for all of them, and nothing of them is kept behind."""


@dataclass(frozen=True, slots=True)
class Again:
    """A file of a set as it stands today: what stops it from being printed, and what else changed.

    `hidden` are those whom its copy hides (null: not on record any more), `safe` those of them of whom it neither shows nor
    names anything, so that no stop is for their sake. `judged` is null where nothing can be decided.
    """

    file: ExportFile
    hidden: frozenset[str] | None
    stored: StoredAsset | None
    judged: Judged | None
    stops: tuple[Reason, ...] = ()
    notices: tuple[Reason, ...] = ()
    safe: frozenset[str] = frozenset()


def again(  # noqa: PLR0913 - who hands over what to whom, on which day
    services: Services,
    unit: Unit,
    order: SetOrder,
    by: Actor,
    day: date,
    files: Iterable[ExportFile],
    *,
    captions: Captions | None = None,
    printed: bool = False,
    lost: Collection[str] = (),
) -> Iterator[Again]:
    """Yield written files as they stand on a day, in their order; `captions` where they were read from this roster already.

    `printed`: what becomes of the recording in the library afterwards stops nothing, since it is in the book as it was.
    `lost`: what `lost_originals` found; without it, only what is on file is known of the bucket.
    """
    for batch in batched(files, BATCH):
        captions = captions or captions_of(unit, order)
        # A judge of its own each time: it remembers every case, and a set has many thousands.
        judge = Judge(services, unit, order, by, day)
        current = unit.assets.current_of({each.source_key for each in batch})
        decisions = unit.exports.decisions({each.digest for each in batch})
        judge.read(current.values())
        for file in batch:
            today = _Today(
                services, unit, judge, captions, file, decisions.get(file.digest), printed, file.asset_id in lost
            )
            yield today.stands(current.get(file.source_key))


def captions_of(unit: Unit, order: SetOrder) -> Captions:
    """Return what writes the captions of a set by the roster as it is now."""
    return Captions(unit.people.stream(), order.query.event)


@dataclass(frozen=True, slots=True)
class _Today:
    """What one file is held against."""

    services: Services
    unit: Unit
    judge: Judge
    captions: Captions
    file: ExportFile
    kept: Mapping[str, Any] | None
    printed: bool
    is_lost: bool

    def stands(self, current: StoredAsset | None) -> Again:
        file, hidden = self.file, self._hidden()
        stops: list[Reason] = []
        notices: list[Reason] = []
        stored = current
        gone = self._gone(current)
        if gone is not None:
            (notices if self.printed else stops).append(_since(f"the recording {gone}"))
            # What is on file of the version in the set is held against today all the same: it may tell more.
            stored = self.unit.assets.by_id(file.asset_id)
        if stored is None:
            stops.append(_since("nothing is on file of the recording any more"))
            return Again(file, hidden, None, None, tuple(stops), tuple(notices))
        try:
            judged = self.judge.judge(stored, file.student)
        except (UnknownThing, CaseError):
            stops.append(_since("what is on file for it became what cannot be decided on"))
            return Again(file, hidden, stored, None, tuple(stops), tuple(notices))
        if judged.decision.outcome > Outcome.REDACT:
            stops += judged.decision.reasons
            stops += self._elsewhere(stored, hidden)
        else:
            stops += self._stops(stored, judged, hidden)
            notices += self._notices(stored, judged, hidden)
            if self._is_told_otherwise(stored, judged):
                notices.append(_since("its caption would read otherwise"))
                if self._names_another():
                    stops.append(_since("a name in its caption became that of somebody whom it may not name"))
        safe = self._safe(stored, hidden)
        told = dict.fromkeys(_without(each, safe) for each in stops)
        return Again(file, hidden, stored, judged, tuple(told), tuple(notices), safe)

    def _gone(self, current: StoredAsset | None) -> str | None:
        """Return what became of the version in the set, None where it is the library's current one."""
        if current is None:
            return "left the library"
        if current.asset.id != self.file.asset_id:
            return "was replaced"
        return "was deleted or replaced in the bucket" if self.is_lost else None

    def _hidden(self) -> frozenset[str] | None:
        if not self.file.redacted:
            return frozenset()
        redact = ((self.kept or {}).get("decision") or {}).get("redact")
        # A redacted copy that hides nobody is none: what is on record is not what was decided.
        return frozenset(redact) if redact else None

    def _safe(self, stored: StoredAsset, hidden: frozenset[str] | None) -> frozenset[str]:
        """Return those whom its copy hides where they are known to be, and whom nothing beside it names."""
        if not hidden or self._is_elsewhere(stored, hidden):
            return frozenset()
        return hidden.difference(self.file.named, [self.file.student])

    def _is_elsewhere(self, stored: StoredAsset, hidden: frozenset[str]) -> bool:
        return (self.kept or {}).get("places") != keyed_places(self.services, stored, tuple(sorted(hidden)))

    def _elsewhere(self, stored: StoredAsset, hidden: frozenset[str] | None) -> Iterator[Reason]:
        if hidden and self._is_elsewhere(stored, hidden):
            yield _since("it was corrected where a hidden student appears", hidden)

    def _stops(self, stored: StoredAsset, judged: Judged, hidden: frozenset[str] | None) -> Iterator[Reason]:
        if hidden is None:
            yield _since("what was on record of whom its copy hides was deleted or damaged")
        else:
            yield from self._shows_more(stored, judged, hidden)
        unnamed = {*self.file.named, *filter(None, [self.file.student])}.difference(judged.may_be_named)
        if unnamed:
            yield _since(f"the ground for naming {listed(tuple(sorted(unnamed)))} was lost", unnamed)
            yield from self._reasons_of(judged, unnamed)

    def _shows_more(self, stored: StoredAsset, judged: Judged, hidden: frozenset[str]) -> Iterator[Reason]:
        more = set(judged.decision.redact) - hidden
        if more:
            yield _since(f"more has to be hidden: {listed(tuple(sorted(more)))}", more)
            yield from self._reasons_of(judged, more)
        yield from self._elsewhere(stored, hidden)

    def _notices(self, stored: StoredAsset, judged: Judged, hidden: frozenset[str] | None) -> Iterator[Reason]:
        fewer = (hidden or frozenset()).difference(judged.decision.redact)
        if fewer:
            whole = "" if judged.decision.redact else ", so that it could be shown whole"
            yield _since(f"it came about that {listed(tuple(sorted(fewer)))} may be seen{whole}", fewer)
        record = self.judge.student(self.file.student) if self.file.student else None
        if record is not None and place_of_portrait(stored, record) != self.file.place:
            yield _since(f"the roster has another name or grade of {record.id} than the index", [record.id])

    def _is_told_otherwise(self, stored: StoredAsset, judged: Judged) -> bool:
        """Whether the caption that stands below it is another than the one that it would have today."""
        if self.file.caption is None:
            return False
        return self.captions.caption(judged, stored, self.judge.student).text != self.file.caption

    def _names_another(self) -> bool:
        """Whether its caption names anybody of the roster but those whom it is to name, and their parents."""
        known = [record for each in self.file.named if (record := self.judge.student(each)) is not None]
        return self.captions.names_another(self.file.caption or "", known)

    def _reasons_of(self, judged: Judged, students: set[str]) -> Iterator[Reason]:
        """Yield the procedure's own reasons that are about these students, and what it does not say of a copy that hides."""
        yield from (each for each in judged.decision.reasons if students.intersection(each.students))
        case = judged.case
        for consent in case.consents:
            if consent.student in students and consent.purpose == PURPOSE:
                for ended, how in ((consent.revoked_on, "was revoked"), (consent.expires, "expired")):
                    if ended is not None and (self._decided_on or ended) <= ended <= case.at:
                        yield _since(f"a consent for {consent.student} {how}", [consent.student])
        for each in case.students:
            if each.id in students and self._came_of_age(each, case.at):
                yield _since(f"{each.id} turned 18 and holds the rights alone now", [each.id])

    def _came_of_age(self, student: Student, at: date) -> bool:
        before = self._decided_on
        return before is not None and is_eligible(student, at) and not is_eligible(student, before)

    @property
    def _decided_on(self) -> date | None:
        """The day on which it was decided for the set, as far as that is on record still."""
        written = ((self.kept or {}).get("case") or {}).get("at")
        return date.fromisoformat(written) if isinstance(written, str) else None


def _without(why: Reason, safe: frozenset[str]) -> Reason:
    """Return a reason without those for whose sake it is not; one that is about nobody else stays: it has to be told."""
    students = tuple(each for each in why.students if each not in safe)
    if not students or students == why.students:
        return why
    return replace(why, text=why.text.replace(listed(why.students), listed(students)), students=students)


def _since(why: str, students: Iterable[str] = ()) -> Reason:
    return reason("EXPORT-CHANGED", students, why=why)
