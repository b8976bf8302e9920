import unittest

import shop
from shop import Cart, reports
from shop.pricing import calculate_total


class ShopTest(unittest.TestCase):
    def test_a_cart_adds_the_tax(self):
        cart = Cart()
        cart.add(100.0)
        self.assertAlmostEqual(cart.total(), calculate_total([100.0]))
        self.assertAlmostEqual(shop.calculate_total([1.0], vat=0.0), 1.0)

    def test_a_report_has_a_line_for_each_order(self):
        report = reports.monthly({"a": [1.0], "b": [2.0]})
        self.assertEqual(len(report.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
