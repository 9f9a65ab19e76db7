"""Saved reviews run again: what differs, on this policy version or another one."""

from .accept import accept_file
from .compare import Difference, facts_only, replay
from .run import Result, replay_paths, results

__all__ = ["Difference", "Result", "accept_file", "facts_only", "replay", "replay_paths", "results"]
