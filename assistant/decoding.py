"""Text from bytes that may be no UTF-8: what Windows-1252 makes of each such byte, else a replacement character.

Notes are often copied out of programs that write Windows-1252. A stray apostrophe (0x92) must neither end the program
nor cost the line that it stands in.
"""

from __future__ import annotations

import codecs
from typing import TextIO

STRAY_BYTES = "assistant.stray_bytes"
"""The name of the error handler, for every decoder of what was typed, pasted or piped."""


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", errors="replace"), error.end


codecs.register_error(STRAY_BYTES, _as_windows_1252)


def take_any_bytes(stream: TextIO) -> None:
    """Let a stream that is read give text for whatever bytes come; a byte order mark at its beginning is dropped."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure:
        reconfigure(encoding="utf-8-sig", errors=STRAY_BYTES)
