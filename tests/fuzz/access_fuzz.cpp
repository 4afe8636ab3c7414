// Who somebody says to be: the file of tokens, and the Authorization field of clients and of other nodes.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/access_control.h"
#include "access/peer_signature.h"
#include "access/token_table.h"
#include "fuzz/fuzz_target.h"
#include "node/access_files.h"

namespace discovery::fuzz {
namespace {

constexpr TimePoint kNow = from_wire_ns(1'700'000'000'000'000'000);
constexpr access::SignedRequest kRequest{"POST", "/discovery/peer/push", "a=b", "body"};

/// What a file grants, its tokens find, and nothing else does.
void fuzz_token_file(std::string_view text) {
  auto specs = node::parse_tokens(text);
  if (!specs) return;
  const std::vector<access::TokenSpec> kept = *specs;
  const auto table = access::TokenTable::make(std::move(*specs));
  if (!table) return;
  for (const access::TokenSpec& spec : kept) {
    if (spec.secret.empty()) continue;
    const access::Principal* const found = table->find(spec.secret);
    FUZZ_CHECK(found != nullptr && found->name == spec.who.name);
    FUZZ_CHECK(table->find(spec.secret + "x") != found);
  }
  FUZZ_CHECK(table->size() <= kept.size());
}

const RegisteredTarget kTokenFile(
    {"token_file",
     fuzz_token_file,
     {R"({"tokens":[{"name":"shop","secret":"Gd8s-oi34KJ_sdf98","grants":[{"rights":["read","write"],"env":"prod","apps":["shop."]}]}]})",
      R"({"tokens":[// the board
{"name":"p","secret_sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","grants":[{"rights":["admin"]}]},
{"name":"anonymous","grants":[{"rights":["read"]}]}]})"},
     {R"("name")", R"("secret")", R"("grants":[)", R"("rights":["read"])", R"("apps":[""])", "anonymous", "/*", "//"}});

const access::PeerKey& key_of_nodes() {
  static const auto key = access::PeerKey::make("Ck2-9x_QmZ71-vbRs8wLp0TyUe5hGdNa");
  return **key;
}

std::string signed_field() {
  return key_of_nodes().sign(kRequest, "10.0.0.2:7171", kNow, access::Nonce{1, 2, 3, 4, 5, 6, 7, 8});
}

/// A field either is what the key signs for what it says, or it proves nothing.
void fuzz_authorization(std::string_view field) {
  const auto bearer = access::bearer_token(field);
  const auto proof = access::read_proof(field);
  FUZZ_CHECK(!bearer || !proof);
  if (!proof || !key_of_nodes().signed_this(*proof, kRequest)) return;
  // Digits may be written in either case, so the field need not be the very same text.
  const std::string made = key_of_nodes().sign(kRequest, proof->to, from_wire_ns(proof->at_ns), proof->nonce);
  FUZZ_CHECK(access::read_proof(made)->mac == proof->mac);
}

const RegisteredTarget kAuthorization({"authorization",
                                       fuzz_authorization,
                                       {signed_field(), "Bearer Gd8s-oi34KJ_sdf98",
                                        "Basic YW55OkdkOHMtb2kzNEtKX3NkZjk4", "Discovery-Peer to=a:1 t=1 n=00 m=00"},
                                       {"Discovery-Peer ", "Bearer ", "Basic ",
                                        " to=", " t=", " n=", " m=", "-9223372036854775808"}});

}  // namespace
}  // namespace discovery::fuzz
