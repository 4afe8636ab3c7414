"""The line of discoveryctl beside an action is one that a shell takes apart into the very names, whatever they are."""

import subprocess
import unittest

from attacks import ATTACKS
from scene import PageTest, cluster


class Commands(PageTest):
    def test_words_come_back_from_a_shell(self):
        b = self.browser
        b.load(cluster()[0].url)
        words = ATTACKS + ["plain", "a'b", "'", "''", "a\\b", "\u202e'", "\n", "*", "~", "$HOME", "!x", "", "-", "sh001:1/2"]
        quoted = b.driver.execute_async_script("""
            const [words, done] = arguments;
            import("/page/command.js").then((m) => done(words.map(m.word)));""", words)
        # What the shell makes of the line, word by word.
        out = subprocess.run(["bash", "-c", "printf '%s\\0' " + " ".join(quoted)], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8", "HOME": "/wrong"}).stdout
        self.assertEqual(out.decode().split("\0")[:-1], words)

    def test_the_lines_are_those_of_the_verbs(self):
        b = self.browser
        b.load(cluster()[0].url)
        lines = b.driver.execute_async_script("""
            const done = arguments[0];
            import("/page/command.js").then(({command: c}) => {
              const i = {appid: "shop.cart", hostname: "cart-1", env: "prod", zone: "sh001"};
              done([c.set(i, 1), c.set(i, 2), c.cancel(i), c.release(i), c.explain(i, "sh002"), c.explain(i, ""), c.history({...i, since: "10m"}),
                    c.diff("a:1", "b:2"), c.clients("slow"), c.clients("slowed"), c.clients("all"), c.cancel({...i, hostname: "--yes"})]);
            });""")
        self.assertEqual(lines, [
            "discoveryctl set shop.cart cart-1 --status up --env prod --zone sh001",
            "discoveryctl set shop.cart cart-1 --status waiting --env prod --zone sh001",
            "discoveryctl cancel shop.cart cart-1 --env prod --zone sh001 --yes",
            "discoveryctl protect release shop.cart --env prod",
            "discoveryctl explain shop.cart cart-1 --env prod --from sh002",
            "discoveryctl explain shop.cart cart-1 --env prod",
            "discoveryctl history shop.cart cart-1 --env prod --since 10m",
            "discoveryctl diff a:1 b:2",
            "discoveryctl clients --slow",
            "discoveryctl clients --throttled",
            "discoveryctl clients",
            "discoveryctl cancel --env prod --zone sh001 --yes -- shop.cart '--yes'",
        ])


if __name__ == "__main__":
    unittest.main()
