"""Reads YAML that people edit: returns nodes with their places and their plain values, or a problem for each mistake.

It knows no rules. It refuses aliases, tags and deep nesting, so that a file can neither run code nor grow.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dam_tagging.rules.model import Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 30
MAX_ITEMS = 1000
MAX_RULES = 5000
MAX_TEXT = 500
MAX_DIGITS = 6
MAX_PROBLEMS = 1000
MAX_COMPARED = 200
TOO_DEEP = "this is nested too deep"

TEXT_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "timestamp"))
INT_TAG, BOOL_TAG = "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool"

# libyaml's parser is ten times as fast. PyYAML's own parser is used if libyaml is missing.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_CHARACTER = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPENING = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)
_SIGNS = {"an alias": "*", "an anchor": "&", "a tag": "!"}
_REMEDIES = {
    "mapping values are not allowed": "a text that holds ': ' stands in quotes, and what lies below a key is indented",
    "expected key": "this line is not indented as those above it, or a quote or bracket above it is open",
    "'-' indicator": "this line is not indented as those above it, or a quote or bracket above it is open",
    "expected <block end>": "this line is not indented as those above it, or a quote or bracket above it is open",
    "expected ',' or": "a bracket or brace above is open, or a comma is missing",
    "could not find expected ':'": "a key without its ':' stands here",
    "unexpected end of stream": "a quote above is open",
    "another document": "another document begins here; a file is one",
}
"""Messages of YAML's parsers, with an explanation for the person who wrote the file."""
_BOUND = (yaml.AnchorToken, yaml.AliasToken)


