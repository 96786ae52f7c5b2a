"""`hold …`: what may not be destroyed, why and until when; and the alarms where somebody deleted it all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli import context
from dam_plugin.cli.context import As, actor_of, attached, day_of
from dam_plugin.cli.output import AsJson, Columns, print_json, print_result, print_rows, say
from dam_plugin.model import HoldKind

if TYPE_CHECKING:
    from dam_plugin.custodian.holds import Added, HeldPlace, Storage
    from dam_plugin.model import LettingGo, Referral
    from dam_plugin.store import HeldDeletion, Hold

hold_app = typer.Typer(
    help="What may not be destroyed: recordings that are asked for, under subpoena, in litigation.",
    no_args_is_help=True,
)
Place = Annotated[str, typer.Argument(metavar="HOLD", help="The hold (hd-…), or the key or folder that it is on.")]
# The tag dam-release=hold is another thing: who may read.
EVERYTHING = "the whole library"


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(hold_app, name="hold")


@hold_app.command()
def add(
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY…", help="Recordings, or folders, which end with '/' and mean all below them."),
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="litigation, subpoena or request.")
    ] = "litigation",
    matter: Annotated[
        str, typer.Option("--matter", help="The case, the docket or the request, as your files call it.")
    ] = "",
    why: Annotated[str, typer.Option("--why", help="The reason, which is kept.")] = "",
    source: Annotated[str, typer.Option("--source", help="Where it comes from: a paper, a letter, who said so.")] = "",
    until: Annotated[
        str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="The last day (default: until it is released).")
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Hold the whole library.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Hold recordings, so that they cannot be destroyed; only for the custodian or a designee."""
    from dam_plugin.custodian import holds

    named = [*(places or ()), *([holds.EVERYTHING] if everything else ())]
    if any(not each for each in places or ()):
        raise typer.BadParameter("an empty KEY is none: for the whole library say --everything")
    wanted = holds.Wanted(_kind(kind), matter, why, source, day_of(until, None))
    with attached() as at:
        added = holds.add(at.services, named, wanted, actor_of(as_), context.system_user())
    if as_json:
        storage = {"storage_refuses": added.storage.can_refuse, "storage_undoes": added.storage.can_undo}
        print_json(*({**_plain(each), "restored": added.restored, **storage} for each in added.places))
        return
    _tell_added(added)


@hold_app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also what was released or has ended.")] = False,
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="Only what holds this recording.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what holds recordings: the holds, and the open referrals in which somebody waits for one."""
    from dam_plugin.custodian import holds

    with attached() as at:
        found = holds.list_holds(at.services, ended_too=all_, key=key)
    columns: Columns = {
        "id": "id",
        "what": "kind",
        "matter": "matter",
        "on": _on,
        "recordings": "recordings",
        "since": "at",
        "until": lambda row: row["until"] or row["ends"],
    }
    rows = [*map(_plain, found.holds), *map(_plain_referral, found.referrals)]
    print_rows("What may not be destroyed", rows, columns, as_json=as_json)


@hold_app.command()
def show(hold: Place, as_json: AsJson = False) -> None:
    """Show one hold: why, what it covers, how far the storage locks it, and what somebody deleted all the same."""
    from dam_plugin.custodian import holds

    with attached() as at:
        place, deletions = holds.show(at.services, hold)
        storage = holds.storage_of(at.services)
    if as_json:
        print_json({**_plain(place), "deletions": [_plain_alarm(each) for each in deletions]})
        return
    _tell(place, storage)
    for each in deletions:
        say(_alarm_sentence(each), "red" if each.seen is None else "")


