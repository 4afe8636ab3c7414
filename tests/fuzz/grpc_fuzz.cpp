// Targets of the gRPC connection: any bytes after, or instead of, the preface of HTTP/2, in any pieces, against writes
// of any size; and the messages of one call.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/fuzz_target.h"
#include "fuzz/random_transport.h"
#include "grpc/doorstep.h"
#include "grpc/fields.h"
#include "grpc/message_reader.h"

namespace discovery::fuzz {
namespace {

using grpc::Call;
using grpc::CallHandler;
using grpc::CallRequest;
using grpc::Code;
using grpc::Method;
using grpc::Status;

/// /u answers, /b echoes, /w waits: what waits is answered by the driver, at random.
class FuzzService final : public grpc::Service {
 public:
  class Handler final : public CallHandler {
   public:
    Handler(FuzzService& service, Call& call, size_t method) : owner_(service), call_(call), method_(method) {
      ++owner_.handlers;
      if (method_ == 2) owner_.waiting[this] = &call_;
    }
    ~Handler() override {
      --owner_.handlers;
      owner_.waiting.erase(this);
      FUZZ_CHECK(!told_ || !call_.open());
    }
    void on_message(std::string_view bytes) override {
      const Busy busy(*this);
      if (bytes.size() % 7 == 3) call_.tell_when_drained();
      call_.send(bytes);
      if (method_ == 0) call_.finish({bytes.empty() ? Code::kOk : Code::kAborted, std::string(bytes)});
    }
    void on_half_close() override {
      const Busy busy(*this);
      if (method_ == 1) call_.finish({});
    }
    void on_cancel() override {
      const Busy busy(*this);
      told_ = true;
      FUZZ_CHECK(!call_.send("x"));
    }
    void on_drained() override {
      const Busy busy(*this);
      FUZZ_CHECK(call_.unsent_bytes() == 0);
      call_.send("drained");
    }

   private:
    /// Nothing is entered while something runs, and nothing follows on_cancel().
    struct Busy {
      explicit Busy(Handler& handler) : h(handler) {
        FUZZ_CHECK(!h.busy_ && !h.told_);
        h.busy_ = true;
      }
      ~Busy() { h.busy_ = false; }
      Busy(const Busy&) = delete;
      Busy& operator=(const Busy&) = delete;
      Handler& h;
    };
    FuzzService& owner_;
    Call& call_;
    const size_t method_;
    bool busy_ = false;
    bool told_ = false;
  };

  [[nodiscard]] std::span<const Method> methods() const override {
    static constexpr std::array<Method, 3> kMethods = {
        {{"/u", Method::Kind::kUnary}, {"/b", Method::Kind::kBidirectional}, {"/w", Method::Kind::kServerStreaming}}};
    return kMethods;
  }
  std::unique_ptr<CallHandler> open(const CallRequest& request, Call& call) override {
    FUZZ_CHECK(request.method < 3 && request.client != nullptr);
    return std::make_unique<Handler>(*this, call, request.method);
  }
  bool answer_get(std::string_view path, codec::HttpReply& reply) override {
    reply.append(path);
    return path.size() % 2 == 0;
  }

