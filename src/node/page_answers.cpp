#include "node/page_answers.h"

#include <algorithm>
#include <string>

#include "codec/text.h"
#include "page/assets.h"

namespace discovery::node {

namespace {

constexpr std::string_view kPrefix = "/page/";
constexpr std::string_view kIndexFile = "index.html";
constexpr std::string_view kPolicy =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Takes the next element of a list that commas separate, without the blanks around it.
std::string_view next_element(std::string_view& list, char separator) {
  const size_t end = std::min(list.find(separator), list.size());
  const std::string_view element = codec::trim_blanks(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

/// "q=0", "q=0.00"
bool is_weight_zero(std::string_view parameter) {
  if (parameter.size() < 3 || codec::ascii_lower(parameter[0]) != 'q' || parameter[1] != '=') return false;
  return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
}

void add_policy(codec::HttpReply& reply) {
  reply.add_header(kPolicy);
  reply.add_header("X-Content-Type-Options: nosniff");
  reply.add_header("Referrer-Policy: no-referrer");
}

int answer_asset(const page::Asset& asset, const codec::HttpRequest& request, codec::HttpReply& reply) {
  const std::string_view etag = request.accepts_gzip ? asset.etag_gzip : asset.etag;
  add_policy(reply);
  reply.add_header("Cache-Control: no-cache");
  reply.add_header("ETag: " + std::string(etag));
  if (names_tag(request.field("if-none-match"), etag)) return reply.status = 304;
  reply.content_type = asset.content_type;
  if (request.accepts_gzip) reply.add_header("Content-Encoding: gzip");
  reply.append(request.accepts_gzip ? asset.gzip : asset.text);
  return reply.status = 200;
}

}  // namespace

bool accepts_html(std::string_view accept) {
  while (!accept.empty()) {
    std::string_view range = next_element(accept, ',');
    if (!codec::equals_ignoring_case(next_element(range, ';'), "text/html")) continue;
    while (!range.empty()) {
      if (is_weight_zero(next_element(range, ';'))) return false;
    }
    return true;
  }
  return false;
}

bool names_tag(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view tag = next_element(if_none_match, ',');
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == etag) return true;
  }
  return false;
}

std::optional<int> answer_page(OperatorRoute route, const codec::HttpRequest& request, codec::HttpReply& reply) {
  if (route == OperatorRoute::kIndex) {
    reply.add_header("Vary: Accept, Accept-Encoding");
    const page::Asset* const index = accepts_html(request.field("accept")) ? page::find(kIndexFile) : nullptr;
    return index ? std::optional(answer_asset(*index, request, reply)) : std::nullopt;
  }
  if (route != OperatorRoute::kPage) return std::nullopt;
  if (const page::Asset* const asset = page::find(request.path.substr(kPrefix.size()))) {
    reply.add_header("Vary: Accept-Encoding");
    return answer_asset(*asset, request, reply);
  }
  add_policy(reply);
  reply.append("404 page not found");
  return reply.status = 404;
}

}  // namespace discovery::node
