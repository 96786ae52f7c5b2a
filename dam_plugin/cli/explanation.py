"""`explain`: one case, its answer and the whole way to it: a tree for people, a JSON object, Markdown for an attorney.

How the tree looks is in `outline.py`, the Markdown in `attorney.py`.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from dam_plugin.cli.cases import JSON_LINES, STANDARD_INPUT
from dam_plugin.cli.context import As, is_custodian_reading
from dam_plugin.cli.output import STYLES, Outside, console, print_json, say
from dam_plugin.cli.rulings import RulingsFile, rulings_from
from dam_plugin.errors import CaseError, Problem
from dam_plugin.procedure.documents import EMPTY
from dam_plugin.procedure.protection import case_for_staff
from dam_plugin.procedure.read_cases import MAX_TEXT, numbered_lines, read_case, refused, text_of

if TYPE_CHECKING:
    from dam_plugin.procedure.explain import Explanation

SEVERAL = "holds more than one case: say which with --line N"


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(explain)


def explain(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="A case file (.yaml, .json, .jsonl); - is standard input.")
    ],
    line: Annotated[
        int | None, typer.Option("--line", metavar="N", min=1, help="Take the case on this line of JSON lines.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a file to an attorney.")] = False,
    by: RulingsFile = None,
    outside: Outside = False,
    as_: As = None,
) -> None:
    """Explain the answer to one case: why, each step, each student, and what would change it.

    Who is protected is told with --as custodian:NAME alone; others read of an opt-out.
    """
    from dam_plugin.cli.attorney import document
    from dam_plugin.cli.outline import plain_lines, tree
    from dam_plugin.procedure.explain import explain as explained_in_full
    from dam_plugin.procedure.explain import explain_for_staff

    if as_markdown and (as_json or outside):
        raise typer.BadParameter("--markdown excludes --json and --outside")
    rulings = rulings_from(by)
    try:
        data, line = _found(case, line)
        text = text_of(data, name=case, line=line)
        found = read_case(text, as_json=line is not None or _is_json(case, text), name=case, line=line or 1)
    except CaseError as error:
        if not as_json:
            raise
        print_json(refused(error.problems, error.case_id, line)[0])
        raise typer.Exit(1) from error
    in_full = is_custodian_reading(as_)
    told = explained_in_full(found, rulings) if in_full else explain_for_staff(found, rulings)
    if outside:
        _print_outside(told, as_json=as_json)
    elif as_json:
        print_json(asdict(told))
    elif as_markdown:
        sys.stdout.write(document(told, found if in_full else case_for_staff(found)))
    elif sys.stdout.isatty():
        console().print(tree(told))
    else:
        sys.stdout.writelines(plain_lines(tree(told), ascii_only=console().options.ascii_only))


def _print_outside(told: Explanation, *, as_json: bool) -> None:
    """Print the outcome and what may be told of it outside, and nothing else."""
    from dam_plugin.cli.share import print_outside

    if as_json:
        print_json({"id": told.id, "outcome": told.outcome, "outside": [asdict(each) for each in told.outside]})
        return
    say(told.outcome, STYLES[told.outcome])
    print_outside(told.outside)


def _found(name: str, line: int | None) -> tuple[bytes, int | None]:
    """Return the bytes of a file and None, or those of one of its lines and its number. Raises CaseError."""
    try:
        if name == STANDARD_INPUT:
            return _data(sys.stdin.buffer, name, line)
        with Path(name).open("rb") as file:
            if line is None and Path(name).suffix.lower() in JSON_LINES:
                return _only_line(file, name)
            return _data(file, name, line)
    except OSError as error:
        raise CaseError([Problem("", f"cannot be read: {(error.strerror or 'refused').lower()}", name)]) from error


def _data(file: BinaryIO, name: str, line: int | None) -> tuple[bytes, int | None]:
    """Return the bytes of a file, a little more than a case can be at most, or of one of its lines."""
    if line is None:
        return file.read(MAX_TEXT + 1), None
    for number, data in numbered_lines(file, name=name):
        if number > line:
            break
        if number == line:
            return _read(data), line
    raise CaseError([Problem("", "there is no case on this line", name, line, 1)])


def _only_line(file: BinaryIO, name: str) -> tuple[bytes, int]:
    """Return the one line of JSON lines that is not blank, and its number."""
    lines = list(islice(numbered_lines(file, name=name), 2))
    if len(lines) != 1:
        raise CaseError([Problem("", SEVERAL if lines else EMPTY, name)])
    ((number, data),) = lines
    return _read(data), number


def _read(data: bytes | Problem) -> bytes:
    if isinstance(data, Problem):
        raise CaseError([data])
    return data


def _is_json(name: str, text: str) -> bool:
    """Whether a text is JSON: a file says it by its name, standard input by how it begins."""
    return text.lstrip().startswith("{") if name == STANDARD_INPUT else Path(name).suffix.lower() == ".json"
