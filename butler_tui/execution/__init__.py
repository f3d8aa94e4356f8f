"""Carrying out a plan: the executor drives a run, the gate asks, the runner makes one call."""
