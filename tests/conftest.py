import os
import signal

import pytest

from assistant.policy import load

# A shell that starts tests in the background, or nohup, has signals ignored; what is tested here must get them.
for _signal in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, signal.default_int_handler if _signal is signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One more than there are processors: while one waits for a terminal another computes."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.fixture(scope="session")
def loaded():
    return load("hip-core-decompression")


@pytest.fixture(scope="session")
def policy(loaded):
    return loaded.policy


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    """No test touches the reviews of whoever runs it."""
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("ASSISTANT_POLICY_PATH", raising=False)
    monkeypatch.delenv("ASSISTANT_POLICY", raising=False)
