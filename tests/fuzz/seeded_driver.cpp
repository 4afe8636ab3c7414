#include "fuzz/seeded_driver.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

// Present when a sanitizer is linked in.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));
// UBSan's own runtime knows no callback of ASan's when both are linked: let it die by SIGABRT.
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }

namespace discovery::fuzz {

namespace {

constexpr uint64_t kRunsPerClockReading = 64;
constexpr unsigned kHangSeconds = 30;  ///< for so many runs

/// What is being run, where a signal handler finds it.
struct Current {
  char file[128];
  const char* data;
  size_t size;
};
Current g_current{};

/// Async-signal-safe.
void save_current_input() {
  if (g_current.data == nullptr) return;
  const int fd = ::open(g_current.file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  for (size_t done = 0; done < g_current.size;) {
    const ssize_t n = ::write(fd, g_current.data + done, g_current.size - done);
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  ::close(fd);
  static constexpr char kNote[] = "fuzz: the input is in ";
  // Nothing can be done about a closed stderr in a dying process.
  [[maybe_unused]] const ssize_t a = ::write(STDERR_FILENO, kNote, sizeof kNote - 1);
  [[maybe_unused]] const ssize_t b = ::write(STDERR_FILENO, g_current.file, std::string_view(g_current.file).size());
  [[maybe_unused]] const ssize_t c = ::write(STDERR_FILENO, "\n", 1);
  g_current.data = nullptr;  // a sanitizer may come here a second time
}

void on_signal(int signal_number) {
  save_current_input();
  ::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

void catch_deaths() {
  ::signal(SIGABRT, on_signal);
  ::signal(SIGALRM, on_signal);
  if (&__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(save_current_input);
    return;  // it catches the rest itself, and says more about it
  }
  for (const int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(s, on_signal);
}

void run_one(const Target& target, std::string_view input) {
  // A copy that ends where the input ends, so that ASan sees a read past it.
  const auto exact = std::make_unique_for_overwrite<char[]>(input.size());
  std::copy(input.begin(), input.end(), exact.get());
  g_current.data = exact.get();
  g_current.size = input.size();
  target.run({exact.get(), input.size()});
  g_current.data = nullptr;
}

[[noreturn]] void give_up(const char* what, const char* value) {
  std::fprintf(stderr, "fuzz: %s: %s\n", what, value);
  std::exit(2);
}

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr) return otherwise;
  char* end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') give_up(name, text);
  return value;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) give_up("cannot read", path.c_str());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Each target gets its own sequence out of one seed.
uint64_t sequence_seed(const Target& target, uint64_t seed) {
  for (const char c : target.name) seed = seed * 1099511628211ULL + static_cast<unsigned char>(c);
  return seed;
}

}  // namespace

Mutator::Mutator(const Target& target, uint64_t seed)
    : random_(sequence_seed(target, seed)), tokens_(target.tokens), pool_(target.seeds) {
  pool_.emplace_back();  // there is always one seed: the empty input
  seeds_ = pool_.size();
  for (const char* word : {"\xff", "\xed\xa0\x80", "\xe2\x80\xa8", "\r\n", "\r\n\r\n", "-1", "4294967296",
                           "18446744073709551616", "9223372036854775808", "%00", "../"}) {
    tokens_.emplace_back(word);
  }
  tokens_.emplace_back(1, '\0');
}

const std::string& Mutator::next() {
  // Mutants of mutants go deep, but most are broken early on: half of the time start from what is well formed.
  input_ = below(2) == 0 ? pool_[below(seeds_)] : any_of_pool();
  for (size_t rounds = 1 + below(5); rounds > 0; --rounds) mutate(input_);
  if (input_.size() > kInputBytesMax) input_.resize(kInputBytesMax);
  if (below(32) == 0) keep(input_);
  return input_;
}

void Mutator::keep(const std::string& input) {
  if (pool_.size() < seeds_ + kPoolMax) {
    pool_.push_back(input);
  } else {
    pool_[seeds_ + below(pool_.size() - seeds_)] = input;
  }
}

void Mutator::mutate(std::string& input) {
  switch (below(8)) {
    case 0:
      return flip_bit(input);
    case 1:
      return set_byte(input);
    case 2:
      return insert_bytes(input);
    case 3:
      return erase_range(input);
    case 4:
      return repeat_range(input);
    case 5:
      return splice(input);
    default:
      return insert_token(input);
  }
}

void Mutator::flip_bit(std::string& input) {
  if (!input.empty()) input[below(input.size())] ^= static_cast<char>(1U << below(8));
}

void Mutator::set_byte(std::string& input) {
  if (!input.empty()) input[below(input.size())] = static_cast<char>(below(256));
}

void Mutator::insert_bytes(std::string& input) {
  input.insert(position(input), 1 + below(8), static_cast<char>(below(256)));
}

void Mutator::erase_range(std::string& input) {
  const size_t from = position(input);
  input.erase(from, 1 + below(std::max<size_t>(1, input.size() / 4)));
}

void Mutator::repeat_range(std::string& input) {
  const size_t from = position(input);
  const std::string range = input.substr(from, 1 + below(32));
  for (size_t times = 1 + below(below(8) == 0 ? 200 : 3); times > 0; --times) input.insert(from, range);
}

void Mutator::insert_token(std::string& input) { input.insert(position(input), tokens_[below(tokens_.size())]); }

/// Replaces the tail by the tail of another.
void Mutator::splice(std::string& input) {
  const std::string& other = any_of_pool();
  input.resize(position(input));
  input.append(other, position(other));
}

Budget Budget::from_environment() {
  Budget budget;
  budget.time = std::chrono::seconds(number_from_environment("DISCOVERY_FUZZ_SECONDS", 1));
  budget.runs = number_from_environment("DISCOVERY_FUZZ_RUNS", 0);
  budget.seed = number_from_environment("DISCOVERY_FUZZ_SEED", 1);
  if (const char* file = std::getenv("DISCOVERY_FUZZ_INPUT")) budget.only_input = file;
  return budget;
}

std::vector<std::string> committed_corpus(const std::string& target) {
  std::vector<std::string> files;
  std::error_code none;  // a folder that is not there is an empty one
  for (const auto& entry : std::filesystem::directory_iterator(DISCOVERY_FUZZ_CORPUS "/" + target, none)) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const std::string& file : files) inputs.push_back(read_file(file));
  return inputs;
}

uint64_t run_target(const Target& named, const Budget& budget) {
  Target target = named;
  for (std::string& input : committed_corpus(target.name)) target.seeds.push_back(std::move(input));
  std::snprintf(g_current.file, sizeof g_current.file, "fuzz-last-%s.bin", target.name.c_str());
  catch_deaths();
  if (!budget.only_input.empty()) {
    run_one(target, read_file(budget.only_input));
    return 1;
  }
  std::printf("DISCOVERY_FUZZ_SEED=%llu\n", static_cast<unsigned long long>(budget.seed));
  std::fflush(stdout);    // it must be seen when the process dies
  ::alarm(kHangSeconds);  // a hang dies by SIGALRM and leaves its input
  for (const std::string& seed : target.seeds) run_one(target, seed);

  Mutator mutator(target, budget.seed);
  const auto end = std::chrono::steady_clock::now() + budget.time;
  uint64_t runs = 0;
  const auto more = [&] {
    if (budget.runs > 0) return runs < budget.runs;
    return runs % kRunsPerClockReading != 0 || std::chrono::steady_clock::now() < end;
  };
  while (more()) {
    if (runs % kRunsPerClockReading == 0) ::alarm(kHangSeconds);
    run_one(target, mutator.next());
    ++runs;
  }
  ::alarm(0);
  return runs + target.seeds.size();
}

}  // namespace discovery::fuzz
