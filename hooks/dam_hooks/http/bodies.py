"""The JSON bodies that a host sends, as data classes (`type` and `data`). `read` makes one from the bytes of a request.

Bodies of events and findings are derived from the data classes of the use cases: a new field there is also a field of the
body. Unknown fields are refused. Field types are those of `dam_plugin.fields`. Pure.
"""

from __future__ import annotations

import inspect
import math
from base64 import b64decode
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from datetime import date
from http import HTTPStatus
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import AfterValidator, ConfigDict, Field, Strict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from dam_hooks.http.problems import Refused
from dam_plugin.custodian import evidence_files
from dam_plugin.custodian.request_register import DEFAULT_LIMIT, MOST_LISTED, Asked
from dam_plugin.custodian.requests import State
from dam_plugin.errors import Problem
from dam_plugin.fields import CLOSED, Count, Flag, Id, InSchema, IsoDate, ListOf, Text
from dam_plugin.library.object_keys import MOST_KEY_BYTES
from dam_plugin.model import (
    Actor,
    Appearance,
    AssetEvent,
    Interval,
    LinkTerms,
    ProtectionKind,
    Recipient,
    RecipientRole,
    Region,
    Share,
    ShareKind,
)
from dam_plugin.procedure.case_problems import Finding, Hints, field_findings, problem
from dam_plugin.procedure.documents import MAX_DEPTH, TOO_DEEP, json_document, quick_json
from dam_plugin.pseudonyms import own_ids
from dam_plugin.sharing import finding_kinds
from dam_plugin.sharing.share import MOST_LINK_DAYS
from dam_plugin.store.requests import Wanted

MOST_BYTES = 64 * 1024
# A body with a copy of a paper: the most that the command line takes, in base64, and the rest of the body.
MOST_PAPER_CHARACTERS = (evidence_files.MOST_BYTES + 2) // 3 * 4
MOST_BYTES_WITH_PAPER = MOST_PAPER_CHARACTERS + MOST_BYTES
MOST_CHARACTERS = 1024
MOST_OPENINGS = 1_000_000
MOST_PROBLEMS = 20
T = TypeVar("T")


def _key(value: str) -> str:
    if len(value.encode()) > MOST_KEY_BYTES:
        raise PydanticCustomError("long", f"must have at most {MOST_KEY_BYTES} bytes")
    return value


def _word(value: str) -> str:
    if not value.isprintable() or len(value) > MOST_CHARACTERS:
        raise PydanticCustomError("word", f"must be 1 to {MOST_CHARACTERS} printable characters")
    return value


def _within(most: int) -> Callable[[int], int]:
    def check(value: int) -> int:
        if not 1 <= value <= most:
            raise PydanticCustomError("within", f"must be 1 to {most:,}")
        return value

    return check


def _fraction(value: float) -> float:
    if not 0 <= value <= 1:
        raise PydanticCustomError("fraction", "must be a fraction from 0 to 1")
    return value


def _seconds(value: float) -> float:
    if not (value >= 0 and math.isfinite(value)):
        raise PydanticCustomError("seconds", "must be a number of seconds from the start")
    return value


def _forwards(value: Interval) -> Interval:
    if value.end <= value.start:
        raise PydanticCustomError("forwards", "must end after it starts")
    return value


def _inside(value: Region) -> Region:
    if not (value.w > 0 and value.h > 0 and value.x + value.w <= 1 and value.y + value.h <= 1):
        raise PydanticCustomError("inside", "must be a box inside the picture, in fractions of it")
    return value


def _base64(value: str) -> str:
    try:
        b64decode(value, validate=True)
    except ValueError:
        raise PydanticCustomError("base64", "must be the file's bytes in base64") from None
    return value


Key = Annotated[Text, AfterValidator(_key)]
# A copy of a paper, as its bytes in base64.
Paper = Annotated[
    str,
    Strict(),
    AfterValidator(_base64),
    InSchema({"contentEncoding": "base64", "maxLength": MOST_PAPER_CHARACTERS}),
]
# What S3 calls a version, an ETag, a sequencer; and an id of ours.
Word = Annotated[Text, AfterValidator(_word), InSchema({"maxLength": MOST_CHARACTERS})]
Days = Annotated[
    int, Strict(), AfterValidator(_within(MOST_LINK_DAYS)), InSchema({"minimum": 1, "maximum": MOST_LINK_DAYS})
]
Openings = Annotated[
    int, Strict(), AfterValidator(_within(MOST_OPENINGS)), InSchema({"minimum": 1, "maximum": MOST_OPENINGS})
]
Listing = Annotated[
    int, Strict(), AfterValidator(_within(MOST_LISTED)), InSchema({"minimum": 1, "maximum": MOST_LISTED})
]
Fraction = Annotated[float, Strict(), AfterValidator(_fraction), InSchema({"minimum": 0, "maximum": 1})]
Seconds = Annotated[float, Strict(), AfterValidator(_seconds), InSchema({"minimum": 0})]


