"""The entry point of `dam-plugin`. It handles Ctrl-C while the program is still loading, and has it load fast."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Whether this process is the program's own. The collector cannot be asked: it would count what it has frozen, object by object.
_is_ours = False


def run() -> None:
    """Run the command line (`main.run`)."""
    global _is_ours  # noqa: PLW0603 - one process runs one program
    try:
        _is_ours = True
        gc.freeze()
        with loading():
            from dam_plugin.cli.main import run as run_main
        run_main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@contextmanager
def loading() -> Iterator[None]:
    """Load what stays until the end of the program: nothing looks for cycles in it, now or later.

    It is up to a quarter of a million objects, and looking would take half as long again as loading. In a process that
    `run` did not start nothing is changed: there it would also keep what others could still free.
    """
    if not _is_ours:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
