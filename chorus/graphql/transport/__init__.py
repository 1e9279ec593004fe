"""GraphQL over HTTP and WebSocket, with its limits and masked errors."""
