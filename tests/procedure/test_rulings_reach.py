"""The district's rulings reach every place that decides, or asks who holds the rights: none of them leaves them out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dam_hooks
import dam_plugin

# What answers otherwise under other rulings. Where it is called, what it is given has to name the rulings.
ASKED = frozenset({
    "decide", "decide_on", "decide_safely", "decide_gathered", "trace", "explain", "explained", "stages", "supposed",
    "explain_for_staff", "explained_in_full",
    "terms_of", "is_eligible", "has_rights", "is_break_glass", "families_of", "families_among", "families", "asks",
    "write_exclusions", "answer_bytes", "answer_lines",
})  # fmt: skip
# They look at students one by one: those whom they are given have to be as ruled.
OF_STUDENTS = frozenset({"consent_faults", "age_of", "index_of"})
OF_PROCEDURE = frozenset({"decide", "trace", "explain", "explain_for_staff", "stages", "supposed", "terms_of"})
# Methods of other things that are called the same.
OTHERS = frozenset({"batch.decide"})


def sources() -> Iterator[Path]:
    for package in (dam_plugin, dam_hooks):
        for folder in package.__path__:
            yield from sorted(Path(folder).rglob("*.py"))


def calls(path: Path, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield each call of one of these, with its place and as it is written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.rpartition(".")[2] in names and called not in OTHERS:
                yield f"{path.name}:{node.lineno}", ast.unparse(node)


def named(path: Path) -> bool:
    return path.parent.name == "procedure"


@pytest.mark.parametrize("path", [each for each in sources() if not named(each)], ids=lambda path: path.name)
def test_whoever_decides_names_the_rulings(path: Path) -> None:
    # `rules.explain` explains the rules of tagging.
    ours = ASKED - ({"explain", "explained"} if path.name == "rules.py" else set())
    left_out = [call for call in calls(path, ours | OF_STUDENTS) if "rulings" not in call[1]]
    assert not left_out


def test_within_the_procedure_a_supposed_case_is_decided_by_the_same_rulings() -> None:
    """A trial that only looks at people needs none: they are as ruled already."""
    people = {"terms_of(case).doubtful", "terms_of(case).related"}
    for path in filter(named, sources()):
        text = path.read_text(encoding="utf-8")
        found = [call for call in calls(path, OF_PROCEDURE) if "rulings" not in call[1]]
        allowed = [call for call in found if call[1] == "terms_of(case)" and any(each in text for each in people)]
        records_refusal = [call for call in found if call[1] == "terms_of(case)" and path.name == "decide.py"]
        assert not [call for call in found if call not in allowed + records_refusal], path.name


def test_the_places_that_decide_were_found() -> None:
    found = {place.partition(":")[0] for path in sources() for place, _ in calls(path, ASKED)}
    expected = {
        "share.py",
        "link_status.py",
        "judge.py",
        "two_people.py",
        "replay.py",
        "exclusions.py",
        "third_parties.py",
    }
    assert (
        expected | {"file_referral.py", "in_person.py", "case_notes.py", "cases.py", "explanation.py", "trial.py"}
        <= found
    )