@hold_app.command()
def release(
    hold: Place,
    why: Annotated[str, typer.Option("--why", help="The reason, which is kept.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Release a hold; one for litigation once a second person, another user of this system, releases it too."""
    from dam_plugin.custodian import holds

    with attached() as at:
        by = actor_of(as_)
        holds.require_custodian(by)
        found = holds.find(at.services, hold)
        done = holds.release(at.services, found.id, why, by, context.system_user())
    if as_json:
        print_json({**_plain_hold(done.hold), "waits": done.waits})
    elif done.waits:
        say(
            f"{found.id} is for litigation and holds on until another person lets it go too, as another user of this system: "
            f"`dam-plugin hold release {found.id} --why … --as designee:NAME`.",
            "yellow",
        )
    else:
        say(f"{found.id} is released. What else holds the same recordings holds on: `dam-plugin hold list`.")


@hold_app.command()
def alarms(
    seen: Annotated[str | None, typer.Option("--seen", metavar="ALARM", help="Mark this alarm (hl-…) as seen.")] = None,
    why: Annotated[str, typer.Option("--why", help="With --seen: what was done about it.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Also those that are marked as seen.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List the deletions of held recordings that are not yet marked as seen; exit 1 if there are any."""
    from dam_plugin.custodian import holds

    if seen is not None:
        with attached() as at:
            noted = holds.take_note(at.services, seen, why, actor_of(as_), context.system_user())
        print_result(_plain_alarm(noted), f"{noted.id}: noted.", as_json=as_json)
        return
    with attached() as at:
        found = holds.alarms(at.services, seen_too=all_)
    columns: Columns = {
        "alarm": "id",
        "at": "at",
        "recording": "key",
        "it": "told",
        "held by": _joined,
        "noted": "noted",
    }
    print_rows("Deletions of held recordings", map(_plain_alarm, found), columns, as_json=as_json)
    raise typer.Exit(1 if any(each.seen is None for each in found) else 0)


def _kind(text: str) -> Any:  # noqa: ANN401 - a literal
    from typing import get_args

    from dam_plugin.procedure.case_problems import Hints

    known = get_args(HoldKind)
    if text not in known:
        raise typer.BadParameter(
            f"'{text}' is no kind of hold{Hints().hint_of_value(text, known)} (one of {', '.join(known)})"
        )
    return text


def _tell_added(added: Added) -> None:
    for each in added.places:
        day = f"through {each.hold.until}" if each.hold.until else "until it is released"
        say(f"{each.hold.id} holds {_place(each.hold)} ({_count(each)}) {day}.")
    if added.restored:
        say(f"{added.restored} recording(s) that were deleted are there again.", "yellow")
    _tell_storage(added.storage)


def _tell_storage(storage: Storage) -> None:
    if not storage.answers:
        say(
            "The storage does not answer now, the hold counts all the same: run `dam-plugin reconcile` later.",
            "red",
        )
    elif storage.can_refuse:
        say("The storage refuses to delete their versions (Object Lock); it locks them a batch at a time.")
    elif storage.can_undo:
        say("The storage cannot refuse a deletion: it is undone from the versions, and the custodian is told.")
    else:
        say(
            "The bucket keeps no versions: a deletion cannot be undone, only told. Turn versioning on: `dam-plugin init`.",
            "red",
        )


def _tell(place: HeldPlace, storage: Storage) -> None:
    hold = place.hold
    state = "holds" if place.is_in_force else "held"
    say(f"{hold.id} {state} {_place(hold)} ({_count(place)}): {hold.kind}, {hold.matter}", "bold")
    say(f"why: {hold.why}; source: {hold.source}")
    say(
        f"since {hold.at.date()}, by {hold.by.role} {hold.by.id or hold.user.name} (user {hold.user.name}); {_ends(place)}"
    )
    if storage.can_refuse:
        locked = place.locks.get("set", 0)
        rest = "; the rest follows" if place.is_locking else ""
        unfinished = sum(count for state, count in place.locks.items() if state != "set")
        refused = (
            f"; {unfinished} could not be: `dam-plugin doctor --repair`" if unfinished and not place.is_locking else ""
        )
        say(f"versions that the storage refuses to delete: {locked}{rest}{refused}")
    elif place.is_in_force:
        _tell_storage(storage)


def _ends(place: HeldPlace) -> str:
    hold = place.hold
    if hold.released is not None:
        return f"released on {hold.released.at.date()} by {_person(hold.released)}: {hold.released.why}"
    if hold.is_bent:
        return "changed beside the program, so it holds: `dam-plugin ledger verify`"
    if not place.is_in_force:
        return f"ended on {hold.until}"
    asked = f"; {_person(hold.asked)} lets it go, and a second person has to" if hold.asked is not None else ""
    return (f"through {hold.until}" if hold.until else "until it is released") + asked


def _person(wish: LettingGo) -> str:
    return f"{wish.by.role} {wish.by.id or wish.user_name}"


def _place(hold: Hold) -> str:
    return EVERYTHING if hold.is_folder and not hold.key else f"'{hold.key}'"


def _count(place: HeldPlace) -> str:
    return f"{place.recordings:,} recording{'' if place.recordings == 1 else 's'}"


def _on(row: Mapping[str, Any]) -> str:
    return EVERYTHING if row["is_folder"] and not row["key"] else str(row["key"])


def _joined(row: Mapping[str, Any]) -> str:
    return ", ".join(row["holds"])


def _plain_hold(hold: Hold) -> dict[str, Any]:
    return {
        "id": hold.id,
        "kind": hold.kind,
        "key": hold.key,
        "is_folder": hold.is_folder,
        "matter": hold.matter,
        "why": hold.why,
        "source": hold.source,
        "at": hold.at,
        "by": hold.by.id,
        "until": hold.until,
        "release_asked_by": _person(hold.asked) if hold.asked else None,
        "released_at": hold.released.at if hold.released else None,
        "released_by": _person(hold.released) if hold.released else None,
        "released_why": hold.released.why if hold.released else None,
    }


def _plain(place: HeldPlace) -> dict[str, Any]:
    return {
        **_plain_hold(place.hold),
        "in_force": place.is_in_force,
        "ends": _ends(place),
        "recordings": place.recordings,
        "locked_versions": place.locks.get("set", 0),
        "is_locking": place.is_locking,
    }


def _plain_referral(referral: Referral) -> dict[str, Any]:
    from dam_plugin.sharing.file_referral import REFERRAL_KINDS

    return {
        "id": referral.id,
        "kind": "request",
        "key": referral.asset_key,
        "is_folder": False,
        "matter": REFERRAL_KINDS[referral.kind].called,
        "at": referral.opened_at,
        "until": None,
        "in_force": True,
        "ends": "until it is closed",
        "recordings": 1,
    }


def _plain_alarm(deletion: HeldDeletion) -> dict[str, Any]:
    from dam_plugin.intake.undo_deletion import TOLD

    return {
        "id": deletion.id,
        "at": deletion.at,
        "key": deletion.key,
        "asset": deletion.asset_id,
        "outcome": deletion.outcome,
        "told": TOLD[deletion.outcome],
        "holds": list(deletion.holds),
        "noted": f"{_person(deletion.seen)}: {deletion.seen.why}" if deletion.seen else None,
    }


def _alarm_sentence(deletion: HeldDeletion) -> str:
    plain = _plain_alarm(deletion)
    noted = f" (noted by {plain['noted']})" if plain["noted"] else ""
    return f"{deletion.id}: '{deletion.key}' {plain['told']}{noted}"
