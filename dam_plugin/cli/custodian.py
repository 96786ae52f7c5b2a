"""`custodian …`: what the custodian says of a recording without a referral, and the statements of families kept with it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, actor_of, attached, day_of
from dam_plugin.cli.links import print_still_published
from dam_plugin.cli.look import Nobody, Only, Seen, Unidentified, appearance_of, check_only, prominence_of
from dam_plugin.cli.output import AsJson, Columns, print_json, print_result, print_rows, say

if TYPE_CHECKING:
    from dam_plugin.custodian.closures import OfRecording, Said
    from dam_plugin.custodian.statements import KeptStatement
    from dam_plugin.sharing.finding_kinds import FoundMeaning

custodian_app = typer.Typer(help=help_of("custodian"), no_args_is_help=True)
Key = Annotated[str, typer.Argument(metavar="KEY", help="The recording's key in the bucket.")]
Why = Annotated[str, typer.Option("--why", help="The reason, which is kept. Write no name.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(custodian_app, name="custodian")


@custodian_app.command()
def close(
    key: Key,
    why: Why,
    subdivision: Annotated[
        str | None, typer.Option("--subdivision", help="Of RSMo 610.021, as '610.021(18)': docs/queue.md lists them.")
    ] = None,
    law: Annotated[
        str | None,
        typer.Option(
            "--law",
            help="Instead: another law, which makes it confidential, as 'RSMo 210.150'; FERPA with 610.021(14).",
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which it is closed.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Close a recording by a subdivision of RSMo 610.021, or as confidential under another law; links close at once."""
    from dam_plugin.sharing.closed_records import closed_apart, closing, is_by_another_law
    from dam_plugin.sharing.finding_kinds import Closed, Confidential

    if subdivision is None and law is None:
        raise typer.BadParameter("say by which subdivision it is closed (--subdivision), or by which other law (--law)")
    day = day_of(until, None)
    found = Closed(subdivision, why, day, law) if subdivision is not None else Confidential(law or "", why, day)
    _say(key, found, as_, as_json=as_json, done="closed" if subdivision is not None else "confidential")
    if subdivision is not None and not as_json and closed_apart(closing(subdivision, law, why)):
        ferpa = (
            " Where FERPA alone protects it, say so, --law FERPA beside the subdivision: then nobody's request waits."
            if is_by_another_law(subdivision)
            else ""
        )
        say(
            "A family that it is about keeps its right to it (34 CFR 99.10), the other side of a case too: its request waits "
            "in your queue, and goes out only once you have looked, `dam-plugin queue finding ID reviewed`. To have the "
            "attorney decide that as well, name the law that protects it and makes it confidential: dam-plugin custodian close "
            f"{shlex.quote(key)} --law 'LAW' --why TEXT --as custodian:NAME.{ferpa}",
            "yellow",
        )


