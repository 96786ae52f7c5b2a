"""Answers that are no success: `application/problem+json` (RFC 9457), and the table of errors and their statuses."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from dam_plugin.errors import (
    AssetMissing,
    CannotRedact,
    CaseError,
    DamPluginError,
    InputError,
    LedgerBroken,
    NotProven,
    PluginError,
    Problem,
    RosterError,
    SettingsError,
    StorageError,
    StoreError,
    UnknownThing,
    place_of,
)
from dam_plugin.library.storage_errors import BucketMissing

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
# An answer may hold a token, and what a case says of a family.
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

# The status of each kind of error; the nearest class counts.
STATUSES: Mapping[type[DamPluginError], int] = {
    DamPluginError: 500,
    SettingsError: 500,
    PluginError: 500,
    LedgerBroken: 500,
    StorageError: 503,
    AssetMissing: 404,
    BucketMissing: 503,
    StoreError: 503,
    InputError: 422,
    CaseError: 422,
    RosterError: 422,
    CannotRedact: 422,
    NotProven: 422,
    UnknownThing: 404,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProblemTold:
    """One thing wrong with a request: where in its body, and what about it."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """Why nothing was done: the status and its phrase, one sentence, each problem with its path, and an error's id."""

    title: str
    status: int
    detail: str
    problems: tuple[ProblemTold, ...] = ()
    error: str | None = None


class Refused(Exception):
    """A request that is answered with a problem; `retry_after` is in seconds."""

    def __init__(
        self,
        status: int,
        detail: str,
        problems: Sequence[Problem] = (),
        *,
        retry_after: int | None = None,
        error: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the fields of the answer."""
        self.status, self.detail, self.problems = status, detail, tuple(problems)
        self.retry_after, self.error, self.headers = retry_after, error, dict(headers or {})
        super().__init__(detail)


def of_error(error: Exception) -> Refused:
    """Return the problem that answers an error. For an unforeseen error it gives an id, which the log has too."""
    if isinstance(error, Refused):
        return error
    if not isinstance(error, DamPluginError):
        return _unforeseen(error)
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    problems = error.problems if isinstance(error, CaseError | RosterError) else ()
    again = RETRY_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return Refused(status, str(error), problems, retry_after=again)


def response(refused: Refused) -> JSONResponse:
    """Return the answer of a problem."""
    told = ProblemAnswer(
        HTTPStatus(refused.status).phrase,
        refused.status,
        refused.detail,
        tuple(ProblemTold(each.path, each.message) for each in refused.problems),
        refused.error,
    )
    headers = {**HEADERS, **refused.headers}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    return JSONResponse(_plain(told), refused.status, headers, MEDIA_TYPE)


def noted(what: str, error: BaseException) -> str:
    """Log where an unforeseen error was raised, and return the id by which the log has it."""
    error_id = secrets.token_hex(4)
    # Its text may repeat the request. The place where it was raised is enough to find it.
    log.error("%s failed, error %s: %s at %s", what, error_id, type(error).__name__, place_of(error, 5))
    return error_id


def _unforeseen(error: Exception) -> Refused:
    error_id = noted("a request", error)
    return Refused(
        500, f"something failed that nobody foresaw (error {error_id}); nothing was released", error=error_id
    )


def _plain(told: ProblemAnswer) -> dict[str, Any]:
    plain: dict[str, Any] = {"title": told.title, "status": told.status, "detail": told.detail}
    if told.problems:
        plain["problems"] = [{"path": each.path, "message": each.message} for each in told.problems]
    if told.error is not None:
        plain["error"] = told.error
    return plain
