"""`queue …`: what waits for the records custodian, what was found, and what another person has to approve."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import (
    As,
    Sealed,
    actor_of,
    attached,
    day_of,
    is_custodian_reading,
    kept_paper,
    listed,
    recipient_of,
    recipient_text,
    require_keeper_if,
    with_options,
)
from dam_plugin.cli.links import print_still_published
from dam_plugin.cli.look import Seen, Unidentified, appearance_of, prominence_of, where_and_when
from dam_plugin.cli.output import (
    LISTED,
    After,
    AsJson,
    Columns,
    Limit,
    Row,
    page_of_rows,
    print_json,
    print_reopened,
    print_result,
    print_rows,
    print_table,
    say,
)
from dam_plugin.cli.share import EXIT_CODES, MEETINGS, evidence_in, meeting_kind_of, print_answer
from dam_plugin.errors import DamPluginError
from dam_plugin.model import CUSTODIANS, Recipient
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.exceptions import OTHER_SCHOOL
from dam_plugin.procedure.protection import plain_for_staff
from dam_plugin.pseudonyms import SHARE
from dam_plugin.sharing.due_dates import be_open, open_day_before
from dam_plugin.sharing.file_referral import REFERRAL_KINDS
from dam_plugin.sharing.finding_kinds import (
    KINDS,
    AttorneyAsked,
    Classified,
    EvidenceVerified,
    Finding,
    MeaningFound,
    OfferedToAll,
    PersonIdentified,
    Reviewed,
    decides,
    read_finding,
)
from dam_plugin.sharing.order_days import OrderDays
from dam_tagging.facts import Prominence

if TYPE_CHECKING:
    from dam_plugin.custodian.case_notes import CaseNotes
    from dam_plugin.custodian.corrections import Replaced
    from dam_plugin.custodian.findings import StatedFinding
    from dam_plugin.custodian.request_register import BeforeMeeting
    from dam_plugin.custodian.work import Work
    from dam_plugin.intake.two_people import ComparedDecisions
    from dam_plugin.model import Actor, Appearance, Decision, Referral
    from dam_plugin.services import Services
    from dam_plugin.sharing.in_person import HandedOver, Recorded
    from dam_plugin.store import StoredFinding


queue_app = typer.Typer(help=help_of("queue"), no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="The referral (rf-…), see `queue list`.")]
FindingId = Annotated[str, typer.Argument(metavar="FINDING", help="The finding (fi-…), see `queue show`.")]
Why = Annotated[str, typer.Option("--why", help="The reason, which is kept.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(queue_app, name="queue")


@queue_app.command("list")
def list_(
    overdue: Annotated[bool, typer.Option("--overdue", help="Only overdue referrals.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="What is closed, too.")] = False,
    owner: Annotated[str | None, typer.Option("--owner", metavar="ID", help="Only one person's.")] = None,
    limit: Limit = LISTED,
    after: After = None,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List waiting referrals: emergencies first, then the soonest due; with `--all` the closed ones follow."""
    from dam_plugin.custodian.work import list_work, owner_is_unknown

    require_keeper_if(as_ if sealed else None, sealed=sealed)
    in_full = is_custodian_reading(as_)
    with attached() as at:
        asked: dict[str, Any] = {"closed_too": all_, "overdue": overdue, "owner": owner, "secret": sealed}
        found = list_work(at.services, **asked, limit=limit + 1, after=after)
        found = list(page_of_rows(found, limit, lambda each: each.referral.id))
        if owner is not None and owner_is_unknown(at.services, owner, secret=sealed):
            typer.echo(
                f"note: nothing was ever given to '{owner}': owners are written as in `queue assign --to`", err=True
            )
    columns: Columns = {
        "id": "id",
        "what": lambda row: f"{row['what']}, for {row['to']}",
        "recording": "asset_key",
        "due": _due,
    }
    rows = (_plain(_shown_to(as_, each), in_full=in_full) for each in found)
    print_rows("The custodian's queue", rows, columns, as_json=as_json)
    late = sum(each.is_overdue for each in found)
    if late and not as_json:
        say(f"{late} overdue.", "red")


