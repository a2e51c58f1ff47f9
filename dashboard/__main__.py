"""`python -m dashboard`."""

import signal
import sys

if __name__ == "__main__":
    # Before the libraries, which take seconds to import: in a container this is process 1,
    # and to that one a signal that nobody handles is as good as never sent.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    from dashboard.start import main

    main()
