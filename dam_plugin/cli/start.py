"""The entry point of `dam-plugin`. It handles Ctrl-C while the commands are still loading."""

from __future__ import annotations

import gc


def run() -> None:
    """Run the command line (`main.run`)."""
    try:
        # Loading the commands takes a second, in which somebody may press Ctrl-C too. It makes a quarter of a million objects
        # that stay: looking for cycles among them, now or later, would take half as long again.
        gc.disable()
        from dam_plugin.cli.main import run as run_main

        gc.freeze()
        gc.enable()
        run_main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
