"""Cases as a school office tells them, written apart from the code: each is read in place and decided."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from command_line import call

from dam_plugin.procedure.reading import answer

REPOSITORY = Path(__file__).resolve().parent.parent.parent


def examples() -> list[Path]:
    """Return the example files of `DAM_EXAMPLES`, or of the folder beside the repository; empty where there is none."""
    named = os.environ.get("DAM_EXAMPLES")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "examples"
    return sorted(folder.glob("*.yaml"))


@pytest.mark.skipif(not examples(), reason="no examples: set DAM_EXAMPLES to their folder")
@pytest.mark.parametrize("path", examples(), ids=lambda path: path.stem)
def test_an_example_is_decided_as_expected(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = yaml.safe_load(text)["expect"]
    decided, fine = answer(text, as_json=False)
    assert fine, decided
    assert decided["outcome"] == expected["outcome"]
    assert decided["redact"] == sorted(expected.get("redact", []))


@pytest.mark.skipif(not examples(), reason="no examples: set DAM_EXAMPLES to their folder")
def test_the_command_finds_no_difference_in_the_examples() -> None:
    ended = call("procedure", "test", *map(str, examples()), "--json")
    told = ended.object()
    assert (ended.code, told["differences"], told["problems"]) == (0, [], [])
    assert told["passed"] == len(examples())
