"""The three roles at a bucket (the plugin, the host, delivery) and the check of their ARNs, which must differ. No I/O.

Sources: IAM User Guide, "IAM identifiers"; Ceph Object Gateway, "Bucket Policies" (ARNs without an account).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dam_plugin.errors import InputError

_ARN = re.compile(
    r"arn:(?P<partition>aws|aws-us-gov|aws-cn):iam::(?P<account>[0-9]{12}|(?=[0-9]*[A-Za-z_])[A-Za-z0-9_]+|)"
    r":(?P<kind>role|user)/(?P<name>[A-Za-z0-9_+=,.@/-]{1,576})"
)
# Since Ceph 19 a bucket may belong to an account.
_ACCOUNT_ID = re.compile(r"RGW[0-9]{17}")
_SESSION = re.compile(r"arn:[a-z-]+:sts::[0-9]*:assumed-role/")


@dataclass(frozen=True, slots=True)
class Roles:
    """The three roles by ARN: of AWS (`arn:aws:iam::123456789012:role/NAME`) or of RGW (`arn:aws:iam:::user/NAME`).

    Raises InputError for what is no such ARN, for two roles that are one, and for ARNs of two servers.
    """

    plugin: str
    host: str
    delivery: str | None = None

    def __post_init__(self) -> None:
        """Refuse what a server might take and never match."""
        named = {name: arn for name, arn in self.named().items() if checked_arn(name, arn)}
        if len({(_partition(arn), _is_amazon(arn)) for arn in named.values()}) > 1:
            raise InputError("the roles' ARNs are not of one server: give all of AWS, in one partition, or all of RGW")
        seen: dict[str, str] = {}
        for name, arn in named.items():
            # IAM's names differ by more than case; those of RGW need not.
            same = seen.setdefault(arn.casefold() if self.is_amazon else arn, name)
            if same != name:
                raise InputError(f"{same} and {name} are one and the same: each role needs a user or role of its own")

    def named(self) -> dict[str, str]:
        """Return the ARNs by `plugin`, `host`, `delivery`, without a role that is not there."""
        arns = {"plugin": self.plugin, "host": self.host, "delivery": self.delivery}
        return {name: arn for name, arn in arns.items() if arn is not None}

    @property
    def partition(self) -> str:
        """The part of AWS that the bucket lies in; `aws` at RGW."""
        return _partition(self.plugin)

    @property
    def is_amazon(self) -> bool:
        """Whether the ARNs carry an AWS account; RGW's do not."""
        return _is_amazon(self.plugin)

    @property
    def account(self) -> str | None:
        """The plugin's AWS account, which has to be the bucket's; None at RGW."""
        return self.plugin.split(":")[4] if self.is_amazon else None

    def others(self) -> tuple[str, ...]:
        """Return the ARNs of everybody but the plugin."""
        return tuple(arn for name, arn in self.named().items() if name != "plugin")


def arn_of_user(user: str) -> str:
    """Return the ARN of a user of RGW by its id, `NAME` or `TENANT$NAME`, as an ACL gives it; an account's is its root's."""
    if _ACCOUNT_ID.fullmatch(user):
        return f"arn:aws:iam::{user}:root"
    tenant, _, name = user.rpartition("$")
    return f"arn:aws:iam::{tenant}:user/{name}"


def user_of(arn: str) -> str:
    """Return the id by which RGW knows a user, `NAME` or `TENANT$NAME`."""
    tenant, name = arn.split(":")[4], arn.split("/", 1)[1]
    return f"{tenant}${name}" if tenant else name


def checked_arn(name: str, arn: str) -> str:
    """Return the ARN of a user or role; raise InputError, which calls it `name`, where it is none."""
    if _SESSION.match(arn):
        raise InputError(f"{name} is a session, which ends: give its role, arn:aws:iam::ACCOUNT:role/NAME")
    if not _ARN.fullmatch(arn):
        raise InputError(
            f"{name} is no ARN of a user or role: write arn:aws:iam::ACCOUNT:role/NAME (12 digits), "
            "or arn:aws:iam:::user/NAME at RGW"
        )
    return arn


def _partition(arn: str) -> str:
    return arn.split(":")[1]


def _is_amazon(arn: str) -> bool:
    return arn.split(":")[4].isdecimal()
