"""`request …`: the register of requests: what came in, by when it has to be answered, what it costs, what was withheld."""

from __future__ import annotations

import csv
import shlex
import sys
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import (
    As,
    NotAbout,
    Sealed,
    actor_of,
    attached,
    day_of,
    is_custodian_reading,
    moment_of,
    recipient_of,
    recipient_text,
    require_keeper_if,
)
from dam_plugin.cli.files import check_file
from dam_plugin.cli.output import AsJson, local, more_follow, print_json, print_rows, print_table, say
from dam_plugin.cli.share import meeting_kind_of
from dam_plugin.custodian.request_words import (
    kept_told,
    left_to_tell,
    narrowed_how,
    passed_told,
    said_of,
    stopped_told,
    why_not_owed,
)
from dam_plugin.custodian.requests import (
    AMENDED_AS,
    APPEALS_TO,
    CHANNELS,
    MEETING_KINDS,
    OUTCOMES,
    PAPER_KINDS,
    STATES,
    WANTED_AS,
    AmendmentAsked,
    Appealed,
    AppealOver,
    AskedToo,
    Assigned,
    Closed,
    Delayed,
    DepositAsked,
    FamiliesTold,
    FeeBasis,
    FeeWaived,
    FoundSettled,
    HearingAsked,
    HearingDecided,
    HearingNotWanted,
    HearingSet,
    HearingTold,
    MeetingSet,
    OrderEnded,
    OrderNarrowed,
    OrderNoted,
    OrderVerified,
    OrderWidened,
    Paid,
    ReasonsAsked,
    ReasonsGiven,
    ReasonsNotWanted,
    ReceivedAsked,
    ReceivedCorrected,
    Reopened,
    content_of,
    dollars,
    outcomes_told,
    seal_of,
    seal_told,
)
from dam_plugin.errors import InputError
from dam_plugin.model import RECIPIENT_ROLES, Recipient
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.exceptions import OTHER_SCHOOL
from dam_plugin.procedure.outside import cited_in_words, joined_provisions
from dam_plugin.pseudonyms import SHARE, person_id
from dam_plugin.sharing.secret_order import PAPERS

if TYPE_CHECKING:
    from dam_plugin.custodian.exemption_log import ExemptionLog
    from dam_plugin.custodian.request_register import Listed, RequestView
    from dam_plugin.custodian.requests import Clock, Happening, RecordingAnswer
    from dam_plugin.procedure.outside import OutsideReason
    from dam_plugin.services import Services
    from dam_plugin.store import StoredRequest

request_app = typer.Typer(help=help_of("request"), no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="RQ", help="The request (RQ-…), see `request list`.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="Dollars and cents, such as 12.50.")]
Why = Annotated[str, typer.Option("--why", help="The reason, which is kept.")]
On = Annotated[
    str | None,
    typer.Option("--on", metavar="MOMENT", help="When it happened: YYYY-MM-DD, or with HH:MM (default: now)."),
]
NoStudentNamed = Annotated[
    bool,
    typer.Option("--no-student-named", help="A word of the text that looks like a name means nobody on the roster."),
]
Paper = Annotated[
    str | None, typer.Option("--paper", help=f"It is a subpoena or a court's order: {', '.join(PAPER_KINDS)}.")
]
ReturnDay = Annotated[
    str | None, typer.Option("--return", metavar="DAY", help="The day on which the paper has to be answered.")
]
NoNotice = Annotated[
    str, typer.Option("--no-notice", metavar="WHY", help="Why no family is told of the order before it is answered.")
]
Sunshine = Annotated[
    bool,
    typer.Option(
        "--sunshine",
        help="The letter also asks by the Sunshine Law: that is entered as a request of its own, with its three days.",
    ),
]
Provision = Annotated[
    list[str] | None,
    typer.Option("--provision", metavar="TEXT", help="A provision of law by which something is withheld (repeatable)."),
]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(request_app, name="request")


@request_app.command()
def add(
    from_: Annotated[
        str, typer.Option("--from", metavar="ROLE:ID", help="Who asks, e.g. parent:G-… or public:reporter-7.")
    ],
    purpose: Annotated[str, typer.Option("--purpose", help="What for, e.g. inspection; see `dam-plugin purposes`.")],
    received: Annotated[
        str, typer.Option("--received", metavar="MOMENT", help="When it came: YYYY-MM-DD, or with HH:MM.")
    ],
    channel: Annotated[str, typer.Option("--channel", help=f"How it came: {', '.join(CHANNELS)}.")],
    recordings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RECORDING]...", help="What is asked for: keys, folders (games/), or globs ('games/a*')."
        ),
    ] = None,
    want: Annotated[str | None, typer.Option("--want", help="view (to see it), or copy [copy].")] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="The format that is asked for, such as MP4 on a disk.")
    ] = None,
    described: Annotated[
        str | None, typer.Option("--described", help="What is asked for, in words: S-… for a student, without names.")
    ] = None,
    student: Annotated[
        list[str] | None, typer.Option("--student", metavar="S-…", help="A student whom it is about (repeatable).")
    ] = None,
    meeting: Annotated[
        str | None,
        typer.Option(
            "--meeting", metavar="DAY", help="An IEP meeting or hearing before which the family has to see it."
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help=f"What that meeting is: {', '.join(MEETING_KINDS)} [iep].")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help="Name and address of who asks; shown with --names alone.")
    ] = None,
    paper: Paper = None,
    return_day: ReturnDay = None,
    no_notice: NoNotice = "",
    sunshine: Sunshine = False,
    amend: Annotated[
        str | None,
        typer.Option(
            "--amend",
            metavar="TEXT",
            help="A family asks to amend a record: what is wrong, and why. With --want it goes beside what it asks to see.",
        ),
    ] = None,
    referral: Annotated[
        list[str] | None,
        typer.Option("--referral", metavar="rf-…", help="Work that waits for it already (repeatable)."),
    ] = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Enter a request that came in; its clocks begin on the day on which it came."""
    from dam_plugin.custodian import request_register
    from dam_plugin.store import StoredRequest

    if kind is not None and meeting is None:
        raise typer.BadParameter("--kind belongs to --meeting")
    order = _order_of(paper, return_day, no_notice, sunshine=sunshine)
    noted: list[OrderNoted | AmendmentAsked | AskedToo] = [order] if order is not None else []
    if sunshine:
        noted.append(AskedToo())
    if amend is not None:
        if noted:
            raise typer.BadParameter("--amend is a family's, and --paper an order's: give one of them")
        sees = any(each is not None for each in (want, format_, meeting, referral))
        noted.append(AskedToo(amend) if sees else AmendmentAsked(amend))
    with attached() as at:
        request = StoredRequest(
            id="",
            received_at=moment_of(received, at.services.now()),
            recipient=recipient_of(from_),
            channel=_one_of(channel, CHANNELS, "a channel"),
            wanted=_one_of(want or "copy", WANTED_AS, "what can be wanted"),
            purpose=purpose,
            format=format_,
            recordings=tuple(recordings or ()),
            students=tuple(dict.fromkeys(student or ())),
            described=described,
            meeting=day_of(meeting, None),
            meeting_kind=meeting_kind_of(kind or "iep") if meeting else None,
            contact=contact,
        )
        view = request_register.add_request(
            at.services,
            request,
            actor_of(as_),
            context.system_user(),
            referrals=tuple(referral or ()),
            no_student_named=no_student_named,
            noted=noted,
        )
        _print(view, custodian=is_custodian_reading(as_), as_json=as_json)
        _name_seal(view, no_notice)
        _say_family(at.services, view, as_)
        for each in view.status.asked_too:
            other = request_register.get_request(at.services, each.entered_as)
            _print(other, custodian=is_custodian_reading(as_), as_json=as_json)
        _say_sunshine(view)
    if view.request.secret and not as_json:
        say(
            f"Sealed, since it may be about a report: `dam-plugin request show {view.request.id} --sealed` shows it to the "
            "custodian alone."
        )


@request_app.command("list")
def list_(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those of which a clock has run out.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Those that are closed, too.")] = False,
    owner: Annotated[str | None, typer.Option("--owner", metavar="ID", help="Only one person's.")] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", help=f"Only in this state (repeatable): {', '.join(STATES)}.")
    ] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only of one role, such as parent or public.")] = None,
    student: Annotated[str | None, typer.Option("--student", metavar="S-…", help="Only about one student.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="How many at most, up to 1000.")] = 100,
    after: Annotated[
        str | None, typer.Option("--after", metavar="RQ", help="Only those that follow this one in the list.")
    ] = None,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List requests, the one whose clock ends next first; `--all` adds those of which no clock runs, the newest first.

    Which other school asks, the custodian alone is shown (--as custodian:NAME).
    """
    from dam_plugin.custodian.request_json import request_told
    from dam_plugin.custodian.request_register import Asked, list_requests
    from dam_plugin.store.requests import Wanted

    states = frozenset(_one_of(each, STATES, "a state") for each in state) if state else None
    require_keeper_if(as_ if sealed else None, sealed=sealed)
    wanted = Wanted(owner, states, _one_of(role, RECIPIENT_ROLES, "a role") if role else None, student, sealed)
    # A state in which no clock runs is looked for among those at rest.
    at_rest = all_ or bool(states and states - {"open", "delayed"})
    with attached() as at:
        page = list_requests(at.services, Asked(wanted, at_rest, overdue, limit, after))
    shown = [replace(each, request=_shown_to(as_, each.request)) for each in page.requests]
    if as_json:
        print_json(*(asdict(request_told(each)) for each in shown))
    else:
        rows = [_row(each) for each in shown]
        columns = {
            name: name for name in ("id", "from", "wants", "received", "due", "what has to be done", "state", "owner")
        }
        print_rows("Requests", rows, columns, as_json=False)
        late = sum(each.is_overdue for each in page.requests)
        if late:
            say(f"{late} overdue.", "red")
    if page.after is not None:
        more_follow(page.after)


