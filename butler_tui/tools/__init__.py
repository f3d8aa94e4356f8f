"""The tools: one file per family, each found through the entry points `butler.tools`."""
