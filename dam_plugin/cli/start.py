"""The entry point of `dam-plugin`. It handles Ctrl-C while the commands are still loading."""

from __future__ import annotations


def run() -> None:
    """Run the command line (`main.run`)."""
    try:
        # Loading the commands takes a third of a second, in which somebody may press Ctrl-C too.
        from dam_plugin.cli.main import run as run_main

        run_main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
