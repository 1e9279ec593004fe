"""Terminals of agents: their output on disk, and typing into them."""
