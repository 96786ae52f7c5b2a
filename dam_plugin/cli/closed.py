"""What commands tell of links that were closed: how many, what became of their copies, and who had opened them before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dam_plugin.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from dam_plugin.closing import Closed
    from dam_plugin.holding import Settled

MOST_ROWS = 50


def print_closed(closed: Closed, before: str = "", *, as_json: bool, **more: object) -> None:
    """Print what was closed, after what else is told: `more` in JSON, `before` for people."""
    from dam_plugin.closing import OUT_OF_REACH

    if as_json:
        print_json({**more, **closed.as_dict()})
        return
    say(f"{before}{len(closed)} link(s) closed. {OUT_OF_REACH}")
    print_copies(closed.copies)
    print_opened(closed)


def print_opened(closed: Closed) -> None:
    """Print who had opened closed links and when, where anybody had."""
    if closed.opened:
        columns = ("link", "given to", "openings", "outcome unknown", "first", "last")
        rows = [
            (each.link, each.to, each.openings, each.unknown or None, each.first, each.last) for each in closed.opened
        ]
        print_table("Opened before", columns, rows[:MOST_ROWS])
        if len(rows) > MOST_ROWS:
            say(f"and {len(rows) - MOST_ROWS:,} more: --json has them all")


def print_copies(copies: Settled) -> None:
    """Print what became of the copies of closed links, where there is anything to tell."""
    if copies.held:
        say(
            f"{_copies(copies.held, 'is', 'are')} on hold: a bucket that `dam-plugin policy apply` guards refuses URLs "
            "handed out before."
        )
    if copies.waiting:
        say(waiting(copies.waiting), "red")
    if copies.purging:
        say(in_caches(copies.purging), "red")


def waiting(count: int) -> str:
    """Return the sentence on copies that are not on hold yet, with the remedy."""
    return (
        f"{_copies(count, 'waits', 'wait')} to go on hold: URLs handed out before may still open them; "
        "`dam-plugin serve` tries again by itself, `dam-plugin doctor --repair` at once"
    )


def in_caches(count: int) -> str:
    """Return the sentence on copies that a cache may still show, with the remedy."""
    return (
        f"{_copies(count, 'is', 'are')} on hold and may still be in a cache, which failed to purge them; "
        "`dam-plugin serve` tries again by itself, `dam-plugin doctor --repair` at once"
    )


def _copies(count: int, one: str, several: str) -> str:
    return f"1 copy {one}" if count == 1 else f"{count:,} copies {several}"
