"""Contacts: in a folder of .vcf files or on a CardDAV server."""

from butler_tui.tools.contacts.finding import find_contact

__all__ = ["find_contact"]
