"""The terminal socket that browsers open."""
