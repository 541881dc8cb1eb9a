// Files, mistakes in them, reloading; tickets; stapled OCSP responses.
#include <rondeau/tls/server_config.h>

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/task/join.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "runtime/tls/pair.h"
#include "runtime/tls/raw_peer.h"
#include "support/temporary_directory.h"

namespace {

using namespace rondeau;
using namespace std::chrono_literals;
using support::authority;
using support::Authority;
using support::client_config;
using support::issued;
using support::MadeCertificate;
using support::RawPeer;
using support::server_config;
using support::shake;
using support::Shaken;
using support::TemporaryDirectory;
using tls::Pem;

std::string mistake(tls::ServerOptions options) {
  const auto made = tls::ServerConfig::make(std::move(options));
  return made ? std::string() : made.error().message();
}

tls::Identity in(const TemporaryDirectory& folder) {
  return {.certificates = Pem::file(folder / "cert.pem"), .key = Pem::file(folder / "key.pem")};
}

void put(const TemporaryDirectory& folder, const MadeCertificate& certificate) {
  folder.put("cert.pem", certificate.certificate);
  folder.put("key.pem", certificate.key);
}

Task<std::string> subject_shown(tls::ServerConfig server) {
  Shaken pair = co_await shake(std::move(server), client_config({.danger_accept_invalid_certificates = true}));
  co_return pair.client ? pair.client->peer_certificate()->subject : pair.client.error().message();
}

/// A handshake with a session of before; the new session, and whether the old one went on.
Task<bool> resume(const tls::ServerConfig& config, SSL_SESSION*& session) {
  static thread_local SSL_SESSION* latest = nullptr;
  latest = nullptr;
  RawPeer peer([](SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, [](SSL*, SSL_SESSION* fresh) {
      SSL_SESSION_free(latest);
      latest = fresh;
      return 1;
    });
  });
  if (session != nullptr) SSL_set_session(peer.ssl(), session);
  auto [near, far] = io::duplex(64 * 1024);
  tls::Stream stream(std::move(near), config);
  auto [served, asked] = co_await join(stream.handshake(), peer.shake(far));
  CHECK(served);
  CHECK(asked);
  const bool resumed = SSL_session_reused(peer.ssl()) == 1;
  CHECK(stream.resumed() == resumed);
  auto [sent, got] = co_await join(stream.write_all("x"), peer.read(far, 1));
  CHECK(got == "x");
  SSL_SESSION_free(session);
  session = std::exchange(latest, nullptr);
  // Or OpenSSL would take the session for one that was cut.
  SSL_set_shutdown(peer.ssl(), SSL_SENT_SHUTDOWN);
  co_return resumed;
}

}  // namespace

