"""What pika's exceptions mean, in a few words for people, and never with a password."""

from collections.abc import Iterator

_MEANINGS = {
    "ProbableAuthenticationError": "it refused the user and password of RABBITMQ_URL",
    "AuthenticationError": "it refused the user and password of RABBITMQ_URL",
    "ProbableAccessDeniedError": "the virtual host of RABBITMQ_URL is missing or not for this user",
    "IncompatibleProtocolError": "it does not speak AMQP; is the port of RABBITMQ_URL right?",
    "AMQPHeartbeatTimeout": "it was silent for too long",
    "SSLError": "the TLS handshake failed",
    "gaierror": "its name is unknown",
    "ConnectionRefusedError": "nothing listens there",
    "TimeoutError": "it does not answer",
}


def cause(error: BaseException) -> str:
    """Say what went wrong, by the innermost exception that has a known meaning."""
    for inner in _unwrapped(error):
        if reply := getattr(inner, "reply_text", None):
            return f"it answered “{reply}”"
        for kind in type(inner).__mro__:
            if kind.__name__ in _MEANINGS:
                return _MEANINGS[kind.__name__]
    return "the connection was lost"


def _unwrapped(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that pika wrapped in it."""
    yield error
    inner = [*getattr(error, "exceptions", ()), getattr(error, "exception", None), *error.args]
    for other in inner:
        if isinstance(other, BaseException):
            yield from _unwrapped(other)
