"""Decides a set again as of today: which files may not be printed as they are, page by page, and other changes.

The students shown and named in a set are compared with those who may be shown and named today. This is done for each
holder of the set: one publisher may have a file that another may not, for example by a consent. A copy that hides more
than required is no fault; a fact that is no longer known is one. Nothing is changed or recorded here. A judgement of one
transaction may be recorded in another without judging again, if and only if the `Mark` of the set is the same there.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from dam_plugin.errors import CaseError, InputError, Problem, SetRefused, UnknownThing
from dam_plugin.library.s3 import Listed
from dam_plugin.model import RECIPIENT_ROLES, Actor, Outcome, Reason, Recipient, Share, Student
from dam_plugin.procedure.clauses import listed, reason
from dam_plugin.procedure.terms import is_eligible
from dam_plugin.pseudonyms import Pseudonyms
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import check_words
from dam_plugin.sharing.make_copy import asset_id, keyed_places
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.store.batches import batched
from dam_plugin.store.sets import PURPOSE, ExportFile, ExportSet, Handover, Kind, SetOrder
from dam_plugin.yearbook.judge import Judge, Judged
from dam_plugin.yearbook.manifest import roster_digest, rules_digest
from dam_plugin.yearbook.names import Captions
from dam_plugin.yearbook.pages import Pages
from dam_plugin.yearbook.plan import place_of_portrait

# Reasons that name every student in the recording, not only those who have to be hidden.
_OF_ALL = frozenset({"REDACT-MEANING"})
_BEFORE_VERSIONING = "null"
BATCH = 50
"""How many files are decided at a time: students are read once for all of them, and memory does not grow with the set."""
NO_PAGE = ""
"""The page of a file that is on no page, or has no known list of pages."""
Tell = Callable[[int], None]
"""Hears how many files have been decided again."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A person or company that has a set or is to have it, and who handed it to them."""

    recipient: Recipient
    by: Actor

    @property
    def id(self) -> str:
        """Their id, as in a handover."""
        return self.recipient.id or self.recipient.role


@dataclass(frozen=True, slots=True)
class Again:
    """A file of a set as of today: reasons not to print it, and other changes.

    `hidden` are the students that its copy hides (null: not on record any more). `safe` are those hidden students who are
    neither shown in the copy nor named in a text: they are never the cause of a stop. `judged` is null if no decision is
    possible.
    """

    file: ExportFile
    hidden: frozenset[str] | None
    stored: StoredAsset | None
    judged: Judged | None
    stops: tuple[Reason, ...] = ()
    notices: tuple[Reason, ...] = ()
    safe: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """A file decided again for all holders of the set: the reasons that stop it for any holder, and these holders.

    `today` is the answer for the first holder with a stop, or else for the first of all holders.
    """

    today: Again
    stops: tuple[Reason, ...]
    stopped_for: tuple[Holder, ...]

    @property
    def students(self) -> tuple[str, ...]:
        """The students who are the cause of the stops, sorted; without students neither shown nor named in the copy."""
        own = {student for each in self.stops if each.clause not in _OF_ALL for student in each.students}
        return tuple(sorted((own or {student for each in self.stops for student in each.students}) - self.today.safe))

    def stopped(self, handed: Collection[Handover]) -> tuple[Handover, ...]:
        """Return the handovers for which it stops."""
        who = {(each.id, each.by) for each in self.stopped_for}
        return tuple(each for each in handed if (each.to, each.by) in who)


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision on a file: the outcome's word, and who is hidden (null: not on record any more)."""

    outcome: str
    hidden: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that changed since it was written: its earlier decision, today's (null: undecidable), and why.

    `students` are the cause of the change. They and the reasons stay with the district. `stopped_for` are the ids of
    present or future holders of the set who may not show the file.
    """

    path: str
    kind: Kind
    pages: tuple[str, ...]
    was: Shown
    now: Shown | None
    why: tuple[Reason, ...]
    students: tuple[str, ...] = ()
    stopped_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A set as of a day: files in `stops` may not be printed as they are, files in `notices` may, though something changed.

    `off_pages` are the files that are missing from the list of pages (where there is one), `problems` those of the
    list.
    """

    set: ExportSet
    day: date
    files: int
    stops: tuple[Changed, ...]
    notices: tuple[Changed, ...]
    roster_changed: bool
    rules_changed: bool
    off_pages: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def may_be_printed(self) -> bool:
        """Whether every file may be printed as it is."""
        return not self.stops

    @property
    def by_page(self) -> Mapping[str, tuple[Changed, ...]]:
        """The stops, page by page in the order of the set; files without a page under `NO_PAGE`."""
        found: dict[str, list[Changed]] = {}
        for each in self.stops:
            for page in each.pages or (NO_PAGE,):
                found.setdefault(page, []).append(each)
        return {page: tuple(theirs) for page, theirs in found.items()}


