"""The rule files that a command was given: read, loaded, and every mistake in them told."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dam_plugin.cli.output import print_json, say
from dam_plugin.errors import InputError

if TYPE_CHECKING:
    from dam_tagging.rules.load import Loaded
    from dam_tagging.rules.model import RuleSet


def rules_at(path: Path, *, as_json: bool) -> RuleSet:
    """Return the rules of a file or folder; tell every mistake and exit 1 where there is one."""
    return loaded_from(texts_at(path), as_json=as_json).rules


def texts_at(path: Path | None) -> dict[str, bytes]:
    """Return the rule files of a path, of the settings, or the starter pack."""
    from dam_plugin.settings import Settings
    from dam_tagging.rules.files import rule_files
    from dam_tagging.rules.load import pack

    path = path or Settings.load().rules
    if path is None:
        return pack()
    try:
        return rule_files(path)
    except ValueError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"the rules at '{path}' cannot be read: {(error.strerror or 'refused').lower()}") from error


def loaded_from(texts: dict[str, bytes], *, as_json: bool) -> Loaded:
    """Return what the files hold; tell every mistake and exit 1 where there is one."""
    from dam_tagging.rules.load import load
    from dam_tagging.rules.model import RuleFileError

    try:
        return load(texts)
    except RuleFileError as error:
        if as_json:
            print_json(*(asdict(each) for each in error.found))
        else:
            for each in error.problems:
                say(each)
            say(
                f"{many(len(error.found), 'mistakes')}: no rule of these files is used before they are put right.",
                "red",
            )
        raise typer.Exit(1) from error


def _many(count: int, name: str) -> str:
    return f"{count:,} {name if count != 1 else name.removesuffix('s')}"


def many(count: int, name: str) -> str:
    """Return a count and its noun, which is given in the plural."""
    return f"{count:,} {name if count != 1 else name.removesuffix('s')}"
