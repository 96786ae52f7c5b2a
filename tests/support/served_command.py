"""Runs `dam-plugin serve`, and what else goes on for ever, as a process of its own, forked from the one of `commands`."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from commands import Commands, Ended, Running

END_SECONDS = 30


class Served:
    """A command at work. `line` is the first that it printed."""

    def __init__(self, running: Running, printed: IO[bytes]) -> None:
        self._running = running
        self._printed = printed
        self._ended: Ended | None = None
        self.line = printed.readline().decode()

    def end(self, number: int) -> Ended:
        """Send a signal; how the service ended, and what it printed after its first line."""
        if self._ended is None:
            self._signal(number)
        return self.wait()

    def wait(self) -> Ended:
        """Wait until it ends by itself, as `end` does after its signal."""
        if self._ended is None:
            late = threading.Timer(END_SECONDS, self._signal, [signal.SIGKILL])
            late.start()
            ended = self._running.wait()
            late.cancel()
            self._ended = Ended(ended.code, self._printed.read().decode(), ended.err)
        return self._ended

    def _signal(self, number: int) -> None:
        # It may have ended by itself.
        with suppress(ProcessLookupError):
            self._running.signal(number)


@contextmanager
def serving(commands: Commands, *options: str) -> Iterator[Served]:
    """Serve on a free port until the block ends; meanwhile these commands run nothing else."""
    with at_work(commands, "serve", "--port", "0", *options) as served:
        yield served


@contextmanager
def at_work(commands: Commands, *words: str) -> Iterator[Served]:
    """Run a command that goes on until it is told to end, from its first line until the block ends."""
    with TemporaryDirectory() as folder:
        pipe = Path(folder) / "printed"
        os.mkfifo(pipe)
        # Opened for reading first: whoever opens it for writing would wait for that.
        with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as printed:
            running = commands.start(*words, out=str(pipe))
            os.set_blocking(printed.fileno(), True)
            served = Served(running, printed)
            try:
                yield served
            finally:
                served.end(signal.SIGKILL)
