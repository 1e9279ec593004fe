"""The demo: a scratch repository and a scripted agent, to try Chorus without any real coding agent."""
