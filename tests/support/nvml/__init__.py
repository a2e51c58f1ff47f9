"""A fake NVIDIA driver library, built with the machine's C compiler."""

import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.support.conditions import need_program

LIBRARY = "libnvidia-ml.so.1"


@cache
def build() -> Path:
    """Compile the library once; return the folder that LD_LIBRARY_PATH has to name."""
    folder = Path(mkdtemp(prefix="nvml-"))
    compiler = need_program("gcc", "install it with `apt install gcc libc6-dev`")
    source = Path(__file__).with_name("fake_nvml.c")
    command = [compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", folder / LIBRARY, source]
    subprocess.run(command, check=True)
    return folder


def uuid(number: int) -> str:
    """Return the UUID of a GPU, from 1."""
    return f"GPU-00000000-0000-0000-0000-{number:012}"
