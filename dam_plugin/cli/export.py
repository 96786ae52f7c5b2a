"""`export yearbook` and what belongs to it: a set made, gone on with, shown; the key that it is signed with."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from dam_plugin.cli.context import As, Attached, actor_of, attached
from dam_plugin.cli.output import AsJson, print_json, print_result, print_rows, print_table, say
from dam_plugin.errors import UnknownThing
from dam_plugin.model import Recipient

if TYPE_CHECKING:
    from dam_plugin.model import Actor
    from dam_plugin.store.sets import Altered, Made, SetOrder
    from dam_plugin.yearbook.make import Tell, Way
    from dam_plugin.yearbook.profiles import Profile
    from dam_plugin.yearbook.targets import Target

export_app = typer.Typer(
    help="Yearbook sets: made, verified, rechecked on the day of printing, locked, recalled.", no_args_is_help=True
)

_SIZE = re.compile(r"([0-9]{2,4})x([0-9]{2,4})")
MOST_ROWS = 20


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file and of `export_sets.py`."""
    from dam_plugin.cli import export_sets

    for command in (yearbook, sets, key):
        export_app.command()(command)
    export_app.command("show")(show)
    export_sets.add_to(export_app)
    app.add_typer(export_app, name="export")


def yearbook(
    out: Annotated[
        str, typer.Option("--out", metavar="SET.zip", help="Where to: a file, or s3://BUCKET/exports/NAME.zip.")
    ],
    event: Annotated[
        str | None, typer.Option("--event", help="Only of this event, as its metadata or its folder names it.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Only taken on this day or later.")
    ] = None,
    grade: Annotated[
        list[str] | None, typer.Option("--grade", metavar="GRADE", help="Only of this grade (repeatable), e.g. 9, KG.")
    ] = None,
    publisher: Annotated[
        str,
        typer.Option("--publisher", metavar="NAME", help="pspa, plain, picaboo, treering, or a profile's TOML file."),
    ] = "pspa",
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="Who gets it, as consents name them [the publisher's name]."),
    ] = None,
    redact: Annotated[
        str, typer.Option("--redact", metavar="allow|never", help="Whether copies that hide somebody may be in it.")
    ] = "never",
    volume: Annotated[str, typer.Option("--volume", metavar="NAME", help="The folder of the portraits.")] = "YEARBOOK",
    size: Annotated[
        str, typer.Option("--size", metavar="WxH", help="Width and height of the portraits in pixels.")
    ] = "640x800",
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", metavar="NAME", help="utf-8 or cp1252, where the portal takes another than the profile's."
        ),
    ] = None,
    lock: Annotated[
        bool, typer.Option("--lock", help="It is printed from: lock it at once, and record the disclosure.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what broke off here today.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Throw away what broke off here, and begin anew.")] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Write names into the list of what was left out; with --as custodian alone.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Make a set that is safe to publish: each picture is decided as of today, copied, proven, listed and signed."""
    from dam_plugin.yearbook.profiles import check_volume, load

    if resume and anew:
        raise typer.BadParameter("--resume goes on with what broke off, --anew throws it away: one of the two")
    actor = actor_of(as_)
    if names and actor.role not in ("custodian", "designee"):
        raise typer.BadParameter("--names is for the custodian: add --as custodian:ID, or leave it out")
    check_volume(volume)
    profile = load(publisher)
    if encoding is not None:
        if encoding not in ("utf-8", "cp1252"):
            raise typer.BadParameter(f"'{encoding}' is neither utf-8 nor cp1252")
        profile = replace(profile, encoding=cast("Literal['utf-8', 'cp1252']", encoding))
    order = _order(event, since, grade, profile, to, redact, volume, size)
    with attached() as at:
        _export(at, order, profile, out, actor, way="resume" if resume else "anew" if anew else "new", lock=lock,
                names=names, as_json=as_json)  # fmt: skip


def sets(as_json: AsJson = False) -> None:
    """List the sets that were made, newest first."""
    with attached() as at, at.services.store.reading() as unit:
        rows = []
        for each in unit.exports.sets():
            totals = unit.exports.totals(each.id)
            rows.append(
                {
                    "set": each.id,
                    "made": each.at,
                    "state": each.state,
                    "to": each.order.recipient.id,
                    "publisher": each.order.publisher,
                    "portraits": totals.portraits,
                    "candids": totals.candids,
                    "redacted": totals.redacted,
                    "left_out": totals.left_out,
                    "where": each.target.removeprefix("file:"),
                    "handed_to": [handover.to for handover in unit.exports.handovers(each.id)],
                }
            )
    names = ("set", "made", "state", "to", "publisher", "portraits", "candids", "redacted", "left_out", "where")
    print_rows("Yearbook sets", rows, {each.replace("_", " "): each for each in names}, as_json=as_json)


def key(as_json: AsJson = False) -> None:
    """Print the public key by which a publisher verifies sets."""
    from dam_plugin.settings import Settings
    from dam_plugin.yearbook.keys import signer

    mine = signer(Settings.load())
    plain = {"key": mine.key_id(), "public": mine.public.text, "pem": mine.public_pem()}
    print_result(plain, mine.public_pem().strip(), as_json=as_json)


def show(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="A decision's digest (d-…), as a manifest has it.")],
    as_json: AsJson = False,
) -> None:
    """Show what a decision's digest in a manifest stands for: it tells nobody else anything."""
    with attached() as at, at.services.store.reading() as unit:
        files = unit.exports.with_digest(digest)
        # A manifest has another one of each set.
        details = unit.exports.decision(files[0].digest if files else digest)
    if details is None:
        raise UnknownThing("no decision has this digest here: copy it from the manifest of a set of this district")
    places = [{"set": each.set_id, "path": each.path, "state": each.state, "shows": each.shows} for each in files]
    if as_json:
        print_json({"digest": digest, **details, "files": places})
        return
    if "decision" in details:
        _print_decision(details)
    else:
        say(f"could not be decided: {details['source']}: {details['error']}")
    print_table("In sets", ("set", "file", "state"), [(each["set"], each["path"], each["state"]) for each in places])


