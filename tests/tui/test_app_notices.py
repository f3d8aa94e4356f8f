"""The app tells whoever looks elsewhere, through its driver."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from butler_tui.butler.notices import Notices
from butler_tui.settings.messages import NoticeSettings
from butler_tui.tui.app import ButlerApp


def _never() -> AbstractAsyncContextManager[Any]:
    raise RuntimeError("not opened here")


async def test_a_notice_goes_through_the_driver_and_only_when_nobody_looks(monkeypatch) -> None:
    app = ButlerApp(_never)
    monkeypatch.setattr(app, "_open", lambda: None)
    async with app.run_test():
        notices = app.notices = Notices(NoticeSettings(), {"TERM": "xterm"})
        notices.terminal = app.write_notice
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        app.app_focus = True
        app.tell_away("A run waits for you.")
        await app.workers.wait_for_complete()
        assert not any("]9;" in one for one in written)
        app.app_focus = False
        app.tell_away("A run waits for you.")
        await app.workers.wait_for_complete()
        assert "\x1b]9;Butler: A run waits for you.\x1b\\\a" in written
    before = len(written)
    app.write_notice("x")
    assert len(written) == before
