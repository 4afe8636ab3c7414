// gzip of an answer (RFC 1951, RFC 1952) whose large parts are compressed once and shared by all who are told the same.
//
//   [gzip header] [stored block: own bytes] [blocks of the shared text, kept beside it] ... [empty last block]
//   [trailer]
//
// Only the envelope of an answer differs from client to client; it is short and goes in uncompressed. The checksum of
// the whole is put together from those of the parts. Thread: pure functions. Cost: about 4 ms a megabyte, once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/shared_text.h"
#include "codec/http.h"

namespace discovery::codec {

/// Answers with less shared text than this are not worth it.
inline constexpr size_t kGzipBytesMin = 1024;

/// Never null.
[[nodiscard]] std::unique_ptr<const Deflated> deflate_text(std::string_view text);

/// Turns the body of `reply` into gzip, with its header field. Precondition: every shared text in it has its deflated
/// form; the reply does not stream.
void gzip_reply(HttpReply& reply);

/// What a client makes of it. None unless it is one whole gzip member with a right checksum, nothing behind it, and at
/// most `bytes_max` of text.
[[nodiscard]] std::optional<std::string> gunzip(std::string_view bytes, size_t bytes_max = SIZE_MAX);

/// Whether a value of Accept-Encoding names gzip, and not with q=0 (RFC 9110 12.5.3). `*` does not count.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace discovery::codec
