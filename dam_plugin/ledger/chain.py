"""The ledger: every attempt to share, in a chain of hashes with a signed end. It is appended to, read and verified here.

The chain holds only salted digests. So details may be deleted lawfully (34 CFR 99.32 asks to keep them as long as the
record) and the chain stays whole. Verifying also checks that each deletion is on record, each row has its entry, and the
rows in force fit their seals. What is under an order that forbids telling stands in a chain of its own, the sealed book, so
that no number, gap or count of the ledger tells of it. What was written before such an order came to light is moved there:
its place in the chain stays, and is shown to nobody. An older copy of the database with its older head is still valid by
itself; `end_kept_outside.py` notices it. The rows themselves are in the store.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice
from json.encoder import encode_basestring_ascii
from typing import Any

from dam_plugin.errors import LedgerBroken, SettingsError
from dam_plugin.model import LedgerEntry, Outcome
from dam_plugin.store import EntryRow, HeadRow, Unit
from dam_plugin.store.codec import canonical, to_plain
from dam_plugin.store.ledger_entries import CheckpointRow, Entries
from dam_plugin.store.seals import SECRETS, UNSEALED, Bent, State

_SALT_BYTES = 16
# How many faults beside the first are told one by one.
MOST_TOLD = 100
_START = HeadRow(0, "", "")
FORGET = "forget"
"""The kind of the entry about a deletion: its `entries` are the numbers of those that lost their details."""
DESTRUCTION = "destruction"
"""The kind of the entries of the log of destructions, which is kept forever."""
NOTICE_EFFORT = "notice-effort"
"""The kind of the entries about telling a family of an order before it is answered (34 CFR 99.31(a)(9)(ii))."""
REMEDY = "restore a backup, or `dam-plugin ledger accept --why TEXT --as custodian:NAME` once it is right"
_OPENED = (Outcome.ALLOW.word, Outcome.REDACT.word)
_HOW = {
    "changed": "is kept otherwise than it was sealed",
    "added": "was put there beside the program",
    "missing": "is missing",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether the chain holds; where and why it does not. `head` is the last entry's hash, for a copy kept elsewhere.

    `broken_at` is the entry's number, null if the head itself is wrong. `details_deleted` counts the entries without
    details among those that were read. `others` lists further faults, a sentence each; `untold` counts the faults that
    are not listed. `behind` and `whole_at`: only what followed that entry was read, and all before it was found to hold at
    that time (ISO 8601); null where everything was read.
    """

    entries: int
    ok: bool
    broken_at: int | None = None
    why: str | None = None
    details_deleted: int = 0
    head: str | None = None
    others: tuple[str, ...] = ()
    untold: int = 0
    behind: int | None = None
    whole_at: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has its place in the chain; the arguments of `Ledger.append`.

    `details` may be the text that `written_details` makes of them and of these students, where that was done before.
    `secret`: it belongs in the sealed book.
    """

    at: datetime
    kind: str
    subject: str
    details: Mapping[str, Any] | str
    students: Collection[str] = ()
    secret: bool = False


def written_details(details: Mapping[str, Any], students: Collection[str] = ()) -> str:
    """Return the text of an entry's details that is kept and hashed, with the students that it concerns."""
    return canonical({"details": to_plain(dict(details)), "students": sorted(set(students))})


