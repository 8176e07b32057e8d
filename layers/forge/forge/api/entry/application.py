"""`create_app` wraps one endpoint's router into an application with all of its middleware."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from forge.api.authentication.token_or_ticket import AccessRule, by_token
from forge.api.entry import problems
from forge.api.entry.cors import Cors
from forge.api.entry.middleware import EntryChecks
from forge.api.entry.security_headers import SecurityHeaders
from forge.models.request_prices import ROUTES, Price


def create_app(
    router: APIRouter,
    access: AccessRule = by_token,
    price: Price | None = None,
    *,
    is_streaming: bool = False,
) -> FastAPI:
    """Build the application of a route. The price is that of the route in the price list; a route without one is an
    error. The requests of a streaming application share one event loop, so nothing may block that.
    """
    app = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        # FastAPI's own spans would carry URLs, and URLs contain session ids; `worker.operation.tracing` records runs.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Cors),
            Middleware(
                EntryChecks,
                access=access,
                price=_price_of(router) if price is None else price,
                shares_loop=is_streaming,
            ),
        ],
    )
    app.include_router(router)
    problems.install(app)
    return app


def _price_of(router: APIRouter) -> Price:
    """Return the price of the endpoint's route. Each endpoint has exactly one. Raises `LookupError`."""
    (route,) = (route for route in router.routes if isinstance(route, APIRoute))
    (method,) = list(route.methods or [])
    name = f"{method} {route.path}"
    if (price := ROUTES.get(name)) is None:
        raise LookupError(f"{name} has no price: add one to ROUTES in forge/models/request_prices.py")
    return price