TEST_CASE("NE8: tls: a mistake in a configuration names the file and what is wrong with it") {
  const TemporaryDirectory folder;
  const std::string certificate = "TLS certificate " + (folder / "cert.pem").native();
  const std::string key = "TLS key " + (folder / "key.pem").native();
  const MadeCertificate good = issued("server.test");
  tls::ServerOptions options{.identities = {in(folder)}};
  CHECK(mistake({}) == "TLS: a server needs at least one certificate: invalid argument");
  CHECK(mistake(options) == certificate + ": not found");
  folder.put("cert.pem", "");
  CHECK(mistake(options) == certificate + ": there is no certificate in it: invalid argument");
  folder.put("cert.pem", good.certificate);
  CHECK(mistake(options) == key + ": not found");
  folder.put("key.pem", good.certificate);
  CHECK(mistake(options) == key + ": there is no private key in it that can be read: invalid argument");
  folder.put("key.pem", support::encrypted_key());
  CHECK(mistake(options).starts_with(key + ": it is encrypted"));
  folder.put("key.pem", issued("server.test").key);
  CHECK(mistake(options) == certificate + ": its key is not the one of " + key + ": invalid argument");
  folder.put("key.pem", good.key);
  CHECK(mistake(options).empty());
  folder.put("cert.pem", good.certificate + good.certificate.substr(0, 200));
  CHECK(mistake(options).starts_with(certificate + ": "));
  const MadeCertificate small = authority().issue({.key = support::KeyKind::SmallRsa});
  put(folder, small);
  CHECK(mistake(options) == certificate + ": ee key too small: invalid argument");
  put(folder, good);
  options.client_auth = tls::ClientAuth::Required;
  CHECK(mistake(options) == "TLS: certificates of clients are asked for, but no issuer is named: invalid argument");
  options.client_ca = Pem::file(folder / "ca.pem");
  CHECK(mistake(options) == "TLS issuer of clients " + (folder / "ca.pem").native() + ": not found");
  options.client_ca = Pem::text("nothing");
  CHECK(mistake(options) == "TLS issuer of clients: there is no certificate in it: invalid argument");
  options.client_auth = tls::ClientAuth::Off;
  options.identities[0].ocsp_file = folder / "ocsp.der";
  CHECK(mistake(options) == "TLS OCSP response " + (folder / "ocsp.der").native() + ": not found");
  folder.put("ocsp.der", "nothing");
  CHECK(mistake(options) ==
        "TLS OCSP response " + (folder / "ocsp.der").native() + ": it is no OCSP response: invalid argument");
  folder.put("ocsp.der", authority().ocsp(issued("other.test").certificate, 1h));
  CHECK(mistake(options) ==
        "TLS OCSP response " + (folder / "ocsp.der").native() + ": it is about another certificate: invalid argument");
  options.identities[0].ocsp_file.reset();
  options.alpn = {""};
  CHECK(mistake(options).starts_with("TLS protocol \"\": "));
  CHECK(tls::ClientConfig::make({.ca = Pem::file(folder / "ca.pem")}).error().message() ==
        "TLS issuer of servers " + (folder / "ca.pem").native() + ": not found");
}

TEST_CASE("NE8: tls: reloading is for handshakes to come; open connections and tickets go on") {
  test::run([]() -> Task<void> {
    const TemporaryDirectory folder;
    put(folder, authority().issue({.common_name = "old", .dns = {"server.test"}, .not_after = 10h}));
    const tls::ServerConfig config = server_config({.identities = {in(folder)}});
    CHECK(config.expires_at() < std::chrono::system_clock::now() + 11h);
    Shaken open = co_await shake(config, client_config());
    REQUIRE(open.client);
    SSL_SESSION* session = nullptr;
    CHECK_FALSE(co_await resume(config, session));
    put(folder, authority().issue({.common_name = "new", .dns = {"server.test"}, .not_after = 20h}));
    CHECK(co_await subject_shown(config) == "CN=old");
    CHECK(co_await config.reload());
    CHECK(co_await subject_shown(config) == "CN=new");
    CHECK(config.expires_at() > std::chrono::system_clock::now() + 19h);
    auto [sent, got] = co_await join(open.client->write_all("still here"), support::read_text(*open.server, 10));
    CHECK(got.value() == "still here");
    CHECK(co_await resume(config, session));
    SSL_SESSION_free(session);
  });
}

