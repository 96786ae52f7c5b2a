"""Plans the candidates of a set: which recordings the query matches, how each is decided, and their order.

Recordings are read, judged and kept batch by batch, so that a large library takes no more memory than a small one.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise, takewhile

from dam_plugin.errors import CaseError, UnknownThing
from dam_plugin.model import Actor, Outcome, StudentRecord
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.protection import clause_for_staff
from dam_plugin.procedure.purposes import folded_event
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset, Unit, place_of
from dam_plugin.store.batches import batched
from dam_plugin.store.codec import canonical
from dam_plugin.store.sets import ExportFile, ExportSet, Kind, Query, SetOrder
from dam_plugin.yearbook.judge import Judge, Judged, releasable
from dam_plugin.yearbook.names import Caption, Captions, parts
from dam_tagging.names.written_names import folded
from dam_tagging.rules import compare_texts

BATCH = 100
_PORTRAITS = ("portraits", "portrait")
_SCHOOL_ORDER = ("pk", "kg", *map(str, range(1, compare_texts.LAST_GRADE + 1)))
_SEPARATOR = "\x1f"
_RETAKE = "EXPORT-RETAKE"
_CLOCK = re.compile(r"\d{4}[-:/]?\d{2}[-:/]?\d{2}[T ]*(\d{2}):?(\d{2}):?(\d{2})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording that the query may match: its kind in the set and, for a portrait, its student."""

    stored: StoredAsset
    kind: Kind
    student: str | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """How a set would come out: of `looked_at` recordings of about `of`, how many fit, of these how many as copies that hide.

    `left_out` counts the others by the first reason, as staff read it.
    """

    looked_at: int
    of: int
    fits: int
    copies: int
    left_out: Mapping[str, int]

    @property
    def is_whole(self) -> bool:
        """Whether all of the library was looked at."""
        return self.looked_at >= self.of


def plan(services: Services, set_: ExportSet) -> Iterator[int]:
    """Judge every recording that the set's query matches, and keep it as planned or left out, with the facts of the decision.

    Yields the number of library recordings looked at, batch by batch. A plan that breaks off is dropped with its set.
    Raises StoreError.
    """
    wanted = _Wanted(services, set_.order.query)
    with services.store.reading() as unit:
        captions = Captions(unit.people.stream(), set_.order.query.event)
    number, done = 0, 0
    for keys in _keys(services, set_.order.query):
        with services.store.reading() as unit:
            planned = list(_Planning(services, unit, set_, wanted, captions).files(keys, number))
        with services.store.writing() as unit:
            unit.exports.add_decisions({file.digest: details for file, details in planned})
            unit.exports.add_files([file for file, _ in planned])
        number, done = number + len(planned), done + len(keys)
        yield done
    _leave_out_retakes(services, set_)


def forecast(services: Services, order: SetOrder, by: Actor, *, seconds: float) -> Forecast:
    """Return how a set would come out if it were made now, from what can be looked at in so many seconds. Keeps nothing.

    Whether copies can be made is found out only while the set is made. Raises StoreError.
    """
    now, end = services.now(), time.monotonic() + seconds
    set_ = ExportSet("x-forecast", now, now.date(), "planning", by, order, "", "", "")
    wanted = _Wanted(services, order.query)
    with services.store.reading() as unit:
        of = len(order.query.recordings) or unit.assets.counts().of_all
        captions = Captions(unit.people.stream(), order.query.event)
    found = _Found()
    for keys in _keys(services, order.query):
        with services.store.reading() as unit:
            for file, _ in _Planning(services, unit, set_, wanted, captions).files(keys, 0):
                found.add(file)
        found.looked_at += len(keys)
        # Of a busy machine, too, something is told.
        if time.monotonic() >= end:
            break
    return found.forecast(of)


def _keys(services: Services, query: Query) -> Iterator[list[str]]:
    """Yield the keys that a query may mean, batch by batch."""
    if query.recordings:
        with services.store.reading() as unit:
            key_of = {each.asset.id: each.asset.key for each in unit.assets.by_ids(query.recordings)}
        yield from batched(dict.fromkeys(key_of[each] for each in query.recordings if each in key_of), BATCH)
        return
    behind = ""
    while True:
        with services.store.reading() as unit:
            keys = unit.assets.current_keys(behind, BATCH)
        if not keys:
            return
        yield keys
        behind = keys[-1]


def retake_of(unit: Unit, set_id: str, file: ExportFile) -> ExportFile | None:
    """Return the portrait that stands in for one of which no copy can be made: its student's next older one, as planned.

    It was left out for a newer one alone. Nothing is kept: null if there is none.
    """
    theirs, _, _ = file.place.rpartition(_SEPARATOR)
    behind = unit.exports.files(set_id, states=("left_out",), kind="portrait", after=("portrait", theirs, 0))
    # The student comes before the time in the order: all entries between the two places belong to one student.
    older = takewhile(lambda each: place_of(each) < place_of(file), behind)
    retakes = [each for each in older if [why.clause for why in each.why] == [_RETAKE]]
    return _planned_again(retakes[-1]) if retakes else None


