"""What saved reviews show of a policy, and reviews that would show the rest."""

from .measure import DECIDING, Coverage, Kind, Observer, Point, coverage_of, points_of
from .report import as_lines, as_page, report_coverage
from .suggest import Suggested, suggest_for, suggested, write_suggested

__all__ = [
    "DECIDING",
    "Coverage",
    "Kind",
    "Observer",
    "Point",
    "Suggested",
    "as_lines",
    "as_page",
    "coverage_of",
    "points_of",
    "report_coverage",
    "suggest_for",
    "suggested",
    "write_suggested",
]
