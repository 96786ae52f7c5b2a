"""What the ledger's verification asks besides the chain: deletions on record, rows of no entry, shares told otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dam_plugin.store import EntryRow
from dam_plugin.store.codec import canonical
from dam_plugin.store.entries import Entries

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
