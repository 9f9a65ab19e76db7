"""What the reviews that are cut off need."""

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The directory of the reviews of one test."""
    directory = tmp_path / "state"
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(directory))
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return directory


@pytest.fixture
def in_memory(tmp_path):
    """A directory for thousands of files that need no disk, in memory where the system has such a place."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else tmp_path) as directory:
        yield Path(directory)
