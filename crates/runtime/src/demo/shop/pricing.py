"""What things cost."""

VAT = 0.19


def calculate_total(prices, vat=VAT):
    """Add up prices and add the tax.

    >>> calculate_total([100.0], vat=0.5)
    150.0
    """
    return sum(prices) * (1 + vat)
