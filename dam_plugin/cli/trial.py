"""`procedure test`: decides case files, compares the answers with the expected ones, and reports coverage of the procedure.

Opens files and prints. `case_files.py` finds the files of a folder, `trials.py` reads expectations, `coverage.py` counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from dam_plugin.cli.case_files import cases_under
from dam_plugin.cli.cases import JSON_LINES
from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.cli.rulings import RulingsFile, rulings_from
from dam_plugin.errors import CaseError, Problem
from dam_plugin.model import Decision
from dam_plugin.procedure.case_problems import short
from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.coverage import Coverage
from dam_plugin.procedure.decide import trace
from dam_plugin.procedure.read_cases import MAX_TEXT, numbered_lines, text_of
from dam_plugin.procedure.rulings import RULINGS
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.trials import Difference, differences, read_trial

# How many branches without a case are listed unless all are asked for.
LISTED = 20
# How many differences, how many problems and how many notes one JSON object holds: a hostile file has millions.
KEPT = 10_000
# How many failed cases, how many notes and how many linked folders are told to a person, and how many problems of a case.
SHOWN = 200
TOLD = 50
LONGEST_STORY = 240


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a case: the file as it was named, and the line of JSON lines."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        """Return `FILE` or `FILE:LINE`."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of one case: its differences, or the problems for which it could not be decided; neither where it passed."""

    place: Place
    id: str | None
    story: str = ""
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    decision: Decision | None = None

    @property
    def passed(self) -> bool:
        """Whether it was decided as expected."""
        return not (self.differences or self.problems)


def try_cases(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH", help="Case files (.yaml, .json, .jsonl), or folders of them.")
    ],
    as_json: AsJson = False,
    require_full_coverage: Annotated[
        bool, typer.Option("--require-full-coverage", help="Exit 1 on a clause, ruling or branch without its cases.")
    ] = False,
    gaps: Annotated[bool, typer.Option("--gaps", help="List every branch without a case.")] = False,
    by: RulingsFile = None,
) -> None:
    """Decide cases, compare the answers with the expected ones, and list parts without a case; exit 1 on a difference."""
    found = [cases_under(path) for path in paths]
    passed_over = [str(folder) for each in found for folder in each.linked_folders]
    rulings = rulings_from(by)
    coverage = Coverage(rulings)
    tried = _tried((file for each in found for file in each.files), coverage, rulings)
    if as_json:
        failed = _print_json(tried, coverage, passed_over)
    else:
        failed = _tell(tried, coverage, passed_over, every_gap=gaps or require_full_coverage)
    raise typer.Exit(1 if failed or (require_full_coverage and not coverage.is_full) else 0)


def _tried(files: Iterable[Path], coverage: Coverage, rulings: Rulings) -> Iterator[Tried]:
    for file in files:
        try:
            opened = file.open("rb")
        except OSError as error:
            why = f"cannot be read: {(error.strerror or 'refused').lower()}"
            yield Tried(Place(str(file)), None, problems=(Problem("", why, str(file)),))
            continue
        with opened:
            for place, data in _cases_in(opened, file):
                as_json = place.line is not None or file.suffix.lower() == ".json"
                yield _try(place, data, coverage, rulings, as_json=as_json)


def _cases_in(file: BinaryIO, path: Path) -> Iterator[tuple[Place, bytes | Problem]]:
    """Yield the cases of a file, at most a little more of each than a case can be."""
    if path.suffix.lower() in JSON_LINES:
        yield from ((Place(str(path), number), data) for number, data in numbered_lines(file, name=str(path)))
    else:
        yield Place(str(path)), file.read(MAX_TEXT + 1)


def _try(place: Place, data: bytes | Problem, coverage: Coverage, rulings: Rulings, *, as_json: bool) -> Tried:
    if isinstance(data, Problem):
        return Tried(place, None, problems=(data,))
    try:
        text = text_of(data, name=place.file, line=place.line)
        trial = read_trial(text, as_json=as_json, name=place.file, line=place.line or 1)
    except CaseError as error:
        return Tried(place, error.case_id, problems=error.problems)
    way = trace(trial.case, rulings)
    coverage.count(way)
    found = differences(trial.expected, way.decision)
    return Tried(place, trial.case.id, trial.story, found, notes=trial.notes, decision=way.decision)


# For programs


def _print_json(tried: Iterable[Tried], coverage: Coverage, passed_over: list[str]) -> int:
    """Print the one object; return how many cases failed."""
    cases = failed = left_out = 0
    different: list[dict[str, Any]] = []
    wrong: list[dict[str, Any]] = []
    noted: list[dict[str, Any]] = []
    for each in tried:
        cases += 1
        failed += not each.passed
        for kept, found in (
            (different, _differences(each)),
            (wrong, _placed(each, each.problems)),
            (noted, _placed(each, each.notes)),
        ):
            room = KEPT - len(kept)
            kept.extend(found[:room])
            left_out += len(found[room:])
    print_json(
        {
            "cases": cases,
            "passed": cases - failed,
            "failed": failed,
            "differences": different,
            "problems": wrong,
            "notes": noted,
            "linked_folders_passed_over": passed_over,
            **({"left_out": left_out} if left_out else {}),
            "coverage": coverage.plain(),
        }
    )
    return failed