def derived(
    of: type,
    name: str,
    about: str,
    *,
    types: Mapping[Any, Any],
    without: Collection[str] = (),
    renamed: Mapping[str, str] | None = None,
    kind: str | None = None,
) -> type:
    """Return a body for the data class `of`: a closed data class with the same fields, in the types of HTTP.

    `types` maps a field's name or type to its type over HTTP; other types stay. `without` are fields that a host does not
    send, `renamed` are fields with another name over HTTP. With `kind` the body has that field first. `about` is its
    docstring. A text that may be empty may also be null.
    """
    names, hints = renamed or {}, get_type_hints(of)
    sent = {each.name: names.get(each.name, each.name) for each in fields(of) if each.name not in without}
    column: tuple[Any, Any]
    columns: list[tuple[str, Any, Any]] = [("kind", Literal[kind], field())] if kind else []
    for each in fields(of):
        if each.name in sent:
            taken = types.get(each.name) or _taken(hints[each.name], types)
            if each.default == "":
                column = taken | None, field(default=None)
            else:
                column = taken, field(default=each.default, default_factory=each.default_factory)
            columns.append((sent[each.name], *column))
    within = {"__module__": __name__, "__doc__": about, "__pydantic_config__": CLOSED, "made_of": (of, sent)}
    return make_dataclass(name, columns, namespace=within, frozen=True, slots=True)


def made(of: type[T], body: object) -> T:
    """Return a derived body as an instance of the data class that it was derived from."""
    whole = _made(body)
    assert isinstance(whole, of)  # noqa: S101 - narrows the type
    return whole


def _taken(hint: Any, types: Mapping[Any, Any]) -> Any:  # noqa: ANN401 - types of any kind
    """Return the type that HTTP takes for a type, within unions and tuples too."""
    if hint in types:
        return types[hint]
    if get_origin(hint) in (Union, UnionType):
        return Union[tuple(_taken(each, types) for each in get_args(hint))]  # noqa: UP007 - of a number known at run time
    return ListOf[_taken(get_args(hint)[0], types)] if get_origin(hint) is tuple else hint  # type: ignore[misc]


def _made(value: Any) -> Any:  # noqa: ANN401 - a body, or a value in one
    if isinstance(value, tuple):
        return tuple(map(_made, value))
    if not hasattr(value, "made_of"):
        return value
    of, sent = value.made_of
    # A null is left out, so that the field has its default.
    said = {own: getattr(value, name) for own, name in sent.items()}
    return of(**{own: _made(each) for own, each in said.items() if each is not None})


if TYPE_CHECKING:
    StoredObject = AssetEvent
else:
    # A host does not send a size: the bucket's own counts.
    StoredObject = derived(
        AssetEvent,
        "StoredObject",
        "An object of the bucket: its key, and what the event told of it (null: the bucket says what is newest).",
        types={"key": Key, str: Word},
        without=["size"],
    )


@dataclass(frozen=True, slots=True)
class EventBody:
    """An upload was stored, replaced or deleted."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["asset.uploaded", "asset.replaced", "asset.deleted"]
    data: StoredObject


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits of a link: it works for `days` from now, at most so many `openings` (null: any number), only with a `word`."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    days: Days = LinkTerms().days
    openings: Openings | None = None
    word: Flag = False


@dataclass(frozen=True, slots=True)
class ShareAsked:
    """A share: which recording, what for, who shares it, and who would receive it.

    `evidence` is the block of a case of this name (docs/case.schema.json), `names` the students asked for by name,
    `request` the request of the register that it answers.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    key: Key
    kind: ShareKind
    purpose: Text
    actor: Actor
    recipient: Recipient
    names: ListOf[Id] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    terms: Terms = Terms()
    request: Word | None = None

    @property
    def share(self) -> Share:
        """The share for the use cases, which add its id and its time."""
        public = self.recipient.role == "public" and self.recipient.id is None
        return Share(
            id="",
            asset_key=self.key,
            kind=self.kind,
            purpose=self.purpose,
            actor=self.actor,
            recipient=Recipient("public", "public") if public else self.recipient,
            names=self.names,
            evidence=self.evidence,
            terms=LinkTerms(self.terms.days, self.terms.openings, self.terms.word),
            answers=self.request,
        )


