"""How `redact` and `prove` are written: options for boxes, times and tracks, and the order that they make together.

Several values may follow one option, `--isolate` may stand alone, and with `--json` a failure is one JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand

from dam_plugin.cli.output import print_json
from dam_plugin.errors import DamPluginError, NotProven
from dam_plugin.redaction.model import Isolate, Notice, Order, Person, Sound, TimedRegion
from dam_plugin.sharing.whereabouts import DIGITS, MOST_APART, box_around
from dam_tagging.facts import Interval, Region

LONGEST_NOTICE = 4000
"""Characters of a notice: it has to fit into one segment of a JPEG."""

SHORTEST_NAME = 3
"""Characters of a name that the proof looks for."""

_SECONDS = re.compile(r"\d{1,7}(?:\.\d{1,9})?|\.\d{1,9}", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):(?=\d\d:))?(\d{1,4}):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
_NUMBER = re.compile(r"\d{0,3}(?:\.\d{1,20})?", re.ASCII)
_LOOKS_LIKE_STRETCH = re.compile(r"[\d.:]*\d[\d.:]*(?:-[\d.:]*)?", re.ASCII)
_MORE = re.compile(r"[\d.][\d.:,;@-]*[,-][\d.:,;@-]*", re.ASCII)
_SEVERAL = frozenset({"--box", "--track", "--interval", "--keep"})
_PARTED = re.compile(r" *([,;@-]) *")
# typer moved its parent, and exports this one of its children.
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__base__)

Boxes = Annotated[
    list[str] | None,
    typer.Option(
        "--box",
        metavar="X,Y,W,H[@START-END]",
        help="A face to hide, as fractions 0..1 of the upright picture; in a video throughout or for a while (repeatable).",
    ),
]

Tracks = Annotated[
    list[str] | None,
    typer.Option(
        "--track",
        metavar="X,Y,W,H@T;…",
        help="A moving face in a video: its places, 1 s apart or less; from one to the next both are covered (repeatable).",
    ),
]

Intervals = Annotated[
    list[str] | None,
    typer.Option(
        "--interval",
        metavar="START-END",
        help="Sound to hide, in seconds or m:ss or h:mm:ss. Without any, the sound goes while a box holds (repeatable).",
    ),
]

Keeps = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="X,Y,W,H", help="A face that stays, if hiding allows (repeatable)."),
]

Isolated = Annotated[
    str | None,
    typer.Option(
        "--isolate",
        metavar="[START-END]",
        help="Cut out those who may be seen: the largest crop without a box; of a recording the stretch START-END.",
    ),
]

SoundKind = Annotated[str, typer.Option("--sound", metavar="bleep|silence", help="What hidden sound becomes.")]

Still = Annotated[
    str | None, typer.Option("--still", metavar="T", help="One moment of a video, as a picture, instead of the video.")
]

NoticeText = Annotated[
    str | None, typer.Option("--notice", metavar="TEXT", help="A redisclosure notice that the picture carries.")
]

Names = Annotated[
    list[str] | None,
    typer.Option(
        "--name",
        metavar="TEXT",
        help="A name or id (3 characters or more) that must not stand in the copy (repeatable).",
    ),
]


class Spelled(TyperCommand):
    """A command whose `--isolate` may stand without a value, and whose boxes and times may follow one another."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401 - typer moved its Context
        """Parse the arguments; whether failures are told as JSON is not known yet, but for its name among them."""
        with _failures_as_asked(as_json="--json" in args):
            return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as above
        """Parse the arguments that `spelled_out` returns."""
        return super().parse_args(ctx, list(spelled_out(args)))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - as above
        """Run the command; with `--json` a failure is one JSON object, else it is told as every command's is."""
        with _failures_as_asked(as_json=ctx.params["as_json"]):
            return super().invoke(ctx)


