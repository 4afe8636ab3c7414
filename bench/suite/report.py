"""Rows as they come, a table as text, and plots by gnuplot."""
import subprocess
from pathlib import Path


class Report:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lines = []
        self.missed = []

    def head(self, text):
        self._say(f"\n{text}\n{'-' * len(text)}")

    def row(self, what, value, unit, bound=None, ratio=None, note=""):
        judged = value if ratio is None else ratio
        shown = f"{value:.2f} {unit}" + ("" if ratio is None else f" = {ratio:.2f} ×")
        verdict = ""
        if bound is not None:
            held = judged <= bound
            verdict = f"at most {bound:g}: {'held' if held else 'MISSED'}"
            if not held:
                self.missed.append(what.strip())
        self._say(f"{what:<66} {shown:<34} {verdict:<22} {note}".rstrip())

    def plot(self, name, points):
        """Points (instances, µs a renew, µs a fetch, MB)."""
        data = self.folder / f"{name}.dat"
        data.write_text("".join(" ".join(map(str, p)) + "\n" for p in points))
        picture = self.folder / f"{name}.svg"
        script = f"""
set terminal svg size 860,420 font 'sans,12' background '#ffffff'
set output '{picture}'
set logscale x
set format x '10^{{%T}}'
set xlabel 'instances, 100 to an application'
set ylabel 'µs of CPU'
set yrange [0:*]
set y2label 'MB'
set y2range [0:*]
set y2tics
set ytics nomirror
set key top left
set grid
plot '{data}' using 1:2 with linespoints lw 2 pt 7 title 'renew', \\
     '{data}' using 1:3 with linespoints lw 2 pt 5 title 'fetch of 100', \\
     '{data}' using 1:4 axes x1y2 with linespoints dt 2 pt 4 title 'memory'
"""
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
        self._say(f"plot: {picture}")

    def end(self):
        self._say("\n" + (f"missed: {'; '.join(self.missed)}" if self.missed else "every bound held"))
        (self.folder / "bench.txt").write_text("\n".join(self.lines) + "\n")

    def _say(self, text):
        self.lines.append(text)
        print(text, flush=True)
