"""`export verify|recheck|recall|handover|sheet`: a set that was made, looked at again. Exit 3 where it may not be printed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from dam_plugin.cli.context import As, Attached, actor_of, attached
from dam_plugin.cli.output import AsJson, Columns, print_json, print_result, print_rows, print_table, say
from dam_plugin.errors import InputError

if TYPE_CHECKING:
    from dam_plugin.model import Reason
    from dam_plugin.store.sets import ExportSet
    from dam_plugin.yearbook.keys import PublicKey
    from dam_plugin.yearbook.lock import Locked
    from dam_plugin.yearbook.pages import Pages
    from dam_plugin.yearbook.recheck import Changed, Rechecked
    from dam_plugin.yearbook.verify import Verified

MOST_ROWS = 200
MAY_NOT_BE_PRINTED = 3

SetFile = Annotated[str, typer.Argument(metavar="SET.zip", help="A set: a file, or s3://BUCKET/exports/NAME.zip.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (verify, recheck, handover, recall, sheet):
        app.command()(command)


def verify(
    set_file: SetFile,
    key: Annotated[
        str, typer.Option("--key", metavar="PUBLIC", help="The district's public key: a file, or its 44 characters.")
    ],
    as_json: AsJson = False,
) -> None:
    """Check that a set is, byte for byte, what the district signed; needs its public key alone, no set-up."""
    from dam_plugin.yearbook.keys import public_key
    from dam_plugin.yearbook.verify import verify as verified

    known = public_key(key)
    with _opened(set_file) as file, _followed("verifying", hidden=as_json) as bar:
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
        typer.Option("--to", metavar="ID", help="With --lock: who gets it, where it is another than it was made for."),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Decide every file of a set again as of today: what changed since it was made, file by file and page by page."""
    from dam_plugin.yearbook.lock import CannotLock
    from dam_plugin.yearbook.lock import lock as locked_set
    from dam_plugin.yearbook.pages import read_pages
    from dam_plugin.yearbook.printers import check_printer
    from dam_plugin.yearbook.recheck import recheck as rechecked

    if to is not None and not lock:
        raise typer.BadParameter("--to says who gets a set that is locked: add --lock, or use `export handover`")
    listed = read_pages(pages) if pages is not None else None
    locked: Locked | None = None
    is_refused = False
    with attached() as at:
        if to is not None:
            check_no_student(at, to)
        mine = own_set(at, set_file, hidden=as_json)
        if lock:
            check_printer(to or mine.recipient)
        with _followed("deciding again", hidden=as_json) as bar:
            try:
                if lock:
                    locked = locked_set(
                        at.services,
                        mine.set_id,
                        by=actor_of(as_),
                        to=to,
                        pages=listed,
                        key=mine.key_id,
                        tell=lambda done: bar(done, None),
                    )
                    found = locked.rechecked
                else:
                    found = rechecked(at.services, mine.set_id, pages=listed, tell=lambda done: bar(done, None))
            except CannotLock as stopped:
                found, is_refused = stopped.rechecked, True
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
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Who gets a copy of the locked set.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record that a locked set went to somebody else too; every file is decided again for them."""
    from dam_plugin.yearbook.lock import CannotLock, handed_over

    with attached() as at:
        check_no_student(at, to)
        mine = own_set(at, set_file, hidden=as_json)
        set_id = mine.set_id
        try:
            done = handed_over(at.services, set_id, by=actor_of(as_), to=to, key=mine.key_id)
        except CannotLock as stopped:
            _print_rechecked(stopped.rechecked, None, None, as_json=as_json)
            raise typer.Exit(MAY_NOT_BE_PRINTED) from None
    plain = {"set": set_id, "to": done.handover.to, "at": done.handover.at, "files": done.shares}
    sentence = f"Recorded: {done.shares} file(s) of the set {set_id} went to {done.handover.to}."
    print_result(plain, sentence, as_json=as_json)


def recall(
    set_id: Annotated[str | None, typer.Argument(metavar="SET", help="One set's id (x-…) [every locked set].")] = None,
    student: Annotated[
        str | None, typer.Option("--student", metavar="ID", help="Where this student is, what is allowed still too.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.csv", help="Write the list for the publisher: no student, no reason."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="With --out: the one of several publishers whom it is for.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what is printed and may not be shown any more: in which file, on which page, and whom it went to."""
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
    print_rows("Recall list", map(asdict, lines), columns, as_json=as_json)
    if out is not None and not as_json:
        say(f"{out}: {written} file(s) to take back, for the publisher: it names no student and no reason.")


