#include "queries/records_query.h"

#include <array>
#include <nlohmann/json.hpp>

#include "queries/question.h"
#include "queries/record_json.h"
#include "registry/digest.h"

namespace discovery::queries {

using nlohmann::ordered_json;
using registry::RecordState;
using registry::StoredRecord;

namespace {

constexpr size_t kRecordsPerLock = 1000;

size_t branch_of(const StoredRecord& r) { return static_cast<size_t>(r.instance->key_digest() >> 56); }

uint64_t sum_of(const StoredRecord& r) {
  // The key is that of nobody: a difference is looked for, not a forger.
  const bool listed = r.instance->numbers.state == RecordState::kVisible;
  return registry::version_digest({listed, 0}, r.instance->key_digest(), r.instance->numbers.version);
}

void for_each_record(const registry::Registry& registry, FunctionRef<void(const StoredRecord&)> f) {
  registry::RecordCursor at;
  while (registry.read_records(at, kRecordsPerLock, f)) {
  }
}

std::string hexadecimal(uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto c = text.rbegin(); value != 0; value >>= 4, ++c) *c = kDigits[value & 15];
  return text;
}

ordered_json record_json(registry::AppKeyView app, const registry::Instance& instance) {
  ordered_json one;
  one["env"] = app.env;
  one["appid"] = app.appid;
  one["zone"] = instance.zone();
  one["hostname"] = instance.hostname();
  add_numbers(one, instance.numbers);
  return one;
}

Result<std::string> host_json(const registry::Registry& registry, std::string_view node, const Question& question,
                              TimePoint now) {
  if (const auto named = question.require({"env", "appid", "hostname"}); !named) return named.error();
  const registry::AppKeyView key{question.text("env"), question.text("appid")};
  ordered_json records = ordered_json::array();
  registry.with_records(key, [&](const registry::Application* app) {
    for (size_t i = 0; app && i < app->record_count(); ++i) {
      if (app->record(i).hostname() != question.text("hostname")) continue;
      ordered_json one = record_json(key, app->record(i));
      const int64_t renewed_ns = app->side(i).home_ns;
      one["renewed_here_seconds_ago"] = nullptr;
      if (renewed_ns != 0) {
        one["renewed_here_seconds_ago"] = std::chrono::duration<double>(now - from_wire_ns(renewed_ns)).count();
      }
      records.push_back(std::move(one));
    }
  });
  ordered_json json;
  json["node"] = node;
  json["records"] = std::move(records);
  return text_of(json);
}

}  // namespace

Result<std::string> digest_json(const registry::Registry& registry, std::string_view node, std::string_view query) {
  const auto question = Question::read(query, {});
  if (!question) return question.error();
  std::array<uint64_t, kBranches> sums{};
  uint64_t records = 0;
  for_each_record(registry, [&](const StoredRecord& r) {
    ++records;
    sums[branch_of(r)] += sum_of(r);
  });
  ordered_json json;
  json["node"] = node;
  json["records"] = records;
  ordered_json texts = ordered_json::array();
  for (const uint64_t sum : sums) texts.push_back(hexadecimal(sum));
  json["sums"] = std::move(texts);
  return text_of(json);
}

Result<std::string> records_json(const registry::Registry& registry, std::string_view node, std::string_view query,
                                 TimePoint now) {
  const auto question = Question::read(query, {"branch", "env", "appid", "hostname"});
  if (!question) return question.error();
  if (!question->has("branch")) return host_json(registry, node, *question, now);
  if (question->has("env") || question->has("appid") || question->has("hostname")) {
    return invalid("a branch is not of one host: leave out branch, or env, appid and hostname");
  }
  if (const auto named = question->require({"branch"}); !named) return named.error();
  const auto branch = question->number("branch", {0, kBranches - 1, 0});
  if (!branch) return branch.error();
  ordered_json records = ordered_json::array();
  for_each_record(registry, [&](const StoredRecord& r) {
    if (branch_of(r) != *branch) return;
    records.push_back(record_json(r.app, *r.instance));
  });
  ordered_json json;
  json["node"] = node;
  json["branch"] = *branch;
  json["records"] = std::move(records);
  return text_of(json);
}

}  // namespace discovery::queries
