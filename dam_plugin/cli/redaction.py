"""`redact` and `prove`: one file on this machine, through the same door as a share. Needs no set-up, store or bucket.

Exit 3 when no proven copy can be had, with the reason. How boxes and times are written is in `redaction_options.py`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from dam_plugin.cli.files import check_file, named, whole, why
from dam_plugin.cli.output import AsJson, print_json, printable, say
from dam_plugin.cli.redaction_options import (
    Asked,
    Boxes,
    Intervals,
    Isolated,
    Keeps,
    Names,
    NoticeText,
    SoundKind,
    Spelled,
    Still,
    Tracks,
    has_times,
    order_of,
)
from dam_plugin.errors import CannotRedact, InputError, NotProven
from dam_plugin.redaction.boxes import grow
from dam_plugin.redaction.model import Made, Order, Person, Plan, Proof, RecordingPlan
from dam_plugin.redaction.plan_picture import NOBODY_STAYS, clock
from dam_tagging.facts import Interval, Region

if TYPE_CHECKING:
    from dam_plugin.redaction.av.copy_recording import Limits
    from dam_plugin.settings import Settings


MAKE_AGAIN = "Do not release it; make the copy again with `dam-plugin redact`."
SHEETS = (".png", ".jpg", ".jpeg")
NOT_CHECKED = "you named nobody who stays (--keep), so it was not checked whether the boxes cover somebody else"

_ALSO = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".m4v": ".mp4", ".wave": ".wav"}
"""Suffixes that say the same as another."""

_NO_TIMES = "is a picture, which has no times: leave out --interval, --track, --still, START-END and @"

_DONE = {
    "clean": "Nobody was hidden: the copy was cleaned of metadata alone.",
    "boxes": "Boxes were filled.",
    "crop": "A crop was cut out.",
    "clip": "A stretch was cut out.",
    "sound": "Sound was taken out.",
    "boxes and sound": "Boxes were filled, and sound was taken out.",
}

_LEFT_OUT = {"crop": "is not in the crop", "clip": "is not present in the stretch"}


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (redact, prove):
        app.command(cls=Spelled)(command)


# Paths are `readable=False`: what may not be read is no wrong usage, and is told with what to do about it.
def redact(
    source: Annotated[Path, typer.Argument(metavar="IN", readable=False, help="The picture, audio or video file.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="OUT",
            readable=False,
            help="Where the copy goes; it has IN's format, whatever OUT's suffix.",
        ),
    ],
    box: Boxes = None,
    track: Tracks = None,
    interval: Intervals = None,
    keep: Keeps = None,
    isolate: Isolated = None,
    sound: SoundKind = "bleep",
    still: Still = None,
    notice: NoticeText = None,
    name: Names = None,
    sheet: Annotated[
        Path | None,
        typer.Option(
            "--sheet",
            metavar="FILE",
            readable=False,
            help="Draw before and after as a PNG or JPEG, for your eyes alone: it SHOWS whom the copy hides.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a copy that hides people and carries no metadata, once it is proven; without a box it is only cleaned.

    A box is drawn around a face and grows to head and shoulders. Nothing is written unless the copy is proven.
    """
    asked = Asked(box, track, interval, keep, isolate, sound, still, notice, name)
    _redact(source, out, asked, sheet, as_json=as_json)


def prove(
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The copy to be judged.")],
    source: Annotated[Path, typer.Option("--source", metavar="SRC", readable=False, help="The original file.")],
    box: Boxes = None,
    track: Tracks = None,
    interval: Intervals = None,
    keep: Keeps = None,
    isolate: Isolated = None,
    sound: SoundKind = "bleep",
    still: Still = None,
    notice: NoticeText = None,
    name: Names = None,
    as_json: AsJson = False,
) -> None:
    """Prove that a file is the copy of SRC that these options ask for; exit 3 with every failure.

    Give the options that the copy was made with: what they do not hide must be there, unchanged.
    """
    asked = Asked(box, track, interval, keep, isolate, sound, still, notice, name)
    _prove(file, source, asked, as_json=as_json)


def _redact(source: Path, out: Path, asked: Asked, sheet: Path | None, *, as_json: bool) -> None:
    from dam_plugin.private_files import workroom
    from dam_plugin.redaction import door

    settings = _settings()
    order, limits = order_of(asked, settings.district.name), _limits(settings)
    _check_paths(source, out, sheet)
    _check_kind(source, order, has_sheet=sheet is not None)
    _check_still(source, order, limits)
    with workroom() as folder:
        made = door.make(source, order, folder, limits=limits, turbojpeg=settings.turbojpeg)
        if sheet is not None:
            from dam_plugin.cli import drawing

            # The sheet comes first: if it fails, no copy is left behind.
            drawing.save_sheet(drawing.before_and_after(source, made, order, limits), sheet)
        _put(made.path, out)
    with _saying(out):
        if as_json:
            print_json(_plain(made, out, order))
        else:
            _say_what_was_done(made, out, order)


