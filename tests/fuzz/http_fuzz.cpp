// Targets of the HTTP session: any bytes, in any pieces, against writes of any size.
#include <string>
#include <utility>

#include "fuzz/fuzz_target.h"
#include "fuzz/random_transport.h"
#include "net/session.h"

namespace discovery::fuzz {
namespace {

using net::Session;

/// Echoes; /park parks; /stream streams.
class EchoHandler final : public codec::HttpHandler {
 public:
  struct Parked final : public codec::ParkedRequest {
    Parked(EchoHandler& handler, codec::HttpExchange& exchange) : owner(handler) { owner.parked = &exchange; }
    ~Parked() override { owner.parked = nullptr; }
    void write_answer(codec::HttpReply& reply) override { reply.append("woken"); }
    void write_drain_answer(codec::HttpReply& reply) override { reply.append("drained"); }
    EchoHandler& owner;
  };
  struct Pieces final : public codec::BodySource {
    bool next(std::string& out) override {
      out.append("piece");
      return --left > 0;
    }
    int left = 3;
  };

  void handle(const codec::HttpRequest& request, codec::HttpReply& reply, codec::HttpExchange& exchange) override {
    FUZZ_CHECK(request.path.starts_with('/') || request.path == "*");
    FUZZ_CHECK(request.path.find('\0') == std::string_view::npos);
    FUZZ_CHECK(request.client != nullptr);
    seen.append(request.path).append("?").append(request.query).append("#").append(request.body).append("\n");
    if (request.path == "/park") {
      exchange.park(std::make_unique<Parked>(*this, exchange));
    } else if (request.path == "/stream") {
      reply.stream(std::make_unique<Pieces>());
    } else {
      reply.append(request.body);
      reply.share(std::make_shared<const SharedText>(std::string(request.path)));
    }
  }

  codec::HttpExchange* parked = nullptr;
  std::string seen;
};

struct Played {
  std::string seen;
  std::string written;
};

/// The event loop, until the session has closed. Ragged: pieces, and hang-ups before a parked request is answered.
Played play(std::string_view input, bool ragged, uint64_t seed) {
  StillClock clock;
  Wheel wheel(clock.now());
  net::ReactorStats stats;
  codec::PartialBytes partial(size_t{16} * 1024 * 1024);
  EchoHandler handler;
  const codec::HttpLimits limits{.head_bytes_max = 2048, .fields_max = 20, .body_bytes_max = 2048};
  net::SessionContext context(handler, wheel, clock, stats, {}, limits, partial);
  RandomTransport transport(input, ragged, seed);
  {
    Session session(context, transport, {});
    session.start();
    while (!transport.closed) {
      if (handler.parked && (!transport.reads || transport.left.empty() || !ragged || transport.random.below(2) == 0)) {
        handler.parked->resume();
      } else if (std::exchange(transport.soon, false)) {
        session.on_soon();
      } else if (std::exchange(transport.writes, false)) {
        session.on_writable();
      } else if (std::exchange(transport.reads, false)) {
        session.on_readable();
      } else {
        check_failed(__FILE__, __LINE__, "an open session waits for something");
      }
    }
    FUZZ_CHECK(session.state() == Session::State::kClosed);
  }
  FUZZ_CHECK(handler.parked == nullptr);
  FUZZ_CHECK(partial.used() == 0);
  FUZZ_CHECK(stats.parked.get() == 0 && stats.slow_writers.get() == 0);
  return {std::move(handler.seen), std::move(transport.written)};
}

/// What the handler answered. Whether a client is told to continue depends on what has come by then, and which of two
/// faults is told, or whether the input ends first, on how it was cut.
std::string answers_of(std::string text) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  for (size_t at; (at = text.find(kContinue)) != std::string::npos;) text.erase(at, kContinue.size());
  return text.substr(0, std::min(text.find("HTTP/1.1 4"), text.find("HTTP/1.1 5")));
}

}  // namespace

/// What a client is answered does not depend on how its bytes are cut.
void fuzz_http_session(std::string_view input) {
  const Played whole = play(input, false, 0);
  const size_t first = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  const Played ragged = play(input, true, input.size() * 1'000'003 + first);
  FUZZ_CHECK(whole.seen == ragged.seen);
  FUZZ_CHECK(answers_of(whole.written) == answers_of(ragged.written));
}

namespace {
const RegisteredTarget kHttpSession({
    .name = "http_session",
    .run = fuzz_http_session,
    .seeds =
        {"GET /discovery/fetch?appid=a HTTP/1.1\r\nHost: a\r\n\r\n",
         "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /%61//b HTTP/1.1\r\nHost: a\r\n\r\n",
         "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: u"
         "\r\n\r\nHEAD / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n",
         "GET /park HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS * HTTP/1.0\r\n\r\n",
         "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"},
    .tokens = {"\r\n", "\n", "\r", "\r\n\r\n", " ", ":", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n",
               "Host: x\r\n", "Connection: close\r\n", "Expect: 100-continue\r\n", "HTTP/1.0", "HTTP/1.1", "0\r\n\r\n",
               "/park", "/stream", "%00", "ffffffffffffffff", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
});
}  // namespace

}  // namespace discovery::fuzz