  std::map<const Handler*, Call*> waiting;
  int handlers = 0;
};

class NotFound final : public codec::HttpHandler {
 public:
  void handle(const codec::HttpRequest& /*request*/, codec::HttpReply& reply,
              codec::HttpExchange& /*exchange*/) override {
    reply.status = 404;
  }
};

/// Something that may happen at any time on a reactor.
void disturb(FuzzService& service, SeededRandom& random, net::Conversation& conversation) {
  if (service.waiting.empty()) {
    if (random.below(200) == 0) conversation.drain();
    return;
  }
  Call& call = *service.waiting.begin()->second;
  switch (random.below(6)) {
    case 0:
      call.finish({Code::kUnavailable, "enough"});
      break;
    case 1:
      call.tell_when_drained();
      break;
    default:
      call.send(std::string(random.below(5'000), 'w'));
  }
}

void play(std::string_view input, bool ragged, uint64_t seed) {
  StillClock clock;
  Wheel wheel(clock.now());
  net::ReactorStats stats;
  codec::PartialBytes partial(size_t{64} * 1024);
  NotFound http;
  net::SessionContext context(http, wheel, clock, stats, {}, {}, partial);
  auto made = std::make_unique<FuzzService>();
  FuzzService& service = *made;
  const grpc::Limits limits{.streams_max = 20,
                            .header_bytes_max = 2'000,
                            .unsent_bytes_max = 20'000,
                            .partial_bytes_max = 10'000,
                            .message_bytes_max = 5'000,
                            .calls_max = 15,
                            .resets_burst = 10,
                            .control_burst = 50};
  grpc::Lane lane(limits, std::move(made), wheel, clock);
  RandomTransport transport(input, ragged, seed);
  {
    grpc::Doorstep conversation(lane, context, transport, {});
    conversation.start();
    while (!transport.closed) {
      if (ragged && transport.random.below(4) == 0) disturb(service, transport.random, conversation);
      if (transport.closed) break;
      if (ragged && transport.random.below(50) == 0) {
        clock.time += std::chrono::seconds(transport.random.below(40));
        wheel.wheel.advance(clock.now());
      } else if (std::exchange(transport.soon, false)) {
        conversation.on_soon();
      } else if (std::exchange(transport.writes, false)) {
        conversation.on_writable();
      } else if (std::exchange(transport.reads, false)) {
        conversation.on_readable();
      } else {
        check_failed(__FILE__, __LINE__, "an open connection waits for something");
      }
    }
    FUZZ_CHECK(conversation.closed());
    FUZZ_CHECK(service.handlers == 0);
  }
  FUZZ_CHECK(partial.used() == 0);
  FUZZ_CHECK(context.unsent.bytes() == 0);
  const grpc::ServerStats counts = lane.counts->snapshot();
  FUZZ_CHECK(counts.open_calls == 0 && counts.connections == 0 && counts.unsent_bytes == 0);
}

std::string big_endian(uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xff));
  return out;
}

std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload = {}) {
  return big_endian(payload.size(), 3) + big_endian(type, 1) + big_endian(flags, 1) + big_endian(stream, 4) +
         std::string(payload);
}

std::string field(std::string_view name, std::string_view value) {
  return std::string(1, 0) + big_endian(name.size(), 1) + std::string(name) + big_endian(value.size(), 1) +
         std::string(value);
}

std::string head_of(std::string_view path) {
  return field(":method", "POST") + field(":scheme", "http") + field(":path", path) + field(":authority", "a") +
         field("content-type", "application/grpc");
}

std::string message(std::string_view text) {
  return std::string(1, 0) + big_endian(text.size(), 4) + std::string(text);
}

std::vector<std::string> seeds() {
  const std::string hello = std::string(grpc::kPreface) + frame(4, 0, 0);
  return {
      hello + frame(1, 4, 1, head_of("/u")) + frame(0, 1, 1, message("hello")),
      hello + frame(1, 4, 1, head_of("/b")) + frame(0, 0, 1, message("a") + message("b")) + frame(0, 1, 1) +
          frame(6, 0, 0, "12345678"),
      hello + frame(1, 4, 1, head_of("/w")) + frame(0, 1, 1, message("key")) + frame(8, 0, 1, big_endian(1000, 4)) +
          frame(1, 4, 3, head_of("/w")) + frame(0, 1, 3, message("key")) + frame(3, 0, 1, big_endian(8, 4)),
      hello + frame(4, 0, 0, big_endian(4, 2) + big_endian(0, 4)) + frame(1, 0, 1, head_of("/w")) +
          frame(9, 4, 1, field("grpc-timeout", "1S")) + frame(0, 1, 1, message("k")) + frame(8, 0, 1, big_endian(9, 4)),
      hello + frame(1, 5, 1, field(":method", "GET") + field(":scheme", "http") + field(":path", "/health")) +
          frame(7, 0, 0, big_endian(0, 8)),
      "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
  };
}

}  // namespace

/// Whatever a client sends and however it is cut: every handler is told and destroyed, every byte counted back.
void fuzz_grpc_session(std::string_view input) {
  play(input, false, 0);
  const size_t first = input.empty() ? 0 : static_cast<unsigned char>(input.back());
  play(input, true, input.size() * 1'000'003 + first);
}

/// Messages are the same however their bytes are cut.
void fuzz_grpc_messages(std::string_view input) {
  const auto read = [](std::string_view bytes, size_t piece) {
    codec::PartialBytes all(100'000);
    grpc::PartialBudget budget{all};
    grpc::MessageReader reader;
    std::string seen;
    auto step = grpc::MessageReader::Step::kNeedMore;
    while (!bytes.empty() && step == grpc::MessageReader::Step::kNeedMore) {
      std::string_view part = bytes.substr(0, piece);
      bytes.remove_prefix(part.size());
      std::string_view one;
      while ((step = reader.next(part, one, {1'000, 100'000}, budget)) == grpc::MessageReader::Step::kMessage) {
        seen.append(one).append("|");
      }
    }
    seen += std::to_string(static_cast<int>(step)) + (reader.within_message() ? "+" : "");
    reader.release(budget);
    FUZZ_CHECK(all.used() == 0 && budget.used == 0);
    return seen;
  };
  const std::string whole = read(input, input.size() + 1);
  for (const size_t piece : {1u, 2u, 3u, 7u, 64u}) FUZZ_CHECK(read(input, piece) == whole);
  (void)grpc::parse_timeout(input);
  for (const char c : grpc::encode_message(input)) FUZZ_CHECK(c >= 0x20 && c <= 0x7e);
}

namespace {
const RegisteredTarget kGrpcSession({
    .name = "grpc_session",
    .run = fuzz_grpc_session,
    .seeds = seeds(),
    .tokens = {std::string(grpc::kPreface), frame(4, 0, 0), frame(4, 1, 0), frame(6, 0, 0, "12345678"),
               frame(3, 0, 1, big_endian(8, 4)), frame(8, 0, 0, big_endian(1, 4)), frame(8, 0, 1, big_endian(0, 4)),
               frame(0, 1, 1), frame(0, 0, 1, message("x")), frame(1, 5, 3, head_of("/u")),
               frame(1, 4, 5, head_of("/b")), frame(2, 0, 1, std::string(5, '\0')), head_of("/w"),
               field("grpc-encoding", "gzip"), message("abc")},
});
const RegisteredTarget kGrpcMessages({
    .name = "grpc_messages",
    .run = fuzz_grpc_messages,
    .seeds = {message("hello") + message("") + message(std::string(300, 'm')), message("a"), "5S"},
    .tokens = {message(""), message("abc"), std::string(5, '\0'), std::string("\x01\0\0\0\x01", 5)},
});
}  // namespace

}  // namespace discovery::fuzz
