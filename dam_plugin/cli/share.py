"""`share`, `break-glass`, `view`: one attempt, its answer in words, the link or what to show. Exit 3 denied, 4 referred."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Never, cast

import typer

from dam_plugin.cli import context
from dam_plugin.cli.context import As, Attached, actor_of, attached, day_of, listed, recipient_of
from dam_plugin.cli.files import named, whole
from dam_plugin.cli.output import STYLES, AsJson, Outside, print_json, print_table, say
from dam_plugin.errors import CaseError, InputError
from dam_plugin.model import CUSTODIANS, Decision, Link, LinkTerms, Outcome, Referral, Share, ShareKind
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.read_cases import MAX_TEXT, read_yaml, text_of
from dam_plugin.pseudonyms import own_ids

if TYPE_CHECKING:
    from dam_plugin.custodian.case_notes import CaseNotes
    from dam_plugin.custodian.requests import MeetingKind
    from dam_plugin.procedure.outside import OutsideReason
    from dam_plugin.services import Services
    from dam_plugin.sharing.in_person import Viewing
    from dam_plugin.sharing.preview import Preview
    from dam_plugin.sharing.share import Answer

NAMED_BEFORE = (
    "The request in the register names them, or the same recipient asked for them by name before (34 CFR 99.3)."
)
# 34 CFR 99.30 asks for the consent of a parent, and each holds the rights in full (34 CFR 99.4).
OTHER_PARENT = (
    "Shown on the consent of one parent, while the other parent is on file as who opted out before: {}. One parent's later "
    "consent is enough (34 CFR 99.30, 99.4)."
)
# In every emergency the same, so that nobody learns from it who is protected.
WHEREABOUTS = (
    "Tell the recipient, too: where a student lives or can be found may be told only to whom the emergency needs."
)
# "without unnecessary delay and before any meeting regarding an IEP, or any hearing"
SOONER = (
    "Where the family needs it for an IEP meeting or a hearing before that day: `dam-plugin queue meeting {} --on DAY --kind "
    "iep --as custodian:NAME` (34 CFR 300.613(a))"
)
MEETINGS = "iep, hearing, resolution"
EXIT_CODES = {Outcome.ALLOW: 0, Outcome.REDACT: 0, Outcome.DENY: 3, Outcome.REFER: 4}

To = Annotated[str, typer.Option("--to", metavar="ROLE:ID", help="The recipient, e.g. parent:G-… or public.")]
Answers = Annotated[
    str | None, typer.Option("--request", metavar="RQ", help="The request that it answers, see `request list`.")
]
Key = Annotated[str, typer.Argument(metavar="KEY", help="The recording's key in the bucket.")]
Names = Annotated[
    list[str] | None, typer.Option("--name", metavar="STUDENT", help="A student asked for by name (repeatable).")
]
EvidenceFrom = Annotated[
    Path | None, typer.Option("--evidence", metavar="FILE", help="The evidence block of a case (YAML or JSON).")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(share)
    app.command("break-glass")(break_glass)
    app.command()(view)


def share(
    key: Key,
    to: To,
    purpose: Annotated[str, typer.Option("--purpose", help="The purpose, e.g. website; see `dam-plugin purposes`.")],
    kind: Annotated[str, typer.Option("--kind", help="request, or publication by the district.")] = "request",
    as_: As = None,
    name: Names = None,
    evidence: EvidenceFrom = None,
    days: Annotated[
        int, typer.Option("--days", metavar="N", help="The number of days for which the link works.")
    ] = LinkTerms().days,
    openings: Annotated[
        int | None, typer.Option("--openings", metavar="N", help="The most openings (default: any number).")
    ] = None,
    word: Annotated[
        bool, typer.Option("--word", help="It opens only with a word, which you tell the recipient in another way.")
    ] = False,
    answers: Answers = None,
    meeting: Annotated[
        str | None,
        typer.Option("--meeting", metavar="DAY", help="An IEP meeting or hearing for which a family asks to see it."),
    ] = None,
    meeting_kind: Annotated[
        str | None, typer.Option("--meeting-kind", help=f"What that meeting is: {MEETINGS} [iep].")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come of it; nothing is released, recorded or filed.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="With --dry-run: where the copy goes that the recipient would get."),
    ] = None,
    outside: Outside = False,
    as_json: AsJson = False,
) -> None:
    """Ask for a share: it is decided, carried out, and recorded."""
    if out is not None and not dry_run:
        raise typer.BadParameter("--out belongs to --dry-run: what is shared goes out by its link")
    if dry_run and meeting is not None:
        raise typer.BadParameter("--meeting notes something, and --dry-run notes nothing: leave one of them out")
    if meeting_kind is not None and meeting is None:
        raise typer.BadParameter("--meeting-kind belongs to --meeting")
    if kind not in ("request", "publication"):
        raise typer.BadParameter(f"'{kind}' is neither request nor publication")
    if not purpose.strip():
        raise typer.BadParameter("--purpose must not be blank")
    request = Share(
        id="",
        asset_key=key,
        kind=cast("ShareKind", kind),
        purpose=purpose,
        actor=actor_of(as_),
        recipient=recipient_of(to),
        names=tuple(name or ()),
        evidence=evidence_in(evidence),
        terms=LinkTerms(days, openings, word),
        answers=answers,
        user=context.system_user().name,
    )
    if request.kind == "publication" and request.recipient.role != "public":
        raise typer.BadParameter("a publication goes to 'public'; share with others as a request")
    before = None if meeting is None else (meeting_kind_of(meeting_kind or "iep"), day_of(meeting, date.max))
    with attached() as at:
        if dry_run:
            _say_what_would_come(at, request, out, as_json=as_json, outside=outside)
        _carry_out(at, request, before, as_json=as_json, outside=outside)


def break_glass(
    key: Key,
    to: To,
    threat: Annotated[str, typer.Option("--threat", help="The threat to health or safety, in words.")],
    confirmed_by: Annotated[
        str | None,
        typer.Option("--confirmed-by", metavar="TEXT", help="The administrator, or the call back, that confirmed it."),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Release a recording in a health or safety emergency: nothing prevents it, and it is always on record."""
    if not threat.strip():
        raise typer.BadParameter("--threat must say what the threat is")
    if confirmed_by is not None and not confirmed_by.strip():
        raise typer.BadParameter("--confirmed-by must say who confirmed it")
    confirmed = {} if confirmed_by is None else {"confirmed_by": confirmed_by}
    request = Share(
        id="",
        asset_key=key,
        kind="request",
        purpose="emergency",
        actor=actor_of(as_),
        recipient=recipient_of(to),
        evidence={"emergency": {"threat": threat, "recipient_needs_it": True, **confirmed}},
        user=context.system_user().name,
    )
    with attached() as at:
        _carry_out(at, request, as_json=as_json)


