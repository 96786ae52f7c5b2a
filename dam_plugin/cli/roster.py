"""`roster import`: who the students are, from whatever the district's systems export. `dam_plugin.people` reads it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli.closed import print_copies, print_opened, print_sets
from dam_plugin.cli.context import As, Attached, actor_of, attached
from dam_plugin.cli.output import AsJson, print_json, print_table, say

if TYPE_CHECKING:
    from dam_plugin.custodian.choices import Rehearsed
    from dam_plugin.people.doubts import StudentChange
    from dam_plugin.people.mapping import RosterMapping
    from dam_plugin.people.roster import RosterImport
    from dam_plugin.procedure.purposes import PurposeList
    from dam_plugin.store import RosterChange

roster_app = typer.Typer(help="Who the students are.", no_args_is_help=True)

# A table of more students than these nobody reads; `--json` has all.
MOST_ROWS = 200
LARGEST_MAPPING = 4 * 2**20

SourcePath = Annotated[
    Path | None,
    typer.Argument(metavar="SOURCE", help="OneRoster CSV (ZIP or folder), a folder of CSV, a CSV file, or INDEX.TXT."),
]
MappingPath = Annotated[
    Path | None, typer.Option("--mapping", metavar="FILE", help="What the district's own columns mean (YAML).")
]
FromPlugin = Annotated[str | None, typer.Option("--from", metavar="PLUGIN", help="Take the roster of this plugin.")]


@roster_app.command("import")
def import_(
    source: SourcePath = None,
    mapping: MappingPath = None,
    from_: FromPlugin = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, and for whom.")] = False,
    names: Annotated[bool, typer.Option("--names", help="With --dry-run: show names, too.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Import although it looks like a mistake.")] = False,
    carry_opt_outs: Annotated[
        bool,
        typer.Option("--carry-opt-outs", help="Let a leaver's opt-out hold for a new student of the same name, too."),
    ] = False,
    sample_dates: Annotated[
        bool, typer.Option("--sample-dates", help="Take dates such as today-16y, as the sample roster has them.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Import a roster, whole or not at all."""
    from dam_plugin.custodian.choices import import_roster, rehearsed
    from dam_plugin.gate.close_links import OUT_OF_REACH
    from dam_plugin.people.roster import Source

    if (source is None) == (from_ is None):
        raise typer.BadParameter("give either a SOURCE or --from PLUGIN")
    with attached() as at:
        roster = _of_plugin(at, from_) if source is None else _read(at, source, mapping, sample_dates=sample_dates)
        if dry_run:
            _print_rehearsal(rehearsed(at.services, roster), roster.notes, names=names, as_json=as_json)
            return
        name = from_ or (source or Path()).resolve().name
        done = import_roster(
            at.services,
            roster,
            actor_of(as_),
            source=Source(name),
            confirmed=confirm,
            carry_opt_outs=carry_opt_outs,
        )
    closed = done.closed
    more = {"tagged_again": done.tagged_again, "closed_links": len(closed)}
    if closed:
        more["closed_links_opened_before"] = len(closed.opened)
    if as_json:
        print_json({**asdict(done.change), **more, **closed.as_dict(), "notes": roster.notes})
        return
    _print_change(done.change, "were")
    for title, count in more.items():
        say(f"{title.replace('_', ' ')}: {count}")
    print_copies(closed.copies)
    print_opened(closed)
    if closed:
        say(OUT_OF_REACH)
    print_sets(closed)
    _print_notes(roster.notes)


def _of_plugin(at: Attached, plugin: str | None) -> RosterImport:
    from dam_plugin.custodian.choices import roster_of_plugin

    return roster_of_plugin(at.services, plugin or "")


def _read(at: Attached, source: Path, mapping: Path | None, *, sample_dates: bool) -> RosterImport:
    from dam_plugin.people.formats.sources import RosterReader
    from dam_plugin.people.mapping import RosterMapping

    purposes = at.services.settings.purposes
    means = _mapping(mapping, purposes) if mapping else RosterMapping()
    with at.services.store.reading() as unit:
        known = {record.id: record for record in unit.people.students()}
    today = at.services.now().date()
    reader = RosterReader(at.services.pseudonyms, known, today, means, mapping.parent if mapping else Path(), purposes)
    if not sample_dates:
        return reader.read(source)
    from dam_plugin.cli.demo.samples import resolve_roster

    with tempfile.TemporaryDirectory() as folder:
        return reader.read(resolve_roster(source, Path(folder), today))


def _mapping(path: Path, purposes: PurposeList) -> RosterMapping:
    from dam_plugin.people.mapping import read_mapping

    with path.open("rb") as file:
        return read_mapping(file.read(LARGEST_MAPPING + 1), path.name, purposes)


def _print_rehearsal(would: Rehearsed, notes: Sequence[str], *, names: bool, as_json: bool) -> None:
    if as_json:
        people = [
            {key: value for key, value in asdict(each).items() if names or key != "name"} for each in would.students
        ]
        print_json({**asdict(would.change), "students": people, "to_confirm": would.doubts, "notes": notes})
        return
    _print_change(would.change, "would be")
    if would.students:
        shown = would.students[:MOST_ROWS]
        columns = ("id", *(("name",) if names else ()), "what", "fields")
        print_table("Students", columns, [_row(each, names=names) for each in shown])
        if len(would.students) > len(shown):
            say(f"and {len(would.students) - len(shown)} more: --json has them all")
    for doubt in would.doubts:
        say(f"to be confirmed with --confirm: {doubt}", "yellow")
    _print_notes(notes)


def _row(change: StudentChange, *, names: bool) -> tuple[Any, ...]:
    return (change.id, *((change.name,) if names else ()), change.what, ", ".join(change.fields))


def _print_change(change: RosterChange, verb: str) -> None:
    say(
        f"students: {change.added} {verb} added, {change.changed} changed, {change.unchanged} unchanged, "
        f"{change.left} left; {change.opt_outs} opt-out(s) and {change.consents} consent(s) new or changed"
    )
    if change.ended:
        say(f"opt-outs that {verb} ended, because the file has another answer now: {change.ended}")
    if change.portraits:
        say(f"portraits that {verb} told to be somebody's: {change.portraits}")


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")
