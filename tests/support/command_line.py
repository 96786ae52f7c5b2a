"""Runs `dam-plugin` inside the test's process: its exit code and all that it printed.

For a process of its own see `commands`.
"""

from __future__ import annotations

import io
import json
import re
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from typing import Any
from unittest.mock import patch

from clock import TODAY

from dam_plugin.cli.commands import every_command
from dam_plugin.cli.main import run

# Each command is imported now: later a test may have replaced what the command's module would take over for good.
every_command()
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Called:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that a person saw, without styles."""
        return _STYLE.sub("", self.out + self.err)

    def objects(self) -> list[Any]:
        """What it printed as JSON, one object a line; each line is ASCII."""
        assert self.out.isascii()
        return [json.loads(line) for line in self.out.splitlines()]

    def object(self) -> Any:
        """The one object that it printed."""
        (one,) = self.objects()
        return one


def said(called: Called) -> str:
    """Return what a person saw in one line, wherever the terminal broke it."""
    return " ".join(called.text.split())


class Terminal(io.StringIO):
    """Standard output of a terminal."""

    def isatty(self) -> bool:
        return True


def call(*arguments: str, stdin: bytes = b"", terminal: bool = False) -> Called:
    """Call the program with these arguments, in a pipe or in a terminal."""
    out, err = (Terminal() if terminal else io.StringIO()), io.StringIO()
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    given = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    code: object = None
    try:
        with (
            patch.object(sys, "argv", ["dam-plugin", *arguments]),
            patch.object(sys, "stdin", given),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            run()
    except SystemExit as ended:
        code = ended.code
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return Called(int(code or 0), out.getvalue(), err.getvalue())  # type: ignore[call-overload]


def holder(student: str) -> str:
    """Return the id of who holds the rights over a student's record: the student from 18 on, else a guardian."""
    told = call("student", "show", student, "--as", "custodian:records-office", "--json").object()
    born = date.fromisoformat(told["born"])
    grown = (TODAY.year - born.year, TODAY.month, TODAY.day) >= (18, born.month, born.day)
    return student if grown else str(told["guardians_today"][0])
