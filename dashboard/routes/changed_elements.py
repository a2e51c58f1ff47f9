"""Send of a page's periodic updates only what changed: ASGI middleware of Streamlit's WebSocket.

A page reruns its fragments each second, and Streamlit sends all elements of each run, although most
have not changed. What the browser sends is passed on unchanged.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.routes.fragment_updates import FragmentUpdates


class ChangedElements:
    """Leave out of each update what the browser has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        updates = FragmentUpdates()

        async def receive_request() -> Message:
            message = await receive()
            if body := message.get("bytes"):
                updates.receive_request(body)
            return message

        async def send_changes(message: Message) -> None:
            if not (body := message.get("bytes")):
                await send(message)
                return
            for needed in updates.select(body):
                await send({"type": "websocket.send", "bytes": needed})

        await self._app(scope, receive_request, send_changes)