@dataclass(slots=True)
class _Found:
    """Counts candidates; of each student's portraits, one goes in."""

    looked_at: int = 0
    fits: int = 0
    copies: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    portrayed: set[str] = field(default_factory=set)

    def add(self, file: ExportFile) -> None:
        if file.state == "left_out":
            self.left_out[clause_for_staff(file.why[0].clause) if file.why else ""] += 1
        elif file.student is not None and file.student in self.portrayed:
            self.left_out[_RETAKE] += 1
        else:
            self.fits += 1
            self.copies += file.redacted
            self.portrayed.update(filter(None, [file.student]))

    def forecast(self, of: int) -> Forecast:
        return Forecast(self.looked_at, max(of, self.looked_at), self.fits, self.copies, dict(self.left_out))


class _Planning:
    """Plans recordings from what one transaction sees."""

    def __init__(self, services: Services, unit: Unit, set_: ExportSet, wanted: _Wanted, captions: Captions) -> None:
        self._wanted = wanted
        self._captions = captions
        self._services = services
        self._unit = unit
        self._set = set_
        self._judge = Judge(services, unit, set_.order, set_.by, set_.day)

    def files(self, keys: Sequence[str], number: int) -> Iterator[tuple[ExportFile, dict[str, object]]]:
        """Yield the candidates among these keys, numbered from `number` on, each with the case and answer behind its digest."""
        meant = list(filter(self._wanted.means, self._unit.assets.current_of(keys).values()))
        self._judge.read(meant)
        for stored in meant:
            planned = self._file(seen_as(self._unit, stored), number + 1)
            if planned is not None:
                number += 1
                yield planned

    def _file(self, seen: Seen, number: int) -> tuple[ExportFile, dict[str, object]] | None:
        try:
            judged = self._judge.judge(seen.stored, seen.student)
        except (CaseError, UnknownThing) as error:
            return self._undecided(seen, number, error)
        why = releasable(judged, self._set.order, seen.student)
        shown = judged.shows if why is None else _in_it(seen)
        # INVARIANT: a student of a grade who may not be named never brings a recording into the set of that grade.
        of_grade = [seen.student] if seen.student else judged.may_be_named if why is None else shown
        if not self._wanted.has_grade(of_grade, self._judge.student):
            return None
        file = replace(self._candidate(seen, number, judged.digest), outcome=judged.decision.outcome.word)
        if why is not None:
            return replace(file, why=why, shows=shown), judged.details
        return self._planned(file, seen, judged), judged.details

    def _planned(self, file: ExportFile, seen: Seen, judged: Judged) -> ExportFile:
        # The index lists a portrait's student.
        told = Caption(named=(seen.student,)) if seen.student else None
        told = told or self._captions.caption(judged, seen.stored, self._judge.student)
        return replace(
            file,
            state="planned",
            redacted=bool(judged.decision.redact),
            caption=told.text,
            shows=judged.shows,
            named=told.named,
        )

    def _undecided(self, seen: Seen, number: int, error: Exception) -> tuple[ExportFile, dict[str, object]]:
        """Return a recording that cannot be judged as left out: no known fact would let it in."""
        asset = seen.stored.asset
        details: dict[str, object] = {"asset": asset.id, "source": asset.key, "error": str(error)}
        digest = self._services.pseudonyms.decision(canonical([asset.id, self._set.day.isoformat(), str(error)]))
        why = (reason("EXPORT-UNABLE", _in_it(seen), otherwise=True, why=str(error).rstrip(".")),)
        file = self._candidate(seen, number, digest)
        return replace(file, outcome="refer", why=why, shows=_in_it(seen)), details

    def _candidate(self, seen: Seen, number: int, digest: str) -> ExportFile:
        """Return a recording in its place in the order. It counts as left out until a decision lets it in."""
        record = self._judge.student(seen.student) if seen.student else None
        place = place_of_portrait(seen.stored, record) if record else place_of_candid(seen.stored)
        return ExportFile(
            set_id=self._set.id,
            number=number,
            kind=seen.kind,
            place=place,
            source_key=seen.stored.asset.key,
            asset_id=seen.stored.asset.id,
            digest=digest,
            outcome="",
            state="left_out",
            student=seen.student,
        )


