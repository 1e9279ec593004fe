"""Calls of plugins by the host: bounded in time, counted when they fail."""
