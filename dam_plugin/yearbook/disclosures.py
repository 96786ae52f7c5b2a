"""The files of a set as the shares that they are: written down outside of the transaction that only puts them on record.

To put a share into words takes longer than to keep it, and while 20,000 of them are put into words nobody else could write.
"""

from __future__ import annotations

import json
import secrets
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self, TextIO

from dam_plugin.ledger.chain import Draft, written_details
from dam_plugin.model import Decision, LedgerEntry, Outcome, Share
from dam_plugin.private_files import on_disk
from dam_plugin.procedure.case import parse_case, plain_case
from dam_plugin.procedure.read_cases import decision_object
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import file_in, key_of
from dam_plugin.store import StoredShare, Unit, WrittenShare, written
from dam_plugin.store.codec import canonical, decode, encode
from dam_plugin.store.sets import ExportSet
from dam_plugin.yearbook.again import BATCH, Again


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One file of a set as the share that it is, in words: `details` are its entry's, which concerns these students.

    `request_key` is what a referral for just this waits under, `decision` what was decided, whole.
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
        """What was decided."""
        return decode(Decision, self.decision)


class Disclosures:
    """Disclosures of one set in a file, one in each line; `now` is the moment at which they are asked for."""

    def __init__(self, path: Path, set_: ExportSet, now: datetime) -> None:
        """Write nothing yet; the file is the caller's, and is written anew."""
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
        # One moment for all of them.
        del line["share"]["at"]
        with on_disk():
            self._file.write(canonical(line) + "\n")
        self.count += 1

    def batches(self) -> Iterator[list[Disclosure]]:
        """Yield what was written, in its order, as many as are decided at a time. Raises StorageError."""
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


def record(
    services: Services, unit: Unit, set_: ExportSet, disclosures: Disclosures, now: datetime, *, pages: bool
) -> array[int]:
    """Put what was written on record in the caller's transaction, with the `pages`; return the numbers of the entries."""
    waiting = {each.request_key for each in unit.referrals.listed()}
    seqs = array("q")
    for batch in disclosures.batches():
        if pages:
            unit.exports.keep_pages(set_.id, {each.number: each.pages for each in batch})
        unit.shares.add_written([each.share for each in batch])
        drafts = [Draft(now, "share", each.share.id, each.details, each.students) for each in batch]
        seqs.extend(entry.seq for entry in services.ledger.append_many(unit, drafts))
        for each in batch:
            # Asked for each file only where it waits: a set has many thousands, and hardly anything does.
            if each.request_key in waiting:
                case = parse_case(json.loads(each.details)["details"]["case"])
                file_in(services, unit, each.request, case, each.decided)
    return seqs


def tell_observers(services: Services, disclosures: Disclosures, seqs: Sequence[int]) -> None:
    """Tell observers of each of them, once it is on record under its number."""
    if not services.voices.who_answers("decision_made", "disclosure_recorded"):
        return
    told = iter(seqs)
    for batch in disclosures.batches():
        numbers = list(islice(told, len(batch)))
        for each, entry in zip(batch, _entries(services, numbers), strict=True):
            request, decision = each.request, each.decided
            services.voices.decision_made(request, decision)
            if decision.record_disclosure:
                services.voices.disclosure_recorded(entry, request)


def _entries(services: Services, numbers: Sequence[int]) -> list[LedgerEntry]:
    with services.store.reading() as unit:
        return [entry for entry, _ in services.ledger.numbered(unit, numbers)]


def _disclosure(set_: ExportSet, each: Again, pages: tuple[str, ...], now: datetime) -> Disclosure:
    """Return a file as the share that it is. Raises ValueError for one that may not be shown as it is."""
    judged, file = each.judged, each.file
    if each.stops or judged is None or each.stored is None or each.hidden is None:
        raise ValueError("what stops is not disclosed")
    share_id = f"sh-{secrets.token_hex(8)}"
    case, decision = replace(judged.case, id=share_id), _of_copy(judged.decision, each.hidden)
    request, made = replace(judged.request, id=share_id, at=now), decision_object(share_id, decision)
    # What stands for it is no copy under `released/`, and no link opens it.
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
        request_key=key_of(request, now.date()),
        decision=encode(Decision, decision),
    )


def _of_copy(decision: Decision, hidden: frozenset[str]) -> Decision:
    """Return the decision as the copy carries it out: whom it hides besides is not shown on any basis."""
    more = hidden.difference(decision.redact)
    if not more:
        return decision
    redact = tuple(sorted(hidden))
    basis = {student: clause for student, clause in decision.basis.items() if student not in more}
    return replace(decision, outcome=Outcome.REDACT, redact=redact, basis=basis)
