// A service that registers itself, and takes itself out when it is told to end.
//
//     DISCOVERY_NODES=127.0.0.1:7171 ZONE=zone01 example_register_service shop.cart http://10.1.0.7:8000
//
// The client has a thread of its own; main() only waits for the signal.
#include <signal.h>

#include <cstdio>
#include <exception>

#include "discovery/client.h"

namespace client = discovery::client;

namespace {

/// SIGTERM or SIGINT. Blocked before any thread starts, so that they come here and nowhere else.
sigset_t block_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

const char* text(client::RegistrationState state) {
  switch (state) {
    case client::RegistrationState::kRejected:
      return "rejected";
    case client::RegistrationState::kPending:
      return "to be registered again";
    case client::RegistrationState::kRegistered:
      return "registered";
    case client::RegistrationState::kFailing:
      return "no node takes it, trying on";
    case client::RegistrationState::kCancelled:
      return "cancelled";
  }
  return "?";
}

int run(const char* appid, const char* address) {
  const sigset_t signals = block_ending_signals();
  client::Client registry(client::options_from_environment());
  client::Instance self;
  self.appid = appid;
  self.addrs = {address};
  self.metadata = {{"weight", "10"}};
  const auto registration =
      registry.register_instance(self, [](client::RegistrationState state, const client::Error& error) {
        std::printf("%s %s\n", text(state), error.message.c_str());
        std::fflush(stdout);
      });
  if (registration.state() == client::RegistrationState::kRejected) {
    std::fprintf(stderr, "%s\n", registration.error().message.c_str());
    return 1;
  }
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;  // the registration is cancelled, and the client waits for that
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s APPID ADDRESS\n", argv[0]);
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
