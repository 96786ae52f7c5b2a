"""Rule files -> rules and examples, or every problem with file, line and column. No unknown keys, no expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, cast, get_args

from yaml.nodes import MappingNode, Node

from dam_tagging.facts import DirectoryStatus, Meaning, OfficialPurpose
from dam_tagging.rules.conditions import All, AnyOf, Condition, Field, Not, People, Roster, Taken, TextField
from dam_tagging.rules.examples import Example
from dam_tagging.rules.load_examples import examples_of
from dam_tagging.rules.mistakes import mistake_in, mistake_in_grade
from dam_tagging.rules.model import Consequences, Problem, Rule, RuleFileError, RuleSet
from dam_tagging.rules.nodes import MAX_RULES, Reader
from dam_tagging.rules.vocabulary import (
    FILE_KEYS,
    IN_RULE,
    IN_TAKEN,
    IN_THEN,
    IN_WHEN,
    RULE_KEYS,
    THEN_KEYS,
    WHEN_KEYS,
)

PACK = "school.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The rules of several files, and the examples that stand beside them."""

    rules: RuleSet
    examples: tuple[Example, ...] = ()


@cache
def default_rules() -> RuleSet:
    """Return the rules that ship with the plugin."""
    return load(pack()).rules


def pack() -> dict[str, bytes]:
    """Return the rule file that ships with the plugin, by its name."""
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
    # An example may name the rules of every file; `taken` finds a name at once, however many there are.
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
    """Loads one file. A part that is wrong leaves a problem and None; `taken` holds the names of all files' rules."""

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
