"""Finds out what outsiders can do to a bucket: by its policy, its access block, its ownership and its ACL. No I/O.

An outsider is anybody but the plugin: a stranger, delivery, or the host where it exceeds its role. A permission in
another party's statement counts whatever its conditions are, since only its author knows when they hold. So does a
denial that applies to the plugin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dam_plugin.library import policy as policies
from dam_plugin.library.policy import (
    ACCOUNT,
    CALLER,
    CHANGE_BUCKET,
    HOST_DELETES,
    KEEPS_OTHERS,
    PREFIX,
    STRICT,
    Ground,
    Statement,
    statements,
)
from dam_plugin.library.roles import Roles

APPLY = "run `dam-plugin policy apply`"

NOBODY = "no user here is called so"
ENFORCED = "BucketOwnerEnforced"
# BlockPublicAcls is not among them: IgnorePublicAcls already makes such ACLs ineffective.
NEEDED_BLOCK = {
    "IgnorePublicAcls": "read what somebody uploaded or opened with a public ACL",
    "BlockPublicPolicy": "be let in by a policy that opens the bucket to the public",
    "RestrictPublicBuckets": "use a public policy that is there already",
}

_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "anybody",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "anybody with an account",
}
_ACL = {
    "READ": "list what there is, names of files included",
    "WRITE": "upload and delete",
    "WRITE_ACP": "change the bucket's ACL",
    "FULL_CONTROL": "list, upload, delete and change the bucket's ACL",
}
_LIST = "list what there is, names of files included"
_WRITE = "upload or delete"
# What other parties' statements may open past our denials to everybody. Our denials bind the host by name in all of it.
_CHANGE = "change the policy or what else protects the bucket"
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("read open copies without a link", ("s3:GetObject", "s3:GetObjectVersion")),
    (_LIST, ("s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions")),
    (_WRITE, ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject")),
    (
        _CHANGE,
        (
            "s3:DeleteBucketPolicy",
            "s3:PutBucketAcl",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
            "s3:PutReplicationConfiguration",
        ),
    ),
)
_OF_DELIVERY = frozenset({_LIST, _WRITE})
_ELSE = "do there what is called"
# The plugin needs each of these to do its part.
_NEEDED = (
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionTagging",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
)
# A denial of requests without TLS does not concern a client that uses TLS.
_OF_TLS = frozenset({"aws:securetransport", "s3:tlsversion"})
_HARMLESS = frozenset({"s3:GetBucketLocation", "s3:GetBucketVersioning"})


@dataclass(frozen=True, slots=True)
class Exposure:
    """An access that an outsider could have and should not, and its remedy."""

    who: str
    could: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check: exposures, what the server lacks, and warnings about settings that are as intended.

    `originals`: in words, what the host reads of originals by the current policy, and how that is known.
    """

    exposures: list[Exposure]
    lacking: list[str]
    warnings: list[str]
    originals: str


def of_policy(policy: Mapping[str, Any], bucket: str, roles: Roles, *, ground: Ground = STRICT) -> Iterator[Exposure]:
    """Yield what our missing statements leave open, what statements of others open, and what those deny the plugin."""
    wanted = statements(bucket, roles, ground)
    lacking = policies.differing(wanted, policy)
    if len(lacking) == len(wanted):
        yield Exposure("host, delivery, anybody", "do what the server lets them: the policy is not there", APPLY)
    else:
        yield from (_lacking(statement) for statement in lacking)
    ours = {policies.canonical(statement.body) for statement in wanted}
    # Who is kept from changing the bucket: at RGW all but the owner, on AWS all other accounts.
    is_kept = any(each.sid in KEEPS_OTHERS for each in wanted) and not any(each.sid in KEEPS_OTHERS for each in lacking)
    for number, statement in enumerate(policies.listed(policy), start=1):
        if policies.canonical(statement) not in ours:
            yield from _opened(statement, number, roles, ground.owner, is_kept=is_kept)
            yield from _denied(statement, number, roles)


def of_versions(policy: Mapping[str, Any], *, keeps_versions: bool | None) -> Iterator[Exposure]:
    """Yield an exposure where the host may delete and the bucket keeps no earlier versions."""
    deletes = f"{PREFIX}Allow{HOST_DELETES}"
    if keeps_versions is False and any(each.get("Sid") == deletes for each in policies.listed(policy)):
        could = f"delete originals for good: the bucket keeps no versions (statement {deletes})"
        yield Exposure("host", could, f"turn versioning on, or {APPLY}, which takes the statement out")


def of_block(flags: Iterable[str] | None) -> Iterator[Exposure]:
    """Yield what the flags that are off leave open; None stands for a server without access blocks."""
    remedy = APPLY if flags is not None else "use a server that has public access blocks"
    on = set(flags or ())
    for flag, could in NEEDED_BLOCK.items():
        if flag not in on:
            yield Exposure("anybody", f"{could} ({flag} is off)", remedy)


def of_nobody(roles: Roles, known: frozenset[str] | None) -> Iterator[Exposure]:
    """Yield the roles that no user bears, given the names of those that a user bears; None if the server does not say."""
    for name in roles.named() if known is not None else ():
        if name not in (known or ()):
            yield Exposure(name, f"not do its part: {NOBODY}", f"check --{name}")


