"""Reads files in a process of its own, and survives a file that makes it hang, crash or use too much memory.

The parent holds the file and hands out bytes. A process is kept for the next file, since starting one takes longer than
reading. A file that exceeds a limit is `unreadable`, with the reason.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from pydantic import TypeAdapter, ValidationError

from dam_plugin.errors import DamPluginError
from dam_plugin.sandbox import Clock, Ended, kill, receive_object, send, send_object, start
from dam_tagging.facts import Facts
from dam_tagging.metadata.containers.blocks import MAX_BLOCK
from dam_tagging.metadata.read import HEAD, sniff
from dam_tagging.metadata.sidecars.sidecar import Siblings, chosen, no_siblings, starts

CHILD = "dam_plugin.intake.reader_child"
BUDGET = 128 * 1024 * 1024
START_SECONDS = 60
MOST_IDLE = 2
# One byte more than a sidecar may have: a larger one arrives as too large, and is never whole in memory.
MOST_BESIDE = MAX_BLOCK + 1
MOST_FILES = 1_000
"""A process is replaced after so many files, whatever a library may have kept of them."""

_FACTS = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of reading one file: seconds, megabytes of memory, bytes of the file; and exiftool's path, if used."""

    seconds: int = 20
    megabytes: int = 512
    budget: int = BUDGET
    exiftool: str | None = None


def read(
    file: BinaryIO,
    size: int,
    name: str,
    siblings: Siblings = no_siblings,
    there: Sequence[str] | None = None,
    *,
    limits: Limits,
) -> Facts:
    """Return what a file of `size` bytes and its sidecars say, read in a process of its own (`metadata.read.read`).

    What goes wrong in there makes the file `unreadable`, with the reason as its problem. Raises what `file` and
    `siblings` raise, and DamPluginError where no process can be started.
    """
    return _pool(limits).read(_Asked(file, size, name, siblings, there))


def read_local(path: Path, limits: Limits | None = None) -> Facts:
    """Return what a file of this machine and the sidecars beside it say. Raises OSError if it cannot be opened."""

    def sibling(name: str) -> BinaryIO | None:
        beside = path.parent / Path(name).name
        return beside.open("rb") if beside.is_file() else None

    begins = starts(path.name)
    there = chosen(path.name, (each.name for each in path.parent.iterdir() if each.name.startswith(begins)))
    with path.open("rb") as file:
        return read(file, path.stat().st_size, path.name, sibling, there, limits=limits or Limits())


def check(limits: Limits) -> None:
    """Start a reading process where none waits; raises DamPluginError if that fails."""
    _pool(limits).give_back(_pool(limits).take())


def forget() -> None:
    """End the processes that wait for a file; the next file gets a new one."""
    while _POOLS:
        _, pool = _POOLS.popitem()
        pool.close()


def _pool(limits: Limits) -> _Pool:
    return _POOLS.setdefault(limits, _Pool(limits))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One file to read, with what lies beside it."""

    file: BinaryIO
    size: int
    name: str
    siblings: Siblings
    there: Sequence[str] | None


class _Stopped(Exception):
    """The process had to be given up; the text is the reason, as one clause."""


class _Unused(_Stopped):
    """The process died before it asked for a byte of the file: one that waited may have died of anything."""


class _Pool:
    """The processes of one set of limits that wait for a file; each thread takes its own."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: list[_Process] = []
        self._lock = threading.Lock()

    def read(self, asked: _Asked) -> Facts:
        try:
            return self._read_in(self.take(), asked)
        except _Unused:
            return self._read_in(_Process(self._limits), asked, is_last=True)

    def _read_in(self, process: _Process, asked: _Asked, *, is_last: bool = False) -> Facts:
        """Return the facts that a process reads; raises _Unused where another is to be tried."""
        try:
            facts = process.read(asked)
        except _Stopped as stopped:
            process.close()
            if isinstance(stopped, _Unused) and not is_last:
                raise
            asked.file.seek(0)
            return Facts(media_type=sniff(asked.file.read(HEAD)), problems=(f"metadata unreadable: {stopped}",))
        except BaseException:
            # It waits for bytes that never come.
            process.close()
            raise
        self.give_back(process)
        return facts

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def take(self) -> _Process:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.is_usable:
                    return process
                process.close()
        return _Process(self._limits)

    def give_back(self, process: _Process) -> None:
        with self._lock:
            if process.files < MOST_FILES and len(self._idle) < MOST_IDLE:
                self._idle.append(process)
                return
        process.close()