def _prove(file: Path, source: Path, asked: Asked, *, as_json: bool) -> None:
    from dam_plugin.redaction import door

    settings = _settings()
    order, limits = order_of(asked, settings.district.name), _limits(settings)
    for path in (file, source):
        check_file(path)
    _check_kind(source, order)
    _check_still(source, order, limits)
    try:
        proof = door.prove(file, source, order, limits=limits, turbojpeg=settings.turbojpeg)
    except NotProven as error:
        if as_json:
            raise
        _list_failures(file, error)
    if as_json:
        print_json({"file": str(file), **proof.as_dict()})
        return
    say(f"{file}: proven", "green")
    _say_checks(proof)


def _list_failures(file: Path, error: NotProven) -> NoReturn:
    """Tell every failure on a line of its own, and exit."""
    count = f"{len(error.failures)} failures" if len(error.failures) != 1 else "1 failure"
    lines = (
        f"dam-plugin: {named(file)} is not proven, {count}:",
        *(f"  {each}" for each in error.failures),
        MAKE_AGAIN,
    )
    for line in lines:
        typer.echo(printable(line).replace("\n", " "), err=True)
    raise typer.Exit(error.exit_code) from error


def _check_still(source: Path, order: Order, limits: Limits) -> None:
    """Raise CannotRedact for a moment past the end: the door does not say how long the video is."""
    if order.still is None:
        return
    from dam_plugin.redaction.av import copy_recording

    length = copy_recording.probe(source, limits).duration
    if order.still > length:
        raise CannotRedact(
            f"--still {clock(order.still)} is past the end of {named(source)}, which is {clock(length)} "
            "long: choose an earlier moment"
        )


def _settings() -> Settings:
    from dam_plugin.settings import Settings

    return Settings.load()


def _limits(settings: Settings) -> Limits:
    from dam_plugin.redaction.av.copy_recording import Limits

    return Limits(seconds=settings.redaction_seconds, megabytes=settings.redaction_megabytes)


# The files


def _check_paths(source: Path, out: Path, sheet: Path | None) -> None:
    """Raise InputError unless IN is a file, and OUT and the sheet can be written without harm to another."""
    check_file(source)
    _check_target(out, "--out")
    if _is_same(source, out):
        raise InputError(f"{named(out)} is IN itself: give --out another name")
    if sheet is None:
        return
    _check_target(sheet, "--sheet")
    if sheet.suffix.lower() not in SHEETS:
        raise InputError(f"{named(sheet)} is named neither .png nor .jpg: give --sheet such a name")
    if _is_same(source, sheet) or _is_same(out, sheet) or sheet.resolve() == out.resolve():
        raise InputError(f"{named(sheet)} is IN or OUT itself: give --sheet another name")


def _check_kind(source: Path, order: Order, *, has_sheet: bool = False) -> None:
    """Raise CannotRedact if something is asked of a picture, of sound or of a video that it cannot have."""
    from dam_plugin.redaction.allowed_metadata import carries
    from dam_plugin.redaction.formats import FORMATS, HEAD, media_type_of

    with source.open("rb") as file:
        media_type = media_type_of(file.read(HEAD))
    if media_type.startswith("image/") and has_times(order):
        raise CannotRedact(f"{named(source)} {_NO_TIMES}")
    if media_type.startswith("audio/") and any(person.regions or person.timed for person in order.hide):
        raise CannotRedact(f"{named(source)} holds sound alone: hide by --interval, without --box and --track")
    if media_type.startswith("audio/") and has_sheet:
        raise CannotRedact(f"{named(source)} holds sound alone: leave --sheet out")
    kind = FORMATS.get(media_type)
    is_told = order.notice is not None and order.still is None
    if is_told and kind is not None and kind.way == "recording" and not carries(kind.copy_type):
        raise CannotRedact(
            f"{named(source)} is {kind.name}, whose copy carries no notice: leave --notice out, and send it along"
        )


def _check_target(path: Path, option: str) -> None:
    if str(path) == "-":
        raise InputError(f"nothing is written to standard output: give {option} the name of a file")
    try:
        if path.is_dir() or not path.name:
            raise InputError(f"{named(path)} is a folder: give {option} the name of a file in it")
        if path.exists() and not path.is_file():
            raise InputError(f"{named(path)} is no ordinary file: give {option} another name")
        if not path.parent.is_dir():
            raise InputError(f"{named(path.parent)} is no folder: make it first, or give {option} another name")
    except OSError as error:
        raise InputError(f"{named(path)} cannot be written ({why(error)}): give {option} another name") from error


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _put(copy: Path, out: Path) -> None:
    """Move the copy to its place, whole or not at all; an existing file is replaced."""
    # The copy was readable by its owner alone; OUT is as readable as the umask allows.
    with copy.open("rb") as made, whole(out, 0o666, "--out") as file:
        shutil.copyfileobj(made, file)


