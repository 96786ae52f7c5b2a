"""The service of `dam-plugin serve` in a process of its own, with one route more: a link that is only presigned.

Takes its settings from the environment; prints its port, and ends when its input does.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import NoReturn

import uvicorn
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from dam_hooks import Manager, manager, services_of
from dam_hooks.http import serve
from dam_hooks.http.app import Service, create_app

PRESIGN = "/presign/"


def main() -> None:
    """Serve until the input ends."""
    pm = manager()
    # The same application in the same server, so that both ways of opening a link pay for the same things.
    serve.create_app = with_presigning
    listening = serve.listen("127.0.0.1", 0)
    threading.Thread(target=_end_with_input, daemon=True).start()
    configuration = serve.configuration(pm)
    serve.answer_evenly()
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(configuration).run(sockets=[listening])


def with_presigning(pm: Manager) -> Service:
    """Return the application with a route that presigns a copy named by its key, and asks and records nothing."""
    app, library = create_app(pm), services_of(pm).library

    async def presign(request: Request) -> RedirectResponse:
        url = library.presign(f"released/{request.path_params['name']}.jpg", None)
        return RedirectResponse(url, 303, {"Cache-Control": "no-store"})

    app.router.routes.append(Route(PRESIGN + "{name}", presign))
    return app


def _end_with_input() -> NoReturn:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
