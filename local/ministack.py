"""Runs MiniStack until standard input closes, then ends its whole process group.

The parent process holds the other end of that pipe. MiniStack and the worker processes of its
functions therefore end with the parent, even if the parent gets SIGKILL. No state is kept between
runs, so there is nothing to save first.
"""

import os
import runpy
import shutil
import signal
import sys
import threading

WORK_FOLDER = sys.argv.pop(1)


def end_with_parent():
    while os.read(0, 1024):
        pass
    shutil.rmtree(WORK_FOLDER, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=end_with_parent, daemon=True).start()
sys.path.pop(0)  # Removes this folder. Otherwise `import ministack` would import this file.


def treat_bearer_tokens_as_anonymous():
    """MiniStack 1.5.33 treats a request with `Authorization: Bearer` as root. On AWS it is unsigned."""
    from ministack.core import iam_evaluator

    pin = iam_evaluator.pin_signed_request

    def pin_without_bearer(method, raw_path, query_params, raw_headers, handshake=False):
        pin(method, raw_path, query_params, raw_headers, handshake)
        if any(n.lower() == b"authorization" and v.lower().startswith(b"bearer ") for n, v in raw_headers):
            iam_evaluator._anonymous.set(True)

    iam_evaluator.pin_signed_request = pin_without_bearer


treat_bearer_tokens_as_anonymous()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