def spelled_out(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the arguments with an option before each value: `--interval 1-2 3-4` and a bare `--isolate` are written so."""
    left = list(reversed(arguments))
    while left:
        argument = left.pop()
        if argument == "--":
            yield argument
            yield from reversed(left)
            return
        if argument == "--isolate":
            yield f"--isolate={left.pop() if left and _LOOKS_LIKE_STRETCH.fullmatch(tight(left[-1])) else ''}"
            continue
        yield argument
        if argument in _SEVERAL and left:
            yield left.pop()
            while left and _MORE.fullmatch(tight(left[-1])):
                yield argument
                yield left.pop()


def tight(text: str) -> str:
    """Return a value without blanks around it and around its separators: `1 - 2` is `1-2`."""
    return _PARTED.sub(r"\1", text.strip())


@contextmanager
def _failures_as_asked(*, as_json: bool) -> Iterator[None]:
    """With `as_json`, print a failure as one JSON object and exit; else let it rise."""
    if not as_json:
        yield
        return
    try:
        yield
    except DamPluginError as error:
        failures = {"failures": error.failures} if isinstance(error, NotProven) else {}
        print_json({"error": str(error), "kind": type(error).__name__, **failures})
        raise typer.Exit(error.exit_code) from error
    except _UsageError as error:
        print_json({"error": error.format_message(), "kind": type(error).__name__})
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:
        # There is no reader for the error any more.
        raise
    except OSError as error:
        told = f"{error.filename or 'what is read'}: {(error.strerror or 'the system refused').lower()}"
        print_json({"error": told, "kind": type(error).__name__})
        raise typer.Exit(1) from error


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `redact` and `prove` as they were written, in their order."""

    boxes: Sequence[str] | None
    tracks: Sequence[str] | None
    intervals: Sequence[str] | None
    keep: Sequence[str] | None
    isolate: str | None
    sound: str
    still: str | None
    notice: str | None
    names: Sequence[str] | None


def order_of(asked: Asked, district: str) -> Order:
    """Return the order that is asked for; raises BadParameter with how to write the option that is wrong.

    `district` is the source that a notice names.
    """
    if asked.sound not in ("bleep", "silence"):
        raise typer.BadParameter(f"--sound '{asked.sound}' is neither bleep nor silence")
    if asked.still is not None and asked.isolate:
        raise typer.BadParameter("--still is one moment and --isolate START-END a stretch: give one of them")
    if any(len(name.strip()) < SHORTEST_NAME for name in asked.names or ()):
        raise typer.BadParameter(f"--name needs {SHORTEST_NAME} characters or more: fewer stand in any file by chance")
    heard = tuple(stretch_of(each, "--interval") for each in asked.intervals or ())
    wanted: Isolate = "never" if asked.isolate is None else "always"
    return Order(
        hide=tuple(_people(asked.boxes or (), asked.tracks or (), heard)),
        keep=tuple(Person(f"keep {at}", (box_of(each, "--keep"),)) for at, each in enumerate(asked.keep or (), 1)),
        isolate=wanted,
        clip=stretch_of(asked.isolate, "--isolate") if asked.isolate else None,
        still=None if asked.still is None else moment_of(asked.still, "--still"),
        sound=cast("Sound", asked.sound),
        notice=_notice_of(asked.notice, district),
        secrets=tuple(asked.names or ()),
    )


def has_times(order: Order) -> bool:
    """Whether an order contains times, which a picture does not have."""
    timed = any(person.timed or person.intervals for person in order.hide)
    return timed or order.clip is not None or order.still is not None


def box_of(text: str, option: str = "--box") -> Region:
    """Return a box written x,y,w,h: fractions 0..1 of the upright picture, from its top left."""
    parts = tight(text).split(",")
    numbers = [float(part) for part in parts if part and _NUMBER.fullmatch(part)]
    if not len(numbers) == len(parts) == 4 or not all(0 <= number <= 1 for number in numbers):
        raise typer.BadParameter(
            f"{option} '{text}' is no box: write X,Y,W,H as fractions 0 to 1 of the upright picture, e.g. 0.4,0.25,0.1,0.15"
        )
    x, y, w, h = numbers
    if not (w and h and x < 1 and y < 1):
        raise typer.BadParameter(f"{option} '{text}' covers nothing of the picture: draw it around the face")
    return Region(x, y, w, h)


def moment_of(text: str, option: str) -> float:
    """Return a moment written in seconds, as m:ss.mmm or h:mm:ss.mmm."""
    bare = text.strip(" ")
    if _SECONDS.fullmatch(bare):
        return float(bare)
    found = _CLOCK.fullmatch(bare)
    if found is None or (found[1] and int(found[2]) > 59):
        raise typer.BadParameter(
            f"{option} '{text}' is no time: write seconds (75.5), m:ss (1:15.5) or h:mm:ss (0:01:15.5)"
        )
    return int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3])


def stretch_of(text: str, option: str) -> Interval:
    """Return a stretch written START-END."""
    start, hyphen, end = text.partition("-")
    if not hyphen or not start or not end:
        raise typer.BadParameter(f"{option} '{text}' is no stretch: write START-END, e.g. 12.5-14 or 1:02-1:10")
    stretch = Interval(moment_of(start, option), moment_of(end, option))
    if stretch.start >= stretch.end:
        raise typer.BadParameter(f"{option} '{text}' does not end after it starts: write START-END")
    return stretch


def _notice_of(text: str | None, source: str) -> Notice | None:
    if text is None:
        return None
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_NOTICE:
        raise typer.BadParameter(f"--notice must be a line of 1 to {LONGEST_NOTICE} printable characters")
    return Notice(text, source)


def _people(boxes: Sequence[str], tracks: Sequence[str], heard: tuple[Interval, ...]) -> Iterator[Person]:
    """Yield the people to hide. If there are intervals, they alone say when the sound is hidden, and boxes do not."""
    for at, text in enumerate(boxes, 1):
        region, _, while_ = text.partition("@")
        if "@" not in text:
            yield Person(f"box {at}", (box_of(region),), intervals=heard, heard_only=bool(heard))
            continue
        holds = stretch_of(while_, "--box")
        timed = (TimedRegion(holds.start, holds.end, box_of(region)),)
        yield Person(f"box {at}", timed=timed, intervals=heard, heard_only=bool(heard))
    for at, text in enumerate(tracks, 1):
        yield Person(f"track {at}", timed=tuple(_track(text)), intervals=heard, heard_only=bool(heard))
    if heard and not boxes and not tracks:
        for at, each in enumerate(heard, 1):
            yield Person(f"interval {at}", intervals=(each,), heard_only=True)


def _track(text: str) -> Iterator[TimedRegion]:
    places = [place.partition("@") for place in tight(text).strip(";").split(";")]
    if len(places) < 2 or not all(at for _, _, at in places):
        raise typer.BadParameter(f"--track '{text}' is no track: write X,Y,W,H@T;X,Y,W,H@T with two moments or more")
    keyframes = [(moment_of(at, "--track"), box_of(box, "--track")) for box, _, at in places]
    for (start, one), (end, other) in pairwise(keyframes):
        if start >= end:
            raise typer.BadParameter(f"--track '{text}' runs backwards: write its moments in their order")
        if round(end - start, DIGITS) > MOST_APART:
            raise typer.BadParameter(
                f"--track '{text}' has two places more than {MOST_APART:g} s apart: add places in between, or write "
                "--box X,Y,W,H@START-END where the face does not move"
            )
        yield TimedRegion(start, end, box_around(one, other))
