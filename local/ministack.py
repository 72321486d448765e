"""Runs MiniStack until standard input closes, then ends its whole process group.

Whoever starts it holds the other end of that pipe, so MiniStack and the worker processes of its
functions go however that process goes, even by SIGKILL. Nothing is kept between runs, so there
is nothing to save first.
"""

import os
import runpy
import shutil
import signal
import sys
import threading

WORK_FOLDER = sys.argv.pop(1)


def end_with_the_starter():
    while os.read(0, 1024):
        pass
    shutil.rmtree(WORK_FOLDER, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=end_with_the_starter, daemon=True).start()
sys.path.pop(0)  # This folder: `import ministack` would find this file.


def take_bearer_tokens_for_no_credentials():
    """MiniStack 1.5.33 lets a request with `Authorization: Bearer` act as root; to AWS it is unsigned."""
    from ministack.core import iam_evaluator

    pin = iam_evaluator.pin_signed_request

    def pin_without_bearer(method, raw_path, query_params, raw_headers, handshake=False):
        pin(method, raw_path, query_params, raw_headers, handshake)
        if any(n.lower() == b"authorization" and v.lower().startswith(b"bearer ") for n, v in raw_headers):
            iam_evaluator._anonymous.set(True)

    iam_evaluator.pin_signed_request = pin_without_bearer


take_bearer_tokens_for_no_credentials()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
