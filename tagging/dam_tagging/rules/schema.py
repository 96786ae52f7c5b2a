"""The JSON Schema (2020-12) of a rule file, for editors: they complete keys, mark mistakes and show what each key does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from dam_tagging.facts import DirectoryStatus, Meaning, OfficialPurpose, ReadState
from dam_tagging.rules.load import (
    ASSET_KEYS,
    EXAMPLE_KEYS,
    EXPECT_KEYS,
    FILE_KEYS,
    REASONS,
    RULE_KEYS,
    STUDENT_KEYS,
    TEXT_FIELDS,
    THEN_KEYS,
    WHEN_KEYS,
)
from dam_tagging.rules.yaml_nodes import MAX_DIGITS, MAX_ITEMS, MAX_RULES, MAX_TEXT

Schema = dict[str, Any]

NOT_SAID = (
    "A schema cannot say, and a rule file is refused all the same: a name that two rules bear, or two examples of a file; a "
    "rule in 'fires' that is in no file; no rule in any file; bounds that contradict each other or always hold; a day that "
    "is not in the calendar; a whole number written in another form than 12; a pattern that fits no key as it is meant; a "
    "grade that is none; a '*' or a regular expression in a text; levels of a hierarchy without their bar; a text without "
    "a word, or with signs that nobody sees; an empty level of a hierarchy; a key twice in one mapping; anchors, aliases, "
    "tags, and nesting without end."
)

WHEN = {
    "event": "The event's name holds these words.",
    "key": "The object's key fits a pattern: * within one folder's name, ** for any number of folders.",
    "key_has": "A folder's or the file's name holds these words.",
    "keyword": "One of the file's keywords, or one part of its keyword hierarchies, is this.",
    "hierarchy": "A keyword hierarchy is this or lies below it: Events|Athletics.",
    "caption_has": "A caption, title, headline or comment holds these words.",
    "owner": "The photographer or owner is this.",
    "camera": "The camera's maker, model or serial number holds these words.",
    "official_marker": "Instructions, a release status or usage terms hold these words.",
    "taken": "The recording was taken between two days, both included.",
    "people": "So many people are named or marked in the file.",
    "roster": "One of the students whom the file names is all of this by the roster.",
    "all": "Every one of these holds.",
    "any": "At least one of these holds.",
    "not": "This does not hold.",
}
THEN = {
    "directory_status": "Whether the recording is directory information at all.",
    "official_use": "It is kept for an official purpose, and is about every student in it.",
    "closed": "Why it is a closed record.",
    "confidential": "Why another law makes it confidential.",
    "record_pii": "The students whom the file names are shown or spoken of with information of their records.",
    "background": "People marked with a small region are background, not subjects.",
    "meaning": "What redaction does to the meaning.",
    "hold": "Why nobody gets it until a person has looked.",
}


def rules_schema() -> Schema:
    """Return the JSON Schema of a rule file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A rule file of dam-plugin",
        "$comment": NOT_SAID,
        **_mapping(FILE_KEYS, {"rules": _list(_to("Rule"), MAX_RULES), "examples": _list(_to("Example"), MAX_RULES)}),
        "minProperties": 1,
        "$defs": {
            "Text": _text(),
            "Texts": {"anyOf": [_to("Text"), _list(_to("Text"))]},
            "Count": {"type": "integer", "minimum": 0, "exclusiveMaximum": 10**MAX_DIGITS},
            "Day": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
            "Rule": _mapping(RULE_KEYS, _rule(), required=RULE_KEYS),
            "When": {**_mapping(WHEN_KEYS, _described(_when(), WHEN)), "minProperties": 1},
            "Then": {**_mapping(THEN_KEYS, _described(_then(), THEN)), "minProperties": 1},
            "Example": _mapping(EXAMPLE_KEYS, _example(), required=EXAMPLE_KEYS),
            "Asset": _mapping(ASSET_KEYS, _asset(), required=("key",)),
            "Student": _mapping(STUDENT_KEYS, _student(_to("Text"))),
            "Expect": {**_mapping(EXPECT_KEYS, _expect()), "minProperties": 1},
        },
    }


