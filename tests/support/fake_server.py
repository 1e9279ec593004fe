"""A server of fakes in a process of its own, on the loop that production uses: `STATE_DIR HOST PORT`."""

from __future__ import annotations

import sys
from pathlib import Path

import uvloop

from chorus.errors import ChorusError
from chorus.server.connections.listen import announce, bind, make_server, withdraw
from chorus.server.metrics import Metrics
from chorus.server.site import Parts, Site
from chorus.server.state.lock import hold_state_dir
from tests.support.server_fakes import FakeHookHandler, FakeTerminals, fake_graphql


def main(state_dir: Path, host: str, port: int) -> None:
    with hold_state_dir(state_dir):
        listener = bind(host, port)
        parts = Parts(fake_graphql(), FakeHookHandler(), FakeTerminals(), Metrics(), None)
        site = Site(parts, state_dir, host, listener.getsockname()[1])
        server = make_server(site.app, lambda: announce(state_dir, site.url), site.stop)
        try:
            uvloop.run(server.serve(sockets=[listener]))
        finally:
            withdraw(state_dir)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    except ChorusError as error:
        sys.exit(error.message)
