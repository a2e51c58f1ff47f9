"""`python -m bench.scale [PART …]`: measure the named parts, or all."""

import sys

from bench.scale import PARTS, main

if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(PARTS):
        sys.exit(f"Unknown parts: {', '.join(unknown)}. Available: {', '.join(PARTS)}.")
    main(tuple(sys.argv[1:]) or PARTS)
