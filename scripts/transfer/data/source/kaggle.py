"""Download from Kaggle's competitions and datasets with Kaggle's client.

The client is kagglesdk, the part of the `kaggle` package that communicates with the server. `import
kaggle` itself is avoided: it signs in, prints advice and may exit on import, and its download
ignores KAGGLE_API_ENVIRONMENT. Messages never quote the client's exceptions, which may contain
signed URLs.
"""

import json
import os
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from transfer.data.source.files import SourceFile
from transfer.data.source.transfers import (
    TIMEOUT,
    Open,
    RetryableError,
    TransferError,
    range_headers,
)
from transfer.errors import UserError

SETTINGS = "https://www.kaggle.com/settings"


class NoCredentialsError(UserError):
    """No Kaggle credentials were found."""


def page(file: SourceFile) -> str:
    """The web page of a competition or dataset."""
    kind = "competitions" if file.kind == "kaggle_competition" else "datasets"
    return f"https://www.kaggle.com/{kind}/{file.slug}"


class _Adapter(HTTPAdapter):
    """Add a timeout to Kaggle's client, which would wait forever."""

    def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]
        options["timeout"] = options.get("timeout") or TIMEOUT
        return super().send(request, **options)


def _configuration_folders() -> list[Path]:
    home = Path.home()
    folders = [os.environ.get("KAGGLE_CONFIG_DIR"), home / ".kaggle"]
    folders.append(Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "kaggle")
    return [Path(folder) for folder in folders if folder]


def _legacy_key() -> tuple[str, str] | None:
    """User name and key from the environment or a kaggle.json, as read by Kaggle's tools."""
    user, key = os.environ.get("KAGGLE_USERNAME"), os.environ.get("KAGGLE_KEY")
    if user and key:
        return user, key
    for folder in _configuration_folders():
        try:
            stored = json.loads((folder / "kaggle.json").read_text(encoding="utf-8"))
            return str(stored["username"]), str(stored["key"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _client(file: SourceFile, path: Path) -> Any:
    """Kaggle's client with the user's credentials; raises NoCredentialsError if there are none."""
    from kagglesdk.kaggle_client import KaggleClient
    from kagglesdk.kaggle_creds import KaggleCredentials
    from kagglesdk.kaggle_env import get_access_token_from_env

    token, _ = get_access_token_from_env()
    if token:
        return KaggleClient(api_token=token)
    key = _legacy_key()
    if key:
        return KaggleClient(username=key[0], password=key[1])
    stored = KaggleCredentials.load(KaggleClient())
    if stored and (token := stored.get_access_token()):
        return KaggleClient(api_token=token)
    raise NoCredentialsError(
        f"{path.name}: Kaggle requires credentials, and none were found. "
        f"Create a token at {SETTINGS} and set KAGGLE_API_TOKEN (or KAGGLE_USERNAME and "
        "KAGGLE_KEY, or ~/.kaggle/kaggle.json); or download the file by hand from "
        f"{page(file)} and place it as {path}."
    )


def _ask(file: SourceFile, path: Path) -> requests.Response:
    """Kaggle's streamed response to a request for the whole archive."""
    from kagglesdk.competitions.types.competition_api_service import ApiDownloadDataFilesRequest
    from kagglesdk.datasets.types.dataset_api_service import ApiDownloadDatasetRequest

    with _client(file, path) as client:
        session = client.http_client()._session
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter())
        if file.kind == "kaggle_competition":
            request = ApiDownloadDataFilesRequest()
            request.competition_name = file.slug
            return client.competitions.competition_api_client.download_data_files(request)
        dataset = ApiDownloadDatasetRequest()
        dataset.owner_slug, dataset.dataset_slug = file.slug.split("/")
        return client.datasets.dataset_api_client.download_dataset(dataset)


def _status(error: requests.HTTPError) -> int:
    """The status of an error, which Kaggle may report inside a response of status 200."""
    response = error.response
    if response is None or response.status_code >= 400:
        return response.status_code if response is not None else 0
    try:
        return int(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return response.status_code


def _explain(status: int, file: SourceFile, path: Path) -> Exception:
    if status == 401:
        return UserError(
            f"{path.name}: Kaggle rejects the credentials (HTTP 401): they are mistyped or "
            f"have expired. Create a new token at {SETTINGS}."
        )
    if status == 403 and file.kind == "kaggle_competition":
        return UserError(
            f"{path.name}: Kaggle refuses (HTTP 403) until you have accepted the competition's "
            f"rules: open {page(file)}/rules in a browser, sign in, accept, and run this again."
        )
    if status == 403:
        return UserError(
            f"{path.name}: Kaggle refuses (HTTP 403): open {page(file)}, sign in, check whether "
            "the page asks for consent or is private, and run this again; or download the file "
            f"there and place it as {path}."
        )
    if status == 404:
        return UserError(
            f"{path.name}: not found at {page(file)} (HTTP 404): it was moved or withdrawn. If "
            f"you find it elsewhere, place it as {path}."
        )
    if status == 429 or status >= 500:
        return RetryableError(f"Kaggle returned HTTP {status}")
    return TransferError(f"Kaggle returned HTTP {status}")


def opener(file: SourceFile, path: Path) -> Open:
    """A function that opens a Kaggle archive at an offset; each call requests a new URL.

    The function raises UserError, naming the remedy, if credentials are missing or rejected, rules
    are not accepted, or the archive is gone.
    """

    def open_at(offset: int, validator: str | None) -> requests.Response:
        try:
            response = _ask(file, path)
        except (UserError, requests.ConnectionError, requests.Timeout):
            raise
        except requests.HTTPError as error:
            if error.response is not None and error.response.history:
                raise RetryableError(
                    f"Kaggle's storage returned HTTP {error.response.status_code}"
                ) from None
            raise _explain(_status(error), file, path) from None
        except Exception as error:
            # Any other exception of the client may quote a key or a signed URL.
            raise TransferError(f"Kaggle's client failed ({type(error).__name__})") from None
        if not offset:
            return response
        request = response.request.copy()
        response.close()
        request.headers.update(range_headers(offset, validator))
        with requests.Session() as session:
            settings = session.merge_environment_settings(request.url, {}, True, None, None)
            return session.send(request, timeout=TIMEOUT, **settings)

    return open_at
