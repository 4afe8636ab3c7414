// Range, Put, DeleteRange, Txn, Compact.
#include <algorithm>
#include <set>

#include "protocol/etcd/methods.h"

namespace discovery::protocol::etcd {

namespace {

using keyspace::KeyValuePtr;

// ---------------------------------------------------------------------------------------------------- Range

void sort(std::vector<KeyValuePtr>& kvs, const pb::RangeRequest& request) {
  if (request.sort_order() == pb::RangeRequest::NONE && request.sort_target() == pb::RangeRequest::KEY) return;
  const auto by = [&](auto of) {
    if (request.sort_order() == pb::RangeRequest::DESCEND) {
      std::ranges::stable_sort(kvs, std::ranges::greater{}, of);
    } else {
      std::ranges::stable_sort(kvs, std::ranges::less{}, of);
    }
  };
  switch (request.sort_target()) {
    case pb::RangeRequest::VERSION:
      return by([](const KeyValuePtr& kv) { return kv->version; });
    case pb::RangeRequest::CREATE:
      return by([](const KeyValuePtr& kv) { return kv->create_revision; });
    case pb::RangeRequest::MOD:
      return by([](const KeyValuePtr& kv) { return kv->mod_revision; });
    case pb::RangeRequest::VALUE:
      return by([](const KeyValuePtr& kv) -> const std::string& { return kv->value; });
    default:
      return by([](const KeyValuePtr& kv) -> const std::string& { return kv->key; });
  }
}

bool is_filtered(const pb::RangeRequest& request) {
  return request.min_mod_revision() > 0 || request.max_mod_revision() > 0 || request.min_create_revision() > 0 ||
         request.max_create_revision() > 0;
}

bool passes(const keyspace::KeyValue& kv, const pb::RangeRequest& request) {
  const auto within = [](int64_t v, int64_t min, int64_t max) {
    return (min <= 0 || v >= min) && (max <= 0 || v <= max);
  };
  return within(kv.mod_revision, request.min_mod_revision(), request.max_mod_revision()) &&
         within(kv.create_revision, request.min_create_revision(), request.max_create_revision());
}

Status read(const UnaryContext& context, const pb::RangeRequest& request, pb::RangeResponse& answer) {
  if (request.key().empty()) return empty_key();
  const keyspace::KeyRange range = range_of(request.key(), request.range_end());
  if (Status may = context.service.permissions().may_read(context.caller, range); may.code != Code::kOk) return may;
  const bool whole = request.sort_order() != pb::RangeRequest::NONE || is_filtered(request) ||
                     request.sort_target() != pb::RangeRequest::KEY;
  const size_t limit = request.limit() > 0 ? static_cast<size_t>(request.limit()) : 0;
  keyspace::RangeOutcome found = context.service.keys().range(range, whole ? 0 : limit);
  if (request.revision() > found.revision) return future_revision();
  if (request.revision() > 0 && request.revision() < found.revision) return compacted();
  if (is_filtered(request)) {
    std::erase_if(found.kvs, [&](const KeyValuePtr& kv) { return !passes(*kv, request); });
  }
  sort(found.kvs, request);
  fill_header(*answer.mutable_header(), context.service.ids(), found.revision);
  answer.set_count(static_cast<int64_t>(found.count));
  if (request.count_only()) return ok();
  const size_t shown = limit > 0 ? std::min(limit, found.kvs.size()) : found.kvs.size();
  answer.set_more((whole ? found.kvs.size() : found.count) > shown);
  for (size_t i = 0; i < shown; ++i) fill(*answer.add_kvs(), *found.kvs[i], !request.keys_only());
  return ok();
}

// ---------------------------------------------------------------------------------------------------- Put

Status check_put(const pb::PutRequest& request) {
  if (request.key().empty()) return empty_key();
  if (request.ignore_value() && !request.value().empty()) return value_provided();
  if (request.ignore_lease() && request.lease() != 0) return lease_provided();
  return ok();
}

Status write(const UnaryContext& context, const pb::PutRequest& request, pb::PutResponse& answer) {
  if (Status may = context.service.permissions().may_write(context.caller, request.key(), request.value());
      may.code != Code::kOk) {
    return may;
  }
  keyspace::PutArgs args;
  args.key = request.key();
  args.value = request.value();
  args.lease = request.lease();
  args.keep_value = request.ignore_value();
  args.keep_lease = request.ignore_lease();
  args.by = context.client;
  const keyspace::WriteOutcome outcome = context.service.keys().put(args, context.service.now());
  if (outcome.fault != keyspace::Fault::kNone) return status_of(outcome.fault);
  fill_header(*answer.mutable_header(), context.service.ids(), outcome.revision);
  if (request.prev_kv() && outcome.before) fill(*answer.mutable_prev_kv(), *outcome.before);
  return ok();
}

// ---------------------------------------------------------------------------------------------------- DeleteRange

Status erase(const UnaryContext& context, const pb::DeleteRangeRequest& request, pb::DeleteRangeResponse& answer) {
  const keyspace::KeyRange range = range_of(request.key(), request.range_end());
  if (!context.caller.anybody) {
    const auto found = context.service.keys().range(range, 0);
    if (Status may = context.service.permissions().may_delete(context.caller, found.kvs); may.code != Code::kOk) {
      return may;
    }
  }
  const keyspace::DeleteOutcome outcome = context.service.keys().erase(range, context.client, context.service.now());
  fill_header(*answer.mutable_header(), context.service.ids(), outcome.revision);
  answer.set_deleted(static_cast<int64_t>(outcome.deleted.size()));
  if (request.prev_kv()) {
    for (const KeyValuePtr& kv : outcome.deleted) fill(*answer.add_prev_kvs(), *kv);
  }
  return ok();
}

// ---------------------------------------------------------------------------------------------------- Txn

Status check_txn(const pb::TxnRequest& request) {
  if (request.compare_size() > 0) return compare_refused();
  if (request.success_size() > kOperationsMax || request.failure_size() > kOperationsMax) return too_many_operations();
  std::set<std::string_view> put_keys;
  for (const pb::RequestOp& op : request.success()) {
    switch (op.request_case()) {
      case pb::RequestOp::kRequestPut:
        if (Status status = check_put(op.request_put()); status.code != Code::kOk) return status;
        if (!put_keys.insert(op.request_put().key()).second) return duplicate_key();
        break;
      case pb::RequestOp::kRequestRange:
        if (op.request_range().key().empty()) return empty_key();
        break;
      case pb::RequestOp::kRequestDeleteRange:
        if (op.request_delete_range().key().empty()) return empty_key();
        break;
      case pb::RequestOp::kRequestTxn:
        return refused("a transaction in a transaction");
      default:
        return empty_key();
    }
  }
  return ok();
}

Status run(const UnaryContext& context, const pb::RequestOp& op, pb::ResponseOp& answer, bool& written) {
  if (op.has_request_put()) {
    written = true;
    return write(context, op.request_put(), *answer.mutable_response_put());
  }
  if (op.has_request_delete_range()) {
    written = true;
    return erase(context, op.request_delete_range(), *answer.mutable_response_delete_range());
  }
  return read(context, op.request_range(), *answer.mutable_response_range());
}

}  // namespace

UnaryAnswer range(const UnaryContext& context, std::string_view bytes) {
  pb::RangeRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  pb::RangeResponse answer;
  Status status = read(context, request, answer);
  return status.code == Code::kOk ? UnaryAnswer::of(answer) : UnaryAnswer::of(std::move(status));
}

UnaryAnswer put(const UnaryContext& context, std::string_view bytes) {
  pb::PutRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  Status status = check_put(request);
  pb::PutResponse answer;
  if (status.code == Code::kOk) status = write(context, request, answer);
  return status.code == Code::kOk ? UnaryAnswer::of(answer, true) : UnaryAnswer::of(std::move(status));
}

UnaryAnswer delete_range(const UnaryContext& context, std::string_view bytes) {
  pb::DeleteRangeRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (request.key().empty()) return UnaryAnswer::of(empty_key());
  pb::DeleteRangeResponse answer;
  Status status = erase(context, request, answer);
  return status.code == Code::kOk ? UnaryAnswer::of(answer, answer.deleted() > 0) : UnaryAnswer::of(std::move(status));
}

UnaryAnswer txn(const UnaryContext& context, std::string_view bytes) {
  pb::TxnRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (Status status = check_txn(request); status.code != Code::kOk) return UnaryAnswer::of(std::move(status));
  pb::TxnResponse answer;
  bool written = false;
  for (const pb::RequestOp& op : request.success()) {
    Status status = run(context, op, *answer.add_responses(), written);
    if (status.code != Code::kOk) return UnaryAnswer::of(std::move(status));
  }
  answer.set_succeeded(true);
  fill_header(*answer.mutable_header(), context.service.ids(), context.service.keys().revision());
  return UnaryAnswer::of(answer, written);
}

// History is pruned by the node itself.
UnaryAnswer compact(const UnaryContext& context, std::string_view bytes) {
  pb::CompactionRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  if (Status may = context.service.permissions().may_any(context.caller, access::Right::kRead); may.code != Code::kOk) {
    return UnaryAnswer::of(std::move(may));
  }
  const keyspace::Revision now = context.service.keys().revision();
  if (request.revision() > now) return UnaryAnswer::of(future_revision());
  pb::CompactionResponse answer;
  fill_header(*answer.mutable_header(), context.service.ids(), now);
  return UnaryAnswer::of(answer);
}

}  // namespace discovery::protocol::etcd
