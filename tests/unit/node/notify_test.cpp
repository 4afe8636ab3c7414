#include "node/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "unit/node/temp_folder.h"

namespace discovery::node {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// The service manager's end.
class Manager {
 public:
  /// As NOTIFY_SOCKET: a path, or '@' and an abstract name.
  explicit Manager(const std::string& name) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const size_t bytes = offsetof(sockaddr_un, sun_path) + name.size() + (name.front() == '@' ? 0 : 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(bytes)), 0);
  }
  ~Manager() { ::close(fd_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// "" when nothing came. A local datagram is there as soon as it was sent.
  std::string receive() const {
    std::array<char, 4096> buffer{};
    const ssize_t bytes = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return bytes < 0 ? std::string() : std::string(buffer.data(), static_cast<size_t>(bytes));
  }

 private:
  int fd_;
};

Environment to(const std::string& socket) { return {{"NOTIFY_SOCKET", socket}}; }

TEST(ServiceNotifier, WithoutAManagerDoesNothing) {
  for (const Environment& environment : {Environment{}, to("")}) {
    const auto notifier = ServiceNotifier::open(environment, 1);
    ASSERT_TRUE(notifier);
    EXPECT_FALSE(notifier->enabled());
    EXPECT_TRUE(notifier->ready("x"));
    EXPECT_TRUE(notifier->watchdog());
    EXPECT_FALSE(notifier->watchdog_interval());
  }
}

TEST(ServiceNotifier, TellsEachState) {
  TempFolder folder;
  const Manager manager(folder.path("notify"));
  const auto notifier = ServiceNotifier::open(to(folder.path("notify")), 1);
  ASSERT_TRUE(notifier);
  EXPECT_TRUE(notifier->enabled());
  ASSERT_TRUE(notifier->ready("serving on 127.0.0.1:7171"));
  EXPECT_EQ(manager.receive(), "READY=1\nSTATUS=serving on 127.0.0.1:7171");
  ASSERT_TRUE(notifier->reloading(std::chrono::steady_clock::time_point(12'345'678'901ns)));
  EXPECT_EQ(manager.receive(), "RELOADING=1\nMONOTONIC_USEC=12345678");
  ASSERT_TRUE(notifier->status("48 instances"));
  EXPECT_EQ(manager.receive(), "STATUS=48 instances");
  ASSERT_TRUE(notifier->watchdog());
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  ASSERT_TRUE(notifier->stopping("draining"));
  EXPECT_EQ(manager.receive(), "STOPPING=1\nSTATUS=draining");
  EXPECT_EQ(manager.receive(), "");
}

TEST(ServiceNotifier, KnowsAbstractNames) {
  // The folder's name is unique on this machine, so the abstract name is too.
  TempFolder folder;
  const std::string name = "@" + folder.path("notify");
  const Manager manager(name);
  const auto notifier = ServiceNotifier::open(to(name), 1);
  ASSERT_TRUE(notifier);
  ASSERT_TRUE(notifier->watchdog());
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
}

TEST(ServiceNotifier, AStatusIsOneLine) {
  TempFolder folder;
  const Manager manager(folder.path("notify"));
  const auto notifier = ServiceNotifier::open(to(folder.path("notify")), 1);
  ASSERT_TRUE(notifier->status("a\nSTOPPING=1"));
  EXPECT_EQ(manager.receive(), "STATUS=a\\u000aSTOPPING=1");
}

TEST(ServiceNotifier, AManagerThatIsGoneIsAnErrorOnly) {
  TempFolder folder;
  const auto notifier = ServiceNotifier::open(to(folder.path("nobody")), 1);
  ASSERT_TRUE(notifier);
  const auto sent = notifier->ready("x");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kUnavailable);
}

TEST(ServiceNotifier, NeverBlocksOnAManagerThatDoesNotRead) {
  TempFolder folder;
  const Manager manager(folder.path("notify"));
  const auto notifier = ServiceNotifier::open(to(folder.path("notify")), 1);
  ASSERT_TRUE(notifier);
  bool refused = false;
  for (int i = 0; i < 100'000 && !refused; ++i) refused = !notifier->watchdog();
  EXPECT_TRUE(refused);
}

TEST(ServiceNotifier, RefusesWhatIsNoSocketName) {
  for (const std::string& name : {std::string("relative"), std::string("@"), std::string("/"), std::string("vsock:2:1"),
                                  "/" + std::string(107, 'x')}) {
    const auto notifier = ServiceNotifier::open(to(name), 1);
    ASSERT_FALSE(notifier) << name;
    EXPECT_THAT(notifier.error().message, HasSubstr("NOTIFY_SOCKET"));
  }
  EXPECT_TRUE(ServiceNotifier::open(to("/" + std::string(106, 'x')), 1));
}

TEST(ServiceNotifier, FindsTheWatchdog) {
  const auto interval = [](Environment environment) {
    environment["NOTIFY_SOCKET"] = "/nowhere";
    return ServiceNotifier::open(environment, 42)->watchdog_interval();
  };
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "30000000"}}), 30s);
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "42"}}), 30s);
  EXPECT_EQ(interval({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "43"}}), std::nullopt);
  for (const char* nonsense : {"", "0", "-1", "x", "99999999999999999"}) {
    EXPECT_EQ(interval({{"WATCHDOG_USEC", nonsense}}), std::nullopt) << nonsense;
  }
}

TEST(ServiceNotifier, Moves) {
  TempFolder folder;
  const Manager manager(folder.path("notify"));
  auto opened = ServiceNotifier::open(to(folder.path("notify")), 1);
  ServiceNotifier moved = std::move(*opened);
  EXPECT_FALSE(opened->enabled());
  auto nobody = ServiceNotifier::open({}, 1);
  *nobody = std::move(moved);
  ASSERT_TRUE(nobody->watchdog());
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
}

}  // namespace
}  // namespace discovery::node
