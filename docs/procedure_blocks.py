"""The generated blocks of docs/procedure.md: steps, clauses and rulings, each with its place in the code and its cases.

Places are found in the source (a clause's id, a `# RULING` mark), cases by deciding each file of tests/procedure/cases.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import get_args, get_type_hints

from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS, SIGNERS, remedy
from dam_plugin.procedure.coverage import all_branches, branches_of, clause_sides, clauses_under
from dam_plugin.procedure.decide import trace
from dam_plugin.procedure.exception_row import Check, Clause, ExceptionRow
from dam_plugin.procedure.exceptions import ASKS, BLOCKS, BY_CLAUSE, EXCEPTIONS, ROLES, concerned, of_step
from dam_plugin.procedure.questions import CHECKS, PLANS, STEPS
from dam_plugin.procedure.read_cases import read_case
from dam_plugin.procedure.read_rulings import read_rulings
from dam_plugin.procedure.ruling_sides import sides_of
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS, Ruling
from dam_plugin.procedure.switches import Rulings

REPOSITORY = Path(__file__).resolve().parent.parent
CASES = REPOSITORY / "tests" / "procedure" / "cases"
# The cases of each switch, with the file of rulings that turns it.
SWITCHED = CASES.parent / "switched"
SOURCES = sorted(
    path for folder in ("dam_plugin", "tagging/dam_tagging") for path in (REPOSITORY / folder).rglob("*.py")
)
# Tables of words: naming a clause there decides nothing.
WORDS = {"clauses", "coverage", "explain", "in_words", "ruling_sides", "rulings", "ways_out"}
MARK = re.compile(r"RULING ([a-z0-9-]+(?:, [a-z0-9-]+)*):")
SHOWN = 6
# The functions that a step is taken in, besides its own and those of its exceptions.
HELPERS = {
    2: {("exceptions", "staff_may_act")},
    3: {("steps", "unnamed_first"), ("steps", "copy_first")},
    5: {
        ("exceptions", "juvenile_sees_all"),
        ("exceptions", "asks_for_papers"),
        ("steps", "unnamed_first"),
        ("steps", "copy_first"),
    },
    6: {("steps", "unnamed_first")},
    7: {("steps", "_shut")},
    9: {("steps", "nobody_to_hide")},
    10: {("steps", "(module)"), ("steps", "preferred"), ("steps", "blockers"), ("steps", "_meaning_survives")},
}


@dataclass
class Told:
    """The cases that speak for something and against it, and those in which it decides."""

    decides: list[Path] = field(default_factory=list)
    speaks: list[Path] = field(default_factory=list)
    against: list[Path] = field(default_factory=list)


def steps() -> str:
    """Return every step: what it says, the questions it asks, where it is taken, the rulings in it."""
    return "\n\n".join(_step(number) for number in range(1, len(STEPS) + 1))


def exceptions() -> str:
    """Return the exceptions: whose they are, what evidence each asks for, what it opens, what it is recorded for."""
    lines = [
        "| exception | recipient's `role` | evidence | opens | recorded | may be passed on |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in EXCEPTIONS:
        anybody = {"requests": ["anybody who asks"], "anybody": ["anybody"]}.get(str(row.concerns), [])
        roles = ", ".join([*(f"`{role}`" for role in concerned(row.concerns, row) or () if not anybody), *anybody])
        evidence = "; ".join(_evidence(name) for name in row.evidence)
        flags = ["yes" if flag else "no" for flag in (row.recorded, row.may_pass_on)]
        cells = [f"{row.clause.id}: {row.clause.title}", roles, evidence, " or ".join(_opens(row)), *flags]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_roles()])


def _roles() -> Iterator[str]:
    """Yield every role that a recipient can have, with the words for it."""
    yield "| `role` | whom a release reaches |"
    yield "| --- | --- |"
    yield from (f"| `{role.id}` | {role.audience} |" for role in ROLES.values())


def _opens(row: ExceptionRow) -> Iterator[str]:
    if row.whole is not None:
        yield f"the whole recording (step {row.whole.step})"
    if row.own is not None:
        yield "the recipient's own students" if row.own_unless is None else "as ruled the recipient's own students"
    if row.whole is None and row.own is None:
        yield "what steps 9 to 11 say"


def _evidence(name: str) -> str:
    """Return a field of the evidence with the fields within it, the values that a closed set has, and a default of true."""
    of = BLOCKS.get(name)
    if of is None:
        return f"`{name}`"
    hints = get_type_hints(of)
    told = []
    for each in fields(of):
        values = [
            str(value) for part in get_args(hints[each.name]) for value in get_args(part) if isinstance(value, str)
        ]
        told.append(
            f"`{each.name}`{': ' + ' or '.join(values) if values else ''}{' [true]' if each.default is True else ''}"
        )
    return f"`{name}` ({', '.join(told)})"


def recordation() -> str:
    """Return on which exceptions a student stays visible, and what of it is recorded."""
    own = _either(row.clause.id for row in EXCEPTIONS if row.own and row.own_unless is None)
    # Those that ask for evidence first.
    recorded = _either(row.clause.id for row in sorted(EXCEPTIONS, key=lambda row: not row.evidence) if row.recorded)
    unseen = _either(row.clause.id for row in EXCEPTIONS if row.recorded and row.whole)
    unrecorded = _either(role.audience for role in ROLES.values() if not role.refusal_recorded)
    return (
        "A directly related student who stays visible does so on SCOPE or the exception that opens [the whole "
        f"recording](#the-exceptions); else, for own, {own}; else EX4, where the directory route is open and the student has "
        "not opted out; else EX3, by a valid consent; else, in step 11 alone, EX2-MULTI. (`steps.basis_of`)\n\n"
        "A disclosure is recorded (34 CFR 99.32) when what is released shows a directly related student on the basis "
        f"{recorded}; when {unseen} releases a recording of which it is not known who is in it; and when a request is denied "
        f"that was about a directly related student and came from somebody else than {unrecorded}."
    )


def lacking() -> str:
    """Return what stands at the end of the reasons where an exception lacked its evidence."""
    told = ", ".join(f"{row.lacking.clause.id} {row.lacking.says}" for row in EXCEPTIONS if row.lacking)
    return f"What was lacking stands at the end of the reasons, unless the answer is allow: {told}. (`decide.evidence_lacking`)"


def _either(names: Iterable[str]) -> str:
    *head, last = names
    return f"{', '.join(head)} or {last}" if head else last


def clauses() -> str:
    """Return every clause: what it says, its source and remedy, where it is decided, the cases and rulings about it."""
    return "\n\n".join(_clause(clause) for clause in CLAUSES.values())


def rulings() -> str:
    """Return every ruling: question, answer, alternatives, where it is in the code, the cases on either side."""
    told = _cases().rulings
    return "\n\n".join(
        [
            *(_ruling(ruling, told[ruling.id]) for ruling in RULINGS.values()),
            *(_ruling(ruling, None) for ruling in BEFORE_A_CASE.values()),
        ]
    )


def switches() -> str:
    """Return the switches of `rulings.toml`: the value of each, what is ruled then, for whom that is not stricter."""
    lines = ["| ruling | `ruled` | what is ruled then | refused by name |", "| --- | --- | --- | --- |"]
    for each in (ruling.switch for ruling in RULINGS.values()):
        if each is not None:
            says = f"{each.says} Not stricter for {each.not_for}." if each.not_for else each.says
            refused = "; ".join(f"`{value}`: {why}" for value, why in each.looser.items())
            lines.append(f"| [{each.ruling}](#{each.ruling}) | `{each.value}` | {says} | {refused} |")
    return "\n".join(lines)


def consent_faults() -> str:
    """Return the ways in which a consent does not hold."""
    return "\n".join(f"- {fault}" for fault in CONSENT_FAULTS.values())


def plans() -> str:
    """Return what each plan hides."""
    return "\n".join(f"- **{name}**: {hides}." for name, hides in PLANS.items())


def coverage() -> str:
    """Return how much of the decision the repository's own cases exercise."""
    told = _cases()
    spoken = clauses_under()
    clause_gaps = [clause for clause in spoken if not (told.clauses[clause].speaks and told.clauses[clause].against)]
    ruling_gaps = [each for each in RULINGS if not (told.rulings[each].speaks and told.rulings[each].against)]
    return (
        f"{told.count} cases: {len(spoken) - len(clause_gaps)} of {len(spoken)} clauses and "
        f"{len(RULINGS) - len(ruling_gaps)} of {len(RULINGS)} rulings have a case for and a case against them, and "
        f"{len(told.branches)} of {len(all_branches())} branches of the decision are exercised."
    )


