"""The program as a whole: help, version, usage errors, and what becomes of an error."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from case_builder import CaseBuilder
from command_line import Called, call
from district import District
from typer.core import TyperCommand
from typer.main import get_group

from dam_plugin.cli import start
from dam_plugin.cli.commands import ROWS, command, every_command
from dam_plugin.errors import CaseError, LedgerBroken, Problem, RosterError

# A command that is not here is new: give it its `--json`, and add it.
COMMANDS = """
access-log accept, access-log forget, access-log list, access-log verify,
audit names, break-glass, consent add, consent import, consent revoke, custodian close, custodian meaning,
custodian mistaken-use, custodian not-ours, custodian ours, custodian people, custodian reopen, custodian
statement, custodian statement-end, custodian statements, custodian unit-record, db upgrade, decide, demo, desk,
desk-user, dlq list, dlq redrive, doctor, explain, export handover, export key, export omissions, export recall,
export recheck, export sets, export sheet, export show, export verify, export yearbook, hold add, hold alarms,
hold list, hold release, hold seal, hold show, hold unseal, init, jobs cancel, jobs list, jobs resume, jobs
show, ledger accept, ledger correct, ledger export, ledger forget, ledger show, ledger student, ledger verify,
letter check, letter effort, letter list, letter preview, letter show, letter templates, letter write, links,
loosen, metadata, open, policy apply, policy check, policy print, procedure replay, procedure rulings, procedure
test, prove, purposes, queue approve, queue assign, queue close, queue disclosed, queue finding, queue lift,
queue list, queue meeting, queue not-enough, queue reject, queue reopen, queue seal, queue show, queue withdraw, reconcile,
redact, report, request add, request amend, request appeal, request assign, request close, request deposit,
request extend, request fee, request found, request hearing, request join, request list, request log, request meeting, request
order, request paid, request reasons, request received, request reopen, request seal, request show, request unseal, request
withdraw, retention destroy, retention due, retention log, retention rules, review, revoke, roster choices,
roster import, roster notified, roster staff, rules apply, rules approve, rules check, rules diff, rules
explain, rules pending, rules test, schema, serve, share, student add, student alive, student answered, student
college, student died, student find, student forget-name, student guardian add, student guardian appointed,
student guardian dependent, student guardian end, student guardian limit, student guardian never-was,
student guardian remove, student guardian represent, student guardian retained, student guardian verify,
student left-college, student notified, student opt-in, student opt-out, student protect,
student recordings, student show, student unprotect, tag, tags, upload, view, worker
"""


@cache
def commands() -> dict[str, list[str]]:
    """Each command with the names of its options."""
    return dict(_within("", every_command()))


def _within(name: str, command: Any) -> Iterator[tuple[str, list[str]]]:
    inner = getattr(command, "commands", None)
    for each, below in (inner or {}).items():
        yield from _within(f"{name} {each}".strip(), below)
    if not inner:
        yield name, [text for p in command.params for text in p.opts]


def test_these_are_the_commands() -> None:
    assert sorted(commands()) == [each.strip() for each in COMMANDS.replace("\n", " ").split(",")]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_takes_json(name: str) -> None:
    assert "--json" in commands()[name]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help(name: str) -> None:
    ended = call(*name.split(), "--help")
    assert ended.code == 0
    assert "Usage: dam-plugin" in ended.out


def test_the_version_is_the_packages() -> None:
    assert call("--version").out == f"dam-plugin {version('dam-plugin')}\n"


@pytest.mark.parametrize(
    "arguments",
    [(), ("shear",), ("share",), ("share", "KEY", "--jsn"), ("student",), ("roster", "export")],
    ids=["nothing", "unknown command", "missing argument", "unknown option", "group alone", "unknown in a group"],
)
def test_wrong_usage_exits_2_and_shows_the_usage(arguments: tuple[str, ...]) -> None:
    ended = call(*arguments)
    assert ended.code == 2
    assert "Usage: dam-plugin" in ended.text


def test_an_error_is_one_sentence_without_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LedgerBroken("the chain\nis \x1b[31mbroken")

    monkeypatch.setattr("dam_plugin.settings.Settings.load", broken)
    ended = call("db", "upgrade")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "dam-plugin: the chain; is \ufffd[31mbroken\n"


def raising(error: BaseException) -> Callable[..., None]:
    def raises(*_: object, **__: object) -> None:
        raise error

    return raises


def test_an_interruption_before_a_command_begins_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dam_plugin.cli.main.app", raising(KeyboardInterrupt()))
    assert call("doctor") == Called(130, "", "")


@pytest.mark.parametrize(
    ("kind", "told"),
    [(CaseError, "2 problems:"), (RosterError, "2 problems, nothing was changed:")],
)
def test_only_an_import_says_that_nothing_was_changed(
    monkeypatch: pytest.MonkeyPatch, kind: type[CaseError | RosterError], told: str
) -> None:
    error = kind([Problem("a", "is wrong"), Problem("b", "is wrong too")])
    monkeypatch.setattr("dam_plugin.cli.main.app", raising(error))
    assert call("doctor") == Called(1, "", f"dam-plugin: {told}\n  a: is wrong\n  b: is wrong too\n")


def test_a_bug_tells_its_place_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("Hannah Lindqvist")

    monkeypatch.setattr("dam_plugin.settings.Settings.load", broken)
    ended = call("db", "upgrade")
    assert ended.code == 1
    assert "this is a bug (ValueError at test_main.py:" in ended.err
    assert "Hannah" not in ended.text


@pytest.mark.parametrize("arguments", [("doctor",), ("links",), ("share", "k", "--to", "public", "--purpose", "news")])
def test_a_command_without_settings_says_what_is_missing(
    arguments: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: object,
) -> None:
    monkeypatch.chdir(str(tmp_path))
    ended = call(*arguments)
    assert ended.code == 1
    assert "DAM_PLUGIN_BUCKET" in ended.text
    assert "dam-plugin init" in ended.text


def test_every_mistake_of_the_rules_stands_on_a_line_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, district: District
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - {name: a, when: {kee: x}, then: {closed: y}, wy: z}\n")
    monkeypatch.setenv("DAM_PLUGIN_RULES", str(rules))
    ended = call("tags", "any.jpg")
    heading, *lines = ended.err.splitlines()
    assert ended.code == 1
    assert heading == f"dam-plugin: {len(lines)} problems in the rules of DAM_PLUGIN_RULES:"
    assert all(line.startswith("  rules.yaml:2:") for line in lines)


def test_the_collector_of_cycles_runs_again_once_a_command_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def load(name: str) -> TyperCommand:
        seen.append(gc.isenabled())
        return TyperCommand(name=name, callback=lambda: seen.append(gc.isenabled()))

    monkeypatch.setattr("dam_plugin.cli.commands.command", load)
    monkeypatch.setattr("sys.argv", ["dam-plugin", "doctor"])
    monkeypatch.setattr(start, "_is_ours", False)
    try:
        with pytest.raises(SystemExit):
            start.run()
    finally:
        gc.unfreeze()
        gc.enable()
    assert seen == [False, True]


def test_nothing_is_frozen_in_a_process_of_others() -> None:
    frozen = gc.get_freeze_count()
    with start.loading():
        assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


@pytest.mark.parametrize("name", ROWS)
def test_a_command_says_of_itself_what_the_list_of_commands_says(name: str) -> None:
    told = command(name)
    assert told.name == name
    assert " ".join(told.help.partition("\n\n")[0].split()) == ROWS[name].help


def test_the_list_has_each_command_that_a_module_declares() -> None:
    folder = Path(start.__file__).parent
    files = (each for each in folder.rglob("*.py") if "\ndef add_to(" in each.read_text("utf-8"))
    declared: list[tuple[str, str]] = []
    for file in files:
        module = ".".join(file.relative_to(folder).with_suffix("").parts)
        app = typer.Typer()
        import_module(f"dam_plugin.cli.{module}").add_to(app)
        declared += [(name, module) for name in get_group(app).commands]
    assert sorted(declared) == sorted((name, row.module) for name, row in ROWS.items())


def imported_by(*arguments: str, stdin: bytes = b"") -> set[str]:
    """Run the program in a process of its own; return the modules that it had imported at its end."""
    told = "import sys; from dam_plugin.cli.start import run\ntry: run()\nfinally: print(*sys.modules, file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", told, *arguments], input=stdin, capture_output=True, check=False)
    return set(ended.stderr.decode().splitlines()[-1].split())


# What is slow to import, and no help and no decision needs.
SLOW = {
    "alembic", "boto3", "botocore", "cryptography", "cv2", "dam_hooks", "dam_plugin.library", "dam_plugin.settings",
    "dam_plugin.store", "jinja2", "numpy", "openpyxl", "PIL", "pluggy", "sqlalchemy", "urllib3",
}  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [("--help",), (), ("--version",), ("shear",), ("--nope",)],
    ids=lambda each: " ".join(each) or "nothing",
)
def test_the_list_of_commands_imports_no_command(arguments: tuple[str, ...]) -> None:
    imported = imported_by(*arguments)
    assert not imported & (SLOW | {"rich", "yaml"})
    assert {each for each in imported if each.startswith(("dam_plugin.", "dam_tagging"))} == {
        "dam_plugin.cli", "dam_plugin.cli.commands", "dam_plugin.cli.main", "dam_plugin.cli.start", "dam_plugin.errors",
        "dam_plugin.pseudonyms", "dam_plugin.telemetry", "dam_plugin.telemetry.logs", "dam_plugin.telemetry.spans",
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_and_version_check_no_types(arguments: tuple[str, ...]) -> None:
    assert "pydantic" not in imported_by(*arguments)


def test_a_decision_imports_no_store_and_no_storage() -> None:
    imported = imported_by("decide", stdin=json.dumps(CaseBuilder().shows("s1").raw()).encode())
    assert "dam_plugin.procedure.decide" in imported
    assert not imported & SLOW


def test_an_unknown_command_is_told_which_one_may_be_meant() -> None:
    assert "No such command 'shear'. Did you mean 'share', " in call("shear").err
