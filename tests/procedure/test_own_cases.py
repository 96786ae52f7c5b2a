"""The repository's own told cases: decided as expected, and nothing of the decision is left without a case."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import call

from dam_plugin.procedure.coverage import clauses_under
from dam_plugin.procedure.decide import trace
from dam_plugin.procedure.read_cases import read_case
from dam_plugin.procedure.ruling_sides import sides_of
from dam_plugin.procedure.rulings import RULINGS
from dam_plugin.procedure.switches import SWITCHES

CASES = Path(__file__).resolve().parent / "cases"
FILES = sorted(CASES.rglob("*.yaml"))
SWITCHED = CASES.parent / "switched"
SWITCHED_FILES = sorted(SWITCHED.rglob("*.yaml"))
KEYS = ["story", "clause", "expect", "why", "ruling", "case"]
TOLD = re.compile(r"(?P<ruling>[a-z0-9-]+)(?P<against>, against)?: .+", re.DOTALL)


def told_in(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return told


def test_every_case_is_decided_as_expected_and_every_clause_ruling_and_branch_has_its_cases() -> None:
    ended = call("procedure", "test", str(CASES), "--require-full-coverage", "--json")
    told = ended.object()
    assert (told["differences"], told["problems"]) == ([], [])
    assert told["coverage"]["branches"]["never"] == []
    assert {each for each, sides in told["coverage"]["clauses"].items() if sides["for"] and sides["against"]} == {
        *clauses_under()
    }
    assert {each for each, sides in told["coverage"]["rulings"].items() if sides["for"] and sides["against"]} == {
        *RULINGS
    }
    assert (ended.code, told["cases"]) == (0, len(FILES))


@pytest.mark.parametrize("ruling", SWITCHES)
def test_the_cases_of_a_switch_are_decided_as_it_rules_and_one_of_them_otherwise_without_it(ruling: str) -> None:
    folder = SWITCHED / ruling
    ended = call("procedure", "test", str(folder), "--rulings", str(folder / "rulings.toml"), "--json")
    told = ended.object()
    assert (ended.code, told["differences"], told["problems"]) == (0, [], [])
    changed = {each["id"] for each in call("procedure", "test", str(folder), "--json").object()["differences"]}
    assert 0 < len(changed) < told["cases"]


@pytest.mark.parametrize("path", [*FILES, *SWITCHED_FILES], ids=lambda path: path.stem)
def test_a_case_is_told_whole(path: Path) -> None:
    told = told_in(path)
    assert [key for key in KEYS if key in told] == list(told)
    assert told["case"]["id"] == path.stem
    assert {"outcome", "reasons", "record_disclosure"} <= set(told["expect"])
    for key in ("story", "clause", "why"):
        assert told[key].strip()


def test_every_ruling_is_told_from_both_sides() -> None:
    sides: Counter[tuple[str, bool]] = Counter()
    for path in FILES:
        ruling = told_in(path).get("ruling")
        if ruling is None:
            continue
        match = TOLD.fullmatch(ruling.strip())
        assert match, f"{path.name}: a ruling is told as 'id: sentence' or 'id, against: sentence'"
        side = match["against"] is None
        way = trace(read_case(path.read_text(encoding="utf-8"), as_json=False))
        assert sides_of(way).get(match["ruling"]) is side, path.name
        sides[match["ruling"], side] += 1
    assert {(ruling, side) for ruling in RULINGS for side in (True, False)} == set(sides)
