"""The JSON Schema of a case file: valid itself, checked in, and of one mind with `parse_case`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from case_builder import a_portrait
from case_defaults import DEFAULTS
from case_strategies import cases
from hypothesis import given, settings
from jsonschema import Draft202012Validator, FormatChecker
from procedure.test_case_errors import (
    DATES,
    EVIDENCE,
    LEFT_OUT,
    LISTS,
    NO_DATES,
    REQUIRED,
    TEXTS,
    changed,
    full,
    problems,
)

from dam_plugin.model import RECIPIENT_ROLES
from dam_plugin.procedure.case import BESIDE_CASE, parse_case, plain_case
from dam_plugin.procedure.schema import DESCRIPTIONS, case_schema

SCHEMA = case_schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker(["date"]))
CHECKED_IN = Path(__file__).parents[2] / "docs" / "case.schema.json"


def named(given: object) -> str:
    return "left out" if given is LEFT_OUT else repr(given)[:40]


def allows(raw: object) -> bool:
    return bool(VALIDATOR.is_valid(raw))


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_that_is_checked_in_is_the_one_of_the_model() -> None:
    again = "run `dam-plugin schema case > docs/case.schema.json`"
    assert json.loads(CHECKED_IN.read_text(encoding="utf-8")) == SCHEMA, again


def test_every_description_is_of_a_field() -> None:
    for name, fields in DESCRIPTIONS.items():
        assert fields.keys() <= SCHEMA["$defs"][name]["properties"].keys(), name


def test_no_mapping_of_a_case_takes_an_unknown_field() -> None:
    mappings = [each for each in SCHEMA["$defs"].values() if each["type"] == "object"]
    # The file around a case is none of the defaults.
    assert len(mappings) == len(DEFAULTS) + 1
    assert all(each["additionalProperties"] is False for each in mappings)


@given(cases())
@settings(derandomize=True, deadline=None)
def test_every_valid_case_satisfies_it_as_it_came_and_as_it_is_written(raw: dict[str, Any]) -> None:
    VALIDATOR.validate(raw)
    VALIDATOR.validate(plain_case(parse_case(raw)))
    VALIDATOR.validate({"case": raw, "story": "s", "expect": {"outcome": "allow"}})


def test_the_full_case_satisfies_it() -> None:
    VALIDATOR.validate(full().raw())
    VALIDATOR.validate(plain_case(parse_case(full().raw())))


WRONG: list[tuple[str, object]] = [
    *[(path, value) for path in TEXTS for value in ("", " ", "\t\n", "\u2003", "\x1c", 1, True, ["x"], {})],
    *[(path, value) for path in DATES for value in (*NO_DATES, "2026-10-02\n", "2026-04-31")],
    *[(path, value) for path in (*LISTS, "students", "consents[0].assets") for value in ("s1", 1, True, {})],
    *[(path, value) for path in REQUIRED for value in (LEFT_OUT, None)],
    *[(f"{path}[0]", value) for path in ("consents[0].parties", "share.names", "asset.record_pii") for value in ("", 1, None)],
    *[(path, value) for path in ("id", "asset.id", "share.actor.id") for value in ("a\x00", "a\nb", "a\n", "\x7fa", "a\u2028")],
    *[(path, []) for path in ("students[0].opted_out.purposes", "consents[0].assets", "district.directory_limited_to")],
    ("share.evidence.order.assets", []), ("share.evidence.dependent.nope", 1), ("share.recipient.nope", 1),
    *[(path, None) for path in ("share.recipient.known", "students[0].protected", "asset.cannot_be_redacted")],
    *[(f"{path}.nope", 1) for path in ("asset", "share", "district", "students[0]", "share.evidence.order", "share.actor")],
    *[("asset.unidentified_people", value) for value in (-1, True, "1", 1.5, None)],
    *[("asset.redactable", value) for value in (1, "true", None, [])],
    *[("asset.tagging", value) for value in ("done", "Complete", None, ["complete"])],
    *[("share.evidence.order.kind", value) for value in ("letter", 1)],
    *[("share.evidence.order.verified", value) for value in ("yes", 1)],
    ("share.recipient.role", "press"), ("asset.maintained_by", "library"), ("share.kind", "ask"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), WRONG, ids=named)
def test_schema_and_model_refuse_the_same_values(path: str, value: object) -> None:
    raw = changed(path, value)
    assert path in problems(raw) or any(each.startswith(path) for each in problems(raw))
    assert not allows(raw)


RIGHT: list[tuple[str, object]] = [
    *[(path, None) for path in (*LISTS, "district", "share.evidence") if path != "asset.appearances[0].student"],
    *[(f"share.evidence.{path}", None) for path in EVIDENCE],
    *[(path, None) for path in ("asset.closed", "students[0].born", "consents[0].assets", "share.recipient.id")],
    *[(path, "2024-02-29") for path in ("at", "students[0].born")],
    *[("share.purpose", value) for value in ("a\nb", "für Oma", "\u200b")],
    ("id", "Nr. 1 / für"), ("consents[0].parties", []), ("asset.unidentified_people", 10**30),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), RIGHT, ids=named)
def test_schema_and_model_allow_the_same_values(path: str, value: object) -> None:
    assert problems(changed(path, value)) == {}
    assert allows(changed(path, value))


@pytest.mark.parametrize("role", RECIPIENT_ROLES)
@pytest.mark.parametrize("recipient", [*RECIPIENT_ROLES, "p1", None])
@pytest.mark.parametrize("kind", ["request", "publication"])
def test_schema_and_model_agree_on_recipients(kind: str, role: str, recipient: str | None) -> None:
    raw = a_portrait().share(kind=kind).to(role, recipient).raw()
    assert allows(raw) is (problems(raw) == {})


@pytest.mark.parametrize("value", [None, [], "case", 1, True, {}, {"case": {}}, {"case": None}])
def test_what_is_no_case_is_refused_by_both(value: object) -> None:
    assert problems(value)
    assert not allows(value)


def test_a_case_file_may_tell_a_story_and_nothing_else() -> None:
    case = full().raw()
    assert allows({**dict.fromkeys(BESIDE_CASE, "words"), "expect": {}, "case": case})
    assert not allows({"case": case, "stori": "words"})
    assert not allows({**case, "story": "words"})


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (full().student("s1").raw(), "an id twice among `students`"),
        (full().shows("s1").raw(), "a student twice among `appearances`"),
        (changed("share.names[0]", "s9"), "a reference to a student who is not in `students`"),
        (full().knows("s1", guardians=["s1"]).raw(), "a student among their own guardians"),
        (full().opted_out("s1", ended="2020-01-01").raw(), "an opt-out that ends before it begins"),
        (changed("asset.unidentified_people", 1.0), "a whole number written as 1.0"),
        (changed("asset.id", "\ud800"), "half of a surrogate pair"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_it_cannot_say_is_refused_by_the_model_alone_and_named_in_its_comment(
    raw: dict[str, Any], words: str
) -> None:
    assert allows(raw)
    assert problems(raw)
    assert words in SCHEMA["$comment"]
