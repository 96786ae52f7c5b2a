"""What `redact` says of a copy that it wrote: in sentences, and for a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dam_plugin.cli.output import say
from dam_plugin.cli.redaction_files import misnamed
from dam_plugin.redaction.boxes import grow
from dam_plugin.redaction.model import Made, Order, Person, Plan, Proof, RecordingPlan
from dam_plugin.redaction.plan import NOBODY_STAYS, clock
from dam_tagging.facts import Interval, Region

NOT_CHECKED = "you named nobody who stays (--keep), so it was not checked whether the boxes cover somebody else"
_DONE = {
    "clean": "Nobody was hidden: the copy was cleaned of metadata alone.",
    "boxes": "Boxes were filled.",
    "crop": "A crop was cut out.",
    "clip": "A stretch was cut out.",
    "sound": "Sound was taken out.",
    "boxes and sound": "Boxes were filled, and sound was taken out.",
}
_LEFT_OUT = {"crop": "is not in the crop", "clip": "is not present in the stretch"}


def plain(made: Made, out: Path, order: Order) -> dict[str, Any]:
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


def tell(made: Made, out: Path, order: Order) -> None:
    """Print what there is to say in sentences."""
    say(f"{out}: written and proven, {made.media_type}, {out.stat().st_size:,} bytes", "green")
    say(_DONE.get(made.operation, "People were hidden."))
    for person in _hidden(order, made.plan):
        for line in _told(person, made.operation):
            say(line)
    become = "silence" if order.sound == "silence" else "a tone"
    for each in _silenced(made):
        stretch = f"{clock(max(each.start, 0))} to {clock(each.end)}"
        say(f"The sound from {stretch}, and a moment before and after, is replaced by {become}.")
    for note in _notes(made, out):
        say(f"Note: {note}.")
    tell_checks(made.proof)


def tell_checks(proof: Proof) -> None:
    """Print what was proven."""
    say("Proven:")
    for check in proof.checks:
        say(f"  {check}")
    say(f"sha256 {proof.sha256}")


def _notes(made: Made, out: Path) -> Iterator[str]:
    for fact in made.facts:
        # Somebody at the command line names boxes, not everybody who is there.
        yield NOT_CHECKED if fact == NOBODY_STAYS else fact
    note = misnamed(out, made.suffix)
    if note:
        yield note


def _hidden(order: Order, plan: Plan | RecordingPlan | None) -> list[Person]:
    """Return whom the copy hides: of a still only those who are in it."""
    return [each for each in order.hide if order.still is None or plan is None or each.label in plan.hidden]


def _told(person: Person, operation: str) -> Iterator[str]:
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
    # Whom a clip leaves out is neither seen nor heard in it.
    return plan.silenced if isinstance(plan, RecordingPlan) and plan.clip is None else ()
