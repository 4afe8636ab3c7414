// A service that follows another one: prints its instances now and at each change.
//
//     DISCOVERY_NODES=127.0.0.1:7171 ZONE=zone01 example_watch_service shop.cart
//
// The client has a thread of its own. In a program that has a boost::asio::io_context, give that to the client instead:
// client::Client registry(context, options); then the callbacks come on the threads that run it.
#include <signal.h>

#include <cstdio>
#include <exception>

#include "discovery/client.h"

namespace client = discovery::client;

namespace {

void print(const client::InstanceList& list) {
  std::printf("%s: %zu instances%s\n", list.appid.c_str(), list.instances.size(), list.known ? "" : " (unknown)");
  for (const client::Instance& instance : list.instances) {
    for (const auto& addr : instance.addrs) {
      std::printf("  %s %s %s\n", instance.zone.c_str(), instance.hostname.c_str(), addr.c_str());
    }
  }
  std::fflush(stdout);
}

int run(const char* appid) {
  // Blocked before any thread starts, so that they come here and nowhere else.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  client::Options options = client::options_from_environment();
  options.on_error = [](const client::Error& error) { std::fprintf(stderr, "%s\n", error.message.c_str()); };
  client::Client registry(options);
  const client::Watch watch = registry.watch(appid, print);
  if (!watch) {
    std::fprintf(stderr, "%s\n", watch.error().message.c_str());
    return 1;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s APPID\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
