"""`redact` and `prove`: one file on this machine, through the same door as a share. Needs no set-up, store or bucket.

Exit 3 when no proven copy can be had, with the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from dam_plugin.cli import redaction_files
from dam_plugin.cli.output import AsJson, print_json, printable, say
from dam_plugin.cli.redaction_order import (
    Asked,
    Boxes,
    Intervals,
    Isolated,
    Keeps,
    Names,
    NoticeText,
    SoundKind,
    Still,
    Tracks,
    order_of,
)
from dam_plugin.cli.spelled import Spelled
from dam_plugin.errors import CannotRedact, NotProven

if TYPE_CHECKING:
    from dam_plugin.redaction.av.copy_recording import Limits
    from dam_plugin.redaction.model import Order
    from dam_plugin.settings import Settings

MAKE_AGAIN = "Do not release it; make the copy again with `dam-plugin redact`."


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
    source: Annotated[Path, typer.Option("--source", metavar="SRC", readable=False, help="What it was made from.")],
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
    from dam_plugin.cli import redaction_report
    from dam_plugin.private_files import workroom
    from dam_plugin.redaction import door

    settings = _settings()
    order, limits = order_of(asked, settings.district.name), _limits(settings)
    redaction_files.check_paths(source, out, sheet)
    redaction_files.check_kind(source, order, has_sheet=sheet is not None)
    _check_still(source, order, limits)
    with workroom() as folder:
        made = door.make(source, order, folder, limits=limits, turbojpeg=settings.turbojpeg)
        if sheet is not None:
            from dam_plugin.cli import before_after

            # First: where it fails, there is no copy that nobody was told of.
            before_after.save(before_after.drawn(source, made, order, limits), sheet)
        redaction_files.put(made.path, out)
    with redaction_files.printed(out):
        if as_json:
            print_json(redaction_report.plain(made, out, order))
        else:
            redaction_report.tell(made, out, order)


def _prove(file: Path, source: Path, asked: Asked, *, as_json: bool) -> None:
    from dam_plugin.cli import redaction_report
    from dam_plugin.redaction import door

    settings = _settings()
    order, limits = order_of(asked, settings.district.name), _limits(settings)
    for path in (file, source):
        redaction_files.check_file(path)
    redaction_files.check_kind(source, order)
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
    redaction_report.tell_checks(proof)


def _list_failures(file: Path, error: NotProven) -> NoReturn:
    """Tell every failure on a line of its own, and exit."""
    count = f"{len(error.failures)} failures" if len(error.failures) != 1 else "1 failure"
    lines = (
        f"dam-plugin: {redaction_files.named(file)} is not proven, {count}:",
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
    from dam_plugin.redaction.plan import clock

    length = copy_recording.probe(source, limits).duration
    if order.still > length:
        raise CannotRedact(
            f"--still {clock(order.still)} is past the end of {redaction_files.named(source)}, which is {clock(length)} "
            "long: choose an earlier moment"
        )


def _settings() -> Settings:
    from dam_plugin.settings import Settings

    return Settings.load()


def _limits(settings: Settings) -> Limits:
    from dam_plugin.redaction.av.copy_recording import Limits

    return Limits(seconds=settings.redaction_seconds, megabytes=settings.redaction_megabytes)
