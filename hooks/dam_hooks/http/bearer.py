"""A token that a program sends with each request, as `Authorization: Bearer TOKEN` (RFC 6750)."""

from __future__ import annotations

import hmac

from starlette.requests import Request


def has_token(request: Request, token: str) -> bool:
    """Whether a request comes from whoever has the token."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return is_token(given.strip(), token) and scheme.casefold() == "bearer"


def is_token(given: str, token: str) -> bool:
    """Compare in a time that tells nothing of the token."""
    return hmac.compare_digest(given.encode(), token.encode())
