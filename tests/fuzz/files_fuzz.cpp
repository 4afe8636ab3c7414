// Files that somebody else may have written: the history of the data folder, a snapshot of discoveryctl, the token.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/secrets.h"
#include "codec/text.h"
#include "ctl/snapshot_file.h"
#include "fuzz/fuzz_target.h"
#include "history/archive.h"
#include "history/event_codec.h"
#include "history/history.h"
#include "node/admin_token.h"
#include "storage/crc32c.h"
#include "unit/registry/node.h"

namespace discovery::fuzz {
namespace {

// ---- history -------------------------------------------------------------------------------------------------------

/// One file that can be read; what is written is taken and forgotten.
class OneFile final : public storage::Disk {
 public:
  explicit OneFile(std::string_view bytes) : bytes_(bytes) {}
  Result<std::unique_ptr<storage::DiskFile>> create(std::string_view) override { return refused(); }
  Result<void> rename(std::string_view, std::string_view) override { return refused(); }
  Result<void> remove(std::string_view) override { return refused(); }
  Result<void> sync_folder() override { return refused(); }
  Result<std::vector<std::string>> list() override { return std::vector<std::string>{"history.1"}; }
  Result<std::string> read(std::string_view name, uint64_t offset, size_t bytes_max) override {
    if (name != "history.1") return not_found("no such file");
    if (offset >= bytes_.size()) return std::string();
    return std::string(bytes_.substr(static_cast<size_t>(offset), bytes_max));
  }

 private:
  static Error refused() { return {ErrorCode::kUnavailable, "read only"}; }
  const std::string_view bytes_;
};

void put_le32(std::string& bytes, size_t at, uint32_t v) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(v >> (8 * i));
}

/// As a file with one frame whose sum is right.
std::string framed(std::string_view events) {
  std::string file(history::Archive::kMagic);
  const size_t head = file.size();
  file.append(8, '\0');
  put_le32(file, head, static_cast<uint32_t>(events.size()));
  put_le32(file, head + 4, storage::crc32c(events));
  return file.append(events);
}

void load_history(std::string_view file) {
  OneFile disk(file);
  history::History history(size_t{1} << 16);
  history::Archive archive(disk, history, size_t{1} << 20);
  const auto loaded = archive.load();
  FUZZ_CHECK(loaded.events <= file.size() && loaded.files <= 1);
  const auto found = history.find({.limit = SIZE_MAX});
  FUZZ_CHECK(found.events.size() <= loaded.events);
  for (const history::Event& event : found.events) {
    std::string bytes;
    history::append_on_disk(bytes, event);
    FUZZ_CHECK(history::read_from_disk(bytes).has_value());
  }
}

/// An event that is read says the same when it is written again; a file of any bytes is loaded or not.
void fuzz_history(std::string_view input) {
  if (const auto event = history::read_from_disk(input)) {
    std::string again;
    history::append_on_disk(again, *event);
    const auto twice = history::read_from_disk(again);
    std::string third;
    FUZZ_CHECK(twice.has_value());
    history::append_on_disk(third, *twice);
    FUZZ_CHECK(third == again);
  }
  load_history(input);
  load_history(framed(input));
}

std::vector<std::string> seed_events() {
  history::History history(size_t{1} << 16);
  registry::Node node;
  node.registry.set_observer(&history);
  history.note(history::EventKind::kStarted, node.now);
  node.put({"h", "z", "shop", "dev"});
  node.put({"h", "z", "shop", "dev"}, registry::version("413"));
  static_cast<void>(node.cancel({"h", "z", "shop", "dev"}));
  std::vector<std::string> seeds;
  std::string all;
  for (const history::Event& event : history.find({}).events) {
    std::string bytes;
    history::append_on_disk(bytes, event);
    seeds.push_back(bytes);
    all += static_cast<char>(bytes.size());
    all += bytes;
  }
  seeds.push_back(framed(all));
  seeds.push_back(all);
  return seeds;
}

const RegisteredTarget kHistory({"history",
                                 fuzz_history,
                                 seed_events(),
                                 {std::string(history::Archive::kMagic), std::string("\x80\x80"), std::string(8, '\0'),
                                  "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}});

// ---- files that are opened by their name
// ------------------------------------------------------------------------------

/// In memory, under a name.
class NamedFile {
 public:
  NamedFile() : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) { FUZZ_CHECK(descriptor_ >= 0); }
  ~NamedFile() { ::close(descriptor_); }
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;

  std::string with(std::string_view bytes) {
    FUZZ_CHECK(::ftruncate(descriptor_, 0) == 0);
    FUZZ_CHECK(::pwrite(descriptor_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    return "/proc/self/fd/" + std::to_string(descriptor_);
  }

 private:
  const int descriptor_;
};

std::string with_end(const std::string& lines, int records) {
  boost::crc_32_type crc;
  crc.process_bytes(lines.data(), lines.size());
  return lines + "{\"records\":" + std::to_string(records) + ",\"crc32\":" + std::to_string(crc.checksum()) + "}\n";
}

void read_snapshot(const std::string& path) {
  size_t records = 0;
  const auto head = ctl::read_snapshot_file(path, [&](const ctl::Json&) { ++records; });
  if (!head) FUZZ_CHECK(!head.error().message.empty());
}

/// As it is, and with a right end after each of its first lines.
void fuzz_ctl_snapshot(std::string_view input) {
  static NamedFile file;
  read_snapshot(file.with(input));
  const auto lines = static_cast<int>(std::count(input.begin(), input.end(), '\n'));
  if (lines > 0) read_snapshot(file.with(with_end(std::string(input.substr(0, input.rfind('\n') + 1)), lines - 1)));
}

const std::string kHead = R"({"discovery_snapshot":1,"node":"10.0.0.1:7171","taken_at":1764322200000000000,"env":""})"
                          "\n";
const std::string kLine = R"({"env":"dev","appid":"shop.cart","zone":"sh001","hostname":"cart-0","state":"visible"})"
                          "\n";
const RegisteredTarget kCtlSnapshot({"ctl_snapshot",
                                     fuzz_ctl_snapshot,
                                     {with_end(kHead, 0), with_end(kHead + kLine, 1), kHead + kLine + kLine},
                                     {"\n", "{", "}", "\"", ":", ",", "null", "-1", "1e400",
                                      "\"crc32\":", "\"records\":", "\"discovery_snapshot\":2", "[[[[[[[["}});

/// A token matches itself and nothing else.
void fuzz_token(std::string_view input) {
  static NamedFile file;
  const auto token = node::AdminToken::load(file.with(input));
  if (!token) {
    FUZZ_CHECK(!token.error().message.empty());
    return;
  }
  std::string text(input);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  FUZZ_CHECK(text.size() >= access::kTokenBytesMin && text.size() <= access::kSecretBytesMax);
  FUZZ_CHECK(token->matches("Bearer " + text) && !token->matches(text) && !token->matches("Bearer " + text + "x"));
  FUZZ_CHECK(!token->matches("Bearer " + text.substr(1)));
}

const RegisteredTarget kToken({"token",
                               fuzz_token,
                               {"0123456789abcdef", "0123456789abcdef0123456789abcdef\r\n", std::string(512, 'x')},
                               {"\n", "\r", " ", "\t", "\x7f", "0123456789abcdef"}});

}  // namespace
}  // namespace discovery::fuzz
