"""The words everybody speaks: pure, no I/O, imports nothing else of ours."""
