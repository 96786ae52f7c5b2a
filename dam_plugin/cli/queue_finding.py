"""How a finding is written on the command line: `queue finding ID KIND …`, each kind with what it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import typer

from dam_plugin.cli.appearances import appearance_of
from dam_plugin.cli.share import evidence_in
from dam_plugin.custodian.evidence_files import MOST_BYTES, keep
from dam_plugin.errors import InputError
from dam_plugin.procedure.problems import Hints
from dam_plugin.sharing.finding_kinds import (
    KINDS,
    AttorneyAsked,
    Classified,
    EvidenceVerified,
    Found,
    FoundMeaning,
    MeaningFound,
    OfferedToAll,
    PersonIdentified,
    Reviewed,
)
from dam_tagging.facts import DirectoryStatus, Prominence

if TYPE_CHECKING:
    from dam_plugin.services import Services

# What each kind takes, as it is written; the rest of the options belongs to others.
TAKES: Mapping[str, str] = {
    "meaning": "preserved|changed|destroyed",
    "identified": "--person ID[@x,y,w,h][@TIME] … | --nobody | --unidentified N",
    "directory": "eligible|not_eligible|undetermined",
    "evidence": "--evidence FILE [--file COPY.pdf]",
    "attorney": "[ANSWER]",
    "offered": "--how TEXT",
    "reviewed": "[TEXT]",
}


_WORDS: Mapping[str, tuple[str, ...]] = {"meaning": get_args(FoundMeaning), "directory": get_args(DirectoryStatus)}


@dataclass(frozen=True, slots=True)
class Written:
    """A finding as it was written: its kind, the word behind it, and the options."""

    kind: str
    word: str | None = None
    person: Sequence[str] = ()
    prominence: str = "unknown"
    nobody: bool = False
    unidentified: int | None = None
    evidence: Path | None = None
    file: Path | None = None
    how: str | None = None


def check(written: Written) -> None:
    """Raise BadParameter for a kind that is none, and for options of another kind."""
    if written.kind not in KINDS:
        hint = Hints().hint_of_value(written.kind, tuple(KINDS))
        raise typer.BadParameter(f"'{written.kind}' is no finding{hint} (one of {', '.join(KINDS)})")
    options = {
        "--person": ("identified", written.person),
        "--nobody": ("identified", written.nobody),
        "--unidentified": ("identified", written.unidentified is not None),
        "--evidence": ("evidence", written.evidence),
        "--file": ("evidence", written.file),
        "--how": ("offered", written.how),
    }
    for option, (kind, given) in options.items():
        if given and kind != written.kind:
            raise typer.BadParameter(f"{option} belongs to '{kind}'; '{written.kind}' takes {TAKES[written.kind]}")
    takes_word = written.kind in ("meaning", "directory", "attorney", "reviewed", "offered")
    if written.word is not None and (not takes_word or written.how is not None):
        raise typer.BadParameter(f"'{written.word}' is one word too many: '{written.kind}' takes {TAKES[written.kind]}")
    known = _WORDS.get(written.kind, ())
    if known and written.word not in known:
        hint = Hints().hint_of_value(written.word or "", known)
        raise typer.BadParameter(f"'{written.word or ''}' is not one of {', '.join(known)}{hint}")


def found_in(  # noqa: PLR0911 - one line per kind
    services: Services, written: Written
) -> Found:
    """Return the finding; a copy of a paper is put into the bucket. Raises BadParameter, InputError."""
    word = written.word or ""
    match written.kind:
        case "meaning":
            return MeaningFound(cast("Any", word))
        case "directory":
            return Classified(cast("Any", word))
        case "identified":
            prominence = cast("Prominence", written.prominence)
            persons = tuple(appearance_of(each, prominence) for each in written.person)
            return PersonIdentified(persons, written.unidentified, written.nobody)
        case "evidence":
            if written.evidence is None:
                raise typer.BadParameter(
                    "say what you have verified: --evidence FILE, as the block `evidence` of a case"
                )
            verified = evidence_in(written.evidence)
            return EvidenceVerified(verified, keep(services, _bytes(written.file)) if written.file else None)
        case "attorney":
            return AttorneyAsked(written.word)
        case "offered":
            return OfferedToAll(written.how or word)
        case _:
            return Reviewed(word)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(f"a copy of a paper has at most {MOST_BYTES // 1024 // 1024} MiB: scan it smaller")
    return content
