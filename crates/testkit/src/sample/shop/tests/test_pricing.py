import contextlib
import doctest
import io
import unittest
from unittest import mock

import shop
from shop import calculate_total
from shop.cli import main
from shop.pricing import discount, total


def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(total))
    tests.addTests(doctest.DocTestSuite(discount))
    return tests


class PricingTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(calculate_total([100, 200]), 357)
        self.assertIs(shop.calculate_total, total.calculate_total)

    def test_discount(self):
        with mock.patch("shop.pricing.total.calculate_total", return_value=200):
            self.assertEqual(shop.apply_discount([1], 50), 100)
        self.assertEqual(discount.calculate_total((100,)), 119)

    def test_the_command_line(self):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main(["total", "100", "200"])
        self.assertEqual(out.getvalue(), "357\n")
