"""The JSON Schema for editors: it is checked in as it is made, and agrees with the loader on what a schema can say."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dam_tagging.rules.load import THEN_KEYS, WHEN_KEYS, load, pack
from dam_tagging.rules.model import RuleFileError
from dam_tagging.rules.schema import THEN, WHEN, rules_schema

SCHEMA = rules_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
CHECKED_IN = Path(__file__).parents[3] / "docs" / "rules.schema.json"

TEXT = st.sampled_from(["Crowd", "a b", 2026, 1.5, "x"])
TEXTS = TEXT | st.lists(TEXT, min_size=1, max_size=2)
DAYS = st.fixed_dictionaries({"from": st.just("2026-08-01")}, optional={"to": st.just("2027-06-30")})
FLAG = st.booleans()
GRADE = st.sampled_from(["KG", "07", 9])
GRADES = GRADE | st.lists(GRADE, min_size=1, max_size=2)
WORDS = {
    "event": TEXTS,
    "keyword": TEXTS,
    "key_has": TEXTS,
    "caption_has": TEXTS,
    "owner": TEXTS,
    "camera": TEXTS,
    "official_marker": TEXTS,
    "hierarchy": st.sampled_from(["A|B", ["A", "B|C"]]),
    "key": st.sampled_from(["a/**", ["a/b.jpg", "**/c/*"]]),
    "taken": DAYS,
    "people": st.sampled_from([{"at_least": 2}, {"at_most": 5}, {"at_least": 1, "at_most": 1}]),
    "roster": st.fixed_dictionaries({"grade": GRADES}, optional={"active": FLAG, "opted_out": FLAG}),
}
SINGLE = st.sampled_from(sorted(WORDS)).flatmap(lambda key: st.fixed_dictionaries({key: WORDS[key]}))
WHENS = st.recursive(
    SINGLE,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=4,
)
USES = st.sampled_from(["discipline", ["victim", "other"]])
THENS = st.fixed_dictionaries(
    {"hold": st.just("h")},
    optional={
        "directory_status": st.just("eligible"),
        "official_use": USES,
        "closed": TEXT,
        "confidential": TEXT,
        "record_pii": st.just(True),  # noqa: FBT003 - a value, not a switch
        "background": st.just(True),  # noqa: FBT003
        "meaning": st.just("changed"),
    },
)
ASSETS = st.fixed_dictionaries(
    {"key": st.just("a/b.jpg")},
    optional={
        "keywords": TEXTS,
        "hierarchies": TEXTS,
        "captions": TEXTS,
        "official_markers": TEXTS,
        "event": TEXT,
        "owner": TEXT,
        "camera": TEXT,
        "taken": st.sampled_from(["2026-10-14", 20261014]),
        "people": st.just(5),
        "students": st.just([{"grade": 9, "active": True}, {}]),
        "state": st.just("partial"),
    },
)
EXPECTS = st.fixed_dictionaries(
    {"fires": st.sampled_from(["one", ["one"], []])},
    optional={
        "directory_status": st.just("not_eligible"),
        "official_use": USES | st.just([]),
        "hold": FLAG | TEXT,
        "closed": FLAG,
        "background": FLAG,
        "record_pii": FLAG,
        "meaning": st.just("preserved"),
    },
)
FILES = st.fixed_dictionaries(
    {
        "rules": st.fixed_dictionaries({"name": st.just("one"), "when": WHENS, "then": THENS, "why": TEXT}).map(
            lambda r: [r]
        )
    },
    optional={
        "examples": st.fixed_dictionaries({"name": TEXT, "asset": ASSETS, "expect": EXPECTS}).map(lambda e: [e]),
    },
)
WRONG = st.sampled_from(
    [None, True, False, 0, -1, 3, 2.5, "", " ", "x", "true", [], {}, ["x"], [None], {"x": 1}, "a" * 501]
)

NOT_SAID = (
    "no rule has the name",
    "whole key of one file",
    "there is no day",
    "'people' is less than",
    "is a day, written YYYY-MM-DD",
    "no file holds a rule",
    "is no grade",
)
"""What the schema's comment says that it cannot say, as far as these mutations come upon it."""


class Plain(yaml.SafeLoader):
    """YAML as an editor reads it: a day is a text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def problems(data: Any) -> tuple[str, ...]:
    try:
        # A part that stands there twice would be written as an alias: it is written out instead.
        load({"a.yaml": yaml.safe_dump(json.loads(json.dumps(data)), sort_keys=False)})
    except RuleFileError as error:
        return error.problems
    return ()


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document but its root."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in items for found in ((*path, key), *places(value, (*path, key)))]


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    data = copy.deepcopy(draw(FILES))
    *way, last = draw(st.sampled_from(places(data)))
    inside = data
    for key in way:
        inside = inside[key]
    how = draw(st.sampled_from(["replace", "remove", "rename", "add"]))
    if how == "replace":
        inside[last] = draw(WRONG)
    elif how == "add" and isinstance(inside[last], dict):
        inside[last]["unknown"] = "x"
    elif how == "rename" and isinstance(inside, dict):
        inside[f"{last}s"] = inside.pop(last)
    else:
        del inside[last]
    return data


def test_the_checked_in_schema_is_the_one_that_is_made() -> None:
    again = "run `dam-plugin schema rules > docs/rules.schema.json`"
    assert json.loads(CHECKED_IN.read_text("utf-8")) == SCHEMA, again


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_condition_and_consequence_is_described() -> None:
    assert (set(WHEN), set(THEN)) == (set(WHEN_KEYS), set(THEN_KEYS))


def test_the_shipped_rules_are_valid() -> None:
    for text in pack().values():
        VALIDATOR.validate(yaml.load(text, Loader=Plain))  # noqa: S506 - a safe loader


@settings(derandomize=True, deadline=None, max_examples=150)
@given(FILES)
def test_what_loads_is_valid(data: Any) -> None:
    assert problems(data) == ()
    VALIDATOR.validate(data)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(mutations())
def test_what_is_wrong_is_so_for_both(data: Any) -> None:
    found = problems(data)
    if VALIDATOR.is_valid(data):
        assert all(any(words in problem for words in NOT_SAID) for problem in found)
    else:
        assert found


@pytest.mark.parametrize("count", [1_000_000, 1.5, "3"])
def test_a_count_is_a_whole_number_of_six_digits(count: object) -> None:
    rule = {"name": "one", "when": {"people": {"at_least": count}}, "then": {"hold": "h"}, "why": "w"}
    assert problems({"rules": [rule]})
    assert not VALIDATOR.is_valid({"rules": [rule]})
