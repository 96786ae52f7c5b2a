"""`roster import`, `student …`, `consent …`: the students, their guardians, and the choices of their families."""

from __future__ import annotations

import gc
import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import As, Attached, actor_of, attached, day_of, is_custodian_reading, with_options
from dam_plugin.cli.jobs import shown_progress
from dam_plugin.cli.links import print_closed, print_copies, print_opened, print_sets, print_still_published
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
    print_table,
    say,
)
from dam_plugin.model import (
    OF_GUARDIANS,
    OF_ORDERS,
    PROTECTION_KINDS,
    Consent,
    Guardianship,
    GuardianshipKind,
    OptOut,
    ProtectionKind,
    Signature,
    StudentRecord,
)
from dam_plugin.procedure.protection import may_be_against, plain_for_staff

if TYPE_CHECKING:
    from dam_plugin.custodian.choices import Rehearsed
    from dam_plugin.custodian.college import College
    from dam_plugin.custodian.deaths import Death
    from dam_plugin.custodian.guardianships import Stated
    from dam_plugin.custodian.protections import Protected
    from dam_plugin.custodian.shown_before import ShownBefore
    from dam_plugin.custodian.turned_away import TurnedAway
    from dam_plugin.gate.close_links import DirectoryLinks
    from dam_plugin.people.doubts import StudentChange
    from dam_plugin.people.mapping import RosterMapping
    from dam_plugin.people.roster import MappingFile, RosterImport
    from dam_plugin.procedure.purposes import PurposeList
    from dam_plugin.settings import District
    from dam_plugin.store import ChoiceSource, RosterChange


# Most students in a table. A longer table is not readable; `--json` has all.
MOST_STUDENTS = 200
OPTED_OUT_BY = (
    "On file as who opted out: {0}; {1}. One parent's later word is enough (34 CFR 99.4): see that the paper is newer than the "
    "opt-out. Tell {0}, who opted out, that it ended: no letter goes out by itself. They may opt out again. A letter says "
    "so: {2}"
)
OPTED_OUT_BY_ANOTHER = (
    "{who}, who opted out before, did not sign a consent of {student} that is later. One parent's later consent is enough (34 "
    "CFR 99.4, 99.30), and what it is for may be shown again. Tell {who}, who opted out: no letter goes out by itself. They "
    "may opt out again: `dam-plugin student opt-out {student} --by G-…`."
)
NEVER_GIVEN = (
    "The record says of what went out on it that it was given by mistake (34 CFR 99.30): ask for it back. Tell the family that "
    "it was our mistake: `dam-plugin letter write consent-ended --consent {0}`. Where the paper is another student's, enter it "
    "there: `dam-plugin consent add`"
)
GIVEN_ON_IT = (
    "{count} recording(s) went out on it after {on}: by mistake, as the record of disclosures says now (34 CFR 99.30). Ask for "
    "them back, and tell the family. Where nobody ever signed it, such as a brother's paper that was entered for his sister, "
    "two people say so: `dam-plugin consent revoke {consent} --never-given --why TEXT`"
)
TAKEN_BACK = (
    "Nobody in the family had said it. Tell whoever was told that the no is on file that it was our mistake: {}. Where the "
    "form is another student's, enter it there: `dam-plugin student opt-out`"
)
ENDED_FOR_STUDENT = (
    "{student} had opted out by their own word. Until the student holds the rights, a parent's word ends that (34 CFR 99.3, "
    "99.5): {who}. Tell the student. From 18 on the student may opt out, and then nobody else ends it."
)
WITHOUT_RIGHT = (
    "{who} stated an opt-out for {student}, who holds the rights: nobody opts out in the student's place (34 CFR 99.5, "
    "99.37). It is no choice of the student, and makes no consent of the student doubtful. It stays in force until the "
    "custodian has said whose word it is. Ask the student: where the student says the same, `dam-plugin student opt-out "
    "{student} --by {student}`; then, or where not, `dam-plugin student opt-in {student} --without-right --why TEXT --as "
    "custodian:NAME`. `dam-plugin doctor` names it until then."
)
AFTER_DEATH = (
    "{who} stated an opt-out for {student}, who had held the rights and has died. It stays in force: nobody is asked any more, "
    "and the custodian hears the family. `dam-plugin doctor` names it."
)
LARGEST_MAPPING = 4 * 2**20
StudentId = Annotated[str, typer.Argument(metavar="ID", help="The student's pseudonym (S-…), see `student find`.")]

Purposes = Annotated[
    list[str] | None, typer.Option("--purpose", help="Only for this purpose of the list (repeatable); none means all.")
]

SourcePath = Annotated[
    Path | None,
    typer.Argument(
        metavar="SOURCE",
        help="A roster: OneRoster, School Data Sync or Clever (folder, ZIP or .xlsx), a CSV file, or INDEX.TXT.",
    ),
]

MappingPath = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="The mapping file for the district's own columns (YAML)."),
]

FromPlugin = Annotated[str | None, typer.Option("--from", metavar="PLUGIN", help="Import the roster of this plugin.")]
roster_app = typer.Typer(help=help_of("roster"), no_args_is_help=True)
student_app = typer.Typer(help=help_of("student"), no_args_is_help=True)
guardian_app = typer.Typer(
    help="Parents and guardians by hand: who has a say over a student's record, and who has none.", no_args_is_help=True
)
consent_app = typer.Typer(help=help_of("consent"), no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add the groups of this file."""
    app.add_typer(roster_app, name="roster")
    app.add_typer(student_app, name="student")
    student_app.add_typer(guardian_app, name="guardian")
    app.add_typer(consent_app, name="consent")


@roster_app.command("import")
def import_roster(
    source: SourcePath = None,
    mapping: MappingPath = None,
    from_: FromPlugin = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the changes, student by student.")] = False,
    names: Annotated[
        bool, typer.Option("--names", help="Also show names: who was not linked; with --dry-run, all.")
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Import although it looks like a mistake.")] = False,
    carry_opt_outs: Annotated[
        bool,
        typer.Option(
            "--carry-opt-outs", help="Apply a student's opt-out also to another number that may be the same student's."
        ),
    ] = False,
    same: Annotated[
        list[str] | None,
        typer.Option(
            "--same",
            metavar="NEW=OLD|all",
            help="NEW is who is on file as OLD, a student or a guardian, under another number (repeatable); or all: everybody "
            "whom the import asks about, one for one.",
        ),
    ] = None,
    another: Annotated[
        list[str] | None,
        typer.Option(
            "--another", metavar="G-…", help="Somebody else has the number of this guardian now (repeatable)."
        ),
    ] = None,
    sample_dates: Annotated[
        bool, typer.Option("--sample-dates", help="Take dates such as today-16y, as the sample roster has them.")
    ] = False,
    without_choices: Annotated[
        bool,
        typer.Option(
            "--without-choices", help="This import brings no opt-outs, although the last ones came by a mapping."
        ),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Leave it to the worker to tag recordings again (`dam-plugin jobs list`).")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Import a roster, whole or not at all."""
    from dam_plugin.custodian import choices
    from dam_plugin.custodian.same_people import same_from
    from dam_plugin.custodian.turned_away import turned_away
    from dam_plugin.gate.close_links import OUT_OF_REACH
    from dam_plugin.people.roster import Source

    if (source is None) == (from_ is None):
        raise typer.BadParameter("give either a SOURCE or --from PLUGIN")
    if mapping is not None and from_ is not None:
        raise typer.BadParameter("a plugin's roster brings its own opt-outs: give --mapping with a SOURCE")
    is_who = same_from(same or ())
    with attached() as at, _rarely_collected():
        means, read_by = _mapping(mapping, at.services.settings.purposes) if mapping else (None, None)
        if source is None:
            roster = _of_plugin(at, from_)
        else:
            folder = mapping.parent if mapping else Path()
            roster = _read(at, source, means, folder, sample_dates=sample_dates)
        roster = choices.as_district_says(at.services, roster)
        origin = Source(from_ or (source or Path()).resolve().name, read_by)
        if dry_run:
            would = choices.rehearse_import(
                at.services, roster, origin, same=is_who, others=another or (), without_choices=without_choices
            )
            told = replace(roster, notes=(*roster.notes, *would.notes))
            _print_rehearsal(would, told, names=names, as_json=as_json)
            return
        with shown_progress(as_json=as_json) as tell:
            done = choices.import_roster(
                at.services,
                roster,
                actor_of(as_),
                source=origin,
                confirmed=confirm,
                carry_opt_outs=carry_opt_outs,
                same=is_who,
                others=another or (),
                without_choices=without_choices,
                detach=detach,
                tell=tell,
            )
        wronged = tuple(each.sentence for each in turned_away(at.services))
    roster = replace(roster, notes=(*roster.notes, *done.notes, *wronged))
    closed = done.closed
    more = {"tagged_again": done.tagged_again, "closed_links": len(closed)}
    if closed:
        more["closed_links_opened_before"] = len(closed.opened)
    left = {"job": done.job.id, "to_tag_again": done.job.total} if detach and done.job is not None else {}
    if as_json:
        plain = {**closed.as_dict(), **_plain_roster(roster, names=names), "shown_before": _plain_shown(done.shown)}
        print_json({**asdict(done.change), **more, **left, **plain})
        return
    _print_format(roster)
    _print_change(done.change, "were")
    for title, value in (*more.items(), *left.items()):
        say(f"{title.replace('_', ' ')}: {value}")
    print_copies(closed.copies)
    print_opened(closed)
    if closed:
        say(OUT_OF_REACH)
    print_still_published(closed.still_published)
    print_sets(closed)
    _print_shown(done.shown)
    _print_unlinked(roster, names=names)
    _print_notes(roster.notes)


@roster_app.command("choices")
def roster_choices(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[none|later]",
            help="State that rosters have no opt-outs (they are entered by hand), or that they are still to come.",
            show_default=False,
        ),
    ] = None,
    why: Annotated[str, typer.Option("--why", help="How families' answers are kept, and where.")] = "",
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Show where families' opt-outs come from, or state it: only for the custodian or a designee."""
    from dam_plugin.custodian import choices

    if what not in (None, "none", "later"):
        raise typer.BadParameter(f"'{what}' is not known here: none, later, or nothing to show what was said")
    if what is None and (why or as_ is not None):
        raise typer.BadParameter("--why and --as go with a statement: none or later")
    with attached() as at:
        if what is None:
            said = choices.last_choice_source(at.services)
        else:
            kind = cast("Literal['none', 'later']", what)
            said = choices.state_choices(at.services, kind, why, actor_of(as_))
    known = said is not None and said.kind != "later"
    plain = {**asdict(said), "reads": said.reads} if said else {"kind": None}
    print_result({"known": known, **plain}, _choices_sentence(said), as_json=as_json)


