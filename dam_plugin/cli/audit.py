"""`audit names`: recordings that rest on a name alone, name an opted-out student, or were released by an earlier version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, print_json, print_table, say

app = typer.Typer(help=help_of("audit"), no_args_is_help=True)


def add_to(parent: typer.Typer) -> None:
    """Add the commands of this file."""
    parent.add_typer(app, name="audit")


@app.callback()
def _audit() -> None:
    """Search the library for recordings that a person should look at."""


@app.command("names")
def names(
    list_only: Annotated[
        bool, typer.Option("--list-only", help="Do not tag again what an earlier version released.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List recordings that rest on names alone or name an opted-out student, those with open links first.

    Before that, released recordings that an earlier version of the plugin tagged are tagged again, and links that are no
    longer allowed are closed.
    """
    from dam_plugin.admin import audit

    with attached() as at:
        anew = None if list_only else audit.reexamine(at.services)
        found = audit.recordings_to_look_at(at.services)
    if as_json:
        made = None if anew is None else {"tagged": anew.tagged, "failed": anew.failed, **anew.closed.as_dict()}
        print_json({"reexamined": made, "recordings": [asdict(each) for each in found]})
    else:
        if anew is not None:
            say(f"{anew.tagged} released recording(s) were tagged again; {len(anew.closed)} link(s) closed")
        rows = [(each.key, each.links, "; ".join(each.why), ", ".join(each.students)) for each in found]
        print_table("To look at", ("recording", "open links", "why", "whose family said no"), rows)
    if anew is not None and anew.failed:
        say(f"{anew.failed} could not be tagged again and are unchanged: run it again when the storage answers")
        raise typer.Exit(1)
