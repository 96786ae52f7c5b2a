"""`open`, `links`, `revoke`: what became of links, and taking them back."""

from __future__ import annotations

from typing import Annotated

import typer

from dam_plugin.cli.closed import print_closed
from dam_plugin.cli.context import Attached, attached, written
from dam_plugin.cli.output import AsJson, Columns, print_json, print_rows, say
from dam_plugin.cli.share import EXIT_CODES, print_reasons, reasons_of
from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor, Recipient, Share

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


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("open")(open_)
    app.command()(links)
    app.command()(revoke)


def open_(
    token: Annotated[str, typer.Argument(metavar="TOKEN")],
    word: Annotated[str | None, typer.Option("--word", help="The word that the link asks for, if it does.")] = None,
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
                "reasons": reasons_of(decision, request),
            }
        )
    elif opened.url:
        say(opened.url)
        if opened.notice:
            say(f"Tell the recipient: {opened.notice}")
    elif opened.needs_word:
        say("It opens only with its word: give it with --word." if word is None else "This is not its word.")
    else:
        print_reasons(decision, request)
    raise typer.Exit(EXIT_CODES[decision.outcome])


def links(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that can still be opened.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the links that were handed out."""
    with attached() as at:
        now = at.services.now()
        with at.services.store.reading() as unit:
            found = [(link, unit.shares.share(link.share_id)) for link in unit.shares.links(open_only=open_only)]
    rows = [
        {
            "link": link.id,
            "key": kept.share.asset_key if kept else None,
            "to": written(kept.share.recipient) if kept else None,
            "purpose": kept.share.purpose if kept else None,
            "outcome": kept.outcome if kept else None,
            "created_at": link.created_at,
            "expires_at": link.expires_at,
            "closed_at": link.closed_at,
            "closed_why": link.closed_why,
        }
        for link, kept in found
        if not (open_only and link.expires_at <= now)
    ]
    print_rows("Links", rows, COLUMNS, as_json=as_json)


def revoke(
    target: Annotated[str | None, typer.Argument(metavar="LINK|KEY", help="A link's id, or a recording's key.")] = None,
    student: Annotated[str | None, typer.Option("--student", metavar="ID", help="Every link to this student.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take back a link, every link of a recording, or every link to a student. What was downloaded is out of reach."""
    from dam_plugin.gate import close_links

    if (target is None) == (student is None):
        raise typer.BadParameter("name a link or a key, or --student ID: one of the two")
    with attached() as at:
        link_id, key = _meant(at, target)
        closed = close_links.revoke(at.services, link=link_id, key=key, student=student)
        if not closed:
            _require_known(at, key, student)
    print_closed(closed, as_json=as_json)


def _meant(at: Attached, target: str | None) -> tuple[str | None, str | None]:
    """Return what was named as (link, key): a link that we know, else a key."""
    with at.services.store.reading() as unit:
        is_link = target is not None and unit.shares.link(target) is not None
    return (target, None) if is_link else (None, target)


def _require_known(at: Attached, key: str | None, student: str | None) -> None:
    """Tell a misspelt name from one that has no links: whoever takes a link back must not believe that it is closed."""
    with at.services.store.reading() as unit:
        if key is not None and unit.assets.current(key) is None:
            raise UnknownThing("no link and no recording in the library has this name; see `dam-plugin links --open`")
        if student is not None:
            unit.people.need(student)