def _print_decision(details: Mapping[str, Any]) -> None:
    decision, case = details["decision"], details["case"]
    say(f"{decision['outcome']} on {case['at']}: {details['source']}")
    print_table("Why", ("clause", "reason"), [(each["clause"], each["text"]) for each in decision["reasons"]])
    shown = [(student, clause, "shown") for student, clause in decision["basis"].items()]
    shown += [(student, None, "hidden") for student in decision["redact"]]
    print_table("Students", ("student", "ground", "in the copy"), shown)


def _order(
    event: str | None,
    since: str | None,
    grades: list[str] | None,
    profile: Profile,
    to: str | None,
    redact: str,
    volume: str,
    size: str,
) -> SetOrder:
    from dam_plugin.store.sets import Query, SetOrder

    if redact not in ("allow", "never"):
        raise typer.BadParameter(f"'{redact}' is neither allow nor never")
    found = _SIZE.fullmatch(size)
    if found is None or not all(64 <= int(each) <= 4096 for each in found.groups()):
        raise typer.BadParameter(f"'{size}' is no size: write it as 640x800, 64 to 4096 pixels each way")
    if any(not each.strip() for each in (event if event is not None else "-", to if to is not None else "-")):
        raise typer.BadParameter("--event and --to must not be blank: leave them out")
    return SetOrder(
        query=Query(event, _day(since), tuple(grades or ())),
        publisher=profile.name,
        recipient=Recipient("public", to or profile.name),
        redact=redact == "allow",
        volume=volume,
        portrait_size=(int(found[1]), int(found[2])),
    )


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no day; write it YYYY-MM-DD") from None


