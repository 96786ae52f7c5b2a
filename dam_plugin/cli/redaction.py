"""`redact` and `prove`: one file on this machine, through the same door as a share. Needs no set-up, store or bucket.

Exit 3 when no proven copy can be had, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from dam_plugin.cli import redaction_files
from dam_plugin.cli.output import AsJson, print_json, printable, say
from dam_plugin.cli.redaction_order import (
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
    notice_of,
    order_of,
)
from dam_plugin.errors import DamPluginError, NotProven

if TYPE_CHECKING:
    from dam_plugin.redaction.av import Limits
    from dam_plugin.redaction.model import Made, Order
    from dam_plugin.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (redact, prove):
        app.command(cls=Spelled)(command)


def redact(
    source: Annotated[Path, typer.Argument(metavar="IN", help="The picture, audio or video file.")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="OUT", help="Where the copy goes; it has IN's format, whatever OUT's suffix."),
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
            help="Draw before and after as a PNG or JPEG, for your eyes alone: it SHOWS whom the copy hides.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a copy that hides people and carries no metadata, once it is proven; without a box it is only cleaned.

    A box is drawn around a face and grows to head and shoulders. Nothing is written unless the copy is proven.
    """
    settings = _settings()
    order = order_of(
        boxes=box,
        tracks=track,
        intervals=interval,
        keep=keep,
        isolate=isolate,
        sound=sound,
        still=still,
        notice=notice_of(notice, settings.district.name),
        names=name,
    )
    with _told(as_json=as_json):
        redaction_files.check_paths(source, out, sheet)
        redaction_files.check_kind(source, order, has_sheet=sheet is not None)
        with _private_folder() as folder:
            made = _made(source, order, folder, settings)
            drawn = _drawn(source, made, order, settings) if sheet else None
            redaction_files.put(made.path, out)
        if sheet and drawn is not None:
            from dam_plugin.cli import contact_sheet

            contact_sheet.save(drawn, sheet)
    if as_json:
        print_json(_plain(made, out, order))
    else:
        _print(made, out, order)


def prove(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to be judged.")],
    source: Annotated[Path, typer.Option("--source", metavar="SRC", help="What it was made from.")],
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
    from dam_plugin.redaction import door

    settings = _settings()
    order = order_of(
        boxes=box,
        tracks=track,
        intervals=interval,
        keep=keep,
        isolate=isolate,
        sound=sound,
        still=still,
        notice=notice_of(notice, settings.district.name),
        names=name,
    )
    with _told(as_json=as_json):
        for path in (file, source):
            redaction_files.check_file(path)
        redaction_files.check_kind(source, order)
        try:
            proof = door.prove(file, source, order, limits=_limits(settings), turbojpeg=settings.turbojpeg)
        except NotProven as error:
            if as_json:
                raise
            _list_failures(file, error)
    if as_json:
        print_json({"file": str(file), **proof.as_dict()})
        return
    say(f"{file}: proven", "green")
    _print_checks(proof.checks, proof.sha256)


def _list_failures(file: Path, error: NotProven) -> NoReturn:
    """Tell every failure on a line of its own, and exit."""
    count = f"{len(error.failures)} failures" if len(error.failures) != 1 else "1 failure"
    lines = (
        f"dam-plugin: {redaction_files.named(file)} is not proven, {count}:",
        *(f"  {each}" for each in error.failures),
    )
    for line in lines:
        typer.echo(printable(line).replace("\n", " "), err=True)
    raise typer.Exit(error.exit_code) from error


@contextmanager
def _told(*, as_json: bool) -> Iterator[None]:
    """Tell an error as the command was asked to: as one JSON object, or as every command does."""
    try:
        yield
    except DamPluginError as error:
        if not as_json:
            raise
        failures = {"failures": error.failures} if isinstance(error, NotProven) else {}
        print_json({"error": str(error), "kind": type(error).__name__, **failures})
        raise typer.Exit(error.exit_code) from error


def _settings() -> Settings:
    from dam_plugin.settings import Settings

    return Settings.load()


def _limits(settings: Settings) -> Limits:
    from dam_plugin.redaction.av import Limits

    return Limits(seconds=settings.redaction_seconds, megabytes=settings.redaction_megabytes)


def _made(source: Path, order: Order, folder: Path, settings: Settings) -> Made:
    from dam_plugin.redaction import door

    return door.make(source, order, folder, limits=_limits(settings), turbojpeg=settings.turbojpeg)


def _drawn(source: Path, made: Made, order: Order, settings: Settings) -> Any:  # noqa: ANN401 - a picture of Pillow's
    from dam_plugin.cli import contact_sheet

    return contact_sheet.drawn(source, made, order, _limits(settings))


@contextmanager
def _private_folder() -> Iterator[Path]:
    from dam_plugin.workroom import workroom

    with workroom() as folder:
        yield folder


def _plain(made: Made, out: Path, order: Order) -> dict[str, Any]:
    return {
        "out": str(out),
        "media_type": made.media_type,
        "sha256": made.proof.sha256,
        "operation": made.operation,
        "facts": made.facts,
        "checks": made.proof.checks,
        "hidden": [person.label for person in order.hide],
    }


def _print(made: Made, out: Path, order: Order) -> None:
    from dam_plugin.redaction.boxes import grow

    say(f"{out}: written and proven, {made.media_type}, {out.stat().st_size:,} bytes", "green")
    say(_DONE.get(made.operation, "People were hidden."))
    for person in order.hide:
        drawn = (*person.regions, *(each.region for each in person.timed))
        say("\n".join([f"{person.label} is hidden.", *(f"  grown to {_at(grow(region))}" for region in drawn)]))
    for fact in made.facts:
        say(f"Note: {fact}.")
    _print_checks(made.proof.checks, made.proof.sha256)


def _print_checks(checks: tuple[str, ...], sha256: str) -> None:
    say("Proven:")
    for check in checks:
        say(f"  {check}")
    say(f"sha256 {sha256}")


_DONE = {
    "clean": "Nobody was hidden: the copy was cleaned of metadata alone.",
    "boxes": "Boxes were filled.",
    "crop": "A crop was cut out.",
    "clip": "A stretch was cut out.",
    "sound": "Sound was taken out.",
    "boxes and sound": "Boxes were filled, and sound was taken out.",
}


def _at(box: Any) -> str:  # noqa: ANN401 - a region, which is not loaded for its type alone
    return f"{box.w:.1%} x {box.h:.1%} at {box.x:.1%}, {box.y:.1%} of the upright picture"
