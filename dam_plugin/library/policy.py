"""The bucket policy as a document: our statements beside those of others, compared and told in words. No I/O.

Sources: Amazon S3 User Guide, "Bucket policies" (20 KB at most); Ceph Object Gateway, "Bucket Policies".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dam_plugin.errors import InputError
from dam_plugin.library.roles import Roles
from dam_plugin.library.statements import CALLER, PREFIX, STRICT, URL_TRIALS, URLS, Body, Ground, Statement, statements

MOST_BYTES = 20 * 1024

_UNTAGGED = f"{PREFIX}DenyUntagged"


def document(bucket: str, roles: Roles, others: Mapping[str, Any] | None = None, *, ground: Ground = STRICT) -> Body:
    """Return the policy to be set: every statement of the policy `others` that is not ours as it stands, then ours."""
    kept = dict(others or {})
    kept.setdefault("Version", "2012-10-17")
    ours = [statement.body for statement in statements(bucket, roles, ground)]
    return {**kept, "Statement": [*foreign(kept), *ours]}


def foreign(policy: Mapping[str, Any]) -> list[Body]:
    """Return a policy's statements that are not ours."""
    return [each for each in listed(policy) if not is_ours(each)]


def is_ours(statement: Mapping[str, Any]) -> bool:
    """Whether a statement bears our name."""
    return str(statement.get("Sid", "")).startswith(PREFIX)


def listed(policy: Mapping[str, Any]) -> list[Body]:
    """Return a policy's statements as a list, also where it has only one and no list."""
    found = policy.get("Statement", [])
    return [found] if isinstance(found, dict) else list(found)


def canonical(value: object) -> str:
    """Return a policy or a part of it as a text that is equal for equal ones: servers sort, and unwrap lists of one."""
    if isinstance(value, Mapping) and "Statement" in value:
        value = {**value, "Statement": listed(value)}
    return json.dumps(_canonical(value), sort_keys=True)


def differing(wanted: Iterable[Statement], policy: Mapping[str, Any]) -> list[Statement]:
    """Return the statements that a policy lacks or has otherwise."""
    present = {canonical(each) for each in listed(policy)}
    return [statement for statement in wanted if canonical(statement.body) not in present]


def written(policy: Mapping[str, Any], bucket: str) -> str:
    """Return a policy as it is sent. Raises InputError where S3 would find it too long."""
    text = json.dumps(policy, separators=(",", ":"))
    size = len(text.encode())
    if size > MOST_BYTES:
        raise InputError(
            f"the policy of bucket {bucket} would have {size} bytes, and S3 takes {MOST_BYTES}: take statements of others out "
            f"({len(foreign(policy))} are there)"
        )
    return text


def hides_untagged(policy: Mapping[str, Any], bucket: str, roles: Roles) -> bool:
    """Whether a policy of ours, perhaps for other roles, already keeps this host from what is not tagged."""
    ours = [each.body for each in statements(bucket, roles) if each.sid.startswith(_UNTAGGED)]
    wanted = {canonical(_what(each)) for each in ours}
    return any(
        str(each.get("Sid")).startswith(_UNTAGGED) and canonical(_what(each)) in wanted and _binds(each, roles.host)
        for each in listed(policy)
    )


def reads_by_header(policy: Mapping[str, Any]) -> bool:
    """Whether a policy of ours lets the host read originals by its header alone, as it is right where the server heeds that."""
    return any(str(each.get("Sid")).startswith(f"{PREFIX}Deny{URLS}") for each in listed(policy))


def is_of_before(policy: Mapping[str, Any]) -> bool:
    """Whether statements of ours stand there, and they are of a version that let the host sign URLs of originals."""
    ours = [str(each["Sid"]) for each in listed(policy) if is_ours(each)]
    return bool(ours) and f"{PREFIX}{URL_TRIALS}" not in ours


def stands(policy: Mapping[str, Any], bucket: str, roles: Roles, ground: Ground) -> bool:
    """Whether our statements stand there as they are meant, whether the host reads originals by its header or not."""
    grounds = (replace(ground, tells_urls=tells) for tells in (False, True))
    return any(not changes(policy, document(bucket, roles, policy, ground=each)) for each in grounds)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return in words which statements of ours come, change and go between two policies; empty where none does."""
    old, new = _by_sid(before), _by_sid(after)
    told = {
        "added": [sid for sid in new if sid not in old],
        "changed": [sid for sid in new if sid in old and old[sid] != new[sid]],
        "removed": [sid for sid in old if sid not in new],
    }
    if new and not old:
        return f"added: all {len(new)} statements"
    return "; ".join(f"{what}: {', '.join(sids)}" for what, sids in told.items() if sids)


def _by_sid(policy: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return our statements by Sid; RGW takes several with one."""
    found: dict[str, list[str]] = {}
    for each in listed(policy):
        if is_ours(each):
            found.setdefault(str(each["Sid"]), []).append(canonical(each))
    return {sid: sorted(texts) for sid, texts in found.items()}


def _what(statement: Mapping[str, Any]) -> Body:
    """Return what a statement is about, without whom it binds."""
    conditions = _mapping(statement.get("Condition"))
    unless = {key: value for key, value in conditions.items() if CALLER not in _mapping(value)}
    about = {key: value for key, value in statement.items() if key not in {"Sid", "Principal", "NotPrincipal"}}
    return {**about, "Condition": unless}


def _binds(statement: Mapping[str, Any], arn: str) -> bool:
    spared = canonical(statement.get("NotPrincipal", {})) + canonical(statement.get("Condition", {}))
    if json.dumps(arn) in spared:
        return False
    named = statement.get("Principal", "*")
    return named == "*" or json.dumps(arn) in canonical(named)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _canonical(value: object) -> object:
    match value:
        case dict():
            return {key: _canonical(each) for key, each in value.items()}
        case list() | tuple():
            # A list of one is the same as the one, a single statement too.
            return sorted((each for one in value for each in _canonical_list(one)), key=str)
        case _:
            return _canonical_list(value)


def _canonical_list(value: object) -> list[str]:
    if isinstance(value, dict):
        return [json.dumps(_canonical(value), sort_keys=True)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]
