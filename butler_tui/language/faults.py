"""What went wrong with a model, in one sentence that says what to do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator

from butler_tui.core.errors import MODEL_FAILED, REPEATS_ITSELF, ModelError
from butler_tui.language.choice import ModelChoice

_NO_CREDIT = re.compile(r"insufficient_quota|exceeded your current quota|credit|billing", re.I)
_CHATTER = re.compile(r"^(?:litellm\.)?(?:\w+Error|\w+Exception|Timeout)\s*[:-]\s*")
_UNPRINTABLE = re.compile(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069]+")


_UNREADABLE = frozenset({"JSONDecodeError", "UnicodeDecodeError"})


class CallError(ModelError):
    """A failed call.

    `wait`: the seconds that the provider asks to wait, None when it does not; `key`: the key was
    not accepted; `busy`: it was asked too often.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool = False,
        wait: float | None = None,
        key: bool = False,
        busy: bool = False,
        code: str = MODEL_FAILED,
    ) -> None:
        self.wait = wait
        self.busy = busy
        self.key = key
        super().__init__(message, transient=transient, code=code)


def fault_of(
    error: Exception, choice: ModelChoice, key_name: Callable[[], str], secrets: Iterable[str]
) -> CallError:
    """The fault behind whatever LiteLLM, its HTTP client or a time-out raised.

    `key_name` gives the name that the key is kept under, or nothing; it may block. None of the
    `secrets` is quoted.
    """
    error = getattr(error, "original_exception", None) or error
    status = int(getattr(error, "status_code", None) or 0)
    known = _of_prompt(error, status, choice) or _of_account(error, status, choice, key_name)
    if known is not None:
        return known
    if status == 404:
        return CallError(_about_name(choice))
    if not 400 <= status < 500 or status == 408:
        failed = _unreachable(error, choice) or _broken(error, status, choice)
        if failed is not None:
            return failed
    return CallError(
        f"{choice.name} cannot be asked like this: {_detail(error, secrets)}; "
        "check its name and options under [model] in config.toml."
    )


def repeats_itself(choice: ModelChoice) -> CallError:
    """The fault of a model that says the same again and again."""
    return CallError(
        f"{choice.name} kept repeating itself and was stopped: try again, or choose another model.",
        code=REPEATS_ITSELF,
    )


def _of_prompt(error: Exception, status: int, choice: ModelChoice) -> CallError | None:
    """The faults of what was asked, and of whom."""
    kind = type(error).__name__
    if "repeating the same chunk" in str(error):
        return repeats_itself(choice)
    if "LLM Provider NOT provided" in str(error) or kind == "LiteLLMUnknownProvider":
        return CallError(
            f"{choice.name!r} is no model's name: write provider/model, as in openai/gpt-5-mini, "
            "in [model] in config.toml, --model or BUTLER_MODEL."
        )
    if kind == "ContextWindowExceededError" or status == 413:
        return CallError(
            f"The prompt is too long for {choice.name}: give it fewer or shorter inputs, "
            "or choose a model with a larger context."
        )
    if kind == "ContentPolicyViolationError":
        return CallError(
            f"The provider's content filter refused what {choice.name} was asked: reword it, "
            "or choose another model."
        )
    return None


def _of_account(
    error: Exception, status: int, choice: ModelChoice, key_name: Callable[[], str]
) -> CallError | None:
    """The faults of the key, the credit and the quota."""
    name = choice.name
    if status == 401 or "Missing credentials" in str(error):
        return CallError(_about_key(choice, key_name()), key=True)
    if status == 402 or (status == 429 and _NO_CREDIT.search(str(error))):
        return CallError(
            f"There is no credit left for {name}: top up the account, or choose another model."
        )
    if status == 403:
        return CallError(
            f"The key for {choice.host or 'its provider'} may not use {name}: allow it there, "
            "or choose another model."
        )
    if status == 429:
        return too_often(choice, _retry_after(error))
    return None


