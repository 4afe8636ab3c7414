#include "observe/spd_logger.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <condition_variable>
#include <csignal>
#include <exception>
#include <utility>

#include "base/mutex.h"
#include "observe/fd_writer.h"

namespace discovery::observe {
namespace {

void block_signals() {
  // A signal taken here would interrupt nothing useful, and a closed pipe must be an error, not SIGPIPE.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

struct SpdLogger::Impl {
  Impl(Options o, FdWriter w, const Clock& c) : options(std::move(o)), clock(c), writer(std::move(w)) {}

  void start();
  void close();
  void write_line(std::string_view line);
  bool wait_done(uint64_t lines, std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] uint64_t lost() const { return pool->overrun_counter() + failed.load(std::memory_order_relaxed); }

  const Options options;
  const Clock& clock;
  FdWriter writer;
  std::atomic<uint64_t> posted{0};
  std::atomic<uint64_t> failed{0};  ///< lines that the descriptor or spdlog refused
  std::atomic<uint64_t> done{0};    ///< lines dealt with: written or failed
  uint64_t told = 0;                ///< background thread only: lost lines that log_lines_dropped has told
  Mutex done_mutex;                 ///< guards nothing but the wait on done_changed
  std::condition_variable_any done_changed;
  std::shared_ptr<spdlog::details::thread_pool> pool_owner;
  spdlog::details::thread_pool* pool = nullptr;  ///< valid until its thread has ended
  std::shared_ptr<spdlog::async_logger> logger;
};

namespace {

/// Hands the finished line on; spdlog's own formatting is not used.
template <class Target>
class LineSink final : public spdlog::sinks::sink {
 public:
  explicit LineSink(Target& target) : target_(target) {}
  void log(const spdlog::details::log_msg& m) override { target_.write_line({m.payload.data(), m.payload.size()}); }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  Target& target_;
};

}  // namespace

void SpdLogger::Impl::start() {
  pool_owner = std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1, block_signals);
  pool = pool_owner.get();
  logger = std::make_shared<spdlog::async_logger>("discoveryd", std::make_shared<LineSink<Impl>>(*this), pool_owner,
                                                  spdlog::async_overflow_policy::overrun_oldest);
  logger->set_level(spdlog::level::trace);  // levels are ours
  logger->flush_on(spdlog::level::off);
  logger->set_error_handler([this](const std::string&) {  // out of memory, on either side of the queue
    failed.fetch_add(1, std::memory_order_relaxed);
    done.fetch_add(1, std::memory_order_release);
  });
}

void SpdLogger::Impl::close() {
  writer.give_up_after(std::chrono::steady_clock::now() + options.close_wait);
  pool_owner.reset();  // writes what is queued and joins
}

/// On the background thread.
void SpdLogger::Impl::write_line(std::string_view line) {
  if (const uint64_t now_lost = lost(); now_lost != told) {
    std::string notice;
    const LogField count("count", now_lost - told);
    append_line(notice, options.format,
                {clock.now(), LogLevel::kWarn, options.node, "log_lines_dropped", Logger::Fields(&count, 1)});
    if (writer.write(notice)) told = now_lost;
  }
  if (!writer.write(line)) failed.fetch_add(1, std::memory_order_relaxed);
  done.fetch_add(1, std::memory_order_release);
  { const MutexLock lock(done_mutex); }  // whoever has seen the old count waits by now
  done_changed.notify_all();
}

bool SpdLogger::Impl::wait_done(uint64_t lines, std::chrono::steady_clock::time_point deadline) {
  const MutexLock lock(done_mutex);
  while (done.load(std::memory_order_acquire) + pool->overrun_counter() < lines) {
    if (done_changed.wait_until(done_mutex, deadline) == std::cv_status::timeout) return false;
  }
  return true;
}

Result<std::unique_ptr<SpdLogger>> SpdLogger::open(Options options, const Clock& clock) {
  Result<FdWriter> writer = options.path.empty() ? FdWriter::borrow(options.fd) : FdWriter::open_file(options.path);
  if (!writer) return writer.error();
  writer->set_bytes_max(options.file_bytes_max);
  const LogLevel level = options.level;
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*writer), clock);
  try {
    impl->start();
  } catch (const std::exception& e) {
    return Error{ErrorCode::kInternal, std::string("cannot start the log thread: ") + e.what()};
  }
  return std::unique_ptr<SpdLogger>(new SpdLogger(level, std::move(impl)));
}

SpdLogger::SpdLogger(LogLevel level, std::unique_ptr<Impl> impl) : Logger(level), impl_(std::move(impl)) {}

SpdLogger::~SpdLogger() { impl_->close(); }

void SpdLogger::write(LogLevel level, std::string_view event, Fields fields) {
  std::string line;
  append_line(line, impl_->options.format, {impl_->clock.now(), level, impl_->options.node, event, fields});
  impl_->posted.fetch_add(1, std::memory_order_relaxed);
  impl_->logger->log(spdlog::source_loc{}, spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

Result<void> SpdLogger::reopen() { return impl_->writer.reopen(); }

bool SpdLogger::flush() {
  return impl_->wait_done(impl_->posted.load(std::memory_order_relaxed),
                          std::chrono::steady_clock::now() + impl_->options.flush_wait);
}

uint64_t SpdLogger::dropped() const { return impl_->lost(); }

}  // namespace discovery::observe
