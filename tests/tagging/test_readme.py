"""Every YAML example of the admins' guide is a rule file that loads, and its error examples are what loading says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dam_tagging.metadata.read import READERS
from dam_tagging.rules.examples import try_examples
from dam_tagging.rules.load import ASSET_KEYS, EXPECT_KEYS, FILE_KEYS, RULE_KEYS, THEN_KEYS, WHEN_KEYS, load, load_rules
from dam_tagging.rules.model import RuleFileError

README = Path(__file__).resolve().parents[2] / "tagging" / "README.md"
TEXT = README.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example-{number}" for number in range(len(EXAMPLES))])
def test_an_example_loads_and_its_own_examples_end_as_expected(example: str) -> None:
    loaded = load({"example.yaml": example})
    assert loaded.rules.rules
    assert try_examples(loaded.rules, loaded.examples).failed == 0


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("key", [*RULE_KEYS, *WHEN_KEYS, *THEN_KEYS, *ASSET_KEYS, *EXPECT_KEYS])
def test_every_key_is_explained(key: str) -> None:
    assert f"`{key}`" in TEXT


@pytest.mark.parametrize("key", FILE_KEYS)
def test_every_part_of_a_file_is_explained(key: str) -> None:
    assert f"`{key}:`" in TEXT or f"\n{key}:\n" in TEXT


@pytest.mark.parametrize("media_type", READERS)
def test_every_kind_of_file_that_is_read_is_named(media_type: str) -> None:
    assert f"`{media_type}`" in TEXT.partition("## Which files are read")[2]


MISTAKES = re.findall(r"^\| `((?:when|then): .*)` \| (.*) \|$", TEXT, re.MULTILINE)


def test_mistakes_are_shown() -> None:
    assert len(MISTAKES) > 15


@pytest.mark.parametrize(("written", "said"), MISTAKES)
def test_a_shown_mistake_is_told_in_the_words_of_the_guide(written: str, said: str) -> None:
    parts = {"when": "when: {keyword: A}", "then": "then: {hold: h}"} | {written[:4]: written}
    with pytest.raises(RuleFileError) as caught:
        load_rules({"a.yaml": f"rules:\n- name: n\n  why: w\n  {parts['when']}\n  {parts['then']}\n"})
    assert [found.message for found in caught.value.found] == [said.replace("\\*", "*").replace("\\|", "|")]


def test_the_shown_mistakes_are_reported_in_these_words() -> None:
    wrong = (
        "rules:\n\n  - name: one\n    when:\n      all:\n        - keyword: A\n"
        "        - {people: {at_leest: 2}}\n\n    then: {directory_status: eligable}\n    why: x\n"
    )
    with pytest.raises(RuleFileError) as caught:
        load_rules({"school.yaml": wrong})
    shown = re.findall(r"^school\.yaml:[\d:]+ (.*)$", TEXT, re.MULTILINE)
    assert [problem.split(": ", 1)[1] for problem in caught.value.problems] == shown
