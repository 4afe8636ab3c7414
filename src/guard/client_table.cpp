#include "guard/client_table.h"

namespace discovery::guard {

ClientCounts& ClientTable::of(std::string_view ip, TimePoint now) {
  if (!latest_ || latest_->ip != ip) {
    auto it = clients_.find(ip);
    if (it == clients_.end()) {
      if (clients_.size() >= kClientsMax) clients_.erase(clients_.find(by_age_.front().ip));
      it = clients_.emplace(std::string(ip), std::make_unique<Client>()).first;
      it->second->ip = it->first;
      it->second->window_began = now;
    }
    latest_ = it->second.get();
    latest_->unlink();
    by_age_.push_back(*latest_);
  }
  Client& client = *latest_;
  if (const Duration window = now - client.window_began; window >= kRateWindow) {
    client.rate = static_cast<double>(client.in_window) / std::chrono::duration<double>(window).count();
    client.window_began = now;
    client.in_window = 0;
  }
  ++client.in_window;
  ++client.counts.requests;
  return client.counts;
}

std::vector<ClientTable::Row> ClientTable::rows(Which which, TimePoint now) const {
  std::vector<Row> rows;
  if (which == Which::kAll) rows.reserve(clients_.size());
  for (const auto& [ip, client] : clients_) {
    if (which == Which::kSlowed && client->counts.slowed.empty()) continue;
    // A window that is long over says more than the last one that was closed by a request.
    const Duration open = now - client->window_began;
    const double seconds = std::chrono::duration<double>(open).count();
    const double rate = open >= kRateWindow ? static_cast<double>(client->in_window) / seconds : client->rate;
    rows.push_back({ip, rate, client->counts});
  }
  return rows;
}

}  // namespace discovery::guard
