"""The host agent: the only code that reaches tmux, git, agent processes and project files."""