def _export(
    at: Attached,
    order: SetOrder,
    profile: Profile,
    out: str,
    actor: Actor,
    *,
    way: Way,
    lock: bool,
    names: bool,
    as_json: bool,
) -> None:
    from dam_plugin.cli.export_sets import check_no_student
    from dam_plugin.yearbook.make import NothingToExport, export
    from dam_plugin.yearbook.printers import check_printer
    from dam_plugin.yearbook.targets import target_of

    whom = order.recipient.id or order.publisher
    if lock:
        check_printer(whom)
    if whom != order.publisher:
        check_no_student(at, whom)
    target = target_of(out, at.services.library)
    try:
        with _followed(hidden=as_json) as tell:
            made = export(at.services, order, profile, target, actor, way=way, tell=tell)
    except NothingToExport as nothing:
        _write_exclusions(at, nothing.set_id, target, names=names)
        if not as_json:
            _print_exclusions(at, nothing.set_id, target, names=names)
        raise
    _write_exclusions(at, made.set.id, target, names=names, altered=made.altered)
    locked = None
    if lock:
        from dam_plugin.cli.export_sets import own_set
        from dam_plugin.yearbook.lock import lock as locked_set

        # What an earlier process wrote is read again before anybody prints from it.
        locked = locked_set(at.services, made.set.id, by=actor, key=own_set(at, out, hidden=as_json).key_id)
        made = replace(made, set=locked.set)
    if as_json:
        from dam_plugin.yearbook.exclusions import asks_beside

        beside = target.exclusions(made.set.id)
        print_json({**_plain(made), "set_file": out, "exclusions": str(beside), "asks": str(asks_beside(beside))})
        return
    _print_made(made, out)
    _print_exclusions(at, made.set.id, target, names=names)
    if locked is None:
        from dam_plugin.yearbook.printers import is_form

        whom = " --to ID" if is_form(made.set.order.recipient.id or "") else ""
        say(f"On the day of printing: dam-plugin export recheck {shlex.quote(out)} --lock{whom}")
    else:
        say(f"Locked, and the disclosure to {locked.handover.to} recorded for {locked.shares} file(s).")


def _write_exclusions(
    at: Attached, set_id: str, target: Target, *, names: bool, altered: Sequence[Altered] = ()
) -> None:
    from dam_plugin.yearbook.exclusions import write_exclusions

    with at.services.store.reading() as unit:
        write_exclusions(target.exclusions(set_id), unit, unit.exports.need(set_id), names=names, altered=altered)


def _print_exclusions(at: Attached, set_id: str, target: Target, *, names: bool) -> None:
    from dam_plugin.yearbook.exclusions import asks_beside, summary

    with at.services.store.reading() as unit:
        rows = summary(unit, unit.exports.need(set_id))
    if rows:
        shown = [(each.clause, each.title, each.count, each.remedy) for each in rows[:MOST_ROWS]]
        print_table("Left out", ("clause", "why", "recordings", "what would bring them in"), shown)
    whose = "for the custodian's eyes: it has names" if names else "for your eyes alone"
    path = target.exclusions(set_id)
    say(f"What was left out, whom to ask, and who has no picture: {path} ({whose})")
    say(f"The consents to ask for, as a table: {asks_beside(path)} ({whose})")


def _plain(made: Made) -> dict[str, object]:
    told = asdict(made)
    told["set"] = made.set.id
    return {**told, "state": made.set.state, "day": made.set.day, "manifest": made.set.manifest}


def _print_made(made: Made, out: str) -> None:
    say(
        f"{out}: {made.portraits} portrait(s), {made.candids} candid(s), of which {made.redacted} hide somebody; "
        f"{made.left_out} left out; {made.bytes:,} bytes"
    )
    say(f"Set {made.set.id}, as of {made.set.day}, for {made.set.order.recipient.id}; {made.reused} copies used again")
    for each in made.altered:
        say(f"In {each.rows} place(s): {each.what}", "yellow")


class Rate(ProgressColumn):
    """How many pictures a second are done."""

    def render(self, task: Task) -> Text:
        """Return `N.N/s`; nothing before there is a rate."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed is not None else "")


@contextmanager
def _followed(*, hidden: bool) -> Iterator[Tell]:
    """Show how far a set is, where somebody looks: the rate and the time that is left."""
    from dam_plugin.yearbook.make import Progress as Step

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(),
        Rate(),
        TextColumn("{task.fields[size]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, transient=True, disable=hidden or not sys.stdout.isatty()) as bar:
        task = bar.add_task("beginning", total=None, size="")
        step = ""

        def tell(now: Step) -> None:
            nonlocal step
            if now.step != step:
                step = now.step
                bar.reset(task, description=step, total=now.of, size="")
            bar.update(
                task, completed=now.done, total=now.of, size=f"{now.size / 1_000_000:,.0f} MB" if now.size else ""
            )

        yield tell
