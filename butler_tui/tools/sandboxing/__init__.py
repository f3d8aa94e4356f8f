"""What runs inside the sandbox, before the hostile program does: the standard library alone.

The modules here are started by a Python that has nothing else (`-I -S`), so they import each other
by relative names, and nothing of Butler.
"""
