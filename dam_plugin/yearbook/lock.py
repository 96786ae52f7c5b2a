"""Locks a set for the printer once nothing stops it, and hands it over, each time with every disclosure recorded.

INVARIANT: a record's decision rests on the facts on file in the transaction that records it, on the same day. If anything
stops the set, nothing is recorded. The files of the set are turned into shares before that transaction: for 20,000 files
this takes so long that it would block all other writers.
"""

from __future__ import annotations

import json
import secrets
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self, TextIO

from dam_plugin.errors import InputError, SetRefused
from dam_plugin.ledger.chain import Draft, written_details
from dam_plugin.ledger.request_key import request_key
from dam_plugin.model import Actor, Decision, LedgerEntry, Outcome, Share
from dam_plugin.private_files import on_disk, workroom
from dam_plugin.procedure.case import parse_case, plain_case
from dam_plugin.procedure.read_cases import decision_object
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import file_referrals
from dam_plugin.sharing.third_parties import roster_is_stale
from dam_plugin.store import StoredShare, Unit, WrittenShare, written
from dam_plugin.store.codec import canonical, decode, encode
from dam_plugin.store.sets import ExportSet, Handover, SetState
from dam_plugin.yearbook.pages import Pages
from dam_plugin.yearbook.recheck import (
    BATCH,
    Again,
    Holder,
    Mark,
    Rechecked,
    Tell,
    check_recipient,
    lost_originals,
    mark_of,
    rechecked,
)

EXPORT = "export"
"""The kind of the ledger's entry that tells of a whole set."""
ATTEMPTS = 3
_MEANWHILE = "what is on file changes faster than the set can be decided again; nothing was recorded: try again"


class CannotLock(InputError):
    """A set that may not be handed over now: `rechecked` lists the files that stop it. Nothing was changed."""

    def __init__(self, found: Rechecked) -> None:
        """Keep the result of the check."""
        self.rechecked = found
        told = f"{len(found.stops):,} of its {found.files:,} file(s) may not be printed as they are"
        if not found.stops:
            told = f"its list of pages has {len(found.problems):,} problem(s)"
        super().__init__(
            f"the set {found.set.id} was not locked or handed over: {told}; `dam-plugin export recheck` lists"
        )


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked set, its handover, the result of deciding it again, and how many disclosures were recorded."""

    set: ExportSet
    handover: Handover
    rechecked: Rechecked
    shares: int


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One file of a set as a share, as text: `details` are those of its ledger entry, which concerns these students.

    `request_key` is the key under which a referral for this file waits, `decision` the whole decision.
    """

    number: int
    pages: tuple[str, ...]
    share: WrittenShare
    details: str
    students: tuple[str, ...]
    request_key: str
    decision: str

    @property
    def request(self) -> Share:
        """The share."""
        return decode(Share, self.share.share)

    @property
    def decided(self) -> Decision:
        """The decision."""
        return decode(Decision, self.decision)


