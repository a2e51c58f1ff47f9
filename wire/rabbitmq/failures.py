"""Explain pika's exceptions to users, without passwords."""

from collections.abc import Iterator

_MEANINGS = {
    "ProbableAuthenticationError": "it refused the user and password of RABBITMQ_URL",
    "AuthenticationError": "it refused the user and password of RABBITMQ_URL",
    "ProbableAccessDeniedError": "the virtual host of RABBITMQ_URL is missing or not for this user",
    "IncompatibleProtocolError": "the port of RABBITMQ_URL is not an AMQP port",
    "AMQPHeartbeatTimeout": "it missed its heartbeats",
    "SSLError": "the TLS handshake failed",
    "gaierror": "its name is unknown",
    "ConnectionRefusedError": "nothing listens there",
    "TimeoutError": "it does not answer",
}


def explain(error: BaseException) -> str:
    """Describe an error by the first exception in its chain that has a known meaning."""
    for cause in _causes(error):
        if reply := getattr(cause, "reply_text", None):
            return f"it answered “{reply}”"
        for base in type(cause).__mro__:
            if base.__name__ in _MEANINGS:
                return _MEANINGS[base.__name__]
    return "the connection was lost"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and the exceptions that pika wrapped in it."""
    yield error
    wrapped = [*getattr(error, "exceptions", ()), getattr(error, "exception", None), *error.args]
    for cause in wrapped:
        if isinstance(cause, BaseException):
            yield from _causes(cause)
