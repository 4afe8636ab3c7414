"""python3 -m unittest expressions_test"""

import unittest

from expressions import family_of, labels_of, selectors, without_variables


class Selectors(unittest.TestCase):
    def test_functions_words_labels_and_numbers_are_none(self):
        self.assertEqual(
            selectors('sum by (job, le) (rate(a_total{x="1"}[5m])) > 0.05 * b:c offset 1h and on (job) d unless e > 1e3'),
            [("a_total", '{x="1"}'), ("b:c", ""), ("d", ""), ("e", "")],
        )
        self.assertEqual(selectors("time() - 3"), [])
        self.assertEqual(selectors(""), [])

    def test_braces_and_quotes_within_values(self):
        self.assertEqual(selectors('a{x="}"} + b{y=~"-1|\\"2"}'), [("a", '{x="}"}'), ("b", '{y=~"-1|\\"2"}')])
        self.assertEqual(labels_of('{x="}", y!~"z=\\"1\\"", v!="", w=~".+"}'), ["x", "y", "v", "w"])
        self.assertEqual(labels_of(""), [])

    def test_a_range_is_no_selector(self):
        self.assertEqual(selectors("rate(a[$__rate_interval])"), [("a", "")])


class Families(unittest.TestCase):
    types = {"h": "histogram", "c_total": "counter", "x_count": "gauge"}

    def test_parts_of_a_histogram_belong_to_it(self):
        for part in ("_bucket", "_sum", "_count"):
            self.assertEqual(family_of("h" + part, self.types), "h")

    def test_what_no_series_has_is_none(self):
        for name in ("h", "c_total_bucket", "c", "x", "other"):
            self.assertIsNone(family_of(name, self.types), name)

    def test_the_rest_is_itself(self):
        for name in ("c_total", "x_count"):
            self.assertEqual(family_of(name, self.types), name)


class Variables(unittest.TestCase):
    def test_all_are_replaced_and_unknown_ones_refused(self):
        self.assertEqual(without_variables('rate(a{job=~"$job"}[$__rate_interval])'), 'rate(a{job=~".+"}[1m])')
        with self.assertRaises(ValueError):
            without_variables("a{zone=$zone}")
