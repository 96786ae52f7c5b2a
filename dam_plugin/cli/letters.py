"""`letter …`: letters of the records custodian, in English and Spanish: previewed, written, kept; and their templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
import yaml

from dam_plugin.cli import context
from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import (
    As,
    NotAbout,
    Sealed,
    actor_of,
    attached,
    day_of,
    language_of,
    moment_of,
    require_keeper_if,
    with_options,
)
from dam_plugin.cli.files import whole, write_for_owner
from dam_plugin.cli.output import AsJson, Columns, Row, print_json, print_result, print_rows, print_table, say
from dam_plugin.custodian.letter_facts import KINDS
from dam_plugin.procedure.outside_words import Language

if TYPE_CHECKING:
    from dam_plugin.custodian.letter_sources import Typed
    from dam_plugin.custodian.order_notice import NoticeState
    from dam_plugin.custodian.request_register import RequestView
    from dam_plugin.services import Services
    from dam_plugin.store import LetterAbout, StoredLetter

letter_app = typer.Typer(help=help_of("letter"), no_args_is_help=True)
_PAGES = (".html", ".htm")

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"The kind of letter: {', '.join(KINDS)}.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The letter (lt-…), see `letter list`.")]
Request = Annotated[str | None, typer.Option("--request", metavar="RQ-…", help="The request that it is about.")]
Referral = Annotated[str | None, typer.Option("--referral", metavar="rf-…", help="The referral that it is about.")]
Consent = Annotated[str | None, typer.Option("--consent", metavar="ID", help="The consent that it confirms.")]
OptOut = Annotated[str | None, typer.Option("--opt-out", metavar="S-…", help="The student whose opt-outs it confirms.")]
Year = Annotated[
    int | None, typer.Option("--year", metavar="YYYY", help="The school year of a notice: the year in which it begins.")
]
Student = Annotated[
    str | None, typer.Option("--student", metavar="S-…", help="The student whose family a notice or an offer goes to.")
]
Guardian = Annotated[
    str | None,
    typer.Option(
        "--guardian", metavar="G-…", help="The guardian to whom an offer, an order's notice or a confirmation goes."
    ),
]
Lang = Annotated[str, typer.Option("--lang", help="en (English) or es (Spanish).")]
ToFile = Annotated[
    Path | None,
    typer.Option("--to-file", metavar="FILE", help="Write it there: a page to print (.html), or plain text."),
]
Name = Annotated[str | None, typer.Option("--name", help="Whom it goes to, as it stands above the address.")]
Greeting = Annotated[str | None, typer.Option("--greeting", help="The form of address, such as 'Dear Ms. López'.")]
Address = Annotated[list[str] | None, typer.Option("--address", help="A line of the address (repeatable).")]
StudentName = Annotated[
    str | None, typer.Option("--student-name", help="The student's name, in a letter to that student's own family.")
]
Cause = Annotated[str | None, typer.Option("--cause", help="Why it takes longer, in the letter's language.")]
Place = Annotated[str | None, typer.Option("--place", help="Where it will be available, in the letter's language.")]
Earliest = Annotated[
    str | None, typer.Option("--earliest", metavar="MOMENT", help="The earliest day: YYYY-MM-DD, or with HH:MM.")
]
Provision = Annotated[
    list[str] | None,
    typer.Option("--provision", metavar="TEXT", help="A provision of law by which something is withheld (repeatable)."),
]
Court = Annotated[str | None, typer.Option("--court", help="Who issued the order or subpoena.")]
CaseNumber = Annotated[str | None, typer.Option("--case-number", help="The number of the court's case.")]
AnswerOn = Annotated[str | None, typer.Option("--answer-on", metavar="DATE", help="The day on which it is answered.")]
Directory = Annotated[
    list[str] | None,
    typer.Option("--directory-information", help="Another kind of directory information (repeatable)."),
]
How = Annotated[str | None, typer.Option("--how", help="How it was lost, in the letter's language.")]
Tried = Annotated[
    str | None, typer.Option("--tried", help="What was tried to get back what was lost, in the letter's language.")
]
LostOn = Annotated[
    str | None, typer.Option("--lost-on", metavar="DATE", help="The day on which it was lost, if known.")
]
NoRecord = Annotated[
    list[str] | None,
    typer.Option(
        "--no-record",
        metavar="TEXT",
        help="What of the request there is no such record of, in the letter's language (repeatable).",
    ),
]
Attorney = Annotated[
    bool,
    typer.Option(
        "--attorney", help="An attorney or another representative asks: the letter asks for a consent or an authority."
    ),
]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why a record is not amended or is, in the letter's language.")
]
NobodyNamed = Annotated[
    bool, typer.Option("--no-student-named", help="You read the texts: a word that is a name too means no student.")
]


@dataclass(frozen=True, slots=True)
class ToWrite:
    """The options of a letter that is written or previewed."""

    kind: Kind
    request: Request = None
    referral: Referral = None
    consent: Consent = None
    opt_out: OptOut = None
    year: Year = None
    student: Student = None
    guardian: Guardian = None
    lang: Lang = "en"
    to_file: ToFile = None
    name: Name = None
    greeting: Greeting = None
    address: Address = None
    student_name: StudentName = None
    cause: Cause = None
    place: Place = None
    earliest: Earliest = None
    provision: Provision = None
    court: Court = None
    case_number: CaseNumber = None
    answer_on: AnswerOn = None
    directory_information: Directory = None
    how: How = None
    tried: Tried = None
    lost_on: LostOn = None
    not_about: NotAbout = None
    no_record: NoRecord = None
    attorney: Attorney = False
    reason: Reason = None
    no_student_named: NobodyNamed = False

    def about(self) -> LetterAbout:
        """Return what the letter is about. Raises BadParameter for options that exclude each other."""
        from dam_plugin.store import LetterAbout

        if self.opt_out is not None and self.student is not None:
            raise typer.BadParameter("--opt-out names the student already: leave --student out")
        if self.student is not None and self.referral is None:
            raise typer.BadParameter("--student goes with --referral")
        return LetterAbout(self.request, self.referral, self.consent, self.student or self.opt_out, self.year)

    def typed(self, now: datetime) -> Typed:
        """Return what was typed for it. Raises BadParameter for what is no day or moment."""
        from dam_plugin.custodian.letter_sources import Typed

        return Typed(
            name=self.name or "",
            greeting=self.greeting or "",
            address=tuple(self.address or ()),
            student_name=self.student_name or "",
            cause=self.cause or "",
            place=self.place or "",
            earliest=moment_of(self.earliest, now) if self.earliest is not None else None,
            provisions=tuple(self.provision or ()),
            court=self.court or "",
            case_number=self.case_number or "",
            answer_on=day_of(self.answer_on, None),
            directory_information=tuple(self.directory_information or ()),
            guardian=self.guardian or "",
            how=self.how or "",
            tried=self.tried or "",
            lost_on=day_of(self.lost_on, None),
            not_about=tuple(self.not_about or ()),
            no_record=tuple(self.no_record or ()),
            attorney=self.attorney,
            reason=self.reason or "",
            no_student_named=self.no_student_named,
        )


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(letter_app, name="letter")


@letter_app.command()
@with_options
def write(letter: ToWrite, as_: As = None, as_json: AsJson = False) -> None:
    """Write a letter and keep it; what nobody typed is left blank for the pen."""
    from dam_plugin.custodian import letters

    about = letter.about()
    with attached() as at:
        typed = letter.typed(at.services.now())
        # A letter that cannot be written to its place is not kept either.
        with _place(letter.to_file) as put:
            made = letters.write_letter(
                at.services, letter.kind, about, language_of(letter.lang), typed, actor_of(as_), context.system_user()
            )
            kept = made.letter
            put(kept.text, kept.kind, kept.language)
        after = letters.next_step(at.services, made, typed)
        pending = _of_destroyed(at.services, letter, kept.about.request_id)
    if as_json:
        print_json({**_plain(kept), "text": kept.text, "next": after, "cautions": list(made.cautions)})
        return
    if letter.to_file is None:
        _print(kept.text)
    say(f"{kept.id} is kept{f', and is in {letter.to_file}' if letter.to_file else ''}.", "green")
    if pending:
        say(pending, "red")
    _caution(made.cautions)
    if after:
        say(f"Then, once it is sent: {after}")


def _of_destroyed(services: Services, letter: ToWrite, request_id: str | None) -> str:
    """Return what the custodian is told where a letter says of something that it was destroyed while it was asked for."""
    from dam_plugin.custodian.letter_sources import NO_SUCH
    from dam_plugin.custodian.request_register import get_request, warning_of_destroyed

    asked = (letter.kind == NO_SUCH or bool(letter.no_record)) and request_id is not None
    return warning_of_destroyed(get_request(services, request_id or "")) if asked else ""


@letter_app.command()
@with_options
def preview(letter: ToWrite, as_json: AsJson = False) -> None:
    """Show a letter as it would read now, marked as a preview; nothing is kept."""
    from dam_plugin.custodian import letters

    about, language = letter.about(), language_of(letter.lang)
    with attached() as at:
        shown = letters.preview_letter(at.services, letter.kind, about, language, letter.typed(at.services.now()))
    with _place(letter.to_file) as put:
        put(shown.text, letter.kind, language, preview=True)
    if as_json:
        told = {"kind": letter.kind, "language": language, "preview": True}
        print_json({**told, "own_template": shown.is_own, "text": shown.text, "cautions": list(shown.cautions)})
        return
    if letter.to_file is None:
        _print(shown.text, preview_in=language)
    else:
        say(f"The preview is in {letter.to_file}; nothing is kept.")
    _caution(shown.cautions)


def _caution(cautions: Iterable[str]) -> None:
    """Say what the custodian looks at before the letter is sent; no letter has it."""
    for each in cautions:
        say(f"Caution: {each}.", "red")


@letter_app.command("list")
def list_(
    request: Request = None,
    referral: Referral = None,
    student: Annotated[str | None, typer.Option("--student", metavar="S-…", help="Only this student's.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.")] = 100,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """List the letters that were written, newest first."""
    from dam_plugin.custodian import letters
    from dam_plugin.store import LetterAbout

    require_keeper_if(as_, sealed=sealed)
    with attached() as at:
        about = LetterAbout(request, referral, student_id=student)
        found = letters.list_letters(at.services, about, limit, secret=sealed)
    columns: Columns = {
        "id": "id",
        "when": "at",
        "kind": "kind",
        "in": "language",
        "about": _about_in_words,
        "by": lambda row: row["by"]["id"],
    }
    print_rows("Letters", map(_plain, found), columns, as_json=as_json)


@letter_app.command()
def show(letter: Id, to_file: ToFile = None, sealed: Sealed = False, as_: As = None, as_json: AsJson = False) -> None:
    """Show a letter as it was written, with the recordings behind its short ids."""
    from dam_plugin.custodian import letters

    require_keeper_if(as_, sealed=sealed)
    with attached() as at:
        kept = letters.get_letter(at.services, letter, secret=sealed)
    with _place(to_file) as put:
        put(kept.text, kept.kind, kept.language)
    if as_json:
        print_json({**_plain(kept), "recordings": dict(kept.recordings), "text": kept.text})
        return
    if to_file is None:
        _print(kept.text)
    print_table("Recordings", ("in the letter", "recording"), kept.recordings)
    changed = "; its text was changed by hand" if kept.is_changed else ""
    say(f"{kept.id}: '{kept.kind}', {_about_in_words(_plain(kept))}, by {kept.by.role} {kept.by.id or ''}{changed}")


@letter_app.command()
def effort(
    referral: Annotated[str, typer.Option("--referral", metavar="rf-…", help="The referral with the order.")],
    student: Annotated[str, typer.Option("--student", metavar="S-…", help="The student whose family was to be told.")],
    what: Annotated[
        str, typer.Option("--what", help="What was done, such as 'two calls, 3 and 5 October; no answer'.")
    ],
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="When it was done [today].")] = None,
    letter: Annotated[str | None, typer.Option("--letter", metavar="lt-…", help="The notice that was sent.")] = None,
    answer_on: Annotated[
        str | None,
        typer.Option(
            "--answer-on", metavar="DATE", help="The day of the answer that they were told, for the evidence."
        ),
    ] = None,
    at_once: Annotated[
        str | None,
        typer.Option(
            "--at-once",
            metavar="WORDS",
            help="The paper's words by which it is answered at once, on the day that they were told.",
        ),
    ] = None,
    party: Annotated[
        str | None,
        typer.Option(
            "--party",
            metavar="NUMBER",
            help="The proceeding on child abuse, neglect or dependency to which a parent is a party, and this an order in it.",
        ),
    ] = None,
    takes_back: Annotated[
        str | None,
        typer.Option(
            "--takes-back", metavar="ne-…", help="An effort that told nobody of this family; --what says why."
        ),
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="Write there the evidence that says who was told.")
    ] = None,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Record what was done to tell a family of an order before it is answered, or to reach them (34 CFR 99.31(a)(9)(ii))."""
    from dam_plugin.custodian.order_notice import Effort, add_effort
    from dam_plugin.custodian.request_register import note_efforts

    with attached() as at:
        made = Effort(
            referral,
            student,
            what,
            day_of(on, None),
            letter,
            day_of(answer_on, None),
            at_once=at_once,
            party=party,
            takes_back=takes_back,
        )
        state = add_effort(at.services, made, actor_of(as_), context.system_user())
        requests = note_efforts(at.services, referral, actor_of(as_), context.system_user())
    text = yaml.safe_dump(state.evidence, sort_keys=False, allow_unicode=True, default_flow_style=None)
    if evidence is not None:
        write_for_owner(evidence, text)
    if as_json:
        print_json(
            {
                "referral": referral,
                "effort": state.last,
                "told": state.told,
                "left": state.left,
                "evidence": state.evidence,
                "next": _next(state, evidence),
                # Whether the register has every family of that request as told.
                "requests": {each.request.id: not each.status.waits_for_notice for each in requests},
            }
        )
        return
    say(f"{state.last} is recorded.", "green")
    say(f"Told, or an effort or a party is on record: {', '.join(state.told)}")
    if state.left:
        say(f"Still to be told: {', '.join(state.left)}", "yellow")
    if evidence is None:
        say("The evidence that says so:")
        _print(text)
    say(_next(state, evidence))
    for each in requests:
        say(_of_register(each))


