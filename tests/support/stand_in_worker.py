"""A worker without a model, for tests of the supervisor.

It prints its name, session and process id, waits, and ends on SIGTERM or when its standard input
closes. SIGUSR1 makes it print again. The first argument selects a fault: ``fails`` ends it at
once, ``stubborn`` makes it ignore SIGTERM.
"""

import os
import signal
import sys
import threading


def _stop_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    fault = sys.argv[1] if len(sys.argv) > 1 else ""
    print(
        f"{os.environ['WORKER_NAME']} runs in session {os.getsid(0)} as {os.getpid()}", flush=True
    )
    if fault == "fails":
        sys.exit("There is no model in models/nowhere.")
    if fault == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: print("still there", flush=True))
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
