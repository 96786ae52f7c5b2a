"""How AWS answers a request by a bucket's policy and the caller's own IAM policies, as its documents say.

Only what our statements and the tests' use is known; anything else is an error, never an answer. Sources: IAM User Guide,
"Policy evaluation logic", "Condition operators" (a negated operator matches where the key is absent; several values of one
are "neither"), "Keys with multiple values"; S3 User Guide, "How Amazon S3 authorizes a request".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

ROOT = "arn:aws:s3:::"


@dataclass(frozen=True)
class Asked:
    """A request: who (None is anybody), which action on which bucket or object (`bucket/key`), and its condition keys.

    `has_iam`: the caller's own IAM policies allow everything, as an administrator of the account may have them.
    """

    who: str | None
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    has_iam: bool = False

    @property
    def keys(self) -> dict[str, str]:
        """The condition keys, in small letters."""
        own = {"aws:PrincipalArn": self.who, "aws:PrincipalAccount": self.who.split(":")[4]} if self.who else {}
        return {name.lower(): value for name, value in {**own, **self.context}.items()}


def is_granted(policy: Mapping[str, Any], asked: Asked) -> bool:
    """Whether AWS grants it: nothing denies, and the bucket's policy or the caller's own allows."""
    effects = {each["Effect"] for each in policy["Statement"] if _applies(each, asked)}
    return "Deny" not in effects and ("Allow" in effects or asked.has_iam)


def _applies(statement: Mapping[str, Any], asked: Asked) -> bool:
    known = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    assert set(statement) <= known, set(statement) - known
    return (
        _is_meant(statement["Principal"], asked.who)
        and _is_among(statement, "Action", asked.action.lower(), lower=True)
        and _is_among(statement, "Resource", f"{ROOT}{asked.resource}")
        and all(
            _holds(operator, key.lower(), _listed(values), asked.keys)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _is_meant(principal: Any, who: str | None) -> bool:
    return principal == "*" or who in _listed(principal["AWS"])


def _is_among(statement: Mapping[str, Any], name: str, value: str, *, lower: bool = False) -> bool:
    is_negated = f"Not{name}" in statement
    patterns = _listed(statement[f"Not{name}" if is_negated else name])
    return any(_is_like(value, each.lower() if lower else each) for each in patterns) != is_negated


def _holds(operator: str, key: str, values: list[str], keys: Mapping[str, str]) -> bool:
    present = keys.get(key)
    match operator:
        case "Null":
            return (present is None) == (values == ["true"])
        case "StringEquals" | "ArnEquals":
            return present is not None and present in values
        case "StringLike" | "ArnLike":
            return present is not None and any(_is_like(present, each) for each in values)
        case "StringNotEquals" | "ArnNotEquals":
            return present is None or present not in values
        case "StringNotLike" | "ArnNotLike":
            return present is None or not any(_is_like(present, each) for each in values)
        case _:
            raise NotImplementedError(operator)


def _is_like(value: str, pattern: str) -> bool:
    # Square brackets mean themselves in a policy.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
