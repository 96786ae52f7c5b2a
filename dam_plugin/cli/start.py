"""Where the program `dam-plugin` begins: an interruption is quiet from the first moment on."""

from __future__ import annotations


def run() -> None:
    """Run the command line (`main.run`)."""
    try:
        # Loading the commands takes a third of a second, in which somebody may press Ctrl-C too.
        from dam_plugin.cli.main import run as run_main

        run_main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
