"""`serve`: the HTTP service for hosts, and the gate that opens links."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.context import attached
from dam_plugin.cli.output import AsJson, print_result, say_note
from dam_plugin.errors import SettingsError

if TYPE_CHECKING:
    from dam_plugin.settings import Settings

NEEDED = ("fastapi", "h11", "prometheus_client", "standardwebhooks", "starlette", "uvicorn")


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The port; 0 takes a free one.")] = 8000,
    behind: Annotated[
        list[str] | None,
        typer.Option("--behind", metavar="IP", help="A proxy whose X-Forwarded-For is believed (repeatable)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve links to recipients, and the HTTP interface to hosts, until it is stopped (SIGTERM or Ctrl-C)."""
    proxies = tuple(_network(each) for each in behind or ())
    try:
        from dam_hooks.http import serve as serving
    except ModuleNotFoundError as error:
        if error.name not in NEEDED:
            raise
        raise SettingsError("`serve` needs the extra `http`: pip install 'dam-plugin[http]'") from error
    logging.getLogger("dam_hooks.http").setLevel(logging.INFO)
    with attached(makes_up=False) as at:
        for note in _notes(at.services.settings, proxies):
            say_note(note)

        def ready(url: str) -> None:
            print_result({"url": url}, f"Serving at {url}; end it with Ctrl-C.", as_json=as_json)
            # A program that waits for it in a pipe must not wait for the end of the service.
            sys.stdout.flush()

        serving.serve(at.manager, host=host, port=port, behind=proxies, ready=ready)


def _notes(settings: Settings, proxies: Sequence[str]) -> list[str]:
    notes = []
    if settings.public_url is None:
        notes.append("DAM_PLUGIN_PUBLIC_URL is not set: `share` prints a token, and no link to send")
    elif settings.public_url.startswith("https:") and not proxies:
        notes.append(
            "DAM_PLUGIN_PUBLIC_URL is https, so a proxy stands in front, and no --behind names its address: all the world "
            "counts as one client, and one stranger can shut everybody out"
        )
    if settings.http_keys is None:
        notes.append("DAM_PLUGIN_HTTP_KEYS is not set: no host can ask over HTTP; links open all the same")
    return notes


def _network(text: str) -> str:
    try:
        return str(ip_network(text)) if "/" in text else str(ip_network(text).network_address)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no address of a proxy, such as 10.0.0.5 or 10.0.0.0/24") from None
