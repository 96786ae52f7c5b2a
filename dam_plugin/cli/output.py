"""Output of commands: tables for people, one ASCII-escaped JSON object a line for programs. Honours NO_COLOR and pipes."""

from __future__ import annotations

import json
import logging
import shlex
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime, tzinfo
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Annotated, Any, TextIO, TypeVar

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from dam_plugin.errors import UnknownThing
from dam_plugin.telemetry import logs

__all__ = [
    "PIPE_WIDTH",
    "STYLES",
    "After",
    "AsJson",
    "Columns",
    "Limit",
    "Outside",
    "cell",
    "console",
    "local",
    "more_follow",
    "page_behind",
    "page_of_rows",
    "print_json",
    "print_reopened",
    "print_result",
    "print_rows",
    "print_table",
    "printable",
    "say",
    "say_note",
    "use_zone",
]

log = logging.getLogger(__name__)

Outside = Annotated[
    bool,
    typer.Option("--outside", help="Give the reasons as people outside of the district are told them, without a name."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

MOST_LISTED, LISTED = 1000, 100
Limit = Annotated[
    int, typer.Option("--limit", min=1, max=MOST_LISTED, metavar="N", help=f"How many at most, up to {MOST_LISTED}.")
]
After = Annotated[
    str | None, typer.Option("--after", metavar="ID", help="Only those that follow this one in the list.")
]

# In a pipe no cell is cut, however long.
PIPE_WIDTH = 100_000
STYLES = {"allow": "green", "redact": "cyan", "refer": "yellow", "deny": "red"}

Row = Mapping[str, Any]
Columns = Mapping[str, str | Callable[[Row], object]]
"""The columns of a table by their headings: the key whose value a row shows there, or what reads it from the whole row."""

T = TypeVar("T")
_zone: ContextVar[tzinfo | None] = ContextVar("zone", default=None)


def console() -> Console:
    """Return a console for standard output, which is as wide as the longest line unless it is a terminal."""
    return _console_for(sys.stdout)


@lru_cache(maxsize=1)
def _console_for(output: TextIO) -> Console:
    # Made once, not for each line; it prints to what standard output is by then, which is this.
    return Console(width=None if output.isatty() else PIPE_WIDTH, highlight=False, soft_wrap=False)


def print_json(*objects: object) -> None:
    """Print each object as one line of ASCII-escaped JSON."""
    for each in objects:
        sys.stdout.write(json.dumps(each, ensure_ascii=True, default=_plain) + "\n")


def print_rows(title: str, rows: Iterable[Row], columns: Columns, *, as_json: bool) -> None:
    """Print rows: for programs each of them whole, as one JSON object a line; for people these columns, as a table."""
    if as_json:
        print_json(*rows)
        return
    readers = [itemgetter(reads) if isinstance(reads, str) else reads for reads in columns.values()]
    print_table(title, list(columns), [[read(row) for read in readers] for row in rows])


def page_of_rows(rows: Sequence[T], limit: int, name: Callable[[T], str]) -> Sequence[T]:
    """Return a page of at most `limit` rows, where one more was read; tell on standard error where more follow."""
    if len(rows) > limit:
        rows = rows[:limit]
        more_follow(name(rows[-1]))
    return rows


def page_behind(rows: Iterable[T], limit: int, after: str | None, name: Callable[[T], str]) -> Sequence[T]:
    """Return a page of at most `limit` rows of a list behind the one called `after`; tell where more follow.

    No more rows are read than it takes. Raises UnknownThing where no row is called so.
    """
    rest = iter(rows)
    if after is not None and not any(name(each) == after for each in rest):
        raise UnknownThing("nothing in the list has the id given as --after: take one of the list")
    return page_of_rows(list(islice(rest, limit + 1)), limit, name)


def more_follow(after: str) -> None:
    """Tell on standard error that a list goes on, and behind which id."""
    typer.echo(f"note: more follow: --after {shlex.quote(after)}", err=True)


def print_reopened(requests: Iterable[str]) -> None:
    """Print which requests of the register are open again, since what answered them went to somebody else."""
    for each in requests:
        say(
            f"{each} is open again, with its old days: whoever asked was not given that. Answer it with `dam-plugin share … "
            f"--request {each}`; `dam-plugin request show {each}` says by when.",
            "yellow",
        )


def print_result(plain: Row, sentence: str, style: str = "", *, as_json: bool) -> None:
    """Print what a command did: for programs one JSON object, for people one sentence."""
    if as_json:
        print_json(plain)
    else:
        say(sentence, style)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; the words allow, redact, refer and deny are coloured.

    Where the terminal is too narrow for the longest words (ids and keys that are there to be copied), each row becomes
    a list of its cells.
    """
    cells = [[cell(each) for each in row] for row in rows]
    if not cells:
        say(f"{title}: none")
        return
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*row)
    to = console()
    if Measurement.get(to, to.options.update(max_width=PIPE_WIDTH), table).minimum <= to.width:
        to.print(table)
        return
    say(title, "bold")
    for row in cells:
        to.print(_listed(columns, row), "")


def say(text: str, style: str = "") -> None:
    """Print a line for people, without control characters."""
    to = console()
    if to.is_terminal:
        to.print(Text(printable(text), style=style), soft_wrap=True)
        return
    # Nothing is styled and nothing wrapped in a pipe, so that a report of a million lines costs what they cost.
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def say_note(sentence: str) -> None:
    """Say on standard error what the person who runs the program should know; a log line where the log is JSON."""
    if logs.is_json():
        log.warning(sentence)
    else:
        typer.echo(f"note: {sentence}", err=True)


def use_zone(zone: tzinfo | None) -> None:
    """Show times in this zone from now on; None is the machine's."""
    _zone.set(zone)


def local(moment: datetime) -> str:
    """Return a moment in the district's zone, without seconds."""
    return f"{moment.astimezone(_zone.get()):%Y-%m-%d %H:%M}"


def cell(value: object) -> Text:
    """Return a table's cell: never markup, times in the district's zone without seconds, nothing as a dash."""
    if value is None or value == "":
        return Text("-")
    if isinstance(value, datetime):
        value = local(value)
    text = printable(str(value))
    return Text(text, style=STYLES.get(text, ""))


def printable(text: str) -> str:
    """Return a text that can do nothing to a terminal: other characters than printable ones and line ends replaced."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def _listed(columns: Sequence[str], row: Sequence[Text]) -> Table:
    pairs = Table.grid(padding=(0, 2))
    pairs.add_column(no_wrap=True)
    pairs.add_column(overflow="fold")
    for column, each in zip(columns, row, strict=True):
        pairs.add_row(column, each)
    return pairs


def _plain(value: Any) -> object:  # noqa: ANN401 - json asks for whatever it does not know
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is not printed as JSON")