@queue_app.command()
def show(
    referral: Id,
    names: Annotated[bool, typer.Option("--names", help="Show names instead of pseudonyms.")] = False,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Show one referral: its case, the missing facts, the remedies, the findings, and its due day.

    With --as custodian:NAME also what the custodian alone is told: a court order, a protection, other requests that wait.
    """
    from dam_plugin.custodian.work import get_work

    require_keeper_if(as_ if sealed else None, sealed=sealed)
    with attached() as at:
        work = _shown_to(as_, get_work(at.services, referral, secret=sealed))
        notes = _notes(at.services, work, as_)
        if as_json:
            told = {"notes": list(notes.told)} if notes else {}
            rest = _plain_rest(at.services, work, notes, names=names)
            print_json({**_plain(work, in_full=notes is not None), **rest, **told})
        else:
            _print_work(at.services, work, notes, names=names)


@queue_app.command()
def lift(referral: Id, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Show what is sealed on every page: a report, or once it was answered an order that forbids telling no more.

    What was sealed as a report to the Children's Division is lifted as the district's attorney says. To lift the secrecy of an
    order takes two people; then the families are to be told of it.
    """
    from dam_plugin.custodian import work

    with attached() as at:
        lifted = work.lift_seal(at.services, referral, actor_of(as_), why, context.system_user())
    if lifted.waits:
        sentence = "nothing changed yet. It takes two people: another user of this system runs the same command."
    else:
        sentence = (
            f"{referral} is sealed no more: it is in the queue, the ledger and the students' records (34 CFR 99.32)."
        )
    if lifted.notice is not None:
        sentence += (
            f" Tell the families now: {lifted.notice.id} is due on {lifted.notice.due}, `dam-plugin queue show "
            f"{lifted.notice.id}`."
        )
    notice = {"notice": asdict(lifted.notice)} if lifted.notice is not None else {}
    print_result({**asdict(lifted.referral), "waits": lifted.waits, **notice}, sentence, as_json=as_json)


@queue_app.command()
def seal(referral: Id, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Seal what the Children's Division asked and somebody filed under another role: it may be about a report.

    Its share, letters and lines of the record go with it. Share it then with childrens_division:ID, and close this one.
    """
    from dam_plugin.custodian import work

    with attached() as at:
        sealed = work.seal_report(at.services, referral, actor_of(as_), why, context.system_user())
    sentence = (
        f"Sealed: no list and no student's record shows {sealed.id}. Share the recording with childrens_division:ID, then "
        f"close this one: `dam-plugin queue close {sealed.id} --why TEXT`. `dam-plugin queue lift` brings it back."
    )
    print_result(asdict(sealed), sentence, as_json=as_json)


@queue_app.command("not-enough")
def not_enough(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The recording's key in the bucket.")],
    for_: Annotated[
        str, typer.Option("--for", metavar="ROLE:ID", help="The family that got the copy, e.g. parent:G-….")
    ],
    why: Annotated[str, typer.Option("--why", help="What the family says is missing, which is kept. Write no name.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note that a copy is not enough for the family that got it: the custodian reviews the meaning (34 CFR 99.10, 99.12(a))."""
    from dam_plugin.custodian import work

    with attached() as at:
        opened = work.ask_about_copy(at.services, key, recipient_of(for_), why, actor_of(as_), context.system_user())
    finding = f"dam-plugin queue finding {opened.id} meaning preserved|changed|destroyed --as custodian:NAME"
    print_result(
        asdict(opened),
        f"In the custodian's queue, due {opened.due}: {opened.kind} {opened.id}. Look at the recording and at the copy, then: "
        f"{finding}",
        as_json=as_json,
    )


@queue_app.command()
def meeting(
    referral: Id,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="The day of the meeting.")],
    kind: Annotated[str, typer.Option("--kind", help=f"What it is: {MEETINGS}.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Note the IEP meeting or hearing before which a family has to see what it asked for (34 CFR 300.613(a)).

    It stands in the register of requests, where the referral is entered if it answers none yet.
    """
    from dam_plugin.custodian.request_register import note_meeting

    what, day = meeting_kind_of(kind), day_of(on, date.max)
    with attached() as at:
        noted = note_meeting(at.services, referral, what, day, actor_of(as_), context.system_user())
        asked = requests_of(at.services, noted.id)
    sentence = f"{noted.id} is due {noted.due}: `dam-plugin request show {asked[0]}` tells each day."
    print_result(asdict(noted) | {"requests": asked}, sentence, as_json=as_json)


@queue_app.command()
def assign(
    referral: Id,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="The new owner, who is notified.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Give a referral to a member of staff."""
    from dam_plugin.custodian import work

    with attached() as at:
        given = work.assign_referral(at.services, referral, to, actor_of(as_))
    print_result(asdict(given), f"{given.id} is {given.owner}'s, due {given.due}.", as_json=as_json)


@queue_app.command()
def finding(
    referral: Id,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"{', '.join(KINDS)}: docs/queue.md tells each.")],
    word: Annotated[
        str | None, typer.Argument(metavar="[WORD]", help="The finding: preserved, eligible, an answer, …")
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(
            "--person", metavar="ID[@x,y,w,h][@TIME]", help="A person in it, written as for `tag` (repeatable)."
        ),
    ] = None,
    prominence: Seen = "unknown",
    nobody: Annotated[
        bool, typer.Option("--nobody", help="No student is in it; with --person: nobody else is.")
    ] = False,
    unidentified: Unidentified = None,
    evidence: Annotated[
        Path | None,
        typer.Option("--evidence", metavar="FILE", help="The verified evidence: the evidence block of a case."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="COPY", help="A copy of the paper, kept in the bucket on hold.")
    ] = None,
    how: Annotated[
        str | None, typer.Option("--how", help="How a family was offered the recording, or how it answered.")
    ] = None,
    student: Annotated[
        list[str] | None, typer.Option("--student", metavar="ID", help="Which students it is about (repeatable).")
    ] = None,
    seen: Annotated[str | None, typer.Option("--seen", help="What was seen that proves it.")] = None,
    guardian: Annotated[
        str | None,
        typer.Option(
            "--guardian", metavar="ID", help="Whom an order limits [the parent who asks], or to whom it was offered."
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of whom an order limits and who is not on file: the name as the order has it."),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="PART",
            help="Keep from the parent only the student's place: whereabouts. No paper needed.",
        ),
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on [today].")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which it holds.")
    ] = None,
    why: Annotated[str | None, typer.Option("--why", help="The reason, which is kept.")] = None,
    inspection_offered: Annotated[
        str | None, typer.Option("--inspection-offered", help="How and when the family could see it in the office.")
    ] = None,
    subdivision: Annotated[
        str | None, typer.Option("--subdivision", help="Of RSMo 610.021, by which it is closed, as '610.021(18)'.")
    ] = None,
    law: Annotated[str | None, typer.Option("--law", help="The law that makes it confidential.")] = None,
    created_by: Annotated[str | None, typer.Option("--created-by", help="Who made it.")] = None,
    kept_by: Annotated[str | None, typer.Option("--kept-by", help="Who keeps it.")] = None,
    not_for_us: Annotated[
        bool, typer.Option("--not-for-us", help="They neither made nor keep it on the district's behalf.")
    ] = False,
    not_our_contractor: Annotated[
        bool,
        typer.Option(
            "--not-our-contractor", help="The contractor or vendor that the words name works for somebody else."
        ),
    ] = False,
    another_person: Annotated[
        bool,
        typer.Option("--another-person", help="It is not the person whom a court order or a protection is about."),
    ] = False,
    not_against: Annotated[
        bool,
        typer.Option(
            "--not-against",
            help="You know whom the student's protection is against, and it is not this guardian. Two people say so.",
        ),
    ] = False,
    same_person: Annotated[
        list[str] | None,
        typer.Option("--same-person", metavar="ID", help="Another id of whom an order limits (repeatable)."),
    ] = None,
    other_person: Annotated[
        list[str] | None,
        typer.Option("--other-person", metavar="ID", help="Who has a say by hand and is somebody else (repeatable)."),
    ] = None,
    was_threat: Annotated[
        bool, typer.Option("--was-threat", help="Review of an emergency: the threat was articulable and significant.")
    ] = False,
    no_threat: Annotated[
        bool, typer.Option("--no-threat", help="Review of an emergency: there was none. Its links close at once.")
    ] = False,
    no_place: Annotated[
        bool,
        typer.Option(
            "--no-place",
            help="Review for a guardian from whom the whereabouts are, or may be, kept: no place can be told from it.",
        ),
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State a finding; the share is decided again at once, or waits until another person approves it.

    Exit status as of `share` where it is decided, 0 where it waits.
    """
    from dam_plugin.custodian.findings import state_finding

    seen_as = prominence_of(prominence)
    options = {
        "--person": person,
        "--nobody": nobody,
        "--unidentified": unidentified,
        "--evidence": evidence,
        "--file": file,
        "--how": how,
        "--student": tuple(student or ()),
        "--seen": seen,
        "--only": only,
        "--guardian": guardian,
        "--name": name,
        "--since": day_of(since, None),
        "--until": day_of(until, None),
        "--why": why,
        "--inspection-offered": inspection_offered,
        "--subdivision": subdivision,
        "--law": law,
        "--created-by": created_by,
        "--kept-by": kept_by,
        "--not-for-us": not_for_us,
        "--not-our-contractor": not_our_contractor,
        "--another-person": another_person,
        "--not-against": not_against,
        "--same-person": tuple(same_person or ()),
        "--other-person": tuple(other_person or ()),
        "--was-threat": was_threat,
        "--no-threat": no_threat,
        "--no-place": no_place,
    }
    given = Written(kind, word, seen_as, {name: each for name, each in options.items() if _is_given(each)})
    _check(given)
    with attached() as at:
        by = actor_of(as_)
        is_review = kind == Reviewed.kind and (was_threat or no_threat)
        _require(at.services, referral, by, is_stay=(kind, word) == ("stay", "stands"), is_review=is_review)
        stated = state_finding(at.services, referral, _finding_in(at.services, given), by, context.system_user())
        if stated.referral.kind == "review" and kind == Reviewed.kind and not (was_threat or no_threat):
            typer.echo("note: say next time whether there was a threat: --was-threat, or --no-threat", err=True)
        _end(at.services, stated, as_json=as_json)


@queue_app.command()
def approve(finding: FindingId, as_: As = None, as_json: AsJson = False) -> None:
    """Approve a finding, which takes effect: as the custodian (--as), and as another system user than the one who stated it.

    What a host's key stated takes two users of this system, one after the other. The share is decided again at once. Nothing
    happens, and the exit status is 1, where the recording or its tags are not any more what the finding is about.
    """
    from dam_plugin.custodian import approvals

    with attached() as at:
        done = approvals.approve(at.services, finding, actor_of(as_), context.system_user())
        _end(at.services, done, as_json=as_json)


@queue_app.command()
def reject(finding: FindingId, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Refuse a finding that waits for an approval: it never takes effect."""
    from dam_plugin.custodian import approvals

    with attached() as at:
        done = approvals.reject(at.services, finding, why, actor_of(as_), context.system_user())
    sentence = f"The finding {done.finding.id} is rejected; {done.referral.id} waits on."
    print_result(_plain_stated(done), sentence, as_json=as_json)


Basis = Annotated[
    str | None, typer.Option("--basis", metavar="CLAUSE", help="The exception on which it was handed over, as EX7.")
]
Shown = Annotated[
    list[str] | None,
    typer.Option("--students", metavar="S-…,S-…", help="Whom it shows, of those in the recording (repeatable)."),
]
Also = Annotated[
    list[str] | None,
    typer.Option("--also", metavar="S-…,S-…", help="Whom it shows though the recording's tags do not name them."),
]
By = Annotated[str | None, typer.Option("--how", metavar="TEXT", help='What was handed over, as "a copy on paper".')]
On = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help="The day on which it was handed over (default: today).")
]
Threat = Annotated[str | None, typer.Option("--threat", metavar="TEXT", help="With EX9: the threat, in words.")]
Enrolled = Annotated[
    list[str] | None,
    typer.Option(
        "--enrolled",
        metavar="[S-…=]TEXT",
        help="With TRANSFER: what shows that the student seeks to enroll or is enrolled there (repeatable, once a student).",
    ),
]

