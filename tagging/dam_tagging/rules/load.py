"""Loads rule files: returns rules and examples, or every problem with file, line and column.

This module holds the keys of a rule file, hints for words that people write instead of keys, the reading of examples, and
the check for values that could never hold. Unknown keys are refused. Rules have no expressions. A property that an
example does not state is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast, get_args

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dam_tagging.facts import DirectoryStatus, Facts, Keyword, Meaning, OfficialPurpose, ReadState
from dam_tagging.rules.compare_texts import MAX_LEVELS, day_of, grade_of, words
from dam_tagging.rules.conditions import (
    All,
    AnyOf,
    Condition,
    Field,
    Not,
    People,
    Roster,
    Standing,
    Subject,
    Taken,
    TextField,
)
from dam_tagging.rules.examples import Example, Value
from dam_tagging.rules.model import Consequences, Problem, Rule, RuleFileError, RuleSet
from dam_tagging.rules.patterns import MAX_PARTS
from dam_tagging.rules.yaml_nodes import BOOL_TAG, MAX_RULES, Reader, shown

FILE_KEYS = ("rules", "examples")
RULE_KEYS = ("name", "when", "then", "why")
TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
WHEN_KEYS = (*TEXT_FIELDS, "taken", "people", "roster", "all", "any", "not")
THEN_KEYS = (
    "directory_status", "official_use", "closed", "confidential", "record_pii", "background", "meaning", "hold",
)  # fmt: skip
WORD_FIELDS = frozenset({"event", "key_has", "caption_has", "camera", "official_marker"})
GRADES = "grades are PK, KG and 1 to 12"
GRADE_WORDS = {
    word: str(grade)
    for grade, several in enumerate(
        (
            "one first", "two second", "three third", "four fourth", "five fifth", "six sixth", "seven seventh",
            "eight eighth", "nine ninth freshman freshmen", "ten tenth sophomore sophomores",
            "eleven eleventh junior juniors", "twelve twelfth senior seniors",
        ),
        start=1,
    )
    for word in several.split()
} | {"preschool": "PK", "kinder": "KG"}  # fmt: skip
_MEANT = {
    "key": "folder folders path paths file filename keys pattern",
    "key_has": "folder_has name_has filename_has path_has",
    "keyword": "tag tags subject subjects",
    "hierarchy": "category categories hierarchies",
    "caption_has": "caption captions title headline description text",
    "owner": "photographer creator artist author",
    "taken": "date dates day days year when_taken",
    "people": "count faces persons crowd_size",
    "roster": "grade grades student students active opted_out opt_out",
    "any": "or any_of one_of",
    "all": "and all_of",
    "not": "none unless except",
    "official_marker": "marker markers instructions official",
}
_MEANT_THEN = {
    "directory_status": "status directory eligible",
    "official_use": "official purpose use",
    "record_pii": "pii record",
    "background": "prominence crowd incidental",
    "hold": "review wait block",
}
_OUTSIDE = dict.fromkeys(RULE_KEYS, "it is a part of the rule itself: indent it as 'name'")
_MEANT_DAYS = {"from": "since after start begin first", "to": "until untill till through before end last"}
PACK = "school.yaml"
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
REGEX = "this looks like a regular expression, which rules do not know;"
IN_KEY = "in a key '*' stands for a part of one name, '**' for any folders"
_REGEX = re.compile(
    r"\.[*+]|^\^|\$$|\\[dwsbDWSB.]|^/.+/[a-z]*$|\(\?|\(\w[^()|]*\|[^()]*\)|\[[^\]]*(?:a-z|A-Z|0-9)[^\]]*\]"
)
# `photo.*` means any file of that name. So `.*` is refused only if it cannot mean that.
_REGEX_IN_KEY = re.compile(r"^\^|\$$|(?:^|/)\.\*|\.\*[^.]|\.\+|\\\.|\|")
_CHOICE_IN_KEY = re.compile(r"\[[^\]/]*\]|\{[^}/]*,[^}/]*\}")
_OTHER_BARS = re.compile(r"\s*[/\\>]\s*")


def _hints(meant: Mapping[str, str], *elsewhere: tuple[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the hints for words that people write instead of a key, and for keys in the wrong place."""
    hints = {key: f"it belongs under '{place}'" for place, keys in elsewhere for key in keys}
    return hints | {word: f"did you mean '{key}'?" for key, several in meant.items() for word in several.split()}


