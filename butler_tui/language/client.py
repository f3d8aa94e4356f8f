"""The way to language models: one streamed call through LiteLLM, its text as it arrives."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

from butler_tui.core.budget import Amount
from butler_tui.core.errors import ModelError, SettingsError
from butler_tui.core.events import ModelCalled
from butler_tui.core.ports import Message, Role
from butler_tui.core.resting import Resting
from butler_tui.language.answer import Answer, ToolUse
from butler_tui.language.choice import ModelChoice
from butler_tui.language.faults import CallError, fault_of, too_often
from butler_tui.language.keys import FindSecret, key_arguments, known_key_name, secrets_sent
from butler_tui.language.library import close_connections, library, preload
from butler_tui.language.usage import (
    Tokens,
    cost_of,
    expected,
    model_called,
    tokens_estimated,
    tokens_reported,
)
from butler_tui.settings import KNOWN

_LONGEST_WAIT = 30.0
"""A provider that asks for more seconds than this is not waited for."""

_PATIENCE = 60.0
"""After this many seconds a call that failed is not tried again."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, without any token, and before each new try of a call that failed."""

    connect: float = 10.0
    silence: float = 120.0
    tries: tuple[float, ...] = (0.5, 2.0)


class LiteLlmModel:
    """The `Model` port over LiteLLM, with a choice of model per role.

    With `private`, prompts that hold what is private go to that model alone. Keys are taken from
    the provider's usual variable, else from `find_secret`; `language.keys` says which goes where.
    A model that was asked too often is left alone by every call until it may be asked again.
    """

    def __init__(
        self,
        roles: Mapping[Role, ModelChoice],
        find_secret: FindSecret,
        *,
        private: ModelChoice | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._roles = dict(roles)
        self._find_secret = find_secret
        self._private = private
        self._timeouts = timeouts or Timeouts()
        self._resting = Resting()
        self._access: dict[tuple[str, str | None], dict[str, Any]] = {}

    def name(self, role: Role) -> str | None:
        """The model that plays the role; None when none is set up."""
        choice = self._roles.get(role)
        return choice.name if choice else None

    def preload(self) -> None:
        """Start loading LiteLLM in a thread, if any model is set up; returns at once."""
        if self._roles:
            preload()

    async def close(self) -> None:
        """Close connections that are kept for the next call."""
        await close_connections()

    async def estimate(self, role: Role, messages: Sequence[Message], private: bool) -> Amount:
        """What the call will use, roughly. Raises ModelError when no model plays the role."""
        choice = self._choice(role, private)
        await library()
        return expected(choice, [{"content": message.content} for message in messages])

    async def price(self, role: Role, into: int, out: int) -> float | None:
        """What so many tokens cost in dollars; None without a model or a known price."""
        choice = self._roles.get(role)
        if choice is None:
            return None
        await library()
        return cost_of(choice, Tokens(into, out))

    def stream(
        self, role: Role, messages: Sequence[Message], *, private: bool = False
    ) -> AsyncGenerator[str | ModelCalled, None]:
        """The answer's text in chunks as it arrives, then what the call cost.

        A call that fails before its first text is tried again, at most twice, if that may help.
        Raises ModelError, after the cost where there was one. Closing the iterator, or cancelling
        whoever waits for it, closes the connection at once.
        """
        plain = [{"role": message.role, "content": message.content} for message in messages]
        # with no tools on offer no tool call comes back
        return cast(AsyncGenerator[str | ModelCalled, None], self._call(role, plain, (), private))

    def converse(
        self,
        role: Role,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        *,
        private: bool = False,
    ) -> AsyncGenerator[str | ToolUse | ModelCalled, None]:
        """As `stream`, with tools on offer: messages and tools are in OpenAI's shape.

        Tool calls come after the text and before the cost, and only from an answer that came to
        its end.
        """
        return self._call(role, messages, tools, private)

    def _choice(self, role: Role, private: bool) -> ModelChoice:
        choice = (self._private if private else None) or self._roles.get(role)
        if choice is None:
            raise ModelError(
                f"No model is set up as {role}: name one under [model] in config.toml, "
                "or run `butler setup`."
            )
        return choice

    async def _call(
        self,
        role: Role,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
        private: bool,
    ) -> AsyncGenerator[str | ToolUse | ModelCalled, None]:
        started = time.monotonic()
        choice = self._choice(role, private)
        arguments = await self._arguments(choice, messages, tools)
        shown = KNOWN.stream()
        answer = Answer(choice, offered=bool(tools))
        problem: CallError | None = None
        try:
            async with aclosing(self._texts(choice, arguments, answer)) as texts:
                async for text in texts:
                    if safe := shown.take(text):
                        yield safe
            problem = answer.problem()
        except CallError as fault:
            problem = fault
        if rest := shown.rest():
            yield rest
        for use in answer.uses() if problem is None else ():
            yield _without_secrets(use)
        if answer.ended or answer.begun:
            tokens = (
                tokens_reported(answer.usage)
                if answer.usage
                else await tokens_estimated(choice, messages, answer.all_text)
            )
            yield model_called(role, choice, tokens, time.monotonic() - started)
        if problem is not None:
            raise ModelError(
                KNOWN.text(str(problem)), transient=problem.transient, code=problem.code
            )

    async def _texts(
        self, choice: ModelChoice, arguments: Mapping[str, Any], answer: Answer
    ) -> AsyncGenerator[str, None]:
        """The answer's text; a try that brings nothing is followed by another. Raises CallError."""
        started = time.monotonic()
        for pause in (*self._timeouts.tries, None):
            await self._rested(choice)
            try:
                async with aclosing(self._chunks(choice, arguments, answer)) as chunks:
                    async for chunk in chunks:
                        if text := answer.take(chunk):
                            yield text
            except CallError as fault:
                tired = time.monotonic() - started > _PATIENCE
                wait = self._wait(choice, fault, pause or 0.0)
                if pause is None or tired or not _may_retry(fault, answer):
                    raise
                await asyncio.sleep(wait)
                continue
            self._resting.answered(_who(choice))
            if rest := answer.rest():
                yield rest
            return

    async def _rested(self, choice: ModelChoice) -> None:
        """Wait while the model is to be left alone. Raises CallError when that is too long."""
        while left := self._resting.left(_who(choice), time.monotonic()):
            if left > _LONGEST_WAIT:
                raise too_often(choice, left)
            await asyncio.sleep(left)

    def _wait(self, choice: ModelChoice, fault: CallError, pause: float) -> float:
        """Seconds before a call that failed so is tried again."""
        if not fault.busy:
            return pause
        now = time.monotonic()
        return self._resting.told(_who(choice), now, fault.wait, random.random())  # noqa: S311

    async def _arguments(
        self,
        choice: ModelChoice,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:
        await library()
        options = choice.checked_options()
        of = (choice.name, choice.api_base)
        if of not in self._access:
            self._access[of] = await asyncio.to_thread(self._key_arguments, choice)
        offered = {"tools": list(tools)} if tools else {}
        return {
            **options,
            **offered,
            **self._access[of],
            "model": choice.called,
            "messages": KNOWN.value(list(messages)),
            "stream": True,
            "stream_options": {"include_usage": True},
            "drop_params": True,
            "max_retries": 0,  # a try that Butler does not see is paid for all the same
            "num_retries": 0,
        }

    def _key_arguments(self, choice: ModelChoice) -> dict[str, Any]:
        try:
            found = key_arguments(choice, self._find_secret)
        except SettingsError as error:  # the key is there, but locked
            raise ModelError(str(error)) from error
        for secret in secrets_sent(found):
            KNOWN.learn("", secret)
        return found

    async def _chunks(
        self, choice: ModelChoice, arguments: Mapping[str, Any], answer: Answer
    ) -> AsyncGenerator[Any, None]:
        """What one try of the call streams, noting whether it came to its end.

        Raises CallError.
        """
        import httpx

        litellm = await library()
        seconds = self._timeouts
        response: Any = None
        try:
            async with asyncio.timeout(seconds.connect + seconds.silence):
                limits = httpx.Timeout(seconds.silence, connect=seconds.connect)
                response = await litellm.acompletion(**arguments, timeout=limits)
            while True:
                async with asyncio.timeout(seconds.silence):
                    chunk = await anext(response, None)
                if chunk is None:
                    # LiteLLM ends a stream that was cut off as if all were said
                    answer.ended = bool(response.received_finish_reason)
                    return
                yield chunk
        except Exception as error:  # noqa: BLE001  (LiteLLM raises whatever a provider's code does)
            fault = await self._fault(error, choice, arguments)
            raise fault from None  # its text may quote the key
        finally:
            if response is not None:
                await response.aclose()

    async def _fault(
        self, error: Exception, choice: ModelChoice, arguments: Mapping[str, Any]
    ) -> CallError:
        def key_name() -> str:
            return known_key_name(choice, self._find_secret)

        def explain() -> CallError:
            return fault_of(error, choice, key_name, secrets_sent(arguments))

        fault = await asyncio.to_thread(explain)
        if fault.key:
            self._access.pop((choice.name, choice.api_base), None)
        return fault


def _who(choice: ModelChoice) -> str:
    """Whom a provider counts: this model, there."""
    return f"{choice.name} {choice.host}"


def _without_secrets(use: ToolUse) -> ToolUse:
    return replace(use, arguments=KNOWN.value(use.arguments), text=KNOWN.text(use.text))


def _may_retry(fault: CallError, answer: Answer) -> bool:
    return fault.transient and not answer.begun and (fault.wait or 0.0) <= _LONGEST_WAIT
