"""`dlq …`: the messages of the bucket's events that were given up: why, and to be handled anew."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, Columns, print_result, print_rows
from dam_plugin.errors import InputError

dlq_app = typer.Typer(help=help_of("dlq"), no_args_is_help=True)
MOST = 100
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(dlq_app, name="dlq")


@dlq_app.command("list")
def list_dead(
    limit: Most = MOST,
    keys: Annotated[
        bool, typer.Option("--keys", help="Also the keys of the files: a file's name may be a student's.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the messages that were given up, with the reason. What they announced is on hold until `reconcile` tags it."""
    from dam_hooks.s3_events import parse
    from dam_plugin.library.event_queue import DeadMessage, Queue

    def row(dead: DeadMessage) -> dict[str, object]:
        try:
            events = parse(dead.body)
        except InputError:
            events = []
        shown = {"keys": [each.key for each in events]} if keys else {}
        told = {**asdict(dead), "reason": dead.reason or "it failed too often", "events": len(events), **shown}
        del told["body"]
        return told

    with attached() as at:
        at.services.settings.need("queue_url")
        with Queue.connect(at.services.settings.queue_url or "") as queue:
            rows = [row(each) for each in queue.dead(limit)]
    columns: Columns = {"message": "id", "given up": "since", "events": "events", "why": "reason"}
    print_rows("Given up", rows, {**columns, **({"keys": "keys"} if keys else {})}, as_json=as_json)


@dlq_app.command()
def redrive(limit: Most = MOST, as_json: AsJson = False) -> None:
    """Put the messages that were given up back into the queue, once their cause is mended; a `worker` takes them."""
    from dam_plugin.library.event_queue import Queue

    with attached() as at:
        at.services.settings.need("queue_url")
        with Queue.connect(at.services.settings.queue_url or "") as queue:
            moved = queue.redrive(limit)
            left = queue.counts().dead or 0
    print_result(
        {"moved": moved, "left": left}, f"{moved} message(s) are in the queue again, {left} left", as_json=as_json
    )
