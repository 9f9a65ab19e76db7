"""The practice charts in plain mode, typed as a nurse would: a real process, from the form to the end."""

import os
import subprocess
import sys

import pytest
from charts import CHARTS

from assistant.answering import reads
from assistant.interview import fold, outcome_of
from assistant.transcript import read_events


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_ends_as_it_must(name, tmp_path, loaded):
    chart = CHARTS[name]
    result = subprocess.run(
        [sys.executable, "-m", "assistant", "--plain", "--case", name],
        input="\n".join(chart["answers"]) + "\n",
        capture_output=True,
        text=True,
        env={**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path)},
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout[-1500:] + result.stderr
    session = fold(loaded, reads(loaded), read_events(tmp_path / f"{name}.jsonl"))
    assert session.concluded
    assert outcome_of(session).value == chart["determination"]
    assert sorted(session.current.determination.flags) == sorted(chart["flags"])
