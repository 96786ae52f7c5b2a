"""What commands print: tables for people, one ASCII-escaped JSON object a line for programs. Honours NO_COLOR and pipes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]

# In a pipe no cell is cut, however long.
PIPE_WIDTH = 100_000
STYLES = {"allow": "green", "redact": "cyan", "refer": "yellow", "deny": "red"}


def console() -> Console:
    """Return a console for standard output, as wide as it takes when that is no terminal."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, soft_wrap=False)


def print_json(*objects: object) -> None:
    """Print each object as one line of ASCII-escaped JSON."""
    for each in objects:
        sys.stdout.write(json.dumps(each, ensure_ascii=True, default=_plain) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; the words allow, redact, refer and deny are coloured."""
    table = Table(title=title, title_justify="left", title_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell(each) for each in row))
    console().print(table)


def say(text: str, style: str = "") -> None:
    """Print a line for people."""
    console().print(Text(text, style=style), soft_wrap=True)


def cell(value: object) -> Text:
    """Return a table's cell: never markup, times without their seconds, nothing as a dash; no control characters."""
    if value is None or value == "":
        return Text("-")
    if isinstance(value, datetime):
        value = f"{value:%Y-%m-%d %H:%M}"
    text = "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in str(value))
    return Text(text, style=STYLES.get(text, ""))


def _plain(value: Any) -> object:  # noqa: ANN401 - json asks for whatever it does not know
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"a {type(value).__name__} is not printed as JSON")
