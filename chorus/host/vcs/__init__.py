"""Commits of what agents change."""
