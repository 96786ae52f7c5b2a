"""`retention …`: the retention rules, the recordings that are due, their destruction, and the log of destructions."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, actor_of, attached, day_of, recipient_of
from dam_plugin.cli.files import check_file
from dam_plugin.cli.output import LISTED, After, AsJson, Columns, Limit, page_behind, print_json, print_rows, say

if TYPE_CHECKING:
    from dam_plugin.custodian.destroy import Ordered
    from dam_plugin.custodian.retention import Due
    from dam_plugin.custodian.retention_rules import RetentionRule, RetentionRules
    from dam_plugin.services import Services
    from dam_plugin.store import Destruction

retention_app = typer.Typer(help=help_of("retention"), no_args_is_help=True)
RulesFile = Annotated[
    Path | None, typer.Option("--rules", metavar="FILE.toml", help="A rules file instead of the settings' one.")
]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(retention_app, name="retention")


@retention_app.command()
def rules(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.toml]", help="Default: the settings' file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show the retention rules, or every mistake in the file with its line. Needs no set-up for a FILE."""
    from dam_plugin.custodian import retention
    from dam_plugin.errors import SettingsError
    from dam_plugin.settings import Settings

    path = file or Settings.load().retention
    if path is None:
        raise SettingsError(retention.NO_RULES)
    found = retention.rules_in(path)
    columns: Columns = {
        "rule": "name",
        "recordings": _where,
        "official use": lambda row: ", ".join(row["use"]),
        "kept for": lambda row: "ever" if row["years"] == "forever" else f"{row['years']} years",
        "source": "source",
        "families informed": lambda row: "yes" if row["idea_notice"] else "",
    }
    print_rows("Retention rules", map(_plain_rule, found.rule), columns, as_json=as_json)


@retention_app.command()
def due(rules: RulesFile = None, limit: Limit = LISTED, after: After = None, as_json: AsJson = False) -> None:
    """List the recordings that are due for destruction, with their holds. Nothing is destroyed.

    Open requests that ask in words and may ask for them are named.
    """
    from dam_plugin.custodian import retention
    from dam_plugin.custodian.requests_in_words import asking_told, may_be_named, unheld_requests

    with attached() as at:
        by = _rules(at.services, rules)
        with at.services.store.reading() as unit:
            asking = unheld_requests(at.services, unit)
        found = page_behind(retention.due_recordings(at.services, by), limit, after, lambda each: each.key)
        rows = [_plain_due(each, may_be_named(asking)) for each in found]
    columns: Columns = {
        "recording": "key",
        "rule": "rule",
        "due since": "due",
        "holds": lambda row: ", ".join(row["holds"]),
        "needs": _takes,
    }
    if rows and (told := asking_told(asking)):
        typer.echo(f"note: {told}", err=True)
    print_rows("Due for destruction", rows, columns, as_json=as_json)
    held = sum(bool(row["holds"]) for row in rows)
    if rows and not as_json:
        counted = "due" if after is None and len(rows) < limit else "listed"
        say(f"{len(rows)} {counted}, {held} of them held. To destroy one: `dam-plugin retention destroy KEY`.")


