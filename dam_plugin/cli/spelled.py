"""How `redact` and `prove` are spelled: values that follow one another, a bare `--isolate`, failures told as asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import typer
from typer.core import TyperCommand

from dam_plugin.cli.output import print_json
from dam_plugin.errors import DamPluginError, NotProven

_STRETCH = re.compile(r"[\d.:]*\d[\d.:]*(?:-[\d.:]*)?", re.ASCII)
_MORE = re.compile(r"[\d.][\d.:,;@-]*[,-][\d.:,;@-]*", re.ASCII)
_SEVERAL = frozenset({"--box", "--track", "--interval", "--keep"})
_PARTED = re.compile(r" *([,;@-]) *")
# typer moved its parent, and exports this one of its children.
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)


class Spelled(TyperCommand):
    """A command whose `--isolate` may stand without a value, and whose boxes and times may follow one another."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - typer moved its Context
        """Parse the arguments; whether failures are told as JSON is not known yet, but for its name among them."""
        with _told(as_json="--json" in args):
            return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as above
        """Parse what `spelled_out` makes of the arguments."""
        return super().parse_args(ctx, list(spelled_out(args)))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as above
        """Run the command; with `--json` a failure is one JSON object, else it is told as every command's is."""
        with _told(as_json=ctx.params["as_json"]):
            return super().invoke(ctx)


def spelled_out(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the arguments with an option before each value: `--interval 1-2 3-4` and a bare `--isolate` are written so."""
    left = list(reversed(arguments))
    while left:
        argument = left.pop()
        if argument == "--":
            yield argument
            yield from reversed(left)
            return
        if argument == "--isolate":
            yield f"--isolate={left.pop() if left and _STRETCH.fullmatch(tight(left[-1])) else ''}"
            continue
        yield argument
        if argument in _SEVERAL and left:
            yield left.pop()
            while left and _MORE.fullmatch(tight(left[-1])):
                yield argument
                yield left.pop()


def tight(text: str) -> str:
    """Return a value without the blanks around it and beside what parts it: `1 - 2` is `1-2`."""
    return _PARTED.sub(r"\1", text.strip())


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    """Tell a failure as one JSON object, where that was asked for."""
    if not as_json:
        yield
        return
    try:
        yield
    except DamPluginError as error:
        failures = {"failures": error.failures} if isinstance(error, NotProven) else {}
        print_json({"error": str(error), "kind": type(error).__name__, **failures})
        raise typer.Exit(error.exit_code) from error
    except _UsageError as error:
        print_json({"error": error.format_message(), "kind": type(error).__name__})
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:
        # Nobody reads what would be told.
        raise
    except OSError as error:
        told = f"{error.filename or 'what is read'}: {(error.strerror or 'the system refused').lower()}"
        print_json({"error": told, "kind": type(error).__name__})
        raise typer.Exit(1) from error
