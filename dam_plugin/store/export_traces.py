"""Where students are in yearbook sets: by what a set shows and names, and by how its recordings are tagged now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from dam_plugin.store.export_tables import ExportDecisionRow, ExportFileRow, ExportSetRow, ExportStudentRow
from dam_plugin.store.sql import OF, rows_of
from dam_plugin.store.tables import AssetStudentRow, LedgerDetailsRow, LedgerEntryRow, ShareRow

Where = tuple[str, str]
"""A written file: its set's id and its path there."""


class ExportTraces:
    """Look-ups by students, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def numbers_with(self, set_id: str, student_id: str) -> frozenset[int]:
        """Return the numbers of a set's written files that show or name a student, or may as their recording is tagged now."""
        indexed = select(ExportStudentRow.number).where(
            ExportStudentRow.set_id == set_id, ExportStudentRow.student_id == student_id
        )
        tagged = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id == student_id)
        theirs = ExportFileRow.number.in_(indexed) | ExportFileRow.asset_id.in_(tagged)
        query = select(ExportFileRow.number).where(ExportFileRow.set_id == set_id, ExportFileRow.state == "written")
        return frozenset(self._session.scalars(query.where(theirs)))

    def sets_with(self, students: Iterable[str]) -> dict[str, int]:
        """Return how many files of each set show or name one of these students, or may as their recording is tagged now.

        Those that a set is still to get count too; a set of none is left out.
        """
        wanted = list(students)
        found = {(row.set_id, row.number) for row in rows_of(self._session, _INDEXED, wanted)}
        hiding: dict[str, set[tuple[str, int, str]]] = {}
        for row in rows_of(self._session, _TAGGED, wanted):
            file = row.set_id, row.number
            if not row.redacted:
                found.add(file)
            elif file not in found:
                hiding.setdefault(row.digest, set()).add((*file, row.student_id))
        # A copy that hides them shows nothing of them; of whom nobody knows any more whom it hides, it may.
        hidden = self._hidden(hiding)
        for digest, files in hiding.items():
            found |= {(set_id, number) for set_id, number, student in files if student not in hidden.get(digest, ())}
        return dict(Counter(set_id for set_id, _ in found))

    def _hidden(self, digests: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return whom the copies of these decisions hide, without those of which nothing is known."""
        found: dict[str, frozenset[str]] = {}
        for row in rows_of(self._session, _DECIDED, digests):
            with suppress(ValueError, TypeError, KeyError):
                found[row.digest] = frozenset(json.loads(row.details)["decision"]["redact"])
        return found

    def bearers(self, digests: Iterable[str]) -> dict[str, dict[Where, bool]]:
        """Return the written files of whichever sets that bear these digests, and whether each one's set was locked."""
        found: dict[str, dict[Where, bool]] = {}
        for row in rows_of(self._session, _BEARERS, digests):
            found.setdefault(row.digest, {})[row.set_id, row.path] = row.state == "locked"
        return found

    def entries_of(self, files: Iterable[Where]) -> dict[Where, frozenset[int]]:
        """Return the numbers of the ledger's entries that tell that these files were handed over, and have details still."""
        named = {f"{set_id}/{path}": (set_id, path) for set_id, path in files}
        found: dict[Where, set[int]] = {}
        for row in rows_of(self._session, _ENTRIES, named):
            found.setdefault(named[row.release_id], set()).add(row.seq)
        return {file: frozenset(seqs) for file, seqs in found.items()}


_INDEXED = select(ExportStudentRow.set_id, ExportStudentRow.number).where(ExportStudentRow.student_id.in_(OF))
_TAGGED = (
    select(
        ExportFileRow.set_id,
        ExportFileRow.number,
        ExportFileRow.redacted,
        ExportFileRow.digest,
        AssetStudentRow.student_id,
    )
    .join(AssetStudentRow, AssetStudentRow.asset_id == ExportFileRow.asset_id)
    .where(AssetStudentRow.student_id.in_(OF), ExportFileRow.state.in_(["planned", "written"]))
)
_DECIDED = select(ExportDecisionRow.digest, ExportDecisionRow.details).where(ExportDecisionRow.digest.in_(OF))
_BEARERS = (
    select(ExportFileRow.digest, ExportFileRow.set_id, ExportFileRow.path, ExportSetRow.state)
    .join(ExportSetRow, ExportSetRow.id == ExportFileRow.set_id)
    .where(ExportFileRow.digest.in_(OF), ExportFileRow.state == "written")
)
_ENTRIES = (
    select(ShareRow.release_id, LedgerEntryRow.seq)
    .join(LedgerEntryRow, LedgerEntryRow.subject == ShareRow.id)
    .join(LedgerDetailsRow, LedgerDetailsRow.seq == LedgerEntryRow.seq)
    .where(ShareRow.release_id.in_(OF), LedgerEntryRow.kind == "share")
)
