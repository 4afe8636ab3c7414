// The files of the page (web/), compiled into the program: as text, as gzip and with entity tags.
//
// Lifecycle: constants; every view is valid for ever. Thread: any. Source: cmake/EmbedPage.cmake, at build time.
#pragma once

#include <span>
#include <string_view>

namespace discovery::page {

struct Asset {
  std::string_view path;  ///< under web/: "index.html", "vendor/uplot/uPlot.esm.js"
  std::string_view content_type;
  std::string_view text;
  std::string_view gzip;       ///< one gzip member of `text`
  std::string_view etag;       ///< strong, with its quotation marks
  std::string_view etag_gzip;  ///< the same of `gzip`: other bytes, another tag (RFC 9110 8.8.3)
};

/// All of them, sorted by path.
[[nodiscard]] std::span<const Asset> assets();

/// Null when there is none. `path` is compared byte by byte: it names no file, so no way leads out of the page.
[[nodiscard]] const Asset* find(std::string_view path);

}  // namespace discovery::page
