"""Every command of `dam-plugin`: the module that has it, imported once the command is used, and what the list of commands says.

A group takes its help from here. A command's docstring begins with the same paragraph, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from dam_plugin.cli.start import loading


@dataclass(frozen=True, slots=True)
class Row:
    """The module of a command or of a group within `dam_plugin.cli`, and the first paragraph of its help."""

    module: str
    help: str


ROWS: Mapping[str, Row] = {
    "init": Row(
        "setup",
        "Make everything ready: versioning, queue and dead-letter queue, notification, store, keys. Run "
        "it again at will.",
    ),
    "doctor": Row("setup", "Check everything that the plugin needs; exit 1 if something is broken."),
    "demo": Row("demo.command", "Play the main job on the samples: upload, tag, share, redact, prove, record."),
    "upload": Row("media", "Put files into the bucket, as any other tool would; the bucket's event has them tagged."),
    "worker": Row(
        "media",
        "Tag uploads as the bucket announces them, and do the jobs that wait, until stopped. Several may run side by side.",
    ),
    "reconcile": Row(
        "media",
        "Find files that no event announced, such as those from before the plugin, tag them, and finish interrupted work.",
    ),
    "tags": Row("look", "Show a recording's tags, with the reason for each tag."),
    "tag": Row("look", "Record what a member of staff saw, on one recording or many."),
    "review": Row(
        "review",
        "List recordings that wait for a person's look, oldest first, and the students that unknown names may mean.",
    ),
    "loosen": Row(
        "review",
        "Loosen a recording's tags to those of file, rules and looks now; some recordings take two people's yes.",
    ),
    "share": Row("share", "Ask for a share: it is decided, carried out, and recorded."),
    "break-glass": Row(
        "share",
        "Release a recording in a health or safety emergency: nothing prevents it, and it is always on record.",
    ),
    "view": Row(
        "share",
        "Let somebody see or hear a recording in the office: decided and recorded as a disclosure, and "
        "no link is handed out.",
    ),
    "redact": Row(
        "redaction",
        "Write a copy that hides people and carries no metadata, once it is proven; without a box it is only cleaned.",
    ),
    "prove": Row(
        "redaction",
        "Prove that a file is the copy of SRC that these options ask for; exit 3 with every failure.",
    ),
    "open": Row(
        "links",
        "Open a link: it is decided again, today, and answered with a URL for one minute or with the refusal.",
    ),
    "links": Row("links", "List the links that were handed out, oldest first; with `--open` the soonest to end first."),
    "revoke": Row(
        "links",
        "Take back a link, every link of a recording, or every link to a student. What was downloaded is out of reach.",
    ),
    "serve": Row(
        "serve",
        "Serve links to recipients, and the HTTP interface to hosts, until it is stopped (SIGTERM or Ctrl-C).",
    ),
    "desk": Row(
        "serve",
        "Show the pages for media staff, custodian, yearbook staff and admins, until it is stopped (SIGTERM or Ctrl-C).",
    ),
    "desk-user": Row(
        "serve",
        "Make an account of the desk, or give one other roles; the password of a new one is shown this once.",
    ),
    "metadata": Row("metadata", "Print who is in files by their metadata; exit 1 if one of them does not exist."),
    "purposes": Row(
        "purposes",
        "List the district's purposes with the words that mean them: no other purpose is shared for.",
    ),
    "decide": Row("cases", "Decide cases by the procedure; exit 1 when any of them cannot be decided."),
    "schema": Row(
        "cases",
        "Print the JSON Schema of a case file or of a rule file, for editors and for programs that write them.",
    ),
    "explain": Row(
        "explanation",
        "Explain the answer to one case: why, each step, each student, and what would change it.",
    ),
    "report": Row(
        "report",
        "Count outcomes, waiting and refusals, and say what to change so that fewer people wait. Shows no names.",
    ),
    "db": Row("setup", "The plugin's database."),
    "jobs": Row("jobs", "Long work that was begun, such as tagging recordings again."),
    "dlq": Row("dlq", "Events of the bucket that were given up (the dead-letter queue)."),
    "queue": Row("queue", "The records custodian's queue: referrals and findings."),
    "custodian": Row(
        "custodian",
        "What the records custodian says of a recording: closed, reopened, what hiding does to it, not ours.",
    ),
    "request": Row(
        "requests",
        "The register of requests: what came, by when it has to be answered, what was withheld.",
    ),
    "hold": Row("holds", "Holds: recordings that nobody may destroy (requests, subpoenas, litigation)."),
    "retention": Row("retention", "Retention: rules, recordings that are due, their destruction, and its log."),
    "letter": Row("letters", "Letters of the records custodian, and their templates."),
    "roster": Row("people", "Who the students are."),
    "student": Row("people", "One student: find, show, opt out, opt in, protect."),
    "consent": Row("people", "Written consents."),
    "policy": Row("policy", "The bucket policy that protects files even without the plugin."),
    "rules": Row("rules", "Check and try the rules that tag recordings."),
    "export": Row(
        "yearbook_sets",
        "Yearbook sets: made, verified, rechecked on the day of printing, locked, recalled.",
    ),
    "procedure": Row("procedure", "Check the procedure against cases."),
    "ledger": Row("ledger", "The record of every attempt."),
    "access-log": Row("access_log", "Who looked at which student's page at the desk."),
    "audit": Row("audit", "Search the library for recordings that a person should look at."),
}
"""The commands and groups by name, in the order of `dam-plugin --help`."""


def help_of(group: str) -> str:
    """Return the help of a group."""
    return ROWS[group].help


class Commands(TyperGroup):
    """The commands of the program. All are listed, and completed, by the table; only the one that is used is imported."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - whatever typer gives a group
        """Take what typer gives a group, and list the commands of the table by name and help."""
        super().__init__(**given)
        self.commands = {name: TyperCommand(name=name, help=row.help) for name, row in ROWS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer moved its Context
        """Return the name of the command that is used, the command with its options, and its arguments."""
        name, listed, left = super().resolve_command(ctx, args)
        with loading():
            return name, command(name) if listed and name else None, left


@cache
def command(name: str) -> Any:  # noqa: ANN401 - typer moved its Command
    """Return a command or a group as its module declares it."""
    part = typer.Typer(rich_markup_mode=None)
    import_module(f"dam_plugin.cli.{ROWS[name].module}").add_to(part)
    return get_group(part).commands[name]


def every_command() -> TyperGroup:
    """Return the whole program with every module imported, for what looks at all commands: documents and tests."""
    return TyperGroup(name="dam-plugin", commands={name: command(name) for name in ROWS})
