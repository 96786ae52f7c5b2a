"""A process of our own that is handed a hostile file: how it is started, held to limits and ended.

The parent calls `start` and `kill`; the process itself calls `own_streams` and sets its limits.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import BinaryIO

# What a Python process needs of its surroundings, by whole names: a prefix would let somebody's LANGUAGE_SECRET through.
# Everything else, credentials first of all, is not handed on.
_VARIABLES = (
    *("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV"),
    *("LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME"),
    *("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_FILE", "COVERAGE_CORE"),
)


def start(module: str) -> subprocess.Popen[bytes]:
    """Start one of our modules in a process and a group of its own, without credentials: pipes to speak, no complaints.

    Raises OSError where that fails.
    """
    variables = {name: value for name, value in os.environ.items() if name.upper() in _VARIABLES}
    # It finds the same packages as we do, also where the plugin is not installed.
    variables["PYTHONPATH"] = os.pathsep.join(os.path.abspath(each) for each in sys.path)  # noqa: PTH100 - as is, with ""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A library's complaint may quote a name.
        stderr=subprocess.DEVNULL,
        env=variables,
        # A group of its own: Ctrl-C is for the parent alone, and a kill takes what it has started along.
        start_new_session=True,
    )


def kill(popen: subprocess.Popen[bytes]) -> None:
    """End a process that `start` began, with all that it has started."""
    if popen.poll() is not None:
        return
    if sys.platform == "win32":
        popen.kill()
        return
    try:
        os.killpg(popen.pid, signal.SIGKILL)
    except OSError:
        popen.kill()


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes to the parent, and keep everything else from them: a library may print."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return requests, answers


def limit_memory(count: int) -> None:
    """Bound the address space. Without `resource` (Windows), and where the system refuses, the clock alone limits."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (count, count))
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_time(seconds: int) -> None:
    """Bound the processor's time for the next file: the parent's clock does not help once the parent is gone."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - not on every system

        with suppress(ValueError, OSError):
            soft = int(time.process_time()) + seconds + 2
            resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))
