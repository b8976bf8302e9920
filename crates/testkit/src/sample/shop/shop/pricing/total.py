"""Totals, in cents."""

VAT_PERCENT = 19


def calculate_total(prices, vat=VAT_PERCENT):
    """The sum of the prices with value added tax.

    >>> calculate_total([100, 200])
    357
    >>> calculate_total([100], vat=0)
    100
    """
    net = sum(prices)
    return net + net * vat // 100
