#include "client/link.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "client/loop_impl.h"

namespace discovery::client {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t kBufferBytesMax = size_t{64} * 1024;

std::string make_head(const Node& node, const LinkRequest& request) {
  const bool post = request.method == Method::kPost;
  Node named = node;
  named.host = named.host.substr(0, named.host.find('%'));  // an IPv6 zone means nothing over there
  std::string head = post ? "POST " : "GET ";
  head.append(request.target).append(" HTTP/1.1\r\nHost: ").append(named.text());
  head.append("\r\nUser-Agent: discovery-client\r\nAccept: application/json\r\n");
  if (post) {
    head.append("Content-Type: ").append(request.content_type);
    head.append("\r\nContent-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  if (request.park.count() > 0) {
    head.append("x1-bmspy-timeout: ").append(std::to_string(request.park.count())).append("\r\n");
  }
  if (!request.token.empty()) head.append("Authorization: Bearer ").append(request.token).append("\r\n");
  return head.append("\r\n");
}

Errc code_of(const error_code& error) {
  if (error == http::error::body_limit || error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Errc::kTooLarge;
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return Errc::kBroken;
  if (error.category() == http::make_error_code(http::error::bad_version).category()) return Errc::kMalformed;
  return Errc::kBroken;
}

}  // namespace

/// A connection without a request.
struct Link::Kept {
  std::optional<tcp::socket> socket;
  Node node;
  bool gone = false;  ///< its link is
};

/// One request. Held by its own waiting handlers only; those of a finished one do nothing.
class Link::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Loop> loop, std::shared_ptr<Kept> kept, const Node& node, LinkRequest request)
      : loop_(std::move(loop)),
        kept_(std::move(kept)),
        node_(node),
        request_(std::move(request)),
        head_(make_head(node_, request_)),
        resolver_(loop_->impl().strand),
        socket_(loop_->impl().strand),
        timer_(loop_->impl().strand) {}

  void start(Done done) {
    done_ = std::move(done);
    deadline_ = std::chrono::steady_clock::now() + request_.timeout;
    if (kept_->socket && kept_->node == node_) {
      socket_ = std::move(*kept_->socket);
      kept_->socket.reset();
      reused_ = true;
      limit_time(request_.timeout);
      write();
    } else {
      kept_->socket.reset();
      dial();
    }
  }

  void drop() {
    finished_ = true;
    close();
    // What it holds may hold the link, and with it this.
    const Done gone = std::exchange(done_, nullptr);
  }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  void limit_time(Duration most) {
    const auto at = std::chrono::steady_clock::now() + most;
    timer_.expires_at(std::min(at, deadline_));
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
      if (error || self->finished_) return;
      self->fail(Errc::kTimeout, self->connected_ ? "no answer in time" : "no connection in time");
    });
  }

  void dial() {
    reused_ = connected_ = false;
    limit_time(request_.dial_timeout);
    error_code no_literal;
    const asio::ip::address literal = asio::ip::make_address(node_.host, no_literal);
    if (!no_literal) {
      socket_.async_connect({literal, node_.port},
                            [self = shared_from_this()](const error_code& error) { self->on_connected(error); });
      return;
    }
    resolver_.async_resolve(
        node_.host, std::to_string(node_.port),
        [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
          self->on_resolved(error, found);
        });
  }

  void on_resolved(const error_code& error, const tcp::resolver::results_type& found) {
    if (finished_) return;
    if (error) return fail(Errc::kUnreachable, error.message());
    asio::async_connect(socket_, found, [self = shared_from_this()](const error_code& failed, const tcp::endpoint&) {
      self->on_connected(failed);
    });
  }

  void on_connected(const error_code& error) {
    if (finished_) return;
    if (error) return fail(Errc::kUnreachable, error.message());
    connected_ = true;
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    limit_time(request_.timeout);
    write();
  }

  void write() {
    connected_ = true;
    sent_ = true;
    const std::array<asio::const_buffer, 2> bytes{asio::buffer(head_), asio::buffer(request_.body)};
    asio::async_write(socket_, bytes, [self = shared_from_this()](const error_code& error, size_t) {
      if (self->finished_) return;
      if (error) return self->lost(error);
      self->read();
    });
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(request_.answer_bytes_max);
    parser_->header_limit(kHeadBytesMax);
    buffer_.clear();
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](const error_code& error, size_t) {
      if (self->finished_) return;
      if (error) return self->lost(error);
      self->succeed();
    });
  }

  // The peer may close an idle connection at any moment; that says nothing about it.
  void lost(const error_code& error) {
    const bool nothing_came = !parser_ || !parser_->got_some();
    if (!reused_ || !nothing_came || code_of(error) != Errc::kBroken) return fail(code_of(error), error.message());
    error_code ignored;
    socket_.close(ignored);
    parser_.reset();
    dial();
  }

  void fail(Errc code, const std::string& why) {
    LinkAnswer answer;
    answer.error = {code, why};
    answer.sent = sent_;
    finish(std::move(answer));
  }

  void succeed() {
    auto message = parser_->release();
    LinkAnswer answer;
    answer.sent = true;
    answer.status = static_cast<int>(message.result_int());
    answer.content_type = std::string(message[http::field::content_type]);
    answer.body = std::move(message.body());
    if (message.keep_alive() && buffer_.size() == 0 && !kept_->gone) {
      kept_->socket.emplace(std::move(socket_));
      kept_->node = node_;
    }
    finish(std::move(answer));
  }

  void finish(LinkAnswer answer) {
    finished_ = true;
    close();
    const Done done = std::exchange(done_, nullptr);
    done(std::move(answer));
  }

  void close() {
    timer_.cancel();
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

  const std::shared_ptr<Loop> loop_;
  const std::shared_ptr<Kept> kept_;
  const Node node_;
  const LinkRequest request_;
  const std::string head_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
  std::optional<http::response_parser<http::string_body>> parser_;
  boost::beast::flat_buffer buffer_{kBufferBytesMax};
  Done done_;
  bool reused_ = false;
  bool connected_ = false;
  bool sent_ = false;
  bool finished_ = false;
};

Link::Link(std::shared_ptr<Loop> loop) : loop_(std::move(loop)), kept_(std::make_shared<Kept>()) {}

Link::~Link() {
  cancel();
  kept_->gone = true;
}

void Link::request(const Node& node, LinkRequest request, Done done) {
  const auto exchange = std::make_shared<Exchange>(loop_, kept_, node, std::move(request));
  exchange_ = exchange;
  exchange->start(std::move(done));
}

bool Link::busy() const {
  const auto exchange = exchange_.lock();
  return exchange && !exchange->finished();
}

void Link::cancel() {
  kept_->socket.reset();
  if (const auto exchange = exchange_.lock()) exchange->drop();  // after it this may be gone
}

}  // namespace discovery::client
