"""The command line of the shop."""

import sys

from shop import pricing

HANDLERS = {"total": "calculate_total", "discount": "apply_discount"}


def main(arguments):
    name, *numbers = arguments
    handler = getattr(pricing, HANDLERS[name])
    prices = [int(number) for number in numbers]
    print(handler(prices) if name == "total" else handler(prices, 10))


if __name__ == "__main__":
    main(sys.argv[1:])
