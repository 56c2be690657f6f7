"""Start the tool as a user has it: with the runtime packages alone; an import of a development package ends it."""

import re
import subprocess
import sys
from pathlib import Path
from tomllib import loads

ROOT = Path(__file__).parent.parent
DEVELOPMENT = [
    "pytest" if name.startswith("pytest") else re.split("[^\\w-]", name)[0].replace("-", "_")
    for name in loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
]
BLOCK = f"""
import sys
for name in {DEVELOPMENT!r}:
    sys.modules[name] = None
sys.argv = ["digest", "--help"]
from digest.cli import main
main()
"""

finished = subprocess.run([sys.executable, "-c", BLOCK], capture_output=True, text=True, check=False)
if finished.returncode != 0 or "Usage: digest" not in finished.stdout:
    sys.exit(f"digest does not start without its development packages:\n{finished.stdout}{finished.stderr}")
