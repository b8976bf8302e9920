"""A small shop."""

from .cart import Cart
from .pricing import apply_discount, calculate_total

__all__ = ["Cart", "apply_discount", "calculate_total"]
