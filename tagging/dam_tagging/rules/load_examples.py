"""The `examples:` of a rule file -> examples. What an example does not state is unknown, as in a file that says nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dam_tagging.facts import DirectoryStatus, Facts, Keyword, Meaning, OfficialPurpose, ReadState
from dam_tagging.rules.examples import Example, Value
from dam_tagging.rules.matchers import Standing, Subject
from dam_tagging.rules.mistakes import mistake_in_grade
from dam_tagging.rules.nodes import BOOL_TAG, MAX_RULES, Reader, shown
from dam_tagging.rules.texts import day_of

EXAMPLE_KEYS = ("name", "asset", "expect")
ASSET_KEYS = (
    "key", "keywords", "hierarchies", "event", "captions", "owner", "camera", "taken", "official_markers", "people",
    "students", "state",
)  # fmt: skip
STUDENT_KEYS = ("grade", "active", "opted_out")
REASONS = ("closed", "confidential", "hold")
EXPECT_KEYS = ("directory_status", "official_use", *REASONS, "record_pii", "background", "meaning", "fires")
IN_ASSET = {
    "keyword": "did you mean 'keywords'?",
    "hierarchy": "did you mean 'hierarchies'?",
    "caption_has": "did you mean 'captions'?",
    "caption": "did you mean 'captions'?",
    "official_marker": "did you mean 'official_markers'?",
    "roster": "did you mean 'students'?",
    "persons": "did you mean 'people' (how many are named or marked)?",
}
SOURCE = "example"


def examples_of(file: Reader, node: Node, rules: Collection[str]) -> list[Example]:
    """Return a file's examples; report each mistake, and each name that no rule (of any file) bears."""
    taken: set[str] = set()
    found = [_example(file, item, rules, taken) for item in file.items(node, "'examples'", MAX_RULES)]
    return [example for example in found if example is not None]


def _example(file: Reader, node: Node, rules: Collection[str], taken: set[str]) -> Example | None:
    before = len(file.problems)
    parts = file.mapping(node, EXAMPLE_KEYS, "an example")
    if not isinstance(node, MappingNode):
        return None
    for key in EXAMPLE_KEYS:
        if key not in parts:
            file.problem(node, f"the example has no '{key}'")
    name = file.text(parts["name"], "'name'") if "name" in parts else None
    if name in taken:
        file.problem(parts["name"], f"there is an example of the name '{name}' already in this file")
    taken.add(name or "")
    subject = _asset(file, parts["asset"]) if "asset" in parts else None
    expect = _expect(file, parts["expect"], rules) if "expect" in parts else {}
    if name is None or subject is None or len(file.problems) > before:
        return None
    return Example(name, subject, expect, f"{file.name}:{node.start_mark.line + 1}")


def _asset(file: Reader, node: Node) -> Subject | None:
    before = len(file.problems)
    parts = file.mapping(node, ASSET_KEYS, "'asset'", IN_ASSET)
    if isinstance(node, MappingNode) and "key" not in parts:
        file.problem(node, "'asset' has no 'key'; every recording has one")
    lists = {
        key: file.texts(parts[key], f"'{key}'")
        for key in ("keywords", "hierarchies", "captions", "official_markers")
        if key in parts
    }
    texts = {
        key: file.text(parts[key], f"'{key}'") for key in ("key", "event", "owner", "camera", "taken") if key in parts
    }
    if texts.get("taken") and day_of(texts["taken"]) is None:
        file.problem(parts["taken"], "'taken' is a day, written YYYY-MM-DD")
    students = _students(file, parts["students"]) if "students" in parts else ()
    people = file.count(parts["people"], "'people'") if "people" in parts else len(students)
    state: Any = file.choice(parts["state"], "'state'", get_args(ReadState)) if "state" in parts else "read"
    if people is not None and people < len(students):
        file.problem(parts["people"], "'people' is less than the 'students' that the file names")
    if len(file.problems) > before:
        return None
    facts = Facts(
        state=state,
        keywords=_keywords(lists.get("keywords")),
        hierarchies=tuple(tuple(path.split("|")) for path in lists.get("hierarchies", ())),
        captions=_keywords(lists.get("captions")),
        official_markers=_keywords(lists.get("official_markers")),
        event=texts.get("event"),
        owner=texts.get("owner"),
        camera=texts.get("camera"),
        taken=texts.get("taken"),
    )
    return Subject(facts, texts.get("key") or "", people or 0, students)


def _keywords(texts: list[str] | None) -> tuple[Keyword, ...]:
    return tuple(Keyword(text, SOURCE) for text in texts or ())


def _students(file: Reader, node: Node) -> tuple[Standing, ...]:
    found = []
    for item in file.items(node, "'students'"):
        parts = file.mapping(item, STUDENT_KEYS, "a student")
        grade = file.text(parts["grade"], "'grade'") if "grade" in parts else None
        if grade is not None and (problem := mistake_in_grade(grade)):
            file.problem(parts["grade"], problem)
        active, opted_out = (
            file.flag(parts[key], f"'{key}'") if key in parts else None for key in ("active", "opted_out")
        )
        found.append(Standing(grade, active, opted_out))
    return tuple(found)


def _expect(file: Reader, node: Node, rules: Collection[str]) -> dict[str, Value]:
    parts = file.mapping(node, EXPECT_KEYS, "'expect'")
    if isinstance(node, MappingNode) and not node.value:
        file.problem(node, "'expect' is empty; say what the rules make of the asset")
    found = {key: _expected(file, key, value, rules) for key, value in parts.items()}
    return {key: value for key, value in found.items() if value is not None}


def _expected(file: Reader, key: str, node: Node, rules: Collection[str]) -> Value | None:
    what = f"'{key}'"
    match key:
        case "directory_status" | "meaning":
            return file.choice(node, what, get_args(DirectoryStatus if key == "directory_status" else Meaning))
        case "official_use" | "fires" if isinstance(node, SequenceNode) and not node.value:
            return ()
        case "official_use":
            return file.choices(node, what, get_args(OfficialPurpose))
        case "fires":
            return _fires(file, node, rules)
    if key in REASONS and not (isinstance(node, ScalarNode) and node.tag == BOOL_TAG):
        return file.text(node, what)
    return file.flag(node, what)


def _fires(file: Reader, node: Node, rules: Collection[str]) -> tuple[str, ...]:
    names = []
    for item in file.one_or_more(node, "'fires'"):
        name = file.text(item, "'fires'")
        if name is not None and name not in rules:
            file.problem(item, f"no rule has the name '{shown(name)}'; {file.suggestion(name, rules)}")
        names.append(name or "")
    return tuple(names)
