"""Counting what differs, from both forms that git prints."""

from __future__ import annotations

import pytest

from chorus.model import DiffStat, diffs

EDIT = """diff --git a/app.py b/app.py
index 1..2 100644
--- a/app.py
+++ b/app.py
@@ -1,3 +1,4 @@ def f():
 one
-two
+++ not a header
+deux
 three
@@ -9 +10 @@
-last
\\ No newline at end of file
+last
"""
NEW = """diff --git a/new b/new
new file mode 100644
--- /dev/null
+++ b/new
@@ -0,0 +1,2 @@
+diff --git a/x b/x
+--- a/x
"""
BINARY = """diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
"""


@pytest.mark.parametrize(
    ("text", "stat"),
    [
        ("", DiffStat()),
        (EDIT, DiffStat(1, 3, 2)),
        (NEW, DiffStat(1, 2, 0)),
        (BINARY, DiffStat(1, 0, 0)),
        (EDIT + NEW + BINARY, DiffStat(3, 5, 2)),
        ("no diff at all\n+x\n", DiffStat()),
    ],
)
def test_of_text(text: str, stat: DiffStat) -> None:
    assert diffs.of_text(text) == stat


@pytest.mark.parametrize(
    ("fields", "stat"),
    [
        ([b""], DiffStat()),
        ([b"3\t1\tapp.py", b""], DiffStat(1, 3, 1)),
        ([b"-\t-\tlogo.png", b"2\t0\ta\tb.txt", b""], DiffStat(2, 2, 0)),
        (
            [b"1\t1\t", b"old name", b"5\t5\tlooks like numbers", b"4\t0\tx", b""],
            DiffStat(2, 5, 1),
        ),
    ],
)
def test_of_numstat(fields: list[bytes], stat: DiffStat) -> None:
    assert diffs.of_numstat(fields) == stat
