"""What the ledger's verification asks besides the chain: deletions on record, rows of no entry, and what is in force."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dam_plugin.errors import LedgerBroken
from dam_plugin.model import Outcome
from dam_plugin.store import EntryRow, Unit
from dam_plugin.store.codec import canonical
from dam_plugin.store.entries import Entries
from dam_plugin.store.seals import UNSEALED, Bent

FORGET = "forget"
"""The kind of the entry that tells of a deletion: its `entries` are the numbers of those that lost their details."""


class Deletions:
    """Which entries lost their details, and which of these a deletion on record names."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.missing: set[int] = set()
        self._named: set[int] = set()

    def pass_by(self, row: EntryRow) -> None:
        """Take the next entry of a chain, whose details are those that were hashed."""
        if row.details is None:
            self.missing.add(row.seq)
        elif row.kind == FORGET:
            named = json.loads(row.details)["details"].get("entries")
            # A deletion comes after what it deletes.
            self._named |= {each for each in named or () if type(each) is int and each < row.seq}

    def fault(self) -> tuple[int | None, str | None]:
        """Return the first entry whose details nobody is on record as having deleted, and what is wrong; or twice None."""
        unnamed = self.missing - self._named
        if not unnamed:
            return None, None
        return min(unnamed), f"the details of entry {min(unnamed)} are missing, and no deletion on record names it"


def beside(entries: Entries) -> Iterator[tuple[int | None, str]]:
    """Yield what is wrong with the rows beside a chain that holds: those of no entry, and the shares it tells of."""
    for seq in entries.orphans():
        yield None, f"there are details or students of an entry {seq}, which the ledger does not have"
    missing = entries.shares_without_entry()
    if missing:
        what = "there is no entry" if not entries.last_seq() else "there are entries missing"
        yield None, f"{what}, though the store keeps shares: {missing.count} without one, as {missing.first}"
    for row, outcome, decision, version in entries.shares_told_otherwise():
        told = json.loads(row.details or "{}").get("details") or {}
        if "decision" in told and not _tells(told, outcome, decision, version):
            yield row.seq, f"the share {row.subject} is kept otherwise than entry {row.seq} has it"


def _tells(told: Mapping[str, Any], outcome: str, decision: str, version: str | None) -> bool:
    """Whether the details of a share's entry say what its row says."""
    kept = told["decision"]
    asset = (told.get("case") or {}).get("asset") or {}
    return bool(canonical(kept) == decision and kept.get("outcome") == outcome and version in (None, asset.get("id")))


REMEDY = "restore a backup, or `dam-plugin ledger accept --why TEXT --as custodian:NAME` once it is right"
_OPENED = (Outcome.ALLOW.word, Outcome.REDACT.word)
_HOW = {
    "changed": "is kept otherwise than it was sealed",
    "added": "was put there beside the program",
    "missing": "is missing",
}


def in_force(unit: Unit) -> Iterator[tuple[int | None, str]]:
    """Yield what is in force otherwise than it was sealed and the ledger's end was signed for, with the entry it is of.

    Students are told by their pseudonyms. A store that seals nothing has nothing to compare.
    """
    if not unit.seals.is_kept:
        return
    try:
        state = unit.seals.state()
    except LedgerBroken as error:
        yield None, str(error)
        state = None
    else:
        head = unit.entries.head()
        if state is None and not unit.seals.is_empty():
            yield None, UNSEALED
        if state is not None and head is not None and (state.seq, state.hash) != (head.seq, head.hash):
            yield (
                None,
                f"what is in force was signed for at entry {state.seq}, and the ledger ends at entry {head.seq}: {REMEDY}",
            )
    if state is not None:
        for bent in unit.seals.faults():
            yield _told_of(unit, bent)
    yield from _openings(unit)


def _told_of(unit: Unit, bent: Bent) -> tuple[int | None, str]:
    if bent.id is None:
        counts = f"{bent.signed} were signed for, {bent.there} have a seal"
        what = "were taken out" if bent.how == "missing" else "were put back as they were once"
        return None, f"rows of the table {bent.kind.table} {what} beside the program ({counts}): {REMEDY}"
    seq = unit.entries.last_about(bent.kind.table, bent.id, bent.student)
    entry = f", see entry {seq}" if seq is not None else ""
    whose = f" of {bent.student}" if bent.student not in (None, bent.id) else ""
    also = " with the opt-outs" if bent.kind.table == "students" else ""
    return seq, f"the {bent.kind.called} {bent.id}{whose}{also} {_HOW[bent.how]}{entry}: {REMEDY}"


def _openings(unit: Unit) -> Iterator[tuple[int | None, str]]:
    """Yield the links whose count of openings is not that of their entries; of deleted details nobody knows any more."""
    for link, counted, told, unknown, last in unit.entries.openings_counted(_OPENED):
        if not told <= counted <= told + unknown:
            least = f"{told}" if not unknown else f"{told} to {told + unknown}"
            yield (
                last,
                f"the link {link} counts {counted} opening(s), and the ledger has {least}, see entry {last}: {REMEDY}",
            )
