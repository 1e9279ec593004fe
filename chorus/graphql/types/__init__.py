"""The GraphQL types, by what they show."""
