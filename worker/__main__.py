"""A worker: `python -m worker`. Takes jobs off the queue, paints, stores, acknowledges.

Exit codes: 0 told to stop, or one task done with EXIT_AFTER_ONE_TASK; 2 a setting is wrong
or the device is not here; 3 the model cannot be loaded; 4 the device was lost.

STOP_WITH_PARENT=1 makes it stop when its standard input ends.
"""

import sys

from worker.shutdown import on_signal

if __name__ == "__main__":
    # Before the libraries, which take seconds to import: in a container this is process 1,
    # and to that one a signal that nobody handles is as good as never sent.
    on_signal(sys.exit)
    import typer

    from worker.command import main

    typer.run(main)
