"""Every error the plugin raises on purpose; each names the thing and the remedy in one sentence.

DamPluginError                     the root: caught once, at the edge (CLI, hooks)
├── SettingsError                  a setting is missing, unknown or malformed, or names what cannot be used
├── InputError                     what a person or another system handed in is wrong
│   ├── CaseError                  a case file, with every problem and its path
│   ├── RosterError                a roster file, with every problem and its line
│   ├── TemplateProblems           templates of letters, with every mistake and its line
│   ├── SetAltered                 an exported set is not as it was signed, with every problem
│   ├── SetRefused                 a yearbook set is not made or handed over, with the reason as a word
│   ├── Held                       a recording is held and may not be destroyed; names the hold
│   ├── LookRefused                what somebody saw is not theirs to say of this recording, with the reason as a word
│   ├── LookOvertaken              the recording is not as it was when somebody looked at it
│   ├── NotAnother                 it takes another person than who tries
│   └── UnknownThing               an asset, a student, a link that we do not have
├── StorageError                   the object storage said no or said nothing
│   ├── AssetMissing               no such object, version or bucket
│   └── StorageUnreachable         no answer, or wrong credentials
├── StoreError                     the database said no (full, locked, unreachable)
│   └── OtherSchema                its tables are those of another version of the program
├── MailError                      the district's mail server did not take a mail
├── LedgerBroken                   the chain does not hold
├── PluginError                    a third party's plugin cannot be used, with its name
├── CannotRedact                   a copy cannot be made safe, with one reason
└── NotProven                      the written copy failed its proof

Messages carry no student's name or number: they may be logged.

Of an unforeseen error only the kind and the place are told. Its text may hold a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from traceback import extract_tb
from typing import Literal


class DamPluginError(Exception):
    """Root of the plugin's own errors; its text is one sentence that a user can act on."""

    exit_code = 1


class SettingsError(DamPluginError):
    """A setting is missing, unknown or malformed, or what it names cannot be used."""

    def __init__(self, told: str, problems: Sequence[str] = (), where: str = "the rules of DAM_PLUGIN_RULES") -> None:
        """Keep the problems of what the setting names, one sentence each, and what that is; `told` says all of it."""
        self.problems = tuple(problems)
        self.where = where
        super().__init__(told)


class InputError(DamPluginError):
    """The input is wrong; nothing was changed."""


class NotAnother(InputError):
    """It takes another person than who tries: who stated it, asked for it or would receive it does not approve it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an input: its place (`path`, a field or `file:line`), and the remedy.

    A text that was read also has a place: its name (`-` is standard input), line and column, both from 1.
    """

    path: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """Return `NAME:LINE:COLUMN` as far as it is known; empty for what was never a text."""
        if self.file is None:
            return "" if self.line is None else f"line {self.line}, column {self.column}"
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)

    @property
    def placed_message(self) -> str:
        """Return the message behind its place, for callers that show the path elsewhere."""
        return ": ".join(filter(None, (self.place, self.message)))

    def __str__(self) -> str:
        """Return the problem as one sentence."""
        return ": ".join(filter(None, (self.place, self.path, self.message)))


def _told(problems: Sequence[Problem]) -> str:
    return "; ".join(str(problem) for problem in problems)


LookRefusal = Literal[
    "time-in-picture",
    "box-without-time",
    "named-already",
    "family-said-no",
    "not-directory",
    "own-finding",
    "two-people",
    "not-your-look",
    "more-than-names",
    "stands-for-another",
]
"""Why a look is refused: for pages, which say it in other words than the command line."""


class LookRefused(InputError):
    """What somebody saw is not theirs to say of this recording: `why` as a word, and the students whom it is about."""

    def __init__(self, told: str, why: LookRefusal, students: Iterable[str] = ()) -> None:
        """Keep the reason and the students (`S-…`)."""
        self.why = why
        self.students = tuple(sorted(students))
        super().__init__(told)


class LookOvertaken(InputError):
    """The recording was replaced, tagged again or looked at by another person since somebody looked at it."""


