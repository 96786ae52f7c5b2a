"""Reads the rule files of a path: one file, or the `.yaml` and `.yml` files of a folder. `load` interprets them."""

from __future__ import annotations

from pathlib import Path

from dam_tagging.rules.yaml_nodes import MAX_BYTES

MAX_FILES = 200


def rule_files(path: Path) -> dict[str, bytes]:
    """Return the content of every rule file, by its name, in order. A file that is too large is read only to the limit.

    Raises OSError if a file cannot be read, and ValueError if there are no rule files or far too many.
    """
    if not path.is_dir():
        return {path.name: _beginning(path)}
    files = sorted(each for each in path.iterdir() if _is_rule_file(each))
    if not files:
        raise ValueError(f"the folder '{path}' holds no .yaml file with rules")
    if len(files) > MAX_FILES:
        raise ValueError(f"the folder '{path}' holds more than {MAX_FILES} .yaml files")
    return {file.name: _beginning(file) for file in files}


def _is_rule_file(file: Path) -> bool:
    """Whether a file is a rule file. Hidden files are not: editors leave hidden copies beside a file."""
    return file.suffix.lower() in (".yaml", ".yml") and not file.name.startswith(".") and not file.is_dir()


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)