@retention_app.command()
def destroy(
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="The recordings, see `retention due`.")],
    why: Annotated[str, typer.Option("--why", help="The reason. It is kept forever: write no name.")],
    notified: Annotated[
        list[str] | None,
        typer.Option(
            "--notified",
            metavar="[ID=]DAY",
            help="The day on which the family of this student (S-…) was informed; DAY alone: every family.",
        ),
    ] = None,
    parents_asked: Annotated[
        str | None,
        typer.Option(
            "--parents-asked",
            metavar="DAY",
            help="The day of the request of a parent or grown student (34 CFR 300.624(b)), before it is due.",
        ),
    ] = None,
    asked_by: Annotated[
        str | None,
        typer.Option(
            "--asked-by",
            metavar="ROLE:ID",
            help="With --parents-asked: who asked, parent:G-… or eligible_student:S-…",
        ),
    ] = None,
    court: Annotated[
        str | None,
        typer.Option("--order", metavar="ID", help="The number of a court's order to destroy it, due or not."),
    ] = None,
    ordered: Annotated[
        str | None, typer.Option("--ordered", metavar="DAY", help="With --order: the day of the order.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="COPY", help="With --order: a copy of it, kept in the bucket on hold."),
    ] = None,
    not_asked_for: Annotated[
        list[str] | None,
        typer.Option(
            "--not-asked-for",
            metavar="RQ-…",
            help="An open request that asks in words, and not for these: you looked (repeatable).",
        ),
    ] = None,
    rules: RulesFile = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Destroy recordings that are due: every version and every copy. Only for the custodian or a designee.

    A recording with an official use waits until a second person, another user of this system, gives the same order. So does
    what a court orders, whatever it shows: the second person reads the paper, and gives its number. So does what a parent, or
    the student once the rights are the student's, asks for before it is due: both people say who asked. A hold stops that too.
    While a request asks in words and nothing is held for it, you say of each recording that it is not what is asked for
    (`--not-asked-for`); where a subpoena or a court's order asks so, two people do.
    """
    from dam_plugin.custodian import destroy as destroying

    if court is None and (ordered is not None or file is not None):
        raise typer.BadParameter("--ordered and --file belong to a court's order: give its number too, --order ID")
    by_court = None if court is None else destroying.OrderedBy(court, day_of(ordered, None))
    others = tuple(dict.fromkeys(each.strip().upper() for each in not_asked_for or ()))
    order = destroying.Order(
        why,
        day_of(parents_asked, None),
        tuple(map(_notified, notified or ())),
        by_court,
        others,
        recipient_of(asked_by) if asked_by is not None else None,
    )
    if file is not None:
        check_file(file)
    with attached() as at:
        by, user = actor_of(as_), context.system_user()
        destroying.check_order(at.services, order, by, user)
        if by_court is not None and file is not None:
            order = replace(order, court=replace(by_court, paper=context.kept_digest(at.services, file)))
        known = None if court is not None else _rules(at.services, rules)
        done = destroying.destroy(at.services, known, keys, order, by, user)
    for each in done:
        if as_json:
            print_json(_plain_ordered(each))
        else:
            _tell(each, order.not_asked_for)
    raise typer.Exit(1 if any(each.refused for each in done) else 0)


@retention_app.command()
def log(
    last: Annotated[int | None, typer.Option("--last", min=1, help="Only the last so many.")] = None,
    limit: Limit = LISTED,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """Show the log of destructions with their certificates, and orders that wait for a second person."""
    from dam_plugin.custodian import destroy as destroying

    with attached() as at:
        found = destroying.log_of(at.services)
    page = page_behind(found[-last:] if last else found, limit, after, lambda each: each.id)
    rows = [_plain_log(each) for each in page]
    columns: Columns = {
        "destruction": "id",
        "recording": "recording",
        "of": "created",
        "rule": "rule",
        "by": "by",
        "on": "done_at",
        "state": "state",
    }
    print_rows("Destructions", rows, columns, as_json=as_json)
    if not as_json:
        for row in rows:
            if row["certificate"]:
                say(f"{row['id']}: {row['certificate']}")


def _rules(services: Services, path: Path | None) -> RetentionRules:
    from dam_plugin.custodian import retention

    return retention.rules_of(services) if path is None else retention.rules_in(path)


def _notified(text: str) -> tuple[str, date]:
    student, equals, day = text.rpartition("=")
    if equals and not student.startswith("S-"):
        raise typer.BadParameter(f"'{text}' is not S-…=YYYY-MM-DD or YYYY-MM-DD")
    return student, day_of(day, date.min)


def _tell(ordered: Ordered, not_asked_for: Sequence[str]) -> None:
    from dam_plugin.custodian.destroyed_recordings import at_request_of

    done = ordered.destruction
    if ordered.refused:
        say(
            f"{done.id}: the storage refused to delete {ordered.refused} version(s) of '{ordered.key}'. They are locked, or "
            "the plugin's role may not delete them: correct that and give the order again.",
            "red",
        )
    elif done.state == "asked":
        reason = "is said not to be what is asked for" if ordered.is_beside_order else "has an official use"
        if done.court or done.parents_asked:
            at_request = at_request_of(done.asked_as)
            reason = f"is to be destroyed {'as a court ordered' if done.court else at_request}"
        number = f"--order {shlex.quote(done.court.id)} " if done.court else ""
        number += "--parents-asked DAY --asked-by WHO " if done.asked_by else ""
        number += "".join(f"--not-asked-for {each} " for each in not_asked_for)
        say(
            f"{done.id}: '{ordered.key}' {reason} and is not destroyed yet. Another person, as another user of this system, "
            f"has to give the same order: `dam-plugin retention destroy KEY --why … {number}--as designee:NAME`.",
            "yellow",
        )
        if ordered.others:
            say(
                f"note: {' and '.join(ordered.others)} may want to see or keep it, with a parent's rights too (34 CFR 99.4, "
                "99.10): whether to ask them is the custodian's to consider before the second person agrees, as is whether "
                "they were informed, --notified (34 CFR 300.624(a)).",
                "yellow",
            )
    else:
        say(f"{done.id}: {done.certificate}")
    if ordered.elsewhere:
        say(f"The library has the same picture under {len(ordered.elsewhere)} other key(s). They stay.", "yellow")
    if ordered.sets and done.state == "done":
        say(f"Yearbook sets with a copy stay: {', '.join(ordered.sets)}.", "yellow")
    if done.court is not None and (ordered.elsewhere or ordered.sets):
        say(
            "Read whether the order reaches these as well. Give it for each key: "
            f"{', '.join(map(shlex.quote, ordered.elsewhere)) or 'none'}; delete a set's copy where the set lies.",
            "yellow",
        )


def _where(row: Mapping[str, Any]) -> str:
    parts = [*(row["folder"] or ()), *(f"event {each}" for each in row["event"] or ())]
    return ", ".join(parts)


def _takes(row: Mapping[str, Any]) -> str:
    parts = ["two people" if row["needs_two"] else "", "--notified" if row["idea_notice"] else ""]
    return ", ".join(filter(None, (*parts, "deleted by the host" if row["is_hidden"] else "")))


def _plain_rule(rule: RetentionRule) -> dict[str, Any]:
    return asdict(rule)


def _plain_due(due: Due, asking: Sequence[str]) -> dict[str, Any]:
    from dam_plugin.sharing.held import shown

    return {
        "key": due.key,
        "recording": due.asset_id,
        "rule": due.rule.name,
        "source": due.rule.source,
        "created": due.created,
        "due": due.due,
        "holds": [each.id for each in shown(due.holdings)],
        "needs_two": due.needs_two,
        "idea_notice": due.rule.idea_notice,
        "is_hidden": due.is_hidden,
        "may_be_asked_for": list(asking),
    }


def _plain_log(each: Destruction) -> dict[str, Any]:
    people = [wish for wish in (each.asked, each.agreed) if wish is not None]
    return {
        "id": each.id,
        "recording": each.asset_id,
        "created": each.created,
        "rule": each.rule,
        "source": each.source,
        "due": each.due,
        "court": asdict(each.court) if each.court else None,
        "parents_asked": each.parents_asked,
        "asked_by": each.asked_as,
        "by": ", ".join(f"{wish.by.role}:{wish.by.id or wish.user_name}" for wish in people),
        "why": each.asked.why,
        "asked_at": each.asked.at,
        "done_at": each.done_at,
        "state": each.state,
        "versions": each.versions,
        "copies": each.copies,
        "certificate": each.certificate,
    }


def _plain_ordered(ordered: Ordered) -> dict[str, Any]:
    return {
        **_plain_log(ordered.destruction),
        "key": ordered.key,
        "refused": ordered.refused,
        "sets": list(ordered.sets),
        "elsewhere": list(ordered.elsewhere),
        "other_holders": list(ordered.others),
    }
