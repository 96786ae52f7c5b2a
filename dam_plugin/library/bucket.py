"""A bucket's policy, access block, ownership and owner, read and set. `guard.py` knows the right settings.

RGW's gaps and differences from AWS were found by trying.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dam_plugin.errors import InputError, StorageError
from dam_plugin.library.roles import Roles, arn_of_user
from dam_plugin.library.storage_errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef

REFUSED = frozenset({"403", "AccessDenied", "AllAccessDisabled"})
UNKNOWN_HERE = frozenset({"InvalidArgument", "MethodNotAllowed", "NotImplemented", "XNotImplemented", "501"})

_ABSENT = frozenset(
    {
        "NoSuchBucketPolicy",
        "NoSuchObjectLockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "ObjectLockConfigurationNotFoundError",
        "OwnershipControlsNotFoundError",
    }
)


class Bucket:
    """The settings that protect a bucket. Botocore's errors pass through."""

    def __init__(self, client: S3Client, name: str) -> None:
        """Read nothing yet."""
        self.client = client
        self.name = name

    def owner(self, roles: Roles) -> str | None:
        """Return the ARN of the RGW user who owns the bucket; None on AWS, which knows an owner by the account.

        Raises InputError if a bucket on AWS belongs to another account than the plugin's: the policy would lock that
        account out.
        """
        if roles.account is None:
            return arn_of_user(self.client.get_bucket_acl(Bucket=self.name)["Owner"]["ID"])
        try:
            self.client.head_bucket(Bucket=self.name, ExpectedBucketOwner=roles.account)
        except ClientError as error:
            if code_of(error) not in REFUSED:
                raise
            raise InputError(
                f"bucket {self.name} is refused as one of account {roles.account}: give roles of the bucket's own account, and "
                "use credentials that may list it"
            ) from None
        return None

    def keeps_versions(self) -> bool | None:
        """Whether versioning is on, None if these credentials may not ask."""
        try:
            return self.client.get_bucket_versioning(Bucket=self.name).get("Status") == "Enabled"
        except ClientError as error:
            if code_of(error) not in REFUSED:
                raise
            return None

    def locks_uploads(self) -> bool:
        """Whether Object Lock with a default retention locks new objects for a time, as far as these credentials may ask."""
        try:
            found = self.client.get_object_lock_configuration(Bucket=self.name)["ObjectLockConfiguration"]
        except ClientError as error:
            if code_of(error) not in _ABSENT | REFUSED | UNKNOWN_HERE:
                raise
            return False
        return bool(found.get("Rule"))

    def read_policy(self) -> dict[str, Any] | None:
        """Return the bucket's policy, None if it has none."""
        try:
            text = self.client.get_bucket_policy(Bucket=self.name)["Policy"]
        except ClientError as error:
            if code_of(error) not in _ABSENT:
                raise
            return None
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise StorageError(f"the policy of bucket {self.name} is not JSON: mend it or delete it first")
        return found

    def read_block(self) -> frozenset[str] | None:
        """Return the switches of the access block that are on, None if the server has no access blocks."""
        try:
            found = self.client.get_public_access_block(Bucket=self.name)["PublicAccessBlockConfiguration"]
        except ClientError as error:
            if code_of(error) in UNKNOWN_HERE:
                return None
            if code_of(error) not in _ABSENT:
                raise
            return frozenset()
        return frozenset(flag for flag, is_on in found.items() if is_on)

    def read_ownership(self) -> str | None:
        """Return who owns objects: "" where this was never set, None if the server does not support the question."""
        try:
            controls = self.client.get_bucket_ownership_controls(Bucket=self.name).get("OwnershipControls", {})
        except ClientError as error:
            if code_of(error) in UNKNOWN_HERE:
                return None
            if code_of(error) not in _ABSENT:
                raise
            return ""
        # RGW answers another question, with 200: the answer has no rules.
        rules = controls.get("Rules", [])
        return rules[0]["ObjectOwnership"] if rules else None

    def put_policy(self, text: str) -> None:
        """Set the policy."""
        self.client.put_bucket_policy(Bucket=self.name, Policy=text)

    def restore_policy(self, before: dict[str, Any] | None) -> None:
        """Restore the former policy, or remove the policy if there was none."""
        if before is None:
            self.client.delete_bucket_policy(Bucket=self.name)
        else:
            self.put_policy(json.dumps(before))

    @contextmanager
    def open_for_a_policy(self, roles: Roles) -> Iterator[None]:
        """Turn BlockPublicPolicy off during the block: RGW 18 would refuse any policy that allows anybody anything."""
        on = frozenset() if roles.is_amazon else self.read_block() or frozenset()
        if "BlockPublicPolicy" not in on:
            yield
            return
        self.put_block(on - {"BlockPublicPolicy"})
        try:
            yield
        finally:
            self.put_block(on)

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Explain the next step if these credentials could set the policy and are then refused by it, like a host's."""
        try:
            yield
        except ClientError as error:
            if code_of(error) not in REFUSED:
                raise
            raise StorageError(
                f"bucket {self.name} refuses these credentials (AccessDenied) what comes after the policy: the policy is set; "
                "run it once more with the plugin's credentials"
            ) from None

    def put_block(self, flags: frozenset[str]) -> None:
        """Turn these switches of the access block on and the others off."""
        switches: PublicAccessBlockConfigurationTypeDef = {
            "BlockPublicAcls": "BlockPublicAcls" in flags,
            "IgnorePublicAcls": "IgnorePublicAcls" in flags,
            "BlockPublicPolicy": "BlockPublicPolicy" in flags,
            "RestrictPublicBuckets": "RestrictPublicBuckets" in flags,
        }
        self.client.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=switches)
