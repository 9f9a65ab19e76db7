import asyncio
import os
import time
from pathlib import Path

import pytest
from stub_review import fixed_now, new_session
from terminal import Terminal
from textual import events

from assistant.errors import AssistantError
from assistant.journal import Journal
from assistant.tui import ReviewApp

SNAPSHOTS = Path(__file__).with_name("snapshots")


class FullDisk(Journal):
    """A journal that can be told to fail."""

    full = False

    def append(self, *events):
        if self.full:
            raise AssistantError("the answer could not be saved: No space left on device", "Free some space")
        super().append(*events)


class Driven:
    """The app under a pilot, and the messages it posted."""

    def __init__(self, app, pilot, journal, messages):
        self.app = app
        self.pilot = pilot
        self.journal = journal
        self.messages = messages

    @property
    def field(self):
        return self.app.screen.query_one("AnswerField")

    @property
    def rows(self):
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def text(self):
        return "\n".join(self.rows)

    @property
    def log(self):
        return self.app.screen_stack[0].query_one("#log").text

    def posted(self, kind):
        return list({id(m): m for m in self.messages if isinstance(m, kind)}.values())

    async def press(self, *keys):
        """One key after the other, each when what it acts on is on the screen."""
        for key in keys:
            await self.pilot.press(key)
            await self.shown()

    async def press_ahead(self, *keys):
        """Keys in one burst, none of which waits for anything."""
        for key in keys:
            self.app.post_message(
                events.Key(key, {"enter": "\r", "space": " "}.get(key, key if len(key) == 1 else None))
            )
        await self.shown()

    async def shown(self):
        await self.pilot.pause()
        began = time.monotonic()
        while not self.app.is_shown and time.monotonic() - began < 30 and self.app.return_code is None:
            await asyncio.sleep(0.005)
            await self.pilot.pause()

    async def answer(self, text):
        self.field.set_text(text)
        await self.press("enter")


@pytest.fixture
def drive(tmp_path):
    """Run a coroutine function with the driven app."""

    def run(steps, *, size=(80, 24), intake=False, ascii_only=False):
        async def main():
            session = new_session(intake)
            journal = FullDisk(tmp_path / "review.jsonl")
            journal.append(session.started)
            app = ReviewApp(session, journal, ascii_only=ascii_only, now=fixed_now)
            messages = []
            async with app.run_test(size=size, message_hook=messages.append) as pilot:
                driven = Driven(app, pilot, journal, messages)
                await driven.shown()
                await steps(driven)
            return app

        return asyncio.run(main())

    return run


@pytest.fixture
def same_as_before():
    """Compare a screen with the one that was accepted; UPDATE_SNAPSHOTS=1 accepts, then review the diff."""

    def compare(rows, name):
        path = SNAPSHOTS / f"{name}.txt"
        text = "\n".join(rows) + "\n"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is missing; UPDATE_SNAPSHOTS=1 writes it"
        assert text == path.read_text(encoding="utf-8"), f"differs from {path}; UPDATE_SNAPSHOTS=1 accepts it"

    return compare


@pytest.fixture
def terminal(tmp_path):
    """Start the screen in a real terminal."""
    opened = []

    def start(*options, wait="How old is the patient", **more):
        one = Terminal(tmp_path / "review.jsonl", *options, **more)
        opened.append(one)
        one.wait_for(wait)
        one.settle()
        return one

    yield start
    for one in opened:
        one.close()