@dataclass
class _Cases:
    count: int = 0
    clauses: dict[str, Told] = field(default_factory=lambda: defaultdict(Told))
    rulings: dict[str, Told] = field(default_factory=lambda: defaultdict(Told))
    branches: set[str] = field(default_factory=set)


@cache
def _cases() -> _Cases:
    told = _Cases()
    for path in sorted(CASES.rglob("*.yaml")):
        way = trace(read_case(path.read_text(encoding="utf-8"), as_json=False))
        told.count += 1
        told.branches |= branches_of(way)
        told.clauses[way.decision.reasons[0].clause].decides.append(path)
        for kept, sides in ((told.clauses, clause_sides(way)), (told.rulings, sides_of(way))):
            for each, side in sides.items():
                (kept[each].speaks if side else kept[each].against).append(path)
    for path in sorted(SWITCHED.rglob("*.yaml")):
        way = trace(read_case(path.read_text(encoding="utf-8"), as_json=False), _rulings_of(path.parent))
        # A clause that speaks under a switch alone has no other cases.
        for clause, side in clause_sides(way).items():
            if clause not in clauses_under():
                (told.clauses[clause].speaks if side else told.clauses[clause].against).append(path)
    return told


@cache
def _rulings_of(folder: Path) -> Rulings:
    return read_rulings((folder / "rulings.toml").read_bytes(), name=folder.name, today=date.max)