BeforeNotice = Annotated[
    bool,
    typer.Option("--before-notice", help="With EX7: it went out already, before the families were told of the order."),
]
Law = Annotated[
    str | None,
    typer.Option("--law", metavar="CITATION", help="With LAW: the federal law, as '42 U.S.C. 15043(a)(2)(I)'."),
]
WithStatement = Annotated[
    bool, typer.Option("--with-statement", help="The family's statement went along with it (34 CFR 99.21(c)(2)).")
]
WithoutStatement = Annotated[
    str | None,
    typer.Option(
        "--without-statement",
        metavar="WHY",
        help="It went out without the family's statement that was on file, and why: it is to be sent after.",
    ),
]
Letter = Annotated[
    Path | None,
    typer.Option("--file", metavar="COPY", help="With LAW: a copy of what shows it, kept in the bucket on hold."),
]


@dataclass(frozen=True, slots=True)
class ByHand:
    """The options of what was handed over by hand."""

    basis: Basis = None
    students: Shown = None
    also: Also = None
    how: By = None
    on: On = None
    threat: Threat = None
    enrolled: Enrolled = None
    before_notice: BeforeNotice = False
    law: Law = None
    file: Letter = None
    with_statement: WithStatement = False
    without_statement: WithoutStatement = None

    def is_given(self) -> Iterator[str]:
        """Yield the options that say something."""
        for each in fields(self):
            if getattr(self, each.name):
                yield f"--{each.name.replace('_', '-')}"


