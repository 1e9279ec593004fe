"""Masking of errors: some are shown to clients as they are, others only as an id that the log has too."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.types import ExecutionContext

from chorus.errors import ChorusError

log = logging.getLogger(__name__)

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
BAD_INPUT = "BAD_INPUT"
INTERNAL = "INTERNAL"


class CodedSchema(strawberry.Schema):
    """A schema all of whose errors carry `extensions.code`.

    Strawberry hands over the errors of every operation here, before anything is sent: of parsing,
    validation, variables, resolvers, and of each result of a subscription.
    """

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        for error in errors:
            settle(error)


def settle(error: GraphQLError) -> None:
    """Give the error its code; hide what is not meant for clients, and log that. Safe to repeat."""
    cause = _cause(error)
    if isinstance(error, GraphQLSyntaxError):
        _set(error, error.message, PARSE_FAILED)
    elif isinstance(cause, RecursionError) and error.path is None:
        _set(error, "This is nested too deeply.", PARSE_FAILED)
    elif isinstance(cause, ChorusError) and cause.code != INTERNAL:
        _set(error, cause.message, cause.code, **cause.details)
    elif cause is None or _is_input(error, cause):
        _set(error, error.message, **{"code": BAD_INPUT, **(error.extensions or {})})
    else:
        _hide(error, cause)
    error.original_error = None


def _cause(error: GraphQLError) -> Exception | None:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _is_input(error: GraphQLError, cause: Exception) -> bool:
    """Values of variables are refused by the scalars' own errors, before any field has a path."""
    return error.path is None and isinstance(cause, ValueError | TypeError)


def _hide(error: GraphQLError, cause: Exception) -> None:
    identity = secrets.token_hex(8)
    where = ".".join(map(str, error.path or ["the operation"]))
    log.error("%s failed (%s)", where, identity, exc_info=cause)
    _set(error, f"Something went wrong ({identity}). The server's log has more.", INTERNAL, id=identity)


def _set(error: GraphQLError, message: str, code: str, **details: Any) -> None:
    error.message = message
    error.extensions = {**details, "code": code}
