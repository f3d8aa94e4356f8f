"""`butler mail` and its commands, with their options; the work is done in `mail.py`."""

from __future__ import annotations

from typing import Annotated

import typer

mail = typer.Typer(
    rich_markup_mode=None,
    help="Set up your mail account, and try it.",
)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="As in ada@example.org.")]
Where = Annotated[
    str | None, typer.Option(metavar="HOST[:PORT]", help="For an address of no known provider.")
]


@mail.command("setup")
def mail_setup(
    address: Address = "",
    provider: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose servers, for a domain of your own: gmail, ..."),
    ] = None,
    smtp: Where = None,
    imap: Where = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="How you are called in what you send.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who logs in, if not the address.")
    ] = None,
    ca_file: Annotated[
        str | None, typer.Option(metavar="PATH", help="Certificates to trust besides the system's.")
    ] = None,
    security: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="tls, starttls or plain, for --smtp and --imap."),
    ] = None,
) -> int:
    """Name your address and its servers, keep its password, and prove both by logging in.

    What is not given and no preset knows is asked. Off a terminal the password comes from
    MAIL_PASSWORD or standard input. Nothing is kept unless both servers take the login.
    """
    from butler_tui.cli.mail import Wanted, set_up

    return set_up(Wanted(address, provider, smtp, imap, name, user, ca_file, security))


@mail.command("test")
def mail_test() -> int:
    """Log in to both servers, as the settings say; nothing is sent or read."""
    from butler_tui.cli.mail import prove

    return prove()