class Reader:
    """Reads the nodes of one file. A wrong part leaves a problem and None."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        """Prepare to read the file of this name. Problems are added to the list."""
        self.name, self.problems = name, problems

    def root(self, data: str | bytes) -> Node | None:
        """Return the one document of a file, or None and a problem."""
        text = self._decoded(data)
        if text is None:
            return None
        try:
            root = yaml.compose(text, Loader=Loader) if self._is_plain(text) else None
        except yaml.YAMLError as error:
            self._no_yaml(error, text)
            return None
        if root is None and not self.problems_here():
            self.at(1, 1, "the file is empty; write 'rules:' and a list")
        return root

    def problems_here(self) -> bool:
        """Whether this file has a problem already."""
        return any(problem.file == self.name for problem in self.problems)

    def mapping(
        self, node: Node, known: Sequence[str], what: str, hints: Mapping[str, str] | None = None
    ) -> dict[str, Node]:
        """Return the known keys of a mapping; report unknown and repeated ones."""
        if not isinstance(node, MappingNode):
            self.problem(node, f"{what} is written as 'key: value' pairs")
            return {}
        found: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else "?"
            if name not in known:
                hint = (hints or {}).get(name.casefold()) or self.suggestion(name, known)
                self.problem(key, f"'{shown(name)}' is not known here; {hint}")
            elif name in found:
                self.problem(key, f"'{name}' stands here twice")
            else:
                found[name] = value
        return found

    def items(self, node: Node, what: str, most: int = MAX_ITEMS) -> list[Node]:
        """Return the items of a list; report a node that is no list, an empty list, and a list that is too long."""
        if not isinstance(node, SequenceNode):
            self.problem(node, f"{what} is a list")
            return []
        if not node.value:
            self.problem(node, f"{what} is an empty list")
        if len(node.value) > most:
            self.problem(node, f"{what} has more than {most:,} items")
            return []
        return list(node.value)

    def one_or_more(self, node: Node, what: str) -> list[Node]:
        """Return the items of a list, or a single value as one item."""
        return self.items(node, what) if isinstance(node, SequenceNode) else [node]

    def texts(self, node: Node, what: str) -> list[str]:
        """Return one text or a list of texts; no texts if one of them is wrong."""
        found = [self.text(item, what) for item in self.one_or_more(node, what)]
        return [text for text in found if text is not None] if None not in found else []

    def text(self, node: Node, what: str) -> str | None:
        """Return a text with single spaces; numbers and days count as texts too."""
        if not isinstance(node, ScalarNode):
            self.problem(node, f"{what} is a text")
            return None
        text = " ".join(node.value.split())
        if not text:
            self.problem(node, f"{what} is empty")
        elif node.tag not in TEXT_TAGS:
            self.problem(node, f"{what} is a text; put '{shown(text)}' in quotes")
        elif len(text) > MAX_TEXT:
            self.problem(node, f"{what} is longer than {MAX_TEXT} characters")
        elif not text.isprintable():
            self.problem(node, f"{what} holds a character that cannot be seen; write the text again")
        else:
            return text
        return None

    def count(self, node: Node, what: str) -> int | None:
        """Return a whole number."""
        if isinstance(node, ScalarNode) and node.tag == INT_TAG and _is_count(node.value):
            return int(node.value)
        self.problem(node, f"{what} is a whole number, 0 or more")
        return None

    def flag(self, node: Node, what: str) -> bool | None:
        """Return true or false."""
        if isinstance(node, ScalarNode) and node.tag == BOOL_TAG and node.value.casefold() in ("true", "false"):
            return bool(node.value.casefold() == "true")
        self.problem(node, f"{what} is 'true' or 'false'")
        return None

    def true(self, node: Node, what: str) -> bool:
        """Return true; report any other value, since it would mean the opposite."""
        if isinstance(node, ScalarNode) and node.tag == BOOL_TAG and node.value.casefold() == "true":
            return True
        self.problem(node, f"{what} is 'true', or left out")
        return False

    def day(self, node: Node, what: str) -> date | None:
        """Return a day written YYYY-MM-DD."""
        text = node.value if isinstance(node, ScalarNode) else ""
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
                return date.fromisoformat(text)
        except ValueError:
            self.problem(node, f"{what}: there is no day {text}")
            return None
        self.problem(node, f"{what} is a day, written YYYY-MM-DD")
        return None

    def choice(self, node: Node, what: str, known: Sequence[str]) -> str | None:
        """Return one of the known values."""
        text = self.text(node, what)
        if text is None or text in known:
            return text
        self.problem(node, f"'{shown(text)}' is no value of {what}; {self.suggestion(text, known)}")
        return None

    def choices(self, node: Node, what: str, known: Sequence[str]) -> tuple[str, ...]:
        """Return one or a list of the known values."""
        nodes = self.one_or_more(node, what)
        return tuple(text for item in nodes if (text := self.choice(item, what, known)) is not None)

    def suggestion(self, text: str, known: Iterable[str]) -> str:
        """Return `did you mean 'keyword'?`, or the known values if none is similar."""
        if len(self.problems) > MAX_PROBLEMS:
            return ""
        choices = list(known)[:MAX_COMPARED]
        # Comparing a long text takes long, and a name that is meant is short.
        meant = text[:60].casefold()
        near = difflib.get_close_matches(meant, choices, n=1) or [
            each for each in choices if len(meant) > 3 and each.startswith(meant)
        ]
        return f"did you mean '{near[0]}'?" if near else f"known are {', '.join(choices[:20])}"

    def problem(self, node: Node, message: str) -> None:
        """Report a mistake at the place of a node."""
        self.at(node.start_mark.line + 1, node.start_mark.column + 1, message)

    def at(self, line: int, column: int, message: str) -> None:
        """Report a mistake at a place."""
        if len(self.problems) == MAX_PROBLEMS:
            message = f"more than {MAX_PROBLEMS:,} mistakes; the rest is told once those are put right"
        if len(self.problems) <= MAX_PROBLEMS:
            self.problems.append(Problem(self.name, line, column, message))

    def _decoded(self, data: str | bytes) -> str | None:
        if len(data) > MAX_BYTES:
            self.at(1, 1, f"the file is larger than {MAX_BYTES // 1024} KB; spread the rules over several files")
            return None
        text = self._utf8(data) if isinstance(data, bytes) else data
        if text is None:
            return None
        text = text.removeprefix("\ufeff")
        if wrong := _NO_CHARACTER.search(text):
            self.at(
                text.count("\n", 0, wrong.start()) + 1,
                wrong.start() - text.rfind("\n", 0, wrong.start()),
                f"this is not valid YAML: it holds a sign that may not be in it (U+{ord(wrong.group()):04X})",
            )
            return None
        return text

    def _utf8(self, data: bytes) -> str | None:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self.at(1, 1, "the file is written in UTF-16; save it as UTF-8")
            return None
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start]
            column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
            self.at(before.count(b"\n") + 1, column, "a character here is not UTF-8; save the file as UTF-8")
            return None

    def _is_plain(self, text: str) -> bool:
        """Refuse anchors and aliases (a few bytes may mean millions of rules), tags, and nesting deeper than rules need."""
        depth = 0
        for token in yaml.scan(text, Loader=Loader):
            mark = token.start_mark
            place = mark.line + 1, mark.column + 1
            if isinstance(token, _BOUND):
                remedy = "write the part out again, or put a text that begins with & or * in quotes"
                self.at(*place, f"anchors (&) and aliases (*) are not allowed; {remedy}")
                return False
            if isinstance(token, yaml.TagToken):
                self.at(*place, "tags (!) are not allowed; put a text that begins with ! in quotes")
                return False
            depth += isinstance(token, _OPENING)
            depth -= isinstance(token, _CLOSING)
            if depth > MAX_DEPTH:
                self.at(*place, TOO_DEEP)
                return False
        return True

    def _no_yaml(self, error: yaml.YAMLError, text: str) -> None:
        context = str(getattr(error, "context", None) or "")
        why = str(getattr(error, "problem", None) or context or "it cannot be read")
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        sign = next((sign for words, sign in _SIGNS.items() if context.startswith(f"while scanning {words}")), None)
        if sign:
            mark = getattr(error, "context_mark", None) or mark
            why = f"a text that begins with {sign} stands in quotes"
        line, column = (mark.line, mark.column) if mark else (0, 0)
        lines = text.split("\n")
        indent = lines[line][: column + 1] if line < len(lines) else ""
        if "nesting depth" in why:
            self.at(line + 1, column + 1, TOO_DEEP)
            return
        if "\t" in indent and not indent[: indent.find("\t")].strip(" -"):
            why = "a tab stands here; lines are indented with spaces"
        why = next((remedy for words, remedy in _REMEDIES.items() if words in why), why)
        self.at(line + 1, column + 1, f"this is not valid YAML: {why}")


def shown(text: str) -> str:
    """Return the beginning of a text for a message: on one line, without invisible characters."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:60])


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and (text == "0" or text[0] != "0")
