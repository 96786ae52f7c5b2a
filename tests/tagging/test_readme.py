"""Every YAML example of the admins' guide is a rule file that loads, and its error examples are what loading says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dam_tagging.rules.load import RULE_KEYS, THEN_KEYS, WHEN_KEYS, load_rules
from dam_tagging.rules.model import RuleFileError

README = Path(__file__).resolve().parents[2] / "tagging" / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example-{number}" for number in range(len(EXAMPLES))])
def test_an_example_loads(example: str) -> None:
    assert load_rules({"example.yaml": example}).rules


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("key", [*RULE_KEYS, *WHEN_KEYS, *THEN_KEYS])
def test_every_key_is_explained(key: str) -> None:
    assert f"`{key}`" in TEXT


def test_the_shown_mistakes_are_reported_in_these_words() -> None:
    wrong = (
        "rules:\n\n  - name: one\n    when:\n      all:\n        - keyword: A\n"
        "        - {people: {at_leest: 2}}\n\n    then: {directory_status: eligable}\n    why: x\n"
    )
    with pytest.raises(RuleFileError) as caught:
        load_rules({"school.yaml": wrong})
    shown = re.findall(r"^school\.yaml:[\d:]+ (.*)$", TEXT, re.MULTILINE)
    assert [problem.split(": ", 1)[1] for problem in caught.value.problems] == shown
