"""`python -m doctor`: exit with 0 if nothing is wrong, else with 1.

It runs in both images, such as by `kubectl exec deploy/dashboard -- python -m doctor`.
"""

import logging
import os
import sys
import warnings

from doctor.runner import main

if __name__ == "__main__":
    # Clients log what the results contain already.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    code = main()
    sys.stdout.flush()
    # Checks that hang, or are in the middle of importing PyTorch, must not delay the exit.
    os._exit(code)
