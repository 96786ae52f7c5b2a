"""An explanation as a Markdown document, for a file to an attorney, with the facts it stands on as a YAML block.

Every text of a case is shown as plain text. It never becomes Markdown, HTML or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from dam_plugin.cli import outline
from dam_plugin.cli.output import printable
from dam_plugin.procedure import in_words
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.explain import Explanation

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&$#@])")
_AT_THE_START = re.compile(r"^([-+=]|\d+(?=[.)]))")
# Texts that Markdown turns into links by itself.
_LINK = re.compile(r"(:)(?=//)|((?<=www)\.)", re.IGNORECASE)
# Spaces that would be left out: at either end, and all but the first of several.
_LOST_SPACE = re.compile(r"^ | $|(?<= ) ")
# The same texts from libyaml, where it is there, in a tenth of the time.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def document(told: Explanation, case: Case) -> str:
    """Return the document; `case` is the explained case."""
    return "\n\n".join(_blocks(told, case)) + "\n"


def plain(text: str) -> str:
    """Return a text as Markdown that shows it character by character, each space too, on one line of its own.

    What cannot be printed, an end of a line too, is shown as U+FFFD, as in the tree.
    """
    escaped = _inline(text)
    return _AT_THE_START.sub(lambda match: f"&#{ord(match[1][0])};{match[1][1:]}", escaped)


def _inline(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", printable(text).replace("\n", "\ufffd"))
    escaped = _LOST_SPACE.sub("&#160;", escaped)
    return _LINK.sub(lambda match: "&#58;" if match[1] else "&#46;", escaped)


def _blocks(told: Explanation, case: Case) -> Iterator[str]:
    yield f"# Case {plain(told.id)}"
    yield f"As of {plain(told.day)}. Students and other people are named by the ids of the case."
    yield "## The answer"
    yield f"**{told.outcome}.** {plain(told.answer)}"
    yield from map(plain, (told.asked, outline.recorded(told), *told.notes))
    yield from _reasons(told)
    if told.ways_out:
        yield f"## {plain(outline.CHANGES[told.outcome])}"
        yield "\n".join(
            line
            for way in told.ways_out
            for line in (f"- {plain(way.title)}:", *(f"  - {plain(need.text)}" for need in way.needs))
        )
    yield from _people(told)
    yield f"## {plain(outline.route(told))}"
    if told.route_closed_by:
        yield _table(("Clause", "Title", "What it says"), ((c.clause, c.title, c.text) for c in told.route_closed_by))
    yield from _steps(told)
    yield from _plans(told)
    yield from _rulings(told)
    yield "## The facts it stands on"
    yield _facts(case)


def _reasons(told: Explanation) -> Iterator[str]:
    yield "## The reasons, in order"
    columns = ("Clause", "What it says", "Its place here", "Source", "What to do")
    yield _table(
        columns,
        (
            (f"{each.clause}: {each.title}", each.text, outline.PARTS[each.part], each.source, each.remedy)
            for each in told.reasons
        ),
    )


def _people(told: Explanation) -> Iterator[str]:
    yield "## The students"
    if not told.people:
        yield "No student is named."
    for person in told.people:
        yield f"### {plain(person.id)}"
        yield _table(("What", "How it is"), (("Shown", person.shown), *outline.rows(person)))


def _steps(told: Explanation) -> Iterator[str]:
    yield "## The steps"
    yield "They are taken in order, and the first that decides, decides."
    yield _table(
        ("Step", "What it asks, and what became of it"),
        ((str(each.number), " ".join((outline.became(each), *outline.asked(each)))) for each in outline.reached(told)),
    )
    yield from map(plain, outline.not_reached(told))


def _plans(told: Explanation) -> Iterator[str]:
    yield "## Copies that hide students"
    if not told.plans:
        yield plain(f"{outline.no_plans(told)}.")
        return
    if existing := [each for each in told.plans if each.exists]:
        yield _table(
            ("What might be released", "What became of it", "Whom it hides"),
            ((in_words.sentence(outline.named(each)), each.fate, outline.whom(each)) for each in existing),
        )
    yield from map(plain, outline.not_in_question(told))


def _rulings(told: Explanation) -> Iterator[str]:
    yield "## What an attorney may rule otherwise"
    if not told.rulings:
        yield "No ruling bears on this case."
        return
    yield "Where the procedure's wording leaves room, this was ruled. Each may be settled otherwise."
    yield _table(
        ("Question", "What was ruled", "Otherwise", "Where the wording leaves room"),
        ((each.question, outline.ruled(each), " Or: ".join(each.alternatives), each.source) for each in told.rulings),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns)]
    told = [_row(line) for line in lines]
    return "\n".join((*told, *(_row([_inline(cell) for cell in row]) for row in rows)))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _facts(case: Case) -> str:
    """Return the case as a YAML block that can be read and decided again; what is left out has its default."""
    facts = _said(plain_case(case))
    text = _yaml(facts, allow_unicode=True)
    if not text.replace("\n", "").isprintable():
        text = _yaml(facts, allow_unicode=False)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}yaml\n{text}{fence}"


def _yaml(facts: object, *, allow_unicode: bool) -> str:
    text: str = yaml.dump(facts, Dumper=_Dumper, allow_unicode=allow_unicode, sort_keys=False, width=100)
    return text


def _said(plain: Any) -> Any:  # noqa: ANN401 - plain data of any shape
    """Leave out what is null: it is the same as left out."""
    if isinstance(plain, dict):
        return {key: _said(value) for key, value in plain.items() if value is not None}
    return [_said(value) for value in plain] if isinstance(plain, list) else plain
