"""The migrations, and what the store knows of them without asking Alembic."""

from __future__ import annotations

import subprocess
import sys

from dam_plugin.store import upgrading
from dam_plugin.store.store import HEAD


def test_the_store_needs_the_newest_of_the_migrations() -> None:
    assert upgrading.newest() == HEAD


def test_a_revision_of_a_newer_version_is_not_known() -> None:
    assert upgrading.is_known(HEAD)
    assert not upgrading.is_known("9999")


def test_a_process_that_reads_the_store_does_without_alembic() -> None:
    told = "import sys, dam_plugin.store; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
