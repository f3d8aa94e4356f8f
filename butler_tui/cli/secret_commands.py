"""`butler secrets` and its commands, with their options; the work is done in `secrets.py`."""

from __future__ import annotations

from typing import Annotated

import typer

secrets = typer.Typer(
    rich_markup_mode=None,
    help="Keep the keys that tools and models need in the keyring or the vault.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")]
Secret = Annotated[str, typer.Argument(metavar="NAME", help="As in OPENAI_API_KEY.")]
InVault = Annotated[
    bool, typer.Option("--vault", help="In an encrypted file, even where there is a keyring.")
]


@secrets.command("set")
def secrets_set(name: Secret, vault: InVault = False) -> int:
    """Keep a secret; its value is asked for, or read from standard input."""
    from butler_tui.cli.secrets import set_secret

    return set_secret(name, vault=vault)


@secrets.command("list")
def secrets_list(as_json: Json = False) -> int:
    """List the names of kept secrets and where each is, never their values."""
    from butler_tui.cli.secrets import show_secrets

    return show_secrets(as_json=as_json)


@secrets.command("remove")
def secrets_remove(name: Secret) -> int:
    """Remove a secret from where it is kept."""
    from butler_tui.cli.secrets import forget_secret

    return forget_secret(name)


@secrets.command("vault")
def secrets_vault() -> int:
    """Make the vault, an encrypted file for secrets, or give it a new passphrase."""
    from butler_tui.cli.vault import change_passphrase

    return change_passphrase()
