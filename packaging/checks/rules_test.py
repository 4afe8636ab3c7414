"""What rules.py finds missing."""

import unittest

from rules import alert_faults, test_faults

FIRES = """
      - expr: ALERTS{alertname="%s",alertstate="firing"}
        eval_time: 3m
        exp_samples:
          - labels: 'ALERTS{}'
"""
QUIET = FIRES.split("exp_samples", maxsplit=1)[0] + "exp_samples: []\n"


class Tests(unittest.TestCase):
    def test_both_kinds_are_needed(self):
        self.assertEqual(test_faults({"A"}, FIRES % "A" + QUIET % "A"), [])
        self.assertEqual(test_faults({"A"}, FIRES % "A"), ["alert A: no test in which it does not fire"])
        self.assertEqual(test_faults({"A"}, QUIET % "A"), ["alert A: no test in which it fires"])
        self.assertEqual(len(test_faults({"A"}, "")), 2)

    def test_one_of_an_unknown_alert_is_told(self):
        self.assertEqual(test_faults(set(), FIRES % "B"), ["a test of an alert that is not there: B"])


class Alerts(unittest.TestCase):
    def test_severity_and_each_text_are_needed(self):
        texts = {"summary": "s", "description": "d", "runbook_url": "u"}
        self.assertEqual(alert_faults({"name": "A", "labels": {"severity": "info"}, "annotations": texts}), [])
        for missing in texts:
            less = {**texts, missing: " "}
            found = alert_faults({"name": "A", "labels": {"severity": "info"}, "annotations": less})
            self.assertEqual(found, [f"alert A: no {missing}"])
        self.assertIn("severity", alert_faults({"name": "A", "labels": {"severity": "loud"}, "annotations": texts})[0])
        self.assertIn("severity", alert_faults({"name": "A", "labels": {}, "annotations": texts})[0])
