"""`review`, `loosen`: what waits for a person's look, and for the custodian's yes.

With the students who may be meant by names that match none, and the sheet of pictures that `review --sheet` writes.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dam_plugin.cli import context
from dam_plugin.cli.context import As, actor_of, attached
from dam_plugin.cli.files import page_of, write_for_owner
from dam_plugin.cli.look import start_of
from dam_plugin.cli.output import (
    LISTED,
    After,
    AsJson,
    Columns,
    Limit,
    page_of_rows,
    print_result,
    print_rows,
    print_table,
    say,
)
from dam_plugin.errors import DamPluginError
from dam_plugin.model import Tagging
from dam_tagging.facts import OpenWord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dam_plugin.intake.two_people import WouldLoosen
    from dam_plugin.services import Services
    from dam_plugin.store import StoredAsset
    from dam_tagging.suggest import Suggestion


MOST_NAMES = 20
"""So many names of one recording are compared; a file may hold a hundred thousand."""

PICTURE_WIDTH = 480


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (review, loosen):
        app.command()(command)


def review(
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="FOLDER", help="Only recordings in this folder.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", metavar="OUT.html", help="Write them as pictures.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Show names instead of pseudonyms.")] = False,
    looser: Annotated[
        bool, typer.Option("--looser", help="List instead what would loosen if the custodian agrees.")
    ] = False,
    limit: Limit = LISTED,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List recordings that wait for a person's look, oldest first, and the students that unknown names may mean."""
    if looser:
        if sheet is not None:
            raise typer.BadParameter("--sheet is of what waits for a look: leave out --looser")
        _review_looser(as_json=as_json)
        return

    with attached() as at:
        with at.services.store.reading() as unit:
            start = start_of(folder)
            found = unit.assets.waiting_page(limit=limit + 1, after=after, folder=start)
            waiting = page_of_rows(found, limit, lambda each: each.asset.key)
            keys = () if as_json else unit.assets.waiting_keys(start)
            folders = Counter(key.rpartition("/")[0] for key in keys)
        roster = LikelyStudents(at.services)
        likely = [roster.of(stored) for stored in waiting]
        known = roster.names(each for several in likely for each in several) if names else None
        rows = [
            {**_row(stored), "likely": [each.plain(known) for each in several]}
            for stored, several in zip(waiting, likely, strict=True)
        ]
        if sheet is not None:
            shown = (
                (stored, row["why"], list(map(in_words, row["likely"])))
                for stored, row in zip(waiting, rows, strict=True)
            )
            write_sheet(sheet, at.services, shown)
    columns: Columns = {
        "recording": "key",
        "since": "since",
        "tagging": "state",
        "not named": "unidentified_people",
        "why": "why",
        "who may be meant": lambda row: "; ".join(map(in_words, row["likely"])),
    }
    print_rows("Waiting for a look", rows, columns, as_json=as_json)
    if as_json:
        return
    if len(folders) > 1:
        counts = [(name or "(none)", count) for name, count in sorted(folders.items())]
        title = "By folder: look at one with --folder, and say of all at once `tag --folder …`"
        print_table(title, ("folder", "waiting"), counts)
    if sheet is not None:
        say(f"Pictures: {sheet}")


def _review_looser(*, as_json: bool) -> None:
    from dam_plugin.intake.two_people import all_that_would_loosen

    with attached() as at:
        found = all_that_would_loosen(at.services)
    columns: Columns = {
        "recording": "key",
        "since": lambda row: f"{row['since']:%Y-%m-%d}" if row["since"] else "",
        "would loosen": lambda row: "; ".join(f"{c['field']}: {c['held']} -> {c['would_be']}" for c in row["changes"]),
        "held because of": lambda row: "; ".join(row["comes_from"]),
        "asked by": "asked_by",
    }
    print_rows("Waiting for the custodian's yes", map(_looser_row, found), columns, as_json=as_json)
    if found and not as_json:
        say("The custodian lets go: dam-plugin loosen KEY --why … --as custodian:NAME")