def _choices_sentence(said: ChoiceSource | None) -> str:
    if said is None:
        return (
            "nobody has said yet where families' opt-outs come from: shares that rest on directory information are referred; "
            "import the roster with the file of opt-outs, or state with `none` that they are entered by hand"
        )
    who = f"{said.at:%Y-%m-%d} by {said.said_by.role}:{said.said_by.id}"
    if said.kind == "none":
        return f"rosters have no opt-outs, they are entered by hand: stated on {who} ({said.why})"
    if said.kind == "later":
        return (
            f"families' opt-outs are still to come: stated on {who} ({said.why}); until an import brings them, shares that "
            "rest on directory information are referred"
        )
    if said.kind == "plugin":
        return f"opt-outs come from the plugin '{said.file}': imported on {who}"
    by = f" by {said.mapping} (sha256 {(said.mapping_sha256 or '')[:12]}…)" if said.mapping else ""
    return f"opt-outs come from {said.file}{by}: imported on {who}"


@roster_app.command("staff")
def list_staff(
    names: Annotated[bool, typer.Option("--names", help="Also show names.")] = False, as_json: AsJson = False
) -> None:
    """List teachers and other staff whom a roster or a portrait index names: they are no students."""
    with attached() as at, at.services.store.reading() as unit:
        found = unit.people.staff()
    columns: Columns = {
        "id": "id",
        **({"names": lambda each: ", ".join(each["names"])} if names else {}),
        "role": "role",
        "active": lambda each: "yes" if each["active"] else "no",
    }
    rows = [{key: value for key, value in asdict(each).items() if key in columns} for each in found]
    print_rows("Staff", rows, columns, as_json=as_json)


@student_app.command()
def find(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="Part of a student's or guardian's name, or the roster's id.")
    ],
    limit: Limit = LISTED,
    after: After = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Find students by their own name or a guardian's: this shows names.

    Who is protected is shown with --as custodian:NAME alone. So is, by a guardian's name, a student whose family said no to
    everything.
    """
    from dam_plugin.custodian.find_students import find_students

    in_full = is_custodian_reading(as_)
    with attached() as at:
        today, district = at.services.now().date(), at.services.settings.district
        done = find_students(at.services, text, limit=limit + 1, after=after, in_full=in_full)
    found = list(page_of_rows(done.students, limit, lambda each: each.id))
    _print_students(found, today, district, as_json=as_json, in_full=in_full, guardians=done.guardians)


_DESTROYED: Columns = {
    "recording": "recording",
    "type": "media_type",
    "since": "since",
    "destroyed on": lambda row: row["destroyed"]["day"],
    "why": lambda row: row["destroyed"]["how"],
    "destruction": lambda row: row["destroyed"]["id"],
    "the student": lambda row: "in the background" if row["destroyed"]["in_background"] else "",
}


@student_app.command()
def recordings(
    student: StudentId,
    request: Annotated[
        str | None, typer.Option("--request", metavar="RQ", help="Say of each how it was answered to this request.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List the recordings that a student is tagged in, for a family that asks what there is (34 CFR 99.10, 300.616).

    Those that were destroyed stand behind them, with the day and the reason.
    """
    from dam_plugin.cli.requests import SILENT
    from dam_plugin.custodian.namesakes import namesakes_told
    from dam_plugin.custodian.request_register import log_silent_until, recordings_of

    with attached() as at:
        found = recordings_of(at.services, student, actor_of(as_), request)
        silent = log_silent_until(at.services)
        with at.services.store.reading() as unit:
            namesakes = unit.people.namesakes_of(student)
    if namesakes:
        typer.echo(f"note: {namesakes_told(student, namesakes)}", err=True)
    columns: Columns = {
        "recording": "recording",
        "key": "key",
        "type": "media_type",
        "since": "since",
        "tagging": "tagging",
        **({"answer": "answer"} if request is not None else {}),
    }
    if as_json:
        print_json(*found)
        return
    print_rows(f"Recordings of {student}", (each for each in found if not each["destroyed"]), columns, as_json=False)
    gone = [each for each in found if each["destroyed"]]
    if gone:
        print_rows(f"Destroyed recordings of {student}", gone, _DESTROYED, as_json=False)
    if silent is not None:
        say(SILENT.format(day=silent), "yellow")


@student_app.command()
def show(student: StudentId, as_: As = None, as_json: AsJson = False) -> None:
    """Show one student with guardians, opt-outs and consents: this shows names.

    Whether the student is protected, and what a court order limits, is shown with --as custodian:NAME alone.
    """
    from dam_plugin.ledger.corrected import never_given
    from dam_plugin.procedure.terms import has_rights
    from dam_plugin.sharing.unanswered import may_answer_until

    in_full = is_custodian_reading(as_)
    with attached() as at, at.services.store.reading() as unit:
        record, today, district = unit.people.need(student), at.services.now().date(), at.services.settings.district
        eligible = has_rights(record, today, at.services.rulings)
        consents = unit.people.consents([student])
        confirmed = {each.id: each.confirmed_on for each in unit.people.kept_consents([student])}
        mistaken = never_given(unit, at.services.ledger, {student})
        namesakes = unit.people.namesakes_of(student)
    if as_json:
        print_json(
            {
                "namesakes": namesakes,
                **_plain_student(record, today, district, in_full=in_full),
                "guardians_today": record.guardians_on(today),
                "consents": [
                    {"id": each, **asdict(consent), "never_given": each in mistaken} for each, consent in consents
                ],
            }
        )
        return
    _print_students([record], today, district, as_json=False, in_full=in_full)
    if record.former_names:
        print_table("Former names, which still match", ("name",), [(each,) for each in record.former_names])
    _print_guardians(record, today, in_full=in_full, eligible=eligible)
    _say_namesakes(student, namesakes)
    if in_full:
        _print_protections(record, today)
    told = _plain_student(record, today, district, in_full=in_full)["opt_outs"]
    outs = [(o["since"], o["ended"], ", ".join(o["purposes"]) if o["purposes"] else "all purposes") for o in told]
    print_table("Opt-outs", ("since", "ended", "for"), outs)
    until = may_answer_until(record, district)
    if until is not None and today <= until:
        say(
            f"Counts as opted out through {until}: the family is new since the notice of {district.directory_notice}, and may "
            "still answer it (34 CFR 99.37(a)(3))."
        )
    columns = ("id", "purpose", "parties", "recordings", "signed by", "signed on", "confirmed", "expires", "revoked")
    rows = [
        (
            each,
            c.purpose,
            ", ".join(c.parties),
            "all" if c.assets is None else len(c.assets),
            c.signed_by,
            c.signed_on,
            confirmed[each],
            c.expires,
            "never given" if each in mistaken else c.revoked_on,
        )
        for each, c in consents
    ]
    print_table("Consents", columns, rows)


def _say_namesakes(student: str, namesakes: Sequence[str]) -> None:
    from dam_plugin.custodian.namesakes import namesakes_told

    if namesakes:
        say(namesakes_told(student, namesakes), "yellow")


