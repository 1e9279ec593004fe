"""What must not reach a log."""

from __future__ import annotations

import logging

import pytest

from chorus.server.redact import RedactingFilter, install, one_line, redact


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("key sk-ant-api03-abc_DEF-123456", "abc_DEF"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefgh"),
        ("github_pat_11ABCDEFG0abcdefghij_klmnop", "ABCDEFG0"),
        ("glpat-abcdefghij1234567890", "abcdefghij"),
        ("xoxb-123456789012-abcdef", "123456789012"),
        ("AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("{'authorization': 'Bearer abcdef'}", "abcdef"),
        ("authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("Cookie: chorus_session_8420=abcdef", "abcdef"),
        ("GET /graphql?token=abcdef&x=1", "abcdef"),
        ("https://user:hunter2@example.org/x.git", "hunter2"),
        ("postgresql+psycopg://chorus:hunter2@db/chorus", "hunter2"),
        ("CHORUS_HOOK_TOKEN=abcdef", "abcdef"),
        ("ANTHROPIC_API_KEY=abcdef", "abcdef"),
        ('"password": "hunter2"', "hunter2"),
        ("{'token': 'abcdef'}", "abcdef"),
        ("open http://127.0.0.1:8420/login#abcdef", "abcdef"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij", "abcdefghij"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabcdef\n-----END OPENSSH PRIVATE KEY-----", "abcdef"),
        ("-----BEGIN PRIVATE KEY-----\nabcdef", "abcdef"),
    ],
)
def test_secrets_of_a_known_form_or_place_are_hidden(text: str, secret: str) -> None:
    assert secret not in redact(text)
    assert "[redacted]" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "task t1 started on branch chorus/fix-login",
        "http://127.0.0.1:8420/task/1",
        "https://example.org/a@b",
        "2 tokens used, 3 keys pressed",
        "sk-1",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text


def test_known_values_are_hidden_anywhere() -> None:
    assert redact("x=verysecret!", ["verysecret"]) == "x=[redacted]!"


def test_controls_are_written_out() -> None:
    assert one_line("a\n2026-01-01 INFO b\r\x1b[31m\x00\x9b\u2028\u202e") == (
        "a\\n2026-01-01 INFO b\\r\\x1b[31m\\x00\\x9b\\u2028\\u202e"
    )


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.addFilter(RedactingFilter(["verysecret"]))
    return caplog


def test_entries_are_one_line_and_redacted(lines: pytest.LogCaptureFixture) -> None:
    logging.getLogger("some.plugin").warning("got %s\nINFO %r %d%%", "verysecret", {"title": "\x1b[2J"}, 5)
    assert lines.messages == ["got [redacted]\\nINFO {'title': '\\x1b[2J'} 5%"]


def test_tracebacks_keep_their_lines_behind_a_bar(lines: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("verysecret\n2026-01-01 INFO admin login")
    except ValueError:
        logging.getLogger("some.plugin").exception("failed")
    text = lines.text
    assert "verysecret" not in text
    assert "\n  | 2026-01-01 INFO admin login" in text
    assert "\n2026" not in text
    assert "\n  | Traceback" in text


def test_messages_that_do_not_fit_their_arguments_are_kept(lines: pytest.LogCaptureFixture) -> None:
    logging.getLogger("some.plugin").warning("%d of it", "verysecret")
    assert lines.messages == ["%d of it ('[redacted]',)"]


def test_installing_again_replaces_what_is_known() -> None:
    root = logging.Logger("root of its own")
    handler = logging.NullHandler()
    root.addHandler(handler)
    install(["a"], root)
    install(["b"], root)
    assert len(handler.filters) == 1
