"""A reading process whose reader does what a file's name says: hang, crash, eat memory. Run by the tests of isolation."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from dam_plugin.intake import reader_child
from dam_tagging.facts import Facts, NamedPerson
from dam_tagging.metadata.read import read
from dam_tagging.metadata.sidecars.sidecar import Siblings

MIB = 1024 * 1024
SECRET = "Theresa Okafor"


def told(*problems: str, **changes: Any) -> Facts:
    return Facts(media_type="image/jpeg", state="read", problems=problems, **changes)


def hang() -> None:
    while True:
        pass


def eat() -> None:
    eaten = [bytearray(64 * MIB) for _ in range(64)]
    raise AssertionError(len(eaten))


def fail() -> None:
    raise ValueError(SECRET)


def write() -> None:
    sys.stdout.write(SECRET)
    sys.stdout.flush()
    os.write(1, SECRET.encode())
    sys.stderr.write(SECRET)


def read_all(file: BinaryIO) -> None:
    for _ in range(1000):
        file.seek(0)
        file.read()


DEEDS: dict[str, Callable[[], object]] = {
    "hang": hang,
    "sleep": lambda: time.sleep(3600),
    "crash": lambda: ctypes.string_at(0),
    "leave": lambda: os._exit(0),
    "eat": eat,
    "raise": fail,
    "print": write,
}
ANSWERS: dict[str, Callable[[], Facts]] = {
    "answer": lambda: told(persons=(NamedPerson("half \ud800", "x"),)),
    "lie": lambda: replace(told(SECRET), state="no such state"),  # type: ignore[arg-type]
    "variables": lambda: told(*sorted(os.environ)),
    "process": lambda: told(str(os.getpid())),
}


def misbehave(file: BinaryIO, name: str, siblings: Siblings, there: Sequence[str] | None) -> Facts:
    """Do what the file's name says, or read it."""
    stem = PurePosixPath(name).stem
    if stem in ANSWERS:
        return ANSWERS[stem]()
    if stem == "all":
        read_all(file)
    DEEDS.get(stem, lambda: None)()
    return read(file, name, siblings, there)


if __name__ == "__main__":
    reader_child.read = misbehave  # type: ignore[attr-defined]
    reader_child.main()
