"""`export …`: yearbook sets made, shown, verified, rechecked on the day of printing, locked, handed over and recalled.

Exit 3 where a set may not be printed.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, cast

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

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, Attached, actor_of, attached, day_of
from dam_plugin.cli.jobs import print_job
from dam_plugin.cli.output import (
    LISTED,
    After,
    AsJson,
    Columns,
    Limit,
    page_behind,
    print_json,
    print_result,
    print_rows,
    print_table,
    say,
)
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.model import Recipient
from dam_plugin.procedure.protection import plain_for_staff, reasons_for_staff

if TYPE_CHECKING:
    from dam_plugin.model import Actor, Reason
    from dam_plugin.store.sets import Altered, Made, SetOrder
    from dam_plugin.yearbook.lock import Locked
    from dam_plugin.yearbook.make import Tell, Way
    from dam_plugin.yearbook.pages import Pages
    from dam_plugin.yearbook.profiles import Profile
    from dam_plugin.yearbook.recheck import Changed, Rechecked
    from dam_plugin.yearbook.targets import Target
    from dam_plugin.yearbook.verify import Verified


MOST_ROWS = 20
# The purpose of each set, as `store/sets.py` has it.
PURPOSE = "yearbook"
MOST_FILES = 200
MAY_NOT_BE_PRINTED = 3
_SIZE = re.compile(r"([0-9]{2,4})x([0-9]{2,4})")
SetFile = Annotated[str, typer.Argument(metavar="SET.zip", help="A set: a file, or s3://BUCKET/exports/NAME.zip.")]

export_app = typer.Typer(help=help_of("export"), no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    for command in (yearbook, sets, omissions, key, show, verify, recheck, handover, recall, sheet):
        export_app.command()(command)
    app.add_typer(export_app, name="export")


def yearbook(
    out: Annotated[
        str, typer.Option("--out", metavar="SET.zip", help="The set to write: a file, or s3://BUCKET/exports/NAME.zip.")
    ],
    event: Annotated[
        str | None, typer.Option("--event", help="Only pictures of this event (by metadata or folder).")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Only pictures taken on this day or later.")
    ] = None,
    grade: Annotated[
        list[str] | None, typer.Option("--grade", metavar="GRADE", help="Only this grade (repeatable), e.g. 9, KG.")
    ] = None,
    publisher: Annotated[
        str,
        typer.Option("--publisher", metavar="NAME", help="pspa, plain, picaboo, treering, or a profile's TOML file."),
    ] = "pspa",
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="The recipient, as named in consents [the publisher's name]."),
    ] = None,
    redact: Annotated[
        str, typer.Option("--redact", metavar="allow|never", help="Whether copies that hide a person may be in it.")
    ] = "never",
    volume: Annotated[str, typer.Option("--volume", metavar="NAME", help="The folder of the portraits.")] = "YEARBOOK",
    size: Annotated[
        str, typer.Option("--size", metavar="WxH", help="Width and height of the portraits in pixels.")
    ] = "640x800",
    encoding: Annotated[
        str | None,
        typer.Option(
            "--encoding", metavar="NAME", help="utf-8 or cp1252, if the portal needs another than the profile's."
        ),
    ] = None,
    lock: Annotated[
        bool, typer.Option("--lock", help="It is printed from: lock it at once, and record the disclosure.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue today's interrupted set in this place.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Delete the interrupted set in this place, and begin again.")
    ] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Write names into the list of omissions; only with --as custodian.")
    ] = False,
    detach: Annotated[
        bool,
        typer.Option("--detach", help="Leave it to the worker (`dam-plugin jobs list`); only for a set in the bucket."),
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Make a set that is safe to publish: each picture is decided as of today, copied, proven, listed and signed."""
    from dam_plugin.yearbook.profiles import check_volume, load

    if resume and anew:
        raise typer.BadParameter("--resume goes on with what broke off, --anew throws it away: one of the two")
    if detach and (lock or names):
        raise typer.BadParameter(
            "--detach leaves the set to the worker: lock it with `export recheck --lock`, and have names in `export omissions`"
        )
    actor = actor_of(as_)
    _check_names(actor, names=names)
    check_volume(volume)
    profile = load(publisher)
    if encoding is not None:
        if encoding not in ("utf-8", "cp1252"):
            raise typer.BadParameter(f"'{encoding}' is neither utf-8 nor cp1252")
        profile = replace(profile, encoding=cast("Literal['utf-8', 'cp1252']", encoding))
    order = _order(event, since, grade, profile, to, redact, volume, size)
    way: Way = "resume" if resume else "anew" if anew else "new"
    with attached() as at:
        if detach:
            _leave(at, order, profile, out, actor, way=way, as_json=as_json)
        else:
            _export(at, order, profile, out, actor, way=way, lock=lock, names=names, as_json=as_json)


