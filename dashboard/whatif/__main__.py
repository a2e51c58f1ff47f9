"""Read a task from standard input and write its trials to standard output, both pickled.

`parallel.py` starts this module; it is no command for people.
"""

import pickle
import sys

from dashboard.whatif.search import try_all

if __name__ == "__main__":
    pickle.dump(try_all(*pickle.load(sys.stdin.buffer)), sys.stdout.buffer)  # noqa: S301, ours
