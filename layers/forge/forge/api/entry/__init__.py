"""How a request, a frame or an event enters: handlers, middleware, parameters, and errors as answers."""
