"""The page takes a stream of events apart as the HTML standard says, whatever pieces it comes in."""

import unittest

from scene import PageTest, cluster

# stream -> [type, data, id of the last event before or with it]
CASES = [
    ("one event", "data: a\n\n", [["message", "a", ""]]),
    ("all fields", "retry: 500\nid: 7\nevent: change\ndata: {\"a\":1}\n\n", [["change", "{\"a\":1}", "7"]]),
    ("lines end in three ways", "data: a\r\n\r\ndata: b\r\rdata: c\n\n", [["message", "a", ""], ["message", "b", ""], ["message", "c", ""]]),
    ("ends of both kinds after another", "data: a\r\n\n\rdata: b\n\r\n", [["message", "a", ""], ["message", "b", ""]]),
    ("data of several lines", "data: a\ndata:\ndata:  b\ndata\n\n", [["message", "a\n\n b\n", ""]]),
    ("comments say nothing", ": hello\n:\ndata: a\n: in between\n\n:\n\n", [["message", "a", ""]]),
    ("an event without data is none", "event: change\n\ndata: a\n\n", [["message", "a", ""]]),
    ("empty data are data", "data\n\n", [["message", "", ""]]),
    ("an id without data counts", "id: 3\n\ndata: a\n\n", [["message", "a", "3"]]),
    ("an id stays until another comes", "id: 3\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", [["message", "a", "3"], ["message", "b", "3"], ["message", "c", ""]]),
    ("an id with a zero is none", "id: 3\ndata: a\n\nid: 4\0\ndata: b\n\n", [["message", "a", "3"], ["message", "b", "3"]]),
    ("a type is for one event", "event: x\ndata: a\n\ndata: b\n\n", [["x", "a", ""], ["message", "b", ""]]),
    ("other fields and other cases say nothing", "Data: a\ndatas: b\n data: c\ndata : d\ndata: e\n\n", [["message", "e", ""]]),
    ("a colon in the value", "data: a: b:c\n\n", [["message", "a: b:c", ""]]),
    ("what no empty line ends is none", "data: a\n\ndata: b\n", [["message", "a", ""]]),
    ("nor what ends in the middle", "data: a\n\ndata: b", [["message", "a", ""]]),
    ("a byte order mark", "\ufeffdata: a\n\n", [["message", "a", ""]]),
    ("only the first one", "data: \ufeffa\n\n\ufeffdata: b\n\n", [["message", "\ufeffa", ""]]),
    ("characters of two, three and four bytes", "data: é€😀שלום\u202e\n\n", [["message", "é€😀שלום\u202e", ""]]),
    ("separators that end no line", "data: a\u2028b\u2029c\x0b\x0c\x85d\n\n", [["message", "a\u2028b\u2029c\x0b\x0c\x85d", ""]]),
    ("nothing", "", []),
    ("nothing but ends", "\n\r\n\r", []),
]

PARSE = """
    const [bytes, cuts, done] = arguments;
    import("/page/event_stream.js").then(({EventStream}) => done(cuts.map((sizes) => {
      const events = [], retries = [];
      const stream = new EventStream({id: "", onEvent: (e) => events.push([e.type, e.data, e.id]), onRetry: (ms) => retries.push(ms)});
      const all = new Uint8Array(bytes);
      for (let at = 0, i = 0; at < all.length; i++) {
        const size = sizes[i % sizes.length];
        stream.push(all.slice(at, at + size));
        at += size;
      }
      return [events, retries];
    })))"""
CUTS = [[1 << 20], [1], [2], [3], [7], [1, 2, 3, 5], [4, 0, 1]]


class Stream(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.node = cluster()[0]

    def parse(self, data, cuts):
        return self.browser.driver.execute_async_script(PARSE, list(data), cuts)

    def test_each_case_in_pieces_of_every_size(self):
        self.browser.load(self.node.url)
        for name, text, expected in CASES:
            with self.subTest(name):
                for sizes, (events, _) in zip(CUTS, self.parse(text.encode(), CUTS)):
                    self.assertEqual(events, expected, sizes)

    def test_each_place_to_cut_at(self):
        self.browser.load(self.node.url)
        data = "\ufeff: c\r\nretry: 250\r\nid: 12\revent: change\ndata: é\r\ndata: 😀\r\n\r\nretry: 9x\nretry:\ndata: b\n\n".encode()
        cuts = [[at, len(data)] for at in range(1, len(data))]
        for sizes, (events, retries) in zip(cuts, self.parse(data, cuts)):
            self.assertEqual(events, [["change", "é\n😀", "12"], ["message", "b", "12"]], sizes)
            self.assertEqual(retries, [250], sizes)

    def test_bytes_that_are_no_text_end_nothing(self):
        self.browser.load(self.node.url)
        for events, _ in self.parse(b"data: a\xff\xc3\n\ndata: b\n\n", CUTS):
            self.assertEqual(events, [["message", "a\ufffd\ufffd", ""], ["message", "b", ""]])

    def test_a_long_line_in_small_pieces(self):
        self.browser.load(self.node.url)
        (events, _), = self.parse(b"data: " + b"x" * 300_000 + b"\n\n", [[100]])
        self.assertEqual([len(events[0][1]), len(events)], [300_000, 1])


if __name__ == "__main__":
    unittest.main()
