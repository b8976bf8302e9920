"""Discounts, in percent."""

from functools import lru_cache

from . import total as totals


def apply_discount(prices, percent):
    """The total after a discount.

    >>> apply_discount([1000], 10)
    1071
    """
    return totals.calculate_total(prices) * (100 - percent) // 100


@lru_cache(maxsize=None)
def _cached(prices):
    return totals.calculate_total(prices)


# A wrapper under the name of what it wraps: a symbol of its own.
calculate_total = _cached
