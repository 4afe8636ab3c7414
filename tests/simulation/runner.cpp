#include "simulation/runner.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "simulation/shrink.h"

namespace discovery::simulation {

void Totals::add(const WorldResult& r) {
  ++seeds;
  simulated_ns += static_cast<uint64_t>(r.simulated);
  events += r.events;
  messages += r.messages;
  operations += r.operations;
  polls += r.polls;
  key_operations += r.key_operations;
  key_events += r.key_events;
  partitions += r.partitions;
  crashes += r.crashes;
  inversions += r.inversions;
  if (r.violations.total() > 0) ++seeds_failed;
  trace_hash += SeededRandom(r.trace_hash ^ r.seed).next();
  for (size_t w = 0; w < kWrongs; ++w) wrongs[w] += r.violations.counts()[w];
}

void Totals::add(const Totals& o) {
  seeds += o.seeds;
  simulated_ns += o.simulated_ns;
  events += o.events;
  messages += o.messages;
  operations += o.operations;
  polls += o.polls;
  key_operations += o.key_operations;
  key_events += o.key_events;
  partitions += o.partitions;
  crashes += o.crashes;
  inversions += o.inversions;
  seeds_failed += o.seeds_failed;
  trace_hash += o.trace_hash;
  for (size_t w = 0; w < kWrongs; ++w) wrongs[w] += o.wrongs[w];
}

uint64_t Totals::violations() const {
  uint64_t all = 0;
  for (const uint64_t n : wrongs) all += n;
  return all;
}

std::string summary(const Totals& t, double seconds) {
  char text[512];
  std::snprintf(
      text, sizeof text,
      "seeds %llu, simulated hours %.1f, partitions %llu, crashes %llu, operations %llu, messages %llu, polls "
      "%llu, operations on keys %llu, told of keys %llu, events %llu, trace %016llx, seconds %.1f, violations %llu in "
      "%llu seeds",
      static_cast<unsigned long long>(t.seeds), static_cast<double>(t.simulated_ns) / 3.6e12,
      static_cast<unsigned long long>(t.partitions), static_cast<unsigned long long>(t.crashes),
      static_cast<unsigned long long>(t.operations), static_cast<unsigned long long>(t.messages),
      static_cast<unsigned long long>(t.polls), static_cast<unsigned long long>(t.key_operations),
      static_cast<unsigned long long>(t.key_events), static_cast<unsigned long long>(t.events),
      static_cast<unsigned long long>(t.trace_hash), seconds, static_cast<unsigned long long>(t.violations()),
      static_cast<unsigned long long>(t.seeds_failed));
  std::string line = text;
  for (size_t w = 0; w < kWrongs; ++w) {
    if (t.wrongs[w] == 0) continue;
    line += ", " + std::string(name_of(static_cast<Wrong>(w))) + " " + std::to_string(t.wrongs[w]);
  }
  return line;
}

WorldResult run_one(const PlanSettings& settings, std::FILE* trace_to, std::optional<uint32_t> watch) {
  return World(make_plan(settings), trace_to, watch).run();
}

namespace {

void tell(const WorldResult& r, const PlanSettings& settings, std::FILE* out) {
  std::string text = "seed " + std::to_string(r.seed) + ": " + std::to_string(r.violations.total()) + " violations\n";
  for (const Violation& v : r.violations.stories()) {
    text +=
        "  at " + std::to_string(v.at / kMillisecond) + " ms, " + std::string(name_of(v.wrong)) + ": " + v.story + "\n";
  }
  text += "  repeat: " + replay_line(settings) + "\n";
  std::fputs(text.c_str(), out);
  std::fflush(out);
}

void shrink_and_tell(const WorldResult& first, const PlanSettings& settings, std::FILE* out) {
  const Wrong wrong = first.violations.stories().front().wrong;
  const PlanSettings small =
      shrink(settings, [&](const PlanSettings& s) { return run_one(s).violations.count(wrong) > 0; });
  const Plan plan = make_plan(small);
  std::string text = "  smallest that shows " + std::string(name_of(wrong)) + ": " + replay_line(small) + "\n";
  for (const Fault& f : plan.faults) {
    text += "    at " + std::to_string(f.at / kMillisecond) + " ms " + describe(f) + "\n";
  }
  std::fputs(text.c_str(), out);
  std::fflush(out);
}

Totals run_share(const Options& options, uint32_t job, std::FILE* out) {
  Totals totals;
  bool shrunk = false;
  for (uint64_t i = job; i < options.seeds; i += options.jobs) {
    const PlanSettings settings = options.plan_for(options.first_seed + i);
    const WorldResult r = run_one(settings, options.trace ? out : nullptr, options.watch);
    totals.add(r);
    if (r.violations.total() == 0) continue;
    tell(r, settings, out);
    if (options.shrink && !std::exchange(shrunk, true)) shrink_and_tell(r, settings, out);
    if (options.stop_at_first) break;
  }
  return totals;
}

void write_whole(int fd, const Totals& totals) {
  static_assert(std::is_trivially_copyable_v<Totals>);
  const auto* at = reinterpret_cast<const char*>(&totals);
  for (size_t left = sizeof totals; left > 0;) {
    const ssize_t n = write(fd, at, left);
    if (n <= 0) _exit(3);
    at += n;
    left -= static_cast<size_t>(n);
  }
}

bool read_whole(int fd, Totals& totals) {
  auto* at = reinterpret_cast<char*>(&totals);
  for (size_t left = sizeof totals; left > 0;) {
    const ssize_t n = read(fd, at, left);
    if (n <= 0) return false;
    at += n;
    left -= static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

Totals run_seeds(const Options& options, std::FILE* out) {
  if (options.jobs == 1) return run_share(options, 0, out);
  struct Job {
    pid_t pid = 0;
    int from = -1;
  };
  std::vector<Job> jobs;
  std::fflush(out);
  for (uint32_t j = 0; j < options.jobs; ++j) {
    int ends[2];
    DISCOVERY_CHECK(pipe2(ends, O_CLOEXEC) == 0, "the simulator can make a pipe");
    const pid_t pid = fork();
    DISCOVERY_CHECK(pid >= 0, "the simulator can fork");
    if (pid == 0) {
      close(ends[0]);
      write_whole(ends[1], run_share(options, j, out));
      _exit(0);
    }
    close(ends[1]);
    jobs.push_back({pid, ends[0]});
  }
  Totals totals;
  for (const Job& job : jobs) {
    Totals share;
    const bool whole = read_whole(job.from, share);
    close(job.from);
    int status = 0;
    waitpid(job.pid, &status, 0);
    DISCOVERY_CHECK(whole && WIFEXITED(status) && WEXITSTATUS(status) == 0, "a process of the simulator has died");
    totals.add(share);
  }
  return totals;
}

}  // namespace discovery::simulation
