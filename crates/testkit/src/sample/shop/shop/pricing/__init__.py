"""What things cost."""

from .discount import apply_discount
from .total import VAT_PERCENT, calculate_total

__all__ = ["VAT_PERCENT", "apply_discount", "calculate_total"]
