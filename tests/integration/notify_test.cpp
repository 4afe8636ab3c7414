// The service manager is told what happens: systemd's notify protocol, with a socket of the test as the manager.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <stdexcept>

#include "integration/daemon.h"

namespace discovery::integration {
namespace {

class Manager {
 public:
  Manager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ / "notify";
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error(path + " is too long for a socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot bind " + path);
    }
  }
  ~Manager() { ::close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  [[nodiscard]] std::string environment() const { return "NOTIFY_SOCKET=" + (folder_ / "notify"); }

  /// The first message with that line, the others before it thrown away; "" when none comes.
  [[nodiscard]] std::string wait_for(const std::string& line) const {
    const Deadline deadline;
    while (wait_for_events(fd_, POLLIN, deadline)) {
      char buffer[4096];
      const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
      const std::string message(buffer, static_cast<size_t>(std::max<ssize_t>(got, 0)));
      if (("\n" + message + "\n").find("\n" + line + "\n") != std::string::npos) return message;
    }
    return "";
  }

 private:
  TempDir folder_;
  int fd_ = -1;
};

TEST(Notify, FollowsTheLifeOfTheProcess) {
  const Manager manager;
  DaemonOptions options;
  options.file = "";
  options.environment = {manager.environment()};
  Daemon daemon(options);
  EXPECT_NE(manager.wait_for("READY=1"), "");
  EXPECT_EQ(daemon.get("/readyz").status, 200);
  daemon.process().signal(SIGHUP);
  EXPECT_NE(manager.wait_for("RELOADING=1").find("MONOTONIC_USEC="), std::string::npos);
  EXPECT_NE(manager.wait_for("READY=1"), "");
  daemon.process().signal(SIGTERM);
  EXPECT_NE(manager.wait_for("STOPPING=1"), "");
  EXPECT_EQ(daemon.process().wait()->code, 0);
}

TEST(Notify, AFailedReloadEndsReadyToo) {
  const Manager manager;
  DaemonOptions options;
  options.file = "";
  options.environment = {manager.environment()};
  Daemon daemon(options);
  EXPECT_NE(manager.wait_for("READY=1"), "");
  daemon.write_file("nonsense = 1\n");
  daemon.process().signal(SIGHUP);
  EXPECT_NE(manager.wait_for("RELOADING=1"), "");
  EXPECT_NE(manager.wait_for("READY=1"), "");
}

TEST(Notify, FeedsTheWatchdog) {
  const Manager manager;
  DaemonOptions options;
  options.flags = {"--threads", "2"};
  options.environment = {manager.environment(), "WATCHDOG_USEC=200000"};
  const Daemon daemon(options);
  for (int i = 0; i < 3; ++i) EXPECT_NE(manager.wait_for("WATCHDOG=1"), "");
}

TEST(Notify, AProcessThatTakesOverNamesItselfAndFeedsTheWatchdog) {
  const Manager manager;
  DaemonOptions options;
  options.environment = {manager.environment(), "WATCHDOG_USEC=200000"};
  Daemon daemon(options);
  const auto told = daemon.post("/admin/upgrade");
  ASSERT_EQ(told.status, 200) << told.body;
  const auto pid = told.json().at("new").at("pid").get<pid_t>();
  EXPECT_NE(manager.wait_for("MAINPID=" + std::to_string(pid)).find("READY=1"), std::string::npos);
  EXPECT_EQ(daemon.process().wait()->code, 0);
  EXPECT_NE(manager.wait_for("WATCHDOG=1"), "");
  ::kill(pid, SIGKILL);
}

TEST(Notify, AManagerThatIsGoneDoesNoHarm) {
  DaemonOptions options;
  options.environment = {"NOTIFY_SOCKET=/nonexistent/notify"};
  Daemon daemon(options);
  EXPECT_EQ(daemon.get("/healthz").status, 200);
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(daemon.process().wait()->code, 0);
}

}  // namespace
}  // namespace discovery::integration
