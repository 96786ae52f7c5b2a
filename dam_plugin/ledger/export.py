"""Writes the ledger to a file of JSON lines, and verifies such a file: with the signing key, without the database.

Each line is an entry, with its salt and details where they are kept; of one that was moved into the sealed book, only the
place in the chain. The last line is the signed head, with the signed numbers of these.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from dam_plugin.errors import InputError, LedgerBroken
from dam_plugin.ledger.chain import Ledger, Verification
from dam_plugin.store import EntryRow, HeadRow, Unit
from dam_plugin.store.codec import canonical

VERSION = 1
# Longer than any entry that we write: details hold a case, and a case of a whole district has some megabytes.
LONGEST_LINE = 64 * 1024 * 1024

_CHAINED = ("at", "kind", "subject", "body", "previous", "hash")
_KEPT = ("salt", "details", "students")
_BARE = ("seq", "previous", "hash")
_END = frozenset({"version", "entries", "head"})


def export(ledger: Ledger, unit: Unit, write: Callable[[bytes], object]) -> int:
    """Write the whole ledger, a line at a time, and return how many entries it has.

    Raises LedgerBroken if the head or an entry's details are not what was written.
    """
    count, moved = 0, unit.secrets.moved()
    for row, _ in unit.entries.stream():
        line = {name: getattr(row, name) for name in _BARE} if row.seq in moved else _line(row)
        write(canonical(line).encode() + b"\n")
        count += 1
    head = unit.entries.head()
    if head is None:
        raise LedgerBroken("the ledger's head is missing: run `dam-plugin ledger verify` and restore a backup")
    end: dict[str, Any] = {
        "version": VERSION,
        "entries": count,
        "head": {"seq": head.seq, "hash": head.hash, "mac": head.mac},
    }
    if moved:
        end["withheld"] = ledger.withheld(moved, head)
    write(canonical(end).encode() + b"\n")
    return count


def verify_export(ledger: Ledger, file: BinaryIO) -> Verification:
    """Return whether an exported ledger holds, or where it breaks first and why, as `Ledger.verify` does.

    Raises InputError, with the line, for what is no export at all.
    """
    lines = _Lines(file)
    found = ledger.check(lines.rows(), lambda: lines.head, lambda: _withheld(ledger, lines))
    why = None
    if found.ok and lines.has_more:
        why = "there is something behind the head"
    elif found.ok and lines.told != found.entries:
        why = f"the export says of itself that it has {lines.told} entries, and it has {found.entries}"
    return replace(found, ok=False, why=why) if why else found


def _withheld(ledger: Ledger, lines: _Lines) -> frozenset[int]:
    """Return the numbers that an export gives without content, as it was signed; none where the signature is not ours."""
    told, head = lines.withheld, lines.head
    if told is None or head is None:
        return frozenset()
    numbers = told["entries"]
    signed = ledger.withheld(numbers, head)
    return frozenset(numbers) if hmac.compare_digest(signed["mac"].encode(), _as_bytes(told["mac"])) else frozenset()


def _as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _line(row: EntryRow) -> dict[str, Any]:
    line: dict[str, Any] = {"seq": row.seq, **{name: getattr(row, name) for name in _CHAINED}}
    if row.salt is None or row.details is None:
        return line
    try:
        kept = json.loads(row.details)
        if canonical(kept) == row.details:
            return {**line, "salt": row.salt, "details": kept["details"], "students": kept["students"]}
    except (TypeError, ValueError, KeyError):
        pass
    raise LedgerBroken(f"the details of entry {row.seq} of the ledger were changed: run `dam-plugin ledger verify`")


class _Lines:
    """The lines of an export, read one by one: entries until the head."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        self.head: HeadRow | None = None
        self.told: int | None = None
        """How many entries the export says that it has."""
        self.withheld: dict[str, Any] | None = None
        """The numbers of the entries without content, and their signature."""

    def rows(self) -> Iterator[tuple[EntryRow, frozenset[str]]]:
        while (line := self._next()) is not None:
            if "head" in line:
                self.head = self._head(line)
                return
            yield self._entry(line)

    @property
    def has_more(self) -> bool:
        return bool(self._file.read(1))

    def _next(self) -> dict[str, Any] | None:
        data = self._file.readline(LONGEST_LINE + 1)
        if not data:
            return None
        self._number += 1
        if len(data) > LONGEST_LINE:
            raise self._no("is too long")
        try:
            line = json.loads(data)
        except (ValueError, RecursionError):
            raise self._no("is no JSON") from None
        if not isinstance(line, dict):
            raise self._no("is no JSON object")
        return line

    def _entry(self, line: dict[str, Any]) -> tuple[EntryRow, frozenset[str]]:
        if line.keys() == set(_BARE) and type(line["seq"]) is int and _are_texts([line["previous"], line["hash"]]):
            bare = EntryRow(line["seq"], "", "", "", "", line["previous"], line["hash"])
            return bare, frozenset()
        if type(line.get("seq")) is not int or not all(isinstance(line.get(name), str) for name in _CHAINED):
            raise self._no("is no entry")
        kept = [name in line for name in _KEPT]
        if set(line) - {"seq", *_CHAINED, *_KEPT} or (any(kept) and not all(kept)):
            raise self._no("is no entry")
        if not any(kept):
            return _row(line), frozenset()
        students = line["students"]
        if not isinstance(line["salt"], str) or not _are_texts(students):
            raise self._no("is no entry")
        try:
            text = canonical({"details": line["details"], "students": students})
        except (ValueError, RecursionError):
            raise self._no("is no entry") from None
        return replace(_row(line), salt=line["salt"], details=text), frozenset(students)

    def _head(self, line: dict[str, Any]) -> HeadRow:
        head = line["head"]
        if type(line.get("version")) is not int or line["version"] != VERSION:
            raise self._no("is the end of an export that another version of the program made")
        if (
            not isinstance(head, dict)
            or type(head.get("seq")) is not int
            or not _are_texts([head.get("hash"), head.get("mac")])
            or type(line.get("entries")) is not int
            or set(line) - {"withheld"} != _END
            or not _is_withheld(line.get("withheld", {"entries": [], "mac": ""}))
        ):
            raise self._no("is no head")
        self.told, self.withheld = line["entries"], line.get("withheld")
        return HeadRow(head["seq"], head["hash"], head["mac"])

    def _no(self, what: str) -> InputError:
        return InputError(
            f"line {self._number} of the export {what}: export the ledger again with `dam-plugin ledger export`"
        )


def _is_withheld(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"entries", "mac"} or not isinstance(value["mac"], str):
        return False
    return isinstance(value["entries"], list) and all(type(each) is int for each in value["entries"])


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _row(line: Mapping[str, Any]) -> EntryRow:
    return EntryRow(**{name: line[name] for name in ("seq", *_CHAINED)})
