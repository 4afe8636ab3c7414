#include "observe/spd_logger.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "observe/fd_writer.h"

namespace discovery::observe {
namespace {

namespace fs = std::filesystem;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return from_wire_ns(1'795'179'926'123'456'789); }
};
const FixedClock kClock;

class TempDir {
 public:
  TempDir() {
    std::string name = (fs::temp_directory_path() / "observe_test.XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TempDir() { fs::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// A pipe of two pages: what is poll()ed writable is a page, so one of one page would never take two small lines.
struct Pipe {
  static constexpr int kBytes = 8192;
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read_end = ends[0];
    write_end = ends[1];
    EXPECT_EQ(::fcntl(write_end, F_SETPIPE_SZ, kBytes), kBytes);
  }
  ~Pipe() {
    close_read_end();
    ::close(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read_end() {
    if (read_end >= 0) ::close(read_end);
    read_end = -1;
  }
  [[nodiscard]] std::string read_some() const {
    std::array<char, kBytes> buffer;
    const ssize_t n = ::read(read_end, buffer.data(), buffer.size());
    return n > 0 ? std::string(buffer.data(), static_cast<size_t>(n)) : std::string();
  }
};

std::string content(const std::string& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::unique_ptr<SpdLogger> open(SpdLogger::Options options) {
  auto logger = SpdLogger::open(std::move(options), kClock);
  EXPECT_TRUE(logger.has_value()) << logger.error().message;
  return std::move(*logger);
}

TEST(SpdLogger, WritesLinesInOrderToAFile) {
  const TempDir dir;
  const auto logger = open({.node = "n1", .path = dir.file("log")});
  logger->log(LogLevel::kInfo, "listening", {{"addr", "127.0.0.1:7171"}});
  logger->log(LogLevel::kError, "stopped", {{"error", "a b"}});
  EXPECT_TRUE(logger->flush());
  EXPECT_EQ(content(dir.file("log")),
            "2026-11-20T13:05:26.123456Z INFO  node=n1 event=listening addr=127.0.0.1:7171\n"
            "2026-11-20T13:05:26.123456Z ERROR node=n1 event=stopped error=\"a b\"\n");
  EXPECT_EQ(logger->dropped(), 0U);
}

TEST(SpdLogger, WritesJson) {
  const TempDir dir;
  const auto logger = open({.format = LogFormat::kJson, .path = dir.file("log")});
  logger->log(LogLevel::kWarn, "peer_lost", {{"peer", "a\nb"}});
  EXPECT_TRUE(logger->flush());
  const auto read = nlohmann::json::parse(content(dir.file("log")));
  EXPECT_EQ(read["level"], "warn");
  EXPECT_EQ(read["peer"], "a\nb");
  EXPECT_FALSE(read.contains("node"));
}

TEST(SpdLogger, WritesToABorrowedDescriptorAndLeavesItOpen) {
  const Pipe pipe;
  {
    const auto logger = open({.fd = pipe.write_end});
    logger->log(LogLevel::kInfo, "listening");
    EXPECT_TRUE(logger->reopen().has_value());
  }
  EXPECT_EQ(pipe.read_some(), "2026-11-20T13:05:26.123456Z INFO  event=listening\n");
  EXPECT_EQ(::fcntl(pipe.write_end, F_GETFD), FD_CLOEXEC);
}

TEST(SpdLogger, TheFileIsAppendedToAndReadableByItsGroupOnly) {
  const TempDir dir;
  const mode_t before = ::umask(022);
  { open({.path = dir.file("log")})->log(LogLevel::kInfo, "first"); }
  { open({.path = dir.file("log")})->log(LogLevel::kInfo, "second"); }
  ::umask(before);
  struct stat st {};
  ASSERT_EQ(::stat(dir.file("log").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0640U);
  EXPECT_EQ(lines_of(content(dir.file("log"))).size(), 2U);
}

TEST(SpdLogger, WhatWasLoggedIsWrittenBeforeItEnds) {
  const TempDir dir;
  {
    const auto logger = open({.path = dir.file("log")});
    for (int i = 0; i < 500; ++i) logger->log(LogLevel::kInfo, "e", {{"count", i}});
  }
  EXPECT_EQ(lines_of(content(dir.file("log"))).size(), 500U);
}

TEST(SpdLogger, FollowsAChangeOfLevel) {
  const TempDir dir;
  const auto logger = open({.level = LogLevel::kWarn, .path = dir.file("log")});
  logger->log(LogLevel::kInfo, "hidden");
  logger->set_level(LogLevel::kDebug);
  logger->log(LogLevel::kDebug, "shown");
  EXPECT_TRUE(logger->flush());
  const auto lines = lines_of(content(dir.file("log")));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("event=shown"), std::string::npos);
}

TEST(SpdLogger, RefusesAFileItCannotOpen) {
  const TempDir dir;
  const auto missing = SpdLogger::open({.path = dir.file("no/such/dir/log")}, kClock);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(missing.error().message.find("no/such/dir"), std::string::npos);
  EXPECT_FALSE(SpdLogger::open({.path = dir.path().string()}, kClock).has_value());
  ASSERT_EQ(::mkfifo(dir.file("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(SpdLogger::open({.path = dir.file("fifo")}, kClock).has_value());  // nobody reads it
}

TEST(SpdLogger, ReopensAfterTheFileWasMovedAway) {
  const TempDir dir;
  const auto logger = open({.path = dir.file("log")});
  logger->log(LogLevel::kInfo, "one");
  EXPECT_TRUE(logger->flush());
  fs::rename(dir.file("log"), dir.file("log.1"));
  logger->log(LogLevel::kInfo, "two");
  EXPECT_TRUE(logger->flush());
  EXPECT_FALSE(fs::exists(dir.file("log")));
  ASSERT_TRUE(logger->reopen().has_value());
  logger->log(LogLevel::kInfo, "three");
  EXPECT_TRUE(logger->flush());
  EXPECT_EQ(lines_of(content(dir.file("log.1"))).size(), 2U);
  const auto lines = lines_of(content(dir.file("log")));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("event=three"), std::string::npos);
}

TEST(SpdLogger, KeepsTheOldFileWhenReopeningFails) {
  const TempDir dir;
  fs::create_directory(dir.path() / "sub");
  const auto logger = open({.path = dir.file("sub/log")});
  fs::rename(dir.path() / "sub", dir.path() / "moved");
  EXPECT_FALSE(logger->reopen().has_value());
  logger->log(LogLevel::kInfo, "still_here");
  EXPECT_TRUE(logger->flush());
  EXPECT_EQ(lines_of(content(dir.file("moved/log"))).size(), 1U);
}

TEST(SpdLogger, AReaderThatDoesNotReadDelaysNobody) {
  constexpr uint64_t kLines = 3000;
  const Pipe pipe;
  const auto logger = open({.format = LogFormat::kJson, .fd = pipe.write_end, .queue_lines = 64});
  // Would not come back if log() waited: nobody reads until all is logged.
  for (uint64_t i = 0; i < kLines; ++i) logger->log(LogLevel::kInfo, "e", {{"count", i}});
  EXPECT_GT(logger->dropped(), kLines / 2);

  uint64_t written = 0;
  uint64_t told = 0;
  uint64_t last = 0;
  std::string rest;
  while (written + told < kLines) {
    rest += pipe.read_some();
    for (size_t end = 0; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
      const auto read = nlohmann::json::parse(rest.substr(0, end));
      if (read["event"] == "log_lines_dropped") {
        told += read["count"].get<uint64_t>();
        EXPECT_EQ(read["level"], "warn");
      } else {
        ++written;
        last = read["count"];
      }
    }
  }
  EXPECT_EQ(written + told, kLines);
  EXPECT_EQ(told, logger->dropped());
  EXPECT_EQ(last, kLines - 1);  // the oldest are dropped, not the newest
  EXPECT_TRUE(logger->flush());
}

TEST(SpdLogger, EndsAlthoughNobodyReads) {
  const Pipe pipe;
  auto logger = open(
      {.fd = pipe.write_end, .flush_wait = std::chrono::milliseconds(1), .close_wait = std::chrono::milliseconds(1)});
  for (int i = 0; i < 2000; ++i) logger->log(LogLevel::kInfo, "e");
  EXPECT_FALSE(logger->flush());
  const auto begin = std::chrono::steady_clock::now();
  logger.reset();
  // One deadline, not one per line: a full queue would make 20 s and more of it.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(SpdLogger, AReaderThatIsGoneCostsLinesOnly) {
  Pipe pipe;
  const auto logger = open({.fd = pipe.write_end});
  pipe.close_read_end();
  logger->log(LogLevel::kInfo, "e");
  logger->log(LogLevel::kInfo, "e");
  EXPECT_TRUE(logger->flush());
  EXPECT_EQ(logger->dropped(), 2U);
}

TEST(SpdLogger, AFullDiskCostsLinesOnly) {
  const auto logger = open({.path = "/dev/full"});
  logger->log(LogLevel::kInfo, "e");
  EXPECT_TRUE(logger->flush());
  EXPECT_EQ(logger->dropped(), 1U);
}

TEST(SpdLogger, ManyThreadsWriteWholeLines) {
  constexpr int kThreads = 4;
  constexpr int kEach = 400;
  const TempDir dir;
  const auto logger = open({.format = LogFormat::kJson, .path = dir.file("log"), .queue_lines = kThreads * kEach});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) logger->log(LogLevel::kInfo, "e", {{"count", i}, {"node", t}});
    });
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(logger->reopen().has_value());
    logger->set_level(LogLevel::kDebug);
    EXPECT_EQ(logger->dropped(), 0U);
  }
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(logger->flush());
  const auto lines = lines_of(content(dir.file("log")));
  EXPECT_EQ(lines.size(), static_cast<size_t>(kThreads * kEach));
  for (const std::string& line : lines) ASSERT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(FdWriter, EndsALineThatWasCutBeforeTheNext) {
  const Pipe pipe;
  FdWriter writer = FdWriter::borrow(pipe.write_end);
  writer.give_up_after(std::chrono::steady_clock::time_point::min());
  const std::string line = std::string(Pipe::kBytes + 100, 'x') + "\n";
  EXPECT_FALSE(writer.write(line));  // the pipe holds its beginning only
  EXPECT_EQ(pipe.read_some(), std::string(Pipe::kBytes, 'x'));
  EXPECT_TRUE(writer.write("next\n"));
  EXPECT_EQ(pipe.read_some(), "\nnext\n");
}

TEST(FdWriter, ALineNotBegunLeavesNothingToEnd) {
  const Pipe pipe;
  FdWriter writer = FdWriter::borrow(pipe.write_end);
  writer.give_up_after(std::chrono::steady_clock::time_point::min());
  const std::string full(Pipe::kBytes, 'x');
  EXPECT_TRUE(writer.write(full));
  EXPECT_FALSE(writer.write("lost\n"));
  EXPECT_EQ(pipe.read_some(), full);
  EXPECT_TRUE(writer.write("next\n"));
  EXPECT_EQ(pipe.read_some(), "next\n");
}

}  // namespace
}  // namespace discovery::observe