def too_often(choice: ModelChoice, wait: float | None) -> CallError:
    """The model was asked too often, and wants that many seconds of rest."""
    when = f"in {wait:.0f} s" if wait else "in a while"
    return CallError(
        f"{choice.name} has had too many requests: try again {when}, or choose another model.",
        transient=True,
        wait=wait,
        busy=True,
    )


def _unreachable(error: Exception, choice: ModelChoice) -> CallError | None:
    """The faults of the way to the model, rather than of the model."""
    kinds = {type(one).__name__ for one in _chain(error)}
    if "SSLCertVerificationError" in kinds:
        return CallError(
            f"The certificate of {choice.host or 'the provider'} is not trusted: check the address "
            "and the clock, or name your own authority's file in SSL_CERT_FILE."
        )
    if kinds & {"ConnectError", "ConnectTimeout", "gaierror", "ConnectionRefusedError"}:
        return CallError(_about_reach(choice), transient=True)
    if kinds & {"TimeoutError", "Timeout", "ReadTimeout", "APITimeoutError", "PoolTimeout"}:
        return CallError(
            f"{choice.name} fell silent and was given up: try again, or choose another model.",
            transient=True,
        )
    if kinds & {"ReadError", "WriteError", "RemoteProtocolError", "ConnectionResetError"}:
        return CallError(f"The connection to {choice.name} broke off: try again.", transient=True)
    if "Connection error" in str(error):
        return CallError(_about_reach(choice), transient=True)
    return None


def _broken(error: Exception, status: int, choice: ModelChoice) -> CallError | None:
    """The faults of the server that answers."""
    answered = getattr(error, "response", None) is not None
    if status >= 500 and (answered or type(error).__name__ != "APIConnectionError"):
        return CallError(
            f"The server of {choice.name} fails (status {status}): try again later, "
            "or choose another model.",
            transient=True,
        )
    unreadable = {type(one).__name__ for one in _chain(error)} & _UNREADABLE
    if unreadable or "codec can't decode" in str(error):
        return CallError(f"{choice.name} sent what cannot be read: try again.", transient=True)
    return None


def _about_key(choice: ModelChoice, key_name: str) -> str:
    where = choice.host or "The provider"
    if key_name:
        return (
            f"{where} does not accept the key for {choice.name}: set {key_name} in the "
            f"environment, or keep the right one with `butler secrets set {key_name}`."
        )
    return (
        f"{where} does not accept the key for {choice.name}: "
        "set the provider's variable in the environment."
    )


def _about_name(choice: ModelChoice) -> str:
    where = choice.host or "its provider"
    fetch = ""
    if choice.called.startswith("ollama_chat/"):
        fetch = f", or fetch it with `ollama pull {choice.called.partition('/')[2]}`"
    elif choice.api_base and not choice.api_base.rstrip("/").endswith("/v1"):
        fetch = ", or its api_base (most servers want one that ends in /v1)"
    return (
        f"There is no model {choice.name} at {where}: "
        f"correct the name under [model] in config.toml{fetch}."
    )


def _about_reach(choice: ModelChoice) -> str:
    if choice.host:
        return (
            f"No model server answers at {choice.host}: start it, "
            "or correct api_base under [model] in config.toml."
        )
    if choice.called.startswith("ollama_chat/"):
        return f"Ollama does not answer for {choice.name}: start it with `ollama serve`."
    return f"The provider of {choice.name} cannot be reached: check the network connection."


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came from, nearest first."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _retry_after(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    headers = {**headers, **(getattr(error, "litellm_response_headers", None) or {})}
    try:
        wait = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, wait) if math.isfinite(wait) else None


def _detail(error: Exception, secrets: Iterable[str]) -> str:
    """What the server said: one short line without LiteLLM's words or control characters."""
    said = str(error).partition("\n")[0]
    for secret in secrets:
        said = said.replace(secret, "[secret]")
    while (shorter := _CHATTER.sub("", said)) != said:
        said = shorter
    return _UNPRINTABLE.sub(" ", said).strip(" .")[:200] or type(error).__name__
