"""`hold …`: holds on recordings, and alarms about deletions of held recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, Sealed, actor_of, attached, day_of, require_keeper_if
from dam_plugin.cli.files import check_file
from dam_plugin.cli.output import (
    LISTED,
    After,
    AsJson,
    Columns,
    Limit,
    page_of_rows,
    print_json,
    print_result,
    print_rows,
    say,
)
from dam_plugin.model import HoldGround, HoldKind

if TYPE_CHECKING:
    from dam_plugin.custodian.holds import Added, HeldPlace, Storage
    from dam_plugin.model import LettingGo, Referral
    from dam_plugin.store import HeldDeletion, Hold
    from dam_plugin.store.requests import HeldByRequest

hold_app = typer.Typer(help=help_of("hold"), no_args_is_help=True)
Place = Annotated[str, typer.Argument(metavar="HOLD", help="The hold (hd-…), or the key or folder that it is on.")]
GROUNDS = ", ".join(get_args(HoldGround))
Ground = Annotated[
    str | None,
    typer.Option(
        "--ground",
        metavar="GROUND",
        help=f"Why nobody is told: {GROUNDS} (34 CFR 99.31(a)(9)(ii); counsel: a closed matter, RSMo 610.021(1)).",
    ),
]
SealFile = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar="COPY", help="A copy of what says that nobody is told: the order, or counsel's letter."
    ),
]
# The tag dam-release=hold is another thing: who may read.
EVERYTHING = "the whole library"


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(hold_app, name="hold")


@hold_app.command()
def add(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY", help="Recordings, or folders with all recordings in them; a folder ends with '/'."
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="litigation, subpoena or request.")
    ] = "litigation",
    matter: Annotated[
        str, typer.Option("--matter", help="The name of the case, docket or request in your files.")
    ] = "",
    why: Annotated[str, typer.Option("--why", help="The reason, which is kept.")] = "",
    source: Annotated[str, typer.Option("--source", help="The origin, such as a letter and its day.")] = "",
    until: Annotated[
        str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="The last day (default: until it is released).")
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="Hold the whole library.")] = False,
    sealed: Annotated[
        bool, typer.Option("--sealed", help="Nobody but the custodian is told of it; say why: --ground.")
    ] = False,
    ground: Ground = None,
    file: SealFile = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Hold recordings, so that nobody destroys them. Only for the custodian or a designee."""
    from dam_plugin.custodian import holds

    named = [*(places or ()), *([holds.EVERYTHING] if everything else ())]
    if any(not each for each in places or ()):
        raise typer.BadParameter("an empty KEY is none: for the whole library say --everything")
    if sealed is (ground is None):
        raise typer.BadParameter(f"a hold is sealed for a reason: --sealed --ground GROUND ({GROUNDS})")
    if file is not None and not sealed:
        raise typer.BadParameter("--file belongs to a sealed hold: --sealed --ground GROUND --file COPY")
    wanted = holds.Wanted(_kind(kind), matter, why, source, day_of(until, None), _ground(ground))
    if file is not None:
        check_file(file)
    with attached() as at:
        if file is not None:
            holds.require_custodian(actor_of(as_))
            wanted = replace(wanted, paper=context.kept_digest(at.services, file))
        added = holds.add(at.services, named, wanted, actor_of(as_), context.system_user())
    if as_json:
        storage = {"storage_refuses": added.storage.can_refuse, "storage_undoes": added.storage.can_undo}
        print_json(*({**_plain(each), "restored": added.restored, **storage} for each in added.places))
        return
    _tell_added(added)


@hold_app.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also holds that were released or have ended.")] = False,
    key: Annotated[str | None, typer.Option("--key", metavar="KEY", help="Only holds on this recording.")] = None,
    limit: Limit = LISTED,
    after: After = None,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List the holds, and the open referrals and requests that hold a recording; the column `by` says what holds it.

    With `--sealed` the sealed ones, and no others.
    """
    from dam_plugin.custodian import holds

    require_keeper_if(as_, sealed=sealed)
    with attached() as at:
        asked = holds.Asked(ended_too=all_, key=key, secret=sealed)
        found = holds.list_page(at.services, asked, limit=limit + 1, after=after)
    columns: Columns = {
        "id": "id",
        "by": _by,
        "matter": "matter",
        "on": _on,
        "recordings": "recordings",
        "since": "at",
        "until": lambda row: row["until"] or row["ends"],
    }
    page = page_of_rows(found, limit, lambda each: each.name)
    print_rows("Holds", (_plain_held(each.by) for each in page), columns, as_json=as_json)


@hold_app.command()
def show(hold: Place, sealed: Sealed = False, as_: As = None, as_json: AsJson = False) -> None:
    """Show one hold: its reason, its recordings, the locked versions, and deletions of its recordings."""
    from dam_plugin.custodian import holds

    require_keeper_if(as_, sealed=sealed)
    with attached() as at:
        place, deletions = holds.show(at.services, hold, secret=sealed)
        storage = holds.storage_of(at.services)
    if as_json:
        print_json({**_plain(place), "deletions": [_plain_alarm(each) for each in deletions]})
        return
    _tell(place, storage)
    for each in deletions:
        say(_alarm_sentence(each), "red" if each.seen is None else "")


@hold_app.command()
def seal(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="The hold (hd-…).")],
    ground: Ground = None,
    file: SealFile = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Seal a hold whose matter nobody may be told of: `--sealed` alone shows it then, and the ledger's entries go with it.

    It is a claim until a second person, another user of this system, gives the same command (without the paper).
    """
    from dam_plugin.custodian import holds

    why = _ground(ground)
    if why is None:
        raise typer.BadParameter(f"a hold is sealed for a reason: --ground GROUND ({GROUNDS})")
    if file is not None:
        check_file(file)
    with attached() as at:
        by, user = actor_of(as_), context.system_user()
        holds.check_seal(at.services, hold, by, user, has_paper=file is not None)
        done = holds.seal(at.services, hold, why, context.kept_digest(at.services, file), by, user)
    sentence = f"{done.id} is sealed: `dam-plugin hold show {done.id} --sealed --as custodian:NAME` shows it, and no list does."
    if done.sealing is not None and done.sealing.is_claim:
        sentence += f" {_second(done)}"
    print_result(_plain_hold(done), sentence, as_json=as_json)