def _looser_row(each: WouldLoosen) -> dict[str, object]:
    asked = each.former.asked
    return {
        "key": each.stored.asset.key,
        "since": each.former.since,
        "changes": [{"field": one.field, "held": one.before, "would_be": one.after} for one in each.changes],
        "comes_from": each.former.comes_from,
        "named_before": each.former.named_before,
        "asked_by": asked.by.id if asked else None,
    }


def loosen(
    key: Annotated[str, typer.Argument(metavar="KEY")],
    why: Annotated[str, typer.Option("--why", help="Why the tags may loosen.")],
    as_: As = None,
    as_json: AsJson = False,
) -> None:
    """Loosen a recording's tags to those of file, rules and looks now; some recordings take two people's yes."""
    from dam_plugin.intake.two_people import let_go

    with attached() as at:
        stored = let_go(at.services, key, why, actor_of(as_), context.system_user())
    waits = stored.loosens
    sentence = f"{key}: {stored.tagging.state}, dam-release={stored.release_tag}"
    if waits:
        sentence = f"{key}: your yes is kept; another custodian has to say it, too: dam-plugin loosen KEY --why …"
    made = {"key": key, "let_go": not waits, "state": stored.tagging.state, "release": stored.release_tag}
    print_result(made, sentence, as_json=as_json)


def _row(stored: StoredAsset) -> dict[str, Any]:
    from dam_plugin.intake.waiting import why_waiting

    return {
        "key": stored.asset.key,
        "since": stored.first_seen,
        "state": stored.tagging.state,
        "unidentified_people": stored.tagging.unidentified_people,
        "why": "; ".join(why_waiting(stored)),
    }


# Who may be meant


@dataclass(frozen=True, slots=True)
class Likely:
    """A name that leaves somebody unidentified, the property it stands in, and who may be meant."""

    name: str
    source: str
    students: tuple[Suggestion, ...]

    def plain(self, known: dict[str, str] | None) -> dict[str, Any]:
        """Return it as an object: students by pseudonym, or with `known` (pseudonym -> name) everybody by name, too."""
        students = [asdict(each) for each in self.students]
        if known is None:
            return {"source": self.source, "students": students}
        named = [{**each, "name": known.get(each["student"])} for each in students]
        return {"name": self.name, "source": self.source, "students": named}


def in_words(likely: Mapping[str, Any]) -> str:
    """Return in words what `Likely.plain` returned."""
    name = f"'{likely['name']}' in {likely['source']}" if "name" in likely else f"a name in {likely['source']}"
    students = ((each.get("name"), each["student"], each["score"]) for each in likely["students"])
    perhaps = ", ".join(f"{student if name is None else name} ({score})" for name, student, score in students)
    return f"{name}: perhaps {perhaps}" if perhaps else f"{name}: like nobody's"


