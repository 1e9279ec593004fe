"""A configuration that is wrong, as the person who starts Chorus sees it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.live import Server, repository


def test_a_name_that_no_plugin_has_ends_the_start(home: Path) -> None:
    server = Server(home / "state", home, "", {"CHORUS_PLUGINS_DISABLED": "hoks"})
    done = server.cli("serve", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        "chorus: CHORUS_PLUGINS_DISABLED: no plugin is called 'hoks'"
    )
    assert done.stderr.rstrip().endswith("did you mean `hooks`?")
    assert not (home / "state" / "chorus.db").exists()


def test_a_plugin_with_a_wrong_option_is_named_beside_the_link(home: Path) -> None:
    server = Server(home / "state", home, "", {"CHORUS_PLUGINS_GITBUTLER_TIMEOUT": "long"})
    repository(home / "project")
    command = server.command("up", str(home / "project"), "--port", "0", "--state-dir", str(home / "state"))
    with subprocess.Popen(
        command, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    assert lines[0] == (
        "The plugin gitbutler is switched off: CHORUS_PLUGINS_GITBUTLER_TIMEOUT: [plugins.gitbutler] timeout "
        'must be a number greater than 0 and at most 86400, not the string "long"\n'
    )
    assert lines[1].startswith("Chorus serves ")
    assert lines[2].startswith("Open ")
