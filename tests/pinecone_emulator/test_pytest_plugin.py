"""docs/howto/pinecone-in-your-tests.md, done as it says, in a pytest of its own with the plugin we ship."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOWTO = (ROOT / "docs/howto/pinecone-in-your-tests.md").read_text()
BLOCK = re.compile(r"```python title=(\S+)\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_howto_does_what_it_says(tmp_path):
    for name, code in BLOCK.findall(HOWTO):
        with (tmp_path / name).open("a") as file:
            file.write(code)
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    )
    plugin = ["-p", "pinecone_emulator.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-c", script, "-q", *plugin, "--rootdir", tmp_path, tmp_path]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    [promised] = re.findall(r"```text\n(.*)\n```", HOWTO)
    assert (run.returncode, promised in run.stdout) == (0, True), run.stdout + run.stderr