@hold_app.command()
def unseal(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="The hold (hd-…).")],
    why: Annotated[str, typer.Option("--why", help="The reason, which is kept.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Bring a sealed hold back on every page; one that was sealed with a request comes back with the request.

    What two people sealed takes two people: the first one's wish is kept until another user of this system wants the same.
    """
    from dam_plugin.custodian import holds

    with attached() as at:
        done = holds.unseal(at.services, hold, why, actor_of(as_), context.system_user())
    if done.waits:
        sentence = (
            f"{done.hold.id} is still sealed. It takes two people: another user of this system gives the same command."
        )
    else:
        sentence = f"{done.hold.id} is on every page again: `dam-plugin hold show {done.hold.id}`"
    print_result(_plain_hold(done.hold), sentence, as_json=as_json)


@hold_app.command()
def release(
    hold: Place,
    why: Annotated[str, typer.Option("--why", help="The reason, which is kept.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Release a hold. A hold for litigation ends when a second person, another user of this system, releases it too."""
    from dam_plugin.custodian import holds

    with attached() as at:
        by = actor_of(as_)
        holds.require_custodian(by)
        found = holds.find(at.services, hold, secret=True)
        done = holds.release(at.services, found.id, why, by, context.system_user())
    if as_json:
        print_json({**_plain_hold(done.hold), "waits": done.waits})
    elif done.waits:
        say(
            f"{found.id} is for litigation. It still holds until another person, as another user of this system, runs "
            f"`dam-plugin hold release {found.id} --why … --as designee:NAME`.",
            "yellow",
        )
    else:
        say(f"{found.id} is released. Other holds on the same recordings stay: `dam-plugin hold list`.")


@hold_app.command()
def alarms(
    seen: Annotated[str | None, typer.Option("--seen", metavar="ALARM", help="Acknowledge this alarm (hl-…).")] = None,
    why: Annotated[str, typer.Option("--why", help="With --seen: the action taken.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Also acknowledged alarms.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List the deletions of held recordings that nobody has acknowledged; exit 1 if there are any."""
    from dam_plugin.custodian import holds

    if seen is not None:
        with attached() as at:
            noted = holds.take_note(at.services, seen, why, actor_of(as_), context.system_user())
        print_result(_plain_alarm(noted), f"{noted.id} is acknowledged.", as_json=as_json)
        return
    with attached() as at:
        found = holds.alarms(at.services, seen_too=all_)
    columns: Columns = {
        "alarm": "id",
        "at": "at",
        "recording": "key",
        "it": "told",
        "holds": _joined,
        "acknowledged": "noted",
    }
    print_rows("Deletions of held recordings", map(_plain_alarm, found), columns, as_json=as_json)
    raise typer.Exit(1 if any(each.seen is None for each in found) else 0)


def _kind(text: str) -> Any:  # noqa: ANN401 - a literal
    from dam_plugin.procedure.case_problems import Hints

    known = get_args(HoldKind)
    if text not in known:
        raise typer.BadParameter(
            f"'{text}' is no kind of hold{Hints().hint_of_value(text, known)} (one of {', '.join(known)})"
        )
    return text


def _ground(text: str | None) -> HoldGround | None:
    if text is None:
        return None
    known = get_args(HoldGround)
    if text not in known:
        raise typer.BadParameter(f"'{text}' is no ground on which a hold is sealed (one of {', '.join(known)})")
    return cast("HoldGround", text)


def _tell_added(added: Added) -> None:
    for each in added.places:
        day = f"through {each.hold.until}" if each.hold.until else "until it is released"
        say(f"{each.hold.id} holds {_place(each.hold)} ({_count(each)}) {day}.")
        if each.hold.sealing is not None:
            say(_second(each.hold), "yellow")
    if added.restored:
        say(f"{added.restored} deleted recording(s) were restored.", "yellow")
    _tell_storage(added.storage)


def _tell_storage(storage: Storage) -> None:
    if storage.can_refuse:
        say("The storage refuses to delete their versions (Object Lock). The locks are set batch by batch.")
    elif storage.can_undo:
        say("The storage cannot refuse a deletion. It is undone from the versions, and the custodian is notified.")
    if storage.warning:
        say(f"Warning: {storage.warning}.", "red")


def _tell(place: HeldPlace, storage: Storage) -> None:
    hold = place.hold
    state = "holds" if place.is_in_force else "held"
    say(f"{hold.id} {state} {_place(hold)} ({_count(place)}): {hold.kind}, {hold.matter}", "bold")
    say(f"why: {hold.why}; source: {hold.source}")
    if hold.secret:
        say(f"sealed{f' ({hold.ground})' if hold.ground else ''}: nobody but the custodian is told of it", "yellow")
        _tell_sealing(hold)
    say(
        f"since {hold.at.date()}, by {hold.by.role} {hold.by.id or hold.user.name} (user {hold.user.name}); {_ends(place)}"
    )
    if storage.can_refuse:
        locked = place.locks.get("set", 0)
        rest = "; more follow" if place.is_locking else ""
        unfinished = sum(count for state, count in place.locks.items() if state != "set")
        refused = (
            f"; {unfinished} not locked: `dam-plugin doctor --repair`" if unfinished and not place.is_locking else ""
        )
        say(f"versions that the storage refuses to delete: {locked}{rest}{refused}")
    elif place.is_in_force:
        _tell_storage(storage)


def _second(hold: Hold) -> str:
    """Return what the second person has to do about a claim."""
    return (
        "It is a claim until a second person, another user of this system, has read the paper: "
        f"`dam-plugin hold seal {hold.id} --ground {hold.ground} --as designee:NAME`."
    )


def _tell_sealing(hold: Hold) -> None:
    if hold.sealing is None:
        return
    people = [each for each in (hold.sealing.claimed, hold.sealing.confirmed) if each is not None]
    by = " and ".join(f"{_person(each)} (user {each.user_name}, {each.at.date()})" for each in people)
    say(f"sealed by {by}; a copy of the paper is kept (SHA-256 {hold.sealing.paper})")
    if hold.sealing.is_claim:
        say(_second(hold), "yellow")
    if hold.sealing.ending is not None:
        say(f"{_person(hold.sealing.ending)} wants it unsealed; a second person has to want it too", "yellow")


def _ends(place: HeldPlace) -> str:
    hold = place.hold
    if hold.released is not None:
        return f"released on {hold.released.at.date()} by {_person(hold.released)}: {hold.released.why}"
    if hold.is_bent:
        return "changed outside the program: it holds; run `dam-plugin ledger verify`"
    if not place.is_in_force:
        return f"ended on {hold.until}"
    asked = (
        f"; released by {_person(hold.asked)}, a second person has to release it too" if hold.asked is not None else ""
    )
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
        "sealed": hold.secret,
        "ground": hold.ground,
        "sealing": asdict(hold.sealing) if hold.sealing else None,
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
        "held_by": "referral",
        "matter": REFERRAL_KINDS[referral.kind].called,
        "at": referral.opened_at,
        "until": None,
        "in_force": True,
        "ends": "until it is closed",
        "recordings": 1,
    }


# Until when what is asked for is held, by what holds it.
_ENDS = {
    "request": "until it is closed",
    "meeting": "after that day",
    "return": "after that day",
    "appeal": "until the appeal is over",
}


def _plain_held(by: HeldPlace | Referral | HeldByRequest) -> dict[str, Any]:
    from dam_plugin.custodian.holds import HeldPlace
    from dam_plugin.model import Referral

    match by:
        case HeldPlace():
            return {**_plain(by), "held_by": "hold"}
        case Referral():
            return _plain_referral(by)
    return _plain_request(by)


def _plain_request(held: HeldByRequest) -> dict[str, Any]:
    until = "return" if held.by_return else "meeting"
    held_by = "request" if held.is_open else until if held.until else "appeal"
    return {
        "id": held.request_id,
        "kind": "request",
        "key": f"every recording of {held.student}" if held.student else held.place,
        "is_folder": held.place.endswith("/"),
        "held_by": held_by,
        "matter": held.purpose,
        "at": held.received_at,
        "until": held.until,
        "in_force": True,
        "ends": _ENDS[held_by],
        "recordings": None,
    }


def _by(row: Mapping[str, Any]) -> str:
    """Return what holds a recording, in words."""
    from dam_plugin.sharing.held import APPEAL, BEFORE_MEETING, BEFORE_RETURN, HOLD_KINDS

    if row["held_by"] == "hold":
        return f"a hold ({HOLD_KINDS[row['kind']]})"
    days = {"meeting": BEFORE_MEETING, "return": BEFORE_RETURN}
    return {"referral": "a referral", "request": "a request", **days}.get(row["held_by"], APPEAL)


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
    noted = f" (acknowledged by {plain['noted']})" if plain["noted"] else ""
    return f"{deletion.id}: '{deletion.key}' {plain['told']}{noted}"
