"""packaging/deb/running at daemons that know how to be replaced, and at some that do not: copies of bash, each running a few
lines."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

RUNNING = pathlib.Path(__file__).resolve().parent.parent / "deb" / "running"
WAITS = "echo ready; while :; do sleep 0.05; done"
# Starts what is installed now, and goes.
HANDS_OVER = f"""trap '"$DAEMON" "$SUCCESSOR" </dev/null >/dev/null 2>&1 & exit 0' USR2; {WAITS}"""
ENDS = f"trap 'exit 0' USR2; {WAITS}"
DOES_NOTHING = f"trap : USR2; {WAITS}"


class RunningTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.program = self.folder / "daemon"
        self.pidfile = self.folder / "pid"
        self.environment = {
            **os.environ,
            "RUNNING_PROGRAM": str(self.program),
            "RUNNING_ACCOUNT": subprocess.check_output(["id", "-un"], text=True).strip(),
            "RUNNING_PIDFILE": str(self.pidfile),
            "RUNNING_SYSTEMD": str(self.folder / "none"),
            "RUNNING_SECONDS": "2",
        }
        self.install()

    def install(self):
        """As dpkg does: another file under the name."""
        new = self.folder / "daemon.new"
        shutil.copy2("/bin/bash", new)
        new.rename(self.program)

    def start(self, text):
        script, successor = self.folder / "script", self.folder / "successor"
        script.write_text(text)
        successor.write_text(WAITS)
        daemon = subprocess.Popen([self.program, script], stdout=subprocess.PIPE,
                                  env={**os.environ, "DAEMON": str(self.program), "SUCCESSOR": str(successor)})
        self.addCleanup(self.end, daemon)
        self.assertEqual(daemon.stdout.readline(), b"ready\n")
        return daemon

    def end(self, daemon):
        """With whatever took its place."""
        daemon.kill()
        daemon.wait()
        daemon.stdout.close()
        while (left := self.running("pid")).returncode == 0:
            os.kill(int(left.stdout), signal.SIGKILL)
            time.sleep(0.01)

    def running(self, verb):
        return subprocess.run([RUNNING, verb], env=self.environment, capture_output=True, text=True)

    def test_nothing_runs(self):
        for verb in ("pid", "replaceable", "replace"):
            self.assertEqual(self.running(verb).returncode, 1)

    def test_finds_the_process_also_when_its_program_was_replaced(self):
        daemon = self.start(WAITS)
        self.assertEqual(int(self.running("pid").stdout), daemon.pid)
        self.install()
        self.assertEqual(int(self.running("pid").stdout), daemon.pid)

    def test_a_daemon_that_does_not_know_the_signal_is_left_alone(self):
        daemon = self.start(WAITS)
        self.assertEqual(self.running("replaceable").returncode, 1)
        self.assertEqual(self.running("replace").returncode, 1)
        self.assertIsNone(daemon.poll())

    def test_another_account_has_no_daemon(self):
        self.start(WAITS)
        self.environment["RUNNING_ACCOUNT"] = "nobody"
        self.assertEqual(self.running("pid").returncode, 1)

    def test_replaces(self):
        daemon = self.start(HANDS_OVER)
        self.install()
        self.assertEqual(self.running("replaceable").returncode, 0)
        replaced = self.running("replace")
        self.assertEqual(replaced.returncode, 0, replaced.stderr)
        self.assertEqual(daemon.wait(), 0)
        new = int(self.running("pid").stdout)
        self.assertNotEqual(new, daemon.pid)
        self.assertEqual(os.readlink(f"/proc/{new}/exe"), str(self.program))
        self.assertEqual(int(self.pidfile.read_text()), new)

    def test_a_daemon_that_ends_without_another_needs_a_restart(self):
        self.start(ENDS)
        self.install()
        self.assertEqual(self.running("replace").returncode, 1)

    def test_a_daemon_that_stays_is_given_up(self):
        daemon = self.start(DOES_NOTHING)
        self.install()
        self.environment["RUNNING_SECONDS"] = "1"
        self.assertEqual(self.running("replace").returncode, 1)
        self.assertIsNone(daemon.poll())


if __name__ == "__main__":
    unittest.main()
