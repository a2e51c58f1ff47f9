"""Explain errors of the hub: one sentence per cause, with what to do."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from core.errors import first_line
from core.network import failures
from worker.pipeline.pipeline_class import INDEX_FILE

_BUSY = (429, 500, 502, 503, 504)
_SECRET = re.compile(r"https?://\S+|\bhf_\w+")
"""Addresses, of which those of files are signed, and tokens."""


def is_busy(error: BaseException) -> bool:
    """Return whether the hub answered that it is busy or limits requests."""
    return _status(error) in _BUSY


def explain(error: BaseException, repo: str, *, token_sent: bool) -> str:
    """Return the sentence for an error while the files of a repository were fetched."""
    causes = list(_causes(error))
    if any(isinstance(each, GatedRepoError) for each in causes):
        return _gated(repo, token_sent)
    if any(isinstance(each, RevisionNotFoundError) for each in causes):
        return f"The model {repo} has no such revision on the hub. Check MODEL_ID after its @."
    if _status(error) == 401 and token_sent:
        return f"The hub refused the token for {repo}. Check HF_TOKEN; it may have expired."
    if _status(error) == 403:
        return (
            f"The token in HF_TOKEN may not read {repo}. Give it read access on the hub, "
            "or use another."
        )
    if any(isinstance(each, RepositoryNotFoundError | HFValidationError) for each in causes):
        return _not_found(repo, token_sent)
    return _unreachable(error, repo)


def _gated(repo: str, token_sent: bool) -> str:
    page = f"https://huggingface.co/{repo}"
    if token_sent:
        return (
            f"The model {repo} is gated, and the account of HF_TOKEN has no access to it. "
            f"Accept its licence at {page}."
        )
    return f"The model {repo} is gated. Accept its licence at {page}, then set HF_TOKEN."


def _not_found(repo: str, token_sent: bool) -> str:
    hint = "" if token_sent else " If it is private, set HF_TOKEN."
    return (
        f"There is no folder {repo}, and the hub has no model of that name. Check MODEL_ID.{hint}"
    )


def _unreachable(error: BaseException, repo: str) -> str:
    http_error, status = _http_error(error), _status(error)
    if status in _BUSY:
        reason = "limits the requests" if status == 429 else "is busy"
        return (
            f"The hub {reason} (HTTP {status}) and did so on each retry, so {repo} cannot be "
            "downloaded now. The jobs wait; the worker tries again when it is restarted."
        )
    if any(isinstance(each, EntryNotFoundError) for each in _causes(error)) and status == 404:
        return _without_file(http_error, repo)
    if http_error:
        return f"The hub answered HTTP {status} for {repo}: {_reason(http_error)}"
    known = failures.explain_known(error)
    return (
        f"The hub cannot be reached, and {repo} is not in the cache. Check the network and "
        "HF_HUB_OFFLINE, or set MODEL_ID to a folder. "
        f"({known or _reason(list(_causes(error))[-1])})"
    )


def _without_file(error: HfHubHTTPError | None, repo: str) -> str:
    file = PurePosixPath(error.response.url.path).name if error else ""
    meaning = ": it is no diffusers pipeline." if file == INDEX_FILE else ". Check MODEL_ID."
    return f"The model {repo} on the hub has no {file}{meaning}"


def _status(error: BaseException) -> int | None:
    http_error = _http_error(error)
    return http_error.response.status_code if http_error else None


def _http_error(error: BaseException) -> HfHubHTTPError | None:
    return next((each for each in _causes(error) if isinstance(each, HfHubHTTPError)), None)


def _reason(error: Exception) -> str:
    return _SECRET.sub("…", first_line(error))


def _causes(error: BaseException) -> Iterator[Exception]:
    current: BaseException | None = error
    while isinstance(current, Exception):
        yield current
        current = current.__cause__ or current.__context__