def omissions(
    set_id: Annotated[str, typer.Argument(metavar="SET", help="The set's id (x-…), see `export sets`.")],
    names: Annotated[
        bool, typer.Option("--names", help="Write names into the list of omissions; only with --as custodian.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Write the lists of what was left out of a set, and of the consents to ask for: the worker does not write them."""
    from dam_plugin.yearbook.exclusions import asks_beside
    from dam_plugin.yearbook.targets import target_of

    _check_names(actor_of(as_), names=names)
    with attached() as at:
        with at.services.store.reading() as unit:
            target = target_of(unit.exports.need(set_id).target.removeprefix("file:"), at.services.library)
        _write_exclusions(at, set_id, target, names=names)
        beside = target.exclusions(set_id)
        if as_json:
            print_json({"set": set_id, "exclusions": str(beside), "asks": str(asks_beside(beside))})
        else:
            _print_exclusions(at, set_id, target, names=names)


def _check_names(actor: Actor, *, names: bool) -> None:
    if names and actor.role not in ("custodian", "designee"):
        raise typer.BadParameter("--names is for the custodian: add --as custodian:ID, or leave it out")


def sets(limit: Limit = LISTED, after: After = None, as_json: AsJson = False) -> None:
    """List the sets that were made, newest first."""
    with attached() as at, at.services.store.reading() as unit:
        rows = []
        for each in page_behind(unit.exports.sets(), limit, after, lambda each: each.id):
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
    from dam_plugin.yearbook.signing_key import signer

    mine = signer(Settings.load())
    plain = {"key": mine.key_id(), "public": mine.public.text, "pem": mine.public_pem()}
    print_result(plain, mine.public_pem().strip(), as_json=as_json)


def show(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="A decision's digest (d-…), as in a manifest.")],
    as_json: AsJson = False,
) -> None:
    """Show the decision behind a digest in a manifest. Only the district can look it up."""
    with attached() as at, at.services.store.reading() as unit:
        files = unit.exports.with_digest(digest)
        # A manifest has another one of each set.
        details = unit.exports.decision(files[0].digest if files else digest)
    if details is None:
        raise UnknownThing("no decision has this digest here: copy it from the manifest of a set of this district")
    places = [{"set": each.set_id, "path": each.path, "state": each.state, "shows": each.shows} for each in files]
    if as_json:
        print_json({"digest": digest, **plain_for_staff(details, PURPOSE), "files": places})
        return
    if "decision" in details:
        _print_decision(plain_for_staff(details, PURPOSE))
    else:
        say(f"could not be decided: {details['source']}: {details['error']}")
    print_table("In sets", ("set", "file", "state"), [(each["set"], each["path"], each["state"]) for each in places])


def verify(
    set_file: SetFile,
    key: Annotated[
        str, typer.Option("--key", metavar="PUBLIC", help="The district's public key: a file, or its 44 characters.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check that a set is exactly what the district signed; needs only the public key and no set-up."""
    from dam_plugin.yearbook.signing_key import public_key
    from dam_plugin.yearbook.verify import verify as verified

    known = public_key(key)
    with _opened(set_file) as file, _files_followed("verifying", hidden=as_json) as bar:
        found = verified(file, known, progress=lambda done, of, _size: bar(done, of))
    _print_verified(found, as_json=as_json)


def recheck(
    set_file: SetFile,
    pages: Annotated[
        Path | None, typer.Option("--pages", metavar="FILE", help="The publisher's list: page,file in each line.")
    ] = None,
    lock: Annotated[
        bool,
        typer.Option(
            "--lock", help="It is printed from: lock it, unless something stops it, and record the disclosure."
        ),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ID", help="With --lock: the recipient, if the set was made for another."),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Decide every file of a set again as of today: what changed since it was made, file by file and page by page."""
    from dam_plugin.yearbook.lock import CannotLock
    from dam_plugin.yearbook.own_set import lock_own
    from dam_plugin.yearbook.pages import read_pages
    from dam_plugin.yearbook.recheck import recheck as rechecked
    from dam_plugin.yearbook.targets import target_of

    if to is not None and not lock:
        raise typer.BadParameter("--to says who gets a set that is locked: add --lock, or use `export handover`")
    listed = read_pages(pages) if pages is not None else None
    locked: Locked | None = None
    is_refused = False
    with attached() as at:
        if lock:
            with _files_followed("verifying, and deciding again", hidden=as_json) as bar:
                try:
                    locked = lock_own(
                        at.services,
                        target_of(set_file, at.services.library),
                        by=actor_of(as_),
                        to=to,
                        pages=listed,
                        progress=lambda done, of, _size: bar(done, of),
                        tell=lambda done: bar(done, None),
                    )
                    found = locked.rechecked
                except CannotLock as stopped:
                    found, is_refused = stopped.rechecked, True
        else:
            mine = _own_set(at, set_file, hidden=as_json)
            with _files_followed("deciding again", hidden=as_json) as bar:
                found = rechecked(at.services, mine.set_id, pages=listed, tell=lambda done: bar(done, None))
    _print_rechecked(found, listed, locked, as_json=as_json)
    if is_refused and not as_json:
        what = "make the set again, then have the publisher replace the old one."
        if found.may_be_printed:
            what = "correct the list of pages, then run it again."
        say(f"Nothing was locked: {what}", "red")
    if not found.may_be_printed or found.problems:
        raise typer.Exit(MAY_NOT_BE_PRINTED)


def handover(
    set_file: SetFile,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="The recipient of a copy of the locked set.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record that a locked set also went to another recipient; every file is decided again for them."""
    from dam_plugin.yearbook.lock import CannotLock
    from dam_plugin.yearbook.own_set import hand_over_own
    from dam_plugin.yearbook.targets import target_of

    with attached() as at:
        target = target_of(set_file, at.services.library)
        try:
            with _files_followed("verifying", hidden=as_json) as bar:
                done = hand_over_own(
                    at.services, target, by=actor_of(as_), to=to, progress=lambda done, of, _size: bar(done, of)
                )
        except CannotLock as stopped:
            _print_rechecked(stopped.rechecked, None, None, as_json=as_json)
            raise typer.Exit(MAY_NOT_BE_PRINTED) from None
    set_id = done.set.id
    plain = {"set": set_id, "to": done.handover.to, "at": done.handover.at, "files": done.shares}
    sentence = f"Recorded: {done.shares} file(s) of the set {set_id} went to {done.handover.to}."
    print_result(plain, sentence, as_json=as_json)


def recall(
    set_id: Annotated[str | None, typer.Argument(metavar="SET", help="One set's id (x-…) [every locked set].")] = None,
    student: Annotated[
        str | None, typer.Option("--student", metavar="ID", help="All pictures of this student, also allowed ones.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.csv", help="Write the list for the publisher: no student, no reason."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="With --out: the publisher, if there are several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what is printed and may not be shown any more: the file, the page, and the recipient."""
    from dam_plugin.yearbook.recall import recall as recalled
    from dam_plugin.yearbook.recall import recipients, write_recall

    if to is not None and out is None:
        raise typer.BadParameter("--to says whom the file is for: add --out FILE.csv")
    if out is not None:
        _check_out(out, ".csv")
    with attached() as at:
        lines = recalled(at.services, set_id=set_id, student=student)
    if to is not None and to not in (known := recipients(lines)):
        told = f"those who have are {', '.join(known)}" if known else "nobody has"
        raise InputError(f"whom --to names has nothing to take back: {told}")
    written = write_recall(out, lines, to=to) if out is not None else None
    columns: Columns = {
        "set": "set",
        "file": "path",
        "pages": lambda line: ", ".join(line["pages"]),
        "standing": "standing",
        "students": lambda line: ", ".join(line["students"]),
        "since": "since",
        "went to": lambda line: ", ".join(f"{each['to']} ({each['at']:%Y-%m-%d})" for each in line["handed"]),
        "why": lambda line: "; ".join(f"{each['text']} ({each['clause']})" for each in line["why"]),
    }
    print_rows("Recall list", (plain_for_staff(asdict(each), PURPOSE) for each in lines), columns, as_json=as_json)
    if out is not None and not as_json:
        say(f"{out}: {written} file(s) to take back, for the publisher: it names no student and no reason.")


def sheet(
    set_file: SetFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="The page to write.")],
    publisher: Annotated[
        str | None, typer.Option("--publisher", metavar="FILE.toml", help="The profile, if it is your own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the contact sheet of a set, one page that prints, for the last look; pictures with a covered place are marked."""
    from dam_plugin.private_files import private_file
    from dam_plugin.yearbook.contact_sheet import has_names, write_sheet
    from dam_plugin.yearbook.own_set import on_record
    from dam_plugin.yearbook.profiles import load
    from dam_plugin.yearbook.targets import target_of

    _check_out(out, ".html", ".htm", but=set_file)
    profile = load(publisher) if publisher is not None else None
    with attached() as at, target_of(set_file, at.services.library).opened() as file:
        _, key = on_record(at.services, file)
        with _files_followed("verifying", hidden=as_json) as bar, private_file(out) as text:
            found = write_sheet(text.buffer, file, key, profile=profile, progress=lambda done, of, _size: bar(done, of))
    if as_json:
        print_json({"set": found.set_id, "files": found.files, "sheet": str(out)})
    else:
        say(f"{out}: the contact sheet of {found.set_id}, for your eyes; open it in a browser to print it.")
        if not has_names(found, profile):
            say("Whose portraits they are is not shown: add --publisher FILE.toml for the names.", "yellow")


# Making a set


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
        query=Query(event, day_of(since, None), tuple(grades or ())),
        publisher=profile.name,
        recipient=Recipient("public", to or profile.name),
        redact=redact == "allow",
        volume=volume,
        portrait_size=(int(found[1]), int(found[2])),
    )


def _leave(at: Attached, order: SetOrder, profile: Profile, out: str, actor: Actor, *, way: Way, as_json: bool) -> None:
    from dam_plugin.admin.export_job import ask_for_set
    from dam_plugin.yearbook.targets import target_of

    added = ask_for_set(at.services, order, profile, target_of(out, at.services.library), actor, way=way)
    if added.was_open:
        typer.echo(f"note: {added.job.id} makes this set already", err=True)
    print_job(added.job, as_json=as_json)
    if not as_json:
        say("Once it is done: `dam-plugin export sets`, and `dam-plugin export omissions SET` for what was left out.")


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
    from dam_plugin.yearbook.make import NothingToExport, export
    from dam_plugin.yearbook.own_set import check_recipient_is_no_student
    from dam_plugin.yearbook.profiles import check_printer
    from dam_plugin.yearbook.targets import target_of

    whom = order.recipient.id or order.publisher
    if lock:
        check_printer(whom)
    if whom != order.publisher:
        check_recipient_is_no_student(at.services, whom)
    target = target_of(out, at.services.library)
    try:
        with _making_followed(hidden=as_json) as tell:
            made = export(at.services, order, profile, target, actor, way=way, tell=tell)
    except NothingToExport as nothing:
        _write_exclusions(at, nothing.set_id, target, names=names)
        if not as_json:
            _print_exclusions(at, nothing.set_id, target, names=names)
        raise
    _write_exclusions(at, made.set.id, target, names=names, altered=made.altered)
    locked = None
    if lock:
        from dam_plugin.yearbook.lock import lock as locked_set

        # What an earlier process wrote is read again before anybody prints from it.
        locked = locked_set(at.services, made.set.id, by=actor, key=_own_set(at, out, hidden=as_json).key_id)
        made = replace(made, set=locked.set)
    if as_json:
        from dam_plugin.yearbook.exclusions import asks_beside

        beside = target.exclusions(made.set.id)
        print_json({**_plain_made(made), "set_file": out, "exclusions": str(beside), "asks": str(asks_beside(beside))})
        return
    _print_made(made, out)
    _print_exclusions(at, made.set.id, target, names=names)
    if locked is None:
        from dam_plugin.yearbook.profiles import is_form

        whom = " --to ID" if is_form(made.set.order.recipient.id or "") else ""
        say(f"On the day of printing: dam-plugin export recheck {shlex.quote(out)} --lock{whom}")
    else:
        say(f"Locked, and the disclosure to {locked.handover.to} recorded for {locked.shares} file(s).")


def _write_exclusions(
    at: Attached, set_id: str, target: Target, *, names: bool, altered: Sequence[Altered] = ()
) -> None:
    from dam_plugin.yearbook.exclusions import write_exclusions

    with at.services.store.reading() as unit:
        set_, rulings = unit.exports.need(set_id), at.services.rulings
        write_exclusions(target.exclusions(set_id), unit, set_, names=names, altered=altered, rulings=rulings)


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


def _plain_made(made: Made) -> dict[str, object]:
    plain = asdict(made)
    plain["set"] = made.set.id
    return {**plain, "state": made.set.state, "day": made.set.day, "manifest": made.set.manifest}


def _print_made(made: Made, out: str) -> None:
    say(
        f"{out}: {made.portraits} portrait(s), {made.candids} candid(s), of which {made.redacted} hide somebody; "
        f"{made.left_out} left out; {made.bytes:,} bytes"
    )
    say(f"Set {made.set.id}, as of {made.set.day}, for {made.set.order.recipient.id}; {made.reused} copies used again")
    for each in made.altered:
        say(f"In {each.rows} place(s): {each.what}", "yellow")


def _print_decision(details: Mapping[str, Any]) -> None:
    decision, case = details["decision"], details["case"]
    say(f"{decision['outcome']} on {case['at']}: {details['source']}")
    print_table("Why", ("clause", "reason"), [(each["clause"], each["text"]) for each in decision["reasons"]])
    shown = [(student, clause, "shown") for student, clause in decision["basis"].items()]
    shown += [(student, None, "hidden") for student in decision["redact"]]
    print_table("Students", ("student", "ground", "in the copy"), shown)


class Rate(ProgressColumn):
    """How many pictures a second are done."""

    def render(self, task: Task) -> Text:
        """Return `N.N/s`; nothing before there is a rate."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed is not None else "")


@contextmanager
def _making_followed(*, hidden: bool) -> Iterator[Tell]:
    """Show in a terminal how far a set is: the rate and the time that is left."""
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


# A set that was made


def _own_set(at: Attached, where: str, *, hidden: bool) -> Verified:
    """Return a set of this district; its file has to be, byte for byte, the one on record here. Raises InputError."""
    from dam_plugin.yearbook.own_set import own_set
    from dam_plugin.yearbook.targets import target_of

    target = target_of(where, at.services.library)
    with _files_followed("verifying", hidden=hidden) as bar:
        return own_set(at.services, target, progress=lambda done, of, _size: bar(done, of))


@contextmanager
def _opened(where: str) -> Iterator[BinaryIO]:
    """Open a set. Only one in the bucket needs settings."""
    from dam_plugin.library.object_keys import SCHEME
    from dam_plugin.yearbook.targets import target_of

    if not where.startswith(SCHEME):
        with target_of(where, None).opened() as file:
            yield file
        return
    with attached() as at, target_of(where, at.services.library).opened() as file:
        yield file


def _check_out(out: Path, *endings: str, but: str | None = None) -> None:
    """Raise InputError if --out has another ending, or is the set itself: a written file must not replace it."""
    if out.suffix.casefold() not in endings:
        raise InputError(f"what is written is no set: give --out a name that ends with {' or '.join(endings)}")
    if but is not None and Path(but).exists() and out.exists() and out.samefile(but):
        raise InputError("--out is the set itself, which is never overwritten: name another file")


def _print_verified(found: Verified, *, as_json: bool) -> None:
    if as_json:
        print_json({"verified": True, **asdict(found)})
        return
    say("It is, byte for byte, what was signed.", "green")
    plain = asdict(found)
    print_table("Set", ("what", "value"), [(name.replace("_", " "), plain[name]) for name in plain])


def _print_rechecked(found: Rechecked, pages: Pages | None, locked: Locked | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "set": found.set.id,
                "made_for": found.set.day,
                "day": found.day,
                "files": found.files,
                "may_be_printed": found.may_be_printed,
                "stops": [plain_for_staff(asdict(each), PURPOSE) for each in found.stops],
                "notices": [plain_for_staff(asdict(each), PURPOSE) for each in found.notices],
                "roster_changed": found.roster_changed,
                "rules_changed": found.rules_changed,
                "off_pages": found.off_pages,
                "problems": [str(each) for each in found.problems],
                "locked_for": locked.handover.to if locked else None,
            }
        )
        return
    _print_what_changed(found)
    if pages is not None and found.off_pages:
        say(f"{len(found.off_pages):,} file(s) of the set are on no page of the list.")
    if found.may_be_printed:
        say("Every file may be printed as it is.", "green")
    if locked is not None:
        say(f"Locked, and the disclosure to {locked.handover.to} recorded for {locked.shares} file(s).", "green")


def _print_what_changed(found: Rechecked) -> None:
    for each in found.problems:
        say(str(each), "red")
    say(f"Set {found.set.id}, made as of {found.set.day}, decided again as of {found.day}: {found.files} file(s)")
    if found.roster_changed:
        say("The roster, opt-outs or consents changed since; what that means for the set stands below.")
    if found.rules_changed:
        say("The tagging rules changed since; what that means for the set stands below.")
    columns = ("page", "file", "was", "today", "why")
    if found.stops:
        rows = [(page or "-", *_row(each)) for page, theirs in found.by_page.items() for each in theirs]
        print_table("May not be printed", columns, rows[:MOST_FILES])
        if len(rows) > MOST_FILES:
            say(f"and {len(rows) - MOST_FILES:,} more: --json has them all")
    if found.notices:
        rows = [(", ".join(each.pages) or "-", *_row(each)) for each in found.notices]
        print_table("May be printed, though something changed", columns, rows[:MOST_FILES])


def _row(each: Changed) -> tuple[str, str, str, str]:
    now = each.now.outcome if each.now is not None else "cannot be decided"
    # Of a set that several have, it may stop for one of them alone.
    whom = f" [for {', '.join(each.stopped_for)}]" if each.stopped_for else ""
    return each.path, each.was.outcome, now, _reasons(each.why) + whom


def _reasons(why: tuple[Reason, ...]) -> str:
    return "; ".join(f"{each.text} ({each.clause})" for each in reasons_for_staff(why, PURPOSE))


@contextmanager
def _files_followed(step: str, *, hidden: bool) -> Iterator[_FilesDone]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=hidden or not sys.stdout.isatty()) as bar:
        yield _FilesDone(bar, step)


class _FilesDone:
    """Hears how many files are done, of how many."""

    def __init__(self, bar: Progress, step: str) -> None:
        self._bar = bar
        self._task = bar.add_task(step, total=None)

    def __call__(self, done: int, of: int | None) -> None:
        self._bar.update(self._task, completed=done, total=of)
