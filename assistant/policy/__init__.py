"""Policies as data: models, loading from YAML, checking."""

from .files import Library, Loaded, PolicyError, load, load_vocabulary, packaged, read_yaml, validate
from .model import (
    OUTSIDE,
    UNKNOWN,
    Code,
    Condition,
    Criterion,
    Evidence,
    Fact,
    Flag,
    Policy,
    Reading,
    Reference,
    Value,
    normal_code,
    values_of,
)
from .prompts import FrameModel, Prompts, Question

__all__ = [
    "OUTSIDE",
    "UNKNOWN",
    "Code",
    "Condition",
    "Criterion",
    "Evidence",
    "Fact",
    "Flag",
    "FrameModel",
    "Library",
    "Loaded",
    "Policy",
    "PolicyError",
    "Prompts",
    "Question",
    "Reading",
    "Reference",
    "Value",
    "load",
    "load_vocabulary",
    "normal_code",
    "packaged",
    "read_yaml",
    "validate",
    "values_of",
]