@request_app.command()
def show(
    request: Id,
    names: Annotated[bool, typer.Option("--names", help="Show who asks, by name and address.")] = False,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Show one request: its clocks and how their days came about, each recording's answer, the fee, and what is next.

    Which other school asks, the custodian alone is shown (--as custodian:NAME).
    """
    from dam_plugin.custodian.letters import MOST_LISTED, list_letters
    from dam_plugin.custodian.request_register import get_request
    from dam_plugin.store import LetterAbout

    require_keeper_if(as_ if sealed else None, sealed=sealed)
    with attached() as at:
        view = get_request(at.services, request, secret=sealed)
        view = replace(view, request=_shown_to(as_, view.request))
        _print(view, names=names, custodian=is_custodian_reading(as_), as_json=as_json)
        _say_family(at.services, view, as_)
        letters = list_letters(at.services, LetterAbout(request_id=request), MOST_LISTED, secret=view.request.secret)
    if letters and not as_json:
        say(f"Letters: {', '.join(f'{each.id} ({each.kind}, {each.language})' for each in letters)}")


@request_app.command()
def assign(
    request: Id,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Whose it is from now on; they are told.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Give a request to a member of staff, or take it over."""
    _note(request, Assigned(to.strip()), as_, as_json=as_json)


@request_app.command()
def join(
    request: Id,
    parts: Annotated[list[str], typer.Argument(metavar="PART...", help="Shares (sh-…) and referrals (rf-…).")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that shares or referrals that are there already answer a request; `share --request` joins a new one."""
    from dam_plugin.custodian.request_register import join_parts

    with attached() as at:
        view = join_parts(at.services, request, parts, actor_of(as_), context.system_user())
        _print(view, custodian=True, as_json=as_json)


@request_app.command()
def extend(
    request: Id,
    cause: Annotated[str, typer.Option("--cause", help="The cause of the delay, in detail.")],
    place: Annotated[str, typer.Option("--place", help="Where it will be available.")],
    earliest: Annotated[
        str, typer.Option("--earliest", metavar="MOMENT", help="The earliest time and date: 'YYYY-MM-DD HH:MM'.")
    ],
    late: Annotated[
        bool, typer.Option("--late", help="It was explained after the day on which it was due; kept as late.")
    ] = False,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Explain a delay, as RSMo 610.023.3 asks: the cause, the place, and the earliest time and date."""
    with attached() as at:
        moment = moment_of(earliest, at.services.now())
        view = _noted(
            at.services,
            request,
            Delayed(cause, place, moment, late),
            as_,
            on,
            as_json=as_json,
            no_student_named=no_student_named,
        )
    if view.by_name.is_strangers:
        from dam_plugin.custodian.asked_by_name import denied_today

        typer.echo(f"note: {denied_today(request)}", err=True)


@request_app.command()
def meeting(
    request: Id,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day of the meeting.")],
    kind: Annotated[str, typer.Option("--kind", help=f"What it is: {', '.join(MEETING_KINDS)}.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note the day of a meeting or hearing before which the family has to see it; the same kind again moves the day."""
    _note(request, MeetingSet(meeting_kind_of(kind), day_of(on, date.max)), as_, as_json=as_json)


@request_app.command()
def order(
    request: Id,
    paper: Annotated[
        str | None,
        typer.Option(
            "--paper", help=f"It is a subpoena or a court's order: {', '.join(PAPER_KINDS)}; or after all none."
        ),
    ] = None,
    return_day: ReturnDay = None,
    no_notice: NoNotice = "",
    sunshine: Sunshine = False,
    told: Annotated[
        str, typer.Option("--told", metavar="HOW", help="Every family was told of it, or a reasonable effort was made.")
    ] = "",
    verified: Annotated[
        str,
        typer.Option(
            "--verified", metavar="HOW", help="It was verified as lawfully issued, by whom: 'counsel called the clerk'."
        ),
    ] = "",
    not_reached: Annotated[
        list[str] | None,
        typer.Option(
            "--not-reached",
            metavar="RECORDING",
            help="The court narrowed it, so that it does not reach this recording (a key or R-…) any more (repeatable).",
        ),
    ] = None,
    reached: Annotated[
        list[str] | None,
        typer.Option(
            "--reached", metavar="RECORDING", help="It reaches this recording again, which --not-reached took out."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="COPY", help="A copy of the paper by which it was narrowed or widened."),
    ] = None,
    why: Annotated[
        str,
        typer.Option(
            "--why",
            help="How it is known that it is none, with --paper none; or why it does not reach a recording, or does.",
        ),
    ] = "",
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note that it is a subpoena or a court's order, and its return day; with `--told` that its families were told.

    It is due on that day, and not by the Sunshine Law; the families are told before. The same again moves the day. With
    `--verified` it was verified as lawfully issued: until then, whoever names a student with it hears no more than a stranger
    (34 CFR 99.31(a)(9)(i)). With `--paper none` it is none after all, and the days of the Sunshine Law run as if it never had
    been. With `--not-reached` the court narrowed it: no family is told of that recording, nothing of it goes out on the order,
    and no outcome waits for it. Where the court quashed all of it, `request withdraw` says so.
    """
    from dam_plugin.custodian.order_notice import days_apart
    from dam_plugin.custodian.request_register import ask_too

    what: Happening
    if not_reached or reached or file is not None:
        if (
            any((paper, return_day, no_notice, told, verified, sunshine))
            or not why
            or bool(not_reached) == bool(reached)
        ):
            raise typer.BadParameter("--not-reached or --reached takes --why, --file for the paper, and nothing else")
        _note_reach(
            request, not_reached, reached, why, file, as_, on, as_json=as_json, no_student_named=no_student_named
        )
        return
    if paper == _NO_PAPER:
        if return_day is not None or no_notice or told or verified or sunshine or not why:
            raise typer.BadParameter("--paper none takes --why, how it is known that it is none, and nothing else")
        what = OrderEnded(why)
    else:
        noted = _order_of(paper, return_day, no_notice, sunshine=sunshine)
        said = (noted, FamiliesTold(told) if told else None, OrderVerified(verified) if verified else None)
        given = [each for each in said if each is not None]
        if len(given) != 1 or why:
            raise typer.BadParameter(
                "give --paper and --return; or --told HOW, once the families were told; or --verified HOW, once the paper was "
                "verified; or --not-reached RECORDING or --reached RECORDING, and --why; or --paper none and --why"
            )
        what = given[0]
    with attached() as at:
        view = _noted(at.services, request, what, as_, on, as_json=as_json, no_student_named=no_student_named)
        _name_seal(view, no_notice)
        if isinstance(what, OrderNoted):
            for referral, apart in days_apart(at.services, view.request.id):
                typer.echo(f"note: {referral}: {apart}", err=True)
            if sunshine:
                other = ask_too(at.services, request, AskedToo(), actor_of(as_), context.system_user())
                _print(other, custodian=True, as_json=as_json)
            else:
                _say_sunshine(view)


_NO_PAPER = "none"


def _note_reach(
    request: str,
    not_reached: list[str] | None,
    reached: list[str] | None,
    why: str,
    file: Path | None,
    as_: str | None,
    on: str | None,
    *,
    as_json: bool,
    no_student_named: bool,
) -> None:
    """Note which recordings the order does not reach any more, or reaches again; a copy of the paper is kept."""
    if file is not None:
        check_file(file)
        require_keeper_if(as_, sealed=True)
    with attached() as at:
        paper = context.kept_paper(at.services, file)
        struck, back = tuple(not_reached or ()), tuple(reached or ())
        what = OrderNarrowed(struck, why, paper) if struck else OrderWidened(back, why, paper)
        view = _noted(at.services, request, what, as_, on, as_json=as_json, no_student_named=no_student_named)
        _say_went_out(at.services, view, struck, on)


def _say_went_out(services: Services, view: RequestView, keys: tuple[str, ...], on: str | None) -> None:
    """Say of recordings that a court struck, and that went out on the order since, how that is put on record."""
    since = day_of(on, services.now().date())
    with services.store.reading() as unit:
        given = unit.shares.stored_of(each for each in view.status.parts if each.startswith(SHARE))
        parts = map(unit.referrals.referral, view.status.parts)
        work = {each.asset_key: each.id for each in parts if each is not None}
    for each in given:
        day = each.at.astimezone(services.now().tzinfo).date()
        if each.share.asset_key in keys and each.outcome in ("allow", "redact") and day >= since:
            known = work.get(each.share.asset_key) or each.share.referral or each.share.id
            typer.echo(
                f"note: {each.share.asset_key} went out on {day}, when the order did not reach it any more: two people put it "
                f"on record as given by mistake, `dam-plugin queue withdraw {known} --never-held --why TEXT`; ask for it back",
                err=True,
            )


def _say_sunshine(view: RequestView) -> None:
    """Say of an order that was noted now how what its letter asks by the Sunshine Law is entered, where it is not."""
    noted = [each for each in map(content_of, view.events) if isinstance(each, OrderNoted)]
    if len(noted) == 1 and not view.request.secret and not view.status.asked_too:
        paper, day = noted[0].paper, noted[0].return_day
        how = (
            "`dam-plugin request add` without --paper"
            if noted[0].no_notice
            else f"`dam-plugin request order {view.request.id} --paper {paper} --return {day} --sunshine --as custodian:NAME`"
        )
        typer.echo(
            f"note: the three business days of the Sunshine Law do not run for {view.request.id}. If the letter also asks by "
            f"the Sunshine Law, they run (RSMo 610.023.3): enter that by itself, {how}",
            err=True,
        )


def _name_seal(view: RequestView, no_notice: str) -> None:
    """Say, where no family is told of an order, that one which forbids telling is sealed: a reason alone hides nothing."""
    if no_notice and not view.request.secret:
        typer.echo(
            f"note: this keeps {view.request.id} on every list and page. Where the reason is that the order forbids telling "
            "the family (34 CFR 99.31(a)(9)(ii)), seal it now, and a second person after you: `dam-plugin request seal "
            f"{view.request.id} --secret-by {'|'.join(PAPERS)} --file COPY --as custodian:NAME`",
            err=True,
        )


def _order_of(
    paper: str | None, return_day: str | None, no_notice: str, *, sunshine: bool = False
) -> OrderNoted | None:
    """Return the subpoena or court's order that is noted; None for none. Raises BadParameter for half of one."""
    if paper is None and return_day is None and not no_notice and not sunshine:
        return None
    if paper is None or return_day is None:
        raise typer.BadParameter("a subpoena or a court's order has --paper and --return, the day that the paper gives")
    return OrderNoted(cast("Any", _one_of(paper, PAPER_KINDS, "a paper")), day_of(return_day, date.max), no_notice)


@request_app.command()
def amend(
    request: Id,
    what: Annotated[str, typer.Option("--what", metavar="TEXT", help="What is wrong with the record, and why.")],
    only: Annotated[
        bool,
        typer.Option(
            "--only", help="It asks to see nothing: the request itself is one to amend, and its other days end."
        ),
    ] = False,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Enter what a family asks to amend beside what it asks to see, as a request of its own (34 CFR 99.20).

    The request goes on with its own days; what is to be amended is decided within a reasonable time, and its outcome is
    `amended` or `not-amended`. `request add --amend` enters it at once.
    """
    from dam_plugin.custodian.request_register import ask_too, get_request

    if only:
        _note(request, AmendmentAsked(what), as_, as_json=as_json, no_student_named=no_student_named)
        return
    with attached() as at:
        too, user = AskedToo(what), context.system_user()
        other = ask_too(at.services, request, too, actor_of(as_), user, no_student_named=no_student_named)
        for each in (get_request(at.services, request), other):
            _print(each, custodian=True, as_json=as_json)


@request_app.command()
def hearing(
    request: Id,
    asked: Annotated[bool, typer.Option("--asked", help="The family asks for a hearing.")] = False,
    set_: Annotated[str | None, typer.Option("--set", metavar="MOMENT", help="Its date and time, in advance.")] = None,
    place: Annotated[str | None, typer.Option("--place", help="Its place; belongs to --set.")] = None,
    officer: Annotated[
        str | None,
        typer.Option(
            "--officer",
            metavar="NAME",
            help="Who holds it, an official without a direct interest in the outcome; belongs to --set and --decision.",
        ),
    ] = None,
    another: Annotated[
        bool,
        typer.Option(
            "--another-person", help="The officer is not who refused the amendment, although the names are alike."
        ),
    ] = False,
    decision: Annotated[
        str | None, typer.Option("--decision", help=f"The written decision: {', '.join(AMENDED_AS)}.")
    ] = None,
    told: Annotated[
        str | None,
        typer.Option(
            "--told", metavar="HOW", help="The family was told of it, and how, where no notice was sent from here."
        ),
    ] = None,
    not_wanted: Annotated[
        str | None, typer.Option("--not-wanted", metavar="WHY", help="It is no longer wanted, and how that is known.")
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", help="The evidence in short, and the reasons; belongs to --decision.")
    ] = None,
    asker: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="ID",
            help="Who says so, S-… or G-…, with --asked and --not-wanted; needed once the right is the student's.",
        ),
    ] = None,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note what happens with the hearing on a record that is not amended (34 CFR 99.21, 99.22).

    Who refused the amendment does not hold it (34 CFR 99.22(c)). The letter hearing-notice tells the family what --set notes,
    once it is sent.
    """
    if sum((asked, *(each is not None for each in (set_, told, decision, not_wanted)))) != 1:
        raise typer.BadParameter("give one of --asked, --set, --told, --decision and --not-wanted")
    if (set_ is None) != (place is None) or (decision is None) != (why is None):
        raise typer.BadParameter("--set takes --place, and --decision takes --why")
    if (officer is None) != (set_ is None and decision is None) or (another and officer is None):
        raise typer.BadParameter("--set and --decision take --officer: who holds the hearing (34 CFR 99.22(c))")
    if asker is not None and not (asked or not_wanted is not None):
        raise typer.BadParameter("--by goes with --asked and --not-wanted: who says so")
    by = person_id(asker) if asker is not None else ""
    with attached() as at:
        happening: Happening = HearingAsked(asker=by)
        if set_ is not None:
            when = moment_of(set_, at.services.now())
            happening = HearingSet(when, place or "", officer=officer or "", another_person=another)
        elif decision is not None:
            outcome = cast("Any", _one_of(decision, AMENDED_AS, "a decision"))
            happening = HearingDecided(outcome, why or "", officer or "", another)
        elif told is not None:
            happening = HearingTold(told)
        elif not_wanted is not None:
            happening = HearingNotWanted(not_wanted, by)
        _noted(at.services, request, happening, as_, on, as_json=as_json, no_student_named=no_student_named)


@request_app.command()
def fee(
    request: Id,
    copying: Annotated[int, typer.Option("--copying", metavar="MINUTES", min=0, help="Minutes of copying.")] = 0,
    research: Annotated[int, typer.Option("--research", metavar="MINUTES", min=0, help="Minutes of research.")] = 0,
    pages: Annotated[int, typer.Option("--pages", metavar="N", min=0, help="Pages up to 9 by 14 inches.")] = 0,
    media: Annotated[
        str | None,
        typer.Option("--media", metavar="AMOUNT", help="What disks, drives or large prints cost, as 12.50 (dollars)."),
    ] = None,
    waive: Annotated[str | None, typer.Option("--waive", metavar="WHY", help="Take no fee, and why.")] = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Estimate the fee by the rates of `[fees]` in the settings, or waive it."""
    from dam_plugin.custodian.request_register import add_estimate

    if waive is not None:
        if copying or research or pages or media:
            raise typer.BadParameter("--waive takes no fee: leave out what it would be estimated from")
        _note(request, FeeWaived(waive), as_, as_json=as_json, no_student_named=no_student_named)
        return
    basis = FeeBasis(copying, research, pages, cents_of(media) if media is not None else 0)
    with attached() as at:
        view = add_estimate(at.services, request, basis, actor_of(as_), context.system_user())
        _print(view, custodian=True, as_json=as_json)


@request_app.command()
def deposit(request: Id, amount: Amount, on: On = None, as_: As = None, as_json: AsJson = False) -> None:
    """Ask for a deposit before copies are made; at most what the estimate leaves to be paid."""
    _note(request, DepositAsked(cents_of(amount)), as_, on, as_json=as_json)


@request_app.command()
def paid(request: Id, amount: Amount, on: On = None, as_: As = None, as_json: AsJson = False) -> None:
    """Note that somebody paid."""
    _note(request, Paid(cents_of(amount)), as_, on, as_json=as_json)


@request_app.command()
def withdraw(
    request: Id,
    why: Why,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note that the request was withdrawn, or its order quashed; referrals that wait only for it are closed with it."""
    from dam_plugin.custodian.request_register import given_on_order

    withdrawn = Closed("withdrawn", why)
    with attached() as at:
        view = _noted(at.services, request, withdrawn, as_, on, as_json=as_json, no_student_named=no_student_named)
        given = given_on_order(at.services, view) if view.status.order is not None and not as_json else []
    for each in given:
        say(
            f"What was given on it is open still: dam-plugin queue withdraw {each} --since DAY --why TEXT --as custodian:NAME "
            "closes it",
            "yellow",
        )
    if view.by_name.named and not as_json:
        say(
            "Who asked for a student by name still did so. Where it was entered for the wrong student, two people say so: "
            f"dam-plugin ledger correct {request} --student S-… --why TEXT --as custodian:NAME"
        )


@request_app.command()
def appeal(
    request: Id,
    to: Annotated[str | None, typer.Option("--to", help=f"To whom: {', '.join(APPEALS_TO)}.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="What is asked or complained of, in words.")] = None,
    over: Annotated[bool, typer.Option("--over", help="It is over: its recordings are held no longer by it.")] = False,
    why: Annotated[str | None, typer.Option("--why", help="How it ended; belongs to --over.")] = None,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note an appeal or a complaint, which holds the recordings until it is over; or with `--over` that it is.

    It is over once a second person, another user of this system, says so with the same command.
    """
    if over and (to or text or not why):
        raise typer.BadParameter("--over takes --why, how it ended, and neither --to nor --text")
    if not over and (why or not to or not text):
        raise typer.BadParameter("an appeal has --to and --text; --why belongs to --over")
    happening: Happening = (
        AppealOver(why or "")
        if over
        else Appealed(cast("Any", _one_of(to or "", APPEALS_TO, "whom one appeals to")), text or "")
    )
    _note(request, happening, as_, on, as_json=as_json, no_student_named=no_student_named)


@request_app.command()
def reasons(
    request: Id,
    given: Annotated[bool, typer.Option("--given", help="They were given now, or on the day of --on.")] = False,
    not_wanted: Annotated[
        str | None,
        typer.Option("--not-wanted", metavar="WHY", help="They are no longer asked for, and how that is known."),
    ] = None,
    provision: Provision = None,
    on: On = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note that whoever asks wants the written reasons of a denial, or with `--given` that they were given.

    A request may ask for them before it is denied: note it at once, and they are owed from the denial.
    """
    if provision and not given:
        raise typer.BadParameter("--provision belongs to --given")
    if not_wanted is not None:
        if given:
            raise typer.BadParameter("--given and --not-wanted exclude each other")
        _note(request, ReasonsNotWanted(not_wanted), as_, on, as_json=as_json)
        return
    happening: Happening = ReasonsGiven(tuple(provision or ())) if given else ReasonsAsked()
    _note(request, happening, as_, on, as_json=as_json)


@request_app.command()
def close(
    request: Id,
    outcome: Annotated[str, typer.Option("--outcome", help=f"{', '.join(OUTCOMES)}.")],
    why: Why,
    provision: Provision = None,
    not_about: NotAbout = None,
    tried: Annotated[
        str, typer.Option("--tried", help="What was tried to get back what was lost; with --outcome lost.")
    ] = "",
    advised: Annotated[
        str,
        typer.Option(
            "--advised",
            help="What the district's attorney advised, and when, of a ground that keeps a record from its own family.",
        ),
    ] = "",
    record_shown: Annotated[
        bool,
        typer.Option(
            "--record-of-disclosures",
            help="The family asked for the record of disclosures alone, and was shown it; with --outcome granted.",
        ),
    ] = False,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Close a request with its outcome; what is withheld is withheld by a provision of law.

    What is granted, whole or in part, is closed with the day on which the last of it was given or handed over, without `--on`.
    """
    word = cast("Any", _one_of(outcome, OUTCOMES, "an outcome"))
    closed = Closed(word, why, tuple(provision or ()), tuple(not_about or ()), tried, advised, record_shown)
    _note(request, closed, as_, on, as_json=as_json, no_student_named=no_student_named)


@request_app.command()
def reopen(
    request: Id,
    why: Why,
    asked_again: Annotated[
        str | None,
        typer.Option(
            "--asked-again", metavar="DAY", help="Whoever asked has asked anew, on that day: the clocks begin on it."
        ),
    ] = None,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Open a closed request again; its old days stand, unless whoever asked has asked anew (`--asked-again`)."""
    reopened = Reopened(why, asked_again=day_of(asked_again, None))
    _note(request, reopened, as_, on, as_json=as_json, no_student_named=no_student_named)


@request_app.command()
def received(
    request: Id,
    at: Annotated[str, typer.Option("--at", metavar="MOMENT", help="When it came: YYYY-MM-DD or 'YYYY-MM-DD HH:MM'.")],
    why: Why,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Correct when a request came: it was entered with the wrong day. Its days are counted anew from then.

    The register keeps what was entered before. An earlier moment counts at once; a later one, which gives the office more
    time, once a second person, another user of this system, gives the same command.
    """
    from dam_plugin.custodian.request_register import correct_received

    with attached() as opened:
        what = ReceivedCorrected(moment_of(at, opened.services.now()), why)
        user = context.system_user()
        view = correct_received(opened.services, request, what, actor_of(as_), user, no_student_named=no_student_named)
        _print(view, custodian=True, as_json=as_json)
    if view.events[-1].kind == ReceivedAsked.kind and not as_json:
        say(
            "Its days stay as they are: it takes two people. Another user of this system gives the same command.",
            "yellow",
        )


@request_app.command()
def found(
    request: Id,
    why: Why,
    on: On = None,
    no_student_named: NoStudentNamed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say why what a look found after the closing is not what was asked for, or is wanted no more; else reopen the request.

    What was found is held until then. What a look finds afterwards waits anew.
    """
    _note(request, FoundSettled(why), as_, on, as_json=as_json, no_student_named=no_student_named)


@request_app.command()
def seal(
    request: Id,
    secret_by: Annotated[
        str | None,
        typer.Option("--secret-by", help=f"Whose order forbids telling the family: {', '.join(PAPERS)}."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="COPY", help="A copy of the order, kept in the bucket on hold.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Seal a request about an order that forbids telling, with all that answers it: `--sealed` alone shows it then.

    It is a claim until a second person, another user of this system, gives the same command (without the paper). What the
    Children's Division asks is sealed at one custodian's word, without a ground: it may be about a report.
    """
    from dam_plugin.custodian.request_register import check_seal_takes, seal_request

    if file is not None:
        check_file(file)
    with attached() as at:
        check_seal_takes(at.services, request, secret_by, actor_of(as_), has_paper=file is not None)
        paper = context.kept_paper(at.services, file)
        view = seal_request(at.services, request, secret_by, paper, actor_of(as_), context.system_user())
        _print(view, custodian=True, as_json=as_json)
    if not as_json:
        say(f"Sealed: no list shows it; `dam-plugin request show {request} --sealed --as custodian:NAME` does.")


@request_app.command()
def unseal(request: Id, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Bring a sealed request back on every page, with all that was sealed with it.

    What two people sealed takes two people: the first one's wish is kept until another user of this system wants the same.
    """
    from dam_plugin.custodian.request_register import unseal_request

    with attached() as at:
        view = unseal_request(at.services, request, why, actor_of(as_), context.system_user())
        _print(view, custodian=True, as_json=as_json)
    if not as_json and not view.request.secret:
        say("It is on every page again, with its old days.")


@request_app.command()
def log(
    request: Id,
    exemptions: Annotated[
        bool, typer.Option("--exemptions", help="What was withheld, by which provision: made for handing out.")
    ] = False,
    for_office: Annotated[
        bool,
        typer.Option("--for-office", help="With --exemptions: in detail, also what may not be handed out; needs --as."),
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the exemptions as CSV.")] = False,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened with a request; with `--exemptions` what was withheld, without a name.

    Where somebody else than the family asked for a student by name, that says one sentence alone; `--for-office` shows the
    custodian the rest (--as custodian:NAME).
    """
    from dam_plugin.custodian.request_json import request_in_full
    from dam_plugin.custodian.request_register import get_request

    if as_csv and (as_json or not exemptions):
        raise typer.BadParameter("--csv prints the exemptions: give it with --exemptions, and without --json")
    if for_office and (as_csv or not exemptions):
        raise typer.BadParameter("--for-office belongs to --exemptions, and is no file to hand out: leave --csv out")
    if for_office and not is_custodian_reading(as_):
        raise InputError("what may not be handed out is shown to the custodian or a designee: add --as custodian:NAME")
    require_keeper_if(None if for_office and not sealed else as_, sealed=sealed)
    with attached() as at:
        view = get_request(at.services, request, secret=sealed)
    if exemptions:
        log = view.exemptions if for_office else view.exemptions.handed_out
        _print_exemptions(log, as_csv=as_csv, as_json=as_json)
    elif as_json:
        print_json(*(asdict(each) for each in request_in_full(view).events))
    else:
        rows = [(each.number, each.on, each.by.id or each.by.role, each.kind, said_of(each)) for each in view.events]
        print_table(f"What happened with {view.request.id}", ("no.", "when", "by", "what", "said"), rows)


def cents_of(amount: str) -> int:
    """Return an amount of dollars as cents. Raises BadParameter for what is no amount, or has parts of a cent."""
    try:
        cents = Decimal(amount.strip().removeprefix("$").replace(",", "")) * 100
    except InvalidOperation:
        raise typer.BadParameter(f"'{amount}' is no amount; write it as 12.50") from None
    if not cents.is_finite() or cents != cents.to_integral_value() or not 0 <= cents <= 10**10:
        raise typer.BadParameter(f"'{amount}' is no amount of dollars and whole cents; write it as 12.50")
    return int(cents)


def _note(
    request: str,
    happening: Happening,
    as_: str | None,
    on: str | None = None,
    *,
    as_json: bool,
    no_student_named: bool = False,
) -> None:
    with attached() as at:
        _noted(at.services, request, happening, as_, on, as_json=as_json, no_student_named=no_student_named)


def _noted(
    services: Services,
    request: str,
    happening: Happening,
    as_: str | None,
    on: str | None,
    *,
    as_json: bool,
    no_student_named: bool,
) -> RequestView:
    from dam_plugin.custodian.request_register import note_happening

    moment = moment_of(on, services.now()) if on is not None else None
    view = note_happening(
        services,
        request,
        happening,
        actor_of(as_),
        context.system_user(),
        on=moment,
        no_student_named=no_student_named,
    )
    _print(view, custodian=True, as_json=as_json)
    closing = view.status.closing
    if isinstance(happening, Closed) and on is None and not as_json and closing and closing.on.date() != view.today:
        say(
            f"It counts as answered on {closing.on.date()}, when the last of it was given. Was it another day, reopen it and "
            "close it with --on DAY.",
            "yellow",
        )
    return view


def _one_of(word: str, known: tuple[str, ...], what: str) -> str:
    if word not in known:
        raise typer.BadParameter(
            f"'{word}' is not {what}{Hints().hint_of_value(word, known)} (one of {', '.join(known)})"
        )
    return word


# How a request is shown


def _shown_to(as_: str | None, request: StoredRequest) -> StoredRequest:
    """Return a request as it is listed for somebody: a new school tells where a student is, who may be protected."""
    if is_custodian_reading(as_) or request.recipient.role != OTHER_SCHOOL.id:
        return request
    return replace(request, recipient=Recipient(OTHER_SCHOOL.id), contact=None)


_AMENDS = "Wants a record amended"


def _row(listed: Listed) -> dict[str, object]:
    request, status = listed.request, listed.status
    clock = status.next
    return {
        "id": request.id,
        "from": recipient_text(request.recipient),
        "wants": f"{request.wanted}, {request.purpose}" if status.amendment is None else "an amendment",
        "received": request.received_at,
        "due": f"{clock.due.day}{' OVERDUE' if listed.is_overdue else ''}" if clock else None,
        "what has to be done": clock.rule.called if clock else None,
        "state": status.in_words,
        "owner": status.owner,
    }


_MOST_DESTROYED = 20
_MOST_FOUND = 20
SILENT = (
    "Until {day} the log did not keep whom a destroyed recording showed: what was destroyed by then is in "
    "`dam-plugin retention log`, and may have been of any student."
)


def _print(view: RequestView, *, names: bool = False, custodian: bool, as_json: bool) -> None:
    """Print one request, for programs or for a person; the `custodian` is told what is on file of the families, too."""
    from dam_plugin.custodian.request_json import request_in_full
    from dam_plugin.custodian.requests_in_words import unheld_told

    if view.holds_nothing:
        typer.echo(f"note: {unheld_told(view.request, is_order=view.status.order is not None)}", err=True)
    if as_json:
        print_json(asdict(request_in_full(view, names=names, custodian=custodian)))
        return
    request, status = view.request, view.status
    say(f"{request.id}: {status.in_words}{', OVERDUE' if view.is_overdue else ''}", "bold")
    wanted = f" ({request.format})" if request.format else ""
    say(f"From {recipient_text(request.recipient)} by {request.channel}, received {local(request.received_at)}")
    if request.secret:
        say(seal_told(view.events), "yellow")
    if names:
        say(f"Contact: {request.contact or 'none is on file'}")
    wish = f"Wants a {request.wanted}{wanted} for '{request.purpose}'" if status.amendment is None else _AMENDS
    say(wish + (f": {request.described}" if request.described else ""))
    if request.students:
        say(f"About {', '.join(request.students)}")
    say(f"Owner: {status.owner or 'nobody yet: whoever notes something on it first'}")
    for clock in status.running:
        _print_clock(clock, view, custodian=custodian)
    for clock in status.clocks:
        if clock.stopped is not None:
            say(stopped_told(clock, view, custodian=custodian))
    for sentence in filter(
        None, (*outcomes_told(status), *((passed_told(view), *kept_told(view)) if custodian else ()))
    ):
        say(sentence)
    _print_amendment(view, custodian=custodian)
    _print_found(view)
    _print_destroyed(view, custodian=custodian)
    _print_fee(view)
    _print_answers(view, custodian=custodian)


def _print_amendment(view: RequestView, *, custodian: bool) -> None:
    from dam_plugin.custodian.amendment_rights import amendment_told

    right = view.amendment_right
    if right is None:
        return
    for sentence in amendment_told(view.status, right, custodian=custodian):
        say(sentence, "" if right.holds else "yellow")


def _say_family(services: Services, view: RequestView, as_: str | None) -> None:
    """Say to the custodian alone that who asks under a role of no family may ask for a record of their own."""
    from dam_plugin.custodian.own_record import family_who_asks

    if not view.request.secret and is_custodian_reading(as_) and view.status.is_open:
        for each in family_who_asks(services, view.request):
            typer.echo(f"note: {each}", err=True)


def _print_found(view: RequestView) -> None:
    """Print what was found since a family's request in words was closed, and how much of the library may yet be found."""
    request = view.request
    if view.status.found_later is not None:
        shown, more = view.found_later[:_MOST_FOUND], len(view.found_later) - _MOST_FOUND
        others = f" and {more:,} more" if more > 0 else ""
        say(f"Nothing answers: {', '.join(shown) or 'it is not in the library now'}{others}", "yellow")
        say(
            f"Next: dam-plugin student recordings S-… --request {request.id} --as custodian:NAME; then dam-plugin request "
            f"reopen {request.id} --why TEXT --as custodian:NAME, and answer it, or dam-plugin request found {request.id} "
            "--why TEXT --as custodian:NAME"
        )
    if view.unlooked:
        when = "the library has" if view.status.is_open else "the library had when it was closed"
        which = f"a recording that {when}" if view.unlooked == 1 else f"{view.unlooked:,} recordings that {when}"
        say(f"Nobody has said yet who is in {which}. Whom a look finds after the closing comes back to this request")


def _print_destroyed(view: RequestView, *, custodian: bool) -> None:
    for each in view.destroyed[:_MOST_DESTROYED]:
        by_rule = not each.by_court and not each.by_parents
        how = f"by the schedule ({each.id}): {each.rule}; {each.source}" if by_rule else f"{each.how} ({each.id})"
        background = " in the background" if each.in_background else ""
        shown = f"; it showed {' and '.join(each.shown)}{background}" if each.shown else ""
        say(f"Destroyed on {each.day} {how}{shown}")
    if (more := len(view.destroyed) - _MOST_DESTROYED) > 0:
        lists = "student recordings S-…" if any(each.shown for each in view.destroyed) else "retention log"
        say(f"and {more:,} more were destroyed: `dam-plugin {lists}` lists them")
    if view.silent_until is not None:
        say(SILENT.format(day=view.silent_until), "yellow")
    if not custodian:
        return
    from dam_plugin.custodian.request_register import warning_of_destroyed

    if warning := warning_of_destroyed(view):
        say(warning, "red")


def _print_clock(clock: Clock, view: RequestView, *, custodian: bool) -> None:
    late = view.is_late(clock)
    say(f"Due {clock.due.day}{' OVERDUE' if late else ''}: {clock.rule.in_full}", "red" if late else "")
    say(f"  {clock.sentence}")
    if why := why_not_owed(clock, view, custodian=custodian):
        say(f"  It is not owed now: {why}")
    if clock.name == "notice":
        if custodian and (left := left_to_tell(view.status)):
            say(f"  {left}", "yellow")
        say(f"  {_notice_command(view)}")


def _notice_command(view: RequestView) -> str:
    """Return by which commands the families of an order are told, and the register has it."""
    waiting = [each for each in view.referrals if each.is_open]
    by_hand = f"dam-plugin request order {view.request.id} --told HOW --on DAY --as custodian:NAME"
    if not waiting:
        return (
            f"Tell them by the work in the queue (dam-plugin request join {view.request.id} rf-… joins it): letter write "
            f"subpoena-notice, then letter effort; or, once they were told: {by_hand}"
        )
    return (
        f"Tell each: dam-plugin letter write subpoena-notice --referral {waiting[0].id} --student S-…; then dam-plugin letter "
        f"effort --referral {waiting[0].id} --student S-… --what HOW --letter lt-… (the last one ends it); or, once all were "
        f"told: {by_hand}"
    )


def _print_fee(view: RequestView) -> None:
    fee = view.status.fee
    if fee.estimate is not None:
        rows = [(each.what, each.count, dollars(each.cents), each.why or each.source) for each in fee.estimate.lines]
        print_table(f"The estimate: {dollars(fee.estimate.cents)}", ("what", "how many", "amount", "by"), rows)
    parts = (
        f"a deposit of {dollars(fee.deposit)} was asked for" if fee.deposit else "",
        f"{dollars(fee.paid)} paid" if fee.paid else "",
        f"waived: {fee.waived}" if fee.waived else "",
        f"{dollars(fee.owed)} owed" if fee.owed else "",
    )
    if any(parts):
        say(f"Fee: {'; '.join(filter(None, parts))}")


def _print_answers(view: RequestView, *, custodian: bool) -> None:
    request = view.request
    rows = [(each.key, each.outside, _answer_told(each), each.share, each.referral) for each in view.recordings]
    print_table("What was asked for", ("recording", "in letters", "last answer", "share", "waits as"), rows)
    if view.more:
        say(f"and {view.more} more")
    if view.status.amendment is not None:
        right = view.amendment_right
        if view.status.is_open and right is not None and (right.holds or right.goes_on):
            say(
                f"Next: dam-plugin request close {request.id} --outcome amended|not-amended --why TEXT --as custodian:NAME"
            )
        return
    if view.status.is_open and view.status.order is None and _may_be_order(view):
        say(
            "If this is a subpoena or a court's order, it is due on the day that the paper gives: "
            f"dam-plugin request order {request.id} --paper subpoena --return DAY --as custodian:NAME"
        )
    asked = [each for each in view.recordings if each.not_reached is None]
    _say_unopened(asked)
    undone = [each.key for each in asked if each.answer == "refer" and each.referral is None]
    if undone and view.status.is_open and view.status.order is not None:
        say(narrowed_how(request.id, undone[0]).replace("`", ""), "yellow")
    if view.status.is_open:
        _say_next(view, [each.key for each in asked if each.answer is None], custodian=custodian)


def _say_next(view: RequestView, unasked: list[str], *, custodian: bool) -> None:
    request = view.request
    if custodian and view.by_name.rights_passed and not any(each.referral for each in view.recordings):
        outcome = "WORD" if any(each.answer in ("allow", "redact") for each in view.recordings) else "rights-passed"
        say(f"Next: dam-plugin request close {request.id} --outcome {outcome} --why TEXT --as custodian:NAME")
        return
    if unasked:
        to, purpose = recipient_text(request.recipient), shlex.quote(request.purpose)
        command = f"dam-plugin share {shlex.quote(unasked[0])} --to {to} --purpose {purpose}"
        about = [each for each in request.students if each not in view.status.wrong_students]
        named = "".join(f" --name {each}" for each in about) if request.recipient.role == "public" else ""
        say(f"Next: {command}{named} --request {request.id} --as custodian:NAME")
    elif not any(each.referral for each in view.recordings):
        if view.unanswered:
            lists = f"dam-plugin student recordings {view.unanswered[0]} --request {request.id} --as custodian:NAME"
            say(f"Next: {lists}, and answer each: dam-plugin share KEY … --request {request.id} --as custodian:NAME")
            return
        if custodian and any(each.count for each in view.kept) and not view.by_name.own:
            say(f"Next: {view.denied.replace('`', '')}")
            return
        say(f"Next: dam-plugin request close {request.id} --outcome WORD --why TEXT --as custodian:NAME")


def _say_unopened(asked: list[RecordingAnswer]) -> None:
    waiting = [each.referral for each in asked if each.unopened and each.referral is not None]
    if waiting:
        say(
            f"Nothing was given by a link that nobody opened: it waits again as {', '.join(waiting)}. Next: dam-plugin queue "
            f"show {waiting[0]} --as custodian:NAME",
            "yellow",
        )


def _answer_told(each: RecordingAnswer) -> str:
    if each.not_reached is not None:
        return (
            f"{each.answer}; not reached by the order"
            if each.answer in ("allow", "redact")
            else "not reached by the order"
        )
    if each.unopened:
        return f"{each.answer}; its link was closed before anybody opened it"
    return each.answer or "nobody has asked yet"


def _may_be_order(view: RequestView) -> bool:
    return view.request.recipient.role in ("court", "law_enforcement") or seal_of(view.events).claimed is not None


def _students(count: int | None) -> str:
    return "not said" if count is None else f"{count} student{'' if count == 1 else 's'}"


def _print_exemptions(log: ExemptionLog, *, as_csv: bool, as_json: bool) -> None:
    from dam_plugin.custodian.exemption_log import NO_PROVISION

    if as_json:
        print_json(asdict(log))
        return
    if log.says is not None and log.for_handing_out:
        _print_by_name(log, log.says, as_csv=as_csv)
        return
    head = ("recording", "decided", "withheld", "students", "where", "by which provision")
    rows = [
        (
            each.recording,
            each.decided_on,
            "the whole recording" if each.withheld == "whole" else "parts",
            _students(each.students),
            "; ".join(each.where),
            cited_in_words(each.citations) or joined_provisions(log.provisions),
        )
        for each in log.exemptions
    ]
    metadata = f"{log.metadata.text} ({log.metadata.provision})" if log.metadata is not None else ""
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(head)
        writer.writerows(rows)
        if metadata:
            writer.writerow(("every copy", "", "metadata", "", "", metadata))
        return
    if not log.for_handing_out:
        say(_NOT_OUT.format(log.request), "red")
    print_table(f"Withheld in answer to {log.request}", head, rows)
    if log.provisions:
        say(f"Provisions cited for the whole request: {joined_provisions(log.provisions)}")
    say(f"Released whole: {log.released_whole}. Not decided yet: {log.undecided}.")
    if metadata:
        say(metadata)
    if any(not row[-1] for row in rows):
        say(NO_PROVISION, "yellow")


_NOT_OUT = (
    "FOR THE OFFICE, NOT FOR HANDING OUT: a student was asked for by name, and whoever asked may not learn whether there is a "
    "record (34 CFR 99.3). `dam-plugin request log {} --exemptions` is made for handing out."
)


def _print_by_name(log: ExemptionLog, says: OutsideReason, *, as_csv: bool) -> None:
    """Print what alone is handed out to somebody who asked for a student by name, and is not the family."""
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(("request", "says", "by which provision"))
        writer.writerow((log.request, says.text, says.provision))
        return
    say(f"In answer to {log.request}:", "bold")
    say(f"{says.text} ({says.provision})")
