"""Mail: send_mail, search_mail, read_mail, draft_mail."""

from butler_tui.tools.mail.drafting import draft_mail
from butler_tui.tools.mail.finding import read_mail, search_mail
from butler_tui.tools.mail.sending import send_mail

__all__ = ["draft_mail", "read_mail", "search_mail", "send_mail"]
