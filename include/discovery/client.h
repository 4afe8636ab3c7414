// A service's side of the registry: registers, resolves, watches.
//
//     discovery::client::Client client({.nodes = {"127.0.0.1:7171"}, .zone = "zone01"});
//     auto self = client.register_instance({.appid = "shop.cart", .addrs = {"http://10.1.0.7:8000"}});
//     auto watch = client.watch("shop.stock", [](const discovery::client::InstanceList& list) { use(list); });
//
// Lifecycle: destroying it ends all watches, cancels all registrations and drops what is asked. With a thread of its
// own it waits for the cancels, Options::cancel_timeout and a second at most. On a caller's io_context nobody waits:
// run that until it returns. The io_context must outlive the client. Registration and Watch objects may outlive it.
// Thread: every function from any thread. Callbacks come one at a time, on its own thread or on one that runs the
// io_context (which may be several), never within a call of these functions. A callback may call everything here, also
// destroy the client, but not block: renewals and polls wait meanwhile. After the destructor no callback is called; it
// waits for one that runs on another thread. Errors: the constructors throw std::invalid_argument for Options that
// check() refuses, std::system_error when there is no thread; nothing else throws but std::bad_alloc. What a callback
// throws is reported to Options::on_error. Cost: one parked poll for all watches, one connection per registration. What
// it asks, and why that works with nodes of the original: docs/client.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "discovery/error.h"
#include "discovery/instance.h"
#include "discovery/options.h"
#include "discovery/registration.h"
#include "discovery/watch.h"

namespace boost::asio {
class io_context;
}

namespace discovery::client {

inline constexpr size_t kResolvesMax = 256;  ///< async_resolve() under way

/// The list is empty when there is an error; kNotFound: there is no such application.
using ResolveHandler = std::function<void(const Error&, const InstanceList&)>;

class Client {
 public:
  /// On a thread of its own.
  explicit Client(Options options);
  Client(boost::asio::io_context& context, Options options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Empty region, zone, env and hostname are those of the options.
  [[nodiscard]] Registration register_instance(Instance instance, RegistrationHandler handler = {});
  [[nodiscard]] Watch watch(std::string appid, WatchHandler handler = {});

  /// What a watch of this client has; null when there is none, or it heard nothing yet. Asks nobody.
  [[nodiscard]] std::shared_ptr<const InstanceList> resolve(const std::string& appid) const;
  /// The same, but waits until a watch has heard something. Not on the thread that runs the callbacks.
  [[nodiscard]] std::shared_ptr<const InstanceList> resolve(const std::string& appid, milliseconds patience) const;
  /// What a watch has, else asks one node after the other.
  void async_resolve(std::string appid, ResolveHandler handler);

  /// Those it speaks with now, the current one first.
  [[nodiscard]] std::vector<std::string> nodes() const;
  /// The last poll was answered.
  [[nodiscard]] bool reachable() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace discovery::client