@dataclass(frozen=True, slots=True)
class Mark:
    """Digests of all facts that the decisions on a set rest on, as one transaction sees them: for comparison, kept nowhere.

    It is complete because it is made of the rows that `again`, `Judge` and `Captions` read: all students with their
    opt-outs, consents, portraits and imports; every version of the recordings behind the set's written files, with
    their tags, so that looks, findings, new versions, deletions and changed rules are in it; families' statements; and
    the written files themselves. It does not cover facts outside the rows: the day, the settings and rules of the
    process, and the answers of third parties.
    """

    people: str
    recordings: str
    files: str


def recheck(services: Services, set_id: str, *, pages: Pages | None = None, tell: Tell | None = None) -> Rechecked:
    """Return the state of a set today; for a locked set, for all who have it: a stop for any holder counts.

    Raises UnknownThing, and InputError for a set that is not made.
    """
    lost = lost_originals(services, set_id)
    with services.store.reading() as unit:
        set_ = unit.exports.need(set_id)
        if set_.state not in ("made", "locked"):
            raise InputError(f"the set {set_.id} is {set_.state}: there is nothing of it that may be printed")
        holders = holders_of(set_, unit.exports.handovers(set_.id))
        printed = set_.state == "locked"
        return rechecked(services, unit, set_, holders, pages=pages, printed=printed, lost=lost, tell=tell)


def rechecked(  # noqa: PLR0913 - the set, its state, its holders, and who is told
    services: Services,
    unit: Unit,
    set_: ExportSet,
    holders: Sequence[Holder],
    *,
    pages: Pages | None = None,
    printed: bool = False,
    lost: Collection[str] = (),
    keep: Callable[[Again], None] | None = None,
    tell: Tell | None = None,
) -> Rechecked:
    """Return the state of a set as one transaction sees it, for these holders; `printed` and `lost` as `again` takes them.

    `keep` gets each file that nothing stops, as decided for the first holder.
    """
    day, roster = services.now().date(), roster_digest(services, unit)
    stops: list[Changed] = []
    notices: list[Changed] = []
    off_pages: list[str] = []
    count = 0
    files = partial(unit.exports.files, set_.id)
    for each in held(services, unit, set_, holders, day, files, printed=printed, lost=lost):
        on = pages_of(each.today.file, pages)
        if pages is not None and not on:
            off_pages.append(each.today.file.path or "")
        if each.stops:
            # The pages on record are those of the first recipient of the set.
            is_theirs = pages is not None or holders[0] in each.stopped_for
            stops.append(_changed(each, each.stops, each.students, on if is_theirs else ()))
        elif each.today.notices:
            concerned = {student for why in each.today.notices for student in why.students}
            notices.append(_changed(each, each.today.notices, tuple(sorted(concerned)), on))
        if keep is not None and not each.stops:
            keep(each.today)
        count += 1
        if tell is not None:
            tell(count)
    return Rechecked(
        set=set_,
        day=day,
        files=count,
        stops=tuple(stops),
        notices=tuple(notices),
        roster_changed=roster != set_.roster,
        rules_changed=rules_digest(services) != set_.rules,
        off_pages=tuple(off_pages),
        problems=pages.against(_paths(unit, set_.id)) if pages is not None else (),
    )


