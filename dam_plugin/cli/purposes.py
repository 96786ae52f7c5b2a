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
    on_file: Annotated[
        bool, typer.Option("--on-file", help="With how many opt-outs and consents in force are for each purpose.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the district's purposes with the words that mean them: no other purpose is shared for."""
    from dam_plugin.settings import Settings

    if on_file:
        _print_on_file(as_json=as_json)
        return
    listed = Settings.load().purposes.purposes
    if as_toml:
        typer.echo(_toml(listed), nl=False)
    elif as_json:
        print_json({"purposes": [asdict(each) for each in listed]})
    else:
        rows = [(each.name, ", ".join(each.synonyms), ", ".join(each.parts), each.shared_by) for each in listed]
        print_table("Purposes", ("purpose", "also called", "parts of it", "shared for by"), rows)
        say("An opt-out or a share that names a part is about the whole purpose; a consent names a purpose in whole.")


def _print_on_file(*, as_json: bool) -> None:
    """Print how many choices of families are for each purpose, and how many are for all."""
    from dam_plugin.cli.context import attached
    from dam_plugin.custodian.choices import choices_on_file

    with attached() as at:
        told = choices_on_file(at.services)
    if as_json:
        print_json(asdict(told))
        return
    rows = [(each.purpose, each.shared_by, each.opt_outs, each.consents) for each in told.purposes]
    print_table("Opt-outs and consents in force", ("purpose", "shared for by", "opt-outs", "consents"), rows)
    say(f"{told.of_all} opt-out(s) from everything count for each purpose besides.")
    if told.unknown:
        say(f"{told.unknown} opt-out(s) are under a word that the list does not know, and count for each purpose, too.")
    if told.void:
        say(
            f"{told.void} consent(s) are under a word that the list does not know, or for a part, and count for nothing."
        )


def _toml(listed: tuple[Purpose, ...]) -> str:
    table = {
        each.name: {
            "synonyms": each.synonyms,
            "parts": each.parts,
            **({"who": each.who} if each.who else {}),
            **({"ours": True} if each.ours else {}),
        }
        for each in listed
    }
    return tomlkit.dumps({"purposes": {STARTER_KEY: False, **table}})