def view(
    key: Key,
    to: Annotated[str, typer.Option("--for", metavar="ROLE:ID", help="Who would see or hear it, e.g. parent:G-….")],
    in_office: Annotated[
        bool, typer.Option("--in-office", help="It is shown here, by you. Without this nothing is shown: see `share`.")
    ] = False,
    basis: Annotated[
        str | None, typer.Option("--basis", metavar="CLAUSE", help="The exception you expect; another one is refused.")
    ] = None,
    purpose: Annotated[str, typer.Option("--purpose", help="What for; see `dam-plugin purposes`.")] = "inspection",
    students: Annotated[
        list[str] | None,
        typer.Option("--students", metavar="S-…,S-…", help="Whom it shows besides those whom the decision names."),
    ] = None,
    name: Names = None,
    evidence: EvidenceFrom = None,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", metavar="N", min=1, max=24 * 60, help="How long it takes, for the record."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where the copy to show goes, if people are hidden in it."),
    ] = None,
    answers: Answers = None,
    as_: As = None,
    outside: Outside = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody see or hear a recording in the office: decided and recorded as a disclosure, and no link is handed out."""
    from dam_plugin.sharing.in_person import Viewing

    if not in_office:
        raise typer.BadParameter(
            "to show a recording is to disclose it: say --in-office where you show it yourself, or hand out a link with "
            "`dam-plugin share`"
        )
    if not purpose.strip():
        raise typer.BadParameter("--purpose must not be blank")
    request = Share(
        id="",
        asset_key=key,
        kind="request",
        purpose=purpose,
        actor=actor_of(as_),
        recipient=recipient_of(to),
        names=tuple(name or ()),
        evidence=evidence_in(evidence),
        answers=answers,
        user=context.system_user().name,
    )
    with attached() as at:
        _show(at, request, Viewing(basis, listed(students), minutes), out, as_json=as_json, outside=outside)


def _say_what_would_come(at: Attached, request: Share, out: Path | None, *, as_json: bool, outside: bool) -> Never:
    from dam_plugin.custodian.case_notes import answer_told
    from dam_plugin.private_files import workroom

    with workroom() as folder:
        preview: Preview = at.hook.share_explained(share=request, folder=folder)
        answer, copy = preview.answer, preview.copy
        if out is not None and copy is not None:
            with whole(out, 0o600, "--out") as file, copy.path.open("rb") as made:
                shutil.copyfileobj(made, file)
    facts = tuple(copy.proof["facts"]) if copy is not None else ()
    if as_json:
        told = asdict(answer_told(at.services, answer))
        work = [{"kind": each["kind"], "due": each["due"], "missing": each["missing"]} for each in told["referrals"]]
        # Ids that are nowhere on file.
        told = {name: value for name, value in told.items() if name not in ("share", "more")}
        print_json({**told, "dry_run": True, "facts": facts, "referrals": work})
    else:
        _print_decided(at.services, answer, facts, outside=outside)
        if answer.notice:
            say(f"The recipient would be told: {answer.notice}")
        for each in answer.why_not:
            say(each, "yellow")
        for referral in answer.referrals:
            say(f"It would be in the custodian's queue, due {referral.due}: {referral.kind}")
        if out is not None:
            say(
                f"The copy is in {named(out)}."
                if copy is not None
                else f"There is no copy: {named(out)} is not written."
            )
        say("Nothing was released, recorded or filed. Share it without --dry-run to do so.")
    raise typer.Exit(EXIT_CODES[answer.decision.outcome])


def _show(at: Attached, request: Share, viewing: Viewing, out: Path | None, *, as_json: bool, outside: bool) -> None:
    from dam_plugin.custodian.case_notes import answer_told
    from dam_plugin.sharing.in_person import show_in_office

    place = None if out is None else partial(whole, out, 0o600, "--out")
    shown = show_in_office(at.services, request, viewing, place)
    answer, copy = shown.answer, out if shown.has_copy else None
    may_see = answer.decision.outcome <= Outcome.REDACT
    if as_json:
        told = asdict(answer_told(at.services, answer))
        print_json({**told, "may_see": may_see, "copy": str(copy) if copy else None})
    else:
        print_answer(at.services, answer, outside=outside)
        if may_see:
            what = (
                f"the copy {named(copy)}, and not the recording itself"
                if copy
                else f"the recording {request.asset_key}"
            )
            say(f"Show {what}. No link is handed out; the viewing is on record as {answer.share.id}.")
    raise typer.Exit(EXIT_CODES[answer.decision.outcome])


def reasons_of(decision: Decision, request: Share, *, in_full: bool | None = None) -> list[dict[str, Any]]:
    """Return the reasons as plain objects, each with where its clause stands and what a person can do.

    `in_full`: the custodian reads, who alone is told a protection as what it is [who asked for the share reads].
    """
    from dam_plugin.sharing.json_output import reasons_told

    return [asdict(each) for each in reasons_told(decision, request, in_full=in_full)]


def print_reasons(
    decision: Decision,
    request: Share,
    *,
    outside: bool = False,
    notes: CaseNotes | None = None,
    in_full: bool | None = None,
) -> None:
    """Print the outcome and its reasons for a person; `outside`: as the recipient may be told them.

    `notes` are what the custodian is told besides; `in_full` as in `reasons_of`.
    """
    say(decision.outcome.word, STYLES[decision.outcome.word])
    if outside:
        from dam_plugin.sharing.json_output import outside_told

        print_outside(outside_told(decision, request))
        return
    shown = {"clause": "clause", "text": "reason", "source": "where it stands"}
    if decision.outcome > Outcome.REDACT:
        shown["remedy"] = "what can be done"
    reasons = reasons_of(decision, request, in_full=in_full)
    if notes is not None:
        reasons = [
            {**each, "remedy": notes.remedy(each["clause"], each["remedy"], each["students"])} for each in reasons
        ]
    rows = [[each[name] for name in shown] for each in reasons]
    print_table("Why", list(shown.values()), rows)


def print_outside(reasons: Sequence[OutsideReason]) -> None:
    """Print reasons as people outside of the district are told them."""
    print_table("What may be told outside", ["reason", "the law"], [[each.text, each.provision] for each in reasons])


def _carry_out(
    at: Attached,
    request: Share,
    before: tuple[MeetingKind, date] | None = None,
    *,
    as_json: bool,
    outside: bool = False,
) -> None:
    from dam_plugin.custodian.case_notes import answer_told

    if before is not None:
        from dam_plugin.custodian.request_register import check_meeting_ahead

        check_meeting_ahead(at.services, request.recipient, before[1])
    answer = at.hook.share_requested(share=request)
    if before is not None:
        answer = replace(answer, referrals=tuple(_before_meeting(at.services, answer, *before)))
    if as_json:
        asked_to_tell = _asked_to_tell(at.services, answer)
        told = asdict(answer_told(at.services, answer))
        print_json({**told, "told_by": asked_to_tell, "told": answer.told})
    else:
        print_answer(at.services, answer, outside=outside)
        if before is not None and not any(each.kind == "inspection" for each in answer.referrals):
            say(
                "Nothing waits for that meeting, and it is not noted: what the family asks for yet, `request add --meeting`."
            )
    # After it was told: nothing stands in the way of an emergency.
    for review in (each for each in answer.referrals if each.kind == "review"):
        from dam_plugin.custodian.findings import note_releaser

        note_releaser(at.services, review, request.actor, context.system_user())
    _say_namesakes(at.services, request)
    raise typer.Exit(EXIT_CODES[answer.decision.outcome])


def _say_namesakes(services: Services, request: Share) -> None:
    """Say to the custodian alone of whoever is asked for by name that somebody else may be the same child."""
    from dam_plugin.custodian.namesakes import namesakes_told

    if not request.names or request.actor.role not in CUSTODIANS:
        return
    with services.store.reading() as unit:
        found = unit.people.namesakes(request.names)
    for student, others in found.items():
        typer.echo(f"note: {namesakes_told(student, others)}", err=True)


def _before_meeting(services: Services, answer: Answer, kind: MeetingKind, day: date) -> Iterator[Referral]:
    """Yield the work that a share leaves, once it is noted that a family asks for it before a meeting."""
    from dam_plugin.custodian.request_register import note_meeting

    for each in answer.referrals:
        is_asked = each.kind == "inspection" and not each.secret
        noted = is_asked and note_meeting(services, each.id, kind, day, answer.share.actor, context.system_user())
        yield noted or each


def meeting_kind_of(word: str) -> MeetingKind:
    """Return a kind of meeting or hearing by its word. Raises BadParameter."""
    from dam_plugin.custodian.requests import MEETING_KINDS

    if word not in MEETING_KINDS:
        hint = Hints().hint_of_value(word, MEETING_KINDS)
        raise typer.BadParameter(f"'{word}' is not a kind of meeting{hint} (one of {', '.join(MEETING_KINDS)})")
    return cast("MeetingKind", word)


def print_answer(services: Services, answer: Answer, *, outside: bool = False) -> None:
    """Print the result of a share for a person, its link with the token too; `outside` gives the reasons for outsiders."""
    from dam_plugin.sharing.json_output import link_url

    settings, asked_to_tell = services.settings, _asked_to_tell(services, answer)
    _print_decided(services, answer, _facts(answer), outside=outside)
    if answer.token and answer.link:
        _print_link(answer.link, answer.token, link_url(settings, answer.token), answer.word)
    if answer.notice:
        say(f"Tell the recipient: {answer.notice}")
    whereabouts = WHEREABOUTS if answer.token and _is_urgent(answer) else None
    for each in filter(None, (whereabouts, answer.more, *answer.why_not)):
        say(each, "yellow")
    if answer.way_on:
        say(answer.way_on)
    for referral in answer.referrals:
        _print_referral(referral, asked_to_tell, answer.told, settings.district.contact)
    if answer.share.secret:
        say(
            "The family is not to be told: this is in no list, record or export, and nobody was notified of what it is.",
            "yellow",
        )
        say(
            f"Only {settings.district.contact} sees it, with --sealed; `doctor` says no more than that something waits."
        )


def _print_decided(services: Services, answer: Answer, facts: Sequence[str], *, outside: bool) -> None:
    """Print a decision with what staff and the custodian are told besides, and the facts of its copy."""
    from dam_plugin.custodian.case_notes import notes_beside

    notes = None if outside else notes_beside(services, answer)
    print_reasons(answer.decision, answer.share, outside=outside, notes=notes)
    for note in notes.told if notes else ():
        say(note, "yellow")
    if not outside:
        _print_students(answer)
    for fact in facts:
        say(f"The copy: {fact}")


def _print_students(answer: Answer) -> None:
    """Print what only staff are told of students: whom the other parent opted out, and who counts as asked for by name."""
    if answer.other_parent:
        say(OTHER_PARENT.format(", ".join(answer.other_parent)), "yellow")
    if answer.named_before:
        say(f"Decided as asked for by name, too: {', '.join(answer.named_before)}. {NAMED_BEFORE}")


def _asked_to_tell(services: Services, answer: Answer) -> Sequence[str]:
    """Return the plugins that tell the custodian of an emergency; none for other shares."""
    return services.third_parties.who_answers("notify") if _is_urgent(answer) else ()


def _is_urgent(answer: Answer) -> bool:
    return any(referral.kind == "review" for referral in answer.referrals)


def _print_link(link: Link, token: str, url: str | None, word: str | None) -> None:
    until = link.expires_at.astimezone()
    often = "" if link.most_openings is None else f", for {link.most_openings} opening(s)"
    what = "It" if url else "Its token"
    say(f"Link {link.id}, good until {until:%Y-%m-%d}{often}. {what} is shown this once:")
    say(url or token)
    if word:
        say(f"It opens only with the word {word}: tell it to the recipient in another way than the link.")
    if url is None:
        say("Open it with: dam-plugin open TOKEN")
        say("For a link that a browser opens set DAM_PLUGIN_PUBLIC_URL to the address of `dam-plugin serve`.")


def _print_referral(referral: Referral, told_by: Sequence[str], told: int, contact: str) -> None:
    if referral.kind == "review" and told:
        say(f"The records custodian was told at once ({told} of {len(told_by)} say so: {', '.join(told_by)}).")
    elif referral.kind == "review" and told_by:
        say(f"Asked to tell the records custodian, {', '.join(told_by)} did not say yes: tell {contact} now, yourself.")
    elif referral.kind == "review":
        say(f"No plugin is attached that tells the records custodian: tell {contact} now, yourself.")
    say(f"In the custodian's queue, due {referral.due}: {referral.kind} {referral.id}")
    if referral.kind == "inspection":
        say(SOONER.format(referral.id))


def _facts(answer: Answer) -> list[str]:
    """Return the facts of the copy's plan. By them a person judges how hiding changes the meaning."""
    facts: list[str] = answer.release.proof.get("facts", []) if answer.release else []
    return facts


def evidence_in(path: Path | None) -> dict[str, Any]:
    """Return the evidence block in a file, bare or under the key `evidence`; raise InputError if there is none."""
    if path is None:
        return {}
    with path.open("rb") as file:
        data = file.read(MAX_TEXT + 1)
    try:
        raw = read_yaml(text_of(data, name=str(path)), name=str(path))
    except CaseError as error:
        raise InputError(error.problems[0].placed_message) from error
    if isinstance(raw, dict) and set(raw) == {"evidence"}:
        raw = raw["evidence"]
    if not isinstance(raw, dict):
        raise InputError(f"'{path}' must hold a mapping, as the block `evidence` of a case does")
    return own_ids(raw)
