"""What reaches people and services: notify, send_message and send_webhook."""

from butler_tui.tools.messages.notifying import notify
from butler_tui.tools.messages.sending_messages import send_message
from butler_tui.tools.messages.webhooks import send_webhook

__all__ = ["notify", "send_message", "send_webhook"]