IN_RULE = _hints({}, ("when", WHEN_KEYS), ("then", THEN_KEYS))
IN_WHEN = _OUTSIDE | _hints(_MEANT, ("then", THEN_KEYS))
IN_THEN = _OUTSIDE | _hints(_MEANT_THEN, ("when", WHEN_KEYS))
IN_TAKEN = _hints(_MEANT_DAYS)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules of several files, and their examples."""

    rules: RuleSet
    examples: tuple[Example, ...] = ()


@cache
def default_rules() -> RuleSet:
    """Return the rules that ship with the plugin."""
    return load(pack()).rules


def pack() -> dict[str, bytes]:
    """Return the text of a rule file that ships with the plugin, by its name."""
    return {PACK: (resources.files("dam_tagging.rules") / "packs" / PACK).read_bytes()}


def load_rules(texts: Mapping[str, str] | Mapping[str, bytes]) -> RuleSet:
    """Return the rules of several files, by file name; raise `RuleFileError` with every problem of every file."""
    return load(texts).rules


def load(texts: Mapping[str, str] | Mapping[str, bytes]) -> Loaded:
    """Return rules and examples of several files, by file name; raise `RuleFileError` with every problem."""
    problems: list[Problem] = []
    rules: list[Rule] = []
    taken: dict[str, str] = {}
    waiting: list[tuple[Reader, Node]] = []
    for name, text in texts.items():
        file = _File(name, problems, taken)
        rules += file.load(text)
        waiting += [(file, node) for node in file.examples]
    # An example may name rules of any file. `taken` makes it fast to find a name among many.
    examples = [example for file, node in waiting for example in examples_of(file, node, taken)]
    first = next(iter(texts), "")
    if len(rules) > MAX_RULES:
        problems.append(Problem(first, 1, 1, f"all files together hold more than {MAX_RULES:,} rules"))
    if texts and not (rules or problems):
        problems.append(Problem(first, 1, 1, "no file holds a rule; write 'rules:' and a list"))
    if problems:
        order = list(texts)
        raise RuleFileError(sorted(problems, key=lambda found: (order.index(found.file), found.line, found.column)))
    return Loaded(RuleSet(tuple(rules)), tuple(examples))


class _File(Reader):
    """Loads one file. A wrong part leaves a problem and None. `taken` holds the names of the rules of all files."""

    def __init__(self, name: str, problems: list[Problem], taken: dict[str, str]) -> None:
        super().__init__(name, problems)
        self._taken = taken
        self.examples: list[Node] = []

    def load(self, data: str | bytes) -> list[Rule]:
        root = self.root(data)
        if root is None:
            return []
        top = self.mapping(root, FILE_KEYS, "a rule file")
        self.examples = [top["examples"]] if "examples" in top else []
        if "rules" not in top:
            if isinstance(root, MappingNode) and not self.examples:
                self.problem(root, "'rules' is missing")
            return []
        loaded = (self._rule(node) for node in self.items(top["rules"], "'rules'", MAX_RULES))
        return [rule for rule in loaded if rule is not None]

    def _rule(self, node: Node) -> Rule | None:
        parts = self.mapping(node, RULE_KEYS, "a rule", IN_RULE)
        if not isinstance(node, MappingNode):
            return None
        for key in RULE_KEYS:
            if key not in parts:
                self.problem(node, f"the rule has no '{key}'")
        name = self.text(parts["name"], "'name'") if "name" in parts else None
        when = self._when(parts["when"]) if "when" in parts else None
        then = self._then(parts["then"]) if "then" in parts else None
        why = self.text(parts["why"], "'why'") if "why" in parts else None
        place = f"{self.name}:{node.start_mark.line + 1}"
        if name is not None:
            self._claim(name, parts["name"], place)
        if name is None or when is None or then is None or why is None:
            return None
        return Rule(name, when, then, why, place)

    def _claim(self, name: str, node: Node, place: str) -> None:
        if first := self._taken.get(name):
            self.problem(node, f"there is a rule of the name '{name}' already, at {first}")
        else:
            self._taken[name] = place

    def _when(self, node: Node) -> Condition | None:
        parts = self.mapping(node, WHEN_KEYS, "'when'", IN_WHEN)
        if isinstance(node, MappingNode) and not node.value:
            self.problem(node, "'when' is empty; a rule needs a condition")
        found = [self._condition(key, value) for key, value in parts.items()]
        conditions = tuple(condition for condition in found if condition is not None)
        if not conditions or len(conditions) < len(found):
            return None
        return conditions[0] if len(conditions) == 1 else All(conditions)

    def _condition(self, key: str, node: Node) -> Condition | None:
        readers: dict[str, Callable[[Node], Condition | None]] = {
            "people": self._people,
            "taken": self._days,
            "roster": self._roster,
            "not": self._not,
        }
        if key in ("all", "any"):
            return self._several(All if key == "all" else AnyOf, key, node)
        if reader := readers.get(key):
            return reader(node)
        field = cast("TextField", key)
        before = len(self.problems)
        values = [self._value(field, item) for item in self.one_or_more(node, f"'{key}'")]
        found = tuple(value for value in values if value is not None)
        return Field(field, found) if found and len(self.problems) == before else None

    def _not(self, node: Node) -> Not | None:
        inner = self._when(node)
        return None if inner is None else Not(inner)

    def _several(self, kind: type[All | AnyOf], key: str, node: Node) -> All | AnyOf | None:
        nodes = self.items(node, f"'{key}'")
        parts = tuple(part for item in nodes if (part := self._when(item)) is not None)
        return kind(parts) if parts and len(parts) == len(nodes) else None

    def _value(self, field: TextField, node: Node) -> str | None:
        value = self.text(node, f"'{field}'")
        if value is not None and (problem := mistake_in(field, value)):
            self.problem(node, problem)
        return value

    def _people(self, node: Node) -> People | None:
        bounds = self._bounds(node, "'people'", ("at_least", "at_most"))
        if bounds is None:
            return None
        numbers = {key: self.count(value, f"'{key}'") for key, value in bounds.items()}
        if None in numbers.values():
            return None
        people = People(**numbers)
        if people.at_least is not None and people.at_most is not None and people.at_least > people.at_most:
            self.problem(node, "'at_least' is more than 'at_most': that never holds")
            return None
        if not people.at_least and people.at_most is None:
            self.problem(node, "'at_least: 0' always holds; write 1 or more")
            return None
        if people.at_most == 0:
            self.problem(node, "'at_most: 0' never holds: a file that names nobody does not say that nobody is in it")
            return None
        return people

    def _days(self, node: Node) -> Taken | None:
        bounds = self._bounds(node, "'taken'", ("from", "to"), IN_TAKEN)
        if bounds is None:
            return None
        days = {key: self.day(value, f"'{key}'") for key, value in bounds.items()}
        if None in days.values():
            return None
        first, last = days.get("from"), days.get("to")
        if first is not None and last is not None and first > last:
            self.problem(node, "'from' is after 'to': that never holds")
            return None
        return Taken(first, last)

    def _roster(self, node: Node) -> Roster | None:
        asked = self._bounds(node, "'roster'", ("grade", "active", "opted_out"))
        if asked is None:
            return None
        before = len(self.problems)
        grades = [self._grade(item) for item in self.one_or_more(asked["grade"], "'grade'")] if "grade" in asked else []
        flags = {key: self.flag(asked[key], f"'{key}'") for key in ("active", "opted_out") if key in asked}
        return Roster(tuple(filter(None, grades)), **flags) if len(self.problems) == before else None

    def _grade(self, node: Node) -> str | None:
        grade = self.text(node, "'grade'")
        if grade is not None and (problem := mistake_in_grade(grade)):
            self.problem(node, problem)
        return grade

    def _bounds(
        self, node: Node, what: str, known: tuple[str, ...], hints: Mapping[str, str] | None = None
    ) -> dict[str, Node] | None:
        before = len(self.problems)
        parts = self.mapping(node, known, what, hints)
        if isinstance(node, MappingNode) and not node.value:
            named = ", ".join(f"'{key}'" for key in known)
            self.problem(node, f"{what} is empty; it needs one or more of {named}")
        return parts if parts and len(self.problems) == before else None

    def _then(self, node: Node) -> Consequences | None:
        parts = self.mapping(node, THEN_KEYS, "'then'", IN_THEN)
        if isinstance(node, MappingNode) and not node.value:
            self.problem(node, "'then' is empty; a rule needs a consequence")
        before = len(self.problems)
        given: dict[str, Any] = {}
        for key, value in parts.items():
            match key:
                case "directory_status":
                    given[key] = self.choice(value, f"'{key}'", get_args(DirectoryStatus))
                case "meaning":
                    given[key] = self.choice(value, f"'{key}'", get_args(Meaning))
                case "official_use":
                    given[key] = self.choices(value, f"'{key}'", get_args(OfficialPurpose))
                case "record_pii" | "background":
                    given[key] = self.true(value, f"'{key}'")
                case _:
                    given[key] = self.text(value, f"'{key}'")
        return Consequences(**given) if parts and len(self.problems) == before else None


def examples_of(file: Reader, node: Node, rules: Collection[str]) -> list[Example]:
    """Return a file's examples; report each mistake, and each name that is no rule's in any file."""
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


def mistake_in(field: TextField, value: str) -> str | None:
    """Return why a value can never hold as it is meant, with the remedy; None if it may hold."""
    if field == "key":
        return _in_key(value)
    name = shown(value)
    if _REGEX.search(value):
        return f"'{name}': {REGEX} write the words themselves"
    if "*" in value:
        return f"'{name}': '*' is known in 'key' alone; {_without_star(field, value)}"
    if field in WORD_FIELDS and not words(value).strip():
        return f"'{name}' holds no word"
    return _in_path(value) if field == "hierarchy" else None


def mistake_in_grade(text: str) -> str | None:
    """Return a hint on what to write in place of a text that is no grade."""
    if grade_of(text) is not None:
        return None
    meant = GRADE_WORDS.get(text.casefold())
    return f"'{shown(text)}' is no grade; " + (f"write {meant} ({GRADES})" if meant else GRADES)


def _without_star(field: TextField, value: str) -> str:
    alone = " ".join(value.replace("*", " ").split())
    return f"write '{shown(alone)}'" if alone and field in WORD_FIELDS else "write out each that is meant, in a list"


def _in_key(value: str) -> str | None:
    parts = value.split("/")
    name = shown(value)
    inside = shown(value.lstrip("/")) + ("**" if value.endswith("/") else "")
    alone = len(parts) == 1 and not set(value) & set("*?.")
    choice = _CHOICE_IN_KEY.search(value)
    chosen = shown(choice[0]) if choice else ""
    problems = (
        (_REGEX_IN_KEY.search(value), f"{REGEX} {IN_KEY}"),
        (choice, f"'{chosen}' is no pattern here; write each name in a list, or '?' for a bracket of the name"),
        (any("**" in part and part != "**" for part in parts), "'**' stands alone between slashes, as in 'events/**'"),
        (len(parts) > MAX_PARTS, f"it has more than {MAX_PARTS} parts between slashes"),
        ("\\" in value, "folders are written with '/'"),
        (value.startswith("/"), f"keys begin without a slash; write '{inside}'"),
        (value.endswith("/"), f"this is a folder; for everything in it write '{inside}'"),
        (alone, f"this is the whole key of one file; for a folder of that name write '**/{name}/**'"),
    )
    return next((f"'{name}': {problem}" for is_wrong, problem in problems if is_wrong), None)


def _in_path(value: str) -> str | None:
    parts = value.split("|")
    if not all(part.strip() for part in parts):
        return f"'{shown(value)}': there is no name between two bars, or at an end"
    if len(parts) > MAX_LEVELS:
        return f"'{shown(value)}' has more than {MAX_LEVELS} levels"
    # If there is a bar, a slash is part of a name: the bar separates levels.
    if len(parts) == 1 and _OTHER_BARS.search(value):
        barred = "|".join(filter(None, _OTHER_BARS.split(value)))
        return f"'{shown(value)}': write '{shown(barred)}': levels are separated by a bar"
    return None
