"""The one family of errors that a user may see."""


class AssistantError(Exception):
    """Something the user can act on: what is wrong and where, and what to do.

    Args:
        message: What is wrong and where, without a final full stop.
        hint: What to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """One line, whatever the parts hold: an error must never write control characters to a terminal."""
        text = f"{self.message}. {self.hint}" if self.hint else self.message
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(text.split()))
