"""A fake of GitButler's command line that keeps real git state; not GitButler, and no code of it.

Real: the commits (with change ids in their headers), the branches, the workspace commit that merges
them, the index, the hooks, the hunks, three-way merges, rebases, the lock. Invented: where its own
state is kept (`.git/gitbutler/fake.json`), how hunks are named, and how it finds out which branch a
change depends on (git blame). Commands that Chorus must never use end with exit code 99.

Environment, besides what `but` reads itself:
    FAKE_BUT_GENERATION   0.19, 0.21 or 0.22 (default): how it is spoken to, and what it answers
    FAKE_BUT_LOG          a file that gets one JSON line per call: {"argv": …, "env": …}
    FAKE_BUT_HANG         a command that never ends
    FAKE_BUT_FAIL         COMMAND:TEXT: a command that fails with exit code 1 and this text
"""