class LikelyStudents:
    """The roster, ready to be compared with what recordings say."""

    def __init__(self, services: Services) -> None:
        """Read the roster."""
        from dam_plugin.intake.roster_cache import person_of, roster_of
        from dam_tagging.suggest import Suggester

        with services.store.reading() as unit:
            students = unit.people.students()
            roster = roster_of(services, unit)
        self._services, self._index, self._denied = services, roster.index, roster.families.unsettled
        self._persons = [person_of(each) for each in students]
        # Of those who left, the ones whose family said no are in question still.
        wanted = self._denied | {each.id for each in students if each.active}
        self._suggester = Suggester(each for each in self._persons if each.id in wanted)

    def of(self, stored: StoredAsset) -> tuple[Likely, ...]:
        """Return who may be meant by the open words of a recording, and by its names as far as it can be read now."""
        words = tuple(self._meant_by(word) for word in stored.tagging.open_words[:MOST_NAMES])
        if not _has_open_names(stored):
            return words
        try:
            names = self._names_in(stored)
        except DamPluginError:
            # A recording that cannot be read now is still listed. The students who may be meant are only a help.
            return words
        known_words = {(word.word, word.source) for word in stored.tagging.open_words}
        named = (self._called(*each) for each in names[:MOST_NAMES] if each not in known_words)
        return (*words, *named)

    def _called(self, name: str, source: str) -> Likely:
        """Return who may be called so; also those whose family said no, and who make the name uncertain."""
        closest = self._suggester.closest(name)
        known = {each.student for each in closest}
        denied = self._suggester.alike(name, sorted(self._index.also_meant(name, self._denied) - known))
        return Likely(name, source, (*closest, *denied))

    def _meant_by(self, word: OpenWord) -> Likely:
        return Likely(word.word, word.source, self._suggester.alike(word.word, word.students))

    def names(self, likely: Iterable[Likely]) -> dict[str, str]:
        """Return the names of the students who are suggested, by their pseudonyms."""
        wanted = {each.student for one in likely for each in one.students}
        return {each.id: each.names[0] for each in self._persons if each.id in wanted and each.names}

    def _names_in(self, stored: StoredAsset) -> Sequence[tuple[str, str]]:
        from dam_plugin.intake.examine import read_metadata
        from dam_tagging.depicted import unsettled_names

        asset, library = stored.asset, self._services.library
        with library.open(asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size) as file:
            facts = read_metadata(self._services, file, asset.key, asset.size)
        return unsettled_names(facts, self._index, asset.key, self._denied)


def _has_open_names(stored: StoredAsset) -> bool:
    """Whether more than a face left somebody unidentified when the recording was tagged."""
    return any(
        each.tag == "open_word" or (each.tag == "unidentified_people" and each.source != "regions")
        for each in stored.machine.findings
    )


# The sheet


@dataclass(frozen=True, slots=True)
class _Shown:
    stored: StoredAsset
    why: str
    likely: Sequence[str]
    picture: str | None

    @property
    def commands(self) -> tuple[str, ...]:
        """Return the commands to paste after a look; none for a key that a terminal would not take as it is."""
        key = self.stored.asset.key
        if not key.isprintable():
            return ()
        answers = ["--nobody", f"--unidentified {self.stored.tagging.unidentified_people or 1}", "--person ID@x,y,w,h"]
        return tuple(f"dam-plugin tag {answer} -- {shlex.quote(key)}" for answer in answers)


def write_sheet(path: Path, services: Services, waiting: Iterable[tuple[StoredAsset, str, Sequence[str]]]) -> None:
    """Write the page of recordings, why they wait and who may be meant, readable by its owner alone: it shows students.

    Raises InputError if it cannot be written.
    """
    rows = [_Shown(stored, why, likely, _picture(services, stored)) for stored, why, likely in waiting]
    page = page_of("review.html.j2", rows=rows, today=services.now().date(), in_bulk=_in_bulk(rows))
    write_for_owner(path, page)


def _in_bulk(rows: Iterable[_Shown]) -> str:
    """Return one command for all that nothing is known of, a key a line, so that those of others are easily struck."""
    keys = [shlex.quote(row.stored.asset.key) for row in rows if row.commands and _says_nothing(row.stored.tagging)]
    return " \\\n  ".join(["dam-plugin tag --nobody --", *keys]) if keys else ""


def _says_nothing(tagging: Tagging) -> bool:
    return tagging.state == "pending" and not tagging.appearances and not tagging.unidentified_people


def _picture(services: Services, stored: StoredAsset) -> str | None:
    """Return a small upright picture as a `data:` URL; None if it is too large or cannot be opened."""
    from dam_plugin.yearbook.contact_sheet import LARGEST, thumbnail

    asset = stored.asset
    if asset.size > LARGEST:
        return None
    try:
        body = services.library.read(asset.key, version_id=asset.version_id, etag=asset.etag, limit=LARGEST)
    except DamPluginError:
        return None
    return thumbnail(body, PICTURE_WIDTH)
