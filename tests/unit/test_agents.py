"""The agents that docs/agents.md shows are understood as they stand there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from chorus.agents import CommandAgent
from chorus.settings import AgentSettings
from chorus.testing.agents import launch_request
from tests.support.paths import ROOT

DOCUMENT = ROOT / "docs" / "agents.md"
[TABLES] = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
AGENTS = tomllib.loads(TABLES)["agents"]


@pytest.mark.parametrize("name", sorted(AGENTS))
@pytest.mark.parametrize("resume", [False, True])
def test_a_prompt_is_never_an_option(name: str, resume: bool, tmp_path: Path) -> None:
    table = AGENTS[name]
    settings = AgentSettings(command=tuple(table["command"]), resume=tuple(table.get("resume", ())))
    agent = CommandAgent(name, settings)
    prompt = "--help me, please\n{title}"
    launch = agent.launch(launch_request(tmp_path, prompt, resume=resume))
    assert launch.prompt_given
    [word] = [word for word in launch.argv if prompt in word]
    assert word != prompt or "--" in launch.argv[: launch.argv.index(word)]
    assert agent.resumes == ("resume" in table)
