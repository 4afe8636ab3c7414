#include "simulation/text_wire.h"

#include <array>
#include <charconv>

namespace discovery::simulation {

namespace {

std::string join(std::initializer_list<int64_t> numbers) {
  std::string line;
  for (const int64_t n : numbers) {
    if (!line.empty()) line += ' ';
    line += std::to_string(n);
  }
  return line;
}

/// Exactly N numbers with one space between them; none for anything else.
template <size_t N>
std::optional<std::array<int64_t, N>> split(std::string_view line) {
  std::array<int64_t, N> numbers{};
  for (size_t i = 0; i < N; ++i) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), numbers[i]);
    if (error != std::errc{}) return std::nullopt;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    if (i + 1 == N) break;
    if (!line.starts_with(' ')) return std::nullopt;
    line.remove_prefix(1);
  }
  if (!line.empty()) return std::nullopt;
  return numbers;
}

WireInstance instance_of(const int64_t* n) {
  WireInstance w;
  w.instance = static_cast<uint32_t>(n[0]);
  w.content = {static_cast<uint32_t>(n[1]), static_cast<uint32_t>(n[2]), static_cast<uint32_t>(n[3])};
  w.reg_ns = n[4];
  w.up_ns = n[5];
  w.renew_ns = n[6];
  w.dirty_ns = n[7];
  w.latest_ns = n[8];
  return w;
}

}  // namespace

std::string write_instance(const WireInstance& w) {
  return join({w.instance, w.content.generation, w.content.set, w.content.status, w.reg_ns, w.up_ns, w.renew_ns,
               w.dirty_ns, w.latest_ns});
}

std::optional<WireInstance> read_instance(std::string_view line) {
  const auto n = split<9>(line);
  if (!n) return std::nullopt;
  return instance_of(n->data());
}

std::string write_post(const WirePost& post) {
  return write_instance(post.what) + ' ' + join({static_cast<int64_t>(post.kind), post.set_ns});
}

std::string with_flags(std::string_view form, bool replication, bool from_zone) {
  return std::string(form) + (replication ? " 1" : " 0") + (from_zone ? " 1" : " 0");
}

std::optional<WirePost> read_post(std::string_view form) {
  const auto n = split<13>(form);
  if (!n || (*n)[9] < 0 || (*n)[9] > 3) return std::nullopt;
  WirePost p;
  p.what = instance_of(n->data());
  p.kind = static_cast<cluster::PostKind>((*n)[9]);
  p.set_ns = (*n)[10];
  p.replication = (*n)[11] != 0;
  p.from_zone = (*n)[12] != 0;
  return p;
}

std::string write_answer(int code, const WireInstance* instance) {
  return std::to_string(code) + (instance ? ' ' + write_instance(*instance) : std::string());
}

std::optional<WireInstance> wire_instance(const registry::InstanceView& record) {
  const auto instance = number_of(record.instance->hostname());
  if (!instance) return std::nullopt;
  WireInstance w;
  w.instance = *instance;
  const registry::InstanceNumbers& n = record.instance->numbers;
  if (n.state != registry::RecordState::kTombstone) {
    const auto content = read_metadata(record.instance->metadata_json(), n.status);
    if (!content) return std::nullopt;
    w.content = *content;
  }
  w.reg_ns = n.reg_ns;
  w.up_ns = n.up_ns;
  w.renew_ns = record.renew_ns;
  w.dirty_ns = n.dirty_ns;
  w.latest_ns = n.latest_ns;
  return w;
}

cluster::Post TextWire::post(const WirePost& post) const {
  constexpr std::array<std::string_view, 4> kPaths = {"/discovery/register", "/discovery/renew", "/discovery/cancel",
                                                      "/discovery/set"};
  const registry::InstanceKeyView key = names_.key(post.what.instance);
  cluster::Post p;
  p.kind = post.kind;
  p.path = kPaths[static_cast<size_t>(post.kind)];
  p.form = write_post(post);
  p.env = key.app.env;
  p.appid = key.app.appid;
  p.zone = key.zone;
  p.hostname = key.hostname;
  return p;
}

cluster::Post TextWire::register_post(const registry::StoredRecord& record) const {
  return post({.kind = cluster::PostKind::kRegister, .what = wire_instance(record).value_or(WireInstance{})});
}

cluster::Post TextWire::cancel_post(const registry::StoredRecord& record) const {
  return post({.kind = cluster::PostKind::kCancel, .what = wire_instance(record).value_or(WireInstance{})});
}

std::string TextWire::form_for(const cluster::Post& post, bool own_zone) const {
  return with_flags(post.form, own_zone, true);
}

Result<cluster::PostAnswer> TextWire::read_answer(std::string_view body) const {
  const size_t space = std::min(body.find(' '), body.size());
  int code = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + space, code);
  if (error != std::errc{} || end != body.data() + space) return invalid("not an answer");
  cluster::PostAnswer answer;
  answer.code = code;
  if (space < body.size()) {
    auto all = read_fetch_all(body.substr(space + 1));
    if (!all || all->size() != 1) return invalid("not an instance");
    answer.instance = std::make_unique<cluster::ForeignInstance>(std::move(all->front()));
  }
  return answer;
}

Result<std::vector<cluster::ForeignInstance>> TextWire::read_fetch_all(std::string_view body) const {
  std::vector<cluster::ForeignInstance> all;
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const auto w = read_instance(body.substr(0, end));
    if (!w || w->instance >= names_.instances()) return invalid("not an instance");
    const registry::InstanceKeyView key = names_.key(w->instance);
    cluster::ForeignInstance f;
    f.env = key.app.env;
    f.appid = key.app.appid;
    f.zone = key.zone;
    f.hostname = key.hostname;
    f.addrs_json = addrs_of(w->instance, w->content.generation);
    f.metadata_json = metadata_of(w->content);
    f.status = w->content.status;
    f.reg_ns = w->reg_ns;
    f.up_ns = w->up_ns;
    f.renew_ns = w->renew_ns;
    f.dirty_ns = w->dirty_ns;
    f.latest_ns = w->latest_ns;
    all.push_back(std::move(f));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return all;
}

}  // namespace discovery::simulation
