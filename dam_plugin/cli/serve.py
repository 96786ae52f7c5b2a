"""`serve`: the HTTP service for hosts, and the gate that opens links. `desk`: the pages for staff, and their accounts."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from ipaddress import ip_address, ip_network
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from dam_plugin.cli.context import attached, system_user
from dam_plugin.cli.output import AsJson, print_json, print_result, print_table, say, say_note
from dam_plugin.errors import SettingsError

if TYPE_CHECKING:
    from dam_plugin.cli.checks import Check
    from dam_plugin.settings import Settings

NEEDED = ("fastapi", "h11", "prometheus_client", "standardwebhooks", "starlette", "uvicorn")


Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="The port; 0 takes a free one.")]
Behind = Annotated[
    list[str] | None,
    typer.Option("--behind", metavar="IP", help="A proxy whose X-Forwarded-For is believed (repeatable)."),
]


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(serve)
    app.command()(desk)
    app.command("desk-user")(desk_user)


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    behind: Behind = None,
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


def desk(
    host: Host = "127.0.0.1",
    port: Port = 8001,
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="URL", help="Where people reach it, such as https://desk.example.org."),
    ] = None,
    behind: Behind = None,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample", help="Show the sample library to six sample accounts, for a tour; nothing of it stays."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show the pages for media staff, custodian, yearbook staff and admins, until it is stopped (SIGTERM or Ctrl-C)."""
    proxies = tuple(_network(each) for each in behind or ())
    standalone = _desk()
    if sample:
        if address is not None or behind:
            raise typer.BadParameter("--sample is for this machine alone: leave out --address and --behind")
        _show_sample(standalone, host, port, as_json=as_json)
        return
    with attached(makes_up=False) as at:

        def ready(url: str) -> None:
            print_result({"url": url}, f"The desk is at {url}; end it with Ctrl-C.", as_json=as_json)
            sys.stdout.flush()

        standalone.serve(
            at.manager,
            host=host,
            port=port,
            address=address,
            behind=proxies,
            ready=ready,
            examine=_examine(at.services.settings),
        )


def _examine(settings: Settings) -> Callable[[], Iterator[Check]]:
    from dam_plugin.cli.checks import examine

    return partial(examine, given=settings)


def _show_sample(standalone: ModuleType, host: str, port: int, *, as_json: bool) -> None:
    if not _is_this_machine(host):
        raise typer.BadParameter("--sample is for this machine alone: leave out --host")
    from dam_plugin.cli.demo.sample_desk import sample_desk

    with sample_desk((lambda _: None) if as_json else (lambda text: say(f"… {text}", "dim"))) as made:

        def ready(url: str) -> None:
            if as_json:
                print_json({"url": url, "accounts": made.passwords})
            else:
                print_table("Accounts", ("account", "password, shown this once"), made.passwords.items())
                say(f"The desk is at {url}; end it with Ctrl-C.", "bold")
            sys.stdout.flush()

        # Ctrl-C ends it as it should end.
        with suppress(KeyboardInterrupt):
            standalone.serve(made.manager, host=host, port=port, ready=ready, examine=_examine(made.services.settings))


def _is_this_machine(host: str) -> bool:
    """Whether whoever listens at this address or name is reached from this machine alone."""
    try:
        found = {str(each[4][0]).partition("%")[0] for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return all(ip_address(each).is_loopback for each in found)


def desk_user(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")],
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="media, yearbook, custodian, designee, admin or auditor (repeatable)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an account of the desk, or give one other roles; the password of a new one is shown this once."""
    standalone = _desk()
    with attached(makes_up=False) as at:
        password = standalone.keep_user(at.manager, system_user(), name, tuple(role or ()))
    roles = ", ".join(role or ()) or "no role: it can open no page"
    made = f"The account {name} is made: {roles}. Its password, shown this once: {password}"
    kept = f"The account {name} has these roles now: {roles}."
    print_result({"name": name, "roles": role or [], "password": password}, made if password else kept, as_json=as_json)


def _desk() -> ModuleType:
    try:
        from dam_hooks.desk import standalone
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in (*NEEDED, "allauth", "django"):
            raise
        raise SettingsError("the desk needs the extra `desk`: pip install 'dam-plugin[desk]'") from error
    return standalone


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
