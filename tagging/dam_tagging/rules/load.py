"""YAML texts -> RuleSet, or every problem with file, line and column. No aliases, no unknown keys, no expressions."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import cast, get_args

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dam_tagging.facts import DirectoryStatus, OfficialPurpose
from dam_tagging.rules.matchers import words
from dam_tagging.rules.model import (
    All,
    AnyOf,
    Condition,
    Consequences,
    Field,
    Not,
    People,
    Rule,
    RuleFileError,
    RuleSet,
    TextField,
)

MAX_BYTES = 256 * 1024
MAX_DEPTH = 30
PACK = "school.yaml"

RULE_KEYS = ("name", "when", "then", "why")
TEXT_FIELDS: tuple[TextField, ...] = get_args(TextField)
WHEN_KEYS = (*TEXT_FIELDS, "people", "all", "any", "not")
THEN_KEYS = ("directory_status", "official_use", "closed", "confidential", "background", "hold")
TEXT_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "timestamp"))
INT_TAG, BOOL_TAG = "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool"
WORD_FIELDS = frozenset({"event", "caption_has"})


def default_rules() -> RuleSet:
    """Return the rules that ship with the plugin."""
    text = (resources.files("dam_tagging.rules") / "packs" / PACK).read_text(encoding="utf-8")
    return load_rules({PACK: text})


def load_rules(texts: Mapping[str, str]) -> RuleSet:
    """Return the rules of several files, by file name; raise `RuleFileError` with every problem of every file."""
    problems: list[str] = []
    rules: list[Rule] = []
    taken: dict[str, str] = {}
    for name, text in texts.items():
        rules += _File(name, problems, taken).load(text)
    if problems:
        raise RuleFileError(problems)
    return RuleSet(tuple(rules))


class _File:
    """Loads one file. A part that is wrong leaves a problem and None; `taken` holds the names of all files' rules."""

    def __init__(self, name: str, problems: list[str], taken: dict[str, str]) -> None:
        self._name, self._problems, self._taken = name, problems, taken

    def load(self, text: str) -> list[Rule]:
        root = self._parse(text)
        if root is None:
            return []
        top = self._mapping(root, ("rules",), "a rule file")
        if "rules" not in top:
            if isinstance(root, MappingNode):
                self._problem(root, "'rules' is missing")
            return []
        loaded = (self._rule(node) for node in self._list(top["rules"], "'rules'"))
        return [rule for rule in loaded if rule is not None]

    def _parse(self, text: str) -> Node | None:
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            self._problems.append(f"{self._name}:1:1: the file is larger than {MAX_BYTES // 1024} KB")
            return None
        try:
            if not self._plain(text):
                return None
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
            self._problems.append(f"{self._name}:{place}: this is not valid YAML: {error.problem or error.context}")
            return None
        except yaml.YAMLError:
            self._problems.append(f"{self._name}:1:1: this is not valid YAML: it holds a sign that may not be in it")
            return None
        if root is None:
            self._problems.append(f"{self._name}:1:1: the file is empty; write 'rules:' and a list")
        return root

    def _plain(self, text: str) -> bool:
        """Refuse anchors and aliases (a few bytes may stand for millions of rules) and a nesting that no rule needs."""
        depth = 0
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken):
                self._at(token.start_mark, "anchors (&) and aliases (*) are not allowed; write the part out again")
                return False
            depth += isinstance(token, _OPENING)
            depth -= isinstance(token, _CLOSING)
            if depth > MAX_DEPTH:
                self._at(token.start_mark, "this is nested too deep")
                return False
        return True

    def _rule(self, node: Node) -> Rule | None:
        parts = self._mapping(node, RULE_KEYS, "a rule")
        if not isinstance(node, MappingNode):
            return None
        for key in RULE_KEYS:
            if key not in parts:
                self._problem(node, f"the rule has no '{key}'")
        name = self._text(parts["name"], "'name'") if "name" in parts else None
        when = self._when(parts["when"]) if "when" in parts else None
        then = self._then(parts["then"]) if "then" in parts else None
        why = self._text(parts["why"], "'why'") if "why" in parts else None
        if name is not None:
            self._claim(name, parts["name"])
        if name is None or when is None or then is None or why is None:
            return None
        return Rule(name, when, then, why)

    def _claim(self, name: str, node: Node) -> None:
        if first := self._taken.get(name):
            self._problem(node, f"there is a rule of the name '{name}' already, at {first}")
        else:
            self._taken[name] = f"{self._name}:{node.start_mark.line + 1}"

    def _when(self, node: Node) -> Condition | None:
        parts = self._mapping(node, WHEN_KEYS, "'when'")
        if isinstance(node, MappingNode) and not node.value:
            self._problem(node, "'when' is empty; a rule needs a condition")
        found = [self._condition(key, value) for key, value in parts.items()]
        conditions = tuple(condition for condition in found if condition is not None)
        if not conditions or len(conditions) < len(found):
            return None
        return conditions[0] if len(conditions) == 1 else All(conditions)

    def _condition(self, key: str, node: Node) -> Condition | None:
        if key == "people":
            return self._people(node)
        if key == "not":
            inner = self._when(node)
            return None if inner is None else Not(inner)
        if key in ("all", "any"):
            nodes = self._list(node, f"'{key}'")
            parts = tuple(part for item in nodes if (part := self._when(item)) is not None)
            if not parts or len(parts) < len(nodes):
                return None
            return All(parts) if key == "all" else AnyOf(parts)
        field = cast("TextField", key)
        values = self._texts(node, f"'{key}'")
        usable = [self._usable(field, value, node) for value in values]
        return Field(field, tuple(values)) if values and all(usable) else None

    def _usable(self, field: TextField, value: str, node: Node) -> bool:
        if field == "key" and any("**" in part and part != "**" for part in value.split("/")):
            self._problem(node, f"'{value}': '**' stands alone between slashes, as in 'events/**'")
            return False
        if field in WORD_FIELDS and not words(value).strip():
            self._problem(node, f"'{value}' holds no word")
            return False
        return True

    def _people(self, node: Node) -> People | None:
        parts = self._mapping(node, ("at_least", "at_most"), "'people'")
        if isinstance(node, MappingNode) and not node.value:
            self._problem(node, "'people' needs 'at_least', 'at_most' or both")
        bounds = {key: self._count(value, f"'{key}'") for key, value in parts.items()}
        if not bounds or None in bounds.values():
            return None
        people = People(**bounds)
        if people.at_least is not None and people.at_most is not None and people.at_least > people.at_most:
            self._problem(node, "'at_least' is more than 'at_most': that never holds")
            return None
        return people

    def _then(self, node: Node) -> Consequences | None:
        parts = self._mapping(node, THEN_KEYS, "'then'")
        if isinstance(node, MappingNode) and not node.value:
            self._problem(node, "'then' is empty; a rule needs a consequence")
        before = len(self._problems)
        status = self._choice(parts.get("directory_status"), "'directory_status'", get_args(DirectoryStatus))
        uses = self._choices(parts.get("official_use"), "'official_use'", get_args(OfficialPurpose))
        texts = {key: self._text(parts[key], f"'{key}'") for key in ("closed", "confidential", "hold") if key in parts}
        background = self._true(parts["background"], "'background'") if "background" in parts else False
        if not parts or len(self._problems) > before:
            return None
        return Consequences(
            directory_status=cast("DirectoryStatus | None", status),
            official_use=cast("tuple[OfficialPurpose, ...]", uses),
            background=background,
            **texts,
        )

    def _mapping(self, node: Node, known: Iterable[str], what: str) -> dict[str, Node]:
        """Return the known keys of a mapping; report the others, and those that stand there twice."""
        if not isinstance(node, MappingNode):
            self._problem(node, f"{what} is written as 'key: value' pairs")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else "?"
            if name not in known:
                near = difflib.get_close_matches(name, list(known), n=1)
                hint = f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(known)}"
                self._problem(key, f"'{name[:60]}' is not known here{hint}")
            elif name in found:
                self._problem(key, f"'{name}' stands here twice")
            else:
                found[name] = value
        return found

    def _list(self, node: Node, what: str) -> list[Node]:
        if not isinstance(node, SequenceNode):
            self._problem(node, f"{what} is a list")
            return []
        if not node.value:
            self._problem(node, f"{what} is an empty list")
        return list(node.value)

    def _texts(self, node: Node, what: str) -> list[str]:
        """Return one text or a list of them."""
        nodes = self._list(node, what) if isinstance(node, SequenceNode) else [node]
        found = [self._text(item, what) for item in nodes]
        return [text for text in found if text is not None] if None not in found else []

    def _text(self, node: Node, what: str) -> str | None:
        if not isinstance(node, ScalarNode):
            self._problem(node, f"{what} is a text")
        elif not node.value.strip():
            self._problem(node, f"{what} is empty")
        elif node.tag not in TEXT_TAGS:
            self._problem(node, f"{what} is a text; put '{node.value[:60]}' in quotes")
        else:
            return str(node.value.strip())
        return None

    def _count(self, node: Node, what: str) -> int | None:
        if isinstance(node, ScalarNode) and node.tag == INT_TAG and node.value.isdecimal() and len(node.value) < 7:
            return int(node.value)
        self._problem(node, f"{what} is a whole number, 0 or more")
        return None

    def _true(self, node: Node, what: str) -> bool:
        if isinstance(node, ScalarNode) and node.tag == BOOL_TAG and node.value.casefold() == "true":
            return True
        self._problem(node, f"{what} is 'true', or left out")
        return False

    def _choice(self, node: Node | None, what: str, known: tuple[str, ...]) -> str | None:
        if node is None:
            return None
        text = self._text(node, what)
        if text is None or text in known:
            return text
        near = difflib.get_close_matches(text, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}"
        self._problem(node, f"'{text[:60]}' is no value of {what}; {hint}")
        return None

    def _choices(self, node: Node | None, what: str, known: tuple[str, ...]) -> tuple[str, ...]:
        if node is None:
            return ()
        nodes = self._list(node, what) if isinstance(node, SequenceNode) else [node]
        return tuple(text for item in nodes if (text := self._choice(item, what, known)) is not None)

    def _problem(self, node: Node, message: str) -> None:
        self._at(node.start_mark, message)

    def _at(self, mark: yaml.Mark, message: str) -> None:
        self._problems.append(f"{self._name}:{mark.line + 1}:{mark.column + 1}: {message}")


_OPENING = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
