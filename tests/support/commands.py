"""Runs `dam-plugin` as a process of its own: real arguments, environment, files, limits, signals and exit codes.

Starting an interpreter costs a second. So one that has imported the program waits, and forks for each command.
"""

from __future__ import annotations

import atexit
import gc
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from dam_plugin.library import clients

PREFIX = "dam-plugin: "


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (negative: the signal that killed it) and what it printed."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence on standard error, after the program's name."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith(PREFIX)
        return lines[0].removeprefix(PREFIX)

    def objects(self) -> list[Any]:
        """What was printed as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


class Running:
    """A command at work."""

    def __init__(self, pid: int, answers: IO[bytes], out: IO[bytes], err: IO[bytes]) -> None:
        self.pid = pid
        self._answers = answers
        self._out = out
        self._err = err

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> Ended:
        code = os.waitstatus_to_exitcode(int(self._answers.readline()))
        return Ended(code, _read(self._out), _read(self._err))


class Commands:
    """The waiting interpreter, by default the one of the tests; runs one command at a time."""

    def __init__(self, python: str = sys.executable) -> None:
        command = [python, __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin
        assert self._process.stdout
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def start(
        self,
        *arguments: str,
        stdin: bytes = b"",
        out: str | None = None,
        unread: bool = False,
        environment: Mapping[str, str] | None = None,
        largest_file: int | None = None,
        killed_at_border: int | None = None,
    ) -> Running:
        """Start a command in the current folder, with the current environment and more.

        `out` takes what is printed, or a pipe that nobody reads (`unread`); `largest_file` is where its files may not
        grow any more (bytes); at the border of that number it is killed: each transaction that writes has two, right
        before its commit and right after.
        """
        with tempfile.NamedTemporaryFile() as given:
            given.write(stdin)
            given.flush()
            printed, json_output = tempfile.NamedTemporaryFile(), tempfile.NamedTemporaryFile()  # noqa: SIM115
            request = {
                "arguments": arguments,
                "folder": str(Path.cwd()),
                "environment": {**os.environ, **(environment or {})},
                "files": [given.name, out or printed.name, json_output.name],
                "unread": unread,
                "largest_file": largest_file,
                "killed_at_border": killed_at_border,
            }
            self._requests.write(json.dumps(request).encode() + b"\n")
            self._requests.flush()
            # The child has its files open once it says its number.
            pid = int(self._answers.readline())
        return Running(pid, self._answers, printed, json_output)

    def run(self, *arguments: str, **more: Any) -> Ended:
        """Run a command to its end; see `start`."""
        return self.start(*arguments, **more).wait()

    def close(self) -> None:
        self._requests.close()
        self._process.wait()
        self._answers.close()


def _read(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode()


# What follows runs in the waiting interpreter.


_WARM: set[tuple[tuple[str, str], ...]] = set()


def _serve() -> None:
    from dam_plugin.cli.main import run

    _warm_up()
    requests = os.fdopen(os.dup(0), "rb", 0)
    answers = os.dup(1)
    while line := requests.readline():
        request = json.loads(line)
        _warm_up_clients(request["environment"])
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become(request, answers)
            _end(run)
        _, status = os.waitpid(pid, 0)
        os.write(answers, f"{status}\n".encode())


def _warm_up() -> None:
    """Import and parse before a fork what each command would need after it."""
    import pytest
    from shared_clients import share_clients
    from statements import open_unsynced

    from dam_hooks import plugin, s3_events  # noqa: F401
    from dam_plugin.cli import checks  # noqa: F401
    from dam_plugin.cli.commands import every_command
    from dam_plugin.library import (
        event_queue,  # noqa: F401
    )
    from dam_plugin.people.formats import plain_csv  # noqa: F401
    from dam_plugin.sharing import json_output  # noqa: F401
    from dam_plugin.store import Store, store
    from dam_plugin.yearbook import (
        make,  # noqa: F401
    )
    from dam_tagging.rules.load import default_rules

    default_rules()
    store.open_engine = open_unsynced  # type: ignore[attr-defined]  # it is imported there
    # The queue of the tests shows at once whether it is empty: nothing has to be waited for.
    s3_events.EMPTYING_POLL_SECONDS = 0
    # Every command is imported and put together once, not after each fork.
    every_command()
    share_clients(pytest.MonkeyPatch())
    with tempfile.TemporaryDirectory() as folder:
        empty = Store(f"sqlite:///{folder}/empty.sqlite3")
        empty.upgrade()
        empty.close()
    # A collection in a child would copy every page that it looks at.
    gc.collect()
    gc.freeze()


def _warm_up_clients(environment: dict[str, str]) -> None:
    """Make clients as the command will, once for each environment. It takes no connection, and its own take little more."""
    given = tuple(sorted(each for each in environment.items() if each[0].startswith("AWS_")))
    if given in _WARM:
        return
    _WARM.add(given)
    own = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    # One whose settings are no good says so in the command.
    with suppress(Exception):
        clients.s3_client(keys=("no", "one")).close()
        clients.sqs_client().close()
    os.environ.clear()
    os.environ.update(own)


def _become(request: dict[str, Any], answers: int) -> None:
    """Make this process the one that was asked for."""
    for number, (name, mode) in enumerate(zip(request["files"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        opened = os.open(name, mode)
        os.dup2(opened, number)
        os.close(opened)
    if request["unread"]:
        reading, writing = os.pipe()
        os.dup2(writing, 1)
        os.close(writing)
        os.close(reading)
    os.write(answers, f"{os.getpid()}\n".encode())
    os.close(answers)
    # Whoever runs the tests in the background is deaf to SIGINT, and so is what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    # The one of the waiting interpreter is known already, whatever TMPDIR says.
    tempfile.tempdir = None
    sys.argv = ["dam-plugin", *request["arguments"]]
    if request["largest_file"] is not None:
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["largest_file"], unlimited))
    if request["killed_at_border"] is not None:
        _be_killed_at_border(request["killed_at_border"])


def _end(run: Callable[[], None]) -> NoReturn:
    """Run a command and end as it does, but leave the interpreter's memory to the system: tidying it up takes longer."""
    code = 1
    try:
        run()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is: a traceback is what the tests look for
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        # The command is over: what measures its coverage may write again.
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
        atexit._run_exitfuncs()
        os._exit(code)


def _be_killed_at_border(number: int) -> None:
    from dam_plugin.store import Store, Unit

    count = itertools.count(1)
    whole = Store.writing

    def border() -> None:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def writing(self: Store) -> Iterator[Unit]:
        with whole(self) as unit:
            yield unit
            border()
        border()

    Store.writing = writing  # type: ignore[method-assign]


if __name__ == "__main__":
    _serve()
