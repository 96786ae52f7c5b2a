"""`ledger verify | show | export | student | forget | accept`: what happened, unbroken, and one student's record of it."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.context import (
    As,
    Attached,
    Sealed,
    actor_of,
    attached,
    is_custodian_reading,
    language_of,
    recipient_of,
    require_keeper_if,
    system_user,
)
from dam_plugin.cli.files import check_file, named, page_of, whole, write_for_owner
from dam_plugin.cli.output import (
    AsJson,
    Columns,
    local,
    print_json,
    print_reopened,
    print_result,
    print_rows,
    print_table,
    printable,
    say,
)
from dam_plugin.errors import DamPluginError, InputError
from dam_plugin.model import CUSTODIANS, role_and_id
from dam_plugin.procedure.protection import plain_for_staff
from dam_plugin.pseudonyms import REQUEST, person_id

if TYPE_CHECKING:
    from dam_plugin.custodian.family_record import Row, Whose
    from dam_plugin.ledger.chain import Verification
    from dam_plugin.procedure.outside_words import Language
    from dam_plugin.services import Services


ledger_app = typer.Typer(help=help_of("ledger"), no_args_is_help=True)
_MOST = 2**31 - 1
StudentId = Annotated[str, typer.Argument(metavar="ID", help="The student's pseudonym (S-…).")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this file."""
    app.add_typer(ledger_app, name="ledger")