@custodian_app.command()
def reopen(
    key: Key,
    why: Why,
    confidential: Annotated[
        bool, typer.Option("--confidential", help="It is confidential no more, instead of closed no more.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """End what closes a recording. It takes two people: each runs this command as a system user of their own."""
    from dam_plugin.sharing.finding_kinds import Reopened

    _say(key, Reopened(why, "confidential" if confidential else "closed"), as_, as_json=as_json, done="open again")


@custodian_app.command()
def meaning(
    key: Key,
    found: Annotated[str, typer.Argument(metavar="MEANING", help="preserved, changed or destroyed.")],
    why: Why,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say what hiding somebody does to what a recording means, before anybody asks (34 CFR 99.12(a)); links close at once.

    On a recording for discipline, about a victim or a person's health it takes two people: each runs this command as a system
    user of their own.
    """
    from dam_plugin.sharing.finding_kinds import MeaningFound

    stated = MeaningFound(cast("FoundMeaning", found))
    _say(key, stated, as_, as_json=as_json, done=f"hiding somebody leaves the meaning '{found}'", why=why)


@custodian_app.command()
def statement(
    key: Key,
    student: Annotated[str, typer.Option("--student", metavar="ID", help="Whose record the family contests.")],
    text: Annotated[str, typer.Option("--text", help="The statement, as whoever gets the recording is to read it.")],
    author: Annotated[
        str, typer.Option("--by", metavar="ID", help="Who states it: the parent (G-…), or the student with the rights.")
    ],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DAY", help="The day on which it was handed in [today].")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="COPY", help="A copy of the paper, kept in the bucket on hold.")
    ] = None,
    no_student_named: Annotated[
        bool,
        typer.Option(
            "--no-student-named", help="You read it: a word that looks like a name means nobody else on the roster."
        ),
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Keep a family's statement with a recording that it contests: it goes out with it each time (34 CFR 99.21(b)(2), (c))."""
    from dam_plugin.custodian.statements import owe_statement, place_statement

    with attached() as at:
        paper = context.kept_digest(at.services, file)
        placed = place_statement(
            at.services,
            key,
            student,
            text,
            actor_of(as_),
            context.system_user(),
            author=author,
            on=day_of(on, None),
            paper=paper,
            no_student_named=no_student_named,
        )
        owed = owe_statement(at.services, placed)
    sentence = f"{placed.id} goes with {key} from now on: whoever gets it reads the statement, and by hand you add it."
    print_result({**asdict(placed), "owed": [each.id for each in owed]}, sentence, as_json=as_json)
    for each in owed if not as_json else ():
        say(
            f"Somebody was given it since {placed.on}, without the statement: send it after ({each.id}, due {each.due}).",
            "yellow",
        )


@custodian_app.command()
def statements(key: Key, as_: As = None, as_json: AsJson = False) -> None:
    """Print the statements of families that are kept with a recording, and whether each goes with it."""
    from dam_plugin.custodian.statements import statements_of

    with attached() as at:
        found = statements_of(at.services, key, actor_of(as_))
    columns: Columns = {"id": "id", "student": "student_id", "on": "on", "goes": "goes", "statement": "words"}
    rows = ({**asdict(each.statement), "goes": each.goes, "looks_like": each.looks_like} for each in found)
    print_rows("Statements of families", rows, columns, as_json=as_json)
    if not as_json:
        tell_what_stays(found)


def tell_what_stays(found: Iterable[KeptStatement]) -> None:
    """Say which statements are kept with another recording, and which do not go since no tag names the student."""
    for each in found:
        statement, other = each.statement, each.looks_like
        if other is not None:
            say(f"{statement.id} is kept with {other}, which this looks like.", "yellow")
        if not each.goes:
            ended, again = ("", "") if other is not None else (" any more", " again")
            say(
                f"{statement.id} does not go with it{ended}: no tag names {statement.student_id}. Once they are found in it"
                f"{again}, it goes{again}.",
                "yellow",
            )


@custodian_app.command("statement-end")
def statement_end(
    statement: Annotated[str, typer.Argument(metavar="ID", help="The statement (st-…).")],
    why: Why,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """End a statement, since what it contests was amended."""
    from dam_plugin.custodian.statements import end_statement

    with attached() as at:
        ended = end_statement(at.services, statement, why, actor_of(as_), context.system_user())
    print_result(asdict(ended), f"{ended.id} goes with the recording no more.", as_json=as_json)


@custodian_app.command("not-ours")
def not_ours(
    key: Key,
    created_by: Annotated[str, typer.Option("--created-by", help="Who made it.")],
    kept_by: Annotated[str, typer.Option("--kept-by", help="Who keeps it.")],
    why: Why,
    not_for_us: Annotated[
        bool, typer.Option("--not-for-us", help="They neither made nor keep it on the district's behalf.")
    ] = False,
    not_our_contractor: Annotated[
        bool,
        typer.Option(
            "--not-our-contractor", help="The contractor or vendor that the words name works for somebody else."
        ),
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that somebody else made and keeps a recording, not for us: anybody may have it. It takes two people.

    A bus contractor's recording is made for us: ours. A booster club's album is not ours while the club alone keeps it; what
    our library keeps is ours. What an employee films at work is ours, on a telephone of their own, too.
    """
    from dam_plugin.sharing.finding_kinds import NotOurs

    found = NotOurs(created_by, kept_by, why, not_for_us, not_our_contractor)
    _say(key, found, as_, as_json=as_json, done="not maintained by the district")


@custodian_app.command("unit-record")
def unit_record(
    key: Key,
    created_by: Annotated[str, typer.Option("--created-by", help="The officer or camera of the unit that made it.")],
    purpose: Annotated[
        str, typer.Option("--for-law-enforcement", metavar="TEXT", help="The law-enforcement purpose it was made for.")
    ],
    kept_by: Annotated[str, typer.Option("--kept-by", help="Who of the unit keeps it.")],
    why: Why,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that a recording is the law-enforcement unit's: made by it, for law enforcement, kept by it (34 CFR 99.8).

    Every request for it then goes to the unit's records custodian (RSMo 610.100), and nothing goes out from here but in an
    emergency. What the school uses is an education record: an official use, once tagged, ends it, and so do two people by
    `reopen KEY --confidential`.
    """
    from dam_plugin.sharing.finding_kinds import UnitRecord

    found = UnitRecord(created_by, purpose, kept_by, why)
    _say(key, found, as_, as_json=as_json, done="the law-enforcement unit's record")


@custodian_app.command()
def ours(key: Key, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Say that the district maintains a recording after all."""
    from dam_plugin.sharing.finding_kinds import Ours

    _say(key, Ours(why), as_, as_json=as_json, done="maintained by the district")


@custodian_app.command()
def people(
    key: Key,
    why: Why,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", metavar="ID[@x,y,w,h][@TIME]", help="A student in it, as for `tag` (repeatable)."),
    ] = None,
    prominence: Seen = "unknown",
    only: Only = False,
    nobody: Nobody = False,
    unidentified: Unidentified = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say who is in a recording where the tags name somebody else. Links close at once.

    On a recording for discipline, about a victim or a person's health it takes two people: each runs this command as a system
    user of their own. Until the second one has, it is held.
    """
    from dam_plugin.sharing.finding_kinds import PersonIdentified

    word = prominence_of(prominence)
    check_only(only, person)
    if nobody and person:
        raise typer.BadParameter("--nobody and people in it exclude each other: nobody else is --only")
    seen = tuple(appearance_of(each, word) for each in person or ())
    found = PersonIdentified(seen, unidentified, nobody or only)
    _say(key, found, as_, as_json=as_json, done="the tags say who is in it", why=why)


@custodian_app.command("mistaken-use")
def mistaken_use(
    key: Key,
    use: Annotated[
        str, typer.Option("--use", metavar="USE[:ID]", help="As it was entered: discipline:S-…, or discipline.")
    ],
    why: Why,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that a recording was never used as its tags say: for discipline, or of that student. It takes two people.

    First enter the right one: `dam-plugin tag KEY --official discipline:S-…`. A use that was right never ends.
    """
    from dam_plugin.sharing.finding_kinds import UseMistaken

    _say(key, UseMistaken(use, why), as_, as_json=as_json, done=f"'{use}' was entered by mistake, and counts no more")


def _say(
    key: str,
    found: OfRecording,
    as_: str | None,
    *,
    as_json: bool,
    done: str,
    why: str | None = None,
) -> None:
    from dam_plugin.custodian.closures import say_of_recording

    with attached() as at:
        said = say_of_recording(at.services, key, found, actor_of(as_), context.system_user(), why)
    _print(key, said, done, as_json=as_json)


def _print(key: str, said: Said, done: str, *, as_json: bool) -> None:
    if as_json:
        tagging = said.stored.tagging
        print_json(
            {
                "key": key,
                "waits": said.waits,
                "closed": tagging.why_closed("closed"),
                "confidential": tagging.why_closed("confidential"),
                "maintained_by": tagging.maintained_by,
                "meaning": tagging.meaning,
                "closed_links": [link.id for link in said.closed],
                "still_published": [asdict(each) for each in said.closed.still_published or ()],
                "given_to": said.given_to,
            }
        )
        return
    if said.waits:
        state = "it is held" if said.held else "nothing happened yet"
        say(f"{key}: {state}. It takes two people: another user of this system runs the same command.", "yellow")
    else:
        say(f"{key}: {done}; {len(said.closed)} link(s) closed")
        if said.given_to:
            say(
                f"{said.given_to} recipient(s) were given it while it counted as not ours. It is on the record of each student "
                "whom it shows (34 CFR 99.32): `dam-plugin ledger student S-… --required`",
                "yellow",
            )
    print_still_published(said.closed.still_published)
