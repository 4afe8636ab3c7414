#include "grpc/nghttp2_glue.h"

#include <algorithm>
#include <array>
#include <limits>

#include "grpc/connection.h"

namespace discovery::grpc {

namespace {

constexpr size_t kFrameHeadBytes = 9;
/// A callback collects no more than this before the transport gets it.
constexpr size_t kCollectedBytes = 64 * 1024;

Connection& connection_of(void* user) { return *static_cast<Connection*>(user); }

}  // namespace

// The signatures are nghttp2's.
// NOLINTBEGIN(readability-function-size)
struct Callbacks {
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
    return connection_of(user).begin_frame(head->type);
  }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Connection& connection = connection_of(user);
    connection.head_bytes_ = 0;
    return frame->headers.cat == NGHTTP2_HCAT_REQUEST ? connection.begin_head() : 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_bytes,
                       const uint8_t* value, size_t value_bytes, uint8_t, void* user) {
    return connection_of(user).add_field(view(name, name_bytes), view(value, value_bytes));
  }

  static int on_frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Connection& connection = connection_of(user);
    const int32_t id = frame->hd.stream_id;
    const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
          connection.end_head(id, ended);
          break;
        }
        [[fallthrough]];  // trailers of the client, which mean nothing more than its end
      case NGHTTP2_DATA:
        if (Stream* const stream = ended ? connection.stream_of(id) : nullptr) connection.half_close(*stream);
        break;
      case NGHTTP2_RST_STREAM:
        return connection.reset_by_client(id);
      default:
        break;
    }
    return 0;
  }

  static int on_data_chunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t bytes, void* user) {
    Connection& connection = connection_of(user);
    connection.control_.earn(kControlEarned + 1);  // and what its frame had cost
    if (Stream* const stream = connection.stream_of(id)) connection.take_data(*stream, view(data, bytes));
    return 0;
  }

  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    return connection_of(user).spend_reset();
  }

  static int on_stream_close(nghttp2_session*, int32_t id, uint32_t, void* user) {
    connection_of(user).stream_closed(id);
    return 0;
  }

  static int on_frame_send(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Connection& connection = connection_of(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        // The client still sends, and nobody wants that any more: doc/PROTOCOL-HTTP2.md has it reset so.
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
            nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0) {
          nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
        }
        return 0;
      case NGHTTP2_RST_STREAM:
        return frame->rst_stream.error_code == NGHTTP2_NO_ERROR ? 0 : connection.spend_reset();
      case NGHTTP2_GOAWAY:
        if (frame->goaway.error_code != NGHTTP2_NO_ERROR) connection.lane_.counts->count(Rule::kProtocol);
        return 0;
      default:
        return 0;
    }
  }

  static ssize_t read_stream(nghttp2_session*, int32_t, uint8_t*, size_t bytes_max, uint32_t* flags,
                             nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    return stream.connection().offer(stream, bytes_max, *flags);
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const uint8_t* head, size_t bytes, nghttp2_data_source* source,
                       void* user) {
    Connection& connection = connection_of(user);
    auto& stream = *static_cast<Stream*>(source->ptr);
    std::string& out = connection.lane_.out;
    out.append(view(head, kFrameHeadBytes)).append(stream.unsent().substr(0, bytes));
    connection.control_.earn(kControlEarned);  // a client that we keep busy has reason to answer
    stream.took(bytes);
    return out.size() >= kCollectedBytes ? NGHTTP2_ERR_PAUSE : 0;
  }
};
// NOLINTEND(readability-function-size)

namespace {

const nghttp2_session_callbacks* callbacks() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* c = nullptr;
    if (nghttp2_session_callbacks_new(&c) != 0) return c;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, Callbacks::on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, Callbacks::on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, Callbacks::on_frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, Callbacks::on_data_chunk);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, Callbacks::on_invalid_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, Callbacks::on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, Callbacks::on_frame_send);
    nghttp2_session_callbacks_set_send_data_callback(c, Callbacks::send_data);
    return c;
  }();
  return made;
}

const nghttp2_option* options() {
  static const nghttp2_option* const made = [] {
    nghttp2_option* o = nullptr;
    if (nghttp2_option_new(&o) != 0) return o;
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_max_outbound_ack(o, kAnswersQueuedMax);
    nghttp2_option_set_max_settings(o, kSettingsMax);
    nghttp2_option_set_max_continuations(o, kContinuationsMax);
    nghttp2_option_set_max_deflate_dynamic_table_size(o, kHpackTableBytes);
    // Connection counts resets itself: by our clock, for frames of ours too, and with ENHANCE_YOUR_CALM.
    constexpr uint64_t kNever = std::numeric_limits<uint32_t>::max();
    nghttp2_option_set_stream_reset_rate_limit(o, kNever, kNever);
    return o;
  }();
  return made;
}

}  // namespace

nghttp2_session* new_session(Connection& connection, uint32_t streams_max, size_t header_bytes_max) {
  nghttp2_session* session = nullptr;
  if (!callbacks() || !options() || nghttp2_session_server_new2(&session, callbacks(), &connection, options()) != 0) {
    return nullptr;
  }
  // Without the tree of priorities of RFC 7540 there is nothing a client could build in it.
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams_max},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(header_bytes_max)},
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, kHpackTableBytes},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0 &&
      nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes) == 0) {
    return session;
  }
  nghttp2_session_del(session);
  return nullptr;
}

nghttp2_data_provider stream_source(void* stream) {
  nghttp2_data_provider source{};
  source.source.ptr = stream;
  source.read_callback = Callbacks::read_stream;
  return source;
}

}  // namespace discovery::grpc
