#include "node/event_feed.h"

#include <charconv>
#include <exception>
#include <string>

#include "codec/params.h"

namespace discovery::node {

namespace {
constexpr const char* kComeAgain = "retry: 2000\n\n";
}  // namespace

bool EventFeed::wait(const EventSource& source, uint64_t since, codec::HttpExchange& exchange) {
  if (streams_.size() >= kStreamsMax) return false;
  auto [parked, answer] = RemoteAnswer::make(exchange, reactor_, RemoteAnswer::Comes::kSomeTime);
  exchange.park(std::move(parked));
  const TimePoint now = reactor_.now();
  if (streams_.empty()) reactor_.schedule(*this, now + kLook);
  streams_.push_back({&source, since, now + kPatience, std::move(answer)});
  return true;
}

void EventFeed::on_deadline(TimePoint now) {
  std::erase_if(streams_, [&](Stream& s) {
    if (!s.answer.wanted()) return true;
    if (s.source->last_event() == s.since && now < s.until) return false;
    answer(std::move(s), now);
    return true;
  });
  if (!streams_.empty()) reactor_.schedule(*this, now + kLook);
}

void EventFeed::answer(Stream&& stream, TimePoint now) {
  const auto write = [](std::string text) {
    return [text = std::move(text)](codec::HttpReply& reply) {
      reply.content_type = kContentType;
      reply.add_header("Cache-Control: no-store");
      reply.append(text);
    };
  };
  const bool taken = clerk_.give([write, now, source = stream.source, since = stream.since, to = stream.answer] {
    std::string text = kComeAgain;
    try {
      text = source->events_text(since, now);
    } catch (const std::exception&) {  // no question may end the process
    }
    to.give(write(std::move(text)));
  });
  if (!taken) stream.answer.give(write(kComeAgain));  // the clerk has too much to do: come again later
}

uint64_t since_of(const codec::HttpRequest& request, uint64_t absent) {
  constexpr size_t kParamsMax = 16;
  codec::Params params;
  std::string_view text = request.field("last-event-id");
  if (text.empty() && params.add_urlencoded(request.query, kParamsMax)) text = params.first("since");
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : absent;
}

}  // namespace discovery::node
