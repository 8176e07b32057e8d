"""`@connections` of API Gateway: posting to open WebSockets."""

from forge.connections.api_gateway import ApiGatewayConnections, open_connections

__all__ = ["ApiGatewayConnections", "open_connections"]