@student_app.command("add")
def add_student(
    number: Annotated[str, typer.Option("--number", help="The number the district gave the student.")],
    given: Annotated[str, typer.Option("--given", help="The given name.")],
    family: Annotated[str, typer.Option("--family", help="The family name of that time.")],
    seen: Annotated[str, typer.Option("--seen", help="What shows that it was a student of the district.")],
    born: Annotated[
        str | None, typer.Option("--born", metavar="DATE", help="The birth date, where it is known.")
    ] = None,
    file: Paper = None,
    another: Annotated[
        bool, typer.Option("--another", help="It is another person than whoever on file is called nearly the same.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Put a former student whom no roster has on file, to be tagged and asked for (--as custodian:NAME). No import ends it."""
    from dam_plugin.custodian.former_students import FormerStudent, add_former_student

    with attached() as at:
        paper = context.kept_digest(at.services, file)
        who = FormerStudent(number, given, family, day_of(born, None))
        done = add_former_student(at.services, who, seen, actor_of(as_), paper=paper, another=another)
    closed = len(done.imported.closed)
    if as_json:
        print_json({"id": done.student, "tagged_again": done.imported.tagged_again, "closed": closed})
        return
    say(f"{done.student} is on file as a former student; {closed} link(s) closed")
    say(
        f"Did the family opt out at the time? That still holds (34 CFR 99.37(b)): `dam-plugin student opt-out {done.student}`."
    )


@student_app.command("opt-out")
def opt_out(
    student: StudentId,
    purpose: Purposes = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on [today].")] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="GUARDIAN", help="Who opted out, where that is known: G-…, or the student."),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record a family's opt-out; links that it reaches close at once, and it names what the district has to take down."""
    from dam_plugin.custodian import choices
    from dam_plugin.custodian.shown_before import shown_since

    with attached() as at:
        choice = OptOut(day_of(since, at.services.now().date()), purposes=_limited_to(purpose))
        closed = choices.opt_out(at.services, student, choice, actor_of(as_), by)
        told = choices.told_choices(at.services, student, actor_of(as_), choice.since)
        no_right = choices.without_right(at.services, student).get(student, ())
        asked = student in choices.asked_by_students(at.services, student)
        shown = shown_since(at.services, student, choice)
        with at.services.store.reading() as unit:
            has_died = unit.people.need(student).death() is not None
            namesakes = unit.people.namesakes_of(student)
    more = {"without_right": list(no_right), "asked_by_student": asked, "shown_since": shown, "namesakes": namesakes}
    print_closed(closed, "recorded; ", as_json=as_json, choices=told, **more)
    _say_choices(told, as_json=as_json)
    if not as_json:
        _say_shown(student, shown, choice.since)
        _say_namesakes(student, namesakes)
    if asked and not as_json:
        say(f"{choices.ASKED_BY_STUDENT.format(student=student)}. `dam-plugin doctor` names it until then.", "yellow")
    if no_right and not as_json:
        words = AFTER_DEATH if has_died else WITHOUT_RIGHT
        say(words.format(student=student, who=", ".join(no_right)), "yellow")


@student_app.command("opt-in")
def opt_in(
    student: StudentId,
    why: Annotated[str, typer.Option("--why", help="Why it ends: the family's paper, and where it is kept.")],
    purpose: Purposes = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="GUARDIAN",
            help="Who ends it: G-…, or the student, who alone does from 18 on; with --never-said whose it was noted as.",
        ),
    ] = None,
    without_right: Annotated[
        bool,
        typer.Option(
            "--without-right",
            help="Only what somebody stated for a student who held the rights; the student's own choice stays.",
        ),
    ] = False,
    never_said: Annotated[
        bool,
        typer.Option(
            "--never-said", help="The office noted it by mistake: it was never so. It takes two system users."
        ),
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="With --never-said: from which day it was noted.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """End a family's opt-out today; only for the custodian or a designee."""
    from dam_plugin.custodian import choices

    if never_said and without_right:
        raise typer.BadParameter(
            "--without-right ends what somebody said, --never-said takes back what nobody did: give one"
        )
    if since is not None and not never_said:
        raise typer.BadParameter(
            "--since says which opt-out was noted by mistake, and belongs to --never-said: leave it out"
        )
    if never_said:
        _take_back_opt_out(student, why, purpose, since, by, as_, as_json=as_json)
        return
    with attached() as at:
        today = at.services.now().date()
        actor = actor_of(as_)
        ended = choices.opt_in(
            at.services, student, today, _limited_to(purpose), actor, why, by, of_no_holder=without_right
        )
        told = choices.told_choices(at.services, student, actor_of(as_))
    plain = {"ended": ended.count, "others": list(ended.others), "asked_by_student": ended.asked_by_student}
    print_result({**plain, "choices": told}, f"{ended.count} opt-out(s) ended today", as_json=as_json)
    if ended.asked_by_student and not as_json:
        who = by or "nobody is named as who ends it: see that a parent did"
        say(ENDED_FOR_STUDENT.format(student=student, who=who), "yellow")
    if ended.others and not as_json:
        say(
            OPTED_OUT_BY.format(
                ", ".join(ended.others),
                "another person ends it" if by else "it is not said who ends it",
                " ; ".join(
                    f"dam-plugin letter write opt-out-ended --opt-out {student} --guardian {each}"
                    for each in ended.others
                ),
            ),
            "yellow",
        )
    _say_choices(told, as_json=as_json)


def _take_back_opt_out(
    student: str,
    why: str,
    purpose: list[str] | None,
    since: str | None,
    stated_by: str | None,
    as_: str | None,
    *,
    as_json: bool,
) -> None:
    from dam_plugin.custodian import choices
    from dam_plugin.custodian.opt_out_mistakes import Noted, take_back_opt_out
    from dam_plugin.procedure.terms import has_rights

    noted = Noted(None if since is None else day_of(since, None), _limited_to(purpose), stated_by)
    with attached() as at:
        actor = actor_of(as_)
        done = take_back_opt_out(at.services, student, noted, why, actor, context.system_user())
        told = choices.told_choices(at.services, student, actor)
        with at.services.store.reading() as unit:
            is_grown = has_rights(unit.people.need(student), at.services.now().date(), at.services.rulings)
    plain = {"taken_back": done.count, "waits": done.waits, "noted_as": list(done.noted_as), "choices": told}
    if done.waits:
        print_result(
            plain,
            "nothing is taken back yet: another person says the same as a system user of their own",
            as_json=as_json,
        )
        return
    print_result(plain, f"{done.count} opt-out(s) taken back: it was never so", as_json=as_json)
    if not as_json:
        letter = f"dam-plugin letter write opt-out-ended --opt-out {student}"
        to = ("",) if is_grown else tuple(f" --guardian {each}" for each in done.noted_as or ("G-…",))
        say(TAKEN_BACK.format(" ; ".join(f"`{letter}{each}`" for each in to)), "yellow")
    _say_choices(told, as_json=as_json)


AnswerDay = Annotated[str | None, typer.Option("--on", metavar="DATE", help="On this day [today].")]
AnswerWhy = Annotated[str, typer.Option("--why", help="What was seen, such as the form, and where it is kept.")]


def _say_shown(student: str, shown: int, since: date) -> None:
    if shown:
        say(
            f"{shown} recording(s) that show {student} were published or given out as directory information since {since}, "
            f"before this was entered: `dam-plugin ledger student {student}` lists them. Take down what can be.",
            "yellow",
        )


@student_app.command()
def answered(
    student: StudentId,
    why: AnswerWhy,
    on: AnswerDay = None,
    never: Annotated[
        bool, typer.Option("--never", help="It has not: that was another child's answer. It counts as opted out again.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State that the family of a new student has answered the notice; only for the custodian or a designee.

    Its opt-outs are entered besides: what it did not refuse may then be shown at once.
    """
    if not never:
        _state_notice([student], "answered", on, why, as_, as_json=as_json)
        return
    if on is not None:
        raise typer.BadParameter("--never takes back what was stated: leave --on out")
    from dam_plugin.custodian import choices
    from dam_plugin.custodian.shown_before import shown_since

    with attached() as at:
        since, closed = choices.take_back_answer(at.services, student, why, actor_of(as_))
        told = choices.told_choices(at.services, student, actor_of(as_))
        shown = shown_since(at.services, student, OptOut(since))
    print_closed(closed, "recorded; ", as_json=as_json, choices=told, shown_since=shown)
    _say_choices(told, as_json=as_json)
    if not as_json:
        _say_shown(student, shown, since)


@student_app.command()
def notified(student: StudentId, why: AnswerWhy, on: AnswerDay = None, as_: As = None, as_json: AsJson = False) -> None:
    """State on which day the family of a new student was given the notice; only for the custodian or a designee.

    Its time to answer is counted from that day, and no longer from the day on which the roster first had the student.
    """
    _state_notice([student], "notified", on, why, as_, as_json=as_json)


@roster_app.command("notified")
def all_notified(why: AnswerWhy, on: AnswerDay = None, as_: As = None, as_json: AsJson = False) -> None:
    """State on which day all families that may still answer were given the notice; only for the custodian or a designee.

    With the day of the annual notice, they were among those who had it, and the district's window is theirs.
    """
    _state_notice(None, "notified", on, why, as_, as_json=as_json)


def _state_notice(
    students: list[str] | None,
    what: Literal["answered", "notified"],
    on: str | None,
    why: str,
    as_: str | None,
    *,
    as_json: bool,
) -> None:
    from dam_plugin.custodian import choices

    with attached() as at:
        day = day_of(on, at.services.now().date())
        closed = choices.state_notice(at.services, students, what, day, why, actor_of(as_))
        if students is None:
            with at.services.store.reading() as unit:
                told = f"{len(choices.waiting(at.services, unit))} student(s) still count as opted out for want of an answer."
        else:
            told = choices.told_choices(at.services, students[0], actor_of(as_))
    print_closed(closed, "recorded; ", as_json=as_json, choices=told)
    _say_choices(told, as_json=as_json)


@student_app.command("forget-name")
def forget_name(
    student: StudentId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A former name, as in `student show`.")],
    why: Annotated[str, typer.Option("--why", help="Why the student no longer has this name.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Stop a former name of a student from matching; only for the custodian or a designee."""
    from dam_plugin.custodian import choices

    with attached() as at:
        choices.forget_name(at.services, student, name, why, actor_of(as_))
    sentence = "the name no longer matches; recordings tagged by it keep their tags until a person looks"
    print_result({"student": student, "forgotten": True}, sentence, as_json=as_json)


Kind = Annotated[
    str, typer.Option("--kind", help=f"Why: {', '.join(PROTECTION_KINDS)}. Only the custodian is ever told.")
]
Person = Annotated[str, typer.Argument(metavar="PERSON", help="The person's id, as `share --to parent:ID` has it.")]
Seen = Annotated[str, typer.Option("--seen", help="What was seen that proves it. Write no name.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on [today].")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="The last day on which it holds.")]
Only = Annotated[
    str | None, typer.Option("--only", metavar="PART", help="Only this part of a parent's rights: whereabouts.")
]
Paper = Annotated[Path | None, typer.Option("--file", metavar="COPY", help="A copy of the paper, kept on hold.")]


InPlaceOf = Annotated[
    list[str] | None,
    typer.Option(
        "--in-place-of",
        metavar="GUARDIAN",
        help="Whose rights end with it, as by an adoption; their links close at once (repeatable).",
    ),
]


@student_app.command("protect")
def protect_student(
    student: StudentId,
    kind: Kind,
    seen: Seen,
    since: Since = None,
    until: Until = None,
    file: Paper = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Protect a student: nobody may learn where the student is (RSMo 589.664, an order against contact). Links close at once.

    The student counts as opted out of everything, no consent changes that, and the yearbook leaves the student out. No
    letter, page or member of staff is told why.
    """
    from dam_plugin.custodian.protections import protect

    with attached() as at:
        what = _protection_kind(kind)
        paper = context.kept_digest(at.services, file)
        done = protect(
            at.services,
            student,
            what,
            seen,
            actor_of(as_),
            context.system_user(),
            since=day_of(since, None),
            until=day_of(until, None),
            paper=paper,
        )
    _print_protected(done, "on file", as_json=as_json)


@student_app.command("unprotect")
def unprotect_student(
    student: StudentId,
    why: Annotated[str, typer.Option("--why", help="Why it ends, and what was seen.")],
    kind: Annotated[str | None, typer.Option("--kind", help="Which one ends, where there are several.")] = None,
    never_so: Annotated[
        bool, typer.Option("--never-so", help="It never was so: it was another student's, such as a twin's.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """End a protection that was stated by hand. It takes two people, each as a system user of their own."""
    from dam_plugin.custodian.protections import never_protected, unprotect

    with attached() as at:
        which = None if kind is None else _protection_kind(kind)
        ending = never_protected if never_so else unprotect
        done = ending(at.services, student, why, actor_of(as_), context.system_user(), which)
    _print_protected(done, "ended", as_json=as_json)


@student_app.command("college")
def state_college(
    student: StudentId,
    seen: Seen,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From this day on [as on file, or today].")
    ] = None,
    until: Until = None,
    file: Paper = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State that a student attends a college: the student holds the rights before 18, too (34 CFR 99.3, 99.5(a)).

    Links that are refused then close at once; no roster takes it away. Not for a course of a college beside this school, whose
    records alone are the student's. Stated again with --until, that last day holds; see `student left-college`.
    """
    from dam_plugin.custodian import college

    with attached() as at:
        done = college.state_college(
            at.services,
            student,
            seen,
            actor_of(as_),
            context.system_user(),
            since=day_of(since, None),
            until=day_of(until, None),
            paper=context.kept_digest(at.services, file),
        )
        _print_college(at, done, "on file", as_, as_json=as_json)


@student_app.command("left-college")
def left_college(
    student: StudentId,
    why: Annotated[str, typer.Option("--why", help="Why it ends, and what was seen.")],
    on: Annotated[
        str | None,
        typer.Option(
            "--on", metavar="DATE", help="The first day on which it is not so [today]; its first: it never was."
        ),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State that a student attends a college no more, as was stated by hand: the rights are the parents' until 18."""
    from dam_plugin.custodian import college

    with attached() as at:
        day = day_of(on, None)
        done = college.end_college(at.services, student, why, actor_of(as_), context.system_user(), day)
        _print_college(at, done, "ended", as_, as_json=as_json)


@student_app.command("died")
def state_death(
    student: StudentId,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The day on which the student died.")],
    seen: Seen,
    file: Paper = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State that a student died: age stops on that day, so the parents of a minor hold the rights for good.

    Links that are refused then close at once; no roster takes it away. Stated again with another day, the later word holds;
    see `student alive`.
    """
    from dam_plugin.custodian import deaths

    with attached() as at:
        done = deaths.state_death(
            at.services,
            student,
            day_of(on, at.services.now().date()),
            seen,
            actor_of(as_),
            context.system_user(),
            paper=context.kept_digest(at.services, file),
        )
        _print_death(at, done, "on file", as_, as_json=as_json)


@student_app.command("alive")
def take_back_death(
    student: StudentId,
    why: Annotated[str, typer.Option("--why", help="How the mistake came about, and what was seen.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """State that a student is alive, of whom it was stated by hand and by mistake that they died."""
    from dam_plugin.custodian import deaths

    with attached() as at:
        done = deaths.take_back_death(at.services, student, why, actor_of(as_), context.system_user())
        _print_death(at, done, "taken back", as_, as_json=as_json)


Another = Annotated[
    bool,
    typer.Option(
        "--another-person",
        help="It is somebody else than the guardian of the same name, or whom an order or a protection is about.",
    ),
]


@dataclass(frozen=True, slots=True)
class ToState:
    """The options of what a custodian states by hand of a person and a student."""

    student: StudentId
    person: Person
    seen: Seen
    until: Until = None
    file: Paper = None
    as_: As = None
    as_json: AsJson = False


@guardian_app.command("add")
def add_guardian(
    student: StudentId,
    seen: Seen,
    person: Annotated[
        str | None,
        typer.Argument(
            metavar="[PERSON]", help="The id of a guardian who is on file, see `student find`. New: leave out."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="A new person's name, as letters are to have it.")] = None,
    relation: Annotated[
        str | None,
        typer.Option("--relation", help="What the person is to the student: mother, guardian, surrogate parent, …"),
    ] = None,
    absence: Annotated[
        str | None,
        typer.Option(
            "--absence",
            help="Of who acts as a parent: how it is known that no parent or guardian is there, and what was seen.",
        ),
    ] = None,
    another: Another = False,
    in_place_of: InPlaceOf = None,
    until: Until = None,
    file: Paper = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Add a parent or guardian whom the roster does not have, with the proof that you saw. No import takes it away.

    Also who acts as a parent (34 CFR 99.3): a surrogate parent, with a copy of the appointment, a foster parent, and, in the
    absence of a parent or guardian alone (--absence), a step- or grandparent, another relative or whoever cares for the child.
    A second person who says the same lets it count for discipline, too. By itself it changes nothing for other guardians.
    """
    from dam_plugin.custodian.guardianships import add_guardian as add_it
    from dam_plugin.custodian.own_record import waiting_told
    from dam_plugin.custodian.request_register import waiting_of_unknown
    from dam_plugin.custodian.turned_away import turned_away_of

    with attached() as at:
        paper = context.kept_digest(at.services, file)
        done = add_it(
            at.services,
            student,
            person,
            seen,
            actor_of(as_),
            context.system_user(),
            name=name,
            relation=relation,
            until=day_of(until, None),
            paper=paper,
            another=another,
            in_place_of=tuple(in_place_of or ()),
            absence=absence,
        )
        waiting = waiting_of_unknown(at.services)
        denied = turned_away_of(at.services, done.guardianship.student, done.guardianship.guardian)
    _print_asking(done, denied, as_json=as_json)
    for each in waiting_told(waiting, student, done.guardianship.name):
        typer.echo(f"note: {each}", err=True)
    if not as_json:
        _print_acting(done)
        _print_others(done)


@guardian_app.command("remove")
def remove_guardian(
    student: StudentId,
    person: Person,
    why: Annotated[str, typer.Option("--why", help="Why it ends, and what was seen.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Remove a guardian who was added by hand; links close at once. For a court order, see `student guardian limit`."""
    from dam_plugin.custodian.guardianships import NEVER_WAS
    from dam_plugin.custodian.guardianships import remove_guardian as remove_it

    with attached() as at:
        done = remove_it(at.services, student, person, why, actor_of(as_), context.system_user())
    _print_stated(done, "ended", as_json=as_json)
    if not as_json:
        say(
            "What this person was given, said or signed before counts as a parent's. Where they never were one, as by a slip "
            f"or a forged paper: {NEVER_WAS.format(student, done.guardianship.guardian)}",
            "yellow",
        )


@guardian_app.command("never-was")
def never_was(
    student: StudentId,
    person: Person,
    why: Annotated[str, typer.Option("--why", help="How the mistake came about, in the roster or by hand.")],
    seen: Annotated[str, typer.Option("--seen", help="What shows that this person never was one. Write no name.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that a person never was a guardian of a student: a slip in the roster, a forged or another child's certificate.

    It takes two system users; links close at the first one's word. By the second's, opt-outs that this person ended hold
    again, and what they were given was given by mistake (34 CFR 99.30, 99.32). Two people take it back: `student guardian end`.
    """
    from dam_plugin.custodian.never_guardians import never_was_guardian

    with attached() as at:
        done = never_was_guardian(at.services, student, person, why, seen, actor_of(as_), context.system_user())
    stated = done.statement
    if as_json:
        more = {"waits": done.waits, "consents_lost": list(done.consents)}
        print_json({**asdict(stated), **more, **done.closed.as_dict()})
        return
    print_closed(done.closed, f"{stated.id} is on file; ", as_json=False)
    if done.consents:
        say(
            f"{len(done.consents)} consent(s) that this person signed permit nothing ({', '.join(done.consents)}).",
            "yellow",
        )
    if done.waits:
        say(
            "From today on this person holds no right by it. That they never did it takes two people to say: another user of "
            "this system runs the same command.",
            "yellow",
        )
        return
    say(
        f"What {stated.guardian} was given of {student} is on the record as given by mistake: `dam-plugin ledger student "
        f"{student} --required`. A roster that names them again does not make them a guardian. Where they become one, as by an "
        "adoption, two people say so, `dam-plugin student guardian verify`.",
        "yellow",
    )


@guardian_app.command()
@with_options
def verify(
    stated: ToState,
    another: Another = False,
    not_against: Annotated[
        bool,
        typer.Option(
            "--not-against",
            help="You know whom the student's protection is against, and it is not this guardian. Two people say so.",
        ),
    ] = False,
    in_place_of: InPlaceOf = None,
) -> None:
    """Say that somebody who asks, or whom the roster has, is a guardian. For a person new to the roster, see `add`.

    For a protected student that opens nothing by itself: the guardian may be the one from whom the place is kept. With
    `--not-against`, once two people said it, recordings go to this person without a look for a place, and the record of
    disclosures names other schools.
    """
    done = _state(stated, "guardian", another=another, in_place_of=tuple(in_place_of or ()), not_against=not_against)
    if not stated.as_json:
        _print_others(done)


@guardian_app.command()
@with_options
def dependent(stated: ToState) -> None:
    """Say that a student with the rights is a guardian's dependent for tax, through this year or --until."""
    _state(stated, "dependent")


@guardian_app.command()
@with_options
def appointed(stated: ToState) -> None:
    """Say that a court made somebody the guardian of a student who is 18 or older (RSMo 475): that one alone holds the rights.

    It takes a copy of the letters of guardianship (--file), and counts once a second person says the same.
    """
    _state(stated, "appointed")


@guardian_app.command()
def retained(
    student: StudentId,
    seen: Seen,
    until: Until = None,
    file: Paper = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that a court's letters leave a student who is 18 the right to their own record (RSMo 475.080); the guardian's stays.

    It takes a copy of the letters (--file), and holds until these end or later ones come.
    """
    _state(ToState(student, student, seen, until, file, as_, as_json), "retained")


@guardian_app.command()
@with_options
def represent(
    stated: ToState,
    guardian: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="G-…|S-…",
            help="Whose signed authority you saw: the guardian's, see `show`, or the student's once 18.",
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="The representative's name, for the record of access.")],
    another: Another = False,
) -> None:
    """Say that somebody, as a lawyer, inspects the record for a guardian, who signed it (34 CFR 300.613(b)(3), 99.30).

    It takes a copy of what was signed (--file), gives what the guardian may inspect, and ends with that right. A student who
    holds the rights names whoever they want, also a parent (--for the student's own id; 34 CFR 99.5). A second person who says
    the same lets it count for discipline, too.
    """
    from dam_plugin.custodian.guardianships import add_representative
    from dam_plugin.custodian.turned_away import turned_away_of

    with attached() as at:
        paper = context.kept_digest(at.services, stated.file)
        done = add_representative(
            at.services,
            stated.student,
            stated.person,
            guardian,
            stated.seen,
            actor_of(stated.as_),
            context.system_user(),
            name=name,
            until=day_of(stated.until, None),
            paper=paper,
            another=another,
        )
        denied = turned_away_of(at.services, done.guardianship.student, done.guardianship.guardian)
    _print_asking(done, denied, as_json=stated.as_json)


@guardian_app.command()
def limit(
    student: StudentId,
    seen: Seen,
    person: Annotated[
        str | None,
        typer.Argument(metavar="[PERSON]", help="The id of a guardian who is on file. Nobody on file: leave out."),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Of somebody who is not on file: the name as the order has it.")
    ] = None,
    relation: Annotated[
        str | None, typer.Option("--relation", help="With --name, what the person is to the student: father, …")
    ] = None,
    another: Another = False,
    same_person: Annotated[
        list[str] | None,
        typer.Option("--same-person", metavar="ID", help="Another id of this person: limited, too (repeatable)."),
    ] = None,
    other_person: Annotated[
        list[str] | None,
        typer.Option("--other-person", metavar="ID", help="Who has a say by hand and is somebody else (repeatable)."),
    ] = None,
    since: Since = None,
    until: Until = None,
    only: Only = None,
    file: Paper = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say that a parent has no say over the record, by a court order (RSMo 452.375, 452.376); links close at once.

    It takes a copy of the paper that revokes the rights (--file; 34 CFR 99.4). `--name`: the roster does not have the parent.
    The order meets whoever it has under that name later. `--only whereabouts`: kept from them is only where the student can
    be found, by an order or a protection. The custodian then looks each time.
    """
    from dam_plugin.custodian.guardianships import limit_guardian
    from dam_plugin.sharing.finding_kinds import limit_of

    with attached() as at:
        done = limit_guardian(
            at.services,
            student,
            person,
            limit_of(only),
            seen,
            actor_of(as_),
            context.system_user(),
            name=name,
            relation=relation,
            since=day_of(since, None),
            until=day_of(until, None),
            paper=context.kept_digest(at.services, file),
            another=another,
            same_person=tuple(same_person or ()),
            other_person=tuple(other_person or ()),
        )
        _print_stated(done, "on file", as_json=as_json)
    if as_json:
        return
    if since is not None and done.guardianship.since != day_of(since, None):
        say(
            f"It was on file since {done.guardianship.since} already, and that day stays. Where that was wrong, two people say "
            f"`dam-plugin student guardian end {done.guardianship.id} --never-so --why TEXT`; then enter it with its day.",
            "yellow",
        )
    if done.same_person:
        say(f"The order limits the same person under these ids, too: {', '.join(done.same_person)}.")
    if name is not None:
        say(
            f"It is about {done.guardianship.guardian}, and meets whoever comes into the roster as a guardian of {student} "
            "under this name. Whoever asks for this student and is not known is compared with it: `queue show ID --as "
            "custodian:NAME`."
        )
    elif done.guardianship.guardian.startswith("G-"):
        say(
            "Where a later roster has this person under a new id or another spelling, or brings somebody new when this id has "
            "left it, they hold no rights until you say who that is: `student show --as custodian:NAME` and `doctor` tell."
        )
    if only is None:
        say("From that day on this person is answered as anybody is: a link to directory information stays open.")


@guardian_app.command()
def end(
    stated: Annotated[str, typer.Argument(metavar="ID", help="What was stated (gs-…), see `student show`.")],
    why: Annotated[str, typer.Option("--why", help="Why it ends, and what was seen.")],
    never_so: Annotated[
        bool,
        typer.Option(
            "--never-so",
            help="It never was so: an order about somebody else or of another day, another student's paper. Two people say so.",
        ),
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """End anything that was stated by hand, by its id. To lift a court order's limit takes two system users."""
    from dam_plugin.custodian.guardianships import end_guardianship, never_was_so
    from dam_plugin.custodian.turned_away import turned_away_by_limit

    with attached() as at:
        ending = never_was_so if never_so else end_guardianship
        done = ending(at.services, stated, why, actor_of(as_), context.system_user())
        _print_stated(done, "ended", turned_away_by_limit(at.services, done.guardianship), as_json=as_json)


def _state(
    stated: ToState,
    what: GuardianshipKind,
    since: str | None = None,
    *,
    another: bool = False,
    in_place_of: tuple[str, ...] = (),
    not_against: bool = False,
) -> Stated:
    from dam_plugin.custodian.guardianships import state_guardianship
    from dam_plugin.custodian.turned_away import turned_away_of

    with attached() as at:
        paper = context.kept_digest(at.services, stated.file)
        done = state_guardianship(
            at.services,
            stated.student,
            stated.person,
            what,
            stated.seen,
            actor_of(stated.as_),
            context.system_user(),
            since=day_of(since, None),
            until=day_of(stated.until, None),
            paper=paper,
            another=another,
            in_place_of=in_place_of,
            not_against=not_against,
        )
        gives = done.guardianship.what in OF_GUARDIANS
        denied = turned_away_of(at.services, stated.student, done.guardianship.guardian) if gives else ()
        _print_stated(done, "on file", denied, as_json=stated.as_json)
    return done


def _print_asking(done: Stated, denied: Sequence[TurnedAway] = (), *, as_json: bool) -> None:
    """Print that a person is on file, as whom they ask, and what was denied to them before."""
    _print_stated(done, "on file", denied, as_json=as_json)
    if as_json:
        return
    say(f"the person asks as parent:{done.guardianship.guardian}")
    if not done.guardianship.by_two:
        say(
            "On a recording of discipline, or another that takes two people, it counts once another user of this system runs "
            "the same command."
        )


def _print_acting(done: Stated) -> None:
    """Print by which law somebody acts as a parent, what proves it, and that it takes a parent's absence."""
    from dam_plugin.custodian.acting_parents import acting_parent

    acting = acting_parent(done.guardianship.relation)
    if acting is not None:
        say(f"This person holds a parent's rights {acting.told['en']}. What proves it: {acting.proof} ({acting.law}).")
        if done.standing:
            said = ". You said that they are absent:" if acting.in_absence else ":"
            say(f"It takes the absence of a parent or guardian, and others are on file{said}", "yellow")


def _print_others(done: Stated) -> None:
    """Print whose rights ended with a new guardian, and who holds a parent's rights besides: the custodian looks at those."""
    student = done.guardianship.student
    _print_not_against(done)
    for each in done.ended:
        say(f"{each} holds no parent's rights over {student} any more: what they could open is closed.")
    if not done.standing:
        return
    say(
        f"These hold a parent's rights over {student} as before, and nothing of theirs is closed. Look whether each still "
        "does: an adoption, or the end of a guardianship or a placement, ends them.",
        "yellow",
    )
    for each, of_roster in done.standing:
        end = f"limit {student} {each} --seen TEXT --file COPY" if of_roster else f"remove {student} {each} --why TEXT"
        say(
            f"  {each} ({'the roster' if of_roster else 'by hand'}): where they do not, `dam-plugin student guardian {end}`"
        )


def _print_not_against(done: Stated) -> None:
    """Print what of a protected student opens to a guardian now, and what has to be said before it does."""
    student, guardian = done.guardianship.student, done.guardianship.guardian
    if not done.is_protected:
        return
    if done.not_against is None:
        say(f"Nothing opens by it yet. {may_be_against(student, guardian)}", "yellow")
    elif done.not_against.by_two:
        say(
            f"Two people said that the protection of {student} is not against {guardian} ({done.not_against.id}): recordings "
            "go to this person now without a look for a place, and the record of disclosures names the student's other schools."
            f" Where that is wrong: `dam-plugin student guardian limit {student} {guardian} --only whereabouts --seen TEXT`.",
            "yellow",
        )
    else:
        say(
            f"Nothing opens by it yet ({done.not_against.id}): it counts once another user of this system, who knows whom the "
            "protection is against, runs the same command. From then on recordings go to this person without a look for a "
            "place, and the record of disclosures names the student's other schools.",
            "yellow",
        )


def _print_stated(done: Stated, how: str, denied: Sequence[TurnedAway] = (), *, as_json: bool) -> None:
    if as_json:
        others: dict[str, Any] = {"ended_others": list(done.ended), "standing": [each for each, _ in done.standing]}
        others["same_person"] = list(done.same_person)
        others |= {"turned_away": [asdict(each) for each in denied]} if denied else {}
        others |= {"not_against": asdict(done.not_against)} if done.not_against else {}
        print_json({**asdict(done.guardianship), "waits": done.waits, **others, **done.closed.as_dict()})
    elif done.waits:
        now = "it gives nothing from today on" if done.guardianship.ended else "nothing ended yet"
        say(f"{now}. It takes two people: another user of this system runs the same command.", "yellow")
    else:
        print_closed(done.closed, f"{done.guardianship.id} is {how}; ", as_json=False)
        for sentence in _turned_away_words(denied):
            say(sentence, "yellow")
        if (done.guardianship.what == "appointed" or done.never_was) and not done.guardianship.by_two:
            say("It counts once another user of this system runs the same command.", "yellow")


def _protection_kind(text: str) -> ProtectionKind:
    word = "-".join(text.casefold().replace("_", " ").replace("-", " ").split())
    if word not in PROTECTION_KINDS:
        raise typer.BadParameter(
            f"'{text}' is no reason known here: {', '.join(PROTECTION_KINDS)}", param_hint="--kind"
        )
    return word


def _print_protected(done: Protected, how: str, *, as_json: bool) -> None:
    if as_json:
        plain = {"protections": [asdict(each) for each in done.protections], "waits": done.waits, "marked": done.marked}
        print_json({**plain, "answered": done.answered, **done.closed.as_dict()})
        return
    ids = ", ".join(each.id for each in done.protections)
    if done.waits:
        say("nothing ended yet. It takes two people: another user of this system runs the same command.", "yellow")
        return
    print_closed(done.closed, f"{ids} is {how}; ", as_json=False)
    for each in done.answered:
        student = done.protections[0].student
        say(
            f"Of {each} two people said before that no protection is against this person, who is answered as before. If it is "
            "kept from this person where the student is:",
            "yellow",
        )
        say(f"dam-plugin student guardian limit {student} {each} --only whereabouts --seen TEXT --as custodian:NAME")
    if how == "ended" and done.marked:
        say("the roster marks the student still, so the student stays protected until an import ends that.", "yellow")


def _print_college(at: Attached, done: College, how: str, as_: str | None, *, as_json: bool) -> None:
    """Print what became of a student's college, and what else it changed."""
    from dam_plugin.custodian import choices

    student = done.statements[0].student
    told = choices.told_choices(at.services, student, actor_of(as_))
    no_right = choices.without_right(at.services, student).get(student, ())
    if as_json:
        stated = [asdict(each) for each in done.statements]
        more = {"roster_says_so": done.marked, "by_age": done.by_age, "consents_lost": list(done.consents)}
        more |= {"given_before": done.given_before, "without_right": list(no_right), "choices": told}
        more |= {"turned_away": [asdict(each) for each in done.turned_away]}
        print_json({"statements": stated, **more, **done.closed.as_dict()})
        return
    print_closed(done.closed, f"{', '.join(each.id for each in done.statements)} is {how}; ", as_json=False)
    for sentence in _college_sentences(done, how):
        say(sentence, "yellow")
    _say_choices(told, as_json=False)
    if no_right:
        say(WITHOUT_RIGHT.format(student=student, who=", ".join(no_right)), "yellow")


def _college_sentences(done: College, how: str) -> Iterator[str]:
    stated = done.statements[0]
    if done.by_age:
        yield (
            "The district ruled `postsecondary = by-age` (rulings.toml): the parents keep their rights until 18, and this "
            "changes nothing while that stands."
        )
    if how == "ended" and done.marked:
        yield "The roster says so of the student still, for every day: that ends with an import which no longer does."
    elif done.marked:
        yield "The roster says so of the student already, for every day: while it does, these days change nothing."
    if how == "on file" and not stated.by_two:
        yield "For a recording that takes two people it counts for the student once another user runs the same command."
    if done.consents:
        yield (
            f"{len(done.consents)} consent(s) count no more, since whoever signed does not hold the rights now "
            f"({', '.join(done.consents)}): ask who does, `dam-plugin consent add`."
        )
    if done.given_before:
        yield (
            f"{done.given_before} recording(s) went to a parent since {stated.since}, before this was entered: `dam-plugin "
            f"ledger student {stated.student}` lists them."
        )
    yield from _turned_away_words(done.turned_away)


def _turned_away_words(found: Sequence[TurnedAway]) -> Iterator[str]:
    for each in found:
        yield f"{each.sentence}."


def _print_death(at: Attached, done: Death, how: str, as_: str | None, *, as_json: bool) -> None:
    """Print what became of the statement that a student died, and what else it changed."""
    from dam_plugin.custodian import choices

    student = done.statement.student
    told = choices.told_choices(at.services, student, actor_of(as_))
    if as_json:
        more: dict[str, object] = {"roster_day": done.roster, "held_rights": done.held, "choices": told}
        more |= {"requests": [asdict(each) for each in done.requests], "consents_lost": list(done.consents)}
        more |= {"referrals": list(done.referrals), "notices": list(done.notices), "given_after": done.given_after}
        more |= {"turned_away": [asdict(each) for each in done.turned_away]}
        print_json({"statement": asdict(done.statement), **more, **done.closed.as_dict()})
        return
    print_closed(done.closed, f"{done.statement.id} is {how}; ", as_json=False)
    for sentence in _death_sentences(done, is_stated=how == "on file"):
        say(sentence, "yellow")
    _say_choices(told, as_json=False)


def _death_sentences(done: Death, *, is_stated: bool) -> Iterator[str]:
    stated = done.statement
    if is_stated and done.held:
        yield (
            f"{stated.student} held the rights by {stated.since} (18, or in college): they ended, and nobody signs a consent "
            "now. What the family may see you decide: ask the district's attorney, and hear the family."
        )
    elif is_stated:
        yield f"{stated.student} was a minor on {stated.since}: the parents hold the rights, and go on holding them."
    if is_stated and done.roster is not None and done.roster != stated.since:
        yield f"The roster says {done.roster}: what was stated holds. Have the roster corrected, or state its day."
    elif not is_stated and done.roster is not None:
        yield f"The roster says still that the student died, on {done.roster}: that ends with an import which no longer does."
    if is_stated and not stated.by_two:
        yield "For a recording that takes two people it gives a parent nothing until another user runs the same command."
    if done.consents:
        yield (
            f"{len(done.consents)} consent(s) count no more, since nobody who signed holds the rights now "
            f"({', '.join(done.consents)})."
        )
    if done.given_after:
        yield (
            f"{done.given_after} recording(s) went to a parent after {stated.student} turned 18, by this mistake: `dam-plugin "
            f"ledger student {stated.student}` lists them."
        )
    yield from _turned_away_words(done.turned_away)
    yield from _death_work(done)


def _death_work(done: Death) -> Iterator[str]:
    for each in done.requests:
        due = f", due {each.due}" if each.due else ""
        whose = "of the student's own" if each.role == "eligible_student" else f"asked by {each.role}"
        yield f"{each.id} waits ({whose}{due}): look at who may be answered now, `dam-plugin request show {each.id}`."
    if done.referrals:
        yield (
            f"What the family asked for waits in the queue ({', '.join(done.referrals)}): ask again for each, so that it is "
            "decided by this, `dam-plugin queue show ID`."
        )
    if done.notices:
        yield (
            f"A letter to the families waits ({', '.join(done.notices)}): none goes to a student who has died; look at whom it "
            "is to, `dam-plugin queue show ID`."
        )


def _guardianship_words(each: Guardianship, today: date) -> tuple[object, ...]:
    ended = f"ended {each.ended}" if each.ended else each.until
    by_two = "yes" if each.by_two else "no"
    counts = "yes" if each.is_in_force(today) and (each.by_two or each.what != "appointed") else "no"
    what = f"representative of {each.represents}" if each.represents else each.what
    if each.never_was_so:
        counts = "no; never was so"
    elif each.lifting is not None:
        counts = f"{counts}; {'said never to have been so' if each.lifting.never else 'to end'}"
    return what, each.since, ended, each.seen, by_two, counts


@consent_app.command()
def add(
    student: StudentId,
    purpose: Annotated[str, typer.Option("--purpose", help="The purpose that the consent states, in whole.")],
    signed_by: Annotated[
        str, typer.Option("--signed-by", metavar="ID", help="A guardian's id, or the student's once 18.")
    ],
    signed_on: Annotated[str, typer.Option("--signed-on", metavar="DATE")],
    party: Annotated[list[str], typer.Option("--party", help="A recipient's id, a role, or public (repeatable).")],
    signature: Annotated[str, typer.Option("--signature", help="ink or electronic.")] = "ink",
    authenticated: Annotated[
        bool, typer.Option("--authenticated", help="The electronic signer was authenticated.")
    ] = False,
    key: Annotated[list[str] | None, typer.Option("--key", help="Only for this recording (repeatable).")] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="DATE")] = None,
    proof: Annotated[str | None, typer.Option("--proof", help="The proof: where the signed paper is.")] = None,
    after_opt_out: Annotated[
        str | None,
        typer.Option(
            "--after-opt-out",
            metavar="WHAT",
            help="What shows that it was signed after the opt-out of the same day, which is on file.",
        ),
    ] = None,
    after_revocation: Annotated[
        str | None,
        typer.Option(
            "--after-revocation",
            metavar="WHAT",
            help="What shows that it is a new paper, signed after one of the same signer was revoked on the same day.",
        ),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record a written consent with what proves it; only for the custodian or a designee."""
    from dam_plugin.custodian import choices

    if signature not in ("ink", "electronic"):
        raise typer.BadParameter(f"'{signature}' is no signature: ink or electronic")
    if not purpose.strip() or not all(each.strip() for each in party):
        raise typer.BadParameter("--purpose and --party must not be blank")
    with attached() as at:
        today = at.services.now().date()
        consent = Consent(
            student=student,
            signed_by=signed_by,
            signed_on=day_of(signed_on, today),
            signature=cast("Signature", signature),
            authenticated=authenticated,
            purpose=purpose,
            parties=tuple(party),
            assets=tuple(_asset_id(at, each) for each in key) if key else None,
            expires=day_of(expires, None),
        )
        consent_id = choices.add_consent(
            at.services,
            consent,
            proof,
            actor_of(as_),
            after_opt_out=after_opt_out,
            after_revocation=after_revocation,
        )
        _note_effect(at, consent, is_later=after_opt_out is not None)
        told = choices.told_choices(at.services, student, actor_of(as_), consent.signed_on)
        others = choices.opted_out_before(at.services, [consent_id]).get(student, ())
    plain = {"consent": consent_id, "others": list(others), "choices": told}
    print_result(plain, f"consent {consent_id} recorded", as_json=as_json)
    _say_choices(told, as_json=as_json)
    if others and not as_json:
        say(OPTED_OUT_BY_ANOTHER.format(who=" and ".join(others), student=student), "yellow")


@consent_app.command("import")
def import_consents(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file like consents.csv, with a column proof.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record the written consents, and the revocations, in a CSV file, whole or not at all."""
    from dam_plugin.custodian import choices
    from dam_plugin.people.formats.plain_csv import read_consents

    with attached() as at:
        with at.services.store.reading() as unit:
            students = unit.people.students()
        consents, proofs = read_consents(file, students, at.services.pseudonyms, at.services.settings.purposes)
        whose = {each.student for each in consents}
        before = choices.consents_of(at.services, whose)
        count, closed = choices.import_consents(at.services, consents, proofs, actor_of(as_))
        others = choices.opted_out_before(at.services, choices.consents_of(at.services, whose) - before)
    bare = sum(not (proof or "").strip() for proof in proofs)
    if bare:
        typer.echo(f"note: {bare} consent(s) of the file have no proof: write where the signed paper is", err=True)
    more = {"others": {each: list(who) for each, who in others.items()}}
    print_closed(closed, f"{count} consent(s) recorded or revoked; ", as_json=as_json, consents=count, **more)
    for student, who in () if as_json else others.items():
        say(OPTED_OUT_BY_ANOTHER.format(who=" and ".join(who), student=student), "yellow")


@consent_app.command()
def revoke(
    consent: Annotated[str, typer.Argument(metavar="CONSENT", help="The consent's id, see `student show`.")],
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="From this day on [today].")] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="GUARDIAN", help="Who withdrew it, where that is known: G-…, or the student."),
    ] = None,
    never_given: Annotated[
        bool,
        typer.Option(
            "--never-given", help="The office entered it by mistake: nobody ever gave it. It takes two system users."
        ),
    ] = False,
    why: Annotated[
        str | None,
        typer.Option("--why", help="With --never-given: how the mistake came about, and where the paper is."),
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a consent; links that stood on it close at once, and it names what the district has to take down."""
    from dam_plugin.custodian import choices
    from dam_plugin.custodian.consent_mistakes import given_on_consent

    if never_given and (on is not None or by is not None):
        raise typer.BadParameter(
            "--on and --by say who took it back and when, --never-given that nobody gave it: give one"
        )
    if why is not None and not never_given:
        raise typer.BadParameter("--why belongs to --never-given: leave it out")
    if never_given:
        _say_never_given(consent, why or "", as_, as_json=as_json)
        return
    with attached() as at:
        day = day_of(on, at.services.now().date())
        closed = choices.revoke_consent(at.services, consent, day, actor_of(as_), by)
        with at.services.store.reading() as unit:
            student = unit.people.consent(consent).student
        given = given_on_consent(at.services, consent, day)
        told = choices.told_choices(at.services, student, actor_of(as_), day)
    print_closed(closed, "recorded; ", as_json=as_json, choices=told, given_since=given)
    _say_choices(told, as_json=as_json)
    if given and not as_json:
        say(GIVEN_ON_IT.format(count=given, on=day, consent=consent), "yellow")
    if not as_json:
        say(f"To tell the family so: dam-plugin letter write consent-ended --consent {consent}")
    if not as_json and closed.on_directory is not None and not closed.on_directory.opted_out:
        _print_on_directory(closed.on_directory, student)


def _say_never_given(consent: str, why: str, as_: str | None, *, as_json: bool) -> None:
    from dam_plugin.custodian import choices
    from dam_plugin.custodian.consent_mistakes import say_never_given

    with attached() as at:
        done = say_never_given(at.services, consent, why, actor_of(as_), context.system_user())
        told = choices.told_choices(at.services, done.student, actor_of(as_))
    before = (
        "it counts for nothing from now on; the record and the letter say so once another person says the same as a system "
        "user of their own; "
        if done.waits
        else "it was never given; "
    )
    print_closed(done.closed, before, as_json=as_json, choices=told, waits=done.waits)
    _say_choices(told, as_json=as_json)
    if not (done.waits or as_json):
        say(NEVER_GIVEN.format(consent), "yellow")


def _say_choices(told: str, *, as_json: bool) -> None:
    if not as_json:
        say(told)


def _print_on_directory(left: DirectoryLinks, student: str) -> None:
    """Say what a revoked consent leaves open, and the command by which the family says no to that as well."""
    shown = (
        f"{len(left.links)} open link(s), of them {left.publications} publication(s), still show {student}"
        if left.links
        else f"{student} may still be shown"
    )
    say(f"{shown} as directory information, which needs no consent (34 CFR 99.37).", "yellow")
    say(f"If the family says no to that as well: dam-plugin student opt-out {student} --as custodian:NAME")


# The roster


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let the collector of cycles look less often: a roster has none, and a million rows make it look again and again."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _of_plugin(at: Attached, plugin: str | None) -> RosterImport:
    from dam_plugin.custodian.choices import roster_of_plugin

    return roster_of_plugin(at.services, plugin or "")


def _read(at: Attached, source: Path, means: RosterMapping | None, folder: Path, *, sample_dates: bool) -> RosterImport:
    from dam_plugin.people.formats.sources import RosterReader
    from dam_plugin.people.mapping import RosterMapping

    purposes = at.services.settings.purposes
    today = at.services.now().date()
    with at.services.store.reading() as unit, tempfile.TemporaryDirectory() as place:
        known, last = unit.people.on_file(), unit.people.choice_source("mapping")
        answers_by = last.reads["matches"] if last and last.reads else None
        means = means or RosterMapping()
        reader = RosterReader(at.services.pseudonyms, known, today, means, folder, purposes, answers_by)
        if sample_dates:
            from dam_plugin.cli.demo.samples import resolve_roster

            source = resolve_roster(source, Path(place), today)
        return reader.read(source)


def _mapping(path: Path, purposes: PurposeList) -> tuple[RosterMapping, MappingFile]:
    from dam_plugin.people.mapping import read_mapping
    from dam_plugin.people.roster import MappingFile

    with path.open("rb") as file:
        content = file.read(LARGEST_MAPPING + 1)
    means = read_mapping(content, path.name, purposes)
    return means, MappingFile(path.name, hashlib.sha256(content).hexdigest(), means.opt_outs)


def _print_rehearsal(would: Rehearsed, roster: RosterImport, *, names: bool, as_json: bool) -> None:
    if as_json:
        people = [
            {key: value for key, value in asdict(each).items() if names or key != "name"} for each in would.students
        ]
        told = _plain_roster(roster, names=names)
        chosen = [each.sentence(names=names) for each in would.choices]
        plain = {**asdict(would.change), "students": people, "choices": chosen, "to_confirm": would.doubts}
        print_json({**plain, **told, "shown_before": _plain_shown(would.shown)})
        return
    _print_format(roster)
    _print_change(would.change, "would be")
    if would.students:
        shown = would.students[:MOST_STUDENTS]
        columns = ("id", *(("name",) if names else ()), "what", "fields")
        print_table("Students", columns, [_change_row(each, names=names) for each in shown])
        if len(would.students) > len(shown):
            say(f"and {len(would.students) - len(shown)} more: --json has them all")
    for each in would.choices[:MOST_STUDENTS] if names else ():
        say(each.sentence(names=names))
    for doubt in would.doubts:
        say(f"to be confirmed with --confirm: {doubt}", "yellow")
    _print_shown(would.shown)
    _print_unlinked(roster, names=names)
    _print_notes(roster.notes)


def _plain_shown(shown: Sequence[ShownBefore]) -> list[dict[str, Any]]:
    return [{"student": each.student, "since": each.since, "recordings": len(each.recordings)} for each in shown]


def _print_shown(shown: Sequence[ShownBefore]) -> None:
    """Print whose opt-outs an import brings after recordings of them went out, and in how many: what a person takes down."""
    if not shown:
        return
    recordings = {recording for each in shown for recording in each.recordings}
    say(
        f"{len(recordings)} recording(s) that show {len(shown)} student(s) were published or given out as directory "
        "information before the opt-outs of this import were on file. Take down what can be: `dam-plugin ledger student ID` "
        "lists what went out of each.",
        "yellow",
    )
    rows = [(each["student"], each["since"], each["recordings"]) for each in _plain_shown(shown[:MOST_STUDENTS])]
    print_table("Shown before", ("student", "since", "recordings"), rows)
    if len(shown) > len(rows):
        say(f"and {len(shown) - len(rows)} more: --json has them all")


def _plain_roster(roster: RosterImport, *, names: bool) -> dict[str, Any]:
    unlinked = [
        {key: value for key, value in asdict(each).items() if names or key not in {"name", "student_name"}}
        for each in roster.unlinked
    ]
    return {"format": roster.format, "unlinked": unlinked, "notes": roster.notes}


def _print_format(roster: RosterImport) -> None:
    if roster.format:
        say(roster.format)


def _print_unlinked(roster: RosterImport, *, names: bool) -> None:
    """Say how many people beside students hold no rights by the roster, and why; with `names`, who they are."""
    if not roster.unlinked:
        return
    counts = Counter((each.role or "no role", each.why) for each in roster.unlinked)
    for (role, why), count in sorted(counts.items()):
        say(f"not linked as a guardian: {count} ({role}): {why}")
    if names:
        shown = roster.unlinked[:MOST_STUDENTS]
        rows = [(each.student, each.student_name, each.person, each.name, each.role) for each in shown]
        print_table("Not linked", ("student", "name", "person", "name", "role"), rows)
        if len(roster.unlinked) > len(shown):
            say(f"and {len(roster.unlinked) - len(shown)} more: --json has them all")
    say(
        "if one of them holds a parent's rights: dam-plugin student guardian verify STUDENT PERSON, or `roles` in the mapping"
    )
    if not names:
        say("who they are is shown with --names")


def _change_row(change: StudentChange, *, names: bool) -> tuple[Any, ...]:
    return (change.id, *((change.name,) if names else ()), change.what, ", ".join(change.fields))


def _print_change(change: RosterChange, verb: str) -> None:
    say(
        f"students: {change.added} {verb} added, {change.changed} changed, {change.unchanged} unchanged, "
        f"{change.left} left; {change.opt_outs} opt-out(s) and {change.consents} consent(s) new or changed"
    )
    if change.ended:
        say(f"opt-outs that {verb} ended, because the file has another answer now: {change.ended}")
    if change.stay:
        say(
            f"opt-outs that stay, since the file no longer has them, or has an older yes: {change.stay}. If families answered "
            "anew, end them with `dam-plugin student opt-in`; --confirm ends those of which no day is known",
            "yellow",
        )
    if change.staff:
        say(f"members of staff, who are no students, that {verb} new, changed or gone: {change.staff}")
    if change.portraits:
        say(f"portraits that {verb} told to be somebody's: {change.portraits}")


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}")


# Students and consents


def _stated(record: StudentRecord, *, in_full: bool) -> tuple[Guardianship, ...]:
    return tuple(each for each in record.guardianships if in_full or each.what not in OF_ORDERS)


# What tells who is protected, and why and since when.
_CUSTODIANS_ALONE = ("protected", "marked", "marked_since", "protections")


def _plain_student(record: StudentRecord, today: date, district: District, *, in_full: bool) -> dict[str, Any]:
    from dam_plugin.custodian.find_students import guardians_named
    from dam_plugin.sharing.unanswered import may_answer_until

    plain = asdict(replace(record, guardianships=_stated(record, in_full=in_full)))
    plain |= {"guardians_named": tuple(guardians_named(record, today).items()), "protected": record.is_protected(today)}
    plain |= {"died": record.death()}
    until = may_answer_until(record, district)
    plain |= {"may_answer_until": until if until is not None and today <= until else None}
    if in_full:
        return plain
    # Whose name stays on file after they left the roster, an order limits.
    plain["guardian_names"] = tuple(each for each in record.guardian_names if each[0] in record.guardians and each[1])
    # As an opt-out from the day of the notice on, which is when most families opt out.
    told = plain_for_staff(plain, since=district.directory_notice or today)
    return {name: value for name, value in told.items() if name not in _CUSTODIANS_ALONE}


def _print_guardians(record: StudentRecord, today: date, *, in_full: bool, eligible: bool) -> None:
    from dam_plugin.sharing.same_person import to_be_told

    names = dict(record.guardian_names)
    print_table("Guardians", ("id", "name"), [(each, names.get(each, "")) for each in record.guardians])
    stated = [
        (each.id, each.guardian, each.name, each.relation, *_guardianship_words(each, today))
        for each in _stated(record, in_full=in_full)
    ]
    columns = ("id", "person", "name", "relation", "what", "since", "through", "seen", "two people", "counts")
    print_table("Stated by hand", columns, stated)
    if since := record.in_college_since(today):
        by = "as the roster says, too" if record.postsecondary else "as stated by hand; the roster does not say so"
        say(f"In college since {since}, {by}")
    if (died := record.death()) is not None and died != record.died:
        by = f"the roster says {record.died}" if record.died else "the roster does not say so"
        say(f"Died on {died}, as stated by hand; {by}")
    if eligible:
        gone = "nobody: the student held them, and has died" if record.has_died(today) else ""
        say(f"Who holds the rights today: {gone or 'the student (18, or in college)'}")
    elif appointed := record.appointed_on(today):
        left = "; the student keeps the right to their own record" if record.retains_on(today) else ""
        say(f"Who holds the rights today: {', '.join(appointed)}, appointed by a court{left}")
    elif stated:
        for each in to_be_told(record, today) if in_full else ():
            say(each, "yellow")
        say(f"Who holds a parent's rights today: {', '.join(record.guardians_on(today)) or 'nobody'}")


def _print_protections(record: StudentRecord, today: date) -> None:
    """Print why and since when a student is protected: for the custodian alone."""
    rows: list[tuple[object, ...]] = (
        [] if record.marked is None else [("", record.marked, record.marked_since, "", "", "the roster", "yes")]
    )
    for each in record.protections:
        ended = f"ended {each.ended}" if each.ended else each.until
        counts = "yes" if each.is_in_force(today) else "no"
        who = ":".join(part for part in (each.by.role, each.by.id) if part)
        rows.append(
            (each.id, each.kind, each.since, ended, each.seen, who, f"{counts}; to end" if each.lifting else counts)
        )
    if rows:
        print_table("Protected", ("id", "why", "since", "through", "seen", "set by", "counts"), rows)


def _print_students(
    found: list[StudentRecord],
    today: date,
    district: District,
    *,
    as_json: bool,
    in_full: bool,
    guardians: Mapping[str, tuple[str, ...]] | None = None,
) -> None:
    """Print students; `guardians` are those by whom some of them were found."""
    from dam_plugin.custodian.find_students import found_by

    columns: Columns = {
        "id": "id",
        "name": lambda record: next(iter(record["names"]), ""),
        "also known as": lambda record: ", ".join(record["names"][1:]),
        "grade": "grade",
        "born": "born",
        "guardians": lambda record: ", ".join(
            f"{name} ({each})" if name else each for each, name in record["guardians_named"]
        ),
        "opted out": lambda record: (
            "yes"
            if any(each["ended"] is None for each in record["opt_outs"])
            else f"through {record['may_answer_until']}"
            if record["may_answer_until"]
            else ""
        ),
        **({"protected": lambda record: "yes" if record["protected"] else ""} if in_full else {}),
        "died": "died",
        "enrolled": lambda record: "yes" if record["active"] else "no",
    }
    plain = (
        {
            **_plain_student(each, today, district, in_full=in_full),
            **({} if guardians is None else {"found_by": found_by(each, guardians, today, in_full=in_full)}),
        }
        for each in found
    )
    print_rows("Students", plain, columns, as_json=as_json)


def _limited_to(purposes: list[str] | None) -> tuple[str, ...] | None:
    # An opt-out for a blank purpose would protect no one.
    if purposes and not all(each.strip() for each in purposes):
        raise typer.BadParameter("--purpose must not be blank; leave it out for all purposes")
    return tuple(purposes) if purposes else None


def _note_effect(at: Attached, consent: Consent, *, is_later: bool) -> None:
    """Tell the custodian why a consent that was recorded counts for nothing today, or is doubtful. It is kept all the same."""
    with at.services.store.reading() as unit:
        record = unit.people.student(consent.student)
    signed_on, today = consent.signed_on, at.services.now().date()
    if record is None or signed_on is None:
        return
    if record.is_protected(today):
        typer.echo(
            "note: the student is protected and counts as opted out of everything: no consent changes that", err=True
        )
    if not is_later and any(each.since == signed_on and each.is_in_force(today) for each in record.opt_outs):
        typer.echo(
            "note: the family opted out on the day of this consent, so it is doubtful: ask the family which of the two it "
            "means, or, where it was signed after the opt-out, record it again with --after-opt-out 'what shows that'",
            err=True,
        )


def _asset_id(at: Attached, key: str) -> str:
    with at.services.store.reading() as unit:
        return unit.assets.need(key).asset.id
