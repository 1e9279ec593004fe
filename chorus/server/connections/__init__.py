"""Sockets and HTTP connections, from listening to the last byte."""
