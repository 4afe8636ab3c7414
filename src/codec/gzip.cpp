#include "codec/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "codec/text.h"

namespace discovery::codec {
namespace {

constexpr int kRaw = -15;  // no header of zlib's own; the largest window
constexpr int kFastest = 1;
constexpr int kMemLevel = 8;
constexpr std::string_view kHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);  // no name, no time, unknown system

void append_little_endian(std::string& out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
}

/// Stored blocks (RFC 1951 3.2.4), each at most 65,535 bytes. Only on a byte boundary.
void append_stored(std::string& out, std::string_view bytes, bool last) {
  do {
    const std::string_view piece = bytes.substr(0, UINT16_MAX);
    bytes.remove_prefix(piece.size());
    const auto n = static_cast<uint16_t>(piece.size());
    const auto inverse = static_cast<uint16_t>(~n);
    out += static_cast<char>(last && bytes.empty() ? 1 : 0);
    for (const uint16_t word : {n, inverse}) {
      out += static_cast<char>(word & 0xFF);
      out += static_cast<char>(word >> 8);
    }
    out += piece;
  } while (!bytes.empty());
}

uint32_t crc_of(std::string_view bytes) {
  return static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

bool is_zero(std::string_view weight) {
  return !weight.empty() && weight.front() == '0' && weight.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

std::unique_ptr<const Deflated> deflate_text(std::string_view text) {
  z_stream stream{};
  DISCOVERY_CHECK(deflateInit2(&stream, kFastest, Z_DEFLATED, kRaw, kMemLevel, Z_DEFAULT_STRATEGY) == Z_OK,
                  "zlib has its memory");
  auto made = std::make_unique<Deflated>();
  made->crc = crc_of(text);
  made->blocks.resize(deflateBound(&stream, static_cast<uLong>(text.size())) + 16);  // and the flush at the end
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));         // deflate() only reads
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(made->blocks.data());
  stream.avail_out = static_cast<uInt>(made->blocks.size());
  const int result = deflate(&stream, Z_SYNC_FLUSH);
  DISCOVERY_CHECK(result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0, "the bound of zlib holds");
  made->blocks.resize(stream.total_out);
  made->blocks.shrink_to_fit();
  deflateEnd(&stream);
  return made;
}

void gzip_reply(HttpReply& reply) {
  std::string own(kHeader);
  std::vector<HttpReply::Part> parts;
  uLong crc = 0;
  uint32_t bytes = 0;  // modulo 2^32, as the trailer wants it
  const auto add = [&](uint32_t part_crc, size_t part_bytes) {
    crc = crc32_combine(crc, part_crc, static_cast<z_off_t>(part_bytes));
    bytes += static_cast<uint32_t>(part_bytes);
  };
  size_t begin = 0;
  for (HttpReply::Part& part : reply.parts()) {
    const std::string_view text =
        std::string_view(reply.own_bytes()).substr(part.own_begin, part.own_end - part.own_begin);
    if (!text.empty()) {
      append_stored(own, text, false);
      add(crc_of(text), text.size());
    }
    if (!part.shared) continue;
    const Deflated* const deflated = part.shared->deflated();
    DISCOVERY_CHECK(deflated != nullptr, "shared text is deflated before");
    add(deflated->crc, part.shared->size());
    parts.push_back({begin, own.size(), std::move(part.shared), true});
    begin = own.size();
  }
  append_stored(own, {}, true);
  append_little_endian(own, static_cast<uint32_t>(crc));
  append_little_endian(own, bytes);
  parts.push_back({begin, own.size(), nullptr, false});
  reply.replace_body(std::move(own), std::move(parts));
  reply.add_header("Content-Encoding: gzip");
  reply.add_header("Vary: Accept-Encoding");
}

std::optional<std::string> gunzip(std::string_view bytes, size_t bytes_max) {
  constexpr int kGzip = 15 + 16;
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // inflate() only reads
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::array<char, 16384> piece;
  int result = Z_OK;
  while (result == Z_OK && text.size() <= bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    result = inflate(&stream, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0 && text.size() <= bytes_max;
  inflateEnd(&stream);
  return whole ? std::optional(std::move(text)) : std::nullopt;
}

bool accepts_gzip(std::string_view accept_encoding) {
  for (std::string_view list = accept_encoding; !list.empty();) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    if (!equals_ignoring_case(trim_blanks(item.substr(0, semicolon)), "gzip")) continue;
    item.remove_prefix(semicolon);
    const size_t equals = item.find('=');
    return equals == std::string_view::npos || !is_zero(trim_blanks(item.substr(equals + 1)));
  }
  return false;
}

}  // namespace discovery::codec
