"""`create_app`: one endpoint's router as an application with everything around it."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from forge.api import problems
from forge.api.edge import Cors, Edge
from forge.api.entrances import Entrance, by_token


def create_app(router: APIRouter, entrance: Entrance = by_token) -> FastAPI:
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Cors), Middleware(Edge, entrance=entrance)],
    )
    app.include_router(router)
    problems.install(app)
    return app