TEST_CASE("NE8: tls: a broken new file is reported, and the old certificate stays") {
  test::run([]() -> Task<void> {
    const TemporaryDirectory folder;
    put(folder, authority().issue({.common_name = "old", .dns = {"server.test"}}));
    const tls::ServerConfig config = server_config({.identities = {in(folder)}});
    folder.put("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const auto reloaded = co_await config.reload();
    REQUIRE_FALSE(reloaded);
    CHECK(reloaded.error().message().starts_with("TLS certificate " + (folder / "cert.pem").native()));
    CHECK(co_await subject_shown(config) == "CN=old");
    // The key of another one.
    const MadeCertificate next = authority().issue({.common_name = "new", .dns = {"server.test"}});
    folder.put("cert.pem", next.certificate);
    CHECK_FALSE(co_await config.reload());
    CHECK(co_await subject_shown(config) == "CN=old");
    folder.put("key.pem", next.key);
    CHECK(co_await config.reload());
    CHECK(co_await subject_shown(config) == "CN=new");
  });
}

TEST_CASE("NE8: tls: handshakes and a reload at once: each is served by the one or the other") {
  test::run(
      []() -> Task<void> {
        const TemporaryDirectory folder;
        put(folder, authority().issue({.common_name = "old", .dns = {"server.test"}}));
        const tls::ServerConfig config = server_config({.identities = {in(folder)}});
        put(folder, authority().issue({.common_name = "new", .dns = {"server.test"}}));
        auto reloading = spawn([config]() -> Task<bool> {
          bool all = true;
          for (int i = 0; i < 10; ++i) all = (co_await config.reload()).has_value() && all;
          co_return all;
        });
        std::vector<JoinHandle<std::string>> shown;
        for (int i = 0; i < 20; ++i) shown.push_back(spawn(subject_shown(config)));
        for (auto& one : shown) {
          const std::string subject = (co_await one).value();
          CHECK((subject == "CN=old" || subject == "CN=new"));
        }
        CHECK((co_await reloading).value());
      },
      {.flavor = test::Flavor::MultiThread, .workers = 3});
}

TEST_CASE("NE8: tls: a ticket is good for 12 to 24 hours, and for no other server") {
  test::run(
      []() -> Task<void> {
        const tls::ServerConfig config = server_config();
        SSL_SESSION* session = nullptr;
        CHECK_FALSE(co_await resume(config, session));
        CHECK(co_await resume(config, session));
        // Each handshake brings a new ticket: this one was sealed by a key of 0 h.
        co_await sleep_for(11h);
        SSL_SESSION* kept = SSL_SESSION_dup(session);
        CHECK(co_await resume(config, session));
        co_await sleep_for(12h);  // 23 h
        CHECK(co_await resume(config, kept));
        co_await sleep_for(1h);  // 24 h; its successor was sealed by a younger key
        CHECK_FALSE(co_await resume(config, session));
        CHECK(co_await resume(config, kept));
        CHECK_FALSE(co_await resume(server_config(), kept));
        SSL_SESSION_free(session);
        SSL_SESSION_free(kept);
      },
      {.start_paused = true});
}

TEST_CASE("NE8: tls: when other clients are believed, or one is revoked, earlier sessions do not go on") {
  test::run([]() -> Task<void> {
    const TemporaryDirectory folder;
    const MadeCertificate someone = authority().issue({.for_clients = true});
    const std::string crl = folder.put("crl.pem", authority().revoke({}));
    const tls::ServerConfig config = server_config({.identities = {issued("server.test").identity()},
                                                    .client_auth = tls::ClientAuth::Optional,
                                                    .client_ca = Pem::text(authority().pem()),
                                                    .client_crl = Pem::file(crl)});
    SSL_SESSION* session = nullptr;
    CHECK_FALSE(co_await resume(config, session));
    CHECK(co_await config.reload());
    CHECK(co_await resume(config, session));
    folder.put("crl.pem", authority().revoke({someone.certificate}));
    CHECK(co_await config.reload());
    CHECK_FALSE(co_await resume(config, session));
    SSL_SESSION_free(session);
  });
}

TEST_CASE("NE8: tls: a response of OCSP is stapled while it is valid") {
  const TemporaryDirectory folder;
  const MadeCertificate made = issued("server.test");
  for (const auto& [valid_for, stapled] : {std::pair(3600s, true), std::pair(-30s, false)}) {
    const std::string response = authority().ocsp(made.certificate, valid_for);
    tls::ServerOptions options{.identities = {made.identity()}};
    options.identities[0].ocsp_file = folder.put("ocsp.der", response);
    const tls::ServerConfig config = server_config(options);
    const bool wanted = stapled;
    test::run([&]() -> Task<void> {
      auto [near, far] = io::duplex(64 * 1024);
      tls::Stream stream(std::move(near), config);
      RawPeer peer;
      SSL_set_tlsext_status_type(peer.ssl(), TLSEXT_STATUSTYPE_ocsp);
      auto [served, asked] = co_await join(stream.handshake(), peer.shake(far));
      CHECK(served);
      const unsigned char* got = nullptr;
      const long size = SSL_get_tlsext_status_ocsp_resp(peer.ssl(), &got);
      CHECK((size > 0) == wanted);
      if (wanted) CHECK(std::string(reinterpret_cast<const char*>(got), static_cast<std::size_t>(size)) == response);
    });
  }
}
