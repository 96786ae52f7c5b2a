"""docs/procedure.md and the code say the same: every clause, step, ruling, test and file that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dam_plugin.procedure.clauses import CLAUSES
from dam_plugin.procedure.questions import STEPS
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS, Ruling

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DOCUMENT = REPOSITORY / "docs" / "procedure.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
MARK = re.compile(r"RULING ([a-z0-9-]+(?:, [a-z0-9-]+)*):")
EVERY_RULING = {**RULINGS, **BEFORE_A_CASE}


def anchors() -> set[str]:
    """Return the anchors of the document's headings, as Markdown readers make them."""
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_ruling_is_marked_in_exactly_one_place_and_every_mark_is_a_ruling() -> None:
    marks: list[str] = []
    for root in ("dam_plugin", "hooks", "tagging"):
        for path in sorted((REPOSITORY / root).rglob("*.py")):
            marks += [mark for found in MARK.findall(path.read_text(encoding="utf-8")) for mark in found.split(", ")]
    assert sorted(marks) == sorted(EVERY_RULING)


@pytest.mark.parametrize("ruling", EVERY_RULING.values(), ids=lambda ruling: ruling.id)
def test_a_ruling_asks_answers_and_offers_alternatives(ruling: Ruling) -> None:
    assert ruling.question.endswith("?")
    assert ruling.answer.endswith(".")
    assert ruling.alternatives
    assert ruling.source
    assert set(ruling.clauses) <= set(CLAUSES)


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_is_told_with_where_it_is_decided_and_cases_on_both_sides(clause: str) -> None:
    _, _, told = TEXT.partition(f"### {clause}: {CLAUSES[clause].title}\n")
    told = told.partition("\n### ")[0]
    for part in ("*says*", "*source*", "*decided in*", "*cases for*", "*cases against*"):
        assert part in told, part


def test_every_step_is_told_in_order() -> None:
    headings = [f"### Step {step.number}: {step.title}" for step in STEPS]
    places = [TEXT.index(heading) for heading in headings]
    assert places == sorted(places)
    assert [step.number for step in STEPS] == list(range(1, 14))


def test_every_function_and_test_that_it_names_is_there() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "dam_plugin").rglob("*.py"))
    tests = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", TEXT):
        assert f"def {name}(" in tests, name
    modules = {path.stem for path in (REPOSITORY / "dam_plugin" / "procedure").glob("*.py")}
    for module, name in re.findall(r"`(\w+)\.(\w+)`", TEXT):
        # `rulings.toml` is a file of the district.
        if module in modules and name != "toml":
            assert f"def {name}(" in sources, f"{module}.{name}"
    for module in re.findall(r"`procedure/(\w+)\.py`", TEXT):
        assert module in modules, module
    for name in re.findall(r"\(`(_?[a-z_]+)`\)", TEXT):
        assert f"def {name}(" in sources, name


def test_every_link_leads_somewhere() -> None:
    there = anchors()
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXT):
        if target.startswith("#"):
            assert target[1:] in there, target
        else:
            assert (DOCUMENT.parent / target.partition("#")[0]).exists(), target
