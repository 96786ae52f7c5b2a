"""`open`, `links`, `revoke`: links opened, listed and taken back; and what any command says about the links that it closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.context import (
    As,
    Attached,
    Sealed,
    actor_of,
    attached,
    require_keeper_if,
    shown_recipient,
    system_user,
)
from dam_plugin.cli.output import (
    LISTED,
    After,
    AsJson,
    Columns,
    Limit,
    page_of_rows,
    print_json,
    print_rows,
    print_table,
    say,
)
from dam_plugin.cli.share import EXIT_CODES, print_reasons, reasons_of
from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor, Recipient, Share

if TYPE_CHECKING:
    from dam_plugin.gate.close_links import ClosedLinks, StillPublished
    from dam_plugin.sharing.published_copy import CopyCounts


COLUMNS: Columns = {
    "link": "link",
    "recording": "key",
    "to": "to",
    "purpose": "purpose",
    "answer": "outcome",
    "made": "created_at",
    "good until": "expires_at",
    "closed": "closed_at",
    "why closed": "closed_why",
}

MOST_ROWS = 50
MOST_CONSENTS = 5
MOST_PUBLICATIONS = 20


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("open")(open_)
    app.command()(links)
    app.command()(revoke)


def open_(
    token: Annotated[str, typer.Argument(metavar="TOKEN")],
    word: Annotated[str | None, typer.Option("--word", help="The word, if the link asks for one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open a link: it is decided again, today, and answered with a URL for one minute or with the refusal."""
    from dam_plugin.gate.open_link import URL_SECONDS, open_link

    with attached() as at:
        # The hook of a host, which only dam-plugin answers, knows no word.
        opened = at.hook.share_opened(token=token) if word is None else open_link(at.services, token, word)
        request = Share("", "", "request", "", Actor("media_staff"), Recipient("public", "public"))
        if opened.link is not None:
            with at.services.store.reading() as unit:
                kept = unit.shares.share(opened.link.share_id)
            request = kept.share if kept else request
    decision = opened.decision
    if as_json:
        print_json(
            {
                "outcome": decision.outcome.word,
                "url": opened.url,
                "seconds": URL_SECONDS if opened.url else None,
                "notice": opened.notice,
                "needs_word": opened.needs_word,
                "reasons": reasons_of(decision, request, in_full=False),
            }
        )
    elif opened.url:
        say(opened.url)
        if opened.notice:
            say(f"Tell the recipient: {opened.notice}")
    elif opened.needs_word:
        say("It opens only with its word: give it with --word." if word is None else "This is the wrong word.")
    else:
        print_reasons(decision, request, in_full=False)
    raise typer.Exit(EXIT_CODES[decision.outcome])


