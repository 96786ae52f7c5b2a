"""`report`: outcomes of shares, how long people waited, and changes so that fewer people wait."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.context import As, attached, day_of, is_custodian_reading
from dam_plugin.cli.output import AsJson, print_json, print_table, say
from dam_plugin.errors import InputError

if TYPE_CHECKING:
    from dam_plugin.custodian.report import Report


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(report)


def report(
    since: Annotated[str | None, typer.Option("--since", metavar="DAY", help="From this day on (YYYY-MM-DD).")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="DAY", help="Up to this day, included.")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Count outcomes, waiting and refusals, and say what to change so that fewer people wait. Shows no names.

    Who is protected is counted with --as custodian:NAME alone; for others they are among those who opted out.
    """
    from dam_plugin.custodian.report import report_of

    in_full = is_custodian_reading(as_)
    with attached() as at:
        services = at.services
        zone = services.now().tzinfo
        span = (_begin(since, zone), _begin(until, zone, timedelta(days=1)))
        if span[0] and span[1] and span[0] >= span[1]:
            raise InputError("--until is before --since: give a later day")
        with services.store.reading() as unit:
            made = report_of(unit, services.now(), span, in_full=in_full)
    if as_json:
        print_json(asdict(made))
    elif not made.shares and not made.waited:
        say("nothing was shared yet" if span == (None, None) else "nothing was shared in these days")
    else:
        _print(made)


def _begin(text: str | None, zone: tzinfo | None, more: timedelta = timedelta()) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.combine(day_of(text, date.min) + more, time(), zone).astimezone(UTC)
    except OverflowError:
        raise InputError(f"{text} is out of the calendar: give another day") from None


def _print(made: Report) -> None:
    say(f"{made.shares} share(s), {made.at_once} answered without waiting for the custodian")
    print_table(
        "Outcomes by deciding clause",
        ("outcome", "clause", "in words", "shares"),
        [(each.outcome, each.clause, each.title, each.count) for each in made.decided],
    )
    print_table(
        "Time to answer, by kind of work",
        ("kind", "answered", "waiting", "late", "median hours", "90% within hours"),
        [
            (each.kind, each.closed, each.open, each.late, _hours(each.median_hours), _hours(each.p90_hours))
            for each in made.waited
        ],
    )
    say(
        f"overturned: {made.overturned_referrals} referral(s) that the custodian released, "
        f"{made.overturned_denials} refusal(s) released when the same was asked again"
    )
    links = made.links
    say(f"links: {links.opened} opening(s), {links.refused} refused at opening, {links.closed} closed")
    for each in made.causes:
        still = f", {each.waiting} still wait" if each.waiting else ""
        say(f"{each.waited} waited and {each.denied} were refused{still}: {each.title} ({each.clause}). {each.remedy}")


def _hours(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