def sheet(
    set_file: SetFile,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="The page to write.")],
    publisher: Annotated[
        str | None, typer.Option("--publisher", metavar="FILE.toml", help="The profile, where it is one of your own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the contact sheet of a set, one page that prints, for the last look; pictures with a covered place are marked."""
    from dam_plugin.private_files import private_file
    from dam_plugin.yearbook.contact_sheet import has_names, write_sheet
    from dam_plugin.yearbook.profiles import load
    from dam_plugin.yearbook.targets import target_of

    _check_out(out, ".html", ".htm", but=set_file)
    profile = load(publisher) if publisher is not None else None
    with attached() as at, target_of(set_file, at.services.library).opened() as file:
        _, key = _on_record(at, file)
        with _followed("verifying", hidden=as_json) as bar, private_file(out) as text:
            found = write_sheet(text.buffer, file, key, profile=profile, progress=lambda done, of, _size: bar(done, of))
    if as_json:
        print_json({"set": found.set_id, "files": found.files, "sheet": str(out)})
    else:
        say(f"{out}: the contact sheet of {found.set_id}, for your eyes; open it in a browser to print it.")
        if not has_names(found, profile):
            say("Whose portraits they are is not shown: add --publisher FILE.toml for the names.", "yellow")


def _check_out(out: Path, *endings: str, but: str | None = None) -> None:
    """Raise InputError for a file that what is written must not replace: one of another kind, a set above all."""
    if out.suffix.casefold() not in endings:
        raise InputError(f"what is written is no set: give --out a name that ends with {' or '.join(endings)}")
    if but is not None and Path(but).exists() and out.exists() and out.samefile(but):
        raise InputError("--out is the set itself, which is never overwritten: name another file")


def check_no_student(at: Attached, to: str) -> None:
    """Raise InputError where whom a set goes to is called as a student of the roster is."""
    from dam_plugin.yearbook import printers

    with at.services.store.reading() as unit:
        printers.check_no_student(to, unit.people.stream())


@contextmanager
def _opened(where: str) -> Iterator[BinaryIO]:
    """Open a set. Only one in the bucket needs settings."""
    from dam_plugin.yearbook.targets import SCHEME, target_of

    if not where.startswith(SCHEME):
        with target_of(where, None).opened() as file:
            yield file
        return
    with attached() as at, target_of(where, at.services.library).opened() as file:
        yield file


def own_set(at: Attached, where: str, *, hidden: bool) -> Verified:
    """Return a set of this district, once its file is known to be, byte for byte, the one that is on record here."""
    from dam_plugin.yearbook.targets import target_of
    from dam_plugin.yearbook.verify import verify as verified

    with target_of(where, at.services.library).opened() as file, _followed("verifying", hidden=hidden) as bar:
        known, public = _on_record(at, file)
        found = verified(file, public, progress=lambda done, of, _size: bar(done, of))
    if known.manifest != found.manifest_sha256:
        raise InputError("this file is an earlier making of the set: take the one that was made last")
    return found


def _on_record(at: Attached, file: BinaryIO) -> tuple[ExportSet, PublicKey]:
    """Return the set that a file says it is, and the key that it was signed with: the district's may be another by now."""
    from dam_plugin.yearbook.keys import public_key, signer
    from dam_plugin.yearbook.verify import claimed

    with at.services.store.reading() as unit:
        known = unit.exports.need(claimed(file))
    key = public_key(known.key) if known.key is not None else signer(at.services.settings).public
    return known, key


def _print_verified(found: Verified, *, as_json: bool) -> None:
    if as_json:
        print_json({"verified": True, **asdict(found)})
        return
    say("It is, byte for byte, what was signed.", "green")
    told = asdict(found)
    print_table("Set", ("what", "value"), [(name.replace("_", " "), told[name]) for name in told])


def _print_rechecked(found: Rechecked, pages: Pages | None, locked: Locked | None, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "set": found.set.id,
                "made_for": found.set.day,
                "day": found.day,
                "files": found.files,
                "may_be_printed": found.may_be_printed,
                "stops": [asdict(each) for each in found.stops],
                "notices": [asdict(each) for each in found.notices],
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
        print_table("May not be printed", columns, rows[:MOST_ROWS])
        if len(rows) > MOST_ROWS:
            say(f"and {len(rows) - MOST_ROWS:,} more: --json has them all")
    if found.notices:
        rows = [(", ".join(each.pages) or "-", *_row(each)) for each in found.notices]
        print_table("May be printed, though something changed", columns, rows[:MOST_ROWS])


def _row(each: Changed) -> tuple[str, str, str, str]:
    now = each.now.outcome if each.now is not None else "cannot be decided"
    # Of a set that several have, it may stop for one of them alone.
    whom = f" [for {', '.join(each.stopped_for)}]" if each.stopped_for else ""
    return each.path, each.was.outcome, now, _told(each.why) + whom


def _told(why: tuple[Reason, ...]) -> str:
    return "; ".join(f"{each.text} ({each.clause})" for each in why)


@contextmanager
def _followed(step: str, *, hidden: bool) -> Iterator[_Follow]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=hidden or not sys.stdout.isatty()) as bar:
        yield _Follow(bar, step)


class _Follow:
    """Hears how many files are done, of how many."""

    def __init__(self, bar: Progress, step: str) -> None:
        self._bar = bar
        self._task = bar.add_task(step, total=None)

    def __call__(self, done: int, of: int | None) -> None:
        self._bar.update(self._task, completed=done, total=of)