def links(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that can still be opened.")] = False,
    limit: Limit = LISTED,
    after: After = None,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List the links that were handed out, oldest first; with `--open` the soonest to end first."""
    require_keeper_if(as_, sealed=sealed)
    with attached() as at:
        now = at.services.now() if open_only else None
        with at.services.store.reading() as unit:
            found = unit.shares.links_page(limit=limit + 1, after=after, open_on=now, secret=sealed)
    rows = [
        {
            "link": link.id,
            "key": kept.share.asset_key if kept else None,
            "to": shown_recipient(as_, kept.share.recipient) if kept else None,
            "purpose": kept.share.purpose if kept else None,
            "outcome": kept.outcome if kept else None,
            "created_at": link.created_at,
            "expires_at": link.expires_at,
            "closed_at": link.closed_at,
            "closed_why": link.closed_why,
        }
        for link, kept in page_of_rows(found, limit, lambda each: each[0].id)
    ]
    print_rows("Links", rows, COLUMNS, as_json=as_json)


def revoke(
    target: Annotated[str | None, typer.Argument(metavar="LINK|KEY", help="A link's id, or a recording's key.")] = None,
    student: Annotated[str | None, typer.Option("--student", metavar="ID", help="Every link to this student.")] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Take back a link, every link of a recording, or every link to a student. What was downloaded is out of reach.

    The ledger keeps who did it: --as, and the user of this system.
    """
    from dam_plugin.gate import close_links

    if (target is None) == (student is None):
        raise typer.BadParameter("name a link or a key, or --student ID: one of the two")
    with attached() as at:
        link_id, key = _meant(at, target)
        by = close_links.ClosedBy(actor_of(as_), system_user().name)
        closed = close_links.revoke(at.services, link=link_id, key=key, student=student, by=by)
        if not closed:
            _require_known(at, key, student)
    print_closed(closed, as_json=as_json)


def print_closed(closed: ClosedLinks, before: str = "", *, as_json: bool, **more: object) -> None:
    """Print which links were closed; `more` goes into the JSON object, `before` into the sentence for people."""
    from dam_plugin.gate.close_links import OUT_OF_REACH

    if as_json:
        print_json({**more, **closed.as_dict()})
        return
    say(f"{before}{len(closed)} link(s) closed. {OUT_OF_REACH}")
    for each in closed.holding_again:
        say(f"{each.sentence}.", "yellow")
    print_copies(closed.copies)
    print_opened(closed)
    print_still_published(closed.still_published)
    print_sets(closed)


def print_copies(copies: CopyCounts) -> None:
    """Print the state of the copies of closed links, if there are any."""
    if copies.held:
        say(
            f"{_copies(copies.held, 'is', 'are')} on hold: a bucket that `dam-plugin policy apply` guards refuses URLs "
            "handed out before."
        )
    if copies.waiting:
        say(copies_waiting(copies.waiting), "red")
    if copies.purging:
        say(copies_in_caches(copies.purging), "red")


def print_opened(closed: ClosedLinks) -> None:
    """Print who had opened closed links and when, where anybody had."""
    if closed.opened:
        columns = ("link", "given to", "openings", "outcome unknown", "first", "last")
        rows = [
            (each.link, each.to, each.openings, each.unknown or None, each.first, each.last) for each in closed.opened
        ]
        print_table("Opened before", columns, rows[:MOST_ROWS])
        if len(rows) > MOST_ROWS:
            say(f"and {len(rows) - MOST_ROWS:,} more: --json has them all")


def print_still_published(still_published: Sequence[StillPublished] | None) -> None:
    """Print what the district itself published and may not show any more, and how to say that it was taken down."""
    stand = still_published or ()
    for each in stand[:MOST_PUBLICATIONS]:
        unopened = "" if each.link_opened else ", whose link was never opened"
        say(
            f"Still published: {each.key}, which shows {each.student}, for '{each.purpose}', handed to {each.to} on "
            f"{each.published}{unopened} ({each.share}). Take it down by {each.due}, and say so: `dam-plugin queue close "
            f"{each.work} --why 'taken down on DAY by WHOM' --as custodian:NAME`",
            "red",
        )
    if len(stand) > MOST_PUBLICATIONS:
        say(
            f"and {len(stand) - MOST_PUBLICATIONS:,} more to take down: `dam-plugin queue list` has them (take_down)",
            "red",
        )


def print_sets(closed: ClosedLinks) -> None:
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
    """Print which consents let students into a yearbook who opted out of it. People judge what families meant."""
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


def copies_waiting(count: int) -> str:
    """Return the sentence on copies that are not on hold yet, with the remedy."""
    return (
        f"{_copies(count, 'waits', 'wait')} to go on hold: URLs handed out before may still open them; "
        "`dam-plugin serve` tries again by itself, `dam-plugin doctor --repair` at once"
    )


def copies_in_caches(count: int) -> str:
    """Return the sentence on copies that a cache may still show, with the remedy."""
    return (
        f"{_copies(count, 'is', 'are')} on hold and may still be in a cache, which failed to purge them; "
        "`dam-plugin serve` tries again by itself, `dam-plugin doctor --repair` at once"
    )


def _copies(count: int, one: str, several: str) -> str:
    return f"1 copy {one}" if count == 1 else f"{count:,} copies {several}"


def _meant(at: Attached, target: str | None) -> tuple[str | None, str | None]:
    """Return the target as (link, key): a link where we know one of this id, else a key."""
    with at.services.store.reading() as unit:
        is_link = target is not None and unit.shares.link(target) is not None
    return (target, None) if is_link else (None, target)


def _require_known(at: Attached, key: str | None, student: str | None) -> None:
    """Raise UnknownThing for a misspelt name: otherwise an open link would be taken for a closed one."""
    with at.services.store.reading() as unit:
        if key is not None and unit.assets.current(key) is None:
            raise UnknownThing("no link and no recording in the library has this name; see `dam-plugin links --open`")
        if student is not None:
            unit.people.need(student)
