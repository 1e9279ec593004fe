"""For plugin authors: a contract-test class per Protocol, and the fakes Chorus is tested with."""

import pytest

for _contract in ("documents", "sessions", "vcs", "waiting"):
    pytest.register_assert_rewrite(f"chorus.testing.{_contract}")
