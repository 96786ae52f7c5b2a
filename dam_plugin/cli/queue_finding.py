"""How a finding is written on the command line: `queue finding ID KIND …`, each kind with what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

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
    Finding,
    MeaningFound,
    OfferedToAll,
    PersonIdentified,
    Reviewed,
)
from dam_tagging.facts import Prominence

if TYPE_CHECKING:
    from dam_plugin.services import Services


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
    kind = KINDS[written.kind]
    given = {
        "--person": written.person,
        "--nobody": written.nobody,
        "--unidentified": written.unidentified is not None,
        "--evidence": written.evidence,
        "--file": written.file,
        "--how": written.how,
    }
    for option, value in given.items():
        if value and option not in kind.options:
            owner = next(each.kind for each in KINDS.values() if option in each.options)
            raise typer.BadParameter(f"{option} belongs to '{owner}'; '{kind.kind}' takes {kind.written}")
    if written.word is not None and (not kind.takes_word or written.how is not None):
        raise typer.BadParameter(f"'{written.word}' is one word too many: '{kind.kind}' takes {kind.written}")
    if kind.words and written.word not in kind.words:
        hint = Hints().hint_of_value(written.word or "", kind.words)
        raise typer.BadParameter(f"'{written.word or ''}' is not one of {', '.join(kind.words)}{hint}")


def found_in(  # noqa: PLR0911 - one line per kind
    services: Services, written: Written
) -> Finding:
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
