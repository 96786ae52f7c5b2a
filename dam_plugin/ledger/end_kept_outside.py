"""The newest signed end of the ledger, kept outside of the database: it shows that an older database was put back.

It is kept as an object in the bucket and, for an SQLite database, also in a file beside it. The file is written after each
commit. The object is written at most `LAG_SECONDS` after a commit, and when the store is closed. So the kept end is never
newer than the database, unless somebody has put back an older database or restored a backup.
"""

from __future__ import annotations

import atexit
import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from dam_plugin.errors import AssetMissing, DamPluginError, LedgerBroken
from dam_plugin.library.object_keys import LEDGER
from dam_plugin.library.s3 import Library
from dam_plugin.private_files import write_private
from dam_plugin.store import Sealer
from dam_plugin.store.ledger_entries import Entries
from dam_plugin.store.seals import State

log = logging.getLogger(__name__)

LAG_SECONDS = 30.0
# How long a process waits once for the bucket before it writes: a storage that hangs must not block an opt-out.
FIRST_SECONDS = 2.0
CLOSE_SECONDS = 5.0
OBJECT = f"{LEDGER}head.json"
_HEAD = "outside head"
_MOST_BYTES = 4096
REMEDY = (
    "restore the newest backup, or, where this is the one that shall count, `dam-plugin ledger accept --why TEXT --as "
    "custodian:NAME`"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A signed state as it was kept: its number, the ledger's end, and when."""

    turn: int
    seq: int
    hash: str
    at: str

    @property
    def what(self) -> tuple[int, int, str]:
        """Return what was kept, without when."""
        return self.turn, self.seq, self.hash

    def fault(self, place: str, entries: Entries, turn: int) -> str | None:
        """Return a sentence where this contradicts a database whose state has the number `turn`, else None."""
        if self.turn > turn:
            return (
                f"{place} has the state {self.turn} of {self.at}, with entry {self.seq}, and the database is at {turn}: an "
                f"older one was put in its place; {REMEDY}"
            )
        if self.seq and [row.hash for row in entries.numbered([self.seq], moved_too=True)] != [self.hash]:
            return (
                f"{place} has another entry {self.seq} than the database: an older one was put in its place; {REMEDY}"
            )
        return None


class Place(Protocol):
    """Where the head is kept."""

    @property
    def name(self) -> str:
        """Its name for people."""

    def read(self) -> bytes | None:
        """Return what is kept, None if nothing is. Raises DamPluginError, OSError."""

    def write(self, data: bytes) -> None:
        """Keep this in place of what is kept. Raises DamPluginError, OSError."""


class InFile:
    """Beside the database's file, for its owner alone."""

    def __init__(self, database: Path) -> None:
        """Take the database's file."""
        self._path = database.parent / f"{database.name}.head"

    @property
    def name(self) -> str:
        """Return the file's name."""
        return f"the file {self._path.name}"

    def read(self) -> bytes | None:
        """Return the content of the file."""
        with suppress(FileNotFoundError):
            return self._path.read_bytes()[:_MOST_BYTES]
        return None

    def write(self, data: bytes) -> None:
        """Replace the file whole."""
        write_private(self._path, data.decode())


class InBucket:
    """Keeps the end as an object under the plugin's own prefix; with a retention where the bucket has Object Lock."""

    name = f"the bucket's {OBJECT}"

    def __init__(self, library: Library) -> None:
        """Take the bucket's library."""
        self._library = library
        self._version: str | None = None

    def read(self) -> bytes | None:
        """Return the newest version of the object."""
        with suppress(AssetMissing):
            return self._library.read(OBJECT, limit=_MOST_BYTES)
        return None

    def write(self, data: bytes) -> None:
        """Store a new version, and delete the one that this process stored before, unless a retention keeps it."""
        before, self._version = self._version, self._library.put_retained(OBJECT, data, media_type="application/json")
        if before is not None:
            self._library.delete(OBJECT, before)


@dataclass(frozen=True, slots=True)
class Told:
    """How a place stands: what it keeps, or why that is not known."""

    name: str
    kept: Kept | None = None
    error: str | None = None


class EndKeptOutside:
    """Keeps the head in places outside; compares it before anything more is signed for."""

    def __init__(self, sealer: Sealer, near: Sequence[Place], far: Sequence[Place]) -> None:
        """Take places that answer at once, and slow places that a separate thread reads and writes."""
        self._sealer = sealer
        self._near, self._far = tuple(near), tuple(far)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._asked = threading.Event()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._floor = 0
        # What each place keeps that was found to be in the database's chain.
        self._agreed: dict[str, tuple[int, int, str]] = {}
        self._far_kept: list[tuple[str, Kept]] = []
        self._due: State | None = None

    def begin(self) -> None:
        """Read the slow places, once in a process, and wait a moment for their answers."""
        # A process that was forked has no thread of its own.
        if self._far and (self._thread is None or not self._thread.is_alive()):
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._closing = False
                    atexit.register(self.close)
                    self._thread = threading.Thread(target=self._run, name="ledger-head", daemon=True)
                    self._thread.start()
            self._asked.wait(FIRST_SECONDS)

    def check(self, entries: Entries, signed: State) -> None:
        """Raise LedgerBroken if the state that is about to be committed does not follow the one that is kept."""
        if signed.is_accepted:
            return
        turn = signed.turn - 1
        if turn < self._floor:
            raise LedgerBroken(
                f"the database was put back to an older state while this process worked with it: {REMEDY}"
            )
        near = [(told.name, told.kept) for told in map(self._told, self._near) if told.kept is not None]
        for name, kept in (*near, *self._far_kept):
            if kept.turn <= turn and self._agreed.get(name) == kept.what:
                continue
            fault = kept.fault(name, entries, turn)
            if fault is not None:
                raise LedgerBroken(fault)
            self._agreed[name] = kept.what

    def note(self, signed: State) -> None:
        """Keep the committed state: in near places at once, in far places soon."""
        self._floor = signed.turn if signed.is_accepted else max(self._floor, signed.turn)
        for place in self._near:
            self._write(place, signed)
            self._agreed[place.name] = signed.turn, signed.seq, signed.hash
        with self._lock:
            if self._due is None or signed.turn > self._due.turn:
                self._due = replace(signed, is_accepted=signed.is_accepted or bool(self._due and self._due.is_accepted))
            if signed.is_accepted:
                self._far_kept = []

    def close(self) -> None:
        """Write the due state to the far places, for a few seconds at most."""
        thread = self._thread
        if thread is not None:
            self._closing = True
            self._wake.set()
            thread.join(CLOSE_SECONDS)
            self._thread = None
            self._wake.clear()
            atexit.unregister(self.close)

    def told(self) -> list[Told]:
        """Return the state of each place."""
        return [self._told(place) for place in (*self._near, *self._far)]

    def faults(self, entries: Entries, state: State | None) -> Iterator[str]:
        """Yield the contradictions to the database as it is; a place that does not answer yields none."""
        for told in self.told():
            if told.kept is not None:
                fault = told.kept.fault(told.name, entries, state.turn if state else 0)
                if fault is not None:
                    yield fault
            elif told.error is not None and told.error == _FORGED:
                yield f"{told.name} {_FORGED}: {REMEDY}"

    def newest(self) -> int:
        """Return the greatest number of a state that any place keeps."""
        return max((told.kept.turn for told in self.told() if told.kept is not None), default=0)

    def _run(self) -> None:
        found = [(told.name, told.kept) for told in map(self._told, self._far) if told.kept is not None]
        self._far_kept = found
        self._asked.set()
        while not self._closing:
            self._wake.wait(LAG_SECONDS)
            self._flush()
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            due, self._due = self._due, None
        if due is None:
            return
        for place in self._far:
            kept = self._told(place).kept
            if kept is not None and kept.turn > due.turn and not due.is_accepted:
                # Another process has told it more; or the database was put back, which the next check sees.
                self._far_kept = [(place.name, kept)]
                continue
            self._write(place, due)

    def _write(self, place: Place, state: State) -> None:
        told = {
            "turn": state.turn,
            "seq": state.seq,
            "hash": state.hash,
            "at": datetime.now(UTC).isoformat("T", "seconds"),
        }
        data = json.dumps({**told, "mac": self._sealer.signature(_HEAD, told)}, sort_keys=True)
        try:
            place.write(data.encode())
        except (DamPluginError, OSError) as error:
            log.warning("the ledger's head was not kept in %s (%s)", place.name, type(error).__name__)

    def _told(self, place: Place) -> Told:
        try:
            data = place.read()
        except (DamPluginError, OSError) as error:
            return Told(place.name, error=str(error) if isinstance(error, DamPluginError) else type(error).__name__)
        if data is None:
            return Told(place.name)
        kept = self._signed(data)
        return Told(place.name, kept, None if kept else _FORGED)

    def _signed(self, data: bytes) -> Kept | None:
        try:
            told: dict[str, Any] = json.loads(data)
            mac = told.pop("mac")
            kept = Kept(**told)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        return kept if self._sealer.is_signed(_HEAD, told, mac) else None


_FORGED = "was not signed with this signing key"