class Ledger:
    """Appends to the chain and verifies it, inside the caller's transaction."""

    __slots__ = ("_key",)

    def __init__(self, signing_key: str) -> None:
        """Take the key that signs the chain's end; raise SettingsError if it is empty."""
        if not signing_key:
            raise SettingsError("DAM_PLUGIN_SIGNING_KEY is empty: run `dam-plugin init`")
        self._key = signing_key.encode("utf-8", "surrogatepass")

    def append(
        self,
        unit: Unit,
        *,
        at: datetime,
        kind: str,
        subject: str,
        details: Mapping[str, Any],
        students: Collection[str] = (),
        secret: bool = False,
    ) -> LedgerEntry:
        """Add one entry; it is kept together with all other writes of the transaction, or not at all.

        `subject` is an id that tells nothing about a person (a share, a release, a link, an asset); `details` is plain
        data, `students` are the students it concerns. `secret`: it goes into the sealed book. Raises LedgerBroken if the end
        of the chain is wrong.
        """
        return self.append_many(unit, [Draft(at, kind, subject, details, students, secret)])[0]

    def append_many(self, unit: Unit, drafts: Sequence[Draft]) -> list[LedgerEntry]:
        """Add entries in order, as `append` does, with no more statements than for one entry."""
        if not drafts:
            return []
        last = self._end(unit)
        if not last.seq and unit.entries.has_shares_but({draft.subject for draft in drafts if draft.kind == "share"}):
            # An empty head needs no signature, so that anybody could lay it down.
            raise LedgerBroken(
                "the ledger is empty, though the store keeps shares: run `dam-plugin ledger verify` and restore a backup"
            )
        open_ones = [draft for draft in drafts if not draft.secret]
        rows = chained(open_ones, last)
        if rows:
            head = HeadRow(rows[-1].seq, rows[-1].hash, self._mac(rows[-1].seq, rows[-1].hash))
            unit.entries.append([(row, set(draft.students)) for row, draft in zip(rows, open_ones, strict=True)], head)
        if len(open_ones) == len(drafts):
            return [_entry(row) for row in rows]
        before = unit.secrets.last()
        of_book = HeadRow(before.seq, before.hash, "") if before else HeadRow(0, "", "")
        secret = chained([draft for draft in drafts if draft.secret], of_book)
        unit.secrets.append(secret)
        entries, secrets = (_entry(row) for row in rows), (_entry(row, secret=True) for row in secret)
        return [next(secrets if draft.secret else entries) for draft in drafts]

    def seal(self, unit: Unit, rows: Sequence[EntryRow]) -> None:
        """Move the content of these entries, which have their details, into the sealed book; the chain stays whole.

        Each goes there with its time, kind, subject, salt and details, so its digest is the one that the chain holds.
        """
        last = unit.secrets.last()
        seq, previous = (last.seq, last.hash) if last else (0, "")
        moved = []
        for row in rows:
            seq += 1
            digest = _hash(seq, row.at, row.kind, row.subject, row.body, previous)
            moved.append(replace(row, seq=seq, previous=previous, hash=digest))
            previous = digest
        numbers = [row.seq for row in rows]
        unit.secrets.append(moved, numbers)
        unit.entries.delete_details(numbers)

    def tell_anew(self, unit: Unit, rows: Sequence[EntryRow], only: Collection[str] = ()) -> None:
        """Append entries of the sealed book to the ledger, with their own days: what they tell of is secret no more.

        The book keeps them, since its chain stays whole. `only`: of their students these alone are concerned [all].
        """
        drafts = []
        for row in rows:
            if row.details is None:
                continue
            students, details = students_of_entry(row), row.details
            if only and not students <= set(only):
                students &= set(only)
                details = written_details(json.loads(details)["details"], students)
            drafts.append(Draft(datetime.fromisoformat(row.at), row.kind, row.subject, details, students))
        self.append_many(unit, drafts)

    def verify(self, unit: Unit) -> Verification:
        """Read the whole chain and return whether it holds, or where it breaks first and why."""
        found = self.check(unit.entries.stream(), unit.entries.head, unit.secrets.moved)
        if not found.ok:
            return found
        if unit.entries.other_heads():
            return replace(found, ok=False, why="there is a second head")
        faults = chain(beside(unit.entries), in_force(unit), in_book(unit))
        first = next(faults, None)
        if first is None:
            return found
        others = [why for _, why in islice(faults, MOST_TOLD)]
        untold = sum(1 for _ in faults)
        return replace(found, ok=False, broken_at=first[0], why=first[1], others=tuple(others), untold=untold)

    def keep_checkpoint(self, unit: Unit, whole: Verification, at: datetime) -> None:
        """Keep, signed, up to where the ledger was found to hold, in place of what was kept; nothing of a broken one."""
        if whole.ok and whole.behind is None and whole.head is not None:
            seq, digest, moment = whole.entries, whole.head, moment_as_text(at)
            unit.entries.keep_checkpoint(CheckpointRow(seq, digest, moment, self._checkpoint_mac(seq, digest, moment)))

    def verify_since(self, unit: Unit) -> Verification | None:
        """Return whether the chain holds behind the kept checkpoint, None where none is kept that this key signed.

        It reads the entries that followed, the chain's end, and whether the rows in force are those that were signed for at
        it. What was changed before the checkpoint, in the chain or beside it, is found by `verify` alone.
        """
        kept = unit.entries.checkpoint()
        if kept is None or not hmac.compare_digest(
            _bytes(self._checkpoint_mac(kept.seq, kept.hash, kept.at)), _bytes(kept.mac)
        ):
            return None
        begun = HeadRow(kept.seq, kept.hash, "")
        if [row.hash for row in unit.entries.numbered([kept.seq], moved_too=True)] != [kept.hash]:
            why = f"entry {kept.seq} is not the one up to which the ledger was found to hold on {kept.at[:10]}"
            return Verification(0, ok=False, broken_at=kept.seq, why=why, behind=kept.seq, whole_at=kept.at)
        found = self.check(unit.entries.stream(kept.seq), unit.entries.head, unit.secrets.moved, begun)
        found = replace(found, behind=kept.seq, whole_at=kept.at)
        if found.ok and unit.entries.other_heads():
            return replace(found, ok=False, why="there is a second head")
        fault = next((told for _, told in state_fault(unit)), None) if found.ok else None
        return found if fault is None else replace(found, ok=False, why=fault)

    def _checkpoint_mac(self, seq: int, digest: str, at: str) -> str:
        return self.signature("ledger checkpoint", {"seq": seq, "hash": digest, "at": at})

    def check(
        self,
        rows: Iterable[tuple[EntryRow, frozenset[str]]],
        head: Callable[[], HeadRow | None],
        moved: Callable[[], Collection[int]],
        behind: HeadRow = _START,
    ) -> Verification:
        """Return whether these entries, each with the students it is listed under, are a chain that ends at `head`.

        `moved` returns the numbers of the entries whose content is in the sealed book. Both are called after the entries
        were read. `behind` is the entry that they follow.
        """
        count, last = behind.seq, behind
        deletions = Deletions()
        for row, students in rows:
            why = entry_fault(row, last, students)
            if why is not None:
                # Where entries are missing, the first of them is where the chain breaks.
                where = min(last.seq + 1, row.seq)
                return Verification(count, False, where, why, len(deletions.missing), last.hash or None)  # noqa: FBT003
            count += 1
            deletions.pass_by(row)
            last = HeadRow(row.seq, row.hash, "")
        broken_at, why = self._end_fault(head(), last)
        if why is None:
            broken_at, why = deletions.fault(moved())
        return Verification(
            count, why is None, broken_at, why, len(deletions.missing - set(moved())), last.hash or None
        )

    def show(
        self, unit: Unit, *, last: int | None, kind: str | None = None
    ) -> list[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Return the last entries (null = all), oldest first, with their details, null if these were deleted."""
        return [(_entry(row), _details(row)) for row in unit.entries.last(last, kind)]

    def stream(self, unit: Unit, *, kind: str) -> Iterator[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Yield the entries of one kind as `show` returns them, oldest first, a batch in memory at a time."""
        for row in unit.entries.of_kind(kind):
            yield _entry(row), _details(row)

    def closings_at(
        self, unit: Unit, moments: Iterable[datetime]
    ) -> Iterator[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Yield the entries of closings that were made at these moments, as `show` returns them."""
        for row in unit.entries.closings_at(set(map(moment_as_text, moments))):
            yield _entry(row), _details(row)

    def about(
        self, unit: Unit, kind: str, subjects: Collection[str], *, secret: bool = False
    ) -> Iterator[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Yield the entries of one kind about these subjects, as `show` returns them; `secret`: the sealed book's too."""
        subjects = set(subjects)
        for row in unit.entries.of_subjects(kind, subjects):
            yield _entry(row), _details(row)
        for row in unit.secrets.of_subjects(kind, subjects) if secret else ():
            yield _entry(row, secret=True), _details(row)

    def of_students(
        self, unit: Unit, kind: str, students: Collection[str]
    ) -> list[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Return the entries of one kind that concern any of these students, as `show` returns them, oldest first."""
        return [(_entry(row), _details(row)) for row in unit.entries.of_students(kind, students)]

    def book(self, unit: Unit) -> list[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Return the entries of the sealed book, oldest first. Raises LedgerBroken where one was changed."""
        unit.secrets.check()
        return [(_entry(row, secret=True), _details(row)) for row in unit.secrets.all()]

    def numbered(self, unit: Unit, seqs: Collection[int]) -> list[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Return the entries of these numbers, as `show` returns them."""
        return [(_entry(row), _details(row)) for row in unit.entries.numbered(seqs)]

    def student(
        self, unit: Unit, student_id: str, *, secret: bool = False
    ) -> list[tuple[LedgerEntry, dict[str, Any] | None]]:
        """Return the entries that concern a student, oldest first: the record of disclosures of 34 CFR 99.32.

        `secret`: the sealed book's too, after the ledger's.
        """
        found = [(_entry(row), _details(row)) for row in unit.entries.of_student(student_id)]
        if secret:
            unit.secrets.check()
            again = {(row.at, row.kind, row.subject) for row in unit.entries.of_student(student_id)}
            theirs = [
                row
                for row in unit.secrets.all()
                if student_id in students_of_entry(row) and (row.at, row.kind, row.subject) not in again
            ]
            found += [(_entry(row, secret=True), _details(row)) for row in theirs]
        return found

    def forget(self, unit: Unit, seqs: Collection[int]) -> int:
        """Delete the details and the students of these entries; return how many had any. The chain stays whole.

        INVARIANT: an entry of the kind `FORGET` in the same transaction names them; otherwise they count as
        removed by somebody.
        """
        return unit.entries.delete_details(seqs)

    def _end(self, unit: Unit) -> HeadRow:
        """Lock and return the head; raise LedgerBroken if the end was changed, since a new entry would hide that."""
        end = unit.entries.end()
        if end is None:
            raise LedgerBroken("the ledger's head is missing: run `dam-plugin ledger verify` and restore a backup")
        head, last = end
        if not self._signed(head) or (last.seq, last.hash) != (head.seq, head.hash):
            raise LedgerBroken(
                "the ledger's head does not fit its entries or the signing key: run `dam-plugin ledger verify`"
            )
        return head

    def _end_fault(self, head: HeadRow | None, last: HeadRow) -> tuple[int | None, str | None]:
        if head is None:
            return None, "the head is missing"
        if not self._signed(head):
            return None, "the head was changed, or signed with another key"
        if last.seq < head.seq:
            return last.seq + 1, f"entries {last.seq + 1} to {head.seq} are missing"
        if last.seq > head.seq:
            return head.seq + 1, f"entry {head.seq + 1} was added past the head"
        if head.hash != last.hash:
            return last.seq, f"entry {last.seq} is not the one that the head was signed for"
        return None, None

    def _signed(self, head: HeadRow) -> bool:
        # SQLite keeps bytes or a text where it is made to.
        if type(head.seq) is not int or not isinstance(head.hash, str) or not isinstance(head.mac, str):
            return False
        expected = self._mac(head.seq, head.hash) if head.seq else ""
        return hmac.compare_digest(_bytes(expected), _bytes(head.mac)) and bool(head.hash) == bool(head.seq)

    def withheld(self, numbers: Collection[int], head: HeadRow) -> dict[str, Any]:
        """Return the numbers of the entries that an export gives without content, signed for this end of the chain."""
        told = sorted(numbers)
        return {"entries": told, "mac": self.signature("ledger withheld", {"entries": told, "hash": head.hash})}

    def signature(self, what: str, content: Mapping[str, Any]) -> str:
        """Return the signature of something of the ledger, or that is kept beside it: `what` is its name, and no other's."""
        message = f"dam-plugin {what}\0{canonical(dict(content))}".encode()
        return hmac.digest(self._key, message, "sha256").hex()

    def _mac(self, seq: int, entry_hash: str) -> str:
        return self.signature("ledger head", {"seq": seq, "hash": entry_hash})


def chained(drafts: Iterable[Draft], last: HeadRow) -> list[EntryRow]:
    """Return the rows of entries that follow `last`, in order."""
    rows: list[EntryRow] = []
    for draft in drafts:
        row = _row(draft, last)
        rows.append(row)
        last = HeadRow(row.seq, row.hash, "")
    return rows


def _row(draft: Draft, last: HeadRow) -> EntryRow:
    salt = secrets.token_hex(_SALT_BYTES)
    details = draft.details
    text = details if isinstance(details, str) else written_details(details, draft.students)
    seq, at, body = last.seq + 1, moment_as_text(draft.at), _body(salt, text)
    digest = _hash(seq, at, draft.kind, draft.subject, body, last.hash)
    return EntryRow(seq, at, draft.kind, draft.subject, body, last.hash, digest, salt, text)


def entry_fault(  # noqa: PLR0911 - one line per fault, in the order in which they are looked for
    row: EntryRow, last: HeadRow, students: frozenset[str]
) -> str | None:
    """Return the fault of an entry that should follow `last`."""
    if row.seq != last.seq + 1:
        return f"entry {last.seq + 1} is missing" if row.seq > last.seq else f"an entry is numbered {row.seq}"
    if row.is_bare:
        return None if row.previous == last.hash else f"entry {row.seq} does not follow the entry before it"
    # SQLite keeps bytes in a text column when it is made to.
    if not all(isinstance(text, str) for text in (row.at, row.kind, row.subject, row.body, row.previous, row.hash)):
        return f"entry {row.seq} was changed"
    if row.hash != _hash(row.seq, row.at, row.kind, row.subject, row.body, row.previous):
        return f"entry {row.seq} was changed"
    if row.previous != last.hash:
        return f"entry {row.seq} does not follow the entry before it"
    if row.salt is None or row.details is None:
        return f"entry {row.seq} is listed under students, though its details are not there" if students else None
    if not isinstance(row.salt, str) or not isinstance(row.details, str) or row.body != _body(row.salt, row.details):
        return f"the details of entry {row.seq} were changed"
    if not _names(row.details, students):
        return f"the students that entry {row.seq} is listed under were changed"
    return None


def _hash(seq: int, at: str, kind: str, subject: str, body: str, previous: str) -> str:
    """Return the hash of an entry: over the canonical JSON of these, written by hand since it is written so often."""
    at, kind, subject, body, previous = map(encode_basestring_ascii, (at, kind, subject, body, previous))
    content = f'{{"at":{at},"body":{body},"kind":{kind},"previous":{previous},"seq":{seq:d},"subject":{subject}}}'
    return hashlib.sha256(content.encode()).hexdigest()


def _names(details: str, students: frozenset[str]) -> bool:
    """Whether the text of details says that exactly these students are concerned."""
    if not all(isinstance(each, str) for each in students):
        return False
    # The students are at the end of the text; reading the whole text costs more than checking its hash.
    if details.endswith(f',"students":[{",".join(map(encode_basestring_ascii, sorted(students)))}]}}'):
        return True
    return set(json.loads(details)["students"]) == students


def _body(salt: str, details: str) -> str:
    return hashlib.sha256(_bytes(salt) + _bytes(details)).hexdigest()


def _bytes(text: object) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")


def moment_as_text(at: datetime) -> str:
    """Return a moment as entries have it: texts of moments come in their order. Raises ValueError for one without a zone."""
    if at.tzinfo is None:
        raise ValueError("a ledger entry needs a time with a zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def students_of_entry(row: EntryRow) -> set[str]:
    """Return the students whom an entry concerns, as its details say; none where these do not say it."""
    with suppress(TypeError, ValueError, KeyError):
        return set(json.loads(row.details or "")["students"])
    return set()


def _entry(row: EntryRow, *, secret: bool = False) -> LedgerEntry:
    try:
        at = datetime.fromisoformat(row.at)
    except (TypeError, ValueError):
        raise LedgerBroken(f"entry {row.seq} of the ledger was changed: run `dam-plugin ledger verify`") from None
    return LedgerEntry(row.seq, at, row.kind, row.subject, row.body, row.previous, row.hash, secret)


def _details(row: EntryRow) -> dict[str, Any] | None:
    if row.details is None:
        return None
    try:
        details: dict[str, Any] = json.loads(row.details)["details"]
    except (TypeError, ValueError, KeyError):
        raise LedgerBroken(
            f"the details of entry {row.seq} of the ledger were changed: run `dam-plugin ledger verify`"
        ) from None
    return details


class Deletions:
    """Which entries lost their details, and which of these a deletion on record names."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.missing: set[int] = set()
        self._bare: set[int] = set()
        self._named: set[int] = set()

    def pass_by(self, row: EntryRow) -> None:
        """Take the next entry of a chain; its details were compared with its hash before."""
        if row.is_bare:
            self._bare.add(row.seq)
        elif row.details is None:
            self.missing.add(row.seq)
        elif row.kind == FORGET:
            named = json.loads(row.details)["details"].get("entries")
            # A deletion comes after what it deletes.
            self._named |= {each for each in named or () if type(each) is int and each < row.seq}

    def fault(self, moved: Collection[int]) -> tuple[int | None, str | None]:
        """Return the first entry with missing details and no deletion on record, and a sentence about it; or None twice.

        The content of the `moved` ones is in the sealed book.
        """
        unnamed = (self.missing - self._named | self._bare) - set(moved)
        if not unnamed:
            return None, None
        return min(unnamed), f"the details of entry {min(unnamed)} are missing, and no deletion on record names it"


def beside(entries: Entries) -> Iterator[tuple[int | None, str]]:
    """Yield faults of the rows beside a valid chain: rows without an entry, and shares that differ from their entries."""
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


def in_force(unit: Unit, *, secret: bool = True) -> Iterator[tuple[int | None, str]]:
    """Yield faults of the rows in force that do not fit their seals or the signed state, each with its entry's number.

    Students are given by pseudonym. Without `secret`, faults of the sealed book's rows are left out. A store without seals
    has nothing to compare.
    """
    if not unit.seals.is_kept:
        return
    state = yield from state_fault(unit)
    if state is not None:
        for bent in unit.seals.faults():
            if secret or bent.kind is not SECRETS:
                yield _told_of(unit, bent)
    yield from _openings(unit)


def state_fault(unit: Unit) -> Generator[tuple[int | None, str], None, State | None]:
    """Yield a fault of the signed state of the rows in force, without reading these; return the state, if it is signed."""
    if not unit.seals.is_kept:
        return None
    try:
        state = unit.seals.state()
    except LedgerBroken as error:
        yield None, str(error)
        return None
    head = unit.entries.head()
    if state is None and not unit.seals.is_empty():
        yield None, UNSEALED
    if state is not None and head is not None and (state.seq, state.hash) != (head.seq, head.hash):
        yield (
            None,
            f"what is in force was signed for at entry {state.seq}, and the ledger ends at entry {head.seq}: {REMEDY}",
        )
    return state


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
    """Yield the links whose count of openings differs from their entries; entries without details may count either way."""
    for link, counted, told, unknown, last in unit.entries.openings_counted(_OPENED):
        if not told <= counted <= told + unknown:
            least = f"{told}" if not unknown else f"{told} to {told + unknown}"
            yield (
                last,
                f"the link {link} counts {counted} opening(s), and the ledger has {least}, see entry {last}: {REMEDY}",
            )


def in_book(unit: Unit) -> Iterator[tuple[int | None, str]]:
    """Yield faults of the sealed book: where its chain breaks, and where it differs from the shares and links that it tells of.

    That rows were changed, added or taken out is found by their seals, as of the rows in force.
    """
    broken = book_fault(unit)
    if broken is not None:
        yield None, broken
        return
    moved = unit.secrets.moved()
    for row in unit.entries.numbered(list(moved), moved_too=True):
        there = moved.pop(row.seq)
        same = all(getattr(row, name) == getattr(there, name) for name in ("at", "kind", "subject", "body"))
        if not same or row.details is not None:
            yield row.seq, f"entry {row.seq} is kept otherwise than the sealed book has it"
    for number in moved:
        yield None, f"the sealed book has an entry {number} that the ledger does not have"
    openings: Counter[str] = Counter()
    for row in unit.secrets.all():
        told = _details(row) or {}
        openings[row.subject] += row.kind == "open" and told.get("outcome") in _OPENED
        told_anew = row.kind == "share" and next(unit.entries.of_subjects("share", {row.subject}), None) is not None
        if row.kind == "share" and not told_anew and not _is_kept(unit, row.subject, told):
            yield None, f"the share {row.subject} is kept otherwise than the sealed book has it"
    for link in unit.shares.stream_links():
        if link.secret and link.openings != openings[link.id]:
            yield (
                None,
                f"the link {link.id} counts {link.openings} opening(s), and the sealed book has {openings[link.id]}",
            )


def book_fault(unit: Unit) -> str | None:
    """Return in a sentence where the sealed book's chain breaks; None where it holds."""
    last = HeadRow(0, "", "")
    for row in unit.secrets.all():
        why = entry_fault(row, last, frozenset(students_of_entry(row)))
        if why is not None:
            return f"the sealed book is broken: {why}"
        last = HeadRow(row.seq, row.hash, "")
    return None


def _is_kept(unit: Unit, share_id: str, told: Mapping[str, Any]) -> bool:
    """Whether a share is kept as the details of its entry say."""
    kept = unit.shares.share(share_id)
    return kept is not None and _tells(told, kept.outcome, canonical(kept.decision), kept.asset_id)
