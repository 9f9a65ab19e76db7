import pytest

from assistant.policy import load


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
