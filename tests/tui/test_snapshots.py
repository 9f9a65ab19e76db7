"""Whole screens as text, at the sizes that people use."""

import pytest

SIZES = [(80, 24), (200, 50), (60, 20)]
RICH = "38 yo, right hip, groin pain, mri report: avn, no collapse, no arthritis"
VIEWS = {
    "intake": (True, []),
    "first": (False, []),
    "answered": (False, [RICH]),
    "ask-back": (False, [RICH, "not stated"]),
    "answers": (False, [RICH, "/answers"]),
    "policy": (False, ["/policy I2b"]),
    "criteria": (False, [RICH, "/criteria"]),
    "confirm": (False, [RICH, "/edit 1 52 yo, right hip"]),
    "ready": (False, [RICH + ", stage 2, cane", "nothing else"]),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("view", VIEWS)
def test_screen(drive, same_as_before, view, size):
    intake, answers = VIEWS[view]

    async def steps(driven):
        for text in answers:
            await driven.answer(text)
        same_as_before(driven.rows, f"{view}-{size[0]}x{size[1]}")

    drive(steps, size=size, intake=intake)


def test_ascii_screen(drive, same_as_before):
    async def steps(driven):
        await driven.answer(RICH)
        assert driven.text.isascii()
        same_as_before(driven.rows, "ascii-80x24")

    drive(steps, ascii_only=True)


def test_tiny_screen(drive, same_as_before):
    async def steps(driven):
        same_as_before(driven.rows, "tiny-20x5")

    drive(steps, size=(20, 5))
