#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "base/check.h"
#include "net/client_answer.h"
#include "net/client_link.h"
#include "net/stats.h"

namespace discovery::net {

namespace {

std::string host_field(const ClientEndpoint& endpoint) {
  const std::string host = endpoint.host.substr(0, endpoint.host.find('%'));  // an IPv6 zone means nothing over there
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port);
}

/// Keep-alive goes without saying in HTTP/1.1.
std::string make_head(const ClientRequest& request, const std::string& host) {
  std::string head(codec::method_name(request.method));
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  head.append(" ").append(request.target).append(" HTTP/1.1\r\n");
  add("Host", host);
  add("User-Agent", "discoveryd");
  if (!request.content_type.empty()) add("Content-Type", request.content_type);
  const bool bodiless = request.method == codec::Method::kGet || request.method == codec::Method::kHead;
  if (!bodiless || !request.body.empty()) add("Content-Length", std::to_string(request.body.size()));
  for (const auto& [name, value] : request.headers) add(name, value);
  head.append("\r\n");
  return head;
}

}  // namespace

std::string_view to_string(ClientFailure failure) {
  static constexpr std::array<std::string_view, kClientFailureCount> kNames = {
      "refused", "unreachable", "timeout", "broken", "too large", "garbage", "not connected", "stopped"};
  return kNames[static_cast<size_t>(failure)];
}

/// Held by its client alone, but while a handler posted by fail_soon() runs. After it has called `done` it touches
/// nothing of its own: it may be gone.
class HttpClient::Core final : public std::enable_shared_from_this<Core>,
                               private ClientLink::Owner,
                               private TimerEntry {
 public:
  Core(Reactor& reactor, ClientEndpoint endpoint, const ClientLimits& limits)
      : reactor_(reactor), endpoint_(std::move(endpoint)), limits_(limits), host_(host_field(endpoint_)) {}
  ~Core() override { drop_link(); }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void request(ClientRequest request, Duration timeout, Connect connect, ClientDone done);
  void close();

  [[nodiscard]] bool connected() const { return link_ && link_->open(); }
  [[nodiscard]] bool busy() const { return exchange_.has_value(); }
  [[nodiscard]] const ClientEndpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const ClientLimits& limits() const { return limits_; }
  [[nodiscard]] uint64_t bytes_sent() const { return sent_.get(); }
  [[nodiscard]] uint64_t bytes_received() const { return received_.get(); }

 private:
  struct Exchange {
    ClientAnswerReader reader;
    std::string head;  ///< until it is sent
    std::string body;
    TimePoint deadline;
    ClientDone done;
    bool failing = false;  ///< its failure is posted
  };

  void on_open() override { send(); }
  void on_dial_failed(ClientFailure failure) override;
  void on_received(std::string_view bytes) override;
  void on_ended() override;
  void on_sent(size_t bytes) override { sent_.add(bytes); }
  void on_deadline(TimePoint now) override;

  void send();
  void drop_link();
  void fail_soon(ClientFailure failure);
  void finish(ClientResult result);

  Reactor& reactor_;
  const ClientEndpoint endpoint_;
  const ClientLimits limits_;
  const std::string host_;
  std::shared_ptr<ClientLink> link_;
  std::optional<Exchange> exchange_;
  size_t first_address_ = 0;  ///< another one after each failed dial
  Counter sent_, received_;
};

void HttpClient::Core::request(ClientRequest request, Duration timeout, Connect connect, ClientDone done) {
  DISCOVERY_CHECK(!busy(), "one request at a time");
  const TimePoint now = reactor_.now();
  const bool to_head = request.method == codec::Method::kHead;
  exchange_.emplace(Exchange{ClientAnswerReader(limits_.answer_bytes_max, to_head), make_head(request, host_),
                             std::move(request.body), now + timeout, std::move(done)});
  if (connect == Connect::kFresh) drop_link();
  if (connected()) {
    send();
  } else if (connect == Connect::kReuse) {
    fail_soon(ClientFailure::kNotConnected);
  } else {
    link_ = ClientLink::dial(reactor_.io(), *this, endpoint_, first_address_);
    reactor_.schedule(*this, std::min(exchange_->deadline, now + limits_.dial));
  }
}

void HttpClient::Core::send() {
  reactor_.schedule(*this, exchange_->deadline);
  link_->send(std::move(exchange_->head), std::move(exchange_->body));
}

void HttpClient::Core::close() {
  if (busy()) {
    fail_soon(ClientFailure::kStopped);
  } else {
    drop_link();
  }
}

void HttpClient::Core::drop_link() {
  unlink();  // whatever the deadline was for
  if (auto link = std::exchange(link_, nullptr)) link->close();
}

void HttpClient::Core::fail_soon(ClientFailure failure) {
  drop_link();
  if (std::exchange(exchange_->failing, true)) return;
  boost::asio::post(reactor_.io(), [weak = weak_from_this(), failure] {
    if (const auto self = weak.lock()) self->finish(failure);
  });
}

void HttpClient::Core::finish(ClientResult result) {
  const Exchange finished = std::move(*exchange_);
  exchange_.reset();
  if (link_) reactor_.schedule(*this, reactor_.now() + limits_.keep_alive);
  finished.done(std::move(result));
}

void HttpClient::Core::on_dial_failed(ClientFailure failure) {
  ++first_address_;
  drop_link();
  finish(failure);
}

void HttpClient::Core::on_received(std::string_view bytes) {
  received_.add(bytes.size());
  if (!busy()) return drop_link();  // an answer to nothing
  ClientAnswerReader& reader = exchange_->reader;
  if (const auto failure = reader.feed(bytes)) {
    drop_link();
    return finish(*failure);
  }
  if (!reader.done()) return;
  if (!reader.keep_alive() || link_->writing()) drop_link();
  finish(reader.take());
}

void HttpClient::Core::on_ended() {
  drop_link();
  if (!busy()) return;
  const auto failure = exchange_->reader.end();
  finish(failure ? ClientResult(*failure) : ClientResult(exchange_->reader.take()));
}

void HttpClient::Core::on_deadline(TimePoint /*now*/) {
  if (link_ && !link_->open()) ++first_address_;
  drop_link();
  if (busy()) finish(ClientFailure::kTimeout);
}

HttpClient::HttpClient(Reactor& reactor, ClientEndpoint endpoint, const ClientLimits& limits)
    : core_(std::make_shared<Core>(reactor, std::move(endpoint), limits)) {}

HttpClient::~HttpClient() = default;

void HttpClient::request(ClientRequest request, Duration timeout, Connect connect, ClientDone done) {
  core_->request(std::move(request), timeout, connect, std::move(done));
}

void HttpClient::request(ClientRequest request, Connect connect, ClientDone done) {
  core_->request(std::move(request), core_->limits().timeout, connect, std::move(done));
}

void HttpClient::close() { core_->close(); }
bool HttpClient::connected() const { return core_->connected(); }
bool HttpClient::busy() const { return core_->busy(); }
const ClientEndpoint& HttpClient::endpoint() const { return core_->endpoint(); }
uint64_t HttpClient::bytes_sent() const { return core_->bytes_sent(); }
uint64_t HttpClient::bytes_received() const { return core_->bytes_received(); }

}  // namespace discovery::net
