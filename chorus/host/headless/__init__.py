"""Agents that are talked to in lines of JSON instead of a terminal."""
