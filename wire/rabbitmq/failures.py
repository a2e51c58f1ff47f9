"""Explain pika's exceptions to users, without passwords."""

from core.network import failures

_MEANINGS = {
    "ProbableAuthenticationError": "it refused the user and password of RABBITMQ_URL; if the "
    "password has a % of its own, write it as %25",
    "AuthenticationError": "it refused the user and password of RABBITMQ_URL; if the password has "
    "a % of its own, write it as %25",
    "ProbableAccessDeniedError": "the virtual host of RABBITMQ_URL is missing or not for this user",
    "IncompatibleProtocolError": "the port of RABBITMQ_URL is not an AMQP port, or it is one for "
    "amqps:// (usually 5671)",
    "AMQPHeartbeatTimeout": "it missed its heartbeats",
}
_REMEDIES = {
    "ACCESS_REFUSED - access to": "; give this user the permissions configure, write and read "
    "on the virtual host",
    "NOT_ALLOWED - access to vhost": "; give this user permissions on it",
    "RESOURCE_LOCKED": "; another program has it for itself",
}


def explain(error: BaseException) -> str:
    """Describe an error by the first exception in its chain that has a known meaning."""
    for cause in failures.causes(error):
        if reply := getattr(cause, "reply_text", None):
            return f"it answered “{reply}”{_remedy(reply)}"
        for base in type(cause).__mro__:
            if base.__name__ in _MEANINGS:
                return _MEANINGS[base.__name__]
    reason = failures.explain(error)
    if reason == failures.NO_TLS:
        return f"{reason}; use amqp://, or the port for amqps:// (usually 5671)"
    return reason


def _remedy(reply: str) -> str:
    return next((text for start, text in _REMEDIES.items() if reply.startswith(start)), "")
