"""What commands tell of links that were closed: how many, what became of their copies, and who had opened them before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dam_plugin.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from dam_plugin.gate.close_links import Closed
    from dam_plugin.sharing.hold_copies import Settled

MOST_ROWS = 50
MOST_CONSENTS = 5


def print_closed(closed: Closed, before: str = "", *, as_json: bool, **more: object) -> None:
    """Print what was closed, after what else is told: `more` in JSON, `before` for people."""
    from dam_plugin.gate.close_links import OUT_OF_REACH

    if as_json:
        print_json({**more, **closed.as_dict()})
        return
    say(f"{before}{len(closed)} link(s) closed. {OUT_OF_REACH}")
    print_copies(closed.copies)
    print_opened(closed)
    print_sets(closed)


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


def print_sets(closed: Closed) -> None:
    """Print which yearbook sets show or name those whose choice it was, what says how these stand, and what lets them in.

    Nothing is decided here: whether a choice changes anything of a set is what the commands that it names tell.
    """
    printed = [each for each in closed.in_sets if each.is_locked]
    others = [each for each in closed.in_sets if not each.is_locked]
    whose = f" --student {closed.student}" if closed.student else ""
    whom = "this student" if closed.student else "those whose choice changed"
    if printed:
        files = sum(each.files for each in printed)
        say(
            f"{len(printed):,} locked yearbook set(s) show or name {whom} in {files:,} file(s), which may be in print: "
            f"`dam-plugin export recall{whose}` says which may not be shown any more, and to whom they went",
            "red",
        )
    if others:
        files = sum(each.files for each in others)
        say(
            f"{len(others):,} yearbook set(s) that are not locked show or name {whom} in {files:,} file(s): "
            "`dam-plugin export recheck` says which of them have to be made again before they are locked",
            "yellow",
        )
    _print_consents(closed.consents_in_force)


def _print_consents(consents: Sequence[str]) -> None:
    """Print which consents let students into a yearbook who opted out of it: what their families meant is for people."""
    if len(consents) == 1:
        say(
            f"a written consent ({consents[0]}) still lets them into the yearbook; if the family means that too: "
            f"`dam-plugin consent revoke {consents[0]}`",
            "yellow",
        )
    elif consents:
        more = (
            f" and {len(consents) - MOST_CONSENTS:,} more (--json has them all)"
            if len(consents) > MOST_CONSENTS
            else ""
        )
        say(
            f"{len(consents):,} written consents still let them into the yearbook; if a family means that too: "
            f"`dam-plugin consent revoke` {', '.join(consents[:MOST_CONSENTS])}{more}",
            "yellow",
        )


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
