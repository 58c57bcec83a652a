"""What journeys share: a free port to serve on."""

import socket

import pytest


@pytest.fixture(scope="module")
def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
