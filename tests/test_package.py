"""The package as others get it: layers, the wheel in a fresh environment, README's promises."""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = (
    "policy", "events", "determination", "matching", "interview", "answering", "view", "conversation", "pages",
    "rationale", "transcript", "batch", "plain", "replay",
)  # fmt: skip


@pytest.mark.parametrize("module", PURE)
def test_nothing_below_the_screen_loads_the_screen_library(module):
    program = f"import sys, assistant.{module}; sys.exit(any(m in sys.modules for m in ('textual', 'rich')))"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_the_top_level_holds_what_it_should_and_nothing_else():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    named = {"pyproject.toml", "assistant", "prompts", "policy", "tests", "transcripts", "README.md"}
    assert {t for t in top if not t.startswith(".")} == named


def test_ci_runs_the_test_command_that_readme_prints():
    script = (ROOT / ".ci" / "run").read_text()
    assert "README.md" in script
    readme = (ROOT / "README.md").read_text()
    section = readme.split("\n## Tests", 1)[1].split("\n## ", 1)[0]
    assert re.search(r"^    python3 .*pytest", section, re.MULTILINE)


def test_every_command_is_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    from assistant.cli import build_parser
    from assistant.conversation import COMMANDS

    names = build_parser()._subparsers._group_actions[0].choices

    missing = [c for c in (*COMMANDS, *(f"assistant {name}" for name in names)) if c not in readme]
    assert missing == []


def test_the_wheel_works_from_another_directory_in_a_fresh_environment(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert built.returncode == 0, built.stderr
    home = tmp_path / "env"
    venv.create(home, with_pip=False, symlinks=True)
    # The wheel alone is new; what it depends on is borrowed, so that the test needs no package index.
    site = next(home.glob("lib/python*/site-packages"))
    borrowed = next(p for p in sys.path if p.endswith("site-packages"))
    (site / "borrowed.pth").write_text(borrowed + "\n")
    wheel = next(tmp_path.glob("assistant-*.whl"))
    import zipfile

    zipfile.ZipFile(wheel).extractall(site)
    env = {**os.environ, "ASSISTANT_STATE_DIR": str(tmp_path / "state")}
    program = "import assistant, sys; assert 'env' in assistant.__file__, assistant.__file__; from assistant.cli import main; sys.exit(main(sys.argv[1:]))"
    run = subprocess.run(
        [home / "bin" / "python", "-c", program, "assess", "--facts", '{"age_years": 62}'],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=env,
        check=False,
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert "criteria_not_met" in run.stdout
    shown = subprocess.run(
        [home / "bin" / "python", "-c", program, "paths"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=env,
        check=False,
    )
    assert str(site) in shown.stdout
