"""Fixtures: the processes that work on recordings are forked from one that waits, with all imported that they import.

They are processes of their own as ever, with their own limits and without credentials; only their start is short: to
import what decodes takes longer than most of what the tests have decoded. Needs the extra `av`.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from dam_plugin import sandbox
from dam_plugin.sandbox import receive_object, send_object

MODULES = ("dam_plugin.redaction.av.copy_process", "dam_plugin.redaction.proof.compare_process")
START = sandbox.start


class Forked:
    """What `process.start` returns, as far as the parent uses it: two pipes, a number, and how it ended."""

    def __init__(self, place: str, module: str) -> None:
        self.args = [module]
        self.returncode: int | None = None
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        self.stdin, self.stdout = os.fdopen(ours_in, "wb"), os.fdopen(ours_out, "rb")
        self._told = socket.socket(socket.AF_UNIX)
        try:
            self._told.connect(place)
            socket.send_fds(self._told, [json.dumps(module).encode()], [theirs_in, theirs_out])
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._lines = self._told.makefile("rb")
        self.pid = int(self._lines.readline())

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(self._lines.readline()))
            self._lines.close()
            self._told.close()
        return self.returncode

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def waiting_process() -> Iterator[str]:
    """Start the process that waits, as the program starts its own; where it listens."""
    # Not in pytest's own folder: a socket's path may not be long.
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/socket"
        waiting = START("warm_processes")
        assert waiting.stdin
        assert waiting.stdout
        send_object(waiting.stdin, {"place": place})
        receive_object(waiting.stdout)
        yield place
        sandbox.kill(waiting)
        waiting.wait()
        waiting.stdin.close()
        waiting.stdout.close()


@pytest.fixture
def warm_processes(waiting_process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the processes for recordings forked; every other module starts as ever."""

    def start(module: str) -> subprocess.Popen[bytes]:
        started: Any = Forked(waiting_process, module) if module in MODULES else START(module)
        return started  # type: ignore[no-any-return]

    monkeypatch.setattr(sandbox, "start", start)


@pytest.fixture
def cold_processes(warm_processes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes as the program does, also where the file's other tests have them forked."""
    monkeypatch.setattr(sandbox, "start", START)


# What follows runs in the waiting process.


def _serve() -> None:
    modules = {name: importlib.import_module(name) for name in MODULES}
    place = receive_object(sys.stdin.buffer)["place"]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen()
        # Who waits for a fork takes no note of its end: the system does.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        send_object(sys.stdout.buffer, {"ready": True})
        while sys.stdin.buffer not in select.select([sys.stdin.buffer, listening], [], [])[0]:
            asked, _ = listening.accept()
            with asked:
                if os.fork() == 0:
                    listening.close()
                    _attend(asked, modules)


def _attend(asked: socket.socket, modules: dict[str, Any]) -> NoReturn:
    """Fork the process that was asked for, and say its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said, pipes, _, _ = socket.recv_fds(asked, 4096, 2)
    pid = os.fork()
    if pid == 0:
        asked.close()
        _become(modules[json.loads(said)], pipes)
    for each in (0, 1, *pipes):
        os.close(each)
    with contextlib.suppress(OSError):
        asked.sendall(f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        asked.sendall(f"{status}\n".encode())
    os._exit(0)


def _become(module: Any, pipes: list[int]) -> NoReturn:
    code = 1
    try:
        os.setsid()
        for number, each in enumerate(pipes):
            os.dup2(each, number)
            os.close(each)
        module.main()
        code = 0
    finally:
        # What measures its coverage writes there.
        atexit._run_exitfuncs()
        os._exit(code)


if __name__ == "__main__":
    _serve()
