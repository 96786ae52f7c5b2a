"""The desk on the sample library, with six people's accounts: for a tour on one machine. Nothing of it stays."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dam_hooks import Manager
from dam_hooks.desk import standalone
from dam_plugin.cli.context import system_user
from dam_plugin.cli.demo import scenes
from dam_plugin.cli.demo.environment import local_service, local_storage, set_up
from dam_plugin.cli.demo.play import Played, Tell, play_scene, take_in_samples
from dam_plugin.services import Services

USERS = ("media", "yearbook", "custodian", "designee", "admin", "auditor")
"""The accounts: each is named after the one role that it has."""
WAITING = (scenes.UNTITLED, scenes.BAKE_SALE, scenes.PEP_RALLY, scenes.HALLWAY)
"""What is asked for before the tour begins, so that the queue is not empty."""


@dataclass(frozen=True, slots=True)
class SampleDesk:
    """The plugin on the samples, and each account's password."""

    manager: Manager
    services: Services
    passwords: dict[str, str]


@contextmanager
def sample_desk(tell: Tell) -> Iterator[SampleDesk]:
    """Make the sample district and its accounts; storage server, gate and files end with the block.

    Raises SettingsError without the extra `demo`.
    """
    with TemporaryDirectory(prefix="dam-plugin-desk-") as name, local_storage():
        out = Path(name)
        tell("making bucket, queue and database ready")
        port = _free_port()
        services, pm, settings = set_up(out, public_url=f"http://127.0.0.1:{port}", desk_second_factor=False)
        try:
            take_in_samples(services, pm, settings, Played(out, services.now().date()), tell)
            tell("people ask for some of them")
            for scene in (*scenes.BEFORE_LOOKING, *scenes.SCENES):
                if scene.key in WAITING and not scene.notified:
                    play_scene(services, pm, scene)
            tell("six people get an account")
            passwords = {each: secrets.token_hex(6) for each in USERS}
            for each, password in passwords.items():
                standalone.keep_user(pm, system_user(), each, (each,), password)
            # The jobs are done beside the pages, by `standalone.serve`.
            with local_service(pm, port):
                yield SampleDesk(pm, services, passwords)
        finally:
            services.store.close()
            services.library.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