def held(  # noqa: PLR0913 - how several files stand for several people, as `again` takes it
    services: Services,
    unit: Unit,
    set_: ExportSet,
    holders: Sequence[Holder],
    day: date,
    files: Callable[[], Iterator[ExportFile]],
    *,
    printed: bool = False,
    lost: Collection[str] = (),
) -> Iterator[Held]:
    """Yield the state of files on a day for each of these holders; `files` gives the same files again for each.

    `printed` and `lost` as `again` takes them. The holders are read side by side: memory does not grow with the files.
    """
    captions = captions_of(unit, set_.order)
    standing = [
        again(
            services,
            unit,
            replace(set_.order, recipient=each.recipient),
            each.by,
            day,
            files(),
            captions=captions,
            printed=printed,
            lost=lost,
        )
        for each in holders
    ]
    for found in zip(*standing, strict=True):
        stopped = [(holder, each) for holder, each in zip(holders, found, strict=True) if each.stops]
        today = stopped[0][1] if stopped else found[0]
        stops = dict.fromkeys(reason for _, each in stopped for reason in each.stops)
        yield Held(today, tuple(stops), tuple(holder for holder, _ in stopped))


def again(  # noqa: PLR0913 - the set, both parties, and the day
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
    """Yield the state of written files on a day, in their order. Pass `captions` if they were already read from this roster.

    `printed`: later changes to the recording in the library stop nothing, since the book holds its earlier version.
    `lost`: the result of `lost_originals`; without it, only the facts on file about the bucket count.
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


def mark_of(unit: Unit, set_id: str) -> Mark:
    """Return the mark of a set in a transaction. Of 20,000 files it takes about half a second, and no memory."""
    return Mark(*unit.exports.mark(set_id))


def captions_of(unit: Unit, order: SetOrder) -> Captions:
    """Return the writer of a set's captions by the current roster."""
    return Captions(unit.people.stream(), order.query.event)


def lost_originals(services: Services, set_id: str) -> frozenset[str]:
    """Return the ids of the recordings in a set whose current version in the bucket is another one, or missing.

    Call it outside of any transaction: a listing takes long. Raises StorageUnreachable, StorageError, StoreError.
    """
    with services.store.reading() as unit:
        wanted = {each.source_key: each.asset_id for each in unit.exports.files(set_id)}
    # The common beginning of all keys: nothing else of the bucket is listed.
    prefix = os.path.commonprefix(list(wanted))  # noqa: RUF071 - what S3 lists by is characters, not folders
    listing = services.library.list(prefix) if wanted else ()
    for found in listing:
        if wanted.get(found.key) in _ids(services.pseudonyms, found):
            del wanted[found.key]
    return frozenset(wanted.values())


def holders_of(set_: ExportSet, handed: Collection[Handover]) -> tuple[Holder, ...]:
    """Return the holders of a set, each once, in order of time; before any handover, the recipient that it was made for."""
    recipient = set_.order.recipient
    if not handed:
        return (Holder(recipient, set_.by),)
    own = recipient.id or recipient.role
    found = (Holder(recipient if each.to == own else replace(recipient, id=each.to), each.by) for each in handed)
    return tuple(dict.fromkeys(found))


def check_recipient(recipient: Recipient, by: Actor) -> None:
    """Raise InputError for an id that no recipient can have: empty, a role's name, outer blanks, deceptive characters."""
    # As the texts of any share: they stand in the ledger.
    check_words(Share("", "", "publication", PURPOSE, by, recipient))
    name = recipient.id or ""
    if not name or name != name.strip() or name.casefold() in RECIPIENT_ROLES:
        raise SetRefused(
            "whom the set goes to needs an id such as a publisher's name, without spaces around it, and not a role's: give "
            "it with --to",
            "no-recipient",
        )


def pages_of(file: ExportFile, pages: Pages | None) -> tuple[str, ...]:
    """Return the pages that a file is on: by the list, else by the pages that were kept with the set."""
    return file.pages if pages is None else pages.of(file.path or "")


def _changed(each: Held, why: tuple[Reason, ...], students: tuple[str, ...], pages: tuple[str, ...]) -> Changed:
    file, judged, hidden = each.today.file, each.today.judged, each.today.hidden
    return Changed(
        path=file.path or "",
        kind=file.kind,
        pages=pages,
        was=Shown(file.outcome, None if hidden is None else tuple(sorted(hidden))),
        now=None if judged is None else Shown(judged.decision.outcome.word, judged.decision.redact),
        why=why,
        students=students,
        stopped_for=tuple(dict.fromkeys(holder.id for holder in each.stopped_for)),
    )


def _paths(unit: Unit, set_id: str) -> Iterator[str]:
    return (each.path for each in unit.exports.files(set_id) if each.path is not None)


@dataclass(frozen=True, slots=True)
class _Today:
    """The facts of today that one file is compared with."""

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
            # The facts on file about the set's version are compared with today all the same: they may reveal more.
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
        """Return the state of a version in the set that is no longer the library's current one; None if it is current."""
        if current is None:
            return "left the library"
        if current.asset.id != self.file.asset_id:
            return "was replaced"
        return "was deleted or replaced in the bucket" if self.is_lost else None

    def _hidden(self) -> frozenset[str] | None:
        if not self.file.redacted:
            return frozenset()
        redact = ((self.kept or {}).get("decision") or {}).get("redact")
        # A redacted copy that hides no student does not exist: so the record differs from the decision.
        return frozenset(redact) if redact else None

    def _safe(self, stored: StoredAsset, hidden: frozenset[str] | None) -> frozenset[str]:
        """Return the students that the copy hides in known places and that no text beside it names."""
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
        """Whether the printed caption differs from today's caption."""
        if self.file.caption is None:
            return False
        return self.captions.caption(judged, stored, self.judge.student).text != self.file.caption

    def _names_another(self) -> bool:
        """Whether the caption names anybody of the roster other than the students it is to name, and their parents."""
        known = [record for each in self.file.named if (record := self.judge.student(each)) is not None]
        return self.captions.names_another(self.file.caption or "", known)

    def _reasons_of(self, judged: Judged, students: set[str]) -> Iterator[Reason]:
        """Yield the procedure's reasons about these students, and changes that it does not mention for a copy that hides."""
        yield from (each for each in judged.decision.reasons if students.intersection(each.students))
        case = judged.case
        for consent in case.consents:
            if consent.student in students and consent.purpose == PURPOSE:
                for ended, how in ((consent.revoked_on, "was revoked"), (consent.expires, "expired")):
                    if ended is not None and (self._decided_on or ended) <= ended <= case.at:
                        yield _since(f"a consent for {consent.student} {how}", [consent.student])
        for each in case.students:
            if each.id in students and self._came_of_age(each, case.at):
                holds = "turned 18" if each.postsecondary_since is None else "is in college"
                yield _since(f"{each.id} {holds} and holds the rights alone now", [each.id])

    def _came_of_age(self, student: Student, at: date) -> bool:
        before = self._decided_on
        rulings = self.services.rulings
        return before is not None and is_eligible(student, at, rulings) and not is_eligible(student, before, rulings)

    @property
    def _decided_on(self) -> date | None:
        """The day of the decision for the set, as far as it is still on record."""
        written = ((self.kept or {}).get("case") or {}).get("at")
        return date.fromisoformat(written) if isinstance(written, str) else None


def _ids(pseudonyms: Pseudonyms, found: Listed) -> tuple[str, ...]:
    """Return the ids of a version. One from before versioning has no id where it is requested by itself."""
    own = asset_id(pseudonyms, found.key, found.version_id, found.etag)
    if found.version_id != _BEFORE_VERSIONING:
        return (own,)
    return own, asset_id(pseudonyms, found.key, None, found.etag)


def _without(why: Reason, safe: frozenset[str]) -> Reason:
    """Return a reason without the students in `safe`. A reason about those students alone stays whole: it must be reported."""
    students = tuple(each for each in why.students if each not in safe)
    if not students or students == why.students:
        return why
    return replace(why, text=why.text.replace(listed(why.students), listed(students)), students=students)


def _since(why: str, students: Iterable[str] = ()) -> Reason:
    return reason("EXPORT-CHANGED", students, why=why)
