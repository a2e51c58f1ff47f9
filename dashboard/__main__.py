"""`python -m dashboard`."""

import signal
import sys

if __name__ == "__main__":
    # Installed before the imports, which take seconds: in a container this is process 1, and
    # the kernel discards its signals that have no handler.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    from dashboard.start import main

    main()
