"""Cases as a school office tells them, written apart from the code: each is read in place and decided."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from command_line import call
from told_examples import NOT_DECIDED_YET, examples

from dam_plugin.procedure.read_cases import answer


def marked(path: Path) -> object:
    """Return an example as a parameter; one that is not decided yet is expected to fail, until it is."""
    later = pytest.mark.xfail(strict=True, reason="its clause is not decided yet")
    return pytest.param(path, marks=later) if path.stem in NOT_DECIDED_YET else path


@pytest.mark.skipif(not examples(), reason="no examples: set DAM_EXAMPLES to their folder")
@pytest.mark.parametrize("path", [marked(each) for each in examples()], ids=lambda path: path.stem)
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
    later = [path for path in examples() if path.stem in NOT_DECIDED_YET]
    assert sorted(Path(each["file"]).stem for each in told["differences"]) == [path.stem for path in later]
    assert told["problems"] == []
    assert told["passed"] == len(examples()) - len(later)
