"""A worker without a model, for tests of whoever starts workers.

It says where it runs, waits, and stops on SIGTERM or when its standard input ends. SIGUSR1
makes it speak again; a first argument makes it misbehave.
"""

import os
import signal
import sys
import threading


def _stop_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    manner = sys.argv[1] if len(sys.argv) > 1 else ""
    print(
        f"{os.environ['WORKER_NAME']} runs in session {os.getsid(0)} as {os.getpid()}", flush=True
    )
    if manner == "dies":
        sys.exit("There is no model in models/nowhere.")
    if manner == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: print("still there", flush=True))
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
