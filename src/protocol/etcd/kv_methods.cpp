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

Status check_range(const UnaryContext& context, const pb::RangeRequest& request) {
  if (request.key().empty()) return empty_key();
  return context.service.permissions().may_read(context.caller, range_of(request));
}

Status check_revision(const pb::RangeRequest& request, keyspace::Revision now) {
  if (request.revision() > now) return future_revision();
  return request.revision() > 0 && request.revision() < now ? compacted() : ok();
}

Status read(const UnaryContext& context, const pb::RangeRequest& request, pb::RangeResponse& answer) {
  const KeyRange range = range_of(request);
  const bool whole = request.sort_order() != pb::RangeRequest::NONE || is_filtered(request) ||
                     request.sort_target() != pb::RangeRequest::KEY;
  const size_t limit = request.limit() > 0 ? static_cast<size_t>(request.limit()) : 0;
  keyspace::RangeOutcome found = context.service.keys().range(range, whole ? 0 : limit);
  if (Status status = check_revision(request, found.revision); status.code != Code::kOk) return status;
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

keyspace::PutArgs args_of(const UnaryContext& context, const pb::PutRequest& request) {
  keyspace::PutArgs args;
  args.key = request.key();
  args.value = request.value();
  args.lease = request.lease();
  args.keep_value = request.ignore_value();
  args.keep_lease = request.ignore_lease();
  args.by = context.client;
  return args;
}

Status may_put(const UnaryContext& context, const pb::PutRequest& request) {
  const Permissions& permissions = context.service.permissions();
  if (!permissions.required()) return ok();
  const std::vector<KeyValuePtr> there = context.service.keys().range({request.key(), ""}, 0).kvs;
  const KeyValuePtr before = there.empty() ? nullptr : there.front();
  const std::string& value = request.ignore_value() && before ? before->value : request.value();
  Status may = permissions.may_write(context.caller, request.key(), value, before);
  if (may.code == Code::kOk && request.prev_kv() && before) may = permissions.may_see(context.caller, there);
  return may;
}

Status write(const UnaryContext& context, const pb::PutRequest& request, pb::PutResponse& answer) {
  const keyspace::WriteOutcome outcome = context.service.keys().put(args_of(context, request), context.service.now());
  if (outcome.fault != keyspace::Fault::kNone) return status_of(outcome.fault);
  context.writes.done(1, outcome.before ? outcome.before->mod_revision : 0, outcome.revision);
  fill_header(*answer.mutable_header(), context.service.ids(), outcome.revision);
  if (request.prev_kv() && outcome.before) fill(*answer.mutable_prev_kv(), *outcome.before);
  return ok();
}

// ---------------------------------------------------------------------------------------------------- DeleteRange

Status may_erase(const UnaryContext& context, const pb::DeleteRangeRequest& request) {
  const Permissions& permissions = context.service.permissions();
  if (!permissions.required()) return ok();
  const auto found = context.service.keys().range(range_of(request), 0);
  Status may = permissions.may_delete(context.caller, found.kvs);
  if (may.code == Code::kOk && request.prev_kv()) may = permissions.may_see(context.caller, found.kvs);
  return may;
}

void erase(const UnaryContext& context, const pb::DeleteRangeRequest& request, pb::DeleteRangeResponse& answer) {
  const KeyRange range = range_of(request);
  const keyspace::DeleteOutcome outcome = context.service.keys().erase(range, context.client, context.service.now());
  context.writes.done(outcome.deleted.size(), 0, outcome.revision);
  fill_header(*answer.mutable_header(), context.service.ids(), outcome.revision);
  answer.set_deleted(static_cast<int64_t>(outcome.deleted.size()));
  if (request.prev_kv()) {
    for (const KeyValuePtr& kv : outcome.deleted) fill(*answer.add_prev_kvs(), *kv);
  }
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
        return no_key();  // as etcd says it
    }
  }
  return ok();
}