@queue_app.command()
@with_options
def close(
    referral: Id,
    why: Why,
    by_hand: ByHand,
    disclosed_to: Annotated[
        str | None,
        typer.Option("--disclosed-to", metavar="ROLE:ID", help="Who was given it by hand: it goes on the record."),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Close a referral that was settled in another way; for an emergency, say what was found.

    What was handed over goes on the record of disclosures (34 CFR 99.32). What went to several people: `queue disclosed`.
    """
    from dam_plugin.custodian import work
    from dam_plugin.custodian.request_register import asked_for_still
    from dam_plugin.custodian.request_words import narrowed_how

    given = _handed_over(disclosed_to, by_hand)
    with attached() as at:
        given = replace(given, paper=kept_paper(at.services, by_hand.file)) if given is not None else None
        closed = work.close_referral(at.services, referral, actor_of(as_), why, context.system_user(), given)
        still_asking = asked_for_still(at.services, closed.referral) if closed.may_lack else []
    if as_json:
        print_json({**asdict(closed.referral), "disclosed": _plain_recorded(closed.recorded) if given else None})
        return
    if closed.recorded is not None:
        _print_recorded(closed.recorded, referral)
    say(f"{closed.referral.id} is closed: {closed.referral.closing}")
    if len(closed.still_wait) > 1:
        waiting = " and ".join(closed.still_wait)
        say(f"It was the work of {waiting}, which still wait: `dam-plugin request show RQ-…` has what is left")
    if closed.may_lack:
        say(work.NOT_ON_RECORD.format(closed.referral.id), "yellow")
        for each in still_asking:
            say(f"{each} asks for it still. {narrowed_how(each, closed.referral.asset_key)}", "yellow")


@queue_app.command()
def reopen(referral: Id, why: Why, as_: As = None, as_json: AsJson = False) -> None:
    """Let work wait again that was closed as taken down, and was not."""
    from dam_plugin.custodian import work

    with attached() as at:
        done = work.reopen_take_down(at.services, referral, actor_of(as_), why, context.system_user())
    print_result(
        {"referral": done.id, "due": done.due}, f"{done.id} waits again; it is due on {done.due}.", as_json=as_json
    )


@queue_app.command()
def withdraw(
    referral: Annotated[
        str, typer.Argument(metavar="ID", help="The referral (rf-…), or a share that went out without one (sh-…).")
    ],
    why: Why,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DAY", help="It held until this day, as an order that was quashed then."),
    ] = None,
    never_held: Annotated[
        bool,
        typer.Option(
            "--never-held",
            help="It never did, as a certificate of another student: it was given by mistake. Two people say so.",
        ),
    ] = False,
    stands: Annotated[bool, typer.Option("--stands", help="With --never-held: it held after all.")] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Close what was given on evidence that holds no longer, as a subpoena that was quashed; for a closed referral too.

    Every open link to this recording closes that the same recipient got on evidence. Where something was given on it, say
    whether it held then: --since DAY, or --never-held.
    """
    from dam_plugin.cli.links import print_closed
    from dam_plugin.custodian import work

    if never_held and since is not None:
        raise typer.BadParameter("--since and --never-held exclude each other: it held until a day, or it never did")
    if stands and not never_held:
        raise typer.BadParameter("--stands takes back that it never held: add --never-held")
    fell = work.Fell(day_of(since, None), stands) if never_held or since is not None else None
    with attached() as at:
        by, user = actor_of(as_), context.system_user()
        if not referral.startswith(SHARE):
            withdrawn = work.withdraw_evidence(at.services, referral, by, why, user, fell)
        elif never_held:
            withdrawn = work.never_held_by_share(at.services, referral, by, why, user, stands=stands)
        else:
            raise typer.BadParameter(
                "of a share without a referral say --never-held; where its evidence held until now, `dam-plugin revoke` takes "
                "back the link"
            )
    print_closed(
        withdrawn.closed,
        f"{referral}: ",
        as_json=as_json,
        referral=referral,
        never_held=list(withdrawn.never_held),
        waits=withdrawn.waits,
    )
    if withdrawn.waits and not as_json:
        words = "--never-held --stands" if stands else "--never-held"
        say(
            "Somebody else has to say the same before the families' pages do: "
            f"`dam-plugin queue withdraw {referral} {words} --why TEXT`"
        )
    elif stands and not as_json:
        say("It is on each student's record that it held.")
    elif never_held and not as_json:
        say(
            "It is on each student's record as given by mistake (34 CFR 99.30): tell the families, and ask for it back."
        )
    if withdrawn.referral is not None and withdrawn.referral.is_open and not as_json:
        say(
            f"{referral} waits on: state what holds now, `dam-plugin queue finding {referral} evidence --evidence FILE`; "
            f"where a court stayed the order, `dam-plugin queue finding {referral} stay stands --why TEXT`"
        )


@queue_app.command()
@with_options
def disclosed(
    referral: Id,
    to: Annotated[str, typer.Option("--to", metavar="ROLE:ID", help="Who was given it by hand.")],
    by_hand: ByHand,
    corrects: Annotated[
        list[str] | None,
        typer.Option(
            "--corrects",
            metavar="SHARE",
            help="The entry (sh-…) that was wrong, in whose place this one stands; the ledger keeps both (repeatable).",
        ),
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(
            "--why", metavar="TEXT", help="With --corrects: what was wrong. Write no name: the family reads it."
        ),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Put on the record of disclosures what was handed over, once for each who received it; the referral stays as it is.

    What was entered wrongly is entered again with --corrects: the record then has it once, and says that it was corrected.
    """
    from dam_plugin.custodian import work

    given = _handed_over(to, by_hand)
    if given is None:
        raise typer.BadParameter("say who was given it: --to ROLE:ID")
    if bool(corrects) != (why is not None):
        raise typer.BadParameter("a correction says which entry was wrong, and why: --corrects sh-… --why TEXT")
    correcting = work.Correcting(tuple(dict.fromkeys(corrects)), why) if corrects and why is not None else None
    with attached() as at:
        given = replace(given, paper=kept_paper(at.services, by_hand.file))
        by, user = actor_of(as_), context.system_user()
        recorded, replaced = work.record_disclosure(at.services, referral, by, given, user, correcting)
        is_open, answers = _answers_of(at.services, referral)
    if as_json:
        print_json({**(_plain_recorded(recorded) or {}), "corrects": [asdict(each) for each in replaced]})
        return
    _print_recorded(recorded, referral)
    _print_replaced(recorded, replaced)
    if is_open:
        say(f"{referral} waits on: record who else received it, then `dam-plugin queue close {referral} --why TEXT`.")
        return
    say(f"{referral} stays closed.")
    for each in answers:
        say(
            f"{each} was closed before this was on record: where its outcome is another now, `dam-plugin request reopen {each} "
            "--why TEXT`, and close it again",
            "yellow",
        )


def _print_replaced(recorded: Recorded, replaced: Sequence[Replaced]) -> None:
    """Print what a disclosure corrects, and what of the former entries stays until somebody else says or does more."""
    for each in replaced:
        say(f"It stands in the place of {each.share}, and says that it was corrected. The ledger keeps both.")
        for student in each.stays:
            where = (
                "the law asks for that line, and not for the new one"
                if student in recorded.decision.basis
                else "the new entry does not show them"
            )
            say(
                f"On the record of {student} the line of {each.share} stays, since {where}. Where it was wrong, two people say "
                f"so: `dam-plugin ledger correct {each.share} --student {student} --why TEXT --as custodian:NAME`",
                "yellow",
            )
        for work in each.work:
            say(
                f"{work}, which {each.share} left in the queue, waits on: where nothing is to do, `dam-plugin queue close "
                f"{work} --why TEXT`",
                "yellow",
            )
        for hold in each.holds:
            say(
                f"{hold}, the hold that came of {each.share}, stays: where nothing is to be held, two people release it, "
                f"`dam-plugin hold release {hold} --why TEXT`",
                "yellow",
            )
        print_reopened(each.reopened)


def _answers_of(services: Services, referral: str) -> tuple[bool, list[str]]:
    """Return whether a referral is open, and the closed requests that it answers."""
    from dam_plugin.custodian.request_register import get_request, requests_answered_by

    with services.store.reading() as unit:
        is_open = unit.referrals.need(referral).is_open
    answered = requests_answered_by(services, referral)
    return is_open, [each for each in answered if not get_request(services, each, secret=True).status.is_open]


def _handed_over(to: str | None, by_hand: ByHand) -> HandedOver | None:
    """Return what was handed over; None if nothing was. Raises BadParameter for options that say only a part of it."""
    from dam_plugin.sharing.in_person import HandedOver

    if to is None:
        for option in by_hand.is_given():
            raise typer.BadParameter(f"{option} tells of something handed over: say to whom, --disclosed-to ROLE:ID")
        return None
    if by_hand.basis is None:
        raise typer.BadParameter("say on which exception it was handed over: --basis CLAUSE, as EX7")
    students, also = listed(by_hand.students), listed(by_hand.also)
    return HandedOver(
        recipient_of(to),
        by_hand.basis,
        students,
        also,
        by_hand.how,
        day_of(by_hand.on, None),
        by_hand.threat,
        tuple(_enrolled(text, (*students, *also)) for text in by_hand.enrolled or ()),
        by_hand.before_notice,
        by_hand.law,
        with_statement=by_hand.with_statement,
        without_statement=by_hand.without_statement,
    )


def _enrolled(text: str, students: Sequence[str]) -> tuple[str, str]:
    """Return the student and what shows that they go to the school; without a student's id it is about the only one."""
    student, equals, shown = text.partition("=")
    if equals and student.startswith("S-"):
        return student, shown.strip()
    if len(students) != 1:
        raise typer.BadParameter("say of each student what shows it: --enrolled 'S-…=TEXT' once for each")
    return students[0], text.strip()


def _plain_recorded(recorded: Recorded | None) -> dict[str, Any] | None:
    if recorded is None:
        return None
    return {
        "share": recorded.share.id,
        "entry": recorded.entry.seq,
        "to": recipient_text(recorded.share.recipient),
        "basis": recorded.decision.basis,
        "record_disclosure": recorded.decision.record_disclosure,
        "offers": [each.id for each in recorded.offers],
        "review": recorded.review.id if recorded.review else None,
        "unnamed": list(recorded.unnamed),
        "before_notice": recorded.before_notice,
        "statement_owed": recorded.statement_owed.id if recorded.statement_owed else None,
    }


def _print_recorded(recorded: Recorded, referral: str) -> None:
    from dam_plugin.custodian.work import BEFORE_NOTICE

    basis = ", ".join(f"{student} ({clause})" for student, clause in recorded.decision.basis.items())
    say(
        f"On record as {recorded.share.id}: handed over to {recipient_text(recorded.share.recipient)}, showing {basis}."
    )
    if recorded.before_notice:
        say(BEFORE_NOTICE.format(referral), "yellow")
    if recorded.unnamed:
        say(
            f"This recording is about {', '.join(recorded.unnamed)} too. If what was handed over shows them, record that as "
            "well: `dam-plugin queue disclosed`",
            "yellow",
        )
    for left in recorded.left:
        say(f"In the custodian's queue, due {left.due}: {left.kind} {left.id}")
    if recorded.statement_owed is not None:
        say(
            "It went out without the family's statement, and its page says so. Send the statement after (34 CFR 99.21(c)(2)): "
            f"`dam-plugin custodian statements KEY` prints it; then `dam-plugin queue close {recorded.statement_owed.id} --why "
            "'how and when it was sent'`.",
            "yellow",
        )
    if recorded.review is not None:
        say("Somebody else than you reviews this emergency.", "yellow")


def _end(services: Services, stated: StatedFinding, *, as_json: bool) -> None:
    """Print the result of a finding, and exit as `share` does."""
    from dam_plugin.custodian.case_notes import answer_told, notes_of_waiting

    found, answer = stated.finding, stated.answer
    # What an answer would tell, before there is one.
    notes = notes_of_waiting(services, found.referral_id) if found.state == "pending" else ()
    if as_json:
        answered = asdict(answer_told(services, answer)) if answer else None
        print_json({**_plain_stated(stated), "answer": answered, "notes": list(notes)})
    else:
        say(_sentence(stated), "yellow" if found.state in ("pending", "stale") else "")
        for note in notes:
            say(note, "yellow")
        if found.state == "applied" and (then := read_finding(found.kind, found.content).then(found.referral_id)):
            say(then)
        print_still_published(stated.still_published)
        if answer is not None:
            print_answer(services, answer)
    if found.state == "stale":
        raise typer.Exit(1)
    raise typer.Exit(EXIT_CODES[answer.decision.outcome] if answer else 0)


def _sentence(stated: StatedFinding) -> str:
    found, referral = stated.finding, stated.referral
    match found.state:
        case "pending":
            if found.approver is not None:
                return (
                    f"A host's key stated the finding {found.id}, and '{found.approver.name}' stands behind it now. It waits "
                    f"on: another user of this system runs `dam-plugin queue approve {found.id} --as custodian:NAME`."
                )
            always = read_finding(found.kind, found.content).takes_two()
            what = "takes two people" if always else "loosens what holds of a discipline or medical recording"
            return (
                f"The finding {found.id} {what}. It waits: another user of this system runs `dam-plugin queue approve "
                f"{found.id} --as custodian:NAME`."
            )
        case "stale":
            return (
                f"Nothing happened: the recording, its tags, the evidence or the referral are not any more what the finding "
                f"{found.id} is about. Look at it, and state it anew: `dam-plugin queue show {referral.id}`."
            )
    if stated.answer is None and found.share_id:
        return f"The finding {found.id} is kept; the same was decided with it at the same moment, by {found.share_id}."
    state = "open" if referral.is_open else "closed"
    if referral.secret:
        return (
            f"The finding {found.id} is kept. The family is not to be told, so {referral.id} ({state}) is sealed with all "
            f"that belongs to it, and no list shows it: `dam-plugin queue show {referral.id} --sealed --as custodian:NAME`"
        )
    return f"The finding {found.id} is kept, {referral.id} is {state}."


def _due(row: Row) -> str:
    parts = (
        f"{row['due']}" if row["closed_at"] is None else "closed",
        "overdue" if row["overdue"] else "",
        "an approval waits" if row["pending"] else "",
        f"owner {row['owner']}" if row["owner"] else "",
    )
    return ", ".join(filter(None, parts))


def _plain(work: Work, *, in_full: bool) -> dict[str, Any]:
    referral = asdict(work.referral)
    return {
        **(referral if in_full else plain_for_staff(referral)),
        "what": REFERRAL_KINDS[work.referral.kind].called,
        "to": work.to,
        "purpose": work.share.purpose,
        "overdue": work.is_overdue,
        "pending": [each.id for each in work.pending],
    }


def _shown_to(as_: str | None, work: Work) -> Work:
    """Return a referral as it is shown to somebody: a new school tells where a student is, who may be protected."""
    if is_custodian_reading(as_) or work.share.recipient.role != OTHER_SCHOOL.id:
        return work
    school, referral = Recipient(OTHER_SCHOOL.id), work.referral
    given = (replace(each, share=replace(each.share, recipient=school)) for each in work.handed_over)
    return replace(
        work,
        referral=referral
        if referral.closing is None
        else replace(referral, closing="closed: ask the records custodian"),
        share=replace(work.share, recipient=school, evidence={}),
        findings=(),
        on_file={},
        handed_over=tuple(given),
        compared={},
    )


def _plain_stated(stated: StatedFinding) -> dict[str, Any]:
    found = stated.finding
    return {
        "finding": found.id,
        "kind": found.kind,
        "state": found.state,
        "share": found.share_id,
        "referral": asdict(stated.referral),
        "still_published": [asdict(each) for each in stated.still_published],
    }


def _require(
    services: Services, referral_id: str, by: Actor, *, is_stay: bool = False, is_review: bool = False
) -> None:
    """Raise before a copy of a paper goes into the bucket, unless the custodian acts on an open referral.

    A court stays (`is_stay`) also what was answered; a review (`is_review`) is said anew once it is closed.
    """
    from dam_plugin.custodian.queue_checks import need_open, require_custodian

    require_custodian(by)
    with services.store.reading() as unit:
        need_open(unit, referral_id, or_answered=is_stay, or_reviewed=is_review)


# How a finding is written


@dataclass(frozen=True, slots=True)
class Written:
    """A finding as it was written: its kind, the word behind it, and the options that were given, by their names."""

    kind: str
    word: str | None
    prominence: Prominence
    options: Mapping[str, Any]


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value not in ((), [])


def _check(written: Written) -> None:
    """Raise BadParameter for an unknown kind of finding, and for options that belong to another kind."""
    if written.kind not in KINDS:
        hint = Hints().hint_of_value(written.kind, tuple(KINDS))
        raise typer.BadParameter(f"'{written.kind}' is no finding{hint} (one of {', '.join(KINDS)})")
    kind = KINDS[written.kind]
    for option in written.options:
        if option not in kind.options:
            owners = " and ".join(f"'{each.kind}'" for each in KINDS.values() if option in each.options)
            raise typer.BadParameter(f"{option} belongs to {owners}; '{kind.kind}' takes {kind.written}")
    how = "--how" in written.options and kind.word_fills == ""
    if written.word is not None and (not kind.takes_word or how):
        raise typer.BadParameter(f"'{written.word}' is one word too many: '{kind.kind}' takes {kind.written}")
    if kind.words and written.word not in kind.words and not (written.word is None and _has_default(kind)):
        hint = Hints().hint_of_value(written.word or "", kind.words)
        raise typer.BadParameter(f"'{written.word or ''}' is not one of {', '.join(kind.words)}{hint}")


def _has_default(kind: type[Finding]) -> bool:
    return any(each.name == kind.word_fills and each.default is not MISSING for each in fields(cast("Any", kind)))


def _finding_in(  # noqa: PLR0911 - one line per kind
    services: Services, written: Written
) -> Finding:
    """Return the finding; a copy of a paper is put into the bucket. Raises BadParameter, InputError."""
    word, options = written.word or "", written.options
    match written.kind:
        case "meaning":
            return MeaningFound(cast("Any", word))
        case "directory":
            return Classified(cast("Any", word))
        case "identified":
            persons = tuple(appearance_of(each, written.prominence) for each in options.get("--person", ()))
            return PersonIdentified(persons, options.get("--unidentified"), options.get("--nobody", False))
        case "evidence":
            if "--evidence" not in options:
                raise typer.BadParameter(
                    "say what you have verified: --evidence FILE, as the block `evidence` of a case"
                )
            return EvidenceVerified(evidence_in(options["--evidence"]), kept_paper(services, options.get("--file")))
        case "attorney":
            return AttorneyAsked(written.word)
        case "offered":
            return OfferedToAll(options.get("--how", word), options.get("--guardian"))
        case "reviewed":
            if "--was-threat" in options and "--no-threat" in options:
                raise typer.BadParameter("--was-threat and --no-threat exclude each other")
            was_threat = True if "--was-threat" in options else False if "--no-threat" in options else None
            return Reviewed(word, was_threat, no_place="--no-place" in options)
        case _:
            return _from_options(services, written)


def _from_options(services: Services, written: Written) -> Finding:
    """Return a finding whose fields have the names of its options. Raises BadParameter for one that is left out."""
    kind = KINDS[written.kind]
    columns = fields(cast("Any", kind))
    called = {
        each.name: f"--{each.name.removesuffix('s' if each.name == 'students' else '').replace('_', '-')}"
        for each in columns
    }
    given = {name: written.options[option] for name, option in called.items() if option in written.options}
    if written.word is not None:
        given[kind.word_fills] = written.word
    lacking = [called[each.name] for each in columns if each.default is MISSING and each.name not in given]
    if lacking:
        raise typer.BadParameter(f"'{kind.kind}' takes {kind.written}: {', '.join(lacking)} is left out")
    if "file" in given:
        given["file"] = kept_paper(services, given["file"])
    return kind(**given)


# One referral in full


def _notes(services: Services, work: Work, as_: str | None) -> CaseNotes | None:
    """Return what the custodian is told beside a referral; None for anybody else."""
    from dam_plugin.custodian.case_notes import may_read, notes_of

    if not as_ or not may_read(actor_of(as_)):
        return None
    offered = work.referral.students if work.referral.kind == "offer" else ()
    return notes_of(services, work.share, but=work.referral.id, offered=offered)


def _plain_rest(services: Services, work: Work, notes: CaseNotes | None, *, names: bool) -> dict[str, Any]:
    """Return the details of a referral that the list does not have, as plain data."""
    case = _case(services, work)
    shown = _names(services, work, case) if names else {}
    rest = {
        "asked": {"share": work.share.id, "at": work.share.at, "by": asdict(work.share.actor)},
        "requests": requests_of(services, work.referral.id),
        "names": [shown.get(each, each) for each in work.share.names],
        "evidence": dict(work.on_file),
        "needed": [
            {"clause": clause, "text": text, "remedy": can, "finding": answered or None}
            for clause, text, can, answered in _missing(services, work, notes)
        ],
        "case": plain_case(case) if case else None,
        "findings": [_plain_finding(each, work.compared.get(each.id)) for each in work.findings],
        "handed_over": [
            {"share": each.share.id, "to": recipient_text(each.share.recipient), "basis": each.decision["basis"]}
            for each in work.handed_over
        ],
        "offer": [
            {"person": shown.get(person, person), "command": command} for person, command in _offered_to(services, work)
        ],
        "efforts": _efforts(services, work) if notes is not None else [],
    }
    return rest if notes is not None else plain_for_staff(rest, work.share.purpose)


def _print_work(services: Services, work: Work, notes: CaseNotes | None, *, names: bool) -> None:
    """Print one referral for a person."""
    case = _case(services, work)
    shown = _names(services, work, case) if names else {}
    _print_head(services, work, shown)
    if case is None:
        say("The recording is not in the library any more, or what is on file makes no case: close it, and say why.")
    else:
        _print_people(case, shown)
    print_table(
        "What is missing",
        ("clause", "reason", "what can be done", "finding"),
        [
            (clause, _named(text, shown), can, answered)
            for clause, text, can, answered in _missing(services, work, notes)
        ],
    )
    for note in notes.told if notes else ():
        say(_named(note, shown), "yellow")
    if work.findings:
        rows = [
            (each.id, each.at, each.by.id, _finding_in_words(each, shown), _finding_state(each, work.referral))
            for each in work.findings
        ]
        print_table("What was found", ("id", "when", "by", "what", "state"), rows)
    if work.handed_over:
        given = [
            (
                each.share.id,
                _named(recipient_text(each.share.recipient), shown),
                _named(_words(each.decision["basis"]), shown),
            )
            for each in work.handed_over
        ]
        print_table("What was handed over", ("share", "to", "whom it shows"), given)
    if notes is not None and (told := _efforts(services, work)):
        efforts = [
            (each["on"], each["id"], shown.get(each["student"], each["student"]), _of_effort(each), each["by"])
            for each in told
        ]
        print_table(
            "What was done to tell the families (34 CFR 99.31(a)(9)(ii))",
            ("day", "id", "family of", "what", "by"),
            efforts,
        )
    for each in work.pending:
        _print_approval(each, work.compared.get(each.id), shown, in_full=notes is not None)
        say(f"Another person approves it: dam-plugin queue approve {each.id} --as custodian:NAME", "yellow")
    if work.referral.kind == "offer":
        offered = [(shown.get(person, person), command) for person, command in _offered_to(services, work)]
        print_table("Whom to offer it to, and how each gets it", ("person", "command"), offered)
        say(f"Then: dam-plugin queue finding {work.referral.id} offered --how TEXT --as custodian:NAME")


def _of_effort(each: Mapping[str, Any]) -> str:
    return f"takes back {each['takes_back']}: {each['what']}" if each["takes_back"] else str(each["what"])


def _efforts(services: Services, work: Work) -> list[dict[str, Any]]:
    """Return what was done to tell families of an order, with its words: for the custodian, who proves it by them."""
    with services.store.reading() as unit:
        efforts = unit.letters.every_effort(work.referral.id)
    return [
        {
            "id": each.id,
            "on": each.on,
            "student": each.student_id,
            "what": each.what,
            "letter": each.letter_id,
            "takes_back": each.takes_back,
            "by": f"{each.by.role}:{each.by.id or each.user.name}",
        }
        for each in efforts
    ]


def _print_approval(
    finding: StoredFinding, told: ComparedDecisions | None, shown: Mapping[str, str], *, in_full: bool
) -> None:
    """Print what an approval of the finding changes: the evidence, and the decision without and with it."""
    evidence = _words(finding.evidence) if finding.evidence else "none"
    say(_named(f"{finding.id} decides on this evidence: {evidence}", shown))
    if told is None:
        say(f"{finding.id} can no longer be decided: approving it says why.")
    else:
        said = f"The decision without it: {_decision(told.before)}; with it: {_decision(told.after)}"
        say(_named(said if in_full else plain_for_staff(said), shown))


def _decision(decision: Decision) -> str:
    clauses = ", ".join(dict.fromkeys(each.clause for each in decision.reasons))
    shows = ", ".join(f"{student} ({clause})" for student, clause in decision.basis.items())
    hides = ", ".join(decision.redact)
    parts = (clauses, f"shows {shows}" if shows else "", f"hides {hides}" if hides else "")
    return f"{decision.outcome.word} [{'; '.join(filter(None, parts))}]"


def _print_head(services: Services, work: Work, shown: Mapping[str, str]) -> None:
    from dam_plugin.custodian.request_register import came_on

    referral, share, zone = work.referral, work.share, services.now().tzinfo
    say(f"{referral.id}: {REFERRAL_KINDS[referral.kind].called}, for {_named(work.to, shown)}", "bold")
    late = _by_order(work) + (" OVERDUE" if work.is_overdue else "")
    say(f"Recording: {referral.asset_key}, for '{share.purpose}'")
    opened, came = referral.opened_at.astimezone(zone).date(), came_on(services, referral)
    since = f", in the queue since {opened}" if came < opened else ""
    say(f"Came {came}{since}, due {referral.due}{late}; owner: {referral.owner or 'nobody'}")
    for each in work.order_days.apart() if work.order_days is not None else ():
        say(each, "yellow")
    if before := _before_meeting(services, work):
        say(f"To {before.clock.rule.called}, by {before.request_id}: {before.clock.sentence}")
    if closed := be_open(open_day_before(referral.due, services.settings.district.holidays)):
        say(closed.strip())
    asked = f"{share.at.astimezone(zone):%Y-%m-%d %H:%M}" if share.at else "before"
    say(f"Asked last {asked} by {share.actor.role}{f' {share.actor.id}' if share.actor.id else ''} ({share.id})")
    for each in requests_of(services, work.referral.id):
        say(f"Answers the request {each}: `dam-plugin request show {each}`")
    if share.names:
        say(f"Students asked for by name: {', '.join(shown.get(each, each) for each in share.names)}")
    if referral.kind == "found_later":
        say(f"Found in it later: {', '.join(shown.get(each, each) for each in referral.students)}", "red")
    if work.on_file:
        say(f"Written down as evidence, {_counts_how(work)}: {_named(_words(work.on_file), shown)}")
    if referral.closed_at is not None:
        say(f"Closed {referral.closed_at.astimezone(zone):%Y-%m-%d} by {referral.closed_by}: {referral.closing}")


def _by_order(work: Work) -> str:
    """Return what of an order makes its work due on that day; "" for nothing."""
    due, days = work.referral.due, work.order_days or OrderDays()
    by_register = next((request for request, day in days.registered.items() if day == due), None)
    if days.paper == due:
        return " by the order itself"
    if by_register is not None:
        return f" by {by_register}" + (f"; the paper on file says {days.paper}" if days.paper is not None else "")
    return " as the families were told of the order" if days.told == due else ""


def _counts_how(work: Work) -> str:
    """Return what makes the evidence on file count."""
    if work.on_file_by is not None and work.on_file_by.role in CUSTODIANS:
        return "which counts as the custodian's own, but for what takes two people"
    return "verified by `reviewed`"


def requests_of(services: Services, referral_id: str) -> list[str]:
    """Return the requests of the register that a referral answers."""
    from dam_plugin.custodian.request_register import requests_answered_by

    return requests_answered_by(services, referral_id)


def _before_meeting(services: Services, work: Work) -> BeforeMeeting | None:
    """Return the meeting before which a family has to see what it asked for, if one is known."""
    from dam_plugin.custodian.request_register import before_meeting

    return before_meeting(services, work.referral, work.share.recipient) if work.referral.is_open else None


def _print_people(case: Case, shown: Mapping[str, str]) -> None:
    asset = case.asset
    uses = ", ".join(dict.fromkeys(each.purpose for each in asset.official_uses)) or "none"
    say(
        f"Tagging {asset.tagging}, {asset.unidentified_people} not named; official use: {uses}; directory information: "
        f"{asset.directory_status}; meaning: {asset.meaning}"
    )
    rows = [
        (shown.get(each.student, each.student), each.prominence, "yes" if each.located else "no")
        for each in asset.appearances
    ]
    print_table("Who is in it", ("student", "prominence", "place known"), rows)


def _case(services: Services, work: Work) -> Case | None:
    """Return the case as it would be decided today; None if the recording is gone or the case cannot be made."""
    from dam_plugin.sharing.share import basis_of_share

    try:
        return basis_of_share(services, work.share).case
    except DamPluginError:
        return None


def _missing(services: Services, work: Work, notes: CaseNotes | None = None) -> list[tuple[str, str, str, str]]:
    """Return each reason of the last decision: clause, sentence, what can be done, and the finding that answers it."""
    from dam_plugin.custodian.missing import missing_of
    from dam_plugin.custodian.work import decision_on_file

    with services.store.reading() as unit:
        kept = unit.shares.share(work.referral.share_id)
    told = missing_of(work.referral, work.share, decision_on_file(services, work.referral, kept), notes)
    return [(each.clause, each.text, each.remedy, " or ".join(each.answered_by)) for each in told]


def _offered_to(services: Services, work: Work) -> list[tuple[str, str]]:
    """Return who of an offer's family holds the rights, and the command by which each gets the recording."""
    from dam_plugin.custodian.work import whom_to_offer

    key = shlex.quote(work.referral.asset_key)
    asks = "dam-plugin share {} --to {} --purpose inspection --as custodian:NAME"
    found = whom_to_offer(services, work.referral)
    return [(each.id or "", asks.format(key, f"{each.role}:{each.id}")) for each in found]


def _names(services: Services, work: Work, case: Case | None) -> dict[str, str]:
    """Return the names of the students and guardians in question, by pseudonym."""
    students = {*work.referral.students, *(each.id for each in (case.students if case else ()))}
    with services.store.reading() as unit:
        records = [record for each in students if (record := unit.people.student(each))]
    names = {each.id: each.names[0] for each in records if each.names}
    return names | {who: name for each in records for who, name in (*each.named_representatives, *each.named_guardians)}


def _named(text: str, shown: Mapping[str, str]) -> str:
    for pseudonym, name in shown.items():
        text = text.replace(pseudonym, name)
    return text


def _finding_in_words(finding: StoredFinding, shown: Mapping[str, str]) -> str:
    content = finding.content
    match finding.kind:
        case "identified":
            persons = ", ".join(
                f"{each.student} ({each.prominence}; {'; '.join(where_and_when(each)) or 'not said where'})"
                for each in _persons(content)
            )
            unnamed = content["unidentified"]
            parts = (
                persons,
                ("nobody else" if persons else "nobody") if content["nobody"] else "",
                "" if unnamed is None else f"{unnamed} nobody can name",
            )
            what = "; ".join(filter(None, parts))
        case "evidence":
            file = content["file"]
            copy = f"; copy {file['key']}" if file else "; no copy on file"
            what = f"{_words(content['evidence'])}{copy}"
        case "reviewed":
            said = content.get("was_threat")
            threat = "" if said is None else "there was a threat" if said else "there was no threat"
            place = "no place can be told from it" if content.get("no_place") else ""
            what = "; ".join(filter(None, (content.get("found", ""), threat, place)))
        case _:
            what = "; ".join(_part(each) for each in content.values() if each)
    return _named(f"{finding.kind}: {what}" if what else finding.kind, shown)


def _persons(content: Mapping[str, Any]) -> tuple[Appearance, ...]:
    found = read_finding("identified", content)
    return found.persons if isinstance(found, PersonIdentified) else ()


def _words(evidence: Mapping[str, Any]) -> str:
    """Return an evidence block on one line."""
    return "; ".join(f"{name} ({_part(value)})" if value is not True else name for name, value in evidence.items())


def _part(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{name}: {_part(each)}" for name, each in value.items())
        case list() | tuple():
            return " ".join(map(str, value)) or "nobody"
        case bool():
            return "yes" if value else "no"
    return str(value)


def _finding_state(finding: StoredFinding, referral: Referral) -> str:
    who = f" by {finding.approver.name}" if finding.approver else ""
    if finding.state != "applied":
        return f"{finding.state}{who}"
    approved = f", approved{who}" if who else ""
    if finding.share_id:
        return f"decided {finding.share_id}{approved}"
    undecided = referral.is_open and decides(finding.kind, referral.kind)
    return f"{'not decided yet: `reviewed` does' if undecided else 'kept'}{approved}"


def _plain_finding(finding: StoredFinding, told: ComparedDecisions | None) -> dict[str, Any]:
    plain = asdict(finding)
    # The earlier tags are the recording's, and `tags` shows them.
    return {
        **{name: plain[name] for name in _FINDING},
        "without": _plain_decision(told.before) if told else None,
        "with": _plain_decision(told.after) if told else None,
    }


def _plain_decision(decision: Decision) -> dict[str, Any]:
    clauses = list(dict.fromkeys(each.clause for each in decision.reasons))
    return {
        "outcome": decision.outcome.word,
        "redact": list(decision.redact),
        "basis": decision.basis,
        "reasons": clauses,
    }


_FINDING: Sequence[str] = (
    "id", "at", "by", "user", "kind", "content", "evidence", "state", "settled_at", "approved_by", "approver", "share_id",
)  # fmt: skip