def _step(number: int) -> str:
    step = STEPS[number - 1]
    module, function = step.function.split(".")
    asked = dict.fromkeys(_asked(check) for check in CHECKS.values() if check.step == number)
    questions = "\n".join(f"- {each}" for each in asked)
    exceptions = {("exceptions", whole.applies.__name__) for _, whole in of_step(number)}
    inside = {(module, function), *exceptions, *HELPERS.get(number, ())}
    marks = sorted(ruling for ruling, place in _places().rulings.items() if place in inside)
    lines = [f"### Step {number}: {step.title}", step.says, f"Taken in `{step.function}`."]
    if questions:
        lines.append(f"Asked, in this order, as far as it takes:\n\n{questions}")
    if marks:
        lines.append(f"Rulings here: {_ruling_links(marks)}.")
    return "\n\n".join(lines)


def _asked(check: Check) -> str:
    """Return a question, and by which switch it is asked where it is not asked without one."""
    return f"{check.question} (only as [{check.ruled}](#{check.ruled}) may be ruled)" if check.ruled else check.question


def _clause(clause: Clause) -> str:
    told = _cases().clauses[clause.id]
    bearing = [ruling.id for ruling in RULINGS.values() if clause.id in ruling.clauses]
    rows = [
        ("says", clause.sentence),
        ("or", clause.otherwise),
        ("or, as ruled", clause.as_ruled),
        ("only where ruled so", _ruling_links([clause.ruled] if clause.ruled else [])),
        ("said outside", f"{clause.outside.en} ({clause.outside.provision})"),
        ("source", clause.source),
        ("what can be done", remedy(clause.id, purpose="…", party="…", signers=SIGNERS)),
        ("decided in", ", ".join(f"`{place}`" for place in (*_in_rows(clause.id), *_places().clauses[clause.id]))),
        ("cases for", _links([*told.decides, *(path for path in told.speaks if path not in told.decides)])),
        ("cases against", _links(told.against)),
        ("rulings", _ruling_links(bearing)),
    ]
    return f"### {clause.id}: {clause.title}\n\n" + "\n".join(f"- *{name}*: {text}" for name, text in rows if text)


