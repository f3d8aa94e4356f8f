"""The terminal's screens: goal, plan, approvals and history. Textual is imported here alone."""
