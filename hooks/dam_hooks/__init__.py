"""How the plugin attaches: the pluggy contract, and one attachment per host.

`hookimpl` marks a third party's hooks; `manager()` builds and checks the plugin manager for a host.
"""

from dam_hooks.plugin import Manager, manager, services_of
from dam_hooks.specs import hookimpl, hookspec

__all__ = ["Manager", "hookimpl", "hookspec", "manager", "services_of"]
