"""The map from the queue to the GPUs: who decides, and where each request is.

It is data for ``components/fleet/fleet_map.js``, which draws it. It has no times that pass by
themselves, so that it changes only when something happened.
"""

from typing import Any

Fields = dict[str, Any]
"""What JavaScript reads as an object."""