def _of_register(view: RequestView) -> str:
    """Return what a request of the register has of the notice to the families of its order."""
    if view.status.waits_for_notice:
        return (
            f"{view.request.id} waits for the notice still: dam-plugin request show {view.request.id} has what is left"
        )
    told = view.status.families_told
    return f"{view.request.id}: the families were told of the order{f' on {told.on:%Y-%m-%d}' if told else ''}"


@letter_app.command()
def templates(
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FOLDER", help="Write the built-in templates there, to be changed."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the templates in use, or write the built-in ones into a folder."""
    from dam_plugin.custodian import letters
    from dam_plugin.settings import Settings

    if export is not None:
        written = letters.export_templates(export)
        sentence = (
            f"{len(written)} template(s) are in {export}; what was there stays. Name the folder in the settings: "
            "`letters.folder`"
        )
        print_result({"folder": str(export), "written": written}, sentence, as_json=as_json)
        return
    used = letters.templates_in_use(letters.templates_of(Settings.load()))
    rows = [
        {
            "kind": kind,
            "language": language,
            "file": name,
            "own": own,
            "what": KINDS[kind].called,
            "source": KINDS[kind].source,
        }
        for kind, language, name, own in used
    ]
    columns: Columns = {
        "file": "file",
        "what it tells": "what",
        "source": "source",
        "whose": lambda row: "the district's" if row["own"] else "built-in",
    }
    print_rows("Letters", rows, columns, as_json=as_json)


@letter_app.command()
def check(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="A folder of templates [that of the settings].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every template with made-up facts, and tell each mistake with its place; exit 1 when there is one."""
    from dam_plugin.custodian import letters
    from dam_plugin.custodian.letter_templates import Templates, of_district
    from dam_plugin.settings import Settings

    used = Templates(of_district(folder)) if folder is not None else letters.templates_of(Settings.load())
    made = letters.check_templates(used)
    sentence = f"{made} letters were made of made-up facts; {len(used.own)} of the files are the district's."
    print_result({"letters": made, "own": list(used.own)}, sentence, as_json=as_json)


# What is written and shown


class _Put(Protocol):
    """Writes a letter to its file, as a page or as text by the file's name; nothing where it has none."""

    def __call__(self, text: str, kind: str, language: str, *, preview: bool = False) -> None:
        """Write it."""


@contextmanager
def _place(path: Path | None) -> Iterator[_Put]:
    """Open a letter's place; the file appears there once the block ends well. Raises InputError where it cannot."""
    from dam_plugin.custodian.letter_templates import page, wrapped

    with whole(path, 0o600, "--to-file") if path is not None else nullcontext() as file:

        def put(text: str, kind: str, language: str, *, preview: bool = False) -> None:
            lang = language_of(language)
            if path is None or file is None:
                return
            if path.suffix.lower() in _PAGES:
                file.write(page(text, kind, lang, preview=preview).encode())
            else:
                file.write(wrapped(text, preview_in=lang if preview else None).encode())

        yield put


def _print(text: str, preview_in: Language | None = None) -> None:
    from dam_plugin.custodian.letter_templates import wrapped

    say(wrapped(text, preview_in=preview_in))


def _plain(letter: StoredLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "at": letter.at,
        "kind": letter.kind,
        "language": letter.language,
        "request": letter.about.request_id,
        "referral": letter.about.referral_id,
        "consent": letter.about.consent_id,
        "student": letter.about.student_id,
        "year": letter.about.year,
        "template": letter.template,
        "by": {"role": letter.by.role, "id": letter.by.id},
    }


def _about_in_words(row: Row) -> str:
    named = (row[each] for each in ("request", "referral", "consent", "student", "year"))
    return ", ".join(str(each) for each in named if each is not None)


def _next(state: NoticeState, evidence: Path | None) -> str:
    """Return what is left to do so that the order can be answered."""
    told = {each.student_id for each in state.efforts if each.party is None}
    if state.left and told.issuperset(state.left):
        return (
            f"What was done does not count for {state.left[0]}. Where the rights pass by the day of the answer, tell the "
            "student in person from that day on (20 U.S.C. 1232g(b)(2)(B)); where the notice went to a guardian who may "
            "not have the recording, reach another one. Record it with this command"
        )
    if state.left:
        return f"Tell the others: dam-plugin letter write subpoena-notice --referral {state.referral} --student {state.left[0]}"
    verified = "" if state.order.block.get("verified") else " once counsel has verified the order (`verified: true`)"
    file = str(evidence) if evidence else "FILE"
    return (
        f"No family is left to be told: state it{verified}, dam-plugin queue finding {state.referral} evidence --evidence "
        f"{file} --as custodian:NAME"
    )
