// Certificates made for a test, and a client that speaks TLS with a deadline on everything.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/tls.h"
#include "unit/net/loopback.h"

namespace discovery::net {

/// A folder with certificates and keys, gone with it.
class Certificates {
 public:
  Certificates() {
    std::string name = (std::filesystem::temp_directory_path() / "discovery-tls.XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    folder_ = name;
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// A certificate for `common_name`, signed by itself, valid for a day, and its key.
  TlsFiles make(const std::string& common_name) {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> certificate(X509_new(), X509_free);
    X509* const x = certificate.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, key.get());
    X509_NAME* const name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(x, name);
    if (X509_sign(x, key.get(), EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
    const TlsFiles files{path(common_name + ".pem"), path(common_name + ".key")};
    write(files.certificate, [x](std::FILE* f) { return PEM_write_X509(f, x); });
    write(files.key,
          [&key](std::FILE* f) { return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    return files;
  }
  /// A file with this text.
  std::string put(const std::string& name, std::string_view text) {
    std::ofstream(path(name)) << text;
    return path(name);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  template <class F>
  static void write(const std::string& to, F f) {
    std::FILE* const file = std::fopen(to.c_str(), "we");
    if (!file || f(file) != 1 || std::fclose(file) != 0) throw std::runtime_error("cannot write " + to);
  }

  std::filesystem::path folder_;
};

class TlsClient {
 public:
  struct Options {
    int version_max = 0;         ///< 0: the newest
    std::string protocols = {};  ///< ALPN, as on the wire
    int receive_buffer = 0;
  };

  explicit TlsClient(const ListenAddress& address) : TlsClient(address, Options{}) {}
  TlsClient(const ListenAddress& address, const Options& options)
      : socket_(address, options.receive_buffer), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);  // so that old versions are refused by the server, not by us
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    if (options.version_max != 0) SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
    ssl_.reset(SSL_new(context_.get()));
    if (!options.protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(options.protocols.data()),
                          static_cast<unsigned>(options.protocols.size()));
    }
    SSL_set_fd(ssl_.get(), socket_.descriptor());
    connected_ = socket_.connected() && SSL_connect(ssl_.get()) == 1;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* text = nullptr;
    unsigned bytes = 0;
    SSL_get0_alpn_selected(ssl_.get(), &text, &bytes);
    return {reinterpret_cast<const char*>(text), bytes};
  }
  [[nodiscard]] std::string certificate_name() const {
    const std::unique_ptr<X509, void (*)(X509*)> shown(SSL_get1_peer_certificate(ssl_.get()), X509_free);
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, sizeof name);
    return name;
  }
  bool send(std::string_view bytes) {
    return bytes.empty() || SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  /// The body of the next answer, "(none)" when there is no answer.
  std::string read_body() {
    std::string answer = take_answer(read_);
    while (answer.empty() && read_more()) answer = take_answer(read_);
    return body_of_answer(answer);
  }
  std::string ask(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return read_body();
  }
  /// What comes next, "" at the end.
  std::string read_some() {
    if (read_.empty()) read_more();
    return std::exchange(read_, {});
  }
  /// The server has said that nothing follows, as opposed to a cut.
  bool ended_properly() { return read_body() == "(none)" && end_ == SSL_ERROR_ZERO_RETURN; }
  void close() { socket_.close(); }
  [[nodiscard]] int descriptor() const { return socket_.descriptor(); }
  void finish_sending() { ::shutdown(socket_.descriptor(), SHUT_WR); }

 private:
  bool read_more() {
    char buffer[65536];
    const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
    if (n <= 0) end_ = SSL_get_error(ssl_.get(), n);
    if (n > 0) read_.append(buffer, static_cast<size_t>(n));
    return n > 0;
  }

  struct Freer {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* stream) const { SSL_free(stream); }
  };
  Client socket_;
  std::unique_ptr<SSL_CTX, Freer> context_;
  std::unique_ptr<SSL, Freer> ssl_;
  std::string read_;
  int end_ = SSL_ERROR_NONE;
  bool connected_ = false;
};

}  // namespace discovery::net