class _Wanted:
    """The query, ready to be asked of many recordings."""

    def __init__(self, services: Services, query: Query) -> None:
        self._zone = services.settings.district.time_zone
        self._query = query

    @cached_property
    def _event(self) -> str | None:
        return None if self._query.event is None else folded_event(self._query.event)

    @cached_property
    def _grades(self) -> frozenset[str]:
        return frozenset(map(grade, self._query.grades))

    @cached_property
    def _recordings(self) -> frozenset[str]:
        return frozenset(self._query.recordings)

    def means(self, stored: StoredAsset) -> bool:
        """Whether a recording is one of those, of the event and the time, that were asked for."""
        is_chosen = not self._query.recordings or stored.asset.id in self._recordings
        return (
            is_chosen
            and stored.asset.media_type.startswith("image/")
            and self._has_event(stored)
            and self._is_since(stored)
        )

    def has_grade(self, students: Iterable[str], record_of: Callable[[str], StudentRecord | None]) -> bool:
        """Whether one of these students is in a grade that was asked for."""
        if not self._grades:
            return True
        records = filter(None, map(record_of, students))
        return any(not self._grades.isdisjoint(grades_of(each)) for each in records)

    def _has_event(self, stored: StoredAsset) -> bool:
        if self._event is None:
            return True
        events = stored.about.events if stored.about else ()
        return self._event in map(folded_event, (*events, *_folders(stored)))

    def _is_since(self, stored: StoredAsset) -> bool:
        if self._query.since is None:
            return True
        taken = compare_texts.day_of(stored.about.taken) if stored.about else None
        uploaded = stored.first_seen.astimezone(self._zone).date()
        return (taken or uploaded) >= self._query.since


def seen_as(unit: Unit, stored: StoredAsset) -> Seen:
    """Return the kind of a recording in a set: a portrait is one by an index or its folder, of a single student.

    Where a second student can be recognised in it, it is a candid.
    """
    can_be_seen = [each for each in stored.tagging.appearances if each.identifiable]
    told = unit.people.portrait_at(stored.asset.key)
    if told is not None and all(each.student == told.student for each in can_be_seen):
        return Seen(stored, "portrait", told.student)
    if len(can_be_seen) == 1 and can_be_seen[0].prominence == "focus" and is_in_portraits(stored):
        return Seen(stored, "portrait", can_be_seen[0].student)
    return Seen(stored, "candid")


def is_in_portraits(stored: StoredAsset) -> bool:
    """Whether a recording lies in a folder of portraits."""
    return any(folder.strip().casefold() in _PORTRAITS for folder in _folders(stored))


def grade(text: str) -> str:
    """Return a grade in the form for comparison: `7` and `07`, `KG` and `K` are the same."""
    return compare_texts.grade_of(text) or compare_texts.folded(text)


def grades_of(record: StudentRecord) -> frozenset[str]:
    """Return the grades of a student, in the form for comparison."""
    return frozenset(grade(each) for each in (record.grade or "").split(",") if each.strip())


def place_of_portrait(stored: StoredAsset, record: StudentRecord) -> str:
    """Return the sort key of a portrait: grade, family and given name, then its student and the time it was taken."""
    ranks = [_SCHOOL_ORDER.index(each) for each in grades_of(record) if each in _SCHOOL_ORDER]
    given, family, _ = parts(record)
    return _place(
        f"{min(ranks, default=len(_SCHOOL_ORDER)):02}", _sorted_as(family), _sorted_as(given), record.id, taken(stored)
    )


def place_of_candid(stored: StoredAsset) -> str:
    """Return the sort key of a candid: the time it was taken, and the asset's id; no text that a person typed."""
    return _place(taken(stored), stored.asset.id)


def taken(stored: StoredAsset) -> str:
    """Return when a recording was taken, as text that sorts; where the file does not say, when it arrived."""
    written = stored.about.taken if stored.about else None
    day = compare_texts.day_of(written)
    if day is None or written is None:
        return f"{stored.first_seen:%Y-%m-%dT%H:%M:%S}"
    clock = _CLOCK.match(written.strip())
    return f"{day.isoformat()}T{':'.join(each or '00' for each in clock.groups()) if clock else '00:00:00'}"


def _leave_out_retakes(services: Services, set_: ExportSet) -> None:
    """Of portraits of one student that may all go in, keep only the newest: it comes last of those in their order."""
    last: list[ExportFile] = []
    while True:
        with services.store.writing() as unit:
            after = place_of(last[0]) if last else None
            batch = list(unit.exports.files(set_.id, states=("planned",), kind="portrait", after=after, limit=BATCH))
            retakes = (one for one, two in pairwise([*last, *batch]) if one.student == two.student)
            unit.exports.change_files([_as_retake(each) for each in retakes])
        if not batch:
            return
        last = batch[-1:]


def _as_retake(file: ExportFile) -> ExportFile:
    whose = [file.student] if file.student else []
    return replace(file, state="left_out", why=(reason(_RETAKE, whose),), redacted=False, named=())


def _planned_again(file: ExportFile) -> ExportFile:
    whose = (file.student,) if file.student else ()
    return replace(file, state="planned", why=(), redacted=file.outcome == Outcome.REDACT.word, named=whose)


def _in_it(seen: Seen) -> tuple[str, ...]:
    told = {each.student for each in seen.stored.tagging.appearances if each.identifiable}
    return tuple(sorted(told.union(seen.stored.tagging.record_pii)))


def _folders(stored: StoredAsset) -> list[str]:
    return stored.asset.key.split("/")[:-1]


def _sorted_as(name: str) -> str:
    return " ".join(folded(each) for each in name.split())


def _place(*columns: str) -> str:
    # No text of a file reaches from one column into the next.
    return _SEPARATOR.join("".join(sign for sign in each if sign.isprintable()) for each in columns)
