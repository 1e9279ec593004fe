"""The GraphQL API: thin. A resolver calls a service and shapes the answer; it never selects or acts."""