@ledger_app.command()
def verify(
    exported: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Check this export instead, without the database.")
    ] = None,
    since: Annotated[
        bool,
        typer.Option(
            "--since", help="Read only what followed the last whole check: seconds, however large the ledger is."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the whole chain; if it is broken, exit 1 and say at which entry and why."""
    if since and exported is not None:
        raise typer.BadParameter("an export is checked whole: leave --since out")
    verification = _verified(since=since) if exported is None else _verified_export(exported)
    if as_json:
        print_json(asdict(verification))
    elif verification.ok:
        deleted = (
            f" ({verification.details_deleted} with their details deleted)" if verification.details_deleted else ""
        )
        say(f"the ledger holds: {verification.entries} entries{deleted}", "green")
        if verification.behind is not None and verification.whole_at is not None:
            read = verification.entries - verification.behind
            on = local(datetime.fromisoformat(verification.whole_at))
            say(f"{read} of them were read now; everything up to entry {verification.behind} was found to hold on {on}")
        if exported is not None and not verification.entries:
            say("this export is empty: it proves nothing of a ledger that has entries", "yellow")
    else:
        where = f" at entry {verification.broken_at}" if verification.broken_at is not None else ""
        say(f"the ledger is broken{where}: {verification.why}", "red")
        for each in verification.others:
            say(f"and {each}", "red")
        if verification.untold:
            say(f"and {verification.untold} more are not right", "red")
    raise typer.Exit(0 if verification.ok else 1)


@ledger_app.command()
def show(
    last: Annotated[int | None, typer.Option("--last", min=1, help="Only the last so many.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind: share, open, close, look, …")] = None,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Show entries, oldest first. Their details are told with --as custodian:NAME alone: they name schools and families."""
    if last is not None and last > _MOST:
        raise InputError(f"--last {last} is more than a ledger can have: leave it out for all of them")
    require_keeper_if(as_ if sealed else None, sealed=sealed)
    in_full = is_custodian_reading(as_)
    with attached() as at:
        if sealed:
            _note_look(at, as_)
        with at.services.store.reading() as unit:
            if sealed:
                book = [each for each in at.services.ledger.book(unit) if kind in (None, each[0].kind)]
                entries = book[-last:] if last else book
            else:
                entries = at.services.ledger.show(unit, last=last, kind=kind)
    columns: Columns = {
        "entry": "seq",
        "at": "at",
        "kind": "kind",
        "subject": "subject",
        "by": lambda entry: _acted(entry["details"]),
        "outcome": lambda entry: outcome_of(entry["details"]),
        "hash": lambda entry: entry["hash"][:12],
    }
    rows = (
        {**{name: value for name, value in asdict(entry).items() if name != "secret"}, "details": details}
        for entry, details in entries
    )
    told = rows if in_full else map(_for_staff, rows)
    print_rows("The sealed book" if sealed else "Ledger", told, columns, as_json=as_json)


@ledger_app.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write (`-`: standard output).")],
    as_json: AsJson = False,
) -> None:
    """Write the whole ledger with its signed head as JSON lines, readable only by its owner: it is about students."""
    from dam_plugin.ledger.export import export as write_export

    printed = str(out) == "-"
    if printed and as_json:
        raise InputError("an export on standard output is JSON lines already: leave out --json")
    with attached() as at, at.services.store.reading() as unit, ExitStack() as stack:
        # An export is ASCII, whatever standard output takes.
        write = _print_bytes if printed else stack.enter_context(whole(out, 0o600, "--out")).write
        count = write_export(at.services.ledger, unit, write)
    if not printed:
        sentence = f"{named(out)}: {count} entries; check it with `dam-plugin ledger verify --export`"
        print_result({"file": str(out), "entries": count}, sentence, as_json=as_json)


@ledger_app.command()
def student(
    student_id: StudentId,
    required: Annotated[bool, typer.Option("--required", help="Only what 34 CFR 99.32 asks to be recorded.")] = False,
    keys: Annotated[
        bool, typer.Option("--keys", help="Show the recordings' keys too: a file name may name other students.")
    ] = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write it as a table for Excel.")] = None,
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE", help="Write it as a page to print.")] = None,
    language: Annotated[
        str, typer.Option("--language", "--lang", help="The words' language: en (English) or es (Spanish).")
    ] = "en",
    without_pictures: Annotated[
        bool,
        typer.Option("--without-pictures", help="Leave the small pictures out of the page, which takes less time."),
    ] = False,
    guardian: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="ID",
            help="The guardian to whom the page is handed: a place that is or may be kept from them is left out.",
        ),
    ] = None,
    sealed: Sealed = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Show one student's record (34 CFR 99.32): who asked or received, when, what, for which interest.

    Where not every parent may be handed it, the custodian alone prints it (--as custodian:NAME), and reads who may.
    """
    from dam_plugin.custodian.family_record import (
        check_reader,
        leaves_places_out,
        pictures_for,
        rows_of,
        whom_to_hand,
        whose_record,
        whose_to_hand,
    )
    from dam_plugin.custodian.namesakes import record_told
    from dam_plugin.ledger.student import (
        as_asked_once,
        cells,
        party_names,
        record_of,
        recordings_called,
        terminal_titles,
    )

    words, by = language_of(language), actor_of(as_)
    require_keeper_if(as_ if sealed else None, sealed=sealed)
    if guardian is not None:
        guardian = person_id(guardian)
        _check_page_alone(page, csv, keys or sealed or as_json)
    with attached() as at:
        services = at.services
        if sealed:
            _note_look(at, as_, student_id)
        with services.store.reading() as unit:
            own, today = unit.people.need(student_id), services.now().date()
            check_reader(own, today, by)
            record_lines = record_of(unit, services.ledger, student_id, secret=sealed, rulings=services.rulings)
            lines = [each for each in record_lines if each.required or not required]
            hides = guardian is not None and leaves_places_out(own, guardian, today, services.rulings)
            whose = replace(whose_record(own), kept_from=guardian if hides else None)
            names = party_names(unit, student_id, record_lines) if page is not None else {}
            called = recordings_called(unit, student_id, lines, words, with_events=not hides)
            namesakes = unit.people.namesakes_of(student_id) if by.role in CUSTODIANS else []
        # INVARIANT: no picture of what a sealed line tells of.
        with_pictures = page is not None and not without_pictures and not sealed and not hides
        shown = dict.fromkeys(each.recording for each in lines if each.recording) if with_pictures else {}
        zone = services.now().tzinfo
        record = Record(whose, rows_of(whose, lines, words, zone=zone, called=called), services, language=words)
        record = replace(record, with_keys=keys, required=required, sealed=sealed)
        if csv is not None:
            write_for_owner(csv, write_csv(record))
        if page is not None:
            pictures = pictures_for(services, student_id, filter(None, shown))
            told = rows_of(
                whose, as_asked_once(lines), words, zone=zone, called=called, contacts=names, pictures=pictures
            )
            write_for_owner(page, write_page(replace(record, rows=told)))
    note = whom_to_hand(own, today, services.rulings) if by.role in CUSTODIANS and guardian is None else None
    # INVARIANT: beside the record, never in it: what is printed goes to a family.
    if note is not None:
        typer.echo(printable(note), err=True)
    if namesakes:
        typer.echo(f"note: {record_told(student_id, namesakes)}", err=True)
    if (csv is not None or page is not None) and not as_json:
        whom = _whom_in_words(guardian, note, whose_to_hand(own, today, services.rulings), sealed=sealed)
        say(f"{len(lines)} line(s) written; they are about a student, so {whom}.")
        return
    if as_json:
        print_json(*(row.values(with_keys=keys) for row in record.rows))
        return
    print_table(
        "Record of disclosures (34 CFR 99.32)", terminal_titles(), [cells(line, with_keys=keys) for line in lines]
    )


def _check_page_alone(page: Path | None, csv: Path | None, more: bool) -> None:
    if page is None or csv is not None or more:
        raise InputError(
            "--for makes the page that a guardian is handed: give --page FILE, without --csv, --keys, --sealed and --json"
        )


def _whom_in_words(guardian: str | None, note: str | None, whose: str, *, sealed: bool) -> str:
    """Return to whom the files of a record may be given."""
    if sealed:
        return "keep them for yourself"
    if guardian is not None:
        return f"give them only to {guardian}, once you know who it is"
    return "give them only to whom the note names" if note else f"give them {whose}"


def _note_look(at: Attached, as_: str | None, student: str | None = None) -> None:
    from dam_plugin.custodian.sealed_book import note_look

    note_look(at.services, actor_of(as_), system_user(), student)


@ledger_app.command()
def forget(
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, which stays on record.")],
    student_id: Annotated[
        str | None, typer.Option("--student", metavar="ID", help="From the entries that concern only this student.")
    ] = None,
    entries: Annotated[list[int] | None, typer.Option("--entry", metavar="NUMBER", help="Of this entry.")] = None,
    also_required: Annotated[
        bool, typer.Option("--also-required", help="Also details that 34 CFR 99.32 asks to keep.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Delete personal details for good; the chain stays whole, and the deletion is on record."""
    from dam_plugin.custodian.forget import forget as delete_details

    with attached() as at:
        done = delete_details(
            at.services, actor_of(as_), why, student=student_id, seqs=entries or (), also_required=also_required
        )
    if as_json:
        print_json(asdict(done))
        return
    say(f"deleted: the details of {done.deleted} entries, and what {done.shares} shares said besides")
    for count, reason in (
        (done.of_others, "they concern others too"),
        (done.required, "34 CFR 99.32 asks to keep them as long as the recording (--also-required deletes them)"),
        (done.in_use, "a link or a referral still rests on them: revoke or close it first"),
        (done.held, f"their recordings are held ({', '.join(done.holds)})"),
    ):
        if count:
            say(f"kept: {count} entries, since {reason}")


