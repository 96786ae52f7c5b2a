"""The access log: which account looked at which page that showed which students, in a chain of hashes with a signed end.

It is the ledger's kind of chain beside the ledger, which has a single writer that shares wait for. It tells of accesses, by
pseudonym, and of nothing that was decided. Entries are deleted from its beginning once their time is over; the signed head
says up to which one. An older copy of the database with its older head is still valid by itself.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from dam_plugin.errors import LedgerBroken
from dam_plugin.ledger.chain import Draft, Ledger, Verification, chained, entry_fault, moment_as_text
from dam_plugin.store import AccessEntries, AccessHead, EntryRow, HeadRow, Store, Unit

_HEAD = "access log head"
FORGOTTEN = "forgotten"
"""The page of the entry about entries that were deleted since their time was over."""
ACCEPTED = "accepted"
"""The page of the entry about an end that somebody accepted after it was broken."""
PROGRAM = "dam-plugin"
"""The account of entries that no account of the desk made."""
REMEDY = "run `dam-plugin access-log verify`; then `dam-plugin access-log accept --why TEXT --as custodian:NAME`"


@dataclass(frozen=True, slots=True)
class Access:
    """A page that was shown: to which account with which roles, when, and the students (`S-…`) whose names were on it."""

    at: datetime
    account: str
    roles: tuple[str, ...]
    page: str
    students: tuple[str, ...]
    why: str | None = None
    seq: int = 0


class AccessLog:
    """Appends to the access log, reads it, and verifies it."""

    __slots__ = ("_ledger",)

    def __init__(self, ledger: Ledger) -> None:
        """Take the ledger, whose key signs the end of this log, too."""
        self._ledger = ledger

    def keep(self, store: Store, shown: Access) -> int:
        """Keep an access in a transaction of its own; return its number. Raises LedgerBroken, StoreError: it is not kept."""
        with store.noting() as entries:
            return self._append(entries, self._end(entries), shown)

    def of_student(self, unit: Unit, student: str, *, limit: int, before: int | None = None) -> list[Access]:
        """Return at most `limit` accesses to pages that showed this student, the newest first, behind the number `before`."""
        return _accesses(unit, unit.access.page(limit=limit, before=before, student=student))

    def of_account(self, unit: Unit, account: str, *, limit: int, before: int | None = None) -> list[Access]:
        """Return at most `limit` accesses of this account, the newest first, behind the number `before`."""
        return _accesses(unit, unit.access.page(limit=limit, before=before, account=account))

    def last(self, unit: Unit, *, limit: int, before: int | None = None) -> list[Access]:
        """Return at most `limit` accesses, the newest first, behind the number `before`."""
        return _accesses(unit, unit.access.page(limit=limit, before=before))

    def access(self, unit: Unit, seq: int) -> Access | None:
        """Return the access of a number, None where there is none."""
        row = unit.access.entry(seq)
        return None if row is None else _accesses(unit, [row])[0]

    def verify(self, unit: Unit) -> Verification:
        """Read the whole log and return whether it holds, or where it breaks first and why.

        `behind`: the entries up to this one were deleted, since their time was over.
        """
        head = unit.access.head()
        if head is None:
            return Verification(0, ok=False, why="the head is missing")
        if not self._is_signed(head):
            return Verification(0, ok=False, why="the head was changed, or signed with another key")
        last, count = HeadRow(head.before, head.before_hash, ""), 0
        found = Verification(0, ok=True, behind=head.before or None)
        for row, students in unit.access.stream():
            if (fault := entry_fault(row, last, students)) is not None:
                return replace(found, entries=count, ok=False, broken_at=min(last.seq + 1, row.seq), why=fault)
            count, last = count + 1, HeadRow(row.seq, row.hash, "")
        broken_at, why = _end_fault(unit, head, last)
        return replace(found, entries=count, ok=why is None, broken_at=broken_at, why=why, head=last.hash or None)

    def forget(self, store: Store, before: datetime, now: datetime) -> int:
        """Delete the accesses of before a moment, since their time is over; return how many. The log says that it did.

        It ends before the first access that is younger, or that was changed: `verify` still tells of that one, and once
        somebody accepted it (`accept`), it is deleted in its time. Raises LedgerBroken where the end is wrong.
        """
        with store.noting() as entries:
            head = self._end(entries)
            last = _last_over(entries, HeadRow(head.before, head.before_hash, ""), moment_as_text(before))
            if last is None:
                return 0
            count = entries.delete_through(last.seq)
            head = replace(head, before=last.seq, before_hash=last.hash)
            why = f"{count} entries, up to entry {last.seq}"
            self._append(entries, head, Access(now, PROGRAM, (), FORGOTTEN, (), why=why))
        return count

    def accept(self, store: Store, why: str, who: str, now: datetime) -> int:
        """Sign the end as it is now, after somebody saw why it was broken; return the number of the entry that says so.

        What was changed further back stays broken, and `verify` tells it until its time is over.
        """
        with store.noting() as entries:
            last, head = entries.last(), entries.head()
            begins = (head.before, head.before_hash) if head is not None else (0, "")
            end = (last.seq, last.hash) if last is not None else begins
            if head is None:
                entries.set_head(AccessHead(*end, *begins, ""))
            return self._append(entries, AccessHead(*end, *begins, ""), Access(now, who, (), ACCEPTED, (), why=why))

    def _append(self, entries: AccessEntries, head: AccessHead, shown: Access) -> int:
        told = {"roles": list(shown.roles), **({"why": shown.why} if shown.why is not None else {})}
        draft = Draft(shown.at, shown.page, shown.account, told, shown.students)
        (row,) = chained([draft], HeadRow(head.seq, head.hash, ""))
        moved = replace(head, seq=row.seq, hash=row.hash)
        entries.append(row, set(shown.students), replace(moved, mac=self._mac(moved)))
        return row.seq

    def _end(self, entries: AccessEntries) -> AccessHead:
        """Return the head; raise LedgerBroken if the end was changed, since a new entry would hide that."""
        end = entries.end()
        if end is None or not self._is_signed(end[0]):
            raise LedgerBroken(
                f"the end of the access log is not as it was signed, and no page with names is shown: {REMEDY}"
            )
        head, seq, digest = end
        if ((seq, digest) if seq else (head.before, head.before_hash)) != (head.seq, head.hash):
            raise LedgerBroken(
                f"the last entries of the access log are missing, and no page with names is shown: {REMEDY}"
            )
        return head

    def _is_signed(self, head: AccessHead) -> bool:
        if not head.seq:
            # The migration lays it down, without the key.
            return (head.hash, head.before, head.before_hash, head.mac) == ("", 0, "", "")
        return hmac.compare_digest(self._mac(head).encode(), str(head.mac).encode("utf-8", "replace"))

    def _mac(self, head: AccessHead) -> str:
        content = {"seq": head.seq, "hash": head.hash, "before": head.before, "before_hash": head.before_hash}
        return self._ledger.signature(_HEAD, content)


def _last_over(entries: AccessEntries, last: HeadRow, before: str) -> EntryRow | None:
    """Return the last of the entries behind `last` whose time is over and that hide no tampering once they are deleted."""
    old = whole = None
    is_young = is_broken = is_accepted = False
    for row, students in entries.stream():
        if entry_fault(row, last, students) is not None:
            is_broken, is_accepted = True, False
        elif row.kind == ACCEPTED:
            is_accepted = True
        # A clock that was wrong makes no young entry old: what follows a young one stays, whatever its own moment.
        is_young = is_young or not isinstance(row.at, str) or row.at >= before
        if is_young and not is_broken:
            return whole
        old = old if is_young else row
        whole = whole if is_broken else row
        last = HeadRow(row.seq, row.hash, "")
    # The signed end vouches for every entry behind the last fault, so also for the one that accepted it.
    return old if is_accepted else whole


def _end_fault(unit: Unit, head: AccessHead, last: HeadRow) -> tuple[int | None, str | None]:
    if last.seq < head.seq:
        return last.seq + 1, f"entries {last.seq + 1} to {head.seq} are missing"
    if (last.seq, last.hash) != (head.seq, head.hash):
        return last.seq, "the last entry is not the one that the head was signed for"
    if unit.access.other_heads():
        return None, "there is a second head"
    if unit.access.orphans():
        return None, "there are students of an entry that the log does not have"
    return None, None


def _accesses(unit: Unit, rows: Sequence[EntryRow]) -> list[Access]:
    students = unit.access.students_of([row.seq for row in rows])
    return [_access(row, students.get(row.seq, frozenset())) for row in rows]


def _access(row: EntryRow, students: frozenset[str]) -> Access:
    told: dict[str, object] = {}
    # A list shows what can be read; `verify` says what was changed.
    with suppress(TypeError, ValueError, KeyError):
        told = json.loads(row.details or "")["details"]
    roles, why = told.get("roles"), told.get("why")
    try:
        at = datetime.fromisoformat(row.at)
    except (TypeError, ValueError):
        raise LedgerBroken(f"entry {row.seq} of the access log was changed: {REMEDY}") from None
    named = tuple(str(each) for each in roles) if isinstance(roles, list) else ()
    return Access(at, row.subject, named, row.kind, tuple(sorted(students)), str(why) if why else None, row.seq)
