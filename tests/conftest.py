"""What every test shares: how hypothesis searches, and the fixtures of a storage server and a district."""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["moto_server", "district"]

# No deadline in either: tests are never timed. On CI a failure must come again by itself, so the search is fixed.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
