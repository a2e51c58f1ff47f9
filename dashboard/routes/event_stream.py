"""What the answers with server-sent events have in common.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from dashboard.routes.errors import NO_STORE

MEDIA_TYPE = "text/event-stream"
HEADERS = NO_STORE | {"X-Accel-Buffering": "no"}
"""The second has nginx pass on each event at once."""
