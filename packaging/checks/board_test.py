"""What board.faults finds: each test spoils one thing of a board that is well."""

import copy
import unittest

from board import DATASOURCE, SCHEMA, faults, queries

TARGET = {"refId": "A", "datasource": DATASOURCE, "expr": 'up{job=~"$job", instance=~"$instance"}'}


def panel(number, **more):
    place = {"x": 0, "y": 10 * number, "w": 24, "h": 8}
    well = {"id": number, "type": "stat", "title": f"p{number}", "description": "what it shows, and what to do " * 3}
    return {**well, "gridPos": place, "datasource": DATASOURCE, "targets": [copy.deepcopy(TARGET)], **more}


def board(*panels):
    names = [{"name": n} for n in ("datasource", "job", "instance")]
    return {"id": None, "schemaVersion": SCHEMA, "templating": {"list": names}, "panels": list(panels)}


class Faults(unittest.TestCase):
    def expect(self, words, spoiled):
        found = faults(spoiled)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_none_of_a_board_that_is_well(self):
        row = {"id": 9, "type": "row", "title": "r", "panels": [], "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}}
        self.assertEqual(faults(board(row, panel(1), panel(2))), [])
        self.assertEqual(queries(board(row, panel(1))), [("p1", TARGET["expr"])])

    def test_of_the_board(self):
        self.expect("schemaVersion", {**board(), "schemaVersion": SCHEMA - 1})
        self.expect("null", {**board(), "id": 7})
        self.expect("variables", {**board(), "templating": {"list": []}})

    def test_of_places(self):
        self.expect("one id", board(panel(1), panel(1, title="q", gridPos={"x": 0, "y": 50, "w": 1, "h": 1})))
        self.expect("lies on", board(panel(1), panel(2, gridPos={"x": 23, "y": 17, "w": 1, "h": 1})))
        self.expect("wider", board(panel(1, gridPos={"x": 1, "y": 0, "w": 24, "h": 1})))

    def test_of_panels(self):
        self.expect("type", board(panel(1, type="piechart")))
        self.expect("description", board(panel(1, description="short")))
        self.expect("no query", board(panel(1, targets=[])))
        self.expect("refId", board(panel(1, targets=[TARGET, TARGET])))
        self.expect("data source", board(panel(1, targets=[{**TARGET, "datasource": {"uid": "abc"}}])))
        self.expect("narrowed", board(panel(1, targets=[{**TARGET, "expr": "up"}])))
