#include "simulation/simulated_disk.h"

#include <algorithm>
#include <set>
#include <utility>

namespace discovery::simulation {
namespace {

Error bad_name() { return invalid("not a plain name"); }
Error power_lost() { return {ErrorCode::kUnavailable, "power lost"}; }
bool changes_something(SimulatedDisk::Op op) {
  return op != SimulatedDisk::Op::kList && op != SimulatedDisk::Op::kRead;
}

}  // namespace

/// A handle that outlives a crash writes into a file that no name leads to.
class SimulatedDisk::Handle final : public storage::DiskFile {
 public:
  Handle(SimulatedDisk& disk, FilePtr file, std::string name)
      : disk_(disk), file_(std::move(file)), name_(std::move(name)) {}
  Result<void> append(std::string_view bytes) override { return disk_.append(*file_, name_, bytes); }
  Result<void> sync() override { return disk_.sync(*file_, name_); }

 private:
  SimulatedDisk& disk_;
  const FilePtr file_;
  const std::string name_;
};

SimulatedDisk::SimulatedDisk() = default;
SimulatedDisk::~SimulatedDisk() = default;

std::optional<Error> SimulatedDisk::refused(Op op, std::string_view name) {
  if (fault_) {
    if (auto error = fault_(op, name)) return error;
  }
  if (!changes_something(op)) return std::nullopt;
  if (writes_left_) {
    if (*writes_left_ == 0) return power_lost();
    --*writes_left_;
  }
  ++writes_;
  return std::nullopt;
}

Result<std::unique_ptr<storage::DiskFile>> SimulatedDisk::create(std::string_view name) {
  if (!storage::is_plain_name(name)) return bad_name();
  if (auto error = refused(Op::kCreate, name)) return *error;
  if (names_.find(name) != names_.end()) return Error{ErrorCode::kConflict, "the name exists"};
  auto file = std::make_shared<File>();
  change({{std::string(name), file}});
  return std::unique_ptr<storage::DiskFile>(std::make_unique<Handle>(*this, file, std::string(name)));
}

Result<void> SimulatedDisk::rename(std::string_view from, std::string_view to) {
  if (!storage::is_plain_name(from) || !storage::is_plain_name(to)) return bad_name();
  if (auto error = refused(Op::kRename, from)) return *error;
  const auto found = names_.find(from);
  if (found == names_.end()) return not_found("no such file");
  const FilePtr file = found->second;
  change({{std::string(from), nullptr}, {std::string(to), file}});
  return {};
}

Result<void> SimulatedDisk::remove(std::string_view name) {
  if (!storage::is_plain_name(name)) return bad_name();
  if (auto error = refused(Op::kRemove, name)) return *error;
  const auto found = names_.find(name);
  if (found == names_.end()) return not_found("no such file");
  change({{std::string(name), nullptr}});
  return {};
}

Result<void> SimulatedDisk::sync_folder() {
  if (auto error = refused(Op::kSyncFolder, "")) return *error;
  synced_names_ = names_;
  changes_.clear();
  return {};
}

Result<std::vector<std::string>> SimulatedDisk::list() {
  if (auto error = refused(Op::kList, "")) return *error;
  return names();
}

Result<std::string> SimulatedDisk::read(std::string_view name, uint64_t offset, size_t bytes_max) {
  if (!storage::is_plain_name(name)) return bad_name();
  if (auto error = refused(Op::kRead, name)) return *error;
  const auto found = names_.find(name);
  if (found == names_.end()) return not_found("no such file");
  const std::string& bytes = found->second->bytes;
  return offset >= bytes.size() ? std::string() : bytes.substr(static_cast<size_t>(offset), bytes_max);
}

Result<void> SimulatedDisk::append(File& file, std::string_view name, std::string_view bytes) {
  if (auto error = refused(Op::kAppend, name)) {
    if (writes_left_ == 0U) file.bytes.append(bytes.substr(0, bytes.size() / 2));
    return *error;
  }
  const uint64_t room = capacity_ ? *capacity_ - std::min(*capacity_, used()) : UINT64_MAX;
  if (bytes.size() > room) {
    file.bytes.append(bytes.substr(0, static_cast<size_t>(room)));
    return Error{ErrorCode::kExhausted, "no space left"};
  }
  file.bytes.append(bytes);
  return {};
}

Result<void> SimulatedDisk::sync(File& file, std::string_view name) {
  if (auto error = refused(Op::kSync, name)) {
    file.broken = true;
    return *error;
  }
  if (!file.broken) file.synced = file.bytes.size();
  return {};
}

void SimulatedDisk::apply(const Change& change, Names& names) {
  for (const auto& [name, file] : change) {
    if (file) {
      names.insert_or_assign(name, file);
    } else {
      names.erase(name);
    }
  }
}

void SimulatedDisk::change(Change change) {
  apply(change, names_);
  changes_.push_back(std::move(change));
}

uint64_t SimulatedDisk::used() const {
  uint64_t bytes = 0;
  for (const auto& [name, file] : names_) bytes += file->bytes.size();
  return bytes;
}

void SimulatedDisk::crash(Random& random) {
  for (const Change& change : changes_) {
    if (random.below(2) == 0) apply(change, synced_names_);
  }
  std::set<const File*> cut;
  for (auto& [name, file] : synced_names_) {
    if (!cut.insert(file.get()).second) continue;
    const size_t unsynced = file->bytes.size() - file->synced;
    const auto survives = static_cast<size_t>(random.below(unsynced + 1));
    const auto zeros = random.below(2) == 0 ? size_t{0} : static_cast<size_t>(random.below(survives + 1));
    file->bytes.resize(file->synced + survives);
    std::fill(file->bytes.end() - static_cast<ptrdiff_t>(zeros), file->bytes.end(), '\0');
  }
  // Those who still hold a handle must not reach what the next process writes.
  Names fresh;
  for (const auto& [name, file] : synced_names_) {
    fresh.emplace(name, std::make_shared<File>(File{file->bytes, file->bytes.size(), false}));
  }
  names_ = synced_names_ = std::move(fresh);
  changes_.clear();
  revive();
}

std::string SimulatedDisk::bytes(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::string() : found->second->bytes;
}

void SimulatedDisk::put(std::string_view name, std::string bytes) {
  auto file = std::make_shared<File>();
  file->bytes = std::move(bytes);
  file->synced = file->bytes.size();
  names_.insert_or_assign(std::string(name), file);
  synced_names_.insert_or_assign(std::string(name), file);
}

std::vector<std::string> SimulatedDisk::names() const {
  std::vector<std::string> out;
  for (const auto& [name, file] : names_) out.push_back(name);
  return out;
}

}  // namespace discovery::simulation
