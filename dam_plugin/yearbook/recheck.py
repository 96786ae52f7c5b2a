"""A set on the day of printing: which of its files may not be printed as they are, page by page, and what else changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from dam_plugin.errors import InputError, Problem
from dam_plugin.model import Reason
from dam_plugin.services import Services
from dam_plugin.store import Unit
from dam_plugin.store.sets import ExportFile, ExportSet, Kind
from dam_plugin.yearbook.again import Again
from dam_plugin.yearbook.digests import roster_digest, rules_digest
from dam_plugin.yearbook.holders import Held, Holder, held, holders_of
from dam_plugin.yearbook.originals import lost_originals
from dam_plugin.yearbook.pages import Pages

NO_PAGE = ""
"""What stands for a page where a file is on none, or where no list of pages is known."""
Tell = Callable[[int], None]
"""Hears how many files have been decided again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was decided of a file: the outcome's word, and who is hidden (null: not on record any more)."""

    outcome: str
    hidden: tuple[str, ...] | None = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that changed since it was written: what it was decided as, what it would be now (null: undecidable), and why.

    `students` are those for whose sake; they and the reasons stay with the district. `stopped_for` are the ids of those who
    have the set, or are to have it, and may not show the file.
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
    """A set as it stands on a day: `stops` may not be printed as they are, `notices` may, though something changed.

    `off_pages` are the files that the list of pages (where there is one) does not have, `problems` those of the list.
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
        """What stops, page by page in the order of the set; under `NO_PAGE` what is on none."""
        found: dict[str, list[Changed]] = {}
        for each in self.stops:
            for page in each.pages or (NO_PAGE,):
                found.setdefault(page, []).append(each)
        return {page: tuple(theirs) for page, theirs in found.items()}


def recheck(services: Services, set_id: str, *, pages: Pages | None = None, tell: Tell | None = None) -> Rechecked:
    """Return how a set stands today, of a locked one for everybody who has it: any of them counts.

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


def rechecked(  # noqa: PLR0913 - which set stands how, for whom, and who hears of it
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
    """Return how a set stands as one transaction sees it, for these holders; `printed` and `lost` as `again` takes them.

    `keep` hears of each file that nothing stops, as it stands for the first of them.
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
            # The pages that are kept are those of whom it went to first.
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


def pages_of(file: ExportFile, pages: Pages | None) -> tuple[str, ...]:
    """Return the pages that a file is on: by the list, else by the one that was kept with the set."""
    return file.pages if pages is None else pages.of(file.path or "")


def _paths(unit: Unit, set_id: str) -> Iterator[str]:
    return (each.path for each in unit.exports.files(set_id) if each.path is not None)


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
