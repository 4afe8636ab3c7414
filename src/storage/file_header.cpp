#include "storage/file_header.h"

#include "base/bytes.h"

namespace discovery::storage {

void append_header(std::string& out, std::string_view magic, const FileHeader& header) {
  out.append(magic);
  append_le(out, FileHeader::kFormat);
  append_le(out, uint16_t{0});
  append_le(out, static_cast<uint64_t>(header.wall_ns));
  append_le(out, header.boot);
  append_le(out, static_cast<uint64_t>(header.hlc_upper_ns));
}

Result<FileHeader> read_header(std::string_view bytes, std::string_view magic) {
  if (bytes.size() < FileHeader::kBytes || !bytes.starts_with(magic)) return invalid("not a file of ours");
  bytes.remove_prefix(magic.size());
  if (take_le<uint16_t>(bytes) != FileHeader::kFormat) return invalid("a file of another format");
  take_le<uint16_t>(bytes);
  FileHeader header;
  header.wall_ns = static_cast<int64_t>(take_le<uint64_t>(bytes));
  header.boot = take_le<uint64_t>(bytes);
  header.hlc_upper_ns = static_cast<int64_t>(take_le<uint64_t>(bytes));
  return header;
}

}  // namespace discovery::storage
