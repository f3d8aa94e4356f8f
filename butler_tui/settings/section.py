"""What a section of config.toml is, and the kinds of values that sections hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _expanded(value: Any) -> Any:  # noqa: ANN401  (what TOML holds)
    if not isinstance(value, str):
        return value
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{value} leads to the home of somebody who is not here") from error


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value} is no origin; write it like http://127.0.0.1:8080")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{value} is more than an origin; leave out all but scheme, host and port")
    return f"{parts.scheme}://{parts.netloc}".lower()


Folder = Annotated[Path, BeforeValidator(_expanded), Field(strict=False)]
Origin = Annotated[str, AfterValidator(_origin)]
Text = Annotated[str, Field(min_length=1)]
Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _destination(value: str) -> str:
    """`api.github.com` is `https://api.github.com`; any other origin is written out."""
    return _origin(value if "://" in value else f"https://{value}")


Destination = Annotated[str, AfterValidator(_destination)]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Command = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Section(BaseModel):
    """A table of config.toml: types are exact, and nothing unknown is passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
