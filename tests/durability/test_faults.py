"""A fault campaign: real reviews amid whose saves calls fail or signals come, altered files, other processes and users.

Normally a few fixed runs. ASSISTANT_LONG=SECONDS goes on for so many seconds with random ones, and prints what it did:

    ASSISTANT_LONG=3600 pytest -n 0 tests/durability/test_faults.py

Each run has a seed; ASSISTANT_SEED=N makes N the first of them again.
"""

import errno
import os
import random
import shutil
import signal
import tempfile
import time
from pathlib import Path

import campaign
import pytest
from campaign import ALWAYS, OnScreen, Piped, Tally
from sampling import SECONDS
from test_kill import FIRST

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def directory():
    """A directory that others may enter, as a state directory may be in."""
    with tempfile.TemporaryDirectory(prefix="faults-") as made:
        path = Path(made)
        path.chmod(0o755)
        yield path


def fails(call, first=2, last=ALWAYS, error=errno.ENOSPC, how="before"):
    return {"calls": call.split(", "), "first": first, "last": last, "errno": error, "how": how}


PLANS = {
    "disk full for ever": (Piped, "fresh", fails("write", first=3)),
    "half a line, and it can not be cut off": (Piped, "whole", fails("write, ftruncate", first=1, how="part")),
    "close fails": (Piped, "whole", fails("close", error=errno.EDQUOT, first=2, last=3)),
    "read only": (Piped, "torn", fails("open, write, replace, unlink, mkdir", first=1, error=errno.EROFS)),
    "replace fails": (Piped, "damaged", fails("replace", first=1, error=errno.EACCES)),
    "sync fails on the screen": (OnScreen, "whole", fails("fsync", first=1, last=2, error=errno.EIO)),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_failing_disk_costs_no_acknowledged_answer(name, directory, loaded):
    shell, begun, plan = PLANS[name]
    chance = random.Random(name)
    campaign.disturbed_review(chance, directory, loaded, Tally(), shell=shell, begun=begun, plan=plan)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_amid_a_save_costs_no_acknowledged_answer(number, directory, loaded):
    how = "before" if number == signal.SIGTERM else "part"
    plan = {"calls": ["write"], "first": 2, "last": 2, "how": how, "signal": number}
    chance = random.Random(number)
    campaign.signalled_review(chance, directory, loaded, Tally(), shell=Piped, begun="whole", plan=plan)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_altered_file_is_named_and_nothing_of_it_is_dropped_without_a_word(seed, directory, loaded):
    campaign.altered_file(random.Random(seed), directory, loaded, Tally())


def test_nothing_is_saved_where_others_may_read_it(directory, loaded):
    campaign.opened_to_others(random.Random(1), directory, loaded, Tally())


@pytest.mark.parametrize("what", ["the file is removed", "the lock is removed and a second window answers"])
def test_another_process_that_meddles_is_not_taken_for_saving(what, directory, loaded):
    campaign.second_process(random.Random(1), directory, loaded, Tally(), what=what)


@AS_ROOT
def test_another_user_sees_nothing(directory, loaded):
    campaign.second_user(random.Random(1), directory, loaded, Tally())


@AS_ROOT
def test_what_another_user_prepared_is_not_used(directory, loaded):
    campaign.older_lock_of_another(random.Random(1), directory, loaded, Tally())


@pytest.mark.skipif(not SECONDS, reason="goes on for ASSISTANT_LONG seconds")
def test_a_campaign_finds_nothing(directory, loaded, capsys):
    tally, findings, began, seed = Tally(), [], time.monotonic(), FIRST
    while time.monotonic() - began < SECONDS:
        chance = random.Random(seed)
        (run,) = chance.choices(list(campaign.RUNS), campaign.RUNS.values())
        place = directory / str(seed)
        place.mkdir()
        tally.add("runs of", run.__name__.replace("_", " "))
        try:
            run(chance, place, loaded, tally)
        except campaign.FindingError as error:
            findings.append(f"ASSISTANT_SEED={seed}: {error}")
        shutil.rmtree(place)
        seed += 1
    with capsys.disabled():
        print(
            f"\nASSISTANT_SEED={FIRST}: {seed - FIRST} runs in {time.monotonic() - began:.0f} s",
            *tally.lines(),
            sep="\n",
        )
        print(f"{len(findings)} findings")
    assert not findings, "\n\n".join(findings)
