"""Explain why a request to the store failed, and what to do about it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import HTTPError

from core.network.failures import NO_TLS, NOT_HTTP
from core.network.http import explain_request
from core.store_settings import BUCKET_RULE

ANY_FAILURE = (MinioException, HTTPError, ParseError, ValueError)
"""What minio-py raises; ValueError and ParseError for an answer that is not S3's."""

_MAX_SKEW_SECONDS = 900
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html: RequestTimeTooSkewed."""

_NO_S3 = (
    "what answers there is no S3 API; MinIO's has port 9000 unless it was changed, and 9001 is "
    "its console"
)
_USE_TLS = "it speaks TLS on this port; set MINIO_SECURE=true"
_NEW_KEYS = (
    "the temporary keys have expired; set new ones: MINIO_ACCESS_KEY, MINIO_SECRET_KEY and "
    "MINIO_SESSION_TOKEN"
)
_OTHER_KEYS = (
    "it refused the session token; set MINIO_SESSION_TOKEN to the one of these keys, or unset it"
)
_WRONG_REGION = "the bucket is in another region; set MINIO_REGION{region}"
_BUSY = "it is busy or not ready yet ({code})"
_REASONS = {
    "InvalidAccessKeyId": "the access key is unknown to it; check MINIO_ACCESS_KEY",
    "SignatureDoesNotMatch": "the secret key is not the access key's; check MINIO_SECRET_KEY",
    "ExpiredToken": _NEW_KEYS,
    "ExpiredTokenException": _NEW_KEYS,
    "TokenRefreshRequired": _NEW_KEYS,
    "InvalidToken": _OTHER_KEYS,
    "InvalidTokenId": _OTHER_KEYS,
    "AuthorizationHeaderMalformed": _WRONG_REGION,
    "IllegalLocationConstraintException": _WRONG_REGION,
    "InvalidRegion": _WRONG_REGION,
    "PermanentRedirect": _WRONG_REGION,
    "Redirect": _WRONG_REGION,
    "TemporaryRedirect": _WRONG_REGION,
    "InvalidBucketName": f"MINIO_BUCKET {BUCKET_RULE}",
    "NoSuchBucket": "the bucket is missing (NoSuchBucket); the next request creates it",
    "BucketAlreadyExists": "the bucket of MINIO_BUCKET belongs to somebody else; choose another",
    "TooManyBuckets": "it has as many buckets as it may; create the bucket, or delete another",
    "InternalError": _BUSY,
    "RequestTimeout": _BUSY,
    "ServiceUnavailable": _BUSY,
    "SlowDown": _BUSY,
    "SlowDownRead": _BUSY,
    "SlowDownWrite": _BUSY,
    "TooManyRequests": _BUSY,
    "XMinioServerNotInitialized": _BUSY,
}
_DENIED = ("AccessDenied", "AllAccessDisabled", "AccountProblem")
_STATUSES = {
    401: "a proxy or gateway before it requires a login (HTTP 401)",
    407: "a proxy before it requires a user and password (HTTP 407)",
    413: "a gateway before it refuses bodies of this size (HTTP 413); raise its limit, of an nginx "
    "ingress proxy-body-size",
}


def explain(error: Exception, url: str, right: str) -> str:
    """Return the reason of a failed request, which needed a right such as ``s3:PutObject``."""
    if isinstance(error, S3Error):
        return _explain_answer(error, right)
    if isinstance(error, InvalidResponseError):
        return _explain_foreign(error)
    if isinstance(error, ServerError):
        return _explain_status(error.status_code)
    if isinstance(error, HTTPError):
        return _explain_connection(error, url)
    return _NO_S3


def _explain_answer(error: S3Error, right: str) -> str:
    code = error.code or "no code"
    headers: Mapping[str, str] = error.response.headers
    skew = clock_skew(headers, datetime.now(UTC))
    if code == "RequestTimeTooSkewed" or (code in _DENIED and abs(skew) > _MAX_SKEW_SECONDS):
        return describe_skew(skew, datetime.now(UTC))
    if code in _DENIED:
        return (
            f"the key lacks the right {_needed(error, right)}; docs/settings.md lists "
            "all that are needed"
        )
    region = headers.get("x-amz-bucket-region")
    reason = _REASONS.get(code, "it answered {code}")
    return reason.format(code=code, region=f"={region}" if region else "")


def _needed(error: S3Error, right: str) -> str:
    # minio-py asks for the bucket's region first, if MINIO_REGION is unset.
    if "?location" in (error.response.url or ""):
        return "s3:GetBucketLocation (or set MINIO_REGION)"
    return right


def clock_skew(headers: Mapping[str, str], now: datetime) -> float:
    """Return how many seconds ``now`` is ahead of the store's clock; 0 if that is unknown."""
    try:
        return (now - parsedate_to_datetime(headers["Date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return 0.0


def describe_skew(skew: float, now: datetime) -> str:
    """Return whose clock differs from whose, and by how much."""
    if not skew:
        return "the clocks of this machine and of the store differ; set both, such as by NTP"
    minutes = round(abs(skew) / 60)
    amount = f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
    direction = "ahead of" if skew > 0 else "behind"
    return (
        f"the clock of this machine is {amount} {direction} the store's: here it is "
        f"{now:%Y-%m-%d %H:%M} UTC. Set the wrong one, such as by NTP; up to 15 min are accepted"
    )


def _explain_foreign(error: InvalidResponseError) -> str:
    # The exception has no public attribute for them.
    status, body = error._code, error._body or ""
    if status == 400 and "HTTPS" in body:
        return _USE_TLS
    return _explain_status(status)


def _explain_status(status: int) -> str:
    if status in (502, 503, 504):
        return f"a gateway before it does not reach it (HTTP {status})"
    return _STATUSES.get(status, f"{_NO_S3} (HTTP {status})")


def _explain_connection(error: HTTPError, url: str) -> str:
    reason = explain_request(error, url)
    if reason == NO_TLS:
        return f"{reason}; set MINIO_SECURE=false, or the port with TLS"
    return _NO_S3 if reason == NOT_HTTP else reason
