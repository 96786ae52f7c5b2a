"""Runs Celery's own workers and beats, each as a process that logs into a file of this folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

APP = ("-m", "celery", "-A", "dam_hooks.celery_app")
ALONE = ("--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO")


@dataclass
class Process:
    """A process of Celery's, and what it logs."""

    running: subprocess.Popen[bytes]
    log: Path

    def says(self, words: str) -> bool:
        return words in self.log.read_text()

    def child(self) -> int:
        """The process in which this worker does its tasks."""
        return int(Path(f"/proc/{self.running.pid}/task/{self.running.pid}/children").read_text().split()[0])


@contextmanager
def started(name: str, *arguments: str) -> Iterator[Process]:
    log = Path(f"{name}.log")
    with log.open("wb") as file:
        running = subprocess.Popen([sys.executable, *APP, *arguments], stdout=file, stderr=file)
        try:
            yield Process(running, log)
        finally:
            running.terminate()
            running.wait(30)