# One for each set of limits: settings are read once in a process, so that there is hardly ever a second.
_POOLS: dict[Limits, _Pool] = {}


class _Process:
    """One reading process. Its clock runs only while the parent waits for it, not while the storage is slow."""

    def __init__(self, limits: Limits) -> None:
        self.files = 0
        self._limits = limits
        self._owner = os.getpid()
        try:
            self._popen = start(CHILD)
        except OSError as error:
            raise DamPluginError(f"the reading process cannot be started: {error.strerror}") from error
        self._watch = Clock(partial(kill, self._popen))
        self.close = weakref.finalize(self, _end, self._popen, self._watch, self._owner)
        try:
            send_object(self._requests, {"seconds": limits.seconds, "megabytes": limits.megabytes})
            self._hear(START_SECONDS)
        except (Ended, _Stopped) as error:
            self.close()
            raise DamPluginError(
                f"the reading process does not start within {limits.megabytes} MiB: raise METADATA_MEGABYTES, or "
                "reinstall the plugin"
            ) from error

    @property
    def is_usable(self) -> bool:
        """Whether it still runs, and is ours: after a fork it is the first process's."""
        return self._owner == os.getpid() and not self._watch.ran_out and self._popen.poll() is None

    @property
    def _requests(self) -> IO[bytes]:
        return _stream(self._popen.stdin)

    def read(self, asked: _Asked) -> Facts:
        self.files += 1
        limits = self._limits
        left = float(limits.seconds)
        fields = {"name": asked.name, "there": asked.there, "size": asked.size, "budget": limits.budget}
        request: dict[str, object] = {**fields, "exiftool": limits.exiftool, "seconds": limits.seconds}
        before = time.monotonic()
        heard = self._first_answer(request, left)
        while True:
            left -= time.monotonic() - before
            match heard:
                case {"need": [int(start), int(stop)]} if 0 <= start < stop <= asked.size:
                    asked.file.seek(start)
                    self._say(asked.file.read(stop - start))
                case {"sibling": str(sibling)}:
                    self._say(_content(asked.siblings(sibling)))
                case _:
                    return self._result(heard)
            before = time.monotonic()
            heard = self._hear(left)

    def _first_answer(self, asked: dict[str, object], seconds: float) -> dict[str, object]:
        try:
            with self._clock(seconds):
                send_object(self._requests, asked)
            return self._hear(seconds)
        except _Stopped as stopped:
            raise stopped if self._ran_out else _Unused(str(stopped)) from None

    def _result(self, heard: Mapping[str, object]) -> Facts:
        match heard:
            case {"facts": facts}:
                try:
                    return _FACTS.validate_python(facts)
                except ValidationError:
                    # Its text quotes what the file says.
                    raise _Stopped("the reader answered what no facts are") from None
            case {"exceeded": "memory"}:
                raise _Stopped(f"it took more than {self._limits.megabytes} MiB")
            case {"exceeded": "bytes"}:
                raise _Stopped(f"it took more than {self._limits.budget // 1024 // 1024} MiB of the file")
            case {"raised": str(error)} if error.isidentifier():
                raise _Stopped(f"the reader failed ({error[:100]})")
            case _:
                raise _Stopped("the reader stopped")

    def _hear(self, seconds: float) -> dict[str, object]:
        """Return the next message; raises _Stopped when it does not come in time, or the process is gone."""
        with self._clock(seconds):
            return receive_object(_stream(self._popen.stdout))

    def _say(self, payload: bytes) -> None:
        with self._clock(self._limits.seconds):
            send(self._requests, payload)

    @contextmanager
    def _clock(self, seconds: float) -> Iterator[None]:
        try:
            with self._watch.running(seconds):
                yield
        except Ended:
            raise _Stopped(self._why()) from None

    def _why(self) -> str:
        self.close()
        return f"it took longer than {self._limits.seconds} s" if self._ran_out else "the reader stopped"

    @property
    def _ran_out(self) -> bool:
        """Whether the time was the reason, by our clock or by the system's."""
        return self._watch.ran_out or (sys.platform != "win32" and self._popen.returncode == -signal.SIGXCPU)


def _content(file: BinaryIO | None) -> bytes:
    if file is None:
        return b"\0"
    with file:
        return b"\1" + file.read(MOST_BESIDE)


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise Ended
    return stream


def _end(popen: subprocess.Popen[bytes], watch: Clock, owner: int) -> None:
    if owner == os.getpid():
        watch.stop()
        kill(popen)
        popen.wait()
    for stream in (popen.stdin, popen.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:
                continue
