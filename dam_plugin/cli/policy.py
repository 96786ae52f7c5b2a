"""`policy print | apply | check`: the bucket policy that makes the storage itself refuse unreleased files."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.commands import help_of
from dam_plugin.cli.output import AsJson, print_json, say
from dam_plugin.errors import InputError
from dam_plugin.settings import Settings

if TYPE_CHECKING:
    from dam_plugin.library.guard import Connect
    from dam_plugin.library.outsiders import Exposure
    from dam_plugin.library.roles import Roles

policy_app = typer.Typer(help=help_of("policy"), no_args_is_help=True)

# Sentences are wrapped for a terminal of usual width, in a pipe too.
WIDTH = 96

Bucket = Annotated[str, typer.Option("--bucket", metavar="BUCKET", help="The bucket of the recordings.")]
Plugin = Annotated[
    str, typer.Option("--plugin", metavar="ARN", help="The plugin's user or role: it may do everything.")
]
Host = Annotated[
    str, typer.Option("--host", metavar="ARN", help="The asset manager's user or role: it uploads, lists, reads.")
]
Delivery = Annotated[
    str | None, typer.Option("--delivery", metavar="ARN", help="The user or role for links to copies (none: no links).")
]
HostProfile = Annotated[
    str | None,
    typer.Option(
        "--host-profile", metavar="NAME", help="AWS profile with the host's credentials: tries what its URLs open."
    ),
]


class Kind(StrEnum):
    """The maker of the bucket's server."""

    AWS = "aws"
    OTHER = "other"


Server = Annotated[
    Kind | None,
    typer.Option("--server", help="The kind of server, if it is not tried: aws refuses URLs that the host signs."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(policy_app, name="policy")


@policy_app.command("print")
def print_(
    bucket: Bucket,
    plugin: Plugin,
    host: Host,
    delivery: Delivery = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="ARN", help="At RGW: the bucket's owner; `apply` asks the server.")
    ] = None,
    server: Server = None,
    versioned: Annotated[
        bool, typer.Option("--versioned", help="The bucket keeps versions, so the host may delete; `apply` finds out.")
    ] = False,
    reasons: Annotated[bool, typer.Option("--reasons", help="Print the reason for each statement instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the policy as JSON, as any S3 tool takes it; asks no server."""
    from dam_plugin.library import policy
    from dam_plugin.library.policy import Ground, statements
    from dam_plugin.library.roles import checked_arn
    from dam_plugin.library.s3 import check_bucket_name

    check_bucket_name(bucket)
    roles = _roles(plugin, host, delivery)
    if owner is not None:
        try:
            checked_arn("owner", owner)
        except InputError as error:
            raise typer.BadParameter(str(error)) from None
    ground = Ground(owner=owner, tells_urls=server is Kind.AWS, keeps_versions=versioned)
    if ground.tells_urls and not roles.is_amazon:
        raise typer.BadParameter("--server aws is for roles of an AWS account: other servers do not heed s3:authType")
    if reasons:
        rows = [
            {"statement": each.sid, "binds": each.who, "reason": each.reason, "without": each.without}
            for each in statements(bucket, roles, ground)
        ]
        if as_json:
            print_json(*rows)
        else:
            for row in rows:
                say(f"{row['statement']} ({row['binds']})")
                _wrapped(row["reason"], f"Without it: {row['without']}.")
        return
    document = policy.document(bucket, roles, ground=ground)
    if as_json:
        print_json(document)
    else:
        say(json.dumps(document, indent=2))


@policy_app.command()
def apply(
    bucket: Bucket,
    plugin: Plugin,
    host: Host,
    delivery: Delivery = None,
    hide_untagged: Annotated[
        bool, typer.Option("--hide-untagged", help="Go on although objects without dam-release would be hidden.")
    ] = False,
    server: Server = None,
    host_profile: HostProfile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Guard the bucket: policy, ownership, public access block; exit 1 if it is not safe afterwards. Run it again at will."""
    from dam_plugin.library import guard
    from dam_plugin.services import delivery_of

    roles = _roles(plugin, host, delivery)
    keys = delivery_of(Settings.load()) if delivery else None
    connect = _host(host_profile)
    steps = guard.apply(
        bucket,
        roles,
        hide_untagged=hide_untagged,
        dry_run=dry_run,
        delivery=keys,
        host=connect,
        server=server.value if server else None,
    )
    exposures = [] if dry_run else guard.check(bucket, roles, host=connect).exposures
    if as_json:
        print_json(*({"step": step.name, "state": step.state, "detail": step.detail} for step in steps))
        sentences = (f"{each.who} could {each.could}: {each.remedy}" for each in exposures)
        print_json(*({"step": "check", "state": "failed", "detail": detail} for detail in sentences))
    else:
        for step in steps:
            say(f"{step.state:<9}  {step.name}")
            _wrapped(step.detail)
        _tell(exposures, bucket)
    raise typer.Exit(1 if exposures or any(step.state == "failed" for step in steps) else 0)


@policy_app.command()
def check(
    bucket: Bucket,
    plugin: Plugin,
    host: Host,
    delivery: Delivery = None,
    host_profile: HostProfile = None,
    as_json: AsJson = False,
) -> None:
    """Say what outsiders could do to the bucket now; changes nothing, and exits 1 if they could do anything."""
    from dam_plugin.library import guard

    found = guard.check(bucket, _roles(plugin, host, delivery), host=_host(host_profile))
    if as_json:
        rows = [_row(each) for each in found.exposures]
        rest = {"originals": found.originals, "server_lacks": found.lacking, "warnings": found.warnings}
        print_json({"safe": not rows, "exposures": rows, **rest})
    else:
        _tell(found.exposures, bucket)
        if not found.exposures:
            say(f"bucket {bucket} is safe: by policy and settings outsiders reach only what the plugin has released")
        _wrapped(f"originals: {found.originals}")
        for each in found.lacking:
            say(f"note: this server does not have {each}")
        _wrapped(*(f"warning: {each}" for each in found.warnings))
    raise typer.Exit(1 if found.exposures else 0)


def _tell(exposures: Iterable[Exposure], bucket: str) -> None:
    if exposures:
        say(f"bucket {bucket} is not safe:", "bold")
    for each in exposures:
        _wrapped(f"- {each.who} could {each.could}", f"  remedy: {each.remedy}")


def _wrapped(*paragraphs: str) -> None:
    """Say paragraphs, indented, in lines of at most WIDTH characters; a name that is longer stays whole."""
    for paragraph in paragraphs:
        say(
            textwrap.fill(
                paragraph,
                WIDTH,
                initial_indent="    ",
                subsequent_indent="      ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )


def _row(exposure: Exposure) -> dict[str, str]:
    return {"who": exposure.who, "could": exposure.could, "remedy": exposure.remedy}


def _host(profile: str | None) -> Connect | None:
    """Return what connects with the host's own credentials, None if they are not at hand."""
    from dam_plugin.library.clients import s3_client
    from dam_plugin.services import host_keys_of

    if profile is not None:
        return partial(s3_client, profile=profile)
    keys = host_keys_of(Settings.load())
    return partial(s3_client, keys=keys) if keys else None


def _roles(plugin: str, host: str, delivery: str | None) -> Roles:
    from dam_plugin.library.roles import Roles

    try:
        return Roles(plugin, host, delivery)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None
