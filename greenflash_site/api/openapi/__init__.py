"""The OpenAPI document: `document.py` makes it, `view.py` serves it."""