def _rule() -> Schema:
    return {
        "name": {"description": "Yours, and unique.", **_to("Text")},
        "when": {"description": "Which recordings it is about.", **_to("When")},
        "then": {"description": "What follows.", **_to("Then")},
        "why": {"description": "One sentence that staff read beside the tag; it names no student.", **_to("Text")},
    }


def _when() -> Schema:
    several = _list(_to("When"))
    bounds = {"at_least": {**_to("Count")}, "at_most": {**_to("Count"), "minimum": 1}}
    return {
        **{name: _to("Texts") for name in TEXT_FIELDS},
        "taken": _asked({"from": _to("Day"), "to": _to("Day")}),
        "people": {
            **_asked(bounds),
            "not": {"maxProperties": 1, "properties": {"at_least": {"const": 0}}, "required": ["at_least"]},
        },
        "roster": _asked(_student(_to("Texts"))),
        "all": several,
        "any": several,
        "not": _to("When"),
    }


def _then() -> Schema:
    reasons = dict.fromkeys(REASONS, _to("Text"))
    yes: Schema = {"const": True}
    uses = {"enum": list(get_args(OfficialPurpose))}
    return {
        "directory_status": {"enum": list(get_args(DirectoryStatus))},
        "official_use": {"anyOf": [uses, _list(uses)]},
        "record_pii": yes,
        "background": yes,
        "meaning": {"enum": list(get_args(Meaning))},
        **reasons,
    }


def _example() -> Schema:
    return {
        "name": _to("Text"),
        "asset": {"description": "What the file says; the rest is unknown.", **_to("Asset")},
        "expect": {"description": "What the rules make of it; the rest is not compared.", **_to("Expect")},
    }


def _asset() -> Schema:
    return {
        **dict.fromkeys(("key", "event", "owner", "camera"), _to("Text")),
        **dict.fromkeys(("keywords", "hierarchies", "captions", "official_markers"), _to("Texts")),
        "taken": {"type": ["string", "integer"], "pattern": "^\\s*[0-9]{4}([-:/]?)[0-9]{2}\\1[0-9]{2}(?![0-9])"},
        "people": {"description": "How many people are named or marked.", **_to("Count")},
        "students": {"description": "What the roster says of those whom it knows.", **_list(_to("Student"))},
        "state": {"enum": list(get_args(ReadState))},
    }


def _expect() -> Schema:
    flag: Schema = {"type": "boolean"}
    uses = {"enum": list(get_args(OfficialPurpose))}
    return {
        "directory_status": {"enum": list(get_args(DirectoryStatus))},
        "official_use": {"anyOf": [uses, {**_list(uses), "minItems": 0}]},
        **{key: {"anyOf": [flag, _to("Text")]} for key in REASONS},
        "record_pii": flag,
        "background": flag,
        "meaning": {"enum": list(get_args(Meaning))},
        "fires": {
            "description": "Exactly the rules that fire.",
            "anyOf": [_to("Text"), {**_list(_to("Text")), "minItems": 0}],
        },
    }


def _student(grade: Schema) -> Schema:
    return {"grade": grade, "active": {"type": "boolean"}, "opted_out": {"type": "boolean"}}


def _text() -> Schema:
    return {"type": ["string", "number"], "pattern": "\\S", "maxLength": MAX_TEXT}


def _to(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(of: Schema, most: int = MAX_ITEMS) -> Schema:
    return {"type": "array", "items": of, "minItems": 1, "maxItems": most}


def _mapping(keys: tuple[str, ...], properties: Schema, *, required: tuple[str, ...] = ()) -> Schema:
    """Return a mapping of exactly these keys, in their order."""
    made: Schema = {
        "type": "object",
        "properties": {key: properties[key] for key in keys},
        "additionalProperties": False,
    }
    return made | ({"required": list(required)} if required else {})


def _asked(properties: Schema) -> Schema:
    return {**_mapping(tuple(properties), properties), "minProperties": 1}


def _described(properties: Schema, words: Mapping[str, str]) -> Schema:
    return {key: {"description": words[key], **value} for key, value in properties.items()}
