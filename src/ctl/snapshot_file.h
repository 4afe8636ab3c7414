// The file of `discoveryctl snapshot`: what a node had, as text that other tools read too.
//
//   {"discovery_snapshot":1,"node":"10.0.0.1:7171","taken_at":1764322200000000000,"env":""}      the head
//   {"env":"dev","appid":"shop.cart","zone":"sh001","hostname":"cart-0","state":"visible",...}   a record, as
//                                                                                                /api/service tells it
//   {"records":1,"crc32":2774181217}                                          the end; of all bytes before this line
//
// Not the files of cluster.data_dir (storage/snapshot.h), which are a node's own.
// Thread: one. Errors: kRefused, with the file and, where it is damaged, the line. Limits: kLineBytesMax a line.
#pragma once

#include <boost/crc.hpp>
#include <cstdint>
#include <fstream>
#include <string>

#include "base/function_ref.h"
#include "ctl/exit_code.h"
#include "ctl/fields.h"

namespace discovery::ctl {

inline constexpr int64_t kSnapshotFormat = 1;
inline constexpr size_t kLineBytesMax = size_t{16} << 20;

struct SnapshotHead {
  std::string node;
  int64_t taken_ns = 0;
  std::string env;  ///< the only one that was saved; "": all
};

/// Writes a file beside `path`, which takes that name once it is whole and on the disk. What was there before goes only
/// then, and only if it may be replaced. Whoever ends the process by a signal leaves path.XXXXXX behind.
class SnapshotFileWriter {
 public:
  enum class Replace : bool { kNo, kYes };

  SnapshotFileWriter(std::string path, Replace replace)
      : path_(std::move(path)), part_(path_ + ".XXXXXX"), replace_(replace) {}
  /// Unfinished: nothing is left behind.
  ~SnapshotFileWriter();
  SnapshotFileWriter(const SnapshotFileWriter&) = delete;
  SnapshotFileWriter& operator=(const SnapshotFileWriter&) = delete;

  [[nodiscard]] Outcome<void> begin(const SnapshotHead& head);
  /// What cannot be written is told by finish().
  void add(const Json& record);
  [[nodiscard]] Outcome<void> finish();
  [[nodiscard]] int64_t records() const { return records_; }

 private:
  void line(const Json& json);
  [[nodiscard]] Failure failed(const std::string& what) const;

  std::string path_;
  std::string part_;
  Replace replace_;
  std::ofstream file_;
  boost::crc_32_type crc_;
  int64_t records_ = 0;
  bool begun_ = false;
};

/// Calls `record` for each; a file that is not whole is an error, after some may have been given.
[[nodiscard]] Outcome<SnapshotHead> read_snapshot_file(const std::string& path, FunctionRef<void(const Json&)> record);

}  // namespace discovery::ctl
