"""Import the slow libraries of a worker, in the process that workers are forked from."""

import os

# Read when torch's libraries are loaded. Many workers share the cores of one machine.
os.environ["OMP_NUM_THREADS"] = "1"

import worker.context
import worker.pipeline.load
import worker.stages.run  # noqa: F401
