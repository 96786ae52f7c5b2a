"""A set on its way to the printer: locked once nothing stops it, and handed over, each time with every disclosure recorded.

INVARIANT: what is recorded was decided on what is on file in the transaction that records it, on the same day. Where
anything stops, nothing is recorded.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from dam_plugin.errors import InputError
from dam_plugin.model import Actor
from dam_plugin.private_files import workroom
from dam_plugin.services import Services
from dam_plugin.sharing.third_parties import last_import_of, roster_is_stale
from dam_plugin.store import Unit
from dam_plugin.store.sets import ExportSet, Handover, SetState
from dam_plugin.yearbook.disclosures import Disclosures, record, tell_observers
from dam_plugin.yearbook.holders import Holder, check_recipient
from dam_plugin.yearbook.mark import Mark, mark_of
from dam_plugin.yearbook.originals import lost_originals
from dam_plugin.yearbook.pages import Pages
from dam_plugin.yearbook.recheck import Rechecked, Tell, rechecked

EXPORT = "export"
"""The kind of the ledger's entry that tells of a whole set."""
ATTEMPTS = 3
_MEANWHILE = "what is on file changes faster than the set can be decided again; nothing was recorded: try again"


class CannotLock(InputError):
    """A set that may not be handed over as it is: `rechecked` says which files stop it. Nothing was changed."""

    def __init__(self, found: Rechecked) -> None:
        """Keep what was found."""
        self.rechecked = found
        told = f"{len(found.stops):,} of its {found.files:,} file(s) may not be printed as they are"
        if not found.stops:
            told = f"its list of pages has {len(found.problems):,} problem(s)"
        super().__init__(
            f"the set {found.set.id} was not locked or handed over: {told}; `dam-plugin export recheck` lists"
        )


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked set, whom it went to, what was found when it was decided again, and how many disclosures were recorded."""

    set: ExportSet
    handover: Handover
    rechecked: Rechecked
    shares: int


def lock(
    services: Services,
    set_id: str,
    *,
    by: Actor,
    to: str | None = None,
    pages: Pages | None = None,
    key: str | None = None,
    tell: Tell | None = None,
) -> Locked:
    """Lock a set that was made and hand it to its recipient, or to another (`to`: an id of the same role).

    `pages` are kept with the files: they are this recipient's. `key` is the id of the key that the manifest of what is handed
    over is signed with, for the ledger. Raises CannotLock where anything stops, InputError for a recipient who can be none
    and for a set that is not made or locked already, UnknownThing, StorageError.
    """
    return _Handing(services, set_id, "made", by, to, pages, key, tell).run()


def handed_over(
    services: Services, set_id: str, *, by: Actor, to: str, key: str | None = None, tell: Tell | None = None
) -> Locked:
    """Hand a locked set to somebody once more: every file is decided again for them, as `lock` does. Raises as it does.

    The pages that are kept are not theirs, and not told of in what is recorded.
    """
    return _Handing(services, set_id, "locked", by, to, None, key, tell).run()


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a set was decided again on, as one transaction sees it."""

    set: ExportSet
    mark: Mark
    day: date
    roster_is_stale: bool


@dataclass(slots=True)
class _Handing:
    """A set that is being handed over, in a state that it has to be in."""

    services: Services
    set_id: str
    state: SetState
    by: Actor
    to: str | None
    pages: Pages | None
    key: str | None
    tell: Tell | None

    def run(self) -> Locked:
        with workroom() as room:
            for _ in range(ATTEMPTS):
                done = self._attempt(room / "disclosures")
                if done is not None:
                    return done
        raise InputError(_MEANWHILE)

    def _attempt(self, file: Path) -> Locked | None:
        """Decide the set again, and record it on just that; None where what is on file became another meanwhile."""
        services = self.services
        lost = lost_originals(services, self.set_id)
        with services.store.reading() as unit:
            set_ = self._set(unit)
            holder = self._holder(set_)
            basis = self._basis(unit, set_)
            # Third parties are heard here: whoever answers late keeps nobody from writing.
            with Disclosures(file, set_, services.now()) as disclosures:
                found = rechecked(
                    services,
                    unit,
                    set_,
                    [holder],
                    pages=self.pages,
                    lost=lost,
                    keep=lambda each: disclosures.add(each, self._pages_of(each.file.path)),
                    tell=self.tell,
                )
        if found.stops or found.problems:
            raise CannotLock(found)
        if disclosures.count != found.files:
            raise InputError(_MEANWHILE)
        with services.store.writing() as unit:
            if self._basis(unit, self._set(unit)) != basis or found.day != basis.day:
                return None
            now = services.now()
            seqs = record(services, unit, set_, disclosures, now, pages=self.pages is not None)
            handover = self._handed(unit, set_, holder, now)
            locked = unit.exports.need(set_.id)
        tell_observers(services, disclosures, seqs)
        return Locked(locked, handover, found, disclosures.count)

    def _set(self, unit: Unit) -> ExportSet:
        set_ = unit.exports.need(self.set_id)
        if set_.state != self.state or set_.manifest is None:
            raise InputError(f"the set {set_.id} is {set_.state}{self._instead(set_)}")
        return set_

    def _instead(self, set_: ExportSet) -> str:
        """Return how the sentence ends that refuses a set in another state."""
        if self.state == "locked":
            return ": lock it first"
        if set_.state == "locked":
            return (
                " already: `dam-plugin export recheck` without --lock decides it again, `dam-plugin export handover` records "
                "one more recipient"
            )
        return ": only a set that was made and signed is locked"

    def _holder(self, set_: ExportSet) -> Holder:
        """Return whom it goes to now. Raises InputError for who can be nobody's recipient."""
        recipient = set_.order.recipient
        if self.to is not None:
            recipient = replace(recipient, id=self.to)
        check_recipient(recipient, self.by)
        return Holder(recipient, self.by)

    def _basis(self, unit: Unit, set_: ExportSet) -> _Basis:
        is_stale = roster_is_stale(self.services, last_import_of(unit))
        return _Basis(set_, mark_of(unit, set_.id), self.services.now().date(), is_stale)

    def _pages_of(self, path: str | None) -> tuple[str, ...]:
        return self.pages.of(path or "") if self.pages is not None else ()

    def _handed(self, unit: Unit, set_: ExportSet, holder: Holder, now: datetime) -> Handover:
        """Keep that the set went to somebody."""
        handover = Handover(set_.id, now, holder.id, holder.by)
        unit.exports.add_handover(handover)
        if self.state == "made":
            unit.exports.change_set(set_.id, state="locked", locked_at=now, locked_by=holder.by)
        totals = unit.exports.totals(set_.id)
        details = {
            "done": "locked" if self.state == "made" else "handed over",
            "day": set_.day,
            "publisher": set_.order.publisher,
            "recipient": asdict(holder.recipient),
            "manifest": set_.manifest,
            "key": self.key,
            "portraits": totals.portraits,
            "candids": totals.candids,
            "redacted": totals.redacted,
            "by": asdict(holder.by),
        }
        self.services.ledger.append(unit, at=now, kind=EXPORT, subject=set_.id, details=details)
        return handover
