"""`decide` and `schema`: cases from files or standard input, one JSON object a line. Need no store and no settings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dam_plugin.cli.output import Outside, print_json
from dam_plugin.cli.rulings import RulingsFile, rulings_from
from dam_plugin.procedure.read_cases import MAX_TEXT, AsTold, answer_bytes, answer_lines, for_staff, unread
from dam_plugin.procedure.switches import Rulings

JSON_LINES = (".jsonl", ".ndjson")
STANDARD_INPUT = "-"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(decide)
    app.command()(schema)


def decide(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Case files (.yaml, .json, .jsonl); none or - reads JSON lines."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", show_default=False, help="One JSON object a line; this is always the output.")
    ] = True,
    by: RulingsFile = None,
    outside: Outside = False,
) -> None:
    """Decide cases by the procedure; exit 1 when any of them cannot be decided."""
    del as_json
    rulings, all_decided = rulings_from(by), True
    as_told = _outside() if outside else for_staff
    for name in files or [STANDARD_INPUT]:
        all_decided &= _decide_file(name, rulings, as_told)
    raise typer.Exit(0 if all_decided else 1)


def schema(
    of: Annotated[Literal["case", "rules"], typer.Argument(help="The kind of file to describe.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print it on one line.")] = False,
) -> None:
    """Print the JSON Schema of a case file or of a rule file, for editors and for programs that write them."""
    from dam_plugin.procedure.schema import case_schema
    from dam_tagging.rules.schema import rules_schema

    made = case_schema() if of == "case" else rules_schema()
    sys.stdout.write(json.dumps(made, indent=None if as_json else 2) + "\n")


def _outside() -> AsTold:
    from dam_plugin.procedure.outside import outside_object

    return outside_object


def _decide_file(name: str, rulings: Rulings, as_told: AsTold) -> bool:
    if name == STANDARD_INPUT:
        return _print_all(answer_lines(sys.stdin.buffer, name=name, rulings=rulings, as_told=as_told))
    suffix = Path(name).suffix.lower()
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - what printing raises is no mistake of this file
        data = b"" if suffix in JSON_LINES else file.read(MAX_TEXT + 1)
    except OSError as error:
        return _print_all([unread(f"cannot be read: {(error.strerror or 'refused').lower()}", name=name)])
    with file:
        if suffix in JSON_LINES:
            return _print_all(answer_lines(file, name=name, rulings=rulings, as_told=as_told))
    return _print_all([answer_bytes(data, as_json=suffix == ".json", name=name, rulings=rulings, as_told=as_told)])


def _print_all(answers: Iterable[tuple[dict[str, Any], bool]]) -> bool:
    all_decided = True
    for made, decided in answers:
        print_json(made)
        # A program that writes cases into a pipe reads each answer before it writes the next case.
        sys.stdout.flush()
        all_decided &= decided
    return all_decided
