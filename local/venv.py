"""Makes .venv, the private Python environment that runs MiniStack (`local/requirements.txt`).

A kernel lock lets `npm start` and `npm test` ask for it at once and build it once. The lock
goes with the process that holds it, so a build that was killed blocks nobody.
"""

import fcntl
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WANTED = ROOT / "local" / "requirements.txt"
# Written last: an environment without it, or with another content, is not finished.
INSTALLED = VENV / "requirements.txt"


def is_ready():
    return INSTALLED.exists() and INSTALLED.read_bytes() == WANTED.read_bytes()


def build():
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(WANTED)], check=True)
    INSTALLED.write_bytes(WANTED.read_bytes())


with WANTED.open() as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not is_ready():
        try:
            build()
        except subprocess.CalledProcessError:
            sys.exit(1)  # What failed has said why.