def _in_rows(clause: str) -> Iterator[str]:
    """Yield the functions that the table of exceptions names for a clause."""
    row = BY_CLAUSE.get(clause)
    if row is not None:
        yield from (f"exceptions.{each.__name__}" for each in (row.whole and row.whole.applies, row.own) if each)
    if clause in ASKS:
        yield f"exceptions.{ASKS[clause].stands.__name__}"


def _ruling(ruling: Ruling, told: Told | None) -> str:
    module, function = _places().rulings[ruling.id]
    rows = [
        ("ruled", ruling.answer),
        ("an attorney may rule instead", " / ".join(ruling.alternatives)),
        ("switch", f"`{ruling.switch.value}` in [rulings.toml](#switches)" if ruling.switch else ""),
        ("the words that leave room", ruling.source),
        ("one place", f"`{module}.{function}`, marked `RULING {ruling.id}`"),
        ("clauses", ", ".join(f"[{clause}](#{_anchor(clause, CLAUSES[clause].title)})" for clause in ruling.clauses)),
    ]
    if told is not None:
        named = [path for path in told.speaks if _names(path, ruling.id)]
        rows.append(("cases for", _links([*named, *(path for path in told.speaks if path not in named)])))
        named = [path for path in told.against if _names(path, ruling.id)]
        rows.append(("cases against", _links([*named, *(path for path in told.against if path not in named)])))
    else:
        rows.append(("cases", "none: it is settled before there is a case"))
    return f"### {ruling.id}\n\n**{ruling.question}**\n\n" + "\n".join(
        f"- *{name}*: {text}" for name, text in rows if text
    )


@cache
def _names(path: Path, ruling: str) -> bool:
    return f"ruling: {ruling}" in path.read_text(encoding="utf-8").replace('"', "").replace("'", "")


def _links(paths: list[Path]) -> str:
    shown = [f"[{path.stem}](../{path.relative_to(REPOSITORY).as_posix()})" for path in paths[:SHOWN]]
    more = [f"{len(paths) - SHOWN} more"] if len(paths) > SHOWN else []
    return ", ".join(shown + more)


def _ruling_links(ids: Iterable[str]) -> str:
    return ", ".join(f"[{ruling}](#{ruling})" for ruling in ids)


def _anchor(clause: str, title: str) -> str:
    heading = f"{clause}: {title}".lower()
    return re.sub(r"[^\w -]", "", heading).replace(" ", "-")


@dataclass
class _Places:
    clauses: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    rulings: dict[str, tuple[str, str]] = field(default_factory=dict)


@cache
def _places() -> _Places:
    """Return the functions that name each clause, and the function or module that carries each ruling's mark."""
    places = _Places()
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for number, line in enumerate(text.splitlines(), start=1):
            for ruling in _marked(line):
                places.rulings[ruling] = (path.stem, _around(functions, number))
        if path.stem in WORDS or path.parent.name != "procedure":
            continue
        for function in functions:
            for clause in _named(function):
                places.clauses[clause].append(f"{path.stem}.{function.name}")
    return places


def _marked(line: str) -> Iterator[str]:
    for found in MARK.findall(line):
        yield from found.split(", ")


def _around(functions: list[ast.FunctionDef], number: int) -> str:
    inside = [each for each in functions if each.lineno <= number <= (each.end_lineno or each.lineno)]
    if inside:
        return max(inside, key=lambda each: each.lineno).name
    return "(module)"


def _named(function: ast.FunctionDef) -> list[str]:
    texts = {
        node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(text for text in texts if text in CLAUSES)
