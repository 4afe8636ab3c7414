#include "unit/protocol/harness.h"

#include "node/routes.h"

namespace discovery::protocol {

std::string encode(const Fields& fields) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  const auto append = [&](std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') {
        out += c;
      } else {
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    }
  };
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    append(name);
    out += '=';
    append(value);
  }
  return out;
}

Fields without(Fields fields, std::string_view name) {
  std::erase_if(fields, [&](const auto& f) { return f.first == name; });
  return fields;
}

Fields with(Fields fields, std::string_view name, std::string_view value) {
  fields = without(std::move(fields), name);
  fields.emplace_back(name, value);
  return fields;
}

std::vector<std::string> member_names(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

int Answer::code() const {
  const Json j = json();
  return j.is_object() && j.contains("code") && j["code"].is_number_integer() ? j["code"].get<int>() : INT_MIN;
}

std::string Answer::message() const {
  const Json j = json();
  return j.is_object() && j.contains("message") && j["message"].is_string() ? j["message"].get<std::string>() : "";
}

Json Answer::data() const {
  const Json j = json();
  return j.is_object() && j.contains("data") ? j["data"] : Json("no data member");
}

std::string Answer::status_code() const {
  constexpr std::string_view kName = "Kratos-Status-Code: ";
  const size_t at = headers.find(kName);
  if (at == std::string::npos) return "";
  return headers.substr(at + kName.size(), headers.find('\r', at) - at - kName.size());
}

std::vector<std::string> Answer::hosts(const Json& app_data) {
  std::vector<std::string> names;
  if (!app_data.is_object()) return names;
  for (const auto& [zone, list] : app_data.at("instances").items()) {
    for (const Json& i : list) names.push_back(i.at("hostname").get<std::string>());
  }
  return names;
}

Answer take_answer(codec::HttpReply& reply) {
  Answer a;
  a.status = reply.status;
  a.content_type = reply.content_type;
  a.headers = reply.headers();
  a.close = reply.close;
  for (const auto& part : reply.parts()) {
    a.body.append(reply.own_bytes(), part.own_begin, part.own_end - part.own_begin);
    a.body += part.shared_view();
  }
  if (const auto source = reply.take_source()) {
    while (source->next(a.body)) {
    }
  }
  return a;
}

void FakeExchange::park(std::unique_ptr<codec::ParkedRequest> request) {
  ASSERT_FALSE(parked() || answered()) << "a request parks once, and has no answer then";
  request_ = std::move(request);
}

size_t FakeExchange::resume() {
  codec::HttpReply reply;
  request_->write_answer(reply);
  const size_t bytes = reply.body_bytes();
  answer_ = take_answer(reply);
  request_.reset();
  return bytes;
}

void FakeExchange::drain() {
  codec::HttpReply reply;
  request_->write_drain_answer(reply);
  answer_ = take_answer(reply);
  request_.reset();
}

void FakeExchange::move() {
  codec::HttpReply reply;
  EXPECT_TRUE(request_->write_moving_answer(reply));
  answer_ = take_answer(reply);
  request_.reset();
}

const Answer& FakeExchange::answer() const {
  static const Answer kNone;
  EXPECT_TRUE(answered()) << "still waiting";
  return answered() ? *answer_ : kNone;
}

namespace {
std::string text_of(const registry::InstanceKeyView& key) {
  return std::string(key.zone) + "/" + std::string(key.app.env) + "/" + std::string(key.app.appid) + "/" +
         std::string(key.hostname);
}
}  // namespace

void Recorder::registered(const registry::InstanceKeyView& key, const registry::RegisterOutcome& outcome,
                          const codec::ClientAddress& client) {
  events.push_back((outcome.created ? "register new " : "register ") + text_of(key) + " from " + client.ip);
}
void Recorder::cancelled(const registry::InstanceKeyView& key, const codec::ClientAddress& client) {
  events.push_back("cancel " + text_of(key) + " from " + client.ip);
}
void Recorder::set_applied(const registry::AppKeyView& app, std::string_view zone, size_t hosts,
                           const codec::ClientAddress& client) {
  events.push_back("set " + std::string(zone) + "/" + std::string(app.env) + "/" + std::string(app.appid) + " hosts " +
                   std::to_string(hosts) + " from " + client.ip);
}
void Recorder::stranger_refused(const registry::InstanceKeyView& key, const codec::ClientAddress& client) {
  events.push_back("stranger " + text_of(key) + " from " + client.ip);
}

ApiSettings test_settings() {
  ApiSettings s;
  s.node_addrs = {"10.9.0.1:7171", "10.9.0.2:7171", "10.9.1.1:7171"};
  s.peer_ips = {"10.9.0.2", "10.9.1.1"};
  s.polls.coalesce = {};  // time stands still in most tests; bursts have their own
  return s;
}

Node::Node(const ApiSettings& settings, const registry::RegistrySettings& stored, bool protect)
    : registry(stored),
      protection(protect, from_wire_ns(kStartNs)),
      api({registry, hub, wheel, protection, cluster, proofs, *this, seen, access}, settings) {
  cluster.lone.set_nodes({{"10.9.0.1:7171", "z-own", 0}, {"10.9.0.2:7171", "z-own", 1}});
}

void Node::changed(const registry::Wake& wake, TimePoint at) {
  if (wake.reactors & 1) hub.mark_changed(wake.app_id, at);
}

void Node::turn() {
  while (hub.flush(now)) {
  }
}

void Node::advance(Duration by) {
  now += by;
  run_deadlines();
  turn();
}

FakeExchange& Node::send(codec::Method method, std::string_view path_query, std::string_view body,
                         std::string_view content_type, const Headers& headers) {
  FakeExchange& exchange = exchanges_.emplace_back();
  const size_t question = path_query.find('?');
  const std::string_view path = path_query.substr(0, question);
  const node::RouteRow* const row = node::find_route(path);
  EXPECT_NE(row, nullptr) << path;
  if (!row) return exchange;
  EXPECT_EQ(row->method, method) << path;

  // Copies with exactly the length of the text, so that a sanitizer sees a view that outlives the request.
  const std::string query_copy(question == std::string_view::npos ? "" : path_query.substr(question + 1));
  const std::string body_copy(body);
  const std::string type_copy(content_type);
  std::vector<codec::HttpField> fields;
  for (const auto& [name, value] : headers.list) fields.push_back({name, value});
  codec::HttpRequest request;
  request.method = method;
  request.path = row->path;
  request.query = query_copy;
  request.body = body_copy;
  request.content_type = type_copy;
  request.fields = fields;
  request.received_at = now;
  request.client = &client;

  codec::HttpReply reply;
  api.handle(row->target.as_discovery(), request, reply, exchange);
  if (exchange.parked()) {
    EXPECT_EQ(reply.body_bytes(), 0U) << "a parked request has written nothing";
    EXPECT_TRUE(reply.headers().empty());
  } else {
    exchange.set_answer(take_answer(reply));
  }
  if (auto_turn) turn();
  return exchange;
}

FakeExchange& Node::send_get(std::string_view path_query, const Headers& headers) {
  return send(codec::Method::kGet, path_query, "", "", headers);
}

FakeExchange& Node::send_post(std::string_view path_query, std::string_view body, std::string_view content_type) {
  return send(codec::Method::kPost, path_query, body, content_type, {});
}

Answer Node::get(std::string_view path_query, const Headers& headers) { return send_get(path_query, headers).answer(); }

Answer Node::post_text(std::string_view path_query, std::string_view body, std::string_view content_type) {
  return send_post(path_query, body, content_type).answer();
}

Answer Node::post(std::string_view path_query, const Fields& form) { return post_text(path_query, encode(form)); }

codec::HttpReply Node::get_reply(std::string_view path_query) {
  const size_t question = path_query.find('?');
  codec::HttpRequest request;
  request.path = path_query.substr(0, question);
  request.query = question == std::string_view::npos ? "" : path_query.substr(question + 1);
  request.received_at = now;
  request.client = &client;
  codec::HttpReply reply;
  FakeExchange exchange;
  api.handle(node::find_route(request.path)->target.as_discovery(), request, reply, exchange);
  EXPECT_FALSE(exchange.parked());
  return reply;
}

Fields Node::key(std::string_view appid, std::string_view hostname) {
  return {{"zone", "z1"}, {"env", "dev"}, {"appid", std::string(appid)}, {"hostname", std::string(hostname)}};
}

Fields Node::instance(std::string_view appid, std::string_view hostname) {
  Fields f = key(appid, hostname);
  f.insert(f.end(), {{"region", "r1"},
                     {"status", "1"},
                     {"addrs", "http://10.0.0.1:80"},
                     {"version", "v1"},
                     {"metadata", R"({"w":"1"})"}});
  return f;
}

Answer Node::reg_in(std::string_view zone, std::string_view appid, std::string_view hostname) {
  return write("register", with(instance(appid, hostname), "zone", zone));
}

Answer Node::set_status(std::string_view appid, std::string_view hostname, int status) {
  return write("set", with(key(appid, hostname), "status", std::to_string(status)));
}

Json Node::fetch(std::string_view appid) {
  const bool turning = std::exchange(auto_turn, false);
  Json data = get("/discovery/fetch?env=dev&status=3&appid=" + std::string(appid)).data();
  auto_turn = turning;
  return data;
}

Json Node::one(std::string_view appid, std::string_view hostname) {
  const Json app = fetch(appid);
  if (app.is_object() && app["instances"].contains("z1")) {
    for (const Json& i : app["instances"]["z1"]) {
      if (i["hostname"] == hostname) return i;
    }
  }
  return nullptr;
}

int64_t Node::latest(std::string_view appid) {
  const Json app = fetch(appid);
  return app.is_object() ? app["latest_timestamp"].get<int64_t>() : 0;
}

std::string Node::polls_of(const std::vector<std::pair<std::string, int64_t>>& apps, std::string_view more) {
  std::string text = "/discovery/polls?env=dev&hostname=w";
  for (const auto& [appid, cursor] : apps) {
    text += "&appid=" + appid + "&latest_timestamp=" + std::to_string(cursor);
  }
  return text.append(more);
}

std::string Node::poll_of(std::string_view appid, int64_t cursor_ns, std::string_view more) {
  std::string text = "/discovery/poll?env=dev&hostname=w&appid=" + std::string(appid) +
                     "&latest_timestamp=" + std::to_string(cursor_ns);
  return text.append(more);
}

}  // namespace discovery::protocol
