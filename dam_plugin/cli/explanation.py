"""`explain`: one case, its answer and the whole way to it: a tree for people, a JSON object, Markdown for an attorney.

How the tree looks is in `outline.py`, the Markdown in `attorney.py`.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from dam_plugin.cli.output import console, print_json
from dam_plugin.errors import CaseError, Problem
from dam_plugin.procedure.reading import MAX_TEXT, numbered_lines, read_case, refused, text_of

if TYPE_CHECKING:
    from dam_plugin.procedure.case import Case

STANDARD_INPUT = "-"


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(explain)


def explain(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case file (.yaml, .json); - is standard input.")],
    line: Annotated[
        int | None, typer.Option("--line", metavar="N", min=1, help="Take the case on this line of JSON lines.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a file to an attorney.")] = False,
) -> None:
    """Explain the answer to one case: why, each step, each student, and what would change it."""
    from dam_plugin.cli.attorney import document
    from dam_plugin.cli.outline import tree
    from dam_plugin.procedure.explain import explain as explained

    if as_json and as_markdown:
        raise typer.BadParameter("--json and --markdown exclude each other")
    try:
        found = _case(case, line)
    except CaseError as error:
        if not as_json:
            raise
        print_json(refused(error.problems, error.case_id, line)[0])
        raise typer.Exit(1) from error
    told = explained(found)
    if as_json:
        print_json(asdict(told))
    elif as_markdown:
        sys.stdout.write(document(told, found))
    else:
        console().print(tree(told))


def _case(name: str, line: int | None) -> Case:
    """Return the case in a file, or on one line of it. Raises CaseError with every problem."""
    try:
        if name == STANDARD_INPUT:
            data = _data(sys.stdin.buffer, name, line)
        else:
            with Path(name).open("rb") as file:
                data = _data(file, name, line)
    except OSError as error:
        raise CaseError([Problem("", f"cannot be read: {(error.strerror or 'refused').lower()}", name)]) from error
    text = text_of(data, name=name, line=line)
    return read_case(text, as_json=line is not None or _is_json(name, text), name=name, line=line or 1)


def _data(file: BinaryIO, name: str, line: int | None) -> bytes:
    """Return the bytes of a file, a little more than a case can be at most, or of one of its lines."""
    if line is None:
        return file.read(MAX_TEXT + 1)
    for number, data in numbered_lines(file, name=name):
        if number > line:
            break
        if number == line:
            if isinstance(data, Problem):
                raise CaseError([data])
            return data
    raise CaseError([Problem("", "there is no case on this line", name, line, 1)])


def _is_json(name: str, text: str) -> bool:
    """Whether a text is JSON: a file says it by its name, standard input by how it begins."""
    return text.lstrip().startswith("{") if name == STANDARD_INPUT else Path(name).suffix.lower() == ".json"
