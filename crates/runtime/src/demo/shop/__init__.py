"""A small shop."""

from .cart import Cart
from .pricing import calculate_total

__all__ = ["Cart", "calculate_total"]