def of_acl(grants: Sequence[Mapping[str, Any]], owner: str | None, *, public_ignored: bool) -> Iterator[Exposure]:
    """Yield what the bucket's own ACL grants to others than its owner."""
    for grant in grants:
        grantee, could = grant.get("Grantee", {}), _ACL.get(str(grant.get("Permission")))
        if could is None or grantee.get("ID", "") == owner:
            continue
        group = _GROUPS.get(str(grantee.get("URI")))
        if group and not public_ignored:
            yield Exposure(group, could, f"{APPLY}, and take the grant out of the bucket's ACL")
        elif "ID" in grantee:
            yield Exposure(f"user {grantee['ID']}", could, "take the grant out of the bucket's ACL")


def _lacking(statement: Statement) -> Exposure:
    missing = f"{statement.without} (statement {statement.sid} is missing or changed)"
    if statement.body["Effect"] == "Allow":
        return Exposure(statement.who, f"not do its part: {missing}", APPLY)
    return Exposure(statement.who, missing, APPLY)


def _opened(
    statement: Mapping[str, Any], number: int, roles: Roles, owner: str | None, *, is_kept: bool
) -> Iterator[Exposure]:
    """Yield what a statement lets others do, where it differs from ours."""
    if statement.get("Effect") != "Allow":
        return
    opens = [could for could, actions in _KINDS if any(_acts(statement, action) for action in actions)]
    opens += [f"{_ELSE} {action}" for action in _texts(statement.get("Action", [])) if not _is_told(action)]
    for principal in _principals(statement):
        if principal in (roles.plugin, roles.host):
            continue
        for could in opens:
            if principal == roles.delivery and could not in _OF_DELIVERY and not could.startswith(_ELSE):
                continue
            if not (is_kept and _is_denied_anyway(could, principal, roles, owner)):
                who = "anybody" if principal == "*" else "delivery" if principal == roles.delivery else principal
                yield Exposure(who, f"{could} (statement {_named(statement, number)})", _remedy(statement, number))


def _is_denied_anyway(could: str, principal: str, roles: Roles, owner: str | None) -> bool:
    """Whether our denial of bucket changes also binds the principal that a statement allows them to."""
    action = could.removeprefix(f"{_ELSE} ")
    if could != _CHANGE and not any(_matches(pattern, action) for pattern in CHANGE_BUCKET):
        return False
    if roles.account is None:
        return principal != owner
    account = principal if principal.isdecimal() else (principal.split(":") + [""] * 5)[4]
    return account.isdecimal() and account != roles.account


def _denied(statement: Mapping[str, Any], number: int, roles: Roles) -> Iterator[Exposure]:
    """Yield what another party's statement denies the plugin."""
    if statement.get("Effect") != "Deny" or not _reaches_plugin(statement, roles):
        return
    denied = [action for action in _NEEDED if _acts(statement, action)]
    if denied:
        where = " where its condition holds" if statement.get("Condition") else ""
        could = f"not do its part: {', '.join(denied)} denied{where} (statement {_named(statement, number)})"
        yield Exposure("plugin", could, _remedy(statement, number))


def _reaches_plugin(statement: Mapping[str, Any], roles: Roles) -> bool:
    account = roles.account and {roles.account, f"arn:{roles.partition}:iam::{roles.account}:root"}
    plugin = {roles.plugin, *(account or ())}
    if "NotPrincipal" in statement:
        spared = statement["NotPrincipal"]
        named = [each for texts in spared.values() for each in _texts(texts)] if isinstance(spared, Mapping) else []
        return roles.plugin not in named
    if not {"*", *plugin} & set(_principals(statement)):
        return False
    conditions = statement.get("Condition")
    for operator, keys in conditions.items() if isinstance(conditions, Mapping) else ():
        for key, values in keys.items() if isinstance(keys, Mapping) else ():
            spares = "Not" in operator and {CALLER: roles.plugin, ACCOUNT: roles.account}.get(key) in _texts(values)
            if spares or key.lower() in _OF_TLS:
                return False
    return True


def _named(statement: Mapping[str, Any], number: int) -> str:
    return str(statement.get("Sid") or f"number {number}")


def _remedy(statement: Mapping[str, Any], number: int) -> str:
    if policies.is_ours(statement):
        return APPLY
    return f"take statement {_named(statement, number)} out of the bucket's policy"


def _is_told(action: str) -> bool:
    """Whether a kind of exposure covers what a pattern of actions allows, or the pattern allows nothing that matters."""
    return action in _HARMLESS or any(_matches(action, each) for _, actions in _KINDS for each in actions)


def _principals(statement: Mapping[str, Any]) -> list[str]:
    """Return the principals that a statement names; everybody (`*`) where it uses NotPrincipal."""
    named = statement.get("Principal", "*")
    if not isinstance(named, Mapping):
        return _texts(named)
    return [each for texts in named.values() for each in _texts(texts)]


def _acts(statement: Mapping[str, Any], action: str) -> bool:
    if "Action" not in statement:
        return not any(_matches(pattern, action) for pattern in _texts(statement.get("NotAction", [])))
    return any(_matches(pattern, action) for pattern in _texts(statement["Action"]))


def _matches(pattern: str, action: str) -> bool:
    """Whether a pattern of a policy (`*`, `?`; in any case of letters) means an action."""
    written = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(written, action, re.IGNORECASE) is not None


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
