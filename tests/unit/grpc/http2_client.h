// A client of gRPC made of nghttp2's client side: what it sends is taken out as bytes, what it gets is put in. And
// frames made by hand, for what nghttp2 would never send.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace discovery::grpc {

inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Numbers of `bytes` bytes, the first is the highest.
inline std::string big_endian(uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xff));
  return out;
}

inline std::string raw_frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload = {}) {
  return big_endian(payload.size(), 3) + big_endian(type, 1) + big_endian(flags, 1) + big_endian(stream, 4) +
         std::string(payload);
}

inline uint64_t number_of(std::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

struct RawFrame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
};

/// The whole ones.
inline std::vector<RawFrame> parse_frames(std::string_view bytes) {
  std::vector<RawFrame> frames;
  while (bytes.size() >= 9) {
    const size_t length = number_of(bytes.substr(0, 3));
    if (bytes.size() < 9 + length) break;
    frames.push_back({static_cast<uint8_t>(bytes[3]), static_cast<uint8_t>(bytes[4]),
                      static_cast<uint32_t>(number_of(bytes.substr(5, 4))), std::string(bytes.substr(9, length))});
    bytes.remove_prefix(9 + length);
  }
  return frames;
}

/// As gRPC puts it into DATA.
inline std::string framed(std::string_view message, char flag = 0) {
  return std::string(1, flag) + big_endian(message.size(), 4) + std::string(message);
}

/// A field as HPACK writes it without tables or Huffman coding (RFC 7541 6.2.2).
inline std::string literal(std::string_view name, std::string_view value) {
  const auto text = [](std::string_view t) {
    std::string out;
    if (t.size() < 127) {
      out.push_back(static_cast<char>(t.size()));
    } else {
      out.push_back(127);
      size_t left = t.size() - 127;
      for (; left >= 128; left >>= 7) out.push_back(static_cast<char>(left % 128 + 128));
      out.push_back(static_cast<char>(left));
    }
    return out.append(t);
  };
  return std::string(1, 0) + text(name) + text(value);
}

/// The head of a call.
inline std::string call_head(std::string_view path) {
  return literal(":method", "POST") + literal(":scheme", "http") + literal(":path", path) + literal(":authority", "a") +
         literal("content-type", "application/grpc");
}

inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kEndHeaders = 4;

/// What every connection begins with.
inline std::string hello() { return std::string(kClientPreface) + raw_frame(NGHTTP2_SETTINGS, 0, 0); }

using Fields = std::vector<std::pair<std::string, std::string>>;

class Http2Client {
 public:
  struct Options {
    uint32_t stream_window = 65'535;
    bool updates_windows = true;
  };
  /// What has come on one stream.
  struct Answer {
    std::map<std::string, std::string> fields;  ///< of head and trailers
    std::string data;
    int heads = 0;
    bool ended = false;       ///< the server has finished
    bool closed = false;      ///< both have, or one has reset it
    uint32_t error_code = 0;  ///< it was closed with

    [[nodiscard]] std::string field(const std::string& name) const {
      const auto at = fields.find(name);
      return at == fields.end() ? "" : at->second;
    }
    /// "0", "12 unknown method"; "" before there is one.
    [[nodiscard]] std::string status() const {
      return field("grpc-status") + (field("grpc-message").empty() ? "" : " " + field("grpc-message"));
    }
    [[nodiscard]] std::vector<std::string> messages() const {
      std::vector<std::string> out;
      std::string_view left = data;
      while (left.size() >= 5) {
        size_t bytes = 0;
        for (size_t i = 1; i < 5; ++i) bytes = bytes << 8 | static_cast<unsigned char>(left[i]);
        if (left.size() < 5 + bytes) break;
        out.emplace_back(left.substr(5, bytes));
        left.remove_prefix(5 + bytes);
      }
      return out;
    }
  };

