"""The plugin's processes as an operator starts them, each with its log; killed, started again, and found where one stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from waiting import wait_until

PROGRAM = str(Path(sys.executable).with_name("dam-plugin"))
CELERY = (sys.executable, "-m", "celery", "-A", "dam_hooks.celery_app")
# Of which process a process is the child's child is told by a variable: a killed one leaves its children to the system.
MARK = "DAM_TEST_PROCESSES"


def worker() -> list[str]:
    return [PROGRAM, "worker"]


def celery_worker(name: str) -> list[str]:
    alone = ("--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO")
    return [*CELERY, "worker", "-Q", "people,bulk", "-n", f"{name}@here", *alone]


class Process:
    """One process; after a kill it may be started again, and its log goes on."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.log = Path(f"{name}.log")
        self._command = command
        self._environment = environment
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()

    def kill_child(self) -> bool:
        """Kill the process in which a worker of Celery does its tasks; False where it has none now."""
        children = Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children")
        with suppress(OSError, IndexError):
            os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
            return True
        return False

    def is_alive(self) -> bool:
        return self.running.poll() is None

    def says(self, words: str) -> bool:
        return words in self.log.read_text()


class Processes:
    """Every process of one run."""

    def __init__(self) -> None:
        self.mark = f"{MARK}={uuid4().hex}"
        self.all: dict[str, Process] = {}

    def start(self, name: str, command: list[str], **variables: str) -> Process:
        key, _, value = self.mark.partition("=")
        self.all[name] = Process(name, command, {**os.environ, **variables, key: value})
        return self.all[name]

    def run(self, name: str, *words: str, **variables: str) -> Process:
        """Run a command to its end."""
        process = self.start(name, [PROGRAM, *words], **variables)
        process.running.wait(600)
        return process

    def end_all(self, wake: Callable[[], None], seconds: float = 60) -> list[str]:
        """End all that still run as an operator does, and wake those that wait for news; those that did not end well."""
        ending = [each for each in self.all.values() if each.is_alive()]
        for each in ending:
            each.running.terminate()
        wake()
        # One that was just started may not know yet how to end.
        return [each.name for each in ending if each.running.wait(seconds) not in (0, -signal.SIGTERM)]

    def left(self) -> list[int]:
        """The processes that are there, with the children of those that were killed."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            # One that is over, or that another user runs, cannot be read.
            with suppress(OSError):
                if self.mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def logged(self) -> str:
        return "".join(each.log.read_text() for each in self.all.values())


@contextmanager
def processes() -> Iterator[Processes]:
    """Give the processes of a run; whatever is left of them is killed at the end."""
    made = Processes()
    try:
        yield made
    finally:
        for each in made.all.values():
            if each.is_alive():
                each.kill()
        for pid in made.left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not made.left(), "a process did not end")
