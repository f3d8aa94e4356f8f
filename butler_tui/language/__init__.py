"""Language models: the one way to them, what Butler has them write, and what they cost.

Importing this package loads no model library; that happens in a thread when a model is first
needed, or when `LiteLlmModel.preload` is called.
"""