def _differences(each: Tried) -> list[dict[str, Any]]:
    line = {} if each.place.line is None else {"line": each.place.line}
    return [
        {"file": each.place.file, **line, "id": each.id, "field": d.field, "expected": d.expected, "found": d.found}
        for d in each.differences
    ]


def _placed(each: Tried, told: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{"file": each.place.file, "path": p.path, "message": p.placed_message} for p in told]


# For people


def _tell(tried: Iterable[Tried], coverage: Coverage, passed_over: list[str], *, every_gap: bool) -> int:
    """Print the first failures as they are found, then what the cases cover; return how many failed."""
    cases = failed = noted = 0
    _tell_passed_over(passed_over)
    for each in tried:
        cases += 1
        for note in each.notes:
            noted += 1
            if noted <= SHOWN:
                _say_line(f"Note: {note}", "yellow")
        if not each.passed:
            failed += 1
            if failed <= SHOWN:
                _tell_failure(each)
    for count, what in ((failed, "cases failed"), (noted, "notes")):
        if count > SHOWN:
            say(f"… and {count - SHOWN:,} more {what} (--json lists up to {KEPT:,} of each kind)\n", "yellow")
    _tell_clauses(coverage)
    _tell_rulings(coverage)
    _tell_branches(coverage, every_gap=every_gap)
    say(
        f"{cases:,} case{'' if cases == 1 else 's'}, {cases - failed:,} as expected; {coverage.summed()}",
        "bold red" if failed else "bold green",
    )
    return failed


def _tell_passed_over(linked: list[str]) -> None:
    for folder in linked[:SHOWN]:
        _say_line(f"{folder}: passed over, for it is a link to a folder; name it to have its cases tested", "yellow")
    if len(linked) > SHOWN:
        say(f"… and {len(linked) - SHOWN:,} more linked folders were passed over (--json names them)", "yellow")
    if linked:
        say("")


def _tell_failure(each: Tried) -> None:
    _say_line(f"{short(each.id) if each.id else 'A case whose id cannot be read'} ({each.place})", "bold red")
    for problem in each.problems[:TOLD]:
        _say_line(f"  {problem}")
    if len(each.problems) > TOLD:
        say(f"  … and {len(each.problems) - TOLD:,} more (--json names them)")
    if each.decision is None:
        say("")
        return
    if each.story.strip():
        _say_line(f"  {_first_line(each.story)}")
    for difference in each.differences:
        expected, found = _told(difference.expected), _told(difference.found)
        _say_line(f"  {difference.field}: expected {expected}, found {found}", "red")
    say("  It was decided so because:")
    for reason in each.decision.reasons:
        _say_line(f"    {reason.clause}: {reason.text}")
    say("")


def _say_line(text: str, style: str = "") -> None:
    """Print a text of a case file on one line, so that it cannot imitate lines of the report."""
    say("; ".join(text.splitlines()), style)


def _first_line(story: str) -> str:
    first = story.strip().splitlines()[0]
    return first if len(first) <= LONGEST_STORY else f"{first[:LONGEST_STORY]}…"


def _told(value: object) -> str:
    """Return one side of a difference in words: lists with commas, nothing as `none`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict) and value.keys() == {"clause", "students"}:
        return f"{value['clause']} ({', '.join(value['students']) or 'no student'})"
    if isinstance(value, dict):
        return ", ".join(f"{student}: {clause}" for student, clause in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(_told(each) for each in value) or "none"
    return str(value)


def _tell_clauses(coverage: Coverage) -> None:
    rows = [
        (clause, CLAUSES[clause].title, each.cases_for, each.cases_against, each.decided)
        for clause, each in coverage.clauses.items()
    ]
    print_table("By clause", ("clause", "title", "cases for", "cases against", "decided"), rows)
    _tell_gaps(coverage.gaps_by_clause())


def _tell_rulings(coverage: Coverage) -> None:
    rows = [
        (ruling, RULINGS[ruling].question, each.cases_for, each.cases_against)
        for ruling, each in coverage.rulings.items()
    ]
    print_table("By ruling", ("ruling", "question", "cases for", "cases against"), rows)
    _tell_gaps(coverage.gaps_by_ruling())


def _tell_branches(coverage: Coverage, *, every_gap: bool) -> None:
    branches = coverage.plain()["branches"]
    say(f"{branches['exercised']} of {branches['of']} branches exercised", "bold")
    _tell_gaps(coverage.gaps_by_branch(), None if every_gap else LISTED)


def _tell_gaps(gaps: Iterator[str], most: int | None = None) -> None:
    lines = list(gaps)
    for line in lines[:most]:
        say(f"  {line}", "yellow")
    if most is not None and len(lines) > most:
        say(f"  … and {len(lines) - most} more (--gaps shows all)", "yellow")
    say("")