class Disclosures:
    """Disclosures of one set in a file, one in each line; `now` is the moment at which they are requested."""

    def __init__(self, path: Path, set_: ExportSet, now: datetime) -> None:
        """Write nothing yet; the file is the caller's, and is overwritten."""
        self._path = path
        self._set = set_
        self._now = now
        self._file: TextIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        """Begin to write."""
        with on_disk():
            self._file = self._path.open("w", encoding="ascii")
        return self

    def __exit__(self, *_: object) -> None:
        """End writing."""
        if self._file is not None:
            with on_disk():
                self._file.close()
        self._file = None

    def add(self, each: Again, pages: tuple[str, ...]) -> None:
        """Write a file that nothing stops, with the pages on which it is printed. Raises StorageError."""
        if self._file is None:
            raise ValueError("disclosures are added while they are being written")
        line = asdict(_disclosure(self._set, each, pages, self._now))
        # The same moment for all of them.
        del line["share"]["at"]
        with on_disk():
            self._file.write(canonical(line) + "\n")
        self.count += 1

    def batches(self) -> Iterator[list[Disclosure]]:
        """Yield the written disclosures in order, in batches of the size that is decided at a time. Raises StorageError."""
        with on_disk(), self._path.open(encoding="ascii") as file:
            while batch := [self._read(line) for line in islice(file, BATCH)]:
                yield batch

    def _read(self, line: str) -> Disclosure:
        data: dict[str, Any] = json.loads(line)
        share = WrittenShare(**data["share"], at=self._now)
        return Disclosure(
            number=data["number"],
            pages=tuple(data["pages"]),
            share=share,
            details=data["details"],
            students=tuple(data["students"]),
            request_key=data["request_key"],
            decision=data["decision"],
        )


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

    `pages` are kept with the files: they are this recipient's. `key` is the id of the key that signed the manifest of
    the handed-over set, for the ledger. Raises CannotLock if anything stops, InputError for an invalid recipient and
    for a set that is not made or locked already, UnknownThing, StorageError.
    """
    return _Handing(services, set_id, "made", by, to, pages, key, tell).run()


def handed_over(
    services: Services, set_id: str, *, by: Actor, to: str, key: str | None = None, tell: Tell | None = None
) -> Locked:
    """Hand over a locked set once more: every file is decided again for the recipient, as `lock` does. Raises as it does.

    The kept pages are not this recipient's, so the records do not mention them.
    """
    return _Handing(services, set_id, "locked", by, to, None, key, tell).run()


@dataclass(frozen=True, slots=True)
class _Basis:
    """The day and the state of the database on which a set was decided again."""

    set: ExportSet
    mark: Mark
    day: date
    roster_is_stale: bool


@dataclass(slots=True)
class _Handing:
    """The handover of a set that must be in a given state."""

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
        raise SetRefused(_MEANWHILE, "changing")

    def _attempt(self, file: Path) -> Locked | None:
        """Decide the set again, and record it on exactly these facts; None if the facts on file changed meanwhile."""
        services = self.services
        lost = lost_originals(services, self.set_id)
        with services.store.reading() as unit:
            set_ = self._set(unit)
            holder = self._holder(set_)
            basis = self._basis(unit, set_)
            # Third parties are asked here: a late answer does not keep others from writing.
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
            raise SetRefused(_MEANWHILE, "changing")
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
        """Return the end of the sentence that refuses a set in another state."""
        if self.state == "locked":
            return ": lock it first"
        if set_.state == "locked":
            return (
                " already: `dam-plugin export recheck` without --lock decides it again, `dam-plugin export handover` records "
                "one more recipient"
            )
        return ": only a set that was made and signed is locked"

    def _holder(self, set_: ExportSet) -> Holder:
        """Return the new recipient. Raises InputError for an id that no recipient can have."""
        recipient = set_.order.recipient
        if self.to is not None:
            recipient = replace(recipient, id=self.to)
        check_recipient(recipient, self.by)
        return Holder(recipient, self.by)

    def _basis(self, unit: Unit, set_: ExportSet) -> _Basis:
        is_stale = roster_is_stale(self.services, unit.people.roster_state().last_import)
        return _Basis(set_, mark_of(unit, set_.id), self.services.now().date(), is_stale)

    def _pages_of(self, path: str | None) -> tuple[str, ...]:
        return self.pages.of(path or "") if self.pages is not None else ()

    def _handed(self, unit: Unit, set_: ExportSet, holder: Holder, now: datetime) -> Handover:
        """Keep the handover of the set."""
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


def record(
    services: Services, unit: Unit, set_: ExportSet, disclosures: Disclosures, now: datetime, *, pages: bool
) -> array[int]:
    """Record the written disclosures in the caller's transaction, with the `pages`; return the numbers of the entries."""
    waiting = {each.request_key for each in unit.referrals.listed()}
    seqs = array("q")
    for batch in disclosures.batches():
        if pages:
            unit.exports.keep_pages(set_.id, {each.number: each.pages for each in batch})
        unit.shares.add_written([each.share for each in batch])
        drafts = [Draft(now, "share", each.share.id, each.details, each.students) for each in batch]
        seqs.extend(entry.seq for entry in services.ledger.append_many(unit, drafts))
        for each in batch:
            # Asked for each file only where a referral for it waits: a set has many thousands of files, and hardly any
            # waits.
            if each.request_key in waiting:
                case = parse_case(json.loads(each.details)["details"]["case"])
                file_referrals(services, unit, each.request, case, each.decided)
    return seqs


def tell_observers(services: Services, disclosures: Disclosures, seqs: Sequence[int]) -> None:
    """Tell observers of each disclosure, once it is on record under its number."""
    if not services.third_parties.who_answers("decision_made", "disclosure_recorded"):
        return
    told = iter(seqs)
    for batch in disclosures.batches():
        numbers = list(islice(told, len(batch)))
        for each, entry in zip(batch, _entries(services, numbers), strict=True):
            request, decision = each.request, each.decided
            services.third_parties.decision_made(request, decision)
            if decision.record_disclosure:
                services.third_parties.disclosure_recorded(entry, request)


def _entries(services: Services, numbers: Sequence[int]) -> list[LedgerEntry]:
    with services.store.reading() as unit:
        return [entry for entry, _ in services.ledger.numbered(unit, numbers)]


def _disclosure(set_: ExportSet, each: Again, pages: tuple[str, ...], now: datetime) -> Disclosure:
    """Return a file as a share. Raises ValueError for a file that may not be shown as it is."""
    judged, file = each.judged, each.file
    if each.stops or judged is None or each.stored is None or each.hidden is None:
        raise ValueError("what stops is not disclosed")
    share_id = f"sh-{secrets.token_hex(8)}"
    case, decision = replace(judged.case, id=share_id), _of_copy(judged.decision, each.hidden)
    request = replace(judged.request, id=share_id, at=now)
    made = {**decision_object(share_id, decision), "taken_by": judged.taken_by}
    # Its id is that of a file in a set: there is no copy under `released/`, and no link opens it.
    release_id = f"{set_.id}/{file.path}"
    students = sorted({*decision.basis, *decision.redact})
    details = {
        "case": plain_case(case),
        "decision": made,
        "release": {"id": release_id, "sha256": file.sha256, "proof": {"manifest": set_.manifest}},
        "set": {"id": set_.id, "path": file.path, "pages": list(pages), "digest": file.digest},
    }
    return Disclosure(
        number=file.number,
        pages=pages,
        share=written(StoredShare(request, each.stored.asset.id, decision.outcome.word, made, release_id, now)),
        details=written_details(details, students),
        students=tuple(students),
        request_key=request_key(request, now.date()),
        decision=encode(Decision, decision),
    )


def _of_copy(decision: Decision, hidden: frozenset[str]) -> Decision:
    """Return the decision as carried out in the copy: students that the copy hides in addition lose their basis."""
    more = hidden.difference(decision.redact)
    if not more:
        return decision
    redact = tuple(sorted(hidden))
    basis = {student: clause for student, clause in decision.basis.items() if student not in more}
    return replace(decision, outcome=Outcome.REDACT, redact=redact, basis=basis)
