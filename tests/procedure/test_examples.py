"""Cases as a school office tells them, written apart from the code: each is read in place and decided."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from command_line import call
from told_examples import examples

from dam_plugin.procedure.read_cases import answer


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
    assert (told["differences"], told["problems"]) == ([], [])
    assert told["passed"] == len(examples())
