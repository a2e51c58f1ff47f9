"""`python -m worker`: receive jobs from the queue, generate and store their pictures.

Exit codes: 0 after a signal, or with EXIT_AFTER_ONE_TASK after one job; 2 if a setting is invalid
or the device is not available; 3 if the model cannot be loaded; 4 if the device was lost.

With STOP_WITH_PARENT=1, the worker stops when its standard input is closed.
"""

import sys

from worker.shutdown import on_signal

if __name__ == "__main__":
    # Before the imports, which take seconds: in a container this is process 1, which ignores
    # signals without a handler.
    on_signal(sys.exit)
    import typer

    from worker.command import main

    typer.run(main)