void ask_writes(const UnaryContext& context, const pb::TxnRequest& request) {
  for (const pb::RequestOp& op : request.success()) {
    if (op.has_request_put()) {
      context.writes.ask(op.request_put().key());
    } else if (op.has_request_delete_range()) {
      context.writes.ask(op.request_delete_range().key(), op.request_delete_range().range_end());
    }
  }
}

/// What one operation would be refused for, by what is there before the first is done.
Status check_operation(const UnaryContext& context, const pb::RequestOp& op, size_t& shown) {
  if (op.has_request_put()) {
    const pb::PutRequest& put = op.request_put();
    if (Status may = may_put(context, put); may.code != Code::kOk) return may;
    return status_of(context.service.keys().why_not(args_of(context, put), context.service.now()));
  }
  if (op.has_request_delete_range()) return may_erase(context, op.request_delete_range());
  const pb::RangeRequest& range = op.request_range();
  if (Status status = check_range(context, range); status.code != Code::kOk) return status;
  const auto found = context.service.keys().range(range_of(range), 0);
  if (!range.count_only()) {
    for (const KeyValuePtr& kv : found.kvs) shown += kv->key.size() + (range.keys_only() ? 0 : kv->value.size());
  }
  if (shown > kTxnAnswerBytesMax) return too_large();
  return check_revision(range, found.revision);
}

Status run(const UnaryContext& context, const pb::RequestOp& op, pb::ResponseOp& answer, bool& written) {
  if (op.has_request_put()) {
    written = true;
    return write(context, op.request_put(), *answer.mutable_response_put());
  }
  if (op.has_request_delete_range()) {
    written = true;
    erase(context, op.request_delete_range(), *answer.mutable_response_delete_range());
    return ok();
  }
  return read(context, op.request_range(), *answer.mutable_response_range());
}

}  // namespace

UnaryAnswer range(const UnaryContext& context, std::string_view bytes) {
  pb::RangeRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  pb::RangeResponse answer;
  Status status = check_range(context, request);
  if (status.code == Code::kOk) status = read(context, request, answer);
  return status.code == Code::kOk ? UnaryAnswer::of(answer) : UnaryAnswer::of(std::move(status));
}

UnaryAnswer put(const UnaryContext& context, std::string_view bytes) {
  pb::PutRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  context.writes.ask(request.key());
  Status status = check_put(request);
  if (status.code == Code::kOk) status = may_put(context, request);
  pb::PutResponse answer;
  if (status.code == Code::kOk) status = write(context, request, answer);
  return status.code == Code::kOk ? UnaryAnswer::of(answer, true) : UnaryAnswer::of(std::move(status));
}

UnaryAnswer delete_range(const UnaryContext& context, std::string_view bytes) {
  pb::DeleteRangeRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  context.writes.ask(request.key(), request.range_end());
  if (request.key().empty()) return UnaryAnswer::of(empty_key());
  if (Status may = may_erase(context, request); may.code != Code::kOk) return UnaryAnswer::of(std::move(may));
  pb::DeleteRangeResponse answer;
  erase(context, request, answer);
  return UnaryAnswer::of(answer, answer.deleted() > 0);
}

UnaryAnswer txn(const UnaryContext& context, std::string_view bytes) {
  pb::TxnRequest request;
  if (!parse(request, bytes)) return UnaryAnswer::of({Code::kInternal, "malformed message"});
  ask_writes(context, request);
  if (Status status = check_txn(request); status.code != Code::kOk) return UnaryAnswer::of(std::move(status));
  size_t shown = 0;
  for (pb::RequestOp& op : *request.mutable_success()) {
    if (Status status = check_operation(context, op, shown); status.code != Code::kOk) {
      return UnaryAnswer::of(std::move(status));  // nothing was done
    }
    // It was that of now; the operations before it move it on.
    if (op.has_request_range()) op.mutable_request_range()->clear_revision();
  }
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
