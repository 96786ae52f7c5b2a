"""`dam-plugin`: all commands in one program. Here errors become sentences and exit codes."""

from __future__ import annotations

import logging
import os
import signal
import sys
import unicodedata
from typing import Annotated

import typer

from dam_plugin.cli.commands import Commands
from dam_plugin.errors import (
    CaseError,
    DamPluginError,
    InputError,
    RosterError,
    SettingsError,
    TemplateProblems,
    place_of,
)
from dam_plugin.pseudonyms import own_ids_within
from dam_plugin.telemetry import logs

REFUSED = "the command was refused: run it again with DAM_PLUGIN_LOG=text to read why"

log = logging.getLogger(__name__)

app = typer.Typer(
    name="dam-plugin",
    cls=Commands,
    help="Tags who is in a recording and decides every share by the district's procedure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"dam-plugin {version('dam-plugin')}")
        raise typer.Exit


@app.callback()
def main(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tags who is in a recording and decides every share by the district's procedure."""


def run() -> None:
    """Run the command line. Exit codes: 0 done, 1 error, 2 usage, 130 interrupted.

    `share` and `open` also exit 3 when denied and 4 when referred. 75: the database is that of another version (OtherSchema).
    """
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _run() -> None:
    logs.begin(os.environ.get(logs.VARIABLE))
    if sys.stdin is None or sys.stdout is None:
        # Before anything is done: a token that cannot be shown would be lost.
        _say("standard input or output is closed: send it to a file or to /dev/null instead")
        sys.exit(1)
    arguments = sys.argv[1:]
    takes_files = "upload" in arguments[:1]
    if not takes_files and any(_is_no_text(argument) for argument in sys.argv):
        # What is kept of it could not be read again; `upload` says which file name it is.
        _say("an argument is not UTF-8 text: write it again")
        sys.exit(1)
    try:
        # INVARIANT: by another spelling an order, a hold or a protection would not be found.
        app(arguments if takes_files else [own_ids_within(each) for each in arguments], prog_name="dam-plugin")
    except DamPluginError as error:
        _fail(error, *_sentences(error), logged=_to_be_logged(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of the pipe has gone; the interpreter must not write to it again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        why = (error.strerror or "the system refused").lower()
        _fail(error, f"{error.filename or 'what is read or printed'}: {why}", logged=why)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last resort: one sentence, and no yes
        # A traceback's values might name a student, so only the place is printed.
        what = f"{type(error).__name__} at {place_of(error)}"
        _fail(
            error, f"this is a bug ({what}): `dam-plugin reconcile` puts right what broke off", logged="this is a bug"
        )
        sys.exit(1)


def _sentences(error: DamPluginError) -> list[str]:
    """Return the lines that say what is wrong: one, or the number of problems and each of them."""
    problems = error.problems if isinstance(error, CaseError | RosterError | SettingsError | TemplateProblems) else ()
    if len(problems) < 2:
        return [str(error)]
    # A case is read by commands that change nothing in any event.
    unchanged = ", nothing was changed" if isinstance(error, RosterError) else ""
    where = f" in {error.where}" if isinstance(error, SettingsError) else ""
    return [f"{len(problems)} problems{where}{unchanged}:", *(f"  {problem}" for problem in problems)]


def _to_be_logged(error: DamPluginError) -> str:
    """Return the sentence of an error for the log; of what was handed in it may repeat a file's name or a roster's line."""
    return REFUSED if isinstance(error, InputError) else "; ".join(str(error).splitlines())


def _fail(error: Exception, *sentences: str, logged: str) -> None:
    """Say what ended the command; where the log is JSON, log it with the type and the place of the error."""
    if logs.is_json():
        log.error(logged, extra={logs.FIELDS: {"error": type(error).__name__, "at": place_of(error)}})
    else:
        _say(*sentences)


def _is_no_text(argument: str) -> bool:
    return any(unicodedata.category(character) == "Cs" for character in argument)


def _say(sentence: str, *more: str) -> None:
    """Print each sentence on a line of standard error; characters that are not printable are replaced."""
    for line in (f"dam-plugin: {sentence}", *more):
        joined = "; ".join(line.splitlines())
        sys.stderr.write("".join(each if each.isprintable() else "\ufffd" for each in joined) + "\n")
