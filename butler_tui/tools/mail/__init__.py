"""Mail: send_mail, search_mail, read_mail, draft_mail."""

from butler_tui.tools.mail.sending import send_mail

__all__ = ["send_mail"]