@dataclass(frozen=True, slots=True)
class ShareBody:
    """A share is asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["share.requested"]
    data: ShareAsked


@dataclass(frozen=True, slots=True)
class ExplanationBody:
    """A share is asked about: how it would be decided now, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["decision.explained"]
    data: ShareAsked


def _one_named(value: LinksNamed) -> LinksNamed:
    if sum(each is not None for each in (value.link, value.key, value.student)) != 1:
        raise PydanticCustomError("one_named", "must name exactly one of link, key, student")
    return value


@dataclass(frozen=True, slots=True)
class LinksNamed:
    """The links to take back: one link, all links of a recording, or all links to a student. Exactly one is named."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    link: Word | None = None
    key: Key | None = None
    student: Id | None = None


@dataclass(frozen=True, slots=True)
class RevocationBody:
    """Links are taken back."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["share.revoked"]
    data: Annotated[LinksNamed, AfterValidator(_one_named)]


@dataclass(frozen=True, slots=True)
class RecordingNamed:
    """A recording by its key."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    key: Key


@dataclass(frozen=True, slots=True)
class DeletionBody:
    """A recording is to be deleted."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["deletion.requested"]
    data: RecordingNamed


@dataclass(frozen=True, slots=True)
class TagsBody:
    """The tags of a recording are asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["asset.tags"]
    data: RecordingNamed


Box = derived(
    Region, "Box", "Where somebody is: fractions of the upright picture, from its top left.", types={float: Fraction}
)
Stretch = derived(Interval, "Stretch", "When somebody is there: seconds from the start.", types={float: Seconds})
PersonSeen = derived(
    Appearance,
    "PersonSeen",
    "A student who is in the recording, by pseudonym: where in a picture, or when in a recording that has times.",
    types={
        str: Id,
        Region: Annotated[Box, AfterValidator(_inside)],
        Interval: Annotated[Stretch, AfterValidator(_forwards)],
    },
    without=["identifiable", "source", "keyframes"],
)


def _finding_body(of: type[finding_kinds.Finding]) -> type:
    # A copy of a paper stands beside the finding.
    return derived(
        of,
        f"Found{'Persons' if of.kind == 'identified' else of.kind.title().replace('_', '')}Body",
        inspect.getdoc(of) or "",
        types={
            str: Text,
            int: Count,
            bool: Flag,
            date: IsoDate,
            Mapping[str, Any]: dict[str, Any],
            Appearance: PersonSeen,
        },
        without=["file"],
        renamed={"found": "text"},
        kind=of.kind,
    )


if TYPE_CHECKING:
    FoundBody = finding_kinds.Finding
else:
    _FOUND = tuple(map(_finding_body, finding_kinds.KINDS.values()))
    FoundBody = Annotated[Union[_FOUND], Field(discriminator="kind")]  # noqa: UP007 - of a number known at run time


@dataclass(frozen=True, slots=True)
class ListAsked:
    """Which referrals: those that wait, `all`, only `overdue` ones, only one `owner`'s."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    overdue: Flag = False
    all: Flag = False
    owner: Word | None = None
    limit: Listing = DEFAULT_LIMIT
    after: Word | None = None


@dataclass(frozen=True, slots=True)
class ReferralsBody:
    """The custodian's queue is asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["referral.list"]
    data: ListAsked


@dataclass(frozen=True, slots=True)
class RequestsAsked:
    """Which requests of the register: those of which a clock runs, `all`, only `overdue` ones, one `owner`'s, one state's.

    `role` and `student` limit them to one role of those who ask, and to those that name one student. A page has `limit`
    requests; `after` is the last one of the page before.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    overdue: Flag = False
    all: Flag = False
    owner: Word | None = None
    state: State | None = None
    role: RecipientRole | None = None
    student: Id | None = None
    limit: Listing = DEFAULT_LIMIT
    after: Word | None = None

    @property
    def asked(self) -> Asked:
        """The same as the use case takes it."""
        states = frozenset({self.state}) if self.state is not None else None
        wanted = Wanted(self.owner, states, self.role, self.student)
        return Asked(wanted, self.all, self.overdue, self.limit, self.after)


