#include "node/request_guard.h"

#include <algorithm>

#include "codec/params.h"
#include "codec/text.h"
#include "node/kernel_random.h"

namespace discovery::node {

using guard::ClientCounts;
using guard::Rule;
using guard::Slowed;
using guard::Useless;
using observe::ThrottleRule;
using protocol::Code;
using protocol::Route;

namespace {

constexpr size_t kParamsMax = 64;
constexpr size_t kNameShownMax = 128;

ThrottleRule throttle_rule(Rule rule) {
  switch (rule) {
    case Rule::kSpinningPoll:
      return ThrottleRule::kSpinningPoll;
    case Rule::kRegisterLoop:
      return ThrottleRule::kRegisterLoop;
    case Rule::kRate:
      return ThrottleRule::kRate;
    case Rule::kRenewLoop:
      break;
  }
  return ThrottleRule::kRenewLoop;
}

/// "/discovery/renew demo.service host-7"
std::string description_of(const Useless& request) {
  codec::Params params;
  // What does not read as parameters is shown by its path alone.
  static_cast<void>(params.add_urlencoded(request.body, kParamsMax).has_value() &&
                    params.add_urlencoded(request.query, kParamsMax).has_value());
  std::string text(request.path);
  for (const std::string_view name : {"appid", "hostname"}) {
    if (params.has(name)) text += ' ' + codec::printable(params.first(name), kNameShownMax);
  }
  return text;
}

void count(ClientCounts& counts, Route route, const Handled& handled) {
  switch (route) {
    case Route::kRegister:
      ++counts.registers;
      counts.registers_unchanged += handled.registered_again.has_value();
      break;
    case Route::kRenew:
      ++counts.renews;
      counts.renews_not_found += handled.code == Code::kNotFound;
      break;
    case Route::kCancel:
      ++counts.cancels;
      break;
    case Route::kPoll:
    case Route::kPolls:
      ++counts.polls;
      counts.polls_at_once += handled.code.has_value();
      break;
    default:
      break;
  }
}

/// The rule by which a request is useless; registers of what stands there already are what a daemon does all day, so of
/// these only such as come close together are judged.
std::optional<Rule> rule_of(Route route, const Handled& handled, const guard::Shield& shield, TimePoint now) {
  if (!handled.code) return std::nullopt;
  const bool done = *handled.code == Code::kOk;
  const bool missing = *handled.code == Code::kNotFound;
  if (route == Route::kRegister) {
    const auto again = handled.registered_again;
    return done && again && shield.may_loop(*again, now) ? std::optional(Rule::kRegisterLoop) : std::nullopt;
  }
  if ((route == Route::kPoll || route == Route::kPolls) && (done || missing)) return Rule::kSpinningPoll;
  if ((route == Route::kRenew || route == Route::kCancel) && missing) return Rule::kRenewLoop;
  return std::nullopt;
}

guard::RateKind rate_kind(Route route) {
  switch (route) {
    case Route::kRenew:
      return guard::RateKind::kRenew;
    case Route::kRegister:
    case Route::kCancel:
    case Route::kSet:
      return guard::RateKind::kWrite;
    default:
      return guard::RateKind::kRead;
  }
}

}  // namespace

RequestGuard::RequestGuard(const guard::ShieldSettings& settings, observe::ReactorMetrics& metrics,
                           observe::RateLimitedLogger& warnings)
    : table_(from_kernel<HashKey>()),
      shield_(from_kernel<HashKey>(), settings),
      metrics_(metrics),
      warnings_(warnings) {}

Duration RequestGuard::saw(const codec::HttpRequest& request, Route route, const Handled& handled) {
  const TimePoint now = request.received_at;
  ClientCounts& counts = table_.of(request.client->ip, now);
  count(counts, route, handled);
  const Duration ahead = rates_ ? charge(request, route) : Duration::zero();
  const bool held = ahead > Duration::zero() && handled.code;  // what waits is charged, and goes on waiting
  if (held) note_ahead(counts, request, now);
  const auto rule = rule_of(route, handled, shield_, now);
  if (!rule) return held ? ahead : Duration::zero();
  const Useless useless{*rule, request.client->ip, request.path, request.query, request.body};
  const auto judgement = shield_.judge(useless, now);
  if (judgement.delay > Duration::zero()) note_slowed(counts, useless, judgement, now);
  return std::max(judgement.delay, held ? ahead : Duration::zero());
}

Duration RequestGuard::charge(const codec::HttpRequest& request, Route route) {
  const std::string& ip = request.client->ip;
  if (!rates_->exempt.empty() && rates_->exempt.contains(ip)) return {};
  return rates_->limit.charge(ip, rate_kind(route), rates_->registry.expected_per_minute(), request.received_at);
}

void RequestGuard::note_ahead(ClientCounts& counts, const codec::HttpRequest& request, TimePoint now) {
  const auto known = std::find_if(counts.slowed.begin(), counts.slowed.end(),
                                  [](const Slowed& slowed) { return slowed.rule == Rule::kRate; });
  guard::Shield::Judgement judgement;
  judgement.begins = known == counts.slowed.end() || now - known->last >= guard::Shield::kForgiveAfter;
  note_slowed(counts, {Rule::kRate, request.client->ip, request.path, request.query, request.body}, judgement, now);
}

void RequestGuard::note_slowed(ClientCounts& counts, const Useless& what, const guard::Shield::Judgement& judgement,
                               TimePoint now) {
  metrics_.throttled[throttle_rule(what.rule)].add();
  auto it =
      std::find_if(counts.slowed.begin(), counts.slowed.end(), [&](const Slowed& s) { return s.rule == what.rule; });
  if (it == counts.slowed.end())
    it = counts.slowed.insert(it, Slowed{.rule = what.rule, .what = {}, .since = {}, .last = {}});
  if (judgement.begins) {
    *it = {.rule = what.rule, .what = description_of(what), .since = now, .last = now};
    warnings_.log({observe::LogLevel::kWarn, "client_slowed", what.ip}, now,
                  {{"client", what.ip},
                   {"cause", guard::rule_name(what.rule)},
                   {"request", std::string_view(it->what)},
                   {"count", judgement.in_window}});
  }
  it->last = now;
  ++it->answers;
}

}  // namespace discovery::node
