"""Creates a private Python environment: venv.py <folder> <requirements>, in the project folder.

A kernel lock makes concurrent runs of `npm start` and `npm test` build it only once. The kernel
releases the lock when its process ends, so a killed build does not block the next one.
"""

import fcntl
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV, WANTED = (ROOT / path for path in sys.argv[1:3])
# Written last. Without this file, or with other content, the environment is incomplete.
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
            sys.exit(1)  # The failed command has printed the reason.
