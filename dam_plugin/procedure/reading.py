"""Case files: YAML, JSON and JSON lines as text to plain data, strictly, with the place of every mistake. No I/O.

Dates stay text (YAML's own dates would accept more than the procedure does); a key twice, an alias, NaN are mistakes.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NoReturn

import yaml

from dam_plugin.errors import CaseError, DamPluginError, Problem
from dam_plugin.model import Decision
from dam_plugin.procedure.case import Case, parse_case
from dam_plugin.procedure.decide import decide

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_TEXT = 4 * 1024 * 1024
MAX_DEPTH = 32


class _CaseLoader(Loader):  # type: ignore[misc]  # the base class is chosen at run time
    """YAML as a case is written: no implicit dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to say it
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }


def read_json(text: str) -> object:
    """Return the document of a JSON text. Raises CaseError with line and column."""
    _within_size(text)
    try:
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _unreadable(f"line {error.lineno}, column {error.colno}: this is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise _unreadable("the document is nested too deeply") from error
    except ValueError as error:
        raise _unreadable(str(error)) from error


def read_yaml(text: str) -> object:
    """Return the document of a YAML text. Raises CaseError with line and column."""
    _within_size(text)
    loader = None
    try:
        loader = _CaseLoader(text)
        node = loader.get_single_node()
        return None if node is None else _plain(loader, node, set(), 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _unreadable(f"{place}this is not YAML ({error.problem})") from error
    except (yaml.YAMLError, ValueError) as error:
        raise _unreadable("the file holds characters that YAML does not allow") from error
    except RecursionError as error:
        raise _unreadable("the document is nested too deeply") from error
    finally:
        if loader is not None:
            loader.dispose()


def read_case(text: str, *, as_json: bool) -> Case:
    """Return the case in the text of one file. Raises CaseError with every problem."""
    return parse_case(read_json(text) if as_json else read_yaml(text))


def answer(text: str, *, as_json: bool, line: int | None = None) -> tuple[dict[str, Any], bool]:
    """Decide the case in a text; return the object to print, and whether the case was decided.

    The object has the shape of the procedure ("A case"): a decision, or `{"line", "id", "error"}` with every problem.
    """
    try:
        case = read_case(text, as_json=as_json)
    except CaseError as error:
        place = {} if line is None else {"line": line}
        problems = [{"path": p.path, "message": p.message} for p in error.problems]
        return {**place, "id": error.case_id, "error": problems}, False
    return decision_object(case.id, decide(case)), True


def unread(message: str) -> tuple[dict[str, Any], bool]:
    """Return the answer for a file that cannot be read at all."""
    return {"id": None, "error": [{"path": "", "message": message}]}, False


def answer_lines(lines: Iterable[str]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Decide JSON lines one by one; blank lines are passed over, a bad line does not stop the others."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield answer(line, as_json=True, line=number)


def decision_object(case_id: str, decision: Decision) -> dict[str, Any]:
    """Return a decision as the plain object that is printed and kept."""
    return {
        "id": case_id,
        "outcome": decision.outcome.word,
        "redact": list(decision.redact),
        "basis": decision.basis,
        "reasons": [{"clause": r.clause, "text": r.text, "students": list(r.students)} for r in decision.reasons],
        "record_disclosure": decision.record_disclosure,
    }


def _within_size(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise _unreadable(f"a case is at most {MAX_TEXT // 1024 // 1024} MiB of text; this one is larger")


def _unreadable(message: str) -> CaseError:
    return CaseError([Problem("", message)])


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the field '{twice}' stands twice in one mapping")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _plain(loader: yaml.SafeLoader, node: yaml.Node, seen: set[int], depth: int) -> object:
    if id(node) in seen:
        raise _refused(node, "aliases are not allowed in a case")
    if depth > MAX_DEPTH:
        raise _refused(node, "the document is nested too deeply")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, child, seen, depth + 1) for child in node.value]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(loader, node)
    result: dict[object, object] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise _refused(key_node, "a field's name must be text")
        key = _scalar(loader, key_node)
        if key in result:
            raise _refused(key_node, f"the field '{key}' stands twice in one mapping")
        result[key] = _plain(loader, value_node, seen, depth + 1)
    return result


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Hashable:
    """Return a scalar's value; only what YAML itself sees in it, no tag that says otherwise (`!!timestamp`)."""
    plain = not node.style
    if node.tag != loader.resolve(yaml.ScalarNode, node.value, (plain, not plain)):  # type: ignore[no-untyped-call]
        raise _refused(node, "tags are not allowed in a case")
    try:
        value: Hashable = loader.construct_object(node)
    except (ValueError, IndexError) as error:
        raise _refused(node, "this value cannot be read; put it in quotes if it is text") from error
    return value


def _refused(node: yaml.Node, message: str) -> DamPluginError:
    mark = node.start_mark
    return _unreadable(f"line {mark.line + 1}, column {mark.column + 1}: {message}")