@dataclass(frozen=True, slots=True)
class RequestsBody:
    """The register of requests is asked for."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["request.list"]
    data: RequestsAsked


@dataclass(frozen=True, slots=True)
class FindingStated:
    """A finding about a referral by the `actor` (custodian or designee).

    `paper` is a copy of the paper that proves it (an order, a certificate), in base64; it is kept on hold in the bucket.
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    referral: Word
    actor: Actor
    finding: FoundBody
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class FindingBody:
    """A finding is stated."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["finding.stated"]
    data: FindingStated


@dataclass(frozen=True, slots=True)
class StudentProtected:
    """A student of whom it must not become known where they are, why, what was seen, and from when until when."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student: Id
    kind: ProtectionKind
    seen: Text
    actor: Actor
    since: IsoDate | None = None
    until: IsoDate | None = None


@dataclass(frozen=True, slots=True)
class ProtectionBody:
    """A student is protected."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["student.protected"]
    data: StudentProtected


@dataclass(frozen=True, slots=True)
class StudentUnprotected:
    """A student whose protection is to end, and why; `kind` says which, where there are several."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    student: Id
    why: Text
    actor: Actor
    kind: ProtectionKind | None = None


@dataclass(frozen=True, slots=True)
class ProtectionEndBody:
    """Somebody wants a student's protection to end."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["student.unprotected"]
    data: StudentUnprotected


@dataclass(frozen=True, slots=True)
class FindingApproved:
    """A finding that waits, and who approves it: it is refused, since a host's key proves no person."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    finding: Word
    actor: Actor


@dataclass(frozen=True, slots=True)
class ApprovalBody:
    """A finding is approved."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["finding.approved"]
    data: FindingApproved


@dataclass(frozen=True, slots=True)
class FindingRejected:
    """A finding that waits, who rejects it, and why."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    finding: Word
    actor: Actor
    why: Text


@dataclass(frozen=True, slots=True)
class RejectionBody:
    """A finding is rejected."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    type: Literal["finding.rejected"]
    data: FindingRejected


def read(adapter: TypeAdapter[T], body: bytes) -> T:
    """Return the body of a request. Raises Refused (400: no JSON, 422: another body) with the path of every problem."""
    data = _plain(body)
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        found = field_findings(map(_told, error.errors(include_url=False)), {}, (), Hints())
        problems = [problem(each, wrapped=False) for each in found]
    raise _refused(HTTPStatus.UNPROCESSABLE_ENTITY, problems)


def _told(detail: ErrorDetails) -> ErrorDetails:
    """Return pydantic's error without the value that was sent. Its own sentence about a union would repeat it."""
    if detail["type"] == "union_tag_invalid":
        return {**detail, "msg": f"must have as its kind one of {detail['ctx']['expected_tags']}"}
    return detail


def _plain(body: bytes) -> object:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(HTTPStatus.BAD_REQUEST, [Problem("", "the body is not UTF-8")]) from None
    try:
        data = quick_json(text)
    except (ValueError, RecursionError):
        raise _unreadable(json_document(text).findings or (Finding((), "the body is not JSON"),)) from None
    hostile = _hostile(data)
    if hostile is not None:
        raise _unreadable((hostile,))
    return own_ids(data)


def _unreadable(findings: Sequence[Finding]) -> Refused:
    return _refused(HTTPStatus.BAD_REQUEST, [problem(each, wrapped=False, place=each.place) for each in findings])


def _hostile(data: object) -> Finding | None:
    """Return the first problem that JSON allows and a body does not: deep nesting, infinite numbers, odd characters."""
    waiting: list[tuple[object, int]] = [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return Finding((), TOO_DEEP)
        if isinstance(value, float) and not math.isfinite(value):
            return Finding((), "the body holds a number that is too large")
        if isinstance(value, str) and not _is_kept(value):
            return Finding((), "the body holds a NUL character or half of a surrogate pair")
        if isinstance(value, dict):
            waiting += [(each, depth + 1) for pair in value.items() for each in pair]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]
    return None


def _is_kept(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text))


def _refused(status: int, problems: Sequence[Problem]) -> Refused:
    shown = problems[:MOST_PROBLEMS]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Refused(status, f"{shown[0]}{more}", shown)
