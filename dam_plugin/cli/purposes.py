"""`purposes`: the district's purposes, and the words that mean them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import tomlkit
import typer

from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.procedure.purposes import STARTER_KEY, Purpose


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(purposes)


def purposes(
    as_toml: Annotated[
        bool, typer.Option("--toml", help="As a table of dam-plugin.toml, to be changed and kept as your own.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the district's purposes with the words that mean them: no other purpose is shared for."""
    from dam_plugin.settings import Settings

    listed = Settings.load().purposes.purposes
    if as_toml:
        typer.echo(_toml(listed), nl=False)
    elif as_json:
        print_json({"purposes": [asdict(each) for each in listed]})
    else:
        rows = [(each.name, ", ".join(each.synonyms), ", ".join(each.parts)) for each in listed]
        print_table("Purposes", ("purpose", "also called", "parts of it"), rows)
        say("An opt-out or a share that names a part is about the whole purpose; a consent names a purpose in whole.")


def _toml(listed: tuple[Purpose, ...]) -> str:
    table = {each.name: {"synonyms": each.synonyms, "parts": each.parts} for each in listed}
    return tomlkit.dumps({"purposes": {STARTER_KEY: False, **table}})