@ledger_app.command()
def accept(
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, which stays on record.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Accept the rows in force and seal them again: after a backup was restored, or after a tampering was repaired."""
    from dam_plugin.admin.accept import accept as accept_it

    with attached() as at:
        done = accept_it(at.services, actor_of(as_), why)
    rows = sum(done.sealed.values())
    sentence = (
        f"accepted as entry {done.entry}: {rows} row(s) are sealed anew, and {done.faults} fault(s) are told in the entry. "
        "After a backup was restored, enter again what came after it: opt-outs, protections, orders, consents, the roster"
    )
    print_result(asdict(done), sentence, as_json=as_json)


def _verified(*, since: bool = False) -> Verification:
    from dam_plugin.admin.accept import verified, verified_since

    with attached() as at:
        found = verified_since(at.services) if since else verified(at.services)
    if found is None:
        raise InputError(
            "the whole ledger was not found to hold yet: run `dam-plugin ledger verify` without --since first"
        )
    return found


@ledger_app.command()
def correct(
    share: Annotated[
        str,
        typer.Argument(metavar="SHARE", help="The line's share (sh-…) or request (RQ-…), see `ledger student --json`."),
    ],
    why: Annotated[str, typer.Option("--why", help="What shows it. Write no name: the family reads it.")],
    student: Annotated[
        str | None, typer.Option("--student", metavar="ID", help="For whom it was entered wrongly (S-…).")
    ] = None,
    went_to: Annotated[
        str | None,
        typer.Option(
            "--went-to",
            metavar="ROLE:ID",
            help="Who received it instead of whom the line names, of what a link or a showing in the office gave out.",
        ),
    ] = None,
    stands: Annotated[
        bool, typer.Option("--stands", help="The line was right after all: its correction goes.")
    ] = False,
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Say beside a line of a student's record that it was entered for the wrong student or recipient. It takes two people.

    The line stays, and the family reads it with its correction (34 CFR 99.20, 99.32). --student: of what was recorded by hand,
    whose wrong recipient, exception or day is entered again, `queue disclosed --corrects`. --went-to: of what the plugin gave
    out; each student who was shown has it on record, as given by mistake.
    """
    from dam_plugin.custodian.corrections import correct_line, correct_recipient

    if (student is None) == (went_to is None):
        raise typer.BadParameter(
            "say for which student it was wrong, --student S-…, or who received it, --went-to ROLE:ID"
        )
    with attached() as at:
        said = (at.services, share)
        by, user = actor_of(as_), system_user()
        if went_to is not None:
            done = correct_recipient(*said, recipient_of(went_to), why, by, user, stands=stands)
        else:
            done = correct_line(*said, student or "", why, by, user, stands=stands)
    if as_json:
        print_json(asdict(done))
        return
    print_reopened(done.reopened)
    for link in done.links:
        say(f"{link} still opens it for whoever has the link: `dam-plugin revoke {link}` takes it back.", "yellow")
    if done.waits:
        say("nothing changed yet. It takes two people: another user of this system runs the same command.", "yellow")
    elif stands:
        say(f"The line of {share} stands again as it was entered{f' for {student}' if student else ''}.")
    elif went_to is not None:
        whose = " and ".join(done.students) or "whoever is found in it later"
        say(
            f"The lines of {share} stay, and say that somebody else received it. On the record of {whose} stands who did, as "
            "given by mistake where it was."
        )
    else:
        say(
            f"The line of {share} stays on the record of {student}, and says beside it that it was entered for the wrong "
            "student."
        )
        if not share.startswith(REQUEST):
            say(
                "Whose it is has a line of their own: `dam-plugin queue disclosed RF --students S-…`, if it has none yet. "
                f"What was entered again with --corrects {share} stands in its place."
            )


def _verified_export(path: Path) -> Verification:
    from dam_plugin.ledger.chain import Ledger
    from dam_plugin.ledger.export import verify_export
    from dam_plugin.settings import Settings

    key = Settings.load().signing_key
    ledger = Ledger(key.get_secret_value() if key else "")
    check_file(path)
    with path.open("rb") as file:
        found = verify_export(ledger, file)
    return found if not found.ok or found.entries else _beside_the_store(found)


def _beside_the_store(empty: Verification) -> Verification:
    """Return what an empty export proves where the store is at hand, which may have entries."""
    try:
        with attached() as at, at.services.store.reading() as unit:
            head = unit.entries.head()
            kept = max(head.seq if head else 0, unit.entries.last_seq())
    except DamPluginError:
        return empty
    return replace(empty, ok=False, why=f"the export is empty, and the ledger has {kept} entries") if kept else empty


def _print_bytes(data: bytes) -> int:
    return sys.stdout.write(data.decode("ascii"))


def _for_staff(row: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as anybody but the custodian reads it: who acted, and the outcome.

    The details tell where a protected student goes to school, and whom a family's record was given to (RSMo 589.664).
    """
    details = row["details"]
    told = None if details is None else {"by": _acted(details), "outcome": outcome_of(details)}
    shown: dict[str, Any] = plain_for_staff({**row, "details": told})
    return shown


def _acted(details: dict[str, Any] | None) -> str | None:
    """Return who acted by an entry's details, as typed with `--as`, with the user of the system who ran the command."""
    found = details or {}
    share = (found.get("case") or {}).get("share") or {}
    by, user = found.get("by") or share.get("actor"), found.get("user") or (found.get("system_user") or {}).get("name")
    typed = role_and_id(by.get("role"), by.get("id")) if isinstance(by, dict) else by
    return f"{typed} (user {user})" if typed and user else typed


def outcome_of(details: dict[str, Any] | None) -> str | None:
    """Return the outcome word of an entry's details, or None."""
    if not details:
        return None
    decided = details.get("decision") or details
    return decided.get("outcome") if isinstance(decided, dict) else None


# One student's record as files


@dataclass(frozen=True, slots=True)
class Record:
    """One student's record as a file has it: its rows, with the recordings' keys or without, all or only the required ones."""

    whose: Whose
    rows: Sequence[Row]
    services: Services
    language: Language = "en"
    with_keys: bool = False
    required: bool = False
    sealed: bool = False

    @property
    def numbers(self) -> dict[str, str]:
        """The recordings' numbers for the outside, as letters have them, by the recording's id."""
        outside = self.services.pseudonyms.outside
        lines = (row.line for row in self.rows)
        return {each.recording: outside(each.key) for each in lines if each.recording and each.key}


def write_csv(record: Record) -> str:
    """Return the record as a table of texts for a spreadsheet: each column's words, and its fields for programs."""
    from dam_plugin.ledger.student import titles
    from dam_plugin.yearbook.spreadsheet import MARK, harmless

    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow(titles(with_keys=record.with_keys))
    for row in record.rows:
        table.writerow([harmless(_text(value)) for value in row.values(with_keys=record.with_keys).values()])
    return MARK + text.getvalue()


def write_page(record: Record) -> str:
    """Return the record as a page to print: what was given, what was refused, and the rest, each under its heading."""
    from dam_plugin.custodian.family_record import SECTIONS, page_words
    from dam_plugin.ledger.student import COLUMNS
    from dam_plugin.procedure.outside_words import day_in_words

    language = record.language
    sections = [
        (section, heading.in_(language), [row for row in record.rows if row.section == section])
        for section, heading in SECTIONS.items()
    ]
    return page_of(
        "record.html.j2",
        language=language,
        words=page_words(language),
        sections=sections,
        columns=[(column.name, column.heading[language]) for column in COLUMNS if column.heading],
        district=record.services.settings.district,
        whose=record.whose,
        today=day_in_words(record.services.now().date(), language),
        with_keys=record.with_keys,
        with_pictures=any(row.picture for row in record.rows),
        required=record.required,
        sealed=record.sealed,
        numbers=record.numbers,
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, tuple) else str(value)
