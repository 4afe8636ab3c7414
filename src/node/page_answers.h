// The answers that make up the page (spec: operations.md 7): `/` for browsers, and the files below `/page/`.
//
// Every one of them carries the strict policy that a browser holds the page to: nothing from another host, no script or
// style inside of the document, no frame around it. Files are asked for anew each time, with their entity tag, so a
// browser never mixes the page of two versions.
//
// Thread: pure functions. Errors: 404 for a file that there is not.
#pragma once

#include <optional>
#include <string_view>

#include "codec/http.h"
#include "node/routes.h"

namespace discovery::node {

/// The status (200, 304, 404) where the request is for the page: one below `/page/`, or one for `/` that accepts
/// text/html. None for all others; `/` still has its text to come then.
[[nodiscard]] std::optional<int> answer_page(OperatorRoute route, const codec::HttpRequest& request,
                                             codec::HttpReply& reply);

/// Whether a value of Accept names text/html, and not with q=0. `*/*` does not count: that is what programs send.
[[nodiscard]] bool accepts_html(std::string_view accept);

/// Whether a value of If-None-Match holds the tag, or is `*` (RFC 9110 13.1.2).
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view etag);

}  // namespace discovery::node
