"""The state folder: its lock and its private files."""
