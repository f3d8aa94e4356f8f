"""What reaches people and services: send_webhook."""

from butler_tui.tools.messages.webhooks import send_webhook

__all__ = ["send_webhook"]
