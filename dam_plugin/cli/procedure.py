"""`decide`: cases from files or standard input, one JSON object a line. Needs no store and no settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dam_plugin.cli.output import print_json
from dam_plugin.procedure.reading import MAX_TEXT, answer, answer_lines, unread

JSON_LINES = (".jsonl", ".ndjson")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(decide)


def decide(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Case files (.yaml, .json, .jsonl); none or - reads JSON lines."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", show_default=False, help="One JSON object a line, as it prints anyway.")
    ] = True,
) -> None:
    """Decide cases by the procedure; exit 1 when any of them cannot be decided."""
    del as_json
    all_decided = True
    for name in files or ["-"]:
        all_decided &= _decide_file(name)
    raise typer.Exit(0 if all_decided else 1)


def _decide_file(name: str) -> bool:
    if name == "-":
        # Bytes that are no UTF-8 become characters that JSON refuses by name, instead of stopping the whole stream.
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        return _print_all(answer_lines(sys.stdin))
    path = Path(name)
    try:
        if path.suffix.lower() in JSON_LINES:
            with path.open(encoding="utf-8-sig") as lines:
                return _print_all(answer_lines(lines))
        if path.stat().st_size > MAX_TEXT:
            return _print_all([unread(f"'{name}' is larger than a case can be ({MAX_TEXT // 1024 // 1024} MiB)")])
        made, decided = answer(path.read_text(encoding="utf-8-sig"), as_json=path.suffix.lower() == ".json")
        return _print_all([(_with_place(made, name), decided)])
    except UnicodeDecodeError:
        return _print_all([unread(f"'{name}' is not UTF-8 text")])
    except OSError as error:
        return _print_all([unread(f"'{name}' cannot be read: {(error.strerror or 'refused').lower()}")])


def _with_place(made: dict[str, Any], name: str) -> dict[str, Any]:
    """Name the file in a mistake that is not about one field, so that it is found among many."""
    for problem in made.get("error", ()):
        if not problem["path"]:
            problem["message"] = f"'{name}', {problem['message']}"
    return made


def _print_all(answers: Any) -> bool:  # noqa: ANN401 - an iterable of (object, decided)
    all_decided = True
    for made, decided in answers:
        print_json(made)
        all_decided &= decided
    return all_decided