def _misnamed(out: Path, suffix: str) -> str | None:
    """Return what to say of OUT's name, where it promises another format than that of `suffix`."""
    given = out.suffix.lower()
    if not given or _ALSO.get(given, given) == suffix:
        return None
    return f"{named(out)} is named {given}, but the copy is of the kind named {suffix}: rename it, so that it opens everywhere"


# What is said of a copy


@contextmanager
def _saying(out: Path) -> Iterator[None]:
    """Print the report on OUT. If standard output fails, say on standard error that OUT is written, and exit 1."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        message = (
            f"{named(out)} is written and proven, but what there is to say of it could not be printed ({why(error)})"
        )
        typer.echo(printable(f"dam-plugin: {message}"), err=True)
        # The interpreter must not try again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from error


def _plain(made: Made, out: Path, order: Order) -> dict[str, Any]:
    """Return what there is to say as plain data.

    `boxes` are grown, fractions of the upright picture, with `start` and `end` in a recording; `crop` is left, top, right
    and bottom in pixels of the stored frame; `silenced` are seconds of the source, as planned (a margin comes on top).
    """
    plan = made.plan
    crop = plan.crop if isinstance(plan, Plan) else None
    return {
        "out": str(out),
        "media_type": made.media_type,
        "sha256": made.proof.sha256,
        "operation": made.operation,
        "facts": list(_notes(made, out)),
        "checks": made.proof.checks,
        "hidden": [person.label for person in _hidden(order, plan)],
        "boxes": list(_boxes(plan)),
        "crop": crop.as_tuple() if crop else None,
        "silenced": [[each.start, each.end] for each in _silenced(made)],
    }


def _say_what_was_done(made: Made, out: Path, order: Order) -> None:
    """Print the report in sentences."""
    say(f"{out}: written and proven, {made.media_type}, {out.stat().st_size:,} bytes", "green")
    say(_DONE.get(made.operation, "People were hidden."))
    for person in _hidden(order, made.plan):
        for line in _lines_about(person, made.operation):
            say(line)
    become = "silence" if order.sound == "silence" else "a tone"
    for each in _silenced(made):
        stretch = f"{clock(max(each.start, 0))} to {clock(each.end)}"
        say(f"The sound from {stretch}, and a moment before and after, is replaced by {become}.")
    for note in _notes(made, out):
        say(f"Note: {note}.")
    _say_checks(made.proof)


def _say_checks(proof: Proof) -> None:
    """Print the checks that the copy passed, and its hash."""
    say("Proven:")
    for check in proof.checks:
        say(f"  {check}")
    say(f"sha256 {proof.sha256}")


def _notes(made: Made, out: Path) -> Iterator[str]:
    for fact in made.facts:
        # Somebody at the command line names boxes, not everybody who is there.
        yield NOT_CHECKED if fact == NOBODY_STAYS else fact
    note = _misnamed(out, made.suffix)
    if note:
        yield note


def _hidden(order: Order, plan: Plan | RecordingPlan | None) -> list[Person]:
    """Return the people that the copy hides; for a still only the people in it."""
    return [each for each in order.hide if order.still is None or plan is None or each.label in plan.hidden]


def _lines_about(person: Person, operation: str) -> Iterator[str]:
    drawn = (*person.regions, *(each.region for each in person.timed))
    if operation in _LEFT_OUT:
        yield f"{person.label} {_LEFT_OUT[operation]}."
    elif drawn:
        yield f"{person.label} is hidden."
        yield from (f"  grown to {_at(grow(region))}" for region in drawn)


def _at(box: Region) -> str:
    return f"{box.w:.1%} x {box.h:.1%} at {box.x:.1%}, {box.y:.1%} of the upright picture"


def _boxes(plan: Plan | RecordingPlan | None) -> Iterator[dict[str, float]]:
    if isinstance(plan, Plan):
        yield from (asdict(region) for region in plan.boxes)
    elif plan is not None:
        yield from ({**asdict(each.region), "start": each.start, "end": each.end} for each in plan.boxes)


def _silenced(made: Made) -> tuple[Interval, ...]:
    plan = made.plan
    # People who are left out of a clip are neither seen nor heard in it.
    return plan.silenced if isinstance(plan, RecordingPlan) and plan.clip is None else ()
