"""A small digital asset manager that attaches dam-plugin in its own process: the example of docs/hooks.md."""

from __future__ import annotations

from dataclasses import dataclass

import boto3

from dam_hooks import manager
from dam_plugin.errors import DamPluginError
from dam_plugin.model import Actor, AssetEvent, Outcome, Recipient, Share
from dam_plugin.store import StoredAsset

PUBLIC = Recipient("public", "public")


@dataclass(frozen=True)
class User:
    """Somebody who is signed in to the asset manager."""

    name: str
    custodian: bool = False


class AssetManager:
    """Keeps recordings in a bucket; what is kept back and what goes out is dam-plugin's to say."""

    def __init__(self, bucket: str) -> None:
        self.bucket, self.s3 = bucket, boto3.client("s3")
        self.plugins = manager()  # an error here must stop the start: without the plugin nothing goes out
        self.hook = self.plugins.hook

    def upload(self, key: str, body: bytes) -> str:
        return self._shown(self.hook.asset_uploaded(event=self._store(key, body)))

    def replace(self, key: str, body: bytes) -> str:
        return self._shown(self.hook.asset_replaced(event=self._store(key, body)))

    def delete(self, key: str) -> str:
        if why := self.hook.deletion_requested(key=key):
            return f"not deleted: {why}"
        gone = self.s3.delete_object(Bucket=self.bucket, Key=key)
        self.hook.asset_deleted(event=AssetEvent(key, gone.get("VersionId")))
        return "deleted"

    def share(self, user: User, key: str, purpose: str, recipient: Recipient | None = None) -> str:
        actor = Actor("custodian" if user.custodian else "media_staff", user.name)
        kind = "request" if recipient else "publication"
        try:
            answer = self.hook.share_requested(share=Share("", key, kind, purpose, actor, recipient or PUBLIC))
        except DamPluginError as error:
            return f"not shared, ask the administrator: {error}"
        why = " ".join(reason.text for reason in answer.decision.reasons)
        match answer.decision.outcome:
            case Outcome.ALLOW:
                return f"shared: /shared/{answer.token}"
            case Outcome.REDACT:
                return f"shared, {len(answer.decision.redact)} student(s) hidden: /shared/{answer.token}"
            case Outcome.REFER:
                return f"waits for the records custodian: {why}"
        return f"not shared: {why}"

    def open(self, token: str) -> str:
        # Whoever has the link is a stranger: the reasons of a refusal are for staff.
        url = self.hook.share_opened(token=token).url
        return f"303 {url}" if url else "403 This link opens nothing now; ask the person who sent it for a new one."

    def revoke(self, key: str) -> str:
        return f"{self.hook.share_revoked(link_id=None, key=key, student=None)} link(s) closed"

    def _shown(self, stored: StoredAsset | None) -> str:
        if stored is None:
            return "kept; it is no recording"
        return "held back: nobody sees the original" if stored.release_tag == "hold" else "ready for staff"

    def _store(self, key: str, body: bytes) -> AssetEvent:
        put = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return AssetEvent(key, put.get("VersionId"), put["ETag"].strip('"'))