class CaseError(InputError):
    """A case that cannot be decided: every problem of it at once."""

    def __init__(self, problems: Sequence[Problem], case_id: str | None = None) -> None:
        """Keep the problems (`path`, `message`) and the case's id where it could be read."""
        self.problems = tuple(problems)
        self.case_id = case_id
        super().__init__(_told(self.problems))


class RosterError(InputError):
    """A roster that cannot be imported: every problem of it, each with file and line. Nothing was imported."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; `path` is `file:line`."""
        self.problems = tuple(problems)
        super().__init__(_told(self.problems))


class TemplateProblems(InputError):
    """Templates of letters that cannot be used: every mistake, each with file and line. No letter was written."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems."""
        self.problems = tuple(problems)
        super().__init__(_told(self.problems))


class SetAltered(InputError):
    """An exported set is not, byte for byte, as it was signed: every problem that was found, as far as they are told."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the problems, one phrase each."""
        self.problems = tuple(problems)
        super().__init__("this is not the set as it was signed: " + "; ".join(self.problems))


SetRefusal = Literal["student-name", "no-recipient", "changing", "no-archive", "taken", "other-set", "no-picture"]
"""Why a yearbook set is refused: for pages, which say it in other words than the command line."""


class SetRefused(InputError):
    """A yearbook set is not made, locked or handed over: `why` as a word. Nothing was changed."""

    def __init__(self, told: str, why: SetRefusal) -> None:
        """Keep the reason."""
        self.why = why
        super().__init__(told)


class Held(InputError):
    """The recording is held, so neither it nor its copies and records are deleted; the text names the hold."""


class UnknownThing(InputError):
    """An asset, student, consent or link that the plugin does not know."""


# What was asked for is not repeated: a file name may be a student's, and so may a mistyped id.
NOT_IN_LIBRARY = "this recording is not in the library; upload it, or run `dam-plugin reconcile`"
NO_SUCH_STUDENT = (
    "no student has the id given; look the id up with `dam-plugin student find`, or put a former student whom no roster has on "
    "file with `dam-plugin student add`"
)


class StorageError(DamPluginError):
    """The object storage refused or failed."""


class AssetMissing(StorageError):
    """No such bucket, object or version."""


class StorageUnreachable(StorageError):
    """The endpoint does not answer, or does not accept the credentials."""


class StoreError(DamPluginError):
    """The database refused: not migrated, locked, full or unreachable; the transaction was undone."""


class OtherSchema(StoreError):
    """The tables are those of another version of the program, perhaps since a moment ago; nothing was changed.

    A process that finds it out while it runs ends. Its exit code is EX_TEMPFAIL of sysexits.h: a supervisor starts it again, in
    the version that is installed by then.
    """

    exit_code = 75


class MailError(DamPluginError):
    """The district's mail server did not take a mail; nothing is recorded as sent."""


class LedgerBroken(DamPluginError):
    """The ledger's chain does not hold; the text says at which entry."""


class PluginError(DamPluginError):
    """A third party's plugin cannot be used: it is named, with what is wrong."""


class CannotRedact(DamPluginError):
    """A copy cannot be made safe; `reason` is one sentence that a person can act on."""

    exit_code = 3

    def __init__(self, reason: str) -> None:
        """Keep the one reason."""
        self.reason = reason
        super().__init__(reason)


class NotProven(DamPluginError):
    """The written copy failed its proof; every failure is named and nothing was published."""

    exit_code = 3

    def __init__(self, failures: Sequence[str]) -> None:
        """Keep the failures, one sentence each."""
        self.failures = tuple(failures)
        super().__init__("the copy could not be proven safe: " + "; ".join(self.failures))


def place_of(error: BaseException, steps: int = 1) -> str:
    """Return where an error was raised (`file.py:12`), and so many of the steps that led there, the last one first."""
    frames = reversed(extract_tb(error.__traceback__)[-steps:])
    return " < ".join(f"{_last_part(each.filename)}:{each.lineno}" for each in frames)


def _last_part(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