  Http2Client() : Http2Client(Options{}) {}
  explicit Http2Client(const Options& options) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, options.updates_windows ? 0 : 1);
    nghttp2_option_set_peer_max_concurrent_streams(option, 1'000'000);
    nghttp2_session_client_new2(&session_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  }
  ~Http2Client() { nghttp2_session_del(session_); }
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  /// Begins a call; send() and end() follow.
  int32_t call(const std::string& path, const Fields& more = {}, const std::string& content_type = "application/grpc",
               const std::string& method = "POST") {
    Fields fields = {{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a"}};
    if (!content_type.empty()) fields.emplace_back("content-type", content_type);
    fields.emplace_back("te", "trailers");
    fields.insert(fields.end(), more.begin(), more.end());
    std::vector<nghttp2_nv> list;
    for (auto& [name, value] : fields) {
      list.push_back({reinterpret_cast<uint8_t*>(name.data()), reinterpret_cast<uint8_t*>(value.data()), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider source{};
    source.read_callback = read;
    const int32_t id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(), &source, nullptr);
    EXPECT_GT(id, 0);
    outgoing_[id];
    return id;
  }
  /// Bytes as they are, or see framed().
  void send_raw(int32_t id, std::string_view bytes) {
    outgoing_[id].bytes.append(bytes);
    nghttp2_session_resume_data(session_, id);
  }
  void send(int32_t id, std::string_view message) { send_raw(id, framed(message)); }
  void end(int32_t id) {
    outgoing_[id].ended = true;
    nghttp2_session_resume_data(session_, id);
  }
  /// A unary call, whole.
  int32_t ask(const std::string& path, std::string_view message, const Fields& more = {}) {
    const int32_t id = call(path, more);
    send(id, message);
    end(id);
    return id;
  }
  int32_t get(const std::string& path) {
    const int32_t id = call(path, {}, "", "GET");
    end(id);
    return id;
  }
  void cancel(int32_t id) { nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL); }
  void ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }
  /// More of the stream's data may come; 0: of all streams together.
  void widen(int32_t id, int32_t bytes) { nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, id, bytes); }

  /// Everything it wants to send.
  std::string take_bytes() {
    std::string out;
    const uint8_t* bytes = nullptr;
    while (const ssize_t n = nghttp2_session_mem_send(session_, &bytes)) {
      EXPECT_GT(n, 0);
      if (n <= 0) break;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
    }
    return out;
  }
  void feed(std::string_view bytes) {
    EXPECT_EQ(nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }

  [[nodiscard]] Answer& answer(int32_t id) { return answers_[id]; }
  /// By GOAWAY.
  [[nodiscard]] bool told_to_go() const { return goaways_ > 0; }
  [[nodiscard]] uint32_t goaway_code() const { return goaway_code_; }
  [[nodiscard]] int32_t goaway_stream() const { return goaway_stream_; }
  [[nodiscard]] int pongs() const { return pongs_; }
  [[nodiscard]] int pings() const { return pings_; }
  [[nodiscard]] const std::map<int32_t, uint32_t>& settings() const { return settings_; }

 private:
  struct Outgoing {
    std::string bytes;
    bool ended = false;
  };

  static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }
  static ssize_t read(nghttp2_session*, int32_t id, uint8_t* into, size_t max, uint32_t* flags, nghttp2_data_source*,
                      void* user) {
    Outgoing& out = self(user).outgoing_[id];
    const size_t n = std::min(max, out.bytes.size());
    if (n == 0 && !out.ended) return NGHTTP2_ERR_DEFERRED;
    std::copy_n(out.bytes.begin(), n, into);
    out.bytes.erase(0, n);
    if (out.bytes.empty() && out.ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_bytes,
                       const uint8_t* value, size_t value_bytes, uint8_t, void* user) {
    self(user).answers_[frame->hd.stream_id].fields[std::string(reinterpret_cast<const char*>(name), name_bytes)] =
        std::string(reinterpret_cast<const char*>(value), value_bytes);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Client& c = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        c.answers_[frame->hd.stream_id].heads += frame->hd.type == NGHTTP2_HEADERS;
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) c.answers_[frame->hd.stream_id].ended = true;
        break;
      case NGHTTP2_GOAWAY:
        ++c.goaways_;
        c.goaway_code_ = frame->goaway.error_code;
        c.goaway_stream_ = frame->goaway.last_stream_id;
        break;
      case NGHTTP2_PING:
        ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 ? c.pongs_ : c.pings_) += 1;
        break;
      case NGHTTP2_SETTINGS:
        for (size_t i = 0; i < frame->settings.niv; ++i) {
          c.settings_[frame->settings.iv[i].settings_id] = frame->settings.iv[i].value;
        }
        break;
      default:
        break;
    }
    return 0;
  }
  static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t n, void* user) {
    self(user).answers_[id].data.append(reinterpret_cast<const char*>(bytes), n);
    return 0;
  }
  static int on_close(nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
    Answer& a = self(user).answers_[id];
    a.closed = true;
    a.error_code = error_code;
    return 0;
  }

  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Outgoing> outgoing_;
  std::map<int32_t, Answer> answers_;
  std::map<int32_t, uint32_t> settings_;
  int goaways_ = 0;
  uint32_t goaway_code_ = 0;
  int32_t goaway_stream_ = -1;
  int pongs_ = 0;
  int pings_ = 0;
};

}  // namespace discovery::grpc
